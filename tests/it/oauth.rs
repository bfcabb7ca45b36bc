//! API-key tokens, the exchange of one for a bearer token (RFC 7523), and the resource that takes it (RFC 6750).

mod authorization_code;
mod claims_of_users;
mod client_credentials;
mod clients;
mod discovery;
mod introspection;
mod issuer;
mod lifetimes;
mod processes;
mod refresh_token;
mod revocation;
mod userinfo;

use std::collections::HashSet;

use chrono::TimeDelta;
use hallpass::keys::{KeyRing, Signer};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::app::{Answer, START, TestApp, part};
use crate::verdict::compact;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const JWT: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// A server and the keys that it signs with.
struct OauthServer {
    app: TestApp,
    ring: KeyRing,
}

impl OauthServer {
    fn new() -> Self {
        let app = TestApp::spawn();
        let ring = app.ring();
        Self { app, ring }
    }

    fn api_key(&self) -> &str {
        &self.ring.accounts().zoom_api_key
    }

    /// An assertion that is good for a minute, with these members changed or, where they are null, left out.
    fn assertion(&self, changes: Value) -> String {
        let claims = changed(json!({ "iss": self.api_key(), "exp": START + 60 }), changes);
        signed(self.ring.zoom().signer(), JWT, &claims)
    }

    fn post(&self, form: &[(&str, &str)]) -> RequestBuilder {
        self.app.visitor().request(Method::POST, "/oauth/token").form(form)
    }

    async fn exchange(&self, assertion: &str) -> Answer {
        Answer::to(self.post(&[("grant_type", GRANT), ("assertion", assertion)])).await
    }

    async fn bearer(&self) -> String {
        self.exchange(&self.assertion(json!({}))).await.text("access_token")
    }

    /// A bearer token under the right key, with these members changed.
    fn forged_bearer(&self, header: Value, changes: Value) -> String {
        let signer = self.ring.bearer().signer();
        let claims = changed(
            json!({
                "iss": self.app.url, "sub": "alice", "aud": self.app.url, "client_id": self.api_key(),
                "iat": START, "exp": START + 600, "jti": "x",
            }),
            changes,
        );
        let header = changed(json!({ "alg": "RS256", "kid": signer.kid(), "typ": "at+jwt" }), header);
        signed(signer, &header.to_string(), &claims)
    }

    async fn me(&self, authorization: &str) -> Answer {
        Answer::to(self.app.visitor().request(Method::GET, "/api/me").header("authorization", authorization)).await
    }
}

fn changed(mut object: Value, changes: Value) -> Value {
    let Value::Object(changes) = changes else { panic!("an object") };
    let members = object.as_object_mut().unwrap();
    for (name, value) in changes {
        if value.is_null() {
            members.shift_remove(&name);
        } else {
            members.insert(name, value);
        }
    }
    object
}

fn signed(signer: &Signer, header: &str, claims: &Value) -> String {
    compact(header, claims.to_string(), |message| signer.sign(message).unwrap())
}

fn json_of(token: &str, index: usize) -> Value {
    serde_json::from_str(&part(token, index)).unwrap()
}

/// Asserts a refusal in the form of RFC 6749 §5.2.
fn assert_refused(answer: &Answer, error: &str, why: &str) {
    let described = answer.text("error_description");
    assert_eq!((answer.status, answer.text("error").as_str()), (400, error), "{}", answer.body);
    assert!(described.contains(why), "{why:?} is missing: {described}");
    assert!(described.chars().all(|c| matches!(c, ' '..='~') && c != '"' && c != '\\'), "{described}");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.json().as_object().unwrap().len(), 2, "{}", answer.body);
}

// ── API-key tokens

