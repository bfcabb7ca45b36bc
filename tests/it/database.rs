//! `--database`: what a bad one gets, and several processes on one.

use std::fs;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use hallpass::keys::KeyRing;
use reqwest::{Method, RequestBuilder};
use serde_json::json;
use tokio::task::JoinSet;

use crate::app::{Answer, Visitor};
use crate::cli::Program;
use crate::postgres::{Postgres, name_in};
use crate::verdict::compact;

/// A start, a look and a list of users with this database: each ends within 3 s in one line that says all of `words`,
/// and never the password.
fn assert_refused(program: &Program, url: &str, words: &[&str]) {
    for command in [&["serve", "--bind", "127.0.0.1:0"][..], &["user", "list"], &["check"]] {
        let started = Instant::now();
        let done = program.run(&[command, &["--database", url]].concat());
        assert!(started.elapsed() < Duration::from_secs(3), "{command:?} {words:?}: {:?}", started.elapsed());
        assert!(!format!("{}{}", done.stdout, done.stderr).contains("hunter2"), "{}{}", done.stdout, done.stderr);
        if command == ["check"] {
            assert_eq!(done.code, Some(2), "{}", done.stdout);
            let wrong = done.stdout.lines().find(|line| line.starts_with("wrong  store: ")).unwrap();
            assert!(words.iter().all(|word| wrong.contains(word)), "{words:?}: {wrong}");
        } else {
            let line = done.stderr.lines().last().unwrap();
            assert_eq!((done.code, line.starts_with("hallpass: ")), (Some(2), true), "{}", done.stderr);
            assert!(words.iter().all(|word| line.contains(word)), "{words:?}: {line}");
            assert!(done.stderr.lines().rev().skip(1).all(|line| line.starts_with('[')), "{}", done.stderr);
        }
    }
}

#[test]
fn a_database_of_another_kind_is_refused_and_told_what_is_accepted() {
    let program = Program::with_keys();
    for url in ["mysql://bob:hunter2@db/x", "hallpass.db", "postgres//bob:hunter2@db/x", "SQLITE:a.db"] {
        assert_refused(&program, url, &["--database", "accepted: sqlite:FILE or postgres://USER:PASSWORD@HOST"]);
    }
    assert_refused(&program, "mysql://bob:hunter2@db/x", &["`mysql://bob:***@db/x`"]);
}

#[test]
fn a_database_in_memory_writes_no_file_and_is_refused_where_users_are_kept() {
    let program = Program::with_keys();
    let memory = ["--database", "sqlite::memory:"];
    let done = program.run(&[&["check"][..], &memory].concat());
    assert!(done.stdout.contains("store: `sqlite::memory:`, which is in memory"), "{}", done.stdout);
    let serving = program.serve(&memory);
    for path in ["/readyz", "/v1/token/15555551212/x1"] {
        assert_eq!(serving.get(path).status, 200, "{path}");
    }
    serving.stop();
    let names = fs::read_dir(program.path("")).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
    let names: Vec<_> = names.filter(|name| name.contains("memory") || name.contains("db")).collect();
    assert!(names.is_empty(), "{names:?}");
    for command in [&["user", "list"][..], &["user", "remove", "bob"], &["user", "add", "bob"]] {
        program.run(&[command, &memory].concat()).assert_failed(&["`sqlite::memory:` loses its users", "name a file"]);
    }
}

#[test]
fn a_postgresql_that_cannot_be_used_ends_the_start_within_3_s() {
    let Some(server) = Postgres::shared() else { return };
    let program = Program::with_keys();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("postgres://bob:hunter2@{}/x", silent.local_addr().unwrap());
    assert_refused(&program, &silent, &["--database `postgres://bob:***@127.0.0.1:", "did not answer within"]);
    let refused = "postgres://bob:hunter2@127.0.0.1:1/x";
    assert_refused(&program, refused, &["`postgres://bob:***@127.0.0.1:1/x`", "no PostgreSQL server answers there"]);
    assert_refused(&program, "postgres://bob:hunter2@::::/x", &["`postgres:…`", "is not of the form postgres://USER"]);

    let url = server.database();
    let missing = server.url("postgres:hunter2", "missing");
    assert_refused(&program, &missing, &["postgres://postgres:***@", "has no such database; make it"]);
    assert_eq!(program.run(&["user", "list", "--database", &url]).code, Some(0));
    let newer =
        "INSERT INTO _sqlx_migrations SELECT 99, 'x', installed_on, success, checksum, 0 FROM _sqlx_migrations LIMIT 1";
    server.tell(name_in(&url), newer);
    assert_refused(&program, &url, &["was written by a newer hallpass (schema 99)"]);
}

