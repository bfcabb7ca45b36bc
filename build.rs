//! Tells the program which commit it is made of, where it is built from a checkout.

use std::process::Command;

fn main() {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
        Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
    };
    // The reflog grows with each commit; HEAD itself only names a branch.
    for file in [git(&["rev-parse", "--git-path", "logs/HEAD"]), git(&["rev-parse", "--git-path", "HEAD"])] {
        if let Some(file) = file.filter(|file| std::path::Path::new(file).exists()) {
            println!("cargo::rerun-if-changed={file}");
        }
    }
    println!("cargo::rerun-if-changed=build.rs");
    let commit = git(&["rev-parse", "--short=10", "HEAD"]).map(|commit| format!(" ({commit})")).unwrap_or_default();
    println!("cargo::rustc-env=HALLPASS_VERSION={}{commit}", env!("CARGO_PKG_VERSION"));
}
