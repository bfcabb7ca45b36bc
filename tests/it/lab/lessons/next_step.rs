//! After a press, the next step's control is directly below the verdict, and no button is on the page twice. What was
//! opened to type something stays open.

use crate::app::TestApp;
use crate::html::{between, words};
use crate::lab::lesson_page::LessonPage;

/// A lesson and its presses: what is chosen before, the button, and the values of the buttons below the verdict then.
type Case = (&'static str, &'static [(&'static [(&'static str, &'static str)], &'static str, &'static [&'static str])]);

const CASES: &[Case] = &[
    (
        "where-to-keep-it",
        &[
            (&[], "Log in as Bob", &["run"]),
            (&[("takes", "no"), ("sends", "yes")], "Run the script", &["run"]),
            (&[("takes", "yes")], "Run the script", &["replay"]),
            (&[], "Send a request as Bob", &["login"]),
            (&[("place", "http-only")], "Log in as Bob", &["run"]),
        ],
    ),
    (
        "stay-logged-in",
        &[
            (&[], "Log in at the new issuer", &["steal"]),
            (&[], "Steal the refresh token", &["bob", "mallory", "minutes"]),
            (&[], "Refresh as Mallory", &["bob", "mallory", "minutes"]),
            (&[], "Log in at the old issuer", &["steal"]),
            (&[], "Steal the refresh token", &["bob", "mallory", "minutes", "weeks"]),
            (&[], "Four weeks later", &["bob", "mallory", "minutes", "weeks"]),
            (&[], "Refresh as Bob", &["bob", "mallory", "minutes", "weeks"]),
            (&[], "Refresh as Mallory", &["old", "new"]),
        ],
    ),
    (
        "session-fixation",
        &[
            (&[], "Get a session id", &["plant"]),
            (&[], "Plant the id", &["login"]),
            (&[], "Log in as Bob", &["use"]),
            (&[], "Use the copy", &["get"]),
            (&[], "Get a session id", &["plant"]),
            (&[], "Plant the id", &["login"]),
            (&[], "Log in as Bob", &["use"]),
            (&[], "Use the copy", &["form"]),
            (&[], "Send Mallory’s login form", &["write"]),
            (&[("draft", "I was ill")], "Save the draft", &["read"]),
            (&[], "Open Mallory’s account", &["form"]),
        ],
    ),
    (
        "logout",
        &[
            (&[], "Log in as Bob", &["save"]),
            (&[], "Save a copy", &["clear", "revoke", "rotate"]),
            (&[], "Revoke the token", &["replay"]),
            (&[], "Replay the copy", &["login"]),
        ],
    ),
    (
        "rotation",
        &[
            (&[("life", "60")], "Issue a token", MOVES),
            (&[], "Publish the next key", MOVES),
            (&[], "Sign with the next key", MOVES),
            (&[], "Issue a token", MOVES),
        ],
    ),
    (
        "recover-the-public-key",
        &[
            (&[], "Copy a token", &["copy"]),
            (&[], "Copy a token", &["compute"]),
            (&[("exponent", "3")], "Compute", &["compute"]),
            (&[("exponent", "17")], "Compute", &["send"]),
            (&[("file", "spki")], "Forge and send", &["send"]),
        ],
    ),
    ("log-in-with-a-code", &[(&[], "Log in with the school", &[])]),
];

const MOVES: &[&str] = &["issue", "look", "again", "sign", "retire", "publish", "fetch"];

/// The values of the buttons in this part of a page that are steps of the lesson.
fn steps(html: &str) -> Vec<&str> {
    html.split("name=\"do\" value=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[tokio::test]
async fn the_next_control_is_directly_below_the_verdict_and_nowhere_else() {
    let app = TestApp::spawn();
    for (slug, presses) in CASES {
        let mut page = LessonPage::open(&app, slug).await;
        assert!(!page.body().contains("class=\"next-step\""), "{slug}: nothing was pressed");
        for (fields, label, next) in *presses {
            for (name, value) in *fields {
                page.set(name, value);
            }
            page.press(label).await;
            let (_, below) = page.outcome().split_once("<div class=\"next-step\">").unwrap();
            let card = page.outcome().split("<div class=\"next-step\">").next().unwrap();
            assert_eq!(card.matches("verdict-card").count(), 1, "{slug}, {label}: only the verdict is above it");
            assert_eq!(steps(below), *next, "{slug}, {label}");
            let mut all = steps(page.body());
            let count = all.len();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), count, "{slug}, {label}: {all:?}");
        }
    }
}

