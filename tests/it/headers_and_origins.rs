//! What keeps the site to itself: headers, hosts, origins, and one session cookie a request.

use reqwest::header::HeaderMap;
use reqwest::{Method, Response};
use serde_json::Value;

use crate::app::{TestApp, Visitor, cookie_of, location, set_cookies};

/// The headers that every answer carries, word for word.
const HEADERS: [(&str, &str); 7] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

const HTTPS: &[(&str, &str)] = &[("public-url", "https://demo.example")];

fn assert_protected(headers: &HeaderMap, what: &str) {
    // Over plain http, browsers obey it on loopback alone.
    let is_obeyed = |name: &str| name != "cross-origin-opener-policy" || what != "wrong_host";
    for (name, value) in HEADERS.into_iter().filter(|(name, _)| is_obeyed(name)) {
        let found: Vec<&str> = headers.get_all(name).iter().map(|it| it.to_str().unwrap()).collect();
        assert_eq!(found, [value], "{name} of {what}");
    }
    assert_eq!(headers.get_all("cache-control").iter().count(), 1, "{what}");
    for leak in ["server", "x-powered-by", "content-encoding"] {
        assert!(!headers.contains_key(leak), "{leak} of {what}");
    }
    // Scripts of every site may read a public document, and nothing else.
    let readers = headers.get("access-control-allow-origin").map(|it| it.to_str().unwrap());
    assert_eq!(readers, what.starts_with("/.well-known/").then_some("*"), "{what}");
}

async fn post(visitor: &Visitor, path: &str, headers: &[(&str, &str)]) -> Response {
    let request = visitor.request(Method::POST, path).form(&[("algorithm", "RS256")]);
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send().await.unwrap()
}

async fn with_host(visitor: &Visitor, host: &str) -> Response {
    visitor.request(Method::GET, "/").header("host", host).send().await.unwrap()
}

async fn assert_refused(response: Response, status: u16, code: &str) -> String {
    assert_eq!(response.status(), status);
    assert_protected(response.headers(), code);
    assert!(set_cookies(&response).is_empty());
    let refusal: Value = response.json().await.unwrap();
    assert_eq!(refusal["error"], code);
    refusal["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    for (method, path, status) in [
        ("GET", "/", 200),
        ("HEAD", "/", 200),
        ("GET", "/generate", 302),
        ("GET", "/validate", 302),
        ("GET", "/bob", 200),
        ("GET", "/generate?ttl=0", 400),
        ("GET", "/a/b", 404),
        ("POST", "/", 405),
        ("POST", "/algorithm", 303),
        ("POST", "/logout", 303),
        ("GET", "/healthz", 200),
        ("GET", "/metrics", 200),
        ("GET", "/robots.txt", 200),
        ("GET", "/favicon.ico", 200),
        ("GET", "/.well-known/jwks.json", 200),
        ("GET", "/static/hallpass.css", 200),
        ("GET", "/static/hallpass.js", 200),
        ("GET", "/static/none", 404),
    ] {
        for accept in ["text/html", "application/json"] {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let request = visitor.request(method, path).header("accept", accept).header("accept-encoding", "gzip, br");
            let response = request.form(&[("algorithm", "HS256")]).send().await.unwrap();
            if (path, accept) != ("/validate", "application/json") {
                assert_eq!(response.status(), status, "{path}");
            }
            assert_protected(response.headers(), path);
            assert!(!response.headers().contains_key("strict-transport-security"), "HSTS on loopback at {path}");
        }
    }
}

#[test]
fn the_content_security_policy_lets_nothing_inline_run() {
    let (_, policy) = HEADERS[0];
    assert!(policy.starts_with("default-src 'none'"));
    assert!(!policy.contains("unsafe") && !policy.contains('*') && !policy.contains("data:"));
}

