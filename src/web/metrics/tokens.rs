//! Counters for tokens by profile, and for decisions of rate limits. All label values are known in advance.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;

use super::label::{Counters, Label as _, label};
use crate::code::Code;
use crate::keys::Algorithm;
use crate::limits::Decision;
use crate::profiles::Profile;
use crate::redis::RedisFailure;

/// Tokens issued, and the verdicts on tokens that were presented.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    issued: Counters<&'static Profile, Algorithm>,
    judged: Counters<&'static Profile, Code>,
}

impl Tokens {
    pub fn issued(&self, profile: &'static Profile, algorithm: Algorithm) {
        self.issued.count(profile, algorithm);
    }

    pub fn count_verdict(&self, profile: &'static Profile, code: Code) {
        self.judged.count(profile, code);
    }
}

impl Collector for Tokens {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Tokens that a profile's own route handed out.";
        let mut issued = encoder.encode_descriptor("tokens_issued", help, None, MetricType::Counter)?;
        for (profile, algorithm, count) in self.issued.counted() {
            put(&mut issued, &[("profile", profile.name), ("algorithm", algorithm.as_str())], count)?;
        }
        let help = "Tokens that were presented and accepted.";
        let mut accepted = encoder.encode_descriptor("tokens_accepted", help, None, MetricType::Counter)?;
        for (profile, code, count) in self.judged.counted() {
            if code == Code::Accepted {
                put(&mut accepted, &[("profile", profile.name)], count)?;
            }
        }
        let help = "Tokens that were presented and refused, by the code of the refusal.";
        let mut refused = encoder.encode_descriptor("tokens_refused", help, None, MetricType::Counter)?;
        for (profile, code, count) in self.judged.counted() {
            if code != Code::Accepted {
                put(&mut refused, &[("profile", profile.name), ("code", code.as_str())], count)?;
            }
        }
        Ok(())
    }
}

label! {
    /// A rate limit.
    pub(in crate::web) enum Limit {
        /// `--phone-rate`.
        Phone "phone",
        /// `--login-rate`.
        Login "login",
        /// Authorization codes of one client.
        Code "code",
        /// Wrong codes of a class.
        ClassCode "class_code",
        /// Pupils who join a class.
        ClassJoin "class_join",
    }
}

label! {
    /// The decision of a rate limit. Without a limit, every request is admitted.
    pub(in crate::web) enum RateDecision {
        Admitted "admitted",
        Refused "refused",
        /// The rate store did not answer.
        Unavailable "away",
    }
}

impl From<Result<&Decision, &RedisFailure>> for RateDecision {
    fn from(decision: Result<&Decision, &RedisFailure>) -> Self {
        match decision {
            Ok(Decision::Admitted) => Self::Admitted,
            Ok(Decision::Refused { .. }) => Self::Refused,
            Err(_) => Self::Unavailable,
        }
    }
}

/// The decisions of all limits.
#[derive(Debug, Default)]
pub(super) struct RateDecisions(Counters<Limit, RateDecision>);

impl RateDecisions {
    pub fn count(&self, limit: Limit, decision: RateDecision) {
        self.0.count(limit, decision);
    }
}

impl Collector for RateDecisions {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Decisions of rate limits, by limit.";
        let mut decisions = encoder.encode_descriptor("rate_decisions", help, None, MetricType::Counter)?;
        for (limit, decision, count) in self.0.counted() {
            put(&mut decisions, &[("limit", limit.name()), ("decision", decision.name())], count)?;
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
