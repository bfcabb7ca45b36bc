//! Two clocks: a token in a cookie, a copy of it in the page, and a button that sends both.

use actix_web::HttpResponse;
use askama::Template;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta};

use super::{Frame, LessonPage, LessonVisit, lesson_cookies};
use crate::code::Code;
use crate::lab::lessons::press::PressResult;
use crate::lab::lessons::two_clocks::{
    COOKIE_LIFETIMES, COOKIE_NAME, Case, LifetimeChoice, Parts, TOKEN_LIFETIMES, judge, set_cookie_line,
};
use crate::profiles::demo::{self, DemoAlgorithm, Subject};
use crate::profiles::{Lifetime, lab};
use crate::token::{NumericDate, Verdict, duration_in_words};
use crate::web::http::problem::Problem;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;
use crate::web::view::token_view::TraceRow;

pub(super) struct Page;

#[async_trait(?Send)]
impl LessonPage for Page {
    fn judging_steps(&self) -> &'static [&'static str] {
        &["send"]
    }

    async fn page(&self, visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
        page(visit).await
    }
}

#[derive(Template)]
#[template(path = "lab/lessons/two-clocks/page.html")]
struct TwoClocksPage<'a> {
    assets: &'a Assets,
    frame: Frame,
    cookie_life: String,
    token_life: String,
    clocks: Option<Clocks>,
    parts: Parts,
    answer: Option<Answer>,
}

/// Both clocks, at the moment when the page is made.
struct Clocks {
    copy: String,
    /// When the cookie ends, in seconds since 1970; empty for one without Max-Age.
    cookie_end: String,
    token_end: i64,
    meters: [Meter; 2],
}

/// One clock as a meter.
struct Meter {
    name: &'static str,
    now: i64,
    end: Option<i64>,
    /// How long it ran, or would have run, from its start.
    span: i64,
}

impl Meter {
    fn seconds_left(&self) -> i64 {
        self.end.map_or(0, |end| end.saturating_sub(self.now).max(0))
    }

    fn left(&self) -> String {
        span_in_words(self.seconds_left())
    }

    fn until(&self) -> String {
        let end = self.end.and_then(|end| DateTime::from_timestamp(end, 0)).map(NumericDate::from_moment);
        let now = DateTime::from_timestamp(self.now, 0).map(NumericDate::from_moment);
        end.zip(now).map(|(end, now)| end.beside(now)).unwrap_or_default()
    }

    fn ended(&self) -> String {
        span_in_words(self.end.map_or(0, |end| self.now.saturating_sub(end)))
    }
}

fn span_in_words(seconds: i64) -> String {
    TimeDelta::try_seconds(seconds).map_or_else(String::new, |span| duration_in_words(span.as_seconds_f64()))
}

/// What the browser sent when the button was pressed, and the server's verdicts.
struct Answer {
    did_come: bool,
    code: Code,
    copy_code: Code,
    trace: Vec<TraceRow>,
}

impl TwoClocksPage<'_> {
    /// Whether the next step is to choose other times: these clocks show nothing new, or the browser lost the cookie.
    fn chooses(&self) -> bool {
        let case = self.clocks.as_ref().and_then(Clocks::case);
        let is_over = self.answer.as_ref().is_some_and(|answer| answer.code != Code::Accepted);
        is_over || case.is_none_or(|case| self.parts.has(case))
    }
}

async fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    match visit.form.get("step") {
        Some("set") => set(visit),
        Some("send") => send(visit).await,
        Some(_) => Err(Problem::bad_request("`step` cannot be taken: `set` or `send` is accepted.")),
        None => {
            let clocks = kept_clocks(visit)?;
            let parts = kept_parts(visit);
            show(visit, clocks, parts, None, None)
        }
    }
}

/// The clocks that the form carries, if they run.
fn kept_clocks(visit: &LessonVisit<'_>) -> Result<Option<Clocks>, Problem> {
    let Some(copy) = visit.form.get("copy") else { return Ok(None) };
    let cookie_end = visit.form.get("cookie-end").and_then(|end| end.parse().ok());
    Clocks::new(visit, copy.to_owned(), cookie_end).map(Some)
}

/// The cases that were seen. The session remembers them over a reload, and the form if the session was lost.
fn kept_parts(visit: &LessonVisit<'_>) -> Parts {
    let is_done = |part: &str| visit.form.get(part) == Some("done");
    let of_form = Parts { token_ended_first: is_done("token-first"), cookie_ended_first: is_done("cookie-first") };
    of_form.and(Parts::parse(&visit.work()))
}

fn set(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let cookie = lifetime(visit, "cookie", &COOKIE_LIFETIMES)?;
    let token = lifetime(visit, "token", &TOKEN_LIFETIMES)?;
    let copy = new_token(visit, token.seconds.unwrap_or_default())?;
    let now = visit.now.timestamp();
    let cookie_end = cookie.seconds.map(|seconds| now + seconds);
    let clocks = Clocks::new(visit, copy, cookie_end)?;
    let line = set_cookie_line(&clocks.copy, cookie);
    let parts = kept_parts(visit);
    let press = parts.set(clocks.case(), token.seconds.is_some_and(|seconds| seconds < 0));
    let mut response = show(visit, Some(clocks), parts, None, Some(press))?;
    lesson_cookies::set(&mut response, &line)?;
    Ok(response)
}

