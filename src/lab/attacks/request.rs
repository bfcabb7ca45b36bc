//! Attacks by the way a token comes: in a wrong place, twice, from a foreign page, after its time, at a server that did
//! not issue it.

use super::{AttackKind, Definition, JudgedBy, attack_text, define};
use crate::code::Code;
use crate::lab::forge::{Forgery, Revoked, quoted, with_unused_bits};
use crate::lab::naive;
use crate::lab::sent_request::SentRequest;
use crate::profiles::demo::DemoAlgorithm;

pub(super) static ATTACKS: &[Definition] = &[
    Definition {
        variants: &["absent", "empty"],
        ..define(
            attack_text!("no-token"),
            2,
            "nt",
            Code::NoToken,
            AttackKind::Request {
                request: |kind| match kind {
                    "empty" => SentRequest::bare("/validate", &[("Cookie", "{name}=")]),
                    _ => SentRequest::bare("/validate", &[]),
                },
                naive: &naive::SITE_THAT_SKIPS_A_MISSING_TOKEN,
            },
        )
    },
    define(
        attack_text!("replay-after-expiry"),
        18,
        "ra",
        Code::Expired,
        AttackKind::Token {
            judged_by: JudgedBy::Lab,
            forge: |forge, _| {
                let claims = forge.original.claims.with("iat", forge.seconds(-3660));
                forge.resign_claims(&claims.with("exp", forge.seconds(-3600)))
            },
            naive: &naive::IGNORES_EXPIRY,
        },
    ),
    define(
        attack_text!("replay-after-logout"),
        36,
        "re",
        Code::Revoked,
        AttackKind::Token {
            judged_by: JudgedBy::Lab,
            forge: |forge, _| forge.revoked(),
            naive: &naive::IGNORES_REVOCATION,
        },
    ),
    define(
        attack_text!("replay-without-jti"),
        36,
        "re",
        Code::Accepted,
        AttackKind::Token {
            judged_by: JudgedBy::Lab,
            forge: |forge, _| forge.resign_claims(&forge.original.claims.without("jti")),
            naive: &naive::IGNORES_REVOCATION,
        },
    ),
    define(
        attack_text!("deny-list-bypass"),
        37,
        "dl",
        Code::Malformed,
        AttackKind::Token {
            judged_by: JudgedBy::Lab,
            forge: |forge, _| {
                let good = forge.revoked()?;
                let (message, signature) = good.token.rsplit_once('.').unwrap_or_default();
                let token = format!("{message}.{}", with_unused_bits(signature));
                Ok(Forgery { token, signature_note: "The same bytes, spelled otherwise.".into(), ..good })
            },
            naive: &naive::REVOKES_BY_HASH,
        },
    ),
    define(
        attack_text!("deny-list-reordered"),
        37,
        "dl",
        Code::Revoked,
        AttackKind::Token {
            judged_by: JudgedBy::Lab,
            forge: |forge, _| {
                let revoked = forge.revoked()?.revoked;
                let (jti, exp) =
                    revoked.as_ref().map(|it: &Revoked| (&*it.jti, it.expires_at.timestamp())).unwrap_or_default();
                let claims = forge.original.claims.with("jti", quoted(jti)).with("exp", exp.to_string());
                Ok(Forgery { revoked, ..forge.resign_claims(&claims.reversed())? })
            },
            naive: &naive::REVOKES_BY_HASH,
        },
    ),
    Definition {
        variants: &["query", "authorization", "token-header"],
        ..define(
            attack_text!("other-door"),
            38,
            "od",
            Code::NoToken,
            AttackKind::Request {
                request: |place| match place {
                    "authorization" => SentRequest::bare("/validate", &[("Authorization", "Bearer {token}")]),
                    "token-header" => SentRequest::bare("/validate", &[("TOKEN", "{token}")]),
                    _ => SentRequest::bare("/validate?token={token}", &[]),
                },
                naive: &naive::SITE_THAT_READS_A_TOKEN_ANYWHERE,
            },
        )
    },
    Definition {
        variants: &["planted", "twice"],
        ..define(
            attack_text!("duplicate-cookie"),
            39,
            "dc",
            Code::DuplicateCookie,
            AttackKind::Request {
                request: |kind| match kind {
                    "twice" => SentRequest::bare("/validate", &[("Cookie", "{cookie}; {cookie}")]),
                    _ => SentRequest::bare("/validate", &[("Cookie", "{name}=planted; {cookie}")]),
                },
                naive: &naive::SITE_THAT_READS_THE_FIRST_COOKIE,
            },
        )
    },
    Definition {
        variants: &["cross-site", "same-site", "origin", "null-origin"],
        ..define(
            attack_text!("cross-site-form"),
            40,
            "ct",
            Code::CrossSite,
            AttackKind::Request {
                request: |kind| {
                    let says = match kind {
                        "same-site" => ("Sec-Fetch-Site", "same-site"),
                        "origin" => ("Origin", "https://attacker.example"),
                        "null-origin" => ("Origin", "null"),
                        _ => ("Sec-Fetch-Site", "cross-site"),
                    };
                    let form = SentRequest::bare("/algorithm", &[("Cookie", "{cookie}"), says]);
                    SentRequest { method: "POST", form: Some("algorithm=RS256"), ..form }
                },
                naive: &naive::SITE_WITHOUT_A_CHECK_OF_ORIGINS,
            },
        )
    },
    Definition {
        needs: Some(DemoAlgorithm::HS256),
        ..define(attack_text!("demo-token-at-lab"), 41, "dt", Code::BadSignature, AT_LAB)
    },
    Definition {
        needs: Some(DemoAlgorithm::RS256),
        ..define(attack_text!("demo-token-at-lab-rs256"), 41, "dt", Code::UnknownKid, AT_LAB)
    },
    Definition {
        needs: Some(DemoAlgorithm::HS256),
        ..define(attack_text!("lab-token-at-demo"), 41, "dt", Code::BadSignature, AT_DEMO)
    },
    Definition {
        needs: Some(DemoAlgorithm::RS256),
        ..define(attack_text!("lab-token-at-demo-rs256"), 41, "dt", Code::UnknownKid, AT_DEMO)
    },
];

const AT_LAB: AttackKind = AttackKind::Token {
    judged_by: JudgedBy::Lab,
    forge: |forge, _| Ok(Forgery::new(&*forge.original.token, "Untouched: the demo's key made it.")),
    naive: &naive::HAS_ONE_KEY_RING_FOR_ALL,
};

const AT_DEMO: AttackKind = AttackKind::Token {
    judged_by: JudgedBy::Demo,
    forge: |forge, _| forge.resign_claims(&forge.original.claims),
    naive: &naive::HAS_ONE_KEY_RING_FOR_ALL,
};
