//! The key ring: every key that a server has.

use aws_lc_rs::rand::SecureRandom;
use chrono::{DateTime, Utc};

use super::bearer::BearerRing;
use super::rotation::{Dated, DatedKeys, Renewal, RsaKey};
use super::{
    Accounts, Algorithm, Jwk, Jwks, KeySet, LabKeys, ProfileKeys, RsaPrivateKey, RsaPublicKey, Secret, Signer,
};

/// How many random bytes encrypt the session cookie.
pub const SESSION_KEY_BYTES: usize = 64;

/// All keys from the `keys` folder and the credentials.
#[derive(Clone)]
pub struct KeyRing {
    /// The demo's secrets for HS256.
    pub(super) demo_secrets: DatedKeys<Secret>,
    /// The demo's pairs for RS256.
    pub(super) demo_pairs: DatedKeys<RsaKey>,
    /// The demo's public keys that only verify: their private halves are gone.
    pub(super) demo_retired: Vec<Dated<RsaPublicKey>>,
    /// What signs and verifies with `demo_secrets`.
    pub(super) hs256: KeySet,
    /// What signs and verifies with `demo_pairs` and `demo_retired`.
    pub(super) rs256: KeySet,
    pub(super) twilio: ProfileKeys,
    pub(super) zoom: ProfileKeys,
    pub(super) bearer: BearerRing,
    pub(super) rest_api: ProfileKeys,
    pub(super) telesign: ProfileKeys,
    pub(super) lab: LabKeys,
    pub(super) telesign_api_key: Secret,
    pub(super) accounts: Accounts,
    /// What encrypts the session cookie.
    pub(super) session_key: [u8; SESSION_KEY_BYTES],
}

impl KeyRing {
    pub const fn hs256(&self) -> &KeySet {
        &self.hs256
    }

    pub const fn rs256(&self) -> &KeySet {
        &self.rs256
    }

    pub const fn twilio(&self) -> &ProfileKeys {
        &self.twilio
    }

    pub const fn zoom(&self) -> &ProfileKeys {
        &self.zoom
    }

    pub const fn bearer(&self) -> &ProfileKeys {
        self.bearer.profile_keys()
    }

    /// The algorithms that there are bearer keys for, that of bearer tokens first.
    pub fn bearer_algorithms(&self) -> impl Iterator<Item = Algorithm> {
        self.bearer.algorithms()
    }

    /// The bearer key under this algorithm. Except for the one that bearer tokens are signed with, only test mode has
    /// it.
    pub fn bearer_signer(&self, algorithm: Algorithm, now: DateTime<Utc>) -> Option<&Signer> {
        self.bearer.signer(algorithm, now)
    }

    pub const fn rest_api(&self) -> &ProfileKeys {
        &self.rest_api
    }

    pub const fn telesign(&self) -> &ProfileKeys {
        &self.telesign
    }

    pub const fn lab(&self) -> &LabKeys {
        &self.lab
    }

    /// The demo's current RS256 public key, which anyone may have.
    pub fn rs256_public(&self, now: DateTime<Utc>) -> Option<&RsaPublicKey> {
        self.demo_pairs.current(now).map(|pair| &pair.key.public)
    }

    /// The password of TeleSign's HTTP Basic: the API key as the account shows it.
    pub const fn telesign_api_key(&self) -> &Secret {
        &self.telesign_api_key
    }

    /// The account names at the tutorials' services.
    pub const fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// The public keys, as `/.well-known/jwks.json` shows them: the demo's that signs, its next and its retired ones,
    /// and those of bearer tokens.
    pub fn published(&self, now: DateTime<Utc>) -> Jwks {
        let retired = self.demo_retired.iter().map(|retired| &retired.key);
        let demo = self.demo_pairs.in_force(now).into_iter().map(|pair| &pair.key.public);
        demo.chain(retired).map(Jwk::from).chain(self.bearer.jwks(now)).collect()
    }

    /// The same ring with new keys.
    pub fn rotated(&self, renewal: Renewal, random: &dyn SecureRandom) -> Option<Self> {
        let demo = if renewal.demo { self.with_new_demo_keys(renewal, random)? } else { self.clone() };
        if renewal.bearer { demo.with_new_bearer_key(renewal) } else { Some(demo) }
    }

    /// A new HS256 secret and a new RS256 pair for the demo.
    fn with_new_demo_keys(&self, renewal: Renewal, random: &dyn SecureRandom) -> Option<Self> {
        let pem = RsaPrivateKey::generate_pem_as_large_as(&self.demo_pairs.newest()?.key.public).ok()?;
        let (private, secret) = (RsaPrivateKey::parse(pem.as_bytes()).ok()?, Secret::generate(random).ok()?);
        let pair = RsaKey { public: private.public().clone(), private: Some(private) };
        let demo_secrets = renewal.after(&self.demo_secrets, secret);
        let demo_pairs = renewal.after(&self.demo_pairs, pair);
        let demo_retired = if renewal.withdraws() { Vec::new() } else { self.demo_retired.clone() };
        let (hs256, rs256) = (KeySet::of_secrets(&demo_secrets), KeySet::of_rsa(&demo_pairs, &demo_retired));
        Some(Self { demo_secrets, demo_pairs, demo_retired, hs256, rs256, ..self.clone() })
    }

    fn with_new_bearer_key(&self, renewal: Renewal) -> Option<Self> {
        Some(Self { bearer: self.bearer.rotated(renewal)?, ..self.clone() })
    }

    /// The same ring with the pairs of `before` that could not be saved in the folder.
    pub(super) fn with_unsaved_keys_of(self, before: &Self) -> Self {
        Self { bearer: self.bearer.with_unsaved_of(&before.bearer), ..self }
    }

    /// The key that encrypts the session cookie.
    pub const fn session_key(&self) -> &[u8; SESSION_KEY_BYTES] {
        &self.session_key
    }
}

pub(super) fn generated_pair() -> Option<RsaPrivateKey> {
    let pem = RsaPrivateKey::generate_pem(2048)?.ok()?;
    RsaPrivateKey::parse(pem.as_bytes()).ok()
}
