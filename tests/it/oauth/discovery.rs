//! The documents of discovery.

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Answer, TestApp};

const ADDRESSES: [&str; 2] = ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"];

async fn document(app: &TestApp, path: &str, host: &str) -> Value {
    let answer = Answer::to(app.visitor().request(Method::GET, path).header("host", host)).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"), "{}", answer.body);
    assert_eq!(answer.header("access-control-allow-origin"), "*", "whoever asks");
    answer.json()
}

/// The whole document of an issuer, whose programs are sent to `reached_at`.
fn expected(issuer: &str, reached_at: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/oauth/authorize"),
        "token_endpoint": format!("{reached_at}/oauth/token"),
        "jwks_uri": format!("{reached_at}/.well-known/jwks.json"),
        "userinfo_endpoint": format!("{reached_at}/oauth/userinfo"),
        "introspection_endpoint": format!("{reached_at}/oauth/introspect"),
        "revocation_endpoint": format!("{reached_at}/oauth/revoke"),
        "end_session_endpoint": format!("{issuer}/oauth/logout"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": [
            "authorization_code", "client_credentials", "refresh_token", "urn:ietf:params:oauth:grant-type:jwt-bearer",
        ],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": [
            "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "name", "preferred_username", "email",
            "email_verified",
        ],
        "authorization_response_iss_parameter_supported": true,
        "request_uri_parameter_supported": false,
    })
}

#[tokio::test]
async fn both_addresses_give_the_same_document() {
    let app = TestApp::spawn();
    for path in ADDRESSES {
        assert_eq!(document(&app, path, app.host()).await, expected(&app.url, &app.url));
    }
}

#[tokio::test]
async fn programs_are_sent_to_the_host_that_they_asked_and_browsers_to_the_issuer() {
    let app = TestApp::spawn();
    let local = app.host().replace("127.0.0.1", "localhost");
    let wanted = expected(&app.url, &format!("http://{local}"));
    assert_eq!(document(&app, ADDRESSES[0], &local).await, wanted);
}

#[tokio::test]
async fn behind_a_proxy_programs_are_sent_to_the_public_url_or_to_the_address_that_they_asked() {
    let app = TestApp::with(&[("public-url", "https://login.example"), ("credentials", "any")]);
    let issuer = "https://login.example";
    assert_eq!(document(&app, ADDRESSES[0], "login.example").await, expected(issuer, issuer));
    assert_eq!(document(&app, ADDRESSES[0], app.host()).await, expected(issuer, &app.url));
}

#[tokio::test]
async fn each_resource_describes_itself() {
    let app = TestApp::spawn();
    for (path, resource) in [("", app.url.clone()), ("/api/me", format!("{}/api/me", app.url))] {
        let path = format!("/.well-known/oauth-protected-resource{path}");
        let wanted = json!({
            "resource": resource, "authorization_servers": [app.url], "bearer_methods_supported": ["header"],
        });
        assert_eq!(document(&app, &path, app.host()).await, wanted);
    }
}

#[tokio::test]
async fn id_tokens_are_signed_with_rs256_or_as_the_setting_says_and_in_test_mode_with_every_algorithm_of_key_pairs() {
    let every = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"];
    for (setting, supported) in
        [(("bearer-algorithm", "PS256"), &["RS256", "PS256"][..]), (("test-mode", "on"), &every)]
    {
        let app = TestApp::with(&[setting]);
        let document = document(&app, ADDRESSES[0], app.host()).await;
        assert_eq!(document["id_token_signing_alg_values_supported"], json!(supported), "{setting:?}");
    }
}
