//! What bad input gets: a status, a stable code and one sentence, as a page or as JSON, and never a 5xx.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::app::{RawAnswer, TestApp, Visitor, set_cookies};

/// Routes of the demo and of those who operate it, each with the methods that it takes.
const DEMO_ROUTES: [(&str, &str); 12] = [
    ("/", "GET, HEAD"),
    ("/generate", "GET, HEAD"),
    ("/validate", "GET, HEAD"),
    ("/algorithm", "POST"),
    ("/logout", "POST"),
    ("/healthz", "GET, HEAD"),
    ("/readyz", "GET, HEAD"),
    ("/metrics", "GET, HEAD"),
    ("/robots.txt", "GET, HEAD"),
    ("/favicon.ico", "GET, HEAD"),
    ("/.well-known/jwks.json", "GET, HEAD"),
    ("/static/hallpass.css", "GET, HEAD"),
];

async fn send(visitor: &Visitor, method: &str, path: &str, accept: &str) -> Response {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    visitor.request(method, path).header("accept", accept).send().await.unwrap()
}

/// Asserts that a refusal has this status and code, and one sentence.
async fn assert_json(response: Response, status: u16, code: &str) -> String {
    assert_eq!(response.status(), status, "{code}");
    assert_eq!(response.headers()["content-type"], "application/json");
    let refusal: Value = response.json().await.unwrap();
    let members: Vec<&String> = refusal.as_object().unwrap().keys().collect();
    assert_eq!(members, ["error", "message"]);
    assert_eq!(refusal["error"], code);
    let message = refusal["message"].as_str().unwrap().to_owned();
    assert!(message.ends_with('.') && !message.contains('\n'), "{message}");
    message
}

async fn assert_page(response: Response, status: u16, code: &str) {
    assert_eq!(response.status(), status, "{code}");
    assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
    let page = response.text().await.unwrap();
    assert!(page.contains(&format!("<p class=\"kicker\">{status} <code>{code}</code></p>")), "{page}");
    assert!(page.contains("<a class=\"button primary\" href=\"/\">"), "a page leads back: {page}");
}

#[tokio::test]
async fn an_address_with_nothing_there_is_404_whatever_the_method() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let paths = ["/a/b", "/generate/", "/validate/x", "/static/none.css", "/static/", "/.well-known/x", "//", "/x//y"];
    for path in paths {
        assert_page(send(&visitor, "GET", path, "text/html").await, 404, "not_found").await;
        assert_json(send(&visitor, "GET", path, "*/*").await, 404, "not_found").await;
    }
    for path in ["/a/b", "/generate/", "/validate/x", "//", "/x", "/register", "/Logout"] {
        for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"] {
            let response = send(&visitor, method, path, "*/*").await;
            assert!(!response.headers().contains_key("allow"), "{method} {path}");
            assert_json(response, 404, "not_found").await;
            assert_page(send(&visitor, method, path, "text/html").await, 404, "not_found").await;
        }
    }
}

#[tokio::test]
async fn below_the_lab_an_address_with_nothing_there_leads_to_the_lab() {
    let app = TestApp::spawn();
    for path in ["/lab/nothing", "/lab/attacks/nothing", "/lab/lessons/nothing"] {
        let answer = send(&app.visitor(), "GET", path, "text/html").await;
        assert_eq!(answer.status(), 404, "{path}");
        let page = answer.text().await.unwrap();
        assert!(page.contains("<a class=\"button primary\" href=\"/lab\">Go to the lab</a>"), "{path}: {page}");
    }
}

#[tokio::test]
async fn an_unknown_address_of_one_segment_is_a_json_404_for_programs_and_the_demo_s_page_for_the_rest() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let programs = ["application/json", "application/problem+json", "application/*", "application/json, text/html;q=0"];
    for path in ["/x", "/users", "/bob", "/v1", "/favicon.png", "/a%2Fb", "/Result"] {
        for accept in programs {
            assert_json(send(&visitor, "GET", path, accept).await, 404, "not_found").await;
            assert_eq!(send(&visitor, "HEAD", path, accept).await.status(), 404, "{path} {accept}");
        }
        for accept in ["text/html", "*/*", "application/json, */*", "application/json, text/html;q=0.1", "image/png"] {
            assert_eq!(send(&visitor, "GET", path, accept).await.status(), 200, "{path} {accept}");
        }
    }
    assert_eq!(visitor.get("/x").await.status(), 200, "a client that says nothing takes pages");
}

