//! ID tokens: they tell a client who logged in, and when (OpenID Connect Core §2).
//!
//! The bearer key signs them. Their `typ` and their audience, which is the client, keep them from being taken for
//! access tokens.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};

use crate::code::Code;
use crate::keys::{Algorithm, KeyRing, SigningError};
use crate::token::{
    self, AudienceRule, Candidates, Claim, Claims, Expected, Header, Kind, NumericDate, Rejection, Rules, Token, Typ,
    Verdict,
};

/// How long an ID token lives, in seconds.
const LIFETIME_SECONDS: i64 = 3600;

/// What an ID token says.
pub struct Content<'a> {
    pub issuer: &'a str,
    pub subject: &'a str,
    /// The client that it is for.
    pub client_id: &'a str,
    pub auth_time: DateTime<Utc>,
    /// The `nonce` of the authorization request.
    pub nonce: Option<&'a str>,
    /// The access token that is issued with it.
    pub access_token: &'a Token,
}

/// Signs an ID token.
pub fn issue(ring: &KeyRing, content: &Content<'_>, now: DateTime<Utc>) -> Result<Token, SigningError> {
    issue_with(ring, content, |claims| claims, now)
}

/// The same with further claims of the user.
pub fn issue_with(
    ring: &KeyRing,
    content: &Content<'_>,
    further: impl FnOnce(Claims) -> Claims,
    now: DateTime<Utc>,
) -> Result<Token, SigningError> {
    let signer = ring.bearer().signer_at(now);
    let claims = further(claims(content, signer.algorithm(), now));
    token::issue(&claims, &Header::of_type("JWT"), signer)
}

fn claims(content: &Content<'_>, algorithm: Algorithm, now: DateTime<Utc>) -> Claims {
    let iat = now.timestamp();
    let claims = Claims::new()
        .with("iss", content.issuer)
        .with("sub", content.subject)
        .with("aud", content.client_id)
        .with("iat", iat)
        .with("exp", iat + LIFETIME_SECONDS)
        .with("auth_time", content.auth_time.timestamp())
        .with("at_hash", at_hash(algorithm, content.access_token.as_str()));
    match content.nonce {
        Some(nonce) => claims.with("nonce", nonce),
        None => claims,
    }
}

/// The left half of the access token's hash, by the hash of the algorithm that signs the ID token (OpenID Connect Core
/// §3.1.3.6).
fn at_hash(algorithm: Algorithm, access_token: &str) -> String {
    let digest = digest::digest(algorithm.digest(), access_token.as_bytes());
    URL_SAFE_NO_PAD.encode(&digest.as_ref()[..digest.as_ref().len() / 2])
}

/// The claims of an ID token that this server issued under `issuer` to any client. It may have expired, because it only
/// says who is to log in or out (OpenID Connect Core §3.1.2.1, RP-Initiated Logout §2).
pub fn verify_hint(ring: &KeyRing, issuer: &str, token: &str, now: DateTime<Utc>) -> Result<Claims, Rejection> {
    let verdict = verify(ring, issuer, token, now);
    let Some(before_expiry) = last_second(&verdict) else { return verdict.accept() };
    verify(ring, issuer, token, before_expiry).accept()
}

/// The last second of a token that expired.
fn last_second(verdict: &Verdict) -> Option<DateTime<Utc>> {
    let claims = verdict.unverified_claims().filter(|_| verdict.code() == Code::Expired)?;
    let exp = NumericDate::from_claim(claims.for_display().get("exp")?)?;
    exp.moment()?.checked_sub_signed(TimeDelta::seconds(1))
}

