//! The lesson on `alg: none`: it is solved by its own solution's text, and its near misses are named. Then what holds
//! for every lesson: bodies that are no form, and tokens that are too large.

use reqwest::Method;
use tempfile::TempDir;

use crate::app::{Answer, TestApp};
use crate::html::{between, words};
use crate::lab::lesson_page::{LessonPage, codes, presses};

const LESSONS: [&str; 2] = ["none", "keys-in-the-header"];

#[tokio::test]
async fn a_token_without_a_signature_is_written_as_the_solution_says() {
    let app = TestApp::spawn();
    for algorithm in ["HS256", "RS256"] {
        let visitor = app.visitor();
        visitor.choose(algorithm).await;
        let mut lesson = LessonPage::at(visitor, "none").await;
        let codes = codes("none");
        let fields = [("header", codes[0]), ("payload", codes[1]), ("signature", "")];
        lesson.press_with(presses("none")[0], &fields).await;
        lesson.assert_solved().await;
        let naive = lesson.naive();
        assert!(naive.contains("Accepts it") && naive.contains("change 3 grades"), "{naive}");
        assert_eq!(lesson.strict(), "alg_not_allowed");
        assert!(!lesson.body().contains("Your prediction was"), "it was skipped: {}", lesson.body());
    }
}

#[tokio::test]
async fn a_prediction_comes_before_the_task_is_kept_and_is_answered_once_the_lesson_is_solved() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let path = "/lab/lessons/none";
    let fresh = visitor.page(path).await;
    assert!(fresh.contains("id=\"prediction\"") && !fresh.contains("id=\"do\""), "{fresh}");
    assert!(words(&fresh).contains("This part opens after your prediction, or after Skip."), "{fresh}");
    assert!(fresh.contains("id=\"why\"") && !fresh.contains("<details class=\"fold\" open>"), "folded: {fresh}");

    for fields in [&[("step", "predict")][..], &[("step", "predict"), ("predict", "all")]] {
        let refused = Answer::to(visitor.request(Method::POST, path).form(fields)).await;
        assert_eq!(refused.status, 400, "{}", refused.body);
    }
    let sent = visitor.request(Method::POST, path).form(&[("step", "predict"), ("predict", "spelling")]);
    let sent = Answer::to(sent).await;
    assert_eq!((sent.status, sent.header("location")), (303, "/lab/lessons/none#do"));
    let begun = visitor.page(path).await;
    assert!(begun.contains("You predicted: <strong>Refuse a token whose") && begun.contains("id=\"do\""), "{begun}");
    assert!(!begun.contains("This part opens after"), "{begun}");
    assert!(begun.contains("You’ll see whether you were right when the lesson is solved."), "{begun}");
    assert!(!begun.contains("Your prediction was"), "not before the lesson is solved: {begun}");

    let fields = [("header", "{\"alg\":\"none\"}"), ("payload", "{\"sub\":\"admin\"}"), ("signature", "")];
    let answer = Answer::to(visitor.request(Method::POST, path).header("accept", "text/html").form(&fields)).await.body;
    assert!(answer.contains("Your prediction was:</strong> Refuse a token whose"), "{answer}");
    assert!(
        words(&answer).contains("✗ That was not right.") && answer.contains("<details class=\"fold\" open>"),
        "{answer}"
    );
    let prediction = between(&answer, "id=\"prediction\"", "</section>").unwrap();
    assert!(words(prediction).contains("You predicted: Refuse a token whose"), "{prediction}");
    assert!(words(prediction).trim_end().ends_with("Were you right, and why?"), "a link to the result: {prediction}");
    assert_eq!(words(&answer).matches("✗ That was not right.").count(), 2, "in the verdict and in Why: {answer}");
    assert!(!answer.contains("You’ll see whether you were right"), "{answer}");
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
    assert!(lesson.visitor.page(&lesson.path()).await.contains("✓</span> solved"));

    let value = line.split(';').next().unwrap();
    let page = async |cookie: &str| {
        let request = app.visitor().request(Method::GET, &lesson.path()).header("accept", "text/html");
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
        let mut lesson = LessonPage::open(&app, "none").await;
        let header = format!("{{\"alg\":\"{alg}\",\r\n\"typ\":\"JWT\"}}");
        let fields = [("header", header.as_str()), ("payload", "{\"sub\":\"admin\"}"), ("signature", "")];
        lesson.press_with("Send it to both", &fields).await;
        lesson.assert_solved().await;
        assert_eq!(lesson.strict(), "alg_not_allowed");
    }
}

