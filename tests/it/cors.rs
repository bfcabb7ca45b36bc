//! Scripts of other sites: shut out, unless `--cors-origin` names them, and then on the token routes alone.

use reqwest::Method;
use serde_json::json;

use crate::app::{Answer, TestApp, Visitor};

const FRIEND: &str = "https://app.example";
const OTHER_ORIGIN: &str = "https://evil.example";

/// The routes that read no cookie, each with the method that it takes.
const OPEN: [(&str, &str); 14] = [
    ("POST", "/token"),
    ("POST", "/zoom/token"),
    ("POST", "/oauth/token"),
    ("GET", "/oauth/userinfo"),
    ("POST", "/oauth/revoke"),
    ("GET", "/api/me"),
    ("POST", "/loginEndpoint"),
    ("POST", "/anEndpoint"),
    ("GET", "/v1/token/15555551212"),
    ("GET", "/v1/token/15555551212/x"),
    ("GET", "/v1/transactions?phone_number=15555551212"),
    ("GET", "/v1/transactions/x"),
    ("POST", "/v1/transactions/x/status"),
    ("POST", "/v1/verify"),
];

/// Documents that tell everybody the same.
const PUBLIC: [(&str, &str); 5] = [
    ("GET", "/.well-known/jwks.json"),
    ("GET", "/.well-known/openid-configuration"),
    ("GET", "/.well-known/oauth-authorization-server"),
    ("GET", "/.well-known/oauth-protected-resource"),
    ("GET", "/.well-known/oauth-protected-resource/api/me"),
];

/// What is a visitor's own, or a page, or for servers alone.
const SHUT: [(&str, &str); 8] = [
    ("POST", "/oauth/introspect"),
    ("GET", "/"),
    ("GET", "/generate"),
    ("GET", "/validate"),
    ("POST", "/algorithm"),
    ("POST", "/logout"),
    ("POST", "/lab/inspect"),
    ("POST", "/lab/reset"),
];

async fn preflight(visitor: &Visitor, origin: &str, (method, path): (&str, &str)) -> Answer {
    let request = visitor.request(Method::OPTIONS, path).header("origin", origin);
    let asks = request.header("access-control-request-method", method);
    Answer::to(asks.header("access-control-request-headers", "content-type,authorization,token")).await
}

async fn call(visitor: &Visitor, origin: &str, (method, path): (&str, &str)) -> Answer {
    let request = visitor.request(method.parse().unwrap(), path).header("origin", origin);
    let request = request.header("sec-fetch-site", "cross-site").header("sec-fetch-mode", "cors");
    Answer::to(if method == "POST" { request.json(&json!({})) } else { request }).await
}

#[tokio::test]
async fn without_the_setting_no_other_site_s_script_gets_in() {
    let app = TestApp::with(&[("phone-rate", "off")]);
    let visitor = app.visitor();
    for route in OPEN.into_iter().chain(SHUT) {
        assert_eq!(preflight(&visitor, FRIEND, route).await.status, 405, "{route:?}");
        let answer = call(&visitor, FRIEND, route).await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{route:?}");
        assert!(route.0 == "GET" || answer.text("error") == "cross_site", "{route:?}: {}", answer.body);
    }
}

#[tokio::test]
async fn an_origin_that_is_named_may_call_the_token_routes_and_no_other() {
    let app = TestApp::with(&[("phone-rate", "off"), ("cors-origin", "https://app.example, http://localhost:3000")]);
    let visitor = app.visitor();
    for route in OPEN {
        let answer = preflight(&visitor, FRIEND, route).await;
        assert_eq!(answer.status, 200, "{route:?}: {}", answer.body);
        assert_eq!(answer.header("access-control-allow-origin"), FRIEND);
        let headers = answer.header("access-control-allow-headers").to_lowercase();
        assert!(["authorization", "content-type", "token"].iter().all(|name| headers.contains(name)), "{headers}");
        let answer = call(&visitor, FRIEND, route).await;
        assert_eq!(answer.header("access-control-allow-origin"), FRIEND, "{route:?}");
        assert_ne!(answer.status, 403, "{route:?}: {}", answer.body);
    }
    for route in SHUT {
        assert_eq!(preflight(&visitor, FRIEND, route).await.header("access-control-allow-origin"), "", "{route:?}");
        let answer = call(&visitor, FRIEND, route).await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{route:?}");
        assert!(route.0 == "GET" || answer.status == 403, "{route:?}");
    }
}

