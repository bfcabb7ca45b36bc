//! The fix: the key in the proof is the one that the token names, and the proof is new.
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, get_current_timestamp};
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
    rules.validate_nbf = true; // the default is false
    let claims = decode::<Value>(request.token, &DecodingKey::from_jwk(key)?, &rules)?.claims;
    // not `decode_header`, which drops the private part of a key
    let header = request.proof.split('.').next().unwrap_or_default();
    let header: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(header)?)?;
    if header["typ"] != "dpop+jwt" || header["jwk"].get("d").is_some() {
        return Err("this is no proof, or it shows a private key".into());
    }
    let jwk: Jwk = serde_json::from_value(header["jwk"].clone())?;
    rules.set_required_spec_claims::<&str>(&[]);
    let proved = decode::<Value>(request.proof, &DecodingKey::from_jwk(&jwk)?, &rules)?.claims;
    if claims["cnf"]["jkt"] != jwk.thumbprint(ThumbprintHash::SHA256)? {
        return Err("this is no proof by the key that the token names".into());
    }
    let ath = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, request.token.as_bytes()));
    let is_for_url = proved["htu"].as_str().map(address) == Some(address(request.url));
    if proved["htm"] != request.method || !is_for_url || proved["ath"] != ath {
        return Err("this proof is for another request".into());
    }
    let (made, jti) = (proved["iat"].as_u64().ok_or("no time")?, proved["jti"].as_str().ok_or("no id")?.to_owned());
    let now = get_current_timestamp();
    if made > now + 5 || now.saturating_sub(made) > 300 || seen.contains(&jti) {
        return Err("this proof is too old, from the future, or was used before".into());
    }
    seen.push(jti); // in a real server: a table, for six minutes, so longer than a proof is accepted
    Ok(claims["sub"].as_str().ok_or("no subject")?.to_owned())
}

/// A URL without its query and fragment.
fn address(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}
