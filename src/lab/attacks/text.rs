//! Attacks on the text: another number of parts, another spelling, JSON that can be read in two ways, and too large
//! tokens.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::{AttackKind, Definition, JudgedBy, attack_text};
use crate::code::Code;
use crate::keys::SigningError;
use crate::lab::forge::{ADMIN, Forge, Forgery, quoted};
use crate::lab::naive;

pub(super) static ATTACKS: &[Definition] = &[
    Definition {
        text: attack_text!("null-token"),
        number: 2,
        key: "nt",
        expected: Code::Malformed,
        forges_identity: false,
        needs: None,
        variants: &["null", "undefined", "{}"],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |_, word| Ok(Forgery::new(word, "There is none.")),
            naive: &naive::ACCEPTS_NULL_AS_GUEST,
        },
    },
    Definition {
        text: attack_text!("segments"),
        number: 26,
        key: "se",
        expected: Code::Malformed,
        forges_identity: false,
        needs: None,
        variants: &["four", "five", "two", "one", "json", "jwe"],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, shape| Ok(reshaped(forge, shape)),
            naive: &naive::READS_THE_FIRST_THREE_PARTS,
        },
    },
    Definition {
        text: attack_text!("empty-header"),
        number: 26,
        key: "se",
        expected: Code::Malformed,
        forges_identity: false,
        needs: None,
        variants: &[],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Lab,
            forge: |forge, _| forge.resigned("", forge.original.claims.to_string()),
            naive: &naive::COMPARES_LOOSELY,
        },
    },
    Definition {
        text: attack_text!("empty-payload"),
        number: 26,
        key: "se",
        expected: Code::Malformed,
        forges_identity: false,
        needs: None,
        variants: &[],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Lab,
            forge: |forge, _| forge.resigned(forge.lab_header().to_string(), ""),
            naive: &naive::ACCEPTS_ANY_PAYLOAD,
        },
    },
    Definition {
        text: attack_text!("empty-payload-stale"),
        number: 26,
        key: "se",
        expected: Code::BadSignature,
        forges_identity: false,
        needs: None,
        variants: &[],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, _| Ok(forge.stale(forge.original.header.to_string(), "")),
            naive: &naive::SKIPS_SIGNATURE,
        },
    },
    Definition {
        text: attack_text!("stray-base64"),
        number: 27,
        key: "sb",
        expected: Code::Malformed,
        forges_identity: false,
        needs: None,
        variants: &["padding", "space", "newline", "nul"],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, stray| {
                let stray = match stray {
                    "padding" => "=",
                    "space" => " ",
                    "newline" => "\n",
                    _ => "\0",
                };
                Ok(Forgery::new(format!("{}{stray}", forge.original.token), "The same, with one more character."))
            },
            naive: &naive::DECODES_BASE64_LAXLY,
        },
    },
    Definition {
        text: attack_text!("plain-base64"),
        number: 27,
        key: "sb",
        expected: Code::Malformed,
        forges_identity: false,
        needs: None,
        variants: &["plus-slash", "padding"],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Lab,
            forge: |forge, variant| in_plain_base64(forge, variant),
            naive: &naive::DECODES_BASE64_LAXLY,
        },
    },
    Definition {
        text: attack_text!("duplicate-members"),
        number: 29,
        key: "dm",
        expected: Code::Malformed,
        forges_identity: true,
        needs: None,
        variants: DUPLICATED_MEMBERS,
        kind: AttackKind::Token {
            judged_by: JudgedBy::Lab,
            forge: |forge, name| match name {
                "alg" => {
                    let alg = quoted(forge.algorithm().as_str());
                    let header = forge.lab_header().with("alg", quoted("none")).and("alg", alg);
                    forge.resigned(header.to_string(), forge.forged_claims().to_string())
                }
                _ => forge.resign_claims(&forge.original.claims.and("sub", quoted(ADMIN))),
            },
            naive: &naive::KEEPS_THE_LAST_DUPLICATE,
        },
    },
    Definition {
        text: attack_text!("duplicate-sub-stale"),
        number: 29,
        key: "dm",
        expected: Code::BadSignature,
        forges_identity: true,
        needs: None,
        variants: &[],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, _| Ok(forge.stale_claims(&forge.original.claims.and("sub", quoted(ADMIN)))),
            naive: &naive::SKIPS_SIGNATURE,
        },
    },
    Definition {
        text: attack_text!("payload-not-an-object"),
        number: 30,
        key: "pn",
        expected: Code::Malformed,
        forges_identity: false,
        needs: None,
        variants: PAYLOAD_KINDS,
        kind: AttackKind::Token {
            judged_by: JudgedBy::Lab,
            forge: |forge, kind| forge.resigned(forge.lab_header().to_string(), payload(forge, kind)),
            naive: &naive::ACCEPTS_ANY_PAYLOAD,
        },
    },
    Definition {
        text: attack_text!("payload-not-an-object-stale"),
        number: 30,
        key: "pn",
        expected: Code::BadSignature,
        forges_identity: false,
        needs: None,
        variants: PAYLOAD_KINDS,
        kind: AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, kind| Ok(forge.stale(forge.original.header.to_string(), payload(forge, kind))),
            naive: &naive::SKIPS_SIGNATURE,
        },
    },
    Definition {
        text: attack_text!("huge-kid"),
        number: 35,
        key: "hk",
        expected: Code::TooLarge,
        forges_identity: false,
        needs: None,
        variants: &[],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Lab,
            forge: |forge, _| forge.resign_header("kid", quoted(&"k".repeat(1 << 20))),
            naive: &naive::HAS_NO_LIMITS,
        },
    },
    Definition {
        text: attack_text!("deep-payload"),
        number: 35,
        key: "hk",
        expected: Code::Malformed,
        forges_identity: false,
        needs: None,
        variants: &[],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Lab,
            forge: |forge, _| {
                let nested = format!("{}{}", "[".repeat(DEPTH), "]".repeat(DEPTH));
                forge.resign_claims(&forge.original.claims.with("deep", nested))
            },
            naive: &naive::HAS_NO_LIMITS,
        },
    },
    Definition {
        text: attack_text!("oversize-token"),
        number: 35,
        key: "hk",
        expected: Code::TokenTooLarge,
        forges_identity: false,
        needs: None,
        variants: &[],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Session,
            forge: |forge, _| forge.resign_claims(&forge.original.claims.with("filler", quoted(&"x".repeat(3300)))),
            naive: &naive::HAS_NO_LIMITS,
        },
    },
];

