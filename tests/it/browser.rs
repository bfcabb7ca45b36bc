//! Journeys through the demo in a real Chromium, with scripts and without: without them every page still says
//! everything.

mod accessibility;
mod chromium;
mod lab_cookies;
mod lab_journeys;
mod looks;
mod pages;
mod reading;
mod survey;
mod visit;

use std::time::Duration;

use serde_json::json;
use thirtyfour::prelude::*;
use tokio::time::sleep;

use crate::app::TestApp;
pub use accessibility::Axe;
use pages::Page;
pub use visit::{Browser, Script, Visit};

/// The headings of a token's three parts.
const PARTS: [&str; 3] = ["HEADER", "PAYLOAD", "SIGNATURE"];

/// Whether what has the focus can be seen.
const IN_SIGHT: &str = "(({ top, bottom }) => bottom > 0 && top < innerHeight)
    (document.activeElement.getBoundingClientRect())";

/// What would say so in the title, if a page took it for its own.
const MARKUP: &str = r#"<img src=x onerror="document.title='owned'">"#;

/// The same journey twice: in a browser that runs scripts, and in one that does not.
async fn with_and_without_script(journey: impl AsyncFn(&Visit)) {
    with_and_without_script_in(Browser::start(), journey).await;
}

/// The same, where the journey goes back to a page as it was left.
async fn with_and_without_script_and_back(journey: impl AsyncFn(&Visit)) {
    with_and_without_script_in(Browser::start_with_way_back(), journey).await;
}

async fn with_and_without_script_in(browser: Option<Browser>, journey: impl AsyncFn(&Visit)) {
    let Some(browser) = browser else { return };
    for script in [Script::On, Script::Off] {
        eprintln!("with scripts {script:?}");
        let visit = browser.visit(script).await;
        journey(&visit).await;
        visit.end().await;
    }
}

