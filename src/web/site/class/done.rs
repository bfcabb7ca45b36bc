//! What a press on the board did: where the page leads then, and what it says there.
//!
//! The address afterwards says what was done, to which pupil or lesson, and it ends with their row. It has the pupil's
//! id and never the name: an address may be logged.

use actix_web::HttpResponse;

use super::board_view::BoardQuery;
use crate::lab::class::PupilId;
use crate::lab::lessons::Lesson;
use crate::lab::teach::Path;
use crate::web::http::redirect::see_other;

/// Declares what a press on the board did: its name in the address, the section of the page in which it was pressed,
/// and what the page says. `{pupil}`, `{lesson}` and `{path}` stand for what it was about.
macro_rules! done {
    ($($variant:ident $name:literal $section:ident $says:literal,)+) => {
        /// What a press on the board did, as the address of the board says it afterwards.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Done { $($variant,)+ }

        impl Done {
            #[cfg(test)]
            const ALL: &[Self] = &[$(Self::$variant,)+];

            pub fn named(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }

            const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// Where the page says it, so that it is in view.
            const fn section(self) -> Section {
                match self { $(Self::$variant => Section::$section,)+ }
            }

            /// Whether the press did nothing, because the page on which it was made was out of date.
            pub const fn is_refusal(self) -> bool {
                matches!(self, Self::Gone | Self::NoClass)
            }

            /// Whether the page may say it while a class is open, or while none is. It may be loaded again much later.
            const fn fits(self, has_class: bool) -> bool {
                has_class != matches!(self, Self::Ended | Self::NoClass)
            }

            const fn says(self) -> &'static str {
                match self { $(Self::$variant => $says,)+ }
            }
        }
    };
}

done! {
    Started "started" Pupils "The class is open. Pupils can join.",
    Reset "reset" Pupils "The progress of {pupil} was deleted.",
    ResetInLesson "reset-in-lesson" Pupils "The progress of {pupil} in {lesson} was deleted.",
    AllReset "all-reset" Pupils "The progress of all pupils was deleted.",
    LessonReset "lesson-reset" Lessons "The progress of all pupils in {lesson} was deleted.",
    Removed "removed" Pupils "You removed {pupil}. The progress was deleted too.",
    Renamed "renamed" Pupils "The new name is {pupil}.",
    Held "held" Held "Held: pupils can no longer see the solutions.",
    Released "released" Held "Released: pupils can see the solutions now, after the hints.",
    CodesHeld "codes-held" Held "Held: pupils see an expected code only once they have tried the attack.",
    CodesReleased "codes-released" Held "Released: pupils can see the expected codes now.",
    SolutionHeld "solution-held" Lessons "Held: pupils can no longer see the solution of {lesson}.",
    SolutionReleased "solution-released" Lessons "Released: pupils can see the solution of {lesson} now, after its hints.",
    Opened "opened" Lessons "Pupils can open {lesson} now.",
    Closed "closed" Lessons "Pupils can no longer open {lesson}.",
    Ended "ended" Main "The class was ended, and everything about it was deleted.",
    JoiningOpened "joining-opened" Main "Pupils can join.",
    JoiningClosed "joining-closed" Main "Nobody can join now. Pupils who have joined stay.",
    NewCode "new-code" Main "The class has a new code. Nobody can join with the old one. Pupils who have joined stay.",
    IdleRemoved "idle-removed" Pupils "You removed everybody who had done nothing yet.",
    Gone "gone" Pupils "Nothing was done: this pupil left the class or was removed.",
    NoClass "no-class" Main "Nothing was done: no class is open any more.",
    Path "path" Lessons "Only the lessons of {path} are open.",
    AllOpened "all-opened" Lessons "All lessons are open.",
}

/// A section of the board's page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Main,
    Pupils,
    Held,
    Lessons,
}

impl Section {
    const fn id(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Pupils => "pupils",
            Self::Held => "held",
            Self::Lessons => "lessons",
        }
    }
}

/// What the page says of the last press, and in which of its sections.
pub(super) struct Notice {
    pub section: Section,
    pub says: String,
    /// Whether the press did nothing.
    pub is_refusal: bool,
}

