//! What it costs to sign and to verify under HS256 and RS256, measured on this machine.

use std::time::{Duration, Instant};

use crate::keys::{LabKeys, ProfileKeys};

/// No kind of operation is measured longer.
const LONGEST: Duration = Duration::from_millis(50);

/// What is signed where time is measured: as long as the demo's own token without its signature.
const MESSAGE: &[u8] = &[b'e'; 110];

pub struct Costs {
    pub hs256: Cost,
    pub rs256: Cost,
}

/// What one operation took, on average.
pub struct Cost {
    pub sign: Mean,
    pub verify: Mean,
}

pub struct Mean {
    pub microseconds: f64,
    pub runs: u32,
}

impl Costs {
    /// Measures with the lab's keys. This takes a while.
    pub fn of(keys: &LabKeys) -> Self {
        Self { hs256: Cost::of(keys.hs256(), 200), rs256: Cost::of(keys.rs256(), 20) }
    }
}

impl Cost {
    fn of(keys: &ProfileKeys, most: u32) -> Self {
        let signature = keys.signer().sign(MESSAGE).unwrap_or_default();
        let verifies = || keys.verifiers().iter().any(|key| key.verifies(MESSAGE, &signature));
        Self { sign: Mean::of(most, || keys.signer().sign(MESSAGE)), verify: Mean::of(most, verifies) }
    }
}

impl Mean {
    /// Runs the operation so many times, or as often as the time lasts, and once at least.
    fn of<T>(most: u32, operation: impl Fn() -> T) -> Self {
        let begin = Instant::now();
        let mut runs = 0;
        while runs < most && (runs == 0 || begin.elapsed() < LONGEST) {
            std::hint::black_box(operation());
            runs += 1;
        }
        Self { microseconds: begin.elapsed().as_secs_f64() * 1e6 / f64::from(runs.max(1)), runs }
    }

    /// How many times longer this took than the other.
    pub fn over(&self, other: &Self) -> String {
        let ratio = self.microseconds / other.microseconds.max(0.001);
        if ratio >= 10.0 { format!("{ratio:.0} times") } else { format!("{ratio:.1} times") }
    }
}
