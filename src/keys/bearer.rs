//! The keys of bearer tokens: the one that signs them, and in test mode one for each algorithm of key pairs.

use chrono::{DateTime, Utc};

use super::key_set::Signers;
use super::rotation::{Dated, DatedKeys, IN_MEMORY, PairKey, Renewal};
use super::{Algorithm, Jwk, KeyKind, PrivateKey, ProfileKeys, PublicKey, Signer, Start};

/// Which keys bearer tokens need.
#[derive(Clone, Copy, Debug)]
pub struct BearerKeys {
    /// What the tokens are signed with.
    pub algorithm: Algorithm,
    /// Whether there is a key for each other algorithm too, with which tests sign.
    pub one_of_each: bool,
}

impl Default for BearerKeys {
    fn default() -> Self {
        Self { algorithm: Algorithm::Rs256, one_of_each: false }
    }
}

impl BearerKeys {
    /// The algorithms of a kind of key under which tests sign, beside that of bearer tokens.
    fn further(self, kind: KeyKind) -> impl Iterator<Item = Algorithm> {
        let fitting = Algorithm::OF_PAIRS.into_iter().filter(move |it| it.key_kind() == kind);
        fitting.filter(move |it| self.one_of_each && *it != self.algorithm)
    }
}

/// The pairs of bearer tokens, and what signs and verifies with them.
#[derive(Clone, Debug)]
pub(super) struct BearerRing {
    wanted: BearerKeys,
    /// The pairs that sign bearer tokens, each in its time, then those of each other kind, with which tests sign.
    kinds: Vec<DatedKeys<PairKey>>,
    /// What signs and verifies bearer tokens.
    own: ProfileKeys,
    /// All pairs under every other algorithm of their kinds.
    further: Vec<Signers>,
}

impl BearerRing {
    /// The first of `kinds` has pairs of the kind that the algorithm needs; each other one has pairs of another kind.
    /// `None` if there are no such pairs, or none that can sign.
    pub fn new(wanted: BearerKeys, kinds: Vec<DatedKeys<PairKey>>) -> Option<Self> {
        let own = ProfileKeys::of_pairs(kinds.first()?, wanted.algorithm)?;
        let under = |pairs: &DatedKeys<PairKey>| -> Vec<Option<Signers>> {
            let signers = |algorithm| Signers::of_pairs(pairs, algorithm, |public| further_kid(public, algorithm));
            kind(pairs).into_iter().flat_map(|kind| wanted.further(kind)).map(signers).collect()
        };
        let further = kinds.iter().flat_map(under).collect::<Option<_>>()?;
        Some(Self { wanted, kinds, own, further })
    }

    /// The same pairs and a new one of each kind, or only new pairs.
    pub fn rotated(&self, renewal: Renewal) -> Option<Self> {
        let next = |pairs: &DatedKeys<PairKey>| PrivateKey::generate_like(&pairs.newest()?.key.public);
        let rotate = |pairs: &DatedKeys<PairKey>| Some(renewal.after(pairs, next(pairs)?.into()));
        Self::new(self.wanted, self.kinds.iter().map(rotate).collect::<Option<_>>()?)
    }

    /// For a folder that was read again: keeps the pairs of `before` for each kind that has no file, because the new
    /// ones are random.
    pub fn with_unsaved_of(self, before: &Self) -> Self {
        let kept = |pairs: &DatedKeys<PairKey>| {
            let same = before.kinds.iter().find(|before| kind(before) == kind(pairs) && is_unsaved(before));
            same.filter(|_| is_unsaved(pairs)).unwrap_or(pairs).clone()
        };
        Self::new(self.wanted, self.kinds.iter().map(kept).collect()).unwrap_or(self)
    }

    /// What signs and verifies bearer tokens.
    pub const fn profile_keys(&self) -> &ProfileKeys {
        &self.own
    }

    /// The algorithm of bearer tokens, then the others.
    pub fn algorithms(&self) -> impl Iterator<Item = Algorithm> {
        std::iter::once(self.wanted.algorithm).chain(self.further.iter().map(|signers| signers.first.algorithm()))
    }

    /// The key that signs under this algorithm at `now`.
    pub fn signer(&self, algorithm: Algorithm, now: DateTime<Utc>) -> Option<&Signer> {
        if self.wanted.algorithm == algorithm {
            return Some(self.own.signer_at(now));
        }
        self.further.iter().find(|signers| signers.first.algorithm() == algorithm).map(|signers| signers.at(now))
    }

    /// The public keys, as the key set shows them at `now`.
    pub fn jwks(&self, now: DateTime<Utc>) -> impl Iterator<Item = Jwk> {
        let own = self.kinds.iter().take(1).flat_map(move |pairs| pairs.in_force(now));
        let own = own.map(|pair| Jwk::new(&pair.key.public, self.wanted.algorithm, pair.key.public.thumbprint()));
        own.chain(self.kinds.iter().flat_map(move |pairs| self.further_jwks(pairs, now)))
    }

    fn further_jwks(&self, pairs: &DatedKeys<PairKey>, now: DateTime<Utc>) -> Vec<Jwk> {
        let published = |algorithm| {
            let jwk = move |public: &PublicKey| Jwk::new(public, algorithm, further_kid(public, algorithm));
            pairs.in_force(now).into_iter().map(move |pair| jwk(&pair.key.public))
        };
        kind(pairs).into_iter().flat_map(|kind| self.wanted.further(kind)).flat_map(published).collect()
    }
}

/// A new pair of the kind that this algorithm needs, which is in no file.
pub(super) fn in_memory(algorithm: Algorithm) -> Option<DatedKeys<PairKey>> {
    let private = PrivateKey::generate(algorithm.key_kind())?;
    Some(DatedKeys::new(vec![Dated::new(Start::ALWAYS, private.into(), IN_MEMORY.to_owned())]))
}

fn is_unsaved(pairs: &DatedKeys<PairKey>) -> bool {
    pairs.iter().all(|pair| pair.source == IN_MEMORY)
}

/// The kind of all of these pairs.
fn kind(pairs: &DatedKeys<PairKey>) -> Option<KeyKind> {
    pairs.newest().map(|pair| pair.key.public.kind())
}

/// The `kid` under an algorithm that is not that of bearer tokens. A key is published for one algorithm alone (RFC
/// 8725 §3.1), so each has a `kid` of its own.
fn further_kid(public: &PublicKey, algorithm: Algorithm) -> String {
    format!("{}.{algorithm}", public.thumbprint())
}
