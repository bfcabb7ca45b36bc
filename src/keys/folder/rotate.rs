//! Rotation on disk: the next keys are made with their start in their names, and what has no more use is removed.

use std::fs;
use std::path::{Path, PathBuf};

use aws_lc_rs::rand::SecureRandom;
use chrono::{DateTime, TimeDelta, Utc};

use super::{
    Folder, HS256_SECRET, KeyError, RS256_PRIVATE, hs256_secret, replace, rs256_private, rs256_public, rsa_pem,
    secret_text,
};
use crate::keys::rotation::{Lineage, RsaKey};
use crate::keys::{Algorithm, KeyFault, RsaPrivateKey, Secret, Start};

/// What a rotation did.
#[derive(Debug)]
pub struct Rotation {
    /// When the new keys begin to sign.
    pub start: DateTime<Utc>,
    pub made: Vec<PathBuf>,
    /// Private halves that have no more use.
    pub removed: Vec<PathBuf>,
}

/// Makes the next keys of these algorithms, which sign `after` so long, and removes what only could sign for keys older
/// than the one that signs now.
pub fn rotate(
    folder: &Path,
    algorithms: &[Algorithm],
    after: TimeDelta,
    now: DateTime<Utc>,
    random: &dyn SecureRandom,
) -> Result<Rotation, KeyError> {
    let mut files = Folder { path: folder, warnings: Vec::new() };
    let (pairs, secrets) = (files.pairs()?, files.secrets()?);
    let start = Start::at(now + after);
    let mut rotation = Rotation { start: now + after, made: Vec::new(), removed: Vec::new() };
    if algorithms.contains(&Algorithm::Rs256) {
        files.expect_any(&pairs, RS256_PRIVATE)?;
        rotation.made.extend(files.make_next_pair(start)?);
        rotation.removed.extend(files.remove_old_pairs(&pairs, now)?);
    }
    if algorithms.contains(&Algorithm::Hs256) {
        files.expect_any(&secrets, HS256_SECRET)?;
        rotation.made.push(files.make_next_secret(start, random)?);
        rotation.removed.extend(files.remove_dead_secrets(&secrets, now)?);
    }
    Ok(rotation)
}

impl Folder<'_> {
    /// A folder without any key of a kind has nothing to rotate.
    fn expect_any<K>(&self, keys: &Lineage<K>, name: &str) -> Result<(), KeyError> {
        if keys.iter().next().is_some() { Ok(()) } else { Err(self.gone(name)) }
    }

    fn make_next_pair(&self, start: Start) -> Result<[PathBuf; 2], KeyError> {
        let paths = [rs256_private(start), rs256_public(start)].map(|name| self.path.join(name));
        let pem = rsa_pem(&paths[0], 2048)?;
        let private = RsaPrivateKey::parse(pem.as_bytes(), RS256_PRIVATE).map_err(KeyError::unfit(&paths[0]))?;
        let unsound = || KeyError::Unfit { path: paths[1].clone(), source: KeyFault::Unsound };
        let public = private.public().to_pem().ok_or_else(unsound)?;
        replace(&paths[0], &pem, false)?;
        replace(&paths[1], &public, false)?;
        Ok(paths)
    }

    fn make_next_secret(&self, start: Start, random: &dyn SecureRandom) -> Result<PathBuf, KeyError> {
        let path = self.path.join(hs256_secret(start));
        replace(&path, &secret_text(&path, random)?, false)?;
        Ok(path)
    }

    /// The private halves of the pairs before the one that signs; their public halves stay, for they verify.
    fn remove_old_pairs(&mut self, pairs: &Lineage<RsaKey>, now: DateTime<Utc>) -> Result<Vec<PathBuf>, KeyError> {
        let Some(current) = pairs.current(now) else { return Ok(Vec::new()) };
        let mut removed = Vec::new();
        for pair in pairs.iter().filter(|pair| pair.start < current.start) {
            if let Some(private) = &pair.key.private {
                self.save_public(&rs256_public(pair.start), private);
                removed.push(self.remove(&rs256_private(pair.start))?);
            }
        }
        Ok(removed)
    }

    /// An old secret is needed for as long as it verifies.
    fn remove_dead_secrets(&self, secrets: &Lineage<Secret>, now: DateTime<Utc>) -> Result<Vec<PathBuf>, KeyError> {
        secrets
            .iter()
            .filter(|secret| secret.is_over(now))
            .map(|secret| self.remove(&hs256_secret(secret.start)))
            .collect()
    }

    fn remove(&self, name: &str) -> Result<PathBuf, KeyError> {
        let path = self.path.join(name);
        match fs::remove_file(&path) {
            Ok(()) => Ok(path),
            Err(source) => Err(KeyError::Unwritable { path, source }),
        }
    }
}
