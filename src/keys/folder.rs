//! The `keys` folder: which file holds what, and how a missing one is made.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use aws_lc_rs::rand::SecureRandom;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use thiserror::Error;

use super::files::{link_into_place, read_file, readable_by_others, replace};
use super::{
    Algorithm, BadCredential, GivenCredentials, GivenKey, KeyFault, KeyRing, KeySet, ProfileKeys, RsaPrivateKey,
    RsaPublicKey, Secret, Signer, Verifier, credentials,
};

const HS256_SECRET: &str = "hs256.secret";
const RS256_PRIVATE: &str = "jwt_key";
const RS256_PUBLIC: &str = "jwt_key.pub";
const REST_API_SECRET: &str = "rest-api.secret";
const BEARER_PRIVATE: &str = "bearer_key";
const BEARER_PUBLIC: &str = "bearer_key.pub";
const SESSION_KEY: &str = "session.key";

/// Public keys that belong to another profile, and so are no retired keys of the demo.
const OTHER_PROFILES: [&str; 2] = [BEARER_PUBLIC, "lab_key.pub"];

/// How many random bytes encrypt the session cookie.
pub const SESSION_KEY_BYTES: usize = 64;

/// Why the folder gives no key ring. The file is always named.
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
    #[error("cannot make an RSA key of {bits} bits; 2048, 3072, 4096 and 8192 can be made")]
    Bits { bits: u32 },
    #[error("cannot use a credential")]
    Credential { source: BadCredential },
    #[error("the system gave no random bytes for key `{path}`")]
    NoRandomness { path: PathBuf },
}

impl KeyError {
    /// Names the file whose content is at fault.
    pub fn unfit(path: &Path) -> impl Fn(KeyFault) -> Self {
        move |source| Self::Unfit { path: path.to_owned(), source }
    }
}

