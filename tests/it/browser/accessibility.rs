//! axe-core finds nothing on any page, whatever the width and the colours.

use std::fs;

use serde_json::Value;

use super::pages::Page;
use super::visit::{Browser, Script, Visit};
use crate::tools;

const WIDTHS: [u16; 3] = [320, 390, 1280];

/// What is pointed at must be 24 pixels wide and high in WCAG 2.2; that rule axe leaves out unless it is named. Of what
/// passes, only the names of the rules are wanted: to describe each element takes axe longer than to judge it.
const RUN: &str = "
    const [done] = arguments;
    const runOnly = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const rules = { 'target-size': { enabled: true } };
    const report = ({ violations, passes }) => done({ violations, passed: passes.map(({ id }) => id) });
    axe.run(document, { runOnly, rules, resultTypes: ['violations'] })
        .then(report, (error) => done({ error: String(error) }));
";

#[tokio::test]
async fn axe_finds_no_violation_on_any_page_in_light_or_dark_colours() {
    let Some(axe) = tools::named_by("HALLPASS_TEST_AXE") else { return };
    let Some(browser) = Browser::start() else { return };
    let visit = browser.visit(Script::On).await;
    let mut violations = Vec::new();
    for page in Page::all() {
        page.open(&visit).await;
        visit.driver.execute(fs::read_to_string(&axe).unwrap(), []).await.unwrap();
        for colours in ["light", "dark"] {
            visit.emulate("screen", &[("prefers-color-scheme", colours)]).await;
            for found in found_by_axe(&visit).await {
                violations.push(format!("{page:?}, {colours}, {found}"));
            }
        }
    }
    assert!(violations.is_empty(), "{}", violations.join("\n"));
    visit.end().await;
}

/// The violations on the open page, at every width.
pub async fn found_by_axe(visit: &Visit) -> Vec<String> {
    let mut found = Vec::new();
    for width in WIDTHS {
        visit.resize(width).await;
        let report = visit.driver.execute_async(RUN, []).await.unwrap().json().clone();
        for rule in ["color-contrast", "target-size"] {
            let judged = list(&report["passed"]).any(|id| id == rule)
                || list(&report["violations"]).any(|violation| violation["id"] == rule);
            assert!(judged, "{rule} was not judged: {report}");
        }
        found.extend(list(&report["violations"]).map(|it| format!("{width} px: {}", told(it))));
    }
    found
}

fn told(violation: &Value) -> String {
    let targets: Vec<String> = list(&violation["nodes"]).map(|node| node["target"].to_string()).collect();
    format!("{}: {} at {}", violation["id"], violation["help"], targets.join(" "))
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
