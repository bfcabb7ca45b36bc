//! What a visitor did in a lesson is still there when the page is left and opened again. Without the session's cookie,
//! the fields of the form carry it.

use crate::app::TestApp;
use crate::html::fields;
use crate::lab::lesson_page::LessonPage;

/// A lesson, what does its first step, and what the page shows of it then.
type Case = (&'static str, &'static [(&'static str, &'static str)], &'static str, &'static [&'static str]);

const CASES: &[Case] = &[
    (
        "set-cookie",
        &[],
        "Set the cookie",
        &[">Set the cookie again</button>", "name=\"value\"", ">Check them</button>"],
    ),
    ("script-reach", &[], "Set all three", &[">Set all three again</button>", ">Check it</button>"]),
    (
        "tamper",
        &[("payload", r#"{"sub":"admin"}"#)],
        "Send it with the old signature",
        &[">Change a middle character</button>"],
    ),
    ("hs256-or-rs256", &[], "Sign and measure", &["name=\"rs256\"", ">Verify with this key</button>"]),
    ("weak-secret", &[], "Try the list", &["The list has its secret:", ">Sign and send</button>"]),
    ("weak-secret", &[], "I use my own tools", &[">Sign and send</button>", ">Try the list</button>"]),
    ("logout", &[], "Log in as Bob", &[">Save a copy</button>"]),
];

async fn first_step(app: &TestApp, (slug, typed, label, _): &Case) -> LessonPage {
    let mut page = LessonPage::open(app, slug).await;
    for (name, value) in *typed {
        page.set(name, value);
    }
    page.press(label).await;
    page
}

#[tokio::test]
async fn a_step_that_is_done_is_still_done_when_the_page_is_opened_again() {
    let app = TestApp::spawn();
    for case in CASES {
        let (slug, _, label, shows) = case;
        let mut page = first_step(&app, case).await;
        page.reload().await;
        assert!(!page.body().contains("id=\"verdict\""), "{slug}: nothing was pressed");
        for text in *shows {
            assert!(page.body().contains(text), "{slug}, {label}: {text} is missing in {}", page.body());
        }
        let stranger = LessonPage::open(&app, slug).await;
        let is_as_new = shows.iter().any(|text| !stranger.body().contains(text));
        assert!(is_as_new, "{slug}: another visitor begins at the start");
    }
}

#[tokio::test]
async fn without_the_session_the_form_carries_what_was_done() {
    let app = TestApp::spawn();
    for case in CASES.iter().filter(|(slug, ..)| *slug != "logout") {
        let (slug, _, label, shows) = case;
        let mut page = first_step(&app, case).await;
        page.visitor = app.visitor();
        page.ask_for_a_hint().await;
        for text in *shows {
            assert!(page.body().contains(text), "{slug}, {label}: {text} is missing in {}", page.body());
        }
    }
}

#[tokio::test]
async fn right_answers_are_in_their_fields_when_the_page_is_opened_again() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "set-cookie").await;
    page.press("Set the cookie").await;
    page.set("script", "http-only").set("form", "path").press("Check them").await;
    page.reload().await;
    assert_eq!((page.field("script").as_str(), page.field("form").as_str()), ("http-only", ""));
    let mut page = LessonPage::open(&app, "script-reach").await;
    page.press("Set all three").await;
    page.set("read-lab-plain", "on").set("read-lab-storage", "on").set("arrived-lab-plain", "on");
    page.press("Check it").await.reload().await;
    let ticked: Vec<String> =
        fields(page.body()).into_iter().map(|(name, _)| name).filter(|it| it.contains("lab-")).collect();
    assert_eq!(ticked, ["read-lab-plain", "read-lab-storage"], "a wrong answer is not kept");
}

#[tokio::test]
async fn every_part_of_hs256_or_rs256_goes_on_after_the_page_was_left() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "hs256-or-rs256").await;
    page.press("Sign and measure").await;
    let pem = page.visitor.page("/lab/lessons/hs256-or-rs256/public.pem").await;
    page.set("key", &pem).press("Verify with this key").await.reload().await;
    page.press("Sign with the public key").await.is_step("3 of 5 parts done");
    page.reload().await;
    page.press("Sign with the secret").await.is_step("4 of 5 parts done");
    page.reload().await;
    for name in ["hs256-issuer", "hs256-service", "rs256-issuer"] {
        page.set(name, "yes");
    }
    page.press("Check my answer").await;
    page.assert_solved().await;
}

#[tokio::test]
async fn a_found_secret_still_signs_after_the_page_was_left() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "weak-secret").await;
    page.press("Try the list").await;
    let found = |page: &LessonPage| {
        let rest = page.body().split("class=\"found\"><code>").nth(1).unwrap().to_owned();
        rest.split('<').next().unwrap().to_owned()
    };
    let word = found(&page);
    app.advance(4000);
    page.reload().await;
    assert_eq!(found(&page), word);
    page.set("secret", &word).set("sub", "admin").press("Sign and send").await;
    page.assert_solved().await;
}

#[tokio::test]
async fn mallory_still_has_her_copy_after_the_page_was_left() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "logout").await;
    page.press("Log in as Bob").await.press("Save a copy").await;
    let copy = page.field("saved");
    assert!(copy.starts_with("lab-pass=ey"), "{copy}");
    page.reload().await;
    assert_eq!(page.field("saved"), copy, "it is the same to the letter");
    page.press("Revoke the token").await.reload().await;
    assert_eq!(page.field("saved"), copy);
    page.press("Replay the copy").await.is_step("1 of 3 rounds done.");
    page.reload().await;
    assert!(!page.body().contains("name=\"saved\""), "the round is over");
    page.press("Log in as Bob").await.press("Save a copy").await.press("Rotate the key").await;
    let copy = page.field("saved");
    page.reload().await;
    assert_eq!(page.field("saved"), copy, "the old key signed it");
    page.press("Replay the copy").await.is_step("2 of 3 rounds done.");
}

const LOST: &str =
    "The lesson begins again: you logged out of the demo, your session ended, or your progress was reset.";

#[tokio::test]
async fn a_press_after_a_logout_says_that_the_lesson_begins_again() {
    let app = TestApp::spawn();
    for (slug, first, then) in [
        ("tied-to-you", "bob", "send"),
        ("rotation", "issue", "fetch"),
        ("log-in-with-a-code", "begin", "redeem"),
        ("session-fixation", "get", "plant"),
        ("logout", "login", "replay"),
        ("stay-logged-in", "new", "steal"),
    ] {
        let mut page = LessonPage::open(&app, slug).await;
        page.step(first).await;
        assert!(!page.verdict().contains(LOST), "{slug}: nothing was lost");
        page.visitor.logout().await;
        page.step(then).await;
        assert!(page.verdict().contains(LOST), "{slug}: {}", page.verdict());
        page.step(then).await;
        assert!(!page.verdict().contains(LOST), "{slug}: it is said once: {}", page.verdict());
        page.visitor = app.visitor();
        page.send(&[("do", then)]).await;
        assert!(!page.verdict().contains(LOST), "{slug}: a program has no page with work");
    }
}

#[tokio::test]
async fn a_copy_from_a_session_that_ended_is_called_that_and_its_refusal_has_no_backticks() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "tied-to-you").await;
    page.step("bob").await;
    page.visitor.logout().await;
    page.reload().await;
    page.step("send").await.says("is from a session that has ended, and its key is gone");
    assert!(!page.outcome().contains("Blocked:</strong> `"), "{}", page.outcome());
}
