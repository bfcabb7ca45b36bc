//! *Recover the public key*: the key of a portal that publishes none becomes the secret of an HMAC.

use serde_json::{Value, json};

use super::key_confusion::{PUBLIC, signed_by_portal};
use super::{Case, LessonCode, Outcome, signed, text};

mod fix;
mod mistake;

pub fn code() -> LessonCode {
    let admin = json!({ "sub": "admin", "exp": 9_999_999_999_u64 });
    let bob = signed_by_portal(r#"{"sub":"bob","exp":9999999999}"#);
    LessonCode {
        cases: vec![
            Case::forgery(&[&signed(&admin, PUBLIC), PUBLIC], "admin"),
            Case::genuine(&[&bob, PUBLIC], "bob"),
            Case::both(&[&signed(&admin, "another secret"), PUBLIC], None),
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
