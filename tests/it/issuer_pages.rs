//! The issuer's pages over HTTP: the authorization request, the login page and its form, and the logout.

use chrono::DateTime;
use hallpass::accounts::{Password, hash_password};
use hallpass::profiles::id_token::{self, Content};
use hallpass::store::{CodeHash, FoundCode, GrantStore as _, LoginHash, Sqlite, Store as _};
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use crate::app::{Answer, START, TestApp, Visitor, part};
use crate::html::attribute;

const CLIENT: &str = "http://127.0.0.1:3000/callback?own=1";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const COOKIE: &str = "hallpass-login";
const TEST_MODE: &[(&str, &str)] = &[("test-mode", "on")];
const USERS: &[(&str, &str)] = &[("credentials", "users"), ("login-rate", "off")];

type Fields<'a> = Vec<(&'a str, &'a str)>;

/// A request that is good, with these parameters too.
fn request<'a>(more: &[(&'a str, &'a str)]) -> Fields<'a> {
    let mut fields = vec![("response_type", "code"), ("client_id", "app"), ("redirect_uri", CLIENT), ("state", "s &1")];
    fields.extend(more);
    fields
}

fn without<'a>(fields: &Fields<'a>, name: &str) -> Fields<'a> {
    fields.iter().filter(|(other, _)| *other != name).copied().collect()
}

fn with_changed<'a>(fields: &Fields<'a>, name: &'a str, value: &'a str) -> Fields<'a> {
    let mut changed = without(fields, name);
    changed.push((name, value));
    changed
}

fn encoded(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// A program without a cookie jar.
struct Client<'a>(&'a TestApp);

impl Client<'_> {
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let redirects = reqwest::redirect::Policy::none();
        let client = reqwest::Client::builder().redirect(redirects).build().unwrap();
        client.request(method, format!("{}{path}", self.0.url)).header("accept", "text/html")
    }

    async fn authorize(&self, fields: &[(&str, &str)]) -> Answer {
        Answer::to(self.request(Method::GET, &format!("/oauth/authorize?{}", encoded(fields)))).await
    }

    async fn authorize_with(&self, cookie: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.request(Method::GET, &format!("/oauth/authorize?{}", encoded(fields)));
        Answer::to(request.header("cookie", cookie)).await
    }

    /// Sends the form of a login page.
    async fn send_login(&self, page: &str, username: &str, password: &str) -> Answer {
        let mut fields = hidden_inputs(page);
        fields.extend([("username".into(), username.into()), ("password".into(), password.into())]);
        Answer::to(self.request(Method::POST, "/oauth/login").form(&fields)).await
    }

    /// Through the login page to its answer.
    async fn log_in(&self, username: &str, fields: &[(&str, &str)]) -> Answer {
        let page = self.authorize(fields).await;
        assert_eq!(page.status, 200, "{}", page.body);
        self.send_login(&page.body, username, "secret").await
    }

    fn post_login(&self, more: &[(&str, &str)]) -> RequestBuilder {
        let mut fields = request(&[("username", "susan"), ("password", "secret")]);
        fields.extend(more);
        self.request(Method::POST, "/oauth/login").form(&fields)
    }
}

fn tags<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    page.split(&format!("<{name} ")).skip(1).map(|rest| rest.split_once('>').unwrap().0).collect()
}

pub fn hidden_inputs(page: &str) -> Vec<(String, String)> {
    let hidden = tags(page, "input").into_iter().filter(|tag| tag.contains("type=\"hidden\""));
    hidden.map(|tag| (attribute(tag, "name").unwrap(), attribute(tag, "value").unwrap())).collect()
}

fn input<'p>(page: &'p str, name: &str) -> &'p str {
    let found = tags(page, "input").into_iter().find(|tag| attribute(tag, "name").as_deref() == Some(name));
    found.unwrap_or_else(|| panic!("no input {name}: {page}"))
}

/// The parameters that a redirect brings to the client.
fn to_client(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!(answer.status, 303, "{}", answer.body);
    let address = answer.header("location");
    assert!(address.starts_with(&format!("{CLIENT}&")), "{address}");
    let pairs = Url::parse(address).unwrap().query_pairs().into_owned().collect::<Vec<_>>();
    pairs.into_iter().filter(|(name, _)| name != "own").collect()
}

fn parameter(answer: &Answer, name: &str) -> String {
    let found = to_client(answer).into_iter().find(|(other, _)| other == name);
    found.unwrap_or_else(|| panic!("no {name} in {}", answer.header("location"))).1
}

fn error(answer: &Answer) -> String {
    assert_eq!((parameter(answer, "state").as_str(), header_count(&answer.headers, "set-cookie")), ("s &1", 0));
    assert!(!answer.header("location").contains("code="), "{}", answer.header("location"));
    parameter(answer, "error")
}

fn header_count(headers: &HeaderMap, name: &str) -> usize {
    headers.get_all(name).iter().count()
}

/// The login's cookie as the next request carries it.
fn cookie(answer: &Answer) -> String {
    assert_eq!(header_count(&answer.headers, "set-cookie"), 1, "{:?}", answer.headers);
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}

async fn store(app: &TestApp) -> Sqlite {
    Sqlite::open(&format!("sqlite:{}", app.keys().join("hallpass.db").display())).await.unwrap()
}

async fn stored(app: &TestApp, code: &str, after: i64) -> Option<FoundCode> {
    let store = store(app).await;
    let found = store.code(&CodeHash::of(code), DateTime::from_timestamp(START + after, 0).unwrap()).await.unwrap();
    store.close().await;
    found
}

async fn has_login(app: &TestApp, cookie: &str) -> bool {
    let store = store(app).await;
    let id = cookie.split_once('=').unwrap().1;
    let found = store.login(&LoginHash::of(id), DateTime::from_timestamp(START, 0).unwrap()).await.unwrap();
    store.close().await;
    found.is_some()
}