/// What a person should know of the folder, though it works.
#[derive(Debug)]
pub enum Warning {
    Made(PathBuf),
    ReadableByOthers(PathBuf),
    ShortSecret { path: PathBuf, bytes: usize },
    NotSaved { path: PathBuf, why: io::Error },
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Made(path) => write!(f, "made `{}`", path.display()),
            Self::ReadableByOthers(path) => {
                let path = path.display();
                write!(f, "others on this machine may read `{path}`; `chmod 600 {path}` keeps it to you")
            }
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

/// The folder's keys, with what is missing made first.
pub(super) fn prepare(
    folder: &Path,
    given: &GivenCredentials,
    random: &dyn SecureRandom,
) -> Result<(KeyRing, Vec<Warning>), KeyError> {
    let mut files = Folder { path: folder, warnings: Vec::new() };
    fs::create_dir_all(folder).map_err(|source| KeyError::Unwritable { path: folder.to_owned(), source })?;
    files.make_missing(random)?;
    let rsa = files.rsa_keys()?;
    if let Some(private) = &rsa.private {
        files.save_public(RS256_PUBLIC, private);
    }
    let bearer = files.bearer_key()?;
    let (accounts, secrets) = credentials::read(folder, given, random)?;
    let ring = KeyRing {
        hs256: files.secret(HS256_SECRET)?.map(|it| hs256_keys(&it, &files.name(HS256_SECRET))).unwrap_or_default(),
        published: rsa.publics.iter().map(|(public, _)| public).chain([bearer.public()]).collect(),
        rs256: rs256_keys(rsa),
        twilio: ProfileKeys::of_secret(&secrets.twilio, "TWILIO_API_KEY_SECRET"),
        zoom: ProfileKeys::of_secret(&secrets.zoom, "ZOOM_API_SECRET"),
        bearer: ProfileKeys::of_rsa(&bearer, &files.name(BEARER_PRIVATE)),
        rest_api: ProfileKeys::of_secret(&files.rest_api_secret()?, &files.name(REST_API_SECRET)),
        telesign: ProfileKeys::of_secret(&secrets.telesign, "TELESIGN_API_KEY"),
        telesign_api_key: secrets.telesign_api_key,
        accounts,
        session: files.session_key()?,
    };
    Ok((ring, files.warnings))
}

/// The folder's verifying keys as they are: HS256's, then RS256's.
pub(super) fn read(folder: &Path) -> Result<(KeySet, KeySet), KeyError> {
    let mut files = Folder { path: folder, warnings: Vec::new() };
    let secret = files.secret(HS256_SECRET)?;
    let hs256 = secret.map(|secret| hs256_keys(&secret, &files.name(HS256_SECRET))).unwrap_or_default();
    Ok((hs256, rs256_keys(files.rsa_keys()?)))
}

/// Makes the secret that signs HS256 and says where it is.
pub fn generate_hs256(folder: &Path, force: bool, random: &dyn SecureRandom) -> Result<Vec<PathBuf>, KeyError> {
    let path = folder.join(HS256_SECRET);
    let text = secret_text(&path, random)?;
    replace(&path, &text, force)?;
    Ok(vec![path])
}

/// Makes the pair that signs RS256 and says where its halves are.
pub fn generate_rs256(folder: &Path, force: bool, bits: u32) -> Result<Vec<PathBuf>, KeyError> {
    let (path, public_path) = (folder.join(RS256_PRIVATE), folder.join(RS256_PUBLIC));
    let pem = rsa_pem(&path, bits)?;
    let private = RsaPrivateKey::parse(pem.as_bytes(), RS256_PRIVATE).map_err(KeyError::unfit(&path))?;
    if !force && public_path.exists() {
        return Err(KeyError::Exists { path: public_path });
    }
    replace(&path, &pem, force)?;
    let unsound = || KeyError::Unfit { path: public_path.clone(), source: KeyFault::Unsound };
    replace(&public_path, &private.public().to_pem().ok_or_else(unsound)?, force)?;
    Ok(vec![path, public_path])
}

/// The RSA keys of a folder: the private one, when it is there, and the public ones with their file's name, the
/// signer's own first.
struct RsaKeys {
    private: Option<RsaPrivateKey>,
    publics: Vec<(RsaPublicKey, String)>,
}

fn hs256_keys(secret: &Secret, source: &str) -> KeySet {
    KeySet {
        signer: Some(Signer::with_secret(secret, Algorithm::Hs256, None)),
        verifiers: vec![Verifier::with_secret(secret, Algorithm::Hs256, source)],
    }
}

fn rs256_keys(keys: RsaKeys) -> KeySet {
    let sign =
        |private: &RsaPrivateKey| Signer::with_rsa(private, Algorithm::Rs256, Some(private.public().thumbprint()));
    KeySet {
        signer: keys.private.as_ref().map(sign),
        verifiers: (keys.publics.into_iter())
            .map(|(public, source)| Verifier::with_rsa(&public, Algorithm::Rs256, &source))
            .collect(),
    }
}

struct Folder<'a> {
    path: &'a Path,
    warnings: Vec<Warning>,
}

