//! The grant `refresh_token`: each refresh token is good once, and a second use ends the whole family.

use chrono::TimeDelta;
use serde_json::json;

use super::issuer::{TestIssuer, assert_error, redemption, refresh};
use super::json_of;
use crate::app::{Answer, START};

#[tokio::test]
async fn a_refresh_token_becomes_new_tokens_of_the_same_login() {
    let issuer = TestIssuer::new();
    let first = issuer.logged_in().await;
    issuer.app.advance(100);
    let second = issuer.token(&refresh(&first.text("refresh_token"))).await;
    assert_eq!(second.status, 200, "{}", second.body);
    assert_eq!(second.text("scope"), "openid profile offline_access");
    assert_ne!(second.text("refresh_token"), first.text("refresh_token"));
    let access = json_of(&second.text("access_token"), 1);
    assert_eq!((&access["sub"], &access["exp"]), (&json!("bob"), &json!(START + 700)));
    let id_token = json_of(&second.text("id_token"), 1);
    assert_eq!((&id_token["auth_time"], id_token.get("nonce")), (&json!(START - 30), None));
    assert!(issuer.is_active(&first.text("access_token")).await, "the first access token goes on");
    assert_eq!(issuer.token(&refresh(&second.text("refresh_token"))).await.status, 200);
}

#[tokio::test]
async fn a_second_use_ends_the_whole_family_access_tokens_included() {
    let issuer = TestIssuer::new();
    let first = issuer.logged_in().await;
    let second = issuer.token(&refresh(&first.text("refresh_token"))).await;
    assert_error(&issuer.token(&refresh(&first.text("refresh_token"))).await, 400, "invalid_grant");
    assert_error(&issuer.token(&refresh(&second.text("refresh_token"))).await, 400, "invalid_grant");
    for access in [first.text("access_token"), second.text("access_token")] {
        assert!(!issuer.is_active(&access).await);
        assert_eq!(issuer.userinfo(&access).await.text("error"), "revoked");
        let me = issuer.app.visitor().request(reqwest::Method::GET, "/api/me").bearer_auth(&access);
        assert_eq!(Answer::to(me).await.text("error"), "revoked");
    }
}

#[tokio::test]
async fn of_a_hundred_that_use_one_refresh_token_at_once_at_most_one_wins() {
    let issuer = TestIssuer::new();
    let token = issuer.logged_in().await.text("refresh_token");
    let form = refresh(&token);
    let sent: Vec<_> = (0..100).map(|_| tokio::spawn(Answer::to(issuer.post("/oauth/token", &form)))).collect();
    let mut won = 0;
    for answer in sent {
        let answer = answer.await.unwrap();
        won += usize::from(answer.status == 200);
        assert!(answer.status == 200 || answer.text("error") == "invalid_grant", "{}", answer.body);
    }
    assert_eq!(won, 1);
}

#[tokio::test]
async fn the_scope_can_be_narrowed_and_not_widened() {
    let issuer = TestIssuer::new();
    let first = issuer.logged_in().await.text("refresh_token");
    let with_scope = |token, scope| [&refresh(token)[..], &[("scope", scope)]].concat();
    assert_error(&issuer.token(&with_scope(&first, "openid email")).await, 400, "invalid_scope");
    let narrow = issuer.token(&with_scope(&first, "profile")).await;
    assert_eq!((narrow.status, narrow.text("scope").as_str()), (200, "profile"), "the failure spent nothing");
    assert_eq!(json_of(&narrow.text("access_token"), 1)["scope"], "profile");
    assert!(narrow.json().get("id_token").is_none());
    let whole = issuer.token(&refresh(&narrow.text("refresh_token"))).await;
    assert_eq!(whole.text("scope"), "openid profile offline_access", "the family keeps what was granted");
}

#[tokio::test]
async fn another_client_s_attempt_is_refused_and_changes_nothing() {
    let issuer = TestIssuer::new();
    let first = issuer.logged_in().await;
    let token = first.text("refresh_token");
    let other = [("grant_type", "refresh_token"), ("refresh_token", token.as_str()), ("client_id", "other")];
    for _ in 0..2 {
        assert_error(&issuer.token(&other).await, 400, "invalid_grant");
        let more = [&other[..], &[("scope", "email")]].concat();
        assert_error(&issuer.token(&more).await, 400, "invalid_grant");
    }
    let second = issuer.token(&refresh(&token)).await;
    assert_eq!(second.status, 200, "{}", second.body);
    assert_error(&issuer.token(&other).await, 400, "invalid_grant");
    assert!(issuer.is_active(&second.text("refresh_token")).await, "nor does a spent one of another client");
}

#[tokio::test]
async fn what_is_no_refresh_token_is_an_invalid_grant() {
    let issuer = TestIssuer::new();
    let access = issuer.client_token(&[]).await;
    for token in ["x", &"A".repeat(64), &"A".repeat(65), access.as_str()] {
        assert_error(&issuer.token(&refresh(token)).await, 400, "invalid_grant");
    }
    let missing = [("grant_type", "refresh_token"), ("client_id", "app")];
    assert_error(&issuer.token(&missing).await, 400, "invalid_request");
}

#[tokio::test]
async fn a_refresh_token_lives_thirty_days_and_each_new_one_as_long_again() {
    let issuer = TestIssuer::new();
    let days = |days| issuer.app.clock.advance(TimeDelta::days(days));
    let mut token = issuer.logged_in().await.text("refresh_token");
    for _ in 0..3 {
        days(29);
        token = issuer.token(&refresh(&token)).await.text("refresh_token");
        assert!(issuer.is_active(&token).await);
    }
    days(30);
    assert!(!issuer.is_active(&token).await);
    assert_error(&issuer.token(&refresh(&token)).await, 400, "invalid_grant");
}

#[tokio::test]
async fn a_family_is_known_after_a_restart() {
    let issuer = TestIssuer::new();
    let token = issuer.logged_in().await.text("refresh_token");
    let issuer = TestIssuer { app: issuer.app.restarted(&[]) };
    assert_eq!(issuer.token(&refresh(&token)).await.status, 200);
    assert_error(&issuer.token(&redemption(&[])).await, 400, "invalid_grant");
}
