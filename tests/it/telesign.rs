//! Phone tokens: handed out one a second, stored before they are answered, looked up, presented once.

use chrono::{DateTime, SecondsFormat, TimeDelta};
use hallpass::profiles::telesign::{self, PhoneNumber, Xid};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::app::{Answer, START, TestApp, Visitor, part};
use crate::cli::Program;
use crate::verdict::compact;

const PHONE: &str = "15555551212";
const OTHER: &str = "15555551313";

fn app() -> TestApp {
    TestApp::with(&[("phone-rate", "off")])
}

async fn get(app: &TestApp, path: &str) -> Answer {
    Answer::to(app.visitor().request(Method::GET, path)).await
}

/// The token of one transaction.
async fn token(app: &TestApp, phone: &str, xid: &str) -> String {
    let answer = get(app, &format!("/v1/token/{phone}/{xid}")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

/// A request by the holder of the account.
fn by_customer(app: &TestApp, method: Method, path: &str) -> RequestBuilder {
    let (id, key) = (app.credential("TELESIGN_CUSTOMER_ID"), app.credential("TELESIGN_API_KEY"));
    app.visitor().request(method, path).basic_auth(id, Some(key))
}

async fn look_up(app: &TestApp, path: &str) -> Answer {
    Answer::to(by_customer(app, Method::GET, path)).await
}

async fn verify(app: &TestApp, token: &str) -> Answer {
    Answer::to(app.visitor().request(Method::POST, "/v1/verify").json(&json!({ "token": token }))).await
}

async fn set_status(app: &TestApp, xid: &str, body: Value) -> Answer {
    Answer::to(by_customer(app, Method::POST, &format!("/v1/transactions/{xid}/status")).json(&body)).await
}

fn time(seconds: i64) -> String {
    DateTime::from_timestamp(seconds, 0).unwrap().to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn assert_refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.text("error").as_str()), (status, code), "{}", answer.body);
}

// ── handing out

