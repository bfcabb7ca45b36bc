//! The mistake: "nobody has our public key", so its file may serve as a secret too.
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;

pub fn user(token: &str, confidential_key: &str) -> Result<Value, Box<dyn std::error::Error>> {
    let alg = decode_header(token)?.alg;
    let key = match alg {
        Algorithm::RS256 => DecodingKey::from_rsa_der(pem::parse(confidential_key)?.contents()),
        _ => DecodingKey::from_secret(confidential_key.as_bytes()),
    };
    Ok(decode::<Value>(token, &key, &Validation::new(alg))?.claims["sub"].clone())
}
