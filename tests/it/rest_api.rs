//! The REST pair: the tutorial's shapes, codes and words, row by row of what its own program answers.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta};
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Answer, START, TestApp, part};
use crate::verdict::compact;

const JWT: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

const VERIFIED: (u16, &str, &str) = (200, "0", "You Are verified");
const INVALID: (u16, &str, &str) = (401, "1", "Invalid Token");
const EXPIRED: (u16, &str, &str) = (401, "1", "Token has expired");
const REQUIRED: (u16, &str, &str) = (401, "2", "Token required");

fn assert_answer(answer: &Answer, (status, error, message): (u16, &str, &str), what: &str) {
    let said = (answer.status, answer.text("error"), answer.text("message"));
    assert_eq!(said, (status, error.to_owned(), message.to_owned()), "{what}");
    assert_eq!((answer.header("content-type"), answer.header("cache-control")), ("application/json", "no-store"));
}

async fn login(app: &TestApp, form: &[(&str, &str)]) -> Answer {
    Answer::to(app.visitor().request(Method::POST, "/loginEndpoint").form(form)).await
}

async fn token(app: &TestApp) -> String {
    login(app, &[("username", "susan"), ("password", "secret")]).await.text("token")
}

async fn present(app: &TestApp, header: &str, token: &str) -> Answer {
    Answer::to(app.visitor().request(Method::POST, "/anEndpoint").header(header, token)).await
}

/// A token with any header and claims, signed under the right secret.
fn forged(app: &TestApp, header: &str, claims: &str) -> String {
    let ring = app.ring();
    compact(header, claims, |message| ring.rest_api().signer().sign(message).unwrap())
}

/// The same by another hash, or another secret.
fn signed_by(algorithm: hmac::Algorithm, secret: &[u8], header: &str, claims: &str) -> String {
    let key = hmac::Key::new(algorithm, secret);
    compact(header, claims, |message| URL_SAFE_NO_PAD.encode(hmac::sign(&key, message)))
}

fn claims(changes: Value) -> String {
    let mut claims = json!({ "user_id": "susan", "exp": START + 60 });
    let Value::Object(changes) = changes else { panic!("an object") };
    claims.as_object_mut().unwrap().extend(changes);
    claims.to_string()
}

// ── loginEndpoint

