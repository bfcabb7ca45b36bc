//! The cookie laboratory: sets the cookie that was chosen, and shows on the next page whether it came back.

use std::collections::HashMap;

use actix_web::HttpResponse;
use askama::Template;
use async_trait::async_trait;
use url::form_urlencoded;

use super::{Frame, LessonPage, LessonVisit, lesson_cookies};
use crate::lab::lessons::cookie_laboratory::{
    Choice, CookieOutcome, CookieSettings, MAX_AGES, NOT_PREDICTED, PATHS, PREFIXES, Parts, Rule, RulesOutcome,
    SAME_SITES, Transport, deletion_lines, judge, rules, rules_outcome,
};
use crate::lab::lessons::press::PressResult;
use crate::web::http::origins::is_on_loopback;
use crate::web::http::problem::Problem;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;

/// What is said of an address that no press of this visitor led to. It changes nothing.
const NOT_A_PRESS: &str = "This address does not come from a press in this browser, or the browser keeps no cookie of \
                           this site at all. Press *Set the cookie*.";

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
    settings: CookieSettings,
    predicted: Option<CookieOutcome>,
    parts: Parts,
    report: Option<Report>,
}

/// One field of the form, with its choices.
struct Group {
    legend: &'static str,
    field: &'static str,
    choices: &'static [Choice],
    chosen: &'static str,
}

impl CookieLaboratoryPage<'_> {
    fn groups(&self) -> [Group; 4] {
        let group = |legend, field, choices, chosen: &Choice| Group { legend, field, choices, chosen: chosen.value };
        [
            group("Prefix of the name", "prefix", &PREFIXES, self.settings.prefix),
            group("SameSite", "same-site", &SAME_SITES, self.settings.same_site),
            group("Path", "path", &PATHS, self.settings.path),
            group("Max-Age", "max-age", &MAX_AGES, self.settings.max_age),
        ]
    }

    fn predicted_value(&self) -> &'static str {
        self.predicted.map_or("", CookieOutcome::value)
    }
}

/// What the browser did with the cookie.
struct Report {
    /// What the form keeps of it, so that it is still on the page beside a hint.
    text: String,
    line: String,
    predicted: Option<CookieOutcome>,
    came_back: bool,
    /// The browser sent an older cookie of this name, from an earlier try.
    has_older: bool,
    by_the_rules: RulesOutcome,
    rules: Vec<&'static Rule>,
    /// Whether the browser refused it, so that only the rules that refuse matter.
    is_refused: bool,
}

impl Report {
    fn new(
        visit: &LessonVisit<'_>,
        settings: &CookieSettings,
        value: &str,
        predicted: Option<CookieOutcome>,
        seen: &str,
        text: String,
    ) -> Self {
        let transport = transport(visit);
        let came_back = seen == CAME_BACK;
        let by_the_rules = rules_outcome(settings, transport);
        let is_refused = by_the_rules.is_refused(came_back);
        let rules = rules(settings, transport).into_iter().filter(|rule| !is_refused || rule.refuses()).collect();
        Self {
            text,
            line: settings.set_cookie_line(value),
            predicted,
            came_back,
            has_older: seen == OLDER,
            by_the_rules,
            rules,
            is_refused,
        }
    }

    /// The report that the page had when the button for a hint was pressed. The choices may be others by now.
    fn again(visit: &LessonVisit<'_>) -> Option<Self> {
        let text = visit.form.get("report")?;
        let fields: HashMap<String, String> = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        let get = |name: &str| fields.get(name).map(String::as_str);
        let settings = CookieSettings::read(get).ok()?;
        let value = get("value").filter(|value| lesson_cookies::is_value(value))?;
        let predicted = get("expect").and_then(CookieOutcome::find);
        Some(Self::new(visit, &settings, value, predicted, get("seen").unwrap_or_default(), text.to_owned()))
    }

