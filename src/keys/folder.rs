//! The `keys` folder: the contents of each file, and how missing files are created.

mod bearer;
mod changes;
mod error;
mod generate;
mod names;
mod new_keys;
mod rotate;
mod teacher;

use std::fs;
use std::io;
use std::path::Path;

use aws_lc_rs::rand::SecureRandom;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::files::{link_into_place, read_file};
use super::permissions::{Exposed, Privacy, close_folder, make_private_folder};
use super::rotation::{Dated, DatedKeys, RsaKey};
use super::{
    Algorithm, BearerKeys, GivenCredentials, GivenKey, KeyFault, KeyLocation, KeyRing, KeySet, LabKeys, ProfileKeys,
    RsaPrivateKey, RsaPublicKey, SESSION_KEY_BYTES, Secret, Start, Verifier, credentials,
};
pub(super) use bearer::bearer_files;
pub(crate) use error::keygen_in;
pub use error::{KeyError, Warning};
pub use generate::{generate_file, generate_hs256, generate_rs256};
use names::{
    HS256_SECRET, LAB_PRIVATE, LAB_PUBLIC, LAB_SECRET, REST_API_SECRET, RS256_PRIVATE, SESSION_KEY, hs256_secret,
    is_of_another_profile, nearly_named, privacy_of, private_half, public_half, start_of_pair, start_of_secret,
};
use new_keys::{rsa_pem, secret_text, session_key_text};
pub use rotate::{RotatedKeys, Rotation, rotate};
pub(super) use teacher::{check_teacher_key, read_or_make_teacher_key};

impl KeyRing {
    /// Reads the folder's keys, after making those that are missing, readable only by their owner. The warnings say
    /// what was made, and what is doubtful.
    pub fn read_or_make(folder: &Path, random: &dyn SecureRandom) -> Result<(Self, Vec<Warning>), KeyError> {
        Self::read_or_make_with_accounts(folder, &GivenCredentials::default(), random)
    }

    /// Like [`read_or_make`](Self::read_or_make), with the given account values instead of generated ones.
    pub fn read_or_make_with_accounts(
        folder: &Path,
        given: &GivenCredentials,
        random: &dyn SecureRandom,
    ) -> Result<(Self, Vec<Warning>), KeyError> {
        read_or_make(folder, given, BearerKeys::default(), random)
    }

    /// Like [`read_or_make_with_accounts`](Self::read_or_make_with_accounts), with the keys for bearer tokens that are
    /// wanted.
    pub fn read_or_make_all(
        folder: &Path,
        given: &GivenCredentials,
        wanted: BearerKeys,
        random: &dyn SecureRandom,
    ) -> Result<(Self, Vec<Warning>), KeyError> {
        read_or_make(folder, given, wanted, random)
    }

    /// What verifies bearer tokens, which the server's access tokens and ID tokens are too: under the first of these
    /// algorithms that fits the key, or under the usual one of its kind. Makes nothing.
    pub fn read_bearer_verifying(folder: &Path, preferred: &[Algorithm]) -> Result<Vec<Verifier>, KeyError> {
        bearer::read_bearer_verifying(folder, preferred)
    }

    /// The demo's keys for verifying: those for HS256, then those for RS256. Makes nothing.
    pub fn read_verifying(folder: &Path) -> Result<(KeySet, KeySet), KeyError> {
        read_verifying(folder)
    }
}

/// Reads the folder's keys, after making those that are missing.
pub(super) fn read_or_make(
    folder: &Path,
    given: &GivenCredentials,
    wanted: BearerKeys,
    random: &dyn SecureRandom,
) -> Result<(KeyRing, Vec<Warning>), KeyError> {
    let mut files = Folder::at(folder)?;
    files.expect_bearer_private_halves(wanted)?;
    files.keep_private().and_then(|()| files.make_missing(wanted, random)).map_err(KeyError::advised_for_server)?;
    let demo_pairs = files.pairs_with_saved_halves()?;
    let demo_retired = files.retired(&demo_pairs)?;
    let demo_secrets = files.secrets()?;
    let bearer = files.bearer(wanted)?;
    let lab_rsa = files.pair(LAB_PRIVATE, LAB_PUBLIC)?;
    let lab_secret = files.needed_secret(LAB_SECRET)?;
    let (accounts, secrets) = credentials::read(folder, given, random).map_err(KeyError::advised_for_server)?;
    files.warn_of_exposed()?;
    files.note_not_read()?;
    let ring = KeyRing {
        hs256: KeySet::of_secrets(&demo_secrets),
        rs256: KeySet::of_rsa(&demo_pairs, &demo_retired),
        demo_secrets,
        demo_pairs,
        demo_retired,
        twilio: ProfileKeys::of_secret(&secrets.twilio, "TWILIO_API_KEY_SECRET"),
        zoom: ProfileKeys::of_secret(&secrets.zoom, "ZOOM_API_SECRET"),
        bearer,
        rest_api: ProfileKeys::of_secret(&files.needed_secret(REST_API_SECRET)?, &files.name(REST_API_SECRET)),
        telesign: ProfileKeys::of_secret(&secrets.telesign, "TELESIGN_API_KEY"),
        lab: LabKeys::new(lab_secret, lab_rsa, &files.name(LAB_SECRET), &files.name(LAB_PRIVATE)),
        telesign_api_key: secrets.telesign_api_key,
        accounts,
        session_key: files.session_key()?,
    };
    Ok((ring, files.warnings))
}

