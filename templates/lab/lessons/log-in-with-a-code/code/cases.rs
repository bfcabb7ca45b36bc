//! *Log in with a code*: a callback that another browser, or another issuer, began.

use serde_json::{Value, json};

use super::{Call, Case, LessonCode, Outcome, signed, text};

mod fix;
mod mistake;

const SECRET: &str = "the secret of the grade portal, 32 bytes";
const SCHOOL: &str = "https://login.example/school";
const HOMEWORK: &str = "https://homework.mallory.example";

fn id_token(issuer: &str, audience: &str, subject: &str) -> String {
    signed(&json!({ "iss": issuer, "aud": audience, "sub": subject, "exp": 9_999_999_999_u64 }), SECRET)
}

pub fn code() -> LessonCode {
    let session = json!({ "state": "of-bobs-browser", "issuer": SCHOOL });
    let case = |state: &str, iss: &str, token: String, mistake: Outcome, fix: Outcome| Case {
        arguments: vec![
            json!({ "code": "c", "state": state, "iss": iss }),
            session.clone(),
            json!(token),
            json!(SECRET),
        ],
        mistake,
        fix,
    };
    let (bob, mallory) = (Some(json!("bob")), Some(json!("mallory")));
    let own = "of-bobs-browser";
    // Mallory's link leaves out what Bob's browser does not have.
    let not_begun = |callback: Value, session: Value| Case {
        arguments: vec![callback, session, json!(id_token(SCHOOL, "grade-portal", "mallory")), json!(SECRET)],
        mistake: mallory.clone(),
        fix: None,
    };
    LessonCode {
        cases: vec![
            not_begun(json!({ "code": "c" }), json!({})),
            not_begun(json!({ "code": "c", "iss": SCHOOL }), json!({ "issuer": SCHOOL })),
            not_begun(json!({ "code": "c", "state": "", "iss": SCHOOL }), json!({ "state": "", "issuer": SCHOOL })),
            case("of-mallorys-browser", SCHOOL, id_token(SCHOOL, "grade-portal", "mallory"), mallory.clone(), None),
            case("ü", SCHOOL, id_token(SCHOOL, "grade-portal", "mallory"), mallory.clone(), None),
            case(own, HOMEWORK, id_token(SCHOOL, "grade-portal", "bob"), bob.clone(), None),
            case(own, SCHOOL, id_token(HOMEWORK, "grade-portal", "bob"), bob.clone(), None),
            case(own, SCHOOL, id_token(SCHOOL, "grade-portal", "bob"), bob.clone(), bob),
            case(own, SCHOOL, id_token(SCHOOL, "library", "bob"), None, None),
        ],
        rust: [mistaken, fixed],
    }
}

/// ID tokens that never expire, or name no issuer, no audience or none that is a text (OpenID Connect Core §2).
pub fn calls_of_fix() -> Vec<Call> {
    let whole = json!({ "iss": SCHOOL, "aud": "grade-portal", "sub": "bob", "exp": 9_999_999_999_u64 });
    let without = |name: &str| {
        let mut claims = whole.clone();
        claims.as_object_mut().expect("an object").remove(name);
        claims
    };
    let with_number = |name: &str| {
        let mut claims = whole.clone();
        claims[name] = json!(1);
        claims
    };
    let all = [without("exp"), without("iss"), without("aud"), with_number("iss"), with_number("aud")];
    let callback = json!({ "code": "c", "state": "of-bobs-browser", "iss": SCHOOL });
    let session = json!({ "state": "of-bobs-browser", "issuer": SCHOOL });
    let call = |claims| (vec![callback.clone(), session.clone(), json!(signed(&claims, SECRET)), json!(SECRET)], None);
    all.into_iter().map(call).collect()
}

fn mistaken(arguments: &[Value]) -> Outcome {
    mistake::finish_login(&arguments[0], &arguments[1], text(arguments, 2), text(arguments, 3).as_bytes()).ok()
}

fn fixed(arguments: &[Value]) -> Outcome {
    fix::finish_login(&arguments[0], &arguments[1], text(arguments, 2), text(arguments, 3).as_bytes()).ok()
}
