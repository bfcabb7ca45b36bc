//! All key material: what is read, what it may be used for, and who may see it.
//!
//! A key is bound to one algorithm (RFC 8725 §3.1), private and public keys are different types, and nothing prints a
//! secret. The [`KeyRing`] holds all keys of the `keys` folder.

mod algorithm;
mod bearer;
mod credentials;
mod current;
mod der;
mod ec;
mod ed25519;
mod encoding;
mod env_file;
mod factor;
mod fault;
mod files;
mod folder;
mod foreign;
mod given;
mod jwks;
mod lab;
mod memory;
mod pair;
mod permissions;
mod private_jwk;
mod ready;
mod recognise;
mod rotation;
mod rsa;
mod secret;
mod source;
mod ssh;
mod text_encoding;

pub use algorithm::{Algorithm, KeyKind, UnknownAlgorithm, key_pair_for, shortest_signature_chars};
pub use bearer::BearerKeys;
pub use credentials::{Accounts, BadCredential, CREDENTIAL_NAMES, GivenCredentials};
pub use current::CurrentKeys;
pub use ec::{Curve, EcPrivateKey, EcPublicKey};
pub use ed25519::{Ed25519PrivateKey, Ed25519PublicKey};
pub use env_file::{BadEnvFile, Entry, LineFault, parse as parse_env_file};
pub use fault::{KeyFault, KeyLocation};
pub use folder::{
    KeyError, Rotation, SESSION_KEY_BYTES, Warning, generate_file, generate_hs256, generate_rs256, rotate,
};
pub use given::{GivenKey, GivenVerifier};
pub use jwks::{Jwk, Jwks};
pub use lab::LabKeys;
pub use pair::{PrivateKey, PublicKey};
pub use permissions::{Exposed, Privacy};
pub use rotation::{KeySet, OVERLAP, Start};
pub use rsa::{RsaPrivateKey, RsaPublicKey};
pub use secret::Secret;
pub use source::KeySource;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use algorithm::base64url_chars;
use aws_lc_rs::rand::SecureRandom;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bearer::BearerRing;
use chrono::{DateTime, Utc};
use ready::{Mac, Pair, Public, ReadySigner, ReadyVerifier};
use rotation::{Dated, DatedKeys, IN_MEMORY, RsaKey};
use thiserror::Error;

/// A key that signs, bound to its algorithm.
#[derive(Clone)]
pub struct Signer {
    algorithm: Algorithm,
    kid: Option<String>,
    material: SigningMaterial,
    /// `None` when the algorithm is for another kind of key.
    ready: Option<ReadySigner>,
}

/// What a signer's key is made of.
#[derive(Clone)]
enum SigningMaterial {
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
    fn with_secret(secret: &Secret, algorithm: Algorithm, kid: Option<String>) -> Self {
        Self::new(SigningMaterial::Secret(secret.clone()), algorithm, kid)
    }

    fn with_pair(private: &PrivateKey, algorithm: Algorithm, kid: Option<String>) -> Self {
        Self::new(SigningMaterial::Pair(private.clone()), algorithm, kid)
    }

    fn with_rsa(private: &RsaPrivateKey, algorithm: Algorithm, kid: Option<String>) -> Self {
        Self::with_pair(&PrivateKey::Rsa(private.clone()), algorithm, kid)
    }

