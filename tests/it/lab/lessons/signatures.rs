//! Four lessons about signatures over HTTP: *Tamper with a token*, *HS256 or RS256*, *Key confusion* and *Recover the
//! public key*. Each is solved by its own solution's text, and its near misses are named.

use std::path::Path;
use std::process::Command;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hallpass::clock::{Clock as _, System};
use hallpass::lab::lessons::recover_the_public_key::PROGRAM;
use reqwest::Method;
use serde_json::Value;
use tempfile::TempDir;

use crate::app::{Answer, TestApp, fixture, part};
use crate::html::{attribute, between, unescaped, words};
use crate::lab::lesson_page::{LessonPage, SOLVED, marked};
use crate::tools;

const LESSONS: [&str; 3] = ["tamper", "hs256-or-rs256", "key-confusion"];

impl LessonPage {
    /// The value of the option that says so.
    fn option(&self, label: &str) -> String {
        let (before, _) = self.body().split_once(&format!(">{label}</option>")).unwrap();
        attribute(&before[before.rfind("<option").unwrap()..], "value").unwrap()
    }

    /// The name of the check box that says so, under this legend.
    fn check_box(&self, legend: &str, label: &str) -> String {
        let fields = between(self.body(), &format!("<legend>{legend}</legend>"), "</fieldset>").unwrap();
        let (before, _) = fields.split_once(&format!("<span>{label}</span>")).unwrap();
        attribute(&before[before.rfind("<input").unwrap()..], "name").unwrap()
    }

    /// The PEM file on the page: the public key of the lesson, or the recovered one.
    fn key_on_page(&self) -> Option<String> {
        between(self.body(), "<pre class=\"card\" tabindex=\"0\"><code>", "</code>").map(unescaped)
    }

    /// Solved now and remembered, for this reason.
    async fn assert_solved_as(&self, text: &str) {
        assert!(self.verdict().contains(text), "{text}: {}", self.verdict());
        self.assert_solved().await;
    }

    /// The parts of the token that are marked as changed.
    fn changed(&self) -> Vec<&str> {
        let parts = self.outcome().split("<div class=\"token-part ").skip(1);
        parts.filter_map(|part| part.split('"').next().unwrap().strip_suffix(" changed")).collect()
    }
}

/// What a lesson's solution marks as code or as a button, in its order.
fn solution<const N: usize>(slug: &str) -> [&'static str; N] {
    marked(slug).try_into().unwrap_or_else(|other| panic!("the solution of {slug} marks {other:?}"))
}

// Tamper with a token.

#[tokio::test]
async fn tampering_is_solved_as_its_solution_says() {
    let [payload, send, middle, last] = solution::<4>("tamper");
    let app = TestApp::spawn();
    for (algorithm, spellings) in [("HS256", 4), ("RS256", 16)] {
        let visitor = app.visitor();
        visitor.choose(algorithm).await;
        let mut lesson = LessonPage::at(visitor, "tamper").await;
        assert!(!lesson.has_button(middle) && !lesson.has_button(last), "the next step appears after this one");

        lesson.press_with(send, &[("payload", payload)]).await;
        lesson.is_step("1 of 3 parts done");
        assert!(lesson.naive().contains("Mallory is Admin now: she can change 3 grades"), "{}", lesson.naive());
        assert_eq!((lesson.strict().as_str(), lesson.changed()), ("bad_signature", vec!["payload"]));
        let outcome = words(lesson.outcome());
        assert!(outcome.contains("sub: \"bob\" became \"admin\""), "{outcome}");
        assert!(!lesson.has_solved().await && !lesson.has_button(last));

        lesson.press(middle).await;
        lesson.is_step("2 of 3 parts done");
        assert_eq!((lesson.strict().as_str(), lesson.changed()), ("bad_signature", vec!["signature"]));

        lesson.press(last).await;
        lesson.assert_solved_as(&format!("{spellings} different last characters stand for the same signature")).await;
        assert_eq!(lesson.outcome().matches("reads the same signature").count(), spellings);
        assert_eq!(lesson.outcome().matches("<td><code>malformed</code>").count(), spellings - 1);
        assert_eq!(lesson.outcome().matches("<td><code>accepted</code>").count(), 1);
        assert_eq!(lesson.field("payload"), payload, "what was typed stays");
    }
}

