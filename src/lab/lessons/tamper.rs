//! Tamper with a token: whatever is changed in the payload, the old signature no longer fits.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::done_parts::{is_done, text_of};
use super::hints::Open;
use super::json_text::{fault_of, note_on_repetition};
use super::press::PressResult;
use super::remark::{WANTED, clip, who_else};
use crate::lab::naive::{LAX_BASE64, LaxToken, Objection};
use crate::token::{Claims, parse_object_keeping_last, segments};

/// The longest payload that the lesson takes, in characters.
pub const LONGEST_PAYLOAD: usize = 2000;

/// What the naive verifier of this lesson does wrong.
pub const RULE: &str = "It reads the payload first, and only logs when the signature does not fit.";

/// The answer of a verifier that ignores what its check of the signature found.
pub fn naive_verdict(token: &str) -> Result<Claims, Objection> {
    LaxToken::read(token)?.unchecked_claims()
}

/// Which parts of the lesson are done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// A payload for Admin was sent with the old signature.
    pub payload: bool,
    /// A character in the middle of the signature was changed.
    pub middle: bool,
    /// The last character of the signature was changed.
    pub last: bool,
}

impl Parts {
    /// Reads what [`Self::text`] writes.
    pub fn parse(text: &str) -> Self {
        let has = |word| is_done(text, word);
        Self { payload: has("payload"), middle: has("middle"), last: has("last") }
    }

    /// What the session keeps of it.
    pub fn text(self) -> String {
        text_of(&[(self.payload, "payload"), (self.middle, "middle"), (self.last, "last")])
    }

    /// The part that is next. While that is the payload, what was done to it decides.
    pub fn open(self, change: &Change) -> Open {
        let payload = match change {
            Change::Broken(_) => "json",
            Change::Claims(_) => "subject",
            Change::Nothing | Change::Spelling => "payload",
        };
        Open::first(&[(self.payload, payload), (self.middle, "middle"), (self.last, "last")])
    }

    /// The result of a press that completed its part.
    fn press(self, says: &str) -> PressResult {
        match [self.payload, self.middle, self.last].into_iter().filter(|is_done| *is_done).count() {
            3 => PressResult::Solved(says.to_owned()),
            done => PressResult::Step(format!("{says} {done} of 3 parts done. {}", self.next())),
        }
    }

    /// The same, or that the part was done before.
    pub fn pressed(self, is_new: bool, says: &str) -> PressResult {
        match self.press(says) {
            PressResult::Step(_) if !is_new => {
                PressResult::Note(format!("You have done this part already. {says} {}", self.next()))
            }
            press => press,
        }
    }

    /// What the visitor does next, while a part is left.
    const fn next(self) -> &'static str {
        if !self.payload {
            "Next: change the payload."
        } else if !self.middle {
            "Next: change a character in the middle of the signature."
        } else {
            "Next: change the last character."
        }
    }
}

/// What a visitor made of the payload.
#[derive(Debug, PartialEq, Eq)]
pub enum Change {
    Nothing,
    /// Only whitespace or the order of members: other characters with the same meaning.
    Spelling,
    /// The payload is no longer one JSON object. The sentence says why.
    Broken(String),
    /// One sentence for each claim that differs.
    Claims(Vec<String>),
}

impl Change {
    pub fn between(original: &str, written: &str) -> Self {
        if original == written {
            return Self::Nothing;
        }
        if let Some(fault) = fault_of(written) {
            return Self::Broken(fault);
        }
        let read = |text: &str| parse_object_keeping_last(text.as_bytes()).unwrap_or_default();
        let (old, new) = (read(original), read(written));
        if old == new { Self::Spelling } else { Self::Claims(differences(&old, &new)) }
    }
}

/// Whether this payload makes the naive verifier believe that it is Admin; otherwise a hint. Both say if the payload
/// has a member twice.
pub fn judge(written: &str, change: &Change, naive: &Result<Claims, Objection>) -> Result<String, String> {
    let twice = note_on_repetition("payload", written);
    judge_change(change, naive).map(|()| twice.clone()).map_err(|hint| hint + &twice)
}

fn judge_change(change: &Change, naive: &Result<Claims, Objection>) -> Result<(), String> {
    if *change == Change::Nothing {
        return Err("You sent the token as it was, so its signature fits. Change what the payload says.".to_owned());
    }
    match (naive, change) {
        (Ok(claims), _) if claims.subject() == Some(WANTED) => Ok(()),
        (Ok(_), Change::Spelling) => {
            Err("Close: you changed only how the JSON is written, and already the signature does not fit. Now change \
                 who the token is about."
                .to_owned())
        }
        (Ok(claims), _) => Err(match claims.get("sub") {
            Some(other) if other == "bob" && claims.iter().any(|(_, value)| is_about_admin(value)) => {
                "Close: the naive verifier believes every claim that you wrote. But the portal asks only `sub` who you \
                 are, and `sub` still says `bob`."
                    .to_owned()
            }
            Some(other) => format!(
                "Close: the naive verifier believes that you are `{}`. {}",
                clip(&other.to_string()),
                who_else(other, "Who may change grades?")
            ),
            None => "Close: the naive verifier believes the payload, but it has no `sub`. So the verifier does not \
                     know who you are."
                .to_owned(),
        }),
        (Err(_), Change::Broken(fault)) => {
            Err(format!("The naive verifier cannot read your payload as one JSON object. {fault}"))
        }
        (Err(_), _) => Err("The naive verifier cannot read your payload as one JSON object.".to_owned()),
    }
}

