//! Attacks on the signature: it is cut, left out, guessed, or made with a key that is not ours.

use aws_lc_rs::hmac::HMAC_SHA256;

use super::{Attack, AttackKind, JudgedBy, Variant, attack, variant};
use crate::code::Code;
use crate::lab::forge::{Forge, Forgery, mac, quoted, twin};
use crate::lab::naive;
use crate::profiles::demo::DemoAlgorithm;

pub(super) static ATTACKS: &[Attack] = &[
    Attack {
        what: "Nothing is changed: the token goes in as it was issued. It shows what every other row is compared with.",
        changes: "nothing",
        lesson: Some("anatomy"),
        rfc: "RFC 7519 §7.2",
        ..attack(
            1,
            "or",
            "original",
            "The original",
            Code::Accepted,
            AttackKind::Token {
                judged_by: JudgedBy::Demo,
                forge: |forge, _| Ok(Forgery::new(&*forge.original.token, "Untouched.")),
                naive: &naive::CHECKS_ONLY_SIGNATURE_AND_EXPIRY,
            },
        )
    },
    Attack {
        what: "The last characters of the signature are cut off. A verifier that decodes and never verifies does not miss \
               them.",
        changes: "the signature's last characters are cut",
        lesson: Some("tamper"),
        rfc: "RFC 7515 §5.2",
        variants: &[
            variant("1", "one character cut"),
            variant("2", "two characters cut"),
            variant("8", "eight characters cut"),
        ],
        ..attack(
            3,
            "cs",
            "cut-signature",
            "Broken signature",
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
    Attack {
        what: "Whoever holds one token can try secrets against it offline, a few million a second, and nobody notices. \
               A short list of words is tried on yours.",
        changes: "signed anew with the likeliest word, after every word failed on your signature",
        lesson: Some("weak-secret"),
        rfc: "RFC 8725 §3.5",
        needs: Some(DemoAlgorithm::Hs256),
        ..attack(
            5,
            "ws",
            "weak-secret",
            "Weak secret",
            Code::BadSignature,
            AttackKind::Token {
                judged_by: JudgedBy::Demo,
                forge: |forge, _| Ok(guessed(forge)),
                naive: &naive::HAS_A_GUESSABLE_SECRET,
            },
        )
    },
    Attack {
        what: "The token is signed with no key at all, which HMAC takes. It opens every server whose secret was never set.",
        changes: "signed with HS256 and the empty key",
        lesson: Some("weak-secret"),
        rfc: "RFC 8725 §3.5",
        needs: Some(DemoAlgorithm::Hs256),
        ..attack(6, "bp", "blank-password-hs256", "Blank password", Code::BadSignature, BLANK)
    },
    Attack {
        what: "The token says HS256 and is signed with the empty key, before a session that expects RS256. It needs a \
               verifier that believes `alg` and has no secret set.",
        changes: "`alg` becomes HS256, signed with the empty key",
        lesson: Some("key-confusion"),
        rfc: "RFC 8725 §3.1",
        needs: Some(DemoAlgorithm::Rs256),
        ..attack(6, "bp", "blank-password-rs256", "Blank password, under RS256", Code::AlgNotAllowed, BLANK)
    },
    Attack {
        what: "The signature is left out and the second dot stays. A verifier that checks a signature only where there \
               is one lets anything through.",
        changes: "the signature is empty, `alg` as it was",
        lesson: Some("tamper"),
        rfc: "RFC 7515 §5.2",
        ..attack(
            8,
            "ns",
            "null-signature",
            "Null signature",
            Code::BadSignature,
            AttackKind::Token {
                judged_by: JudgedBy::Demo,
                forge: |forge, _| {
                    let [header, payload, _] = forge.original.parts();
                    Ok(Forgery::new(format!("{header}.{payload}."), "Left out."))
                },
                naive: &naive::SKIPS_EMPTY_SIGNATURE,
            },
        )
    },
    Attack {
        what: "The token is signed with a word out of every list of leaked secrets. It opens every server that kept the \
               example's secret.",
        changes: "signed with HS256 and a common word",
        lesson: Some("weak-secret"),
        rfc: "RFC 8725 §3.5",
        needs: Some(DemoAlgorithm::Hs256),
        variants: WORDS,
        ..attack(17, "co", "common-secret-hs256", "Common secret", Code::BadSignature, COMMON)
    },
    Attack {
        what: "The token says HS256 and is signed with a common word, before a session that expects RS256. A verifier \
               that lets the token choose the algorithm is thrown back to its weakest secret.",
        changes: "`alg` becomes HS256, signed with a common word",
        lesson: Some("key-confusion"),
        rfc: "RFC 8725 §3.1",
        needs: Some(DemoAlgorithm::Rs256),
        variants: WORDS,
        ..attack(17, "co", "common-secret-rs256", "Common secret, under RS256", Code::AlgNotAllowed, COMMON)
    },
    Attack {
        what: "Somebody else signed the same claims, with a key of the same kind and under the same `kid`. The name of a \
               key is no key.",
        changes: "signed with a stranger's key; the lab's own plays it",
        lesson: Some("hs256-or-rs256"),
        rfc: "RFC 7515 §5.2",
        ..attack(
            25,
            "wk",
            "wrong-key",
            "Wrong key",
            Code::BadSignature,
            AttackKind::Token {
                judged_by: JudgedBy::Demo,
                forge: |forge, _| forge.by_attacker(&forge.original.header, "Made with a stranger's key."),
                naive: &naive::SKIPS_SIGNATURE,
            },
        )
    },
    Attack {
        what: "A key that was retired for good signs once more, under its own `kid`. A verifier that never forgets a key \
               still takes what a thief of the old one writes.",
        changes: "`kid` names a key that is not in the ring; the lab's own plays it",
        lesson: Some("rotation"),
        rfc: "RFC 7515 §4.1.4",
        needs: Some(DemoAlgorithm::Rs256),
        ..attack(
            25,
            "wk",
            "retired-key",
            "Retired key",
            Code::UnknownKid,
            AttackKind::Token {
                judged_by: JudgedBy::Demo,
                forge: |forge, _| forge.by_attacker(&forge.lab_header(), "Made with the retired key that `kid` names."),
                naive: &naive::KEEPS_RETIRED_KEYS,
            },
        )
    },
    Attack {
        what: "The last character of a signature has bits that say nothing: under HS256 four spellings mean the same \
               bytes, under RS256 sixteen. One of the others is taken.",
        changes: "only the unused bits of the signature's last character",
        lesson: Some("tamper"),
        rfc: "RFC 4648 §3.5",
        ..attack(
            28,
            "ts",
            "twin-spelling",
            "Twin spelling",
            Code::Malformed,
            AttackKind::Token {
                judged_by: JudgedBy::Demo,
                forge: |forge, _| {
                    let [header, payload, signature] = forge.original.parts();
                    let fate = "The same bytes, spelled otherwise: a lax decoder sees no difference.";
                    Ok(Forgery::new(format!("{header}.{payload}.{}", twin(signature)), fate))
                },
                naive: &naive::DECODES_BASE64_LAXLY,
            },
        )
    },
];

const WORDS: &[Variant] = &[
    variant("secret", "secret"),
    variant("mysecret", "mysecret"),
    variant("password", "password"),
    variant("changeme", "changeme"),
    variant("your-256-bit-secret", "your-256-bit-secret"),
];

const BLANK: AttackKind = AttackKind::Token {
    judged_by: JudgedBy::Demo,
    forge: |forge, _| Ok(forge.maced(&forge.original.header, b"", "Made with the empty key.")),
    naive: &naive::HAS_AN_EMPTY_SECRET,
};

const COMMON: AttackKind = AttackKind::Token {
    judged_by: JudgedBy::Demo,
    forge: |forge, word| {
        Ok(forge.maced(&forge.original.header, word.as_bytes(), format!("Made with the secret {}.", quoted(word))))
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
    let fate = match hit {
        None => format!("None of {count} words made your signature, so this one is made with the likeliest of them."),
        Some(_) => {
            "One of the words made your signature: this server's secret must be changed. Another word was taken here."
                .to_owned()
        }
    };
    let word = naive::COMMON_SECRETS.iter().find(|word| Some(word) != hit.as_ref()).copied().unwrap_or_default();
    forge.maced(&forge.original.header, word.as_bytes(), fate)
}
