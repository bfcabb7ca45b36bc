//! The browser demo over HTTP: what Flask's program answers, and what it should have answered.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, Validation};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::app::{START, TestApp, Visitor, cookie_of, fixture, location, put_rsa_keys, set_cookies, token_on};
use crate::html::{between, fields, form_with, words};

const TOKEN_GENERATED: &str = "/Token%20Generated%20successfully!!";
const INVALID_TOKEN: &str = "/Invalid%20token";
const FROM_ADDRESS: &str = "This text comes from the address alone.";
const REMOVAL: &str = "hallpass=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0";

/// `GET /generate` with this subject.
async fn generate_for(visitor: &Visitor, subject: &str) -> Response {
    let query = [("sub", subject)];
    visitor.request(Method::GET, "/generate").query(&query).send().await.unwrap()
}

/// Asserts that the server refuses this address with 400, to people and to programs, and keeps nothing.
/// A cookie that was changed in one place of its value, which every letter of its name may occur in too.
fn with_another_character(cookie: &str) -> String {
    let other = if &cookie[20..21] == "A" { "B" } else { "A" };
    format!("{}{other}{}", &cookie[..20], &cookie[21..])
}

async fn assert_refused(visitor: &Visitor, path: &str, says: &str) {
    let page = visitor.asking(path, "text/html").await;
    assert_eq!(page.status(), 400, "{path}");
    assert!(set_cookies(&page).is_empty(), "{path}");
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    let page = page.text().await.unwrap();
    assert!(page.contains("<code>bad_request</code>"), "{path}: {page}");
    // What JSON says between backticks is set in type on the page.
    assert!(page.replace("<code>", "`").replace("</code>", "`").contains(says), "{path}: {page}");

    let answer = visitor.asking(path, "application/json").await;
    assert_eq!(answer.status(), 400, "{path}");
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["error"], "bad_request", "{path}");
    assert!(answer["message"].as_str().unwrap().contains(says), "{path}: {answer}");
    assert_eq!(answer.as_object().unwrap().len(), 2, "{answer}");
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

#[tokio::test]
async fn a_token_is_generated_shown_and_refused_after_a_minute() {
    let app = TestApp::spawn();
    let visitor = app.visitor();

    let generated = visitor.generate().await;
    assert_eq!(generated.status(), 302);
    assert_eq!(location(&generated), TOKEN_GENERATED);
    assert_eq!(location(&visitor.validate().await), "/bob");

    app.advance(59);
    assert_eq!(location(&visitor.validate().await), "/bob");
    app.advance(1);
    assert_eq!(location(&visitor.validate().await), INVALID_TOKEN);
    let (status, verdict) = visitor.verdict().await;
    assert_eq!((status, &verdict["code"]), (401, &"expired".into()));
    assert!(visitor.page(INVALID_TOKEN).await.contains("expired"));
}

#[tokio::test]
async fn the_home_page_has_the_tutorial_s_words_and_two_links() {
    let page = TestApp::spawn().visitor().page("/").await;
    assert!(page.contains("<h1>Welcome</h1>"));
    assert!(words(&page).contains("Hallpass: a demo, a lab and a test server"), "its name, and what it is for");
    assert!(page.contains("href=\"/generate\" rel=\"nofollow\">Get token</a>"), "{page}");
    assert!(page.contains("href=\"/validate\" rel=\"nofollow\">Show details</a>"), "{page}");
}

#[tokio::test]
async fn without_a_result_the_page_says_so_in_words() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let page = visitor.page("/").await;
    assert!(page.contains("Result - None<"), "{page}");
    assert!(page.contains("Nothing yet: get a token, then show its details."), "{page}");

    visitor.generate().await;
    let page = visitor.page("/").await;
    assert!(page.contains("Result - None<"), "{page}");
    assert!(page.contains("a token that passes every check"), "{page}");

    app.advance(60);
    let page = visitor.page("/").await;
    assert!(page.contains("a token that is refused: the token expired"), "{page}");
}

#[tokio::test]
async fn without_a_token_or_with_another_one_details_are_an_invalid_token() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    assert_eq!(location(&visitor.validate().await), INVALID_TOKEN);

    let cookie = cookie_of(&visitor.generate().await);
    let other = app.visitor();
    assert_eq!(location(&other.with_cookie("/validate", &cookie).await), "/bob");
    let changed = with_another_character(&cookie);
    for bad in ["hallpass=", "hallpass=garbage", "hallpass=%00%ff", "other=x", &changed] {
        let response = other.with_cookie("/validate", bad).await;
        assert_eq!((response.status().as_u16(), location(&response)), (302, INVALID_TOKEN), "{bad}");
    }
}

#[tokio::test]
async fn a_subject_and_a_lifetime_may_be_wished_for() {
    let app = TestApp::spawn();
    for (ttl, last) in [("1", 0), ("5", 4), ("86400", 43_199)] {
        let visitor = app.visitor();
        visitor.get(&format!("/generate?sub=alice&ttl={ttl}")).await;
        app.advance(last);
        assert_eq!(location(&visitor.validate().await), "/alice", "{ttl}");
    }
    let visitor = app.visitor();
    visitor.get("/generate?ttl=5&unknown=x").await;
    app.advance(5);
    assert_eq!(visitor.verdict().await.1["code"], "expired");
}

