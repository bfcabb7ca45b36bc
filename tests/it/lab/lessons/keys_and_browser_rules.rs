//! Four lessons over HTTP: keys in the header, a weak secret, the cookie laboratory and cross-site forms. Each is
//! solved by its own solution's text, near misses are named, and nothing that was typed or done is lost.

use std::fs;
use std::net::TcpListener;
use std::process::Command;

use hallpass::keys::{Algorithm, GivenKey, Jwk};
use hallpass::lab::common_secrets;
use hallpass::lab::lessons::{Lesson, cookie_laboratory, weak_secret};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::app::{Answer, START, TestApp, location, set_cookies};
use crate::html::{between, fields, form_with, unescaped, value_of, words};
use crate::lab::lesson_page::{LARGEST_PAGE, LessonPage, SOLVED, marked};
use crate::tools;

// Keys in the header.

const KEYS: &str = "keys-in-the-header";

/// The attacker's public key on the page.
fn public_jwk(page: &str) -> String {
    let rest = page.split_once("public-key\" tabindex=\"0\"><code>").unwrap().1;
    unescaped(rest.split_once("</code>").unwrap().0)
}

#[tokio::test]
async fn a_token_chooses_its_key_as_the_solution_says() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, KEYS).await;
    let [member, value, with, send] = marked(KEYS)[..] else { panic!() };
    let (member, with) = (value_of(page.body(), member), value_of(page.body(), with));
    page.set("member", &member).set("value", value).set("with", &with).press(send).await;
    page.says("Mallory is Admin now: she can change 3 grades.").says("with a secret of no bytes");
    assert_eq!((page.strict().as_str(), page.body().matches(" changed\"").count()), ("unknown_kid", 3));
    assert!(page.body().contains("verdict-card damage") && page.body().contains("/dev/null</textarea>"));
    page.assert_solved().await;
}

#[tokio::test]
async fn each_of_the_five_members_fools_the_naive_verifier_and_the_strict_one_refuses() {
    let app = TestApp::spawn();
    for (member, value, with, code) in [
        ("kid-path", "../../../../dev/null", "empty", "unknown_kid"),
        ("kid-sql", "' UNION SELECT 'x", "secret", "unknown_kid"),
        ("jwk", "", "attacker", "header_not_allowed"),
        ("jku", "https://attacker.example/jwks.json", "attacker", "header_not_allowed"),
        ("x5u", "https://attacker.example/jwks.json", "attacker", "header_not_allowed"),
    ] {
        let mut page = LessonPage::open(&app, KEYS).await;
        let jwk = public_jwk(page.body());
        let value = if value.is_empty() { jwk.as_str() } else { value };
        page.set("member", member).set("value", value).set("with", with).set("secret", "x");
        page.press("Forge and send").await;
        assert_eq!(page.strict(), code, "{member}");
        page.assert_solved().await;
    }
}

/// The page shows the way that belongs to the chosen member, and each way solves the lesson.
#[tokio::test]
async fn each_member_has_a_solution_of_its_own_and_it_can_be_followed() {
    let app = TestApp::spawn();
    let lesson = Lesson::find(KEYS).unwrap();
    assert_eq!(lesson.solution.others.len(), 4);
    for (member, way) in ["kid-sql", "jwk", "jku", "x5u"].into_iter().zip(&lesson.solution.others) {
        let mut page = LessonPage::open(&app, KEYS).await;
        page.set("member", member);
        while ["Show a hint", "Another hint", "Show the solution"].iter().any(|label| page.has_button(label)) {
            page.ask_for_a_hint().await;
            page.set("member", member);
        }
        let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat(&words(page.body())).contains(&flat(way.says.plain())), "{member}: {}", page.body());
        let marks: Vec<&str> = way.says.markdown().split(['`', '*']).skip(1).step_by(2).collect();
        assert_eq!(value_of(page.body(), marks[0]), member);
        let typed = way.says.markdown().split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
        let value = if member == "jwk" { public_jwk(page.body()) } else { typed[0].clone() };
        let with = if marks.iter().any(|mark| flat(mark) == "my private key") { "attacker" } else { "secret" };
        page.set("value", &value).set("with", with).set("secret", typed.get(1).map_or("", String::as_str));
        page.press("Forge and send").await;
        page.assert_solved().await;
    }
}

#[tokio::test]
async fn the_attacker_s_key_is_none_that_this_server_trusts() {
    let app = TestApp::spawn();
    let page = LessonPage::open(&app, KEYS).await;
    let shown: Value = serde_json::from_str(&public_jwk(page.body())).unwrap();
    assert_eq!(shown.as_object().unwrap().keys().collect::<Vec<_>>(), ["kty", "n", "e"], "only the public key");
    let trusted = serde_json::to_value(Jwk::from(app.ring().lab().public())).unwrap();
    assert_ne!(trusted["n"], shown["n"]);
    let published = page.visitor.page("/.well-known/jwks.json").await;
    assert!(published.contains("\"n\"") && !published.contains(shown["n"].as_str().unwrap()), "{published}");
}

