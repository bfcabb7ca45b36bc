//! What a script can reach: two cookies, a localStorage entry that the script writes, and an address that returns the
//! names of the cookies that came.

use actix_web::HttpResponse;
use askama::Template;
use async_trait::async_trait;
use serde_json::json;

use super::{Frame, LessonPage, LessonVisit, lesson_cookies};
use crate::lab::lessons::hints::Open;
use crate::lab::lessons::press::PressResult;
use crate::lab::lessons::remark::Remark;
use crate::lab::lessons::script_reach::{self, COOKIES, Kept, PLACES, Place, STORAGE, judge, lines, verdict};
use crate::web::http::problem::Problem;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;

/// The verdict after the first step.
const SET: &str = "The server set two cookies, and the page’s script wrote the entry, if scripts run here. Both \
                   questions are left: report what the table says.";

/// The verdict on the same step a second time, and what it adds as long as the lesson is not solved.
const SET_AGAIN: &str = "The server set both cookies again, with another value. The page’s script writes the entry again, \
                         if scripts run here.";
const LEFT: &str = "What is left is step 3: report what the table says.";

pub(super) struct Page;

#[async_trait(?Send)]
impl LessonPage for Page {
    fn forms_carry_work(&self) -> bool {
        true
    }

    fn judging_steps(&self) -> &'static [&'static str] {
        &["check"]
    }

    async fn page(&self, visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
        page(visit)
    }

    fn step(&self, visit: &LessonVisit<'_>, step: &str) -> Result<HttpResponse, Problem> {
        match step {
            "echo" => Ok(echo(visit)),
            _ => Err(Problem::not_found()),
        }
    }
}

#[derive(Template)]
#[template(path = "lab/lessons/script-reach/page.html")]
struct ScriptReachPage<'a> {
    assets: &'a Assets,
    frame: Frame,
    is_set: bool,
    read: Vec<&'static str>,
    arrived: Vec<&'static str>,
    remarks: Vec<Remark>,
}

fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let kept = Kept::parse(&visit.work());
    let step = visit.form.get("step");
    let is_opened = step.is_none() && visit.form.get("set").is_none();
    let [read, arrived] = if is_opened { kept.ticked() } else { ["read", "arrived"].map(|it| ticked(visit, it)) };
    let remarks = if step == Some("check") { judge(&read, &arrived) } else { Vec::new() };
    let (press, is_new) = match step {
        Some("set") if visit.progress.is_solved => (Some(PressResult::Note(SET_AGAIN.to_owned())), true),
        Some("set") if visit.form.get("set").is_some() || kept.is_set => {
            (Some(PressResult::Note(format!("You have done this step already. {SET_AGAIN} {LEFT}"))), true)
        }
        Some("set") => (Some(PressResult::Step(SET.to_owned())), true),
        Some("check") => (Some(verdict(&remarks).counted_if(!read.is_empty() || !arrived.is_empty())), false),
        Some(_) => return Err(Problem::bad_request("`step` cannot be taken: `set` or `check` is accepted.")),
        None => (None, false),
    };
    let is_set = press.is_some() || visit.form.get("set").is_some() || kept.is_set;
    if press.is_some() {
        let now = kept.set();
        let now = if is_new { now } else { now.with(&read, &arrived) };
        // A session that is full keeps nothing. Then the form alone carries the work.
        drop(visit.keep_work(now.text()));
    }
    let open = if is_set { script_reach::open(&read, &arrived) } else { Open::Part("set") };
    let frame = visit.judged(press, open);
    let page = ScriptReachPage { assets: &visit.lab.assets, frame, is_set, read, arrived, remarks };
    let mut response = render(&page)?;
    if is_new {
        let value = lesson_cookies::value(&visit.lab.random)?;
        lines(&value).iter().try_for_each(|line| lesson_cookies::set(&mut response, line))?;
    }
    Ok(response)
}

fn ticked(visit: &LessonVisit<'_>, column: &str) -> Vec<&'static str> {
    let is_ticked = |place: &&Place| visit.form.get(&format!("{column}-{}", place.name)).is_some();
    PLACES.iter().filter(is_ticked).map(|place| place.name).collect()
}

/// `GET /lab/lessons/script-reach/echo`: the names of the lesson's cookies that came with this request, and no value.
fn echo(visit: &LessonVisit<'_>) -> HttpResponse {
    let came: Vec<&str> =
        COOKIES.into_iter().filter(|name| lesson_cookies::came(visit.request, name).is_some()).collect();
    HttpResponse::Ok().json(json!({ "cookies": came }))
}
