//! The lab's tokens: the demo's claims, and a `jti` if the lab wants to revoke them, signed with the lab's own keys.
//!
//! Forgeries that the lab signs are such tokens too. Only the lab, and sessions that use the lab's keys, accept them.

use chrono::{DateTime, Utc};

use super::demo::{self, DemoAlgorithm, REQUIRED, Subject};
use super::{Lifetime, Profile};
use crate::keys::{KeyRing, ProfileKeys, SigningError};
use crate::token::{self, AudienceRule, Candidates, Claims, Expected, Header, Judged, Rules, Token, Typ, Verdict};

/// The issuer and the audience that the lab's API sets, and its media type.
pub const API_ISSUER: &str = "https://issuer.lab.example";
pub const API_AUDIENCE: &str = "https://api.lab.example";
pub const API_TYP: &str = "at+jwt";

/// The keys of this algorithm, which sign and verify.
pub fn keys(ring: &KeyRing, algorithm: DemoAlgorithm) -> &ProfileKeys {
    algorithm.lab_keys(ring)
}

/// The claims of a new token; `jti` in base64url.
pub fn claims(subject: &Subject, lifetime: Lifetime, jti: &str, now: DateTime<Utc>) -> Claims {
    demo::claims(subject, lifetime, now).with("jti", jti)
}

/// Signs claims with these keys of the lab.
pub fn issue(keys: &ProfileKeys, claims: &Claims) -> Result<Token, SigningError> {
    token::issue(claims, &PROFILE.header, keys.signer())
}

/// Verifies a token of the lab, which must be signed with `algorithm`.
pub fn verify(ring: &KeyRing, algorithm: DemoAlgorithm, token: &str, now: DateTime<Utc>) -> Judged {
    verify_with(keys(ring, algorithm), algorithm, token, now)
}

/// Verifies a token with one visitor's own keys.
pub fn verify_with(keys: &ProfileKeys, algorithm: DemoAlgorithm, token: &str, now: DateTime<Utc>) -> Judged {
    let rules = PROFILE.rules(None, AudienceRule::Nobody);
    let keys = Candidates::Ring(keys.verifiers());
    token::verify_revocable(token, Expected { algorithm: algorithm.jwa(), keys, rules: Some(&rules) }, now)
}

/// Verifies a token as the lab's API does: with its own issuer, audience and media type, as in RFC 9068.
pub fn verify_at_api(ring: &KeyRing, algorithm: DemoAlgorithm, token: &str, now: DateTime<Utc>) -> Verdict {
    let rules = Rules {
        profile: "lab api",
        typ: Typ::Only(API_TYP),
        required: REQUIRED,
        issuer: Some(API_ISSUER.to_owned()),
        audience: AudienceRule::Required(API_AUDIENCE.to_owned()),
    };
    let keys = Candidates::Ring(keys(ring, algorithm).verifiers());
    token::verify(token, Expected { algorithm: algorithm.jwa(), keys, rules: Some(&rules) }, now)
}

pub static PROFILE: Profile = Profile {
    name: "lab",
    title: "what the lab signs",
    only_algorithm: |_| None,
    header: Header::of_type("JWT"),
    claims: REQUIRED,
    signer: |issuer| Some(keys(issuer.ring, issuer.algorithm).signer()),
    sample: |issuer, _| {
        let claims = demo::claims(&Subject::default(), Lifetime::MINUTE, issuer.now);
        Ok(issue(keys(issuer.ring, issuer.algorithm), &claims)?)
    },
    verify: |issuer, token| verify(issuer.ring, issuer.algorithm, token, issuer.now),
};
