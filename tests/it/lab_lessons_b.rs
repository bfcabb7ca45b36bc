//! The lessons about algorithm and key: each is solved by its own solution's text, and its near misses are named.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use hallpass::clock::{Clock as _, System};
use reqwest::Method;
use serde_json::Value;
use tempfile::TempDir;

use crate::app::{Answer, TestApp, Visitor, fixture, part};
use crate::tools;

const LESSONS: [&str; 5] = ["tamper", "hs256-or-rs256", "none", "key-confusion", "keys-in-the-header"];

/// The largest page that the site may send.
const LARGEST_PAGE: usize = 100_000;

/// One lesson in a visitor's browser.
struct LessonPage {
    visitor: Visitor,
    path: String,
    /// The lesson's page before anything was sent.
    page: String,
}

impl LessonPage {
    async fn at(visitor: Visitor, slug: &str) -> Self {
        let path = format!("/lab/lessons/{slug}");
        let page = visitor.page(&path).await;
        assert!(!page.contains("id=\"outcome\"") && !page.contains("✓</span> solved"), "{page}");
        Self { visitor, path, page }
    }

    async fn open(app: &TestApp, slug: &str) -> Self {
        Self::at(app.visitor(), slug).await
    }

    /// Sends fields as they are.
    async fn post(&self, fields: &[(&str, &str)]) -> Answer {
        let request = self.visitor.request(Method::POST, &self.path).header("accept", "text/html").form(fields);
        let answer = Answer::to(request).await;
        assert!(answer.status < 500 && answer.body.len() < LARGEST_PAGE, "{}: {}", answer.status, answer.body.len());
        answer
    }

    /// Sends these fields by the button that says so, and what the form hides along.
    async fn press(&self, button: &str, fields: &[(&str, &str)]) -> String {
        let (name, value) = self.button(button);
        let token = between(&self.page, "name=\"token\" value=\"", "\"").unwrap_or_default();
        let hidden = [("token", token.as_str())];
        let hidden = if token.is_empty() { &[][..] } else { &hidden[..] };
        let all: Vec<(&str, &str)> =
            hidden.iter().chain(fields).copied().chain([(name.as_str(), value.as_str())]).collect();
        let answer = self.post(&all).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }

    fn button(&self, says: &str) -> (String, String) {
        let before = self.page.split(&format!(">{says}</button>")).next().unwrap();
        assert_ne!(before.len(), self.page.len(), "no button {says}");
        let tag = &before[before.rfind("<button").unwrap()..];
        (between(tag, "name=\"", "\"").unwrap(), between(tag, "value=\"", "\"").unwrap())
    }

    /// What a select sends for the choice that says so.
    fn option(&self, says: &str) -> String {
        let before = self.page.split(&format!(">{says}</option>")).next().unwrap();
        assert_ne!(before.len(), self.page.len(), "no choice {says}");
        between(&before[before.rfind("<option").unwrap()..], "value=\"", "\"").unwrap()
    }

    /// The name of the check box that says so, under this legend.
    fn check_box(&self, legend: &str, says: &str) -> String {
        let fields = between(&self.page, &format!("<legend>{legend}</legend>"), "</fieldset>").unwrap();
        let before = fields.split(&format!("<span>{says}</span>")).next().unwrap();
        assert_ne!(before.len(), fields.len(), "no check box {says}");
        between(&before[before.rfind("<input").unwrap()..], "name=\"", "\"").unwrap()
    }

    /// What the lesson's solution marks as code, and what it marks as a button or a choice.
    fn solution(&self) -> (Vec<String>, Vec<String>) {
        let text = raw_between(&self.page, "<summary>The solution</summary><p>", "</p>").unwrap();
        let marked = |tag: &str| {
            let (start, end) = (format!("<{tag}>"), format!("</{tag}>"));
            text.split(&start).skip(1).map(|piece| unescaped(piece.split(&end).next().unwrap())).collect()
        };
        (marked("code"), marked("em"))
    }

    /// That the lesson counts as solved on the page that came, and on every later one.
    async fn assert_solved(&self, answer: &str) {
        assert!(answer.contains("<strong>Solved.</strong>"), "{answer}");
        assert!(answer.contains("id=\"why\""), "{answer}");
        assert!(self.visitor.page(&self.path).await.contains("✓</span> solved"));
    }

