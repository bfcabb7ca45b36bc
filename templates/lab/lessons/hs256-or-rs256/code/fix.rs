//! The fix: the library verifies with a public key only. Nobody can sign with that.
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, errors::Error, jwk::Jwk};
use serde_json::Value;

pub fn user(token: &str, key: &Jwk) -> Result<Value, Error> {
    let rules = Validation::new(Algorithm::RS256);
    let claims = decode::<Value>(token, &DecodingKey::from_jwk(key)?, &rules)?.claims;
    Ok(claims["sub"].clone())
}