#[tokio::test]
async fn the_token_says_what_the_tutorial_s_says_and_in_its_order() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    visitor.generate().await;
    let token = token_on(&visitor.page("/").await);
    let part = |index| {
        let text = token.split('.').nth(index).unwrap();
        String::from_utf8(URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
    };
    assert_eq!(part(0), r#"{"alg":"HS256","typ":"JWT"}"#);
    assert_eq!(part(1), format!(r#"{{"sub":"bob","iat":{START},"exp":{}}}"#, START + 60));
}

#[tokio::test]
async fn a_lifetime_that_is_not_1_to_86400_seconds_is_refused() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    for ttl in ["0", "86401", "-1", "+60", "1.5", "1e3", "0x10", "abc", "", "6 0", "٦٠", "99999999999999999999"] {
        assert_refused(&visitor, &format!("/generate?ttl={}", encoded(ttl)), "from 1 to 86400").await;
    }
}

#[tokio::test]
async fn a_subject_that_cannot_stand_in_an_address_is_refused() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let long = "é".repeat(65);
    for subject in ["", &long] {
        assert_refused(&visitor, &format!("/generate?sub={}", encoded(subject)), "1 to 64 are accepted").await;
    }
    for subject in ["a\nb", "\0", "a\u{7f}", "\u{85}", "\t"] {
        assert_refused(&visitor, &format!("/generate?sub={}", encoded(subject)), "control character").await;
    }
    for subject in [".", ".."] {
        assert_refused(&visitor, &format!("/generate?sub={subject}"), "takes `.` and `..` for folders").await;
    }
}

/// The page would say `Result - Invalid token` of a token that is accepted.
#[tokio::test]
async fn a_subject_that_reads_as_another_result_is_refused() {
    let app = TestApp::spawn();
    for subject in ["Invalid token", "Error 400", "Token Generated successfully!!"] {
        let refused = generate_for(&app.visitor(), subject).await;
        assert_eq!(refused.status(), 400, "{subject}");
        assert!(refused.text().await.unwrap().contains("is one of the tutorial"), "{subject}");
    }
}

#[tokio::test]
async fn a_subject_of_bytes_that_are_not_utf_8_is_refused_and_not_changed() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    for query in ["sub=Jos%E9", "sub=%FF", "sub=a&x=%C3"] {
        let answer = visitor.get(&format!("/generate?{query}")).await;
        assert_eq!(answer.status(), 400, "{query}");
        assert!(answer.text().await.unwrap().contains("The query is not UTF-8"), "{query}");
    }
    assert_eq!(visitor.get("/generate?sub=%EF%BF%BD").await.status(), 302, "the replacement character is a character");
}

#[tokio::test]
async fn a_subject_that_is_the_name_of_a_page_of_this_site_is_refused() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    for page in ["generate", "validate", "algorithm", "logout", "healthz", "robots.txt", "favicon.ico"] {
        assert_refused(&visitor, &format!("/generate?sub={}", encoded(page)), "one of this site").await;
        assert!(!visitor.page(&format!("/{page}")).await.contains("Result - "), "{page} is a page of its own");
    }
    for free in ["Generate", "generate.", "static", "generate/", "/generate", "gener%61te", "robots"] {
        assert_eq!(location(&generate_for(&visitor, free).await), TOKEN_GENERATED, "{free}");
        let shown = visitor.page(location(&visitor.validate().await)).await;
        assert!(shown.contains(&format!("Result - {free}<")), "{free}: {shown}");
    }
}

#[tokio::test]
async fn a_subject_of_64_characters_of_any_script_is_accepted() {
    let app = TestApp::spawn();
    for algorithm in ["HS256", "RS256"] {
        let visitor = app.visitor();
        visitor.choose(algorithm).await;
        for character in ["a", "é", "字", "🎫"] {
            let subject = character.repeat(64);
            assert_eq!(location(&generate_for(&visitor, &subject).await), TOKEN_GENERATED);
            let (status, verdict) = visitor.verdict().await;
            assert_eq!((status, &verdict["claims"]["sub"]), (200, &subject.into()));
        }
    }
}

/// RSA signs with as many bytes as its key has, and JSON in ASCII spends twelve on this emoji.
#[tokio::test]
async fn a_token_too_large_for_its_cookie_is_refused_with_the_numbers() {
    let folder = TempDir::new().unwrap();
    std::fs::copy(fixture("rsa-8192-pkcs8.pem"), folder.path().join("jwt_key")).unwrap();
    let app = TestApp::in_folder(folder, &[("algorithm", "RS256")]);
    let visitor = app.visitor();
    let longest = format!("/generate?sub={}", encoded(&"🎫".repeat(64)));

    let fits = cookie_of(&visitor.generate().await);
    assert!(fits.len() <= 4096, "{} bytes", fits.len());
    let refused = visitor.asking(&longest, "application/json").await;
    assert_eq!(refused.status(), 413);
    assert!(set_cookies(&refused).is_empty());
    let refusal: Value = refused.json().await.unwrap();
    assert_eq!(refusal["error"], "token_too_large");
    let message = refusal["message"].as_str().unwrap();
    assert!(message.contains("2592 bytes") && message.contains("4096") && message.contains("2560"), "{message}");
    assert!(visitor.page(&longest).await.contains("<code>token_too_large</code>"));
    assert_eq!(location(&visitor.validate().await), "/bob", "the token that was there stays");
}

#[tokio::test]
async fn the_largest_state_that_is_kept_fits_a_cookie() {
    let folder = TempDir::new().unwrap();
    std::fs::copy(fixture("rsa-8192-pkcs8.pem"), folder.path().join("jwt_key")).unwrap();
    let app = TestApp::in_folder(folder, &[("public-url", "https://demo.example"), ("algorithm", "RS256")]);
    let visitor = app.visitor();
    let kept = generate_for(&visitor, &("🎫".repeat(61) + "xxx")).await;
    assert_eq!(location(&kept), TOKEN_GENERATED);
    let cookie = cookie_of(&kept);
    assert!((3500..=4096).contains(&cookie.len()), "{} bytes", cookie.len());
    assert_eq!(visitor.with_cookie("/validate", &cookie).await.status(), 302);
}

