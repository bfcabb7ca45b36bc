//! *Two clocks*: the end of a login is left to the cookie.

use serde_json::{Value, json};

use super::{Call, Case, LessonCode, Outcome, signed, text};

mod fix;
mod mistake;

const KEY: &str = "the key of the grade portal, 32 bytes or more";

pub fn code() -> LessonCode {
    let last_year = signed(&json!({ "sub": "bob", "exp": 1_700_000_000 }), KEY);
    let endless = signed(&json!({ "sub": "bob" }), KEY);
    let good = signed(&json!({ "sub": "bob", "exp": 9_999_999_999_u64 }), KEY);
    let forged =
        signed(&json!({ "sub": "admin", "exp": 9_999_999_999_u64 }), "another key, which has 32 bytes or more");
    let now = jsonwebtoken::get_current_timestamp();
    let ended = |seconds: u64| signed(&json!({ "sub": "bob", "exp": now - seconds }), KEY);
    LessonCode {
        cases: vec![
            Case::forgery(&[&last_year, KEY], "bob"),
            Case::forgery(&[&endless, KEY], "bob"),
            // PyJWT and jsonwebtoken for Rust have other defaults than the ten seconds of the fix.
            Case::forgery(&[&ended(30), KEY], "bob"),
            Case::genuine(&[&ended(1), KEY], "bob"),
            Case::genuine(&[&good, KEY], "bob"),
            Case::both(&[&forged, KEY], None),
        ],
        rust: [mistaken, fixed],
    }
}

pub fn calls_of_fix() -> Vec<Call> {
    let now = jsonwebtoken::get_current_timestamp();
    let from = |nbf: u64, outcome: Outcome| {
        let token = signed(&json!({ "sub": "bob", "nbf": nbf, "exp": 9_999_999_999_u64 }), KEY);
        (vec![json!(token), json!(KEY)], outcome)
    };
    vec![from(now + 3600, None), from(now + 2, Some(json!("bob"))), from(now - 60, Some(json!("bob")))]
}

fn mistaken(arguments: &[Value]) -> Outcome {
    mistake::user(text(arguments, 0), text(arguments, 1)).ok()
}

fn fixed(arguments: &[Value]) -> Outcome {
    fix::user(text(arguments, 0), text(arguments, 1)).ok()
}
