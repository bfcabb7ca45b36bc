//! Recover the public key from two signatures, and forge with it.

use actix_web::HttpResponse;
use actix_web::cookie::Cookie;
use actix_web::cookie::time::Duration;
use askama::Template;
use async_trait::async_trait;

use super::judged_token::{JudgedToken, NaiveVerdict};
use super::own_keys::random_text;
use super::{Frame, LessonPage, LessonVisit, lesson_cookies};
use crate::code::Code;
use crate::keys::{ProfileKeys, RsaPublicKey};
use crate::lab::lessons::hints::Open;
use crate::lab::lessons::key_confusion::{self, Portal};
use crate::lab::lessons::press::PressResult;
use crate::lab::lessons::recover_the_public_key::{
    COOKIE, Divisor, Exponent, HEADER, PAYLOAD, PROGRAM, RULE, Signed, Spelling, TOKENS, forged, judge, judge_pasted,
};
use crate::lab::naive::Objection;
use crate::profiles::demo::{DemoAlgorithm, Subject};
use crate::profiles::{Lifetime, lab};
use crate::token::{Claims, Judged, LARGEST_TOKEN, Pasted};
use crate::web::http::problem::Problem;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;
use crate::web::view::token_view::TraceRow;

/// Between the tokens in the cookie. No token has this character.
const SEPARATOR: char = '~';

const COOKIE_LIFE: Duration = Duration::days(1);

/// What the session keeps once the key was recovered.
const RECOVERED: &str = "recovered";

pub(super) struct Page;

#[async_trait(?Send)]
impl LessonPage for Page {
    fn judging_steps(&self) -> &'static [&'static str] {
        &["send", "paste"]
    }

    async fn page(&self, visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
        page(visit).await
    }
}

#[derive(Template)]
#[template(path = "lab/lessons/recover-the-public-key/page.html")]
struct RecoverPage<'a> {
    assets: &'a Assets,
    frame: Frame,
    work: Work,
}

/// The state of the lesson: what the cookie, the session and the form carry, and the result of this step.
struct Work {
    /// `None` before the first press, when nothing needs it.
    key: Option<PortalKey>,
    /// The tokens that Mallory copied. The portal's key signed each of them.
    tokens: Vec<String>,
    is_recovered: bool,
    exponent: Exponent,
    spelling: Spelling,
    pasted: String,
    /// Whether a token of the visitor's own was sent last.
    is_pasted: bool,
    divisor: Option<Divisor>,
    outcome: Option<Outcome>,
}

/// The portal's key pair of this lesson. Nothing outside the lesson uses it.
struct PortalKey {
    keys: ProfileKeys,
    public: RsaPublicKey,
    /// The file of the old verifier.
    file: String,
}

/// What two verifiers say to a forgery.
struct Outcome {
    title: &'static str,
    naive: NaiveVerdict,
    strict: JudgedToken,
}

async fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let mut work = Work::resume(visit).await?;
    let press = if visit.form.is_sent() { Some(work.step(visit).await?) } else { None };
    let frame = visit.judged(press, work.open());
    let cookie = visit.form.is_sent().then(|| work.cookie(visit));
    let mut response = render(&RecoverPage { assets: &visit.lab.assets, frame, work })?;
    if let Some(cookie) = cookie {
        response.add_cookie(&cookie).map_err(|error| Problem::internal(&error))?;
    }
    Ok(response)
}

impl PortalKey {
    async fn of(visit: &LessonVisit<'_>) -> Result<Self, Problem> {
        let ring = visit.lab.keys.ring();
        let made = match ring.lab().known_pair_with_small_exponent() {
            Some(known) => Some(known),
            // Whoever is the first to open the lesson waits a few tenths of a second for the primes.
            None => visit.lab.work.run(move || ring.lab().pair_with_small_exponent()).await?,
        };
        let (keys, public) = made.ok_or_else(|| Problem::broken("the lab's key pair cannot be made"))?;
        let file = Spelling::OF_PORTAL.of(&public).ok_or_else(|| Problem::broken("the lab's key has no PEM"))?;
        Ok(Self { keys, public, file })
    }

