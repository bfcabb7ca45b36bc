//! The pages' HTML is valid: every element where it may stand, closed, named once, and labelled.

use std::path::Path;
use std::process::Command;

use hallpass::lab::attacks::Attack;
use hallpass::lab::lessons::LESSONS;
use reqwest::{Method, RequestBuilder};
use tempfile::TempDir;

use crate::app::{Answer, TestApp, Visitor};
use crate::tools;

/// Pages that are there for the asking, refusals among them.
pub const ADDRESSES: &[&str] = &[
    "/",
    "/bob",
    "/%3Cb%3E%22%26",
    "/no/such/page",
    "/generate?ttl=0",
    "/tutorials",
    "/tutorials/zoom",
    "/docs",
    "/docs/api",
    "/docs/api/schemas",
    "/docs/demo",
    "/docs/lab",
    "/docs/endpoints",
    "/docs/testing",
    "/docs/command-line",
    "/docs/install",
    "/docs/settings",
    "/docs/operations",
    "/docs/keys",
    "/docs/security",
    "/docs/codes",
    "/docs/performance",
    "/lab",
    "/lab/attacks",
    "/lab/worksheet",
    "/lab/worksheet?path=90",
    "/lab/teach",
    "/lab/teach/key",
    "/lab/lessons/none?view=projector",
    "/lab/lessons/none?view=projector&at=do-1",
    "/lab/lessons/need-a-jwt?view=projector&at=do-2",
    "/lab/lessons/log-in-with-a-code/authorize",
    "/lab/inspect",
    "/lab/lessons/cross-site-forms/attacker",
    "/lab/lessons/cross-site-forms/transfer",
    "/lab/lessons/cross-site-forms-part-two/attacker",
    "/oauth/authorize?response_type=code&client_id=app&redirect_uri=http://localhost:3000/callback",
    "/oauth/authorize?response_type=code&client_id=%3Cb%3E%22%26&redirect_uri=http://localhost:3000/&state=%22%3Cb%3E\
     &scope=openid+profile+email+offline_access+x&resource=urn:a&resource=urn:b&login_hint=%22%3E%3Cb%3E",
    // The page that posts to the client.
    "/oauth/authorize?response_type=code&client_id=app&redirect_uri=http://localhost:3000/&response_mode=form_post\
     &prompt=none&state=%22%3Cb%3E",
    "/oauth/authorize?client_id=app&redirect_uri=https://evil.example/",
    "/oauth/logout",
    NOT_BACK,
];

/// A logout that does not lead back to the client.
const NOT_BACK: &str = "/oauth/logout?post_logout_redirect_uri=http://localhost:3000/%3Cb%3E&id_token_hint=%3Cb%3E";

/// The request of a client, with a login that is refused.
pub const REFUSED_LOGIN: [(&str, &str); 5] = [
    ("response_type", "code"),
    ("client_id", "app"),
    ("redirect_uri", "http://localhost:3000/callback"),
    ("username", "<b>\""),
    ("password", ""),
];

/// The request of a client, with a login, on whose page *Log out* is then.
pub const LOGIN: [(&str, &str); 6] = [
    ("response_type", "code"),
    ("client_id", "app"),
    ("redirect_uri", "http://localhost:3000/callback"),
    ("response_mode", "form_post"),
    ("username", "<b>\""),
    ("password", "secret"),
];

/// A lesson, and a form of it.
pub type Sent = (&'static str, &'static [(&'static str, &'static str)]);

