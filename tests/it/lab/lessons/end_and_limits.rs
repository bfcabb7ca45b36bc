//! Three lessons over HTTP, each solved by its own text: three logouts, a rotation, and whether a JWT is needed at all.

use actix_web::cookie::{Cookie, CookieJar, Key};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use hallpass::lab::lessons::need_a_jwt;
use hallpass::profiles::demo::{DemoAlgorithm, Subject};
use hallpass::profiles::{Lifetime, lab};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde_json::json;
use sqlx::{Connection as _, SqliteConnection};

use crate::app::{Answer, START, TestApp, part};
use crate::html::words;
use crate::lab::lesson_page::{LessonPage, SOLVED, presses};

impl LessonPage {
    /// Chooses for the service that is next.
    async fn decide(&mut self, carrier: &str, reason: &str) -> &mut Self {
        let carrier = need_a_jwt::Carrier::ALL.into_iter().find(|it| it.says() == carrier).unwrap();
        let reason = need_a_jwt::Reason::ALL.into_iter().find(|it| it.says() == reason).unwrap();
        self.set("carrier", carrier.name()).set("reason", reason.name()).step("check").await
    }

    /// The tokens that the browser keeps for the rotation, as the last answer set them.
    fn tokens(&self) -> Vec<&str> {
        self.cookie("lab-tokens").split('~').filter(|token| !token.is_empty()).collect()
    }

    /// Whether the page marks something as refused or wrong, above its reasons and its code.
    fn marks_failure(&self) -> bool {
        self.body().split("id=\"why\"").next().is_some_and(|task| task.contains('✗'))
    }
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
    let mut page = LessonPage::open(&app, "logout").await;
    let all = presses("logout");
    assert_eq!(all, ROUNDS.concat());
    for (round, says) in all.chunks(4).zip(["The copy still works.", "is on the deny list", "names the old key"]) {
        assert!(!page.is_solved());
        for label in round {
            page.press(label).await;
        }
        page.shows(says);
    }
    page.shows("still accepted")
        .shows("refused: revoked")
        .shows("refused: unknown_kid")
        .shows("All three rounds are done");
    assert!(page.is_solved() && page.has_solved().await);
}

#[tokio::test]
async fn the_rounds_of_the_logouts_may_come_in_any_order_and_survive_a_reload() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "logout").await;
    for (round, says) in [(2, "1 of 3 rounds done"), (2, "1 of 3 rounds done"), (0, "2 of 3 rounds done")] {
        for label in ROUNDS[round] {
            page.press(label).await;
        }
        page.shows(says);
        page = LessonPage::at(page.visitor, "logout").await;
        page.shows(says);
    }
    for label in ROUNDS[1] {
        page.press(label).await;
    }
    assert!(page.is_solved());
}

#[tokio::test]
async fn the_pass_is_an_http_only_cookie_that_ends_with_its_token() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "logout").await;
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
    let mut page = LessonPage::open(&app, "logout").await;
    for step in ["save", "clear", "revoke"] {
        page.step(step).await.shows("Your browser sent no");
    }
    page.step("replay").await.shows("There is no copy");
    page.press("Log in as Bob").await;
    page.press("Save a copy").await;
    page.step("replay").await.shows("Bob is still logged in").shows("accepted");
    page.press("Rotate the key").await;
    page.step("revoke").await.shows("refuses the token in Bob's cookie already (unknown_kid)");
    page.step("clear").await;
    page.press("Replay the copy").await.shows("an earlier rotation ended its key").shows("Mallory is not logged in");
    page.shows("0 of 3 rounds done");
    page.press("Log in as Bob").await;
    page.press("Save a copy").await;
    page.press("Clear the cookie").await;
    app.advance(600);
    page.press("Replay the copy").await.shows("expired ten minutes after the login").shows("Mallory is not logged in");
    page.shows("0 of 3 rounds done");
    assert!(!page.body().contains("still accepted"));
}

#[tokio::test]
async fn a_logout_of_another_tab_s_token_does_not_count_for_this_copy() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "logout").await;
    page.press("Log in as Bob").await;
    page.press("Save a copy").await;
    let mut other = LessonPage::at(page.visitor.before(&app), "logout").await;
    other.press("Log in as Bob").await;
    page.press("Revoke the token").await;
    page.press("Replay the copy").await.shows("It ended another token").shows("Mallory is logged in as Bob");
    page.shows("0 of 3 rounds done");

    other.press("Log in as Bob").await;
    other.press("Save a copy").await;
    other.press("Clear the cookie").await;
    other.press("Replay the copy").await.shows("1 of 3 rounds done");
}

#[tokio::test]
async fn a_pass_of_somebody_else_shows_nothing_and_is_harmed_by_nobody_s_rotation() {
    let app = TestApp::spawn();
    let (mut mine, mut other) = (LessonPage::open(&app, "logout").await, LessonPage::open(&app, "logout").await);
    for page in [&mut mine, &mut other] {
        page.press("Log in as Bob").await;
        page.press("Save a copy").await;
    }
    let stolen = other.field("saved");
    mine.press("Rotate the key").await;
    for copy in [&stolen, "lab-pass=a.b.c"] {
        mine.set("saved", copy).press("Replay the copy").await.shows("none of your keys signed it");
    }
    mine.shows("0 of 3 rounds done");
    other.press("Clear the cookie").await;
    other.press("Replay the copy").await.shows("The copy still works.");
}

