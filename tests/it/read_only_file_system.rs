//! Servers that cannot write, as in a container whose file system is read-only.

use std::collections::BTreeSet;
use std::fs;

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Answer, Visitor, part};
use crate::cli::{Program, Serving};

const IN_MEMORY: [&str; 2] = ["--database", "sqlite::memory:"];

/// With the keys that a start makes without test mode.
fn program() -> Program {
    let program = Program::with_keys();
    assert_eq!(program.serve(&[]).stop().code, Some(0));
    program
}

fn key_ids(serving: &Serving) -> BTreeSet<String> {
    let keys: Value = serde_json::from_str(&serving.get("/.well-known/jwks.json").body).unwrap();
    keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn test_mode_needs_no_more_files_than_a_read_only_folder_of_keys_has() {
    let program = program().with_read_only_keys();
    let files = fs::read_dir(program.path("keys")).unwrap().count();
    let serving = program.serve(&[&IN_MEMORY[..], &["--test-mode", "on"]].concat());
    let log = serving.log_with("keys of test mode are in memory");
    assert_eq!(log.matches("keys/bearer_ec256").count(), 1, "{log}");
    assert!(log.contains("keys/bearer_ed25519") && log.contains("Permission denied"), "{log}");
    let kids = key_ids(&serving);
    assert_eq!(kids.len(), 10, "the demo's, and one for each algorithm");

    let order = json!({ "algorithm": "ES256", "key": "bearer", "claims": { "sub": "alice" } });
    let signed = Answer::to(Visitor::of(&serving.url).request(Method::POST, "/test/sign").json(&order)).await;
    let header: Value = serde_json::from_str(&part(&signed.text("token"), 0)).unwrap();
    assert!(kids.contains(header["kid"].as_str().unwrap()), "{header}");

    serving.signal("-HUP");
    serving.log_with("the keys were read again");
    assert_eq!(key_ids(&serving), kids, "a reload keeps what is in no file");
    assert_eq!(serving.stop().code, Some(0));
    assert_eq!(fs::read_dir(program.path("keys")).unwrap().count(), files);
}

#[test]
fn a_key_that_a_server_needs_and_cannot_write_is_named_with_what_to_do() {
    for name in ["bearer_key", "lab.secret", "demo-credentials.env"] {
        let program = program();
        fs::remove_file(program.path(&format!("keys/{name}"))).unwrap();
        // A public half alone is a fault of its own.
        drop(fs::remove_file(program.path(&format!("keys/{name}.pub"))));
        let program = program.with_read_only_keys();
        let done = program.run(&[&IN_MEMORY[..], &["--bind", "127.0.0.1:0"]].concat());
        let said = done.stderr.lines().last().unwrap();
        assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{said}");
        assert!(said.starts_with(&format!("hallpass: cannot write key `keys/{name}`: Permission denied")), "{said}");
        assert!(said.contains("--keys memory"), "{said}");
    }
}

#[test]
fn with_keys_and_database_in_memory_nothing_is_written_and_sighup_says_so() {
    let program = Program::new();
    fs::create_dir(program.path("keys")).unwrap();
    let program = program.with_read_only_keys();
    let serving = program.serve(&[&IN_MEMORY[..], &["--keys", "memory", "--test-mode", "on"]].concat());
    let kids = key_ids(&serving);
    assert_eq!(kids.len(), 10);
    serving.signal("-HUP");
    serving.log_with("with --keys memory there is no folder to read again");
    assert_eq!(key_ids(&serving), kids);
    assert_eq!(serving.stop().code, Some(0));
    let names = fs::read_dir(program.path("")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let left: Vec<_> = names.filter(|name| !name.starts_with("log")).collect();
    assert_eq!(left, ["keys"]);
    assert_eq!(fs::read_dir(program.path("keys")).unwrap().count(), 0);
}
