//! The routes of `--test-mode` that a suite steers this server with: a clock that runs, answers that fail, and the
//! requests that were received.

use std::time::{Duration, Instant};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hallpass::keys::KeySource;
use hallpass::settings::{Environment, Flags, Settings};
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Answer, START, TestApp, Visitor, part};

fn app() -> TestApp {
    TestApp::with(&[("test-mode", "on"), ("phone-rate", "off")])
}

async fn ask(visitor: &Visitor, method: Method, path: &str, body: Value) -> Answer {
    Answer::to(visitor.request(method, path).json(&body)).await
}

async fn get(visitor: &Visitor, path: &str) -> Answer {
    Answer::to(visitor.request(Method::GET, path)).await
}

/// What the clock shows then, in milliseconds since 1970.
#[expect(clippy::cast_possible_truncation, reason = "the dates of these tests are far within the bounds")]
async fn set_clock(visitor: &Visitor, body: Value) -> i64 {
    (ask(visitor, Method::PUT, "/test/clock", body).await.json()["now"].as_f64().unwrap() * 1e3).round() as i64
}

/// Asks for a fault.
async fn fault(visitor: &Visitor, body: Value) {
    let answer = ask(visitor, Method::POST, "/test/fault", body.clone()).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""), "{body}");
}

async fn status(visitor: &Visitor, path: &str) -> u16 {
    get(visitor, path).await.status
}

