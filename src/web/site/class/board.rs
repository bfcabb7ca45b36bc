//! The teacher's board: pupils and lessons as a table, as JSON and as CSV, and what the teacher can change.

use actix_web::http::header;
use actix_web::web::{Data, Form, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize, Serializer};

use super::{ClassPages, day};
use crate::lab::class::{
    Class, ClassChange, LessonKeys, PredictionState, Pupil, PupilId, Standing, State, WayBack, numbered_names,
};
use crate::lab::lessons::{LESSONS, Lesson};
use crate::lab::teach::{PATHS, Path};
use crate::web::http::origins::{Origins, is_on_loopback};
use crate::web::http::problem::Problem;
use crate::web::session::class::{Classroom, Teacher, not_the_teacher};
use crate::web::view::assets::Assets;
use crate::web::view::page::render;

const BOARD: &str = "/class/board";

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

/// What a press on the board did, as the address of the board says it afterwards.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Done {
    Started,
    Reset,
    Removed,
    Held,
    Released,
    Opened,
    Closed,
    Ended,
    JoiningOpened,
    JoiningClosed,
    NewCode,
    Path,
    AllOpened,
}

impl Done {
    const ALL: [Self; 13] = [
        Self::Started,
        Self::Reset,
        Self::Removed,
        Self::Held,
        Self::Released,
        Self::Opened,
        Self::Closed,
        Self::Ended,
        Self::JoiningOpened,
        Self::JoiningClosed,
        Self::NewCode,
        Self::Path,
        Self::AllOpened,
    ];

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|done| done.name() == name)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Reset => "reset",
            Self::Removed => "removed",
            Self::Held => "held",
            Self::Released => "released",
            Self::Opened => "opened",
            Self::Closed => "closed",
            Self::Ended => "ended",
            Self::JoiningOpened => "joining-opened",
            Self::JoiningClosed => "joining-closed",
            Self::NewCode => "new-code",
            Self::Path => "path",
            Self::AllOpened => "all-opened",
        }
    }

    const fn says(self) -> &'static str {
        match self {
            Self::Started => "The class is open. Pupils can join.",
            Self::Reset => "The progress was deleted.",
            Self::Removed => "The pupil was removed, and the progress was deleted.",
            Self::Held => "Held: pupils can no longer see it.",
            Self::Released => "Released: pupils can see it now.",
            Self::Opened => "The lesson is open.",
            Self::Closed => "The lesson is closed.",
            Self::Ended => "The class was ended, and everything about it was deleted.",
            Self::JoiningOpened => "Pupils can join.",
            Self::JoiningClosed => "Nobody can join now. Pupils who have joined stay.",
            Self::NewCode => "The class has a new code. Nobody can join with the old one. Pupils who have joined stay.",
            Self::Path => "Only the lessons of that path are open.",
            Self::AllOpened => "All lessons are open.",
        }
    }
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

/// The board for programs.
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
}

#[derive(Serialize)]
struct PupilJson<'a> {
    id: &'a str,
    name: &'a str,
    joined_at: String,
    seen_at: String,
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

/// RFC 3339 in UTC.
pub(super) fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

pub(super) fn moment(seconds: i64) -> Option<String> {
    DateTime::from_timestamp(seconds, 0).map(time)
}

/// `GET /class/board.json`.
pub(in crate::web) async fn json(_: Teacher, pages: ClassPages) -> Result<HttpResponse, Problem> {
    let board = Board::of(pages.mode.needed()?).await?;
    let class = board.class.as_ref();
    let lesson = |lesson: &'static Lesson| LessonJson {
        slug: lesson.slug,
        title: lesson.title,
        minutes: lesson.minutes,
        open: class.is_none_or(|class| class.is_lesson_open(lesson.key)),
    };
    let pupil = |row| {
        let Row { pupil, standings, .. }: &Row = row;
        let (id, name) = (pupil.id.as_str(), pupil.name.as_str());
        PupilJson { id, name, joined_at: time(pupil.joined_at), seen_at: time(pupil.seen_at), lessons: standings }
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

/// `POST /class/board/start`: opens a class after the last one has ended.
pub(in crate::web) async fn start(_: Teacher, pages: ClassPages) -> Result<HttpResponse, Problem> {
    pages.mode.needed()?.start().await?;
    Ok(after(Done::Started, "pupils"))
}

/// What *Reset* and *Remove* are about. Left out, it is everybody, and every lesson.
#[derive(Deserialize)]
pub(in crate::web) struct ChosenForm {
    pupil: Option<String>,
    lesson: Option<String>,
}

impl ChosenForm {
    fn pupil(&self) -> Result<Option<PupilId>, Problem> {
        let read = |id| PupilId::parse(id).ok_or_else(|| Problem::bad_request("`pupil` is no id of a pupil."));
        self.pupil.as_deref().map(read).transpose()
    }

    fn lesson(&self) -> Result<Option<&'static Lesson>, Problem> {
        self.lesson.as_deref().map(lesson).transpose()
    }
}

fn lesson(slug: &str) -> Result<&'static Lesson, Problem> {
    Lesson::find(slug).ok_or_else(|| Problem::bad_request("`lesson` is no lesson of this lab."))
}

/// `POST /class/board/reset`.
pub(in crate::web) async fn reset(
    _: Teacher,
    pages: ClassPages,
    chosen: Form<ChosenForm>,
) -> Result<HttpResponse, Problem> {
    let (pupil, lesson) = (chosen.pupil()?, chosen.lesson()?);
    pages.mode.needed()?.reset(pupil.as_ref(), lesson.map(|lesson| lesson.key)).await?;
    let section = if lesson.is_some() && pupil.is_none() { "lessons" } else { "pupils" };
    Ok(after(Done::Reset, section))
}

