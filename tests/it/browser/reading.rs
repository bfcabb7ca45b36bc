//! What helps a reader of the pages: what is in view and what is folded, what can be copied, found, tried and shared.

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use super::visit::{Browser, Script, Visit};
use super::with_and_without_script;
use crate::app::TestApp;

/// The screens that the pages are made for.
const SCREENS: [(u16, u16); 2] = [(390, 844), (1280, 900)];

/// The whole token of the home page.
const TOKEN: &str = "document.querySelector('.token-text').textContent";

#[tokio::test]
async fn the_primary_button_of_the_home_page_is_the_next_step_and_the_tutorial_s_links_stay() {
    with_and_without_script(async |visit| {
        visit.open("/").await;
        visit.assert_next_step("Get token").await;
        visit.follow("Get token").await;
        visit.assert_next_step("Show details").await;
        visit.follow("Show details").await;
        visit.assert_next_step("Show details").await;
        visit.app.advance(60);
        visit.follow("Show details").await;
        visit.assert_next_step("Get a new token").await;
        visit.follow("Get a new token").await;
        assert_eq!(visit.result().await, "Token Generated successfully!!");
        visit.choose("RS256").await;
        visit.assert_next_step("Get a new token").await;
    })
    .await;
}

#[tokio::test]
async fn the_result_is_the_largest_text_and_the_token_begins_on_the_first_screen() {
    let Some(browser) = Browser::start() else { return };
    let visit = browser.visit(Script::On).await;
    visit.open("/generate?ttl=1000").await;
    for (width, height) in SCREENS {
        visit.resize_to(width, height).await;
        for page in ["/", "/validate", "/Token%20Generated%20successfully!!"] {
            visit.open(page).await;
            let top = visit.number("document.querySelector('.ticket').getBoundingClientRect().top").await;
            assert!(top < f64::from(height) - 100.0, "{page} at {width}: the token begins at {top}");
            let larger = "[...document.querySelectorAll('main *')].filter((it) =>
                parseFloat(getComputedStyle(it).fontSize) > parseFloat(getComputedStyle(document.querySelector('.result')).fontSize)).length";
            assert_eq!(visit.eval(larger).await, 0, "{page} at {width}");
        }
    }
    visit.end().await;
}

#[tokio::test]
async fn the_token_is_one_text_and_a_button_copies_it() {
    let Some(browser) = Browser::start() else { return };
    let visit = browser.visit(Script::On).await;
    visit.allow_clipboard().await;
    visit.open("/generate").await;
    let token = visit.eval(TOKEN).await.as_str().unwrap().to_owned();
    assert_eq!(token, visit.texts(".token-text span").await.join("."));
    assert_eq!(visit.text("main").await.matches("eyJ").count(), 2, "header and payload are shown once each");
    visit.press_in_place("Copy token").await;
    visit.wait_for(".copy", "Copied").await;
    assert_eq!(visit.clipboard().await, token);

    visit.open("/tutorials/zoom").await;
    assert_eq!(visit.count(".command > .copy").await, visit.count(".command").await);
    let command = visit.text(".command pre").await;
    visit.tick(".command > .copy").await;
    visit.wait_for(".copy", "Copied").await;
    assert_eq!(visit.clipboard().await, command);
    visit.end().await;
}

#[tokio::test]
async fn what_passed_and_what_was_not_reached_is_a_line_each_that_opens() {
    with_and_without_script(async |visit| {
        visit.open("/generate").await;
        assert_eq!(visit.texts(".checks > summary").await, ["✓ 14 checks passed"]);
        assert_eq!(visit.text(".trace").await, "", "folded");
        visit.tick(".checks > summary").await;
        assert!(visit.text(".trace").await.contains("three parts"));
        visit.app.advance(60);
        visit.open("/").await;
        assert_eq!(visit.texts(".checks > summary").await, ["✓ 9 checks passed", "– 4 checks not reached"]);
        assert!(visit.text(".trace .failed").await.contains("Expiry"), "what failed is not folded");
        assert_eq!(visit.text(".attributes").await, "", "what was on the wire is folded");
    })
    .await;
}

