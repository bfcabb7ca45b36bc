//! The hints of a lesson, and which of them a visitor sees: those of the part that is open.
//!
//! A lesson's judge knows which part that is, so it names the part, and the text file says the hints of each. In a
//! lesson of one form, a part is what has to be right there: the judge names the one in which the last mistake is.

use crate::texts::{Passage, Prose, TextError};

/// The most hints that a lesson may have. Progress keeps one bit for each.
pub const MOST: usize = 9;

/// A hint.
pub struct Hint {
    /// The part of the lesson that it is about; `None` if it helps with every part.
    part: Option<&'static str>,
    pub says: Prose,
}

/// What a visitor has to do next in a lesson.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    /// A lesson of one task.
    Whole,
    /// The part of this name.
    Part(&'static str),
    /// Every part is done.
    Nothing,
}

impl Open {
    /// The first of these parts that is not done.
    pub fn first(parts: &[(bool, &'static str)]) -> Self {
        parts.iter().find(|(is_done, _)| !is_done).map_or(Self::Nothing, |(_, part)| Self::Part(part))
    }
}

impl Open {
    /// What a form calls it.
    const fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Part(part) => part,
            Self::Nothing => "nothing",
        }
    }
}

impl From<Option<&'static str>> for Open {
    fn from(part: Option<&'static str>) -> Self {
        part.map_or(Self::Nothing, Self::Part)
    }
}

impl Hint {
    /// The items of a list.
    pub(super) fn read_all(list: &Passage) -> Result<Vec<Self>, TextError> {
        list.items()?.iter().map(Self::read).collect()
    }

    /// An item of a list. One that begins with a name in backticks and a colon is about that part.
    fn read(item: &Passage) -> Result<Self, TextError> {
        let (part, says) = match item.labelled() {
            Ok((part, says)) => (Some(part), says.paragraph()?),
            Err(_) => (None, item.paragraph()?),
        };
        Ok(Self { part, says })
    }

    /// Whether it is about this part, or about a lesson without parts.
    fn is_about(&self, open: Open) -> bool {
        match open {
            Open::Whole => self.part.is_none(),
            Open::Part(open) => self.part == Some(open),
            Open::Nothing => false,
        }
    }

    /// Whether it helps with what is open.
    pub fn fits(&self, open: Open) -> bool {
        match open {
            Open::Whole => self.part.is_none(),
            Open::Part(open) => self.part.is_none_or(|part| part == open),
            Open::Nothing => false,
        }
    }
}

/// The hints of one lesson that a visitor opened, by their places, and whether the solution was opened too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenedHints(u16);

impl OpenedHints {
    /// The place of the solution.
    pub const SOLUTION: usize = MOST;

    const ALL: u16 = (1 << (MOST + 1)) - 1;

    /// The first so many.
    #[cfg(test)]
    pub fn first(count: usize) -> Self {
        Self(Self::ALL >> (MOST + 1).saturating_sub(count))
    }

    pub const fn of_bits(bits: u16) -> Self {
        Self(bits & Self::ALL)
    }

    pub const fn bits(self) -> u16 {
        self.0
    }

    pub const fn open(&mut self, place: usize) {
        self.0 |= (1 << place) & Self::ALL;
    }

    pub const fn has(self, place: usize) -> bool {
        place <= MOST && self.0 >> place & 1 == 1
    }

    /// Those of either.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Those that are shown again after a press. Lessons have rounds, so the hints of a part would stand there unasked
    /// when it comes again. So the form says for what they were asked, and another part begins without any. An open
    /// solution stays open, unless each part has its own. A page that no form led to shows all that were opened.
    #[must_use]
    pub fn still_asked(self, form: Option<&str>, open: Open, solution_is_by_part: bool) -> Self {
        let Some(form) = form else { return self };
        let asked = form.split_once(' ').filter(|(part, _)| *part == open.name());
        let bits = asked.and_then(|(_, bits)| bits.parse::<u16>().ok()).unwrap_or_default();
        Self(self.0 & (bits | u16::from(!solution_is_by_part) << Self::SOLUTION))
    }

    /// What the form says of those that are shown.
    pub fn asked_for(self, open: Open) -> String {
        format!("{} {}", open.name(), self.bits())
    }

    /// How many were opened. The solution counts as one.
    pub fn count(self) -> u8 {
        u8::try_from(self.0.count_ones()).unwrap_or(u8::MAX)
    }
}

