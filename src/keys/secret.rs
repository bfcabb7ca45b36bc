//! HMAC secrets: text in a file, so that they can be pasted into any other tool.

use std::fmt;

use aws_lc_rs::rand::SecureRandom;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::recognise::recognise;
use super::{Algorithm, KeyFault, charset};

/// An HMAC key. Its bytes are never printed.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// The minimum length for HS256 in bytes (RFC 7518 §3.2).
    pub const SHORTEST_SAFE: usize = 32;

    /// A secret from a file, a variable or a text area. One line ending (LF or CR LF) at the end is removed; other
    /// white space is part of the secret.
    pub fn from_file(bytes: &[u8]) -> Result<Self, KeyFault> {
        let lines_end = [&b"\r\n"[..], b"\n"].iter().find_map(|end| bytes.strip_suffix(*end));
        Self::validated(bytes, lines_end.unwrap_or(bytes), charset::other_encoding(bytes))
    }

    /// A secret's text, exactly as it is.
    pub fn from_text(bytes: &[u8]) -> Result<Self, KeyFault> {
        Self::validated(bytes, bytes, charset::other_encoding(bytes))
    }

    /// A secret that was kept as base64. Its bytes are random, so they may also begin as a byte order mark does.
    pub fn from_decoded(bytes: &[u8]) -> Result<Self, KeyFault> {
        Self::validated(bytes, bytes, None)
    }

    /// Refuses three things: an empty text, a key, and a text that other programs would read as other bytes.
    fn validated(all: &[u8], secret: &[u8], encoding: Option<&'static str>) -> Result<Self, KeyFault> {
        if secret.trim_ascii().is_empty() {
            return Err(KeyFault::Empty);
        }
        if let Some(found) = recognise(all) {
            return Err(found.not_a_key().unwrap_or(KeyFault::KeyForSecret(found.name())));
        }
        match encoding {
            Some(_) if charset::text(all).trim().is_empty() => Err(KeyFault::Empty),
            Some(encoding) => Err(KeyFault::EncodedSecret(encoding)),
            None => Ok(Self(secret.to_vec())),
        }
    }

    /// A fresh secret of 256 bits, as 43 base64url characters.
    pub fn generate(random: &dyn SecureRandom) -> Result<Self, aws_lc_rs::error::Unspecified> {
        let mut bytes = [0; 32];
        random.fill(&mut bytes)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes).into_bytes()))
    }

    /// A fresh secret as long as the hash of its algorithm (RFC 7518 §3.2), as base64url characters.
    pub fn generate_for(
        algorithm: Algorithm,
        random: &dyn SecureRandom,
    ) -> Result<Self, aws_lc_rs::error::Unspecified> {
        let mut bytes = vec![0; algorithm.signature_bytes(0)];
        random.fill(&mut bytes)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes).into_bytes()))
    }

    /// A generated secret.
    pub(super) fn of_text(text: String) -> Self {
        Self(text.into_bytes())
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether it is shorter than [`SHORTEST_SAFE`](Self::SHORTEST_SAFE), so that someone could find it by trying.
    pub const fn is_short(&self) -> bool {
        self.0.len() < Self::SHORTEST_SAFE
    }
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
        for (file, secret) in
            [("mysecret\n", "mysecret"), ("a b \r\n", "a b "), ("x\n\n", "x\n"), ("x\r", "x\r"), ("plain", "plain")]
        {
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
            assert!(matches!(Secret::from_file(file.as_bytes()), Err(KeyFault::KeyForSecret("a public key"))));
        }
    }

    #[test]
    fn a_byte_order_mark_or_utf_16_is_refused_and_named() {
        let utf16: Vec<u8> = "mysecret\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (file, encoding) in [
            (b"\xef\xbb\xbfmysecret\n".to_vec(), "UTF-8 with a byte order mark"),
            ([b"\xff\xfe", &utf16[..]].concat(), "UTF-16"),
            (utf16, "UTF-16LE without a byte order mark"),
        ] {
            for read in [Secret::from_file, Secret::from_text] {
                let fault = read(&file).unwrap_err();
                assert!(matches!(fault, KeyFault::EncodedSecret(named) if named == encoding), "{fault}");
            }
            assert_eq!(Secret::from_decoded(&file).unwrap().as_bytes(), file, "random bytes may begin like this");
        }
        assert!(matches!(Secret::from_file(b"\xef\xbb\xbf \n"), Err(KeyFault::Empty)));
    }

    #[test]
    fn a_secret_does_not_print_itself() {
        assert_eq!(format!("{:?}", Secret::from_text(b"mysecret").unwrap()), "Secret(…)");
    }
}
