//! The pages of a class: `/class`, where pupils join and see what is kept of them, and the teacher's board below it.

pub(in crate::web) mod board;
mod csv;
mod endpoints;
mod events;

use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Form};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::lab::attacks::Attack;
use crate::lab::class::{BadPupilName, Class, Pupil, PupilName};
use crate::lab::lessons::LESSONS;
use crate::web::http::client::Client;
use crate::web::http::extractor::extractor;
use crate::web::http::problem::Problem;
use crate::web::session::class::{ClassMode, NotJoined, PUPIL_DAYS};
use crate::web::view::assets::Assets;
use crate::web::view::page::render_with;
pub(in crate::web) use endpoints::ENDPOINTS;

extractor! {
    /// What the pages of a class need.
    pub(in crate::web) struct ClassPages {
        assets: Data<Assets>,
        mode: Data<ClassMode>,
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
    is_teacher: bool,
}

/// A pupil in the open class.
struct Seat {
    class: Class,
    pupil: Pupil,
}

impl Seat {
    fn lessons_solved(&self) -> usize {
        LESSONS.iter().filter(|lesson| self.pupil.record.progress.has_solved(lesson.key)).count()
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
}

/// What the form of `/class` sends.
#[derive(Default, Deserialize)]
pub(in crate::web) struct JoinForm {
    #[serde(default)]
    code: String,
    #[serde(default)]
    name: String,
}

/// What is wrong with it.
enum JoinFault {
    Code(&'static str),
    Name(BadPupilName),
}

const NO_CODE: &str = "Type the code of the class.";
const WRONG_CODE: &str = "No class is open with this code. Look at the board again: a code has six letters.";
const CLOSED: &str = "Joining is closed. Ask your teacher to open it.";
const FULL: &str = "This class has as many pupils as it can have. Ask your teacher.";

/// A day as the pages say it.
fn day(time: DateTime<Utc>) -> String {
    time.format("%-d %B %Y").to_string()
}

/// `GET /class`.
pub(in crate::web) async fn page(request: HttpRequest, pages: ClassPages) -> Result<HttpResponse, Problem> {
    show(&request, &pages, &JoinForm::default(), None).await
}

async fn show(
    request: &HttpRequest,
    pages: &ClassPages,
    form: &JoinForm,
    fault: Option<JoinFault>,
) -> Result<HttpResponse, Problem> {
    let Place { seat, absence, is_closed } = place(request, pages).await?;
    let is_teacher = pages.mode.is_teacher(request);
    let status = if fault.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    render_with(status, &ClassPage { assets: &pages.assets, seat, absence, is_closed, form, fault, is_teacher })
}

/// Where the visitor sits, or why nowhere.
struct Place {
    seat: Option<Seat>,
    absence: Absence,
    is_closed: bool,
}

async fn place(request: &HttpRequest, pages: &ClassPages) -> Result<Place, Problem> {
    let room = pages.mode.needed()?;
    let ids = room.pupil_in(request);
    if let Some((_, id)) = &ids
        && let Some((class, pupil)) = room.store.pupil(id, room.now()).await?
    {
        return Ok(Place { seat: Some(Seat { class, pupil }), absence: Absence::NotJoined, is_closed: false });
    }
    let open = room.store.class(room.now()).await?;
    let absence = match (&ids, &open) {
        (Some((joined, _)), Some(open)) if *joined == open.id => Absence::Removed,
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
        return Ok(to_class());
    }
    let name = match PupilName::parse(&form.name) {
        Ok(name) => name,
        Err(bad) => return show(&request, &pages, &form, Some(JoinFault::Name(bad))).await,
    };
    if form.code.trim().is_empty() {
        return show(&request, &pages, &form, Some(JoinFault::Code(NO_CODE))).await;
    }
    match room.join(&form.code, name, client).await {
        Ok(cookies) => {
            let mut response = to_class();
            cookies.iter().try_for_each(|it| response.add_cookie(it)).map_err(|error| Problem::internal(&error))?;
            Ok(response)
        }
        Err(NotJoined::WrongCode) => show(&request, &pages, &form, Some(JoinFault::Code(WRONG_CODE))).await,
        Err(NotJoined::Closed) => show(&request, &pages, &form, Some(JoinFault::Code(CLOSED))).await,
        Err(NotJoined::Full) => show(&request, &pages, &form, Some(JoinFault::Code(FULL))).await,
        Err(NotJoined::Problem(problem)) => Err(problem),
    }
}

/// `POST /class/leave`: deletes what is kept of this pupil.
pub(in crate::web) async fn leave(request: HttpRequest, pages: ClassPages) -> Result<HttpResponse, Problem> {
    let room = pages.mode.needed()?;
    if let Some((_, id)) = room.pupil_in(&request) {
        room.remove(&id).await?;
    }
    let mut response = to_class();
    room.forget_pupil(&mut response)?;
    Ok(response)
}

fn to_class() -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, "/class")).finish()
}