/// A server that knows susan alone.
async fn app_with_susan(settings: &[(&'static str, &str)]) -> TestApp {
    let app = TestApp::with(settings);
    let store = store(&app).await;
    store.put_user("susan", &hash_password(&Password::new("secret"), [7; 16]).unwrap()).await.unwrap();
    store.close().await;
    app
}

/// An ID token that this server issued.
pub fn id_token(app: &TestApp, client_id: &str, issued: i64) -> String {
    let ring = app.ring();
    let at = DateTime::from_timestamp(issued, 0).unwrap();
    let access_token = hallpass::profiles::bearer::issue(
        &ring,
        &hallpass::profiles::bearer::AccessTokenParties { issuer: &app.url, subject: "susan", client_id },
        [1; 16],
        at,
    );
    let content = Content {
        issuer: &app.url,
        subject: "susan",
        client_id,
        auth_time: at,
        nonce: None,
        access_token: &access_token.unwrap(),
    };
    id_token::issue(&ring, &content, at).unwrap().into_string()
}

#[tokio::test]
async fn an_http_client_without_cookies_gets_a_code_through_the_login_page() {
    let app = TestApp::spawn();
    let pkce = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256"), ("nonce", "n\"<'&")];
    let fields = request(&[&pkce[..], &[("scope", "openid email"), ("audience", "orders")]].concat());
    let answer = Client(&app).log_in("susan <&\"'>", &fields).await;
    let names: Vec<String> = to_client(&answer).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["code", "state", "iss"]);
    assert_eq!((parameter(&answer, "state"), parameter(&answer, "iss")), ("s &1".into(), app.url.clone()));
    let code = parameter(&answer, "code");
    assert_eq!(code.len(), 43, "32 bytes in base64url");
    let Some(FoundCode::Unspent(found)) = stored(&app, &code, 59).await else { panic!("{code} is not stored") };
    let grant = found.grant;
    assert_eq!((grant.client_id.as_str(), grant.subject.as_str()), ("app", "susan <&\"'>"));
    assert_eq!((grant.scope.as_str(), &grant.audience[..]), ("openid email", &["orders".to_owned()][..]));
    assert_eq!((grant.auth_time.timestamp(), found.redirect_uri.as_str()), (START, CLIENT));
    assert_eq!((found.challenge.as_deref(), found.nonce.as_deref()), (Some(CHALLENGE), Some("n\"<'&")));
    assert_eq!(stored(&app, &code, 60).await, None);
    let database = std::fs::read(app.keys().join("hallpass.db")).unwrap();
    let wal = std::fs::read(app.keys().join("hallpass.db-wal")).unwrap_or_default();
    for secret in [code.as_str(), cookie(&answer).split_once('=').unwrap().1] {
        let is_there = |bytes: &[u8]| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!is_there(&database) && !is_there(&wal), "{secret} is stored in clear");
    }
}

#[tokio::test]
async fn the_code_gives_the_tokens_of_the_user_who_logged_in_once() {
    let app = TestApp::spawn();
    let client = Client(&app);
    let code = parameter(&client.log_in("susan", &request(&[("scope", "openid"), ("nonce", "n1")])).await, "code");
    let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", CLIENT)];
    let redeem = async || {
        let post = client.request(Method::POST, "/oauth/token").basic_auth("app", Some("x"));
        Answer::to(post.form(&form)).await
    };
    let tokens = redeem().await;
    assert_eq!((tokens.status, tokens.text("scope").as_str()), (200, "openid"), "{}", tokens.body);
    let claims: Value = serde_json::from_str(&part(&tokens.text("id_token"), 1)).unwrap();
    assert_eq!((&claims["sub"], &claims["aud"], &claims["nonce"]), (&json!("susan"), &json!("app"), &json!("n1")));
    assert_eq!((&claims["auth_time"], &claims["iss"]), (&json!(START), &json!(app.url)));
    assert_eq!(redeem().await.text("error"), "invalid_grant");

    // The ID token that the client got logs the user out.
    let hint = tokens.text("id_token");
    let path = format!("/oauth/logout?id_token_hint={hint}&post_logout_redirect_uri=http://localhost/");
    assert_eq!(Answer::to(client.request(Method::GET, &path)).await.header("location"), "http://localhost/");
}

