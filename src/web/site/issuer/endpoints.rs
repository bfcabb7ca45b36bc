//! The rows of the route table for the issuer's pages.

use super::{authorize, login, logout};
use crate::web::http::endpoint::common::{FAULT, FORM, HTML, STORE_UNAVAILABLE};
use crate::web::http::endpoint::{
    Access, Answer, Body, Content, Description, Endpoint, Kind, Operation, Parameter, Place, RoutePolicy,
};

pub(in crate::web) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(
        AUTHORIZE,
        RoutePolicy::Plain,
        &[
            Operation::get_only(
                |route| route.to(authorize::by_query),
                Description {
                    id: "authorize",
                    summary: "Gives a client an authorization code, after the user logged in",
                    access: Access::Anybody,
                    parameters: REQUEST,
                    body: None,
                    own_answers: &[LOGIN_PAGE, TO_THE_CLIENT, BAD_CLIENT, FAULT, STORE_UNAVAILABLE],
                    curl: "curl -s '{base}/oauth/authorize?response_type=code&client_id=app\
                           &redirect_uri=http://localhost:3000/callback'",
                },
            ),
            Operation::post(
                |route| route.to(authorize::by_form),
                Description {
                    id: "authorizeByForm",
                    summary: "The same with the parameters in a form, from a page of any site",
                    access: Access::Anybody,
                    parameters: &[],
                    body: Some(Body {
                        media: FORM,
                        schema: "AuthorizationRequest",
                        is_required: true,
                        example: "response_type=code&client_id=app&redirect_uri=http://localhost:3000/callback",
                    }),
                    own_answers: &[LOGIN_PAGE, TO_THE_CLIENT, BAD_CLIENT, NOT_A_FORM, FAULT, STORE_UNAVAILABLE],
                    curl: "curl -s {base}/oauth/authorize -d response_type=code -d client_id=app \
                           -d redirect_uri=http://localhost:3000/callback",
                },
            ),
        ],
    )
    .without_origin_check_at(&[AUTHORIZE])
    .kept_from_robots(),
    Endpoint::new(
        "/oauth/login",
        RoutePolicy::Plain,
        &[Operation::post(
            |route| route.to(login::login),
            Description {
                id: "logInForClient",
                summary: "The login page's form: the request of a client, and a username and a password",
                access: Access::Form,
                parameters: &[],
                body: Some(Body {
                    media: FORM,
                    schema: "LoginForClient",
                    is_required: true,
                    example: "response_type=code&client_id=app&redirect_uri=http://localhost:3000/callback\
                              &username=susan&password=secret",
                }),
                own_answers: &[
                    Answer::new(200, HTML, "A page that posts the code to the client, with response_mode=form_post."),
                    TO_THE_CLIENT,
                    BAD_CLIENT,
                    Answer::new(401, HTML, "The login page: the username or the password is missing or wrong."),
                    NOT_A_FORM,
                    Answer::new(
                        429,
                        HTML,
                        "The login page: this client tried this name too often, where users are kept.",
                    ),
                    FAULT,
                    Answer::new(503, HTML, "The login page: more logins are under way than this server takes on."),
                    STORE_UNAVAILABLE,
                ],
                curl: "curl -s -i {base}/oauth/login -d response_type=code -d client_id=app \
                       -d redirect_uri=http://localhost:3000/callback -d username=susan -d password=secret",
            },
        )],
    ),
    Endpoint::new(
        LOGOUT,
        RoutePolicy::Plain,
        &[
            Operation::get_only(
                |route| route.to(logout::by_query),
                Description {
                    id: "logOutForClient",
                    summary: "Ends the login: at once with an ID token of this user, else after a click on a button",
                    access: Access::Anybody,
                    parameters: LOGOUT_REQUEST,
                    body: None,
                    own_answers: &[LOGOUT_PAGE, AFTER_LOGOUT, BAD_LOGOUT, FAULT, STORE_UNAVAILABLE],
                    curl: "curl -s {base}/oauth/logout",
                },
            ),
            Operation::post(
                |route| route.to(logout::by_form),
                Description {
                    id: "logOutByForm",
                    summary: "The same with the parameters in a form",
                    access: Access::Anybody,
                    parameters: &[],
                    body: Some(Body { media: FORM, schema: "LogoutRequest", is_required: false, example: "state=x" }),
                    own_answers: &[
                        LOGOUT_PAGE,
                        AFTER_LOGOUT,
                        Answer::new(303, Content::Nothing, "To the same by GET, where a page of another site sent it."),
                        BAD_LOGOUT,
                        NOT_A_FORM,
                        FAULT,
                        STORE_UNAVAILABLE,
                    ],
                    curl: "curl -s -X POST {base}/oauth/logout",
                },
            ),
        ],
    )
    .without_origin_check_at(&[LOGOUT])
    .kept_from_robots(),
];

