// The fix: name and value are measured before the cookie is set.
use actix_web::HttpResponse;
use actix_web::cookie::{Cookie, SameSite};
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::Value;

pub fn login(claims: &Value, key: &[u8]) -> Result<u16, Box<dyn std::error::Error>> {
    let token = encode(&Header::default(), claims, &EncodingKey::from_secret(key)?)?;
    let size = "token".len() + token.len();
    if size > 4096 {
        return Err(format!("the cookie has {size} bytes, and browsers keep 4096: leave out claims").into());
    }
    let cookie = Cookie::build("token", token).http_only(true).secure(true).same_site(SameSite::Lax).finish();
    Ok(HttpResponse::Ok().cookie(cookie).body("Welcome").status().as_u16())
}
