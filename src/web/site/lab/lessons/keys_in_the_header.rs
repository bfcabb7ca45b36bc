//! Keys in the header.

use actix_web::HttpResponse;
use askama::Template;
use async_trait::async_trait;

use super::judged_token::{JudgedToken, NaiveVerdict};
use super::{Frame, LessonPage, LessonVisit};
use crate::lab::attackers_key::{self, AttackersKey};
use crate::lab::lessons::hints::Open;
use crate::lab::lessons::keys_in_the_header::{
    self, ATTACKER, Attempt, Choices, FOLDER, LONGEST_FIELD, Member, SignedWith, forge, judge,
};
use crate::lab::lessons::press::PressResult;
use crate::lab::naive::{LaxToken, Objection};
use crate::profiles::demo::{self, DemoAlgorithm};
use crate::token::Claims;
use crate::web::http::problem::Problem;
use crate::web::site::lab::session_token::Own;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;
use crate::web::view::token_view::TraceRow;

pub(super) struct Page;

#[async_trait(?Send)]
impl LessonPage for Page {
    fn judging_steps(&self) -> &'static [&'static str] {
        &["send", "present"]
    }

    async fn page(&self, visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
        let _permit = visit.wait_to_sign().await;
        page(visit)
    }
}

#[derive(Template)]
#[template(path = "lab/lessons/keys-in-the-header/page.html")]
struct KeysInTheHeaderPage<'a> {
    assets: &'a Assets,
    frame: Frame,
    /// The attacker's public key, and the whole pair.
    jwk: &'a str,
    private_jwk: &'a str,
    sent: Sent,
    outcome: Option<Outcome>,
}

/// What was typed and chosen.
struct Sent {
    member: Member,
    value: String,
    with: SignedWith,
    secret: String,
    /// A token of other tools.
    brought: String,
    /// Whether that one was sent last.
    is_brought: bool,
}

struct Outcome {
    press: PressResult,
    naive: NaiveVerdict,
    strict: JudgedToken,
}

fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let own = Own::of(&visit.visitor, visit.lab, visit.now)?;
    let attacker = AttackersKey::get().map_err(|fault| Problem::internal(fault))?;
    let sent = Sent::read(visit)?;
    let outcome = if visit.form.is_sent() { Some(sent.outcome(visit, attacker, &own)?) } else { None };
    let frame = visit.judged(outcome.as_ref().map(|outcome| outcome.press.clone()), Open::Part(sent.member.value()));
    let (jwk, private_jwk) = (attacker.public_jwk.as_str(), attackers_key::PRIVATE_JWK);
    render(&KeysInTheHeaderPage { assets: &visit.lab.assets, frame, jwk, private_jwk, sent, outcome })
}

impl Sent {
    fn read(visit: &LessonVisit<'_>) -> Result<Self, Problem> {
        let member = match visit.form.get("member") {
            None => Member::ALL[0],
            Some(value) => Member::find(value).ok_or_else(|| unknown("member"))?,
        };
        let with = match visit.form.get("with") {
            None => SignedWith::ALL[0],
            Some(value) => SignedWith::find(value).ok_or_else(|| unknown("with"))?,
        };
        let text = |name| Ok::<_, Problem>(visit.text(name, LONGEST_FIELD)?.unwrap_or_default().replace("\r\n", "\n"));
        let brought = visit.form.get("brought").unwrap_or_default().trim().to_owned();
        let is_brought = visit.form.get("step") == Some("present");
        Ok(Self { member, value: text("value")?, with, secret: text("secret")?, brought, is_brought })
    }

    fn outcome(&self, visit: &LessonVisit<'_>, attacker: &AttackersKey, own: &Own) -> Result<Outcome, Problem> {
        let Self { member, with, .. } = *self;
        if self.is_brought {
            return Ok(outcome(visit, attacker, &Attempt::Brought { member, token: &self.brought }, &self.brought));
        }
        let choices = Choices { member, value: &self.value, with, secret: &self.secret };
        let token = forge(&choices, &own.forged(), &attacker.signer)?;
        Ok(outcome(visit, attacker, &Attempt::Forged(choices), &token))
    }
}

fn outcome(visit: &LessonVisit<'_>, attacker: &AttackersKey, attempt: &Attempt<'_>, token: &str) -> Outcome {
    let member = attempt.member();
    let says = keys_in_the_header::naive(token, member, &attacker.verifier, visit.now);
    // The strict verifier expects the algorithm of the forgery, so that the member stops the token and not `alg`.
    let has_secret = LaxToken::read_anything(token).text("alg").is_some_and(|alg| alg.starts_with("HS"));
    let expected = if has_secret { DemoAlgorithm::HS256 } else { DemoAlgorithm::RS256 };
    let strict = JudgedToken::new(token, &demo::verify(&visit.lab.keys.ring(), expected, token, visit.now));
    let strict = match attempt {
        Attempt::Brought { .. } => strict,
        Attempt::Forged(choices) => strict
            .mark(0, &changed_header(choices, &says))
            .mark(1, "sub says admin")
            .mark(2, &format!("made with {}", choices.with.label())),
    };
    Outcome {
        press: PressResult::of(&judge(attempt, &says)).counted_if(!attempt.is_empty()),
        naive: NaiveVerdict::new(member.rule(), &says).named("The portal"),
        strict,
    }
}

/// What is said of the header, which has the member that the visitor chose.
fn changed_header(choices: &Choices<'_>, says: &Result<Claims, Objection>) -> String {
    let name = choices.member.name();
    match says {
        Err(Objection::NoKey(_)) => format!("its {name} leads to no key"),
        _ => format!("its {name} leads to a key"),
    }
}

fn unknown(name: &str) -> Problem {
    Problem::bad_request(format!("`{name}` is not one of the choices of this lesson."))
}
