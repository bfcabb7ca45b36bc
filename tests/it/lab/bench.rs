//! The bench: what it answers to programs, what its page keeps, and that it gives no secret away.

use std::fs;

use chrono::{DateTime, TimeDelta, Utc};
use hallpass::profiles::demo::{DemoAlgorithm, Subject};
use hallpass::profiles::{Lifetime, bearer, demo, lab};
use hallpass::store::{Sqlite, Store as _};
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Answer, START, TestApp, Visitor, fixture, part, token_on};
use crate::cli::Program;
use crate::html::{between, unescaped, words};
use crate::profile_separation;

/// A secret long enough to find again wherever it stands.
const SECRET: &str = "correct-horse-battery-staple-is-long";

/// Claims in an order and a spelling that a parser would lose.
const CLAIMS: &str = r#"{ "z": 18446744073709551616, "sub": "zo\u00eb" , "a": [1.50, 1e2, -9223372036854775808] }"#;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(START, 0).unwrap()
}

fn text_of(key: &str) -> String {
    fs::read_to_string(fixture(key)).unwrap()
}

/// Sends this text as JSON.
async fn post(visitor: &Visitor, body: impl Into<String>) -> Answer {
    let request = visitor.request(Method::POST, "/lab/inspect").header("content-type", "application/json");
    Answer::to(request.body(body.into())).await
}

/// The answer to a program, which must be one of success.
async fn ask(visitor: &Visitor, order: Value) -> Value {
    let answer = post(visitor, order.to_string()).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"), "{}", answer.body);
    answer.json()
}

async fn signed(visitor: &Visitor, key: Value, claims: Value) -> String {
    let answer = ask(visitor, json!({ "action": "sign", "key": key, "claims": claims })).await;
    assert_eq!(answer.as_object().unwrap().len(), 1, "the token alone: {answer}");
    answer["token"].as_str().unwrap().to_owned()
}

/// Sends the form as a browser does.
async fn submit(visitor: &Visitor, fields: &[(&str, &str)]) -> Answer {
    let request = visitor.request(Method::POST, "/lab/inspect").header("accept", "text/html,*/*;q=0.8");
    Answer::to(request.form(fields)).await
}

fn outcome<'a>(verdict: &'a Value, check: &str) -> &'a Value {
    let checks = verdict["checks"].as_array().unwrap();
    &checks.iter().find(|it| it["check"] == check).unwrap_or_else(|| panic!("no {check} in {verdict}"))["outcome"]
}

// ── decode

#[tokio::test]
async fn a_text_without_three_parts_is_drawn_as_one_text_and_as_no_part_of_a_token() {
    let app = TestApp::spawn();
    for (token, class) in [("hello", "whole"), ("e30.e30.c2ln", "payload")] {
        let page = submit(&app.visitor(), &[("action", "decode"), ("token", token)]).await.body;
        let parts: Vec<&str> =
            page.split("class=\"token-part ").skip(1).map(|rest| rest.split_once('"').unwrap().0).collect();
        assert_eq!(parts.contains(&"payload"), class == "payload", "{parts:?}");
        assert_eq!(parts.contains(&"whole"), class == "whole", "{parts:?}");
    }
}

#[tokio::test]
async fn decode_shows_what_stands_there_and_believes_nothing() {
    let app = TestApp::spawn();
    let token = demo::issue(&app.ring(), DemoAlgorithm::HS256, &Subject::default(), Lifetime::MINUTE, now()).unwrap();
    let verdict = ask(&app.visitor(), json!({ "action": "decode", "token": token.as_str() })).await;
    assert_eq!((&verdict["accepted"], &verdict["code"]), (&json!(false), &json!("not_verified")));
    assert_eq!(verdict["header"], json!({ "alg": "HS256", "typ": "JWT" }));
    assert_eq!(verdict["unverified_claims"], json!({ "sub": "bob", "iat": START, "exp": START + 60 }));
    assert!(verdict.get("claims").is_none());
    assert_eq!([outcome(&verdict, "header"), outcome(&verdict, "key")], ["passed", "not_reached"]);
}

#[tokio::test]
async fn a_token_over_8192_bytes_is_a_verdict_and_not_a_refusal() {
    let app = TestApp::spawn();
    let token = format!("{}.e30.", "A".repeat(8192));
    for action in ["decode", "verify"] {
        let verdict = ask(&app.visitor(), json!({ "action": action, "token": token })).await;
        assert_eq!(verdict["code"], "too_large", "{action}");
        let page = submit(&app.visitor(), &[("action", action), ("token", &token)]).await;
        assert_eq!(page.status, 200);
        assert!(page.body.contains("<code>too_large</code>"));
    }
    for action in ["decode", "verify"] {
        assert_eq!(ask(&app.visitor(), json!({ "action": action })).await["code"], "no_token");
    }
}

// ── verify with the server's keys

