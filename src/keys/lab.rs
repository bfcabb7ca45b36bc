//! The lab's own keys, which sign its forgeries, so that no tutorial's key ever signs a forgery.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::key_set::Signers;
use super::{Algorithm, KeyKind, ProfileKeys, RsaPrivateKey, RsaPublicKey, Secret, Signer, Verifier};

/// A secret and an RSA pair that sign also what a right issuer never would, and the keys of single visitors.
#[derive(Clone, Debug)]
pub struct LabKeys {
    secret: Secret,
    rsa: RsaPrivateKey,
    hs256: ProfileKeys,
    rs256: ProfileKeys,
}

impl LabKeys {
    pub(super) fn new(secret: Secret, rsa: RsaPrivateKey, secret_source: &str, rsa_source: &str) -> Self {
        let hs256 = ProfileKeys::of_secret(&secret, secret_source);
        let rs256 = ProfileKeys::of_rsa(&rsa, rsa_source);
        Self { secret, rsa, hs256, rs256 }
    }

    pub const fn hs256(&self) -> &ProfileKeys {
        &self.hs256
    }

    pub const fn rs256(&self) -> &ProfileKeys {
        &self.rs256
    }

    /// The public half of the pair.
    pub const fn public(&self) -> &RsaPublicKey {
        self.rsa.public()
    }

    /// The right key under any algorithm, also one that no verifier here expects.
    pub fn signer(&self, algorithm: Algorithm) -> Signer {
        let Signer { material, kid, .. } = match algorithm.key_kind() {
            KeyKind::Secret => self.hs256.signer(),
            // Of the other kinds the lab has no key, so what this gives signs nothing under their algorithms.
            KeyKind::Rsa | KeyKind::Ec(_) | KeyKind::Ed25519 => self.rs256.signer(),
        };
        Signer::new(material.clone(), algorithm, kid.clone())
    }

    /// One visitor's own HS256 keys, whose `kid`s are `lab-` and their number: the last number signs, and every one
    /// given verifies. They follow from the lab's secret (as in RFC 5869), so nothing is kept of them.
    pub fn of_visitor(&self, visitor: &str, numbers: impl DoubleEndedIterator<Item = u32>) -> Option<ProfileKeys> {
        let mut newest_first = numbers.rev().map(|number| (format!("lab-{number}"), self.derived(visitor, number)));
        let (kid, secret) = newest_first.next()?;
        let verifier = |(kid, secret): &(String, Secret)| Verifier {
            kid: Some(kid.clone()),
            ..Verifier::with_secret(secret, Algorithm::Hs256, kid)
        };
        let signer = Signer::with_secret(&secret, Algorithm::Hs256, Some(kid.clone()));
        let verifiers = std::iter::once((kid, secret)).chain(newest_first).map(|it| verifier(&it)).collect();
        Some(ProfileKeys { signers: Signers::one(signer), verifiers })
    }

    fn derived(&self, visitor: &str, number: u32) -> Secret {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.secret.as_bytes());
        let tag = hmac::sign(&key, format!("visitor {visitor} key {number}").as_bytes());
        Secret::of_text(URL_SAFE_NO_PAD.encode(tag))
    }
}
