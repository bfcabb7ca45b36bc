// The mistake: the logout only asks the browser to delete the cookie.
use jsonwebtoken::errors::Error;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::Value;

pub fn visit(pages: &[&str], token: &str, key: &[u8]) -> Result<String, Error> {
    let mut answer = String::new();
    for page in pages {
        let rules = Validation::new(Algorithm::HS256);
        let claims = decode::<Value>(token, &DecodingKey::from_secret(key)?, &rules)?.claims;
        answer = match *page {
            "/logout" => "Set-Cookie: token=; Max-Age=0".to_owned(),
            _ => format!("Hello {}", claims["sub"].as_str().unwrap_or("guest")),
        };
    }
    Ok(answer)
}