#[tokio::test]
async fn a_member_with_the_wrong_key_is_a_near_miss_and_nothing_is_fetched_or_opened() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let here = format!("http://{}/jwks.json", listener.local_addr().unwrap());
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, KEYS).await;
    let secret = app.keys().join("hs256.secret");
    for (member, value, with, says, code) in [
        ("jku", here.as_str(), "attacker", "must lead to your own site", "header_not_allowed"),
        ("x5u", &here, "attacker", "must lead to your own site", "header_not_allowed"),
        ("jwk", &here, "attacker", "must be a whole public key as JSON", "header_not_allowed"),
        ("kid-path", &here, "empty", "not to a file whose content you know", "unknown_kid"),
        ("kid-path", secret.to_str().unwrap(), "empty", "not to a file whose content you know", "unknown_kid"),
        ("kid-path", "/dev/null", "attacker", "So the key is empty too", "unknown_kid"),
        ("kid-sql", "' OR 1=1 --", "secret", "Close the quote", "unknown_kid"),
        ("kid-sql", "' UNION SELECT 'y", "secret", "Sign with exactly this text", "unknown_kid"),
        ("jku", "https://attacker.example/", "empty", "another key signed", "header_not_allowed"),
        ("jku", "", "attacker", "Write a value for jku", "header_not_allowed"),
    ] {
        page.set("member", member).set("value", value).set("with", with).set("secret", "x");
        page.press("Forge and send").await.misses(says);
        assert_eq!(page.strict(), code, "{member} {value}");
    }
    assert!(listener.accept().is_err(), "the server followed an address");
}

#[tokio::test]
async fn a_token_that_was_forged_with_other_tools_is_judged_by_itself() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, KEYS).await;
    let private = page.body().split("<code>{\n").nth(1).unwrap().split_once("</code>").unwrap().0;
    let key = GivenKey::from_jwk(unescaped(&format!("{{{private}")).as_bytes(), "the pair on the page").unwrap();
    let signer = key.signer(Some(Algorithm::Rs256)).unwrap();
    let jwk: Value = serde_json::from_str(&public_jwk(page.body())).unwrap();
    let forged = |subject: &str, exp: i64, header: Value| {
        let payload = json!({ "sub": subject, "iat": START, "exp": exp });
        hallpass::token::sign(header.to_string(), payload.to_string(), &signer).unwrap().into_string()
    };
    let brings = json!({ "alg": "RS256", "jwk": jwk });
    let long = "x".repeat(9000);
    page.set("member", "jwk");
    for (token, hint) in [
        (forged("bob", START + 60, brings.clone()), "accepts your token, for bob"),
        (forged("admin", START - 1, brings.clone()), "your token has expired"),
        (forged("admin", START + 60, json!({ "alg": "RS256", "kid": "/dev/null" })), "has no jwk"),
        ("no token".to_owned(), "This is not a token: a token has three parts, and this text has 1."),
        (String::new(), "The field is empty. Paste your token into it."),
        (long, "It has 9000 bytes"),
    ] {
        page.set("brought", &token).press("Send my token").await.misses(hint);
    }
    page.set("brought", &forged("admin", START + 60, brings)).press("Send my token").await;
    page.says("The token that you sent");
    page.assert_solved().await;
}

// Guessing a weak secret.

const WEAK: &str = "weak-secret";

#[tokio::test]
async fn the_weak_secret_is_found_by_the_lesson_s_own_solution() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, WEAK).await;
    let [guess, secret, name, sub, sign] = marked(WEAK)[..] else { panic!() };
    assert!(!page.body().contains(&format!(">{sign}</button>")), "the second step comes after the first");
    page.press(guess).await.says("Step done. 1 of 2 parts done.").says("The portal saw none of it.");
    page.set("sub", name).press(sign).await.misses("No secret is typed yet. Type the word that was found into Secret.");
    assert!(!page.is_solved());
    for (label, field) in [(secret, "secret"), (sub, "sub")] {
        assert!(page.body().contains(&format!("<label for=\"{field}\">{label}</label>")), "{label}");
    }
    let rest = page.body().split_once("class=\"found\"><code>").unwrap().1;
    let word = rest.split_once('<').unwrap().0.to_owned();
    assert_eq!(word, weak_secret::secret_of(&page.field("case")));
    page.set("secret", &word).set("sub", name).press(sign).await;
    page.says("2 of 2 parts done. Mallory is Admin now: she can change 3 grades.");
    page.assert_solved().await;
    assert!(!app.visitor().page("/lab/lessons/weak-secret").await.contains(SOLVED));
}

#[tokio::test]
async fn the_list_misses_a_generated_secret_and_the_page_says_how_long_all_would_take() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, WEAK).await;
    page.press("Try the list").await.says("a token with a random secret").says("nothing").says("takes more than 10");
    let mut page = LessonPage::open(&app, WEAK).await;
    page.visitor.generate().await;
    page.press("Try the list").await.says("the token in your session").says("nothing");
}

#[tokio::test]
async fn near_misses_with_the_secret_are_named_and_what_was_typed_stays() {
    let app = TestApp::spawn();
    // A victim whose secret has letters, so that there is another case.
    let (mut page, word) = loop {
        let mut page = LessonPage::open(&app, WEAK).await;
        page.press("Try the list").await;
        let word = weak_secret::secret_of(&page.field("case"));
        if word.to_uppercase() != word.to_lowercase() {
            break (page, word);
        }
    };
    let other = common_secrets::words().find(|it| !it.eq_ignore_ascii_case(word)).unwrap();
    let upper = if word == word.to_uppercase() { word.to_lowercase() } else { word.to_uppercase() };
    let long = "x".repeat(65);
    for (secret, sub, hint) in [
        (format!("{word} ").as_str(), "admin", "a space or a line break beside it"),
        (&upper, "admin", "in another case"),
        ("not on any list", "admin", "some other secret made it"),
        (other, "admin", "but another one signed Bob's token"),
        ("", "admin", "Type the word that was found into Secret"),
        (word, "", "Type into New sub"),
        (word, "bob", "accepts the token, for bob"),
        (word, "teacher", "accepts the token, for teacher"),
        (&long, "admin", "and yours has 65"),
        ("{\"kty\":\"oct\"}", "admin", "a word, not a key"),
    ] {
        page.set("secret", secret).set("sub", sub).press("Sign and send").await.misses(hint);
        let kept = fields(&form_with(page.body(), "Sign and send"));
        let value = |name: &str| kept.iter().find(|(found, _)| found == name).unwrap().1.clone();
        assert_eq!((value("secret").as_str(), value("sub").as_str()), (secret, sub), "{hint}");
    }
}

