//! Sessions in a cookie and in Redis: the same journeys on both, what several servers share, and what happens when
//! Redis is unavailable.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use deadpool_redis::redis::cmd;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use sqlx::{Connection as _, SqliteConnection};

use crate::app::{Answer, TestApp, Visitor, cookie_of, set_cookies, token_on};
use crate::redis::RedisServer;

/// Longer than a restored part may take.
const SOON: Duration = Duration::from_secs(5);

async fn ask(app: &TestApp, method: Method, path: &str, cookie: &str, accept: &str) -> Answer {
    let request = Visitor::of(&app.url).request(method, path).header("accept", accept);
    Answer::to(if cookie.is_empty() { request } else { request.header("cookie", cookie) }).await
}

async fn get(app: &TestApp, path: &str, cookie: &str) -> Answer {
    ask(app, Method::GET, path, cookie, "application/json").await
}

/// The cookie of a session that holds a token.
async fn session(app: &TestApp) -> String {
    cookie_of(&app.visitor().generate().await)
}

/// What a visitor goes through, wherever the session is kept.
/// Long because each step needs what the steps before it left.
async fn goes_through_everything(app: &TestApp) {
    let visitor = app.visitor();
    assert_eq!(visitor.verdict().await.1["code"], "no_token");
    assert_eq!(visitor.generate().await.status(), 302);
    let (status, verdict) = visitor.verdict().await;
    assert_eq!((status, &verdict["claims"]["sub"]), (200, &json!("bob")));
    assert!(!token_on(&visitor.page("/").await).is_empty());

    assert_eq!(visitor.choose("RS256").await.status(), 303);
    assert_eq!(visitor.verdict().await.1["code"], "alg_not_allowed", "the token of the other algorithm is still there");
    visitor.get("/generate?sub=alice").await;
    let (_, verdict) = visitor.verdict().await;
    assert_eq!((&verdict["header"]["alg"], &verdict["claims"]["sub"]), (&json!("RS256"), &json!("alice")));

    let before = visitor.request(Method::POST, "/lab/lessons/need-a-jwt").form(&[("predict", "x")]).send().await;
    assert!(before.unwrap().status().as_u16() < 500);
    let other = app.visitor();
    assert_eq!(other.verdict().await.1["code"], "no_token", "a visitor is another");

    app.advance(60);
    assert_eq!(visitor.verdict().await.1["code"], "expired");
    visitor.generate().await;
    app.advance(12 * 3600);
    assert_eq!(visitor.verdict().await.1["code"], "no_token", "a state is honoured for 12 h");
    assert!(visitor.page("/").await.contains("issued over 12 hours ago"));

    visitor.generate().await;
    assert_eq!(visitor.verdict().await.0, 200);
    assert_eq!(visitor.logout().await.status(), 303);
    assert_eq!(visitor.verdict().await.1["code"], "no_token");

    for bad in ["hallpass=", "other=1"] {
        assert_eq!(get(app, "/validate", bad).await.text("code"), "no_token", "{bad}");
    }
    for bad in ["hallpass=x", "hallpass=%00"] {
        assert_eq!(get(app, "/validate", bad).await.text("code"), "session_unreadable", "{bad}");
        let page = ask(app, Method::GET, "/", bad, "text/html").await.body;
        assert!(page.contains("that this server cannot open"), "{bad}: {page}");
    }
    let good = session(app).await;
    assert_eq!(get(app, "/", &format!("{good}; {good}")).await.text("error"), "duplicate_cookie");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_goes_through_everything_with_the_session_in_the_cookie() {
    goes_through_everything(&TestApp::spawn()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_goes_through_everything_with_the_session_in_redis() {
    let Some(redis) = RedisServer::start() else { return };
    let app = TestApp::with(&redis.settings());
    goes_through_everything(&app).await;
    for key in redis.keys("hallpass:session:*") {
        let left: i64 = cmd("TTL").arg(&key).query(&mut redis.connection()).unwrap();
        assert!((12 * 3600 - 60..=12 * 3600).contains(&left), "{left}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_takes_as_much_in_redis_as_in_the_cookie() {
    let Some(redis) = RedisServer::start() else { return };
    let settings = [redis.settings()[0], ("test-mode", "on")];
    let mut answers = Vec::new();
    for app in [TestApp::with(&[("test-mode", "on")]), TestApp::with(&settings)] {
        let mut statuses = Vec::new();
        for length in [100, 2400, 2600, 5000] {
            let body = json!({ "token": "x".repeat(length), "algorithm": "HS256" });
            let request = app.visitor().request(Method::POST, "/test/session").json(&body);
            statuses.push(Answer::to(request).await.status);
        }
        answers.push(statuses);
    }
    assert_eq!(answers, [[200, 200, 413, 413], [200, 200, 413, 413]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_redis_the_token_is_not_in_the_cookie_and_the_page_says_so() {
    let Some(redis) = RedisServer::start() else { return };
    let (in_cookie, in_redis) = (TestApp::spawn(), TestApp::with(&redis.settings()));
    let mut lengths = Vec::new();
    for (app, says, says_not) in [
        (&in_cookie, "The token travels inside an encrypted session cookie", "The token stays on the server"),
        (&in_redis, "The token stays on the server", "The token travels"),
    ] {
        lengths.push(session(app).await.len());
        let visitor = app.visitor();
        visitor.get("/generate?sub=a-rather-long-subject-that-makes-the-token-longer").await;
        let page = visitor.page("/").await;
        assert!(page.contains(says) && !page.contains(says_not), "{page}");
        lengths.push(cookie_of(&visitor.generate().await).len());
    }
    assert!(lengths[2].max(lengths[3]) < lengths[0], "a key is shorter than a token: {lengths:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_a_cookie_leaves_redis_alone() {
    let Some(redis) = RedisServer::start() else { return };
    let app = TestApp::with(&redis.settings()[..1]);
    let calls = || {
        let info: String = cmd("INFO").arg("commandstats").query(&mut redis.connection()).unwrap();
        info.lines().filter(|line| ["get:", "set:", "del:"].iter().any(|it| line.contains(it))).count()
    };
    for path in ["/", "/validate", "/bob", "/lab", "/nothing/here", "/healthz", "/lab/attacks.json"] {
        let answer = get(&app, path, "").await;
        assert!(answer.status < 500 && !answer.headers.contains_key("set-cookie"), "{path}");
    }
    assert_eq!((calls(), redis.keys("*")), (0, Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_made_on_one_server_works_on_the_other_and_ends_on_both() {
    let Some(redis) = RedisServer::start() else { return };
    let one = TestApp::with(&redis.settings());
    let other = one.with_same_keys_and(&redis.settings());
    let visitor = one.visitor();
    let saved = cookie_of(&visitor.generate().await);
    let there = visitor.before(&other);
    assert_eq!(there.verdict().await.0, 200);
    assert_eq!(there.choose("RS256").await.status(), 303);
    assert_eq!(visitor.verdict().await.1["code"], "alg_not_allowed", "what one writes the other reads");
    assert_eq!(there.logout().await.status(), 303);
    assert_eq!(redis.keys("hallpass:session:*"), Vec::<String>::new());
    for app in [&one, &other] {
        assert_eq!(get(app, "/validate", &saved).await.text("code"), "no_token", "a cookie saved before is dead");
        let page = ask(app, Method::GET, "/", &saved, "text/html").await.body;
        assert!(page.contains("of a session that no longer exists"), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_request_a_second_is_one_over_all_servers() {
    let Some(redis) = RedisServer::start() else { return };
    let one = TestApp::with(&redis.settings());
    let other = one.with_same_keys_and(&redis.settings());
    for round in 0..3 {
        let begun = Instant::now();
        let asked = (0..40).map(|number| {
            let app = if number % 2 == 0 { &one } else { &other };
            let visitor = app.visitor();
            tokio::spawn(async move {
                let answer = visitor.get(&format!("/v1/token/1555555{round}{number:03}")).await;
                (
                    answer.status().as_u16(),
                    answer.headers().get("retry-after").map(|it| it.to_str().unwrap().to_owned()),
                )
            })
        });
        let mut admitted = 0;
        for answer in asked.collect::<Vec<_>>() {
            match answer.await.unwrap() {
                (200, None) => admitted += 1,
                (429, Some(after)) => assert_eq!(after, "1"),
                other => panic!("{other:?}"),
            }
        }
        let most = 1 + begun.elapsed().as_secs();
        assert!((1..=most).contains(&admitted), "{admitted} in {:?}", begun.elapsed());
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// A request whose answer must come in time.
#[derive(Clone)]
struct Call {
    method: Method,
    path: &'static str,
    cookie: String,
    accept: &'static str,
}

impl Call {
    fn new(path: &'static str, cookie: &str) -> Self {
        Self { method: Method::GET, path, cookie: cookie.to_owned(), accept: "application/json" }
    }

    /// On a busy machine one try of three may be late.
    async fn answer(self, url: String) -> (Self, Answer) {
        let mut took = Duration::ZERO;
        for _ in 0..3 {
            let begun = Instant::now();
            let request = Visitor::of(&url).request(self.method.clone(), self.path).header("accept", self.accept);
            let request = if self.cookie.is_empty() { request } else { request.header("cookie", &self.cookie) };
            let answer = Answer::to(request).await;
            took = begun.elapsed();
            if took < Duration::from_secs(2) {
                return (self, answer);
            }
        }
        panic!("{} takes {took:?}", self.path);
    }
}

/// The answers to all of them, asked at once.
async fn all(app: &TestApp, calls: impl IntoIterator<Item = Call>) -> Vec<(Call, Answer)> {
    let asked: Vec<_> = calls.into_iter().map(|call| tokio::spawn(call.answer(app.url.clone()))).collect();
    let mut answers = Vec::new();
    for answer in asked {
        answers.push(answer.await.unwrap());
    }
    answers
}

/// While Redis is unavailable: a refusal where it is needed, in the client's form, and everything else as ever.
async fn does_without(app: &TestApp, cookie: &str) {
    let needed = ["/", "/bob", "/generate", "/validate"].map(|path| Call::new(path, cookie)).into_iter();
    let logout = Call { method: Method::POST, ..Call::new("/logout", cookie) };
    for (call, answer) in all(app, needed.chain([logout, Call::new("/generate", "")])).await {
        assert_eq!((answer.status, answer.text("error").as_str()), (503, "store_away"), "{}", call.path);
        assert!(answer.text("message").contains("store of the sessions"), "{}", answer.body);
        assert!(!answer.headers.contains_key("set-cookie"), "{}", call.path);
    }
    let page = Call { accept: "text/html", ..Call::new("/", cookie) };
    let others = [page, Call::new("/v1/token/15555551212", ""), Call::new("/readyz", "")];
    let [(_, page), (_, uncounted), (_, ready)] = &all(app, others).await[..] else { panic!("three answers") };
    assert!(page.status == 503 && page.body.contains("<code>store_away</code>"), "{}", page.body);
    assert!(page.headers.contains_key("content-security-policy"));
    assert_eq!((uncounted.status, uncounted.text("error").as_str()), (503, "store_away"));
    assert!(uncounted.text("message").contains("rate counters"), "{}", uncounted.body);
    assert_eq!((ready.status, ready.header("cache-control")), (503, "no-store"));
    let parts = json!({ "store": "ok", "sessions": "away", "rates": "away" });
    assert_eq!(ready.json(), json!({ "ready": false, "parts": parts }));

    let without = ["/", "/Invalid%20token", "/healthz", "/.well-known/jwks.json"].map(|path| Call::new(path, ""));
    // These are behind the session's middleware, and read no session.
    let unread = ["/healthz", "/lab", "/lab/worksheet"].map(|path| Call::new(path, cookie));
    for (call, answer) in all(app, without.into_iter().chain(unread)).await {
        assert_eq!(answer.status, 200, "{}", call.path);
    }
    for (call, answer) in all(app, ["", cookie].map(|cookie| Call::new("/x/y", cookie))).await {
        assert_eq!(answer.status, 404, "{:?}", call.cookie);
    }
}

/// Soon after its return everything goes on, without a word to the server.
async fn has_recovered(app: &TestApp) {
    let deadline = Instant::now() + SOON;
    while get(app, "/readyz", "").await.status != 200 {
        assert!(Instant::now() < deadline, "it does not come back");
    }
    let cookie = session(app).await;
    assert_eq!(get(app, "/validate", &cookie).await.status, 200);
    while get(app, "/v1/token/15555551212", "").await.status != 200 {
        assert!(Instant::now() < deadline, "nobody is let through");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_stands_still_costs_the_routes_that_need_it_a_503_in_time_and_no_other() {
    let Some(redis) = RedisServer::start() else { return };
    let app = TestApp::with(&redis.settings());
    assert_eq!(get(&app, "/readyz", "").await.status, 200);
    let cookie = session(&app).await;
    for _ in 0..2 {
        redis.pause();
        does_without(&app, &cookie).await;
        redis.resume();
        has_recovered(&app).await;
    }
    assert_eq!(get(&app, "/", &cookie).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_full_is_not_ready() {
    let Some(redis) = RedisServer::start() else { return };
    let app = TestApp::with(&redis.settings());
    assert_eq!(get(&app, "/readyz", "").await.status, 200);
    let _: () = cmd("CONFIG").arg("SET").arg("maxmemory").arg(1).query(&mut redis.connection()).unwrap();
    let ready = get(&app, "/readyz", "").await;
    assert_eq!(ready.status, 503);
    assert_eq!(ready.json()["parts"], json!({ "store": "ok", "sessions": "away", "rates": "away" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_gone_costs_the_same_and_its_successor_is_found() {
    let Some(mut redis) = RedisServer::start() else { return };
    let app = TestApp::with(&redis.settings());
    let cookie = session(&app).await;
    redis.stop();
    does_without(&app, &cookie).await;
    redis.restart();
    has_recovered(&app).await;
    assert_eq!(get(&app, "/validate", &cookie).await.text("code"), "no_token", "what it had kept is gone");
}

/// Nobody but this connection writes, until it is closed.
async fn hold_the_store(app: &TestApp) -> SqliteConnection {
    let url = format!("sqlite:{}", app.keys().join("hallpass.db").display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut connection).await.unwrap();
    connection
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_waits_for_redis_and_for_the_store_has_one_time_budget_for_both() {
    let Some(redis) = RedisServer::start() else { return };
    let app = TestApp::with(&[("rate-store", redis.url()), ("phone-rate", "1000/s")]);
    assert_eq!(get(&app, "/v1/token/15555551212", "").await.status, 200);
    let held = hold_the_store(&app).await;
    let mut took = Vec::new();
    for _ in 0..3 {
        redis.pause();
        let begun = Instant::now();
        let (answer, ()) = tokio::join!(get(&app, "/v1/token/15555551212", ""), async {
            tokio::time::sleep(Duration::from_millis(900)).await;
            redis.resume();
        });
        assert_eq!((answer.status, answer.text("error").as_str()), (503, "store_away"), "{}", answer.body);
        took.push(begun.elapsed());
        if took.iter().any(|it| *it < Duration::from_secs(2)) {
            break;
        }
    }
    assert!(took.iter().any(|it| *it < Duration::from_secs(2)), "{took:?}");
    held.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn while_many_wait_for_redis_the_worker_answers_others() {
    let Some(redis) = RedisServer::start() else { return };
    let app = TestApp::with(&redis.settings());
    let cookie = session(&app).await;
    redis.pause();
    let waiting: Vec<_> = (0..60)
        .map(|_| {
            let (visitor, cookie) = (app.visitor(), cookie.clone());
            tokio::spawn(async move {
                let begun = Instant::now();
                let status = visitor.with_cookie("/", &cookie).await.status().as_u16();
                (status, begun.elapsed())
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let begun = Instant::now();
    assert_eq!(get(&app, "/healthz", "").await.status, 200);
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    for answer in waiting {
        let (status, took) = answer.await.unwrap();
        assert_eq!(status, 503);
        assert!(took < Duration::from_millis(2500), "{took:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_cannot_be_kept_is_no_success() {
    let Some(redis) = RedisServer::start() else { return };
    let app = TestApp::with(&redis.settings()[..1]);
    let cookie = session(&app).await;
    let writable = |replicas: &str| {
        let mut connection = redis.connection();
        cmd("CONFIG").arg(&["SET", "min-replicas-to-write", replicas]).query::<()>(&mut connection).unwrap();
    };
    writable("1");
    assert_eq!(get(&app, "/validate", &cookie).await.status, 200, "it can be read");
    for sent in ["", &cookie] {
        let answer = get(&app, "/generate", sent).await;
        assert_eq!((answer.status, answer.text("error").as_str()), (503, "store_away"));
        assert!(!answer.headers.contains_key("set-cookie"));
    }
    let answer = ask(&app, Method::POST, "/logout", &cookie, "application/json").await;
    assert_eq!(
        (answer.status, answer.headers.contains_key("set-cookie")),
        (503, false),
        "nor is a logout that was none"
    );
    writable("0");
    assert_eq!(get(&app, "/validate", &cookie).await.status, 200);
    assert_eq!(ask(&app, Method::POST, "/logout", &cookie, "text/html").await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_under_a_session_s_key_counts_as_an_empty_session() {
    let Some(redis) = RedisServer::start() else { return };
    let app = TestApp::with(&redis.settings());
    let visitor = app.visitor();
    let mut connection = redis.connection();
    for garbage in [
        &["SET", "not json"][..],
        &["SET", "[]"],
        &["SET", ""],
        &["SET", "{\"demo\":\"{\"}"],
        &["SET", "{\"demo\":\"{\\\"token\\\":7}\"}"],
        &["RPUSH", "a list"],
    ] {
        visitor.generate().await;
        let [key] = &redis.keys("hallpass:session:*")[..] else { panic!("one session") };
        cmd("DEL").arg(key).query::<()>(&mut connection).unwrap();
        cmd(garbage[0]).arg(key).arg(garbage[1]).query::<()>(&mut connection).unwrap();
        let (status, verdict) = visitor.verdict().await;
        assert_eq!((status, &verdict["code"]), (401, &json!("no_token")), "{garbage:?}");
        assert_eq!(visitor.get("/").await.status(), 200);
        visitor.generate().await;
        assert_eq!(visitor.verdict().await.0, 200, "{garbage:?}");
    }
    let [key] = &redis.keys("hallpass:session:*")[..] else { panic!("one session") };
    cmd("SET").arg(key).arg(&b"\xff\xfe"[..]).query::<()>(&mut connection).unwrap();
    assert_eq!(visitor.verdict().await.1["code"], "no_token");
}

/// Sends the head of a form, waits until its session was read, lets `meanwhile` happen, and sends the rest.
async fn slowly(app: &TestApp, redis: &RedisServer, cookie: &str, meanwhile: impl AsyncFnOnce()) -> String {
    let body = "algorithm=RS256";
    let mut socket = TcpStream::connect(app.host()).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let head = format!(
        "POST /algorithm HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nCookie: {cookie}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
        app.host(),
        body.len()
    );
    let reads = || {
        let info: String = cmd("INFO").arg("commandstats").query(&mut redis.connection()).unwrap();
        let calls =
            info.lines().find_map(|line| line.strip_prefix("cmdstat_get:calls=")?.split(',').next()?.parse().ok());
        calls.unwrap_or(0)
    };
    let before: u64 = reads();
    socket.write_all(head.as_bytes()).unwrap();
    let deadline = Instant::now() + SOON;
    while reads() == before {
        assert!(Instant::now() < deadline, "the session is not read before the body is there");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    meanwhile().await;
    socket.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_a_logout_overtakes_does_not_bring_the_session_back() {
    let Some(redis) = RedisServer::start() else { return };
    let app = TestApp::with(&redis.settings());
    let cookie = session(&app).await;
    let kept = slowly(&app, &redis, &cookie, async || {}).await;
    assert!(kept.starts_with("HTTP/1.1 303"), "{kept}");
    let overtaken = slowly(&app, &redis, &cookie, async || {
        assert_eq!(ask(&app, Method::POST, "/logout", &cookie, "text/html").await.status, 303);
    });
    let overtaken = overtaken.await;
    assert!(overtaken.starts_with("HTTP/1.1 409") && !overtaken.to_lowercase().contains("set-cookie"), "{overtaken}");
    let body: Value = serde_json::from_str(overtaken.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(body["error"], "session_ended");
    assert_eq!(redis.keys("hallpass:session:*"), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_in_test_mode_forgets_what_is_counted_in_redis() {
    let Some(redis) = RedisServer::start() else { return };
    let settings = [&redis.settings()[..], &[("test-mode", "on"), ("phone-rate", "1/m")]].concat();
    let app = TestApp::with(&settings);
    let statuses = async || {
        let visitor = app.visitor();
        [visitor.get("/v1/token/15555551212").await.status(), visitor.get("/v1/token/15555551212").await.status()]
            .map(|it| it.as_u16())
    };
    assert_eq!(statuses().await, [200, 429]);
    assert_eq!(app.visitor().request(Method::POST, "/test/reset").send().await.unwrap().status(), 204);
    assert_eq!(statuses().await, [200, 429]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_is_the_same_wherever_the_session_is_kept() {
    let Some(redis) = RedisServer::start() else { return };
    let mut lines = Vec::new();
    for app in [TestApp::spawn(), TestApp::with(&redis.settings())] {
        let answer = app.visitor().generate().await;
        let [line] = set_cookies(&answer)[..] else { panic!("one line") };
        let (name, rest) = line.split_once('=').unwrap();
        lines.push((name.to_owned(), rest.split_once(';').unwrap().1.to_owned()));
    }
    assert_eq!(lines[0], lines[1]);
}

// ── the session's key

/// A request with this cookie, and the cookie that its answer sets; the one that was sent where it sets none.
async fn with(app: &TestApp, request: RequestBuilder, cookie: &str) -> String {
    let request = if cookie.is_empty() { request } else { request.header("cookie", cookie) };
    let answer = request.send().await.unwrap();
    assert!(answer.status().as_u16() < 400, "{}: {}", app.url, answer.text().await.unwrap());
    if set_cookies(&answer).is_empty() { cookie.to_owned() } else { cookie_of(&answer) }
}

/// What a visitor may do, by name; each logs somebody in, or is how an attacker gets a session to plant.
fn action(app: &TestApp, name: &str) -> RequestBuilder {
    let visitor = app.visitor();
    let post = |path: &str| visitor.request(Method::POST, path);
    match name {
        "generate alice" => visitor.request(Method::GET, "/generate?sub=alice"),
        "generate mallory" => visitor.request(Method::GET, "/generate?sub=mallory"),
        "choose HS256" => post("/algorithm").form(&[("algorithm", "HS256")]),
        "choose RS256" => post("/algorithm").form(&[("algorithm", "RS256")]),
        "put a forgery" => post("/lab/attacks/alg-none").form(&[("action", "put")]),
        "put a text" => post("/test/session").json(&json!({ "token": "not.a.token" })),
        "take a lesson" => post("/lab/lessons/logout").form(&[("do", "login")]),
        other => panic!("{other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_an_attacker_planted_shows_nothing_of_who_logs_in_with_it() {
    let Some(redis) = RedisServer::start() else { return };
    let app = TestApp::with(&[redis.settings()[0], ("test-mode", "on")]);
    for planting in
        ["choose RS256", "generate mallory", "generate alice", "take a lesson", "put a text", "put a forgery"]
    {
        for login in ["generate alice", "put a text", "put a forgery"] {
            // Some ways to get a session's cookie set a lesson's cookie too.
            let answer = action(&app, planting).send().await.unwrap();
            let lines = set_cookies(&answer);
            let planted = lines.iter().find(|line| line.starts_with("hallpass=")).unwrap();
            let planted = planted.split(';').next().unwrap().to_owned();
            let victim = with(&app, action(&app, login), &planted).await;
            assert_ne!(victim, planted, "{planting}, {login}");
            let seen = get(&app, "/validate", &planted).await;
            assert_eq!(seen.text("code"), "no_token", "{planting}, {login}");
            assert_eq!(token_on(&ask(&app, Method::GET, "/", &planted, "text/html").await.body), "");
            assert!(!token_on(&ask(&app, Method::GET, "/", &victim, "text/html").await.body).is_empty(), "{login}");
            assert_eq!(redis.keys("hallpass:session:*").len(), 1, "the key before is gone: {planting}, {login}");
            assert_eq!(ask(&app, Method::POST, "/logout", &victim, "text/html").await.status, 303);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_changes_with_each_token_and_with_nothing_else() {
    let Some(redis) = RedisServer::start() else { return };
    let app = TestApp::with(&[redis.settings()[0], ("test-mode", "on")]);
    let mut cookie = with(&app, action(&app, "generate mallory"), "").await;
    let the_key = || {
        let [key] = &redis.keys("hallpass:session:*")[..] else { panic!("one session") };
        key.clone()
    };
    for (name, is_new) in [
        ("generate mallory", true),
        ("take a lesson", false),
        ("choose RS256", false),
        ("generate alice", true),
        ("choose HS256", false),
        ("put a forgery", true),
        ("put a text", true),
    ] {
        let before = the_key();
        let answer = action(&app, name).header("cookie", &cookie).send().await.unwrap();
        let own = set_cookies(&answer).into_iter().find(|line| line.starts_with("hallpass="));
        cookie = own.map_or(cookie, |line| line.split(';').next().unwrap().to_owned());
        assert_eq!(the_key() != before, is_new, "{name}");
        assert_eq!(get(&app, "/", &cookie).await.status, 200);
    }
}

/// What the visitor chose before is not lost with the key.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_with_a_new_key_holds_what_it_held_and_lives_as_long() {
    let Some(redis) = RedisServer::start() else { return };
    let app = TestApp::with(&redis.settings()[..1]);
    let cookie = with(&app, action(&app, "choose RS256"), "").await;
    let cookie = with(&app, action(&app, "generate alice"), &cookie).await;
    let seen = get(&app, "/validate", &cookie).await.json();
    assert_eq!((&seen["header"]["alg"], &seen["claims"]["sub"]), (&json!("RS256"), &json!("alice")));
    let [key] = &redis.keys("hallpass:session:*")[..] else { panic!("one session") };
    assert_eq!(seconds_left(&redis, key).div_ceil(3600), 12);
}

// ── how many sessions a client may begin

fn seconds_left(redis: &RedisServer, key: &str) -> u64 {
    cmd("TTL").arg(key).query(&mut redis.connection()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_whose_cookie_never_comes_back_ends_within_the_hour() {
    let Some(redis) = RedisServer::start() else { return };
    let app = TestApp::with(&redis.settings()[..1]);
    let cookie = session(&app).await;
    let [key] = &redis.keys("hallpass:session:*")[..] else { panic!("one session") };
    assert!((3_500..=3_600).contains(&seconds_left(&redis, key)));
    assert_eq!(get(&app, "/validate", "hallpass=x").await.status, 401);
    assert!(seconds_left(&redis, key) <= 3_600);
    assert_eq!(get(&app, "/validate", &cookie).await.status, 200);
    assert!((43_100..=43_200).contains(&seconds_left(&redis, key)), "one look with the cookie is enough");
}

/// As many as a client may begin in a minute.
const NEW_SESSIONS: usize = 300;

/// The status of a GET by this client, with no cookie.
fn get_from(app: &TestApp, client: &str, path: &str) -> u16 {
    let head = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nX-Forwarded-For: {client}\r\n", app.host());
    app.raw(format!("{head}Connection: close\r\n\r\n")).status
}

/// Long because each step needs what the steps before it left.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_begins_only_so_many_sessions_in_redis_and_others_go_on() {
    let Some(redis) = RedisServer::start() else { return };
    let settings = [redis.settings()[0], ("test-mode", "on"), ("trusted-proxy", "127.0.0.1")];
    let app = TestApp::with(&settings);
    let client = "203.0.113.1";
    let first = Answer::to(action(&app, "generate alice").header("x-forwarded-for", client)).await;
    let own = first.header("set-cookie").split(';').next().unwrap().to_owned();
    for _ in 1..NEW_SESSIONS {
        assert_eq!(get_from(&app, client, "/generate"), 302);
    }
    let actions = ["generate alice", "choose RS256", "put a forgery", "put a text", "take a lesson"];
    for name in actions {
        let answer = Answer::to(action(&app, name).header("x-forwarded-for", client)).await;
        assert_eq!((answer.status, answer.text("error").as_str()), (429, "too_often"), "{name}: {}", answer.body);
        let wait: u64 = answer.header("retry-after").parse().unwrap();
        assert!((1..=60).contains(&wait) && !answer.headers.contains_key("set-cookie"), "{name}");
    }
    let page = action(&app, "generate alice").header("x-forwarded-for", client).header("accept", "text/html");
    let page = Answer::to(page).await;
    assert!(page.status == 429 && page.body.contains("<code>too_often</code>"), "{}", page.body);
    assert!(page.headers.contains_key("content-security-policy"));
    assert_eq!(redis.keys("hallpass:session:*").len(), NEW_SESSIONS);

    assert_eq!(get_from(&app, client, "/"), 200, "what begins no session is answered");
    for name in actions {
        let request = action(&app, name).header("x-forwarded-for", client);
        assert!(Answer::to(request.header("cookie", &own)).await.status < 500, "{name}");
    }
    let with_own = app.visitor().request(Method::GET, "/generate?sub=alice").header("cookie", &session(&app).await);
    assert_eq!(with_own.header("x-forwarded-for", client).send().await.unwrap().status(), 302, "a session goes on");
    assert_eq!(get_from(&app, "203.0.113.2", "/generate"), 302, "another client begins one");

    app.advance(60);
    assert_eq!(get_from(&app, client, "/generate"), 302, "and so does this one in the next minute");
    for _ in 1..NEW_SESSIONS {
        get_from(&app, client, "/generate");
    }
    assert_eq!(get_from(&app, client, "/generate"), 429);
    assert_eq!(app.visitor().request(Method::POST, "/test/reset").send().await.unwrap().status(), 204);
    assert_eq!(get_from(&app, client, "/generate"), 302, "a test's reset forgets what was counted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_class_behind_one_address_begins_its_sessions_at_once_and_each_again() {
    let Some(redis) = RedisServer::start() else { return };
    let app = TestApp::with(&redis.settings());
    for _ in 0..3 {
        let class = (0..30).map(|_| {
            let visitor = app.visitor();
            tokio::spawn(async move {
                assert_eq!(visitor.choose("RS256").await.status(), 303);
                assert_eq!(visitor.generate().await.status(), 302);
                assert_eq!(visitor.verdict().await.0, 200);
                assert_eq!(visitor.logout().await.status(), 303);
                assert_eq!(visitor.generate().await.status(), 302);
            })
        });
        for student in class.collect::<Vec<_>>() {
            student.await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_in_cookies_are_not_counted() {
    let app = TestApp::spawn();
    for _ in 0..=NEW_SESSIONS {
        assert_eq!(get_from(&app, "203.0.113.1", "/generate"), 302);
    }
}
