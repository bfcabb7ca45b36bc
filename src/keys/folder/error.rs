//! Why a key file cannot be used, and what is noteworthy about a folder that can.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::keys::permissions::Exposed;
use crate::keys::{BadCredential, KeyFault, KeyLocation, Secret, shell_word};
use crate::texts::wording::counted;

/// Why the folder cannot be used. The message always names the file.
#[derive(Debug, Error)]
pub enum KeyError {
    #[error("cannot use key `{path}`")]
    Unfit { path: PathBuf, source: KeyFault },
    #[error("--keys is `{path}`, which is a file; name the folder that the keys are in")]
    NotAFolder { path: PathBuf },
    #[error("cannot read key `{path}`")]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("cannot write key `{path}`")]
    Unwritable { path: PathBuf, source: io::Error },
    #[error(
        "`{path}` is there already; `--force` replaces it, and a server that reads its keys again refuses every token that it signed"
    )]
    Exists { path: PathBuf },
    #[error(
        "`{path}` would not sign, because `{newer}` is newer; make the next key with `hallpass rotate`, or if that key was \
         stolen, remove it first, with its public half"
    )]
    Newer { path: PathBuf, newer: PathBuf },
    #[error(
        "`{folder}` has no {keys} key to rotate; `{}` makes one, and the first start of the server makes all keys",
        keygen_in(folder)
    )]
    NothingToRotate { folder: PathBuf, keys: String },
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

    /// Adds advice to the error of a server that cannot write its folder.
    pub(in crate::keys) fn advised_for_server(self) -> Self {
        let Self::Unwritable { path, source } = self else { return self };
        let advice = "let the server write to its keys folder, or start it with --keys memory, which writes none";
        Self::Unwritable { path, source: io::Error::new(source.kind(), format!("{source}; {advice}")) }
    }

    pub(in crate::keys) fn unfit_at(path: &Path, place: impl Fn(String) -> KeyLocation) -> impl Fn(KeyFault) -> Self {
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
    /// A file whose name begins as a key's does, and which is no key's.
    NotRead {
        path: PathBuf,
        /// The names that are read.
        wanted: String,
    },
    ShortSecret {
        path: PathBuf,
        bytes: usize,
    },
    NotSaved {
        path: PathBuf,
        why: io::Error,
    },
    /// Pairs with which only tests sign.
    KeptInMemory {
        paths: Vec<PathBuf>,
        why: io::Error,
    },
}

impl Warning {
    /// One line for all keys that were made, if any were. The public half of a pair goes without saying.
    pub fn about_made_keys(warnings: &[Self]) -> Option<String> {
        let paths = warnings.iter().filter_map(|warning| match warning {
            Self::Made(path) => Some(path),
            _ => None,
        });
        let paths: Vec<&PathBuf> = paths.collect();
        let is_other_half = |path: &Path| {
            path.extension().is_some_and(|it| it == "pub") && paths.iter().any(|it| **it == path.with_extension(""))
        };
        let names = paths.iter().filter(|path| !is_other_half(path)).filter_map(|path| path.file_name());
        let names: Vec<_> = names.map(|name| name.to_string_lossy()).collect();
        let folder = paths.first()?.parent()?.display();
        Some(format!("made keys in `{folder}`: {}", names.join(", ")))
    }
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Made(path) => write!(f, "made `{}`", path.display()),
            Self::Missing(path) => write!(f, "`{}` is not there yet; a start makes it", path.display()),
            Self::ReadableByOthers(exposed) => exposed.fmt(f),
            Self::NotRead { path, wanted } => {
                write!(f, "`{}` is not read, because no key has that name; {wanted}", path.display())
            }
            Self::ShortSecret { path, bytes } => {
                let (path, bytes, least) = (path.display(), counted(*bytes, "byte"), Secret::SHORTEST_SAFE);
                write!(f, "`{path}` has {bytes} and HS256 asks for {least}: a word list may find it")
            }
            Self::NotSaved { path, why } => {
                write!(f, "the public key is not saved as `{}`: {why}", path.display())
            }
            Self::KeptInMemory { paths, why } => {
                let paths = paths.iter().map(|path| format!("`{}`", path.display())).collect::<Vec<_>>().join(", ");
                write!(
                    f,
                    "keys of test mode are in memory and end with the server, because {paths} cannot be written: {why}"
                )
            }
        }
    }
}
/// The folder that commands use when none is named.
const USUAL_FOLDER: &str = "keys";

/// The command that makes a key in this folder.
pub(crate) fn keygen_in(folder: &Path) -> String {
    let is_usual = folder == Path::new(USUAL_FOLDER);
    let more = if is_usual { String::new() } else { format!(" --keys {}", shell_word(&folder.display().to_string())) };
    format!("hallpass keygen{more}")
}
