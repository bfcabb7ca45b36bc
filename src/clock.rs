//! Time as an argument: the program asks a [`Clock`], and never the system behind its back.
//!
//! Issuing and verifying share one clock, so a test can go past a token's end without waiting.

mod duration;

pub use duration::seconds_in;

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

pub trait Clock: Send + Sync {
    fn now(&self) -> DateTime<Utc>;

    /// The same clock with its hands within reach, where tests may move them.
    fn settable(&self) -> Option<&Settable> {
        None
    }
}

/// The machine's own clock.
pub struct System;

impl Clock for System {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// In seconds since 1970: from here on a token's date is taken for milliseconds, so no clock goes there.
const LATEST: i64 = 100_000_000_000;

/// A clock that follows the machine's own until it is set; from then on it stands still until it is moved.
pub struct Settable {
    start: Option<DateTime<Utc>>,
    stands_at: Mutex<Option<DateTime<Utc>>>,
}

impl Settable {
    /// One that stands still from the start.
    pub const fn at(now: DateTime<Utc>) -> Self {
        Self { start: Some(now), stands_at: Mutex::new(Some(now)) }
    }

    /// One that runs.
    pub const fn running() -> Self {
        Self { start: None, stands_at: Mutex::new(None) }
    }

    pub fn set(&self, now: DateTime<Utc>) {
        *self.setting() = Some(now);
    }

    /// Moves it, if need be back, and says where it stands then; `None` when no token can have such a date, and it stays.
    pub fn advance(&self, by: TimeDelta) -> Option<DateTime<Utc>> {
        let mut setting = self.setting();
        let moved = setting.unwrap_or_else(|| System.now()).checked_add_signed(by)?;
        if !(0..LATEST).contains(&moved.timestamp()) {
            return None;
        }
        *setting = Some(moved);
        Some(moved)
    }

    /// Follows the machine's clock again.
    pub fn run(&self) {
        *self.setting() = None;
    }

    /// As it was made.
    pub fn reset(&self) {
        *self.setting() = self.start;
    }

    fn setting(&self) -> MutexGuard<'_, Option<DateTime<Utc>>> {
        self.stands_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for Settable {
    fn now(&self) -> DateTime<Utc> {
        self.setting().unwrap_or_else(|| System.now())
    }

    fn settable(&self) -> Option<&Settable> {
        Some(self)
    }
}
