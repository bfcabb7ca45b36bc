//! The mistake: the token's `alg` decides how the portal uses its one key file.
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;

pub fn user(token: &str, key: &str) -> Result<Value, Box<dyn std::error::Error>> {
    let alg = decode_header(token)?.alg;
    let key = match alg {
        Algorithm::HS256 => DecodingKey::from_secret(key.as_bytes()),
        _ => DecodingKey::from_rsa_der(pem::parse(key)?.contents()),
    };
    let claims = decode::<Value>(token, &key, &Validation::new(alg))?.claims;
    Ok(claims["sub"].clone())
}
