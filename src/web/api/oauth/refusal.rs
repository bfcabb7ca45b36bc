//! Answers of the issuer's endpoints, in the form of RFC 6749 §5.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use aws_lc_rs::error::Unspecified;
use serde::Serialize;

use crate::accounts::CheckError;
use crate::keys::SigningError;
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::random::NoRandomBytes;
use crate::store::StoreError;
use crate::web::api::credentials;
use crate::web::http::problem::{FailureCause, retry_after_header};

/// Why a request is refused: what the client gets, and what is logged.
pub(in crate::web) struct OAuthRefusal {
    error: OAuthError,
    cause: Option<FailureCause>,
}

impl OAuthRefusal {
    /// A fault of this server.
    pub fn broken(what: &str) -> Self {
        Self::server_error(FailureCause::new(what))
    }

    fn server_error(cause: FailureCause) -> Self {
        let error =
            OAuthError::new(ErrorCode::ServerError, "something went wrong on this server; the details are in its log");
        Self { error, cause: Some(cause) }
    }

    fn unavailable(what: &str, cause: &dyn std::error::Error) -> Self {
        let error = OAuthError::new(ErrorCode::TemporarilyUnavailable, what);
        Self { error, cause: Some(FailureCause::of(cause)) }
    }

    pub fn response(self) -> HttpResponse {
        let status = StatusCode::from_u16(self.error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        response.insert_header((header::PRAGMA, "no-cache"));
        if let Some(seconds) = self.error.retry_after() {
            response.insert_header(retry_after_header(seconds));
        }
        if self.error.asks_for_basic() {
            response.insert_header((header::WWW_AUTHENTICATE, HeaderValue::from_static(credentials::CHALLENGE)));
        }
        let response = response.json(self.error.to_json());
        match self.cause {
            Some(cause) => cause.behind(response),
            None => response,
        }
    }
}

/// The answer to a request: JSON, or the refusal. No cache may keep it (RFC 6749 §5.1).
pub(super) fn answered(answer: Result<impl Serialize, OAuthRefusal>) -> HttpResponse {
    match answer {
        Ok(body) => HttpResponse::Ok().insert_header((header::PRAGMA, "no-cache")).json(body),
        Err(refusal) => refusal.response(),
    }
}

impl From<OAuthError> for OAuthRefusal {
    fn from(error: OAuthError) -> Self {
        Self { error, cause: None }
    }
}

impl From<StoreError> for OAuthRefusal {
    fn from(error: StoreError) -> Self {
        Self::unavailable("the store does not answer; try again soon", &error)
    }
}

impl From<CheckError> for OAuthRefusal {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Store(error) => error.into(),
            CheckError::Tries(error) => Self::unavailable("the rate counters do not answer; try again soon", &error),
        }
    }
}

impl From<SigningError> for OAuthRefusal {
    fn from(error: SigningError) -> Self {
        Self::server_error(FailureCause::of(&error))
    }
}

impl From<NoRandomBytes> for OAuthRefusal {
    fn from(error: NoRandomBytes) -> Self {
        Self::server_error(FailureCause::of(&error))
    }
}

/// The system's source of random bytes says no more than that it failed.
impl From<Unspecified> for OAuthRefusal {
    fn from(_: Unspecified) -> Self {
        NoRandomBytes.into()
    }
}
