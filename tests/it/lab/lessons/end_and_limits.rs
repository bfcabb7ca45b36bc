//! Three lessons over HTTP, each solved by its own text: three logouts, a rotation, and whether a JWT is needed at all.

use actix_web::cookie::{Cookie, CookieJar, Key};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use hallpass::lab::lessons::{Lesson, need_a_jwt};
use hallpass::profiles::demo::{DemoAlgorithm, Subject};
use hallpass::profiles::{Lifetime, lab};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde_json::json;
use sqlx::{Connection as _, SqliteConnection};

use crate::app::{Answer, START, TestApp, Visitor, part};

const SOLVED: &str = "</span> solved</span>";

/// A lesson's page in one browser: its form's fields, and the last answer.
pub struct Page {
    pub visitor: Visitor,
    slug: &'static str,
    fields: Vec<(String, String)>,
    pub answer: Answer,
}

impl Page {
    pub async fn open(visitor: Visitor, slug: &'static str) -> Self {
        visitor.skip_prediction(slug).await;
        let request = visitor.request(Method::GET, &format!("/lab/lessons/{slug}")).header("accept", "text/html");
        let answer = Answer::to(request).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let fields = fields(&answer.body);
        Self { visitor, slug, fields, answer }
    }

    pub fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.fields.retain(|(found, _)| found != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    fn field(&self, name: &str) -> &str {
        self.fields.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value)
    }

    /// Presses the button of this label, which must be on the page.
    pub async fn press(&mut self, label: &str) -> &mut Self {
        let value = button(&self.answer.body, label);
        let sent = self.fields.clone();
        self.send(sent.into_iter().chain([("do".to_owned(), value)]).collect()).await;
        assert_eq!(self.answer.status, 200, "{label}: {}", self.answer.body);
        self.fields = fields(&self.answer.body);
        self
    }

    /// Sends what a button would send, also one that the page does not show now.
    pub async fn step(&mut self, value: &str) -> &mut Self {
        let sent = self.fields.clone();
        self.send(sent.into_iter().chain([("do".to_owned(), value.to_owned())]).collect()).await;
        assert_eq!(self.answer.status, 200, "{value}: {}", self.answer.body);
        self.fields = fields(&self.answer.body);
        self
    }

    /// Chooses for the service that is next.
    async fn decide(&mut self, carrier: &str, reason: &str) -> &mut Self {
        let carrier = need_a_jwt::Carrier::ALL.into_iter().find(|it| it.says() == carrier).unwrap();
        let reason = need_a_jwt::Reason::ALL.into_iter().find(|it| it.says() == reason).unwrap();
        self.set("carrier", carrier.name()).set("reason", reason.name()).step("check").await
    }

