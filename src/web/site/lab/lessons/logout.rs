//! Logout three ways, and the replay that tells them apart.

use actix_web::HttpResponse;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use askama::Template;

use super::own_keys::{OwnKeys, random_text};
use super::{Desk, Frame, jar, page as answer};
use crate::lab::lessons::logout::{COOKIE, LIFETIME, PATH, Replay, Tried, Way};
use crate::profiles::demo::{DemoAlgorithm, Subject};
use crate::profiles::lab;
use crate::token::{Judged, Verdict};
use crate::web::http::problem::Problem;
use crate::web::view::assets::Assets;
use crate::web::view::token_view::TraceRow;

#[derive(Template)]
#[template(path = "lab/lessons/logout.html")]
struct LogoutPage<'a> {
    assets: &'a Assets,
    frame: Frame,
    pass: Pass,
}

/// Where a visitor stands with the pass: what the form carries, and what this step came to.
#[derive(Default)]
struct Pass {
    /// The cookie's line as a thief saved it; empty before.
    saved: String,
    /// How the visitor logged out since.
    way: Option<Way>,
    tried: Tried,
    /// What the server did in this step.
    told: String,
    /// The `Set-Cookie` line of this answer.
    cookie: Option<Cookie<'static>>,
    /// What the server said to the copy.
    verdict: Option<Verdict>,
}

pub(super) async fn page(desk: &mut Desk<'_>) -> Result<HttpResponse, Problem> {
    let mut pass = Pass::default();
    if desk.form.is_sent() {
        pass.resume(desk);
        pass.step(desk).await?;
    }
    let predicted = desk.form.get("predict");
    let predicted_right = desk.lesson.question.choices.iter().any(|it| it.is_right && predicted == Some(it.value));
    let frame = desk.frame(pass.tried.is_solved(predicted_right))?.explaining_if(pass.verdict.is_some());
    let cookie = pass.cookie.clone();
    let mut response = answer(&LogoutPage { assets: &desk.state.assets, frame, pass })?;
    if let Some(cookie) = cookie {
        response.add_cookie(&cookie).map_err(|error| Problem::internal(&error))?;
    }
    Ok(response)
}

impl Pass {
    /// Takes up what the form carried from the step before.
    fn resume(&mut self, desk: &Desk<'_>) {
        let field = |name| desk.form.get(name).unwrap_or_default();
        field("saved").trim().clone_into(&mut self.saved);
        self.way = Way::parse(field("way"));
        self.tried = Tried::parse(field("tried"));
    }

    async fn step(&mut self, desk: &mut Desk<'_>) -> Result<(), Problem> {
        let mut keys = desk.own_keys()?;
        match desk.form.get("do").unwrap_or_default() {
            "login" => self.log_in(desk, &keys),
            "save" => self.save(desk),
            "clear" => self.clear(desk),
            "revoke" => self.revoke(desk, &keys).await,
            "rotate" => self.rotate(desk, &mut keys),
            "replay" => self.replay(desk, &keys).await,
            _ => Err(Problem::bad_request("`do` is no step of this lesson: press one of its buttons.")),
        }
    }

    fn log_in(&mut self, desk: &Desk<'_>, keys: &OwnKeys) -> Result<(), Problem> {
        let ring = keys.current(desk.state)?;
        let claims = lab::claims(&Subject::default(), LIFETIME, &random_text()?, desk.now);
        let token = desk.issue(&ring, &claims)?;
        self.cookie = Some(cookie(desk, token, Duration::seconds(LIFETIME.seconds())));
        (self.saved, self.way) = (String::new(), None);
        self.say(format!(
            "You are logged in as bob. The pass has a random `jti`, your key `lab-{}` signed it, and it lives for ten \
             minutes. Your browser keeps it in the cookie `{COOKIE}`.",
            keys.numbers.1
        ))
    }

