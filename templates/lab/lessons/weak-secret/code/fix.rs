//! The fix: a secret that is too short is an error.
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::Value;

pub fn user(token: &str, secret: &str) -> Result<Value, Box<dyn std::error::Error>> {
    if secret.len() < 32 {
        return Err("make a secret with: openssl rand -base64 32".into());
    }
    let key = DecodingKey::from_secret(secret.as_bytes())?;
    let claims: Value = decode(token, &key, &Validation::new(Algorithm::HS256))?.claims;
    Ok(claims["sub"].clone())
}
