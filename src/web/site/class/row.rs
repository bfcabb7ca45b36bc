//! A row of the board: one pupil, and what its cells say of each lesson.

use chrono::{DateTime, TimeDelta, Utc};

use super::done::pupil_row;
use crate::lab::class::{Class, PredictionState, Pupil, Standing, State};
use crate::lab::lessons::{LESSONS, Lesson};
use crate::texts::wording::counted;

/// A pupil who sent nothing for so long is away: not at work now, and not stuck either.
const AWAY: TimeDelta = TimeDelta::minutes(10);

/// A pupil, and how far they are in each lesson.
pub(super) struct Row {
    pub pupil: Pupil,
    /// The name, numbered if another pupil has it too.
    pub name: String,
    pub standings: Vec<(&'static Lesson, Standing)>,
    /// The lesson that they work on now: of the unsolved ones that are open, the one in which they pressed something
    /// last. A pupil who is away works on none.
    pub works_on: Option<&'static Lesson>,
    /// The lesson that they work on, if they are stuck in it.
    pub stuck_in: Option<&'static Lesson>,
    /// The lessons that pupils cannot open now.
    pub closed: Vec<&'static str>,
}

impl Row {
    pub fn new(pupil: Pupil, name: String, class: &Class, now: DateTime<Utc>) -> Self {
        let standings = LESSONS.iter().map(|lesson| (lesson, Standing::of(&pupil, lesson, now))).collect();
        let closed = LESSONS.iter().map(|lesson| lesson.key).filter(|key| !class.is_lesson_open(key)).collect();
        let mut row = Self { pupil, name, standings, works_on: None, stuck_in: None, closed };
        row.works_on = row.last_begun().filter(|_| !row.is_away(now));
        row.stuck_in = row.works_on.filter(|lesson| row.standing(lesson).is_some_and(is_stuck));
        row
    }

    fn last_begun(&self) -> Option<&'static Lesson> {
        let worked_at = |lesson: &Lesson| self.pupil.record.times.get(lesson.key).map(|times| times.worked_at());
        let begun = self.standings.iter().filter(|(lesson, it)| it.state == State::Open && self.can_open(lesson));
        begun.max_by_key(|(lesson, _)| worked_at(lesson)).map(|(lesson, _)| *lesson)
    }

    fn can_open(&self, lesson: &Lesson) -> bool {
        !self.closed.contains(&lesson.key)
    }

    fn is_away(&self, now: DateTime<Utc>) -> bool {
        now - self.pupil.seen_at >= AWAY
    }

    /// Whether the board marks them as stuck in this lesson: they are stuck in it now, or were often wrong in it. Time
    /// alone says nothing of a lesson that they have left.
    pub fn is_marked(&self, lesson: &Lesson) -> bool {
        let is_stuck_now = self.stuck_in.is_some_and(|stuck_in| stuck_in.key == lesson.key);
        let was_often_wrong = || self.standing(lesson).is_some_and(Standing::has_many_wrong_tries);
        is_stuck_now || (self.can_open(lesson) && was_often_wrong())
    }

    /// The id of the row in the page.
    pub fn id(&self) -> String {
        pupil_row(&self.pupil.id)
    }

    /// Of the lessons that are open.
    pub fn solved(&self, is_open: impl Fn(&Lesson) -> bool) -> usize {
        self.standings.iter().filter(|(lesson, it)| it.state == State::Solved && is_open(lesson)).count()
    }

    pub fn standing(&self, lesson: &Lesson) -> Option<&Standing> {
        self.standings.iter().find(|(own, _)| own.key == lesson.key).map(|(_, standing)| standing)
    }

    pub fn cell(&self, lesson: &Lesson, now: DateTime<Utc>) -> Option<Cell> {
        let opened_at = self.pupil.record.times.get(lesson.key).map(|times| times.opened_at);
        let since = opened_at.map(|opened_at| span(TimeDelta::seconds(now.timestamp() - opened_at)));
        self.standing(lesson).map(|standing| Cell::of(standing, self.is_marked(lesson), since))
    }

    /// For how long they sent nothing, if that is long.
    pub fn away(&self, now: DateTime<Utc>) -> Option<String> {
        self.is_away(now).then(|| format!("away {}", span(now - self.pupil.seen_at)))
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

/// By time only somebody who has done something in the lesson.
fn is_stuck(standing: &Standing) -> bool {
    standing.stuck && standing.is_tried()
}

/// A span of time in a few characters, rounded down.
fn span(time: TimeDelta) -> String {
    match time.num_minutes() {
        minutes @ ..60 => format!("{minutes} min"),
        _ if time.num_hours() < 48 => format!("{} h", time.num_hours()),
        _ => format!("{} days", time.num_days()),
    }
}

/// How the table shows a standing. The style sheet shows a sign and the marks. It hides the words, which are for screen
/// readers.
pub(super) struct Cell {
    pub class: &'static str,
    pub state: &'static str,
    /// How long ago an unsolved lesson was opened, wrong tries, hints and the prediction, as short as they can be.
    pub marks: String,
    /// The state and all of that.
    pub words: String,
}

impl Cell {
    fn of(standing: &Standing, is_marked: bool, since: Option<String>) -> Self {
        let (class, state) = match standing.state {
            State::Solved => ("passed", "solved"),
            State::Open if is_marked => ("stuck", "stuck"),
            State::Open => ("begun", "open"),
            State::NotBegun => ("not-begun", "not begun"),
        };
        let prediction = match standing.prediction {
            PredictionState::None => None,
            PredictionState::Right => Some(("P✓".to_owned(), "predicted right".to_owned())),
            PredictionState::Wrong => Some(("P✗".to_owned(), "predicted wrong".to_owned())),
            PredictionState::Skipped => Some(("P–".to_owned(), "not predicted".to_owned())),
        };
        let tries = match standing.tries {
            0 => None,
            tries => Some((format!("{tries}✗"), format!("{tries} wrong"))),
        };
        let hints = standing.hints;
        let hints = (hints > 0).then(|| (format!("{hints}?"), counted(hints.into(), "hint")));
        // A line may end between two marks, and not in one.
        let since = since.filter(|_| standing.state == State::Open).map(|it| (it.replace(' ', "\u{a0}"), it));
        let (marks, words): (Vec<_>, Vec<_>) = [since, tries, hints, prediction].into_iter().flatten().unzip();
        let words = std::iter::once(state.to_owned()).chain(words).collect::<Vec<_>>().join(", ");
        Self { class, state, marks: marks.join(" "), words }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_said_in_minutes_then_in_hours_then_in_days() {
        for (seconds, says) in [
            (0, "0 min"),
            (59, "0 min"),
            (60, "1 min"),
            (3_599, "59 min"),
            (3_600, "1 h"),
            (2 * 86_400 - 1, "47 h"),
            (2 * 86_400, "2 days"),
        ] {
            assert_eq!(span(TimeDelta::seconds(seconds)), says);
        }
    }
}
