//! Key rotation: publish, sign, retire, in this order, with each step late enough that no valid token is refused.

use std::fmt;

/// The most tokens that the page keeps.
pub const MOST_TOKENS: usize = 4;

/// How many keys may verify at once.
const MOST_KEYS: u32 = 4;

const ENOUGH: &str = "That is enough keys for one visitor. Retire the old ones first.";

/// The lifetimes that a token may have here, in seconds.
pub const LIFETIMES: [i64; 2] = [5, 60];

/// A visitor's keys by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// The oldest that still verifies.
    pub oldest: u32,
    /// The one that signs.
    pub signs: u32,
    /// The newest that verifiers know.
    pub published: u32,
}

/// What a button does to the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    Publish,
    Sign,
    Retire,
    /// All three at once.
    Abrupt,
}

impl Move {
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "publish" => Some(Self::Publish),
            "sign" => Some(Self::Sign),
            "retire" => Some(Self::Retire),
            "abrupt" => Some(Self::Abrupt),
            _ => None,
        }
    }
}

impl Numbers {
    /// `published` comes from a form, so it is limited to what these keys allow.
    pub fn new((oldest, signs): (u32, u32), published: Option<u32>) -> Self {
        let signs = signs.max(1);
        let near = signs.saturating_sub(1)..=signs.saturating_add(1);
        let oldest = oldest.clamp(1, signs).max(signs.saturating_sub(MOST_KEYS));
        let published = published.filter(|it| near.contains(it) && *it >= oldest).unwrap_or(signs);
        Self { oldest, signs, published }
    }

    /// The keys after this move, or why it cannot be made.
    pub fn after(self, step: Move) -> Result<Self, &'static str> {
        let Self { oldest, signs, published } = self;
        let next = signs.saturating_add(1);
        let is_full = signs - oldest + 1 >= MOST_KEYS;
        match step {
            Move::Publish if published > signs => Err("The next key is published already. Now it may sign."),
            Move::Publish if published == signs && is_full => Err(ENOUGH),
            Move::Publish => Ok(Self { published: published.saturating_add(1), ..self }),
            Move::Sign if signs > published => {
                Err("The next key signs already, and nobody knows it yet. Publish it first.")
            }
            Move::Sign if is_full => Err(ENOUGH),
            Move::Sign => Ok(Self { signs: next, ..self }),
            Move::Retire if signs > published => {
                Err("The key that signs is not published. Without the old one no key would verify anything.")
            }
            Move::Retire if oldest == signs => Err("There is no old key: the only one that verifies also signs."),
            Move::Retire => Ok(Self { oldest: signs, ..self }),
            Move::Abrupt => Ok(Self { oldest: next, signs: next, published: next }),
        }
    }

    /// Every key that the table shows, from the one before the oldest to the newest.
    pub fn rows(self) -> Vec<(u32, KeyState)> {
        let newest = self.signs.max(self.published);
        let from = self.oldest.saturating_sub(1).max(1);
        (from..=newest).map(|number| (number, self.state(number))).collect()
    }

    const fn state(self, number: u32) -> KeyState {
        if number < self.oldest {
            KeyState::Retired
        } else if number > self.published {
            KeyState::SignsUnknown
        } else if number > self.signs {
            KeyState::Next
        } else if number == self.signs {
            KeyState::Signs
        } else {
            KeyState::Verifies
        }
    }
}

/// What a key is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    Retired,
    Verifies,
    Signs,
    Next,
    /// It signs, and verifiers do not know it.
    SignsUnknown,
}

impl fmt::Display for KeyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Retired => "retired: neither signs nor verifies",
            Self::Verifies => "old: verifies, signs no more",
            Self::Signs => "signs and verifies",
            Self::Next => "next: published, signs nothing yet",
            Self::SignsUnknown => "signs, but is not published",
        })
    }
}

/// One token that a client still has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IssuedToken {
    /// The number of the key that signed it.
    pub key: u32,
    pub seconds_left: f64,
    pub is_accepted: bool,
}

impl IssuedToken {
    pub fn is_unexpired(&self) -> bool {
        self.seconds_left > 0.0
    }
}

/// Why a valid token was refused during this rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// Its key was gone.
    Retired,
    /// Its key was not published yet.
    Unpublished,
}

impl Gap {
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Retired, Self::Unpublished].into_iter().find(|gap| gap.name() == name)
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Retired => "retired",
            Self::Unpublished => "unpublished",
        }
    }

    /// The first unexpired token that is refused now.
    pub fn among(tokens: &[IssuedToken], keys: Numbers) -> Option<Self> {
        let refused = tokens.iter().find(|token| token.is_unexpired() && !token.is_accepted)?;
        Some(if refused.key > keys.published { Self::Unpublished } else { Self::Retired })
    }

    pub const fn says(self) -> &'static str {
        match self {
            Self::Retired => {
                "A token that is still alive is refused: its key was dropped too early. Whoever holds it is thrown out \
                 without having done anything. Press *Start again*."
            }
            Self::Unpublished => {
                "A fresh token is refused: its key signs, but no verifier knows it yet. Publish before you sign. Press \
                 *Start again*."
            }
        }
    }
}

