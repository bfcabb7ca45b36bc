//! The issuer with the client libraries and token verifiers that people use, none of which needs a workaround. Each has
//! a script in `clients/`, which gets the URLs of issuers alone, finds the rest by discovery, and prints a line for
//! each step that worked.

mod flaws;
mod openidconnect;

use std::path::{Path, PathBuf};
use std::process::Command;

use hallpass::testing::{self, TestServer};
use tempfile::TempDir;

use crate::tools;

/// What the key set has a bearer key for, sorted.
const ALGORITHMS: [&str; 9] = ["ES256", "ES384", "EdDSA", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"];

/// One of each kind of signature, for clients that go through every step with issuers that sign so.
const KINDS: [&str; 4] = ["RS256", "PS256", "ES256", "EdDSA"];

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/clients")
}

/// Runs the command with the URLs of new issuers, one for each of these algorithms. Asserts that it prints these lines
/// for each of them, with the algorithm's name in place of `ALG`.
fn assert_prints(command: &mut Command, algorithms: &[&str], lines: &[&str]) {
    let start = |algorithm: &&str| testing::spawn_with(&[("bearer-algorithm", algorithm)]).unwrap();
    let issuers: Vec<TestServer> = algorithms.iter().map(start).collect();
    let printed = printed_by(command.args(issuers.iter().map(TestServer::url)));
    let of = |algorithm: &&str| lines.iter().map(|line| line.replace("ALG", algorithm)).collect::<Vec<_>>();
    let expected: Vec<String> = algorithms.iter().flat_map(of).collect();
    assert_eq!(printed.lines().collect::<Vec<_>>(), expected);
}

/// What a command prints that succeeds.
fn printed_by(command: &mut Command) -> String {
    let run = command.output().unwrap();
    let (printed, errors) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{printed}{errors}");
    printed.into_owned()
}

/// A command that runs this script, and the folder in which it is. Node looks for packages beside it.
fn node(script: &str) -> Option<(Command, TempDir)> {
    let modules = tools::named_by("HALLPASS_TEST_NODE_MODULES")?;
    let folder = TempDir::new().unwrap();
    std::os::unix::fs::symlink(modules, folder.path().join("node_modules")).unwrap();
    for file in [script, "browser.mjs"] {
        std::fs::copy(scripts().join(file), folder.path().join(file)).unwrap();
    }
    let mut command = Command::new("node");
    command.arg(folder.path().join(script));
    Some((command, folder))
}

fn python(script: &str) -> Option<Command> {
    let mut command = Command::new(tools::named_by("HALLPASS_TEST_PYTHON")?);
    // Without files for faster imports, which Python puts into the checkout.
    command.arg("-B").arg(scripts().join(script));
    Some(command)
}

fn runs_in_node(script: &str, algorithms: &[&str], lines: &[&str]) {
    let Some((mut command, _folder)) = node(script) else { return };
    assert_prints(&mut command, algorithms, lines);
}

fn runs_in_python(script: &str, algorithms: &[&str], lines: &[&str]) {
    let Some(mut command) = python(script) else { return };
    assert_prints(&mut command, algorithms, lines);
}

fn with_algorithms<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    [lines, &ALGORITHMS].concat()
}

/// The same for a library that leaves out Ed25519 keys.
fn with_all_but_eddsa<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    lines.iter().chain(&ALGORITHMS).copied().filter(|line| *line != "EdDSA").collect()
}

#[test]
fn openid_client_as_a_confidential_and_as_a_public_client() {
    let confidential = ["client_credentials", "code and PKCE, ALG", "userinfo", "introspection"];
    let public = ["client_credentials refused", "code and PKCE, ALG", "userinfo"];
    let both = ["refresh, and a reused refresh token ends its family", "revocation", "logout"];
    let steps = [("post", &confidential[..]), ("basic", &confidential), ("none", &public)];
    let lines = steps.into_iter().flat_map(|(method, own)| {
        own.iter().chain(&both).map(move |step| format!("{method}: {step}")).collect::<Vec<_>>()
    });
    let (first, last) = ("plain HTTP has to be allowed", "discovery by RFC 8414");
    let lines: Vec<String> = [first.to_owned()].into_iter().chain(lines).chain([last.to_owned()]).collect();
    runs_in_node("openid-client.mjs", &KINDS, &lines.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn oauth4webapi_as_a_client_and_as_a_resource_server() {
    let lines = [
        "plain HTTP has to be allowed",
        "discovery, of both kinds",
        "client_credentials, and the access token verified",
        "code and PKCE, with the ID token's signature: ALG",
        "userinfo",
        "refresh, and a reused refresh token ends its family",
        "introspection, and a reused code ends what it gave",
        "revocation",
    ];
    runs_in_node("oauth4webapi.mjs", &KINDS, &lines);
}

#[test]
fn jose_verifies_with_the_key_set() {
    runs_in_node("jose.mjs", &KINDS, &with_algorithms(&["client_credentials", "ID token, ALG"]));
}

#[test]
fn get_jwks_finds_the_keys_by_discovery() {
    runs_in_node("get-jwks.mjs", &KINDS[..3], &with_all_but_eddsa(&["client_credentials", "ID token, ALG"]));
}

#[test]
fn express_oauth2_jwt_bearer_needs_only_the_issuer() {
    let lines = [
        "an access token of client_credentials, ALG",
        "refused: no token, another audience, another scope, an ID token",
    ];
    runs_in_node("express-oauth2-jwt-bearer.mjs", &KINDS, &lines);
}

/// The manual names those that refuse, and what helps.
#[test]
fn right_after_a_rotation_some_verifiers_refuse_the_next_key_unless_they_are_told_not_to_wait() {
    let lines = [
        "jose: refused",
        "jose, cooldownDuration: 0: accepted",
        "express-oauth2-jwt-bearer: refused",
        "express-oauth2-jwt-bearer, cooldownDuration: 0: accepted",
        "oauth4webapi: refused",
        "get-jwks: accepted",
        "oauth4webapi, discovered again: accepted",
    ];
    runs_in_node("rotation.mjs", &["RS256"], &lines);
    let lines = ["PyJWKClient: refused", "PyJWKClient, cooldown_duration=0: accepted"];
    runs_in_python("rotation.py", &["RS256"], &lines);
}

#[test]
fn authlib_logs_in_through_flask() {
    let lines = [
        "Flask: code and PKCE, ID token with nonce and at_hash, ALG",
        "Flask: userinfo",
        "client_secret_basic: client_credentials, introspection and revocation",
        "client_secret_post: client_credentials, introspection and revocation",
        "refresh, and a reused refresh token ends its family",
    ];
    runs_in_python("with_authlib.py", &KINDS, &lines);
}

#[test]
fn requests_oauthlib_logs_in() {
    let lines = [
        "plain HTTP has to be allowed, on loopback too",
        "by Basic: client_credentials",
        "by form: client_credentials",
        "code and PKCE, ALG",
        "userinfo",
        "refresh, and a reused refresh token ends its family",
    ];
    runs_in_python("with_requests_oauthlib.py", &KINDS, &lines);
}

#[test]
fn joserfc_verifies_with_the_key_set() {
    runs_in_python("with_joserfc.py", &KINDS, &with_algorithms(&["client_credentials", "ID token, ALG"]));
}

#[test]
fn pyjwt_verifies_with_the_key_set() {
    let lines = with_algorithms(&["client_credentials", "ID token with nonce and at_hash, ALG"]);
    runs_in_python("with_pyjwt.py", &KINDS, &lines);
}