/// Deeper than any parser that bounds its recursion reads, and short enough for a cookie.
const DEPTH: usize = 400;

const DUPLICATED_MEMBERS: &[&str] = &["sub", "alg"];

const PAYLOAD_KINDS: &[&str] = &["array", "null", "not-utf-8"];

fn payload(forge: &Forge<'_>, kind: &str) -> Vec<u8> {
    match kind {
        "array" => b"[1]".to_vec(),
        "null" => b"null".to_vec(),
        _ => {
            let claims = forge.original.claims.with("sub", "\"b\u{1}b\"").to_string();
            // No text holds a byte that is not UTF-8, so a control character keeps its place.
            claims.bytes().map(|byte| if byte == 1 { 0xff } else { byte }).collect()
        }
    }
}

fn reshaped(forge: &Forge<'_>, shape: &str) -> Forgery {
    let token = &forge.original.token;
    let [header, payload, signature] = forge.original.parts();
    match shape {
        "one" => Forgery::new(header, "Left out."),
        "two" => Forgery::new(format!("{header}.{payload}"), "Left out."),
        "four" => Forgery::new(format!("{token}.{signature}"), "Unchanged, and added a second time."),
        "five" => Forgery::new(format!("{token}.{payload}.{signature}"), "Unchanged, and two more parts follow it."),
        "json" => Forgery::new(
            format!(r#"{{"payload":"{payload}","protected":"{header}","signature":"{signature}"}}"#),
            "Unchanged, in the JSON serialisation of RFC 7515 §7.2.2.",
        ),
        _ => Forgery::new(JWE, "There is none. An encrypted token has a tag instead."),
    }
}

/// The beginning of RFC 7516's example: five parts.
const JWE: &str = "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZKTyKOMTYUmKoTCVJ.\
                   48V1_ALb6US04U3b.5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6ji.XFBoMYUZodetZdvTiFvSkQ";

/// A payload whose base64url has both letters that plain base64 spells otherwise, and needs padding.
fn in_plain_base64(forge: &Forge<'_>, variant: &str) -> Result<Forgery, SigningError> {
    let mut claims = forge.original.claims.with("note", quoted("?????>>>>>")).to_string();
    while claims.len().is_multiple_of(3) {
        claims.insert(1, ' ');
    }
    let payload = if variant == "padding" { STANDARD.encode(&claims) } else { STANDARD_NO_PAD.encode(&claims) };
    let message = format!("{}.{payload}", URL_SAFE_NO_PAD.encode(forge.lab_header().to_string()));
    forge.resign(&message)
}
