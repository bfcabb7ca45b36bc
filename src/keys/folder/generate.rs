//! Keys that `hallpass keygen` creates: all of their files are written, or none.

use std::fs;
use std::path::{Path, PathBuf};

use aws_lc_rs::rand::SecureRandom;

use super::changes::Changes;
use super::names::{HS256_SECRET, RS256_PRIVATE, RS256_PUBLIC, start_of_private_half, start_of_secret};
use super::new_keys::{public_pem, rsa_pem, secret_line, secret_text};
use super::{Folder, KeyError};
use crate::keys::{Algorithm, KeyKind, PrivateKey, RsaPrivateKey, Secret, Start};

/// Creates the secret that signs HS256, and returns its path.
pub fn generate_hs256(folder: &Path, force: bool, random: &dyn SecureRandom) -> Result<Vec<PathBuf>, KeyError> {
    let path = folder.join(HS256_SECRET);
    let text = secret_text(&path, random)?;
    expect_none_newer(folder, &path, start_of_secret)?;
    write_into_folder(folder, vec![(path, text)], force)
}

/// Creates the key pair that signs RS256, and returns the paths of its halves.
pub fn generate_rs256(folder: &Path, force: bool, bits: u32) -> Result<Vec<PathBuf>, KeyError> {
    let (path, public_path) = (folder.join(RS256_PRIVATE), folder.join(RS256_PUBLIC));
    let pem = rsa_pem(&path, bits)?;
    let private = RsaPrivateKey::parse(pem.as_bytes()).map_err(KeyError::unfit(&path))?;
    let public = public_pem(&public_path, private.public().to_pem())?;
    expect_none_newer(folder, &path, |name| start_of_private_half(RS256_PRIVATE, name))?;
    write_into_folder(folder, vec![(path, pem), (public_path, public)], force)
}

/// Creates a key for `algorithm` in a file of any name, readable only by its owner, and returns the paths: of a pair
/// also that of the public half, whose name ends in `.pub`. `bits` is the size of an RSA key.
pub fn generate_file(
    path: &Path,
    algorithm: Algorithm,
    bits: u32,
    force: bool,
    random: &dyn SecureRandom,
) -> Result<Vec<PathBuf>, KeyError> {
    let no_randomness = |_| KeyError::NoRandomness { path: path.to_owned() };
    let pem = match algorithm.key_kind() {
        KeyKind::Secret => {
            let secret = Secret::generate_for(algorithm, random).map_err(no_randomness)?;
            return write_files(vec![(path.to_owned(), secret_line(&secret))], force);
        }
        KeyKind::Rsa => rsa_pem(path, bits)?,
        kind => PrivateKey::generate_pem(kind).map_err(no_randomness)?,
    };
    let private = PrivateKey::parse(pem.as_bytes()).map_err(KeyError::unfit(path))?;
    let mut public_path = path.to_owned().into_os_string();
    public_path.push(".pub");
    let public = public_pem(path, private.public().to_pem())?;
    write_files(vec![(path.to_owned(), pem), (public_path.into(), public)], force)
}

/// A key without a time in its name is older than all others, so it would not sign beside a key that has one.
fn expect_none_newer(folder: &Path, path: &Path, start_in: impl Fn(&str) -> Option<Start>) -> Result<(), KeyError> {
    // A folder that cannot be read has its own error when it is written.
    let Ok(files) = fs::read_dir(folder) else { return Ok(()) };
    let names = files.filter_map(|file| file.ok()?.file_name().into_string().ok());
    let newest = names.filter_map(|name| Some((start_in(&name).filter(|start| *start != Start::ALWAYS)?, name))).max();
    match newest {
        Some((_, newer)) => Err(KeyError::Newer { path: path.to_owned(), newer: folder.join(newer) }),
        None => Ok(()),
    }
}

/// Creates all files or none, in a folder for its owner alone. With `force`, replaces existing ones.
fn write_into_folder(folder: &Path, files: Vec<(PathBuf, String)>, force: bool) -> Result<Vec<PathBuf>, KeyError> {
    Folder::at(folder)?.keep_private()?;
    write_files(files, force)
}

fn write_files(files: Vec<(PathBuf, String)>, force: bool) -> Result<Vec<PathBuf>, KeyError> {
    let mut changes = Changes::default();
    if force {
        changes.replace(&files)?;
    } else {
        changes.create(&files)?;
    }
    changes.commit();
    Ok(files.into_iter().map(|(path, _)| path).collect())
}
