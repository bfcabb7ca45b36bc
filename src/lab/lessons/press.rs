//! The result of pressing a button in a lesson, which is the first line of the verdict.

use super::remark::Remark;

/// The result, with the sentence that the page shows. Backticks mark code in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Press {
    /// The lesson is solved.
    Solved(String),
    /// A try that did not solve it, with a hint about this very try.
    Wrong(String),
    /// Something that the button needs is missing, so nothing was tried: it does not count as a wrong try.
    Missing(String),
    /// A step that is done. It is neither right nor wrong.
    Step(String),
}

impl Press {
    /// `Ok` when the lesson is solved, otherwise what is still missing.
    pub fn of(judged: &Result<String, String>) -> Self {
        match judged {
            Ok(says) => Self::Solved(says.clone()),
            Err(says) => Self::Wrong(says.clone()),
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
        }
    }

    pub fn says(&self) -> &str {
        match self {
            Self::Solved(says) | Self::Wrong(says) | Self::Missing(says) | Self::Step(says) => says,
        }
    }
}

impl From<&Remark> for Press {
    fn from(remark: &Remark) -> Self {
        let says = remark.says.clone();
        if remark.is_right { Self::Solved(says) } else { Self::Wrong(says) }
    }
}
