//! The issuer with the client libraries and token verifiers that people use, none of which needs a workaround. Each has
//! a script in `clients/`, which gets the issuer's URL alone, finds the rest by discovery, and prints a line for each
//! step that worked.

use std::path::Path;
use std::process::Command;

use hallpass::testing;
use tempfile::TempDir;

use crate::tools;

/// What the key set has a bearer key for.
const ALGORITHMS: [&str; 9] = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"];

fn scripts() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/clients"))
}

/// Runs the command with the URL of a new issuer, and asserts that it prints these lines and nothing else.
fn assert_prints(command: &mut Command, lines: &[&str]) {
    let issuer = testing::spawn().unwrap();
    let run = command.arg(issuer.url()).output().unwrap();
    let (printed, errors) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{printed}{errors}");
    assert_eq!(printed.lines().collect::<Vec<_>>(), lines, "{errors}");
}

/// The script of `tests/it/clients` with this name. Node looks for packages beside it.
fn runs_in_node(script: &str, lines: &[&str]) {
    let Some(modules) = tools::named_by("HALLPASS_TEST_NODE_MODULES") else { return };
    let folder = TempDir::new().unwrap();
    std::os::unix::fs::symlink(modules, folder.path().join("node_modules")).unwrap();
    for file in [script, "browser.mjs"] {
        std::fs::copy(scripts().join(file), folder.path().join(file)).unwrap();
    }
    assert_prints(Command::new("node").arg(folder.path().join(script)), lines);
}

fn runs_in_python(script: &str, lines: &[&str]) {
    let Some(python) = tools::named_by("HALLPASS_TEST_PYTHON") else { return };
    // Without files for faster imports, which Python puts into the checkout.
    assert_prints(Command::new(python).arg("-B").arg(scripts().join(script)), lines);
}

fn with_algorithms<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    [lines, &ALGORITHMS].concat()
}

/// The same for a library that leaves out Ed25519 keys.
fn with_all_but_eddsa<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    [lines, &ALGORITHMS[..8]].concat()
}

#[test]
fn openid_client_as_a_confidential_and_as_a_public_client() {
    let confidential = ["client_credentials", "code and PKCE", "userinfo", "introspection"];
    let public = ["client_credentials refused", "code and PKCE", "userinfo"];
    let both = ["refresh, and a reused refresh token ends its family", "revocation", "logout"];
    let steps = [("post", &confidential[..]), ("basic", &confidential), ("none", &public)];
    let lines = steps.into_iter().flat_map(|(method, own)| {
        own.iter().chain(&both).map(move |step| format!("{method}: {step}")).collect::<Vec<_>>()
    });
    let lines: Vec<String> = lines.chain(["discovery by RFC 8414".to_owned()]).collect();
    runs_in_node("openid-client.mjs", &lines.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn oauth4webapi_as_a_client_and_as_a_resource_server() {
    let lines = [
        "discovery, of both kinds",
        "client_credentials, and the access token verified",
        "code and PKCE, with the ID token's signature",
        "userinfo",
        "refresh, and a reused refresh token ends its family",
        "introspection, and a reused code ends what it gave",
        "revocation",
    ];
    runs_in_node("oauth4webapi.mjs", &lines);
}

#[test]
fn jose_verifies_with_the_key_set() {
    runs_in_node("jose.mjs", &with_algorithms(&["client_credentials", "ID token"]));
}

#[test]
fn get_jwks_finds_the_keys_by_discovery() {
    runs_in_node("get-jwks.mjs", &with_all_but_eddsa(&["client_credentials", "ID token"]));
}

#[test]
fn express_oauth2_jwt_bearer_needs_only_the_issuer() {
    let lines = [
        "an access token of client_credentials",
        "refused: no token, another audience, another scope, an ID token",
        "refused: flawed tokens",
    ];
    runs_in_node("express-oauth2-jwt-bearer.mjs", &lines);
}

#[test]
fn authlib_logs_in_through_flask() {
    let lines = [
        "Flask: code and PKCE, ID token with nonce and at_hash",
        "Flask: userinfo",
        "client_secret_basic: client_credentials, introspection and revocation",
        "client_secret_post: client_credentials, introspection and revocation",
        "refresh, and a reused refresh token ends its family",
    ];
    runs_in_python("with_authlib.py", &lines);
}

#[test]
fn requests_oauthlib_logs_in() {
    let lines = [
        "by Basic: client_credentials",
        "by form: client_credentials",
        "code and PKCE",
        "userinfo",
        "refresh, and a reused refresh token ends its family",
    ];
    runs_in_python("with_requests_oauthlib.py", &lines);
}

#[test]
fn joserfc_verifies_with_the_key_set() {
    runs_in_python("with_joserfc.py", &with_algorithms(&["client_credentials", "ID token"]));
}

#[test]
fn pyjwt_verifies_with_the_key_set() {
    runs_in_python("with_pyjwt.py", &with_algorithms(&["client_credentials", "ID token with nonce and at_hash"]));
}
