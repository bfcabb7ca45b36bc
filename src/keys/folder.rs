//! The `keys` folder: the contents of each file, and how missing files are created.

mod changes;
mod rotate;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use aws_lc_rs::rand::SecureRandom;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use thiserror::Error;

use super::files::{link_into_place, read_bounded, read_file, read_given};
use super::permissions::{Exposed, Privacy, close_folder, make_private_folder};
use super::rotation::{Dated, Lineage, RsaKey};
use super::{
    BadCredential, GivenCredentials, GivenKey, KeyFault, KeyLocation, KeyRing, KeySet, LabKeys, ProfileKeys,
    RsaPrivateKey, RsaPublicKey, Secret, Start, credentials,
};
use changes::Changes;
pub use rotate::{Rotation, rotate};

const HS256_SECRET: &str = "hs256.secret";
const RS256_PRIVATE: &str = "jwt_key";
const RS256_PUBLIC: &str = "jwt_key.pub";
const REST_API_SECRET: &str = "rest-api.secret";
const BEARER_PRIVATE: &str = "bearer_key";
const BEARER_PUBLIC: &str = "bearer_key.pub";
const LAB_SECRET: &str = "lab.secret";
const LAB_PRIVATE: &str = "lab_key";
const LAB_PUBLIC: &str = "lab_key.pub";
const SESSION_KEY: &str = "session.key";

/// Public keys of other profiles, which are not retired keys of the demo.
const OTHER_PROFILES: [&str; 2] = [BEARER_PUBLIC, LAB_PUBLIC];

/// How many random bytes encrypt the session cookie.
pub const SESSION_KEY_BYTES: usize = 64;

/// Why the folder cannot be used. The message always names the file.
#[derive(Debug, Error)]
pub enum KeyError {
    #[error("cannot use key `{path}`")]
    Unfit { path: PathBuf, source: KeyFault },
    #[error("cannot read key `{path}`")]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("cannot write key `{path}`")]
    Unwritable { path: PathBuf, source: io::Error },
    #[error("`{path}` is there already; `--force` replaces it, and every token that it signed is refused from then on")]
    Exists { path: PathBuf },
    #[error(
        "`{folder}` has no {algorithms} key to rotate; `hallpass keygen` makes one, and the first start of the server makes \
         all keys"
    )]
    NothingToRotate { folder: PathBuf, algorithms: String },
    #[error("cannot make an RSA key of {bits} bits; 2048, 3072, 4096 and 8192 can be made")]
    Bits { bits: u32 },
    #[error("cannot use a credential")]
    Credential { source: BadCredential },
    #[error("the system gave no random bytes for key `{path}`")]
    NoRandomness { path: PathBuf },
}

impl KeyError {
    /// Adds the file's name, and advice for a file that was named on the command line.
    /// Commands do not read again what came on standard input, which is called `-`.
    pub fn unfit(path: &Path) -> impl Fn(KeyFault) -> Self {
        Self::unfit_at(path, |path| KeyLocation::Given(if path == "-" { "FILE".to_owned() } else { path }))
    }

    fn unfit_at(path: &Path, place: fn(String) -> KeyLocation) -> impl Fn(KeyFault) -> Self {
        move |fault| {
            let source = fault.advised(&place(path.display().to_string()));
            Self::Unfit { path: path.to_owned(), source }
        }
    }
}

/// A warning about a folder that works.
#[derive(Debug)]
pub enum Warning {
    Made(PathBuf),
    Missing(PathBuf),
    ReadableByOthers(Exposed),
    ShortSecret { path: PathBuf, bytes: usize },
    NotSaved { path: PathBuf, why: io::Error },
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Made(path) => write!(f, "made `{}`", path.display()),
            Self::Missing(path) => write!(f, "`{}` is not there yet; a start makes it", path.display()),
            Self::ReadableByOthers(exposed) => exposed.fmt(f),
            Self::ShortSecret { path, bytes } => {
                let (path, least) = (path.display(), Secret::SHORTEST_SAFE);
                write!(f, "`{path}` has {bytes} bytes and HS256 asks for {least}: a word list may find it")
            }
            Self::NotSaved { path, why } => {
                write!(f, "the public key is not saved as `{}`: {why}", path.display())
            }
        }
    }
}

