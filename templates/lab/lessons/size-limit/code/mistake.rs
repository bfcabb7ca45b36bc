// The mistake: the token goes into the cookie, however large it is.
use actix_web::HttpResponse;
use actix_web::cookie::{Cookie, SameSite};
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::Value;

pub fn login(claims: &Value, key: &[u8]) -> Result<u16, Box<dyn std::error::Error>> {
    let token = encode(&Header::default(), claims, &EncodingKey::from_secret(key)?)?;
    let cookie = Cookie::build("token", token).http_only(true).secure(true).same_site(SameSite::Lax).finish();
    Ok(HttpResponse::Ok().cookie(cookie).body("Welcome").status().as_u16())
}
