//! A key that signs.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use thiserror::Error;

use super::ready::{Mac, Pair, ReadySigner};
use super::{Algorithm, PrivateKey, RsaPrivateKey, Secret};

/// A key that signs, bound to its algorithm.
#[derive(Clone)]
pub struct Signer {
    pub(super) algorithm: Algorithm,
    pub(super) kid: Option<String>,
    pub(super) material: SigningMaterial,
    /// `None` when the algorithm is for another kind of key.
    pub(super) ready: Option<ReadySigner>,
}

/// What a signer's key is made of.
#[derive(Clone)]
pub(super) enum SigningMaterial {
    Secret(Secret),
    Pair(PrivateKey),
}

/// The key does not fit its algorithm, or the cryptographic library failed.
#[derive(Debug, Error)]
#[error("cannot sign with {algorithm}")]
pub struct SigningError {
    algorithm: Algorithm,
    source: jsonwebtoken::signature::Error,
}

impl Signer {
    pub(super) fn with_secret(secret: &Secret, algorithm: Algorithm, kid: Option<String>) -> Self {
        Self::new(SigningMaterial::Secret(secret.clone()), algorithm, kid)
    }

    pub(super) fn with_pair(private: &PrivateKey, algorithm: Algorithm, kid: Option<String>) -> Self {
        Self::new(SigningMaterial::Pair(private.clone()), algorithm, kid)
    }

    pub(super) fn with_rsa(private: &RsaPrivateKey, algorithm: Algorithm, kid: Option<String>) -> Self {
        Self::with_pair(&PrivateKey::Rsa(private.clone()), algorithm, kid)
    }

    pub(super) fn new(material: SigningMaterial, algorithm: Algorithm, kid: Option<String>) -> Self {
        let ready = material.ready(algorithm);
        Self { algorithm, kid, material, ready }
    }

    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// How many bytes the secret has and needs, if these are fewer than the hash has (RFC 7518 §3.2).
    pub fn weak_secret(&self) -> Option<(usize, usize)> {
        let SigningMaterial::Secret(secret) = &self.material else { return None };
        let (bytes, least) = (secret.as_bytes().len(), self.algorithm.signature_bytes(0));
        (bytes < least).then_some((bytes, least))
    }

    /// A new key of the kind that this algorithm needs, which nobody else has. `None` for a secret.
    pub fn of_new_pair(algorithm: Algorithm) -> Option<Self> {
        Some(Self::with_pair(&PrivateKey::generate(algorithm.key_kind())?, algorithm, None))
    }

    /// The same key with another algorithm for its kind of key, which no verifier here accepts from it.
    pub fn under(&self, algorithm: Algorithm) -> Option<Self> {
        let fits = algorithm.key_kind() == self.algorithm.key_kind();
        fits.then(|| Self::new(self.material.clone(), algorithm, self.kid.clone()))
    }

    /// HS256 with the text of this key's public half as the secret: what an attacker signs with where a verifier
    /// believes the `alg` of a token (RFC 8725 §2.1). The text is that of the file `.pub`. `None` for a secret.
    pub fn with_public_key_as_secret(&self) -> Option<Self> {
        let SigningMaterial::Pair(pair) = &self.material else { return None };
        let secret = Secret::of_text(pair.public().to_pem()?);
        Some(Self::with_secret(&secret, Algorithm::Hs256, self.kid.clone()))
    }

    /// The base64url text of the signature over `message` (RFC 7515 §5.1).
    pub fn sign(&self, message: &[u8]) -> Result<String, SigningError> {
        let ready = self.ready.as_ref().ok_or_else(jsonwebtoken::signature::Error::new);
        let signature = ready.and_then(|key| key.try_sign(message));
        let signature = signature.map_err(|source| SigningError { algorithm: self.algorithm, source })?;
        Ok(URL_SAFE_NO_PAD.encode(signature))
    }
}

impl SigningMaterial {
    fn ready(&self, algorithm: Algorithm) -> Option<ReadySigner> {
        Some(match self {
            Self::Secret(secret) => Arc::new(Mac::new(secret, algorithm)?),
            Self::Pair(pair) => Arc::new(Pair::new(pair, algorithm)?),
        })
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({}, {:?}, …)", self.algorithm, self.kid)
    }
}
