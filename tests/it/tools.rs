//! Programs that some tests need and that a machine may lack. `tests/run` installs them all, and then a missing one is
//! a failure; plain `cargo test` says in one line what was not run.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Whether every one of these programs is on the `PATH`.
pub fn are_here(programs: &[&str]) -> bool {
    programs.iter().find(|program| path_of(program).is_none()).is_none_or(|program| not_run(program))
}

/// Where a server is that a plain user does not start, and whose folder may not be on the `PATH`.
pub fn server(program: &str) -> Option<PathBuf> {
    let sbin = ["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from);
    folder_of(program, &[program], sbin.into()).map(|folder| folder.join(program))
}

/// Where this program is on the `PATH`.
pub fn path_of(program: &str) -> Option<PathBuf> {
    path().into_iter().map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// The first folder of the `PATH`, or else of `others`, that holds all of these programs, which together are `what`.
pub fn folder_of(what: &str, programs: &[&str], others: Vec<PathBuf>) -> Option<PathBuf> {
    let holds_all = |folder: &PathBuf| programs.iter().all(|program| holds(folder, program));
    let found = path().into_iter().chain(others).find(holds_all);
    if found.is_none() {
        not_run(what);
    }
    found
}

fn path() -> Vec<PathBuf> {
    std::env::split_paths(&variable("PATH").unwrap_or_default()).collect()
}

fn holds(folder: &Path, program: &str) -> bool {
    folder.join(program).is_file()
}

/// The file that a variable of `tests/run` names.
pub fn named_by(name: &str) -> Option<PathBuf> {
    let file = variable(name).map(PathBuf::from).filter(|path| path.exists());
    if file.is_none() {
        not_run(name);
    }
    file
}

/// How often what takes long is done: `few` times, or as `tests/soak` says.
pub fn rounds(few: usize) -> usize {
    let said = variable("HALLPASS_TEST_ROUNDS");
    said.map_or(few, |rounds| rounds.to_str().and_then(|rounds| rounds.parse().ok()).expect("a number of rounds"))
}

/// Says that a test is left out for want of `what`, or fails where everything must run.
fn not_run(what: &str) -> bool {
    assert!(variable("HALLPASS_TESTS").is_none_or(|it| it != "all"), "{what} is missing, and every test must run");
    // Straight to the stream: what `println!` says in a test that passes is never shown.
    let _ = writeln!(std::io::stderr(), "not run: needs {what}, which tests/run installs");
    false
}

#[expect(clippy::disallowed_methods, reason = "what tests/run tells the tests is no setting of the program")]
pub fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}
