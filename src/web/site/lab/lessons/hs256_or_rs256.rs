//! HS256 or RS256. The form carries the two tokens, and what the visitor did with them.

mod cost;

use actix_web::HttpResponse;
use actix_web::http::header;
use askama::Template;
use async_trait::async_trait;

use self::cost::Costs;
use super::judged_token::JudgedToken;
use super::{Frame, LessonPage, LessonVisit};
use crate::keys::{KeyRing, Secret};
use crate::lab::lessons::hints::Open;
use crate::lab::lessons::hs256_or_rs256::{
    self, ALGORITHMS, COMMANDS, LONGEST_KEY, PARTIES, Parts, Party, cannot_sign, claims_of_bob, forge, is_forged,
    verify_with,
};
use crate::lab::lessons::press::PressResult;
use crate::profiles::demo::DemoAlgorithm;
use crate::profiles::lab;
use crate::token::{LARGEST_TOKEN, segments};
use crate::web::http::problem::Problem;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;

pub(super) struct Page;

#[async_trait(?Send)]
impl LessonPage for Page {
    fn forms_carry_work(&self) -> bool {
        true
    }

    fn judging_steps(&self) -> &'static [&'static str] {
        &["answer"]
    }

    async fn page(&self, visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
        page(visit).await
    }

    fn step(&self, visit: &LessonVisit<'_>, step: &str) -> Result<HttpResponse, Problem> {
        match step {
            "public.pem" => public_key(visit),
            _ => Err(Problem::not_found()),
        }
    }
}

#[derive(Template)]
#[template(path = "lab/lessons/hs256-or-rs256/page.html")]
struct AlgorithmsPage<'a> {
    assets: &'a Assets,
    frame: Frame,
    /// Signed for whoever sent the form: an RS256 signature costs more than the page.
    tokens: Option<Tokens>,
    work: Work,
    base: &'a str,
    pem: &'a str,
    secret: &'a str,
    outcome: Outcome,
}

/// Two tokens with the same claims.
struct Tokens {
    hs256: String,
    rs256: String,
}

/// What the press showed.
enum Outcome {
    Nothing,
    Costs(Costs),
    Verified(Box<JudgedToken>),
    /// What was tried with the public key, in vain.
    NotSigned,
    Forged(Box<JudgedToken>),
    Answer,
}

/// What the visitor did, as the session remembers it, and the form if the session was lost.
struct Work {
    /// The text of the field for the key.
    key: String,
    /// The key that verified the token, once there is one.
    public: Option<String>,
    /// The token for Admin, once there is one.
    forged: Option<String>,
    ticked: Vec<String>,
    parts: Parts,
}

impl AlgorithmsPage<'_> {
    fn is_ticked(&self, party: &Party, algorithm: &str) -> bool {
        self.work.ticked.contains(&name(party, algorithm))
    }

    fn name(party: &Party, algorithm: &str) -> String {
        name(party, algorithm)
    }

    fn signature_of(token: &str) -> &str {
        segments(token).map_or("", |[.., signature]| signature)
    }

    fn bytes_of_signature(token: &str) -> usize {
        Self::signature_of(token).len() * 3 / 4
    }
}

/// What a check box is called in the form.
fn name(party: &Party, algorithm: &str) -> String {
    format!("{}-{}", algorithm.to_lowercase(), party.value)
}

async fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let ring = visit.lab.keys.ring();
    let secret = ring.lab().of_lesson(visit.lesson.slug);
    let pem = pem(&ring)?;
    let kept = Parts::parse(&visit.work());
    let has_tokens = visit.form.is_sent() || visit.form.get("hs256").is_some() || kept.is_some();
    let tokens = if has_tokens { Some(tokens(visit, &ring, &secret).await?) } else { None };
    let mut work = Work::of(visit, tokens.as_ref(), &secret)?;
    work.resume(kept.unwrap_or_default(), &pem);
    let (press, outcome) = match &tokens {
        None => (None, Outcome::Nothing),
        Some(tokens) if !visit.form.is_sent() => (None, work.shown_again(visit, tokens, &secret)),
        Some(_) if visit.form.get("step") == Some("measure") => measured(visit, work.parts, kept.is_none()).await?,
        Some(tokens) => work.press(visit, tokens, &secret)?,
    };
    if press.is_some() {
        // A session that is full keeps nothing. Then the form alone carries the work.
        drop(visit.keep_work(work.parts.text()));
    }
    let frame = visit.judged(press, if tokens.is_some() { work.parts.open() } else { Open::Part("measure") });
    let (assets, base) = (&visit.lab.assets, visit.lab.origins.public_origin());
    let secret = std::str::from_utf8(secret.as_bytes()).unwrap_or_default();
    render(&AlgorithmsPage { assets, frame, tokens, work, base, pem: &pem, secret, outcome })
}