/// A name under which `serde_json` would take a string for the JSON in it.
#[tokio::test]
async fn no_member_s_name_makes_a_body_another_body() {
    let app = TestApp::with(&[("test-mode", "on")]);
    let visitor = app.visitor();
    let inner = r#"{"username":"a","password":"b","claims":{},"token":"x","action":"decode","flaw":"expired"}"#;
    for name in ["$serde_json::private::RawValue", "$serde_json::private::Number"] {
        for path in
            ["/token", "/zoom/token", "/v1/verify", "/lab/inspect", "/test/sign", "/test/session", "/test/flawed"]
        {
            let body = json!({ name: inner });
            let answer = visitor.request(Method::POST, path).json(&body).send().await.unwrap();
            assert!([400, 401].contains(&answer.status().as_u16()), "{path}: {}", answer.status());
        }
        let body = json!({ "username": "a", "password": "b", "grants": { name: "{\"video\":{}}" } });
        let answer = visitor.request(Method::POST, "/token").json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 400);
    }
}

/// The answer to this target, and the cookie that came with it.
fn asked(app: &TestApp, target: impl AsRef<[u8]>, headers: &str) -> RawAnswer {
    let end = format!(" HTTP/1.1\r\nHost: {}\r\n{headers}Connection: close\r\n\r\n", app.host());
    app.raw([b"GET ", target.as_ref(), end.as_bytes()].concat())
}

#[test]
fn raw_characters_in_an_address_mean_what_they_are() {
    let app = TestApp::spawn();
    for subject in ["José", "字🎫", "a`b", "a[b]", "a{b}|c^d\\e", "a<b>c", "a\"b\"", "it's", "`", "\u{202e}x"] {
        let issued = asked(&app, format!("/generate?sub={subject}"), "");
        assert_eq!(issued.status, 302, "{subject}: {}", issued.body);
        let cookie = issued.head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
        let headers = format!("Cookie: {}\r\nAccept: application/json\r\n", cookie.split(';').next().unwrap());
        let verdict: Value = serde_json::from_str(&asked(&app, "/validate", &headers).body).unwrap();
        assert_eq!(verdict["claims"]["sub"], subject, "{verdict}");
        let page = asked(&app, format!("/{subject}"), "Accept: text/html\r\n");
        assert_eq!(page.status, 200, "{subject}");
        let shown = subject.replace('<', "&lt;").replace('>', "&gt;").replace('"', "&#34;").replace('\'', "&#39;");
        assert!(page.body.contains(&format!("Result - {shown}<")), "{subject}: {}", page.body);
    }
}

#[test]
fn an_address_may_be_split_anywhere_between_two_packets() {
    let app = TestApp::spawn();
    let request = format!("GET /Jos\u{e9}\u{1f3ab} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", app.host());
    for at in [1, 5, 9, 10, 11, 12, 13, 20] {
        let mut socket = TcpStream::connect(app.host()).unwrap();
        socket.set_nodelay(true).unwrap();
        socket.write_all(&request.as_bytes()[..at]).unwrap();
        std::thread::sleep(Duration::from_millis(30));
        socket.write_all(&request.as_bytes()[at..]).unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("Result - José🎫<"), "at {at}: {answer}");
    }
}

#[test]
fn an_address_that_is_too_long_is_414_with_the_limit() {
    let app = TestApp::spawn();
    assert_eq!(asked(&app, format!("/{}", "a".repeat(65_533)), "").status, 200);
    for long in ["a".repeat(65_534), "é".repeat(12_000), format!("x?y={}", "z".repeat(90_000))] {
        let answer = asked(&app, format!("/{long}"), "");
        assert_eq!(answer.status, 414, "{}", answer.body);
        let refusal: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(refusal["error"], "too_large");
        assert!(refusal["message"].as_str().unwrap().contains("65534 bytes"), "{refusal}");
    }
}

