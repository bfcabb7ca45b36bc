//! Session fixation: four small portals. Bob's browser is this browser, and its cookies decide what each portal does.

use actix_web::HttpResponse;
use actix_web::cookie::Cookie;
use actix_web::cookie::time::Duration;
use askama::Template;
use async_trait::async_trait;

use super::own_keys::random_text;
use super::{Frame, LessonPage, LessonVisit, lesson_cookies};
use crate::lab::lessons::press::PressResult;
use crate::lab::lessons::session_fixation::{FixationState, Found, LONGEST_DRAFT, MALLORY, Round, SESSION, TOKEN};
use crate::profiles::demo::{DemoAlgorithm, Subject};
use crate::profiles::{Lifetime, lab};
use crate::web::http::problem::Problem;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;

const LIFETIME: Lifetime = Lifetime::TEN_MINUTES;
/// How long Bob's browser keeps a cookie of this lesson.
const HOUR: Duration = Duration::hours(1);

pub(super) struct Page;

#[async_trait(?Send)]
impl LessonPage for Page {
    /// What they find changes nothing, as long as it is wrong.
    fn judging_steps(&self) -> &'static [&'static str] {
        &["use", "read"]
    }

    async fn page(&self, visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
        page(visit).await
    }
}

#[derive(Template)]
#[template(path = "lab/lessons/session-fixation/page.html")]
struct SessionFixationPage<'a> {
    assets: &'a Assets,
    frame: Frame,
    portal: FixationState,
    /// Whether the browser has the id that Mallory keeps.
    is_planted: bool,
    /// Who is logged in, by the token that this browser has now.
    user: Option<String>,
    draft: String,
    found: Option<Found>,
    cookie: Option<Cookie<'static>>,
    /// The id that Mallory planted with this press.
    planted: Option<String>,
}

impl SessionFixationPage<'_> {
    /// The button of the next step, where nothing must be typed before it.
    fn next(&self) -> Option<(&'static str, &'static str)> {
        let portal = &self.portal;
        match portal.round() {
            _ if portal.count() == Round::ALL.len() => None,
            Round::Keeps | Round::Renews if portal.mallory().is_empty() => Some(("get", "Get a session id")),
            Round::Keeps | Round::Renews if portal.copy_was_used() => Some(("use", "Use the copy")),
            Round::Keeps | Round::Renews if self.is_planted => Some(("login", "Log in as Bob")),
            Round::Keeps | Round::Renews => Some(("plant", "Plant the id")),
            Round::Takes | Round::Asks if portal.draft_is_ready() => Some(("read", "Open Mallory’s account")),
            Round::Takes | Round::Asks if !portal.was_sent() => Some(("form", "Send Mallory’s login form")),
            Round::Takes if self.user.as_deref() != Some(MALLORY) => Some(("form", "Send Mallory’s login form")),
            Round::Asks if self.user.is_none() => Some(("login", "Log in as Bob")),
            Round::Takes | Round::Asks => None,
        }
    }

    fn is_next(&self, value: &str) -> bool {
        self.next().is_some_and(|(next, _)| next == value)
    }

    /// Whether Bob writes next. After a press, his draft is below the verdict.
    fn writes(&self) -> bool {
        let is_over = self.portal.count() == Round::ALL.len();
        !is_over && !self.portal.round().is_about_ids() && self.next().is_none()
    }
}

/// What a press came to.
struct Step {
    press: PressResult,
    found: Option<Found>,
    cookie: Option<Cookie<'static>>,
}

impl From<PressResult> for Step {
    fn from(press: PressResult) -> Self {
        Self { press, found: None, cookie: None }
    }
}

async fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let mut portal = FixationState::parse(&visit.work());
    let step = if visit.form.is_sent() { Some(step(visit, &mut portal).await?) } else { None };
    if step.is_some() {
        visit.keep_work(portal.text())?;
    }
    let (press, found, cookie) = step.map_or((None, None, None), |it| (Some(it.press), it.found, it.cookie));
    let browser_has = cookie.as_ref().map(|it| it.value().to_owned()).or_else(|| came(visit, SESSION));
    let is_planted = !portal.mallory().is_empty() && browser_has.as_deref() == Some(portal.mallory());
    let user = match &cookie {
        Some(cookie) if cookie.name() == TOKEN => verified(visit, cookie.value()).await?,
        _ => user(visit).await?,
    };
    let frame = visit.judged(press, portal.open(user.as_deref()));
    let planted = cookie.as_ref().filter(|_| visit.form.get("do") == Some("plant")).map(|it| it.value().to_owned());
    let draft = visit.form.get("draft").unwrap_or_default().to_owned();
    let shown = cookie.clone();
    let assets = &visit.lab.assets;
    let page = SessionFixationPage { assets, frame, portal, is_planted, user, draft, found, cookie: shown, planted };
    let mut response = render(&page)?;
    if let Some(cookie) = cookie {
        response.add_cookie(&cookie).map_err(|error| Problem::internal(&error))?;
    }
    Ok(response)
}

