//! Bearer tokens: RFC 9068 access tokens for this server's own resource. They live ten minutes and have a separate key.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};

use super::Profile;
use super::demo::Subject;
use crate::keys::{Algorithm, KeyRing, SigningError};
use crate::token::{self, Audience, Candidates, Claim, Claims, Expected, Header, Judged, Kind, Token};

/// How long a token lives, in seconds.
pub const LIFE: i64 = 600;

const ALGORITHM: Algorithm = Algorithm::Rs256;

/// Who a token is for.
pub struct Grant<'a> {
    /// The public URL. It is both issuer and audience, because this server is both.
    pub issuer: &'a str,
    pub subject: &'a str,
    pub client_id: &'a str,
}

/// Signs a token whose `jti` is these random bytes.
pub fn issue(ring: &KeyRing, grant: &Grant<'_>, jti: [u8; 16], now: DateTime<Utc>) -> Result<Token, SigningError> {
    let iat = now.timestamp();
    let claims = Claims::new()
        .with("iss", grant.issuer)
        .with("sub", grant.subject)
        .with("aud", grant.issuer)
        .with("client_id", grant.client_id)
        .with("iat", iat)
        .with("exp", iat + LIFE)
        .with("jti", URL_SAFE_NO_PAD.encode(jti));
    token::issue(&claims, &PROFILE.header, ring.bearer().signer())
}

/// Judges a token that this server issued under `issuer`.
pub fn verify(ring: &KeyRing, issuer: &str, token: &str, now: DateTime<Utc>) -> Judged {
    let rules = PROFILE.rules(Some(issuer.to_owned()), Audience::Required(issuer.to_owned()));
    let keys = Candidates::Ring(ring.bearer().verifiers());
    token::verify_revocable(token, Expected { algorithm: ALGORITHM, keys, rules: Some(&rules) }, now)
}

pub static PROFILE: Profile = Profile {
    name: "bearer",
    title: "what the exchange hands out",
    only_algorithm: Some(ALGORITHM),
    // The media type of RFC 9068 §2.1, which keeps other tokens out.
    header: Header::of_type("at+jwt"),
    claims: &[
        Claim { name: "sub", kind: Kind::Text },
        Claim { name: "client_id", kind: Kind::Text },
        Claim { name: "iat", kind: Kind::Date },
        Claim { name: "exp", kind: Kind::Date },
        Claim { name: "jti", kind: Kind::Text },
    ],
    signer: |issuer| Some(issuer.ring.bearer().signer()),
    sample: |issuer, random| {
        let subject = Subject::default();
        let client_id = issuer.ring.accounts().zoom_api_key.as_str();
        let grant = Grant { issuer: issuer.url, subject: subject.as_str(), client_id };
        Ok(issue(issuer.ring, &grant, random, issuer.now)?)
    },
    verify: |issuer, token| verify(issuer.ring, issuer.url, token, issuer.now),
};
