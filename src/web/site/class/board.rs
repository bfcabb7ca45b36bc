//! The teacher's board: pupils and lessons as a table, and the pages around it.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use super::board_view::{BoardQuery, BoardView, Sort};
use super::done::{Notice, Section, lesson_row, pupil_row};
use super::row::{Cell, Row};
use super::summary::{Summary, Sums};
use super::{ClassPages, day};
use crate::lab::class::{Class, ClassChange, PupilId, PupilName, Record, WayBack, look_of, shown_names};
use crate::lab::lessons::{LESSONS, Lesson, WithoutSecondSite};
use crate::lab::teach::PATHS;
use crate::web::http::origins::{Origins, is_on_loopback};
use crate::web::http::problem::Problem;
use crate::web::http::redirect::see_other;
use crate::web::session::class::{Classroom, not_the_teacher};
use crate::web::view::assets::Assets;
use crate::web::view::page::{render, render_with};
use crate::web::view::qr_code::QrCode;

/// A teacher who only looks counts as using the class after this time.
const USED_EVERY: TimeDelta = TimeDelta::hours(1);

/// The most columns whose titles fit above them.
const MOST_TITLES: usize = 9;

/// How many pupils the table shows at once: more than a class has.
const MOST_ROWS: usize = 40;

/// How many cells it shows at once, so that the page stays under 100 KB: those of 30 pupils, if all lessons are open.
const MOST_CELLS: usize = 750;

/// What the board shows.
pub(super) struct Board {
    pub class: Option<Class>,
    /// All pupils, in the order that the view asks for.
    pub rows: Vec<Row>,
    pub now: DateTime<Utc>,
    pub view: BoardView,
    /// Whether pupils have no second site, so that a lesson that cannot be solved without one does not count.
    lacks_second_site: bool,
    /// How many pupils a part of the table has, and how many parts there are.
    rows_of_part: usize,
    parts: usize,
}

impl Board {
    /// A part that there is not is the nearest one.
    pub async fn of(room: &Classroom, view: BoardView) -> Result<Self, Problem> {
        let now = room.now();
        let Some((class, pupils)) = room.store.pupils(now).await? else {
            return Ok(Self::new(None, Vec::new(), now, view));
        };
        let names = shown_names(&pupils);
        let rows = pupils.into_iter().zip(names);
        let mut rows: Vec<_> = rows.map(|(pupil, name)| Row::new(pupil, name, &class, now)).collect();
        match view.sort {
            Sort::Joined => {}
            Sort::Name => rows.sort_by_cached_key(|row| look_of(&row.name)),
            Sort::Stuck => rows.sort_by_key(|row| row.stuck_in.is_none()),
        }
        Ok(Self::new(Some(class), rows, now, view))
    }

    fn new(class: Option<Class>, rows: Vec<Row>, now: DateTime<Utc>, view: BoardView) -> Self {
        let whole = Self { class, rows, now, view, lacks_second_site: false, rows_of_part: MOST_ROWS, parts: 1 };
        let rows_of_part = MOST_ROWS.min(MOST_CELLS / whole.columns().len().max(1));
        let parts = whole.rows.len().div_ceil(rows_of_part).max(1);
        Self { view: view.at_part(view.part.clamp(1, parts)), rows_of_part, parts, ..whole }
    }

    pub const fn for_pupils_without_second_site(mut self, lacks_second_site: bool) -> Self {
        self.lacks_second_site = lacks_second_site;
        self
    }

    /// The board at the part in which this pupil is now: a press may have changed the order.
    fn at_pupil(mut self, id: &str) -> Self {
        if let Some(place) = self.place_of(id) {
            self.view = self.view.at_part(place / self.rows_of_part + 1);
        }
        self
    }

    fn place_of(&self, id: &str) -> Option<usize> {
        self.rows.iter().position(|row| row.pupil.id.as_str() == id)
    }

    /// The name of the pupil with this id, as the board says it.
    pub fn name_of(&self, id: &str) -> Option<&str> {
        self.place_of(id).map(|place| self.rows[place].name.as_str())
    }

