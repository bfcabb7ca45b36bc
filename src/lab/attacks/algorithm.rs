//! Attacks on `alg`: the token chooses how it wants to be checked.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{AttackKind, Definition, JudgedBy, attack_text};
use crate::code::Code;
use crate::keys;
use crate::lab::forge::{Forgery, public_forms, quoted};
use crate::lab::naive;
use crate::profiles::demo::DemoAlgorithm;
use crate::token::signing_input;

pub(super) static ATTACKS: &[Definition] = &[
    Definition {
        text: attack_text!("psychic-signature"),
        number: 7,
        key: "ps",
        expected: Code::AlgNotAllowed,
        forges_identity: true,
        needs: None,
        variants: &["raw", "der"],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, form| {
                let zeros: &[u8] = if form == "der" { &[0x30, 6, 2, 1, 0, 2, 1, 0] } else { &[0; 64] };
                let header = forge.original.header.with("alg", quoted("ES256"));
                let message = signing_input(header.to_string(), forge.forged_claims().to_string());
                Ok(Forgery::new(format!("{message}.{}", URL_SAFE_NO_PAD.encode(zeros)), "Zeros. No key made it."))
            },
            naive: &naive::ACCEPTS_A_ZERO_SIGNATURE,
        },
    },
    Definition {
        text: attack_text!("alg-none"),
        number: 9,
        key: "an",
        expected: Code::AlgNotAllowed,
        forges_identity: true,
        needs: None,
        variants: &["none", "None", "NONE", "nOnE"],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, none| {
                let header = forge.original.header.with("alg", quoted(none));
                let message = signing_input(header.to_string(), forge.forged_claims().to_string());
                Ok(Forgery::new(message + ".", "Empty: `alg` says that none is needed."))
            },
            naive: &naive::ACCEPTS_NONE,
        },
    },
    Definition {
        text: attack_text!("key-confusion-rs256"),
        number: 10,
        key: "kc",
        expected: Code::AlgNotAllowed,
        forges_identity: true,
        needs: Some(DemoAlgorithm::RS256),
        variants: PUBLIC_KEY_FORMS,
        kind: KEY_CONFUSION,
    },
    Definition {
        text: attack_text!("key-confusion-hs256"),
        number: 10,
        key: "kc",
        expected: Code::BadSignature,
        forges_identity: true,
        needs: Some(DemoAlgorithm::HS256),
        variants: PUBLIC_KEY_FORMS,
        kind: KEY_CONFUSION,
    },
    Definition {
        text: attack_text!("outside-alg"),
        number: 16,
        key: "oa",
        expected: Code::AlgNotAllowed,
        forges_identity: false,
        needs: None,
        variants: &[],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, _| Ok(forge.stale_header("alg", quoted(super::claims::LISTENER))),
            naive: &naive::CALLS_ADDRESSES,
        },
    },
    Definition {
        text: attack_text!("alg-spelling"),
        number: 22,
        key: "as",
        expected: Code::AlgNotAllowed,
        forges_identity: false,
        needs: None,
        variants: &["lower-case", "trailing-space", "nul", "empty"],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Lab,
            forge: |forge, variant| {
                let alg = forge.algorithm().as_str();
                let spelled = match variant {
                    "lower-case" => alg.to_lowercase(),
                    "trailing-space" => format!("{alg} "),
                    "nul" => format!("{alg}\0"),
                    _ => String::new(),
                };
                forge.resign_header("alg", quoted(&spelled))
            },
            naive: &naive::COMPARES_LOOSELY,
        },
    },
    Definition {
        text: attack_text!("alg-malformed"),
        number: 22,
        key: "as",
        expected: Code::Malformed,
        forges_identity: false,
        needs: None,
        variants: &["absent", "array", "number"],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Lab,
            forge: |forge, shape| {
                let alg = forge.algorithm().as_str();
                match shape {
                    "array" => forge.resign_header("alg", format!("[{}]", quoted(alg))),
                    "number" => forge.resign_header("alg", "256"),
                    _ => {
                        let header = forge.lab_header().without("alg");
                        forge.resigned(header.to_string(), forge.original.claims.to_string())
                    }
                }
            },
            naive: &naive::COMPARES_LOOSELY,
        },
    },
    Definition {
        text: attack_text!("sibling-hs256"),
        number: 23,
        key: "sh",
        expected: Code::AlgNotAllowed,
        forges_identity: false,
        needs: Some(DemoAlgorithm::HS256),
        variants: &["HS512", "HS384"],
        kind: RELATED_ALGORITHM,
    },
    Definition {
        text: attack_text!("sibling-rs256"),
        number: 23,
        key: "sh",
        expected: Code::AlgNotAllowed,
        forges_identity: false,
        needs: Some(DemoAlgorithm::RS256),
        variants: &["RS384", "PS256"],
        kind: RELATED_ALGORITHM,
    },
    Definition {
        text: attack_text!("switched-algorithm"),
        number: 24,
        key: "sa",
        expected: Code::AlgNotAllowed,
        forges_identity: false,
        needs: None,
        variants: &[],
        kind: AttackKind::Token {
            judged_by: JudgedBy::DemoAfterSwitch,
            forge: |forge, _| Ok(Forgery::new(&*forge.original.token, "Unchanged. A key of this server made it.")),
            naive: &naive::TRUSTS_ALG,
        },
    },
];

const PUBLIC_KEY_FORMS: &[&str] = &["pem", "pem-without-newline", "pem-after-blank", "spki-der", "pkcs1-der"];

const KEY_CONFUSION: AttackKind = AttackKind::Token {
    judged_by: JudgedBy::Demo,
    forge: |forge, chosen| {
        let forms = public_forms(forge.public_key());
        let form = forms.iter().find(|(name, _)| *name == chosen).map_or(&[][..], |(_, form)| form);
        Ok(forge.sign_with_hmac(&forge.original.header, form, "An HMAC with the public key as its secret."))
    },
    naive: &naive::TRUSTS_ALG,
};

const RELATED_ALGORITHM: AttackKind = AttackKind::Token {
    judged_by: JudgedBy::Lab,
    forge: |forge, related| {
        let own = forge.algorithm().jwa();
        forge.by_related_algorithm(related.parse::<keys::Algorithm>().unwrap_or(own))
    },
    naive: &naive::TRUSTS_ALG,
};
