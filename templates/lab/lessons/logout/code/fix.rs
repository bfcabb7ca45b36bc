// The fix: the logout also revokes the token, and every request asks the list.
use std::collections::HashSet;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::Value;

pub fn visit(pages: &[&str], token: &str, key: &[u8]) -> Result<String, Box<dyn std::error::Error>> {
    let mut revoked = HashSet::new(); // in a real server: a table, where each `jti` stays until its `exp`
    let mut answer = String::new();
    for page in pages {
        let rules = Validation::new(Algorithm::HS256);
        let claims = decode::<Value>(token, &DecodingKey::from_secret(key)?, &rules)?.claims;
        let jti = claims["jti"].as_str().ok_or("a token without `jti` can never be revoked")?;
        if revoked.contains(jti) {
            return Err("this token was revoked at a logout".into());
        }
        answer = match *page {
            "/logout" => "Set-Cookie: token=; Max-Age=0".to_owned(),
            _ => format!("Hello {}", claims["sub"].as_str().unwrap_or("guest")),
        };
        if *page == "/logout" {
            revoked.insert(jti.to_owned());
        }
    }
    Ok(answer)
}