/// Whether a claim is an attempt to be Admin by another name than `sub`.
fn is_about_admin(value: &Value) -> bool {
    *value == Value::Bool(true) || value.as_str().is_some_and(|text| text.eq_ignore_ascii_case(WANTED))
}

fn differences(old: &Map<String, Value>, new: &Map<String, Value>) -> Vec<String> {
    let shown = |value: &Value| clip(&value.to_string());
    let changed = new.iter().filter_map(|(name, now)| match old.get(name) {
        Some(before) if before == now => None,
        Some(before) => Some(format!("`{}`: {} became {}", clip(name), shown(before), shown(now))),
        None => Some(format!("`{}` is new and says {}", clip(name), shown(now))),
    });
    let gone = old.keys().filter(|name| !new.contains_key(*name));
    changed.chain(gone.map(|name| format!("`{}` is gone", clip(name)))).collect()
}

/// The token with another payload and its old signature. `None` for a text that is no token.
pub fn with_payload(token: &str, payload: &str) -> Option<String> {
    let [header, _, signature] = segments(token)?;
    Some(format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(payload)))
}

/// The token with the middle character of its signature exchanged.
pub fn with_middle_changed(token: &str) -> Option<String> {
    let [.., signature] = segments(token)?;
    let middle = token.len() - signature.len() / 2 - 1;
    let other = if token.as_bytes().get(middle)? == &b'A' { "B" } else { "A" };
    Some(format!("{}{other}{}", token.get(..middle)?, token.get(middle + 1..)?))
}

/// One way to write a token's last character.
#[derive(Debug)]
pub struct Spelling {
    pub token: String,
    pub last: char,
    /// Of the six bits that the character stands for, those that belong to the signature.
    pub used: String,
    /// The bits that mean nothing. They are zero in the only valid spelling.
    pub unused: String,
    pub is_original: bool,
    /// Whether a lax decoder, which does not check those bits, reads the same bytes as from the original.
    pub is_same_to_lax: bool,
}

