//! The mistake: the token contains the key that verifies it.
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use serde_json::Value;

pub fn user(token: &str, trusted: &JwkSet) -> Result<Value, Box<dyn std::error::Error>> {
    let header = decode_header(token)?;
    let named = header.kid.and_then(|kid| trusted.find(&kid).cloned());
    let jwk = header.jwk.or(named).ok_or("unknown key")?;
    let claims: Value = decode(token, &DecodingKey::from_jwk(&jwk)?, &Validation::new(Algorithm::RS256))?.claims;
    Ok(claims["sub"].clone())
}