    fn save(&mut self, desk: &Desk<'_>) -> Result<(), Problem> {
        let Some(token) = sent(desk) else {
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

    fn clear(&mut self, desk: &Desk<'_>) -> Result<(), Problem> {
        if sent(desk).is_none() {
            return self.say("Your browser sent no pass, so there is none to clear. Press *Log in* first.".to_owned());
        }
        self.cookie = Some(cookie(desk, String::new(), Duration::ZERO));
        self.way = Some(Way::Clear);
        self.say(
            "Logged out: this answer tells your browser to forget the cookie. The server did nothing else.".to_owned(),
        )
    }

    async fn revoke(&mut self, desk: &Desk<'_>, keys: &OwnKeys) -> Result<(), Problem> {
        let Some(token) = sent(desk) else {
            return self.say(
                "Your browser sent no pass, so the server does not know which `jti` to revoke. Press *Log in* first."
                    .to_owned(),
            );
        };
        let pending = match lab::verify_with(&keys.current(desk.state)?, DemoAlgorithm::Hs256, &token, desk.now) {
            Judged::Pending(pending) => pending,
            Judged::Final(verdict) => {
                let code = verdict.code().as_str();
                return self.say(format!(
                    "The pass in your cookie is refused already (`{code}`), and only a good one is worth a place on the \
                     list. Press *Log in* for a fresh one."
                ));
            }
        };
        let revoked = desk.state.store.revoke(pending.profile(), pending.jti(), pending.expires_at()).await;
        revoked.map_err(|error| Problem::store_unavailable(&error))?;
        self.way = Some(Way::Revoke);
        self.say(format!(
            "Logged out: the `jti` {} is on the list of revoked tokens until the pass would have ended. The cookie was \
             left where it is.",
            pending.jti()
        ))
    }

    fn rotate(&mut self, desk: &mut Desk<'_>, keys: &mut OwnKeys) -> Result<(), Problem> {
        let (old, new) = (keys.numbers.1, keys.numbers.1.saturating_add(1));
        desk.turn(keys, (new, new))?;
        self.way = Some(Way::Rotate);
        self.say(format!(
            "Logged out: your key `lab-{new}` signs and verifies from now on, and `lab-{old}` is dropped. The cookie was \
             left where it is."
        ))
    }

    async fn replay(&mut self, desk: &Desk<'_>, keys: &OwnKeys) -> Result<(), Problem> {
        let token = self.saved.strip_prefix(COOKIE).and_then(|rest| rest.strip_prefix('=')).unwrap_or(&self.saved);
        if token.is_empty() {
            return self.say("There is no copy to replay. Press *Log in*, then *Save a copy*.".to_owned());
        }
        let judged = lab::verify_with(&keys.current(desk.state)?, DemoAlgorithm::Hs256, token, desk.now);
        let verdict =
            desk.state.resolve_revocation(judged).await.map_err(|error| Problem::store_unavailable(&error))?;
        let replay = Replay::of(self.way, verdict.code(), is_own(desk, keys, token)?);
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

/// The pass that the browser sent, when it sent one.
fn sent(desk: &Desk<'_>) -> Option<String> {
    jar::came(desk.request, COOKIE).filter(|value| !value.is_empty())
}

fn cookie(desk: &Desk<'_>, value: String, max_age: Duration) -> Cookie<'static> {
    Cookie::build(COOKIE, value)
        .path(PATH)
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(desk.state.origins.is_https())
        .max_age(max_age)
        .finish()
}

/// Whether one of the visitor's keys signed the token, be it retired. The last few are looked at.
fn is_own(desk: &Desk<'_>, keys: &OwnKeys, token: &str) -> Result<bool, Problem> {
    let newest = keys.numbers.1;
    let ring = keys.ring(desk.state, newest.saturating_sub(7).max(1)..=newest)?;
    Ok(match lab::verify_with(&ring, DemoAlgorithm::Hs256, token, desk.now) {
        Judged::Pending(_) => true,
        Judged::Final(verdict) => verdict.is_accepted() || verdict.code() == crate::code::Code::Expired,
    })
}
