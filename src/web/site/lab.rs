//! The lab's pages: the index, and below it the lessons, the gallery of attacks, the bench, and what teachers need.

pub(in crate::web) mod attacks;
pub(in crate::web) mod bench;
mod endpoints;
pub(in crate::web) mod lessons;
mod session_token;
pub(in crate::web) mod teach;

use actix_web::HttpResponse;
use actix_web::web::Data;
use askama::Template;

use crate::clock::Clock;
use crate::keys::CurrentKeys;
use crate::lab::attacks::Attack;
use crate::lab::glossary::{GLOSSARY, Glossary};
use crate::lab::lessons::{LESSONS, Lesson, PARTS, Part};
use crate::lab::progress::Progress;
use crate::random::Random;
use crate::store::Store;
use crate::texts::wording::counted;
use crate::web::http::client_work::ClientWork;
use crate::web::http::extractor::extractor;
use crate::web::http::origins::{Origins, RequestIssuer};
use crate::web::http::problem::Problem;
use crate::web::http::redirect::see_other;
use crate::web::metrics::Metrics;
use crate::web::session::class::Learner;
use crate::web::session::{LabNotes, Sessions, Visitor};
use crate::web::view::assets::Assets;
use crate::web::view::page::render;
pub(in crate::web) use endpoints::ENDPOINTS;

extractor! {
    /// What the pages of attacks, lessons and the bench need.
    pub(in crate::web) struct Lab {
        assets: Data<Assets>,
        clock: Data<dyn Clock>,
        issuer: RequestIssuer,
        keys: Data<CurrentKeys>,
        metrics: Data<Metrics>,
        origins: Data<Origins>,
        random: Data<Random>,
        sessions: Data<Sessions>,
        store: Data<dyn Store>,
        work: ClientWork,
    }
}

#[derive(Template)]
#[template(path = "lab/index.html")]
struct IndexPage<'a> {
    assets: &'a Assets,
    learner: &'a Learner,
    parts: &'static [Part],
    counts: Counts,
    next: &'static Lesson,
}

/// `GET /lab`: the lessons, the attacks, and how far this visitor came.
pub(in crate::web) async fn index(assets: Data<Assets>, learner: Learner) -> Result<HttpResponse, Problem> {
    let open = || LESSONS.iter().filter(|lesson| !learner.is_closed(lesson));
    let counts = Counts::of(learner.progress.clone(), open());
    let unsolved = open().find(|lesson| !counts.has_solved(lesson));
    let next = unsolved.or(open().next()).or(LESSONS.first()).ok_or_else(Problem::not_found)?;
    render(&IndexPage { assets: &assets, learner: &learner, parts: &PARTS, counts, next })
}

/// How far a visitor came: lessons solved, and kinds of attack that were tried.
struct Counts {
    progress: Progress,
    /// Of those that are open.
    lessons: usize,
    open: usize,
    attacks: usize,
}

impl Counts {
    fn of(progress: Progress, open: impl Iterator<Item = &'static Lesson> + Clone) -> Self {
        Self {
            lessons: open.clone().filter(|lesson| progress.has_solved(lesson.key)).count(),
            open: open.count(),
            attacks: Attack::count_rows(|attack| progress.has_tried(attack.key)),
            progress,
        }
    }

    fn is_some(&self) -> bool {
        self.attacks > 0 || LESSONS.iter().any(|lesson| self.has_solved(lesson))
    }

    /// How many of which lessons are solved, as in "5 of the 7 open lessons".
    fn says(&self) -> String {
        let (solved, open) = (self.lessons, self.open);
        if open < LESSONS.len() {
            return format!("{solved} of the {}", counted(open, "open lesson"));
        }
        format!("{solved} of {open} (Start here and {} lessons)", Lesson::numbered())
    }

    fn has_solved(&self, lesson: &Lesson) -> bool {
        self.progress.has_solved(lesson.key)
    }

    fn of_attacks() -> usize {
        Attack::rows()
    }
}

#[derive(Template)]
#[template(path = "lab/glossary.html")]
struct GlossaryPage<'a> {
    assets: &'a Assets,
    glossary: &'static Glossary,
}

/// `GET /lab/glossary`: every term of the lab.
pub(in crate::web) async fn glossary(assets: Data<Assets>) -> Result<HttpResponse, Problem> {
    render(&GlossaryPage { assets: &assets, glossary: &GLOSSARY })
}

/// `POST /lab/reset`: deletes this visitor's progress, and nothing else in the session.
pub(in crate::web) async fn reset(
    mut visitor: Visitor,
    learner: Learner,
    clock: Data<dyn Clock>,
) -> Result<HttpResponse, Problem> {
    visitor.note(LabNotes::default(), clock.now())?;
    let mut response = see_other("/lab");
    learner.reset(&mut response).await?;
    Ok(response)
}
