//! The name of a request: on its answer, on its log lines, and taken over from a proxy that is trusted.

use reqwest::Method;
use sqlx::{Connection as _, SqliteConnection};

use crate::app::{Answer, RawAnswer, TestApp, Visitor};
use crate::cli::Program;

const GIVEN: &str = "4b1d-From-The-Proxy";

async fn id_given(visitor: &Visitor, path: &str, given: &str) -> String {
    let answer = Answer::to(visitor.request(Method::GET, path).header("x-request-id", given)).await;
    answer.header("x-request-id").to_owned()
}

fn is_made(id: &str) -> bool {
    id.len() == 16 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[tokio::test]
async fn every_answer_has_an_id_and_a_client_cannot_choose_it() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let mut ids = Vec::new();
    for path in ["/healthz", "/", "/a/b", "/generate?ttl=0", "/v1/token/15555551212", "/v1/transactions"] {
        ids.push(id_given(&visitor, path, GIVEN).await);
    }
    assert!(ids.iter().all(|id| is_made(id)), "{ids:?}");
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count, "each has its own");
}

#[tokio::test]
async fn a_trusted_proxy_names_its_requests_in_8_to_64_letters_digits_and_hyphens() {
    let app = TestApp::with(&[("trusted-proxy", "127.0.0.1")]);
    let visitor = app.visitor();
    for good in [GIVEN, "12345678", &"a".repeat(64)] {
        assert_eq!(id_given(&visitor, "/healthz", good).await, good);
        assert_eq!(id_given(&visitor, "/a/b", good).await, good, "on a refusal too");
    }
    for bad in ["", "1234567", "1234567 8", "12345678;", "a\u{e9}12345678", &"a".repeat(65)] {
        assert!(is_made(&id_given(&visitor, "/healthz", bad).await), "{bad}");
    }
    let other = TestApp::with(&[("trusted-proxy", "10.0.0.0/8")]);
    assert!(is_made(&id_given(&other.visitor(), "/healthz", GIVEN).await), "another is trusted");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cause_of_a_failure_is_logged_under_the_id_of_its_answer() {
    let program = Program::with_keys().and("RUST_LOG", "error");
    let serving = program.serve(&["--phone-rate", "off"]);
    let url = format!("sqlite:{}", program.path("hallpass.db").display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut connection).await.unwrap();
    let visitor = Visitor::of(&serving.url);
    let answer = Answer::to(visitor.request(Method::GET, "/v1/token/15555551212")).await;
    assert_eq!(answer.status, 503, "{}", answer.body);
    connection.close().await.unwrap();
    let log = serving.stop().stderr;
    let line = format!("request id={} failed: the store ", answer.header("x-request-id"));
    assert_eq!(log.lines().filter(|it| it.contains(&line)).count(), 1, "{log}");
    assert!(!log.contains("15555551212"), "{log}");
}

#[test]
fn an_access_line_has_the_id_of_its_answer() {
    let program = Program::with_keys();
    let serving = program.serve(&[]);
    let answer = serving.get("/validate");
    let id = answer.head.lines().find_map(|line| line.strip_prefix("x-request-id: ")).unwrap().to_owned();
    RawAnswer::to(&serving.url, "GET /healthz HTTP/1.0\r\n\r\n");
    let log = serving.stop().stderr;
    assert_eq!(log.matches(&format!("request id={id} GET /validate 302 ")).count(), 1, "{log}");
}
