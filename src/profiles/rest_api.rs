//! Tokens of the two REST endpoints: `{"user_id": …, "exp": …}`, valid for half an hour, with a separate secret.

use chrono::{DateTime, TimeDelta, Utc};

use super::Profile;
use super::demo::Subject;
use crate::keys::{Algorithm, KeyRing, SigningError};
use crate::token::{self, AudienceRule, Candidates, Claim, Claims, Expected, Header, Judged, Kind, Token, Verdict};

const ALGORITHM: Algorithm = Algorithm::Hs256;

/// When a token that is issued `now` expires. The claim has whole seconds.
pub fn ends_at(now: DateTime<Utc>) -> DateTime<Utc> {
    now + TimeDelta::minutes(30)
}

/// Signs a token for `user_id`.
pub fn issue(ring: &KeyRing, user_id: &str, now: DateTime<Utc>) -> Result<Token, SigningError> {
    let claims = Claims::new().with("user_id", user_id).with("exp", ends_at(now).timestamp());
    token::issue(&claims, &PROFILE.header, ring.rest_api().signer())
}

/// Verifies a token of this profile.
pub fn verify(ring: &KeyRing, token: &str, now: DateTime<Utc>) -> Verdict {
    let rules = PROFILE.rules(None, AudienceRule::Nobody);
    let keys = Candidates::Ring(ring.rest_api().verifiers());
    token::verify(token, Expected { algorithm: ALGORITHM, keys, rules: Some(&rules) }, now)
}

pub static PROFILE: Profile = Profile {
    name: "rest-api",
    title: "tokens of the two REST endpoints",
    only_algorithm: |_| Some(ALGORITHM),
    header: Header::of_type("JWT"),
    claims: &[Claim { name: "user_id", kind: Kind::Text }, Claim { name: "exp", kind: Kind::Date }],
    signer: |issuer| Some(issuer.ring.rest_api().signer()),
    sample: |issuer, _| Ok(issue(issuer.ring, Subject::default().as_str(), issuer.now)?),
    verify: |issuer, token| Judged::Final(verify(issuer.ring, token, issuer.now)),
};
