// Trusts only what the portal signed.
use std::collections::HashMap;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;

#[derive(Deserialize)]
struct Claims {
    sub: String,
}

pub fn user(cookies: &HashMap<String, String>, key: &str) -> Option<String> {
    let key = DecodingKey::from_secret(key.as_bytes()).ok()?;
    let token = decode::<Claims>(cookies.get("session")?, &key, &Validation::new(Algorithm::HS256));
    Some(token.ok()?.claims.sub)
}
