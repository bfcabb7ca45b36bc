//! What the board says of the whole class: who is stuck, how far the lesson is that most work on, and of each lesson
//! how many have solved it.

use super::row::Row;
use crate::lab::class::State;
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
}

impl Sums {
    pub fn of(lesson: &Lesson, rows: &[Row]) -> Self {
        let mut sums = Self::default();
        for standing in rows.iter().filter_map(|row| row.standing(lesson)) {
            match standing.state {
                State::Solved => sums.solved += 1,
                State::Open if standing.stuck => sums.stuck += 1,
                State::Open => sums.open += 1,
                State::NotBegun => {}
            }
        }
        sums
    }

    const fn at_work(self) -> usize {
        self.open + self.stuck
    }

    /// As in "12 solved, 3 open, 1 stuck".
    pub fn says(self) -> String {
        let counts = [(self.solved, "solved"), (self.open, "open"), (self.stuck, "stuck")];
        let said: Vec<_> =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
        if said.is_empty() { "nobody yet".to_owned() } else { said.join(", ") }
    }
}

/// What stands above the table.
pub(super) struct Summary<'a> {
    pub pupils: usize,
    /// How many are stuck in a lesson, and the first of them.
    pub stuck: usize,
    pub named: Vec<&'a Row>,
    /// The lesson that most pupils have open, and how many have solved it.
    pub busiest: Option<(&'static Lesson, usize)>,
}

impl<'a> Summary<'a> {
    pub fn of(rows: &'a [Row]) -> Self {
        let stuck: Vec<_> = rows.iter().filter(|row| row.is_stuck()).collect();
        let sums = LESSONS.iter().map(|lesson| (lesson, Sums::of(lesson, rows)));
        // Of two lessons with as many, the later one: the class moves on.
        let busiest = sums.max_by_key(|(_, sums)| sums.at_work()).filter(|(_, sums)| sums.at_work() > 0);
        Self {
            pupils: rows.len(),
            stuck: stuck.len(),
            named: stuck.into_iter().take(MOST_NAMED).collect(),
            busiest: busiest.map(|(lesson, sums)| (lesson, sums.solved)),
        }
    }

    pub fn unnamed(&self) -> usize {
        self.stuck - self.named.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_says_what_there_is() {
        for (sums, says) in [
            (Sums { solved: 12, open: 3, stuck: 1 }, "12 solved, 3 open, 1 stuck"),
            (Sums { solved: 0, open: 3, stuck: 0 }, "3 open"),
            (Sums::default(), "nobody yet"),
        ] {
            assert_eq!(sums.says(), says);
        }
    }
}
