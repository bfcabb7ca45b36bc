//! Cross-site forms: one server under two names. A page under the first attacks the second.
//!
//! The attacker's page is the only one whose forms may leave this origin. Its targets change nothing and grant nothing,
//! so the check of origins may let requests for one of them pass.

use actix_web::http::header::{self, HeaderMap};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use async_trait::async_trait;

use super::{Frame, LessonPage, LessonVisit, lesson_cookies};
use crate::code::Code;
use crate::lab::lessons::cross_site_forms::{COOKIES, NONE, STRICT, judge, lines};
use crate::lab::lessons::remark::{Remark, are_all_right};
use crate::web::http::origins::{WITHOUT_ORIGIN_CHECK, policy_with_forms_to};
use crate::web::http::problem::{Presentation, Problem};
use crate::web::view::assets::Assets;
use crate::web::view::page::render;
use crate::web::view::token_view::shortened;

const ADDRESS: &str = "/lab/lessons/cross-site-forms";
const WITH_ORIGIN_CHECK: &str = "/lab/lessons/cross-site-forms/transfer";

pub(super) struct Page;

#[async_trait(?Send)]
impl LessonPage for Page {
    async fn page(&self, visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
        page(visit)
    }

    /// The attacker's page, and the targets of its forms.
    fn step(&self, visit: &LessonVisit<'_>, step: &str) -> Result<HttpResponse, Problem> {
        match (step, visit.request.method()) {
            ("attacker", &Method::GET | &Method::HEAD) => attacker(visit),
            ("transfer" | "undefended", _) => arrival(visit.request, &visit.lab.assets, Refusal::None),
            _ => Err(Problem::not_found()),
        }
    }
}

#[derive(Template)]
#[template(path = "lab/lessons/cross-site-forms/page.html")]
struct CrossSiteFormsPage<'a> {
    assets: &'a Assets,
    frame: Frame,
    attacker: Option<String>,
    /// Which of the cookies the browser has, known once they were set.
    kept: Vec<&'static str>,
    reported: [Vec<&'static str>; 2],
    remarks: Vec<Remark>,
}

impl CrossSiteFormsPage<'_> {
    fn is_ticked(&self, form: &str, cookie: &str) -> bool {
        let [get, post] = &self.reported;
        if form == "get" { get } else { post }.contains(&cookie)
    }
}

fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    if visit.form.get("step") == Some("set") {
        let mut response = HttpResponse::SeeOther().insert_header((header::LOCATION, ADDRESS)).finish();
        let predicted = visit.frame(false)?.predicted;
        lines(predicted).iter().try_for_each(|line| lesson_cookies::set(&mut response, line))?;
        return Ok(response);
    }
    let kept = cookies(visit.request);
    let reported = [reported(visit, "get"), reported(visit, "post")];
    let attacker = visit.lab.origins.other_site(visit.request.head());
    let remarks = match (visit.form.is_sent(), &attacker) {
        (false, _) => Vec::new(),
        (true, Some(_)) if kept.is_empty() => vec![Remark::miss(
            "None of the lesson's cookies came with your report, so there was nothing to send. Set them first; they last an \
             hour.",
        )],
        // Without a second name nothing can be tried, and the text of the page has the answer.
        (true, attacker) => judge(&reported[0], &reported[1], attacker.is_none() || kept.contains(&NONE)),
    };
    let mut frame = visit.frame(are_all_right(&remarks))?;
    let carried = lesson_cookies::came(visit.request, STRICT);
    let choices = visit.lesson.question.choices.iter();
    frame.predicted = frame.predicted.or(choices.into_iter().find(|choice| Some(choice.value) == carried.as_deref()));
    render(&CrossSiteFormsPage { assets: &visit.lab.assets, frame, attacker, kept, reported, remarks })
}

fn reported(visit: &LessonVisit<'_>, form: &str) -> Vec<&'static str> {
    COOKIES.into_iter().filter(|name| visit.form.get(&format!("{form}-{name}")).is_some()).collect()
}

fn cookies(request: &HttpRequest) -> Vec<&'static str> {
    COOKIES.into_iter().filter(|name| lesson_cookies::came(request, name).is_some()).collect()
}

#[derive(Template)]
#[template(path = "lab/lessons/cross-site-forms/attacker.html")]
struct AttackerPage<'a> {
    assets: &'a Assets,
    victim: &'a str,
}

/// A page of another site. It has the referrer policy that browsers use by default.
fn attacker(visit: &LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let victim = visit.lab.origins.other_site(visit.request.head()).ok_or_else(Problem::not_found)?;
    let mut response = render(&AttackerPage { assets: &visit.lab.assets, victim: &victim })?;
    let policy = policy_with_forms_to(&victim).parse().map_err(|error| Problem::internal(&error))?;
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    let referrer = header::HeaderValue::from_static("strict-origin-when-cross-origin");
    response.headers_mut().insert(header::REFERRER_POLICY, referrer);
    Ok(response)
}

/// Whether the check of origins refused the form.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Refusal {
    None,
    CrossSite,
}

#[derive(Template)]
#[template(path = "lab/lessons/cross-site-forms/arrival.html")]
struct ArrivalPage<'a> {
    assets: &'a Assets,
    method: &'a str,
    refusal: Refusal,
    is_defended: bool,
    came_from_elsewhere: bool,
    rows: [(&'static str, String); 4],
    cookies: Vec<(&'static str, bool)>,
}

/// The page that answers each of the attacker's forms.
fn arrival(request: &HttpRequest, assets: &Assets, refusal: Refusal) -> Result<HttpResponse, Problem> {
    let headers = request.headers();
    let came = cookies(request);
    let site = shown(headers, "sec-fetch-site");
    let page = ArrivalPage {
        assets,
        method: if request.method() == Method::POST { "POST" } else { "GET" },
        refusal,
        is_defended: request.path() != WITHOUT_ORIGIN_CHECK,
        came_from_elsewhere: !matches!(site.as_str(), "same-origin" | "none" | ""),
        rows: [
            ("Origin", shown(headers, "origin")),
            ("Referer", shown(headers, "referer")),
            ("Sec-Fetch-Site", site),
            ("Sec-Fetch-Mode", shown(headers, "sec-fetch-mode")),
        ],
        cookies: COOKIES.into_iter().map(|name| (name, came.contains(&name))).collect(),
    };
    let mut response = render(&page)?;
    if refusal == Refusal::CrossSite {
        *response.status_mut() = StatusCode::FORBIDDEN;
    }
    Ok(response)
}

fn shown(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).map(shortened).unwrap_or_default()
}

/// The page for a form that was refused at the defended address. It shows what the check of origins saw.
pub(super) fn explained(request: &HttpRequest, problem: &Problem, assets: &Assets) -> Option<HttpResponse> {
    let is_ours = problem.code == Code::CrossSite && request.path() == WITH_ORIGIN_CHECK;
    let wants_page = Presentation::of(request.headers()) == Presentation::Page;
    (is_ours && wants_page).then(|| arrival(request, assets, Refusal::CrossSite).ok()).flatten()
}
