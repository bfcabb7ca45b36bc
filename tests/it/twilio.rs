//! `POST /token`: to the byte what twilio's own library makes, and what else is asked is refused in so many words.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use chrono::DateTime;
use hallpass::accounts::{Password, hash_password};
use hallpass::store::{Sqlite, Store as _};
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Answer, TestApp, part};
use crate::tools;

const ACCOUNT: &str = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const KEY: &str = "SKbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const NOW: i64 = 1_700_000_000;

/// A server that has the account of the vectors, and their time.
fn app() -> TestApp {
    let account = [("TWILIO_ACCOUNT_SID", ACCOUNT), ("TWILIO_API_KEY_SID", KEY), ("TWILIO_API_KEY_SECRET", "secret")];
    let app = TestApp::given(&[], &account);
    app.clock.set(DateTime::from_timestamp(NOW, 0).unwrap());
    app
}

async fn post_as(app: &TestApp, kind: &str, body: &str) -> Answer {
    let request = app.visitor().request(Method::POST, "/token").header("content-type", kind);
    Answer::to(request.body(body.to_owned())).await
}

async fn post(app: &TestApp, body: &str) -> Answer {
    post_as(app, "application/json", body).await
}

/// The token for these members beside susan's name and password.
async fn token(app: &TestApp, members: Value) -> String {
    let answer = post(app, &asking(members)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.text("token")
}

fn asking(members: Value) -> String {
    let mut body = json!({ "username": "susan", "password": "secret" });
    let Value::Object(members) = members else { panic!("an object") };
    body.as_object_mut().unwrap().extend(members);
    body.to_string()
}

#[tokio::test]
async fn the_vector_without_a_grant_is_made_to_the_byte() {
    let expected = "eyJhbGciOiJIUzI1NiIsImN0eSI6InR3aWxpby1mcGE7dj0xIiwidHlwIjoiSldUIn0.eyJqdGkiOiJTS2JiYmJiYmJiYm\
        JiYmJiYmJiYmJiYmJiYmJiYmJiYmJiLTE3MDAwMDAwMDAiLCJncmFudHMiOnsiaWRlbnRpdHkiOiJhbGljZSJ9LCJpc3MiOiJTS2JiYmJiY\
        mJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiIiwiZXhwIjoxNzAwMDAzNjAwLCJuYmYiOjE3MDAwMDAwMDAsInN1YiI6IkFDYWFhYWFhYWFh\
        YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWEifQ.qR5IB6UmwpePUudb_YBElDP5SY0X6584C3u_Z62-Bv4";
    assert_eq!(token(&app(), json!({ "username": "alice", "grants": {} })).await, expected);
}

#[tokio::test]
async fn the_vector_with_a_video_room_has_its_signature() {
    let made = token(&app(), json!({ "username": "alice", "grants": { "video": { "room": "my room" } } })).await;
    assert_eq!(made.split('.').nth(2), Some("hkRmzusI5Q0N5DF_XcbeCuYr6UPUVRetJHzVxFpAmsg"));
}

#[tokio::test]
async fn the_tutorials_request_gets_the_room_my_room_for_an_hour() {
    let answer = post(&app(), r#"{"username":"susan","password":"secret"}"#).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.json().as_object().unwrap().len(), 1, "{}", answer.body);
    let made = answer.text("token");
    assert_eq!(part(&made, 0), r#"{"alg":"HS256","cty":"twilio-fpa;v=1","typ":"JWT"}"#);
    let claims = format!(
        r#"{{"jti":"{KEY}-{NOW}","grants":{{"video":{{"room":"My Room"}},"identity":"susan"}},"iss":"{KEY}","exp":{},"nbf":{NOW},"sub":"{ACCOUNT}"}}"#,
        NOW + 3600
    );
    assert_eq!(part(&made, 1), claims);
}

#[tokio::test]
async fn equal_requests_in_one_second_get_equal_tokens_and_others_in_the_next() {
    let app = app();
    let first = token(&app, json!({})).await;
    assert_eq!(token(&app, json!({})).await, first);
    app.advance(1);
    assert_ne!(token(&app, json!({})).await, first);
}

#[tokio::test]
async fn ttl_region_and_no_grants_are_taken_as_they_are_asked_for() {
    let app = app();
    for ttl in [1, 86_400] {
        let claims: Value = serde_json::from_str(&part(&token(&app, json!({ "ttl": ttl })).await, 1)).unwrap();
        assert_eq!(claims["exp"], NOW + ttl);
    }
    let made = token(&app, json!({ "region": "au1", "grants": {} })).await;
    assert_eq!(part(&made, 0), r#"{"alg":"HS256","cty":"twilio-fpa;v=1","twr":"au1","typ":"JWT"}"#);
    assert!(part(&made, 1).contains(r#""grants":{"identity":"susan"}"#));
}

// ── the library itself

/// Answers a JSON array of request bodies with the array of what the library makes of each.
const LIBRARY: &str = "
import json, sys, time
time.time = lambda: 1700000000
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import (
    ChatGrant, PlaybackGrant, SyncGrant, TaskRouterGrant, VideoGrant, VoiceGrant)
KINDS = {'video': VideoGrant, 'chat': ChatGrant, 'conversations': ChatGrant, 'sync': SyncGrant,
         'task_router': TaskRouterGrant}

def grant(name, it):
    if name == 'playback':
        return PlaybackGrant(it)
    if name != 'voice':
        return KINDS[name](**it)
    incoming, outgoing = it.get('incoming'), it.get('outgoing', {})
    if isinstance(incoming, dict):
        incoming = incoming.get('allow')
    return VoiceGrant(incoming, outgoing.get('application_sid'), outgoing.get('params'),
                      it.get('push_credential_sid'), it.get('endpoint_id'))

def token(asked):
    grants = [grant(*it) for it in asked.get('grants', {'video': {'room': 'My Room'}}).items()]
    return AccessToken(sys.argv[1], sys.argv[2], 'secret', grants=grants, identity=asked['username'],
                       ttl=asked.get('ttl', 3600), region=asked.get('region')).to_jwt()

json.dump([token(json.loads(text)) for text in json.load(sys.stdin)], sys.stdout)
";

fn library(python: &Path, requests: &[String]) -> Vec<String> {
    let mut command = Command::new(python);
    command.args(["-c", LIBRARY, ACCOUNT, KEY]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = command.spawn().unwrap();
    running.stdin.take().unwrap().write_all(json!(requests).to_string().as_bytes()).unwrap();
    let done = running.wait_with_output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).unwrap()
}

/// Every way to take one value, or none, for each field.
fn combinations(fields: &[(&str, Vec<Value>)]) -> Vec<Value> {
    let none = vec![json!({})];
    fields.iter().fold(none, |made, (field, values)| {
        let with = |object: &Value, value: &Value| {
            let mut object = object.clone();
            object[*field] = value.clone();
            object
        };
        made.iter()
            .flat_map(|object| [object.clone()].into_iter().chain(values.iter().map(move |value| with(object, value))))
            .collect()
    })
}

fn texts(fields: &[&'static str]) -> Vec<Value> {
    let fields: Vec<_> = fields.iter().map(|field| (*field, vec![json!(""), json!("XXé0")])).collect();
    combinations(&fields)
}

/// Each grant with each of its fields left out, empty and set.
fn grants() -> Vec<(&'static str, Vec<Value>)> {
    let chat = texts(&["push_credential_sid", "service_sid", "deployment_role_sid", "endpoint_id"]);
    let incoming = [json!(true), json!(false), json!({}), json!({ "allow": true }), json!({ "allow": false })];
    let outgoing = [
        json!({}),
        json!({ "application_sid": "" }),
        json!({ "application_sid": "AP1" }),
        json!({ "params": { "a": 1 } }),
        json!({ "params": {}, "application_sid": "AP1" }),
        json!({ "params": { "z": [1, null, { "ö": true }], "a": "\u{7f}" }, "application_sid": "AP1" }),
    ];
    let either = vec![json!(""), json!("X")];
    let voice = [
        ("endpoint_id", either.clone()),
        ("outgoing", outgoing.to_vec()),
        ("push_credential_sid", either),
        ("incoming", incoming.to_vec()),
    ];
    vec![
        ("voice", combinations(&voice)),
        ("video", texts(&["room"])),
        ("chat", chat.clone()),
        ("conversations", chat),
        ("sync", texts(&["endpoint_id", "service_sid"])),
        ("task_router", texts(&["role", "workspace_sid", "worker_sid"])),
        ("playback", vec![json!({}), json!({ "z": { "playbackUrl": "https://x/<a>?b=\"c\"" }, "a": [] })]),
    ]
}

fn requests_by_grant() -> Vec<String> {
    let mut requests = Vec::new();
    for (name, values) in grants() {
        requests.extend(values.into_iter().map(|value| asking(json!({ "grants": { name: value } }))));
    }
    requests
}

/// Two grants in either order, and all of them in both.
fn requests_by_order() -> Vec<String> {
    let last = |(name, mut values): (&'static str, Vec<Value>)| (name, values.pop().unwrap());
    let all: Vec<_> = grants().into_iter().map(last).filter(|(name, _)| *name != "chat").collect();
    let asking_for = |names: Vec<&(&str, Value)>| {
        let grants: serde_json::Map<_, _> =
            names.into_iter().map(|(name, it)| ((*name).to_owned(), it.clone())).collect();
        asking(json!({ "grants": grants }))
    };
    let mut requests = vec![asking_for(all.iter().collect()), asking_for(all.iter().rev().collect())];
    for one in &all {
        requests.extend(all.iter().filter(|other| other.0 != one.0).map(|other| asking_for(vec![one, other])));
    }
    requests
}

fn requests_by_identity() -> Vec<String> {
    let low: Vec<char> = (0..0x3000).filter_map(char::from_u32).collect();
    let mut identities: Vec<String> = low.chunks(64).map(|block| block.iter().collect()).collect();
    for one in ["\u{7f}", "\u{1f600}", "\u{10ffff}\u{fffe}\u{feff}", "\u{2028}</script>\"\\/", " ", " a\t", "e\u{301}"]
    {
        identities.push(one.to_owned());
    }
    identities.into_iter().map(|it| asking(json!({ "username": it, "region": "é\"<au1>", "ttl": 7 }))).collect()
}

/// What a JSON library with values of its own would tidy up.
fn requests_by_text() -> Vec<String> {
    let beside = |rest: &str| format!(r#"{{"password": "p", {rest}}}"#);
    [
        r#""username": "a", "region": """#,
        r#""username": "a", "username": "b""#,
        r#""username": "\u0061\u00e9\ud83d\ude00\/\b", "ttl": 60, "ttl": 86400"#,
        r#""username": "a", "grants": {"video": {"room": "1"}, "sync": {}, "video": {"room": "2"}}"#,
        r#""username": "a", "grants": {"sync": {"endpoint_id": "1", "service_sid": "2", "endpoint_id": "3"}}"#,
        r#""username": "a", "grants": {"playback": {"a": 1, "b": {"c": 1, "d": 2, "c": 3}, "a": 2}}"#,
        r#""username": "a", "grants": {"playback": {"identity": "x", "n": [-9223372036854775808, 18446744073709551615]}}"#,
        r#""username": "a", "grants": {"playback": {"": "", "é": "\u007f", "t": [true, false, null, [], {}, 0, -1]}}"#,
        r#""username": "a", "grants": {"voice": {"outgoing": {"application_sid": "A", "params": {"b": 2, "a": 1, "b": 3}}}}"#,
    ]
    .map(beside)
    .to_vec()
}

#[tokio::test]
async fn every_token_is_to_the_byte_what_the_library_makes() {
    let Some(python) = tools::named_by("HALLPASS_TEST_PYTHON") else { return };
    let requests = [requests_by_grant(), requests_by_order(), requests_by_identity(), requests_by_text()].concat();
    assert!(requests.len() > 800, "{}", requests.len());
    let expected = library(&python, &requests);
    let app = app();
    let visitor = app.visitor();
    for (body, expected) in requests.iter().zip(expected) {
        let request = visitor.request(Method::POST, "/token").header("content-type", "application/json");
        let answer = Answer::to(request.body(body.clone())).await;
        assert_eq!(answer.status, 200, "{body} {}", answer.body);
        let made = answer.text("token");
        assert_eq!(part(&made, 1), part(&expected, 1), "{body}");
        assert_eq!(made, expected, "{body}");
    }
}

// ── who may ask

#[tokio::test]
async fn missing_credentials_are_401_and_no_browser_is_asked_for_a_password() {
    let app = app();
    for body in [
        "{}",
        r#"{"username":"susan"}"#,
        r#"{"password":"secret"}"#,
        r#"{"username":"","password":"secret"}"#,
        r#"{"username":"susan","password":""}"#,
        r#"{"username":null,"password":"secret"}"#,
        r#"{"username":"susan","password":null}"#,
    ] {
        let answer = post(&app, body).await;
        assert_eq!((answer.status, answer.text("error").as_str()), (401, "bad_credentials"), "{body}");
        assert_eq!(answer.header("www-authenticate"), "", "{body}");
    }
}

#[tokio::test]
async fn basic_needs_no_body_and_its_refusal_asks_again() {
    let app = app();
    let by = |username: &str, password: &str| {
        app.visitor().request(Method::POST, "/token").basic_auth(username.to_owned(), Some(password.to_owned()))
    };
    let answer = Answer::to(by("zoë", "a:b")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(part(&answer.text("token"), 1).contains(r#""identity":"zo\u00eb""#));
    let answer = Answer::to(by("zoë", "a:b").json(&json!({ "grants": {}, "username": "eve" }))).await;
    assert!(part(&answer.text("token"), 1).contains(r#""grants":{"identity":"zo\u00eb"}"#), "Basic says who asks");

    for (username, password) in [("", "x"), ("x", "")] {
        let answer = Answer::to(by(username, password)).await;
        assert_eq!(answer.status, 401);
        assert!(answer.header("www-authenticate").starts_with("Basic realm="), "{:?}", answer.headers);
    }
    for value in ["Basic", "Basic !!!", "Basic eA==", "basic /w=="] {
        let request = app.visitor().request(Method::POST, "/token").header("authorization", value);
        let answer = Answer::to(request.json(&json!({}))).await;
        assert_eq!(answer.status, 401, "{value}");
    }
}

/// Adds a user to the store of a server that runs.
async fn add_user(app: &TestApp, name: &str, password: &str) {
    let store = Sqlite::open(&format!("sqlite:{}", app.keys().join("hallpass.db").display())).await.unwrap();
    store.put_user(name, &hash_password(&Password::new(password), [7; 16]).unwrap()).await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn with_users_a_token_is_for_the_right_password_and_for_no_endless_guessing() {
    let app = TestApp::with(&[("credentials", "users"), ("login-rate", "3/m")]);
    add_user(&app, "susan", "secret").await;
    for path in ["/token", "/zoom/token"] {
        let ask = |username: &str, password: &str| {
            let body = json!({ "username": username, "password": password });
            Answer::to(app.visitor().request(Method::POST, path).json(&body))
        };
        assert_eq!(ask("susan", "secret").await.status, 200, "{path}");
        for (username, password) in [("susan", "wrong"), ("eve", "secret")] {
            let answer = ask(username, password).await;
            assert_eq!((answer.status, answer.text("error").as_str()), (401, "bad_credentials"), "{path}");
            assert_eq!(answer.text("message"), "The username or the password is wrong.");
        }
        let by_basic = app.visitor().request(Method::POST, path).basic_auth("susan", Some("wrong"));
        let answer = Answer::to(by_basic).await;
        assert!(answer.header("www-authenticate").starts_with("Basic "), "{}", answer.body);
        for answer in [ask("susan", "secret").await, ask("susan", "wrong").await] {
            assert_eq!((answer.status, answer.text("error").as_str()), (429, "too_often"));
            assert_eq!(answer.header("retry-after"), "60");
        }
        app.advance(60);
    }
}

// ── what is refused

#[tokio::test]
async fn a_body_that_is_no_json_object_is_400() {
    let app = app();
    for body in
        ["[]", "\"x\"", "1", "null", "true", "", "{", "{\"username\":}", "{} x", "\u{feff}{}", r#"{"a":"\ud800"}"#]
    {
        let answer = post(&app, body).await;
        assert_eq!((answer.status, answer.text("error").as_str()), (400, "bad_request"), "{body}");
    }
}

#[tokio::test]
async fn a_body_of_another_type_is_415() {
    let app = app();
    let body = r#"{"username":"susan","password":"secret"}"#;
    for kind in ["application/x-www-form-urlencoded", "text/plain", "text/json", "application/jsonp", "json", "a+json"]
    {
        let answer = post_as(&app, kind, body).await;
        assert_eq!((answer.status, answer.text("error").as_str()), (415, "unsupported_media_type"), "{kind}");
    }
    for body in ["", body] {
        let answer = Answer::to(app.visitor().request(Method::POST, "/token").body(body)).await;
        assert_eq!(answer.status, 415, "no content type, {body:?}");
    }
    for kind in ["application/vnd.api+json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"] {
        assert_eq!(post_as(&app, kind, body).await.status, 200, "{kind}");
    }
}

#[tokio::test]
async fn a_value_of_the_wrong_type_is_400_and_a_further_member_is_let_be() {
    let app = app();
    for members in [
        json!({ "username": 42 }),
        json!({ "username": true }),
        json!({ "username": { "a": 1 } }),
        json!({ "password": ["x"] }),
        json!({ "region": 1 }),
        json!({ "grants": [] }),
        json!({ "grants": "video" }),
        json!({ "grants": { "video": "x" } }),
        json!({ "grants": { "video": { "room": 1 } } }),
        json!({ "grants": { "voice": { "incoming": 1 } } }),
        json!({ "grants": { "voice": { "incoming": { "allow": "yes" } } } }),
        json!({ "grants": { "voice": { "incoming": { "deny": true } } } }),
        json!({ "grants": { "voice": { "outgoing": "AP1" } } }),
        json!({ "grants": { "voice": { "outgoing": { "application_sid": 1 } } } }),
        json!({ "grants": { "voice": { "outgoing": { "params": [] } } } }),
        json!({ "grants": { "voice": { "outgoing": { "other": 1 } } } }),
        json!({ "grants": { "playback": null } }),
        json!({ "grants": { "chat": {}, "conversations": {} } }),
    ] {
        let answer = post(&app, &asking(members.clone())).await;
        assert_eq!((answer.status, answer.text("error").as_str()), (400, "bad_request"), "{members}");
    }
    assert_eq!(post(&app, &asking(json!({ "remember": [1.5], "ttl2": "x" }))).await.status, 200);
}

#[tokio::test]
async fn a_ttl_is_whole_seconds_from_1_to_86400() {
    let app = app();
    for ttl in ["0", "-1", "86401", "\"60\"", "1.5", "1e3", "60.0", "true", "[60]", "99999999999999999999"] {
        let body = format!(r#"{{"username":"susan","password":"secret","ttl":{ttl}}}"#);
        let answer = post(&app, &body).await;
        assert_eq!(answer.status, 400, "{ttl}");
        assert!(answer.text("message").contains("1 to 86400"), "{}", answer.body);
    }
}

#[tokio::test]
async fn an_unknown_grant_or_field_is_400_and_told_the_known_ones() {
    let app = app();
    let answer = post(&app, &asking(json!({ "grants": { "Video": {} } }))).await;
    assert_eq!(answer.status, 400);
    for known in ["Video", "voice", "video", "chat", "conversations", "sync", "task_router", "playback"] {
        assert!(answer.text("message").contains(known), "{known}: {}", answer.body);
    }
    for (name, known) in [
        ("voice", vec!["incoming", "outgoing", "push_credential_sid", "endpoint_id"]),
        ("video", vec!["room"]),
        ("chat", vec!["service_sid", "endpoint_id", "deployment_role_sid", "push_credential_sid"]),
        ("sync", vec!["service_sid", "endpoint_id"]),
        ("task_router", vec!["workspace_sid", "worker_sid", "role"]),
    ] {
        let answer = post(&app, &asking(json!({ "grants": { name: { "identity": "x" } } }))).await;
        assert_eq!(answer.status, 400);
        let message = answer.text("message");
        assert!(message.contains("`identity`") && message.contains(name), "{message}");
        assert!(known.iter().all(|field| message.contains(field)), "{message}");
    }
}

#[tokio::test]
async fn a_number_in_a_grant_is_a_64_bit_integer() {
    let app = app();
    for number in ["1.5", "1.0", "1e3", "-0", "18446744073709551616", "-9223372036854775809", "1e999"] {
        for grants in [
            format!(r#"{{"playback":{{"a":[{{"b":{number}}}]}}}}"#),
            format!(r#"{{"voice":{{"outgoing":{{"application_sid":"A","params":{{"x":{number}}}}}}}}}"#),
        ] {
            let body = format!(r#"{{"username":"susan","password":"secret","grants":{grants}}}"#);
            assert_eq!(post(&app, &body).await.status, 400, "{body}");
        }
    }
}

#[tokio::test]
async fn another_method_is_405_and_told_post() {
    let app = app();
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::HEAD, Method::OPTIONS] {
        let answer = Answer::to(app.visitor().request(method.clone(), "/token")).await;
        assert_eq!((answer.status, answer.header("allow")), (405, "POST"), "{method}");
    }
    assert_eq!(Answer::to(app.visitor().request(Method::POST, "/token/")).await.status, 404);
}

#[tokio::test]
async fn a_body_over_the_limit_is_413_wherever_a_body_is_read() {
    let app = app();
    let filled = |size: usize| {
        let empty = asking(json!({ "more": "" })).len();
        asking(json!({ "more": "x".repeat(size - empty) }))
    };
    assert_eq!(post(&app, &filled(16_384)).await.status, 200);
    for size in [16_385, 1 << 20] {
        let answer = post(&app, &filled(size)).await;
        assert_eq!((answer.status, answer.text("error").as_str()), (413, "too_large"), "{size}");
        assert!(answer.text("message").contains("16384"), "{}", answer.body);
    }
    for path in ["/zoom/token", "/oauth/token", "/loginEndpoint", "/v1/verify", "/v1/transactions/abc/status"] {
        let request = app.visitor().request(Method::POST, path).form(&[("more", "x".repeat(20_000))]);
        assert_eq!(Answer::to(request).await.status, 413, "{path}");
    }
}

#[tokio::test]
async fn deep_nesting_is_refused_or_answered_and_breaks_nothing() {
    let app = app();
    for depth in [10, 100, 120, 127, 128, 1_000, 5_000] {
        let nested = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let body = format!(r#"{{"username":"a","password":"b","grants":{{"playback":{{"a":{nested}}}}}}}"#);
        let status = post(&app, &body).await.status;
        assert!(status == 200 || status == 400, "{depth}: {status}");
        assert_eq!(post(&app, &nested).await.status, 400, "{depth}");
    }
    assert_eq!(post(&app, &asking(json!({}))).await.status, 200);
}

#[tokio::test]
async fn a_mistyped_login_in_the_body_is_told_under_basic_too() {
    let app = TestApp::spawn();
    for path in ["/token", "/zoom/token"] {
        for (body, member) in [(json!({ "username": 7 }), "username"), (json!({ "password": ["x"] }), "password")] {
            let request = app.visitor().request(Method::POST, path).basic_auth("susan", Some("secret")).json(&body);
            let answer = Answer::to(request).await;
            assert_eq!(answer.status, 400, "{path} {body}: {}", answer.body);
            assert!(answer.text("message").contains(&format!("`{member}` must be a string")), "{}", answer.body);
        }
        let request = app.visitor().request(Method::POST, path).basic_auth("susan", Some("secret"));
        assert_eq!(Answer::to(request.json(&json!({ "username": null, "ttl": 60 }))).await.status, 200, "{path}");
    }
}