#[tokio::test]
async fn in_a_redirect_all_but_unreserved_characters_and_the_exclamation_mark_is_encoded() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    for (subject, address) in [
        ("a/b", "/a%2Fb"),
        ("a\\b", "/a%5Cb"),
        ("a?b", "/a%3Fb"),
        ("a#b", "/a%23b"),
        ("100%", "/100%25"),
        ("%2e%2e", "/%252e%252e"),
        ("wow!", "/wow!"),
        ("a b", "/a%20b"),
        ("a+b", "/a%2Bb"),
        ("a&b=c;d,e:f@g", "/a%26b%3Dc%3Bd%2Ce%3Af%40g"),
        ("-._~", "/-._~"),
        ("...", "/..."),
        ("'\"()*", "/%27%22%28%29%2A"),
        ("é", "/%C3%A9"),
        ("🎫", "/%F0%9F%8E%AB"),
        ("//evil.example", "/%2F%2Fevil.example"),
        ("/\\evil.example", "/%2F%5Cevil.example"),
        ("javascript:alert(1)", "/javascript%3Aalert%281%29"),
        ("<b>", "/%3Cb%3E"),
    ] {
        generate_for(&visitor, subject).await;
        assert_eq!(location(&visitor.validate().await), address, "{subject}");
        let page = visitor.page(address).await;
        assert!(page.contains("Verified."), "the address of {subject} leads back to it: {page}");
        assert!(
            page.contains("This is the subject of the token in your session, and the token passes every check."),
            "{subject}"
        );
    }
}

#[tokio::test]
async fn a_result_is_always_escaped() {
    const MARKUP: &str = "<img src=x onerror=alert(1)>";
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let address = format!("/{}", encoded(MARKUP));
    for subject in [MARKUP, "\"><script>alert(1)</script>", "' onload='alert(1)", "&lt;b&gt;", "{{7*7}}"] {
        generate_for(&visitor, subject).await;
        for path in [address.clone(), location(&visitor.validate().await).to_owned()] {
            let page = visitor.page(&path).await;
            assert!(!page.contains("<img") && !page.contains("<script>alert"), "{page}");
            assert!(!page.contains("<strong>&lt;") && !page.contains("' onload="), "{page}");
        }
        app.advance(61);
        let refused = visitor.page(INVALID_TOKEN).await;
        assert!(!refused.contains("<img") && !refused.contains("<script>alert"), "{refused}");
    }
    let page = visitor.page(&address).await;
    assert!(page.contains("Result - &lt;img src=x onerror=alert(1)&gt;<"), "{page}");
}

#[tokio::test]
async fn a_result_that_no_verdict_confirms_is_marked_as_coming_from_the_address_alone() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    for path in ["/hello", "/bob", TOKEN_GENERATED, "/Error%20400", "/None", "/a%00b", "/%FF", "/%zz"] {
        let page = visitor.page(path).await;
        assert!(page.contains(FROM_ADDRESS) && page.contains("Not verified."), "{path}: {page}");
        assert!(!page.contains("> Verified."), "{path}");
    }
    visitor.generate().await;
    for path in ["/hello", "/alice", "/Bob", "/bob%20", INVALID_TOKEN, "/Error%20400"] {
        let page = visitor.page(path).await;
        assert!(page.contains(FROM_ADDRESS), "{path}: {page}");
    }
    for path in ["/bob", TOKEN_GENERATED] {
        let page = visitor.page(path).await;
        assert!(page.contains("Verified.") && !page.contains(FROM_ADDRESS), "{path}: {page}");
    }
    app.advance(60);
    for path in ["/bob", TOKEN_GENERATED] {
        assert!(visitor.page(path).await.contains(FROM_ADDRESS), "{path} with an expired token");
    }
}

#[tokio::test]
async fn a_refusal_in_the_address_stands_with_its_reason() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let page = visitor.page(INVALID_TOKEN).await;
    assert!(page.contains("Result - Invalid token<") && !page.contains("Refused."), "{page}");
    assert!(page.contains("There is no token yet (no_token). Get one, and then show its details."), "{page}");
    let buttons = between(&page, "class=\"controls\"", "outcome-card").unwrap();
    let link = "class=\"button primary\" href=\"/generate\" rel=\"nofollow\">Get token</a>";
    assert!(buttons.contains(link), "the buttons stay at their place: {buttons}");
    assert_eq!(page.matches(">Get token</a>").count(), 1, "{page}");
    visitor.generate().await;
    app.advance(63);
    let page = visitor.page(INVALID_TOKEN).await;
    assert!(page.contains("Refused.") && page.contains("(expired): the token expired 3 s ago"), "{page}");
}

#[tokio::test]
async fn the_page_says_what_the_demo_is_before_and_after_a_press() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let lead = "<p class=\"lead\">This demo signs a JSON Web Token (JWT) and shows how it is checked.</p>";
    let before = visitor.page("/").await;
    assert_eq!((before.matches(lead).count(), before.matches("class=\"lead\"").count()), (1, 2), "{before}");
    visitor.generate().await;
    let after = visitor.page("/").await;
    assert_eq!((after.matches(lead).count(), after.matches("class=\"lead\"").count()), (1, 1), "{after}");
}

#[tokio::test]
async fn sizes_of_a_token_are_counted_in_characters() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    visitor.generate().await;
    let page = visitor.page("/").await;
    let token = token_on(&page);
    assert!(page.contains(&format!("Three parts separated by dots, {} characters in total.", token.len())), "{page}");
    for part in token.split('.') {
        assert!(page.contains(&format!("<span class=\"count\">{} characters</span>", part.len())), "{page}");
    }
}

