//! The access token.

use super::{FAULT, JSON, NAME_TOO_OFTEN, NOT_ADMITTED, NOT_JSON, STORE_AWAY};
use crate::web::docs::{Access, Answer, Body, Method, Operation, Tag};

pub(super) const TAG: Tag = Tag {
    name: "twilio",
    title: "Access tokens",
    says: "What twilio's helper library makes, byte for byte.",
    is_tutorial: true,
    operations: &[Operation {
        id: "accessToken",
        method: Method::Post,
        path: "/token",
        summary: "An access token for Twilio's client libraries",
        access: Access::Login,
        parameters: &[],
        body: Some(Body {
            media: JSON,
            schema: "AccessTokenRequest",
            is_required: false,
            example: r#"{"username":"susan","password":"secret"}"#,
        }),
        own_answers: &[
            Answer::json(200, "Token", "The token."),
            Answer::refusal(400, "The body is no JSON object, or a member is out of its limits."),
            NOT_ADMITTED,
            NOT_JSON,
            NAME_TOO_OFTEN,
            FAULT,
            STORE_AWAY,
        ],
        curl: r#"curl -s {base}/token -H 'Content-Type: application/json' -d '{"username":"susan","password":"secret"}'"#,
    }],
};
