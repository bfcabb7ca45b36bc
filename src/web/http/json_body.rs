//! Bodies that are JSON objects, read strictly.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header;
use serde_json::{Map, Value};

use super::problem::{self, Problem};
use crate::code::Code;
use crate::token::{JsonFault, parse_object, parse_object_keeping_last};

/// Parses the body as a JSON object. If a member appears twice, the later value wins.
pub(in crate::web) fn json_object(request: &HttpRequest, body: &[u8]) -> Result<Map<String, Value>, Problem> {
    expect_json(request)?;
    parse_object_keeping_last(body).map_err(|fault| no_object(&fault))
}

/// Like [`json_object`], but refuses unknown and repeated members.
pub(in crate::web) fn json_object_of(
    request: &HttpRequest,
    body: &[u8],
    known: &[&str],
) -> Result<Map<String, Value>, Problem> {
    expect_json(request)?;
    let members = parse_object(body).map_err(|fault| no_object(&fault))?;
    let unknown = unknown_member("The body", members.keys().map(String::as_str), known);
    unknown.map_or(Ok(members), |message| Err(Problem::bad_request(message)))
}

/// The error message for the first member that is not in `known`, such as a misspelt one.
pub(in crate::web) fn unknown_member<'a>(
    what: &str,
    names: impl IntoIterator<Item = &'a str>,
    known: &[&str],
) -> Option<String> {
    let unknown = names.into_iter().find(|name| !known.contains(name))?;
    let known = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let known = if known.is_empty() { "none".to_owned() } else { known };
    Some(format!("{what} has the unknown member {}; the members accepted here: {known}.", problem::quoted(unknown)))
}

fn expect_json(request: &HttpRequest) -> Result<(), Problem> {
    let message = "The body must be JSON, with the content type application/json.";
    let other = || Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::UnsupportedMediaType, message);
    if is_json(request) { Ok(()) } else { Err(other()) }
}

fn no_object(fault: &JsonFault) -> Problem {
    match fault {
        JsonFault::NotAnObject(found) => {
            Problem::bad_request(format!("The body must be a JSON object, and it is {found}."))
        }
        JsonFault::Empty => Problem::bad_request("The body must be a JSON object, and it is empty."),
        fault => {
            // The parser's message may quote a name that the client chose.
            let fault: String = fault.to_string().chars().take(200).collect();
            Problem::bad_request(format!("The body must be a JSON object that has each member once: {fault}."))
        }
    }
}

/// Whether the body is declared as JSON.
pub(in crate::web) fn is_json(request: &HttpRequest) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind.starts_with("application/") && kind.ends_with("+json")
}

/// A number without a fraction, which JSON may also write as `60.0`.
pub(in crate::web) fn whole_number(value: &Value) -> Option<i64> {
    // Beyond this a float stands for several whole numbers.
    let is_exact = |number: &f64| number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0;
    value.as_i64().or_else(|| value.as_f64().filter(is_exact).and_then(|number| format!("{number:.0}").parse().ok()))
}