    /// The pupils of any part who have done nothing yet: no lesson was opened, and no attack tried.
    pub fn idle(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.pupil.record == Record::default() && row.pupil.restarts == 0)
    }

    /// The row below this pupil's in the same part, or else the one above: there the page is once the pupil is removed.
    pub fn row_beside(&self, id: &PupilId) -> Option<String> {
        let shown: Vec<_> = self.shown().map(|row| &row.pupil.id).collect();
        let place = shown.iter().position(|shown| *shown == id)?;
        let beside = shown.get(place + 1).or_else(|| shown.get(place.checked_sub(1)?))?;
        Some(pupil_row(beside))
    }

    /// The pupils of this part.
    fn shown(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().skip((self.view.part - 1) * self.rows_of_part).take(self.rows_of_part)
    }

    /// The address of the board that shows the same, with `more` in its query.
    fn address(&self, more: &str) -> String {
        self.view.address(more)
    }

    /// The address of the board on which this pupil is chosen.
    fn choosing(&self, row: &Row) -> String {
        let more = format!("open={}", row.pupil.id.as_str());
        format!("{}#chosen", self.view.on_the_board().address(&more))
    }

    /// To the parts of a large class.
    fn part_links(&self) -> Vec<Link> {
        let link = |part: usize| Link::to(self.view.at_part(part), part.to_string(), part == self.view.part);
        (1..=self.parts).map(link).collect()
    }

    /// To the other orders of the pupils.
    fn sort_links(&self) -> Vec<Link> {
        let link = |sort: Sort| Link::to(self.view.sorted(sort), sort.says().to_owned(), sort == self.view.sort);
        Sort::ALL.into_iter().map(link).collect()
    }

    fn summary(&self) -> Summary<'_> {
        Summary::of(&self.rows)
    }

    fn sums(&self, lesson: &Lesson) -> Sums {
        Sums::of(lesson, &self.rows)
    }

    fn cell(&self, row: &Row, lesson: &Lesson) -> Option<Cell> {
        row.cell(lesson, self.now)
    }

    fn away(&self, row: &Row) -> Option<String> {
        row.away(self.now)
    }

    /// How many of the lessons that count a pupil has solved.
    fn solved(&self, row: &Row) -> usize {
        row.solved(|lesson| self.counts(lesson))
    }

    /// How many lessons count.
    fn counted_lessons(&self) -> usize {
        LESSONS.iter().filter(|lesson| self.counts(lesson)).count()
    }

    fn open_lessons(&self) -> usize {
        LESSONS.iter().filter(|lesson| !self.is_closed(lesson)).count()
    }

    fn counts(&self, lesson: &Lesson) -> bool {
        !(self.is_closed(lesson) || self.lacks_second_site && lesson.is_unsolvable_on_one_site())
    }

    /// Whether the columns are so many that their titles have room only below the table.
    fn is_wide(&self) -> bool {
        self.columns().len() > MOST_TITLES
    }

    /// What of the board is not in its table, in one text: the page loads again when it is another.
    pub fn settings(&self) -> String {
        let settings = |class: &Class| {
            let Class { code, solutions_held, solution_exceptions, codes_held, closed_lessons, joining_open, .. } =
                class;
            let code = code.as_str();
            format!("{code} {joining_open} {solutions_held} {codes_held} {closed_lessons} / {solution_exceptions}")
        };
        self.class.as_ref().map(settings).unwrap_or_default()
    }

    /// What the teacher is about to do. An id is one of a pupil in any part of the class.
    fn open(&self, name: &str) -> Option<Open> {
        if name == "choice" {
            return Some(Open::Choice);
        }
        let row = self.rows.iter().find(|row| row.pupil.id.as_str() == name)?;
        let (id, own_name) = (row.pupil.id.as_str().to_owned(), row.pupil.name.as_str().to_owned());
        Some(Open::Pupil(Chosen { id, name: row.name.clone(), own_name }))
    }

    pub fn is_closed(&self, lesson: &Lesson) -> bool {
        self.class.as_ref().is_some_and(|class| !class.is_lesson_open(lesson.key))
    }

    /// The lessons that have a column: those that are open, and on the board those that somebody began.
    fn columns(&self) -> Vec<&'static Lesson> {
        let begun = |lesson: &Lesson| self.rows.iter().any(|row| row.pupil.record.times.contains_key(lesson.key));
        let is_shown = |lesson: &Lesson| !self.is_closed(lesson) || (!self.view.is_for_projector && begun(lesson));
        LESSONS.iter().filter(|lesson| is_shown(lesson)).collect()
    }
}