/// What is no request.
const NO_REQUESTS: [&[u8]; 16] = [
    b"GET /generate?sub=a b HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /generate?sub=Jos\xe9 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /a\x00b HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /a\x7fb HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /a\tb HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET [ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET ` HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET http://[ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET  / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
    b"GET /\r\nHost: localhost\r\n\r\n",
    b"G<T / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nA: \x01\r\n\r\n",
    b"POST /logout HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
];

#[tokio::test]
async fn what_is_no_request_is_refused_like_everything_else_and_counted() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let counted = async || {
        let metrics = visitor.get("/metrics").await.text().await.unwrap();
        let lines = metrics
            .lines()
            .filter(|line| line.contains("_total{") && line.contains("\"-\"") && line.contains("\"400\""));
        lines.filter_map(|line| line.rsplit_once(' ')?.1.parse::<usize>().ok()).sum::<usize>()
    };
    let before = counted().await;
    for bytes in NO_REQUESTS {
        let name = bytes.escape_ascii();
        let answer = app.raw(bytes);
        assert_eq!(answer.status, 400, "{name}: {}", answer.body);
        let refusal: Value = serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((&refusal["error"], refusal.as_object().unwrap().len()), (&json!("bad_request"), 2), "{name}");
        assert!(refusal["message"].as_str().unwrap().ends_with('.'), "{name}");
        for header in
            ["x-request-id: ", "content-type: application/json", "cache-control: no-store", "connection: close"]
        {
            assert!(answer.head.contains(header), "{name} has {header}: {}", answer.head);
        }
    }
    assert_eq!(counted().await - before, NO_REQUESTS.len());
}

#[test]
fn what_is_no_request_is_told_as_a_page_to_those_who_name_html() {
    const HTML: &str = "Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8\r\n";
    let app = TestApp::spawn();
    let page = |bytes: &[u8], status: u16| {
        let answer = app.raw(bytes);
        let name = bytes[..bytes.len().min(60)].escape_ascii();
        assert_eq!(answer.status, status, "{name}: {}", answer.body);
        for header in ["x-request-id: ", "content-type: text/html; charset=utf-8", "content-security-policy: "] {
            assert!(answer.head.contains(header), "{name} has {header}: {}", answer.head);
        }
        assert!(answer.body.contains(&format!("<p class=\"kicker\">{status} <code>")), "{name}: {}", answer.body);
        assert!(answer.body.trim_end().ends_with("</html>"), "{name}: it is whole: {}", answer.body);
    };
    let host = app.host();
    let with = |target: &[u8], headers: &str| {
        [b"GET ", target, format!(" HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n").as_bytes()].concat()
    };
    page(&with(b"/generate?sub=Jos\xe9", HTML), 400);
    page(&with(b"/a b", "accept:text/html\r\n"), 400);
    page(&with(b"/", &format!("{HTML}A: \x01\r\n")), 400);
    page(&with(b"/", &format!("{HTML}{}", "A: b\r\n".repeat(100))), 431);
    page(&with(format!("/{}", "a".repeat(66_000)).as_bytes(), HTML), 414);
    page(&with(format!("/{}", "\u{e9}".repeat(12_000)).as_bytes(), HTML), 414);
    for headers in ["Accept: application/json\r\n", "Accept: text/html;q=0\r\n", "X-Accept: text/html\r\n", ""] {
        let answer = app.raw(with(b"/\xff", headers));
        assert!(answer.head.contains("content-type: application/json"), "{headers}: {}", answer.head);
    }
}

#[tokio::test]
async fn a_program_that_follows_the_tutorial_s_redirects_arrives() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let ask = async |path: &str| send(&visitor, "GET", path, "application/json").await.status();
    for path in ["/", "/Token%20Generated%20successfully!!", "/Invalid%20token", "/Error%20400"] {
        assert_eq!(ask(path).await, 200, "{path}");
    }
    assert_eq!(ask("/bob").await, 404);
    visitor.generate().await;
    assert_eq!((ask("/bob").await, ask("/alice").await), (200.try_into().unwrap(), 404.try_into().unwrap()));
    app.advance(60);
    assert_eq!(ask("/bob").await, 404, "nothing was verified of bob's");
}

