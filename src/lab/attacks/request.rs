//! Attacks by the way a token comes: in a wrong place, twice, from a foreign page, after its time, at another's door.

use super::{Attack, AttackKind, JudgedBy, attack, variant};
use crate::code::Code;
use crate::lab::forge::{Forgery, Revoked, quoted, twin};
use crate::lab::naive;
use crate::lab::sent_request::SentRequest;
use crate::profiles::demo::DemoAlgorithm;

pub(super) static ATTACKS: &[Attack] = &[
    Attack {
        what: "The request brings no cookie, or an empty one. It seems too little for an attack, and it opens every door that \
               checks only what is there.",
        changes: "the cookie is absent or empty",
        lesson: Some("set-cookie"),
        rfc: "RFC 7519 §7.2",
        variants: &[variant("absent", "no cookie"), variant("empty", "an empty cookie")],
        ..attack(
            2,
            "nt",
            "no-token",
            "No token",
            Code::NoToken,
            AttackKind::Request {
                ask: |kind| match kind {
                    "empty" => SentRequest::bare("/validate", &[("Cookie", "{name}=")]),
                    _ => SentRequest::bare("/validate", &[]),
                },
                naive: &naive::SITE_THAT_SKIPS_A_MISSING_TOKEN,
            },
        )
    },
    Attack {
        what: "The token was good and has ended. Somebody kept a copy and sends it again.",
        changes: "the token ended an hour ago; made so by the lab, instead of waiting",
        lesson: Some("two-clocks"),
        rfc: "RFC 7519 §4.1.4",
        ..attack(
            18,
            "ra",
            "replay-after-expiry",
            "Replay after expiry",
            Code::Expired,
            AttackKind::Token {
                judged_by: JudgedBy::Lab,
                forge: |forge, _| {
                    let claims = forge.original.claims.with("iat", forge.seconds(-3660));
                    forge.saying(&claims.with("exp", forge.seconds(-3600)))
                },
                naive: &naive::IGNORES_EXPIRY,
            },
        )
    },
    Attack {
        what: "A cookie was saved before the logout and is sent again after it. The token in it has a `jti`, and the logout \
               called it back.",
        changes: "nothing: the token was revoked; the lab gave it a `jti` and really revokes it",
        lesson: Some("logout"),
        rfc: "RFC 7519 §4.1.7",
        ..attack(
            36,
            "re",
            "replay-after-logout",
            "Replay after logout",
            Code::Revoked,
            AttackKind::Token {
                judged_by: JudgedBy::Lab,
                forge: |forge, _| forge.revoked(),
                naive: &naive::IGNORES_REVOCATION,
            },
        )
    },
    Attack {
        what: "The same, of a token without a `jti`: the demo's own are of that kind. Nothing names it, so nothing can call it \
               back: a copy is good until `exp`, and a page that says otherwise lies.",
        changes: "nothing: the visitor logged out, and the token has no `jti`",
        lesson: Some("logout"),
        rfc: "RFC 7519 §4.1.7",
        ..attack(
            36,
            "re",
            "replay-without-jti",
            "Replay of a token without `jti`",
            Code::Accepted,
            AttackKind::Token {
                judged_by: JudgedBy::Lab,
                forge: |forge, _| forge.saying(&forge.original.claims.without("jti")),
                naive: &naive::IGNORES_REVOCATION,
            },
        )
    },
    Attack {
        what: "A revoked token comes in a second spelling of its signature. A list of the hashes of revoked texts does not \
               have that text.",
        changes: "row 28 on a revoked token",
        lesson: Some("logout"),
        rfc: "RFC 4648 §3.5",
        ..attack(
            37,
            "dl",
            "deny-list-bypass",
            "Bypass of a deny-list",
            Code::Malformed,
            AttackKind::Token {
                judged_by: JudgedBy::Lab,
                forge: |forge, _| {
                    let good = forge.revoked()?;
                    let (message, signature) = good.token.rsplit_once('.').unwrap_or_default();
                    let token = format!("{message}.{}", twin(signature));
                    Ok(Forgery { token, fate: "The same bytes, spelled otherwise.".into(), ..good })
                },
                naive: &naive::REVOKES_BY_HASH,
            },
        )
    },
    Attack {
        what: "The issuer signs the same claims once more, in another order. It is another text with the same `jti`, and \
               revocation is keyed on that.",
        changes: "a revoked token, its claims in another order; re-signed",
        lesson: Some("logout"),
        rfc: "RFC 7519 §4.1.7",
        ..attack(
            37,
            "dl",
            "deny-list-reordered",
            "Bypass by another order",
            Code::Revoked,
            AttackKind::Token {
                judged_by: JudgedBy::Lab,
                forge: |forge, _| {
                    let revoked = forge.revoked()?.revoked;
                    let (jti, exp) =
                        revoked.as_ref().map(|it: &Revoked| (&*it.jti, it.expires_at.timestamp())).unwrap_or_default();
                    let claims = forge.original.claims.with("jti", quoted(jti)).with("exp", exp.to_string());
                    Ok(Forgery { revoked, ..forge.saying(&claims.reversed())? })
                },
                naive: &naive::REVOKES_BY_HASH,
            },
        )
    },
    Attack {
        what: "The good token comes where this route does not take one. Addresses are written into logs and histories, so a \
               token in one is no secret; a route takes its token in one place.",
        changes: "the token stands in the query or in another header, and no cookie comes",
        lesson: Some("set-cookie"),
        rfc: "RFC 6750 §2.3",
        variants: &[
            variant("query", "in the query"),
            variant("authorization", "as a bearer token"),
            variant("token-header", "in the header TOKEN"),
        ],
        ..attack(
            38,
            "od",
            "other-door",
            "Other door",
            Code::NoToken,
            AttackKind::Request {
                ask: |place| match place {
                    "authorization" => SentRequest::bare("/validate", &[("Authorization", "Bearer {token}")]),
                    "token-header" => SentRequest::bare("/validate", &[("TOKEN", "{token}")]),
                    _ => SentRequest::bare("/validate?token={token}", &[]),
                },
                naive: &naive::SITE_THAT_READS_A_TOKEN_ANYWHERE,
            },
        )
    },
    Attack {
        what: "Two cookies of our name come in one request. A neighbour on the same host can plant one, and which of the two \
               counts would be a guess.",
        changes: "a second cookie of the session's name",
        lesson: Some("cookie-laboratory"),
        rfc: "RFC 6265 §5.4",
        variants: &[variant("planted", "a planted one first"), variant("twice", "the good one twice")],
        ..attack(
            39,
            "dc",
            "duplicate-cookie",
            "Duplicate cookie",
            Code::DuplicateCookie,
            AttackKind::Request {
                ask: |kind| match kind {
                    "twice" => SentRequest::bare("/validate", &[("Cookie", "{cookie}; {cookie}")]),
                    _ => SentRequest::bare("/validate", &[("Cookie", "{name}=planted; {cookie}")]),
                },
                naive: &naive::SITE_THAT_READS_THE_FIRST_COOKIE,
            },
        )
    },
    Attack {
        what: "Another site's page sends a form here, and the browser adds the cookie. The token is good and the wish is not the \
               visitor's.",
        changes: "`Sec-Fetch-Site` or `Origin` says that another site sent the form",
        lesson: Some("cross-site-forms"),
        rfc: "RFC 6265 §8.2",
        variants: &[
            variant("cross-site", "Sec-Fetch-Site: cross-site"),
            variant("same-site", "Sec-Fetch-Site: same-site, a neighbouring origin"),
            variant("origin", "a foreign Origin"),
            variant("null-origin", "Origin: null"),
        ],
        ..attack(
            40,
            "ct",
            "cross-site-form",
            "Cross-site form",
            Code::CrossSite,
            AttackKind::Request {
                ask: |kind| {
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
    Attack {
        what: "Your demo token at the lab's door. It is good, for somebody else: every profile has keys of its own, so that \
               no token of one passes as another's.",
        changes: "nothing: a demo token is judged by the lab's keys",
        rfc: "RFC 8725 §3.12",
        needs: Some(DemoAlgorithm::Hs256),
        ..attack(41, "dt", "demo-token-at-lab", "Other profile", Code::BadSignature, AT_LAB)
    },
    Attack {
        what: "Your demo token at the lab's door, under RS256. There the key has a name, and the lab's ring does not know the \
               demo's.",
        changes: "nothing: a demo token is judged by the lab's keys",
        rfc: "RFC 8725 §3.12",
        needs: Some(DemoAlgorithm::Rs256),
        ..attack(41, "dt", "demo-token-at-lab-rs256", "Other profile, under RS256", Code::UnknownKid, AT_LAB)
    },
    Attack {
        what: "A token of the lab's, rightly signed by it, at the demo's door. It has all the claims that the demo wants, and \
               the wrong key.",
        changes: "the same claims as a token of the lab's",
        rfc: "RFC 8725 §3.12",
        needs: Some(DemoAlgorithm::Hs256),
        ..attack(41, "dt", "lab-token-at-demo", "Other profile, the other way", Code::BadSignature, AT_DEMO)
    },
    Attack {
        what: "A token of the lab's, rightly signed by it, at the demo's door, under RS256. Its `kid` names the lab's key, \
               which the demo's ring does not have.",
        changes: "the same claims as a token of the lab's",
        rfc: "RFC 8725 §3.12",
        needs: Some(DemoAlgorithm::Rs256),
        ..attack(
            41,
            "dt",
            "lab-token-at-demo-rs256",
            "Other profile, the other way, under RS256",
            Code::UnknownKid,
            AT_DEMO,
        )
    },
];

const AT_LAB: AttackKind = AttackKind::Token {
    judged_by: JudgedBy::Lab,
    forge: |forge, _| Ok(Forgery::new(&*forge.original.token, "Untouched: the demo's key made it.")),
    naive: &naive::HAS_ONE_KEY_RING_FOR_ALL,
};

const AT_DEMO: AttackKind = AttackKind::Token {
    judged_by: JudgedBy::Demo,
    forge: |forge, _| forge.saying(&forge.original.claims),
    naive: &naive::HAS_ONE_KEY_RING_FOR_ALL,
};
