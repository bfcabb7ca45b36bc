//! The code of a class, the codes with which pupils come back, the names of its pupils, and the ids of both.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use thiserror::Error;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::{canonical_combining_class, is_combining_mark};

use crate::random::{NoRandomBytes, Random};
use crate::texts::hidden::{is_hidden, is_joiner};

/// Letters that nobody takes for one another on a board or by ear. There are no vowels, so no code is a word.
const LETTERS: &[u8; 20] = b"BCDFGHJKMNPQRSTVWXYZ";

const CODE_LENGTH: usize = 6;

const RETURN_CODE_LENGTH: usize = 8;

fn random_letters(count: usize, random: &Random) -> Result<String, NoRandomBytes> {
    let mut number = u64::from_be_bytes(random.bytes()?);
    let mut letters = String::with_capacity(count);
    for _ in 0..count {
        let place = usize::try_from(number % LETTERS.len() as u64).unwrap_or_default();
        letters.push(char::from(LETTERS[place]));
        number /= LETTERS.len() as u64;
    }
    Ok(letters)
}

/// Reads so many letters that somebody typed: small letters, blanks and hyphens do not matter.
fn typed_letters(count: usize, text: &str) -> Option<String> {
    let letters: String = text.chars().filter(|it| !it.is_whitespace() && *it != '-').collect();
    let code = letters.to_ascii_uppercase();
    (code.len() == count && code.bytes().all(|byte| LETTERS.contains(&byte))).then_some(code)
}

/// The code with which pupils join: six letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassCode(String);

impl ClassCode {
    pub fn generate(random: &Random) -> Result<Self, NoRandomBytes> {
        random_letters(CODE_LENGTH, random).map(Self)
    }

