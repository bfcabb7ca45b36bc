//! Requests by method, route and status, and how long they took.
//!
//! Each worker thread counts in a `WorkerRequests`, whose lock only a reader of `/metrics` contends for. Counting a
//! request takes one look-up, no allocation, and no memory that another core writes.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use super::latency::Latency;
use crate::sync::lock;

/// The counts of all workers.
#[derive(Debug, Default)]
pub(super) struct Requests(Mutex<Vec<Arc<WorkerRequests>>>);

impl Requests {
    pub fn add_worker(&self) -> Arc<WorkerRequests> {
        let worker = Arc::<WorkerRequests>::default();
        lock(&self.0).push(worker.clone());
        worker
    }

    pub fn traffic(&self) -> Traffic {
        lock(&self.0).iter().fold(Traffic::default(), |sum, worker| {
            // `ended` is read first, so that it never exceeds `begun`.
            let ended = sum.ended + worker.ended.load(Ordering::Acquire);
            Traffic { begun: sum.begun + worker.begun.load(Ordering::Acquire), ended }
        })
    }
}

/// How many requests began and ended since the server started.
#[derive(Clone, Copy, Default)]
pub(in crate::web) struct Traffic {
    pub begun: u64,
    ended: u64,
}

impl Traffic {
    pub const fn in_flight(self) -> u64 {
        self.begun.saturating_sub(self.ended)
    }
}

/// The requests that one worker answered.
#[derive(Debug, Default)]
pub(in crate::web) struct WorkerRequests {
    begun: AtomicU64,
    ended: AtomicU64,
    /// By route pattern, so the map never grows beyond the route table.
    routes: Mutex<HashMap<String, Route>>,
}

impl WorkerRequests {
    /// Counts a request as in flight until the returned value is dropped, also when the client disconnects.
    pub fn enter(&self) -> InFlight<'_> {
        self.begun.fetch_add(1, Ordering::Release);
        InFlight(self)
    }

    /// Counts a response. `method` is `None` if it is not a standard method.
    pub fn count(&self, method: Option<&'static str>, pattern: &str, status: u16, took: Duration) {
        let mut routes = lock(&self.routes);
        if let Some(route) = routes.get_mut(pattern) {
            return route.count(method, status, took);
        }
        routes.entry(pattern.to_owned()).or_default().count(method, status, took);
    }
}

/// A request that is being answered.
pub(in crate::web) struct InFlight<'a>(&'a WorkerRequests);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::Release);
    }
}

/// The responses of one route.
#[derive(Clone, Debug, Default)]
struct Route {
    /// A list, because there are few and a search is fast.
    answers: Vec<(MethodAndStatus, u64)>,
    latency: Latency,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct MethodAndStatus {
    method: Option<&'static str>,
    status: u16,
}

impl Route {
    fn count(&mut self, method: Option<&'static str>, status: u16, took: Duration) {
        self.add_answers(MethodAndStatus { method, status }, 1);
        self.latency.observe(took);
    }

    fn add_answers(&mut self, answer: MethodAndStatus, more: u64) {
        match self.answers.iter_mut().find(|(known, _)| *known == answer) {
            Some((_, count)) => *count += more,
            None => self.answers.push((answer, more)),
        }
    }

    fn add(&mut self, other: &Self) {
        for (answer, count) in &other.answers {
            self.add_answers(*answer, *count);
        }
        self.latency.add(&other.latency);
    }
}

impl Collector for Requests {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let in_flight = i64::try_from(self.traffic().in_flight()).unwrap_or(i64::MAX);
        let routes = sum_of(&lock(&self.0).clone());
        let help = "Requests that are being answered, this one included.";
        let gauge = encoder.encode_descriptor("http_requests_in_flight", help, None, MetricType::Gauge)?;
        ConstGauge::new(in_flight).encode(gauge)?;
        let help = "Requests answered, by method, route pattern and status.";
        let mut counter = encoder.encode_descriptor("http_requests", help, None, MetricType::Counter)?;
        for (pattern, route) in &routes {
            for (MethodAndStatus { method, status }, count) in &route.answers {
                let status = status.to_string();
                let labels =
                    [("method", method.unwrap_or("other")), ("route", pattern.as_str()), ("status", status.as_str())];
                ConstCounter::new(*count).encode(counter.encode_family(&labels)?)?;
            }
        }
        let help = "Time from the request's head to the response's head, by route pattern.";
        let mut histogram =
            encoder.encode_descriptor("http_request_duration_seconds", help, None, MetricType::Histogram)?;
        for (pattern, route) in &routes {
            route.latency.encode(histogram.encode_family(&[("route", pattern.as_str())])?)?;
        }
        Ok(())
    }
}

/// Each worker's counts are locked only while they are read.
fn sum_of(workers: &[Arc<WorkerRequests>]) -> BTreeMap<String, Route> {
    let mut sum = BTreeMap::<String, Route>::new();
    for worker in workers {
        for (pattern, route) in &*lock(&worker.routes) {
            sum.entry(pattern.clone()).or_default().add(route);
        }
    }
    for route in sum.values_mut() {
        route.answers.sort_unstable_by_key(|(answer, _)| (answer.method.is_none(), *answer));
    }
    sum
}