    fn is_contradicted(&self) -> bool {
        self.by_the_rules.is_contradicted(self.came_back)
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
fn set(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let settings = read(visit)?;
    if visit.form.get("expect").and_then(CookieOutcome::find).is_none() {
        return unpredicted(visit, settings);
    }
    let value = lesson_cookies::value(&visit.lab.random)?;
    let expected = visit.form.get("expect").map(str::to_owned);
    let mut fields = carried(&settings, expected.as_deref());
    fields.push(("value", &value));
    let mut response = lesson_cookies::see_outcome(visit, &fields)?;
    lesson_cookies::set(&mut response, &settings.set_cookie_line(&value))?;
    Ok(response)
}

/// Sets nothing, because the page would show what should be predicted first.
fn unpredicted(visit: &mut LessonVisit<'_>, settings: CookieSettings) -> Result<HttpResponse, Problem> {
    let parts = Parts::parse(&visit.work());
    let frame = visit.judged(Some(PressResult::Missing(NOT_PREDICTED.to_owned())), parts.open());
    let assets = &visit.lab.assets;
    render(&CookieLaboratoryPage { assets, frame, settings, predicted: None, parts, report: None })
}

fn read(visit: &LessonVisit<'_>) -> Result<CookieSettings, Problem> {
    CookieSettings::read(|name| visit.form.get(name))
        .map_err(|field| Problem::bad_request(format!("`{field}` is not one of the choices that the page offers.")))
}

/// What was chosen, for the address of the next page.
fn carried<'v>(settings: &CookieSettings, expected: Option<&'v str>) -> Vec<(&'static str, &'v str)> {
    let mut fields = settings.fields();
    fields.extend(expected.map(|expected| ("expect", expected)));
    fields
}

fn clear(visit: &LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let expected = visit.form.get("expect");
    let mut fields = read(visit).map(|settings| carried(&settings, expected)).unwrap_or_default();
    fields.push(("cleared", "yes"));
    let mut response = lesson_cookies::see_again(visit, &fields);
    deletion_lines().iter().try_for_each(|line| lesson_cookies::set(&mut response, line))?;
    Ok(response)
}

fn show(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let before = Parts::parse(&visit.work());
    let predicted = visit.form.get("expect").and_then(CookieOutcome::find);
    let value = visit.form.get("value").filter(|value| lesson_cookies::is_value(value)).map(str::to_owned);
    let (settings, parts, press, report) = match value {
        None if visit.asks_for_hint => {
            let settings = read(visit).unwrap_or_else(|_| CookieSettings::initial());
            (settings, before, None, Report::again(visit))
        }
        None => {
            let says = "Your browser dropped the cookies that this lesson made. Your finished parts are kept.";
            let press = visit.form.get("cleared").map(|_| PressResult::Note(says.to_owned()));
            (read(visit).unwrap_or_else(|_| CookieSettings::initial()), before, press, None)
        }
        Some(_) if !lesson_cookies::is_outcome(visit) => {
            (read(visit)?, before, Some(PressResult::Missing(NOT_A_PRESS.to_owned())), None)
        }
        Some(value) => {
            let settings = read(visit)?;
            let report = report(visit, &settings, &value, predicted);
            let (parts, press) = judge(predicted, report.came_back, report.by_the_rules, before);
            (settings, parts, Some(press), Some(report))
        }
    };
    if parts != before {
        visit.keep_work(parts.to_text())?;
    }
    let frame = visit.judged(press, parts.open());
    render(&CookieLaboratoryPage { assets: &visit.lab.assets, frame, settings, predicted, parts, report })
}

fn report(visit: &LessonVisit<'_>, settings: &CookieSettings, value: &str, predicted: Option<CookieOutcome>) -> Report {
    let came = lesson_cookies::came(visit.request, &settings.name());
    let came_back = came.as_deref() == Some(value);
    let seen = match came {
        _ if came_back => CAME_BACK,
        Some(_) => OLDER,
        None => "",
    };
    let mut fields = carried(settings, predicted.map(CookieOutcome::value));
    fields.extend([("value", value), ("seen", seen)]);
    let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
    Report::new(visit, settings, value, predicted, seen, text)
}

/// What the form says of a cookie: it came back, or an older one of its name.
const CAME_BACK: &str = "it";
const OLDER: &str = "older";

fn transport(visit: &LessonVisit<'_>) -> Transport {
    match (visit.lab.origins.is_https(), is_on_loopback(visit.request.head())) {
        (true, _) => Transport::Https,
        (false, true) => Transport::HttpOnLoopback,
        (false, false) => Transport::Http,
    }
}
