//! Three ways to log out, and the replay of a saved token that shows how they differ.

use actix_web::HttpResponse;
use actix_web::cookie::Cookie;
use actix_web::cookie::time::Duration;
use askama::Template;
use async_trait::async_trait;
use chrono::DateTime;

use super::own_keys::random_text;
use super::{Frame, LessonPage, LessonVisit, lesson_cookies};
use crate::code::Code;
use crate::keys::ProfileKeys;
use crate::lab::lessons::logout::{COOKIE, KeptCopy, LIFETIME, LogoutMethod, Replay, Rounds, Stage};
use crate::lab::lessons::press::PressResult;
use crate::profiles::demo::{DemoAlgorithm, Subject};
use crate::profiles::lab;
use crate::token::{Judged, Verdict, decode};
use crate::web::http::problem::Problem;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;
use crate::web::view::token_view::TraceRow;

pub(super) struct Page;

#[async_trait(?Send)]
impl LessonPage for Page {
    /// A replay that shows nothing of the logout changes nothing.
    fn judging_steps(&self) -> &'static [&'static str] {
        &["replay"]
    }

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

/// The state of the lesson: what the session and the form carry, and the result of this step.
struct LogoutState {
    /// The name of this visitor's keys.
    visitor: String,
    rounds: Rounds,
    /// Whether Bob has a cookie with a token that one of the keys in use signed.
    is_logged_in: bool,
    /// The copy of the cookie that Mallory saved; empty before that.
    saved: String,
    /// How Bob logged out after that.
    way: Option<LogoutMethod>,
    /// The `Set-Cookie` line of this answer.
    cookie: Option<Cookie<'static>>,
    /// The server's verdict on the copy.
    verdict: Option<Verdict>,
    /// Whether a replay of the copy can show nothing any more.
    is_copy_spent: bool,
}

async fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let mut state = LogoutState::resume(visit)?;
    let press = if visit.form.is_sent() { Some(state.step(visit).await?) } else { None };
    if press.is_some() {
        state.keep(visit)?;
    }
    let frame = visit.judged(press, state.rounds.open(state.stage(), state.begins_again()));
    let cookie = state.cookie.clone();
    let mut response = render(&LogoutPage { assets: &visit.lab.assets, frame, state })?;
    if let Some(cookie) = cookie {
        response.add_cookie(&cookie).map_err(|error| Problem::internal(&error))?;
    }
    Ok(response)
}

impl LogoutState {
    /// Continues with what the session and the form carry from the step before.
    fn resume(visit: &mut LessonVisit<'_>) -> Result<Self, Problem> {
        // A first view needs no keys, and makes no session.
        let visitor = if visit.form.is_sent() { visit.own_name()? } else { visit.visitor.lab().visitor };
        let field = |name| visit.form.get(name).unwrap_or_default().trim();
        let mut state = Self {
            visitor,
            rounds: Rounds::parse(&visit.work()),
            is_logged_in: false,
            saved: field("saved").to_owned(),
            way: LogoutMethod::find(field("way")),
            cookie: None,
            verdict: None,
            is_copy_spent: false,
        };
        if visit.form.get("saved").is_none() {
            state.restore_copy(visit)?;
        }
        state.is_copy_spent = state.is_spent(visit)?;
        if let Some(token) = sent(visit) {
            state.is_logged_in = matches!(state.verify(visit, &token)?, Judged::Pending(_));
        }
        Ok(state)
    }

    /// Takes the copy that the session kept when the page was left.
    fn restore_copy(&mut self, visit: &LessonVisit<'_>) -> Result<(), Problem> {
        let kept = KeptCopy::parse(&visit.work()).filter(|kept| (1..=self.rounds.key).contains(&kept.key));
        let Some(kept) = kept.filter(|_| !self.visitor.is_empty()) else { return Ok(()) };
        let Some(issued_at) = DateTime::from_timestamp(kept.issued_at, 0) else { return Ok(()) };
        let keys = visit.lab.keys.ring().lab().secrets_of_visitor(&self.visitor, kept.key..=kept.key);
        let keys = keys.ok_or_else(|| Problem::broken("a visitor's ring has no key"))?;
        let token = lab::issue(&keys, &lab::claims(&Subject::default(), LIFETIME, &kept.jti, issued_at))?;
        (self.saved, self.way) = (format!("{COOKIE}={}", token.as_str()), kept.way);
        Ok(())
    }

    /// Keeps the rounds, and what the copy follows from. In a session that is full, the form alone carries the copy.
    fn keep(&self, visit: &mut LessonVisit<'_>) -> Result<(), Problem> {
        let rounds = self.rounds.to_string();
        let Some(copy) = self.kept_copy() else { return visit.keep_work(rounds) };
        visit.keep_work(format!("{rounds} {copy}")).or_else(|_| visit.keep_work(rounds))
    }