#[tokio::test]
async fn a_token_is_generated_and_its_details_are_shown() {
    with_and_without_script(async |visit| {
        visit.open("/").await;
        assert_eq!(visit.text("h1").await, "Welcome");
        assert_eq!(visit.text(".result").await, "Result - None");

        visit.follow("Get token").await;
        assert_eq!(visit.result().await, "Token Generated successfully!!");
        visit.follow("Show details").await;
        assert_eq!(visit.result().await, "bob");
        assert!(visit.text(".standing").await.starts_with("✓ Verified."));
        assert_eq!((visit.count(".trace li.passed").await, visit.count(".trace li").await), (14, 14));
        let parts = visit.texts(".token-part h3").await;
        assert_eq!(parts.iter().map(|it| it.split_whitespace().next().unwrap()).collect::<Vec<_>>(), PARTS);
        assert!(visit.text(".token-part.payload pre").await.contains(r#""sub": "bob""#));
        assert_eq!(visit.texts("[aria-labelledby=claims] tbody th").await, ["sub", "iat", "exp"]);
        assert!(visit.text("[aria-labelledby=claims] .intro").await.starts_with("Verified"));
    })
    .await;
}

#[tokio::test]
async fn over_https_the_cookie_and_the_forms_work_and_the_other_site_is_https_too() {
    let Some(browser) = Browser::start() else { return };
    let app = TestApp::with(&[("tls-self-signed", "true")]);
    let visit = browser.visit_to(app, Script::On).await;
    visit.open("/").await;
    visit.follow("Get token").await;
    visit.follow("Show details").await;
    assert_eq!(visit.result().await, "bob");
    visit.choose("RS256").await;
    assert_eq!(visit.text("button[aria-pressed=true]").await, "✓ RS256");
    let cookies = visit.driver.get_all_cookies().await.unwrap();
    let cookie = cookies.iter().find(|cookie| cookie.name == "__Host-hallpass").unwrap();
    assert_eq!((cookie.secure, cookie.path.as_deref()), (Some(true), Some("/")));
    visit.open_lesson("cross-site-forms").await;
    visit.press_button("Skip").await;
    visit.press_button("Set the three cookies").await;
    let other = visit.app.url.replace("127.0.0.1", "localhost");
    assert!(visit.count(&format!("a[href^='{other}/']")).await > 0, "the attacker's page is under {other}");
    visit.end().await;
}

#[tokio::test]
async fn over_https_with_names_the_forms_of_the_second_origin_come_from_another_site() {
    let Some(browser) = Browser::start() else { return };
    let names = [("public-url", "https://portal.localhost:0"), ("second-origin", "https://forms.localhost:0")];
    let app = TestApp::with(&[&[("tls-self-signed", "true")], &names[..]].concat());
    let visit = browser.visit_to(app, Script::Off).await;
    let [portal, forms] =
        ["portal", "forms"].map(|name| visit.app.url.replace("127.0.0.1", &format!("{name}.localhost")));
    visit.driver.goto(format!("{portal}/lab/lessons/cross-site-forms")).await.unwrap();
    visit.press_button("Skip").await;
    visit.press_button("Set the three cookies").await;
    visit.follow("Open Mallory’s page").await;
    assert!(visit.driver.current_url().await.unwrap().as_str().starts_with(&forms));
    visit.press_button("Send by POST, defence on").await;
    assert!(visit.driver.current_url().await.unwrap().as_str().starts_with(&portal));
    assert!(visit.text(".kicker").await.contains("403"));
    let tables = visit.texts("table").await;
    assert!(tables[0].contains("lab-lax – no\nlab-none → yes"), "{}", tables[0]);
    assert!(tables[1].contains("Sec-Fetch-Site cross-site"), "{}", tables[1]);
    visit.end().await;
}

#[tokio::test]
async fn an_expired_token_is_refused_and_the_page_says_when_it_ended() {
    with_and_without_script(async |visit| {
        visit.open("/generate").await;
        visit.app.advance(60);
        visit.follow("Show details").await;
        assert_eq!(visit.result().await, "Invalid token");
        assert!(visit.text(".standing").await.starts_with("✗ Refused. The server refuses your token (expired)"));
        assert!(visit.text(".trace .failed").await.contains("code: expired"));
        assert!(visit.text("[aria-labelledby=clocks]").await.contains("ended just now"));
        assert!(
            visit.text("[aria-labelledby=claims] .intro").await.starts_with("Signed by this server, refused because")
        );

        visit.follow("Get token").await;
        visit.follow("Show details").await;
        assert_eq!(visit.result().await, "bob");
    })
    .await;
}

#[tokio::test]
async fn a_countdown_ends_with_the_token_where_scripts_run_and_stands_still_where_they_do_not() {
    with_and_without_script(async |visit| {
        visit.open("/generate?ttl=2").await;
        if visit.script == Script::On {
            visit.wait_for(".left", "1 s ago").await;
            let clock = visit.text(".clocks tbody td").await;
            assert!(clock.starts_with("ended 1 s ago, at ") || clock.starts_with("ended 2 s ago, at "), "{clock}");
            assert!(!clock.contains("Show details") && !clock.contains("left"), "{clock}");
            visit.wait_for(".left", "3 s ago").await;
            let same = "(() => {
                const says = [...document.querySelectorAll('[data-part]')].map((it) => it.textContent).join(' ');
                return says.split(`the token expired ${document.querySelector('.left').textContent}`).length > 2
                    && !says.includes('just now'); })()";
            assert_eq!(visit.eval(same).await, true, "the card says what the clock says");
        } else {
            sleep(Duration::from_millis(2500)).await;
            assert_eq!(visit.text(".left").await, "2 s left");
            assert!(visit.text(".left + .at").await.starts_with("when this page was made"));
        }
        visit.app.advance(2);
        visit.follow("Show details").await;
        assert_eq!(visit.result().await, "Invalid token");
    })
    .await;
}

