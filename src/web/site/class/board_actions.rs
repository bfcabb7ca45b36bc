//! What the teacher can change on the board: the class and its code, lessons, what pupils see, and pupils.

use actix_web::web::{Data, Form, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

use super::ClassPages;
use super::board::{self, Board, Renaming};
use super::board_view::BoardQuery;
use super::done::{After, Done};
use crate::lab::class::{ClassChange, LessonKeys, PupilId, PupilName};
use crate::lab::lessons::{LESSONS, Lesson};
use crate::lab::teach::Path;
use crate::web::http::origins::Origins;
use crate::web::http::problem::Problem;
use crate::web::http::redirect::see_other;
use crate::web::session::class::{Classroom, Teacher};

/// How the board was shown on which something was pressed.
type View = Query<BoardQuery>;

/// `POST /class/board/start`: opens a class after the last one has ended.
pub(in crate::web) async fn start(_: Teacher, pages: ClassPages, view: View) -> Result<HttpResponse, Problem> {
    pages.mode.needed()?.start().await?;
    Ok(After::of(Done::Started).lead(&view))
}

/// Where a press leads that came from a page that is out of date: no class is open any more, or not this pupil's.
async fn too_late(room: &Classroom, pupil: Option<&PupilId>) -> Result<Option<After>, Problem> {
    if room.store.class(room.now()).await?.is_none() {
        return Ok(Some(After::of(Done::NoClass)));
    }
    let Some(pupil) = pupil else { return Ok(None) };
    let is_gone = room.store.pupil(pupil, room.now()).await?.is_none();
    Ok(is_gone.then(|| After::of(Done::Gone)))
}

/// Changes the class, if it is still open, and leads to the board.
async fn change(pages: &ClassPages, change: &ClassChange, after: After, view: &View) -> Result<HttpResponse, Problem> {
    let room = pages.mode.needed()?;
    if let Some(late) = too_late(room, None).await? {
        return Ok(late.lead(view));
    }
    room.change(change).await?;
    Ok(after.lead(view))
}

/// The lesson of a form that is about every lesson. A form of a page sends it, because it cannot leave its field out.
const ALL_LESSONS: &str = "all";

/// What *Reset* and *Remove* are about. Left out, it is everybody, and every lesson.
#[derive(Deserialize)]
pub(in crate::web) struct ChosenForm {
    pupil: Option<String>,
    lesson: Option<String>,
}

impl ChosenForm {
    fn pupil(&self) -> Result<Option<PupilId>, Problem> {
        let read = |id| PupilId::parse(id).ok_or_else(not_a_pupil);
        self.pupil.as_deref().map(read).transpose()
    }

    fn lesson(&self) -> Result<Option<&'static Lesson>, Problem> {
        self.lesson.as_deref().filter(|slug| *slug != ALL_LESSONS).map(lesson).transpose()
    }
}

fn lesson(slug: &str) -> Result<&'static Lesson, Problem> {
    Lesson::find(slug).ok_or_else(|| Problem::bad_request("`lesson` is not a lesson of this lab."))
}

/// `POST /class/board/reset`.
pub(in crate::web) async fn reset(
    _: Teacher,
    pages: ClassPages,
    view: View,
    chosen: Form<ChosenForm>,
) -> Result<HttpResponse, Problem> {
    let (pupil, lesson) = (chosen.pupil()?, chosen.lesson()?);
    let room = pages.mode.needed()?;
    if let Some(late) = too_late(room, pupil.as_ref()).await? {
        return Ok(late.lead(&view));
    }
    room.reset(pupil.as_ref(), lesson.map(|lesson| lesson.key)).await?;
    let after = match (&pupil, lesson) {
        (Some(pupil), Some(lesson)) => After::of(Done::ResetInLesson).pupil(pupil).lesson(lesson),
        (Some(pupil), None) => After::of(Done::Reset).pupil(pupil),
        (None, Some(lesson)) => After::of(Done::LessonReset).lesson(lesson),
        (None, None) => After::of(Done::AllReset),
    };
    Ok(after.lead(&view))
}

