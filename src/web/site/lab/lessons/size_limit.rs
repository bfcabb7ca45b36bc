//! The 4096-byte limit: sets a padded token in a cookie, and shows whether it came back.

use std::fmt;

use actix_web::HttpResponse;
use askama::Template;
use async_trait::async_trait;

use super::{Form, Frame, LessonPage, LessonVisit, lesson_cookies};
use crate::lab::lessons::press::PressResult;
use crate::lab::lessons::size_limit::{
    ATTRIBUTE_BYTES, COOKIE_NAME, LARGEST, MINUTES, Measured, SMALLEST, Trial, line_bytes, padding, parse_size,
    set_cookie_line, size_of,
};
use crate::profiles::demo::{DemoAlgorithm, Subject};
use crate::profiles::{Lifetime, lab};
use crate::token::decode;
use crate::web::http::problem::Problem;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;

/// What is said of an address that no press of this visitor led to. It changes nothing.
const NOT_A_PRESS: &str = "This address does not come from a press in this browser, or the browser keeps no cookie of \
                           this site at all. Press *Set this cookie*.";

pub(super) struct Page;

#[async_trait(?Send)]
impl LessonPage for Page {
    fn judging_steps(&self) -> &'static [&'static str] {
        &["answer"]
    }

    async fn page(&self, visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
        page(visit)
    }
}

#[derive(Template)]
#[template(path = "lab/lessons/size-limit/page.html")]
struct SizeLimitPage<'a> {
    assets: &'a Assets,
    frame: Frame,
    measured: Measured,
    /// The text of the field: the size that was sent last.
    typed: String,
    has_attribute: bool,
    they_count: Option<bool>,
    sent: Option<Sent>,
}

/// A cookie that was sent, as the redirect's address tells, and what came back.
struct Sent {
    token_bytes: usize,
    has_attribute: bool,
    received: ReceivedCookie,
    set: Moment,
}

/// When a cookie was set. The token says it in its `jti`, so that a cookie that comes back tells which one it is.
#[derive(PartialEq, Eq)]
struct Moment {
    millis: i64,
    /// Tells apart what is set in the same millisecond.
    random: String,
}

impl Moment {
    fn now(visit: &LessonVisit<'_>) -> Result<Self, Problem> {
        Ok(Self { millis: visit.now.timestamp_millis(), random: lesson_cookies::value(&visit.lab.random)? })
    }

    fn parse(text: &str) -> Option<Self> {
        let (millis, random) = text.split_once('-')?;
        Some(Self { millis: millis.parse().ok()?, random: random.to_owned() })
    }

    fn of_token(token: &str) -> Option<Self> {
        let claims = decode(token).unverified_claims()?;
        Self::parse(claims.for_display().get("jti")?.as_str()?)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.millis, self.random)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ReceivedCookie {
    TheSame,
    /// An earlier one, with the size of its name and value.
    Earlier(usize),
    Nothing,
    /// The browser would not have it any more, or has a later one: this page is too old to tell.
    TooLate,
}

impl ReceivedCookie {
    /// Reads what [`Self`] displays.
    fn parse(text: &str) -> Option<Self> {
        match text {
            "same" => Some(Self::TheSame),
            "none" => Some(Self::Nothing),
            "late" => Some(Self::TooLate),
            bytes => bytes.parse().ok().filter(|bytes| *bytes <= LARGEST).map(Self::Earlier),
        }
    }
}

impl fmt::Display for ReceivedCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TheSame => f.write_str("same"),
            Self::Earlier(bytes) => write!(f, "{bytes}"),
            Self::Nothing => f.write_str("none"),
            Self::TooLate => f.write_str("late"),
        }
    }
}

impl Sent {
    /// What the redirect says was set, and what came back.
    fn of(visit: &LessonVisit<'_>) -> Option<Self> {
        Self::read(visit, visit.form.get("token")?, visit.form.get("at")?, visit.form.get("attributes")?)
    }

    /// The same beside a hint or an answer, which the form's own field tells. The browser may have dropped the cookie
    /// since.
    fn again(visit: &LessonVisit<'_>) -> Option<Self> {
        let words: Vec<&str> = visit.form.get("sent")?.split(' ').collect();
        let [token, at, attributes, received] = words[..] else { return None };
        Some(Self { received: ReceivedCookie::parse(received)?, ..Self::read(visit, token, at, attributes)? })
    }

    fn read(visit: &LessonVisit<'_>, token: &str, at: &str, attributes: &str) -> Option<Self> {
        let token_bytes = token.parse().ok().filter(|bytes| *bytes <= LARGEST)?;
        let set = Moment::parse(at)?;
        let has_attribute = attributes == "yes";
        let is_late = visit.now.timestamp_millis().saturating_sub(set.millis) >= MINUTES * 60_000;
        let came = lesson_cookies::came(visit.request, COOKIE_NAME);
        let received = match came.as_deref().map(|token| (token.len(), Moment::of_token(token))) {
            _ if is_late => ReceivedCookie::TooLate,
            None => ReceivedCookie::Nothing,
            Some((_, Some(its))) if its == set => ReceivedCookie::TheSame,
            Some((_, Some(its))) if its.millis > set.millis => ReceivedCookie::TooLate,
            Some((bytes, _)) => ReceivedCookie::Earlier(size_of(bytes)),
        };
        Some(Self { token_bytes, has_attribute, received, set })
    }

