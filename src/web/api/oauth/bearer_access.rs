//! Access with a bearer token: who holds it, or the challenge of RFC 6750 §3.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use serde_json::json;

use super::issuer::Issuer;
use super::refusal::Refusal;
use crate::code::Code;
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::profiles::bearer;
use crate::store::StoreError;
use crate::token::{Audience, Claims, Rejection};
use crate::web::api::credentials;

/// Why a request is refused.
pub(super) enum Denied {
    /// There is no token, so the challenge names no error (RFC 6750 §3.1).
    NoToken,
    Invalid(Rejection),
    /// The token is valid, but not for this resource.
    OutOfScope {
        error: OAuthError,
        needed: &'static str,
    },
    StoreUnavailable(StoreError),
}

/// The claims of the token in `Authorization`, if it is in force.
pub(super) async fn admitted(issuer: &Issuer, headers: &HeaderMap, audience: Audience) -> Result<Claims, Denied> {
    let token = credentials::authorization(headers, "Bearer").ok_or(Denied::NoToken)?;
    let judged = issuer.judge(token, audience, issuer.now());
    let verdict = issuer.store.resolve_revocation(judged).await.map_err(Denied::StoreUnavailable)?;
    issuer.metrics.judged(&bearer::PROFILE, &verdict);
    verdict.accept().map_err(Denied::Invalid)
}

impl Denied {
    /// The answer. `metadata` is the address of the resource's description (RFC 9728 §5.1).
    pub fn response(self, metadata: Option<&str>) -> HttpResponse {
        let metadata = metadata.map(|url| format!(r#"resource_metadata="{url}""#));
        let (status, code, message, error) = match self {
            Self::NoToken => (StatusCode::UNAUTHORIZED, Code::NoToken, "A bearer token is required.".to_owned(), None),
            Self::Invalid(Rejection { reason, .. }) => {
                let error = OAuthError::new(ErrorCode::InvalidToken, &format!("{}: {}", reason.code, reason.message));
                (StatusCode::UNAUTHORIZED, reason.code, reason.message, Some(error.to_challenge()))
            }
            Self::OutOfScope { error, needed } => {
                let challenge = format!(r#"{}, scope="{needed}""#, error.to_challenge());
                (StatusCode::FORBIDDEN, Code::InsufficientScope, sentence(error.description()), Some(challenge))
            }
            Self::StoreUnavailable(error) => return Refusal::from(error).response(),
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