#[tokio::test]
async fn a_token_is_plain_text_with_five_claims_in_order() {
    let app = app();
    let answer = get(&app, &format!("/v1/token/{PHONE}/abc-123")).await;
    assert_eq!((answer.status, answer.header("content-type"), answer.header("allow")), (200, "text/plain", "GET"));
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(part(&answer.body, 0), r#"{"alg":"HS256","typ":"JWT"}"#);
    let claims = format!(
        r#"{{"iss":"{}","iat":{},"exp":{},"phn":"{PHONE}","xid":"abc-123"}}"#,
        app.credential("TELESIGN_CUSTOMER_ID"),
        START - 10,
        START + 80
    );
    assert_eq!(part(&answer.body, 1), claims);
    assert_eq!(answer.body.matches('.').count(), 2, "no newline and nothing else: {:?}", answer.body);
}

#[tokio::test]
async fn without_an_xid_each_token_has_a_new_uuid_and_a_query_changes_nothing() {
    let app = app();
    let mut seen = std::collections::HashSet::new();
    for path in ["/v1/token/15555551212", "/v1/token/15555551212", "/v1/token/15555551212?xid=q"] {
        let claims: Value = serde_json::from_str(&part(&get(&app, path).await.body, 1)).unwrap();
        let xid = claims["xid"].as_str().unwrap().to_owned();
        assert_eq!((xid.len(), xid.chars().nth(14)), (36, Some('4')), "{xid}");
        assert!(seen.insert(xid));
    }
}

#[tokio::test]
async fn a_number_with_its_plus_is_kept_as_it_is_sent() {
    let app = app();
    for path in ["/v1/token/+15555551212/a", "/v1/token/%2B15555551212/a"] {
        let claims: Value = serde_json::from_str(&part(&get(&app, path).await.body, 1)).unwrap();
        assert_eq!(claims["phn"], "+15555551212", "{path}");
    }
}

#[tokio::test]
async fn every_other_method_is_405_and_told_get_and_makes_nothing() {
    let app = app();
    for path in ["/v1/token/15555551212", "/v1/token/15555551212/abc"] {
        for method in [Method::HEAD, Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
            let answer = Answer::to(app.visitor().request(method.clone(), path)).await;
            assert_eq!((answer.status, answer.header("allow")), (405, "GET"), "{method} {path}");
        }
    }
    let listed = look_up(&app, &format!("/v1/transactions?phone_number={PHONE}")).await;
    assert_eq!(listed.json(), json!({ "transactions": [], "next": null }));
}

#[tokio::test]
async fn a_bad_number_or_xid_is_400_and_says_what_is_accepted() {
    let app = app();
    let long = "1".repeat(300);
    for number in [
        "notaphone",
        "%3Cb%3E",
        "123456",
        "1234567890123456",
        &long,
        "%D9%A1234567",
        "+1%20555",
        "1%2F2",
        "%FF1234567",
        "++1234567",
    ] {
        let answer = get(&app, &format!("/v1/token/{number}")).await;
        assert_refused(&answer, 400, "bad_request");
        assert!(answer.text("message").contains("7 to 15 digits"), "{}", answer.body);
    }
    let long = "x".repeat(129);
    for xid in [&long, "a%20b", "%C3%A9", "%00", "a%0A", "%FF"] {
        let answer = get(&app, &format!("/v1/token/{PHONE}/{xid}")).await;
        assert_refused(&answer, 400, "bad_request");
        assert!(answer.text("message").contains("1 to 128 visible ASCII"), "{}", answer.body);
    }
    for path in ["/v1/token", "/v1/token/", "/v1/token/15555551212/", "/v1/token/15555551212/a/b"] {
        let status = get(&app, path).await.status;
        assert!(status == 404 || status == 400, "{path}: {status}");
    }
}

#[tokio::test]
async fn an_xid_may_be_any_visible_ascii_and_is_found_by_it() {
    let app = app();
    for xid in ["a", "%21%22%23%24%25%26~", "a%2Fb", "%2525", "..x", "%3C%3E", "a+b", "a;b=c"] {
        let made = token(&app, PHONE, xid).await;
        let found = look_up(&app, &format!("/v1/transactions/{xid}")).await;
        assert_eq!((found.status, found.text("token")), (200, made), "{xid} {}", found.body);
    }
}

// ── one xid, one transaction

#[tokio::test]
async fn an_xid_of_another_phone_is_taken_and_its_transaction_stays_as_it_is() {
    let app = app();
    let first = token(&app, PHONE, "abc").await;
    assert_refused(&get(&app, &format!("/v1/token/{OTHER}/abc")).await, 409, "xid_taken");
    let found = look_up(&app, "/v1/transactions/abc").await;
    assert_eq!((found.text("phone_number").as_str(), found.text("token")), (PHONE, first));
}

#[tokio::test]
async fn a_number_with_and_without_its_plus_is_one_number() {
    let app = app();
    for (round, spellings) in [[PHONE, "+15555551212"], ["%2B15555551212", PHONE]].iter().enumerate() {
        let xid = format!("x{round}");
        let tokens = [token(&app, spellings[0], &xid).await, token(&app, spellings[1], &xid).await];
        for number in [PHONE, "+15555551212", "%2B15555551212", "%2015555551212"] {
            let found = look_up(&app, &format!("/v1/transactions?phone_number={number}&limit=1")).await.json();
            let last = &found["transactions"][0];
            assert_eq!((&last["xid"], &last["token"]), (&json!(xid), &json!(tokens[1])), "{number}");
            let claims: Value = serde_json::from_str(&part(&tokens[1], 1)).unwrap();
            assert_eq!(last["phone_number"], claims["phn"], "the stored number is that of the last token");
        }
        assert_refused(&verify(&app, &tokens[0]).await, 404, "unknown_transaction");
        assert_eq!(verify(&app, &tokens[1]).await.status, 200);
        for number in spellings {
            assert_refused(&get(&app, &format!("/v1/token/{number}/{xid}")).await, 409, "already_verified");
        }
        assert_refused(&get(&app, &format!("/v1/token/+{OTHER}/{xid}")).await, 409, "xid_taken");
    }
}

#[tokio::test]
async fn an_xid_issued_again_replaces_token_and_times_and_the_old_token_is_unknown() {
    let app = app();
    let first = token(&app, PHONE, "abc").await;
    app.advance(5);
    let second = token(&app, PHONE, "abc").await;
    assert_ne!(first, second);
    let found = look_up(&app, "/v1/transactions/abc").await;
    assert_eq!((found.text("token"), found.text("issued_at")), (second.clone(), time(START - 5)));
    assert_refused(&verify(&app, &first).await, 404, "unknown_transaction");
    assert_eq!(verify(&app, &second).await.status, 200);
    app.advance(1);
    assert_refused(&get(&app, &format!("/v1/token/{PHONE}/abc")).await, 409, "already_verified");
    assert_eq!(look_up(&app, "/v1/transactions/abc").await.text("token"), second);
}

#[tokio::test]
async fn of_two_phones_that_ask_for_one_xid_at_once_only_one_ever_gets_it() {
    let app = app();
    for round in 0..5 {
        let request = |phone: &str| app.visitor().request(Method::GET, &format!("/v1/token/{phone}/x{round}"));
        let asking = [PHONE, OTHER].repeat(8);
        let sent: Vec<_> = asking.into_iter().map(|it| (it, tokio::spawn(Answer::to(request(it))))).collect();
        let mut owners = std::collections::HashSet::new();
        for (phone, answer) in sent {
            let answer = answer.await.unwrap();
            if answer.status == 200 {
                owners.insert(phone);
            } else {
                assert_refused(&answer, 409, "xid_taken");
            }
        }
        let stored = look_up(&app, &format!("/v1/transactions/x{round}")).await.text("phone_number");
        assert_eq!(owners.into_iter().collect::<Vec<_>>(), [stored.as_str()]);
    }
}

// ── Get Status

#[tokio::test]
async fn a_transaction_has_this_shape() {
    let app = app();
    let made = token(&app, PHONE, "abc").await;
    let expected = json!({
        "xid": "abc", "phone_number": PHONE, "issued_at": time(START - 10), "expires_at": time(START + 80),
        "status": "issued", "verified_at": null, "token": made,
    });
    let found = look_up(&app, "/v1/transactions/abc").await;
    assert_eq!(found.body, expected.to_string());
    assert_eq!((found.header("content-type"), found.header("cache-control")), ("application/json", "no-store"));
    let none = look_up(&app, "/v1/transactions/abd").await;
    assert_refused(&none, 404, "unknown_transaction");
    assert_eq!(none.text("message"), "No transaction has this xid.");
    assert_refused(&look_up(&app, "/v1/transactions/a%20b").await, 400, "bad_request");
}

#[tokio::test]
async fn a_list_is_the_newest_first_page_by_page() {
    let app = app();
    for index in 0..25 {
        token(&app, PHONE, &format!("x{index}")).await;
    }
    token(&app, OTHER, "other").await;
    let names = |answer: &Answer| -> Vec<String> {
        let list = answer.json()["transactions"].as_array().unwrap().clone();
        list.iter().map(|it| it["xid"].as_str().unwrap().to_owned()).collect()
    };
    let newest_first: Vec<String> = (0..25).rev().map(|index| format!("x{index}")).collect();
    let of = |rest: &str| format!("/v1/transactions?phone_number={PHONE}{rest}");

    assert_eq!(names(&look_up(&app, &of("")).await), newest_first[..20], "20 where nothing is said");
    let all = look_up(&app, &of("&limit=100")).await;
    assert_eq!((names(&all), all.json()["next"].is_null()), (newest_first.clone(), true));
    assert!(look_up(&app, &of("&limit=25")).await.json()["next"].is_null(), "nothing comes after");

    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = look_up(&app, &of(&format!("&limit=10{after}"))).await;
        seen.extend(names(&page));
        let Some(next) = page.json()["next"].as_str().map(str::to_owned) else { break };
        after = format!("&after={next}");
        // What is recorded meanwhile is on no later page.
        token(&app, PHONE, &format!("later{}", seen.len())).await;
    }
    assert_eq!(seen, newest_first);
}

