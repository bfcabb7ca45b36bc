//! The catalogue of attacks: one value each, from which the gallery, its JSON and the tests are made.
//!
//! An attack says how it is forged, who judges it, and with which code they must answer. A row of the catalogue with
//! several right answers has an attack for each.

mod algorithm;
mod claims;
mod key_header;
mod request;
mod signature;
mod text;

use std::collections::HashSet;

use super::forge::{Forge, Forgery, Target};
use super::naive::{NaiveSite, NaiveVerifier};
use crate::code::Code;
use crate::keys::SigningError;
use crate::lab::sent_request::SentRequest;
use crate::profiles::demo::DemoAlgorithm;

/// One attack.
pub struct Attack {
    /// The row of the catalogue.
    pub number: u8,
    /// What a session keeps once it was tried: two letters that all attacks of the row share, and that no other row has or
    /// ever had.
    pub key: &'static str,
    /// The last part of its address.
    pub slug: &'static str,
    pub name: &'static str,
    /// What it is, in two sentences. A pair of backticks marks code.
    pub what: &'static str,
    /// What is changed, in one phrase.
    pub changes: &'static str,
    /// What a right verifier answers.
    pub expected: Code,
    /// The lesson that goes further.
    pub lesson: Option<&'static str>,
    /// The source of the rule, such as `RFC 8725 §3.1`.
    pub rfc: &'static str,
    /// The algorithm that the visitor's token must have. `None` means either.
    pub needs: Option<DemoAlgorithm>,
    /// Its spellings, all with the same answer. The first is the default.
    pub variants: &'static [Variant],
    pub kind: AttackKind,
}

/// One spelling of an attack.
pub struct Variant {
    /// What the form sends for it.
    pub value: &'static str,
    pub says: &'static str,
}

/// How an attack is made: of a token, or of a request.
pub enum AttackKind {
    Token {
        judged_by: JudgedBy,
        forge: fn(&Forge<'_>, &str) -> Result<Forgery, SigningError>,
        naive: &'static NaiveVerifier,
    },
    Request {
        ask: fn(&str) -> SentRequest,
        naive: &'static NaiveSite,
    },
}

/// Whose keys and rules judge a forged token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JudgedBy {
    Demo,
    /// By the demo's keys, after the session switched to the other algorithm.
    DemoAfterSwitch,
    Lab,
    LabApi,
    /// By the lab's keys, if the token fits a session's cookie.
    Session,
}

impl JudgedBy {
    /// The same for a token that was issued under `algorithm`.
    pub const fn target(self, algorithm: DemoAlgorithm) -> Target {
        match self {
            Self::Demo => Target::Demo(algorithm),
            Self::DemoAfterSwitch => Target::Demo(other(algorithm)),
            Self::Lab | Self::Session => Target::Lab(algorithm),
            Self::LabApi => Target::LabApi(algorithm),
        }
    }

    /// Whether a session's token is judged so, which means that the forgery can be put into one.
    pub const fn fits_a_session(self) -> bool {
        !matches!(self, Self::LabApi)
    }
}

/// The algorithm that a switch leads to.
pub const fn other(algorithm: DemoAlgorithm) -> DemoAlgorithm {
    match algorithm {
        DemoAlgorithm::Hs256 => DemoAlgorithm::Rs256,
        DemoAlgorithm::Rs256 => DemoAlgorithm::Hs256,
    }
}

/// A section of the gallery.
pub struct Section {
    pub title: &'static str,
    pub says: &'static str,
    pub attacks: &'static [Attack],
}

/// Every attack, by section.
pub static SECTIONS: [Section; 6] = [
    Section {
        title: "The signature",
        says: "Cut, left out, guessed or made with another key: whatever was changed before it, it must fit.",
        attacks: signature::ATTACKS,
    },
    Section {
        title: "The algorithm",
        says: "The header names an algorithm, and the header is the sender's to write.",
        attacks: algorithm::ATTACKS,
    },
    Section {
        title: "Keys and rules in the header",
        says: "A token that brings its own key, or says where one lies, vouches for itself.",
        attacks: key_header::ATTACKS,
    },
    Section {
        title: "The claims",
        says: "What a token says, when it says it, and who it is meant for.",
        attacks: claims::ATTACKS,
    },
    Section {
        title: "The text itself",
        says: "Where two readers read two things in one text, one of them is fooled.",
        attacks: text::ATTACKS,
    },
    Section {
        title: "The request and the session",
        says: "A good token may still come by a wrong way, or after its time.",
        attacks: request::ATTACKS,
    },
];

impl Attack {
    /// Every attack, in the order of the gallery.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        SECTIONS.iter().flat_map(|section| section.attacks)
    }

    pub fn find(slug: &str) -> Option<&'static Self> {
        Self::all().find(|attack| attack.slug == slug)
    }

    /// How many rows the catalogue has.
    pub fn rows() -> usize {
        Self::count_rows(|_| true)
    }

    /// The rows of which at least one attack is such.
    pub fn count_rows(is_such: impl Fn(&Self) -> bool) -> usize {
        Self::all().filter(|attack| is_such(attack)).map(|attack| attack.key).collect::<HashSet<_>>().len()
    }

    /// The spelling with this name; the first if the name is empty; `None` if there is no such spelling. An attack with
    /// one spelling has the empty name for it.
    pub fn variant(&self, chosen: &str) -> Option<&'static str> {
        match self.variants {
            [] => chosen.is_empty().then_some(""),
            [first, ..] if chosen.is_empty() => Some(first.value),
            several => several.iter().find(|variant| variant.value == chosen).map(|variant| variant.value),
        }
    }

    /// Whether it can be tried on a token of this algorithm.
    pub fn is_for(&self, algorithm: DemoAlgorithm) -> bool {
        self.needs.is_none_or(|needed| needed == algorithm)
    }
}

/// An attack with the defaults that most of them share.
const fn attack(
    number: u8,
    key: &'static str,
    slug: &'static str,
    name: &'static str,
    expected: Code,
    kind: AttackKind,
) -> Attack {
    Attack {
        number,
        key,
        slug,
        name,
        what: "",
        changes: "",
        expected,
        lesson: None,
        rfc: "",
        needs: None,
        variants: &[],
        kind,
    }
}

const fn variant(value: &'static str, says: &'static str) -> Variant {
    Variant { value, says }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attacks_share_a_key_when_they_share_a_row() {
        for one in Attack::all() {
            for other in Attack::all() {
                assert_eq!(one.key == other.key, one.number == other.number, "{} and {}", one.slug, other.slug);
            }
        }
    }
}
