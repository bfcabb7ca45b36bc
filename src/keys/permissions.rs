//! Finds our files that other users of this machine can read or change, and the command that fixes it.

use std::fmt;
use std::path::{Path, PathBuf};

/// How private a file must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privacy {
    /// It contains secrets: other users must not read or change it.
    Secret,
    /// Anyone may read it, such as a public key, but other users must not change it.
    Public,
    /// It is a folder that has a secret in it. Whoever may change it can put a file of their own in the place of ours,
    /// unless its sticky bit is set, as that of `/tmp` is. Its group may, because on many systems a user's group is
    /// theirs alone, and its owner may, because it is often somebody who administers.
    Folder,
}

/// With this bit, only the owner of a file can remove or rename it in the folder.
const STICKY: u32 = 0o1000;

/// A file or folder that other users of this machine can read or change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposed {
    path: PathBuf,
    /// The permission bits, such as `0o644`.
    mode: u32,
    /// The permission bits that it should have.
    wanted: u32,
    /// The user that it belongs to, when that is neither root nor the user of this process.
    owner: Option<u32>,
}

impl Exposed {
    /// `None` if there is no such path, if its mode is right, or if the system has no modes.
    pub fn find(path: &Path, privacy: Privacy) -> Option<Self> {
        let Found { mode, is_folder, owner } = found(path)?;
        let owner = owner.filter(|_| privacy != Privacy::Folder);
        let (surplus, wanted) = match privacy {
            Privacy::Folder if mode & STICKY != 0 => return None,
            Privacy::Folder => (0o002, mode & !0o002),
            Privacy::Secret if is_folder => (0o077, 0o700),
            Privacy::Secret => (0o077, 0o600),
            Privacy::Public => (0o022, 0o644),
        };
        (mode & surplus != 0 || owner.is_some()).then(|| Self { path: path.to_owned(), mode, wanted, owner })
    }

    /// The folder that a file or folder is in.
    pub fn find_folder_of(path: &Path) -> Option<Self> {
        Self::find(folder_of(path), Privacy::Folder)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A warning about the file, which the setting `flag` names.
    pub fn warning_about(&self, flag: &str) -> String {
        format!("--{flag}: {self}")
    }

    /// What other users may do with it.
    const fn risk(&self) -> &'static str {
        let is_readable = self.mode & !self.wanted & 0o044 != 0;
        match (is_readable, self.mode & 0o022 != 0) {
            (true, true) => "read and change",
            (false, true) => "change",
            (true, false) => "read",
            (false, false) => "use",
        }
    }

    /// The command that removes the permissions of other users.
    fn command(&self) -> String {
        format!("chmod {:o} {}", self.wanted, quoted(&self.path))
    }
}

impl fmt::Display for Exposed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, mode, risk) = (self.path.display(), self.mode, self.risk());
        if let Some(owner) = self.owner {
            // The owner may give itself every permission, whatever the mode is.
            let risk = if self.wanted == 0o644 { "change" } else { "read and change" };
            let chown = format!("sudo chown \"$(id -u)\" {}", quoted(&self.path));
            return write!(
                f,
                "`{path}` belongs to another user (uid {owner}), who may {risk} it; as the user that runs hallpass, \
                 `{chown}` ends that"
            );
        }
        write!(f, "others on this machine may {risk} `{path}` (mode {mode:04o}); `{}` ends that", self.command())
    }
}

/// The folder that a path is in.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The path as a shell takes it.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '+' | ',' | '@' | ':');
    // A path with a leading hyphen would be read as an option.
    let path = if path.starts_with('-') { format!("./{path}") } else { path };
    if path.chars().all(is_plain) { path } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

/// What the system says of a path.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    mode: u32,
    is_folder: bool,
    /// The owner, when it is somebody else.
    owner: Option<u32>,
}

#[cfg(unix)]
fn found(path: &Path) -> Option<Found> {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let found = std::fs::metadata(path).ok()?;
    let owner = other_owner(found.uid(), rustix::process::geteuid().as_raw());
    Some(Found { mode: found.permissions().mode() & 0o7777, is_folder: found.is_dir(), owner })
}

