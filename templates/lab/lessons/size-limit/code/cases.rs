//! *The 4096-byte limit*: a token that is too large for a cookie.

use serde_json::{Value, json};

use super::{Case, LessonCode, Outcome, text};

mod fix;
mod mistake;

const SECRET: &str = "the secret of the grade portal, 32 bytes";

pub fn code() -> LessonCode {
    let login = |courses: usize, fix: Outcome| {
        let courses: Vec<String> = (0..courses).map(|number| format!("course number {number}")).collect();
        let claims = json!({ "sub": "admin", "iat": 1_800_000_000, "exp": 9_999_999_999_u64, "courses": courses });
        Case { arguments: vec![claims, json!(SECRET)], mistake: Some(json!(200)), fix }
    };
    LessonCode { cases: vec![login(300, None), login(30, Some(json!(200)))], rust: [mistaken, fixed] }
}

fn mistaken(arguments: &[Value]) -> Outcome {
    mistake::login(&arguments[0], text(arguments, 1).as_bytes()).ok().map(Value::from)
}

fn fixed(arguments: &[Value]) -> Outcome {
    fix::login(&arguments[0], text(arguments, 1).as_bytes()).ok().map(Value::from)
}
