//! The teacher's board: pupils and lessons as a table, and the pages around it.

use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::Deserialize;

use super::board_actions::{BOARD, Done, see_other};
use super::{ClassPages, day};
use crate::lab::class::{
    Class, ClassChange, PredictionState, Pupil, PupilId, Standing, State, WayBack, numbered_names,
};
use crate::lab::lessons::{LESSONS, Lesson};
use crate::lab::teach::PATHS;
use crate::web::http::origins::{Origins, is_on_loopback};
use crate::web::http::problem::Problem;
use crate::web::session::class::{Classroom, not_the_teacher};
use crate::web::view::assets::Assets;
use crate::web::view::page::render;

/// A teacher who only looks counts as using the class after this time.
const USED_EVERY: TimeDelta = TimeDelta::hours(1);

/// How many pupils the table shows at once: more than a class has, and few enough for a page under 100 KB.
const MOST_ROWS: usize = 40;

/// What the board shows.
pub(super) struct Board {
    pub class: Option<Class>,
    pub rows: Vec<Row>,
    pub now: DateTime<Utc>,
    /// Which part of all pupils the rows are, and how many parts there are.
    part: usize,
    parts: usize,
    /// How many pupils the class has.
    size: usize,
}

/// A pupil, and how far they are in each lesson.
pub(super) struct Row {
    pub pupil: Pupil,
    /// The name, numbered if another pupil has it too.
    pub name: String,
    pub standings: Vec<(&'static Lesson, Standing)>,
}

impl Board {
    pub async fn of(room: &Classroom) -> Result<Self, Problem> {
        let now = room.now();
        let Some((class, pupils)) = room.store.pupils(now).await? else {
            return Ok(Self { class: None, rows: Vec::new(), now, part: 1, parts: 1, size: 0 });
        };
        let names = numbered_names(&pupils);
        let standings = |pupil: &Pupil| LESSONS.iter().map(|it| (it, Standing::of(pupil, it, now))).collect();
        let rows = pupils.into_iter().zip(names);
        let rows: Vec<_> = rows.map(|(pupil, name)| Row { standings: standings(&pupil), pupil, name }).collect();
        Ok(Self { class: Some(class), size: rows.len(), rows, now, part: 1, parts: 1 })
    }

    /// The part with this number, or the nearest that there is. The table of a large class has several.
    #[must_use]
    pub fn part(mut self, number: usize) -> Self {
        self.parts = self.rows.len().div_ceil(MOST_ROWS).max(1);
        self.part = number.clamp(1, self.parts);
        self.rows = self.rows.into_iter().skip((self.part - 1) * MOST_ROWS).take(MOST_ROWS).collect();
        self
    }

    /// What of the board is not in its table, in one text: the page loads again when it is another.
    pub fn settings(&self) -> String {
        let settings = |class: &Class| {
            let Class { code, solutions_held, codes_held, closed_lessons, joining_open, .. } = class;
            format!("{} {joining_open} {solutions_held} {codes_held} {closed_lessons}", code.as_str())
        };
        self.class.as_ref().map(settings).unwrap_or_default()
    }

    /// What the teacher is about to do. An id is one of a pupil in any part of the class.
    fn open(&self, name: &str) -> Option<Open> {
        if name == "choice" {
            return Some(Open::Choice);
        }
        let row = self.rows.iter().find(|row| row.pupil.id.as_str() == name)?;
        Some(Open::Pupil(Chosen { id: row.pupil.id.as_str().to_owned(), name: row.name.clone() }))
    }

    fn is_closed(&self, lesson: &Lesson) -> bool {
        self.class.as_ref().is_some_and(|class| !class.is_lesson_open(lesson.key))
    }

    /// The lessons that have a column: those that are open, and those that somebody began.
    fn columns(&self) -> Vec<&'static Lesson> {
        let begun = |lesson: &Lesson| self.rows.iter().any(|row| row.pupil.record.times.contains_key(lesson.key));
        let is_open = |lesson: &Lesson| self.class.as_ref().is_some_and(|class| class.is_lesson_open(lesson.key));
        LESSONS.iter().filter(|lesson| is_open(lesson) || begun(lesson)).collect()
    }
}

/// What the teacher is about to do on the board. The page then does not load again by itself.
enum Open {
    /// Something for this pupil.
    Pupil(Chosen),
    /// Something that is not chosen yet.
    Choice,
}

/// A pupil, with the name as the board says it.
struct Chosen {
    id: String,
    name: String,
}

impl Row {
    fn solved(&self) -> usize {
        self.standings.iter().filter(|(_, standing)| standing.state == State::Solved).count()
    }

    fn cell(&self, lesson: &Lesson) -> Option<Cell> {
        self.standings.iter().find(|(own, _)| own.key == lesson.key).map(|(_, standing)| Cell::of(standing))
    }
}

/// How the table shows a standing. The style sheet puts a sign before the word.
struct Cell {
    class: &'static str,
    word: &'static str,
    details: String,
}

impl Cell {
    fn of(standing: &Standing) -> Self {
        let (class, word) = match standing.state {
            State::Solved => ("passed", "solved"),
            State::Open if standing.stuck => ("stuck", "stuck"),
            State::Open => ("begun", "open"),
            State::NotBegun => ("not-begun", "not begun"),
        };
        let prediction = match standing.prediction {
            PredictionState::None => None,
            PredictionState::Right => Some("predicted right".to_owned()),
            PredictionState::Wrong => Some("predicted wrong".to_owned()),
            PredictionState::Skipped => Some("prediction skipped".to_owned()),
        };
        let tries = counted(standing.tries, "wrong try", "wrong tries");
        let details = [tries, counted(standing.hints, "hint", "hints"), prediction];
        Self { class, word, details: details.into_iter().flatten().collect::<Vec<_>>().join(", ") }
    }
}

