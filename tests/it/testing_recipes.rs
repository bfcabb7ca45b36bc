//! The recipes of `docs/testing.md`, each run as it stands against a server in test mode, with the real client that it
//! is for.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use hallpass::profiles::flawed::Flaw;
use hallpass::testing::{self, TestServer};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::app::{Answer, Visitor};
use crate::cli::{Program, Serving};
use crate::manual::{Block, Page, fits};
use crate::tools;

const BASE: &str = "http://127.0.0.1:5000";

/// The section of the page under this heading.
fn recipe(heading: &str) -> Page {
    let page = Page::read("docs/testing.md");
    let (_, rest) = page.text.split_once(&format!("\n## {heading}\n")).unwrap();
    Page { text: rest.split("\n## ").next().unwrap().to_owned(), ..page }
}

/// The blocks in this language.
fn blocks(recipe: &Page, language: &str) -> Vec<Block> {
    recipe.blocks().into_iter().filter(|block| block.language == language).collect()
}

/// The first of them.
fn block(recipe: &Page, language: &str) -> Block {
    blocks(recipe, language).remove(0)
}

fn assert_prints(block: &Block, server: &TestServer, run: &Output) {
    let errors = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{errors}");
    let printed = String::from_utf8_lossy(&run.stdout).replace(server.url(), BASE);
    assert_eq!(printed.trim_end(), block.printed.as_deref().unwrap().trim_end(), "{errors}");
}

/// The recipe's code as a file in a folder of its own.
fn written(folder: &TempDir, name: &str, code: &str, server: &TestServer) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, code.replace(BASE, server.url())).unwrap();
    path
}

#[test]
fn curl_and_jq() {
    if !tools::are_here(&["bash", "curl", "jq"]) {
        return;
    }
    let (server, block) = (testing::spawn().unwrap(), block(&recipe("curl and jq"), "sh"));
    let script = format!("set -e\n{}", block.text.replace(BASE, server.url()));
    assert_prints(&block, &server, &Command::new("bash").args(["-c", &script]).output().unwrap());
}

fn runs_in_python(heading: &str) {
    let Some(python) = tools::named_by("HALLPASS_TEST_PYTHON") else { return };
    let (server, folder) = (testing::spawn().unwrap(), TempDir::new().unwrap());
    let block = block(&recipe(heading), "python");
    let file = written(&folder, "recipe.py", &block.text, &server);
    assert_prints(&block, &server, &Command::new(python).arg(file).output().unwrap());
}

#[test]
fn pyjwt() {
    runs_in_python("PyJWT");
}

#[test]
fn authlib() {
    runs_in_python("Authlib");
}

#[test]
fn authlib_logs_in() {
    runs_in_python("Log in with Authlib");
}

#[test]
fn every_flaw_against_an_api() {
    runs_in_python("Every flaw against your API");
    let printed = block(&recipe("Every flaw against your API"), "python").printed.unwrap();
    let flaws: Vec<&str> = printed.lines().skip(1).map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(flaws, Flaw::NAMES);
}

fn runs_in_node(heading: &str) {
    let Some(modules) = tools::named_by("HALLPASS_TEST_NODE_MODULES") else { return };
    let server = testing::spawn().unwrap();
    let block = block(&recipe(heading), "js");
    let folder = TempDir::new().unwrap();
    std::os::unix::fs::symlink(modules, folder.path().join("node_modules")).unwrap();
    let file = written(&folder, "recipe.mjs", &block.text, &server);
    assert_prints(&block, &server, &Command::new("node").arg(file).output().unwrap());
}

#[test]
fn node_jose_and_jsonwebtoken() {
    runs_in_node("Node: jose and jsonwebtoken");
}

#[test]
fn openid_client_logs_in() {
    runs_in_node("Log in with openid-client");
}

#[test]
fn an_api_with_express_oauth2_jwt_bearer() {
    runs_in_node("An API with express-oauth2-jwt-bearer");
}

/// The folder of the program.
fn programs() -> String {
    Path::new(env!("CARGO_BIN_EXE_hallpass")).parent().unwrap().display().to_string()
}

#[test]
fn pytest() {
    let Some(python) = tools::named_by("HALLPASS_TEST_PYTHON") else { return };
    let (files, folder) = (blocks(&recipe("pytest"), "python"), TempDir::new().unwrap());
    let printed = block(&recipe("pytest"), "text").text;
    assert_eq!(files.len(), 2);
    for (name, file) in ["conftest.py", "test_verifier.py"].iter().zip(&files) {
        std::fs::write(folder.path().join(name), &file.text).unwrap();
    }
    let script = format!("PATH={}:$PATH COLUMNS=80 exec {} -W error -m pytest -q", programs(), python.display());
    let run = Command::new("bash").args(["-c", &script]).current_dir(folder.path()).output().unwrap();
    let out = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && fits(&printed, &out), "{out}{}", String::from_utf8_lossy(&run.stderr));
}

