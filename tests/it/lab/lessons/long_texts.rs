//! A field of a lesson takes no more than its step does, and a refusal leads back to the lesson.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use hallpass::lab::lessons::LESSONS;
use reqwest::Method;

use crate::app::{Answer, TestApp, Visitor};
use crate::html::{attribute, fields};
use crate::lab::lesson_page::LessonPage;
use crate::lab::lessons::log_in_with_a_code::logged_in;

/// A lesson, the steps that show its fields, each field in which something is typed, and the step that reads it.
type Case = (&'static str, &'static [&'static str], &'static [(&'static str, &'static str)]);

const CASES: &[Case] = &[
    ("start-here", &[], &[("exp", "check")]),
    ("anatomy", &[], &[("sub", ""), ("alg", "")]),
    ("tamper", &[], &[("payload", "payload")]),
    ("hs256-or-rs256", &["measure"], &[("key", "verify")]),
    ("none", &[], &[("header", "send"), ("payload", "send"), ("signature", "send")]),
    ("key-confusion", &[], &[("header", "send"), ("payload", "send"), ("secret", "send"), ("token", "token")]),
    ("recover-the-public-key", &[], &[("token", "paste")]),
    ("keys-in-the-header", &[], &[("value", "send"), ("secret", "send"), ("brought", "present")]),
    ("weak-secret", &["own"], &[("secret", "sign"), ("sub", "sign"), ("forged", "present")]),
    (
        "session-fixation",
        &["get", "plant", "login", "use", "get", "plant", "login", "use", "form"],
        &[("draft", "write")],
    ),
    ("log-in-with-a-code", &[], &[("redirect", "careless")]),
    ("size-limit", &[], &[("size", "set")]),
];

/// The tags of a page in which something is typed.
fn typed_in(html: &str) -> impl Iterator<Item = &str> {
    let tags = html.split('<').filter_map(|piece| piece.split_once('>')).map(|(tag, _)| tag);
    tags.filter(|tag| {
        let is_text = tag.starts_with("input ") && tag.contains("type=\"text\"");
        (is_text || tag.starts_with("textarea ")) && !tag.contains(" readonly")
    })
}

/// The lesson at the moment when its fields are on the page.
async fn page_with_fields(app: &TestApp, slug: &'static str, steps: &[&str]) -> LessonPage {
    let visitor = match slug {
        "log-in-with-a-code" => logged_in(app).await,
        _ => app.visitor(),
    };
    if slug == "start-here" {
        visitor.generate().await;
    }
    let mut page = LessonPage::at(visitor, slug).await;
    if slug == "log-in-with-a-code" {
        for (attack, choice) in [("state", "callback"), ("code", "nothing"), ("mix-up", "school")] {
            for target in ["careless", "right"] {
                page.send(&[("do", target), ("attack", attack), ("choice", choice)]).await;
            }
        }
    }
    for step in steps {
        page.send(&pressed(&page, step)).await;
    }
    page
}

/// What the page sends with this step.
fn pressed(page: &LessonPage, step: &str) -> Vec<(String, String)> {
    let mut sent = fields(page.body());
    let names = ["step", "do"].iter().filter(|_| !step.is_empty());
    sent.extend(names.map(|name| ((*name).to_owned(), step.to_owned())));
    sent
}

#[tokio::test]
async fn every_field_takes_as_many_characters_as_its_step_does() {
    let app = TestApp::spawn();
    for (slug, steps, all) in CASES {
        let page = page_with_fields(&app, slug, steps).await;
        for (field, step) in *all {
            let named = |tag: &&str| attribute(tag, " name").as_deref() == Some(*field);
            let tag = typed_in(page.body()).find(named).unwrap_or_else(|| panic!("{slug}: no field {field}"));
            let most: usize = attribute(tag, "maxlength").unwrap_or_else(|| panic!("{tag}")).parse().unwrap();
            // A browser counts a line break as one character, and sends two.
            let line = "x".repeat(63) + "\r\n";
            let lines: String = format!("{}{}", line.repeat(most / 64), "x".repeat(most % 64));
            for text in
                ["x".repeat(most), lines].iter().filter(|text| tag.starts_with("textarea") || !text.contains('\n'))
            {
                let mut sent = pressed(&page, step);
                sent.retain(|(name, _)| name != field);
                sent.push(((*field).to_owned(), text.clone()));
                let answer = page.post(&sent).await;
                assert!([200, 303].contains(&answer.status), "{slug} {field}: {} {}", answer.status, answer.body);
            }
        }
    }
}

#[test]
fn no_field_of_a_lesson_is_without_an_end_and_each_is_tried() {
    let mut found = BTreeSet::new();
    for lesson in LESSONS.iter() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/lab/lessons").join(lesson.slug);
        for file in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if file.extension().is_some_and(|it| it == "html") {
                let html = fs::read_to_string(&file).unwrap();
                for tag in typed_in(&html) {
                    assert!(tag.contains(" maxlength=\""), "{}: {tag}", file.display());
                    found.insert((lesson.slug, attribute(tag, " name").unwrap()));
                }
            }
        }
    }
    let tried: BTreeSet<_> = CASES
        .iter()
        .flat_map(|(slug, _, all)| all.iter().map(move |(field, _)| (*slug, (*field).to_owned())))
        .collect();
    assert_eq!(found, tried);
}

async fn refused(visitor: &Visitor, slug: &str, fields: &[(&str, &str)]) -> Answer {
    let request = visitor.request(Method::POST, &format!("/lab/lessons/{slug}"));
    Answer::to(request.header("accept", "text/html").form(fields)).await
}

#[tokio::test]
async fn a_lesson_that_refuses_a_text_is_one_press_away() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let (long, huge) = ("x".repeat(2001), "x".repeat(20_000));
    for lesson in LESSONS.iter() {
        let answer = refused(&visitor, lesson.slug, &[("token", &huge)]).await;
        assert_eq!(answer.status, 413, "{}", lesson.slug);
        let way = format!("href=\"/lab/lessons/{}\">Back to the lesson</a>", lesson.slug);
        assert!(answer.body.contains(&way) && !answer.body.contains("Back to the demo"), "{}", answer.body);
    }
    for (slug, fields) in
        [("none", [("step", "send"), ("header", long.as_str())]), ("hs256-or-rs256", [("step", "no"), ("a", "")])]
    {
        let answer = refused(&visitor, slug, &fields).await;
        let way = format!("href=\"/lab/lessons/{slug}\">Back to the lesson</a>");
        assert!(answer.status == 400 && answer.body.contains(&way), "{slug}: {}", answer.body);
    }
    let elsewhere = refused(&visitor, "no-such-lesson", &[("token", &huge)]).await;
    assert!(elsewhere.body.contains("Back to the demo"), "{}", elsewhere.body);
    assert_eq!(visitor.get("/lab/lessons/none").await.status(), 200);
}
