//! Where the keys of a server are kept.

use std::fmt;
use std::path::{Path, PathBuf};

use aws_lc_rs::rand::SecureRandom;

use super::{BearerKeys, GivenCredentials, KeyError, KeyRing, TeacherKey, Warning, credentials, folder, memory};

/// Where the keys of a server are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// In files, which are made where they are missing.
    Folder(PathBuf),
    /// In the process alone: they end with it, and nothing is written.
    Memory,
}

impl KeySource {
    /// The value of the setting for [`Memory`](Self::Memory). A folder of this name is `./memory`.
    pub const MEMORY: &str = "memory";

    /// The source that a path or the reserved word names.
    pub fn named(text: &str) -> Self {
        if text == Self::MEMORY { Self::Memory } else { Self::Folder(text.into()) }
    }

    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(folder) => Some(folder),
            Self::Memory => None,
        }
    }

    /// Reads the keys, and makes those that are missing. The account values that are given take the place of made ones.
    pub fn read_or_make(
        &self,
        given: &GivenCredentials,
        bearer: BearerKeys,
        random: &dyn SecureRandom,
    ) -> Result<(KeyRing, Vec<Warning>), KeyError> {
        match self {
            Self::Folder(path) => folder::read_or_make(path, given, bearer, random),
            Self::Memory => memory::make(given, bearer, random).map(|ring| (ring, Vec::new())),
        }
    }

    /// Reads the key of the teacher's link, and makes it if it is missing. Only a server with a class has one.
    pub fn read_or_make_teacher_key(&self, random: &dyn SecureRandom) -> Result<(TeacherKey, Vec<Warning>), KeyError> {
        match self {
            Self::Folder(path) => folder::read_or_make_teacher_key(path, random),
            Self::Memory => memory::make_teacher_key(random).map(|key| (key, Vec::new())),
        }
    }

    /// Reads that key as [`read_or_make_teacher_key`](Self::read_or_make_teacher_key) would, and makes nothing.
    pub fn check_teacher_key(&self) -> Result<Vec<Warning>, KeyError> {
        match self {
            Self::Folder(path) => folder::check_teacher_key(path),
            Self::Memory => Ok(Vec::new()),
        }
    }

    /// Reads what is there as [`read_or_make`](Self::read_or_make) would, and makes nothing.
    pub fn check(&self, given: &GivenCredentials, bearer: BearerKeys) -> Result<Vec<Warning>, KeyError> {
        match self {
            Self::Folder(path) => folder::check(path, given, bearer),
            Self::Memory => credentials::check_given(given).map(|()| Vec::new()),
        }
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "`{}`", folder.display()),
            Self::Memory => f.write_str("in memory, made at the start"),
        }
    }
}