#[tokio::test]
async fn what_may_hold_a_token_is_never_stored_and_what_never_changes_is_kept() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    visitor.generate().await;
    for path in ["/", "/bob", "/generate", "/validate", "/a/b", "/generate?ttl=0", "/logout", "/healthz", "/metrics"] {
        assert_eq!(visitor.get(path).await.headers()["cache-control"], "no-store", "{path}");
    }
    let page = visitor.page("/").await;
    let assets: Vec<&str> = page.split('"').filter(|text| text.starts_with("/static/")).collect();
    assert_eq!(assets.len(), 3, "stylesheet, script and icon: {assets:?}");
    for path in assets {
        let response = visitor.get(path).await;
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(response.headers()["cache-control"], "public, max-age=31536000, immutable", "{path}");
        let (name, _) = path.split_once('?').unwrap();
        for other in [name.to_owned(), format!("{name}?v=old")] {
            let response = visitor.get(&other).await;
            assert_eq!(response.headers()["cache-control"], "public, max-age=300", "{other} may be another version");
        }
    }
    assert!(set_cookies(&visitor.get("/static/hallpass.css").await).is_empty());
}

/// The tags of a page, each from `<` to `>`.
fn tags(page: &str) -> Vec<&str> {
    page.split('<').skip(1).filter_map(|tag| tag.split_once('>')).map(|(tag, _)| tag).collect()
}

/// Asserts that no tag runs or loads anything but this site's own files.
fn assert_nothing_inline(page: &str, what: &str) {
    for tag in tags(page) {
        let lower = tag.to_ascii_lowercase();
        let name = lower.split_whitespace().next().unwrap_or_default();
        assert!(!matches!(name, "style" | "iframe" | "object" | "embed" | "base" | "img"), "{what}: <{tag}>");
        assert!(name != "script" || lower.contains(" src=\"/static/"), "{what}: <{tag}>");
        assert!(!lower.contains(" style=") && !lower.contains("javascript:"), "{what}: <{tag}>");
        assert!(!lower.split_whitespace().any(|it| it.starts_with("on") && it.contains('=')), "{what}: <{tag}>");
        let foreign = ["src=\"http", "src=\"//", "action=\"http", "action=\"//"];
        assert!(foreign.iter().all(|it| !lower.contains(it)), "{what}: <{tag}>");
        assert!(name != "link" || lower.contains(" href=\"/static/"), "{what}: <{tag}>");
        assert!(name == "a" || !lower.contains("href=\"http"), "{what}: <{tag}>");
    }
    let script = page.split_once("<script").unwrap().1;
    assert!(script.contains("></script>") && script.matches("<script").count() == 0, "{what}: one script, a file");
}

#[tokio::test]
async fn no_page_has_inline_script_or_style_or_loads_anything_from_elsewhere() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let mut pages = vec![("empty", visitor.page("/").await), ("forged", visitor.page("/bob").await)];
    let cookie = cookie_of(&visitor.get("/generate?sub=%3Cp%20style=x%20onclick=y%3E").await);
    pages.push(("token", visitor.page("/").await));
    app.advance(61);
    pages.push(("expired", visitor.page("/Invalid%20token").await));
    app.advance(13 * 3600);
    pages.push(("stale", visitor.page("/").await));
    for path in ["/a/b", "/generate?ttl=0", "/logout"] {
        pages.push((path, visitor.page(path).await));
    }
    let duplicate = visitor.request(Method::GET, "/").header("cookie", format!("{cookie}; {cookie}"));
    pages.push(("twice", duplicate.header("accept", "text/html").send().await.unwrap().text().await.unwrap()));
    for (what, page) in pages {
        assert!(page.starts_with("<!doctype html>"), "{what}");
        assert_nothing_inline(&page, what);
    }
}

#[tokio::test]
async fn on_loopback_only_names_of_this_machine_are_answered() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    for name in ["127.0.0.1", "[::1]", "localhost", "LocalHost", "app.localhost", "A.b.LocalHost"] {
        for host in [name.to_owned(), format!("{name}:80"), format!("{name}:65535")] {
            assert_eq!(with_host(&visitor, &host).await.status(), 200, "{host}");
        }
    }
    for host in [
        "evil.example",
        "evil.example:5000",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "app.localhost.evil.example",
        "app.localhost.evil",
        "evil@app.localhost",
        "app.localhost.",
        ".localhost",
        "localhost.",
        "localhost:65536",
        "[fe80::1%25lo]",
        "[127.0.0.1]",
        "0.0.0.0",
        "127.0.0.2",
        "[::2]",
        "2130706433",
        "[::1]evil.example",
        "localhost:5000@evil.example",
        "evil.example:127.0.0.1",
        "demo.example",
    ] {
        assert_refused(with_host(&visitor, host).await, 421, "wrong_host").await;
    }
}

