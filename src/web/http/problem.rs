//! Refusals: a status, a stable code and one sentence, as a page for people and as JSON for programs.
//!
//! A handler returns a [`Problem`]. The request pipeline turns it into a page or JSON, because it knows the request's
//! `Accept` header.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use thiserror::Error;

use crate::accounts::CheckError;
use crate::code::Code;
use crate::keys::SigningError;
use crate::log::chain;
use crate::profiles::IssueError;
use crate::random::NoRandomBytes;
use crate::redis::RedisFailure;
use crate::store::StoreError;
use crate::web::http::accept;
use crate::web::http::body_limit::LARGEST_BODY;
use crate::web::http::request_id::RequestId;
use crate::work::{self, NotDone};

/// Quotes text from a client in a message: the first 64 characters, with invisible characters escaped.
pub(in crate::web) fn quoted(text: &str) -> String {
    let shown: String = text.chars().take(64).flat_map(shown).collect();
    let more = if text.chars().nth(64).is_some() { "…" } else { "" };
    format!("\"{shown}{more}\"")
}

/// A character as it appears in a message. Backquotes and asterisks are escaped, because messages use them as markup.
fn shown(c: char) -> Vec<char> {
    match c {
        '\'' => vec![c],
        '`' | '*' => c.escape_unicode().collect(),
        c => c.escape_debug().collect(),
    }
}

/// Why a request is refused.
#[derive(Clone, Debug, Error)]
#[error("{message}")]
pub(in crate::web) struct Problem {
    pub status: StatusCode,
    pub code: Code,
    pub message: String,
    /// The heading of the error page; the name of the status if `None`.
    pub title: Option<&'static str>,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// The target of the link on the error page; the home page if `None`.
    pub leads_to: Option<String>,
    pub cause: Option<FailureCause>,
}

/// Why a request failed, for the log only. The request pipeline removes it from the response and logs it with the
/// request id; the client never sees it.
#[derive(Clone, Debug)]
pub(in crate::web) struct FailureCause(String);

impl FailureCause {
    pub fn of(cause: &dyn std::error::Error) -> Self {
        Self(chain(cause))
    }

    pub fn new(what: &str) -> Self {
        Self(what.to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Attaches the cause to the response, so that the request pipeline logs it.
    pub fn behind(self, mut response: HttpResponse) -> HttpResponse {
        response.extensions_mut().insert(self);
        response
    }
}

impl Problem {
    pub fn new(status: StatusCode, code: Code, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), title: None, headers: Vec::new(), leads_to: None, cause: None }
    }

    /// Adds a response header.
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Sets the heading of the error page.
    pub fn headed(self, title: &'static str) -> Self {
        Self { title: Some(title), ..self }
    }

    /// Sets the target of the link on the error page.
    pub fn leading_to(self, address: &str) -> Self {
        Self { leads_to: Some(address.to_owned()), ..self }
    }

    /// `retry_after` in seconds.
    pub fn too_often(retry_after: u64, message: &str) -> Self {
        let message = format!("{message} Try again in {retry_after} s.");
        let (name, value) = retry_after_header(retry_after);
        Self::new(StatusCode::TOO_MANY_REQUESTS, Code::TooOften, message).with(name, value)
    }

    /// The queue of work is full; `retry_after` in seconds.
    pub fn too_busy(retry_after: u64) -> Self {
        let message = format!("The server is busy with other work of this kind. Try again in {retry_after} s.");
        let (name, value) = retry_after_header(retry_after);
        Self::new(StatusCode::SERVICE_UNAVAILABLE, Code::TooBusy, message).with(name, value)
    }

    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Code::BadRequest, message)
    }

    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, Code::NotFound, "There is nothing at this address.")
    }

    /// A pupil may have the wrong address, and a teacher may have forgotten the flag.
    pub fn no_class() -> Self {
        let message = "This server runs no class. A teacher starts one with `hallpass --class on`.";
        Self::new(StatusCode::NOT_FOUND, Code::NotFound, message)
    }

    /// A test suite may ask a server that was started without test mode.
    pub fn no_test_mode() -> Self {
        let message = "This server is not in test mode. `hallpass --test-mode on` adds the addresses under `/test`.";
        Self::new(StatusCode::NOT_FOUND, Code::NotFound, message)
    }

    /// Something broke. The cause goes to the log; the client sees none of it.
    pub fn internal(cause: &dyn std::error::Error) -> Self {
        Self::with_cause(FailureCause::of(cause))
    }

    /// Like [`internal`](Self::internal), for a failure without an error value.
    pub fn broken(what: &str) -> Self {
        Self::with_cause(FailureCause::new(what))
    }

    fn with_cause(cause: FailureCause) -> Self {
        let message = "Something went wrong on this server. The details are in its log.";
        Self { cause: Some(cause), ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, Code::Internal, message) }
    }

    pub fn sessions_unavailable(error: &RedisFailure) -> Self {
        Self::unavailable("session store", error, "The store of the sessions does not answer; try again soon.")
    }

    pub fn rates_unavailable(error: &RedisFailure) -> Self {
        let message =
            "The rate counters do not answer, and requests are refused while they cannot be counted; try again soon.";
        Self::unavailable("rate store", error, message)
    }

    fn unavailable(part: &str, error: &dyn std::error::Error, message: &str) -> Self {
        let cause = FailureCause::new(&format!("the {part} failed: {}", chain(error)));
        Self { cause: Some(cause), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, Code::StoreUnavailable, message) }
    }

    /// Adds the request id to the message if this is an internal error.
    pub fn named(mut self, id: &RequestId) -> Self {
        if self.code == Code::Internal {
            self.message =
                format!("Something went wrong on this server. The details are in its log, under the request id {id}.");
        }
        self
    }

    /// The body is larger than `limit` bytes.
    pub fn too_large(limit: usize) -> Self {
        let message = format!("The body is larger than the limit of {limit} bytes.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, Code::TooLarge, message)
    }

    /// For a refusal by the framework, which has a status and no message.
    pub fn of_status(status: StatusCode, allowed: &str) -> Self {
        match status {
            StatusCode::METHOD_NOT_ALLOWED => {
                let message = format!("This address does not take that method; it takes {allowed}.");
                Self::new(status, Code::MethodNotAllowed, message)
            }
            StatusCode::NOT_FOUND => Self::not_found(),
            StatusCode::PAYLOAD_TOO_LARGE => Self::too_large(LARGEST_BODY),
            status if status.is_server_error() => Self::new(status, Code::Internal, "This server made a mistake."),
            status => Self::new(status, Code::BadRequest, "This request cannot be read."),
        }
    }
}

