//! What `.deploy/release` makes from the program that the tests were built with: an archive and a Debian package. The
//! package is installed into a folder of its own, started and removed again.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::app::RawAnswer;
use crate::cli::{Done, mode};
use crate::tools;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hallpass");

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Packages the built program into this folder.
fn release(cargo_deb: &Path, output: &Path) {
    let (built, target) = (Path::new(PROGRAM).parent().unwrap(), Path::new(PROGRAM).ancestors().nth(2).unwrap());
    // cargo has the profile `dev` in a folder of another name.
    let profile = built.file_name().unwrap().to_str().unwrap().replace("debug", "dev");
    let path = tools::variable("PATH").unwrap();
    let folders = std::iter::once(cargo_deb.parent().unwrap().to_owned()).chain(std::env::split_paths(&path));
    let mut script = Command::new(repository().join(".deploy/release"));
    script.args(["--no-build", "--profile", &profile, "--output"]).arg(output);
    script.env("PATH", std::env::join_paths(folders).unwrap()).env("CARGO_TARGET_DIR", target);
    let done = Done::of(script.stdin(Stdio::null()));
    assert_eq!(done.code, Some(0), "{}{}", done.stdout, done.stderr);
}

/// The one file of the folder whose name ends so.
fn made(folder: &Path, end: &str) -> PathBuf {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let paths: Vec<PathBuf> = paths.filter(|path| path.to_str().unwrap().ends_with(end)).collect();
    assert_eq!(paths.len(), 1, "{end}: {paths:?}");
    paths[0].clone()
}

fn run(command: &mut Command) -> String {
    let done = Done::of(command);
    assert_eq!(done.code, Some(0), "{command:?}: {}{}", done.stdout, done.stderr);
    done.stdout
}

/// A root without any package. dpkg runs the package's scripts on this machine, and tells them by a variable to keep to
/// this root.
struct Root(TempDir);

impl Root {
    fn new() -> Self {
        let root = Self(TempDir::new().unwrap());
        for folder in ["etc", "var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers"] {
            fs::create_dir_all(root.path(folder)).unwrap();
        }
        for file in ["var/lib/dpkg/status", "etc/passwd", "etc/group", "etc/shadow", "etc/gshadow"] {
            fs::write(root.path(file), "").unwrap();
        }
        root
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn dpkg(&self, action: &str, package: impl AsRef<std::ffi::OsStr>) {
        let mut dpkg = Command::new("dpkg");
        dpkg.arg(format!("--root={}", self.0.path().display()));
        dpkg.arg(format!("--log={}", self.path("dpkg.log").display()));
        // Nothing is in this root that the package could depend on, and the tests may run without the rights of root.
        dpkg.args(["--force-script-chrootless", "--force-depends", "--force-not-root", action]).arg(package);
        // Where the administrators' programs are, which dpkg looks for.
        let path = format!("{}:/usr/sbin:/sbin", tools::variable("PATH").unwrap().to_str().unwrap());
        run(dpkg.env("PATH", path));
    }
}

/// The installed program, which is killed when the test is over.
struct Installed(Child);

impl Drop for Installed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts it in an empty folder and asks whether it is alive.
fn assert_serves(program: &Path) {
    let folder = TempDir::new().unwrap();
    let mut command = Command::new(program);
    command.args(["--bind", "127.0.0.1:0"]).current_dir(folder.path()).env_clear();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut server = Installed(command.spawn().unwrap());
    let mut line = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim_end().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line:?}"));
    let host = url.trim_start_matches("http://");
    let answer = RawAnswer::to(url, format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"));
    assert_eq!((answer.status, answer.body.as_str()), (200, "ok\n"));
}

fn assert_archive_is_whole(archive: &Path) {
    let folder = TempDir::new().unwrap();
    run(Command::new("tar").arg("-xzf").arg(archive).arg("-C").arg(folder.path()));
    let top = made(folder.path(), "-linux");
    for file in
        ["README.md", "LICENSE-MIT", "hallpass@.service", "nginx.conf", "man/hallpass-sign.1", "completions/_hallpass"]
    {
        assert!(top.join(file).is_file(), "{file}");
    }
    assert!(run(Command::new(top.join("hallpass")).arg("--version")).starts_with("hallpass "));
}

#[test]
fn a_release_has_checksums_and_its_package_installs_a_program_that_serves_and_is_removed_again() {
    let Some(cargo_deb) = tools::named_by("HALLPASS_TEST_CARGO_DEB") else { return };
    if !tools::are_here(&["dpkg", "tar", "sha256sum"]) {
        return;
    }
    let output = TempDir::new().unwrap();
    release(&cargo_deb, output.path());
    run(Command::new("sha256sum").args(["--check", "--strict", "SHA256SUMS"]).current_dir(output.path()));
    assert_eq!(fs::read_to_string(output.path().join("SHA256SUMS")).unwrap().lines().count(), 2);
    assert_archive_is_whole(&made(output.path(), ".tar.gz"));

    let (root, users) = (Root::new(), fs::read("/etc/passwd").unwrap());
    root.dpkg("--install", made(output.path(), ".deb"));
    for file in [
        "usr/lib/systemd/system/hallpass@.service",
        "usr/share/doc/hallpass/copyright",
        "usr/share/doc/hallpass/examples/nginx.conf",
        "usr/share/man/man1/hallpass.1.gz",
        "usr/share/man/man1/hallpass-sign.1.gz",
        "usr/share/bash-completion/completions/hallpass",
        "usr/share/zsh/vendor-completions/_hallpass",
        "usr/share/fish/vendor_completions.d/hallpass.fish",
    ] {
        assert!(fs::metadata(root.path(file)).unwrap().len() > 0, "{file}");
    }
    assert_eq!(mode(&root.path("etc/hallpass.env")), 0o600, "it may hold passwords");
    let made_user = fs::read_to_string(root.path("etc/passwd")).unwrap();
    assert!(
        made_user.starts_with("hallpass:") && made_user.ends_with(":/var/lib/hallpass:/usr/sbin/nologin\n"),
        "{made_user}"
    );
    assert_serves(&root.path("usr/bin/hallpass"));

    root.dpkg("--remove", "hallpass");
    assert!(!root.path("usr/bin/hallpass").exists() && root.path("etc/hallpass.env").exists(), "settings stay");
    root.dpkg("--purge", "hallpass");
    assert!(!root.path("etc/hallpass.env").exists());
    assert_eq!(fs::read("/etc/passwd").unwrap(), users, "this machine has no new user");
}