    /// That it does not, and that the page says what is missing.
    async fn assert_near(&self, answer: &str, says: &str) {
        let said = between(answer, "<strong>Not yet.</strong></span> ", "</section>").unwrap_or_default();
        assert!(said.contains(says), "{says}: {said}");
        assert!(!self.visitor.page(&self.path).await.contains("✓</span> solved"));
    }
}

fn raw_between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let rest = &text[text.find(start)? + start.len()..];
    rest.find(end).map(|length| &rest[..length])
}

/// What stands between two pieces of a page, as a browser reads it.
fn between(text: &str, start: &str, end: &str) -> Option<String> {
    raw_between(text, start, end).map(unescaped)
}

fn unescaped(html: &str) -> String {
    let marks = [("&#34;", "\""), ("&#39;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&#60;", "<"), ("&#62;", ">")];
    let text = marks.iter().fold(html.to_owned(), |text, (escaped, mark)| text.replace(escaped, mark));
    text.replace("&#38;", "&").replace("&amp;", "&")
}

/// What the naive verifier said: the card beside the strict one's.
fn naive(page: &str) -> String {
    between(page, "<h3>A naive verifier</h3>", "</div>").unwrap()
}

/// The code of the strict verifier's refusal; empty when it accepts.
fn strict(page: &str) -> String {
    let outcome = raw_between(page, "id=\"outcome\"", "</section>").unwrap();
    between(outcome, "<strong>Refuses it</strong>, <code>", "</code>").unwrap_or_default()
}

/// How the part of this class stands on the page of an answer: whether it is marked as changed.
fn changed(page: &str) -> Vec<String> {
    let outcome = raw_between(page, "id=\"outcome\"", "</section>").unwrap();
    let parts = outcome.split("<div class=\"token-part ").skip(1).map(|part| part.split('"').next().unwrap());
    parts.filter_map(|class| class.strip_suffix(" changed")).map(str::to_owned).collect()
}

#[tokio::test]
async fn tampering_is_solved_as_its_solution_says_and_the_changed_stub_is_marked() {
    let app = TestApp::spawn();
    for algorithm in ["HS256", "RS256"] {
        let visitor = app.visitor();
        visitor.choose(algorithm).await;
        let lesson = LessonPage::at(visitor, "tamper").await;
        let (codes, buttons) = lesson.solution();
        let answer = lesson.press(&buttons[0], &[("payload", &codes[0]), ("predict", "signature")]).await;
        lesson.assert_solved(&answer).await;
        assert_eq!((strict(&answer).as_str(), changed(&answer)), ("bad_signature", vec!["payload".to_owned()]));
        assert!(answer.contains("You were right."), "{answer}");
        assert!(answer.contains("<code>sub</code> says &#34;admin&#34;, and said &#34;bob&#34;"), "{answer}");
    }
}

#[tokio::test]
async fn tampering_with_the_spelling_alone_counts_as_well() {
    let app = TestApp::spawn();
    let lesson = LessonPage::open(&app, "tamper").await;
    let payload = between(&lesson.page, "autocomplete=\"off\">\n", "</textarea>").unwrap();
    let answer = lesson.press("Send it with the old signature", &[("payload", &payload.replace(',', ",\r\n "))]).await;
    lesson.assert_solved(&answer).await;
    assert!(answer.contains("how the JSON is spelled"), "{answer}");
}

#[tokio::test]
async fn tampering_names_what_is_still_missing() {
    let app = TestApp::spawn();
    let lesson = LessonPage::open(&app, "tamper").await;
    let payload = between(&lesson.page, "autocomplete=\"off\">\n", "</textarea>").unwrap();
    let send = "Send it with the old signature";
    let unchanged = lesson.press(send, &[("payload", &payload)]).await;
    lesson.assert_near(&unchanged, "You sent the token as it was").await;
    assert_eq!(strict(&unchanged), "");
    for broken in ["", "{\"sub\":\"admin\"", "[1]", "{\"sub\":\"a\",\"sub\":\"b\"}"] {
        let answer = lesson.press(send, &[("payload", broken)]).await;
        lesson.assert_near(&answer, "a forger wants a payload that reads").await;
        assert_eq!(strict(&answer), "bad_signature");
    }
}

