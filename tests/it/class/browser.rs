//! The pages of a class in Chromium.

use std::fs;
use std::time::Duration;

use tokio::time::sleep;

use super::{ANATOMY, ON};
use crate::app::TestApp;
use crate::browser::{Axe, Browser, Script, Visit};

/// The pupil that the teacher has chosen.
const CHOSEN: &str = "document.querySelector('strong#chosen-pupil').textContent";

/// A teacher in front of the board of a class with two pupils.
async fn board(browser: &Browser, script: Script) -> Visit {
    board_of(browser, TestApp::with(&[ON]), script).await
}

async fn board_of(browser: &Browser, app: TestApp, script: Script) -> Visit {
    let key = fs::read_to_string(app.keys().join("teacher.key")).unwrap();
    let visit = browser.visit_to(app, script).await;
    visit.open(&format!("/class/board?key={}", key.trim())).await;
    visit
}

/// Presses what deletes something, and then its button, which is below what is lost.
async fn confirm(visit: &Visit, verb: &str) {
    visit.find_by(&format!("//summary[normalize-space()='{verb}']")).await.click().await.unwrap();
    visit.press_button(verb).await;
}

async fn joined(visit: &Visit, name: &str) -> super::client::Browser {
    let code = visit.text(".class-code").await;
    super::pupil(&visit.app.url, &code, name)
}

#[tokio::test]
async fn the_teacher_works_the_board_without_a_script() {
    let Some(browser) = Browser::start() else { return };
    let visit = board(&browser, Script::Off).await;
    let address = visit.driver.current_url().await.unwrap();
    assert_eq!((address.path(), address.query()), ("/class/board", None), "the key is not in the address");
    let mut ada = joined(&visit, "Ada").await;
    joined(&visit, "Bob").await;
    ada.get(ANATOMY);
    visit.open("/class/board").await;
    assert_eq!(visit.count(".board tbody tr").await, 2);
    assert_eq!(visit.text(".board tbody td:not([class]) i").await, "open, 0 min");
    assert_eq!(visit.count("noscript meta[http-equiv=refresh]").await, 1);
    visit.send(".board tbody tr:first-child th a").await;
    assert_eq!(visit.eval(CHOSEN).await, "Ada");
    assert_eq!(visit.count("noscript meta[http-equiv=refresh]").await, 0, "nothing closes what is open");
    confirm(&visit, "Reset").await;
    assert_eq!(visit.text("[role=status]").await, "✓ The progress of Ada was deleted.");
    assert_eq!(visit.text("tr:target a").await, "Ada");
    assert_eq!(visit.count(".board td[data-m]:not([class])").await, 0);
    visit.press_button("Release the solutions").await;
    assert_eq!(visit.count("button").await, 2 + 3 + 1 + 2 + 4 + 2 * hallpass::lab::lessons::LESSONS.len() + 1 + 1 + 1);
    visit.send(".board tbody tr:first-child th a").await;
    confirm(&visit, "Remove").await;
    assert_eq!(visit.text("[role=status]").await, "✓ You removed Ada. The progress was deleted too.");
    assert_eq!(visit.text(".board tbody th").await, "Bob");
    confirm(&visit, "End the class").await;
    assert!(visit.text(".lead").await.starts_with("No class is open."));
    visit.press_button("Start a class").await;
    assert_eq!(visit.count(".board").await, 0);
    visit.end().await;
}

#[tokio::test]
async fn the_buttons_of_every_lesson_are_on_the_screen_of_a_phone_and_a_tablet() {
    let Some(browser) = Browser::start() else { return };
    // Others reach this server, and it has no second site for them: the board says so in two rows.
    let app = TestApp::with(&[ON, ("allowed-host", "school.example"), ("credentials", "any")]);
    let visit = board_of(&browser, app, Script::On).await;
    joined(&visit, "Ada").await;
    assert_eq!(visit.count(".lesson-states .note-small").await, 2);
    for width in [390, 600, 768, 800, 1280] {
        visit.resize_to(width, 844).await;
        let overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
        assert_eq!(visit.eval(overflow).await, 0, "{width}: the page scrolls sideways");
        let beyond = "[...document.querySelectorAll('.lesson-states button')]\
                      .filter((it) => it.getBoundingClientRect().right > innerWidth).length";
        assert_eq!(visit.eval(beyond).await, 0, "{width}");
    }
    visit.end().await;
}

