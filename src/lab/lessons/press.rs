//! The result of pressing a button in a lesson, which is the first line of the verdict.

use super::remark::Remark;

/// The result, with the sentence that the page shows. Backticks mark code in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PressResult {
    /// The lesson is solved.
    Solved(String),
    /// A try that did not solve it, with a hint about this very try.
    Wrong(String),
    /// Something that the button needs is missing or over, so nothing was tried: it does not count as a wrong try.
    Missing(String),
    /// A step that is done. It is neither right nor wrong.
    Step(String),
    /// A press that did no step: it repeated one, or only showed something. The sentence says what is next.
    Note(String),
    /// A step or a note in a lesson that was solved before, so nothing is left to do.
    Extra(String),
}

/// What is said where the work on a lesson is gone: it is kept in the session.
pub const LOST_WORK: &str =
    "The lesson begins again: you logged out of the demo, your session ended, or your progress was reset.";

impl PressResult {
    /// `Ok` when the lesson is solved; `Err` is a wrong try, with its hint.
    pub fn of(judged: &Result<String, String>) -> Self {
        match judged {
            Ok(says) => Self::Solved(says.clone()),
            Err(says) => Self::Wrong(says.clone()),
        }
    }

    /// Turns `Wrong` into `Missing` if the form was empty, so that it does not count as a try.
    #[must_use]
    pub fn counted_if(self, is_answer: bool) -> Self {
        match self {
            Self::Wrong(says) if !is_answer => Self::Missing(says),
            other => other,
        }
    }

    /// The same in a lesson that was solved before.
    #[must_use]
    pub fn after_solved(self) -> Self {
        match self {
            Self::Step(says) | Self::Note(says) => Self::Extra(says),
            other => other,
        }
    }

    /// The same after the work on which the visitor meant to build was lost. The lesson judges the press as the first
    /// one, so the sentence about it comes after this reason, and a mistake is no wrong try.
    #[must_use]
    pub fn after_lost_work(self) -> Self {
        let says = format!("{LOST_WORK} {}", self.says());
        match self {
            Self::Solved(_) => self,
            Self::Wrong(_) | Self::Missing(_) => Self::Missing(says),
            Self::Step(_) => Self::Step(says),
            Self::Note(_) => Self::Note(says),
            Self::Extra(_) => Self::Extra(says),
        }
    }

    pub const fn is_solved(&self) -> bool {
        matches!(self, Self::Solved(_))
    }

    /// Whether the visitor has to try again.
    pub const fn is_wrong(&self) -> bool {
        matches!(self, Self::Wrong(_) | Self::Missing(_))
    }

    /// How the page shows it: a class of its stylesheet, a sign, and a word that says the same.
    pub const fn shown(&self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Solved(_) => ("safe", "✓", "Solved."),
            Self::Wrong(_) | Self::Missing(_) => ("wrong", "✗", "Not yet."),
            Self::Step(_) => ("step", "→", "Step done."),
            Self::Note(_) => ("step", "→", "Go on."),
            Self::Extra(_) => ("step", "→", "The lesson is solved already."),
        }
    }

    /// What the page's form sends of it along with a request for a hint. A solved lesson has no hints.
    pub const fn kind(&self) -> Option<&'static str> {
        match self {
            Self::Solved(_) => None,
            Self::Wrong(_) => Some("wrong"),
            Self::Missing(_) => Some("missing"),
            Self::Step(_) => Some("step"),
            Self::Note(_) => Some("note"),
            Self::Extra(_) => Some("extra"),
        }
    }

    /// The result that such a form had. The text is the visitor's own request and is shown to nobody else.
    pub fn kept(kind: &str, says: &str) -> Option<Self> {
        let results =
            [Self::Wrong, Self::Missing, Self::Step, Self::Note, Self::Extra].map(|make| make(says.to_owned()));
        results.into_iter().find(|press| press.kind() == Some(kind))
    }

    pub fn says(&self) -> &str {
        match self {
            Self::Solved(says)
            | Self::Wrong(says)
            | Self::Missing(says)
            | Self::Step(says)
            | Self::Note(says)
            | Self::Extra(says) => says,
        }
    }
}

impl From<&Remark> for PressResult {
    fn from(remark: &Remark) -> Self {
        let says = remark.says.clone();
        if remark.is_right { Self::Solved(says) } else { Self::Wrong(says) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_a_solved_lesson_no_press_is_a_step_and_a_mistake_is_still_one() {
        let says = || "Bob is logged in.".to_owned();
        for press in [PressResult::Step(says()), PressResult::Note(says())] {
            assert_eq!(press.after_solved().shown().2, "The lesson is solved already.");
        }
        for press in [PressResult::Solved(says()), PressResult::Wrong(says()), PressResult::Missing(says())] {
            assert_eq!(press.clone().after_solved(), press);
        }
    }

    #[test]
    fn after_lost_work_every_press_but_a_solution_says_so_and_none_is_a_wrong_try() {
        let says = || "Finish the login first.".to_owned();
        for press in [PressResult::Wrong(says()), PressResult::Missing(says())] {
            let expected = "The lesson begins again: you logged out of the demo, your session ended, or your progress \
                            was reset. Finish the login first.";
            assert_eq!(press.after_lost_work(), PressResult::Missing(expected.to_owned()));
        }
        for press in [PressResult::Step(says()), PressResult::Note(says()), PressResult::Extra(says())] {
            let after = press.clone().after_lost_work();
            assert_eq!(after.kind(), press.kind());
            assert!(after.says().starts_with(LOST_WORK) && after.says().ends_with(press.says()));
        }
        let solved = PressResult::Solved(says());
        assert_eq!(solved.clone().after_lost_work(), solved);
    }

    #[test]
    fn a_form_keeps_every_result_but_a_solved_lesson() {
        let says = || "The payload is as it was.".to_owned();
        for press in [
            PressResult::Wrong(says()),
            PressResult::Missing(says()),
            PressResult::Step(says()),
            PressResult::Note(says()),
            PressResult::Extra(says()),
        ] {
            assert_eq!(PressResult::kept(press.kind().unwrap(), press.says()), Some(press));
        }
        assert_eq!(PressResult::Solved(says()).kind(), None);
        assert_eq!(PressResult::kept("solved", "Solved."), None);
    }
}
