//! The manual tells the truth: its commands print what it says, its tables are the code's own, and its links lead
//! somewhere.

mod page;
mod terminals;

use std::collections::BTreeSet;

use hallpass::code::Code;
use hallpass::settings::Setting;
use hallpass::token::Check;

use crate::tools;
pub use page::{Block, Page, fits};
use terminals::Terminals;

/// The pages that have commands; each is run by one of the tests below.
const RUN: [&str; 9] = [
    "README.md",
    "docs/command-line.md",
    "docs/demo.md",
    "docs/endpoints.md",
    "docs/lab.md",
    "docs/operations.md",
    "docs/settings.md",
    "docs/testing.md",
    "keys/README.md",
];

const TOOLS: [&str; 6] = ["bash", "curl", "jq", "openssl", "ssh-keygen", "timeout"];

/// Runs the page's commands from top to bottom, as a reader with two terminals does.
fn assert_works_as_it_stands(path: &str) {
    assert!(RUN.contains(&path), "{path} is missing in RUN");
    if !tools::are_here(&TOOLS) {
        return;
    }
    let page = Page::read(path);
    let mut terminals = Terminals::open();
    for block in page.commands() {
        if block.starts_a_server() {
            terminals.start_server(&block.text);
            continue;
        }
        let printed = terminals.run(&block.text);
        let expected = block.printed.as_deref().unwrap_or_default();
        assert!(fits(expected, &printed), "{path}:\n{}prints:\n{printed}and not:\n{expected}", block.text);
    }
    terminals.close();
}

#[test]
fn the_commands_of_the_readme_work_as_they_stand() {
    assert_works_as_it_stands("README.md");
}

#[test]
fn the_commands_of_the_command_line_s_page_work_as_they_stand() {
    assert_works_as_it_stands("docs/command-line.md");
}

#[test]
fn the_commands_of_the_demo_s_page_work_as_they_stand() {
    assert_works_as_it_stands("docs/demo.md");
}

#[test]
fn the_commands_of_the_endpoints_page_work_as_they_stand() {
    assert_works_as_it_stands("docs/endpoints.md");
}

#[test]
fn the_commands_of_the_lab_s_page_work_as_they_stand() {
    assert_works_as_it_stands("docs/lab.md");
}

#[test]
fn the_commands_of_the_operations_page_work_as_they_stand() {
    assert_works_as_it_stands("docs/operations.md");
}

#[test]
fn the_commands_of_the_settings_page_work_as_they_stand() {
    assert_works_as_it_stands("docs/settings.md");
}

#[test]
fn the_commands_of_the_testing_page_work_as_they_stand() {
    assert_works_as_it_stands("docs/testing.md");
}

#[test]
fn the_commands_of_the_keys_folder_s_page_work_as_they_stand() {
    assert_works_as_it_stands("keys/README.md");
}

#[test]
fn every_block_of_commands_can_be_pasted() {
    for page in Page::all() {
        for block in page.blocks().into_iter().filter(|block| matches!(&*block.language, "sh" | "console")) {
            assert!(block.text.lines().all(|line| !line.starts_with("$ ")), "{}: {}", page.path, block.text);
        }
    }
}

/// On a phone, a block of code scrolls sideways in its own box. Short lines need little of that.
#[test]
fn programs_in_the_manual_have_short_lines() {
    for page in Page::all() {
        let programs = ["python", "js", "rust", "yaml"];
        for block in page.blocks().into_iter().filter(|block| programs.contains(&&*block.language)) {
            let long: Vec<_> = block.text.lines().filter(|line| line.chars().count() > 72).collect();
            assert!(long.is_empty(), "{}:\n{}", page.path, long.join("\n"));
        }
    }
}

#[test]
fn every_page_with_commands_is_run() {
    let with_commands = Page::all().into_iter().filter(|page| page.commands().next().is_some());
    let with_commands: BTreeSet<String> = with_commands.map(|page| page.path).collect();
    assert_eq!(with_commands, RUN.map(str::to_owned).into());
}

/// The table under this header line is these rows; otherwise the right table is printed.
pub fn assert_table(path: &str, header: &str, rows: &[String]) {
    let columns = header.matches('|').count() - 1;
    let right = format!("{header}\n|{}\n{}\n", "---|".repeat(columns), rows.join("\n"));
    let page = Page::read(path);
    let after = page.text.split_once(&format!("\n{right}")).map(|(_, after)| after);
    assert!(after.is_some_and(|after| !after.starts_with('|')), "{path} should have this table:\n\n{right}");
}

