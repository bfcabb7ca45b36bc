//! Class mode: pupils who join and work, the teacher who sees them, and what nobody else may see.

mod board;
mod browser;
mod client;
mod codes;
mod held;
mod joining;
mod processes;
mod progress;
mod teaching;
mod thirty;
mod told;

use hallpass::lab::lessons::Lesson;
use serde_json::Value;

use crate::app::TestApp;
use crate::cli::{Program, mode};
use crate::html::field;
use client::{Browser, teacher_link};

const ON: (&str, &str) = ("class", "on");

/// A server with a class, and its teacher in front of the board.
fn classroom() -> (TestApp, Browser) {
    let app = TestApp::with(&[ON]);
    let teacher = teacher_of(&app);
    (app, teacher)
}

fn teacher_of(app: &TestApp) -> Browser {
    let mut teacher = Browser::of(&app.url);
    let key = std::fs::read_to_string(app.keys().join("teacher.key")).unwrap();
    let opened = teacher.get(&format!("/class/board?key={}", key.trim()));
    assert_eq!((opened.status, opened.location()), (303, "/class/board"));
    teacher
}

fn board(teacher: &mut Browser) -> Value {
    let answer = teacher.get("/class/board.json");
    assert_eq!(answer.status, 200, "{}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

fn code(teacher: &mut Browser) -> String {
    board(teacher)["code"].as_str().unwrap().to_owned()
}

/// Somebody who joined under this name.
fn pupil(url: &str, code: &str, name: &str) -> Browser {
    let mut pupil = Browser::of(url);
    let joined = pupil.post("/class", &[("code", code), ("name", name)]);
    assert_eq!((joined.status, joined.location()), (303, "/class"), "{}", joined.body);
    pupil
}

/// What the board says of the pupil of this name.
fn standing(board: &Value, name: &str, lesson: &str) -> Value {
    let pupils = board["pupils"].as_array().unwrap();
    let pupil = pupils.iter().find(|pupil| pupil["name"] == name).unwrap_or_else(|| panic!("{name} is not there"));
    pupil["lessons"][lesson].clone()
}

fn id(board: &Value, name: &str) -> String {
    let pupils = board["pupils"].as_array().unwrap();
    pupils.iter().find(|pupil| pupil["name"] == name).unwrap()["id"].as_str().unwrap().to_owned()
}

/// The right answer to a lesson's question.
fn right(lesson: &str) -> &'static str {
    let lesson = Lesson::find(lesson).unwrap();
    lesson.question.choices.iter().find(|choice| choice.is_right).unwrap().value
}

fn wrong(lesson: &str) -> &'static str {
    let lesson = Lesson::find(lesson).unwrap();
    lesson.question.choices.iter().find(|choice| !choice.is_right).unwrap().value
}

const ANATOMY: &str = "/lab/lessons/anatomy";
const TAMPER: &str = "/lab/lessons/tamper";

/// Solves *Anatomy* as its solution says.
fn solve_anatomy(pupil: &mut Browser) {
    if !pupil.get(ANATOMY).body.contains("id=\"do\"") {
        pupil.post(ANATOMY, &[("step", "skip")]);
    }
    let page = pupil.get(ANATOMY).body;
    let token = field(&page, "token").unwrap();
    let claims: Value = serde_json::from_str(&crate::app::part(&token, 1)).unwrap();
    let fields = [("token", token.as_str()), ("sub", claims["sub"].as_str().unwrap()), ("alg", "HS256")];
    let answer = pupil.post(ANATOMY, &fields);
    assert!(answer.body.contains("solved"), "{}", answer.body);
}

#[test]
fn without_the_setting_there_is_nothing_and_no_key_is_made() {
    let app = TestApp::spawn();
    let mut visitor = Browser::of(&app.url);
    for path in ["/class", "/class/board", "/class/board?key=x", "/class/board.json", "/class/board/events"] {
        let answer = visitor.get(path);
        assert_eq!(answer.status, 404, "{path}");
        assert!(
            answer.body.contains("runs no class") && answer.body.contains("hallpass --class on"),
            "{}",
            answer.body
        );
    }
    assert_eq!(visitor.get("/class/x").status, 404);
    for path in [
        "/class",
        "/class/leave",
        "/class/name",
        "/class/away",
        "/class/board",
        "/class/board/reset",
        "/class/board/end",
    ] {
        assert_eq!(visitor.post(path, &[]).status, 404, "{path}");
    }
    assert!(!app.keys().join("teacher.key").exists());
}