/// The routes that a client library in a page calls, some with the credentials mode `include`.
const WITH_CREDENTIALS: [(&str, &str); 4] =
    [("POST", "/oauth/token"), ("GET", "/oauth/userinfo"), ("POST", "/oauth/userinfo"), ("POST", "/oauth/revoke")];

#[tokio::test]
async fn a_listed_origin_may_send_credentials_to_the_routes_of_client_libraries_and_to_no_others() {
    let app = TestApp::with(&[("phone-rate", "off"), ("test-mode", "on"), ("cors-origin", FRIEND)]);
    let visitor = app.visitor();
    for route in OPEN.into_iter().chain(WITH_CREDENTIALS).chain(PUBLIC).chain(SHUT) {
        let wanted = if WITH_CREDENTIALS.contains(&route) { "true" } else { "" };
        let allowed = |answer: &Answer| answer.header("access-control-allow-credentials").to_owned();
        assert_eq!(allowed(&preflight(&visitor, FRIEND, route).await), wanted, "{route:?}");
        assert_eq!(allowed(&call(&visitor, FRIEND, route).await), wanted, "{route:?}");
        assert_eq!(allowed(&preflight(&visitor, OTHER_ORIGIN, route).await), "", "{route:?}");
        assert_eq!(allowed(&call(&visitor, OTHER_ORIGIN, route).await), "", "{route:?}");
        assert_eq!(allowed(&Answer::to(visitor.request(route.0.parse().unwrap(), route.1)).await), "", "{route:?}");
    }
    // A refusal and an injected fault can be read too.
    let fault = json!({ "path": "/oauth/token", "status": 429 });
    assert_eq!(Answer::to(visitor.request(Method::POST, "/test/fault").json(&fault)).await.status, 204);
    for (method, status) in [("POST", 429), ("PUT", 405)] {
        let answer = call(&visitor, FRIEND, (method, "/oauth/token")).await;
        let headers = ["access-control-allow-origin", "access-control-allow-credentials"].map(|it| answer.header(it));
        assert_eq!((answer.status, headers), (status, [FRIEND, "true"]), "{method}");
    }
}

#[tokio::test]
async fn with_a_star_no_credentials_are_allowed() {
    for settings in [&[("test-mode", "on")], &[("cors-origin", "*")]] {
        let app = TestApp::with(settings);
        for route in WITH_CREDENTIALS {
            for answer in [preflight(&app.visitor(), FRIEND, route).await, call(&app.visitor(), FRIEND, route).await] {
                let headers = ["access-control-allow-origin", "access-control-allow-credentials"];
                assert_eq!(headers.map(|it| answer.header(it)), ["*", ""], "{route:?}");
            }
        }
    }
}

/// With the credentials mode `include` a browser sends its cookies, and they must mean nothing here.
#[tokio::test]
async fn the_routes_that_allow_credentials_read_no_cookie() {
    let app = TestApp::with(&[("phone-rate", "off"), ("cors-origin", FRIEND)]);
    let visitor = app.visitor();
    visitor.generate().await;
    let login = [
        ("response_type", "code"),
        ("client_id", "app"),
        ("redirect_uri", "http://127.0.0.1/cb"),
        ("scope", "openid"),
        ("username", "susan"),
        ("password", "secret"),
    ];
    let answer = Answer::to(visitor.request(Method::POST, "/oauth/login").form(&login)).await;
    assert!(answer.header("set-cookie").starts_with("hallpass-login="), "{answer:?}");
    for route in WITH_CREDENTIALS {
        let answers = [call(&visitor, FRIEND, route).await, call(&app.visitor(), FRIEND, route).await];
        let [with, without] =
            answers.map(|answer| (answer.status, answer.header("set-cookie").to_owned(), answer.body));
        assert_eq!(with, without, "{route:?}");
        assert!(with.0 >= 400 && with.1.is_empty(), "{route:?}: {with:?}");
    }
}

