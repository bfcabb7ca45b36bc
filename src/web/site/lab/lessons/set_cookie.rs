//! What `Set-Cookie` said: the line on the page is exactly the line in the response's header.

use actix_web::HttpResponse;
use askama::Template;
use async_trait::async_trait;

use super::{Frame, LessonPage, LessonVisit, lesson_cookies};
use crate::lab::lessons::remark::{Remark, are_all_right};
use crate::lab::lessons::set_cookie::{ATTRIBUTES, NAME, Piece, PieceQuestion, QUESTIONS, judge, line};
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
#[template(path = "lab/lessons/set-cookie/page.html")]
struct SetCookiePage<'a> {
    assets: &'a Assets,
    frame: Frame,
    sent: Option<Sent>,
    came: Option<String>,
    remarks: Vec<Remark>,
    visit: &'a LessonVisit<'a>,
}

/// The cookie that this page, or the one before it, set.
struct Sent {
    value: String,
    is_new: bool,
}

impl SetCookiePage<'_> {
    fn is_chosen(&self, question: &PieceQuestion, piece: &Piece) -> bool {
        self.visit.form.get(question.field) == Some(piece.value)
    }
}

fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let sent = match visit.form.get("value") {
        Some(value) if lesson_cookies::is_value(value) => Some(Sent { value: value.to_owned(), is_new: false }),
        _ if visit.form.is_sent() => Some(Sent { value: lesson_cookies::value(&visit.lab.random)?, is_new: true }),
        _ => None,
    };
    let is_answered = sent.as_ref().is_some_and(|sent| !sent.is_new);
    let remarks = if is_answered { judge(|field| visit.form.get(field)) } else { Vec::new() };
    let frame = visit.frame(are_all_right(&remarks))?.tried_if(is_answered);
    let new_line = sent.as_ref().filter(|sent| sent.is_new).map(|sent| line(&sent.value));
    let came = lesson_cookies::came(visit.request, NAME);
    let mut response = render(&SetCookiePage { assets: &visit.lab.assets, frame, sent, came, remarks, visit })?;
    if let Some(line) = new_line {
        lesson_cookies::set(&mut response, &line)?;
    }
    Ok(response)
}
