//! The request pipeline: what happens to every request, in order.
//!
//! 1. Check the host, and the origin of a form. In test mode, fail or wait if a test asked for that.
//! 2. Run the route, with a time limit.
//! 3. Show a refusal as a page or as JSON, whichever the client accepts.
//! 4. Set the security headers.
//! 5. Log one line, which contains nothing that the client sent.

use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ResponseHead, ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::rt::time::{sleep, timeout};
use actix_web::web::Data;
use actix_web::{Error, HttpResponse, ResponseError as _};
use chrono::{DateTime, Utc};

use crate::budget;
use crate::clock::Clock;
use crate::code::Code;
use crate::limits::TrustedProxies;
use crate::settings::CorsOrigins;
use crate::web::api::test_mode::{self, Fault, MadeToFail, RequestInProgress, TestControls};
use crate::web::http::client::{Client, is_by_trusted_proxy};
use crate::web::http::connection::{LONGEST_ADDRESS, Limits, Refuse};
use crate::web::http::cors::{self, Scripts};
use crate::web::http::endpoint::RouteTable;
use crate::web::http::origins::{self, Origins};
use crate::web::http::problem::{FailureCause, Presentation, Problem};
use crate::web::http::request_body::{AnswerBody, BodyCopy, HeldRequestBody};
use crate::web::http::request_id::{RequestId, RequestIds, X_REQUEST_ID};
use crate::web::http::shutdown_flag::ShutdownFlag;
use crate::web::metrics::{Metrics, WorkerRequests};
use crate::web::session::{Sessions, session_store};
use crate::web::site::lab;
use crate::web::view::assets::Assets;
use crate::web::view::page::present;

/// How long a request with a body may take, from its head to the response.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);

/// What the pipeline needs for every request.
pub(in crate::web) struct Pipeline {
    pub assets: Data<Assets>,
    pub clock: Data<dyn Clock>,
    pub cors_origins: Data<CorsOrigins>,
    /// Above this many open connections, every response closes its connection.
    pub closes_beyond: usize,
    pub metrics: Data<Metrics>,
    pub origins: Data<Origins>,
    pub proxies: Data<TrustedProxies>,
    pub request_ids: RequestIds,
    pub sessions: Data<Sessions>,
    pub shutdown: Data<ShutdownFlag>,
    /// `None` without test mode.
    pub test_controls: Option<Data<TestControls>>,
}

impl Pipeline {
    /// Whether responses should close their connections, so that idle ones do not use up the connection limit.
    fn has_many_connections(&self) -> bool {
        self.metrics.connections_open() > self.closes_beyond
    }

    /// Notes a request down where a test may ask for it.
    fn received(&self, request: &ServiceRequest) -> Option<RequestInProgress> {
        let controls = self.test_controls.as_ref()?;
        (!test_mode::is_own(request.path())).then(|| controls.received.note(request, self.clock.now()))
    }

    /// What a test asked to happen to this request. A preflight is the browser's own, and no request of the program.
    fn fault(&self, request: &ServiceRequest) -> Option<Fault> {
        let controls = self.test_controls.as_ref()?;
        let can_fail = !test_mode::is_own(request.path()) && *request.method() != Method::OPTIONS;
        if can_fail { controls.faults.take(request.path()) } else { None }
    }
}

pub(super) async fn handle<B: MessageBody + 'static>(
    pipeline: Data<Pipeline>,
    requests: Data<WorkerRequests>,
    table: Data<RouteTable>,
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<AnswerBody>, Error> {
    let _in_flight = requests.enter();
    let record = RequestRecord::of(&request, &pipeline);
    let request_body = HeldRequestBody::of(&mut request, record.body_copy());
    let answered = answer(&pipeline, &table, request, next).await;
    request_body.complete_copy().await;
    let mut response = match answered {
        Ok(response) => response,
        Err(error) => return Err(unrouted(&error, &record, &pipeline, &requests, request_body)),
    };
    let cause = response.response_mut().extensions_mut().remove::<FailureCause>();
    if let Some(problem) = problem_of(&response) {
        let presented =
            presented(&problem.named(&record.id), record.presentation, response.headers(), &pipeline.assets);
        response = response.into_response(presented);
    }
    record.mark(response.response_mut().head_mut(), &pipeline);
    let pattern = table.of(response.request()).map_or("-", |endpoint| endpoint.path);
    record.end(pattern, response.status(), cause.as_ref(), &requests, &pipeline);
    Ok(response.map_body(|_, answer| request_body.attach_to(answer)))
}

/// What we remember about a request until it is answered. It contains nothing that the client chose freely.
struct RequestRecord {
    id: RequestId,
    started: Instant,
    /// `None` if it is not a standard method. The client chose its name, so it stays out of the log and metrics.
    method: Option<&'static str>,
    presentation: Presentation,
    received: Option<RequestInProgress>,
}

impl RequestRecord {
    fn of(request: &ServiceRequest, pipeline: &Pipeline) -> Self {
        Self {
            started: Instant::now(),
            id: pipeline.request_ids.of(request.headers(), is_by_trusted_proxy(request, &pipeline.proxies)),
            method: known(request.method()),
            presentation: Presentation::of(request.headers()),
            received: pipeline.received(request),
        }
    }

    fn body_copy(&self) -> Option<&BodyCopy> {
        self.received.as_ref().and_then(RequestInProgress::body)
    }

    /// Sets the headers that every response has.
    fn mark(&self, answer: &mut ResponseHead, pipeline: &Pipeline) {
        origins::set_headers(&mut answer.headers, &pipeline.origins);
        answer.headers.insert(X_REQUEST_ID, self.id.header().clone());
        if pipeline.shutdown.has_begun() || pipeline.has_many_connections() {
            answer.set_connection_type(ConnectionType::Close);
        }
    }

