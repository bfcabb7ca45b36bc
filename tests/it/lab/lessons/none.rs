//! The lesson on `alg: none`: it is solved by its own solution's text, and its near misses are named. Then what holds
//! for every lesson: bodies that are no form, and tokens that are too large.

use hallpass::lab::lessons::Lesson;
use reqwest::Method;
use tempfile::TempDir;

use crate::app::{Answer, TestApp, Visitor};

const LESSONS: [&str; 2] = ["none", "keys-in-the-header"];

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
        visitor.skip_prediction(slug).await;
        let page = visitor.page(&path).await;
        assert!(!page.contains("id=\"verdict\"") && !page.contains("✓</span> solved"), "{page}");
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

    /// What the lesson's solution marks as code, and what it marks as a button or a choice.
    fn solution(&self) -> (Vec<String>, Vec<String>) {
        let slug = self.path.rsplit('/').next().unwrap();
        let text = Lesson::find(slug).unwrap().solution.to_string();
        let marked = |tag: &str| {
            let (start, end) = (format!("<{tag}>"), format!("</{tag}>"));
            text.split(&start).skip(1).map(|piece| unescaped(piece.split(&end).next().unwrap())).collect()
        };
        (marked("code"), marked("em"))
    }

    /// That the lesson counts as solved on the page that came, and on every later one.
    async fn assert_solved(&self, answer: &str) {
        assert!(answer.contains("</span> Solved.</strong>"), "{answer}");
        assert!(self.visitor.page(&self.path).await.contains("✓</span> solved"));
    }

    /// That it does not, and that the page says what is missing.
    async fn assert_near(&self, answer: &str, says: &str) {
        let said = between(answer, "</span> Not yet.</strong> ", "</section>").unwrap_or_default();
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
    between(page, "<h3>The naive verifier</h3>", "</div>").unwrap()
}

/// The code of the strict verifier's refusal; empty when it accepts.
fn strict(page: &str) -> String {
    let card = raw_between(page, "<h3>The strict verifier</h3>", "</div>").unwrap();
    between(card, "Blocked</strong> by <code>", "</code>").unwrap_or_default()
}

#[tokio::test]
async fn a_token_without_a_signature_is_written_as_the_solution_says() {
    let app = TestApp::spawn();
    for algorithm in ["HS256", "RS256"] {
        let visitor = app.visitor();
        visitor.choose(algorithm).await;
        let lesson = LessonPage::at(visitor, "none").await;
        let (codes, buttons) = lesson.solution();
        let fields = [("header", codes[0].as_str()), ("payload", &codes[1]), ("signature", "")];
        let answer = lesson.press(&buttons[0], &fields).await;
        lesson.assert_solved(&answer).await;
        assert!(naive(&answer).contains("Accepts it") && naive(&answer).contains("change 3 grades"), "{answer}");
        assert_eq!(strict(&answer), "alg_not_allowed");
        assert!(!answer.contains("Your prediction was"), "it was skipped: {answer}");
    }
}

#[tokio::test]
async fn a_prediction_comes_before_the_task_is_kept_and_is_answered_once_the_lesson_is_solved() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let path = "/lab/lessons/none";
    let fresh = visitor.page(path).await;
    assert!(fresh.contains("id=\"prediction\"") && !fresh.contains("id=\"do\""), "{fresh}");
    assert!(fresh.contains("id=\"why\"") && !fresh.contains("<details class=\"fold\" open>"), "folded: {fresh}");

    for fields in [&[("step", "predict")][..], &[("step", "predict"), ("predict", "all")]] {
        let refused = Answer::to(visitor.request(Method::POST, path).form(fields)).await;
        assert_eq!(refused.status, 400, "{}", refused.body);
    }
    let sent = visitor.request(Method::POST, path).form(&[("step", "predict"), ("predict", "secret")]);
    let sent = Answer::to(sent).await;
    assert_eq!((sent.status, sent.header("location")), (303, "/lab/lessons/none#do"));
    let begun = visitor.page(path).await;
    assert!(begun.contains("You predicted: <strong>The portal&#39;s secret") && begun.contains("id=\"do\""), "{begun}");
    assert!(!begun.contains("Your prediction was"), "not before the lesson is solved: {begun}");

    let fields = [("header", "{\"alg\":\"none\"}"), ("payload", "{\"sub\":\"admin\"}"), ("signature", "")];
    let answer = Answer::to(visitor.request(Method::POST, path).header("accept", "text/html").form(&fields)).await.body;
    assert!(answer.contains("Your prediction was:</strong> The portal&#39;s secret"), "{answer}");
    assert!(answer.contains("Not what happened.") && answer.contains("<details class=\"fold\" open>"), "{answer}");
}

