//! Access with a bearer token: who holds it, or the challenge of RFC 6750 §3.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use serde_json::json;

use super::issuer::Issuer;
use super::refusal::OAuthRefusal;
use crate::code::Code;
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::oauth::parameters::Parameters;
use crate::profiles::bearer;
use crate::store::StoreError;
use crate::token::{AudienceRule, Claims, Rejection};
use crate::web::api::credentials;
use crate::web::http::endpoint::Answer;

const NO_TOKEN: &str = "A bearer token is required: send it in the header `Authorization: Bearer TOKEN`.";

/// The answer to a request whose `Authorization` cannot be read.
pub(super) const MALFORMED: Answer = Answer::refusal(400, "`Authorization` came twice, or is not text.");

/// The same where the token may be in a form.
pub(super) const MALFORMED_OR_TWICE: Answer =
    Answer::refusal(400, "The token came twice, or `Authorization` did, or it is not text.");

/// Why a request is refused.
pub(super) enum Denied {
    /// There is no token, so the challenge names no error (RFC 6750 §3.1).
    NoToken,
    /// The token came twice, or `Authorization` is not text (RFC 6750 §3.1).
    Malformed(&'static str),
    Invalid(Rejection),
    /// The token is valid, but not for this resource.
    OutOfScope {
        error: OAuthError,
        needed: &'static str,
    },
    StoreUnavailable(StoreError),
}

/// The claims of the token in `Authorization`, if it is in force.
pub(super) async fn admitted(issuer: &Issuer, headers: &HeaderMap, audience: AudienceRule) -> Result<Claims, Denied> {
    in_force(issuer, presented(headers)?, audience).await
}

/// The same for a token that may also be in a form (RFC 6750 §2.2), and never in two places.
pub(super) async fn admitted_by_form(
    issuer: &Issuer,
    headers: &HeaderMap,
    form: &[u8],
    audience: AudienceRule,
) -> Result<Claims, Denied> {
    let in_form = Parameters::parse(form).map_err(|_| Denied::Malformed("the form has a parameter twice"))?;
    let token = match (presented(headers), in_form.get("access_token")) {
        (Ok(_), Some(_)) => return Err(Denied::Malformed("the token was sent in `Authorization` and in the form")),
        (Err(Denied::NoToken), Some(token)) => token,
        (in_header, _) => in_header?,
    };
    in_force(issuer, token, audience).await
}

async fn in_force(issuer: &Issuer, token: &str, audience: AudienceRule) -> Result<Claims, Denied> {
    let judged = issuer.judge(token, audience, issuer.now());
    let verdict = issuer.store.resolve_revocation(judged).await.map_err(Denied::StoreUnavailable)?;
    issuer.metrics.judged(&bearer::PROFILE, &verdict);
    verdict.accept().map_err(Denied::Invalid)
}

/// The token in `Authorization`, whose scheme is read in any case (RFC 9110 §11.1).
fn presented(headers: &HeaderMap) -> Result<&str, Denied> {
    if headers.get_all(header::AUTHORIZATION).nth(1).is_some() {
        return Err(Denied::Malformed("`Authorization` was sent more than once"));
    }
    match headers.get(header::AUTHORIZATION).map(HeaderValue::to_str) {
        Some(Err(_)) => Err(Denied::Malformed("`Authorization` has characters that no token has")),
        Some(Ok(_)) | None => credentials::authorization(headers, "Bearer").ok_or(Denied::NoToken),
    }
}

impl Denied {
    /// The answer. `metadata` is the address of the resource's description (RFC 9728 §5.1).
    pub fn response(self, metadata: Option<&str>) -> HttpResponse {
        let metadata = metadata.map(|url| format!(r#"resource_metadata="{url}""#));
        let (status, code, message, error) = match self {
            Self::NoToken => (StatusCode::UNAUTHORIZED, Code::NoToken, NO_TOKEN.to_owned(), None),
            Self::Malformed(what) => {
                let error = OAuthError::invalid_request(what);
                (StatusCode::BAD_REQUEST, Code::BadRequest, sentence(what), Some(error.to_challenge()))
            }
            Self::Invalid(Rejection { reason, .. }) => {
                let error = OAuthError::new(ErrorCode::InvalidToken, &format!("{}: {}", reason.code, reason.message));
                (StatusCode::UNAUTHORIZED, reason.code, reason.message, Some(error.to_challenge()))
            }
            Self::OutOfScope { error, needed } => {
                let challenge = format!(r#"{}, scope="{needed}""#, error.to_challenge());
                (StatusCode::FORBIDDEN, Code::InsufficientScope, sentence(error.description()), Some(challenge))
            }
            Self::StoreUnavailable(error) => return OAuthRefusal::from(error).response(),
        };
        let realm = r#"Bearer realm="hallpass""#.to_owned();
        let challenge: Vec<String> = [Some(realm), error, metadata].into_iter().flatten().collect();
        let mut response = HttpResponse::build(status).json(json!({ "error": code, "message": message }));
        if let Ok(value) = HeaderValue::from_str(&challenge.join(", ")) {
            response.headers_mut().insert(WWW_AUTHENTICATE, value);
        }
        response
    }
}

/// A description of the protocol as a sentence for a person.
fn sentence(description: &str) -> String {
    let mut characters = description.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(characters).chain(['.']).collect()
}
