// Tells the page who is logged in. It also gives the
// page the token out of the HttpOnly cookie.
use std::collections::HashMap;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::{Value, json};

pub fn me(cookies: &HashMap<String, String>, key: &str) -> Option<Value> {
    let token = cookies.get("session")?;
    let key = DecodingKey::from_secret(key.as_bytes()).ok()?;
    let claims: Value = decode(token, &key, &Validation::new(Algorithm::HS256)).ok()?.claims;
    Some(json!({ "user": claims["sub"], "token": token }))
}
