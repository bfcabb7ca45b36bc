//! All stable codes that this program returns.
//!
//! Programs depend on codes, so a code never changes its meaning. The message that comes with it may change.

use serde::Serialize;

/// Declares [`Code`] from rows of variant, name on the wire and meaning, so that the three cannot differ.
macro_rules! codes {
    ($($variant:ident $name:literal $meaning:literal,)+) => {
        /// The stable name of an outcome: of a verdict, or of a request that was refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
        pub enum Code {
            $(#[doc = $meaning] #[serde(rename = $name)] $variant,)+
        }

        impl Code {
            /// Every code, in the order of the table in `docs/codes.md`.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// What the code means, in one phrase.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning),+ }
            }
        }
    };
}

codes! {
    Accepted "accepted" "every check passed",
    NoToken "no_token" "there is no token to check",
    SessionUnreadable "session_unreadable" "the session cookie cannot be opened, so whether it holds a token is not known",
    TooLarge "too_large" "more bytes than are read: of a token, a body or an address",
    Malformed "malformed" "not a compact JWT, or a part of it is not what RFC 7515 and RFC 7519 say",
    HeaderNotAllowed "header_not_allowed" "a header member that names its own key, or that this verifier does not understand",
    AlgNotAllowed "alg_not_allowed" "signed with another algorithm than the one expected",
    UnknownKid "unknown_kid" "the `kid` names none of the verifier's keys",
    BadSignature "bad_signature" "the signature was not made over this text with the verifier's key",
    BadClaim "bad_claim" "a claim is missing, of the wrong type or of a wrong value",
    NotYetValid "not_yet_valid" "the time in `iat` or `nbf` is in the future",
    Expired "expired" "the time in `exp` has passed",
    Revoked "revoked" "someone cancelled this token by its `jti` before it expired",
    WrongType "wrong_type" "`typ` says that the token is of another kind",
    NotVerified "not_verified" "the token was only decoded, and no signature was checked",
    BadRequest "bad_request" "a value in the request is not one of those accepted",
    DuplicateCookie "duplicate_cookie" "two session cookies came in one request",
    CrossSite "cross_site" "a browser sent this for a page of another origin",
    NotTeacher "not_teacher" "only the teacher may open this",
    LessonClosed "lesson_closed" "this lesson is closed; the teacher of the class can open it",
    NotFound "not_found" "there is nothing at this address",
    MethodNotAllowed "method_not_allowed" "this address does not take this method",
    WrongHost "wrong_host" "the `Host` is not one that this server answers to",
    UnsupportedMediaType "unsupported_media_type" "the body is of a type that is not read here",
    CannotSign "cannot_sign" "the keys folder has no private key for this algorithm",
    TokenTooLarge "token_too_large" "the token does not fit the cookie that would carry it",
    BadCredentials "bad_credentials" "the username and password are missing or wrong",
    InsufficientScope "insufficient_scope" "the token was issued without the scope that is needed here",
    TooOften "too_often" "this client asked more often than it may",
    TooBusy "too_busy" "more work of this kind is waiting than the server takes on",
    XidTaken "xid_taken" "the xid belongs to the transaction of another phone number",
    AlreadyVerified "already_verified" "the transaction was verified before",
    UnknownTransaction "unknown_transaction" "no transaction has this xid, or none holds this token",
    SessionEnded "session_ended" "the session ended while the request was answered, and nothing was kept",
    StoreUnavailable "store_away" "the store, the sessions or the rate counters do not answer",
    Timeout "timeout" "the request took too long to arrive",
    Internal "internal" "a fault of this server",
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
