//! The tutorials' pages: each command on them works as it stands and answers what the page says.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::app::TestApp;
use crate::html::unescaped;
use crate::tools;

const PAGES: [&str; 5] = ["demo", "twilio", "zoom", "rest-api", "telesign"];

/// Each command of a page with the answer that is shown under it.
fn steps(page: &str) -> Vec<(String, String)> {
    let code = |text: &str| unescaped(text.split_once("><code>").unwrap().1.split_once("</code>").unwrap().0);
    let cards = page.split("class=\"card step\"").skip(1);
    cards.map(|card| (code(card), code(card.split_once("class=\"answer\"").unwrap().1))).collect()
}

/// Whether `output` is `shown`, in which an ellipsis stands for anything.
fn is_as_shown(output: &str, shown: &str) -> bool {
    let mut rest = output;
    shown.split('…').enumerate().all(|(index, piece)| match rest.find(piece) {
        Some(at) if index > 0 || at == 0 => {
            rest = &rest[at + piece.len()..];
            true
        }
        _ => false,
    }) && (rest.is_empty() || shown.ends_with('…'))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_a_tutorial_answers_what_its_page_says() {
    if !tools::are_here(&["curl", "bash"]) {
        return;
    }
    for profile in PAGES {
        let (app, folder) = (TestApp::spawn(), TempDir::new().unwrap());
        let page = app.visitor().page(&format!("/tutorials/{profile}")).await;
        let steps = steps(&page);
        assert!(steps.len() >= 2, "{profile} lost its commands");
        for (command, shown) in steps {
            let run = Command::new("bash").args(["-c", &command]).current_dir(folder.path()).output().unwrap();
            let output = String::from_utf8(run.stdout).unwrap();
            assert!(is_as_shown(output.trim_end(), &shown), "{command}\nanswers {output}\nand not {shown}");
        }
    }
}

#[tokio::test]
async fn every_text_of_a_tutorial_has_a_page_that_the_list_links_to() {
    let app = TestApp::spawn();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/tutorials");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(files.collect::<BTreeSet<_>>(), PAGES.map(|profile| format!("{profile}.md")).into());
    let list = app.visitor().page("/tutorials").await;
    let links = list.split("href=\"/tutorials/").skip(1).map(|rest| rest.split_once('"').unwrap().0);
    assert_eq!(links.collect::<Vec<_>>(), PAGES);
}

#[tokio::test]
async fn the_home_page_names_every_command_of_the_tutorials() {
    let app = TestApp::spawn();
    let home = unescaped(&app.visitor().page("/").await);
    for profile in PAGES {
        for (command, _) in steps(&app.visitor().page(&format!("/tutorials/{profile}")).await) {
            assert!(home.contains(&command), "{command}");
        }
    }
}
