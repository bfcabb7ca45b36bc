//! Anatomy of a token: the lab signs one for a subject that nobody can guess, and the form carries it.

use actix_web::HttpResponse;
use askama::Template;
use async_trait::async_trait;

use super::{Frame, LessonPage, LessonVisit};
use crate::lab::lessons::anatomy;
use crate::lab::lessons::hints::Open;
use crate::lab::lessons::press::Press;
use crate::lab::lessons::remark::Remark;
use crate::profiles::demo::{self, DemoAlgorithm, Subject};
use crate::profiles::{Lifetime, lab};
use crate::token::segments;
use crate::web::http::problem::Problem;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;

pub(super) struct Page;

#[async_trait(?Send)]
impl LessonPage for Page {
    async fn page(&self, visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
        page(visit).await
    }
}

#[derive(Template)]
#[template(path = "lab/lessons/anatomy/page.html")]
struct AnatomyPage<'a> {
    assets: &'a Assets,
    frame: Frame,
    token: &'a str,
    parts: [(&'static str, &'static str, &'a str); 3],
    typed: &'a str,
}

async fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let token = visit.form.get("token").map(str::to_owned);
    let typed = visit.form.get("sub").unwrap_or_default().to_owned();
    let remark = match &token {
        Some(token) if visit.form.is_sent() => Some(judge(visit, token, &typed).await?),
        _ => None,
    };
    let frame = visit.judged(remark.as_ref().map(|remark| press(remark, &typed)), Open::Whole);
    let token = match token {
        Some(token) if segments(&token).is_some() => token,
        _ => new_token(visit)?,
    };
    let [header, payload, signature] = segments(&token).unwrap_or_default();
    let parts = [("Header", "header", header), ("Payload", "payload", payload), ("Signature", "signature", signature)];
    render(&AnatomyPage { assets: &visit.lab.assets, frame, token: &token, parts, typed: &typed })
}

/// An empty answer is no try.
fn press(remark: &Remark, typed: &str) -> Press {
    if typed.trim().is_empty() { Press::Missing(remark.says.clone()) } else { Press::from(remark) }
}

fn new_token(visit: &LessonVisit<'_>) -> Result<String, Problem> {
    let subject = Subject::parse(&anatomy::subject(visit.lab.random.bytes()?)).unwrap_or_default();
    let claims = demo::claims(&subject, Lifetime::HOUR, visit.now);
    let ring = visit.lab.keys.ring();
    let keys = lab::keys(&ring, DemoAlgorithm::HS256);
    visit.issue(keys, &claims)
}

async fn judge(visit: &LessonVisit<'_>, token: &str, typed: &str) -> Result<Remark, Problem> {
    let judged = lab::verify(&visit.lab.keys.ring(), DemoAlgorithm::HS256, token, visit.now);
    let verdict = visit.lab.store.resolve_revocation(judged).await?;
    let code = verdict.code();
    Ok(match verdict.accept() {
        Ok(claims) => anatomy::judge(token, &claims, typed),
        Err(_) => Remark::miss(format!(
            "The token that came with your answer is not one that this page gave you, or its hour is over: `{code}`. Load \
             the page anew for another."
        )),
    })
}