#[test]
fn a_wrong_password_ends_the_start_and_is_not_repeated() {
    let Some(server) = Postgres::shared() else { return };
    let program = Program::with_keys();
    let url = server.database();
    let wrong = server.url("guarded:hunter2", name_in(&url));
    assert_refused(&program, &wrong, &["`postgres://guarded:***@localhost:5432/", "refused this user or pass"]);
    let right = server.url("guarded:right", name_in(&url));
    server.tell(name_in(&url), "GRANT ALL ON SCHEMA public TO guarded");
    let done = program.run(&["user", "list", "--database", &right]);
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""));
}

#[test]
fn a_check_of_a_database_says_what_is_there_and_makes_no_table() {
    let Some(server) = Postgres::shared() else { return };
    let program = Program::with_keys();
    let url = server.database();
    for _ in 0..2 {
        let done = program.run(&["check", "--database", &url]);
        assert!(done.stdout.contains("which is empty; the server creates the tables"), "{}", done.stdout);
    }
    program.serve(&["--database", &url]).stop();
    let done = program.run(&["check", "--database", &url]);
    assert!(done.stdout.contains("which has Hallpass's tables"), "{}", done.stdout);
}

/// Sends the same request to both again and again, all at once, and counts the answers of this status.
async fn count(visitors: &[Visitor; 2], status: u16, request: impl Fn(&Visitor) -> RequestBuilder) -> usize {
    let requests: JoinSet<_> = (0..20).map(|number| Answer::to(request(&visitors[number % 2]))).collect();
    requests.join_all().await.into_iter().filter(|answer| answer.status == status).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_on_one_database_are_one_to_their_clients() {
    let Some(server) = Postgres::shared() else { return };
    let program = Program::with_keys().and("HALLPASS_DATABASE", &server.database());
    let serving = [(); 2].map(|()| program.serve(&["--phone-rate", "off", "--public-url", "http://localhost"]));
    let visitors = serving.each_ref().map(|it| Visitor::of(&it.url));
    let ring = KeyRing::read_or_make(&program.path("keys"), &SystemRandom::new()).unwrap().0;
    let accounts = ring.accounts();
    for round in 0..5 {
        let (maker, other) = (&visitors[round % 2], &visitors[1 - round % 2]);
        let xid = format!("x{round}");
        let token = Answer::to(maker.request(Method::GET, &format!("/v1/token/15555551212/{xid}"))).await;
        assert_eq!(token.status, 200, "{}", token.body);
        let found = other.request(Method::GET, &format!("/v1/transactions/{xid}"));
        let key = std::str::from_utf8(ring.telesign_api_key().as_bytes()).unwrap();
        let found = Answer::to(found.basic_auth(&accounts.telesign_customer_id, Some(key))).await;
        assert_eq!((found.status, found.text("token")), (200, token.body.clone()), "{}", found.body);

        let verify = |it: &Visitor| it.request(Method::POST, "/v1/verify").json(&json!({ "token": token.body }));
        assert_eq!(count(&visitors, 200, verify).await, 1);
        let claims = json!({ "iss": accounts.zoom_api_key, "exp": 4_000_000_000_i64, "jti": xid });
        let claims = claims.to_string();
        let assertion = compact(r#"{"alg":"HS256"}"#, claims, |it| ring.zoom().signer().sign(it).unwrap());
        let form = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", &assertion)];
        let exchange = |it: &Visitor| it.request(Method::POST, "/oauth/token").form(&form);
        assert_eq!(count(&visitors, 200, exchange).await, 1);
    }
}
