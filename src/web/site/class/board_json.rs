//! The board for programs.

use actix_web::HttpResponse;
use serde::{Serialize, Serializer};

use super::ClassPages;
use super::board::{Board, moment, time};
use super::board_view::BoardQuery;
use super::row::Row;
use crate::lab::class::Standing;
use crate::lab::lessons::{LESSONS, Lesson};
use crate::web::http::problem::Problem;
use crate::web::session::class::Teacher;

/// Its shape is one that programs rely on.
#[derive(Serialize)]
struct BoardJson<'a> {
    /// `null` while no class is open.
    code: Option<&'a str>,
    until: Option<String>,
    joining_open: bool,
    solutions_held: bool,
    codes_held: bool,
    lessons: Vec<LessonJson>,
    pupils: Vec<PupilJson<'a>>,
}

#[derive(Serialize)]
struct LessonJson {
    slug: &'static str,
    title: &'static str,
    minutes: u8,
    open: bool,
    solution_held: bool,
}

#[derive(Serialize)]
struct PupilJson<'a> {
    id: &'a str,
    name: &'a str,
    joined_at: String,
    seen_at: String,
    /// How often they deleted their own progress.
    began_again: i64,
    #[serde(serialize_with = "by_slug")]
    lessons: &'a [(&'static Lesson, Standing)],
}

#[derive(Serialize)]
struct StandingJson<'a> {
    #[serde(flatten)]
    standing: &'a Standing,
    solved_at: Option<String>,
}

fn by_slug<S: Serializer>(standings: &[(&'static Lesson, Standing)], serializer: S) -> Result<S::Ok, S::Error> {
    let entry = |standing| StandingJson { standing, solved_at: standing.solved_at.and_then(moment) };
    serializer.collect_map(standings.iter().map(|(lesson, standing)| (lesson.slug, entry(standing))))
}

/// `GET /class/board.json`.
pub(in crate::web) async fn json(_: Teacher, pages: ClassPages) -> Result<HttpResponse, Problem> {
    let board = Board::of(pages.mode.needed()?, BoardQuery::default().board_view()).await?;
    let class = board.class.as_ref();
    let lesson = |lesson: &'static Lesson| LessonJson {
        slug: lesson.slug,
        title: lesson.title,
        minutes: lesson.minutes,
        open: class.is_none_or(|class| class.is_lesson_open(lesson.key)),
        solution_held: class.is_some_and(|class| class.is_solution_held(lesson.key)),
    };
    let pupil = |row| {
        let Row { pupil, standings, .. }: &Row = row;
        let (id, name) = (pupil.id.as_str(), pupil.name.as_str());
        let (joined_at, seen_at) = (time(pupil.joined_at), time(pupil.seen_at));
        PupilJson { id, name, joined_at, seen_at, began_again: pupil.restarts, lessons: standings }
    };
    Ok(HttpResponse::Ok().json(BoardJson {
        code: class.map(|class| class.code.as_str()),
        until: class.map(|class| time(class.until())),
        joining_open: class.is_some_and(|class| class.joining_open),
        solutions_held: class.is_some_and(|class| class.solutions_held),
        codes_held: class.is_some_and(|class| class.codes_held),
        lessons: LESSONS.iter().map(lesson).collect(),
        pupils: board.rows.iter().map(pupil).collect(),
    }))
}
