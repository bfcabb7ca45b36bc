//! The mistake: the payload is read, and nobody checks who wrote it.
use jsonwebtoken::{dangerous, errors::Error};
use serde_json::Value;

pub fn user(token: &str) -> Result<Value, Error> {
    let claims: Value = dangerous::insecure_decode_claims(token)?;
    Ok(claims["sub"].clone())
}
