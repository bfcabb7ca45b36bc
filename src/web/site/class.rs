//! The pages of a class: `/class`, where pupils join and see what is kept of them, and the teacher's board below it.

pub(in crate::web) mod board;
mod board_actions;
mod board_json;
mod board_view;
mod csv;
mod done;
mod endpoints;
mod events;
mod join_fault;
mod row;
mod summary;

use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::lab::attacks::Attack;
use crate::lab::class::{Class, Pupil, PupilName, ReturnCode};
use crate::lab::lessons::{LESSONS, Lesson};
use crate::lab::progress::Progress;
use crate::texts::wording::counted;
use crate::web::http::client::Client;
use crate::web::http::extractor::extractor;
use crate::web::http::problem::{Problem, retry_after_header};
use crate::web::http::redirect::see_other;
use crate::web::session::Sessions;
use crate::web::session::class::{ClassMode, PUPIL_DAYS};
use crate::web::view::assets::Assets;
use crate::web::view::page::render_with;
pub(in crate::web) use endpoints::ENDPOINTS;
use join_fault::JoinFault;

extractor! {
    /// What the pages of a class need.
    pub(in crate::web) struct ClassPages {
        assets: Data<Assets>,
        mode: Data<ClassMode>,
        sessions: Data<Sessions>,
    }
}

#[derive(Template)]
#[template(path = "class/join.html")]
struct ClassPage<'a> {
    assets: &'a Assets,
    seat: Option<Seat>,
    absence: Absence,
    /// Whether there is a class that nobody can join now.
    is_closed: bool,
    form: &'a JoinForm,
    fault: Option<JoinFault>,
    /// What the last press did.
    done: Option<&'static str>,
    is_teacher: bool,
    /// Whether this browser has progress of its own, which does not count in the class.
    has_progress: bool,
}

impl ClassPage<'_> {
    fn is_wrong_code(&self) -> bool {
        self.fault.as_ref().is_some_and(JoinFault::is_of_code)
    }

    fn is_wrong_return(&self) -> bool {
        self.fault.as_ref().is_some_and(JoinFault::is_of_return)
    }

    fn is_wrong_name(&self) -> bool {
        self.fault.as_ref().is_some_and(JoinFault::is_of_name)
    }
}

/// A pupil in the open class.
struct Seat {
    class: Class,
    pupil: Pupil,
}

impl Seat {
    /// As in "5 of the 7 open lessons solved".
    fn lessons_solved(&self) -> String {
        let open: Vec<_> = LESSONS.iter().filter(|lesson| self.class.is_lesson_open(lesson.key)).collect();
        let has_solved = |lesson: &&&Lesson| self.pupil.record.progress.has_solved(lesson.key);
        let solved = open.iter().filter(has_solved).count();
        if open.len() < LESSONS.len() {
            return format!("{solved} of the {} solved", counted(open.len(), "open lesson"));
        }
        format!("{solved} of {} solved", open.len())
    }

    fn name(&self) -> String {
        self.pupil.shown_name()
    }

    /// When the class is over if nobody uses it before.
    fn last_day(&self) -> String {
        day(self.class.until())
    }

    fn attacks_tried(&self) -> usize {
        Attack::count_rows(|attack| self.pupil.record.progress.has_tried(attack.key))
    }
}

/// Why the visitor is in no class.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Absence {
    /// There is no class.
    NoClass,
    /// There is one, and this browser did not join it.
    NotJoined,
    /// The class that this browser joined is over.
    Ended,
    /// The teacher removed this pupil.
    Removed,
    /// The pupil of this browser came back in another one.
    Elsewhere,
}

/// What the form of `/class` sends.
#[derive(Default, Deserialize)]
pub(in crate::web) struct JoinForm {
    #[serde(default)]
    code: String,
    #[serde(default)]
    name: String,
    /// Sent by the form of those who come back.
    back: Option<String>,
}

impl JoinForm {
    /// The code of somebody who comes back. They type it in the form for it, or instead of the code of the class.
    fn return_code(&self) -> Option<ReturnCode> {
        ReturnCode::parse(&self.code)
    }

    const fn is_of_return(&self) -> bool {
        self.back.is_some()
    }
}

/// What the address of `/class` says that a press did.
fn said(done: &str) -> Option<&'static str> {
    match done {
        "away" => Some(
            "This browser has forgotten who you are. Your name and your progress stay in the class. To come back, ask your teacher for a code.",
        ),
        "back" => Some("Welcome back. Your progress is here. The browser that you used before no longer counts."),
        "renamed" => Some("Your name was changed."),
        "left" => Some("You left the class. Your name and your progress in it were deleted."),
        "logged-out" => Some("You are logged out. This browser no longer opens the board."),
        _ => None,
    }
}

/// A day as the pages say it.
fn day(time: DateTime<Utc>) -> String {
    time.format("%-d %B %Y").to_string()
}

/// `GET /class`.
pub(in crate::web) async fn page(
    request: HttpRequest,
    query: Query<ClassQuery>,
    pages: ClassPages,
) -> Result<HttpResponse, Problem> {
    show(&request, &pages, &JoinForm::default(), None, query.done.as_deref().and_then(said)).await
}

/// The query of the address of `/class`.
#[derive(Deserialize)]
pub(in crate::web) struct ClassQuery {
    /// What a press did.
    done: Option<String>,
}

/// The page with what is wrong with a form.
async fn refuse(
    request: &HttpRequest,
    pages: &ClassPages,
    form: &JoinForm,
    fault: JoinFault,
) -> Result<HttpResponse, Problem> {
    show(request, pages, form, Some(fault), None).await
}