#[tokio::test]
async fn the_login_page_says_who_asks_for_what_and_where_the_browser_goes() {
    let app = TestApp::spawn();
    let fields = request(&[
        ("scope", "openid profile email offline_access orders:read"),
        ("resource", "https://api.example/orders"),
        ("login_hint", "su<san"),
    ]);
    let page = Client(&app).authorize(&fields).await;
    assert_eq!(page.status, 200);
    for said in [
        "<h1>Log in</h1>",
        "<code>app</code>",
        "127.0.0.1:3000/callback?own=1",
        "openid",
        "profile",
        "email",
        "offline_access",
        "orders:read",
        "https://api.example/orders",
        "any username with any password",
    ] {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
    assert!(page.body.contains("<form method=\"post\" action=\"/oauth/login\">"));
    let username = input(&page.body, "username");
    assert_eq!(attribute(username, "value").as_deref(), Some("su<san"));
    assert_eq!(attribute(username, "autocomplete").as_deref(), Some("username"));
    let password = input(&page.body, "password");
    assert_eq!(attribute(password, "autocomplete").as_deref(), Some("current-password"));
    assert_eq!((attribute(password, "type").as_deref(), attribute(password, "value")), (Some("password"), None));
    assert_eq!(header_count(&page.headers, "set-cookie"), 0);
    let users = TestApp::with(USERS);
    assert!(!Client(&users).authorize(&fields).await.body.contains("any username"));
}

#[tokio::test]
async fn the_policy_of_the_login_page_lets_its_form_lead_to_the_client() {
    let app = TestApp::spawn();
    for (uri, sources) in [
        (CLIENT, "'self' http://127.0.0.1:3000"),
        ("https://localhost/", "'self' https://localhost"),
        ("http://[::1]:1/", "'self' http:"),
    ] {
        let fields = with_changed(&request(&[]), "redirect_uri", uri);
        let page = Client(&app).authorize(&fields).await;
        let policy = page.header("content-security-policy");
        assert!(policy.contains(&format!("; form-action {sources}; base-uri 'none'")), "{policy}");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; "), "{policy}");
        assert_eq!((page.header("referrer-policy"), page.header("cache-control")), ("same-origin", "no-store"));
    }
}

#[tokio::test]
async fn a_client_that_opened_a_popup_is_not_cut_off_from_it() {
    let app = TestApp::spawn();
    let client = Client(&app);
    let page = client.authorize(&request(&[])).await;
    let answers = [
        client.send_login(&page.body, "susan", "").await,
        client.send_login(&page.body, "susan", "secret").await,
        client.log_in("susan", &request(&[("response_mode", "form_post")])).await,
        client.authorize(&request(&[("prompt", "none")])).await,
        Answer::to(client.request(Method::GET, "/oauth/logout")).await,
        page,
    ];
    for answer in answers {
        assert_eq!(answer.header("cross-origin-opener-policy"), "unsafe-none", "{}", answer.status);
    }
}

#[tokio::test]
async fn form_post_answers_a_page_that_posts_the_code_to_the_client() {
    let app = TestApp::spawn();
    let answer = Client(&app).log_in("susan", &request(&[("response_mode", "form_post")])).await;
    assert_eq!(answer.status, 200);
    let [form] = tags(&answer.body, "form")[..] else { panic!("{}", answer.body) };
    assert_eq!(
        (attribute(form, "action").as_deref(), attribute(form, "method").as_deref()),
        (Some(CLIENT), Some("post"))
    );
    let fields = hidden_inputs(&answer.body);
    assert_eq!(fields.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["code", "state", "iss"]);
    assert_eq!((fields[1].1.as_str(), fields[2].1.as_str()), ("s &1", app.url.as_str()));
    assert!(matches!(stored(&app, &fields[0].1, 0).await, Some(FoundCode::Unspent(_))));
    assert!(answer.body.contains(">Continue</button>") && !answer.body.contains("<script>"), "{}", answer.body);
    let policy = answer.header("content-security-policy");
    assert!(
        policy.contains("; form-action http://127.0.0.1:3000; ") && policy.contains("script-src 'self';"),
        "{policy}"
    );
    assert_eq!((answer.header("referrer-policy"), answer.header("cache-control")), ("strict-origin", "no-store"));
    assert!(cookie(&answer).starts_with("hallpass-login="));
    let refused = Client(&app).authorize(&request(&[("response_mode", "form_post"), ("prompt", "none")])).await;
    assert_eq!((refused.status, hidden_inputs(&refused.body)[0].1.as_str()), (200, "login_required"));
}

/// Long because it is one table of cases.
#[tokio::test]
async fn a_bad_client_or_redirect_uri_is_an_error_page_and_never_a_redirect() {
    let app = TestApp::spawn();
    let long = format!("http://127.0.0.1/{}", "a".repeat(2048));
    let hostile = [
        "",
        "https://evil.example/",
        "http://127.0.0.1@evil.example/",
        "http://127.0.0.1:3000@evil.example/cb",
        "http://localhost.evil.example/",
        "http://evil.example#@127.0.0.1/",
        "http://evil.example\\@127.0.0.1/",
        "http://127.0.0.1\\.evil.example/",
        "//127.0.0.1/",
        "/callback",
        "http://127.1/",
        "http://0x7f.1/",
        "http://localhost:80:80/",
        "http://127.0.0.1/#fragment",
        "javascript:alert(1)",
        "data:text/html,x",
        "http://127.0.0.1/\r\nSet-Cookie: a=b",
        "http://127.0.0.1/ x",
        "http://127.0.0.1/<script>",
        "http://127.0.0.1/é",
        "app.example:/cb",
        &long,
    ];
    let good = request(&[("prompt", "none"), ("username", "susan"), ("password", "secret")]);
    let of_uri = |uri| with_changed(&good, "redirect_uri", uri);
    let mut requests: Vec<Fields<'_>> = hostile.into_iter().map(of_uri).collect();
    let too_long = "a".repeat(129);
    for id in ["", "a\nb", too_long.as_str()] {
        requests.push(with_changed(&good, "client_id", id));
    }
    requests.extend([without(&good, "client_id"), without(&good, "redirect_uri")]);
    requests.extend([("client_id", "app"), ("redirect_uri", CLIENT)].map(|twice| [&good[..], &[twice]].concat()));
    for fields in requests {
        let client = Client(&app);
        let by_form = |path| client.request(Method::POST, path).form(&fields);
        for answer in [
            client.authorize(&fields).await,
            Answer::to(by_form("/oauth/authorize")).await,
            Answer::to(by_form("/oauth/login")).await,
        ] {
            assert_eq!(answer.status, 400, "{fields:?}: {}", answer.body);
            assert_eq!((answer.header("location"), answer.header("refresh")), ("", ""), "{fields:?}");
            assert!(
                answer.body.contains("<h1>Bad request</h1>") && !answer.body.contains("<script>"),
                "{}",
                answer.body
            );
            assert!(tags(&answer.body, "form").is_empty(), "{}", answer.body);
            assert_eq!(header_count(&answer.headers, "set-cookie"), 0, "{fields:?}");
        }
    }
    let told = Client(&app).authorize(&of_uri("https://evil.example/")).await.body;
    assert!(told.contains("https://evil.example/ ") && told.contains("--redirect-uri"), "{told}");
    assert!(!told.contains("href=\"https://evil.example"), "{told}");
}

#[tokio::test]
async fn every_other_error_is_told_to_the_client() {
    let app = TestApp::spawn();
    let long = "a".repeat(5000);
    let changed = |name, value| with_changed(&request(&[]), name, value);
    for (fields, wanted) in [
        (without(&request(&[]), "response_type"), "invalid_request"),
        (changed("response_type", "token"), "unsupported_response_type"),
        (changed("response_type", "code id_token"), "unsupported_response_type"),
        (request(&[("response_mode", "fragment")]), "invalid_request"),
        (request(&[("scope", "a\"b")]), "invalid_scope"),
        (request(&[("nonce", "a"), ("nonce", "b")]), "invalid_request"),
        (request(&[("nonce", &long)]), "invalid_request"),
        (request(&[("code_challenge", CHALLENGE), ("code_challenge_method", "plain")]), "invalid_request"),
        (request(&[("code_challenge", CHALLENGE)]), "invalid_request"),
        (request(&[("code_challenge", "short"), ("code_challenge_method", "S256")]), "invalid_request"),
        (request(&[("prompt", "none login")]), "invalid_request"),
        (request(&[("max_age", "-1")]), "invalid_request"),
        (request(&[("resource", "no uri")]), "invalid_target"),
        (request(&[("request", "eyJ")]), "request_not_supported"),
        (request(&[("request_uri", "https://a.example/")]), "request_uri_not_supported"),
        (request(&[("prompt", "none")]), "login_required"),
        (request(&[("prompt", "none"), ("login_hint", "susan")]), "login_required"),
    ] {
        let client = Client(&app);
        let answer = client.authorize(&fields).await;
        assert_eq!(error(&answer), wanted, "{fields:?}");
        assert_eq!(parameter(&answer, "iss"), app.url);
        let by_form = Answer::to(client.request(Method::POST, "/oauth/authorize").form(&fields)).await;
        assert_eq!(by_form.header("location"), answer.header("location"));
        if wanted != "login_required" {
            let login = [&fields[..], &[("username", "susan"), ("password", "secret")]].concat();
            let login = Answer::to(client.request(Method::POST, "/oauth/login").form(&login)).await;
            assert_eq!(error(&login), wanted, "{fields:?}");
        }
    }
}

#[tokio::test]
async fn hostile_text_stays_text_on_every_page_and_in_the_redirect() {
    let app = TestApp::spawn();
    let client = Client(&app);
    let script = "\"'><script>alert(1)</script>";
    let changed = |name, value| with_changed(&request(&[]), name, value);
    let expect_harmless = |page: &Answer, name: &str| {
        assert_eq!(page.status, 200, "{name}: {}", page.body);
        let scripts: Vec<_> = page.body.matches("<script").collect();
        assert_eq!(scripts.len(), 1, "{name}: only the site's own: {}", page.body);
        assert!(!page.body.contains("alert(1)</script>"), "{name}: {}", page.body);
    };
    for name in ["client_id", "state", "nonce", "login_hint", "audience"] {
        let page = client.authorize(&changed(name, script)).await;
        expect_harmless(&page, name);
        let by_form = [&changed(name, script)[..], &[("response_mode", "form_post")]].concat();
        expect_harmless(&client.log_in(script, &by_form).await, name);
        assert_eq!(client.send_login(&page.body, script, "").await.status, 401);
    }
    let state = "a\r\nSet-Cookie: b=c\r\n\r\n<script>\0é";
    let answer = client.log_in("susan", &changed("state", state)).await;
    assert_eq!((parameter(&answer, "state").as_str(), header_count(&answer.headers, "set-cookie")), (state, 1));
    assert!(answer.header("location").is_ascii() && !answer.header("location").contains('<'));
    for scope in ["a<script>alert(1)</script>", "openid &quot;"] {
        expect_harmless(&client.authorize(&request(&[("scope", scope)])).await, scope);
    }
}

#[tokio::test]
async fn other_machines_get_no_redirect_uri_accepted_without_the_setting() {
    let settings = [("bind", "0.0.0.0:0"), ("credentials", "any")];
    let listed = [&settings[..], &[("redirect-uri", "http://localhost:3000/callback")]].concat();
    let test_mode = [&settings[..], &[("test-mode", "exposed")]].concat();
    for (settings, accepted) in [(&settings[..], vec![]), (&listed, vec![0, 1]), (&test_mode, vec![0, 1, 2, 3])] {
        let app = TestApp::with(settings);
        let url = app.url.replace("0.0.0.0", "127.0.0.1");
        let uris = [
            "http://localhost:3000/callback",
            "http://localhost:49152/callback",
            "http://localhost:3000/other",
            "https://[::1]/",
            "https://app.example/callback",
        ];
        for (index, uri) in uris.iter().enumerate() {
            let fields = encoded(&[("response_type", "code"), ("client_id", "app"), ("redirect_uri", uri)]);
            let page = Visitor::of(&url).get(&format!("/oauth/authorize?{fields}")).await;
            let wanted = if accepted.contains(&index) { 200 } else { 400 };
            assert_eq!(page.status(), wanted, "{settings:?}: {uri}");
        }
    }
}

#[tokio::test]
async fn an_authorization_request_may_come_by_post_from_any_site() {
    let app = TestApp::spawn();
    let post = |path: &str| {
        let post = Client(&app).request(Method::POST, path).form(&request(&[("username", "a"), ("password", "b")]));
        post.header("origin", "https://client.example").header("sec-fetch-site", "cross-site")
    };
    let page = Answer::to(post("/oauth/authorize")).await;
    assert_eq!((page.status, header_count(&page.headers, "set-cookie")), (200, 0));
    assert_eq!(Client(&app).send_login(&page.body, "susan", "x").await.status, 303);
    let text = Client(&app).request(Method::POST, "/oauth/authorize").header("content-type", "text/plain");
    assert_eq!(Answer::to(text.body(encoded(&request(&[])))).await.status, 415);
    let elsewhere = post("/oauth/authorize").header("host", "evil.example");
    assert_eq!(Answer::to(elsewhere).await.status, 421);
}

#[tokio::test]
async fn the_login_form_of_another_site_is_refused() {
    let app = TestApp::spawn();
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let answer = Answer::to(Client(&app).post_login(&[]).header(name, value)).await;
        assert_eq!((answer.status, header_count(&answer.headers, "set-cookie")), (403, 0), "{name}: {value}");
        assert_eq!(answer.header("location"), "");
    }
    for (name, value) in [("origin", app.url.as_str()), ("sec-fetch-site", "same-origin")] {
        assert_eq!(Answer::to(Client(&app).post_login(&[]).header(name, value)).await.status, 303);
    }
}

