//! The value of `--key`: the name of a file with a key, or `-` for standard input.

use std::io;
use std::path::Path;

use thiserror::Error;

use super::Failure;
use crate::keys::GivenKey;
use crate::settings::Environment;

/// The error for a `--key` that is the text of a key. It does not repeat the text.
pub(super) const KEY_TEXT_GIVEN: &str = "--key takes the name of a file, and this is the text of a key; save it in a file \
                                     and name that, or pipe it in: printf %s \"$KEY\" | hallpass … --key -";

/// PEM begins with this; the name of a file does not.
pub(super) const PEM: &str = "-----BEGIN";

/// No secret that is safe to use is shorter, in bytes (RFC 7518 §3.2).
const SHORTEST_SECRET: usize = 32;

#[derive(Debug, Error)]
#[error("{KEY_TEXT_GIVEN}")]
struct KeyTextGiven;

/// The key that `--key` names.
pub(super) fn read(path: &Path, environment: &Environment) -> Result<GivenKey, Failure> {
    if path.as_os_str() == "-" {
        return Ok(GivenKey::read_from(&mut io::stdin().lock())?);
    }
    let path = environment.path("key", path)?;
    if !path.exists() && is_text_of_key(&path) {
        return Err(KeyTextGiven.into());
    }
    Ok(GivenKey::read(&path)?)
}

/// Whether this is more likely the text of a key than the name of a file that is missing: it is a form of a key, or
/// has lines, or is as long as a secret and without a dot or a folder that is there.
fn is_text_of_key(path: &Path) -> bool {
    let text = path.to_string_lossy();
    let is_in_a_folder = path.parent().is_some_and(|folder| !folder.as_os_str().is_empty() && folder.is_dir());
    let is_secret = text.len() >= SHORTEST_SECRET && !text.contains('.') && !is_in_a_folder;
    // A JSON object is a JWK, or one that lacks something.
    let is_key = || GivenKey::of_recognised(text.as_bytes(), "").is_some() || text.trim_start().starts_with('{');
    is_secret || text.contains('\n') || is_key()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_key_is_told_from_the_name_of_a_missing_file() {
        for text in [
            "-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----",
            "ssh-rsa AAAAB3NzaC1yc2E= me@example",
            r#"{"kty":"oct","k":"c2VjcmV0"}"#,
            "{}",
            "correct horse battery staple is long",
            "q83vEjRWeJCrze8SNFZ4kKvN7/I0VniQq83vEjRWeJA=",
        ] {
            assert!(is_text_of_key(Path::new(text)), "{text}");
        }
        for name in [
            "jwt_key",
            "keys/jwt_key",
            "a folder/that_has_a_long_name/partner_key.pub",
            "/tmp/0123456789012345678901234567890123456789",
        ] {
            assert!(!is_text_of_key(Path::new(name)), "{name}");
        }
    }
}
