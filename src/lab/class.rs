//! A class: pupils who work through the lab on one server, and the teacher who sees how far each of them is.
//!
//! There is one class at a time. It is open until the teacher ends it, or nobody has used it for [`Class::KEPT`].

mod names;
mod numbers;
mod standing;

pub use names::{BadPupilName, ClassCode, ClassId, PupilId, PupilName, ReturnCode, look_of};
pub use numbers::{free_number, shown_names};
pub use standing::{PredictionState, Standing, State};

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::progress::{LessonProgress, Progress};

/// The most pupils of a class.
pub const MOST_PUPILS: i64 = 600;

/// The class that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    pub id: ClassId,
    pub code: ClassCode,
    pub started_at: DateTime<Utc>,
    pub used_at: DateTime<Utc>,
    /// Whether only the teacher sees the solutions.
    pub solutions_held: bool,
    /// The lessons for which it is the other way round.
    pub solution_exceptions: LessonKeys,
    /// Whether only the teacher sees the expected codes of the attacks.
    pub codes_held: bool,
    pub closed_lessons: LessonKeys,
    /// Whether pupils can join. Those who have joined stay either way.
    pub joining_open: bool,
    /// It is another after every change of the class or of one of its pupils.
    pub version: i64,
}

impl Class {
    /// How long a class is kept that nobody uses.
    pub const KEPT: TimeDelta = TimeDelta::days(14);

    pub fn until(&self) -> DateTime<Utc> {
        self.used_at + Self::KEPT
    }

    /// A class that was last used at this time or earlier is over.
    pub fn over_since(now: DateTime<Utc>) -> DateTime<Utc> {
        now - Self::KEPT
    }

    pub fn is_lesson_open(&self, key: &str) -> bool {
        !self.closed_lessons.contains(key)
    }

    /// Whether only the teacher sees the solution of this lesson.
    pub fn is_solution_held(&self, key: &str) -> bool {
        self.solutions_held != self.solution_exceptions.contains(key)
    }
}

/// A class that is about to be opened.
#[derive(Clone, Debug)]
pub struct NewClass {
    pub id: ClassId,
    pub code: ClassCode,
}

/// The keys of some lessons.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LessonKeys(BTreeSet<String>);

impl LessonKeys {
    pub fn parse(text: &str) -> Self {
        Self(text.split_whitespace().map(str::to_owned).collect())
    }

    pub fn contains(&self, key: &str) -> bool {
        self.0.contains(key)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn set(&mut self, key: &str, is_in: bool) {
        if is_in {
            self.0.insert(key.to_owned());
        } else {
            self.0.remove(key);
        }
    }
}

impl<'a> FromIterator<&'a str> for LessonKeys {
    fn from_iter<I: IntoIterator<Item = &'a str>>(keys: I) -> Self {
        Self(keys.into_iter().map(str::to_owned).collect())
    }
}

impl fmt::Display for LessonKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.iter().map(String::as_str).collect::<Vec<_>>().join(" "))
    }
}

/// What the teacher changes about a class.
#[derive(Clone, Debug)]
pub enum ClassChange {
    /// Of all lessons.
    HoldSolutions(bool),
    HoldSolution {
        key: &'static str,
        held: bool,
    },
    HoldCodes(bool),
    OpenLesson {
        key: &'static str,
        is_open: bool,
    },
    /// These are closed, and all others open.
    CloseLessons(LessonKeys),
    OpenJoining(bool),
    /// Pupils join with this code from now on.
    NewCode(ClassCode),
    /// Nothing, but the class is in use.
    Use,
}

impl ClassChange {
    pub fn apply(&self, class: &mut Class) {
        match self {
            Self::HoldSolutions(held) => {
                class.solutions_held = *held;
                class.solution_exceptions = LessonKeys::default();
            }
            Self::HoldSolution { key, held } => class.solution_exceptions.set(key, *held != class.solutions_held),
            Self::HoldCodes(held) => class.codes_held = *held,
            Self::OpenLesson { key, is_open } => class.closed_lessons.set(key, !is_open),
            Self::CloseLessons(keys) => class.closed_lessons.clone_from(keys),
            Self::OpenJoining(is_open) => class.joining_open = *is_open,
            Self::NewCode(code) => class.code = code.clone(),
            Self::Use => {}
        }
    }
}

