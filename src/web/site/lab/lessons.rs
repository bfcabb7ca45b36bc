//! The lessons' pages. Every lesson has a file of its own below, with one function that answers its GET and its POST;
//! what they share stands here: the desk that a visitor works at, and the frame around every lesson's page.

mod anatomy;
mod cookie_laboratory;
mod cross_site_forms;
mod hs256_or_rs256;
mod jar;
mod key_confusion;
mod keys_in_the_header;
mod logout;
mod need_a_jwt;
mod none;
mod own_keys;
mod rotation;
mod script_reach;
mod seen;
mod set_cookie;
mod size_limit;
mod tamper;
mod two_clocks;
mod weak_secret;

use actix_web::http::Method;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::{DateTime, Utc};
use url::form_urlencoded;

use crate::keys::ProfileKeys;
use crate::lab::lessons::{Choice, LESSONS, Lesson};
use crate::profiles::demo::DemoAlgorithm;
use crate::profiles::{Profile, lab};
use crate::token::Claims;
use crate::web::http::problem::{self, Problem};
use crate::web::http::signing_queue::SigningQueue;
use crate::web::session::Visitor;
use crate::web::state::State;
use crate::web::view::page::render;

/// `GET` and `POST /lab/lessons/{slug}`: the page, and one step of the lesson.
pub(in crate::web) async fn lesson(
    request: HttpRequest,
    slug: Path<String>,
    body: Bytes,
    visitor: Visitor,
    signing: SigningQueue,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let lesson = Lesson::find(&slug).ok_or_else(Problem::not_found)?;
    let form = Form::read(&request, &body)?;
    // These may make an RSA signature, and none of them waits for anything else.
    let _permit = match lesson.slug {
        "tamper" | "none" | "key-confusion" | "keys-in-the-header" => Some(signing.acquire().await),
        _ => None,
    };
    let mut desk = Desk { request: &request, state: &state, visitor, lesson, form, now: state.now() };
    match lesson.slug {
        "anatomy" => anatomy::page(&mut desk).await,
        "weak-secret" => weak_secret::page(&mut desk).await,
        "logout" => logout::page(&mut desk).await,
        "rotation" => rotation::page(&mut desk),
        "need-a-jwt" => need_a_jwt::page(&mut desk),
        "set-cookie" => set_cookie::page(&mut desk),
        "script-reach" => script_reach::page(&mut desk),
        "two-clocks" => two_clocks::page(&mut desk).await,
        "cookie-laboratory" => cookie_laboratory::page(&mut desk),
        "cross-site-forms" => cross_site_forms::page(&mut desk),
        "size-limit" => size_limit::page(&mut desk),
        "tamper" => tamper::page(&mut desk),
        "hs256-or-rs256" => hs256_or_rs256::page(&mut desk, &signing).await,
        "none" => none::page(&mut desk),
        "key-confusion" => key_confusion::page(&mut desk),
        "keys-in-the-header" => keys_in_the_header::page(&mut desk),
        _ => Err(Problem::not_found()),
    }
}

/// `GET` and `POST /lab/lessons/{slug}/{step}`: what a lesson has beside its page.
pub(in crate::web) async fn step(
    request: HttpRequest,
    path: Path<(String, String)>,
    body: Bytes,
    visitor: Visitor,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let (slug, step) = path.into_inner();
    let lesson = Lesson::find(&slug).ok_or_else(Problem::not_found)?;
    let form = Form::read(&request, &body)?;
    let desk = Desk { request: &request, state: &state, visitor, lesson, form, now: state.now() };
    match (lesson.slug, step.as_str()) {
        ("script-reach", "echo") => Ok(script_reach::echo(&desk)),
        ("cross-site-forms", step) => cross_site_forms::step(&desk, step),
        ("hs256-or-rs256", "public.pem") => hs256_or_rs256::public_key(&desk),
        _ => Err(Problem::not_found()),
    }
}

/// The page that explains a refusal of the front door's, where a lesson is about that very refusal.
pub(in crate::web) fn explained(request: &HttpRequest, problem: &Problem, state: &State) -> Option<HttpResponse> {
    cross_site_forms::explained(request, problem, state)
}

