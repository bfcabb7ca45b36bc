//! What is said about an answer: whether it is right, and a sentence that says what is missing where it is not.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::lab::forge::ADMIN;
use crate::texts::printable::json_escaped;
use crate::token::{Claims, segments};

/// The subject that a forger wants to be.
pub const WANTED: &str = ADMIN;

/// In the sentence a pair of backticks marks what is code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    pub is_right: bool,
    pub says: String,
}

impl Remark {
    pub fn right(says: impl Into<String>) -> Self {
        Self { is_right: true, says: says.into() }
    }

    pub fn miss(says: impl Into<String>) -> Self {
        Self { is_right: false, says: says.into() }
    }
}

/// Whether there are remarks, and every answer was right.
pub fn are_all_right(remarks: &[Remark]) -> bool {
    !remarks.is_empty() && remarks.iter().all(|remark| remark.is_right)
}

/// What a part of a token says, if it is text. Part 0 is the header.
pub fn text_of(token: &str, part: usize) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(segments(token)?.get(part)?).ok()?).ok()
}

/// Judges a token that a naive verifier accepts: `Ok` if it names Admin, otherwise a hint. Admin is what a forger
/// wants.
pub(super) fn expect_admin(claims: &Claims) -> Result<(), String> {
    match claims.get("sub") {
        Some(Value::String(subject)) if subject == WANTED => Ok(()),
        Some(other) => Err(format!(
            "Close: the naive verifier accepts the token, but `sub` says {}. {}",
            clip(&other.to_string()),
            who_else(other, "Nothing protects the payload now. Who should it name?")
        )),
        None => {
            Err(format!("Close: the naive verifier accepts the token, but there is no `sub`. It must name `{WANTED}`."))
        }
    }
}

/// What is said of a subject that is not Admin's: that it differs in its case only, or else the question.
pub(super) fn who_else(subject: &Value, question: &str) -> String {
    let is_near = |subject: &str| subject.trim().eq_ignore_ascii_case(WANTED);
    if subject.as_str().is_some_and(|subject| subject.trim() == WANTED) {
        format!("There is a blank in it, and `sub` is compared letter by letter. Admin's name in tokens is `{WANTED}`.")
    } else if subject.as_str().is_some_and(|subject| subject.trim_matches(['"', '\'']) == WANTED) {
        format!("The quotation marks became a part of the name. Admin's name in tokens is `{WANTED}`, without them.")
    } else if subject.as_str().is_some_and(is_near) {
        format!("`sub` is compared letter by letter, and Admin's name in tokens is `{WANTED}`, in small letters.")
    } else {
        question.to_owned()
    }
}

/// The first 60 characters of a visitor's text, without the backticks and asterisks that would format it, and with
/// hidden characters spelled out.
pub(super) fn clip(text: &str) -> String {
    let text = json_escaped(text);
    let mut clipped: String = text.chars().map(|c| if matches!(c, '`' | '*') { '\'' } else { c }).take(60).collect();
    if text.chars().nth(60).is_some() {
        clipped.push('…');
    }
    clipped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_another_case_is_not_treated_as_another_person() {
        let said = |subject: &str| expect_admin(&Claims::new().with("sub", subject)).unwrap_err();
        assert!(said("Admin").contains("compared letter by letter") && said("ADMIN").contains("in small letters"));
        assert!(said("bob").contains("Who should it name?"));
        assert!(said("admin ").contains("There is a blank in it") && said("\"admin\"").contains("quotation marks"));
    }

    #[test]
    fn a_remark_quotes_what_was_written_without_its_marks() {
        assert_eq!(clip("a`b*c"), "a'b'c");
        assert_eq!(clip("admin\0\u{200b}\u{202e}x"), "admin\\u0000\\u200b\\u202ex");
        assert_eq!(clip(&"x".repeat(70)).chars().count(), 61);
    }
}