#[tokio::test]
async fn an_api_key_token_has_exactly_iss_and_exp() {
    let server = OauthServer::new();
    let ask = |body: Value| Answer::to(server.app.visitor().request(Method::POST, "/zoom/token").json(&body));
    for (members, life) in [(json!({}), 60), (json!({ "ttl": 1 }), 1), (json!({ "ttl": 86_400 }), 86_400)] {
        let answer = ask(changed(json!({ "username": "a", "password": "b" }), members)).await;
        assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"));
        let token = answer.text("token");
        assert_eq!(part(&token, 0), JWT);
        assert_eq!(part(&token, 1), format!(r#"{{"iss":"{}","exp":{}}}"#, server.api_key(), START + life));
    }
    for bad in [json!({ "ttl": 0 }), json!({ "ttl": 86_401 }), json!({ "ttl": "60" }), json!({ "ttl": 1.5 })] {
        assert_eq!(ask(changed(json!({ "username": "a", "password": "b" }), bad)).await.status, 400);
    }
    for missing in [json!({}), json!({ "username": "a" }), json!({ "username": "a", "password": "" })] {
        let answer = ask(missing).await;
        assert_eq!((answer.status, answer.header("www-authenticate")), (401, ""));
    }
    let by_basic = server.app.visitor().request(Method::POST, "/zoom/token").basic_auth("a", Some(""));
    let answer = Answer::to(by_basic).await;
    assert_eq!(answer.status, 401);
    assert!(answer.header("www-authenticate").starts_with("Basic "));
}

// ── the exchange

#[tokio::test]
async fn an_assertion_becomes_a_bearer_token_of_ten_minutes() {
    let server = OauthServer::new();
    let answer = server.exchange(&server.assertion(json!({ "sub": "alice" }))).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"));
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!((&answer.json()["token_type"], &answer.json()["expires_in"]), (&json!("Bearer"), &json!(600)));

    let token = answer.text("access_token");
    let header = json_of(&token, 0);
    assert_eq!((&header["alg"], &header["typ"]), (&json!("RS256"), &json!("at+jwt")));
    let claims = json_of(&token, 1);
    let names: Vec<&String> = claims.as_object().unwrap().keys().collect();
    assert_eq!(names, ["iss", "sub", "aud", "client_id", "iat", "exp", "jti"]);
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!(server.app.url), &json!(server.app.url)));
    assert_eq!((&claims["sub"], &claims["client_id"]), (&json!("alice"), &json!(server.api_key())));
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(START), &json!(START + 600)));

    let published: Value = server.app.visitor().get("/.well-known/jwks.json").await.json().await.unwrap();
    let mut kids = published["keys"].as_array().unwrap().iter().map(|key| &key["kid"]);
    assert!(kids.any(|kid| *kid == header["kid"]), "{published}");
}

#[tokio::test]
async fn without_a_sub_the_token_is_about_the_client_and_its_jti_is_new_each_time() {
    let server = OauthServer::new();
    let mut seen = HashSet::new();
    for _ in 0..3 {
        let claims = json_of(&server.bearer().await, 1);
        assert_eq!(claims["sub"], json!(server.api_key()));
        assert!(seen.insert(claims["jti"].as_str().unwrap().to_owned()), "a jti twice");
    }
}

#[tokio::test]
async fn what_post_zoom_token_hands_out_can_be_exchanged() {
    let server = OauthServer::new();
    let ask =
        server.app.visitor().request(Method::POST, "/zoom/token").json(&json!({ "username": "a", "password": "b" }));
    assert_eq!(server.exchange(&Answer::to(ask).await.text("token")).await.status, 200);
}

#[tokio::test]
async fn an_assertion_gets_the_scope_and_the_audience_that_are_asked_for() {
    let server = OauthServer::new();
    let exchange = async |further: &[(&str, &str)]| {
        let assertion = server.assertion(json!({}));
        let form = [&[("grant_type", GRANT), ("assertion", assertion.as_str())], further].concat();
        Answer::to(server.post(&form)).await
    };
    let answer = exchange(&[("scope", "read write"), ("audience", "https://rs.example")]).await;
    assert_eq!((answer.status, answer.text("scope").as_str()), (200, "read write"), "{}", answer.body);
    let claims = json_of(&answer.text("access_token"), 1);
    assert_eq!((&claims["scope"], &claims["aud"]), (&json!("read write"), &json!("https://rs.example")));
    assert_refused(&exchange(&[("scope", "a\"b")]).await, "invalid_scope", "scope");
    assert_refused(&exchange(&[("resource", "é")]).await, "invalid_target", "without a fragment: %C3%A9");
}

