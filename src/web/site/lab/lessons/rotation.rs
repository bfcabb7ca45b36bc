//! Key rotation with the visitor's own keys.

use actix_web::HttpResponse;
use askama::Template;
use async_trait::async_trait;

use super::own_keys::OwnKeys;
use super::{Frame, LessonPage, LessonVisit};
use crate::code::Code;
use crate::lab::lessons::rotation::{Gap, IssuedToken, KeyState, LIFETIMES, MOST_TOKENS, Move, Numbers, Rotation};
use crate::profiles::demo::{self, DemoAlgorithm, Subject};
use crate::profiles::{Lifetime, lab};
use crate::token::{Judged, NumericDate, UnverifiedClaims, Verdict, words};
use crate::web::http::problem::Problem;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;

pub(super) struct Page;

#[async_trait(?Send)]
impl LessonPage for Page {
    async fn page(&self, visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
        page(visit)
    }
}

#[derive(Template)]
#[template(path = "lab/lessons/rotation/page.html")]
struct RotationPage<'a> {
    assets: &'a Assets,
    frame: Frame,
    work: Work,
}

/// The state of a rotation: what the form carries, and the result of this step.
struct Work {
    numbers: Numbers,
    tokens: Vec<Carried>,
    life: i64,
    gap: Option<Gap>,
    told: String,
    rotation: Option<Rotation>,
}

/// A token that the form carries, judged now.
struct Carried {
    text: String,
    issued: IssuedToken,
    code: Code,
}

fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let work = if visit.form.is_sent() {
        let mut keys = visit.own_keys()?;
        let mut work = Work::resume(visit, &keys)?;
        work.step(visit, &mut keys)?;
        work
    } else {
        Work::at(Numbers::new(visit.visitor.lab().keys, None))
    };
    let frame = visit.frame(work.rotation == Some(Rotation::Smooth))?.explaining_if(work.rotation.is_some());
    render(&RotationPage { assets: &visit.lab.assets, frame, work })
}

impl Work {
    const fn at(numbers: Numbers) -> Self {
        Self { numbers, tokens: Vec::new(), life: LIFETIMES[0], gap: None, told: String::new(), rotation: None }
    }

    /// Continues with what the form carries. A token that no key of this visitor signed is left out.
    fn resume(visit: &LessonVisit<'_>, keys: &OwnKeys) -> Result<Self, Problem> {
        let field = |name| visit.form.get(name).unwrap_or_default();
        let numbers = Numbers::new(keys.numbers, field("published").parse().ok());
        let mut work = Self { gap: Gap::parse(field("gap")), ..Self::at(numbers) };
        if let Some(life) = visit.form.get("life") {
            let known = LIFETIMES.into_iter().find(|it| it.to_string() == life);
            work.life = known.ok_or_else(|| Problem::bad_request("`life` is 5 or 60: choose one of the two."))?;
        }
        for text in field("tokens").split_ascii_whitespace().take(MOST_TOKENS) {
            match Carried::read(visit, keys, numbers, text)? {
                Some(carried) => work.tokens.push(carried),
                None => {
                    "A token in the form is none that your keys signed, and was left out. ".clone_into(&mut work.told);
                }
            }
        }
        Ok(work)
    }

    fn step(&mut self, visit: &mut LessonVisit<'_>, keys: &mut OwnKeys) -> Result<(), Problem> {
        let step = visit.form.get("do").unwrap_or_default().to_owned();
        match (step.as_str(), Move::parse(&step)) {
            (_, Some(step)) => self.turn(step, visit, keys)?,
            ("issue", _) => self.issue(visit, keys)?,
            ("look", _) => self.told.push_str("Every token was judged again just now."),
            ("again", _) => {
                *self = Self { life: self.life, ..Self::at(self.numbers.after(Move::Abrupt).unwrap_or(self.numbers)) };
                visit.set_key_numbers(keys, (self.numbers.oldest, self.numbers.signs))?;
                self.told.push_str("A fresh key, and no token under way.");
            }
            _ => return Err(Problem::bad_request("`do` is no step of this lesson: press one of its buttons.")),
        }
        let issued: Vec<IssuedToken> = self.issued_tokens();
        let early = Gap::among(&issued, self.numbers);
        self.gap = self.gap.or(early);
        if self.rotation.is_none()
            && let Some(gap) = early
        {
            self.rotation = Some(Rotation::Broken(gap));
        }
        Ok(())
    }

    fn turn(&mut self, step: Move, visit: &mut LessonVisit<'_>, keys: &mut OwnKeys) -> Result<(), Problem> {
        let before = self.numbers;
        match before.after(step) {
            Ok(after) => self.numbers = after,
            Err(why) => {
                self.told.push_str(why);
                return Ok(());
            }
        }
        visit.set_key_numbers(keys, (self.numbers.oldest, self.numbers.signs))?;
        self.judge_again(visit, keys)?;
        self.told.push_str(&told(step, before, self.numbers));
        if step == Move::Retire {
            self.rotation = Some(Rotation::of(&self.issued_tokens(), self.numbers, self.gap));
        }
        Ok(())
    }

