//! What reaches the log, at its finest level: the route's pattern, the method and the status, and nothing that a client
//! or a key file says.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use reqwest::{Method, RequestBuilder};
use url::form_urlencoded;

use crate::app::{RawAnswer, Visitor, cookie_of, location, token_on};
use crate::cli::Program;

/// Everything a client says in these tests has this word in it.
const WORD: &str = "xyzzy";

/// What was said, and what was answered to it.
#[derive(Default)]
struct Transcript {
    secrets: Vec<String>,
    refusals: Vec<String>,
}

impl Transcript {
    async fn send(&mut self, request: RequestBuilder) {
        let request = request.header("referer", format!("http://127.0.0.1/{WORD}")).header("user-agent", WORD);
        let response = request.header("x-forwarded-for", WORD).send().await.unwrap();
        let refused = response.status().as_u16() >= 400;
        let body = response.text().await.unwrap();
        if refused {
            self.refusals.push(body);
        }
    }

    /// *Get token*, and what of its answer must stay out of the log.
    async fn generate(&mut self, visitor: &Visitor, query: &str) {
        let generated = visitor.get(&format!("/generate{query}")).await;
        let cookie = cookie_of(&generated);
        let value = cookie.strip_prefix("hallpass=").unwrap();
        self.secrets.extend([value.to_owned(), percent_decode_str(value).decode_utf8().unwrap().into_owned()]);
        let page = visitor.page("/").await;
        self.secrets.extend(token_on(&page).split('.').map(str::to_owned));
    }

    /// The demo from beginning to end.
    async fn demo(&mut self, visitor: &Visitor) {
        self.generate(visitor, "").await;
        self.generate(visitor, &format!("?sub=zaphod-{WORD}&ttl=31415&other={WORD}")).await;
        for accept in ["text/html", "application/json"] {
            self.send(visitor.request(Method::GET, "/validate").header("accept", accept)).await;
            self.send(visitor.request(Method::GET, &format!("/zaphod-{WORD}?q={WORD}")).header("accept", accept)).await;
        }
        visitor.choose("RS256").await;
        self.send(visitor.request(Method::GET, "/validate")).await;
        self.generate(visitor, &format!("?sub=trillian-{WORD}")).await;
        self.send(visitor.request(Method::GET, "/validate")).await;
        self.send(visitor.request(Method::GET, "/static/hallpass.css")).await;
        self.send(visitor.request(Method::GET, "/.well-known/jwks.json")).await;
    }

    /// A login for a client, through every page of it.
    async fn login(&mut self, visitor: &Visitor) {
        let redirect_uri = format!("http://localhost:3000/{WORD}");
        let mut fields = vec![
            ("response_type", "code"),
            ("client_id", WORD),
            ("redirect_uri", redirect_uri.as_str()),
            ("state", WORD),
            ("nonce", WORD),
            ("login_hint", WORD),
            ("scope", "openid offline_access"),
        ];
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
        self.send(visitor.request(Method::GET, &format!("/oauth/authorize?{query}"))).await;
        self.send(visitor.request(Method::POST, "/oauth/login").form(&fields)).await;
        let password = format!("{WORD}-password");
        fields.extend([("username", "zaphod"), ("password", &password)]);
        let answer = visitor.request(Method::POST, "/oauth/login").form(&fields).send().await.unwrap();
        let code = location(&answer).split_once("code=").unwrap().1.split('&').next().unwrap();
        let cookie = cookie_of(&answer);
        self.secrets.extend([code.to_owned(), cookie.split_once('=').unwrap().1.to_owned()]);
        self.tokens(visitor, code, &redirect_uri).await;
        self.send(visitor.request(Method::GET, &format!("/oauth/logout?id_token_hint={WORD}&state={WORD}"))).await;
        self.send(visitor.request(Method::POST, "/oauth/logout").form(&[("state", WORD)])).await;
    }

