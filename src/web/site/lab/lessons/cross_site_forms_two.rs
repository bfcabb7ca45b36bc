//! Forms from elsewhere, part two: Mallory's page at another site and at a neighbour of the portal, and the address at
//! which their forms arrive.
//!
//! What came of an attack goes into a sealed cookie of the host at which it arrived. From the neighbour's portal, which
//! has another host than the lesson, a sealed link brings it back; the seal says for which visitor.

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use askama::Template;
use async_trait::async_trait;
use url::form_urlencoded;

use super::{Form, Frame, LessonPage, LessonVisit, lesson_cookies};
use crate::lab::lessons::cross_site_forms_two::{
    Attacker, Defence, Mac, Outcome, PAGE, Received, SESSION, Shown, TARGET, Tried, login_lines, outcome, simulated,
    tossed_lines,
};
use crate::lab::lessons::hints::Open;
use crate::lab::lessons::press::PressResult;
use crate::web::http::cookie_header;
use crate::web::http::origins::policy_with_forms_to;
use crate::web::http::problem::Problem;
use crate::web::http::redirect::see_other;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;
use crate::web::view::token_view::shortened;

/// The domain that the portal shares with its neighbour.
const DOMAIN: &str = "school.localhost";

/// What the texts are sealed for.
const TOKENS: &str = "cross-site-forms-part-two tokens";
const RECORD: &str = "cross-site-forms-part-two record";
const PASS: &str = "cross-site-forms-part-two pass";
const RESULT: &str = "cross-site-forms-part-two result";

pub(super) struct Page;

#[async_trait(?Send)]
impl LessonPage for Page {
    fn judging_steps(&self) -> &'static [&'static str] {
        &["check"]
    }

    async fn page(&self, visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
        page(visit)
    }

    /// Mallory's two pages, the portal beside the second one, and the target of their forms.
    fn step(&self, visit: &LessonVisit<'_>, step: &str) -> Result<HttpResponse, Problem> {
        match (step, visit.request.method()) {
            ("attacker", &Method::GET | &Method::HEAD) => other_site(visit),
            ("portal", &Method::GET | &Method::HEAD) => portal(visit),
            ("neighbour", &Method::GET | &Method::HEAD) => neighbour(visit),
            ("return", &Method::GET | &Method::HEAD) => return_home(visit),
            ("undefended", &Method::POST) => arrival(visit),
            _ => Err(Problem::not_found()),
        }
    }
}

#[derive(Template)]
#[template(path = "lab/lessons/cross-site-forms-part-two/page.html")]
struct TwoPage<'a> {
    assets: &'a Assets,
    frame: Frame,
    /// Mallory's page on another site, if this server has one.
    other_site: Option<String>,
    is_same_site: bool,
    /// The portal whose neighbour attacks it, if this browser can reach it.
    portal: Option<String>,
    is_logged_in: bool,
    tried: Tried,
    said: Vec<Defence>,
    /// What a simulated attack did.
    shown: Option<Shown>,
}

impl TwoPage<'_> {
    /// Whether a form from there was simulated just now. Its fold stays open.
    fn has_simulated(&self, attacker: Attacker) -> bool {
        self.shown.is_some_and(|shown| shown.attacker == attacker)
    }

    /// Where the next attack is made from, if Admin is logged in and this browser can go there.
    fn next(&self) -> Option<(Attacker, &str)> {
        let count = |attacker| self.tried.count_of(attacker);
        let (attacker, address) = match (count(Attacker::OtherSite), count(Attacker::Neighbour)) {
            (5, 5) => return None,
            (5, _) => (Attacker::Neighbour, self.portal.as_deref()),
            _ => (Attacker::OtherSite, self.other_site.as_deref().filter(|_| self.is_logged_in)),
        };
        address.map(|address| (attacker, address))
    }

    /// Whether the link to this page of Mallory's is below the verdict.
    fn is_below(&self, attacker: Attacker) -> bool {
        self.frame.goes_on_below() && self.next().is_some_and(|(next, _)| next == attacker)
    }
}

fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let step = visit.form.get("step").unwrap_or_default().to_owned();
    if visit.form.is_sent() && step == "login" {
        return log_in(visit);
    }
    let has_logged_in = session(visit).is_some() || has_strict(visit);
    let shown = if has_logged_in { simulate(visit)? } else { None };
    let before = Tried::parse(&visit.work());
    let tried = gather(visit)?;
    let is_new = tried != before;
    let press =
        if visit.form.is_sent() { posted(visit, &step, &tried, shown)? } else { arrived(visit, &tried, is_new) };
    let now = Tried::parse(&visit.work());
    let can_go_on = has_logged_in || now.are_complete();
    let frame = visit.judged(press, if can_go_on { now.open() } else { Open::Part("login") });
    let (origins, head) = (&visit.lab.origins, visit.request.head());
    let (other_site, is_same_site) = (origins.other_site(head), origins.other_is_same_site(head));
    let pass = pass(visit);
    render(&TwoPage {
        assets: &visit.lab.assets,
        frame,
        other_site: other_site
            .filter(|_| !is_same_site)
            .map(|origin| attacker_at(&origin, &sent_of(&now, Attacker::OtherSite))),
        is_same_site,
        portal: origins
            .school(head)
            .zip(pass)
            .map(|([portal, _], pass)| with_pass(&portal, "portal", &pass, &sent_of(&now, Attacker::Neighbour))),
        is_logged_in: session(visit).is_some(),
        tried: now,
        said: said(visit),
        shown,
    })
}

/// Logs Admin in, and leads to the page, because only the next request shows what the browser keeps.
fn log_in(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    visit.own_name()?;
    let step = if session(visit).is_some() { "login-again" } else { "login" };
    let mut response = lesson_cookies::see_again(visit, &[("step", step)]);
    set_login(visit, &mut response)?;
    Ok(response)
}

fn set_login(visit: &LessonVisit<'_>, response: &mut HttpResponse) -> Result<(), Problem> {
    let (session, random) = (lesson_cookies::value(&visit.lab.random)?, lesson_cookies::value(&visit.lab.random)?);
    with_mac(visit, |mac| {
        login_lines(&session, &random, mac).iter().try_for_each(|line| lesson_cookies::set(response, line))
    })
}

fn with_mac<T>(visit: &LessonVisit<'_>, then: impl FnOnce(Mac<'_>) -> T) -> T {
    then(&|text| visit.lab.sessions.mac(TOKENS, text))
}

/// Takes the attacks that arrived since the last request to this page into the visitor's work.
fn gather(visit: &mut LessonVisit<'_>) -> Result<Tried, Problem> {
    let kept = Tried::parse(&visit.work());
    let mut tried = kept.clone();
    recorded(visit).into_iter().filter(|shown| shown.attacker == Attacker::OtherSite).for_each(|it| tried.add(it));
    let query = Form::of_query(visit.request);
    let sealed = query.get("result").and_then(|sealed| visit.lab.sessions.unseal(RESULT, sealed));
    if let Some((visitor, results)) = sealed.and_then(|text| text.split_once(' '))
        && visitor == visit.visitor.lab().visitor
    {
        results.split('.').filter_map(Shown::parse).for_each(|shown| tried.add(shown));
    }
    keep(visit, &kept, tried)
}

fn keep(visit: &mut LessonVisit<'_>, kept: &Tried, tried: Tried) -> Result<Tried, Problem> {
    if tried != *kept {
        visit.keep_work(tried.text())?;
    }
    Ok(tried)
}

/// The attacks whose records this browser sent.
fn recorded(visit: &LessonVisit<'_>) -> Vec<Shown> {
    let pairs = Defence::ALL.into_iter().flat_map(|defence| Attacker::ALL.map(|attacker| (defence, attacker)));
    let shown = pairs.filter_map(|(defence, attacker)| {
        let sealed = lesson_cookies::came(visit.request, &record(defence, attacker))?;
        let shown = Shown::parse(visit.lab.sessions.unseal(RECORD, &sealed)?)?;
        (shown.defence == defence && shown.attacker == attacker).then_some(shown)
    });
    shown.collect()
}

/// The cookie that records what came of an attack.
fn record(defence: Defence, attacker: Attacker) -> String {
    format!("lab-two-came-{}-{}", defence.name(), attacker.name())
}

const NOT_LOGGED_IN: &str = "Admin is not logged in, so there is nothing to attack yet. Press *Log in as Admin* first.";

/// What a form of the lesson's page came to.
fn posted(
    visit: &mut LessonVisit<'_>,
    step: &str,
    tried: &Tried,
    shown: Option<Shown>,
) -> Result<Option<PressResult>, Problem> {
    if let Some(shown) = shown {
        let mut now = tried.clone();
        now.add(shown);
        let is_new = now != *tried;
        let now = keep(visit, tried, now)?;
        let says =
            format!("Simulated by the rules of browsers: {} {}", shown.outcome.because(shown.defence), now.summary());
        return Ok(Some(if is_new {
            PressResult::Step(says)
        } else {
            PressResult::Note(format!("You have tried this already. {says}"))
        }));
    }
    if visit.form.get("simulate").is_some() {
        return Ok(Some(PressResult::Missing(NOT_LOGGED_IN.to_owned())));
    }
    match step {
        "check" => Ok(Some(tried.judge(&said(visit)))),
        _ => Err(Problem::bad_request("`step` cannot be taken: press one of the buttons of this page.")),
    }
}

