//! Attacks on the text: another number of parts, another spelling, JSON with two meanings, too much of everything.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::{Attack, AttackKind, JudgedBy, Variant, attack, variant};
use crate::code::Code;
use crate::keys::SigningError;
use crate::lab::forge::{Forge, Forgery, quoted};
use crate::lab::naive;

pub(super) static ATTACKS: &[Attack] = &[
    Attack {
        what: "The token is a word that programs say for nothing. A verifier that reads it as nothing and lets nothing in as \
               a guest has no door.",
        changes: "the token is the word null",
        lesson: Some("anatomy"),
        rfc: "RFC 7515 §7.1",
        variants: &[variant("null", "null"), variant("undefined", "undefined"), variant("{}", "an empty JSON object")],
        ..attack(
            2,
            "nt",
            "null-token",
            "The word null",
            Code::Malformed,
            AttackKind::Token {
                judged_by: JudgedBy::Demo,
                forge: |_, word| Ok(Forgery::new(word, "There is none.")),
                naive: &naive::ACCEPTS_NULL_AS_GUEST,
            },
        )
    },
    Attack {
        what: "A token has three parts. With more or fewer, or in another serialisation, two programs may disagree which of \
               them were signed.",
        changes: "the number of parts, or the whole form",
        lesson: Some("anatomy"),
        rfc: "RFC 7515 §7.1",
        variants: &[
            variant("four", "four parts"),
            variant("five", "five parts"),
            variant("two", "two parts"),
            variant("one", "one part"),
            variant("json", "JSON serialisation"),
            variant("jwe", "an encrypted token"),
        ],
        ..attack(
            26,
            "se",
            "segments",
            "Segments",
            Code::Malformed,
            AttackKind::Token {
                judged_by: JudgedBy::Demo,
                forge: |forge, shape| Ok(reshaped(forge, shape)),
                naive: &naive::READS_THE_FIRST_THREE_PARTS,
            },
        )
    },
    Attack {
        what: "The header is empty, and the signature over the rest is right. A verifier with a default for everything finds \
               nothing missing.",
        changes: "the header is empty; re-signed",
        rfc: "RFC 7515 §4",
        ..attack(
            26,
            "se",
            "empty-header",
            "Empty header",
            Code::Malformed,
            AttackKind::Token {
                judged_by: JudgedBy::Lab,
                forge: |forge, _| forge.resigned("", forge.original.claims.to_string()),
                naive: &naive::COMPARES_LOOSELY,
            },
        )
    },
    Attack {
        what: "The payload is empty, and the signature over that is right. It claims nothing, so nothing that it claims is \
               wrong.",
        changes: "the payload is empty; re-signed",
        rfc: "RFC 7519 §7.2",
        ..attack(
            26,
            "se",
            "empty-payload",
            "Empty payload",
            Code::Malformed,
            AttackKind::Token {
                judged_by: JudgedBy::Lab,
                forge: |forge, _| forge.resigned(forge.lab_header().to_string(), ""),
                naive: &naive::ACCEPTS_ANY_PAYLOAD,
            },
        )
    },
    Attack {
        what: "The same with the old signature. It is judged before the payload is read, so nobody without the key makes the \
               server parse anything.",
        changes: "the payload is empty, old signature",
        rfc: "RFC 7515 §5.2",
        ..attack(
            26,
            "se",
            "empty-payload-stale",
            "Empty payload, old signature",
            Code::BadSignature,
            AttackKind::Token {
                judged_by: JudgedBy::Demo,
                forge: |forge, _| Ok(forge.stale(forge.original.header.to_string(), "")),
                naive: &naive::SKIPS_SIGNATURE,
            },
        )
    },
    Attack {
        what: "A stray character stands at the end of the signature. A decoder that skips what it does not know reads the \
               same bytes, and now one token has many spellings.",
        changes: "padding, white space or a NUL behind the signature",
        lesson: Some("tamper"),
        rfc: "RFC 7515 §2",
        variants: &[
            variant("padding", "padding"),
            variant("space", "a space"),
            variant("newline", "a line break"),
            variant("nul", "a NUL"),
        ],
        ..attack(
            27,
            "sb",
            "stray-base64",
            "Stray characters",
            Code::Malformed,
            AttackKind::Token {
                judged_by: JudgedBy::Demo,
                forge: |forge, stray| {
                    let stray = match stray {
                        "padding" => "=",
                        "space" => " ",
                        "newline" => "\n",
                        _ => "\0",
                    };
                    Ok(Forgery::new(
                        format!("{}{stray}", forge.original.token),
                        "The same, with a character behind it.",
                    ))
                },
                naive: &naive::DECODES_BASE64_LAXLY,
            },
        )
    },
    Attack {
        what: "The payload is spelled in plain base64, with + and /, and the signature is right. JWTs have one alphabet, so \
               that each has one spelling.",
        changes: "the payload in plain base64; re-signed",
        rfc: "RFC 7515 §2",
        variants: &[variant("plus-slash", "+ and / for - and _"), variant("padding", "with padding")],
        ..attack(
            27,
            "sb",
            "plain-base64",
            "Plain base64",
            Code::Malformed,
            AttackKind::Token {
                judged_by: JudgedBy::Lab,
                forge: |forge, spelling| in_plain_base64(forge, spelling),
                naive: &naive::DECODES_BASE64_LAXLY,
            },
        )
    },
    Attack {
        what: "A member stands twice, and the signature is right. One parser keeps the first, another the last: they read two \
               tokens in one text.",
        changes: "a second `sub` or `alg`; re-signed",
        rfc: "RFC 7519 §4",
        variants: TWICE,
        ..attack(
            29,
            "dm",
            "duplicate-members",
            "Duplicate members",
            Code::Malformed,
            AttackKind::Token {
                judged_by: JudgedBy::Lab,
                forge: |forge, name| match name {
                    "alg" => {
                        let alg = quoted(forge.under().as_str());
                        let header = forge.lab_header().with("alg", quoted("none")).and("alg", alg);
                        forge.resigned(header.to_string(), forge.original.claims.to_string())
                    }
                    _ => forge.saying(&forge.original.claims.and("sub", quoted("mallory"))),
                },
                naive: &naive::KEEPS_THE_LAST_DUPLICATE,
            },
        )
    },
    Attack {
        what: "A second `sub` under the old signature. It covers every byte of the payload, whichever of the two is read.",
        changes: "a second `sub`, old signature",
        rfc: "RFC 7515 §5.2",
        ..attack(
            29,
            "dm",
            "duplicate-sub-stale",
            "Duplicate `sub`, old signature",
            Code::BadSignature,
            AttackKind::Token {
                judged_by: JudgedBy::Demo,
                forge: |forge, _| {
                    let claims = forge.original.claims.and("sub", quoted("mallory"));
                    Ok(forge.stale(forge.original.header.to_string(), claims.to_string()))
                },
                naive: &naive::SKIPS_SIGNATURE,
            },
        )
    },
    Attack {
        what: "The payload is JSON but no object, or no JSON at all, and the signature is right. What has no claims cannot \
               fail a check on them, unless having them is the check.",
        changes: "the payload is `[1]`, `null` or not UTF-8; re-signed",
        rfc: "RFC 7519 §7.2",
        variants: BODIES,
        ..attack(
            30,
            "pn",
            "payload-not-an-object",
            "Payload that is no object",
            Code::Malformed,
            AttackKind::Token {
                judged_by: JudgedBy::Lab,
                forge: |forge, kind| forge.resigned(forge.lab_header().to_string(), body(forge, kind)),
                naive: &naive::ACCEPTS_ANY_PAYLOAD,
            },
        )
    },
    Attack {
        what: "The same payload under the old signature. It never reaches a parser.",
        changes: "the payload is `[1]`, `null` or not UTF-8, old signature",
        rfc: "RFC 7515 §5.2",
        variants: BODIES,
        ..attack(
            30,
            "pn",
            "payload-not-an-object-stale",
            "Payload that is no object, old signature",
            Code::BadSignature,
            AttackKind::Token {
                judged_by: JudgedBy::Demo,
                forge: |forge, kind| Ok(forge.stale(forge.original.header.to_string(), body(forge, kind))),
                naive: &naive::SKIPS_SIGNATURE,
            },
        )
    },
    Attack {
        what: "`kid` is a megabyte long, and the signature is right. A verifier without a limit decodes, parses and looks up \
               whatever it is sent.",
        changes: "`kid` of 1 MB; re-signed",
        lesson: Some("size-limit"),
        rfc: "RFC 7519 §11.1",
        ..attack(
            35,
            "hk",
            "huge-kid",
            "Huge `kid`",
            Code::TooLarge,
            AttackKind::Token {
                judged_by: JudgedBy::Lab,
                forge: |forge, _| forge.headed("kid", quoted(&"k".repeat(1 << 20))),
                naive: &naive::HAS_NO_LIMITS,
            },
        )
    },
    Attack {
        what: "The payload is nested hundreds of levels deep, and the signature is right. A parser that recurses without a \
               limit runs out of stack and takes the server with it.",
        changes: "a claim of 400 nested arrays; re-signed",
        rfc: "RFC 8259 §9",
        ..attack(
            35,
            "hk",
            "deep-payload",
            "Deep payload",
            Code::Malformed,
            AttackKind::Token {
                judged_by: JudgedBy::Lab,
                forge: |forge, _| {
                    let nested = format!("{}{}", "[".repeat(DEPTH), "]".repeat(DEPTH));
                    forge.saying(&forge.original.claims.with("deep", nested))
                },
                naive: &naive::HAS_NO_LIMITS,
            },
        )
    },
    Attack {
        what: "The token is good in every way and longer than 4096 bytes. A browser drops a cookie of that size without a \
               word; so the server refuses to make it, with the numbers.",
        changes: "a claim of 3,300 characters; re-signed",
        lesson: Some("size-limit"),
        rfc: "RFC 6265 §6.1",
        ..attack(
            35,
            "hk",
            "oversize-token",
            "Token too large for its cookie",
            Code::TokenTooLarge,
            AttackKind::Token {
                judged_by: JudgedBy::Session,
                forge: |forge, _| forge.saying(&forge.original.claims.with("filler", quoted(&"x".repeat(3300)))),
                naive: &naive::HAS_NO_LIMITS,
            },
        )
    },
];

