//! Four lessons over HTTP, each solved by its own text: a guessable secret, three logouts, a rotation, and whether a
//! JWT is needed at all.

use actix_web::cookie::{Cookie, CookieJar, Key};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use hallpass::lab::lessons::{LESSONS, Lesson, need_a_jwt, weak_secret};
use hallpass::profiles::demo::{DemoAlgorithm, Subject};
use hallpass::profiles::{Lifetime, lab};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde_json::json;
use sqlx::{Connection as _, SqliteConnection};

use crate::app::{Answer, START, TestApp, Visitor, part};

const SOLVED: &str = "</span> solved</span>";

/// A lesson's page in one browser: its form's fields, and the last answer.
struct Page {
    visitor: Visitor,
    slug: &'static str,
    fields: Vec<(String, String)>,
    answer: Answer,
}

impl Page {
    async fn open(visitor: Visitor, slug: &'static str) -> Self {
        let request = visitor.request(Method::GET, &format!("/lab/lessons/{slug}")).header("accept", "text/html");
        let answer = Answer::to(request).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let fields = fields(&answer.body);
        Self { visitor, slug, fields, answer }
    }

    fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.fields.retain(|(found, _)| found != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    fn field(&self, name: &str) -> &str {
        self.fields.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value)
    }

    /// Presses the button of this label, which must be on the page.
    async fn press(&mut self, label: &str) -> &mut Self {
        let value = button(&self.answer.body, label);
        let fields = self.fields.clone();
        self.send(fields.into_iter().chain([("do".to_owned(), value)]).collect()).await;
        assert_eq!(self.answer.status, 200, "{label}: {}", self.answer.body);
        self.fields = fields_after(&self.answer.body, &self.fields);
        self
    }

    async fn send(&mut self, fields: Vec<(String, String)>) {
        let request = self.visitor.request(Method::POST, &format!("/lab/lessons/{}", self.slug));
        self.answer = Answer::to(request.header("accept", "text/html").form(&fields)).await;
    }

    fn is_solved(&self) -> bool {
        self.answer.body.contains(SOLVED)
    }

    #[track_caller]
    fn says(&self, text: &str) -> &Self {
        let body = plain(&self.answer.body);
        assert!(body.contains(text), "not found: {text}\n{body}");
        self
    }
}

/// The words of a page without its tags.
fn plain(html: &str) -> String {
    let pieces = html.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text));
    let text: String = pieces.collect::<Vec<_>>().concat();
    text.replace("&#39;", "'").replace("&quot;", "\"").replace("&#38;", "&").replace('\u{a0}', " ")
}

fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    tag.split_once(&format!("{name}=\"")).and_then(|(_, rest)| rest.split_once('"')).map(|(value, _)| value)
}

/// The fields of the page's form as a browser would send them.
fn fields(html: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for tag in html.split("<input ").skip(1).map(|rest| rest.split_once('>').unwrap().0) {
        let is_sent = !tag.contains("type=\"radio\"") || tag.ends_with("checked");
        if is_sent {
            let value = attribute(tag, "value").unwrap_or_default();
            all.push((attribute(tag, "name").unwrap().to_owned(), value.to_owned()));
        }
    }
    for rest in html.split("<textarea ").skip(1) {
        let (tag, rest) = rest.split_once('>').unwrap();
        let text = rest.split_once("</textarea>").unwrap().0;
        all.push((attribute(tag, "name").unwrap().to_owned(), text.to_owned()));
    }
    all
}

/// The same, and the radio button that was chosen before.
fn fields_after(html: &str, before: &[(String, String)]) -> Vec<(String, String)> {
    let after = fields(html);
    if let Some((_, predicted)) = before.iter().find(|(name, _)| name == "predict") {
        assert!(after.contains(&("predict".to_owned(), predicted.clone())), "the prediction stays");
    }
    after
}

/// What the button of this label sends.
fn button(html: &str, label: &str) -> String {
    let before = html.split_once(&format!(">{label}</button>")).unwrap_or_else(|| panic!("no button {label}")).0;
    attribute(before.rsplit_once("<button").unwrap().1, "value").unwrap_or_default().to_owned()
}

