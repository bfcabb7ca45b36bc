//! Lessons about tokens from an issuer, over HTTP: each is solved by its own text, and neither reloads, nor tabs, nor
//! invented cookies change what really happened.

use hallpass::lab::lessons::Lesson;
use reqwest::Method;

use super::end_and_limits::Page;
use crate::app::{Answer, TestApp};

/// What a lesson's solution marks as a button or a choice, in its order.
fn marked(slug: &str) -> Vec<&'static str> {
    Lesson::find(slug).unwrap().solution.markdown().split('*').skip(1).step_by(2).collect()
}

#[tokio::test]
async fn stay_logged_in_is_solved_by_its_solution_and_the_family_really_ends() {
    let app = TestApp::spawn();
    let mut page = Page::open(app.visitor(), "stay-logged-in").await;
    for button in marked("stay-logged-in") {
        assert!(!page.is_solved(), "before {button}");
        page.press(button).await;
    }
    assert!(page.says("All three parts are done.").is_solved());
}

#[tokio::test]
async fn a_step_of_stay_logged_in_that_does_nothing_yet_is_told_why() {
    let app = TestApp::spawn();
    let mut page = Page::open(app.visitor(), "stay-logged-in").await;
    for step in ["steal", "minutes", "weeks", "bob", "mallory"] {
        page.step(step).await.says("Bob is not logged in.");
    }
    page.step("new").await.step("mallory").await.says("Mallory has no refresh token yet.");
    page.step("bob").await.says("Bob's access token is valid for another");
    page.step("weeks").await.says("At the new issuer you need no weeks");
    page.step("steal").await.step("steal").await.says("Mallory has a copy already.");
    page.step("mallory").await.says("Mallory is logged in as Bob:").says("The one that Bob has is spent.");
    page.step("mallory").await.says("Mallory's access token is valid for another");
    page.step("minutes").await.step("bob").await.says("ended the whole family").says("invalid_grant");
    assert!(!page.is_solved());
}

#[tokio::test]
async fn two_tabs_share_one_login_and_a_reload_shows_where_it_stands() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let mut page = Page::open(visitor, "stay-logged-in").await;
    page.step("new").await.step("steal").await.step("minutes").await.step("bob").await;
    let reloaded = page.visitor.page("/lab/lessons/stay-logged-in").await;
    assert!(reloaded.contains("Who has which token") && reloaded.contains("Mallory copied Bob’s refresh token"));
    page.step("old").await.says("Bob is logged in at the old issuer.");
    page.step("mallory").await.says("Mallory has no refresh token yet.");
}

#[tokio::test]
async fn a_login_of_the_lesson_is_kept_for_an_hour_and_a_lost_or_invented_cookie_is_told() {
    let app = TestApp::spawn();
    let mut page = Page::open(app.visitor(), "stay-logged-in").await;
    page.step("new").await.step("steal").await;
    app.advance(3601);
    page.step("mallory").await;
    assert!(!page.is_solved());
    let said = &page.answer.body;
    assert!(said.contains("this one is gone") || said.contains("did not send the cookie"), "{said}");

    let invented = app.visitor();
    invented.skip_prediction("stay-logged-in").await;
    let mut page = Page::open(invented, "stay-logged-in").await;
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
    let mut page = Page::open(app.visitor(), "stay-logged-in").await;
    page.step("new").await;
    let token = page.cookie("lab-logins").split('~').next().unwrap().to_owned();
    assert_eq!(token.len(), 64);
    for client in ["lab", "lab\u{1}stay-logged-in", "app"] {
        let form = [("grant_type", "refresh_token"), ("refresh_token", &token), ("client_id", client)];
        let answer = Answer::to(app.visitor().request(Method::POST, "/oauth/token").form(&form)).await;
        assert!((400..500).contains(&answer.status), "{client:?}: {}", answer.body);
    }
    page.step("minutes").await.step("bob").await.says("Bob has a new access token and a new refresh token.");
}

#[tokio::test]
async fn the_token_of_another_service_is_solved_by_its_solution_and_not_by_one_check_alone() {
    let app = TestApp::spawn();
    let mut page = Page::open(app.visitor(), "token-of-another-service").await;
    page.step("repair").await.says("First become Admin at both old portals.");
    let admin = |page: &mut Page, issuer: &str, audience: &str| {
        page.set("issuer", issuer).set("audience", audience).set("role", "admin");
    };
    admin(&mut page, "school", "portal");
    page.step("present").await.says("The school does not sign this. At the portal Mallory is a pupil.");
    admin(&mut page, "own", "shop");
    page.step("present").await.says("Both refuse it.");
    admin(&mut page, "school", "shop");
    page.step("present").await.says("1 of 3 parts done.").says("bad_claim");
    admin(&mut page, "own", "portal");
    page.step("present").await.says("2 of 3 parts done.").says("unknown_kid");
    page.set("audience-is", "yes").set("issuer-begins", "yes");
    page.step("repair").await.says("Mallory's own issuer still makes her Admin.");
    assert!(!page.is_solved());
    page.set("issuer-is", "yes").step("repair").await;
    assert!(page.is_solved());
}

#[tokio::test]
async fn tied_to_you_is_solved_once_every_way_was_refused_and_the_script_was_not() {
    let app = TestApp::spawn();
    let mut page = Page::open(app.visitor(), "tied-to-you").await;
    page.step("send").await.says("Mallory has nothing yet");
    page.step("bob").await.says("1 of 7 parts done.").says("200 OK");
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
        page.says(says).says(&format!("{count} of 7 parts"));
    }
    assert!(page.is_solved());
}

#[tokio::test]
async fn a_copied_proof_grows_old_by_itself_and_a_copied_token_expires() {
    let app = TestApp::spawn();
    let mut page = Page::open(app.visitor(), "tied-to-you").await;
    page.step("bob").await;
    app.advance(301);
    page.set("proof", "copy").set("to", "grades").set("when", "now").step("send").await.says("Blocked by “Age”");
    page.set("proof", "copy")
        .set("to", "grades")
        .set("when", "now")
        .step("send")
        .await
        .says("over five minutes old by now");
    app.advance(3600);
    page.set("proof", "script").set("to", "grades").set("when", "now").step("send").await.says("invalid_token");
    assert!(!page.is_solved());
}

#[tokio::test]
async fn a_token_of_another_visitor_s_lesson_opens_nothing() {
    let app = TestApp::spawn();
    let mut bob = Page::open(app.visitor(), "tied-to-you").await;
    let copied = format!("lab-copied={}", bob.step("bob").await.cookie("lab-copied"));
    for cookie in [copied.as_str(), "lab-copied=x", "lab-copied=~", "lab-copied=a.b.c~a.b.c"] {
        let post = app.visitor().request(Method::POST, "/lab/lessons/tied-to-you").header("cookie", cookie);
        let form = [("do", "send"), ("proof", "script"), ("to", "grades"), ("when", "now")];
        let answer = Answer::to(post.header("accept", "text/html").form(&form)).await;
        assert!(answer.status == 200 && !answer.body.contains("200 OK"), "{cookie}: {}", answer.body);
    }
}
