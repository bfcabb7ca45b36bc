//! Five services: for each the visitor chooses whether it needs a JWT, and why.

use actix_web::HttpResponse;
use askama::Template;
use async_trait::async_trait;

use super::{Frame, LessonPage, LessonVisit};
use crate::lab::lessons::need_a_jwt::{Answers, Carrier, Reason, SERVICES};
use crate::lab::lessons::press::PressResult;
use crate::web::http::problem::Problem;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;

pub(super) struct Page;

#[async_trait(?Send)]
impl LessonPage for Page {
    fn judging_steps(&self) -> &'static [&'static str] {
        &["check"]
    }

    async fn page(&self, visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
        page(visit)
    }
}

#[derive(Template)]
#[template(path = "lab/lessons/need-a-jwt/page.html")]
struct NeedPage<'a> {
    assets: &'a Assets,
    frame: Frame,
    answers: Answers,
    /// What is chosen in the form for the next service.
    carrier: Option<Carrier>,
    reason: Option<Reason>,
}

fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let mut answers = Answers::parse(&visit.work());
    let before = answers.count();
    let carrier = chosen(visit, "carrier", Carrier::find)?;
    let reason = chosen(visit, "reason", Reason::find)?;
    let press = if visit.form.is_sent() { Some(judged(visit, &mut answers, carrier, reason)?) } else { None };
    if answers.count() > before {
        visit.keep_work(answers.to_text())?;
    }
    // Once a service is done, also in another tab, the form is that of the next one, where nothing is chosen.
    let is_same = press.as_ref().is_none_or(PressResult::is_wrong) && is_about(visit, before);
    let (carrier, reason) = (carrier.filter(|_| is_same), reason.filter(|_| is_same));
    let frame = visit.judged(press, answers.open());
    render(&NeedPage { assets: &visit.lab.assets, frame, answers, carrier, reason })
}

/// Whether the form that was sent, if one was, is that of the service at this place.
fn is_about(visit: &LessonVisit<'_>, place: usize) -> bool {
    visit.form.get("service").is_none_or(|number| number.parse() == Ok(place + 1))
}

fn judged(
    visit: &LessonVisit<'_>,
    answers: &mut Answers,
    carrier: Option<Carrier>,
    reason: Option<Reason>,
) -> Result<PressResult, Problem> {
    let number: Option<usize> = visit.form.get("service").and_then(|text| text.parse().ok());
    let place = number.and_then(|number| number.checked_sub(1)).filter(|place| *place < SERVICES.len());
    let place = place.ok_or_else(|| Problem::bad_request("`service` is a number from 1 to 5."))?;
    Ok(answers.judge(place, carrier, reason))
}

/// What a field says, if it was sent.
fn chosen<T>(visit: &LessonVisit<'_>, field: &str, parse: fn(&str) -> Option<T>) -> Result<Option<T>, Problem> {
    match visit.form.get(field) {
        None => Ok(None),
        Some(name) => match parse(name) {
            Some(value) => Ok(Some(value)),
            None => Err(Problem::bad_request(format!("`{field}` is none of the choices on the page."))),
        },
    }
}