#[tokio::test]
async fn a_rotation_in_one_lesson_ends_no_token_of_the_other() {
    let app = TestApp::spawn();
    let mut logout = LessonPage::open(&app, "logout").await;
    logout.press("Log in as Bob").await;
    logout.press("Save a copy").await;
    let mut rotation = LessonPage::at(logout.visitor.before(&app), "rotation").await;
    rotation.set("life", "60").press("Issue a token").await;
    logout.press("Rotate the key").await;
    rotation.press("Check the tokens again").await;
    assert!(!rotation.marks_failure());
    rotation.press("Start again").await;
    logout.press("Replay the copy").await.shows("1 of 3 rounds done").shows("unknown_kid");
    logout.press("Log in as Bob").await;
    for label in ["Publish the next key", "Sign with the next key", "Retire the old key"] {
        rotation.press(label).await;
    }
    for label in ["Save a copy", "Clear the cookie", "Replay the copy"] {
        logout.press(label).await;
    }
    logout.shows("The copy still works.").shows("2 of 3 rounds done");
}

#[tokio::test]
async fn only_a_revocation_and_what_depends_on_one_need_the_store() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "logout").await;
    let database = format!("sqlite:{}", app.keys().join("hallpass.db").display());
    let mut connection = SqliteConnection::connect(&database).await.unwrap();
    sqlx::query("DROP TABLE revoked_tokens").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();

    page.press("Log in as Bob").await;
    page.press("Save a copy").await;
    for step in ["revoke", "replay"] {
        let answer = page.post(&page.with_step(step)).await;
        assert_eq!(answer.status, 503, "{step}");
        assert!(answer.body.contains("store_away"));
    }
    page.step("rotate").await;
    page.press("Replay the copy").await.shows("names the old key");

    let mut rotation = LessonPage::open(&app, "rotation").await;
    rotation.press("Issue a token").await.shows("accepted");
}

// Rotation of keys.

#[tokio::test]
async fn a_key_is_replaced_by_the_lesson_s_own_solution_and_no_valid_token_is_refused() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "rotation").await;
    let all = presses("rotation");
    let [life, steps @ .., retire, fetch] = &all[..] else { panic!() };
    page.set("life", life.trim_end_matches(" seconds"));
    for label in steps {
        page.press(label).await;
        assert!(!page.marks_failure() && !page.is_solved(), "{label}");
    }
    app.advance(6);
    page.press(retire).await.shows("the timetable still has the old key in its copy");
    assert!(!page.is_solved());
    page.press(fetch).await.shows("No server has the old key any more").shows("unknown_kid");
    assert!(page.is_solved() && page.has_solved().await);
}

#[tokio::test]
async fn the_key_set_of_a_rotation_verifies_its_tokens_and_holds_public_keys_alone() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "rotation").await;
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
    let mut page = LessonPage::open(&app, "rotation").await;
    page.set("life", "60").press("Issue a token").await;
    page.press("Sign with the next key").await.misses("no server can look it up yet");
    page.press("Retire the old key").await.misses("Publish the key that signs first.");
    page.press("Issue a token").await.shows("was not in the key set. So no server could verify it");
    assert!(page.body().contains("signs already</span>"), "no next key can sign now");
    page.press("Publish the next key").await.shows("In this rotation a valid token was refused.");
    page.press("Retire the old key").await.misses("Another token was refused that had not expired");
    page.says("This rotation had failed before, so press Start again.");
    app.advance(60);
    page.press("Fetch for the timetable").await.misses("But this rotation had failed before.");
    page.says("was not in the key set. So no server could verify it");

    page.press("Start again").await.shows("Nobody has a token.");
    for label in ["Issue a token", "Publish the next key", "Sign with the next key"] {
        page.press(label).await;
    }
    page.press("Issue a token").await.shows("was refused by the timetable: its copy of the key set was older");

    page.press("Start again").await;
    for label in
        ["Issue a token", "Publish the next key", "Fetch for the timetable", "Sign with the next key", "Issue a token"]
    {
        page.press(label).await;
        assert!(!page.marks_failure(), "{label}");
    }
    app.advance(59);
    page.press("Retire the old key").await.shows("its key left the key set too early");

    page.press("Start again").await;
    page.press("Retire the old key").await.shows("There is no old key");
    page.press("Fetch for the timetable").await.shows("The timetable fetched the key set");
    for label in ["Publish the next key", "Fetch for the timetable", "Sign with the next key", "Issue a token"] {
        page.press(label).await;
    }
    page.press("Retire the old key").await;
    page.press("Fetch for the timetable").await.shows("nobody had a token signed with the old key");

    page.press("Start again").await;
    for label in ["Issue a token", "Publish the next key", "Sign with the next key"] {
        page.press(label).await;
    }
    app.advance(60);
    page.press("Retire the old key").await;
    page.press("Fetch for the timetable").await.shows("no token shows that the new key works");
    assert!(!page.is_solved() && !page.has_solved().await);
}

