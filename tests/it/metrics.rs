//! What `/metrics` says, and that no client makes it longer.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;

use crate::app::{Answer, TestApp, Visitor};
use crate::tools;

/// Every series with its value.
struct Readings(BTreeMap<String, f64>);

impl Readings {
    async fn of(visitor: &Visitor) -> Self {
        let text = visitor.get("/metrics").await.text().await.unwrap();
        assert!(text.ends_with("\n# EOF\n"), "{text}");
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        let pairs = samples.map(|line| line.rsplit_once(' ').unwrap());
        Self(pairs.map(|(series, value)| (series.to_owned(), value.parse().unwrap())).collect())
    }

    /// The value of `hallpass_` and this; 0 where nothing was counted.
    fn count(&self, series: &str) -> f64 {
        self.0.get(&format!("hallpass_{series}")).copied().unwrap_or_default()
    }
}

#[track_caller]
fn assert_counts(readings: &Readings, expected: &[(&str, u32)]) {
    for (series, count) in expected {
        let read = readings.count(series);
        assert!((read - f64::from(*count)).abs() < 1e-9, "{series} is {read}, not {count}: {:#?}", readings.0.keys());
    }
}

#[tokio::test]
async fn the_format_is_that_of_its_content_type_and_is_never_stored() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    visitor.generate().await;
    let answer = Answer::to(visitor.request(Method::GET, "/metrics")).await;
    assert_eq!(answer.header("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert_eq!(answer.header("cache-control"), "no-store");
    let Some(python) = tools::named_by("HALLPASS_TEST_PYTHON") else { return };
    let parse = "
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
for family in parse(sys.stdin.read()):
    print(family.type, family.name)
";
    let mut child =
        Command::new(python).args(["-c", parse]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(answer.body.as_bytes()).unwrap();
    let run = child.wait_with_output().unwrap();
    assert!(run.status.success(), "the client library of Prometheus cannot read it: {}", answer.body);
    let families = String::from_utf8(run.stdout).unwrap();
    for family in [
        "info hallpass_build",
        "gauge hallpass_connections_open",
        "counter hallpass_http_requests",
        "histogram hallpass_http_request_duration_seconds",
        "counter hallpass_tokens_issued",
        "counter hallpass_store_calls",
        "counter hallpass_log_lines_dropped",
        "gauge hallpass_process_resident_memory_bytes",
    ] {
        assert!(families.lines().any(|line| line == family), "{family} is missing: {families}");
    }
}

#[tokio::test]
async fn requests_are_counted_by_method_pattern_and_status() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    for (method, path) in
        [("GET", "/bob"), ("GET", "/alice"), ("BREW", "/alice"), ("GET", "/a/b"), ("HEAD", "/healthz")]
    {
        visitor.request(Method::from_bytes(method.as_bytes()).unwrap(), path).send().await.unwrap();
    }
    let readings = Readings::of(&visitor).await;
    assert_counts(
        &readings,
        &[
            (r#"http_requests_total{method="GET",route="/{result}",status="200"}"#, 2),
            (r#"http_requests_total{method="other",route="/{result}",status="404"}"#, 1),
            (r#"http_requests_total{method="GET",route="-",status="404"}"#, 1),
            (r#"http_requests_total{method="HEAD",route="/healthz",status="200"}"#, 1),
            (r#"http_request_duration_seconds_count{route="/{result}"}"#, 3),
            (r#"http_request_duration_seconds_bucket{le="+Inf",route="/{result}"}"#, 3),
            ("http_requests_in_flight", 1),
            (&format!(r#"build_info{{version="{}"}}"#, env!("CARGO_PKG_VERSION")), 1),
        ],
    );
    assert!(readings.count("process_resident_memory_bytes") > 1e6);
    assert!(readings.count("process_open_fds") > 3.0);
    assert!(readings.count("process_start_time_seconds") > 1e9);
}

#[tokio::test]
async fn open_connections_are_those_of_this_moment() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let idle: Vec<_> = (0..5).map(|_| std::net::TcpStream::connect(app.host()).unwrap()).collect();
    let deadline = Instant::now() + Duration::from_secs(30);
    for (left, wanted) in [(Some(idle), 6), (None, 1)] {
        // The server learns of a connection, and of its end, a little after the client.
        while (Readings::of(&visitor).await.count("connections_open") - f64::from(wanted)).abs() > 1e-9 {
            assert!(Instant::now() < deadline, "there are never {wanted} connections");
        }
        drop(left);
    }
}

/// Long because all counters are read after one run of requests.
#[tokio::test]
async fn tokens_are_counted_where_they_are_handed_out_and_where_they_are_presented() {
    let app = TestApp::with(&[("phone-rate", "off")]);
    let visitor = app.visitor();
    let login = json!({ "username": "susan", "password": "secret" });
    let json = |path: &str, body| visitor.request(Method::POST, path).json(&body);
    visitor.choose("RS256").await;
    visitor.generate().await;
    for path in ["/", "/bob", "/"] {
        visitor.get(path).await;
    }
    visitor.validate().await;
    app.advance(61);
    visitor.verdict().await;
    Answer::to(json("/token", login.clone())).await;
    let assertion = Answer::to(json("/zoom/token", login)).await.text("token");
    let grant = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion.as_str())];
    let bearer = Answer::to(visitor.request(Method::POST, "/oauth/token").form(&grant)).await.text("access_token");
    for token in [bearer.as_str(), "x"] {
        visitor.request(Method::GET, "/api/me").bearer_auth(token).send().await.unwrap();
    }
    let form = [("username", "susan"), ("password", "secret")];
    visitor.request(Method::POST, "/loginEndpoint").form(&form).send().await.unwrap();
    visitor.request(Method::POST, "/anEndpoint").send().await.unwrap();
    let phone = visitor.get("/v1/token/15555551212").await.text().await.unwrap();
    for token in [phone.as_str(), phone.as_str(), "x.y.z"] {
        Answer::to(json("/v1/verify", json!({ "token": token }))).await;
    }
    visitor.request(Method::POST, "/lab/attacks/alg-none").form(&[("action", "forge")]).send().await.unwrap();
    visitor.get("/lab/lessons/anatomy").await;
    assert_counts(
        &Readings::of(&visitor).await,
        &[
            (r#"tokens_issued_total{profile="demo",algorithm="RS256"}"#, 1),
            (r#"tokens_issued_total{profile="demo",algorithm="HS256"}"#, 0),
            (r#"tokens_issued_total{profile="twilio",algorithm="HS256"}"#, 1),
            (r#"tokens_issued_total{profile="zoom",algorithm="HS256"}"#, 1),
            (r#"tokens_issued_total{profile="bearer",algorithm="RS256"}"#, 1),
            (r#"tokens_issued_total{profile="rest-api",algorithm="HS256"}"#, 1),
            (r#"tokens_issued_total{profile="telesign",algorithm="HS256"}"#, 1),
            (r#"tokens_issued_total{profile="lab",algorithm="HS256"}"#, 1),
            (r#"tokens_accepted_total{profile="demo"}"#, 1),
            (r#"tokens_refused_total{profile="demo",code="expired"}"#, 1),
            (r#"tokens_accepted_total{profile="zoom"}"#, 1),
            (r#"tokens_accepted_total{profile="bearer"}"#, 1),
            (r#"tokens_refused_total{profile="bearer",code="malformed"}"#, 1),
            (r#"tokens_refused_total{profile="rest-api",code="no_token"}"#, 1),
            (r#"tokens_accepted_total{profile="telesign"}"#, 1),
            (r#"tokens_refused_total{profile="telesign",code="already_verified"}"#, 1),
            (r#"tokens_refused_total{profile="telesign",code="malformed"}"#, 1),
            (r#"tokens_refused_total{profile="lab",code="alg_not_allowed"}"#, 1),
            (r#"store_calls_total{operation="record",outcome="ok"}"#, 1),
            (r#"store_calls_total{operation="present",outcome="ok"}"#, 2),
            (r#"store_calls_total{operation="record",outcome="slow"}"#, 0),
            (r#"store_call_duration_seconds_count{operation="present"}"#, 2),
            (r#"rate_decisions_total{limit="phone",decision="admitted"}"#, 1),
            // Anybody's word is taken, so nobody's tries are counted.
            (r#"rate_decisions_total{limit="login",decision="admitted"}"#, 0),
        ],
    );
}

#[tokio::test]
async fn what_a_rate_limit_refuses_is_counted() {
    let app = TestApp::with(&[("phone-rate", "2/m"), ("credentials", "users"), ("login-rate", "1/m")]);
    let visitor = app.visitor();
    for _ in 0..3 {
        visitor.get("/v1/token/15555551212").await;
        let login = json!({ "username": "susan", "password": "wrong" });
        visitor.request(Method::POST, "/token").json(&login).send().await.unwrap();
    }
    assert_counts(
        &Readings::of(&visitor).await,
        &[
            (r#"rate_decisions_total{limit="phone",decision="admitted"}"#, 2),
            (r#"rate_decisions_total{limit="phone",decision="refused"}"#, 1),
            (r#"rate_decisions_total{limit="login",decision="admitted"}"#, 1),
            (r#"rate_decisions_total{limit="login",decision="refused"}"#, 2),
        ],
    );
}

/// One request of each kind, with this number wherever a client may say what it likes.
async fn every_kind(visitor: &Visitor, number: u32) {
    let method = Method::from_bytes(format!("M{number}").as_bytes()).unwrap();
    let requests = [
        visitor.request(method, &format!("/x{number}")),
        visitor.request(Method::GET, &format!("/a/{number}")),
        visitor.request(Method::GET, &format!("/static/{number}.css")),
        visitor.request(Method::GET, &format!("/v1/token/1555{number:07}/xid-{number}")),
        visitor.request(Method::POST, "/anEndpoint").header("TOKEN", format!("a{number}.b.c")),
        visitor.request(Method::POST, "/v1/verify").json(&json!({ "token": format!("{number}") })),
        visitor.request(Method::GET, &format!("/tutorials/{number}")),
        visitor.request(Method::GET, "/healthz").header("host", format!("h{number}.example")),
        visitor.request(Method::GET, "/healthz").header("x-request-id", format!("request-{number}")),
        visitor.request(Method::POST, "/token").json(&json!({ "username": number.to_string(), "password": "x" })),
    ];
    for request in requests {
        request.send().await.unwrap();
    }
}

#[tokio::test]
async fn a_thousand_paths_methods_tokens_and_numbers_add_no_series() {
    let app = TestApp::with(&[("phone-rate", "off")]);
    let visitor = app.visitor();
    every_kind(&visitor, 0).await;
    let has_purged = |readings: &Readings| readings.0.keys().any(|series| series.contains("operation=\"purge\""));
    let mut before = Readings::of(&visitor).await;
    // A start purges once, beside the first requests.
    let deadline = Instant::now() + Duration::from_secs(10);
    while !has_purged(&before) {
        assert!(Instant::now() < deadline, "it does not purge");
        tokio::time::sleep(Duration::from_millis(20)).await;
        before = Readings::of(&visitor).await;
    }
    let before = Readings::of(&visitor).await;
    for number in 1..=1_000 {
        every_kind(&visitor, number).await;
    }
    let after = Readings::of(&visitor).await;
    assert_eq!(after.0.keys().collect::<Vec<_>>(), before.0.keys().collect::<Vec<_>>());
    assert_counts(&after, &[(r#"http_requests_total{method="other",route="/{result}",status="404"}"#, 1_001)]);
}
