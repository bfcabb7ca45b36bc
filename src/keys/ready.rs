//! Keys in parsed form, ready for signing and verifying. They are parsed once, when they are loaded.
//!
//! `jsonwebtoken`'s own provider parses an RSA key again for every signature, which takes longer than signing. These
//! types implement the library's traits [`JwtSigner`] and [`JwtVerifier`] for parsed keys, with the same cryptography.

use std::sync::Arc;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{EcdsaKeyPair, Ed25519KeyPair, ParsedPublicKey, RsaEncoding, RsaKeyPair};
use jsonwebtoken::crypto::{JwtSigner, JwtVerifier};
use jsonwebtoken::signature::{self, Signer, Verifier};

use super::algorithm::Scheme;
use super::{Algorithm, PrivateKey, PublicKey, Secret};

/// A signing key that any thread can use.
pub(super) type ReadySigner = Arc<dyn JwtSigner + Send + Sync>;

/// A verifying key that any thread can use.
pub(super) type ReadyVerifier = Arc<dyn JwtVerifier + Send + Sync>;

/// An HMAC key with its padded blocks hashed already (RFC 2104 §4). It signs and verifies.
pub(super) struct Mac {
    algorithm: Algorithm,
    key: hmac::Key,
}

impl Mac {
    /// `None` for an algorithm that needs another kind of key.
    pub fn new(secret: &Secret, algorithm: Algorithm) -> Option<Self> {
        Some(Self { algorithm, key: hmac::Key::new(algorithm.hmac()?, secret.as_bytes()) })
    }
}

impl Signer<Vec<u8>> for Mac {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        Ok(hmac::sign(&self.key, message).as_ref().to_vec())
    }
}

impl Verifier<Vec<u8>> for Mac {
    /// Compares in constant time.
    fn verify(&self, message: &[u8], tag: &Vec<u8>) -> Result<(), signature::Error> {
        hmac::verify(&self.key, message, tag).map_err(signature::Error::from_source)
    }
}

impl JwtSigner for Mac {
    fn algorithm(&self) -> jsonwebtoken::Algorithm {
        self.algorithm.in_jsonwebtoken()
    }
}

impl JwtVerifier for Mac {
    fn algorithm(&self) -> jsonwebtoken::Algorithm {
        self.algorithm.in_jsonwebtoken()
    }
}

/// A key pair under one of its algorithms.
pub(super) struct Pair {
    algorithm: Algorithm,
    key: PairKey,
}

enum PairKey {
    Rsa { encoding: &'static dyn RsaEncoding, pair: Arc<RsaKeyPair> },
    Ec(Arc<EcdsaKeyPair>),
    Ed25519(Arc<Ed25519KeyPair>),
}

impl Pair {
    /// `None` for an algorithm that needs another kind of key.
    pub fn new(private: &PrivateKey, algorithm: Algorithm) -> Option<Self> {
        let key = match (private, algorithm.scheme()) {
            _ if private.kind() != algorithm.key_kind() => return None,
            (PrivateKey::Rsa(key), Scheme::Rsa { signing, .. }) => PairKey::Rsa { encoding: signing, pair: key.pair() },
            (PrivateKey::Ec(key), Scheme::Ecdsa(_)) => PairKey::Ec(key.pair()),
            (PrivateKey::Ed25519(key), Scheme::EdDsa) => PairKey::Ed25519(key.pair()),
            _ => return None,
        };
        Some(Self { algorithm, key })
    }
}

impl Signer<Vec<u8>> for Pair {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        let signed = match &self.key {
            PairKey::Rsa { encoding, pair } => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &SystemRandom::new(), message, &mut signature).map(|()| signature)
            }
            PairKey::Ec(pair) => pair.sign(&SystemRandom::new(), message).map(|it| it.as_ref().to_vec()),
            PairKey::Ed25519(pair) => pair.try_sign(message).map(|it| it.as_ref().to_vec()),
        };
        signed.map_err(signature::Error::from_source)
    }
}

impl JwtSigner for Pair {
    fn algorithm(&self) -> jsonwebtoken::Algorithm {
        self.algorithm.in_jsonwebtoken()
    }
}

/// The public half of a pair under one of its algorithms.
pub(super) struct Public {
    algorithm: Algorithm,
    key: ParsedPublicKey,
}

impl Public {
    /// `None` for an algorithm that needs another kind of key, or for a key that the library refuses.
    pub fn new(public: &PublicKey, algorithm: Algorithm) -> Option<Self> {
        Some(Self { algorithm, key: public.parsed(algorithm)? })
    }
}

impl Verifier<Vec<u8>> for Public {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        self.key.verify_sig(message, signature).map_err(signature::Error::from_source)
    }
}

impl JwtVerifier for Public {
    fn algorithm(&self) -> jsonwebtoken::Algorithm {
        self.algorithm.in_jsonwebtoken()
    }
}
