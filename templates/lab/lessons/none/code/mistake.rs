//! The mistake: a token without a signature is read without a check.
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::Value;

pub fn user(token: &str, key: &str) -> Result<Value, Box<dyn std::error::Error>> {
    let claims: Value = match token.split('.').collect::<Vec<_>>()[..] {
        [_, payload, ""] => serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload)?)?,
        _ => decode(token, &DecodingKey::from_secret(key.as_bytes())?, &Validation::new(Algorithm::HS256))?.claims,
    };
    Ok(claims["sub"].clone())
}