/// The case that the times in the form would show.
fn chosen_case(visit: &LessonVisit<'_>) -> Option<Case> {
    let cookie = LifetimeChoice::find(&COOKIE_LIFETIMES, visit.form.get("cookie")?)?;
    let token = LifetimeChoice::find(&TOKEN_LIFETIMES, visit.form.get("token")?)?;
    Case::of_ends(cookie.seconds, token.seconds?)
}

fn lifetime(
    visit: &LessonVisit<'_>,
    field: &str,
    choices: &'static [LifetimeChoice],
) -> Result<&'static LifetimeChoice, Problem> {
    let chosen = visit.form.get(field).and_then(|value| LifetimeChoice::find(choices, value));
    chosen.ok_or_else(|| {
        let accepted: Vec<&str> = choices.iter().map(|choice| choice.value).collect();
        Problem::bad_request(format!("`{field}` cannot be set so: {} is accepted.", accepted.join(", ")))
    })
}

/// A token of the lab that expires this many seconds from now; a negative number means that it has expired.
fn new_token(visit: &LessonVisit<'_>, seconds: i64) -> Result<String, Problem> {
    let (lifetime, issued_at) = match Lifetime::of(seconds) {
        Ok(lifetime) => (lifetime, visit.now),
        Err(_) => (Lifetime::MINUTE, visit.now + TimeDelta::seconds(seconds) - TimeDelta::minutes(1)),
    };
    let claims = demo::claims(&Subject::default(), lifetime, issued_at);
    visit.issue(lab::keys(&visit.lab.keys.ring(), DemoAlgorithm::HS256), &claims)
}

async fn send(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let copy = visit.form.get("copy").unwrap_or_default().to_owned();
    let cookie_end = visit.form.get("cookie-end").and_then(|end| end.parse::<i64>().ok());
    let came = lesson_cookies::came(visit.request, COOKIE_NAME);
    let verdict = verify(visit, came.as_deref().unwrap_or_default()).await?;
    let copy_code = verify(visit, &copy).await?.code();
    // Browsers round differently: one may delete the cookie up to a second before its end.
    let should_have_cookie = cookie_end.is_some_and(|end| end > visit.now.timestamp().saturating_add(1));
    let mut parts = kept_parts(visit);
    let press =
        judge(verdict.code(), copy_code, should_have_cookie).map_or_else(|wrong| wrong, |case| parts.press(case));
    if parts.count() > 0 {
        visit.keep_work(parts.text())?;
    }
    let trace = TraceRow::of(&verdict);
    let answer = Answer { did_come: came.is_some(), code: verdict.code(), copy_code, trace };
    let clocks = Clocks::new(visit, copy, cookie_end)?;
    show(visit, Some(clocks), parts, Some(answer), Some(press))
}

async fn verify(visit: &LessonVisit<'_>, token: &str) -> Result<Verdict, Problem> {
    let judged = lab::verify(&visit.lab.keys.ring(), DemoAlgorithm::HS256, token, visit.now);
    Ok(visit.lab.store.resolve_revocation(judged).await?)
}

impl Clocks {
    /// Refuses a copy without `exp`: this page did not issue it.
    fn new(visit: &LessonVisit<'_>, copy: String, cookie_end: Option<i64>) -> Result<Self, Problem> {
        let no_copy =
            || Problem::bad_request("`copy` cannot be read: the token that this page gave you belongs there.");
        let judged = lab::verify(&visit.lab.keys.ring(), DemoAlgorithm::HS256, &copy, visit.now);
        let claims = judged.resolve_revocation(|_| false).unverified_claims().ok_or_else(no_copy)?;
        let end = claims.for_display().expires_at().ok_or_else(no_copy)?.timestamp();
        let now = visit.now.timestamp();
        let meter = |name, end: Option<i64>| Meter {
            name,
            now,
            end,
            span: end.map_or(1, |end| end.saturating_sub(now).max(1)),
        };
        Ok(Self {
            meters: [
                meter("the cookie’s Max-Age, kept by the browser", cookie_end),
                meter("the token’s exp, checked by the server", Some(end)),
            ],
            cookie_end: cookie_end.map(|end| end.to_string()).unwrap_or_default(),
            token_end: end,
            copy,
        })
    }

    /// The case that they show.
    fn case(&self) -> Option<Case> {
        Case::of_ends(self.cookie_end.parse().ok(), self.token_end)
    }
}

fn show(
    visit: &mut LessonVisit<'_>,
    clocks: Option<Clocks>,
    parts: Parts,
    answer: Option<Answer>,
    press: Option<PressResult>,
) -> Result<HttpResponse, Problem> {
    let case = clocks.as_ref().map_or_else(|| chosen_case(visit), Clocks::case);
    let frame = visit.judged(press, parts.open(case, clocks.is_some()));
    render(&TwoClocksPage {
        assets: &visit.lab.assets,
        frame,
        cookie_life: visit.form.get("cookie").unwrap_or_default().to_owned(),
        token_life: visit.form.get("token").unwrap_or_default().to_owned(),
        clocks,
        parts,
        answer,
    })
}
