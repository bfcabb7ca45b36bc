//! The routes of `--test-mode`: a suite of another program with a clock, a signer, flaws and a rotation of its own.

use std::time::Instant;

use hallpass::keys::Algorithm;
use hallpass::profiles;
use hallpass::profiles::flawed::Flaw;
use hallpass::settings::{Environment, Flags, Settings};
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Answer, START, TestApp, Visitor, location, part, token_on};

fn app() -> TestApp {
    TestApp::with(&[("test-mode", "on"), ("phone-rate", "off")])
}

async fn post(visitor: &Visitor, path: &str, body: Value) -> Answer {
    Answer::to(visitor.request(Method::POST, path).json(&body)).await
}

async fn set_clock(visitor: &Visitor, body: Value) -> Answer {
    Answer::to(visitor.request(Method::PUT, "/test/clock").json(&body)).await
}

/// The code of the bench, which judges a token of every profile.
async fn judged(visitor: &Visitor, profile: &str, algorithm: Option<&str>, token: &str) -> String {
    let order = json!({ "action": "verify", "profile": profile, "algorithm": algorithm, "token": token });
    post(visitor, "/lab/inspect", order).await.text("code")
}

/// Moves the clock, and puts the token back into a session that would be older than the server honours.
async fn advance(visitor: &Visitor, seconds: i64, algorithm: &str, token: &str) {
    set_clock(visitor, json!({ "advance": seconds })).await;
    post(visitor, "/test/session", json!({ "token": token, "algorithm": algorithm })).await;
}

async fn key_ids(visitor: &Visitor) -> Vec<String> {
    let keys = Answer::to(visitor.request(Method::GET, "/.well-known/jwks.json")).await.json();
    keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn without_the_flag_the_routes_do_not_exist_and_no_page_speaks_of_them() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    for path in [
        "/test/clock",
        "/test/sign",
        "/test/session",
        "/test/flawed",
        "/test/rotate",
        "/test/keys",
        "/test/fault",
        "/test/requests",
        "/test/reset",
        "/test/users/alice",
    ] {
        for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE] {
            let answer = Answer::to(visitor.request(method, path).json(&json!({}))).await;
            assert_eq!(answer.status, 404, "{path}");
            assert!(answer.text("message").contains("`hallpass --test-mode on` adds"), "{}", answer.body);
        }
    }
    assert!(!visitor.page("/").await.contains("Test mode"));
    assert!(!Answer::to(visitor.request(Method::GET, "/openapi.json")).await.body.contains("/test/"));
}

#[tokio::test]
async fn with_it_every_page_says_so() {
    let app = app();
    for path in ["/", "/tutorials", "/docs", "/docs/settings", "/docs/api", "/lab", "/no/such"] {
        assert!(app.visitor().page(path).await.contains("Test mode"), "{path}");
    }
    let missing = Answer::to(app.visitor().request(Method::GET, "/test/nowhere")).await;
    assert_eq!(missing.text("message"), "There is nothing at this address.");
}