fn verify(ring: &KeyRing, issuer: &str, token: &str, now: DateTime<Utc>) -> Verdict {
    let rules = Rules {
        profile: "ID token",
        typ: Typ::Jwt,
        required: &[
            Claim { name: "sub", kind: Kind::Text },
            Claim { name: "aud", kind: Kind::Text },
            Claim { name: "iat", kind: Kind::Date },
            Claim { name: "exp", kind: Kind::Date },
            Claim { name: "auth_time", kind: Kind::Date },
        ],
        issuer: Some(issuer.to_owned()),
        audience: AudienceRule::Anybody,
    };
    let bearer = ring.bearer();
    let keys = Candidates::Ring(bearer.verifiers());
    token::verify(token, Expected { algorithm: bearer.signer().algorithm(), keys, rules: Some(&rules) }, now)
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use serde_json::json;

    use super::*;
    use crate::profiles::bearer;
    use crate::random::Random;

    const ISSUER: &str = "http://localhost:5000";

    /// The access token of OpenID Connect Core, appendix A.3, with its `at_hash`.
    #[test]
    fn at_hash_is_that_of_the_specification() {
        let access_token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        assert_eq!(at_hash(Algorithm::Rs256, access_token), "77QmUPtjPfzWtF2AnpK9RQ");
    }

    /// The hashes were made with `openssl dgst -sha384` and `-sha512`.
    #[test]
    fn at_hash_uses_the_hash_of_the_algorithm() {
        for (algorithm, length) in [(Algorithm::Ps256, 22), (Algorithm::Rs384, 32), (Algorithm::EdDsa, 43)] {
            assert_eq!(at_hash(algorithm, "x").len(), length, "{algorithm}");
        }
        assert_eq!(at_hash(Algorithm::Rs384, "abc"), "ywB1P0WjXou1oD1pmsZQBycsMqsO3tFj");
        assert_eq!(at_hash(Algorithm::Rs512, "abc"), "3a81oZNherrMQXNJriBBMRLm-k6JqX6iCp7u5ktV05o");
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    /// Making RSA keys is slow, so the tests share them.
    static RING: LazyLock<KeyRing> = LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        KeyRing::read_or_make(folder.path(), Random::system().source()).unwrap().0
    });

    fn access_token(ring: &KeyRing) -> Token {
        let grant = bearer::AccessTokenParties { issuer: ISSUER, subject: "alice", client_id: "app" };
        bearer::issue(ring, &grant, [7; 16], at(1000)).unwrap()
    }

    fn id_token(ring: &KeyRing, nonce: Option<&str>) -> Token {
        let access_token = &access_token(ring);
        let content =
            Content { issuer: ISSUER, subject: "alice", client_id: "app", auth_time: at(900), nonce, access_token };
        issue(ring, &content, at(1000)).unwrap()
    }

    #[test]
    fn an_id_token_says_who_logged_in_and_when() {
        let ring = &*RING;
        let access_token = access_token(ring);
        let claims = verify_hint(ring, ISSUER, id_token(ring, Some("n-0S6")).as_str(), at(1001)).unwrap();
        let hash = at_hash(Algorithm::Rs256, access_token.as_str());
        let wanted = format!(
            r#"{{"iss":"{ISSUER}","sub":"alice","aud":"app","iat":1000,"exp":4600,"auth_time":900,"at_hash":"{hash}","nonce":"n-0S6"}}"#
        );
        assert_eq!(serde_json::to_string(&claims).unwrap(), wanted);
        let without = verify_hint(ring, ISSUER, id_token(ring, None).as_str(), at(1001)).unwrap();
        assert_eq!(without.get("nonce"), None);
    }

    #[test]
    fn an_expired_id_token_is_still_a_hint_and_nothing_else_is() {
        let ring = &*RING;
        let token = id_token(ring, None);
        let hint = |issuer, token: &str, now| verify_hint(ring, issuer, token, at(now)).is_ok();
        assert!(hint(ISSUER, token.as_str(), 4599) && hint(ISSUER, token.as_str(), 4_000_000));
        assert!(!hint("http://localhost:5001", token.as_str(), 1001));
        assert!(!hint("http://localhost:5001", token.as_str(), 4_000_000));
        assert!(!hint(ISSUER, access_token(ring).as_str(), 1001));
        assert!(!hint(ISSUER, &token.as_str()[..token.as_str().len() - 4], 4_000_000));
        assert!(!hint(ISSUER, "", 1001));
    }

    #[test]
    fn an_access_token_for_another_api_is_accepted_only_where_its_audience_may_be_any_or_that_one() {
        let ring = &*RING;
        let grant = bearer::AccessTokenParties { issuer: ISSUER, subject: "alice", client_id: "app" };
        let audience = ["orders".to_owned()];
        let terms = bearer::Terms { audience: Some(&audience), ..bearer::Terms::default() };
        let token = bearer::issue_on(ring, &grant, &terms, [7; 16], at(1000)).unwrap();
        let code = |audience| {
            let judged = bearer::verify_for(ring, ISSUER, audience, token.as_str(), at(1001));
            judged.resolve_revocation(|_| false).code()
        };
        assert_eq!(code(AudienceRule::Anybody), Code::Accepted);
        assert_eq!(code(AudienceRule::AnyOf(vec![ISSUER.into(), "orders".into()])), Code::Accepted);
        assert_eq!(code(AudienceRule::AnyOf(vec![ISSUER.into(), "order".into()])), Code::BadClaim);
        assert_eq!(code(AudienceRule::AnyOf(vec![])), Code::BadClaim);
        assert_eq!(code(AudienceRule::Required(ISSUER.into())), Code::BadClaim);
    }

    #[test]
    fn a_token_without_the_time_of_the_login_is_no_hint() {
        let signer = RING.bearer().signer();
        let header = json!({ "typ": "JWT", "alg": "RS256", "kid": signer.kid() }).to_string();
        for (auth_time, is_hint) in [(json!(900), true), (json!("900"), false), (json!(null), false)] {
            let claims = json!({ "iss": ISSUER, "sub": "alice", "aud": "app", "iat": 1000, "exp": 4600, "auth_time": auth_time });
            let token = token::sign(&header, claims.to_string(), signer).unwrap();
            let hint = verify_hint(&RING, ISSUER, token.as_str(), at(1001));
            assert_eq!(hint.is_ok(), is_hint, "{auth_time}");
        }
    }

    #[test]
    fn an_id_token_is_no_access_token() {
        let ring = &*RING;
        let judged = bearer::verify_for(ring, ISSUER, AudienceRule::Anybody, id_token(ring, None).as_str(), at(1001));
        assert_eq!(judged.resolve_revocation(|_| false).code(), Code::WrongType);
    }
}