    /// `None` for a text that this lesson did not issue.
    fn kept_copy(&self) -> Option<KeptCopy> {
        let decoded = decode(self.copy());
        let key = decoded.header()?.get("kid")?.as_str()?.strip_prefix("lab-")?.parse().ok()?;
        let unverified = decoded.unverified_claims()?;
        let claims = unverified.for_display();
        let jti = claims.get("jti")?.as_str().filter(|jti| is_plain(jti))?.to_owned();
        Some(KeptCopy { key, issued_at: claims.get("iat")?.as_i64()?, jti, way: self.way })
    }

    /// Whether the server refuses the copy for a reason that Bob's last logout did not cause. Here it is asked without
    /// its list.
    fn is_spent(&self, visit: &LessonVisit<'_>) -> Result<bool, Problem> {
        if self.copy().is_empty() {
            return Ok(false);
        }
        Ok(match self.verify(visit, self.copy())? {
            Judged::Pending(_) => false,
            Judged::Final(verdict) => {
                let is_own = self.is_own(visit, self.copy())?;
                !matches!(Replay::of(self.way, verdict.code(), is_own), Replay::Shows(_))
            }
        })
    }

    /// Mallory's copy without the cookie's name.
    fn copy(&self) -> &str {
        self.saved.strip_prefix(COOKIE).and_then(|rest| rest.strip_prefix('=')).unwrap_or(&self.saved)
    }

    const fn stage(&self) -> Stage {
        match self.way {
            Some(_) if !self.saved.is_empty() => Stage::LoggedOut,
            None if !self.saved.is_empty() => Stage::Saved,
            _ if self.is_logged_in => Stage::LoggedIn,
            _ => Stage::Begin,
        }
    }

    /// Whether a new round has to begin: the copy can show nothing more, or Bob has no login that he could end. The
    /// latter is so when a visitor went back after a logout.
    fn begins_again(&self) -> bool {
        self.is_copy_spent || (self.stage() == Stage::Saved && !self.is_logged_in)
    }

    /// The step that comes next.
    fn next(&self) -> Stage {
        if self.begins_again() { Stage::Begin } else { self.stage() }
    }

    async fn step(&mut self, visit: &mut LessonVisit<'_>) -> Result<PressResult, Problem> {
        match visit.form.get("do").unwrap_or_default() {
            "login" => self.log_in(visit),
            "save" => Ok(self.save(visit)),
            "clear" => Ok(self.clear(visit)),
            "revoke" => self.revoke(visit).await,
            "rotate" => Ok(self.rotate()),
            "replay" => self.replay(visit).await,
            _ => Err(Problem::bad_request("`do` is no step of this lesson: press one of its buttons.")),
        }
    }

    fn log_in(&mut self, visit: &LessonVisit<'_>) -> Result<PressResult, Problem> {
        let is_again = self.is_logged_in && self.stage() == Stage::LoggedIn;
        let claims = lab::claims(&Subject::default(), LIFETIME, &random_text(&visit.lab.random)?, visit.now);
        let token = visit.issue(&self.keys(visit, self.rounds.key)?, &claims)?;
        self.cookie = Some(lesson_cookies::of_lesson(visit, COOKIE, token, Duration::seconds(LIFETIME.seconds())));
        (self.saved, self.way, self.is_logged_in, self.is_copy_spent) = (String::new(), None, true, false);
        let press = self.step_done(
            1,
            &format!(
                "Bob is logged in for ten minutes. His token has a random `jti`, your key `lab-{}` signed it, and his \
                 browser keeps it in the cookie `{COOKIE}`.",
                self.rounds.key
            ),
        );
        Ok(if is_again { PressResult::Note(press.says().to_owned()) } else { press })
    }

    /// The result of a step that ends no round.
    fn step_done(&self, number: usize, says: &str) -> PressResult {
        let counted = if self.rounds.count() == 0 { String::new() } else { format!("{} ", self.rounds.counted()) };
        PressResult::Step(format!("This was step {number} of 4 in this round. {counted}{says}"))
    }

    fn save(&mut self, visit: &LessonVisit<'_>) -> PressResult {
        let Some(token) = sent(visit) else {
            return PressResult::Missing(format!(
                "Your browser sent no cookie `{COOKIE}`, so there is nothing to copy. Press *Log in as Bob* first."
            ));
        };
        (self.saved, self.way, self.is_copy_spent) = (format!("{COOKIE}={token}"), None, false);
        self.step_done(2, &format!("Mallory has the copy. Now Bob logs out. {}", self.rounds.left()))
    }

    fn clear(&mut self, visit: &LessonVisit<'_>) -> PressResult {
        if sent(visit).is_none() {
            return PressResult::Missing(
                "Your browser sent no cookie to clear. Press *Log in as Bob* first.".to_owned(),
            );
        }
        self.cookie = Some(lesson_cookies::of_lesson(visit, COOKIE, String::new(), Duration::ZERO));
        self.way = Some(LogoutMethod::Clear);
        self.is_logged_in = false;
        self.step_done(
            3,
            "Bob is logged out: this response tells his browser to delete the cookie. The server did nothing else.",
        )
    }