#[test]
fn others_reach_test_mode_only_where_it_is_exposed() {
    let resolve = |flags: &[(&'static str, &str)]| {
        let flags = flags.iter().fold(Flags::default(), |all, (flag, value)| all.with(flag, Some((*value).to_owned())));
        Settings::resolve(&flags, &Environment::default()).map(|it| it.test_mode).map_err(|error| error.to_string())
    };
    let outside = [("bind", "192.0.2.1:80"), ("credentials", "any")];
    assert_eq!(resolve(&[("test-mode", "on")]), Ok(true));
    let refused = resolve(&[&outside[..], &[("test-mode", "on")]].concat()).unwrap_err();
    assert!(refused.contains("--bind `192.0.2.1:80`") && refused.contains("accepted: exposed"), "{refused}");
    assert_eq!(resolve(&[&outside[..], &[("test-mode", "exposed")]].concat()), Ok(true));
    let refused = resolve(&[("test-mode", "on"), ("public-url", "https://demo.example")]).unwrap_err();
    assert!(refused.contains("--public-url `https://demo.example`") && !refused.contains("--bind"), "{refused}");
    assert!(resolve(&[("test-mode", "maybe")]).unwrap_err().contains("off, on or exposed"));
}

#[tokio::test]
async fn the_clock_can_be_set_moved_and_released() {
    let app = app();
    let visitor = app.visitor();
    assert_eq!(set_clock(&visitor, json!({ "now": 1_900_000_000 })).await.json(), json!({ "now": 1_900_000_000 }));
    assert_eq!(set_clock(&visitor, json!({ "advance": 60 })).await.json(), json!({ "now": 1_900_000_060 }));
    assert_eq!(set_clock(&visitor, json!({ "advance": -0.5 })).await.json(), json!({ "now": 1_900_000_059.5 }));
    let real = set_clock(&visitor, json!({ "real": true })).await.json();
    assert!(real["now"].as_f64().unwrap() < 1_900_000_000.0, "{real}");
    assert_eq!(post(&visitor, "/test/reset", json!({})).await.status, 204);
    assert_eq!(set_clock(&visitor, json!({ "advance": 0 })).await.json(), json!({ "now": START }));
    for bad in [
        json!({}),
        json!({ "now": "soon" }),
        json!({ "now": -1 }),
        json!({ "now": 1e300 }),
        json!({ "advance": 1e12 }),
        json!({ "advance": 99_999_999_999_i64 }),
        json!({ "advance": -(START + 1) }),
        json!({ "real": false }),
        json!({ "now": 1, "advance": 1 }),
        json!({ "now": 1, "running": 1 }),
        json!({ "running": null }),
        json!({ "real": true, "running": true }),
        json!({ "now": 1, "advance": 1, "running": true }),
        json!({ "then": 1 }),
        json!([1]),
    ] {
        let answer = set_clock(&visitor, bad.clone()).await;
        assert_eq!((answer.status, answer.text("error").as_str()), (400, "bad_request"), "{bad}");
    }
    assert_eq!(
        set_clock(&visitor, json!({ "advance": 0 })).await.json(),
        json!({ "now": START }),
        "a bad value moves nothing"
    );
}

#[tokio::test]
async fn any_header_and_claims_are_signed_by_the_key_that_is_named() {
    let app = app();
    let visitor = app.visitor();
    let claims = json!({ "sub": "alice", "iat": START, "exp": START + 60, "admin": true });
    let order = json!({ "algorithm": "RS256", "key": "demo", "claims": claims });
    let token = post(&visitor, "/test/sign", order).await.text("token");
    assert_eq!(judged(&visitor, "demo", Some("RS256"), &token).await, "accepted");
    assert_eq!(part(&token, 1), claims.to_string());
    for (key, algorithm) in
        [("rest-api", "HS256"), ("twilio", "HS256"), ("zoom", "HS512"), ("telesign", "HS384"), ("bearer", "PS256")]
    {
        let order = json!({ "algorithm": algorithm, "key": key, "header": { "alg": algorithm, "x": 1 }, "claims": {} });
        let token = post(&visitor, "/test/sign", order).await.text("token");
        assert_eq!(part(&token, 0), json!({ "alg": algorithm, "x": 1 }).to_string(), "{key}");
        let expected = if algorithm == "HS256" { "bad_claim" } else { "alg_not_allowed" };
        assert_eq!(judged(&visitor, key, None, &token).await, expected, "{key}");
    }
    let raw = json!({ "header_text": r#"{"alg":"HS256","alg":"none"}"#, "claims_text": "not json" });
    let token = post(&visitor, "/test/sign", raw).await.text("token");
    assert_eq!((part(&token, 0).as_str(), part(&token, 1).as_str()), (r#"{"alg":"HS256","alg":"none"}"#, "not json"));
    assert_eq!(judged(&visitor, "demo", None, &token).await, "malformed");
    let none = post(&visitor, "/test/sign", json!({ "algorithm": "none", "claims": {} })).await.text("token");
    assert!(none.ends_with('.'), "{none}");
    assert_eq!(judged(&visitor, "demo", None, &none).await, "alg_not_allowed");
}

/// Long because it is one table of cases.
#[tokio::test]
async fn a_key_in_the_order_itself_signs() {
    let app = app();
    let visitor = &app.visitor();
    let sign = async |order: Value| post(visitor, "/test/sign", order).await;
    let verified = async |token: &str, key: &Value| {
        post(visitor, "/lab/inspect", json!({ "action": "verify", "token": token, "key": key })).await.text("code")
    };
    let jwk = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let mut es256 = jwk(include_str!("../fixtures/rfc/7515-a3.jwk.json"));
    let mut eddsa = jwk(include_str!("../fixtures/rfc/8037-a4.jwk.json"));
    (es256["kid"], eddsa["kid"]) = (json!("one"), json!("two"));
    let pem = json!(include_str!("../fixtures/keys/ec-sec1.pem"));
    let openssh = json!(include_str!("../fixtures/keys/ed25519-openssh"));
    for (key, algorithm) in [(&es256, "ES256"), (&eddsa, "EdDSA"), (&pem, "ES256"), (&openssh, "EdDSA")] {
        let token = sign(json!({ "key": key, "claims": {} })).await.text("token");
        let header: Value = serde_json::from_str(&part(&token, 0)).unwrap();
        assert_eq!((&header["alg"], &header["kid"]), (&json!(algorithm), &key["kid"]));
        assert_eq!(
            verified(&token, &json!(key.as_str().map_or_else(|| key.to_string(), str::to_owned))).await,
            "accepted"
        );
        let answer = sign(json!({ "key": key, "algorithm": "ES384", "claims": {} })).await;
        assert!(answer.status == 400 && answer.body.contains("ES384 does not fit it"), "{}", answer.body);
    }
    let set = json!({ "keys": [es256, eddsa] });
    for (kid, algorithm) in [("one", "ES256"), ("two", "EdDSA")] {
        let by_kid = json!({ "key": set, "header": { "alg": algorithm, "kid": kid }, "claims": {} });
        for order in [by_kid, json!({ "key": set, "algorithm": algorithm, "claims": {} })] {
            let token = sign(order).await.text("token");
            assert!(part(&token, 0).contains(kid), "{token}");
            assert_eq!(verified(&token, &json!({ "jwk": set })).await, "accepted", "{kid}");
        }
    }
    for (key, told) in [
        (set, "2 keys that sign"),
        (json!(include_str!("../fixtures/keys/ec-openssh.pub")), "public key where the private key belongs"),
        (json!(include_str!("../fixtures/keys/rsa-pss-pkcs8.pem")), "an RSA key for PSS alone"),
        (json!({ "kty": "EC" }), "lacks the member `crv`"),
        (json!(7), "`key` must be a string"),
    ] {
        let answer = sign(json!({ "key": key, "claims": {} })).await;
        assert!(answer.status == 400 && answer.body.contains(told), "{told}: {}", answer.body);
    }
}

#[tokio::test]
async fn the_key_set_has_one_bearer_key_for_each_algorithm_and_each_signs() {
    for own in ["RS256", "PS384", "ES256", "EdDSA"] {
        let app = app().with_new_bearer_key(own);
        let visitor = &app.visitor();
        let jwks = Answer::to(visitor.request(Method::GET, "/.well-known/jwks.json")).await.json();
        let keys = jwks["keys"].as_array().unwrap();
        let ids: std::collections::HashSet<&str> = keys.iter().map(|key| key["kid"].as_str().unwrap()).collect();
        assert_eq!((keys.len(), ids.len()), (10, 10), "the demo's, and nine");
        for algorithm in Algorithm::NAMES_OF_PAIRS {
            let order = json!({ "algorithm": algorithm, "key": "bearer", "claims": { "sub": "alice" } });
            let token = post(visitor, "/test/sign", order).await.text("token");
            let header: Value = serde_json::from_str(&part(&token, 0)).unwrap();
            let kid = header["kid"].as_str().unwrap();
            let key = keys.iter().find(|key| key["kid"] == kid).unwrap();
            assert_eq!(
                (&header["alg"], &key["alg"], &key["use"]),
                (&json!(algorithm), &json!(algorithm), &json!("sig"))
            );
            assert_eq!(kid.ends_with(&format!(".{algorithm}")), algorithm != own, "{kid}");
            let check = json!({ "action": "verify", "token": token, "key": { "jwk": key } });
            assert_eq!(post(visitor, "/lab/inspect", check).await.text("code"), "accepted", "{algorithm}");
            let expected = if algorithm == own { "bad_claim" } else { "alg_not_allowed" };
            assert_eq!(judged(visitor, "bearer", None, &token).await, expected, "{own} {algorithm}");
        }
        let flawed = post(visitor, "/test/flawed", json!({ "flaw": "wrong_key", "profile": "bearer" })).await;
        assert_eq!(judged(visitor, "bearer", None, &flawed.text("token")).await, "bad_signature", "{own}");
    }
}

#[tokio::test]
async fn a_bad_order_is_told_what_is_accepted() {
    let app = app();
    let visitor = app.visitor();
    let good = json!({ "claims": {} });
    let bad = [
        ("/test/sign", json!({ "algorithm": "HS999", "claims": {} })),
        ("/test/sign", json!({ "algorithm": "RS256", "key": "zoom", "claims": {} })),
        ("/test/sign", json!({ "key": "session", "claims": {} })),
        ("/test/sign", json!({})),
        ("/test/sign", json!({ "claims": [] })),
        ("/test/sign", json!({ "claims": {}, "claims_text": "{}" })),
        ("/test/flawed", json!({ "profile": "demo" })),
        ("/test/flawed", json!({ "flaw": "ugly" })),
        ("/test/flawed", json!({ "flaw": "expired", "profile": "none" })),
        ("/test/session", json!({})),
        ("/test/session", json!({ "token": 1 })),
        ("/test/session", json!({ "token": "x", "algorithm": "none" })),
        ("/test/rotate", json!({ "after": -1 })),
        ("/test/rotate", json!({ "after": 1.5 })),
        ("/test/rotate", json!({ "after": 86_401 })),
    ];
    for (path, body) in bad {
        let answer = post(&visitor, path, body.clone()).await;
        assert_eq!((answer.status, answer.text("error").as_str()), (400, "bad_request"), "{path} {body}");
    }
    assert_eq!(post(&visitor, "/test/sign", good).await.status, 200);
}

/// Each body with the members that it may have.
const BODIES: [(&str, &str, &[&str]); 10] = [
    ("PUT", "/test/clock", &["now", "advance", "real", "running"]),
    ("POST", "/test/sign", &["algorithm", "key", "header", "header_text", "claims", "claims_text"]),
    ("POST", "/test/session", &["token", "algorithm"]),
    ("POST", "/test/flawed", &["flaw", "profile", "algorithm", "claims", "by"]),
    ("POST", "/test/rotate", &["keys", "withdraw", "after"]),
    ("POST", "/test/fault", &["path", "status", "times", "delay_ms", "body", "retry_after"]),
    ("DELETE", "/test/fault", &[]),
    ("POST", "/test/reset", &[]),
    ("PUT", "/test/users/alice", &["claims"]),
    ("DELETE", "/test/users/alice", &[]),
];

/// Sends this text as JSON, and reads the refusal.
async fn refusal_of(visitor: &Visitor, method: &str, path: &str, body: &str) -> String {
    let request = visitor.request(method.parse().unwrap(), path).header("content-type", "application/json");
    let answer = Answer::to(request.body(body.to_owned())).await;
    assert_eq!((answer.status, answer.text("error").as_str()), (400, "bad_request"), "{path} {body}: {}", answer.body);
    answer.text("message")
}

#[tokio::test]
async fn a_member_that_a_body_does_not_have_is_named_and_so_are_those_that_it_has() {
    let app = app();
    let visitor = app.visitor();
    let start = set_clock(&visitor, json!({ "advance": 0 })).await.json();
    let good = [("/test/clock", "advance", "7"), ("/test/sign", "claims", "{}"), ("/test/session", "token", "\"x\"")];
    for (method, path, known) in BODIES {
        for unknown in
            ["alg", "Algorithm", "algorithm ", "x", "", "__proto__", "claim", "$serde_json::private::RawValue"]
        {
            let (_, member, value) = good.iter().find(|(it, ..)| *it == path).unwrap_or(&("", "y", "1"));
            for body in [format!("{{\"{unknown}\":\"RS256\"}}"), format!("{{\"{member}\":{value},\"{unknown}\":null}}")]
            {
                let said = refusal_of(&visitor, method, path, &body).await;
                let names_it = said.contains(&format!("unknown member \"{unknown}\"")) || said.contains("\"y\"");
                assert!(names_it && known.iter().all(|name| said.contains(&format!("`{name}`"))), "{body}: {said}");
            }
        }
        let long = format!("{{\"{}\":1}}", "`*\\u001b\\u202e".repeat(500));
        let said = refusal_of(&visitor, method, path, &long).await;
        assert!(said.len() < 1000 && !said.contains(['\u{1b}', '\u{202e}', '*']), "{said}");
    }
    assert_eq!(set_clock(&visitor, json!({ "advance": 0 })).await.json(), start, "what is refused moves nothing");
}

/// Long because it is one table of cases.
#[tokio::test]
async fn a_member_of_another_type_is_named_with_what_is_accepted() {
    let app = app();
    let visitor = app.visitor();
    for (method, path, body, says) in [
        ("PUT", "/test/clock", r#"{"now":"1"}"#, "`now` must be a number"),
        ("PUT", "/test/clock", r#"{"now":null}"#, "`now` must be a number"),
        ("PUT", "/test/clock", r#"{"advance":"60"}"#, "`advance` must be a number"),
        ("PUT", "/test/clock", r#"{"advance":true}"#, "`advance` must be a number"),
        ("PUT", "/test/clock", r#"{"real":1}"#, "`real` must be true"),
        ("PUT", "/test/clock", r#"{"now":1,"real":true}"#, "one of `now`, `advance` and `real`"),
        ("PUT", "/test/clock", r#"{"now":1,"running":"yes"}"#, "`running` must be true or false"),
        ("PUT", "/test/clock", r#"{"real":true,"running":true}"#, "`running` goes with `now` or `advance`"),
        ("POST", "/test/sign", r#"{"algorithm":256,"claims":{}}"#, "`algorithm` must be a string"),
        ("POST", "/test/sign", r#"{"algorithm":null,"claims":{}}"#, "`algorithm` must be a string"),
        ("POST", "/test/sign", r#"{"algorithm":"rs256","claims":{}}"#, "RS256"),
        ("POST", "/test/sign", r#"{"key":["demo"],"claims":{}}"#, "`key` must be a string"),
        ("POST", "/test/sign", r#"{"algorithm":"none","key":"nobody","claims":{}}"#, "`key` must be one of demo,"),
        ("POST", "/test/sign", r#"{"claims":{},"claims_text":""}"#, "Send `claims` or `claims_text`, and not both."),
        ("POST", "/test/sign", r#"{"header":"{}","claims":{}}"#, "`header` must be an object"),
        ("POST", "/test/sign", r#"{"header":null,"claims":{}}"#, "`header` must be an object"),
        ("POST", "/test/sign", r#"{"claims":"{}"}"#, "`claims` must be an object"),
        ("POST", "/test/sign", r#"{"claims_text":{}}"#, "`claims_text` must be a string"),
        ("POST", "/test/session", r#"{"token":null}"#, "`token` must be a string"),
        ("POST", "/test/session", r#"{"token":"x","algorithm":1}"#, "`algorithm` must be a string"),
        ("POST", "/test/flawed", r#"{"flaw":1}"#, "`flaw` must be a string"),
        ("POST", "/test/flawed", r#"{"flaw":"expired","profile":7}"#, "`profile` must be a string"),
        ("POST", "/test/fault", r#"{"status":503}"#, "`path` must be the path"),
        ("POST", "/test/fault", r#"{"path":7}"#, "`path` must be a string"),
        ("POST", "/test/fault", r#"{"path":"oauth/token"}"#, "`path` must be the path"),
        ("POST", "/test/fault", r#"{"path":"/oauth/token?x"}"#, "`path` must be the path"),
        ("POST", "/test/fault", r#"{"path":"/test/reset"}"#, "cannot fail"),
        ("POST", "/test/fault", r#"{"path":"/a","status":"503"}"#, "`status` must be a whole number from 200 to 599"),
        ("POST", "/test/fault", r#"{"path":"/a","status":199}"#, "`status` must be a whole number from 200 to 599"),
        ("POST", "/test/fault", r#"{"path":"/a","times":0}"#, "`times` must be a whole number from 1 to 1000"),
        (
            "POST",
            "/test/fault",
            r#"{"path":"/a","delay_ms":30001}"#,
            "`delay_ms` must be a whole number from 0 to 30000",
        ),
        ("POST", "/test/fault", r#"{"path":"/a","delay_ms":null}"#, "`delay_ms` must be a whole number"),
        ("POST", "/test/fault", r#"{"path":"/a","delay_ms":1,"body":"x"}"#, "`body` needs `status`"),
        ("POST", "/test/fault", r#"{"path":"/a","status":204,"body":"x"}"#, "the status 204 has no body"),
        ("POST", "/test/fault", r#"{"path":"/a","body":{}}"#, "`body` must be a string"),
        (
            "POST",
            "/test/fault",
            r#"{"path":"/a","retry_after":-1}"#,
            "`retry_after` must be a whole number from 0 to 86400",
        ),
        ("POST", "/test/fault", r#"{"path":"/a","retry_after":86401}"#, "`retry_after` must be a whole number"),
        ("POST", "/test/fault", r#"{"path":"/a","retry_after":"7"}"#, "`retry_after` must be a whole number"),
        ("POST", "/test/fault", r#"{"path":"/a","delay_ms":1,"retry_after":1}"#, "`retry_after` needs `status`"),
        ("PUT", "/test/users/alice", "{}", "`claims` must be an object"),
        ("PUT", "/test/users/alice", r#"{"claims":null}"#, "`claims` must be an object"),
        ("PUT", "/test/users/alice", r#"{"claims":["admin"]}"#, "`claims` must be an object"),
        ("PUT", "/test/users/alice", r#"{"claims":{"roles":[],"sub":"bob"}}"#, "`claims` must not have `sub`"),
        ("PUT", "/test/users/alice", r#"{"claims":{"at_hash":""}}"#, "iss, sub, aud, exp, iat, nonce, auth_time, azp"),
        ("PUT", "/test/users/alice", r#"{"claims":{"n":12345678901234567890123}}"#, "12345678901234567890123"),
        ("PUT", "/test/users/a%0Ab", r#"{"claims":{}}"#, "no control characters"),
        ("POST", "/test/flawed", r#"{"flaw":"expired","claims":[]}"#, "`claims` must be an object"),
        ("POST", "/test/flawed", r#"{"flaw":"expired","by":0}"#, "`by` must be a number of whole seconds"),
        ("POST", "/test/flawed", r#"{"flaw":"expired","by":1.5}"#, "`by` must be a number of whole seconds"),
        ("POST", "/test/flawed", r#"{"flaw":"no_audience","profile":"demo"}"#, "means nothing"),
        ("POST", "/test/rotate", r#"{"keys":"lab"}"#, "`keys` must be one of all, demo, bearer"),
        ("POST", "/test/rotate", r#"{"withdraw":1}"#, "`withdraw` must be true or false"),
        ("POST", "/test/rotate", r#"{"withdraw":true,"after":1}"#, "leave `after` out"),
        ("POST", "/test/rotate", r#"{"after":"60"}"#, "`after` must be a number of whole seconds"),
        ("POST", "/test/rotate", r#"{"after":null}"#, "`after` must be a number of whole seconds"),
        ("POST", "/test/rotate", r#"{"after":60.5}"#, "`after` must be a number of whole seconds"),
        ("POST", "/test/rotate", r#"{"after":1e300}"#, "`after` must be a number of whole seconds"),
    ] {
        let said = refusal_of(&visitor, method, path, body).await;
        assert!(said.contains(says), "{path} {body}: {said}");
    }
}

#[tokio::test]
async fn a_body_has_one_meaning_and_stands_nowhere_else() {
    let app = app();
    let visitor = app.visitor();
    for (method, path, known) in BODIES {
        for body in ["[]", "null", "7", "\"x\"", "{", "x", "{} {}"] {
            refusal_of(&visitor, method, path, body).await;
        }
        for name in known {
            let body = format!("{{\"{name}\":\"x\",\"{name}\":\"x\"}}");
            let said = refusal_of(&visitor, method, path, &body).await;
            assert!(said.contains(&format!("the member \"{name}\" twice")), "{said}");
        }
        let said = refusal_of(&visitor, method, &format!("{path}?after=60"), "{}").await;
        assert!(said.contains("takes no query"), "{said}");
        let request = visitor.request(method.parse().unwrap(), path).header("content-type", "text/plain").body("{}");
        assert_eq!(Answer::to(request).await.status, 415, "{path}");
    }
    // JSON writes a whole number with a fraction of zero too.
    for (path, body) in [
        ("/test/rotate", r#"{"keys":"demo","after":60.0}"#),
        ("/test/flawed", r#"{"flaw":"expired","by":3e1}"#),
        ("/test/fault", r#"{"path":"/a","status":503.0,"times":1.0}"#),
    ] {
        let request = visitor.request(Method::POST, path).header("content-type", "application/json").body(body);
        let answer = Answer::to(request).await;
        assert!((200..300).contains(&answer.status), "{path}: {}", answer.body);
    }
    for path in ["/test/rotate", "/test/reset"] {
        let bare = Answer::to(visitor.request(Method::POST, path)).await;
        assert!((200..300).contains(&bare.status), "{path} needs no body: {}", bare.body);
    }
}

#[tokio::test]
async fn a_session_holds_whatever_it_is_given() {
    let app = app();
    let visitor = app.visitor();
    let answer = post(&visitor, "/test/session", json!({ "token": "null" })).await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("set-cookie").starts_with("hallpass="));
    assert_eq!(visitor.verdict().await.1["code"], "malformed");
    let order = json!({ "flaw": "expired", "profile": "demo", "algorithm": "RS256" });
    let token = post(&visitor, "/test/flawed", order).await.text("token");
    post(&visitor, "/test/session", json!({ "token": token, "algorithm": "RS256" })).await;
    let (status, verdict) = visitor.verdict().await;
    assert_eq!((status, &verdict["code"]), (401, &json!("expired")));
    assert_eq!(location(&visitor.validate().await), "/Invalid%20token");
    assert_eq!(post(&visitor, "/test/session", json!({ "token": "x".repeat(4000) })).await.status, 413);
}

/// Whether the flaw is about a claim or a key that the profile's tokens do not have.
fn means_nothing(flaw: &str, profile: &str, algorithm: &str) -> bool {
    match flaw {
        "key_confusion" => profile != "bearer" && !(matches!(profile, "demo" | "lab") && algorithm == "RS256"),
        "wrong_audience" | "no_audience" => profile != "bearer",
        "wrong_issuer" => matches!(profile, "demo" | "rest-api" | "lab"),
        "duplicate_claim" => matches!(profile, "zoom" | "rest-api" | "telesign"),
        _ => false,
    }
}

#[tokio::test]
async fn every_flaw_of_every_profile_gets_the_code_that_was_announced() {
    let app = app();
    let visitor = app.visitor();
    for profile in profiles::NAMES {
        for algorithm in ["HS256", "RS256"] {
            for flaw in Flaw::NAMES {
                let order = json!({ "flaw": flaw, "profile": profile, "algorithm": algorithm });
                let answer = post(&visitor, "/test/flawed", order).await;
                if algorithm == "RS256" && !matches!(profile, "demo" | "lab" | "bearer") {
                    let message = "`algorithm` must be one of HS256.".to_owned();
                    assert_eq!((answer.status, answer.text("message")), (400, message), "{flaw} {profile}");
                    continue;
                }
                if (profile, algorithm) == ("bearer", "HS256") {
                    let nine = "RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA";
                    let message = format!("`algorithm` must be one of {nine}.");
                    assert_eq!((answer.status, answer.text("message")), (400, message), "{flaw}");
                    continue;
                }
                if means_nothing(flaw, profile, algorithm) {
                    assert_eq!(
                        (answer.status, answer.text("error").as_str()),
                        (400, "bad_request"),
                        "{flaw} {profile}"
                    );
                    assert!(answer.text("message").contains("means nothing"), "{}", answer.body);
                    continue;
                }
                let has_both = matches!(profile, "demo" | "lab");
                let judged = judged(&visitor, profile, has_both.then_some(algorithm), &answer.text("token")).await;
                assert_eq!(judged, answer.text("expected_code"), "{flaw} {profile} {algorithm}");
                assert_ne!(judged, "accepted");
            }
        }
    }
}

/// What each tutorial's own endpoint answers to a flawed token.
#[tokio::test]
async fn flawed_tokens_are_refused_at_their_own_doors() {
    let app = app();
    let visitor = app.visitor();
    let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    for flaw in Flaw::NAMES {
        let profiles = [("rest-api", 401), ("telesign", 401), ("bearer", 401), ("zoom", 400)];
        for (profile, status) in profiles.into_iter().filter(|(profile, _)| !means_nothing(flaw, profile, "HS256")) {
            let answer = post(&visitor, "/test/flawed", json!({ "flaw": flaw, "profile": profile })).await;
            let token = answer.text("token");
            let request = match profile {
                "rest-api" => visitor.request(Method::POST, "/anEndpoint").header("TOKEN", token),
                "telesign" => visitor.request(Method::POST, "/v1/verify").json(&json!({ "token": token })),
                "bearer" => visitor.request(Method::GET, "/api/me").bearer_auth(token),
                _ => {
                    visitor.request(Method::POST, "/oauth/token").form(&[("grant_type", grant), ("assertion", &token)])
                }
            };
            let refused = Answer::to(request).await;
            assert_eq!(refused.status, status, "{flaw} {profile}: {}", refused.body);
        }
    }
}

#[tokio::test]
async fn a_suite_sees_a_token_live_end_and_outlive_a_rotation() {
    let app = app();
    let visitor = app.visitor();
    let start = Instant::now();
    visitor.choose("RS256").await;
    visitor.get("/generate?ttl=86400").await;
    assert_eq!(visitor.verdict().await.0, 200);
    let before = key_ids(&visitor).await;

    let rotated = post(&visitor, "/test/rotate", json!({ "after": 60 })).await.json();
    assert_eq!(
        rotated["keys"].as_array().unwrap().len(),
        2 * before.len(),
        "each key's next is published before it signs"
    );
    let next = rotated["keys"][1]["kid"].as_str().unwrap().to_owned();
    assert!(!before.contains(&next));
    assert_eq!(key_ids(&visitor).await[0], before[0], "the old one still signs");

    set_clock(&visitor, json!({ "advance": 60 })).await;
    assert_eq!(key_ids(&visitor).await[0], next, "now the next one signs");
    assert_eq!(visitor.verdict().await.0, 200, "and the old one verifies");
    let other = app.visitor();
    other.choose("RS256").await;
    other.get("/generate?ttl=86400").await;
    assert_eq!(other.verdict().await.1["header"]["kid"], json!(next));

    let token = token_on(&visitor.page("/").await);
    advance(&visitor, 86_399 - 60, "RS256", &token).await;
    assert_eq!(visitor.verdict().await.0, 200, "a second before its end");
    advance(&visitor, 1, "RS256", &token).await;
    assert_eq!(visitor.verdict().await.1["code"], "expired");
    advance(&visitor, 60, "RS256", &token).await;
    assert_eq!(visitor.verdict().await.1["code"], "unknown_kid", "its key is gone with its last token");
    assert!(!key_ids(&visitor).await.contains(&before[0]));

    post(&visitor, "/test/reset", json!({})).await;
    assert_eq!(key_ids(&visitor).await, before);
    assert!(start.elapsed().as_secs() < 60, "a suite with a clock of its own waits for nothing");
}

/// A token of each profile from its own endpoint, with the profile's name.
async fn a_token_of_each(visitor: &Visitor) -> [(&'static str, String); 6] {
    let login = json!({ "username": "susan", "password": "secret" });
    visitor.generate().await;
    let demo = token_on(&visitor.page("/").await);
    let twilio = post(visitor, "/token", login.clone()).await.text("token");
    let zoom = post(visitor, "/zoom/token", login).await.text("token");
    let exchange = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", &zoom)];
    let bearer = Answer::to(visitor.request(Method::POST, "/oauth/token").form(&exchange)).await.text("access_token");
    let form = [("username", "susan"), ("password", "secret")];
    let rest = Answer::to(visitor.request(Method::POST, "/loginEndpoint").form(&form)).await.text("token");
    let phone = visitor.get("/v1/token/15555551212").await.text().await.unwrap();
    [("demo", demo), ("twilio", twilio), ("zoom", zoom), ("bearer", bearer), ("rest-api", rest), ("telesign", phone)]
}

#[tokio::test]
async fn a_token_of_each_profile_is_good_until_the_clock_goes_past_its_end() {
    let app = app();
    let visitor = app.visitor();
    let tokens = a_token_of_each(&visitor).await;
    for (profile, token) in &tokens {
        assert_eq!(judged(&visitor, profile, None, token).await, "accepted", "{profile}");
    }
    set_clock(&visitor, json!({ "advance": 3600 })).await;
    for (profile, token) in &tokens {
        assert_eq!(judged(&visitor, profile, None, token).await, "expired", "{profile}");
    }
}

#[tokio::test]
async fn a_rotated_secret_verifies_until_its_tokens_have_died() {
    let app = app();
    let visitor = app.visitor();
    visitor.get("/generate?ttl=86400").await;
    post(&visitor, "/test/rotate", json!({})).await;
    assert_eq!(visitor.verdict().await.0, 200);
    let other = app.visitor();
    other.get("/generate?ttl=86400").await;
    let (old, new) = (token_on(&visitor.page("/").await), token_on(&other.page("/").await));
    advance(&visitor, 86_399, "HS256", &old).await;
    advance(&other, 0, "HS256", &new).await;
    assert_eq!((visitor.verdict().await.0, other.verdict().await.0), (200, 200));
    advance(&visitor, 2, "HS256", &old).await;
    advance(&other, 0, "HS256", &new).await;
    assert_eq!(visitor.verdict().await.1["code"], "bad_signature", "the secret is gone, and nothing names it");
    assert_eq!(other.verdict().await.1["code"], "expired");
}

#[tokio::test]
async fn a_reset_forgets_who_asked_how_often() {
    let app = TestApp::with(&[("test-mode", "on"), ("phone-rate", "1/m")]);
    let visitor = app.visitor();
    let ask = async || visitor.get("/v1/token/15555551212").await.status().as_u16();
    assert_eq!((ask().await, ask().await), (200, 429));
    post(&visitor, "/test/reset", json!({})).await;
    assert_eq!(ask().await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_clients_at_once_do_not_disturb_each_other() {
    let app = TestApp::with(&[("test-mode", "on"), ("phone-rate", "off"), ("workers", "2")]);
    let clients = (0..200).map(|number| {
        let visitor = app.visitor();
        tokio::spawn(async move {
            let name = format!("client{number}");
            visitor.get(&format!("/generate?sub={name}")).await;
            let order = json!({ "flaw": Flaw::ALL[number % 8].as_str(), "profile": profiles::NAMES[number % 7] });
            let flawed = post(&visitor, "/test/flawed", order).await;
            assert_eq!(flawed.status, 200);
            let (status, verdict) = visitor.verdict().await;
            assert_eq!((status, &verdict["claims"]["sub"]), (200, &json!(name)));
            let phone = visitor.get(&format!("/v1/token/1555{number:07}")).await;
            assert_eq!(phone.status(), 200);
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
}