/// A link to the board in another view.
struct Link {
    address: String,
    says: String,
    /// Whether this is how the board is shown now.
    is_here: bool,
}

impl Link {
    fn to(view: BoardView, says: String, is_here: bool) -> Self {
        Self { address: view.address(""), says, is_here }
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
    /// Without its number.
    own_name: String,
}

#[derive(Template)]
#[template(path = "class/board.html")]
struct BoardPage<'a> {
    assets: &'a Assets,
    /// Where pupils reach this server, and whether only this computer does.
    origin: String,
    is_on_loopback: bool,
    /// Whether the lessons that need two sites are without the second.
    lacks_second_site: bool,
    board: &'a Board,
    open: Option<Open>,
    /// What the last press did.
    notice: Option<Notice>,
    renaming: Option<&'a Renaming>,
}

/// A new name for the pupil who is chosen that is not accepted.
pub(super) struct Renaming {
    pub typed: String,
    pub fault: String,
}

/// The board without what only the teacher is to see or press, in large type.
#[derive(Template)]
#[template(path = "class/projector.html")]
struct ProjectorPage<'a> {
    assets: &'a Assets,
    origin: String,
    is_on_loopback: bool,
    board: &'a Board,
}

/// The address and the code of the class, and no names, for the projector.
#[derive(Template)]
#[template(path = "class/code.html")]
struct CodePage<'a> {
    assets: &'a Assets,
    /// Where pupils join.
    address: String,
    /// `None` for an address that is too long for one.
    qr: Option<QrCode>,
    is_on_loopback: bool,
    board: &'a Board,
}

impl CodePage<'_> {
    /// The class of the style sheet with which the address is as large as a line has room for.
    fn size(&self) -> &'static str {
        match self.address.chars().count() {
            ..=22 => "chars-22",
            23..=28 => "chars-28",
            29..=36 => "chars-36",
            37..=48 => "chars-48",
            _ => "chars-64",
        }
    }
}

impl BoardPage<'_> {
    /// Whom *Reset* and *Remove* are about.
    fn whom(&self) -> &str {
        match &self.open {
            Some(Open::Pupil(chosen)) => &chosen.name,
            Some(Open::Choice) | None => "the pupil chosen above",
        }
    }

    /// What the last press did, if it belongs to this section of the page.
    fn done_in(&self, section: Section) -> Option<&Notice> {
        self.notice.as_ref().filter(|notice| notice.section == section)
    }

    /// What a form sends along, so that the board looks the same afterwards.
    fn kept(&self) -> String {
        self.board.view.query("")
    }

    fn day(time: DateTime<Utc>) -> String {
        day(time)
    }

    fn row_of(lesson: &Lesson) -> String {
        lesson_row(lesson)
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

/// The table and what stands above it, as they are sent live.
#[derive(Template)]
#[template(path = "class/_table.html")]
struct BoardTable<'a> {
    board: &'a Board,
}

/// The same for the projector.
#[derive(Template)]
#[template(path = "class/_projector-table.html")]
struct ProjectorTable<'a> {
    board: &'a Board,
}

/// The HTML of what is sent live.
pub(super) fn table(board: &Board) -> Result<String, Problem> {
    let rendered =
        if board.view.is_for_projector { ProjectorTable { board }.render() } else { BoardTable { board }.render() };
    rendered.map_err(|error| Problem::internal(&error))
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
    show(&request, &query, &pages, &origins, None).await
}

