//! *Anatomy of a token*: the payload is read without a check.

use serde_json::{Value, json};

use super::{Case, LessonCode, Outcome, signed, text, token};

#[path = "../../../templates/lab/lessons/anatomy/code/fix.rs"]
mod fix;
#[path = "../../../templates/lab/lessons/anatomy/code/mistake.rs"]
mod mistake;

const SECRET: &str = "the secret of the grade portal, 32 bytes";

pub fn code() -> LessonCode {
    let admin = r#"{"sub":"admin","exp":9999999999}"#;
    let unchecked = token(r#"{"alg":"HS256"}"#, admin, "AAAA");
    let bob = signed(&json!({ "sub": "bob", "exp": 9_999_999_999_u64 }), SECRET);
    LessonCode {
        cases: vec![
            Case::forgery(&[&unchecked, SECRET], "admin"),
            Case::genuine(&[&bob, SECRET], "bob"),
            Case::both(&["no token", SECRET], None),
        ],
        rust: [mistaken, fixed],
    }
}

fn mistaken(arguments: &[Value]) -> Outcome {
    mistake::user(text(arguments, 0)).ok()
}

fn fixed(arguments: &[Value]) -> Outcome {
    fix::user(text(arguments, 0), text(arguments, 1)).ok()
}