async fn step(visit: &LessonVisit<'_>, portal: &mut FixationState) -> Result<Step, Problem> {
    match (visit.form.get("do").unwrap_or_default(), portal.round().is_about_ids()) {
        ("get", true) => Ok(portal.give_id(random_text(&visit.lab.random)?).into()),
        ("plant", true) => Ok(plant(visit, portal)),
        ("login", true) => log_in(visit, portal),
        ("use", true) => {
            let (found, press) = portal.use_copy(has_planted(visit, portal));
            let cookie = found.as_ref().map(|_| removal(visit, SESSION));
            Ok(Step { press, found, cookie })
        }
        ("form", false) => send_form(visit, portal),
        ("login", false) => Ok(Step {
            cookie: Some(token_cookie(visit, &Subject::default())?),
            ..PressResult::Step("Bob is logged in to his own account.".to_owned()).into()
        }),
        ("write", false) => write(visit, portal).await,
        ("read", false) => {
            let (found, press) = portal.read();
            let cookie = (!press.is_wrong()).then(|| removal(visit, TOKEN));
            Ok(Step { press, found, cookie })
        }
        ("get" | "plant" | "use" | "form" | "write" | "read", _) => {
            let says = "This button belongs to another round. Perhaps you pressed it in an older tab, or the lesson began \
                        again since.";
            Ok(PressResult::Missing(says.to_owned()).into())
        }
        _ => Err(Problem::bad_request("`do` is no step of this lesson: press one of its buttons.")),
    }
}

fn plant(visit: &LessonVisit<'_>, portal: &FixationState) -> Step {
    match portal.plant() {
        Err(press) => press.into(),
        Ok(id) if came(visit, SESSION).as_deref() == Some(&id) => {
            PressResult::Note("Bob's browser has Mallory's id already. Now Bob logs in.".to_owned()).into()
        }
        Ok(id) => Step {
            cookie: Some(lesson_cookies::of_lesson(visit, SESSION, id, HOUR)),
            ..PressResult::Step("Bob's browser has Mallory's id in its cookie now. Bob sees nothing of it.".to_owned())
                .into()
        },
    }
}

/// Whether Bob's browser sent the id that Mallory keeps.
fn has_planted(visit: &LessonVisit<'_>, portal: &FixationState) -> bool {
    came(visit, SESSION).as_deref() == Some(portal.mallory())
}

fn log_in(visit: &LessonVisit<'_>, portal: &mut FixationState) -> Result<Step, Problem> {
    let (set, press) = portal.log_in(came(visit, SESSION).as_deref(), random_text(&visit.lab.random)?);
    Ok(Step { cookie: set.map(|id| lesson_cookies::of_lesson(visit, SESSION, id, HOUR)), ..press.into() })
}

fn send_form(visit: &LessonVisit<'_>, portal: &mut FixationState) -> Result<Step, Problem> {
    let (is_taken, press) = portal.send_form();
    let mallory = || Subject::parse(MALLORY).map_err(|error| Problem::internal(&error));
    let cookie = if is_taken { Some(token_cookie(visit, &mallory()?)?) } else { None };
    Ok(Step { cookie, ..press.into() })
}

async fn write(visit: &LessonVisit<'_>, portal: &mut FixationState) -> Result<Step, Problem> {
    let text = visit.text("draft", LONGEST_DRAFT)?.unwrap_or_default().to_owned();
    Ok(portal.write(user(visit).await?.as_deref(), &text).into())
}

/// The cookie of a login as this user.
fn token_cookie(visit: &LessonVisit<'_>, subject: &Subject) -> Result<Cookie<'static>, Problem> {
    let ring = visit.lab.keys.ring();
    let claims = lab::claims(subject, LIFETIME, &random_text(&visit.lab.random)?, visit.now);
    let token = visit.issue(lab::keys(&ring, DemoAlgorithm::HS256), &claims)?;
    Ok(lesson_cookies::of_lesson(visit, TOKEN, token, HOUR))
}

/// The user of the token that this browser sent, if the portal accepts it.
async fn user(visit: &LessonVisit<'_>) -> Result<Option<String>, Problem> {
    match came(visit, TOKEN) {
        Some(token) => verified(visit, &token).await,
        None => Ok(None),
    }
}

/// The user of a token, if the portal accepts it.
async fn verified(visit: &LessonVisit<'_>, token: &str) -> Result<Option<String>, Problem> {
    let judged = lab::verify(&visit.lab.keys.ring(), DemoAlgorithm::HS256, token, visit.now);
    let verdict = visit.lab.store.resolve_revocation(judged).await?;
    Ok(verdict.claims().and_then(|claims| claims.subject()).map(str::to_owned))
}

fn removal(visit: &LessonVisit<'_>, name: &'static str) -> Cookie<'static> {
    lesson_cookies::of_lesson(visit, name, String::new(), Duration::ZERO)
}

fn came(visit: &LessonVisit<'_>, name: &str) -> Option<String> {
    lesson_cookies::came(visit.request, name).filter(|value| !value.is_empty())
}