#[tokio::test]
async fn a_token_of_other_tools_is_judged_like_one_of_the_page() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, WEAK).await;
    page.press("I use my own tools").await.says("Find the secret with your own tools.");
    let word = weak_secret::secret_of(&page.field("case"));
    let signed = |secret: &str, subject: &str| {
        let key = jsonwebtoken::EncodingKey::from_secret(secret.as_bytes()).unwrap();
        let claims = json!({ "sub": subject, "iat": START, "exp": START + 3600 });
        jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).unwrap()
    };
    let victim = page.field("token");
    let long = "x".repeat(12_000);
    for (token, hint) in [
        (signed(&format!("{word}\n"), "admin"), "a space or a line break beside it"),
        (signed(word, "bob2"), "accepts the token, for bob2"),
        (victim, "This is Bob's own token"),
        (signed("not on any list", "admin"), "some other secret made it"),
        (signed(&format!("\"{word}\""), "admin"), "with quotation marks around it"),
        (format!("{}=", signed(word, "admin")), "the secret and the HMAC are right"),
        ("a.b".to_owned(), "This is not a token: a token has three parts, and this text has 2."),
        (long, "This is not a token."),
    ] {
        page.set("forged", &token).press("Send my token").await.misses(hint);
    }
    let token = signed(word, "admin");
    app.advance(3600);
    page.set("forged", &token).press("Send my token").await.misses("your token has expired");
    app.clock.advance(-chrono::TimeDelta::seconds(1));
    page.press("Send my token").await.says("Mallory is Admin now");
    page.assert_solved().await;
}

#[tokio::test]
async fn the_word_list_can_be_downloaded_and_has_every_victim_s_secret() {
    let app = TestApp::spawn();
    let page = LessonPage::open(&app, WEAK).await;
    let address = "/lab/lessons/weak-secret/words.txt";
    assert!(page.body().contains(&format!("href=\"{address}\"")));
    let answer = Answer::to(page.visitor.request(Method::GET, address)).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/plain; charset=utf-8"));
    let words: Vec<&str> = answer.body.lines().collect();
    assert_eq!(words, common_secrets::words().collect::<Vec<_>>());
    assert!((0..50).all(|case| words.contains(&weak_secret::secret_of(&case.to_string()))));
    assert_eq!(Answer::to(page.visitor.request(Method::POST, address)).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lines_for_one_s_own_tools_print_the_victim_s_secret() {
    let Some(python) = tools::named_by("HALLPASS_TEST_PYTHON") else { return };
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, WEAK).await;
    let case = between(page.body(), "name=\"case\" value=\"", "\"").unwrap().to_owned();
    page.press("I use my own tools").await;
    let lines = unescaped(between(page.body(), "<pre><code>python3 ", "</code>").unwrap());
    let folder = TempDir::new().unwrap();
    let words: Vec<&str> = common_secrets::words().collect();
    fs::write(folder.path().join("words.txt"), words.join("\n")).unwrap();
    let script = format!("{} {lines}", python.display());
    let run = Command::new("sh").args(["-c", &script]).current_dir(folder.path()).output().unwrap();
    let printed = String::from_utf8_lossy(&run.stdout).trim().to_owned();
    assert_eq!(printed, weak_secret::secret_of(&case), "{}", String::from_utf8_lossy(&run.stderr));
}

// The cookie laboratory.

const LABORATORY: &str = "cookie-laboratory";

impl LessonPage {
    /// Presses *Set the cookie*, and drops the cookie's line as a browser does that refuses it.
    async fn set_refused(&mut self) {
        let sent = self.submission("Set the cookie", &[]);
        let answer = self.post(&sent).await;
        let next = answer.header("location");
        assert!(next.ends_with("#verdict"), "{next}");
        self.visitor.request(Method::POST, &self.path()).form(&[("step", "clear")]).send().await.unwrap();
        self.show(Answer::to(self.visitor.request(Method::GET, next)).await);
    }
}

#[tokio::test]
async fn the_cookie_laboratory_is_solved_by_its_solution() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, LABORATORY).await;
    let [none, absent, root, no_age, comes, set, host, refused, _, _, elsewhere, kept, _] = marked(LABORATORY)[..]
    else {
        panic!("{:?}", marked(LABORATORY))
    };
    let value = |page: &LessonPage, words: &str| value_of(page.body(), words);
    for (field, words) in [("prefix", none), ("same-site", absent), ("path", root), ("max-age", no_age)] {
        let chosen = value(&page, words);
        page.set(field, &chosen);
    }
    let chosen = value(&page, comes);
    page.set("expect", &chosen).press(set).await;
    page.says("1 of 3 parts done.").says("sent it back");

    // The test's client knows no prefixes; a browser drops this line, which is as if it had never come.
    let (prefix, fate) = (value(&page, host), value(&page, refused));
    page.set("prefix", &prefix).set("expect", &fate).set_refused().await;
    page.says("2 of 3 parts done.").says("__Host- without Secure: refused");

    let (prefix, path, fate) = (value(&page, none), value(&page, elsewhere), value(&page, kept));
    page.set("prefix", &prefix).set("path", &path).set("expect", &fate).set_refused().await;
    page.says("3 of 3 parts done.").says("Solved.");
    assert!(page.is_solved());
}

