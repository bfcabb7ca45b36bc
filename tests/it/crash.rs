//! What was answered is kept: after a `kill -9`, and through a store that is away for a while.

use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection as _, SqliteConnection};

use crate::app::{Answer, RawAnswer, START, TestApp};
use crate::cli::{Program, Serving};
use crate::tokens::compact;

const CLIENTS: usize = 8;
const ROUNDS: usize = 3;

fn get(url: &str, path: &str, header: &str) -> Option<RawAnswer> {
    let host = url.trim_start_matches("http://");
    RawAnswer::if_served(url, format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{header}Connection: close\r\n\r\n"))
}

/// 300 to 812 ms.
fn random_while() -> Duration {
    let mut bytes = [0; 2];
    SystemRandom::new().fill(&mut bytes).unwrap();
    Duration::from_millis(300 + u64::from(u16::from_le_bytes(bytes) % 513))
}

/// Asks for one phone token after the other until the server is gone; the xids that were answered, and their tokens.
fn ask_until_it_is_gone(url: &str, name: &str) -> Vec<(String, String)> {
    let mut answered = Vec::new();
    for number in 0.. {
        let xid = format!("{name}-{number}");
        let answer = get(url, &format!("/v1/token/15555551212/{xid}"), "");
        match answer.filter(is_whole) {
            Some(answer) => {
                assert_eq!(answer.status, 200, "{}", answer.body);
                answered.push((xid, answer.body));
            }
            None => break,
        }
    }
    answered
}

/// One that the end cut off is no answer.
fn is_whole(answer: &RawAnswer) -> bool {
    let length =
        answer.head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    length == Some(answer.body.len())
}

/// Eight clients at once, and in their midst the end: `kill -9`.
fn crash(serving: Serving, round: usize) -> Vec<(String, String)> {
    let answered = Mutex::new(Vec::new());
    let url = serving.url.clone();
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (url, answered) = (&url, &answered);
            scope.spawn(move || {
                let own = ask_until_it_is_gone(url, &format!("r{round}c{client}"));
                answered.lock().unwrap().extend(own);
            });
        }
        thread::sleep(random_while());
        drop(serving);
    });
    answered.into_inner().unwrap()
}

#[test]
fn every_token_that_was_answered_before_a_kill_is_found_after_the_restart() {
    let program = Program::with_keys().and("RUST_LOG", "warn");
    let arguments = ["--phone-rate", "off", "--workers", "2"];
    let mut answered = Vec::new();
    for round in 0..ROUNDS {
        let own = crash(program.serve(&arguments), round);
        assert!(own.len() >= CLIENTS, "only {} answers in round {round}", own.len());
        answered.extend(own);
    }
    let credentials = program.read("keys/demo-credentials.env");
    let value = |name: &str| credentials.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).unwrap();
    let basic = STANDARD.encode(format!("{}:{}", value("TELESIGN_CUSTOMER_ID"), value("TELESIGN_API_KEY")));
    let header = format!("Authorization: Basic {basic}\r\n");
    let serving = program.serve(&arguments);
    for (xid, token) in answered {
        let found = get(&serving.url, &format!("/v1/transactions/{xid}"), &header).unwrap();
        assert_eq!(found.status, 200, "{xid} was answered and is lost");
        let transaction: Value = serde_json::from_str(&found.body).unwrap();
        assert_eq!(transaction["token"], token.as_str(), "{xid}");
    }
    assert_eq!(serving.stop().code, Some(0));
}

/// Another process that holds the database for itself, until it is released.
async fn hold(app: &TestApp) -> SqliteConnection {
    let url = format!("sqlite:{}", app.keys().join("hallpass.db").display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut connection).await.unwrap();
    connection
}

async fn timed(request: reqwest::RequestBuilder) -> Answer {
    let started = Instant::now();
    let answer = Answer::to(request).await;
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}: {}", started.elapsed(), answer.body);
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_store_is_away_no_token_is_made_and_nothing_else_stops() {
    let app = TestApp::with(&[("phone-rate", "off")]);
    let token = app.visitor().get("/v1/token/15555551212/before").await.text().await.unwrap();
    let ring = app.ring();
    let claims = json!({ "iss": ring.accounts().zoom_api_key, "exp": START + 60, "jti": "a" });
    let assertion = compact(r#"{"alg":"HS256"}"#, claims.to_string(), |it| ring.zoom().signer().sign(it).unwrap());
    let form = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion.as_str())];
    let visitor = app.visitor();
    let phone = |xid: &str| visitor.request(Method::GET, &format!("/v1/token/15555551212/{xid}"));
    let verify = || visitor.request(Method::POST, "/v1/verify").json(&json!({ "token": token }));
    let exchange = || visitor.request(Method::POST, "/oauth/token").form(&form);

    let held = hold(&app).await;
    let released_at = Instant::now() + Duration::from_secs(3);
    let away: Vec<_> = (0..10).map(|number| tokio::spawn(timed(phone(&format!("away{number}"))))).collect();
    let others = [tokio::spawn(timed(verify())), tokio::spawn(timed(exchange()))];
    for path in ["/", "/healthz", "/generate", "/.well-known/jwks.json"] {
        let started = Instant::now();
        let status = visitor.get(path).await.status().as_u16();
        assert!(status < 400 && started.elapsed() < Duration::from_secs(1), "{path}: {status}");
    }
    for answer in away {
        let answer = answer.await.unwrap();
        assert_eq!((answer.status, answer.text("error").as_str()), (503, "store_away"), "{}", answer.body);
        assert!(!answer.body.contains("eyJ") && !answer.body.to_lowercase().contains("sqlite"), "{}", answer.body);
    }
    let [verified, exchanged] = others;
    assert_eq!(verified.await.unwrap().text("error"), "store_away");
    let exchanged = exchanged.await.unwrap();
    assert_eq!((exchanged.status, exchanged.text("error").as_str()), (503, "temporarily_unavailable"));

    tokio::time::sleep_until(released_at.into()).await;
    held.close().await.unwrap();
    let back = Instant::now() + Duration::from_secs(3);
    let mut number = 0;
    loop {
        number += 1;
        let answer = Answer::to(phone(&format!("back{number}"))).await;
        if answer.status == 200 {
            break;
        }
        assert!(Instant::now() < back, "{}", answer.body);
    }
    assert_eq!(Answer::to(verify()).await.status, 200, "what was refused then was not taken");
    assert_eq!(Answer::to(exchange()).await.status, 200, "nor the assertion");
}
