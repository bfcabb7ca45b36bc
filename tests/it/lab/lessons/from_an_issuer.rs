//! Lessons about tokens from an issuer, over HTTP: each is solved by its own text, and neither reloads, nor tabs, nor
//! invented cookies change what really happened.

use reqwest::Method;

use crate::app::{Answer, TestApp};
use crate::lab::lesson_page::{LessonPage, presses};

#[tokio::test]
async fn stay_logged_in_is_solved_by_its_solution_and_the_family_really_ends() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "stay-logged-in").await;
    for button in presses("stay-logged-in") {
        assert!(!page.is_solved(), "before {button}");
        page.press(button).await;
    }
    assert!(page.shows("All three parts are done.").is_solved());
}

#[tokio::test]
async fn a_step_of_stay_logged_in_that_does_nothing_yet_is_told_why() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "stay-logged-in").await;
    for step in ["steal", "minutes", "weeks", "bob", "mallory"] {
        page.step(step).await.shows("Bob is not logged in.");
    }
    page.step("new").await.step("mallory").await.shows("Mallory has no refresh token yet.");
    page.step("bob").await.shows("Bob's access token is valid for another");
    page.step("weeks").await.shows("At the new issuer you need no weeks");
    page.step("steal").await.step("steal").await.shows("Mallory has a copy already.");
    page.step("mallory").await.shows("Mallory is logged in as Bob:").shows("The one that Bob has is spent.");
    page.step("mallory").await.shows("Mallory's access token is valid for another");
    page.step("minutes").await.step("bob").await.shows("ended the whole family").shows("invalid_grant");
    assert!(!page.is_solved());
}

#[tokio::test]
async fn two_tabs_share_one_login_and_a_reload_shows_where_it_stands() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let mut page = LessonPage::at(visitor, "stay-logged-in").await;
    page.step("new").await.step("steal").await.step("minutes").await.step("bob").await;
    let reloaded = page.visitor.page("/lab/lessons/stay-logged-in").await;
    assert!(reloaded.contains("Who has which token") && reloaded.contains("Mallory copied Bob’s refresh token"));
    page.step("old").await.shows("Bob is logged in at the old issuer.");
    page.step("mallory").await.shows("Mallory has no refresh token yet.");
}

#[tokio::test]
async fn a_login_of_the_lesson_is_kept_for_an_hour_and_a_lost_or_invented_cookie_is_told() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "stay-logged-in").await;
    page.step("new").await.step("steal").await;
    app.advance(3601);
    page.step("mallory").await;
    assert!(!page.is_solved());
    let said = page.body();
    assert!(said.contains("this one is gone") || said.contains("did not send the cookie"), "{said}");

    let invented = app.visitor();
    invented.skip_prediction("stay-logged-in").await;
    let mut page = LessonPage::at(invented, "stay-logged-in").await;
    page.step("new").await.step("minutes").await;
    let cookies: Vec<String> = ["x", "~~~", &"A".repeat(64)].map(|value| format!("lab-logins={value}")).into();
    for cookie in cookies {
        let post = page.visitor.request(Method::POST, "/lab/lessons/stay-logged-in").header("cookie", &cookie);
        let answer = Answer::to(post.header("accept", "text/html").form(&[("do", "bob")])).await;
        assert!(answer.status == 200 && !answer.body.contains("</span> solved</span>"), "{cookie}");
    }
}

#[tokio::test]
async fn the_server_s_own_token_endpoint_never_exchanges_a_refresh_token_of_the_lesson() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "stay-logged-in").await;
    page.step("new").await;
    let token = page.cookie("lab-logins").split('~').next().unwrap().to_owned();
    assert_eq!(token.len(), 64);
    for client in ["lab", "lab\u{1}stay-logged-in", "app"] {
        let form = [("grant_type", "refresh_token"), ("refresh_token", &token), ("client_id", client)];
        let answer = Answer::to(app.visitor().request(Method::POST, "/oauth/token").form(&form)).await;
        assert!((400..500).contains(&answer.status), "{client:?}: {}", answer.body);
    }
    page.step("minutes").await.step("bob").await.shows("Bob has a new access token and a new refresh token.");
}

