//! API-key tokens: `{"iss": API key, "exp": …}` in seconds, for a service that knows the key and its secret.
//!
//! The vendor's text says that `exp` is in seconds, and its example has milliseconds. We use seconds.

use chrono::{DateTime, Utc};

use super::{Lifetime, Profile, TOKEN_ENDPOINT};
use crate::keys::{Algorithm, KeyRing, SigningError};
use crate::token::{self, AudienceRule, Candidates, Claim, Claims, Expected, Header, Judged, Kind, Token, Verdict};

const ALGORITHM: Algorithm = Algorithm::Hs256;

/// Signs a token for the owner of the API key.
pub fn issue(ring: &KeyRing, lifetime: Lifetime, now: DateTime<Utc>) -> Result<Token, SigningError> {
    let claims = Claims::new()
        .with("iss", ring.accounts().zoom_api_key.as_str())
        .with("exp", now.timestamp() + lifetime.seconds());
    token::issue(&claims, &PROFILE.header, ring.zoom().signer())
}

/// Judges a token signed with the API secret. One that names an audience must name one of `audience`.
pub fn verify(ring: &KeyRing, audience: &[&str], token: &str, now: DateTime<Utc>) -> Verdict {
    let audience = AudienceRule::WhenThere(audience.iter().map(|&it| it.to_owned()).collect());
    let rules = PROFILE.rules(Some(ring.accounts().zoom_api_key.clone()), audience);
    let keys = Candidates::Ring(ring.zoom().verifiers());
    token::verify(token, Expected { algorithm: ALGORITHM, keys, rules: Some(&rules) }, now)
}

/// Verifies an assertion for the server of these URLs: the issuer, and where this request reached it. The audience may
/// be the issuer or the token endpoint (RFC 7523 §3, point 3), which discovery names under the host that was asked.
pub fn verify_assertion(ring: &KeyRing, [issuer, reached_at]: [&str; 2], token: &str, now: DateTime<Utc>) -> Verdict {
    let endpoint = |origin: &str| format!("{origin}{TOKEN_ENDPOINT}");
    let (own, reached) = (endpoint(issuer), endpoint(reached_at));
    let accepted = [own.as_str(), issuer, reached.as_str()];
    let different = if own == reached { 2 } else { 3 };
    verify(ring, &accepted[..different], token, now)
}

pub static PROFILE: Profile = Profile {
    name: "zoom",
    title: "API-key tokens",
    only_algorithm: |_| Some(ALGORITHM),
    header: Header::of_type("JWT"),
    claims: &[Claim { name: "iss", kind: Kind::Text }, Claim { name: "exp", kind: Kind::Date }],
    signer: |issuer| Some(issuer.ring.zoom().signer()),
    sample: |issuer, _| Ok(issue(issuer.ring, Lifetime::MINUTE, issuer.now)?),
    verify: |issuer, token| Judged::Final(verify_assertion(issuer.ring, [issuer.url; 2], token, issuer.now)),
};