    pub fn parse(text: &str) -> Option<Self> {
        typed_letters(CODE_LENGTH, text).map(Self)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The code with which one pupil comes back, once: eight letters.
#[derive(Clone, PartialEq, Eq)]
pub struct ReturnCode(String);

impl ReturnCode {
    /// How long it works.
    pub const KEPT: TimeDelta = TimeDelta::minutes(10);

    pub fn generate(random: &Random) -> Result<Self, NoRandomBytes> {
        random_letters(RETURN_CODE_LENGTH, random).map(Self)
    }

    pub fn parse(text: &str) -> Option<Self> {
        typed_letters(RETURN_CODE_LENGTH, text).map(Self)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// With a hyphen in the middle, to read it out.
    pub fn shown(&self) -> String {
        let (first, last) = self.0.split_at(RETURN_CODE_LENGTH / 2);
        format!("{first}-{last}")
    }
}

/// Never shown in a log.
impl fmt::Debug for ReturnCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReturnCode(…)")
    }
}

macro_rules! id {
    ($(#[$about:meta])* $name:ident, $bytes:literal, $length:literal) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl $name {
            pub fn generate(random: &Random) -> Result<Self, NoRandomBytes> {
                let mut bytes = random.bytes::<$bytes>()?;
                // The text then begins with a letter. A spreadsheet takes what begins with `-` for a formula.
                bytes[0] &= 0x7f;
                Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
            }

            pub fn parse(text: &str) -> Option<Self> {
                let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
                (text.len() == $length && text.bytes().all(is_plain)).then(|| Self(text.to_owned()))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

id! {
    /// Tells one class from the next.
    ClassId, 6, 8
}

id! {
    /// Tells a pupil from all others. It says nothing about who it is.
    PupilId, 12, 16
}

/// The name that a pupil chose: 1 to 40 characters in NFC, as the board shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct PupilName(String);

/// Why a text is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadPupilName {
    #[error("Type a name of 1 to {} characters. Your first name or a nickname is enough.", PupilName::LONGEST)]
    Missing,
    #[error("This name has {0} characters. At most {most} are accepted.", most = PupilName::LONGEST)]
    Long(usize),
    #[error("This name contains a character that cannot be shown. Type the name instead of pasting it.")]
    Hidden,
    #[error("This name has no visible character. Type your first name or a nickname.")]
    Invisible,
    #[error("This name has too many marks on one letter. Type it with fewer accents.")]
    Stacked,
}

impl PupilName {
    pub const LONGEST: usize = 40;

    pub fn parse(text: &str) -> Result<Self, BadPupilName> {
        let name: String = text.trim().nfc().collect();
        let length = name.chars().count();
        match name.as_str() {
            "" => Err(BadPupilName::Missing),
            _ if length > Self::LONGEST => Err(BadPupilName::Long(length)),
            _ if name.chars().any(is_refused) => Err(BadPupilName::Hidden),
            _ if !name.chars().any(is_visible) => Err(BadPupilName::Invisible),
            _ if has_stacked_marks(&name) => Err(BadPupilName::Stacked),
            _ => Ok(Self(name)),
        }
    }

    /// The name as the store has it. It was checked before it was stored.
    pub fn kept(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What two names that look the same have in common: it is the same for `Ada` and `ADA`, for composed and wide letters,
/// and with or without joiners. Letters of different scripts stay different.
pub fn look_of(name: &str) -> String {
    let folded: String = name.nfkc().filter(|it| !is_joiner(*it)).collect::<String>().to_lowercase();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Never shown in a log.
impl fmt::Debug for PupilName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PupilName(…)")
    }
}

/// Whether a character could change how the rest of the board is shown, or hide in a name.
fn is_refused(c: char) -> bool {
    // The blank of Braille is no white space, but shows nothing.
    !is_joiner(c) && (is_hidden(c) || c == '\u{2800}' || means_nothing(c))
}

/// Whether no standard says what the character is: the replacement of broken text, private use, and noncharacters.
const fn means_nothing(c: char) -> bool {
    matches!(c, '\u{fffd}' | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'.. | '\u{fdd0}'..='\u{fdef}')
        || c as u32 & 0xfffe == 0xfffe
}

/// Whether a character shows something by itself.
fn is_visible(c: char) -> bool {
    !c.is_whitespace() && !is_joiner(c) && !is_combining_mark(c)
}

/// Whether marks grow out of a line of text: more than two above or below one letter, or more than eight of any kind.
/// Letters of living languages need no more, once they are composed.
fn has_stacked_marks(name: &str) -> bool {
    let (mut marks, mut stacked) = (0, 0);
    for c in name.chars().filter(|it| !is_joiner(*it)) {
        let is_mark = is_combining_mark(c);
        (marks, stacked) = if is_mark { (marks + 1, stacked + u32::from(is_stacking(c))) } else { (0, 0) };
        if marks > 8 || stacked > 2 {
            return true;
        }
    }
    false
}

/// Whether a mark is drawn on, above or below the letter before it, and over the marks that are there. The vowels and
/// points of Hebrew, Arabic and the scripts of India have places of their own.
fn is_stacking(c: char) -> bool {
    matches!(canonical_combining_class(c), 1 | 200..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_six_letters_and_is_read_however_it_is_typed() {
        let code = ClassCode::generate(&Random::system()).unwrap();
        assert_eq!(ClassCode::parse(code.as_str()), Some(code));
        let typed = ["BCDFGH", "bcdfgh", " bcd fgh ", "BCD-FGH", "b c d f g h"].map(ClassCode::parse);
        assert!(typed.iter().all(|code| *code == typed[0] && code.is_some()));
        for wrong in ["", "BCDFG", "BCDFGHJ", "BCDFGA", "BCDFG1", "BCDFGÉ", "......"] {
            assert_eq!(ClassCode::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_id_begins_with_a_letter() {
        let random = Random::system();
        for _ in 0..500 {
            let id = PupilId::generate(&random).unwrap();
            assert!(id.as_str().starts_with(|first: char| first.is_ascii_alphabetic()), "{id:?}");
        }
    }

    #[test]
    fn an_id_is_read_as_it_was_made() {
        let random = Random::system();
        let pupil = PupilId::generate(&random).unwrap();
        let class = ClassId::generate(&random).unwrap();
        assert_eq!((PupilId::parse(pupil.as_str()), ClassId::parse(class.as_str())), (Some(pupil), Some(class)));
        assert_eq!(
            (PupilId::parse("short"), PupilId::parse("../../etc/passwd"), ClassId::parse("")),
            (None, None, None)
        );
    }

    #[test]
    fn a_name_has_1_to_40_characters_that_are_shown() {
        let longest = "é".repeat(40);
        let names = [
            "Ada",
            "  Ada  ",
            "Ada Lovelace",
            "李",
            "می\u{200c}خواهم",
            "👩\u{200d}🔬",
            "O'Neil-Müller",
            longest.as_str(),
        ];
        for name in names {
            assert_eq!(PupilName::parse(name).unwrap().as_str(), name.trim());
        }
        let long = "x".repeat(41);
        for (text, wrong) in [
            ("", BadPupilName::Missing),
            ("   ", BadPupilName::Missing),
            ("\u{200d}", BadPupilName::Invisible),
            ("\u{301}", BadPupilName::Invisible),
            ("\u{301} \u{200d}\u{327}", BadPupilName::Invisible),
            ("\u{2800}", BadPupilName::Hidden),
            ("A\u{2800}", BadPupilName::Hidden),
            ("\u{3164}", BadPupilName::Hidden),
            ("\u{ffa0}", BadPupilName::Hidden),
            ("\u{ad}", BadPupilName::Hidden),
            ("\u{200e}", BadPupilName::Hidden),
            ("A\u{61c}", BadPupilName::Hidden),
            ("\u{feff}", BadPupilName::Hidden),
            ("\u{fffd}", BadPupilName::Hidden),
            ("\u{ffff}", BadPupilName::Hidden),
            ("A\u{e000}", BadPupilName::Hidden),
            ("A\u{f0000}", BadPupilName::Hidden),
            ("A\u{fdd0}", BadPupilName::Hidden),
            ("x\u{300}\u{301}\u{302}", BadPupilName::Stacked),
            ("x\u{300}\u{200d}\u{301}\u{302}", BadPupilName::Stacked),
            ("a\u{489}\u{489}\u{489}\u{489}\u{489}\u{489}\u{489}\u{489}\u{489}", BadPupilName::Stacked),
            (long.as_str(), BadPupilName::Long(41)),
            ("A\nb", BadPupilName::Hidden),
            ("A\0", BadPupilName::Hidden),
            ("A\u{202e}b", BadPupilName::Hidden),
            ("A\u{2066}b", BadPupilName::Hidden),
            ("A\u{200b}b", BadPupilName::Hidden),
            ("A\u{2028}b", BadPupilName::Hidden),
        ] {
            assert_eq!(PupilName::parse(text), Err(wrong), "{text:?}");
        }
    }

    #[test]
    fn a_name_is_composed_and_the_marks_of_living_languages_stay() {
        for (typed, kept) in [
            ("Zoe\u{308}", "Zoë"),
            ("Nguye\u{302}\u{303}n", "Nguyễn"),
            ("Ad\u{329}\u{301}e", "Ad\u{329}\u{301}e"),
            ("मृत्युञ्जय", "मृत्युञ्जय"),
            ("ကျော်မြှောင်း", "ကျော်မြှောင်း"),
            ("שִׁירָה", "ש\u{5b4}\u{5c1}ירָה"),
            ("مُحَمَّد", "مُحَمَّد"),
            ("1\u{fe0f}\u{20e3}", "1\u{fe0f}\u{20e3}"),
        ] {
            assert_eq!(PupilName::parse(typed).unwrap().as_str(), kept, "{typed:?}");
        }
    }

    #[test]
    fn names_that_look_the_same_have_one_look() {
        for name in ["ada b", "ADA  B", "A\u{200d}da b", "Ａｄａ b", "Ada\u{a0}b"] {
            assert_eq!(look_of(name), "ada b", "{name}");
        }
        assert_ne!(look_of("Ada c"), "ada b");
    }

    #[test]
    fn a_return_code_has_eight_letters_and_is_no_code_of_a_class() {
        let code = ReturnCode::generate(&Random::system()).unwrap();
        assert_eq!((ReturnCode::parse(&code.shown()), code.shown().len()), (Some(code.clone()), 9));
        assert!(ClassCode::parse(code.as_str()).is_none() && ReturnCode::parse("BCDFGH").is_none());
        assert_eq!(format!("{code:?}"), "ReturnCode(…)");
    }
}
