//! *Tamper with a token*: the check of the signature has no effect.

use serde_json::{Value, json};

use super::{Case, LessonCode, Outcome, signed, text, token};

mod fix;
mod mistake;

const SECRET: &str = "the secret of the grade portal, 32 bytes";

pub fn code() -> LessonCode {
    let bob = signed(&json!({ "sub": "bob", "exp": 9_999_999_999_u64 }), SECRET);
    let signature = bob.rsplit('.').next().unwrap();
    let admin = r#"{"sub":"admin","exp":9999999999}"#;
    let tampered = token(r#"{"typ":"JWT","alg":"HS256"}"#, admin, signature);
    let other_signature = format!("{}A{}", &bob[..bob.len() - 20], &bob[bob.len() - 19..]);
    LessonCode {
        cases: vec![
            Case::forgery(&[&tampered, SECRET], "admin"),
            Case::forgery(&[&other_signature, SECRET], "bob"),
            Case::genuine(&[&bob, SECRET], "bob"),
            Case::both(&["no token", SECRET], None),
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
