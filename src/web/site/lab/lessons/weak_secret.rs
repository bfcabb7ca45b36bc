//! Guessing a weak secret.

use std::time::{Duration, Instant};

use actix_web::HttpResponse;
use askama::Template;
use async_trait::async_trait;

use super::own_keys::random_text;
use super::{Frame, LessonPage, LessonVisit};
use crate::lab::lessons::weak_secret::{self, Attempt, Guess, LONGEST, SUBJECT, Unsigned};
use crate::profiles::Lifetime;
use crate::profiles::demo::{self, Subject};
use crate::token::Verdict;
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
#[template(path = "lab/lessons/weak-secret/page.html")]
struct WeakSecretPage<'a> {
    assets: &'a Assets,
    frame: Frame,
    work: Work,
}

/// What the form carries, and the result of this step.
#[derive(Default)]
struct Work {
    /// Names the victim, whose secret follows from it.
    case: String,
    token: String,
    secret: String,
    sub: String,
    forged: String,
    guessing: Option<Guessing>,
    /// The verdict of the victim's server, and how far the attempt got.
    verdict: Option<(Verdict, Attempt)>,
    /// Why nothing was tried.
    told: String,
}

/// The list tried on the victim's token, and on one with a generated secret for comparison.
struct Guessing {
    weak: Timed,
    strong: Timed,
    strong_is: &'static str,
}

/// What a guess found, and how long it took.
struct Timed {
    guess: Option<Guess>,
    took: Duration,
}

async fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let mut work = Work::resume(visit)?;
    match visit.form.get("do") {
        None if !visit.form.is_sent() => {}
        Some("guess") => work.guess(visit).await?,
        Some("sign") => work.sign(visit)?,
        Some("present") => work.present(visit, None)?,
        _ => return Err(Problem::bad_request("`do` is no step of this lesson: press one of its buttons.")),
    }
    let frame = visit.frame(work.verdict.as_ref().is_some_and(|(_, attempt)| attempt.is_solved()))?;
    render(&WeakSecretPage { assets: &visit.lab.assets, frame, work })
}

impl Work {
    /// Continues with what the form carries, or picks a victim.
    fn resume(visit: &LessonVisit<'_>) -> Result<Self, Problem> {
        let field = |name| visit.form.get(name).unwrap_or_default().to_owned();
        let case = match visit.form.get("case") {
            Some(case) => within("case", case)?.to_owned(),
            None => random_text(&visit.lab.random)?,
        };
        let token = match visit.form.get("token") {
            Some(token) => token.trim().to_owned(),
            None => victim_token(visit, &case)?,
        };
        let forged = field("forged").trim().to_owned();
        Ok(Self { case, token, secret: field("secret"), sub: field("sub"), forged, ..Self::default() })
    }

    /// Every word is tried on up to three tokens, away from the threads that answer requests.
    async fn guess(&mut self, visit: &LessonVisit<'_>) -> Result<(), Problem> {
        let (token, own) = (self.token.clone(), visit.visitor.token().map(str::to_owned));
        let tried = move || (Timed::of(&token), own.filter(|token| weak_secret::guess(token).is_some()));
        let (weak, own) = visit.lab.work.run(tried).await?;
        if weak.guess.is_none() {
            "That is no token with an HMAC-SHA256 signature, so there is nothing to try the words on."
                .clone_into(&mut self.told);
            return Ok(());
        }
        let (strong, strong_is) = strong_token(visit, own)?;
        let strong = visit.lab.work.run(move || Timed::of(&strong)).await?;
        self.guessing = Some(Guessing { weak, strong, strong_is });
        Ok(())
    }

    fn sign(&mut self, visit: &LessonVisit<'_>) -> Result<(), Problem> {
        let secret = within("secret", &self.secret)?.to_owned();
        let subject = Subject::parse(&self.sub)
            .map_err(|error| Problem::bad_request(format!("`sub` cannot be the subject of a token: {error}.")));
        match weak_secret::sign(&secret, &subject?, visit.now) {
            Ok(token) => self.forged = token.into_string(),
            Err(Unsigned::Secret(_)) => {
                "Nothing is signed: a secret is some text, and neither nothing nor a key in PEM or JWK."
                    .clone_into(&mut self.told);
                return Ok(());
            }
            Err(error) => return Err(Problem::internal(&error)),
        }
        self.present(visit, Some(&secret))
    }

    /// Shows the forged token to the victim's server.
    fn present(&mut self, visit: &LessonVisit<'_>, secret: Option<&str>) -> Result<(), Problem> {
        let verdict = weak_secret::verify(&self.case, &self.forged, visit.now);
        let verdict = verdict.map_err(|error| Problem::internal(&error))?;
        let attempt = Attempt::of(&self.case, secret, &verdict);
        self.verdict = Some((verdict, attempt));
        Ok(())
    }

    fn sub_or_hint(&self) -> &str {
        if self.sub.is_empty() { SUBJECT } else { &self.sub }
    }
}

fn within<'t>(name: &str, text: &'t str) -> Result<&'t str, Problem> {
    let length = text.chars().count();
    if length <= LONGEST {
        return Ok(text);
    }
    Err(Problem::bad_request(format!("`{name}` has {length} characters, and at most {LONGEST} are read here.")))
}

fn victim_token(visit: &LessonVisit<'_>, case: &str) -> Result<String, Problem> {
    let subject = Subject::parse(SUBJECT).map_err(|error| Problem::internal(&error))?;
    let token = weak_secret::sign(weak_secret::secret_of(case), &subject, visit.now);
    Ok(token.map_err(|error| Problem::internal(&error))?.into_string())
}

/// The visitor's own session token if it has an HMAC, otherwise one signed with the lab's generated secret.
fn strong_token(visit: &LessonVisit<'_>, own: Option<String>) -> Result<(String, &'static str), Problem> {
    if let Some(token) = own {
        return Ok((token, "your session's own token"));
    }
    let claims = demo::claims(&Subject::default(), Lifetime::MINUTE, visit.now);
    let token = visit.issue(visit.lab.keys.ring().lab().hs256(), &claims)?;
    Ok((token, "a token that the lab signed with its generated secret"))
}

impl Timed {
    fn of(token: &str) -> Self {
        let start = Instant::now();
        let guess = weak_secret::guess(token);
        Self { guess, took: start.elapsed() }
    }

    fn word(&self) -> Option<&'static str> {
        self.guess?.word
    }

    fn tried(&self) -> usize {
        self.guess.map_or(0, |guess| guess.tried)
    }

    fn time(&self) -> String {
        format!("{:.2} ms", self.took.as_secs_f64() * 1e3)
    }

    /// Words per second.
    fn rate(&self) -> f64 {
        let tried = u32::try_from(self.tried()).unwrap_or(u32::MAX);
        f64::from(tried) / self.took.as_secs_f64().max(1e-9)
    }
}

impl Guessing {
    fn rate(&self) -> String {
        format!("{:.1} million", self.strong.rate() / 1e6)
    }

    fn digits(&self) -> u32 {
        weak_secret::digits_of_years(self.strong.rate())
    }
}
