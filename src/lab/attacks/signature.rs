//! Attacks on the signature: it is cut, left out, guessed, or made with another key.

use aws_lc_rs::hmac::HMAC_SHA256;

use super::{AttackKind, Definition, JudgedBy, attack_text};
use crate::code::Code;
use crate::lab::common_secrets;
use crate::lab::forge::{Forge, Forgery, mac, quoted, with_unused_bits};
use crate::lab::naive;
use crate::profiles::demo::DemoAlgorithm;
use crate::token::signing_input;

pub(super) static ATTACKS: &[Definition] = &[
    Definition {
        text: attack_text!("original"),
        number: 1,
        key: "or",
        expected: Code::Accepted,
        forges_identity: false,
        needs: None,
        variants: &[],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, _| Ok(Forgery::new(&*forge.original.token, "Unchanged.")),
            naive: &naive::CHECKS_ONLY_SIGNATURE_AND_EXPIRY,
        },
    },
    Definition {
        text: attack_text!("cut-signature"),
        number: 3,
        key: "cs",
        expected: Code::BadSignature,
        forges_identity: true,
        needs: None,
        variants: &["1", "2", "8"],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, cut| {
                let mut token = forge.stale_claims(&forge.forged_claims()).token;
                let cut: usize = cut.parse().unwrap_or(1);
                token.truncate(token.len().saturating_sub(cut));
                Ok(Forgery::new(token, "The old one, without its last characters."))
            },
            naive: &naive::SKIPS_SIGNATURE,
        },
    },
    Definition {
        text: attack_text!("weak-secret"),
        number: 5,
        key: "ws",
        expected: Code::BadSignature,
        forges_identity: true,
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
        forges_identity: true,
        needs: Some(DemoAlgorithm::HS256),
        variants: &[],
        kind: EMPTY_SECRET,
    },
    Definition {
        text: attack_text!("blank-password-rs256"),
        number: 6,
        key: "bp",
        expected: Code::AlgNotAllowed,
        forges_identity: true,
        needs: Some(DemoAlgorithm::RS256),
        variants: &[],
        kind: EMPTY_SECRET,
    },
    Definition {
        text: attack_text!("null-signature"),
        number: 8,
        key: "ns",
        expected: Code::BadSignature,
        forges_identity: true,
        needs: None,
        variants: &[],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, _| {
                let message = signing_input(forge.original.header.to_string(), forge.forged_claims().to_string());
                Ok(Forgery::new(message + ".", "Empty."))
            },
            naive: &naive::SKIPS_EMPTY_SIGNATURE,
        },
    },
    Definition {
        text: attack_text!("common-secret-hs256"),
        number: 17,
        key: "co",
        expected: Code::BadSignature,
        forges_identity: true,
        needs: Some(DemoAlgorithm::HS256),
        variants: COMMON_SECRETS,
        kind: COMMON_SECRET,
    },
    Definition {
        text: attack_text!("common-secret-rs256"),
        number: 17,
        key: "co",
        expected: Code::AlgNotAllowed,
        forges_identity: true,
        needs: Some(DemoAlgorithm::RS256),
        variants: COMMON_SECRETS,
        kind: COMMON_SECRET,
    },
    Definition {
        text: attack_text!("wrong-key"),
        number: 25,
        key: "wk",
        expected: Code::BadSignature,
        forges_identity: true,
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
        forges_identity: true,
        needs: Some(DemoAlgorithm::RS256),
        variants: &[],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, _| {
                forge.by_attacker(
                    &forge.lab_header(),
                    "Made with the lab's own key. In a real attack it would be the retired key that `kid` names.",
                )
            },
            naive: &naive::KEEPS_RETIRED_KEYS,
        },
    },
    Definition {
        text: attack_text!("twin-spelling"),
        number: 28,
        key: "ts",
        expected: Code::Malformed,
        forges_identity: false,
        needs: None,
        variants: &[],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, _| {
                let [header, payload, signature] = forge.original.parts();
                Ok(Forgery::new(format!("{header}.{payload}.{}", with_unused_bits(signature)), SECOND_SPELLING))
            },
            naive: &naive::DECODES_BASE64_LAXLY,
        },
    },
];

/// What is said of a signature whose unused bits were changed.
pub(super) const SECOND_SPELLING: &str = "The same bytes in a second spelling. A lax decoder sees no difference.";

const COMMON_SECRETS: &[&str] = &["secret", "mysecret", "password", "changeme", "your-256-bit-secret"];

const EMPTY_SECRET: AttackKind = AttackKind::Token {
    judged_by: JudgedBy::Demo,
    forge: |forge, _| Ok(forge.sign_with_hmac(&forge.original.header, b"", "Made with the empty key.")),
    naive: &naive::HAS_AN_EMPTY_SECRET,
};

const COMMON_SECRET: AttackKind = AttackKind::Token {
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

/// Every word of the list is tried on the visitor's signature. If one fits, because the operator of this server chose a
/// word, the page warns and the forgery uses another word.
fn guessed(forge: &Forge<'_>) -> Forgery {
    let message = forge.original.token.rsplit_once('.').map_or("", |(message, _)| message);
    let signature = forge.original.signature();
    let hit = common_secrets::words().find(|word| mac(HMAC_SHA256, word.as_bytes(), message) == signature);
    let count = common_secrets::words().count();
    let signature_note = match hit {
        None => format!("None of {count} words made your signature. This one is made with the most common of them."),
        Some(_) => {
            "One of the words made your signature: this server's secret must be changed. This one is made with another word."
                .to_owned()
        }
    };
    let word = common_secrets::words().find(|word| Some(*word) != hit).unwrap_or_default();
    forge.sign_with_hmac(&forge.original.header, word.as_bytes(), signature_note)
}
