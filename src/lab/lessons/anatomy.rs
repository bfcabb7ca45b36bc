//! Anatomy of a token: header and payload, which anyone can read, and a signature.

use super::remark::Remark;
use crate::token::{Claims, parse_object, segments};

const ADJECTIVES: [&str; 16] = [
    "quiet", "brave", "early", "gentle", "lucky", "patient", "quick", "silver", "sunny", "tidy", "wise", "calm",
    "bright", "amber", "mellow", "nimble",
];

const ANIMALS: [&str; 16] = [
    "heron", "otter", "badger", "falcon", "lynx", "marten", "newt", "owl", "plover", "raven", "seal", "stoat", "swift",
    "tern", "vole", "wren",
];

/// The token's subject. The subject is random, so the visitor has to read it in the token.
pub fn subject(random: [u8; 3]) -> String {
    let pick = |names: &[&'static str; 16], byte: u8| names[usize::from(byte) % names.len()];
    format!("{}-{}-{}", pick(&ADJECTIVES, random[0]), pick(&ANIMALS, random[1]), random[2])
}

/// The remark on the subject that was typed for the token with these claims.
pub fn judge(token: &str, claims: &Claims, typed: &str) -> Remark {
    let typed = typed.trim();
    let subject = claims.subject().unwrap_or_default();
    if typed == subject {
        return Remark::right("You read it, and no key was needed.");
    }
    if typed.trim_matches(['"', '\'']) == subject {
        return Remark::right("That is it. The quotation marks belong to JSON and not to the value.");
    }
    Remark::miss(miss(token, claims, typed, subject))
}

fn miss(token: &str, claims: &Claims, typed: &str, subject: &str) -> String {
    let [header, payload, signature] = segments(token).unwrap_or_default();
    let object = parse_object(typed.as_bytes()).ok();
    let has = |name: &str| object.as_ref().is_some_and(|members| members.contains_key(name));
    let claim_with_this_value = claims.iter().find(|(_, value)| value.to_string().trim_matches('"') == typed);
    match typed {
        "" => "The field is empty. Type the value of `sub`.".to_owned(),
        _ if typed == token => {
            "That is the whole token. Its second part is the payload, still to be decoded.".to_owned()
        }
        _ if typed == payload => "That is the payload, still encoded. Decode it, and look for `sub`.".to_owned(),
        _ if typed == header => "That is the header, still encoded. The payload is the second part.".to_owned(),
        _ if typed == signature => "That is the signature. It is not text.".to_owned(),
        _ if is_encoded(payload, typed) => {
            "That is a piece of the payload, still encoded in base64url. Decode the payload, and look for `sub`."
                .to_owned()
        }
        _ if has("sub") => "You typed the whole payload. Type only the value of `sub`.".to_owned(),
        _ if has("alg") => "That is the header, decoded. The payload is the second part.".to_owned(),
        "HS256" | "JWT" => "That value is in the header. The payload is the second part.".to_owned(),
        _ if typed.eq_ignore_ascii_case(subject) => "Right letters, wrong case. `sub` is compared exactly.".to_owned(),
        _ if typed.contains(subject) => "The value is in that text. Type only the value.".to_owned(),
        _ => match claim_with_this_value {
            Some((name, _)) => format!("That is the value of `{name}`. Type only the value of `sub`."),
            None => "That is not the value of `sub` in this token.".to_owned(),
        },
    }
}

/// Whether this is part of the encoded payload, or begins as every encoded JSON object here does.
fn is_encoded(payload: &str, typed: &str) -> bool {
    const SHORTEST: usize = 6;
    let typed = typed.trim_end_matches(['…', '.', '=']);
    typed.starts_with("eyJ") || (typed.len() >= SHORTEST && payload.contains(typed))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "aGVhZGVy.cGF5bG9hZA.c2ln";

    fn said(typed: &str) -> Remark {
        let claims = Claims::new().with("sub", "quiet-heron-7").with("iat", 1_800_000_000).with("exp", 1_800_003_600);
        judge(TOKEN, &claims, typed)
    }

    #[test]
    fn the_subject_is_right_with_quotation_marks_and_spaces_too() {
        for typed in ["quiet-heron-7", " quiet-heron-7\n", "\"quiet-heron-7\"", "'quiet-heron-7'"] {
            assert!(said(typed).is_right, "{typed}");
        }
    }

    #[test]
    fn every_near_miss_is_named() {
        for (typed, named) in [
            ("", "The field is empty"),
            (TOKEN, "the whole token"),
            ("cGF5bG9hZA", "the payload, still encoded"),
            ("eyJzdWIi…", "still encoded in base64url"),
            ("pF5bG9h", "not the value of `sub`"),
            ("cGF5bG9", "still encoded in base64url"),
            ("aGVhZGVy", "the header, still encoded"),
            ("c2ln", "the signature"),
            (r#"{"sub":"quiet-heron-7","iat":1800000000}"#, "the whole payload"),
            (r#"{"typ":"JWT","alg":"HS256"}"#, "the header, decoded"),
            ("HS256", "is in the header"),
            ("Quiet-Heron-7", "wrong case"),
            (r#""sub": "quiet-heron-7""#, "Type only the value"),
            ("1800003600", "the value of `exp`"),
            ("bob", "not the value of `sub`"),
        ] {
            let remark = said(typed);
            assert!(!remark.is_right && remark.says.contains(named), "{typed}: {}", remark.says);
        }
    }

    #[test]
    fn a_subject_is_made_of_what_is_random() {
        assert_eq!(subject([0, 0, 7]), "quiet-heron-7");
        assert_eq!(subject([255, 17, 255]), "nimble-otter-255");
    }
}
