//! A rate as it is written in settings: `10/m`, `1/s` or `off`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

/// How many requests are admitted in one window, or no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate(Option<Quota>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quota {
    /// At least 1.
    pub most: u32,
    /// A second, a minute or an hour.
    pub window: Duration,
}

/// The text is not a valid [`Rate`].
#[derive(Debug, PartialEq, Eq, Error)]
#[error("a rate is N/s, N/m or off, with N from 1 to 1000000")]
pub struct BadRate;

impl Rate {
    /// No limit.
    pub const OFF: Self = Self(None);

    /// This many requests a minute; 0 counts as 1.
    pub const fn per_minute(most: u32) -> Self {
        let most = if most == 0 { 1 } else { most };
        Self(Some(Quota { most, window: Duration::from_mins(1) }))
    }

    /// This many requests an hour; 0 counts as 1. No setting has such a rate.
    pub const fn per_hour(most: u32) -> Self {
        let most = if most == 0 { 1 } else { most };
        Self(Some(Quota { most, window: Duration::from_hours(1) }))
    }

    pub(super) const fn quota(self) -> Option<Quota> {
        self.0
    }
}

impl FromStr for Rate {
    type Err = BadRate;

    fn from_str(text: &str) -> Result<Self, BadRate> {
        if text == "off" {
            return Ok(Self::OFF);
        }
        let (most, unit) = text.split_once('/').ok_or(BadRate)?;
        let window = Duration::from_secs(match unit {
            "s" => 1,
            "m" => 60,
            _ => return Err(BadRate),
        });
        let most = most.parse().ok().filter(|most| (1..=1_000_000).contains(most) && !text.starts_with('+'));
        Ok(Self(Some(Quota { most: most.ok_or(BadRate)?, window })))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("off"),
            Some(Quota { most, window }) => write!(f, "{most}/{}", unit(window)),
        }
    }
}

const fn unit(window: Duration) -> char {
    match window.as_secs() {
        1 => 's',
        60 => 'm',
        _ => 'h',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_number_a_second_or_a_minute_or_off() {
        for text in ["1/s", "10/m", "1000000/s", "off"] {
            assert_eq!(text.parse::<Rate>().unwrap().to_string(), text);
        }
        assert_eq!("7/m".parse(), Ok(Rate(Some(Quota { most: 7, window: Duration::from_mins(1) }))));
        for text in ["", "0/s", "1000001/m", "1", "1/h", "/s", "+1/s", "-1/s", "1 /s", "1.5/s", "1/s/s", "Off", "٣/s"]
        {
            assert_eq!(text.parse::<Rate>(), Err(BadRate), "{text}");
        }
    }
}