#[tokio::test]
async fn a_login_with_a_code_goes_on_with_its_redirect_below_the_verdict() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "log-in-with-a-code").await;
    page.press("Log in with the school").await;
    assert!(page.outcome().contains(">Follow the redirect</a>"));
    assert_eq!(page.body().matches(">Follow the redirect</a>").count(), 1);
}

#[tokio::test]
async fn a_solved_lesson_keeps_its_controls_in_its_steps() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "recover-the-public-key").await;
    page.press("Copy a token").await.press("Copy a token").await;
    page.press_with("Compute", &[("exponent", "17")]).await;
    page.press_with("Forge and send", &[("file", "pkcs1")]).await;
    page.assert_solved().await;
    assert!(!page.body().contains("class=\"next-step\"") && page.has_button("Forge and send"));
}

#[tokio::test]
async fn the_fold_of_an_own_token_stays_open_when_it_was_judged_or_holds_text() {
    let app = TestApp::spawn();
    for (slug, field, send, other) in [
        ("key-confusion", "token", "Send my token", "Forge and send"),
        ("keys-in-the-header", "brought", "Send my token", "Forge and send"),
        ("recover-the-public-key", "token", "Send my token", "Copy a token"),
        ("weak-secret", "forged", "Send my token", "Try the list"),
    ] {
        let mut page = LessonPage::open(&app, slug).await;
        if slug == "weak-secret" {
            page.press("I use my own tools").await;
        }
        let is_open = |page: &LessonPage| {
            let before = page.body().split(&format!("name=\"{field}\"")).next().unwrap().to_owned();
            let (before, _) = before.rsplit_once("<summary>Or ").unwrap();
            before.trim_end().ends_with("<details class=\"choice\" open>")
        };
        assert!(!is_open(&page), "{slug}: nothing is in it yet");
        page.press(send).await;
        assert!(is_open(&page), "{slug}: an empty field was judged");
        page.set(field, "e30.e30.e30").press(send).await;
        assert!(is_open(&page) && page.field(field) == "e30.e30.e30", "{slug}");
        page.set(field, "e30.e30.e31").press(other).await;
        let kept = page.field(field);
        assert!(is_open(&page) && kept == "e30.e30.e31", "{slug}: another button was pressed, and it holds {kept}");
        page.ask_for_a_hint().await;
        assert!(is_open(&page) && page.field(field) == "e30.e30.e31", "{slug}: a hint was asked for");
    }
}

#[tokio::test]
async fn each_step_of_a_rotation_names_its_keys_as_the_table_shows_them() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "rotation").await;
    page.set("life", "60").press("Issue a token").await;
    let kid = between(page.outcome(), "<th scope=\"row\"><code>", "</code>").unwrap().to_owned();
    let own = kid.strip_prefix("key-1-").unwrap().to_owned();
    let named = |page: &LessonPage, step: &str| {
        let rest = page.body().split(&format!("name=\"do\" value=\"{step}\">")).nth(1).unwrap();
        words(rest.split("</button>").next().unwrap())
    };
    for (step, says) in [
        ("issue", format!("Issue a token: {kid}")),
        ("sign", format!("Sign with the next key: key-2-{own}")),
        ("publish", format!("Publish the next key: key-2-{own}")),
        ("retire", "Retire the old key".to_owned()),
        ("fetch", format!("Fetch for the timetable: {kid}")),
    ] {
        assert_eq!(named(&page, step), says);
    }
    page.press("Publish the next key").await.press("Sign with the next key").await;
    assert!(page.verdict().contains(&format!("key-2-{own} signs from now on")), "{}", page.verdict());
    for (step, says) in [
        ("issue", format!("Issue a token: key-2-{own}")),
        ("sign", format!("Sign with the next key: key-3-{own}")),
        ("retire", format!("Retire the old key: {kid}")),
        ("fetch", format!("Fetch for the timetable: {kid} to key-2-{own}")),
    ] {
        assert_eq!(named(&page, step), says);
    }
}
