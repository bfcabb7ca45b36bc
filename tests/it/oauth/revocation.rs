//! `POST /oauth/revoke` (RFC 7009).

use super::issuer::{TestIssuer, assert_error, refresh};
use crate::app::Answer;

async fn revoke(issuer: &TestIssuer, client: &str, token: &str) -> Answer {
    Answer::to(issuer.post("/oauth/revoke", &[("client_id", client), ("token", token)])).await
}

async fn assert_revokes(issuer: &TestIssuer, client: &str, token: &str) {
    let answer = revoke(issuer, client, token).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn revoking_an_access_token_ends_that_one_alone() {
    let issuer = TestIssuer::new();
    let login = issuer.logged_in().await;
    for _ in 0..2 {
        assert_revokes(&issuer, "app", &login.text("access_token")).await;
    }
    assert!(!issuer.is_active(&login.text("access_token")).await);
    assert_eq!(issuer.userinfo(&login.text("access_token")).await.text("error"), "revoked");
    assert_eq!(issuer.token(&refresh(&login.text("refresh_token"))).await.status, 200);
}

#[tokio::test]
async fn revoking_a_refresh_token_ends_its_family_also_by_a_spent_one() {
    for is_spent in [false, true] {
        let issuer = TestIssuer::new();
        let first = issuer.logged_in().await;
        let second = issuer.token(&refresh(&first.text("refresh_token"))).await;
        let revoked = if is_spent { &first } else { &second };
        assert_revokes(&issuer, "app", &revoked.text("refresh_token")).await;
        for token in [first.text("access_token"), second.text("access_token"), second.text("refresh_token")] {
            assert!(!issuer.is_active(&token).await);
        }
        assert_error(&issuer.token(&refresh(&second.text("refresh_token"))).await, 400, "invalid_grant");
        assert_revokes(&issuer, "app", &second.text("refresh_token")).await;
    }
}

#[tokio::test]
async fn a_client_cannot_revoke_another_client_s_token() {
    let issuer = TestIssuer::new();
    let login = issuer.logged_in().await;
    for token in [login.text("access_token"), login.text("refresh_token")] {
        assert_error(&revoke(&issuer, "other", &token).await, 400, "invalid_grant");
        assert!(issuer.is_active(&token).await);
    }
}

#[tokio::test]
async fn what_is_no_token_needs_no_revocation() {
    let issuer = TestIssuer::new();
    for token in ["x", "a.b.c", &"A".repeat(64)] {
        assert_revokes(&issuer, "app", token).await;
    }
    assert_error(&Answer::to(issuer.post("/oauth/revoke", &[("client_id", "app")])).await, 400, "invalid_request");
    assert_error(&Answer::to(issuer.post("/oauth/revoke", &[("token", "x")])).await, 401, "invalid_client");
}

#[tokio::test]
async fn with_users_the_secret_of_a_confidential_client_is_needed() {
    let issuer = TestIssuer::with_users("off").await;
    let token = issuer.client_token(&[]).await;
    assert_error(&revoke(&issuer, "service", &token).await, 401, "invalid_client");
    assert!(issuer.is_active(&token).await);
    let request = issuer.post("/oauth/revoke", &[("token", &token)]).basic_auth("service", Some("secret"));
    assert_eq!(Answer::to(request).await.status, 200);
    assert!(!issuer.is_active(&token).await);
}
