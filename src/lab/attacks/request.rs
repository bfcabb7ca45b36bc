//! Attacks with a token that is or was valid: sent in the wrong place, twice, from another site, too late, or to a
//! server that did not issue it.

use super::signature::SECOND_SPELLING;
use super::{AttackKind, Definition, JudgedBy, attack_text};
use crate::code::Code;
use crate::lab::forge::{Forgery, Revoked, quoted, with_unused_bits};
use crate::lab::naive;
use crate::lab::sent_request::SentRequest;
use crate::profiles::demo::DemoAlgorithm;

pub(super) static ATTACKS: &[Definition] = &[
    Definition {
        text: attack_text!("no-token"),
        number: 2,
        key: "nt",
        expected: Code::NoToken,
        forges_identity: false,
        needs: None,
        variants: &["absent", "empty"],
        kind: AttackKind::Request {
            request: |kind| match kind {
                "empty" => SentRequest::bare("/validate", &[("Cookie", "{name}=")]),
                _ => SentRequest::bare("/validate", &[]),
            },
            naive: &naive::SITE_THAT_SKIPS_A_MISSING_TOKEN,
        },
    },
    Definition {
        text: attack_text!("replay-after-expiry"),
        number: 18,
        key: "ra",
        expected: Code::Expired,
        forges_identity: false,
        needs: None,
        variants: &[],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Lab,
            forge: |forge, _| forge.expired(),
            naive: &naive::IGNORES_EXPIRY,
        },
    },
    Definition {
        text: attack_text!("replay-after-logout"),
        number: 36,
        key: "re",
        expected: Code::Revoked,
        forges_identity: false,
        needs: None,
        variants: &[],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Lab,
            forge: |forge, _| forge.revoked(),
            naive: &naive::IGNORES_REVOCATION,
        },
    },
    Definition {
        text: attack_text!("replay-without-jti"),
        number: 36,
        key: "re",
        expected: Code::Accepted,
        forges_identity: false,
        needs: None,
        variants: &[],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Demo,
            forge: |forge, _| Ok(Forgery::new(&*forge.original.token, "Unchanged: Mallory has a copy.")),
            naive: &naive::IGNORES_REVOCATION,
        },
    },
    Definition {
        text: attack_text!("deny-list-bypass"),
        number: 37,
        key: "dl",
        expected: Code::Malformed,
        forges_identity: false,
        needs: None,
        variants: &[],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Lab,
            forge: |forge, _| {
                let good = forge.revoked()?;
                let (message, signature) = good.token.rsplit_once('.').unwrap_or_default();
                let token = format!("{message}.{}", with_unused_bits(signature));
                Ok(Forgery { token, signature_note: SECOND_SPELLING.into(), ..good })
            },
            naive: &naive::REVOKES_BY_HASH,
        },
    },
    Definition {
        text: attack_text!("deny-list-reordered"),
        number: 37,
        key: "dl",
        expected: Code::Revoked,
        forges_identity: false,
        needs: None,
        variants: &[],
        kind: AttackKind::Token {
            judged_by: JudgedBy::Lab,
            forge: |forge, _| {
                let Forgery { revoked, prepared, .. } = forge.revoked()?;
                let (jti, exp) =
                    revoked.as_ref().map(|it: &Revoked| (&*it.jti, it.expires_at.timestamp())).unwrap_or_default();
                let claims = forge.original.claims.with("jti", quoted(jti)).with("exp", exp.to_string());
                Ok(Forgery { revoked, prepared, ..forge.resign_claims(&claims.reversed())? })
            },
            naive: &naive::REVOKES_BY_HASH,
        },
    },
    Definition {
        text: attack_text!("token-in-wrong-place"),
        number: 38,
        key: "od",
        expected: Code::NoToken,
        forges_identity: false,
        needs: None,
        variants: &["query", "authorization", "token-header"],
        kind: AttackKind::Request {
            request: |place| match place {
                "authorization" => SentRequest::bare("/validate", &[("Authorization", "Bearer {token}")]),
                "token-header" => SentRequest::bare("/validate", &[("TOKEN", "{token}")]),
                _ => SentRequest::bare("/validate?token={token}", &[]),
            },
            naive: &naive::SITE_THAT_READS_A_TOKEN_ANYWHERE,
        },
    },
    Definition {
        text: attack_text!("duplicate-cookie"),
        number: 39,
        key: "dc",
        expected: Code::DuplicateCookie,
        forges_identity: false,
        needs: None,
        variants: &["planted", "twice"],
        kind: AttackKind::Request {
            request: |kind| match kind {
                "twice" => SentRequest::bare("/validate", &[("Cookie", "{cookie}; {cookie}")]),
                _ => SentRequest::bare("/validate", &[("Cookie", "{name}=planted; {cookie}")]),
            },
            naive: &naive::SITE_THAT_READS_THE_FIRST_COOKIE,
        },
    },
    Definition {
        text: attack_text!("cross-site-form"),
        number: 40,
        key: "ct",
        expected: Code::CrossSite,
        forges_identity: false,
        needs: None,
        variants: &["cross-site", "same-site", "origin", "null-origin"],
        kind: AttackKind::Request {
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
    },
    Definition {
        text: attack_text!("demo-token-at-lab"),
        number: 41,
        key: "dt",
        expected: Code::BadSignature,
        forges_identity: false,
        needs: Some(DemoAlgorithm::HS256),
        variants: &[],
        kind: AT_LAB,
    },
    Definition {
        text: attack_text!("demo-token-at-lab-rs256"),
        number: 41,
        key: "dt",
        expected: Code::UnknownKid,
        forges_identity: false,
        needs: Some(DemoAlgorithm::RS256),
        variants: &[],
        kind: AT_LAB,
    },
    Definition {
        text: attack_text!("lab-token-at-demo"),
        number: 41,
        key: "dt",
        expected: Code::BadSignature,
        forges_identity: false,
        needs: Some(DemoAlgorithm::HS256),
        variants: &[],
        kind: AT_DEMO,
    },
    Definition {
        text: attack_text!("lab-token-at-demo-rs256"),
        number: 41,
        key: "dt",
        expected: Code::UnknownKid,
        forges_identity: false,
        needs: Some(DemoAlgorithm::RS256),
        variants: &[],
        kind: AT_DEMO,
    },
];

const AT_LAB: AttackKind = AttackKind::Token {
    judged_by: JudgedBy::Lab,
    forge: |forge, _| Ok(Forgery::new(&*forge.original.token, "Unchanged. The demo's key made it.")),
    naive: &naive::HAS_ONE_KEY_RING_FOR_ALL,
};

const AT_DEMO: AttackKind = AttackKind::Token {
    judged_by: JudgedBy::Demo,
    forge: |forge, _| forge.resign_claims(&forge.original.claims),
    naive: &naive::HAS_ONE_KEY_RING_FOR_ALL,
};