#[tokio::test]
async fn a_page_shows_the_end_of_its_token_as_the_server_does_after_a_reload() {
    let Some(browser) = Browser::start() else { return };
    let visit = browser.visit(Script::On).await;
    visit.open("/generate?ttl=2").await;
    visit.follow("Show details").await;
    visit.wait_for(".result", "Result - Invalid token").await;
    let in_place = visit.all_that_ends().await;
    visit.app.advance(2);
    visit.follow_to_next_page(visit.driver.refresh()).await;
    assert_eq!(visit.all_that_ends().await, in_place);
    assert_eq!(visit.driver.title().await.unwrap(), "Token refused · Hallpass");
    visit.assert_next_step("Get a new token").await;
    visit.end().await;
}

#[tokio::test]
async fn the_bench_shows_the_verdict_beside_or_below_the_form_that_asked_for_it() {
    with_and_without_script(async |visit| {
        visit.open("/generate?ttl=1000").await;
        let token = visit.eval(TOKEN).await.as_str().unwrap().to_owned();
        for (width, height) in [(1280, 800), (390, 844)] {
            visit.resize_to(width, height).await;
            visit.open("/lab/inspect").await;
            visit.type_in("#token", &token).await;
            visit.press_button("Verify").await;
            for place in [".verdict-card", "#action"] {
                let seen = format!(
                    "(({{ top, bottom }}) => top >= 0 && bottom <= innerHeight)
                    (document.querySelector('{place}').getBoundingClientRect())"
                );
                assert_eq!(visit.eval(&seen).await, true, "{place} at {width}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_shared_link_gives_the_bench_a_token_and_the_server_none() {
    let Some(browser) = Browser::start() else { return };
    let visit = browser.visit(Script::On).await;
    visit.allow_clipboard().await;
    visit.open("/lab/inspect").await;
    assert_eq!(visit.text("#share").await, "Put a token into the field first, and a button here makes the link.");
    visit.type_in("#token", "aaa.bbb.ccc").await;
    visit.press_in_place("Copy a link to this token").await;
    visit.wait_for("#share .copy", "Copied").await;
    let link = visit.clipboard().await;
    assert_eq!(link, format!("{}/lab/inspect#token=aaa.bbb.ccc", visit.app.url));
    visit.open("/").await;
    visit.driver.goto(&link).await.unwrap();
    assert_eq!(visit.eval("document.querySelector('#token').value").await, "aaa.bbb.ccc");
    assert!(visit.text("#shared").await.contains("came with the link"));
    assert_eq!(visit.asked_with("aaa.bbb").await, 0, "no request carries it");
    visit.eval("location.hash = 'token=ddd.eee.fff'").await;
    visit.driver.execute("return new Promise(done => setTimeout(done, 200))", vec![]).await.unwrap();
    assert_eq!(visit.eval("document.querySelector('#token').value").await, "ddd.eee.fff", "another link in this tab");
    visit.end().await;
}

#[tokio::test]
async fn the_api_reference_is_short_on_a_phone_and_its_index_stays_in_view_on_a_desktop() {
    with_and_without_script(async |visit| {
        visit.resize_to(390, 844).await;
        visit.open("/docs/api").await;
        let height = visit.number("document.documentElement.scrollHeight").await;
        assert!(height < 15_000.0, "{height}");
        assert_eq!(visit.text(".index ul").await, "", "the index is folded");
        visit.resize_to(1280, 900).await;
        visit.eval("scrollTo(0, 3000)").await;
        assert_eq!(visit.eval("document.querySelector('.index').getBoundingClientRect().top").await, 0);
        let is_open = "document.querySelector('.index [href=\"#operation-generate\"]').checkVisibility({ contentVisibilityAuto: true })";
        assert_eq!(visit.eval(is_open).await, true);
    })
    .await;
}

#[tokio::test]
async fn no_command_is_broken_inside_of_a_word_and_each_that_scrolls_can_have_the_focus() {
    let Some(browser) = Browser::start() else { return };
    let visit = browser.visit(Script::On).await;
    for (width, height) in SCREENS {
        visit.resize_to(width, height).await;
        for page in ["/docs/api#operation-accessToken", "/tutorials/twilio", "/docs/testing"] {
            visit.open(page).await;
            let bad = "[...document.querySelectorAll('.command pre')].filter((it) => {
                const scroller = it.closest('.scroll') ?? it;
                return getComputedStyle(it).whiteSpace !== 'pre' || scroller.tabIndex !== 0;
            }).map((it) => it.textContent)";
            assert_eq!(visit.eval(bad).await, json!([]), "{page} at {width}");
        }
    }
    visit.end().await;
}

#[tokio::test]
async fn the_pages_of_the_manual_are_beside_the_text_where_there_is_room_and_their_tables_are_whole() {
    with_and_without_script(async |visit| {
        let shown = "[...document.querySelectorAll('.index a')].filter((it) => it.checkVisibility({ contentVisibilityAuto: true })).length";
        visit.resize_to(390, 844).await;
        visit.open("/docs/testing").await;
        assert_eq!(visit.eval(shown).await, 0, "folded");
        assert_eq!(visit.texts(".index summary").await, ["All pages of the docs"]);
        for width in [1000, 1280] {
            visit.resize_to(width, 900).await;
            for page in ["testing", "settings", "codes", "endpoints", "operations"] {
                visit.open(&format!("/docs/{page}")).await;
                assert_eq!(visit.count(".index [aria-current=page]").await, 1);
                assert!(visit.number(shown).await > 12.0, "{page}");
                let cut = "[...document.querySelectorAll('.scroll:has(table)')].filter((it) => it.scrollWidth > it.clientWidth).map((it) => it.ariaLabel)";
                assert_eq!(visit.eval(cut).await, json!([]), "{page} at {width}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_permalink_opens_its_operation() {
    with_and_without_script(async |visit| {
        visit.open("/docs/api#operation-inspect").await;
        assert!(visit.text("#operation-inspect .command pre").await.contains("verify"));
        visit.eval("location.hash = '#operation-verify'").await;
        assert!(visit.text("[id='operation-verify']").await.contains("Permalink"));
    })
    .await;
}

#[tokio::test]
async fn the_filter_leaves_the_operations_that_have_every_word() {
    let Some(browser) = Browser::start() else { return };
    let visit = browser.visit(Script::On).await;
    visit.open("/docs/api").await;
    let all = visit.count(".operation").await;
    visit.type_in("#filter", "post lab/ins").await;
    assert_eq!(visit.text(".index [role=status]").await, format!("1 of {all} shown"));
    let shown = "[...document.querySelectorAll('.operation')].filter((it) => it.checkVisibility()).map((it) => it.querySelector('code').textContent)";
    assert_eq!(visit.eval(shown).await, json!(["/lab/inspect"]));
    visit.type_in("#filter", "x-none").await;
    assert_eq!(visit.text(".index [role=status]").await, "No operation matches “x-none”.");
    assert_eq!(visit.eval(shown).await, json!([]));
    let headings = "[...document.querySelectorAll('.reference h2, .index details > p')].filter((it) => it.checkVisibility()).length";
    assert_eq!(visit.eval(headings).await, 0);
    visit.press_in_place("Show all operations").await;
    assert_eq!(visit.text(".index [role=status]").await, "");
    assert_eq!(visit.eval(shown).await.as_array().unwrap().len(), all);
    assert!(visit.texts(".reference h2").await.contains(&"Test mode".to_owned()), "also what has no operation");
    assert_eq!(visit.eval("[document.activeElement.id, document.activeElement.value]").await, json!(["filter", ""]));
    assert_eq!(visit.eval("document.querySelector('.filter button').hidden").await, true);
    visit.end().await;
}

#[tokio::test]
async fn an_operation_is_tried_at_the_press_of_its_button_and_not_before() {
    let Some(browser) = Browser::start() else { return };
    let visit = browser.visit_to(TestApp::with(&[("test-mode", "on")]), Script::On).await;
    for (operation, changes_all) in
        [("setClock", true), ("testSession", false), ("testFlawed", false), ("testSign", false)]
    {
        visit.open(&format!("/docs/api#operation-{operation}")).await;
        visit.wait_for(&format!("#operation-{operation} .try .button"), "Try it").await;
        let warning = visit.texts(&format!("#operation-{operation} .try .warning:has(+ p > .button)")).await;
        assert_eq!(warning.concat().contains("for everybody who uses it"), changes_all, "{operation}: {warning:?}");
    }
    assert_eq!(visit.asked_with("/test/sign").await, 0);
    visit.tick("#operation-testSign .try .button").await;
    visit.wait_for("#operation-testSign .try strong", "200 OK").await;
    let answer = visit.text("#operation-testSign .try .answer").await;
    let lines: Vec<&str> = answer.lines().collect();
    assert_eq!((lines[0], lines[1], lines[2], lines[3]), ("200 OK", "Body", "Copy", "{"), "{answer}");
    assert!(lines[4].starts_with("  \"token\": \"eyJ") && lines.last().unwrap().ends_with(" headers"), "{answer}");
    assert!(!answer.contains("content-type"), "the headers are folded: {answer}");
    visit.tick("#operation-testSign .answer summary").await;
    let answer = visit.text("#operation-testSign .answer details").await;
    assert!(answer.contains("content-type: application/json"), "{answer}");
    visit.end().await;
}

#[tokio::test]
async fn a_page_that_an_operation_answers_is_a_link_and_a_long_answer_scrolls_by_itself() {
    let Some(browser) = Browser::start() else { return };
    let visit = browser.visit(Script::On).await;
    visit.open("/docs/api#operation-lab").await;
    visit.tick("#operation-lab .try .button").await;
    visit.wait_for("#operation-lab .try strong", "200 OK").await;
    visit.wait_for("#operation-lab .answer a", "Open this page").await;
    assert!(!visit.text("#operation-lab .answer").await.contains("<!doctype"));
    let leads_to = visit.eval("document.querySelector('#operation-lab .answer a').href").await;
    assert_eq!(leads_to, format!("{}/lab", visit.app.url));
    visit.open("/docs/api#operation-attackList").await;
    visit.tick("#operation-attackList .try .button").await;
    visit.wait_for("#operation-attackList .try strong", "200 OK").await;
    let height = visit.number("document.querySelector('#operation-attackList .answer pre').offsetHeight").await;
    assert!(height < 500.0, "{height}");
    visit.end().await;
}

#[tokio::test]
async fn schemas_and_terms_are_filtered_like_operations() {
    let Some(browser) = Browser::start() else { return };
    let visit = browser.visit(Script::On).await;
    for (page, place, typed, found) in [
        ("/docs/api/schemas", ".shape h2", "grantrequest code_verifier", "GrantRequest"),
        ("/lab/glossary", ".glossary dt", "grade portal bob is a pupil", "Grade portal"),
    ] {
        visit.open(page).await;
        let shown = format!(
            "[...document.querySelectorAll('{place}')].filter((it) => it.checkVisibility()).map((it) => it.textContent)"
        );
        let all = visit.eval(&shown).await.as_array().unwrap().len();
        visit.type_in("#filter", typed).await;
        assert_eq!(visit.eval(&shown).await, json!([found]), "{page}");
        assert_eq!(visit.text(".filter [role=status]").await, format!("1 of {all} shown"));
    }
    visit.open("/lab/glossary").await;
    let names = "[...document.querySelectorAll('.letters a')].map((it) => it.textContent.toLowerCase())";
    let names: Vec<String> = serde_json::from_value(visit.eval(names).await).unwrap();
    assert!(names.is_sorted() && names.len() == visit.count(".glossary dt").await, "{names:?}");
    visit.end().await;
}

#[tokio::test]
async fn on_a_phone_a_table_of_the_docs_has_a_block_for_each_row() {
    let Some(browser) = Browser::start() else { return };
    let visit = browser.visit(Script::Off).await;
    visit.resize_to(390, 844).await;
    for page in ["testing", "endpoints", "operations", "command-line", "performance"] {
        visit.open(&format!("/docs/{page}")).await;
        let cut = "[...document.querySelectorAll('.by-row')].filter((it) => it.scrollWidth > it.clientWidth).map((it) => it.ariaLabel)";
        assert_eq!(visit.eval(cut).await, json!([]), "{page}");
        assert!(visit.count(".by-row").await > 0, "{page}");
    }
    visit.open("/docs/testing").await;
    let label = "getComputedStyle(document.querySelector('.by-row td:nth-child(2)'), '::before').content";
    assert_eq!(visit.eval(label).await, "\"takes: \"");
    visit.tick(".to-top a").await;
    visit.wait_until("scrollY < 100").await;
    visit.end().await;
}

#[tokio::test]
async fn the_field_of_a_wrong_answer_is_marked_and_described_by_the_verdict() {
    let Some(browser) = Browser::start() else { return };
    let visit = browser.visit(Script::On).await;
    visit.open_lesson("anatomy").await;
    visit.press_button("Skip").await;
    assert_eq!(visit.count("[aria-invalid]").await, 0);
    visit.type_in("#alg", "RS256").await;
    visit.press_button("Check it").await;
    let marked = "[...document.querySelectorAll('[aria-invalid=true]')].map((it) => [it.id, document.getElementById(it.getAttribute('aria-describedby')).textContent])";
    let marked = visit.eval(marked).await;
    assert_eq!((marked.as_array().unwrap().len(), &marked[0][0]), (1, &json!("alg")), "{marked}");
    assert!(marked[0][1].as_str().unwrap().contains("Not yet."), "{marked}");
    visit.end().await;
}

#[tokio::test]
async fn a_sign_has_the_colour_of_its_own_outcome() {
    let Some(browser) = Browser::start() else { return };
    let visit = browser.visit(Script::Off).await;
    visit.open_lesson("none").await;
    visit.pick("predict", "spelling").await;
    visit.press_button("Predict").await;
    visit.type_in("#header", r#"{"alg":"none"}"#).await;
    visit.type_in("#payload", r#"{"sub":"admin"}"#).await;
    visit.type_in("#signature", "").await;
    visit.press_button("Send it to both").await;
    let signs = visit.eval("[...document.querySelectorAll('#verdict + .verdict-card .sign')].map((it) => [it.textContent, getComputedStyle(it).color])").await;
    assert_eq!(signs, json!([["✓", "rgb(11, 107, 87)"], ["✗", "rgb(179, 38, 30)"]]));
    assert_eq!(
        visit.eval("[...document.querySelectorAll('.snippet')].map((it) => it.open)").await,
        json!([true, false, false])
    );
    visit.emulate("print", &[]).await;
    let printed = "[...document.querySelectorAll('.snippets pre')].filter((it) => it.checkVisibility({ contentVisibilityAuto: true }) && it.offsetHeight > 0).length";
    assert_eq!(visit.eval(printed).await, 6, "paper has all of them");
    visit.end().await;
}

/// The values of an operation's form, by the names of its fields.
async fn tried_with(visit: &Visit, operation: &str) -> Value {
    visit.open("/docs/api").await;
    visit.open(&format!("/docs/api#operation-{operation}")).await;
    visit.wait_for(&format!("#operation-{operation} .try .button"), "Try it").await;
    let fields = format!("[...document.querySelectorAll('#operation-{operation} .try label')]");
    visit.eval(&format!("{fields}.map((it) => [it.firstChild.data, it.control.value, it.control.placeholder])")).await
}

#[tokio::test]
async fn the_form_of_an_operation_has_what_its_curl_line_sends_or_says_where_to_get_it() {
    let Some(browser) = Browser::start() else { return };
    let visit = browser.visit(Script::On).await;
    let wished = json!([["sub", "alice", "such as alice"], ["ttl", "60", "such as 60"]]);
    assert_eq!(tried_with(&visit, "generate").await, wished);
    let login = json!([["Authorization", "Basic c3VzYW46c2VjcmV0", ""]]);
    let token = tried_with(&visit, "apiKeyToken").await;
    assert_eq!(token[0], login[0], "susan:secret: {token}");
    visit.tick("#operation-apiKeyToken .try .button").await;
    visit.wait_for("#operation-apiKeyToken .try strong", "200 OK").await;
    assert_eq!(tried_with(&visit, "me").await, json!([["Authorization", "", "Bearer eyJ…"]]));
    let hint = visit.text("#operation-me .try .at").await;
    assert!(hint.contains("The request above puts one into BEARER"), "{hint}");
    let rest = tried_with(&visit, "protected").await;
    assert_eq!(rest, json!([["TOKEN", "", "eyJ…"]]));
    let phone = tried_with(&visit, "transactions").await;
    assert_eq!(phone[0], json!(["phone_number", "15555551212", "such as 15555551212"]), "{phone}");
    visit.end().await;
}

#[tokio::test]
async fn a_form_of_the_issuer_that_is_sent_as_it_stands_gets_its_answer() {
    let Some(browser) = Browser::start() else { return };
    let visit = browser.visit(Script::On).await;
    for operation in ["oauthToken", "introspect"] {
        tried_with(&visit, operation).await;
        visit.tick(&format!("#operation-{operation} .try .button")).await;
        visit.wait_for(&format!("#operation-{operation} .try strong"), "200 OK").await;
        let permalink = visit.text(&format!("#operation-{operation} > p a")).await;
        assert_eq!(permalink, "Permalink");
    }
    visit.end().await;
}

#[tokio::test]
async fn every_listing_of_a_lesson_can_be_copied() {
    let Some(browser) = Browser::start() else { return };
    let visit = browser.visit(Script::On).await;
    visit.allow_clipboard().await;
    visit.open_lesson("key-confusion").await;
    visit.press_button("Skip").await;
    let pem = visit.text(".copied pre").await;
    visit.tick(".copied > .copy").await;
    visit.wait_for(".copied > .copy", "Copied").await;
    assert_eq!(visit.clipboard().await.trim(), pem.trim());
    let snippets = visit.count(".snippets pre").await;
    assert_eq!((visit.count(".snippets figcaption > .copy").await, snippets), (snippets, 6));
    visit.end().await;
}

#[tokio::test]
async fn commands_and_what_they_print_fit_the_column_of_the_docs() {
    let Some(browser) = Browser::start() else { return };
    let visit = browser.visit(Script::On).await;
    visit.resize_to(1280, 900).await;
    for page in ["testing", "demo", "lab", "endpoints", "command-line", "settings", "keys"] {
        visit.open(&format!("/docs/{page}")).await;
        let cut = "[...document.querySelectorAll('.command .scroll, .scroll.output')]
            .filter((it) => it.scrollWidth > it.clientWidth + 60).map((it) => it.textContent.slice(0, 200))";
        assert_eq!(visit.eval(cut).await, json!([]), "{page}");
    }
    visit.end().await;
}

#[tokio::test]
async fn without_a_script_nothing_offers_what_only_a_script_does() {
    let Some(browser) = Browser::start() else { return };
    let visit = browser.visit(Script::Off).await;
    for page in ["/docs/api#operation-inspect", "/generate", "/lab/inspect"] {
        visit.open(page).await;
        assert_eq!((visit.count(".copy").await, visit.count(".try").await), (0, 0), "{page}");
    }
    visit.open("/docs/api").await;
    assert_eq!(visit.eval("document.querySelector('#filter').checkVisibility()").await, false);
    visit.end().await;
}

#[tokio::test]
async fn the_footer_is_at_the_bottom_of_a_short_page_and_no_code_is_broken_across_lines() {
    let Some(browser) = Browser::start() else { return };
    let visit = browser.visit(Script::Off).await;
    for (width, height) in SCREENS {
        visit.resize_to(width, height).await;
        visit.open("/no/such/page").await;
        let bottom = visit.number("document.querySelector('footer').getBoundingClientRect().bottom").await;
        assert!((bottom - f64::from(height)).abs() < 1.5, "{bottom} at {width}");
        assert!(visit.text("footer").await.contains(env!("CARGO_PKG_VERSION")));
        for page in ["/lab/attacks", "/docs/codes", "/lab/glossary"] {
            visit.open(page).await;
            let broken = "[...document.querySelectorAll('main :not(pre) > code')].filter((it) => {
                const range = document.createRange();
                range.selectNodeContents(it);
                const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
                return it.textContent.length < 24 && lines.size > 1;
            }).map((it) => it.textContent)";
            assert_eq!(visit.eval(broken).await, json!([]), "{page} at {width}");
        }
    }
    visit.end().await;
}

#[tokio::test]
async fn a_finger_finds_every_control_44_pixels_high_and_a_pointer_24() {
    let Some(browser) = Browser::start() else { return };
    let visit = browser.visit(Script::On).await;
    for (has_touch, least) in [(false, 24), (true, 44)] {
        let cdp = visit.driver.cdp();
        let screen = json!({ "width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": has_touch });
        cdp.send_raw("Emulation.setDeviceMetricsOverride", screen).await.unwrap();
        cdp.send_raw("Emulation.setTouchEmulationEnabled", json!({ "enabled": has_touch })).await.unwrap();
        visit.open("/generate?ttl=1000").await;
        assert_eq!(visit.eval("matchMedia('(pointer: coarse)').matches").await, has_touch);
        for page in ["/", "/lab", "/lab/attacks", "/lab/inspect", "/docs/api#operation-inspect", "/docs/testing"] {
            visit.open(page).await;
            let small = format!(
                "[...document.querySelectorAll('button, summary, select, nav a, .button, footer a, textarea')]
                .filter((it) => it.checkVisibility() && it.getBoundingClientRect().height < {least} - 0.5)
                .map((it) => it.outerHTML.slice(0, 80))"
            );
            assert_eq!(visit.eval(&small).await, json!([]), "{page} under {least} px");
        }
    }
    visit.driver.cdp().send_raw("Emulation.setTouchEmulationEnabled", json!({ "enabled": false })).await.unwrap();
    visit.end().await;
}

#[tokio::test]
async fn a_row_of_a_list_leads_where_its_link_leads_and_drawings_fit_a_phone() {
    let Some(browser) = Browser::start() else { return };
    let visit = browser.visit(Script::Off).await;
    visit.resize_to(390, 844).await;
    visit.open("/lab").await;
    let wide =
        "[...document.querySelectorAll('svg')].filter((it) => it.getBoundingClientRect().right > innerWidth).length";
    assert_eq!(visit.eval(wide).await, 0);
    for (page, row) in [("/lab", ".lessons li p"), ("/tutorials", ".links li p"), ("/lab/attacks", ".attacks .code")] {
        visit.open(page).await;
        let hit = format!(
            "((it) => {{
                it.scrollIntoView({{ block: 'center' }});
                const {{ left, top, width, height }} = it.getBoundingClientRect();
                const link = document.elementFromPoint(left + width / 2, top + height / 2).closest('a');
                return link !== null && link === it.closest('li').querySelector('a');
            }})(document.querySelector('{row}'))"
        );
        assert_eq!(visit.eval(&hit).await, true, "{page}");
    }
    visit.end().await;
}

impl Visit {
    /// Checks that this is the one primary button, and that the tutorial's two links are there.
    async fn assert_next_step(&self, words: &str) {
        assert_eq!(self.texts(".button.primary").await, [words]);
        for link in ["Get token", "Show details"] {
            assert_eq!(self.driver.find_all(By::LinkText(link)).await.unwrap().len(), 1, "{link}");
        }
    }

    /// What is true only as long as the token is accepted.
    async fn all_that_ends(&self) -> Value {
        let parts = ["actions", "standing", "claims", "trace"];
        // In place, a sentence counts on with the clock.
        let ago = r"replaceAll(/expired \d+ s ago/g, 'expired just now')";
        let parts =
            parts.map(|part| format!("document.querySelector('[data-part={part}]').innerHTML.{ago}")).join(", ");
        let payload = "document.querySelector('.token-part.payload').innerText";
        self.eval(&format!(
            "[document.title, location.pathname, document.querySelector('.result').textContent, {payload}, {parts}]"
        ))
        .await
    }

    async fn number(&self, expression: &str) -> f64 {
        self.eval(expression).await.as_f64().unwrap()
    }

    /// Presses a button that leads to no other page.
    async fn press_in_place(&self, words: &str) {
        self.find_by(&format!("//button[normalize-space()=\"{words}\"]")).await.click().await.unwrap();
    }

    async fn allow_clipboard(&self) {
        let asked = json!({ "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] });
        self.driver.cdp().send_raw("Browser.grantPermissions", asked).await.unwrap();
    }

    async fn clipboard(&self) -> String {
        self.eval("navigator.clipboard.readText()").await.as_str().unwrap().to_owned()
    }

    /// How many requests of this page have this in their address.
    async fn asked_with(&self, text: &str) -> usize {
        let names = "performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))";
        let asked = self.eval(&format!("{names}.map((it) => it.name.split('#')[0])")).await;
        asked.as_array().unwrap().iter().filter(|it| it.as_str().is_some_and(|it| it.contains(text))).count()
    }
}
