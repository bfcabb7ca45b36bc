//! The mistake: the key set of whichever issuer the token names is used, and nobody checks who it is for.
//! `keys[issuer]` stands for fetching the key set from the address in `iss`.
use std::collections::HashMap;

use jsonwebtoken::dangerous::insecure_decode_claims;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::Value;

pub fn role(token: &str, keys: &HashMap<String, Jwk>) -> Result<String, Box<dyn std::error::Error>> {
    let unverified: Value = insecure_decode_claims(token)?;
    let issuer = unverified["iss"].as_str().ok_or("no issuer")?;
    let key = DecodingKey::from_jwk(keys.get(issuer).ok_or("unknown issuer")?)?;
    let mut rules = Validation::new(Algorithm::ES256);
    rules.validate_aud = false;
    let claims = decode::<Value>(token, &key, &rules)?.claims;
    Ok(claims["role"].as_str().ok_or("no role")?.to_owned())
}
