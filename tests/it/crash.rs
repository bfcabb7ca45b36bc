//! What was answered is kept: after a `kill -9`, and while the store is unavailable.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection as _, SqliteConnection};

use crate::app::{Answer, RawAnswer, START, TestApp};
use crate::cli::Program;
use crate::postgres::Postgres;
use crate::verdict::compact;

const CLIENTS: usize = 8;
const ROUNDS: usize = 30;

fn get(url: &str, path: &str, header: &str) -> Option<RawAnswer> {
    let host = url.trim_start_matches("http://");
    RawAnswer::if_served(url, format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{header}Connection: close\r\n\r\n"))
}

/// Up to 255 ms.
fn random_while() -> Duration {
    let mut bytes = [0; 1];
    SystemRandom::new().fill(&mut bytes).unwrap();
    Duration::from_millis(bytes[0].into())
}

/// The xids of tokens that were answered, and the tokens.
#[derive(Default)]
struct Answered(Mutex<Vec<(String, String)>>);

impl Answered {
    fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// Asks for one phone token after the other, until the server is gone or `stop` says so.
    fn ask(&self, url: &str, name: &str, stop: &AtomicBool) {
        for number in 0.. {
            let xid = format!("{name}-{number}");
            let answer = get(url, &format!("/v1/token/15555551212/{xid}"), "");
            let Some(answer) = answer.filter(is_whole) else { break };
            match answer.status {
                200 => self.0.lock().unwrap().push((xid, answer.body)),
                503 => assert!(answer.body.contains("store_away"), "{}", answer.body),
                status => panic!("{status}: {}", answer.body),
            }
            if stop.load(Ordering::Relaxed) {
                break;
            }
        }
    }

    /// Every one is found with its token, when all are listed page by page.
    fn assert_found(self, program: &Program, url: &str) {
        let credentials = program.read("keys/demo-credentials.env");
        let value = |name| credentials.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).unwrap();
        let basic = STANDARD.encode(format!("{}:{}", value("TELESIGN_CUSTOMER_ID"), value("TELESIGN_API_KEY")));
        let header = format!("Authorization: Basic {basic}\r\n");
        let mut kept = HashMap::new();
        let mut place = String::new();
        loop {
            let path = format!("/v1/transactions?phone_number=15555551212&limit=100{place}");
            let page: Value = serde_json::from_str(&get(url, &path, &header).unwrap().body).unwrap();
            for it in page["transactions"].as_array().unwrap() {
                let before =
                    kept.insert(it["xid"].as_str().unwrap().to_owned(), it["token"].as_str().unwrap().to_owned());
                assert_eq!(before, None, "no page repeats one");
            }
            let Some(next) = page["next"].as_str() else { break };
            place = format!("&after={next}");
        }
        for (xid, token) in self.0.into_inner().unwrap() {
            assert_eq!(kept.get(&xid), Some(&token), "{xid} was answered and is lost");
        }
    }
}

/// One that the end cut off is no answer.
fn is_whole(answer: &RawAnswer) -> bool {
    let length =
        answer.head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    length == Some(answer.body.len())
}

/// Eight clients at once, and in their midst `end`, at a random moment after a first answer.
fn amid_requests(url: &str, round: usize, answered: &Answered, end: impl FnOnce(&AtomicBool)) {
    let (before, stop) = (answered.count(), AtomicBool::new(false));
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (name, stop) = (format!("r{round}c{client}"), &stop);
            scope.spawn(move || answered.ask(url, &name, stop));
        }
        let deadline = Instant::now() + Duration::from_secs(10);
        while answered.count() == before {
            assert!(Instant::now() < deadline, "no answer in round {round}");
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(random_while());
        end(&stop);
    });
}

/// `kill -9` of the program, round after round on the same database.
fn kill_it_again_and_again(database: &str) {
    let program = Program::with_keys().and("RUST_LOG", "warn").and("HALLPASS_DATABASE", database);
    let arguments = ["--phone-rate", "off", "--workers", "2"];
    let answered = Answered::default();
    for round in 0..ROUNDS {
        let serving = program.serve(&arguments);
        let url = serving.url.clone();
        amid_requests(&url, round, &answered, |_| drop(serving));
    }
    let serving = program.serve(&arguments);
    answered.assert_found(&program, &serving.url);
    assert_eq!(serving.stop().code, Some(0));
}

#[test]
fn every_token_that_was_answered_before_a_kill_is_found_after_the_restart_on_sqlite() {
    kill_it_again_and_again("sqlite:hallpass.db");
}

