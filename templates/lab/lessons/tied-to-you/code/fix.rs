//! The fix: the key in the proof is the one that the token names, and the proof is new.
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, get_current_timestamp};
use serde_json::Value;

/// A request with its token and its proof.
pub struct Request<'a> {
    pub method: &'a str,
    pub url: &'a str,
    pub token: &'a str,
    pub proof: &'a str,
}

pub fn user(request: &Request, key: &Jwk, seen: &mut Vec<String>) -> Result<String, Box<dyn std::error::Error>> {
    let mut rules = Validation::new(Algorithm::ES256);
    let claims = decode::<Value>(request.token, &DecodingKey::from_jwk(key)?, &rules)?.claims;
    let header = decode_header(request.proof)?;
    let jwk = header.jwk.ok_or("no key")?;
    rules.set_required_spec_claims::<&str>(&[]);
    let proved = decode::<Value>(request.proof, &DecodingKey::from_jwk(&jwk)?, &rules)?.claims;
    if header.typ.as_deref() != Some("dpop+jwt") || claims["cnf"]["jkt"] != jwk.thumbprint(ThumbprintHash::SHA256)? {
        return Err("this is no proof by the key that the token names".into());
    }
    let ath = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, request.token.as_bytes()));
    if proved["htm"] != request.method || proved["htu"] != request.url || proved["ath"] != ath {
        return Err("this proof is for another request".into());
    }
    let (made, jti) = (proved["iat"].as_u64().ok_or("no time")?, proved["jti"].as_str().ok_or("no id")?.to_owned());
    if get_current_timestamp().abs_diff(made) > 300 || seen.contains(&jti) {
        return Err("this proof is old, or was used before".into());
    }
    seen.push(jti); // in a real server: a table, for five minutes
    Ok(claims["sub"].as_str().ok_or("no subject")?.to_owned())
}
