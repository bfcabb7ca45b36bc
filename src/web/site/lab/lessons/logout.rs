//! Three ways to log out, and the replay of a saved token that shows how they differ.

use actix_web::HttpResponse;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use askama::Template;
use async_trait::async_trait;

use super::own_keys::{OwnKeys, random_text};
use super::{Frame, LessonPage, LessonVisit, lesson_cookies};
use crate::lab::lessons::logout::{COOKIE, LIFETIME, LogoutMethod, PATH, Replay, Tried};
use crate::profiles::demo::{DemoAlgorithm, Subject};
use crate::profiles::lab;
use crate::token::{Judged, Verdict};
use crate::web::http::problem::Problem;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;
use crate::web::view::token_view::TraceRow;

pub(super) struct Page;

#[async_trait(?Send)]
impl LessonPage for Page {
    async fn page(&self, visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
        page(visit).await
    }
}

#[derive(Template)]
#[template(path = "lab/lessons/logout/page.html")]
struct LogoutPage<'a> {
    assets: &'a Assets,
    frame: Frame,
    state: LogoutState,
}

/// The state of the lesson: what the form carries, and the result of this step.
#[derive(Default)]
struct LogoutState {
    /// The copy of the cookie that a thief saved; empty before that.
    saved: String,
    /// How the visitor logged out after that.
    way: Option<LogoutMethod>,
    tried: Tried,
    /// What the server did in this step.
    told: String,
    /// The `Set-Cookie` line of this answer.
    cookie: Option<Cookie<'static>>,
    /// The server's verdict on the copy.
    verdict: Option<Verdict>,
}

async fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let mut state = LogoutState::default();
    if visit.form.is_sent() {
        state.resume(visit);
        state.step(visit).await?;
    }
    let predicted = visit.form.get("predict");
    let predicted_right = visit.lesson.question.choices.iter().any(|it| it.is_right && predicted == Some(it.value));
    let frame = visit.frame(state.tried.is_solved(predicted_right))?.explaining_if(state.verdict.is_some());
    let cookie = state.cookie.clone();
    let mut response = render(&LogoutPage { assets: &visit.lab.assets, frame, state })?;
    if let Some(cookie) = cookie {
        response.add_cookie(&cookie).map_err(|error| Problem::internal(&error))?;
    }
    Ok(response)
}

impl LogoutState {
    /// Continues with what the form carries from the step before.
    fn resume(&mut self, visit: &LessonVisit<'_>) {
        let field = |name| visit.form.get(name).unwrap_or_default();
        field("saved").trim().clone_into(&mut self.saved);
        self.way = LogoutMethod::parse(field("way"));
        self.tried = Tried::parse(field("tried"));
    }

    async fn step(&mut self, visit: &mut LessonVisit<'_>) -> Result<(), Problem> {
        let mut keys = visit.own_keys()?;
        match visit.form.get("do").unwrap_or_default() {
            "login" => self.log_in(visit, &keys),
            "save" => self.save(visit),
            "clear" => self.clear(visit),
            "revoke" => self.revoke(visit, &keys).await,
            "rotate" => self.rotate(visit, &mut keys),
            "replay" => self.replay(visit, &keys).await,
            _ => Err(Problem::bad_request("`do` is no step of this lesson: press one of its buttons.")),
        }
    }

    fn log_in(&mut self, visit: &LessonVisit<'_>, keys: &OwnKeys) -> Result<(), Problem> {
        let ring = keys.current(&visit.lab.keys)?;
        let claims = lab::claims(&Subject::default(), LIFETIME, &random_text(&visit.lab.random)?, visit.now);
        let token = visit.issue(&ring, &claims)?;
        self.cookie = Some(cookie(visit, token, Duration::seconds(LIFETIME.seconds())));
        (self.saved, self.way) = (String::new(), None);
        self.say(format!(
            "You are logged in as bob. The pass has a random `jti`, your key `lab-{}` signed it, and it lives for ten \
             minutes. Your browser keeps it in the cookie `{COOKIE}`.",
            keys.numbers.1
        ))
    }

    fn save(&mut self, visit: &LessonVisit<'_>) -> Result<(), Problem> {
        let Some(token) = sent(visit) else {
            return self.say(format!(
                "Your browser sent no `{COOKIE}`, so there is nothing to save. A thief must come before the logout: \
                 press *Log in* first."
            ));
        };
        (self.saved, self.way) = (format!("{COOKIE}={token}"), None);
        self.say(
            "The copy is saved: whoever has this line has the pass. Now log out in one of the three ways.".to_owned(),
        )
    }

