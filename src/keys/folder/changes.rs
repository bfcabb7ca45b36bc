//! Creates, replaces and removes several files of the folder together: all changes are made, or none.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::KeyError;
use crate::keys::files::{put_into_place, read_file, written_beside};

/// Changes that are undone on drop, unless they are [kept](Self::keep).
#[derive(Default)]
pub(super) struct Changes {
    /// What stood at each path that was changed, the latest last.
    before: Vec<(PathBuf, Option<Vec<u8>>)>,
}

impl Changes {
    /// Makes the files, of which none may be there.
    pub fn make(&mut self, files: &[(PathBuf, String)]) -> Result<(), KeyError> {
        for ((path, _), file) in files.iter().zip(written(files)?) {
            if !put_into_place(path, file)? {
                return Err(KeyError::Exists { path: path.clone() });
            }
            self.before.push((path.clone(), None));
        }
        Ok(())
    }

    /// The same over what is there.
    pub fn replace(&mut self, files: &[(PathBuf, String)]) -> Result<(), KeyError> {
        for ((path, _), file) in files.iter().zip(written(files)?) {
            let before = read_file(path)?;
            file.persist(path).map_err(|error| KeyError::Unwritable { path: path.clone(), source: error.error })?;
            self.before.push((path.clone(), before));
        }
        Ok(())
    }

    pub fn remove(&mut self, path: &Path) -> Result<(), KeyError> {
        let before = read_file(path)?;
        fs::remove_file(path).map_err(|source| KeyError::Unwritable { path: path.to_owned(), source })?;
        self.before.push((path.to_owned(), before));
        Ok(())
    }

    /// Takes over what `other` changed.
    pub fn append(&mut self, mut other: Self) {
        self.before.append(&mut other.before);
    }

    pub fn keep(mut self) {
        self.before.clear();
    }
}

/// All of them under other names, so that a disk which is full stops this before anything is changed.
fn written(files: &[(PathBuf, String)]) -> Result<Vec<NamedTempFile>, KeyError> {
    files.iter().map(|(path, text)| written_beside(path, text.as_bytes())).collect()
}

impl Drop for Changes {
    /// As far as it is possible: the folder may have been taken away meanwhile.
    fn drop(&mut self) {
        for (path, before) in self.before.drain(..).rev() {
            match before {
                None => drop(fs::remove_file(&path)),
                Some(bytes) => drop(written_beside(&path, &bytes).map(|file| file.persist(&path))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_kept_is_undone() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let file = |name: &str, text: &str| (path(name), text.to_owned());
        for (name, text) in [("old", "1"), ("gone", "2"), ("c", "3")] {
            fs::write(path(name), text).unwrap();
        }
        let mut changes = Changes::default();
        changes.make(&[file("a", "x"), file("b", "y")]).unwrap();
        changes.replace(&[file("old", "z")]).unwrap();
        changes.remove(&path("gone")).unwrap();
        assert!(matches!(changes.make(&[file("d", "x"), file("c", "x")]), Err(KeyError::Exists { .. })));
        assert!(path("a").exists() && path("d").exists() && !path("gone").exists());
        drop(changes);
        let mut left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["c", "gone", "old"]);
        assert_eq!(["old", "gone", "c"].map(|name| fs::read_to_string(path(name)).unwrap()), ["1", "2", "3"]);
    }

    #[test]
    fn what_is_kept_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let mut changes = Changes::default();
        changes.make(&[(path.clone(), "x".to_owned())]).unwrap();
        changes.replace(&[(path.clone(), "y".to_owned())]).unwrap();
        changes.keep();
        assert_eq!(fs::read_to_string(path).unwrap(), "y");
    }
}