#[tokio::test]
async fn a_token_that_expired_while_one_was_writing_still_falls_at_its_signature() {
    let app = TestApp::spawn();
    let lesson = LessonPage::open(&app, "tamper").await;
    let payload = between(&lesson.page, "autocomplete=\"off\">\n", "</textarea>").unwrap();
    app.advance(63);
    let send = "Send it with the old signature";
    let unchanged = lesson.press(send, &[("payload", &payload)]).await;
    lesson.assert_near(&unchanged, "the token expired 3 s ago").await;
    let answer = lesson.press(send, &[("payload", "{\"sub\":\"admin\"}")]).await;
    lesson.assert_solved(&answer).await;
}

#[tokio::test]
async fn the_last_character_has_several_spellings_and_the_middle_one_has_one() {
    let app = TestApp::spawn();
    for (algorithm, count) in [("HS256", 4), ("RS256", 16)] {
        let visitor = app.visitor();
        visitor.choose(algorithm).await;
        let lesson = LessonPage::at(visitor, "tamper").await;
        let last = lesson.press("Change the last character", &[]).await;
        assert_eq!(last.matches("reads the same signature").count(), count, "{last}");
        assert_eq!(last.matches("<td><code>malformed</code>").count(), count - 1, "{last}");
        assert_eq!(last.matches("<td><code>accepted</code>").count(), 1, "{last}");

        let middle = lesson.press("Change a middle character", &[]).await;
        assert_eq!((strict(&middle).as_str(), changed(&middle)), ("bad_signature", vec!["signature".to_owned()]));
        assert!(!lesson.visitor.page(&lesson.path).await.contains("✓</span> solved"));
    }
}

#[tokio::test]
async fn a_token_that_is_none_of_the_server_s_is_not_worked_on() {
    let (app, other) = (TestApp::spawn(), TestApp::spawn());
    let lesson = LessonPage::open(&app, "tamper").await;
    let foreign = between(&LessonPage::open(&other, "tamper").await.page, "name=\"token\" value=\"", "\"").unwrap();
    for token in [foreign.as_str(), "", "a.b.c", "e30.e30.", &"A".repeat(4097)] {
        let answer = lesson.post(&[("token", token), ("payload", "{}"), ("step", "payload")]).await;
        assert_eq!(answer.status, 400, "{token}");
        assert!(answer.body.contains("bad_request"), "{}", answer.body);
    }
}

#[tokio::test]
async fn hs256_or_rs256_is_solved_by_saying_who_can_forge() {
    let app = TestApp::spawn();
    let lesson = LessonPage::open(&app, "hs256-or-rs256").await;
    let (_, says) = lesson.solution();
    let [hs256_issuer, hs256_service, rs256_issuer, button] = &says[..] else { panic!("{says:?}") };
    let boxes = [
        lesson.check_box("Under HS256", hs256_issuer),
        lesson.check_box("Under HS256", hs256_service),
        lesson.check_box("Under RS256", rs256_issuer),
    ];
    let ticked: Vec<(&str, &str)> = boxes.iter().map(|name| (name.as_str(), "yes")).collect();

    let near = lesson.press(button, &ticked[..2]).await;
    lesson.assert_near(&near, "one of the six boxes is wrong").await;
    assert!(near.contains("Under RS256 the issuer holds the private key"), "{near}");
    let nothing = lesson.press(button, &[]).await;
    lesson.assert_near(&nothing, "3 of the six boxes are wrong").await;

    let answer = lesson.press(button, &ticked).await;
    lesson.assert_solved(&answer).await;
    assert!(answer.contains("holds the public key: verifies</td>"), "{answer}");
    assert_eq!(answer.matches("verifies and forges").count(), 3, "{answer}");
}

#[tokio::test]
async fn hs256_and_rs256_are_measured_on_demand() {
    let app = TestApp::spawn();
    let lesson = LessonPage::open(&app, "hs256-or-rs256").await;
    assert!(!lesson.page.contains("µs"));
    let answer = lesson.press("Sign and measure", &[]).await;
    assert_eq!(answer.matches(" µs <span").count(), 4, "{answer}");
    assert_eq!(answer.matches("as long</td>").count(), 2, "{answer}");
    assert!(!lesson.visitor.page(&lesson.path).await.contains("✓</span> solved"));
}

