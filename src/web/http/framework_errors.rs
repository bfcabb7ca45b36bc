//! What the framework refuses before a handler is called, as [`Problem`]s: addresses, queries and forms that cannot be
//! read.

use actix_web::error::{PathError, UrlencodedError};
use actix_web::http::{Method, StatusCode};
use actix_web::web::{Data, FormConfig, PathConfig, QueryConfig};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};

use super::body_limit::LARGEST_BODY;
use super::endpoint::RouteTable;
use super::problem::Problem;
use super::redirect::moved_to;
use crate::code::Code;

/// The beginnings of addresses where a slash at the end too much leads to the page without it.
const PAGES: [&str; 3] = ["/docs/", "/lab/", "/tutorials/"];

/// Handles requests that match no route.
pub(in crate::web) async fn not_found(request: HttpRequest, table: Data<RouteTable>) -> Result<HttpResponse, Problem> {
    if let Some(page) = without_slash(&request, &table) {
        return Ok(moved_to(&request, page));
    }
    let lacks_test_mode = request.path().starts_with("/test/") && !table.has_test_mode;
    Err(if lacks_test_mode { Problem::no_test_mode() } else { Problem::not_found() })
}

/// The page that is meant where an address has a slash too much at its end.
fn without_slash<'a>(request: &'a HttpRequest, table: &RouteTable) -> Option<&'a str> {
    let (path, reads) = (request.path(), matches!(*request.method(), Method::GET | Method::HEAD));
    let page = path.strip_suffix('/').filter(|_| reads && PAGES.iter().any(|beginning| path.starts_with(beginning)))?;
    table.has(page).then_some(page)
}

/// Answers at the addresses of a class, on a server that runs none.
pub(in crate::web) async fn no_class() -> Result<HttpResponse, Problem> {
    Err(Problem::no_class())
}

pub(in crate::web) fn form_config() -> FormConfig {
    FormConfig::default().limit(LARGEST_BODY).error_handler(|error, _| bad_form(&error).into())
}

pub(in crate::web) fn query_config() -> QueryConfig {
    QueryConfig::default()
        .error_handler(|_, _| Problem::bad_request("The query cannot be read: it has a field twice.").into())
}

pub(in crate::web) fn path_config() -> PathConfig {
    PathConfig::default().error_handler(|error: PathError, _| {
        Problem::bad_request(format!("The address cannot be read: {error}.")).into()
    })
}

/// Refuses a body that is not declared as a form.
pub(in crate::web) fn expect_form(request: &HttpRequest) -> Result<(), Problem> {
    let is_form = request.content_type().eq_ignore_ascii_case("application/x-www-form-urlencoded");
    if is_form { Ok(()) } else { Err(bad_form(&UrlencodedError::ContentType)) }
}

fn bad_form(error: &UrlencodedError) -> Problem {
    match error {
        UrlencodedError::Overflow { .. } => Problem::too_large(LARGEST_BODY),
        UrlencodedError::ContentType => Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Code::UnsupportedMediaType,
            "A form is read here, in application/x-www-form-urlencoded.",
        ),
        _ => Problem::bad_request("The form cannot be read: it lacks a field, or has one twice."),
    }
}
