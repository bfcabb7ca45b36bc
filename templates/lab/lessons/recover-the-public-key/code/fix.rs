//! The fix: the key may be known to everyone, because it verifies RS256 and does nothing else.
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::Value;

pub fn user(token: &str, public_key: &str) -> Result<Value, Box<dyn std::error::Error>> {
    let key = DecodingKey::from_rsa_der(pem::parse(public_key)?.contents());
    Ok(decode::<Value>(token, &key, &Validation::new(Algorithm::RS256))?.claims["sub"].clone())
}
