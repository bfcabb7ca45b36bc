//! The fix: the portal names its one issuer, and itself as the audience.
use std::collections::HashMap;

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::Value;

const ISSUER: &str = "https://login.example/school";
const PORTAL: &str = "https://portal.example";

pub fn role(token: &str, keys: &HashMap<String, Jwk>) -> Result<String, Box<dyn std::error::Error>> {
    let key = DecodingKey::from_jwk(keys.get(ISSUER).ok_or("unknown issuer")?)?;
    let mut rules = Validation::new(Algorithm::ES256);
    rules.set_issuer(&[ISSUER]);
    rules.set_audience(&[PORTAL]);
    // Otherwise a token without `iss` or without `aud` passes.
    rules.set_required_spec_claims(&["exp", "iss", "aud"]);
    let claims = decode::<Value>(token, &key, &rules)?.claims;
    Ok(claims["role"].as_str().ok_or("no role")?.to_owned())
}