impl From<NotDone> for Problem {
    fn from(error: NotDone) -> Self {
        match error {
            NotDone::Busy => Self::too_busy(work::RETRY_AFTER),
            NotDone::Failed => Self::internal(&error),
        }
    }
}

/// The store's error goes to the log; the client sees none of it.
impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::unavailable("store", &error, "The store does not answer; try again soon.")
    }
}

impl From<SigningError> for Problem {
    fn from(error: SigningError) -> Self {
        Self::internal(&error)
    }
}

impl From<NoRandomBytes> for Problem {
    fn from(error: NoRandomBytes) -> Self {
        Self::internal(&error)
    }
}

impl From<CheckError> for Problem {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Store(error) => error.into(),
            CheckError::Tries(error) => Self::rates_unavailable(&error),
        }
    }
}

impl From<IssueError> for Problem {
    fn from(error: IssueError) -> Self {
        match error {
            IssueError::NoSigner(algorithm) => {
                let message = format!(
                    "This needs an {algorithm} token, and the keys folder has only the public key for it: this server \
                     can verify and cannot sign."
                );
                Self::new(StatusCode::CONFLICT, Code::CannotSign, message)
            }
            IssueError::Signing(error) => error.into(),
        }
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::new(self.status);
        for (name, value) in &self.headers {
            response.headers_mut().insert(name.clone(), value.clone());
        }
        response.extensions_mut().insert(self.clone());
        match &self.cause {
            Some(cause) => cause.clone().behind(response),
            None => response,
        }
    }
}

/// How an error is shown: as a page if `Accept` names HTML, as JSON otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web) enum Presentation {
    Page,
    /// A page without the site's frame, where nothing else could be loaded.
    BarePage,
    Json,
}

impl Presentation {
    pub fn of(headers: &HeaderMap) -> Self {
        if accept::names(headers, "text/html") { Self::Page } else { Self::Json }
    }
}

/// `Retry-After` in seconds (RFC 9110 §10.2.3).
pub(in crate::web) fn retry_after_header(seconds: u64) -> (HeaderName, HeaderValue) {
    (header::RETRY_AFTER, HeaderValue::from(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use crate::web::http::request_id::RequestIds;

    #[test]
    fn a_fault_of_this_server_tells_its_request_id_and_nothing_of_its_cause() {
        let id = RequestIds::new(Random::system()).of(&HeaderMap::new(), false);
        let problem = Problem::broken("the bearer key cannot sign").named(&id);
        let expected =
            format!("Something went wrong on this server. The details are in its log, under the request id {id}.");
        assert_eq!(problem.message, expected);
        assert_eq!(problem.cause.as_ref().map(FailureCause::as_str), Some("the bearer key cannot sign"));
        assert_eq!(Problem::not_found().named(&id).message, Problem::not_found().message);
    }

    #[test]
    fn a_page_is_for_those_who_name_html() {
        let presentation = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_str(accept).unwrap());
            Presentation::of(&headers)
        };
        assert_eq!(presentation("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"), Presentation::Page);
        assert_eq!(presentation("application/json, TEXT/HTML;q=0.5"), Presentation::Page);
        assert_eq!(presentation("text/html;q=0"), Presentation::Json);
        assert_eq!(presentation("*/*"), Presentation::Json);
        assert_eq!(Presentation::of(&HeaderMap::new()), Presentation::Json);
    }
}
