//! HMAC secrets: text in a file, so that they can be pasted into any other tool.

use std::fmt;

use aws_lc_rs::rand::SecureRandom;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{KeyFault, armour};

/// An HMAC key. Its bytes are never printed.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// The bytes that HS256 asks for at least (RFC 7518 §3.2).
    pub const SHORTEST_SAFE: usize = 32;

    /// The bytes of a secret file without its final newline; blanks before it are part of the secret.
    pub fn from_file(bytes: &[u8]) -> Result<Self, KeyFault> {
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        Self::from_bytes(bytes.strip_suffix(b"\r").unwrap_or(bytes))
    }

    /// A secret given as it is, but for two things that are never one: nothing, and an asymmetric key.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyFault> {
        if bytes.trim_ascii().is_empty() {
            return Err(KeyFault::Empty);
        }
        match armour::asymmetric_kind(bytes) {
            Some(kind) => Err(KeyFault::KeyForSecret(kind)),
            None if is_jwk(bytes) => Err(KeyFault::KeyForSecret("a JWK's")),
            None => Ok(Self(bytes.to_vec())),
        }
    }

    /// A fresh secret of 256 bits, as 43 base64url characters.
    pub fn generate(random: &dyn SecureRandom) -> Result<Self, aws_lc_rs::error::Unspecified> {
        let mut bytes = [0; 32];
        random.fill(&mut bytes)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes).into_bytes()))
    }

    /// A text that was made to be a secret.
    pub(super) fn of_text(text: String) -> Self {
        Self(text.into_bytes())
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether a word list and patience may be enough to find it.
    pub const fn is_short(&self) -> bool {
        self.0.len() < Self::SHORTEST_SAFE
    }
}

/// The text of a JWK is never the key that it describes.
fn is_jwk(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().starts_with(b"{") && String::from_utf8_lossy(bytes).contains("\"kty\"")
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_final_line_ending_is_no_part_of_a_secret() {
        for (file, secret) in [("mysecret\n", "mysecret"), ("a b \r\n", "a b "), ("x\n\n", "x\n"), ("plain", "plain")] {
            assert_eq!(Secret::from_file(file.as_bytes()).unwrap().as_bytes(), secret.as_bytes());
        }
    }

    #[test]
    fn an_empty_secret_is_refused() {
        for file in ["", "\n", " \r\n"] {
            assert!(matches!(Secret::from_file(file.as_bytes()), Err(KeyFault::Empty)));
        }
    }

    #[test]
    fn a_public_key_is_never_a_secret() {
        for file in ["-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n", "ssh-rsa AAAAB3NzaC1yc2E= me@here"]
        {
            assert!(matches!(Secret::from_file(file.as_bytes()), Err(KeyFault::KeyForSecret("a public"))));
        }
    }

    #[test]
    fn a_secret_does_not_print_itself() {
        assert_eq!(format!("{:?}", Secret::from_bytes(b"mysecret").unwrap()), "Secret(…)");
    }
}
