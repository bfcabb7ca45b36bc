//! The grant `client_credentials`: a client gets a token for itself.

use serde_json::json;

use super::issuer::{TestIssuer, assert_error};
use super::json_of;
use crate::app::START;

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

#[tokio::test]
async fn a_client_gets_a_token_about_itself_for_this_issuer() {
    let issuer = TestIssuer::new();
    let answer = issuer.token_by_basic(("my-app", "any"), &[GRANT]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"));
    let names: Vec<String> = answer.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["access_token", "token_type", "expires_in"]);
    assert_eq!((&answer.json()["token_type"], &answer.json()["expires_in"]), (&json!("Bearer"), &json!(600)));
    let token = answer.text("access_token");
    assert_eq!(json_of(&token, 0)["typ"], "at+jwt");
    let claims = json_of(&token, 1);
    let names: Vec<&String> = claims.as_object().unwrap().keys().collect();
    assert_eq!(names, ["iss", "sub", "aud", "client_id", "iat", "exp", "jti"]);
    assert_eq!((&claims["sub"], &claims["client_id"]), (&json!("my-app"), &json!("my-app")));
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!(issuer.app.url), &json!(issuer.app.url)));
    assert_eq!(claims["exp"], START + 600);
}

#[tokio::test]
async fn the_scope_is_granted_as_it_is_asked_for() {
    let issuer = TestIssuer::new();
    let form = [GRANT, ("client_id", "my-app"), ("client_secret", "any"), ("scope", "read write offline_access")];
    let answer = issuer.token(&form).await;
    assert_eq!((answer.status, answer.text("scope").as_str()), (200, "read write offline_access"));
    assert_eq!(json_of(&answer.text("access_token"), 1)["scope"], "read write offline_access");
    assert!(answer.json().get("refresh_token").is_none(), "a client has its secret, and needs no refresh token");
}

#[tokio::test]
async fn the_audience_is_the_union_of_audience_and_resources() {
    let issuer = TestIssuer::new();
    let aud = async |further: &[(&str, &str)]| json_of(&issuer.client_token(further).await, 1)["aud"].clone();
    assert_eq!(aud(&[("audience", "orders")]).await, "orders");
    assert_eq!(aud(&[("resource", "https://a.example")]).await, "https://a.example");
    let several = [("resource", "https://a.example"), ("audience", "orders"), ("resource", "urn:b")];
    assert_eq!(aud(&several).await, json!(["orders", "https://a.example", "urn:b"]));
}

#[tokio::test]
async fn every_token_has_its_own_jti() {
    let issuer = TestIssuer::new();
    let jti = async || json_of(&issuer.client_token(&[]).await, 1)["jti"].clone();
    assert_ne!(jti().await, jti().await);
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_said_in_the_words_of_the_rfc() {
    let issuer = TestIssuer::new();
    for (further, error) in [
        (("scope", "a  b"), "invalid_scope"),
        (("scope", "\"a\""), "invalid_scope"),
        (("resource", "orders"), "invalid_target"),
        (("resource", "https://a.example/#x"), "invalid_target"),
        (("audience", "a\nb"), "invalid_target"),
    ] {
        let answer = issuer.token_by_basic(("my-app", "any"), &[GRANT, further]).await;
        assert_error(&answer, 400, error);
    }
    for repeated in [("scope", "a"), ("grant_type", "client_credentials"), ("audience", "a"), ("unknown", "a")] {
        let answer = issuer.token_by_basic(("my-app", "any"), &[GRANT, repeated, repeated]).await;
        assert_error(&answer, 400, "invalid_request");
    }
    for grant in ["password", "implicit", "urn:ietf:params:oauth:grant-type:device_code"] {
        let answer = issuer.token_by_basic(("my-app", "any"), &[("grant_type", grant)]).await;
        assert_error(&answer, 400, "unsupported_grant_type");
    }
    assert_eq!(issuer.token_by_basic(("my-app", "any"), &[GRANT, ("colour", "red")]).await.status, 200);
}
