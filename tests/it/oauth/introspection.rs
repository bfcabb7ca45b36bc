//! `POST /oauth/introspect` (RFC 7662).

use serde_json::json;

use super::issuer::{TestIssuer, assert_error};
use crate::app::{Answer, START};

#[tokio::test]
async fn an_access_token_in_force_is_active_whatever_its_audience() {
    let issuer = TestIssuer::new();
    let token = issuer.client_token(&[("scope", "read"), ("audience", "orders")]).await;
    let mut introspected = issuer.introspected(&token).await;
    let jti = introspected.as_object_mut().unwrap().remove("jti");
    assert!(jti.is_some_and(|jti| jti.is_string()));
    assert_eq!(
        introspected,
        json!({
            "active": true, "token_type": "Bearer", "scope": "read", "client_id": "service", "sub": "service",
            "aud": "orders", "iss": issuer.app.url, "iat": START, "exp": START + 600,
        })
    );
    issuer.app.advance(600);
    assert!(!issuer.is_active(&token).await);
}

#[tokio::test]
async fn a_refresh_token_in_force_is_active_until_it_is_used() {
    let issuer = TestIssuer::new();
    let token = issuer.logged_in().await.text("refresh_token");
    assert_eq!(
        issuer.introspected(&token).await,
        json!({
            "active": true, "scope": "openid profile offline_access", "client_id": "app", "sub": "bob",
            "iss": issuer.app.url, "exp": START + 30 * 86_400,
        })
    );
    issuer.token(&super::issuer::refresh(&token)).await;
    assert!(!issuer.is_active(&token).await);
}

#[tokio::test]
async fn every_other_token_is_only_reported_as_inactive() {
    let issuer = TestIssuer::new();
    let login = issuer.logged_in().await;
    let access = login.text("access_token");
    let cut = &access[..access.len() - 4];
    for token in ["x", "a.b.c", &"A".repeat(64), cut, &login.text("id_token")] {
        assert_eq!(issuer.introspected(token).await, json!({ "active": false }), "{token}");
    }
}

#[tokio::test]
async fn introspection_needs_a_client_secret_and_a_token() {
    let issuer = TestIssuer::new();
    let ask = |form: &[(&str, &str)]| Answer::to(issuer.post("/oauth/introspect", form));
    assert_error(&ask(&[("token", "x")]).await, 401, "invalid_client");
    assert_error(&ask(&[("token", "x"), ("client_id", "app")]).await, 401, "invalid_client");
    let client = [("client_id", "app"), ("client_secret", "any")];
    assert_error(&ask(&client).await, 400, "invalid_request");
    assert_error(&ask(&[&client[..], &[("token", "x"), ("token", "x")]].concat()).await, 400, "invalid_request");
    let hinted = [&client[..], &[("token", "x"), ("token_type_hint", "unknown")]].concat();
    assert_eq!(ask(&hinted).await.json(), json!({ "active": false }));
    let users = TestIssuer::with_users("off").await;
    let wrong = users.post("/oauth/introspect", &[("token", "x")]).basic_auth("service", Some("wrong"));
    let answer = Answer::to(wrong).await;
    assert_error(&answer, 401, "invalid_client");
    assert!(answer.header("www-authenticate").starts_with("Basic realm="));
}
