//! Reads the certificate and key files, and explains what is wrong with them.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rustls::crypto::aws_lc_rs::sign;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys};
use thiserror::Error as ErrorDerive;

use crate::input::read_bounded;
use crate::keys::{KeyFault, KeyLocation, shell_word, tls_certificates, tls_key};

/// In bytes; no certificate chain is this large.
const LARGEST_FILE: u64 = 1024 * 1024;
const TOO_LARGE: &str = "it is over 1 MiB, which neither a chain nor a key is";

/// Why a certificate or key file cannot be used: which file, what is wrong, how to fix it.
#[derive(Debug, ErrorDerive)]
pub enum BadPair {
    #[error("cannot read --{flag} `{path}`")]
    Unreadable { flag: &'static str, path: PathBuf, source: io::Error },
    #[error("cannot use --{flag} `{path}`: it is empty; put the PEM text there")]
    Empty { flag: &'static str, path: PathBuf },
    #[error("cannot use --{flag} `{path}`: {fault}")]
    Unfit { flag: &'static str, path: PathBuf, fault: KeyFault },
    #[error("cannot use --tls-cert `{path}`: it is {name}; `{command}` writes its certificates as PEM")]
    Packed { path: PathBuf, name: &'static str, command: String },
    #[error(
        "cannot use --tls-cert `{path}`: it has no certificate; give PEM: the server's certificate first, then the \
         intermediate certificates"
    )]
    NoCertificate { path: PathBuf },
    #[error(
        "cannot use --tls-cert `{path}`: its first certificate cannot be read; take the file that the CA handed out"
    )]
    BadCertificate { path: PathBuf, source: Error },
    #[error("cannot use --tls-key `{path}`: no private key is in it; accepted: PEM, PKCS#8, PKCS#1 or SEC1")]
    NoKey { path: PathBuf },
    #[error(
        "cannot use --tls-key `{path}`: TLS cannot sign with it; accepted: RSA of 2048 to 8192 bits, ECDSA on P-256, \
         P-384 or P-521, Ed25519"
    )]
    UnfitKey { path: PathBuf, source: Error },
    #[error(
        "--tls-key `{key}` is not the key of the certificate in --tls-cert `{chain}`; give the two that belong together, \
         the server's own certificate first"
    )]
    Mismatch { key: PathBuf, chain: PathBuf },
}

/// Reads the certificate chain and its key, and checks that they belong together.
pub(super) fn read(chain: &Path, key: &Path) -> Result<CertifiedKey, BadPair> {
    let certificates = certificates(chain)?;
    let signer = sign::any_supported_type(&private_key(key)?)
        .map_err(|source| BadPair::UnfitKey { path: key.to_owned(), source })?;
    let pair = CertifiedKey::new(certificates, signer);
    match pair.keys_match() {
        Ok(()) => Ok(pair),
        Err(Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {
            Err(BadPair::Mismatch { key: key.to_owned(), chain: chain.to_owned() })
        }
        Err(source) => Err(BadPair::BadCertificate { path: chain.to_owned(), source }),
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, BadPair> {
    let found = tls_certificates(&bytes("tls-cert", path)?).map_err(|fault| unfit_chain(path, fault))?;
    Ok(found.into_iter().map(CertificateDer::from).collect())
}

fn unfit_chain(path: &Path, fault: KeyFault) -> BadPair {
    let path = path.to_owned();
    match fault {
        KeyFault::Unrecognised => BadPair::NoCertificate { path },
        KeyFault::Foreign(form) => {
            let command = form.certificates_command(&shell_word(&path.display().to_string()));
            BadPair::Packed { path, name: form.name, command }
        }
        fault => unfit("tls-cert", path, fault),
    }
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, BadPair> {
    let der = tls_key(&bytes("tls-key", path)?).map_err(|fault| unfit_key(path, fault))?;
    let unknown = |_| BadPair::NoKey { path: path.to_owned() };
    PrivateKeyDer::try_from(der).map_err(unknown)
}

fn unfit_key(path: &Path, fault: KeyFault) -> BadPair {
    let path = path.to_owned();
    match fault {
        KeyFault::Unrecognised | KeyFault::PublicForPrivate => BadPair::NoKey { path },
        KeyFault::Foreign(form) if form.is_public() => BadPair::NoKey { path },
        fault => unfit("tls-key", path, fault),
    }
}

fn unfit(flag: &'static str, path: PathBuf, fault: KeyFault) -> BadPair {
    let place = KeyLocation::Tls(path.display().to_string());
    BadPair::Unfit { flag, path, fault: fault.advised(&place) }
}

fn bytes(flag: &'static str, path: &Path) -> Result<Vec<u8>, BadPair> {
    let unreadable = |source| BadPair::Unreadable { flag, path: path.to_owned(), source };
    let meta = fs::metadata(path).map_err(unreadable)?;
    if !meta.is_file() {
        return Err(unreadable(io::Error::other("it is not a regular file")));
    }
    if meta.len() > LARGEST_FILE {
        return Err(unreadable(io::Error::other(TOO_LARGE)));
    }
    let file = File::open(path).map_err(unreadable)?;
    let bytes = read_bounded(file, LARGEST_FILE, TOO_LARGE).map_err(unreadable)?;
    if bytes.trim_ascii().is_empty() { Err(BadPair::Empty { flag, path: path.to_owned() }) } else { Ok(bytes) }
}