    fn portal(&self) -> Result<Portal<'_>, Problem> {
        let verifier = self.keys.verifiers().first().ok_or_else(|| Problem::broken("the lab has no public key"))?;
        Ok(Portal { public: &self.public, pem: &self.file, verifier, demo: None })
    }

    fn judge(&self, token: &str, visit: &LessonVisit<'_>) -> Judged {
        lab::verify_with(&self.keys, DemoAlgorithm::RS256, token, visit.now)
    }

    /// What both verifiers say to a forgery.
    fn outcome(
        &self,
        title: &'static str,
        token: &str,
        naive: &Result<Claims, Objection>,
        visit: &LessonVisit<'_>,
    ) -> Outcome {
        let strict = self.judge(token, visit).resolve_revocation(|_| false);
        Outcome {
            title,
            naive: NaiveVerdict::new(RULE, naive).named("The old verifier"),
            strict: JudgedToken::new(token, &strict),
        }
    }

    /// Whether it signed the token, which may have expired since.
    fn signed(&self, token: &str, visit: &LessonVisit<'_>) -> bool {
        match self.judge(token, visit) {
            Judged::Pending(_) => true,
            Judged::Final(verdict) => verdict.code() == Code::Expired,
        }
    }
}

impl Work {
    /// Continues with what the cookie, the session and the form carry. A token that the portal did not sign is left
    /// out.
    async fn resume(visit: &LessonVisit<'_>) -> Result<Self, Problem> {
        let sent = lesson_cookies::came(visit.request, COOKIE);
        let is_recovered = visit.work() == RECOVERED;
        let needs_key = visit.form.is_sent() || is_recovered || sent.is_some();
        let key = if needs_key { Some(PortalKey::of(visit).await?) } else { None };
        let mut tokens: Vec<String> =
            sent.iter().flat_map(|sent| sent.split(SEPARATOR)).take(TOKENS).map(str::to_owned).collect();
        tokens.retain(|token| key.as_ref().is_some_and(|key| key.signed(token, visit)));
        tokens.dedup();
        Ok(Self {
            key,
            tokens,
            is_recovered,
            exponent: choice(visit, "exponent", Exponent::ALL[0], Exponent::find)?,
            spelling: choice(visit, "file", Spelling::ALL[0], Spelling::find)?,
            pasted: visit.text("token", LARGEST_TOKEN)?.unwrap_or_default().to_owned(),
            is_pasted: visit.form.get("do") == Some("paste"),
            divisor: None,
            outcome: None,
        })
    }

    fn key(&self) -> Result<&PortalKey, Problem> {
        self.key.as_ref().ok_or_else(|| Problem::broken("a press came without the lesson's key"))
    }

    async fn step(&mut self, visit: &mut LessonVisit<'_>) -> Result<PressResult, Problem> {
        match visit.form.get("do").unwrap_or_default() {
            "copy" => self.copy(visit).await,
            "compute" => self.compute(visit).await,
            "send" => self.send(visit),
            "paste" => self.paste(visit),
            _ => Err(Problem::bad_request("`do` is no step of this lesson: press one of its buttons.")),
        }
    }

    /// Bob logs in, and Mallory copies his token.
    async fn copy(&mut self, visit: &mut LessonVisit<'_>) -> Result<PressResult, Problem> {
        if self.tokens.len() >= TOKENS {
            return Ok(PressResult::Note("Mallory has two tokens, and needs no more. Go on with step 2.".to_owned()));
        }
        let jti = random_text(&visit.lab.random)?;
        let _permit = visit.wait_to_sign().await;
        let claims = lab::claims(&Subject::default(), Lifetime::HOUR, &jti, visit.now);
        let token = visit.issue(&self.key()?.keys, &claims)?;
        self.tokens.push(token);
        let says = match self.tokens.len() {
            TOKENS => {
                "1 of 3 parts done. Mallory has two tokens: two texts, and two signatures of one key. Next: \
                       choose an exponent, and compute."
            }
            _ => {
                "Mallory has one token. With one alone she has a single large number and nothing to compare it with. \
                  Next: copy the second one."
            }
        };
        Ok(PressResult::Step(says.to_owned()))
    }

