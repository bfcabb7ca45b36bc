//! What the teacher can change on the board: the class and its code, lessons, what pupils see, and pupils.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Form;
use serde::Deserialize;

use super::ClassPages;
use crate::lab::class::{ClassChange, LessonKeys, PupilId};
use crate::lab::lessons::{LESSONS, Lesson};
use crate::lab::teach::Path;
use crate::web::http::problem::Problem;
use crate::web::session::class::Teacher;

pub(super) const BOARD: &str = "/class/board";

/// What a press on the board did, as the address of the board says it afterwards.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
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

    pub fn named(name: &str) -> Option<Self> {
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

    pub const fn says(self) -> &'static str {
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

pub(super) fn see_other(address: String) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, address)).finish()
}
