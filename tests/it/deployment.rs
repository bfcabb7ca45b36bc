//! The files under `.deploy` say what the program understands, and no more.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

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

/// What asks a container whether it is healthy, as Docker runs it.
#[test]
fn the_container_s_health_check_tells_a_server_from_none() {
    let file = deployed("Containerfile");
    let (_, command) = file.split_once(" CMD ").unwrap();
    let command: Vec<String> = serde_json::from_str(command.lines().next().unwrap()).unwrap();
    let serving = Program::with_keys().serve(&[]);
    let check = |port: &str| {
        let arguments = command[1..].iter().map(|argument| argument.replace("/5000", &format!("/{port}")));
        Command::new(&command[0]).args(arguments).stderr(Stdio::null()).status().unwrap().success()
    };
    let port = serving.url.rsplit_once(':').unwrap().1.to_owned();
    assert!(check(&port));
    drop(serving);
    assert!(!check(&port));
}

#[test]
fn the_compose_file_sets_what_is_a_setting_and_can_be_used() {
    let file = deployed("compose.yaml");
    let pairs =
        file.lines().filter_map(|line| line.trim().split_once(": ")).filter(|(name, _)| name.starts_with("HALLPASS_"));
    let pairs: Vec<(String, String)> = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    assert!(pairs.len() >= 5, "{pairs:?}");
    // Its servers are not here.
    let away = |name: &str| ["HALLPASS_DATABASE", "HALLPASS_SESSION_STORE", "HALLPASS_RATE_STORE"].contains(&name);
    let here: Vec<_> = pairs.iter().filter(|(name, _)| !away(name)).cloned().collect();
    let image = variables(&deployed("Containerfile"), "ENV ");
    let image = image.into_iter().filter(|(name, _)| here.iter().all(|(other, _)| other != name));
    assert_taken(&image.chain(here.clone()).collect::<Vec<_>>());
    for (name, value) in pairs.iter().filter(|(name, _)| away(name)) {
        let value = value.replace("@postgres", "@127.0.0.1:1").replace("//redis", "//127.0.0.1:1");
        let done = Program::with_keys().and(name, &value).run(&["check"]);
        assert!(done.stdout.starts_with("ok     settings"), "{name}: {}{}", done.stdout, done.stderr);
    }
}

#[test]
fn the_service_s_settings_are_comments_that_name_settings() {
    let file = fs::read_to_string(root().join(".deploy/debian/hallpass.env")).unwrap();
    assert!(file.lines().all(|line| line.starts_with('#')), "a package changes nothing by itself");
    for name in file.lines().filter_map(|line| line.strip_prefix('#')?.split_once('=')).map(|(name, _)| name) {
        assert!(Setting::all().iter().any(|it| it.variable() == name), "{name} is no setting");
    }
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
