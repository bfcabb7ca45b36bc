//! Attacks on the claims. With the old signature, the signature check refuses them. Re-signed, the checks of claims
//! decide.

use super::{AttackKind, Definition, JudgedBy, attack_text};
use crate::code::Code;
use crate::lab::forge::{Forge, Members, quoted};
use crate::lab::naive;
use crate::profiles::lab::{API_AUDIENCE, API_ISSUER, API_TYP};

/// The address that an attacker listens at. Nothing here ever calls it.
pub(super) const LISTENER: &str = "https://listener.attacker.example/called";

pub(super) static ATTACKS: &[Definition] = &[
    Definition {
        text: attack_text!("claim-injection"),
        number: 4,
        key: "ci",
        expected: Code::BadSignature,
        forges_identity: true,
        needs: None,
        variants: CLAIMS,
        kind: AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, name| Ok(forge.stale_claims(&injected_claims(forge, name))),
            naive: &naive::SKIPS_SIGNATURE,
        },
    },
    Definition {
        text: attack_text!("claim-injection-signed"),
        number: 4,
        key: "ci",
        expected: Code::Accepted,
        forges_identity: false,
        needs: None,
        variants: CLAIMS,
        kind: AttackKind::Token {
            judged_by: JudgedBy::Lab,
            forge: |forge, name| forge.resign_claims(&injected_claims(forge, name)),
            naive: &naive::CHECKS_ONLY_SIGNATURE_AND_EXPIRY,
        },
    },
    Definition {
        text: attack_text!("outside-claim"),
        number: 16,
        key: "oa",
        expected: Code::BadSignature,
        forges_identity: false,
        needs: None,
        variants: MEMBERS_FOR_A_URL,
        kind: AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, name| {
                let (header, claims) = with_url_in(&forge.original.header, &forge.original.claims, name);
                Ok(forge.stale(header.to_string(), claims.to_string()))
            },
            naive: &naive::CALLS_ADDRESSES,
        },
    },
    Definition {
        text: attack_text!("outside-claim-signed"),
        number: 16,
        key: "oa",
        expected: Code::Accepted,
        forges_identity: false,
        needs: None,
        variants: MEMBERS_FOR_A_URL,
        kind: AttackKind::Token {
            judged_by: JudgedBy::Lab,
            forge: |forge, name| {
                let (header, claims) = with_url_in(&forge.lab_header(), &forge.original.claims, name);
                forge.resigned(header.to_string(), claims.to_string())
            },
            naive: &naive::CALLS_ADDRESSES,
        },
    },
    Definition {
        text: attack_text!("outside-typ"),
        number: 16,
        key: "oa",
        expected: Code::WrongType,
        forges_identity: false,
        needs: None,
        variants: &[],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Lab,
            forge: |forge, _| forge.resign_header("typ", quoted(LISTENER)),
            naive: &naive::CALLS_ADDRESSES,
        },
    },
    Definition {
        text: attack_text!("outside-date"),
        number: 16,
        key: "oa",
        expected: Code::BadClaim,
        forges_identity: false,
        needs: None,
        variants: &["exp", "iat", "nbf", "aud"],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Lab,
            forge: |forge, name| forge.resign_claims(&forge.original.claims.with(name, quoted(LISTENER))),
            naive: &naive::CALLS_ADDRESSES,
        },
    },
    Definition {
        text: attack_text!("unverified-payload"),
        number: 19,
        key: "up",
        expected: Code::BadSignature,
        forges_identity: true,
        needs: None,
        variants: &[],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, _| Ok(forge.stale_claims(&forge.forged_claims().with("role", "\"admin\""))),
            naive: &naive::DECODES_ONLY,
        },
    },
    Definition {
        text: attack_text!("unverified-payload-signed"),
        number: 19,
        key: "up",
        expected: Code::Accepted,
        forges_identity: false,
        needs: None,
        variants: &[],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Lab,
            forge: |forge, _| forge.resign_claims(&forge.original.claims.with("role", "\"admin\"")),
            naive: &naive::DECODES_ONLY,
        },
    },
    Definition {
        text: attack_text!("wrong-type-claims"),
        number: 20,
        key: "wt",
        expected: Code::BadClaim,
        forges_identity: false,
        needs: None,
        variants: &["exp-word", "exp-text", "exp-null", "exp-infinite", "exp-absent", "nbf-text", "sub-array"],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Lab,
            forge: |forge, kind| {
                let claims = &forge.original.claims;
                forge.resign_claims(&match kind {
                    "exp-word" => claims.with("exp", "\"never\""),
                    "exp-text" => claims.with("exp", "\"9999999999\""),
                    "exp-null" => claims.with("exp", "null"),
                    "exp-infinite" => claims.with("exp", "1e999"),
                    "exp-absent" => claims.without("exp"),
                    "nbf-text" => claims.with("nbf", "\"99999999999\""),
                    _ => claims.with("sub", "[\"bob\"]"),
                })
            },
            naive: &naive::IGNORES_WRONG_TYPES,
        },
    },
    Definition {
        text: attack_text!("edge-of-expiry"),
        number: 21,
        key: "eo",
        expected: Code::Expired,
        forges_identity: false,
        needs: None,
        variants: &["now", "before"],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Lab,
            forge: |forge, edge| {
                let ahead = if edge == "before" { -1 } else { 0 };
                let claims = forge.original.claims.with("iat", forge.seconds(ahead - 60));
                forge.resign_claims(&claims.with("exp", forge.seconds(ahead)))
            },
            naive: &naive::ALLOWS_A_MINUTE_OF_LEEWAY,
        },
    },
    Definition {
        text: attack_text!("not-yet"),
        number: 21,
        key: "eo",
        expected: Code::NotYetValid,
        forges_identity: false,
        needs: None,
        variants: &["nbf", "iat"],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Lab,
            forge: |forge, name| {
                let claims = forge.original.claims.with("exp", forge.seconds(300));
                forge.resign_claims(&claims.with(name, forge.seconds(30)))
            },
            naive: &naive::ALLOWS_A_MINUTE_OF_LEEWAY,
        },
    },
    Definition {
        text: attack_text!("exp-in-milliseconds"),
        number: 21,
        key: "eo",
        expected: Code::BadClaim,
        forges_identity: false,
        needs: None,
        variants: &[],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Lab,
            // In milliseconds.
            forge: |forge, _| forge.resign_claims(&forge.original.claims.with("exp", forge.seconds(60) + "000")),
            naive: &naive::ACCEPTS_MILLISECONDS,
        },
    },
    Definition {
        text: attack_text!("issuer-or-audience"),
        number: 33,
        key: "io",
        expected: Code::BadClaim,
        forges_identity: false,
        needs: None,
        variants: &["wrong-iss", "no-iss", "wrong-aud", "no-aud"],
        kind: AttackKind::Token {
            judged_by: JudgedBy::LabApi,
            forge: |forge, fault| {
                let right = api_claims(forge);
                let claims = match fault {
                    "wrong-iss" => right.with("iss", quoted("https://issuer.attacker.example")),
                    "no-iss" => right.without("iss"),
                    "wrong-aud" => right.with("aud", quoted("https://other-api.lab.example")),
                    _ => right.without("aud"),
                };
                let header = forge.lab_header().with("typ", quoted(API_TYP));
                forge.resigned(header.to_string(), claims.to_string())
            },
            naive: &naive::IGNORES_ISSUER_AND_AUDIENCE,
        },
    },
];

const CLAIMS: &[&str] = &["sub", "iat", "exp", "role"];

const MEMBERS_FOR_A_URL: &[&str] = &["iss", "sub", "picture", "cty", "x5t"];

/// The forged claims, and one more that the forger likes.
fn injected_claims(forge: &Forge<'_>, name: &str) -> Members {
    let claims = forge.forged_claims();
    match name {
        "iat" => claims.with("iat", forge.seconds(-30)),
        "exp" => claims.with("exp", forge.seconds(86_400)),
        "role" => claims.with("role", quoted("owner")),
        _ => claims,
    }
}

fn with_url_in(header: &Members, claims: &Members, name: &str) -> (Members, Members) {
    match name {
        "cty" | "x5t" => (header.with(name, quoted(LISTENER)), claims.clone()),
        name => (header.clone(), claims.with(name, quoted(LISTENER))),
    }
}

/// The visitor's claims as the lab's API requires them.
pub(super) fn api_claims(forge: &Forge<'_>) -> Members {
    forge.original.claims.with("iss", quoted(API_ISSUER)).with("aud", quoted(API_AUDIENCE))
}