#[tokio::test]
async fn the_clock_of_a_token_that_nobody_signed_says_that_its_time_is_not_verified() {
    let app = TestApp::with(&[("test-mode", "on")]);
    let visitor = app.visitor();
    visitor.generate().await;
    let note = "This time is not verified";
    assert!(!visitor.page("/").await.contains(note), "a token that is accepted");
    app.advance(60);
    assert!(!visitor.page("/").await.contains(note), "this server signed a token that has expired");
    let token =
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJib2IiLCJpYXQiOjE4MDAwMDAwMDAsImV4cCI6MTgwMDAwMDA2MH0.AAAA";
    let set = json!({ "token": token });
    visitor.request(Method::POST, "/test/session").json(&set).send().await.unwrap();
    assert!(visitor.page("/").await.contains(note), "a forged token");
}

#[tokio::test]
async fn a_very_long_result_is_shortened() {
    let page = TestApp::spawn().visitor().page(&format!("/{}", "é".repeat(5000))).await;
    assert!(page.contains(&format!("Result - {}…<", "é".repeat(200))), "{page}");
}

#[tokio::test]
async fn programs_get_the_verdict_of_an_accepted_token() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    visitor.generate().await;
    let response = visitor.asking("/validate", "application/json").await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers()["cache-control"], "no-store");
    let names = [
        "shape",
        "encoding",
        "header",
        "algorithm",
        "key",
        "signature",
        "payload",
        "issued_at",
        "not_before",
        "expiry",
        "issuer",
        "audience",
        "profile",
        "revocation",
    ];
    let expected = json!({
        "accepted": true,
        "code": "accepted",
        "message": "every check passed",
        "checks": names.map(|check| json!({ "check": check, "outcome": "passed" })),
        "header": { "alg": "HS256", "typ": "JWT" },
        "claims": { "sub": "bob", "iat": START, "exp": START + 60 },
    });
    assert_eq!(response.json::<Value>().await.unwrap(), expected);
}

#[tokio::test]
async fn programs_get_the_verdict_of_a_refused_token_without_its_claims() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    visitor.generate().await;
    app.advance(63);
    let (status, verdict) = visitor.verdict().await;
    assert_eq!(status, 401);
    let members: Vec<&String> = verdict.as_object().unwrap().keys().collect();
    assert_eq!(members, ["accepted", "code", "message", "checks", "header"]);
    assert_eq!(verdict["accepted"], false);
    assert_eq!(verdict["code"], "expired");
    assert_eq!(verdict["message"], "the token expired 3 s ago");
    let expiry = json!({
        "check": "expiry",
        "outcome": "failed",
        "code": "expired",
        "message": "the token expired 3 s ago",
        "expected": "later than 2027-01-15 08:01:03 UTC",
        "found": "2027-01-15 08:01:00 UTC",
        "rfc": "RFC 7519 §4.1.4",
    });
    assert_eq!(verdict["checks"][9], expiry);
    assert_eq!(verdict["checks"][10], json!({ "check": "issuer", "outcome": "not_reached" }));
    assert_eq!(verdict["checks"].as_array().unwrap().len(), 14);
}

#[tokio::test]
async fn programs_are_told_that_there_is_no_token() {
    let (status, verdict) = TestApp::spawn().visitor().verdict().await;
    assert_eq!(status, 401);
    assert_eq!((&verdict["accepted"], &verdict["code"]), (&json!(false), &json!("no_token")));
    assert_eq!(verdict["checks"][0]["outcome"], "failed");
    assert_eq!(verdict["header"], Value::Null);
}

#[tokio::test]
async fn only_those_who_name_json_get_the_verdict_as_json() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    for accept in ["application/json", "text/html;q=0.5, APPLICATION/JSON", "application/json;q=0.1"] {
        assert_eq!(visitor.asking("/validate", accept).await.status(), 401, "{accept}");
    }
    for accept in ["*/*", "text/html", "application/*", "application/json;q=0", "application/jsonp", ""] {
        assert_eq!(visitor.asking("/validate", accept).await.status(), 302, "{accept}");
    }
}

#[tokio::test]
async fn the_json_verdict_never_holds_the_token() {
    let app = TestApp::spawn();
    for algorithm in ["HS256", "RS256"] {
        let visitor = app.visitor();
        visitor.choose(algorithm).await;
        visitor.generate().await;
        let token = token_on(&visitor.page("/").await);
        let mut bodies = vec![visitor.verdict().await.1.to_string()];
        visitor.choose(if algorithm == "HS256" { "RS256" } else { "HS256" }).await;
        bodies.push(visitor.verdict().await.1.to_string());
        visitor.choose(algorithm).await;
        app.advance(61);
        bodies.push(visitor.verdict().await.1.to_string());
        for (body, part) in bodies.iter().flat_map(|body| token.split('.').map(move |part| (body, part))) {
            assert!(part.len() > 20 && !body.contains(part), "{body} holds {part}");
        }
    }
}

#[tokio::test]
async fn head_is_answered_like_get_without_a_body() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    visitor.generate().await;
    for path in ["/", "/bob", "/generate", "/validate", "/healthz", "/robots.txt", "/favicon.ico", "/a/b"]
        .into_iter()
        .chain(["/.well-known/jwks.json", "/static/hallpass.css", "/generate?ttl=0"])
    {
        let (get, head) = (visitor.get(path).await, visitor.request(Method::HEAD, path).send().await.unwrap());
        assert_eq!(get.status(), head.status(), "{path}");
        let of_each_answer = ["date", "set-cookie", "x-request-id"];
        for name in get.headers().keys().filter(|name| !of_each_answer.contains(&name.as_str())) {
            assert_eq!(get.headers()[name], head.headers()[name], "{path}: {name}");
        }
        assert_eq!(set_cookies(&get).len(), set_cookies(&head).len(), "{path}");
        let raw = app.raw(format!("HEAD {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", app.host()));
        assert_eq!((raw.status, raw.body.as_str()), (get.status().as_u16(), ""), "{path}");
    }
}

