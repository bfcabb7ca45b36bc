//! A key that verifies.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};

use super::algorithm::base64url_chars;
use super::ready::{Mac, Public, ReadyVerifier};
use super::{Algorithm, PublicKey, RsaPublicKey, Secret, Start};

/// A key that verifies, bound to its algorithm, with the time until which its signatures are accepted.
#[derive(Clone)]
pub struct Verifier {
    pub(super) algorithm: Algorithm,
    pub(super) kid: Option<String>,
    /// `None` when the algorithm is for another kind of key: nothing verifies then.
    pub(super) ready: Option<ReadyVerifier>,
    pub(super) signature_bytes: usize,
    pub(super) source: Arc<str>,
    pub(super) start: Start,
    pub(super) end: Option<DateTime<Utc>>,
}

impl Verifier {
    pub(super) fn with_secret(secret: &Secret, algorithm: Algorithm, source: &str) -> Self {
        let ready = Mac::new(secret, algorithm).map(|key| Arc::new(key) as ReadyVerifier);
        Self {
            algorithm,
            kid: None,
            ready,
            signature_bytes: algorithm.signature_bytes(secret.as_bytes().len()),
            source: source.into(),
            start: Start::ALWAYS,
            end: None,
        }
    }

    pub(super) fn with_rsa(public: &RsaPublicKey, algorithm: Algorithm, source: &str) -> Self {
        Self::with_public(&PublicKey::Rsa(public.clone()), algorithm, source)
    }

    pub(super) fn with_public(public: &PublicKey, algorithm: Algorithm, source: &str) -> Self {
        let ready = Public::new(public, algorithm).map(|key| Arc::new(key) as ReadyVerifier);
        Self {
            algorithm,
            kid: Some(public.thumbprint()),
            ready,
            signature_bytes: algorithm.signature_bytes(public.length()),
            source: source.into(),
            start: Start::ALWAYS,
            end: None,
        }
    }

    /// Whether the key signs only later. It is already published, and verifies tokens from servers whose clock is
    /// ahead.
    pub fn is_next(&self, now: DateTime<Utc>) -> bool {
        !self.start.has_come(now)
    }

    /// Whether every token that it signed has expired.
    pub fn is_over(&self, now: DateTime<Utc>) -> bool {
        self.end.is_some_and(|end| end <= now)
    }

    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The name of the key's file, for messages.
    pub const fn source(&self) -> &Arc<str> {
        &self.source
    }

    /// The length of this key's signatures in base64url characters.
    pub const fn signature_chars(&self) -> usize {
        base64url_chars(self.signature_bytes)
    }

    /// Whether `signature`, in base64url, was made over `message` with this key. A MAC is compared in constant time.
    pub fn verifies(&self, message: &[u8], signature: &str) -> bool {
        let decoded = URL_SAFE_NO_PAD.decode(signature);
        let judged = self.ready.as_ref().zip(decoded.ok()).map(|(key, signature)| key.verify(message, &signature));
        judged.is_some_and(|verified| verified.is_ok())
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verifier({}, {})", self.algorithm, self.source)
    }
}
