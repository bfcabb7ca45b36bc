//! For teachers: the paths through the course, the worksheet of a path, and the answer key.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use url::form_urlencoded;

use crate::code::Code;
use crate::lab::answer_key::Answers;
use crate::lab::attacks::Attack;
use crate::lab::lessons::{LESSONS, Lesson};
use crate::lab::teach::{PATHS, Path};
use crate::web::http::extractor::extractor;
use crate::web::http::origins::Origins;
use crate::web::http::problem::Problem;
use crate::web::session::class::ClassMode;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;

#[derive(Template)]
#[template(path = "lab/teach.html")]
struct TeachPage<'a> {
    assets: &'a Assets,
    paths: Vec<&'static Path>,
    shows_answers: bool,
    /// Whether this is the teacher of the server's class.
    is_teacher: bool,
    /// Whether the server runs a class.
    has_class: bool,
}

/// `GET /lab/teach`: the paths, or one of them, with what a teacher does in each part.
pub(in crate::web) async fn teach(request: HttpRequest, teaching: Teaching) -> Result<HttpResponse, Problem> {
    let shows_answers = teaching.may_read_answers(&request);
    let is_teacher = teaching.class.is_teacher(&request);
    let has_class = teaching.class.is_on();
    let paths = chosen_path(request.query_string())?.map_or_else(|| PATHS.iter().collect(), |path| vec![path]);
    render(&TeachPage { assets: &teaching.assets, paths, shows_answers, is_teacher, has_class })
}

#[derive(Template)]
#[template(path = "lab/worksheet.html")]
struct WorksheetPage<'a> {
    assets: &'a Assets,
    /// `None` for the whole course.
    path: Option<&'static Path>,
    lessons: Vec<&'static Lesson>,
    /// Only with the whole course.
    attacks: Vec<&'static Attack>,
}

/// `GET /lab/worksheet`: what a class writes its answers on, for a path or for the whole course.
pub(in crate::web) async fn worksheet(request: HttpRequest, assets: Data<Assets>) -> Result<HttpResponse, Problem> {
    let Some(path) = chosen_path(request.query_string())? else { return render(&WorksheetPage::of_all(&assets)) };
    let lessons = path.lessons().collect();
    render(&WorksheetPage { assets: &assets, path: Some(path), lessons, attacks: Vec::new() })
}

impl<'a> WorksheetPage<'a> {
    fn of_all(assets: &'a Assets) -> Self {
        let mut attacks: Vec<_> = Attack::all().collect();
        attacks.sort_by_key(|attack| attack.number);
        Self { assets, path: None, lessons: LESSONS.iter().collect(), attacks }
    }
}

/// The path that an address asks for, if it asks for one.
fn chosen_path(query: &str) -> Result<Option<&'static Path>, Problem> {
    let chosen = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "path");
    let Some((_, minutes)) = chosen else { return Ok(None) };
    let unknown = || Problem::bad_request("`path` is 45, 90 or 180: the minutes of a path.");
    Path::find(&minutes).map(Some).ok_or_else(unknown)
}

#[derive(Template)]
#[template(path = "lab/key.html")]
struct KeyPage<'a> {
    assets: &'a Assets,
    /// `None` for the whole course.
    path: Option<&'static Path>,
    answers: Vec<Answers>,
    /// Of the lesson for pairs that finish early.
    early: Option<Answers>,
    /// The paths whose questions for the class are answered.
    room: Vec<&'static Path>,
    /// Only with the whole course.
    attacks: Vec<&'static Attack>,
}

/// `GET /lab/teach/key`: the answer key, of a path or of the whole course.
pub(in crate::web) async fn key(request: HttpRequest, teaching: Teaching) -> Result<HttpResponse, Problem> {
    if !teaching.may_read_answers(&request) {
        let message = "The answer key is for the teacher. `hallpass lab key` prints it in a terminal.";
        return Err(Problem::new(StatusCode::FORBIDDEN, Code::NotTeacher, message).leading_to("/lab/teach"));
    }
    let path = chosen_path(request.query_string())?;
    let attacks = if path.is_none() { Attack::all().collect() } else { Vec::new() };
    let room = path.map_or_else(|| PATHS.iter().collect(), |path| vec![path]);
    let early = path.and_then(Answers::for_early);
    render(&KeyPage { assets: &teaching.assets, path, answers: Answers::of(path), early, room, attacks })
}

extractor! {
    /// What the pages for teachers need.
    pub(in crate::web) struct Teaching {
        assets: Data<Assets>,
        class: Data<ClassMode>,
        origins: Data<Origins>,
    }
}

impl Teaching {
    /// Whether the answers are for whoever asks: for the teacher of a class, and without class mode for everybody on a
    /// server that only this machine reaches.
    fn may_read_answers(&self, request: &HttpRequest) -> bool {
        if self.class.is_on() { self.class.is_teacher(request) } else { self.origins.are_for_this_machine() }
    }
}
