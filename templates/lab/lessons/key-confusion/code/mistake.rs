//! The mistake: the token's `alg` decides how the portal uses its one key file.
use std::error::Error;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use pkcs8::spki::SubjectPublicKeyInfoRef;
use serde_json::Value;

pub fn user(token: &str, key: &str) -> Result<Value, Box<dyn Error>> {
    let alg = decode_header(token)?.alg;
    let key = match alg {
        Algorithm::HS256 => DecodingKey::from_secret(key.as_bytes())?,
        _ => public_key(key)?,
    };
    let claims = decode::<Value>(token, &key, &Validation::new(alg))?.claims;
    Ok(claims["sub"].clone())
}

/// The RSA key in a public PEM file. With the feature `use_pem`, which is on by default,
/// `DecodingKey::from_rsa_pem(file.as_bytes())` does the same.
fn public_key(file: &str) -> Result<DecodingKey, Box<dyn Error>> {
    let pem = pem::parse(file)?;
    let info = SubjectPublicKeyInfoRef::try_from(pem.contents())?;
    Ok(DecodingKey::from_rsa_der(info.subject_public_key.raw_bytes()))
}