/// `POST /class/board/remove`.
pub(in crate::web) async fn remove(
    _: Teacher,
    pages: ClassPages,
    chosen: Form<ChosenForm>,
) -> Result<HttpResponse, Problem> {
    let pupil = chosen.pupil()?.ok_or_else(|| Problem::bad_request("`pupil` is missing: say who is removed."))?;
    pages.mode.needed()?.remove(&pupil).await?;
    Ok(after(Done::Removed, "pupils"))
}

#[derive(Deserialize)]
pub(in crate::web) struct Hold {
    what: String,
    held: String,
}

/// `POST /class/board/hold`.
pub(in crate::web) async fn hold(_: Teacher, pages: ClassPages, form: Form<Hold>) -> Result<HttpResponse, Problem> {
    let held = flag("held", &form.held)?;
    let change = match form.what.as_str() {
        "solutions" => ClassChange::HoldSolutions(held),
        "codes" => ClassChange::HoldCodes(held),
        _ => return Err(Problem::bad_request("`what` can be solutions or codes.")),
    };
    pages.mode.needed()?.change(&change).await?;
    Ok(after(if held { Done::Held } else { Done::Released }, "held"))
}

#[derive(Deserialize)]
pub(in crate::web) struct LessonForm {
    lesson: String,
    open: String,
}

/// `POST /class/board/lesson`.
pub(in crate::web) async fn open_lesson(
    _: Teacher,
    pages: ClassPages,
    form: Form<LessonForm>,
) -> Result<HttpResponse, Problem> {
    let is_open = flag("open", &form.open)?;
    let change = ClassChange::OpenLesson { key: lesson(&form.lesson)?.key, is_open };
    pages.mode.needed()?.change(&change).await?;
    Ok(after(if is_open { Done::Opened } else { Done::Closed }, "lessons"))
}

#[derive(Deserialize)]
pub(in crate::web) struct JoiningForm {
    open: String,
}

/// `POST /class/board/joining`: lets pupils join, or no longer.
pub(in crate::web) async fn joining(
    _: Teacher,
    pages: ClassPages,
    form: Form<JoiningForm>,
) -> Result<HttpResponse, Problem> {
    let is_open = flag("open", &form.open)?;
    pages.mode.needed()?.change(&ClassChange::OpenJoining(is_open)).await?;
    Ok(after(if is_open { Done::JoiningOpened } else { Done::JoiningClosed }, "main"))
}

/// `POST /class/board/code`: another code for those who join from now on.
pub(in crate::web) async fn new_code(_: Teacher, pages: ClassPages) -> Result<HttpResponse, Problem> {
    pages.mode.needed()?.renew_code().await?;
    Ok(after(Done::NewCode, "main"))
}

/// `POST /class/board/back`: makes a code with which a pupil comes back in another browser.
pub(in crate::web) async fn let_back_in(
    _: Teacher,
    pages: ClassPages,
    chosen: Form<ChosenForm>,
) -> Result<HttpResponse, Problem> {
    let pupil = chosen.pupil()?.ok_or_else(|| Problem::bad_request("`pupil` is missing: say who comes back."))?;
    if !pages.mode.needed()?.let_back_in(&pupil).await? {
        return Err(Problem::bad_request("No pupil of the class has this id."));
    }
    Ok(see_other(format!("{BOARD}?view=back&open={}", pupil.as_str())))
}

#[derive(Deserialize)]
pub(in crate::web) struct PathForm {
    path: String,
}

/// `POST /class/board/path`: opens the lessons of a path alone, or all lessons.
pub(in crate::web) async fn open_path(
    _: Teacher,
    pages: ClassPages,
    form: Form<PathForm>,
) -> Result<HttpResponse, Problem> {
    let (closed, done) = if form.path == "all" {
        (LessonKeys::default(), Done::AllOpened)
    } else {
        let path = Path::find(&form.path).ok_or_else(|| Problem::bad_request("`path` can be 45, 90, 180 or all."))?;
        let is_on_it = |lesson: &&Lesson| path.lessons().any(|on_it| on_it.key == lesson.key);
        (LESSONS.iter().filter(|lesson| !is_on_it(lesson)).map(|lesson| lesson.key).collect(), Done::Path)
    };
    pages.mode.needed()?.change(&ClassChange::CloseLessons(closed)).await?;
    Ok(after(done, "lessons"))
}

/// `POST /class/board/leave`: this browser is no longer the teacher's.
pub(in crate::web) async fn leave(_: Teacher, pages: ClassPages) -> Result<HttpResponse, Problem> {
    let mut response = see_other("/class?done=logged-out".to_owned());
    pages.mode.needed()?.forget_teacher(&mut response)?;
    Ok(response)
}

fn flag(name: &str, text: &str) -> Result<bool, Problem> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(Problem::bad_request(format!("`{name}` can be true or false."))),
    }
}

/// `POST /class/board/end`: deletes the class, its pupils and their progress.
pub(in crate::web) async fn end(_: Teacher, pages: ClassPages) -> Result<HttpResponse, Problem> {
    pages.mode.needed()?.end().await?;
    Ok(after(Done::Ended, "main"))
}

/// Leads back to the section of the board in which something was pressed.
fn after(done: Done, section: &str) -> HttpResponse {
    see_other(format!("{BOARD}?done={}#{section}", done.name()))
}

fn see_other(address: String) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, address)).finish()
}
