//! The table: every operation with what it takes and every status that it answers.

mod demo;
mod lab;
mod rest_api;
mod site;
mod telesign;
mod test_mode;
mod twilio;
mod zoom;

use super::{Answer, Content, Tag};

/// The groups that every server has.
pub(super) const TAGS: &[Tag] = &[demo::TAG, twilio::TAG, zoom::TAG, rest_api::TAG, telesign::TAG, lab::TAG, site::TAG];

/// One more, in test mode.
pub(super) const TEST_TAG: &Tag = &test_mode::TAG;

const HTML: Content = Content::Media("text/html");
const PLAIN: Content = Content::Media("text/plain");
const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const DUPLICATE_COOKIE: Answer = Answer::refusal(400, "Two session cookies came in one request.");
const FAULT: Answer = Answer::refusal(500, "A fault of this server.").rare();
const STORE_AWAY: Answer = Answer::refusal(503, "The store does not answer.");
const TOO_BUSY: Answer = Answer::refusal(
    503,
    "More work of this kind is waiting than this server takes on, or the store of the sessions does not answer.",
);
const TOO_MANY_SESSIONS: Answer =
    Answer::refusal(429, "This client begins sessions too often, where they are kept in Redis.");
const NOT_JSON: Answer = Answer::refusal(415, "The body is not declared as JSON.");

/// What is answered to a login that asks for a token.
const TOKEN_FOR_LOGIN: &[Answer] = &[
    Answer::json(200, "Token", "The token."),
    Answer::refusal(400, "The body is no JSON object, or a member is out of its limits."),
    Answer::refusal(401, "The username or the password is missing or wrong."),
    NOT_JSON,
    Answer::refusal(429, "This client tried this name too often, where users are kept."),
    FAULT,
    STORE_AWAY,
    Answer::refusal(503, "More logins are under way than this server takes on."),
];
