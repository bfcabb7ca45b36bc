//! Access and refresh tokens: Bob and Mallory refresh with the same token, at two issuers.
//!
//! Both issuers keep families of tokens as the issuer of this server does. The old one only looks a refresh token up;
//! the new one rotates it by the same call as `POST /oauth/token`.

use actix_web::HttpResponse;
use actix_web::cookie::Cookie;
use actix_web::cookie::time::Duration;
use askama::Template;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use super::own_keys::random_text;
use super::{Frame, LessonPage, LessonVisit, lesson_cookies};
use crate::keys::ProfileKeys;
use crate::lab::lessons::press::PressResult;
use crate::lab::lessons::stay_logged_in::{
    ACCESS_LIFETIME, Answer, COOKIE, Holder, Issuer, KEPT_MINUTES, Kept, LOG_IN_FIRST, Part, Round, TOO_LONG,
};
use crate::profiles::demo::{DemoAlgorithm, Subject};
use crate::profiles::lab;
use crate::store::{AuthorizationCode, CodeHash, Grant, NewFamily, NewRefreshToken, RefreshToken, Rotated};
use crate::token::{Judged, NumericDate, duration_in_words};
use crate::web::http::problem::Problem;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;

/// The client of the lesson's families. No request can name it, because it has a control character. So the server's own
/// token endpoint never exchanges a token of the lesson.
const CLIENT: &str = "lab\u{1}stay-logged-in";

/// Between two tokens in the cookie. No token has this character.
const SEPARATOR: char = '~';

pub(super) struct Page;

#[async_trait(?Send)]
impl LessonPage for Page {
    async fn page(&self, visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
        page(visit).await
    }
}

#[derive(Template)]
#[template(path = "lab/lessons/stay-logged-in/page.html")]
struct StayPage<'a> {
    assets: &'a Assets,
    frame: Frame,
    kept: Kept,
    wallets: Vec<Wallet>,
    exchange: Option<Exchange>,
}

/// What one of the two has, as the page shows it.
struct Wallet {
    holder: Holder,
    /// How long the access token is still valid; `None` if it is not.
    access_left: Option<String>,
    has_access: bool,
    refresh: Option<ShownRefresh>,
}

/// A refresh token on the page.
struct ShownRefresh {
    end: String,
    /// Whether the issuer would accept it now.
    works: bool,
}

/// A request to the issuer and its answer.
struct Exchange {
    holder: Holder,
    answer: Answer,
    sent: String,
    got: Option<String>,
}

/// The tokens of one of the two; empty texts where there is none.
#[derive(Clone, Default)]
struct Tokens {
    refresh: String,
    access: String,
}

/// What the session and the cookie carry, and the result of this step.
struct Work {
    visitor: String,
    kept: Kept,
    tokens: [Tokens; 2],
    exchange: Option<Exchange>,
    /// What the two had when a round ended with this press.
    last: Vec<Wallet>,
}

async fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let mut work = Work::resume(visit)?;
    let press = if visit.form.is_sent() { Some(work.step(visit).await?) } else { None };
    let wallets = if work.tokens_are_there() { work.wallets(visit).await? } else { std::mem::take(&mut work.last) };
    let cookie = visit.form.is_sent().then(|| work.cookie(visit));
    let frame = visit.judged(press, work.kept.open());
    let Work { kept, exchange, .. } = work;
    let mut response = render(&StayPage { assets: &visit.lab.assets, frame, kept, wallets, exchange })?;
    if let Some(cookie) = cookie {
        response.add_cookie(&cookie).map_err(|error| Problem::internal(&error))?;
    }
    Ok(response)
}

impl Work {
    fn resume(visit: &mut LessonVisit<'_>) -> Result<Self, Problem> {
        // A first view needs no keys, and makes no session.
        let visitor = if visit.form.is_sent() { visit.own_name()? } else { visit.visitor.lab().visitor };
        let carried = lesson_cookies::came(visit.request, COOKIE).unwrap_or_default();
        let mut texts = carried.split(SEPARATOR).map(str::to_owned);
        let mut next = || texts.next().unwrap_or_default();
        let tokens = Holder::ALL.map(|_| Tokens { refresh: next(), access: next() });
        Ok(Self { visitor, kept: Kept::parse(&visit.work()), tokens, exchange: None, last: Vec::new() })
    }

    async fn step(&mut self, visit: &mut LessonVisit<'_>) -> Result<PressResult, Problem> {
        let step = visit.form.get("do").unwrap_or_default().to_owned();
        let press = match step.as_str() {
            "steal" => self.steal(),
            "minutes" => self.wait(Round::wait_ten_minutes, "Ten minutes have passed."),
            "weeks" => self.wait_for_weeks(),
            "bob" => self.refresh(visit, Holder::Bob).await?,
            "mallory" => self.refresh(visit, Holder::Mallory).await?,
            step => match Issuer::find(step) {
                Some(issuer) => self.log_in(visit, issuer).await?,
                None => return Err(Problem::bad_request("`do` is no step of this lesson: press one of its buttons.")),
            },
        };
        visit.keep_work(self.kept.to_string())?;
        Ok(press)
    }