    fn new(material: SigningMaterial, algorithm: Algorithm, kid: Option<String>) -> Self {
        let ready = material.ready(algorithm);
        Self { algorithm, kid, material, ready }
    }

    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
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

/// A key that verifies, bound to its algorithm, with the time until which its signatures are accepted.
#[derive(Clone)]
pub struct Verifier {
    algorithm: Algorithm,
    kid: Option<String>,
    /// `None` when the algorithm is for another kind of key: nothing verifies then.
    ready: Option<ReadyVerifier>,
    signature_bytes: usize,
    source: Arc<str>,
    start: Start,
    end: Option<DateTime<Utc>>,
}

impl Verifier {
    fn with_secret(secret: &Secret, algorithm: Algorithm, source: &str) -> Self {
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

    fn with_rsa(public: &RsaPublicKey, algorithm: Algorithm, source: &str) -> Self {
        Self::with_public(&PublicKey::Rsa(public.clone()), algorithm, source)
    }

    fn with_public(public: &PublicKey, algorithm: Algorithm, source: &str) -> Self {
        let ready = Public::new(public, algorithm).map(|key| Arc::new(key) as ReadyVerifier);
        Self {
            algorithm,
            kid: Some(public.thumbprint()),
            ready,
            signature_bytes: algorithm.signature_bytes(public.bytes()),
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

/// The keys of a profile that can always sign.
#[derive(Clone, Debug)]
pub struct ProfileKeys {
    signer: Signer,
    /// Those that sign after it, the newest first.
    later: Vec<(Start, Signer)>,
    verifiers: Vec<Verifier>,
}

impl ProfileKeys {
    fn of_secret(secret: &Secret, source: &str) -> Self {
        Self {
            signer: Signer::with_secret(secret, Algorithm::Hs256, None),
            later: Vec::new(),
            verifiers: vec![Verifier::with_secret(secret, Algorithm::Hs256, source)],
        }
    }

    fn of_rsa(private: &RsaPrivateKey, source: &str) -> Self {
        Self {
            signer: Signer::with_rsa(private, Algorithm::Rs256, Some(private.public().thumbprint())),
            later: Vec::new(),
            verifiers: vec![Verifier::with_rsa(private.public(), Algorithm::Rs256, source)],
        }
    }

    /// Pairs that follow one another; `None` if there is none.
    fn of_pairs(pairs: &DatedKeys<PrivateKey>, algorithm: Algorithm) -> Option<Self> {
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

/// A rotation in memory.
#[derive(Clone, Copy, Debug)]
pub struct Renewal {
    /// Whether the demo gets new keys.
    pub demo: bool,
    /// Whether bearer tokens get a new key.
    pub bearer: bool,
    pub old: OldKeys,
}

/// What becomes of the keys before the new ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OldKeys {
    /// They sign until then, and verify as long as their tokens live.
    SignUntil(DateTime<Utc>),
    /// They are neither published nor accepted any more.
    Withdrawn,
}

impl Renewal {
    fn withdraws(self) -> bool {
        self.old == OldKeys::Withdrawn
    }

    /// The keys after this rotation.
    fn after<K: Clone>(self, keys: &DatedKeys<K>, new: K) -> DatedKeys<K> {
        let source = IN_MEMORY.to_owned();
        match self.old {
            OldKeys::SignUntil(start) => keys.clone().with(Dated::new(Start::at(start), new, source)),
            OldKeys::Withdrawn => DatedKeys::new(vec![Dated::new(Start::ALWAYS, new, source)]),
        }
    }
}

fn generated_pair() -> Option<RsaPrivateKey> {
    let pem = RsaPrivateKey::generate_pem(2048)?.ok()?;
    RsaPrivateKey::parse(pem.as_bytes()).ok()
}

/// All keys from the `keys` folder and the credentials.
#[derive(Clone)]
pub struct KeyRing {
    secrets: DatedKeys<Secret>,
    pairs: DatedKeys<RsaKey>,
    retired: Vec<Dated<RsaPublicKey>>,
    hs256: KeySet,
    rs256: KeySet,
    twilio: ProfileKeys,
    zoom: ProfileKeys,
    bearer: BearerRing,
    rest_api: ProfileKeys,
    telesign: ProfileKeys,
    lab: LabKeys,
    telesign_api_key: Secret,
    accounts: Accounts,
    session: [u8; SESSION_KEY_BYTES],
}

impl KeyRing {
    /// Reads the folder, and creates missing secrets and a missing RSA pair, readable only by their owner.
    pub fn prepare(folder: &Path, random: &dyn SecureRandom) -> Result<(Self, Vec<Warning>), KeyError> {
        Self::prepare_with(folder, &GivenCredentials::default(), random)
    }

    /// Like [`prepare`](Self::prepare), with the given account values instead of generated ones.
    pub fn prepare_with(
        folder: &Path,
        given: &GivenCredentials,
        random: &dyn SecureRandom,
    ) -> Result<(Self, Vec<Warning>), KeyError> {
        Self::prepare_for(folder, given, BearerKeys::default(), random)
    }

    /// Like [`prepare_with`](Self::prepare_with), with these keys for bearer tokens.
    pub fn prepare_for(
        folder: &Path,
        given: &GivenCredentials,
        bearer: BearerKeys,
        random: &dyn SecureRandom,
    ) -> Result<(Self, Vec<Warning>), KeyError> {
        folder::prepare(folder, given, bearer, random)
    }

    /// The folder's keys that verify HS256 and RS256. Creates nothing.
    pub fn read(folder: &Path) -> Result<(KeySet, KeySet), KeyError> {
        folder::read(folder)
    }

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
        self.bearer.own()
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
        self.pairs.current(now).map(|pair| &pair.key.public)
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
        let retired = self.retired.iter().map(|retired| &retired.key);
        let demo = self.pairs.in_force(now).into_iter().map(|pair| &pair.key.public);
        demo.chain(retired).map(Jwk::from).chain(self.bearer.jwks(now)).collect()
    }

    /// The same ring with new keys.
    pub fn rotated(&self, renewal: Renewal, random: &dyn SecureRandom) -> Option<Self> {
        let demo = if renewal.demo { self.with_new_demo_keys(renewal, random)? } else { self.clone() };
        if renewal.bearer { demo.with_new_bearer_key(renewal) } else { Some(demo) }
    }

    /// A new HS256 secret and a new RS256 pair for the demo.
    fn with_new_demo_keys(&self, renewal: Renewal, random: &dyn SecureRandom) -> Option<Self> {
        let (private, secret) = (generated_pair()?, Secret::generate(random).ok()?);
        let pair = RsaKey { public: private.public().clone(), private: Some(private) };
        let (secrets, pairs) = (renewal.after(&self.secrets, secret), renewal.after(&self.pairs, pair));
        let retired = if renewal.withdraws() { Vec::new() } else { self.retired.clone() };
        let (hs256, rs256) = (KeySet::of_secrets(&secrets), KeySet::of_rsa(&pairs, &retired));
        Some(Self { secrets, pairs, retired, hs256, rs256, ..self.clone() })
    }

    fn with_new_bearer_key(&self, renewal: Renewal) -> Option<Self> {
        Some(Self { bearer: self.bearer.rotated(renewal)?, ..self.clone() })
    }

    /// The key that encrypts the session cookie.
    pub const fn session_key(&self) -> &[u8; SESSION_KEY_BYTES] {
        &self.session
    }
}
