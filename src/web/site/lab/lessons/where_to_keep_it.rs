//! Where to keep it: Bob's browser is this browser, and what it sends says what a script on his page could get.

use actix_web::HttpResponse;
use actix_web::cookie::Cookie;
use actix_web::cookie::time::Duration;
use askama::Template;
use async_trait::async_trait;

use super::own_keys::random_text;
use super::{Frame, LessonPage, LessonVisit, lesson_cookies};
use crate::lab::lessons::press::PressResult;
use crate::lab::lessons::where_to_keep_it::{Guess, Place, Work};
use crate::profiles::demo::{DemoAlgorithm, Subject};
use crate::profiles::{Lifetime, lab};
use crate::token::Verdict;
use crate::web::http::problem::Problem;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;

const LIFETIME: Lifetime = Lifetime::TEN_MINUTES;
/// The most characters of a field that holds a token.
const LONGEST: usize = 2000;

pub(super) struct Page;

#[async_trait(?Send)]
impl LessonPage for Page {
    fn judging_steps(&self) -> &'static [&'static str] {
        &["run", "replay"]
    }

    async fn page(&self, visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
        page(visit).await
    }
}

#[derive(Template)]
#[template(path = "lab/lessons/where-to-keep-it/page.html")]
struct WherePage<'a> {
    assets: &'a Assets,
    frame: Frame,
    work: Work,
    /// The place whose radio button is chosen.
    chosen: Place,
    guess: Guess,
    /// What Bob's page has in localStorage. Here it is in a field of the page.
    storage: String,
    /// What the script took, on Mallory's machine.
    loot: String,
    /// The cookie that the login of this round set, as long as the browser has it.
    set: Option<Cookie<'static>>,
    shown: Option<Shown>,
}

/// What a step showed.
enum Shown {
    /// The cookie that the login set, if it set one.
    Login(Option<Cookie<'static>>),
    /// What the script read as `document.cookie` and in localStorage, and whether the portal answered its request.
    Run { cookies: String, storage: String, is_bob: bool },
    /// Whether the portal let Mallory in, and with which code if she sent a token.
    Replay { is_let_in: bool, code: Option<&'static str> },
}

async fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let mut work = Work::parse(&visit.work());
    let mut fields = Fields::read(visit, &work)?;
    let (press, shown) = if visit.form.is_sent() {
        let before = work.clone();
        let (press, shown) = step(visit, &mut work, &mut fields).await?;
        if visit.asks_for_hint && !press.is_wrong() {
            // The answers were changed beside the hint. Only their own button counts them.
            work = before;
            visit.last_press = visit.form.last_press();
            (None, None)
        } else {
            visit.keep_work(work.text())?;
            (Some(press), shown)
        }
    } else {
        (None, None)
    };
    let frame = visit.judged(press, work.open(fields.guess));
    let cookies = match &shown {
        Some(Shown::Login(cookie)) => login_cookies(visit, cookie.as_ref()),
        _ => Vec::new(),
    };
    let set = match &shown {
        Some(Shown::Login(cookie)) => cookie.clone(),
        _ => work.place.and_then(|place| cookie(visit, place, value(visit, place)?)),
    };
    let Fields { chosen, guess, storage, loot } = fields;
    let chosen = if work.place.is_none() && shown.is_some() { work.next() } else { chosen };
    let assets = &visit.lab.assets;
    let mut response = render(&WherePage { assets, frame, work, chosen, guess, storage, loot, set, shown })?;
    cookies.iter().try_for_each(|cookie| response.add_cookie(cookie)).map_err(|error| Problem::internal(&error))?;
    Ok(response)
}

/// What the answer to a login sets: the cookie of its place, and the end of the other places' cookies. Otherwise a
/// script would still find the token of an earlier login.
fn login_cookies(visit: &LessonVisit<'_>, set: Option<&Cookie<'static>>) -> Vec<Cookie<'static>> {
    let names = Place::ALL.into_iter().filter_map(Place::cookie);
    let old = names.filter(|name| set.is_none_or(|cookie| cookie.name() != *name));
    let ended = old.map(|name| lesson_cookies::of_lesson(visit, name, String::new(), Duration::ZERO));
    ended.chain(set.cloned()).collect()
}

impl WherePage<'_> {
    /// Whether the two questions about the script are next. After a press, they are below the verdict.
    const fn asks(&self) -> bool {
        self.work.place.is_some() && !self.work.has_run()
    }
}

/// What the form carries from step to step.
struct Fields {
    chosen: Place,
    guess: Guess,
    storage: String,
    loot: String,
}

impl Fields {
    fn read(visit: &LessonVisit<'_>, work: &Work) -> Result<Self, Problem> {
        let yes = |name| match visit.form.get(name) {
            Some("yes") => Some(true),
            Some("no") => Some(false),
            _ => None,
        };
        let text = |name| Ok::<_, Problem>(visit.text(name, LONGEST)?.unwrap_or_default().trim().to_owned());
        Ok(Self {
            chosen: visit.form.get("place").and_then(Place::find).or(work.place).unwrap_or_else(|| work.next()),
            guess: Guess { takes: yes("takes"), sends: yes("sends") },
            storage: text("storage")?,
            loot: text("loot")?,
        })
    }
}

