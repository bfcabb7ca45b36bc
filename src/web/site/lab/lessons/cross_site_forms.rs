//! Cross-site forms: one server under two names. A page under the first attacks the second.
//!
//! The attacker's page is the only one whose forms may leave this origin. Its targets grant nothing and change nothing
//! but the record of what came, so the check of origins may let requests for one of them pass.

use actix_web::http::header::{self, HeaderMap};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use async_trait::async_trait;

use super::{Form, Frame, LessonPage, LessonVisit, lesson_cookies};
use crate::code::Code;
use crate::lab::lessons::cross_site_forms::{
    AttackForm, COOKIES, Came, LAX, NONE, Refuser, judge, lines, press, read_record, record_text,
};
use crate::lab::lessons::hints::Open;
use crate::lab::lessons::press::PressResult;
use crate::lab::lessons::remark::Remark;
use crate::web::http::extractor::FromHead as _;
use crate::web::http::origins::{Origins, WITHOUT_ORIGIN_CHECK, policy_with_forms_to};
use crate::web::http::problem::{Presentation, Problem};
use crate::web::session::Sessions;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;
use crate::web::view::token_view::shortened;

const WITH_ORIGIN_CHECK: &str = "/lab/lessons/cross-site-forms/transfer";

/// What the records are sealed for. The name of the record's cookie comes after it.
const SEAL: &str = "cross-site-forms";

pub(super) struct Page;

#[async_trait(?Send)]
impl LessonPage for Page {
    fn judging_steps(&self) -> &'static [&'static str] {
        &["check"]
    }

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
    /// The origin at which the visitor is.
    here: String,
    attacker: Option<Attacker>,
    /// Whether the attacker's origin seems to be of the same site, so that this lesson cannot show anything.
    is_same_site: bool,
    /// Which of the cookies the browser has, known once they were set.
    kept: Vec<&'static str>,
    /// What came with each of the attacker's forms, if it was sent.
    recorded: [(AttackForm, Option<Vec<&'static str>>); 3],
    reported: Came,
    refuser: Option<Refuser>,
    remarks: Vec<Remark>,
}

impl CrossSiteFormsPage<'_> {
    fn is_ticked(&self, form: &str, cookie: &str) -> bool {
        let reported = if form == "get" { &self.reported.get } else { &self.reported.post };
        reported.contains(&cookie)
    }

    fn refuser_value(&self) -> &'static str {
        self.refuser.map_or("", Refuser::value)
    }

    /// Whether the link to Mallory's page is below the verdict: after the cookies were set, until all forms were sent.
    fn is_below(&self) -> bool {
        self.frame.goes_on_below() && self.attacker.is_some() && !self.kept.is_empty() && !self.has_sent_all()
    }

    fn has_sent_any(&self) -> bool {
        self.recorded.iter().any(|(_, came)| came.is_some())
    }

    /// Whether the verdict says that the forms were sent, so that the report is next.
    fn leads_to_report(&self) -> bool {
        self.has_sent_all() && self.remarks.is_empty()
    }

    /// Whether there is something to report.
    fn has_sent_all(&self) -> bool {
        self.recorded.iter().all(|(_, came)| came.is_some())
    }
}

/// The attacker's site, and where its page is.
struct Attacker {
    origin: String,
    page: String,
}

impl Attacker {
    /// The address names the forms that were sent, so that the page marks them: this browser has no records there.
    fn of(origin: String, sent: &[AttackForm]) -> Self {
        let page = format!("{origin}/lab/lessons/cross-site-forms/attacker{}", query_of(sent));
        Self { origin, page }
    }
}

/// The field of an address that names forms which were sent.
const SENT: &str = "sent";

fn query_of(sent: &[AttackForm]) -> String {
    let sent = AttackForm::ALL.into_iter().filter(|form| sent.contains(form));
    match sent.map(AttackForm::name).collect::<Vec<_>>().join(".") {
        names if names.is_empty() => names,
        names => format!("?{SENT}={names}"),
    }
}

fn sent_before(request: &HttpRequest) -> Vec<AttackForm> {
    let query = Form::of_query(request);
    let names = query.get(SENT).unwrap_or_default();
    AttackForm::ALL.into_iter().filter(|form| names.split('.').any(|name| name == form.name())).collect()
}

fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    if visit.form.get("step") == Some("set") {
        let step = if cookies(visit.request).is_empty() { "set" } else { "set-again" };
        let mut response = lesson_cookies::see_again(visit, &[("step", step)]);
        lines().iter().try_for_each(|line| lesson_cookies::set(&mut response, line))?;
        return Ok(response);
    }
    let kept = cookies(visit.request);
    let recorded = AttackForm::ALL.map(|form| (form, recorded(visit, form)));
    let reported = Came { get: reported(visit, "get"), post: reported(visit, "post") };
    let refuser = visit.form.get("refused").and_then(Refuser::find);
    let origins = &visit.lab.origins;
    let here = origins.reached_at(visit.request.head());
    let sent: Vec<AttackForm> = recorded.iter().filter(|(_, came)| came.is_some()).map(|(form, _)| *form).collect();
    let attacker = origins.other_site(visit.request.head()).map(|origin| Attacker::of(origin, &sent));
    let is_same_site = origins.other_is_same_site(visit.request.head());
    let mut remarks = Vec::new();
    let press = if visit.form.is_sent() {
        Some(judged(&recorded, &reported, refuser, &mut remarks))
    } else {
        let query = Form::of_query(visit.request);
        match query.get("step").filter(|_| attacker.is_some()) {
            Some("set") => Some(kept_press(&kept)),
            Some("set-again") => Some(PressResult::Note(kept_press(&kept).says().to_owned())),
            Some("back") => Some(back_press(&recorded)),
            _ => None,
        }
    };
    let open = match &attacker {
        None => Open::Part("origin"),
        Some(_) => open(!kept.is_empty(), &recorded, &reported, refuser),
    };
    let frame = visit.judged(press, open);
    let assets = &visit.lab.assets;
    render(&CrossSiteFormsPage {
        assets,
        frame,
        here,
        attacker,
        is_same_site,
        kept,
        recorded,
        reported,
        refuser,
        remarks,
    })
}

