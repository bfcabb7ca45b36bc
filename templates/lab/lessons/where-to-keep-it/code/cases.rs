//! *Where to keep it*: a stolen token works from every machine, because the page's address accepts one from a browser.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{Case, LessonCode, Outcome, signed, text};

mod fix;
mod mistake;

const KEY: &str = "the key of the grade portal, 32 bytes or more";

pub fn code() -> LessonCode {
    let token = signed(&json!({ "sub": "bob", "exp": 9_999_999_999_u64 }), KEY);
    let bearer = format!("Bearer {token}");
    let bob = || Some(json!("bob"));
    let case = |headers: Value, mistake: Outcome, fix: Outcome| Case {
        arguments: vec![headers, json!({ "1a2b3c4d": token }), json!(KEY)],
        mistake,
        fix,
    };
    LessonCode {
        cases: vec![
            case(json!({ "authorization": bearer }), bob(), None),
            case(json!({ "authorization": bearer, "session": "00000000" }), bob(), None),
            case(json!({ "authorization": bearer, "session": "1a2b3c4d" }), bob(), bob()),
            case(json!({}), None, None),
        ],
        rust: [mistaken, fixed],
    }
}

fn texts(arguments: &[Value], place: usize) -> HashMap<String, String> {
    serde_json::from_value(arguments[place].clone()).unwrap()
}

fn mistaken(arguments: &[Value]) -> Outcome {
    let key = text(arguments, 2).as_bytes();
    mistake::user_of_request(&texts(arguments, 0), &texts(arguments, 1), key).map(Value::from)
}

fn fixed(arguments: &[Value]) -> Outcome {
    let key = text(arguments, 2).as_bytes();
    fix::user_of_request(&texts(arguments, 0), &texts(arguments, 1), key).map(Value::from)
}