#[tokio::test]
async fn the_login_lasts_eight_hours_in_a_cookie_of_its_own() {
    let app = TestApp::spawn();
    let client = Client(&app);
    let answer = client.log_in("susan", &request(&[])).await;
    let line = answer.header("set-cookie");
    let (pair, attributes) = line.split_once("; ").unwrap();
    assert_eq!(attributes, "HttpOnly; SameSite=Lax; Path=/; Max-Age=28800");
    assert_eq!(pair.len(), COOKIE.len() + 1 + 43);
    let next = client.authorize_with(pair, &request(&[])).await;
    assert!(parameter(&next, "code") != parameter(&answer, "code"));
    assert_eq!(header_count(&next.headers, "set-cookie"), 0);
    app.advance(8 * 3600 - 1);
    assert_eq!(client.authorize_with(pair, &request(&[])).await.status, 303);
    app.advance(1);
    assert_eq!(client.authorize_with(pair, &request(&[])).await.status, 200);
}

#[tokio::test]
async fn a_cookie_is_read_to_the_byte_and_counts_as_none_when_it_comes_twice() {
    let app = TestApp::spawn();
    let client = Client(&app);
    let own = cookie(&client.log_in("susan", &request(&[])).await);
    let id = own.split_once('=').unwrap().1;
    for good in [own.clone(), format!("hallpass=x; {own}"), format!("a=b;{own};hallpass=%00; hallpass=é")] {
        assert_eq!(client.authorize_with(&good, &request(&[])).await.status, 303, "{good}");
    }
    for bad in [
        format!("{own}; {own}"),
        format!("{own}; {COOKIE}=planted"),
        format!("%68allpass-login={id}"),
        format!("\u{a0}{own}"),
        format!("Hallpass-Login={id}"),
        format!("__Host-{own}"),
        format!("{own}x"),
        format!("{COOKIE}=\"{id}\""),
        format!("{COOKIE}="),
    ] {
        assert_eq!(client.authorize_with(&bad, &request(&[])).await.status, 200, "{bad}");
    }
}

