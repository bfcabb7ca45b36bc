//! The file with the key of the teacher's link, which only a server with a class has.

use std::path::Path;

use aws_lc_rs::rand::SecureRandom;

use super::error::{KeyError, Warning};
use super::names::TEACHER_KEY;
use crate::keys::files::{link_into_place, read_file};
use crate::keys::{KeyFault, KeyLocation, TeacherKey};

/// Reads the key, after making it if it is missing, readable only by its owner.
pub(in crate::keys) fn read_or_make_teacher_key(
    folder: &Path,
    random: &dyn SecureRandom,
) -> Result<(TeacherKey, Vec<Warning>), KeyError> {
    let path = folder.join(TEACHER_KEY);
    let mut warnings = Vec::new();
    if !path.exists() {
        let key = TeacherKey::generate(random).map_err(|_| KeyError::NoRandomness { path: path.clone() })?;
        let is_made = link_into_place(&path, &(key.to_text() + "\n")).map_err(KeyError::advised_for_server)?;
        warnings.extend(is_made.then(|| Warning::Made(path.clone())));
    }
    // Another process may have made it meanwhile, so what is there counts.
    let key = read(&path)?.ok_or_else(|| KeyError::Unreadable { path, source: std::io::ErrorKind::NotFound.into() })?;
    Ok((key, warnings))
}

/// Checks the key if it is there, and makes nothing.
pub(in crate::keys) fn check_teacher_key(folder: &Path) -> Result<Vec<Warning>, KeyError> {
    let path = folder.join(TEACHER_KEY);
    Ok(if read(&path)?.is_some() { Vec::new() } else { vec![Warning::Missing(path)] })
}

fn read(path: &Path) -> Result<Option<TeacherKey>, KeyError> {
    let Some(bytes) = read_file(path)? else { return Ok(None) };
    let key = TeacherKey::parse(&bytes).ok_or(KeyFault::Teacher);
    key.map(Some).map_err(KeyError::unfit_at(path, KeyLocation::Secret))
}