/// Reads the folder's keys, after creating missing ones.
pub(super) fn prepare(
    folder: &Path,
    given: &GivenCredentials,
    random: &dyn SecureRandom,
) -> Result<(KeyRing, Vec<Warning>), KeyError> {
    let mut files = Folder { path: folder, warnings: Vec::new() };
    files.keep_private()?;
    files.make_missing(random)?;
    let pairs = files.pairs()?;
    for pair in pairs.iter() {
        if let Some(private) = &pair.key.private {
            files.save_public(&rs256_public(pair.start), private);
        }
    }
    let retired = files.retired(&pairs)?;
    let hs256_secrets = files.secrets()?;
    let bearer = files.pair(BEARER_PRIVATE, BEARER_PUBLIC)?;
    let lab_rsa = files.pair(LAB_PRIVATE, LAB_PUBLIC)?;
    let lab_secret = files.needed_secret(LAB_SECRET)?;
    let (accounts, secrets) = credentials::read(folder, given, random)?;
    files.warn_of_exposed()?;
    let ring = KeyRing {
        hs256: KeySet::of_secrets(&hs256_secrets),
        rs256: KeySet::of_rsa(&pairs, &retired),
        secrets: hs256_secrets,
        pairs,
        retired,
        bearer_public: bearer.public().clone(),
        twilio: ProfileKeys::of_secret(&secrets.twilio, "TWILIO_API_KEY_SECRET"),
        zoom: ProfileKeys::of_secret(&secrets.zoom, "ZOOM_API_SECRET"),
        bearer: ProfileKeys::of_rsa(&bearer, &files.name(BEARER_PRIVATE)),
        rest_api: ProfileKeys::of_secret(&files.needed_secret(REST_API_SECRET)?, &files.name(REST_API_SECRET)),
        telesign: ProfileKeys::of_secret(&secrets.telesign, "TELESIGN_API_KEY"),
        lab: LabKeys::new(lab_secret, lab_rsa, &files.name(LAB_SECRET), &files.name(LAB_PRIVATE)),
        telesign_api_key: secrets.telesign_api_key,
        accounts,
        session: files.session_key()?,
    };
    Ok((ring, files.warnings))
}

/// The folder's keys that verify: those for HS256, then those for RS256.
pub(super) fn read(folder: &Path) -> Result<(KeySet, KeySet), KeyError> {
    let mut files = Folder { path: folder, warnings: Vec::new() };
    let pairs = files.pairs()?;
    let retired = files.retired(&pairs)?;
    Ok((KeySet::of_secrets(&files.secrets()?), KeySet::of_rsa(&pairs, &retired)))
}

/// Checks the existing files, and creates nothing.
pub(super) fn check(folder: &Path, given: &GivenCredentials) -> Result<Vec<Warning>, KeyError> {
    let mut files = Folder { path: folder, warnings: Vec::new() };
    let pairs = files.pairs()?;
    files.retired(&pairs)?;
    files.secrets()?;
    for name in [REST_API_SECRET, LAB_SECRET] {
        files.secret(name)?;
    }
    for (private, public) in [(BEARER_PRIVATE, BEARER_PUBLIC), (LAB_PRIVATE, LAB_PUBLIC)] {
        files.check_pair(private, public)?;
    }
    if folder.join(SESSION_KEY).exists() {
        files.session_key()?;
    }
    credentials::check(folder, given)?;
    files.warn_of_exposed()?;
    files.note_missing()?;
    Ok(files.warnings)
}

/// Creates the secret that signs HS256, and returns its path.
pub fn generate_hs256(folder: &Path, force: bool, random: &dyn SecureRandom) -> Result<Vec<PathBuf>, KeyError> {
    let path = folder.join(HS256_SECRET);
    let text = secret_text(&path, random)?;
    generated(folder, vec![(path, text)], force)
}

/// Creates the key pair that signs RS256, and returns the paths of its halves.
pub fn generate_rs256(folder: &Path, force: bool, bits: u32) -> Result<Vec<PathBuf>, KeyError> {
    let (path, public_path) = (folder.join(RS256_PRIVATE), folder.join(RS256_PUBLIC));
    let pem = rsa_pem(&path, bits)?;
    let private = RsaPrivateKey::parse(pem.as_bytes()).map_err(KeyError::unfit(&path))?;
    let public = public_pem(&public_path, &private)?;
    generated(folder, vec![(path, pem), (public_path, public)], force)
}

