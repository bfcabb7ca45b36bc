//! Three processes that share `PostgreSQL` and Redis, behind nginx: what one knows all know, and the loss of any part
//! is survived.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::Value;

use crate::app::{Answer, Visitor, cookie_of};
use crate::nginx::{CLIENTS, Cluster, Load};
use crate::postgres::Postgres;
use crate::redis::RedisServer;

const PHONE: &str = "/v1/token/15555551212";

/// The three processes with what they share.
struct Shared {
    cluster: Cluster,
    postgres: Postgres,
    redis: RedisServer,
}

impl Shared {
    /// Nothing where one of the servers is not installed.
    fn start(arguments: &[&str]) -> Option<Self> {
        let (postgres, redis) = (Postgres::start()?, RedisServer::start()?);
        let database = postgres.database();
        let shared = ["--database", &database, "--session-store", redis.url(), "--rate-store", redis.url()];
        let cluster = Cluster::start(&[&shared, arguments].concat())?;
        Some(Self { cluster, postgres, redis })
    }

    fn urls(&self) -> Vec<&str> {
        self.cluster.processes.iter().map(|process| process.url.as_str()).collect()
    }

    /// Asks nginx, and each process beside it, and expects every answer within two seconds.
    async fn expect(&self, path: &str, status: u16) {
        for url in self.urls().into_iter().chain([self.cluster.url()]) {
            let begin = Instant::now();
            let answer = Answer::to(Visitor::of(url).request(Method::GET, path)).await;
            assert_eq!(answer.status, status, "{path}: {}", answer.body);
            assert!(begin.elapsed() < Duration::from_secs(2), "{path} took {:?}", begin.elapsed());
            if status == 503 && path != "/readyz" {
                assert!(answer.body.contains("store_away"), "hallpass says so itself: {}", answer.body);
            }
        }
    }

    /// What each process says of its parts.
    async fn expect_parts(&self, store: &str, sessions: &str, rates: &str) {
        for url in self.urls() {
            let answer = Answer::to(Visitor::of(url).request(Method::GET, "/readyz")).await;
            let parts: Value = answer.json()["parts"].clone();
            let found = ["store", "sessions", "rates"].map(|part| parts[part].as_str().unwrap_or_default().to_owned());
            assert_eq!(found, [store, sessions, rates], "{}", answer.body);
        }
    }

