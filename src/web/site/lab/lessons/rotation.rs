//! Key rotation with the visitor's own key set.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::cookie::Cookie;
use actix_web::cookie::time::Duration;
use askama::Template;
use async_trait::async_trait;

use super::{Frame, LessonPage, LessonVisit, lesson_cookies};
use crate::code::Code;
use crate::keys::{Jwks, KeyRing, LabKeys, ProfileKeys};
use crate::lab::lessons::hints::Open;
use crate::lab::lessons::press::PressResult;
use crate::lab::lessons::rotation::{
    COOKIE, Gap, IssuedToken, KeyNumbers, LIFETIMES, MOST_TOKENS, RotationResult, RotationState, RotationStep, Server,
};
use crate::profiles::demo::{self, DemoAlgorithm, Subject};
use crate::profiles::{Lifetime, lab};
use crate::token::{Judged, NumericDate, UnverifiedClaims, Verdict, decode, duration_in_words};
use crate::web::http::problem::Problem;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;

/// How long the browser keeps the tokens; the longest of them lives for a minute.
const COOKIE_LIFE: Duration = Duration::minutes(10);

/// Between two tokens in the cookie. No token has this character.
const SEPARATOR: char = '~';

/// What is said where no valid token is refused.
const LOOKED: &str = "Both servers checked every token just now. They accept each one that has not expired.";

pub(super) struct Page;

#[async_trait(?Send)]
impl LessonPage for Page {
    async fn page(&self, visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
        page(visit).await
    }

    fn step(&self, visit: &LessonVisit<'_>, step: &str) -> Result<HttpResponse, Problem> {
        match step {
            "jwks.json" => key_set(visit),
            _ => Err(Problem::not_found()),
        }
    }
}

#[derive(Template)]
#[template(path = "lab/lessons/rotation/page.html")]
struct RotationPage<'a> {
    assets: &'a Assets,
    frame: Frame,
    work: Work,
    /// The key set that the timetable fetched in this step.
    fetched: Option<String>,
}

/// The state of a rotation: what the session and the cookie carry, and the result of this step.
struct Work {
    keys: VisitorKeys,
    state: RotationState,
    tokens: Vec<Carried>,
    life: i64,
}

/// One visitor's keys of the lab.
struct VisitorKeys {
    ring: Arc<KeyRing>,
    /// Empty until the visitor presses a button.
    visitor: String,
}

impl VisitorKeys {
    fn of(&self, numbers: impl DoubleEndedIterator<Item = u32>) -> Result<ProfileKeys, Problem> {
        let keys = self.ring.lab().pairs_of_visitor(&self.visitor, numbers);
        keys.ok_or_else(|| Problem::broken("a visitor has no key pair"))
    }

    fn published(&self, keys: KeyNumbers) -> Jwks {
        self.ring.lab().key_set_of_visitor(&self.visitor, keys.known_to(Server::Library))
    }
}

/// A token that the cookie carries, judged now.
struct Carried {
    text: String,
    issued: IssuedToken,
    /// What each server says, in the order of [`Server::ALL`].
    codes: [Code; 2],
}

async fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let visitor = if visit.form.is_sent() { visit.own_name()? } else { visit.visitor.lab().visitor };
    let mut work = Work::resume(visit, visitor).await?;
    let press = if visit.form.is_sent() { Some(work.step(visit).await?) } else { None };
    let fetched = (visit.form.get("do") == Some("fetch")).then(|| shown(&work.keys.published(work.state.keys)));
    let frame = visit.judged(press, work.open());
    let cookie = visit.form.is_sent().then(|| work.cookie(visit));
    let mut response = render(&RotationPage { assets: &visit.lab.assets, frame, work, fetched })?;
    if let Some(cookie) = cookie {
        response.add_cookie(&cookie).map_err(|error| Problem::internal(&error))?;
    }
    Ok(response)
}