    fn signed(&self) -> Option<[Signed; TOKENS]> {
        let signed: Option<Vec<Signed>> = self.tokens.iter().map(|token| Signed::of(token)).collect();
        signed?.try_into().ok()
    }

    async fn compute(&mut self, visit: &mut LessonVisit<'_>) -> Result<PressResult, Problem> {
        let Some(signed) = self.signed() else {
            return Ok(PressResult::Missing(
                "It takes two tokens, and your browser sent fewer. Press *Copy a token* until you have two.".to_owned(),
            ));
        };
        if !self.exponent.is_affordable() {
            return Ok(PressResult::Wrong(
                "Most keys have 65537, and there the attack works too. But each number would have 134 million bits, which \
                 is 17 MB. A program with a fast library needs about half a minute for that, and this server does not start it. The \
                 key of this lesson has a small exponent. Try those."
                    .to_owned(),
            ));
        }
        let exponent = self.exponent.number();
        let divisor = visit.lab.work.run(move || Divisor::of(&signed, exponent)).await?;
        let is_found = divisor.key.is_some();
        self.divisor = Some(divisor);
        if !is_found {
            return Ok(PressResult::Wrong(format!(
                "The two numbers have no large common divisor, so {exponent} is not the exponent of this key. Try another."
            )));
        }
        self.is_recovered = true;
        visit.keep_work(RECOVERED.to_owned())?;
        Ok(PressResult::Step(
            "2 of 3 parts done. The common divisor is the modulus of the portal's key. Both signatures verify with \
             it. Next: choose how the portal's file is written, and forge a token."
                .to_owned(),
        ))
    }

    fn send(&mut self, visit: &LessonVisit<'_>) -> Result<PressResult, Problem> {
        if !self.is_recovered {
            return Ok(PressResult::Missing("You have no key yet. Compute it first, in step 2.".to_owned()));
        }
        let key = self.key()?;
        let secret = self.spelling.of(&key.public).ok_or_else(|| Problem::broken("the lab's key has no PEM"))?;
        let token = forged(&secret);
        let naive = key_confusion::naive_verdict(&token, &key.portal()?, visit.now);
        let press = PressResult::of(&judge(self.spelling, &naive));
        self.outcome = Some(key.outcome("The token that the lab made for you", &token, &naive, visit));
        Ok(press)
    }

    fn paste(&mut self, visit: &LessonVisit<'_>) -> Result<PressResult, Problem> {
        let token = Pasted::new(&self.pasted).token;
        let key = self.key()?;
        let portal = key.portal()?;
        let naive = key_confusion::naive_verdict(&token, &portal, visit.now);
        let press = PressResult::of(&judge_pasted(&token, &portal, &naive)).counted_if(!token.is_empty());
        if !token.is_empty() {
            self.outcome = Some(key.outcome("The token that you pasted", &token, &naive, visit));
        }
        Ok(press)
    }

    const fn open(&self) -> Open {
        Open::Part(match self.is_recovered {
            true => "file",
            false if self.has_tokens() => "exponent",
            false => "tokens",
        })
    }

    const fn has_tokens(&self) -> bool {
        self.tokens.len() >= TOKENS
    }

    /// The recovered key as a file, in the spelling that is chosen.
    fn file(&self) -> String {
        let key = self.key.as_ref().filter(|_| self.is_recovered);
        key.and_then(|key| self.spelling.of(&key.public)).unwrap_or_default()
    }

    fn cookie(&self, visit: &LessonVisit<'_>) -> Cookie<'static> {
        let max_age = if self.tokens.is_empty() { Duration::ZERO } else { COOKIE_LIFE };
        lesson_cookies::of_lesson(visit, COOKIE, self.tokens.join(&SEPARATOR.to_string()), max_age)
    }
}

/// What a list of choices sends; the first choice before that.
fn choice<T>(visit: &LessonVisit<'_>, name: &str, first: T, parse: fn(&str) -> Option<T>) -> Result<T, Problem> {
    match visit.form.get(name) {
        Some(value) => {
            parse(value).ok_or_else(|| Problem::bad_request(format!("`{name}` is none of the choices of this lesson.")))
        }
        None => Ok(first),
    }
}