    /// The value of a cookie that the last answer set.
    pub fn cookie(&self, name: &str) -> &str {
        let lines = self.answer.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap());
        let mut pairs = lines.filter_map(|line| line.split(';').next()?.split_once('='));
        pairs.find(|(found, _)| *found == name).map_or("", |(_, value)| value)
    }

    /// The tokens that the browser keeps for the rotation, as the last answer set them.
    fn tokens(&self) -> Vec<&str> {
        self.cookie("lab-tokens").split('~').filter(|token| !token.is_empty()).collect()
    }

    async fn send(&mut self, fields: Vec<(String, String)>) {
        let request = self.visitor.request(Method::POST, &format!("/lab/lessons/{}", self.slug));
        self.answer = Answer::to(request.header("accept", "text/html").form(&fields)).await;
    }

    pub fn is_solved(&self) -> bool {
        self.answer.body.contains(SOLVED)
    }

    /// Whether the page marks something as refused or wrong, above its reasons and its code.
    fn marks_failure(&self) -> bool {
        self.answer.body.split("id=\"why\"").next().is_some_and(|task| task.contains('✗'))
    }

    #[track_caller]
    pub fn says(&self, text: &str) -> &Self {
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
        let is_choice = ["type=\"radio\"", "type=\"checkbox\""].iter().any(|it| tag.contains(it));
        let is_sent = !is_choice || tag.ends_with("checked");
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

// Logout three ways.

const ROUNDS: [[&str; 4]; 3] = [
    ["Log in as Bob", "Save a copy", "Clear the cookie", "Replay the copy"],
    ["Log in as Bob", "Save a copy", "Revoke the token", "Replay the copy"],
    ["Log in as Bob", "Save a copy", "Rotate the key", "Replay the copy"],
];

#[tokio::test]
async fn three_logouts_are_told_apart_by_the_lesson_s_own_solution() {
    let app = TestApp::spawn();
    let mut page = Page::open(app.visitor(), "logout").await;
    let all = presses("logout");
    assert_eq!(all, ROUNDS.concat());
    for (round, says) in all.chunks(4).zip(["The copy still works.", "is on the deny list", "names the old key"]) {
        assert!(!page.is_solved());
        for label in round {
            page.press(label).await;
        }
        page.says(says);
    }
    page.says("still accepted").says("refused: revoked").says("refused: unknown_kid").says("All three rounds are done");
    assert!(page.is_solved() && progress(&page.visitor, "logout").await);
}

#[tokio::test]
async fn the_rounds_of_the_logouts_may_come_in_any_order_and_survive_a_reload() {
    let app = TestApp::spawn();
    let mut page = Page::open(app.visitor(), "logout").await;
    for (round, says) in [(2, "1 of 3 rounds done"), (2, "1 of 3 rounds done"), (0, "2 of 3 rounds done")] {
        for label in ROUNDS[round] {
            page.press(label).await;
        }
        page.says(says);
        page = Page::open(page.visitor, "logout").await;
        page.says(says);
    }
    for label in ROUNDS[1] {
        page.press(label).await;
    }
    assert!(page.is_solved());
}

#[tokio::test]
async fn the_pass_is_an_http_only_cookie_that_ends_with_its_token() {
    let app = TestApp::spawn();
    let mut page = Page::open(app.visitor(), "logout").await;
    page.press("Log in as Bob").await;
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
async fn a_refused_copy_is_never_told_as_accepted_and_the_cause_is_named() {
    let app = TestApp::spawn();
    let mut page = Page::open(app.visitor(), "logout").await;
    for step in ["save", "clear", "revoke"] {
        page.step(step).await.says("Your browser sent no");
    }
    page.step("replay").await.says("There is no copy");
    page.press("Log in as Bob").await;
    page.press("Save a copy").await;
    page.step("replay").await.says("Bob is still logged in").says("accepted");
    page.press("Rotate the key").await;
    page.step("revoke").await.says("refuses the token in Bob's cookie already (unknown_kid)");
    page.step("clear").await;
    page.press("Replay the copy").await.says("an earlier rotation ended its key").says("Mallory is not logged in");
    page.says("0 of 3 rounds done");
    page.press("Log in as Bob").await;
    page.press("Save a copy").await;
    page.press("Clear the cookie").await;
    app.advance(600);
    page.press("Replay the copy").await.says("expired ten minutes after the login").says("Mallory is not logged in");
    page.says("0 of 3 rounds done");
    assert!(!page.answer.body.contains("still accepted"));
}

#[tokio::test]
async fn a_logout_of_another_tab_s_token_does_not_count_for_this_copy() {
    let app = TestApp::spawn();
    let mut page = Page::open(app.visitor(), "logout").await;
    page.press("Log in as Bob").await;
    page.press("Save a copy").await;
    let mut other = Page::open(page.visitor.before(&app), "logout").await;
    other.press("Log in as Bob").await;
    page.press("Revoke the token").await;
    page.press("Replay the copy").await.says("It ended another token").says("Mallory is logged in as Bob");
    page.says("0 of 3 rounds done");

    other.press("Log in as Bob").await;
    other.press("Save a copy").await;
    other.press("Clear the cookie").await;
    other.press("Replay the copy").await.says("1 of 3 rounds done");
}

#[tokio::test]
async fn a_pass_of_somebody_else_shows_nothing_and_is_harmed_by_nobody_s_rotation() {
    let app = TestApp::spawn();
    let (mut mine, mut other) = (Page::open(app.visitor(), "logout").await, Page::open(app.visitor(), "logout").await);
    for page in [&mut mine, &mut other] {
        page.press("Log in as Bob").await;
        page.press("Save a copy").await;
    }
    let stolen = other.field("saved").to_owned();
    mine.press("Rotate the key").await;
    for copy in [&stolen, "lab-pass=a.b.c"] {
        mine.set("saved", copy).press("Replay the copy").await.says("none of your keys signed it");
    }
    mine.says("0 of 3 rounds done");
    other.press("Clear the cookie").await;
    other.press("Replay the copy").await.says("The copy still works.");
}

#[tokio::test]
async fn a_rotation_in_one_lesson_ends_no_token_of_the_other() {
    let app = TestApp::spawn();
    let mut logout = Page::open(app.visitor(), "logout").await;
    logout.press("Log in as Bob").await;
    logout.press("Save a copy").await;
    let mut rotation = Page::open(logout.visitor.before(&app), "rotation").await;
    rotation.set("life", "60").press("Issue a token").await;
    logout.press("Rotate the key").await;
    rotation.press("Check the tokens again").await;
    assert!(!rotation.marks_failure());
    rotation.press("Start again").await;
    logout.press("Replay the copy").await.says("1 of 3 rounds done").says("unknown_kid");
    logout.press("Log in as Bob").await;
    for label in ["Publish the next key", "Sign with the next key", "Retire the old key"] {
        rotation.press(label).await;
    }
    for label in ["Save a copy", "Clear the cookie", "Replay the copy"] {
        logout.press(label).await;
    }
    logout.says("The copy still works.").says("2 of 3 rounds done");
}

#[tokio::test]
async fn only_a_revocation_and_what_depends_on_one_need_the_store() {
    let app = TestApp::spawn();
    let mut page = Page::open(app.visitor(), "logout").await;
    let database = format!("sqlite:{}", app.keys().join("hallpass.db").display());
    let mut connection = SqliteConnection::connect(&database).await.unwrap();
    sqlx::query("DROP TABLE revoked_tokens").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();

    page.press("Log in as Bob").await;
    page.press("Save a copy").await;
    for step in ["revoke", "replay"] {
        let fields = page.fields.clone();
        page.send(fields.into_iter().chain([("do".to_owned(), step.to_owned())]).collect()).await;
        assert_eq!(page.answer.status, 503, "{step}");
        assert!(page.answer.body.contains("store_away"));
    }
    page.step("rotate").await;
    page.press("Replay the copy").await.says("names the old key");

    let mut rotation = Page::open(app.visitor(), "rotation").await;
    rotation.press("Issue a token").await.says("accepted");
}

// Rotation of keys.

#[tokio::test]
async fn a_key_is_replaced_by_the_lesson_s_own_solution_and_no_valid_token_is_refused() {
    let app = TestApp::spawn();
    let mut page = Page::open(app.visitor(), "rotation").await;
    let all = presses("rotation");
    let [life, steps @ .., retire, fetch] = &all[..] else { panic!() };
    page.set("life", life.trim_end_matches(" seconds"));
    for label in steps {
        page.press(label).await;
        assert!(!page.marks_failure() && !page.is_solved(), "{label}");
    }
    app.advance(6);
    page.press(retire).await.says("the timetable still has the old key in its copy");
    assert!(!page.is_solved());
    page.press(fetch).await.says("No server has the old key any more").says("unknown_kid");
    assert!(page.is_solved() && progress(&page.visitor, "rotation").await);
}

#[tokio::test]
async fn the_key_set_of_a_rotation_verifies_its_tokens_and_holds_public_keys_alone() {
    let app = TestApp::spawn();
    let mut page = Page::open(app.visitor(), "rotation").await;
    assert_eq!(page.visitor.get("/lab/lessons/rotation/jwks.json").await.status(), 404);
    page.set("life", "60").press("Issue a token").await;
    let (mut kids, mut sets) = (Vec::new(), Vec::new());
    for label in ["Publish the next key", "Sign with the next key", "Issue a token", "Retire the old key"] {
        page.press(label).await;
        let set: JwkSet = page.visitor.get("/lab/lessons/rotation/jwks.json").await.json().await.unwrap();
        kids.push(set.keys.iter().map(|key| key.common.key_id.clone().unwrap()).collect::<Vec<_>>());
        sets.push(set);
    }
    assert_eq!(kids.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 2, 1]);
    assert!(kids[0][0].starts_with("key-1-") && kids[0][1].starts_with("key-2-"), "{kids:?}");
    assert_eq!(kids[3], [kids[0][1].clone()]);

    let text = page.visitor.get("/lab/lessons/rotation/jwks.json").await.text().await.unwrap();
    let key = &serde_json::from_str::<serde_json::Value>(&text).unwrap()["keys"][0];
    let mut members: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["alg", "e", "kid", "kty", "n", "use"]);
    assert_eq!((key["kty"].as_str(), key["alg"].as_str()), (Some("RSA"), Some("RS256")));

    let tokens = page.tokens();
    let verifies = |set: &JwkSet, token: &str| {
        let kid = jsonwebtoken::decode_header(token).unwrap().kid.unwrap();
        let mut rules = Validation::new(Algorithm::RS256);
        rules.validate_exp = false;
        let key = set.find(&kid).map(|key| DecodingKey::from_jwk(key).unwrap());
        key.is_some_and(|key| jsonwebtoken::decode::<serde_json::Value>(token, &key, &rules).is_ok())
    };
    assert_eq!(tokens.iter().map(|token| verifies(&sets[1], token)).collect::<Vec<_>>(), [true, true]);
    assert_eq!(tokens.iter().map(|token| verifies(&sets[3], token)).collect::<Vec<_>>(), [false, true]);
}