#[tokio::test]
async fn a_token_of_the_other_algorithm_is_refused_after_a_switch() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    visitor.generate().await;

    let switched = visitor.choose("RS256").await;
    assert_eq!((switched.status().as_u16(), location(&switched)), (303, "/"));
    assert_eq!(location(&visitor.validate().await), INVALID_TOKEN);
    assert_eq!(visitor.verdict().await.1["code"], "alg_not_allowed");
    let page = visitor.page(INVALID_TOKEN).await;
    assert!(page.contains("says it was signed with"), "{page}");
    assert!(page.contains("value=\"RS256\" aria-pressed=\"true\""), "{page}");

    visitor.generate().await;
    assert_eq!(location(&visitor.validate().await), "/bob");
    let (status, verdict) = visitor.verdict().await;
    assert_eq!((status, &verdict["header"]["alg"]), (200, &"RS256".into()));

    visitor.choose("HS256").await;
    assert_eq!(visitor.verdict().await.1["code"], "alg_not_allowed");
    visitor.choose("RS256").await;
    assert_eq!(visitor.verdict().await.0, 200, "the token is still there, and right again under its own algorithm");
}

#[tokio::test]
async fn a_switch_is_for_one_session_alone() {
    let app = TestApp::spawn();
    let (one, other) = (app.visitor(), app.visitor());
    one.choose("RS256").await;
    other.generate().await;
    assert_eq!(other.verdict().await.1["header"]["alg"], "HS256");
    one.generate().await;
    assert_eq!(one.verdict().await.1["header"]["alg"], "RS256");
}

#[tokio::test]
async fn an_algorithm_that_the_demo_does_not_offer_is_refused() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    for algorithm in ["hs256", "", "none", "HS512", "PS256", " HS256", "HS256\n"] {
        let response = visitor.choose(algorithm).await;
        assert_eq!(response.status(), 400, "{algorithm}");
        assert!(set_cookies(&response).is_empty());
        let refusal: Value = response.json().await.unwrap();
        assert_eq!(refusal["error"], "bad_request");
        assert!(refusal["message"].as_str().unwrap().contains("HS256 or RS256 is accepted"), "{refusal}");
    }
}

#[tokio::test]
async fn the_algorithm_comes_in_a_form_and_in_nothing_else() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    for kind in ["application/json", "text/plain", "multipart/form-data; boundary=x", "application/xml"] {
        let request = visitor.request(Method::POST, "/algorithm").header("content-type", kind);
        let response = request.body(r#"{"algorithm":"RS256"}"#).send().await.unwrap();
        assert_eq!(response.status(), 415, "{kind}");
        let refusal: Value = response.json().await.unwrap();
        assert_eq!(refusal["error"], "unsupported_media_type");
        assert!(refusal["message"].as_str().unwrap().contains("application/x-www-form-urlencoded"));
    }
    let untyped = visitor.request(Method::POST, "/algorithm").body("algorithm=RS256").send().await.unwrap();
    assert_eq!(untyped.status(), 415);
}

#[tokio::test]
async fn the_settings_decide_what_a_new_session_gets() {
    let app = TestApp::with(&[("algorithm", "RS256"), ("token-ttl", "5")]);
    let visitor = app.visitor();
    let page = visitor.page("/").await;
    assert!(page.contains("for 5 seconds"), "{page}");
    assert!(page.contains("value=\"RS256\" aria-pressed=\"true\""), "{page}");
    visitor.generate().await;
    let (status, verdict) = visitor.verdict().await;
    assert_eq!((status, &verdict["header"]["alg"]), (200, &"RS256".into()));
    assert_eq!(verdict["claims"]["exp"], START + 5);
    visitor.choose("HS256").await;
    visitor.generate().await;
    assert_eq!(visitor.verdict().await.1["header"]["alg"], "HS256");
}

#[tokio::test]
async fn logging_out_clears_the_session() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    visitor.choose("RS256").await;
    visitor.generate().await;
    let left = visitor.logout().await;
    assert_eq!((left.status().as_u16(), location(&left)), (303, "/"));
    assert!(set_cookies(&left).contains(&REMOVAL), "{:?}", set_cookies(&left));
    assert_eq!(visitor.verdict().await.1["code"], "no_token");
    assert!(visitor.page("/").await.contains("value=\"HS256\" aria-pressed=\"true\""), "the choice is forgotten too");
}

#[tokio::test]
async fn on_the_wire_a_cookie_of_this_server_is_named_and_only_others_are_of_other_programs() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let session = cookie_of(&visitor.generate().await);
    let sent =
        async |cookies: &str| visitor.with_cookie("/", &format!("{session}; {cookies}")).await.text().await.unwrap();
    let own = sent("hallpass-lab=x; __Host-lab-two=y; hallpass-login=z; hallpass-pupil=p").await;
    for says in [
        "<code>hallpass-lab</code> (what you solved in the lab)",
        "<code>__Host-lab-two</code> (a lesson of the lab)",
        "<code>hallpass-login</code> (your login at the issuer)",
        "<code>hallpass-pupil</code> (your place in the class)",
    ] {
        assert!(own.contains(says), "{says}: {own}");
    }
    assert!(!own.contains("from other programs"), "{own}");
    let foreign = sent("grafana_session=x; hallpass-lab=y").await;
    assert!(foreign.contains("And 1 more from other programs on this host"), "{foreign}");
}

