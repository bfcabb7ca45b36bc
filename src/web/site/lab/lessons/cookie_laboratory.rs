//! The cookie laboratory: sets the cookie that was chosen, and shows on the next page whether it came back.

use actix_web::HttpResponse;
use actix_web::http::Method;
use askama::Template;
use async_trait::async_trait;

use super::{Form, Frame, LessonPage, LessonVisit, lesson_cookies};
use crate::lab::lessons::cookie_laboratory::{
    Forecast, MAX_AGES, PATHS, PREFIXES, Pick, Predictions, Recipe, Rule, SAME_SITES, Wire, forecast, judge, removals,
    rules,
};
use crate::lab::lessons::remark::Remark;
use crate::web::http::origins::is_on_loopback;
use crate::web::http::problem::Problem;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;

pub(super) struct Page;

#[async_trait(?Send)]
impl LessonPage for Page {
    async fn page(&self, visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
        page(visit)
    }
}

#[derive(Template)]
#[template(path = "lab/lessons/cookie-laboratory/page.html")]
struct CookieLaboratoryPage<'a> {
    assets: &'a Assets,
    frame: Frame,
    recipe: Recipe,
    predictions: Predictions,
    report: Option<Report>,
}

/// One field with a few ways to fill it.
struct Group {
    legend: &'static str,
    field: &'static str,
    picks: &'static [Pick],
    chosen: &'static str,
}

impl CookieLaboratoryPage<'_> {
    fn groups(&self) -> [Group; 4] {
        let group = |legend, field, picks, chosen: &Pick| Group { legend, field, picks, chosen: chosen.value };
        [
            group("Prefix of the name", "prefix", &PREFIXES, self.recipe.prefix),
            group("SameSite", "same-site", &SAME_SITES, self.recipe.same_site),
            group("Path", "path", &PATHS, self.recipe.path),
            group("End", "max-age", &MAX_AGES, self.recipe.max_age),
        ]
    }
}

/// What became of the cookie.
struct Report {
    line: String,
    expected: Option<bool>,
    did_come: bool,
    /// An older cookie of this name came, from an earlier try.
    has_older: bool,
    forecast: Forecast,
    rules: Vec<&'static Rule>,
    remark: Remark,
}

fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    if visit.request.method() != Method::POST {
        visit.form = Form::of_query(visit.request);
        return show(visit);
    }
    match visit.form.get("step") {
        Some("set") => set(visit),
        Some("clear") => clear(visit),
        _ => Err(Problem::bad_request("`step` cannot be taken: `set` or `clear` is accepted.")),
    }
}

/// Sets the cookie and redirects to the page, with all choices in its address.
fn set(visit: &LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let recipe = read(visit)?;
    let value = lesson_cookies::value(&visit.lab.random)?;
    let mut fields = recipe.fields();
    let carried = ["predict", "expect", "foretold"].into_iter();
    fields.extend(carried.filter_map(|name| Some((name, visit.form.get(name)?))));
    fields.push(("value", &value));
    let mut response = lesson_cookies::see_again(visit, &fields);
    lesson_cookies::set(&mut response, &recipe.line(&value))?;
    Ok(response)
}

fn read(visit: &LessonVisit<'_>) -> Result<Recipe, Problem> {
    Recipe::read(|name| visit.form.get(name))
        .map_err(|field| Problem::bad_request(format!("`{field}` is not one of the choices that the page offers.")))
}

fn clear(visit: &LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let mut response = lesson_cookies::see_again(visit, &[]);
    removals().iter().try_for_each(|line| lesson_cookies::set(&mut response, line))?;
    Ok(response)
}

fn show(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let before = Predictions::read(visit.form.get("foretold").unwrap_or_default());
    let value = visit.form.get("value").filter(|value| lesson_cookies::is_value(value)).map(str::to_owned);
    let (recipe, predictions, report) = match value {
        None => (Recipe::plain(), before, None),
        Some(value) => {
            let recipe = read(visit)?;
            let (predictions, report) = report(visit, &recipe, &value, before);
            (recipe, predictions, Some(report))
        }
    };
    let frame = visit.frame(report.is_some() && predictions.is_both())?.tried_if(report.is_some());
    render(&CookieLaboratoryPage { assets: &visit.lab.assets, frame, recipe, predictions, report })
}

fn report(visit: &LessonVisit<'_>, recipe: &Recipe, value: &str, before: Predictions) -> (Predictions, Report) {
    let wire = wire(visit);
    let came = lesson_cookies::came(visit.request, &recipe.name());
    let did_come = came.as_deref() == Some(value);
    let expected = visit.form.get("expect").map(|expected| expected == "comes");
    let predictions = before.after(expected, did_come);
    let report = Report {
        line: recipe.line(value),
        expected,
        did_come,
        has_older: came.is_some() && !did_come,
        forecast: forecast(recipe, wire),
        rules: rules(recipe, wire),
        remark: judge(expected, did_come, predictions),
    };
    (predictions, report)
}

fn wire(visit: &LessonVisit<'_>) -> Wire {
    match (visit.lab.origins.is_https(), is_on_loopback(visit.request.head())) {
        (true, _) => Wire::Https,
        (false, true) => Wire::Loopback,
        (false, false) => Wire::Http,
    }
}
