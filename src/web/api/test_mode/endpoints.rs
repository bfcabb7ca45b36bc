//! The rows of the route table that are there under `--test-mode` alone.

use super::{
    end_faults, fault, flawed, forget_user, private_keys, requests, reset, rotate, session, set_clock, set_user, sign,
};
use crate::web::http::endpoint::common::{FAULT, JSON, NOT_JSON, TOO_MANY_SESSIONS};
use crate::web::http::endpoint::{
    Access, Answer, Body, Content, Description, Endpoint, Kind, Operation, Parameter, Place, RoutePolicy,
};

const USER: &[Parameter] = &[Parameter {
    place: Place::Path,
    name: "name",
    kind: Kind::Plain(1, 256),
    says: "With which the user logs in, percent-encoded.",
    example: "alice",
}];

const MADE: Answer = Answer::json(200, "Token", "The token.");

pub(in crate::web) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(
        "/test/clock",
        RoutePolicy::Plain,
        &[Operation::put(
            |route| route.to(set_clock),
            Description {
                id: "setClock",
                summary: "Sets the clock, moves it, or lets it run",
                access: Access::Anybody,
                parameters: &[],
                body: Some(Body { media: JSON, schema: "Clock", is_required: true, example: r#"{"advance":60}"# }),
                own_answers: &[
                    Answer::json(200, "Now", "What the clock shows now."),
                    Answer::refusal(400, "Not one of these members, or a time that there is not."),
                    NOT_JSON,
                ],
                curl: "curl -s -X PUT {base}/test/clock -H 'Content-Type: application/json' -d '{\"advance\":60}'",
            },
        )],
    ),
    Endpoint::new(
        "/test/sign",
        RoutePolicy::Plain,
        &[Operation::post(
            |route| route.to(sign),
            Description {
                id: "testSign",
                summary: "Signs any header and claims with a chosen key",
                access: Access::Anybody,
                parameters: &[],
                body: Some(Body {
                    media: JSON,
                    schema: "Order",
                    is_required: true,
                    example: r#"{"algorithm":"RS256","key":"demo","claims":{"sub":"alice","admin":true}}"#,
                }),
                own_answers: &[
                    MADE,
                    Answer::refusal(400, "A member is missing or none of those accepted."),
                    NOT_JSON,
                    FAULT,
                ],
                curl: "curl -s {base}/test/sign -H 'Content-Type: application/json' \\\n  \
                       -d '{\"key\":\"demo\",\"claims\":{\"sub\":\"alice\"}}'",
            },
        )],
    ),
    Endpoint::new(
        "/test/session",
        RoutePolicy::Session,
        &[Operation::post(
            |route| route.to(session),
            Description {
                id: "testSession",
                summary: "Puts any text into the session as its token",
                access: Access::Session,
                parameters: &[],
                body: Some(Body {
                    media: JSON,
                    schema: "TestSession",
                    is_required: true,
                    example: r#"{"token":"not.a.token","algorithm":"HS256"}"#,
                }),
                own_answers: &[
                    Answer::json(200, "TestSession", "What the session holds; the cookie comes with it."),
                    Answer::refusal(400, "A member is none of those accepted, or two session cookies came."),
                    Answer::refusal(413, "The text does not fit a cookie."),
                    NOT_JSON,
                    TOO_MANY_SESSIONS,
                    FAULT,
                ],
                curl: "curl -s -c jar {base}/test/session -H 'Content-Type: application/json' -d '{\"token\":\"null\"}'",
            },
        )],
    ),
    Endpoint::new(
        "/test/flawed",
        RoutePolicy::Plain,
        &[Operation::post(
            |route| route.to(flawed),
            Description {
                id: "testFlawed",
                summary: "A token that is wrong in one named way, and the code that this server answers",
                access: Access::Anybody,
                parameters: &[],
                body: Some(Body {
                    media: JSON,
                    schema: "Flaw",
                    is_required: true,
                    example: r#"{"flaw":"expired","profile":"bearer"}"#,
                }),
                own_answers: &[
                    Answer::json(200, "Flawed", "The token and the code."),
                    Answer::refusal(
                        400,
                        "A member is none of those accepted, or the flaw means nothing for the profile.",
                    ),
                    Answer::refusal(409, "The keys folder has no private key for this algorithm.").rare(),
                    NOT_JSON,
                    FAULT,
                ],
                curl: "curl -s {base}/test/flawed -H 'Content-Type: application/json' \\\n  \
                       -d '{\"flaw\":\"expired\",\"profile\":\"rest-api\"}'",
            },
        )],
    ),
    Endpoint::new(
        "/test/users/{name}",
        RoutePolicy::Plain,
        &[
            Operation::put(
                |route| route.to(set_user),
                Description {
                    id: "testUser",
                    summary: "Lays claims over those that ID tokens and userinfo have of a user",
                    access: Access::Anybody,
                    parameters: USER,
                    body: Some(Body {
                        media: JSON,
                        schema: "TestUser",
                        is_required: true,
                        example: r#"{"claims":{"roles":["admin"],"email_verified":true}}"#,
                    }),
                    own_answers: &[
                        Answer::new(204, Content::Nothing, "The next ID tokens and userinfo have these claims."),
                        Answer::refusal(
                            400,
                            "A member, the name or a claim is none of those accepted, or there are too many.",
                        ),
                        NOT_JSON,
                    ],
                    curl: "curl -s -X PUT {base}/test/users/alice -H 'Content-Type: application/json' \\\n  \
                           -d '{\"claims\":{\"roles\":[\"admin\"]}}'",
                },
            ),
            Operation::delete(
                |route| route.to(forget_user),
                Description {
                    id: "testForgetUser",
                    summary: "Ends that for one user",
                    access: Access::Anybody,
                    parameters: USER,
                    body: None,
                    own_answers: &[
                        Answer::new(204, Content::Nothing, "What is said of this user is the usual again."),
                        Answer::refusal(400, "The body or the query asks for something, or the name is not accepted."),
                    ],
                    curl: "curl -s -X DELETE {base}/test/users/alice",
                },
            ),
        ],
    ),
    Endpoint::new(
        "/test/rotate",
        RoutePolicy::Plain,
        &[Operation::post(
            |route| route.to(rotate),
            Description {
                id: "testRotate",
                summary: "Makes the next keys, in memory: published at once, signing after a while",
                access: Access::Anybody,
                parameters: &[],
                body: Some(Body {
                    media: JSON,
                    schema: "TestRotation",
                    is_required: false,
                    example: r#"{"after":60}"#,
                }),
                own_answers: &[
                    Answer::json(200, "Jwks", "The key set."),
                    Answer::refusal(400, "A member is none of those accepted."),
                    NOT_JSON,
                    FAULT,
                ],
                curl: "curl -s -X POST {base}/test/rotate",
            },
        )],
    ),
    Endpoint::new(
        "/test/keys",
        RoutePolicy::Plain,
        &[Operation::get(
            |route| route.to(private_keys),
            Description {
                id: "testKeys",
                summary: "What every profile signs with now, secrets and private keys included",
                access: Access::Anybody,
                parameters: &[],
                body: None,
                own_answers: &[
                    Answer::json(200, "PrivateKeys", "The keys."),
                    Answer::refusal(400, "The query asks for something."),
                ],
                curl: "curl -s {base}/test/keys",
            },
        )],
    ),
    Endpoint::new(
        "/test/fault",
        RoutePolicy::Plain,
        &[
            Operation::post(
                |route| route.to(fault),
                Description {
                    id: "testFault",
                    summary: "Makes the next answers of a path fail, or wait",
                    access: Access::Anybody,
                    parameters: &[],
                    body: Some(Body {
                        media: JSON,
                        schema: "TestFault",
                        is_required: true,
                        example: r#"{"path":"/oauth/token","status":503,"times":2,"delay_ms":500,"body":"down","retry_after":7}"#,
                    }),
                    own_answers: &[
                        Answer::new(204, Content::Nothing, "The next requests to the path get these answers."),
                        Answer::refusal(400, "A member is none of those accepted, or 100 faults are waiting already."),
                        NOT_JSON,
                    ],
                    curl: "curl -s {base}/test/fault -H 'Content-Type: application/json' \\\n  \
                           -d '{\"path\":\"/loginEndpoint\",\"status\":500}'",
                },
            ),
            Operation::delete(
                |route| route.to(end_faults),
                Description {
                    id: "testEndFaults",
                    summary: "Ends all faults",
                    access: Access::Anybody,
                    parameters: &[],
                    body: None,
                    own_answers: &[
                        Answer::new(204, Content::Nothing, "Every answer is the usual one again."),
                        Answer::refusal(400, "The body or the query asks for something."),
                    ],
                    curl: "curl -s -X DELETE {base}/test/fault",
                },
            ),
        ],
    ),
    Endpoint::new(
        "/test/requests",
        RoutePolicy::Plain,
        &[Operation::get(
            |route| route.to(requests),
            Description {
                id: "testRequests",
                summary: "The requests that were received lately, without credentials",
                access: Access::Anybody,
                parameters: &[
                    Parameter {
                        place: Place::Query,
                        name: "path",
                        kind: Kind::Text,
                        says: "Only those to this path. Without: all.",
                        example: "/oauth/token",
                    },
                    Parameter {
                        place: Place::Query,
                        name: "limit",
                        kind: Kind::Whole(1, 100),
                        says: "How many at most. Without: 20.",
                        example: "20",
                    },
                ],
                body: None,
                own_answers: &[
                    Answer::json(200, "ReceivedRequests", "The requests, the newest first."),
                    Answer::refusal(400, "A parameter is out of its limits, unknown or stands twice."),
                ],
                curl: "curl -s '{base}/test/requests?path=/oauth/token&limit=1'",
            },
        )],
    ),
    Endpoint::new(
        "/test/reset",
        RoutePolicy::Plain,
        &[Operation::post(
            |route| route.to(reset),
            Description {
                id: "testReset",
                summary: "Clock, keys and rate counters as at the start, no faults, no claims of users, no requests; what is \
                          stored stays",
                access: Access::Anybody,
                parameters: &[],
                body: Some(Body { media: JSON, schema: "TestReset", is_required: false, example: "{}" }),
                own_answers: &[
                    Answer::new(204, Content::Nothing, "Done."),
                    Answer::refusal(400, "The body or the query asks for something."),
                    NOT_JSON,
                    FAULT,
                ],
                curl: "curl -s -X POST {base}/test/reset",
            },
        )],
    ),
];
