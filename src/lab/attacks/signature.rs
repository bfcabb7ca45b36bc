//! Attacks on the signature: it is cut, left out, guessed, or made with a key that is not ours.

use aws_lc_rs::hmac::HMAC_SHA256;

use super::{AttackKind, Definition, JudgedBy, attack_text};
use crate::code::Code;
use crate::lab::forge::{Forge, Forgery, mac, quoted, with_unused_bits};
use crate::lab::naive;
use crate::profiles::demo::DemoAlgorithm;

pub(super) static ATTACKS: &[Definition] = &[
    Definition {
        text: attack_text!("original"),
        number: 1,
        key: "or",
        expected: Code::Accepted,
        needs: None,
        variants: &[],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, _| Ok(Forgery::new(&*forge.original.token, "Untouched.")),
            naive: &naive::CHECKS_ONLY_SIGNATURE_AND_EXPIRY,
        },
    },
    Definition {
        text: attack_text!("cut-signature"),
        number: 3,
        key: "cs",
        expected: Code::BadSignature,
        needs: None,
        variants: &["1", "2", "8"],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, cut| {
                let token = &forge.original.token;
                let cut: usize = cut.parse().unwrap_or(1);
                Ok(Forgery::new(&token[..token.len().saturating_sub(cut)], "Cut: the rest of it is what was made."))
            },
            naive: &naive::SKIPS_SIGNATURE,
        },
    },
    Definition {
        text: attack_text!("weak-secret"),
        number: 5,
        key: "ws",
        expected: Code::BadSignature,
        needs: Some(DemoAlgorithm::HS256),
        variants: &[],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, _| Ok(guessed(forge)),
            naive: &naive::HAS_A_GUESSABLE_SECRET,
        },
    },
    Definition {
        text: attack_text!("blank-password-hs256"),
        number: 6,
        key: "bp",
        expected: Code::BadSignature,
        needs: Some(DemoAlgorithm::HS256),
        variants: &[],
        kind: BLANK,
    },
    Definition {
        text: attack_text!("blank-password-rs256"),
        number: 6,
        key: "bp",
        expected: Code::AlgNotAllowed,
        needs: Some(DemoAlgorithm::RS256),
        variants: &[],
        kind: BLANK,
    },
    Definition {
        text: attack_text!("null-signature"),
        number: 8,
        key: "ns",
        expected: Code::BadSignature,
        needs: None,
        variants: &[],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, _| {
                let [header, payload, _] = forge.original.parts();
                Ok(Forgery::new(format!("{header}.{payload}."), "Left out."))
            },
            naive: &naive::SKIPS_EMPTY_SIGNATURE,
        },
    },
    Definition {
        text: attack_text!("common-secret-hs256"),
        number: 17,
        key: "co",
        expected: Code::BadSignature,
        needs: Some(DemoAlgorithm::HS256),
        variants: WORDS,
        kind: COMMON,
    },
    Definition {
        text: attack_text!("common-secret-rs256"),
        number: 17,
        key: "co",
        expected: Code::AlgNotAllowed,
        needs: Some(DemoAlgorithm::RS256),
        variants: WORDS,
        kind: COMMON,
    },
    Definition {
        text: attack_text!("wrong-key"),
        number: 25,
        key: "wk",
        expected: Code::BadSignature,
        needs: None,
        variants: &[],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, _| forge.by_attacker(&forge.original.header, "Made with the attacker's key."),
            naive: &naive::SKIPS_SIGNATURE,
        },
    },
    Definition {
        text: attack_text!("retired-key"),
        number: 25,
        key: "wk",
        expected: Code::UnknownKid,
        needs: Some(DemoAlgorithm::RS256),
        variants: &[],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, _| forge.by_attacker(&forge.lab_header(), "Made with the retired key that `kid` names."),
            naive: &naive::KEEPS_RETIRED_KEYS,
        },
    },
    Definition {
        text: attack_text!("twin-spelling"),
        number: 28,
        key: "ts",
        expected: Code::Malformed,
        needs: None,
        variants: &[],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, _| {
                let [header, payload, signature] = forge.original.parts();
                let signature_note = "The same bytes, spelled otherwise: a lax decoder sees no difference.";
                Ok(Forgery::new(format!("{header}.{payload}.{}", with_unused_bits(signature)), signature_note))
            },
            naive: &naive::DECODES_BASE64_LAXLY,
        },
    },
];

const WORDS: &[&str] = &["secret", "mysecret", "password", "changeme", "your-256-bit-secret"];

const BLANK: AttackKind = AttackKind::Token {
    judged_by: JudgedBy::Demo,
    forge: |forge, _| Ok(forge.sign_with_hmac(&forge.original.header, b"", "Made with the empty key.")),
    naive: &naive::HAS_AN_EMPTY_SECRET,
};

const COMMON: AttackKind = AttackKind::Token {
    judged_by: JudgedBy::Demo,
    forge: |forge, word| {
        Ok(forge.sign_with_hmac(
            &forge.original.header,
            word.as_bytes(),
            format!("Made with the secret {}.", quoted(word)),
        ))
    },
    naive: &naive::HAS_A_GUESSABLE_SECRET,
};

/// Every word of the list is tried on the visitor's signature. A hit, which only a careless operator makes possible,
/// is said, and used no further.
fn guessed(forge: &Forge<'_>) -> Forgery {
    let message = forge.original.token.rsplit_once('.').map_or("", |(message, _)| message);
    let hit = naive::COMMON_SECRETS
        .iter()
        .find(|word| mac(HMAC_SHA256, word.as_bytes(), message) == forge.original.signature());
    let count = naive::COMMON_SECRETS.len();
    let signature_note = match hit {
        None => format!("None of {count} words made your signature, so this one is made with the likeliest of them."),
        Some(_) => {
            "One of the words made your signature: this server's secret must be changed. Another word was taken here."
                .to_owned()
        }
    };
    let word = naive::COMMON_SECRETS.iter().find(|word| Some(word) != hit.as_ref()).copied().unwrap_or_default();
    forge.sign_with_hmac(&forge.original.header, word.as_bytes(), signature_note)
}
