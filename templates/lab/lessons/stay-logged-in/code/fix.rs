// The fix: a refresh token works once. A second use ends the whole family.
use std::collections::HashMap;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode, get_current_timestamp};
use serde_json::{Value, json};

struct Family {
    user: &'static str,
    current: [u8; 32],
    ended: bool,
}

pub fn last_user(moves: &[&'static str], key: &[u8]) -> Result<String, Box<dyn std::error::Error>> {
    let mut next = [0; 32];
    aws_lc_rs::rand::fill(&mut next)?;
    let mut held = HashMap::from([("bob", next), ("mallory", next)]); // Mallory copied Bob's token
    // In a real server: a row with a hash of the token, replaced by one UPDATE … WHERE current = ?.
    let mut family = Family { user: "bob", current: next, ended: false };
    let mut access = None;
    for client in moves {
        if family.ended || held.get(client) != Some(&family.current) {
            family.ended = true;
            // Nobody gets a new one. An access token that was issued stays valid until its `exp`.
            access = None;
        } else {
            aws_lc_rs::rand::fill(&mut next)?;
            family.current = next;
            held.insert(client, next);
            let claims = json!({ "sub": family.user, "exp": get_current_timestamp() + 600 });
            access = Some(encode(&Header::default(), &claims, &EncodingKey::from_secret(key)?)?);
        }
    }
    let (access, rules) = (access.ok_or("the family has ended")?, Validation::new(Algorithm::HS256));
    let claims = decode::<Value>(&access, &DecodingKey::from_secret(key)?, &rules)?.claims;
    Ok(claims["sub"].as_str().ok_or("no subject")?.to_owned())
}