fn lesson(slug: &str) -> &'static Lesson {
    Lesson::find(slug).unwrap()
}

/// What a lesson's solution says to press, choose or read, in its order.
fn presses(slug: &str) -> Vec<&'static str> {
    lesson(slug).solution.markdown().split('*').skip(1).step_by(2).collect()
}

async fn progress(visitor: &Visitor, slug: &str) -> bool {
    visitor.page(&format!("/lab/lessons/{slug}")).await.contains(SOLVED)
}

/// The word that *Try the list* found.
fn found(page: &Page) -> String {
    let rest = page.answer.body.split_once("class=\"found\"><code>").unwrap().1;
    rest.split_once('<').unwrap().0.to_owned()
}

// Guessing a weak secret.

#[tokio::test]
async fn the_weak_secret_falls_by_the_lesson_s_own_solution() {
    let app = TestApp::spawn();
    let mut page = Page::open(app.visitor(), "weak-secret").await;
    assert!(!page.is_solved());
    let [guess, secret, sub, sign] = presses("weak-secret")[..] else { panic!() };
    assert_eq!((secret, sub), ("Secret", "New sub"));
    assert!(page.answer.body.contains("class=\"field\">Secret <") && page.answer.body.contains(">New sub <"));
    page.set("predict", "none").press(guess).await.says("No server was asked.").says("You were right.");
    assert!(!page.is_solved());
    let word = found(&page);
    assert_eq!(word, weak_secret::secret_of(page.field("case")));
    page.set("secret", &word).set("sub", "teacher").press(sign).await.says("believes that you are teacher");
    assert!(page.is_solved() && progress(&page.visitor, "weak-secret").await);
    assert!(!progress(&app.visitor(), "weak-secret").await);
}

#[tokio::test]
async fn the_list_misses_a_generated_secret_and_the_page_says_how_long_all_would_take() {
    let app = TestApp::spawn();
    let mut page = Page::open(app.visitor(), "weak-secret").await;
    page.press("Try the list").await;
    page.says("a token that the lab signed with its generated secret").says("nothing").says("a number of years");
    page.visitor.generate().await;
    page.press("Try the list").await.says("your session's own token").says("nothing");
}

#[tokio::test]
async fn near_misses_with_the_secret_are_named() {
    let app = TestApp::spawn();
    let mut page = Page::open(app.visitor(), "weak-secret").await;
    page.set("case", "a case of the test");
    let word = weak_secret::secret_of("a case of the test");
    page.set("secret", &format!("{word} ")).set("sub", "teacher").press("Sign with it").await;
    page.says("a blank beside it").says("bad_signature");
    page.set("secret", "not on any list").press("Sign with it").await.says("refuses it").says("bad_signature");
    let other = weak_secret::words().find(|it| !it.eq_ignore_ascii_case(word)).unwrap();
    page.set("secret", other).press("Sign with it").await.says("another one signed this token");
    page.set("secret", "").press("Sign with it").await.says("Nothing is signed");
    page.set("secret", word).set("sub", weak_secret::SUBJECT).press("Sign with it").await.says("Choose another sub");
    assert!(!page.is_solved());
}

#[tokio::test]
async fn a_token_that_was_forged_elsewhere_is_credited_and_a_late_one_is_told() {
    let app = TestApp::spawn();
    let mut page = Page::open(app.visitor(), "weak-secret").await;
    let now = DateTime::from_timestamp(START, 0).unwrap();
    let word = weak_secret::secret_of(page.field("case"));
    let token = weak_secret::sign(word, &Subject::parse("admin").unwrap(), now).unwrap();
    app.advance(3600);
    page.set("forged", token.as_str()).press("Show it to the server").await.says("the token has ended");
    assert!(!page.is_solved());
    app.clock.advance(-chrono::TimeDelta::seconds(1));
    page.press("Show it to the server").await.says("believes that you are admin");
    assert!(page.is_solved());
}

// Logout three ways.

