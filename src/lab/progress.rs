//! What a session keeps of a visitor's progress: the keys of lessons and attacks, two letters each.
//!
//! A key is declared beside its lesson or attack and never changes, so whatever is added, removed or moved, a stored
//! session means what it meant before. Slugs would do too, but all of them together would take a third of the room in a
//! cookie.

use serde::{Deserialize, Serialize};

const LETTERS: usize = 2;

/// A set of keys, stored as one text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeySet(String);

impl KeySet {
    pub fn contains(&self, key: &str) -> bool {
        self.0.as_bytes().chunks(LETTERS).any(|it| it == key.as_bytes())
    }

    pub fn insert(&mut self, key: &'static str) {
        if !self.contains(key) {
            self.0.push_str(key);
        }
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::attacks::Attack;
    use crate::lab::lessons::LESSONS;

    #[test]
    fn every_key_has_two_letters() {
        let keys = LESSONS.iter().map(|lesson| lesson.key).chain(Attack::all().map(|attack| attack.key));
        for key in keys {
            assert!(key.len() == LETTERS && key.bytes().all(|byte| byte.is_ascii_lowercase()), "{key}");
        }
    }

    #[test]
    fn what_a_session_of_an_earlier_version_keeps_means_the_same_lessons() {
        let stored: KeySet = serde_json::from_str("\"anscsrtctaalnokckhwsclcflorosl\"").unwrap();
        let solved: Vec<_> = LESSONS.iter().filter(|lesson| stored.contains(lesson.key)).map(|it| it.slug).collect();
        let expected = "anatomy set-cookie script-reach two-clocks tamper hs256-or-rs256 none key-confusion \
                        keys-in-the-header weak-secret cookie-laboratory cross-site-forms logout rotation size-limit";
        assert_eq!(solved.join(" "), expected);
    }

    #[test]
    fn a_key_is_found_only_where_it_was_inserted() {
        let mut set = KeySet::default();
        for key in ["ab", "cd", "ab"] {
            set.insert(key);
        }
        assert_eq!(set, KeySet("abcd".to_owned()));
        assert!(set.contains("ab") && set.contains("cd") && !set.contains("bc") && !set.contains(""));
    }
}