/// The board, with what is wrong with a new name for the pupil who is open.
pub(super) async fn show(
    request: &HttpRequest,
    query: &BoardQuery,
    pages: &ClassPages,
    origins: &Origins,
    renaming: Option<&Renaming>,
) -> Result<HttpResponse, Problem> {
    let room = pages.mode.needed()?;
    let lacks_second_site = origins.lack_second_site(request.head());
    let board = Board::of(room, query.checked()?.board_view()).await?;
    let board = board.for_pupils_without_second_site(lacks_second_site);
    let board = &query.pupil.iter().fold(board, |board, id| board.at_pupil(id));
    note_use(room, board).await?;
    let open = query.open.as_deref().and_then(|name| board.open(name));
    let (assets, origin) = (&pages.assets, origins.for_others(request.head()));
    let is_on_loopback = is_on_loopback(request.head()) && origin == origins.reached_at(request.head());
    match (query.view.as_deref(), &open) {
        (Some("projector"), _) => return render(&ProjectorPage { assets, origin, is_on_loopback, board }),
        (Some("code"), _) => {
            let address = format!("{origin}/class");
            let qr = QrCode::of(&address);
            return render(&CodePage { assets, address, qr, is_on_loopback, board });
        }
        (Some("back"), Some(Open::Pupil(chosen))) => {
            let id = PupilId::parse(&chosen.id).ok_or_else(Problem::not_found)?;
            let way = room.store.pupil(&id, board.now).await?.and_then(|(_, pupil)| pupil.way_back);
            let way = way.filter(|way| way.until > board.now);
            return render(&BackPage { assets, origin, is_on_loopback, chosen, way, now: board.now });
        }
        _ => {}
    }
    let status = if renaming.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let removed = room.removed(request);
    let about = query.pupil.as_deref().map_or(removed.as_deref(), |id| board.name_of(id));
    let notice = Notice::of(query, about, board.class.is_some());
    let page = BoardPage { assets, origin, is_on_loopback, lacks_second_site, board, open, notice, renaming };
    render_with(status, &page)
}

async fn open_link(room: &Classroom, key: &str) -> Result<HttpResponse, Problem> {
    let cookie = room.teacher_cookie(key).ok_or_else(not_the_teacher)?;
    room.start().await?;
    let mut response = see_other("/class/board");
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::class::{PredictionState, Pupil, Standing, State};
    use crate::random::Random;

    /// A table in which every pupil solved every lesson after many tries and hints.
    fn worked_through(pupils: usize) -> String {
        let standing = Standing {
            state: State::Solved,
            stuck: false,
            tries: 12,
            hints: 3,
            prediction: PredictionState::Right,
            solved_at: Some(0),
        };
        let now = DateTime::UNIX_EPOCH;
        let class = Class::for_tests();
        let row = |number: usize| {
            let name = PupilName::parse(&format!("A rather long name {number}")).unwrap();
            let pupil = Pupil {
                id: PupilId::generate(&Random::system()).unwrap(),
                number: 0,
                joined_at: now,
                seen_at: now - AWAY_FOR_LONG,
                record: Record::default(),
                steps: 0,
                returns: 0,
                restarts: 12,
                way_back: None,
                name: name.clone(),
            };
            let standings = LESSONS.iter().map(|it| (it, standing)).collect();
            Row { standings, ..Row::new(pupil, name.as_str().to_owned(), &class, now) }
        };
        let view = BoardView { sort: Sort::Stuck, part: 1, is_for_projector: false };
        let rows = (1..=pupils).map(row).collect();
        table(&Board::new(Some(class), rows, now, view)).unwrap()
    }

    #[test]
    fn the_table_says_that_nobody_has_joined_only_of_a_class_that_is_open() {
        for is_for_projector in [false, true] {
            let view = BoardView { sort: Sort::Joined, part: 1, is_for_projector };
            let says = |class| table(&Board::new(class, Vec::new(), DateTime::UNIX_EPOCH, view)).unwrap();
            assert!(says(Some(Class::for_tests())).contains("Nobody has joined yet."));
            assert_eq!(says(None).trim(), "", "the page says that no class is open");
        }
    }

    const AWAY_FOR_LONG: TimeDelta = TimeDelta::minutes(47);

    #[test]
    fn the_table_of_thirty_pupils_who_worked_through_everything_leaves_room_for_its_page() {
        for pupils in [30, 31, 40, 41] {
            let table = worked_through(pupils);
            assert!(table.len() < 90_000, "{pupils}: {}", table.len());
        }
        assert_eq!(worked_through(30).matches("<i>solved, 12 wrong, 3 hints").count(), 30 * LESSONS.len());
    }
}
