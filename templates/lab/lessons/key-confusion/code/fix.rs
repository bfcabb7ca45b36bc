//! The fix: one key, one algorithm. A token that names another one is refused.
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::Value;

pub fn user(token: &str, key: &str) -> Result<Value, Box<dyn std::error::Error>> {
    let key = DecodingKey::from_rsa_der(pem::parse(key)?.contents());
    let claims = decode::<Value>(token, &key, &Validation::new(Algorithm::RS256))?.claims;
    Ok(claims["sub"].clone())
}