/// RFC 7523 §3.1: an assertion needs no client, but credentials that come with it have to be right.
#[tokio::test]
async fn credentials_that_come_with_an_assertion_are_checked() {
    let issuer = issuer::TestIssuer::with_users("off").await;
    let ring = issuer.app.ring();
    let claims = json!({ "iss": ring.accounts().zoom_api_key, "exp": START + 60 });
    let assertion = signed(ring.zoom().signer(), JWT, &claims);
    let form = [("grant_type", GRANT), ("assertion", assertion.as_str())];
    assert_eq!(issuer.token(&form).await.status, 200);
    assert_eq!(issuer.token_by_basic(("service", "secret"), &form).await.status, 200);
    issuer::assert_error(&issuer.token_by_basic(("service", "wrong"), &form).await, 401, "invalid_client");
    let in_form = [&form[..], &[("client_id", "service"), ("client_secret", "wrong")]].concat();
    issuer::assert_error(&issuer.token(&in_form).await, 401, "invalid_client");
    let without_secret = [&form[..], &[("client_id", "service")]].concat();
    issuer::assert_error(&issuer.token(&without_secret).await, 401, "invalid_client");
}

/// Discovery names the token endpoint under the host at which it was asked.
#[tokio::test]
async fn an_assertion_may_be_for_the_token_endpoint_at_the_host_that_was_asked() {
    let server = OauthServer::new();
    let port = server.app.url.rsplit_once(':').unwrap().1;
    let at_localhost = format!("http://localhost:{port}");
    let discovery = server.app.visitor().request(Method::GET, "/.well-known/openid-configuration");
    let discovery = Answer::to(discovery.header("host", format!("localhost:{port}"))).await;
    let endpoint = discovery.text("token_endpoint");
    assert_eq!(endpoint, format!("{at_localhost}/oauth/token"));
    let assertion = server.assertion(json!({ "aud": endpoint }));
    let form = [("grant_type", GRANT), ("assertion", assertion.as_str())];
    let answer = Answer::to(server.post(&form).header("host", format!("localhost:{port}"))).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let elsewhere = server.assertion(json!({ "aud": "http://localhost:1/oauth/token" }));
    assert_eq!(server.exchange(&elsewhere).await.status, 400);
}

#[tokio::test]
async fn a_request_that_lacks_or_doubles_a_parameter_is_invalid() {
    let server = OauthServer::new();
    let good = server.assertion(json!({}));
    for (form, why) in [
        (vec![], "grant_type"),
        (vec![("assertion", good.as_str())], "grant_type"),
        (vec![("grant_type", ""), ("assertion", &good)], "grant_type"),
        (vec![("grant_type", GRANT)], "assertion"),
        (vec![("grant_type", GRANT), ("assertion", "")], "assertion"),
        (vec![("grant_type", GRANT), ("assertion", &good), ("assertion", &good)], "is repeated"),
        (vec![("grant_type", GRANT), ("grant_type", GRANT), ("assertion", &good)], "is repeated"),
        (vec![("grant_type", GRANT), ("assertion", &good), ("x", "1"), ("x", "2")], "is repeated"),
    ] {
        assert_refused(&Answer::to(server.post(&form)).await, "invalid_request", why);
    }
    let in_query = format!("/oauth/token?grant_type={GRANT}&assertion={good}");
    let answer = Answer::to(server.app.visitor().request(Method::POST, &in_query).form(&[("x", "1")])).await;
    assert_refused(&answer, "invalid_request", "grant_type");
    let further = [("grant_type", GRANT), ("assertion", &good), ("scope", "all")];
    assert_eq!(Answer::to(server.post(&further)).await.status, 200, "what is not known is ignored");
}

