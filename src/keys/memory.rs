//! Keys that live as long as the process. Nothing of them is written.

use std::path::Path;

use aws_lc_rs::rand::SecureRandom;

use super::bearer::{BearerRing, in_memory};
use super::folder::bearer_files;
use super::ring::generated_pair;
use super::rotation::{Dated, DatedKeys, IN_MEMORY, RsaKey};
use super::{
    BearerKeys, GivenCredentials, KeyError, KeyRing, KeySet, LabKeys, ProfileKeys, RsaPrivateKey, SESSION_KEY_BYTES,
    Secret, Start, TeacherKey, credentials,
};

/// New keys of every kind, and the account values that are given.
pub(super) fn make(
    given: &GivenCredentials,
    wanted: BearerKeys,
    random: &dyn SecureRandom,
) -> Result<KeyRing, KeyError> {
    let secret = || Secret::generate(random).map_err(|_| no_randomness());
    let demo = pair()?;
    let demo_secrets = first(secret()?);
    let demo_pairs = first(RsaKey { public: demo.public().clone(), private: Some(demo) });
    let (accounts, account_secrets) = credentials::generated(given, random)?;
    Ok(KeyRing {
        hs256: KeySet::of_secrets(&demo_secrets),
        rs256: KeySet::of_rsa(&demo_pairs, &[]),
        demo_secrets,
        demo_pairs,
        demo_retired: Vec::new(),
        bearer: bearer(wanted)?,
        twilio: ProfileKeys::of_secret(&account_secrets.twilio, IN_MEMORY),
        zoom: ProfileKeys::of_secret(&account_secrets.zoom, IN_MEMORY),
        rest_api: ProfileKeys::of_secret(&secret()?, IN_MEMORY),
        telesign: ProfileKeys::of_secret(&account_secrets.telesign, IN_MEMORY),
        lab: LabKeys::new(secret()?, pair()?, IN_MEMORY, IN_MEMORY),
        telesign_api_key: account_secrets.telesign_api_key,
        accounts,
        session_key: session_key(random)?,
    })
}

/// A key without predecessor.
fn first<K>(key: K) -> DatedKeys<K> {
    DatedKeys::new(vec![Dated::new(Start::ALWAYS, key, IN_MEMORY.to_owned())])
}

fn bearer(wanted: BearerKeys) -> Result<BearerRing, KeyError> {
    let kinds = bearer_files(wanted).map(|(algorithm, _)| in_memory(algorithm)).collect::<Option<_>>();
    kinds.and_then(|kinds| BearerRing::new(wanted, kinds)).ok_or_else(no_randomness)
}

fn pair() -> Result<RsaPrivateKey, KeyError> {
    generated_pair().ok_or_else(no_randomness)
}

fn session_key(random: &dyn SecureRandom) -> Result<[u8; SESSION_KEY_BYTES], KeyError> {
    let mut key = [0; SESSION_KEY_BYTES];
    random.fill(&mut key).map_err(|_| no_randomness())?;
    Ok(key)
}

/// A new key for the teacher's link.
pub(super) fn make_teacher_key(random: &dyn SecureRandom) -> Result<TeacherKey, KeyError> {
    TeacherKey::generate(random).map_err(|_| no_randomness())
}

fn no_randomness() -> KeyError {
    KeyError::NoRandomness { path: Path::new(IN_MEMORY).to_owned() }
}
