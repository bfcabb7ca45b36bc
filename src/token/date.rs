//! `NumericDate` (RFC 7519 §2): seconds since 1970-01-01T00:00:00Z, leap seconds ignored, fractions allowed.

use std::fmt;

use chrono::{DateTime, Utc};
use serde_json::Value;

/// A date from a claim. It is finite and not negative.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct NumericDate(f64);

impl NumericDate {
    /// The date in a claim's value, if it is one.
    pub fn from_claim(value: &Value) -> Option<Self> {
        value.as_f64().filter(|seconds| seconds.is_finite() && *seconds >= 0.0).map(Self)
    }

    /// A date with microseconds, which an `f64` can represent well enough for centuries.
    #[expect(clippy::cast_precision_loss, reason = "microseconds since 1970 fit the 53 bits of a double until 2255")]
    pub fn from_moment(moment: DateTime<Utc>) -> Self {
        Self(moment.timestamp_micros() as f64 / 1e6)
    }

    /// Seconds since the epoch.
    pub const fn seconds(self) -> f64 {
        self.0
    }

    /// Whether it is beyond the year 5138: then it is probably in milliseconds.
    pub const fn looks_like_milliseconds(self) -> bool {
        self.0 >= 1e11
    }

    /// The seconds from `other` to `self`; negative if `self` is earlier.
    pub const fn since(self, other: Self) -> f64 {
        self.0 - other.0
    }

    #[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and chrono refuses what is out of range")]
    /// The whole second that it is in; `None` from the year 5138 on.
    pub fn moment(self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(self.0.floor() as i64, 0).filter(|_| self.0 < 1e11)
    }

    /// The date rounded up to a whole second.
    pub fn whole_second_from_then(self) -> Option<DateTime<Utc>> {
        Self(self.0.ceil()).moment()
    }

    /// `21:47:40 UTC` if it is on the day of `now`, otherwise with the date.
    pub fn beside(self, now: Self) -> String {
        match self.moment().zip(now.moment()) {
            Some((moment, now)) if moment.date_naive() == now.date_naive() => moment.format("%H:%M:%S UTC").to_string(),
            _ => self.to_string(),
        }
    }
}

impl fmt::Display for NumericDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.moment() {
            Some(moment) => moment.format("%Y-%m-%d %H:%M:%S UTC").fmt(f),
            None => write!(f, "{:e} s after 1970", self.0),
        }
    }
}

/// A duration in its two largest units: `47 s`, `2 min 5 s`, `3 h 4 min`, `2 d 1 h`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a span in seconds, cut to whole ones")]
pub fn duration_in_words(seconds: f64) -> String {
    let seconds = seconds.abs() as u64;
    let (large, small, names) = match seconds {
        0..60 => return format!("{seconds} s"),
        60..3600 => (seconds / 60, seconds % 60, ("min", "s")),
        3600..86_400 => (seconds / 3600, seconds % 3600 / 60, ("h", "min")),
        _ => (seconds / 86_400, seconds % 86_400 / 3600, ("d", "h")),
    };
    if small == 0 { format!("{large} {}", names.0) } else { format!("{large} {} {small} {}", names.0, names.1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_a_number_that_is_finite_and_not_negative() {
        let date = |text: &str| NumericDate::from_claim(&serde_json::from_str(text).unwrap());
        assert_eq!(date("1700000000").unwrap().to_string(), "2023-11-14 22:13:20 UTC");
        let now = date("1700000000").unwrap();
        assert_eq!(date("1700000000.5").unwrap().beside(now), "22:13:20 UTC");
        assert_eq!(date("1700100000").unwrap().beside(now), "2023-11-16 02:00:00 UTC");
        for bad in ["\"1700000000\"", "-1", "null", "true", "[1]"] {
            assert_eq!(date(bad), None);
        }
        let seconds = |text| date(text).unwrap().whole_second_from_then().unwrap().timestamp();
        assert_eq!((seconds("1700000000"), seconds("1700000000.25")), (1_700_000_000, 1_700_000_001));
        assert!(date("1e300").unwrap().looks_like_milliseconds());
        assert_eq!(date("1e300").unwrap().to_string(), "1e300 s after 1970");
    }

    #[test]
    fn a_span_is_told_in_its_two_largest_units() {
        for (seconds, said) in [
            (0.9, "0 s"),
            (59.0, "59 s"),
            (60.0, "1 min"),
            (125.4, "2 min 5 s"),
            (11_040.0, "3 h 4 min"),
            (176_400.0, "2 d 1 h"),
        ] {
            assert_eq!(duration_in_words(seconds), said);
        }
    }
}