#[tokio::test]
async fn a_wrong_host_is_refused_on_every_route_as_a_page_too() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    for path in ["/", "/x", "/generate", "/validate", "/healthz", "/.well-known/jwks.json", "/static/hallpass.css"] {
        let request = visitor.request(Method::GET, path).header("host", "evil.example").header("accept", "text/html");
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 421, "{path}");
        assert!(set_cookies(&response).is_empty());
        let page = response.text().await.unwrap();
        assert!(page.contains("127.0.0.1, [::1], localhost and names that end in .localhost"), "{page}");
        assert!(page.contains("names the host &#34;evil.example&#34;"), "{page}");
        let link = format!("<a class=\"button primary\" href=\"{0}/\">Go to {0}</a>", app.url);
        assert!(page.contains(&link), "{page}");
        for refused_too in ["<link", "<script", "<nav", "href=\"/"] {
            assert!(!page.contains(refused_too), "the page needs nothing else of this host: {page}");
        }
    }
}

/// The hosts that a refusal lists, each as a request may name it.
fn listed_hosts(message: &str) -> Vec<String> {
    let list = message.split_once("this server answers only to ").unwrap().1.split_once(". `").unwrap().0;
    list.replace(" and ", ", ").split(", ").map(str::to_owned).collect()
}

#[tokio::test]
async fn every_host_that_a_refusal_lists_is_answered_wherever_the_server_is_bound() {
    let public = ("public-url", "https://demo.example:8443");
    let (every, any) = (("bind", "0.0.0.0:0"), ("credentials", "any"));
    let allowed = ("allowed-host", "hallpass,192.0.2.9");
    for (settings, expected) in [
        (&[][..], "127.0.0.1, [::1], localhost, names that end in .localhost"),
        (&[("bind", "127.0.0.2:0")], "127.0.0.1, [::1], localhost, names that end in .localhost, 127.0.0.2"),
        (&[public], "demo.example, 127.0.0.1, [::1], localhost, names that end in .localhost"),
        (&[allowed], "127.0.0.1, [::1], localhost, names that end in .localhost, hallpass, 192.0.2.9"),
        (&[every, any], "any IP address, localhost"),
        (&[every, any, public, allowed], "demo.example, any IP address, localhost, hallpass, 192.0.2.9"),
    ] {
        let app = TestApp::with(settings);
        let port = app.url.rsplit_once(':').unwrap().1;
        let visitor = Visitor::of(&format!("http://127.0.0.{}:{port}", if expected.ends_with("0.2") { 2 } else { 1 }));
        let message = assert_refused(with_host(&visitor, "evil.example:81").await, 421, "wrong_host").await;
        assert!(message.starts_with("The request names the host \"evil.example:81\", but"), "{message}");
        assert!(message.ends_with("`--allowed-host` or `--public-url` adds one."), "{message}");
        let hosts = listed_hosts(&message);
        assert_eq!(hosts.join(", "), expected, "{settings:?}");
        for host in &hosts {
            let examples = match host.as_str() {
                "names that end in .localhost" => vec!["app.localhost", "a.b.localhost"],
                "any IP address" => vec!["192.0.2.7", "127.0.0.1", "[2001:db8::7]", "0.0.0.0", "[::1]"],
                host => vec![host],
            };
            for host in examples {
                for host in [host.to_owned(), format!("{host}:1234")] {
                    assert_eq!(with_host(&visitor, &host).await.status(), 200, "{host} under {settings:?}");
                }
            }
        }
        for other in ["192.0.2.7", "[2001:db8::7]"] {
            let is_listed = hosts.iter().any(|host| host == "any IP address");
            assert_eq!(with_host(&visitor, other).await.status() == 200, is_listed, "{other} under {settings:?}");
        }
    }
}

#[tokio::test]
async fn the_page_for_a_wrong_host_leads_to_an_address_that_works() {
    for (settings, expected) in [
        (&[][..], None),
        (&[("bind", "0.0.0.0:0"), ("credentials", "any")], None),
        (&[("public-url", "http://localhost:9")], Some("http://localhost:9")),
        (&[("public-url", "https://demo.example")], Some("https://demo.example")),
    ] {
        let app = TestApp::with(settings);
        let served = app.url.replace("0.0.0.0", "localhost");
        let expected = expected.unwrap_or(&served);
        let visitor = Visitor::of(&served);
        let request = visitor.request(Method::GET, "/").header("host", "evil.example").header("accept", "text/html");
        let page = request.send().await.unwrap().text().await.unwrap();
        assert!(page.contains(&format!("href=\"{expected}/\">Go to {expected}</a>")), "{settings:?}: {page}");
        if expected == served {
            let arrived = Visitor::of(expected).get("/").await;
            assert_eq!(arrived.status(), 200);
        }
    }
}

