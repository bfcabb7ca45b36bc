//! Guessing a weak secret: a visitor tries the list here or with other tools, and sends a token that was signed with
//! the word that was found.

use std::time::{Duration, Instant};

use actix_web::HttpResponse;
use actix_web::http::Method;
use askama::Template;
use async_trait::async_trait;

use super::own_keys::random_text;
use super::{Frame, LessonPage, LessonVisit};
use crate::lab::common_secrets;
use crate::lab::lessons::hints::Open;
use crate::lab::lessons::press::PressResult;
use crate::lab::lessons::weak_secret::{self, Attempt, Guess, LONGEST, Reached, SUBJECT, Unsigned};
use crate::profiles::Lifetime;
use crate::profiles::demo::{self, Subject};
use crate::token::{LARGEST_TOKEN, Verdict};
use crate::web::http::problem::Problem;
use crate::web::site::lab::lessons::judged_token::JudgedToken;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;

pub(super) struct Page;

#[async_trait(?Send)]
impl LessonPage for Page {
    fn forms_carry_work(&self) -> bool {
        true
    }

    fn judging_steps(&self) -> &'static [&'static str] {
        &["present", "sign"]
    }

    async fn page(&self, visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
        page(visit).await
    }

    /// The word list, for tools that crack passwords.
    fn step(&self, visit: &LessonVisit<'_>, step: &str) -> Result<HttpResponse, Problem> {
        match (step, visit.request.method()) {
            ("words.txt", &Method::GET | &Method::HEAD) => {
                Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(common_secrets::FILE))
            }
            _ => Err(Problem::not_found()),
        }
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
    search: Search,
    secret: String,
    sub: String,
    forged: String,
    /// Whether the list was tried after the last token was sent.
    has_just_guessed: bool,
    /// Whether a token of the visitor's own was sent last.
    is_presented: bool,
    guessing: Option<Guessing>,
    /// The verdict of the victim's server.
    verdict: Option<JudgedToken>,
    press: Option<PressResult>,
}

/// How the visitor looks for the secret.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Search {
    #[default]
    NotBegun,
    /// With the list, here.
    List,
    /// With other tools.
    OwnTools,
}

impl Search {
    const fn value(self) -> &'static str {
        match self {
            Self::NotBegun => "",
            Self::List => "list",
            Self::OwnTools => "own",
        }
    }

    fn find(value: &str) -> Self {
        [Self::List, Self::OwnTools].into_iter().find(|it| it.value() == value).unwrap_or_default()
    }
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
        Some("own") => work.search_elsewhere(),
        Some("sign") => work.sign(visit)?,
        Some("present") => work.present(visit, None)?,
        _ => return Err(Problem::bad_request("`do` is not a step of this lesson: press one of its buttons.")),
    }
    if work.press.is_some() && work.search != Search::NotBegun {
        // The secret and its victim follow from the case. A session that is full keeps nothing.
        drop(visit.keep_work(format!("{} {}", work.search.value(), work.case)));
    }
    let open = work.open(visit)?;
    let frame = visit.judged(work.press.clone(), open);
    render(&WeakSecretPage { assets: &visit.lab.assets, frame, work })
}

impl Work {
    /// Continues with what the form carries, or picks a victim.
    fn resume(visit: &LessonVisit<'_>) -> Result<Self, Problem> {
        let field = |name| visit.form.get(name).unwrap_or_default().to_owned();
        let work = visit.work();
        let kept = work.split_once(' ').filter(|_| visit.form.get("case").is_none());
        let case = match visit.form.get("case") {
            Some(case) if case.chars().count() > LONGEST => {
                return Err(Problem::bad_request(format!("`case` has over {LONGEST} characters.")));
            }
            Some(case) => case.to_owned(),
            None if kept.is_some() => kept.map(|(_, case)| case.to_owned()).unwrap_or_default(),
            None => random_text(&visit.lab.random)?,
        };
        let token = match visit.form.get("token") {
            Some(token) => token.trim().to_owned(),
            None => victim_token(visit, &case)?,
        };
        let search =
            Search::find(kept.map_or_else(|| visit.form.get("search").unwrap_or_default(), |(search, _)| search));
        let forged = field("forged").trim().to_owned();
        // A hint comes after the press that the form remembers.
        let has_just_guessed = !visit.form.is_sent() && field("last") == "guess";
        let is_presented = visit.form.get("do") == Some("present");
        let (secret, sub) = (field("secret"), field("sub"));
        Ok(Self { case, token, search, secret, sub, forged, has_just_guessed, is_presented, ..Self::default() })
    }

    /// Every word is tried on up to three tokens, away from the threads that answer requests.
    async fn guess(&mut self, visit: &LessonVisit<'_>) -> Result<(), Problem> {
        let (token, own) = (self.token.clone(), visit.visitor.token().map(str::to_owned));
        let tried = move || (Timed::of(&token), own.filter(|token| weak_secret::guess(token).is_some()));
        let (weak, own) = visit.lab.work.run(tried).await?;
        self.press = Some(match (weak.guess, weak.word()) {
            (_, Some(word)) => PressResult::Step(format!(
                "1 of 2 parts done. The secret is `{word}`. It is word {} of the list and was found in {}. The portal saw \
                 none of it. Next, sign a token for Admin with it.",
                weak.tried(),
                weak.time()
            )),
            (Some(_), None) => PressResult::Wrong("None of the words signed this token.".to_owned()),
            (None, None) => {
                PressResult::Wrong("That is not a token with an HS256 signature, so no word can fit.".to_owned())
                    .counted_if(!self.token.is_empty())
            }
        });
        if weak.guess.is_some() {
            let (strong, strong_is) = strong_token(visit, own)?;
            let strong = visit.lab.work.run(move || Timed::of(&strong)).await?;
            self.search = Search::List;
            self.has_just_guessed = true;
            self.guessing = Some(Guessing { weak, strong, strong_is });
        }
        Ok(())
    }