#[tokio::test]
async fn both_tokens_make_the_same_claims() {
    let app = TestApp::spawn();
    let page = LessonPage::open(&app, "hs256-or-rs256").await.press("Sign and measure", &[]).await;
    let mut tokens = page.split("<pre class=\"whole\"><code>").skip(1).map(|it| {
        let html = it.split("</code>").next().unwrap();
        html.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text)).collect::<String>()
    });
    let (hs256, rs256) = (tokens.next().unwrap(), tokens.next().unwrap());
    assert_eq!(part(&hs256, 1), part(&rs256, 1));
    assert!(part(&hs256, 0).contains("HS256") && part(&rs256, 0).contains("RS256"));
    assert!(
        page.contains(&format!("HS256, {} bytes", hs256.len()))
            && page.contains(&format!("RS256, {} bytes", rs256.len()))
    );
}

/// The lines of the page to paste into a shell, without the one that installs a library.
async fn lines(app: &TestApp, with: &str) -> String {
    app.clock.set(System.now());
    let page = LessonPage::open(app, "hs256-or-rs256").await.press("Sign and measure", &[]).await;
    let lines = between(&page, &format!("<summary>{with}</summary>\n<pre class=\"card\"><code>"), "</code>").unwrap();
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
async fn where_only_a_public_key_is_the_lesson_says_so_and_can_be_solved() {
    let folder = TempDir::new().unwrap();
    for (name, key) in [("jwt_key.pub", "other-openssh.pub"), ("bearer_key", "rsa-openssh"), ("lab_key", "lab-openssh")]
    {
        std::fs::copy(fixture(key), folder.path().join(name)).unwrap();
    }
    let app = TestApp::in_folder(folder, &[("algorithm", "RS256")]);
    let lesson = LessonPage::open(&app, "hs256-or-rs256").await;
    let signed = lesson.press("Sign and measure", &[]).await;
    assert!(signed.contains("has only a public key for RS256") && !signed.contains("PyJWT"));
    let fields = [("hs256-issuer", "yes"), ("hs256-service", "yes"), ("rs256-issuer", "yes")];
    let answer = lesson.press("Check my answer", &fields).await;
    lesson.assert_solved(&answer).await;
    for slug in LESSONS {
        assert!(app.visitor().get(&format!("/lab/lessons/{slug}")).await.status().is_success(), "{slug}");
    }
}

#[tokio::test]
async fn a_token_without_a_signature_is_written_as_the_solution_says() {
    let app = TestApp::spawn();
    for algorithm in ["HS256", "RS256"] {
        let visitor = app.visitor();
        visitor.choose(algorithm).await;
        let lesson = LessonPage::at(visitor, "none").await;
        let (codes, buttons) = lesson.solution();
        let fields = [("header", codes[0].as_str()), ("payload", &codes[1]), ("signature", ""), ("predict", "secret")];
        let answer = lesson.press(&buttons[0], &fields).await;
        lesson.assert_solved(&answer).await;
        assert!(naive(&answer).contains("Takes it"), "{answer}");
        assert_eq!(strict(&answer), "alg_not_allowed");
        assert!(answer.contains("Not what you predicted."), "{answer}");
    }
}

#[tokio::test]
async fn every_spelling_of_none_is_credited() {
    let app = TestApp::spawn();
    for alg in ["None", "NONE", "nOnE"] {
        let lesson = LessonPage::open(&app, "none").await;
        let header = format!("{{\"alg\":\"{alg}\",\r\n\"typ\":\"JWT\"}}");
        let fields = [("header", header.as_str()), ("payload", "{\"sub\":\"admin\"}"), ("signature", "")];
        let answer = lesson.press("Send it to both", &fields).await;
        lesson.assert_solved(&answer).await;
        assert_eq!(strict(&answer), "alg_not_allowed");
    }
}

#[tokio::test]
async fn a_token_that_is_almost_without_a_signature_is_told_what_is_left() {
    let app = TestApp::spawn();
    let lesson = LessonPage::open(&app, "none").await;
    let (header, admin) = ("{\"alg\":\"none\"}", "{\"sub\":\"admin\"}");
    let own = |name: &str| {
        let field = raw_between(&lesson.page, &format!("<textarea id=\"{name}\""), "</textarea>").unwrap();
        unescaped(field.split_once(">\n").unwrap().1)
    };
    let (own_header, own_payload, signature) = (own("header"), own("payload"), own("signature"));
    let payload = own_payload.replace("bob", "admin");
    app.advance(63);
    for (says, fields) in [
        ("the signature is still there", vec![("header", header), ("payload", admin), ("signature", &signature)]),
        ("does not know that name", vec![("header", "{\"alg\":\"nome\"}"), ("payload", admin), ("signature", "")]),
        ("two parts", vec![("header", header), ("payload", admin), ("signature", ""), ("dot", "left-out")]),
        (
            "Nothing protects the payload now",
            vec![("header", header), ("payload", "{\"sub\":\"bob\"}"), ("signature", "")],
        ),
        ("Nobody signs it", vec![("header", header), ("payload", &payload), ("signature", "")]),
        ("Name one that needs none", vec![("header", &own_header), ("payload", admin), ("signature", &signature)]),
        ("no JSON object", vec![("header", "alg: none"), ("payload", admin), ("signature", "")]),
        ("must be a JSON object", vec![("header", header), ("payload", "admin"), ("signature", "")]),
    ] {
        let answer = lesson.press("Send it to both", &fields).await;
        lesson.assert_near(&answer, says).await;
        assert_ne!(strict(&answer), "", "{says}");
    }
    let expired = [("header", header), ("payload", payload.as_str()), ("signature", "")];
    assert!(naive(&lesson.press("Send it to both", &expired).await).contains("the token expired 3 s ago"));
}

#[tokio::test]
async fn a_public_key_becomes_the_secret_as_the_solution_says() {
    let app = TestApp::spawn();
    let lesson = LessonPage::open(&app, "key-confusion").await;
    let (codes, says) = lesson.solution();
    let (algorithm, key) = (lesson.option(&codes[0]), lesson.option(&says[0]));
    let answer = lesson.press(&says[1], &[("algorithm", &algorithm), ("key", &key), ("secret", "")]).await;
    lesson.assert_solved(&answer).await;
    assert!(naive(&answer).contains("<code>admin</code>"), "{answer}");
    assert_eq!((strict(&answer).as_str(), changed(&answer).len()), ("alg_not_allowed", 3));
}

#[tokio::test]
async fn only_the_file_to_the_byte_is_the_secret() {
    let app = TestApp::spawn();
    let lesson = LessonPage::open(&app, "key-confusion").await;
    for (algorithm, key, says) in [
        ("HS256", "pem-without-newline", "one byte is missing"),
        ("HS256", "der", "in other bytes"),
        ("HS384", "jwk", "in other bytes"),
        ("HS512", "own", "does not use that text"),
        ("RS256", "pem", "a MAC is no RSA signature"),
    ] {
        let answer =
            lesson.press("Forge and send", &[("algorithm", algorithm), ("key", key), ("secret", "guess")]).await;
        lesson.assert_near(&answer, says).await;
        let code = if algorithm == "RS256" { "bad_signature" } else { "alg_not_allowed" };
        assert_eq!(strict(&answer), code, "{algorithm} {key}");
    }
    let pem = between(&lesson.page, "<pre class=\"card\"><code>", "</code>").unwrap();
    assert!(pem.starts_with("-----BEGIN PUBLIC KEY-----") && pem.ends_with("-----\n"), "{pem}");
    let pasted = pem.replace('\n', "\r\n");
    let answer = lesson.press("Forge and send", &[("algorithm", "HS512"), ("key", "own"), ("secret", &pasted)]).await;
    lesson.assert_solved(&answer).await;
}

#[tokio::test]
async fn a_token_chooses_its_key_as_the_solution_says() {
    let app = TestApp::spawn();
    let lesson = LessonPage::open(&app, "keys-in-the-header").await;
    let (codes, says) = lesson.solution();
    let (member, with) = (lesson.option(&says[0]), lesson.option(&(says[1].clone() + ", HS256")));
    let fields = [("member", member.as_str()), ("value", &codes[0]), ("with", &with), ("secret", "")];
    let answer = lesson.press(&says[2], &fields).await;
    lesson.assert_solved(&answer).await;
    assert!(naive(&answer).contains("<code>admin</code>"), "{answer}");
    assert_eq!((strict(&answer).as_str(), changed(&answer).len()), ("unknown_kid", 3));
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
        let lesson = LessonPage::open(&app, "keys-in-the-header").await;
        let jwk = between(&lesson.page, "<pre class=\"card\"><code>", "</code>").unwrap();
        let value = if value.is_empty() { &jwk } else { value };
        let fields = [("member", member), ("value", value), ("with", with), ("secret", "x")];
        let answer = lesson.press("Forge and send", &fields).await;
        lesson.assert_solved(&answer).await;
        assert_eq!(strict(&answer), code, "{member}");
    }
}

