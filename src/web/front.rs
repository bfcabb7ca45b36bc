//! The front door: what happens to every request, in order.
//!
//! The host and the form's origin are judged, the route answers within a time, a refusal gets the client's form, the
//! security headers are set, and one line is logged that holds no value a client sent.

use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::rt::time::timeout;
use actix_web::web::Data;
use actix_web::{Error, HttpResponse, ResponseError as _};

use super::cors;
use super::error::{self, Presentation, Problem};
use super::lab;
use super::security;
use super::state::State;
use crate::code::Code;

/// How long a body may take to arrive and be answered.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);

pub(super) async fn door<B: MessageBody + 'static>(
    state: Data<State>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let presentation = Presentation::of(request.headers());
    let method = request.method().clone();
    let mut response = match answer(&state, request, next).await {
        Ok(response) => response,
        Err(error) => return Err(unrouted(&error, presentation, &state)),
    };
    if let Some(problem) = problem_of(&response) {
        let presented = presented(&problem, presentation, response.headers(), &state);
        response = response.into_response(presented);
    }
    security::set_headers(response.headers_mut(), &state.origins);
    let pattern = response.request().match_pattern().unwrap_or_else(|| "-".to_owned());
    let status = response.status().as_u16();
    log::info!("{} {pattern} {status} {:.1} ms", known(&method), started.elapsed().as_secs_f64() * 1e3);
    Ok(response)
}

/// The name of a method that is in use; another name is text of a client's choice, and stays out of the log.
fn known(method: &Method) -> &str {
    match *method {
        Method::GET | Method::HEAD | Method::POST | Method::PUT | Method::PATCH | Method::DELETE | Method::OPTIONS => {
            method.as_str()
        }
        _ => "-",
    }
}

/// What a refusal says in its head, also for scripts of other sites.
const KEPT: [HeaderName; 7] = [
    header::ALLOW,
    header::SET_COOKIE,
    header::RETRY_AFTER,
    header::WWW_AUTHENTICATE,
    header::VARY,
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
    header::ACCESS_CONTROL_EXPOSE_HEADERS,
];

/// The problem in the client's form, with those headers of the bare refusal that it keeps.
fn presented(problem: &Problem, presentation: Presentation, bare: &HeaderMap, state: &State) -> HttpResponse {
    let mut response = error::present(problem, presentation, &state.assets);
    for name in KEPT {
        for value in bare.get_all(&name) {
            response.headers_mut().append(name.clone(), value.clone());
        }
    }
    response
}

/// A failure outside any handler, which takes the request with it: the answer is made of what is left.
fn unrouted(error: &Error, presentation: Presentation, state: &State) -> Error {
    let problem = match error.as_error::<Problem>() {
        Some(problem) => problem.clone(),
        None => Problem::broken(&error.to_string()),
    };
    log::info!("- - {} {}", problem.status.as_u16(), problem.code);
    let mut response = presented(&problem, presentation, &HeaderMap::new(), state);
    security::set_headers(response.headers_mut(), &state.origins);
    InternalError::from_response(problem, response).into()
}

async fn answer<B: MessageBody + 'static>(
    state: &State,
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if let Some(problem) = state.origins.refusal(request.head(), cors::admits(&state.cors_origins, &request)) {
        let explained = lab::lessons::explained(request.request(), &problem, state);
        return Ok(request.into_response(explained.unwrap_or_else(|| problem.error_response())));
    }
    state.cookie.drop_foreign(&mut request);
    if request.method().is_safe() {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    match timeout(BODY_TIMEOUT, next.call(request)).await {
        Ok(answered) => Ok(answered?.map_into_boxed_body()),
        Err(_) => Err(too_slow().into()),
    }
}

fn too_slow() -> Problem {
    let message = format!("The request was not read and answered within {} s.", BODY_TIMEOUT.as_secs());
    Problem::new(StatusCode::REQUEST_TIMEOUT, Code::Timeout, message)
}

/// The problem that a handler named, or what the framework refused by itself.
fn problem_of(response: &ServiceResponse) -> Option<Problem> {
    let status = response.status();
    if let Some(problem) = response.response().extensions().get::<Problem>() {
        return Some(problem.clone());
    }
    let refused_unheard = status.is_client_error() && response.response().error().is_some();
    (refused_unheard || status == StatusCode::METHOD_NOT_ALLOWED).then(|| {
        let allowed = response.headers().get(header::ALLOW).map(HeaderValue::to_str);
        Problem::of_status(status, allowed.and_then(Result::ok).unwrap_or("none"))
    })
}