#[tokio::test]
async fn a_host_is_repeated_escaped_and_short() {
    let app = TestApp::spawn();
    let long = "x".repeat(5000);
    for (host, shown) in [
        ("<b>.example", "\"<b>.example\""),
        ("a`b*c.example", "\"a\\u{60}b\\u{2a}c.example\""),
        (long.as_str(), &format!("\"{}…\"", "x".repeat(64))),
    ] {
        let raw = format!("GET /x HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
        let answer = app.raw(format!("{raw}\r\n"));
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(answer.status, 421);
        assert!(body["message"].as_str().unwrap().contains(shown), "{body}");
        let page = app.raw(format!("{raw}Accept: text/html\r\n\r\n")).body;
        assert!(!page.contains("<b>.example") && !page.contains('`'), "{page}");
    }
}

#[tokio::test]
async fn a_refused_form_is_told_its_origin_the_accepted_one_and_the_setting() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    for (name, value, came) in [
        ("origin", "https://evil.example", "A page of \"https://evil.example\" sent this"),
        ("origin", "null", "A page of \"null\" sent this"),
        ("sec-fetch-site", "cross-site", "A page of another origin (Sec-Fetch-Site: \"cross-site\") sent this"),
    ] {
        let message = assert_refused(post(&visitor, "/algorithm", &[(name, value)]).await, 403, "cross_site").await;
        assert!(message.starts_with(came), "{message}");
        assert!(message.contains(&format!("Only a page of {} may", app.url)), "{message}");
        assert!(message.contains("`--public-url`") && !message.contains("--cors-origin"), "{message}");
    }
    let open = post(&visitor, "/token", &[("origin", "https://evil.example")]).await;
    let message = assert_refused(open, 403, "cross_site").await;
    assert!(message.contains("`--cors-origin` names other sites"), "{message}");

    let behind = TestApp::with(HTTPS);
    let headers = [("host", "demo.example"), ("origin", "http://demo.example")];
    let refused = post(&behind.visitor(), "/algorithm", &headers).await;
    let message = assert_refused(refused, 403, "cross_site").await;
    assert!(message.contains("Only a page of https://demo.example may"), "{message}");
}

#[test]
fn no_host_two_hosts_and_an_empty_one_are_refused() {
    let app = TestApp::spawn();
    let (host, evil) = (app.host(), "evil.example");
    for hosts in [
        String::new(),
        "Host: \r\n".to_owned(),
        format!("Host: {host}\r\nHost: {host}\r\n"),
        format!("Host: {host}\r\nHost: {evil}\r\n"),
        format!("Host: {evil}\r\nHost: {host}\r\n"),
        format!("Host: {host}, {evil}\r\n"),
        format!("X-Forwarded-Host: {host}\r\nHost: {evil}\r\n"),
        format!("Forwarded: host={host}\r\nHost: {evil}\r\n"),
    ] {
        let answer = app.raw(format!("GET /generate HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n"));
        assert!(matches!(answer.status, 400 | 421), "{}: {hosts}", answer.status);
        assert!(!answer.head.contains("set-cookie"), "{}", answer.head);
    }
}