#[tokio::test]
async fn a_member_with_the_wrong_key_is_a_near_miss_and_nothing_is_fetched_or_opened() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let here = format!("http://{}/jwks.json", listener.local_addr().unwrap());
    let app = TestApp::spawn();
    let lesson = LessonPage::open(&app, "keys-in-the-header").await;
    let secret = app.keys().join("hs256.secret");
    for (member, value, with, says, code) in [
        ("jku", here.as_str(), "attacker", "where the attacker writes", "header_not_allowed"),
        ("x5u", &here, "attacker", "where the attacker writes", "header_not_allowed"),
        ("jwk", &here, "attacker", "Copy the attacker", "header_not_allowed"),
        ("kid-path", &here, "empty", "not to a file whose content you know", "unknown_kid"),
        ("kid-path", secret.to_str().unwrap(), "empty", "not to a file whose content you know", "unknown_kid"),
        ("kid-path", "/dev/null", "attacker", "sign with that one", "unknown_kid"),
        ("kid-sql", "' OR 1=1 --", "secret", "Close the quote", "unknown_kid"),
        ("kid-sql", "' UNION SELECT 'y", "secret", "Sign with that very text", "unknown_kid"),
        ("jku", "https://attacker.example/", "empty", "another one signed", "header_not_allowed"),
        ("jku", "", "attacker", "needs a value", "header_not_allowed"),
    ] {
        let fields = [("member", member), ("value", value), ("with", with), ("secret", "x")];
        let answer = lesson.press("Forge and send", &fields).await;
        lesson.assert_near(&answer, says).await;
        assert_eq!(strict(&answer), code, "{member} {value}");
    }
    assert!(listener.accept().is_err(), "the server followed an address");
}

