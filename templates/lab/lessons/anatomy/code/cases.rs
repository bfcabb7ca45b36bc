//! *Anatomy of a token*: the log gets a token that whoever reads it can use.

use serde_json::{Value, json};

use super::{Case, LessonCode, Outcome, signed, text};

mod fix;
mod mistake;

const SECRET: &str = "the secret of the grade portal, 32 bytes";

pub fn code() -> LessonCode {
    let bob = signed(&json!({ "sub": "bob", "jti": "7f3a", "exp": 9_999_999_999_u64 }), SECRET);
    let of_mallory = signed(&json!({ "sub": "admin", "exp": 9_999_999_999_u64 }), "a secret of Mallory, also 32 bytes");
    let logged = Case {
        mistake: Some(json!(format!("login of bob with {bob}"))),
        fix: Some(json!("login of bob with token 7f3a")),
        ..Case::both(&[&bob, SECRET], None)
    };
    LessonCode {
        cases: vec![logged, Case::both(&[&of_mallory, SECRET], None), Case::both(&["no token", SECRET], None)],
        rust: [mistaken, fixed],
    }
}

fn mistaken(arguments: &[Value]) -> Outcome {
    mistake::line_for_the_log(text(arguments, 0), text(arguments, 1)).ok().map(Value::from)
}

fn fixed(arguments: &[Value]) -> Outcome {
    fix::line_for_the_log(text(arguments, 0), text(arguments, 1)).ok().map(Value::from)
}
