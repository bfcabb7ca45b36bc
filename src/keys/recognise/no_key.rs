//! Texts about a key that hold none: its fingerprint, a listing of its structure, a web page in place of its file.
//!
//! Each is public, so as a secret it would let everybody sign.

use super::RecognisedKey;
use crate::keys::KeyFault;
use crate::keys::foreign::Half;

/// The base64 of a SHA-256 hash, without padding.
const FINGERPRINT: usize = 43;

pub(super) fn no_key(text: &str, _: u8) -> Option<RecognisedKey> {
    let (what, fix) = if text.lines().any(has_fingerprint) {
        (
            "the fingerprint of a key, as `ssh-keygen -l` prints it, and no key",
            "give the file of the key itself, such as jwt_key.pub",
        )
    } else if text.lines().any(is_of_asn1parse) {
        (
            "what `openssl asn1parse` prints about a file, and no key",
            "give the file itself, or write its key as PEM: openssl pkey -in ORIGINAL -out jwt_key",
        )
    } else if is_page(text) {
        (
            "an HTML page, and no key",
            "download the key itself: an address that answers with a page is wrong, or asks for a login",
        )
    } else {
        return None;
    };
    Some(RecognisedKey::faulty(Half::Unknown, KeyFault::NoKey { what, fix }))
}

/// `SHA256:…`, alone or after the number of bits.
fn has_fingerprint(line: &str) -> bool {
    line.split_whitespace().take(2).any(|word| {
        let is_base64 = |hash: &str| hash.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'/'));
        let is_sha256 = |hash: &str| hash.trim_end_matches('=').len() == FINGERPRINT && is_base64(&hash[..FINGERPRINT]);
        let is_md5 = |hash: &str| {
            let pairs = || hash.split(':');
            pairs().count() == 16 && pairs().all(|it| it.len() == 2 && it.bytes().all(|c| c.is_ascii_hexdigit()))
        };
        word.strip_prefix("SHA256:").is_some_and(is_sha256) || word.strip_prefix("MD5:").is_some_and(is_md5)
    })
}

/// `    0:d=0  hl=4 l= 290 cons: SEQUENCE`
fn is_of_asn1parse(line: &str) -> bool {
    let Some((offset, rest)) = line.trim_start().split_once(":d=") else { return false };
    let is_kind = rest.contains(" cons:") || rest.contains(" prim:");
    offset.bytes().all(|c| c.is_ascii_digit()) && rest.contains("hl=") && is_kind
}

fn is_page(text: &str) -> bool {
    let begin: String = text.chars().take(2000).collect::<String>().to_lowercase();
    let is_markup = begin.starts_with('<');
    is_markup && ["<!doctype html", "<html", "<head>", "<body"].iter().any(|tag| begin.contains(tag))
}
