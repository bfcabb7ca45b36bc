//! The API-key token, what it is exchanged for, and the resource behind that.

use super::{FORM, JSON, TOKEN_FOR_LOGIN};
use crate::web::site::docs::{Access, Answer, Body, Method, Operation, Tag};

pub(super) const TAG: Tag = Tag {
    name: "zoom",
    title: "API-key tokens and the bearer exchange",
    says: "A token of an API key, and what it is exchanged for.",
    is_tutorial: true,
    operations: &[
        Operation {
            id: "apiKeyToken",
            method: Method::Post,
            path: "/zoom/token",
            summary: "A token that says which API key made it and when it ends",
            access: Access::Login,
            parameters: &[],
            body: Some(Body {
                media: JSON,
                schema: "ApiKeyTokenRequest",
                is_required: false,
                example: r#"{"username":"susan","password":"secret","ttl":60}"#,
            }),
            own_answers: TOKEN_FOR_LOGIN,
            curl: "curl -s {base}/zoom/token -u susan:secret -X POST",
        },
        Operation {
            id: "exchange",
            method: Method::Post,
            path: "/oauth/token",
            summary: "Exchanges such a token for a bearer token (RFC 7523)",
            access: Access::Assertion,
            parameters: &[],
            body: Some(Body {
                media: FORM,
                schema: "Exchange",
                is_required: true,
                example: "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=eyJ…",
            }),
            own_answers: &[
                Answer::json(200, "AccessToken", "The bearer token."),
                Answer::json(400, "OAuthError", "The request or its assertion is refused; another content type too."),
                Answer::json(500, "OAuthError", "A fault of this server.").rare(),
                Answer::json(503, "OAuthError", "The store does not answer, and the assertion has a jti."),
            ],
            curl: "TOKEN=$(curl -s {base}/zoom/token -u susan:secret -X POST | cut -d'\"' -f4)\n\
                   curl -s {base}/oauth/token -d assertion=$TOKEN -d grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer",
        },
        Operation {
            id: "me",
            method: Method::Get,
            path: "/api/me",
            summary: "A resource for the holder of a bearer token (RFC 6750)",
            access: Access::Bearer,
            parameters: &[],
            body: None,
            own_answers: &[
                Answer::json(200, "Me", "Who the token is about."),
                Answer::json(401, "Problem", "No token, or one that is refused; WWW-Authenticate says which."),
                Answer::json(503, "OAuthError", "The store does not answer, and knows whether the token was revoked."),
            ],
            curl: "TOKEN=$(curl -s {base}/zoom/token -u susan:secret -X POST | cut -d'\"' -f4)\n\
                   BEARER=$(curl -s {base}/oauth/token -d assertion=$TOKEN \
                   -d grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer | cut -d'\"' -f4)\n\
                   curl -s {base}/api/me -H \"Authorization: Bearer $BEARER\"",
        },
    ],
};
