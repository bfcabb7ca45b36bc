//! Naive verifiers: what a program with one well-known mistake would say to a forgery.
//!
//! Every answer is computed from the forged token itself. Nothing here opens a file, makes a request, runs a command or
//! grants access. Where the mistake would do so, the answer says what would have happened.

mod header_trust;
mod lax_token;
mod site;
mod verifiers;

pub use header_trust::{
    CALLS_ADDRESSES, FOLLOWS_JKU, PASTES_KID_INTO_SQL, READS_KID_AS_PATH, RUNS_KID_AS_COMMAND, TRUSTS_CERTIFICATES,
    TRUSTS_JWK,
};
pub use lax_token::{LAX_BASE64, LaxToken, Objection, hmac_named};
pub use site::{
    NaiveSite, SITE_THAT_READS_A_TOKEN_ANYWHERE, SITE_THAT_READS_THE_FIRST_COOKIE, SITE_THAT_SKIPS_A_MISSING_TOKEN,
    SITE_WITHOUT_A_CHECK_OF_ORIGINS,
};
pub use verifiers::{
    ACCEPTS_A_ZERO_SIGNATURE, ACCEPTS_ANY_PAYLOAD, ACCEPTS_MILLISECONDS, ACCEPTS_NONE, ACCEPTS_NULL_AS_GUEST,
    ALLOWS_A_MINUTE_OF_LEEWAY, CHECKS_ONLY_SIGNATURE_AND_EXPIRY, COMPARES_LOOSELY, DECODES_BASE64_LAXLY, DECODES_ONLY,
    HAS_A_GUESSABLE_SECRET, HAS_AN_EMPTY_SECRET, HAS_NO_LIMITS, HAS_ONE_KEY_RING_FOR_ALL, IGNORES_CRIT, IGNORES_EXPIRY,
    IGNORES_ISSUER_AND_AUDIENCE, IGNORES_REVOCATION, IGNORES_TYP, IGNORES_WRONG_TYPES, KEEPS_RETIRED_KEYS,
    KEEPS_THE_LAST_DUPLICATE, READS_THE_FIRST_THREE_PARTS, REVOKES_BY_HASH, SKIPS_EMPTY_SIGNATURE, SKIPS_SIGNATURE,
    TRUSTS_ALG,
};

use chrono::{DateTime, Utc};

use super::forge::{Revoked, Target};
use crate::keys::KeyRing;
use crate::profiles::demo::DemoAlgorithm;

/// A verifier with one mistake.
pub struct NaiveVerifier {
    pub name: &'static str,
    judge: Judge,
}

/// `Ok` says why it accepts, `Err` why it refuses.
type Judge = fn(&NaiveInput<'_>) -> Result<String, String>;

/// What such a verifier would have said.
pub struct Opinion {
    pub name: &'static str,
    pub accepted: bool,
    pub why: String,
}

impl Opinion {
    fn new(name: &'static str, outcome: Result<String, String>) -> Self {
        let accepted = outcome.is_ok();
        Self { name, accepted, why: outcome.unwrap_or_else(|why| why) }
    }
}

/// A forged token before a naive verifier, with what the verifier has at hand.
pub struct NaiveInput<'a> {
    pub token: &'a str,
    pub ring: &'a KeyRing,
    pub target: Target,
    pub revoked: Option<&'a Revoked>,
    pub now: DateTime<Utc>,
}

impl NaiveVerifier {
    pub fn opinion(&self, input: &NaiveInput<'_>) -> Opinion {
        Opinion::new(self.name, (self.judge)(input))
    }
}

impl NaiveInput<'_> {
    fn read(&self) -> LaxToken {
        LaxToken::read_anything(self.token)
    }

    /// Whether the signature was made with a right key, under the algorithm that is expected.
    fn fits(&self, token: &LaxToken) -> bool {
        self.fits_under(self.target.algorithm(), token)
    }

    fn fits_under(&self, algorithm: DemoAlgorithm, token: &LaxToken) -> bool {
        self.target
            .keys(self.ring, algorithm)
            .iter()
            .any(|key| key.verifies(token.message.as_bytes(), &token.signature))
    }

    /// Accepts a token with a valid signature that has not expired. `beside` says what was overlooked.
    fn signature_and_end(&self, beside: &str) -> Result<String, String> {
        let token = self.read();
        if !self.fits(&token) {
            return Err("The signature does not fit, and it does check the signature.".to_owned());
        }
        self.unless_ended(&token, beside)
    }

    fn unless_ended(&self, token: &LaxToken, beside: &str) -> Result<String, String> {
        match token.number("exp") {
            Some(exp) if exp <= self.seconds() => Err("The token expired, and it does check `exp`.".to_owned()),
            _ => Ok(format!("{beside} It logs in {}.", token.subject())),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are far below what a double counts exactly")]
    fn seconds(&self) -> f64 {
        self.now.timestamp() as f64
    }
}
