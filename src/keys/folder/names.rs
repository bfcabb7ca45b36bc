//! The names of the folder's files, and what a name says: whose key it is, when it begins to sign, how private it must
//! be.

use crate::keys::foreign;
use crate::keys::permissions::Privacy;
use crate::keys::{Curve, KeyKind, Start, credentials};

pub(super) const HS256_SECRET: &str = "hs256.secret";
pub(super) const RS256_PRIVATE: &str = "jwt_key";
pub(super) const RS256_PUBLIC: &str = "jwt_key.pub";
pub(super) const REST_API_SECRET: &str = "rest-api.secret";
pub(super) const BEARER_PRIVATE: &str = "bearer_key";
pub(super) const BEARER_RSA: &str = "bearer_rsa";
pub(super) const BEARER_EC256: &str = "bearer_ec256";
pub(super) const BEARER_EC384: &str = "bearer_ec384";
pub(super) const BEARER_ED25519: &str = "bearer_ed25519";
pub(super) const LAB_SECRET: &str = "lab.secret";
pub(super) const LAB_PRIVATE: &str = "lab_key";
pub(super) const LAB_PUBLIC: &str = "lab_key.pub";
pub(super) const SESSION_KEY: &str = "session.key";
pub(super) const TEACHER_KEY: &str = "teacher.key";

/// The pair of each kind that test mode has for bearer tokens beside their own.
pub(super) const BEARER_PAIRS: [(KeyKind, &str); 4] = [
    (KeyKind::Rsa, BEARER_RSA),
    (KeyKind::Ec(Curve::P256), BEARER_EC256),
    (KeyKind::Ec(Curve::P384), BEARER_EC384),
    (KeyKind::Ed25519, BEARER_ED25519),
];

/// The private halves of all bearer keys without a start, the own one first.
pub(super) fn bearer_privates() -> impl Iterator<Item = &'static str> {
    std::iter::once(BEARER_PRIVATE).chain(BEARER_PAIRS.into_iter().map(|(_, private)| private))
}

/// Whether a public key is one of other profiles, and so no retired key of the demo.
pub(super) fn is_of_another_profile(name: &str) -> bool {
    name == LAB_PUBLIC || bearer_privates().any(|private| start_of_pair(private, name).is_some())
}

/// The private half of a pair: `jwt_key`, or with its start `jwt_key.20261121T215000Z`.
pub(super) fn private_half(first: &str, start: Start) -> String {
    if start == Start::ALWAYS { first.to_owned() } else { format!("{first}.{start}") }
}

pub(super) fn public_half(first: &str, start: Start) -> String {
    private_half(first, start) + ".pub"
}

/// `hs256.secret`, or with its start `hs256.20261121T215000Z.secret`.
pub(super) fn hs256_secret(start: Start) -> String {
    if start == Start::ALWAYS { HS256_SECRET.to_owned() } else { format!("hs256.{start}.secret") }
}

/// The start in the name of a secret that signs HS256.
pub(super) fn start_of_secret(name: &str) -> Option<Start> {
    match name {
        HS256_SECRET => Some(Start::ALWAYS),
        _ => Start::parse(name.strip_prefix("hs256.")?.strip_suffix(".secret")?),
    }
}

/// The start in the name of either half of a pair, whose first private half has this name.
pub(super) fn start_of_pair(first: &str, name: &str) -> Option<Start> {
    start_of_private_half(first, name.strip_suffix(".pub").unwrap_or(name))
}

/// The same for the private half alone.
pub(super) fn start_of_private_half(first: &str, name: &str) -> Option<Start> {
    match name.strip_prefix(first)? {
        "" => Some(Start::ALWAYS),
        rest => Start::parse(rest.strip_prefix('.')?),
    }
}

/// How private a file with this name must be; `None` if it is not ours.
pub(super) fn privacy_of(name: &str) -> Option<Privacy> {
    let is_private = || {
        name.ends_with(".secret")
            || [SESSION_KEY, TEACHER_KEY, credentials::FILE].contains(&name)
            || [RS256_PRIVATE, LAB_PRIVATE]
                .into_iter()
                .chain(bearer_privates())
                .any(|private| name.starts_with(private))
    };
    if name.strip_suffix(".pub").is_some() { Some(Privacy::Public) } else { is_private().then_some(Privacy::Secret) }
}

