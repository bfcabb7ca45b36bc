//! *Rotation of keys*: a token that is signed with a key that the issuer retired.

use std::path::Path;

use hallpass::keys::{Algorithm, GivenKey, Jwk, PublicKey, RsaPublicKey};
use hallpass::token::signing_input;
use jsonwebtoken::jwk::JwkSet;
use serde_json::{Value, json};

use super::{Call, Case, LessonCode, Outcome, text};

mod fix;
mod mistake;

const OLD: &str = "rsa-openssh";
const NEW: &str = "other-openssh";

pub fn code() -> LessonCode {
    let (old, new) = (json!({ "keys": [jwk(OLD)] }), json!({ "keys": [jwk(NEW)] }));
    let both = json!({ "keys": [jwk(OLD), jwk(NEW)] });
    let case = |token: String, copy: &Value, fetched: &Value, mistake: Outcome, fix: Outcome| Case {
        arguments: vec![json!(token), copy.clone(), fetched.clone()],
        mistake,
        fix,
    };
    let bob = Some(json!("bob"));
    LessonCode {
        cases: vec![
            case(signed(OLD, OLD, "admin"), &old, &new, Some(json!("admin")), None),
            case(signed(NEW, NEW, "bob"), &old, &new, bob.clone(), bob.clone()),
            case(signed(OLD, OLD, "bob"), &old, &both, bob.clone(), bob),
            case(signed(OLD, NEW, "admin"), &old, &new, None, None),
            case(signed(OLD, "unknown", "bob"), &old, &new, None, None),
        ],
        rust: [mistaken, fixed],
    }
}

pub fn calls_of_fix() -> Vec<Call> {
    let keys = json!({ "keys": [jwk(OLD)] });
    let endless = signed_claims(OLD, OLD, &json!({ "sub": "bob" }));
    vec![(vec![json!(endless), keys.clone(), keys], None)]
}

fn mistaken(arguments: &[Value]) -> Outcome {
    mistake::user(text(arguments, 0), &mut set(arguments, 1), set(arguments, 2)).ok().map(Value::from)
}

fn fixed(arguments: &[Value]) -> Outcome {
    fix::user(text(arguments, 0), &mut set(arguments, 1), set(arguments, 2)).ok().map(Value::from)
}

fn set(arguments: &[Value], place: usize) -> JwkSet {
    serde_json::from_value(arguments[place].clone()).unwrap()
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/keys")).join(name)).unwrap()
}

/// The public half of this key, whose name is its `kid` too.
fn jwk(key: &str) -> Value {
    let public = RsaPublicKey::parse(&fixture(&format!("{key}.pub"))).unwrap();
    serde_json::to_value(Jwk::new(&PublicKey::Rsa(public), Algorithm::Rs256, key.to_owned())).unwrap()
}

/// A token about this subject, signed with this key under this `kid`.
fn signed(key: &str, kid: &str, subject: &str) -> String {
    signed_claims(key, kid, &json!({ "sub": subject, "exp": 9_999_999_999_u64 }))
}

fn signed_claims(key: &str, kid: &str, claims: &Value) -> String {
    let signer = GivenKey::parse(&fixture(key), key).unwrap().signer(None).unwrap();
    let header = json!({ "alg": "RS256", "kid": kid }).to_string();
    let input = signing_input(header, claims.to_string());
    let signature = signer.sign(input.as_bytes()).unwrap();
    format!("{input}.{signature}")
}