/// The owner, unless it is the user of this process or root, who may read everything anyway.
#[cfg(unix)]
fn other_owner(owner: u32, process: u32) -> Option<u32> {
    (owner != process && owner != 0).then_some(owner)
}

#[cfg(not(unix))]
fn found(_: &Path) -> Option<Found> {
    None
}

/// Makes a folder, and those above it, which its owner alone may enter. One that is there stays as it is.
pub(super) fn make_private_folder(path: &Path) -> std::io::Result<()> {
    let mut folders = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folders, 0o700);
    folders.recursive(true).create(path)
}

/// Keeps others out of a folder that is there.
#[cfg(unix)]
pub(super) fn close_folder(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
pub(super) fn close_folder(_: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn said(path: &Path, mode: u32, privacy: Privacy) -> Option<String> {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        Exposed::find(path, privacy).map(|it| it.to_string())
    }

    #[test]
    fn what_others_may_do_is_said_with_the_mode_and_the_command() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("it's a key");
        fs::write(&file, "x").unwrap();
        for (mode, may) in
            [(0o640, "read"), (0o604, "read"), (0o622, "change"), (0o666, "read and change"), (0o601, "use")]
        {
            let said = said(&file, mode, Privacy::Secret).unwrap();
            assert!(said.contains(&format!("may {may} `")) && said.contains(&format!("(mode 0{mode:o})")), "{said}");
            assert!(said.contains("`chmod 600 '") && said.contains(r"it'\''s a key'`"), "{said}");
        }
        assert_eq!(said(&file, 0o600, Privacy::Secret), None);
        assert_eq!(said(&file, 0o400, Privacy::Secret), None);
        assert_eq!(said(&file, 0o644, Privacy::Public), None);
        assert!(said(&file, 0o664, Privacy::Public).unwrap().contains("may change `"));
        let of_folder = said(folder.path(), 0o755, Privacy::Secret).unwrap();
        assert!(of_folder.contains("may read `") && of_folder.contains("`chmod 700 "), "{of_folder}");
        assert_eq!(said(folder.path(), 0o700, Privacy::Secret), None);
        assert_eq!(Exposed::find(&folder.path().join("missing"), Privacy::Secret), None);
    }

    #[test]
    fn a_folder_in_which_anybody_can_replace_files_is_told_and_one_with_the_sticky_bit_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        for mode in [0o700, 0o755, 0o775, 0o1777] {
            assert_eq!(said(folder, mode, Privacy::Folder), None, "{mode:o}");
        }
        let open = said(folder, 0o777, Privacy::Folder).unwrap();
        assert!(open.contains("may change `") && open.contains("`chmod 775 "), "{open}");
    }

    #[test]
    fn a_file_of_another_user_is_told_its_owner_and_the_command() {
        assert_eq!(other_owner(65534, 0), Some(65534));
        assert_eq!(other_owner(1001, 1000), Some(1001));
        assert_eq!([other_owner(1000, 1000), other_owner(0, 1000), other_owner(0, 0)], [None; 3]);
        let of = |wanted| Exposed { path: "my keys".into(), mode: 0o700, wanted, owner: Some(65534) }.to_string();
        assert!(of(0o700).starts_with("`my keys` belongs to another user (uid 65534), who may read and change it; "));
        assert!(of(0o700).contains("`sudo chown \"$(id -u)\" 'my keys'` ends that"), "{}", of(0o700));
        assert!(of(0o644).contains("who may change it"), "{}", of(0o644));
    }

    #[test]
    fn a_folder_that_is_made_is_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("a/keys");
        make_private_folder(&keys).unwrap();
        make_private_folder(&keys).unwrap();
        let mode_of = |path: &Path| found(path).map(|it| (it.mode, it.is_folder));
        assert_eq!(mode_of(&keys), Some((0o700, true)));
        fs::set_permissions(&keys, fs::Permissions::from_mode(0o755)).unwrap();
        make_private_folder(&keys).unwrap();
        assert_eq!(mode_of(&keys), Some((0o755, true)));
        close_folder(&keys).unwrap();
        assert_eq!(mode_of(&keys), Some((0o700, true)));
    }
}
