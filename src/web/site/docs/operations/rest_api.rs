//! The REST pair: one address gives a token, the other wants it.

use super::FORM;
use crate::web::site::docs::{Access, Answer, Body, Method, Operation, Tag};

pub(super) const TAG: Tag = Tag {
    name: "rest-api",
    title: "The REST pair",
    says: "Log in for a token, then present it.",
    is_tutorial: true,
    operations: &[
        Operation {
            id: "login",
            method: Method::Post,
            path: "/loginEndpoint",
            summary: "A token for the user of a form, for half an hour",
            access: Access::Form,
            parameters: &[],
            body: Some(Body {
                media: FORM,
                schema: "Login",
                is_required: true,
                example: "username=susan&password=secret",
            }),
            own_answers: &[
                Answer::json(200, "RestToken", "The token."),
                Answer::json(401, "RestAnswer", "A field is missing or wrong, or the body is no form."),
                Answer::json(429, "RestAnswer", "This client tried this name too often, where users are kept."),
                Answer::json(500, "RestAnswer", "A fault of this server.").rare(),
                Answer::json(
                    503,
                    "RestAnswer",
                    "The store does not answer, or more logins are under way than this server takes on.",
                ),
            ],
            curl: "curl -s {base}/loginEndpoint -d username=susan -d password=secret",
        },
        Operation {
            id: "protected",
            method: Method::Post,
            path: "/anEndpoint",
            summary: "Lets those through whose token is good",
            access: Access::RestToken,
            parameters: &[],
            body: None,
            own_answers: &[
                Answer::json(200, "RestAnswer", "The token is good."),
                Answer::json(401, "RestAnswer", "Error 2: there is no token; error 1: it has expired or is invalid."),
            ],
            curl: "TOKEN=$(curl -s {base}/loginEndpoint -d username=susan -d password=secret | cut -d'\"' -f12)\n\
                   curl -s -X POST {base}/anEndpoint -H \"TOKEN: $TOKEN\"",
        },
    ],
};