#[tokio::test]
async fn the_board_follows_the_class_with_a_script() {
    let Some(browser) = Browser::start() else { return };
    let visit = board(&browser, Script::On).await;
    let mut ada = joined(&visit, "Ada").await;
    visit.wait_for(".board tbody th", "Ada").await;
    ada.get(ANATOMY);
    visit.find_by("//td[not(@class)]/i[.='open, 0 min']").await;
    visit.send(".board tbody th a").await;
    ada.post(ANATOMY, &[("step", "hint")]);
    visit.find_by("//td[not(@class)]/i[.='open, 0 min, 1 hint']").await;
    assert_eq!(visit.eval(CHOSEN).await, "Ada", "what is chosen stays chosen");
    confirm(&visit, "Reset").await;
    visit.wait_for("tr.target a", "Ada").await;
    let address = visit.driver.current_url().await.unwrap();
    let mut teacher = super::teacher_of(&visit.app);
    teacher.turn_to(address.origin().ascii_serialization().as_str());
    teacher.post("/class/board/hold", &[("what", "codes"), ("held", "true")]);
    // The page loads again, so what is waited for is an element that the page before did not have.
    visit.wait_for("section[aria-labelledby=held] li:last-child input[name=held][value=false]", "").await;
    let says = visit.text("section[aria-labelledby=held] li:last-child p").await;
    assert_eq!(says, "Pupils see the expected code of an attack only once they have tried it. You see it always.");
    visit.end().await;
}

/// The teacher logs out in another tab, and the server ends the stream.
#[tokio::test]
async fn a_board_that_is_no_longer_live_says_so() {
    let Some(browser) = Browser::start() else { return };
    let visit = board(&browser, Script::On).await;
    joined(&visit, "Ada").await;
    visit.wait_for(".board tbody th", "Ada").await;
    assert_eq!(visit.text(".live").await, "");
    visit.app.advance(14 * 86_400);
    let says = "Not live: this browser is no longer the teacher’s. Open your link again.";
    visit.wait_for(".live", says).await;
    for (width, height) in [(1280, 800), (390, 844)] {
        visit.resize_to(width, height).await;
        for place in ["0", "document.body.scrollHeight"] {
            visit.eval(&format!("scrollTo(0, {place})")).await;
            visit.assert_in_view(".live").await;
        }
    }
    // The browser's own lines for the refusals are meant.
    visit.driver.browser_log().await.unwrap();
    visit.end().await;
}

#[tokio::test]
async fn the_pupils_begin_on_the_first_screen_and_what_a_press_did_is_said_in_view() {
    let Some(browser) = Browser::start() else { return };
    let visit = board(&browser, Script::Off).await;
    for number in 1..=12 {
        joined(&visit, &format!("Pupil {number}")).await;
    }
    visit.resize_to(390, 844).await;
    visit.open("/class/board").await;
    visit.assert_in_view(".board tbody tr:nth-child(1) th").await;
    visit.resize_to(1280, 800).await;
    for path in ["90", "all"] {
        visit.open("/class/board").await;
        let button = if path == "all" { "Open all" } else { "Open only the lessons of the 90-minute path" };
        visit.press_button(button).await;
        visit.open("/class/board").await;
        visit.assert_in_view(".board tbody tr:nth-child(10) th").await;
        let fits =
            "(() => { const it = document.querySelector('.board'); return it.scrollWidth <= it.clientWidth; })()";
        assert_eq!(visit.eval(fits).await, true, "no column is cut: {path}");
    }
    for (width, height) in [(1280, 800), (390, 844)] {
        visit.resize_to(width, height).await;
        for button in ["Hold the codes", "Release the codes", "Open all", "Close joining", "Open joining", "New code"] {
            visit.open("/class/board").await;
            if button == "New code" {
                confirm(&visit, button).await;
            } else {
                visit.press_button(button).await;
            }
            visit.assert_in_view("[role=status]").await;
        }
        visit.open("/class/board").await;
        visit.send(".board tbody tr:nth-child(9) th a").await;
        confirm(&visit, "Reset").await;
        visit.assert_in_view("[role=status]").await;
        visit.assert_in_view("tr:target").await;
        assert_eq!(visit.text("tr:target a").await, "Pupil 9");
        visit.open("/class/board").await;
        visit.press_button("Close Two clocks").await;
        visit.assert_in_view("[role=status]").await;
        visit.assert_in_view("tr:target").await;
        assert_eq!(visit.text("tr:target a").await, "Two clocks");
        assert!(visit.text("tr:target th").await.starts_with("5. Two clocks"), "{}", visit.text("tr:target th").await);
        visit.press_button("Release the solution of Two clocks").await;
        visit.assert_in_view("[role=status]").await;
        visit.press_button("Hold the solution of Two clocks").await;
        visit.press_button("Open Two clocks").await;
    }
    visit.end().await;
}