#[tokio::test]
async fn the_cookie_laboratory_credits_only_a_prediction_with_the_right_reason() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, LABORATORY).await;
    page.press("Set the cookie").await.misses("Nothing is predicted yet, so no cookie was set.");
    for (choices, hint) in [
        (&[("expect", "refused")][..], "It came back. So no rule refused it"),
        (&[("expect", "comes"), ("path", "elsewhere")], "One of the rules below decided that."),
        (&[("expect", "refused"), ("path", "elsewhere")], "The browser accepted it first."),
        (&[("expect", "deleted"), ("path", "elsewhere")], "Its time is not over."),
        (&[("expect", "elsewhere"), ("max-age", "0")], "Look at how long it may live."),
    ] {
        page.set("path", "root").set("max-age", "none");
        for (field, value) in choices {
            page.set(field, value);
        }
        page.press("Set the cookie").await.misses(hint);
        assert!(!page.body().contains("Done: "), "{choices:?}");
    }
    page.press("Drop them all").await.says("dropped the cookies");
    assert!(page.body().contains("value=\"0\" checked"), "the choices stay");

    let answer = page.visitor.request(Method::POST, &page.path()).form(&[("step", "clear")]).send().await.unwrap();
    assert!(
        set_cookies(&answer).iter().filter(|line| line.contains("lab-cookie")).all(|line| line.contains("Max-Age=0"))
    );
}

#[tokio::test]
async fn without_a_prediction_no_cookie_is_set_and_nothing_is_shown_of_it() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, LABORATORY).await;
    let answer = page.post(&page.submission("Set the cookie", &[("path", "elsewhere")])).await;
    assert!(!answer.headers.get_all("set-cookie").iter().any(|line| line.to_str().unwrap().contains("lab-cookie")));
    assert!(answer.body.contains("value=\"elsewhere\" checked"), "the choices stay: {}", answer.body);
    assert!(!answer.body.contains("The rules say") && answer.body.contains("href=\"#predict\""), "{}", answer.body);
    page.set("expect", "comes").press("Set the cookie").await.says("1 of 3 parts done.");
}

#[tokio::test]
async fn only_the_rules_that_refuse_are_listed_for_a_cookie_that_was_refused() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, LABORATORY).await;
    page.set("prefix", "host").set("path", "elsewhere").set("max-age", "0").set("expect", "refused");
    page.set_refused().await;
    page.says("__Host- without Secure: refused").says("The rest does not matter: the cookie was refused.");
    let outcome = words(page.outcome());
    for other in ["kept, and not sent", "Max-Age=0: its time", "No SameSite"] {
        assert!(!outcome.contains(other), "{other}: {outcome}");
    }
    page.set("prefix", "none").set("max-age", "none").set("expect", "elsewhere").press("Set the cookie").await;
    page.says("kept, and not sent to this page");
    assert!(!page.body().contains("The rest does not matter"));
}

#[tokio::test]
async fn finished_parts_survive_another_tab_and_a_lost_cookie() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, LABORATORY).await;
    page.set("expect", "comes").press("Set the cookie").await.says("1 of 3 parts done.");
    let done = page.body().matches("Done: ").count();
    let other_tab = page.visitor.page(&page.path()).await;
    assert_eq!((done, other_tab.matches("Done: ").count()), (1, 1));
    page.set("path", "elsewhere").set("expect", "elsewhere").set_refused().await;
    page.says("2 of 3 parts done.");
    assert_eq!(cookie_laboratory::Parts::parse("comes.accepted").done_count(), 2);
}

/// A link to the laboratory that says what its own redirect says.
fn laboratory_link(fields: &str) -> String {
    format!("/lab/lessons/{LABORATORY}?prefix=host&same-site=lax&path=root&max-age=none&{fields}")
}

#[tokio::test]
async fn a_link_that_no_press_led_to_makes_no_progress_in_the_cookie_laboratory() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, LABORATORY).await;
    page.set("expect", "comes").press("Set the cookie").await.says("1 of 3 parts done.");
    let told = laboratory_link("expect=refused&parts=comes.accepted&value=abcd1234");
    for visitor in [&page.visitor, &app.visitor()] {
        for address in [told.clone(), format!("{told}&seal=AAAA")] {
            let request = visitor.request(Method::GET, &address).header("sec-fetch-site", "cross-site");
            let answer = Answer::to(request).await;
            assert!(answer.body.contains("does not come from a press in this browser"), "{}", answer.body);
            assert!(!answer.body.contains(SOLVED) && !answer.body.contains("parts done"), "{}", answer.body);
        }
    }
    let forged = "lab-parts=comes.refused.accepted";
    assert!(!app.visitor().with_cookie(&page.path(), forged).await.text().await.unwrap().contains("Done: "));
    assert_eq!(page.visitor.page(&page.path()).await.matches("Done: ").count(), 1);
}

#[tokio::test]
async fn a_sealed_address_counts_for_its_own_visitor_and_as_it_is() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, LABORATORY).await;
    page.set("expect", "comes");
    let sealed = page.post(&page.submission("Set the cookie", &[])).await.header("location").to_owned();
    let stranger = LessonPage::open(&app, LABORATORY).await;
    stranger.post(&stranger.submission("Set the cookie", &[("expect", "comes")])).await;
    assert!(!stranger.visitor.page(&sealed).await.contains("parts done"));
    let changed = sealed.replace("expect=comes", "expect=refused");
    assert!(changed != sealed && !page.visitor.page(&changed).await.contains("parts done"));
    let in_view = sealed.replace('?', "?view=do-1&");
    for address in [sealed, in_view] {
        let shown = page.visitor.page(&address).await;
        assert!(
            shown.contains("1 of 3 parts done."),
            "{address}: {}",
            between(&shown, "id=\"verdict\"", "</section>").unwrap()
        );
    }
}

