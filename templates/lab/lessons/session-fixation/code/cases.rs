//! *Session fixation*: the login keeps the session id that the attacker planted.

use serde_json::Value;

use super::{Case, LessonCode, Outcome, text};

mod fix;
mod mistake;

pub fn code() -> LessonCode {
    LessonCode {
        cases: vec![
            Case::forgery(&["1a2b3c4d", "bob", "mallory"], "bob"),
            Case::genuine(&["1a2b3c4d", "bob", "browser"], "bob"),
        ],
        rust: [mistaken, fixed],
    }
}

fn mistaken(arguments: &[Value]) -> Outcome {
    let [planted, user, who] = [0, 1, 2].map(|place| text(arguments, place));
    mistake::user_after_login(planted, user, who).map(Value::from)
}

fn fixed(arguments: &[Value]) -> Outcome {
    let [planted, user, who] = [0, 1, 2].map(|place| text(arguments, place));
    fix::user_after_login(planted, user, who).map(Value::from)
}
