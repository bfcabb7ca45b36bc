//! The fix: the claims are read from a token that verified.
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, errors::Error};
use serde_json::Value;

pub fn user(token: &str, key: &str) -> Result<Value, Error> {
    let key = DecodingKey::from_secret(key.as_bytes());
    let claims: Value = decode(token, &key, &Validation::new(Algorithm::HS256))?.claims;
    Ok(claims["sub"].clone())
}