fn counted(count: u8, one: &str, more: &str) -> Option<String> {
    match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{count} {more}")),
    }
}

#[derive(Template)]
#[template(path = "class/board.html")]
struct BoardPage<'a> {
    assets: &'a Assets,
    /// Where pupils reach this server, and whether only this computer does.
    origin: String,
    is_on_loopback: bool,
    board: &'a Board,
    open: Option<Open>,
    /// What the last press did.
    done: Option<&'static str>,
}

/// The address and the code of the class, and no names, for the projector.
#[derive(Template)]
#[template(path = "class/code.html")]
struct CodePage<'a> {
    assets: &'a Assets,
    origin: String,
    is_on_loopback: bool,
    board: &'a Board,
}

impl BoardPage<'_> {
    fn is_chosen(&self, row: &Row) -> bool {
        matches!(&self.open, Some(Open::Pupil(chosen)) if chosen.id == row.pupil.id.as_str())
    }

    fn day(time: DateTime<Utc>) -> String {
        day(time)
    }
}

/// The code with which one pupil comes back. It is not on the board, which the room may see.
#[derive(Template)]
#[template(path = "class/back.html")]
struct BackPage<'a> {
    assets: &'a Assets,
    origin: String,
    is_on_loopback: bool,
    chosen: &'a Chosen,
    /// `None` once the code was used or has expired.
    way: Option<WayBack>,
    now: DateTime<Utc>,
}

impl BackPage<'_> {
    /// For how many minutes the code works, rounded up.
    fn minutes(&self, way: &WayBack) -> i64 {
        ((way.until - self.now).num_seconds() + 59) / 60
    }
}

/// The table alone, as it is sent live.
#[derive(Template)]
#[template(path = "class/_table.html")]
struct BoardTable<'a> {
    board: &'a Board,
}

/// The table's HTML.
pub(super) fn table(board: &Board) -> Result<String, Problem> {
    BoardTable { board }.render().map_err(|error| Problem::internal(&error))
}

/// The query of the board's address.
#[derive(Deserialize)]
pub(in crate::web) struct BoardQuery {
    /// Only in the teacher's link.
    key: Option<String>,
    /// Which part of a large class is shown.
    #[serde(default = "first_part")]
    pub part: usize,
    /// What the teacher is about to do: a pupil's id, or `choice`.
    open: Option<String>,
    /// `code` for the projector, `back` for the code with which the open pupil comes back.
    view: Option<String>,
    /// What a press did.
    done: Option<String>,
}

const fn first_part() -> usize {
    1
}

/// `GET /class/board`. The teacher's link has the key: it opens a class if there is none, and leads to the address
/// without the key.
pub(in crate::web) async fn page(
    request: HttpRequest,
    query: Query<BoardQuery>,
    pages: ClassPages,
    origins: Data<Origins>,
) -> Result<HttpResponse, Problem> {
    let room = pages.mode.needed()?;
    if let Some(key) = &query.key {
        return open_link(room, key).await;
    }
    if !pages.mode.is_teacher(&request) {
        return Err(not_the_teacher());
    }
    let board = Board::of(room).await?;
    let open = query.open.as_deref().and_then(|name| board.open(name));
    let board = board.part(query.part);
    note_use(room, &board).await?;
    let (assets, board, origin) = (&pages.assets, &board, origins.for_others(request.head()));
    let is_on_loopback = is_on_loopback(request.head()) && origin == origins.reached_at(request.head());
    match (query.view.as_deref(), &open) {
        (Some("code"), _) => return render(&CodePage { assets, origin, is_on_loopback, board }),
        (Some("back"), Some(Open::Pupil(chosen))) => {
            let id = PupilId::parse(&chosen.id).ok_or_else(Problem::not_found)?;
            let way = room.store.pupil(&id, board.now).await?.and_then(|(_, pupil)| pupil.way_back);
            let way = way.filter(|way| way.until > board.now);
            return render(&BackPage { assets, origin, is_on_loopback, chosen, way, now: board.now });
        }
        _ => {}
    }
    let done = query.done.as_deref().and_then(Done::named).map(Done::says);
    render(&BoardPage { assets, origin, is_on_loopback, board, open, done })
}

async fn open_link(room: &Classroom, key: &str) -> Result<HttpResponse, Problem> {
    let cookie = room.teacher_cookie(key).ok_or_else(not_the_teacher)?;
    room.start().await?;
    let mut response = see_other(BOARD.to_owned());
    response.add_cookie(&cookie).map_err(|error| Problem::internal(&error))?;
    Ok(response)
}

async fn note_use(room: &Classroom, board: &Board) -> Result<(), Problem> {
    match &board.class {
        Some(class) if board.now - class.used_at >= USED_EVERY => room.change(&ClassChange::Use).await,
        _ => Ok(()),
    }
}

/// RFC 3339 in UTC.
pub(super) fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

pub(super) fn moment(seconds: i64) -> Option<String> {
    DateTime::from_timestamp(seconds, 0).map(time)
}
