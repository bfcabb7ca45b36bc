// The mistake: the role is in the token, so it stays until `exp`.
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::Value;

pub fn change_grade(token: &str, key: &[u8], users: &Value) -> Result<String, Box<dyn std::error::Error>> {
    let rules = Validation::new(Algorithm::HS256);
    let claims = decode::<Value>(token, &DecodingKey::from_secret(key)?, &rules)?.claims;
    let user = &users[claims["sub"].as_str().ok_or("no subject")?];
    if claims["role"] != "admin" {
        return Err("only Admin changes grades".into());
    }
    Ok(format!("{} changed a grade", user["name"].as_str().ok_or("no such user")?))
}
