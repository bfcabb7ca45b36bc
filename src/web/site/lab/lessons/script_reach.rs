//! What script can reach: two cookies set here, an entry that the script writes itself, and an echo of what arrived.

use actix_web::HttpResponse;
use askama::Template;
use serde_json::json;

use super::{Desk, Frame, jar, page as answer};
use crate::lab::lessons::remark::{Remark, are_all_right};
use crate::lab::lessons::script_reach::{COOKIES, PLACES, Place, STORAGE, judge, lines};
use crate::web::http::problem::Problem;
use crate::web::view::assets::Assets;

#[derive(Template)]
#[template(path = "lab/lessons/script-reach.html")]
struct ScriptReachPage<'a> {
    assets: &'a Assets,
    frame: Frame,
    is_set: bool,
    read: Vec<&'static str>,
    arrived: Vec<&'static str>,
    remarks: Vec<Remark>,
}

pub(super) fn page(desk: &mut Desk<'_>) -> Result<HttpResponse, Problem> {
    let is_answered = desk.form.get("step") == Some("check");
    let is_set = desk.form.is_sent();
    let (read, arrived) = (ticked(desk, "read"), ticked(desk, "arrived"));
    let remarks = if is_answered { judge(&read, &arrived) } else { Vec::new() };
    let frame = desk.frame(are_all_right(&remarks))?.tried_if(is_answered);
    let page = ScriptReachPage { assets: &desk.state.assets, frame, is_set, read, arrived, remarks };
    let mut response = answer(&page)?;
    if is_set && !is_answered {
        let value = jar::value()?;
        lines(&value).iter().try_for_each(|line| jar::set(&mut response, line))?;
    }
    Ok(response)
}

fn ticked(desk: &Desk<'_>, column: &str) -> Vec<&'static str> {
    let is_ticked = |place: &&Place| desk.form.get(&format!("{column}-{}", place.name)).is_some();
    PLACES.iter().filter(is_ticked).map(|place| place.name).collect()
}

/// `GET /lab/lessons/script-reach/echo`: the names of the lesson's cookies that came with this request, and no value.
pub(super) fn echo(desk: &Desk<'_>) -> HttpResponse {
    let came: Vec<&str> = COOKIES.into_iter().filter(|name| jar::came(desk.request, name).is_some()).collect();
    HttpResponse::Ok().json(json!({ "cookies": came }))
}
