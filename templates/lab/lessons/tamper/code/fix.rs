//! The fix: the claims come from the check. If it fails, there are none.
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, errors::Error};
use serde_json::Value;

pub fn user(token: &str, key: &str) -> Result<Value, Error> {
    let key = DecodingKey::from_secret(key.as_bytes())?;
    let claims = decode::<Value>(token, &key, &Validation::new(Algorithm::HS256))?.claims;
    Ok(claims["sub"].clone())
}
