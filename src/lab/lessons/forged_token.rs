//! What is wrong with a token that a visitor forged with other tools: one sentence or two about that very fault. The
//! lessons that take such a token share them, and add what their own key is about.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::json_text::{fault_of, note_on_repetition, repeated_member};
use super::remark::{clip, text_of};
use crate::lab::naive::{LaxToken, Objection};
use crate::token::{LARGEST_TOKEN, segments};

/// What is wrong with the text itself, whatever key signed it; `None` for a token that can be read.
pub fn unreadable(token: &str) -> Option<String> {
    if token.is_empty() {
        return Some("The field is empty. Paste your token into it.".to_owned());
    }
    if token.len() > LARGEST_TOKEN {
        let count = token.len();
        return Some(format!(
            "This is not a token. It has {count} bytes, and the portal reads at most {LARGEST_TOKEN}."
        ));
    }
    let objection = LaxToken::read(token).err();
    objection.map_or_else(
        || broken_payload(token).or_else(|| broken_signature(token)),
        |objection| refused(token, &objection),
    )
}

/// The same for a verifier that does not read a member that stands twice.
pub fn unreadable_to_strict(token: &str) -> Option<String> {
    let repeated = |part, name: &str| {
        let member = repeated_member(&text_of(token, part)?)?;
        Some(format!("Your {name} has the member `{member}` twice. The portal refuses such a token: write it once."))
    };
    unreadable(token).or_else(|| repeated(0, "header")).or_else(|| repeated(1, "payload"))
}

fn broken_payload(token: &str) -> Option<String> {
    Some(format!("The payload is not a JSON object. {}", fault_of(&text_of(token, 1)?)?))
}

/// Plain base64 is no such fault: lessons tell it apart from base64url by themselves.
fn broken_signature(token: &str) -> Option<String> {
    let [.., signature] = segments(token)?;
    let odd = signature.chars().find(|c| !c.is_ascii_alphanumeric() && !"-_+/=".contains(*c))?;
    Some(format!("The signature is not base64url: it has the character `{}`.", clip(&odd.to_string())))
}

/// What to say of a token that a naive verifier refused for a reason that has nothing to do with keys.
pub fn refused(token: &str, objection: &Objection) -> Option<String> {
    Some(match objection {
        Objection::Parts(count) => {
            format!(
                "This is not a token: a token has three parts, and this text has {count}.{}",
                what_else(token, *count)
            )
        }
        Objection::Encoding(part) => {
            format!("This is not a token: the {part} is not base64url. {}", why_not_base64url(token, part))
        }
        Objection::NotJson("header") => format!("The header is not a JSON object. {}", fault_in(token, 0)),
        Objection::NotJson(_) => {
            format!("Close: the signature is right, but the payload is not a JSON object. {}", fault_in(token, 1))
        }
        Objection::NoAlg => "The header names no algorithm. It needs a member `alg` whose value is a text.".to_owned(),
        Objection::Expired { .. } => {
            "Close: the signature is right, but your token has expired: its `exp` has passed. \
                                      You sign it, so write a later one."
                .to_owned()
        }
        _ => return None,
    })
}

/// What a verifier does that reads a member twice; empty for a token that has each member once.
pub fn note(token: &str) -> String {
    let of_part = |part, name| text_of(token, part).map(|text| note_on_repetition(name, &text)).unwrap_or_default();
    [of_part(0, "header"), of_part(1, "payload")].concat()
}

/// What else the right secret signed, if the signature is over another text than that of the token. `sign` makes the
/// signature of a text.
pub fn signed_otherwise(token: &str, sign: impl Fn(&str) -> String) -> Option<String> {
    let [header, payload, signature] = segments(token)?;
    let decoded = text_of(token, 0).zip(text_of(token, 1)).map(|(header, payload)| format!("{header}.{payload}"));
    let others = [
        (decoded.unwrap_or_default(), "the JSON before it was encoded"),
        (payload.to_owned(), "the payload alone"),
        (format!("{header}{payload}"), "both parts without the dot"),
        (format!("{header}.{payload}."), "both parts with the second dot too"),
        (format!("{header}.{payload}\n"), "both parts with a line break at the end"),
    ];
    let (_, text) = others.into_iter().find(|(text, _)| sign(text) == signature.trim_end_matches('='))?;
    Some(format!(
        "Close: the secret is right, but it signed {text}. A signature covers the first two parts as the token writes \
         them, with the dot between."
    ))
}

/// Whether this is the right signature in another encoding: with `=` at its end, in plain base64 or in hexadecimal.
pub(super) fn is_in_another_encoding(written: &str, right: &str) -> bool {
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(right) else { return false };
    let hex = hexadecimal(&bytes);
    // Hexadecimal digits are the same text in both alphabets of base64.
    let forms = [right.to_owned(), STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&hex)];
    let unpadded = written.trim_end_matches('=');
    written != right && (forms.iter().any(|form| form == unpadded) || unpadded.eq_ignore_ascii_case(&hex))
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

fn fault_in(token: &str, part: usize) -> String {
    let text = text_of(token, part);
    text.map_or_else(|| Some("It is not even text.".to_owned()), |text| fault_of(&text)).unwrap_or_default()
}