#[tokio::test]
async fn tampering_names_what_is_still_missing() {
    let [_, send, ..] = solution::<4>("tamper");
    let app = TestApp::spawn();
    let mut lesson = LessonPage::open(&app, "tamper").await;
    let payload = lesson.field("payload");
    lesson.press(send).await.is_wrong("You sent the token as it was");
    assert_eq!(lesson.strict(), "");
    // It is Bob's own token, so that both accept it is no damage.
    lesson.says("That is right: the token is valid, and it is that of bob.");
    lesson.says("every check passed. The token is valid, and it is that of bob.");
    assert!(!lesson.outcome().contains("damage"), "{}", lesson.outcome());
    for (written, hint) in [
        ("", "one JSON object"),
        ("{\"sub\":\"admin\"", "one JSON object"),
        ("[1]", "one JSON object"),
        (&payload.replace(',', ",\r\n "), "how the JSON is written"),
        ("{\"sub\":\"alice\"}", "believes that you are \"alice\""),
        ("{\"role\":\"admin\"}", "has no sub"),
    ] {
        lesson.press_with(send, &[("payload", written)]).await.is_wrong(hint);
        assert_eq!(lesson.strict(), "bad_signature", "{written}");
        assert_eq!(lesson.field("payload"), written.replace("\r\n", "\n"), "what was typed stays");
    }
    assert!(!lesson.has_solved().await);
}

#[tokio::test]
async fn the_signature_s_last_character_alone_does_not_solve_tampering() {
    let app = TestApp::spawn();
    let lesson = LessonPage::open(&app, "tamper").await;
    let token = lesson.field("token");
    let fields = [("token", token.as_str()), ("step", "last"), ("middle", "done"), ("forged", "{\"sub\":\"bob\"}")];
    let answer = lesson.post(&fields).await;
    assert!(answer.body.contains("2 of 3 parts done"), "{}", answer.body);
    assert!(!lesson.has_solved().await);
}

#[tokio::test]
async fn a_token_that_expired_while_one_was_writing_still_falls_at_its_signature() {
    let [payload, send, ..] = solution::<4>("tamper");
    let app = TestApp::spawn();
    let mut lesson = LessonPage::open(&app, "tamper").await;
    app.advance(3603);
    lesson.press(send).await.is_wrong("You sent the token as it was");
    assert!(lesson.outcome().contains("the token expired 3 s ago"), "{}", lesson.outcome());
    lesson.press_with(send, &[("payload", payload)]).await.is_step("1 of 3 parts done");
    assert_eq!(lesson.strict(), "bad_signature");
}

#[tokio::test]
async fn a_token_that_is_none_of_the_server_s_is_replaced_and_nothing_typed_is_lost() {
    let [payload, send, ..] = solution::<4>("tamper");
    let (app, other) = (TestApp::spawn(), TestApp::spawn());
    let foreign = LessonPage::open(&other, "tamper").await.field("token");
    let mut lesson = LessonPage::open(&app, "tamper").await;
    for token in [foreign.as_str(), "", "a.b.c", "e30.e30.", &"A".repeat(9000)] {
        lesson.press_with(send, &[("token", token), ("payload", payload)]).await;
        lesson.is_wrong("none that this server signed");
        assert_eq!(lesson.field("payload"), payload);
        assert!(!lesson.body().contains(SOLVED));
    }
    lesson.press(send).await.is_step("1 of 3 parts done");
}

// HS256 or RS256.

/// The whole lesson but its last answer.
async fn with_both_keys(app: &TestApp) -> LessonPage {
    let [measure, verify, public, secret, ..] = solution::<8>("hs256-or-rs256");
    let mut lesson = LessonPage::open(app, "hs256-or-rs256").await;
    lesson.press(measure).await;
    let pem = lesson.key_on_page().unwrap();
    lesson.press_with(verify, &[("key", &pem)]).await;
    lesson.press(public).await;
    lesson.press(secret).await;
    lesson
}

impl LessonPage {
    /// The secret that Mallory finds.
    fn secret(&self) -> String {
        between(self.body(), "<code class=\"secret\">", "</code>").unwrap().to_owned()
    }
}