    async fn log_in(&mut self, visit: &LessonVisit<'_>, issuer: Issuer) -> Result<PressResult, Problem> {
        let refresh = new_family(visit).await?.in_clear();
        self.kept.round = Some(Round::new(issuer));
        let access = self.access_token(visit)?;
        self.tokens = [Tokens { refresh, access }, Tokens::default()];
        let name = issuer.name();
        Ok(PressResult::Step(format!("Bob is logged in at the {name} issuer. His client keeps two tokens.")))
    }

    fn steal(&mut self) -> PressResult {
        let [bob, mallory] = &mut self.tokens;
        let Some(round) = self.kept.round.as_mut().filter(|_| !bob.refresh.is_empty()) else {
            return PressResult::Missing(LOG_IN_FIRST.to_owned());
        };
        if round.is_stolen() {
            return PressResult::Note("Mallory has a copy already. Now somebody refreshes: who is first?".to_owned());
        }
        round.steal();
        mallory.refresh.clone_from(&bob.refresh);
        PressResult::Step("Mallory has a copy of Bob's refresh token. Bob does not know it.".to_owned())
    }

    fn wait(&mut self, pass: fn(&mut Round) -> bool, says: &str) -> PressResult {
        let Some(round) = &mut self.kept.round else { return PressResult::Missing(LOG_IN_FIRST.to_owned()) };
        if pass(round) { PressResult::Step(says.to_owned()) } else { PressResult::Missing(TOO_LONG.to_owned()) }
    }

    fn wait_for_weeks(&mut self) -> PressResult {
        match &self.kept.round {
            Some(round) if round.issuer == Issuer::New => PressResult::Missing(
                "At the new issuer you need no weeks: the clash comes with the next refresh. Press *Ten minutes later*."
                    .to_owned(),
            ),
            Some(round) if !round.is_stolen() => PressResult::Missing(
                "Mallory has no copy yet, so four weeks would show nothing of her. Press *Steal the refresh token* first."
                    .to_owned(),
            ),
            _ => self.wait(Round::wait_four_weeks, "Four weeks have passed. Does the copy still work? Press *Refresh as Mallory*."),
        }
    }

    async fn refresh(&mut self, visit: &LessonVisit<'_>, holder: Holder) -> Result<PressResult, Problem> {
        if let Some(why) = self.cannot_refresh(visit, holder)? {
            return Ok(PressResult::Missing(why));
        }
        let Some(mut round) = self.kept.round.clone() else { return Ok(PressResult::Missing(LOG_IN_FIRST.to_owned())) };
        let sent = self.tokens[holder as usize].refresh.clone();
        let (answer, next) = ask(visit, round.issuer, &sent).await?;
        if !round.note(holder, answer) {
            return Ok(PressResult::Missing(TOO_LONG.to_owned()));
        }
        self.kept.round = Some(round);
        let got = next.map(|token| token.in_clear());
        self.exchange = Some(Exchange { holder, answer, sent: end_of(&sent), got: got.as_deref().map(end_of) });
        if let Some(got) = got {
            let access = self.access_token(visit)?;
            self.tokens[holder as usize] = Tokens { refresh: got, access };
        }
        let wallets = self.wallets(visit).await?;
        let press = self.kept.concluded(holder, answer);
        if self.kept.round.is_none() {
            (self.tokens, self.last) = (Default::default(), wallets);
        }
        Ok(press)
    }

    /// Why this client would not refresh now.
    fn cannot_refresh(&self, visit: &LessonVisit<'_>, holder: Holder) -> Result<Option<String>, Problem> {
        let name = holder.name();
        Ok(match &self.kept.round {
            None => Some(LOG_IN_FIRST.to_owned()),
            Some(_) if self.tokens[Holder::Bob as usize].refresh.is_empty() => Some(format!(
                "Your browser did not send the cookie `{COOKIE}` with the tokens. Log in at one of the two issuers again."
            )),
            Some(_) if self.tokens[holder as usize].refresh.is_empty() => {
                Some("Mallory has no refresh token yet. Press *Steal the refresh token*.".to_owned())
            }
            Some(_) => self.access_left(visit, holder)?.map(|left| {
                format!(
                    "{name}'s access token is valid for another {left}, and a client refreshes when it has expired. Press \
                     *Ten minutes later* first."
                )
            }),
        })
    }

    /// How long the access token is still accepted by the portal; `None` if it is not.
    fn access_left(&self, visit: &LessonVisit<'_>, holder: Holder) -> Result<Option<String>, Problem> {
        let token = &self.tokens[holder as usize].access;
        let now = self.now(visit);
        // The portal looks nothing up: it checks an access token by itself.
        let Judged::Pending(pending) = lab::verify_with(&self.keys(visit)?, DemoAlgorithm::HS256, token, now) else {
            return Ok(None);
        };
        let end = NumericDate::from_moment(pending.expires_at());
        Ok(Some(duration_in_words(end.since(NumericDate::from_moment(now)))))
    }

    /// A new access token for Bob's account.
    fn access_token(&self, visit: &LessonVisit<'_>) -> Result<String, Problem> {
        let jti = random_text(&visit.lab.random)?;
        visit.issue(&self.keys(visit)?, &lab::claims(&Subject::default(), ACCESS_LIFETIME, &jti, self.now(visit)))
    }