#[test]
fn a_shorter_log_has_the_teacher_s_link_too() {
    let program = Program::with_keys().and("RUST_LOG", "warn");
    program.serve(&["--class", "on"]).log_with("the teacher's link is http");
}

#[test]
fn the_log_says_the_teacher_s_link_once_and_the_key_is_for_its_owner_alone() {
    let program = Program::with_keys();
    let checked = program.run(&["check", "--class", "on"]);
    assert!(checked.stdout.contains("teacher.key` is not there yet"), "{}", checked.stdout);
    let serving = program.serve(&["--class", "on"]);
    let key = program.read("keys/teacher.key");
    let link = format!("the teacher's link is {}/class/board?key={}", serving.url, key.trim());
    let mut teacher = Browser::of(&serving.url);
    assert_eq!(teacher.get(&format!("/class/board?key={}", key.trim())).status, 303);
    assert_eq!(teacher.get("/class/board?key=wrong").status, 403);
    assert_eq!(teacher.get("/class/board").status, 200);
    let log = serving.log_at_rest();
    assert_eq!(log.matches(&link).count(), 1, "{log}");
    assert_eq!(log.matches(key.trim()).count(), 1, "no other line has the key");
    assert!(log.contains("GET /class/board 303") && !log.contains("key=wrong"), "{log}");
    assert_eq!(mode(&program.path("keys/teacher.key")), 0o600);
    drop(serving);
    let again = program.serve(&["--class", "on"]);
    assert_eq!(program.read("keys/teacher.key"), key, "the key stays");
    drop(again);
    let damaged = program.holding("keys/teacher.key", "short");
    let refused = damaged.run(&["--class", "on", "--bind", "127.0.0.1:0"]);
    let says = "cannot use key `keys/teacher.key`: it is not the 32 random bytes in base64url that the teacher's link has; \
                remove it, and a new one is made";
    assert!(refused.code == Some(2) && refused.stderr.contains(says), "{}", refused.stderr);
}

#[test]
fn keys_in_memory_include_the_teacher_s() {
    let program = Program::new();
    let serving = program.serve(&["--class", "on", "--keys", "memory", "--database", "sqlite::memory:"]);
    let mut teacher = Browser::of(&serving.url);
    let link = teacher_link(&serving.log());
    assert_eq!(teacher.get(&link).location(), "/class/board");
    assert_eq!(teacher.get("/class/board").status, 200);
    assert!(!program.path("keys").exists());
}

/// The code with which this pupil comes back, as the teacher's page shows it.
fn return_code(teacher: &mut Browser, id: &str) -> String {
    let made = teacher.post("/class/board/back", &[("pupil", id)]);
    assert_eq!((made.status, made.location()), (303, format!("/class/board?view=back&open={id}").as_str()));
    let page = teacher.get(made.location()).body;
    assert!(page.contains("works once, and for 10 more minutes"), "{page}");
    page.split_once("class-code\"><strong>").unwrap().1.split('<').next().unwrap().to_owned()
}

#[test]
fn a_class_ends_with_everything_that_was_kept() {
    let (app, mut teacher) = classroom();
    let mut ada = pupil(&app.url, &code(&mut teacher), "Ada");
    solve_anatomy(&mut ada);
    assert_eq!(teacher.post("/class/board/end", &[]).location(), "/class/board?done=ended#main");
    assert!(ada.get("/class").body.contains("Your class has ended."));
    assert!(!ada.get(ANATOMY).body.contains("class=\"done\""));
    let ended = board(&mut teacher);
    assert_eq!((ended["code"].clone(), ended["pupils"].clone()), (Value::Null, serde_json::json!([])));
    assert!(teacher.get("/class/board").body.contains("Start a class"));
    let early = Browser::of(&app.url).get("/class").body;
    assert!(early.contains("A teacher opens one") && !early.contains(">Join<"), "nobody can join: {early}");
    teacher.post("/class/board/start", &[]);
    assert!(Browser::of(&app.url).get("/class").body.contains(">Join<"));
    assert!(board(&mut teacher)["code"].is_string());
    assert!(ada.get("/class").body.contains("Your class has ended."));
}

#[test]
fn a_class_that_nobody_used_for_fourteen_days_is_over() {
    let (app, mut teacher) = classroom();
    let mut ada = pupil(&app.url, &code(&mut teacher), "Ada");
    app.advance(7 * 86_400);
    solve_anatomy(&mut ada);
    assert_eq!(board(&mut teacher)["until"], "2027-02-05T08:00:00Z");
    app.advance(14 * 86_400);
    assert!(ada.get("/class").body.contains("Your class has ended."));
}