    fn search_elsewhere(&mut self) {
        self.search = Search::OwnTools;
        let says = "Find the secret with your own tools. Then sign a token here, or bring one that you signed.";
        self.press = Some(PressResult::Note(says.to_owned()));
    }

    fn sign(&mut self, visit: &LessonVisit<'_>) -> Result<(), Problem> {
        match self.signed(visit) {
            Ok(token) => self.forged = token,
            Err(NotSigned::Because(why)) => {
                self.press = Some(PressResult::Wrong(why).counted_if(!self.secret.is_empty() && !self.sub.is_empty()));
                return Ok(());
            }
            Err(NotSigned::Problem(problem)) => return Err(problem),
        }
        let typed = self.secret.clone();
        self.present(visit, Some(&typed))
    }

    /// A token with what was typed.
    fn signed(&self, visit: &LessonVisit<'_>) -> Result<String, NotSigned> {
        let because = |why: String| NotSigned::Because(why);
        let length = self.secret.chars().count();
        if length > LONGEST {
            return Err(because(format!(
                "No secret here is longer than {LONGEST} characters, and yours has {length}."
            )));
        }
        if self.sub.is_empty() && self.secret.is_empty() {
            let both = "Both fields are empty. Type the secret that you found, and who the token is about.";
            return Err(because(both.to_owned()));
        }
        if self.secret.is_empty() {
            return Err(because("No secret is typed yet. Type the word that was found into *Secret*.".to_owned()));
        }
        if self.sub.is_empty() {
            let is_right = weak_secret::secret_of(&self.case) == self.secret;
            let also = if is_right { "" } else { " The secret is not the portal’s either." };
            return Err(because(format!("Type into *New sub* who the token is about.{also}")));
        }
        let subject = Subject::parse(&self.sub)
            .map_err(|error| because(format!("This cannot be the `sub` of a token: {error}.")))?;
        match weak_secret::sign(&self.secret, &subject, visit.now) {
            Ok(token) => Ok(token.into_string()),
            Err(Unsigned::Secret(_)) => {
                Err(because("Type the word that was found into *Secret*: a word, not a key in PEM or JWK.".to_owned()))
            }
            Err(error) => Err(NotSigned::Problem(Problem::internal(&error))),
        }
    }

    /// Sends the forged token to the victim's server.
    fn present(&mut self, visit: &LessonVisit<'_>, typed: Option<&str>) -> Result<(), Problem> {
        let (reached, verdict) = self.judged(visit, typed)?;
        self.press = Some(reached.press().counted_if(!self.forged.is_empty()));
        // A text that is much too long is not shown.
        self.verdict = (self.forged.len() <= LARGEST_TOKEN).then(|| JudgedToken::new(&self.forged, &verdict));
        if self.search == Search::NotBegun {
            self.search = Search::OwnTools;
        }
        Ok(())
    }

    /// How far the forged token gets at the victim's server.
    fn judged(&self, visit: &LessonVisit<'_>, typed: Option<&str>) -> Result<(Reached, Verdict), Problem> {
        let verdict = weak_secret::verify(&self.case, &self.forged, visit.now);
        let verdict = verdict.map_err(|error| Problem::internal(&error))?;
        let attempt = Attempt { case: &self.case, victim: &self.token, token: &self.forged, typed };
        Ok((attempt.judge(&verdict), verdict))
    }

    /// What is wrong with the token that was sent last. Before there is one, how the visitor looks for the secret.
    fn open(&self, visit: &LessonVisit<'_>) -> Result<Open, Problem> {
        let has_secret = self.search == Search::List || !self.secret.is_empty();
        Ok(Open::Part(match self.search {
            _ if !self.forged.is_empty() && !self.has_just_guessed => self.judged(visit, None)?.0.part(),
            _ if has_secret => "sign",
            Search::OwnTools => "own",
            _ => "guess",
        }))
    }

    /// Whether the field for a token of the visitor's own was sent, or holds one that was not signed here. Then its
    /// fold stays open.
    const fn brings_token(&self) -> bool {
        self.is_presented || (self.secret.is_empty() && !self.forged.is_empty())
    }

    /// The word that the list has for the victim's token, once it was tried.
    fn found(&self) -> Option<&'static str> {
        let is_tried = self.search == Search::List;
        weak_secret::guess(&self.token).filter(|_| is_tried)?.word
    }
}

/// Why there is no token.
enum NotSigned {
    /// What the visitor typed cannot be used.
    Because(String),
    Problem(Problem),
}

fn victim_token(visit: &LessonVisit<'_>, case: &str) -> Result<String, Problem> {
    let subject = Subject::parse(SUBJECT).map_err(|error| Problem::internal(&error))?;
    let token = weak_secret::sign(weak_secret::secret_of(case), &subject, visit.now);
    Ok(token.map_err(|error| Problem::internal(&error))?.into_string())
}

/// The visitor's own session token if it has an HMAC, otherwise one signed with the lab's generated secret.
fn strong_token(visit: &LessonVisit<'_>, own: Option<String>) -> Result<(String, &'static str), Problem> {
    if let Some(token) = own {
        return Ok((token, "the token in your session"));
    }
    let claims = demo::claims(&Subject::default(), Lifetime::MINUTE, visit.now);
    let token = visit.issue(visit.lab.keys.ring().lab().hs256(), &claims)?;
    Ok((token, "a token with a random secret"))
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

    fn power_of_years(&self) -> u32 {
        weak_secret::power_of_years(self.strong.rate())
    }
}
