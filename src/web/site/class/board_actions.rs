//! What the teacher can change on the board: the class and its code, lessons, what pupils see, and pupils.

use actix_web::web::{Data, Form, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

use super::ClassPages;
use super::board::{self, Renaming};
use super::board_view::BoardQuery;
use super::done::{Done, after, see_other};
use crate::lab::class::{ClassChange, LessonKeys, PupilId, PupilName};
use crate::lab::lessons::{LESSONS, Lesson};
use crate::lab::teach::Path;
use crate::web::http::origins::Origins;
use crate::web::http::problem::Problem;
use crate::web::session::class::Teacher;

/// How the board was shown on which something was pressed.
type View = Query<BoardQuery>;

/// `POST /class/board/start`: opens a class after the last one has ended.
pub(in crate::web) async fn start(_: Teacher, pages: ClassPages, view: View) -> Result<HttpResponse, Problem> {
    pages.mode.needed()?.start().await?;
    Ok(after(Done::Started, &view))
}

/// What *Reset* and *Remove* are about. Left out, it is everybody, and every lesson.
#[derive(Deserialize)]
pub(in crate::web) struct ChosenForm {
    pupil: Option<String>,
    lesson: Option<String>,
}

impl ChosenForm {
    fn pupil(&self) -> Result<Option<PupilId>, Problem> {
        let read = |id| PupilId::parse(id).ok_or_else(|| Problem::bad_request("`pupil` is not a pupil's id."));
        self.pupil.as_deref().map(read).transpose()
    }

    fn lesson(&self) -> Result<Option<&'static Lesson>, Problem> {
        self.lesson.as_deref().map(lesson).transpose()
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
    pages.mode.needed()?.reset(pupil.as_ref(), lesson.map(|lesson| lesson.key)).await?;
    Ok(after(if lesson.is_some() && pupil.is_none() { Done::LessonReset } else { Done::Reset }, &view))
}

/// `POST /class/board/remove`.
pub(in crate::web) async fn remove(
    _: Teacher,
    pages: ClassPages,
    view: View,
    chosen: Form<ChosenForm>,
) -> Result<HttpResponse, Problem> {
    let pupil = chosen.pupil()?.ok_or_else(|| Problem::bad_request("`pupil` is missing: say who is removed."))?;
    pages.mode.needed()?.remove(&pupil).await?;
    Ok(after(Done::Removed, &view))
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
    match PupilName::parse(&form.name) {
        Ok(name) if pages.mode.needed()?.rename_for_teacher(&pupil, &name).await? => Ok(after(Done::Renamed, &view)),
        Ok(_) => Err(not_a_pupil()),
        Err(bad) => {
            let query = BoardQuery { open: Some(form.pupil.clone()), ..view.into_inner() };
            let renaming = Renaming { typed: form.name.clone(), fault: bad.to_string() };
            board::show(&request, &query, &pages, &origins, Some(&renaming)).await
        }
    }
}

fn not_a_pupil() -> Problem {
    Problem::bad_request("No pupil of the class has this id.")
}

/// Without a lesson, the solutions of all of them.
#[derive(Deserialize)]
pub(in crate::web) struct Hold {
    what: String,
    held: String,
    lesson: Option<String>,
}

impl Hold {
    /// The change, and what the page says of it.
    fn read(&self) -> Result<(ClassChange, Done), Problem> {
        let held = flag("held", &self.held)?;
        let done = if held { Done::Held } else { Done::Released };
        match (self.what.as_str(), &self.lesson) {
            ("solutions", None) => Ok((ClassChange::HoldSolutions(held), done)),
            ("solutions", Some(slug)) => {
                let done = if held { Done::SolutionHeld } else { Done::SolutionReleased };
                Ok((ClassChange::HoldSolution { key: lesson(slug)?.key, held }, done))
            }
            ("codes", None) => Ok((ClassChange::HoldCodes(held), done)),
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
    let (change, done) = form.read()?;
    pages.mode.needed()?.change(&change).await?;
    Ok(after(done, &view))
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
    let change = ClassChange::OpenLesson { key: lesson(&form.lesson)?.key, is_open };
    pages.mode.needed()?.change(&change).await?;
    Ok(after(if is_open { Done::Opened } else { Done::Closed }, &view))
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
    pages.mode.needed()?.change(&ClassChange::OpenJoining(is_open)).await?;
    Ok(after(if is_open { Done::JoiningOpened } else { Done::JoiningClosed }, &view))
}

/// `POST /class/board/code`: another code for those who join from now on.
pub(in crate::web) async fn new_code(_: Teacher, pages: ClassPages, view: View) -> Result<HttpResponse, Problem> {
    pages.mode.needed()?.renew_code().await?;
    Ok(after(Done::NewCode, &view))
}

/// `POST /class/board/back`: makes a code with which a pupil comes back in another browser.
pub(in crate::web) async fn let_back_in(
    _: Teacher,
    pages: ClassPages,
    chosen: Form<ChosenForm>,
) -> Result<HttpResponse, Problem> {
    let pupil = chosen.pupil()?.ok_or_else(|| Problem::bad_request("`pupil` is missing: say who comes back."))?;
    if !pages.mode.needed()?.let_back_in(&pupil).await? {
        return Err(not_a_pupil());
    }
    Ok(see_other(format!("/class/board?view=back&open={}", pupil.as_str())))
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
    let (closed, done) = if form.path == "all" {
        (LessonKeys::default(), Done::AllOpened)
    } else {
        let path = Path::find(&form.path).ok_or_else(|| Problem::bad_request("`path` can be 45, 90, 180 or all."))?;
        let is_on_it = |lesson: &&Lesson| path.lessons().any(|on_it| on_it.key == lesson.key);
        (LESSONS.iter().filter(|lesson| !is_on_it(lesson)).map(|lesson| lesson.key).collect(), Done::Path)
    };
    pages.mode.needed()?.change(&ClassChange::CloseLessons(closed)).await?;
    Ok(after(done, &view))
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
pub(in crate::web) async fn end(_: Teacher, pages: ClassPages, view: View) -> Result<HttpResponse, Problem> {
    pages.mode.needed()?.end().await?;
    Ok(after(Done::Ended, &view))
}
