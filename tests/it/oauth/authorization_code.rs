//! The grant `authorization_code`: a code becomes tokens, once.

use hallpass::store::{AuthorizationCode, Grant};
use serde_json::json;

use super::issuer::{REDIRECT_URI, TestIssuer, VERIFIER, assert_error, at, code, code_with_scope, redemption};
use super::json_of;
use crate::app::{Answer, START};

#[tokio::test]
async fn a_code_becomes_an_access_token_an_id_token_and_a_refresh_token() {
    let issuer = TestIssuer::new();
    let answer = issuer.logged_in().await;
    assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"));
    let names: Vec<String> = answer.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token"]);
    assert_eq!(answer.text("scope"), "openid profile offline_access");

    let access = json_of(&answer.text("access_token"), 1);
    assert_eq!((&access["sub"], &access["client_id"]), (&json!("bob"), &json!("app")));
    assert_eq!((&access["aud"], &access["scope"]), (&json!(issuer.app.url), &json!("openid profile offline_access")));
    assert_eq!(access["exp"], START + 600);

    let id_token = answer.text("id_token");
    assert_eq!(json_of(&id_token, 0)["typ"], "JWT");
    let claims = json_of(&id_token, 1);
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!(issuer.app.url), &json!("app")));
    assert_eq!((&claims["sub"], &claims["nonce"]), (&json!("bob"), &json!("n-1")));
    assert_eq!((&claims["auth_time"], &claims["iat"]), (&json!(START - 30), &json!(START)));
    assert_eq!(claims["at_hash"].as_str().unwrap().len(), 22);
}

#[tokio::test]
async fn what_was_not_asked_for_is_not_given() {
    let issuer = TestIssuer::new();
    for (scope, id_token, refresh_token) in
        [("", false, false), ("read", false, false), ("openid", true, false), ("read offline_access", false, true)]
    {
        let name = if scope.is_empty() { "none" } else { scope };
        issuer.put_code(name, &code_with_scope(scope)).await;
        let body = issuer.token(&redemption(&[("code", name)])).await.json();
        assert_eq!((body.get("id_token").is_some(), body.get("refresh_token").is_some()), (id_token, refresh_token));
        assert_eq!(body.get("scope").is_some(), !scope.is_empty(), "{body}");
    }
}

#[tokio::test]
async fn an_access_token_is_for_the_audience_that_was_granted_or_a_part_of_it() {
    let issuer = TestIssuer::new();
    let granted = || {
        let code = code();
        let audience = vec!["https://a.example".to_owned(), "orders".to_owned()];
        AuthorizationCode { grant: Grant { audience, ..code.grant }, ..code }
    };
    for (text, further, aud) in [
        ("all", vec![], json!(["https://a.example", "orders"])),
        ("one", vec![("resource", "https://a.example")], json!("https://a.example")),
    ] {
        issuer.put_code(text, &granted()).await;
        let answer = issuer.token(&redemption(&[&[("code", text)], &further[..]].concat())).await;
        assert_eq!(json_of(&answer.text("access_token"), 1)["aud"], aud);
    }
    issuer.put_code("more", &granted()).await;
    let more = redemption(&[("code", "more"), ("audience", "other")]);
    assert_error(&issuer.token(&more).await, 400, "invalid_target");
    assert_eq!(issuer.token(&redemption(&[("code", "more")])).await.status, 200, "the failure spent nothing");
}

#[tokio::test]
async fn whatever_does_not_fit_the_code_is_refused_and_does_not_spend_it() {
    let issuer = TestIssuer::new();
    issuer.put_code("c", &code()).await;
    let other_verifier = "a".repeat(43);
    for (changes, status, error) in [
        (vec![("code", "d")], 400, "invalid_grant"),
        (vec![("code", "")], 400, "invalid_request"),
        (vec![("redirect_uri", "http://127.0.0.1:8081/callback")], 400, "invalid_grant"),
        (vec![("redirect_uri", "")], 400, "invalid_request"),
        (vec![("client_id", "other")], 400, "invalid_grant"),
        (vec![("client_id", "")], 401, "invalid_client"),
        (vec![("code_verifier", "")], 400, "invalid_grant"),
        (vec![("code_verifier", &other_verifier)], 400, "invalid_grant"),
        (vec![("code_verifier", "short")], 400, "invalid_grant"),
        // PKCE is checked for clients with a secret too.
        (vec![("code_verifier", ""), ("client_secret", "any")], 400, "invalid_grant"),
    ] {
        assert_error(&issuer.token(&redemption(&changes)).await, status, error);
    }
    assert_eq!(issuer.token(&redemption(&[])).await.status, 200);
}