#[tokio::test]
async fn another_grant_type_or_content_type_is_refused_by_name() {
    let server = OauthServer::new();
    let good = server.assertion(json!({}));
    for grant in ["implicit", "password", "jwt-bearer", &GRANT.to_uppercase()] {
        let answer = Answer::to(server.post(&[("grant_type", grant), ("assertion", &good)])).await;
        assert_refused(&answer, "unsupported_grant_type", GRANT);
    }
    let post = || server.app.visitor().request(Method::POST, "/oauth/token");
    let json = post().json(&json!({ "grant_type": GRANT, "assertion": good }));
    let form = format!("grant_type={GRANT}&assertion={good}");
    for request in
        [json, post(), post().body(form.clone()), post().header("content-type", "text/plain").body(form.clone())]
    {
        assert_refused(&Answer::to(request).await, "invalid_request", "application/x-www-form-urlencoded");
    }
    let kind = "Application/X-WWW-Form-URLencoded; charset=utf-8";
    assert_eq!(Answer::to(post().header("content-type", kind).body(form)).await.status, 200);
    let answer = Answer::to(server.app.visitor().request(Method::GET, "/oauth/token")).await;
    assert_eq!((answer.status, answer.header("allow")), (405, "POST"));
}

#[tokio::test]
async fn an_assertion_that_does_not_hold_is_an_invalid_grant_with_the_verdicts_code() {
    let server = OauthServer::new();
    let wrong_key = compact(JWT, json!({ "iss": server.api_key(), "exp": START + 60 }).to_string(), |message| {
        server.ring.twilio().signer().sign(message).unwrap()
    });
    let none = compact(r#"{"alg":"none"}"#, "{}", |_| String::new());
    for (assertion, code) in [
        ("x".to_owned(), "malformed"),
        (server.assertion(json!({ "exp": START })), "expired"),
        (server.assertion(json!({ "exp": (START + 60) * 1000 })), "bad_claim"),
        (server.assertion(json!({ "exp": null })), "bad_claim"),
        (server.assertion(json!({ "exp": "soon" })), "bad_claim"),
        (server.assertion(json!({ "iss": "another" })), "bad_claim"),
        (server.assertion(json!({ "iss": null })), "bad_claim"),
        (server.assertion(json!({ "aud": "https://zoom.us" })), "bad_claim"),
        (server.assertion(json!({ "aud": format!("{}/", server.app.url) })), "bad_claim"),
        (server.assertion(json!({ "aud": ["https://zoom.us"] })), "bad_claim"),
        (server.assertion(json!({ "aud": [] })), "bad_claim"),
        (server.assertion(json!({ "aud": 1 })), "bad_claim"),
        (server.assertion(json!({ "nbf": START + 1 })), "not_yet_valid"),
        (server.assertion(json!({ "iat": START + 1 })), "not_yet_valid"),
        (server.assertion(json!({ "jti": 7 })), "bad_claim"),
        (server.assertion(json!({ "sub": 7 })), "bad_claim"),
        (wrong_key, "bad_signature"),
        (none, "alg_not_allowed"),
    ] {
        assert_refused(&server.exchange(&assertion).await, "invalid_grant", code);
    }
}

#[tokio::test]
async fn an_audience_may_be_the_endpoint_or_the_issuer_alone_or_among_others() {
    let server = OauthServer::new();
    let endpoint = format!("{}/oauth/token", server.app.url);
    for aud in [json!(endpoint), json!(server.app.url), json!([endpoint]), json!(["https://zoom.us", server.app.url])] {
        let answer = server.exchange(&server.assertion(json!({ "aud": aud }))).await;
        assert_eq!(answer.status, 200, "{aud}: {}", answer.body);
    }
}

#[tokio::test]
async fn behind_a_public_url_that_alone_is_issuer_and_audience() {
    let app = TestApp::with(&[("public-url", "https://demo.example"), ("credentials", "any")]);
    let ring = app.ring();
    let exchange = async |aud: &str| {
        let claims = json!({ "iss": ring.accounts().zoom_api_key, "exp": START + 60, "aud": aud });
        let assertion = signed(ring.zoom().signer(), JWT, &claims);
        let form = [("grant_type", GRANT), ("assertion", &assertion)];
        let request = app.visitor().request(Method::POST, "/oauth/token").header("host", "demo.example");
        Answer::to(request.form(&form)).await
    };
    assert_refused(&exchange(&app.url).await, "invalid_grant", "bad_claim");
    let answer = exchange("https://demo.example/oauth/token").await;
    assert_eq!(json_of(&answer.text("access_token"), 1)["aud"], "https://demo.example");
}

// ── a jti is taken once

#[tokio::test]
async fn an_assertion_with_a_jti_is_taken_once_and_one_without_again() {
    let server = OauthServer::new();
    let once = server.assertion(json!({ "jti": "a" }));
    assert_eq!(server.exchange(&once).await.status, 200);
    assert_refused(&server.exchange(&once).await, "invalid_grant", "used before");
    let same_jti = server.assertion(json!({ "jti": "a", "exp": START + 61 }));
    assert_refused(&server.exchange(&same_jti).await, "invalid_grant", "used before");
    assert_eq!(server.exchange(&server.assertion(json!({ "jti": "b" }))).await.status, 200);
    for _ in 0..2 {
        assert_eq!(server.exchange(&server.assertion(json!({}))).await.status, 200);
    }
    server.app.advance(60);
    assert_refused(&server.exchange(&once).await, "invalid_grant", "expired");
    server.app.advance(1);
    assert_eq!(server.exchange(&server.assertion(json!({ "jti": "a", "exp": START + 120 }))).await.status, 200);
}

#[tokio::test]
async fn an_assertion_that_was_refused_has_not_used_up_its_jti() {
    let server = OauthServer::new();
    let early = server.assertion(json!({ "jti": "a", "nbf": START + 1 }));
    assert_refused(&server.exchange(&early).await, "invalid_grant", "not_yet_valid");
    server.app.advance(1);
    assert_eq!(server.exchange(&early).await.status, 200);
}

#[tokio::test]
async fn an_end_within_a_second_gives_no_second_use_in_its_last_moment() {
    let server = OauthServer::new();
    let once = server.assertion(json!({ "jti": "a", "exp": 1_800_000_060.5 }));
    assert_eq!(server.exchange(&once).await.status, 200);
    server.app.clock.advance(TimeDelta::milliseconds(60_200));
    assert_refused(&server.exchange(&once).await, "invalid_grant", "used before");
    server.app.clock.advance(TimeDelta::milliseconds(300));
    assert_refused(&server.exchange(&once).await, "invalid_grant", "expired");
}

#[tokio::test]
async fn a_used_jti_is_remembered_over_a_restart() {
    let server = OauthServer::new();
    let once = server.assertion(json!({ "jti": "a" }));
    assert_eq!(server.exchange(&once).await.status, 200);
    let server = OauthServer { app: server.app.restarted(&[]), ring: server.ring };
    assert_refused(&server.exchange(&once).await, "invalid_grant", "used before");
}

#[tokio::test]
async fn of_twenty_that_present_one_jti_at_once_exactly_one_wins() {
    let server = OauthServer::new();
    let once = server.assertion(json!({ "jti": "a" }));
    let form = [("grant_type", GRANT), ("assertion", once.as_str())];
    let sent: Vec<_> = (0..20).map(|_| tokio::spawn(Answer::to(server.post(&form)))).collect();
    let mut won = 0;
    for answer in sent {
        let answer = answer.await.unwrap();
        if answer.status == 200 {
            won += 1;
        } else {
            assert_refused(&answer, "invalid_grant", "used before");
        }
    }
    assert_eq!(won, 1);
}

// ── the resource

#[tokio::test]
async fn a_bearer_token_opens_the_resource_for_ten_minutes() {
    let server = OauthServer::new();
    let token = server.exchange(&server.assertion(json!({ "sub": "alice" }))).await.text("access_token");
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let answer = server.me(&format!("{scheme} {token}")).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.json(), json!({ "sub": "alice", "client_id": server.api_key(), "exp": START + 600 }));
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    server.app.clock.advance(TimeDelta::milliseconds(599_999));
    assert_eq!(server.me(&format!("Bearer {token}")).await.status, 200);
    server.app.clock.advance(TimeDelta::milliseconds(1));
    assert_eq!(server.me(&format!("Bearer {token}")).await.text("error"), "expired");
}