#[test]
fn an_address_in_the_request_line_must_name_the_same_host() {
    let app = TestApp::spawn();
    let host = app.host();
    let status = |target: &str, host: &str| {
        app.raw(format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")).status
    };
    assert_eq!(status(&format!("http://{host}/validate"), host), 302);
    assert_eq!(status(&format!("http://{host}/"), host), 200);
    assert_eq!(status("http://evil.example/validate", host), 421);
    assert_eq!(status("http://evil.example/validate", "evil.example"), 421);
    assert_eq!(status(&format!("http://{host}/validate"), "evil.example"), 421);
    assert_eq!(status(&format!("http://localhost@{host}/validate"), host), 421);
}

#[tokio::test]
async fn behind_https_the_cookie_is_secure_and_bound_to_its_host() {
    let app = TestApp::with(HTTPS);
    let visitor = app.visitor();
    let generated = visitor.request(Method::GET, "/generate").header("host", "demo.example").send().await.unwrap();
    let [line] = set_cookies(&generated)[..] else { panic!("{:?}", generated.headers()) };
    assert!(line.starts_with("__Host-hallpass="), "{line}");
    assert!(line.ends_with("; HttpOnly; SameSite=Lax; Secure; Path=/"), "{line}");

    let cookie = cookie_of(&generated);
    assert_eq!(location(&visitor.with_cookie("/validate", &cookie).await), "/bob");
    let bare = cookie.replace("__Host-", "");
    assert_eq!(location(&visitor.with_cookie("/validate", &bare).await), "/Invalid%20token", "the prefix is the point");
    let left = post(&visitor, "/logout", &[("cookie", &cookie)]).await;
    assert!(set_cookies(&left).contains(&"__Host-hallpass=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0"));
}

#[tokio::test]
async fn hsts_is_for_a_public_https_name_alone() {
    for (url, hsts) in [
        ("https://demo.example", Some("max-age=31536000")),
        ("http://demo.example", None),
        ("https://localhost:8443", None),
        ("https://127.0.0.1", None),
        ("https://[::1]", None),
    ] {
        let app = TestApp::with(&[("public-url", url)]);
        for path in ["/", "/a/b", "/generate", "/healthz"] {
            let response = app.visitor().get(path).await;
            let found = response.headers().get("strict-transport-security").map(|it| it.to_str().unwrap());
            assert_eq!(found, hsts, "{url}{path}");
        }
    }
}

#[tokio::test]
async fn the_public_url_names_a_further_host() {
    let app = TestApp::with(HTTPS);
    let visitor = app.visitor();
    for host in ["demo.example", "DEMO.example", "demo.example:443", "127.0.0.1", "localhost:1"] {
        assert_eq!(with_host(&visitor, host).await.status(), 200, "{host}");
    }
    for host in ["evil.example", "www.demo.example", "demo.example.evil.example", "xdemo.example"] {
        assert_refused(with_host(&visitor, host).await, 421, "wrong_host").await;
    }
}

#[tokio::test]
async fn monitoring_reaches_a_process_by_any_address_under_a_public_url_too() {
    let app = TestApp::with(&[("public-url", "https://demo.example")]);
    let status = async |path: &str, host: &str| {
        app.visitor().request(Method::GET, path).header("host", host).send().await.unwrap().status().as_u16()
    };
    for host in ["127.0.0.1:5000", "localhost", "[::1]", "192.0.2.7:80", "demo.example"] {
        for path in ["/healthz", "/readyz", "/metrics"] {
            assert_eq!(status(path, host).await, 200, "{path} at {host}");
        }
        assert_eq!(status("/", host).await, if host == "192.0.2.7:80" { 421 } else { 200 }, "{host}");
    }
    for host in ["evil.example", "192.0.2.7.evil.example", "192.0.2.7@evil.example", ""] {
        assert_ne!(status("/healthz", host).await, 200, "{host}");
    }
}

#[tokio::test]
async fn under_a_public_url_a_form_comes_from_that_very_origin() {
    let app = TestApp::with(HTTPS);
    let visitor = app.visitor();
    let status = async |origin: &str| {
        let headers = [("host", "demo.example"), ("origin", origin)];
        post(&visitor, "/algorithm", &headers).await.status().as_u16()
    };
    assert_eq!(status("https://demo.example").await, 303);
    for origin in [
        "http://demo.example",
        "https://demo.example:8443",
        "https://www.demo.example",
        "https://evil.example",
        "https://demo.example.evil.example",
        "null",
        "",
    ] {
        assert_eq!(status(origin).await, 403, "{origin}");
    }
}

#[tokio::test]
async fn a_form_of_another_site_is_refused_by_fetch_metadata() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    for path in ["/algorithm", "/logout"] {
        for site in ["same-origin", "none"] {
            assert_eq!(post(&visitor, path, &[("sec-fetch-site", site)]).await.status(), 303, "{path} {site}");
        }
        for site in ["same-site", "cross-site", "rubbish", "", "Same-Origin", "same-origin, cross-site"] {
            let response = post(&visitor, path, &[("sec-fetch-site", site)]).await;
            assert_refused(response, 403, "cross_site").await;
        }
        let twice = [("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")];
        assert_refused(post(&visitor, path, &twice).await, 403, "cross_site").await;
        assert_eq!(post(&visitor, path, &[]).await.status(), 303, "a client that says nothing is no browser");
    }
}

