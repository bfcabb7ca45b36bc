//! What a page looks like where eyes, screens and paper differ.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hallpass::lab::lessons::LESSONS;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::pages::Page;
use super::survey;
use super::visit::{Browser, Script, Visit};

/// What reaches over the right edge, outside the regions that scroll by themselves.
const OVERHANGING: &str = "[...document.querySelectorAll('body *')]
    .filter((it) => !it.closest('.scroll, .command > pre[tabindex]'))
    .filter((it) => it.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .map((it) => it.outerHTML.slice(0, 80))";

/// How wide the page would be without scrolling, beyond how wide it is.
const EXCESS: &str = "document.documentElement.scrollWidth - document.documentElement.clientWidth";

/// The spacing that WCAG 2.2 §1.4.12 lets a reader set.
const SPACED: &str = "line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important";

#[tokio::test]
async fn no_page_scrolls_sideways_on_a_small_screen_in_large_text_or_in_wide_spacing() {
    let Some(browser) = Browser::start() else { return };
    let faults = survey::faults_of_every_page(&browser).await.layout;
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test]
async fn the_worksheet_of_ninety_minutes_is_four_pages_of_a4_at_most() {
    let Some(browser) = Browser::start() else { return };
    let visit = browser.visit(Script::Off).await;
    for (path, most) in [("45", 3), ("90", 4), ("180", 7)] {
        visit.open(&format!("/lab/worksheet?path={path}")).await;
        let printed =
            visit.driver.cdp().send_raw("Page.printToPDF", json!({ "preferCSSPageSize": true })).await.unwrap();
        let pdf = STANDARD.decode(printed["data"].as_str().unwrap()).unwrap();
        let text = String::from_utf8_lossy(&pdf);
        let pages = text.matches("/Type /Page\n").count();
        assert!((1..=most).contains(&pages), "{path} minutes: {pages} pages");
        // A4 in points: 595 by 842.
        assert!(text.contains("/MediaBox [0 0 594.9") || text.contains("/MediaBox [0 0 595"), "{path} minutes");
    }
    visit.end().await;
}

#[tokio::test]
async fn the_projector_view_shows_one_step_in_type_that_is_a_quarter_larger_at_least() {
    let Some(browser) = Browser::start() else { return };
    let visit = browser.visit(Script::Off).await;
    let size = "parseFloat(getComputedStyle(document.body).fontSize)";
    visit.open_lesson("logout").await;
    let usual = visit.eval(size).await.as_f64().unwrap();
    visit.open("/lab/lessons/logout?view=projector").await;
    assert!(visit.eval(size).await.as_f64().unwrap() >= 1.25 * usual);
    for (step, heading) in
        ["scenario", "background", "prediction", "do", "why"].iter().chain(&["code"; 7]).chain(&["sources"]).enumerate()
    {
        let says = visit.text(".projector-steps strong").await;
        assert_eq!(says, format!("Step {} of 13", step + 1));
        let shown = visit
            .eval("[...document.querySelectorAll('main > section[aria-labelledby]')].filter((it) => it.checkVisibility()).map((it) => it.getAttribute('aria-labelledby'))")
            .await;
        assert_eq!(shown, json!([heading]));
        if step < 12 {
            visit.send("[rel=next]").await;
        }
    }
    visit.send("[rel=prev]").await;
    assert_eq!(visit.text(".projector-steps strong").await, "Step 12 of 13");

    visit.resize(1280).await;
    let verdict = "document.querySelector('.verdict-card').getBoundingClientRect()";
    let is_in_view = format!("{verdict}.top >= 0 && {verdict}.bottom <= innerHeight");
    visit.open("/lab/lessons/logout?view=projector&at=do-1").await;
    visit.press_button("Log in as Bob").await;
    assert_eq!(visit.text(".now .projector-steps strong").await, "Step 4 of 14", "a press stays at its step");
    assert!(visit.text("#verdict + .verdict-card").await.contains("Bob is logged in for ten minutes"));
    assert_eq!(visit.eval(&is_in_view).await, true);
    visit.tick(".now [rel=next]").await;
    let shown = "[...document.querySelectorAll('.steps > li')].filter((it) => it.checkVisibility()).map((it) => it.id)";
    visit.wait_for("#do-2 .projector-steps strong", "Step 5 of 14").await;
    visit.press_button("Save a copy").await;
    assert_eq!(visit.text(".now .projector-steps strong").await, "Step 5 of 15", "so does the next one");
    assert_eq!(visit.eval(shown).await, json!(["do-2"]));
    assert_eq!(visit.eval(&is_in_view).await, true);

    for at in ["scenario", "background", "prediction", "why", "code"] {
        visit.open(&format!("/lab/lessons/none?view=projector&at={at}")).await;
        let is_on_one_screen = "document.documentElement.scrollHeight <= innerHeight";
        assert_eq!(visit.eval(is_on_one_screen).await, true, "{at}");
        assert!(visit.eval(size).await.as_f64().unwrap() >= 1.25 * usual, "{at}");
    }
    visit.end().await;
}

#[tokio::test]
async fn code_of_up_to_25_lines_fits_the_projector_in_type_as_large_as_a_page_s() {
    let Some(browser) = Browser::start() else { return };
    let visit = browser.visit(Script::Off).await;
    visit.resize_to(1280, 800).await;
    for lesson in LESSONS.iter() {
        let pieces = lesson.code.snippets.iter().flat_map(|it| {
            let language = it.language.to_lowercase();
            [(it.mistake.text(), format!("{language}-mistake")), (it.fix.text(), format!("{language}-fix"))]
        });
        let short = pieces.filter(|(code, _)| code.lines().count() <= 25);
        let Some((_, at)) = short.max_by_key(|(code, _)| code.lines().count()) else { continue };
        visit.open(&format!("/lab/lessons/{}?view=projector&at=code-{at}", lesson.slug)).await;
        let height = visit.eval("document.documentElement.scrollHeight - innerHeight").await;
        assert_eq!(height, 0, "{} at {at}", lesson.slug);
        let shown = visit
            .eval("[...document.querySelectorAll('pre')].filter((it) => it.checkVisibility()).map((it) => parseFloat(getComputedStyle(it).fontSize) >= 17)")
            .await;
        assert_eq!(shown, json!([true]), "{} at {at}", lesson.slug);
    }
    visit.end().await;
}

#[tokio::test]
async fn on_a_phone_every_cell_of_a_lesson_s_table_is_in_view() {
    let Some(browser) = Browser::start() else { return };
    let visit = browser.visit(Script::Off).await;
    let cells = "[...document.querySelectorAll('.outcome .by-row td')].map((it) => it.getBoundingClientRect())";
    for (lesson, presses) in [
        ("stay-logged-in", &["Log in at the new issuer", "Steal the refresh token"][..]),
        ("logout", &["Log in as Bob", "Save a copy", "Clear the cookie", "Replay the copy"]),
    ] {
        visit.open_lesson(lesson).await;
        visit.resize_to(390, 844).await;
        visit.press_button("Skip").await;
        for press in presses {
            visit.press_button(press).await;
        }
        let count = visit.eval(&format!("{cells}.length")).await;
        assert!(count.as_u64().unwrap() >= 4, "{lesson}: {count}");
        let outside = visit.eval(&format!("{cells}.filter((it) => it.left < 0 || it.right > innerWidth).length")).await;
        assert_eq!(outside, 0, "{lesson}");
        visit.resize_to(1280, 800).await;
    }
    visit.end().await;
}

#[tokio::test]
async fn a_step_with_many_answers_or_tables_fits_the_projector() {
    let Some(browser) = Browser::start() else { return };
    let visit = browser.visit(Script::Off).await;
    let size = "parseFloat(getComputedStyle(document.body).fontSize)";
    visit.open_lesson("rotation").await;
    let usual = visit.eval(size).await.as_f64().unwrap();
    visit.resize_to(1280, 800).await;
    let height = "document.documentElement.scrollHeight - innerHeight";
    for lesson in
        ["rotation", "need-a-jwt", "where-to-keep-it", "token-of-another-service", "tamper", "cookie-laboratory"]
    {
        visit.open(&format!("/lab/lessons/{lesson}?view=projector&at=do-1")).await;
        assert_eq!(visit.eval(height).await, 0, "{lesson}");
        assert!(visit.eval(size).await.as_f64().unwrap() >= 1.25 * usual, "{lesson}");
    }
    visit.open("/lab/lessons/rotation?view=projector&at=do-1").await;
    visit.press_button("Issue a token").await;
    assert_eq!(visit.count(".now, #verdict + .verdict-card").await, 2);
    assert_eq!(visit.eval(height).await, 0, "with the keys and the tokens below the verdict");
    visit.end().await;
}

#[tokio::test]
async fn paper_gets_black_on_white_without_what_can_only_be_clicked() {
    let Some(browser) = Browser::start() else { return };
    let visit = browser.visit(Script::On).await;
    for colours in ["light", "dark"] {
        visit.emulate("screen", &[]).await;
        Page::Accepted.open(&visit).await;
        visit.emulate("print", &[("prefers-color-scheme", colours)]).await;
        for hidden in ["nav", ".skip", ".controls", ".logout", "footer"] {
            assert_eq!(visit.shown(hidden).await, false, "{hidden}");
        }
        for shown in ["h1", ".result", ".ticket", ".trace"] {
            assert_eq!(visit.shown(shown).await, true, "{shown}");
        }
        for (place, property, colour) in [("body", "backgroundColor", "255, 255, 255"), ("h1", "color", "0, 0, 0")] {
            assert_eq!(visit.style(place, property).await, format!("rgb({colour})"), "{place} in {colours} colours");
        }
    }
    visit.end().await;
}

#[tokio::test]
async fn nothing_moves_for_a_reader_who_wants_less_motion() {
    let Some(browser) = Browser::start() else { return };
    let visit = browser.visit(Script::On).await;
    visit.open("/generate?ttl=50").await;
    sleep(Duration::from_millis(1500)).await;
    assert_ne!(visit.text(".left").await, "50 s left");

    visit.emulate("screen", &[("prefers-reduced-motion", "reduce")]).await;
    visit.open("/generate?ttl=50").await;
    assert_eq!(visit.eval("document.getAnimations().length").await, 0);
    sleep(Duration::from_millis(1500)).await;
    assert_eq!(visit.text(".left").await, "50 s left");
    assert_eq!(visit.eval("document.querySelector('progress').value").await, 50);
    visit.end().await;
}

impl Visit {
    /// What is wider than the page that is called so.
    pub async fn overflow(&self, page: &str) -> Option<String> {
        let found = self.eval(&format!("[{EXCESS}, {OVERHANGING}]")).await;
        (found != json!([0, []])).then(|| format!("{page}: {found}"))
    }

    /// Links that stand in a column too narrow for them, word under word.
    pub async fn squeezed(&self, page: &str) -> Option<String> {
        let squeezed = "[...document.querySelectorAll('main a')].filter((it) => {
            const { width, height } = it.getBoundingClientRect();
            return width > 0 && width < 64 && height > 120;
        }).map((it) => it.textContent)";
        let found = self.eval(squeezed).await;
        (found != json!([])).then(|| format!("{page}: squeezed: {found}"))
    }

    pub async fn overflow_in_large_text(&self, page: &str) -> Option<String> {
        self.eval("document.documentElement.style.fontSize = '34px'").await;
        let found = self.overflow(page).await;
        self.eval("document.documentElement.style.fontSize = ''").await;
        found
    }

    /// The page stays in wide spacing.
    pub async fn overflow_in_wide_spacing(&self, page: &str) -> Option<String> {
        self.eval(&format!("document.styleSheets[0].insertRule('* {{ {SPACED} }}')")).await;
        self.overflow(page).await
    }

    async fn shown(&self, css: &str) -> Value {
        self.eval(&format!("document.querySelector('{css}').checkVisibility()")).await
    }

    async fn style(&self, css: &str, property: &str) -> Value {
        self.eval(&format!("getComputedStyle(document.querySelector('{css}')).{property}")).await
    }
}
