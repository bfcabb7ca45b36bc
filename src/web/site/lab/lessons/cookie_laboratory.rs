//! The cookie laboratory: sets the cookie that was chosen, and shows on the next page whether it came back.

use actix_web::HttpResponse;
use askama::Template;
use async_trait::async_trait;

use super::{Frame, LessonPage, LessonVisit, lesson_cookies};
use crate::lab::lessons::cookie_laboratory::{
    Fate, Forecast, MAX_AGES, PAGE, PATHS, PREFIXES, Parts, Pick, Recipe, Rule, SAME_SITES, Wire, forecast, judge,
    removals, rules,
};
use crate::lab::lessons::press::Press;
use crate::web::http::origins::is_on_loopback;
use crate::web::http::problem::Problem;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;

/// The cookie that remembers which parts are done, for another tab and for a visitor who comes back.
const PARTS: &str = "lab-parts";

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
    expected: Option<Fate>,
    parts: Parts,
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
            group("Max-Age", "max-age", &MAX_AGES, self.recipe.max_age),
        ]
    }

    fn expected_value(&self) -> &'static str {
        self.expected.map_or("", Fate::value)
    }
}

/// What became of the cookie.
struct Report {
    line: String,
    expected: Option<Fate>,
    did_come: bool,
    /// An older cookie of this name came, from an earlier try.
    has_older: bool,
    forecast: Forecast,
    rules: Vec<&'static Rule>,
}

impl Report {
    fn is_contradicted(&self) -> bool {
        self.forecast.is_contradicted(self.did_come)
    }
}

fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    if !visit.form.is_sent() {
        visit.read_address();
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
    let mut fields = carried(visit, &recipe);
    fields.push(("value", &value));
    let mut response = lesson_cookies::see_again(visit, &fields);
    lesson_cookies::set(&mut response, &recipe.line(&value))?;
    Ok(response)
}

fn read(visit: &LessonVisit<'_>) -> Result<Recipe, Problem> {
    Recipe::read(|name| visit.form.get(name))
        .map_err(|field| Problem::bad_request(format!("`{field}` is not one of the choices that the page offers.")))
}

/// What was chosen, for the address of the next page.
fn carried<'v>(visit: &'v LessonVisit<'_>, recipe: &Recipe) -> Vec<(&'static str, &'v str)> {
    let mut fields = recipe.fields();
    fields.extend(["expect", "parts"].into_iter().filter_map(|name| Some((name, visit.form.get(name)?))));
    fields
}

fn clear(visit: &LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let mut fields = read(visit).map(|recipe| carried(visit, &recipe)).unwrap_or_default();
    fields.push(("cleared", "yes"));
    let mut response = lesson_cookies::see_again(visit, &fields);
    removals().iter().try_for_each(|line| lesson_cookies::set(&mut response, line))?;
    Ok(response)
}

fn show(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let kept = Parts::read(&lesson_cookies::came(visit.request, PARTS).unwrap_or_default());
    let before = kept.union(Parts::read(visit.form.get("parts").unwrap_or_default()));
    let expected = visit.form.get("expect").and_then(Fate::find);
    let value = visit.form.get("value").filter(|value| lesson_cookies::is_value(value)).map(str::to_owned);
    let (recipe, parts, press, report) = match value {
        None => {
            let says = "Your browser dropped the cookies that this lesson made. Your finished parts are kept.";
            let press = visit.form.get("cleared").map(|_| Press::Step(says.to_owned()));
            (read(visit).unwrap_or_else(|_| Recipe::plain()), before, press, None)
        }
        Some(value) => {
            let recipe = read(visit)?;
            let report = report(visit, &recipe, &value, expected);
            let (parts, press) = judge(expected, report.did_come, report.forecast, before);
            (recipe, parts, Some(press), Some(report))
        }
    };
    let frame = visit.judged(press);
    let assets = &visit.lab.assets;
    let mut response = render(&CookieLaboratoryPage { assets, frame, recipe, expected, parts, report })?;
    if parts != kept {
        let line = format!("{PARTS}={}; HttpOnly; SameSite=Lax; Path={PAGE}; Max-Age=2592000", parts.text());
        lesson_cookies::set(&mut response, &line)?;
    }
    Ok(response)
}

fn report(visit: &LessonVisit<'_>, recipe: &Recipe, value: &str, expected: Option<Fate>) -> Report {
    let wire = wire(visit);
    let came = lesson_cookies::came(visit.request, &recipe.name());
    let did_come = came.as_deref() == Some(value);
    Report {
        line: recipe.line(value),
        expected,
        did_come,
        has_older: came.is_some() && !did_come,
        forecast: forecast(recipe, wire),
        rules: rules(recipe, wire),
    }
}

fn wire(visit: &LessonVisit<'_>) -> Wire {
    match (visit.lab.origins.is_https(), is_on_loopback(visit.request.head())) {
        (true, _) => Wire::Https,
        (false, true) => Wire::Loopback,
        (false, false) => Wire::Http,
    }
}
