//! Key confusion.

use actix_web::HttpResponse;
use askama::Template;
use async_trait::async_trait;

use super::seen::{NaiveVerdict, Seen};
use super::{Frame, LessonPage, LessonVisit};
use crate::lab::lessons::key_confusion::{self, ALGORITHMS, Choices, LONGEST_SECRET, Material, RULE};
use crate::profiles::demo::DemoAlgorithm;
use crate::profiles::lab;
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
#[template(path = "lab/lessons/key-confusion/page.html")]
struct KeyConfusionPage<'a> {
    assets: &'a Assets,
    frame: Frame,
    own: Own,
    pem: String,
    algorithm: &'static str,
    material: Material,
    secret: String,
    outcome: Option<Outcome>,
}

struct Outcome {
    remark: Result<&'static str, &'static str>,
    naive: NaiveVerdict,
    strict: Seen,
}

fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let own = Own::of(&visit.visitor, visit.lab, visit.now)?;
    let pem =
        visit.lab.keys.ring().lab().public().to_pem().ok_or_else(|| Problem::broken("the lab's key has no PEM"))?;
    let algorithm = match visit.form.get("algorithm") {
        None => ALGORITHMS[0],
        Some(name) => ALGORITHMS.into_iter().find(|it| *it == name).ok_or_else(|| unknown("algorithm"))?,
    };
    let material = match visit.form.get("key") {
        None => Material::ALL[0],
        Some(value) => Material::find(value).ok_or_else(|| unknown("key"))?,
    };
    let secret = visit.text("secret", LONGEST_SECRET)?.unwrap_or_default().replace("\r\n", "\n");
    let choices = Choices { algorithm, material, own: &secret };
    let outcome = if visit.form.is_sent() { Some(outcome(visit, &own, &choices, &pem)?) } else { None };
    let frame = visit.frame(outcome.as_ref().is_some_and(|outcome| outcome.remark.is_ok()))?;
    render(&KeyConfusionPage { assets: &visit.lab.assets, frame, own, pem, algorithm, material, secret, outcome })
}

fn outcome(visit: &LessonVisit<'_>, own: &Own, choices: &Choices<'_>, pem: &str) -> Result<Outcome, Problem> {
    let ring = &visit.lab.keys.ring();
    let token = key_confusion::forge(choices, &own.forged(), ring.lab().public(), pem);
    let key = ring.lab().rs256().verifiers().first().ok_or_else(|| Problem::broken("the lab has no public key"))?;
    let says = key_confusion::naive_verdict(&token, pem, key, visit.now);
    let strict = lab::verify(ring, DemoAlgorithm::RS256, &token, visit.now).resolve_revocation(|_| false);
    Ok(Outcome {
        remark: key_confusion::judge(choices, &says),
        naive: NaiveVerdict::new(RULE, &says),
        strict: Seen::new(&token, &strict)
            .mark(0, &format!("it names {} now", choices.algorithm))
            .mark(1, "sub says admin")
            .mark(2, &format!("an HMAC, keyed with {}", choices.material.says())),
    })
}

fn unknown(name: &str) -> Problem {
    Problem::bad_request(format!("`{name}` is none of the choices of this lesson."))
}
