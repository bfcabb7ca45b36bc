//! The lessons about the cookie, over HTTP: each is solved by its own solution's text, near misses are named, and bad
//! input is refused.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hallpass::lab::lessons::{Lesson, set_cookie, size_limit, two_clocks};
use reqwest::{Method, Response};

use crate::app::{Answer, TestApp, Visitor, location, part, set_cookies};
use crate::html::words;

const SOLVED: &str = "solved</span>";

/// A visitor at one lesson's page.
struct LessonVisitor {
    visitor: Visitor,
    slug: &'static str,
}

impl LessonVisitor {
    fn at(app: &TestApp, slug: &'static str) -> Self {
        Self { visitor: app.visitor(), slug }
    }

    fn path(&self) -> String {
        format!("/lab/lessons/{}", self.slug)
    }

    /// The page with the task, which appears once the prediction is skipped.
    async fn page(&self) -> String {
        self.visitor.skip_prediction(self.slug).await;
        self.visitor.page(&self.path()).await
    }

    /// Sends a form of the lesson's page, and follows where it leads.
    async fn send(&self, fields: &[(&str, &str)]) -> Answer {
        let request = self.visitor.request(Method::POST, &self.path()).header("accept", "text/html").form(fields);
        let answer = Answer::to(request).await;
        match answer.header("location") {
            "" => answer,
            next => Answer::to(self.visitor.request(Method::GET, next).header("accept", "text/html")).await,
        }
    }

    /// Whether the lesson is remembered as solved.
    async fn has_solved(&self) -> bool {
        self.page().await.contains(SOLVED)
    }
}

/// The value of a hidden field.
fn hidden(page: &str, name: &str) -> String {
    let rest = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("{name} on {page}")).1;
    rest.split_once('"').unwrap().0.to_owned()
}

fn solution(slug: &str) -> &'static str {
    Lesson::find(slug).unwrap().solution.whole.markdown()
}

#[tokio::test]
async fn anatomy_is_solved_by_reading_the_payload_and_the_header() {
    assert!(solution("anatomy").contains("member `sub`, and the header has a member `alg`"));
    let app = TestApp::spawn();
    let student = LessonVisitor::at(&app, "anatomy");
    let token = hidden(&student.page().await, "token");
    let [header, payload] =
        [0, 1].map(|index| serde_json::from_str::<serde_json::Value>(&part(&token, index)).unwrap());
    let [subject, algorithm] = [payload["sub"].as_str().unwrap(), header["alg"].as_str().unwrap()];

    for (typed, named) in [
        (part(&token, 1), "the whole payload"),
        (part(&token, 0), "the header, decoded"),
        (token.split('.').nth(1).unwrap().to_owned(), "still encoded"),
        (payload["exp"].to_string(), "value of exp."),
        ("bob".to_owned(), "not the value of sub "),
        ("<script>".to_owned(), "not the value of sub "),
    ] {
        let page = student.send(&[("token", &token), ("sub", &typed)]).await.body;
        assert!(page.contains("0 of 2 parts done.") && words(&page).contains(named), "{typed}: {page}");
        assert!(!page.contains("<script>") && !page.contains(SOLVED));
    }
    let page = student.send(&[("token", &token), ("sub", &format!("\"{subject}\""))]).await.body;
    assert!(page.contains("Step done.") && page.contains("1 of 2 parts done."), "{page}");
    assert!(page.contains("quotation marks belong to JSON") && !page.contains(SOLVED), "{page}");
    let page = student.send(&[("token", &token), ("sub", subject), ("alg", "JWT")]).await.body;
    assert!(words(&page).contains("1 of 2 parts done. Header: that is the value of typ."), "{page}");
    assert!(page.contains(&format!("value=\"{subject}\"")) && page.contains("value=\"JWT\""), "what was typed stays");
    let page = student.send(&[("token", &token), ("sub", subject), ("alg", algorithm)]).await.body;
    assert!(page.contains("2 of 2 parts done.") && page.contains(SOLVED) && student.has_solved().await, "{page}");
}

