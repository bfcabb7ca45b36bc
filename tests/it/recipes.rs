//! The recipes of `docs/testing.md`, each run as it stands against a server in test mode, with the real client that it
//! is for.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use hallpass::profiles::flawed::Flaw;
use hallpass::testing::{self, TestServer};
use tempfile::TempDir;

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
        // Into a file: what still runs when its step is over keeps a pipe open.
        let log = folder.path().join("log");
        let written = std::fs::File::create(&log).unwrap();
        let done = Command::new("bash")
            .args(["-c", &script])
            .env("RUNNER_TEMP", folder.path())
            .env("GITHUB_ENV", &environment)
            .current_dir(folder.path())
            .stdout(written.try_clone().unwrap())
            .stderr(written)
            .status()
            .unwrap();
        assert!(done.success(), "{step}\n{}", std::fs::read_to_string(&log).unwrap());
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
