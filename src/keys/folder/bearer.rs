//! The keys of bearer tokens in the folder: a pair of the kind that the algorithm needs, and in test mode one of each
//! kind.

use super::names::{BEARER_PAIRS, BEARER_PRIVATE, private_half, public_half, start_of_pair, start_of_private_half};
use super::new_keys::pair_pem;
use super::{Folder, KeyError, Warning};
use crate::keys::bearer::{BearerRing, in_memory};
use crate::keys::files::read_file;
use crate::keys::rotation::{Dated, DatedKeys, PairKey};
use crate::keys::{Algorithm, BearerKeys, KeyFault, KeyKind, KeyLocation, PrivateKey, PublicKey, Start};

/// Each file of a bearer key with its algorithm. That of the configured algorithm is first.
pub(in crate::keys) fn bearer_files(wanted: BearerKeys) -> impl Iterator<Item = (Algorithm, &'static str)> {
    let is_further = move |kind: KeyKind| wanted.one_of_each && kind != wanted.algorithm.key_kind();
    let further = BEARER_PAIRS.into_iter().filter(move |(kind, _)| is_further(*kind));
    std::iter::once((wanted.algorithm, BEARER_PRIVATE))
        .chain(further.map(|(kind, name)| (kind.usual_algorithm(), name)))
}

impl Folder<'_> {
    /// Keys that only test mode signs with may stay in memory, so a read-only folder is enough, as in a container.
    pub(super) fn make_missing_bearer_pairs(&mut self, wanted: BearerKeys) -> Result<(), KeyError> {
        let mut unsaved = Vec::new();
        for (algorithm, name) in bearer_files(wanted) {
            if self.has_private_half(name)? {
                continue;
            }
            match self.make(name, |path| pair_pem(path, algorithm.key_kind())) {
                Err(KeyError::Unwritable { path, source }) if name != BEARER_PRIVATE => unsaved.push((path, source)),
                made => made?,
            }
        }
        let (paths, causes): (Vec<_>, Vec<_>) = unsaved.into_iter().unzip();
        self.warnings.extend(causes.into_iter().next().map(|why| Warning::KeptInMemory { paths, why }));
        Ok(())
    }

    pub(super) fn bearer(&mut self, wanted: BearerKeys) -> Result<BearerRing, KeyError> {
        let mut kinds = Vec::new();
        for (algorithm, first) in bearer_files(wanted) {
            let pairs = self.bearer_pairs(first, Some(algorithm))?;
            if pairs.newest().is_none() && first != BEARER_PRIVATE {
                kinds.push(in_memory(algorithm).ok_or_else(|| KeyError::NoRandomness { path: self.path.join(first) })?);
                continue;
            }
            for pair in pairs.iter().filter(|pair| pair.key.private.is_some()) {
                self.save_public(&public_half(first, pair.start), pair.key.public.to_pem());
            }
            kinds.push(pairs);
        }
        BearerRing::new(wanted, kinds).ok_or_else(|| self.removed_meanwhile(BEARER_PRIVATE))
    }

    pub(super) fn has_private_half(&self, first: &str) -> Result<bool, KeyError> {
        Ok(!self.starts(|name| start_of_private_half(first, name))?.is_empty())
    }

    /// Every pair of bearer tokens with this name, including those with only a public half left. All are of the kind
    /// that this algorithm needs, if one is given.
    pub(super) fn bearer_pairs(
        &self,
        first: &str,
        algorithm: Option<Algorithm>,
    ) -> Result<DatedKeys<PairKey>, KeyError> {
        let mut pairs = Vec::new();
        for start in self.starts(|name| start_of_pair(first, name))? {
            pairs.extend(self.bearer_pair(first, start, algorithm)?);
        }
        let pairs = DatedKeys::new(pairs);
        match pairs.newest() {
            // Only older keys could sign, and what they sign is soon refused.
            Some(newest) if newest.key.private.is_none() => {
                Err(self.removed_meanwhile(&private_half(first, newest.start)))
            }
            _ => Ok(pairs),
        }
    }

    fn bearer_pair(
        &self,
        first: &str,
        start: Start,
        algorithm: Option<Algorithm>,
    ) -> Result<Option<Dated<PairKey>>, KeyError> {
        let (private_name, public_name) = (private_half(first, start), public_half(first, start));
        let (path, public_path) = (self.path.join(&private_name), self.path.join(&public_name));
        let fits = |kind, key| expect_kind(kind, algorithm).map(|()| key);
        let private = read_file(&path)?.map(|bytes| PrivateKey::parse(&bytes)).transpose();
        let private = private.and_then(|key| key.map(|key| fits(key.kind(), key)).transpose());
        let private = private.map_err(|fault| of_another_kind(fault, algorithm));
        let private = private.map_err(KeyError::unfit_at(&path, KeyLocation::Private))?;
        let public = read_file(&public_path)?.map(|bytes| PublicKey::parse(&bytes)).transpose();
        let public = public.map_err(KeyError::unfit_at(&public_path, KeyLocation::Public))?;
        let (key, name) = match (private, public) {
            (Some(private), Some(public)) if public != private.public() => {
                return Err(self.mismatch(&public_name, &private_name));
            }
            (Some(private), _) => (PairKey::from(private), private_name),
            (None, Some(public)) => {
                let fault = expect_kind(public.kind(), algorithm);
                fault.map_err(KeyError::unfit_at(&public_path, KeyLocation::Public))?;
                (PairKey { private: None, public }, public_name)
            }
            (None, None) => return Ok(None),
        };
        Ok(Some(Dated::new(start, key, self.name(&name))))
    }
}

fn expect_kind(kind: KeyKind, algorithm: Option<Algorithm>) -> Result<(), KeyFault> {
    let Some(algorithm) = algorithm.filter(|algorithm| algorithm.key_kind() != kind) else { return Ok(()) };
    let fault = Box::new(KeyFault::WrongKind(kind.noun().into()));
    let advice = format!(
        "{algorithm} needs {}; start with --bearer-algorithm {}, or move this file away, and the next start makes a new key",
        algorithm.key_kind().noun(),
        kind.usual_algorithm()
    );
    Err(KeyFault::Advised { fault, advice })
}

/// Advice for a key that no algorithm here uses.
fn of_another_kind(fault: KeyFault, algorithm: Option<Algorithm>) -> KeyFault {
    match (fault, algorithm) {
        (fault @ KeyFault::WrongKind(_), Some(algorithm)) => {
            let needed = algorithm.key_kind().noun();
            let advice = format!("{algorithm} needs {needed}; move this file away, and the next start makes a new key");
            KeyFault::Advised { fault: Box::new(fault), advice }
        }
        (other, _) => other,
    }
}
