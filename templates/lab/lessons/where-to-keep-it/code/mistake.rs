// The mistake: the address for the page accepts a token that the browser sends.
use std::collections::HashMap;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::Value;

type Texts = HashMap<String, String>;

pub fn user_of_request(request: &Texts, _sessions: &Texts, key: &[u8]) -> Option<String> {
    let token = request.get("authorization")?.strip_prefix("Bearer ")?;
    let claims =
        decode::<Value>(token, &DecodingKey::from_secret(key).ok()?, &Validation::new(Algorithm::HS256)).ok()?.claims;
    claims["sub"].as_str().map(str::to_owned)
}
