//! The rows of the route table for the lab.

use actix_web::middleware::from_fn;

use super::{attacks, bench, glossary, index, lessons, reset, teach};
use crate::lab::attacks::filters::{CHANGED, CHECK, TRIED};
use crate::lab::lessons::cross_site_forms_two;
use crate::web::http::endpoint::common::{
    DUPLICATE_COOKIE, FAULT, FORM, HTML, JSON, STORE_UNAVAILABLE, TOO_BUSY, TOO_MANY_SESSIONS,
};
use crate::web::http::endpoint::{
    Access, Answer, Body, Content, Description, Endpoint, Kind, Method, Operation, Parameter, Place, RoutePolicy,
};
use crate::web::http::origins::WITHOUT_ORIGIN_CHECK;
use crate::web::http::request_body::without_body;

const LESSON: Parameter = Parameter {
    place: Place::Path,
    name: "slug",
    kind: Kind::Text,
    says: "The lesson, as /lab names it.",
    example: "anatomy",
};
const ATTACK: Parameter = Parameter {
    place: Place::Path,
    name: "slug",
    kind: Kind::Text,
    says: "The attack, as the gallery names it.",
    example: "alg-none",
};
const VARIANT: Parameter = Parameter {
    place: Place::Query,
    name: "variant",
    kind: Kind::Text,
    says: "The variant that was tried, empty where the attack has one form alone. Its result is then on the page.",
    example: "none",
};
const PATH: Parameter = Parameter {
    place: Place::Query,
    name: "path",
    kind: Kind::OneOf(&["45", "90", "180"]),
    says: "Only the lessons of the path of this many minutes.",
    example: "90",
};
const CHECK_ACCEPTS: [&str; CHECK.values.len()] = CHECK.accepts();
const CHANGED_ACCEPTS: [&str; CHANGED.values.len()] = CHANGED.accepts();
const TRIED_ACCEPTS: [&str; TRIED.values.len()] = TRIED.accepts();
const FILTERS: &[Parameter] = &[
    Parameter {
        place: Place::Query,
        name: CHECK.name,
        kind: Kind::OneOf(&CHECK_ACCEPTS),
        says: "Only attacks that this check stops. Empty or left out: all of them.",
        example: "signature",
    },
    Parameter {
        place: Place::Query,
        name: CHANGED.name,
        kind: Kind::OneOf(&CHANGED_ACCEPTS),
        says: "Only attacks that change this.",
        example: "claim",
    },
    Parameter {
        place: Place::Query,
        name: TRIED.name,
        kind: Kind::OneOf(&TRIED_ACCEPTS),
        says: "Only attacks that this browser tried, or did not try.",
        example: "no",
    },
];
const NO_ATTACK: Answer = Answer::refusal(404, "There is no such attack.");
const NO_LESSON: Answer = Answer::refusal(404, "There is no such lesson.");