/// The hints that are shown, and what the button below them does.
pub struct Help {
    pub hints: Vec<&'static Prose>,
    pub solution: Option<&'static Prose>,
    /// What the button says, and the place of what it opens.
    pub next: Option<(&'static str, usize)>,
    /// Whether nothing is left but the solution, which the teacher has not released.
    pub is_held: bool,
    /// What the form sends along with the next press: for which part these hints were asked. `None` if no part is open.
    pub asked: Option<String>,
}

impl Help {
    pub fn of(lesson: &'static super::Lesson, opened: OpenedHints, open: Open, is_held: bool) -> Self {
        debug_assert!(
            open == Open::Nothing || lesson.hints.iter().any(|hint| hint.is_about(open)),
            "{}: no hint is about {open:?}",
            lesson.slug
        );
        let fitting = || lesson.hints.iter().enumerate().filter(|(_, hint)| hint.fits(open));
        let hints: Vec<&Prose> =
            fitting().filter(|(place, _)| opened.has(*place)).map(|(_, hint)| &hint.says).collect();
        let more = fitting().map(|(place, _)| place).find(|place| !opened.has(*place));
        // The solution of a part comes after the hints of that part, also if that of another part was opened.
        let is_due = more.is_none() || !lesson.solution.is_by_part();
        let has_solution = opened.has(OpenedHints::SOLUTION) && is_due;
        let next = match more {
            _ if open == Open::Nothing => None,
            Some(place) if hints.is_empty() => Some(("Show a hint", place)),
            Some(place) => Some(("Another hint", place)),
            None if has_solution || is_held => None,
            None => Some(("Show the solution", OpenedHints::SOLUTION)),
        };
        let is_all = more.is_none() && open != Open::Nothing;
        Self {
            hints,
            solution: (has_solution && !is_held).then(|| lesson.solution.of(open)),
            next,
            is_held: is_all && is_held,
            asked: (open != Open::Nothing).then(|| opened.asked_for(open)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{LESSONS, Lesson};
    use super::*;

    fn shown(opened: OpenedHints, open: Open) -> (Vec<String>, Option<(&'static str, usize)>) {
        let help = Help::of(Lesson::find("tamper").unwrap(), opened, open, false);
        (help.hints.iter().map(|hint| hint.plain().to_owned()).collect(), help.next)
    }

    #[test]
    fn the_hints_are_those_of_the_open_part_and_none_of_a_part_that_is_done() {
        let mut opened = OpenedHints::default();
        let (hints, next) = shown(opened, Open::Part("payload"));
        assert_eq!((hints.len(), next.unwrap().0), (0, "Show a hint"));
        opened.open(next.unwrap().1);
        let (hints, next) = shown(opened, Open::Part("payload"));
        assert!(hints[0].contains("payload") && next.unwrap().0 == "Another hint", "{hints:?}");
        let (hints, next) = shown(opened, Open::Part("middle"));
        assert_eq!((hints.len(), next.unwrap().0), (0, "Show a hint"));
        assert_eq!(shown(opened, Open::Nothing), (Vec::new(), None));
        assert_eq!(opened.count(), 1);
    }

    #[test]
    fn the_solution_comes_after_the_hints_of_the_open_part_and_can_be_held() {
        let lesson = Lesson::find("tamper").unwrap();
        let opened = OpenedHints::first(lesson.hints.len());
        let help = Help::of(lesson, opened, Open::Part("last"), false);
        assert_eq!(help.next, Some(("Show the solution", OpenedHints::SOLUTION)));
        assert!(help.solution.is_none() && !help.is_held);
        let help = Help::of(lesson, opened, Open::Part("last"), true);
        assert!(help.next.is_none() && help.is_held);
        let mut all = opened;
        all.open(OpenedHints::SOLUTION);
        let help = Help::of(lesson, all, Open::Part("last"), false);
        assert!(help.next.is_none() && help.solution.is_some());
        assert_eq!(usize::from(all.count()), lesson.hints.len() + 1);
    }

    #[test]
    fn a_hint_is_shown_while_the_part_is_open_that_it_was_asked_for() {
        let mut opened = OpenedHints::first(2);
        let asked = opened.asked_for(Open::Part("takes"));
        assert_eq!(opened.still_asked(Some(&asked), Open::Part("takes"), false), opened);
        assert_eq!(opened.still_asked(Some(&asked), Open::Part("login"), false), OpenedHints::default());
        let none = OpenedHints::default().asked_for(Open::Part("takes"));
        assert_eq!(
            opened.still_asked(Some(&none), Open::Part("takes"), false),
            OpenedHints::default(),
            "a later round"
        );
        assert_eq!(opened.still_asked(None, Open::Part("takes"), false), opened, "the page was opened again");
        assert_eq!(
            OpenedHints::default().still_asked(Some(&asked), Open::Part("takes"), false),
            OpenedHints::default()
        );
        opened.open(OpenedHints::SOLUTION);
        assert!(opened.still_asked(Some(&asked), Open::Part("login"), false).has(OpenedHints::SOLUTION));
    }

    #[test]
    fn a_solution_by_parts_tells_the_open_part_alone_after_its_hints() {
        let lesson = Lesson::find("need-a-jwt").unwrap();
        let mut opened = OpenedHints::first(1);
        opened.open(OpenedHints::SOLUTION);
        let help = |part, opened| Help::of(lesson, opened, Open::Part(part), false);
        let shown = |part| help(part, opened).solution.map(Prose::plain);
        assert!(
            shown("portal").unwrap().starts_with("For the portal") && !shown("portal").unwrap().contains("publisher")
        );
        assert_eq!(shown("publisher"), None, "its hint was not opened");
        let asked = opened.asked_for(Open::Part("portal"));
        let then = opened.still_asked(Some(&asked), Open::Part("publisher"), lesson.solution.is_by_part());
        assert_eq!(then, OpenedHints::default(), "the next service begins without the solution of the last");
        for part in ["portal", "publisher", "video", "parents", "programs"] {
            let steps = lesson.solution.of(Open::Part(part)).markdown();
            assert!(steps.len() < 200 && lesson.solution.whole.markdown().contains(steps), "{steps}");
        }
    }

    #[test]
    fn progress_has_a_place_for_every_hint() {
        for lesson in LESSONS.iter() {
            assert!((1..=MOST).contains(&lesson.hints.len()), "{}: {}", lesson.slug, lesson.hints.len());
        }
        assert_eq!(OpenedHints::first(2).bits(), 0b11);
        assert_eq!(OpenedHints::first(99), OpenedHints::of_bits(u16::MAX));
        assert_eq!(OpenedHints::first(0), OpenedHints::default());
    }
}
