// Checks exp by the server's own clock,
// and refuses a token that has none.
use jsonwebtoken::errors::Error;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::Value;

pub fn user(token: &str, key: &str) -> Result<Value, Error> {
    let mut rules = Validation::new(Algorithm::HS256); // requires and checks exp
    rules.leeway = 10; // the default is 60 seconds
    rules.validate_nbf = true; // the default is false
    let key = DecodingKey::from_secret(key.as_bytes())?;
    let token = decode::<Value>(token, &key, &rules)?;
    Ok(token.claims["sub"].clone())
}
