// Reads the token and believes it.
// Anyone can write such a token.
use jsonwebtoken::dangerous::insecure_decode_claims;
use jsonwebtoken::errors::Error;
use serde::Deserialize;

#[derive(Deserialize)]
struct Claims {
    sub: String,
}

pub fn user(token: &str, _key: &str) -> Result<String, Error> {
    let claims: Claims = insecure_decode_claims(token)?;
    Ok(claims.sub)
}
