//! The errors of the protocol: their codes, their texts, and the forms in which a client gets them.

use std::fmt;

use percent_encoding::{AsciiSet, CONTROLS};
use serde_json::{Value, json};

/// Declares [`ErrorCode`] from rows of variant, name on the wire and HTTP status.
macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident $name:literal $status:literal,)+) => {
        /// What went wrong, in the words of the RFCs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ErrorCode {
            $($(#[$doc])* $variant,)+
        }

        impl ErrorCode {
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            const fn status(self) -> u16 {
                match self { $(Self::$variant => $status),+ }
            }
        }
    };
}

error_codes! {
    /// RFC 6749 §4.1.2.1 and §5.2.
    InvalidRequest "invalid_request" 400,
    InvalidClient "invalid_client" 401,
    InvalidGrant "invalid_grant" 400,
    InvalidScope "invalid_scope" 400,
    UnsupportedGrantType "unsupported_grant_type" 400,
    UnsupportedResponseType "unsupported_response_type" 400,
    ServerError "server_error" 500,
    TemporarilyUnavailable "temporarily_unavailable" 503,
    /// OpenID Connect Core §3.1.2.6.
    LoginRequired "login_required" 400,
    RequestNotSupported "request_not_supported" 400,
    RequestUriNotSupported "request_uri_not_supported" 400,
    /// RFC 8707 §2.
    InvalidTarget "invalid_target" 400,
    /// RFC 6750 §3.1.
    InvalidToken "invalid_token" 401,
    InsufficientScope "insufficient_scope" 403,
}

/// An error with its explanation, as a client gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OAuthError {
    code: ErrorCode,
    description: String,
    status: u16,
    retry_after: Option<u64>,
    asks_for_basic: bool,
}

impl OAuthError {
    /// The description keeps only the characters that the RFCs allow; see [`quotable`].
    pub fn new(code: ErrorCode, description: &str) -> Self {
        let description = quotable(description);
        Self { code, description, status: code.status(), retry_after: None, asks_for_basic: false }
    }

    pub fn invalid_request(description: &str) -> Self {
        Self::new(ErrorCode::InvalidRequest, description)
    }

    pub fn invalid_grant(description: &str) -> Self {
        Self::new(ErrorCode::InvalidGrant, description)
    }

    /// The body is larger than the `limit` of bytes that are read.
    pub fn too_large(limit: usize) -> Self {
        let description = format!("the body is larger than the limit of {limit} bytes");
        Self { status: 413, ..Self::invalid_request(&description) }
    }

    /// The client asked too often, and may ask again in so many seconds.
    pub fn too_often(description: &str, retry_after: u64) -> Self {
        Self { status: 429, ..Self::too_busy(description, retry_after) }
    }

    /// The server takes on no more work of this kind, and the client may ask again in so many seconds.
    pub fn too_busy(description: &str, retry_after: u64) -> Self {
        Self { retry_after: Some(retry_after), ..Self::new(ErrorCode::TemporarilyUnavailable, description) }
    }

    /// The same error for a client that used HTTP Basic, whose answer asks it for Basic again (RFC 6749 §5.2).
    #[must_use]
    pub fn asking_for_basic(self, asks_for_basic: bool) -> Self {
        Self { asks_for_basic, ..self }
    }

    pub const fn code(&self) -> ErrorCode {
        self.code
    }

    pub fn description(&self) -> &str {
        &self.description
    }

    /// The HTTP status of an answer with this error as its body.
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The value of `Retry-After`, in seconds.
    pub const fn retry_after(&self) -> Option<u64> {
        self.retry_after
    }

    /// Whether the answer carries `WWW-Authenticate: Basic`.
    pub const fn asks_for_basic(&self) -> bool {
        self.asks_for_basic
    }

    /// The body of an answer of the token endpoint (RFC 6749 §5.2).
    pub fn to_json(&self) -> Value {
        json!({ "error": self.code.as_str(), "error_description": self.description })
    }

    /// The parameters of `WWW-Authenticate: Bearer` (RFC 6750 §3).
    pub fn to_challenge(&self) -> String {
        format!(r#"error="{}", error_description="{}""#, self.code.as_str(), self.description)
    }
}

impl fmt::Display for OAuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.description)
    }
}

impl std::error::Error for OAuthError {}

/// What RFC 6749 §5.2 and RFC 6750 §3 allow in a description: printable ASCII without quotes and backslashes. Other
/// characters are percent-encoded, because a value is often refused for just these.
pub fn quotable(text: &str) -> String {
    const NOT_ALLOWED: &AsciiSet = &CONTROLS.add(b'"').add(b'\\');
    percent_encoding::utf8_percent_encode(text, NOT_ALLOWED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_has_only_printable_ascii_without_quotes_and_backslashes() {
        assert_eq!(quotable("a `b` \"c\" \\d\r\né\u{7f}~!#[]"), "a `b` %22c%22 %5Cd%0D%0A%C3%A9%7F~!#[]");
        assert_eq!(OAuthError::invalid_request("\"x\"").description(), "%22x%22");
    }

    #[test]
    fn an_error_is_a_json_object_of_its_code_and_its_description() {
        let error = OAuthError::invalid_grant("the code has expired");
        let wanted = r#"{"error":"invalid_grant","error_description":"the code has expired"}"#;
        assert_eq!((error.to_json().to_string().as_str(), error.status()), (wanted, 400));
    }

    #[test]
    fn a_challenge_names_the_code_and_the_description() {
        let error = OAuthError::new(ErrorCode::InsufficientScope, "the scope openid is missing");
        let wanted = r#"error="insufficient_scope", error_description="the scope openid is missing""#;
        assert_eq!((error.to_challenge().as_str(), error.status()), (wanted, 403));
    }

    #[test]
    fn who_asks_too_often_is_told_when_to_ask_again() {
        let often = OAuthError::too_often("too often", 7);
        assert_eq!((often.status(), often.retry_after()), (429, Some(7)));
        let busy = OAuthError::too_busy("too busy", 2);
        assert_eq!((busy.status(), busy.retry_after(), busy.code()), (503, Some(2), ErrorCode::TemporarilyUnavailable));
    }
}
