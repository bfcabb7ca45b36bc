//! The keys of one kind of token: which one signs at a moment, and all that verify.

use chrono::{DateTime, Utc};

use super::rotation::{Dated, DatedKeys, RsaKey};
use super::{Algorithm, PrivateKey, RsaPrivateKey, RsaPublicKey, Secret, Signer, Start, Verifier};

/// The keys of one algorithm: those that sign, each in its time, and all that verify.
#[derive(Clone, Debug, Default)]
pub struct KeySet {
    /// The newest first; `None` where there is only a public half.
    signers: Vec<(Start, Option<Signer>)>,
    verifiers: Vec<Verifier>,
}

impl KeySet {
    pub(super) fn of_secrets(secrets: &DatedKeys<Secret>) -> Self {
        let signer = |it: &Dated<Secret>| (it.start, Some(Signer::with_secret(&it.key, Algorithm::Hs256, None)));
        let verifier = |it: &Dated<Secret>| Verifier {
            start: it.start,
            end: it.end,
            ..Verifier::with_secret(&it.key, Algorithm::Hs256, &it.source)
        };
        Self { signers: secrets.iter().map(signer).collect(), verifiers: secrets.iter().map(verifier).collect() }
    }

    /// The pairs that follow one another, and public keys that were retired for good.
    pub(super) fn of_rsa(pairs: &DatedKeys<RsaKey>, retired: &[Dated<RsaPublicKey>]) -> Self {
        let sign =
            |private: &RsaPrivateKey| Signer::with_rsa(private, Algorithm::Rs256, Some(private.public().thumbprint()));
        let verifier = |start, end, public: &RsaPublicKey, source: &str| Verifier {
            start,
            end,
            ..Verifier::with_rsa(public, Algorithm::Rs256, source)
        };
        let of_pairs = pairs.iter().map(|it| verifier(it.start, it.end, &it.key.public, &it.source));
        let of_retired = retired.iter().map(|it| verifier(it.start, it.end, &it.key, &it.source));
        Self {
            signers: pairs.iter().map(|it| (it.start, it.key.private.as_ref().map(sign))).collect(),
            verifiers: of_pairs.chain(of_retired).collect(),
        }
    }

    /// The key that signs at `now`: of those that have begun, the one that began last.
    pub fn signer(&self, now: DateTime<Utc>) -> Option<&Signer> {
        self.signers.iter().find(|(start, _)| start.has_come(now)).and_then(|(_, signer)| signer.as_ref())
    }

    /// Every key that verifies, each in its time.
    pub fn verifiers(&self) -> &[Verifier] {
        &self.verifiers
    }
}

/// The keys of a profile that can always sign.
#[derive(Clone, Debug)]
pub struct ProfileKeys {
    pub(super) signer: Signer,
    /// Those that sign after it, the newest first.
    pub(super) later: Vec<(Start, Signer)>,
    pub(super) verifiers: Vec<Verifier>,
}

impl ProfileKeys {
    pub(super) fn of_secret(secret: &Secret, source: &str) -> Self {
        Self {
            signer: Signer::with_secret(secret, Algorithm::Hs256, None),
            later: Vec::new(),
            verifiers: vec![Verifier::with_secret(secret, Algorithm::Hs256, source)],
        }
    }

    pub(super) fn of_rsa(private: &RsaPrivateKey, source: &str) -> Self {
        Self {
            signer: Signer::with_rsa(private, Algorithm::Rs256, Some(private.public().thumbprint())),
            later: Vec::new(),
            verifiers: vec![Verifier::with_rsa(private.public(), Algorithm::Rs256, source)],
        }
    }

    /// Pairs that follow one another; `None` if there is none.
    pub(super) fn of_pairs(pairs: &DatedKeys<PrivateKey>, algorithm: Algorithm) -> Option<Self> {
        let signer = |pair: &PrivateKey| Signer::with_pair(pair, algorithm, Some(pair.public().thumbprint()));
        let mut signers: Vec<(Start, Signer)> = pairs.iter().map(|pair| (pair.start, signer(&pair.key))).collect();
        let (_, signer) = signers.pop()?;
        let verifier = |pair: &Dated<PrivateKey>| Verifier {
            start: pair.start,
            end: pair.end,
            ..Verifier::with_public(&pair.key.public(), algorithm, &pair.source)
        };
        Some(Self { signer, later: signers, verifiers: pairs.iter().map(verifier).collect() })
    }

    /// The key that signs first.
    pub const fn signer(&self) -> &Signer {
        &self.signer
    }

    /// The key that signs at `now`.
    pub fn signer_at(&self, now: DateTime<Utc>) -> &Signer {
        self.later.iter().find(|(start, _)| start.has_come(now)).map_or(&self.signer, |(_, signer)| signer)
    }

    pub fn verifiers(&self) -> &[Verifier] {
        &self.verifiers
    }
}