    fn keys(&self, visit: &LessonVisit<'_>) -> Result<ProfileKeys, Problem> {
        let name = format!("{} stay-logged-in", self.visitor);
        let keys = visit.lab.keys.ring().lab().secrets_of_visitor(&name, 1..=1);
        keys.ok_or_else(|| Problem::broken("a visitor's ring has no key"))
    }

    /// The time by the clock of the lesson, which the visitor moves on.
    fn now(&self, visit: &LessonVisit<'_>) -> DateTime<Utc> {
        visit.now + TimeDelta::minutes(self.kept.round.as_ref().map_or(0, Round::minutes))
    }

    fn tokens_are_there(&self) -> bool {
        self.kept.round.is_some() && !self.tokens[Holder::Bob as usize].refresh.is_empty()
    }

    async fn wallets(&self, visit: &LessonVisit<'_>) -> Result<Vec<Wallet>, Problem> {
        let mut wallets = Vec::new();
        for holder in Holder::ALL {
            let tokens = &self.tokens[holder as usize];
            let refresh = match RefreshToken::parse(&tokens.refresh) {
                Some(token) => Some(ShownRefresh {
                    end: end_of(&tokens.refresh),
                    works: visit.lab.store.refresh_token(&token, visit.now).await?.is_some(),
                }),
                None => None,
            };
            let access_left = self.access_left(visit, holder)?;
            wallets.push(Wallet { holder, access_left, has_access: !tokens.access.is_empty(), refresh });
        }
        Ok(wallets)
    }

    fn cookie(&self, visit: &LessonVisit<'_>) -> Cookie<'static> {
        let texts: Vec<&str> =
            self.tokens.iter().flat_map(|tokens| [tokens.refresh.as_str(), tokens.access.as_str()]).collect();
        let max_age = if self.tokens_are_there() { Duration::minutes(KEPT_MINUTES) } else { Duration::ZERO };
        lesson_cookies::of_lesson(visit, COOKIE, texts.join(&SEPARATOR.to_string()), max_age)
    }
}

/// Starts a family, as the redemption of an authorization code does, and gives its first refresh token.
async fn new_family(visit: &LessonVisit<'_>) -> Result<RefreshToken, Problem> {
    let first = RefreshToken::first(visit.lab.random.source()).map_err(|_| no_random_bytes())?;
    let hash = CodeHash::of(&random_text(&visit.lab.random)?);
    visit.lab.store.put_code(&hash, &login_of_bob(visit)).await?;
    let family = NewFamily::of_refresh_token(kept(visit, &first));
    visit.lab.store.redeem_code(&hash, CLIENT, &family, visit.now).await?;
    Ok(first)
}

fn login_of_bob(visit: &LessonVisit<'_>) -> AuthorizationCode {
    AuthorizationCode {
        grant: Grant {
            client_id: CLIENT.to_owned(),
            subject: "bob".to_owned(),
            scope: String::new(),
            audience: Vec::new(),
            auth_time: visit.now,
        },
        redirect_uri: String::new(),
        challenge: None,
        nonce: None,
        expires_at: kept_until(visit),
    }
}

/// Sends a refresh token to an issuer: its answer, and the refresh token to use from now on.
async fn ask(visit: &LessonVisit<'_>, issuer: Issuer, sent: &str) -> Result<(Answer, Option<RefreshToken>), Problem> {
    let Some(token) = RefreshToken::parse(sent) else { return Ok((Answer::Forgotten, None)) };
    if issuer == Issuer::Old {
        let found = visit.lab.store.refresh_token(&token, visit.now).await?;
        return Ok(if found.is_some() { (Answer::Granted, Some(token)) } else { (Answer::Forgotten, None) });
    }
    let next = token.next(visit.lab.random.source()).map_err(|_| no_random_bytes())?;
    let rotated = visit.lab.store.rotate(&token, CLIENT, &kept(visit, &next), visit.now).await?;
    Ok(match rotated {
        Rotated::Rotated(_) => (Answer::Granted, Some(next)),
        Rotated::Reused => (Answer::Reused, None),
        Rotated::Revoked => (Answer::Ended, None),
        Rotated::Expired | Rotated::OtherClient | Rotated::Unknown => (Answer::Forgotten, None),
    })
}

/// A refresh token as the store keeps it.
fn kept(visit: &LessonVisit<'_>, token: &RefreshToken) -> NewRefreshToken {
    let until = kept_until(visit);
    NewRefreshToken { token: token.clone(), expires_at: until, access_expires_at: until }
}

fn kept_until(visit: &LessonVisit<'_>) -> DateTime<Utc> {
    visit.now + TimeDelta::minutes(KEPT_MINUTES)
}

/// The last eight characters of a token, which show whether two of them are the same.
fn end_of(token: &str) -> String {
    let skipped = token.chars().count().saturating_sub(8);
    token.chars().skip(skipped).collect()
}

fn no_random_bytes() -> Problem {
    Problem::broken("the system gave no random bytes")
}