/// `GET /lab/lessons/rotation/jwks.json`: the key set of this session's visitor.
fn key_set(visit: &LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let visitor = visit.visitor.lab().visitor;
    let Some(text) = visit.visitor.lab().work.remove(visit.lesson.key).filter(|_| !visitor.is_empty()) else {
        return Err(Problem::not_found());
    };
    let keys = VisitorKeys { ring: visit.lab.keys.ring(), visitor };
    Ok(HttpResponse::Ok().json(keys.published(RotationState::parse(&text).keys)))
}

/// A key set as the page shows it: each key in a line, its long number shortened.
fn shown(set: &Jwks) -> String {
    let mut set = serde_json::to_value(set).unwrap_or_default();
    let keys = set["keys"].as_array_mut().map(std::mem::take).unwrap_or_default();
    let short = |mut key: serde_json::Value| {
        let start: String = key["n"].as_str().unwrap_or_default().chars().take(12).collect();
        key["n"] = format!("{start}…").into();
        format!("  {key}")
    };
    let lines: Vec<String> = keys.into_iter().map(short).collect();
    format!("{{\"keys\":[\n{}\n]}}", lines.join(",\n"))
}

impl Work {
    /// Continues with what the session and the cookie carry. A token that no key of this visitor signed is left out.
    async fn resume(visit: &LessonVisit<'_>, visitor: String) -> Result<Self, Problem> {
        let keys = VisitorKeys { ring: visit.lab.keys.ring(), visitor };
        let mut work =
            Self { keys, state: RotationState::parse(&visit.work()), tokens: Vec::new(), life: LIFETIMES[0] };
        if let Some(life) = visit.form.get("life") {
            let known = LIFETIMES.into_iter().find(|it| it.to_string() == life);
            work.life = known.ok_or_else(|| Problem::bad_request("`life` is 5 or 60: choose one of the two."))?;
        }
        if work.keys.visitor.is_empty() {
            return Ok(work);
        }
        let ring = work.keys.ring.clone();
        if !visit.lab.work.run(move || ring.lab().make_pairs()).await? {
            return Err(Problem::broken("the lab's key pairs cannot be made"));
        }
        let sent = lesson_cookies::came(visit.request, COOKIE).unwrap_or_default();
        for text in sent.split(SEPARATOR).take(MOST_TOKENS) {
            work.tokens.extend(work.read(visit, text)?);
        }
        Ok(work)
    }

    async fn step(&mut self, visit: &mut LessonVisit<'_>) -> Result<PressResult, Problem> {
        let step = visit.form.get("do").unwrap_or_default().to_owned();
        let rotation_step = RotationStep::find(&step);
        let before = self.issued();
        let press = match (step.as_str(), rotation_step) {
            (_, Some(step)) => self.turn(step),
            ("issue", _) => self.issue(visit).await?,
            ("look", _) => PressResult::Note(LOOKED.to_owned()),
            ("again", _) => {
                self.state = self.state.again();
                self.tokens.clear();
                PressResult::Note("The portal has one new key, which both servers know. Nobody has a token.".to_owned())
            }
            _ => return Err(Problem::bad_request("`do` is no step of this lesson: press one of its buttons.")),
        };
        self.check_again(visit)?;
        let press = self.concluded(rotation_step, press, &before);
        visit.keep_work(self.state.to_string())?;
        Ok(press)
    }

    fn turn(&mut self, step: RotationStep) -> PressResult {
        match self.state.keys.after(step) {
            Ok(after) => {
                self.state.keys = after;
                let without_key = after.first_server_without_signing_key().filter(|_| step == RotationStep::Sign);
                without_key.map_or_else(
                    || PressResult::Step(self.change_in_words(step)),
                    |server| self.signs_too_early(server),
                )
            }
            Err(why) => PressResult::Wrong(why.to_owned()),
        }
    }

    /// What is said when a key signs that a server does not know. Nothing is refused before somebody has such a token.
    fn signs_too_early(&self, server: Server) -> PressResult {
        let kid = self.kid(self.state.keys.signs);
        let lacks = match server {
            Server::Library => "it is not in the key set: no server can look it up yet",
            Server::Timetable => "the timetable has an older copy of the key set, without this key",
        };
        PressResult::Missing(format!(
            "`{kid}` signs from now on, but {lacks}. Let Bob log in with *Issue a token*, and see what both servers answer."
        ))
    }

