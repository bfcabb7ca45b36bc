//! Phone tokens: who may verify which phone number, in which transaction, for the next eighty seconds.
//!
//! The key is the API key after base64 decoding; signing with the text itself is the mistake that the tutorial warns
//! of.

mod phone_number;
mod xid;

use chrono::{DateTime, Utc};

use super::Profile;
use crate::keys::{Algorithm, KeyRing, SigningError};
use crate::token::{self, AudienceRule, Candidates, Claim, Claims, Expected, Header, Judged, Kind, Token, Verdict};
pub use phone_number::{BadPhoneNumber, PhoneNumber};
pub use xid::{BadXid, Xid};

const ALGORITHM: Algorithm = Algorithm::Hs256;

/// How far `iat` is set back, for verifiers whose clock is slow, in seconds.
const BACKDATED: i64 = 10;

/// From `iat` to `exp`, in seconds.
const LIFE: i64 = 90;

/// A token with its times.
pub struct PhoneToken {
    pub token: Token,
    pub issued_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// Signs a token for one transaction of one phone number.
pub fn issue(ring: &KeyRing, phone: &PhoneNumber, xid: &Xid, now: DateTime<Utc>) -> Result<PhoneToken, SigningError> {
    let iat = now.timestamp() - BACKDATED;
    let claims = Claims::new()
        .with("iss", ring.accounts().telesign_customer_id.as_str())
        .with("iat", iat)
        .with("exp", iat + LIFE)
        .with("phn", phone.as_str())
        .with("xid", xid.as_str());
    let token = token::issue(&claims, &PROFILE.header, ring.telesign().signer())?;
    let moment = |seconds| DateTime::from_timestamp(seconds, 0).unwrap_or(now);
    Ok(PhoneToken { token, issued_at: moment(iat), expires_at: moment(iat + LIFE) })
}

/// Verifies a token of this customer.
pub fn verify(ring: &KeyRing, token: &str, now: DateTime<Utc>) -> Verdict {
    let rules = PROFILE.rules(Some(ring.accounts().telesign_customer_id.clone()), AudienceRule::Nobody);
    let keys = Candidates::Ring(ring.telesign().verifiers());
    token::verify(token, Expected { algorithm: ALGORITHM, keys, rules: Some(&rules) }, now)
}

pub static PROFILE: Profile = Profile {
    name: "telesign",
    title: "phone tokens",
    only_algorithm: |_| Some(ALGORITHM),
    header: Header::of_type("JWT"),
    claims: &[
        Claim { name: "iat", kind: Kind::Date },
        Claim { name: "exp", kind: Kind::Date },
        Claim { name: "phn", kind: Kind::Text },
        Claim { name: "xid", kind: Kind::Text },
    ],
    signer: |issuer| Some(issuer.ring.telesign().signer()),
    sample: |issuer, random| Ok(issue(issuer.ring, &PhoneNumber::example(), &Xid::of_random(random), issuer.now)?.token),
    verify: |issuer, token| Judged::Final(verify(issuer.ring, token, issuer.now)),
};
