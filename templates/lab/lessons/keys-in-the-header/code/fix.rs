//! The fix: the header only says which of the trusted keys it is.
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use serde_json::Value;

pub fn user(token: &str, trusted: &JwkSet) -> Result<Value, Box<dyn std::error::Error>> {
    let kid = decode_header(token)?.kid.ok_or("no kid")?;
    let jwk = trusted.find(&kid).ok_or("unknown key")?;
    let claims: Value = decode(token, &DecodingKey::from_jwk(jwk)?, &Validation::new(Algorithm::RS256))?.claims;
    Ok(claims["sub"].clone())
}
