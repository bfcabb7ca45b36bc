//! Attacks by what a token says: with the old signature they fall at once, re-signed they meet the checks on claims.

use super::{Attack, AttackKind, JudgedBy, Variant, attack, variant};
use crate::code::Code;
use crate::lab::forge::{Forge, Members, quoted};
use crate::lab::naive;
use crate::profiles::lab::{API_AUDIENCE, API_ISSUER, API_TYP};

/// The address that an attacker listens at. Nothing here ever calls it.
pub(super) const LISTENER: &str = "https://listener.attacker.example/called";

pub(super) static ATTACKS: &[Attack] = &[
    Attack {
        what: "One claim says something else, under the old signature. Anybody can write claims; what nobody can write \
               without the key is a signature over them.",
        changes: "one claim, old signature",
        lesson: Some("tamper"),
        rfc: "RFC 7515 §5.2",
        variants: CLAIMS,
        ..attack(
            4,
            "ci",
            "claim-injection",
            "Claim injection",
            Code::BadSignature,
            AttackKind::Token {
                judged_by: JudgedBy::Demo,
                forge: |forge, name| Ok(forge.saying_stale(name, injected(forge, name))),
                naive: &naive::SKIPS_SIGNATURE,
            },
        )
    },
    Attack {
        what: "The same claim, signed with the right key. This is a valid token that says something else, and it is taken \
               as what it says: no more, and nothing here grants anything by it.",
        changes: "one claim, re-signed",
        lesson: Some("tamper"),
        rfc: "RFC 7519 §7.2",
        variants: CLAIMS,
        ..attack(
            4,
            "ci",
            "claim-injection-signed",
            "Claim injection, re-signed",
            Code::Accepted,
            AttackKind::Token {
                judged_by: JudgedBy::Lab,
                forge: |forge, name| forge.saying(&forge.original.claims.with(name, injected(forge, name))),
                naive: &naive::CHECKS_ONLY_SIGNATURE_AND_EXPIRY,
            },
        )
    },
    Attack {
        what: "Claims and harmless header members hold the address of a listener, under the old signature. If the listener \
               is called, the server reads what nobody vouched for.",
        changes: "one claim or header member becomes an address, old signature",
        lesson: Some("tamper"),
        rfc: "RFC 7515 §5.2",
        variants: ADDRESSED,
        ..attack(
            16,
            "oa",
            "outside-claim",
            "An address in a claim",
            Code::BadSignature,
            AttackKind::Token {
                judged_by: JudgedBy::Demo,
                forge: |forge, name| {
                    let (header, claims) = addressed(&forge.original.header, &forge.original.claims, name);
                    Ok(forge.stale(header.to_string(), claims.to_string()))
                },
                naive: &naive::CALLS_ADDRESSES,
            },
        )
    },
    Attack {
        what: "The same address, signed with the right key. The token is valid and the address is text: shown, escaped, and \
               never called.",
        changes: "one claim or header member becomes an address, re-signed",
        rfc: "RFC 7519 §7.2",
        variants: ADDRESSED,
        ..attack(
            16,
            "oa",
            "outside-claim-signed",
            "An address in a claim, re-signed",
            Code::Accepted,
            AttackKind::Token {
                judged_by: JudgedBy::Lab,
                forge: |forge, name| {
                    let (header, claims) = addressed(&forge.lab_header(), &forge.original.claims, name);
                    forge.resigned(header.to_string(), claims.to_string())
                },
                naive: &naive::CALLS_ADDRESSES,
            },
        )
    },
    Attack {
        what: "`typ` holds the address of a listener, and the signature is right. A kind of token that nobody knows is the \
               wrong kind.",
        changes: "`typ` becomes an address, re-signed",
        rfc: "RFC 8725 §3.11",
        ..attack(
            16,
            "oa",
            "outside-typ",
            "An address as `typ`",
            Code::WrongType,
            AttackKind::Token {
                judged_by: JudgedBy::Lab,
                forge: |forge, _| forge.headed("typ", quoted(LISTENER)),
                naive: &naive::CALLS_ADDRESSES,
            },
        )
    },
    Attack {
        what: "A date or the audience holds the address of a listener, and the signature is right. A date is a number, and \
               an audience that is not this server is somebody else.",
        changes: "`exp`, `iat`, `nbf` or `aud` becomes an address, re-signed",
        rfc: "RFC 7519 §4.1",
        variants: &[variant("exp", "exp"), variant("iat", "iat"), variant("nbf", "nbf"), variant("aud", "aud")],
        ..attack(
            16,
            "oa",
            "outside-date",
            "An address as a date or audience",
            Code::BadClaim,
            AttackKind::Token {
                judged_by: JudgedBy::Lab,
                forge: |forge, name| forge.saying(&forge.original.claims.with(name, quoted(LISTENER))),
                naive: &naive::CALLS_ADDRESSES,
            },
        )
    },
    Attack {
        what: "A role is raised to admin under the signature of a user. A program that decodes the payload and never \
               verifies it obeys.",
        changes: "`role` becomes admin, old signature",
        lesson: Some("tamper"),
        rfc: "RFC 7515 §5.2",
        ..attack(
            19,
            "up",
            "unverified-payload",
            "Unverified payload",
            Code::BadSignature,
            AttackKind::Token {
                judged_by: JudgedBy::Demo,
                forge: |forge, _| Ok(forge.saying_stale("role", "\"admin\"")),
                naive: &naive::DECODES_ONLY,
            },
        )
    },
    Attack {
        what: "The same role, signed with the right key. The token is valid; whether its issuer may make admins is a \
               question that no signature answers, and here no claim is an authority.",
        changes: "`role` becomes admin, re-signed",
        lesson: Some("need-a-jwt"),
        rfc: "RFC 7519 §4.3",
        ..attack(
            19,
            "up",
            "unverified-payload-signed",
            "A role, re-signed",
            Code::Accepted,
            AttackKind::Token {
                judged_by: JudgedBy::Lab,
                forge: |forge, _| forge.saying(&forge.original.claims.with("role", "\"admin\"")),
                naive: &naive::DECODES_ONLY,
            },
        )
    },
    Attack {
        what: "A claim is of the wrong type, and the signature is right. A library that takes a date it cannot read for an \
               absent one lets the token live for ever (CVE-2026-25537).",
        changes: "one claim is of another type, or `exp` is absent; re-signed",
        lesson: Some("two-clocks"),
        rfc: "RFC 7519 §4.1.4",
        variants: &[
            variant("exp-word", "exp is the word never"),
            variant("exp-text", "exp is a number in quotes"),
            variant("exp-null", "exp is null"),
            variant("exp-infinite", "exp is 1e999"),
            variant("exp-absent", "exp is absent"),
            variant("nbf-text", "nbf is a number in quotes"),
            variant("sub-array", "sub is an array"),
        ],
        ..attack(
            20,
            "wt",
            "wrong-type-claims",
            "Claims of the wrong type",
            Code::BadClaim,
            AttackKind::Token {
                judged_by: JudgedBy::Lab,
                forge: |forge, kind| {
                    let claims = &forge.original.claims;
                    forge.saying(&match kind {
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
        )
    },
    Attack {
        what: "The token ends in this very second, or ended in the last. It is over from `exp` on, and a minute of leeway \
               is a minute more for whoever stole it.",
        changes: "`exp` is now, or a second ago; re-signed",
        lesson: Some("two-clocks"),
        rfc: "RFC 7519 §4.1.4",
        variants: &[variant("now", "exp is now"), variant("before", "exp was a second ago")],
        ..attack(
            21,
            "eo",
            "edge-of-expiry",
            "The edge of expiry",
            Code::Expired,
            AttackKind::Token {
                judged_by: JudgedBy::Lab,
                forge: |forge, edge| {
                    let ahead = if edge == "before" { -1 } else { 0 };
                    let claims = forge.original.claims.with("iat", forge.seconds(ahead - 60));
                    forge.saying(&claims.with("exp", forge.seconds(ahead)))
                },
                naive: &naive::ALLOWS_A_MINUTE_OF_LEEWAY,
            },
        )
    },
    Attack {
        what: "The token is good only from a moment that has not come. A date of issue in the future is no better: somebody's \
               clock is wrong, or somebody made it up.",
        changes: "`nbf` or `iat` lies half a minute ahead; re-signed",
        lesson: Some("two-clocks"),
        rfc: "RFC 7519 §4.1.5",
        variants: &[variant("nbf", "nbf"), variant("iat", "iat")],
        ..attack(
            21,
            "eo",
            "not-yet",
            "Before its time",
            Code::NotYetValid,
            AttackKind::Token {
                judged_by: JudgedBy::Lab,
                forge: |forge, name| {
                    let claims = forge.original.claims.with("exp", forge.seconds(300));
                    forge.saying(&claims.with(name, forge.seconds(30)))
                },
                naive: &naive::ALLOWS_A_MINUTE_OF_LEEWAY,
            },
        )
    },
    Attack {
        what: "`exp` counts milliseconds, as JavaScript's clock does. Read as seconds, the token lives for fifty thousand \
               years.",
        changes: "`exp` in milliseconds; re-signed",
        lesson: Some("two-clocks"),
        rfc: "RFC 7519 §2",
        ..attack(
            21,
            "eo",
            "exp-in-milliseconds",
            "`exp` in milliseconds",
            Code::BadClaim,
            AttackKind::Token {
                judged_by: JudgedBy::Lab,
                forge: |forge, _| forge.saying(&forge.original.claims.with("exp", forge.seconds(60) + "000")),
                naive: &naive::ACCEPTS_MILLISECONDS,
            },
        )
    },
    Attack {
        what: "An API says who must have issued its tokens and whom they must be for, and this one is signed with the right \
               key for somebody else. One issuer with several APIs is enough to make that a way in.",
        changes: "`iss` or `aud` is wrong or absent, where the profile sets them; re-signed",
        lesson: Some("need-a-jwt"),
        rfc: "RFC 8725 §3.8",
        variants: &[
            variant("wrong-iss", "another issuer"),
            variant("no-iss", "no issuer"),
            variant("wrong-aud", "another audience"),
            variant("no-aud", "no audience"),
        ],
        ..attack(
            33,
            "io",
            "issuer-or-audience",
            "Issuer and audience",
            Code::BadClaim,
            AttackKind::Token {
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
        )
    },
];

const CLAIMS: &[Variant] = &[
    variant("sub", "sub becomes mallory"),
    variant("iat", "iat becomes half a minute earlier"),
    variant("exp", "exp becomes tomorrow"),
    variant("role", "role becomes owner"),
];

const ADDRESSED: &[Variant] = &[
    variant("iss", "iss"),
    variant("sub", "sub"),
    variant("picture", "picture, a claim that profiles of people have"),
    variant("cty", "cty, in the header"),
    variant("x5t", "x5t, in the header"),
];

fn injected(forge: &Forge<'_>, name: &str) -> String {
    match name {
        "sub" => quoted("mallory"),
        "iat" => forge.seconds(-30),
        "exp" => forge.seconds(86_400),
        _ => quoted("owner"),
    }
}

fn addressed(header: &Members, claims: &Members, name: &str) -> (Members, Members) {
    match name {
        "cty" | "x5t" => (header.with(name, quoted(LISTENER)), claims.clone()),
        name => (header.clone(), claims.with(name, quoted(LISTENER))),
    }
}

/// The visitor's claims as the lab's API wants them.
pub(super) fn api_claims(forge: &Forge<'_>) -> Members {
    forge.original.claims.with("iss", quoted(API_ISSUER)).with("aud", quoted(API_AUDIENCE))
}
