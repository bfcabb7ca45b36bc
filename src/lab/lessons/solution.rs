//! The steps that solve a lesson: all of them, or those of the part that a visitor is at.

use super::hints::{Hint, Open};
use crate::texts::{Document, Prose, TextError};

/// How a lesson is solved.
pub struct Solution {
    /// All steps, to be followed exactly. A test does.
    pub whole: Prose,
    /// The same steps by the parts of the lesson, if its text divides them. Then a visitor sees those of one part.
    parts: Vec<Hint>,
    /// The steps of other ways, where the lesson can be solved in several. Each is about one part, as hints are.
    pub others: Vec<Hint>,
}

impl Solution {
    pub(super) fn read(text: &mut Document) -> Result<Self, TextError> {
        let section = text.section("Solution")?;
        let others = text.optional_section("Other solutions").map(|ways| Hint::read_all(&ways));
        let others = others.transpose()?.unwrap_or_default();
        if section.list().is_err() {
            return Ok(Self { whole: section.paragraph()?, parts: Vec::new(), others });
        }
        let parts = Hint::read_all(&section)?;
        Ok(Self { whole: Prose::joined(parts.iter().map(|part| &part.says)), parts, others })
    }

    /// The steps of the part that is open, or those of the way that the visitor has chosen.
    pub fn of(&self, open: Open) -> &Prose {
        let found = self.parts.iter().chain(&self.others).find(|steps| steps.fits(open));
        found.map_or(&self.whole, |steps| &steps.says)
    }

    /// Whether a visitor sees the steps of one part only, so that the other parts are still theirs to solve.
    pub const fn is_by_part(&self) -> bool {
        !self.parts.is_empty()
    }
}
