//! The hints of a lesson are about the part that is open, also after a press, and none is about a part that is done.

use crate::app::TestApp;
use crate::lab::lesson_page::LessonPage;

/// A lesson with parts: what its first hint says, what does its first part, and what the first hint says after that. A
/// press is the label of its button, after the fields that are set before it. A step whose button is in no form has a
/// name in small letters instead.
type Case = (&'static str, &'static str, &'static [PressResult], &'static str);
type PressResult = (&'static [(&'static str, &'static str)], &'static str);

const CASES: &[Case] = &[
    ("set-cookie", "step 2 shows the line", &[(&[], "set")], "Which of them is about scripts?"),
    ("script-reach", "Press Set all three", &[(&[], "set")], "one column says what a script reads"),
    ("where-to-keep-it", "a place that is not done", &[(&[], "Log in as Bob")], "must be able to read it"),
    (
        "two-clocks",
        "Choose two different times",
        &[(&[("cookie", "3600"), ("token", "expired")], "Set the cookie"), (&[], "Send it back")],
        "Let the cookie end first",
    ),
    (
        "tamper",
        "The payload is plain JSON",
        &[(&[("payload", r#"{"sub":"admin"}"#)], "Send it with the old signature")],
        "Press Change a middle character",
    ),
    ("hs256-or-rs256", "Press Sign and measure", &[(&[], "Sign and measure")], "You need the whole key"),
    (
        "none",
        "Which algorithm needs no key?",
        &[(&[("header", r#"{"alg":"none"}"#)], "Send it to both")],
        "A token of this algorithm has no signature",
    ),
    (
        "key-confusion",
        "For which algorithm is a key nothing but bytes?",
        &[(&[("header", r#"{"alg":"HS256"}"#)], "Forge and send")],
        "Which bytes does the old verifier have?",
    ),
    (
        "recover-the-public-key",
        "until Mallory has two",
        &[(&[], "Copy a token"), (&[], "Copy a token")],
        "a few usual exponents",
    ),
    (
        "keys-in-the-header",
        "So you choose the file",
        &[(&[("member", "jku"), ("value", "https://other.example/")], "Forge and send")],
        "The address leads to your own site",
    ),
    ("weak-secret", "The secret is in the list", &[(&[], "Try the list")], "The word whose signature"),
    ("weak-secret", "The secret is in the list", &[(&[], "I use my own tools")], "For each word of the list"),
    (
        "weak-secret",
        "The secret is in the list",
        &[(&[], "I use my own tools"), (&[("forged", "a.b")], "Send my token")],
        "The HMAC covers the first two parts",
    ),
    (
        "weak-secret",
        "The secret is in the list",
        &[(&[], "I use my own tools"), (&[("forged", "a.b")], "Send my token"), (&[], "Try the list")],
        "The word whose signature",
    ),
    (
        "weak-secret",
        "The secret is in the list",
        &[(&[], "Try the list"), (&[("secret", "no such word"), ("sub", "admin")], "Sign and send")],
        "A secret is a row of bytes",
    ),
    (
        "tamper",
        "The payload is plain JSON",
        &[(&[("payload", r#"{"sub":admin}"#)], "Send it with the old signature")],
        "not one JSON object",
    ),
    (
        "tamper",
        "The payload is plain JSON",
        &[(&[("payload", r#"{"sub":"Admin"}"#)], "Send it with the old signature")],
        "letter by letter",
    ),
    ("none", "Which algorithm needs no key?", &[(&[("header", "alg: none")], "Send it to both")], "are JSON objects"),
    ("logout", "A round has four steps", &[(&[], "Log in as Bob")], "Mallory must copy his cookie"),
    (
        "logout",
        "A round has four steps",
        &[(&[], "Log in as Bob"), (&[], "Save a copy")],
        "the button that only deletes the cookie",
    ),
    (
        "logout",
        "A round has four steps",
        &[(&[], "Log in as Bob"), (&[], "Save a copy"), (&[], "Revoke the token")],
        "only the replay is left",
    ),
    (
        "logout",
        "A round has four steps",
        &[(&[], "Log in as Bob"), (&[], "Save a copy"), (&[], "Clear the cookie"), (&[], "Replay the copy")],
        "a new login and a new copy",
    ),
    (
        "cookie-laboratory",
        "a cookie without any attribute",
        &[(&[("expect", "comes")], "Set the cookie")],
        "Choose a prefix of the name",
    ),
    (
        "session-fixation",
        "The order is: get, plant, log in, use",
        &[(&[], "get"), (&[], "plant"), (&[], "login"), (&[], "use")],
        "the same as in the first round",
    ),
    (
        "token-of-another-service",
        "Where is it true that Mallory is admin?",
        &[(&[("issuer", "school"), ("audience", "shop"), ("role", "admin")], "Present the token")],
        "Who may choose that address?",
    ),
    (
        "stay-logged-in",
        "Begin with Log in at the old issuer",
        &[
            (&[], "Log in at the old issuer"),
            (&[], "Steal the refresh token"),
            (&[], "Ten minutes later"),
            (&[], "Refresh as Bob"),
            (&[], "Four weeks later"),
            (&[], "Refresh as Mallory"),
        ],
        "when its access token has expired",
    ),
    ("tied-to-you", "Press Send Bob’s request first", &[(&[], "Send Bob’s request")], "can fail for different reasons"),
    ("rotation", "before you change anything", &[(&[], "Issue a token")], "publish the next key before it signs"),
    (
        "need-a-jwt",
        "The same server makes and reads",
        &[(&[("carrier", "session"), ("reason", "table")], "Check service 1")],
        "Two organisations share no database",
    ),
];

#[tokio::test]
async fn after_the_first_part_the_hints_are_about_the_second() {
    let app = TestApp::spawn();
    for (slug, first, presses, second) in CASES {
        let mut page = LessonPage::open(&app, slug).await;
        page.ask_for_a_hint().await;
        let hints = page.hints();
        assert!(hints.len() == 1 && hints[0].contains(first), "{slug}: {hints:?}");
        for (fields, label) in *presses {
            fields.iter().for_each(|(name, value)| {
                page.set(name, value);
            });
            match label.starts_with(char::is_lowercase) {
                true if *label == "set" => page.send(&[("step", "set")]).await,
                true => page.step(label).await,
                false => page.press(label).await,
            };
        }
        assert!(first == second || !page.hints().iter().any(|hint| hint.contains(first)), "{slug}: {:?}", page.hints());
        if first != second {
            page.ask_for_a_hint().await;
        }
        let hints = page.hints();
        assert!(hints.len() == 1 && hints[0].contains(second), "{slug}: {hints:?}\n{}", page.verdict_or_none());
        assert!(page.has_button("Another hint") || page.has_button("Show the solution"), "{slug}");
    }
}

/// Where a hint helps with every part, the one of the part follows it.
#[tokio::test]
async fn a_hint_of_the_part_follows_one_that_helps_with_all() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "tied-to-you").await;
    page.press("Send Bob’s request").await;
    while page.has_button("Show a hint") || page.has_button("Another hint") {
        page.ask_for_a_hint().await;
    }
    let hints = page.hints();
    assert!(hints.last().unwrap().contains("with no proof at all"), "{hints:?}");
}

#[tokio::test]
async fn the_hints_of_the_two_clocks_are_about_the_chosen_times_and_then_about_the_other_case() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "two-clocks").await;
    for (cookie, token, hint) in [
        ("60", "60", "Choose two different times"),
        ("5", "60", "Let the cookie end first, as you chose."),
        ("none", "60", "Let the token end first, as you chose."),
    ] {
        page.set("cookie", cookie).set("token", token).press("Set the cookie").await.ask_for_a_hint().await;
        assert!(page.hints()[0].contains(hint), "{cookie} {token}: {:?}", page.hints());
    }
    page.set("cookie", "3600").set("token", "expired").press("Set the cookie").await.press("Send it back").await;
    for (cookie, token) in [("3600", "expired"), ("5", "3600"), ("60", "60")] {
        page.set("cookie", cookie).set("token", token).press("Set the cookie").await;
        page.ask_for_a_hint().await;
        let hints = page.hints();
        assert!(hints.iter().all(|hint| hint.contains("cookie end first") || hint.contains("After Set the cookie")));
        assert!(hints[0].contains("Let the cookie end first"), "{cookie} {token}: {hints:?}");
    }
}

#[tokio::test]
async fn a_hint_on_the_two_clocks_sees_the_times_that_are_chosen_and_not_set_yet() {
    let app = TestApp::spawn();
    for (cookie, token, hint) in [
        ("5", "5", "Choose two different times"),
        ("3600", "5", "Let the token end first. Its time must be shorter"),
        ("5", "3600", "Let the cookie end first. Its time must be shorter"),
    ] {
        let mut page = LessonPage::open(&app, "two-clocks").await;
        page.set("cookie", cookie).set("token", token).ask_for_a_hint().await;
        assert!(page.hints()[0].contains(hint), "{cookie} {token}: {:?}", page.hints());
    }
}

#[tokio::test]
async fn a_copy_that_has_expired_leads_the_hint_of_logout_to_a_new_login() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "logout").await;
    for label in ["Log in as Bob", "Save a copy", "Clear the cookie"] {
        page.press(label).await;
    }
    app.advance(600);
    page.press("Replay the copy").await.ask_for_a_hint().await;
    assert!(page.hints()[0].contains("a new login and a new copy"), "{:?}", page.hints());
}

#[tokio::test]
async fn a_hint_for_start_here_is_about_the_token_once_the_session_has_one() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    visitor.generate().await;
    let mut page = LessonPage::at(visitor, "start-here").await;
    page.ask_for_a_hint().await;
    assert!(page.hints()[0].contains("The demo shows the three parts"), "{:?}", page.hints());
}

/// The rounds of these lessons have parts of the same name. A hint that was asked in one round is not in the next.
#[tokio::test]
async fn a_hint_stands_there_only_while_the_step_is_open_that_it_was_asked_for() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "where-to-keep-it").await;
    page.press("Log in as Bob").await.ask_for_a_hint().await;
    page.set("takes", "no").set("sends", "yes").press("Run the script").await;
    assert_eq!(page.hints().len(), 1, "the same step is still open: {:?}", page.hints());
    page.set("takes", "yes").press("Run the script").await;
    assert!(page.hints().is_empty(), "{:?}", page.hints());
    page.press("Send a request as Bob").await.press("Log in as Bob").await;
    assert!(page.hints().is_empty() && page.has_button("Show a hint"), "{:?}", page.hints());
    page.ask_for_a_hint().await;
    assert!(page.hints().len() == 1 && page.hints()[0].contains("must be able to read it"), "{:?}", page.hints());

    let mut page = LessonPage::open(&app, "logout").await;
    for label in ["Log in as Bob", "Save a copy", "Clear the cookie"] {
        page.press(label).await;
    }
    // Also where every hint and the solution are open, so that there is no button for one more.
    while page.has_button("Show a hint") || page.has_button("Another hint") || page.has_button("Show the solution") {
        page.ask_for_a_hint().await;
    }
    page.press("Replay the copy").await;
    for label in ["Log in as Bob", "Save a copy", "Revoke the token"] {
        page.press(label).await;
        assert!(page.hints().is_empty(), "{label}: {:?}", page.hints());
    }
}

#[tokio::test]
async fn a_hint_is_about_what_is_left_after_what_was_done() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "stay-logged-in").await;
    for label in [
        "Log in at the old issuer",
        "Steal the refresh token",
        "Refresh as Mallory",
        "Ten minutes later",
        "Refresh as Bob",
    ] {
        page.press(label).await;
    }
    page.ask_for_a_hint().await.ask_for_a_hint().await;
    assert!(page.hints().iter().any(|hint| hint.contains("press Four weeks later")), "{:?}", page.hints());
    assert!(!page.hints().iter().any(|hint| hint.contains("Begin with")), "{:?}", page.hints());

    let mut page = LessonPage::open(&app, "size-limit").await;
    page.set("size", "1000").press("Set this cookie").await.ask_for_a_hint().await;
    assert!(page.hints()[0].contains("try larger cookies"), "{:?}", page.hints());

    let mut page = LessonPage::open(&app, "script-reach").await;
    page.press("Set all three").await.set("read-lab-plain", "on").press("Check it").await.ask_for_a_hint().await;
    assert!(page.hints()[0].contains("is called storage"), "{:?}", page.hints());
}

#[tokio::test]
async fn what_was_typed_decides_the_hint_and_a_solved_lesson_has_none() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "none").await;
    page.set("header", r#"{"alg":"none"}"#).set("signature", "").ask_for_a_hint().await;
    assert!(page.hints()[0].contains("who the token is about"), "{:?}", page.hints());
    page.set("payload", r#"{"sub":"admin"}"#).press("Send it to both").await;
    page.assert_solved().await;
    assert!(page.hints().is_empty() && !page.body().contains(">Another hint<"), "{:?}", page.hints());
}

/// A visitor reads the hint together with what was wrong, and the repeated verdict is no try.
#[tokio::test]
async fn a_hint_stands_beside_the_verdict_that_it_is_about() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "need-a-jwt").await;
    page.set("carrier", "opaque").press("Check service 1").await;
    let verdict = page.verdict();
    assert!(verdict.contains("✗ Not yet."), "{verdict}");
    for next in ["Show the solution", ""] {
        page.ask_for_a_hint().await;
        assert_eq!((page.verdict(), page.hints().len()), (verdict.clone(), 1));
        assert!(next.is_empty() || page.has_button(next), "{}", page.body());
    }
    let forged = [("step", "hint"), ("last_press", "solved"), ("last_says", "You read it.")];
    page.send(&forged).await;
    assert_eq!((page.verdict_or_none().as_str(), page.is_solved()), ("", false));
}

/// A file that is always empty is known to few, so the last hint names it and says why its content is known.
#[tokio::test]
async fn the_hints_on_a_path_explain_why_kid_reaches_a_file_and_what_an_empty_one_means() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "keys-in-the-header").await;
    for _ in 0..3 {
        page.ask_for_a_hint().await;
    }
    let hints = page.hints();
    assert_eq!(hints.len(), 3);
    for (hint, says) in hints.iter().zip([
        "opens the file that kid names, and what is in the file is the secret",
        "the secret that the portal reads from it has no bytes",
        "Every Unix machine has the file /dev/null. A program that reads it always finds nothing.",
    ]) {
        assert!(hint.contains(says), "{hint}");
    }
    assert!(page.has_button("Show the solution"));
}

#[tokio::test]
async fn the_hints_on_part_two_of_the_forms_follow_the_login_both_pages_and_the_answer() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "cross-site-forms-part-two").await;
    page.ask_for_a_hint().await;
    assert!(page.hints()[0].contains("Press Log in as Admin"), "{:?}", page.hints());
    page.send(&[("step", "login")]).await;
    for (attacker, first) in [("other-site", "Follow Open Mallory"), ("neighbour", "Follow Open the portal that has a")]
    {
        assert!(page.hints().is_empty(), "{attacker}: {:?}", page.hints());
        page.ask_for_a_hint().await;
        assert!(page.hints()[0].contains(first), "{:?}", page.hints());
        page.ask_for_a_hint().await;
        assert!(page.hints()[1].contains("shows which forms are missing"), "{:?}", page.hints());
        for defence in ["strict", "double", "bound", "synchroniser", "prefix"] {
            page.send(&[("simulate", &*format!("{defence} {attacker}"))]).await;
        }
    }
    assert!(page.hints().is_empty(), "{:?}", page.hints());
    page.ask_for_a_hint().await;
    assert!(page.hints()[0].contains("both cells of its row are blocked"), "{:?}", page.hints());
}
