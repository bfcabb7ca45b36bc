//! The fix: the log gets the name of the token, which opens nothing.
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, errors::Error};
use serde_json::Value;

pub fn line_for_the_log(token: &str, key: &str) -> Result<String, Error> {
    let key = DecodingKey::from_secret(key.as_bytes())?;
    let claims: Value = decode(token, &key, &Validation::new(Algorithm::HS256))?.claims;
    let [subject, id] = ["sub", "jti"].map(|name| claims[name].as_str().unwrap_or_default());
    Ok(format!("login of {subject} with token {id}"))
}