    /// What the form keeps of it for a hint.
    fn text(&self) -> String {
        let attributes = if self.has_attribute { "yes" } else { "no" };
        format!("{} {} {attributes} {}", self.token_bytes, self.set, self.received)
    }

    const fn counted(&self) -> usize {
        size_of(self.token_bytes)
    }

    fn line_bytes(&self) -> usize {
        line_bytes(self.counted(), self.has_attribute)
    }

    /// What this shows of the browser.
    fn trial(&self) -> Option<Trial> {
        let was_kept = match self.received {
            ReceivedCookie::TheSame => true,
            ReceivedCookie::Earlier(_) | ReceivedCookie::Nothing => false,
            ReceivedCookie::TooLate => return None,
        };
        Some(Trial { size: self.counted(), has_attribute: self.has_attribute, was_kept })
    }
}

fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    if !visit.form.is_sent() {
        visit.read_address();
        return show_sent(visit);
    }
    match visit.form.get("do") {
        Some("set") => set(visit),
        Some("answer") => answer(visit),
        _ => Err(Problem::bad_request("`do` is no step of this lesson: press one of its buttons.")),
    }
}

/// Sets a cookie of the requested size, and redirects to the page: only the next request shows what the browser kept.
fn set(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let typed = visit.form.get("size").unwrap_or_default().to_owned();
    let Some(size) = parse_size(&typed) else {
        let says = format!("Type a number of bytes from {SMALLEST} to {LARGEST}, such as `{SMALLEST}`.");
        let press = PressResult::Wrong(says).counted_if(!typed.trim().is_empty());
        return show(visit, None, Some(press));
    };
    let (has_attribute, now) = (visit.form.get("attributes") == Some("yes"), Moment::now(visit)?.to_string());
    let token = token_of(visit, size, &now)?;
    let (size, bytes) = (size.to_string(), token.len().to_string());
    let attributes = if has_attribute { "yes" } else { "no" };
    let fields = [("size", size.as_str()), ("token", &bytes), ("at", &now), ("attributes", attributes)];
    let mut response = lesson_cookies::see_outcome(visit, &fields)?;
    lesson_cookies::set(&mut response, &set_cookie_line(&token, has_attribute))?;
    Ok(response)
}

/// A token of this size with this `jti`.
fn token_of(visit: &LessonVisit<'_>, size: usize, jti: &str) -> Result<String, Problem> {
    let ring = visit.lab.keys.ring();
    let keys = lab::keys(&ring, DemoAlgorithm::HS256);
    let claims = lab::claims(&Subject::default(), Lifetime::HOUR, jti, visit.now);
    let padded = |padding: usize| claims.clone().with("pad", "x".repeat(padding));
    let bare = lab::issue(keys, &padded(0))?;
    visit.issue(keys, &padded(padding(bare.as_str().len(), size)))
}

/// The page that the redirect leads to.
fn show_sent(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    if visit.asks_for_hint {
        let sent = Sent::again(visit);
        return show(visit, sent, None);
    }
    let sent = Sent::of(visit);
    let press = match sent.as_ref().map(Sent::trial) {
        None => None,
        Some(None) => Some(PressResult::Note(
            "This page is from an earlier press, and your browser has another cookie by now. Set a cookie again."
                .to_owned(),
        )),
        Some(Some(_)) if !lesson_cookies::is_outcome(visit) => Some(PressResult::Missing(NOT_A_PRESS.to_owned())),
        Some(Some(trial)) => {
            let before = Measured::parse(&visit.work());
            let mut measured = before;
            measured.add(trial);
            visit.keep_work(measured.to_string())?;
            let asked = visit.form.get("size").and_then(parse_size).unwrap_or(trial.size);
            Some(measured.report(trial, before, asked))
        }
    };
    show(visit, sent, press)
}

fn answer(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let mut measured = Measured::parse(&visit.work());
    let press = measured.answer(they_count(&visit.form));
    visit.keep_work(measured.to_string())?;
    let sent = Sent::again(visit);
    show(visit, sent, Some(press))
}

fn they_count(form: &Form) -> Option<bool> {
    match form.get("count") {
        Some("yes") => Some(true),
        Some("no") => Some(false),
        _ => None,
    }
}

fn show(visit: &mut LessonVisit<'_>, sent: Option<Sent>, press: Option<PressResult>) -> Result<HttpResponse, Problem> {
    let measured = Measured::parse(&visit.work());
    let frame = visit.judged(press, measured.open());
    render(&SizeLimitPage {
        assets: &visit.lab.assets,
        frame,
        measured,
        typed: visit.form.get("size").unwrap_or_default().to_owned(),
        has_attribute: visit.form.get("attributes") == Some("yes"),
        they_count: they_count(&visit.form),
        sent,
    })
}