#[tokio::test]
async fn a_list_takes_the_number_with_its_plus_encoded_or_not() {
    let app = app();
    let made = token(&app, "%2B15555551212", "a").await;
    for number in ["%2B15555551212", "+15555551212"] {
        let found = look_up(&app, &format!("/v1/transactions?phone_number={number}")).await;
        assert_eq!(found.json()["transactions"][0]["token"], made.as_str(), "{number}");
    }
}

#[tokio::test]
async fn a_list_with_a_bad_query_is_400() {
    let app = app();
    for query in [
        "",
        "?phone_number=",
        "?phone_number=x",
        "?phone_number=15555551212&limit=0",
        "?phone_number=15555551212&limit=101",
        "?phone_number=15555551212&limit=x",
        "?phone_number=15555551212&limit=",
        "?phone_number=15555551212&limit=-1",
        "?phone_number=15555551212&after=x",
        "?phone_number=15555551212&after=0",
        "?phone_number=15555551212&after=-1",
        "?phone_number=15555551212&after=99999999999999999999",
        "?phone_number=15555551212&phone_number=15555551213",
    ] {
        assert_refused(&look_up(&app, &format!("/v1/transactions{query}")).await, 400, "bad_request");
    }
}

#[tokio::test]
async fn transactions_are_for_the_holder_of_the_account_alone() {
    let app = app();
    token(&app, PHONE, "abc").await;
    let (id, key) = (app.credential("TELESIGN_CUSTOMER_ID"), app.credential("TELESIGN_API_KEY"));
    let list = format!("/v1/transactions?phone_number={PHONE}");
    for (method, path) in [
        (Method::GET, "/v1/transactions/abc"),
        (Method::GET, "/v1/transactions/none"),
        (Method::GET, list.as_str()),
        (Method::POST, "/v1/transactions/abc/status"),
    ] {
        let request = || app.visitor().request(method.clone(), path).json(&json!({ "status": "x" }));
        for refused in [
            request(),
            request().basic_auth(&id, Some("")),
            request().basic_auth("", Some(&key)),
            request().basic_auth(&id, Some(format!("{key}x"))),
            request().basic_auth(id.to_lowercase(), Some(&key)),
            request().basic_auth(&key, Some(&id)),
            request().bearer_auth(&key),
            request().header("authorization", "Basic ???"),
        ] {
            let answer = Answer::to(refused).await;
            assert_refused(&answer, 401, "bad_credentials");
            let is_told =
                ["are required, by HTTP Basic.", "is wrong."].iter().any(|it| answer.text("message").ends_with(it));
            assert!(is_told, "{}", answer.body);
            assert!(answer.header("www-authenticate").starts_with("Basic realm="), "{:?}", answer.headers);
        }
    }
    assert_eq!(look_up(&app, "/v1/transactions/abc").await.text("status"), "issued");
}

