//! Attacks on `alg`: the token chooses how it wants to be checked.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{AttackKind, Definition, JudgedBy, attack_text, define};
use crate::code::Code;
use crate::keys;
use crate::lab::forge::{Forgery, public_forms, quoted};
use crate::lab::naive;
use crate::profiles::demo::DemoAlgorithm;
use crate::token::signing_input;

pub(super) static ATTACKS: &[Definition] = &[
    Definition {
        variants: &["raw", "der"],
        ..define(
            attack_text!("psychic-signature"),
            7,
            "ps",
            Code::AlgNotAllowed,
            AttackKind::Token {
                judged_by: JudgedBy::Demo,
                forge: |forge, form| {
                    let zeros: &[u8] = if form == "der" { &[0x30, 6, 2, 1, 0, 2, 1, 0] } else { &[0; 64] };
                    let header = forge.original.header.with("alg", quoted("ES256"));
                    let message = signing_input(header.to_string(), forge.original.claims.to_string());
                    Ok(Forgery::new(
                        format!("{message}.{}", URL_SAFE_NO_PAD.encode(zeros)),
                        "Zeros: nobody's key made it.",
                    ))
                },
                naive: &naive::ACCEPTS_A_ZERO_SIGNATURE,
            },
        )
    },
    Definition {
        variants: &["none", "None", "NONE", "nOnE"],
        ..define(
            attack_text!("alg-none"),
            9,
            "an",
            Code::AlgNotAllowed,
            AttackKind::Token {
                judged_by: JudgedBy::Demo,
                forge: |forge, none| {
                    let header = forge.original.header.with("alg", quoted(none));
                    let message = signing_input(header.to_string(), forge.original.claims.to_string());
                    Ok(Forgery::new(message + ".", "Left out: `alg` says that none is needed."))
                },
                naive: &naive::ACCEPTS_NONE,
            },
        )
    },
    Definition {
        needs: Some(DemoAlgorithm::RS256),
        variants: FORMS,
        ..define(attack_text!("key-confusion-rs256"), 10, "kc", Code::AlgNotAllowed, CONFUSED)
    },
    Definition {
        needs: Some(DemoAlgorithm::HS256),
        variants: FORMS,
        ..define(attack_text!("key-confusion-hs256"), 10, "kc", Code::BadSignature, CONFUSED)
    },
    define(
        attack_text!("outside-alg"),
        16,
        "oa",
        Code::AlgNotAllowed,
        AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, _| Ok(forge.stale_header("alg", quoted(super::claims::LISTENER))),
            naive: &naive::CALLS_ADDRESSES,
        },
    ),
    Definition {
        variants: &["lower-case", "trailing-space", "nul", "empty"],
        ..define(
            attack_text!("alg-spelling"),
            22,
            "as",
            Code::AlgNotAllowed,
            AttackKind::Token {
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
        )
    },
    Definition {
        variants: &["absent", "array", "number"],
        ..define(
            attack_text!("alg-malformed"),
            22,
            "as",
            Code::Malformed,
            AttackKind::Token {
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
        )
    },
    Definition {
        needs: Some(DemoAlgorithm::HS256),
        variants: &["HS512", "HS384"],
        ..define(attack_text!("sibling-hs256"), 23, "sh", Code::AlgNotAllowed, RELATED_ALGORITHM)
    },
    Definition {
        needs: Some(DemoAlgorithm::RS256),
        variants: &["RS384", "PS256"],
        ..define(attack_text!("sibling-rs256"), 23, "sh", Code::AlgNotAllowed, RELATED_ALGORITHM)
    },
    define(
        attack_text!("switched-algorithm"),
        24,
        "sa",
        Code::AlgNotAllowed,
        AttackKind::Token {
            judged_by: JudgedBy::DemoAfterSwitch,
            forge: |forge, _| {
                Ok(Forgery::new(&*forge.original.token, "Untouched: the key that made it is still ours."))
            },
            naive: &naive::TRUSTS_ALG,
        },
    ),
];

const FORMS: &[&str] = &["pem", "pem-without-newline", "pem-after-blank", "spki-der", "pkcs1-der"];

const CONFUSED: AttackKind = AttackKind::Token {
    judged_by: JudgedBy::Demo,
    forge: |forge, chosen| {
        let forms = public_forms(forge.public_key());
        let form = forms.iter().find(|(name, _)| *name == chosen).map_or(&[][..], |(_, form)| form);
        Ok(forge.sign_with_hmac(&forge.original.header, form, "HMAC with the public key's text as the secret."))
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
