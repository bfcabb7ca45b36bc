//! The lab's tokens: the demo's claims and, where the lab wants to call them back, a `jti`, under the lab's own keys.
//!
//! A forgery that the lab signs is one of these too: nobody but the lab itself and a session that says so takes it.

use chrono::{DateTime, Utc};

use super::Lifetime;
use super::demo::{self, DemoAlgorithm, REQUIRED, Subject};
use crate::keys::{KeyRing, ProfileKeys, SigningError};
use crate::token::{self, Audience, Candidates, Claims, Expected, Header, Judged, Rules, Token, Typ, Verdict};

pub const PROFILE: &str = "lab";

static RULES: Rules =
    Rules { profile: PROFILE, typ: Typ::Jwt, required: REQUIRED, issuer: None, audience: Audience::Nobody };

/// The issuer and the audience that the lab's API sets, and its media type.
pub const API_ISSUER: &str = "https://issuer.lab.example";
pub const API_AUDIENCE: &str = "https://api.lab.example";
pub const API_TYP: &str = "at+jwt";

/// The keys of this algorithm, which sign and verify.
pub const fn keys(ring: &KeyRing, algorithm: DemoAlgorithm) -> &ProfileKeys {
    match algorithm {
        DemoAlgorithm::Hs256 => ring.lab().hs256(),
        DemoAlgorithm::Rs256 => ring.lab().rs256(),
    }
}

/// The claims of a new token; `jti` in base64url.
pub fn claims(subject: &Subject, lifetime: Lifetime, jti: &str, now: DateTime<Utc>) -> Claims {
    demo::claims(subject, lifetime, now).with("jti", jti)
}

/// Signs claims with these keys of the lab.
pub fn issue(keys: &ProfileKeys, claims: &Claims) -> Result<Token, SigningError> {
    token::issue(claims, &Header::of_type("JWT"), keys.signer())
}

/// Judges a token as one of the lab's, issued under `algorithm`.
pub fn verify(ring: &KeyRing, algorithm: DemoAlgorithm, token: &str, now: DateTime<Utc>) -> Judged {
    verify_with(keys(ring, algorithm), algorithm, token, now)
}

/// The same with one visitor's own keys.
pub fn verify_with(keys: &ProfileKeys, algorithm: DemoAlgorithm, token: &str, now: DateTime<Utc>) -> Judged {
    let keys = Candidates::Ring(keys.verifiers());
    token::verify_revocable(token, Expected { algorithm: algorithm.jwa(), keys, rules: Some(&RULES) }, now)
}

/// Judges a token as the lab's API does, which sets issuer, audience and a media type of its own, as RFC 9068 asks.
pub fn verify_at_api(ring: &KeyRing, algorithm: DemoAlgorithm, token: &str, now: DateTime<Utc>) -> Verdict {
    let rules = Rules {
        profile: "lab api",
        typ: Typ::Only(API_TYP),
        required: REQUIRED,
        issuer: Some(API_ISSUER.to_owned()),
        audience: Audience::Required(API_AUDIENCE.to_owned()),
    };
    let keys = Candidates::Ring(keys(ring, algorithm).verifiers());
    token::verify(token, Expected { algorithm: algorithm.jwa(), keys, rules: Some(&rules) }, now)
}