#[tokio::test]
async fn wrong_orders_of_a_rotation_are_named_and_not_credited() {
    let app = TestApp::spawn();
    let mut page = Page::open(app.visitor(), "rotation").await;
    page.set("life", "60").press("Issue a token").await;
    page.press("Sign with the next key").await;
    page.press("Issue a token").await.says("it is not in the key set. So no server can verify it");
    page.press("Publish the next key").await.says("In this rotation a valid token was refused.");
    app.advance(60);
    page.press("Retire the old key").await.says("it is not in the key set. So no server can verify it");

    page.press("Start again").await.says("Nobody has a token.");
    for label in ["Issue a token", "Publish the next key", "Sign with the next key"] {
        page.press(label).await;
    }
    page.press("Issue a token").await.says("is refused by the timetable: its copy of the key set is older");

    page.press("Start again").await;
    for label in
        ["Issue a token", "Publish the next key", "Fetch for the timetable", "Sign with the next key", "Issue a token"]
    {
        page.press(label).await;
        assert!(!page.marks_failure(), "{label}");
    }
    app.advance(59);
    page.press("Retire the old key").await.says("its key left the key set too early");

    page.press("Start again").await;
    page.press("Retire the old key").await.says("There is no old key");
    page.press("Fetch for the timetable").await.says("The timetable fetched the key set");
    for label in ["Publish the next key", "Fetch for the timetable", "Sign with the next key", "Issue a token"] {
        page.press(label).await;
    }
    page.press("Retire the old key").await;
    page.press("Fetch for the timetable").await.says("nobody had a token signed with the old key");

    page.press("Start again").await;
    for label in ["Issue a token", "Publish the next key", "Sign with the next key"] {
        page.press(label).await;
    }
    app.advance(60);
    page.press("Retire the old key").await;
    page.press("Fetch for the timetable").await.says("no token shows that the new key works");
    assert!(!page.is_solved() && !progress(&page.visitor, "rotation").await);
}

