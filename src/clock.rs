//! Time as an argument: the program asks a [`Clock`], and never the system behind its back.
//!
//! Issuing and verifying share one clock, so a test can go past a token's end without waiting.

mod duration;

pub use duration::seconds_in;

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

pub trait Clock: Send + Sync {
    fn now(&self) -> DateTime<Utc>;

    /// This clock as one that can be set, if tests may set it.
    fn settable(&self) -> Option<&Settable> {
        None
    }
}

/// The system clock.
pub struct System;

impl Clock for System {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// The latest time in seconds since 1970. Larger dates in tokens are taken for milliseconds, so no clock may reach it.
const LATEST: i64 = 100_000_000_000;

/// A clock that follows the system clock until it is set. After that it stands still until it is moved.
pub struct Settable {
    start: Option<DateTime<Utc>>,
    stands_at: Mutex<Option<DateTime<Utc>>>,
}

impl Settable {
    /// A clock that stands still at `now`.
    pub const fn at(now: DateTime<Utc>) -> Self {
        Self { start: Some(now), stands_at: Mutex::new(Some(now)) }
    }

    /// A clock that follows the system clock.
    pub const fn running() -> Self {
        Self { start: None, stands_at: Mutex::new(None) }
    }

    pub fn set(&self, now: DateTime<Utc>) {
        *self.setting() = Some(now);
    }

    /// Moves the clock forwards or backwards, and returns the new time. Returns `None` and changes nothing if no token
    /// could have that date.
    pub fn advance(&self, by: TimeDelta) -> Option<DateTime<Utc>> {
        let mut setting = self.setting();
        let moved = setting.unwrap_or_else(|| System.now()).checked_add_signed(by)?;
        if !(0..LATEST).contains(&moved.timestamp()) {
            return None;
        }
        *setting = Some(moved);
        Some(moved)
    }

    /// Follows the system clock again.
    pub fn run(&self) {
        *self.setting() = None;
    }

    /// Goes back to the time it was created with.
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