#[tokio::test]
async fn a_token_is_refused_after_the_algorithm_was_switched_and_a_new_one_is_not() {
    with_and_without_script(async |visit| {
        visit.open("/generate").await;
        visit.choose("RS256").await;
        assert_eq!(visit.text("button[aria-pressed=true]").await, "✓ RS256");
        assert!(visit.text(".trace .failed").await.contains("says it was signed with"));
        visit.follow("Show details").await;
        assert_eq!(visit.result().await, "Invalid token");
        assert!(visit.text(".standing").await.contains("says it was signed with"));

        visit.follow("Get token").await;
        visit.follow("Show details").await;
        assert_eq!(visit.result().await, "bob");
        assert!(visit.text(".token-part.header pre").await.contains(r#""alg": "RS256""#));
        assert_eq!(visit.count(".trace li.passed").await, 14);
    })
    .await;
}

#[tokio::test]
async fn after_log_out_the_first_page_is_back_and_the_back_button_shows_no_token() {
    with_and_without_script_and_back(async |visit| {
        visit.open("/").await;
        visit.follow("Get token").await;
        visit.follow("Show details").await;
        let signature = visit.text(".token-text .signature").await;
        assert_eq!(signature.len(), 43);

        visit.send(".logout button").await;
        assert_eq!(visit.text(".result").await, "Result - None");
        assert!(visit.text(".standing").await.starts_with("You are logged out: the cookie is gone from this browser."));
        assert_eq!(visit.count(".ticket").await, 0);
        assert_eq!(visit.driver.get_all_cookies().await.unwrap().len(), 0);

        visit.follow_to_next_page(visit.driver.back()).await;
        assert_eq!(visit.driver.current_url().await.unwrap().path(), "/bob");
        assert_eq!(visit.count(".ticket").await, 0);
        assert!(!visit.driver.source().await.unwrap().contains(&signature));
        assert!(visit.text(".standing").await.starts_with("? Not verified."));
    })
    .await;
}

#[tokio::test]
async fn text_in_the_address_is_shown_as_not_verified() {
    with_and_without_script(async |visit| {
        for result in ["bob", MARKUP] {
            visit.open(&format!("/{result}")).await;
            assert_eq!(visit.result().await, result);
            assert!(visit.text(".standing").await.contains("Not verified. This text comes from the address alone."));
            assert_eq!(visit.count(".ticket").await, 0);
            visit.assert_harmless().await;
        }
        visit.open(&format!("/generate?sub={MARKUP}")).await;
        visit.follow("Show details").await;
        assert_eq!(visit.result().await, MARKUP);
        assert!(visit.text(".standing").await.starts_with("✓ Verified."));
        assert_eq!(visit.texts("[aria-labelledby=claims] .value").await[0], MARKUP);
        visit.assert_harmless().await;
    })
    .await;
}

#[tokio::test]
async fn no_script_reads_the_session_s_cookie() {
    let Some(browser) = Browser::start() else { return };
    let visit = browser.visit(Script::On).await;
    visit.open("/generate").await;
    assert_eq!(visit.eval("document.cookie").await, "");
    assert_eq!(visit.eval("cookieStore.getAll()").await, json!([]));

    let cookie = visit.driver.get_named_cookie("hallpass").await.unwrap();
    assert_eq!((cookie.http_only, cookie.same_site), (Some(true), Some(SameSite::Lax)));
    assert_eq!((cookie.path.as_deref(), cookie.expiry), (Some("/"), None));
    visit.end().await;
}

#[tokio::test]
async fn two_cookies_of_the_session_s_name_are_refused_until_a_log_out_drops_ours() {
    let Some(browser) = Browser::start() else { return };
    let visit = browser.visit(Script::Off).await;
    visit.open_with_two_cookies().await;
    assert_eq!(visit.text(".kicker").await, "400 duplicate_cookie");
    visit.send(".actions button").await;
    assert_eq!(visit.text(".result").await, "Result - None");
    assert_eq!(visit.count(".note").await, 0);
    visit.end().await;
}

/// A neighbouring host may set such a cookie: what protects `__Host-` is the name's exact bytes.
#[tokio::test]
async fn a_cookie_whose_name_begins_with_unicode_white_space_is_nobody_s_session() {
    let Some(browser) = Browser::start() else { return };
    let app = TestApp::with(&[("tls-self-signed", "true")]);
    let visit = browser.visit_to(app, Script::On).await;
    visit.open("/generate?sub=mallory").await;
    let value = visit.driver.get_named_cookie("__Host-hallpass").await.unwrap().value;
    for blank in ["\\u2000", "\\u00a0", "\\u3000", "\\ufeff"] {
        visit.driver.delete_all_cookies().await.unwrap();
        visit.eval(&format!("document.cookie = \"{blank}__Host-hallpass={value}; path=/; secure\"")).await;
        let planted = visit.eval("document.cookie").await;
        assert!(planted.as_str().unwrap().contains("__Host-hallpass="), "the browser keeps it: {planted}");
        visit.open("/validate").await;
        assert_eq!(visit.result().await, "Invalid token", "{blank}");
        visit.open("/").await;
        visit.follow("Get token").await;
        visit.follow("Show details").await;
        assert_eq!(visit.result().await, "bob", "{blank}: neither mallory nor two cookies");
    }
    visit.end().await;
}

#[tokio::test]
async fn the_keyboard_alone_does_all_that_a_pointer_does() {
    with_and_without_script(async |visit| {
        visit.open("/").await;
        assert_eq!(visit.tab().await, "Skip to the content");
        visit.press(Key::Enter).await.unwrap();
        visit.tab_to("Get token").await;
        visit.follow_to_next_page(visit.press(Key::Enter)).await;
        assert_eq!(visit.result().await, "Token Generated successfully!!");

        visit.tab_to("Show details").await;
        visit.follow_to_next_page(visit.press(Key::Enter)).await;
        assert_eq!(visit.result().await, "bob");
        visit.tab_to("HS256 or RS256: what the choice means").await;
        visit.press(Key::Enter).await.unwrap();
        visit.tab_to("public key").await;

        visit.open("/").await;
        visit.tab_to("Log out").await;
        visit.follow_to_next_page(visit.press(Key::Enter)).await;
        assert_eq!(visit.text(".result").await, "Result - None");
        visit.tab_to("RS256").await;
        visit.follow_to_next_page(visit.press(Key::Space)).await;
        assert_eq!(visit.text("button[aria-pressed=true]").await, "✓ RS256");
    })
    .await;
}

/// With scripts every page is opened where axe judges it, and whatever a visit opened proves quiet at its end.
#[tokio::test]
async fn without_scripts_every_page_leaves_the_console_empty_and_asks_no_other_host() {
    let Some(browser) = Browser::start() else { return };
    let visit = browser.visit(Script::Off).await;
    for page in Page::all() {
        page.open(&visit).await;
    }
    visit.end().await;
}

impl Visit {
    async fn assert_harmless(&self) {
        assert_eq!((self.count("img").await, self.count("[onerror]").await), (0, 0));
        assert_ne!(self.driver.title().await.unwrap(), "owned");
    }

    async fn press(&self, key: Key) -> WebDriverResult<()> {
        self.driver.action_chain().send_keys(key).perform().await
    }

    /// Goes on to the next thing that can be used, and reads it. It must be in sight, and marked.
    async fn tab(&self) -> String {
        self.press(Key::Tab).await.unwrap();
        let focused = self.driver.active_element().await.unwrap();
        let name = focused.text().await.unwrap();
        assert_eq!(self.eval("getComputedStyle(document.activeElement).outlineStyle").await, "solid", "{name}");
        assert_eq!(self.eval(IN_SIGHT).await, true, "{name}");
        name
    }

    async fn tab_to(&self, name: &str) {
        for _ in 0..60 {
            if self.tab().await == name {
                return;
            }
        }
        panic!("no tab leads to {name}");
    }
}

#[tokio::test]
async fn a_user_logs_in_for_a_client_and_out_again() {
    with_and_without_script(async |visit| {
        let client = visit.app.url.replace("127.0.0.1", "localhost");
        let url = async || visit.driver.current_url().await.unwrap().to_string();

        visit.open_login("&state=s1").await;
        assert_eq!(visit.text("h1").await, "Log in");
        assert_eq!(visit.eval("document.activeElement.id").await, "username");
        visit.log_in("susan").await;
        let address = url().await;
        assert!(address.starts_with(&format!("{client}/bob?code=")), "{address}: {}", visit.text("body").await);
        assert!(address.contains("&state=s1&iss=http%3A%2F%2F127.0.0.1%3A"), "{address}");

        visit.open_login("&state=s2").await;
        assert!(url().await.contains("&state=s2&"), "the login lasts");

        visit.open_login("&prompt=login&login_hint=susan").await;
        assert_eq!(visit.eval("document.activeElement.id").await, "password");

        visit.open("/oauth/logout").await;
        assert!(visit.text(".lead").await.contains("susan"));
        visit.press_button("Log out").await;
        assert_eq!(visit.text("h1").await, "You are logged out");
        visit.open_login("").await;
        assert_eq!(visit.text("h1").await, "Log in");
    })
    .await;
}

#[tokio::test]
async fn a_form_brings_the_code_to_the_client_with_a_script_or_a_button() {
    with_and_without_script(async |visit| {
        let client = visit.app.url.replace("127.0.0.1", "localhost");
        let callback = format!("{client}/lab/lessons/cross-site-forms/undefended");
        let request = "/oauth/authorize?response_type=code&client_id=app&response_mode=form_post";
        visit.open(&format!("{request}&redirect_uri={callback}")).await;
        visit.log_in("susan").await;
        if visit.script == Script::Off {
            assert_eq!(visit.text("h1").await, "Back to the client");
            visit.press_button("Continue").await;
        }
        // The address that takes any form says what came with it.
        visit.wait_for("h1", "The portal got a form: POST, defence off").await;
        let headers = visit.texts("td.value").await;
        assert_eq!(
            headers,
            [visit.app.url.clone(), format!("{}/", visit.app.url), "cross-site".into(), "navigate".into()]
        );
        assert_eq!(visit.driver.current_url().await.unwrap().as_str(), callback);
    })
    .await;
}