    /// What a client does with its code: tokens, questions about them, and their end.
    async fn tokens(&mut self, visitor: &Visitor, code: &str, redirect_uri: &str) {
        let secret = format!("{WORD}-secret");
        let post = |path: &str, form: &[(&str, &str)]| {
            visitor.request(Method::POST, path).basic_auth(WORD, Some(&secret)).form(form)
        };
        let form = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect_uri)];
        let first = self.issued(post("/oauth/token", &form)).await;
        let form = [("grant_type", "refresh_token"), ("refresh_token", first[1].as_str())];
        let second = self.issued(post("/oauth/token", &form)).await;
        for token in first.iter().chain(&second) {
            self.send(post("/oauth/introspect", &[("token", token)])).await;
            self.send(visitor.request(Method::GET, "/oauth/userinfo").bearer_auth(token)).await;
            self.send(visitor.request(Method::GET, "/api/me").bearer_auth(token)).await;
            self.send(post("/oauth/revoke", &[("token", token)])).await;
        }
        self.send(post("/oauth/token", &form)).await;
        let in_form = [("client_id", WORD), ("client_secret", &secret), ("scope", WORD), ("audience", WORD)];
        let own = [&in_form[..], &[("grant_type", "client_credentials")]].concat();
        self.issued(visitor.request(Method::POST, "/oauth/token").form(&own)).await;
        self.send(visitor.request(Method::POST, "/oauth/token").form(&in_form)).await;
        let assertion = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", WORD)];
        self.send(visitor.request(Method::POST, "/oauth/token").form(&assertion)).await;
    }

    /// The tokens of an answer: access, refresh and ID token, as far as it has them.
    async fn issued(&mut self, request: RequestBuilder) -> Vec<String> {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let body: serde_json::Value = answer.json().await.unwrap();
        let names = ["access_token", "refresh_token", "id_token"];
        let tokens: Vec<String> = names.iter().filter_map(|name| Some(body[name].as_str()?.to_owned())).collect();
        self.secrets.extend(tokens.iter().flat_map(|token| token.split('.')).map(str::to_owned));
        tokens
    }

    /// All that is refused, as a page and as JSON. Long because it is one list of refused requests.
    async fn refusals(&mut self, visitor: &Visitor) {
        let token = self.secrets.iter().rev().take(3).rev().cloned().collect::<Vec<_>>().join(".");
        let cookie = self.secrets[0].clone();
        for accept in ["text/html", "application/json"] {
            let get = |path: &str| visitor.request(Method::GET, path).header("accept", accept);
            let post = |path: &str| visitor.request(Method::POST, path).header("accept", accept);
            for path in [
                format!("/generate?sub={WORD}%00"),
                format!("/generate?ttl={WORD}"),
                format!("/generate?sub={WORD}&sub={WORD}"),
                format!("/a/{WORD}"),
                format!("/static/{WORD}"),
                format!("/{token}"),
                format!("/?token={token}"),
                format!("/{WORD}%FF%00%zz"),
            ] {
                self.send(get(&path)).await;
            }
            for cookie in [
                format!("hallpass={WORD}"),
                format!("hallpass={token}"),
                format!("hallpass={cookie}; hallpass={WORD}"),
                format!("hallpass={cookie}{WORD}"),
                WORD.to_owned(),
                format!("hall%70ass={cookie}"),
            ] {
                self.send(get("/validate").header("cookie", &cookie)).await;
                self.send(post("/logout").header("cookie", &cookie)).await;
            }
            self.send(get("/validate").header("authorization", format!("Bearer {token}"))).await;
            self.send(get("/").header("host", format!("{WORD}.example"))).await;
            self.send(post("/algorithm").form(&[("algorithm", WORD)])).await;
            self.send(post("/algorithm").form(&[(WORD, WORD)])).await;
            self.send(post("/algorithm").body(WORD).header("content-type", format!("text/{WORD}"))).await;
            self.send(post("/algorithm").form(&[("algorithm", WORD.repeat(10_000))])).await;
            self.send(post("/logout").header("origin", format!("http://{WORD}.example"))).await;
            self.send(post("/logout").header("sec-fetch-site", WORD)).await;
            self.send(post(&format!("/{WORD}"))).await;
            let method = Method::from_bytes(WORD.to_uppercase().as_bytes()).unwrap();
            self.send(visitor.request(method, &format!("/{WORD}")).header("accept", accept)).await;
        }
        self.send(visitor.request(Method::POST, "/logout")).await;
    }
}