/// A token of every profile, as the server itself would issue it.
fn tokens_of_this_server(app: &TestApp) -> Vec<(&'static str, Option<&'static str>, String)> {
    let ring = app.ring();
    let [hs256, rs256, twilio, zoom, _, rest_api, telesign] = profile_separation::tokens(&ring, now());
    let grant = bearer::AccessTokenParties { issuer: &app.url, subject: "alice", client_id: "client" };
    let bearer = bearer::issue(&ring, &grant, [7; 16], now()).unwrap().into_string();
    let of_lab = |under| {
        let claims = lab::claims(&Subject::default(), Lifetime::MINUTE, "j", now());
        lab::issue(lab::keys(&ring, under), &claims).unwrap().into_string()
    };
    vec![
        ("demo", None, hs256.clone()),
        ("demo", Some("HS256"), hs256),
        ("demo", Some("RS256"), rs256),
        ("twilio", None, twilio),
        ("zoom", Some("HS256"), zoom),
        ("bearer", None, bearer.clone()),
        ("bearer", Some("RS256"), bearer),
        ("rest-api", None, rest_api),
        ("telesign", None, telesign),
        ("lab", None, of_lab(DemoAlgorithm::HS256)),
        ("lab", Some("RS256"), of_lab(DemoAlgorithm::RS256)),
    ]
}

#[tokio::test]
async fn each_profile_takes_its_own_tokens_by_its_whole_rules_and_no_others() {
    let app = TestApp::spawn();
    let tokens = tokens_of_this_server(&app);
    for (profile, algorithm, token) in &tokens {
        let order = json!({ "action": "verify", "token": token, "profile": profile, "algorithm": algorithm });
        let verdict = ask(&app.visitor(), order).await;
        assert_eq!(verdict["code"], "accepted", "{profile} {algorithm:?}: {verdict}");
        assert!(verdict["claims"].is_object() && verdict.get("unverified_claims").is_none());
        assert_eq!([outcome(&verdict, "profile"), outcome(&verdict, "revocation")], ["passed", "passed"], "{profile}");
        let others = tokens.iter().filter(|(other, ..)| other != profile);
        for (other, _, token) in others {
            let order = json!({ "action": "verify", "token": token, "profile": profile, "algorithm": algorithm });
            assert_eq!(ask(&app.visitor(), order).await["accepted"], false, "{profile} takes {other}");
        }
    }
}

#[tokio::test]
async fn without_a_profile_and_an_algorithm_it_is_the_demo_under_the_session_s_algorithm() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let issue = |under| demo::issue(&app.ring(), under, &Subject::default(), Lifetime::MINUTE, now()).unwrap();
    let order = |under| json!({ "action": "verify", "token": issue(under).as_str() });
    assert_eq!(ask(&visitor, order(DemoAlgorithm::HS256)).await["code"], "accepted");
    assert_eq!(ask(&visitor, order(DemoAlgorithm::RS256)).await["code"], "alg_not_allowed");
    visitor.choose("RS256").await;
    assert_eq!(ask(&visitor, order(DemoAlgorithm::RS256)).await["code"], "accepted");
    assert_eq!(ask(&visitor, order(DemoAlgorithm::HS256)).await["code"], "alg_not_allowed");
    app.advance(60);
    assert_eq!(ask(&visitor, order(DemoAlgorithm::RS256)).await["code"], "expired");
}

#[tokio::test]
async fn tokens_of_the_lab_and_bearer_tokens_are_refused_once_they_are_revoked() {
    let app = TestApp::spawn();
    let store = Sqlite::open(&format!("sqlite:{}", app.keys().join("hallpass.db").display())).await.unwrap();
    let revocable = tokens_of_this_server(&app).into_iter().filter(|(profile, ..)| ["lab", "bearer"].contains(profile));
    for (profile, algorithm, token) in revocable.collect::<Vec<_>>() {
        let order = json!({ "action": "verify", "token": token, "profile": profile, "algorithm": algorithm });
        let claims: Value = serde_json::from_str(&part(&token, 1)).unwrap();
        store.revoke(profile, claims["jti"].as_str().unwrap(), now() + TimeDelta::hours(1)).await.unwrap();
        let verdict = ask(&app.visitor(), order).await;
        assert_eq!((&verdict["code"], outcome(&verdict, "revocation")), (&json!("revoked"), &json!("failed")));
    }
    store.close().await;
}

// ── a pasted key

/// Every form of one RSA key that signs, and of those that only verify.
fn rsa_keys() -> (Vec<Value>, Vec<Value>) {
    let jwk = |name| serde_json::from_str::<Value>(&text_of(name)).unwrap();
    let private = ["rsa-openssh", "rsa-pkcs1.pem", "rsa-pkcs8.pem"].map(|name| json!({ "pem": text_of(name) }));
    let public = ["rsa-public-spki.pem", "rsa-public-pkcs1.pem", "rsa-openssh.pub"];
    let public = public.map(|name| json!({ "pem": text_of(name) }));
    let jwks = |name| [json!({ "jwk": jwk(name) }), json!({ "jwk": text_of(name) }), json!(text_of(name))];
    (
        private.into_iter().chain(jwks("rsa-private.jwk.json")).collect(),
        public.into_iter().chain(jwks("rsa-public.jwk.json")).collect(),
    )
}