async fn received(visitor: &Visitor, query: &str) -> Vec<Value> {
    let list = get(visitor, &format!("/test/requests{query}")).await;
    assert_eq!((list.status, list.header("content-type")), (200, "application/json"), "{}", list.body);
    list.json()["requests"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_clock_that_is_moved_runs_on_where_that_is_asked_for() {
    let app = app();
    let visitor = app.visitor();
    let set = set_clock(&visitor, json!({ "now": 1_900_000_000, "running": true })).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    let stopped = set_clock(&visitor, json!({ "running": false })).await;
    assert!(stopped > set && set >= 1_900_000_000_000 && stopped < 1_900_000_060_000, "{set} {stopped}");
    assert_eq!(set_clock(&visitor, json!({ "running": false })).await, stopped, "it stands still");
    let moved = set_clock(&visitor, json!({ "advance": 3600, "running": true })).await;
    assert!((stopped + 3_600_000..stopped + 3_660_000).contains(&moved), "{stopped} {moved}");
    let stands = set_clock(&visitor, json!({ "now": 1_800_000_000, "running": false })).await;
    assert_eq!(stands, 1_800_000_000_000);
    let runs = set_clock(&visitor, json!({ "running": true })).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    let later = set_clock(&visitor, json!({ "running": true })).await;
    assert!(runs >= stands && later > runs && later < stands + 60_000, "from where it stood: {runs} {later}");
    ask(&visitor, Method::POST, "/test/reset", json!({})).await;
    assert_eq!(app.clock_shows(), START);
}

#[tokio::test]
async fn a_token_expires_on_a_clock_that_runs_from_another_time() {
    let app = app();
    let visitor = app.visitor();
    set_clock(&visitor, json!({ "now": 2_000_000_000, "running": true })).await;
    visitor.get("/generate?ttl=1").await;
    assert_eq!(visitor.verdict().await.0, 200);
    tokio::time::sleep(Duration::from_millis(2100)).await;
    assert_eq!(visitor.verdict().await.1["code"], "expired");
}

#[tokio::test]
async fn the_next_answers_of_a_path_fail_as_often_as_asked_and_no_others_do() {
    let app = app();
    let visitor = app.visitor();
    let path = "/.well-known/jwks.json";
    fault(&visitor, json!({ "path": path, "status": 500, "times": 2, "body": "{\"error\":" })).await;
    fault(&visitor, json!({ "path": path, "status": 405 })).await;
    fault(&visitor, json!({ "path": path })).await;
    assert_eq!(status(&visitor, "/healthz").await, 200, "another path");
    for _ in 0..2 {
        let failed = get(&visitor, path).await;
        assert_eq!((failed.status, failed.body.as_str()), (500, "{\"error\":"));
        assert_eq!(failed.header("content-type"), "application/json");
        assert!(!failed.header("x-request-id").is_empty() && failed.header("x-content-type-options") == "nosniff");
    }
    let next = get(&visitor, &format!("{path}?fresh=1")).await;
    assert_eq!((next.status, next.body.as_str()), (405, ""), "whatever the query is, and as it was asked for");
    assert_eq!(status(&visitor, path).await, 503, "the status where none is given");
    assert_eq!(status(&visitor, path).await, 200);
}

#[tokio::test]
async fn a_fault_with_a_delay_alone_waits_and_the_answer_is_the_usual_one() {
    let app = app();
    let visitor = app.visitor();
    fault(&visitor, json!({ "path": "/loginEndpoint", "delay_ms": 300 })).await;
    let start = Instant::now();
    let form = [("username", "susan"), ("password", "secret")];
    let answer = Answer::to(visitor.request(Method::POST, "/loginEndpoint").form(&form)).await;
    assert!(start.elapsed() >= Duration::from_millis(300) && answer.status == 200, "{}", answer.body);
    assert!(!answer.text("token").is_empty(), "the form was still there to be read");
    fault(&visitor, json!({ "path": "/healthz", "delay_ms": 300, "status": 502, "body": "bad gateway" })).await;
    let start = Instant::now();
    let answer = get(&visitor, "/healthz").await;
    assert!(start.elapsed() >= Duration::from_millis(300));
    assert_eq!((answer.status, answer.body.as_str()), (502, "bad gateway"));
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
}

#[tokio::test]
async fn a_failing_answer_says_when_to_try_again_where_a_test_asks_for_that() {
    let app = TestApp::with(&[("test-mode", "on"), ("cors-origin", "https://app.example")]);
    let visitor = app.visitor();
    let wait = json!({ "path": "/oauth/token", "status": 429, "retry_after": 7, "delay_ms": 1, "times": 2 });
    fault(&visitor, wait).await;
    fault(&visitor, json!({ "path": "/oauth/token", "retry_after": 0 })).await;
    fault(&visitor, json!({ "path": "/oauth/token" })).await;
    let failed = async || {
        let request = visitor.request(Method::POST, "/oauth/token").header("origin", "https://app.example");
        let answer = Answer::to(request.form(&[("a", "b")])).await;
        assert_eq!(answer.header("access-control-expose-headers"), "Retry-After, WWW-Authenticate");
        (answer.status, answer.header("retry-after").to_owned())
    };
    for (status, header) in [(429, "7"), (429, "7"), (503, "0"), (503, "")] {
        assert_eq!(failed().await, (status, header.to_owned()));
    }
}

#[tokio::test]
async fn faults_end_by_delete_and_by_a_reset() {
    let app = app();
    let visitor = app.visitor();
    for (method, path) in [(Method::DELETE, "/test/fault"), (Method::POST, "/test/reset")] {
        fault(&visitor, json!({ "path": "/healthz", "times": 1000 })).await;
        assert_eq!(status(&visitor, "/healthz").await, 503);
        assert_eq!(Answer::to(visitor.request(method, path)).await.status, 204);
        assert_eq!(status(&visitor, "/healthz").await, 200);
    }
}

#[tokio::test]
async fn what_ends_a_fault_cannot_fail_under_any_spelling() {
    let app = app();
    let visitor = app.visitor();
    for path in ["/test", "/test/fault", "/test/clock", "/test/none", "/%74est/reset", "/test%2Freset"] {
        let refused = ask(&visitor, Method::POST, "/test/fault", json!({ "path": path })).await;
        assert_eq!((refused.status, refused.text("error").as_str()), (400, "bad_request"), "{path}");
    }
}

#[tokio::test]
async fn no_more_than_a_hundred_faults_wait() {
    let app = app();
    let visitor = app.visitor();
    for _ in 0..100 {
        fault(&visitor, json!({ "path": "/a" })).await;
    }
    let refused = ask(&visitor, Method::POST, "/test/fault", json!({ "path": "/a" })).await;
    assert_eq!(refused.status, 400);
    assert!(refused.text("message").contains("DELETE /test/fault"), "{}", refused.body);
    assert_eq!(status(&visitor, "/a").await, 503);
    fault(&visitor, json!({ "path": "/b" })).await;
}

#[tokio::test]
async fn a_script_of_a_listed_site_can_read_an_answer_that_was_made_to_fail() {
    let app = TestApp::with(&[("test-mode", "on"), ("cors-origin", "https://app.example")]);
    let visitor = app.visitor();
    let path = "/loginEndpoint";
    fault(&visitor, json!({ "path": path, "status": 429 })).await;
    let asked = |method| visitor.request(method, path).header("origin", "https://app.example");
    let preflight = asked(Method::OPTIONS).header("access-control-request-method", "POST");
    assert_eq!(Answer::to(preflight).await.status, 200, "a preflight uses no fault up");
    let failed = Answer::to(asked(Method::POST).form(&[("username", "susan")])).await;
    assert_eq!((failed.status, failed.header("access-control-allow-origin")), (429, "https://app.example"));
    assert_eq!(failed.header("vary"), "Origin");
}

#[tokio::test]
async fn a_test_sees_what_its_program_sent() {
    let app = app();
    let visitor = app.visitor();
    let form = [("username", "susan"), ("password", "hunter2"), ("scope", "a b"), ("resource", "x"), ("resource", "y")];
    let sent = visitor.request(Method::POST, "/loginEndpoint?trace=1").header("X-Correlation", "c-7").form(&form);
    assert_eq!(Answer::to(sent).await.status, 200, "the handler reads the form as well");
    get(&visitor, "/healthz").await;
    let all = received(&visitor, "").await;
    assert_eq!((&all[0]["path"], &all[1]["path"]), (&json!("/healthz"), &json!("/loginEndpoint")), "the newest first");
    assert_eq!((&all[0]["form"], &all[0]["method"]), (&Value::Null, &json!("GET")));
    let [request] = &received(&visitor, "?path=/loginEndpoint").await[..] else { panic!("{all:?}") };
    let names: Vec<&String> = request.as_object().unwrap().keys().collect();
    assert_eq!(names, ["at", "method", "path", "query", "headers", "form", "status"]);
    assert_eq!((&request["at"], &request["status"], &request["method"]), (&json!(START), &json!(200), &json!("POST")));
    assert_eq!(request["query"], json!({ "trace": "1" }));
    assert_eq!(request["headers"]["x-correlation"], "c-7");
    assert_eq!(
        request["form"],
        json!({ "username": "susan", "password": "…", "scope": "a b", "resource": ["x", "y"] })
    );
}

#[tokio::test]
async fn no_credential_is_among_what_was_received() {
    let app = app();
    let visitor = app.visitor();
    visitor.generate().await;
    let token = ask(&visitor, Method::POST, "/test/flawed", json!({ "flaw": "expired" })).await.text("token");
    let form = [
        ("grant_type", "authorization_code"),
        ("code", "hunter2-code"),
        ("code_verifier", "hunter2-verifier"),
        ("client_id", "app"),
        ("client_secret", "hunter2-secret"),
        ("assertion", "hunter2-assertion"),
        ("refresh_token", "hunter2-refresh"),
        ("anything", &token),
        (&token, ""),
    ];
    let address = format!("/oauth/token?access_token=hunter2-query&hint={token}");
    let sent = visitor.request(Method::POST, &address).basic_auth("app", Some("hunter2-basic")).form(&form);
    let sent = sent.header("TOKEN", "hunter2-header").header("referer", "https://app.example/cb?code=hunter2-referer");
    Answer::to(sent).await;
    get(&visitor, &format!("/{token}")).await;
    visitor.validate().await;
    let list = get(&visitor, "/test/requests").await.body;
    for secret in ["hunter2", token.split('.').next().unwrap(), "YXBwOmh1bnRlcjI"] {
        assert!(!list.contains(secret), "{secret}: {list}");
    }
    let [request] = &received(&visitor, "?path=/oauth/token").await[..] else { panic!("{list}") };
    assert_eq!(request["headers"]["authorization"], "Basic app:…");
    assert_eq!(request["form"]["client_id"], "app");
    assert_eq!(request["form"]["grant_type"], "authorization_code");
    let [shown] = &received(&visitor, "?path=/validate").await[..] else { panic!("{list}") };
    assert_eq!(shown["headers"]["cookie"], "…");
}

#[tokio::test]
async fn a_request_that_fails_or_is_refused_is_received_with_its_form_too() {
    let app = app();
    let visitor = app.visitor();
    let form = [("scope", "a")];
    fault(&visitor, json!({ "path": "/oauth/token" })).await;
    for path in ["/oauth/token", "/no/where", "/algorithm"] {
        let request = visitor.request(Method::POST, path).header("sec-fetch-site", "cross-site");
        let request = if path == "/algorithm" { request } else { visitor.request(Method::POST, path) };
        Answer::to(request.form(&form)).await;
    }
    let all = received(&visitor, "").await;
    let seen: Vec<_> = all.iter().map(|it| (it["path"].as_str(), it["status"].as_u64(), &it["form"])).collect();
    let form = &json!({ "scope": "a" });
    let expected = [
        (Some("/algorithm"), Some(403), form),
        (Some("/no/where"), Some(404), form),
        (Some("/oauth/token"), Some(503), form),
    ];
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn what_was_received_is_chosen_by_path_and_number_and_forgotten_by_a_reset() {
    let app = app();
    let visitor = app.visitor();
    for number in 0..30 {
        get(&visitor, &format!("/healthz?n={number}")).await;
    }
    get(&visitor, "/readyz").await;
    assert_eq!(received(&visitor, "").await.len(), 20, "where the test does not say how many");
    assert_eq!(received(&visitor, "?limit=100").await.len(), 31, "requests to /test/ are not among them");
    let newest = received(&visitor, "?path=/healthz&limit=2").await;
    assert_eq!(newest.iter().map(|it| &it["query"]["n"]).collect::<Vec<_>>(), ["29", "28"]);
    assert_eq!(received(&visitor, "?path=/none").await.len(), 0);
    for bad in
        ["?limit=0", "?limit=101", "?limit=x", "?limit=", "?path=healthz", "?path=", "?limit=1&limit=1", "?paths=/"]
    {
        let refused = get(&visitor, &format!("/test/requests{bad}")).await;
        assert_eq!((refused.status, refused.text("error").as_str()), (400, "bad_request"), "{bad}");
    }
    let unknown = get(&visitor, "/test/requests?paths=/").await.text("message");
    assert!(unknown.contains("\"paths\"") && unknown.contains("`path`, `limit`"), "{unknown}");
    ask(&visitor, Method::POST, "/test/reset", json!({})).await;
    assert_eq!(received(&visitor, "").await.len(), 0);
}

#[tokio::test]
async fn a_body_that_is_too_large_or_never_ends_is_refused_as_without_test_mode() {
    let app = app();
    let visitor = app.visitor();
    let form = [("username", "x".repeat(20_000)), ("password", "hunter2".to_owned())];
    let large = Answer::to(visitor.request(Method::POST, "/loginEndpoint").form(&form)).await;
    assert_eq!(large.status, 413);
    let start = Instant::now();
    let head = "POST /no/where HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
                Content-Length: 9\r\n\r\nscope=a";
    assert_eq!(app.raw(head).status, 404);
    assert!(start.elapsed() < Duration::from_secs(8));
    let seen: Vec<Value> = received(&visitor, "").await.into_iter().map(|it| it["status"].clone()).collect();
    assert_eq!(seen, [json!(404), json!(413)]);
}

/// The claims and the header of a flawed bearer token.
async fn flawed(visitor: &Visitor, order: Value) -> (Value, Value, String) {
    let answer = ask(visitor, Method::POST, "/test/flawed", order.clone()).await;
    assert_eq!(answer.status, 200, "{order}: {}", answer.body);
    let token = answer.text("token");
    let [header, claims] = [0, 1].map(|index| serde_json::from_str(&part(&token, index)).unwrap());
    (header, claims, answer.text("expected_code"))
}

#[tokio::test]
async fn a_flawed_token_is_right_in_everything_but_its_flaw() {
    let app = app();
    let visitor = app.visitor();
    let order = |flaw: &str| json!({ "flaw": flaw, "profile": "bearer" });
    let (header, good, _) = flawed(&visitor, order("bad_signature")).await;
    assert_eq!((&good["iss"], &good["aud"]), (&json!(app.url), &json!(app.url)));
    for (flaw, member, value, code) in [
        ("expired", "exp", json!(START - 3600), "expired"),
        ("not_yet_valid", "nbf", json!(START + 3600), "not_yet_valid"),
        ("future_iat", "iat", json!(START + 3600), "not_yet_valid"),
        ("exp_in_ms", "exp", json!((START + 600) * 1000), "bad_claim"),
        ("missing_claim", "exp", Value::Null, "bad_claim"),
        ("no_audience", "aud", Value::Null, "bad_claim"),
        ("wrong_audience", "aud", json!("https://wrong-audience.example"), "bad_claim"),
        ("wrong_issuer", "iss", json!("https://wrong-issuer.example"), "bad_claim"),
    ] {
        let (spoiled_header, claims, expected) = flawed(&visitor, order(flaw)).await;
        assert_eq!((&claims[member], expected.as_str()), (&value, code), "{flaw}: {claims}");
        assert_eq!(spoiled_header, header, "{flaw}");
        assert_eq!((&claims["sub"], &claims["client_id"]), (&good["sub"], &good["client_id"]), "{flaw}");
    }
    let (_, moved, _) = flawed(&visitor, order("future_iat")).await;
    assert_eq!(moved["exp"], json!(START + 3600 + 600), "`exp` moves with it");
    let (header, _, code) = flawed(&visitor, order("wrong_type")).await;
    assert_eq!((&header["typ"], code.as_str()), (&json!("logout+jwt"), "wrong_type"));
    let (header, _, code) = flawed(&visitor, order("crit")).await;
    assert_eq!((&header["crit"], code.as_str()), (&json!(["hallpass-test"]), "header_not_allowed"));
    let twice = ask(&visitor, Method::POST, "/test/flawed", order("duplicate_claim")).await;
    assert_eq!(part(&twice.text("token"), 1).matches(r#""sub":"bob""#).count(), 2, "{}", twice.body);
    assert_eq!(twice.text("expected_code"), "malformed");
}

#[tokio::test]
async fn claims_are_laid_over_the_sample_before_it_is_spoiled_by_as_much_as_asked() {
    let app = app();
    let visitor = app.visitor();
    let claims = json!({ "aud": "https://api.example", "role": "admin", "exp": START + 10_000 });
    let order = json!({ "flaw": "expired", "profile": "bearer", "by": 5, "claims": claims });
    let (_, spoiled, code) = flawed(&visitor, order).await;
    assert_eq!((&spoiled["aud"], &spoiled["role"]), (&json!("https://api.example"), &json!("admin")));
    assert_eq!((&spoiled["exp"], &spoiled["iss"]), (&json!(START - 5), &json!(app.url)));
    assert_eq!(spoiled["iat"], json!(START - 5 - 10_000), "it lived as long as the good one");
    assert_eq!(code, "expired");
    let order = json!({ "flaw": "wrong_issuer", "profile": "demo", "claims": { "iss": "https://id.example" } });
    let (_, spoiled, code) = flawed(&visitor, order).await;
    assert_eq!(spoiled["iss"], "https://wrong-issuer.example");
    assert_eq!(code, "accepted", "what this server's verifier says, which expects no issuer of a demo token");
}

#[tokio::test]
async fn a_token_with_an_end_in_the_far_future_is_expired_and_nothing_else() {
    let app = app();
    let visitor = app.visitor();
    for exp in [4_102_444_800_i64, 9_999_999_999, i64::MAX, i64::MIN] {
        let order = json!({ "flaw": "expired", "profile": "bearer", "claims": { "exp": exp } });
        let (_, spoiled, code) = flawed(&visitor, order).await;
        assert_eq!((&spoiled["exp"], code.as_str()), (&json!(START - 3600), "expired"), "{exp}: {spoiled}");
        assert!(spoiled["iat"].as_i64().unwrap() >= START - 3600 - 86_400, "{exp}: {spoiled}");
    }
}

#[tokio::test]
async fn a_flawed_bearer_token_is_signed_under_the_algorithm_that_is_asked_for() {
    let app = app();
    let visitor = app.visitor();
    let published = Answer::to(visitor.request(Method::GET, "/.well-known/jwks.json")).await.json();
    for algorithm in ["RS256", "PS384", "ES256", "ES384", "EdDSA"] {
        let order = json!({ "flaw": "expired", "profile": "bearer", "algorithm": algorithm });
        let (header, claims, code) = flawed(&visitor, order).await;
        assert_eq!((&header["alg"], &claims["exp"]), (&json!(algorithm), &json!(START - 3600)));
        let key = published["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]).unwrap();
        assert_eq!(key["alg"], algorithm);
        // This server takes bearer tokens under one algorithm alone.
        assert_eq!(code, if algorithm == "RS256" { "expired" } else { "alg_not_allowed" });
    }
    let order = json!({ "flaw": "expired", "profile": "demo", "algorithm": "ES256" });
    let answer = ask(&visitor, Method::POST, "/test/flawed", order).await;
    assert_eq!(answer.status, 400);
    assert!(answer.text("message").contains("HS256 or RS256"), "{}", answer.body);
    let order = json!({ "flaw": "wrong_key", "profile": "twilio", "algorithm": "HS256" });
    assert_eq!(flawed(&visitor, order).await.0["alg"], "HS256");
    for other in ["HS256", "HS512", "none", "rs256", ""] {
        let order = json!({ "flaw": "expired", "profile": "bearer", "algorithm": other });
        let refused = ask(&visitor, Method::POST, "/test/flawed", order).await;
        let nine = "`algorithm` must be one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA.";
        assert_eq!((refused.status, refused.text("message").as_str()), (400, nine), "{other}");
    }
}

/// Whether the text of this public key is the secret of the token.
fn is_signed_with(token: &str, text: &[u8]) -> bool {
    let (message, signature) = token.rsplit_once('.').unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, text);
    hmac::verify(&key, message.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).is_ok()
}

#[tokio::test]
async fn a_confused_verifier_would_accept_a_token_that_is_signed_with_the_text_of_the_public_key() {
    let app = app();
    let visitor = app.visitor();
    let claims = json!({ "aud": "orders", "role": "admin" });
    let (header, spoiled, code) =
        flawed(&visitor, json!({ "flaw": "key_confusion", "profile": "bearer", "claims": claims })).await;
    let keys = get(&visitor, "/.well-known/jwks.json").await.json();
    let published = keys["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]).unwrap();
    assert_eq!(
        (&header["alg"], &header["typ"], &published["alg"]),
        (&json!("HS256"), &json!("at+jwt"), &json!("RS256"))
    );
    assert_eq!((&spoiled["role"], &spoiled["exp"]), (&json!("admin"), &json!(START + 600)));
    assert_eq!(code, "alg_not_allowed");
    for (profile, algorithm, file) in [
        ("bearer", "RS256", "bearer_key.pub"),
        ("bearer", "PS384", "bearer_key.pub"),
        ("bearer", "ES256", "bearer_ec256.pub"),
        ("bearer", "EdDSA", "bearer_ed25519.pub"),
        ("demo", "RS256", "jwt_key.pub"),
    ] {
        let order = json!({ "flaw": "key_confusion", "profile": profile, "algorithm": algorithm });
        let token = ask(&visitor, Method::POST, "/test/flawed", order).await.text("token");
        let text = std::fs::read(app.keys().join(file)).unwrap();
        assert!(text.starts_with(b"-----BEGIN PUBLIC KEY-----\n") && text.ends_with(b"-----END PUBLIC KEY-----\n"));
        assert!(is_signed_with(&token, &text), "{profile} {algorithm}");
        assert!(!is_signed_with(&token, text.trim_ascii_end()), "the line feed at the end is part of it");
    }
}

#[tokio::test]
async fn where_a_profile_has_no_public_key_its_keys_cannot_be_confused() {
    let app = app();
    let visitor = app.visitor();
    for (profile, algorithm) in [("zoom", "HS256"), ("twilio", "HS256"), ("rest-api", "HS256"), ("demo", "HS256")] {
        let order = json!({ "flaw": "key_confusion", "profile": profile, "algorithm": algorithm });
        let refused = ask(&visitor, Method::POST, "/test/flawed", order).await;
        assert_eq!(refused.status, 400, "{profile}: {}", refused.body);
        let message = refused.text("message");
        assert!(
            message.contains(profile) && message.contains("means nothing") && message.contains("bearer"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn the_key_of_bearer_tokens_rotates_too_and_the_demo_s_keys_alone_where_asked() {
    let app = app();
    let visitor = app.visitor();
    let signs = async || flawed(&visitor, json!({ "flaw": "expired", "profile": "bearer" })).await.0["kid"].clone();
    let first = signs().await;
    let old = ask(&visitor, Method::POST, "/test/sign", bearer_order(&app)).await.text("token");
    ask(&visitor, Method::POST, "/test/rotate", json!({ "keys": "demo" })).await;
    assert_eq!(signs().await, first);
    let before = get(&visitor, "/.well-known/jwks.json").await.json().to_string();
    let published = ask(&visitor, Method::POST, "/test/rotate", json!({ "keys": "bearer", "after": 60 })).await.json();
    let mut kids = published["keys"].as_array().unwrap().iter().map(|key| key["kid"].clone());
    let next = kids.find(|kid| !before.contains(kid.as_str().unwrap())).unwrap();
    assert_eq!(signs().await, first, "the next key is published, and the old one signs");
    app.advance(60);
    assert_eq!(signs().await, next);
    assert_eq!(me(&visitor, &old).await, 200, "the old one verifies");
    ask(&visitor, Method::POST, "/test/reset", json!({})).await;
    assert_eq!(signs().await, first);
}

#[tokio::test]
async fn the_bearer_keys_of_every_algorithm_rotate_together() {
    let app = app();
    let visitor = app.visitor();
    let signs = async |algorithm: &str| {
        let order = json!({ "algorithm": algorithm, "key": "bearer", "claims": {} });
        let token = ask(&visitor, Method::POST, "/test/sign", order).await.text("token");
        serde_json::from_str::<Value>(&part(&token, 0)).unwrap()["kid"].as_str().unwrap().to_owned()
    };
    let algorithms = ["RS256", "PS384", "ES256", "ES384", "EdDSA"];
    let mut old = Vec::new();
    for algorithm in algorithms {
        old.push(signs(algorithm).await);
    }
    let published = ask(&visitor, Method::POST, "/test/rotate", json!({ "keys": "bearer" })).await.body;
    for (algorithm, old) in algorithms.iter().zip(old) {
        let new = signs(algorithm).await;
        assert_ne!(new, old, "{algorithm}");
        for kid in [new, old] {
            assert!(published.contains(&format!("\"{kid}\"")), "{kid}: {published}");
        }
    }
}

/// A good bearer token, for `/test/sign`.
fn bearer_order(app: &TestApp) -> Value {
    let claims = json!({
        "iss": app.url, "aud": app.url, "sub": "bob", "client_id": "c", "iat": START, "exp": START + 600, "jti": "x",
    });
    json!({ "key": "bearer", "claims": claims })
}

async fn me(visitor: &Visitor, token: &str) -> u16 {
    Answer::to(visitor.request(Method::GET, "/api/me").bearer_auth(token)).await.status
}

#[tokio::test]
async fn withdrawn_keys_are_neither_published_nor_accepted() {
    let app = app();
    let visitor = app.visitor();
    visitor.choose("RS256").await;
    visitor.generate().await;
    let bearer = ask(&visitor, Method::POST, "/test/sign", bearer_order(&app)).await.text("token");
    assert_eq!((visitor.verdict().await.0, me(&visitor, &bearer).await), (200, 200));
    let before = get(&visitor, "/.well-known/jwks.json").await.json();
    let after = ask(&visitor, Method::POST, "/test/rotate", json!({ "keys": "all", "withdraw": true })).await.json();
    assert_eq!(after["keys"].as_array().unwrap().len(), 1 + 9, "the demo's, and one for each algorithm of key pairs");
    for key in before["keys"].as_array().unwrap() {
        assert!(!after.to_string().contains(key["kid"].as_str().unwrap()), "{after}");
    }
    assert_eq!((visitor.verdict().await.1["code"].clone(), me(&visitor, &bearer).await), (json!("unknown_kid"), 401));
    visitor.generate().await;
    let bearer = ask(&visitor, Method::POST, "/test/sign", bearer_order(&app)).await.text("token");
    assert_eq!((visitor.verdict().await.0, me(&visitor, &bearer).await), (200, 200), "the new ones sign at once");
    visitor.choose("HS256").await;
    visitor.generate().await;
    ask(&visitor, Method::POST, "/test/rotate", json!({ "keys": "demo", "withdraw": true })).await;
    assert_eq!(visitor.verdict().await.1["code"], "bad_signature", "a secret is withdrawn as well");
    assert_eq!(me(&visitor, &bearer).await, 200, "the other keys are not");
}

#[tokio::test]
async fn a_suite_signs_by_itself_with_the_keys_that_it_is_given() {
    let app = app();
    let visitor = app.visitor();
    let keys = get(&visitor, "/test/keys").await.json()["keys"].as_array().unwrap().clone();
    let named: Vec<_> =
        keys.iter().map(|key| (key["profile"].as_str().unwrap(), key["alg"].as_str().unwrap())).collect();
    let expected = [
        ("demo", "HS256"),
        ("demo", "RS256"),
        ("twilio", "HS256"),
        ("zoom", "HS256"),
        ("bearer", "RS256"),
        ("rest-api", "HS256"),
        ("telesign", "HS256"),
        ("lab", "HS256"),
        ("lab", "RS256"),
    ];
    assert_eq!(named, expected);
    for key in &keys {
        let claims = json!({ "sub": "alice", "iat": START, "exp": START + 60 });
        let order = json!({ "action": "sign", "key": { "jwk": key }, "claims": claims });
        let signed = ask(&visitor, Method::POST, "/lab/inspect", order).await.text("token");
        let (profile, algorithm) = (&key["profile"], &key["alg"]);
        let order = json!({ "action": "verify", "profile": profile, "algorithm": algorithm, "token": signed });
        let verdict = ask(&visitor, Method::POST, "/lab/inspect", order).await.json();
        let signature = verdict["checks"].as_array().unwrap().iter().find(|check| check["check"] == "signature");
        assert_eq!(signature.unwrap()["outcome"], "passed", "{profile} {algorithm}: {verdict}");
    }
    assert_eq!(get(&visitor, "/test/keys?profile=demo").await.status, 400);
}

#[tokio::test]
async fn keys_in_memory_sign_every_profile_and_leave_nothing_behind() {
    let app = TestApp::with(&[("test-mode", "on"), ("keys", "memory")]);
    let visitor = app.visitor();
    for key in get(&visitor, "/test/keys").await.json()["keys"].as_array().unwrap() {
        let order = json!({ "flaw": "expired", "profile": key["profile"], "algorithm": key["alg"] });
        let (_, _, code) = flawed(&visitor, order).await;
        assert_eq!(code, "expired", "{key}");
    }
    visitor.generate().await;
    assert_eq!(visitor.verdict().await.0, 200);
    let published = ask(&visitor, Method::POST, "/test/rotate", json!({})).await.json();
    let kids = published["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().len());
    assert_eq!(kids.filter(|length| *length == 43).count(), 4, "old and new, of the demo and of bearer tokens");
    let names = std::fs::read_dir(app.keys()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut left: Vec<_> = names.filter(|name| !name.starts_with("hallpass.db")).collect();
    left.sort();
    assert_eq!(left, ["bearer_key", "jwt_key", "lab_key"], "what the test itself puts there");
    assert!(!std::path::Path::new("memory").exists());
}

#[test]
fn memory_is_a_reserved_word_and_a_folder_of_that_name_is_written_otherwise() {
    let source = |value: &str| {
        let flags = Flags::default().with("keys", Some(value.to_owned()));
        Settings::resolve(&flags, &Environment::default()).unwrap().options.keys.source
    };
    assert_eq!(source("memory"), KeySource::Memory);
    for folder in ["./memory", "memory/", "keys", "Memory"] {
        assert_eq!(source(folder), KeySource::Folder(folder.into()));
    }
    let refused = Settings::keys_folder(Some("memory".to_owned()), &Flags::default(), &Environment::default());
    let line = refused.unwrap_err().to_string();
    assert!(line.contains("--keys is `memory`") && line.contains("`./memory`"), "{line}");
}
