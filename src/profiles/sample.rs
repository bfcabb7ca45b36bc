//! A valid token of any profile, as its endpoint issues it, for tests.

use chrono::{DateTime, Utc};
use thiserror::Error;

use super::demo::{self, DemoAlgorithm, Subject};
use super::telesign::{self, PhoneNumber, Xid};
use super::{Lifetime, Profile, bearer, lab, rest_api, twilio, zoom};
use crate::keys::{KeyRing, Signer, SigningError};
use crate::token::{Header, Token};

/// The inputs of a sample token.
pub struct Sample<'a> {
    pub ring: &'a KeyRing,
    /// For the demo and the lab, which have two algorithms.
    pub algorithm: DemoAlgorithm,
    /// The public URL, which bearer tokens name.
    pub issuer: &'a str,
    /// The random bytes of the token.
    pub random: [u8; 16],
    pub now: DateTime<Utc>,
}

/// Why no sample could be made.
#[derive(Debug, Error)]
pub enum SampleError {
    #[error("the keys folder has no private key for this algorithm")]
    NoSigner,
    #[error(transparent)]
    Signing(#[from] SigningError),
}

impl From<demo::IssueError> for SampleError {
    fn from(error: demo::IssueError) -> Self {
        match error {
            demo::IssueError::NoSigner(_) => Self::NoSigner,
            demo::IssueError::Signing(error) => Self::Signing(error),
        }
    }
}

impl Profile {
    /// The key that signs its tokens at `now`; `algorithm` is for those that have two.
    pub fn signer(self, algorithm: DemoAlgorithm, ring: &KeyRing, now: DateTime<Utc>) -> Option<&Signer> {
        Some(match self {
            Self::Demo => return algorithm.keys(ring).signer(now),
            Self::Twilio => ring.twilio().signer(),
            Self::Zoom => ring.zoom().signer(),
            Self::Bearer => ring.bearer().signer(),
            Self::RestApi => ring.rest_api().signer(),
            Self::Telesign => ring.telesign().signer(),
            Self::Lab => lab::keys(ring, algorithm).signer(),
        })
    }

    /// The header members of its tokens, other than those for the key.
    pub fn header(self) -> Header<'static> {
        match self {
            Self::Bearer => Header::of_type(bearer::TYP),
            Self::Twilio => Header { cty: Some(twilio::CONTENT_TYPE), ..Header::of_type("JWT") },
            _ => Header::of_type("JWT"),
        }
    }

    /// A valid token of this profile.
    pub fn sample(self, sample: &Sample<'_>) -> Result<Token, SampleError> {
        let Sample { ring, algorithm, issuer, random, now } = *sample;
        let subject = Subject::default();
        Ok(match self {
            Self::Demo => demo::issue(ring, algorithm, &subject, Lifetime::MINUTE, now)?,
            Self::Twilio => twilio::issue(ring, &twilio::Wish::tutorial(subject.as_str()), now)?,
            Self::Zoom => zoom::issue(ring, Lifetime::MINUTE, now)?,
            Self::Bearer => {
                let client_id = ring.accounts().zoom_api_key.as_str();
                let grant = bearer::Grant { issuer, subject: subject.as_str(), client_id };
                bearer::issue(ring, &grant, random, now)?
            }
            Self::RestApi => rest_api::issue(ring, subject.as_str(), now)?,
            Self::Telesign => telesign::issue(ring, &PhoneNumber::example(), &Xid::of_random(random), now)?.token,
            Self::Lab => {
                let claims = demo::claims(&subject, Lifetime::MINUTE, now);
                lab::issue(lab::keys(ring, algorithm), &claims)?
            }
        })
    }
}