#[tokio::test]
async fn anatomy_judges_only_a_token_that_the_lab_signed() {
    let app = TestApp::spawn();
    let student = LessonVisitor::at(&app, "anatomy");
    let token = hidden(&student.page().await, "token");
    let (head, signature) = (token.split('.').next().unwrap(), token.split('.').next_back().unwrap());
    let forged = format!("{head}.{}.{signature}", URL_SAFE_NO_PAD.encode(r#"{"sub":"me","iat":1,"exp":9999999999}"#));
    for (brought, code) in [(forged.as_str(), "bad_signature"), ("", "no_token"), ("a.b", "malformed")] {
        let page = student.send(&[("token", brought), ("sub", "me"), ("alg", "HS256")]).await.body;
        assert!(page.contains(&format!("<code>{code}</code>")) && !page.contains(SOLVED), "{brought}: {page}");
        assert_eq!(hidden(&page, "token"), token, "the page goes on with the visitor's own");
    }
}

#[tokio::test]
async fn anatomy_shows_a_visitor_the_same_token_in_every_tab_until_it_expires() {
    let app = TestApp::spawn();
    let student = LessonVisitor::at(&app, "anatomy");
    let token = hidden(&student.page().await, "token");
    app.advance(60);
    assert_eq!(hidden(&student.page().await, "token"), token, "a reload, or the way back");
    let wrong = student.send(&[("token", &token), ("sub", "bob")]).await.body;
    assert_eq!(hidden(&wrong, "token"), token);
    let hint = student.send(&[("step", "hint"), ("token", &token)]).await.body;
    assert_eq!(hidden(&hint, "token"), token);
    assert_eq!(hidden(&student.page().await, "token"), token, "a second tab, after an answer");
    let stranger = LessonVisitor::at(&app, "anatomy");
    assert_ne!(hidden(&stranger.page().await, "token"), token, "another visitor has another");

    // A program, or a browser that lost its session, brings the token along, and then it is the visitor's own.
    let lost = LessonVisitor::at(&app, "anatomy");
    lost.send(&[("token", &token), ("sub", "bob")]).await;
    assert_eq!(hidden(&lost.page().await, "token"), token);

    app.advance(3540);
    let late = student.send(&[("token", &token), ("sub", "bob")]).await.body;
    let next = hidden(&late, "token");
    assert!(words(&late).contains("its hour is over: expired.") && next != token, "{late}");
    assert_eq!(hidden(&student.page().await, "token"), next);
}

#[tokio::test]
async fn a_case_of_the_two_clocks_is_remembered_over_a_reload() {
    let app = TestApp::spawn();
    let student = LessonVisitor::at(&app, "two-clocks");
    let page = student.send(&[("step", "set"), ("cookie", "3600"), ("token", "expired")]).await.body;
    student.send(&[("step", "send"), ("copy", &hidden(&page, "copy"))]).await;
    let page = student.page().await;
    assert!(page.contains("1 of 2 parts done.") && hidden(&page, "token-first") == "done", "{page}");
}

/// The answers to *What Set-Cookie said*, from its solution's own text.
fn set_cookie_answers() -> Vec<(&'static str, &'static str)> {
    let text = solution("set-cookie");
    let mut answers = Vec::new();
    for (named, field) in [
        ("scripts", "script"),
        ("another site's POST form", "form"),
        ("ends with the browser", "end"),
        ("plain http", "wire"),
        ("subdomains", "hosts"),
    ] {
        let (_, rest) = text.split_once(&format!("{named}: `")).unwrap_or_else(|| panic!("{named} in {text}"));
        let piece = set_cookie::pieces().find(|piece| rest.starts_with(&format!("{}`", piece.text)));
        answers.push((field, piece.unwrap_or_else(|| panic!("{rest}")).value));
    }
    answers
}

#[tokio::test]
async fn set_cookie_shows_the_very_line_it_sends_and_is_solved_by_its_solution() {
    let app = TestApp::spawn();
    let student = LessonVisitor::at(&app, "set-cookie");
    let answer = student.send(&[("step", "set")]).await;
    let value = hidden(&answer.body, "value");
    assert!(answer.headers.get_all("set-cookie").iter().any(|line| line == set_cookie::line(&value).as_str()));
    assert!(
        answer.body.contains(&format!("Set-Cookie: lab-set-cookie={value};\n  HttpOnly;\n  SameSite=Lax;\n  Path="))
    );

    let right = set_cookie_answers();
    let check = [("step", "check"), ("value", value.as_str())];
    let wrong: Vec<_> =
        right.iter().map(|(field, piece)| (*field, if *field == "form" { "path" } else { piece })).collect();
    let page = student.send(&[&check[..], &wrong].concat()).await.body;
    assert!(
        page.contains("4 of 5 parts done. <code>Path=/lab/lessons/set-cookie</code> is not the piece that"),
        "{page}"
    );
    assert!(page.contains("<option value=\"path\" selected>") && !page.contains(SOLVED), "{page}");
    let again = student.send(&[&[("step", "set"), ("value", value.as_str())], &wrong[..]].concat()).await.body;
    assert!(hidden(&again, "value") != value && again.contains("<option value=\"path\" selected>"), "{again}");

    let value = hidden(&again, "value");
    let answer = student.send(&[&[("step", "check"), ("value", value.as_str())], &right[..]].concat()).await;
    assert!(
        !answer.headers.get_all("set-cookie").iter().any(|line| line.to_str().unwrap().starts_with("lab-set-cookie"))
    );
    assert!(answer.body.contains(&format!("Cookie: lab-set-cookie={value}")), "{}", answer.body);
    assert!(answer.body.contains("5 of 5 parts done") && answer.body.contains(SOLVED), "{}", answer.body);
    assert!(student.has_solved().await);
}

#[tokio::test]
async fn an_answer_without_the_cookie_s_value_leads_to_the_first_step() {
    let app = TestApp::spawn();
    let student = LessonVisitor::at(&app, "set-cookie");
    let page =
        student.send(&[&[("step", "check"), ("value", "<script>")], &set_cookie_answers()[..]].concat()).await.body;
    assert!(page.contains("There is no cookie to judge") && !page.contains("<script>"), "{page}");
    assert!(page.contains(">Set the cookie</button>") && !student.has_solved().await, "{page}");
}

#[tokio::test]
async fn script_reach_sets_two_cookies_echoes_their_names_and_is_solved_by_its_solution() {
    assert!(solution("script-reach").contains("read by the script tick `lab-plain` and `lab-storage`"));
    assert!(solution("script-reach").contains("request tick `lab-httponly` and `lab-plain`"));
    let app = TestApp::spawn();
    let student = LessonVisitor::at(&app, "script-reach");
    let echo = async || student.visitor.get("/lab/lessons/script-reach/echo").await.text().await.unwrap();
    assert_eq!(echo().await, r#"{"cookies":[]}"#);
    let answer = student.visitor.request(Method::POST, &student.path()).form(&[("step", "set")]).send().await.unwrap();
    let lines = set_cookies(&answer);
    let line = |name| lines.iter().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{lines:?}"));
    assert!(line("lab-httponly=").contains("; HttpOnly") && !line("lab-plain=").contains("HttpOnly"), "{lines:?}");
    assert_eq!(echo().await, r#"{"cookies":["lab-httponly","lab-plain"]}"#);

    let read = [("step", "check"), ("read-lab-plain", "on"), ("read-lab-storage", "on")];
    let page = student.send(&[&read[..], &[("arrived-lab-plain", "on")]].concat()).await.body;
    assert!(
        page.contains("1 of 2 parts done. Arrived: one is missing. <code>HttpOnly</code> is about reading"),
        "{page}"
    );
    assert!(
        page.contains("name=\"read-lab-plain\" checked") && !page.contains(SOLVED),
        "what was ticked stays: {page}"
    );
    let arrived = [("arrived-lab-httponly", "on"), ("arrived-lab-plain", "on")];
    let page = student.send(&[&read[..], &arrived].concat()).await.body;
    assert!(page.contains("2 of 2 parts done") && page.contains(SOLVED) && student.has_solved().await, "{page}");
}

#[tokio::test]
async fn two_clocks_is_solved_once_each_clock_has_ended_first() {
    let solution = solution("two-clocks");
    assert!(solution.contains("*1 hour* for the cookie and *already expired* for the token"), "{solution}");
    assert!(solution.contains("*5 seconds* for the cookie and *1 hour* for the token"), "{solution}");
    let app = TestApp::spawn();
    let student = LessonVisitor::at(&app, "two-clocks");
    let answer = student.send(&[("step", "set"), ("cookie", "3600"), ("token", "expired")]).await;
    let lines: Vec<_> = answer.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap()).collect();
    assert!(lines.iter().any(|line| line.starts_with("lab-clocks=") && line.ends_with("; Max-Age=3600")), "{lines:?}");
    assert!(answer.body.contains("1 h left") && answer.body.contains("ended 5 s ago"), "{}", answer.body);
    assert!(answer.body.contains("0 of 2 parts done") && !answer.body.contains("both clocks run"), "{}", answer.body);
    assert!(answer.body.contains("The token in it has expired already"), "{}", answer.body);
    assert!(answer.body.contains("<option value=\"expired\" selected>"), "{}", answer.body);
    let copy = hidden(&answer.body, "copy");
    let page = student.send(&[("step", "send"), ("copy", &copy)]).await.body;
    assert!(
        page.contains("The clocks disagree. The cookie came") && page.contains("code: <code>expired</code>"),
        "{page}"
    );
    assert!(page.contains("1 of 2 parts done") && !page.contains(SOLVED) && !student.has_solved().await, "{page}");
    assert_eq!(hidden(&page, "token-first"), "done");

    let seen = ("token-first", "done");
    let page = student.send(&[("step", "set"), ("cookie", "5"), ("token", "3600"), seen]).await.body;
    let (copy, end) = (hidden(&page, "copy"), hidden(&page, "cookie-end"));
    app.advance(5);
    // A browser that has deleted the cookie.
    let other = LessonVisitor::at(&app, "two-clocks");
    let page = other.send(&[("step", "send"), ("copy", &copy), ("cookie-end", &end), seen]).await.body;
    assert!(page.contains("2 of 2 parts done") && page.contains(SOLVED) && other.has_solved().await, "{page}");
}

#[tokio::test]
async fn a_token_that_outlives_its_cookie_is_one_case_of_the_two_clocks() {
    let app = TestApp::spawn();
    let student = LessonVisitor::at(&app, "two-clocks");
    let page = student.send(&[("step", "set"), ("cookie", "none"), ("token", "60")]).await.body;
    let (copy, end) = (hidden(&page, "copy"), hidden(&page, "cookie-end"));
    assert_eq!(end, "", "a cookie without Max-Age has no end");
    let fields = [("step", "send"), ("copy", copy.as_str()), ("cookie-end", "")];
    let page = student.send(&fields).await.body;
    assert!(page.contains("Both clocks still run") && !page.contains(SOLVED), "{page}");

    let other = LessonVisitor::at(&app, "two-clocks");
    let page = other.send(&fields).await.body;
    assert!(page.contains("No cookie came") && page.contains("1 of 2 parts done"), "{page}");
    let page = other.send(&[&fields[..], &[("token-first", "done")]].concat()).await.body;
    assert!(page.contains(SOLVED), "{page}");
    app.advance(60);
    let page = LessonVisitor::at(&app, "two-clocks").send(&fields).await.body;
    assert!(page.contains("Both clocks have ended") && !page.contains(SOLVED), "{page}");
}

#[tokio::test]
async fn a_cookie_that_is_lost_before_its_end_does_not_count_as_ended() {
    let app = TestApp::spawn();
    let student = LessonVisitor::at(&app, "two-clocks");
    let page = student.send(&[("step", "set"), ("cookie", "5"), ("token", "60")]).await.body;
    let (copy, end) = (hidden(&page, "copy"), hidden(&page, "cookie-end"));
    let fields = [("step", "send"), ("copy", copy.as_str()), ("cookie-end", &end)];
    // A browser without the cookie.
    let page = LessonVisitor::at(&app, "two-clocks").send(&fields).await.body;
    assert!(page.contains("although its <code>Max-Age</code> is not over") && !page.contains(SOLVED), "{page}");
    app.advance(5);
    let page = LessonVisitor::at(&app, "two-clocks").send(&fields).await.body;
    assert!(page.contains("a token stays valid after its cookie is gone"), "{page}");
    assert!(page.contains("1 of 2 parts done"), "{page}");
}

#[tokio::test]
async fn every_choice_of_the_two_clocks_can_be_set() {
    let app = TestApp::spawn();
    for cookie in &two_clocks::COOKIE_LIFETIMES {
        for token in &two_clocks::TOKEN_LIFETIMES {
            let student = LessonVisitor::at(&app, "two-clocks");
            let answer = student.send(&[("step", "set"), ("cookie", cookie.value), ("token", token.value)]).await;
            let mut lines = answer.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap());
            let line = lines.find(|line| line.starts_with("lab-clocks=")).unwrap();
            assert_eq!(line.contains("Max-Age"), cookie.seconds.is_some());
            let words = if token.value == "expired" { "ended 5 s ago" } else { " left</span>" };
            assert!(answer.body.contains(words), "{}", answer.body);
        }
    }
}

/// A browser with a limit for cookies, as real ones have it.
struct LimitedBrowser {
    visitor: Visitor,
    limit: usize,
    /// Whether the attributes count too.
    counts_attributes: bool,
    cookies: Vec<(String, String)>,
}

impl LimitedBrowser {
    fn at(app: &TestApp, limit: usize, counts_attributes: bool) -> Self {
        Self { visitor: app.visitor(), limit, counts_attributes, cookies: Vec::new() }
    }

    async fn post(&mut self, fields: &[(&str, &str)]) -> String {
        let request = self.visitor.request(Method::POST, "/lab/lessons/size-limit").form(fields);
        let mut answer = request.header("cookie", self.line()).send().await.unwrap();
        self.keep(&answer);
        if answer.status() == 303 {
            answer = self.visitor.with_cookie(location(&answer), &self.line()).await;
            self.keep(&answer);
        }
        answer.text().await.unwrap()
    }

    fn line(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn keep(&mut self, answer: &Response) {
        for line in set_cookies(answer) {
            let pair = line.split(';').next().unwrap();
            let counted = if self.counts_attributes { line.len() } else { pair.len() - 1 };
            let (name, value) = pair.split_once('=').unwrap();
            if counted <= self.limit {
                self.cookies.retain(|(kept, _)| kept != name);
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
    }

    async fn set(&mut self, size: &str) -> String {
        self.post(&[("do", "set"), ("size", size)]).await
    }

    async fn set_with_attributes(&mut self, size: &str) -> String {
        self.post(&[("do", "set"), ("size", size), ("attributes", "yes")]).await
    }
}

#[tokio::test]
async fn the_size_limit_is_measured_and_solved_by_its_solution() {
    let marked: Vec<&str> = solution("size-limit").split(['`', '*']).skip(1).step_by(2).collect();
    let set = "Set this cookie";
    let with = "with 900 bytes of attributes";
    let no = "No, only name and value count";
    assert_eq!(marked, ["4000", set, "4100", set, "4000", with, set, no, "Check my answer"]);

    let app = TestApp::spawn();
    let mut browser = LimitedBrowser::at(&app, 4096, false);
    let page = browser.set("4000").await;
    assert!(page.contains("The same cookie came back") && page.contains("find a size that it drops"), "{page}");
    assert!(page.contains("value=\"4000\"") && !page.contains("name=\"attributes\""), "what was typed stays: {page}");
    let page = browser.set("4100").await;
    assert!(page.contains("Another cookie came back: one of 4000 bytes"), "{page}");
    assert!(page.contains("1 of 2 parts done") && page.contains("name=\"attributes\""), "{page}");
    assert!(!page.contains("name=\"count\""), "{page}");
    let page = browser.set_with_attributes("4000").await;
    assert!(page.contains("what does your browser count?") && page.contains("name=\"count\""), "{page}");
    let page = browser.post(&[("do", "answer"), ("count", "yes")]).await;
    assert!(page.contains("your browser would have dropped the line") && !page.contains(SOLVED), "{page}");
    let page = browser.post(&[("do", "answer"), ("count", "")]).await;
    assert!(page.contains("Choose one of the two answers.") && !page.contains("Measure it first"), "{page}");
    let page = browser.post(&[("do", "answer"), ("count", "no"), ("size", "4000")]).await;
    assert!(page.contains(SOLVED) && page.contains("the attributes come on top"), "{page}");
    assert!(page.contains("id=\"size\" name=\"size\" value=\"4000\""), "what was typed stays: {page}");
}

#[tokio::test]
async fn an_answer_about_the_attributes_still_shows_what_became_of_the_line() {
    let app = TestApp::spawn();
    let mut browser = LimitedBrowser::at(&app, 4096, false);
    browser.set("4000").await;
    browser.set("4100").await;
    let page = browser.set_with_attributes("4000").await;
    let sent = hidden(&page, "sent");
    app.advance(400);
    for count in ["yes", "no"] {
        let page = browser.post(&[("do", "answer"), ("count", count), ("sent", &sent)]).await;
        assert!(page.contains("Kept. The same cookie came back.") && page.contains("<td>4978</td>"), "{page}");
    }
    for forged in ["", "4000", "1 2 3 4", "9999999 1-a yes same", "4000 1-a yes 99999"] {
        let page = browser.post(&[("do", "answer"), ("count", "yes"), ("sent", forged)]).await;
        assert!(page.contains("Look at what it did") && !page.contains("the whole line, with"), "{forged}: {page}");
    }
}

#[tokio::test]
async fn a_cookie_that_told_nothing_new_is_no_step_and_another_size_than_asked_for_is_told() {
    let app = TestApp::spawn();
    let mut browser = LimitedBrowser::at(&app, 4096, false);
    browser.set("4000").await;
    assert!(browser.set("4100").await.contains("Step done."));
    let again = browser.set("4100").await;
    assert!(again.contains("Go on.") && again.contains("You knew that already. 1 of 2 parts done"), "{again}");
    let mut told = 0;
    for size in 4086..4094_usize {
        let page = browser.set(&size.to_string()).await;
        let less = format!("A token for exactly {size} bytes was not possible, so {} were sent.", size - 1);
        let is_less = page.contains(&format!("a cookie of {} bytes", size - 1));
        assert_eq!(page.contains(&less), is_less, "{size}: {page}");
        told += usize::from(is_less);
    }
    assert!(told > 0, "some sizes are not possible");
}

#[tokio::test]
async fn after_the_lesson_is_solved_a_press_says_so_and_names_nothing_that_is_left() {
    let app = TestApp::spawn();
    let set = [("step", "set")];
    let read = [("read-lab-plain", "on"), ("read-lab-storage", "on")];
    let arrived = [("arrived-lab-httponly", "on"), ("arrived-lab-plain", "on")];
    let student = LessonVisitor::at(&app, "set-cookie");
    let value = hidden(&student.send(&set).await.body, "value");
    student.send(&[&[("step", "check"), ("value", value.as_str())], &set_cookie_answers()[..]].concat()).await;
    let reach = LessonVisitor::at(&app, "script-reach");
    reach.send(&set).await;
    reach.send(&[&[("step", "check")], &read[..], &arrived[..]].concat()).await;
    for student in [student, reach] {
        let page = student.send(&set).await.body;
        let said = words(&page);
        assert!(said.contains("→ The lesson is solved already."), "{}: {said}", student.slug);
        assert!(!said.contains("You have solved this lesson already."), "not said twice: {said}");
        assert!(!said.contains("What is left") && !said.contains("Step done."), "{}: {said}", student.slug);
        assert!(!said.contains("All three are set"), "no script may run, and then nothing wrote the entry");
    }
}

#[tokio::test]
async fn the_hints_on_the_size_limit_follow_each_step() {
    let app = TestApp::spawn();
    let mut browser = LimitedBrowser::at(&app, 4096, false);
    let hints = |page: &str| -> Vec<String> {
        page.split("<p class=\"hint\">").skip(1).map(|it| words(it.split("</p>").next().unwrap())).collect()
    };
    let only =
        |hints: Vec<String>, says: &str| assert!(hints.len() == 1 && hints[0].contains(says), "{says}: {hints:?}");
    let ask = [("step", "hint")];
    only(hints(&browser.post(&ask).await), "a size that your browser keeps, and one that it drops");
    assert!(hints(&browser.set("4000").await).is_empty());
    only(hints(&browser.post(&ask).await), "You have a size that your browser keeps. Now try larger cookies");
    assert!(hints(&browser.set("5000").await).is_empty());
    only(hints(&browser.post(&ask).await), "The limit is between the two sizes of the table");
    let both = hints(&browser.post(&ask).await);
    assert!(both.len() == 2 && both[1].contains("Which power of two is between"), "{both:?}");
    assert!(hints(&browser.set("4100").await).is_empty());
    only(hints(&browser.post(&ask).await), "add the attribute");
    assert!(hints(&browser.set_with_attributes("4000").await).is_empty());
    let asked = browser.post(&[("count", "yes"), ("size", "4000"), ask[0]]).await;
    only(hints(&asked), "it does not count the attributes");
    assert!(asked.contains("name=\"count\" value=\"yes\" checked"), "what was chosen stays: {asked}");
    let solved = browser.post(&[("do", "answer"), ("count", "no")]).await;
    assert!(solved.contains(SOLVED) && hints(&solved).is_empty());
}

#[tokio::test]
async fn the_size_limit_is_judged_by_what_this_very_browser_does() {
    let app = TestApp::spawn();
    let mut browser = LimitedBrowser::at(&app, 3000, true);
    for size in ["1000", "3000", "2800", "2900"] {
        browser.set(size).await;
    }
    let page = browser.set_with_attributes("2800").await;
    assert!(page.contains("what does your browser count?"), "{page}");
    let page = browser.post(&[("do", "answer"), ("count", "no")]).await;
    assert!(page.contains("your browser would have kept the line") && !page.contains(SOLVED), "{page}");
    assert!(browser.post(&[("do", "answer"), ("count", "yes")]).await.contains(SOLVED));
}

#[tokio::test]
async fn an_answer_without_a_measurement_and_a_page_from_an_earlier_press_count_for_nothing() {
    let app = TestApp::spawn();
    let mut browser = LimitedBrowser::at(&app, 4096, false);
    for count in ["yes", "no", "perhaps"] {
        let page = browser.post(&[("do", "answer"), ("count", count)]).await;
        assert!(page.contains("Measure it first") && !page.contains(SOLVED), "{page}");
    }
    let request = browser.visitor.request(Method::POST, "/lab/lessons/size-limit");
    let first = request.form(&[("do", "set"), ("size", "2000")]).send().await.unwrap();
    let address = location(&first).to_owned();
    browser.keep(&first);
    app.advance(1);
    browser.set("3000").await;
    let page = browser.visitor.with_cookie(&address, &browser.line()).await.text().await.unwrap();
    assert!(page.contains("This page is from an earlier press") && page.contains("3000 bytes"), "{page}");
    app.advance(300);
    let page = browser.visitor.with_cookie(&address, "other=1").await.text().await.unwrap();
    assert!(page.contains("This page is from an earlier press"), "{page}");
    for size in ["", "four", "999", "6001", "-1"] {
        let page = browser.set(size).await;
        assert!(page.contains("Type a number of bytes from 1000 to 6000"), "{size}: {page}");
    }
}

#[tokio::test]
async fn a_link_that_no_press_led_to_measures_nothing() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let link = "/lab/lessons/size-limit?size=4100&token=4090&at=1-aaaaaaaa&attributes=no";
    let now = "/lab/lessons/size-limit?size=4100&token=4090&at=9000000000000-aaaaaaaa&attributes=no";
    for address in [link, now] {
        let page = visitor.page(address).await;
        assert!(page.contains("does not come from a press") || page.contains("from an earlier press"), "{page}");
        let page = visitor.page("/lab/lessons/size-limit").await;
        assert!(!page.contains("4100 bytes"), "{page}");
    }
}

#[tokio::test]
async fn a_cookie_of_every_size_is_as_large_as_was_asked_for() {
    let app = TestApp::spawn();
    let student = LessonVisitor::at(&app, "size-limit");
    for size in (size_limit::SMALLEST..=size_limit::LARGEST).step_by(500) {
        for attributes in ["no", "yes"] {
            let form = [("do", "set"), ("size", &size.to_string()), ("attributes", attributes)];
            let answer = student.visitor.request(Method::POST, &student.path()).form(&form).send().await.unwrap();
            let line = set_cookies(&answer)[0];
            let (pair, rest) = line.split_once(';').unwrap();
            assert!((size - 1..=size).contains(&(pair.len() - 1)), "{size}: {}", pair.len());
            assert!(rest.contains("Path=/lab/lessons/size-limit"), "{rest}");
            assert_eq!(rest.len() > size_limit::ATTRIBUTE_BYTES, attributes == "yes", "{rest}");
        }
    }
}

/// Long because it is one table of cases.
#[tokio::test]
async fn what_no_form_of_these_lessons_sends_is_refused_in_words() {
    let app = TestApp::spawn();
    for (slug, fields) in [
        ("start-here", &[("step", "no")][..]),
        ("set-cookie", &[("step", "no")]),
        ("script-reach", &[("step", "no")]),
        ("two-clocks", &[("step", "no")]),
        ("two-clocks", &[("step", "set"), ("cookie", "7"), ("token", "5")]),
        ("two-clocks", &[("step", "set"), ("cookie", "5")]),
        ("two-clocks", &[("step", "send"), ("copy", "no.token.here")]),
        ("two-clocks", &[("step", "send")]),
        ("size-limit", &[("do", "burn")]),
        ("size-limit", &[("other", "1")]),
    ] {
        let answer = LessonVisitor::at(&app, slug).send(fields).await;
        assert_eq!(answer.status, 400, "{slug} {fields:?}: {}", answer.body);
    }
    for path in [
        "/lab/lessons/size-limit?size=99999999999999999999&token=1&at=1-a",
        "/lab/lessons/size-limit?size=1000&token=6001&at=-9223372036854775808-a",
        "/lab/lessons/size-limit?size=%00&token=5000&at=9223372036854775807-a&attributes=burn",
        "/lab/lessons/two-clocks?step=set",
    ] {
        assert_eq!(app.visitor().get(path).await.status(), 200, "{path}");
    }
    for path in ["/lab/lessons/script-reach/no", "/lab/lessons/anatomy/attacker"] {
        assert_eq!(app.visitor().get(path).await.status(), 404, "{path}");
    }
    let page =
        LessonVisitor::at(&app, "two-clocks").send(&[("step", "set"), ("cookie", "5"), ("token", "5")]).await.body;
    let copy = hidden(&page, "copy");
    for end in ["-9223372036854775808", "9223372036854775807", "soon"] {
        let fields = [("step", "send"), ("copy", &copy), ("cookie-end", end)];
        assert_eq!(LessonVisitor::at(&app, "two-clocks").send(&fields).await.status, 200, "{end}");
    }
}

#[tokio::test]
async fn the_lessons_about_the_cookie_touch_the_session_for_progress_alone() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    visitor.generate().await;
    let student = LessonVisitor { visitor, slug: "size-limit" };
    student.send(&[("do", "set"), ("size", "6000")]).await;
    student.send(&[("do", "answer"), ("count", "no")]).await;
    assert_eq!(student.visitor.verdict().await.0, 200, "the token is still there, and good");
}
