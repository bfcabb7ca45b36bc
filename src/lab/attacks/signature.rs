//! Attacks on the signature: it is cut, left out, guessed, or made with a key that is not ours.

use aws_lc_rs::hmac::HMAC_SHA256;

use super::{AttackKind, Definition, JudgedBy, attack_text, define};
use crate::code::Code;
use crate::lab::forge::{Forge, Forgery, mac, quoted, with_unused_bits};
use crate::lab::naive;
use crate::profiles::demo::DemoAlgorithm;

pub(super) static ATTACKS: &[Definition] = &[
    define(
        attack_text!("original"),
        1,
        "or",
        Code::Accepted,
        AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, _| Ok(Forgery::new(&*forge.original.token, "Untouched.")),
            naive: &naive::CHECKS_ONLY_SIGNATURE_AND_EXPIRY,
        },
    ),
    Definition {
        variants: &["1", "2", "8"],
        ..define(
            attack_text!("cut-signature"),
            3,
            "cs",
            Code::BadSignature,
            AttackKind::Token {
                judged_by: JudgedBy::Demo,
                forge: |forge, cut| {
                    let token = &forge.original.token;
                    let cut: usize = cut.parse().unwrap_or(1);
                    Ok(Forgery::new(&token[..token.len().saturating_sub(cut)], "Cut: the rest of it is what was made."))
                },
                naive: &naive::SKIPS_SIGNATURE,
            },
        )
    },
    Definition {
        needs: Some(DemoAlgorithm::HS256),
        ..define(
            attack_text!("weak-secret"),
            5,
            "ws",
            Code::BadSignature,
            AttackKind::Token {
                judged_by: JudgedBy::Demo,
                forge: |forge, _| Ok(guessed(forge)),
                naive: &naive::HAS_A_GUESSABLE_SECRET,
            },
        )
    },
    Definition {
        needs: Some(DemoAlgorithm::HS256),
        ..define(attack_text!("blank-password-hs256"), 6, "bp", Code::BadSignature, BLANK)
    },
    Definition {
        needs: Some(DemoAlgorithm::RS256),
        ..define(attack_text!("blank-password-rs256"), 6, "bp", Code::AlgNotAllowed, BLANK)
    },
    define(
        attack_text!("null-signature"),
        8,
        "ns",
        Code::BadSignature,
        AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, _| {
                let [header, payload, _] = forge.original.parts();
                Ok(Forgery::new(format!("{header}.{payload}."), "Left out."))
            },
            naive: &naive::SKIPS_EMPTY_SIGNATURE,
        },
    ),
    Definition {
        needs: Some(DemoAlgorithm::HS256),
        variants: WORDS,
        ..define(attack_text!("common-secret-hs256"), 17, "co", Code::BadSignature, COMMON)
    },
    Definition {
        needs: Some(DemoAlgorithm::RS256),
        variants: WORDS,
        ..define(attack_text!("common-secret-rs256"), 17, "co", Code::AlgNotAllowed, COMMON)
    },
    define(
        attack_text!("wrong-key"),
        25,
        "wk",
        Code::BadSignature,
        AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, _| forge.by_attacker(&forge.original.header, "Made with a stranger's key."),
            naive: &naive::SKIPS_SIGNATURE,
        },
    ),
    Definition {
        needs: Some(DemoAlgorithm::RS256),
        ..define(
            attack_text!("retired-key"),
            25,
            "wk",
            Code::UnknownKid,
            AttackKind::Token {
                judged_by: JudgedBy::Demo,
                forge: |forge, _| forge.by_attacker(&forge.lab_header(), "Made with the retired key that `kid` names."),
                naive: &naive::KEEPS_RETIRED_KEYS,
            },
        )
    },
    define(
        attack_text!("twin-spelling"),
        28,
        "ts",
        Code::Malformed,
        AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, _| {
                let [header, payload, signature] = forge.original.parts();
                let signature_note = "The same bytes, spelled otherwise: a lax decoder sees no difference.";
                Ok(Forgery::new(format!("{header}.{payload}.{}", with_unused_bits(signature)), signature_note))
            },
            naive: &naive::DECODES_BASE64_LAXLY,
        },
    ),
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
