//! The token of another service: Mallory presents tokens to two old portals and to the real verifier, and then the
//! visitor chooses the checks of a new one.

use actix_web::HttpResponse;
use askama::Template;
use async_trait::async_trait;

use super::judged_token::JudgedToken;
use super::{Frame, LessonPage, LessonVisit};
use crate::lab::lessons::another_service::{
    self, AUDIENCES, Check, ISSUERS, IssuerKeys, OLD_PORTALS, PROBES, Parts, Pick, ROLES, Wanted,
};
use crate::lab::lessons::press::PressResult;
use crate::web::http::problem::Problem;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;

pub(super) struct Page;

#[async_trait(?Send)]
impl LessonPage for Page {
    fn judging_steps(&self) -> &'static [&'static str] {
        &["present", "repair"]
    }

    async fn page(&self, visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
        page(visit)
    }
}

#[derive(Template)]
#[template(path = "lab/lessons/token-of-another-service/page.html")]
struct ServicePage<'a> {
    assets: &'a Assets,
    frame: Frame,
    parts: Parts,
    /// What is picked in the form.
    wanted: Wanted,
    ticked: Vec<Check>,
    outcome: Outcome,
}

enum Outcome {
    Nothing,
    Presented(Box<Presented>),
    Repaired(Vec<Probed>),
}

/// A token of Mallory's before all portals.
struct Presented {
    old: Vec<OldAnswer>,
    strict: JudgedToken,
}

/// What an old portal says.
struct OldAnswer {
    name: &'static str,
    rule: &'static str,
    role: Result<String, &'static str>,
    /// Whether Mallory's own issuer signed the token.
    is_own: bool,
}

impl OldAnswer {
    fn is_admin(&self) -> bool {
        self.role.as_deref() == Ok("admin")
    }

    /// A token that Mallory signed does damage whatever its role is.
    fn is_damage(&self) -> bool {
        self.is_admin() || (self.is_own && self.role.is_ok())
    }
}

/// What the visitor's own portal says to one token.
struct Probed {
    name: &'static str,
    is_honest: bool,
    answer: Result<String, &'static str>,
}

impl Probed {
    fn is_right(&self) -> bool {
        self.answer.is_ok() == self.is_honest
    }
}

impl ServicePage<'_> {
    fn lists(&self) -> [(&'static str, &'static str, &'static [Pick; 2], &'static str); 3] {
        [
            ("issuer", "Issuer", &ISSUERS, self.wanted.issuer.value),
            ("audience", "Audience", &AUDIENCES, self.wanted.audience.value),
            ("role", "Role", &ROLES, self.wanted.role.value),
        ]
    }
}

fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let mut parts = Parts::parse(&visit.work());
    let (wanted, ticked) = (wanted(visit)?, ticked(visit));
    let (press, outcome) = if visit.form.is_sent() {
        let keys = keys(visit)?;
        let answered = match visit.form.get("do") {
            Some("present") => present(visit, &keys, &wanted, &mut parts)?,
            Some("repair") => repair(visit, &keys, &ticked, &mut parts)?,
            _ => return Err(Problem::bad_request("`do` is no step of this lesson: press one of its buttons.")),
        };
        visit.keep_work(parts.to_text())?;
        answered
    } else {
        (None, Outcome::Nothing)
    };
    let frame = visit.judged(press, parts.open());
    render(&ServicePage { assets: &visit.lab.assets, frame, parts, wanted, ticked, outcome })
}

/// What the form picks; at first a token that is right.
fn wanted(visit: &LessonVisit<'_>) -> Result<Wanted, Problem> {
    let pick = |name, first| visit.form.get(name).unwrap_or(first);
    let wanted = Wanted::of_mallory(pick("issuer", "school"), pick("audience", "portal"), pick("role", "pupil"));
    wanted.ok_or_else(|| Problem::bad_request("`issuer`, `audience` or `role` is none of the choices on the page."))
}

fn ticked(visit: &LessonVisit<'_>) -> Vec<Check> {
    Check::ALL.into_iter().filter(|check| visit.form.get(check.value()).is_some()).collect()
}

fn keys(visit: &mut LessonVisit<'_>) -> Result<IssuerKeys, Problem> {
    let visitor = visit.own_name()?;
    let keys = IssuerKeys::of_visitor(visit.lab.keys.ring().lab(), &visitor);
    keys.ok_or_else(|| Problem::broken("an issuer of the lesson has no key"))
}

fn present(
    visit: &LessonVisit<'_>,
    keys: &IssuerKeys,
    wanted: &Wanted,
    parts: &mut Parts,
) -> Result<(Option<PressResult>, Outcome), Problem> {
    if let Some(objection) = wanted.objection() {
        return Ok((Some(PressResult::Wrong(objection.to_owned())), Outcome::Nothing));
    }
    let token = visit.issue(keys.of(wanted.issuer), &wanted.claims(visit.now))?;
    let judged = OLD_PORTALS.each_ref().map(|portal| portal.judge(&token, keys, visit.now));
    let press = parts.presented(wanted, &judged);
    let answers = OLD_PORTALS.iter().zip(judged);
    let is_own = wanted.issuer.value == "own";
    let answer = |(portal, role): (&another_service::OldPortal, _)| OldAnswer {
        name: portal.name,
        rule: portal.rule,
        role,
        is_own,
    };
    let old = answers.map(answer).collect();
    let strict = JudgedToken::new(&token, &another_service::verify(&token, keys, visit.now));
    Ok((Some(press), Outcome::Presented(Box::new(Presented { old, strict }))))
}

fn repair(
    visit: &LessonVisit<'_>,
    keys: &IssuerKeys,
    checks: &[Check],
    parts: &mut Parts,
) -> Result<(Option<PressResult>, Outcome), Problem> {
    if !parts.are_broken_into() {
        let first = "First become Admin at both old portals. Then you know what to repair.";
        return Ok((Some(PressResult::Missing(first.to_owned())), Outcome::Nothing));
    }
    let mut probed = Vec::new();
    for probe in &PROBES {
        let token = visit.issue(keys.of(probe.wanted.issuer), &probe.wanted.claims(visit.now))?;
        let answer = another_service::own_portal(&token, keys, checks, visit.now);
        probed.push(Probed { name: probe.name, is_honest: probe.is_honest, answer });
    }
    let accepted = [0, 1, 2, 3].map(|place| probed[place].answer.is_ok());
    Ok((Some(parts.repaired(accepted, checks.len())), Outcome::Repaired(probed)))
}
