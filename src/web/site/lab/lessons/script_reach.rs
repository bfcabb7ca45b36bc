//! What a script can reach: two cookies, a localStorage entry that the script writes, and an address that returns the
//! names of the cookies that came.

use actix_web::HttpResponse;
use askama::Template;
use async_trait::async_trait;
use serde_json::json;

use super::{Frame, LessonPage, LessonVisit, lesson_cookies};
use crate::lab::lessons::remark::{Remark, are_all_right};
use crate::lab::lessons::script_reach::{COOKIES, PLACES, Place, STORAGE, judge, lines};
use crate::web::http::problem::Problem;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;

pub(super) struct Page;

#[async_trait(?Send)]
impl LessonPage for Page {
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
    let is_answered = visit.form.get("step") == Some("check");
    let is_set = visit.form.is_sent();
    let (read, arrived) = (ticked(visit, "read"), ticked(visit, "arrived"));
    let remarks = if is_answered { judge(&read, &arrived) } else { Vec::new() };
    let frame = visit.frame(are_all_right(&remarks))?.tried_if(is_answered);
    let page = ScriptReachPage { assets: &visit.lab.assets, frame, is_set, read, arrived, remarks };
    let mut response = render(&page)?;
    if is_set && !is_answered {
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
