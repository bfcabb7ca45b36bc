//! *Cross-site forms*: the cookie alone decides, and a form of another site can bring it.

use actix_web::HttpRequest;
use actix_web::test::TestRequest;
use serde_json::{Value, json};

use super::{Case, LessonCode, Outcome};

mod fix;
mod mistake;

const PORTAL: &str = "https://grades.school.example";

pub fn code() -> LessonCode {
    let sent =
        |origin: &str, site: &str| json!({ "cookie": "session=admin", "origin": origin, "sec-fetch-site": site });
    let admin = || Some(json!("admin"));
    let forgery = |headers: Value| Case { arguments: vec![headers], mistake: admin(), fix: None };
    let genuine = |headers: Value| Case { arguments: vec![headers], mistake: admin(), fix: admin() };
    LessonCode {
        cases: vec![
            forgery(sent("https://mallory.example", "cross-site")),
            forgery(sent("https://clubs.school.example", "same-site")),
            forgery(json!({ "cookie": "session=admin", "origin": "https://mallory.example" })),
            genuine(sent(PORTAL, "same-origin")),
            genuine(json!({ "cookie": "session=admin" })),
        ],
        rust: [mistaken, fixed],
    }
}

/// A request with these headers.
fn request(arguments: &[Value]) -> HttpRequest {
    let headers = arguments[0].as_object().unwrap();
    let with = |request: TestRequest, (name, value): (&String, &Value)| {
        request.insert_header((name.as_str(), value.as_str().unwrap()))
    };
    headers.iter().fold(TestRequest::default(), with).to_http_request()
}

fn mistaken(arguments: &[Value]) -> Outcome {
    mistake::session_of_form(&request(arguments)).ok().map(Value::from)
}

fn fixed(arguments: &[Value]) -> Outcome {
    fix::session_of_form(&request(arguments)).ok().map(Value::from)
}
