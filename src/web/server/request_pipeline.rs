//! The request pipeline: what happens to every request, in order.
//!
//! The host and the form's origin are judged, the route answers within a time, a refusal gets the client's form, the
//! security headers are set, and one line is logged that holds no value a client sent.

use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ResponseHead, ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::rt::time::timeout;
use actix_web::web::Data;
use actix_web::{Error, HttpResponse, ResponseError as _};
use chrono::{DateTime, Utc};

use crate::budget;
use crate::code::Code;
use crate::web::http::connection::{LONGEST_ADDRESS, Limits, Refuse};
use crate::web::http::cors::Scripts;
use crate::web::http::endpoint::RouteTable;
use crate::web::http::origins;
use crate::web::http::problem::{Fault, Presentation, Problem};
use crate::web::http::request_body::{Answer, Unread};
use crate::web::http::request_id::{RequestId, X_REQUEST_ID};
use crate::web::metrics::Tally;
use crate::web::session::session_store;
use crate::web::site::lab;
use crate::web::state::State;
use crate::web::view::page::present;

/// How long a body may take to arrive and be answered.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);

pub(super) async fn handle<B: MessageBody + 'static>(
    state: Data<State>,
    tally: Data<Tally>,
    table: Data<RouteTable>,
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<Answer>, Error> {
    let _in_flight = tally.enter();
    let visit = Visit::of(&request, &state);
    let unread = Unread::of(&mut request);
    let answered = answer(&state, &table, request, next).await;
    let mut response = match answered {
        Ok(response) => response,
        Err(error) => return Err(unrouted(&error, &visit, &state, &tally, unread)),
    };
    let fault = response.response_mut().extensions_mut().remove::<Fault>();
    if let Some(problem) = problem_of(&response) {
        let presented = presented(&problem.named(&visit.id), visit.presentation, response.headers(), &state);
        response = response.into_response(presented);
    }
    visit.mark(response.response_mut().head_mut(), &state);
    let pattern = response.request().match_name().unwrap_or("-");
    visit.end(pattern, response.status(), fault.as_ref(), &tally);
    Ok(response.map_body(|_, answer| unread.held_by(answer)))
}

/// What is remembered of a request until it is answered: nothing that a client made up.
struct Visit {
    id: RequestId,
    started: Instant,
    /// `None` for one that is not in use: its name is text of a client's choice, and stays out of log and metrics.
    method: Option<&'static str>,
    presentation: Presentation,
}

impl Visit {
    fn of(request: &ServiceRequest, state: &State) -> Self {
        Self {
            started: Instant::now(),
            id: state.request_ids.of(request.headers(), state.is_by_trusted_proxy(request)),
            method: known(request.method()),
            presentation: Presentation::of(request.headers()),
        }
    }

    /// Sets what every answer carries.
    fn mark(&self, answer: &mut ResponseHead, state: &State) {
        origins::set_headers(&mut answer.headers, &state.origins);
        answer.headers.insert(X_REQUEST_ID, self.id.header().clone());
        if state.ending.has_begun() || state.is_crowded() {
            answer.set_connection_type(ConnectionType::Close);
        }
    }

    /// Counts the request and logs it, once.
    fn end(&self, pattern: &str, status: StatusCode, fault: Option<&Fault>, tally: &Tally) {
        let (id, status, took) = (&self.id, status.as_u16(), self.started.elapsed());
        tally.count(self.method, pattern, status, took);
        if let Some(fault) = fault {
            log::error!("request id={id} failed: {}", fault.as_str());
        }
        let method = self.method.unwrap_or("-");
        // Whole numbers are printed in a third of the time that a fraction takes.
        let tenths = (took.as_micros() + 50) / 100;
        log::info!("request id={id} {method} {pattern} {status} {}.{} ms", tenths / 10, tenths % 10);
    }
}

/// The name of a method that is in use.
fn known(method: &Method) -> Option<&'static str> {
    Some(match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => return None,
    })
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
    let mut response = present(problem, presentation, &state.assets);
    for name in KEPT {
        for value in bare.get_all(&name) {
            response.headers_mut().append(name.clone(), value.clone());
        }
    }
    response
}

