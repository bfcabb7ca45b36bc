//! *What Set-Cookie said*: a cookie is trusted for the attributes with which it was set.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{Case, LessonCode, Outcome, signed, text};

mod fix;
mod mistake;

const KEY: &str = "the key of the grade portal, 32 bytes or more";

pub fn code() -> LessonCode {
    let claims = |subject: &str| json!({ "sub": subject, "exp": 9_999_999_999_u64 });
    let (bob, forged) =
        (signed(&claims("bob"), KEY), signed(&claims("admin"), "the key of Mallory, which has 32 bytes or more"));
    let case = |cookies: Value, mistake: Option<&str>, fix: Option<&str>| Case {
        arguments: vec![cookies, json!(KEY)],
        mistake: mistake.map(Value::from),
        fix: fix.map(Value::from),
    };
    LessonCode {
        cases: vec![
            case(json!({ "user": "admin" }), Some("admin"), None),
            case(json!({ "user": "admin", "session": forged }), Some("admin"), None),
            case(json!({ "user": "admin", "session": bob }), Some("admin"), Some("bob")),
            case(json!({ "user": "bob", "session": bob }), Some("bob"), Some("bob")),
        ],
        rust: [mistaken, fixed],
    }
}

fn cookies(arguments: &[Value]) -> HashMap<String, String> {
    serde_json::from_value(arguments[0].clone()).unwrap()
}

fn mistaken(arguments: &[Value]) -> Outcome {
    mistake::user(&cookies(arguments), text(arguments, 1)).map(Value::from)
}

fn fixed(arguments: &[Value]) -> Outcome {
    fix::user(&cookies(arguments), text(arguments, 1)).map(Value::from)
}