/// What is said on the way back from another page. `is_new` says whether an attack was added since.
fn arrived(visit: &LessonVisit<'_>, tried: &Tried, is_new: bool) -> Option<PressResult> {
    match Form::of_query(visit.request).get("step")? {
        "login" if session(visit).is_some() => {
            Some(PressResult::Step("Admin is logged in at all five portals. Now open Mallory's page.".to_owned()))
        }
        "login-again" if session(visit).is_some() => {
            Some(PressResult::Note(format!("Admin is logged in again at all five portals. {}", tried.summary())))
        }
        "login" | "login-again" => Some(PressResult::Missing(
            "Your browser did not keep the session cookie: it accepts `Secure` here over https only. You can still let \
             the lab simulate each attack."
                .to_owned(),
        )),
        "back" if !is_new && session(visit).is_none() && !has_strict(visit) && !tried.are_complete() => {
            Some(PressResult::Missing(NOT_LOGGED_IN.to_owned()))
        }
        "back" if is_new => Some(PressResult::Step(tried.summary())),
        "back" => Some(PressResult::Note(tried.summary())),
        _ => None,
    }
}

/// The attack that a button of the page simulates.
fn simulate(visit: &LessonVisit<'_>) -> Result<Option<Shown>, Problem> {
    let Some(named) = visit.form.get("simulate").filter(|_| visit.form.is_sent()) else { return Ok(None) };
    let pair = named
        .split_once(' ')
        .and_then(|(defence, attacker)| Some((Defence::find(defence)?, Attacker::find(attacker)?)));
    let (defence, attacker) = pair.ok_or_else(|| Problem::bad_request("`simulate` names no attack of this lesson."))?;
    let outcome = with_mac(visit, |mac| outcome(defence, &simulated(defence, attacker, mac), mac));
    Ok(outcome.map(|outcome| Shown { defence, attacker, outcome }))
}

fn said(visit: &LessonVisit<'_>) -> Vec<Defence> {
    Defence::ALL.into_iter().filter(|it| visit.form.get(&format!("holds-{}", it.name())).is_some()).collect()
}

fn session(visit: &LessonVisit<'_>) -> Option<String> {
    lesson_cookies::came(visit.request, SESSION)
}

/// Whether the login's `Strict` cookie is there. Browsers keep it over http too, where they refuse the `Secure` ones.
fn has_strict(visit: &LessonVisit<'_>) -> bool {
    Defence::Strict.cookie().is_some_and(|name| lesson_cookies::came(visit.request, name).is_some())
}

/// Names the visitor and the lesson's origin to pages of other hosts, which do not get the visitor's session.
fn pass(visit: &LessonVisit<'_>) -> Option<String> {
    let visitor = visit.visitor.lab().visitor;
    let home = visit.lab.origins.reached_at(visit.request.head());
    (!visitor.is_empty()).then(|| visit.lab.sessions.seal(PASS, &format!("{visitor} {home}")))
}

fn with_pass(origin: &str, step: &str, pass: &str, sent: &[Defence]) -> String {
    let fields = [("for", pass), (SENT, &names_of(sent))];
    let fields = fields.into_iter().filter(|(_, value)| !value.is_empty());
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    format!("{origin}{PAGE}/{step}?{query}")
}

/// The field that tells Mallory's page which of its forms were sent, so that it marks them. Her page is on another
/// site, where this browser has no records.
const SENT: &str = "sent";

fn names_of(sent: &[Defence]) -> String {
    let sent = Defence::ALL.into_iter().filter(|it| sent.contains(it));
    sent.map(Defence::name).collect::<Vec<_>>().join(".")
}

/// The forms that such a field names.
fn read_sent(visit: &LessonVisit<'_>) -> Vec<Defence> {
    let query = Form::of_query(visit.request);
    let names = visit.form.get(SENT).or_else(|| query.get(SENT)).unwrap_or_default();
    Defence::ALL.into_iter().filter(|it| names.split('.').any(|name| name == it.name())).collect()
}

/// The forms that were sent from this page of Mallory's.
fn sent_of(tried: &Tried, attacker: Attacker) -> Vec<Defence> {
    Defence::ALL.into_iter().filter(|it| tried.of(*it, attacker).is_some()).collect()
}

