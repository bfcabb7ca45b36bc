//! Whose progress a request for the lab is about: a pupil's, which the store keeps, or that of a browser, which keeps
//! it in a cookie.

use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use chrono::{DateTime, TimeDelta, Utc};

use super::{Absence, ClassMode};
use crate::lab::class::{Class, LessonStep, Pupil, PupilStep};
use crate::lab::lessons::Lesson;
use crate::lab::progress::{LessonProgress, Progress};
use crate::web::http::extractor::FromHead as _;
use crate::web::http::problem::Problem;
use crate::web::session::Sessions;

/// A pupil who only looks counts as seen again after this time.
const SEEN_EVERY: TimeDelta = TimeDelta::minutes(1);

/// Who learns here.
pub(in crate::web) struct Learner {
    pub progress: Progress,
    mode: Data<ClassMode>,
    sessions: Data<Sessions>,
    pupil: Option<Arc<Pupil>>,
    /// The open class, whose rules hold for everybody on this server but the teacher: somebody who is not in the class
    /// would otherwise see what is held from it.
    class: Option<Class>,
    /// Why the pupil of this browser's cookie is not there.
    absence: Option<Absence>,
    is_teacher: bool,
}

impl Learner {
    async fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let (mode, sessions) = (Data::<ClassMode>::from_head(request)?, Data::<Sessions>::from_head(request)?);
        let Some(room) = mode.room() else {
            let progress = sessions.progress(request);
            return Ok(Self { progress, mode, sessions, pupil: None, class: None, absence: None, is_teacher: false });
        };
        let is_teacher = room.is_teacher(request);
        if let Some((class, pupil)) = room.recent_pupil(request).await? {
            let progress = pupil.record.progress.clone();
            let (pupil, class) = (Some(pupil), Some(class));
            return Ok(Self { progress, mode, sessions, pupil, class, absence: None, is_teacher });
        }
        let class = room.recent().await?;
        let absence = room.absence(request).await?;
        let progress = sessions.progress(request);
        Ok(Self { progress, mode, sessions, pupil: None, class, absence, is_teacher })
    }

    /// The pupil, and the class that they are in.
    pub fn in_class(&self) -> Option<(&Class, &Pupil)> {
        self.class.as_ref().zip(self.pupil.as_deref())
    }

    /// Whether a class is open that can be joined, and this is neither a pupil nor the teacher.
    pub fn may_join(&self) -> bool {
        self.is_outside() && self.class.as_ref().is_some_and(|class| class.joining_open)
    }

    /// Why the pupil of this browser is no longer in the class. The teacher is told nothing of it.
    pub fn absence(&self) -> Option<Absence> {
        self.absence.filter(|_| !self.is_teacher)
    }

    /// Whether a class is open, and this is neither one of its pupils nor its teacher.
    pub fn is_outside(&self) -> bool {
        self.pupil.is_none() && self.rules().is_some()
    }

    /// Whether only the teacher sees the solution of this lesson.
    pub fn is_solution_held(&self, lesson: &Lesson) -> bool {
        self.rules().is_some_and(|class| class.is_solution_held(lesson.key))
    }

    /// Whether only the teacher sees the expected codes of the attacks.
    pub fn are_codes_held(&self) -> bool {
        self.rules().is_some_and(|class| class.codes_held)
    }

    pub fn is_closed(&self, lesson: &Lesson) -> bool {
        self.rules().is_some_and(|class| !class.is_lesson_open(lesson.key))
    }

    pub const fn is_teacher(&self) -> bool {
        self.is_teacher
    }

    /// Whether this is the teacher, and pupils cannot open the lesson.
    pub fn is_closed_to_pupils(&self, lesson: &Lesson) -> bool {
        self.is_teacher && self.class.as_ref().is_some_and(|class| !class.is_lesson_open(lesson.key))
    }

    fn rules(&self) -> Option<&Class> {
        self.class.as_ref().filter(|_| !self.is_teacher)
    }

    /// Whether a pupil opens this lesson for the first time, or for the first time after a reset. What the browser
    /// still has of earlier work on it does not count then.
    pub fn begins(&self, lesson: &Lesson) -> bool {
        self.pupil.as_ref().is_some_and(|pupil| !pupil.record.times.contains_key(lesson.key))
    }

    /// Whom a page of this lesson is shown to, in words that change with all that may hide it again: a pupil's name,
    /// return or reset, the teacher's logout, a solution that is held. `None` before a pupil has opened the lesson.
    pub fn viewer(&self, lesson: &Lesson) -> Option<String> {
        let (is_held, is_outside) = (self.is_solution_held(lesson), self.is_outside());
        let absence = self.absence();
        let rules = format!("teacher={} held={is_held} outside={is_outside} absent={absence:?}", self.is_teacher);
        let Some(pupil) = &self.pupil else { return Some(rules) };
        let opened_at = pupil.record.times.get(lesson.key)?.opened_at;
        let (id, returns, name) = (pupil.id.as_str(), pupil.returns, pupil.shown_name());
        Some(format!("{rules} pupil={id} returns={returns} opened={opened_at} name={name}"))
    }

    /// Keeps what a request made of a lesson.
    pub async fn keep_lesson(
        &mut self,
        lesson: &Lesson,
        after: &LessonProgress,
        response: &mut HttpResponse,
    ) -> Result<(), Problem> {
        let before = self.progress.lesson(lesson.key);
        if self.pupil.is_some() {
            let has_news = before != *after || self.begins(lesson);
            let step = LessonStep { key: lesson.key, before, after: after.clone() };
            return self.add(has_news, PupilStep { lesson: Some(step), ..PupilStep::default() }, response).await;
        }
        if before == *after {
            return Ok(());
        }
        self.progress.keep_lesson(lesson.key, after.clone());
        self.sessions.keep_progress(&self.progress, response)
    }

    /// Keeps that an attack was tried.
    pub async fn keep_tried(&mut self, key: &'static str, response: &mut HttpResponse) -> Result<(), Problem> {
        let has_news = !self.progress.has_tried(key);
        if self.pupil.is_some() {
            return self.add(has_news, PupilStep { tried: Some(key), ..PupilStep::default() }, response).await;
        }
        if !has_news {
            return Ok(());
        }
        self.progress.keep_tried(key);
        self.sessions.keep_progress(&self.progress, response)
    }

    async fn add(&self, has_news: bool, step: PupilStep, response: &mut HttpResponse) -> Result<(), Problem> {
        let (Some(room), Some(pupil)) = (self.mode.room(), &self.pupil) else { return Ok(()) };
        if !has_news && !is_due(pupil, room.now()) {
            return Ok(());
        }
        room.add_step(&pupil.id, &PupilStep { returns: pupil.returns, ..step }, response).await
    }

    /// Deletes the whole progress.
    pub async fn reset(&self, response: &mut HttpResponse) -> Result<(), Problem> {
        match (self.mode.room(), &self.pupil) {
            (Some(room), Some(pupil)) => room.begin_again(pupil, response).await,
            _ => self.sessions.keep_progress(&Progress::default(), response),
        }
    }
}

fn is_due(pupil: &Pupil, now: DateTime<Utc>) -> bool {
    now - pupil.seen_at >= SEEN_EVERY
}

impl FromRequest for Learner {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { Self::of(&request).await })
    }
}
