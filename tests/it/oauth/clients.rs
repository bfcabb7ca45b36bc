//! How clients say who they are, and who is believed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;

use super::issuer::{TestIssuer, assert_error, code, redemption};
use super::json_of;
use crate::app::Answer;

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

/// Sends this `Authorization` with the grant.
async fn authorized(issuer: &TestIssuer, authorization: &str) -> Answer {
    Answer::to(issuer.post("/oauth/token", &[GRANT]).header("authorization", authorization)).await
}

#[tokio::test]
async fn a_client_credentials_client_needs_a_secret_even_if_every_secret_is_good() {
    let issuer = TestIssuer::new();
    for form in [vec![], vec![("client_id", "my-app")], vec![("client_secret", "any")], vec![("client_id", "")]] {
        let answer = issuer.token(&[&[GRANT], &form[..]].concat()).await;
        assert_error(&answer, 401, "invalid_client");
        assert_eq!(answer.header("www-authenticate"), "", "only Basic is asked for Basic");
    }
    let answer = issuer.token(&[GRANT, ("client_id", &"x".repeat(129)), ("client_secret", "any")]).await;
    assert_error(&answer, 401, "invalid_client");
    let answer = issuer.token(&[GRANT, ("client_id", &"x".repeat(128)), ("client_secret", "any")]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn a_form_that_is_too_large_is_refused_in_the_form_of_the_protocol() {
    let issuer = TestIssuer::new();
    let padding = "x".repeat(16 * 1024);
    for path in ["/oauth/token", "/oauth/introspect", "/oauth/revoke"] {
        let answer = Answer::to(issuer.post(path, &[GRANT, ("state", &padding)])).await;
        assert_error(&answer, 413, "invalid_request");
        assert!(answer.text("error_description").contains("16384 bytes"), "{path}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_refused_basic_is_asked_for_again() {
    let issuer = TestIssuer::new();
    for bad in
        ["Basic", "Basic %%%", "Basic Og==", "Bearer x", "Digest a=b", &format!("Basic {}", STANDARD.encode("a:"))]
    {
        let answer = authorized(&issuer, bad).await;
        assert_error(&answer, 401, "invalid_client");
        assert!(answer.header("www-authenticate").starts_with("Basic realm="), "{bad}");
    }
}

#[tokio::test]
async fn basic_credentials_are_form_decoded() {
    let issuer = TestIssuer::new();
    for (encoded, id) in [("my+app:x", "my app"), ("a%3Ab:x%25", "a:b"), ("%C3%A9:x", "é")] {
        let answer = authorized(&issuer, &format!("Basic {}", STANDARD.encode(encoded))).await;
        assert_eq!(json_of(&answer.text("access_token"), 1)["client_id"], id);
    }
    let users = TestIssuer::with_users("off").await;
    users.put_user("service", "p+ %:").await;
    assert_eq!(authorized(&users, &format!("Basic {}", STANDARD.encode("service:p%2B+%25%3A"))).await.status, 200);
    let answer = authorized(&users, &format!("Basic {}", STANDARD.encode("service:p+ %25:"))).await;
    assert_error(&answer, 401, "invalid_client");
}

#[tokio::test]
async fn a_client_authenticates_once_and_under_one_name() {
    let issuer = TestIssuer::new();
    let twice = [GRANT, ("client_secret", "any")];
    assert_error(&issuer.token_by_basic(("my-app", "any"), &twice).await, 400, "invalid_request");
    let other = [GRANT, ("client_id", "other")];
    assert_error(&issuer.token_by_basic(("my-app", "any"), &other).await, 400, "invalid_request");
    let same = [GRANT, ("client_id", "my-app")];
    assert_eq!(issuer.token_by_basic(("my-app", "any"), &same).await.status, 200);
    let asserted = [GRANT, ("client_assertion", "a.b.c"), ("client_id", "my-app")];
    assert_error(&issuer.token(&asserted).await, 401, "invalid_client");
}

#[tokio::test]
async fn two_authorization_headers_are_refused() {
    let issuer = TestIssuer::new();
    let token = issuer.client_token(&[("scope", "openid")]).await;
    for path in ["/oauth/token", "/oauth/introspect", "/oauth/revoke"] {
        let twice =
            issuer.post(path, &[GRANT, ("token", &token)]).basic_auth("a", Some("b")).basic_auth("c", Some("d"));
        assert_error(&Answer::to(twice).await, 400, "invalid_request");
    }
    for path in ["/api/me", "/oauth/userinfo"] {
        let once = issuer.app.visitor().request(Method::GET, path).bearer_auth(&token);
        assert_eq!(Answer::to(once.try_clone().unwrap()).await.status, 200, "{path}");
        let answer = Answer::to(once.bearer_auth("x")).await;
        assert_eq!((answer.status, answer.text("error").as_str()), (400, "bad_request"), "{path}");
        assert!(answer.header("www-authenticate").contains("error=\"invalid_request\""), "{path}");
    }
}

#[tokio::test]
async fn with_users_a_client_is_a_user_with_the_right_password() {
    let issuer = TestIssuer::with_users("off").await;
    assert_eq!(issuer.token_by_basic(("service", "secret"), &[GRANT]).await.status, 200);
    let form = [GRANT, ("client_id", "service"), ("client_secret", "secret")];
    assert_eq!(issuer.token(&form).await.status, 200);
    for (id, secret) in [("service", "Secret"), ("nobody", "secret"), ("a b", "secret"), ("service", &"x".repeat(1025))]
    {
        let answer = issuer.token_by_basic((id, secret), &[GRANT]).await;
        assert_error(&answer, 401, "invalid_client");
        assert!(answer.header("www-authenticate").starts_with("Basic realm="));
    }
}

#[tokio::test]
async fn with_users_an_id_of_a_user_is_no_public_client_and_any_other_is_one() {
    let issuer = TestIssuer::with_users("off").await;
    let mut confidential = code();
    confidential.grant.client_id = "service".into();
    issuer.put_code("s", &confidential).await;
    issuer.put_code("c", &code()).await;
    let form = redemption(&[("code", "s"), ("client_id", "service")]);
    assert_error(&issuer.token(&form).await, 401, "invalid_client");
    let form = redemption(&[("code", "s"), ("client_id", "service"), ("client_secret", "secret")]);
    assert_eq!(issuer.token(&form).await.status, 200);
    assert_eq!(issuer.token(&redemption(&[])).await.status, 200);
}

/// Without a client.
fn refresh(token: &str) -> Vec<(&str, &str)> {
    vec![("grant_type", "refresh_token"), ("refresh_token", token)]
}

#[tokio::test]
async fn with_users_each_grant_and_each_question_says_who_may_use_it() {
    let issuer = TestIssuer::with_users("off").await;
    let mut own = code();
    own.grant.client_id = "service".into();
    issuer.put_code("s", &own).await;
    issuer.put_code("c", &code()).await;
    let service = issuer.token_by_basic(("service", "secret"), &redemption(&[("code", "s"), ("client_id", "")])).await;
    let public = issuer.token(&redemption(&[])).await;
    let tokens = [service.text("refresh_token"), public.text("refresh_token")];
    let [service, public] = tokens.each_ref().map(String::as_str);
    let (secret, wrong) = (Some("secret"), Some("wrong"));
    for (path, id, password, form, status) in [
        ("/oauth/revoke", "app", None, vec![("token", service)], 400),
        ("/oauth/token", "service", None, refresh(service), 401),
        ("/oauth/token", "service", wrong, refresh(service), 401),
        ("/oauth/token", "other", secret, refresh(service), 400),
        ("/oauth/token", "service", secret, refresh(service), 200),
        ("/oauth/token", "app", wrong, refresh(public), 401),
        ("/oauth/token", "app", None, refresh(public), 200),
        ("/oauth/token", "app", None, vec![GRANT], 401),
        ("/oauth/token", "service", None, vec![GRANT], 401),
        ("/oauth/introspect", "app", None, vec![("token", "x")], 401),
        ("/oauth/introspect", "service", None, vec![("token", "x")], 401),
        ("/oauth/introspect", "other", secret, vec![("token", "x")], 200),
        ("/oauth/revoke", "service", None, vec![("token", service)], 401),
        ("/oauth/revoke", "app", None, vec![("token", public)], 200),
        ("/oauth/revoke", "service", secret, vec![("token", service)], 200),
    ] {
        let mut form = form;
        form.push(("client_id", id));
        form.extend(password.map(|password| ("client_secret", password)));
        let answer = Answer::to(issuer.post(path, &form)).await;
        assert_eq!(answer.status, status, "{id} {password:?} at {path}: {}", answer.body);
        let error = match status {
            401 => "invalid_client",
            400 => "invalid_grant",
            _ => "",
        };
        let told = if answer.body.is_empty() { String::new() } else { answer.text("error") };
        assert_eq!(told, error, "{id} {password:?} at {path}");
    }
}

#[tokio::test]
async fn only_a_wrong_secret_counts_for_the_login_rate() {
    let issuer = TestIssuer::with_users("2/m").await;
    let ask = |secret: &'static str| async { issuer.token_by_basic(("service", secret), &[GRANT]).await.status };
    for _ in 0..5 {
        assert_eq!(ask("secret").await, 200);
    }
    assert_eq!((ask("wrong").await, ask("wrong").await, ask("wrong").await), (401, 401, 429));
    let answer = issuer.token_by_basic(("service", "guess"), &[GRANT]).await;
    assert_error(&answer, 429, "temporarily_unavailable");
    assert_eq!(answer.header("retry-after"), "60");
    assert_eq!(ask("secret").await, 200, "the secret is remembered");
    assert_eq!(issuer.token_by_basic(("other", "secret"), &[GRANT]).await.status, 200, "another name is not limited");
    issuer.app.advance(60);
    assert_eq!(ask("wrong").await, 401);
}

#[tokio::test]
async fn guesses_at_the_same_moment_do_not_exceed_the_login_rate() {
    let issuer = TestIssuer::with_users("3/m").await;
    let form = [GRANT];
    let guess = |_| tokio::spawn(Answer::to(issuer.post("/oauth/token", &form).basic_auth("service", Some("wrong"))));
    let sent: Vec<_> = (0..20).map(guess).collect();
    let mut checked = 0;
    for answer in sent {
        checked += usize::from(answer.await.unwrap().status == 401);
    }
    assert_eq!(checked, 3);
}

#[tokio::test]
async fn a_right_secret_is_remembered_for_five_minutes() {
    let issuer = TestIssuer::with_users("off").await;
    let ask = |secret: &'static str| async { issuer.token_by_basic(("service", secret), &[GRANT]).await.status };
    assert_eq!(ask("secret").await, 200);
    issuer.put_user("service", "changed").await;
    issuer.app.advance(299);
    assert_eq!((ask("secret").await, ask("wrong").await, ask("changed").await), (200, 401, 200));
    issuer.app.advance(1);
    assert_eq!((ask("secret").await, ask("changed").await), (401, 200));
}

#[tokio::test]
async fn another_content_type_or_method_is_refused() {
    let issuer = TestIssuer::new();
    for path in ["/oauth/token", "/oauth/introspect", "/oauth/revoke"] {
        let post = issuer.app.visitor().request(Method::POST, path).basic_auth("a", Some("b"));
        assert_error(&Answer::to(post.json(&[1])).await, 400, "invalid_request");
        let answer = Answer::to(issuer.app.visitor().request(Method::GET, path)).await;
        assert_eq!((answer.status, answer.header("allow")), (405, "POST"));
    }
}
