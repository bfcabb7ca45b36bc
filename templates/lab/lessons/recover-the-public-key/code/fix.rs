//! The fix: the key may be known to everyone, because it verifies RS256 and does nothing else.
use std::error::Error;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use pkcs8::spki::SubjectPublicKeyInfoRef;
use serde_json::Value;

pub fn user(token: &str, known_key: &str) -> Result<Value, Box<dyn Error>> {
    let key = public_key(known_key)?;
    Ok(decode::<Value>(token, &key, &Validation::new(Algorithm::RS256))?.claims["sub"].clone())
}

/// The RSA key in a public PEM file. With the feature `use_pem`, which is on by default,
/// `DecodingKey::from_rsa_pem(file.as_bytes())` does the same.
fn public_key(file: &str) -> Result<DecodingKey, Box<dyn Error>> {
    let pem = pem::parse(file)?;
    let info = SubjectPublicKeyInfoRef::try_from(pem.contents())?;
    Ok(DecodingKey::from_rsa_der(info.subject_public_key.raw_bytes()))
}