    async fn revoke(&mut self, visit: &LessonVisit<'_>) -> Result<PressResult, Problem> {
        let Some(token) = sent(visit) else {
            return Ok(PressResult::Missing(
                "Your browser sent no cookie, so the server does not know which `jti` to revoke. Press *Log in as Bob* \
                 first."
                    .to_owned(),
            ));
        };
        let pending = match self.verify(visit, &token)? {
            Judged::Pending(pending) => pending,
            Judged::Final(verdict) => {
                return Ok(PressResult::Missing(format!(
                    "The server refuses the token in Bob's cookie already (`{}`), and a list needs no refused tokens. \
                     Press *Log in as Bob* for a new one.",
                    verdict.code().as_str()
                )));
            }
        };
        visit.lab.store.revoke(pending.profile(), pending.jti(), pending.expires_at()).await?;
        self.way = Some(LogoutMethod::Revoke);
        Ok(self.step_done(
            3,
            &format!(
                "Bob is logged out: the `jti` {} is on the deny list until the token expires. The cookie stays where it \
                 is.",
                pending.jti()
            ),
        ))
    }

    fn rotate(&mut self) -> PressResult {
        let old = self.rounds.key;
        self.rounds.key = old.saturating_add(1);
        (self.way, self.is_logged_in) = (Some(LogoutMethod::Rotate), false);
        self.step_done(
            3,
            &format!(
                "Bob is logged out: from now on your key `lab-{}` signs and verifies, and `lab-{old}` does nothing. The \
                 cookie stays where it is.",
                self.rounds.key
            ),
        )
    }

    async fn replay(&mut self, visit: &LessonVisit<'_>) -> Result<PressResult, Problem> {
        let token = self.copy();
        if token.is_empty() {
            return Ok(PressResult::Missing(
                "There is no copy. Press *Log in as Bob*, and then *Save a copy*.".to_owned(),
            ));
        }
        let is_own = self.is_own(visit, token)?;
        let verdict = visit.lab.store.resolve_revocation(self.verify(visit, token)?).await?;
        let replay = Replay::of(self.way, verdict.code(), is_own);
        self.verdict = Some(verdict);
        if let Replay::Shows(way) = replay {
            return Ok(self.end_round(visit, way));
        }
        self.is_copy_spent = replay != Replay::TooEarly;
        Ok(PressResult::Wrong(replay.says().to_owned()))
    }

    /// Counts the round, and leads back to its first step: Bob has no cookie again.
    fn end_round(&mut self, visit: &LessonVisit<'_>, way: LogoutMethod) -> PressResult {
        let is_new = !self.rounds.has(way);
        self.rounds.add(way);
        self.cookie = Some(lesson_cookies::of_lesson(visit, COOKIE, String::new(), Duration::ZERO));
        (self.saved, self.way, self.is_logged_in) = (String::new(), None, false);
        let says = Replay::Shows(way).says();
        if self.rounds.are_complete() {
            return PressResult::Solved(format!(
                "{says} All three rounds are done. A token ends early only if the server keeps a list or drops the key."
            ));
        }
        let (counted, left) = (self.rounds.counted(), self.rounds.left());
        if is_new {
            PressResult::Step(format!("{counted} {says} {left}"))
        } else {
            PressResult::Note(format!("You have shown this logout already. {counted} {says} {left}"))
        }
    }

    /// Verifies a token as the portal does now.
    fn verify(&self, visit: &LessonVisit<'_>, token: &str) -> Result<Judged, Problem> {
        Ok(lab::verify_with(&self.keys(visit, self.rounds.key)?, DemoAlgorithm::HS256, token, visit.now))
    }

    /// The keys from this number to the one that signs.
    fn keys(&self, visit: &LessonVisit<'_>, oldest: u32) -> Result<ProfileKeys, Problem> {
        let ring = visit.lab.keys.ring().lab().secrets_of_visitor(&self.visitor, oldest..=self.rounds.key);
        ring.ok_or_else(|| Problem::broken("a visitor's ring has no key"))
    }

    /// Whether one of the visitor's keys signed the token, retired ones included. Only the last few keys are tried.
    fn is_own(&self, visit: &LessonVisit<'_>, token: &str) -> Result<bool, Problem> {
        let keys = self.keys(visit, self.rounds.key.saturating_sub(7).max(1))?;
        Ok(match lab::verify_with(&keys, DemoAlgorithm::HS256, token, visit.now) {
            Judged::Pending(_) => true,
            Judged::Final(verdict) => verdict.is_accepted() || verdict.code() == Code::Expired,
        })
    }

    fn trace(&self) -> Vec<TraceRow> {
        self.verdict.as_ref().map(TraceRow::of).unwrap_or_default()
    }

    const fn way_name(&self) -> &'static str {
        match self.way {
            Some(way) => way.value(),
            None => "",
        }
    }
}

/// Whether a text can be the `jti` of a token of this lesson.
fn is_plain(jti: &str) -> bool {
    jti.len() <= 32 && jti.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// The token in the cookie, if the browser sent one.
fn sent(visit: &LessonVisit<'_>) -> Option<String> {
    lesson_cookies::came(visit.request, COOKIE).filter(|value| !value.is_empty())
}
