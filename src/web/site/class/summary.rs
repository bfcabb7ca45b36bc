//! What the board says of the whole class: who is stuck, which lesson most work on and how many have solved that, and
//! of each lesson how many have solved it.

use super::row::Row;
use crate::lab::class::{PredictionState, State};
use crate::lab::lessons::{LESSONS, Lesson};

/// So many pupils who are stuck are named.
const MOST_NAMED: usize = 8;

/// How many pupils are how far in a lesson.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub solved: usize,
    /// Without those who are stuck.
    pub open: usize,
    pub stuck: usize,
    pub predictions: Predictions,
}

/// How many predicted what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Predictions {
    pub right: usize,
    pub wrong: usize,
    pub skipped: usize,
}

impl Sums {
    pub fn of(lesson: &Lesson, rows: &[Row]) -> Self {
        let mut sums = Self::default();
        for (row, standing) in rows.iter().filter_map(|row| Some((row, row.standing(lesson)?))) {
            match standing.prediction {
                PredictionState::None => {}
                PredictionState::Right => sums.predictions.right += 1,
                PredictionState::Wrong => sums.predictions.wrong += 1,
                PredictionState::Skipped => sums.predictions.skipped += 1,
            }
            match standing.state {
                State::Solved => sums.solved += 1,
                State::Open if row.is_marked(lesson) => sums.stuck += 1,
                State::Open => sums.open += 1,
                State::NotBegun => {}
            }
        }
        sums
    }

    /// As in "12 solved, 3 open, 1 stuck".
    pub fn says(self) -> String {
        let counts = [(self.solved, "solved"), (self.open, "open"), (self.stuck, "stuck")];
        said(&counts, " ", ", ").unwrap_or_else(|| "nobody yet".to_owned())
    }

    /// The same with signs.
    pub fn signs(self) -> String {
        said(&[(self.solved, "✓"), (self.open, "○"), (self.stuck, "!")], "", " ").unwrap_or_default()
    }
}

impl Predictions {
    /// As in "18 right, 7 wrong, 5 skipped"; `None` if nobody has predicted.
    pub fn says(self) -> Option<String> {
        said(&[(self.right, "right"), (self.wrong, "wrong"), (self.skipped, "skipped")], " ", ", ")
    }

    /// The same with signs.
    pub fn signs(self) -> String {
        said(&[(self.right, "✓"), (self.wrong, "✗"), (self.skipped, "–")], "", " ").unwrap_or_default()
    }
}

/// The counts that are not 0, each with its word; `None` if all are.
fn said(counts: &[(usize, &str)], between: &str, after: &str) -> Option<String> {
    let some = counts.iter().filter(|(count, _)| *count > 0);
    let said: Vec<_> = some.map(|(count, word)| format!("{count}{between}{word}")).collect();
    (!said.is_empty()).then(|| said.join(after))
}

/// What stands above the table.
pub(super) struct Summary<'a> {
    pub pupils: usize,
    /// How many are stuck in the lesson that they work on.
    pub stuck: usize,
    /// The first of them, by lesson.
    pub named: Vec<(&'static Lesson, Vec<&'a Row>)>,
    pub busiest: Option<Busiest>,
}

/// The lesson on which more pupils work now than on any other.
#[derive(Clone, Copy)]
pub(super) struct Busiest {
    pub lesson: &'static Lesson,
    pub at_work: usize,
    pub solved: usize,
}

impl Busiest {
    /// Each pupil works on one lesson at most. Of two lessons with as many pupils, the later one: the class moves on.
    fn of(rows: &[Row]) -> Option<Self> {
        let at_work = |lesson: &Lesson| rows.iter().filter(|row| is_in(lesson, row.works_on)).count();
        let (lesson, at_work) =
            LESSONS.iter().map(|lesson| (lesson, at_work(lesson))).max_by_key(|(_, count)| *count)?;
        (at_work > 0).then(|| Self { lesson, at_work, solved: Sums::of(lesson, rows).solved })
    }

    /// As in "1 of 30 has" or "3 of 30 have", which goes on with "solved it".
    pub fn solved_says(&self, pupils: usize) -> String {
        let verb = if self.solved == 1 { "has" } else { "have" };
        format!("{} of {pupils} {verb}", self.solved)
    }

    /// Who works on it, as in "Most work on" or "3 of 30 work on".
    pub fn says(&self, pupils: usize) -> String {
        match self.at_work {
            1 => format!("1 of {pupils} works on"),
            count if 2 * count > pupils => "Most work on".to_owned(),
            count => format!("{count} of {pupils} work on"),
        }
    }
}

impl<'a> Summary<'a> {
    pub fn of(rows: &'a [Row]) -> Self {
        let stuck: Vec<_> = rows.iter().filter(|row| row.stuck_in.is_some()).collect();
        let named = |lesson: &'static Lesson| {
            let in_it: Vec<_> =
                stuck.iter().take(MOST_NAMED).copied().filter(|row| is_in(lesson, row.stuck_in)).collect();
            (!in_it.is_empty()).then_some((lesson, in_it))
        };
        Self {
            pupils: rows.len(),
            stuck: stuck.len(),
            named: LESSONS.iter().filter_map(named).collect(),
            busiest: Busiest::of(rows),
        }
    }

    pub const fn unnamed(&self) -> usize {
        self.stuck.saturating_sub(MOST_NAMED)
    }
}

fn is_in(lesson: &Lesson, other: Option<&Lesson>) -> bool {
    other.is_some_and(|other| other.key == lesson.key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_says_what_there_is() {
        let sums = |solved, open, stuck| Sums { solved, open, stuck, ..Sums::default() };
        for (sums, says, signs) in [
            (sums(12, 3, 1), "12 solved, 3 open, 1 stuck", "12✓ 3○ 1!"),
            (sums(0, 3, 0), "3 open", "3○"),
            (Sums::default(), "nobody yet", ""),
        ] {
            assert_eq!((sums.says().as_str(), sums.signs().as_str()), (says, signs));
        }
        let predictions = Predictions { right: 18, wrong: 7, skipped: 5 };
        assert_eq!(predictions.says().as_deref(), Some("18 right, 7 wrong, 5 skipped"));
        assert_eq!((predictions.signs().as_str(), Predictions::default().says()), ("18✓ 7✗ 5–", None));
    }
}
