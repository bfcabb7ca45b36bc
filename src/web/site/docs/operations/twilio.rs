//! The access token.

use super::{JSON, TOKEN_FOR_LOGIN};
use crate::web::site::docs::{Access, Body, Method, Operation, Tag};

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
        own_answers: TOKEN_FOR_LOGIN,
        curl: r#"curl -s {base}/token -H 'Content-Type: application/json' -d '{"username":"susan","password":"secret"}'"#,
    }],
};
