//! The README tells the truth: its tables are the code's own, and its curl lines answer what it says.

use std::path::Path;
use std::process::Command;

use hallpass::code::Code;
use hallpass::settings::SETTINGS;
use tempfile::TempDir;

use crate::app::TestApp;
use crate::tools;

fn readme() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

/// The rows of the table under this header line.
fn rows(readme: &str, header: &str) -> Vec<String> {
    let (_, table) = readme.split_once(header).unwrap();
    let lines = table.lines().skip(2);
    lines.take_while(|line| line.starts_with('|')).map(str::to_owned).collect()
}

#[test]
fn the_settings_table_is_that_of_the_code() {
    let of_code: Vec<String> = SETTINGS
        .iter()
        .map(|it| format!("| `--{}` | `{}` | {} | {} |", it.flag, it.variable(), it.default, it.help))
        .collect();
    assert_eq!(rows(&readme(), "| flag | variable | default | what it sets |"), of_code);
}

#[test]
fn the_table_of_codes_is_that_of_the_code() {
    let of_code: Vec<String> = Code::ALL.iter().map(|code| format!("| `{code}` | {} |", code.meaning())).collect();
    assert_eq!(rows(&readme(), "| code | means |"), of_code);
}

/// Without the recipes, which want a server in test mode and are run by a test of their own.
fn without_recipes(readme: &str) -> String {
    let (before, rest) = readme.split_once("\n## Recipes").unwrap();
    format!("{before}{}", &rest[rest.find("\n## ").unwrap()..])
}

/// Each block of curl lines, and the text that it is said to print.
fn curl_blocks(readme: &str) -> Vec<(&str, Option<&str>)> {
    let blocks = readme.split("```sh\n").skip(1).filter_map(|rest| rest.split_once("```\n"));
    let curls = blocks.filter(|(block, _)| block.contains("curl "));
    curls
        .map(|(block, after)| {
            let text = after.strip_prefix("\n```text\n").and_then(|text| text.split_once("```"));
            (block, text.map(|(text, _)| text))
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_curl_lines_work_as_they_stand() {
    if !tools::are_here(&["curl", "bash"]) {
        return;
    }
    let app = TestApp::spawn();
    let folder = TempDir::new().unwrap();
    std::os::unix::fs::symlink(app.keys(), folder.path().join("keys")).unwrap();
    let readme = without_recipes(&readme());
    let blocks = curl_blocks(&readme);
    assert!(blocks.len() >= 5, "the README lost its curl lines");
    for (block, printed) in blocks {
        let script = format!("set -e\n{}", block.replace("http://127.0.0.1:5000", &app.url));
        let run = Command::new("bash").args(["-c", &script]).current_dir(folder.path()).output().unwrap();
        assert!(run.status.success(), "{block}");
        let output = String::from_utf8(run.stdout).unwrap().replace(&app.url, "http://127.0.0.1:5000");
        match printed {
            Some(printed) => assert_eq!(output.trim_end(), printed.trim_end(), "{block}"),
            None => assert!(!output.contains("\"error\""), "{block}\n{output}"),
        }
    }
}