#[test]
fn every_token_that_was_answered_before_a_kill_is_found_after_the_restart_on_postgresql() {
    let Some(server) = Postgres::shared() else { return };
    kill_it_again_and_again(&server.database());
}

#[test]
fn every_token_that_was_answered_before_the_database_was_killed_is_found_afterwards() {
    let Some(mut server) = Postgres::start() else { return };
    let program = Program::with_keys().and("RUST_LOG", "off").and("HALLPASS_DATABASE", &server.database());
    let serving = program.serve(&["--phone-rate", "off", "--workers", "2"]);
    let answered = Answered::default();
    for round in 0..3 {
        amid_requests(&serving.url, round, &answered, |stop| {
            server.kill();
            server.bring_back();
            let before = answered.count();
            let deadline = Instant::now() + Duration::from_secs(5);
            while answered.count() < before + CLIENTS {
                assert!(Instant::now() < deadline, "it goes on within seconds");
                thread::sleep(Duration::from_millis(5));
            }
            stop.store(true, Ordering::Relaxed);
        });
    }
    answered.assert_found(&program, &serving.url);
}

/// A way in which a store is unavailable for a while.
trait Outage {
    async fn begin(&mut self);
    async fn end(&mut self);
}

/// Another process has locked the `SQLite` file for itself.
struct LockedFile {
    url: String,
    lock: Option<SqliteConnection>,
}

impl Outage for LockedFile {
    async fn begin(&mut self) {
        let mut connection = SqliteConnection::connect(&self.url).await.unwrap();
        sqlx::query("BEGIN EXCLUSIVE").execute(&mut connection).await.unwrap();
        self.lock = Some(connection);
    }

    async fn end(&mut self) {
        self.lock.take().unwrap().close().await.unwrap();
    }
}

struct Stopped(Postgres);

impl Outage for Stopped {
    async fn begin(&mut self) {
        self.0.stop();
    }

    async fn end(&mut self) {
        self.0.bring_back();
    }
}

struct Paused(Postgres);

impl Outage for Paused {
    async fn begin(&mut self) {
        self.0.pause();
    }

    async fn end(&mut self) {
        self.0.resume();
    }
}

async fn timed(request: reqwest::RequestBuilder) -> Answer {
    let started = Instant::now();
    let answer = Answer::to(request).await;
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}: {}", started.elapsed(), answer.body);
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_store_is_unavailable_no_token_is_made_and_nothing_else_stops() {
    let app = TestApp::with(&[("phone-rate", "off")]);
    let url = format!("sqlite:{}", app.keys().join("hallpass.db").display());
    survive(&app, LockedFile { url, lock: None }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_postgresql_is_stopped_no_token_is_made_and_nothing_else_stops() {
    let Some(server) = Postgres::start() else { return };
    let app = TestApp::with(&[("phone-rate", "off"), ("database", &server.database())]);
    survive(&app, Stopped(server)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_postgresql_stands_still_no_token_is_made_and_nothing_else_stops() {
    let Some(server) = Postgres::start() else { return };
    let app = TestApp::with(&[("phone-rate", "off"), ("database", &server.database())]);
    survive(&app, Paused(server)).await;
}

/// Asserts what works during the outage and what is refused.
/// Long because each step needs what the steps before it left.
async fn survive(app: &TestApp, mut outage: impl Outage) {
    let token = app.visitor().get("/v1/token/15555551212/before").await.text().await.unwrap();
    let ring = app.ring();
    let claims = json!({ "iss": ring.accounts().zoom_api_key, "exp": START + 60, "jti": "a" });
    let assertion = compact(r#"{"alg":"HS256"}"#, claims.to_string(), |it| ring.zoom().signer().sign(it).unwrap());
    let form = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion.as_str())];
    let visitor = app.visitor();
    let phone = |xid: &str| visitor.request(Method::GET, &format!("/v1/token/15555551212/{xid}"));
    let verify = || visitor.request(Method::POST, "/v1/verify").json(&json!({ "token": token }));
    let exchange = || visitor.request(Method::POST, "/oauth/token").form(&form);

    outage.begin().await;
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
        assert!(
            !["eyJ", "sql", "postgres"].iter().any(|it| answer.body.to_lowercase().contains(&it.to_lowercase())),
            "{}",
            answer.body
        );
    }
    let [verified, exchanged] = others;
    assert_eq!(verified.await.unwrap().text("error"), "store_away");
    let exchanged = exchanged.await.unwrap();
    assert_eq!((exchanged.status, exchanged.text("error").as_str()), (503, "temporarily_unavailable"));

    tokio::time::sleep_until(released_at.into()).await;
    outage.end().await;
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