/// Mallory's page on another site.
fn attacker_at(origin: &str, sent: &[Defence]) -> String {
    match &names_of(sent)[..] {
        "" => format!("{origin}{PAGE}/attacker"),
        names => format!("{origin}{PAGE}/attacker?{SENT}={names}"),
    }
}

/// The pass of a request, if this server sealed it: the whole text, the visitor, and the lesson's origin.
fn read_pass(visit: &LessonVisit<'_>) -> Option<(String, String, String)> {
    let query = Form::of_query(visit.request);
    let sealed = visit.form.get("for").or_else(|| query.get("for"))?;
    let (visitor, home) = visit.lab.sessions.unseal(PASS, sealed)?.split_once(' ')?;
    Some((sealed.to_owned(), visitor.to_owned(), home.to_owned()))
}

#[derive(Template)]
#[template(path = "lab/lessons/cross-site-forms-part-two/attacker.html")]
struct AttackerPage<'a> {
    assets: &'a Assets,
    attacker: Attacker,
    victim: String,
    /// Each defence, and what the form's field says.
    forms: Vec<(Defence, String)>,
    pass: String,
    back: String,
    tossed: Vec<String>,
    sent: Vec<Defence>,
}

impl AttackerPage<'_> {
    fn sent_names(&self) -> String {
        names_of(&self.sent)
    }
}

/// Mallory's page on another site.
fn other_site(visit: &LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let victim = visit.lab.origins.other_site(visit.request.head()).ok_or_else(Problem::not_found)?;
    let back = format!("{victim}{PAGE}?step=back#verdict");
    attacker_page(visit, Attacker::OtherSite, victim, String::new(), back, Vec::new())
}

/// From the neighbour back to the lesson, by way of the portal: only the portal's host has the records of the attacks.
fn return_home(visit: &LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let [portal, _] = visit.lab.origins.school(visit.request.head()).ok_or_else(Problem::not_found)?;
    let (_, visitor, home) = read_pass(visit).ok_or_else(Problem::not_found)?;
    if visit.lab.origins.reached_at(visit.request.head()) != portal {
        return Err(Problem::not_found());
    }
    let address = with_results(visit, &visitor, &home, None);
    Ok(see_other(&address))
}

/// The lesson's address with what the portal saw of the neighbour's attacks.
fn with_results(visit: &LessonVisit<'_>, visitor: &str, home: &str, shown: Option<Shown>) -> String {
    let mut tried = Tried::default();
    let all = recorded(visit).into_iter().chain(shown);
    all.filter(|it| it.attacker == Attacker::Neighbour).for_each(|it| tried.add(it));
    let result = visit.lab.sessions.seal(RESULT, &format!("{visitor} {}", tried.text()));
    let query =
        form_urlencoded::Serializer::new(String::new()).extend_pairs([("step", "back"), ("result", &result)]).finish();
    format!("{home}{PAGE}?{query}#verdict")
}

/// Mallory's page on a host of the same site. It sets cookies for the domain that the two hosts share.
fn neighbour(visit: &LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let [portal, own] = visit.lab.origins.school(visit.request.head()).ok_or_else(Problem::not_found)?;
    let (pass, ..) = read_pass(visit).ok_or_else(Problem::not_found)?;
    if visit.lab.origins.reached_at(visit.request.head()) != own {
        return Err(Problem::not_found());
    }
    let tossed = with_mac(visit, |mac| tossed_lines(DOMAIN, mac)).to_vec();
    let back = with_pass(&portal, "return", &pass, &[]);
    let mut response = attacker_page(visit, Attacker::Neighbour, portal, pass, back, tossed.clone())?;
    tossed.iter().try_for_each(|line| lesson_cookies::set(&mut response, line))?;
    Ok(response)
}

/// It has the referrer policy that browsers use by default.
fn attacker_page(
    visit: &LessonVisit<'_>,
    attacker: Attacker,
    victim: String,
    pass: String,
    back: String,
    tossed: Vec<String>,
) -> Result<HttpResponse, Problem> {
    let policy = policy_with_forms_to(&victim).parse().map_err(|error| Problem::internal(&error))?;
    let forms = with_mac(visit, |mac| Defence::ALL.map(|defence| (defence, defence.field(mac)))).to_vec();
    let (assets, sent) = (&visit.lab.assets, read_sent(visit));
    let mut response = render(&AttackerPage { assets, attacker, victim, forms, pass, back, tossed, sent })?;
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    let referrer = HeaderValue::from_static("strict-origin-when-cross-origin");
    response.headers_mut().insert(header::REFERRER_POLICY, referrer);
    Ok(response)
}

#[derive(Template)]
#[template(path = "lab/lessons/cross-site-forms-part-two/portal.html")]
struct PortalPage<'a> {
    assets: &'a Assets,
    here: String,
    neighbour: String,
    back: String,
}