// Cross-site forms.

const FORMS: &str = "cross-site-forms";

/// A form as a browser sends it from the attacker's page.
async fn attack(app: &TestApp, method: Method, step: &str, cookies: &str) -> Answer {
    let request = app.visitor().request(method, &format!("/lab/lessons/cross-site-forms/{step}"));
    let request = request.header("accept", "text/html").header("sec-fetch-site", "cross-site");
    let request = request.header("origin", "http://localhost:1").header("cookie", cookies);
    Answer::to(request.form(&[("admin", "mallory")])).await
}

#[tokio::test]
async fn a_cross_site_form_is_refused_where_the_defence_is_on_and_the_refusal_explains_itself() {
    let app = TestApp::spawn();
    let refused = attack(&app, Method::POST, "transfer", "lab-none=1").await;
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("403 <code>cross_site</code>") && refused.body.contains("http://localhost:1"));
    assert!(refused.body.contains("verdict-card safe") && refused.body.contains("Blocked."));
    assert_eq!(refused.body.matches("→</span> yes").count(), 1, "of three cookies one came");
    assert!(refused.header("content-security-policy").contains("form-action 'self'"));
    assert!(refused.header("set-cookie").starts_with(&format!("lab-came-defended={START}.lab-none~")));
    assert!(refused.header("set-cookie").contains("; SameSite=Lax; HttpOnly; "));

    let open = attack(&app, Method::POST, "undefended", "lab-none=1").await;
    assert!(open.status == 200 && open.body.contains("Mallory is Admin now: she can change 3 grades."));
    assert!(open.header("set-cookie").starts_with(&format!("lab-came-undefended={START}.lab-none~")));
    let open = attack(&app, Method::POST, "undefended", "other=1").await;
    assert!(
        !open.body.contains("Admin now")
            && open.header("set-cookie").starts_with(&format!("lab-came-undefended={START}~"))
    );
    let get = attack(&app, Method::GET, "transfer", "lab-lax=1; lab-none=1").await;
    assert!(get.status == 200 && get.body.contains("with the <code>Lax</code> cookie"), "{}", get.body);
    assert!(get.header("set-cookie").starts_with(&format!("lab-came-get={START}.lab-lax.lab-none~")));
    let own = app.visitor().request(Method::GET, "/lab/lessons/cross-site-forms/transfer");
    let own = Answer::to(own.header("sec-fetch-site", "same-origin")).await;
    assert!(own.body.contains("nothing to refuse") && own.header("set-cookie").is_empty());
    let sibling = app.visitor().request(Method::GET, "/lab/lessons/cross-site-forms/transfer");
    let sibling = Answer::to(sibling.header("sec-fetch-site", "same-site")).await;
    assert!(sibling.body.contains("of another domain") && sibling.header("set-cookie").is_empty());
}

#[tokio::test]
async fn the_remarks_on_a_report_stay_beside_a_hint() {
    let app = TestApp::spawn();
    let mut records = Vec::new();
    for (method, step) in [(Method::GET, "transfer"), (Method::POST, "transfer"), (Method::POST, "undefended")] {
        let answer = attack(&app, method, step, "lab-lax=1; lab-none=1").await;
        records.push(answer.header("set-cookie").split(';').next().unwrap().to_owned());
    }
    let report = [("get-lab-lax", "on"), ("refused", "cookie"), ("last_step", "check"), ("last_press", "wrong")];
    for step in ["check", "hint"] {
        let request = app.visitor().request(Method::POST, &format!("/lab/lessons/{FORMS}"));
        let request = request.header("cookie", records.join("; ")).header("accept", "text/html");
        let fields = [&report[..], &[("step", step), ("last_says", "x")]].concat();
        let page = Answer::to(request.form(&fields)).await.body;
        let outcome = words(between(&page, "id=\"verdict\"", "</section>").unwrap());
        assert!(outcome.contains("0 of 3 parts done.") && outcome.contains("Refused: compare the two"), "{outcome}");
    }
}

#[tokio::test]
async fn only_the_one_address_takes_a_form_from_elsewhere() {
    let app = TestApp::spawn();
    for step in ["transfer", "attacker", "undefended/", "%75ndefended", "undefended/x", "UNDEFENDED"] {
        assert_eq!(attack(&app, Method::POST, step, "a=1").await.status, 403, "{step}");
    }
    let lesson = app.visitor().request(Method::POST, "/lab/lessons/cross-site-forms");
    let lesson = lesson.header("origin", "http://localhost:1").form(&[("step", "set")]);
    assert_eq!(Answer::to(lesson).await.status, 403);
    let json = app.visitor().request(Method::POST, "/lab/lessons/cross-site-forms/transfer");
    let json = Answer::to(json.header("sec-fetch-site", "cross-site").form(&[("to", "mallory")])).await;
    assert_eq!((json.status, json.text("error").as_str()), (403, "cross_site"), "a program gets what it always gets");
}

#[tokio::test]
async fn the_attacker_s_forms_may_lead_to_the_other_name_and_nowhere_else() {
    let app = TestApp::spawn();
    let (own, port) = (app.host(), app.host().split(':').nth(1).unwrap());
    let address = "/lab/lessons/cross-site-forms/attacker";
    let page = Answer::to(app.visitor().request(Method::GET, address)).await;
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains(&format!("form-action http://localhost:{port};")) && !policy.contains("form-action 'self'")
    );
    assert!(policy.contains("default-src 'none'; script-src 'self'") && policy.contains("frame-ancestors 'none'"));
    let page =
        Answer::to(app.visitor().request(Method::GET, address).header("host", format!("localhost:{port}"))).await;
    assert!(page.header("content-security-policy").contains(&format!("form-action http://{own};")));
    assert!(page.body.contains(&format!("action=\"http://{own}/lab/lessons/cross-site-forms/undefended\"")));
}

