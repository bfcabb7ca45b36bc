//! Tells the program's entry where Git logs the commits of this checkout.
//!
//! Whatever a build script watches makes cargo build the whole package again. So the log itself is not watched here:
//! `src/main.rs` includes it, and a new commit compiles that one file.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    // Git rarely writes this file, and it is gone when the checkout is gone.
    if let Some(config) = in_git_folder("config") {
        println!("cargo::rerun-if-changed={}", config.display());
    }
    let log = in_git_folder("logs/HEAD").map_or_else(empty_log, Ok)?;
    println!("cargo::rustc-env=COMMIT_LOG={}", log.display());
    Ok(())
}

/// A file in the folder where Git keeps its own, when this is a checkout.
fn in_git_folder(file: &str) -> Option<PathBuf> {
    let output = Command::new("git").args(["rev-parse", "--git-path", file]).output().ok()?;
    let path = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    Path::new(path.trim_end()).canonicalize().ok()
}

/// What stands for the log outside a checkout.
#[expect(clippy::disallowed_methods, reason = "cargo tells a build script by this variable where it may write")]
fn empty_log() -> io::Result<PathBuf> {
    let path = Path::new(&env::var("OUT_DIR").map_err(io::Error::other)?).join("no-commits");
    fs::write(&path, "")?;
    Ok(path)
}