#[tokio::test]
async fn what_a_form_cannot_mean_is_refused_with_a_page() {
    let app = TestApp::spawn();
    let long = "x".repeat(2001);
    let token = between(&LessonPage::open(&app, "tamper").await.page, "name=\"token\" value=\"", "\"").unwrap();
    for (slug, fields) in [
        ("tamper", vec![("token", token.as_str()), ("step", "payload"), ("payload", &long)]),
        ("tamper", vec![("token", token.as_str()), ("step", "fly")]),
        ("hs256-or-rs256", vec![("step", "fly")]),
        ("none", vec![("header", long.as_str())]),
        ("none", vec![("signature", long.as_str())]),
        ("key-confusion", vec![("algorithm", "none"), ("key", "pem")]),
        ("key-confusion", vec![("algorithm", "HS256"), ("key", "private")]),
        ("key-confusion", vec![("secret", long.as_str())]),
        ("keys-in-the-header", vec![("member", "x5c")]),
        ("keys-in-the-header", vec![("member", "jwk"), ("with", "server")]),
        ("keys-in-the-header", vec![("value", long.as_str())]),
    ] {
        let lesson = LessonPage::open(&app, slug).await;
        let answer = lesson.post(&fields).await;
        assert_eq!(answer.status, 400, "{slug} {fields:?}");
        assert!(answer.body.contains("<h1>") && answer.body.contains("bad_request"), "{}", answer.body);
    }
}

#[tokio::test]
async fn whatever_is_written_makes_a_page_of_bounded_size() {
    let app = TestApp::spawn();
    let deep = format!("{}{}{}", "{\"a\":".repeat(100), "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", "}".repeat(100));
    let marks = "<b>\"'`*&".repeat(200);
    let hostile = [
        deep.as_str(),
        &marks,
        "\u{0}\u{202e}",
        "é€𝄞",
        "{\"alg\":1}",
        "{\"alg\":[]}",
        "{\"alg\":\"none\",\"alg\":\"none\"}",
    ];
    for text in hostile {
        for (slug, fields) in [
            ("tamper", &["payload"][..]),
            ("none", &["header", "payload", "signature"]),
            ("key-confusion", &["secret"]),
            ("keys-in-the-header", &["value", "secret"]),
        ] {
            let lesson = LessonPage::open(&app, slug).await;
            let choices = [("member", "jwk"), ("with", "secret"), ("algorithm", "HS256"), ("key", "own")];
            let choices = choices.into_iter().filter(|_| slug.starts_with("key"));
            let written = fields.iter().map(|name| (*name, text));
            let token = between(&lesson.page, "name=\"token\" value=\"", "\"").unwrap_or_default();
            let mut all: Vec<(&str, &str)> = written.chain(choices).collect();
            if slug == "tamper" {
                all.extend([("step", "payload"), ("token", token.as_str())]);
            }
            let answer = lesson.post(&all).await;
            assert_eq!(answer.status, 200, "{slug} {text}: {}", answer.body);
            assert!(!answer.body.contains("<b>"), "{}", answer.body);
        }
    }
}