#[tokio::test]
async fn where_there_is_no_second_site_the_lesson_says_so_and_takes_no_copied_answer() {
    let public = TestApp::with(&[("public-url", "https://hallpass.example"), ("credentials", "any")]);
    let ask = |method, path: &str| public.visitor().request(method, path).header("host", "hallpass.example");
    assert_eq!(Answer::to(ask(Method::GET, "/lab/lessons/cross-site-forms/attacker")).await.status, 404);
    let skipped = Answer::to(ask(Method::POST, "/lab/lessons/cross-site-forms").form(&[("step", "check")])).await;
    assert!(skipped.body.contains("This lesson needs two sites") && !skipped.body.contains("/attacker"));
    assert!(skipped.body.contains("<code>--second-origin https://forms.example</code>"));
    let told = [("get-lab-lax", "on"), ("get-lab-none", "on"), ("post-lab-none", "on"), ("refused", "server")];
    let lesson = Answer::to(ask(Method::POST, "/lab/lessons/cross-site-forms").form(&told)).await;
    assert!(!lesson.body.contains(SOLVED) && lesson.body.contains("has not sent all three forms"), "{}", lesson.body);
}

#[tokio::test]
async fn with_a_second_origin_the_lesson_runs_there_and_that_origin_is_trusted_like_any_other() {
    let settings =
        [("public-url", "https://portal.example"), ("second-origin", "https://forms.example"), ("credentials", "any")];
    let app = TestApp::with(&settings);
    let visitor = app.visitor();
    let ask = |method, path: &str, host: &str| visitor.request(method, path).header("host", host);
    let path = "/lab/lessons/cross-site-forms";
    let skip = ask(Method::POST, path, "portal.example").form(&[("step", "check")]);
    let lesson = Answer::to(skip).await.body;
    assert!(lesson.contains("At <code>https://forms.example</code>") && !lesson.contains("seem to be one site"));
    let page = Answer::to(ask(Method::GET, &format!("{path}/attacker"), "forms.example")).await;
    assert!(page.header("content-security-policy").contains("form-action https://portal.example;"));

    let from_there = |path: &str| {
        let request = ask(Method::POST, path, "portal.example").header("accept", "text/html");
        request.header("origin", "https://forms.example").form(&[("algorithm", "RS256")])
    };
    for (path, status) in
        [("/algorithm", 403), ("/logout", 403), ("/lab/reset", 403), (path, 403), ("/lab/lessons/anatomy", 403)]
    {
        assert_eq!(Answer::to(from_there(path)).await.status, status, "{path}");
    }
    let undefended = from_there(&format!("{path}/undefended")).header("sec-fetch-site", "cross-site");
    assert_eq!(Answer::to(undefended).await.status, 200);
    assert_eq!(Answer::to(ask(Method::GET, "/", "other.example")).await.status, 421);

    let sibling = TestApp::with(&[settings[0], ("second-origin", "https://clubs.portal.example"), settings[2]]);
    let skip = sibling.visitor().request(Method::POST, path).header("host", "portal.example");
    let lesson = Answer::to(skip.form(&[("step", "check")])).await.body;
    assert!(lesson.contains("seem to be one site") && lesson.contains("of another domain"), "{lesson}");
}

#[tokio::test]
async fn cross_site_forms_is_solved_by_a_report_of_what_this_browser_sent() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let path = "/lab/lessons/cross-site-forms";
    let answer = visitor.request(Method::POST, path).form(&[("step", "set")]).send().await.unwrap();
    let lines = set_cookies(&answer);
    assert!(lines[0].starts_with("lab-strict=1; SameSite=Strict; HttpOnly"), "{lines:?}");
    assert!(
        lines[1].starts_with("lab-lax=1; SameSite=Lax; ")
            && lines[2].starts_with("lab-none=1; SameSite=None; Secure; ")
    );
    assert!(location(&answer).ends_with("?step=set#verdict"), "{}", location(&answer));

    // The test's client does not send Secure over http; a browser does on loopback.
    let all = "lab-strict=1; lab-lax=1; lab-none=1";
    let page = visitor.with_cookie(&format!("{path}?step=set"), all).await.text().await.unwrap();
    assert!(words(&page).contains("Your browser keeps lab-strict, lab-lax, lab-none"));
    assert!(page.contains("Open Mallory’s page") && !page.contains(">Check the report</button>"));

    let report = async |cookies: &str, fields: &[(&str, &str)]| {
        let request = visitor.request(Method::POST, path).header("cookie", cookies).header("accept", "text/html");
        Answer::to(request.form(fields)).await.body
    };
    let table = [("get-lab-lax", "on"), ("get-lab-none", "on"), ("post-lab-none", "on"), ("refused", "server")];
    let recorded = async |get: &str, defended: &str, undefended: &str| {
        let mut records = Vec::new();
        for (method, step, cookies) in [
            (Method::GET, "transfer", get),
            (Method::POST, "transfer", defended),
            (Method::POST, "undefended", undefended),
        ] {
            let answer = attack(&app, method, step, cookies).await;
            records.push(answer.header("set-cookie").split(';').next().unwrap().to_owned());
        }
        records
    };
    let (lax, none, both) = ("lab-lax=1", "lab-none=1", "lab-lax=1; lab-none=1");
    let usual = recorded(both, none, none).await;
    let page = report(&usual[1..].join("; "), &table).await;
    assert!(page.contains("Still missing: <em>Send by GET</em>.") && !page.contains(SOLVED), "{page}");
    for (records, expected) in [
        (recorded(lax, "a=1", "a=1").await, "1 of 3 parts done."),
        (recorded(both, "a=1", none).await, "the cookies changed"),
        // A record that the visitor wrote, and one of another form.
        (usual.iter().map(|record| record.replace(".lab-none~", "~")).collect(), "has not sent all three forms"),
        (vec![usual[0].clone(), usual[1].clone(), usual[1].replace("defended", "undefended")], "Still missing: "),
    ] {
        let page = report(&records.join("; "), &table).await;
        assert!(page.contains(expected) && !page.contains(SOLVED), "{expected}: {page}");
    }
    let usual = usual.join("; ");
    for (wrong, hint) in [
        (("post-lab-lax", "on"), "your browser did not send lab-lax"),
        (("get-lab-strict", "on"), "your browser did not send lab-strict"),
    ] {
        let page = report(&usual, &[&table[..], &[wrong]].concat()).await;
        assert!(page.contains("2 of 3 parts done.") && words(&page).contains(hint), "{page}");
        assert!(page.contains(&format!("name=\"{}\" checked", wrong.0)), "what was ticked stays");
    }
    let page = report(&usual, &[&table[..3], &[("refused", "cookie")]].concat()).await;
    assert!(page.contains("compare the two POST forms") && !page.contains(SOLVED), "{page}");
    let without_none = recorded(lax, "a=1", "a=1").await.join("; ");
    app.advance(3601);
    assert!(report(&usual, &table).await.contains("has not sent all three forms"), "a record counts for an hour");
    app.advance(-3601);
    assert!(report(&usual, &table).await.contains(SOLVED));
    assert!(report(&without_none, &[("get-lab-lax", "on"), ("refused", "server")]).await.contains(SOLVED));
}

