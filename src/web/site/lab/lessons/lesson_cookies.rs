//! The lessons' own cookies, named `lab-…`: which of them came, and how they are set. None of them gives access.

use std::borrow::Cow;
use std::collections::HashMap;

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use url::form_urlencoded;

use super::LessonVisit;
use super::own_keys::LOST_WORK_FIELD;
use crate::random::Random;
use crate::web::http::cookie_header;
use crate::web::http::problem::Problem;
use crate::web::http::redirect::see_other;

/// The value of the first cookie of this name in the request, not decoded.
pub(super) fn came(request: &HttpRequest, name: &str) -> Option<String> {
    cookie_header::received_values(request, name).into_iter().next()
}

/// The names of those that came. A client may send any text as a name, and no lesson has one with other characters.
pub(super) fn names(request: &HttpRequest) -> Vec<String> {
    let is_plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let is_own = |name: &&str| name.starts_with("lab-") && is_plain(name);
    let cookies = request.cookies().map(|cookies| cookies.clone()).unwrap_or_default();
    cookies.iter().map(Cookie::name).filter(is_own).map(str::to_owned).collect()
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
    name: impl Into<Cow<'static, str>>,
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
/// The address proves nothing, because anybody can write such a link. See [`see_outcome`].
pub(super) fn see_again(visit: &LessonVisit<'_>, fields: &[(&str, &str)]) -> HttpResponse {
    let lost = visit.has_lost_work.then_some((LOST_WORK_FIELD, "1"));
    let fields = fields.iter().copied().chain(lost);
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let address = format!("/lab/lessons/{}?{query}#verdict", visit.lesson.slug);
    see_other(&address)
}

/// What the addresses are sealed for. The lesson and the visitor come after it.
const SEAL: &str = "lesson address";

/// The field of an address that has the seal of the others.
const SEAL_FIELD: &str = "seal";

/// The field that says in which view the page is shown.
const VIEW_FIELD: &str = "view";

/// The same for a press whose outcome counts. The address is sealed for this visitor, so no other link can make such an
/// outcome.
pub(super) fn see_outcome(visit: &mut LessonVisit<'_>, fields: &[(&str, &str)]) -> Result<HttpResponse, Problem> {
    let visitor = visit.own_name()?;
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let seal = visit.lab.sessions.mac(&purpose(visit, &visitor), &query);
    let mut fields = fields.to_vec();
    fields.push((SEAL_FIELD, &seal));
    let response = see_again(visit, &fields);
    visit.outcome_to_come = Some(seal);
    Ok(response)
}

/// The cookie with the seal of a press whose outcome was not shown yet. The address can be loaded again, and a wrong
/// answer counts once.
const PRESSED: &str = "lab-pressed";
const PRESS_AGE: Duration = Duration::minutes(5);

/// Whether this request is the first that shows the outcome of a press of this visitor.
pub(super) fn is_new_outcome(visit: &LessonVisit<'_>) -> bool {
    let pressed = came(visit.request, PRESSED);
    let fields: HashMap<_, _> = form_urlencoded::parse(visit.request.query_string().as_bytes()).collect();
    pressed.is_some_and(|pressed| fields.get(SEAL_FIELD).is_some_and(|seal| *seal == pressed)) && is_outcome(visit)
}

/// Sets that cookie with the answer to a press, and drops it with the page that shows the outcome.
pub(super) fn keep_press(visit: &LessonVisit<'_>, response: &mut HttpResponse) -> Result<(), Problem> {
    let is_shown = visit.request.method().is_safe() && came(visit.request, PRESSED).is_some();
    let cookie = match &visit.outcome_to_come {
        Some(seal) => of_lesson(visit, PRESSED, seal.clone(), PRESS_AGE),
        None if is_shown => of_lesson(visit, PRESSED, String::new(), Duration::ZERO),
        None => return Ok(()),
    };
    response.add_cookie(&cookie).map_err(|error| Problem::internal(&error))
}

/// Whether a press of this very visitor led to the address of this request.
pub(super) fn is_outcome(visit: &LessonVisit<'_>) -> bool {
    let visitor = visit.visitor.lab().visitor;
    let fields: Vec<(String, String)> =
        form_urlencoded::parse(visit.request.query_string().as_bytes()).into_owned().collect();
    let Some((_, seal)) = fields.iter().find(|(name, _)| name == SEAL_FIELD) else { return false };
    // The projector adds its view to an address that is sealed already, and a lost session its reason.
    let sealed = fields.iter().filter(|(name, _)| ![SEAL_FIELD, VIEW_FIELD, LOST_WORK_FIELD].contains(&name.as_str()));
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(sealed).finish();
    let text = format!("{query}~{seal}");
    !visitor.is_empty() && visit.lab.sessions.unseal(&purpose(visit, &visitor), &text).is_some()
}

fn purpose(visit: &LessonVisit<'_>, visitor: &str) -> String {
    format!("{SEAL} {} {visitor}", visit.lesson.slug)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn only_names_that_a_lesson_can_have_are_found() {
        let sent = "lab-pass=1; hallpass=2; lab-%0D%0Aset-cookie=3; lab-\u{e9}=4; lab-a b=5; lab-two-bound=6";
        let request = TestRequest::default().insert_header((header::COOKIE, sent)).to_http_request();
        assert_eq!(names(&request), ["lab-pass", "lab-two-bound"]);
    }
}