fn read_verifying(folder: &Path) -> Result<(KeySet, KeySet), KeyError> {
    let mut files = Folder::at(folder)?;
    let pairs = files.pairs()?;
    let retired = files.retired(&pairs)?;
    Ok((KeySet::of_secrets(&files.secrets()?), KeySet::of_rsa(&pairs, &retired)))
}

/// Checks the existing files, and creates nothing.
pub(super) fn check(folder: &Path, given: &GivenCredentials, wanted: BearerKeys) -> Result<Vec<Warning>, KeyError> {
    let mut files = Folder::at(folder)?;
    let pairs = files.pairs()?;
    files.retired(&pairs)?;
    files.secrets()?;
    for name in [REST_API_SECRET, LAB_SECRET] {
        files.secret(name)?;
    }
    files.check_pair(LAB_PRIVATE, LAB_PUBLIC)?;
    for (algorithm, name) in bearer_files(wanted) {
        files.bearer_pairs(name, Some(algorithm))?;
    }
    if folder.join(SESSION_KEY).exists() {
        files.session_key()?;
    }
    credentials::check(folder, given)?;
    files.warn_of_exposed()?;
    files.note_not_read()?;
    files.note_missing(wanted)?;
    Ok(files.warnings)
}

/// Files that may be in a folder that has no keys yet.
const NO_KEYS: [&str; 3] = [".gitignore", ".gitkeep", "README.md"];

struct Folder<'a> {
    path: &'a Path,
    warnings: Vec<Warning>,
}

impl<'a> Folder<'a> {
    /// The folder at this path, which may be missing.
    fn at(path: &'a Path) -> Result<Self, KeyError> {
        if path.is_file() {
            return Err(KeyError::NotAFolder { path: path.to_owned() });
        }
        Ok(Self { path, warnings: Vec::new() })
    }

    /// Creates the folder with mode 0700. An existing folder without keys gets that mode too. One with keys keeps its
    /// mode, and a warning says what other users may do.
    fn keep_private(&self) -> Result<(), KeyError> {
        let unwritable = |source| KeyError::Unwritable { path: self.path.to_owned(), source };
        make_private_folder(self.path).map_err(unwritable)?;
        let is_unused = self.names()?.iter().all(|name| NO_KEYS.contains(&name.as_str()));
        if is_unused && Exposed::find(self.path, Privacy::Secret).is_some() {
            // If that is not allowed, there will be a warning.
            drop(close_folder(self.path));
        }
        Ok(())
    }

    /// Warns about each of our files that other users can read or change.
    fn warn_of_exposed(&mut self) -> Result<(), KeyError> {
        let names = self.names()?;
        let exposed = names.iter().filter_map(|name| Exposed::find(&self.path.join(name), privacy_of(name)?));
        self.warnings.extend(exposed.map(Warning::ReadableByOthers));
        Ok(())
    }

    /// Notes each file whose name begins as a key's does and is not read: `jwt_key.pem`, or a start without its `Z`.
    fn note_not_read(&mut self) -> Result<(), KeyError> {
        for name in self.names()? {
            let path = self.path.join(&name);
            if let Some(wanted) = nearly_named(&name).filter(|_| path.is_file()) {
                self.warnings.push(Warning::NotRead { path, wanted });
            }
        }
        Ok(())
    }

    fn make_missing(&mut self, wanted: BearerKeys, random: &dyn SecureRandom) -> Result<(), KeyError> {
        if self.starts(start_of_secret)?.is_empty() {
            self.make(HS256_SECRET, |path| secret_text(path, random))?;
        }
        self.make(REST_API_SECRET, |path| secret_text(path, random))?;
        self.make_missing_bearer_pairs(wanted)?;
        self.make(LAB_SECRET, |path| secret_text(path, random))?;
        self.make(LAB_PRIVATE, |path| rsa_pem(path, 2048))?;
        self.make(SESSION_KEY, |path| session_key_text(path, random))?;
        if self.starts(start_of_demo_pair)?.is_empty() {
            self.make(RS256_PRIVATE, |path| rsa_pem(path, 2048))?;
        }
        Ok(())
    }