#[tokio::test]
async fn three_logouts_are_told_apart_by_the_lesson_s_own_solution() {
    let app = TestApp::spawn();
    let mut page = Page::open(app.visitor(), "logout").await;
    let all = presses("logout");
    assert_eq!(all.len(), 12);
    for (round, says) in
        all.chunks(4).zip(["nobody was logged out", "its jti is on the list", "its kid names a key that is gone"])
    {
        assert!(!page.is_solved());
        for label in round {
            page.press(label).await;
        }
        page.says(says);
    }
    page.says("still accepted").says("refused: revoked").says("refused: unknown_kid");
    assert!(page.is_solved() && progress(&page.visitor, "logout").await);
}

#[tokio::test]
async fn the_pass_is_an_http_only_cookie_that_ends_with_its_token() {
    let app = TestApp::spawn();
    let mut page = Page::open(app.visitor(), "logout").await;
    page.press("Log in").await;
    let lines: Vec<_> = page.answer.headers.get_all("set-cookie").iter().map(|it| it.to_str().unwrap()).collect();
    let pass = lines.iter().find(|line| line.starts_with("lab-pass=")).unwrap();
    assert!(pass.ends_with("; HttpOnly; SameSite=Lax; Path=/lab/lessons/logout; Max-Age=600"), "{pass}");
    let token = pass.trim_start_matches("lab-pass=").split(';').next().unwrap();
    assert!(part(token, 0).contains(r#""kid":"lab-1""#));
    let claims: serde_json::Value = serde_json::from_str(&part(token, 1)).unwrap();
    assert_eq!(claims["exp"].as_i64().unwrap(), START + 600);
    assert_eq!(URL_SAFE_NO_PAD.decode(claims["jti"].as_str().unwrap()).unwrap().len(), 16);
}

#[tokio::test]
async fn a_right_prediction_is_credited_with_two_ways_that_differ() {
    let app = TestApp::spawn();
    let mut page = Page::open(app.visitor(), "logout").await;
    page.set("predict", "clear");
    for label in ["Log in", "Save a copy", "Clear the cookie", "Replay the saved copy"] {
        page.press(label).await;
    }
    assert!(!page.is_solved());
    for label in ["Log in", "Save a copy", "Rotate my key", "Replay the saved copy"] {
        page.press(label).await;
    }
    assert!(page.is_solved());
}

#[tokio::test]
async fn near_misses_with_a_logout_are_named() {
    let app = TestApp::spawn();
    let mut page = Page::open(app.visitor(), "logout").await;
    for label in ["Save a copy", "Clear the cookie", "Revoke the jti"] {
        page.press(label).await.says("Your browser sent no");
    }
    page.press("Replay the saved copy").await.says("There is no copy to replay");
    page.press("Log in").await;
    page.press("Save a copy").await;
    page.press("Replay the saved copy").await.says("Nobody logged out since");
    page.press("Rotate my key").await;
    page.press("Revoke the jti").await.says("is refused already (unknown_kid)");
    page.press("Clear the cookie").await;
    page.press("Replay the saved copy").await.says("an earlier one had stopped the copy");
    page.press("Log in").await;
    page.press("Save a copy").await;
    page.press("Clear the cookie").await;
    app.advance(600);
    page.press("Replay the saved copy").await.says("The copy expired ten minutes after the login").says("expired");
    page.says("not replayed yet");
    assert!(!page.answer.body.contains("still accepted"));
}

#[tokio::test]
async fn a_pass_of_somebody_else_shows_nothing_and_is_harmed_by_nobody_s_rotation() {
    let app = TestApp::spawn();
    let (mut mine, mut other) = (Page::open(app.visitor(), "logout").await, Page::open(app.visitor(), "logout").await);
    for page in [&mut mine, &mut other] {
        page.press("Log in").await;
        page.press("Save a copy").await;
    }
    let stolen = other.field("saved").to_owned();
    mine.press("Rotate my key").await;
    mine.set("saved", &stolen).press("Replay the saved copy").await.says("None of your keys signed that token");
    mine.says("not replayed yet");
    let demo = "lab-pass=a.b.c";
    mine.set("saved", demo).press("Replay the saved copy").await.says("None of your keys signed that token");
    other.press("Clear the cookie").await;
    other.press("Replay the saved copy").await.says("nobody was logged out");
}

#[tokio::test]
async fn only_a_revocation_and_what_depends_on_one_need_the_store() {
    let app = TestApp::spawn();
    let mut page = Page::open(app.visitor(), "logout").await;
    let database = format!("sqlite:{}", app.keys().join("hallpass.db").display());
    let mut connection = SqliteConnection::connect(&database).await.unwrap();
    sqlx::query("DROP TABLE revoked_tokens").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();

    page.press("Log in").await;
    page.press("Save a copy").await;
    for step in ["revoke", "replay"] {
        let fields = page.fields.clone();
        page.send(fields.into_iter().chain([("do".to_owned(), step.to_owned())]).collect()).await;
        assert_eq!(page.answer.status, 503, "{step}");
        assert!(page.answer.body.contains("store_away"));
    }
    page.answer = Answer::to(page.visitor.request(Method::GET, "/lab/lessons/logout")).await;
    page.press("Rotate my key").await;
    page.press("Replay the saved copy").await.says("its kid names a key that is gone");

    let mut rotation = Page::open(app.visitor(), "rotation").await;
    rotation.press("Issue a token").await.says("accepted");
}

// Rotation of keys.

#[tokio::test]
async fn a_key_is_replaced_by_the_lesson_s_own_solution_and_no_live_token_is_refused() {
    let app = TestApp::spawn();
    let mut page = Page::open(app.visitor(), "rotation").await;
    let all = presses("rotation");
    let [life, steps @ .., retire] = &all[..] else { panic!() };
    page.set("life", life.trim_end_matches(" s"));
    for label in steps {
        page.press(label).await;
        assert!(!plain(&page.answer.body).contains("✗"), "{label}");
    }
    page.says("lab-1").says("lab-2").says("signs and verifies").says("old: verifies, signs no more");
    app.advance(6);
    page.press(retire).await.says("Solved.").says("retired: neither signs nor verifies").says("unknown_kid");
    assert!(page.is_solved() && progress(&page.visitor, "rotation").await);
}

#[tokio::test]
async fn wrong_orders_of_a_rotation_are_named_and_not_credited() {
    let app = TestApp::spawn();
    let mut page = Page::open(app.visitor(), "rotation").await;
    page.set("life", "60").press("Issue a token").await;
    page.press("Rotate abruptly").await.says("its key was dropped too early").says("unknown_kid");

    page.press("Start again").await.says("None yet.");
    page.press("Issue a token").await;
    page.press("Sign with the next key").await.says("signs, but is not published");
    page.press("Issue a token").await.says("no verifier knows it yet");
    page.press("Publish the next key").await.says("a live token was refused before");
    app.advance(60);
    page.press("Retire the old key").await.says("no verifier knows it yet");

    page.press("Start again").await;
    for label in ["Issue a token", "Publish the next key", "Sign with the next key", "Issue a token"] {
        page.press(label).await;
    }
    app.advance(59);
    page.press("Retire the old key").await.says("its key was dropped too early");

    page.press("Start again").await;
    page.press("Retire the old key").await.says("There is no old key");
    for label in ["Publish the next key", "Sign with the next key", "Issue a token"] {
        page.press(label).await;
    }
    page.press("Retire the old key").await.says("no token of the old key was under way");

    page.press("Start again").await;
    for label in ["Issue a token", "Publish the next key", "Sign with the next key"] {
        page.press(label).await;
    }
    app.advance(60);
    page.press("Retire the old key").await.says("no token of the new key shows");
    assert!(!page.is_solved());
}

#[tokio::test]
async fn a_rotation_ends_nobody_else_s_token_and_theirs_are_left_out() {
    let app = TestApp::spawn();
    let (mut mine, mut other) =
        (Page::open(app.visitor(), "rotation").await, Page::open(app.visitor(), "rotation").await);
    for page in [&mut mine, &mut other] {
        page.set("life", "60").press("Issue a token").await;
    }
    mine.press("Rotate abruptly").await;
    other.press("Judge them again").await.says("accepted");
    assert!(!plain(&other.answer.body).contains("✗"));
    let stolen = other.field("tokens").to_owned();
    mine.set("tokens", &stolen).press("Judge them again").await.says("none that your keys signed").says("None yet.");
}

#[tokio::test]
async fn a_visitor_s_keys_and_tokens_do_not_pile_up() {
    let app = TestApp::spawn();
    let mut page = Page::open(app.visitor(), "rotation").await;
    for _ in 0..7 {
        for label in ["Issue a token", "Publish the next key", "Sign with the next key"] {
            page.press(label).await;
        }
    }
    assert_eq!(page.field("tokens").split(' ').count(), 4);
    assert!(page.answer.body.len() < 20_000, "{}", page.answer.body.len());
    page.says("Retire the old ones first.").says("lab-4");
    assert!(!page.answer.body.contains("lab-5"));
}

// Is a JWT needed here?

#[tokio::test]
async fn the_five_cases_are_right_by_the_lesson_s_own_solution() {
    let app = TestApp::spawn();
    let mut page = Page::open(app.visitor(), "need-a-jwt").await;
    let all = presses("need-a-jwt");
    let [session, jwt, opaque, remembered, services, judge] = all[..] else { panic!("{all:?}") };
    assert_eq!(remembered, "remember me");
    let labels = [session, jwt, opaque, opaque, services];
    for (case, label) in need_a_jwt::CASES.iter().zip(labels) {
        let carrier = need_a_jwt::Carrier::ALL.into_iter().find(|it| it.says() == label).unwrap();
        page.set(case.name, carrier.name());
    }
    page.press(judge).await.says("all five are right");
    assert!(page.is_solved() && progress(&page.visitor, "need-a-jwt").await);
}

#[tokio::test]
async fn other_right_answers_are_credited_and_near_misses_explained() {
    let app = TestApp::spawn();
    let mut page = Page::open(app.visitor(), "need-a-jwt").await;
    page.press("Judge my choices").await.says("0 of five are right");
    page.set("shop", "opaque").set("companies", "opaque").set("download", "jwt");
    page.press("Judge my choices").await.says("2 of five are right").says("right as well").says("not chosen yet");
    page.says("single sign-on between companies has a standard");
    page.set("companies", "jwt").set("remember", "session").set("services", "opaque");
    page.press("Judge my choices").await.says("all five are right");
    assert!(page.is_solved());
}

// Bad input.

/// A lesson, what its form is sent, and the status of the answer.
type Bad<'a> = (&'static str, &'a [(&'a str, &'a str)], u16);

#[tokio::test]
async fn bad_input_gets_a_clear_refusal_and_is_never_a_fault() {
    let app = TestApp::spawn();
    let long = "x".repeat(12_000);
    let huge = "x".repeat(20_000);
    let cases: &[Bad<'_>] = &[
        ("weak-secret", &[("do", "burn")], 400),
        ("weak-secret", &[("secret", "x")], 400),
        ("weak-secret", &[("do", "guess"), ("case", &long)], 400),
        ("weak-secret", &[("do", "guess"), ("token", &long)], 200),
        ("weak-secret", &[("do", "guess"), ("token", "\u{e9}.\u{0}.\u{e9}")], 200),
        ("weak-secret", &[("do", "guess"), ("token", &huge)], 413),
        ("weak-secret", &[("do", "sign"), ("secret", &long), ("sub", "x")], 400),
        ("weak-secret", &[("do", "sign"), ("secret", "x")], 400),
        ("weak-secret", &[("do", "sign"), ("secret", "{\"kty\":\"oct\"}"), ("sub", "x")], 200),
        ("weak-secret", &[("do", "sign"), ("secret", "-----BEGIN PUBLIC KEY-----"), ("sub", "x")], 200),
        ("weak-secret", &[("do", "present"), ("forged", &long)], 200),
        ("logout", &[("do", "burn")], 400),
        ("logout", &[("saved", "x")], 400),
        ("logout", &[("do", "replay"), ("saved", &long), ("way", "burn"), ("tried", &huge[..3000])], 200),
        ("logout", &[("do", "replay"), ("saved", "lab-pass=\u{0}")], 200),
        ("rotation", &[("do", "burn")], 400),
        ("rotation", &[("do", "issue"), ("life", "86400")], 400),
        ("rotation", &[("do", "issue"), ("published", "99999999999"), ("gap", "burn")], 200),
        ("rotation", &[("do", "retire"), ("published", "0")], 200),
        ("rotation", &[("do", "look"), ("tokens", &long)], 200),
        ("need-a-jwt", &[("shop", "cookie")], 400),
        ("need-a-jwt", &[("predict", "burn"), ("strange", "field")], 200),
    ];
    for (slug, fields, status) in cases {
        let request = app.visitor().request(Method::POST, &format!("/lab/lessons/{slug}"));
        let answer = Answer::to(request.header("accept", "text/html").form(fields)).await;
        assert_eq!(answer.status, *status, "{slug} {:?}: {}", fields[0], answer.body);
        assert!(answer.body.contains("<h1>") && !answer.body.contains(SOLVED), "{slug} {:?}", fields[0]);
        assert!(answer.body.len() < 100_000);
    }
}

#[tokio::test]
async fn a_lesson_s_text_names_only_buttons_that_its_page_has() {
    let app = TestApp::spawn();
    for slug in ["weak-secret", "logout", "rotation", "need-a-jwt"] {
        let page = Page::open(app.visitor(), slug).await;
        let lesson = LESSONS.iter().find(|it| it.slug == slug).unwrap();
        let (before_help, _) = page.answer.body.split_once("id=\"help\"").unwrap();
        let words = plain(before_help);
        for text in lesson.hints.iter().chain([&lesson.solution]) {
            for name in text.markdown().split('*').skip(1).step_by(2) {
                assert!(words.to_lowercase().contains(&name.to_lowercase()), "{slug}: {name}");
            }
        }
    }
}

// The site's own logout.

/// A session that holds this token of the lab's, encrypted as the server encrypts it.
fn session_with(app: &TestApp, token: &str) -> String {
    let kept = json!({ "token": token, "algorithm": "HS256", "ring": "lab", "issued_at": START });
    let state = json!({ "demo": kept.to_string() }).to_string();
    let mut jar = CookieJar::new();
    jar.private_mut(&Key::from(app.ring().session_key())).add(Cookie::new("hallpass", state));
    let encrypted = jar.get("hallpass").unwrap().value().to_owned();
    format!("hallpass={}", utf8_percent_encode(&encrypted, NON_ALPHANUMERIC))
}

#[tokio::test]
async fn a_logout_revokes_a_session_s_token_that_has_a_jti() {
    let app = TestApp::spawn();
    let (ring, now) = (app.ring(), DateTime::from_timestamp(START, 0).unwrap());
    let keys = lab::keys(&ring, DemoAlgorithm::HS256);
    let issue = |jti| lab::issue(keys, &lab::claims(&Subject::default(), Lifetime::HOUR, jti, now)).unwrap();
    let (saved, other) = (session_with(&app, issue("one").as_str()), session_with(&app, issue("two").as_str()));
    let visitor = app.visitor();
    let verdict = async |cookie: &str| {
        let request = visitor.request(Method::GET, "/validate").header("accept", "application/json");
        let answer = Answer::to(request.header("cookie", cookie)).await;
        (answer.status, answer.text("code"))
    };
    assert_eq!(verdict(&saved).await, (200, "accepted".to_owned()));

    let logout = visitor.request(Method::POST, "/logout").header("cookie", &saved);
    assert_eq!(Answer::to(logout).await.status, 303);

    assert_eq!(verdict(&saved).await, (401, "revoked".to_owned()));
    assert_eq!(verdict(&other).await, (200, "accepted".to_owned()));
}