async fn step(
    visit: &LessonVisit<'_>,
    work: &mut Work,
    fields: &mut Fields,
) -> Result<(PressResult, Option<Shown>), Problem> {
    match visit.form.get("do").unwrap_or_default() {
        "login" => log_in(visit, work, fields),
        "run" => run(visit, work, fields).await,
        "replay" => replay(visit, work, fields).await,
        _ => Err(Problem::bad_request("`do` is no step of this lesson: press one of its buttons.")),
    }
}

fn log_in(
    visit: &LessonVisit<'_>,
    work: &mut Work,
    fields: &mut Fields,
) -> Result<(PressResult, Option<Shown>), Problem> {
    let (place, session) = (fields.chosen, lesson_cookies::value(&visit.lab.random)?);
    let press = work.log_in(place, session.clone());
    *fields = Fields { chosen: place, guess: Guess::default(), storage: String::new(), loot: String::new() };
    let token = token(visit)?;
    let cookie = match place {
        Place::Storage => {
            fields.storage = token;
            None
        }
        Place::Readable | Place::HttpOnly => cookie(visit, place, token),
        Place::Backend => cookie(visit, place, session),
    };
    Ok((press, Some(Shown::Login(cookie))))
}

fn token(visit: &LessonVisit<'_>) -> Result<String, Problem> {
    let ring = visit.lab.keys.ring();
    let claims = lab::claims(&Subject::default(), LIFETIME, &random_text(&visit.lab.random)?, visit.now);
    visit.issue(lab::keys(&ring, DemoAlgorithm::HS256), &claims)
}

fn cookie(visit: &LessonVisit<'_>, place: Place, value: String) -> Option<Cookie<'static>> {
    let mut cookie = lesson_cookies::of_lesson(visit, place.cookie()?, value, Duration::seconds(LIFETIME.seconds()));
    cookie.set_http_only(place.is_http_only());
    Some(cookie)
}

async fn run(
    visit: &LessonVisit<'_>,
    work: &mut Work,
    fields: &mut Fields,
) -> Result<(PressResult, Option<Shown>), Problem> {
    let Some(place) = work.place else { return Ok((work.run(fields.guess, false), None)) };
    let is_bob = is_bob_s(visit, work, place, &fields.storage).await?;
    let (cookies, storage) = (readable_cookies(visit), fields.storage.clone());
    fields.loot = match place {
        Place::Storage => storage.clone(),
        Place::Readable => value(visit, place).unwrap_or_default(),
        Place::HttpOnly | Place::Backend => String::new(),
    };
    let press = work.run(fields.guess, is_bob);
    // What the script found would answer a question that is still open.
    let shown = fields.guess.is_complete().then_some(Shown::Run { cookies, storage, is_bob });
    Ok((press, shown))
}

/// The lesson's cookies that a script of the page finds in `document.cookie`.
fn readable_cookies(visit: &LessonVisit<'_>) -> String {
    let readable = Place::ALL.into_iter().filter(|place| !place.is_http_only());
    let pairs = readable.filter_map(|place| Some(format!("{}={}", place.cookie()?, value(visit, place)?)));
    pairs.collect::<Vec<_>>().join("; ")
}

/// Whether the portal answers a request of Bob's page as Bob's: by the cookie that the browser just sent, or by the
/// token that a script adds.
async fn is_bob_s(visit: &LessonVisit<'_>, work: &Work, place: Place, storage: &str) -> Result<bool, Problem> {
    let sent = value(visit, place).unwrap_or_default();
    match place {
        Place::Storage => Ok(verify(visit, storage).await?.is_accepted()),
        Place::Readable | Place::HttpOnly => Ok(verify(visit, &sent).await?.is_accepted()),
        Place::Backend => Ok(!sent.is_empty() && sent == work.session),
    }
}

async fn replay(
    visit: &LessonVisit<'_>,
    work: &mut Work,
    fields: &mut Fields,
) -> Result<(PressResult, Option<Shown>), Problem> {
    let has_token = work.place.is_some_and(Place::is_readable) && work.has_run();
    let verdict = if has_token { Some(verify(visit, &fields.loot).await?) } else { None };
    let is_let_in = verdict.as_ref().is_some_and(Verdict::is_accepted);
    let has_run = work.has_run();
    let press = work.replay(is_let_in);
    if !press.is_wrong() {
        (fields.guess, fields.storage, fields.loot) = (Guess::default(), String::new(), String::new());
    }
    let code = verdict.map(|verdict| verdict.code().as_str());
    Ok((press, has_run.then_some(Shown::Replay { is_let_in, code })))
}

async fn verify(visit: &LessonVisit<'_>, token: &str) -> Result<Verdict, Problem> {
    let judged = lab::verify(&visit.lab.keys.ring(), DemoAlgorithm::HS256, token, visit.now);
    Ok(visit.lab.store.resolve_revocation(judged).await?)
}

/// The cookie of this place, if the browser sent it.
fn value(visit: &LessonVisit<'_>, place: Place) -> Option<String> {
    lesson_cookies::came(visit.request, place.cookie()?).filter(|value| !value.is_empty())
}