#[tokio::test]
async fn a_form_of_another_origin_is_refused() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let port = app.url.rsplit(':').next().unwrap();
    for path in ["/algorithm", "/logout"] {
        assert_eq!(post(&visitor, path, &[("origin", &app.url)]).await.status(), 303);
        let foreign = [
            "null".to_owned(),
            String::new(),
            "http://127.0.0.1".to_owned(),
            "http://127.0.0.1:1".to_owned(),
            format!("https://127.0.0.1:{port}"),
            format!("http://localhost:{port}"),
            "http://evil.example".to_owned(),
            format!("http://127.0.0.1:{port}.evil.example"),
            format!("{}/", app.url),
            format!("{0}, {0}", app.url),
        ];
        for origin in foreign {
            assert_refused(post(&visitor, path, &[("origin", &origin)]).await, 403, "cross_site").await;
            let both = [("origin", origin.as_str()), ("sec-fetch-site", "same-origin")];
            assert_refused(post(&visitor, path, &both).await, 403, "cross_site").await;
        }
        let both = [("origin", app.url.as_str()), ("sec-fetch-site", "cross-site")];
        assert_refused(post(&visitor, path, &both).await, 403, "cross_site").await;
    }
}

#[tokio::test]
async fn a_form_sent_to_localhost_comes_from_localhost() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let host = app.host().replace("127.0.0.1", "localhost");
    let own = [("host", host.as_str()), ("origin", &format!("http://{host}"))];
    assert_eq!(post(&visitor, "/algorithm", &own).await.status(), 303);
    let other = [("host", host.as_str()), ("origin", &app.url)];
    assert_refused(post(&visitor, "/algorithm", &other).await, 403, "cross_site").await;
}

#[tokio::test]
async fn a_link_from_another_site_may_be_followed() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    for (path, status) in [("/", 200), ("/bob", 200), ("/generate", 302), ("/validate", 302)] {
        for method in [Method::GET, Method::HEAD] {
            let request = visitor.request(method, path).header("origin", "http://evil.example");
            let response = request.header("sec-fetch-site", "cross-site").send().await.unwrap();
            assert_eq!(response.status(), status, "{path}");
        }
    }
}

#[tokio::test]
async fn a_refused_form_changes_nothing() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    visitor.generate().await;
    for path in ["/algorithm", "/logout"] {
        let refused = post(&visitor, path, &[("sec-fetch-site", "cross-site")]).await;
        assert_refused(refused, 403, "cross_site").await;
    }
    assert_eq!(location(&visitor.validate().await), "/bob");
}

#[tokio::test]
async fn two_session_cookies_in_one_request_are_refused_wherever_the_session_is_read() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let (one, other) = (cookie_of(&visitor.generate().await), cookie_of(&visitor.generate().await));
    let pairs = [
        format!("{one}; {other}"),
        format!("{one}; {one}"),
        format!("{one}; hallpass=garbage"),
        format!("hallpass=garbage; a=b; {one}"),
        format!("hallpass=; {one}"),
        format!("{one}; hallpass=%FF"),
        format!("{one};hallpass=x"),
        "hallpass=; hallpass=".to_owned(),
    ];
    for cookie in &pairs {
        for path in ["/", "/x", "/validate", "/generate"] {
            assert_refused(visitor.with_cookie(path, cookie).await, 400, "duplicate_cookie").await;
        }
        assert_refused(post(&visitor, "/algorithm", &[("cookie", cookie)]).await, 400, "duplicate_cookie").await;
        assert_eq!(visitor.with_cookie("/healthz", cookie).await.status(), 200, "what reads no session does not mind");
    }
}

#[tokio::test]
async fn the_page_says_how_to_get_out_of_two_cookies_and_logging_out_works() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let cookie = cookie_of(&visitor.generate().await);
    let twice = format!("{cookie}; hallpass=planted");
    let request = visitor.request(Method::GET, "/").header("cookie", &twice).header("accept", "text/html");
    let page = request.send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Two cookies named hallpass were sent."), "{page}");
    assert!(page.contains("Log out to delete ours") && page.contains("in the browser"), "{page}");
    assert!(page.contains("<form method=\"post\" action=\"/logout\">"), "{page}");

    let left = post(&visitor, "/logout", &[("cookie", &twice)]).await;
    assert_eq!((left.status().as_u16(), location(&left)), (303, "/"));
    let lines = set_cookies(&left);
    assert!(lines.contains(&"hallpass=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0"), "{lines:?}");
}