#[tokio::test]
async fn a_token_that_is_almost_without_a_signature_is_told_what_is_left() {
    let app = TestApp::spawn();
    let mut lesson = LessonPage::open(&app, "none").await;
    let (header, admin) = ("{\"alg\":\"none\"}", "{\"sub\":\"admin\"}");
    let [own_header, own_payload, signature] = ["header", "payload", "signature"].map(|name| lesson.field(name));
    let payload = own_payload.replace("bob", "admin");
    app.advance(3603);
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
            "Name the algorithm that needs no key",
            vec![("header", &own_header), ("payload", admin), ("signature", &signature)],
        ),
        ("not a JSON object", vec![("header", "alg: none"), ("payload", admin), ("signature", "")]),
        ("it is not a JSON object", vec![("header", header), ("payload", "admin"), ("signature", "")]),
    ] {
        lesson.reload().await;
        lesson.press_with("Send it to both", &fields).await.misses(says);
        assert_ne!(lesson.strict(), "", "{says}");
    }
    let expired = [("header", header), ("payload", payload.as_str()), ("signature", "")];
    lesson.reload().await;
    lesson.press_with("Send it to both", &expired).await;
    assert!(lesson.naive().contains("the token expired 3 s ago"), "{}", lesson.naive());
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
    visitor.get("/generate?sub=alice&ttl=3600").await;
    let own = "This is the token in your session.";
    let made = "so the lab made this one about <code>alice</code>, for this page only";
    visitor.skip_prediction("none").await;
    assert!(visitor.page("/lab/lessons/none").await.contains(own));
    app.advance(3600);
    let page = visitor.page("/lab/lessons/none").await;
    assert!(page.contains(made) && !page.contains(own), "{page}");
    assert_eq!(visitor.verdict().await.1["code"], "expired", "the session is as it was");
}

#[tokio::test]
async fn the_token_of_none_lasts_for_as_long_as_a_visitor_writes_and_is_told_when_it_is_unchanged() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    visitor.get("/generate?sub=alice").await;
    let mut lesson = LessonPage::at(visitor, "none").await;
    lesson.shows("so the lab made this one about alice, for this page only. It expires in an hour.");
    app.advance(600);
    let sent = lesson.submission("Send it to both", &[]);
    lesson.send(&sent).await.misses("You sent the token as the portal signed it");
    assert!(!lesson.verdict().contains("Close:"), "{}", lesson.verdict());
    app.advance(3600);
    lesson.send(&sent).await.misses("You sent the token as the portal signed it");
    assert!(!lesson.verdict().contains("Close:"), "{}", lesson.verdict());

    let visitor = app.visitor();
    visitor.get("/generate?sub=admin&ttl=3600").await;
    let mut lesson = LessonPage::at(visitor, "none").await;
    lesson.press("Send it to both").await.misses("Nothing is forged yet");
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
    let mut lesson = LessonPage::open(&app, "keys-in-the-header").await;
    let choices = [("member", "jku"), ("value", "https://a.example/"), ("with", "attacker")];
    let page = lesson.press_with("Forge and send", &choices).await.body();
    assert!(page.contains("expected: a header without <code>jku</code>"), "{page}");
    assert!(page.contains("by <code>jku</code> the token tells"), "{page}");
}

#[tokio::test]
async fn a_form_without_any_field_is_sent_too() {
    let app = TestApp::spawn();
    let answer = LessonPage::open(&app, "none").await.post(&[("", ""); 0]).await;
    assert!(answer.status == 200 && answer.body.contains("id=\"verdict\""), "{}", answer.body);
    let answer = LessonPage::open(&app, "logout").await.post(&[("", ""); 0]).await;
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
