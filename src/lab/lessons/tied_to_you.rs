//! A token that is tied to a key: which requests of a thief are refused, by which check, and which one is not.

use super::hints::Open;
use super::press::PressResult;
use crate::lab::dpop::{Check, Target};

/// The cookie with what Mallory copied: Bob's token and his proof.
pub const COOKIE: &str = "lab-copied";

/// The issuer and the audience of the lesson's tokens.
pub const ISSUER: &str = "https://login.example/school";
pub const AUDIENCE: &str = "https://portal.example";

/// How many minutes the access token lives, and how many pass with *ten minutes later*.
pub const LIFETIME_MINUTES: i64 = 60;
pub const LATER_MINUTES: i64 = 10;

/// Where a request goes.
pub struct Address {
    pub value: &'static str,
    pub says: &'static str,
    pub target: Target,
}

pub static ADDRESSES: [Address; 3] = [
    Address {
        value: "grades",
        says: "GET /grades",
        target: Target { method: "GET", uri: "https://portal.example/grades" },
    },
    Address {
        value: "messages",
        says: "GET /messages",
        target: Target { method: "GET", uri: "https://portal.example/messages" },
    },
    Address {
        value: "send",
        says: "POST /messages",
        target: Target { method: "POST", uri: "https://portal.example/messages" },
    },
];

impl Address {
    /// Where Bob's own request goes.
    pub const fn of_bob() -> &'static Self {
        &ADDRESSES[0]
    }

    pub fn find(value: &str) -> Option<&'static Self> {
        ADDRESSES.iter().find(|address| address.value == value)
    }
}

/// The proof that Mallory sends along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofBy {
    Nobody,
    OwnKey,
    Copy,
    Script,
}

impl ProofBy {
    pub const ALL: [Self; 4] = [Self::Nobody, Self::OwnKey, Self::Copy, Self::Script];

    pub const fn value(self) -> &'static str {
        match self {
            Self::Nobody => "none",
            Self::OwnKey => "own",
            Self::Copy => "copy",
            Self::Script => "script",
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            Self::Nobody => "no proof",
            Self::OwnKey => "a proof by my own key",
            Self::Copy => "the copied proof",
            Self::Script => "a script lets Bob's key sign",
        }
    }

    pub fn find(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.value() == value)
    }
}

/// A thing that the pupil has to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Bob,
    Alone,
    OtherKey,
    OtherRequest,
    Again,
    Old,
    Script,
}

impl Part {
    pub const ALL: [Self; 7] =
        [Self::Bob, Self::Alone, Self::OtherKey, Self::OtherRequest, Self::Again, Self::Old, Self::Script];

    pub const fn says(self) -> &'static str {
        match self {
            Self::Bob => "Bob's own request is accepted.",
            Self::Alone => "Refused: the token alone.",
            Self::OtherKey => "Refused: a proof by another key.",
            Self::OtherRequest => "Refused: Bob's proof for another request.",
            Self::Again => "Refused: Bob's proof a second time.",
            Self::Old => "Refused: Bob's proof when it is old.",
            Self::Script => "Accepted: what a script in Bob's page sends.",
        }
    }

    /// What the hints call it.
    const fn name(self) -> &'static str {
        match self {
            Self::Bob => "bob",
            Self::Alone => "alone",
            Self::OtherKey => "other-key",
            Self::OtherRequest => "other-request",
            Self::Again => "again",
            Self::Old => "old",
            Self::Script => "script",
        }
    }

    /// What it shows.
    const fn shown(self) -> &'static str {
        match self {
            Self::Bob => "The portal accepts Bob's token, because the proof shows that he has the key.",
            Self::Alone => "The token names a key. Without a proof by that key it is refused.",
            Self::OtherKey => {
                "Mallory's proof is well made, but by her own key. The token names Bob's key, and she cannot change the \
                 token."
            }
            Self::OtherRequest => "The proof names one method and one address. It is good for no other request.",
            Self::Again => {
                "Every part of the proof is right, and the portal has seen its `jti`. So it works once, and Bob was first."
            }
            Self::Old => "The proof is older than five minutes. So the portal need not remember a `jti` for long.",
            Self::Script => {
                "The portal cannot see the difference. The script did not take the key: it let Bob's own browser sign."
            }
        }
    }

    /// What the portal's answer to a request of Mallory's shows: accepted, or refused by this check.
    pub const fn of_answer(proof: ProofBy, refused: Option<Check>) -> Option<Self> {
        match (proof, refused) {
            (ProofBy::Script, None) => Some(Self::Script),
            (_, Some(Check::Presence)) => Some(Self::Alone),
            (_, Some(Check::Key)) => Some(Self::OtherKey),
            (_, Some(Check::Method | Check::Address)) => Some(Self::OtherRequest),
            (_, Some(Check::Once)) => Some(Self::Again),
            (_, Some(Check::Age)) => Some(Self::Old),
            _ => None,
        }
    }
}

/// The parts that were seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts([bool; 7]);

impl Parts {
    pub fn parse(text: &str) -> Self {
        Self(Part::ALL.map(|part| text.as_bytes().get(part as usize) == Some(&b'1')))
    }

    pub fn to_text(self) -> String {
        self.0.iter().map(|done| if *done { '1' } else { '0' }).collect()
    }

    pub const fn has(self, part: Part) -> bool {
        self.0[part as usize]
    }

    pub fn count(self) -> usize {
        self.0.iter().filter(|done| **done).count()
    }

    pub fn open(self) -> Open {
        Part::ALL.into_iter().find(|part| !self.has(*part)).map(Part::name).into()
    }

    /// Counts what a request showed.
    pub fn seen(&mut self, part: Part) -> PressResult {
        let is_new = !self.has(part);
        self.0[part as usize] = true;
        let (says, count, all) = (part.shown(), self.count(), Part::ALL.len());
        match (count == all, is_new) {
            (true, _) => PressResult::Solved(format!("{says} All {all} parts are done.")),
            (false, true) => PressResult::Step(format!("{count} of {all} parts done. {says}")),
            (false, false) if part == Part::Bob => PressResult::Note(format!("{says} Mallory has a new copy of both.")),
            (false, false) => {
                PressResult::Note(format!("Already done. {count} of {all} parts done. {says} Change one choice."))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_read_back_and_the_seventh_solves_the_lesson() {
        for text in ["0000000", "1010101"] {
            assert_eq!(Parts::parse(text).to_text(), text);
        }
        assert_eq!(Parts::parse("1x").to_text(), "1000000");
        let mut parts = Parts::default();
        for (count, part) in Part::ALL.into_iter().enumerate() {
            let press = parts.seen(part);
            assert_eq!(press.is_solved(), count == 6, "{press:?}");
            if count < 6 {
                assert!(press.says().starts_with(&format!("{} of 7 parts done.", count + 1)), "{press:?}");
                let again = parts.seen(part);
                assert!(!again.is_wrong(), "{again:?}");
                assert_eq!(again.says().starts_with("Already done."), part != Part::Bob);
            }
        }
    }

    #[test]
    fn an_accepted_request_is_a_part_only_if_a_script_made_its_proof() {
        for proof in ProofBy::ALL {
            assert_eq!(Part::of_answer(proof, None).is_some(), proof == ProofBy::Script);
            assert_eq!(Part::of_answer(proof, Some(Check::Signature)), None);
        }
    }
}