#[tokio::test]
async fn the_button_that_logs_out_leads_to_a_page_that_says_so() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    visitor.generate().await;
    let before = visitor.page("/").await;
    let said = "Unfinished lessons of the lab begin again, and what you solved stays solved.";
    assert!(before.contains(said), "beside the button: {before}");
    let form = form_with(&before, "Log out");
    let left = visitor.request(Method::POST, "/logout").form(&fields(&form)).send().await.unwrap();
    assert_eq!((left.status().as_u16(), location(&left)), (303, "/?logged-out"));
    assert!(set_cookies(&left).contains(&REMOVAL), "{:?}", set_cookies(&left));
    let page = visitor.page("/?logged-out").await;
    assert!(page.contains("You are logged out: the cookie is gone from this browser. Get a new token"), "{page}");
    assert!(page.contains(said), "after it: {page}");
    assert!(!visitor.page("/").await.contains("You are logged out"));
    assert!(!visitor.page("/bob?logged-out").await.contains("You are logged out"));
    visitor.generate().await;
    assert!(!visitor.page("/?logged-out").await.contains("You are logged out"), "there is a token again");
}

#[tokio::test]
async fn logging_out_works_for_any_session_and_for_none() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let cookie = cookie_of(&visitor.get("/generate?ttl=1").await);
    for (seconds, sent) in [
        (0, ""),
        (0, "hallpass=cannot+be+opened"),
        (0, "hallpass="),
        (0, "hallpass=%FF; other=1; ="),
        (2, &cookie),
        (13 * 3600, &cookie),
    ] {
        app.advance(seconds);
        let request = app.visitor().request(Method::POST, "/logout").header("cookie", sent);
        let left = request.send().await.unwrap();
        assert_eq!((left.status().as_u16(), location(&left)), (303, "/"), "{sent}");
        let lines = set_cookies(&left);
        assert!(lines.contains(&REMOVAL), "{sent}: {lines:?}");
        assert!(lines.iter().all(|line| line.contains("Max-Age=0")), "{sent}: {lines:?}");
    }
}

/// The tutorial's RS256 on another machine: this folder holds what it takes to verify, and no more.
#[tokio::test]
async fn a_folder_with_only_the_public_key_verifies_and_cannot_sign() {
    let issuing = TestApp::with(&[("algorithm", "RS256")]);
    let folder = TempDir::new().unwrap();
    for file in ["jwt_key.pub", "session.key", "hs256.secret"] {
        std::fs::copy(issuing.keys().join(file), folder.path().join(file)).unwrap();
    }
    let verifying = TestApp::in_folder(folder, &[("algorithm", "RS256")]);
    assert!(!verifying.keys().join("jwt_key").exists(), "no private key is made beside a public one");

    let visitor = issuing.visitor();
    visitor.generate().await;
    let visitor = visitor.before(&verifying);
    assert_eq!(location(&visitor.validate().await), "/bob");
    assert_eq!(visitor.verdict().await.0, 200);

    let refused = visitor.generate().await;
    assert_eq!((refused.status().as_u16(), location(&refused)), (302, "/Error%20400"));
    assert!(set_cookies(&refused).is_empty());
    assert_eq!(location(&visitor.validate().await), "/bob", "the token that was there stays");
    let page = visitor.page("/Error%20400").await;
    assert!(page.contains("Refused.") && page.contains("verifies and cannot sign"), "{page}");
    visitor.choose("HS256").await;
    assert_eq!(location(&visitor.generate().await), TOKEN_GENERATED, "HS256 has its secret");
}

#[tokio::test]
async fn the_set_cookie_line_has_exactly_the_attributes_that_the_page_shows() {
    for (settings, name, attributes) in [
        (&[][..], "hallpass", "HttpOnly; SameSite=Lax; Path=/"),
        (&[("public-url", "https://demo.example")], "__Host-hallpass", "HttpOnly; SameSite=Lax; Secure; Path=/"),
    ] {
        let app = TestApp::with(settings);
        let visitor = app.visitor();
        let generated = visitor.generate().await;
        let [line] = set_cookies(&generated)[..] else { panic!("{:?}", generated.headers()) };
        let (pair, sent) = line.split_once("; ").unwrap();
        assert!(pair.starts_with(&format!("{name}=")), "{line}");
        assert_eq!(sent, attributes);

        let page = visitor.with_cookie("/", pair).await.text().await.unwrap();
        let (_, shown) = page.split_once("<pre><code>Set-Cookie: ").unwrap();
        let (shown, _) = shown.split_once("</code>").unwrap();
        let shown: Vec<&str> = shown.split(';').map(str::trim).collect();
        assert!(shown[0].starts_with(&format!("{name}=")), "{shown:?}");
        assert_eq!(shown[1..].join("; "), attributes);
        for attribute in &shown[1..] {
            assert!(page.contains(&format!("<dt><code>{attribute}</code></dt>")), "{attribute} is explained");
        }
    }
}

#[tokio::test]
async fn no_body_ever_holds_the_whole_cookie_value() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let cookie = cookie_of(&visitor.generate().await);
    let sent = cookie.strip_prefix("hallpass=").unwrap();
    let decoded = percent_decode_str(sent).decode_utf8().unwrap().into_owned();
    for path in ["/", "/bob", "/validate", "/generate?ttl=0", "/a/b", TOKEN_GENERATED, "/.well-known/jwks.json"] {
        for accept in ["text/html", "application/json"] {
            let body = visitor.asking(path, accept).await.text().await.unwrap();
            assert!(!body.contains(sent) && !body.contains(&decoded), "{path}");
        }
    }
    let page = visitor.page("/").await;
    let elided = format!("hallpass={}…{}", &sent[..4], &sent[sent.len() - 4..]);
    assert!(page.contains(&format!("Set-Cookie: {elided}")), "{page}");
    assert!(page.contains(&format!("Cookie: {elided}</code>")), "{page}");
}