#[tokio::test]
async fn every_login_has_a_new_id_and_ends_the_one_before() {
    let app = TestApp::spawn();
    let client = Client(&app);
    let planted = format!("{COOKIE}={}", "A".repeat(43));
    let first = Answer::to(client.post_login(&[]).header("cookie", &planted)).await;
    let first = cookie(&first);
    assert!(first != planted && !has_login(&app, &planted).await && has_login(&app, &first).await);
    let second = cookie(&Answer::to(client.post_login(&[]).header("cookie", &first)).await);
    assert!(first != second && !has_login(&app, &first).await && has_login(&app, &second).await);
}

#[tokio::test]
async fn prompt_max_age_and_login_hint_decide_whether_a_login_suffices() {
    let app = TestApp::spawn();
    let client = Client(&app);
    let susan = cookie(&client.log_in("susan", &request(&[])).await);
    app.advance(100);
    for (more, wanted) in [
        (vec![], 303),
        (vec![("prompt", "none")], 303),
        (vec![("prompt", "login")], 200),
        (vec![("prompt", "consent")], 200),
        (vec![("prompt", "select_account")], 200),
        (vec![("max_age", "100")], 303),
        (vec![("max_age", "99")], 200),
        (vec![("login_hint", "susan")], 303),
        (vec![("login_hint", "bob")], 200),
    ] {
        assert_eq!(client.authorize_with(&susan, &request(&more)).await.status, wanted, "{more:?}");
    }
    for more in [("max_age", "99"), ("login_hint", "bob")] {
        let answer = client.authorize_with(&susan, &request(&[("prompt", "none"), more])).await;
        assert_eq!(error(&answer), "login_required", "{more:?}");
    }
    let page = client.authorize_with(&susan, &request(&[("prompt", "login"), ("max_age", "5")])).await;
    let code = parameter(&client.send_login(&page.body, "bob", "x").await, "code");
    let Some(FoundCode::Unspent(found)) = stored(&app, &code, 100).await else { panic!("no code") };
    assert_eq!((found.grant.subject.as_str(), found.grant.auth_time.timestamp()), ("bob", START + 100));
}

#[tokio::test]
async fn an_id_token_hint_names_the_user_who_must_be_logged_in() {
    let app = TestApp::spawn();
    let client = Client(&app);
    let susan = cookie(&client.log_in("susan", &request(&[])).await);
    let bob = cookie(&client.log_in("bob", &request(&[])).await);
    let [own, expired] = [("app", START), ("other-app", START - 100_000)].map(|(id, at)| id_token(&app, id, at));
    let foreign = id_token(&TestApp::spawn(), "app", START);
    for (login, hint, status, silently) in [
        (&susan, &own, 303, "code"),
        (&susan, &expired, 303, "code"),
        (&bob, &own, 200, "login_required"),
        (&susan, &foreign, 303, "login_required"),
        (&susan, &"e.y.J".to_owned(), 303, "login_required"),
    ] {
        let answer = client.authorize_with(login, &request(&[("id_token_hint", hint)])).await;
        assert_eq!(answer.status, status, "{hint}");
        let answer = client.authorize_with(login, &request(&[("id_token_hint", hint), ("prompt", "none")])).await;
        match silently {
            "code" => assert!(!parameter(&answer, "code").is_empty()),
            refused => assert_eq!(error(&answer), refused, "{hint}"),
        }
    }
    let fields = request(&[("id_token_hint", &own), ("login_hint", "alice")]);
    let page = client.authorize_with(&bob, &fields).await;
    assert_eq!(attribute(input(&page.body, "username"), "value").as_deref(), Some("susan"));
    assert_eq!(client.authorize_with(&susan, &fields).await.status, 303, "it counts more than a login_hint");
}

#[tokio::test]
async fn a_wrong_password_shows_the_page_again_with_the_name_and_without_the_password() {
    let app = app_with_susan(USERS).await;
    let client = Client(&app);
    let page = client.authorize(&request(&[("nonce", "n"), ("prompt", "login")])).await;
    for (username, password, said) in [
        ("susan", "hunter2-hunter2", "The username or the password is wrong."),
        ("nobody", "secret", "The username or the password is wrong."),
        ("susan", "", "Enter a username and a password."),
        ("", "hunter2-hunter2", "Enter a username and a password."),
    ] {
        let again = client.send_login(&page.body, username, password).await;
        assert_eq!((again.status, header_count(&again.headers, "set-cookie")), (401, 0), "{username}");
        assert!(again.body.contains(said) && again.body.contains("role=\"alert\""), "{}", again.body);
        assert!(!again.body.contains("hunter2"), "{}", again.body);
        assert_eq!(attribute(input(&again.body, "username"), "value").as_deref(), Some(username));
        assert_eq!(hidden_inputs(&again.body), hidden_inputs(&page.body), "the request is still there");
        assert!(again.header("content-security-policy").contains("form-action 'self' http://127.0.0.1:3000;"));
    }
    let last = client.send_login(&page.body, "susan", "hunter2-hunter2").await;
    assert_eq!(client.send_login(&last.body, "susan", "secret").await.status, 303);
}

