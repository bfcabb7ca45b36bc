//! The keys of one kind of token: which one signs at a moment, and all that verify.

use chrono::{DateTime, Utc};

use super::rotation::{Dated, DatedKeys, PairKey, RsaKey};
use super::{Algorithm, PublicKey, RsaPrivateKey, RsaPublicKey, Secret, Signer, Start, Verifier};

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
        let sign = |private: &RsaPrivateKey| {
            Signer::with_rsa(private, Algorithm::Rs256, Some(private.public().thumbprint().to_owned()))
        };
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

/// Keys that sign one after the other.
#[derive(Clone, Debug)]
pub(super) struct Signers {
    pub first: Signer,
    /// Those after it, the newest first.
    later: Vec<(Start, Signer)>,
}

impl Signers {
    pub const fn one(signer: Signer) -> Self {
        Self { first: signer, later: Vec::new() }
    }

    /// Pairs under one algorithm; `None` if none has its private half.
    pub fn of_pairs(
        pairs: &DatedKeys<PairKey>,
        algorithm: Algorithm,
        kid: impl Fn(&PublicKey) -> String,
    ) -> Option<Self> {
        let signer = |pair: &Dated<PairKey>| {
            let private = pair.key.private.as_ref()?;
            Some((pair.start, Signer::with_pair(private, algorithm, Some(kid(&pair.key.public)))))
        };
        let mut later: Vec<_> = pairs.iter().filter_map(signer).collect();
        let (_, first) = later.pop()?;
        Some(Self { first, later })
    }

    pub fn at(&self, now: DateTime<Utc>) -> &Signer {
        self.later.iter().find(|(start, _)| start.has_come(now)).map_or(&self.first, |(_, signer)| signer)
    }
}

/// The keys of a profile that can always sign.
#[derive(Clone, Debug)]
pub struct ProfileKeys {
    pub(super) signers: Signers,
    pub(super) verifiers: Vec<Verifier>,
}

impl ProfileKeys {
    pub(super) fn of_secret(secret: &Secret, source: &str) -> Self {
        Self {
            signers: Signers::one(Signer::with_secret(secret, Algorithm::Hs256, None)),
            verifiers: vec![Verifier::with_secret(secret, Algorithm::Hs256, source)],
        }
    }

    pub(super) fn of_rsa(private: &RsaPrivateKey, source: &str) -> Self {
        Self {
            signers: Signers::one(Signer::with_rsa(
                private,
                Algorithm::Rs256,
                Some(private.public().thumbprint().to_owned()),
            )),
            verifiers: vec![Verifier::with_rsa(private.public(), Algorithm::Rs256, source)],
        }
    }

    /// Pairs that follow one another; `None` if none of them can sign.
    pub(super) fn of_pairs(pairs: &DatedKeys<PairKey>, algorithm: Algorithm) -> Option<Self> {
        let verifier = |pair: &Dated<PairKey>| Verifier {
            start: pair.start,
            end: pair.end,
            ..Verifier::with_public(&pair.key.public, algorithm, &pair.source)
        };
        Some(Self {
            signers: Signers::of_pairs(pairs, algorithm, PublicKey::thumbprint)?,
            verifiers: pairs.iter().map(verifier).collect(),
        })
    }

    /// The oldest key that signs; of profiles whose keys are not rotated, the only one.
    pub const fn signer(&self) -> &Signer {
        &self.signers.first
    }

    /// The key that signs at `now`.
    pub fn signer_at(&self, now: DateTime<Utc>) -> &Signer {
        self.signers.at(now)
    }

    pub fn verifiers(&self) -> &[Verifier] {
        &self.verifiers
    }
}