#[tokio::test]
async fn hs256_or_rs256_is_solved_as_its_solution_says() {
    let [measure, verify, public, secret, portal, library, other_portal, check] = solution("hs256-or-rs256");
    let app = TestApp::spawn();
    let mut lesson = LessonPage::open(&app, "hs256-or-rs256").await;
    assert!(!lesson.body().contains("µs") && !lesson.has_button(verify));
    lesson.press(measure).await.is_step("signed two tokens");
    assert_eq!(lesson.outcome().matches(" µs</td>").count(), 4, "{}", lesson.outcome());
    assert_eq!(lesson.outcome().matches("as long</td>").count(), 2, "{}", lesson.outcome());
    let tokens = (lesson.field("hs256"), lesson.field("rs256"));

    let pem = lesson.key_on_page().unwrap().replace('\n', "\r\n");
    lesson.press_with(verify, &[("key", &pem)]).await.is_step("2 of 5 parts done");
    assert!(lesson.outcome().contains("✓") && lesson.outcome().contains("What the public key verified"));
    lesson.press(public).await.is_step("it holds a public key where the private key belongs");
    lesson.is_step("3 of 5 parts done");
    lesson.press(secret).await.is_step("she is Admin now, and she can change 3 grades");
    lesson.is_step("4 of 5 parts done");
    assert_eq!((lesson.field("hs256"), lesson.field("rs256")), tokens, "the tokens stay");

    let boxes = [("Under HS256", portal), ("Under HS256", library), ("Under RS256", other_portal)]
        .map(|(legend, party)| lesson.check_box(legend, party));
    let [first, second, third] = boxes.each_ref().map(|name| (name.as_str(), "yes"));
    lesson.press(check).await.is_wrong("You ticked nothing.");
    lesson.press_with(check, &[("hs256-reader", "yes")]).await;
    lesson.is_wrong("2 of 6 boxes are right. Look at the portal under HS256");
    lesson.is_wrong("Who signs Bob's token? Look at the portal under RS256");
    lesson
        .press_with(check, &[first, second, ("hs256-reader", "")])
        .await
        .is_wrong("5 of 6 boxes are right. Look at the portal under RS256");
    assert!(!lesson.has_solved().await);
    lesson.press_with(check, &[third]).await;
    lesson.assert_solved_as("Under RS256 only the portal can sign").await;
    assert!(lesson.outcome().contains("has the public key: verifies</td>"), "{}", lesson.outcome());
    assert_eq!(lesson.outcome().matches("verifies and signs").count(), 3);
}

#[tokio::test]
async fn six_right_boxes_alone_do_not_solve_hs256_or_rs256() {
    let app = TestApp::spawn();
    let lesson = LessonPage::open(&app, "hs256-or-rs256").await;
    let ticks = ["hs256-issuer", "hs256-service", "rs256-issuer"].map(|name| (name, "yes"));
    for more in [&[][..], &[("tried", "done"), ("public", "guess"), ("forged", "a.b.c")]] {
        let fields = [&ticks[..], more, &[("step", "answer")]].concat();
        let answer = lesson.post(&fields).await;
        assert!(answer.body.contains("All six boxes are right. Now try it"), "{}", answer.body);
        assert!(!lesson.has_solved().await);
    }
}

#[tokio::test]
async fn only_the_public_key_of_the_lesson_verifies_and_everything_else_is_named() {
    let [measure, verify, public, ..] = solution::<8>("hs256-or-rs256");
    let app = TestApp::spawn();
    let mut lesson = LessonPage::open(&app, "hs256-or-rs256").await;
    lesson.press(measure).await;
    assert!(!lesson.has_button(public));
    let read = |name: &str| std::fs::read_to_string(fixture(name)).unwrap();
    let (token, pem) = (lesson.field("rs256"), lesson.key_on_page().unwrap());
    for (pasted, hint) in [
        ("", "The field is empty"),
        (token.as_str(), "That is a token"),
        (&read("rsa-pkcs8.pem"), "a private key"),
        (&read("other-public-spki.pem"), "another private key"),
        (&pem[..200], "cannot be read"),
        ("Verified OK", "not a key in any form"),
        ("<script>alert(1)</script>", "not a key in any form"),
    ] {
        lesson.press_with(verify, &[("key", pasted)]).await.is_wrong(hint);
        assert_eq!(lesson.field("key"), pasted, "what was typed stays");
        assert!(!lesson.body().contains("<script>alert"));
    }
    lesson.press_with(verify, &[("key", &pem)]).await.is_step("2 of 5 parts done");
    lesson.press_with(verify, &[("key", "another")]).await.is_wrong("not a key in any form");
    lesson.press(public).await.is_step("3 of 5 parts done");
}