#[tokio::test]
async fn looking_at_the_session_sets_no_cookie() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let cookie = cookie_of(&visitor.generate().await);
    app.advance(30);
    for path in ["/", "/bob", "/validate", "/healthz", "/a/b"] {
        for cookie in ["", "hallpass=garbage", &cookie] {
            let response = visitor.with_cookie(path, cookie).await;
            assert!(set_cookies(&response).is_empty(), "{path} with {cookie}");
        }
    }
    app.advance(31);
    assert!(set_cookies(&visitor.validate().await).is_empty(), "an expired token is refused, and its cookie stays");
}

#[tokio::test]
async fn the_token_cannot_be_read_in_the_cookie() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let cookie = cookie_of(&generate_for(&visitor, "bartholomew").await);
    let token = token_on(&visitor.page("/").await);
    let value = percent_decode_str(cookie.strip_prefix("hallpass=").unwrap()).decode_utf8().unwrap();
    let encrypted = STANDARD.decode(value.as_bytes()).unwrap();
    let holds = |text: &str| encrypted.windows(text.len()).any(|window| window == text.as_bytes());
    for text in token.split('.').chain(["bartholomew", "HS256", "token", "issued_at"]) {
        assert!(!holds(text) && !value.contains(text), "the cookie shows {text}");
    }
    let again = cookie_of(&generate_for(&visitor, "bartholomew").await);
    assert_ne!(cookie, again, "the same state is encrypted with a new nonce each time");
}

#[tokio::test]
async fn a_session_issued_over_twelve_hours_ago_counts_as_empty() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    visitor.choose("RS256").await;
    visitor.get("/generate?ttl=86400").await;
    app.advance(12 * 3600 - 1);
    assert_eq!(location(&visitor.validate().await), "/bob");
    app.advance(1);
    assert_eq!(location(&visitor.validate().await), INVALID_TOKEN);
    assert_eq!(visitor.verdict().await.1["code"], "no_token");
    let page = visitor.page("/").await;
    assert!(page.contains("issued over 12 hours ago, so it counts as empty"), "{page}");
    assert!(page.contains("value=\"HS256\" aria-pressed=\"true\""), "the choice is forgotten too: {page}");

    visitor.generate().await;
    assert_eq!(location(&visitor.validate().await), "/bob", "a new token starts a new session");
    assert!(!visitor.page("/").await.contains("counts as empty"));
}

/// What a server without a memory cannot do, and what the page therefore says.
#[tokio::test]
async fn a_copy_of_the_cookie_from_before_a_logout_still_opens() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let copy = cookie_of(&visitor.generate().await);
    visitor.logout().await;
    assert_eq!(location(&visitor.validate().await), INVALID_TOKEN);
    assert_eq!(location(&visitor.with_cookie("/validate", &copy).await), "/bob");
}

#[tokio::test]
async fn a_cookie_that_cannot_be_opened_is_told_from_none() {
    let app = TestApp::spawn();
    let (visitor, note) = (app.visitor(), "that this server cannot open");
    for cookie in ["hallpass=garbage", "a=b; hallpass=%00"] {
        let page = visitor.with_cookie("/", cookie).await.text().await.unwrap();
        assert!(page.contains(note), "{cookie}: {page}");
    }
    for cookie in ["other=garbage", "hallpass=", ""] {
        let page = visitor.with_cookie("/", cookie).await.text().await.unwrap();
        assert!(!page.contains(note), "{cookie}: {page}");
    }
}

/// Page and JSON, under each cookie that brings no token.
#[tokio::test]
async fn the_page_and_the_json_name_the_same_cause() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let own = cookie_of(&visitor.generate().await);
    let elsewhere = cookie_of(&TestApp::spawn().visitor().generate().await);
    let changed = with_another_character(&own);
    let old = cookie_of(&visitor.get("/generate?ttl=86400").await);
    app.advance(12 * 3600);
    let unreadable = "the session cookie cannot be opened: it was changed, or encrypted with another key";
    let old_age = "the session was issued over 12 hours ago, so it counts as empty";
    for (cookie, code, message) in [
        ("", "no_token", "there is no token"),
        ("hallpass=", "no_token", "there is no token"),
        ("other=1", "no_token", "there is no token"),
        ("hallpass=garbage", "session_unreadable", unreadable),
        ("hallpass=%00", "session_unreadable", unreadable),
        (changed.as_str(), "session_unreadable", unreadable),
        (elsewhere.as_str(), "session_unreadable", unreadable),
        (old.as_str(), "no_token", old_age),
    ] {
        let ask = |path: &str, accept: &str| {
            visitor.request(Method::GET, path).header("cookie", cookie).header("accept", accept.to_owned()).send()
        };
        let answer = ask("/validate", "application/json").await.unwrap();
        assert_eq!(answer.status(), 401, "{cookie}");
        let verdict: Value = answer.json().await.unwrap();
        assert_eq!((&verdict["code"], &verdict["message"]), (&json!(code), &json!(message)), "{cookie}");
        let check = &verdict["checks"][0];
        assert_eq!(
            (&check["outcome"], &check["code"], &check["message"]),
            (&json!("failed"), &json!(code), &json!(message))
        );
        let page = ask(INVALID_TOKEN, "text/html").await.unwrap().text().await.unwrap();
        assert!(page.contains(&format!("({code})")), "{cookie}: {page}");
        assert!(code == "no_token" && message == "there is no token" || page.contains(message), "{cookie}: {page}");
    }
}

