//! The lessons about the cookie in a real Chromium: what the browser really keeps, drops and sends.

use std::time::Duration;

use hallpass::lab::lessons::cross_site_forms_two::Defence;
use tokio::time::sleep;

use super::visit::{Script, Visit};
use super::{with_and_without_script, with_and_without_script_and_back};

impl Visit {
    async fn step(&self, value: &str) {
        self.send(&format!("button[name=step][value={value}]")).await;
    }
}

#[tokio::test]
async fn a_script_reads_two_of_three_places_and_its_request_carries_both_cookies() {
    with_and_without_script_and_back(async |visit| {
        visit.open_lesson("script-reach").await;
        visit.press_button("Skip").await;
        visit.step("set").await;
        let cells = "[data-reach] td";
        if visit.script == Script::On {
            visit.wait_for("[data-scripted]", "The script ran. Read what it found.").await;
            let found = visit.texts(cells).await;
            assert_eq!((&found[0], &found[1]), (&"– out of reach".to_owned(), &"→ arrived".to_owned()));
            assert!(found[2].starts_with("! found: "), "{found:?}");
            assert_eq!(found[3..], ["→ arrived", "! found: written-by-script", "– did not arrive"]);
        } else {
            assert_eq!(visit.texts(cells).await[0], "A script would not find it.");
            let echo = visit.find_by("//a[.='Ask for the echo yourself']").await;
            assert_eq!(
                echo.attr("target").await.unwrap().as_deref(),
                Some("_blank"),
                "the lesson stays open beside it"
            );
            visit.open(&echo.attr("href").await.unwrap().unwrap()).await;
            assert!(visit.text("body").await.contains(r#"{"cookies":["lab-httponly","lab-plain"]}"#));
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
        visit.press_button("Skip").await;
        visit.pick("cookie", "5").await;
        visit.pick("token", "60").await;
        visit.step("set").await;
        assert_eq!(visit.count("progress").await, 2);
        while visit.driver.get_all_cookies().await.unwrap().iter().any(|cookie| cookie.name == "lab-clocks") {
            sleep(Duration::from_millis(100)).await;
        }
        if visit.script == Script::On {
            let words = "This clock has just ended. Send it back, and see what the server says.";
            visit.wait_for(".ended", words).await;
        } else {
            assert_eq!(visit.texts(".left").await[0], "5 s left");
        }
        // The server's clock stands still in tests.
        visit.app.advance(5);
        visit.step("send").await;
        assert!(visit.text(".outcome").await.contains("No cookie came"), "{}", visit.text(".outcome").await);
        assert!(!visit.is_solved().await);

        visit.pick("cookie", "3600").await;
        visit.pick("token", "expired").await;
        visit.step("set").await;
        visit.step("send").await;
        assert!(visit.text(".outcome").await.contains("The cookie came, but the token in it has expired"));
        assert!(visit.is_solved().await);
    })
    .await;
}

/// A cookie of the laboratory, by what differs from the plain one, and what Chromium does with it over loopback.
const COOKIES: &[(&[(&str, &str)], &str)] = &[
    (&[], "comes"),
    (&[("prefix", "host")], "refused"),
    (&[("prefix", "secure")], "refused"),
    (&[("same-site", "none")], "refused"),
    (&[("same-site", "strict")], "comes"),
    (&[("max-age", "0")], "deleted"),
    (&[("path", "elsewhere")], "elsewhere"),
    (&[("path", "here"), ("max-age", "60")], "comes"),
];

/// The same with `Secure`.
const SECURE_COOKIES: &[(&[(&str, &str)], &str)] = &[
    (&[], "comes"),
    (&[("prefix", "host")], "comes"),
    (&[("prefix", "host"), ("path", "here")], "refused"),
    (&[("prefix", "secure"), ("path", "here")], "comes"),
    (&[("same-site", "none")], "comes"),
];

#[tokio::test]
async fn the_browser_keeps_and_drops_the_laboratory_s_cookies_by_the_rules_that_the_page_tells() {
    with_and_without_script(async |visit| {
        visit.open_lesson("cookie-laboratory").await;
        visit.press_button("Skip").await;
        for (cookies, is_secure) in [(COOKIES, false), (SECURE_COOKIES, true)] {
            for (choices, fate) in cookies {
                // A new tab of the lesson, with the plain cookie.
                visit.open_lesson("cookie-laboratory").await;
                for (field, value) in *choices {
                    visit.pick(field, value).await;
                }
                if is_secure {
                    visit.tick("[name=secure]").await;
                }
                visit.pick("expect", fate).await;
                visit.step("set").await;
                let said = visit.text(".outcome").await;
                assert!(said.contains("Predicted correctly"), "{choices:?}, secure {is_secure}: {said}");
                visit.step("clear").await;
                let kept = visit.driver.get_all_cookies().await.unwrap();
                assert!(kept.iter().all(|cookie| !cookie.name.ends_with("lab-cookie")), "{choices:?}: {kept:?}");
            }
        }
        assert!(visit.is_solved().await);
    })
    .await;
}

#[tokio::test]
async fn the_fates_of_three_cookies_are_predicted_as_the_solution_says() {
    with_and_without_script(async |visit| {
        let [none, absent, root, no_age, comes, set, host, refused, _, _, elsewhere, kept, _] =
            visit.begin("cookie-laboratory").await;
        for (legend, words) in [("Prefix", none), ("SameSite", absent), ("Path", root), ("Max-Age", no_age)] {
            visit.choose_in(legend, words).await;
        }
        visit.choose_in("Predict", refused).await;
        visit.press_button(set).await;
        visit.assert_not_yet("It came back.").await;
        visit.choose_in("Predict", comes).await;
        visit.press_button(set).await;
        assert!(visit.text("#verdict + .verdict-card").await.contains("1 of 3 parts done."));
        visit.assert_in_view("#verdict + .verdict-card > p").await;
        visit.choose_in("Prefix", host).await;
        visit.choose_in("Predict", refused).await;
        visit.press_button(set).await;
        visit.choose_in("Prefix", none).await;
        visit.choose_in("Path", elsewhere).await;
        visit.choose_in("Predict", kept).await;
        visit.press_button(set).await;
        visit.assert_solved().await;
    })
    .await;
}

#[tokio::test]
async fn another_site_s_forms_bring_the_cookies_that_same_site_lets_them_as_the_solution_says() {
    with_and_without_script(async |visit| {
        let [set, open, get, defended, undefended, lax, none, _, server, check] = visit.begin("cross-site-forms").await;
        visit.press_button(set).await;
        assert!(visit.text(".steps .passed").await.contains("lab-strict, lab-lax, lab-none"));
        visit.assert_in_view("#verdict + .verdict-card > p").await;
        let other = visit.app.url.replace("127.0.0.1", "localhost");
        visit.follow(&open.replace('\'', "’")).await;

        for (button, refused, cookies) in [
            (get, false, "lab-strict – no\nlab-lax → yes\nlab-none → yes"),
            (defended, true, "lab-strict – no\nlab-lax – no\nlab-none → yes"),
            (undefended, false, "lab-strict – no\nlab-lax – no\nlab-none → yes"),
        ] {
            assert!(visit.driver.current_url().await.unwrap().as_str().starts_with(&other));
            visit.press_button(button).await;
            assert!(visit.driver.current_url().await.unwrap().as_str().starts_with(&visit.app.url), "{button}");
            let kicker = visit.text(".kicker").await;
            assert_eq!(kicker.contains("403"), refused, "{button}: {kicker}");
            let tables = visit.texts("table").await;
            assert!(tables[0].contains(cookies), "{button}: {}", tables[0]);
            let origin = if button == get { "Origin absent".to_owned() } else { format!("Origin {other}") };
            for said in [origin.as_str(), &format!("Referer {other}/"), "Sec-Fetch-Site cross-site", "Mode navigate"] {
                assert!(tables[1].contains(said), "{button}, {said}: {}", tables[1]);
            }
            visit.follow("Back to Mallory’s page").await;
        }
        visit.follow("Back to the lesson").await;
        for name in [lax, none] {
            visit.choose_in("GET", name).await;
            visit.choose_in("POST", name).await;
        }
        visit.choose_in("refused", &server.replace('\'', "’")).await;
        visit.press_button(check).await;
        visit.assert_not_yet("2 of 3 parts done.").await;
        visit.tick("[name=post-lab-lax]").await;
        visit.press_button(check).await;
        visit.assert_solved().await;
    })
    .await;
}

/// The verdict of a page that is not the lesson's own.
const ANSWER: &str = ".verdict-card > p";

#[tokio::test]
async fn five_defences_are_attacked_from_two_places_as_the_solution_says() {
    with_and_without_script(async |visit| {
        let [log_in, open, again, back, portal, club, bound, synchroniser, prefix, check] =
            visit.begin("cross-site-forms-part-two").await;
        visit.press_button(log_in).await;
        visit.assert_in_view("#verdict + .verdict-card > p").await;
        let nothing = [false; 5];
        for (links, through) in [(&[open][..], nothing), (&[portal, club], [true, true, false, false, false])] {
            for link in links {
                visit.follow(&link.replace('\'', "’")).await;
            }
            for (defence, through) in Defence::ALL.into_iter().zip(through) {
                visit.press_button(defence.title()).await;
                let said = visit.text(ANSWER).await;
                assert_eq!(said.starts_with("! Carried out."), through, "{defence:?}: {said}");
                assert_eq!(said.starts_with("✓ Blocked: "), !through, "{defence:?}: {said}");
                visit.assert_in_view(ANSWER).await;
                if defence != Defence::Prefix {
                    visit.follow(&again.replace('\'', "’")).await;
                }
            }
            visit.follow(back).await;
            visit.assert_in_view("#verdict + .verdict-card > p").await;
        }
        assert!(visit.text("#verdict + .verdict-card").await.contains("10 of 10 attacks done."));
        for title in [bound, prefix] {
            visit.choose_in("Which defences hold", title).await;
        }
        visit.press_button(check).await;
        visit.assert_not_yet("1 more defence holds too.").await;
        visit.choose_in("Which defences hold", synchroniser).await;
        visit.press_button(check).await;
        visit.assert_solved().await;
    })
    .await;
}

#[tokio::test]
async fn a_planted_session_is_used_and_a_renewed_one_is_not_as_the_solution_says() {
    with_and_without_script(async |visit| {
        let said: [&str; 13] = visit.begin("session-fixation").await;
        let (ids, tokens) = said.split_at(4);
        for end in ["welcome, bob", "please log in"] {
            for button in ids {
                assert!(!visit.is_solved().await, "before {button}");
                visit.press_button(button).await;
                visit.assert_goes_on().await;
            }
            assert!(visit.text(".outcome").await.contains(end), "{end}");
        }
        for step in tokens {
            if *step == "I was ill" {
                visit.assert_in_view(".outcome button[value=write]").await;
                visit.type_in("#draft", step).await;
            } else {
                assert!(!visit.is_solved().await, "before {step}");
                visit.press_button(&step.replace('\'', "’")).await;
                visit.assert_goes_on().await;
            }
        }
        assert!(visit.text(".outcome").await.contains("Mallory’s account is empty"));
        visit.assert_solved().await;
    })
    .await;
}

#[tokio::test]
async fn the_loot_of_a_script_is_told_apart_by_place_as_the_solution_says() {
    with_and_without_script(async |visit| {
        let [storage, log_in, takes, sends, run, replay, readable, http_only, _, not, _, _, _, backend] =
            visit.begin("where-to-keep-it").await;
        for (place, takes) in [(storage, takes), (readable, takes), (http_only, not), (backend, not)] {
            assert!(!visit.is_solved().await, "before {place}");
            visit.choose_place(place).await;
            visit.press_button(log_in).await;
            visit.assert_in_view("#verdict + .verdict-card > p").await;
            visit.assert_in_view(".outcome input[name=takes]").await;
            visit.choose_in("Can the script take", takes).await;
            visit.choose_in("Can it send", "No, it cannot send them").await;
            visit.press_button(run).await;
            visit.assert_not_yet("whose request did the portal see").await;
            visit.assert_goes_on().await;
            visit.choose_in("Can it send", sends).await;
            visit.press_button(run).await;
            visit.assert_in_view("#verdict + .verdict-card > p").await;
            visit.assert_in_view(".outcome button[value=replay]").await;
            visit.press_button(replay).await;
            visit.assert_goes_on().await;
            let is_let_in = place == storage || place == readable;
            let outcome = visit.text(".outcome").await;
            assert_eq!(outcome.contains("Mallory is logged in as Bob"), is_let_in, "{place}: {outcome}");
        }
        visit.assert_solved().await;
    })
    .await;
}

impl Visit {
    /// A place that is done says so beside its name.
    async fn choose_place(&self, title: &str) {
        let label = format!("//label[starts-with(normalize-space(), \"{title}\")]/input[@name='place']");
        self.find_by(&label).await.click().await.unwrap();
    }
}
