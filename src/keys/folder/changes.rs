//! Creates, replaces and removes several files of the folder together: all changes are made, or none.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::KeyError;
use crate::keys::files::{put_into_place, read_file, written_beside};

/// Changes that are undone on drop, unless they are [committed](Self::commit).
#[derive(Default)]
pub(super) struct Changes {
    /// The path and the former contents of each file that was changed, the latest last. `None` means that there was no
    /// file.
    originals: Vec<(PathBuf, Option<Vec<u8>>)>,
}

impl Changes {
    /// Creates the files. It is an error if one of them exists.
    pub fn create(&mut self, files: &[(PathBuf, String)]) -> Result<(), KeyError> {
        for ((path, _), file) in files.iter().zip(temporary_files(files)?) {
            if !put_into_place(path, file)? {
                return Err(KeyError::Exists { path: path.clone() });
            }
            self.originals.push((path.clone(), None));
        }
        Ok(())
    }

    /// Writes the files, and replaces those that exist.
    pub fn replace(&mut self, files: &[(PathBuf, String)]) -> Result<(), KeyError> {
        for ((path, _), file) in files.iter().zip(temporary_files(files)?) {
            let before = read_file(path)?;
            file.persist(path).map_err(|error| KeyError::Unwritable { path: path.clone(), source: error.error })?;
            self.originals.push((path.clone(), before));
        }
        Ok(())
    }

    pub fn remove(&mut self, path: &Path) -> Result<(), KeyError> {
        let before = read_file(path)?;
        fs::remove_file(path).map_err(|source| KeyError::Unwritable { path: path.to_owned(), source })?;
        self.originals.push((path.to_owned(), before));
        Ok(())
    }

    /// Adds the changes of `other`, to be committed or undone with these.
    pub fn append(&mut self, mut other: Self) {
        self.originals.append(&mut other.originals);
    }

    pub fn commit(mut self) {
        self.originals.clear();
    }
}

/// Writes all files under temporary names first. So when the disk is full, nothing has been changed yet.
fn temporary_files(files: &[(PathBuf, String)]) -> Result<Vec<NamedTempFile>, KeyError> {
    files.iter().map(|(path, text)| written_beside(path, text.as_bytes())).collect()
}

impl Drop for Changes {
    /// Errors are ignored, because a drop cannot report them: the folder may be gone.
    fn drop(&mut self) {
        for (path, original) in self.originals.drain(..).rev() {
            match original {
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
    fn changes_that_are_not_committed_are_undone() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let file = |name: &str, text: &str| (path(name), text.to_owned());
        for (name, text) in [("old", "1"), ("gone", "2"), ("c", "3")] {
            fs::write(path(name), text).unwrap();
        }
        let mut changes = Changes::default();
        changes.create(&[file("a", "x"), file("b", "y")]).unwrap();
        changes.replace(&[file("old", "z")]).unwrap();
        changes.remove(&path("gone")).unwrap();
        assert!(matches!(changes.create(&[file("d", "x"), file("c", "x")]), Err(KeyError::Exists { .. })));
        assert!(path("a").exists() && path("d").exists() && !path("gone").exists());
        drop(changes);
        let mut left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["c", "gone", "old"]);
        assert_eq!(["old", "gone", "c"].map(|name| fs::read_to_string(path(name)).unwrap()), ["1", "2", "3"]);
    }

    #[test]
    fn committed_changes_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let mut changes = Changes::default();
        changes.create(&[(path.clone(), "x".to_owned())]).unwrap();
        changes.replace(&[(path.clone(), "y".to_owned())]).unwrap();
        changes.commit();
        assert_eq!(fs::read_to_string(path).unwrap(), "y");
    }
}