async fn show(
    request: &HttpRequest,
    pages: &ClassPages,
    form: &JoinForm,
    fault: Option<JoinFault>,
    done: Option<&'static str>,
) -> Result<HttpResponse, Problem> {
    let Place { seat, absence, is_closed } = place(request, pages).await?;
    let is_teacher = pages.mode.is_teacher(request);
    let retry_after = fault.as_ref().and_then(|fault| fault.retry_after);
    let status = match &fault {
        None => StatusCode::OK,
        Some(_) if retry_after.is_some() => StatusCode::TOO_MANY_REQUESTS,
        Some(_) => StatusCode::BAD_REQUEST,
    };
    let has_progress = pages.sessions.progress(request) != Progress::default();
    let assets = &pages.assets;
    let page = ClassPage { assets, seat, absence, is_closed, form, fault, done, is_teacher, has_progress };
    let mut response = render_with(status, &page)?;
    if let Some(seconds) = retry_after {
        let (name, value) = retry_after_header(seconds);
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}

/// Where the visitor sits, or why nowhere.
struct Place {
    seat: Option<Seat>,
    absence: Absence,
    is_closed: bool,
}

async fn place(request: &HttpRequest, pages: &ClassPages) -> Result<Place, Problem> {
    let room = pages.mode.needed()?;
    let cookie = room.pupil_in(request);
    let found = match &cookie {
        Some(cookie) => room.store.pupil(&cookie.pupil, room.now()).await?,
        None => None,
    };
    let is_found = found.is_some();
    if let (Some(cookie), Some((class, pupil))) = (&cookie, found)
        && cookie.is_of(&pupil)
    {
        return Ok(Place { seat: Some(Seat { class, pupil }), absence: Absence::NotJoined, is_closed: false });
    }
    let open = room.store.class(room.now()).await?;
    let absence = match (&cookie, &open) {
        (Some(_), Some(_)) if is_found => Absence::Elsewhere,
        (Some(cookie), Some(open)) if cookie.class == open.id => Absence::Removed,
        (Some(_), _) => Absence::Ended,
        (None, Some(_)) => Absence::NotJoined,
        (None, None) => Absence::NoClass,
    };
    Ok(Place { seat: None, absence, is_closed: open.is_some_and(|class| !class.joining_open) })
}

/// `POST /class`: joins the class. Somebody who is in it already stays who they are.
pub(in crate::web) async fn join(
    request: HttpRequest,
    client: Client,
    pages: ClassPages,
    form: Form<JoinForm>,
) -> Result<HttpResponse, Problem> {
    let room = pages.mode.needed()?;
    if place(&request, &pages).await?.seat.is_some() {
        return Ok(to_class(""));
    }
    if form.is_of_return() || form.return_code().is_some() {
        return come_back(&request, client, &pages, &form).await;
    }
    let name = match PupilName::parse(&form.name) {
        Ok(name) => name,
        Err(bad) => return refuse(&request, &pages, &form, JoinFault::of_name(bad)).await,
    };
    if form.code.trim().is_empty() {
        return refuse(&request, &pages, &form, JoinFault::missing_code()).await;
    }
    match room.join(&form.code, name, client).await {
        Ok(cookies) => with_cookies(to_class(""), &cookies),
        Err(why) => refuse(&request, &pages, &form, JoinFault::of_joining(why)?).await,
    }
}

/// Somebody types the code with which the teacher lets them back in: they are who they were.
async fn come_back(
    request: &HttpRequest,
    client: Client,
    pages: &ClassPages,
    form: &JoinForm,
) -> Result<HttpResponse, Problem> {
    let Some(code) = form.return_code() else {
        return refuse(request, pages, form, JoinFault::wrong_return()).await;
    };
    match pages.mode.needed()?.come_back(&code, client).await {
        Ok(cookies) => with_cookies(to_class("?done=back"), &cookies),
        Err(why) => refuse(request, pages, form, JoinFault::of_return(why)?).await,
    }
}

fn with_cookies(mut response: HttpResponse, cookies: &[Cookie<'static>]) -> Result<HttpResponse, Problem> {
    cookies.iter().try_for_each(|it| response.add_cookie(it)).map_err(|error| Problem::internal(&error))?;
    Ok(response)
}

/// `POST /class/name`: a pupil changes their name.
pub(in crate::web) async fn rename(
    request: HttpRequest,
    pages: ClassPages,
    form: Form<JoinForm>,
) -> Result<HttpResponse, Problem> {
    let room = pages.mode.needed()?;
    let Some((_, pupil)) = room.pupil_of(&request).await? else { return Ok(to_class("")) };
    match PupilName::parse(&form.name) {
        Ok(name) => {
            let mut response = to_class("?done=renamed");
            room.rename(&pupil.id, &name, &mut response).await?;
            Ok(response)
        }
        Err(bad) => refuse(&request, &pages, &form, JoinFault::of_name(bad)).await,
    }
}

/// `POST /class/away`: this browser is no pupil's any more. What is kept of the pupil stays.
pub(in crate::web) async fn away(pages: ClassPages) -> Result<HttpResponse, Problem> {
    let mut response = to_class("?done=away");
    pages.mode.needed()?.forget_pupil(&mut response)?;
    Ok(response)
}

/// `POST /class/leave`: deletes what is kept of this pupil.
pub(in crate::web) async fn leave(request: HttpRequest, pages: ClassPages) -> Result<HttpResponse, Problem> {
    let room = pages.mode.needed()?;
    let pupil = room.pupil_of(&request).await?;
    let mut response = to_class(if pupil.is_some() { "?done=left" } else { "" });
    if let Some((_, pupil)) = pupil {
        room.remove(&pupil.id).await?;
    }
    room.forget_pupil(&mut response)?;
    Ok(response)
}

fn to_class(query: &str) -> HttpResponse {
    see_other(&format!("/class{query}"))
}
