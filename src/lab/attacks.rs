//! The catalogue of attacks, from which the gallery, its JSON and the tests are made.
//!
//! The [`Definition`] of an attack says how it is forged, who judges it, and which code the verdict must have. Its
//! words are in `templates/lab/attacks/<slug>.md`. A row of the catalogue with several right answers has an attack for
//! each.

mod algorithm;
mod claims;
pub mod filters;
mod key_header;
mod request;
mod signature;
mod text;

use std::collections::HashSet;
use std::sync::LazyLock;

use super::forge::{Forge, Forgery, Target};
use super::glossary::FirstUses;
use super::lessons::code::Cve;
use super::naive::{NaiveSite, NaiveVerifier};
use crate::code::Code;
use crate::keys::SigningError;
use crate::lab::sent_request::SentRequest;
use crate::profiles::demo::DemoAlgorithm;
use crate::texts::{Document, Passage, Prose, TextError, TextFile, must_read, text_file};

/// One attack.
pub struct Attack {
    /// The last part of its address, and the name of its text file.
    pub slug: &'static str,
    /// The number of its row; attacks of one row share it.
    pub number: u8,
    /// Stored in the session once tried: two letters for the whole row. Never reuse a key.
    pub key: &'static str,
    pub name: Prose,
    /// What Mallory does, and why a naive verifier accepts it, with its terms linked.
    pub what: Prose,
    /// What is changed, in one phrase.
    pub changes: Prose,
    /// The values of the gallery's filter [`filters::CHANGED`] under which it is found.
    pub changed_parts: Vec<&'static str>,
    /// Whether the forged token says that its bearer is the admin.
    pub forges_identity: bool,
    /// What Mallory wins where a naive verifier accepts it. `None` if she wins the rights of the admin, or nothing.
    pub damage: Option<Prose>,
    /// What a naive verifier has done before it answers, so that even a refusal comes too late.
    pub harm: Option<Prose>,
    /// What a correct verifier answers.
    pub expected: Code,
    /// The lesson that goes further.
    pub lesson: Option<&'static str>,
    /// The source of the rule, such as `RFC 8725 §3.1`.
    pub rfc: &'static str,
    /// The algorithm that the visitor's token must have. `None` means either.
    pub needs: Option<DemoAlgorithm>,
    /// Its variants, all with the same answer. The first is the default.
    pub variants: Vec<Variant>,
    /// Published weaknesses of this kind.
    pub cves: Vec<Cve>,
    pub kind: AttackKind,
}

/// One variant of an attack.
pub struct Variant {
    /// What the form sends for it.
    pub value: &'static str,
    pub says: String,
}

