//! *What script can reach*: an address hands the token out of its `HttpOnly` cookie to any script that asks.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{Case, LessonCode, Outcome, signed, text};

mod fix;
mod mistake;

const KEY: &str = "the key of the grade portal, 32 bytes or more";

pub fn code() -> LessonCode {
    let claims = |subject: &str| json!({ "sub": subject, "exp": 9_999_999_999_u64 });
    let bob = signed(&claims("bob"), KEY);
    let forged = signed(&claims("admin"), "the key of Mallory, which has 32 bytes or more");
    let case =
        |cookies: Value, mistake: Outcome, fix: Outcome| Case { arguments: vec![cookies, json!(KEY)], mistake, fix };
    LessonCode {
        cases: vec![
            case(
                json!({ "session": bob }),
                Some(json!({ "user": "bob", "token": bob })),
                Some(json!({ "user": "bob" })),
            ),
            case(json!({ "session": forged }), None, None),
            case(json!({}), None, None),
        ],
        rust: [mistaken, fixed],
    }
}

fn cookies(arguments: &[Value]) -> HashMap<String, String> {
    serde_json::from_value(arguments[0].clone()).unwrap()
}

fn mistaken(arguments: &[Value]) -> Outcome {
    mistake::me(&cookies(arguments), text(arguments, 1))
}

fn fixed(arguments: &[Value]) -> Outcome {
    fix::me(&cookies(arguments), text(arguments, 1))
}