    /// Counts the request and logs it, once. In test mode, a test can ask for it from now on.
    fn end(
        &self,
        pattern: &str,
        status: StatusCode,
        cause: Option<&FailureCause>,
        requests: &WorkerRequests,
        pipeline: &Pipeline,
    ) {
        if let (Some(controls), Some(received)) = (&pipeline.test_controls, &self.received) {
            controls.received.keep(received, status);
        }
        let (id, status, took) = (&self.id, status.as_u16(), self.started.elapsed());
        requests.count(self.method, pattern, status, took);
        if let Some(cause) = cause {
            log::error!("request id={id} failed: {}", cause.as_str());
        }
        let method = self.method.unwrap_or("-");
        // Formatting integers takes a third of the time that a float takes.
        let tenths = (took.as_micros() + 50) / 100;
        log::info!("request id={id} {method} {pattern} {status} {}.{} ms", tenths / 10, tenths % 10);
    }
}

/// The name of a standard method.
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

/// The headers of a refusal that are kept when it is rendered as a page or JSON.
const KEPT: [HeaderName; 7] = [
    header::ALLOW,
    header::SET_COOKIE,
    header::RETRY_AFTER,
    header::WWW_AUTHENTICATE,
    header::VARY,
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
    header::ACCESS_CONTROL_EXPOSE_HEADERS,
];

/// Renders the problem for the client, with the [`KEPT`] headers of the bare refusal.
fn presented(problem: &Problem, presentation: Presentation, bare: &HeaderMap, assets: &Assets) -> HttpResponse {
    let mut response = present(problem, presentation, assets);
    for name in KEPT {
        for value in bare.get_all(&name) {
            response.headers_mut().append(name.clone(), value.clone());
        }
    }
    response
}

/// Answers when an error outside any handler has consumed the request.
fn unrouted(
    error: &Error,
    record: &RequestRecord,
    pipeline: &Pipeline,
    requests: &WorkerRequests,
    request_body: HeldRequestBody,
) -> Error {
    let problem = match error.as_error::<Problem>() {
        Some(problem) => problem.clone(),
        None => Problem::broken(&error.to_string()),
    };
    let problem = problem.named(&record.id);
    let bare = problem.error_response();
    let mut response = presented(&problem, record.presentation, bare.headers(), &pipeline.assets);
    record.mark(response.head_mut(), pipeline);
    record.end("-", problem.status, problem.cause.as_ref(), requests, pipeline);
    let response = response.map_body(|_, answer| BoxBody::new(request_body.attach_to(answer)));
    InternalError::from_response(problem, response).into()
}

/// Answers input that is not a valid HTTP request. The refusal looks like all others, and is logged and counted.
pub(super) fn refusals(pipeline: &Data<Pipeline>, limits: Limits) -> Refuse {
    let (pipeline, requests) = (pipeline.clone(), pipeline.metrics.add_worker());
    Rc::new(move |status, accepted| unparsed(status, Presentation::of(accepted), limits, &pipeline, &requests))
}

fn unparsed(
    status: StatusCode,
    presentation: Presentation,
    limits: Limits,
    pipeline: &Pipeline,
    requests: &WorkerRequests,
) -> Vec<u8> {
    let record = RequestRecord {
        started: Instant::now(),
        id: pipeline.request_ids.of(&HeaderMap::new(), false),
        method: None,
        presentation,
        received: None,
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
    let mut response = presented(&problem, record.presentation, &HeaderMap::new(), &pipeline.assets);
    record.mark(response.head_mut(), pipeline);
    record.end("-", status, None, requests, pipeline);
    written_out(response, pipeline.clock.now())
}

const NOT_HTTP: &str = "This is not an HTTP/1.1 request that can be read. Its head must follow RFC 9112 and have one \
                        `Host` line. In its address, spaces, control characters and bytes that are not UTF-8 must be \
                        percent-encoded.";

/// Serializes the last response of a connection.
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
    pipeline: &Pipeline,
    table: &RouteTable,
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let endpoint = table.of(request.request());
    let scripts = Scripts::of(&pipeline.cors_origins, request.headers(), endpoint);
    if let Some(problem) = pipeline.origins.refusal(request.head(), endpoint, scripts) {
        let explained = lab::lessons::explained(request.request(), &problem, &pipeline.assets);
        return Ok(request.into_response(explained.unwrap_or_else(|| problem.error_response())));
    }
    if let Some(fault) = pipeline.fault(&request) {
        sleep(fault.delay).await;
        if let Some(mut failure) = fault.answer() {
            cors::allow_scripts(failure.headers_mut(), &pipeline.cors_origins, request.headers(), scripts);
            return Ok(request.into_response(failure));
        }
    }
    pipeline.sessions.cookie.check_cookies(&mut request);
    let is_safe = request.method().is_safe();
    let (client, now) = (Client::behind_proxies(&pipeline.proxies, request.request()), pipeline.clock.now());
    let answered = budget::of_one_request(session_store::with_request_scope(client.address(), now, async {
        next.call(request).await
    }));
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

/// The problem that a handler returned, or one for a refusal by the framework.
fn problem_of(response: &ServiceResponse) -> Option<Problem> {
    let status = response.status();
    if let Some(problem) = response.response().extensions().get::<Problem>() {
        return Some(problem.clone());
    }
    if response.response().extensions().contains::<MadeToFail>() {
        return None;
    }
    let refused_unheard = status.is_client_error() && response.response().error().is_some();
    (refused_unheard || status == StatusCode::METHOD_NOT_ALLOWED).then(|| {
        let allowed = response.headers().get(header::ALLOW).map(HeaderValue::to_str);
        Problem::of_status(status, allowed.and_then(Result::ok).unwrap_or("none"))
    })
}