    /// What a press came to, once both servers have checked every token.
    fn concluded(&mut self, step: Option<RotationStep>, press: PressResult, before: &[IssuedToken]) -> PressResult {
        let tokens = self.issued();
        let gap = Gap::among(&tokens, self.state.keys).filter(|_| self.state.gap.is_none());
        if let Some(gap) = gap {
            self.state.gap = Some(gap);
            return PressResult::Wrong(gap.says().to_owned());
        }
        if let (PressResult::Note(_), Some(gap)) = (&press, self.state.gap) {
            return PressResult::Missing(gap.says().to_owned());
        }
        let another = Gap::new_among(before, &tokens, self.state.keys);
        if let (true, Some(another)) = (self.state.gap.is_some(), another) {
            return PressResult::Missing(another.says_of_another().to_owned());
        }
        match (step, RotationResult::of(&tokens, self.state)) {
            (Some(RotationStep::Retire | RotationStep::Fetch), _) if press.is_wrong() => press,
            (Some(RotationStep::Retire | RotationStep::Fetch), RotationResult::UnderWay) => press,
            (Some(RotationStep::Retire | RotationStep::Fetch), rotation @ RotationResult::Smooth) => {
                PressResult::Solved(rotation.says().to_owned())
            }
            (Some(RotationStep::Retire | RotationStep::Fetch), RotationResult::Broken(gap)) => {
                PressResult::Missing(format!("{} But this rotation had failed before. {}", press.says(), gap.says()))
            }
            (Some(RotationStep::Retire | RotationStep::Fetch), rotation) => {
                PressResult::Wrong(rotation.says().to_owned())
            }
            _ => press,
        }
    }

    /// What a step did to the keys, in a sentence.
    fn change_in_words(&self, step: RotationStep) -> String {
        let KeyNumbers { oldest, signs, published, copy } = self.state.keys;
        let kid = |number| self.kid(number);
        match step {
            RotationStep::Publish => format!("`{}` is in the key set from now on.", kid(published)),
            RotationStep::Sign => format!("`{}` signs from now on.", kid(signs)),
            RotationStep::Retire if copy.0 < oldest => format!(
                "Only `{}` is left in the key set. But the timetable still has the old key in its copy, so it still \
                 accepts what that key signs.",
                kid(oldest)
            ),
            RotationStep::Retire => format!("The keys before `{}` left the key set.", kid(oldest)),
            RotationStep::Fetch if oldest == published => {
                format!("The timetable fetched the key set: `{}`.", kid(oldest))
            }
            RotationStep::Fetch => {
                format!("The timetable fetched the key set: `{}` to `{}`.", kid(oldest), kid(published))
            }
        }
    }

    async fn issue(&mut self, visit: &mut LessonVisit<'_>) -> Result<PressResult, Problem> {
        if self.tokens.len() >= MOST_TOKENS {
            return Ok(PressResult::Missing(format!("{MOST_TOKENS} tokens are enough. *Start again* removes them.")));
        }
        let signs = self.state.keys.signs;
        let keys = self.keys.of(signs..=signs)?;
        let _permit = visit.wait_to_sign().await;
        // Without a `jti`, because only the keys decide here.
        let claims = demo::claims(&Subject::default(), Lifetime::of(self.life).unwrap_or_default(), visit.now);
        let token = visit.issue(&keys, &claims)?;
        self.tokens.extend(self.read(visit, &token)?);
        let (kid, life) = (self.kid(signs), self.life);
        Ok(PressResult::Step(format!("Bob has a token that is signed with `{kid}` and lives for {life} seconds.")))
    }

    fn check_again(&mut self, visit: &LessonVisit<'_>) -> Result<(), Problem> {
        for carried in std::mem::take(&mut self.tokens) {
            self.tokens.extend(self.read(visit, &carried.text)?);
        }
        Ok(())
    }

