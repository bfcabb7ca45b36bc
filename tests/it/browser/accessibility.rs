//! axe-core finds nothing on any page, whatever the width and the colours.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::pages::Page;
use super::visit::{Browser, Script, Visit};
use crate::tools;

const WIDTHS: [u16; 3] = [320, 390, 1280];

/// What is pointed at must be 24 pixels wide and high in WCAG 2.2; that rule axe leaves out unless it is named.
const EVERY_RULE: &str = "{
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    rules: { 'target-size': { enabled: true } },
}";

/// Those whose answer hangs on the colours. The others would only say the same again.
const RULES_OF_COLOUR: &str = "{ runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] } }";

#[tokio::test]
async fn axe_finds_no_violation_on_any_page_in_light_or_dark_colours() {
    let Some(axe) = tools::named_by("HALLPASS_TEST_AXE") else { return };
    let Some(browser) = Browser::start() else { return };
    let visit = browser.visit(Script::On).await;
    let mut violations = Vec::new();
    for page in Page::all() {
        page.open(&visit).await;
        for found in found_by(&axe, &visit).await {
            violations.push(format!("{page:?}, {found}"));
        }
    }
    assert!(violations.is_empty(), "{}", violations.join("\n"));
    visit.end().await;
}

/// The violations on the open page, at every width.
async fn found_by(axe: &Path, visit: &Visit) -> Vec<String> {
    visit.driver.execute(fs::read_to_string(axe).unwrap(), []).await.unwrap();
    let mut found = Vec::new();
    for (colours, options, judged) in
        [("light", EVERY_RULE, &["color-contrast", "target-size"][..]), ("dark", RULES_OF_COLOUR, &["color-contrast"])]
    {
        visit.emulate("screen", &[("prefers-color-scheme", colours)]).await;
        for width in WIDTHS {
            visit.resize(width).await;
            let report = report(visit, options).await;
            assert_judged(judged, &report);
            found.extend(list(&report["violations"]).map(|it| format!("{colours}, {width} px: {}", told(it))));
        }
    }
    found
}

async fn report(visit: &Visit, options: &str) -> Value {
    let run = format!(
        "const [done] = arguments;
        axe.run(document, {options}).then(done, (error) => done({{ error: String(error) }}));"
    );
    visit.driver.execute_async(run, []).await.unwrap().json().clone()
}

/// A report that is silent of these rules says nothing of the page.
fn assert_judged(rules: &[&str], report: &Value) {
    for rule in rules {
        let is_judged = ["passes", "violations"].iter().any(|it| list(&report[it]).any(|judged| judged["id"] == *rule));
        assert!(is_judged, "{rule} was not judged: {report}");
    }
}

fn told(violation: &Value) -> String {
    let targets: Vec<String> = list(&violation["nodes"]).map(|node| node["target"].to_string()).collect();
    format!("{}: {} at {}", violation["id"], violation["help"], targets.join(" "))
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