// ── the receiving side

#[tokio::test]
async fn a_token_is_verified_once() {
    let app = app();
    let made = token(&app, PHONE, "abc").await;
    app.advance(7);
    let answer = verify(&app, &made).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"));
    let verdict = answer.json();
    assert_eq!((&verdict["accepted"], &verdict["code"]), (&json!(true), &json!("accepted")));
    assert_eq!(verdict["claims"]["phn"], PHONE);
    assert_eq!(
        (&verdict["transaction"]["status"], &verdict["transaction"]["xid"]),
        (&json!("verified"), &json!("abc"))
    );
    assert_eq!(verdict["transaction"]["verified_at"], time(START + 7).as_str());
    assert_refused(&verify(&app, &made).await, 409, "already_verified");
    assert_eq!(look_up(&app, "/v1/transactions/abc").await.json(), verdict["transaction"]);
}

#[tokio::test]
async fn of_twenty_that_present_one_token_at_once_exactly_one_wins() {
    let app = app();
    let made = token(&app, PHONE, "abc").await;
    let request = || app.visitor().request(Method::POST, "/v1/verify").json(&json!({ "token": made }));
    let sent: Vec<_> = (0..20).map(|_| tokio::spawn(Answer::to(request()))).collect();
    let mut won = 0;
    for answer in sent {
        let answer = answer.await.unwrap();
        if answer.status == 200 {
            won += 1;
        } else {
            assert_refused(&answer, 409, "already_verified");
        }
    }
    assert_eq!(won, 1);
}