/// `POST /class/board/remove`.
pub(in crate::web) async fn remove(
    _: Teacher,
    pages: ClassPages,
    view: View,
    chosen: Form<ChosenForm>,
) -> Result<HttpResponse, Problem> {
    let pupil = chosen.pupil()?.ok_or_else(|| Problem::bad_request("`pupil` is missing: say who is removed."))?;
    let room = pages.mode.needed()?;
    if let Some(late) = too_late(room, Some(&pupil)).await? {
        return Ok(late.lead(&view));
    }
    let board = Board::of(room, view.board_view()).await?;
    room.remove(&pupil).await?;
    let after = After::of(Done::Removed);
    let mut response = board.row_beside(&pupil).into_iter().fold(after, After::at).lead(&view);
    if let Some(name) = board.name_of(pupil.as_str()) {
        room.note_removed(name, &mut response)?;
    }
    Ok(response)
}

/// `POST /class/board/remove-idle`: removes everybody who has done nothing yet, as strangers do who join many times.
pub(in crate::web) async fn remove_idle(_: Teacher, pages: ClassPages, view: View) -> Result<HttpResponse, Problem> {
    let room = pages.mode.needed()?;
    if let Some(late) = too_late(room, None).await? {
        return Ok(late.lead(&view));
    }
    for row in Board::of(room, view.board_view()).await?.idle() {
        room.remove(&row.pupil.id).await?;
    }
    Ok(After::of(Done::IdleRemoved).lead(&view))
}

#[derive(Deserialize)]
pub(in crate::web) struct NameForm {
    pupil: String,
    name: String,
}

/// `POST /class/board/name`: gives a pupil another name.
pub(in crate::web) async fn rename(
    _: Teacher,
    request: HttpRequest,
    pages: ClassPages,
    origins: Data<Origins>,
    view: View,
    form: Form<NameForm>,
) -> Result<HttpResponse, Problem> {
    let pupil = PupilId::parse(&form.pupil).ok_or_else(not_a_pupil)?;
    let room = pages.mode.needed()?;
    if let Some(late) = too_late(room, Some(&pupil)).await? {
        return Ok(late.lead(&view));
    }
    match PupilName::parse(&form.name) {
        Ok(name) if room.rename_for_teacher(&pupil, &name).await? => {
            Ok(After::of(Done::Renamed).pupil(&pupil).lead(&view))
        }
        Ok(_) => Ok(After::of(Done::Gone).lead(&view)),
        Err(bad) => {
            let query = BoardQuery { open: Some(form.pupil.clone()), ..view.into_inner() };
            let renaming = Renaming { typed: form.name.clone(), fault: bad.to_string() };
            board::show(&request, &query, &pages, &origins, Some(&renaming)).await
        }
    }
}

fn not_a_pupil() -> Problem {
    Problem::bad_request("`pupil` is not a pupil's id.")
}

/// Without a lesson, the solutions of all of them.
#[derive(Deserialize)]
pub(in crate::web) struct Hold {
    what: String,
    held: String,
    lesson: Option<String>,
}

impl Hold {
    /// The change, and where the page leads then.
    fn read(&self) -> Result<(ClassChange, After), Problem> {
        let held = flag("held", &self.held)?;
        let after = |if_held, if_released| After::of(if held { if_held } else { if_released });
        match (self.what.as_str(), &self.lesson) {
            ("solutions", None) => Ok((ClassChange::HoldSolutions(held), after(Done::Held, Done::Released))),
            ("solutions", Some(slug)) => {
                let lesson = lesson(slug)?;
                let after = after(Done::SolutionHeld, Done::SolutionReleased).lesson(lesson);
                Ok((ClassChange::HoldSolution { key: lesson.key, held }, after))
            }
            ("codes", None) => Ok((ClassChange::HoldCodes(held), after(Done::CodesHeld, Done::CodesReleased))),
            ("codes", Some(_)) => Err(Problem::bad_request("`lesson` is for solutions: codes are held all at once.")),
            _ => Err(Problem::bad_request("`what` can be solutions or codes.")),
        }
    }
}