/// How well a rotation went, when the old key is retired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    Smooth,
    /// An unexpired token was refused during the rotation.
    Broken(Gap),
    /// No client had a token signed with the old key, so nothing could break.
    NobodyLooked,
    /// No token shows that the new key works.
    NewUnproven,
}

impl Rotation {
    /// Judges the rotation by its tokens after the keys before `keys.oldest` were dropped.
    pub fn of(tokens: &[IssuedToken], keys: Numbers, gap: Option<Gap>) -> Self {
        let is_old = |token: &IssuedToken| token.key < keys.oldest;
        match gap.or_else(|| Gap::among(tokens, keys)) {
            Some(gap) => Self::Broken(gap),
            None if !tokens.iter().any(is_old) => Self::NobodyLooked,
            None if tokens.iter().all(is_old) => Self::NewUnproven,
            None => Self::Smooth,
        }
    }

    pub const fn says(self) -> &'static str {
        match self {
            Self::Smooth => {
                "Solved. The old key is gone, and no token that was alive was ever refused: the last one that it signed \
                 had ended before."
            }
            Self::Broken(gap) => gap.says(),
            Self::NobodyLooked => {
                "Nearly: nothing broke, because no token of the old key was under way. A busy issuer always has one. \
                 Issue one before you change keys."
            }
            Self::NewUnproven => {
                "Nearly: the order is right, but no token of the new key shows that it works. Issue one before you \
                 retire the old key."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Numbers = Numbers { oldest: 1, signs: 1, published: 1 };

    fn token(key: u32, seconds_left: f64, is_accepted: bool) -> IssuedToken {
        IssuedToken { key, seconds_left, is_accepted }
    }

    #[test]
    fn publish_sign_retire_leaves_one_key_that_is_the_next() {
        let published = ONE.after(Move::Publish).unwrap();
        assert_eq!(published.rows(), [(1, KeyState::Signs), (2, KeyState::Next)]);
        let signs = published.after(Move::Sign).unwrap();
        assert_eq!(signs.rows(), [(1, KeyState::Verifies), (2, KeyState::Signs)]);
        let retired = signs.after(Move::Retire).unwrap();
        assert_eq!(retired.rows(), [(1, KeyState::Retired), (2, KeyState::Signs)]);
        assert_eq!(ONE.after(Move::Abrupt).unwrap(), retired);
    }

    #[test]
    fn a_key_that_signs_unpublished_verifies_nothing_until_it_is() {
        let hasty = ONE.after(Move::Sign).unwrap();
        assert_eq!(hasty.rows(), [(1, KeyState::Verifies), (2, KeyState::SignsUnknown)]);
        assert!(hasty.after(Move::Retire).is_err() && hasty.after(Move::Sign).is_err());
        assert_eq!(hasty.after(Move::Publish).unwrap().rows()[1], (2, KeyState::Signs));
    }

    #[test]
    fn moves_that_make_no_sense_are_told_and_keys_do_not_pile_up() {
        assert!(ONE.after(Move::Retire).is_err());
        let mut keys = ONE;
        for _ in 0..100 {
            for step in [Move::Publish, Move::Sign] {
                keys = keys.after(step).unwrap_or(keys);
            }
        }
        assert!(keys.rows().len() <= 2 * MOST_KEYS as usize, "{keys:?}");
        let last = Numbers { oldest: u32::MAX, signs: u32::MAX, published: u32::MAX };
        for step in [Move::Publish, Move::Sign, Move::Retire, Move::Abrupt] {
            let _ = last.after(step);
        }
    }

    #[test]
    fn what_a_form_says_is_published_is_believed_beside_the_signing_key_alone() {
        assert_eq!(Numbers::new((1, 1), Some(2)).published, 2);
        assert_eq!(Numbers::new((1, 2), Some(1)).published, 1);
        for strange in [None, Some(0), Some(7), Some(u32::MAX)] {
            assert_eq!(Numbers::new((1, 2), strange).published, 2);
        }
        assert_eq!(Numbers::new((2, 2), Some(1)).published, 2);
        assert_eq!(Numbers::new((0, 0), None), ONE);
    }

    #[test]
    fn only_a_rotation_that_refused_no_live_token_is_smooth() {
        let after = Numbers { oldest: 2, signs: 2, published: 2 };
        let judge = |tokens: &[IssuedToken], gap| Rotation::of(tokens, after, gap);
        let (ended, new) = (token(1, -1.0, false), token(2, 3.0, true));
        assert_eq!(judge(&[ended, new], None), Rotation::Smooth);
        assert_eq!(judge(&[ended, token(2, -1.0, false)], None), Rotation::Smooth);
        assert_eq!(judge(&[token(1, 1.0, false), new], None), Rotation::Broken(Gap::Retired));
        assert_eq!(judge(&[ended, new], Some(Gap::Unpublished)), Rotation::Broken(Gap::Unpublished));
        assert_eq!(judge(&[new], None), Rotation::NobodyLooked);
        assert_eq!(judge(&[ended], None), Rotation::NewUnproven);
        assert_eq!(judge(&[], None), Rotation::NobodyLooked);
    }
}