#[tokio::test]
async fn a_login_gets_a_token_of_half_an_hour_and_elapse_time_is_its_exp() {
    let app = TestApp::spawn();
    app.clock.set(DateTime::from_timestamp(START, 717_582_999).unwrap());
    let answer = login(&app, &[("username", "susan"), ("password", "secret")]).await;
    assert_answer(&answer, (200, "0", "Successful"), "a login");
    let names: Vec<String> = answer.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["error", "message", "token", "Elapse_time"]);
    assert_eq!(part(&answer.text("token"), 0), JWT);
    assert_eq!(part(&answer.text("token"), 1), format!(r#"{{"user_id":"susan","exp":{}}}"#, START + 1800));
    let ends = DateTime::from_timestamp(START + 1800, 717_582_000).unwrap();
    assert_eq!(answer.text("Elapse_time"), ends.format("%Y-%m-%d %H:%M:%S%.6f").to_string());
}

#[tokio::test]
async fn a_login_without_username_or_password_is_401_in_the_tutorials_shape() {
    let app = TestApp::spawn();
    let missing = (401, "1", "Username and password required");
    for form in [
        vec![],
        vec![("username", "susan")],
        vec![("password", "secret")],
        vec![("username", ""), ("password", "secret")],
        vec![("username", "susan"), ("password", "")],
        vec![("Username", "susan"), ("Password", "secret")],
    ] {
        assert_answer(&login(&app, &form).await, missing, &format!("{form:?}"));
    }
    let post = |path: &str| app.visitor().request(Method::POST, path);
    for (request, what) in [
        (post("/loginEndpoint").json(&json!({ "username": "susan", "password": "secret" })), "JSON"),
        (post("/loginEndpoint?username=susan&password=secret"), "a query"),
        (post("/loginEndpoint").body("username=susan&password=secret"), "no content type"),
        (post("/loginEndpoint").header("content-type", "text/plain").body("username=susan&password=x"), "text"),
    ] {
        let answer = Answer::to(request).await;
        assert_answer(&answer, missing, what);
        assert_eq!(answer.header("www-authenticate"), "");
    }
}

/// The tutorial's own program takes it too.
#[tokio::test]
async fn a_multipart_form_is_a_form() {
    let app = TestApp::spawn();
    let field = |name: &str, further: &str, text: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"{further}\r\n\r\n{text}\r\n")
    };
    let post = async |content_type: &str, body: String| {
        let request = app.visitor().request(Method::POST, "/loginEndpoint").header("content-type", content_type);
        Answer::to(request.body(body)).await
    };
    let both = [field("username", "", "zoë b"), field("password", "", "x"), "--b--\r\n".to_owned()].concat();
    let answer = post("Multipart/Form-Data; boundary=b", both.clone()).await;
    assert_eq!(part(&answer.text("token"), 1), format!(r#"{{"user_id":"zo\u00eb b","exp":{}}}"#, START + 1800));
    let missing = (401, "1", "Username and password required");
    let file = field("username", "; filename=\"a\"", "susan");
    let file = [file, field("password", "", "x"), "--b--\r\n".to_owned()].concat();
    for (content_type, body) in [
        ("multipart/form-data; boundary=b", file),
        ("multipart/form-data; boundary=c", both.clone()),
        ("multipart/form-data", both),
        ("multipart/form-data; boundary=b", field("username", "", "susan")),
    ] {
        assert_answer(&post(content_type, body.clone()).await, missing, &body);
    }
}

#[tokio::test]
async fn a_username_is_taken_as_it_is() {
    let app = TestApp::spawn();
    for (username, written) in [("zoë \u{1f600}", r"zo\u00eb \ud83d\ude00"), (" a+b&c ", " a+b&c "), ("\"", "\\\"")] {
        let answer = login(&app, &[("username", username), ("password", " ")]).await;
        assert!(part(&answer.text("token"), 1).starts_with(&format!(r#"{{"user_id":"{written}","#)), "{username}");
    }
}

#[tokio::test]
async fn both_endpoints_take_post_alone() {
    let app = TestApp::spawn();
    for path in ["/loginEndpoint", "/anEndpoint"] {
        for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE] {
            let answer = Answer::to(app.visitor().request(method.clone(), path)).await;
            assert_eq!((answer.status, answer.header("allow")), (405, "POST"), "{method} {path}");
        }
    }
}

// ── anEndpoint

#[tokio::test]
async fn the_token_of_a_login_is_verified_by_a_header_in_any_case_or_by_the_query() {
    let app = TestApp::spawn();
    let token = token(&app).await;
    for name in ["TOKEN", "token", "Token", "tOkEn"] {
        assert_answer(&present(&app, name, &token).await, VERIFIED, name);
    }
    assert_answer(&present(&app, "TOKEN", &format!("  {token} ")).await, VERIFIED, "blanks around");
    let answer = Answer::to(app.visitor().request(Method::POST, &format!("/anEndpoint?token={token}"))).await;
    assert_answer(&answer, VERIFIED, "the query");
    assert_eq!(answer.body, r#"{"error":"0","message":"You Are verified"}"#);
}

#[tokio::test]
async fn without_a_token_one_is_required() {
    let app = TestApp::spawn();
    let token = token(&app).await;
    for value in ["", " ", "   "] {
        let host = app.host();
        let request =
            format!("POST /anEndpoint HTTP/1.1\r\nHost: {host}\r\nTOKEN: {value}\r\nConnection: close\r\n\r\n");
        let answer = app.raw(request);
        assert_eq!((answer.status, answer.body.as_str()), (401, r#"{"error":"2","message":"Token required"}"#));
    }
    let post = |path: &str| app.visitor().request(Method::POST, path);
    for (request, what) in [
        (post("/anEndpoint"), "absent"),
        (post("/anEndpoint").bearer_auth(&token), "Authorization"),
        (post(&format!("/anEndpoint?TOKEN={token}")), "another parameter"),
        (post("/anEndpoint?token="), "an empty parameter"),
        (post("/anEndpoint").form(&[("token", &token)]), "a form"),
    ] {
        assert_answer(&Answer::to(request).await, REQUIRED, what);
    }
}

#[tokio::test]
async fn a_token_is_good_until_its_end_and_then_expired() {
    let app = TestApp::spawn();
    let token = token(&app).await;
    app.clock.advance(TimeDelta::milliseconds(1_799_999));
    assert_answer(&present(&app, "TOKEN", &token).await, VERIFIED, "the last moment");
    app.clock.advance(TimeDelta::milliseconds(1));
    assert_answer(&present(&app, "TOKEN", &token).await, EXPIRED, "the end");
}

#[tokio::test]
async fn what_the_tutorials_program_lets_through_rightly_is_let_through() {
    let app = TestApp::spawn();
    for (header, claims) in [
        (JWT, claims(json!({ "exp": START + 1 }))),
        (JWT, claims(json!({ "exp": 1_800_000_000.5 }))),
        (JWT, claims(json!({ "iss": 7, "role": "admin" }))),
        (r#"{"alg":"HS256"}"#, claims(json!({}))),
        (r#"{"typ":"jwt","alg":"HS256"}"#, claims(json!({}))),
        (JWT, claims(json!({ "iat": START, "nbf": START, "sub": "a", "jti": "b" }))),
    ] {
        assert_answer(&present(&app, "TOKEN", &forged(&app, header, &claims)).await, VERIFIED, &claims);
    }
}

#[tokio::test]
async fn a_claim_or_header_that_does_not_hold_makes_the_token_invalid() {
    let app = TestApp::spawn();
    let good = claims(json!({}));
    for (header, claims) in [
        // What the tutorial's program refuses too.
        (JWT, claims(json!({ "exp": START - 1, "iat": START + 1 }))),
        (JWT, claims(json!({ "nbf": START + 1 }))),
        (JWT, claims(json!({ "iat": START + 1 }))),
        (JWT, claims(json!({ "aud": "x" }))),
        (JWT, claims(json!({ "sub": 7 }))),
        (JWT, claims(json!({ "jti": 7 }))),
        (JWT, claims(json!({ "exp": null }))),
        (JWT, claims(json!({ "exp": "abc" }))),
        (JWT, "[]".to_owned()),
        (JWT, "null".to_owned()),
        (JWT, String::new()),
        (r#"{"alg":"HS256","crit":["x"],"x":1}"#, good.clone()),
        (r#"{"alg":"HS256","kid":7}"#, good.clone()),
        (r#"{"alg":"HS256","b64":false,"crit":["b64"]}"#, good.clone()),
        (r#"{"alg":"hs256","typ":"JWT"}"#, good.clone()),
        (r#"{"alg":"none"}"#, good.clone()),
        (r#"{"alg":"RS256"}"#, good.clone()),
        // What it lets through, and a strict verifier does not.
        (JWT, "{}".to_owned()),
        (JWT, r#"{"user_id":"susan"}"#.to_owned()),
        (JWT, format!(r#"{{"exp":{}}}"#, START + 60)),
        (JWT, claims(json!({ "user_id": 7 }))),
        (JWT, claims(json!({ "exp": "9999999999" }))),
        (JWT, claims(json!({ "exp": 1e300 }))),
        (JWT, claims(json!({ "exp": (START + 60) * 1000 }))),
        (JWT, format!(r#"{{"user_id":"susan","exp":{START},"exp":{}}}"#, START + 60)),
        (r#"{"alg":"HS256","typ":"at+jwt"}"#, good.clone()),
    ] {
        assert_answer(&present(&app, "TOKEN", &forged(&app, header, &claims)).await, INVALID, &claims);
    }
}

#[tokio::test]
async fn a_token_that_was_touched_or_signed_otherwise_is_invalid() {
    let app = TestApp::spawn();
    let token = token(&app).await;
    let secret = std::fs::read_to_string(app.keys().join("rest-api.secret")).unwrap();
    let secret = secret.strip_suffix('\n').unwrap_or(&secret).as_bytes();
    let demo = std::fs::read(app.keys().join("hs256.secret")).unwrap();
    let good = claims(json!({}));
    let past = claims(json!({ "exp": START - 1 }));
    let unsigned = token.rsplit_once('.').unwrap().0;
    let last = if token.ends_with(['A', 'Q', 'g', 'w']) { 'B' } else { 'A' };
    let bits = format!("{}{last}", &token[..token.len() - 1]);
    assert_answer(
        &present(&app, "TOKEN", &signed_by(hmac::HMAC_SHA256, secret, JWT, &good)).await,
        VERIFIED,
        "this is the secret",
    );
    for (bad, what) in [
        ("garbage".to_owned(), "garbage"),
        (token.replacen("eyJ", "eyK", 1), "tampered"),
        (signed_by(hmac::HMAC_SHA256, b"another", JWT, &good), "another secret"),
        (signed_by(hmac::HMAC_SHA256, demo.trim_ascii_end(), JWT, &good), "the demo's secret"),
        (signed_by(hmac::HMAC_SHA256, b"another", JWT, &past), "expired and another secret"),
        (signed_by(hmac::HMAC_SHA384, secret, r#"{"alg":"HS384"}"#, &good), "HS384"),
        (signed_by(hmac::HMAC_SHA512, secret, r#"{"alg":"HS512"}"#, &good), "HS512"),
        (format!("Bearer {token}"), "with a scheme"),
        (format!("{token}="), "padded"),
        (bits, "unused bits"),
        (format!("{token}!"), "a stray character"),
        (format!("{unsigned}."), "no signature"),
        (unsigned.to_owned(), "two segments"),
        (format!("{token}.x"), "four segments"),
        ("x".repeat(9_000), "too long"),
    ] {
        assert_answer(&present(&app, "TOKEN", &bad).await, INVALID, what);
    }
}

#[tokio::test]
async fn the_tokens_of_the_other_endpoints_are_invalid_here() {
    let app = TestApp::with(&[("phone-rate", "off")]);
    let post = |path: &str| {
        let body = json!({ "username": "susan", "password": "secret" });
        Answer::to(app.visitor().request(Method::POST, path).json(&body))
    };
    let phone = app.visitor().get("/v1/token/15555551212").await.text().await.unwrap();
    for other in [post("/token").await.text("token"), post("/zoom/token").await.text("token"), phone] {
        assert_answer(&present(&app, "TOKEN", &other).await, INVALID, &other);
    }
}

#[tokio::test]
async fn with_users_a_wrong_password_is_invalid_credentials() {
    let app = TestApp::with(&[("credentials", "users")]);
    let answer = login(&app, &[("username", "susan"), ("password", "secret")]).await;
    assert_answer(&answer, (401, "1", "Invalid credentials"), "nobody is known");
    let answer = login(&app, &[("username", "susan")]).await;
    assert_answer(&answer, (401, "1", "Username and password required"), "no password");
}