const AUTHORIZE: &str = "/oauth/authorize";
const LOGOUT: &str = "/oauth/logout";

const LOGIN_PAGE: Answer =
    Answer::new(200, HTML, "The login page; with response_mode=form_post also the page that posts to the client.");
const TO_THE_CLIENT: Answer = Answer::new(303, Content::Nothing, "To the client, with a code or an error.");
const BAD_CLIENT: Answer = Answer::refusal(400, "client_id or redirect_uri is missing, repeated or not accepted.");
const NOT_A_FORM: Answer = Answer::refusal(415, "The body is not declared as a form.");
const LOGOUT_PAGE: Answer = Answer::new(200, HTML, "The page: nobody is logged in now, or the button.");
const AFTER_LOGOUT: Answer = Answer::new(303, Content::Nothing, "To post_logout_redirect_uri.");
const BAD_LOGOUT: Answer = Answer::refusal(
    400,
    "post_logout_redirect_uri is not accepted, a parameter is repeated, or the ID token is another client’s.",
);

const fn parameter(place: Place, name: &'static str, says: &'static str, example: &'static str) -> Parameter {
    Parameter { place, name, kind: Kind::Text, says, example }
}

const REQUEST: &[Parameter] = &[
    Parameter {
        kind: Kind::Plain(1, 128),
        ..parameter(Place::RequiredQuery, "client_id", "Which client asks. Any id is good.", "app")
    },
    parameter(
        Place::RequiredQuery,
        "redirect_uri",
        "Where the browser goes afterwards. Which are accepted is a setting.",
        "http://localhost:3000/callback",
    ),
    parameter(Place::Query, "response_type", "code, else the client is told so.", "code"),
    parameter(Place::Query, "response_mode", "query, or form_post.", "query"),
    parameter(Place::Query, "scope", "Scopes with spaces between; openid gives an ID token.", "openid"),
    parameter(Place::Query, "state", "Comes back with the code.", "xyz"),
    parameter(Place::Query, "nonce", "Goes into the ID token.", "n-0S6"),
    parameter(Place::Query, "code_challenge", "PKCE (RFC 7636).", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
    parameter(Place::Query, "code_challenge_method", "S256, with a challenge.", "S256"),
    parameter(Place::Query, "prompt", "none: no page is shown; login: the login page always is.", "login"),
    parameter(Place::Query, "login_hint", "The name that the login page begins with.", "susan"),
    parameter(Place::Query, "id_token_hint", "An ID token of the user who should log in; it may have expired.", "eyJ"),
    parameter(Place::Query, "max_age", "How many seconds ago the login may have been.", "3600"),
    parameter(Place::Query, "audience", "The API that the access token is for.", "orders"),
    parameter(Place::Query, "resource", "The same as a URI; may be repeated.", "https://api.example"),
];

const LOGOUT_REQUEST: &[Parameter] = &[
    parameter(
        Place::Query,
        "id_token_hint",
        "An ID token that this issuer gave the client for this user; it may have expired.",
        "eyJ",
    ),
    parameter(Place::Query, "client_id", "Must be the one of the ID token.", "app"),
    parameter(
        Place::Query,
        "post_logout_redirect_uri",
        "Where the browser goes afterwards. Used with an ID token alone.",
        "http://localhost:3000/",
    ),
    parameter(Place::Query, "state", "Comes back to that address.", "xyz"),
];