    fn clear(&mut self, visit: &LessonVisit<'_>) -> Result<(), Problem> {
        if sent(visit).is_none() {
            return self.say("Your browser sent no pass, so there is none to clear. Press *Log in* first.".to_owned());
        }
        self.cookie = Some(cookie(visit, String::new(), Duration::ZERO));
        self.way = Some(LogoutMethod::Clear);
        self.say(
            "Logged out: this answer tells your browser to forget the cookie. The server did nothing else.".to_owned(),
        )
    }

    async fn revoke(&mut self, visit: &LessonVisit<'_>, keys: &OwnKeys) -> Result<(), Problem> {
        let Some(token) = sent(visit) else {
            return self.say(
                "Your browser sent no pass, so the server does not know which `jti` to revoke. Press *Log in* first."
                    .to_owned(),
            );
        };
        let pending = match lab::verify_with(&keys.current(&visit.lab.keys)?, DemoAlgorithm::HS256, &token, visit.now) {
            Judged::Pending(pending) => pending,
            Judged::Final(verdict) => {
                let code = verdict.code().as_str();
                return self.say(format!(
                    "The pass in your cookie is refused already (`{code}`), and only a good one is worth a place on the \
                     list. Press *Log in* for a fresh one."
                ));
            }
        };
        visit.lab.store.revoke(pending.profile(), pending.jti(), pending.expires_at()).await?;
        self.way = Some(LogoutMethod::Revoke);
        self.say(format!(
            "Logged out: the `jti` {} is on the list of revoked tokens until the pass would have ended. The cookie was \
             left where it is.",
            pending.jti()
        ))
    }

    fn rotate(&mut self, visit: &mut LessonVisit<'_>, keys: &mut OwnKeys) -> Result<(), Problem> {
        let (old, new) = (keys.numbers.1, keys.numbers.1.saturating_add(1));
        visit.set_key_numbers(keys, (new, new))?;
        self.way = Some(LogoutMethod::Rotate);
        self.say(format!(
            "Logged out: your key `lab-{new}` signs and verifies from now on, and `lab-{old}` is dropped. The cookie was \
             left where it is."
        ))
    }

    async fn replay(&mut self, visit: &LessonVisit<'_>, keys: &OwnKeys) -> Result<(), Problem> {
        let token = self.saved.strip_prefix(COOKIE).and_then(|rest| rest.strip_prefix('=')).unwrap_or(&self.saved);
        if token.is_empty() {
            return self.say("There is no copy to replay. Press *Log in*, then *Save a copy*.".to_owned());
        }
        let judged = lab::verify_with(&keys.current(&visit.lab.keys)?, DemoAlgorithm::HS256, token, visit.now);
        let verdict = visit.lab.store.resolve_revocation(judged).await?;
        let replay = Replay::of(self.way, verdict.code(), is_own(visit, keys, token)?);
        if let Replay::Shows(way) = replay {
            self.tried.add(way);
        }
        self.verdict = Some(verdict);
        self.say(replay.says().to_owned())
    }

    #[expect(clippy::unnecessary_wraps, reason = "it ends a step, and steps may fail")]
    fn say(&mut self, told: String) -> Result<(), Problem> {
        self.told = told;
        Ok(())
    }

    fn trace(&self) -> Vec<TraceRow> {
        self.verdict.as_ref().map(TraceRow::of).unwrap_or_default()
    }

    const fn way_name(&self) -> &'static str {
        match self.way {
            Some(way) => way.name(),
            None => "",
        }
    }
}

/// The token in the cookie, if the browser sent one.
fn sent(visit: &LessonVisit<'_>) -> Option<String> {
    lesson_cookies::came(visit.request, COOKIE).filter(|value| !value.is_empty())
}

fn cookie(visit: &LessonVisit<'_>, value: String, max_age: Duration) -> Cookie<'static> {
    Cookie::build(COOKIE, value)
        .path(PATH)
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(visit.lab.origins.is_https())
        .max_age(max_age)
        .finish()
}

/// Whether one of the visitor's keys signed the token, retired ones included. Only the last few keys are tried.
fn is_own(visit: &LessonVisit<'_>, keys: &OwnKeys, token: &str) -> Result<bool, Problem> {
    let newest = keys.numbers.1;
    let ring = keys.ring(&visit.lab.keys, newest.saturating_sub(7).max(1)..=newest)?;
    Ok(match lab::verify_with(&ring, DemoAlgorithm::HS256, token, visit.now) {
        Judged::Pending(_) => true,
        Judged::Final(verdict) => verdict.is_accepted() || verdict.code() == crate::code::Code::Expired,
    })
}
