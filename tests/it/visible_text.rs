//! What a person reads on the pages: no mark of the source's own, and on the demo's pages no name that was not
//! verified.

use hallpass::lab::attacks::{Attack, AttackKind};
use hallpass::lab::lessons::LESSONS;
use reqwest::Method;

use crate::app::{Answer, TestApp, Visitor};
use crate::lab::gallery::{BOTH, every_try, visitor_under};
use crate::valid_html::{ADDRESSES, FORMS, LOGIN, REFUSED_LOGIN};

/// Elements whose text is a program's, where such characters mean what they are.
const CODE: [&str; 4] = ["code", "pre", "textarea", "script"];

/// The text of a page outside code, with its entities decoded, and the descriptions in its attributes.
fn visible_text(page: &str) -> String {
    let (mut text, mut rest, mut hidden) = (String::new(), page, 0_usize);
    while let Some((before, tag)) = rest.split_once('<') {
        if hidden == 0 {
            text.push_str(before);
        }
        let (tag, after) = tag.split_once('>').unwrap_or((tag, ""));
        let name = tag.trim_start_matches('/').split_whitespace().next().unwrap_or_default();
        if CODE.contains(&name) {
            hidden = if tag.starts_with('/') { hidden.saturating_sub(1) } else { hidden + 1 };
        }
        for attribute in ["content", "aria-label", "title", "placeholder", "data-then"] {
            let value = tag.split_once(&format!(" {attribute}=\"")).and_then(|(_, value)| value.split_once('"'));
            text.extend(value.map(|(value, _)| format!(" {value} ")));
        }
        rest = after;
    }
    let entities = [("&#60;", "<"), ("&lt;", "<"), ("&#62;", ">"), ("&gt;", ">"), ("&#34;", "\""), ("&#39;", "'")];
    let entities = entities.into_iter().chain([("&#38;", "&"), ("&amp;", "&")]);
    entities.fold(text + rest, |text, (entity, character)| text.replace(entity, character))
}

/// What is wrong with a page's text, if anything.
fn fault(page: &str) -> Option<String> {
    // A NUL of a forged header is spelled out, and is no mark of a template; nor is the value of a setting.
    let text = visible_text(page).replace("\\u{0}", "").replace("; * is every one", "");
    let marks = ["`", "*", "{}", "{0}", "{{", "%}", "Some(", "Ok(", "Err(", "&#", "&lt;", "&amp;"];
    let found = marks.iter().find_map(|mark| Some((*mark, text.find(mark)?)));
    let (mark, at) = found?;
    let around: String = text[..at].chars().rev().take(60).collect::<Vec<_>>().into_iter().rev().collect();
    Some(format!("{mark} after: {around}"))
}

fn assert_clean(name: &str, page: &str) {
    assert!(page.starts_with("<!doctype html>"), "{name} is a page: {page}");
    assert_eq!(fault(page), None, "{name}");
}

/// What a form comes to, the page of a result included.
async fn posted(visitor: &Visitor, path: &str, fields: &[(&str, &str)]) -> Answer {
    let answer = Answer::to(visitor.request(Method::POST, path).header("accept", "text/html").form(fields)).await;
    if !answer.header("location").contains("#verdict") {
        return answer;
    }
    Answer::to(visitor.request(Method::GET, answer.header("location")).header("accept", "text/html")).await
}

