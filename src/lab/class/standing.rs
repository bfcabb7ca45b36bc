//! How far a pupil is in a lesson, as the teacher's board says it.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::Pupil;
use crate::lab::lessons::Lesson;
use crate::lab::progress::Prediction;

/// Wrong tries after which an unsolved lesson counts as stuck.
const STUCK_TRIES: u8 = 3;

/// How far a pupil is in one lesson.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    pub state: State,
    /// Whether the lesson is unsolved after many wrong tries or twice its minutes, whatever the pupil does now.
    pub stuck: bool,
    pub tries: u8,
    pub hints: u8,
    pub prediction: PredictionState,
    /// In seconds since 1970.
    #[serde(skip)]
    pub solved_at: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    NotBegun,
    Open,
    Solved,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PredictionState {
    None,
    Right,
    Wrong,
    Skipped,
}

impl Standing {
    /// Whether they were wrong so often that they may need help, however long they have had the lesson open.
    pub fn has_many_wrong_tries(&self) -> bool {
        self.state == State::Open && self.tries >= STUCK_TRIES
    }

    /// Whether they did something in the lesson. Whoever only opened it may just have had a look.
    pub fn is_tried(&self) -> bool {
        self.prediction != PredictionState::None || self.tries > 0 || self.hints > 0
    }

    pub fn of(pupil: &Pupil, lesson: &Lesson, now: DateTime<Utc>) -> Self {
        let kept = pupil.record.progress.lesson(lesson.key);
        let times = pupil.record.times.get(lesson.key);
        let state = match times {
            _ if kept.is_solved => State::Solved,
            Some(_) => State::Open,
            None => State::NotBegun,
        };
        let is_late = times.is_some_and(|times| now.timestamp() - times.opened_at > twice_the_minutes(lesson));
        Self {
            state,
            stuck: state == State::Open && (is_late || kept.tries >= STUCK_TRIES),
            tries: kept.tries,
            hints: kept.hints.count(),
            prediction: PredictionState::of(&kept.prediction, lesson),
            solved_at: times.and_then(|times| times.solved_at),
        }
    }
}

/// In seconds.
fn twice_the_minutes(lesson: &Lesson) -> i64 {
    2 * TimeDelta::minutes(i64::from(lesson.minutes)).num_seconds()
}

impl PredictionState {
    fn of(prediction: &Prediction, lesson: &Lesson) -> Self {
        match prediction {
            Prediction::None => Self::None,
            Prediction::Skipped => Self::Skipped,
            Prediction::Choice(value) => match lesson.question.choice(value) {
                Some(choice) if choice.is_right => Self::Right,
                _ => Self::Wrong,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::class::{LessonStep, PupilId, PupilName, PupilStep, Record};
    use crate::lab::progress::LessonProgress;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn pupil(name: &str) -> Pupil {
        Pupil {
            id: PupilId::parse("0123456789abcdef").unwrap(),
            name: PupilName::parse(name).unwrap(),
            number: 1,
            joined_at: at(0),
            seen_at: at(0),
            record: Record::default(),
            steps: 0,
            returns: 0,
            restarts: 0,
            way_back: None,
        }
    }

    fn anatomy() -> &'static Lesson {
        Lesson::find("anatomy").unwrap()
    }

    /// Ada's standing after these tries, so many seconds after she opened the lesson.
    fn after(tries: u8, is_solved: bool, seconds: i64) -> Standing {
        let mut ada = pupil("Ada");
        let after = LessonProgress { tries, is_solved, ..LessonProgress::default() };
        let lesson = LessonStep { key: anatomy().key, before: LessonProgress::default(), after };
        ada.record.add(&PupilStep { lesson: Some(lesson), ..PupilStep::default() }, at(0));
        Standing::of(&ada, anatomy(), at(seconds))
    }

    #[test]
    fn a_lesson_is_not_begun_then_open_then_solved() {
        assert_eq!(Standing::of(&pupil("Ada"), anatomy(), at(0)).state, State::NotBegun);
        assert_eq!(after(0, false, 0).state, State::Open);
        assert_eq!((after(0, true, 0).state, after(0, true, 0).solved_at), (State::Solved, Some(at(0).timestamp())));
    }

    #[test]
    fn who_is_over_twice_the_minutes_or_was_wrong_three_times_is_stuck_until_it_is_solved() {
        let twice = twice_the_minutes(anatomy());
        assert_eq!([twice, twice + 1].map(|seconds| after(0, false, seconds).stuck), [false, true]);
        assert_eq!([2, 3, 4].map(|tries| after(tries, false, 0).stuck), [false, true, true]);
        assert!(!after(3, true, twice + 1).stuck);
    }

    #[test]
    fn a_prediction_is_right_or_wrong_by_the_lesson_s_question() {
        let choices = &anatomy().question.choices;
        let of = |value: &str| PredictionState::of(&Prediction::Choice(value.to_owned()), anatomy());
        for choice in choices {
            let expected = if choice.is_right { PredictionState::Right } else { PredictionState::Wrong };
            assert_eq!(of(choice.value), expected);
        }
        assert_eq!(PredictionState::of(&Prediction::Skipped, anatomy()), PredictionState::Skipped);
    }
}
