//! A press that did no new step says so: only a new step is called done, and the verdict leads to what is open.

use crate::app::TestApp;
use crate::html::{attribute, between};
use crate::lab::lesson_page::LessonPage;

type PressResult = (&'static [(&'static str, &'static str)], &'static str);
/// A lesson, the presses before, the press that does nothing new, and what is said of it.
type Case = (&'static str, &'static [PressResult], PressResult, &'static str);

const TO_SCRIPT: &[(&str, &str)] = &[("takes", "yes"), ("sends", "yes")];
const STORAGE: &[(&str, &str)] = &[("place", "storage")];
const EXPIRED: &[(&str, &str)] = &[("cookie", "3600"), ("token", "expired")];

const CASES: &[Case] = &[
    ("weak-secret", &[], (&[], "I use my own tools"), "Find the secret with your own tools."),
    ("set-cookie", &[(&[], "Set the cookie")], (&[], "Set the cookie again"), "You have done this step already."),
    ("script-reach", &[(&[], "Set all three")], (&[], "Set all three again"), "You have done this step already."),
    (
        "where-to-keep-it",
        &[
            (STORAGE, "Log in as Bob"),
            (TO_SCRIPT, "Run the script"),
            (&[], "Send a request as Bob"),
            (STORAGE, "Log in as Bob"),
            (TO_SCRIPT, "Run the script"),
        ],
        (&[], "Send a request as Bob"),
        "You have done this place already. 1 of 4 places done.",
    ),
    (
        "two-clocks",
        &[(EXPIRED, "Set the cookie"), (&[], "Send it back")],
        (EXPIRED, "Set the cookie"),
        "But you have shown this case already.",
    ),
    (
        "two-clocks",
        &[(EXPIRED, "Set the cookie"), (&[], "Send it back")],
        (&[], "Send it back"),
        "You have shown this case already. Next, let the cookie end first",
    ),
    (
        "tamper",
        &[(&[("payload", r#"{"sub":"admin"}"#)], "Send it with the old signature"), (&[], "Change a middle character")],
        (&[], "Change a middle character"),
        "You have done this part already.",
    ),
    ("hs256-or-rs256", &[(&[], "Sign and measure")], (&[], "Sign and measure"), "You have done this part already."),
    (
        "cookie-laboratory",
        &[(&[("expect", "comes")], "Set the cookie")],
        (&[("expect", "comes")], "Set the cookie"),
        "You have made such a cookie already.",
    ),
    (
        "token-of-another-service",
        &[(&[("issuer", "school"), ("audience", "shop"), ("role", "admin")], "Present the token")],
        (&[], "Present the token"),
        "You have done this part already: 1 of 3 parts are done.",
    ),
    ("tied-to-you", &[(&[], "Send Bob’s request")], (&[], "Send Bob’s request"), "Mallory has a new copy of both."),
    ("rotation", &[(&[], "Issue a token")], (&[], "Check the tokens again"), "They accept each one"),
    ("session-fixation", &[(&[], "Get a session id")], (&[], "Get a session id"), "She forgets the one before."),
    (
        "session-fixation",
        &[(&[], "Get a session id"), (&[], "Plant the id")],
        (&[], "Plant the id"),
        "has Mallory's id already",
    ),
    ("where-to-keep-it", &[(STORAGE, "Log in as Bob")], (STORAGE, "Log in as Bob"), "Bob is logged in"),
    ("logout", &[(&[], "Log in as Bob")], (&[], "Log in as Bob"), "Bob is logged in"),
    ("log-in-with-a-code", &[(&[], "Log in with the school")], (&[], "Log in with the school"), "step 1 of 3"),
    ("cookie-laboratory", &[], (&[], "Drop them all"), "Your browser dropped the cookies"),
    (
        "size-limit",
        &[(&[("size", "3000")], "Set this cookie")],
        (&[("size", "1000")], "Set this cookie"),
        "You knew that already: it kept 3000 bytes.",
    ),
];

async fn press(page: &mut LessonPage, (fields, label): &PressResult) {
    for (name, value) in *fields {
        page.set(name, value);
    }
    page.press(label).await;
}

#[tokio::test]
async fn a_press_that_does_nothing_new_is_not_called_a_step() {
    let app = TestApp::spawn();
    for (slug, before, last, says) in CASES {
        let mut page = LessonPage::open(&app, slug).await;
        for pressed in *before {
            press(&mut page, pressed).await;
            assert!(page.verdict().contains("Step done."), "{slug}: {}", page.verdict());
            assert!(!page.verdict().contains("Step done. 0 of"), "{slug}: {}", page.verdict());
        }
        press(&mut page, last).await;
        let verdict = page.verdict();
        assert!(verdict.contains("→ Go on.") && verdict.contains(says), "{slug}: {verdict}");
        page.ask_for_a_hint().await;
    }
}

/// Where the link in the verdict leads.
fn way_on(page: &LessonPage) -> String {
    let line = between(page.outcome(), "role=\"status\">", "</p>").unwrap();
    let tag = line.rsplit("<a ").next().unwrap();
    attribute(tag, "href").unwrap()
}

#[tokio::test]
async fn the_verdict_leads_to_what_is_open() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "anatomy").await;
    let token = page.field("token");
    for (sub, alg, leads_to) in [("", "HS256", "#sub"), ("", "none", "#alg"), ("", "", "#sub")] {
        page.send(&[("token", token.as_str()), ("sub", sub), ("alg", alg)]).await;
        assert_eq!(way_on(&page), leads_to, "{sub} {alg}");
    }
    let mut page = LessonPage::open(&app, "two-clocks").await;
    for (cookie, life, label, leads_to) in [
        ("60", "60", "Set the cookie", "#cookie"),
        ("3600", "60", "Set the cookie", "#work"),
        ("", "", "Send it back", "#work"),
        ("3600", "expired", "Set the cookie", "#work"),
        ("", "", "Send it back", "#cookie"),
        ("3600", "expired", "Set the cookie", "#cookie"),
        ("5", "3600", "Set the cookie", "#work"),
    ] {
        if !cookie.is_empty() {
            page.set("cookie", cookie).set("token", life);
        }
        page.press(label).await;
        assert_eq!(way_on(&page), leads_to, "{cookie} {life} {label}: {}", page.verdict());
    }
    let mut page = LessonPage::open(&app, "tamper").await;
    page.set("payload", r#"{"sub":"admin"}"#).press("Send it with the old signature").await;
    assert_eq!(way_on(&page), "#middle-character");
    page.press("Change a middle character").await;
    assert_eq!(way_on(&page), "#last-character");
}

#[tokio::test]
async fn a_refused_token_is_not_hidden_by_another_look() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "rotation").await;
    page.set("life", "60").press("Issue a token").await;
    page.press("Publish the next key").await.press("Sign with the next key").await;
    page.press("Issue a token").await.is_wrong("A new token was refused by the timetable");
    for _ in 0..2 {
        page.press("Check the tokens again").await.is_wrong("A new token was refused by the timetable");
    }
    page.press("Start again").await;
    assert!(page.verdict().contains("→ Go on. The portal has one new key"), "{}", page.verdict());
}

#[tokio::test]
async fn each_round_of_session_fixation_is_announced() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "session-fixation").await;
    for step in ["get", "plant", "login", "use"] {
        page.step(step).await;
    }
    page.is_step("1 of 4 rounds done.");
    page.is_step("Now round 2 begins. It is about a portal that gives a new session id at the login.");
    for step in ["get", "plant", "login", "use"] {
        page.step(step).await;
    }
    page.is_step("Now round 3 begins. It is about a portal that accepts a login form from any page.");
    for (step, hint) in [
        ("", "send its login form first"),
        ("form", "Bob’s browser is logged in now"),
        ("write", "opens her account"),
        ("read", "comes first here too"),
        ("form", "Let him log in himself"),
        ("login", "Bob’s browser is logged in now"),
        ("write", "opens her account"),
    ] {
        if !step.is_empty() {
            page.send(&[("do", step), ("draft", "I was ill")]).await;
        }
        // A hint of the same name may be open from the round before.
        if page.hints().is_empty() {
            page.ask_for_a_hint().await;
        }
        let hints = page.hints();
        assert!(hints.len() == 1 && hints[0].replace('\'', "’").contains(hint), "{step}: {hints:?}");
    }
}

#[tokio::test]
async fn four_weeks_pass_only_after_the_theft() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "stay-logged-in").await;
    page.press("Log in at the old issuer").await;
    assert!(!page.has_button("Four weeks later"));
    page.step("weeks").await.is_wrong("Press Steal the refresh token first.");
    page.press("Steal the refresh token").await.press("Four weeks later").await.is_step("Four weeks have passed.");
}
