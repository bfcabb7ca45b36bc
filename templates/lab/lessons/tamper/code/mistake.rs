//! The mistake: a failed check is only logged, and the claims were read before it.
use jsonwebtoken::dangerous::insecure_decode_claims;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, errors::Error};
use serde_json::Value;

pub fn user(token: &str, key: &str) -> Result<Value, Error> {
    let claims: Value = insecure_decode_claims(token)?;
    let key = DecodingKey::from_secret(key.as_bytes())?;
    if let Err(error) = decode::<Value>(token, &key, &Validation::new(Algorithm::HS256)) {
        log::warn!("refused token: {error}");
    }
    Ok(claims["sub"].clone())
}
