//! Claims that a test gives to users, in the tokens of a whole login.

use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use super::issuer::{CHALLENGE, REDIRECT_URI, TestIssuer, redemption, refresh};
use crate::app::{Answer, START, TestApp, part};

fn issuer(settings: &[(&'static str, &str)]) -> TestIssuer {
    TestIssuer { app: TestApp::with(&[&[("test-mode", "on")], settings].concat()) }
}

impl TestIssuer {
    async fn test(&self, method: Method, path: &str, body: Value) {
        let answer = Answer::to(self.app.visitor().request(method, path).json(&body)).await;
        assert_eq!((answer.status, answer.body.as_str()), (204, ""), "{path}");
    }

    async fn give(&self, name: &str, claims: Value) {
        self.test(Method::PUT, &format!("/test/users/{name}"), json!({ "claims": claims })).await;
    }

    /// The tokens of a login through the form of the login page.
    async fn log_in(&self, username: &str, scope: &str) -> Answer {
        let form = [
            ("response_type", "code"),
            ("client_id", "app"),
            ("redirect_uri", REDIRECT_URI),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("nonce", "n"),
            ("scope", scope),
            ("username", username),
            ("password", "secret"),
        ];
        let login = Answer::to(self.post("/oauth/login", &form)).await;
        assert_eq!(login.status, 303, "{}", login.body);
        let address = Url::parse(login.header("location")).unwrap();
        let code = address.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        let tokens = self.token(&redemption(&[("code", &code)])).await;
        assert_eq!(tokens.status, 200, "{}", tokens.body);
        tokens
    }

    async fn told(&self, tokens: &Answer) -> Value {
        self.userinfo(&tokens.text("access_token")).await.json()
    }
}

/// The claims of one of the tokens.
fn claims(tokens: &Answer, name: &str) -> Value {
    serde_json::from_str(&part(&tokens.text(name), 1)).unwrap()
}

#[tokio::test]
async fn id_tokens_and_userinfo_have_the_claims_of_a_test_and_access_tokens_do_not() {
    let issuer = issuer(&[]);
    let given = json!({ "roles": ["admin"], "email": "alice@corp.example", "email_verified": true, "name": "Alice" });
    issuer.give("alice", given.clone()).await;
    let tokens = issuer.log_in("alice", "openid profile email offline_access").await;
    let id_token = claims(&tokens, "id_token");
    for (name, value) in given.as_object().unwrap() {
        assert_eq!(&id_token[name], value);
        assert_eq!(claims(&tokens, "access_token")[name], Value::Null, "{name}");
    }
    assert_eq!((&id_token["sub"], &id_token["iss"]), (&json!("alice"), &json!(issuer.app.url)));
    assert_eq!((&id_token["exp"], &id_token["nonce"]), (&json!(START + 3600), &json!("n")));
    let told = json!({
        "sub": "alice", "name": "Alice", "preferred_username": "alice", "email": "alice@corp.example",
        "email_verified": true, "roles": ["admin"],
    });
    assert_eq!(issuer.told(&tokens).await, told);
    issuer.give("alice", json!({ "roles": [] })).await;
    let renewed = issuer.token(&refresh(&tokens.text("refresh_token"))).await;
    assert_eq!(claims(&renewed, "id_token")["roles"], json!([]), "those of the moment in which it is issued");
    assert_eq!(claims(&renewed, "id_token")["name"], Value::Null, "the new ones take the place of those before");
    assert_eq!(issuer.told(&renewed).await["name"], "alice");
}

#[tokio::test]
async fn only_the_user_who_is_named_has_them_until_they_are_deleted_or_reset() {
    let issuer = issuer(&[]);
    issuer.give("bob%20%C3%A9%2F1", json!({ "roles": ["b"] })).await;
    for (method, path) in [(Method::DELETE, "/test/users/alice"), (Method::POST, "/test/reset")] {
        issuer.give("alice", json!({ "roles": ["a"] })).await;
        assert_eq!(claims(&issuer.log_in("alice", "openid").await, "id_token")["roles"], json!(["a"]));
        assert_eq!(claims(&issuer.log_in("bob \u{e9}/1", "openid").await, "id_token")["roles"], json!(["b"]));
        assert_eq!(claims(&issuer.log_in("Alice", "openid").await, "id_token")["roles"], Value::Null);
        issuer.test(method, path, json!({})).await;
        assert_eq!(claims(&issuer.log_in("alice", "openid").await, "id_token")["roles"], Value::Null);
    }
    assert_eq!(claims(&issuer.log_in("bob \u{e9}/1", "openid").await, "id_token")["roles"], Value::Null);
    issuer.test(Method::DELETE, "/test/users/nobody", json!({})).await;
}

#[tokio::test]
async fn they_work_where_users_are_kept_too() {
    let issuer = issuer(&[("credentials", "users"), ("login-rate", "off")]);
    issuer.give("susan", json!({ "groups": ["staff"] })).await;
    issuer.put_user("susan", "secret").await;
    let tokens = issuer.log_in("susan", "openid").await;
    assert_eq!(claims(&tokens, "id_token")["groups"], json!(["staff"]));
    assert_eq!(issuer.told(&tokens).await, json!({ "sub": "susan", "groups": ["staff"] }));
}

#[tokio::test]
async fn a_token_with_them_still_logs_the_user_out() {
    let issuer = issuer(&[]);
    issuer.give("alice", json!({ "roles": ["admin"], "typ": "x", "scope": 1 })).await;
    let hint = issuer.log_in("alice", "openid").await.text("id_token");
    let path = format!("/oauth/logout?id_token_hint={hint}&post_logout_redirect_uri=http://localhost/");
    let answer = Answer::to(issuer.app.visitor().request(Method::GET, &path)).await;
    assert_eq!(answer.header("location"), "http://localhost/");
}

#[tokio::test]
async fn too_many_claims_are_refused_with_how_many_there_may_be() {
    let issuer = issuer(&[]);
    let refused = async |claims: Value| {
        let request = issuer.app.visitor().request(Method::PUT, "/test/users/alice");
        let answer = Answer::to(request.json(&json!({ "claims": claims }))).await;
        assert_eq!(answer.status, 400, "{}", answer.body);
        answer.text("message")
    };
    let many: Value = (0..65).map(|number| (format!("c{number}"), json!(1))).collect::<serde_json::Map<_, _>>().into();
    assert_eq!(refused(many).await, "`claims` has 65 members, and at most 64 are accepted.");
    let large = refused(json!({ "text": "x".repeat(4090) })).await;
    assert!(large.contains("at most 4096 are accepted"), "{large}");
}