/// A failure outside any handler, which takes the request with it: the answer is made of what is left.
fn unrouted(error: &Error, visit: &Visit, state: &State, tally: &Tally, unread: Unread) -> Error {
    let problem = match error.as_error::<Problem>() {
        Some(problem) => problem.clone(),
        None => Problem::broken(&error.to_string()),
    };
    let problem = problem.named(&visit.id);
    let bare = problem.error_response();
    let mut response = presented(&problem, visit.presentation, bare.headers(), state);
    visit.mark(response.head_mut(), state);
    visit.end("-", problem.status, problem.fault.as_ref(), tally);
    let response = response.map_body(|_, answer| BoxBody::new(unread.held_by(answer)));
    InternalError::from_response(problem, response).into()
}

/// What is answered where the parser found no request: in the same shape as all refusals, logged and counted like them.
pub(super) fn refusals(state: &Data<State>, limits: Limits) -> Refuse {
    let (state, tally) = (state.clone(), state.metrics.tally());
    Rc::new(move |status, accepted| unparsed(status, Presentation::of(accepted), limits, &state, &tally))
}

fn unparsed(status: StatusCode, presentation: Presentation, limits: Limits, state: &State, tally: &Tally) -> Vec<u8> {
    let visit = Visit {
        started: Instant::now(),
        id: state.request_ids.of(&HeaderMap::new(), false),
        method: None,
        presentation,
    };
    let problem = match status {
        StatusCode::REQUEST_TIMEOUT => {
            let message = format!("The request's head was not received within {} s.", limits.head.as_secs());
            Problem::new(status, Code::Timeout, message)
        }
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
            let message = "The request's head is over 128 KiB, or has more than 96 header lines.";
            Problem::new(status, Code::TooLarge, message)
        }
        StatusCode::URI_TOO_LONG => {
            let message = format!("The address is over the {LONGEST_ADDRESS} bytes that are read.");
            Problem::new(status, Code::TooLarge, message)
        }
        StatusCode::BAD_REQUEST => Problem::new(status, Code::BadRequest, NOT_HTTP),
        status => Problem::of_status(status, "none"),
    };
    let mut response = presented(&problem, visit.presentation, &HeaderMap::new(), state);
    visit.mark(response.head_mut(), state);
    visit.end("-", status, None, tally);
    written_out(response, state.now())
}

const NOT_HTTP: &str = "This is not an HTTP/1.1 request that can be read. Its head must follow RFC 9112 and have one \
                        `Host` line. In its address, spaces, control characters and bytes that are not UTF-8 must be \
                        percent-encoded.";

/// The last answer of a connection, as the bytes that are sent.
fn written_out(response: HttpResponse, now: DateTime<Utc>) -> Vec<u8> {
    let date = now.format("%a, %d %b %Y %H:%M:%S GMT");
    let mut bytes = format!("HTTP/1.1 {}\r\nconnection: close\r\ndate: {date}\r\n", response.status()).into_bytes();
    for (name, value) in response.headers() {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    let body = response.into_body().try_into_bytes().unwrap_or_default();
    bytes.extend(format!("content-length: {}\r\n\r\n", body.len()).into_bytes());
    bytes.extend(body);
    bytes
}

async fn answer<B: MessageBody + 'static>(
    state: &State,
    table: &RouteTable,
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let endpoint = table.of(request.request());
    let scripts = Scripts::of(&state.cors_origins, request.headers(), endpoint);
    if let Some(problem) = state.origins.refusal(request.head(), endpoint, scripts) {
        let explained = lab::lessons::explained(request.request(), &problem, state);
        return Ok(request.into_response(explained.unwrap_or_else(|| problem.error_response())));
    }
    state.session.cookie.screen(&mut request);
    let is_safe = request.method().is_safe();
    let (client, now) = (state.client(request.request()), state.now());
    let answered = budget::of_one_request(session_store::watched(client, now, async { next.call(request).await }));
    if is_safe {
        return Ok(answered.await?.map_into_boxed_body());
    }
    match timeout(BODY_TIMEOUT, answered).await {
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
