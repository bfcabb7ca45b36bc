//! The lessons about the cookie, over HTTP: each is solved by its own solution's text, near misses are named, and bad
//! input is refused.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hallpass::lab::lessons::{Lesson, cookie_laboratory, cross_site_forms, set_cookie, size_limit, two_clocks};
use reqwest::Method;

use crate::app::{Answer, TestApp, Visitor, location, part, set_cookies};

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

    async fn page(&self) -> String {
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
    Lesson::find(slug).unwrap().solution.markdown()
}

#[tokio::test]
async fn anatomy_is_solved_by_reading_the_payload() {
    assert!(solution("anatomy").contains("type the value of `sub` and press *Check it*"));
    let app = TestApp::spawn();
    let student = LessonVisitor::at(&app, "anatomy");
    let token = hidden(&student.page().await, "token");
    let payload: serde_json::Value = serde_json::from_str(&part(&token, 1)).unwrap();
    let subject = payload["sub"].as_str().unwrap();

    for (typed, named) in [
        (part(&token, 1), "the whole payload"),
        (part(&token, 0), "the header, decoded"),
        (token.split('.').nth(1).unwrap().to_owned(), "still encoded"),
        (payload["exp"].to_string(), "value of <code>exp</code>"),
        ("bob".to_owned(), "not the value of <code>sub</code>"),
        ("<script>".to_owned(), "not the value of <code>sub</code>"),
    ] {
        let page = student.send(&[("token", &token), ("sub", &typed)]).await.body;
        assert!(page.contains(named), "{typed}: {page}");
        assert!(!page.contains("<script>") && !page.contains(SOLVED));
    }
    let page = student.send(&[("token", &token), ("sub", &format!("\"{subject}\"")), ("predict", "secret")]).await.body;
    assert!(page.contains("quotation marks belong to JSON") && page.contains("Not what you predicted"), "{page}");
    assert!(page.contains(SOLVED) && student.has_solved().await);
}