#[tokio::test]
async fn a_body_that_is_no_form_or_too_long_is_refused() {
    let app = TestApp::spawn();
    for slug in LESSONS {
        let path = format!("/lab/lessons/{slug}");
        let post = || app.visitor().request(Method::POST, &path).header("accept", "text/html");
        assert_eq!(Answer::to(post().header("content-type", "application/json").body("{}")).await.status, 415);
        let form = post().header("content-type", "application/x-www-form-urlencoded");
        assert_eq!(Answer::to(form.body("a".repeat(20_000))).await.status, 413, "{slug}");
    }
}

#[tokio::test]
async fn a_lesson_is_about_the_session_s_own_token_while_that_is_accepted() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    visitor.get("/generate?sub=alice").await;
    let own = "This is the token in your session.";
    let made = "so this one was made for <code>alice</code>";
    for slug in ["tamper", "none", "key-confusion", "keys-in-the-header"] {
        assert!(visitor.page(&format!("/lab/lessons/{slug}")).await.contains(own), "{slug}");
    }
    app.advance(60);
    for slug in ["tamper", "none", "key-confusion", "keys-in-the-header"] {
        let page = visitor.page(&format!("/lab/lessons/{slug}")).await;
        assert!(page.contains(made) && !page.contains(own), "{slug}");
    }
    assert_eq!(visitor.verdict().await.1["code"], "expired", "the session is as it was");
}

#[tokio::test]
async fn where_no_key_signs_a_lesson_says_so() {
    let issuing = TestApp::spawn();
    let folder = TempDir::new().unwrap();
    std::fs::copy(issuing.keys().join("jwt_key.pub"), folder.path().join("jwt_key.pub")).unwrap();
    let next = folder.path().join("hs256.20991231T000000Z.secret");
    std::fs::copy(issuing.keys().join("hs256.secret"), next).unwrap();
    let app = TestApp::in_folder(folder, &[]);
    for slug in LESSONS {
        let path = format!("/lab/lessons/{slug}");
        let refused = Answer::to(app.visitor().request(Method::GET, &path).header("accept", "application/json")).await;
        assert_eq!((refused.status, refused.text("error").as_str()), (409, "cannot_sign"), "{slug}: {}", refused.body);
    }
}

#[tokio::test]
async fn what_a_trace_marks_as_code_is_shown_as_code() {
    let app = TestApp::spawn();
    let lesson = LessonPage::open(&app, "keys-in-the-header").await;
    let page =
        lesson.press("Forge and send", &[("member", "jku"), ("value", "https://a.example/"), ("with", "attacker")]);
    let page = page.await;
    assert!(page.contains("expected: a header without <code>jku</code>"), "{page}");
    assert!(page.contains("by <code>jku</code> the token sends"), "{page}");
}

#[tokio::test]
async fn a_form_without_any_field_is_sent_too() {
    let app = TestApp::spawn();
    let answer = LessonPage::open(&app, "none").await.post(&[]).await;
    assert!(answer.status == 200 && answer.body.contains("id=\"outcome\""), "{}", answer.body);
    for slug in ["tamper", "hs256-or-rs256", "logout"] {
        let answer = LessonPage::open(&app, slug).await.post(&[]).await;
        assert_eq!(answer.status, 400, "{slug}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_lesson_of_several_steps_tells_why_after_its_last_one_alone() {
    let app = TestApp::spawn();
    let explains = |answer: &Answer| answer.body.contains("id=\"why\"");
    let logout = LessonPage::open(&app, "logout").await;
    let begun = logout.post(&[("do", "login")]).await;
    assert!(begun.body.contains("id=\"outcome\"") && !explains(&begun), "{}", begun.body);
    let rotation = LessonPage::open(&app, "rotation").await;
    let begun = rotation.post(&[("do", "issue")]).await;
    assert!(begun.body.contains("id=\"outcome\"") && !explains(&begun), "{}", begun.body);
}
