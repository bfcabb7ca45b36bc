//! The code of a class, the names of its pupils, and the ids of both.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use thiserror::Error;

use crate::random::{NoRandomBytes, Random};

/// Letters that nobody takes for one another on a board or by ear. There are no vowels, so no code is a word.
const LETTERS: &[u8; 20] = b"BCDFGHJKMNPQRSTVWXYZ";

const CODE_LENGTH: usize = 6;

/// The code with which pupils join: six letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassCode(String);

impl ClassCode {
    pub fn generate(random: &Random) -> Result<Self, NoRandomBytes> {
        let mut number = u64::from_be_bytes(random.bytes()?);
        let mut letters = String::with_capacity(CODE_LENGTH);
        for _ in 0..CODE_LENGTH {
            let place = usize::try_from(number % LETTERS.len() as u64).unwrap_or_default();
            letters.push(char::from(LETTERS[place]));
            number /= LETTERS.len() as u64;
        }
        Ok(Self(letters))
    }

    /// Reads what somebody typed: small letters, blanks and hyphens do not matter.
    pub fn parse(text: &str) -> Option<Self> {
        let letters: String = text.chars().filter(|it| !it.is_whitespace() && *it != '-').collect();
        let code = letters.to_ascii_uppercase();
        let is_code = code.len() == CODE_LENGTH && code.bytes().all(|byte| LETTERS.contains(&byte));
        is_code.then_some(Self(code))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! id {
    ($(#[$about:meta])* $name:ident, $bytes:literal, $length:literal) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl $name {
            pub fn generate(random: &Random) -> Result<Self, NoRandomBytes> {
                Ok(Self(URL_SAFE_NO_PAD.encode(random.bytes::<$bytes>()?)))
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

/// The name that a pupil chose: 1 to 40 characters, as the board shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct PupilName(String);

/// Why a text is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadPupilName {
    #[error("Type a name of 1 to {} characters. Your first name or a nickname is enough.", PupilName::LONGEST)]
    Missing,
    #[error("This name has {0} characters. At most {most} are accepted.", most = PupilName::LONGEST)]
    Long(usize),
    #[error("This name contains an invisible character. Type the name instead of pasting it.")]
    Hidden,
}

impl PupilName {
    pub const LONGEST: usize = 40;

    pub fn parse(text: &str) -> Result<Self, BadPupilName> {
        let name = text.trim();
        let length = name.chars().count();
        match name {
            _ if length > Self::LONGEST => Err(BadPupilName::Long(length)),
            _ if name.chars().any(is_refused) => Err(BadPupilName::Hidden),
            _ if name.chars().all(|it| it.is_whitespace() || is_joiner(it)) => Err(BadPupilName::Missing),
            _ => Ok(Self(name.to_owned())),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Never shown in a log.
impl fmt::Debug for PupilName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PupilName(…)")
    }
}

/// Whether a character could change how the rest of the board is shown, or hide in a name.
fn is_refused(c: char) -> bool {
    !is_joiner(c) && crate::token::printable::is_hidden(c)
}

/// What some scripts and emoji need inside of a word.
const fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}')
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
            ("\u{200d}", BadPupilName::Missing),
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
}
