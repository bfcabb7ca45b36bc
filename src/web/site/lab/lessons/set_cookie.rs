//! What `Set-Cookie` said: the line on the page is exactly the line in the response's header.

use actix_web::HttpResponse;
use askama::Template;
use async_trait::async_trait;

use super::{Form, Frame, LessonPage, LessonVisit, lesson_cookies};
use crate::lab::lessons::hints::Open;
use crate::lab::lessons::press::PressResult;
use crate::lab::lessons::remark::Remark;
use crate::lab::lessons::set_cookie::{
    self, ATTRIBUTES, Kept, NAME, Piece, PieceQuestion, QUESTIONS, judge, line, verdict,
};
use crate::web::http::problem::Problem;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;

/// The verdict after the first step.
const SET: &str = "The server sent the line that step 2 shows, and your browser now has the cookie. Five questions are \
                   left: which piece of the line has which effect?";

/// The verdict on the same step a second time, and what it adds as long as the lesson is not solved.
const SET_AGAIN: &str = "Your browser now has the same cookie with another value.";
const LEFT: &str = "What is left is step 3: which piece of the line has which effect?";

pub(super) struct Page;

#[async_trait(?Send)]
impl LessonPage for Page {
    fn forms_carry_work(&self) -> bool {
        true
    }

    fn judging_steps(&self) -> &'static [&'static str] {
        &["check"]
    }

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
    kept: Kept,
}

/// The cookie that this page, or the one before it, set.
struct Sent {
    value: String,
    is_new: bool,
}

impl SetCookiePage<'_> {
    fn is_chosen(&self, question: &PieceQuestion, piece: &Piece) -> bool {
        chosen(self.visit, &self.kept, question.field) == Some(piece.value)
    }
}

/// What is chosen in a field. A page that was left and opened again has the right answers of the session.
fn chosen<'v>(visit: &'v LessonVisit<'_>, kept: &Kept, field: &str) -> Option<&'v str> {
    let is_opened = visit.form.get("value").is_none();
    visit.form.get(field).or_else(|| kept.chosen(field).filter(|_| is_opened))
}

/// Whether at least one piece of the line was chosen.
fn has_chosen(form: &Form) -> bool {
    QUESTIONS.iter().any(|question| form.get(question.field).is_some_and(|value| !value.is_empty()))
}

fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let of_session = Kept::parse(&visit.work());
    let step = visit.form.get("step");
    let kept = visit.form.get("value").or(Some(of_session.value.as_str()));
    let kept = kept.filter(|value| lesson_cookies::is_value(value));
    let (sent, remarks) = match (step, kept) {
        (Some("set"), _) => (Some(Sent { value: lesson_cookies::value(&visit.lab.random)?, is_new: true }), Vec::new()),
        (Some("check"), Some(value)) => {
            (Some(Sent { value: value.to_owned(), is_new: false }), judge(|field| visit.form.get(field)))
        }
        (None, Some(value)) => (Some(Sent { value: value.to_owned(), is_new: false }), Vec::new()),
        (Some("check") | None, None) => (None, Vec::new()),
        (Some(_), _) => return Err(Problem::bad_request("`step` cannot be taken: `set` or `check` is accepted.")),
    };
    let press = match (step, &sent) {
        (Some("set"), _) if visit.progress.is_solved => Some(PressResult::Note(SET_AGAIN.to_owned())),
        (Some("set"), _) if kept.is_some() => {
            Some(PressResult::Note(format!("You have done this step already. {SET_AGAIN} {LEFT}")))
        }
        (Some("set"), _) => Some(PressResult::Step(SET.to_owned())),
        (Some(_), Some(_)) => Some(verdict(&remarks).counted_if(has_chosen(&visit.form))),
        (Some(_), None) => {
            Some(PressResult::Missing("There is no cookie to judge. Press *Set the cookie* first.".to_owned()))
        }
        (None, _) => None,
    };
    let open = match sent {
        None => Open::Part("set"),
        Some(_) => set_cookie::open(&judge(|field| chosen(visit, &of_session, field))),
    };
    let is_pressed = press.is_some();
    let frame = visit.judged(press, open);
    let mut kept = of_session;
    if let Some(sent) = sent.as_ref().filter(|_| is_pressed) {
        kept.value.clone_from(&sent.value);
        kept = if remarks.is_empty() { kept } else { kept.with(&remarks) };
        // A session that is full keeps nothing. Then the form alone carries the work.
        drop(visit.keep_work(kept.to_string()));
    }
    let new_line = sent.as_ref().filter(|sent| sent.is_new).map(|sent| line(&sent.value));
    let came = lesson_cookies::came(visit.request, NAME);
    let mut response = render(&SetCookiePage { assets: &visit.lab.assets, frame, sent, came, remarks, visit, kept })?;
    if let Some(line) = new_line {
        lesson_cookies::set(&mut response, &line)?;
    }
    Ok(response)
}