#[test]
fn vitest() {
    let Some(modules) = tools::named_by("HALLPASS_TEST_NODE_MODULES") else { return };
    let (recipe, folder) = (recipe("vitest"), TempDir::new().unwrap());
    let files = blocks(&recipe, "js");
    assert_eq!(files.len(), 3);
    for (name, file) in ["vitest.config.js", "issuer.js", "verifier.test.js"].iter().zip(&files) {
        std::fs::write(folder.path().join(name), &file.text).unwrap();
    }
    std::fs::write(folder.path().join("package.json"), r#"{"type":"module"}"#).unwrap();
    // A folder of its own, because Vitest keeps the results of a run in it.
    let own = folder.path().join("node_modules");
    std::fs::create_dir(&own).unwrap();
    for module in std::fs::read_dir(modules).unwrap().map(Result::unwrap) {
        std::os::unix::fs::symlink(module.path(), own.join(module.file_name())).unwrap();
    }
    // Vitest also names the tests that take longer than a threshold, which a busy machine may exceed.
    let arguments = "node_modules/vitest/vitest.mjs run --slowTestThreshold=60000";
    let script = format!("PATH={}:$PATH NO_COLOR=1 exec node {arguments}", programs());
    let run = Command::new("bash").args(["-c", &script]).current_dir(folder.path()).output().unwrap();
    let (out, printed) = (String::from_utf8_lossy(&run.stdout), block(&recipe, "text").text);
    let fits = fits(printed.trim(), out.trim());
    assert!(run.status.success() && fits, "{out}{}", String::from_utf8_lossy(&run.stderr));
}

#[tokio::test]
async fn readiness_is_asked_for_until_the_answer_is_good() {
    if !tools::are_here(&["bash", "curl", "timeout"]) {
        return;
    }
    let (server, block) = (testing::spawn().unwrap(), block(&recipe("Wait until it is ready"), "sh"));
    let visitor = Visitor::of(server.url());
    let fault = json!({ "path": "/readyz", "status": 503, "times": 2 });
    assert_eq!(visitor.request(Method::POST, "/test/fault").json(&fault).send().await.unwrap().status(), 204);
    let script = block.text.replace(BASE, server.url());
    assert!(Command::new("bash").args(["-ec", &script]).status().unwrap().success());
    let received = Answer::to(visitor.request(Method::GET, "/test/requests?path=/readyz")).await.json();
    let statuses = received["requests"].as_array().unwrap().iter().map(|request| request["status"].as_u64().unwrap());
    assert_eq!(statuses.collect::<Vec<_>>(), [200, 503, 503]);
}

#[test]
fn node_trusts_the_certificate_that_the_recipe_saves() {
    if !tools::are_here(&["bash", "openssl", "node"]) {
        return;
    }
    let recipe = recipe("HTTPS");
    let commands: Vec<Block> = recipe.commands().collect();
    let [server, save, remove] = &commands[..] else { panic!("{} blocks", commands.len()) };
    assert!(server.starts_a_server() && server.text.contains("--test-mode on --tls-self-signed"));
    assert_eq!(remove.text, "rm ca.pem\n");
    let variable = block(&recipe, "console").text.split(' ').next().unwrap().to_owned();
    let (program, folder) = (Program::with_keys(), TempDir::new().unwrap());
    let serving = program.serve(&["--test-mode", "on", "--tls-self-signed"]);
    let address = serving.url.split_once("://").unwrap().1;
    let asks = format!("fetch('{}/.well-known/openid-configuration')", serving.url);
    let node = format!("node -e \"{asks}.then((answer) => answer.json()).then((it) => console.log(it.issuer))\"");
    let run = |script: &str| Command::new("bash").args(["-ec", script]).current_dir(folder.path()).output().unwrap();
    let saved = run(save.text.split("curl ").next().unwrap().replace("127.0.0.1:5000", address).as_str());
    assert!(saved.status.success(), "{}", String::from_utf8_lossy(&saved.stderr));
    let trusted = run(&format!("{variable} {node}"));
    let printed = String::from_utf8_lossy(&trusted.stdout);
    assert_eq!(printed.trim(), serving.url, "{}", String::from_utf8_lossy(&trusted.stderr));
    assert!(!run(&node).status.success(), "nobody else vouches for it");
}

/// The program as it runs in its container, with these settings.
fn in_container(settings: &str) -> Serving {
    let settings: Vec<&str> = settings.split_whitespace().collect();
    Program::new().and("HALLPASS_CREDENTIALS", "users").serve_at("0.0.0.0:0", &settings)
}

/// The issuer's document, as somebody gets it who reaches the server under this name.
async fn document(server: &Serving, name: &str) -> Value {
    let port = port(server);
    let asked = reqwest::Client::new().get(format!("http://127.0.0.1:{port}/.well-known/openid-configuration"));
    Answer::to(asked.header("host", format!("{name}:{port}"))).await.json()
}

fn port(server: &Serving) -> &str {
    server.url.rsplit_once(':').unwrap().1
}

#[tokio::test]
async fn the_settings_for_testcontainers_make_every_mapped_address_the_issuer() {
    let snippet = block(&recipe("Testcontainers"), "js").text;
    let settings = snippet.split_once("const settings = `").unwrap().1.split_once('`').unwrap().0;
    let server = in_container(settings);
    assert_eq!(server.get("/readyz").status, 200);
    for name in ["localhost", "docker", "192.0.2.7"] {
        assert_eq!(document(&server, name).await["issuer"], format!("http://{name}:{}", port(&server)));
    }
}

/// Asks for a token as the API in its container and as the tests on the host do, and verifies each with the keys that
/// either gets. Arguments: port.
const BOTH_NAMES: &str = r#"
import socket
import sys

import jwt
import requests

resolve = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **named: resolve("127.0.0.1" if host == "hallpass" else host, *rest, **named)
port = sys.argv[1]
for asked in ["hallpass", "localhost"]:
    form = {"grant_type": "client_credentials", "audience": "orders"}
    answer = requests.post(f"http://{asked}:{port}/oauth/token", data=form, auth=("my-app", "secret"))
    token = answer.json()["access_token"]
    for verifies in ["hallpass", "localhost"]:
        key = jwt.PyJWKClient(f"http://{verifies}:{port}/.well-known/jwks.json").get_signing_key_from_jwt(token)
        jwt.decode(token, key, algorithms=["RS256"], audience="orders", issuer=f"http://localhost:{port}")
        print(asked, verifies)
"#;

#[tokio::test]
async fn one_token_is_good_for_the_api_of_the_compose_file_and_for_the_tests_on_the_host() {
    let Some(python) = tools::named_by("HALLPASS_TEST_PYTHON") else { return };
    let file = block(&recipe("Docker Compose"), "yaml").text;
    let (_, command) = file.split_once("command: >-\n").unwrap();
    let command: Vec<&str> = command.lines().map_while(|line| line.strip_prefix("      ")).collect();
    let server = in_container(&command.join(" ").replace("localhost:5000", "localhost:0"));
    let (port, document) = (port(&server), document(&server, "hallpass").await);
    assert_eq!(document["issuer"], format!("http://localhost:{port}"));
    assert_eq!(document["jwks_uri"], format!("http://hallpass:{port}/.well-known/jwks.json"));
    let run = Command::new(python).args(["-c", BOTH_NAMES, port]).output().unwrap();
    let printed = String::from_utf8_lossy(&run.stdout);
    let pairs = ["hallpass hallpass", "hallpass localhost", "localhost hallpass", "localhost localhost"];
    assert_eq!(printed.lines().collect::<Vec<_>>(), pairs, "{}", String::from_utf8_lossy(&run.stderr));
}

/// The script of each step of a workflow, in order.
fn steps(workflow: &str) -> Vec<String> {
    let steps = workflow.split("  run: |\n").skip(1);
    steps.map(|step| step.lines().map_while(|line| line.strip_prefix("    ")).collect::<Vec<_>>().join("\n")).collect()
}

#[test]
fn the_steps_of_a_workflow_start_use_and_stop_the_program() {
    if !tools::are_here(&["bash", "curl", "sed", "timeout"]) {
        return;
    }
    let (recipe, folder) = (recipe("GitHub Actions"), TempDir::new().unwrap());
    let environment = folder.path().join("environment");
    std::fs::write(&environment, "").unwrap();
    let programs = programs();
    let steps = steps(&block(&recipe, "yaml").text);
    assert_eq!(steps.len(), 3);
    for step in &steps {
        let script =
            format!("set -eo pipefail\nPATH={programs}:$PATH\nset -a; . {}; set +a\n{step}", environment.display());
        // Waits until nobody holds its output any longer, so a server that did would never let the step end.
        let done = Command::new("bash")
            .args(["-c", &script])
            .env("RUNNER_TEMP", folder.path())
            .env("GITHUB_ENV", &environment)
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(done.status.success(), "{step}\n{}", String::from_utf8_lossy(&done.stderr));
    }
    let issuer = std::fs::read_to_string(&environment).unwrap();
    assert!(issuer.starts_with("ISSUER=http://127.0.0.1:"), "{issuer}");
    let pid = std::fs::read_to_string(folder.path().join("hallpass.pid")).unwrap();
    let alive = || Path::new("/proc").join(pid.trim()).join("exe").exists();
    let started = std::time::Instant::now();
    while alive() {
        assert!(started.elapsed().as_secs() < 20, "the program still runs");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}
