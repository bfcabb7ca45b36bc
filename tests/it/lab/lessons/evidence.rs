//! After a press the page shows evidence: verdicts, traces, tables. A hint is about it, so it stays beside the hint.

use crate::app::TestApp;
use crate::html::words;
use crate::lab::lesson_page::LessonPage;

/// A lesson, its presses, and what the evidence says. A press is what is set before it, and a button.
type Case = (&'static str, &'static [PressResult], &'static [&'static str]);
type PressResult = (&'static [(&'static str, &'static str)], &'static str);

const CASES: &[Case] = &[
    (
        "where-to-keep-it",
        &[(&[], "Log in as Bob"), (&[("takes", "no"), ("sends", "yes")], "Run the script")],
        &["The loot holds Bob’s token.", "What the script read:", "as Bob’s."],
    ),
    (
        "cookie-laboratory",
        &[(&[("expect", "refused")], "Set the cookie")],
        &["Set-Cookie: ", "You predicted", "sent it back", "The rules for this cookie"],
    ),
    (
        "size-limit",
        &[(&[("size", "1000")], "Set this cookie")],
        &["The same cookie came back.", "the whole line, with its attributes"],
    ),
    ("logout", &[(&[], "Log in as Bob"), (&[], "Save a copy")], &["Accepted. The portal’s answer to the copy:"]),
    (
        "session-fixation",
        &[
            (&[], "get"),
            (&[], "plant"),
            (&[], "login"),
            (&[], "use"),
            (&[], "get"),
            (&[], "plant"),
            (&[], "login"),
            (&[], "use"),
            (&[], "form"),
            (&[("draft", "I was ill")], "write"),
            (&[], "read"),
            (&[], "login"),
            (&[("draft", "I was ill")], "write"),
            (&[], "read"),
        ],
        &["Mallory’s account is empty."],
    ),
    (
        "recover-the-public-key",
        &[
            (&[], "Copy a token"),
            (&[], "Copy a token"),
            (&[("exponent", "17")], "Compute"),
            (&[("file", "spki")], "Forge and send"),
        ],
        &["The old verifier", "The strict verifier", "The token that the lab made for you"],
    ),
];

async fn press(page: &mut LessonPage, presses: &[PressResult]) {
    for (fields, label) in presses {
        if label.starts_with(char::is_lowercase) {
            let mut sent = vec![("do", *label)];
            sent.extend_from_slice(fields);
            page.send(&sent).await;
        } else {
            for (name, value) in *fields {
                page.set(name, value);
            }
            page.press(label).await;
        }
    }
}

#[tokio::test]
async fn the_evidence_stays_beside_a_hint() {
    let app = TestApp::spawn();
    for (slug, presses, says) in CASES {
        let mut page = LessonPage::open(&app, slug).await;
        press(&mut page, presses).await;
        if *slug == "logout" {
            // Bob is still logged in, so the page has no button for it yet.
            page.step("replay").await;
        }
        let before = words(page.outcome());
        for text in *says {
            assert!(before.contains(text), "{slug}: {text} is not in {before}");
        }
        for _ in 0..2 {
            page.ask_for_a_hint().await;
            for text in *says {
                page.says(text);
            }
        }
    }
}

#[tokio::test]
async fn what_each_part_of_hs256_or_rs256_showed_stays_beside_a_hint() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "hs256-or-rs256").await;
    page.press("Sign and measure").await;
    let pem = page.visitor.page("/lab/lessons/hs256-or-rs256/public.pem").await;
    page.set("key", &pem);
    for (label, says) in [
        ("Verify with this key", "What the public key verified"),
        ("Sign with the public key", "A public RSA key consists of two numbers."),
        ("Sign with the secret", "The token that Mallory signed"),
    ] {
        page.press(label).await.says(says);
        page.ask_for_a_hint().await.says(says);
    }
}

/// The answer to the questions is in the attributes of the cookie.
#[tokio::test]
async fn the_cookie_of_a_login_is_shown_until_its_round_is_over() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "where-to-keep-it").await;
    let line = "Set-Cookie: lab-kept-http-only=";
    page.set("place", "http-only").press("Log in as Bob").await.says(line);
    page.set("takes", "yes").set("sends", "yes").press("Run the script").await.says(line);
    page.ask_for_a_hint().await.says(line);
    page.reload().await;
    page.shows(line);
    page.set("takes", "no").set("sends", "yes").press("Run the script").await.says(line);
    page.press("Send a request as Bob").await;
    assert!(!words(page.body()).contains(line));
}

#[tokio::test]
async fn the_press_that_ends_a_round_of_stay_logged_in_shows_who_has_which_token() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "stay-logged-in").await;
    for label in ["Log in at the new issuer", "Steal the refresh token", "Refresh as Mallory", "Ten minutes later"] {
        page.press(label).await.says("Who has which token");
    }
    page.press("Refresh as Bob").await.press("Refresh as Mallory").await.is_step("1 of 3 parts done.");
    page.says("Who has which token at the end of the round").says(", refused");
}

/// A hint judges again what was sent, and counts nothing that was changed since.
#[tokio::test]
async fn a_hint_does_not_run_the_script_with_other_answers() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "where-to-keep-it").await;
    page.press("Log in as Bob").await;
    page.set("takes", "no").set("sends", "yes").press("Run the script").await;
    page.set("takes", "yes").ask_for_a_hint().await;
    page.is_wrong("You said that it cannot take the token");
    assert!(page.has_button("Run the script") && !page.has_button("Send a request as Bob"));
    page.press("Run the script").await.is_step("Both predictions are right.");
}
