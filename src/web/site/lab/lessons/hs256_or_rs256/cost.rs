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

    /// The microseconds in three significant digits, so that a reader can divide them.
    pub fn shown(&self) -> f64 {
        rounded(self.microseconds, 3)
    }

    /// How many times longer this took than the other, in two significant digits of what is shown.
    pub fn over(&self, other: &Self) -> String {
        format!("about {} times", rounded(self.shown() / other.shown().max(0.001), 2))
    }
}

/// The number in this many significant digits.
fn rounded(number: f64, digits: usize) -> f64 {
    format!("{number:.*e}", digits.saturating_sub(1)).parse().unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_that_of_the_times_that_are_shown() {
        let mean = |microseconds| Mean { microseconds, runs: 1 };
        assert_eq!((mean(0.361_8).shown(), mean(1106.7).shown()), (0.362, 1110.0));
        assert_eq!(mean(1106.7).over(&mean(0.361_8)), "about 3100 times");
        assert_eq!(mean(21.04).over(&mean(15.0)), "about 1.4 times");
        assert_eq!(mean(0.0).over(&mean(0.0)), "about 0 times");
    }
}