    fn make(&mut self, name: &str, text: impl FnOnce(&Path) -> Result<String, KeyError>) -> Result<(), KeyError> {
        let path = self.path.join(name);
        if !path.exists() && link_into_place(&path, &text(&path)?)? {
            self.warnings.push(Warning::Made(path));
        }
        Ok(())
    }

    fn secret(&mut self, name: &str) -> Result<Option<Secret>, KeyError> {
        let path = self.path.join(name);
        let Some(bytes) = read_file(&path)? else { return Ok(None) };
        let secret = GivenKey::secret_in_folder(&bytes).map_err(KeyError::unfit_at(&path, KeyLocation::Secret))?;
        if secret.is_short() {
            self.warnings.push(Warning::ShortSecret { path, bytes: secret.as_bytes().len() });
        }
        Ok(Some(secret))
    }

    fn check_pair(&mut self, private_name: &str, public_name: &str) -> Result<(), KeyError> {
        let private = self.rsa_private(private_name)?;
        let public = Self::rsa_public(&self.path.join(public_name))?;
        match private.zip(public) {
            Some((private, public)) if *private.public() != public => Err(self.mismatch(public_name, private_name)),
            _ => Ok(()),
        }
    }

    fn note_missing(&mut self, wanted: BearerKeys) -> Result<(), KeyError> {
        let mut missing = Vec::from([REST_API_SECRET, LAB_SECRET, LAB_PRIVATE, SESSION_KEY]);
        missing.retain(|name| !self.path.join(name).exists());
        for (_, name) in bearer_files(wanted) {
            missing.extend((!self.has_private_half(name)?).then_some(name));
        }
        missing.extend(self.starts(start_of_secret)?.is_empty().then_some(HS256_SECRET));
        missing.extend(self.starts(start_of_demo_pair)?.is_empty().then_some(RS256_PRIVATE));
        self.warnings.extend(missing.iter().map(|name| Warning::Missing(self.path.join(name))));
        Ok(())
    }

    fn needed_secret(&mut self, name: &str) -> Result<Secret, KeyError> {
        self.secret(name)?.ok_or_else(|| self.removed_meanwhile(name))
    }

    /// Reads a pair whose private key must exist, and writes the public key if it is missing.
    fn pair(&mut self, private_name: &str, public_name: &str) -> Result<RsaPrivateKey, KeyError> {
        let private = self.rsa_private(private_name)?.ok_or_else(|| self.removed_meanwhile(private_name))?;
        match Self::rsa_public(&self.path.join(public_name))? {
            Some(public) if public != *private.public() => return Err(self.mismatch(public_name, private_name)),
            Some(_) => {}
            None => self.save_public(public_name, private.public().to_pem()),
        }
        Ok(private)
    }

    /// The file was removed between its creation and its reading.
    fn removed_meanwhile(&self, name: &str) -> KeyError {
        KeyError::Unreadable { path: self.path.join(name), source: io::ErrorKind::NotFound.into() }
    }

    fn session_key(&mut self) -> Result<[u8; SESSION_KEY_BYTES], KeyError> {
        let path = self.path.join(SESSION_KEY);
        let bytes = read_file(&path)?.unwrap_or_default();
        let decoded = URL_SAFE_NO_PAD.decode(bytes.trim_ascii()).ok();
        decoded.and_then(|key| key.try_into().ok()).ok_or_else(|| {
            let fault = KeyFault::no_session_key(&bytes);
            KeyError::unfit_at(&path, KeyLocation::Secret)(fault)
        })
    }

    /// Every secret that signs or signed HS256.
    fn secrets(&mut self) -> Result<DatedKeys<Secret>, KeyError> {
        let mut secrets = Vec::new();
        for start in self.starts(start_of_secret)? {
            let name = hs256_secret(start);
            if let Some(secret) = self.secret(&name)? {
                secrets.push(Dated::new(start, secret, self.name(&name)));
            }
        }
        Ok(DatedKeys::new(secrets))
    }

    /// The same as [`pairs`](Self::pairs). The public half of each private one is in the folder after that.
    fn pairs_with_saved_halves(&mut self) -> Result<DatedKeys<RsaKey>, KeyError> {
        let pairs = self.pairs()?;
        for pair in pairs.iter() {
            if let Some(private) = &pair.key.private {
                self.save_public(&public_half(RS256_PRIVATE, pair.start), private.public().to_pem());
            }
        }
        Ok(pairs)
    }