impl Folder<'_> {
    fn make_missing(&mut self, random: &dyn SecureRandom) -> Result<(), KeyError> {
        self.make(HS256_SECRET, |path| secret_text(path, random))?;
        self.make(REST_API_SECRET, |path| secret_text(path, random))?;
        self.make(BEARER_PRIVATE, |path| rsa_pem(path, 2048))?;
        self.make(SESSION_KEY, |path| session_key_text(path, random))?;
        if !self.path.join(RS256_PUBLIC).exists() {
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
        let secret = Secret::from_file(&bytes).map_err(KeyError::unfit(&path))?;
        self.warn_if_readable(&path);
        if secret.is_short() {
            self.warnings.push(Warning::ShortSecret { path, bytes: secret.as_bytes().len() });
        }
        Ok(Some(secret))
    }

    fn rest_api_secret(&mut self) -> Result<Secret, KeyError> {
        self.secret(REST_API_SECRET)?.ok_or_else(|| self.gone(REST_API_SECRET))
    }

    fn bearer_key(&mut self) -> Result<RsaPrivateKey, KeyError> {
        let private = self.rsa_private(BEARER_PRIVATE)?.ok_or_else(|| self.gone(BEARER_PRIVATE))?;
        match Self::rsa_public(&self.path.join(BEARER_PUBLIC))? {
            Some(public) if public != *private.public() => return Err(self.mismatch(BEARER_PUBLIC, BEARER_PRIVATE)),
            Some(_) => {}
            None => self.save_public(BEARER_PUBLIC, &private),
        }
        Ok(private)
    }

    /// Somebody removed a file between its making and its reading.
    fn gone(&self, name: &str) -> KeyError {
        KeyError::Unreadable { path: self.path.join(name), source: io::ErrorKind::NotFound.into() }
    }

    fn session_key(&mut self) -> Result<[u8; SESSION_KEY_BYTES], KeyError> {
        let path = self.path.join(SESSION_KEY);
        let bytes = read_file(&path)?.unwrap_or_default();
        self.warn_if_readable(&path);
        let decoded = URL_SAFE_NO_PAD.decode(bytes.trim_ascii()).ok();
        decoded.and_then(|key| key.try_into().ok()).ok_or(KeyError::Unfit { path, source: KeyFault::Session })
    }

    fn rsa_keys(&mut self) -> Result<RsaKeys, KeyError> {
        let private = self.rsa_private(RS256_PRIVATE)?;
        let public = Self::rsa_public(&self.path.join(RS256_PUBLIC))?;
        let mut publics = Vec::new();
        match (&private, public) {
            (Some(private), Some(public)) if *private.public() != public => {
                return Err(self.mismatch(RS256_PUBLIC, RS256_PRIVATE));
            }
            (Some(private), _) => publics.push((private.public().clone(), self.name(RS256_PRIVATE))),
            (None, Some(public)) => publics.push((public, self.name(RS256_PUBLIC))),
            (None, None) => {}
        }
        for path in self.retired()? {
            if let Some(public) = Self::rsa_public(&path)?
                && publics.iter().all(|(known, _)| *known != public)
            {
                let file = path.file_name().unwrap_or_default().to_string_lossy();
                publics.push((public, self.name(&file)));
            }
        }
        Ok(RsaKeys { private, publics })
    }

    fn rsa_private(&mut self, name: &str) -> Result<Option<RsaPrivateKey>, KeyError> {
        let path = self.path.join(name);
        let Some(bytes) = read_file(&path)? else { return Ok(None) };
        self.warn_if_readable(&path);
        let parsed = RsaPrivateKey::parse(&bytes, &path.display().to_string());
        parsed.map(Some).map_err(KeyError::unfit(&path))
    }

    fn rsa_public(path: &Path) -> Result<Option<RsaPublicKey>, KeyError> {
        let Some(bytes) = read_file(path)? else { return Ok(None) };
        let parsed = RsaPublicKey::parse(&bytes);
        parsed.map(Some).map_err(KeyError::unfit(path))
    }

    /// Every further public key, in the order of their names.
    fn retired(&self) -> Result<Vec<PathBuf>, KeyError> {
        let unreadable = |source| KeyError::Unreadable { path: self.path.to_owned(), source };
        let mut paths = Vec::new();
        let entries = match fs::read_dir(self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(paths),
            entries => entries.map_err(unreadable)?,
        };
        for entry in entries {
            let name = entry.map_err(unreadable)?.file_name();
            let Some(name) = name.to_str() else { continue };
            let public = name.strip_suffix(".pub").is_some_and(|stem| !stem.starts_with('.'));
            if public && name != RS256_PUBLIC && !OTHER_PROFILES.contains(&name) {
                paths.push(self.path.join(name));
            }
        }
        paths.sort();
        Ok(paths)
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
        let source = KeyFault::Mismatch(format!("`{}`", self.path.join(private).display()));
        KeyError::Unfit { path: self.path.join(public), source }
    }

    /// A file as a verdict names it, which clients read: with its folder, and without where that is.
    fn name(&self, file: &str) -> String {
        let folder = Path::new(self.path.file_name().unwrap_or_default());
        folder.join(file).display().to_string()
    }

    fn warn_if_readable(&mut self, path: &Path) {
        if readable_by_others(path) {
            self.warnings.push(Warning::ReadableByOthers(path.to_owned()));
        }
    }
}

impl GivenKey {
    /// Reads a key from a file of any name.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let missing = || KeyError::Unreadable { path: path.to_owned(), source: io::ErrorKind::NotFound.into() };
        let bytes = read_file(path)?.ok_or_else(missing)?;
        Self::parse(&bytes, &path.display().to_string()).map_err(KeyError::unfit(path))
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

fn rsa_pem(path: &Path, bits: u32) -> Result<String, KeyError> {
    let made = RsaPrivateKey::generate_pem(bits).ok_or(KeyError::Bits { bits })?;
    made.map_err(|_| KeyError::NoRandomness { path: path.to_owned() })
}
