//! PyJWT, the library of the tutorial, verifies what is signed here.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use aws_lc_rs::rand::SystemRandom;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hallpass::clock::{Clock as _, System};
use hallpass::keys::{Algorithm, KeyRing};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::app::{Answer, TestApp, part, put_rsa_keys};
use crate::profile_separation::{PROFILES, tokens};
use crate::tools;

/// Prints the subject of the token, or the name of `PyJWT`'s exception.
const DECODE: &str = "
import jwt, sys
algorithm, key, token = sys.argv[1:]
key = open(key, 'rb').read()
if algorithm == 'HS256':
    key = key.removesuffix(b'\\n')
try:
    print(jwt.decode(token, key, algorithms=[algorithm])['sub'])
except jwt.PyJWTError as error:
    print(type(error).__name__)
";

fn decode(python: &Path, algorithm: &str, key: &Path, token: &str) -> String {
    let run = Command::new(python).args(["-c", DECODE, algorithm]).arg(key).arg(token).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).unwrap().trim().to_owned()
}

fn hallpass(keys: &Path, arguments: &[&str]) -> String {
    let run = Command::new(env!("CARGO_BIN_EXE_hallpass")).args(arguments).arg("--keys").arg(keys).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_key_made_as_the_tutorial_says_signs_what_pyjwt_verifies_with_its_public_half() {
    let Some(python) = tools::named_by("HALLPASS_TEST_PYTHON") else { return };
    if !tools::are_here(&["ssh-keygen"]) {
        return;
    }
    let folder = TempDir::new().unwrap();
    let key = folder.path().join("jwt_key");
    let made = Command::new("ssh-keygen").args(["-q", "-t", "rsa", "-N", "", "-f"]).arg(&key).status().unwrap();
    assert!(made.success());

    let token = hallpass(folder.path(), &["sign", "--algorithm", "RS256"]);
    let public = folder.path().join("jwt_key.pub");
    assert_eq!(decode(&python, "RS256", &public, &token), "bob");
    let tampered = token.replacen("eyJ", "eyI", 1);
    assert_ne!(decode(&python, "RS256", &public, &tampered), "bob");
}

#[test]
fn generated_keys_sign_what_pyjwt_verifies_and_nothing_else_does() {
    let Some(python) = tools::named_by("HALLPASS_TEST_PYTHON") else { return };
    let (folder, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    for keys in [folder.path(), other.path()] {
        hallpass(keys, &["keygen"]);
        hallpass(keys, &["keygen", "--algorithm", "RS256"]);
    }
    for (algorithm, file) in [("HS256", "hs256.secret"), ("RS256", "jwt_key.pub")] {
        let token = hallpass(folder.path(), &["sign", "--algorithm", algorithm, "--sub", "zoë"]);
        assert_eq!(decode(&python, algorithm, &folder.path().join(file), &token), "zoë");
        assert_eq!(decode(&python, algorithm, &other.path().join(file), &token), "InvalidSignatureError");
    }
}

/// For each of a JSON array of tokens, what each of the keys says of it: `ok`, or the name of `PyJWT`'s exception. A
/// key is a secret in base64 or a JWK.
const DECODE_ALL: &str = "
import base64, json, jwt, sys
asked = json.load(sys.stdin)

def key(it):
    return jwt.PyJWK.from_dict(it) if isinstance(it, dict) else base64.b64decode(it)

def decode(token, algorithm, key):
    try:
        jwt.decode(token, key, algorithms=[algorithm], options={'verify_aud': False})
        return 'ok'
    except jwt.PyJWTError as error:
        return type(error).__name__

keys = [(it['algorithm'], key(it['key'])) for it in asked['keys']]
json.dump([[decode(token, *it) for it in keys] for token in asked['tokens']], sys.stdout)
";

/// The key of each profile, in the order of [`PROFILES`].
fn keys(ring: &KeyRing, secrets: &HashMap<&str, String>, tokens: &[String]) -> Vec<Value> {
    let published = serde_json::to_value(ring.published(chrono::DateTime::UNIX_EPOCH)).unwrap();
    let of_kid = |token: &str| {
        let header: Value = serde_json::from_str(&part(token, 0)).unwrap();
        let found = published["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]);
        json!({ "algorithm": "RS256", "key": found.unwrap() })
    };
    let of_secret = |name: &str| {
        let text = &secrets[name];
        let bytes = if name == "TELESIGN_API_KEY" { STANDARD.decode(text).unwrap() } else { text.as_bytes().to_vec() };
        json!({ "algorithm": "HS256", "key": STANDARD.encode(bytes) })
    };
    vec![
        of_secret("hs256.secret"),
        of_kid(&tokens[1]),
        of_secret("TWILIO_API_KEY_SECRET"),
        of_secret("ZOOM_API_SECRET"),
        of_kid(&tokens[4]),
        of_secret("rest-api.secret"),
        of_secret("TELESIGN_API_KEY"),
    ]
}

/// The secrets of a keys folder, by the name of their file or of their variable.
fn secrets(folder: &Path) -> HashMap<&'static str, String> {
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let credentials = read("demo-credentials.env");
    let variable = |name: &str| credentials.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    let files = ["hs256.secret", "rest-api.secret"].map(|name| (name, read(name).trim_end().to_owned()));
    let variables = ["TWILIO_API_KEY_SECRET", "ZOOM_API_SECRET", "TELESIGN_API_KEY"]
        .map(|name| (name, variable(name).unwrap().to_owned()));
    files.into_iter().chain(variables).collect()
}

#[test]
fn pyjwt_verifies_a_token_of_every_profile_with_its_own_key_and_with_no_other() {
    let Some(python) = tools::named_by("HALLPASS_TEST_PYTHON") else { return };
    let folder = TempDir::new().unwrap();
    put_rsa_keys(folder.path());
    let (ring, _) = KeyRing::read_or_make(folder.path(), &SystemRandom::new()).unwrap();
    let tokens = tokens(&ring, System.now());
    let asked = json!({ "tokens": tokens, "keys": keys(&ring, &secrets(folder.path()), &tokens) });

    let mut command = Command::new(python);
    command.args(["-c", DECODE_ALL]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = command.spawn().unwrap();
    running.stdin.take().unwrap().write_all(asked.to_string().as_bytes()).unwrap();
    let done = running.wait_with_output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));

    let said: Vec<Vec<String>> = serde_json::from_slice(&done.stdout).unwrap();
    for (token, said) in said.iter().enumerate() {
        for (key, said) in said.iter().enumerate() {
            let what = format!("{} with the key of {}: {said}", PROFILES[token], PROFILES[key]);
            let is_rsa = |index| matches!(index, 1 | 4);
            match said.as_str() {
                "ok" => assert_eq!(token, key, "{what}"),
                "InvalidSignatureError" => assert!(token != key && is_rsa(token) == is_rsa(key), "{what}"),
                "InvalidAlgorithmError" => assert!(is_rsa(token) != is_rsa(key), "{what}"),
                _ => panic!("{what}"),
            }
        }
    }
}

/// What `PyJWT` reads in each token with the key of the set that its `kid` names.
const DECODE_WITH_SET: &str = "
import json, jwt, sys
asked = json.load(sys.stdin)
keys = jwt.PyJWKSet.from_dict(asked['jwks'])
for token in asked['tokens']:
    header = jwt.get_unverified_header(token)
    key = keys[header['kid']]
    assert key.algorithm_name == header['alg']
    print(header['alg'], jwt.decode(token, key.key, algorithms=[header['alg']])['sub'])
";

/// The same with jose, which picks the key by itself.
const VERIFY_WITH_SET: &str = "
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { readFileSync } from 'node:fs';
const asked = JSON.parse(readFileSync(0, 'utf8'));
const keys = createLocalJWKSet(asked.jwks);
for (const token of asked.tokens) {
  const { alg } = decodeProtectedHeader(token);
  const { payload } = await jwtVerify(token, keys, { algorithms: [alg] });
  console.log(alg, payload.sub);
}
";

fn printed(mut command: Command, asked: &Value) -> String {
    let mut running = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    running.stdin.take().unwrap().write_all(asked.to_string().as_bytes()).unwrap();
    let done = running.wait_with_output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

#[tokio::test]
async fn pyjwt_and_jose_verify_from_the_key_set_what_test_mode_signs_under_each_algorithm() {
    let (python, modules) = (tools::named_by("HALLPASS_TEST_PYTHON"), tools::named_by("HALLPASS_TEST_NODE_MODULES"));
    let app = TestApp::with(&[("test-mode", "on")]).with_new_bearer_key("ES256");
    let visitor = app.visitor();
    let mut tokens = Vec::new();
    for algorithm in Algorithm::NAMES_OF_PAIRS {
        let order = json!({ "algorithm": algorithm, "key": "bearer", "claims": { "sub": "alice" } });
        let answer = Answer::to(visitor.request(Method::POST, "/test/sign").json(&order)).await;
        tokens.push(answer.text("token"));
    }
    let jwks = Answer::to(visitor.request(Method::GET, "/.well-known/jwks.json")).await.json();
    let asked = json!({ "jwks": jwks, "tokens": tokens });
    let expected = Algorithm::NAMES_OF_PAIRS.join(" alice\n") + " alice\n";
    if let Some(python) = python {
        let mut command = Command::new(python);
        command.args(["-c", DECODE_WITH_SET]);
        assert_eq!(printed(command, &asked), expected);
    }
    if let Some(modules) = modules {
        let folder = TempDir::new().unwrap();
        std::os::unix::fs::symlink(modules, folder.path().join("node_modules")).unwrap();
        std::fs::write(folder.path().join("verify.mjs"), VERIFY_WITH_SET).unwrap();
        let mut command = Command::new("node");
        command.arg(folder.path().join("verify.mjs"));
        assert_eq!(printed(command, &asked), expected);
    }
}
