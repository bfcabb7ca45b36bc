//! Start here: the token that the visitor got on the demo, found again through the session's cookie.

use actix_web::HttpResponse;
use askama::Template;
use async_trait::async_trait;

use super::{Form, Frame, LessonPage, LessonVisit, lesson_cookies};
use crate::code::Code;
use crate::lab::lessons::start_here::{Found, HeldToken, seconds_left};
use crate::profiles::demo;
use crate::token::{NumericDate, UnverifiedClaims};
use crate::web::http::cookie_header;
use crate::web::http::problem::Problem;
use crate::web::session::TokenKeys;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;

/// The rest of a longer text is cut off.
const LONGEST_TYPED: usize = 200;

pub(super) struct Page;

#[async_trait(?Send)]
impl LessonPage for Page {
    async fn page(&self, visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
        page(visit)
    }
}

#[derive(Template)]
#[template(path = "lab/lessons/start-here/page.html")]
struct StartHerePage<'a> {
    assets: &'a Assets,
    frame: Frame,
    found: Found,
    typed: String,
    cookie_name: &'static str,
    /// How long the session's cookie is, if it came.
    cookie_bytes: Option<usize>,
}

/// A button leads to a page with its step in the address. So the back button comes back from the demo to a page that
/// the browser can ask for again.
fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    if visit.form.is_sent() {
        let typed = clipped(visit.form.get("exp"));
        return match visit.form.get("step") {
            Some("look") => lesson_cookies::see_outcome(visit, &[("step", "look")]),
            Some("check") if is_token(&typed) => show(visit, typed, Some(Step::Check)),
            Some("check") => lesson_cookies::see_outcome(visit, &[("step", "check"), ("exp", &typed)]),
            _ => Err(Problem::bad_request("`step` cannot be taken: `look` or `check` is accepted.")),
        };
    }
    let query = Form::of_query(visit.request);
    let typed = clipped(visit.form.get("exp").or(query.get("exp")));
    let step = match query.get("step").filter(|_| lesson_cookies::is_outcome(visit)) {
        Some("look") => Some(Step::Look),
        Some("check") => Some(Step::Check),
        _ => None,
    };
    show(visit, typed, step)
}

/// What was pressed.
enum Step {
    Look,
    Check,
}

fn show(visit: &mut LessonVisit<'_>, typed: String, step: Option<Step>) -> Result<HttpResponse, Problem> {
    let found = found(visit);
    let press = step.map(|step| match step {
        Step::Look => found.look(),
        Step::Check => found.check(&typed),
    });
    let frame = visit.judged(press, found.open());
    let cookie_name = visit.lab.sessions.cookie.name();
    let came = cookie_header::received_values(visit.request, cookie_name);
    let cookie_bytes = came.first().filter(|value| !value.is_empty()).map(String::len);
    render(&StartHerePage { assets: &visit.lab.assets, frame, found, typed, cookie_name, cookie_bytes })
}

/// Whether this looks like a token. One must not get into an address, where logs and the browser's history keep it.
fn is_token(typed: &str) -> bool {
    typed.matches('.').count() == 2
}

fn clipped(typed: Option<&str>) -> String {
    typed.unwrap_or_default().chars().take(LONGEST_TYPED).collect()
}

/// What the session holds. A token that has expired still counts: it was got, and it can still be read.
fn found(visit: &LessonVisit<'_>) -> Found {
    let visitor = &visit.visitor;
    let Some(token) = visitor.token() else { return Found::Nothing };
    if visitor.is_of_lab() || visitor.token_keys() == TokenKeys::Lab {
        return Found::OfTheLab;
    }
    let verdict = demo::verify(&visit.lab.keys.ring(), visitor.algorithm(), token, visit.now);
    let unverified = verdict.unverified_claims();
    let claims = match verdict.code() {
        Code::Accepted => verdict.claims(),
        // Only the time stands against it, so the demo did sign it.
        Code::Expired => unverified.as_ref().map(UnverifiedClaims::for_display),
        _ => None,
    };
    match claims {
        Some(claims) => Found::Token(HeldToken {
            claims: claims.clone(),
            seconds_left: seconds_left(claims, NumericDate::from_moment(visit.now)),
        }),
        None => Found::Refused(verdict.code()),
    }
}