    /// `None` when no key of this visitor signed the token.
    fn read(&self, visit: &LessonVisit<'_>, text: &str) -> Result<Option<Carried>, Problem> {
        let Some(key) = self.key_of(text) else { return Ok(None) };
        let own = self.verdict(visit, key..=key, text)?;
        let claims = own.unverified_claims();
        let claims = own.claims().or_else(|| claims.as_ref().map(UnverifiedClaims::for_display));
        let exp = claims.and_then(|claims| claims.get("exp")).and_then(NumericDate::from_claim);
        let (Code::Accepted | Code::Expired, Some(exp)) = (own.code(), exp) else { return Ok(None) };
        let says = |server| Ok::<Code, Problem>(self.verdict(visit, self.state.keys.known_to(server), text)?.code());
        let codes = [says(Server::Library)?, says(Server::Timetable)?];
        let seconds_left = exp.since(NumericDate::from_moment(visit.now));
        let issued = IssuedToken { key, seconds_left, is_accepted: codes.map(|code| code == Code::Accepted) };
        Ok(Some(Carried { text: text.to_owned(), issued, codes }))
    }

    /// The key number in a token's `kid`, which is not verified yet; `None` if it names no key of this visitor.
    fn key_of(&self, token: &str) -> Option<u32> {
        let decoded = decode(token);
        let kid = decoded.header()?.get("kid")?.as_str()?;
        let number = kid.strip_prefix("key-")?.split('-').next()?.parse().ok()?;
        (self.kid(number) == kid).then_some(number)
    }

    fn verdict(
        &self,
        visit: &LessonVisit<'_>,
        numbers: std::ops::RangeInclusive<u32>,
        token: &str,
    ) -> Result<Verdict, Problem> {
        // No `jti` is looked up, because only the keys decide here.
        Ok(match lab::verify_with(&self.keys.of(numbers)?, DemoAlgorithm::RS256, token, visit.now) {
            Judged::Final(verdict) => verdict,
            Judged::Pending(pending) => pending.with_revocation(false),
        })
    }

    fn kid(&self, number: u32) -> String {
        LabKeys::kid_of_pair(&self.keys.visitor, number)
    }

    /// The first and the last of the keys that a step is about; one of them if there is only one.
    fn kids_of(&self, step: RotationStep) -> Vec<String> {
        let Some(keys) = self.state.keys.keys_of(step) else { return Vec::new() };
        let mut ends = vec![*keys.start(), *keys.end()];
        ends.dedup();
        ends.into_iter().map(|number| self.kid(number)).collect()
    }

    fn issued(&self) -> Vec<IssuedToken> {
        self.tokens.iter().map(|carried| carried.issued).collect()
    }

    fn open(&self) -> Open {
        self.state.open(&self.issued())
    }

    /// Whether there is something to see below the first step.
    fn has_begun(&self) -> bool {
        !self.tokens.is_empty() || self.state != RotationState::default()
    }

    fn cookie(&self, visit: &LessonVisit<'_>) -> Cookie<'static> {
        let texts: Vec<&str> = self.tokens.iter().map(|carried| carried.text.as_str()).collect();
        let max_age = if texts.is_empty() { Duration::ZERO } else { COOKIE_LIFE };
        lesson_cookies::of_lesson(visit, COOKIE, texts.join(&SEPARATOR.to_string()), max_age)
    }
}

impl Carried {
    /// A, B, C, … by their place.
    fn letter(place: usize) -> char {
        char::from(b'A' + u8::try_from(place).unwrap_or_default())
    }

    fn left(&self) -> String {
        let seconds = self.issued.seconds_left;
        if self.issued.is_unexpired() {
            format!("{} left", duration_in_words(seconds))
        } else if seconds > -1.0 {
            "expired just now".to_owned()
        } else {
            format!("expired {} ago", duration_in_words(seconds))
        }
    }

    /// Each server's answer, with the class and the sign that show it.
    fn answers(&self) -> impl Iterator<Item = (&'static str, &'static str, Code)> {
        let is_unexpired = self.issued.is_unexpired();
        self.codes.into_iter().map(move |code| match code {
            Code::Accepted => ("passed", "✓", code),
            _ if is_unexpired => ("failed", "✗", code),
            _ => ("not-reached", "–", code),
        })
    }
}
