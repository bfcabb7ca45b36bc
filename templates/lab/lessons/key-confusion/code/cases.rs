//! *Key confusion*: a public key becomes the secret of an HMAC.

use hallpass::keys::GivenKey;
use hallpass::token::sign;
use serde_json::{Value, json};

use super::{Case, LessonCode, Outcome, signed, text};

mod fix;
mod mistake;

/// The public key of the portal.
pub const PUBLIC: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/keys/rsa-public-spki.pem"));
const PRIVATE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/keys/rsa-pkcs8.pem"));

/// A token that the portal signed under RS256.
pub fn signed_by_portal(payload: &str) -> String {
    let signer = GivenKey::parse(PRIVATE.as_bytes(), "a fixture").unwrap().signer(None).unwrap();
    sign(r#"{"alg":"RS256","typ":"JWT"}"#, payload, &signer).unwrap().into_string()
}

pub fn code() -> LessonCode {
    let admin = json!({ "sub": "admin", "exp": 9_999_999_999_u64 });
    let bob = signed_by_portal(r#"{"sub":"bob","exp":9999999999}"#);
    LessonCode {
        cases: vec![
            Case::forgery(&[&signed(&admin, PUBLIC), PUBLIC], "admin"),
            Case::genuine(&[&bob, PUBLIC], "bob"),
            Case::both(&[&signed(&admin, PUBLIC.trim_end()), PUBLIC], None),
            Case::both(&["no token", PUBLIC], None),
        ],
        rust: [mistaken, fixed],
    }
}

fn mistaken(arguments: &[Value]) -> Outcome {
    mistake::user(text(arguments, 0), text(arguments, 1)).ok()
}

fn fixed(arguments: &[Value]) -> Outcome {
    fix::user(text(arguments, 0), text(arguments, 1)).ok()
}
