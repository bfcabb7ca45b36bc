//! The request pipeline: what happens to every request, in order.
//!
//! 1. Choose its id. In test mode, begin to keep a copy of its body if tests read it.
//! 2. Refuse a host, an origin or a cross-site request that the server does not take. In test mode, wait or fail if a
//!    test asked for that. Refuse a compressed body.
//! 3. Remove cookies that are not from this server, and run the route: with a time limit if it may change something.
//! 4. Render a refusal as a page or as JSON, as the client accepts.
//! 5. Set the headers of every response.
//! 6. Count the request and log one line.

use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::rt::time::{sleep, timeout};
use actix_web::web::Data;
use actix_web::{Error, HttpResponse, ResponseError as _};

use super::pipeline_parts::PipelineParts;
use super::request_record::RequestRecord;
use crate::budget;
use crate::code::Code;
use crate::web::api::test_mode::MadeToFail;
use crate::web::http::client::Client;
use crate::web::http::cors::{self, Scripts};
use crate::web::http::endpoint::{Endpoint, RouteTable};
use crate::web::http::problem::{FailureCause, Presentation, Problem};
use crate::web::http::request_body::{AnswerBody, HeldRequestBody, encoding_refusal};
use crate::web::metrics::WorkerRequests;
use crate::web::session::session_store;
use crate::web::site::lab;
use crate::web::view::assets::Assets;
use crate::web::view::page::present;

/// How long a request with a body may take, from its head to the response.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);

pub(super) async fn handle<B: MessageBody + 'static>(
    pipeline: Data<PipelineParts>,
    requests: Data<WorkerRequests>,
    table: Data<RouteTable>,
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<AnswerBody>, Error> {
    let _in_flight = requests.enter();
    let record = RequestRecord::of(&request, &pipeline);
    let request_body = HeldRequestBody::of(&mut request, record.body_copy());
    let endpoint = table.of(request.request());
    let allows_credentials = allows_credentials(&pipeline, endpoint, &request);
    let answered = answer(&pipeline, endpoint, request, next).await;
    request_body.complete_copy().await;
    let mut response = match answered {
        Ok(response) => response,
        Err(error) => return Err(unrouted(&error, &record, &pipeline, &requests, request_body)),
    };
    let cause = response.response_mut().extensions_mut().remove::<FailureCause>();
    if let Some(problem) = problem_of(&response) {
        let problem = lab::lessons::leading_back(response.request(), problem);
        let presented =
            presented(&problem.named(&record.id), record.presentation, response.headers(), &pipeline.assets);
        response = response.into_response(presented);
    }
    if allows_credentials {
        cors::allow_credentials(response.headers_mut(), &pipeline.cors_origins);
    }
    record.mark(response.response_mut().head_mut(), &pipeline);
    let pattern = endpoint.map_or("-", |endpoint| endpoint.path);
    record.end(pattern, response.status(), cause.as_ref(), &requests, &pipeline);
    Ok(response.map_body(|_, answer| request_body.attach_to(answer)))
}

/// Whether this is a request of a script that may send it with the credentials mode `include`.
fn allows_credentials(pipeline: &PipelineParts, endpoint: Option<&Endpoint>, request: &ServiceRequest) -> bool {
    endpoint.is_some_and(|it| it.allows_credentials)
        && request.headers().contains_key(header::ORIGIN)
        && Scripts::of(&pipeline.cors_origins, request.headers(), endpoint) == Scripts::Admitted
}

/// The headers of a refusal that are kept when it is rendered as a page or JSON.
const KEPT: [HeaderName; 8] = [
    header::ACCEPT_ENCODING,
    header::ALLOW,
    header::SET_COOKIE,
    header::RETRY_AFTER,
    header::WWW_AUTHENTICATE,
    header::VARY,
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
    header::ACCESS_CONTROL_EXPOSE_HEADERS,
];

/// Renders the problem for the client, with the [`KEPT`] headers of the bare refusal.
pub(super) fn presented(
    problem: &Problem,
    presentation: Presentation,
    bare: &HeaderMap,
    assets: &Assets,
) -> HttpResponse {
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
    pipeline: &PipelineParts,
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

/// The response of the route, or of what stands before it.
async fn answer<B: MessageBody + 'static>(
    pipeline: &PipelineParts,
    endpoint: Option<&Endpoint>,
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if let Some(response) = response_before_route(pipeline, endpoint, &request).await {
        return Ok(request.into_response(response));
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

/// The response to a request that does not reach its route: a refusal, or a failure that a test asked for.
async fn response_before_route(
    pipeline: &PipelineParts,
    endpoint: Option<&Endpoint>,
    request: &ServiceRequest,
) -> Option<HttpResponse> {
    let scripts = Scripts::of(&pipeline.cors_origins, request.headers(), endpoint);
    if let Some(problem) = pipeline.origins.refusal(request.head(), endpoint, scripts) {
        let explained = lab::lessons::explained(request.request(), &problem, &pipeline.assets);
        return Some(explained.unwrap_or_else(|| problem.error_response()));
    }
    let mut response = match injected_failure(pipeline, request).await {
        Some(failure) => failure,
        None => encoding_refusal(request.head()).filter(|_| endpoint.is_some())?.error_response(),
    };
    cors::allow_scripts(response.headers_mut(), &pipeline.cors_origins, request.headers(), scripts);
    Some(response)
}

/// Waits if a test asked for a delay. The failure, if it asked for one.
async fn injected_failure(pipeline: &PipelineParts, request: &ServiceRequest) -> Option<HttpResponse> {
    let fault = pipeline.fault(request)?;
    sleep(fault.delay).await;
    fault.answer()
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
