//! The 4096-byte limit: a padded token in a cookie of its own, and a look at which one came back.

use actix_web::HttpResponse;
use actix_web::http::Method;
use askama::Template;

use super::{Desk, Form, Frame, jar, page as answer};
use crate::lab::lessons::remark::Remark;
use crate::lab::lessons::size_limit::{LARGEST, NAME, SMALLEST, STEP, judge, line, next, padding, size, size_of};
use crate::profiles::demo::{self, DemoAlgorithm, Subject};
use crate::profiles::{Lifetime, lab};
use crate::web::http::problem::Problem;
use crate::web::view::assets::Assets;

#[derive(Template)]
#[template(path = "lab/lessons/size-limit.html")]
struct SizeLimitPage<'a> {
    assets: &'a Assets,
    frame: Frame,
    /// What the field of the size proposes.
    proposed: usize,
    sent: Option<Sent>,
    typed: &'a str,
    remark: Option<Remark>,
}

/// What was sent, and what came of it.
struct Sent {
    size: usize,
    token_bytes: usize,
    came: Came,
}

#[derive(PartialEq, Eq)]
enum Came {
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

pub(super) fn page(desk: &mut Desk<'_>) -> Result<HttpResponse, Problem> {
    if desk.request.method() != Method::POST {
        desk.form = Form::of_query(desk.request);
        let sent = sent(desk);
        return show(desk, sent, None);
    }
    match desk.form.get("step") {
        Some("set") => set(desk),
        Some("check") => {
            let remark = judge(desk.form.get("largest").unwrap_or_default());
            show(desk, None, Some(remark))
        }
        _ => Err(Problem::bad_request("`step` cannot be taken: `set` or `check` is accepted.")),
    }
}

/// Sets a cookie of the size asked for, and leads to the page.
fn set(desk: &Desk<'_>) -> Result<HttpResponse, Problem> {
    let size = desk.form.get("size").and_then(size).ok_or_else(|| {
        Problem::bad_request(format!("`size` cannot be set: {SMALLEST} to {LARGEST} bytes are accepted."))
    })?;
    let token = token_of(desk, size)?;
    let (wanted, bytes) = (size.to_string(), token.len().to_string());
    let predict = desk.form.get("predict").map(|value| ("predict", value));
    let fields: Vec<(&str, &str)> = [("size", wanted.as_str()), ("token", &bytes)].into_iter().chain(predict).collect();
    let mut response = jar::see_again(desk, &fields);
    jar::set(&mut response, &line(&token))?;
    Ok(response)
}

fn token_of(desk: &Desk<'_>, size: usize) -> Result<String, Problem> {
    let ring = desk.state.ring();
    let keys = lab::keys(&ring, DemoAlgorithm::Hs256);
    let claims = demo::claims(&Subject::default(), Lifetime::HOUR, desk.now);
    let padded = |padding: usize| claims.clone().with("pad", "x".repeat(padding));
    let bare = lab::issue(keys, &padded(0)).map_err(|error| Problem::internal(&error))?;
    desk.issue(keys, &padded(padding(bare.as_str().len(), size)))
}

/// What the redirect said was sent, beside what came.
fn sent(desk: &Desk<'_>) -> Option<Sent> {
    let size = desk.form.get("size").and_then(size)?;
    let token_bytes = desk.form.get("token")?.parse().ok().filter(|bytes| *bytes <= LARGEST)?;
    let came = match jar::came(desk.request, NAME) {
        None => Came::Nothing,
        Some(token) if token.len() == token_bytes => Came::TheSame,
        Some(token) => Came::Older(size_of(token.len())),
    };
    Some(Sent { size, token_bytes, came })
}

fn show(desk: &mut Desk<'_>, sent: Option<Sent>, remark: Option<Remark>) -> Result<HttpResponse, Problem> {
    let frame = desk
        .frame(remark.as_ref().is_some_and(|remark| remark.is_right))?
        .tried_if(remark.is_some() || sent.is_some())
        .explaining_if(remark.is_some());
    answer(&SizeLimitPage {
        assets: &desk.state.assets,
        frame,
        proposed: sent.as_ref().map_or(SMALLEST, |sent| next(sent.size)),
        sent,
        typed: desk.form.get("largest").unwrap_or_default(),
        remark,
    })
}
