//! *The cookie laboratory*: a cookie without a prefix counts, and any neighbouring host can set it.

use serde_json::{Value, json};

use super::{Case, LessonCode, Outcome, text};

mod fix;
mod mistake;

pub fn code() -> LessonCode {
    let tossed = "session=mallory; __Host-session=bob";
    LessonCode {
        cases: vec![
            Case::forgery(&["session=mallory"], "mallory"),
            Case { fix: Some(json!("bob")), ..Case::forgery(&[tossed], "mallory") },
            Case::genuine(&["__Host-session=bob"], "bob"),
            Case::genuine(&["theme=dark; __Host-session=bob"], "bob"),
        ],
        rust: [mistaken, fixed],
    }
}

fn mistaken(arguments: &[Value]) -> Outcome {
    mistake::session(text(arguments, 0)).map(Value::from)
}

fn fixed(arguments: &[Value]) -> Outcome {
    fix::session(text(arguments, 0)).map(Value::from)
}
