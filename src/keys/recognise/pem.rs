//! Keys between `-----BEGIN …-----` and `-----END …-----`.

use std::borrow::Cow;

use super::RecognisedKey;
use super::binary::of_der;
use crate::keys::foreign::{self, Half, Lock};
use crate::keys::wrapping::Layer;
use crate::keys::{KeyFault, der_structure, pem_blocks, ssh};

pub(super) fn pem(text: &str, _: u8) -> Option<RecognisedKey> {
    let text = pem_blocks::with_real_line_ends(text);
    let read = pem_blocks::read(&text)?;
    let half = half_of_labels(&read.labels);
    let found = match read.blocks {
        Err(fault) => RecognisedKey::faulty(half, fault),
        Ok(blocks) => one_of(&blocks),
    };
    Some(if matches!(text, Cow::Owned(_)) { found.within(Layer::LiteralLineEnds) } else { found })
}

fn half_of_labels(labels: &[&str]) -> Half {
    let any = |word: &str| labels.iter().any(|label| label.contains(word));
    if any("PRIVATE KEY") {
        Half::Private
    } else if any("PUBLIC KEY") || any("CERTIFICATE") {
        Half::Public
    } else {
        Half::Unknown
    }
}

/// The one key of a text: a private key goes before the certificates and the public key beside it. No other block is
/// read, because to prove a private key takes a while.
fn one_of(blocks: &[pem_blocks::Block<'_>]) -> RecognisedKey {
    let labelled = |half: Half| {
        let keys = blocks.iter().filter(|block| !block.label.contains("CERTIFICATE"));
        keys.filter(|block| half_of_labels(&[block.label]) == half).collect::<Vec<_>>()
    };
    for (half, kind) in [(Half::Private, "private"), (Half::Public, "public")] {
        match labelled(half)[..] {
            [] => {}
            [block] => return of_block(block),
            ref several => {
                let count = several.len();
                return RecognisedKey::malformed(format!("it has {count} {kind} keys; keep the one that is meant"));
            }
        }
    }
    blocks.first().map_or_else(|| RecognisedKey::faulty(Half::Unknown, KeyFault::Unrecognised), of_block)
}

/// What the label alone says of a block whose content is not read.
fn by_label(block: &pem_blocks::Block<'_>, half: Half) -> Option<RecognisedKey> {
    Some(match block.label {
        label if label.starts_with("PGP PUBLIC") => RecognisedKey::foreign(foreign::PGP_PUBLIC),
        label if label.starts_with("PGP PRIVATE") => RecognisedKey::foreign(foreign::PGP_PRIVATE),
        label if label.starts_with("SSH2 ") && half == Half::Private => RecognisedKey::foreign(foreign::SSH2_PRIVATE),
        "PGP MESSAGE" => RecognisedKey::foreign(foreign::PGP_ENCRYPTED),
        "AGE ENCRYPTED FILE" => RecognisedKey::foreign(foreign::AGE_ENCRYPTED),
        label if label.starts_with("OpenVPN ") => other_block(label),
        label if block.is_encrypted || label.starts_with("ENCRYPTED ") => {
            RecognisedKey::faulty(Half::Private, KeyFault::Passphrase(Lock::Pem))
        }
        _ => return None,
    })
}

fn of_block(block: &pem_blocks::Block<'_>) -> RecognisedKey {
    let half = half_of_labels(&[block.label]);
    if let Some(key) = by_label(block, half) {
        return key;
    }
    let der = match block.contents() {
        Ok(der) => der,
        Err(fault) => return RecognisedKey::faulty(half, fault),
    };
    if let Some(structure) = der_structure::recognise(&der) {
        return of_der(structure, &der, false);
    }
    if der.starts_with(ssh::PRIVATE_MAGIC) || block.label == "OPENSSH PRIVATE KEY" {
        return RecognisedKey::private(ssh::private(&der));
    }
    if block.label.starts_with("SSH2 ") || ssh::is_blob(&der) {
        return RecognisedKey::public(ssh::public_of_blob(&der));
    }
    match half {
        _ if block.label == "EC PARAMETERS" => RecognisedKey::malformed(
            "it names the curve of an EC key, and the key is not there; copy its `EC PRIVATE KEY` block too",
        ),
        Half::Unknown => other_block(block.label),
        half => RecognisedKey::faulty(half, KeyFault::Truncated(der_structure::describe_damage(&der).into())),
    }
}

fn other_block(label: &str) -> RecognisedKey {
    let label = pem_blocks::shown(label);
    RecognisedKey::faulty(Half::Unknown, KeyFault::WrongKind(format!("a block of {label:?}").into()))
}