    fn issue(&mut self, visit: &LessonVisit<'_>, keys: &OwnKeys) -> Result<(), Problem> {
        let Numbers { oldest, signs, .. } = self.numbers;
        let ring = keys.ring(&visit.lab.keys, oldest..=signs)?;
        let life = Lifetime::of(self.life).unwrap_or_default();
        // Without a `jti`, because only the keys decide here.
        let claims = demo::claims(&Subject::default(), life, visit.now);
        let token = visit.issue(&ring, &claims)?;
        if let Some(carried) = Carried::read(visit, keys, self.numbers, &token)? {
            self.tokens.push(carried);
        }
        if self.tokens.len() > MOST_TOKENS {
            self.tokens.remove(0);
        }
        let told = format!("Your key `lab-{signs}` signed a token that lives for {} s.", self.life);
        self.told.push_str(&told);
        Ok(())
    }

    fn judge_again(&mut self, visit: &LessonVisit<'_>, keys: &OwnKeys) -> Result<(), Problem> {
        let tokens = std::mem::take(&mut self.tokens);
        for carried in tokens {
            self.tokens.extend(Carried::read(visit, keys, self.numbers, &carried.text)?);
        }
        Ok(())
    }

    fn issued_tokens(&self) -> Vec<IssuedToken> {
        self.tokens.iter().map(|carried| carried.issued).collect()
    }

    /// The tokens as the form carries them on.
    fn carried(&self) -> String {
        let texts: Vec<&str> = self.tokens.iter().map(|carried| carried.text.as_str()).collect();
        texts.join(" ")
    }

    fn gap_name(&self) -> &'static str {
        self.gap.map_or("", Gap::name)
    }
}

/// What a move did to the keys, in a sentence.
fn told(step: Move, before: Numbers, after: Numbers) -> String {
    let Numbers { oldest, signs, published } = after;
    match step {
        Move::Publish => format!("`lab-{published}` is published: verifiers know it from now on."),
        Move::Sign => format!("`lab-{signs}` signs from now on. `lab-{}` still verifies.", before.signs),
        Move::Retire => format!("What is older than `lab-{oldest}` is dropped, and verifies nothing any more."),
        Move::Abrupt => format!("`lab-{signs}` took the place of `lab-{}` in one moment.", before.signs),
    }
}

impl Carried {
    /// `None` when no key of this visitor signed it.
    fn read(visit: &LessonVisit<'_>, keys: &OwnKeys, numbers: Numbers, text: &str) -> Result<Option<Self>, Problem> {
        let Some(key) = key_of(text) else { return Ok(None) };
        let own = judge(visit, keys, key..=key, text)?;
        let claims = own.unverified_claims();
        let claims = own.claims().or_else(|| claims.as_ref().map(UnverifiedClaims::for_display));
        let exp = claims.and_then(|claims| claims.get("exp")).and_then(NumericDate::from_claim);
        let (Code::Accepted | Code::Expired, Some(exp)) = (own.code(), exp) else { return Ok(None) };
        let verdict = judge(visit, keys, numbers.oldest..=numbers.published, text)?;
        let seconds_left = exp.since(NumericDate::from_moment(visit.now));
        let issued = IssuedToken { key, seconds_left, is_accepted: verdict.is_accepted() };
        Ok(Some(Self { text: text.to_owned(), issued, code: verdict.code() }))
    }

    /// A, B, C, … by their place.
    fn letter(place: usize) -> char {
        char::from(b'A' + u8::try_from(place).unwrap_or_default())
    }

    fn left(&self) -> String {
        let seconds = self.issued.seconds_left;
        if self.issued.is_unexpired() {
            format!("{} left", words(seconds))
        } else if seconds > -1.0 {
            "ended just now".to_owned()
        } else {
            format!("ended {} ago", words(seconds))
        }
    }
}

/// The key number in a token's `kid`, which is not verified yet.
fn key_of(token: &str) -> Option<u32> {
    let decoded = crate::token::decode(token);
    let kid = decoded.header()?.get("kid")?.as_str()?;
    kid.strip_prefix("lab-")?.parse().ok().filter(|number| *number > 0)
}

fn judge(
    visit: &LessonVisit<'_>,
    keys: &OwnKeys,
    numbers: std::ops::RangeInclusive<u32>,
    token: &str,
) -> Result<Verdict, Problem> {
    let ring = keys.ring(&visit.lab.keys, numbers)?;
    // No `jti` is looked up, because only the keys decide here.
    Ok(match lab::verify_with(&ring, DemoAlgorithm::HS256, token, visit.now) {
        Judged::Final(verdict) => verdict,
        Judged::Pending(pending) => pending.with_revocation(false),
    })
}
