//! The lessons' pages. Every lesson has a file of its own below, with its [`LessonPage`]. Here is what they share: the
//! handlers that find the page, the request as a lesson sees it, and the texts around every lesson.

mod anatomy;
mod another_service;
mod answer_page;
mod cookie_laboratory;
mod cross_site_forms;
mod cross_site_forms_two;
mod form;
mod hs256_or_rs256;
mod judged_token;
mod key_confusion;
mod keys_in_the_header;
mod lesson_cookies;
mod log_in_with_a_code;
mod logout;
mod need_a_jwt;
mod none;
mod own_keys;
mod projector;
mod recover_the_public_key;
mod rotation;
mod script_reach;
mod session_fixation;
mod set_cookie;
mod size_limit;
mod start_here;
mod stay_logged_in;
mod tamper;
mod tied_to_you;
mod two_clocks;
mod weak_secret;
mod where_to_keep_it;

use actix_web::cookie::time::Duration;
use actix_web::http::{Method, StatusCode};
use actix_web::web::{Bytes, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::code::Code;
use crate::keys::ProfileKeys;
use crate::lab::lessons::hints::{Help, Open, OpenedHints};
use crate::lab::lessons::press::{self, PressResult};
use crate::lab::lessons::{Choice, Lesson, WithoutSecondSite, course};
use crate::lab::progress::{LessonProgress, Prediction};
use crate::profiles::lab;
use crate::token::Claims;
use crate::web::http::problem::Problem;
use crate::web::http::redirect::see_other;
use crate::web::http::signing_queue::{SigningPermit, SigningQueue};
use crate::web::session::Visitor;
use crate::web::session::class::{Absence, Learner};
use crate::web::site::lab::Lab;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;
use form::Form;
use projector::Projector;

/// What answers the addresses of a lesson.
#[async_trait(?Send)]
trait LessonPage: Sync {
    /// Answers `GET` and `POST /lab/lessons/{slug}`.
    async fn page(&self, visit: &mut LessonVisit<'_>) -> Result<HttpResponse, Problem>;

    /// The steps that judge what was typed, and change nothing else. A hint after one of them judges it again, so that
    /// the page still shows all that belongs to the verdict.
    fn judging_steps(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether the forms of the page carry its work along, so that none is lost with the session.
    fn forms_carry_work(&self) -> bool {
        false
    }

    /// Answers `GET` and `POST /lab/lessons/{slug}/{step}`. Most lessons have no such addresses.
    fn step(&self, _visit: &LessonVisit<'_>, _step: &str) -> Result<HttpResponse, Problem> {
        Err(Problem::not_found())
    }
}

macro_rules! pages {
    ($($part:literal { $($page:ident: $slug:literal, $key:literal;)+ })+) => {
        /// The page of every lesson, by the lesson's slug.
        static PAGES: &[(&str, &dyn LessonPage)] = &[$($(($slug, &$page::Page)),+),+];
    };
}

course!(pages);

/// The lesson of this slug, and its page.
fn find(slug: &str) -> Result<(&'static Lesson, &'static dyn LessonPage), Problem> {
    let page = PAGES.iter().find(|(its_slug, _)| *its_slug == slug).map(|(_, page)| *page);
    Lesson::find(slug).zip(page).ok_or_else(Problem::not_found)
}

/// `GET` and `POST /lab/lessons/{slug}`: the page, and what its forms send.
pub(in crate::web) async fn lesson(
    request: HttpRequest,
    slug: Path<String>,
    body: Bytes,
    visitor: Visitor,
    signing: SigningQueue,
    lab: Lab,
    learner: Learner,
) -> Result<HttpResponse, Problem> {
    let (lesson, page) = find(&slug)?;
    if learner.is_closed(lesson) {
        return closed(lesson, request.method(), &lab.assets);
    }
    let came_with_session = visitor.is_open();
    let mut visit = LessonVisit::new(lesson, &request, &body, visitor, &signing, &lab, learner)?;
    if visit.has_earlier_work() {
        return visit.begin_anew().await;
    }
    if let Some(page) = answer_page::find(&visit).await? {
        return Ok(page);
    }
    visit.has_lost_work = !page.forms_carry_work() && visit.finds_its_work_lost();
    visit.answer = answer_page::new_name(&mut visit, came_with_session)?;
    let mut response = if let Some(prediction) = visit.sent_prediction()? {
        visit.predict(prediction)
    } else {
        visit.asks_for_hint = visit.form.takes_hint();
        if visit.asks_for_hint {
            visit.evidence = answer_page::evidence(&visit).await?;
            if visit.has_lost_work {
                // That verdict was about the lost work.
                visit.last_press = Some(PressResult::Missing(press::LOST_WORK.to_owned()));
            } else {
                visit.press_again(page.judging_steps());
            }
        }
        page.page(&mut visit).await?
    };
    lesson_cookies::keep_press(&visit, &mut response)?;
    visit.keep_progress(&mut response).await?;
    let response = Projector::show(&visit, response)?;
    answer_page::keep(&visit, response).await
}

#[derive(Template)]
#[template(path = "lab/closed.html")]
struct ClosedPage<'a> {
    assets: &'a Assets,
    lesson: &'static Lesson,
}

/// What is shown of a lesson that the teacher of the class has not opened. Its forms do nothing.
fn closed(lesson: &'static Lesson, method: &Method, assets: &Assets) -> Result<HttpResponse, Problem> {
    if method.is_safe() { render(&ClosedPage { assets, lesson }) } else { Err(closed_problem()) }
}

fn closed_problem() -> Problem {
    let message = "This lesson is closed. Your teacher can open it.";
    let problem = Problem::new(StatusCode::FORBIDDEN, Code::LessonClosed, message);
    problem.headed("This lesson was closed").leading_to("/lab")
}

/// `GET` and `POST /lab/lessons/{slug}/{step}`: what a lesson has beside its page.
pub(in crate::web) async fn step(
    request: HttpRequest,
    path: Path<(String, String)>,
    body: Bytes,
    visitor: Visitor,
    signing: SigningQueue,
    lab: Lab,
    learner: Learner,
) -> Result<HttpResponse, Problem> {
    let (slug, step) = path.into_inner();
    let (lesson, page) = find(&slug)?;
    if learner.is_closed(lesson) {
        return Err(closed_problem());
    }
    let visit = LessonVisit::new(lesson, &request, &body, visitor, &signing, &lab, learner)?;
    let mut response = page.step(&visit, &step)?;
    Projector::keep_remembered(lesson, &request, &mut response);
    Ok(response)
}

/// The same problem with a link to the lesson that was refused something, also if no handler of it was called; for an
/// address of the lab with nothing there, to the lab; for one below the board of a class, to the board.
pub(in crate::web) fn leading_back(request: &HttpRequest, problem: Problem) -> Problem {
    let path = request.path();
    let slug = path.strip_prefix("/lab/lessons/").and_then(|rest| rest.split('/').next());
    match slug.and_then(Lesson::find) {
        _ if problem.leads_to.is_some() => problem,
        Some(lesson) => problem.leading_to(&format!("/lab/lessons/{}", lesson.slug)),
        // Who is not the teacher is led elsewhere by the problem itself, and a server without a class has no board.
        None if path.starts_with("/class/board/") && problem.status != StatusCode::NOT_FOUND => {
            problem.leading_to("/class/board")
        }
        None if problem.status == StatusCode::NOT_FOUND && path.starts_with("/lab/") => problem.leading_to("/lab"),
        None => problem,
    }
}

/// The page that explains why the request pipeline refused a request, if a lesson is about that refusal.
pub(in crate::web) fn explained(request: &HttpRequest, problem: &Problem, assets: &Assets) -> Option<HttpResponse> {
    cross_site_forms::explained(request, problem, assets)
}

/// One request for a lesson, with what answers it needs.
struct LessonVisit<'a> {
    request: &'a HttpRequest,
    lab: &'a Lab,
    signing: &'a SigningQueue,
    visitor: Visitor,
    lesson: &'static Lesson,
    /// The fields that were sent; empty if none were.
    form: Form,
    now: DateTime<Utc>,
    /// Whose progress it is, and what this request makes of it.
    learner: Learner,
    progress: LessonProgress,
    /// Whether the button for a hint was pressed.
    asks_for_hint: bool,
    /// The verdict that was on the page when that button was pressed. The page keeps showing it: the hint is about it.
    last_press: Option<PressResult>,
    /// What stood under that verdict, if the page with it is kept.
    evidence: Option<String>,
    /// The name under which the page that answers this request will be kept.
    answer: Option<String>,
    /// The seal of the address that this press redirects to, where its outcome is shown.
    outcome_to_come: Option<String>,
    /// Whether a pupil begins this lesson now, whatever the session has of earlier work on it.
    is_begun_anew: bool,
    /// Whether the page with the form showed work that the session does not have any more.
    has_lost_work: bool,
}

impl<'a> LessonVisit<'a> {
    fn new(
        lesson: &'static Lesson,
        request: &'a HttpRequest,
        body: &[u8],
        visitor: Visitor,
        signing: &'a SigningQueue,
        lab: &'a Lab,
        learner: Learner,
    ) -> Result<Self, Problem> {
        let form = Form::read(request, body)?;
        let progress = learner.progress.lesson(lesson.key);
        let (now, is_begun_anew) = (lab.clock.now(), learner.begins(lesson));
        Ok(Self {
            request,
            lab,
            signing,
            visitor,
            lesson,
            form,
            now,
            learner,
            progress,
            asks_for_hint: false,
            last_press: None,
            evidence: None,
            answer: None,
            outcome_to_come: None,
            is_begun_anew,
            has_lost_work: false,
        })
    }

    /// The prediction, if that is what the form sends.
    fn sent_prediction(&self) -> Result<Option<Prediction>, Problem> {
        let choice = || self.form.get("predict").and_then(|value| self.lesson.question.choice(value));
        match self.form.get("step").filter(|_| self.form.is_sent()) {
            Some("skip") => Ok(Some(Prediction::Skipped)),
            Some("predict") => match choice() {
                Some(choice) => Ok(Some(Prediction::Choice(choice.value.to_owned()))),
                None => Err(Problem::bad_request("Choose one of the answers, or press Skip.")),
            },
            _ => Ok(None),
        }
    }

    /// Shows again what the button for a hint was pressed beside: a wrong answer is judged again if it was one of these
    /// steps, and of everything else the page repeats the sentence.
    fn press_again(&mut self, steps: &[&str]) {
        let last = self.form.last_press();
        let step = self.form.get("last_step").filter(|step| steps.contains(step)).map(str::to_owned);
        match (step, last) {
            (Some(step), Some(last)) if last.is_wrong() => self.form.press(&step),
            (_, last) => self.last_press = last,
        }
    }

    /// Whether a pupil begins this lesson in a browser that still has earlier work on it: a teacher reset it.
    fn has_earlier_work(&self) -> bool {
        let has_kept = || self.visitor.lab().work.contains_key(self.lesson.key);
        self.is_begun_anew && (has_kept() || !lesson_cookies::names(self.request).is_empty())
    }

    /// Drops the earlier work, and leads to the lesson as it is at the start.
    async fn begin_anew(mut self) -> Result<HttpResponse, Problem> {
        let view = Projector::of(self.request).map(Projector::query).unwrap_or_default();
        let address = format!("/lab/lessons/{}{view}", self.lesson.slug);
        let mut response = see_other(&address);
        for name in lesson_cookies::names(self.request) {
            let removal = lesson_cookies::of_lesson(&self, name, String::new(), Duration::ZERO);
            response.add_cookie(&removal).map_err(|error| Problem::internal(&error))?;
        }
        let mut notes = self.visitor.lab();
        notes.work.remove(self.lesson.key);
        self.visitor.note(notes, self.now)?;
        self.keep_progress(&mut response).await?;
        Ok(response)
    }

    /// Keeps the prediction, and leads to the task.
    fn predict(&mut self, prediction: Prediction) -> HttpResponse {
        self.progress.prediction = prediction;
        let address = format!("/lab/lessons/{}#do", self.lesson.slug);
        see_other(&address)
    }

    /// Takes the fields of the address instead of the form's, unless a form came.
    pub fn read_address(&mut self) {
        if self.request.method() != Method::POST {
            self.form = Form::of_query(self.request);
        }
    }

    /// The next lesson that is open, for pupils too if the teacher asks.
    fn next_lesson(&self) -> Option<&'static Lesson> {
        let is_open = |lesson: &&Lesson| !self.learner.is_closed(lesson) && !self.learner.is_closed_to_pupils(lesson);
        self.lesson.following().find(is_open)
    }

    /// Keeps what this request changed.
    async fn keep_progress(&mut self, response: &mut HttpResponse) -> Result<(), Problem> {
        self.learner.keep_lesson(self.lesson, &self.progress, response).await
    }

    /// Waits for this request's turn to make an RSA signature. Time passes while it waits.
    pub async fn wait_to_sign(&mut self) -> SigningPermit<'a> {
        let permit = self.signing.acquire().await;
        self.now = self.lab.clock.now();
        permit
    }

    /// The text of a field, which may have at most this many characters. A browser counts a line break as one, and
    /// sends two.
    pub fn text(&self, name: &str, most: usize) -> Result<Option<&str>, Problem> {
        match self.form.get(name) {
            Some(text) if text.chars().filter(|c| *c != '\r').count() > most => {
                Err(Problem::bad_request(format!("`{name}` has over the {most} characters that this lesson takes.")))
            }
            text => Ok(text),
        }
    }

    /// Signs a token of the lab, and counts it in the metrics.
    pub fn issue(&self, keys: &ProfileKeys, claims: &Claims) -> Result<String, Problem> {
        let token = lab::issue(keys, claims)?;
        self.lab.metrics.issued(&lab::PROFILE, token.algorithm());
        Ok(token.into_string())
    }

    /// The texts around the lesson, with what a press came to; `None` if nothing was pressed that this page answers.
    /// The progress remembers it. The hints are about what is open now.
    pub fn judged(&mut self, press: Option<PressResult>, open: impl Into<Open>) -> Frame {
        let is_form = self.request.method() == Method::POST;
        let press = if self.progress.is_solved { press.map(PressResult::after_solved) } else { press };
        let press = if self.has_lost_work { press.map(PressResult::after_lost_work) } else { press };
        match &press {
            // A link of another site is a GET. It must neither solve a lesson nor count against the visitor.
            Some(PressResult::Solved(_)) if is_form || lesson_cookies::is_outcome(self) => {
                self.progress.is_solved = true;
            }
            Some(PressResult::Wrong(_)) if is_form && !self.asks_for_hint || lesson_cookies::is_new_outcome(self) => {
                self.progress.count_try();
            }
            Some(_) | None => {}
        }
        let is_solved = press.as_ref().is_some_and(PressResult::is_solved);
        // Whoever solved a lesson in one way may go on to the others.
        let is_over = is_solved && self.lesson.solution.others.is_empty();
        let help = self.help(if is_over { Open::Nothing } else { open.into() });
        let projector = Projector::of(self.request);
        let step =
            ["step", "do", "last_step"].into_iter().find_map(|name| self.form.get(name)).unwrap_or_default().to_owned();
        Frame {
            lesson: self.lesson,
            progress: self.progress.clone(),
            press: press.or_else(|| self.last_press.take()),
            step,
            help,
            projector,
            pupil: self.learner.in_class().map(|(_, pupil)| pupil.shown_name()),
            is_outside: self.learner.is_outside(),
            absence: self.learner.absence(),
            second_site: self.missing_second_site(),
            is_closed_to_pupils: self.learner.is_closed_to_pupils(self.lesson),
            next: self.next_lesson(),
            // One that is kept was shown instead of this page.
            evidence: self.evidence.take(),
            answer: self.answer.clone(),
            answer_is_gone: answer_page::asked_for(self.request).is_some(),
            work_mark: self.has_work().then_some("1"),
        }
    }

    fn missing_second_site(&self) -> Option<WithoutSecondSite> {
        let is_missing = self.lab.origins.has_no_second_site(self.request.head());
        self.lesson.without_second_site().filter(|_| is_missing)
    }

    /// The hints, with one more if the button for one was pressed. The button sends the work form with it, so the page
    /// shows what was typed again, as if the form was not sent.
    fn help(&mut self, open: Open) -> Help {
        let asked = self.form.get("asked");
        let mut shown = self.progress.hints.still_asked(asked, open, self.lesson.solution.is_by_part());
        // The page says which hints it shows, and otherwise which one its button is for, so that a reload does not open
        // one more.
        let is_open = |place: usize| asked.is_none() && shown.has(place);
        let is_again = self.form.get("hint").and_then(|place| place.parse().ok()).is_some_and(is_open);
        let is_held = self.learner.is_solution_held(self.lesson);
        let help = |shown: OpenedHints| Help::of(self.lesson, shown, open, is_held);
        if let Some((_, place)) = help(shown).next.filter(|_| self.asks_for_hint && !is_again) {
            shown.open(place);
            self.progress.hints.open(place);
        }
        help(shown)
    }
}