/// The two tokens that the form brings back, or new ones if it brings none that still verify.
async fn tokens(visit: &LessonVisit<'_>, ring: &KeyRing, secret: &Secret) -> Result<Tokens, Problem> {
    let brought = |name| Ok::<_, Problem>(visit.text(name, LARGEST_TOKEN)?.unwrap_or_default().to_owned());
    let (hs256, rs256) = (brought("hs256")?, brought("rs256")?);
    let hs256_verifies = || hs256_or_rs256::verify(&hs256, secret, visit.now).is_some_and(|it| it.is_accepted());
    let rs256_verifies =
        || lab::verify(ring, DemoAlgorithm::RS256, &rs256, visit.now).resolve_revocation(|_| false).is_accepted();
    if hs256_verifies() && rs256_verifies() {
        return Ok(Tokens { hs256, rs256 });
    }
    let claims = claims_of_bob(visit.now);
    let hs256 =
        hs256_or_rs256::sign(&claims, secret).ok_or_else(|| Problem::broken("the lesson's secret does not sign"))?;
    let _turn = visit.signing.acquire().await;
    Ok(Tokens { hs256: hs256.into_string(), rs256: visit.issue(ring.lab().rs256(), &claims)? })
}

async fn measured(
    visit: &LessonVisit<'_>,
    parts: Parts,
    is_first: bool,
) -> Result<(Option<PressResult>, Outcome), Problem> {
    let ring = visit.lab.keys.ring();
    let costs = visit.lab.work.run(move || Costs::of(ring.lab())).await?;
    let says = format!(
        "The portal signed two tokens with the same claims. Under RS256 it takes {} as long to sign, and {} as long to \
         verify.",
        costs.rs256.sign.over(&costs.hs256.sign),
        costs.rs256.verify.over(&costs.hs256.verify)
    );
    let is_new = is_first && visit.form.get("hs256").is_none();
    Ok((Some(parts.pressed(is_new, &says)), Outcome::Costs(costs)))
}

impl Work {
    fn of(visit: &LessonVisit<'_>, tokens: Option<&Tokens>, secret: &Secret) -> Result<Self, Problem> {
        let verifies = |key: &str| tokens.is_some_and(|it| verify_with(key, &it.rs256, secret, visit.now).is_ok());
        let text = |name, most| Ok::<_, Problem>(visit.text(name, most)?.map(str::to_owned));
        let public = text("public", LONGEST_KEY)?.filter(|key| verifies(key));
        let forged = text("forged", LARGEST_TOKEN)?.filter(|token| is_forged(token, secret, visit.now));
        let names = PARTIES.iter().flat_map(|party| ALGORITHMS.map(|algorithm| name(party, algorithm)));
        let parts = Parts {
            verified: public.is_some(),
            tried: public.is_some() && visit.form.get("tried") == Some("done"),
            forged: forged.is_some(),
        };
        Ok(Self {
            key: text("key", LONGEST_KEY)?.unwrap_or_default(),
            public,
            forged,
            ticked: names.filter(|name| visit.form.get(name).is_some()).collect(),
            parts,
        })
    }

    /// Adds what the session remembers. The key in it is the one that verified.
    fn resume(&mut self, kept: Parts, pem: &str) {
        let Parts { verified, tried, forged } = self.parts;
        let all =
            Parts { verified: verified || kept.verified, tried: tried || kept.tried, forged: forged || kept.forged };
        self.parts = all;
        if self.parts.verified && self.public.is_none() {
            self.public = Some(pem.to_owned());
        }
    }