/// Forms that bring out most of what a lesson says.
pub const FORMS: &[Sent] = &[
    ("logout", &[("step", "hint")]),
    ("set-cookie", &[("step", "set")]),
    ("set-cookie", &[("value", "0a1b2c3d"), ("script", "http-only"), ("predict", "value")]),
    ("script-reach", &[("step", "set"), ("predict", "all")]),
    ("two-clocks", &[("step", "set"), ("cookie", "3600"), ("token", "expired")]),
    ("hs256-or-rs256", &[("step", "measure")]),
    (
        "hs256-or-rs256",
        &[("step", "answer"), ("hs256-issuer", "yes"), ("hs256-service", "yes"), ("rs256-issuer", "yes")],
    ),
    (
        "none",
        &[("step", "send"), ("header", "{\"alg\":\"none\"}"), ("payload", "{\"sub\":\"admin\"}"), ("signature", "")],
    ),
    ("tamper", &[("step", "payload")]),
    (
        "key-confusion",
        &[("step", "send"), ("header", "{\"alg\":\"HS256\"}"), ("payload", "{\"sub\":\"admin\"}"), ("key", "pem")],
    ),
    ("key-confusion", &[("step", "token"), ("token", "a.b.c")]),
    ("recover-the-public-key", &[("do", "copy")]),
    ("recover-the-public-key", &[("do", "paste"), ("token", "a.b.c")]),
    ("keys-in-the-header", &[("step", "send"), ("member", "jwk"), ("value", ""), ("with", "attacker"), ("secret", "")]),
    ("keys-in-the-header", &[("step", "present"), ("member", "kid-path"), ("brought", "a.b.c")]),
    ("weak-secret", &[("do", "guess")]),
    ("weak-secret", &[("do", "present"), ("forged", "a.b.c")]),
    ("cross-site-forms", &[("step", "check"), ("refused", "server")]),
    ("cross-site-forms", &[("step", "set")]),
    ("cross-site-forms-part-two", &[("step", "login")]),
    ("cross-site-forms-part-two", &[("simulate", "double neighbour")]),
    ("session-fixation", &[("do", "get")]),
    ("where-to-keep-it", &[("do", "login"), ("place", "readable")]),
    ("where-to-keep-it", &[("do", "run"), ("takes", "yes"), ("sends", "yes")]),
    ("token-of-another-service", &[("do", "present"), ("issuer", "school"), ("audience", "shop"), ("role", "admin")]),
    ("token-of-another-service", &[("do", "present"), ("issuer", "own"), ("audience", "portal"), ("role", "admin")]),
    ("token-of-another-service", &[("do", "repair"), ("issuer-begins", "yes"), ("audience-is", "yes")]),
    ("stay-logged-in", &[("do", "new")]),
    ("stay-logged-in", &[("do", "steal")]),
    ("stay-logged-in", &[("do", "mallory")]),
    ("tied-to-you", &[("do", "bob")]),
    ("tied-to-you", &[("do", "send"), ("proof", "script"), ("to", "send"), ("when", "later")]),
    ("log-in-with-a-code", &[("do", "begin")]),
    ("log-in-with-a-code", &[("do", "right"), ("attack", "redirect"), ("redirect", "<b>`*")]),
    ("logout", &[("do", "login")]),
    ("rotation", &[("do", "issue"), ("life", "5")]),
    ("size-limit", &[("do", "set"), ("size", "1000")]),
    ("need-a-jwt", &[("service", "1"), ("carrier", "session"), ("reason", "table")]),
    ("need-a-jwt", &[("service", "2"), ("carrier", "opaque"), ("reason", "key")]),
];

/// Pages as files, for a program that reads files.
struct Pages {
    folder: TempDir,
    visitor: Visitor,
    count: usize,
}

impl Pages {
    fn of(app: &TestApp) -> Self {
        Self { folder: TempDir::new().unwrap(), visitor: app.visitor(), count: 0 }
    }

    async fn get(&mut self, path: &str) {
        self.keep(path, self.visitor.request(Method::GET, path)).await;
    }

    async fn post(&mut self, path: &str, fields: &[(&str, &str)]) {
        self.keep(path, self.visitor.request(Method::POST, path).form(fields)).await;
    }

    async fn keep(&mut self, path: &str, request: RequestBuilder) {
        let mut answer = Answer::to(request.header("accept", "text/html")).await;
        if !answer.header("location").is_empty() {
            let next = self.visitor.request(Method::GET, answer.header("location"));
            answer = Answer::to(next.header("accept", "text/html")).await;
        }
        assert!(answer.header("content-type").starts_with("text/html"), "{path}: {}", answer.body);
        self.count += 1;
        let name: String = path.chars().map(|it| if it.is_ascii_alphanumeric() { it } else { '-' }).collect();
        std::fs::write(self.folder.path().join(format!("{:03}{name}.html", self.count)), answer.body).unwrap();
    }

