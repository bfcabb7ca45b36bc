//! Rotation on disk: creates the next keys with their start time in their names, and removes keys that are not needed.
//!
//! If any step fails, the folder stays as it was.

use std::path::{Path, PathBuf};

use aws_lc_rs::rand::SecureRandom;
use chrono::{DateTime, TimeDelta, Utc};

use super::changes::Changes;
use super::names::{HS256_SECRET, RS256_PRIVATE, hs256_secret, rs256_private, rs256_public};
use super::{Folder, KeyError, public_pem, rsa_pem, secret_text};
use crate::keys::rotation::{DatedKeys, RsaKey};
use crate::keys::{Algorithm, RsaPrivateKey, Secret, Start};

/// For how many seconds a start may be put off, because other rotations have taken those before.
const LATEST: i64 = 60;

/// The result of a rotation.
#[derive(Debug)]
pub struct Rotation {
    /// When the new keys begin to sign.
    pub start: DateTime<Utc>,
    pub made: Vec<PathBuf>,
    /// The removed private halves, which are not needed any more.
    pub removed: Vec<PathBuf>,
    /// The algorithms of which the folder has no key, and so none was made.
    pub skipped: Vec<Algorithm>,
}

/// Makes the next keys of those of the algorithms that the folder has keys of. They sign `after` so long, or in the
/// first second after it that is free. What could only sign, for keys older than the one that signs now, is removed.
pub fn rotate(
    folder: &Path,
    algorithms: &[Algorithm],
    after: TimeDelta,
    now: DateTime<Utc>,
    random: &dyn SecureRandom,
) -> Result<Rotation, KeyError> {
    let mut files = Folder { path: folder, warnings: Vec::new() };
    let (pairs, secrets) = (files.pairs()?, files.secrets()?);
    let has_keys = |algorithm: &Algorithm| match algorithm {
        Algorithm::Rs256 => pairs.iter().next().is_some(),
        Algorithm::Hs256 => secrets.iter().next().is_some(),
        _ => false,
    };
    let (rotated, skipped): (Vec<_>, Vec<_>) = algorithms.iter().copied().partition(has_keys);
    if rotated.is_empty() {
        return Err(KeyError::NothingToRotate { folder: folder.to_owned(), algorithms: named(algorithms) });
    }
    let next = Next::generate(folder, &rotated, random)?;
    let mut changes = Changes::default();
    let (start, made) = next.make(folder, now + after, &mut changes)?;
    let mut rotation = Rotation { start, made, removed: Vec::new(), skipped };
    if rotated.contains(&Algorithm::Rs256) {
        files.remove_old_pairs(&pairs, now, &mut changes, &mut rotation)?;
    }
    if rotated.contains(&Algorithm::Hs256) {
        files.remove_dead_secrets(&secrets, now, &mut changes, &mut rotation)?;
    }
    changes.commit();
    Ok(rotation)
}

fn named(algorithms: &[Algorithm]) -> String {
    algorithms.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
}

/// The texts of the next keys, for whatever second they will start in.
struct Next {
    /// The private half and the public one.
    pair: Option<[String; 2]>,
    secret: Option<String>,
}

impl Next {
    fn generate(folder: &Path, algorithms: &[Algorithm], random: &dyn SecureRandom) -> Result<Self, KeyError> {
        let has = |algorithm| algorithms.contains(&algorithm);
        let pair = || {
            let path = folder.join(RS256_PRIVATE);
            let pem = rsa_pem(&path, 2048)?;
            let private = RsaPrivateKey::parse(pem.as_bytes()).map_err(KeyError::unfit(&path))?;
            Ok([pem, public_pem(&path, private.public().to_pem())?])
        };
        let secret = || secret_text(&folder.join(HS256_SECRET), random);
        Ok(Self {
            pair: has(Algorithm::Rs256).then(pair).transpose()?,
            secret: has(Algorithm::Hs256).then(secret).transpose()?,
        })
    }

    /// Makes all of them with one start, the first from `earliest` on that no key has yet.
    fn make(
        &self,
        folder: &Path,
        earliest: DateTime<Utc>,
        changes: &mut Changes,
    ) -> Result<(DateTime<Utc>, Vec<PathBuf>), KeyError> {
        let mut taken = None;
        for later in 0..LATEST {
            let start = earliest + TimeDelta::seconds(later);
            let files = self.files(folder, Start::at(start));
            if let Some((path, _)) = files.iter().find(|(path, _)| path.exists()) {
                taken = Some(path.clone());
                continue;
            }
            let mut attempt = Changes::default();
            match attempt.create(&files) {
                // Another rotation was faster.
                Err(KeyError::Exists { path }) => taken = Some(path),
                Err(error) => return Err(error),
                Ok(()) => {
                    changes.append(attempt);
                    return Ok((start, files.into_iter().map(|(path, _)| path).collect()));
                }
            }
        }
        Err(KeyError::Exists { path: taken.unwrap_or_else(|| folder.to_owned()) })
    }

    fn files(&self, folder: &Path, start: Start) -> Vec<(PathBuf, String)> {
        let pair = self.pair.iter().flat_map(|pair| [rs256_private(start), rs256_public(start)].into_iter().zip(pair));
        let secret = self.secret.iter().map(|secret| (hs256_secret(start), secret));
        pair.chain(secret).map(|(name, text)| (folder.join(name), text.clone())).collect()
    }
}

impl Folder<'_> {
    /// Removes the private halves of the pairs before the one that signs; their public halves stay, for they verify,
    /// and are saved where they stand nowhere yet.
    fn remove_old_pairs(
        &self,
        pairs: &DatedKeys<RsaKey>,
        now: DateTime<Utc>,
        changes: &mut Changes,
        rotation: &mut Rotation,
    ) -> Result<(), KeyError> {
        let Some(current) = pairs.current(now) else { return Ok(()) };
        for pair in pairs.iter().filter(|pair| pair.start < current.start) {
            let Some(private) = &pair.key.private else { continue };
            let public = self.path.join(rs256_public(pair.start));
            if !public.exists() {
                changes.create(&[(public.clone(), public_pem(&public, private.public().to_pem())?)])?;
                rotation.made.push(public);
            }
            let private = self.path.join(rs256_private(pair.start));
            changes.remove(&private)?;
            rotation.removed.push(private);
        }
        Ok(())
    }

    /// An old secret is needed for as long as it verifies.
    fn remove_dead_secrets(
        &self,
        secrets: &DatedKeys<Secret>,
        now: DateTime<Utc>,
        changes: &mut Changes,
        rotation: &mut Rotation,
    ) -> Result<(), KeyError> {
        for secret in secrets.iter().filter(|secret| secret.is_over(now)) {
            let path = self.path.join(hs256_secret(secret.start));
            changes.remove(&path)?;
            rotation.removed.push(path);
        }
        Ok(())
    }
}