/// Creates all files or none. With `force`, replaces existing ones.
fn generated(folder: &Path, files: Vec<(PathBuf, String)>, force: bool) -> Result<Vec<PathBuf>, KeyError> {
    Folder { path: folder, warnings: Vec::new() }.keep_private()?;
    let mut changes = Changes::default();
    if force {
        changes.replace(&files)?;
    } else {
        changes.make(&files)?;
    }
    changes.keep();
    Ok(files.into_iter().map(|(path, _)| path).collect())
}

/// `jwt_key`, or with its start `jwt_key.20261121T215000Z`.
fn rs256_private(start: Start) -> String {
    if start == Start::ALWAYS { RS256_PRIVATE.to_owned() } else { format!("{RS256_PRIVATE}.{start}") }
}

fn rs256_public(start: Start) -> String {
    rs256_private(start) + ".pub"
}

/// `hs256.secret`, or with its start `hs256.20261121T215000Z.secret`.
fn hs256_secret(start: Start) -> String {
    if start == Start::ALWAYS { HS256_SECRET.to_owned() } else { format!("hs256.{start}.secret") }
}

/// The start in the name of a secret that signs HS256.
fn start_of_secret(name: &str) -> Option<Start> {
    match name {
        HS256_SECRET => Some(Start::ALWAYS),
        _ => Start::parse(name.strip_prefix("hs256.")?.strip_suffix(".secret")?),
    }
}

/// The start in the name of either half of a pair that signs RS256.
fn start_of_pair(name: &str) -> Option<Start> {
    let name = name.strip_suffix(".pub").unwrap_or(name);
    match name {
        RS256_PRIVATE => Some(Start::ALWAYS),
        _ => Start::parse(name.strip_prefix(RS256_PRIVATE)?.strip_prefix('.')?),
    }
}

/// How private a file with this name must be; `None` if it is not ours.
fn privacy_of(name: &str) -> Option<Privacy> {
    let is_private = || {
        name.ends_with(".secret")
            || [SESSION_KEY, credentials::FILE].contains(&name)
            || [RS256_PRIVATE, BEARER_PRIVATE, LAB_PRIVATE].iter().any(|private| name.starts_with(private))
    };
    if name.strip_suffix(".pub").is_some() { Some(Privacy::Public) } else { is_private().then_some(Privacy::Secret) }
}

/// Files that may be in a folder that has no keys yet.
const NO_KEYS: [&str; 3] = [".gitignore", ".gitkeep", "README.md"];

struct Folder<'a> {
    path: &'a Path,
    warnings: Vec<Warning>,
}

