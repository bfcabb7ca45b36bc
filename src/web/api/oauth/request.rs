//! A form that a program posts, and what says who posted it.

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::{StatusCode, header};
use actix_web::web::Bytes;
use actix_web::{Error, FromRequest, HttpMessage as _, HttpRequest};

use crate::oauth::error::OAuthError;
use crate::oauth::parameters::Parameters;
use crate::web::http::body_limit::LARGEST_BODY;
use crate::web::http::client::Client;
use crate::web::http::endpoint::common::FORM;
use crate::web::http::endpoint::{Answer, Body};

/// The form that names a token.
pub(super) const TOKEN_REFERENCE: Body = Body {
    media: FORM,
    schema: "TokenReference",
    is_required: true,
    example: "token=eyJ…&client_id=susan&client_secret=secret",
};

pub(super) const BODY_TOO_LARGE: Answer =
    Answer::json(413, "OAuthError", "The body is larger than is read here.").rare();

/// A request to an endpoint of the issuer. An error of the form is kept, because it is answered in the words of the
/// protocol.
pub(in crate::web) struct FormRequest {
    form: Result<Parameters, OAuthError>,
    authorization: Option<String>,
    sender: Client,
}

impl FormRequest {
    fn read(request: &HttpRequest, body: Result<&[u8], OAuthError>, sender: Client) -> Self {
        let mut authorizations = request.headers().get_all(header::AUTHORIZATION);
        // A value that is not text is no Basic either, and is refused as such.
        let authorization = authorizations.next().map(|value| value.to_str().unwrap_or_default().to_owned());
        let form = if authorizations.next().is_some() {
            Err(authenticated_twice())
        } else {
            body.and_then(|body| form(request, body))
        };
        Self { form, authorization, sender }
    }

    pub fn form(&self) -> Result<&Parameters, OAuthError> {
        self.form.as_ref().map_err(Clone::clone)
    }

    pub fn authorization(&self) -> Option<&str> {
        self.authorization.as_deref()
    }

    pub const fn sender(&self) -> Client {
        self.sender
    }
}

/// RFC 6749 §5.2.
fn authenticated_twice() -> OAuthError {
    OAuthError::invalid_request("there is more than one `Authorization` header")
}

fn form(request: &HttpRequest, body: &[u8]) -> Result<Parameters, OAuthError> {
    if !request.content_type().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(OAuthError::invalid_request("the body must be application/x-www-form-urlencoded"));
    }
    Parameters::parse(body)
}

fn is_too_large(error: &Error) -> bool {
    error.as_response_error().status_code() == StatusCode::PAYLOAD_TOO_LARGE
}

impl FromRequest for FormRequest {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (sender, body) = (Client::extract(request), Bytes::from_request(request, payload));
        let request = request.clone();
        Box::pin(async move {
            let body = match body.await {
                Ok(body) => Ok(body),
                Err(error) if is_too_large(&error) => Err(OAuthError::too_large(LARGEST_BODY)),
                Err(error) => return Err(error),
            };
            Ok(Self::read(&request, body.as_deref().map_err(Clone::clone), sender.await?))
        })
    }
}
