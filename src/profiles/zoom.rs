//! API-key tokens: `{"iss": API key, "exp": …}` in seconds, for a service that knows the key and its secret.
//!
//! The vendor's example counts `exp` in milliseconds beside a text that says seconds; seconds are built.

use chrono::{DateTime, Utc};

use super::Lifetime;
use crate::keys::{Algorithm, KeyRing, SigningError};
use crate::token::{self, Audience, Candidates, Claim, Claims, Expected, Header, Kind, Rules, Token, Typ, Verdict};

/// Signs a token for the holder of the API key.
pub fn issue(ring: &KeyRing, lifetime: Lifetime, now: DateTime<Utc>) -> Result<Token, SigningError> {
    let claims = Claims::new()
        .with("iss", ring.accounts().zoom_api_key.as_str())
        .with("exp", now.timestamp() + lifetime.seconds());
    token::issue(&claims, &Header::of_type("JWT"), ring.zoom().signer())
}

/// Judges a token signed with the API secret. One that names an audience must name one of `audience`.
pub fn verify(ring: &KeyRing, audience: &[&str], token: &str, now: DateTime<Utc>) -> Verdict {
    let rules = Rules {
        profile: "zoom",
        typ: Typ::Jwt,
        required: &[Claim { name: "iss", kind: Kind::Text }, Claim { name: "exp", kind: Kind::Date }],
        issuer: Some(ring.accounts().zoom_api_key.clone()),
        audience: Audience::WhenThere(audience.iter().map(|&it| it.to_owned()).collect()),
    };
    let keys = Candidates::Ring(ring.zoom().verifiers());
    token::verify(token, Expected { algorithm: Algorithm::Hs256, keys, rules: Some(&rules) }, now)
}