#[tokio::test]
async fn progress_outlives_the_demo_s_logout_and_nobody_can_claim_it() {
    let app = TestApp::spawn();
    let lesson = LessonPage::open(&app, "none").await;
    let fields = [("header", "{\"alg\":\"none\"}"), ("payload", "{\"sub\":\"admin\"}"), ("signature", "")];
    let solved = lesson.post(&fields).await;
    let line = solved.header("set-cookie").to_owned();
    assert!(line.starts_with("hallpass-lab=") && line.contains("HttpOnly") && line.contains("SameSite=Lax"), "{line}");
    assert!(line.contains("Max-Age=2592000"), "30 days: {line}");
    lesson.visitor.request(Method::POST, "/logout").send().await.unwrap();
    assert!(lesson.visitor.page(&lesson.path).await.contains("✓</span> solved"));

    let value = line.split(';').next().unwrap();
    let page = async |cookie: &str| {
        let request = app.visitor().request(Method::GET, &lesson.path).header("accept", "text/html");
        Answer::to(request.header("cookie", cookie)).await.body
    };
    assert!(page(value).await.contains("✓</span> solved"), "the cookie itself");
    for cookie in ["hallpass-lab=nos0~", &format!("{value}x"), &format!("{value}; {value}"), &format!("x{value}")] {
        assert!(!page(cookie).await.contains("✓</span> solved"), "{cookie}");
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
        ("there is still a signature", vec![("header", header), ("payload", admin), ("signature", &signature)]),
        ("does not know that name", vec![("header", "{\"alg\":\"nome\"}"), ("payload", admin), ("signature", "")]),
        ("two parts", vec![("header", header), ("payload", admin), ("signature", ""), ("dot", "left-out")]),
        (
            "Nothing protects the payload now",
            vec![("header", header), ("payload", "{\"sub\":\"bob\"}"), ("signature", "")],
        ),
        ("Nobody signs this token", vec![("header", header), ("payload", &payload), ("signature", "")]),
        (
            "Name an algorithm that needs none",
            vec![("header", &own_header), ("payload", admin), ("signature", &signature)],
        ),
        ("not a JSON object", vec![("header", "alg: none"), ("payload", admin), ("signature", "")]),
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
async fn what_a_form_cannot_mean_is_refused_with_a_page() {
    let app = TestApp::spawn();
    let long = "x".repeat(2001);
    for (slug, fields) in [("none", vec![("header", long.as_str())]), ("none", vec![("signature", long.as_str())])] {
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
        for (slug, fields) in
            [("none", &["header", "payload", "signature"][..]), ("keys-in-the-header", &["value", "secret"])]
        {
            let lesson = LessonPage::open(&app, slug).await;
            let choices = [("member", "jwk"), ("with", "secret")];
            let choices = choices.into_iter().filter(|_| slug.starts_with("key"));
            let written = fields.iter().map(|name| (*name, text));
            let all: Vec<(&str, &str)> = written.chain(choices).collect();
            let answer = lesson.post(&all).await;
            assert_eq!(answer.status, 200, "{slug} {text}: {}", answer.body);
            assert!(!answer.body.contains("<b>"), "{}", answer.body);
        }
    }
}

#[tokio::test]
async fn a_body_that_is_no_form_or_too_long_is_refused_by_every_lesson() {
    let app = TestApp::spawn();
    for slug in hallpass::lab::lessons::LESSONS.iter().map(|lesson| lesson.slug) {
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
    for slug in LESSONS {
        visitor.skip_prediction(slug).await;
        assert!(visitor.page(&format!("/lab/lessons/{slug}")).await.contains(own), "{slug}");
    }
    app.advance(60);
    for slug in LESSONS {
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
    assert!(answer.status == 200 && answer.body.contains("id=\"verdict\""), "{}", answer.body);
    let answer = LessonPage::open(&app, "logout").await.post(&[]).await;
    assert_eq!(answer.status, 400, "{}", answer.body);
}

#[tokio::test]
async fn a_lesson_of_several_steps_folds_its_reasons_until_it_is_solved() {
    let app = TestApp::spawn();
    for (slug, step) in [("logout", "login"), ("rotation", "issue")] {
        let begun = LessonPage::open(&app, slug).await.post(&[("do", step)]).await;
        assert!(begun.body.contains("id=\"verdict\"") && begun.body.contains("id=\"why\""), "{}", begun.body);
        assert!(!begun.body.contains("<details class=\"fold\" open>"), "{}", begun.body);
    }
}
