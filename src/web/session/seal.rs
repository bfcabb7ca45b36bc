//! Seals: what this server said, in a text that a browser or a link carries. Nobody else can write such a text, so it
//! can be believed when it comes back. And ciphertexts: what this server keeps elsewhere, and nobody else can read.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Sessions;
use crate::web::http::problem::Problem;

impl Sessions {
    /// The text with its seal, which holds for this purpose alone.
    pub(in crate::web) fn seal(&self, purpose: &str, text: &str) -> String {
        format!("{text}~{}", self.mac(purpose, text))
    }

    /// The text, if this server sealed it for this purpose.
    pub(in crate::web) fn unseal<'t>(&self, purpose: &str, sealed: &'t str) -> Option<&'t str> {
        let (text, mac) = sealed.rsplit_once('~')?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        hmac::verify(&self.seal_key(), &message(purpose, text), &mac).ok().map(|()| text)
    }

    /// What only this server can compute of a text, in base64url.
    pub(in crate::web) fn mac(&self, purpose: &str, text: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.seal_key(), &message(purpose, text)))
    }

    /// The same of a purpose alone, as 32 bytes.
    pub(in crate::web) fn digest(&self, purpose: &str) -> [u8; 32] {
        let mut digest = [0; 32];
        digest.copy_from_slice(hmac::sign(&self.seal_key(), &message(purpose, "id")).as_ref());
        digest
    }

    /// Encrypts bytes with AES-256-GCM under a key of this purpose: a random nonce, and then the ciphertext.
    pub(in crate::web) fn encrypt(&self, purpose: &str, mut bytes: Vec<u8>) -> Result<Vec<u8>, Problem> {
        let nonce = self.cipher(purpose).and_then(|key| key.seal_in_place_append_tag(Aad::empty(), &mut bytes));
        let nonce = nonce.map_err(|error| Problem::internal(&error))?;
        Ok([nonce.as_ref().as_slice(), &bytes].concat())
    }

    /// The bytes, if this server encrypted them for this purpose.
    pub(in crate::web) fn decrypt(&self, purpose: &str, encrypted: &[u8]) -> Option<Vec<u8>> {
        let (nonce, ciphertext) = encrypted.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut bytes = ciphertext.to_vec();
        let length = self.cipher(purpose).ok()?.open_in_place(nonce, Aad::empty(), &mut bytes).ok()?.len();
        bytes.truncate(length);
        Some(bytes)
    }

    fn cipher(&self, purpose: &str) -> Result<RandomizedNonceKey, Unspecified> {
        let key = hmac::sign(&self.seal_key(), &message(purpose, "key"));
        RandomizedNonceKey::new(&AES_256_GCM, key.as_ref())
    }

    /// A separate key, so that other uses of the session key reveal nothing about it.
    fn seal_key(&self) -> hmac::Key {
        let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.key), b"hallpass seals");
        hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref())
    }
}

/// No purpose has a line break in it.
fn message(purpose: &str, text: &str) -> Vec<u8> {
    [purpose.as_bytes(), b"\n", text.as_bytes()].concat()
}
