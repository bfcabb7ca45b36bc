//! The rows of the route table for the demo.

use super::{choose_algorithm, generate, home, logout, validate};
use crate::web::http::endpoint::common::{DUPLICATE_COOKIE, FAULT, FORM, HTML, TOO_MANY_SESSIONS};
use crate::web::http::endpoint::{
    Access, Answer, Body, Content, Description, Endpoint, Kind, Operation, Parameter, Place, RoutePolicy,
};

pub(in crate::web) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(
        "/",
        RoutePolicy::Session,
        &[Operation::get(
            |route| route.to(home),
            Description {
                id: "home",
                summary: "The home page, with the session's token judged anew",
                access: Access::Session,
                parameters: &[],
                body: None,
                own_answers: &[Answer::new(200, HTML, "The page."), DUPLICATE_COOKIE, FAULT],
                curl: "curl -s {base}/",
            },
        )],
    ),
    Endpoint::new(
        "/generate",
        RoutePolicy::Session,
        &[Operation::get(
            |route| route.to(generate),
            Description {
                id: "generate",
                summary: "Get token: signs one into the session",
                access: Access::Session,
                parameters: &[
                    Parameter {
                        place: Place::Query,
                        name: "sub",
                        kind: Kind::Subject,
                        says: "Who the token is about; not `.` or `..`. Without: bob.",
                        example: "alice",
                    },
                    Parameter {
                        place: Place::Query,
                        name: "ttl",
                        kind: Kind::Whole(1, 86_400),
                        says: "The token's life in seconds. Without: what the server is set to, 60 at first.",
                        example: "60",
                    },
                ],
                body: None,
                own_answers: &[
                    Answer::new(302, Content::Nothing, "To the result: a token was made, or cannot be signed here."),
                    Answer::refusal(
                        400,
                        "A parameter is out of its limits or appears twice, or two session cookies came.",
                    ),
                    Answer::refusal(413, "The token does not fit a cookie."),
                    TOO_MANY_SESSIONS,
                    FAULT,
                ],
                curl: "curl -s -i -c jar '{base}/generate?sub=alice&ttl=60'",
            },
        )],
    )
    .kept_from_robots(),
    Endpoint::new(
        "/validate",
        RoutePolicy::Session,
        &[Operation::get(
            |route| route.to(validate),
            Description {
                id: "validate",
                summary: "Show details: judges the session's token",
                access: Access::Session,
                parameters: &[],
                body: None,
                own_answers: &[
                    Answer::json(200, "Verdict", "The token is accepted, where Accept names application/json."),
                    Answer::new(302, Content::Nothing, "Where it does not: to the subject, or to Invalid token."),
                    DUPLICATE_COOKIE,
                    Answer::json(401, "Verdict", "The token is refused, where Accept names application/json."),
                    FAULT,
                ],
                curl: "curl -s -c jar {base}/generate\ncurl -s -b jar -H 'Accept: application/json' {base}/validate",
            },
        )],
    )
    .kept_from_robots(),
    Endpoint::new(
        "/algorithm",
        RoutePolicy::Session,
        &[Operation::post(
            |route| route.to(choose_algorithm),
            Description {
                id: "chooseAlgorithm",
                summary: "Switches the session between HS256 and RS256",
                access: Access::Session,
                parameters: &[],
                body: Some(Body { media: FORM, schema: "Algorithm", is_required: true, example: "algorithm=RS256" }),
                own_answers: &[
                    Answer::new(303, Content::Nothing, "To the home page."),
                    Answer::refusal(400, "The field is missing, twice there or another, or two session cookies came."),
                    Answer::refusal(415, "The body is not declared as a form."),
                    TOO_MANY_SESSIONS,
                    FAULT,
                ],
                curl: "curl -s -i -c jar -d algorithm=RS256 {base}/algorithm",
            },
        )],
    ),
    Endpoint::new(
        "/logout",
        RoutePolicy::Session,
        &[Operation::post(
            |route| route.to(logout),
            Description {
                id: "logout",
                summary: "Forgets the session",
                access: Access::Session,
                parameters: &[],
                body: None,
                own_answers: &[Answer::new(303, Content::Nothing, "To the home page.")],
                curl: "curl -s -i -X POST {base}/logout",
            },
        )],
    ),
    Endpoint::new(
        "/{result}",
        RoutePolicy::Session,
        &[Operation::get(
            |route| route.to(home),
            Description {
                id: "result",
                summary: "The home page with a result from the address, which is marked unless the verdict confirms it",
                access: Access::Session,
                parameters: &[Parameter {
                    place: Place::Path,
                    name: "result",
                    kind: Kind::Text,
                    says: "Any text, percent-encoded.",
                    example: "bob",
                }],
                body: None,
                own_answers: &[
                    Answer::new(200, HTML, "The page."),
                    DUPLICATE_COOKIE,
                    Answer::refusal(
                        404,
                        "No result of this session, where `Accept` takes JSON and no page; another method than GET.",
                    ),
                    FAULT,
                ],
                curl: "curl -s {base}/bob",
            },
        )],
    ),
];
