//! *Logout three ways*: a token that was copied before the logout.

use serde_json::{Value, json};

use super::{Call, Case, LessonCode, Outcome, signed, text};

mod fix;
mod mistake;

const SECRET: &str = "the secret of the grade portal, 32 bytes";

pub fn code() -> LessonCode {
    let bob = signed(&json!({ "sub": "bob", "jti": "1", "exp": 9_999_999_999_u64 }), SECRET);
    let nameless = signed(&json!({ "sub": "bob", "exp": 9_999_999_999_u64 }), SECRET);
    let other =
        signed(&json!({ "sub": "bob", "jti": "1", "exp": 9_999_999_999_u64 }), "another secret that has 32 bytes");
    let visit = |pages: &[&str], token: &str, mistake: Outcome, fix: Outcome| Case {
        arguments: vec![json!(pages), json!(token), json!(SECRET)],
        mistake,
        fix,
    };
    let (hello, goodbye) = (Some(json!("Hello bob")), Some(json!("Set-Cookie: token=; Max-Age=0")));
    LessonCode {
        cases: vec![
            visit(&["/grades", "/logout", "/grades"], &bob, hello.clone(), None),
            visit(&["/grades"], &nameless, hello.clone(), None),
            visit(&["/grades", "/grades"], &bob, hello.clone(), hello),
            visit(&["/grades", "/logout"], &bob, goodbye.clone(), goodbye),
            visit(&["/grades"], &other, None, None),
        ],
        rust: [mistaken, fixed],
    }
}

pub fn calls_of_fix() -> Vec<Call> {
    let endless = signed(&json!({ "sub": "bob", "jti": "1" }), SECRET);
    vec![(vec![json!(["/grades"]), json!(endless), json!(SECRET)], None)]
}

fn mistaken(arguments: &[Value]) -> Outcome {
    mistake::visit(&pages(arguments), text(arguments, 1), text(arguments, 2).as_bytes()).ok().map(Value::from)
}

fn fixed(arguments: &[Value]) -> Outcome {
    fix::visit(&pages(arguments), text(arguments, 1), text(arguments, 2).as_bytes()).ok().map(Value::from)
}

fn pages(arguments: &[Value]) -> Vec<&str> {
    arguments[0].as_array().unwrap().iter().map(|page| page.as_str().unwrap()).collect()
}
