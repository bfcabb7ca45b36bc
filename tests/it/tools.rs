//! Programs that some tests need and that a machine may lack. `tests/run` installs them all, and then a missing one is a
//! failure; plain `cargo test` says in one line what was not run.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;

/// Whether every one of these programs is on the `PATH`.
pub fn are_here(programs: &[&str]) -> bool {
    let path = variable("PATH").unwrap_or_default();
    let missing = |program: &&&str| !std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    programs.iter().find(missing).is_none_or(|program| not_run(program))
}

/// The file that a variable of `tests/run` names.
pub fn named_by(name: &str) -> Option<PathBuf> {
    let file = variable(name).map(PathBuf::from).filter(|path| path.exists());
    if file.is_none() {
        not_run(name);
    }
    file
}

/// Says that a test is left out for want of `what`, or fails where everything must run.
fn not_run(what: &str) -> bool {
    assert!(variable("HALLPASS_TESTS").is_none_or(|it| it != "all"), "{what} is missing, and every test must run");
    // Straight to the stream: what `println!` says in a test that passes is never shown.
    writeln!(std::io::stderr(), "not run: needs {what}, which tests/run installs").unwrap();
    false
}

#[expect(clippy::disallowed_methods, reason = "what tests/run tells the tests is no setting of the program")]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}
