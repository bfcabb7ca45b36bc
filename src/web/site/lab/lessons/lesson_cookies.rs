//! The lessons' own cookies, named `lab-…`: which of them came, and how they are set. None of them gives access.

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use url::form_urlencoded;

use super::LessonVisit;
use crate::random::Random;
use crate::web::http::cookie_header;
use crate::web::http::problem::Problem;

/// The value of the first cookie of this name in the request, not decoded.
pub(super) fn came(request: &HttpRequest, name: &str) -> Option<String> {
    cookie_header::received_values(request, name).into_iter().next()
}

/// Adds exactly this `Set-Cookie` line to a response.
pub(super) fn set(response: &mut HttpResponse, line: &str) -> Result<(), Problem> {
    let line = HeaderValue::from_str(line).map_err(|error| Problem::internal(&error))?;
    response.headers_mut().append(header::SET_COOKIE, line);
    Ok(())
}

/// A cookie for the pages of one lesson alone, which no script can read.
pub(super) fn of_lesson(
    visit: &LessonVisit<'_>,
    name: &'static str,
    value: String,
    max_age: Duration,
) -> Cookie<'static> {
    Cookie::build(name, value)
        .path(format!("/lab/lessons/{}", visit.lesson.slug))
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(visit.lab.origins.is_https())
        .max_age(max_age)
        .finish()
}

/// A harmless value for a cookie: eight hexadecimal digits.
pub(super) fn value(random: &Random) -> Result<String, Problem> {
    Ok(format!("{:08x}", u32::from_be_bytes(random.bytes()?)))
}

/// Whether a text is such a value.
pub(super) fn is_value(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Redirects to the lesson's page with these fields in its address: only the next request shows what the browser kept.
pub(super) fn see_again(visit: &LessonVisit<'_>, fields: &[(&str, &str)]) -> HttpResponse {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let address = format!("/lab/lessons/{}?{query}#verdict", visit.lesson.slug);
    HttpResponse::SeeOther().insert_header((header::LOCATION, address)).finish()
}