#[test]
fn cookies_in_two_header_lines_are_counted_together() {
    let app = TestApp::spawn();
    let request = |method: &str, path: &str, cookies: &str| {
        let host = app.host();
        app.raw(format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n{cookies}Connection: close\r\n\r\n"))
    };
    let generated = request("GET", "/generate", "");
    let line = generated.head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    let (cookie, _) = line.split_once(';').unwrap();

    let split = format!("Cookie: a=b\r\nCookie: {cookie}\r\nCookie: c=d\r\n");
    assert!(request("GET", "/validate", &split).head.contains("location: /bob"));
    for second in [cookie, "hallpass=", "x=y; hallpass=planted"] {
        let answer = request("GET", "/validate", &format!("Cookie: {cookie}\r\nCookie: {second}\r\n"));
        assert_eq!(answer.status, 400, "{second}");
        assert!(answer.body.contains("duplicate_cookie"), "{}", answer.body);
    }
    let left = request("POST", "/logout", &format!("Cookie: {cookie}\r\nCookie: {cookie}\r\n"));
    assert_eq!(left.status, 303);
    assert!(left.head.contains("Max-Age=0"));
}

/// Cookies know no port: whatever else runs on this host sends its own along.
#[test]
fn cookies_of_other_programs_do_no_harm() {
    let app = TestApp::spawn();
    let validate = |cookie: &[u8]| {
        let head = format!("GET /validate HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nCookie: ", app.host());
        app.raw([head.as_bytes(), cookie, b"\r\n\r\n"].concat())
    };
    let generated = app.raw(format!("GET /generate HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", app.host()));
    let line = generated.head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    let cookie = line.split(';').next().unwrap().as_bytes();
    for other in [
        &b"a=b"[..],
        b"novalue",
        b"=noname",
        b"a=\xff\xfe",
        b"a=%FF",
        b"%FF=a",
        b"caf\xc3\xa9=1",
        b"a=\"b; c\"",
        b"Hallpass=x",
        b"hallpass2=x",
        b"xhallpass=x",
        b"a=hallpass=x",
    ] {
        for cookies in [[other, b"; ", cookie].concat(), [cookie, b";", other].concat()] {
            let answer = validate(&cookies);
            assert!(answer.head.contains("location: /bob"), "{}", String::from_utf8_lossy(&cookies));
        }
    }
}

/// RFC 6265bis gives names with a prefix their meaning letter by letter, and browsers keep nobody from setting others.
#[tokio::test]
async fn a_cookie_whose_name_only_decodes_to_ours_is_not_ours() {
    for (settings, planted) in [(&[][..], "hall%70ass="), (HTTPS, "__%48ost-hallpass=")] {
        let app = TestApp::with(settings);
        let visitor = app.visitor();
        let own = cookie_of(&visitor.get("/generate?sub=alice").await);
        let (_, value) = own.split_once('=').unwrap();
        let planted = format!("{planted}{value}");
        assert_eq!(location(&visitor.with_cookie("/validate", &planted).await), "/Invalid%20token", "{planted}");
        let mine = cookie_of(&visitor.get("/generate?sub=bob").await);
        for cookies in [format!("{planted}; {mine}"), format!("{mine}; {planted}")] {
            assert_eq!(location(&visitor.with_cookie("/validate", &cookies).await), "/bob", "{cookies}");
        }
    }
}

/// The value of the session cookie that `GET /generate` with this subject sets.
async fn session_of(app: &TestApp, subject: &str) -> String {
    let cookie = cookie_of(&app.visitor().get(&format!("/generate?sub={subject}")).await);
    cookie.split_once('=').unwrap().1.to_owned()
}

/// Browsers let any neighbouring host set a cookie whose name is ours but for a character that is no part of it.
#[tokio::test]
async fn a_cookie_whose_name_is_not_exactly_ours_is_not_there_at_all() {
    for (settings, name) in [(&[][..], "hallpass"), (HTTPS, "__Host-hallpass")] {
        let app = TestApp::with(settings);
        let (own, planted) = (session_of(&app, "bob").await, session_of(&app, "mallory").await);
        let validate = |cookies: &[u8]| {
            let head = format!(
                "GET /validate HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAccept: application/json\r\nCookie: ",
                if name == "hallpass" { app.host() } else { "demo.example" }
            );
            app.raw([head.as_bytes(), cookies, b"\r\n\r\n"].concat())
        };
        let pair = |name: &[u8], value: &str| [name, b"=", value.as_bytes()].concat();
        let own = pair(name.as_bytes(), &own);
        let blanks = "\u{85}\u{a0}\u{1680}\u{2000}\u{2003}\u{2009}\u{200a}\u{200b}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}\u{feff}";
        let mut names: Vec<Vec<u8>> = Vec::new();
        for blank in blanks.chars() {
            names.extend(
                [format!("{blank}{name}"), format!("{name}{blank}"), format!("\t{blank} {name}")].map(Into::into),
            );
        }
        names.extend(
            [name.to_uppercase(), format!("\"{name}\""), format!("{name}%00"), format!("%20{name}")].map(Into::into),
        );
        names.extend([format!("={name}"), format!("$Version=1 {name}"), format!("a=b, {name}")].map(Into::into));
        names.extend([&b"\xa0"[..], b"\xff", b"\xe2\x80"].map(|bytes| [bytes, name.as_bytes()].concat()));
        for planted in names.iter().map(|name| pair(name, &planted)) {
            let shown = String::from_utf8_lossy(&planted).into_owned();
            assert!(validate(&planted).body.contains("no_token"), "{shown} alone");
            let both = [[&planted[..], b"; ", &own].concat(), [&own[..], b"; ", &planted].concat()];
            let lines =
                [[&planted[..], b"\r\nCookie: ", &own].concat(), [&own[..], b"\r\nCookie: ", &planted].concat()];
            for cookies in both.into_iter().chain(lines) {
                let answer = validate(&cookies);
                assert!(answer.status == 200 && answer.body.contains(r#""sub":"bob""#), "{shown}: {}", answer.body);
            }
        }
        let spaced = [b" \t", &own[..]].concat();
        assert_eq!(validate(&spaced).status, 200, "a space or a tab before a name is no part of it");
    }
}

/// The lessons' cookies grant nothing, but what a lesson says of them must be true.
#[tokio::test]
async fn a_lesson_s_cookie_is_read_by_its_exact_name_beside_whatever_else_comes() {
    let app = TestApp::spawn();
    let echo = async |cookies: &[u8]| {
        let line = reqwest::header::HeaderValue::from_bytes(cookies).unwrap();
        let request = app.visitor().request(Method::GET, "/lab/lessons/script-reach/echo").header("cookie", line);
        request.send().await.unwrap().json::<serde_json::Value>().await.unwrap()["cookies"].to_string()
    };
    let name = hallpass::lab::lessons::script_reach::COOKIES[0];
    assert_eq!(echo(format!("{name}=1").as_bytes()).await, format!("[\"{name}\"]"));
    assert_eq!(echo(format!("caf\u{e9}=1; {name}=1; a=\u{2000}").as_bytes()).await, format!("[\"{name}\"]"));
    assert_eq!(echo(format!("\u{2000}{name}=1; {name}\u{a0}=1; %6{name}=1").as_bytes()).await, "[]");
}

#[tokio::test]
async fn pages_keep_their_opener_out_wherever_browsers_obey_it() {
    let plain = [("allowed-host", "school.example,192.0.2.2"), ("credentials", "any")];
    for (settings, host, is_sent) in [
        (&plain[..], "127.0.0.1:5000", true),
        (&plain, "localhost:5000", true),
        (&plain, "school.example", false),
        (&plain, "192.0.2.2:5000", false),
        (HTTPS, "demo.example", true),
    ] {
        let app = TestApp::with(settings);
        for path in ["/", "/nothing"] {
            let request = app.visitor().request(Method::GET, path).header("host", host);
            let answer = request.send().await.unwrap();
            let found = answer.headers().get("cross-origin-opener-policy");
            assert_eq!(found.is_some(), is_sent, "{path} at {host}");
            assert!(answer.headers().contains_key("cross-origin-resource-policy"), "{path} at {host}");
        }
    }
}