/// What names are read in place of this one; `None` unless it begins as a key's name does and is read by nobody.
pub(super) fn nearly_named(name: &str) -> Option<String> {
    if let Some(stem) = public_stem(name) {
        return name
            .strip_suffix(".pub")
            .is_none()
            .then(|| format!("the name of a public key ends in .pub: `{stem}.pub`"));
    }
    let is_read = || {
        start_of_secret(name).is_some()
            || private_names().any(|first| start_of_private_half(first, name).is_some())
            || SINGLE_FILES.contains(&name)
    };
    if is_read() || is_original(name) {
        return None;
    }
    let begins_as = |first: &str| letters(name).starts_with(&letters(first));
    if begins_as("hs256") {
        return Some(wanted(HS256_SECRET, "hs256.20270101T000000Z.secret"));
    }
    if let Some(single) = SINGLE_FILES.into_iter().find(|single| begins_as(single)) {
        return Some(format!("the file that is read is `{single}`"));
    }
    if OF_OTHER_PROGRAMS.contains(&name.to_ascii_lowercase().as_str()) {
        return Some(format!("name a key for RS256 `{RS256_PRIVATE}`, and one for bearer tokens `{BEARER_PRIVATE}`"));
    }
    let first = private_names().find(|first| begins_as(first))?;
    Some(if first == LAB_PRIVATE {
        format!("the file that is read is `{first}`")
    } else {
        wanted(first, &format!("{first}.20270101T000000Z"))
    })
}

/// What other programs call a private key that signs.
const OF_OTHER_PROGRAMS: [&str; 10] = [
    "id_rsa",
    "id_ecdsa",
    "id_ed25519",
    "private",
    "private.pem",
    "private.key",
    "private_key",
    "private_key.pem",
    "private-key.pem",
    "rsa_private.pem",
];

/// The name of a public key without its end, in any case.
fn public_stem(name: &str) -> Option<&str> {
    let (stem, end) = name.rsplit_once('.')?;
    end.eq_ignore_ascii_case("pub").then_some(stem)
}

/// Whether the advice keeps an original under this name. It keeps none of a secret as text.
fn is_original(name: &str) -> bool {
    let is_text_of_secret = name.strip_suffix(".txt").is_some_and(|stem| stem.contains(".secret"));
    foreign::is_kept_original(name) && !is_text_of_secret
}

/// A name as people may write it otherwise: in lower case, without what separates words.
fn letters(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_' | '.' | ' ')).collect::<String>().to_lowercase()
}

fn wanted(first: &str, dated: &str) -> String {
    format!("name it `{first}`, or, with the time in UTC from which it signs, as `{dated}`")
}

/// Files of which there is one, under this name alone.
const SINGLE_FILES: [&str; 5] = [REST_API_SECRET, LAB_SECRET, SESSION_KEY, TEACHER_KEY, credentials::FILE];

/// The private halves of all pairs without a start.
fn private_names() -> impl Iterator<Item = &'static str> {
    [RS256_PRIVATE, LAB_PRIVATE].into_iter().chain(bearer_privates())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_nearly_a_keys_is_told_the_right_one() {
        for (name, right) in [
            ("jwt_key.pem", "`jwt_key.20270101T000000Z`"),
            ("jwt_key.2027", "`jwt_key`"),
            ("jwt_key.20271301T000000Z", "`jwt_key.20270101T000000Z`"),
            ("jwt_key_old", "`jwt_key`"),
            ("bearer_key.pem", "`bearer_key.20270101T000000Z`"),
            ("bearer_key.20270101T000000", "`bearer_key.20270101T000000Z`"),
            ("bearer_ec256.key", "`bearer_ec256`"),
            ("hs256.20270101.secret", "`hs256.20270101T000000Z.secret`"),
            ("hs256", "`hs256.secret`"),
            ("hs256.secret.bak", "`hs256.secret`"),
            ("lab_key.pem", "`lab_key`"),
            ("session.key.old", "`session.key`"),
            ("rest-api.secret.txt~", "`rest-api.secret`"),
            ("hs256.secret.txt", "`hs256.secret`"),
            ("rest-api.secret.txt", "`rest-api.secret`"),
            ("HS256.secret", "`hs256.secret`"),
            ("hs-256.secret", "`hs256.secret`"),
            ("rest_api.secret", "`rest-api.secret`"),
            ("Session.key", "`session.key`"),
            ("jwt-key", "`jwt_key`"),
            ("JWT_KEY", "`jwt_key`"),
            ("bearer-key", "`bearer_key`"),
            ("Bearer_key", "`bearer_key`"),
            ("id_rsa", "`jwt_key`"),
            ("private.pem", "`bearer_key`"),
            ("jwt_key.PUB", "`jwt_key.pub`"),
            ("Partner.Pub", "`Partner.pub`"),
        ] {
            let told = nearly_named(name);
            assert!(told.as_ref().is_some_and(|told| told.contains(right)), "{name}: {told:?}");
        }
    }

    #[test]
    fn what_is_read_and_what_the_advice_keeps_is_not_noted() {
        for name in [
            "jwt_key",
            "jwt_key.pub",
            "jwt_key.pem.pub",
            "jwt_key.20270101T000000Z",
            "bearer_key.20270101T000000Z.pub",
            "bearer_ed25519",
            "hs256.secret",
            "hs256.20270101T000000Z.secret",
            "rest-api.secret",
            "lab.secret",
            "session.key",
            "teacher.key",
            "demo-credentials.env",
            "jwt_key.p12",
            "jwt_key.private",
            "jwt_key.jks.p12",
            "hs256.secret.gz",
            "README.md",
            "partner.pem",
            "old",
        ] {
            assert_eq!(nearly_named(name), None, "{name}");
        }
    }
}