#[tokio::test]
async fn the_way_back_from_mallory_s_page_leads_to_the_verdict_with_what_came() {
    let app = TestApp::spawn();
    let path = "/lab/lessons/cross-site-forms";
    let mut records = vec!["lab-lax=1".to_owned()];
    let port = app.host().split(':').nth(1).unwrap();
    let address = format!("{path}/attacker");
    let other = app.visitor().request(Method::GET, &address).header("host", format!("localhost:{port}"));
    let mallory = Answer::to(other).await.body;
    assert!(mallory.contains(&format!("{path}?step=back#verdict\"")), "{mallory}");
    let visitor = app.visitor();
    visitor.skip_prediction(FORMS).await;
    let back = async |records: &[String]| {
        visitor.with_cookie(&format!("{path}?step=back"), &records.join("; ")).await.text().await.unwrap()
    };
    assert!(words(&back(&records).await).contains("→ Go on. 0 of 3 forms sent."));
    for (method, step, says) in [
        (
            Method::GET,
            "transfer",
            "1 of 3 forms sent. Still missing: Send by POST, defence on, Send by POST, defence off.",
        ),
        (Method::POST, "transfer", "2 of 3 forms sent. Still missing: Send by POST, defence off."),
        (Method::POST, "undefended", "3 of 3 forms sent. Now report what came with them."),
    ] {
        let answer = attack(&app, method, step, "lab-lax=1; lab-none=1").await;
        assert!(answer.body.contains(&format!("{path}?step=back#verdict\"")), "{}", answer.body);
        records.push(answer.header("set-cookie").split(';').next().unwrap().to_owned());
        let page = back(&records).await;
        assert!(words(&page).contains(says), "{says}: {}", words(&page));
    }
    let page = back(&records).await;
    let there = "/attacker?sent=get.defended.undefended\"";
    assert!(page.contains(there), "{page}");
    let marked = format!("{address}?sent=get.undefended.burn");
    let other = app.visitor().request(Method::GET, &marked).header("host", format!("localhost:{port}"));
    let mallory = Answer::to(other).await.body;
    assert_eq!(mallory.matches("</span> sent</span>").count(), 2, "{mallory}");
    assert!(mallory.contains("/transfer?sent=get.undefended\"") && !mallory.contains("<header"), "{mallory}");
    let answer = attack(&app, Method::POST, "transfer?sent=get.undefended", "lab-none=1").await;
    assert!(answer.status == 403 && answer.body.contains(there), "{}", answer.body);
    let table = words(between(&page, "<table class=\"by-row\">", "</table>").unwrap());
    assert_eq!(table.matches("lab-lax, lab-none").count(), 3, "{table}");
    assert_eq!(page.matches(">403</td>").count(), 1);
    let line = between(&page, "role=\"status\">", "</p>").unwrap();
    assert!(line.contains("href=\"#report\"") && page.contains("<li id=\"report\">"), "{line}");

    let empty = visitor.request(Method::POST, path).header("cookie", records.join("; ")).form(&[("step", "check")]);
    let page = Answer::to(empty).await.body;
    assert!(words(&page).contains("GET: you ticked nothing"), "{page}");
}

