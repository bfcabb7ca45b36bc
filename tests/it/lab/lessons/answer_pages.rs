//! The answer to a form of a lesson has an address of its own in a browser: a reload sends nothing again, and *Back*
//! shows the page as it was. Programs get the page as the answer.

use reqwest::Method;

use crate::app::{Answer, TestApp, Visitor};
use crate::html::field;

const PATH: &str = "/lab/lessons/tamper";
const FORM: [(&str, &str); 2] = [("step", "payload"), ("payload", r#"{"sub":"bob","note":"typed by me"}"#)];

/// The answer to a press in the window of a browser.
async fn press(visitor: &Visitor, path: &str) -> Answer {
    let request = visitor.request(Method::POST, path).header("sec-fetch-mode", "navigate").form(&FORM);
    Answer::to(request).await
}

async fn get(visitor: &Visitor, path: &str) -> Answer {
    Answer::to(visitor.request(Method::GET, path)).await
}

/// A visitor who skipped the prediction in the window of a browser.
async fn beginner(app: &TestApp) -> Visitor {
    let visitor = app.visitor();
    let skip = visitor.request(Method::POST, PATH).header("sec-fetch-mode", "navigate").form(&[("step", "skip")]);
    assert_eq!(Answer::to(skip).await.status, 303);
    visitor
}

#[tokio::test]
async fn a_browser_is_sent_to_the_answer_which_stays_as_it_was() {
    let app = TestApp::spawn();
    let visitor = beginner(&app).await;
    let first = press(&visitor, PATH).await;
    assert_eq!((first.status, first.body.as_str()), (303, ""));
    let address = first.header("location").to_owned();
    assert!(address.starts_with("/lab/lessons/tamper?answer=") && !address.contains('#'), "{address}");
    let shown = get(&visitor, &address).await;
    assert_eq!((shown.status, shown.header("cache-control")), (200, "no-store"));
    assert!(shown.body.contains("typed by me") && shown.body.contains("id=\"verdict\""), "{}", shown.body);

    let second = press(&visitor, &address).await;
    let other = second.header("location");
    assert!(other.matches("answer=").count() == 1 && other != address, "{other}");
    assert_eq!(get(&visitor, &address).await.body, shown.body, "the way back");
    app.advance(11 * 3600);
    assert_eq!(get(&visitor, &address).await.body, shown.body);
}

#[tokio::test]
async fn the_view_stays_in_the_address() {
    let app = TestApp::spawn();
    let visitor = beginner(&app).await;
    let view = "view=projector&at=do-1";
    let answer = press(&visitor, &format!("{PATH}?{view}")).await;
    let address = answer.header("location");
    assert!(address.starts_with(&format!("{PATH}?{view}&answer=")), "{address}");
    assert!(get(&visitor, address).await.body.contains("class=\"projector"));
}

#[tokio::test]
async fn a_program_and_a_browser_without_cookies_get_the_page_itself() {
    let app = TestApp::spawn();
    let stranger = press(&app.visitor(), PATH).await;
    assert_eq!(stranger.status, 200);
    let visitor = beginner(&app).await;
    let program = Answer::to(visitor.request(Method::POST, PATH).header("accept", "text/html").form(&FORM)).await;
    assert!(program.status == 200 && program.body.contains("id=\"verdict\""), "{program:?}");
    let old = visitor.request(Method::POST, PATH).header("upgrade-insecure-requests", "1").form(&FORM);
    assert_eq!(Answer::to(old).await.status, 303, "a browser on a plain HTTP address");
}

#[tokio::test]
async fn an_answer_that_is_not_kept_or_not_theirs_leads_to_the_lesson_and_says_so() {
    const GONE: &str = "The verdict on that press is no longer kept.";
    let app = TestApp::spawn();
    let (visitor, other) = (beginner(&app).await, beginner(&app).await);
    let address = press(&visitor, PATH).await.header("location").to_owned();
    for address in [&address, &format!("{PATH}?answer=made-up"), &format!("{PATH}?answer=%0d%0a%00")] {
        let shown = get(&other, address).await;
        assert!(shown.status == 200 && shown.body.contains(GONE) && !shown.body.contains("typed by me"), "{address}");
    }
    let elsewhere = address.replace("tamper", "none");
    assert!(!get(&visitor, &elsewhere).await.body.contains("typed by me"), "the answer of another lesson");
    app.advance(13 * 3600);
    let late = get(&visitor, &address).await;
    assert!(!late.body.contains("typed by me"), "{}", late.body);
    assert!(!get(&visitor, PATH).await.body.contains(GONE));
}

#[tokio::test]
async fn a_hint_leaves_what_the_press_before_it_showed_on_the_page() {
    let app = TestApp::spawn();
    let visitor = beginner(&app).await;
    let page = get(&visitor, PATH).await.body;
    let token = field(&page, "token").unwrap();
    let post = async |fields: &[(&str, &str)]| {
        let request = visitor.request(Method::POST, PATH).header("sec-fetch-mode", "navigate").form(fields);
        Answer::to(request).await.header("location").to_owned()
    };
    let pressed = post(&[("step", "middle"), ("token", &token)]).await;
    let shown = get(&visitor, &pressed).await.body;
    let name = pressed.split_once("answer=").unwrap().1;
    assert!(shown.contains(&format!("name=\"last_answer\" value=\"{name}\"")), "{shown}");
    assert!(shown.contains("its middle character"), "{shown}");
    let ask =
        [("step", "hint"), ("hint", "0"), ("token", token.as_str()), ("last_press", "step"), ("last_says", "Says.")];
    let hinted = get(&visitor, &post(&[&ask[..], &[("last_answer", name)]].concat()).await).await.body;
    assert!(hinted.contains("Hint 1.") && hinted.contains("its middle character"), "{hinted}");
    let other = get(&visitor, &post(&[&ask[..], &[("last_answer", "made-up")]].concat()).await).await.body;
    assert!(other.contains("id=\"verdict\"") && !other.contains("its middle character"), "{other}");
}
