//! PyJWT, the library of the tutorial, verifies what is signed here.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use aws_lc_rs::rand::SystemRandom;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hallpass::clock::{Clock as _, System};
use hallpass::keys::KeyRing;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::app::{part, put_rsa_keys};
use crate::profiles::{PROFILES, tokens};
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

/// For each of a JSON array of tokens, what each of the keys says of it: `ok`, or the name of `PyJWT`'s exception. A key
/// is a secret in base64 or a JWK.
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
    let (ring, _) = KeyRing::prepare(folder.path(), &SystemRandom::new()).unwrap();
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
