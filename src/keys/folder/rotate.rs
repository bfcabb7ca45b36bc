//! Rotation on disk: creates the next keys with their start time in their names, and removes keys that are not needed.
//!
//! If any step fails, the folder stays as it was.

use std::path::{Path, PathBuf};

use aws_lc_rs::rand::SecureRandom;
use chrono::{DateTime, TimeDelta, Utc};

use super::changes::Changes;
use super::names::{HS256_SECRET, RS256_PRIVATE, bearer_privates, hs256_secret, private_half, public_half};
use super::new_keys::{next_pair_pem, public_pem, secret_text};
use super::{Folder, KeyError};
use crate::keys::rotation::{DatedKeys, PairKey};
use crate::keys::{PrivateKey, Secret, Start};

/// By how many seconds a start may be delayed, because other rotations have taken the seconds before.
const LONGEST_DELAY: i64 = 60;

/// The result of a rotation.
#[derive(Debug)]
pub struct Rotation {
    /// When the new keys begin to sign.
    pub start: DateTime<Utc>,
    pub made: Vec<PathBuf>,
    /// The removed private halves, which are not needed any more.
    pub removed: Vec<PathBuf>,
    /// The keys of which the folder has none, and so none was made.
    pub skipped: Vec<RotatedKeys>,
}

/// Keys that are rotated together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RotatedKeys {
    /// The demo's secrets.
    Hs256,
    /// The demo's RSA pairs.
    Rs256,
    /// The pairs of bearer tokens, of every kind that the folder has.
    Bearer,
}

impl RotatedKeys {
    /// For a sentence: `no bearer key`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Rs256 => "RS256",
            Self::Bearer => "bearer",
        }
    }
}

/// Makes the next keys of those that the folder has. They begin to sign at `now + after`, or in the first second after
/// that which is free. Secrets that no longer verify are removed, and the private halves of pairs older than the one
/// that signs now.
pub fn rotate(
    folder: &Path,
    wanted: &[RotatedKeys],
    after: TimeDelta,
    now: DateTime<Utc>,
    random: &dyn SecureRandom,
) -> Result<Rotation, KeyError> {
    let mut files = Folder::at(folder)?;
    let (mut found, mut skipped) = (Vec::new(), Vec::new());
    for keys in wanted {
        let present = KeysInFolder::all(&mut files, *keys)?;
        skipped.extend(present.is_empty().then_some(*keys));
        found.extend(present);
    }
    if found.is_empty() {
        return Err(KeyError::NothingToRotate { folder: folder.to_owned(), keys: named(wanted) });
    }
    let next = found.iter().map(|found| found.next(folder, random)).collect::<Result<Vec<_>, _>>()?;
    let mut changes = Changes::default();
    let (start, made) = make(&next, folder, now + after, &mut changes)?;
    let mut rotation = Rotation { start, made, removed: Vec::new(), skipped };
    for found in &found {
        match found {
            KeysInFolder::Pairs { first, pairs } => {
                files.remove_old_pairs(first, pairs, now, &mut changes, &mut rotation)?;
            }
            KeysInFolder::Secrets(secrets) => {
                files.remove_expired_secrets(secrets, now, &mut changes, &mut rotation)?;
            }
        }
    }
    changes.commit();
    Ok(rotation)
}

fn named(keys: &[RotatedKeys]) -> String {
    keys.iter().map(|keys| keys.as_str()).collect::<Vec<_>>().join(" or ")
}

/// Keys of one kind in the folder, of which each replaces the one before.
enum KeysInFolder {
    Secrets(DatedKeys<Secret>),
    Pairs {
        /// The name of the private half without a start.
        first: &'static str,
        pairs: DatedKeys<PairKey>,
    },
}

impl KeysInFolder {
    /// Those of these keys that the folder has.
    fn all(files: &mut Folder<'_>, keys: RotatedKeys) -> Result<Vec<Self>, KeyError> {
        let mut found = Vec::new();
        match keys {
            RotatedKeys::Hs256 => found.push(Self::Secrets(files.secrets()?)),
            RotatedKeys::Rs256 => {
                found.push(Self::Pairs { first: RS256_PRIVATE, pairs: files.pairs()?.converted() });
            }
            RotatedKeys::Bearer => {
                for first in bearer_privates() {
                    found.push(Self::Pairs { first, pairs: files.bearer_pairs(first, None)? });
                }
            }
        }
        found.retain(Self::has_keys);
        Ok(found)
    }

    fn has_keys(&self) -> bool {
        match self {
            Self::Secrets(secrets) => secrets.newest().is_some(),
            Self::Pairs { pairs, .. } => pairs.newest().is_some(),
        }
    }

    /// The key after them, of the same kind and size.
    fn next(&self, folder: &Path, random: &dyn SecureRandom) -> Result<Next, KeyError> {
        let Self::Pairs { first, pairs } = self else {
            return Ok(Next::Secret(secret_text(&folder.join(HS256_SECRET), random)?));
        };
        let path = folder.join(first);
        let private = next_pair_pem(&path, pairs)?;
        let public = PrivateKey::parse(private.as_bytes()).map_err(KeyError::unfit(&path))?.public().to_pem();
        Ok(Next::Pair { first, private, public: public_pem(&path, public)? })
    }
}

/// The texts of a next key, for whatever second it will start in.
enum Next {
    Secret(String),
    Pair { first: &'static str, private: String, public: String },
}

impl Next {
    fn files(&self, start: Start) -> Vec<(String, &String)> {
        match self {
            Self::Secret(secret) => vec![(hs256_secret(start), secret)],
            Self::Pair { first, private, public } => {
                vec![(private_half(first, start), private), (public_half(first, start), public)]
            }
        }
    }
}

/// Makes all of them with one start, the first from `earliest` on that no key has yet.
fn make(
    next: &[Next],
    folder: &Path,
    earliest: DateTime<Utc>,
    changes: &mut Changes,
) -> Result<(DateTime<Utc>, Vec<PathBuf>), KeyError> {
    let mut taken = None;
    for later in 0..LONGEST_DELAY {
        let start = earliest + TimeDelta::seconds(later);
        let files = files(next, folder, Start::at(start));
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

fn files(next: &[Next], folder: &Path, start: Start) -> Vec<(PathBuf, String)> {
    let all = next.iter().flat_map(|next| next.files(start));
    all.map(|(name, text)| (folder.join(name), text.clone())).collect()
}

impl Folder<'_> {
    /// Removes the private halves of the pairs before the one that signs; their public halves stay, for they verify,
    /// and are saved where they are in no file yet.
    fn remove_old_pairs(
        &self,
        first: &str,
        pairs: &DatedKeys<PairKey>,
        now: DateTime<Utc>,
        changes: &mut Changes,
        rotation: &mut Rotation,
    ) -> Result<(), KeyError> {
        let Some(current) = pairs.current(now) else { return Ok(()) };
        for pair in pairs.iter().filter(|pair| pair.start < current.start) {
            if pair.key.private.is_none() {
                continue;
            }
            let public = self.path.join(public_half(first, pair.start));
            if !public.exists() {
                changes.create(&[(public.clone(), public_pem(&public, pair.key.public.to_pem())?)])?;
                rotation.made.push(public);
            }
            let private = self.path.join(private_half(first, pair.start));
            changes.remove(&private)?;
            rotation.removed.push(private);
        }
        Ok(())
    }

    /// An old secret is needed for as long as it verifies.
    fn remove_expired_secrets(
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
