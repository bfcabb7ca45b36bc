//! *Start here* over HTTP: it is solved by really getting a token on the demo and reading in it.

use hallpass::lab::lessons::Lesson;
use reqwest::Method;
use serde_json::Value;

use crate::app::{Answer, TestApp, Visitor, part, token_on};
use crate::html::words;

const PATH: &str = "/lab/lessons/start-here";
const SOLVED: &str = "solved</span>";
const FIELD: &str = "name=\"exp\"";

async fn send(visitor: &Visitor, fields: &[(&str, &str)]) -> String {
    let sent = Answer::to(visitor.request(Method::POST, PATH).header("accept", "text/html").form(fields)).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    visitor.page(sent.header("location")).await
}

async fn look(visitor: &Visitor) -> String {
    send(visitor, &[("step", "look")]).await
}

async fn check(visitor: &Visitor, typed: &str) -> String {
    send(visitor, &[("step", "check"), ("exp", typed)]).await
}

/// A claim of the session's token, as the demo's page shows it.
async fn claim(visitor: &Visitor, name: &str) -> String {
    let claims: Value = serde_json::from_str(&part(&token_on(&visitor.page("/").await), 1)).unwrap();
    claims[name].to_string()
}

async fn has_solved(visitor: &Visitor) -> bool {
    visitor.page(PATH).await.contains(SOLVED)
}

#[tokio::test]
async fn it_is_solved_by_getting_a_token_and_typing_when_it_expires() {
    let solution = Lesson::find("start-here").unwrap().solution.whole.markdown();
    for said in ["*Open the demo*", "*Get token*", "`exp` in the payload", "*Look into my session*", "*Check it*"] {
        assert!(solution.contains(said), "{said}");
    }
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let page = look(&visitor).await;
    assert!(page.contains("0 of 2 parts done. Your session holds no token") && !page.contains(FIELD), "{page}");

    visitor.generate().await;
    let page = look(&visitor).await;
    assert!(page.contains("1 of 2 parts done") && page.contains("about <code>bob</code>"), "{page}");
    assert!(page.contains("<code>hallpass</code>, encrypted") && page.contains(FIELD), "{page}");
    let expiry = claim(&visitor, "exp").await;
    assert!(!page.contains(&expiry), "the demo shows it, and this page does not: {page}");

    let issued = claim(&visitor, "iat").await;
    for (typed, named) in [
        ("", "The field is empty"),
        (issued.as_str(), "That is iat:"),
        ("bob", "That is sub:"),
        ("60", "ten digits"),
        ("1000000000", "only the newest token counts"),
        ("12:34:56 UTC", "That is a time of day"),
        ("<script>", "is not the value of exp"),
        (&"x".repeat(5000), "is not the value of exp"),
    ] {
        let page = check(&visitor, typed).await;
        assert!(words(&page).contains(named) && page.contains("1 of 2 parts done"), "{typed}: {page}");
        assert!(!page.contains("<script>") && !page.contains(&"x".repeat(1000)) && page.contains(FIELD), "{page}");
        assert!(!page.contains(&expiry) && !has_solved(&visitor).await, "{typed}");
    }
    assert!(check(&visitor, "60").await.contains("value=\"60\""), "what was typed stays");

    let page = check(&visitor, &expiry).await;
    assert!(page.contains("2 of 2 parts done") && page.contains(SOLVED), "{page}");
    assert!(has_solved(&visitor).await);
}

#[tokio::test]
async fn a_token_that_is_typed_instead_of_its_expiry_gets_into_no_address() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    visitor.generate().await;
    let token = token_on(&visitor.page("/").await);
    let fields = [("step", "check"), ("exp", token.as_str())];
    let answer = Answer::to(visitor.request(Method::POST, PATH).header("accept", "text/html").form(&fields)).await;
    assert_eq!((answer.status, answer.header("location")), (200, ""), "{}", answer.body);
    assert!(answer.body.contains("That looks like a whole token."), "{}", answer.body);
    assert!(!has_solved(&visitor).await);
}

#[tokio::test]
async fn a_token_that_has_expired_on_the_way_still_counts() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    for algorithm in ["HS256", "RS256"] {
        visitor.choose(algorithm).await;
        visitor.generate().await;
        let expiry = claim(&visitor, "exp").await;
        app.advance(61);
        let page = look(&visitor).await;
        assert!(page.contains("but it expired 1 s ago. The demo refuses it now"), "{page}");
        assert!(words(&page).contains("The demo shows no claims of an expired token. Get a new token there"), "{page}");
        let demo = visitor.page("/").await;
        assert!(!demo.contains("<code>sub</code>") && demo.contains("does not list them"), "so the demo does: {demo}");
        let bench = visitor.request(Method::POST, "/lab/inspect").header("accept", "text/html");
        let bench = Answer::to(bench.form(&[("action", "mine")])).await.body;
        assert!(bench.contains(&expiry), "and the bench shows them: {bench}");
        assert_eq!(page.matches(">Open the demo</a>").count(), 2, "beside the step too: {page}");
        assert_eq!(claim(&visitor, "exp").await, expiry, "the whole token is still there");
        assert!(check(&visitor, &expiry).await.contains("2 of 2 parts done"), "{algorithm}");
    }
}

#[tokio::test]
async fn only_the_token_of_this_session_counts() {
    let app = TestApp::spawn();
    let (visitor, other) = (app.visitor(), app.visitor());
    visitor.generate().await;
    let old = claim(&visitor, "exp").await;
    app.advance(1);
    visitor.generate().await;
    assert!(check(&visitor, &old).await.contains("only the newest token counts"));
    assert!(check(&other, &claim(&visitor, "exp").await).await.contains("Your session holds no token"));

    visitor.choose("RS256").await;
    assert!(look(&visitor).await.contains("<code>alg_not_allowed</code>"), "a token of the other algorithm");
    visitor.logout().await;
    assert!(look(&visitor).await.contains("Your session holds no token"));
    assert!(!has_solved(&visitor).await && !has_solved(&other).await);
}

#[tokio::test]
async fn a_token_that_the_lab_put_into_the_session_does_not_count() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    for slug in ["claim-injection-signed", "original"] {
        visitor.generate().await;
        let path = format!("/lab/attacks/{slug}");
        let answer = Answer::to(visitor.request(Method::POST, &path).form(&[("variant", ""), ("action", "put")])).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        let page = look(&visitor).await;
        assert!(page.contains("Another page of the lab put the token into your session"), "{slug}: {page}");
        assert!(!page.contains(FIELD), "{slug}: {page}");
    }
}

#[tokio::test]
async fn a_link_with_the_right_answer_does_not_solve_it() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    visitor.generate().await;
    let expiry = claim(&visitor, "exp").await;
    visitor.page(&format!("{PATH}?step=check&exp={expiry}")).await;
    assert!(!has_solved(&visitor).await);
    check(&visitor, &expiry).await;
    assert!(has_solved(&visitor).await);
}