/// `POST /class/board/hold`.
pub(in crate::web) async fn hold(
    _: Teacher,
    pages: ClassPages,
    view: View,
    form: Form<Hold>,
) -> Result<HttpResponse, Problem> {
    let (held, after) = form.read()?;
    change(&pages, &held, after, &view).await
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
    view: View,
    form: Form<LessonForm>,
) -> Result<HttpResponse, Problem> {
    let is_open = flag("open", &form.open)?;
    let lesson = lesson(&form.lesson)?;
    let after = After::of(if is_open { Done::Opened } else { Done::Closed }).lesson(lesson);
    change(&pages, &ClassChange::OpenLesson { key: lesson.key, is_open }, after, &view).await
}

#[derive(Deserialize)]
pub(in crate::web) struct JoiningForm {
    open: String,
}

/// `POST /class/board/joining`: lets pupils join, or no longer.
pub(in crate::web) async fn joining(
    _: Teacher,
    pages: ClassPages,
    view: View,
    form: Form<JoiningForm>,
) -> Result<HttpResponse, Problem> {
    let is_open = flag("open", &form.open)?;
    let after = After::of(if is_open { Done::JoiningOpened } else { Done::JoiningClosed });
    change(&pages, &ClassChange::OpenJoining(is_open), after, &view).await
}

/// `POST /class/board/code`: another code for those who join from now on.
pub(in crate::web) async fn new_code(_: Teacher, pages: ClassPages, view: View) -> Result<HttpResponse, Problem> {
    let code = pages.mode.needed()?.new_code()?;
    change(&pages, &ClassChange::NewCode(code), After::of(Done::NewCode), &view).await
}

/// `POST /class/board/back`: makes a code with which a pupil comes back in another browser.
pub(in crate::web) async fn let_back_in(
    _: Teacher,
    pages: ClassPages,
    view: View,
    chosen: Form<ChosenForm>,
) -> Result<HttpResponse, Problem> {
    let pupil = chosen.pupil()?.ok_or_else(|| Problem::bad_request("`pupil` is missing: say who comes back."))?;
    let room = pages.mode.needed()?;
    if let Some(late) = too_late(room, Some(&pupil)).await? {
        return Ok(late.lead(&view));
    }
    if !room.let_back_in(&pupil).await? {
        return Ok(After::of(Done::Gone).lead(&view));
    }
    Ok(see_other(&format!("/class/board?view=back&open={}", pupil.as_str())))
}

#[derive(Deserialize)]
pub(in crate::web) struct PathForm {
    path: String,
}

/// `POST /class/board/path`: opens the lessons of a path alone, or all lessons.
pub(in crate::web) async fn open_path(
    _: Teacher,
    pages: ClassPages,
    view: View,
    form: Form<PathForm>,
) -> Result<HttpResponse, Problem> {
    let (closed, after) = if form.path == "all" {
        (LessonKeys::default(), After::of(Done::AllOpened))
    } else {
        let path = Path::find(&form.path).ok_or_else(|| Problem::bad_request("`path` can be 45, 90, 180 or all."))?;
        let is_on_it = |lesson: &&Lesson| path.lessons().any(|on_it| on_it.key == lesson.key);
        let closed = LESSONS.iter().filter(|lesson| !is_on_it(lesson)).map(|lesson| lesson.key).collect();
        (closed, After::of(Done::Path).path(path))
    };
    change(&pages, &ClassChange::CloseLessons(closed), after, &view).await
}

/// `POST /class/board/leave`: this browser is no longer the teacher's.
pub(in crate::web) async fn leave(_: Teacher, pages: ClassPages) -> Result<HttpResponse, Problem> {
    let mut response = see_other("/class?done=logged-out");
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
pub(in crate::web) async fn end(_: Teacher, pages: ClassPages, view: View) -> Result<HttpResponse, Problem> {
    let room = pages.mode.needed()?;
    if let Some(late) = too_late(room, None).await? {
        return Ok(late.lead(&view));
    }
    room.end().await?;
    Ok(After::of(Done::Ended).lead(&view))
}
