//! *Stay logged in*: a refresh token that two clients use.

use serde_json::{Value, json};

use super::{Case, LessonCode, Outcome, text};

mod fix;
mod mistake;

const SECRET: &str = "the secret of the grade portal, 32 bytes";

pub fn code() -> LessonCode {
    let bob = Some(json!("bob"));
    let case = |moves: &[&str], mistake: Outcome, fix: Outcome| Case {
        arguments: vec![json!(moves), json!(SECRET)],
        mistake,
        fix,
    };
    LessonCode {
        cases: vec![
            case(&["mallory", "bob"], bob.clone(), None),
            case(&["mallory", "bob", "mallory"], bob.clone(), None),
            case(&["bob", "mallory"], bob.clone(), None),
            case(&["bob", "mallory", "bob"], bob.clone(), None),
            case(&["bob", "bob", "bob"], bob.clone(), bob.clone()),
            case(&["mallory", "mallory"], bob.clone(), bob),
            case(&[], None, None),
        ],
        rust: [mistaken, fixed],
    }
}

fn mistaken(arguments: &[Value]) -> Outcome {
    mistake::last_user(&moves(arguments), text(arguments, 1).as_bytes()).ok().map(Value::from)
}

fn fixed(arguments: &[Value]) -> Outcome {
    fix::last_user(&moves(arguments), text(arguments, 1).as_bytes()).ok().map(Value::from)
}

fn moves(arguments: &[Value]) -> Vec<&'static str> {
    let known = |name: &Value| ["bob", "mallory"].into_iter().find(|it| name == it).unwrap();
    arguments[0].as_array().unwrap().iter().map(known).collect()
}
