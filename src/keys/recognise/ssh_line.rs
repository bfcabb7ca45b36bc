//! The line of an SSH public key that lost the blank after its kind, or has another character there, as in an address.

use super::RecognisedKey;
use crate::keys::KeyFault;
use crate::keys::foreign::Half;

/// How each kind begins. `ssh-keygen` writes a blank after it, and then base64 that begins with `AAAA`.
const KINDS: [&str; 9] = [
    "sk-ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519",
    "ssh-ed25519",
    "ssh-ed448",
    "ssh-rsa",
    "ssh-dss",
];

/// How many characters may be between the kind and the base64: the host's name in a kind, percent-encoded.
const LONGEST_SEPARATOR: usize = 24;

pub(super) fn without_blank(text: &str, _: u8) -> Option<RecognisedKey> {
    let found = KINDS.iter().find_map(|kind| Some((*kind, separator(text, kind)?)));
    let (kind, separator) = found?;
    let message = match separator {
        "" => format!("it is an SSH public key without the blank after `{kind}`; write `{kind} AAAA…`"),
        other if other.contains(['%', '+']) => {
            "it is an SSH public key that is percent-encoded, as in an address or a form; decode it first".to_owned()
        }
        _ => format!("it is an SSH public key with other characters where a blank belongs; write `{kind} AAAA…`"),
    };
    Some(RecognisedKey::faulty(Half::Public, KeyFault::Malformed(message.into())))
}

/// What is between the kind and its base64; `None` where that is a blank, or no base64 follows.
fn separator<'a>(text: &'a str, kind: &str) -> Option<&'a str> {
    text.match_indices(kind).find_map(|(at, _)| {
        let rest = &text[at + kind.len()..];
        let between = &rest[..rest.find("AAAA")?];
        let is_one = between.len() <= LONGEST_SEPARATOR && !between.contains(char::is_whitespace);
        is_one.then_some(between)
    })
}
