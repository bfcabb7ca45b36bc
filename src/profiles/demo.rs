//! The browser demo's tokens: `{"sub":"bob","iat":…,"exp":…}` under HS256 or RS256, for the time of
//! the setting `token-ttl`, by default sixty seconds.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use super::{IssueError, Lifetime, Profile};
use crate::keys::{Algorithm, KeyRing, KeySet, LabKeys, ProfileKeys};
use crate::token::{self, AudienceRule, Candidates, Claim, Claims, Expected, Header, Judged, Kind, Token, Verdict};

/// The claims that a token of this profile must have.
pub const REQUIRED: &[Claim] = &[
    Claim { name: "sub", kind: Kind::Text },
    Claim { name: "iat", kind: Kind::Date },
    Claim { name: "exp", kind: Kind::Date },
];

/// An algorithm that a visitor can choose: one of [`OFFERED`](Self::OFFERED), with its keys.
#[derive(Clone, Copy)]
pub struct DemoAlgorithm(&'static AlgorithmKeys);

/// An algorithm, and where its keys are.
struct AlgorithmKeys {
    algorithm: Algorithm,
    keys: fn(&KeyRing) -> &KeySet,
    lab_keys: fn(&LabKeys) -> &ProfileKeys,
}

impl DemoAlgorithm {
    pub const HS256: Self =
        Self(&AlgorithmKeys { algorithm: Algorithm::Hs256, keys: KeyRing::hs256, lab_keys: LabKeys::hs256 });
    pub const RS256: Self =
        Self(&AlgorithmKeys { algorithm: Algorithm::Rs256, keys: KeyRing::rs256, lab_keys: LabKeys::rs256 });

    /// All of them, in the order of the buttons. The first is the default.
    pub const OFFERED: [Self; 2] = [Self::HS256, Self::RS256];

    /// Their names, in the same order.
    pub const NAMES: [&str; Self::OFFERED.len()] = {
        let mut names = [""; Self::OFFERED.len()];
        let mut place = 0;
        while place < names.len() {
            names[place] = Self::OFFERED[place].as_str();
            place += 1;
        }
        names
    };

    /// How `--help` shows the choice.
    pub const PLACEHOLDER: &str = "HS256|RS256";

    pub const fn as_str(self) -> &'static str {
        self.jwa().as_str()
    }

    /// The JOSE algorithm (RFC 7518 §3.1).
    pub const fn jwa(self) -> Algorithm {
        self.0.algorithm
    }

    /// The demo's choice for a JOSE algorithm, if it is offered.
    pub fn of(algorithm: Algorithm) -> Option<Self> {
        Self::OFFERED.into_iter().find(|offered| offered.jwa() == algorithm)
    }

    /// The offered algorithm of this name in any case, as people type it.
    pub fn named(name: &str) -> Option<Self> {
        Algorithm::named(name).and_then(Self::of)
    }

    /// The offered algorithm whose key also works with this one.
    pub fn sharing_key_with(algorithm: Algorithm) -> Option<Self> {
        Self::OFFERED.into_iter().find(|offered| offered.jwa().key_kind() == algorithm.key_kind())
    }

    /// The names of all, for a sentence: `HS256 or RS256`.
    pub fn choice() -> String {
        Self::NAMES.join(" or ")
    }

    /// The demo's keys of this algorithm.
    pub fn keys(self, ring: &KeyRing) -> &KeySet {
        (self.0.keys)(ring)
    }

    /// The lab's keys of this algorithm.
    pub fn lab_keys(self, ring: &KeyRing) -> &ProfileKeys {
        (self.0.lab_keys)(ring.lab())
    }
}

impl Default for DemoAlgorithm {
    fn default() -> Self {
        Self::OFFERED[0]
    }
}

impl PartialEq for DemoAlgorithm {
    fn eq(&self, other: &Self) -> bool {
        self.jwa() == other.jwa()
    }
}

impl Eq for DemoAlgorithm {}

impl fmt::Debug for DemoAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for DemoAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for DemoAlgorithm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for DemoAlgorithm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl FromStr for DemoAlgorithm {
    type Err = NotOffered;

    fn from_str(name: &str) -> Result<Self, NotOffered> {
        Self::OFFERED.into_iter().find(|offered| offered.as_str() == name).ok_or(NotOffered)
    }
}

/// The text is not the name of an algorithm that is offered.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("{} is accepted", DemoAlgorithm::choice())]
pub struct NotOffered;

/// Who a token is about: 1 to 64 characters without control characters, and not `.` or `..`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject(String);

/// Why a text is not a valid [`Subject`].
#[derive(Debug, PartialEq, Eq, Error)]
pub enum BadSubject {
    #[error("it has {0} characters, and 1 to 64 are accepted")]
    Length(usize),
    #[error("it has a control character; remove it")]
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

/// Signs a new token for `subject`.
pub fn issue(
    ring: &KeyRing,
    algorithm: DemoAlgorithm,
    subject: &Subject,
    lifetime: Lifetime,
    now: DateTime<Utc>,
) -> Result<Token, IssueError> {
    let signer = algorithm.keys(ring).signer(now).ok_or(IssueError::NoSigner(algorithm))?;
    Ok(token::issue(&claims(subject, lifetime, now), &PROFILE.header, signer)?)
}

/// Whether there is a key that signs with `algorithm`.
pub fn can_issue(ring: &KeyRing, algorithm: DemoAlgorithm, now: DateTime<Utc>) -> bool {
    algorithm.keys(ring).signer(now).is_some()
}

/// Verifies a token of this profile, which must be signed with `algorithm`.
pub fn verify(ring: &KeyRing, algorithm: DemoAlgorithm, token: &str, now: DateTime<Utc>) -> Verdict {
    let rules = PROFILE.rules(None, AudienceRule::Nobody);
    let keys = Candidates::Ring(algorithm.keys(ring).verifiers());
    token::verify(token, Expected { algorithm: algorithm.jwa(), keys, rules: Some(&rules) }, now)
}

pub static PROFILE: Profile = Profile {
    name: "demo",
    title: "the token of the home page",
    only_algorithm: |_| None,
    header: Header::of_type("JWT"),
    claims: REQUIRED,
    signer: |issuer| issuer.algorithm.keys(issuer.ring).signer(issuer.now),
    sample: |issuer, _| issue(issuer.ring, issuer.algorithm, &Subject::default(), Lifetime::MINUTE, issuer.now),
    verify: |issuer, token| Judged::Final(verify(issuer.ring, issuer.algorithm, token, issuer.now)),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_offered_is_shown_and_parsed_by_name() {
        assert_eq!(DemoAlgorithm::NAMES.join("|"), DemoAlgorithm::PLACEHOLDER);
        for offered in DemoAlgorithm::OFFERED {
            assert_eq!((offered.as_str().parse(), DemoAlgorithm::of(offered.jwa())), (Ok(offered), Some(offered)));
            assert_eq!(DemoAlgorithm::sharing_key_with(offered.jwa()), Some(offered));
        }
        assert_eq!("HS384".parse::<DemoAlgorithm>(), Err(NotOffered));
        assert_eq!(NotOffered.to_string(), "HS256 or RS256 is accepted");
    }

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
