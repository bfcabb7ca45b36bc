//! Profiles: each is one kind of token, with its claims, key, lifetime and rules.
//!
//! A token of one profile is never accepted as another's (RFC 8725 §3.12).

pub mod bearer;
pub mod demo;
pub mod flawed;
pub mod lab;
pub mod rest_api;
pub mod sample;
pub mod telesign;
pub mod twilio;
pub mod zoom;

use std::str::FromStr;

use thiserror::Error;

use crate::clock::seconds_in;

/// Which profile, by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    #[default]
    Demo,
    Twilio,
    Zoom,
    Bearer,
    RestApi,
    Telesign,
    Lab,
}

/// The text is not the name of a [`Profile`].
#[derive(Debug, PartialEq, Eq, Error)]
#[error("one of demo, twilio, zoom, bearer, rest-api, telesign, lab")]
pub struct UnknownProfile;

impl Profile {
    pub const ALL: [Self; 7] =
        [Self::Demo, Self::Twilio, Self::Zoom, Self::Bearer, Self::RestApi, Self::Telesign, Self::Lab];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Demo => "demo",
            Self::Twilio => "twilio",
            Self::Zoom => "zoom",
            Self::Bearer => "bearer",
            Self::RestApi => "rest-api",
            Self::Telesign => "telesign",
            Self::Lab => "lab",
        }
    }
}

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(name: &str) -> Result<Self, UnknownProfile> {
        Self::ALL.into_iter().find(|profile| profile.as_str() == name).ok_or(UnknownProfile)
    }
}

/// How long a token lives, in whole seconds: 1 to 86,400.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime(i64);

/// The text is not a valid [`Lifetime`].
#[derive(Debug, PartialEq, Eq, Error)]
#[error("whole seconds from 1 to 86400 are accepted")]
pub struct BadLifetime;

impl Lifetime {
    pub const MINUTE: Self = Self(60);
    pub const TEN_MINUTES: Self = Self(600);
    pub const HOUR: Self = Self(3600);

    /// What [`of_duration`](Self::of_duration) takes.
    pub const ACCEPTED: &str = "whole seconds from 1 to 86400, or a duration such as 90s, 5m, 1h or 1d";

    /// From a number of seconds.
    pub fn of(seconds: i64) -> Result<Self, BadLifetime> {
        if (1..=86_400).contains(&seconds) { Ok(Self(seconds)) } else { Err(BadLifetime) }
    }

    /// From a setting or a flag, which may have a unit.
    pub fn of_duration(text: &str) -> Option<Self> {
        seconds_in(text, 1..=86_400).map(Self)
    }

    pub const fn seconds(self) -> i64 {
        self.0
    }
}

impl Default for Lifetime {
    /// The demo's and the API-key tokens'.
    fn default() -> Self {
        Self::MINUTE
    }
}

impl FromStr for Lifetime {
    type Err = BadLifetime;

    fn from_str(text: &str) -> Result<Self, BadLifetime> {
        let digits_only = text.bytes().all(|byte| byte.is_ascii_digit());
        let seconds = text.parse().ok().filter(|_| digits_only);
        seconds.map_or(Err(BadLifetime), Self::of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_1_to_86400_whole_seconds() {
        assert_eq!("86400".parse(), Ok(Lifetime(86_400)));
        for bad in ["0", "86401", "-1", "+5", "1.5", "", " 5", "99999999999999999999"] {
            assert_eq!(bad.parse::<Lifetime>(), Err(BadLifetime), "{bad}");
        }
    }
}
