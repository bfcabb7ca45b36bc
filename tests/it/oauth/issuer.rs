//! An issuer under test: its endpoints, and its store, in which a test puts authorization codes.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use hallpass::accounts::{Password, hash_password};
use hallpass::store::{AuthorizationCode, CodeHash, Grant, GrantStore as _, Sqlite, Store as _};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::app::{Answer, START, TestApp};

/// The pair of RFC 7636, appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub const REDIRECT_URI: &str = "http://127.0.0.1:8080/callback";

pub struct TestIssuer {
    pub app: TestApp,
}

pub fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(START + seconds, 0).unwrap()
}

/// A code for the public client `app`, which bob allowed all that this issuer knows.
pub fn code() -> AuthorizationCode {
    let grant = Grant {
        client_id: "app".into(),
        subject: "bob".into(),
        scope: "openid profile offline_access".into(),
        audience: vec![],
        auth_time: at(-30),
    };
    let challenge = Some(CHALLENGE.into());
    AuthorizationCode {
        grant,
        redirect_uri: REDIRECT_URI.into(),
        challenge,
        nonce: Some("n-1".into()),
        expires_at: at(60),
    }
}

pub fn code_with_scope(scope: &str) -> AuthorizationCode {
    let code = code();
    AuthorizationCode { grant: Grant { scope: scope.into(), ..code.grant }, ..code }
}

/// The form that redeems the code `c` of [`code`], with these parameters changed or, where they are empty, left out.
pub fn redemption<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut form = BTreeMap::from([
        ("grant_type", "authorization_code"),
        ("code", "c"),
        ("redirect_uri", REDIRECT_URI),
        ("client_id", "app"),
        ("code_verifier", VERIFIER),
    ]);
    form.extend(changes.iter().copied());
    form.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

pub fn refresh(token: &str) -> Vec<(&str, &str)> {
    vec![("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "app")]
}

impl TestIssuer {
    pub fn new() -> Self {
        Self { app: TestApp::spawn() }
    }

    /// Where the users `service` and `other`, whose password is `secret`, are known, and a client may fail so often.
    pub async fn with_users(rate: &str) -> Self {
        let new = Self { app: TestApp::with(&[("credentials", "users"), ("login-rate", rate)]) };
        for name in ["service", "other"] {
            new.put_user(name, "secret").await;
        }
        new
    }

    pub async fn put_user(&self, name: &str, password: &str) {
        let store = self.store().await;
        store.put_user(name, &hash_password(&Password::new(password), [7; 16]).unwrap()).await.unwrap();
        store.close().await;
    }

    async fn store(&self) -> Sqlite {
        Sqlite::open(&format!("sqlite:{}", self.app.keys().join("hallpass.db").display())).await.unwrap()
    }

    /// Stores a code, as the login page does.
    pub async fn put_code(&self, text: &str, code: &AuthorizationCode) {
        let store = self.store().await;
        store.put_code(&CodeHash::of(text), code).await.unwrap();
        store.close().await;
    }

    pub fn post(&self, path: &str, form: &[(&str, &str)]) -> RequestBuilder {
        self.app.visitor().request(Method::POST, path).form(form)
    }

    pub async fn token(&self, form: &[(&str, &str)]) -> Answer {
        Answer::to(self.post("/oauth/token", form)).await
    }

    pub async fn token_by_basic(&self, (id, secret): (&str, &str), form: &[(&str, &str)]) -> Answer {
        Answer::to(self.post("/oauth/token", form).basic_auth(id, Some(secret))).await
    }

    /// What bob's login gives the client `app`.
    pub async fn logged_in(&self) -> Answer {
        self.put_code("c", &code()).await;
        let answer = self.token(&redemption(&[])).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer
    }

    /// An access token of the client `service` for itself.
    pub async fn client_token(&self, further: &[(&str, &str)]) -> String {
        let form = [&[("grant_type", "client_credentials")][..], further].concat();
        let answer = self.token_by_basic(("service", "secret"), &form).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.text("access_token")
    }

    /// What the API `api` is told about a token.
    pub async fn introspected(&self, token: &str) -> Value {
        let request = self.post("/oauth/introspect", &[("token", token)]).basic_auth("service", Some("secret"));
        let answer = Answer::to(request).await;
        assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"), "{}", answer.body);
        answer.json()
    }

    pub async fn is_active(&self, token: &str) -> bool {
        let introspected = self.introspected(token).await;
        assert!(introspected["active"] == true || introspected == json!({ "active": false }), "{introspected}");
        introspected["active"] == true
    }

    /// The status of a resource that this token is presented to.
    pub async fn userinfo(&self, token: &str) -> Answer {
        Answer::to(self.app.visitor().request(Method::GET, "/oauth/userinfo").bearer_auth(token)).await
    }
}

/// Asserts an error in the form of RFC 6749 §5.2.
#[track_caller]
pub fn assert_error(answer: &Answer, status: u16, error: &str) {
    assert_eq!((answer.status, answer.text("error").as_str()), (status, error), "{}", answer.body);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"));
    let description = answer.text("error_description");
    assert!(!description.is_empty() && description.chars().all(|c| matches!(c, ' '..='~')), "{description}");
    assert_eq!(answer.json().as_object().unwrap().len(), 2, "{}", answer.body);
}
