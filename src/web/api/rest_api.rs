//! The REST pair: `POST /loginEndpoint` and `POST /anEndpoint`, in the tutorial's shapes, codes and words.

use std::convert::Infallible;
use std::future::ready;

use actix_web::http::{StatusCode, header};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use futures_util::stream;
use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::accounts::{Login, LoginRefusal};
use crate::clock::Clock;
use crate::code::Code;
use crate::keys::CurrentKeys;
use crate::profiles::rest_api;
use crate::web::http::client::Client;
use crate::web::http::endpoint::common::FORM;
use crate::web::http::endpoint::{Access, Answer, Body, Description, Endpoint, Operation, RoutePolicy};
use crate::web::http::problem::{FailureCause, retry_after_header};
use crate::web::metrics::Metrics;
use crate::web::session::logins::Logins;

pub(in crate::web) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(
        "/loginEndpoint",
        RoutePolicy::OtherSites,
        &[Operation::post(
            |route| route.to(login),
            Description {
                id: "login",
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
        )],
    ),
    Endpoint::new(
        "/anEndpoint",
        RoutePolicy::OtherSites,
        &[Operation::post(
            |route| route.to(protected),
            Description {
                id: "protected",
                summary: "Lets those through whose token is good",
                access: Access::RestToken,
                parameters: &[],
                body: None,
                own_answers: &[
                    Answer::json(200, "RestAnswer", "The token is good."),
                    Answer::json(
                        401,
                        "RestAnswer",
                        "Error 2: there is no token; error 1: it has expired or is invalid.",
                    ),
                ],
                curl: "TOKEN=$(curl -s {base}/loginEndpoint -d username=susan -d password=secret | cut -d'\"' -f12)\n\
                       curl -s -X POST {base}/anEndpoint -H \"TOKEN: $TOKEN\"",
            },
        )],
    ),
];

/// Signs a token for the user of a form.
pub(in crate::web) async fn login(
    request: HttpRequest,
    body: Bytes,
    client: Client,
    logins: Data<Logins>,
    keys: Data<CurrentKeys>,
    clock: Data<dyn Clock>,
    metrics: Data<Metrics>,
) -> HttpResponse {
    let login = login_of(&request, body).await;
    let now = clock.now();
    match logins.check(&login, client, now).await {
        Ok(Ok(())) => {}
        Ok(Err(refusal)) => return not_admitted(&refusal),
        Err(error) => return fault(StatusCode::SERVICE_UNAVAILABLE, &error),
    }
    match rest_api::issue(&keys.ring(), login.username(), now) {
        Ok(token) => {
            metrics.issued(&rest_api::PROFILE, token.algorithm());
            successful(token.as_str(), &rest_api::ends_at(now).format("%Y-%m-%d %H:%M:%S%.6f").to_string())
        }
        Err(error) => fault(StatusCode::INTERNAL_SERVER_ERROR, &error),
    }
}

/// Answers requests with a valid token.
pub(in crate::web) async fn protected(
    request: HttpRequest,
    keys: Data<CurrentKeys>,
    clock: Data<dyn Clock>,
    metrics: Data<Metrics>,
) -> HttpResponse {
    let verdict = rest_api::verify(&keys.ring(), &presented(&request), clock.now());
    metrics.judged(&rest_api::PROFILE, &verdict);
    match verdict.code() {
        Code::Accepted => answer(StatusCode::OK, "0", "You Are verified"),
        Code::NoToken => answer(StatusCode::UNAUTHORIZED, "2", "Token required"),
        Code::Expired => answer(StatusCode::UNAUTHORIZED, "1", "Token has expired"),
        _ => answer(StatusCode::UNAUTHORIZED, "1", "Invalid Token"),
    }
}

/// The login in a form of either type. A body of another type has none.
async fn login_of(request: &HttpRequest, body: Bytes) -> Login {
    let fields = match request.content_type().to_ascii_lowercase().as_str() {
        "application/x-www-form-urlencoded" => form_urlencoded::parse(&body).into_owned().collect(),
        "multipart/form-data" => multipart_fields(request, body).await.unwrap_or_default(),
        _ => Vec::new(),
    };
    let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    Login::new(field("username").unwrap_or_default(), field("password").unwrap_or_default())
}

/// The fields of a multipart form (RFC 7578). Files are skipped, as the tutorial's own program skips them.
async fn multipart_fields(request: &HttpRequest, body: Bytes) -> multer::Result<Vec<(String, String)>> {
    let header = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let boundary = multer::parse_boundary(header.unwrap_or_default())?;
    let body = stream::once(ready(Ok::<_, Infallible>(body)));
    let (mut form, mut fields) = (multer::Multipart::new(body, boundary), Vec::new());
    while let Some(field) = form.next_field().await? {
        if let Some(name) = field.name().map(str::to_owned).filter(|_| field.file_name().is_none()) {
            fields.push((name, field.text().await?));
        }
    }
    Ok(fields)
}

/// The token of the header `TOKEN`, or of the query, which the tutorial's text mentions too.
fn presented(request: &HttpRequest) -> String {
    if let Some(value) = request.headers().get("TOKEN") {
        return String::from_utf8_lossy(value.as_bytes()).trim().to_owned();
    }
    let mut pairs = form_urlencoded::parse(request.query_string().as_bytes());
    pairs.find(|(key, _)| key == "token").map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}

fn not_admitted(refusal: &LoginRefusal) -> HttpResponse {
    match refusal {
        LoginRefusal::Missing => answer(StatusCode::UNAUTHORIZED, "1", "Username and password required"),
        LoginRefusal::Wrong => answer(StatusCode::UNAUTHORIZED, "1", "Invalid credentials"),
        LoginRefusal::TooOften { retry_after } => {
            retry_after_in(answer(StatusCode::TOO_MANY_REQUESTS, "1", "Too many attempts"), *retry_after)
        }
        LoginRefusal::Busy { retry_after } => {
            retry_after_in(answer(StatusCode::SERVICE_UNAVAILABLE, "3", "An error occured"), *retry_after)
        }
    }
}

fn retry_after_in(mut response: HttpResponse, seconds: u64) -> HttpResponse {
    let (name, value) = retry_after_header(seconds);
    response.headers_mut().insert(name, value);
    response
}

/// An internal error. The tutorial has its error 3 for that.
fn fault(status: StatusCode, error: &dyn std::error::Error) -> HttpResponse {
    FailureCause::of(error).behind(answer(status, "3", "An error occured"))
}

fn answer(status: StatusCode, error: &str, message: &str) -> HttpResponse {
    HttpResponse::build(status).json(shape(error, message))
}

fn successful(token: &str, elapse_time: &str) -> HttpResponse {
    let mut members = shape("0", "Successful");
    members.insert("token".to_owned(), token.into());
    members.insert("Elapse_time".to_owned(), elapse_time.into());
    HttpResponse::Ok().json(members)
}

/// The tutorial's two members; its numbers are text.
fn shape(error: &str, message: &str) -> Map<String, Value> {
    [("error", error), ("message", message)].into_iter().map(|(name, text)| (name.to_owned(), text.into())).collect()
}