    /// Fails with what is wrong with any of them.
    fn assert_valid(&self, modules: &Path) {
        let rules = r#"{ "root": true, "extends": ["html-validate:standard"] }"#;
        std::fs::write(self.folder.path().join(".htmlvalidate.json"), rules).unwrap();
        let program = modules.join("html-validate/bin/html-validate.mjs");
        let run = Command::new("node").arg(program).arg(".").current_dir(self.folder.path()).output().unwrap();
        let said = [run.stdout, run.stderr].map(|it| String::from_utf8(it).unwrap()).concat();
        assert!(run.status.success(), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_valid_html() {
    let Some(modules) = tools::named_by("HALLPASS_TEST_NODE_MODULES") else { return };
    if !tools::are_here(&["node"]) {
        return;
    }
    let app = TestApp::spawn();
    let mut pages = Pages::of(&app);
    for path in ADDRESSES {
        pages.get(path).await;
    }
    for path in ["/generate", "/validate", "/generate?sub=%3Cb%3E%22", "/validate"] {
        pages.get(path).await;
    }
    app.advance(60);
    pages.get("/validate").await;
    for lesson in LESSONS.iter() {
        pages.get(&format!("/lab/lessons/{}", lesson.slug)).await;
    }
    for (slug, fields) in FORMS {
        pages.post(&format!("/lab/lessons/{slug}"), fields).await;
    }
    for attack in Attack::all() {
        pages.post(&format!("/lab/attacks/{}", attack.slug), &[("action", "forge")]).await;
    }
    for action in ["mine", "decode", "sign", "nonsense"] {
        pages.post("/lab/inspect", &[("action", action), ("token", "a.b.c")]).await;
    }
    for fields in [&REFUSED_LOGIN[..], &LOGIN] {
        pages.post("/oauth/login", fields).await;
    }
    for path in ["/lab", "/lab/attacks", "/oauth/logout", NOT_BACK] {
        pages.get(path).await;
    }
    pages.assert_valid(&modules);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_a_class_is_valid_html() {
    let Some(modules) = tools::named_by("HALLPASS_TEST_NODE_MODULES") else { return };
    if !tools::are_here(&["node"]) {
        return;
    }
    let app = TestApp::with(&[("class", "on")]);
    let key = std::fs::read_to_string(app.keys().join("teacher.key")).unwrap();
    let mut pages = Pages::of(&app);
    for path in ["/class", "/class/board", &format!("/class/board?key={}", key.trim()), "/class"] {
        pages.get(path).await;
    }
    let board = pages.visitor.page("/class/board").await;
    let code = board.split_once("class-code\"><strong>").unwrap().1.get(..6).unwrap().to_owned();
    for (code, name) in [("x", "<b>\""), (code.as_str(), ""), (&code, "<b>\"&")] {
        pages.post("/class", &[("code", code), ("name", name)]).await;
    }
    for path in ["/lab", "/lab/lessons/anatomy", "/class/board"] {
        pages.get(path).await;
    }
    pages.post("/lab/lessons/anatomy", &[("step", "hint")]).await;
    pages.post("/class/board/lesson", &[("lesson", "anatomy"), ("open", "false")]).await;
    pages.post("/class/board/end", &[]).await;
    pages.get("/class").await;
    pages.assert_valid(&modules);
}

/// A phone has room for 340 of its pixels beside the margins, and the text of a drawing is not to be smaller there.
#[tokio::test]
async fn every_drawing_of_the_lab_is_narrow_enough_for_a_phone() {
    let app = TestApp::spawn();
    let mut drawings = 0;
    for lesson in LESSONS.iter() {
        let page = app.visitor().page(&format!("/lab/lessons/{}", lesson.slug)).await;
        for drawing in page.split("<figure class=\"flow").skip(1) {
            let (_, size) = drawing.split_once("viewBox=\"0 0 ").unwrap();
            let width: u32 = size.split(' ').next().unwrap().parse().unwrap();
            assert!(width <= 340, "{}: {width}", lesson.slug);
            drawings += 1;
        }
    }
    assert!(drawings >= 15, "{drawings}");
}