#[tokio::test]
async fn logins_are_limited_and_the_page_says_how_long_to_wait() {
    let app = app_with_susan(&[("credentials", "users"), ("login-rate", "1/m")]).await;
    let client = Client(&app);
    let page = client.authorize(&request(&[])).await;
    assert_eq!(client.send_login(&page.body, "susan", "wrong").await.status, 401);
    let refused = client.send_login(&page.body, "susan", "secret").await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "60"), "{}", refused.body);
    assert!(refused.body.contains("Try again in 60 s.") && refused.body.contains("action=\"/oauth/login\""));
    app.advance(60);
    assert_eq!(client.send_login(&page.body, "susan", "secret").await.status, 303);
}

#[tokio::test]
async fn in_test_mode_prompt_none_with_a_hint_logs_that_user_in() {
    let app = TestApp::with(TEST_MODE);
    let client = Client(&app);
    let of = |name| request(&[("prompt", "none"), ("login_hint", name)]);
    let bob = client.authorize(&of("bob")).await;
    let code = parameter(&bob, "code");
    let Some(FoundCode::Unspent(found)) = stored(&app, &code, 0).await else { panic!("no code") };
    assert_eq!((found.grant.subject.as_str(), found.grant.auth_time.timestamp()), ("bob", START));
    let bob = cookie(&bob);
    let same = client.authorize_with(&bob, &of("bob")).await;
    assert_eq!((same.status, header_count(&same.headers, "set-cookie")), (303, 0));
    let alice = cookie(&client.authorize_with(&bob, &of("alice")).await);
    assert!(!has_login(&app, &bob).await && has_login(&app, &alice).await);
    let again = client.authorize_with(&alice, &request(&[("prompt", "none"), ("login_hint", "alice")])).await;
    assert_eq!((again.status, header_count(&again.headers, "set-cookie")), (303, 0));
    assert_eq!(error(&client.authorize(&request(&[("prompt", "none")])).await), "login_required");
}

#[tokio::test]
async fn a_refused_silent_login_says_what_helps() {
    let (with, without) = (TestApp::with(TEST_MODE), TestApp::spawn());
    let described = async |app: &TestApp, more: &[(&str, &str)], headers: &[(&str, &str)]| {
        let path = format!("/oauth/authorize?{}", encoded(&request(&[&[("prompt", "none")], more].concat())));
        let sent = Client(app).request(Method::GET, &path);
        let sent = headers.iter().fold(sent, |sent, (name, value)| sent.header(*name, *value));
        let answer = Answer::to(sent).await;
        assert_eq!(error(&answer), "login_required");
        parameter(&answer, "error_description")
    };
    assert!(described(&with, &[], &[]).await.contains("add login_hint=NAME"));
    assert!(!described(&without, &[], &[]).await.contains("NAME"));
    assert!(!described(&without, &[("login_hint", "bob")], &[]).await.contains("NAME"));
    let cross_site = ("sec-fetch-site", "cross-site");
    for (headers, helps) in [
        (&[cross_site, ("sec-fetch-dest", "iframe")][..], true),
        (&[cross_site], true),
        (&[cross_site, ("sec-fetch-dest", "document")], false),
        (&[("sec-fetch-site", "same-site"), ("sec-fetch-dest", "iframe")], false),
    ] {
        let said = described(&without, &[], headers).await;
        assert_eq!(said.contains("--public-url http://localhost:PORT"), helps, "{headers:?}: {said}");
    }
}

#[tokio::test]
async fn a_client_that_reads_the_fragment_finds_there_why_it_is_refused() {
    let app = TestApp::spawn();
    let answer = Client(&app).authorize(&request(&[("response_mode", "fragment")])).await;
    assert_eq!(error(&answer), "invalid_request");
    let address = Url::parse(answer.header("location")).unwrap();
    let own = |text: &str| -> Vec<(String, String)> {
        let pairs = form_urlencoded::parse(text.as_bytes()).into_owned();
        pairs.filter(|(name, _)| name != "own").collect()
    };
    let in_fragment = own(address.fragment().unwrap());
    assert_eq!(in_fragment, own(address.query().unwrap()));
    let names: Vec<&str> = in_fragment.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["error", "error_description", "state", "iss"]);
    assert!(in_fragment[1].1.starts_with("`response_mode` must be query or form_post"), "{}", in_fragment[1].1);
    // The login page is never reached with it, so no code is ever in a fragment.
    let login = Answer::to(Client(&app).post_login(&[("response_mode", "fragment")])).await;
    assert_eq!(error(&login), "invalid_request");
    assert!(!login.header("location").contains("code="));
}

#[tokio::test]
async fn in_test_mode_with_users_the_user_of_the_hint_must_exist() {
    let app = app_with_susan(&[USERS, TEST_MODE].concat()).await;
    let silent = async |name| Client(&app).authorize(&request(&[("prompt", "none"), ("login_hint", name)])).await;
    assert!(!parameter(&silent("susan").await, "code").is_empty());
    for nobody in ["bob", "Susan", "su san", "susan:", "\u{0}"] {
        assert_eq!(error(&silent(nobody).await), "login_required", "{nobody:?}");
    }
}

/// A browser that is logged in as susan here and in the demo, and its login's cookie.
async fn logged_in(app: &TestApp) -> (Visitor, String) {
    logged_in_as(app, "susan").await
}

async fn logged_in_as(app: &TestApp, username: &str) -> (Visitor, String) {
    let visitor = app.visitor();
    visitor.generate().await;
    let login = request(&[("username", username), ("password", "secret")]);
    let answer = Answer::to(visitor.request(Method::POST, "/oauth/login").form(&login)).await;
    (visitor, cookie(&answer))
}

async fn is_logged_in(visitor: &Visitor) -> bool {
    let path = format!("/oauth/authorize?{}", encoded(&request(&[])));
    visitor.get(&path).await.status() == 303
}

