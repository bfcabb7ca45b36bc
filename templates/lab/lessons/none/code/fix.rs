//! The fix: every token is checked, under the one algorithm that this service expects.
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::Value;

pub fn user(token: &str, key: &str) -> Result<Value, Box<dyn std::error::Error>> {
    let key = DecodingKey::from_secret(key.as_bytes())?;
    let claims: Value = decode(token, &key, &Validation::new(Algorithm::HS256))?.claims;
    Ok(claims["sub"].clone())
}