impl Notice {
    /// `pupil` is the name of the pupil that the address is about, if the board knows it.
    pub fn of(query: &BoardQuery, pupil: Option<&str>, has_class: bool) -> Option<Self> {
        let done = Done::named(query.done.as_deref()?).filter(|done| done.fits(has_class))?;
        let lesson = query.lesson.as_deref().and_then(Lesson::find);
        let lesson = lesson.map_or_else(|| "the lesson".to_owned(), |lesson| format!("“{}”", lesson.title));
        let path = query.path.as_deref().and_then(Path::find);
        let path = path.map_or_else(|| "the path".to_owned(), |path| format!("the {}-minute path", path.minutes));
        // The name comes last: nothing in it stands for anything.
        let says = done.says().replace("{lesson}", &lesson).replace("{path}", &path);
        let says = says.replace("{pupil}", pupil.unwrap_or("the pupil"));
        Some(Self { section: done.section(), says, is_refusal: done.is_refusal() })
    }
}

/// The id of a pupil's row in the table of pupils.
pub(super) fn pupil_row(id: &PupilId) -> String {
    format!("pupil-{}", id.as_str())
}

/// The id of a lesson's row in the table of lessons.
pub(super) fn lesson_row(lesson: &Lesson) -> String {
    format!("lesson-{}", lesson.slug)
}

/// Where a press on the board leads: to the section in which it was pressed, or to the row that it was about.
pub(super) struct After {
    done: Done,
    about: Vec<String>,
    row: Option<String>,
}

impl After {
    pub const fn of(done: Done) -> Self {
        Self { done, about: Vec::new(), row: None }
    }

    pub fn pupil(self, id: &PupilId) -> Self {
        self.about(format!("pupil={}", id.as_str())).at(pupil_row(id))
    }

    /// A pupil's row comes before the lesson's.
    pub fn lesson(self, lesson: &Lesson) -> Self {
        let row = self.row.clone().unwrap_or_else(|| lesson_row(lesson));
        self.about(format!("lesson={}", lesson.slug)).at(row)
    }

    pub fn path(self, path: &Path) -> Self {
        self.about(format!("path={}", path.minutes))
    }

    pub fn at(self, row: String) -> Self {
        Self { row: Some(row), ..self }
    }

    fn about(mut self, field: String) -> Self {
        self.about.push(field);
        self
    }

    /// The board looks as it did in this query.
    pub fn lead(self, view: &BoardQuery) -> HttpResponse {
        let mut said = vec![format!("done={}", self.done.name())];
        said.extend(self.about);
        let place = self.row.unwrap_or_else(|| self.done.section().id().to_owned());
        see_other(&format!("{}#{place}", view.board_view().address(&said.join("&"))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_names_the_pupil_and_the_lesson() {
        let query = |done: Done| BoardQuery {
            done: Some(done.name().to_owned()),
            lesson: Some("two-clocks".to_owned()),
            path: Some("45".to_owned()),
            ..BoardQuery::default()
        };
        for done in Done::ALL {
            let of = |has_class| Notice::of(&query(*done), Some("{path} & Ada"), has_class);
            let said: Vec<_> = [true, false].into_iter().filter_map(of).collect();
            let [Notice { says, is_refusal, .. }] = &said[..] else { panic!("{done:?}: with a class or without") };
            assert_eq!(says.starts_with("Nothing was done"), *is_refusal, "{done:?}");
            for (place, named) in
                [("{pupil}", "{path} & Ada"), ("{lesson}", "“Two clocks”"), ("{path}", "the 45-minute path")]
            {
                assert_eq!(says.contains(named), done.says().contains(place), "{done:?}: {says}");
            }
        }
        let vague = BoardQuery { done: Some("reset-in-lesson".to_owned()), ..BoardQuery::default() };
        assert_eq!(
            Notice::of(&vague, None, true).unwrap().says,
            "The progress of the pupil in the lesson was deleted."
        );
        let unknown = BoardQuery { done: Some("else".to_owned()), ..BoardQuery::default() };
        assert!(Notice::of(&unknown, None, true).is_none() && Notice::of(&BoardQuery::default(), None, true).is_none());
    }
}