async fn logout(visitor: &Visitor, method: Method, fields: &[(&str, &str)]) -> Answer {
    let html = |request: RequestBuilder| request.header("accept", "text/html");
    match method {
        Method::GET => Answer::to(html(visitor.request(method, &format!("/oauth/logout?{}", encoded(fields))))).await,
        _ => Answer::to(html(visitor.request(method, "/oauth/logout").form(fields))).await,
    }
}

#[tokio::test]
async fn a_logout_with_an_id_token_happens_at_once_and_goes_where_the_client_says() {
    let app = TestApp::spawn();
    for (method, issued) in [(Method::GET, START), (Method::POST, START), (Method::GET, START - 100_000)] {
        let (visitor, cookie) = logged_in(&app).await;
        let hint = id_token(&app, "app", issued);
        let fields = [
            ("id_token_hint", hint.as_str()),
            ("post_logout_redirect_uri", "http://localhost:3000/bye"),
            ("state", "a b"),
            ("client_id", "app"),
        ];
        let answer = logout(&visitor, method.clone(), &fields).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, "http://localhost:3000/bye?state=a+b"),
            "{method}"
        );
        let removal = "hallpass-login=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0";
        assert_eq!(answer.header("set-cookie"), removal);
        assert!(!has_login(&app, &cookie).await && !is_logged_in(&visitor).await);
        assert_eq!(visitor.verdict().await.0, 200, "the demo's session is untouched");
    }
    let (visitor, _) = logged_in(&app).await;
    let hint = id_token(&app, "app", START);
    let answer = logout(&visitor, Method::GET, &[("id_token_hint", hint.as_str()), ("state", "x")]).await;
    assert_eq!((answer.status, answer.header("location")), (200, ""));
    assert!(answer.body.contains("You are logged out") && !is_logged_in(&visitor).await);
}

#[tokio::test]
async fn without_a_valid_id_token_a_logout_needs_the_button() {
    let app = TestApp::spawn();
    let other = TestApp::spawn();
    let (visitor, cookie) = logged_in(&app).await;
    let foreign = id_token(&other, "app", START);
    let uri = ("post_logout_redirect_uri", "http://localhost:3000/bye");
    for fields in [vec![], vec![uri], vec![uri, ("id_token_hint", "a.b.c")], vec![uri, ("id_token_hint", &foreign)]] {
        let page = logout(&visitor, Method::GET, &fields).await;
        assert_eq!((page.status, page.header("location"), page.header("set-cookie")), (200, "", ""), "{fields:?}");
        assert!(page.body.contains("<form method=\"post\" action=\"/oauth/logout\">") && page.body.contains("susan"));
        assert!(is_logged_in(&visitor).await);
    }
    let done = logout(&visitor, Method::POST, &[]).await;
    assert_eq!((done.status, done.header("location")), (200, ""));
    assert!(done.body.contains("You are logged out") && done.header("set-cookie").contains("Max-Age=0"));
    assert!(!has_login(&app, &cookie).await && !is_logged_in(&visitor).await);
    assert!(logout(&visitor, Method::GET, &[]).await.body.contains("You are logged out"));
}

#[tokio::test]
async fn an_id_token_of_another_user_logs_nobody_out_without_the_button() {
    let app = TestApp::spawn();
    let (visitor, cookie) = logged_in_as(&app, "bob").await;
    let hint = id_token(&app, "app", START);
    let fields = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", "http://localhost:3000/bye")];
    for method in [Method::GET, Method::POST] {
        let page = logout(&visitor, method, &fields).await;
        assert_eq!((page.status, page.header("location"), page.header("set-cookie")), (200, "", ""));
        assert!(page.body.contains("Log out?") && page.body.contains("bob"), "{}", page.body);
        assert!(!page.body.contains("You are not sent back"), "{}", page.body);
        assert!(has_login(&app, &cookie).await);
    }
    // What the button sends does nothing as a link.
    let link = logout(&visitor, Method::GET, &[&fields[..], &[("confirmed", "yes")]].concat()).await;
    assert!(link.status == 200 && has_login(&app, &cookie).await);
    logout(&visitor, Method::POST, &[]).await;
    assert!(!has_login(&app, &cookie).await);
    let nobody = logout(&visitor, Method::GET, &fields).await;
    assert_eq!((nobody.status, nobody.header("location")), (303, "http://localhost:3000/bye"));
}

#[tokio::test]
async fn after_the_button_the_browser_goes_back_to_the_client_whose_id_token_is_another_users() {
    let app = TestApp::spawn();
    let hint = id_token(&app, "app", START);
    let asked = [
        ("id_token_hint", hint.as_str()),
        ("post_logout_redirect_uri", "http://localhost:3000/bye"),
        ("state", "a \"b"),
        ("client_id", "app"),
    ];
    for method in [Method::GET, Method::POST] {
        let (visitor, cookie) = logged_in_as(&app, "bob").await;
        let page = logout(&visitor, method, &asked).await;
        let policy = page.header("content-security-policy");
        assert!(policy.contains("; form-action 'self' http://localhost:3000; "), "{policy}");
        let fields = hidden_inputs(&page.body);
        let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["id_token_hint", "client_id", "post_logout_redirect_uri", "state", "confirmed"]);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let elsewhere = visitor.request(Method::POST, "/oauth/logout").form(&fields);
        Answer::to(elsewhere.header("origin", "https://client.example").header("sec-fetch-site", "cross-site")).await;
        assert!(has_login(&app, &cookie).await, "a page of another site cannot press the button");
        let done = logout(&visitor, Method::POST, &fields).await;
        assert_eq!((done.status, done.header("location")), (303, "http://localhost:3000/bye?state=a+%22b"));
        assert!(done.header("set-cookie").contains("Max-Age=0") && !has_login(&app, &cookie).await);
    }
    let (visitor, _) = logged_in_as(&app, "bob").await;
    let other = [&asked[..3], &[("client_id", "other")]].concat();
    assert_eq!(logout(&visitor, Method::GET, &other).await.status, 400);
}