#[tokio::test]
async fn a_rotation_goes_on_after_a_reload_with_its_keys_its_tokens_and_its_mistakes() {
    let app = TestApp::spawn();
    let mut page = Page::open(app.visitor(), "rotation").await;
    page.set("life", "60").press("Issue a token").await;
    page.press("Publish the next key").await;
    page.press("Sign with the next key").await;
    page.press("Issue a token").await;
    let mut page = Page::open(page.visitor, "rotation").await;
    page.press("Check the tokens again").await;
    assert_eq!(page.tokens().len(), 2);
    app.advance(61);
    for label in ["Retire the old key", "Fetch for the timetable"] {
        page.press(label).await;
    }
    page.says("is refused by the timetable: its copy of the key set is older");
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
    for label in ["Publish the next key", "Sign with the next key", "Retire the old key"] {
        mine.press(label).await;
    }
    other.press("Check the tokens again").await.says("accepted");
    assert!(!other.marks_failure());
    let cookies = format!("hallpass={}; lab-tokens={}", mine.cookie("hallpass"), other.cookie("lab-tokens"));
    let request = mine.visitor.request(Method::POST, "/lab/lessons/rotation").header("cookie", cookies);
    let answer = Answer::to(request.form(&[("do", "look")])).await;
    assert!(plain(&answer.body).contains("Nobody has a token."), "{}", answer.body);
}

#[tokio::test]
async fn a_visitor_s_keys_and_tokens_do_not_pile_up() {
    let app = TestApp::spawn();
    let mut page = Page::open(app.visitor(), "rotation").await;
    for _ in 0..7 {
        for label in ["Issue a token", "Publish the next key", "Sign with the next key", "Retire the old key"] {
            page.press(label).await;
        }
    }
    page.press("Publish the next key").await.says("The timetable has not fetched the key set for a long time.");
    assert_eq!(page.tokens().len(), 5);
    page.press("Issue a token").await.says("5 tokens are enough.");
    assert!(page.answer.body.len() < 60_000, "{}", page.answer.body.len());
}