#[tokio::test]
async fn the_page_shows_the_token_its_claims_and_all_fourteen_checks() {
    let app = TestApp::spawn();
    for algorithm in ["HS256", "RS256"] {
        let visitor = app.visitor();
        visitor.choose(algorithm).await;
        visitor.generate().await;
        app.advance(7);
        let page = visitor.page("/bob").await;
        for part in ["token-part header", "token-part payload", "token-part signature"] {
            assert_eq!(page.matches(part).count(), 1, "{part}");
        }
        for claim in ["sub", "iat", "exp"] {
            assert!(page.contains(&format!("<th scope=\"row\"><code>{claim}</code></th>")), "{claim}: {page}");
        }
        assert!(page.contains("issued 7 s ago") && page.contains("53 s left"), "{page}");
        let trace = page.split_once("<ol class=\"trace\">").unwrap().1.split_once("</ol>").unwrap().0;
        assert_eq!(trace.matches("<li class=\"passed\">").count(), 14, "{trace}");
        app.advance(60);
    }
}

#[tokio::test]
async fn the_trace_of_a_refused_token_stops_at_the_check_that_failed() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    visitor.generate().await;
    app.advance(60);
    let page = visitor.page("/").await;
    assert_eq!(page.matches("<li class=\"passed\">").count(), 9, "{page}");
    assert_eq!(page.matches("<li class=\"failed\">").count(), 1, "{page}");
    assert_eq!(page.matches("<li class=\"not-reached\">").count(), 4, "{page}");
    assert!(page.contains("Signed by this server, refused because the token expired just now."), "{page}");
}

#[tokio::test]
async fn a_session_outlives_a_restart_and_is_good_at_any_server_with_the_same_keys() {
    let app = TestApp::spawn();
    let replica = app.with_same_keys();
    let visitor = app.visitor();
    visitor.choose("RS256").await;
    visitor.generate().await;
    assert_eq!(location(&visitor.before(&replica).validate().await), "/bob");
    generate_for(&visitor.before(&replica), "alice").await;
    assert_eq!(location(&visitor.validate().await), "/alice");

    drop(app);
    let restarted = replica.with_same_keys();
    assert_eq!(location(&visitor.before(&restarted).validate().await), "/alice");
    let elsewhere = TestApp::spawn();
    assert_eq!(location(&visitor.before(&elsewhere).validate().await), INVALID_TOKEN);
}

#[tokio::test]
async fn the_key_set_holds_public_keys_under_their_thumbprints_and_nothing_more() {
    let app = TestApp::spawn();
    let response = app.visitor().get("/.well-known/jwks.json").await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers()["cache-control"], "public, max-age=30");
    let set: Value = response.json().await.unwrap();
    assert_eq!(set.as_object().unwrap().len(), 1);
    let keys = set["keys"].as_array().unwrap();
    assert!(!keys.is_empty());
    for key in keys {
        let members: Vec<&String> = key.as_object().unwrap().keys().collect();
        assert_eq!(members, ["kty", "use", "alg", "kid", "n", "e"]);
        assert_eq!((&key["kty"], &key["use"], &key["alg"]), (&"RSA".into(), &"sig".into(), &"RS256".into()));
        // RFC 7638 §3: the SHA-256 of the required members in their alphabetical order.
        let canonical = format!(r#"{{"e":{},"kty":"RSA","n":{}}}"#, key["e"], key["n"]);
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, canonical.as_bytes());
        assert_eq!(key["kid"], URL_SAFE_NO_PAD.encode(digest));
    }
}

#[tokio::test]
async fn a_retired_public_key_is_published_after_the_one_that_signs() {
    let folder = TempDir::new().unwrap();
    put_rsa_keys(folder.path());
    std::fs::copy(fixture("rsa-4096-openssh.pub"), folder.path().join("retired.pub")).unwrap();
    let app = TestApp::in_folder(folder, &[]);
    let set: Value = app.visitor().get("/.well-known/jwks.json").await.json().await.unwrap();
    let bits = |index: usize| URL_SAFE_NO_PAD.decode(set["keys"][index]["n"].as_str().unwrap()).unwrap().len() * 8;
    assert_eq!(bits(0), 2048, "the one that signs stands first: {set}");
    let keys = set["keys"].as_array().unwrap().len();
    assert!((1..keys).any(|index| bits(index) == 4096), "{set}");
}

#[tokio::test]
async fn an_rs256_token_verifies_with_the_published_key() {
    let app = TestApp::with(&[("algorithm", "RS256")]);
    let visitor = app.visitor();
    visitor.generate().await;
    let token = token_on(&visitor.page("/").await);
    let set: Value = visitor.get("/.well-known/jwks.json").await.json().await.unwrap();
    let text = |name: &str| set["keys"][0][name].as_str().unwrap().to_owned();

    let key = DecodingKey::from_rsa_components(&text("n"), &text("e")).unwrap();
    let mut validation = Validation::new(jsonwebtoken::Algorithm::RS256);
    validation.validate_exp = false;
    let decoded = jsonwebtoken::decode::<Value>(&token, &key, &validation).unwrap();
    assert_eq!(decoded.header.kid, Some(text("kid")));
    assert_eq!(decoded.claims, json!({ "sub": "bob", "iat": START, "exp": START + 60 }));
}

#[tokio::test]
async fn robots_txt_disallows_the_addresses_that_issue_tokens() {
    let robots = TestApp::spawn().visitor().page("/robots.txt").await;
    assert!(robots.contains("Disallow: /generate") && robots.contains("Disallow: /validate"), "{robots}");
}
