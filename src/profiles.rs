//! Profiles: each is one kind of token, with its claims, key, lifetime and rules.
//!
//! A token of one profile is never accepted as another's (RFC 8725 §3.12). A profile is a file here, which ends in its
//! row of [`PROFILES`]. Whatever lists profiles or takes one by name reads these rows.

pub mod bearer;
pub mod demo;
pub mod flawed;
pub mod id_token;
pub mod lab;
pub mod rest_api;
pub mod telesign;
pub mod twilio;
pub mod zoom;

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use thiserror::Error;

use crate::clock::seconds_in;
use crate::keys::{Algorithm, KeyRing, Signer, SigningError};
use crate::token::{AudienceRule, Claim, Header, Judged, Rules, Token, Typ};
use demo::DemoAlgorithm;

/// Every profile, in the order of lists.
pub const PROFILES: [&Profile; 7] = [
    &demo::PROFILE,
    &twilio::PROFILE,
    &zoom::PROFILE,
    &bearer::PROFILE,
    &rest_api::PROFILE,
    &telesign::PROFILE,
    &lab::PROFILE,
];

/// The names of [`PROFILES`], in the same order.
pub const NAMES: [&str; PROFILES.len()] = {
    let mut names = [""; PROFILES.len()];
    let mut place = 0;
    while place < names.len() {
        names[place] = PROFILES[place].name;
        place += 1;
    }
    names
};

/// The path of the endpoint that issues access tokens. A token that is presented there may name it as its audience.
pub const TOKEN_ENDPOINT: &str = "/oauth/token";

/// One kind of token.
pub struct Profile {
    /// What requests, metrics and messages call it.
    pub name: &'static str,
    /// What its tokens are, for a list of choices.
    pub title: &'static str,
    /// What its tokens are signed with; `None` where a visitor chooses one of [`DemoAlgorithm::OFFERED`].
    pub only_algorithm: fn(&KeyRing) -> Option<Algorithm>,
    /// The header members of its tokens, other than those for the key.
    pub header: Header<'static>,
    /// The claims that each of its tokens must have.
    pub claims: &'static [Claim],
    /// The key that signs its tokens. A folder that only verifies has none.
    signer: for<'a> fn(&Issuer<'a>) -> Option<&'a Signer>,
    /// A valid token as its endpoint issues it; the bytes are random.
    sample: fn(&Issuer<'_>, [u8; 16]) -> Result<Token, IssueError>,
    /// The verdict on a token by all of its rules.
    verify: fn(&Issuer<'_>, &str) -> Judged,
}

/// A server that issues and verifies tokens, at one moment.
#[derive(Clone, Copy)]
pub struct Issuer<'a> {
    pub ring: &'a KeyRing,
    /// What the visitor chose. It counts for profiles that let a visitor choose.
    pub algorithm: DemoAlgorithm,
    /// The public URL. Bearer tokens and assertions name it.
    pub url: &'a str,
    pub now: DateTime<Utc>,
}

/// Why no token was issued.
#[derive(Debug, Error)]
pub enum IssueError {
    /// The folder has only a public key for this algorithm: it verifies and cannot sign.
    #[error("the keys folder has no private key for {0}")]
    NoSigner(DemoAlgorithm),
    #[error(transparent)]
    Signing(#[from] SigningError),
}

/// The text is not the name of a profile.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("one of {}", NAMES.join(", "))]
pub struct UnknownProfile;

impl Profile {
    /// The key that signs its tokens.
    pub fn signer<'a>(&self, issuer: &Issuer<'a>) -> Result<&'a Signer, IssueError> {
        (self.signer)(issuer).ok_or(IssueError::NoSigner(issuer.algorithm))
    }

    /// A valid token, as its endpoint issues it.
    pub fn sample(&self, issuer: &Issuer<'_>, random: [u8; 16]) -> Result<Token, IssueError> {
        (self.sample)(issuer, random)
    }

    /// Its place in [`PROFILES`], or their number if it is not listed.
    pub fn position(&self) -> usize {
        PROFILES.into_iter().position(|listed| listed == self).unwrap_or(PROFILES.len())
    }

    /// Verifies a token of this profile.
    pub fn verify(&self, issuer: &Issuer<'_>, token: &str) -> Judged {
        (self.verify)(issuer, token)
    }

    /// What a verifier requires of its tokens, with this issuer and this audience.
    fn rules(&self, issuer: Option<String>, audience: AudienceRule) -> Rules {
        Rules { profile: self.name, typ: Typ::of(self.header.typ), required: self.claims, issuer, audience }
    }
}

impl PartialEq for Profile {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Profile {}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Profile({})", self.name)
    }
}

impl FromStr for &'static Profile {
    type Err = UnknownProfile;

    fn from_str(name: &str) -> Result<Self, UnknownProfile> {
        PROFILES.into_iter().find(|profile| profile.name == name).ok_or(UnknownProfile)
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
    fn a_profile_is_found_by_its_own_name() {
        for profile in PROFILES {
            assert_eq!(profile.name.parse(), Ok(profile));
        }
        assert_eq!("Demo".parse::<&Profile>(), Err(UnknownProfile));
        assert_eq!(UnknownProfile.to_string(), "one of demo, twilio, zoom, bearer, rest-api, telesign, lab");
    }

    #[test]
    fn a_lifetime_is_1_to_86400_whole_seconds() {
        assert_eq!("86400".parse(), Ok(Lifetime(86_400)));
        for bad in ["0", "86401", "-1", "+5", "1.5", "", " 5", "99999999999999999999"] {
            assert_eq!(bad.parse::<Lifetime>(), Err(BadLifetime), "{bad}");
        }
    }
}