/// What every lesson's page shows: its texts, the prediction, the verdict, the progress, and the next lesson.
pub(super) struct Frame {
    pub lesson: &'static Lesson,
    progress: LessonProgress,
    press: Option<PressResult>,
    /// The step that was pressed, by the name that the form sends.
    step: String,
    help: Help,
    /// The projector view, if it is asked for.
    projector: Option<Projector>,
    /// The name under which this visitor is in the class.
    pupil: Option<String>,
    /// A class is open, and this visitor is not in it.
    is_outside: bool,
    /// Why this browser's pupil is no longer in the class.
    absence: Option<Absence>,
    /// What the lesson is here without the second site that it needs; `None` if it has all that it needs.
    second_site: Option<WithoutSecondSite>,
    /// The teacher sees a lesson that pupils do not.
    is_closed_to_pupils: bool,
    /// The next lesson that this visitor can open.
    next: Option<&'static Lesson>,
    /// What stood under the verdict beside which a hint was asked for. It is shown in place of this page's own.
    evidence: Option<String>,
    /// The name under which this page will be kept.
    answer: Option<String>,
    /// Whether the address leads to an answer page that is no longer kept.
    answer_is_gone: bool,
    /// What the forms of the page send if the session keeps work on this lesson.
    work_mark: Option<&'static str>,
}