/// A visitor at work on a lesson.
pub(super) struct Desk<'a> {
    pub request: &'a HttpRequest,
    pub state: &'a State,
    pub visitor: Visitor,
    pub lesson: &'static Lesson,
    /// What was sent; empty before anything was.
    pub form: Form,
    pub now: DateTime<Utc>,
}

impl Desk<'_> {
    /// What a field holds, of at most so many characters.
    pub fn text(&self, name: &str, most: usize) -> Result<Option<&str>, Problem> {
        match self.form.get(name) {
            Some(text) if text.chars().count() > most => {
                Err(Problem::bad_request(format!("`{name}` has over the {most} characters that this lesson takes.")))
            }
            text => Ok(text),
        }
    }

    /// Signs a token of the lab's, and counts it.
    pub fn issue(&self, keys: &ProfileKeys, claims: &Claims) -> Result<String, Problem> {
        let token = lab::issue(keys, claims).map_err(|error| Problem::internal(&error))?;
        self.state.metrics.issued(Profile::Lab, DemoAlgorithm::Hs256);
        Ok(token.into_string())
    }

    /// What stands around the lesson; `is_solved` when this step solved it, which is remembered.
    pub fn frame(&mut self, is_solved: bool) -> Result<Frame, Problem> {
        let mut notes = self.visitor.lab();
        let bit = 1 << self.lesson.place();
        let solved_before = notes.lessons & bit != 0;
        if is_solved && !solved_before {
            notes.lessons |= bit;
            self.visitor.note(notes, self.now)?;
        }
        let predicted = self.form.get("predict");
        let question = &self.lesson.question;
        Ok(Frame {
            lesson: self.lesson,
            predicted: predicted.and_then(|value| question.choices.iter().find(|choice| choice.value == value)),
            stage: if self.form.is_sent() { Stage::Done } else { Stage::Untried },
            is_solved,
            solved_before,
        })
    }
}

/// The fields of a form, in their order; the first of a name counts.
pub(super) struct Form {
    fields: Vec<(String, String)>,
    is_sent: bool,
}

impl Form {
    fn read(request: &HttpRequest, body: &[u8]) -> Result<Self, Problem> {
        if !body.is_empty() {
            problem::expect_form(request)?;
        }
        let fields = form_urlencoded::parse(body).into_owned().collect();
        Ok(Self { fields, is_sent: request.method() == Method::POST })
    }

    /// What a redirect of the lesson's own left in the address.
    fn of_query(request: &HttpRequest) -> Self {
        let fields = form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect();
        Self { fields, is_sent: false }
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Also a form without any field is sent.
    pub const fn is_sent(&self) -> bool {
        self.is_sent
    }
}

/// What stands around every lesson: its texts, the prediction, the progress, the way on.
pub(super) struct Frame {
    pub lesson: &'static Lesson,
    pub predicted: Option<&'static Choice>,
    stage: Stage,
    pub is_solved: bool,
    pub solved_before: bool,
}

/// How far what was sent came.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing was sent that there would be something to say of.
    Untried,
    /// Something happened, and the last step is still to come.
    UnderWay,
    /// The last step is done, so it may be told why it came so.
    Done,
}

impl Frame {
    /// Says what happened, and why, only where this is so.
    pub const fn tried_if(self, was_tried: bool) -> Self {
        Self { stage: if was_tried { Stage::Done } else { Stage::Untried }, ..self }
    }

    /// Says what happened, and why only where this is so or the lesson is solved.
    pub const fn explaining_if(self, is_done: bool) -> Self {
        match self.stage {
            Stage::Done if !is_done && !self.is_solved => Self { stage: Stage::UnderWay, ..self },
            _ => self,
        }
    }

    fn was_tried(&self) -> bool {
        self.stage != Stage::Untried
    }

    fn explains(&self) -> bool {
        self.stage == Stage::Done
    }

    fn number(&self) -> usize {
        self.lesson.place() + 1
    }

    fn count() -> usize {
        LESSONS.len()
    }

    fn next(&self) -> Option<&'static Lesson> {
        LESSONS.get(self.lesson.place() + 1).copied()
    }

    fn is_chosen(&self, choice: &Choice) -> bool {
        self.predicted.is_some_and(|predicted| predicted.value == choice.value)
    }
}

/// A lesson's page as an answer.
pub(super) fn page(template: &impl Template) -> Result<HttpResponse, Problem> {
    render(template)
}