/// Requests that no HTTP client sends.
fn odd_requests(url: &str) {
    let host = url.trim_start_matches("http://");
    for line in [
        format!("GET /{WORD}\u{1} HTTP/1.1\r\nHost: {host}\r\n"),
        format!("GET /é{WORD} HTTP/1.1\r\nHost: {host}\r\n"),
        format!("GET / HTTP/1.1\r\nHost: {host}\r\nX-{WORD}\r\n"),
        format!("GET / HTTP/1.1\r\nHost: {host}\r\nCookie: hallpass={WORD}é\r\n"),
        format!("GET / HTTP/1.1\r\nHost: {host}\r\nContent-Length: {WORD}\r\n"),
        format!("POST /algorithm HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n{WORD}\r\n"),
        format!("GET /{} HTTP/1.1\r\nHost: {host}\r\n", WORD.repeat(200_000)),
        format!("GET http://{WORD}.example/ HTTP/1.1\r\nHost: {host}\r\n"),
        WORD.to_owned(),
    ] {
        RawAnswer::to(url, format!("{line}Connection: close\r\n\r\n"));
    }
}

/// Every secret of the keys folder: the lines of its private files, and of `NAME=value` the value.
fn key_texts(program: &Program) -> Vec<String> {
    let files = std::fs::read_dir(program.path("keys")).unwrap().map(|entry| entry.unwrap().path());
    let private = files.filter(|path| path.extension().is_none_or(|it| it != "pub"));
    let texts: Vec<String> = private.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let lines = texts.iter().flat_map(|text| text.lines());
    let values =
        lines.map(|line| line.split_once('=').map_or(line, |(_, value)| if value.len() > 1 { value } else { line }));
    let texts: Vec<String> = values.filter(|it| !it.starts_with("-----") && it.len() > 20).map(str::to_owned).collect();
    assert!(texts.len() > 20, "the lines of two RSA keys and more");
    texts
}

/// The log without its request ids: they are random, so one of them can hold any few digits that a test looks for.
fn without_request_ids(log: &str) -> String {
    let starts_with_id = |part: &&str| part.len() >= 16 && part.as_bytes()[..16].iter().all(u8::is_ascii_hexdigit);
    log.split(" id=").map(|part| if starts_with_id(&part) { &part[16..] } else { part }).collect()
}

