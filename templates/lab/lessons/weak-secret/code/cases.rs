//! *Guessing a weak secret*: any text is good enough as the secret.

use serde_json::{Value, json};

use super::{Case, LessonCode, Outcome, signed, text};

mod fix;
mod mistake;

const RANDOM: &str = "q0c7ZKJ2eT0m4dWqg8yq0Jv3mN7rQk1tXwZs2dFgA1Q=";

pub fn code() -> LessonCode {
    let claims = |subject: &str| json!({ "sub": subject, "exp": 9_999_999_999_u64 });
    let guessed = signed(&claims("admin"), "changeme");
    let bob = signed(&claims("bob"), RANDOM);
    LessonCode {
        cases: vec![
            Case::forgery(&[&guessed, "changeme"], "admin"),
            Case::forgery(
                &[&signed(&claims("admin"), "31 bytes are one byte too few!!"), "31 bytes are one byte too few!!"],
                "admin",
            ),
            Case::genuine(&[&bob, RANDOM], "bob"),
            Case::both(&[&guessed, RANDOM], None),
        ],
        rust: [mistaken, fixed],
    }
}

fn mistaken(arguments: &[Value]) -> Outcome {
    mistake::user(text(arguments, 0), text(arguments, 1)).ok()
}

fn fixed(arguments: &[Value]) -> Outcome {
    fix::user(text(arguments, 0), text(arguments, 1)).ok()
}
