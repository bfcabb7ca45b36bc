// The mistake: a refresh token works again and again, for whoever has it.
use std::collections::HashMap;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode, get_current_timestamp};
use serde_json::{Value, json};

struct Family {
    user: &'static str,
    current: [u8; 32],
}

pub fn last_user(moves: &[&str], key: &[u8]) -> Result<String, Box<dyn std::error::Error>> {
    let mut first = [0; 32];
    aws_lc_rs::rand::fill(&mut first)?;
    let held = HashMap::from([("bob", first), ("mallory", first)]); // Mallory copied Bob's token
    let family = Family { user: "bob", current: first }; // in a real server: a row of a table
    let mut access = None;
    for client in moves {
        if held.get(client) == Some(&family.current) {
            let claims = json!({ "sub": family.user, "exp": get_current_timestamp() + 600 });
            access = Some(encode(&Header::default(), &claims, &EncodingKey::from_secret(key)?)?);
        }
    }
    let (access, rules) = (access.ok_or("no token")?, Validation::new(Algorithm::HS256));
    let claims = decode::<Value>(&access, &DecodingKey::from_secret(key)?, &rules)?.claims;
    Ok(claims["sub"].as_str().ok_or("no subject")?.to_owned())
}