#[tokio::test]
async fn the_lesson_s_secret_is_none_that_a_verifier_of_the_server_trusts() {
    let app = TestApp::spawn();
    let lesson = with_both_keys(&app).await;
    let secret = lesson.secret();
    assert_eq!(secret.len(), 43, "{secret}");
    for entry in std::fs::read_dir(app.keys()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(secret.len()).any(|found| found == secret.as_bytes()), "{secret}");
    }
    let again = with_both_keys(&app).await;
    assert_eq!(again.secret(), secret, "it is the same in every tab");
}

#[tokio::test]
async fn work_on_hs256_or_rs256_survives_a_lost_cookie_and_an_expired_token() {
    let [.., check] = solution::<8>("hs256-or-rs256");
    let app = TestApp::spawn();
    let mut lesson = with_both_keys(&app).await;
    lesson.visitor = app.visitor();
    let ticks = [("hs256-issuer", "yes"), ("hs256-service", "yes"), ("rs256-issuer", "yes")];
    lesson.press_with(check, &ticks).await;
    lesson.assert_solved().await;

    let mut lesson = with_both_keys(&app).await;
    let tokens = (lesson.field("hs256"), lesson.field("rs256"));
    app.advance(3601);
    lesson.press(check).await.is_wrong("You ticked nothing.");
    assert_ne!((lesson.field("hs256"), lesson.field("rs256")), tokens, "expired tokens are replaced");
}

#[tokio::test]
async fn both_tokens_make_the_same_claims() {
    let app = TestApp::spawn();
    let mut lesson = LessonPage::open(&app, "hs256-or-rs256").await;
    lesson.press("Sign and measure").await;
    let (hs256, rs256) = (lesson.field("hs256"), lesson.field("rs256"));
    assert_eq!(part(&hs256, 1), part(&rs256, 1));
    assert!(part(&hs256, 0).contains("HS256") && part(&rs256, 0).contains("RS256"));
    for (name, token) in [("HS256", &hs256), ("RS256", &rs256)] {
        assert!(lesson.body().contains(&format!("{name}, {} bytes", token.len())), "{}", lesson.body());
    }
}

/// The lines of the page to paste into a shell, without the one that installs a library.
async fn lines(app: &TestApp, with: &str) -> String {
    app.clock.set(System.now());
    let mut lesson = LessonPage::open(app, "hs256-or-rs256").await;
    lesson.press("Sign and measure").await;
    let start = format!("<summary>{with}</summary>\n<pre class=\"card\"><code>");
    let lines = unescaped(between(lesson.body(), &start, "</code>").unwrap());
    let to_run = lines.lines().filter(|line| !line.starts_with("pip ") && !line.starts_with("npm "));
    to_run.collect::<Vec<_>>().join("\n")
}