impl Frame {
    /// Where the lesson's forms are sent: to its page, in the same view, at this fragment.
    fn action(&self, fragment: &str) -> String {
        let view = self.projector.map(Projector::query).unwrap_or_default();
        format!("/lab/lessons/{}{view}#{fragment}", self.lesson.slug)
    }

    /// Whether this step was pressed and has to be pressed again, so that the link in the verdict leads back to it.
    fn goes_back_to(&self, step: &str) -> bool {
        self.step == step && self.press.as_ref().is_some_and(PressResult::is_wrong)
    }

    /// Whether this press solved the lesson.
    pub fn is_solved(&self) -> bool {
        self.press.as_ref().is_some_and(PressResult::is_solved)
    }

    /// Whether this press has to be made again.
    pub fn is_wrong(&self) -> bool {
        self.press.as_ref().is_some_and(PressResult::is_wrong)
    }

    /// Whether the next control is directly below the verdict, where it is on the screen after a press. Then the step
    /// itself leads there, so that no button is on the page twice. The projector view shows each step with the verdict.
    fn goes_on_below(&self) -> bool {
        self.press.is_some() && !self.is_solved() && self.projector.is_none()
    }

    /// Whether the lesson is solved, now or before.
    fn was_solved(&self) -> bool {
        self.progress.is_solved
    }

    /// The task appears once the prediction is sent or skipped. A program may answer without one.
    fn shows_task(&self) -> bool {
        let is_answered =
            self.progress.prediction != Prediction::None || self.press.is_some() || self.progress.hints.count() > 0;
        is_answered || self.was_solved() || self.projector.is_some()
    }

    /// Why it happened is folded until the lesson is solved. A teacher comes to it step by step.
    fn unfolds(&self) -> bool {
        self.was_solved() || self.projector.is_some()
    }

    fn predicted(&self) -> Option<&'static Choice> {
        match &self.progress.prediction {
            Prediction::Choice(value) => self.lesson.question.choice(value),
            Prediction::None | Prediction::Skipped => None,
        }
    }

    fn has_skipped(&self) -> bool {
        self.progress.prediction == Prediction::Skipped
    }
}
