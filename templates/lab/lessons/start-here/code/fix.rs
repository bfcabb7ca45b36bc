// Verifies the token with the key first.
// Only then do its claims count.
use jsonwebtoken::errors::Error;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;

#[derive(Deserialize)]
struct Claims {
    sub: String,
}

pub fn user(token: &str, key: &str) -> Result<String, Error> {
    let key = DecodingKey::from_secret(key.as_bytes())?;
    let token = decode::<Claims>(token, &key, &Validation::new(Algorithm::HS256))?;
    Ok(token.claims.sub)
}
