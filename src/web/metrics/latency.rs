//! How long things took, in buckets from 50 µs to 5 s.

use std::fmt;
use std::time::Duration;

use prometheus_client::encoding::{MetricEncoder, NoLabelSet};

/// The upper bounds, in seconds; longer times go into one more bucket.
const BOUNDS: [f64; 16] =
    [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// A histogram without a lock: whoever keeps it has one.
#[derive(Clone, Debug, Default)]
pub(super) struct Latency {
    buckets: [u64; BOUNDS.len() + 1],
    seconds: f64,
}

impl Latency {
    pub fn observe(&mut self, took: Duration) {
        let seconds = took.as_secs_f64();
        self.buckets[BOUNDS.partition_point(|bound| *bound < seconds)] += 1;
        self.seconds += seconds;
    }

    pub fn add(&mut self, other: &Self) {
        for (own, other) in self.buckets.iter_mut().zip(other.buckets) {
            *own += other;
        }
        self.seconds += other.seconds;
    }

    /// The encoder takes the greatest number for infinity.
    pub fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let bounds = BOUNDS.into_iter().chain([f64::MAX]);
        let buckets: Vec<(f64, u64)> = bounds.zip(self.buckets).collect();
        encoder.encode_histogram::<NoLabelSet>(self.seconds, self.buckets.iter().sum(), &buckets, None)
    }
}
