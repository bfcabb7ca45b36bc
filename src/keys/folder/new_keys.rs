//! New keys, as the text of their files.

use std::path::Path;

use aws_lc_rs::rand::SecureRandom;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::error::KeyError;
use crate::keys::rotation::{DatedKeys, PairKey};
use crate::keys::{KeyFault, KeyKind, PrivateKey, RsaPrivateKey, SESSION_KEY_BYTES, Secret};

/// A new secret, as its file holds it.
pub(super) fn secret_text(path: &Path, random: &dyn SecureRandom) -> Result<String, KeyError> {
    let secret = Secret::generate(random).map_err(|_| KeyError::NoRandomness { path: path.to_owned() })?;
    Ok(secret_line(&secret))
}

/// A secret as its file holds it: one line.
pub(super) fn secret_line(secret: &Secret) -> String {
    String::from_utf8_lossy(secret.as_bytes()).into_owned() + "\n"
}

/// A new key for the session cookie, as its file holds it.
pub(super) fn session_key_text(path: &Path, random: &dyn SecureRandom) -> Result<String, KeyError> {
    let mut bytes = [0; SESSION_KEY_BYTES];
    random.fill(&mut bytes).map_err(|_| KeyError::NoRandomness { path: path.to_owned() })?;
    Ok(URL_SAFE_NO_PAD.encode(bytes) + "\n")
}

/// The public half, or why the pair has none in PEM.
pub(super) fn public_pem(path: &Path, pem: Option<String>) -> Result<String, KeyError> {
    let unsound = || KeyError::Unfit { path: path.to_owned(), source: KeyFault::Unsound };
    pem.ok_or_else(unsound)
}

/// A new pair of this kind, as PEM.
pub(super) fn pair_pem(path: &Path, kind: KeyKind) -> Result<String, KeyError> {
    PrivateKey::generate_pem(kind).map_err(|_| KeyError::NoRandomness { path: path.to_owned() })
}

/// The pair after the newest of these, of its kind and size, as PEM.
pub(super) fn next_pair_pem(path: &Path, pairs: &DatedKeys<PairKey>) -> Result<String, KeyError> {
    let made = match pairs.newest() {
        Some(newest) => PrivateKey::generate_pem_like(&newest.key.public),
        None => PrivateKey::generate_pem(KeyKind::Rsa),
    };
    made.map_err(|_| KeyError::NoRandomness { path: path.to_owned() })
}

/// A new RSA pair of this many bits, as PEM.
pub(super) fn rsa_pem(path: &Path, bits: u32) -> Result<String, KeyError> {
    let made = RsaPrivateKey::generate_pem(bits).ok_or(KeyError::Bits { bits })?;
    made.map_err(|_| KeyError::NoRandomness { path: path.to_owned() })
}
