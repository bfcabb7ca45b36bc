//! The keys of bearer tokens in the folder: a pair of the kind that the algorithm needs, and in test mode one of each
//! kind.

use std::path::Path;

use super::names::{BEARER_PAIRS, BEARER_PRIVATE, private_half, public_half, start_of_pair, start_of_private_half};
use super::new_keys::pair_pem;
use super::{Folder, KeyError, Warning};
use crate::keys::bearer::{BearerRing, in_memory};
use crate::keys::files::read_file;
use crate::keys::rotation::{Dated, DatedKeys, PairKey};
use crate::keys::{Algorithm, BearerKeys, KeyFault, KeyKind, KeyLocation, PrivateKey, PublicKey, Start, Verifier};

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

    /// Every pair of bearer tokens with this name, of which the newest can sign. All are of the kind that this
    /// algorithm needs, if one is given.
    pub(super) fn bearer_pairs(
        &self,
        first: &str,
        algorithm: Option<Algorithm>,
    ) -> Result<DatedKeys<PairKey>, KeyError> {
        let pairs = self.bearer_halves(first, algorithm)?;
        match pairs.newest() {
            // Only older keys could sign, and what they sign is soon refused.
            Some(newest) if newest.key.private.is_none() => Err(self.without_private_half(first, newest.start)),
            _ => Ok(pairs),
        }
    }

    /// The same, including those with only a public half left.
    pub(super) fn bearer_halves(
        &self,
        first: &str,
        algorithm: Option<Algorithm>,
    ) -> Result<DatedKeys<PairKey>, KeyError> {
        let mut pairs = Vec::new();
        for start in self.starts(|name| start_of_pair(first, name))? {
            pairs.extend(self.bearer_pair(first, start, algorithm)?);
        }
        Ok(DatedKeys::new(pairs))
    }

    /// Before anything is written: a public half that is alone would get a new private half, which does not fit it.
    pub(super) fn expect_bearer_private_halves(&self, wanted: BearerKeys) -> Result<(), KeyError> {
        for (algorithm, first) in bearer_files(wanted) {
            let newest = self.starts(|name| start_of_pair(first, name))?.pop();
            let newest_private = self.starts(|name| start_of_private_half(first, name))?.pop();
            if newest != newest_private {
                self.bearer_pairs(first, Some(algorithm))?;
            }
        }
        Ok(())
    }

    fn without_private_half(&self, first: &str, start: Start) -> KeyError {
        let (public, private) = (self.path.join(public_half(first, start)), self.path.join(private_half(first, start)));
        let missing =
            format!("its private half `{}` is not there, and bearer tokens are signed with that", private.display());
        let then = match self.has_private_half(first) {
            Ok(true) => "the key before it signs again",
            _ => "the next start makes a new pair",
        };
        let advice = format!("put the private half there, or move this file out of the folder, and {then}");
        let source = KeyFault::Advised { fault: Box::new(KeyFault::Broken(missing.into())), advice };
        KeyError::Unfit { path: public, source }
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
        let place = |file: String| KeyLocation::Bearer(file, algorithm.or_else(|| algorithm_of(first)));
        let private = private.map_err(KeyError::unfit_at(&path, place))?;
        let public = read_file(&public_path)?.map(|bytes| PublicKey::parse(&bytes)).transpose();
        let public = public.map_err(KeyError::unfit_at(&public_path, place))?;
        let (key, name) = match (private, public) {
            (Some(private), Some(public)) if public != private.public() => {
                return Err(self.mismatch(&public_name, &private_name));
            }
            (Some(private), _) => (PairKey::from(private), private_name),
            (None, Some(public)) => {
                let fault = expect_kind(public.kind(), algorithm);
                fault.map_err(KeyError::unfit_at(&public_path, place))?;
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

/// The algorithm of the kind of key that this name of test mode's keys stands for.
fn algorithm_of(first: &str) -> Option<Algorithm> {
    BEARER_PAIRS.into_iter().find(|(_, name)| *name == first).map(|(kind, _)| kind.usual_algorithm())
}

/// What verifies bearer tokens. The folder does not say under which algorithm they are signed: it is the first of
/// `preferred` that fits the key, or the usual one of its kind.
pub(super) fn read_bearer_verifying(folder: &Path, preferred: &[Algorithm]) -> Result<Vec<Verifier>, KeyError> {
    let files = Folder::at(folder)?;
    let verifier = |pair: &Dated<PairKey>| {
        let kind = pair.key.public.kind();
        let fitting = preferred.iter().copied().find(|algorithm| algorithm.key_kind() == kind);
        let algorithm = fitting.unwrap_or_else(|| kind.usual_algorithm());
        let verifier = Verifier::with_public(&pair.key.public, algorithm, &pair.source);
        Verifier { start: pair.start, end: pair.end, ..verifier }
    };
    Ok(files.bearer_halves(BEARER_PRIVATE, None)?.iter().map(verifier).collect())
}