#[tokio::test]
async fn a_token_that_does_not_hold_is_401_with_its_verdict_and_changes_nothing() {
    let app = app();
    let made = token(&app, PHONE, "abc").await;
    let ring = app.ring();
    let claims: Value = serde_json::from_str(&part(&made, 1)).unwrap();
    let with = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        compact(part(&made, 0), claims.to_string(), |message| ring.telesign().signer().sign(message).unwrap())
    };
    // The mistake that the tutorial warns of: the text of the API key in place of its bytes.
    let text = app.credential("TELESIGN_API_KEY");
    let by_text = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, text.as_bytes());
    let by_text = compact(part(&made, 0), part(&made, 1), |message| {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(aws_lc_rs::hmac::sign(&by_text, message))
    });
    for (bad, code) in [
        (String::new(), "no_token"),
        ("x".to_owned(), "malformed"),
        (by_text, "bad_signature"),
        (with("iss", json!("another")), "bad_claim"),
        (with("exp", json!(START)), "expired"),
        (with("iat", json!(START + 1)), "not_yet_valid"),
        (with("phn", json!(15_555_551_212_i64)), "bad_claim"),
        (with("xid", Value::Null), "bad_claim"),
        (with("aud", json!("x")), "bad_claim"),
    ] {
        let answer = verify(&app, &bad).await;
        assert_eq!((answer.status, answer.text("code").as_str()), (401, code), "{}", answer.body);
        assert_eq!((&answer.json()["accepted"], answer.json().get("claims")), (&json!(false), None));
        assert_eq!(answer.json().get("transaction"), None);
    }
    app.advance(80);
    assert_eq!(verify(&app, &made).await.text("code"), "expired");
    assert_eq!(look_up(&app, "/v1/transactions/abc").await.text("status"), "issued");
}

#[tokio::test]
async fn a_token_that_was_signed_and_never_stored_is_unknown() {
    let app = app();
    let ring = app.ring();
    let now = DateTime::from_timestamp(START, 0).unwrap();
    let phone = PhoneNumber::parse(PHONE).unwrap();
    let made = telesign::issue(&ring, &phone, &Xid::parse("ghost").unwrap(), now).unwrap();
    assert_refused(&verify(&app, made.token.as_str()).await, 404, "unknown_transaction");
    let blank =
        compact(part(made.token.as_str(), 0), part(made.token.as_str(), 1).replace("ghost", "a b"), |message| {
            ring.telesign().signer().sign(message).unwrap()
        });
    assert_refused(&verify(&app, &blank).await, 404, "unknown_transaction");
}

#[tokio::test]
async fn a_body_of_verify_is_a_json_object_with_a_token() {
    let app = app();
    let post = |kind: &str, body: &str| {
        let request = app.visitor().request(Method::POST, "/v1/verify").header("content-type", kind.to_owned());
        Answer::to(request.body(body.to_owned()))
    };
    for body in ["{}", "[]", "null", "{", "", r#"{"token":null}"#, r#"{"token":7}"#, r#"{"token":["x"]}"#] {
        assert_refused(&post("application/json", body).await, 400, "bad_request");
    }
    assert_refused(&post("text/plain", "{}").await, 415, "unsupported_media_type");
    assert_refused(&post("application/x-www-form-urlencoded", "token=x").await, 415, "unsupported_media_type");
    let answer = get(&app, "/v1/verify").await;
    assert_eq!((answer.status, answer.header("allow")), (405, "POST"));
}