#[tokio::test]
async fn who_sends_no_bearer_token_is_challenged_and_told_no_error() {
    let server = OauthServer::new();
    let token = server.bearer().await;
    let get = |path: String| server.app.visitor().request(Method::GET, &path);
    let requests = [
        get("/api/me".to_owned()),
        get(format!("/api/me?access_token={token}")),
        get("/api/me".to_owned()).header("authorization", "Bearer"),
        get("/api/me".to_owned()).header("authorization", format!("Token {token}")),
        get("/api/me".to_owned()).header("authorization", token.clone()),
        get("/api/me".to_owned()).basic_auth("a", Some(&token)),
        get("/api/me".to_owned()).header("token", token.clone()),
    ];
    for request in requests {
        let answer = Answer::to(request).await;
        assert_eq!((answer.status, answer.text("error").as_str()), (401, "no_token"), "{}", answer.body);
        let metadata = format!("{}/.well-known/oauth-protected-resource/api/me", server.app.url);
        let challenge = format!(r#"Bearer realm="hallpass", resource_metadata="{metadata}""#);
        assert_eq!(answer.header("www-authenticate"), challenge);
    }
}

#[tokio::test]
async fn a_token_that_does_not_hold_is_invalid_and_the_challenge_says_why() {
    let server = OauthServer::new();
    let demo = hallpass::profiles::demo::issue(
        &server.ring,
        hallpass::profiles::demo::DemoAlgorithm::RS256,
        &hallpass::profiles::demo::Subject::default(),
        hallpass::profiles::Lifetime::MINUTE,
        hallpass::clock::Clock::now(&*server.app.clock),
    );
    let signed = server.bearer().await;
    let cut = signed[..signed.len() - 4].to_owned();
    for (token, code) in [
        ("x".to_owned(), "malformed"),
        ("a b".to_owned(), "malformed"),
        (server.assertion(json!({})), "alg_not_allowed"),
        (demo.unwrap().as_str().to_owned(), "unknown_kid"),
        (cut, "bad_signature"),
        (server.forged_bearer(json!({ "typ": "JWT" }), json!({})), "wrong_type"),
        (server.forged_bearer(json!({ "typ": null }), json!({})), "wrong_type"),
        (server.forged_bearer(json!({ "kid": "other" }), json!({})), "unknown_kid"),
        (server.forged_bearer(json!({ "jku": "http://127.0.0.1/" }), json!({})), "header_not_allowed"),
        (server.forged_bearer(json!({}), json!({ "exp": START })), "expired"),
        (server.forged_bearer(json!({}), json!({ "iat": START + 1 })), "not_yet_valid"),
        (server.forged_bearer(json!({}), json!({ "iss": "http://other.example" })), "bad_claim"),
        (server.forged_bearer(json!({}), json!({ "aud": "http://other.example" })), "bad_claim"),
        (server.forged_bearer(json!({}), json!({ "aud": null })), "bad_claim"),
        (server.forged_bearer(json!({}), json!({ "client_id": null })), "bad_claim"),
        (server.forged_bearer(json!({}), json!({ "jti": null })), "bad_claim"),
        (server.forged_bearer(json!({}), json!({ "sub": null })), "bad_claim"),
    ] {
        let answer = server.me(&format!("Bearer {token}")).await;
        assert_eq!((answer.status, answer.text("error").as_str()), (401, code), "{}", answer.body);
        let challenge = answer.header("www-authenticate");
        let start = format!(r#"Bearer realm="hallpass", error="invalid_token", error_description="{code}: "#);
        assert!(challenge.starts_with(&start) && challenge.ends_with('"'), "{challenge}");
        assert_eq!(challenge.matches('"').count(), 8, "{challenge}");
    }
    assert_eq!(server.me(&format!("Bearer {}", server.forged_bearer(json!({}), json!({})))).await.status, 200);
}
