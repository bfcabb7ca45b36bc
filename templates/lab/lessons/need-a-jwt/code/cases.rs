//! *Is a JWT needed here?*: a token whose role was true last week.

use serde_json::{Value, json};

use super::{Call, Case, LessonCode, Outcome, signed, text};

mod fix;
mod mistake;

const SECRET: &str = "the secret of the grade portal, 32 bytes";

pub fn code() -> LessonCode {
    let users = json!({
        "admin": { "name": "Admin", "role": "admin", "blocked": false },
        "mallory": { "name": "Mallory", "role": "pupil", "blocked": false },
        "former": { "name": "Former Admin", "role": "admin", "blocked": true },
        "bob": { "name": "Bob", "role": "pupil", "blocked": false },
    });
    let case = |subject: &str, role: &str, mistake: Outcome, fix: Outcome| {
        let token = signed(&json!({ "sub": subject, "role": role, "exp": 9_999_999_999_u64 }), SECRET);
        Case { arguments: vec![json!(token), json!(SECRET), users.clone()], mistake, fix }
    };
    let changed = |name: &str| Some(json!(format!("{name} changed a grade")));
    LessonCode {
        cases: vec![
            case("mallory", "admin", changed("Mallory"), None),
            case("former", "admin", changed("Former Admin"), None),
            case("admin", "admin", changed("Admin"), changed("Admin")),
            case("bob", "pupil", None, None),
            case("nobody", "admin", None, None),
        ],
        rust: [mistaken, fixed],
    }
}

/// A token that never expires.
pub fn calls_of_fix() -> Vec<Call> {
    let token = signed(&json!({ "sub": "admin", "role": "admin" }), SECRET);
    let users = json!({ "admin": { "name": "Admin", "role": "admin", "blocked": false } });
    vec![(vec![json!(token), json!(SECRET), users], None)]
}

fn mistaken(arguments: &[Value]) -> Outcome {
    mistake::change_grade(text(arguments, 0), text(arguments, 1).as_bytes(), &arguments[2]).ok().map(Value::from)
}

fn fixed(arguments: &[Value]) -> Outcome {
    fix::change_grade(text(arguments, 0), text(arguments, 1).as_bytes(), &arguments[2]).ok().map(Value::from)
}
