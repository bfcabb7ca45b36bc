//! What several operations take and answer alike.

use super::{Answer, Content};

pub(in crate::web) const HTML: Content = Content::Media("text/html");
pub(in crate::web) const PLAIN: Content = Content::Media("text/plain");
pub(in crate::web) const JSON: &str = "application/json";
pub(in crate::web) const FORM: &str = "application/x-www-form-urlencoded";
pub(in crate::web) const DUPLICATE_COOKIE: Answer = Answer::refusal(400, "Two session cookies came in one request.");
pub(in crate::web) const FAULT: Answer = Answer::refusal(500, "A fault of this server.").rare();
pub(in crate::web) const STORE_UNAVAILABLE: Answer = Answer::refusal(503, "The store does not answer.");
pub(in crate::web) const TOO_BUSY: Answer = Answer::refusal(
    503,
    "More work of this kind is waiting than this server takes on, or the store of the sessions does not answer.",
);
pub(in crate::web) const TOO_MANY_SESSIONS: Answer =
    Answer::refusal(429, "This client begins sessions too often, where they are kept in Redis.");
pub(in crate::web) const NOT_JSON: Answer = Answer::refusal(415, "The body is not declared as JSON.");

/// What is answered to a login that asks for a token.
pub(in crate::web) const TOKEN_FOR_LOGIN: &[Answer] = &[
    Answer::json(200, "Token", "The token."),
    Answer::refusal(400, "The body is no JSON object, or a member is out of its limits."),
    Answer::refusal(401, "The username or the password is missing or wrong."),
    NOT_JSON,
    Answer::refusal(429, "This client tried this name too often, where users are kept."),
    FAULT,
    STORE_UNAVAILABLE,
    Answer::refusal(503, "More logins are under way than this server takes on."),
];