#[test]
fn the_reader_of_pages_finds_marks_outside_code_alone() {
    assert_eq!(fault("<p>a <code>`{}`</code> b</p><pre><code>*</code></pre> &#38;"), None);
    for page in ["<p>a `b`</p>", "<p title=\"*x*\">", "<code>a</code> &#38;#39;", "x <b>Some(1)</b>", "<i>{}</i>"] {
        assert!(fault(page).is_some(), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_shows_the_marks_of_its_source() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    for path in ADDRESSES.iter().copied().chain(["/generate?sub=%0A", "/generate?sub=validate", "/lab/lessons/none/x"])
    {
        assert_clean(path, &visitor.page(path).await);
    }
    for path in ["demo", "twilio", "zoom", "rest-api", "telesign"] {
        assert_clean(path, &visitor.page(&format!("/tutorials/{path}")).await);
    }
    for lesson in LESSONS.iter() {
        assert_clean(lesson.slug, &visitor.page(&format!("/lab/lessons/{}", lesson.slug)).await);
    }
    for (slug, fields) in FORMS {
        let answer = posted(&visitor, &format!("/lab/lessons/{slug}"), fields).await;
        if answer.status == 200 {
            assert_clean(&format!("{slug} {fields:?}"), &answer.body);
        }
    }
    for lesson in LESSONS.iter() {
        for choice in &lesson.question.choices {
            let fields = [("predict", choice.value), ("step", "send"), ("do", "judge")];
            let answer = posted(&visitor, &format!("/lab/lessons/{}", lesson.slug), &fields).await;
            assert_clean(&format!("{} {}", lesson.slug, choice.value), &answer.body);
        }
    }
    for fields in [&REFUSED_LOGIN[..], &LOGIN] {
        assert_clean("/oauth/login", &posted(&visitor, "/oauth/login", fields).await.body);
    }
    for path in ["/lab", "/lab/attacks", "/lab/worksheet", "/lab/worksheet?answers=1", "/oauth/logout"] {
        assert_clean(path, &visitor.page(path).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_of_an_attack_shows_the_marks_of_its_source_nor_does_the_demo_after_it() {
    let app = TestApp::spawn();
    let visitors = [visitor_under(&app, BOTH[0]).await, visitor_under(&app, BOTH[1]).await];
    for attack in Attack::all() {
        assert_clean(attack.slug, &visitors[0].page(&format!("/lab/attacks/{}", attack.slug)).await);
    }
    for (attack, variant, algorithm) in every_try() {
        let visitor = &visitors[usize::from(algorithm == BOTH[1])];
        let (name, path) =
            (format!("{} {variant} under {algorithm}", attack.slug), format!("/lab/attacks/{}", attack.slug));
        assert_clean(&name, &posted(visitor, &path, &[("variant", variant), ("action", "forge")]).await.body);
        let AttackKind::Token { judged_by, .. } = attack.kind else { continue };
        if !judged_by.is_for_sessions() {
            continue;
        }
        let another = visitor_under(&app, algorithm).await;
        let put = posted(&another, &path, &[("variant", variant), ("action", "put")]).await;
        if put.status == 303 {
            let decoded = posted(&another, "/lab/inspect", &[("action", "mine")]).await.body;
            for (place, page) in [("/", another.page("/").await), ("/x", another.page("/Invalid%20token").await)] {
                assert_clean(&format!("{place} after {name}"), &page);
            }
            assert_clean(&format!("the bench after {name}"), &decoded);
        } else {
            assert_clean(&name, &put.body);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_of_the_bench_shows_the_marks_of_its_source() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    for fields in [
        &[("action", "mine")][..],
        &[("action", "nonsense")],
        &[("action", "verify"), ("token", "a.b.c")],
        &[("action", "verify"), ("token", "")],
        &[("action", "verify"), ("token", "eyJhbGciOi`.e30.x")],
        &[("action", "verify"), ("token", "eyJhbGciOi*.e30.x")],
        &[("action", "decode"), ("token", "eyJhbGciOiJIUzI1NiJ9.e30.AA")],
        &[("action", "verify"), ("token", "a.b.c"), ("profile", "none")],
        &[("action", "verify"), ("token", "a.b.c"), ("algorithm", "none")],
        &[("action", "verify"), ("token", "a.b.c"), ("key", "-----BEGIN X-----"), ("algorithm", "RS256")],
        &[("action", "sign"), ("key", "0123456789abcdef0123456789abcdef")],
        &[("action", "sign"), ("key", "0123456789abcdef0123456789abcdef"), ("claims", "{}"), ("header", "[]")],
        &[("action", "sign"), ("key", "0123456789abcdef0123456789abcdef"), ("claims", "{\"exp\":1}")],
    ] {
        assert_clean(&format!("{fields:?}"), &posted(&visitor, "/lab/inspect", fields).await.body);
    }
}

/// The states in which the demo has a token and has verified none of bob's.
async fn states_without_bob(app: &TestApp) -> Vec<(&'static str, Visitor)> {
    let mut states = vec![("new", app.visitor())];
    for (name, path) in [("alice", "/generate?sub=alice&ttl=1000"), ("expired", "/generate?ttl=1")] {
        let visitor = app.visitor();
        visitor.get(path).await;
        states.push((name, visitor));
    }
    let switched = app.visitor();
    switched.generate().await;
    switched.choose("RS256").await;
    states.push(("switched", switched));
    for attack in ["cut-signature", "alg-none", "replay-after-expiry", "claim-injection"] {
        let visitor = app.visitor();
        visitor.generate().await;
        let put = posted(&visitor, &format!("/lab/attacks/{attack}"), &[("action", "put")]).await;
        assert_eq!(put.status, 303, "{attack}");
        states.push((attack, visitor));
    }
    app.advance(2);
    states
}

/// The page without its long words, such as a signature: one in some thousand has the letters of Bob's name in it.
fn without_base64(page: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    page.split_inclusive(|c| !is_word(c)).filter(|word| word.len() < 30).collect()
}

#[tokio::test]
async fn bob_is_on_no_page_of_the_demo_that_has_verified_no_token_of_his() {
    let app = TestApp::spawn();
    for (state, visitor) in states_without_bob(&app).await {
        let addresses = ["/", "/Invalid%20token", "/Token%20Generated%20successfully!!", "/Error%20400", "/hello"];
        for path in addresses.into_iter().chain(["/generate?ttl=0", "/a/b"]) {
            let page = without_base64(&visitor.page(path).await).to_lowercase();
            assert!(!page.contains("bob"), "{path} while {state}: {page}");
        }
    }
    let bob = app.visitor();
    bob.generate().await;
    assert!(bob.page("/").await.contains("<td class=\"value\">bob</td>"), "his own token is verified and shown");
}

#[tokio::test]
async fn the_tutorial_s_words_stand_in_the_source_in_one_piece() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let read = async |path: &str, result: &str| {
        let page = visitor.page(path).await;
        assert_eq!(page.matches("Result - ").count(), 1, "{path}");
        assert!(page.contains(&format!(">Result - {result}<")), "{path}: {page}");
    };
    read("/", "None").await;
    read("/Invalid%20token", "Invalid token").await;
    visitor.generate().await;
    read("/Token%20Generated%20successfully!!", "Token Generated successfully!!").await;
    read("/bob", "bob").await;
    read("/Error%20400", "Error 400").await;
    read("/it's%20%22a%22%20%26%20b", "it&#39;s &#34;a&#34; &amp; b").await;
    read("/%3Cimg%20src=x%3E", "&lt;img src=x&gt;").await;
    app.advance(60);
    read("/Invalid%20token", "Invalid token").await;
}

/// Every way in which the demo refuses a token whose signature it made itself. Long because it is one table of cases.
#[tokio::test]
async fn a_token_refused_after_its_signature_is_said_to_be_signed_by_this_server() {
    const SIGNED: &str = "Signed by this server, refused because ";
    let app = TestApp::with(&[("test-mode", "on")]);
    let now = crate::app::START;
    let good = serde_json::json!({ "sub": "bob", "iat": now, "exp": now + 60 });
    let with = |name: &str, value: serde_json::Value| {
        let mut claims = good.clone();
        claims[name] = value;
        serde_json::json!({ "claims": claims })
    };
    let typed = serde_json::json!({ "claims": good, "header": { "alg": "HS256", "typ": "at+jwt" } });
    for (order, code) in [
        (with("exp", now.into()), "expired"),
        (with("nbf", (now + 9).into()), "not_yet_valid"),
        (with("iat", (now + 9).into()), "not_yet_valid"),
        (with("exp", "never".into()), "bad_claim"),
        (with("exp", (now * 1000).into()), "bad_claim"),
        (with("sub", 1.into()), "bad_claim"),
        (with("aud", "x".into()), "bad_claim"),
        (typed, "wrong_type"),
        (serde_json::json!({ "claims_text": "[1]" }), "malformed"),
        (serde_json::json!({ "claims_text": "" }), "malformed"),
    ] {
        let visitor = app.visitor();
        let token = Answer::to(visitor.request(Method::POST, "/test/sign").json(&order)).await.text("token");
        let set = serde_json::json!({ "token": token });
        Answer::to(visitor.request(Method::POST, "/test/session").json(&set)).await;
        let (_, verdict) = visitor.verdict().await;
        assert_eq!(verdict["code"], code, "{order}");
        let said = format!("{SIGNED}{}.", verdict["message"].as_str().unwrap());
        for page in [visitor.page("/").await, visitor.page("/Invalid%20token").await] {
            assert!(in_words(&page).contains(&said), "{order}: {said}: {page}");
            assert!(!page.contains("anyone may have written"), "{order}");
        }
        let fields = [("action", "verify"), ("token", token.as_str())];
        let page = posted(&visitor, "/lab/inspect", &fields).await.body;
        let has_claims = page.contains("What the claims say");
        assert_eq!(in_words(&page).contains(&said), has_claims, "{order}: {page}");
        assert!(!page.contains("anyone may have written"), "{order}: {page}");
    }
}

#[tokio::test]
async fn a_token_refused_at_its_signature_or_before_may_be_anybody_s() {
    let app = TestApp::spawn();
    for attack in ["cut-signature", "alg-none", "lab-token-at-demo", "header-crit"] {
        let visitor = app.visitor();
        visitor.generate().await;
        if posted(&visitor, &format!("/lab/attacks/{attack}"), &[("action", "put")]).await.status != 303 {
            continue;
        }
        let page = visitor.page("/").await;
        assert!(
            page.contains("Not verified: the token is refused, so anyone may have written its claims."),
            "{attack}"
        );
        assert!(!page.contains("Signed by this server"), "{attack}");
    }
}

#[tokio::test]
async fn on_the_bench_a_token_that_the_given_key_signed_is_not_called_forgeable() {
    let app = TestApp::spawn();
    let key = ("key", "0123456789abcdef0123456789abcdef");
    let claims = r#"{"sub":"eve","exp":1}"#;
    let order = serde_json::json!({ "action": "sign", "key": key.1, "claims": claims });
    let visitor = app.visitor();
    let token = Answer::to(visitor.request(Method::POST, "/lab/inspect").json(&order)).await.text("token");
    let verify = async |fields: &[(&str, &str)]| {
        let fields: Vec<_> = [("action", "verify"), ("token", token.as_str())].iter().chain(fields).copied().collect();
        posted(&visitor, "/lab/inspect", &fields).await.body
    };
    let page = verify(&[key]).await;
    assert!(page.contains("Signed with the given key, refused because the token expired"), "{page}");
    assert!(!page.contains("anyone may have written"), "{page}");
    let page = verify(&[("key", "another-secret-another-secret-32")]).await;
    assert!(page.contains("Not verified: the token is refused, so anyone may have written its claims."), "{page}");
    let page = posted(&visitor, "/lab/inspect", &[("action", "decode"), ("token", &token)]).await.body;
    assert!(page.contains("Not verified: anyone may have written this."), "{page}");
}

/// The page with its marks of code as messages spell them.
fn in_words(page: &str) -> String {
    page.replace("<code>", "`").replace("</code>", "`").replace("&#39;", "'").replace("&#34;", "\"")
}