#[tokio::test]
async fn anatomy_judges_only_a_token_that_the_lab_signed() {
    let app = TestApp::spawn();
    let student = LessonVisitor::at(&app, "anatomy");
    let token = hidden(&student.page().await, "token");
    let (head, signature) = (token.split('.').next().unwrap(), token.split('.').next_back().unwrap());
    let forged = format!("{head}.{}.{signature}", URL_SAFE_NO_PAD.encode(r#"{"sub":"me","iat":1,"exp":9999999999}"#));
    for (token, code) in [(forged.as_str(), "bad_signature"), ("", "no_token"), ("a.b", "malformed")] {
        let page = student.send(&[("token", token), ("sub", "me")]).await.body;
        assert!(page.contains(&format!("<code>{code}</code>")) && !page.contains(SOLVED), "{token}: {page}");
    }
    assert_ne!(hidden(&student.page().await, "token"), token, "every page has a token of its own");
}

#[tokio::test]
async fn set_cookie_shows_the_very_line_it_sends_and_is_solved_by_its_solution() {
    let text = solution("set-cookie");
    for said in ["scripts: `HttpOnly`", "form: `SameSite=Lax`", "no `Max-Age`", "no `Secure`", "no `Domain`"] {
        assert!(text.contains(said), "{said}");
    }
    let app = TestApp::spawn();
    let student = LessonVisitor::at(&app, "set-cookie");
    let answer = student.send(&[("step", "set")]).await;
    let value = hidden(&answer.body, "value");
    assert_eq!(answer.header("set-cookie"), set_cookie::line(&value));
    assert!(
        answer.body.contains(&format!("Set-Cookie: lab-set-cookie={value};\n  HttpOnly;\n  SameSite=Lax;\n  Path="))
    );

    let mut fields = vec![
        ("value", value.as_str()),
        ("script", "http-only"),
        ("form", "path"),
        ("end", "no-max-age"),
        ("wire", "no-secure"),
        ("hosts", "no-domain"),
    ];
    let page = student.send(&fields).await.body;
    assert!(page.contains("is not what keeps it off another site’s POST form") && !page.contains(SOLVED), "{page}");
    fields[2].1 = "same-site";
    let answer = student.send(&fields).await;
    assert_eq!(answer.header("set-cookie").split('=').next(), Some("hallpass"), "only progress is kept");
    assert!(answer.body.contains(&format!("Cookie: lab-set-cookie={value}")), "{}", answer.body);
    assert!(answer.body.contains(SOLVED) && student.has_solved().await);
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
    assert!(lines[0].starts_with("lab-httponly=") && lines[0].contains("; HttpOnly"), "{lines:?}");
    assert!(lines[1].starts_with("lab-plain=") && !lines[1].contains("HttpOnly"), "{lines:?}");
    assert_eq!(echo().await, r#"{"cookies":["lab-httponly","lab-plain"]}"#);

    let read = [("step", "check"), ("read-lab-plain", "on"), ("read-lab-storage", "on")];
    let page = student.send(&[&read[..], &[("arrived-lab-plain", "on")]].concat()).await.body;
    assert!(page.contains("<code>HttpOnly</code> is about reading") && !page.contains(SOLVED), "{page}");
    let arrived = [("arrived-lab-httponly", "on"), ("arrived-lab-plain", "on")];
    let page = student.send(&[&read[..], &arrived].concat()).await.body;
    assert!(page.contains(SOLVED) && student.has_solved().await);
}

#[tokio::test]
async fn two_clocks_is_solved_by_an_expired_token_in_a_living_cookie() {
    assert!(solution("two-clocks").contains("*1 hour* for the cookie and *already expired* for the token"));
    let app = TestApp::spawn();
    let student = LessonVisitor::at(&app, "two-clocks");
    let answer = student.send(&[("step", "set"), ("cookie", "3600"), ("token", "expired")]).await;
    assert!(answer.header("set-cookie").ends_with("; Max-Age=3600"), "{:?}", answer.headers);
    assert!(answer.body.contains("1 h left") && answer.body.contains("ended 5 s ago"), "{}", answer.body);
    let copy = hidden(&answer.body, "copy");
    let page = student.send(&[("step", "send"), ("copy", &copy), ("predict", "no_token")]).await.body;
    assert!(
        page.contains("The clocks disagree. The cookie came") && page.contains("code: <code>expired</code>"),
        "{page}"
    );
    assert!(page.contains(SOLVED) && student.has_solved().await);
}

#[tokio::test]
async fn two_clocks_is_solved_by_a_token_that_outlives_its_cookie_too() {
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
    assert!(page.contains("No cookie came") && page.contains(SOLVED), "{page}");
    app.advance(60);
    let page = LessonVisitor::at(&app, "two-clocks").send(&fields).await.body;
    assert!(page.contains("Both clocks have run out") && !page.contains(SOLVED), "{page}");
}

#[tokio::test]
async fn every_choice_of_the_two_clocks_can_be_set() {
    let app = TestApp::spawn();
    for cookie in &two_clocks::COOKIE_LIFETIMES {
        for token in &two_clocks::TOKEN_LIFETIMES {
            let student = LessonVisitor::at(&app, "two-clocks");
            let answer = student.send(&[("step", "set"), ("cookie", cookie.value), ("token", token.value)]).await;
            assert_eq!(answer.header("set-cookie").contains("Max-Age"), cookie.seconds.is_some());
            let words = if token.value == "expired" { "ended 5 s ago" } else { " left</span>" };
            assert!(answer.body.contains(words), "{}", answer.body);
        }
    }
}

#[tokio::test]
async fn the_cookie_laboratory_is_solved_by_its_solution() {
    let text = solution("cookie-laboratory");
    assert!(
        text.contains("*no prefix*, `Path=/` and *no Max-Age*") && text.contains("choose *__Host-* and leave the rest")
    );
    let app = TestApp::spawn();
    let student = LessonVisitor::at(&app, "cookie-laboratory");
    let plain = [("step", "set"), ("same-site", "absent"), ("path", "root"), ("max-age", "none")];
    let page = student.send(&[&plain[..], &[("prefix", "none"), ("expect", "comes")]].concat()).await.body;
    assert!(
        page.contains("<strong>sent it back</strong>") && page.contains("Now make one that your browser drops"),
        "{page}"
    );
    let predicted = hidden(&page, "foretold");
    assert_eq!(predicted, "comes");

    // The test's client knows no prefixes; a browser drops this line, which is as if it had never come.
    let host = [&plain[..], &[("prefix", "host"), ("expect", "away"), ("foretold", &predicted)]].concat();
    let answer = student.visitor.request(Method::POST, &student.path()).form(&host).send().await.unwrap();
    assert!(set_cookies(&answer)[0].starts_with("__Host-lab-cookie="), "{:?}", answer.headers());
    let page =
        student.visitor.request(Method::GET, location(&answer)).header("cookie", "other=1").send().await.unwrap();
    let page = page.text().await.unwrap();
    assert!(
        page.contains("<code>__Host-</code> without <code>Secure</code>: dropped") && page.contains(SOLVED),
        "{page}"
    );
}

#[tokio::test]
async fn the_cookie_laboratory_credits_only_what_was_predicted_correctly() {
    let app = TestApp::spawn();
    let student = LessonVisitor::at(&app, "cookie-laboratory");
    let plain = cookie_laboratory::Recipe::plain().fields();
    let set = [&[("step", "set")], &plain[..]].concat();
    let page = student.send(&set).await.body;
    assert!(page.contains("You predicted nothing") && hidden(&page, "foretold").is_empty(), "{page}");
    let page = student.send(&[&set[..], &[("expect", "away")]].concat()).await.body;
    assert!(page.contains("You predicted otherwise: it came back") && hidden(&page, "foretold").is_empty(), "{page}");
    assert!(!student.has_solved().await);

    let answer =
        student.visitor.request(Method::POST, &student.path()).form(&[("step", "clear")]).send().await.unwrap();
    assert!(set_cookies(&answer).iter().all(|line| line.contains("Max-Age=0")) && set_cookies(&answer).len() == 9);
}

/// A form as a browser sends it from the attacker's page.
async fn attack(app: &TestApp, method: Method, step: &str, cookies: &str) -> Answer {
    let request = app.visitor().request(method, &format!("/lab/lessons/cross-site-forms/{step}"));
    let request = request.header("accept", "text/html").header("sec-fetch-site", "cross-site");
    let request = request.header("origin", "http://localhost:1").header("cookie", cookies);
    Answer::to(request.form(&[("to", "mallory")])).await
}

#[tokio::test]
async fn a_cross_site_form_is_refused_where_the_defence_is_on_and_the_refusal_explains_itself() {
    let app = TestApp::spawn();
    let refused = attack(&app, Method::POST, "transfer", "lab-none=1").await;
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("403 <code>cross_site</code>") && refused.body.contains("http://localhost:1"));
    assert_eq!(refused.body.matches("✓").count(), 1, "of three cookies one came");
    assert!(refused.header("content-security-policy").contains("form-action 'self'"));

    let open = attack(&app, Method::POST, "undefended", "lab-none=1").await;
    assert_eq!(open.status, 200);
    assert!(open.body.contains("Nothing stopped this form") && open.header("set-cookie").is_empty());
    let get = attack(&app, Method::GET, "transfer", "lab-lax=1; lab-none=1").await;
    assert!(get.status == 200 && get.body.contains("with your Lax cookie"), "{}", get.body);
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

    let public = TestApp::with(&[("public-url", "https://hallpass.example"), ("credentials", "any")]);
    let page = Answer::to(public.visitor().request(Method::GET, address).header("host", "hallpass.example")).await;
    assert_eq!(page.status, 404);
    let lesson = public.visitor().request(Method::GET, "/lab/lessons/cross-site-forms");
    let lesson = Answer::to(lesson.header("host", "hallpass.example")).await;
    assert!(lesson.body.contains("This needs a server with two names") && !lesson.body.contains("/attacker"));
    let told = [("get-lab-lax", "on"), ("get-lab-none", "on"), ("post-lab-none", "on")];
    let lesson = public.visitor().request(Method::POST, "/lab/lessons/cross-site-forms").form(&told);
    assert!(Answer::to(lesson.header("host", "hallpass.example")).await.body.contains(SOLVED), "as the page tells it");
}

#[tokio::test]
async fn cross_site_forms_is_solved_by_its_solution() {
    let text = solution("cross-site-forms");
    assert!(text.contains("with GET came `lab-lax` and `lab-none`; with POST came `lab-none`"));
    let app = TestApp::spawn();
    let student = LessonVisitor::at(&app, "cross-site-forms");
    let answer = student.visitor.request(Method::POST, &student.path()).form(&[("step", "set")]).send().await.unwrap();
    assert_eq!(set_cookies(&answer), cross_site_forms::lines(None));
    // The test's client does not send Secure over http; a browser does on loopback.
    let report = async |cookies: &str, fields: &[(&str, &str)]| {
        let request = student.visitor.request(Method::POST, &student.path()).header("cookie", cookies);
        Answer::to(request.header("accept", "text/html").form(fields)).await.body
    };
    let all = "lab-strict=lax; lab-lax=1; lab-none=1";
    let page = report(all, &[("get-lab-lax", "on"), ("get-lab-none", "on"), ("post-lab-lax", "on")]).await;
    assert!(page.contains("POST: <code>lab-lax</code> came with it?") && !page.contains(SOLVED), "{page}");
    assert!(page.contains("Not what you predicted"), "what was predicted came back in a cookie: {page}");
    let right = [("get-lab-lax", "on"), ("get-lab-none", "on"), ("post-lab-none", "on")];
    assert!(report(all, &right).await.contains(SOLVED));
    let without_none = report("lab-strict=1; lab-lax=1", &right).await;
    assert!(without_none.contains("your browser has no <code>lab-none</code>"), "{without_none}");
    assert!(report("other=1", &right).await.contains("Set them first"));
    let page = report("lab-strict=1; lab-lax=1", &[("get-lab-lax", "on"), ("step", "check")]).await;
    assert!(page.contains("POST: none came") && page.contains(SOLVED), "{page}");
}

#[tokio::test]
async fn the_size_limit_is_found_by_growing_and_solved_by_its_solution() {
    assert!(solution("size-limit").contains("`4000`: type it as the largest and press *Check it*"));
    let app = TestApp::spawn();
    let student = LessonVisitor::at(&app, "size-limit");
    let page = student.send(&[("step", "set"), ("size", "4000"), ("predict", "drops")]).await.body;
    assert!(page.contains("the very cookie that was sent came back") && page.contains("value=\"4500\""), "{page}");

    // A browser would have dropped the next one, and sent the one before.
    let next = student.visitor.request(Method::POST, &student.path()).form(&[("step", "set"), ("size", "4500")]);
    let next = next.send().await.unwrap();
    let line = set_cookies(&next)[0];
    let pair = line.split(';').next().unwrap();
    assert!((4499..=4500).contains(&(pair.len() - 1)) && line.contains("Path=/lab/lessons/size-limit"), "{line}");
    let older = format!("lab-size={}", "x".repeat(3992));
    let page = student.visitor.with_cookie(location(&next), &older).await.text().await.unwrap();
    assert!(page.contains("Another cookie came back: one of 4000 bytes"), "{page}");
    let page = student.visitor.with_cookie(location(&next), "other=1").await.text().await.unwrap();
    assert!(page.contains("No cookie came back"), "{page}");

    assert!(student.send(&[("step", "check"), ("largest", "4500")]).await.body.contains("the first that is dropped"));
    assert!(!student.has_solved().await);
    assert!(student.send(&[("step", "check"), ("largest", "4000")]).await.body.contains(SOLVED));
    assert!(student.has_solved().await);
}

#[tokio::test]
async fn a_cookie_of_every_size_is_as_large_as_was_asked_for() {
    let app = TestApp::spawn();
    let student = LessonVisitor::at(&app, "size-limit");
    for size in (size_limit::SMALLEST..=size_limit::LARGEST).step_by(size_limit::STEP) {
        let form = [("step", "set"), ("size", &size.to_string())];
        let answer = student.visitor.request(Method::POST, &student.path()).form(&form).send().await.unwrap();
        let pair = set_cookies(&answer)[0].split(';').next().unwrap();
        assert!((size - 1..=size).contains(&(pair.len() - 1)), "{size}: {}", pair.len());
    }
}

/// Long because it is one table of cases.
#[tokio::test]
async fn what_no_form_of_these_lessons_sends_is_refused_in_words() {
    let app = TestApp::spawn();
    for (slug, fields) in [
        ("two-clocks", &[("step", "no")][..]),
        ("two-clocks", &[("step", "set"), ("cookie", "7"), ("token", "5")]),
        ("two-clocks", &[("step", "set"), ("cookie", "5")]),
        ("two-clocks", &[("step", "send"), ("copy", "no.token.here")]),
        ("two-clocks", &[("step", "send")]),
        ("cookie-laboratory", &[("step", "set"), ("prefix", "\r\nSet-Cookie: a=b")]),
        ("cookie-laboratory", &[("prefix", "none")]),
        ("size-limit", &[("step", "set"), ("size", "6001")]),
        ("size-limit", &[("step", "set"), ("size", "-1")]),
        ("size-limit", &[("step", "set")]),
        ("size-limit", &[("other", "1")]),
    ] {
        let answer = LessonVisitor::at(&app, slug).send(fields).await;
        assert_eq!(answer.status, 400, "{slug} {fields:?}: {}", answer.body);
    }
    for path in
        ["/lab/lessons/cookie-laboratory?value=00000000", "/lab/lessons/cookie-laboratory?value=00000000&prefix=no"]
    {
        assert_eq!(app.visitor().get(path).await.status(), 400, "{path}");
    }
    for path in [
        "/lab/lessons/size-limit?size=99999999999999999999&token=1",
        "/lab/lessons/size-limit?size=1000&token=6001",
        "/lab/lessons/cookie-laboratory?value=nothing&foretold=%00",
        "/lab/lessons/two-clocks?step=set",
    ] {
        assert_eq!(app.visitor().get(path).await.status(), 200, "{path}");
    }
    for path in ["/lab/lessons/script-reach/no", "/lab/lessons/cross-site-forms/no", "/lab/lessons/anatomy/attacker"] {
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
    student.send(&[("step", "set"), ("size", "6000")]).await;
    student.send(&[("step", "check"), ("largest", "4000")]).await;
    assert_eq!(student.visitor.verdict().await.0, 200, "the token is still there, and good");
}
