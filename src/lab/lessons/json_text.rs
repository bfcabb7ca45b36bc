//! What is wrong with a text that a visitor wrote as JSON, in JSON's own terms, and which member stands in it twice.

use super::remark::clip;
use crate::token::{JsonFault, parse_object, parse_object_keeping_last};

/// What keeps this text from being one JSON object, as a sentence; `None` if it is one. Backticks mark code.
pub fn fault_of(text: &str) -> Option<String> {
    let fault = parse_object_keeping_last(text.as_bytes()).err()?;
    if let Some(says) = fault_of_parser(&fault) {
        return Some(says);
    }
    let Some(outline) = outline(text) else {
        return Some("A text has no closing quotation mark. JSON writes each text between two `\"`.".to_owned());
    };
    let dense: String = outline.chars().filter(|c| !c.is_whitespace()).collect();
    Some(match dense.as_str() {
        "" => "It is empty. A JSON object begins with `{` and ends with `}`.".to_owned(),
        it if it.contains(['\'', '‘', '’']) => {
            "JSON has no single quotes: write `\"` around names and texts.".to_owned()
        }
        it if it.contains(['“', '”', '„']) => {
            "JSON needs straight quotation marks: write `\"` and not `“`.".to_owned()
        }
        it if it.contains(",}") || it.contains(",]") => {
            "The comma before the closing bracket is one too many: JSON allows no comma after the last member."
                .to_owned()
        }
        it if is_encoded(it) => "That is still base64url. Write the JSON itself: the lab encodes it.".to_owned(),
        it => match bare_word(&outline) {
            Some(_) if !it.starts_with('{') => {
                "A JSON object begins with `{` and ends with `}`. Between them stand names and values, such as \
                 `{\"sub\":\"bob\"}`."
                    .to_owned()
            }
            Some(word) => {
                let word = clip(word);
                format!("`{word}` has no quotation marks. In JSON names and texts stand between them: `\"{word}\"`.")
            }
            None if !it.starts_with('{') => "A JSON object begins with `{`, and this text does not.".to_owned(),
            None if count(it, '{') > count(it, '}') => "A closing `}` is missing.".to_owned(),
            None => "Check its braces, colons and commas.".to_owned(),
        },
    })
}

/// What is said of JSON that is in order, and that this parser still does not take as an object.
fn fault_of_parser(fault: &JsonFault) -> Option<String> {
    Some(match fault {
        JsonFault::NumberOutOfRange(name) => {
            format!("It is JSON, but `{}` is a number that is too large for this parser.", clip(name))
        }
        JsonFault::TooDeep => "It is JSON, but nested too deep for this parser.".to_owned(),
        JsonFault::NotAnObject(kind) => {
            format!("It is JSON, but {kind}. A JSON object begins with `{{` and ends with `}}`.")
        }
        JsonFault::Syntax(why) if why.contains("hex escape") => {
            "An escape such as `\\ud800` is half of a character, and this parser wants both halves.".to_owned()
        }
        _ => return None,
    })
}

/// Whether the text looks like JSON in base64url: `{"` is encoded as `eyJ`.
fn is_encoded(text: &str) -> bool {
    text.starts_with("eyJ") && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_=".contains(&byte))
}

/// The text with each JSON string in it replaced by `""`; `None` if one has no end.
fn outline(text: &str) -> Option<String> {
    let (mut outline, mut is_inside, mut is_escaped) = (String::new(), false, false);
    for c in text.chars() {
        if c == '"' && !is_escaped {
            is_inside = !is_inside;
        }
        if !is_inside || (c == '"' && !is_escaped) {
            outline.push(c);
        }
        is_escaped = is_inside && c == '\\' && !is_escaped;
    }
    (!is_inside).then_some(outline)
}

/// A word that is neither a number nor one of the three that JSON knows.
fn bare_word(outline: &str) -> Option<&str> {
    let words = outline.split(|c: char| !c.is_alphanumeric() && c != '_');
    let mut words = words.filter(|word| word.starts_with(|c: char| c.is_alphabetic() || c == '_'));
    words.find(|word| !matches!(*word, "true" | "false" | "null"))
}

fn count(text: &str, wanted: char) -> usize {
    text.chars().filter(|c| *c == wanted).count()
}

/// The member that a JSON object has twice.
pub fn repeated_member(text: &str) -> Option<String> {
    parse_object_keeping_last(text.as_bytes()).ok()?;
    let fault = parse_object(text.as_bytes()).err()?.to_string();
    let (_, after) = fault.split_once("the member \"")?;
    after.rsplit_once("\" twice").map(|(name, _)| clip(name))
}

/// What is said of a header or a payload that has a member twice; empty for one that has not.
pub(super) fn note_on_repetition(part: &str, text: &str) -> String {
    repeated_member(text).map_or_else(String::new, |name| {
        format!(
            " Your {part} has the member `{name}` twice. The parser of this verifier keeps the last one. Other parsers \
             keep the first, or refuse the token, so two programs can read two different tokens."
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_faults_are_named_in_the_terms_of_json() {
        for (text, says) in [
            (r#"{"sub":admin}"#, "`admin` has no quotation marks"),
            (r#"{sub:"admin"}"#, "`sub` has no quotation marks"),
            (r#"{"sub":True}"#, "`True` has no quotation marks"),
            ("{'sub':'admin'}", "no single quotes"),
            ("{“sub”:“admin”}", "straight quotation marks"),
            (r#"{"sub":"admin",}"#, "one too many"),
            (r#"{"sub":["admin", ]}"#, "one too many"),
            (r#"{"sub":"admin"#, "no closing quotation mark"),
            (r#"{"sub":"admin""#, "closing `}` is missing"),
            (r#"{"a":1 "sub":"it's, } admin"}"#, "braces, colons and commas"),
            (r#""sub":"admin""#, "begins with `{`"),
            ("[1]", "an array. A JSON object begins with `{`"),
            ("admin", "begins with `{` and ends with `}`"),
            ("\"admin\"", "a string. A JSON object begins with `{`"),
            ("eyJzdWIiOiJhZG1pbiJ9", "still base64url"),
            (r#"{"sub":"admin","exp":1e999}"#, "`exp` is a number that is too large"),
            (r#"{"sub":"\ud800"}"#, "half of a character"),
            (" \n", "It is empty"),
        ] {
            let said = fault_of(text).unwrap();
            assert!(said.contains(says), "{text}: {said}");
        }
        for right in ["{}", r#"{"sub":"it's \", } admin","exp":1e3}"#, r#"{"a":1,"a":2}"#] {
            assert_eq!(fault_of(right), None, "{right}");
        }
    }

    #[test]
    fn a_member_that_stands_twice_is_named() {
        assert_eq!(repeated_member(r#"{"sub":"bob","sub":"admin"}"#).as_deref(), Some("sub"));
        assert_eq!(repeated_member(r#"{"sub":"bob"}"#), None);
        assert_eq!(repeated_member(r#"{"sub":bob}"#), None);
        assert!(note_on_repetition("header", r#"{"alg":"HS256","alg":"none"}"#).contains("the member `alg` twice"));
    }
}
