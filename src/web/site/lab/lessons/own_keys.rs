//! A visitor's own keys: derived when a lesson first needs them, and rotated by lessons without effect on others.

use std::ops::RangeInclusive;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::LessonVisit;
use crate::keys::{CurrentKeys, ProfileKeys};
use crate::random::Random;
use crate::web::http::problem::Problem;

/// Whose keys they are, and the numbers of the oldest that verifies and of the one that signs.
pub(super) struct OwnKeys {
    visitor: String,
    pub numbers: (u32, u32),
}

impl OwnKeys {
    /// The keys of these numbers, of which the last signs.
    pub fn ring(&self, keys: &CurrentKeys, numbers: RangeInclusive<u32>) -> Result<ProfileKeys, Problem> {
        let ring = keys.ring().lab().of_visitor(&self.visitor, numbers);
        ring.ok_or_else(|| Problem::broken("a visitor's ring has no key"))
    }

    /// The keys that sign and verify now.
    pub fn current(&self, keys: &CurrentKeys) -> Result<ProfileKeys, Problem> {
        self.ring(keys, self.numbers.0..=self.numbers.1)
    }
}

impl LessonVisit<'_> {
    /// This visitor's keys; the first call gives the visitor a random name, and key number 1.
    pub(super) fn own_keys(&mut self) -> Result<OwnKeys, Problem> {
        let mut notes = self.visitor.lab();
        if notes.visitor.is_empty() {
            notes.visitor = random_text(&self.lab.random)?;
            notes.keys = (1, 1);
            self.visitor.note(notes.clone(), self.now)?;
        }
        Ok(OwnKeys { visitor: notes.visitor, numbers: notes.keys })
    }

    /// Keeps these numbers in the session.
    pub(super) fn set_key_numbers(&mut self, keys: &mut OwnKeys, numbers: (u32, u32)) -> Result<(), Problem> {
        let mut notes = self.visitor.lab();
        notes.keys = numbers;
        keys.numbers = numbers;
        Ok(self.visitor.note(notes, self.now)?)
    }
}

/// 128 random bits in base64url.
pub(super) fn random_text(random: &Random) -> Result<String, Problem> {
    Ok(URL_SAFE_NO_PAD.encode(random.bytes::<16>()?))
}
