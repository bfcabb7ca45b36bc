//! The mistake: any text is good enough as the secret, such as `changeme`.
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::Value;

pub fn user(token: &str, secret: &str) -> Result<Value, Box<dyn std::error::Error>> {
    let key = DecodingKey::from_secret(secret.as_bytes())?;
    let claims: Value = decode(token, &key, &Validation::new(Algorithm::HS256))?.claims;
    Ok(claims["sub"].clone())
}
