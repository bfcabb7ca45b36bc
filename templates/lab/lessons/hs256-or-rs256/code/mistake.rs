//! The mistake: the library takes any key of the portal, also a shared secret.
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header, errors::Error, jwk::Jwk};
use serde_json::Value;

pub fn user(token: &str, key: &Jwk) -> Result<Value, Error> {
    let rules = Validation::new(decode_header(token)?.alg);
    let claims = decode::<Value>(token, &DecodingKey::from_jwk(key)?, &rules)?.claims;
    Ok(claims["sub"].clone())
}
