//! *The cookie laboratory*: a cookie without a prefix counts, and any neighbouring host can set it.

use serde_json::{Value, json};

use super::{Call, Case, LessonCode, Outcome, text};

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

pub fn calls_of_fix() -> Vec<Call> {
    vec![(vec![json!("__%48ost-session=mallory")], None)]
}

fn mistaken(arguments: &[Value]) -> Outcome {
    mistake::session(text(arguments, 0)).map(Value::from)
}

fn fixed(arguments: &[Value]) -> Outcome {
    fix::session(text(arguments, 0)).map(Value::from)
}

/// The comment in the fix says so.
#[test]
fn actix_web_decodes_the_names_of_cookies() {
    let request = actix_web::test::TestRequest::default().insert_header(("cookie", "__%48ost-session=mallory"));
    let cookie = request.to_http_request().cookie("__Host-session");
    assert_eq!(cookie.as_ref().map(actix_web::cookie::Cookie::value), Some("mallory"));
}
