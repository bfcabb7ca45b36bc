//! The 4096-byte limit: sets a padded token in a cookie, and shows whether it came back.

use actix_web::HttpResponse;
use actix_web::http::Method;
use askama::Template;
use async_trait::async_trait;

use super::{Form, Frame, LessonPage, LessonVisit, lesson_cookies};
use crate::lab::lessons::remark::Remark;
use crate::lab::lessons::size_limit::{LARGEST, NAME, SMALLEST, STEP, judge, line, next, padding, size, size_of};
use crate::profiles::demo::{self, DemoAlgorithm, Subject};
use crate::profiles::{Lifetime, lab};
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
#[template(path = "lab/lessons/size-limit/page.html")]
struct SizeLimitPage<'a> {
    assets: &'a Assets,
    frame: Frame,
    /// The size that the field proposes.
    proposed: usize,
    sent: Option<Sent>,
    typed: &'a str,
    remark: Option<Remark>,
}

/// What was sent, and what came of it.
struct Sent {
    size: usize,
    token_bytes: usize,
    received: ReceivedCookie,
}

#[derive(PartialEq, Eq)]
enum ReceivedCookie {
    TheSame,
    /// An older one, with the size of its name and value.
    Older(usize),
    Nothing,
}

impl Sent {
    fn counted(&self) -> usize {
        size_of(self.token_bytes)
    }

    fn line_bytes(&self) -> usize {
        line("").len() + self.token_bytes
    }
}

fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    if visit.request.method() != Method::POST {
        visit.form = Form::of_query(visit.request);
        let sent = sent(visit);
        return show(visit, sent, None);
    }
    match visit.form.get("step") {
        Some("set") => set(visit),
        Some("check") => {
            let remark = judge(visit.form.get("largest").unwrap_or_default());
            show(visit, None, Some(remark))
        }
        _ => Err(Problem::bad_request("`step` cannot be taken: `set` or `check` is accepted.")),
    }
}

/// Sets a cookie of the requested size, and redirects to the page.
fn set(visit: &LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let size = visit.form.get("size").and_then(size).ok_or_else(|| {
        Problem::bad_request(format!("`size` cannot be set: {SMALLEST} to {LARGEST} bytes are accepted."))
    })?;
    let token = token_of(visit, size)?;
    let (wanted, bytes) = (size.to_string(), token.len().to_string());
    let predict = visit.form.get("predict").map(|value| ("predict", value));
    let fields: Vec<(&str, &str)> = [("size", wanted.as_str()), ("token", &bytes)].into_iter().chain(predict).collect();
    let mut response = lesson_cookies::see_again(visit, &fields);
    lesson_cookies::set(&mut response, &line(&token))?;
    Ok(response)
}

fn token_of(visit: &LessonVisit<'_>, size: usize) -> Result<String, Problem> {
    let ring = visit.lab.keys.ring();
    let keys = lab::keys(&ring, DemoAlgorithm::HS256);
    let claims = demo::claims(&Subject::default(), Lifetime::HOUR, visit.now);
    let padded = |padding: usize| claims.clone().with("pad", "x".repeat(padding));
    let bare = lab::issue(keys, &padded(0))?;
    visit.issue(keys, &padded(padding(bare.as_str().len(), size)))
}

/// What the redirect says was set, and what came back.
fn sent(visit: &LessonVisit<'_>) -> Option<Sent> {
    let size = visit.form.get("size").and_then(size)?;
    let token_bytes = visit.form.get("token")?.parse().ok().filter(|bytes| *bytes <= LARGEST)?;
    let received = match lesson_cookies::came(visit.request, NAME) {
        None => ReceivedCookie::Nothing,
        Some(token) if token.len() == token_bytes => ReceivedCookie::TheSame,
        Some(token) => ReceivedCookie::Older(size_of(token.len())),
    };
    Some(Sent { size, token_bytes, received })
}

fn show(visit: &mut LessonVisit<'_>, sent: Option<Sent>, remark: Option<Remark>) -> Result<HttpResponse, Problem> {
    let frame = visit
        .frame(remark.as_ref().is_some_and(|remark| remark.is_right))?
        .tried_if(remark.is_some() || sent.is_some())
        .explaining_if(remark.is_some());
    render(&SizeLimitPage {
        assets: &visit.lab.assets,
        frame,
        proposed: sent.as_ref().map_or(SMALLEST, |sent| next(sent.size)),
        sent,
        typed: visit.form.get("largest").unwrap_or_default(),
        remark,
    })
}
