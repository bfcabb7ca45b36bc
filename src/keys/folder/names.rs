//! The names of the folder's files, and what a name says: whose key it is, when it begins to sign, how private it must
//! be.

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