/// Deeper than any parser that bounds its recursion reads, and short enough for a cookie.
const DEPTH: usize = 400;

const TWICE: &[Variant] = &[variant("sub", "sub"), variant("alg", "alg")];

const BODIES: &[Variant] =
    &[variant("array", "an array"), variant("null", "null"), variant("not-utf-8", "an object that is not UTF-8")];

fn body(forge: &Forge<'_>, kind: &str) -> Vec<u8> {
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
        "one" => Forgery::new(header, "Left out, with its dot."),
        "two" => Forgery::new(format!("{header}.{payload}"), "Left out, with its dot."),
        "four" => Forgery::new(format!("{token}.{signature}"), "Untouched, and there a second time."),
        "five" => Forgery::new(format!("{token}.{payload}.{signature}"), "Untouched, with two parts behind it."),
        "json" => Forgery::new(
            format!(r#"{{"payload":"{payload}","protected":"{header}","signature":"{signature}"}}"#),
            "Untouched, in the JSON serialisation of RFC 7515 §7.2.2.",
        ),
        _ => Forgery::new(JWE, "There is none: an encrypted token has a tag in its stead."),
    }
}

/// The beginning of RFC 7516's example: five parts.
const JWE: &str = "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZKTyKOMTYUmKoTCVJ.\
                   48V1_ALb6US04U3b.5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6ji.XFBoMYUZodetZdvTiFvSkQ";

/// A payload whose base64url has both letters that plain base64 spells otherwise, and needs padding.
fn in_plain_base64(forge: &Forge<'_>, spelling: &str) -> Result<Forgery, SigningError> {
    let mut claims = forge.original.claims.with("note", quoted("?????>>>>>")).to_string();
    while claims.len().is_multiple_of(3) {
        claims.insert(1, ' ');
    }
    let payload = if spelling == "padding" { STANDARD.encode(&claims) } else { STANDARD_NO_PAD.encode(&claims) };
    let message = format!("{}.{payload}", URL_SAFE_NO_PAD.encode(forge.lab_header().to_string()));
    forge.signing(&message)
}
