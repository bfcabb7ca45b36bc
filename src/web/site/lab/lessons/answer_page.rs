//! Answer pages: what a form of a lesson was answered with, at an address of its own. The browser is sent there after a
//! press, so that a reload sends nothing again, and *Back* shows the page as it was.
//!
//! The page is kept in the store as long as a session lasts, compressed and encrypted. (Its size is bounded by that of
//! the form.) The key follows from this server's key, from the id that the visitor's session keeps, from the address,
//! and from who the visitor is in a class: neither another browser, nor the next pupil at this one, nor somebody with
//! the database alone can open it. Only the window of a browser with a session is sent there. A program gets the page
//! as the answer to its form.

use std::io::{Read as _, Write as _};

use actix_web::body::MessageBody as _;
use actix_web::http::header::{self, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use chrono::TimeDelta;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use url::form_urlencoded;

use super::LessonVisit;
use super::own_keys::random_text;
use crate::store::{AnswerId, AnswerOwner, NewAnswer};
use crate::web::http::problem::Problem;
use crate::web::session::STATE_HOURS;

/// The field of an address that names an answer page.
const FIELD: &str = "answer";

/// The name of the answer page that a request asks for. A form that is sent to such an address asks for none.
pub(super) fn asked_for(request: &HttpRequest) -> Option<String> {
    let mut fields = form_urlencoded::parse(request.query_string().as_bytes());
    let name = fields.find(|(field, _)| field == FIELD).map(|(_, name)| name.into_owned());
    name.filter(|_| request.method() != Method::POST)
}

/// The answer page that the request asks for, if it is this visitor's and still kept.
pub(super) async fn find(visit: &LessonVisit<'_>) -> Result<Option<HttpResponse>, Problem> {
    let Some(name) = asked_for(visit.request) else { return Ok(None) };
    let page = kept_page(visit, &name).await?;
    Ok(page.map(|page| HttpResponse::Ok().content_type("text/html; charset=utf-8").body(page)))
}

async fn kept_page(visit: &LessonVisit<'_>, name: &str) -> Result<Option<Vec<u8>>, Problem> {
    let Some(purpose) = purpose(visit, name) else { return Ok(None) };
    let found = visit.lab.store.answer(&id(visit, &purpose), visit.now).await?;
    let opened = found.and_then(|sealed| visit.lab.sessions.decrypt(&purpose, &sealed));
    Ok(opened.and_then(|compressed| unpacked(&compressed)))
}

/// What stands around the evidence under a verdict. Everything between them was rendered by this server.
const EVIDENCE: [&str; 2] = ["<!--evidence-->", "<!--end of evidence-->"];

/// The evidence on the answer page beside whose verdict the button for a hint was pressed. The page with the hint shows
/// it again.
pub(super) async fn evidence(visit: &LessonVisit<'_>) -> Result<Option<String>, Problem> {
    let Some(name) = visit.form.get("last_answer").filter(|_| visit.asks_for_hint) else { return Ok(None) };
    let page = kept_page(visit, name).await?.and_then(|page| String::from_utf8(page).ok());
    let [start, end] = EVIDENCE;
    Ok(page.and_then(|page| Some(page.split_once(start)?.1.split_once(end)?.0.to_owned())))
}

/// The name of the page that will answer this request, if it will be kept.
pub(super) fn new_name(visit: &mut LessonVisit<'_>, came_with_session: bool) -> Result<Option<String>, Problem> {
    let is_press = visit.request.method() == Method::POST && is_navigation(visit.request);
    // A session may be full. Then it keeps no id, and the page is the answer to the form.
    let is_kept = is_press && visit.own_name().is_ok() && came_with_session;
    if is_kept { random_text(&visit.lab.random).map(Some) } else { Ok(None) }
}

/// Keeps the page that answers a form under its name, and sends the browser there. What is no such page stays as it is.
pub(super) async fn keep(visit: &LessonVisit<'_>, response: HttpResponse) -> Result<HttpResponse, Problem> {
    let Some(name) = visit.answer.as_deref().filter(|_| response.status() == StatusCode::OK) else {
        return Ok(response);
    };
    let (mut head, body) = response.into_parts();
    let page = match body.try_into_bytes() {
        Ok(page) => page,
        Err(body) => return Ok(head.set_body(body)),
    };
    let Some(address) = kept_at(visit, name, &page).await? else {
        return Ok(head.set_body(page).map_into_boxed_body());
    };
    *head.status_mut() = StatusCode::SEE_OTHER;
    head.headers_mut().remove(header::CONTENT_TYPE);
    let address = HeaderValue::try_from(address).map_err(|error| Problem::internal(&error))?;
    head.headers_mut().insert(header::LOCATION, address);
    Ok(head.map_into_boxed_body())
}

/// Whether a browser's window sent the request: not a program, and not a script of a page. Browsers send the first of
/// these headers over HTTPS and to this machine, and the second everywhere (Fetch Metadata §2.3, Upgrade Insecure
/// Requests §3.2.1).
fn is_navigation(request: &HttpRequest) -> bool {
    let has = |name: &str, value: &str| request.headers().get(name).is_some_and(|it| it.as_bytes() == value.as_bytes());
    has("sec-fetch-mode", "navigate") || has("upgrade-insecure-requests", "1")
}

/// Keeps the page; `None` if it cannot be kept. It is then still the answer, so nothing is lost.
async fn kept_at(visit: &LessonVisit<'_>, name: &str, page: &[u8]) -> Result<Option<String>, Problem> {
    let Some(purpose) = purpose(visit, name) else { return Ok(None) };
    let compressed = packed(page).map_err(|error| Problem::internal(&error))?;
    let new = NewAnswer {
        id: id(visit, &purpose),
        owner: owner(visit),
        page: visit.lab.sessions.encrypt(&purpose, compressed)?,
        expires_at: visit.now + TimeDelta::hours(STATE_HOURS),
    };
    if let Err(error) = visit.lab.store.keep_answer(&new).await {
        log::warn!("the answer to a form of a lesson is not kept: {error}");
        return Ok(None);
    }
    Ok(Some(address(visit.request, name)))
}

/// The address of the form, with the name of the answer page. It has no fragment, so that the form's own holds.
fn address(request: &HttpRequest, name: &str) -> String {
    let fields = form_urlencoded::parse(request.query_string().as_bytes()).filter(|(field, _)| field != FIELD);
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).append_pair(FIELD, name).finish();
    format!("{}?{query}", request.path())
}

