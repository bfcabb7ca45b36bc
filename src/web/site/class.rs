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
use crate::lab::class::{Class, ClassCode, Pupil, PupilName, Record, ReturnCode};
use crate::lab::lessons::{LESSONS, Lesson};
use crate::lab::progress::Progress;
use crate::web::http::client::Client;
use crate::web::http::extractor::extractor;
use crate::web::http::origins::Origins;
use crate::web::http::problem::{Problem, retry_after_header};
use crate::web::http::redirect::see_other;
use crate::web::session::Sessions;
use crate::web::session::class::{Absence, ClassMode, Classroom, PUPIL_DAYS};
use crate::web::site::lab::{counted_lessons, kind_of_counted};
use crate::web::view::assets::Assets;
use crate::web::view::page::render_with;
pub(in crate::web) use endpoints::ENDPOINTS;
use join_fault::JoinFault;

extractor! {
    /// What the pages of a class need.
    pub(in crate::web) struct ClassPages {
        assets: Data<Assets>,
        mode: Data<ClassMode>,
        origins: Data<Origins>,
        sessions: Data<Sessions>,
    }
}

#[derive(Template)]
#[template(path = "class/join.html")]
struct ClassPage<'a> {
    assets: &'a Assets,
    seat: Option<Seat>,
    absence: Option<Absence>,
    joining: Joining,
    form: &'a JoinForm,
    fault: Option<JoinFault>,
    /// What the last press did.
    done: Option<Done>,
    is_teacher: bool,
    /// Whether this browser has progress of its own, which does not count in the class.
    has_progress: bool,
}

/// Whether there is a class, and one that can be joined.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Joining {
    NoClass,
    Closed,
    Open,
}

impl Joining {
    fn of(class: Option<&Class>) -> Self {
        match class {
            None => Self::NoClass,
            Some(class) if class.joining_open => Self::Open,
            Some(_) => Self::Closed,
        }
    }
}

/// What the last press did.
enum Done {
    Says(&'static str),
    /// Nothing: somebody who is a pupil would have become another one.
    Stayed,
}

impl ClassPage<'_> {
    fn has_class(&self) -> bool {
        self.joining != Joining::NoClass
    }

    fn is_closed(&self) -> bool {
        self.joining == Joining::Closed
    }

    fn is_wrong_code(&self) -> bool {
        self.fault.as_ref().is_some_and(JoinFault::is_of_code)
    }

    fn is_wrong_return(&self) -> bool {
        self.fault.as_ref().is_some_and(JoinFault::is_of_return)
    }

    /// The code as it was typed, in the field that it is for.
    fn class_code(&self) -> &str {
        if self.is_wrong_return() && !self.form.is_class_code() { "" } else { &self.form.code }
    }

    fn return_code(&self) -> &str {
        if self.is_wrong_return() && !self.form.is_class_code() { &self.form.code } else { "" }
    }

    fn is_wrong_name(&self) -> bool {
        self.fault.as_ref().is_some_and(JoinFault::is_of_name)
    }
}

/// A pupil in the open class.
struct Seat {
    class: Class,
    pupil: Pupil,
    lacks_second_site: bool,
}

impl Seat {
    /// As in "5 of the 7 open lessons solved".
    fn lessons_solved(&self) -> String {
        let open: Vec<_> = LESSONS.iter().filter(|lesson| self.class.is_lesson_open(lesson.key)).collect();
        let counted = counted_lessons(&open, &self.pupil.record.progress, self.lacks_second_site);
        let has_solved = |lesson: &&&Lesson| self.pupil.record.progress.has_solved(lesson.key);
        let (solved, all) = (counted.iter().filter(has_solved).count(), counted.len());
        match kind_of_counted(all, open.len()) {
            Some(kind) => format!("{solved} of the {all} {kind} solved"),
            None => format!("{solved} of {all} solved"),
        }
    }

