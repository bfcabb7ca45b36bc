//! Time as an argument: the program asks a [`Clock`] and never reads the system clock directly.
//!
//! Issuing and verifying share one clock, so a test can go past a token's end without waiting.

mod duration;

pub use duration::seconds_in;

use std::sync::{Mutex, MutexGuard};

use chrono::{DateTime, TimeDelta, Utc};

use crate::sync::lock;

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

/// A clock that follows the system clock until it is set. After that it is stopped, or runs on from there.
pub struct Settable {
    start: Setting,
    setting: Mutex<Setting>,
}

/// How a [`Settable`] clock gets its time.
#[derive(Clone, Copy)]
enum Setting {
    System,
    StoppedAt(DateTime<Utc>),
    /// So much ahead of the system clock, or behind it.
    RunsAhead(TimeDelta),
}

impl Setting {
    fn now(self) -> DateTime<Utc> {
        match self {
            Self::System => System.now(),
            Self::StoppedAt(now) => now,
            Self::RunsAhead(by) => {
                let last = DateTime::from_timestamp(LATEST - 1, 0).unwrap_or_default();
                System.now().checked_add_signed(by).map_or(last, |now| now.min(last))
            }
        }
    }

    /// Running on from `now`.
    fn running_from(now: DateTime<Utc>) -> Self {
        Self::RunsAhead(now - System.now())
    }
}

impl Settable {
    /// A clock that is stopped at `now`.
    pub const fn at(now: DateTime<Utc>) -> Self {
        Self { start: Setting::StoppedAt(now), setting: Mutex::new(Setting::StoppedAt(now)) }
    }

    /// A clock that follows the system clock.
    pub const fn running() -> Self {
        Self { start: Setting::System, setting: Mutex::new(Setting::System) }
    }

    /// Stands still at `now`.
    pub fn set(&self, now: DateTime<Utc>) {
        *self.setting() = Setting::StoppedAt(now);
    }

    /// Moves the clock forwards or backwards, stops it there, and returns the new time. Returns `None` and changes
    /// nothing if no token could have that date.
    pub fn advance(&self, by: TimeDelta) -> Option<DateTime<Utc>> {
        let mut setting = self.setting();
        let moved = setting.now().checked_add_signed(by)?;
        if !(0..LATEST).contains(&moved.timestamp()) {
            return None;
        }
        *setting = Setting::StoppedAt(moved);
        Some(moved)
    }

    /// Makes the clock run on from the time that it shows.
    pub fn run(&self) {
        let mut setting = self.setting();
        *setting = Setting::running_from(setting.now());
    }

    /// Stands still at the time that it shows.
    pub fn stop(&self) {
        let mut setting = self.setting();
        *setting = Setting::StoppedAt(setting.now());
    }

    /// Follows the system clock again.
    pub fn follow_system(&self) {
        *self.setting() = Setting::System;
    }

    /// Goes back to the time it was created with.
    pub fn reset(&self) {
        *self.setting() = self.start;
    }

    fn setting(&self) -> MutexGuard<'_, Setting> {
        lock(&self.setting)
    }
}

impl Clock for Settable {
    fn now(&self) -> DateTime<Utc> {
        self.setting().now()
    }

    fn settable(&self) -> Option<&Settable> {
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn a_clock_that_runs_on_starts_from_where_it_stood_and_one_that_is_stopped_stands_there() {
        let clock = Settable::at(moment(1_800_000_000));
        clock.run();
        let first = clock.now();
        assert!((moment(1_800_000_000)..moment(1_800_000_060)).contains(&first), "{first}");
        clock.stop();
        let stopped = clock.now();
        assert!(stopped >= first && clock.now() == stopped);
    }

    #[test]
    fn a_running_clock_never_reaches_a_date_that_is_taken_for_milliseconds() {
        let clock = Settable::at(moment(LATEST - 1));
        clock.run();
        std::thread::sleep(std::time::Duration::from_millis(2));
        assert_eq!(clock.now(), moment(LATEST - 1));
    }
}