#[test]
fn the_settings_tables_are_those_of_the_code_under_the_headings_of_the_help() {
    let settings = Setting::all();
    let row = |it: &Setting| format!("| `--{}` | `{}` | {} | {} |", it.flag, it.variable(), it.default, it.help);
    let mut headings: Vec<&str> = settings.iter().map(|it| it.heading.as_str()).collect();
    headings.dedup();
    for heading in headings {
        let rows: Vec<String> = settings.iter().filter(|it| it.heading == heading).map(row).collect();
        let header = format!("### {heading}\n\n| flag | variable | default | what it sets |");
        assert_table("docs/settings.md", &header, &rows);
    }
}

#[test]
fn the_table_of_codes_is_that_of_the_code() {
    let rows: Vec<String> = Code::ALL.iter().map(|code| format!("| `{code}` | {} |", code.meaning())).collect();
    assert_table("docs/codes.md", "| code | means |", &rows);
}

#[test]
fn the_table_of_checks_has_each_check_in_order() {
    let names = Check::ALL.iter().map(|check| serde_json::to_value(check).unwrap());
    let names: Vec<String> = names.map(|name| name.as_str().unwrap().to_owned()).collect();
    let page = Page::read("docs/codes.md");
    let (_, table) = page.text.split_once("| check | asks |\n|---|---|\n").unwrap();
    let rows = table.lines().map_while(|line| line.strip_prefix("| `")?.split_once('`'));
    assert_eq!(rows.map(|(name, _)| name).collect::<Vec<_>>(), names);
}

#[test]
fn every_link_leads_to_a_file_and_a_heading_that_are_there() {
    let mut links = 0;
    for page in Page::all() {
        for link in page.links() {
            let (file, heading) = link.split_once('#').unwrap_or((link.as_str(), ""));
            let target = page.beside(file);
            assert!(target.exists(), "{} links to {link}, which is not there", page.path);
            if !heading.is_empty() {
                let headings = Page::at(&target).anchors();
                assert!(headings.iter().any(|it| it == heading), "{} links to {link}; of {headings:?}", page.path);
            }
            links += 1;
        }
    }
    assert!(links > 40, "the links are written in another way");
}

#[test]
fn every_page_of_the_manual_is_in_its_contents() {
    let linked: BTreeSet<String> = Page::read("docs/README.md").links().collect();
    for page in Page::manual() {
        let name = page.path.trim_start_matches("docs/");
        assert!(name == "README.md" || linked.contains(name), "docs/README.md does not list {name}");
    }
}

/// The server shows these pages too, and takes title and summary from them.
#[test]
fn every_page_of_the_manual_opens_with_a_title_and_one_sentence_and_has_no_html() {
    for page in Page::manual() {
        let prose = page.prose();
        let paragraphs: Vec<&str> = prose.split("\n\n").collect();
        let title = paragraphs[0].strip_prefix("# ").unwrap_or_else(|| panic!("{} has no title", page.path));
        assert!(!title.contains('\n') && paragraphs[2].starts_with("## "), "{}", page.path);
        let summary = paragraphs[1];
        assert!(summary.ends_with('.') && !summary.contains(". "), "{}: {summary}", page.path);
        assert_eq!(prose.lines().filter(|line| line.starts_with("# ")).count(), 1, "{}", page.path);
        let of_html = prose.match_indices('<').filter(|(at, _)| !prose[at + 1..].starts_with("http"));
        let outside_code = of_html.filter(|(at, _)| prose[..*at].matches('`').count() % 2 == 0);
        assert_eq!(outside_code.count(), 0, "{} has HTML", page.path);
    }
}

#[test]
fn the_readme_is_one_page_and_opens_with_one_sentence_a_picture_and_the_two_commands() {
    let readme = Page::read("README.md");
    assert!(readme.text.lines().count() < 160);
    let (opening, _) = readme.text.split_once("\n## ").unwrap();
    let paragraphs: Vec<&str> = opening.split("\n\n").collect();
    assert!(paragraphs[1].ends_with('.') && !paragraphs[1].contains(". "), "{}", paragraphs[1]);
    assert!(paragraphs[2].starts_with("![") && paragraphs[2].ends_with("(static/home.png)"), "{}", paragraphs[2]);
    assert!(opening.contains("\ncargo run --release\n") && opening.contains("tests/run\n"), "{opening}");
}
