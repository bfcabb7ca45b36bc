//! *Start here*: a token is read and believed, without a look at its signature.

use serde_json::{Value, json};

use super::{Case, LessonCode, Outcome, signed, text, token};

mod fix;
mod mistake;

const KEY: &str = "the key of the grade portal, 32 bytes or more";

pub fn code() -> LessonCode {
    let claims = |subject: &str| json!({ "sub": subject, "exp": 9_999_999_999_u64 });
    let written = token(r#"{"alg":"HS256","typ":"JWT"}"#, &claims("admin").to_string(), "AAAA");
    let signed_by_mallory = signed(&claims("admin"), "the key of Mallory, which has 32 bytes or more");
    LessonCode {
        cases: vec![
            Case::forgery(&[&written, KEY], "admin"),
            Case::forgery(&[&signed_by_mallory, KEY], "admin"),
            Case::genuine(&[&signed(&claims("bob"), KEY), KEY], "bob"),
            Case::both(&["no token", KEY], None),
        ],
        rust: [mistaken, fixed],
    }
}

fn mistaken(arguments: &[Value]) -> Outcome {
    mistake::user(text(arguments, 0), text(arguments, 1)).ok().map(Value::from)
}

fn fixed(arguments: &[Value]) -> Outcome {
    fix::user(text(arguments, 0), text(arguments, 1)).ok().map(Value::from)
}
