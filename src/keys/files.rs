//! Key files: read with a size limit, and written completely or not at all.
//!
//! A new file is written under another name and then linked to its own. So several processes that start at once with an
//! empty folder get the same keys, and no process ever reads half a key.

use std::fs;
use std::io::{self, Read, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

use super::KeyError;
use super::permissions::make_private_folder;
use crate::input::read_bounded;

/// The largest key file that is read, in bytes.
const LARGEST_KEY_FILE: u64 = 64 * 1024;
const TOO_LARGE: &str = "it is over 64 KiB, which no key is";

/// A key file's bytes; `None` if there is no such file.
pub(super) fn read_file(path: &Path) -> Result<Option<Vec<u8>>, KeyError> {
    let unreadable = |source| KeyError::Unreadable { path: path.to_owned(), source };
    let meta = match fs::metadata(path) {
        Err(_) if path.is_symlink() => {
            return Err(unreadable(io::Error::other("it is a symbolic link to a missing file; remove the link")));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        meta => meta.map_err(unreadable)?,
    };
    if !meta.is_file() {
        return Err(unreadable(io::Error::other("it is not a regular file; put the key's file itself there")));
    }
    if meta.len() > LARGEST_KEY_FILE {
        return Err(unreadable(io::Error::other(TOO_LARGE)));
    }
    let file = fs::File::open(path).map_err(unreadable)?;
    read_key(file).map(Some).map_err(unreadable)
}

/// The bytes of a file that was named on the command line. Also reads a pipe, such as `<(command)`.
pub(super) fn read_given(path: &Path) -> Result<Vec<u8>, KeyError> {
    let unreadable = |source| KeyError::Unreadable { path: path.to_owned(), source };
    if fs::metadata(path).is_ok_and(|meta| !meta.is_file() && !meta.is_dir()) {
        return read_key(fs::File::open(path).map_err(unreadable)?).map_err(unreadable);
    }
    let missing = || {
        unreadable(io::Error::new(
            io::ErrorKind::NotFound,
            "there is no such file; --key takes the name of a file, or - for standard input",
        ))
    };
    read_file(path)?.ok_or_else(missing)
}

/// The bytes of a key from any source.
pub(super) fn read_key(source: impl Read) -> io::Result<Vec<u8>> {
    read_bounded(source, LARGEST_KEY_FILE, TOO_LARGE)
}

/// Writes a file that only its owner can read; `false` if another process was first, whose file is kept.
pub(super) fn link_into_place(path: &Path, text: &str) -> Result<bool, KeyError> {
    put_into_place(path, written_beside(path, text.as_bytes())?)
}

/// Gives a written file its name; `false` if there is already a file with that name, which is kept.
pub(super) fn put_into_place(path: &Path, file: NamedTempFile) -> Result<bool, KeyError> {
    let unwritable = |source| KeyError::Unwritable { path: path.to_owned(), source };
    match file.persist_noclobber(path) {
        Ok(_) => Ok(true),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(unwritable(error.error)),
    }
}

/// Writes a whole file under another name in the same folder, which is made when it is missing.
pub(super) fn written_beside(path: &Path, bytes: &[u8]) -> Result<NamedTempFile, KeyError> {
    let unwritable = |source| KeyError::Unwritable { path: path.to_owned(), source };
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make_private_folder(folder).map_err(unwritable)?;
    let mut file = NamedTempFile::new_in(folder).map_err(unwritable)?;
    file.write_all(bytes).map_err(unwritable)?;
    chown_like(folder, &file).and_then(|()| file.as_file().sync_all()).map_err(unwritable)?;
    Ok(file)
}

/// As root, gives a new file to the owner of its folder: a server that runs as that user could not read it otherwise.
#[cfg(unix)]
fn chown_like(folder: &Path, file: &NamedTempFile) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    let (wanted, found) = (fs::metadata(folder)?, file.as_file().metadata()?);
    if found.uid() == 0 && wanted.uid() != 0 {
        // Without CAP_CHOWN, or where the file system has no owners, the file stays root's.
        drop(fchown(file, Some(wanted.uid()), Some(wanted.gid())));
    }
    Ok(())
}

#[cfg(not(unix))]
fn chown_like(_: &Path, _: &NamedTempFile) -> io::Result<()> {
    Ok(())
}
