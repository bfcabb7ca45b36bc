//! What is remembered about a request until it is answered, and the log line that says so.

use std::time::Instant;

use actix_web::dev::{ResponseHead, ServiceRequest};
use actix_web::http::header::HeaderMap;
use actix_web::http::{ConnectionType, Method, StatusCode};

use super::pipeline_parts::PipelineParts;
use crate::web::api::test_mode::RequestInProgress;
use crate::web::http::client::is_by_trusted_proxy;
use crate::web::http::origins::{self, RequestOrigin};
use crate::web::http::problem::{FailureCause, Presentation};
use crate::web::http::request_body::BodyCopy;
use crate::web::http::request_id::{RequestId, X_REQUEST_ID};
use crate::web::metrics::WorkerRequests;

/// The target of these lines, by which `RUST_LOG` and log filters name them.
const TARGET: &str = "hallpass::web::server::request_pipeline";

/// What we remember about a request until it is answered.
///
/// What is logged or counted of it was not chosen by the client: an id may come from a trusted proxy only.
pub(super) struct RequestRecord {
    pub id: RequestId,
    started: Instant,
    /// `None` if it is not a standard method. The client chose its name, so it stays out of the log and metrics.
    method: Option<&'static str>,
    pub presentation: Presentation,
    came_to: RequestOrigin,
    received: Option<RequestInProgress>,
}

impl RequestRecord {
    pub fn of(request: &ServiceRequest, pipeline: &PipelineParts) -> Self {
        Self {
            started: Instant::now(),
            id: pipeline.request_ids.of(request.headers(), is_by_trusted_proxy(request, &pipeline.proxies)),
            method: known(request.method()),
            presentation: Presentation::of(request.headers()),
            came_to: RequestOrigin::of(request.head()),
            received: pipeline.received(request),
        }
    }

    /// For bytes that are not a valid HTTP request.
    pub fn of_invalid(presentation: Presentation, pipeline: &PipelineParts) -> Self {
        let id = pipeline.request_ids.of(&HeaderMap::new(), false);
        Self {
            started: Instant::now(),
            id,
            method: None,
            presentation,
            came_to: RequestOrigin::Elsewhere,
            received: None,
        }
    }

    pub fn body_copy(&self) -> Option<&BodyCopy> {
        self.received.as_ref().and_then(RequestInProgress::body)
    }

    /// Sets the headers that every response has.
    pub fn mark(&self, answer: &mut ResponseHead, pipeline: &PipelineParts) {
        origins::set_headers(&mut answer.headers, &pipeline.origins, self.came_to);
        answer.headers.insert(X_REQUEST_ID, self.id.header().clone());
        if pipeline.shutdown.has_begun() || pipeline.has_many_connections() {
            answer.set_connection_type(ConnectionType::Close);
        }
    }

    /// Counts the request and logs it, once. In test mode, a test can ask for it from now on.
    pub fn end(
        &self,
        pattern: &str,
        status: StatusCode,
        cause: Option<&FailureCause>,
        requests: &WorkerRequests,
        pipeline: &PipelineParts,
    ) {
        if let (Some(controls), Some(received)) = (&pipeline.test_controls, &self.received) {
            controls.received.keep(received, status);
        }
        let (id, status, took) = (&self.id, status.as_u16(), self.started.elapsed());
        requests.count(self.method, pattern, status, took);
        if let Some(cause) = cause {
            log::error!(target: TARGET, "request id={id} failed: {}", cause.as_str());
        }
        let method = self.method.unwrap_or("-");
        // Formatting integers takes a third of the time that a float takes.
        let tenths = (took.as_micros() + 50) / 100;
        log::info!(target: TARGET, "request id={id} {method} {pattern} {status} {}.{} ms", tenths / 10, tenths % 10);
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
