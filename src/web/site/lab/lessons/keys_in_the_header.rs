//! Keys in the header.

use actix_web::HttpResponse;
use askama::Template;
use async_trait::async_trait;

use super::seen::{NaiveVerdict, Seen};
use super::{Frame, LessonPage, LessonVisit};
use crate::keys::{self, Jwk};
use crate::lab::lessons::keys_in_the_header::{self, ATTACKER, Choices, FOLDER, LONGEST_FIELD, Member, With};
use crate::profiles::demo::{self, DemoAlgorithm};
use crate::web::http::problem::Problem;
use crate::web::site::lab::own::Own;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;

pub(super) struct Page;

#[async_trait(?Send)]
impl LessonPage for Page {
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
    own: Own,
    /// The attacker's public key.
    jwk: String,
    member: Member,
    value: String,
    with: With,
    secret: String,
    outcome: Option<Outcome>,
}

struct Outcome {
    remark: Result<&'static str, String>,
    naive: NaiveVerdict,
    strict: Seen,
}

fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let own = Own::of(&visit.visitor, visit.lab, visit.now)?;
    let member = match visit.form.get("member") {
        None => Member::Jwk,
        Some(value) => Member::find(value).ok_or_else(|| unknown("member"))?,
    };
    let with = match visit.form.get("with") {
        None => With::ALL[0],
        Some(value) => With::find(value).ok_or_else(|| unknown("with"))?,
    };
    let text = |name| Ok::<_, Problem>(visit.text(name, LONGEST_FIELD)?.unwrap_or_default().replace("\r\n", "\n"));
    let (value, secret) = (text("value")?, text("secret")?);
    let choices = Choices { member, value: &value, with, secret: &secret };
    let outcome = if visit.form.is_sent() { Some(outcome(visit, &own, &choices)?) } else { None };
    let jwk = serde_json::to_string(&Jwk::from(visit.lab.keys.ring().lab().public()));
    let jwk = jwk.map_err(|error| Problem::internal(&error))?;
    let frame = visit.frame(outcome.as_ref().is_some_and(|outcome| outcome.remark.is_ok()))?;
    render(&KeysInTheHeaderPage { assets: &visit.lab.assets, frame, own, jwk, member, value, with, secret, outcome })
}

fn outcome(visit: &LessonVisit<'_>, own: &Own, choices: &Choices<'_>) -> Result<Outcome, Problem> {
    let ring = &visit.lab.keys.ring();
    let attacker = ring.lab().rs256();
    let token = keys_in_the_header::forge(choices, &own.forged(), attacker.signer())?;
    let key = attacker.verifiers().first().ok_or_else(|| Problem::broken("the lab has no public key"))?;
    let says = keys_in_the_header::naive(&token, choices.member, key, visit.now);
    // The strict verifier expects the algorithm of the forgery, so that the member stops the token and not `alg`.
    let expected =
        if choices.with.algorithm() == keys::Algorithm::Rs256 { DemoAlgorithm::RS256 } else { DemoAlgorithm::HS256 };
    Ok(Outcome {
        remark: keys_in_the_header::judge(choices, &says),
        naive: NaiveVerdict::new(choices.member.rule(), &says),
        strict: Seen::new(&token, &demo::verify(ring, expected, &token, visit.now))
            .mark(0, "it leads to a key")
            .mark(1, "sub says admin")
            .mark(2, &format!("made with {}", choices.with.says())),
    })
}

fn unknown(name: &str) -> Problem {
    Problem::bad_request(format!("`{name}` is none of the choices of this lesson."))
}
