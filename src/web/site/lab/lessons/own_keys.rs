//! A visitor's own keys, and what else a lesson keeps of a visitor's work. They are in the session, so that a reload, a
//! second tab or the way back loses nothing; each lesson has its own, so that none disturbs another.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Form, LessonVisit};
use crate::random::Random;
use crate::web::http::problem::Problem;

/// The field with which the forms of a page say that the session had work on the lesson when the page was made.
const HAS_WORK_FIELD: &str = "has-work";

/// The field of an address to which a press redirects that found this work gone.
pub(super) const LOST_WORK_FIELD: &str = "lost-work";

impl LessonVisit<'_> {
    /// The name under which this visitor's keys are derived. The first call invents it.
    pub(super) fn own_name(&mut self) -> Result<String, Problem> {
        let mut notes = self.visitor.lab();
        if notes.visitor.is_empty() {
            notes.visitor = random_text(&self.lab.random)?;
            self.visitor.note(notes.clone(), self.now)?;
        }
        Ok(notes.visitor)
    }

    /// What this lesson kept of the visitor's work; empty at first, and after a teacher's reset.
    pub(super) fn work(&self) -> String {
        if self.is_begun_anew {
            return String::new();
        }
        self.visitor.lab().work.remove(self.lesson.key).unwrap_or_default()
    }

    /// Whether the session has work on this lesson.
    pub(super) fn has_work(&self) -> bool {
        !self.is_begun_anew && self.visitor.lab().work.contains_key(self.lesson.key)
    }

    /// Whether the page of this form showed work that is gone, or the press before this redirect found it so.
    pub(super) fn finds_its_work_lost(&self) -> bool {
        let sent_with_work = self.form.is_sent() && self.form.get(HAS_WORK_FIELD).is_some();
        let was_lost =
            || self.request.method().is_safe() && Form::of_query(self.request).get(LOST_WORK_FIELD).is_some();
        (sent_with_work && !self.has_work()) || was_lost()
    }

    /// Keeps this text for the lesson.
    pub(super) fn keep_work(&mut self, text: String) -> Result<(), Problem> {
        let mut notes = self.visitor.lab();
        notes.work.insert(self.lesson.key.to_owned(), text);
        Ok(self.visitor.note(notes, self.now)?)
    }
}

/// 128 random bits in base64url.
pub(super) fn random_text(random: &Random) -> Result<String, Problem> {
    Ok(URL_SAFE_NO_PAD.encode(random.bytes::<16>()?))
}