pub(in crate::web) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(
        "/lab/inspect",
        RoutePolicy::Session,
        &[
            Operation::post(
                |route| route.to(bench::work),
                Description {
                    id: "inspect",
                    summary: "The bench: decodes a token, verifies one, or signs one with your key. A form with \
                              the same fields does the same, and gets a page unless Accept names application/json",
                    access: Access::Session,
                    parameters: &[],
                    body: Some(Body {
                        media: JSON,
                        schema: "Inspection",
                        is_required: true,
                        example: r#"{"action":"verify","token":"eyJ…","profile":"zoom"}"#,
                    }),
                    own_answers: &[
                        Answer::new(
                            200,
                            Content::JsonOrPage(&["InspectedToken", "Token"]),
                            "The verdict, also on a token that is refused; for sign, the token.",
                        ),
                        Answer::refusal(
                            400,
                            "A member is none of those accepted, the key is unfit, or two session cookies came.",
                        ),
                        Answer::refusal(415, "The body is declared neither as JSON nor as a form."),
                        FAULT,
                        STORE_UNAVAILABLE,
                        TOO_BUSY,
                    ],
                    curl: "TOKEN=$(curl -s {base}/zoom/token -u susan:secret -X POST | cut -d'\"' -f4)\n\
                      curl -s {base}/lab/inspect -H 'Content-Type: application/json' \
                      -d \"{\\\"action\\\":\\\"verify\\\",\\\"profile\\\":\\\"zoom\\\",\\\"token\\\":\\\"$TOKEN\\\"}\"",
                },
            ),
            Operation::get(
                |route| route.to(bench::page),
                Description {
                    id: "bench",
                    summary: "The bench as a page",
                    access: Access::Session,
                    parameters: &[],
                    body: None,
                    own_answers: &[Answer::new(200, HTML, "The page."), DUPLICATE_COOKIE, FAULT],
                    curl: "curl -s {base}/lab/inspect",
                },
            ),
        ],
    )
    .also_at(&["/lab/bench"])
    .reading_up_to(bench::LARGEST_BENCH_BODY),
    Endpoint::new(
        "/lab",
        RoutePolicy::Session,
        &[Operation::get(
            |route| route.to(index),
            Description {
                id: "lab",
                summary: "The lab: its lessons and attacks, and how far this browser came",
                access: Access::Anybody,
                parameters: &[],
                body: None,
                own_answers: &[Answer::new(200, HTML, "The page."), FAULT],
                curl: "curl -s {base}/lab",
            },
        )],
    )
    .also_at(&["/lab/", "/lab/lessons", "/lab/lessons/"]),
    Endpoint::new(
        "/lab/lessons/{slug}",
        RoutePolicy::Session,
        &[
            Operation::get(
                |route| route.to(lessons::lesson).wrap(from_fn(without_body)),
                Description {
                    id: "lesson",
                    summary: "One lesson",
                    access: Access::Session,
                    parameters: &[LESSON],
                    body: None,
                    own_answers: &[Answer::new(200, HTML, "The page."), DUPLICATE_COOKIE, NO_LESSON, FAULT],
                    curl: "curl -s {base}/lab/lessons/anatomy",
                },
            ),
            Operation::post(
                |route| route.to(lessons::lesson),
                Description {
                    id: "lessonStep",
                    summary: "One step of a lesson, as its own form sends it",
                    access: Access::Session,
                    parameters: &[LESSON],
                    body: Some(Body { media: FORM, schema: "LessonStep", is_required: false, example: "predict=none" }),
                    own_answers: &[
                        Answer::new(200, HTML, "The page, with what happened and why."),
                        Answer::new(
                            303,
                            Content::Nothing,
                            "To the task after a prediction; in the window of a browser, to this page at an address of \
                             its own.",
                        ),
                        DUPLICATE_COOKIE,
                        NO_LESSON,
                        Answer::refusal(415, "The body is not declared as a form."),
                        TOO_MANY_SESSIONS,
                        FAULT,
                        TOO_BUSY,
                    ],
                    curl: "curl -s {base}/lab/lessons/anatomy -d predict=none",
                },
            ),
        ],
    ),
    // Addresses that only the lessons' own pages lead to; each lesson has its own, or none.
    Endpoint::new(
        "/lab/lessons/{slug}/{step}",
        RoutePolicy::Session,
        &[
            Operation::undocumented(Method::Get, |route| route.to(lessons::step).wrap(from_fn(without_body))),
            Operation::undocumented(Method::Post, |route| route.to(lessons::step)),
        ],
    )
    .without_origin_check_at(&[WITHOUT_ORIGIN_CHECK, cross_site_forms_two::TARGET]),
    Endpoint::new(
        "/lab/attacks",
        RoutePolicy::Session,
        &[Operation::get(
            |route| route.to(attacks::gallery),
            Description {
                id: "attacks",
                summary: "The gallery: the attacks on a token, each with the check that stops it",
                access: Access::Anybody,
                parameters: FILTERS,
                body: None,
                own_answers: &[
                    Answer::new(200, HTML, "The page."),
                    Answer::refusal(
                        400,
                        "A filter has no such value, or the teacher of a class holds the codes that `check` tells.",
                    ),
                    FAULT,
                ],
                curl: "curl -s '{base}/lab/attacks?check=signature'",
            },
        )],
    ),
    Endpoint::new(
        "/lab/attacks.json",
        RoutePolicy::Plain,
        &[Operation::get(
            |route| route.to(attacks::catalogue),
            Description {
                id: "attackList",
                summary: "The same for programs",
                access: Access::Anybody,
                parameters: &[],
                body: None,
                own_answers: &[Answer::new(
                    200,
                    Content::JsonList("Attack"),
                    "Every attack. Attacks with one `number` are of one kind.",
                )],
                curl: "curl -s {base}/lab/attacks.json",
            },
        )],
    ),
    Endpoint::new(
        "/lab/attacks/{slug}",
        RoutePolicy::Session,
        &[
            Operation::get(
                |route| route.to(attacks::attack),
                Description {
                    id: "attack",
                    summary: "One attack: what it changes, and which mistake lets it pass",
                    access: Access::Session,
                    parameters: &[ATTACK, VARIANT],
                    body: None,
                    own_answers: &[
                        Answer::new(200, HTML, "The page."),
                        Answer::new(308, Content::Nothing, "To the address of an attack that had this name before.")
                            .rare(),
                        Answer::refusal(400, "The attack has no such variant, or two session cookies came."),
                        NO_ATTACK,
                        FAULT,
                        TOO_BUSY,
                    ],
                    curl: "curl -s {base}/lab/attacks/alg-none",
                },
            ),
            Operation::post(
                |route| route.to(attacks::attempt),
                Description {
                    id: "attempt",
                    summary: "Makes the forgery, and has it checked by this server's verifier and by a naive one",
                    access: Access::Session,
                    parameters: &[ATTACK],
                    body: Some(Body { media: FORM, schema: "Attempt", is_required: true, example: "action=forge" }),
                    own_answers: &[
                        Answer::new(
                            200,
                            Content::JsonOrPage(&["AttackTrial"]),
                            "What the two verifiers say; JSON where Accept names application/json.",
                        ),
                        Answer::new(
                            303,
                            Content::Nothing,
                            "To Show details, as the forgery is in the session; to the page of the result, where Accept \
                             names text/html.",
                        ),
                        Answer::refusal(400, "A field is none of those accepted, or two session cookies came."),
                        NO_ATTACK,
                        Answer::refusal(415, "The body is not declared as a form."),
                        TOO_MANY_SESSIONS,
                        FAULT,
                        TOO_BUSY,
                    ],
                    curl: "curl -s {base}/lab/attacks/alg-none -H 'Accept: application/json' -d action=forge",
                },
            ),
        ],
    ),
    Endpoint::new(
        "/lab/worksheet",
        RoutePolicy::Session,
        &[Operation::get(
            |route| route.to(teach::worksheet),
            Description {
                id: "worksheet",
                summary: "What a class writes its answers on: the whole lab, or the lessons of a path",
                access: Access::Anybody,
                parameters: &[PATH],
                body: None,
                own_answers: &[
                    Answer::new(200, HTML, "The page."),
                    Answer::refusal(400, "There is no path of this many minutes."),
                    FAULT,
                ],
                curl: "curl -s '{base}/lab/worksheet?path=90'",
            },
        )],
    ),
    Endpoint::new(
        "/lab/teach",
        RoutePolicy::Session,
        &[Operation::get(
            |route| route.to(teach::teach),
            Description {
                id: "teach",
                summary: "For teachers: three paths through the lab, of 45, 90 and 180 minutes",
                access: Access::Anybody,
                parameters: &[],
                body: None,
                own_answers: &[Answer::new(200, HTML, "The page."), FAULT],
                curl: "curl -s {base}/lab/teach",
            },
        )],
    )
    .also_at(&["/lab/teach/"]),
    Endpoint::new(
        "/lab/teach/key",
        RoutePolicy::Session,
        &[Operation::get(
            |route| route.to(teach::key),
            Description {
                id: "answerKey",
                summary: "The answer key of the lab or of a path, on a server that only its own machine reaches",
                access: Access::Anybody,
                parameters: &[PATH],
                body: None,
                own_answers: &[
                    Answer::new(200, HTML, "The page."),
                    Answer::refusal(400, "There is no path of this many minutes."),
                    Answer::refusal(403, "Others reach this server."),
                    FAULT,
                ],
                curl: "curl -s {base}/lab/teach/key",
            },
        )],
    ),
    Endpoint::new(
        "/lab/glossary",
        RoutePolicy::Session,
        &[Operation::get(
            |route| route.to(glossary),
            Description {
                id: "glossary",
                summary: "The glossary: every term of the lab",
                access: Access::Anybody,
                parameters: &[],
                body: None,
                own_answers: &[Answer::new(200, HTML, "The page."), FAULT],
                curl: "curl -s {base}/lab/glossary",
            },
        )],
    ),
    Endpoint::new(
        "/lab/reset",
        RoutePolicy::Session,
        &[Operation::post(
            |route| route.to(reset),
            Description {
                id: "resetLab",
                summary: "Forgets what the lab remembers of this session, and nothing else of it",
                access: Access::Session,
                parameters: &[],
                body: None,
                own_answers: &[Answer::new(303, Content::Nothing, "To the lab."), DUPLICATE_COOKIE],
                curl: "curl -s -i -X POST {base}/lab/reset",
            },
        )],
    ),
];
