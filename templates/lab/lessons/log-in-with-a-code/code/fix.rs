//! The fix: this browser must have begun this login, at this issuer.
use std::error::Error;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::Value;

pub fn finish_login(callback: &Value, session: &Value, id_token: &str, key: &[u8]) -> Result<Value, Box<dyn Error>> {
    let state = session["state"].as_str().filter(|state| !state.is_empty()).ok_or("no login was begun here")?;
    if callback["state"] != state {
        return Err("this browser did not begin this login".into());
    }
    // In a real client: delete `state` now, so that it works once.
    // This issuer's metadata has `authorization_response_iss_parameter_supported`, so an answer
    // without `iss` is refused (RFC 9207, section 2.4).
    let issuer = session["issuer"].as_str().ok_or("the session names no issuer")?;
    if callback["iss"] != issuer {
        return Err("another issuer answers".into());
    }
    let mut rules = Validation::new(Algorithm::HS256);
    rules.set_audience(&["grade-portal"]);
    rules.set_issuer(&[issuer]);
    // Otherwise a token without `iss` or without `aud` passes.
    rules.set_required_spec_claims(&["exp", "iss", "aud"]);
    let claims = decode::<Value>(id_token, &DecodingKey::from_secret(key)?, &rules)?.claims;
    Ok(claims["sub"].clone())
}
