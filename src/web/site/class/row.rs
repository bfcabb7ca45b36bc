//! A row of the board: one pupil, and what its cells say of each lesson.

use chrono::{DateTime, TimeDelta, Utc};

use super::done::pupil_row;
use crate::lab::class::{PredictionState, Pupil, Standing, State};
use crate::lab::lessons::Lesson;
use crate::texts::wording::counted;

/// A pupil who sent nothing for so long is not at work now.
const AT_WORK: TimeDelta = TimeDelta::hours(1);

/// A pupil, and how far they are in each lesson.
pub(super) struct Row {
    pub pupil: Pupil,
    /// The name, numbered if another pupil has it too.
    pub name: String,
    pub standings: Vec<(&'static Lesson, Standing)>,
}

impl Row {
    /// The id of the row in the page.
    pub fn id(&self) -> String {
        pupil_row(&self.pupil.id)
    }

    pub fn solved(&self) -> usize {
        self.standings.iter().filter(|(_, standing)| standing.state == State::Solved).count()
    }

    pub fn standing(&self, lesson: &Lesson) -> Option<&Standing> {
        self.standings.iter().find(|(own, _)| own.key == lesson.key).map(|(_, standing)| standing)
    }

    pub fn cell(&self, lesson: &Lesson) -> Option<Cell> {
        self.standing(lesson).map(Cell::of)
    }

    pub fn is_stuck(&self) -> bool {
        self.standings.iter().any(|(_, standing)| standing.stuck)
    }

    /// The lesson that they work on now: of the unsolved ones that are open, the one that they began last.
    pub fn works_on(&self, now: DateTime<Utc>, is_open: impl Fn(&Lesson) -> bool) -> Option<&'static Lesson> {
        let opened_at = |lesson: &Lesson| self.pupil.record.times.get(lesson.key).map(|times| times.opened_at);
        let begun = self.standings.iter().filter(|(lesson, it)| it.state == State::Open && is_open(lesson));
        let last = begun.max_by_key(|(lesson, _)| opened_at(lesson)).map(|(lesson, _)| *lesson);
        last.filter(|_| now - self.pupil.seen_at <= AT_WORK)
    }

    /// That they deleted their own progress.
    pub fn began_again(&self) -> Option<String> {
        match self.pupil.restarts {
            0 => None,
            1 => Some("began again".to_owned()),
            count => Some(format!("began again {count} times")),
        }
    }
}

/// How the table shows a standing. The style sheet puts a sign before the word.
pub(super) struct Cell {
    pub class: &'static str,
    pub word: &'static str,
    pub details: String,
}

impl Cell {
    fn of(standing: &Standing) -> Self {
        let (class, word) = match standing.state {
            State::Solved => ("passed", "solved"),
            State::Open if standing.stuck => ("stuck", "stuck"),
            State::Open => ("begun", "open"),
            State::NotBegun => ("not-begun", "not begun"),
        };
        let prediction = match standing.prediction {
            PredictionState::None => None,
            PredictionState::Right => Some("predicted right".to_owned()),
            PredictionState::Wrong => Some("predicted wrong".to_owned()),
            PredictionState::Skipped => Some("prediction skipped".to_owned()),
        };
        let tries = match standing.tries {
            0 => None,
            1 => Some("1 wrong try".to_owned()),
            tries => Some(format!("{tries} wrong tries")),
        };
        let hints = (standing.hints > 0).then(|| counted(standing.hints.into(), "hint"));
        let details = [tries, hints, prediction];
        Self { class, word, details: details.into_iter().flatten().collect::<Vec<_>>().join(", ") }
    }
}