impl Folder<'_> {
    /// Makes the folder for its owner alone. One without any key becomes so too, for the keys that are made now are
    /// their owner's; one with keys stays as it is, and a warning says what others may do.
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

    fn make_missing(&mut self, random: &dyn SecureRandom) -> Result<(), KeyError> {
        if self.starts(start_of_secret)?.is_empty() {
            self.make(HS256_SECRET, |path| secret_text(path, random))?;
        }
        self.make(REST_API_SECRET, |path| secret_text(path, random))?;
        self.make(BEARER_PRIVATE, |path| rsa_pem(path, 2048))?;
        self.make(LAB_SECRET, |path| secret_text(path, random))?;
        self.make(LAB_PRIVATE, |path| rsa_pem(path, 2048))?;
        self.make(SESSION_KEY, |path| session_key_text(path, random))?;
        if self.starts(start_of_pair)?.is_empty() {
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
        let secret = Secret::from_file(&bytes).map_err(KeyError::unfit_at(&path, KeyLocation::Secret))?;
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

    fn note_missing(&mut self) -> Result<(), KeyError> {
        let mut missing: Vec<&str> = [REST_API_SECRET, BEARER_PRIVATE, LAB_SECRET, LAB_PRIVATE, SESSION_KEY]
            .into_iter()
            .filter(|name| !self.path.join(name).exists())
            .collect();
        missing.extend(self.starts(start_of_secret)?.is_empty().then_some(HS256_SECRET));
        missing.extend(self.starts(start_of_pair)?.is_empty().then_some(RS256_PRIVATE));
        self.warnings.extend(missing.iter().map(|name| Warning::Missing(self.path.join(name))));
        Ok(())
    }

    fn needed_secret(&mut self, name: &str) -> Result<Secret, KeyError> {
        self.secret(name)?.ok_or_else(|| self.gone(name))
    }

    /// The private key of a pair whose private half is always here; the public one is saved when it is missing.
    fn pair(&mut self, private_name: &str, public_name: &str) -> Result<RsaPrivateKey, KeyError> {
        let private = self.rsa_private(private_name)?.ok_or_else(|| self.gone(private_name))?;
        match Self::rsa_public(&self.path.join(public_name))? {
            Some(public) if public != *private.public() => return Err(self.mismatch(public_name, private_name)),
            Some(_) => {}
            None => self.save_public(public_name, &private),
        }
        Ok(private)
    }

    /// The file was removed between its creation and its reading.
    fn gone(&self, name: &str) -> KeyError {
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
    fn secrets(&mut self) -> Result<Lineage<Secret>, KeyError> {
        let mut secrets = Vec::new();
        for start in self.starts(start_of_secret)? {
            let name = hs256_secret(start);
            if let Some(secret) = self.secret(&name)? {
                secrets.push(Dated::new(start, secret, self.name(&name)));
            }
        }
        Ok(Lineage::new(secrets))
    }

    /// Every pair that signs or signed RS256, including those with only a public half left.
    fn pairs(&mut self) -> Result<Lineage<RsaKey>, KeyError> {
        let mut pairs = Vec::new();
        for start in self.starts(start_of_pair)? {
            pairs.extend(self.rs256_pair(start)?);
        }
        Ok(Lineage::new(pairs))
    }

    fn rs256_pair(&mut self, start: Start) -> Result<Option<Dated<RsaKey>>, KeyError> {
        let (private_name, public_name) = (rs256_private(start), rs256_public(start));
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
    fn retired(&self, pairs: &Lineage<RsaKey>) -> Result<Vec<Dated<RsaPublicKey>>, KeyError> {
        let mut retired: Vec<Dated<RsaPublicKey>> = Vec::new();
        for name in self.names()? {
            let is_public = name.strip_suffix(".pub").is_some_and(|stem| !stem.starts_with('.'));
            if !is_public || start_of_pair(&name).is_some() || OTHER_PROFILES.contains(&name.as_str()) {
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

    /// The public half stands beside a private key that came alone, for other tools to verify with.
    fn save_public(&mut self, name: &str, private: &RsaPrivateKey) {
        let path = self.path.join(name);
        if path.exists() {
            return;
        }
        let Some(pem) = private.public().to_pem() else { return };
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

    /// A file as a verdict names it, which clients read: with its folder, and without where that is.
    fn name(&self, file: &str) -> String {
        let folder = Path::new(self.path.file_name().unwrap_or_default());
        folder.join(file).display().to_string()
    }
}

impl GivenKey {
    /// Reads a key from a file of any name, or from a pipe that has one.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let bytes = read_given(path)?;
        Self::parse(&bytes, &path.display().to_string()).map_err(KeyError::unfit(path))
    }

    /// Reads a key from standard input, which a command line calls `-`.
    pub fn read_from(source: &mut dyn io::Read) -> Result<Self, KeyError> {
        let path = Path::new("-");
        let unreadable = |source| KeyError::Unreadable { path: path.to_owned(), source };
        let bytes = read_bounded(source).map_err(unreadable)?;
        Self::parse(&bytes, "standard input").map_err(KeyError::unfit(path))
    }
}

fn secret_text(path: &Path, random: &dyn SecureRandom) -> Result<String, KeyError> {
    let secret = Secret::generate(random).map_err(|_| KeyError::NoRandomness { path: path.to_owned() })?;
    Ok(String::from_utf8_lossy(secret.as_bytes()).into_owned() + "\n")
}

fn session_key_text(path: &Path, random: &dyn SecureRandom) -> Result<String, KeyError> {
    let mut bytes = [0; SESSION_KEY_BYTES];
    random.fill(&mut bytes).map_err(|_| KeyError::NoRandomness { path: path.to_owned() })?;
    Ok(URL_SAFE_NO_PAD.encode(bytes) + "\n")
}

fn public_pem(path: &Path, private: &RsaPrivateKey) -> Result<String, KeyError> {
    let unsound = || KeyError::Unfit { path: path.to_owned(), source: KeyFault::Unsound };
    private.public().to_pem().ok_or_else(unsound)
}

fn rsa_pem(path: &Path, bits: u32) -> Result<String, KeyError> {
    let made = RsaPrivateKey::generate_pem(bits).ok_or(KeyError::Bits { bits })?;
    made.map_err(|_| KeyError::NoRandomness { path: path.to_owned() })
}