#[tokio::test]
async fn a_method_that_a_route_does_not_know_is_405_whatever_its_name() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    for (path, allowed) in DEMO_ROUTES {
        let methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "FOO", "PROPFIND", "get"];
        for method in methods.into_iter().filter(|method| !allowed.split(", ").any(|it| it == *method)) {
            let response = send(&visitor, method, path, "*/*").await;
            assert_eq!(response.headers()["allow"], allowed, "{method} {path}");
            let message = assert_json(response, 405, "method_not_allowed").await;
            assert!(message.contains(allowed), "{message}");
            let response = send(&visitor, method, path, "text/html").await;
            assert_eq!(response.headers()["allow"], allowed, "{method} {path}");
            assert_page(response, 405, "method_not_allowed").await;
        }
    }
    for path in ["/algorithm", "/logout"] {
        let response = send(&visitor, "HEAD", path, "*/*").await;
        assert_eq!((response.status().as_u16(), &response.headers()["allow"]), (405, &"POST".parse().unwrap()));
    }
}

#[tokio::test]
async fn a_form_without_its_field_or_with_it_twice_is_refused() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    for body in ["", "x=1", "Algorithm=RS256", "algorithm", "algorithm=HS256&algorithm=RS256", "=RS256", "&&&"] {
        let request = visitor.request(Method::POST, "/algorithm");
        let form = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        let response = form.send().await.unwrap();
        assert!(set_cookies(&response).is_empty(), "{body}");
        assert_json(response, 400, "bad_request").await;
    }
}

#[tokio::test]
async fn a_field_of_the_query_that_comes_twice_is_refused() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    for query in ["sub=a&sub=b", "sub=a&sub=a", "ttl=1&ttl=2", "sub=&sub=x", "s%75b=a&sub=b"] {
        let path = format!("/generate?{query}");
        let response = visitor.get(&path).await;
        assert!(set_cookies(&response).is_empty(), "{query}");
        assert_json(response, 400, "bad_request").await;
        assert_page(send(&visitor, "GET", &path, "text/html").await, 400, "bad_request").await;
    }
}

#[tokio::test]
async fn a_body_beyond_any_form_is_413() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let form = |body: String| {
        let request = visitor.request(Method::POST, "/algorithm");
        request.header("content-type", "application/x-www-form-urlencoded").body(body).send()
    };
    let response = form(format!("algorithm={}", "x".repeat(16 * 1024))).await.unwrap();
    assert!(assert_json(response, 413, "too_large").await.contains("16384 bytes"));
    let response = form(format!("algorithm=RS256&x={}", "x".repeat(16_000))).await.unwrap();
    assert_eq!(response.status(), 303, "what fits is read, and fields of no meaning are ignored");

    let head = format!(
        "POST /algorithm HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n",
        app.host()
    );
    let chunk = format!("8000\r\n{}\r\n", "x".repeat(0x8000));
    assert_eq!(
        app.raw(head + chunk.repeat(8).as_str() + "0\r\n\r\n").status,
        413,
        "a body that does not say its length is counted"
    );
}