#[tokio::test]
async fn thirty_pupils_and_every_lesson_fit_the_projector_in_large_type_and_stay_live() {
    let Some(browser) = Browser::start() else { return };
    let visit = board(&browser, Script::On).await;
    let mut first = joined(&visit, "Pupil 1").await;
    for number in 2..=30 {
        joined(&visit, &format!("Pupil {number}")).await;
    }
    for (width, height) in [(1920, 1080), (1280, 800)] {
        visit.resize_to(width, height).await;
        visit.open("/class/board?view=projector").await;
        assert_eq!(visit.count(".signs thead th").await, 2 + hallpass::lab::lessons::LESSONS.len());
        let fits = "(() => { const table = document.querySelector('.signs').getBoundingClientRect();
            return table.right <= innerWidth && document.documentElement.scrollWidth <= innerWidth; })()";
        assert_eq!(visit.eval(fits).await, true, "no column is cut at {width}");
        let size = "parseFloat(getComputedStyle(document.querySelector('.signs td')).fontSize) >= 1.25 * 17";
        assert_eq!(visit.eval(size).await, true, "the type is large");
    }
    visit.resize_to(1920, 1080).await;
    visit.assert_in_view(".signs tbody tr:nth-child(30)").await;
    assert_eq!(visit.eval("document.documentElement.scrollHeight <= innerHeight").await, true);
    assert_eq!(visit.count("form, button").await, 0);
    first.get(ANATOMY);
    visit.wait_for(".signs .begun .hidden", "open").await;
    visit.end().await;
}

#[tokio::test]
async fn a_pupil_joins_and_leaves_and_axe_finds_nothing() {
    let Some(browser) = Browser::start() else { return };
    let visit = board(&browser, Script::On).await;
    let mut ada = joined(&visit, "Ada").await;
    joined(&visit, "A name of forty characters, to the last").await;
    super::solve_anatomy(&mut ada);
    let code = visit.text(".class-code").await;
    let axe = Axe::installed();
    let check = async |page: &str| {
        let Some(axe) = &axe else { return };
        assert_eq!(axe.violations(&visit).await, Vec::<String>::new(), "{page}");
        visit.resize(320).await;
        assert_eq!(visit.eval("document.documentElement.scrollWidth <= innerWidth").await, true, "{page}");
        visit.resize(1280).await;
    };
    visit.open("/class/board?view=projector").await;
    check("the board for the projector").await;
    visit.open("/class/board?view=code").await;
    check("the address and the code").await;
    visit.open("/class/board").await;
    check("the board").await;
    visit.send(".board tbody th a").await;
    check("a pupil on the board").await;
    visit.press_button("Let back in").await;
    check("the code of one pupil").await;
    visit.open("/class").await;
    check("the form").await;
    visit.type_in("#code", &code).await;
    visit.type_in("#name", "Cy").await;
    visit.press_button("Join").await;
    assert_eq!(visit.text(".lead strong").await, "Cy");
    check("what is kept").await;
    visit.press_button("This is not me").await;
    check("who was here comes back").await;
    visit.type_in("#code", &code).await;
    visit.type_in("#name", "Di").await;
    visit.press_button("Join").await;
    confirm(&visit, "Leave").await;
    assert_eq!(
        visit.text("[role=status]").await,
        "✓ You left the class. Your name and your progress in it were deleted."
    );
    assert!(visit.text(".lead").await.starts_with("Join with the code"));
    visit.end().await;
}

/// Each lesson's hint button sends everything that was typed, and the page shows it again.
#[tokio::test]
async fn a_hint_loses_nothing_that_was_typed_in_any_lesson() {
    const FILLED: &str = "[...document.querySelectorAll('#work input[type=text], #work textarea:not([readonly])')]
        .filter((it) => it.offsetParent).forEach((it, place) => { it.value = `typed ${place}`; });
        [...document.querySelectorAll('#work select')].forEach((it) => { it.selectedIndex = it.options.length - 1; });
        [...document.querySelectorAll('#work input[type=checkbox]')].forEach((it) => { it.checked = true; })";
    const FIELDS: &str = "JSON.stringify([...document.querySelectorAll('#work input, #work textarea, #work select')]
        .filter((it) => it.offsetParent).map((it) => [it.name, it.value.replaceAll('\\r\\n', '\\n'), it.checked]))";
    let Some(browser) = Browser::start() else { return };
    for script in [Script::Off, Script::On] {
        let visit = browser.visit(script).await;
        visit.open("/generate?ttl=3600").await;
        for lesson in hallpass::lab::lessons::LESSONS.iter() {
            visit.open(&format!("/lab/lessons/{}", lesson.slug)).await;
            visit.press_button("Skip").await;
            visit.driver.execute(FILLED, []).await.unwrap();
            let typed = visit.eval(FIELDS).await;
            let hint = visit.find_by("//button[@value='hint']").await;
            hint.click().await.unwrap();
            visit.wait_for(".help .hint strong", "Hint 1.").await;
            // A script puts the hint into the page, and without one the page comes again.
            sleep(Duration::from_millis(50)).await;
            assert_eq!(visit.eval(FIELDS).await, typed, "{} with scripts {script:?}", lesson.slug);
        }
        visit.end().await;
    }
}
