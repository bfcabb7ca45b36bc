//! The browser demo's tokens: `{"sub":"bob","iat":…,"exp":…}` under HS256 or RS256, for sixty seconds.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Lifetime;
use crate::keys::{self, KeyRing, KeySet, SigningError};
use crate::token::{self, Audience, Candidates, Claim, Claims, Expected, Header, Kind, Rules, Token, Typ, Verdict};

/// The claims that a token of this profile must have.
pub const REQUIRED: &[Claim] = &[
    Claim { name: "sub", kind: Kind::Text },
    Claim { name: "iat", kind: Kind::Date },
    Claim { name: "exp", kind: Kind::Date },
];

static RULES: Rules =
    Rules { profile: "demo", typ: Typ::Jwt, required: REQUIRED, issuer: None, audience: Audience::Nobody };

/// The two algorithms that a visitor chooses between.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DemoAlgorithm {
    #[default]
    #[serde(rename = "HS256")]
    Hs256,
    #[serde(rename = "RS256")]
    Rs256,
}

impl DemoAlgorithm {
    pub const fn as_str(self) -> &'static str {
        self.jwa().as_str()
    }

    /// The JOSE algorithm (RFC 7518 §3.1).
    pub const fn jwa(self) -> keys::Algorithm {
        match self {
            Self::Hs256 => keys::Algorithm::Hs256,
            Self::Rs256 => keys::Algorithm::Rs256,
        }
    }

    /// The demo's choice for a JOSE algorithm, if it has one.
    pub const fn of(algorithm: keys::Algorithm) -> Option<Self> {
        match algorithm {
            keys::Algorithm::Hs256 => Some(Self::Hs256),
            keys::Algorithm::Rs256 => Some(Self::Rs256),
            _ => None,
        }
    }

    /// The demo's keys of this algorithm.
    pub const fn keys(self, ring: &KeyRing) -> &KeySet {
        match self {
            Self::Hs256 => ring.hs256(),
            Self::Rs256 => ring.rs256(),
        }
    }
}

impl fmt::Display for DemoAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for DemoAlgorithm {
    type Err = NotOffered;

    fn from_str(name: &str) -> Result<Self, NotOffered> {
        match name {
            "HS256" => Ok(Self::Hs256),
            "RS256" => Ok(Self::Rs256),
            _ => Err(NotOffered),
        }
    }
}

/// The text is neither `HS256` nor `RS256`.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("HS256 or RS256 is accepted")]
pub struct NotOffered;

/// Who a token is about: 1 to 64 characters that are allowed in a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject(String);

/// Why a text is not a valid [`Subject`].
#[derive(Debug, PartialEq, Eq, Error)]
pub enum BadSubject {
    #[error("it has {0} characters, and 1 to 64 are accepted")]
    Length(usize),
    #[error("it has a control character, which no name has")]
    Control,
    #[error("a browser takes `.` and `..` for folders, so they cannot stand in the address of a result")]
    Dots,
}

impl Subject {
    pub fn parse(text: &str) -> Result<Self, BadSubject> {
        let length = text.chars().count();
        match text {
            _ if !(1..=64).contains(&length) => Err(BadSubject::Length(length)),
            _ if text.chars().any(char::is_control) => Err(BadSubject::Control),
            "." | ".." => Err(BadSubject::Dots),
            _ => Ok(Self(text.to_owned())),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Subject {
    /// The tutorial's example.
    fn default() -> Self {
        Self("bob".to_owned())
    }
}

/// The claims of a new token, in the tutorial's order; times in whole seconds.
pub fn claims(subject: &Subject, lifetime: Lifetime, now: DateTime<Utc>) -> Claims {
    let iat = now.timestamp();
    Claims::new().with("sub", subject.as_str()).with("iat", iat).with("exp", iat + lifetime.seconds())
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

/// Signs a new token for `subject`.
pub fn issue(
    ring: &KeyRing,
    algorithm: DemoAlgorithm,
    subject: &Subject,
    lifetime: Lifetime,
    now: DateTime<Utc>,
) -> Result<Token, IssueError> {
    let signer = algorithm.keys(ring).signer(now).ok_or(IssueError::NoSigner(algorithm))?;
    Ok(token::issue(&claims(subject, lifetime, now), &Header::of_type("JWT"), signer)?)
}

/// Whether there is a key that signs with `algorithm`.
pub fn can_issue(ring: &KeyRing, algorithm: DemoAlgorithm, now: DateTime<Utc>) -> bool {
    algorithm.keys(ring).signer(now).is_some()
}

/// Verifies a token of this profile, which must be signed with `algorithm`.
pub fn verify(ring: &KeyRing, algorithm: DemoAlgorithm, token: &str, now: DateTime<Utc>) -> Verdict {
    let keys = Candidates::Ring(algorithm.keys(ring).verifiers());
    token::verify(token, Expected { algorithm: algorithm.jwa(), keys, rules: Some(&RULES) }, now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_has_1_to_64_characters_and_none_of_them_controls() {
        assert_eq!(Subject::parse(""), Err(BadSubject::Length(0)));
        assert_eq!(Subject::parse(&"é".repeat(65)), Err(BadSubject::Length(65)));
        assert!(Subject::parse(&"é".repeat(64)).is_ok());
        assert_eq!(Subject::parse("a\nb"), Err(BadSubject::Control));
        assert_eq!(Subject::parse(".."), Err(BadSubject::Dots));
        assert_eq!(Subject::parse("a/b").unwrap().as_str(), "a/b");
    }

    #[test]
    fn the_claims_stand_in_the_tutorial_s_order() {
        let now = DateTime::from_timestamp(1_700_000_000, 999_999_999).unwrap();
        let claims = claims(&Subject::default(), Lifetime::default(), now);
        let text = serde_json::to_string(&claims).unwrap();
        assert_eq!(text, r#"{"sub":"bob","iat":1700000000,"exp":1700000060}"#);
    }
}
