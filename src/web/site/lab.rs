//! The lab's pages: the index, and below it the lessons, the gallery of attacks, the bench, and what teachers need.

pub(in crate::web) mod attacks;
pub(in crate::web) mod bench;
mod endpoints;
pub(in crate::web) mod lessons;
mod session_token;
pub(in crate::web) mod teach;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use crate::clock::Clock;
use crate::keys::CurrentKeys;
use crate::lab::attacks::Attack;
use crate::lab::glossary::{GLOSSARY, Glossary};
use crate::lab::lessons::{LESSONS, Lesson, PARTS, Part};
use crate::lab::progress::Progress;
use crate::random::Random;
use crate::store::Store;
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
    lacks_second_site: bool,
}

impl IndexPage<'_> {
    fn is_unsolvable_here(&self, lesson: &Lesson) -> bool {
        self.lacks_second_site && lesson.is_unsolvable_on_one_site()
    }
}

/// `GET /lab`: the lessons, the attacks, and how far this visitor came.
pub(in crate::web) async fn index(
    request: HttpRequest,
    assets: Data<Assets>,
    origins: Data<Origins>,
    learner: Learner,
) -> Result<HttpResponse, Problem> {
    let lacks_second_site = origins.has_no_second_site(request.head());
    let open: Vec<_> = LESSONS.iter().filter(|lesson| !learner.is_closed(lesson)).collect();
    let counts = Counts::of(learner.progress.clone(), &open, lacks_second_site);
    let unsolved = counts.counted.iter().find(|lesson| !counts.has_solved(lesson)).copied();
    let next = unsolved.or(open.first().copied()).or(LESSONS.first()).ok_or_else(Problem::not_found)?;
    render(&IndexPage { assets: &assets, learner: &learner, parts: &PARTS, counts, next, lacks_second_site })
}

/// How far a visitor came: lessons solved, and kinds of attack that were tried.
struct Counts {
    progress: Progress,
    /// The open lessons that can be solved here or were solved.
    counted: Vec<&'static Lesson>,
    /// How many of them are solved.
    lessons: usize,
    /// What the lessons are called that count, as in "of the 7 open lessons"; `None` if all count.
    kind: Option<&'static str>,
    attacks: usize,
}

impl Counts {
    fn of(progress: Progress, open: &[&'static Lesson], lacks_second_site: bool) -> Self {
        let counted = counted_lessons(open, &progress, lacks_second_site);
        Self {
            lessons: counted.iter().filter(|lesson| progress.has_solved(lesson.key)).count(),
            kind: kind_of_counted(counted.len(), open.len()),
            counted,
            attacks: Attack::count_rows(|attack| progress.has_tried(attack.key)),
            progress,
        }
    }

    fn is_some(&self) -> bool {
        self.attacks > 0 || LESSONS.iter().any(|lesson| self.has_solved(lesson))
    }

    /// How many of which lessons are solved, as in "5 of the 7 open lessons".
    fn says(&self) -> String {
        let (solved, all) = (self.lessons, self.counted.len());
        match self.kind {
            Some(kind) => format!("{solved} of the {all} {kind}"),
            None => format!("{solved} of {all} (Start here and {} lessons)", Lesson::numbered()),
        }
    }

    fn has_solved(&self, lesson: &Lesson) -> bool {
        self.progress.has_solved(lesson.key)
    }

    fn of_attacks() -> usize {
        Attack::rows()
    }
}

/// Those of the open lessons that count: one that cannot be solved on this server does not, unless it was solved.
pub(in crate::web) fn counted_lessons(
    open: &[&'static Lesson],
    progress: &Progress,
    lacks_second_site: bool,
) -> Vec<&'static Lesson> {
    let counts = |lesson: &&&'static Lesson| {
        !(lacks_second_site && lesson.is_unsolvable_on_one_site()) || progress.has_solved(lesson.key)
    };
    open.iter().filter(counts).copied().collect()
}

/// What the lessons are called that count, if that are not all.
pub(in crate::web) fn kind_of_counted(counted: usize, open: usize) -> Option<&'static str> {
    match (counted == open, open == LESSONS.len()) {
        (true, true) => None,
        (false, true) => Some("lessons that work on this server"),
        (false, false) => Some("open lessons that work on this server"),
        (true, false) if open == 1 => Some("open lesson"),
        (true, false) => Some("open lessons"),
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
