//! A running server takes a changed keys folder on SIGHUP, and real clients of its key set follow a rotation.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use crate::app::{Answer, Visitor, part, put_rsa_keys};
use crate::cli::{Program, Serving};
use crate::tools;

fn program() -> Program {
    let program = Program::new();
    fs::create_dir_all(program.path("keys")).unwrap();
    put_rsa_keys(&program.path("keys"));
    program
}

fn key_ids(serving: &Serving) -> Vec<String> {
    let keys: Value = serde_json::from_str(&serving.get("/.well-known/jwks.json").body).unwrap();
    keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_rotation_on_disk_is_published_on_sighup_and_signs_in_its_time() {
    let program = program();
    let serving = program.serve(&["--phone-rate", "off"]);
    let before = key_ids(&serving);
    let done = program.run(&["rotate", "--after", "3600", "--algorithm", "RS256"]);
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""));
    assert!(done.stdout.contains("made keys/jwt_key.") && done.stdout.contains("send SIGHUP"), "{}", done.stdout);
    assert!(!done.stdout.contains("removed"), "the old key signs for an hour more: {}", done.stdout);
    assert_eq!(key_ids(&serving), before, "nothing changes unasked");

    serving.signal("-HUP");
    serving.log_with("the keys were read again");
    let after = key_ids(&serving);
    assert_eq!((after.len(), &after[0]), (before.len() + 1, &before[0]), "published, and not signing yet");
    assert_eq!(serving.stop().code, Some(0));
}

/// An access token of a client for itself.
async fn access_token(visitor: &Visitor) -> String {
    let form = [("grant_type", "client_credentials"), ("client_id", "app"), ("client_secret", "x")];
    Answer::to(visitor.request(Method::POST, "/oauth/token").form(&form)).await.text("access_token")
}

fn kid_of(token: &str) -> String {
    serde_json::from_str::<Value>(&part(token, 0)).unwrap()["kid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_rotation_on_disk_renews_the_bearer_key_and_tokens_of_the_old_one_are_good() {
    let program = program();
    let serving = program.serve(&[]);
    let visitor = Visitor::of(&serving.url);
    let old = access_token(&visitor).await;
    let done = program.run(&["rotate", "--after", "0", "--profile", "bearer"]);
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""));
    assert!(done.stdout.starts_with("made keys/bearer_key.") && !done.stdout.contains("jwt_key"), "{}", done.stdout);
    assert_eq!(kid_of(&access_token(&visitor).await), kid_of(&old), "nothing changes unasked");
    serving.signal("-HUP");
    serving.log_with("the keys were read again");
    let new = access_token(&visitor).await;
    assert_ne!(kid_of(&new), kid_of(&old));
    let published = key_ids(&serving);
    for token in [&old, &new] {
        assert!(published.contains(&kid_of(token)), "{published:?}");
        let me = Answer::to(visitor.request(Method::GET, "/api/me").bearer_auth(token)).await;
        assert_eq!(me.status, 200, "{}", me.body);
    }
    let done = program.run(&["rotate", "--after", "0"]);
    for made in ["keys/jwt_key.", "keys/hs256.", "keys/bearer_key."] {
        assert!(done.stdout.contains(&format!("made {made}")), "{}", done.stdout);
    }
    assert_eq!(serving.stop().code, Some(0));
}

#[test]
fn a_bad_folder_is_refused_with_one_line_and_the_old_keys_stay() {
    let program = program();
    let serving = program.serve(&[]);
    let before = key_ids(&serving);
    fs::write(program.path("keys/jwt_key.20200101T000000Z"), "no key at all").unwrap();
    serving.signal("-HUP");
    serving.log_with("the keys stay as they were");
    let log = serving.log();
    let line = log.lines().find(|line| line.contains("the keys stay as they were")).unwrap();
    assert!(line.contains("keys/jwt_key.20200101T000000Z"), "{line}");
    assert_eq!(key_ids(&serving), before);
    fs::remove_file(program.path("keys/jwt_key.20200101T000000Z")).unwrap();
    serving.signal("-HUP");
    serving.log_with("the keys were read again");
    assert_eq!(serving.stop().code, Some(0));
}

/// Each client signs over HTTP, verifies by the key set, and counts: `{"made", "failed", "kids"}` when its time is up.
const PYTHON: &str = r#"
import collections, json, sys, time, urllib.request
import jwt

