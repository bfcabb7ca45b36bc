//! *Keys in the header*: the token contains the key that verifies it.

use hallpass::keys::{Algorithm, GivenKey};
use serde_json::{Value, json};

use super::{Case, LessonCode, Outcome, text};

mod fix;
mod mistake;

/// The portal's key pair, and the attacker's.
const PORTAL: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/keys/rsa-private.jwk.json"));
const ATTACKER: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/rfc/7515-a2.jwk.json"));

pub fn code() -> LessonCode {
    let trusted = json!({ "keys": [public(PORTAL, "portal")] });
    let signed = |subject: &str, key: &str, header: Value| {
        let payload = json!({ "sub": subject, "exp": 9_999_999_999_u64 });
        let signer = GivenKey::from_jwk(key.as_bytes(), "a key").unwrap().signer(Some(Algorithm::Rs256)).unwrap();
        hallpass::token::sign(header.to_string(), payload.to_string(), &signer).unwrap().into_string()
    };
    let own_key = public(ATTACKER, "mallory");
    let case = |token: String, mistake: Outcome, fix: Outcome| Case {
        arguments: vec![json!(token), trusted.clone()],
        mistake,
        fix,
    };
    let admin = || Some(json!("admin"));
    let brings = signed("admin", ATTACKER, json!({ "alg": "RS256", "jwk": own_key }));
    let names_too = signed("admin", ATTACKER, json!({ "alg": "RS256", "kid": "portal", "jwk": own_key }));
    let only_names = signed("admin", ATTACKER, json!({ "alg": "RS256", "kid": "portal" }));
    let unknown = signed("admin", ATTACKER, json!({ "alg": "RS256", "kid": "/dev/null" }));
    let bob = signed("bob", PORTAL, json!({ "alg": "RS256", "kid": "portal" }));
    LessonCode {
        cases: vec![
            case(brings, admin(), None),
            case(names_too, admin(), None),
            case(only_names, None, None),
            case(unknown, None, None),
            case(bob, Some(json!("bob")), Some(json!("bob"))),
        ],
        rust: [mistaken, fixed],
    }
}

/// The public key of an RSA pair, with a name.
fn public(pair: &str, kid: &str) -> Value {
    let pair: Value = serde_json::from_str(pair).unwrap();
    json!({ "kty": "RSA", "n": pair["n"], "e": pair["e"], "kid": kid, "alg": "RS256" })
}

fn mistaken(arguments: &[Value]) -> Outcome {
    mistake::user(text(arguments, 0), &serde_json::from_value(arguments[1].clone()).unwrap()).ok()
}

fn fixed(arguments: &[Value]) -> Outcome {
    fix::user(text(arguments, 0), &serde_json::from_value(arguments[1].clone()).unwrap()).ok()
}