#[tokio::test]
async fn an_rsa_key_in_any_form_signs_and_its_other_half_verifies() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let (privates, publics) = rsa_keys();
    for private in &privates {
        let token = signed(&visitor, private.clone(), json!({ "sub": "bob" })).await;
        for key in privates.iter().chain(&publics) {
            let verdict = ask(&visitor, json!({ "action": "verify", "token": token, "key": key })).await;
            assert_eq!((&verdict["code"], &verdict["claims"]), (&json!("accepted"), &json!({ "sub": "bob" })));
            assert_eq!(verdict["checks"].as_array().unwrap().len(), 10, "signature and times, and no profile");
        }
        let other = json!({ "pem": text_of("other-openssh.pub") });
        let verdict = ask(&visitor, json!({ "action": "verify", "token": token, "key": other })).await;
        assert_eq!(verdict["code"], "bad_signature");
    }
    for public in publics {
        let answer = post(&visitor, json!({ "action": "sign", "key": public, "claims": {} }).to_string()).await;
        assert_eq!(answer.status, 400);
        assert!(answer.text("message").contains("a public key where the private key belongs"), "{}", answer.body);
    }
}

#[tokio::test]
async fn a_secret_signs_and_verifies_as_text_and_as_jwk() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let k = "Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5LXN0YXBsZS1pcy1sb25n";
    let keys = [json!({ "secret": SECRET }), json!({ "jwk": { "kty": "oct", "k": k } }), json!(SECRET)];
    for key in &keys {
        let token = signed(&visitor, key.clone(), json!({})).await;
        for other in &keys {
            let verdict = ask(&visitor, json!({ "action": "verify", "token": token, "key": other })).await;
            assert_eq!(verdict["code"], "accepted", "{key} {other}");
        }
        let padded = json!({ "secret": format!("{SECRET}\n") });
        let verdict = ask(&visitor, json!({ "action": "verify", "token": token, "key": padded })).await;
        assert_eq!(verdict["code"], "bad_signature", "a secret is used as it is");
    }
}

#[tokio::test]
async fn the_algorithm_follows_the_key_unless_it_is_named() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let rsa = json!({ "pem": text_of("rsa-openssh") });
    for (key, algorithms) in [
        (json!({ "secret": SECRET }), &["HS256", "HS384", "HS512"][..]),
        (rsa, &["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]),
    ] {
        for algorithm in algorithms {
            let order = json!({ "action": "sign", "key": key, "algorithm": algorithm, "claims": {} });
            let token = ask(&visitor, order).await["token"].clone();
            let named = json!({ "action": "verify", "token": token, "key": key, "algorithm": algorithm });
            assert_eq!(ask(&visitor, named).await["code"], "accepted", "{algorithm}");
            let unnamed = ask(&visitor, json!({ "action": "verify", "token": token, "key": key })).await;
            let is_usual = matches!(*algorithm, "HS256" | "RS256");
            assert_eq!(unnamed["code"] == "accepted", is_usual, "{algorithm}");
            assert_eq!(unnamed["code"] == "alg_not_allowed", !is_usual, "{algorithm}");
        }
    }
}

#[tokio::test]
async fn a_pasted_key_ignores_kid_profile_and_the_server_s_own_keys() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let order = json!({
        "action": "sign", "key": { "secret": SECRET }, "header": { "kid": "another", "typ": "x" }, "claims": { "aud": "y" },
    });
    let token = ask(&visitor, order).await["token"].clone();
    let order = json!({ "action": "verify", "token": token, "profile": "twilio", "key": { "secret": SECRET } });
    assert_eq!(ask(&visitor, order).await["code"], "accepted");
    let own_token =
        demo::issue(&app.ring(), DemoAlgorithm::HS256, &Subject::default(), Lifetime::MINUTE, now()).unwrap();
    let order = json!({ "action": "verify", "token": own_token.as_str(), "key": { "secret": SECRET } });
    assert_eq!(ask(&visitor, order).await["code"], "bad_signature");
}