/// What the page is encrypted for: this visitor, lesson and address, and whoever the visitor is in a class. `None` if
/// the session has no id.
fn purpose(visit: &LessonVisit<'_>, name: &str) -> Option<String> {
    let visitor = visit.visitor.lab().visitor;
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let viewer = visit.learner.viewer(visit.lesson).filter(|_| is_plain && !visitor.is_empty())?;
    Some(format!("answer page {} {visitor} {name} {viewer}", visit.lesson.slug))
}

fn id(visit: &LessonVisit<'_>, purpose: &str) -> AnswerId {
    AnswerId(visit.lab.sessions.digest(purpose))
}

fn owner(visit: &LessonVisit<'_>) -> AnswerOwner {
    let of_visitor = || visit.lab.sessions.digest(&format!("owner of answer pages {}", visit.visitor.lab().visitor));
    let pupil = visit.learner.in_class().map(|(_, pupil)| AnswerOwner::of_pupil(&pupil.id));
    pupil.unwrap_or_else(|| AnswerOwner(of_visitor()))
}

fn packed(page: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(page)?;
    encoder.finish()
}

fn unpacked(compressed: &[u8]) -> Option<Vec<u8>> {
    let mut page = Vec::new();
    DeflateDecoder::new(compressed).read_to_end(&mut page).ok()?;
    Some(page)
}