#[tokio::test]
async fn the_hints_on_cross_site_forms_follow_each_step_and_each_part_of_the_report() {
    let app = TestApp::spawn();
    let hint = async |cookies: &str, fields: &[(&str, &str)]| {
        let request = app.visitor().request(Method::POST, "/lab/lessons/cross-site-forms").header("cookie", cookies);
        let answer = Answer::to(request.form(&[fields, &[("step", "hint")]].concat())).await;
        let mut hints = answer.body.split("<p class=\"hint\">").skip(1);
        let hint = words(hints.next().unwrap_or_default().split("</p>").next().unwrap());
        assert!(hints.next().is_none(), "{}", answer.body);
        hint
    };
    let mut records = Vec::new();
    for (method, step, cookies) in [
        (Method::GET, "transfer", "lab-lax=1; lab-none=1"),
        (Method::POST, "transfer", "lab-none=1"),
        (Method::POST, "undefended", "lab-none=1"),
    ] {
        let answer = attack(&app, method, step, cookies).await;
        records.push(answer.header("set-cookie").split(';').next().unwrap().to_owned());
    }
    let all = "lab-strict=1; lab-lax=1; lab-none=1";
    let [some, every] = [&records[..1], &records].map(|sent| format!("{all}; {}", sent.join("; ")));
    let [get, post] = [&[("get-lab-lax", "on"), ("get-lab-none", "on")][..], &[("post-lab-none", "on")]];
    let both = [get, post].concat();
    for (cookies, fields, says) in [
        ("other=1", &[][..], "Press the button of step 1"),
        (all, &[], "send all three forms there"),
        (&some, &[], "send all three forms there"),
        (&every, &[], "Send by GET is like a link"),
        (&every, post, "Send by GET is like a link"),
        (&every, get, "Which value of SameSite allows every request?"),
        (&every, &both, "Read the page of the form that was refused"),
        // The cookies are gone, and what came with the forms is known.
        (&records.join("; "), &both, "Read the page of the form that was refused"),
    ] {
        let hint = hint(cookies, fields).await;
        assert!(hint.contains(says), "{says}: {hint}");
    }
    let public = TestApp::with(&[("public-url", "https://hallpass.example"), ("credentials", "any")]);
    let request = public.visitor().request(Method::POST, "/lab/lessons/cross-site-forms");
    let page = Answer::to(request.header("host", "hallpass.example").form(&[("step", "hint")])).await;
    assert!(page.body.contains("Without a second site, no form can come from elsewhere."), "{}", page.body);
}

// Bad input.

/// A lesson, what its form is sent, and the status of the answer.
type Sent<'a> = (&'a str, &'a [(&'a str, &'a str)], u16);

#[tokio::test]
async fn what_no_form_of_these_lessons_sends_is_refused_in_words_and_is_never_a_fault() {
    let app = TestApp::spawn();
    let (long, longer, huge) = ("x".repeat(2001), "x".repeat(12_000), "x".repeat(20_000));
    let cases: &[Sent<'_>] = &[
        (KEYS, &[("member", "x5c")], 400),
        (KEYS, &[("member", "jwk"), ("with", "server")], 400),
        (KEYS, &[("value", &long)], 400),
        (KEYS, &[("step", "present"), ("member", "jwk"), ("brought", &longer)], 200),
        (WEAK, &[("do", "burn")], 400),
        (WEAK, &[("secret", "x")], 400),
        (WEAK, &[("do", "guess"), ("case", &longer)], 400),
        (WEAK, &[("do", "guess"), ("token", &longer)], 200),
        (WEAK, &[("do", "guess"), ("token", "\u{e9}.\u{0}.\u{e9}")], 200),
        (WEAK, &[("do", "guess"), ("token", &huge)], 413),
        (WEAK, &[("do", "sign"), ("secret", &longer), ("sub", "x")], 200),
        (WEAK, &[("do", "sign"), ("secret", "x"), ("sub", "\u{0}")], 200),
        (WEAK, &[("do", "sign"), ("secret", "-----BEGIN PUBLIC KEY-----"), ("sub", "x")], 200),
        (WEAK, &[("do", "present"), ("forged", &longer)], 200),
        (LABORATORY, &[("step", "set"), ("prefix", "\r\nSet-Cookie: a=b")], 400),
        (LABORATORY, &[("prefix", "none")], 400),
        (FORMS, &[("step", "check"), ("refused", "burn"), ("get-lab-strict", "\u{0}")], 200),
    ];
    for (slug, fields, status) in cases {
        let request = app.visitor().request(Method::POST, &format!("/lab/lessons/{slug}"));
        let answer = Answer::to(request.header("accept", "text/html").form(fields)).await;
        assert_eq!(answer.status, *status, "{slug} {:?}: {}", fields[0], answer.body);
        assert!(answer.body.contains("<h1>") && !answer.body.contains(SOLVED), "{slug} {:?}", fields[0]);
        assert!(answer.body.len() < LARGEST_PAGE, "{slug} {:?}: {}", fields[0], answer.body.len());
    }
    for (path, status) in [
        ("/lab/lessons/cookie-laboratory?value=00000000", 400),
        ("/lab/lessons/cookie-laboratory?value=00000000&prefix=no", 400),
        ("/lab/lessons/cookie-laboratory?value=nothing&parts=%00", 200),
        ("/lab/lessons/cross-site-forms/no", 404),
        ("/lab/lessons/weak-secret/no", 404),
    ] {
        assert_eq!(app.visitor().get(path).await.status(), status, "{path}");
    }
}

#[tokio::test]
async fn hostile_text_is_shown_as_text() {
    let app = TestApp::spawn();
    let marks = "<b>\"'`*&".repeat(60);
    for (slug, fields) in [
        (KEYS, vec![("member", "jwk"), ("with", "secret"), ("value", marks.as_str()), ("secret", marks.as_str())]),
        (KEYS, vec![("step", "present"), ("member", "kid-path"), ("brought", marks.as_str())]),
        (WEAK, vec![("do", "sign"), ("secret", "x"), ("sub", "<b>`*&"), ("forged", &marks)]),
        (WEAK, vec![("do", "present"), ("search", &marks), ("forged", &marks), ("token", &marks)]),
    ] {
        let request = app.visitor().request(Method::POST, &format!("/lab/lessons/{slug}"));
        let answer = Answer::to(request.header("accept", "text/html").form(&fields)).await;
        assert_eq!(answer.status, 200, "{slug}: {}", answer.body);
        assert!(!answer.body.contains("<b>"), "{}", answer.body);
    }
}