#[tokio::test]
async fn the_token_of_another_service_is_solved_by_its_solution_and_not_by_one_check_alone() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "token-of-another-service").await;
    page.step("repair").await.shows("First become Admin at both old portals.");
    let admin = |page: &mut LessonPage, issuer: &str, audience: &str| {
        page.set("issuer", issuer).set("audience", audience).set("role", "admin");
    };
    admin(&mut page, "school", "portal");
    page.step("present").await.shows("The school does not sign this. At the portal Mallory is a pupil.");
    admin(&mut page, "own", "shop");
    page.step("present").await.shows("Both refuse it.");
    admin(&mut page, "school", "shop");
    page.step("present").await.shows("1 of 3 parts done.").shows("bad_claim");
    admin(&mut page, "own", "portal");
    page.step("present").await.shows("2 of 3 parts done.").shows("bad_claim");
    assert!(!page.outcome().contains("unknown_kid"), "the check of `iss` decides: {}", page.outcome());
    page.set("audience-is", "yes").set("issuer-begins", "yes");
    page.step("repair").await.shows("Mallory's own issuer still makes her Admin.");
    assert!(!page.is_solved());
    page.set("issuer-is", "yes").step("repair").await;
    assert!(page.is_solved());
}

#[tokio::test]
async fn tied_to_you_is_solved_once_every_way_was_refused_and_the_script_was_not() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "tied-to-you").await;
    page.step("send").await.shows("Mallory has nothing yet");
    page.step("bob").await.shows("1 of 7 parts done.").shows("200 OK");
    for (proof, to, when, count, says) in [
        ("none", "grades", "now", 2, "Blocked by “Proof”"),
        ("own", "grades", "now", 3, "Blocked by “Key”"),
        ("copy", "send", "now", 4, "Blocked by “Method”"),
        ("copy", "messages", "now", 4, "Blocked by “Address”"),
        ("copy", "grades", "now", 5, "Blocked by “Used once”"),
        ("copy", "grades", "later", 6, "Blocked by “Age”"),
        ("script", "messages", "later", 7, "Mallory acts as Bob"),
    ] {
        assert!(!page.is_solved(), "{proof}");
        page.set("proof", proof).set("to", to).set("when", when).step("send").await;
        page.shows(says).shows(&format!("{count} of 7 parts"));
    }
    assert!(page.is_solved());
}

#[tokio::test]
async fn a_copied_proof_grows_old_by_itself_and_a_copied_token_expires() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "tied-to-you").await;
    page.step("bob").await;
    app.advance(301);
    page.set("proof", "copy").set("to", "grades").set("when", "now").step("send").await.shows("Blocked by “Age”");
    page.set("proof", "copy")
        .set("to", "grades")
        .set("when", "now")
        .step("send")
        .await
        .shows("over five minutes old by now");
    app.advance(3600);
    page.set("proof", "script").set("to", "grades").set("when", "now").step("send").await.shows("invalid_token");
    assert!(!page.is_solved());
}

#[tokio::test]
async fn a_token_of_another_visitor_s_lesson_opens_nothing() {
    let app = TestApp::spawn();
    let mut bob = LessonPage::open(&app, "tied-to-you").await;
    let copied = format!("lab-copied={}", bob.step("bob").await.cookie("lab-copied"));
    for cookie in [copied.as_str(), "lab-copied=x", "lab-copied=~", "lab-copied=a.b.c~a.b.c"] {
        let post = app.visitor().request(Method::POST, "/lab/lessons/tied-to-you").header("cookie", cookie);
        let form = [("do", "send"), ("proof", "script"), ("to", "grades"), ("when", "now")];
        let answer = Answer::to(post.header("accept", "text/html").form(&form)).await;
        assert!(answer.status == 200 && !answer.body.contains("200 OK"), "{cookie}: {}", answer.body);
    }
}