    /// What the last press showed, beside a hint. A measurement is not repeated.
    fn shown_again(&self, visit: &LessonVisit<'_>, tokens: &Tokens, secret: &Secret) -> Outcome {
        let last = visit.form.get("last_step").filter(|_| visit.last_press.is_some());
        match (last, &self.public, &self.forged) {
            (Some("verify"), Some(public), _) => match verify_with(public, &tokens.rs256, secret, visit.now) {
                Ok(verdict) => Outcome::Verified(Box::new(JudgedToken::new(&tokens.rs256, &verdict))),
                Err(_) => Outcome::Nothing,
            },
            (Some("public"), Some(_), _) => Outcome::NotSigned,
            (Some("secret"), _, Some(forged)) => match hs256_or_rs256::verify(forged, secret, visit.now) {
                Some(verdict) => Outcome::Forged(Box::new(marked(JudgedToken::new(forged, &verdict)))),
                None => Outcome::Nothing,
            },
            _ => Outcome::Nothing,
        }
    }

    fn press(
        &mut self,
        visit: &LessonVisit<'_>,
        tokens: &Tokens,
        secret: &Secret,
    ) -> Result<(Option<PressResult>, Outcome), Problem> {
        let (press, outcome) = match visit.form.get("step") {
            Some("verify") => self.verify(visit, tokens, secret),
            Some("public") => self.sign_with_public(),
            Some("secret") => self.sign_with_secret(visit, secret)?,
            Some("answer") => {
                let judged = hs256_or_rs256::judge(|party, algorithm| self.ticked.contains(&name(party, algorithm)));
                (self.parts.answer(judged), Outcome::Answer)
            }
            _ => {
                let says = "`step` is what the button sends: measure, verify, public, secret or answer.";
                return Err(Problem::bad_request(says));
            }
        };
        Ok((Some(press), outcome))
    }

    fn verify(&mut self, visit: &LessonVisit<'_>, tokens: &Tokens, secret: &Secret) -> (PressResult, Outcome) {
        match verify_with(&self.key, &tokens.rs256, secret, visit.now) {
            Ok(verdict) => {
                self.public = Some(self.key.clone());
                let is_new = !std::mem::replace(&mut self.parts.verified, true);
                let says = "The public key verified Bob's token. You needed no secret for that.";
                let press = self.parts.pressed(is_new, says);
                (press, Outcome::Verified(Box::new(JudgedToken::new(&tokens.rs256, &verdict))))
            }
            Err(hint) => (PressResult::Wrong(hint).counted_if(!self.key.trim().is_empty()), Outcome::Nothing),
        }
    }

    fn sign_with_public(&mut self) -> (PressResult, Outcome) {
        let Some(public) = &self.public else {
            return (PressResult::Missing("Verify the token with the public key first.".to_owned()), Outcome::Nothing);
        };
        match cannot_sign(public) {
            Some(why) => {
                let is_new = !std::mem::replace(&mut self.parts.tried, true);
                let says = format!("Blocked: the library's key does not sign. The program says of it: {why}.");
                (self.parts.pressed(is_new, &says), Outcome::NotSigned)
            }
            None => (PressResult::Wrong("The key in the field is not the public key.".to_owned()), Outcome::Nothing),
        }
    }

    fn sign_with_secret(
        &mut self,
        visit: &LessonVisit<'_>,
        secret: &Secret,
    ) -> Result<(PressResult, Outcome), Problem> {
        let token = forge(secret, visit.now).ok_or_else(|| Problem::broken("the lesson's secret does not sign"))?;
        let token = token.into_string();
        let verdict = hs256_or_rs256::verify(&token, secret, visit.now);
        let verdict = verdict.ok_or_else(|| Problem::broken("the lesson's secret does not verify"))?;
        let seen = marked(JudgedToken::new(&token, &verdict));
        self.forged = Some(token);
        let is_new = !std::mem::replace(&mut self.parts.forged, true);
        let press = self.parts.pressed(
            is_new,
            "The portal accepts what Mallory signed: she is Admin now, and she can change 3 grades. The secret that \
             verifies also signs.",
        );
        Ok((press, Outcome::Forged(Box::new(seen))))
    }
}

/// What Mallory changed.
fn marked(forged: JudgedToken) -> JudgedToken {
    forged.mark(1, "sub says admin").mark(2, "made with the library's secret")
}

fn pem(ring: &KeyRing) -> Result<String, Problem> {
    ring.lab().public().to_pem().ok_or_else(|| Problem::broken("the lab's key has no PEM"))
}

/// `GET /lab/lessons/hs256-or-rs256/public.pem`: the public key that verifies the lesson's RS256 token.
fn public_key(visit: &LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let pem = pem(&visit.lab.keys.ring())?;
    let media_type = (header::CONTENT_TYPE, "application/x-pem-file");
    Ok(HttpResponse::Ok().insert_header(media_type).body(pem))
}