#[tokio::test]
async fn every_site_s_scripts_may_read_the_public_documents_whatever_the_setting_is() {
    for settings in [&[][..], &[("cors-origin", FRIEND)]] {
        let app = TestApp::with(settings);
        let visitor = app.visitor();
        for route in PUBLIC {
            let answer = preflight(&visitor, OTHER_ORIGIN, route).await;
            assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, "*"), "{route:?}");
            let answer = call(&visitor, OTHER_ORIGIN, route).await;
            assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, "*"), "{route:?}");
            assert_eq!(answer.headers.get_all("access-control-allow-origin").iter().count(), 1, "{route:?}");
            let answer = Answer::to(visitor.request(Method::GET, route.1)).await;
            assert_eq!(answer.header("access-control-allow-origin"), "*", "without an origin: {route:?}");
        }
    }
}

/// Libraries for tracing, for example, add headers of their own, which mean nothing to these routes.
#[tokio::test]
async fn a_script_may_send_any_header() {
    let app = TestApp::with(&[("phone-rate", "off"), ("cors-origin", FRIEND)]);
    for route in OPEN.into_iter().chain(PUBLIC) {
        let request = app.visitor().request(Method::OPTIONS, route.1).header("origin", FRIEND);
        let request = request.header("access-control-request-method", route.0);
        let asks = request.header("access-control-request-headers", "traceparent, x-requested-with, dpop, accept");
        let answer = Answer::to(asks).await;
        assert_eq!(answer.status, 200, "{route:?}: {}", answer.body);
        let allowed = answer.header("access-control-allow-headers").to_lowercase();
        assert!(["traceparent", "dpop", "accept"].iter().all(|name| allowed.contains(name)), "{route:?}: {allowed}");
    }
}

#[tokio::test]
async fn in_test_mode_every_site_s_scripts_may_call_the_token_routes_unless_the_setting_lists_some() {
    let app = TestApp::with(&[("test-mode", "on"), ("phone-rate", "off")]);
    let visitor = app.visitor();
    for route in OPEN {
        assert_eq!(
            preflight(&visitor, OTHER_ORIGIN, route).await.header("access-control-allow-origin"),
            "*",
            "{route:?}"
        );
        assert_eq!(call(&visitor, OTHER_ORIGIN, route).await.header("access-control-allow-origin"), "*", "{route:?}");
    }
    for route in SHUT {
        assert_eq!(call(&visitor, OTHER_ORIGIN, route).await.header("access-control-allow-origin"), "", "{route:?}");
    }
    let app = TestApp::with(&[("test-mode", "on"), ("phone-rate", "off"), ("cors-origin", FRIEND)]);
    let visitor = app.visitor();
    assert_eq!(call(&visitor, OTHER_ORIGIN, OPEN[2]).await.status, 403);
    assert_eq!(call(&visitor, FRIEND, OPEN[2]).await.header("access-control-allow-origin"), FRIEND);
}

#[tokio::test]
async fn another_origin_is_refused_as_before() {
    let app = TestApp::with(&[("phone-rate", "off"), ("cors-origin", FRIEND)]);
    let visitor = app.visitor();
    for route in OPEN {
        for origin in [OTHER_ORIGIN, "null", "https://app.example.evil.example", "http://app.example"] {
            let answer = call(&visitor, origin, route).await;
            assert_eq!(answer.header("access-control-allow-origin"), "", "{origin} {route:?}");
            assert!(route.0 == "GET" || answer.status == 403, "{origin} {route:?}: {}", answer.status);
            let allowed = preflight(&visitor, origin, route).await;
            assert_ne!(allowed.header("access-control-allow-origin"), origin, "{route:?}");
        }
    }
}

#[tokio::test]
async fn a_star_lets_every_site_in_and_a_token_is_still_asked_for() {
    let app = TestApp::with(&[("cors-origin", "*")]);
    let visitor = app.visitor();
    let request = visitor.request(Method::POST, "/token").header("origin", OTHER_ORIGIN);
    let answer = Answer::to(request.json(&json!({ "username": "susan", "password": "secret" }))).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, "*"));
    let answer = call(&visitor, OTHER_ORIGIN, ("GET", "/api/me")).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (401, "*"));
    assert!(answer.header("access-control-expose-headers").to_lowercase().contains("www-authenticate"));
    assert_eq!(call(&visitor, OTHER_ORIGIN, ("POST", "/algorithm")).await.status, 403);
}