    /// Waits until every process is well again, by itself and within seconds.
    async fn expect_well(&self) {
        let deadline = Instant::now() + Duration::from_secs(10);
        for url in self.urls() {
            let visitor = Visitor::of(url);
            while visitor.get("/readyz").await.status() != 200 || visitor.get(PHONE).await.status() != 200 {
                assert!(Instant::now() < deadline, "{url} is not well again");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        for path in ["/", "/generate", PHONE] {
            let answer = Visitor::of(self.cluster.url()).get(path).await;
            assert!(matches!(answer.status().as_u16(), 200 | 302), "{path} is {}", answer.status());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_made_on_one_works_on_all_and_ends_on_all() {
    let Some(shared) = Shared::start(&[]) else { return };
    let cookie = cookie_of(&Visitor::of(shared.urls()[0]).get("/generate?sub=alice").await);
    for url in shared.urls().into_iter().chain([shared.cluster.url()]) {
        let seen = Visitor::of(url).with_cookie("/validate", &cookie).await;
        assert_eq!(seen.headers()["location"], "/alice", "{url}");
    }
    let left = Visitor::of(shared.urls()[1]).request(Method::POST, "/logout").header("cookie", &cookie);
    assert_eq!(Answer::to(left).await.status, 303);
    for url in shared.urls().into_iter().chain([shared.cluster.url()]) {
        let saved = Visitor::of(url).with_cookie("/validate", &cookie).await;
        assert_eq!(saved.headers()["location"], "/Invalid%20token", "a saved copy is dead on {url}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limit_of_one_holds_exactly_across_the_three() {
    // In a minute's window, so that a slow machine does not see the next one.
    let Some(shared) = Shared::start(&["--phone-rate", "1/m"]) else { return };
    let (nginx, direct) = (shared.cluster.url().to_owned(), shared.urls());
    let urls = direct.into_iter().map(str::to_owned).chain(std::iter::repeat_n(nginx, 9));
    let asked: Vec<_> = urls.map(|url| tokio::spawn(async move { Visitor::of(&url).get(PHONE).await })).collect();
    let mut statuses = Vec::new();
    for answer in asked {
        let answer = answer.await.unwrap();
        statuses.push(answer.status().as_u16());
        if statuses.last() == Some(&429) {
            let wait: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
            assert!((1..=60).contains(&wait), "{wait}");
        }
    }
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 200 | 429)), "{statuses:?}");
}

#[test]
fn processes_that_are_killed_and_come_back_under_load_lose_nothing_that_was_answered() {
    let Some(Shared { mut cluster, postgres: _postgres, redis: _redis }) = Shared::start(&["--phone-rate", "off"])
    else {
        return;
    };
    let kills = 3;
    let failed = Load::during(&mut cluster, |cluster, load| {
        for _ in 0..kills {
            let address = cluster.kill(0);
            load.wait_for_more(30);
            cluster.bring_back(&address);
            // nginx passes over for a second who failed; the next is killed when it has the one before back.
            std::thread::sleep(Duration::from_millis(1_200));
            load.wait_for_more(30);
        }
    });
    assert!(failed.len() <= kills * CLIENTS, "{failed:?}: {CLIENTS} at most were in flight at each kill");
}

#[test]
fn a_process_that_ends_in_good_order_under_load_fails_no_request() {
    let Some(Shared { mut cluster, postgres: _postgres, redis: _redis }) = Shared::start(&["--phone-rate", "off"])
    else {
        return;
    };
    let failed = Load::during(&mut cluster, |cluster, load| {
        let ended = cluster.processes.remove(0);
        assert_eq!(ended.stop().code, Some(0));
        load.wait_for_more(30);
    });
    assert!(failed.is_empty(), "{failed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_postgresql_is_away_only_what_needs_it_is_refused() {
    let Some(mut shared) = Shared::start(&["--phone-rate", "off"]) else { return };
    let browser = shared.cluster.visitor();
    browser.generate().await;
    for paused in [true, false] {
        if paused {
            shared.postgres.pause();
        } else {
            shared.postgres.stop();
        }
        shared.expect(PHONE, 503).await;
        shared.expect("/healthz", 200).await;
        shared.expect("/", 200).await;
        shared.expect_parts("away", "ok", "ok").await;
        assert_eq!(browser.verdict().await.0, 200, "sessions need no store");
        if paused {
            shared.postgres.resume();
        } else {
            shared.postgres.bring_back();
        }
        shared.expect_well().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_redis_is_away_only_what_needs_it_is_refused() {
    let Some(mut shared) = Shared::start(&["--phone-rate", "1000/s"]) else { return };
    for paused in [true, false] {
        let browser = shared.cluster.visitor();
        browser.generate().await;
        if paused {
            shared.redis.pause();
        } else {
            shared.redis.stop();
        }
        shared.expect(PHONE, 503).await;
        shared.expect("/generate", 503).await;
        shared.expect("/healthz", 200).await;
        shared.expect("/", 200).await;
        shared.expect_parts("ok", "away", "away").await;
        let login = [("username", "alice"), ("password", "x")];
        let rest = browser.request(Method::POST, "/loginEndpoint").form(&login);
        assert_eq!(Answer::to(rest).await.status, 200, "a login without a limit needs no counter");
        assert_eq!(browser.asking("/validate", "application/json").await.status(), 503);
        if paused {
            shared.redis.resume();
        } else {
            shared.redis.restart();
        }
        shared.expect_well().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_reaches_all_three_and_older_tokens_still_verify_on_each() {
    let Some(shared) = Shared::start(&[]) else { return };
    let browser = shared.cluster.visitor();
    browser.generate().await;
    let first = browser.verdict().await.1["header"]["kid"].clone();
    browser.choose("RS256").await;
    browser.generate().await;
    let before = browser.verdict().await.1["header"]["kid"].clone();
    assert!(first.is_null() && before.is_string());
    assert_eq!(shared.cluster.program.run(&["rotate", "--after", "0"]).code, Some(0));
    for process in &shared.cluster.processes {
        process.signal("-HUP");
    }
    let deadline = Instant::now() + Duration::from_secs(10);
    for url in shared.urls() {
        let keys = || async { Visitor::of(url).get("/.well-known/jwks.json").await.json::<Value>().await.unwrap() };
        while keys().await["keys"][0]["kid"] == before {
            assert!(Instant::now() < deadline, "{url} has not heard of the rotation");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    for _ in 0..3 {
        let (status, verdict) = browser.verdict().await;
        assert_eq!((status, &verdict["header"]["kid"]), (200, &before), "{verdict}");
    }
    browser.generate().await;
    assert_ne!(browser.verdict().await.1["header"]["kid"], before);
}