base, seconds = sys.argv[1], float(sys.argv[2])
order = json.dumps({"algorithm": "RS256", "key": "demo", "claims": {"sub": "bob"}}).encode()
keys = jwt.PyJWKClient(base + "/.well-known/jwks.json", cooldown_duration=0.5)
made, failed, kids, end = 0, [], collections.OrderedDict(), time.monotonic() + seconds
while time.monotonic() < end:
    request = urllib.request.Request(base + "/test/sign", order, {"Content-Type": "application/json"})
    try:
        token = json.load(urllib.request.urlopen(request))["token"]
        jwt.decode(token, keys.get_signing_key_from_jwt(token), algorithms=["RS256"])
        kids[jwt.get_unverified_header(token)["kid"]] = True
    except Exception as error:
        failed.append(repr(error))
    made += 1
print(json.dumps({"made": made, "failed": failed, "kids": list(kids)}))
"#;

const NODE: &str = r#"
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from "jose";

const [base, seconds] = process.argv.slice(2);
const keys = createRemoteJWKSet(new URL("/.well-known/jwks.json", base), { cooldownDuration: 500 });
const body = JSON.stringify({ algorithm: "RS256", key: "demo", claims: { sub: "bob" } });
const headers = { "Content-Type": "application/json" };
let made = 0;
const failed = [], kids = new Set(), end = performance.now() + seconds * 1000;
while (performance.now() < end) {
  try {
    const { token } = await (await fetch(`${base}/test/sign`, { method: "POST", headers, body })).json();
    await jwtVerify(token, keys, { algorithms: ["RS256"] });
    kids.add(decodeProtectedHeader(token).kid);
  } catch (error) {
    failed.push(String(error));
  }
  made += 1;
}
console.log(JSON.stringify({ made, failed, kids: [...kids] }));
"#;

fn reported(client: Child) -> Value {
    let output = client.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn clients_of_the_key_set_find_the_next_key_without_a_failed_request_under_load() {
    let Some(python) = tools::named_by("HALLPASS_TEST_PYTHON") else { return };
    let Some(modules) = tools::named_by("HALLPASS_TEST_NODE_MODULES") else { return };
    let program = program();
    std::os::unix::fs::symlink(modules, program.path("node_modules")).unwrap();
    fs::write(program.path("client.mjs"), NODE).unwrap();
    let serving = program.serve(&["--test-mode", "on"]);
    let before = key_ids(&serving)[0].clone();
    let seconds = "6";
    let clients: Vec<Child> = (0..2)
        .flat_map(|_| {
            let mut with_python = Command::new(&python);
            with_python.args(["-c", PYTHON, &serving.url, seconds]);
            let mut with_node = Command::new("node");
            with_node.arg(program.path("client.mjs")).args([&serving.url, seconds]);
            [with_python, with_node]
        })
        .map(|mut client| client.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
        .collect();
    sleep(Duration::from_secs(1));
    assert_eq!(program.run(&["rotate", "--after", "2"]).code, Some(0));
    serving.signal("-HUP");
    for report in clients.into_iter().map(reported) {
        assert_eq!(report["failed"], serde_json::json!([]), "{report}");
        let kids = report["kids"].as_array().unwrap();
        assert!(kids.len() == 2 && kids[0] == before.as_str(), "it saw the old key, then the new one: {report}");
        assert!(report["made"].as_u64().unwrap() > 20, "{report}");
    }
    assert_eq!(serving.stop().code, Some(0));
}

#[test]
fn a_check_names_what_is_wrong_and_makes_nothing() {
    let program = Program::new();
    let done = program.run(&["check"]);
    assert_eq!(done.code, Some(0), "{}", done.stdout);
    assert!(done.stdout.starts_with("ok     settings: listens on 127.0.0.1:5000\n"), "{}", done.stdout);
    assert!(done.stdout.contains("`keys/jwt_key` is not there yet; a start makes it"), "{}", done.stdout);
    assert!(!program.path("keys").exists() && !program.path("hallpass.db").exists());

    fs::create_dir(program.path("keys")).unwrap();
    fs::write(program.path("keys/bearer_key"), "").unwrap();
    fs::write(program.path("hallpass.db"), "this is no database").unwrap();
    let done = program.run(&["check"]);
    assert_eq!(done.code, Some(2));
    let wrong: Vec<&str> = done.stdout.lines().filter(|line| line.starts_with("wrong")).collect();
    assert_eq!(wrong.len(), 2, "{}", done.stdout);
    assert!(wrong[0].contains("keys/bearer_key") && wrong[1].contains("hallpass.db"), "{wrong:?}");
    assert_eq!(program.run(&["check", "--bind", "here"]).code, Some(2));
}

#[test]
fn the_version_names_the_commit() {
    let done = Program::new().run(&["--version"]);
    let version = done.stdout.strip_prefix("hallpass ").unwrap();
    assert!(version.starts_with(env!("CARGO_PKG_VERSION")), "{version}");
    if std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(".git").exists() {
        let (_, commit) = version.trim_end().split_once(" (").unwrap();
        assert!(commit.len() == 11 && commit.ends_with(')'), "{version}");
    }
}
