//! Health, readiness and metrics, for operators.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::rt;
use actix_web::web::Data;
use serde_json::json;

use crate::limits::RateStore;
use crate::store::Store;
use crate::web::http::endpoint::common::{FAULT, PLAIN};
use crate::web::http::endpoint::{Access, Answer, Content, Description, Endpoint, Operation, RoutePolicy};
use crate::web::http::problem::Problem;
use crate::web::metrics::{self, Metrics};
use crate::web::session::Sessions;

const OPEN_METRICS: Content = Content::Media("application/openmetrics-text");

pub(in crate::web) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(
        "/healthz",
        RoutePolicy::Monitoring,
        &[Operation::get(
            |route| route.to(healthz),
            Description {
                id: "health",
                summary: "The process is alive and answers",
                access: Access::Anybody,
                parameters: &[],
                body: None,
                own_answers: &[Answer::new(200, PLAIN, "ok")],
                curl: "curl -s {base}/healthz",
            },
        )],
    ),
    Endpoint::new(
        "/readyz",
        RoutePolicy::Monitoring,
        &[Operation::get(
            |route| route.to(readyz),
            Description {
                id: "readiness",
                summary: "Whether every part answers, and which is away",
                access: Access::Anybody,
                parameters: &[],
                body: None,
                own_answers: &[
                    Answer::json(200, "Readiness", "Every part answers."),
                    Answer::json(503, "Readiness", "A part is away; what does not need it is answered all the same."),
                ],
                curl: "curl -s {base}/readyz",
            },
        )],
    ),
    Endpoint::new(
        "/metrics",
        RoutePolicy::Monitoring,
        &[Operation::get(
            |route| route.to(metrics),
            Description {
                id: "metrics",
                summary: "What was counted since the start, for a Prometheus server",
                access: Access::Anybody,
                parameters: &[],
                body: None,
                own_answers: &[Answer::new(200, OPEN_METRICS, "The counters."), FAULT],
                curl: "curl -s {base}/metrics",
            },
        )],
    ),
];

/// `GET /healthz`: the process is alive and answers; it says nothing of any other part.
pub(in crate::web) async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}

/// `GET /readyz`: 200 when the store, the sessions and the rate counters can be written now, otherwise 503; the body
/// names each. A part that is kept in this process is always ready.
pub(in crate::web) async fn readyz(
    store: Data<dyn Store>,
    sessions: Data<Sessions>,
    rates: Data<RateStore>,
) -> HttpResponse {
    // In separate tasks, so that all are asked at the same time, each with its own time budget.
    let store = rt::spawn(async move { store.ping().await.is_ok() });
    let sessions = rt::spawn(async move { sessions.backend.ping().await.is_ok() });
    let rates = rt::spawn(async move { rates.ping().await.is_ok() });
    let answers = [store.await, sessions.await, rates.await].map(|answer| answer.unwrap_or(false));
    let is_ready = answers == [true; 3];
    let mut response = if is_ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    let [store, sessions, rates] = answers.map(|answers| if answers { "ok" } else { "away" });
    response
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(json!({ "ready": is_ready, "parts": { "store": store, "sessions": sessions, "rates": rates } }))
}

/// `GET /metrics`: what was counted since the start, for a Prometheus server.
pub(in crate::web) async fn metrics(metrics: Data<Metrics>) -> Result<HttpResponse, Problem> {
    let text = metrics.text().map_err(|error| Problem::internal(&error))?;
    Ok(HttpResponse::Ok().content_type(metrics::CONTENT_TYPE).body(text))
}
