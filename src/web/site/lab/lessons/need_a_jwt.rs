//! Is a JWT needed here at all: five cases with a choice each.

use actix_web::HttpResponse;
use askama::Template;
use async_trait::async_trait;

use super::{Form, Frame, LessonPage, LessonVisit};
use crate::lab::lessons::need_a_jwt::{CASES, Carrier, Case, Reply};
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
#[template(path = "lab/lessons/need-a-jwt/page.html")]
struct NeedPage<'a> {
    assets: &'a Assets,
    frame: Frame,
    answers: Vec<Answer>,
}

/// A case and what was chosen for it.
struct Answer {
    case: &'static Case,
    chosen: Option<Carrier>,
}

fn page(visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem> {
    let answers = Answer::all(&visit.form)?;
    let is_solved = answers.iter().all(|answer| answer.reply().is_some_and(Reply::is_right));
    let frame = visit.frame(is_solved)?;
    render(&NeedPage { assets: &visit.lab.assets, frame, answers })
}

impl Answer {
    fn all(form: &Form) -> Result<Vec<Self>, Problem> {
        CASES.iter().map(|case| Self::of(case, form.get(case.name))).collect()
    }

    fn of(case: &'static Case, value: Option<&str>) -> Result<Self, Problem> {
        let chosen = value.map(|name| {
            let known = Carrier::parse(name);
            known.ok_or_else(|| Problem::bad_request(format!("`{}` is session, jwt or opaque.", case.name)))
        });
        Ok(Self { case, chosen: chosen.transpose()? })
    }

    fn reply(&self) -> Option<Reply> {
        self.chosen.map(|carrier| self.case.reply(carrier))
    }

    fn is_chosen(&self, carrier: Carrier) -> bool {
        self.chosen == Some(carrier)
    }
}

impl NeedPage<'_> {
    fn right(&self) -> usize {
        self.answers.iter().filter(|answer| answer.reply().is_some_and(Reply::is_right)).count()
    }
}