/// What a shell prints for them, in this folder and with programs of this one first.
fn shell(lines: &str, folder: &Path, programs: &str) -> String {
    let script = format!("PATH={programs}:$PATH\n{lines}");
    let run = Command::new("sh").args(["-c", &script]).current_dir(folder).output().unwrap();
    assert!(run.status.success(), "{lines}\n{}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).unwrap()
}

/// The same lines with the signature's first character exchanged.
fn spoilt(lines: &str) -> String {
    let payload = lines.find(".eyJ").unwrap() + 1;
    let at = payload + lines[payload..].find('.').unwrap() + 1;
    let other = if &lines[at..=at] == "A" { "B" } else { "A" };
    format!("{}{other}{}", &lines[..at], &lines[at + 1..])
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lines_for_pyjwt_verify_with_the_public_key_alone() {
    let Some(python) = tools::named_by("HALLPASS_TEST_PYTHON") else { return };
    let app = TestApp::spawn();
    let (lines, folder) = (lines(&app, "PyJWT").await, TempDir::new().unwrap());
    let programs = python.parent().unwrap().to_str().unwrap();
    assert!(shell(&lines, folder.path(), programs).contains("'sub': 'bob'"));
    let failing = format!("! ({}) 2>&1", spoilt(&lines).trim());
    assert!(shell(&failing, folder.path(), programs).contains("InvalidSignatureError"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lines_for_node_verify_with_the_public_key_alone() {
    let Some(node) = tools::named_by("HALLPASS_TEST_NODE_MODULES") else { return };
    if !tools::are_here(&["node"]) {
        return;
    }
    let app = TestApp::spawn();
    let lines = lines(&app, "Node").await;
    let claims: Value = serde_json::from_str(&shell(&lines, &node, "/usr/bin")).unwrap();
    assert_eq!(claims["sub"], "bob");
    let failing = format!("! ({}) 2>&1", spoilt(&lines).trim());
    assert!(shell(&failing, &node, "/usr/bin").contains("signature verification failed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lines_for_curl_and_openssl_verify_with_the_public_key_alone() {
    if !tools::are_here(&["curl", "openssl"]) {
        return;
    }
    let app = TestApp::spawn();
    let (lines, folder) = (lines(&app, "curl and openssl").await, TempDir::new().unwrap());
    assert!(shell(&lines, folder.path(), "/usr/bin").contains("Verified OK"));
    let failing = format!("! ({}) 2>&1", spoilt(&lines).trim());
    assert!(shell(&failing, folder.path(), "/usr/bin").contains("failure"));
}

#[tokio::test]
async fn where_the_server_has_only_a_public_key_the_lessons_can_still_be_done() {
    let folder = TempDir::new().unwrap();
    for (name, key) in [("jwt_key.pub", "other-openssh.pub"), ("bearer_key", "rsa-openssh"), ("lab_key", "lab-openssh")]
    {
        std::fs::copy(fixture(key), folder.path().join(name)).unwrap();
    }
    let app = TestApp::in_folder(folder, &[("algorithm", "RS256")]);
    let mut lesson = with_both_keys(&app).await;
    let ticks = [("hs256-issuer", "yes"), ("hs256-service", "yes"), ("rs256-issuer", "yes")];
    lesson.press_with("Check my answer", &ticks).await;
    lesson.assert_solved().await;
    for slug in LESSONS {
        assert!(app.visitor().get(&format!("/lab/lessons/{slug}")).await.status().is_success(), "{slug}");
    }
}

// Key confusion.

/// A token under HS256 that somebody made with their own tools.
fn forged_elsewhere(header: &str, payload: &str, secret: &[u8]) -> String {
    let unsigned = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), unsigned.as_bytes());
    format!("{unsigned}.{}", URL_SAFE_NO_PAD.encode(tag))
}

#[tokio::test]
async fn a_public_key_becomes_the_secret_as_the_solution_says() {
    let [header, payload, secret, send] = solution("key-confusion");
    let app = TestApp::spawn();
    let mut lesson = LessonPage::open(&app, "key-confusion").await;
    assert!(lesson.field("payload").contains("\"sub\":\"bob\"") && lesson.field("header").contains("RS256"));
    let key = lesson.option(secret);
    lesson.press_with(send, &[("header", header), ("payload", payload), ("key", &key)]).await;
    lesson.assert_solved_as("The public key became the secret").await;
    assert!(lesson.naive().contains("Mallory is Admin now: she can change 3 grades"), "{}", lesson.naive());
    assert_eq!(lesson.strict(), "alg_not_allowed");
    assert_eq!((lesson.field("header").as_str(), lesson.field("payload").as_str()), (header, payload));
}

#[tokio::test]
async fn only_the_file_to_the_byte_is_the_secret() {
    let [header, payload, _, send] = solution("key-confusion");
    let app = TestApp::spawn();
    let mut lesson = LessonPage::open(&app, "key-confusion").await;
    for (alg, key, hint) in [
        ("HS256", "pem-without-newline", "one byte is missing"),
        ("HS256", "der", "in other bytes"),
        ("HS384", "jwk", "in other bytes"),
        ("HS512", "own", "does not use that text"),
        ("RS256", "pem", "an HMAC is not one"),
        ("none", "pem", "does not know the algorithm none"),
    ] {
        let header = header.replace("HS256", alg);
        lesson.press_with(send, &[("header", &header), ("payload", payload), ("key", key), ("secret", "guess")]).await;
        lesson.is_wrong(hint);
        let code = if alg == "RS256" { "bad_signature" } else { "alg_not_allowed" };
        assert_eq!(lesson.strict(), code, "{alg} {key}");
    }
    lesson.press_with(send, &[("header", header), ("payload", "{\"sub\":\"bob\"}"), ("key", "pem")]).await;
    lesson.is_wrong("believes that you are \"bob\"");
    assert!(!lesson.has_solved().await);

    let pem = lesson.key_on_page().unwrap();
    assert!(pem.starts_with("-----BEGIN PUBLIC KEY-----") && pem.ends_with("-----\n"), "{pem}");
    let pasted = pem.replace('\n', "\r\n");
    lesson.press_with(send, &[("payload", payload), ("key", "own"), ("secret", &pasted)]).await;
    lesson.assert_solved().await;
}

#[tokio::test]
async fn a_token_that_was_forged_with_other_tools_is_judged_the_same_way() {
    let [header, payload, ..] = solution::<4>("key-confusion");
    let send = "Send my token";
    let app = TestApp::spawn();
    let mut lesson = LessonPage::open(&app, "key-confusion").await;
    let file = lesson.visitor.get("/lab/lessons/key-confusion/public.pem").await.bytes().await.unwrap();
    for (token, hint) in [
        (String::new(), "The field is empty"),
        ("a.b".to_owned(), "this text has 2"),
        (forged_elsewhere(header, payload, file.trim_ascii_end()), "one byte is missing"),
        (forged_elsewhere(header, payload, b"guess"), "another secret"),
        (forged_elsewhere(header, "{\"sub\":\"bob\"}", &file), "believes that you are \"bob\""),
        (forged_elsewhere("{\"alg\":\"RS256\"}", payload, &file), "the header names RS256"),
        (forged_elsewhere("{\"alg\":\"hs256\"}", payload, &file), "It is HS256, not hs256"),
        (forged_elsewhere(header, "{\"sub\":\"admin\",\"exp\":1}", &file), "exp has passed"),
    ] {
        lesson.press_with(send, &[("token", &token)]).await.is_wrong(hint);
        assert_eq!(lesson.field("token"), token, "what was typed stays");
        assert!(!lesson.has_solved().await, "{hint}");
    }
    let right = format!("Bearer {}\r\n", forged_elsewhere(header, payload, &file));
    lesson.press_with(send, &[("token", &right)]).await;
    lesson.assert_solved_as("Mallory is Admin now").await;
    assert_eq!(lesson.strict(), "alg_not_allowed");
}

#[tokio::test]
async fn a_token_that_the_lab_signed_for_another_lesson_is_no_forgery_here() {
    let app = TestApp::spawn();
    let mut other = LessonPage::open(&app, "hs256-or-rs256").await;
    other.press("Sign and measure").await;
    let mut lesson = LessonPage::open(&app, "key-confusion").await;
    lesson.press_with("Send my token", &[("token", &other.field("rs256"))]).await.is_wrong("This token is genuine");
}

// Recover the public key.

const RECOVER: &str = "recover-the-public-key";

impl LessonPage {
    /// The tokens that Mallory copied.
    fn copied(&self) -> Vec<String> {
        let tokens = self.body().split("readonly>").skip(1);
        tokens.map(|rest| rest.split("</textarea>").next().unwrap().to_owned()).collect()
    }
}

#[tokio::test]
async fn a_key_is_recovered_from_two_tokens_and_becomes_a_secret_as_the_solution_says() {
    let [copy, exponent, compute, file, send] = solution(RECOVER);
    let app = TestApp::spawn();
    let mut lesson = LessonPage::open(&app, RECOVER).await;
    assert!(!lesson.has_button(compute) && !lesson.has_button(send));
    lesson.press(copy).await.is_step("Mallory has one token");
    assert!(!lesson.has_button(compute), "one is not enough");
    assert!(!lesson.body().contains("most keys have that exponent"));
    lesson.press(copy).await.is_step("1 of 3 parts done");
    lesson.says("The list begins with 65537, because most keys have that exponent.");
    let copied = lesson.copied();
    assert!(copied.len() == 2 && copied[0] != copied[1] && lesson.key_on_page().is_none());

    lesson.press_with(compute, &[("exponent", "65537")]).await.is_wrong("134 million bits");
    lesson.press_with(compute, &[("exponent", "3")]).await.is_wrong("3 is not the exponent of this key");
    assert!(!lesson.has_button(send) && lesson.key_on_page().is_none());
    app.advance(3601);
    lesson.press_with(compute, &[("exponent", exponent)]).await.is_step("2 of 3 parts done");
    assert!(lesson.outcome().contains("<td>2048</td>") && lesson.copied() == copied, "expired tokens will do");

    lesson.says("After BEGIN RSA PUBLIC KEY come only the two numbers.");
    let right = lesson.option(file);
    for wrong in ["spki", "spki-without-newline"] {
        lesson.press_with(send, &[("file", wrong)]).await.is_wrong("One RSA key has two usual PEM forms");
        assert_eq!(lesson.strict(), "alg_not_allowed");
    }
    lesson.press_with(send, &[("file", "pkcs1-without-newline")]).await.is_wrong("one byte is missing");
    assert!(!lesson.has_solved().await);
    lesson.press_with(send, &[("file", &right)]).await;
    lesson.assert_solved_as("Nobody gave her the key").await;
    assert!(lesson.naive().contains("Mallory is Admin now: she can change 3 grades"), "{}", lesson.naive());
    assert_eq!(lesson.strict(), "alg_not_allowed");
}

#[tokio::test]
async fn a_token_forged_with_a_key_that_own_tools_recovered_solves_it() {
    let [copy, exponent, compute, ..] = solution::<5>(RECOVER);
    let (header, payload) = ("{\"alg\":\"HS256\"}", "{\"sub\":\"admin\"}");
    let app = TestApp::spawn();
    let mut lesson = LessonPage::open(&app, RECOVER).await;
    lesson.press(copy).await;
    lesson.press(copy).await;
    let genuine = lesson.copied().remove(0);
    lesson.press_with(compute, &[("exponent", exponent)]).await;
    lesson.press_with("Forge and send", &[("file", "pkcs1")]).await;
    let file = lesson.key_on_page().unwrap();
    if let Some(python) = tools::named_by("HALLPASS_TEST_PYTHON") {
        let tokens = lesson.copied();
        let run = Command::new(python).args(["-c", PROGRAM]).args(&tokens).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&run.stdout), file, "{}", String::from_utf8_lossy(&run.stderr));
    }
    let spki = {
        lesson.press_with("Forge and send", &[("file", "spki")]).await;
        lesson.key_on_page().unwrap()
    };

    let mut lesson = LessonPage::open(&app, RECOVER).await;
    for (token, hint) in [
        (String::new(), "The field is empty"),
        (genuine, "This token is genuine"),
        (forged_elsewhere(header, payload, spki.as_bytes()), "One RSA key has two usual PEM forms"),
        (forged_elsewhere(header, payload, file.trim_end().as_bytes()), "one byte is missing"),
        (forged_elsewhere(header, "{\"sub\":\"bob\"}", file.as_bytes()), "believes that you are \"bob\""),
    ] {
        lesson.press_with("Send my token", &[("token", &token)]).await.is_wrong(hint);
        assert_eq!(lesson.field("token"), token, "what was typed stays");
    }
    let right = forged_elsewhere(header, payload, file.as_bytes());
    lesson.press_with("Send my token", &[("token", &right)]).await;
    lesson.assert_solved_as("Mallory is Admin now").await;
}

#[tokio::test]
async fn tokens_of_another_server_recover_nothing_and_a_lost_cookie_loses_no_key() {
    let [copy, exponent, compute, _, send] = solution::<5>(RECOVER);
    let (app, other) = (TestApp::spawn(), TestApp::spawn());
    let mut foreign = LessonPage::open(&other, RECOVER).await;
    foreign.press(copy).await;
    let foreign = foreign.copied().remove(0);
    let request = app.visitor().request(Method::POST, &format!("/lab/lessons/{RECOVER}"));
    let request = request.header("cookie", format!("lab-two-tokens={foreign}~{foreign}")).form(&[("do", "compute")]);
    assert!(Answer::to(request.header("accept", "text/html")).await.body.contains("It takes two tokens"));

    let mut lesson = LessonPage::open(&app, RECOVER).await;
    lesson.press(copy).await;
    lesson.press(copy).await;
    lesson.press_with(compute, &[("exponent", exponent)]).await;
    lesson.reload().await;
    assert!(lesson.key_on_page().is_some() && lesson.has_button(send), "a reload keeps the key");
}

// All of them.

#[tokio::test]
async fn what_a_form_cannot_mean_is_refused_with_a_page() {
    let app = TestApp::spawn();
    let long = "x".repeat(9000);
    let token = LessonPage::open(&app, "tamper").await.field("token");
    for (slug, fields) in [
        ("tamper", vec![("token", token.as_str()), ("step", "payload"), ("payload", &long)]),
        ("tamper", vec![("token", token.as_str()), ("step", "fly")]),
        ("tamper", vec![("token", token.as_str())]),
        ("hs256-or-rs256", vec![("step", "fly")]),
        ("hs256-or-rs256", vec![]),
        ("hs256-or-rs256", vec![("step", "verify"), ("key", &long)]),
        ("key-confusion", vec![("step", "fly")]),
        ("key-confusion", vec![("step", "send"), ("key", "private")]),
        ("key-confusion", vec![("step", "send"), ("secret", &long)]),
        ("key-confusion", vec![("step", "token"), ("token", &long)]),
    ] {
        let answer = LessonPage::open(&app, slug).await.post(&fields).await;
        assert_eq!(answer.status, 400, "{slug} {fields:?}");
        assert!(answer.body.contains("<h1>") && answer.body.contains("bad_request"), "{}", answer.body);
    }
}

#[tokio::test]
async fn whatever_is_written_makes_a_page_of_bounded_size() {
    let app = TestApp::spawn();
    let deep = format!("{}{}{}", "{\"a\":".repeat(100), "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", "}".repeat(100));
    let marks = "<b>\"'`*&".repeat(200);
    let hostile = [&deep, marks.as_str(), "\u{0}\u{202e}", "é€𝄞", "{\"alg\":1}", "{\"alg\":[]}", "{\"alg\":\"none\"}"];
    for text in hostile {
        for (slug, button, names) in [
            ("tamper", "Send it with the old signature", &["payload", "forged"][..]),
            ("key-confusion", "Forge and send", &["header", "payload", "secret"]),
            ("key-confusion", "Send my token", &["token"]),
            ("hs256-or-rs256", "Sign and measure", &["key", "forged", "rs256"]),
        ] {
            let mut lesson = LessonPage::open(&app, slug).await;
            let written: Vec<(&str, &str)> = names.iter().map(|name| (*name, text)).collect();
            lesson.press_with(button, &written).await;
            assert!(!lesson.body().contains("<b>"), "{}", lesson.body());
        }
    }
}

#[tokio::test]
async fn tampering_is_about_the_session_s_own_token_while_that_is_accepted() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    visitor.get("/generate?sub=alice&ttl=3600").await;
    visitor.skip_prediction("tamper").await;
    let own = "This is the token in your session.";
    let made = "so the lab made this one about <code>alice</code>, for this page only";
    assert!(visitor.page("/lab/lessons/tamper").await.contains(own));
    app.advance(3600);
    let page = visitor.page("/lab/lessons/tamper").await;
    assert!(page.contains(made) && !page.contains(own), "{page}");
    assert_eq!(visitor.verdict().await.1["code"], "expired", "the session is as it was");
}

#[tokio::test]
async fn where_no_key_signs_tampering_says_so() {
    let issuing = TestApp::spawn();
    let folder = TempDir::new().unwrap();
    std::fs::copy(issuing.keys().join("jwt_key.pub"), folder.path().join("jwt_key.pub")).unwrap();
    let next = folder.path().join("hs256.20991231T000000Z.secret");
    std::fs::copy(issuing.keys().join("hs256.secret"), next).unwrap();
    let app = TestApp::in_folder(folder, &[]);
    let page = app.visitor().request(Method::GET, "/lab/lessons/tamper").header("accept", "application/json");
    let refused = Answer::to(page).await;
    assert_eq!((refused.status, refused.text("error").as_str()), (409, "cannot_sign"), "{}", refused.body);
}