    /// Every pair that signs or signed RS256, including those with only a public half left.
    fn pairs(&mut self) -> Result<DatedKeys<RsaKey>, KeyError> {
        let mut pairs = Vec::new();
        for start in self.starts(start_of_demo_pair)? {
            pairs.extend(self.rs256_pair(start)?);
        }
        Ok(DatedKeys::new(pairs))
    }

    fn rs256_pair(&mut self, start: Start) -> Result<Option<Dated<RsaKey>>, KeyError> {
        let (private_name, public_name) = (private_half(RS256_PRIVATE, start), public_half(RS256_PRIVATE, start));
        let private = self.rsa_private(&private_name)?;
        let public = Self::rsa_public(&self.path.join(&public_name))?;
        let (key, name) = match (private, public) {
            (Some(private), Some(public)) if *private.public() != public => {
                return Err(self.mismatch(&public_name, &private_name));
            }
            (Some(private), _) => (RsaKey { public: private.public().clone(), private: Some(private) }, private_name),
            (None, Some(public)) => (RsaKey { private: None, public }, public_name),
            (None, None) => return Ok(None),
        };
        Ok(Some(Dated::new(start, key, self.name(&name))))
    }

    /// Other public keys. They verify without a time limit.
    fn retired(&self, pairs: &DatedKeys<RsaKey>) -> Result<Vec<Dated<RsaPublicKey>>, KeyError> {
        let mut retired: Vec<Dated<RsaPublicKey>> = Vec::new();
        for name in self.names()? {
            let is_public = name.strip_suffix(".pub").is_some_and(|stem| !stem.starts_with('.'));
            if !is_public || start_of_demo_pair(&name).is_some() || is_of_another_profile(&name) {
                continue;
            }
            let Some(public) = Self::rsa_public(&self.path.join(&name))? else { continue };
            let is_in_pair = pairs.iter().any(|pair| pair.key.public == public);
            if !is_in_pair && retired.iter().all(|it| it.key != public) {
                retired.push(Dated::new(Start::ALWAYS, public, self.name(&name)));
            }
        }
        Ok(retired)
    }

    /// The start times in the names of files of one kind, each once.
    fn starts(&self, start_of: impl Fn(&str) -> Option<Start>) -> Result<Vec<Start>, KeyError> {
        let mut starts: Vec<Start> = self.names()?.iter().filter_map(|name| start_of(name)).collect();
        starts.sort();
        starts.dedup();
        Ok(starts)
    }

    fn rsa_private(&mut self, name: &str) -> Result<Option<RsaPrivateKey>, KeyError> {
        let path = self.path.join(name);
        let Some(bytes) = read_file(&path)? else { return Ok(None) };
        RsaPrivateKey::parse(&bytes).map(Some).map_err(KeyError::unfit_at(&path, KeyLocation::Private))
    }

    fn rsa_public(path: &Path) -> Result<Option<RsaPublicKey>, KeyError> {
        let Some(bytes) = read_file(path)? else { return Ok(None) };
        RsaPublicKey::parse(&bytes).map(Some).map_err(KeyError::unfit_at(path, KeyLocation::Public))
    }

    /// The names of all files, in order.
    fn names(&self) -> Result<Vec<String>, KeyError> {
        let unreadable = |source| KeyError::Unreadable { path: self.path.to_owned(), source };
        let entries = match fs::read_dir(self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(unreadable)?,
        };
        let mut names = Vec::new();
        for entry in entries {
            names.extend(entry.map_err(unreadable)?.file_name().into_string().ok());
        }
        names.sort();
        Ok(names)
    }

    /// Saves the public half of a private key that is alone in the folder, so that other tools can verify with it.
    fn save_public(&mut self, name: &str, pem: Option<String>) {
        let path = self.path.join(name);
        if path.exists() {
            return;
        }
        let Some(pem) = pem else { return };
        match link_into_place(&path, &pem) {
            Ok(made) => self.warnings.extend(made.then_some(Warning::Made(path))),
            Err(KeyError::Unwritable { path, source: why }) => self.warnings.push(Warning::NotSaved { path, why }),
            Err(_) => {}
        }
    }

    fn mismatch(&self, public: &str, private: &str) -> KeyError {
        let fault = KeyFault::Mismatch(format!("`{}`", self.path.join(private).display()));
        KeyError::unfit_at(&self.path.join(public), KeyLocation::Public)(fault)
    }

    /// The folder's own name and the file's, without the path before them, because clients read it in verdicts.
    fn name(&self, file: &str) -> String {
        let folder = Path::new(self.path.file_name().unwrap_or_default());
        folder.join(file).display().to_string()
    }
}

/// The start in the name of either half of a pair that signs RS256 for the demo.
fn start_of_demo_pair(name: &str) -> Option<Start> {
    start_of_pair(RS256_PRIVATE, name)
}