/// How an attack is made: of a token, or of a request. The `&str` that the functions take is the value of the variant.
#[derive(Clone, Copy)]
pub enum AttackKind {
    Token {
        judged_by: JudgedBy,
        forge: fn(&Forge<'_>, &str) -> Result<Forgery, SigningError>,
        naive: &'static NaiveVerifier,
    },
    Request {
        request: fn(&str) -> SentRequest,
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
    pub fn target(self, algorithm: DemoAlgorithm) -> Target {
        match self {
            Self::Demo => Target::Demo(algorithm),
            Self::DemoAfterSwitch => Target::Demo(other_algorithm(algorithm)),
            Self::Lab | Self::Session => Target::Lab(algorithm),
            Self::LabApi => Target::LabApi(algorithm),
        }
    }

    /// Whether session tokens are judged by these rules.
    pub const fn is_for_sessions(self) -> bool {
        !matches!(self, Self::LabApi)
    }
}

/// The algorithm of the two that this is not.
pub fn other_algorithm(algorithm: DemoAlgorithm) -> DemoAlgorithm {
    DemoAlgorithm::OFFERED.into_iter().find(|offered| *offered != algorithm).unwrap_or(algorithm)
}

/// What a naive verifier's answer to an attack means for the site that it protects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NaiveOutcome {
    /// It accepts what it should refuse.
    Damage,
    /// It refuses, but the harm is done.
    TooLate,
    /// It accepts a token that is valid.
    RightlyAccepted,
    Refused,
}

/// What every forgery of an identity wins.
pub const ADMIN_WINS: &str = "Mallory is Admin: she can change 3 grades.";

/// A section of the gallery.
pub struct Section {
    pub title: &'static str,
    pub says: Prose,
    pub attacks: Vec<Attack>,
}

/// The sections by their text files, in the order of the gallery.
static CATALOGUE: [(TextFile, &[Definition]); 6] = [
    (text_file!("templates/lab/sections/signature.md"), signature::ATTACKS),
    (text_file!("templates/lab/sections/algorithm.md"), algorithm::ATTACKS),
    (text_file!("templates/lab/sections/key-header.md"), key_header::ATTACKS),
    (text_file!("templates/lab/sections/claims.md"), claims::ATTACKS),
    (text_file!("templates/lab/sections/text.md"), text::ATTACKS),
    (text_file!("templates/lab/sections/request.md"), request::ATTACKS),
];

/// Slugs that attacks had before, and the slugs that they have now, so that old links still work.
const RENAMED: [(&str, &str); 1] = [("other-door", "token-in-wrong-place")];

/// Every attack, by section.
pub static SECTIONS: LazyLock<Vec<Section>> = LazyLock::new(|| {
    let read = CATALOGUE.iter().map(|(text, definitions)| {
        let (title, says) = text.titled_paragraph()?;
        let attacks = definitions.iter().map(Definition::read).collect::<Result<_, _>>()?;
        Ok(Section { title, says, attacks })
    });
    must_read(read.collect())
});

/// What the code says of an attack. Its text says the rest.
struct Definition {
    text: TextFile,
    number: u8,
    key: &'static str,
    expected: Code,
    forges_identity: bool,
    needs: Option<DemoAlgorithm>,
    /// What the form sends for its variants. The text says what each of them is.
    variants: &'static [&'static str],
    kind: AttackKind,
}

/// The text of the attack with this slug.
macro_rules! attack_text {
    ($slug:literal) => {
        $crate::texts::text_file!("templates/lab/attacks/", $slug, ".md")
    };
}

use attack_text;

impl Definition {
    fn read(&self) -> Result<Attack, TextError> {
        let mut text = self.text.read()?;
        let attack = Attack {
            slug: self.text.name(),
            number: self.number,
            key: self.key,
            name: text.prose("name")?,
            what: FirstUses::default().link(&text.lead()?.paragraph()?),
            changes: text.prose("changes")?,
            changed_parts: text.field("changed-parts")?.split(", ").collect(),
            forges_identity: self.forges_identity,
            damage: text.optional_prose("damage")?,
            harm: text.optional_prose("harm")?,
            expected: self.expected,
            lesson: text.optional_field("lesson"),
            rfc: text.field("source")?,
            needs: self.needs,
            variants: self.variants(&mut text)?,
            cves: match text.optional_section("CVEs") {
                Some(section) => section.items()?.iter().map(Cve::read).collect::<Result<_, _>>()?,
                None => Vec::new(),
            },
            kind: self.kind,
        };
        text.finish()?;
        Ok(attack)
    }

    /// The variants, which must be the same in the text and in the code.
    fn variants(&self, text: &mut Document) -> Result<Vec<Variant>, TextError> {
        if self.variants.is_empty() {
            return Ok(Vec::new());
        }
        let section = text.section("Variants")?;
        let items = section.items()?;
        let variants = items.iter().map(Variant::read).collect::<Result<Vec<_>, _>>()?;
        if variants.iter().map(|variant| variant.value).eq(self.variants.iter().copied()) {
            Ok(variants)
        } else {
            Err(section.error(format!("the variants must be, in this order: {}", self.variants.join(", "))))
        }
    }
}

impl Variant {
    fn read(item: &Passage) -> Result<Self, TextError> {
        let (value, says) = item.labelled()?;
        Ok(Self { value, says: says.words() })
    }
}

