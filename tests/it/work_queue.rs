//! Work that anybody may ask for: how much of it waits, who is told to come again, and who is answered meanwhile.

use std::fs;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hallpass::accounts::{Accounts, Login, LoginRefusal, Password, hash_password};
use hallpass::limits::{CAPACITY, NAMES_OF_A_CLIENT, RateStore};
use hallpass::redis::{Redis, RedisUrl};
use hallpass::store::{Sqlite, Store as _};
use reqwest::{Method, RequestBuilder};
use serde_json::json;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::app::{Answer, TestApp, Visitor, fixture};
use crate::redis::RedisServer;

/// More than a client has places for, and less than a class of students would ask for at once.
const FLOOD: usize = 150;

/// How many pieces of work of one client wait or run at once, as the README says.
const PLACES: usize = 64;

/// A server in front of which stands a proxy that names its clients.
fn app() -> TestApp {
    TestApp::with(&[("trusted-proxy", "127.0.0.1"), ("workers", "2")])
}

fn from(client: &str, request: RequestBuilder) -> RequestBuilder {
    request.header("x-forwarded-for", client)
}

/// A signature with the largest key that is read, which takes the longest.
fn order() -> String {
    let pem = fs::read_to_string(fixture("rsa-8192-pkcs8.pem")).unwrap();
    json!({ "action": "sign", "key": { "pem": pem }, "claims": { "sub": "bob" } }).to_string()
}

fn signature(visitor: &Visitor, client: &str) -> RequestBuilder {
    let request = visitor.request(Method::POST, "/lab/inspect").header("content-type", "application/json");
    from(client, request).body(order())
}

/// One client that asks for many signatures at once.
struct Flood {
    asked: Vec<JoinHandle<Answer>>,
    refused: Arc<AtomicUsize>,
    ended: Arc<AtomicUsize>,
}

impl Flood {
    fn of(app: &TestApp, client: &'static str) -> Self {
        let (refused, ended) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let visitor = app.visitor();
        let ask = |_| {
            let (request, refused, ended) = (signature(&visitor, client), refused.clone(), ended.clone());
            tokio::spawn(async move {
                let answer = Answer::to(request).await;
                refused.fetch_add(usize::from(answer.status != 200), Ordering::SeqCst);
                ended.fetch_add(1, Ordering::SeqCst);
                answer
            })
        };
        Self { asked: (0..FLOOD).map(ask).collect(), refused, ended }
    }