// Is a JWT needed here?

#[tokio::test]
async fn the_five_services_are_right_by_the_lesson_s_own_solution() {
    let app = TestApp::spawn();
    let mut page = Page::open(app.visitor(), "need-a-jwt").await;
    let all = presses("need-a-jwt");
    assert_eq!(all.len(), 15);
    for (number, answer) in all.chunks(3).enumerate() {
        assert!(!page.is_solved());
        page.decide(answer[0], answer[1]).await;
        assert_eq!(answer[2], format!("Check service {}", number + 1));
    }
    assert!(page.is_solved() && progress(&page.visitor, "need-a-jwt").await);
}

#[tokio::test]
async fn other_right_answers_are_credited_and_near_misses_explained() {
    let app = TestApp::spawn();
    let mut page = Page::open(app.visitor(), "need-a-jwt").await;
    page.press("Check service 1").await.says("Choose what the client carries, and a reason for it.");
    page.decide("A JWT", "It is the most secure of the five").await.says("Say what this service needs");
    page.decide("A JWT", "It must end at once").await.says("so a blocked pupil goes on");
    page.decide("A session id", "Another organisation verifies, with only a public key").await;
    page.says("No other organisation takes part").says("0 of 5 services done");
    page.decide("An opaque token", "It must end at once").await.says("1 of 5 services done");
    page.decide("An opaque token", "Another organisation verifies, with only a public key").await;
    page.says("a signed answer saves the question").says("1 of 5 services done");
    let mut page = Page::open(page.visitor, "need-a-jwt").await;
    page.decide("A SAML assertion", "Another organisation verifies, with only a public key").await;
    page.says("2 of 5 services done");
    page.decide("A JWT", "It opens one thing, for minutes").await.says("3 of 5 services done");
    assert!(!page.is_solved());
}

#[tokio::test]
async fn a_wrong_answer_stays_chosen_and_an_old_tab_changes_nothing() {
    let app = TestApp::spawn();
    let mut page = Page::open(app.visitor(), "need-a-jwt").await;
    page.decide("A JWT", "It must end at once").await;
    assert_eq!((page.field("carrier"), page.field("reason")), ("jwt", "end"));
    page.decide("A session id", "It must end at once").await;
    assert_eq!((page.field("carrier"), page.field("reason")), ("", ""));
    page.set("service", "1").decide("A JWT", "It must end at once").await.says("1 of 5 services done");
    page.set("service", "4")
        .decide("An opaque token", "It must end at once")
        .await
        .says("Decide about service 2 first");
}

// Bad input.

/// A lesson, what its form is sent, and the status of the answer.
type Bad<'a> = (&'static str, &'a [(&'a str, &'a str)], u16);

#[tokio::test]
async fn bad_input_gets_a_clear_refusal_and_is_never_a_fault() {
    let app = TestApp::spawn();
    let long = "x".repeat(12_000);
    let cases: &[Bad<'_>] = &[
        ("logout", &[("do", "burn")], 400),
        ("logout", &[("saved", "x")], 400),
        ("logout", &[("do", "replay"), ("saved", &long), ("way", "burn")], 200),
        ("logout", &[("do", "replay"), ("saved", "lab-pass=\u{0}")], 200),
        ("rotation", &[("do", "burn")], 400),
        ("rotation", &[("do", "issue"), ("life", "86400")], 400),
        ("rotation", &[("do", "retire"), ("strange", "field")], 200),
        ("need-a-jwt", &[("service", "1"), ("carrier", "cookie")], 400),
        ("need-a-jwt", &[("service", "1"), ("reason", "cookie")], 400),
        ("need-a-jwt", &[("service", "0"), ("carrier", "jwt"), ("reason", "key")], 400),
        ("need-a-jwt", &[("service", "99999999999999999999")], 400),
        ("need-a-jwt", &[("strange", "field")], 400),
        ("need-a-jwt", &[("service", "1"), ("strange", "field")], 200),
    ];
    for (slug, fields, status) in cases {
        let request = app.visitor().request(Method::POST, &format!("/lab/lessons/{slug}"));
        let answer = Answer::to(request.header("accept", "text/html").form(fields)).await;
        assert_eq!(answer.status, *status, "{slug} {:?}: {}", fields[0], answer.body);
        assert!(answer.body.contains("<h1>") && !answer.body.contains(SOLVED), "{slug} {:?}", fields[0]);
        assert!(answer.body.len() < 100_000);
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
