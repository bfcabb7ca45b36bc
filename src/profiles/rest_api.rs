//! Tokens of the two REST endpoints: `{"user_id": …, "exp": …}`, valid for half an hour, with a separate secret.

use chrono::{DateTime, TimeDelta, Utc};

use crate::keys::{Algorithm, KeyRing, SigningError};
use crate::token::{self, Candidates, Claim, Claims, Expected, Header, Kind, Rules, Token, Typ, Verdict};

static RULES: Rules = Rules {
    profile: "rest-api",
    typ: Typ::Jwt,
    required: &[Claim { name: "user_id", kind: Kind::Text }, Claim { name: "exp", kind: Kind::Date }],
    issuer: None,
    audience: token::Audience::Nobody,
};

/// When a token that is issued `now` expires. The claim has whole seconds.
pub fn ends_at(now: DateTime<Utc>) -> DateTime<Utc> {
    now + TimeDelta::minutes(30)
}

/// Signs a token for `user_id`.
pub fn issue(ring: &KeyRing, user_id: &str, now: DateTime<Utc>) -> Result<Token, SigningError> {
    let claims = Claims::new().with("user_id", user_id).with("exp", ends_at(now).timestamp());
    token::issue(&claims, &Header::of_type("JWT"), ring.rest_api().signer())
}

/// Verifies a token of this profile.
pub fn verify(ring: &KeyRing, token: &str, now: DateTime<Utc>) -> Verdict {
    let keys = Candidates::Ring(ring.rest_api().verifiers());
    token::verify(token, Expected { algorithm: Algorithm::Hs256, keys, rules: Some(&RULES) }, now)
}
