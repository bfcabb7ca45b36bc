//! Keys in parsed form, ready for signing and verifying. They are parsed once, when they are loaded.
//!
//! `jsonwebtoken`'s own provider parses an RSA key again for every signature, which takes longer than signing. These
//! types implement the library's traits [`JwtSigner`] and [`JwtVerifier`] for parsed keys, with the same cryptography.

use std::sync::Arc;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ParsedPublicKey, RsaEncoding, RsaKeyPair, RsaPublicKeyComponents};
use jsonwebtoken::crypto::{JwtSigner, JwtVerifier};
use jsonwebtoken::signature::{self, Signer, Verifier};

use super::algorithm::Scheme;
use super::{Algorithm, RsaPublicKey, Secret};

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

/// An RSA pair under one of its algorithms.
pub(super) struct Pair {
    algorithm: Algorithm,
    encoding: &'static dyn RsaEncoding,
    key: Arc<RsaKeyPair>,
}

impl Pair {
    /// `None` for an algorithm that needs another kind of key.
    pub fn new(pair: Arc<RsaKeyPair>, algorithm: Algorithm) -> Option<Self> {
        let Scheme::Rsa { signing, .. } = algorithm.scheme() else { return None };
        Some(Self { algorithm, encoding: signing, key: pair })
    }
}

impl Signer<Vec<u8>> for Pair {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        let mut signature = vec![0; self.key.public_modulus_len()];
        let signed = self.key.sign(self.encoding, &SystemRandom::new(), message, &mut signature);
        signed.map(|()| signature).map_err(signature::Error::from_source)
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
    pub fn new(public: &RsaPublicKey, algorithm: Algorithm) -> Option<Self> {
        let key = RsaPublicKeyComponents { n: public.modulus(), e: public.exponent() };
        let key = key.to_parsed_public_key(algorithm.rsa_verification()?).ok()?;
        Some(Self { algorithm, key })
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
