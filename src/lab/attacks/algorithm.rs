//! Attacks on `alg`: the token chooses how it wants to be checked.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Attack, AttackKind, JudgedBy, Variant, attack, variant};
use crate::code::Code;
use crate::keys;
use crate::lab::forge::{Forgery, public_forms, quoted};
use crate::lab::naive;
use crate::profiles::demo::DemoAlgorithm;
use crate::token::signing_input;

pub(super) static ATTACKS: &[Attack] = &[
    Attack {
        what: "The token says ES256 and its signature is all zeros. Some libraries forgot to refuse zero, and for them it \
               fits every text and every key (CVE-2022-21449).",
        changes: "`alg` becomes ES256, the signature r = s = 0",
        rfc: "RFC 8725 §3.4",
        variants: &[variant("raw", "64 zero bytes"), variant("der", "the two zeros in DER")],
        ..attack(
            7,
            "ps",
            "psychic-signature",
            "Psychic signature",
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
    Attack {
        what: "The token says that it needs no signature, and has none. A verifier that asks the token how to check it \
               takes its word.",
        changes: "`alg` becomes none, the signature is empty",
        lesson: Some("none"),
        rfc: "RFC 8725 §3.2",
        variants: &[variant("none", "none"), variant("None", "None"), variant("NONE", "NONE"), variant("nOnE", "nOnE")],
        ..attack(
            9,
            "an",
            "alg-none",
            "Algorithm none",
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
    Attack {
        what: "The server expects RS256 and its public key is known to all. The token says HS256 and uses that key's text \
               as the secret: a verifier with one key for every algorithm checks it as HMAC, and it fits.",
        changes: "`alg` becomes HS256, signed with the RSA public key as the secret",
        lesson: Some("key-confusion"),
        rfc: "RFC 8725 §3.1",
        needs: Some(DemoAlgorithm::Rs256),
        variants: FORMS,
        ..attack(10, "kc", "key-confusion-rs256", "Key confusion", Code::AlgNotAllowed, CONFUSED)
    },
    Attack {
        what: "The same token before a session that expects HS256, with a secret of its own. The algorithm is right, the \
               key is not: a public key is no secret here.",
        changes: "signed with HS256 and the RSA public key as the secret",
        lesson: Some("key-confusion"),
        rfc: "RFC 8725 §3.1",
        needs: Some(DemoAlgorithm::Hs256),
        variants: FORMS,
        ..attack(10, "kc", "key-confusion-hs256", "Key confusion, under HS256", Code::BadSignature, CONFUSED)
    },
    Attack {
        what: "Every header member and every claim is once the address of a listener, and here it is `alg`. A library that \
               loads algorithms by name may ask for it.",
        changes: "`alg` becomes an address",
        rfc: "RFC 8725 §3.1",
        ..attack(
            16,
            "oa",
            "outside-alg",
            "An address as `alg`",
            Code::AlgNotAllowed,
            AttackKind::Token {
                judged_by: JudgedBy::Demo,
                forge: |forge, _| Ok(forge.headed_stale("alg", quoted(super::claims::LISTENER))),
                naive: &naive::CALLS_ADDRESSES,
            },
        )
    },
    Attack {
        what: "The algorithm is spelled a little otherwise, and the signature is right. Whoever compares names loosely will \
               some day take a name that nobody meant.",
        changes: "`alg` in another case, or with a stray character; re-signed",
        lesson: Some("none"),
        rfc: "RFC 7515 §4.1.1",
        variants: &[
            variant("lower-case", "in small letters"),
            variant("trailing-space", "with a space after it"),
            variant("nul", "with a NUL after it"),
            variant("empty", "empty"),
        ],
        ..attack(
            22,
            "as",
            "alg-spelling",
            "Spelling of `alg`",
            Code::AlgNotAllowed,
            AttackKind::Token {
                judged_by: JudgedBy::Lab,
                forge: |forge, spelling| {
                    let alg = forge.under().as_str();
                    let spelled = match spelling {
                        "lower-case" => alg.to_lowercase(),
                        "trailing-space" => format!("{alg} "),
                        "nul" => format!("{alg}\0"),
                        _ => String::new(),
                    };
                    forge.headed("alg", quoted(&spelled))
                },
                naive: &naive::COMPARES_LOOSELY,
            },
        )
    },
    Attack {
        what: "`alg` is no string, or is not there. A verifier with a default fills the gap in the sender's favour.",
        changes: "`alg` is an array, a number, or absent; re-signed",
        lesson: Some("none"),
        rfc: "RFC 7515 §4.1.1",
        variants: &[variant("absent", "absent"), variant("array", "an array"), variant("number", "a number")],
        ..attack(
            22,
            "as",
            "alg-malformed",
            "`alg` of the wrong type",
            Code::Malformed,
            AttackKind::Token {
                judged_by: JudgedBy::Lab,
                forge: |forge, shape| {
                    let alg = forge.under().as_str();
                    match shape {
                        "array" => forge.headed("alg", format!("[{}]", quoted(alg))),
                        "number" => forge.headed("alg", "256"),
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
    Attack {
        what: "The right secret signs, under HS512. The signature is as good as any; yet one key has one algorithm, and \
               whoever allows a family allows its weakest member.",
        changes: "`alg` becomes HS512, signed with the right secret",
        lesson: Some("hs256-or-rs256"),
        rfc: "RFC 8725 §3.1",
        needs: Some(DemoAlgorithm::Hs256),
        variants: &[variant("HS512", "HS512"), variant("HS384", "HS384")],
        ..attack(23, "sh", "sibling-hs256", "Sibling algorithm", Code::AlgNotAllowed, SIBLING)
    },
    Attack {
        what: "The right private key signs, under RS384 or PS256. The signature is as good as any; yet one key has one \
               algorithm, and mixing paddings under one key is where attacks begin.",
        changes: "`alg` becomes RS384 or PS256, signed with the right key",
        lesson: Some("hs256-or-rs256"),
        rfc: "RFC 8725 §3.1",
        needs: Some(DemoAlgorithm::Rs256),
        variants: &[variant("RS384", "RS384"), variant("PS256", "PS256")],
        ..attack(23, "sh", "sibling-rs256", "Sibling algorithm, under RS256", Code::AlgNotAllowed, SIBLING)
    },
    Attack {
        what: "Your own good token, after your session switched to the other algorithm. It was honestly issued, and the \
               session no longer expects its kind.",
        changes: "nothing of the token: the session expects the other algorithm",
        lesson: Some("hs256-or-rs256"),
        rfc: "RFC 8725 §3.1",
        ..attack(
            24,
            "sa",
            "switched-algorithm",
            "Switched algorithm",
            Code::AlgNotAllowed,
            AttackKind::Token {
                judged_by: JudgedBy::DemoAfterSwitch,
                forge: |forge, _| {
                    Ok(Forgery::new(&*forge.original.token, "Untouched: the key that made it is still ours."))
                },
                naive: &naive::TRUSTS_ALG,
            },
        )
    },
];

const FORMS: &[Variant] = &[
    variant("pem", "as PEM text"),
    variant("pem-without-newline", "as PEM text without its final newline"),
    variant("pem-after-blank", "as PEM text after white space"),
    variant("spki-der", "as SPKI in DER"),
    variant("pkcs1-der", "as PKCS#1 in DER"),
];

const CONFUSED: AttackKind = AttackKind::Token {
    judged_by: JudgedBy::Demo,
    forge: |forge, chosen| {
        let forms = public_forms(forge.public_key());
        let form = forms.iter().find(|(name, _)| *name == chosen).map_or(&[][..], |(_, form)| form);
        Ok(forge.maced(&forge.original.header, form, "HMAC with the public key's text as the secret."))
    },
    naive: &naive::TRUSTS_ALG,
};

const SIBLING: AttackKind = AttackKind::Token {
    judged_by: JudgedBy::Lab,
    forge: |forge, sibling| {
        let own = forge.under().jwa();
        forge.by_sibling(sibling.parse::<keys::Algorithm>().unwrap_or(own))
    },
    naive: &naive::TRUSTS_ALG,
};
