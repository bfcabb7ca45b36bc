// The fix: the set that was fetched replaces the copy, so a retired key is gone.
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;

pub fn user(token: &str, copy: &mut JwkSet, fetched: JwkSet) -> Result<String, Box<dyn std::error::Error>> {
    *copy = fetched;
    let kid = decode_header(token)?.kid.ok_or("the token names no key")?;
    let key = DecodingKey::from_jwk(copy.find(&kid).ok_or("unknown key")?)?;
    let claims = decode::<Value>(token, &key, &Validation::new(Algorithm::RS256))?.claims;
    Ok(claims["sub"].as_str().ok_or("no subject")?.to_owned())
}
