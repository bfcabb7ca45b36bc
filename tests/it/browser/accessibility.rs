//! axe-core finds nothing on any page, whatever the width and the colours.

use std::fs;

use serde_json::{Value, json};

use super::survey;
use super::visit::{Browser, Visit};
use crate::tools;

const WIDTHS: [u16; 3] = [320, 390, 1280];

/// What is pointed at must be 24 pixels wide and high in WCAG 2.2; that rule axe leaves out unless it is named. Of what
/// passes, only the names of the rules are wanted: to describe each element takes axe longer than to judge it.
///
/// In dark colours a page differs in its colours alone, which a test below makes sure of. So the rules that judge no
/// colour are asked in light colours only.
const RUN: &str = "
    const [colours, done] = arguments;
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const ofColours = () => axe.getRules(tags).filter((it) => it.tags.includes('cat.color')).map((it) => it.ruleId);
    const options = colours === 'light'
        ? { runOnly: tags, rules: { 'target-size': { enabled: true } } }
        : { runOnly: ofColours() };
    const report = ({ violations, passes }) => done({ violations, passed: passes.map(({ id }) => id) });
    axe.run(document, { ...options, resultTypes: ['violations'] })
        .then(report, (error) => done({ error: String(error) }));
";

/// The rules that find something to judge on every page.
fn rules_of_every_page(colours: &str) -> &'static [&'static str] {
    if colours == "light" { &["color-contrast", "target-size"] } else { &["color-contrast"] }
}

#[tokio::test]
async fn axe_finds_no_violation_on_any_page_in_light_or_dark_colours() {
    if Axe::installed().is_none() {
        return;
    }
    let Some(browser) = Browser::start() else { return };
    let violations = survey::faults_of_every_page(&browser).await.accessibility;
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[test]
fn dark_colours_are_other_values_of_the_style_sheet_s_colours_and_nothing_else() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/static");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let texts = files.filter(|path| path.extension().is_some_and(|it| it == "css" || it == "js"));
    let all: String = texts.map(|path| fs::read_to_string(path).unwrap()).collect();
    assert!(!all.contains("light-dark("));
    let [_, dark] = all.split("prefers-color-scheme").collect::<Vec<_>>()[..] else { panic!("it is asked for once") };
    let block = dark.strip_prefix(": dark) {\n  :root {\n").unwrap().split_once("  }\n}\n").unwrap().0;
    for line in block.lines() {
        let (name, value) = line.trim().split_once(": ").unwrap();
        let is_shadow = (name, value) == ("--breath", "none;");
        let is_colour = name.starts_with("--") && ["#", "rgb("].iter().any(|it| value.starts_with(it));
        assert!(is_shadow || is_colour, "{line}");
    }
}

/// The program that judges pages.
pub struct Axe(String);

impl Axe {
    /// Nothing where it is not installed.
    pub fn installed() -> Option<Self> {
        tools::named_by("HALLPASS_TEST_AXE").map(|path| Self(fs::read_to_string(path).unwrap()))
    }

    /// Puts it into the open page.
    pub async fn enter(&self, visit: &Visit) {
        visit.driver.execute(self.0.as_str(), []).await.unwrap();
    }

    /// The violations on the open page, at every width and in both colours.
    pub async fn violations(&self, visit: &Visit) -> Vec<String> {
        self.enter(visit).await;
        let mut found = Vec::new();
        for colours in ["light", "dark"] {
            visit.show_in(colours).await;
            for width in WIDTHS {
                visit.resize(width).await;
                found.extend(visit.violations_in(colours, width).await);
            }
        }
        found
    }
}

impl Visit {
    /// Shows pages in `light` or `dark` colours.
    pub async fn show_in(&self, colours: &str) {
        self.emulate("screen", &[("prefers-color-scheme", colours)]).await;
    }

    /// The violations on the open page, which axe is in, as it is shown now: in these colours, and this wide.
    pub async fn violations_in(&self, colours: &str, width: u16) -> Vec<String> {
        let report = self.driver.execute_async(RUN, [json!(colours)]).await.unwrap().json().clone();
        for rule in rules_of_every_page(colours) {
            let judged = list(&report["passed"]).any(|id| id == rule)
                || list(&report["violations"]).any(|violation| violation["id"] == *rule);
            assert!(judged, "{rule} was not judged: {report}");
        }
        list(&report["violations"]).map(|it| format!("{colours}, {width} px: {}", told(it))).collect()
    }
}

fn told(violation: &Value) -> String {
    let targets: Vec<String> = list(&violation["nodes"]).map(|node| node["target"].to_string()).collect();
    format!("{}: {} at {}", violation["id"], violation["help"], targets.join(" "))
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