// ── the callback

#[tokio::test]
async fn a_callback_records_a_status_and_makes_nothing_more_or_less_verified() {
    let app = app();
    let made = token(&app, PHONE, "abc").await;
    let answer = set_status(&app, "abc", json!({ "status": "CALL_IN_PROGRESS", "other": 1 })).await;
    assert_eq!((answer.status, answer.text("status").as_str()), (200, "CALL_IN_PROGRESS"), "{}", answer.body);
    assert_eq!(set_status(&app, "abc", json!({ "status": "verified" })).await.json()["verified_at"], Value::Null);
    assert_eq!(verify(&app, &made).await.status, 200, "a status said is not a token presented");
    let answer = set_status(&app, "abc", json!({ "status": "Zugestellt ✓" })).await;
    assert_eq!((answer.text("status").as_str(), answer.text("verified_at")), ("Zugestellt ✓", time(START)));
    assert_refused(&verify(&app, &made).await, 409, "already_verified");
    assert_refused(&set_status(&app, "none", json!({ "status": "x" })).await, 404, "unknown_transaction");
}

#[tokio::test]
async fn a_status_is_1_to_64_characters_of_text() {
    let app = app();
    token(&app, PHONE, "abc").await;
    for bad in [json!({}), json!({ "status": "" }), json!({ "status": 7 }), json!({ "status": null })] {
        assert_refused(&set_status(&app, "abc", bad).await, 400, "bad_request");
    }
    for bad in ["é".repeat(65), "a\nb".to_owned(), "\u{0}".to_owned()] {
        assert_refused(&set_status(&app, "abc", json!({ "status": bad })).await, 400, "bad_request");
    }
    assert_eq!(set_status(&app, "abc", json!({ "status": "é".repeat(64) })).await.status, 200);
}

// ── how often

#[tokio::test]
async fn a_client_gets_one_token_a_second_by_either_address() {
    let app = TestApp::spawn();
    assert_eq!(get(&app, &format!("/v1/token/{PHONE}")).await.status, 200);
    for path in ["/v1/token/15555551212", "/v1/token/15555551212/abc", "/v1/token/15555551313", "/v1/token/x"] {
        let answer = get(&app, path).await;
        assert_refused(&answer, 429, "too_often");
        assert_eq!(answer.header("retry-after"), "1");
    }
    app.clock.advance(TimeDelta::milliseconds(999));
    assert_eq!(get(&app, &format!("/v1/token/{PHONE}/abc")).await.status, 429, "refused ones prolong nothing");
    app.clock.advance(TimeDelta::milliseconds(1));
    assert_eq!(get(&app, &format!("/v1/token/{PHONE}/abc")).await.status, 200);
    assert_eq!(get(&app, &format!("/v1/token/{PHONE}")).await.status, 429);
}

#[tokio::test]
async fn a_bad_number_counts_and_another_method_does_not() {
    let app = TestApp::spawn();
    for method in [Method::HEAD, Method::POST, Method::OPTIONS] {
        let path = format!("/v1/token/{PHONE}");
        assert_eq!(Answer::to(app.visitor().request(method, &path)).await.status, 405);
    }
    assert_eq!(get(&app, "/v1/token/1/2/3").await.status, 404);
    assert_eq!(get(&app, "/v1/token/notaphone").await.status, 400);
    assert_eq!(get(&app, &format!("/v1/token/{PHONE}")).await.status, 429);
}

#[tokio::test]
async fn retry_after_is_what_is_left_of_the_window() {
    let app = TestApp::with(&[("phone-rate", "2/m")]);
    let path = format!("/v1/token/{PHONE}");
    for _ in 0..2 {
        assert_eq!(get(&app, &path).await.status, 200);
    }
    assert_eq!(get(&app, &path).await.header("retry-after"), "60");
    app.clock.advance(TimeDelta::milliseconds(20_500));
    assert_eq!(get(&app, &path).await.header("retry-after"), "40");
    app.clock.advance(TimeDelta::milliseconds(39_499));
    assert_eq!(get(&app, &path).await.header("retry-after"), "1");
    app.clock.advance(TimeDelta::milliseconds(1));
    assert_eq!(get(&app, &path).await.status, 200);
}