/// The portal under a name that has a neighbour: Admin is logged in there, with the same cookies.
fn portal(visit: &LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let [here, neighbour] = visit.lab.origins.school(visit.request.head()).ok_or_else(Problem::not_found)?;
    let (pass, _, home) = read_pass(visit).ok_or_else(Problem::not_found)?;
    if visit.lab.origins.reached_at(visit.request.head()) != here {
        return Err(Problem::not_found());
    }
    let neighbour = with_pass(&neighbour, "neighbour", &pass, &read_sent(visit));
    let back = format!("{home}{PAGE}#do");
    let mut response = render(&PortalPage { assets: &visit.lab.assets, here, neighbour, back })?;
    set_login(visit, &mut response)?;
    Ok(response)
}

#[derive(Template)]
#[template(path = "lab/lessons/cross-site-forms-part-two/arrival.html")]
struct ArrivalPage<'a> {
    assets: &'a Assets,
    defence: Defence,
    received: Received,
    outcome: Option<Outcome>,
    /// Whose page sent the form; `None` if the portal's own did, or a program.
    attacker: Option<Attacker>,
    /// Every value of the cookie that the portal looks at.
    cookies: Vec<String>,
    rows: [(&'static str, String); 2],
    again: Option<String>,
    back: String,
}

impl ArrivalPage<'_> {
    fn because(&self) -> &'static str {
        self.outcome.map_or("", |outcome| outcome.because(self.defence))
    }
}

/// Answers Mallory's forms. Nothing is changed but the record of what came.
fn arrival(visit: &LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let defence = visit.form.get("defence").and_then(Defence::find);
    let defence = defence.ok_or_else(|| Problem::bad_request("`defence` names no portal of this lesson."))?;
    let field = visit.text("token", 200)?.unwrap_or_default().to_owned();
    let cookies = defence.cookie().map(|name| cookie_header::received_values(visit.request, name)).unwrap_or_default();
    let received = Received { session: session(visit), cookie: cookies.first().cloned(), field };
    let attacker = attacker_of(visit.request.headers());
    let outcome = with_mac(visit, |mac| outcome(defence, &received, mac));
    let shown = attacker.zip(outcome).map(|(attacker, outcome)| Shown { defence, attacker, outcome });
    let (again, back) = ways(visit, attacker, shown);
    let headers = visit.request.headers();
    let rows =
        [("Origin", shown_header(headers, "origin")), ("Sec-Fetch-Site", shown_header(headers, "sec-fetch-site"))];
    let assets = &visit.lab.assets;
    let page = ArrivalPage { assets, defence, received, outcome, attacker, cookies, rows, again, back };
    let mut response = render(&page)?;
    if let Some(shown) = shown {
        lesson_cookies::set(&mut response, &record_line(visit, shown))?;
    }
    Ok(response)
}

/// Which of Mallory's pages sent the form, as the browser says.
fn attacker_of(headers: &HeaderMap) -> Option<Attacker> {
    match headers.get("sec-fetch-site").map(HeaderValue::as_bytes) {
        Some(b"cross-site") => Some(Attacker::OtherSite),
        Some(b"same-site") => Some(Attacker::Neighbour),
        _ => None,
    }
}

fn record_line(visit: &LessonVisit<'_>, shown: Shown) -> String {
    let sealed = visit.lab.sessions.seal(RECORD, &shown.text());
    let name = record(shown.defence, shown.attacker);
    format!("{name}={sealed}; HttpOnly; SameSite=Lax; Path={PAGE}; Max-Age=3600")
}

/// The ways back: to Mallory's page, and to the lesson with what was seen.
fn ways(visit: &LessonVisit<'_>, attacker: Option<Attacker>, shown: Option<Shown>) -> (Option<String>, String) {
    let (origins, head) = (&visit.lab.origins, visit.request.head());
    let mut sent = read_sent(visit);
    sent.extend(shown.map(|shown| shown.defence));
    match (attacker, read_pass(visit)) {
        (Some(Attacker::Neighbour), Some((pass, visitor, home))) => {
            let again = origins.school(head).map(|[_, neighbour]| with_pass(&neighbour, "neighbour", &pass, &sent));
            (again, with_results(visit, &visitor, &home, shown))
        }
        (Some(Attacker::OtherSite), _) => {
            let again = origins.other_site(head).map(|origin| attacker_at(&origin, &sent));
            (again, format!("{PAGE}?step=back#verdict"))
        }
        _ => (None, format!("{PAGE}#do")),
    }
}

fn shown_header(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).map(shortened).unwrap_or_default()
}
