//! The lessons about the cookie in a real Chromium: what the browser really keeps, drops and sends.

use std::time::Duration;

use tokio::time::sleep;

use super::visit::{Script, Visit};
use super::with_and_without_script;

impl Visit {
    async fn step(&self, value: &str) {
        self.send(&format!("button[name=step][value={value}]")).await;
    }
}

#[tokio::test]
async fn a_script_reads_two_of_three_places_and_its_request_carries_both_cookies() {
    with_and_without_script(async |visit| {
        visit.open_lesson("script-reach").await;
        visit.step("set").await;
        let cells = "[data-reach] td";
        if visit.script == Script::On {
            visit.wait_for("[data-scripted]", "The script ran, and this is what it found.").await;
            let found = visit.texts(cells).await;
            assert_eq!((&found[0], &found[1]), (&"✗ out of reach".to_owned(), &"✓ arrived".to_owned()));
            assert!(found[2].starts_with("✓ found: "), "{found:?}");
            assert_eq!(found[3..], ["✓ arrived", "✓ found: written-by-script", "✗ did not arrive"]);
        } else {
            assert_eq!(visit.texts(cells).await[0], "A script would not find it.");
            visit.follow("Ask for the echo yourself").await;
            assert!(visit.text("body").await.contains(r#"{"cookies":["lab-httponly","lab-plain"]}"#));
            visit.follow_to_next_page(visit.driver.back()).await;
            visit.open_lesson("script-reach").await;
            visit.step("set").await;
        }
        for name in ["read-lab-plain", "read-lab-storage", "arrived-lab-httponly", "arrived-lab-plain"] {
            visit.tick(&format!("[name={name}]")).await;
        }
        visit.step("check").await;
        assert!(visit.is_solved().await, "{}", visit.text("main").await);
    })
    .await;
}

#[tokio::test]
async fn a_cookie_ends_and_its_token_does_not_and_the_other_way_round() {
    with_and_without_script(async |visit| {
        visit.open_lesson("two-clocks").await;
        visit.pick("cookie", "5").await;
        visit.pick("token", "60").await;
        visit.step("set").await;
        assert_eq!(visit.count("progress").await, 2);
        while !visit.driver.get_all_cookies().await.unwrap().is_empty() {
            sleep(Duration::from_millis(100)).await;
        }
        if visit.script == Script::On {
            let words = "This clock has just ended. Send it back, and see what the server says.";
            visit.wait_for(".ended", words).await;
        } else {
            assert_eq!(visit.texts(".left").await[0], "5 s left");
        }
        visit.step("send").await;
        assert!(visit.text(".outcome").await.contains("No cookie came"), "{}", visit.text(".outcome").await);
        assert!(visit.is_solved().await);

        visit.open_lesson("two-clocks").await;
        visit.pick("cookie", "3600").await;
        visit.pick("token", "expired").await;
        visit.step("set").await;
        visit.step("send").await;
        assert!(visit.text(".outcome").await.contains("The cookie came, and the token in it has expired"));
    })
    .await;
}

/// A cookie of the laboratory, by what differs from the plain one, and whether Chromium sends it back over loopback.
const COOKIES: &[(&[(&str, &str)], bool)] = &[
    (&[], true),
    (&[("prefix", "host")], false),
    (&[("prefix", "secure")], false),
    (&[("same-site", "none")], false),
    (&[("same-site", "strict")], true),
    (&[("max-age", "0")], false),
    (&[("path", "elsewhere")], false),
    (&[("path", "here"), ("max-age", "60")], true),
];

/// The same with `Secure`.
const SECURE_COOKIES: &[(&[(&str, &str)], bool)] = &[
    (&[], true),
    (&[("prefix", "host")], true),
    (&[("prefix", "host"), ("path", "here")], false),
    (&[("prefix", "secure"), ("path", "here")], true),
    (&[("same-site", "none")], true),
];

#[tokio::test]
async fn the_browser_keeps_and_drops_the_laboratory_s_cookies_by_the_rules_that_the_page_tells() {
    with_and_without_script(async |visit| {
        for (cookies, is_secure) in [(COOKIES, false), (SECURE_COOKIES, true)] {
            for (choices, comes) in cookies {
                visit.open_lesson("cookie-laboratory").await;
                for (field, value) in *choices {
                    visit.pick(field, value).await;
                }
                if is_secure {
                    visit.tick("[name=secure]").await;
                }
                visit.pick("expect", if *comes { "comes" } else { "away" }).await;
                visit.step("set").await;
                let said = visit.text(".outcome").await;
                assert!(said.contains("Predicted correctly"), "{choices:?}, secure {is_secure}: {said}");
                assert!(!said.contains("predicted otherwise"), "{choices:?}: {said}");
                visit.step("clear").await;
                assert_eq!(visit.driver.get_all_cookies().await.unwrap().len(), 0, "{choices:?}");
            }
        }
        visit.pick("expect", "comes").await;
        visit.step("set").await;
        assert!(!visit.is_solved().await);
        visit.pick("prefix", "host").await;
        visit.pick("expect", "away").await;
        visit.step("set").await;
        assert!(visit.is_solved().await, "{}", visit.text(".outcome").await);
    })
    .await;
}

#[tokio::test]
async fn another_site_s_forms_bring_the_cookies_that_same_site_lets_them() {
    with_and_without_script(async |visit| {
        visit.open_lesson("cross-site-forms").await;
        visit.step("set").await;
        assert!(visit.text(".steps .passed").await.contains("lab-strict, lab-lax, lab-none"));
        let other = visit.app.url.replace("127.0.0.1", "localhost");

        for (form, refused, cookies) in [
            ("form[method=get]", false, "lab-strict – no\nlab-lax ✓ yes\nlab-none ✓ yes"),
            ("form[action$=transfer][method=post]", true, "lab-strict – no\nlab-lax – no\nlab-none ✓ yes"),
            ("form[action$=undefended]", false, "lab-strict – no\nlab-lax – no\nlab-none ✓ yes"),
        ] {
            visit.open_lesson("cross-site-forms").await;
            visit.follow("the attacker’s page").await;
            assert!(visit.driver.current_url().await.unwrap().as_str().starts_with(&other));
            visit.send(&format!("{form} button")).await;
            assert!(visit.driver.current_url().await.unwrap().as_str().starts_with(&visit.app.url), "{form}");
            let kicker = visit.text(".kicker").await;
            assert_eq!(kicker.contains("403"), refused, "{form}: {kicker}");
            let tables = visit.texts("table").await;
            assert!(tables[0].contains(cookies), "{form}: {}", tables[0]);
            let origin = if form.contains("get") { "Origin absent".to_owned() } else { format!("Origin {other}") };
            for said in [origin.as_str(), &format!("Referer {other}/"), "Sec-Fetch-Site cross-site", "Mode navigate"] {
                assert!(tables[1].contains(said), "{form}, {said}: {}", tables[1]);
            }
        }
        visit.follow("Back to the lesson").await;
        for name in ["get-lab-lax", "get-lab-none", "post-lab-none"] {
            visit.tick(&format!("[name={name}]")).await;
        }
        visit.step("check").await;
        assert!(visit.is_solved().await, "{}", visit.text(".outcome").await);
    })
    .await;
}

#[tokio::test]
async fn the_browser_drops_what_is_over_4096_bytes_and_keeps_what_it_had() {
    with_and_without_script(async |visit| {
        visit.open_lesson("size-limit").await;
        for _ in [1000, 1500, 2000, 2500, 3000, 3500, 4000] {
            visit.step("set").await;
            assert!(visit.text(".outcome").await.contains("the very cookie that was sent came back"));
        }
        visit.step("set").await;
        let said = visit.text(".outcome").await;
        assert!(said.contains("Another cookie came back: one of 4000 bytes"), "{said}");
        for (size, kept) in [("4096", true), ("4098", false)] {
            visit.type_in("#size", size).await;
            visit.step("set").await;
            let said = visit.text(".outcome").await;
            assert_eq!(said.contains("the very cookie"), kept, "{size}: {said}");
        }
        visit.type_in("#largest", "4000").await;
        visit.step("check").await;
        assert!(visit.is_solved().await, "{}", visit.text(".outcome").await);
    })
    .await;
}