#[tokio::test]
async fn the_page_says_why_the_browser_does_not_go_back_to_the_client() {
    let app = TestApp::spawn();
    let uri = ("post_logout_redirect_uri", "http://localhost:3000/bye");
    let expired_issuer = id_token(&TestApp::spawn(), "app", START);
    let not_sent = "You are not sent back to <code>http://localhost:3000/bye</code> because";
    let missing = format!("{not_sent} <code>id_token_hint</code> is missing.");
    let rejected = format!("{not_sent} <code>id_token_hint</code> does not verify: ");
    for (fields, said) in [
        (vec![uri], &missing),
        (vec![uri, ("id_token_hint", "")], &missing),
        (vec![uri, ("id_token_hint", "a.b.c")], &rejected),
        (vec![uri, ("id_token_hint", &expired_issuer)], &rejected),
    ] {
        let (visitor, _) = logged_in(&app).await;
        for (method, title) in [(Method::GET, "Log out?"), (Method::POST, "You are logged out")] {
            let page = logout(&visitor, method, &fields).await;
            assert!(page.body.contains(title) && page.body.contains(said), "{fields:?}: {}", page.body);
        }
        let nobody = logout(&visitor, Method::GET, &fields).await;
        assert!(nobody.body.contains("You are logged out") && nobody.body.contains(said), "{}", nobody.body);
        let without_address = logout(&visitor, Method::GET, &fields[1..]).await;
        assert!(!without_address.body.contains("You are not sent back"), "{}", without_address.body);
    }
}

#[tokio::test]
async fn a_form_of_another_site_logs_out_with_an_id_token_alone() {
    let app = TestApp::spawn();
    let (visitor, _) = logged_in(&app).await;
    let hint = id_token(&app, "app", START);
    let from_elsewhere = |fields: &[(&str, &str)]| {
        let post = visitor.request(Method::POST, "/oauth/logout").form(fields);
        Answer::to(post.header("origin", "https://client.example").header("sec-fetch-site", "cross-site"))
    };
    for (fields, ends) in [(vec![("state", "é &")], false), (vec![("id_token_hint", hint.as_str())], true)] {
        let answer = from_elsewhere(&fields).await;
        let address = answer.header("location");
        assert_eq!((answer.status, address), (303, format!("/oauth/logout?{}", encoded(&fields)).as_str()));
        assert!(answer.header("set-cookie").is_empty() && is_logged_in(&visitor).await);
        visitor.get(address).await;
        assert_eq!(is_logged_in(&visitor).await, !ends, "{fields:?}");
    }
}

#[tokio::test]
async fn a_logout_never_leads_to_an_address_that_is_not_accepted() {
    let app = TestApp::spawn();
    let (visitor, _) = logged_in(&app).await;
    let hint = id_token(&app, "app", START);
    let good = ("id_token_hint", hint.as_str());
    for fields in [
        vec![good, ("post_logout_redirect_uri", "https://evil.example/")],
        vec![good, ("post_logout_redirect_uri", "http://localhost@evil.example/")],
        vec![good, ("post_logout_redirect_uri", "javascript:alert(1)")],
        vec![good, ("post_logout_redirect_uri", "http://localhost/"), ("client_id", "other")],
        vec![good, good],
    ] {
        for method in [Method::GET, Method::POST] {
            let answer = logout(&visitor, method, &fields).await;
            assert_eq!((answer.status, answer.header("location")), (400, ""), "{fields:?}: {}", answer.body);
            assert!(is_logged_in(&visitor).await, "{fields:?}");
        }
    }
}

#[tokio::test]
async fn the_demo_s_logout_leaves_the_login_alone() {
    let app = TestApp::spawn();
    let (visitor, cookie) = logged_in(&app).await;
    visitor.logout().await;
    assert!(has_login(&app, &cookie).await && is_logged_in(&visitor).await);
}

#[tokio::test]
async fn under_https_the_cookie_is_secure_and_has_the_host_prefix() {
    let app = TestApp::with(&[("public-url", "https://issuer.example"), ("test-mode", "exposed")]);
    let page = Client(&app).request(Method::POST, "/oauth/login").header("host", "issuer.example");
    let answer = Answer::to(page.form(&request(&[("username", "susan"), ("password", "x")]))).await;
    let line = answer.header("set-cookie");
    assert!(line.starts_with("__Host-hallpass-login="), "{line}");
    assert!(line.ends_with("; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=28800"), "{line}");
    assert_eq!(parameter(&answer, "iss"), "https://issuer.example");
    let unprefixed = line.split(';').next().unwrap().replace("__Host-", "");
    for (cookie, status) in [(line.split(';').next().unwrap(), 303), (&unprefixed, 200)] {
        let path = format!("/oauth/authorize?{}", encoded(&request(&[])));
        let get = Client(&app).request(Method::GET, &path).header("host", "issuer.example").header("cookie", cookie);
        assert_eq!(Answer::to(get).await.status, status, "{cookie}");
    }
}

#[tokio::test]
async fn a_client_that_asks_for_codes_too_often_leaves_nothing_more_in_the_store() {
    const CODES_A_MINUTE: usize = 600;
    let app = TestApp::spawn();
    let client = Client(&app);
    let form = encoded(&request(&[("username", "bob"), ("password", "secret")]));
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let log_in = || {
        let login = http.post(format!("{}/oauth/login", app.url)).header("accept", "text/html");
        Answer::to(login.header("content-type", "application/x-www-form-urlencoded").body(form.clone()))
    };
    let first = log_in().await;
    let cookie = first.header("set-cookie").split_once(';').unwrap().0.to_owned();
    for _ in 1..CODES_A_MINUTE {
        assert_eq!(log_in().await.status, 303);
    }
    let refused = log_in().await;
    assert_eq!((refused.status, header_count(&refused.headers, "set-cookie")), (429, 0));
    assert_eq!(refused.header("retry-after"), "60");
    assert!(refused.body.contains("asks for authorization codes too often"), "{}", refused.body);
    assert_eq!(client.authorize_with(&cookie, &request(&[])).await.status, 429, "a login that stands counts too");

    app.advance(60);
    assert_eq!(log_in().await.status, 303);
}

#[tokio::test]
async fn a_test_suite_may_log_in_as_often_as_it_likes() {
    let app = TestApp::with(TEST_MODE);
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let silent = encoded(&request(&[("prompt", "none"), ("login_hint", "bob")]));
    for _ in 0..=600 {
        let answer = http.get(format!("{}/oauth/authorize?{silent}", app.url)).send().await.unwrap();
        assert_eq!(answer.status(), 303);
    }
}