/// Every last character that stands for the same bytes of the signature, the original among them.
pub fn spellings(token: &str) -> Option<Vec<Spelling>> {
    let [.., signature] = segments(token)?;
    let alphabet = base64::alphabet::URL_SAFE.as_str();
    let (stem, last) = token.split_at_checked(token.len().checked_sub(1)?)?;
    let digit = alphabet.find(last)?;
    let unused = match signature.len() % 4 {
        2 => 4,
        3 => 2,
        _ => 0,
    };
    let first = digit >> unused << unused;
    let bytes = LAX_BASE64.decode(signature).ok()?;
    let spelling = |digit: usize, letter: char| {
        let token = format!("{stem}{letter}");
        let bits = format!("{digit:06b}");
        let (used, unused) = bits.split_at(6 - unused);
        let is_same_to_lax = LAX_BASE64.decode(&token[token.len() - signature.len()..]).is_ok_and(|it| it == bytes);
        let (used, unused) = (used.to_owned(), unused.to_owned());
        Spelling { is_original: last.starts_with(letter), token, last: letter, used, unused, is_same_to_lax }
    };
    let letters = alphabet.chars().enumerate().skip(first).take(1 << unused);
    Some(letters.map(|(digit, letter)| spelling(digit, letter)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAYLOAD: &str = r#"{"sub":"bob","iat":1,"exp":2}"#;

    #[test]
    fn a_change_is_told_claim_by_claim() {
        let told = |written: &str| match Change::between(PAYLOAD, written) {
            Change::Claims(told) => told.join("; "),
            other => panic!("{other:?}"),
        };
        assert_eq!(told(r#"{"sub":"admin","iat":1,"exp":2}"#), r#"`sub`: "bob" became "admin""#);
        assert_eq!(told(r#"{"sub":"bob","exp":2,"role":"x"}"#), r#"`role` is new and says "x"; `iat` is gone"#);
    }

    #[test]
    fn the_hints_are_about_what_was_done_to_the_payload_until_it_is_right() {
        let none = Parts::default();
        for (written, part) in [
            (PAYLOAD, "payload"),
            (r#"{"exp":2,"sub":"bob","iat":1}"#, "payload"),
            (r#"{"sub":"Admin"}"#, "subject"),
            (r#"{"role":"admin"}"#, "subject"),
            (r#"{"sub":admin}"#, "json"),
            ("", "json"),
        ] {
            let change = Change::between(PAYLOAD, written);
            assert_eq!(none.open(&change), Open::Part(part), "{written}");
            assert_eq!(Parts { payload: true, ..none }.open(&change), Open::Part("middle"), "{written}");
        }
    }

    /// What is said to this payload; nothing if it is right.
    fn said(written: &str) -> String {
        let token = format!("e30.{}.AAAA", URL_SAFE_NO_PAD.encode(written));
        judge(written, &Change::between(PAYLOAD, written), &naive_verdict(&token)).err().unwrap_or_default()
    }

    #[test]
    fn a_payload_for_admin_is_right_whatever_else_it_says() {
        for right in [r#"{"sub":"admin"}"#, r#"{"exp":1,"sub":"admin"}"#, r#"{"sub":"bob","sub":"admin"}"#] {
            assert_eq!(said(right), "", "{right}");
        }
    }

    #[test]
    fn each_near_miss_is_told_apart() {
        assert!(said(PAYLOAD).contains("You sent the token as it was"));
        assert!(said(&PAYLOAD.replace(',', ", ")).contains("how the JSON is written"));
        assert!(said(r#"{"exp":2,"sub":"bob","iat":1}"#).contains("how the JSON is written"));
        assert!(said(r#"{"sub":"Admin"}"#).contains(r#"you are `"Admin"`. `sub` is compared letter by letter"#));
        assert!(said(r#"{"sub":"admin","sub":"bob"}"#).contains("the member `sub` twice"));
        assert!(
            said(r#"{"sub":admin}"#)
                .ends_with(r#"`admin` has no quotation marks. In JSON names and texts stand between them: `"admin"`."#)
        );
        assert!(said(r#"{"sub":"bob","iat":1,"exp":9999999999}"#).contains(r#"you are `"bob"`"#));
        assert!(said(r#"{"role":"admin"}"#).contains("it has no `sub`"));
        for claim in [r#""admin":true"#, r#""role":"Admin""#] {
            let said = said(&format!(r#"{{"sub":"bob",{claim}}}"#));
            assert!(said.contains("asks only `sub` who you are"), "{said}");
        }
        for broken in ["", "{", "[1]", "admin", r#"{"sub":"admin""#] {
            assert!(said(broken).contains("one JSON object"), "{broken}");
        }
    }

    #[test]
    fn a_payload_that_names_two_subjects_is_explained_although_it_is_right() {
        let judged = |written: &str| {
            let token = format!("e30.{}.AAAA", URL_SAFE_NO_PAD.encode(written));
            judge(written, &Change::between(PAYLOAD, written), &naive_verdict(&token))
        };
        let twice = judged(r#"{"sub":"bob","sub":"admin"}"#).unwrap();
        assert!(twice.contains("the member `sub` twice") && twice.contains("keeps the last one"), "{twice}");
        assert_eq!(judged(r#"{"sub":"admin"}"#), Ok(String::new()));
    }

    #[test]
    fn the_lesson_is_solved_when_all_three_parts_are_done_in_any_order() {
        let parts = |payload, middle, last| Parts { payload, middle, last }.press("So.");
        assert_eq!(
            parts(true, false, false),
            PressResult::Step(
                "So. 1 of 3 parts done. Next: change a character in the middle of the signature.".to_owned()
            )
        );
        assert_eq!(
            parts(false, true, true),
            PressResult::Step("So. 2 of 3 parts done. Next: change the payload.".to_owned())
        );
        assert_eq!(parts(true, true, true), PressResult::Solved("So.".to_owned()));
    }

    #[test]
    fn an_hs256_signature_has_four_spellings_and_an_rs256_one_sixteen() {
        for (bytes, count) in [(32, 4), (256, 16), (384, 1)] {
            let token = format!("e30.e30.{}", URL_SAFE_NO_PAD.encode(vec![0xa7; bytes]));
            let spellings = spellings(&token).unwrap();
            assert_eq!(spellings.len(), count);
            assert!(spellings.iter().all(|it| it.is_same_to_lax));
            assert_eq!(spellings.iter().filter(|it| it.is_original && it.token == token).count(), 1);
            let canonical = |it: &&Spelling| URL_SAFE_NO_PAD.decode(&it.token[8..]).is_ok();
            assert_eq!(spellings.iter().filter(canonical).count(), 1);
        }
    }

    #[test]
    fn a_character_in_the_middle_belongs_to_the_signature_whole() {
        let token = format!("e30.e30.{}", URL_SAFE_NO_PAD.encode([7; 32]));
        let changed = with_middle_changed(&token).unwrap();
        assert_eq!((changed.len(), changed == token), (token.len(), false));
        assert_ne!(LAX_BASE64.decode(&changed[8..]).unwrap(), [7; 32]);
    }
}