#[tokio::test]
async fn a_rotation_goes_on_after_a_reload_with_its_keys_its_tokens_and_its_mistakes() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "rotation").await;
    page.set("life", "60").press("Issue a token").await;
    page.press("Publish the next key").await;
    page.press("Sign with the next key").await;
    page.press("Issue a token").await;
    let mut page = LessonPage::at(page.visitor, "rotation").await;
    page.press("Check the tokens again").await;
    assert_eq!(page.tokens().len(), 2);
    app.advance(61);
    for label in ["Retire the old key", "Fetch for the timetable"] {
        page.press(label).await;
    }
    page.shows("was refused by the timetable: its copy of the key set was older");
    assert!(!page.is_solved());
}

#[tokio::test]
async fn a_rotation_ends_nobody_else_s_token_and_theirs_are_left_out() {
    let app = TestApp::spawn();
    let (mut mine, mut other) = (LessonPage::open(&app, "rotation").await, LessonPage::open(&app, "rotation").await);
    for page in [&mut mine, &mut other] {
        page.set("life", "60").press("Issue a token").await;
    }
    for label in ["Publish the next key", "Sign with the next key", "Retire the old key"] {
        mine.press(label).await;
    }
    other.press("Check the tokens again").await.shows("accepted");
    assert!(!other.marks_failure());
    let cookies = format!("hallpass={}; lab-tokens={}", mine.cookie("hallpass"), other.cookie("lab-tokens"));
    let request = mine.visitor.request(Method::POST, "/lab/lessons/rotation").header("cookie", cookies);
    let answer = Answer::to(request.form(&[("do", "look")])).await;
    assert!(words(&answer.body).contains("Nobody has a token."), "{}", answer.body);
}

#[tokio::test]
async fn a_visitor_s_keys_and_tokens_do_not_pile_up() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "rotation").await;
    for _ in 0..7 {
        for label in ["Issue a token", "Publish the next key", "Sign with the next key", "Retire the old key"] {
            page.press(label).await;
        }
    }
    page.press("Publish the next key").await.shows("The timetable has not fetched the key set for a long time.");
    assert_eq!(page.tokens().len(), 5);
    page.press("Issue a token").await.shows("5 tokens are enough.");
    assert!(page.body().len() < 60_000, "{}", page.body().len());
}

// Is a JWT needed here?

#[tokio::test]
async fn the_five_services_are_right_by_the_lesson_s_own_solution() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "need-a-jwt").await;
    let all = presses("need-a-jwt");
    assert_eq!(all.len(), 15);
    for (number, answer) in all.chunks(3).enumerate() {
        assert!(!page.is_solved());
        page.decide(answer[0], answer[1]).await;
        assert_eq!(answer[2], format!("Check service {}", number + 1));
    }
    assert!(page.is_solved() && page.has_solved().await);
}

#[tokio::test]
async fn other_right_answers_are_credited_and_near_misses_explained() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "need-a-jwt").await;
    page.press("Check service 1").await.shows("Choose what the client carries, and a reason for it.");
    page.decide("A JWT", "It is the most secure of the five").await.shows("Say what this service needs");
    page.decide("A JWT", "It must end at once").await.shows("so a blocked pupil goes on");
    page.decide("A session id", "Another organisation verifies, with only a public key").await;
    page.shows("No other organisation takes part").shows("0 of 5 services done");
    page.decide("An opaque token", "It must end at once").await.shows("1 of 5 services done");
    page.decide("An opaque token", "Another organisation verifies, with only a public key").await;
    page.shows("a signed answer saves the question").shows("1 of 5 services done");
    let mut page = LessonPage::at(page.visitor, "need-a-jwt").await;
    page.decide("A SAML assertion", "Another organisation verifies, with only a public key").await;
    page.shows("2 of 5 services done");
    page.decide("A JWT", "It opens one thing, for minutes").await.shows("3 of 5 services done");
    assert!(!page.is_solved());
}

#[tokio::test]
async fn a_wrong_answer_stays_chosen_and_an_old_tab_changes_nothing() {
    let app = TestApp::spawn();
    let mut page = LessonPage::open(&app, "need-a-jwt").await;
    page.decide("A JWT", "It must end at once").await;
    assert_eq!(["carrier", "reason"].map(|name| page.field(name)), ["jwt", "end"]);
    page.decide("A session id", "It must end at once").await;
    assert_eq!(["carrier", "reason"].map(|name| page.field(name)), ["", ""]);
    page.set("service", "1").decide("A JWT", "It must end at once").await.shows("1 of 5 services done");
    page.set("service", "4")
        .decide("An opaque token", "It must end at once")
        .await
        .shows("Decide about service 2 first");
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