#[tokio::test]
async fn the_verdict_is_that_of_hallpass_inspect() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let program = Program::new().holding("secret.txt", format!("{SECRET}\n"));
    let good = program.sign(&["--key", "secret.txt", "--claims", r#"{"sub":"bob"}"#]);
    let over = program.sign(&["--key", "secret.txt", "--claims", r#"{"sub":"bob","exp":1}"#]);
    let in_ms = program.sign(&["--key", "secret.txt", "--claims", r#"{"exp":1800000000000}"#]);
    let tampered = format!("{}x", &good[..good.len() - 1]);
    assert_eq!(
        signed(&visitor, json!({ "secret": SECRET }), json!({ "sub": "bob" })).await,
        good,
        "and the same token"
    );
    for token in [good.as_str(), &in_ms, &over, &tampered, "", "a.b", "a.b.c", "e30.e30.e30"] {
        let (_, printed) = program.inspect(&["--key", "secret.txt"], token);
        let verdict = ask(&visitor, json!({ "action": "verify", "token": token, "key": { "secret": SECRET } })).await;
        // The two name the key's source, each its own, and their clocks differ.
        let names: Vec<_> = [&printed, &verdict].map(|it| it.as_object().unwrap().keys().cloned().collect()).to_vec();
        let names: [Vec<String>; 2] = names.try_into().unwrap();
        assert_eq!(names[0], names[1], "{token}");
        for member in ["accepted", "code", "header", "claims", "unverified_claims"] {
            assert_eq!(printed.get(member), verdict.get(member), "{token}");
        }
        let checks = |verdict: &Value| -> Vec<Value> {
            let checks = verdict["checks"].as_array().unwrap().iter();
            checks.map(|it| json!([it["check"], it["outcome"], it["code"], it["rfc"]])).collect()
        };
        assert_eq!(checks(&printed), checks(&verdict), "{token}");
    }
}

// ── sign

#[tokio::test]
async fn claims_are_signed_as_they_are_written_but_for_blanks() {
    let app = TestApp::spawn();
    let body = |claims: &str| format!(r#"{{"action":"sign","key":{{"secret":"{SECRET}"}},"claims":{claims}}}"#);
    let wanted = r#"{"z":18446744073709551616,"sub":"zo\u00eb","a":[1.50,1e2,-9223372036854775808]}"#;
    for claims in [CLAIMS.to_owned(), Value::from(CLAIMS).to_string()] {
        let answer = post(&app.visitor(), body(&claims)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(part(&answer.text("token"), 1), wanted);
    }
    let page = submit(&app.visitor(), &[("action", "sign"), ("key", SECRET), ("claims", CLAIMS)]).await;
    assert_eq!(part(&token_on(&page.body), 1), wanted);
}

#[tokio::test]
async fn a_header_goes_over_alg_and_typ_and_never_changes_the_algorithm() {
    let app = TestApp::spawn();
    let sign = async |header: Value| {
        let order = json!({ "action": "sign", "key": { "secret": SECRET }, "header": header, "claims": {} });
        post(&app.visitor(), order.to_string()).await
    };
    for (header, wanted) in [
        (json!(null), r#"{"alg":"HS256","typ":"JWT"}"#),
        (
            json!({ "kid": "k", "typ": "at+jwt", "crit": ["x"] }),
            r#"{"alg":"HS256","typ":"at+jwt","kid":"k","crit":["x"]}"#,
        ),
        (json!({ "alg": "HS256", "n": u64::MAX }), r#"{"alg":"HS256","typ":"JWT","n":18446744073709551615}"#),
        (json!("{\"x\":1}"), r#"{"alg":"HS256","typ":"JWT","x":1}"#),
    ] {
        assert_eq!(part(&sign(header).await.text("token"), 0), wanted);
    }
    for header in
        [json!({ "alg": "none" }), json!({ "alg": "HS384" }), json!({ "alg": null }), json!({ "alg": "hs256" })]
    {
        let answer = sign(header).await;
        assert_eq!(answer.status, 400);
        assert!(answer.text("message").contains("The key signs HS256"), "{}", answer.body);
    }
    let bound = json!({ "kty": "oct", "k": "c2VjcmV0", "alg": "HS512", "kid": "mine" });
    let token = signed(&app.visitor(), json!({ "jwk": bound }), json!({})).await;
    assert_eq!(part(&token, 0), r#"{"alg":"HS512","kid":"mine","typ":"JWT"}"#, "a JWK's own alg and kid");
}

#[tokio::test]
async fn verifying_never_signs_and_signing_never_uses_the_server_s_keys() {
    let app = TestApp::spawn();
    for profile in ["demo", "lab", "bearer"] {
        for key in [json!(null), json!({ "secret": null })] {
            let order = json!({ "action": "sign", "profile": profile, "key": key, "claims": { "sub": "eve" } });
            let answer = post(&app.visitor(), order.to_string()).await;
            assert_eq!((answer.status, answer.text("error").as_str()), (400, "bad_request"), "{profile}");
        }
        let page = submit(&app.visitor(), &[("action", "sign"), ("profile", profile), ("claims", "{}")]).await;
        assert_eq!(page.status, 400);
        assert!(page.body.contains("this server’s own keys sign nothing here"));
    }
    let verdict =
        ask(&app.visitor(), json!({ "action": "verify", "token": "a.b.c", "claims": {}, "header": {} })).await;
    assert!(verdict.get("token").is_none());
}

// ── what is refused

/// Long because it is one table of cases.
#[tokio::test]
async fn what_cannot_be_used_is_a_400_that_says_why() {
    let app = TestApp::spawn();
    let secret = format!(r#""key":{{"secret":"{SECRET}"}}"#);
    let sign = |rest: &str| format!(r#"{{"action":"sign",{rest}}}"#);
    let pem = |name: &str| sign(&format!(r#""claims":{{}},"key":{}"#, json!({ "pem": text_of(name) })));
    let table = [
        ("[]".to_owned(), "must be a JSON object"),
        ("{".to_owned(), "must be a JSON object that has each member once"),
        (r#"{"action":"verify","token":"a","token":"b"}"#.to_owned(), "duplicate field `token`"),
        ("{}".to_owned(), "decode, verify or sign"),
        (r#"{"action":"mine"}"#.to_owned(), "decode, verify or sign"),
        (r#"{"action":["sign"]}"#.to_owned(), "`action` must be a string"),
        (r#"{"action":"decode","token":7}"#.to_owned(), "`token` must be a string"),
        (r#"{"action":"verify","profile":"Demo"}"#.to_owned(), "demo, twilio, zoom, bearer, rest-api, telesign, lab"),
        (r#"{"action":"verify","algorithm":"none"}"#.to_owned(), "HS256, HS384"),
        (r#"{"action":"decode","algorithm":"hs256"}"#.to_owned(), "HS256, HS384"),
        (r#"{"action":"verify","algorithm":"HS512"}"#.to_owned(), "HS256 or RS256"),
        (r#"{"action":"verify","profile":"bearer","algorithm":"HS256"}"#.to_owned(), "only with RS256"),
        (sign(r#""key":{"secret":"a","pem":"b"},"claims":{}"#), "not in two at once"),
        (r#"{"action":"decode","key":{"secret":"a","jwk":{}}}"#.to_owned(), "not in two at once"),
        (sign(r#""key":{},"claims":{}"#), "one of `secret`, `pem` and `jwk`"),
        (sign(r#""key":7,"claims":{}"#), "`key` must be a JSON object"),
        (sign(r#""key":{"secret":""},"claims":{}"#), "it is empty"),
        (sign(r#""key":{"pem":"mysecret"},"claims":{}"#), "not a key in PEM"),
        (sign(r#""key":{"jwk":{"kty":"EC"}},"claims":{}"#), "lacks the member `crv`"),
        (sign(r#""key":{"jwk":"mysecret"},"claims":{}"#), "JWK is not one"),
        (pem("rsa-pss-pkcs8.pem"), "an RSA key for PSS alone"),
        (pem("rsa-1024-pkcs8.pem"), "1024 bits"),
        (pem("rsa-openssh-encrypted"), "protected by a passphrase"),
        (sign(&format!(r#"{secret},"algorithm":"RS256","claims":{{}}"#)), "RS256 does not fit it"),
        (sign(&secret), "`claims` are missing"),
        (sign(&format!(r#"{secret},"claims":[1]"#)), "found an array, not an object"),
        (sign(&format!(r#"{secret},"claims":"x""#)), "`claims` must be a JSON object"),
        (sign(&format!(r#"{secret},"claims":{{"a":1,"a":2}}"#)), "twice"),
        (sign(&format!(r#"{secret},"claims":{{"exp":1e999}}"#)), "too large for a 64-bit float"),
        (sign(&format!(r#"{secret},"claims":{{}},"header":[]"#)), "`header` must be a JSON object"),
    ];
    for (body, told) in table {
        let answer = post(&app.visitor(), body.clone()).await;
        assert_eq!((answer.status, answer.text("error").as_str()), (400, "bad_request"), "{body}: {}", answer.body);
        assert!(answer.text("message").contains(told), "{told}: {}", answer.body);
        assert!(!answer.body.contains(SECRET));
    }
}

#[tokio::test]
async fn a_body_over_64_kib_or_of_another_type_is_refused() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let order = |length: usize| json!({ "action": "decode", "token": "x".repeat(length) }).to_string();
    let around = order(0).len();
    assert_eq!(post(&visitor, order(64 * 1024 - around)).await.json()["code"], "too_large", "the verdict's own");
    let answer = post(&visitor, order(64 * 1024 - around + 1)).await;
    assert_eq!((answer.status, answer.text("error").as_str()), (413, "too_large"));
    assert!(answer.text("message").contains("65536"), "{}", answer.body);
    for kind in ["text/plain", "multipart/form-data; boundary=x", ""] {
        let request = visitor.request(Method::POST, "/lab/inspect").header("content-type", kind);
        let answer = Answer::to(request.body(r#"{"action":"decode"}"#)).await;
        assert_eq!((answer.status, answer.text("error").as_str()), (415, "unsupported_media_type"), "{kind}");
    }
}

// ── the page

#[tokio::test]
async fn the_empty_bench_has_a_blank_ticket_and_reads_no_query() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let page = visitor.page("/lab/inspect?token=eyJ4eXp6eQ.e30.x&key=xyzzy").await;
    assert!(!page.contains("eyJ4eXp6eQ") && !page.contains("xyzzy"));
    assert_eq!(token_on(&page), "..", "three empty parts");
    for value in ["decode", "verify", "sign"] {
        assert!(page.contains(&format!("name=\"action\" value=\"{value}\"")), "{value}");
    }
    for field in ["token", "profile", "key", "algorithm", "claims", "header"] {
        assert!(page.contains(&format!("<label for=\"{field}\">")), "{field}");
        assert!(page.contains(&format!("name=\"{field}\"")), "{field}");
    }
    assert!(!page.contains("value=\"mine\""), "there is no token of one's own yet");
}

#[tokio::test]
async fn a_form_answers_a_program_in_json_when_it_asks_for_it() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let send = async |fields: &[(&str, &str)]| {
        let request = visitor.request(Method::POST, "/lab/inspect").header("accept", "application/json");
        Answer::to(request.form(fields)).await
    };
    for (field, key) in [("secret", SECRET), ("key", SECRET), ("pem", &text_of("rsa-pkcs8.pem"))] {
        let token = send(&[("action", "sign"), (field, key), ("claims", "{}")]).await.text("token");
        let fields = [("action", "verify"), (field, key), ("token", &token), ("algorithm", ""), ("profile", "demo")];
        assert_eq!(send(&fields).await.json()["code"], "accepted", "{field}");
    }
    for fields in
        [&[("action", "mine")][..], &[("action", "sign"), ("secret", "a"), ("jwk", "b"), ("claims", "{}")], &[]]
    {
        assert_eq!(send(fields).await.text("error"), "bad_request", "{fields:?}");
    }
}

#[tokio::test]
async fn the_visitor_s_own_token_is_decoded_on_the_page_alone() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let page = submit(&visitor, &[("action", "mine")]).await;
    assert_eq!(page.status, 400);
    assert!(page.body.contains("Your session holds no token"));
    visitor.generate().await;
    let own = token_on(&visitor.page("/").await);
    assert!(visitor.page("/lab/inspect").await.contains("value=\"mine\""));
    let page = submit(&visitor, &[("action", "mine")]).await;
    assert_eq!((page.status, token_on(&page.body)), (200, own.clone()));
    assert!(page.body.contains("<strong>Not verified</strong>") && page.body.contains(&format!("{own}</textarea>")));
}

/// What a browser shows in a text area.
fn typed(page: &str, field: &str) -> String {
    let (_, area) = page.split_once(&format!("<textarea id=\"{field}\"")).unwrap();
    let (_, text) = area.split_once(">\n").unwrap();
    unescaped(text.split_once("</textarea>").unwrap().0)
}

const TYPED: [(&str, &str); 6] = [
    ("token", "</textarea><script>alert(1)</script>"),
    ("profile", "telesign"),
    ("key", "\n\"<key> & 'co'\""),
    ("algorithm", "HS384"),
    ("header", "{\"a\": \"<i>\" ,"),
    ("claims", "\n\n{\"b\":&amp;"),
];

#[tokio::test]
async fn everything_typed_stays_whatever_becomes_of_it() {
    let app = TestApp::spawn();
    for (action, status) in [("decode", 200), ("verify", 200), ("sign", 400), ("none", 400)] {
        let page = submit(&app.visitor(), &[&[("action", action)][..], &TYPED].concat()).await;
        assert_eq!(page.status, status, "{action}");
        assert!(page.header("content-type").starts_with("text/html"), "{action}");
        assert!(!page.body.contains("<script>alert") && !page.body.contains("<key>"), "{action}");
        for (field, text) in TYPED {
            match field {
                "profile" => assert!(page.body.contains("<option value=\"telesign\" selected>"), "{action}"),
                "algorithm" => assert!(page.body.contains("<option selected>HS384"), "{action}"),
                _ => assert_eq!(typed(&page.body, field), text, "{action} {field}"),
            }
        }
    }
}

#[tokio::test]
async fn a_refusal_stands_at_its_field_and_at_the_top() {
    let app = TestApp::spawn();
    let good = [("action", "sign"), ("key", SECRET), ("claims", "{}")];
    let private = text_of("rsa-1024-pkcs8.pem");
    for (field, value) in [
        ("key", private.as_str()),
        ("key", ""),
        ("algorithm", "RS256"),
        ("algorithm", "none"),
        ("profile", "x"),
        ("claims", "[]"),
        ("claims", ""),
        ("header", "{\"alg\":\"none\"}"),
    ] {
        let fields: Vec<_> = good.iter().copied().filter(|(name, _)| *name != field).chain([(field, value)]).collect();
        let page = submit(&app.visitor(), &fields).await;
        assert_eq!(page.status, 400, "{field} {value}");
        assert_eq!(page.body.matches("role=\"alert\"").count(), 1, "{field} {value}");
        let top = between(&page.body, "role=\"alert\">", "</p>").unwrap();
        let (_, link) = top.split_once(&format!("<a href=\"#{field}\">")).unwrap();
        let fault = between(&page.body, &format!("id=\"{field}-fault\">"), "\n").unwrap();
        assert!(words(fault).contains(&words(link)), "the link says what the field says: {top}");
        assert!(page.body.contains(&format!("aria-describedby=\"{field}-hint {field}-fault\" aria-invalid=\"true\"")));
        assert!(page.body.contains(&format!("id=\"{field}-fault\"")), "{field} {value}");
        assert!(!page.body.contains("id=\"result\""), "the browser must not jump past the refusal");
    }
}

#[tokio::test]
async fn a_verdict_with_a_key_of_ones_own_says_what_was_not_checked() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let secret = "a secret of a visitor, over 32 bytes";
    let claims = json!({ "iss": "https://evil.example", "aud": "another-service" });
    let token = signed(&visitor, json!({ "secret": secret }), claims).await;
    let page = submit(&visitor, &[("action", "verify"), ("token", &token), ("key", secret)]).await.body;
    let said =
        "Not checked with your own key: issuer, audience, profile and revocation. Only a profile has rules for them.";
    assert!(page.contains("<strong>Accepted</strong>") && page.contains(said), "{page}");
    let refused = format!("{token}x");
    let page = submit(&visitor, &[("action", "verify"), ("token", &refused), ("key", secret)]).await.body;
    assert!(page.contains("<strong>Refused</strong>") && !page.contains("Not checked"), "{page}");
}

#[tokio::test]
async fn a_verdict_on_the_page_has_ticket_claims_and_trace() {
    let app = TestApp::spawn();
    let (_, _, token) = tokens_of_this_server(&app).remove(0);
    app.advance(13);
    let page = submit(&app.visitor(), &[("action", "verify"), ("token", &format!("{token}\r\n"))]).await.body;
    assert!(page.contains("<strong>Accepted</strong>: every check passed.</p>"), "{page}");
    assert!(!page.contains("Not checked with your own key"), "a profile has rules for every check");
    assert_eq!(token_on(&page), token);
    for told in ["issued: 13 s ago", "59 min 47 s from now", "#section-4.1.4", "rfc7515#section-4.1.1"] {
        assert!(page.contains(told), "{told}");
    }
    assert_eq!(page.matches("<li class=\"passed\">").count(), 14);
    let page = submit(&app.visitor(), &[("action", "verify"), ("token", &token), ("key", SECRET)]).await.body;
    assert!(page.contains("<strong>Refused</strong>") && page.contains("<li class=\"failed\">"));
    assert!(page.contains("Not verified: the token is refused, so anyone may have written its claims."));
}

#[tokio::test]
async fn what_was_signed_is_shown_copied_and_verified_from_the_page() {
    let app = TestApp::spawn();
    let claims = format!("{{\"exp\":{}}}", (START + 60) * 1000);
    let fields = [("action", "sign"), ("key", SECRET), ("claims", &claims)];
    let page = submit(&app.visitor(), &fields).await.body;
    let token = token_on(&page);
    assert_eq!([typed(&page, "signed"), typed(&page, "token")], [token.clone(), token.clone()]);
    assert!(page.contains("form=\"bench\" name=\"action\" value=\"verify\">Verify it</button>"));
    assert!(page.contains("this looks like milliseconds: as such it would be 2027-01-15 08:01:00 UTC"));
    let key = typed(&page, "key");
    let page = submit(&app.visitor(), &[("action", "verify"), ("key", &key), ("token", &typed(&page, "token"))]).await;
    assert!(page.body.contains("<code>bad_claim</code>"), "the signature fits, and exp is no date of this age");
}

#[tokio::test]
async fn a_page_stays_small_whatever_the_token_holds() {
    let app = TestApp::spawn();
    let many = (0..700).map(|number| format!("\"{number}\":0")).collect::<Vec<_>>().join(",");
    let deep = format!("\"a\":{}{}{}", "[".repeat(100), vec!["1"; 2500].join(","), "]".repeat(100));
    let marks = format!("\"a\":\"{}\"", "<".repeat(5000));
    for claims in [many, deep, marks] {
        let token = signed(&app.visitor(), json!(SECRET), Value::from(format!("{{{claims}}}"))).await;
        assert!(token.len() < 8192);
        let page = submit(&app.visitor(), &[("action", "decode"), ("token", &token)]).await;
        assert!(page.status == 200 && page.body.len() < 100_000, "{} bytes", page.body.len());
    }
}

// ── secrets

#[tokio::test]
async fn a_pasted_key_comes_back_in_its_own_field_alone_and_no_key_of_the_server_at_all() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let mut answers = Vec::new();
    for (_, _, token) in tokens_of_this_server(&app) {
        for action in ["decode", "verify", "sign"] {
            let order = json!({ "action": action, "token": token, "key": { "secret": SECRET }, "claims": {} });
            let answer = post(&visitor, order.to_string()).await;
            assert!(!answer.body.contains(SECRET), "{action}");
            let page =
                submit(&visitor, &[("action", action), ("token", &token), ("key", SECRET), ("claims", "{}")]).await;
            assert_eq!(page.header("cache-control"), "no-store");
            assert_eq!(page.body.matches(SECRET).count(), 1, "{action}: {}", page.body);
            let bare = submit(&visitor, &[("action", action), ("token", &token)]).await;
            answers.extend([answer.body, page.body, bare.body]);
        }
    }
    let secrets = ["hs256.secret", "rest-api.secret", "lab.secret", "session.key"];
    for name in secrets {
        let secret = fs::read_to_string(app.keys().join(name)).unwrap().trim().to_owned();
        assert!(answers.iter().all(|body| !body.contains(&secret)), "{name}");
    }
    for name in ["ZOOM_API_SECRET", "TWILIO_API_KEY_SECRET", "TELESIGN_API_KEY"] {
        let secret = app.credential(name);
        assert!(answers.iter().all(|body| !body.contains(&secret)), "{name}");
    }
}

#[tokio::test]
async fn a_key_that_is_unfit_is_told_without_its_text() {
    let app = TestApp::spawn();
    for key in [
        json!({ "jwk": { "kty": "oct", "k": 271_828_182 } }),
        json!({ "jwk": { "kty": "oct", "k": "271828182+" } }),
        json!({ "jwk": { "kty": "oct", "key_ops": "271828182" } }),
        json!({ "jwk": "\"271828182\"" }),
        json!({ "pem": "271828182" }),
        json!({ "secret": ["271828182"] }),
        json!(["271828182"]),
        json!({ "pem": "-----BEGIN RSA PRIVATE KEY-----\n271828182\n-----END RSA PRIVATE KEY-----" }),
    ] {
        let answer = post(&app.visitor(), json!({ "action": "sign", "key": key, "claims": {} }).to_string()).await;
        assert_eq!(answer.status, 400, "{key}");
        assert!(!answer.body.contains("271828182"), "{}", answer.body);
    }
    let answer = post(&app.visitor(), "\"271828182\"").await;
    assert!(answer.status == 400 && !answer.body.contains("271828182"), "{}", answer.body);
}

// ── what is pasted along with a token

#[tokio::test]
async fn the_form_removes_what_is_pasted_along_with_a_token_and_says_so() {
    let app = TestApp::spawn();
    let token = demo::issue(&app.ring(), DemoAlgorithm::HS256, &Subject::default(), Lifetime::MINUTE, now()).unwrap();
    let token = token.as_str();
    let (start, end) = token.split_at(40);
    for (pasted, removed) in [
        (format!("Bearer {token}"), "Bearer"),
        (format!("Authorization: bearer {token}\r\n"), "Authorization:, Bearer"),
        (format!("\"access_token\": \"{token}\","), "access_token"),
        (format!("  {token} "), "spaces"),
        (format!("“{token}”"), "quotes"),
        (format!("{start}\r\n{end}"), "line ends"),
    ] {
        for (action, verdict) in [("verify", "Accepted"), ("decode", "Not verified")] {
            let page = submit(&app.visitor(), &[("action", action), ("token", &pasted)]).await;
            assert!(page.body.contains(&format!("<strong>{verdict}</strong>")), "{pasted:?}");
            let (_, note) = page.body.split_once("Note: removed from what you pasted: ").unwrap();
            assert!(words(note.split_once("</p>").unwrap().0).contains(removed), "{pasted:?}");
            assert_eq!(typed(&page.body, "token"), token);
            let order = json!({ "action": action, "token": pasted });
            assert_eq!(ask(&app.visitor(), order).await["code"], "malformed", "JSON is judged as it stands");
        }
    }
    for plain in [token.to_owned(), format!("{token}\r\n")] {
        let page = submit(&app.visitor(), &[("action", "verify"), ("token", &plain)]).await;
        assert!(!page.body.contains("Note: "), "{plain:?}");
    }
}

#[tokio::test]
async fn an_empty_field_is_to_be_filled_and_is_no_forged_token() {
    let app = TestApp::spawn();
    for (action, token) in [("verify", ""), ("verify", " \"\" "), ("decode", ""), ("decode", "\r\n")] {
        let page = submit(&app.visitor(), &[("action", action), ("token", token)]).await;
        assert_eq!(page.status, 400, "{action} {token:?}");
        let fault = between(&page.body, "id=\"token-fault\"", "</p>").unwrap();
        assert!(words(&format!("<{fault}")).contains("Paste a token first."), "{fault}");
        assert!(!page.body.contains("id=\"result\"") && !page.body.contains("anyone may have written"), "{action}");
    }
}

#[tokio::test]
async fn the_bench_is_found_under_its_own_name_too() {
    let app = TestApp::spawn();
    assert!(app.visitor().page("/lab/bench").await.contains("<h1>Bench</h1>"));
}

#[tokio::test]
async fn a_secret_that_can_be_guessed_is_used_and_named() {
    let app = TestApp::spawn();
    let sign = async |key: &str| {
        let fields = [("action", "sign"), ("claims", r#"{"sub":"bob"}"#), ("key", key), ("algorithm", "HS256")];
        submit(&app.visitor(), &fields).await.body
    };
    let weak = sign("abc").await;
    assert!(weak.contains("The secret is weak: it has 3 bytes, and HS256 needs 32 or more"), "{weak}");
    assert!(!sign(&"k".repeat(32)).await.contains("The secret is weak"));
    let token = unescaped(between(&weak, "readonly spellcheck=\"false\">\n", "</textarea>").unwrap());
    let judged = submit(&app.visitor(), &[("action", "verify"), ("token", &token), ("key", "abc")]).await;
    assert!(judged.status == 200 && judged.body.contains("The secret is weak"), "{}", judged.body);
    let bad = submit(&app.visitor(), &[("action", "sign"), ("claims", "{sub: bob}"), ("key", "abc")]).await.body;
    assert!(words(&bad).contains("sub has no quotation marks"), "{bad}");
}

#[tokio::test]
async fn the_top_says_what_is_wrong_and_leads_to_the_field_which_says_it_too() {
    let app = TestApp::spawn();
    let page = submit(&app.visitor(), &[("action", "sign"), ("claims", "{}")]).await.body;
    let top = words(between(&page, "role=\"alert\">", "</p>").unwrap());
    assert!(top.starts_with("✗ Nothing was done. Your key: Paste a key to sign with"), "{top}");
    assert_eq!(page.matches("Paste a key to sign with").count(), 2, "at the top and at the field: {page}");
    let page = submit(&app.visitor(), &[("action", "none")]).await.body;
    let top = words(between(&page, "role=\"alert\">", "</p>").unwrap());
    assert!(top.contains("action must be decode, verify or sign."), "{top}");
}

#[tokio::test]
async fn no_page_shows_a_token_s_text_in_another_order_than_it_has() {
    let app = TestApp::spawn();
    let hostile = "a\u{202e}\u{2066}\u{200b}\u{61c}\u{85}b";
    let key = json!({ "secret": SECRET });
    let claims = json!({ hostile: hostile, "exp": hostile, "deep": { hostile: hostile } });
    let token = signed(&app.visitor(), key, claims).await;
    let headed = format!("{}.e30.x", compact_part(&json!({ "alg": hostile, "kid": hostile, hostile: 1 })));
    for (action, text, key) in
        [("decode", &token, ""), ("verify", &token, SECRET), ("decode", &headed, ""), ("verify", &headed, SECRET)]
    {
        let page = submit(&app.visitor(), &[("action", action), ("token", text), ("key", key)]).await;
        assert_eq!(page.status, 200);
        let found = page.body.chars().find(|c| hostile.contains(*c) && !c.is_ascii());
        assert_eq!(found, None, "{action} {text}");
    }
}

/// One part of a token.
fn compact_part(value: &Value) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string())
}