#[test]
fn request_ids_alone_are_taken_out_of_a_log() {
    let line = "[2026-11-29T15:04:09Z INFO] request id=dcd1836a4242d829 POST /logout 303 ttl=31415";
    assert_eq!(without_request_ids(line), "[2026-11-29T15:04:09Z INFO] request POST /logout 303 ttl=31415");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_cookie_secret_subject_query_or_referer_reaches_the_log_at_any_level() {
    let program = Program::with_keys().and("RUST_LOG", "trace");
    let serving = program.serve(&[]);
    let visitor = Visitor::of(&serving.url);
    let mut transcript = Transcript::default();
    transcript.demo(&visitor).await;
    transcript.refusals(&visitor).await;
    transcript.login(&visitor).await;
    odd_requests(&serving.url);
    let done = serving.stop();
    assert_eq!((done.code, done.stdout.as_str()), (Some(0), ""));

    let log = done.stderr;
    assert!(log.contains("GET /generate 302"), "the log is on: {log}");
    for secret in transcript.secrets.iter().chain(&key_texts(&program)) {
        assert!(!log.contains(secret.as_str()), "the log holds {secret}");
        assert!(!log.contains(&STANDARD.encode(secret)), "the log holds {secret} in base64");
    }
    let lower = without_request_ids(&log).to_lowercase();
    for said in [WORD, "zaphod", "trillian", "ttl=", "31415", "panicked"] {
        let line = lower.lines().find(|line| line.contains(said));
        assert_eq!(line, None, "the log holds {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_line_has_id_method_pattern_status_and_time() {
    let program = Program::with_keys();
    let serving = program.serve(&[]);
    let visitor = Visitor::of(&serving.url);
    let mut transcript = Transcript::default();
    for (method, path) in [
        ("GET", "/generate"),
        ("GET", "/bob"),
        ("HEAD", "/validate"),
        ("GET", "/static/hallpass.css"),
        ("POST", "/logout"),
        ("PUT", "/x"),
        ("FOO", "/x"),
        ("GET", "/a/b"),
    ] {
        transcript.send(visitor.request(Method::from_bytes(method.as_bytes()).unwrap(), path)).await;
    }
    let log = serving.stop().stderr;
    let lines: Vec<&str> =
        log.lines().filter_map(|line| line.split_once("request_pipeline] ")).map(|(_, line)| line).collect();
    let mut ids = HashSet::new();
    let expected = [
        "GET /generate 302",
        "GET /{result} 200",
        "HEAD /validate 302",
        "GET /static/{file} 200",
        "POST /logout 303",
        "PUT /{result} 404",
        "- /{result} 404",
        "GET - 404",
    ];
    assert_eq!(lines.len(), expected.len(), "{log}");
    for (line, expected) in lines.iter().zip(expected) {
        let (id, rest) = line.strip_prefix("request id=").and_then(|rest| rest.split_once(' ')).unwrap();
        assert!(id.len() == 16 && ids.insert(id), "{line}");
        let rest = rest.strip_prefix(expected).unwrap_or_else(|| panic!("{line} is not {expected}"));
        let time = rest.strip_prefix(' ').and_then(|rest| rest.strip_suffix(" ms")).unwrap();
        assert!(time.parse::<f64>().unwrap() < 10_000.0, "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_refusal_tells_where_the_keys_or_the_sources_are() {
    let program = Program::with_keys();
    let serving = program.serve(&[]);
    let visitor = Visitor::of(&serving.url);
    let mut transcript = Transcript::default();
    transcript.demo(&visitor).await;
    transcript.refusals(&visitor).await;
    assert!(transcript.refusals.len() > 20, "{}", transcript.refusals.len());
    let folder = program.path("keys");
    let inside = [folder.to_str().unwrap(), "keys/", "jwt_key", "hs256.secret", "src/", ".rs:", "actix", "panicked"];
    for body in &transcript.refusals {
        for text in inside {
            // A verdict names the key files, by design: it is what is taught.
            let is_verdict = body.contains("\"checks\":");
            assert!(is_verdict && text != inside[0] || !body.contains(text), "{text} in {body}");
        }
        // A verdict shows the token's header; a wrong host or origin is named so that it can be put right.
        let may_repeat = ["\"checks\":", "wrong_host", "cross_site"].iter().any(|it| body.contains(it));
        assert!(may_repeat || !body.contains(WORD), "a refusal repeats what was sent: {body}");
    }
}

/// The filter takes such a word for the name of a module, and would log nothing else.
#[test]
fn a_word_that_is_no_level_is_refused_and_a_module_is_not() {
    for word in ["warning", "Verbose", "hallpass=info,fatal", "2"] {
        let done = Program::with_keys().and("RUST_LOG", word).run(&["serve"]);
        done.assert_failed(&[&format!("RUST_LOG is `{word}`; accepted: off, error, warn, info, debug, trace")]);
    }
    drop(Program::with_keys().and("RUST_LOG", "my_app=debug,other_app").serve(&[]));
}

#[test]
fn the_filter_decides_what_is_logged() {
    for (filter, logged) in [("info", true), ("warn", false), ("off", false), ("", true)] {
        let program = Program::with_keys().and("RUST_LOG", filter);
        let serving = program.serve(&[]);
        RawAnswer::to(&serving.url, "GET /healthz HTTP/1.0\r\n\r\n");
        assert_eq!(serving.stop().stderr.contains("GET /healthz 200"), logged, "{filter}");
    }
}
