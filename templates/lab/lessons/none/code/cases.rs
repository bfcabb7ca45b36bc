//! *A token that needs no key*: the token's header chooses the algorithm.

use serde_json::{Value, json};

use super::{Case, LessonCode, Outcome, signed, text, token};

mod fix;
mod mistake;

const SECRET: &str = "the secret of the grade portal, 32 bytes";

pub fn code() -> LessonCode {
    let admin = r#"{"sub":"admin","exp":9999999999}"#;
    let unsigned = token(r#"{"alg":"none"}"#, admin, "");
    let bob = signed(&json!({ "sub": "bob", "exp": 9_999_999_999_u64 }), SECRET);
    let wrong = signed(&json!({ "sub": "admin", "exp": 9_999_999_999_u64 }), "another secret that has 32 bytes");
    LessonCode {
        cases: vec![
            Case::forgery(&[&unsigned, SECRET], "admin"),
            Case::genuine(&[&bob, SECRET], "bob"),
            Case::both(&[&wrong, SECRET], None),
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