    /// Waits until there is no place left for this client.
    async fn fills_its_places(&self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while self.refused.load(Ordering::SeqCst) == 0 {
            assert!(Instant::now() < deadline, "{FLOOD} signatures at once are all taken on");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    fn is_under_way(&self) -> bool {
        self.ended.load(Ordering::SeqCst) < self.asked.len()
    }

    async fn answers(self) -> Vec<Answer> {
        let mut answers = Vec::new();
        for answer in self.asked {
            answers.push(answer.await.unwrap());
        }
        answers
    }
}

fn assert_too_busy(answer: &Answer) {
    assert_eq!((answer.status, answer.text("error").as_str()), (503, "too_busy"), "{}", answer.body);
    let wait: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=10).contains(&wait) && answer.text("message").contains(&format!("in {wait} s")), "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_the_queue_a_client_gets_503_while_pages_and_other_clients_are_answered() {
    let app = app();
    let flood = Flood::of(&app, "203.0.113.1");
    flood.fills_its_places().await;
    let visitor = app.visitor();
    for path in ["/", "/validate", "/lab", "/healthz"] {
        let answer = from("203.0.113.1", visitor.request(Method::GET, path));
        assert!(Answer::to(answer).await.status < 400, "{path}");
    }
    assert_eq!(
        Answer::to(signature(&visitor, "203.0.113.2")).await.status,
        200,
        "another client waits for its turn alone"
    );
    assert!(flood.is_under_way(), "the pages and the other client waited for the whole queue");

    let answers = flood.answers().await;
    assert!(answers.iter().any(|answer| answer.status == 200), "what was taken on is done");
    answers.iter().filter(|answer| answer.status != 200).for_each(assert_too_busy);
    assert_eq!(Answer::to(signature(&visitor, "203.0.113.1")).await.status, 200, "the queue is empty again");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_costs_much_in_the_lab_waits_in_the_same_queue() {
    let app = app();
    let client = "203.0.113.1";
    let flood = Flood::of(&app, client);
    flood.fills_its_places().await;
    let visitor = app.visitor();
    let mut refused = 0;
    while flood.is_under_way() && refused < 4 {
        refused = 0;
        let verify = json!({ "action": "verify", "token": "a.b.c", "key": { "secret": "x" } });
        let forms = [
            ("/lab/attacks/huge-kid", [("action", "forge")]),
            ("/lab/lessons/hs256-or-rs256", [("step", "measure")]),
            ("/lab/lessons/weak-secret", [("do", "guess")]),
        ];
        let forms = forms.map(|(path, form)| visitor.request(Method::POST, path).form(&form));
        for request in forms.into_iter().chain([visitor.request(Method::POST, "/lab/inspect").json(&verify)]) {
            let answer = Answer::to(from(client, request).header("accept", "application/json")).await;
            if answer.status == 503 {
                assert_too_busy(&answer);
                refused += 1;
            }
        }
    }
    assert_eq!(refused, 4, "while the queue is full none of them is carried out");
    let page = from(client, visitor.request(Method::POST, "/lab/lessons/weak-secret").form(&[("do", "guess")]));
    let page = Answer::to(page.header("accept", "text/html")).await;
    if flood.is_under_way() {
        assert!(page.status == 200 || page.body.contains("<code>too_busy</code>"), "{}", page.body);
    }
    flood.answers().await;
}

#[tokio::test]
async fn a_key_over_8192_bits_is_refused_before_it_costs_anything() {
    let app = TestApp::spawn();
    let number = |bytes: usize| "_".repeat(bytes * 4 / 3);
    for jwk in [
        json!({ "kty": "RSA", "n": number(2048), "e": "AQAB" }),
        json!({ "kty": "RSA", "n": number(40_000), "e": "AQAB" }),
        json!({ "kty": "RSA", "n": number(1024), "e": number(1024) }),
    ] {
        let order = json!({ "action": "verify", "token": "a.b.c", "key": { "jwk": jwk } });
        let answer = Answer::to(app.visitor().request(Method::POST, "/lab/inspect").json(&order)).await;
        assert_eq!((answer.status, answer.text("error").as_str()), (400, "bad_request"), "{}", answer.body);
    }
}

// ── logins

const RIGHT: &str = "correct horse";

/// Accounts with one user, alice, and the folder of their store.
async fn accounts(rates: &RateStore, rate: &str) -> (Arc<Accounts>, TempDir) {
    let folder = TempDir::new().unwrap();
    let database = format!("sqlite:{}", folder.path().join("hallpass.db").display());
    let store = Arc::new(Sqlite::open(&database).await.unwrap());
    store.put_user("alice", &hash_password(&Password::new(RIGHT), [7; 16]).unwrap()).await.unwrap();
    (Arc::new(Accounts::users(store, rates.limiter("login", rate.parse().unwrap()), b"key")), folder)
}

async fn check(accounts: &Accounts, client: [u8; 4], name: &str, password: &str) -> Result<(), LoginRefusal> {
    let now = chrono::DateTime::UNIX_EPOCH;
    accounts.check(&Login::new(name, password), IpAddr::from(client), now).await.unwrap()
}

const ONE: [u8; 4] = [203, 0, 113, 1];
const OTHER: [u8; 4] = [203, 0, 113, 2];

#[tokio::test]
async fn names_that_nobody_can_have_and_passwords_that_are_too_long_flush_no_counter() {
    let (accounts, _folder) = accounts(&RateStore::memory(), "1/m").await;
    let locked = Err(LoginRefusal::TooOften { retry_after: 60 });
    assert_eq!(check(&accounts, ONE, "alice", "wrong").await, Err(LoginRefusal::Wrong));
    for number in 0..CAPACITY + 6_000 {
        let name = format!("no name: {number}");
        assert_eq!(check(&accounts, ONE, &name, "x").await, Err(LoginRefusal::Wrong));
    }
    assert_eq!(check(&accounts, ONE, "alice", RIGHT).await, locked);

    let long = "x".repeat(1025);
    let mut counted = 0;
    for number in 0..CAPACITY + 6_000 {
        let answer = check(&accounts, ONE, &format!("name-{number}"), &long).await;
        counted += usize::from(answer == Err(LoginRefusal::Wrong));
    }
    assert_eq!(counted, NAMES_OF_A_CLIENT - 1, "one client has only so many counters");
    assert_eq!(check(&accounts, ONE, "alice", RIGHT).await, locked);
    assert_eq!(check(&accounts, OTHER, "alice", RIGHT).await, Ok(()), "which are no other client's");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_nobody_can_have_are_not_counted_in_redis_either() {
    let Some(redis) = RedisServer::start() else { return };
    let rates = RateStore::redis(Redis::open(&RedisUrl::parse(redis.url()).unwrap()).await.unwrap(), b"secret");
    let (accounts, _folder) = accounts(&rates, "1/m").await;
    for name in ["a b", "a:b", "\u{85}", &"x".repeat(65)] {
        assert_eq!(check(&accounts, ONE, name, "x").await, Err(LoginRefusal::Wrong));
    }
    assert_eq!(redis.keys("hallpass:rate:*"), Vec::<String>::new());
    assert_eq!(check(&accounts, ONE, "alice", RIGHT).await, Ok(()));
    assert_eq!(redis.keys("hallpass:rate:*").len(), 2, "the counter of the name, and that of the client's names");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_client_s_flood_of_logins_is_bounded_and_delays_another_client_by_its_turn_alone() {
    let (accounts, _folder) = accounts(&RateStore::memory(), "10/m").await;
    let (busy, done) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
    let flood: Vec<_> = (0..2_000)
        .map(|number| {
            let (accounts, busy, done) = (accounts.clone(), busy.clone(), done.clone());
            tokio::spawn(async move {
                let answer = check(&accounts, ONE, &format!("name-{number}"), "x").await;
                match answer {
                    Err(LoginRefusal::Busy { retry_after }) => {
                        assert!((1..=10).contains(&retry_after));
                        busy.fetch_add(1, Ordering::SeqCst);
                    }
                    answer => {
                        assert!(
                            matches!(answer, Err(LoginRefusal::Wrong | LoginRefusal::TooOften { .. })),
                            "{answer:?}"
                        );
                        done.fetch_add(1, Ordering::SeqCst);
                    }
                }
            })
        })
        .collect();
    while busy.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let before = done.load(Ordering::SeqCst);
    assert_eq!(check(&accounts, OTHER, "alice", RIGHT).await, Ok(()));
    let meanwhile = done.load(Ordering::SeqCst) - before;
    assert!(meanwhile < PLACES / 2, "{meanwhile} of the flood came first");
    for task in flood {
        task.await.unwrap();
    }
    assert!(busy.load(Ordering::SeqCst) >= 1_000, "{busy:?} of 2000 were turned away");
    assert_eq!(check(&accounts, ONE, "alice", RIGHT).await, Ok(()), "and then there is room again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_is_not_taken_on_gets_503_with_retry_after_in_each_route_s_shape() {
    let app = TestApp::with(&[("credentials", "users"), ("login-rate", "off")]);
    let login = json!({ "username": "alice", "password": "x" });
    let form = [("username", "alice"), ("password", "x")];
    let visitor = app.visitor();
    let post = |path: &str| visitor.request(Method::POST, path);
    let ways = [
        post("/token").json(&login),
        post("/token").basic_auth("alice", Some("x")),
        post("/zoom/token").json(&login),
        post("/loginEndpoint").form(&form),
    ];
    for way in ways {
        let asked: Vec<_> = (0..FLOOD).map(|_| tokio::spawn(Answer::to(way.try_clone().unwrap()))).collect();
        let mut busy = 0;
        for answer in asked {
            let answer = answer.await.unwrap();
            if answer.status == 401 {
                continue;
            }
            busy += 1;
            match answer.json()["error"].as_str() {
                Some("3") => assert_eq!((answer.status, answer.header("retry-after")), (503, "2"), "{}", answer.body),
                _ => assert_too_busy(&answer),
            }
        }
        assert!(busy > 0, "{FLOOD} logins at once are all taken on");
    }
}
