//! Bearer tokens: RFC 9068 access tokens for this server's own resource, with a separate key. They live for the time of
//! the setting `access-ttl`, by default ten minutes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::demo::Subject;
use super::{Lifetime, Profile};
use crate::keys::{Algorithm, KeyRing, SigningError};
use crate::token::{self, AudienceRule, Candidates, Claim, Claims, Expected, Header, Judged, Kind, Token};

pub use crate::token::FAMILY;

/// Who a token is for.
pub struct AccessTokenParties<'a> {
    /// The public URL. It is both issuer and audience, because this server is both.
    pub issuer: &'a str,
    pub subject: &'a str,
    pub client_id: &'a str,
}

/// What a token is good for. The default is a token for this server alone, without a scope.
#[derive(Clone, Copy)]
pub struct Terms<'a> {
    /// The claim `aud`: one string, or a list of several. `None` is the issuer.
    pub audience: Option<&'a [String]>,
    /// Scopes with spaces between them.
    pub scope: Option<&'a str>,
    pub lifetime: Lifetime,
    /// The id of the family of tokens that are revoked together.
    pub family: Option<&'a str>,
}

impl Default for Terms<'_> {
    fn default() -> Self {
        Self { audience: None, scope: None, lifetime: Lifetime::TEN_MINUTES, family: None }
    }
}

/// Signs a token for this server whose `jti` is these random bytes.
pub fn issue(
    ring: &KeyRing,
    grant: &AccessTokenParties<'_>,
    jti: [u8; 16],
    now: DateTime<Utc>,
) -> Result<Token, SigningError> {
    issue_on(ring, grant, &Terms::default(), jti, now)
}

/// Signs a token on these terms.
pub fn issue_on(
    ring: &KeyRing,
    grant: &AccessTokenParties<'_>,
    terms: &Terms<'_>,
    jti: [u8; 16],
    now: DateTime<Utc>,
) -> Result<Token, SigningError> {
    token::issue(&claims(grant, terms, jti, now), &PROFILE.header, ring.bearer().signer_at(now))
}

fn claims(grant: &AccessTokenParties<'_>, terms: &Terms<'_>, jti: [u8; 16], now: DateTime<Utc>) -> Claims {
    let iat = now.timestamp();
    let claims = Claims::new()
        .with("iss", grant.issuer)
        .with("sub", grant.subject)
        .with("aud", aud(grant, terms))
        .with("client_id", grant.client_id)
        .with("iat", iat)
        .with("exp", iat + terms.lifetime.seconds())
        .with("jti", URL_SAFE_NO_PAD.encode(jti));
    let optional = [("scope", terms.scope), (FAMILY, terms.family)];
    let present = optional.into_iter().filter_map(|(name, value)| Some((name, value?)));
    present.fold(claims, |claims, (name, value)| claims.with(name, value))
}

fn aud(grant: &AccessTokenParties<'_>, terms: &Terms<'_>) -> Value {
    match terms.audience {
        None | Some([]) => grant.issuer.into(),
        Some([one]) => one.as_str().into(),
        Some(several) => several.into(),
    }
}

/// What the server's setting says.
const fn algorithm(ring: &KeyRing) -> Algorithm {
    ring.bearer().signer().algorithm()
}

/// Judges a token that this server issued under `issuer` for itself.
pub fn verify(ring: &KeyRing, issuer: &str, token: &str, now: DateTime<Utc>) -> Judged {
    verify_for(ring, issuer, AudienceRule::Required(issuer.to_owned()), token, now)
}

/// Judges a token that this server issued under `issuer` for this audience.
pub fn verify_for(ring: &KeyRing, issuer: &str, audience: AudienceRule, token: &str, now: DateTime<Utc>) -> Judged {
    let rules = PROFILE.rules(Some(issuer.to_owned()), audience);
    let keys = Candidates::Ring(ring.bearer().verifiers());
    token::verify_revocable(token, Expected { algorithm: algorithm(ring), keys, rules: Some(&rules) }, now)
}

pub static PROFILE: Profile = Profile {
    name: "bearer",
    title: "access tokens (RFC 9068)",
    only_algorithm: |ring| Some(algorithm(ring)),
    // The media type of RFC 9068 §2.1, which keeps other tokens out.
    header: Header::of_type("at+jwt"),
    claims: &[
        Claim { name: "sub", kind: Kind::Text },
        Claim { name: "client_id", kind: Kind::Text },
        Claim { name: "iat", kind: Kind::Date },
        Claim { name: "exp", kind: Kind::Date },
        Claim { name: "jti", kind: Kind::Text },
    ],
    signer: |issuer| Some(issuer.ring.bearer().signer_at(issuer.now)),
    sample: |issuer, random| {
        let subject = Subject::default();
        let client_id = issuer.ring.accounts().zoom_api_key.as_str();
        let grant = AccessTokenParties { issuer: issuer.url, subject: subject.as_str(), client_id };
        Ok(issue(issuer.ring, &grant, random, issuer.now)?)
    },
    verify: |issuer, token| verify(issuer.ring, issuer.url, token, issuer.now),
};

#[cfg(test)]
mod tests {
    use super::*;

    const GRANT: AccessTokenParties<'static> =
        AccessTokenParties { issuer: "https://i", subject: "alice", client_id: "app" };

    fn json(terms: &Terms<'_>) -> String {
        serde_json::to_string(&claims(&GRANT, terms, [0; 16], DateTime::from_timestamp(1000, 0).unwrap())).unwrap()
    }

    #[test]
    fn without_terms_a_token_is_for_this_server_for_ten_minutes() {
        let wanted = r#"{"iss":"https://i","sub":"alice","aud":"https://i","client_id":"app","iat":1000,"exp":1600,"jti":"AAAAAAAAAAAAAAAAAAAAAA"}"#;
        assert_eq!(json(&Terms::default()), wanted);
    }

    #[test]
    fn a_token_says_the_audience_the_scope_the_lifetime_and_the_family_that_it_was_issued_with() {
        let audience = ["a".to_owned(), "b".to_owned()];
        let terms = |audience| Terms {
            audience: Some(audience),
            scope: Some("read write"),
            lifetime: Lifetime::HOUR,
            family: Some("f"),
        };
        let wanted = r#"{"iss":"https://i","sub":"alice","aud":["a","b"],"client_id":"app","iat":1000,"exp":4600,"jti":"AAAAAAAAAAAAAAAAAAAAAA","scope":"read write","family_id":"f"}"#;
        assert_eq!(json(&terms(&audience)), wanted);
        assert!(json(&terms(&audience[..1])).contains(r#""aud":"a","#));
    }
}
