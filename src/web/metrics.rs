//! The metrics of `GET /metrics`, in the OpenMetrics text format that Prometheus reads.
//!
//! Every label has a fixed set of values (methods, route patterns, statuses, profiles, codes), so clients cannot add
//! new time series. Each worker counts its own requests, and the counts are added up only when `/metrics` is read: see
//! [`WorkerRequests`].

mod dropped_log_lines;
mod label;
mod latency;
mod process;
mod requests;
mod store;
mod tokens;

pub(super) use requests::{Traffic, WorkerRequests};
pub(super) use tokens::{Limit, RateDecision};

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use prometheus_client::encoding::text;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::code::Code;
use crate::keys::Algorithm;
use crate::profiles::Profile;
use crate::store::Store;
use crate::token::Verdict;
use dropped_log_lines::DroppedLines;
use process::Process;
use requests::Requests;
use store::{Calls, CountedStore};
use tokens::{RateDecisions, Tokens};

/// The format that the encoder writes. It differs from the older `text/plain; version=0.0.4`: counters end in `_total`,
/// and the text ends in `# EOF`.
pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// All counters of this process.
pub(super) struct Metrics {
    registry: Registry,
    requests: Arc<Requests>,
    tokens: Arc<Tokens>,
    rate_decisions: Arc<RateDecisions>,
    store: Arc<Calls>,
    connections: Gauge,
}

impl Metrics {
    pub fn new(started: DateTime<Utc>) -> Self {
        let new = Self {
            registry: Registry::with_prefix("hallpass"),
            requests: Arc::default(),
            tokens: Arc::default(),
            rate_decisions: Arc::default(),
            store: Arc::default(),
            connections: Gauge::default(),
        };
        new.registered(started)
    }

    fn registered(mut self, started: DateTime<Utc>) -> Self {
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        self.registry.register("build", "The program", version);
        self.registry.register("connections_open", "Connections that clients hold open", self.connections.clone());
        self.registry.register_collector(Box::new(self.requests.clone()));
        self.registry.register_collector(Box::new(self.tokens.clone()));
        self.registry.register_collector(Box::new(self.rate_decisions.clone()));
        self.registry.register_collector(Box::new(self.store.clone()));
        self.registry.register_collector(Box::new(DroppedLines));
        self.registry.register_collector(Box::new(Process { started }));
        self
    }

    /// The text of `/metrics`.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        text::encode(&mut text, &self.registry)?;
        Ok(text)
    }

    /// Creates the request counts of one more worker.
    pub fn add_worker(&self) -> Arc<WorkerRequests> {
        self.requests.add_worker()
    }

    /// The request counts of all workers together.
    pub fn traffic(&self) -> Traffic {
        self.requests.traffic()
    }

    /// Counts a connection as open until the returned value is dropped.
    pub fn connection(&self) -> OpenConnection {
        self.connections.inc();
        OpenConnection(self.connections.clone())
    }

    pub fn connections_open(&self) -> usize {
        usize::try_from(self.connections.get()).unwrap_or_default()
    }

    /// Wraps the store so that its calls are counted.
    pub fn with_counted_calls(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        Arc::new(CountedStore::new(store, self.store.clone()))
    }

    /// Counts a token that a profile's own route issued.
    pub fn issued(&self, profile: &'static Profile, algorithm: Algorithm) {
        self.tokens.issued(profile, algorithm);
    }

    /// Counts a verdict on a token that was presented for access. Verdicts that a page only displays do not count.
    pub fn judged(&self, profile: &'static Profile, verdict: &Verdict) {
        self.count_verdict(profile, verdict.code());
    }

    /// Like [`judged`](Self::judged), for refusals that come after the verdict.
    pub fn count_verdict(&self, profile: &'static Profile, code: Code) {
        self.tokens.count_verdict(profile, code);
    }

    /// Counts a decision of a rate limit.
    pub fn rate_decided(&self, limit: Limit, decision: RateDecision) {
        self.rate_decisions.count(limit, decision);
    }
}

/// One connection of the gauge.
pub(super) struct OpenConnection(Gauge);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::profiles::zoom;

    fn lines(metrics: &Metrics, start: &str) -> Vec<String> {
        metrics.text().unwrap().lines().filter(|line| line.starts_with(start)).map(str::to_owned).collect()
    }

    #[test]
    fn workers_count_apart_and_the_text_adds_them_up() {
        let metrics = Metrics::new(DateTime::UNIX_EPOCH);
        let (one, other) = (metrics.add_worker(), metrics.add_worker());
        for worker in [&one, &one, &other] {
            let in_flight = worker.enter();
            worker.count(Some("GET"), "/validate", 302, Duration::from_micros(60));
            drop(in_flight);
        }
        other.count(None, "/validate", 405, Duration::from_secs(9));
        let still = other.enter();
        assert_eq!(lines(&metrics, "hallpass_http_requests_in_flight"), ["hallpass_http_requests_in_flight 1"]);
        drop(still);
        assert_eq!(
            lines(&metrics, "hallpass_http_requests_total"),
            [
                r#"hallpass_http_requests_total{method="GET",route="/validate",status="302"} 3"#,
                r#"hallpass_http_requests_total{method="other",route="/validate",status="405"} 1"#,
            ]
        );
        let buckets = lines(&metrics, "hallpass_http_request_duration_seconds_bucket");
        let counts: Vec<&str> = buckets.iter().map(|line| line.rsplit(' ').next().unwrap()).collect();
        assert_eq!(counts, [&["0"], &["3"; 15][..], &["4"]].concat(), "{buckets:?}");
    }

    #[test]
    fn a_code_that_never_came_has_no_line() {
        let metrics = Metrics::new(DateTime::UNIX_EPOCH);
        metrics.count_verdict(&zoom::PROFILE, Code::Expired);
        metrics.count_verdict(&zoom::PROFILE, Code::Accepted);
        assert_eq!(
            lines(&metrics, "hallpass_tokens_refused_total"),
            [r#"hallpass_tokens_refused_total{profile="zoom",code="expired"} 1"#]
        );
        assert_eq!(
            lines(&metrics, "hallpass_tokens_accepted_total"),
            [r#"hallpass_tokens_accepted_total{profile="zoom"} 1"#]
        );
    }
}