/// Somebody who joined the class.
#[derive(Clone, PartialEq, Eq)]
pub struct Pupil {
    pub id: PupilId,
    pub name: PupilName,
    /// Tells them from others with the same name: 1 for the first, 0 if none was given yet.
    pub number: i64,
    pub joined_at: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
    pub record: Record,
    /// Grows with every change of the name or the record.
    pub steps: i64,
    /// How often they came back. Only the browser in which they did so last is theirs.
    pub returns: i64,
    /// How often they deleted their own progress.
    pub restarts: i64,
    /// With what they come back in another browser, if the teacher allowed it. It may have expired.
    pub way_back: Option<WayBack>,
}

impl Pupil {
    /// The name as the board says it, with the number that tells it from others alike.
    pub fn shown_name(&self) -> String {
        numbers::numbered(self.name.as_str(), self.number)
    }

    /// Deletes their progress, because they asked for it.
    pub fn begin_again(&mut self, now: DateTime<Utc>) {
        self.record.reset(None);
        self.restarts += 1;
        self.steps += 1;
        self.seen_at = self.seen_at.max(now);
    }

    /// Deletes their progress in one lesson, or all that is kept of their work, because the teacher asked for it.
    pub fn reset(&mut self, lesson: Option<&str>) {
        self.record.reset(lesson);
        if lesson.is_none() {
            self.restarts = 0;
        }
    }
}

/// A code that works once, until it expires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayBack {
    pub code: ReturnCode,
    pub until: DateTime<Utc>,
}

/// Omits the name, so that it cannot reach a log.
impl fmt::Debug for Pupil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pupil({:?}, …)", self.id)
    }
}

/// Somebody who is about to join.
#[derive(Clone)]
pub struct NewPupil {
    pub id: PupilId,
    pub name: PupilName,
}

/// The result of joining a class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Joined {
    Joined,
    /// No class is open with this code.
    WrongCode,
    /// The code is right, but the teacher has closed joining.
    Closed,
    /// The class has [`MOST_PUPILS`].
    Full,
}

/// What is kept of a pupil's work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    pub progress: Progress,
    /// By the keys of the lessons that were opened.
    pub times: BTreeMap<String, LessonTimes>,
}

/// When a lesson was first opened, when it was solved, and when something was last kept of it, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LessonTimes {
    #[serde(rename = "o")]
    pub opened_at: i64,
    #[serde(rename = "s", skip_serializing_if = "Option::is_none")]
    pub solved_at: Option<i64>,
    /// What was kept before an upgrade has none.
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    pub last_at: Option<i64>,
}

impl LessonTimes {
    const fn opened(at: i64) -> Self {
        Self { opened_at: at, solved_at: None, last_at: None }
    }

    /// When the pupil was last seen in this lesson.
    pub fn worked_at(self) -> i64 {
        self.last_at.unwrap_or(self.opened_at)
    }
}

/// What one request of a pupil did.
#[derive(Clone, Debug, Default)]
pub struct PupilStep {
    /// How often the pupil had come back when the browser that sent it got its cookie.
    pub returns: i64,
    pub lesson: Option<LessonStep>,
    /// The key of an attack that was tried.
    pub tried: Option<&'static str>,
}

/// A lesson that was opened, with its progress before and after the request.
#[derive(Clone, Debug)]
pub struct LessonStep {
    pub key: &'static str,
    pub before: LessonProgress,
    pub after: LessonProgress,
}

impl Record {
    /// Adds what a request did. Other requests may have changed the record since this one read it.
    pub fn add(&mut self, step: &PupilStep, now: DateTime<Utc>) {
        if let Some(tried) = step.tried {
            self.progress.keep_tried(tried);
        }
        let Some(LessonStep { key, before, after }) = &step.lesson else { return };
        let mut kept = self.progress.lesson(key);
        kept.add(before, after);
        let now = now.timestamp();
        let times = self.times.entry((*key).to_owned()).or_insert_with(|| LessonTimes::opened(now));
        times.last_at = Some(now);
        if kept.is_solved && times.solved_at.is_none() {
            times.solved_at = Some(now);
        }
        self.progress.keep_lesson(key, kept);
    }

