//! The keys of bearer tokens: the one that signs them, and in test mode one for each algorithm of key pairs.

use chrono::{DateTime, Utc};

use super::rotation::{Dated, DatedKeys, IN_MEMORY, Renewal};
use super::{Algorithm, Jwk, PrivateKey, ProfileKeys, PublicKey, Signer, Start};

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

/// A pair, with the name of its file for messages.
#[derive(Clone, Debug)]
pub(super) struct BearerPair {
    pub private: PrivateKey,
    pub source: String,
}

/// A pair under one algorithm.
#[derive(Clone, Debug)]
struct Published {
    signer: Signer,
    public: PublicKey,
    kid: String,
}

/// The pairs in use.
#[derive(Clone, Debug)]
pub(super) struct BearerRing {
    wanted: BearerKeys,
    /// The pairs that sign bearer tokens, each in its time.
    pairs: DatedKeys<PrivateKey>,
    /// Pairs of other kinds, with which tests sign.
    others: Vec<BearerPair>,
    /// What signs and verifies bearer tokens.
    own: ProfileKeys,
    /// The first pair and the others under every other algorithm.
    further: Vec<Published>,
}

impl BearerRing {
    /// `own` has the kind of key that the algorithm needs; `others` are pairs of other kinds.
    pub fn new(wanted: BearerKeys, own: BearerPair, others: Vec<BearerPair>) -> Option<Self> {
        let first = Dated::new(Start::ALWAYS, own.private, own.source);
        Self::of_pairs(wanted, DatedKeys::new(vec![first]), others)
    }

    /// `None` if there is no pair.
    fn of_pairs(wanted: BearerKeys, pairs: DatedKeys<PrivateKey>, others: Vec<BearerPair>) -> Option<Self> {
        let own = ProfileKeys::of_pairs(&pairs, wanted.algorithm)?;
        let first = pairs.iter().last().map(|pair| &pair.key).into_iter();
        let each = first.chain(others.iter().map(|pair| &pair.private)).filter(|_| wanted.one_of_each);
        let further = each.flat_map(|pair| under_each(pair, wanted.algorithm)).collect();
        Some(Self { wanted, pairs, others, own, further })
    }

    /// The same pairs and a new one that signs bearer tokens, or only new pairs.
    pub fn rotated(&self, renewal: Renewal) -> Option<Self> {
        let new = PrivateKey::generate(self.wanted.algorithm.key_kind())?;
        let others = if renewal.withdraws() { self.new_others()? } else { self.others.clone() };
        Self::of_pairs(self.wanted, renewal.after(&self.pairs, new), others)
    }

    fn new_others(&self) -> Option<Vec<BearerPair>> {
        let new = |old: &BearerPair| {
            let private = PrivateKey::generate(old.private.kind())?;
            Some(BearerPair { private, source: IN_MEMORY.to_owned() })
        };
        self.others.iter().map(new).collect()
    }

    pub const fn own(&self) -> &ProfileKeys {
        &self.own
    }

    /// The algorithm of bearer tokens, then the others.
    pub fn algorithms(&self) -> impl Iterator<Item = Algorithm> {
        std::iter::once(self.wanted.algorithm).chain(self.further.iter().map(|key| key.signer.algorithm()))
    }

    /// The key that signs under this algorithm at `now`.
    pub fn signer(&self, algorithm: Algorithm, now: DateTime<Utc>) -> Option<&Signer> {
        let own = self.own.signer_at(now);
        if own.algorithm() == algorithm {
            return Some(own);
        }
        self.further.iter().map(|key| &key.signer).find(|signer| signer.algorithm() == algorithm)
    }

    /// The public keys, as the key set shows them at `now`.
    pub fn jwks(&self, now: DateTime<Utc>) -> impl Iterator<Item = Jwk> {
        let own = self.pairs.in_force(now).into_iter().map(|pair| pair.key.public());
        let own = own.map(|public| Jwk::new(&public, self.wanted.algorithm, public.thumbprint()));
        own.chain(self.further.iter().map(|key| Jwk::new(&key.public, key.signer.algorithm(), key.kid.clone())))
    }
}

/// The pair under every algorithm of its kind but that of bearer tokens. A key is published for one algorithm alone
/// (RFC 8725 §3.1), so each has a `kid` of its own.
fn under_each(pair: &PrivateKey, own: Algorithm) -> impl Iterator<Item = Published> {
    let public = pair.public();
    let fitting = Algorithm::OF_PAIRS.into_iter().filter(move |it| *it != own);
    fitting.filter(|it| it.key_kind() == pair.kind()).map(move |algorithm| {
        let kid = format!("{}.{algorithm}", public.thumbprint());
        let signer = Signer::with_pair(pair, algorithm, Some(kid.clone()));
        Published { signer, public: public.clone(), kid }
    })
}