impl Attack {
    /// Every attack, in the order of the gallery.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        SECTIONS.iter().flat_map(|section| &section.attacks)
    }

    pub fn find(slug: &str) -> Option<&'static Self> {
        Self::all().find(|attack| attack.slug == slug)
    }

    /// The attack that had this slug before.
    pub fn find_renamed(former: &str) -> Option<&'static Self> {
        RENAMED.iter().find(|(before, _)| *before == former).and_then(|(_, now)| Self::find(now))
    }

    /// How many rows the catalogue has.
    pub fn rows() -> usize {
        static ROWS: LazyLock<usize> = LazyLock::new(|| Attack::count_rows(|_| true));
        *ROWS
    }

    /// How many rows have an attack for which `matches` is true.
    pub fn count_rows(matches: impl Fn(&Self) -> bool) -> usize {
        Self::all().filter(|attack| matches(attack)).map(|attack| attack.key).collect::<HashSet<_>>().len()
    }

    /// The variant with this name; the first if the name is empty; `None` if there is no such variant. An attack
    /// without variants accepts only the empty name.
    pub fn variant(&self, chosen: &str) -> Option<&'static str> {
        match &self.variants[..] {
            [] => chosen.is_empty().then_some(""),
            [first, ..] if chosen.is_empty() => Some(first.value),
            several => several.iter().find(|variant| variant.value == chosen).map(|variant| variant.value),
        }
    }

    /// What it means that a naive verifier accepts or refuses it.
    pub const fn naive_outcome(&self, naive_accepts: bool) -> NaiveOutcome {
        let wins = self.forges_identity || self.damage.is_some() || self.harm.is_some();
        match (naive_accepts, wins) {
            (true, true) => NaiveOutcome::Damage,
            (true, false) => NaiveOutcome::RightlyAccepted,
            (false, _) if self.harm.is_some() => NaiveOutcome::TooLate,
            (false, _) => NaiveOutcome::Refused,
        }
    }

    /// Whether it can be tried on a token of this algorithm.
    pub fn is_for(&self, algorithm: DemoAlgorithm) -> bool {
        self.needs.is_none_or(|needed| needed == algorithm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attack_and_every_section_can_be_read() {
        for (section, definitions) in &CATALOGUE {
            assert_eq!(section.titled_paragraph().err(), None);
            for definition in *definitions {
                assert_eq!(definition.read().err(), None);
            }
        }
    }

    #[test]
    fn a_part_that_is_missing_is_named_with_its_file() {
        let definition = algorithm::ATTACKS.iter().find(|it| it.text.name() == "alg-none").unwrap();
        for (from, to, named) in [
            ("name: ", "title: ", "alg-none.md:1: there is no field `name`"),
            ("changes: ", "change: ", "alg-none.md:1: there is no field `changes`"),
            ("source: ", "sources: ", "alg-none.md:1: there is no field `source`"),
            ("lesson: ", "lessons: ", "alg-none.md:6: no such file has a field `lessons`"),
            ("## Variants", "## Ways", "there is no section `## Variants`"),
            ("`nOnE`", "`nONE`", "the variants must be, in this order: none, None, NONE, nOnE"),
        ] {
            assert!(definition.text.text.contains(from), "{from}");
            let text = Box::leak(definition.text.text.replacen(from, to, 1).into_boxed_str());
            let changed = Definition { text: TextFile { text, ..definition.text }, ..*definition };
            let said = changed.read().err().map_or_else(String::new, |error| error.to_string());
            assert!(said.contains(named), "{from}: {said}");
        }
    }

    #[test]
    fn every_attack_that_is_refused_says_what_a_naive_verifier_gives_away() {
        for attack in Attack::all() {
            let is_told = attack.forges_identity || attack.damage.is_some() || attack.harm.is_some();
            assert!(is_told || attack.expected == Code::Accepted, "{}", attack.slug);
            assert!(!attack.forges_identity || attack.damage.is_none(), "{} wins one thing", attack.slug);
        }
    }

    #[test]
    fn attacks_share_a_key_when_they_share_a_row() {
        for one in Attack::all() {
            for other in Attack::all() {
                assert_eq!(one.key == other.key, one.number == other.number, "{} and {}", one.slug, other.slug);
            }
        }
    }
}