    /// Forgets one lesson, or all of it.
    pub fn reset(&mut self, lesson: Option<&str>) {
        let Some(key) = lesson else {
            *self = Self::default();
            return;
        };
        self.progress.forget_lesson(key);
        self.times.remove(key);
    }
}

#[cfg(test)]
impl Class {
    /// An open class that holds its solutions.
    pub(crate) fn for_tests() -> Self {
        Self {
            id: ClassId::parse("abcdefgh").unwrap(),
            code: ClassCode::parse("BCDFGH").unwrap(),
            started_at: DateTime::UNIX_EPOCH,
            used_at: DateTime::UNIX_EPOCH,
            solutions_held: true,
            solution_exceptions: LessonKeys::default(),
            codes_held: false,
            closed_lessons: LessonKeys::default(),
            joining_open: true,
            version: 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn step(after: LessonProgress) -> PupilStep {
        PupilStep {
            lesson: Some(LessonStep { key: "an", before: LessonProgress::default(), after }),
            ..PupilStep::default()
        }
    }

    #[test]
    fn the_first_opening_and_the_first_solution_set_the_times() {
        let solved = LessonProgress { is_solved: true, ..LessonProgress::default() };
        let mut record = Record::default();
        record.add(&step(LessonProgress::default()), at(0));
        let [first, second, last] = [0, 5, 9].map(|seconds| at(seconds).timestamp());
        let opened = LessonTimes { opened_at: first, solved_at: None, last_at: Some(first) };
        assert_eq!(record.times["an"], opened);
        record.add(&step(solved.clone()), at(5));
        record.add(&step(solved), at(9));
        let times = LessonTimes { opened_at: first, solved_at: Some(second), last_at: Some(last) };
        assert_eq!((record.times["an"], record.progress.has_solved("an")), (times, true));
    }

    #[test]
    fn times_that_were_kept_before_an_upgrade_are_read() {
        let old: LessonTimes = serde_json::from_str(r#"{"o":7,"s":9}"#).unwrap();
        assert_eq!((old.worked_at(), old.solved_at), (7, Some(9)));
    }

    #[test]
    fn a_reset_forgets_one_lesson_or_everything() {
        let mut record = Record::default();
        record.add(&step(LessonProgress::default()), at(0));
        record.add(&PupilStep { tried: Some("or"), ..PupilStep::default() }, at(0));
        let mut one = record.clone();
        one.reset(Some("sc"));
        assert_eq!(one, record);
        one.reset(Some("an"));
        assert!(one.times.is_empty() && one.progress.has_tried("or"));
        record.reset(None);
        assert_eq!(record, Record::default());
    }

    #[test]
    fn a_solution_is_held_like_all_others_unless_it_is_an_exception() {
        let mut class = Class::for_tests();
        let one = |key, held| ClassChange::HoldSolution { key, held };
        for (change, held) in [
            (one("an", false), [false, true]),
            (one("an", false), [false, true]),
            (one("an", true), [true, true]),
            (one("sc", false), [true, false]),
            (ClassChange::HoldSolutions(true), [true, true]),
            (ClassChange::HoldSolutions(false), [false, false]),
            (one("an", true), [true, false]),
            (ClassChange::HoldSolutions(false), [false, false]),
        ] {
            change.apply(&mut class);
            assert_eq!(["an", "sc"].map(|key| class.is_solution_held(key)), held, "{change:?}");
        }
    }

    #[test]
    fn a_change_is_made_to_the_class_and_undone() {
        let mut keys = LessonKeys::default();
        keys.set("an", true);
        keys.set("sc", true);
        keys.set("an", false);
        assert_eq!((keys.to_string().as_str(), LessonKeys::parse("sc")), ("sc", keys));
    }
}
