//! Several processes with one store and one folder of keys: whichever answers, a code and a refresh token are good
//! once.

use reqwest::Method;
use serde_json::Value;

use super::issuer::{CHALLENGE, REDIRECT_URI, redemption, refresh};
use crate::app::{Answer, TestApp, Visitor, location};
use crate::postgres::Postgres;

/// Both have the same issuer, as behind a load balancer.
const SHARED: [(&str, &str); 2] = [("public-url", "http://localhost:5000"), ("test-mode", "on")];

/// Two processes on this database, or on the same SQLite file.
fn two(database: Option<&str>) -> [TestApp; 2] {
    let settings: Vec<(&'static str, &str)> =
        SHARED.into_iter().chain(database.map(|database| ("database", database))).collect();
    let first = TestApp::with(&settings);
    let second = first.with_same_keys_and(&settings);
    [first, second]
}

/// A code that the login page of this process gave.
async fn code(app: &TestApp) -> String {
    let path = format!(
        "/oauth/authorize?response_type=code&client_id=app&redirect_uri={REDIRECT_URI}&scope=openid+offline_access\
         &prompt=none&login_hint=bob&code_challenge={CHALLENGE}&code_challenge_method=S256"
    );
    let answer = Visitor::of(&app.url).get(&path).await;
    let (_, rest) = location(&answer).split_once("code=").unwrap();
    rest.split('&').next().unwrap().to_owned()
}

async fn token(app: &TestApp, form: &[(&str, &str)]) -> Answer {
    Answer::to(Visitor::of(&app.url).request(Method::POST, "/oauth/token").form(form)).await
}

async fn is_active(app: &TestApp, token: &str) -> bool {
    let form = [("token", token), ("client_id", "api"), ("client_secret", "x")];
    let answer = Answer::to(Visitor::of(&app.url).request(Method::POST, "/oauth/introspect").form(&form)).await;
    answer.json()["active"] == Value::Bool(true)
}

/// The answers to a hundred requests at once, of which each process gets every second.
async fn at_once(apps: &[TestApp; 2], form: &[(&str, &str)]) -> Vec<Answer> {
    let visitors = [apps[0].visitor(), apps[1].visitor()];
    let post = |number: usize| visitors[number % 2].request(Method::POST, "/oauth/token").form(form);
    let sent: Vec<_> = (0..100).map(|number| tokio::spawn(Answer::to(post(number)))).collect();
    let mut answers = Vec::new();
    for answer in sent {
        answers.push(answer.await.unwrap());
    }
    answers
}

/// The only answer that has tokens; all others are `invalid_grant`. On a machine that is very busy the store may be too
/// slow for some requests, and for the winner too.
fn winner(answers: Vec<Answer>) -> Option<Answer> {
    let (mut won, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
    let (late, refused): (Vec<_>, Vec<_>) = refused.into_iter().partition(|answer| answer.status == 503);
    for answer in refused {
        assert_eq!((answer.status, answer.text("error").as_str()), (400, "invalid_grant"), "{}", answer.body);
    }
    assert!(won.len() == 1 || won.is_empty() && !late.is_empty(), "{} won, {} were late", won.len(), late.len());
    won.pop()
}

async fn assert_each_is_good_once(apps: [TestApp; 2]) {
    // What one process gives, the other takes.
    let code_of_first = code(&apps[0]).await;
    let first = token(&apps[1], &redemption(&[("code", &code_of_first)])).await;
    assert_eq!(first.status, 200, "{}", first.body);
    let second = token(&apps[0], &refresh(&first.text("refresh_token"))).await;
    assert_eq!(second.status, 200, "{}", second.body);
    for app in &apps {
        assert!(is_active(app, &second.text("access_token")).await);
    }
    // Its second use at the other process ends everything on both.
    assert_eq!(token(&apps[1], &refresh(&first.text("refresh_token"))).await.text("error"), "invalid_grant");
    for app in &apps {
        for issued in ["access_token", "refresh_token"] {
            assert!(!is_active(app, &second.text(issued)).await, "{issued}");
        }
    }
    let once = code(&apps[1]).await;
    let won = winner(at_once(&apps, &redemption(&[("code", &once)])).await);
    assert_eq!(token(&apps[0], &redemption(&[("code", &once)])).await.status, 400);
    for (app, won) in apps.iter().zip([&won, &won]) {
        let Some(won) = won else { continue };
        assert!(!is_active(app, &won.text("access_token")).await, "the code was used again");
    }
    let once = code(&apps[0]).await;
    let login = token(&apps[0], &redemption(&[("code", &once)])).await;
    let won = winner(at_once(&apps, &refresh(&login.text("refresh_token"))).await);
    for (app, won) in apps.iter().zip([&won, &won]) {
        let Some(won) = won else { continue };
        assert!(!is_active(app, &won.text("access_token")).await, "the refresh token was used again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_and_a_refresh_token_are_good_once_in_two_processes_on_sqlite() {
    assert_each_is_good_once(two(None)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_and_a_refresh_token_are_good_once_in_two_processes_on_postgresql() {
    let Some(server) = Postgres::shared() else { return };
    assert_each_is_good_once(two(Some(&server.database()))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_at_one_process_is_one_at_the_other() {
    let [first, second] = two(None);
    let visitor = first.visitor();
    let path = format!("/oauth/authorize?response_type=code&client_id=app&redirect_uri={REDIRECT_URI}");
    assert_eq!(visitor.get(&path).await.status(), 200);
    visitor.get(&format!("{path}&prompt=none&login_hint=bob")).await;
    assert_eq!(visitor.before(&second).get(&path).await.status(), 303);
    visitor.before(&second).request(Method::POST, "/oauth/logout").send().await.unwrap();
    assert_eq!(visitor.get(&path).await.status(), 200, "the logout is one at both");
}