#[tokio::test]
async fn x_forwarded_for_is_believed_of_a_trusted_proxy_alone() {
    let ask = async |app: &TestApp, hops: &str| {
        let request = app.visitor().request(Method::GET, "/v1/token/15555551212").header("x-forwarded-for", hops);
        Answer::to(request).await.status
    };
    let app = TestApp::spawn();
    assert_eq!((ask(&app, "203.0.113.1").await, ask(&app, "203.0.113.2").await), (200, 429));

    let app = TestApp::with(&[("trusted-proxy", "127.0.0.1,10.0.0.0/8")]);
    assert_eq!((ask(&app, "203.0.113.1").await, ask(&app, "203.0.113.2").await), (200, 200));
    assert_eq!(ask(&app, "203.0.113.1").await, 429);
    assert_eq!(ask(&app, "203.0.113.9, 203.0.113.2, 10.1.2.3").await, 429, "the rightmost that is not trusted");
    assert_eq!(ask(&app, "203.0.113.1, 203.0.113.3").await, 200);
}

// ── over a restart

#[tokio::test]
async fn the_next_server_on_the_same_database_knows_every_transaction() {
    let app = app();
    let (open, done) = (token(&app, PHONE, "open").await, token(&app, PHONE, "done").await);
    assert_eq!(verify(&app, &done).await.status, 200);
    let app = app.restarted(&[("phone-rate", "off")]);
    assert_eq!(look_up(&app, "/v1/transactions/open").await.text("token"), open);
    assert_refused(&verify(&app, &done).await, 409, "already_verified");
    assert_eq!(verify(&app, &open).await.status, 200);
    assert_refused(&get(&app, &format!("/v1/token/{OTHER}/open")).await, 409, "xid_taken");
}

// ── what is kept to itself

/// Long because it is one list of requests.
#[tokio::test(flavor = "multi_thread")]
async fn no_phone_number_xid_token_name_or_password_reaches_the_log_at_any_level() {
    let program = Program::with_keys().and("RUST_LOG", "trace");
    let serving = program.serve(&["--phone-rate", "off"]);
    let visitor = Visitor::of(&serving.url);
    let mut secrets: Vec<String> = Vec::new();
    for path in ["/v1/token/15557770001/xid-zaphod", "/v1/token/15557770001", "/v1/token/15557770002/xid-zaphod"] {
        secrets.push(visitor.get(path).await.text().await.unwrap());
    }
    let credentials = program.read("keys/demo-credentials.env");
    let value = |name: &str| credentials.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).unwrap();
    let (id, key) = (value("TELESIGN_CUSTOMER_ID"), value("TELESIGN_API_KEY"));
    for path in ["/v1/transactions/xid-zaphod", "/v1/transactions?phone_number=15557770001&limit=7&after=424242"] {
        for key in [key, "zaphod-wrong"] {
            Answer::to(visitor.request(Method::GET, path).basic_auth(id, Some(key))).await;
        }
    }
    let status = visitor.request(Method::POST, "/v1/transactions/xid-zaphod/status").basic_auth(id, Some(key));
    assert_eq!(Answer::to(status.json(&json!({ "status": "zaphod-status" }))).await.status, 200);
    let token = secrets[0].clone();
    for body in [json!({ "token": token }), json!({ "token": token }), json!({ "token": "zaphod.eyJ6.x" })] {
        Answer::to(visitor.request(Method::POST, "/v1/verify").json(&body)).await;
    }
    let login = json!({ "username": "zaphod", "password": "zaphod-secret" });
    for path in ["/token", "/zoom/token"] {
        secrets.push(Answer::to(visitor.request(Method::POST, path).json(&login)).await.text("token"));
    }
    let form = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", &secrets[4])];
    let bearer = Answer::to(visitor.request(Method::POST, "/oauth/token").form(&form)).await.text("access_token");
    assert_eq!(Answer::to(visitor.request(Method::GET, "/api/me").bearer_auth(&bearer)).await.status, 200);
    secrets.push(bearer);
    let rest = Answer::to(visitor.request(Method::POST, "/loginEndpoint").form(&login)).await.text("token");
    assert_eq!(Answer::to(visitor.request(Method::POST, &format!("/anEndpoint?token={rest}"))).await.status, 200);
    Answer::to(visitor.request(Method::POST, "/anEndpoint").header("TOKEN", "zaphod")).await;
    secrets.push(rest);

    let log = serving.stop().stderr;
    assert!(log.contains("GET /v1/token/{phone} 200"), "the log is on: {log}");
    secrets.retain(|token| token.matches('.').count() == 2);
    assert_eq!(secrets.len(), 6);
    let parts = secrets.iter().flat_map(|token| token.split('.').skip(1));
    for said in parts.chain(["zaphod", "1555777", "424242", id, key]) {
        assert_eq!(log.lines().find(|line| line.contains(said)), None, "the log holds {said}");
    }
}

