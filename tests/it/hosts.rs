//! One server under several names, as in a compose network: which hosts it answers to, and which origin issues its
//! tokens.

use std::fs;

use reqwest::Method;
use serde_json::Value;

use crate::app::{Answer, TestApp, Visitor, part};
use crate::cli::Program;

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// A server on every address, as in a container.
struct Container {
    /// It runs as long as this is kept.
    _app: TestApp,
    port: String,
}

impl Container {
    fn with(settings: &[(&'static str, &str)]) -> Self {
        let app = TestApp::with(&[&[("bind", "0.0.0.0:0"), ("credentials", "any")], settings].concat());
        let port = app.url.rsplit_once(':').unwrap().1.to_owned();
        Self { _app: app, port }
    }

    fn visitor(&self) -> Visitor {
        Visitor::of(&format!("http://127.0.0.1:{}", self.port))
    }

    /// A bearer token for somebody who reaches the server under this host.
    async fn bearer_token(&self, host: &str) -> String {
        let request = self.visitor().request(Method::POST, "/zoom/token").header("host", host);
        let assertion = Answer::to(request.basic_auth("susan", Some("secret"))).await.text("token");
        let form = [("grant_type", JWT_BEARER), ("assertion", &assertion)];
        let request = self.visitor().request(Method::POST, "/oauth/token").header("host", host).form(&form);
        Answer::to(request).await.text("access_token")
    }

    /// The status that a bearer token gets under this host.
    async fn status_of(&self, token: &str, host: &str) -> u16 {
        let request = self.visitor().request(Method::GET, "/api/me").header("host", host).bearer_auth(token);
        request.send().await.unwrap().status().as_u16()
    }

    /// The status that a form gets that a browser sends to this host from this origin.
    async fn status_of_form(&self, host: &str, origin: &str) -> u16 {
        let request = self.visitor().request(Method::POST, "/algorithm").form(&[("algorithm", "RS256")]);
        request.header("host", host).header("origin", origin).send().await.unwrap().status().as_u16()
    }

    async fn status_at(&self, host: &str) -> u16 {
        self.visitor().request(Method::GET, "/").header("host", host).send().await.unwrap().status().as_u16()
    }
}

fn claim(token: &str, name: &str) -> Value {
    serde_json::from_str::<Value>(&part(token, 1)).unwrap()[name].take()
}

#[tokio::test]
async fn a_token_from_a_service_s_name_is_good_under_localhost_too() {
    let container = Container::with(&[("allowed-host", "hallpass")]);
    let (service, local) = (format!("hallpass:{}", container.port), format!("localhost:{}", container.port));
    for host in [&service, &local] {
        let token = container.bearer_token(host).await;
        assert_eq!(claim(&token, "iss"), format!("http://{local}"), "{host}");
        assert_eq!(claim(&token, "aud"), format!("http://{local}"), "{host}");
        for host in [&service, &local, &"192.0.2.7".to_owned()] {
            assert_eq!(container.status_of(&token, host).await, 200, "{host}");
        }
    }
}

#[tokio::test]
async fn forms_work_under_every_accepted_host_and_from_that_host_alone() {
    let container = Container::with(&[("allowed-host", "hallpass"), ("public-url", "http://localhost:8080")]);
    for host in
        ["hallpass:5000", "hallpass", "localhost:8080", "localhost:5000", "192.0.2.7:5000", "[2001:db8::7]:5000"]
    {
        assert_eq!(container.status_of_form(host, &format!("http://{host}")).await, 303, "{host}");
        for origin in ["http://evil.example", "null", "http://hallpass:1", &format!("https://{host}")] {
            assert_eq!(container.status_of_form(host, origin).await, 403, "{origin} to {host}");
        }
    }
    assert_eq!(container.status_of_form("hallpass:5000", "http://localhost:8080").await, 403);
    assert_eq!(container.status_of_form("hallpass:80", "http://hallpass").await, 303, "80 is the port of http");
}

#[tokio::test]
async fn beside_a_proxy_that_speaks_tls_forms_work_without_it_too() {
    let container = Container::with(&[("public-url", "https://demo.example")]);
    for (host, origin) in [
        ("demo.example", "https://demo.example"),
        ("localhost:5000", "http://localhost:5000"),
        ("localhost:5000", "https://localhost:5000"),
    ] {
        assert_eq!(container.status_of_form(host, origin).await, 303, "{origin} to {host}");
    }
    assert_eq!(container.status_of_form("demo.example", "http://demo.example").await, 403);
    assert_eq!(container.status_of_form("localhost:5000", "https://demo.example").await, 403);
}

#[tokio::test]
async fn a_name_that_no_setting_says_is_refused_also_if_it_resolves_here() {
    let container = Container::with(&[("allowed-host", "hallpass")]);
    for host in ["HallPass", "hallpass:1", "LOCALHOST", "[::1]:5000", "192.0.2.7"] {
        assert_eq!(container.status_at(host).await, 200, "{host}");
    }
    for host in [
        "rebound.evil.example",
        "hallpass.evil.example",
        "evil.hallpass",
        "hallpass.",
        "hallpass:65536",
        "hallpass@evil.example",
        "evil.example@hallpass",
        "app.localhost",
        "localhost.",
        "[fe80::1%25eth0]",
        "[hallpass]",
    ] {
        assert_eq!(container.status_at(host).await, 421, "{host}");
    }
}

#[tokio::test]
async fn with_issuer_from_host_a_token_belongs_to_the_host_that_it_was_asked_for_at() {
    let settings = [("test-mode", "exposed"), ("allowed-host", "*"), ("issuer-from-host", "true")];
    let container = Container::with(&settings);
    let token = container.bearer_token("hallpass:49152").await;
    assert_eq!(claim(&token, "iss"), "http://hallpass:49152");
    assert_eq!(container.status_of(&token, "HALLPASS:49152").await, 200);
    assert_eq!(container.status_of(&token, "hallpass:49153").await, 401);
    assert_eq!(claim(&container.bearer_token("any.name:80").await, "iss"), "http://any.name");
    for host in ["a b", "a\"b", "a<b>", "x@y"] {
        assert_eq!(container.status_at(host).await, 421, "{host}");
    }
}

/// The documents, the resource and the tokens under one host.
struct Seen {
    document: Value,
    login_page: u16,
    challenge: String,
    token: String,
}

impl Container {
    async fn seen_at(&self, host: &str) -> Seen {
        let get = |path: &str| Answer::to(self.visitor().request(Method::GET, path).header("host", host));
        let form = [("grant_type", "client_credentials"), ("client_id", "app"), ("client_secret", "x")];
        let request = self.visitor().request(Method::POST, "/oauth/token").header("host", host).form(&form);
        let authorize = "/oauth/authorize?response_type=code&client_id=app&redirect_uri=http://localhost:3000/";
        Seen {
            document: get("/.well-known/openid-configuration").await.json(),
            login_page: get(authorize).await.status,
            challenge: get("/api/me").await.header("www-authenticate").to_owned(),
            token: Answer::to(request).await.text("access_token"),
        }
    }
}

#[tokio::test]
async fn in_a_compose_network_services_reach_the_issuer_by_its_name_and_browsers_under_localhost() {
    let container = Container::with(&[("allowed-host", "hallpass"), ("redirect-uri", "http://localhost:3000/")]);
    let issuer = format!("http://localhost:{}", container.port);
    for host in ["hallpass", "localhost", "127.0.0.1"].map(|name| format!("{name}:{}", container.port)) {
        let seen = container.seen_at(&host).await;
        assert_eq!(seen.document["issuer"], issuer, "{host}");
        for front in ["authorization_endpoint", "end_session_endpoint"] {
            assert!(seen.document[front].as_str().unwrap().starts_with(&format!("{issuer}/oauth/")), "{host}");
        }
        for back in ["token_endpoint", "jwks_uri", "userinfo_endpoint", "introspection_endpoint", "revocation_endpoint"]
        {
            assert!(seen.document[back].as_str().unwrap().starts_with(&format!("http://{host}/")), "{host}: {back}");
        }
        assert_eq!(seen.login_page, 200, "{host}");
        let metadata = format!("resource_metadata=\"{issuer}/.well-known/oauth-protected-resource/api/me\"");
        assert!(seen.challenge.contains(&metadata), "{}", seen.challenge);
        assert_eq!(claim(&seen.token, "iss"), issuer);
        assert_eq!(container.status_of(&seen.token, &host).await, 200);
    }
}

#[tokio::test]
async fn with_issuer_from_host_everything_belongs_to_the_host_of_the_request() {
    let settings = [("test-mode", "exposed"), ("allowed-host", "hallpass"), ("issuer-from-host", "true")];
    let container = Container::with(&settings);
    for host in ["hallpass:8080", "localhost:49152", "192.0.2.7"] {
        let issuer = format!("http://{host}");
        let seen = container.seen_at(host).await;
        let all = seen.document.as_object().unwrap().iter();
        for (name, address) in all.filter(|(name, _)| name.ends_with("_endpoint") || *name == "jwks_uri") {
            assert!(address.as_str().unwrap().starts_with(&format!("{issuer}/")), "{name}: {address}");
        }
        assert_eq!((&seen.document["issuer"], &claim(&seen.token, "iss")), (&issuer.clone().into(), &issuer.into()));
        assert!(seen.challenge.contains(&format!("=\"http://{host}/.well-known/")), "{}", seen.challenge);
        let query = "response_type=code&client_id=app&scope=openid&prompt=none&login_hint=bob";
        let path = format!("/oauth/authorize?{query}&redirect_uri=http://localhost:3000/");
        let answer = Answer::to(container.visitor().request(Method::GET, &path).header("host", host)).await;
        let address = url::Url::parse(answer.header("location")).unwrap();
        let parameter = |name: &str| address.query_pairs().find(|(it, _)| it == name).unwrap().1.into_owned();
        assert_eq!(parameter("iss"), format!("http://{host}"));
        let code = parameter("code");
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", "http://localhost:3000/"),
            ("client_id", "app"),
            ("client_secret", "x"),
        ];
        let redeem = container.visitor().request(Method::POST, "/oauth/token").header("host", host).form(&form);
        assert_eq!(claim(&Answer::to(redeem).await.text("id_token"), "iss"), format!("http://{host}"));
        let active = async |host: &str| {
            let post = container.visitor().request(Method::POST, "/oauth/introspect").header("host", host);
            let form = [("token", seen.token.as_str()), ("client_id", "api"), ("client_secret", "x")];
            Answer::to(post.form(&form)).await.json()["active"].clone()
        };
        assert_eq!((active(host).await, active("localhost:1").await), (true.into(), false.into()));
    }
}

#[tokio::test]
async fn on_a_loopback_address_names_below_localhost_are_accepted() {
    let app = TestApp::spawn();
    for (host, status) in [
        ("app.localhost:3000", 200),
        ("a.b.LOCALHOST", 200),
        (".localhost", 421),
        ("localhost.evil.example", 421),
        ("evil-localhost", 421),
        ("app.localhost.", 421),
    ] {
        let answer = app.visitor().request(Method::GET, "/").header("host", host).send().await.unwrap();
        assert_eq!(answer.status(), status, "{host}");
    }
}

#[test]
fn the_second_line_says_the_issuer_and_a_log_line_why_it_is_localhost() {
    let program = Program::with_keys();
    let serving = program.serve_at("0.0.0.0:0", &["--credentials", "any"]);
    let port = serving.url.strip_prefix("http://0.0.0.0:").unwrap().to_owned();
    assert_eq!(serving.issuer, format!("http://localhost:{port}"));
    let told = format!("the issuer is http://localhost:{port}, because --bind 0.0.0.0:0 names no host");
    assert_eq!(serving.log_with(&told).matches(&told).count(), 1);
    drop(serving);

    let serving = program.serve(&["--public-url", "http://localhost:0"]);
    assert_eq!(serving.issuer, serving.url.replace("127.0.0.1", "localhost"));
    assert!(!serving.log().contains("the issuer is"), "{}", serving.log());
    drop(serving);

    let serving =
        program.serve(&["--public-url", "https://demo.example", "--issuer-from-host", "--test-mode", "exposed"]);
    assert_eq!(serving.issuer, serving.url, "each request decides");
}

#[test]
fn what_lets_a_request_choose_is_refused_outside_test_mode() {
    let program = Program::new();
    for arguments in [&["--allowed-host", "*"][..], &["--allowed-host", "*", "--test-mode", "on"]] {
        program.run(arguments).assert_failed(&["--allowed-host is `*`", "--test-mode exposed"]);
    }
    program.run(&["--issuer-from-host"]).assert_failed(&["--issuer-from-host is on", "--test-mode on"]);
    let memory = ["--credentials", "users", "--database", "sqlite::memory:"];
    program.run(&memory).assert_failed(&["--credentials is `users`", "`sqlite::memory:`", "sqlite:hallpass.db"]);
    let bad = ["hallpass:5000", "*.example", "http://hallpass", "hallpass,"];
    for value in bad {
        let done = program.run(&["--allowed-host", value]);
        done.assert_failed(&[&format!("--allowed-host is `{value}`"), "names and IP addresses without a port"]);
    }
    assert!(fs::read_dir(program.path("")).unwrap().next().is_none(), "no start made anything");
}