    /// Whether they got a number because another pupil had their name, and have not begun to work since: they may have
    /// joined before.
    fn may_have_joined_before(&self) -> bool {
        self.pupil.number > 1 && self.pupil.record == Record::default()
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

    /// Whether what was typed has the form of the code of a class.
    fn is_class_code(&self) -> bool {
        ClassCode::parse(&self.code).is_some()
    }

    /// Whether it asks to come back.
    fn is_for_return(&self) -> bool {
        self.is_of_return() || self.return_code().is_some()
    }

    /// Whether this browser sent the same form before, and became this pupil by it: the button was pressed twice.
    fn is_sent_again(&self, seat: &Seat) -> bool {
        let is_same = |name: PupilName| name == seat.pupil.name;
        !self.is_for_return() && PupilName::parse(&self.name).is_ok_and(is_same)
    }

    const fn is_of_return(&self) -> bool {
        self.back.is_some()
    }
}

/// What the address of `/class` says that a press did. The page may be loaded again later, when it is not so any more.
fn said(done: &str, place: &Place) -> Option<Done> {
    let is_pupil = place.seat.is_some();
    let says = match done {
        "stayed" => return is_pupil.then_some(Done::Stayed),
        "away" if place.joining != Joining::NoClass => Some(
            "This browser has forgotten who you are. Your name and your progress stay in the class. To come back, ask your teacher for a code.",
        ),
        "away" => Some("This browser has forgotten who you are."),
        "away-ended" => Some(
            "This browser has forgotten who you were. Your class had ended, and your name and your progress in it were deleted with it.",
        ),
        "away-removed" => Some(
            "This browser has forgotten who you were. You were no longer in the class, and your name and your progress in it were deleted before.",
        ),
        "away-elsewhere" => Some(
            "This browser has forgotten who you were. You had come back in another browser, and there your name and your progress stay.",
        ),
        "nobody" if !is_pupil => Some("Nothing was changed. This browser was in no class."),
        "back" if is_pupil => {
            Some("Welcome back. Your progress is here. The browser that you used before no longer counts.")
        }
        "renamed" if is_pupil => Some("Your name was changed."),
        "left" => Some("You left the class. Your name and your progress in it were deleted."),
        "logged-out" => Some("You are logged out. This browser no longer opens the board."),
        _ => None,
    };
    says.map(Done::Says)
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
    show(&request, &pages, &JoinForm::default(), None, query.done.as_deref()).await
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
    done: Option<&str>,
) -> Result<HttpResponse, Problem> {
    let place = place(request, pages).await?;
    let done = done.and_then(|done| said(done, &place));
    let Place { seat, absence, joining } = place;
    let is_teacher = pages.mode.is_teacher(request);
    let retry_after = fault.as_ref().and_then(|fault| fault.retry_after);
    let status = match &fault {
        None => StatusCode::OK,
        Some(_) if retry_after.is_some() => StatusCode::TOO_MANY_REQUESTS,
        Some(_) => StatusCode::BAD_REQUEST,
    };
    let has_progress = pages.sessions.progress(request) != Progress::default();
    let assets = &pages.assets;
    let page = ClassPage { assets, seat, absence, joining, form, fault, done, is_teacher, has_progress };
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
    absence: Option<Absence>,
    joining: Joining,
}

async fn place(request: &HttpRequest, pages: &ClassPages) -> Result<Place, Problem> {
    let room = pages.mode.needed()?;
    if let Some((class, pupil)) = room.pupil_of(request).await? {
        let lacks_second_site = pages.origins.has_no_second_site(request.head());
        let seat = Some(Seat { class: class.clone(), pupil, lacks_second_site });
        return Ok(Place { seat, absence: None, joining: Joining::of(Some(&class)) });
    }
    let absence = room.absence(request).await?;
    let open = room.store.class(room.now()).await?;
    Ok(Place { seat: None, absence, joining: Joining::of(open.as_ref()) })
}

/// `POST /class`: joins the class. Somebody who is in it already stays who they are, and is told so.
pub(in crate::web) async fn join(
    request: HttpRequest,
    client: Client,
    pages: ClassPages,
    form: Form<JoinForm>,
) -> Result<HttpResponse, Problem> {
    let room = pages.mode.needed()?;
    let place = place(&request, &pages).await?;
    if let Some(seat) = &place.seat {
        return Ok(to_class(if form.is_sent_again(seat) { "" } else { "?done=stayed" }));
    }
    if place.joining == Joining::NoClass {
        return refuse(&request, &pages, &form, JoinFault::no_class(form.is_for_return())).await;
    }
    if form.is_for_return() {
        return come_back(&request, client, &pages, &form, place.joining).await;
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
    joining: Joining,
) -> Result<HttpResponse, Problem> {
    let Some(code) = form.return_code() else {
        let fault = if form.is_class_code() {
            JoinFault::class_code(joining == Joining::Closed)
        } else {
            JoinFault::wrong_return()
        };
        return refuse(request, pages, form, fault).await;
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
pub(in crate::web) async fn away(request: HttpRequest, pages: ClassPages) -> Result<HttpResponse, Problem> {
    let room = pages.mode.needed()?;
    let done =
        if room.pupil_of(&request).await?.is_some() { "away" } else { away_from_nothing(room, &request).await? };
    let mut response = to_class(&format!("?done={done}"));
    room.forget_pupil(&mut response)?;
    Ok(response)
}

/// What is said to somebody who no longer was a pupil when they pressed a button for pupils.
async fn away_from_nothing(room: &Classroom, request: &HttpRequest) -> Result<&'static str, Problem> {
    Ok(match room.absence(request).await? {
        Some(Absence::Ended) => "away-ended",
        Some(Absence::Removed) => "away-removed",
        Some(Absence::Elsewhere) => "away-elsewhere",
        None => "nobody",
    })
}

/// `POST /class/leave`: deletes what is kept of this pupil.
pub(in crate::web) async fn leave(request: HttpRequest, pages: ClassPages) -> Result<HttpResponse, Problem> {
    let room = pages.mode.needed()?;
    let pupil = room.pupil_of(&request).await?;
    let done = if pupil.is_some() { "left" } else { away_from_nothing(room, &request).await? };
    let mut response = to_class(&format!("?done={done}"));
    if let Some((_, pupil)) = pupil {
        room.remove(&pupil.id).await?;
    }
    room.forget_pupil(&mut response)?;
    Ok(response)
}

fn to_class(query: &str) -> HttpResponse {
    see_other(&format!("/class{query}"))
}