/// A page of another site may carry an image whose address is this one; the browser says whose page asks.
#[tokio::test]
async fn another_site_s_page_replaces_no_token() {
    let app = app();
    let kept = token(&app, "15555551212", "order-7").await;
    app.advance(1);
    let own = app.url.clone();
    let other_port = "http://127.0.0.1:1".to_owned();
    for path in ["/v1/token/15555551212/order-7", "/v1/token/15555551212", "/v1/%74oken/15555551212/order-7"] {
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "Same-Origin"),
            ("sec-fetch-site", ""),
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("origin", other_port.as_str()),
            // Over plain http, browsers say no more than this of an image.
            ("referer", "http://evil.example/"),
            ("referer", "no address"),
        ] {
            let request = app.visitor().request(Method::GET, path).header(name, value);
            let answer = Answer::to(request.header("sec-fetch-mode", "no-cors")).await;
            assert_refused(&answer, 403, "cross_site");
            assert!(answer.text("message").contains("--cors-origin"), "{}", answer.body);
        }
    }
    assert_eq!(verify(&app, &kept).await.status, 200, "the token that was handed out is the one that counts");
    let own_page = format!("{own}/tutorials/telesign?x");
    for (name, value) in [
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-site", "none"),
        ("origin", own.as_str()),
        ("referer", own_page.as_str()),
    ] {
        let request = app.visitor().request(Method::GET, "/v1/token/15555551212/order-8").header(name, value);
        assert_eq!(Answer::to(request).await.status, 200, "{name}: {value}");
    }
}

#[tokio::test]
async fn a_refused_page_of_another_site_uses_up_no_client_s_rate() {
    let app = TestApp::with(&[("phone-rate", "1/m")]);
    for _ in 0..3 {
        let request =
            app.visitor().request(Method::GET, "/v1/token/15555551212").header("sec-fetch-site", "cross-site");
        assert_eq!(Answer::to(request).await.status, 403);
    }
    assert_eq!(get(&app, "/v1/token/15555551212").await.status, 200);
}

#[tokio::test]
async fn a_script_that_cors_lets_call_gets_a_token_and_an_image_does_not() {
    for admitted in ["https://app.example", "*"] {
        let app = TestApp::with(&[("phone-rate", "off"), ("cors-origin", admitted)]);
        let ask = || app.visitor().request(Method::GET, "/v1/token/15555551212").header("sec-fetch-site", "cross-site");
        assert_eq!(Answer::to(ask().header("origin", "https://app.example")).await.status, 200, "{admitted}");
        assert_eq!(Answer::to(ask()).await.status, 403, "an image sends no Origin");
        let other = Answer::to(ask().header("origin", "https://evil.example")).await.status;
        assert_eq!(other, if admitted == "*" { 200 } else { 403 });
    }
}
