//! Counters for tokens by profile, and for decisions of rate limits. All label values are known in advance.

use std::array;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;

use crate::code::Code;
use crate::limits::Decision;
use crate::profiles::Profile;
use crate::profiles::demo::DemoAlgorithm;
use crate::redis::RedisFailure;

const PROFILES: usize = Profile::ALL.len();
const ALGORITHMS: [DemoAlgorithm; 2] = [DemoAlgorithm::Hs256, DemoAlgorithm::Rs256];

/// Tokens issued, and the verdicts on tokens that were presented.
#[derive(Debug)]
pub(super) struct Tokens {
    issued: Table<PROFILES, { ALGORITHMS.len() }>,
    judged: Table<PROFILES, { Code::ALL.len() }>,
}

impl Default for Tokens {
    fn default() -> Self {
        Self { issued: Table::new(), judged: Table::new() }
    }
}

impl Tokens {
    pub fn issued(&self, profile: Profile, algorithm: DemoAlgorithm) {
        self.issued.count(profile as usize, algorithm as usize);
    }

    pub fn count_verdict(&self, profile: Profile, code: Code) {
        self.judged.count(profile as usize, code as usize);
    }
}

impl Collector for Tokens {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Tokens that a profile's own route handed out.";
        let mut issued = encoder.encode_descriptor("tokens_issued", help, None, MetricType::Counter)?;
        for (profile, algorithm, count) in self.issued.cells(Profile::ALL, ALGORITHMS) {
            put(&mut issued, &[("profile", profile.as_str()), ("algorithm", algorithm.as_str())], count)?;
        }
        let help = "Tokens that were presented and accepted.";
        let mut accepted = encoder.encode_descriptor("tokens_accepted", help, None, MetricType::Counter)?;
        for (profile, code, count) in self.judged.cells(Profile::ALL, codes()) {
            if code == Code::Accepted {
                put(&mut accepted, &[("profile", profile.as_str())], count)?;
            }
        }
        let help = "Tokens that were presented and refused, by the code of the refusal.";
        let mut refused = encoder.encode_descriptor("tokens_refused", help, None, MetricType::Counter)?;
        for (profile, code, count) in self.judged.cells(Profile::ALL, codes()) {
            if code != Code::Accepted {
                put(&mut refused, &[("profile", profile.as_str()), ("code", code.as_str())], count)?;
            }
        }
        Ok(())
    }
}

fn codes() -> [Code; Code::ALL.len()] {
    array::from_fn(|place| Code::ALL[place])
}

/// A rate limit.
#[derive(Clone, Copy)]
pub(in crate::web) enum Limit {
    /// `--phone-rate`.
    Phone,
    /// `--login-rate`.
    Login,
}

/// The decision of a rate limit. Without a limit, every request is admitted.
#[derive(Clone, Copy)]
pub(in crate::web) enum RateDecision {
    Admitted,
    Refused,
    /// The rate store did not answer.
    Away,
}

impl From<Result<&Decision, &RedisFailure>> for RateDecision {
    fn from(decision: Result<&Decision, &RedisFailure>) -> Self {
        match decision {
            Ok(Decision::Admitted) => Self::Admitted,
            Ok(Decision::Refused { .. }) => Self::Refused,
            Err(_) => Self::Away,
        }
    }
}

const LIMITS: [&str; 2] = ["phone", "login"];
const RATE_DECISIONS: [&str; 3] = ["admitted", "refused", "away"];

/// The decisions of all limits.
#[derive(Debug)]
pub(super) struct RateDecisions(Table<{ LIMITS.len() }, { RATE_DECISIONS.len() }>);

impl Default for RateDecisions {
    fn default() -> Self {
        Self(Table::new())
    }
}

impl RateDecisions {
    pub fn count(&self, limit: Limit, decision: RateDecision) {
        self.0.count(limit as usize, decision as usize);
    }
}

impl Collector for RateDecisions {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let help = "What rate limits said, by limit.";
        let mut decisions = encoder.encode_descriptor("rate_decisions", help, None, MetricType::Counter)?;
        for (limit, decision, count) in self.0.cells(LIMITS, RATE_DECISIONS) {
            put(&mut decisions, &[("limit", limit), ("decision", decision)], count)?;
        }
        Ok(())
    }
}

fn put<const LABELS: usize>(
    counter: &mut MetricEncoder<'_>,
    labels: &[(&'static str, &'static str); LABELS],
    count: u64,
) -> fmt::Result {
    ConstCounter::new(count).encode(counter.encode_family(labels)?)
}

/// A counter for each pair of two closed sets.
#[derive(Debug)]
struct Table<const ROWS: usize, const COLUMNS: usize>([[AtomicU64; COLUMNS]; ROWS]);

impl<const ROWS: usize, const COLUMNS: usize> Table<ROWS, COLUMNS> {
    fn new() -> Self {
        Self(array::from_fn(|_| array::from_fn(|_| AtomicU64::new(0))))
    }

    fn count(&self, row: usize, column: usize) {
        self.0[row][column].fetch_add(1, Ordering::Relaxed);
    }

    /// The cells in which something was counted, under these names of rows and columns.
    fn cells<R: Copy, C: Copy>(&self, rows: [R; ROWS], columns: [C; COLUMNS]) -> impl Iterator<Item = (R, C, u64)> {
        let cell =
            move |row: usize, column: usize| (rows[row], columns[column], self.0[row][column].load(Ordering::Relaxed));
        let all = (0..ROWS).flat_map(move |row| (0..COLUMNS).map(move |column| (row, column)));
        all.map(move |(row, column)| cell(row, column)).filter(|(_, _, count)| *count > 0)
    }
}