/// What a text of so many parts often is.
fn what_else(token: &str, count: usize) -> &'static str {
    match count {
        1 if token.trim_start().starts_with('{') => " Write the header and the payload in base64url, and sign them.",
        2 => " The signature is missing.",
        5 => " A text of five parts is an encrypted token.",
        _ => "",
    }
}

fn why_not_base64url(token: &str, part: &str) -> &'static str {
    let place = usize::from(part != "header");
    let text = token.split('.').nth(place).unwrap_or_default();
    if text.contains(['+', '/']) {
        "It has `-` and `_` where plain base64 has `+` and `/`."
    } else if text.contains(char::is_whitespace) {
        "There is a space or a line break in it."
    } else if text.contains(['{', '"']) {
        "It looks like JSON that was not encoded."
    } else {
        "Perhaps a part of it was not copied."
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::forge::mac;
    use crate::token::signing_input;

    fn token(header: &str, payload: &str) -> String {
        format!("{}.AA", signing_input(header, payload))
    }

    #[test]
    fn a_signature_with_a_character_of_no_base64_is_named_and_plain_base64_is_left_to_the_lesson() {
        let with = |signature: &str| unreadable(&format!("{}.{signature}", signing_input(r#"{"alg":"HS256"}"#, "{}")));
        assert_eq!(with("@@").unwrap(), "The signature is not base64url: it has the character `@`.");
        assert!(with("A A").is_some() && with("Aé").is_some());
        for signature in ["", "AA", "A+/A==", "-_AA"] {
            assert_eq!(with(signature), None, "{signature}");
        }
    }

    #[test]
    fn a_signature_in_each_other_encoding_is_known_and_the_right_form_is_none() {
        let bytes = [0xfb, 0xff, 0xbf, 0x0a];
        assert_eq!((URL_SAFE_NO_PAD.encode(bytes).as_str(), hexadecimal(&bytes).as_str()), ("-_-_Cg", "fbffbf0a"));
        for written in
            ["-_-_Cg==", "+/+/Cg", "+/+/Cg==", "fbffbf0a", "FBFFBF0A", "fbFFbf0a", "ZmJmZmJmMGE", "ZmJmZmJmMGE="]
        {
            assert!(is_in_another_encoding(written, "-_-_Cg"), "{written}");
        }
        for written in ["-_-_Cg", "", "-_-_Ch", "fbffbf0b", "fbffbf0", "+_-_Cg", "=-_-_Cg"] {
            assert!(!is_in_another_encoding(written, "-_-_Cg"), "{written}");
        }
    }

    #[test]
    fn each_fault_of_the_text_is_named() {
        for (text, says) in [
            (String::new(), "The field is empty"),
            ("a".repeat(LARGEST_TOKEN + 1), "It has 8193 bytes"),
            (r#"{"alg":"HS256"}"#.to_owned(), "in base64url, and sign them"),
            ("e30.e30".to_owned(), "this text has 2. The signature is missing"),
            ("a.b.c.d.e".to_owned(), "an encrypted token"),
            ("e3+0.e30.AA".to_owned(), "where plain base64 has `+`"),
            ("e3 0.e30.AA".to_owned(), "a space or a line break"),
            (r#"e30.{"sub":"admin"}.AA"#.to_owned(), "JSON that was not encoded"),
            ("a.e30.AA".to_owned(), "was not copied"),
            (token(r#"{"alg":HS256}"#, "{}"), "The header is not a JSON object. `HS256` has no quotation marks"),
            (token(r#"{"alg":"HS256"}"#, r#"{"sub":"admin",}"#), "The payload is not a JSON object. The comma"),
        ] {
            let said = unreadable(&text).unwrap();
            assert!(said.contains(says), "{text}: {said}");
        }
        assert_eq!(unreadable(&token("{}", "{}")), None);
    }

    #[test]
    fn a_member_that_stands_twice_is_named_and_a_strict_portal_refuses_it() {
        let twice = token(r#"{"alg":"HS256"}"#, r#"{"sub":"bob","sub":"admin"}"#);
        assert!(note(&twice).contains("the member `sub` twice") && unreadable(&twice).is_none());
        assert!(unreadable_to_strict(&twice).unwrap().contains("`sub` twice. The portal refuses"));
        let once = token(r#"{"alg":"HS256"}"#, r#"{"sub":"admin"}"#);
        assert_eq!((note(&once), unreadable_to_strict(&once)), (String::new(), None));
        let broken = token(r#"{"alg":"HS256"}"#, r#"{"sub":"admin",}"#);
        assert!(unreadable_to_strict(&broken).unwrap().contains("The payload is not a JSON object. The comma"));
    }

    #[test]
    fn a_signature_over_another_text_is_recognised() {
        let sign = |text: &str| mac(aws_lc_rs::hmac::HMAC_SHA256, b"secret", text);
        let (header, payload) = (r#"{"alg":"HS256"}"#, r#"{"sub":"admin"}"#);
        let unsigned = signing_input(header, payload);
        for (text, says) in [
            (format!("{header}.{payload}"), "before it was encoded"),
            (unsigned.replace('.', ""), "without the dot"),
            (format!("{unsigned}\n"), "a line break at the end"),
        ] {
            let said = signed_otherwise(&format!("{unsigned}.{}", sign(&text)), sign).unwrap();
            assert!(said.contains(says), "{said}");
        }
        assert_eq!(signed_otherwise(&format!("{unsigned}.{}", sign(&unsigned)), sign), None);
    }
}