#[test]
fn a_head_of_a_megabyte_is_refused_at_once_and_the_server_lives_on() {
    let app = TestApp::spawn();
    let megabyte = "a".repeat(1 << 20);
    let host = app.host();
    for request in [
        format!("GET /{megabyte} HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        format!("GET /generate?sub={megabyte} HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: {host}\r\nX-Long: {megabyte}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: {host}\r\nCookie: hallpass={megabyte}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: {host}\r\n{}\r\n", "X-Many: x\r\n".repeat(1000)),
        format!("{megabyte} / HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        megabyte.clone(),
    ] {
        let started = Instant::now();
        let answer = app.raw(&request);
        assert!(matches!(answer.status, 0 | 400 | 414 | 431), "{} {}", answer.status, &request[..40]);
        assert!(started.elapsed() < Duration::from_secs(5), "{}", &request[..40]);
    }
    let answer = app.raw(format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"));
    assert_eq!((answer.status, answer.body.as_str()), (200, "ok\n"));
}

/// What stands in addresses, queries, cookies and headers when somebody tries things out.
const ODD: [&[u8]; 18] = [
    b"%",
    b"%zz",
    b"%f",
    b"%00",
    b"%FF%FE",
    b"%C3%28",
    b"%ED%A0%80",
    b"%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    b"%252e%252e",
    b"..%5c..%5c",
    b"\xff\xfe",
    b"\xc3\xa9",
    b"\x01",
    b"\x00",
    b"%E2%80%AE",
    b"{\"a\":1}",
    b"' OR 1=1 --",
    b"${jndi:ldap://127.0.0.1/a}",
];

#[test]
fn nothing_in_address_query_cookie_or_header_is_a_fault_of_the_server() {
    let app = TestApp::spawn();
    let request = |line: &[u8], header: &[u8]| {
        let tail = format!(" HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", app.host());
        let bytes = [line, tail.as_bytes(), header, b"\r\n\r\n"].concat();
        let status = app.raw(&bytes).status;
        assert!((200..500).contains(&status), "{status} to {:?}", String::from_utf8_lossy(&bytes));
    };
    for odd in ODD {
        request(&[b"GET /", odd].concat(), b"X: x");
        request(&[b"GET /static/", odd].concat(), b"X: x");
        request(&[b"GET /generate?sub=", odd].concat(), b"X: x");
        request(&[b"GET /generate?ttl=", odd].concat(), b"X: x");
        request(&[b"GET /generate?", odd].concat(), b"X: x");
        for path in ["/", "/validate", "/generate"] {
            request(&[b"GET ", path.as_bytes()].concat(), &[b"Cookie: hallpass=", odd].concat());
            request(&[b"GET ", path.as_bytes()].concat(), &[b"Cookie: ", odd, b"; =; ;;"].concat());
        }
        request(b"GET /validate", &[b"Accept: ", odd].concat());
        request(b"POST /algorithm", &[b"Content-Type: ", odd].concat());
        request(b"POST /logout", &[b"Origin: ", odd].concat());
        request(b"POST /logout", &[b"Cookie: hallpass=", odd].concat());
        request(b"GET /", &[b"Content-Length: ", odd].concat());
    }
}

#[tokio::test]
async fn a_form_of_odd_bytes_is_no_fault_of_the_server() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    for odd in ODD {
        let request = visitor.request(Method::POST, "/algorithm");
        let body = [b"algorithm=", odd].concat();
        let form = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        assert_json(form.send().await.unwrap(), 400, "bad_request").await;
    }
}

#[test]
fn what_is_no_http_is_400_and_empty_lines_before_a_request_are_skipped() {
    let app = TestApp::spawn();
    let twice = "Content-Length: 5\r\nContent-Length: 6";
    let both = "Content-Length: 5\r\nTransfer-Encoding: chunked";
    let post =
        |headers: &str, body: &str| format!("POST /logout HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n\r\n{body}");
    for (bytes, status) in [
        (&b"\r\n\r\n"[..], 200),
        (b"hello\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\n\r\n", 400),
        (b"GET  /  HTTP/1.1\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a client that speaks TLS \r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (post(twice, "hello").as_bytes(), 400),
        (post(both, "0\r\n\r\n").as_bytes(), 400),
        (post("Content-Length: -1", "").as_bytes(), 400),
    ] {
        let answer =
            app.raw([bytes, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"].concat());
        assert_eq!(answer.status, status, "{}", String::from_utf8_lossy(bytes));
    }
}

#[tokio::test]
async fn a_refusal_says_nothing_of_the_server_s_insides() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let keys = app.keys().to_str().unwrap();
    for path in ["/a/b", "/generate?ttl=0", "/generate?sub=a&sub=b", "/static/x", "/logout", "/validate/"] {
        for accept in ["text/html", "application/json"] {
            let body = visitor.asking(path, accept).await.text().await.unwrap();
            for inside in [keys, "src/", ".rs", "actix", "deserialize", "panicked", "Error {"] {
                assert!(!body.contains(inside), "{path} says {inside}: {body}");
            }
        }
    }
}

#[test]
fn a_page_is_answered_without_waiting_for_a_body_that_a_get_announces() {
    let app = TestApp::spawn();
    for path in ["/", "/lab/inspect", "/lab/lessons/anatomy"] {
        let host = app.host();
        let answer =
            app.raw(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 9\r\nConnection: close\r\n\r\n"));
        assert_eq!(answer.status, 200, "{path}");
    }
}