/// What is next: the cookies, the forms, or the first part of the report that is not right yet.
fn open(
    has_cookies: bool,
    recorded: &[(AttackForm, Option<Vec<&'static str>>); 3],
    reported: &Came,
    refuser: Option<Refuser>,
) -> Open {
    match recorded {
        [(_, Some(get)), (_, Some(defended)), (_, Some(undefended))] if defended == undefended => {
            let judged = judge(reported, &Came { get: get.clone(), post: defended.clone() }, refuser);
            let parts = ["get", "post", "refused"];
            let wrong = judged.iter().zip(parts).find(|(remark, _)| !remark.is_right);
            Open::Part(wrong.map_or("refused", |(_, part)| part))
        }
        _ if has_cookies => Open::Part("forms"),
        _ => Open::Part("set"),
    }
}

/// Judges a report by what this browser sent. Whatever is missing is named first.
fn judged(
    recorded: &[(AttackForm, Option<Vec<&'static str>>); 3],
    reported: &Came,
    refuser: Option<Refuser>,
    remarks: &mut Vec<Remark>,
) -> PressResult {
    let [(_, Some(get)), (_, Some(defended)), (_, Some(undefended))] = recorded else {
        let missing = recorded.iter().filter(|(_, came)| came.is_none());
        let missing: Vec<String> = missing.map(|(form, _)| format!("*{}*", form.button())).collect();
        return PressResult::Missing(format!(
            "Your browser has not sent all three forms to this site in the last hour. Still missing: {}.",
            missing.join(", ")
        ));
    };
    if defended != undefended {
        return PressResult::Missing(
            "The two POST forms did not bring the same cookies: the cookies changed in between. Set them again, and send \
             both POST forms again."
                .to_owned(),
        );
    }
    let judged = judge(reported, &Came { get: get.clone(), post: defended.clone() }, refuser);
    let press = press(&judged);
    remarks.extend(judged);
    // No box is the right answer only where no cookie came.
    let has_ticked = !reported.get.is_empty() || !reported.post.is_empty();
    press.counted_if(has_ticked || (get.is_empty() && refuser.is_some()))
}

/// What is said on the way back from Mallory's page: what came is in the table.
fn back_press(recorded: &[(AttackForm, Option<Vec<&'static str>>); 3]) -> PressResult {
    let missing: Vec<String> =
        recorded.iter().filter(|(_, came)| came.is_none()).map(|(form, _)| format!("*{}*", form.button())).collect();
    let sent = recorded.len() - missing.len();
    PressResult::Note(match missing.len() {
        0 => "3 of 3 forms sent. Now report what came with them.".to_owned(),
        _ => format!("{sent} of 3 forms sent. Still missing: {}.", missing.join(", ")),
    })
}

/// What is said after the cookies were set.
fn kept_press(kept: &[&str]) -> PressResult {
    let names: Vec<String> = kept.iter().map(|name| format!("`{name}`")).collect();
    if kept.is_empty() {
        return PressResult::Missing(
            "Your browser kept none of the three cookies. Allow cookies for this site.".to_owned(),
        );
    }
    PressResult::Step(format!("Your browser keeps {}. Now open Mallory's page.", names.join(", ")))
}

fn reported(visit: &LessonVisit<'_>, form: &str) -> Vec<&'static str> {
    COOKIES.into_iter().filter(|name| visit.form.get(&format!("{form}-{name}")).is_some()).collect()
}

/// What this server recorded of a form, if this browser sent it in the last hour.
fn recorded(visit: &LessonVisit<'_>, form: AttackForm) -> Option<Vec<&'static str>> {
    let sealed = lesson_cookies::came(visit.request, form.record())?;
    read_record(visit.lab.sessions.unseal(&purpose(form), &sealed)?, visit.now.timestamp())
}

fn record_line(sessions: &Sessions, form: AttackForm, came: &[&str]) -> String {
    let text = record_text(came, sessions.clock.now().timestamp());
    form.record_line(&sessions.seal(&purpose(form), &text))
}

fn purpose(form: AttackForm) -> String {
    format!("{SEAL} {}", form.record())
}

fn cookies(request: &HttpRequest) -> Vec<&'static str> {
    COOKIES.into_iter().filter(|name| lesson_cookies::came(request, name).is_some()).collect()
}

#[derive(Template)]
#[template(path = "lab/lessons/cross-site-forms/attacker.html")]
struct AttackerPage<'a> {
    assets: &'a Assets,
    victim: &'a str,
    sent: Vec<AttackForm>,
    /// The query with which the forms tell what was sent before.
    query: String,
}

/// A page of another site. It has the referrer policy that browsers use by default.
fn attacker(visit: &LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let victim = visit.lab.origins.other_site(visit.request.head()).ok_or_else(Problem::not_found)?;
    let sent = sent_before(visit.request);
    let query = query_of(&sent);
    let mut response = render(&AttackerPage { assets: &visit.lab.assets, victim: &victim, sent, query })?;
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

/// Whose page sent a form, as the browser says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sender {
    Own,
    /// Another origin of the same site. `SameSite` makes no difference there.
    SameSite,
    OtherSite,
}

impl Sender {
    fn of(sec_fetch_site: &str) -> Self {
        match sec_fetch_site {
            "same-origin" | "none" | "" => Self::Own,
            "same-site" => Self::SameSite,
            _ => Self::OtherSite,
        }
    }
}

#[derive(Template)]
#[template(path = "lab/lessons/cross-site-forms/arrival.html")]
struct ArrivalPage<'a> {
    assets: &'a Assets,
    form: AttackForm,
    refusal: Refusal,
    sender: Sender,
    rows: [(&'static str, String); 4],
    cookies: Vec<(&'static str, bool)>,
    attacker: Option<Attacker>,
}

impl ArrivalPage<'_> {
    fn has(&self, cookie: &str) -> bool {
        self.cookies.iter().any(|(name, did_come)| *name == cookie && *did_come)
    }
}

/// The page that answers each of the attacker's forms.
fn arrival(request: &HttpRequest, assets: &Assets, refusal: Refusal) -> Result<HttpResponse, Problem> {
    let headers = request.headers();
    let came = cookies(request);
    let site = shown(headers, "sec-fetch-site");
    let form = match (request.method(), request.path()) {
        (&Method::POST, WITHOUT_ORIGIN_CHECK) => AttackForm::Undefended,
        (&Method::POST, _) => AttackForm::Defended,
        _ => AttackForm::Get,
    };
    let sender = Sender::of(&site);
    let mut sent = sent_before(request);
    sent.extend((sender == Sender::OtherSite).then_some(form));
    let attacker = Data::<Origins>::from_head(request)?.other_site(request.head());
    let attacker = attacker.map(|origin| Attacker::of(origin, &sent));
    let page = ArrivalPage {
        assets,
        form,
        refusal,
        sender,
        rows: [
            ("Origin", shown(headers, "origin")),
            ("Referer", shown(headers, "referer")),
            ("Sec-Fetch-Site", site),
            ("Sec-Fetch-Mode", shown(headers, "sec-fetch-mode")),
        ],
        cookies: COOKIES.into_iter().map(|name| (name, came.contains(&name))).collect(),
        attacker,
    };
    let mut response = render(&page)?;
    if refusal == Refusal::CrossSite {
        *response.status_mut() = StatusCode::FORBIDDEN;
    }
    if sender == Sender::OtherSite {
        let sessions = Data::<Sessions>::from_head(request)?;
        lesson_cookies::set(&mut response, &record_line(&sessions, form, &came))?;
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
