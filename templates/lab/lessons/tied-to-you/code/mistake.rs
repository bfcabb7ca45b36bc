//! The mistake: the proof fits the key that it brings, and nobody asks whose key that is.
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;

/// A request with its token and its proof.
pub struct Request<'a> {
    pub method: &'a str,
    pub url: &'a str,
    pub token: &'a str,
    pub proof: &'a str,
}

pub fn user(request: &Request, key: &Jwk, seen: &mut [String]) -> Result<String, Box<dyn std::error::Error>> {
    let mut rules = Validation::new(Algorithm::ES256);
    let claims = decode::<Value>(request.token, &DecodingKey::from_jwk(key)?, &rules)?.claims;
    let jwk = decode_header(request.proof)?.jwk.ok_or("no key")?;
    rules.set_required_spec_claims::<&str>(&[]);
    let proved = decode::<Value>(request.proof, &DecodingKey::from_jwk(&jwk)?, &rules)?.claims;
    if proved["htm"] != request.method || proved["htu"] != request.url || seen.iter().any(|it| proved["jti"] == **it) {
        return Err("this proof is for another request, or was used before".into());
    }
    Ok(claims["sub"].as_str().ok_or("no subject")?.to_owned())
}
