//! `/oauth/userinfo` (OpenID Connect Core §5.3, RFC 6750), and the audiences of `/api/me`.

use reqwest::Method;
use serde_json::{Value, json};

use super::issuer::TestIssuer;
use crate::app::Answer;

#[tokio::test]
async fn the_scope_says_what_is_told_about_the_user() {
    let issuer = TestIssuer::new();
    let told = async |scope: &str| {
        let token = issuer.client_token(&[("scope", scope), ("audience", "orders")]).await;
        let answer = issuer.userinfo(&token).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"), "{}", answer.body);
        assert_eq!(answer.header("cache-control"), "no-store");
        answer.json()
    };
    let profile = json!({ "name": "service", "preferred_username": "service" });
    let email = json!({ "email": "service@example.test", "email_verified": false });
    for (scope, wanted) in [
        ("openid", vec![]),
        ("openid profile", vec![&profile]),
        ("email openid", vec![&email]),
        ("openid profile email", vec![&profile, &email]),
    ] {
        let mut claims = json!({ "sub": "service" });
        for further in wanted {
            claims.as_object_mut().unwrap().extend(further.as_object().unwrap().clone());
        }
        assert_eq!(told(scope).await, claims, "{scope}");
    }
}

#[tokio::test]
async fn get_and_post_are_answered_alike() {
    let issuer = TestIssuer::new();
    let token = issuer.client_token(&[("scope", "openid")]).await;
    for method in [Method::GET, Method::POST] {
        let request = issuer.app.visitor().request(method, "/oauth/userinfo").bearer_auth(&token);
        assert_eq!(Answer::to(request).await.json(), json!({ "sub": "service" }));
    }
}

#[tokio::test]
async fn a_form_may_have_the_access_token_and_a_query_may_not() {
    let issuer = TestIssuer::new();
    let token = issuer.client_token(&[("scope", "openid")]).await;
    let form = [("access_token", token.as_str())];
    let answer = Answer::to(issuer.post("/oauth/userinfo", &form)).await;
    assert_eq!((answer.status, answer.json()), (200, json!({ "sub": "service" })));
    let bad = Answer::to(issuer.post("/oauth/userinfo", &[("access_token", "x")])).await;
    assert_eq!((bad.status, bad.text("error").as_str()), (401, "malformed"));
    for empty in [&[][..], &[("access_token", "")], &[("token", token.as_str())]] {
        let none = Answer::to(issuer.post("/oauth/userinfo", empty)).await;
        assert_eq!((none.status, none.header("www-authenticate")), (401, r#"Bearer realm="hallpass""#), "{empty:?}");
    }
    let in_query = format!("/oauth/userinfo?access_token={token}");
    for method in [Method::GET, Method::POST] {
        let answer = Answer::to(issuer.app.visitor().request(method, &in_query)).await;
        assert_eq!((answer.status, answer.text("error").as_str()), (401, "no_token"));
    }
    let by_get = issuer.app.visitor().request(Method::GET, "/oauth/userinfo").form(&form);
    assert_eq!(Answer::to(by_get).await.status, 401, "a GET has no form");
    let as_json = issuer.app.visitor().request(Method::POST, "/oauth/userinfo").json(&json!({ "access_token": token }));
    assert_eq!(Answer::to(as_json).await.status, 401);
}

#[tokio::test]
async fn a_token_in_two_places_is_an_invalid_request() {
    let issuer = TestIssuer::new();
    let token = issuer.client_token(&[("scope", "openid")]).await;
    let once = ("access_token", token.as_str());
    for request in [
        issuer.post("/oauth/userinfo", &[once]).bearer_auth(&token),
        issuer.post("/oauth/userinfo", &[once, once]),
        issuer.post("/oauth/userinfo", &[once]).bearer_auth(&token).header("authorization", "Bearer x"),
    ] {
        let answer = Answer::to(request).await;
        assert_eq!((answer.status, answer.text("error").as_str()), (400, "bad_request"), "{}", answer.body);
        let challenge = answer.header("www-authenticate");
        assert!(challenge.starts_with(r#"Bearer realm="hallpass", error="invalid_request", "#), "{challenge}");
    }
}

#[tokio::test]
async fn a_name_that_is_an_email_address_is_the_email_and_another_one_becomes_a_valid_one() {
    let issuer = TestIssuer::new();
    for (name, email) in [
        ("alice@corp.example", "alice@corp.example"),
        ("alice", "alice@example.test"),
        ("alice smith", "alice%20smith@example.test"),
    ] {
        let form = [("grant_type", "client_credentials"), ("scope", "openid email"), ("client_id", name)];
        let form = [&form[..], &[("client_secret", "secret")]].concat();
        let token = issuer.token(&form).await.text("access_token");
        assert_eq!(issuer.userinfo(&token).await.text("email"), email);
    }
}

#[tokio::test]
async fn without_the_scope_openid_the_challenge_names_it() {
    let issuer = TestIssuer::new();
    for scope in [&[][..], &[("scope", "profile email")]] {
        let answer = issuer.userinfo(&issuer.client_token(scope).await).await;
        assert_eq!((answer.status, answer.text("error").as_str()), (403, "insufficient_scope"));
        let challenge = answer.header("www-authenticate");
        assert!(challenge.starts_with(r#"Bearer realm="hallpass", error="insufficient_scope", "#), "{challenge}");
        assert!(challenge.ends_with(r#", scope="openid""#), "{challenge}");
    }
}

#[tokio::test]
async fn no_token_is_told_no_error_and_a_bad_one_is_invalid() {
    let issuer = TestIssuer::new();
    let answer = Answer::to(issuer.app.visitor().request(Method::GET, "/oauth/userinfo")).await;
    assert_eq!((answer.status, answer.header("www-authenticate")), (401, r#"Bearer realm="hallpass""#));
    let login = issuer.logged_in().await;
    for (token, code) in [("x".to_owned(), "malformed"), (login.text("id_token"), "wrong_type")] {
        let answer = issuer.userinfo(&token).await;
        assert_eq!((answer.status, answer.text("error").as_str()), (401, code));
        let challenge = answer.header("www-authenticate");
        assert!(challenge.contains(&format!(r#"error="invalid_token", error_description="{code}: "#)), "{challenge}");
    }
    let access = login.text("access_token");
    issuer.app.advance(600);
    assert_eq!(issuer.userinfo(&access).await.text("error"), "expired");
}

#[tokio::test]
async fn the_resource_takes_a_token_for_the_issuer_or_for_itself_and_no_other() {
    let issuer = TestIssuer::new();
    let me = format!("{}/api/me", issuer.app.url);
    let ask = async |audience: &str| -> (u16, Value) {
        let token = issuer.client_token(&[("audience", audience)]).await;
        let answer = Answer::to(issuer.app.visitor().request(Method::GET, "/api/me").bearer_auth(token)).await;
        (answer.status, answer.json()["error"].clone())
    };
    assert_eq!(ask("").await.0, 200);
    assert_eq!(ask(&issuer.app.url).await.0, 200);
    assert_eq!(ask(&me).await.0, 200);
    for other in ["orders", &format!("{me}/"), &format!("{}/", issuer.app.url)] {
        assert_eq!(ask(other).await, (401, json!("bad_claim")), "{other}");
    }
}
