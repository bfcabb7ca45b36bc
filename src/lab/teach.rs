//! The teacher's paths through the course: which lessons, in which order, and how long each takes with its discussion.
//! Their texts are in `templates/lab/teach`.

use std::sync::LazyLock;

use super::lessons::Lesson;
use crate::texts::{Document, Passage, Prose, TextError, TextFile, must_read, text_file};

/// A path.
pub struct Path {
    /// How long all of it takes.
    pub minutes: u8,
    pub says: Prose,
    pub goals: Vec<Prose>,
    pub prerequisites: Vec<Prose>,
    /// What to ask the class.
    pub questions: Vec<RoomQuestion>,
    pub rows: Vec<Row>,
    /// A lesson beside the path, which the plan has for pairs that finish early.
    pub for_early: Option<&'static Lesson>,
}

/// A question for the whole class, with the answer that the teacher's key has.
pub struct RoomQuestion {
    pub asks: Prose,
    pub answer: Prose,
}

/// A part of a path.
pub struct Row {
    pub activity: Activity,
    /// Discussion included.
    pub minutes: u8,
    /// What the teacher does.
    pub says: Prose,
}

/// What happens in it.
pub enum Activity {
    Lesson(&'static Lesson),
    Opening,
    Break,
    Closing,
}

/// Every path, the shortest first.
pub static PATHS: LazyLock<Vec<Path>> = LazyLock::new(|| {
    let files = [
        text_file!("templates/lab/teach/45.md"),
        text_file!("templates/lab/teach/90.md"),
        text_file!("templates/lab/teach/180.md"),
    ];
    must_read(files.into_iter().map(Path::read).collect())
});

impl Path {
    /// The path of this many minutes, as an address names it.
    pub fn find(minutes: &str) -> Option<&'static Self> {
        PATHS.iter().find(|path| path.minutes.to_string() == minutes)
    }

    pub fn lessons(&self) -> impl Iterator<Item = &'static Lesson> {
        self.rows.iter().filter_map(|row| row.activity.lesson())
    }

    /// The rows, each with the minutes of the path at which it begins and ends.
    pub fn timed_rows(&self) -> Vec<(&Row, u8, u8)> {
        let mut end = 0;
        let timed = self.rows.iter().map(|row| {
            let begin = end;
            end += row.minutes;
            (row, begin, end)
        });
        timed.collect()
    }

    fn read(file: TextFile) -> Result<Self, TextError> {
        let mut text = file.read()?;
        let for_early = match text.optional_field("early") {
            Some(slug) => {
                Some(Lesson::find(slug).ok_or_else(|| text.error(1, format!("there is no lesson `{slug}`")))?)
            }
            None => None,
        };
        let path = Self {
            minutes: text.number("minutes")?,
            for_early,
            says: text.lead()?.paragraph()?,
            goals: items(&mut text, "Goals")?,
            prerequisites: items(&mut text, "Prerequisites")?,
            questions: text
                .section("Ask the room")?
                .items()?
                .iter()
                .map(RoomQuestion::read)
                .collect::<Result<_, _>>()?,
            rows: text.section("Path")?.items()?.iter().map(Row::read).collect::<Result<_, _>>()?,
        };
        text.finish()?;
        Ok(path)
    }
}

fn items(text: &mut Document, section: &str) -> Result<Vec<Prose>, TextError> {
    text.section(section)?.items()?.iter().map(Passage::paragraph).collect()
}

impl RoomQuestion {
    fn read(item: &Passage) -> Result<Self, TextError> {
        let [asks, answer] = &item.paragraphs()[..] else {
            return Err(item.error("a question has two paragraphs: the question and its answer"));
        };
        Ok(Self { asks: asks.paragraph()?, answer: answer.paragraph()? })
    }
}

impl Row {
    fn read(item: &Passage) -> Result<Self, TextError> {
        let [label, says] = &item.paragraphs()[..] else {
            return Err(item.error("a row has two paragraphs: the activity with its minutes, and what to do"));
        };
        let (name, minutes) = label.labelled()?;
        let minutes =
            minutes.words().parse().map_err(|_| item.error("after the activity there must be its minutes"))?;
        let activity = Activity::find(name).ok_or_else(|| item.error(format!("there is no lesson `{name}`")))?;
        Ok(Self { activity, minutes, says: says.paragraph()? })
    }
}

impl Activity {
    fn find(name: &str) -> Option<Self> {
        match name {
            "opening" => Some(Self::Opening),
            "break" => Some(Self::Break),
            "closing" => Some(Self::Closing),
            slug => Lesson::find(slug).map(Self::Lesson),
        }
    }

    pub const fn lesson(&self) -> Option<&'static Lesson> {
        match self {
            Self::Lesson(lesson) => Some(lesson),
            Self::Opening | Self::Break | Self::Closing => None,
        }
    }

    /// What the row is called.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Lesson(lesson) => lesson.title,
            Self::Opening => "Opening",
            Self::Break => "Break",
            Self::Closing => "Closing discussion",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_of_a_path_add_up_to_what_it_says() {
        assert_eq!(PATHS.iter().map(|path| path.minutes).collect::<Vec<_>>(), [45, 90, 180]);
        for path in PATHS.iter() {
            let sum: u16 = path.rows.iter().map(|row| u16::from(row.minutes)).sum();
            assert_eq!(sum, u16::from(path.minutes));
            let timed = path.timed_rows();
            assert!(timed.windows(2).all(|pair| pair[0].2 == pair[1].1), "each row begins when the one before ends");
            assert_eq!((timed[0].1, timed.last().unwrap().2), (0, path.minutes));
        }
    }

    #[test]
    fn a_row_gives_a_lesson_at_least_the_minutes_that_the_lesson_says() {
        for row in PATHS.iter().flat_map(|path| &path.rows) {
            let own = row.activity.lesson().map_or(1, |lesson| lesson.minutes);
            assert!(row.minutes >= own, "{}", row.activity.name());
        }
    }

    #[test]
    fn a_path_follows_the_order_of_the_course_and_a_longer_one_has_all_of_a_shorter_one() {
        let numbers = |path: &Path| path.lessons().map(Lesson::number).collect::<Vec<_>>();
        for path in PATHS.iter() {
            assert!(numbers(path).windows(2).all(|pair| pair[0] < pair[1]), "{}", path.minutes);
        }
        for pair in PATHS.windows(2) {
            let longer = numbers(&pair[1]);
            assert!(numbers(&pair[0]).iter().all(|number| longer.contains(number)), "{}", pair[1].minutes);
        }
    }

    #[test]
    fn what_the_plan_has_for_pairs_that_finish_early_is_beside_the_path() {
        for path in PATHS.iter() {
            let says = path.rows.iter().find(|row| row.says.plain().contains("finish early"));
            assert_eq!(path.for_early.is_some(), says.is_some(), "{}", path.minutes);
            let Some((lesson, row)) = path.for_early.zip(says) else { continue };
            assert!(row.says.plain().contains(lesson.title), "{}", path.minutes);
            assert!(path.lessons().all(|on_it| on_it.slug != lesson.slug), "{}", path.minutes);
        }
    }

    #[test]
    fn a_path_is_found_by_its_minutes() {
        assert!(Path::find("90").is_some_and(|path| path.minutes == 90));
        assert!(["", "9", "090", "60"].iter().all(|minutes| Path::find(minutes).is_none()));
    }
}
