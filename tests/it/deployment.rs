//! The files under `.deploy` say what the program understands, and no more.

use std::fs;
use std::path::{Path, PathBuf};

use hallpass::settings::Setting;

use crate::cli::Program;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn deployed(name: &str) -> String {
    fs::read_to_string(root().join(".deploy").join(name)).unwrap()
}

/// The lines that are no comment.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.starts_with('#'))
}

/// The `NAME=value` pairs of a line that sets variables.
fn variables(text: &str, keyword: &str) -> Vec<(String, String)> {
    let lines = lines(text).filter_map(|line| line.strip_prefix(keyword));
    let pairs = lines.flat_map(str::split_whitespace).map(|pair| pair.split_once('=').unwrap());
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Asserts that the program takes these variables, as `hallpass check` says.
fn assert_taken(variables: &[(String, String)]) {
    assert!(variables.len() >= 3, "{variables:?}");
    for (name, _) in variables {
        assert!(Setting::all().iter().any(|it| it.variable() == *name), "{name} is no setting");
    }
    let program = Program::with_keys();
    let program = variables.iter().fold(program, |program, (name, value)| program.and(name, value));
    let done = program.run(&["check"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
}

#[test]
fn the_unit_sets_what_is_a_setting_and_waits_longer_than_the_server_needs_to_stop() {
    let unit = deployed("hallpass@.service");
    let variables = variables(&unit, "Environment=");
    let value = |name: &str| unit.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).unwrap();
    let longest = &variables.iter().find(|(name, _)| name == "HALLPASS_SHUTDOWN_TIMEOUT").unwrap().1;
    assert!(value("TimeoutStopSec").parse::<u32>().unwrap() > longest.parse::<u32>().unwrap());
    let flags: Vec<&str> = value("ExecStart").split_whitespace().filter_map(|it| it.strip_prefix("--")).collect();
    assert_eq!(flags, ["bind"], "what /etc/hallpass.env says would not count against a flag");
    assert_taken(&variables);
}

#[test]
fn the_container_s_variables_are_settings_and_what_it_copies_is_there() {
    let file = deployed("Containerfile");
    assert_taken(&variables(&file, "ENV "));
    let copied = lines(&file).filter_map(|line| line.strip_prefix("COPY ")).filter(|line| !line.starts_with("--from"));
    let sources: Vec<&str> = copied
        .flat_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            words[..words.len() - 1].to_vec()
        })
        .collect();
    for source in &sources {
        assert!(root().join(source).exists(), "{source} is copied and is not there");
    }
    for needed in
        ["Cargo.toml", "Cargo.lock", "build.rs", "src", "templates", "static", "docs", "keys/README.md", "benches"]
    {
        assert!(sources.contains(&needed), "{needed} is not copied, and the build reads it");
    }
}