#[tokio::test]
async fn a_code_without_a_challenge_is_for_a_client_with_a_secret_alone_and_takes_no_verifier() {
    let issuer = TestIssuer::new();
    issuer.put_code("c", &AuthorizationCode { challenge: None, ..code() }).await;
    for changes in [
        vec![("code_verifier", "")],
        vec![("code_verifier", VERIFIER)],
        vec![("code_verifier", VERIFIER), ("client_secret", "any")],
    ] {
        assert_error(&issuer.token(&redemption(&changes)).await, 400, "invalid_grant");
    }
    let answer = issuer.token(&redemption(&[("code_verifier", ""), ("client_secret", "any")])).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn a_code_expires_after_its_minute() {
    let issuer = TestIssuer::new();
    issuer.put_code("c", &AuthorizationCode { expires_at: at(60), ..code() }).await;
    issuer.app.advance(60);
    assert_error(&issuer.token(&redemption(&[])).await, 400, "invalid_grant");
}

#[tokio::test]
async fn a_second_use_is_refused_and_revokes_what_the_first_gave() {
    for second in [vec![], vec![("code_verifier", "a")]] {
        let issuer = TestIssuer::new();
        let first = issuer.logged_in().await;
        let (access, refresh_token) = (first.text("access_token"), first.text("refresh_token"));
        assert!(issuer.is_active(&access).await && issuer.is_active(&refresh_token).await);
        assert_error(&issuer.token(&redemption(&second)).await, 400, "invalid_grant");
        assert!(!issuer.is_active(&access).await && !issuer.is_active(&refresh_token).await, "{second:?}");
        let answer = issuer.userinfo(&access).await;
        assert_eq!((answer.status, answer.text("error").as_str()), (401, "revoked"));
    }
}

#[tokio::test]
async fn a_second_use_ends_an_access_token_that_came_without_a_refresh_token() {
    let issuer = TestIssuer::new();
    issuer.put_code("c", &code_with_scope("openid")).await;
    let access = issuer.token(&redemption(&[])).await.text("access_token");
    assert_eq!(issuer.userinfo(&access).await.status, 200);
    assert_error(&issuer.token(&redemption(&[])).await, 400, "invalid_grant");
    assert_eq!(issuer.userinfo(&access).await.text("error"), "revoked");
}

#[tokio::test]
async fn another_client_that_has_a_spent_code_changes_nothing() {
    let issuer = TestIssuer::new();
    let first = issuer.logged_in().await;
    let other = redemption(&[("client_id", "other")]);
    assert_error(&issuer.token(&other).await, 400, "invalid_grant");
    assert!(issuer.is_active(&first.text("access_token")).await);
}

#[tokio::test]
async fn of_a_hundred_that_redeem_one_code_at_once_at_most_one_wins() {
    let issuer = TestIssuer::new();
    issuer.put_code("c", &code()).await;
    let form = redemption(&[("redirect_uri", REDIRECT_URI)]);
    let sent: Vec<_> = (0..100).map(|_| tokio::spawn(Answer::to(issuer.post("/oauth/token", &form)))).collect();
    let mut won = Vec::new();
    for answer in sent {
        let answer = answer.await.unwrap();
        if answer.status == 200 {
            won.push(answer.text("access_token"));
        } else {
            assert_error(&answer, 400, "invalid_grant");
        }
    }
    assert_eq!(won.len(), 1);
    assert!(!issuer.is_active(&won[0]).await, "the second use revoked what the first gave");
}
