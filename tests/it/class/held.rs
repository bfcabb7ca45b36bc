//! What the teacher holds back: solutions, expected codes and closed lessons.

use hallpass::lab::lessons::Lesson;
use hallpass::lab::lessons::hints::Open;

use super::client::Browser;
use super::{ANATOMY, board, classroom, code, pupil, standing};
use crate::html::words;

#[test]
fn held_solutions_are_hidden_from_everybody_but_the_teacher() {
    let (app, mut teacher) = classroom();
    let mut ada = pupil(&app.url, &code(&mut teacher), "Ada");
    let mut stranger = Browser::of(&app.url);
    let lesson = Lesson::find("anatomy").unwrap();
    let solution = "The solution.";
    let open_all = |visitor: &mut Browser| {
        (0..=lesson.hints.len()).map(|_| visitor.post(ANATOMY, &[("step", "hint")]).body).last().unwrap()
    };
    for visitor in [&mut ada, &mut stranger] {
        let page = open_all(visitor);
        assert!(!page.contains(solution) && page.contains("Your teacher has not released the solution yet."), "{page}");
        assert!(page.contains(&format!("<a href=\"{ANATOMY}\">Look again</a>")), "{page}");
    }
    assert!(open_all(&mut teacher).contains(solution));
    let of_first_part = lesson.hints.iter().filter(|hint| hint.fits(Open::Part("payload"))).count();
    assert_eq!(standing(&board(&mut teacher), "Ada", "anatomy")["hints"], of_first_part);
    let release = teacher.post("/class/board/hold", &[("what", "solutions"), ("held", "false")]);
    assert_eq!(release.status, 303);
    for visitor in [&mut ada, &mut stranger] {
        let page = visitor.get(ANATOMY).body;
        assert!(!page.contains(solution) && page.contains("Show the solution"), "it is behind a button of its own");
        assert!(visitor.post(ANATOMY, &[("step", "hint")]).body.contains(solution));
    }
    let seen = board(&mut teacher);
    assert_eq!((seen["solutions_held"].clone(), seen["codes_held"].clone()), (false.into(), false.into()));
}

#[test]
fn held_codes_are_hidden_from_everybody_but_the_teacher() {
    let (app, mut teacher) = classroom();
    let mut ada = pupil(&app.url, &code(&mut teacher), "Ada");
    let mut stranger = Browser::of(&app.url);
    let attack = "/lab/attacks/alg-none";
    assert!(ada.get("/lab/attacks").body.contains("alg_not_allowed"));
    teacher.post("/class/board/hold", &[("what", "codes"), ("held", "true")]);
    for visitor in [&mut ada, &mut stranger] {
        let gallery = visitor.get("/lab/attacks?check=&changed=header").body;
        assert!(!gallery.contains("<code class=\"code\">") && !gallery.contains("name=\"check\""), "{gallery}");
        let refused = visitor.get("/lab/attacks?check=signature");
        assert!(
            refused.status == 400 && refused.body.contains("the filter <code>check</code> is off"),
            "{}",
            refused.body
        );
        assert!(!visitor.get(attack).body.contains("alg_not_allowed"));
        let forged = visitor.post(attack, &[("action", "forge")]);
        let result = visitor.get(forged.location().split('#').next().unwrap()).body;
        assert!(words(&result).contains("The answer is alg_not_allowed."), "{result}");
        assert!(!visitor.get("/lab/attacks.json").body.contains("alg_not_allowed"));
    }
    assert!(teacher.get(attack).body.contains("alg_not_allowed"));
    assert!(teacher.get("/lab/attacks?check=signature").body.contains("name=\"check\""));
    assert_eq!(teacher.post("/class/board/hold", &[("what", "else"), ("held", "true")]).status, 400);
    assert_eq!(teacher.post("/class/board/hold", &[("what", "codes"), ("held", "maybe")]).status, 400);
    let seen = board(&mut teacher);
    assert_eq!((seen["solutions_held"].clone(), seen["codes_held"].clone()), (true.into(), true.into()));
}

#[test]
fn a_closed_lesson_says_so_and_takes_no_form() {
    let (app, mut teacher) = classroom();
    let mut ada = pupil(&app.url, &code(&mut teacher), "Ada");
    assert_eq!(teacher.post("/class/board/lesson", &[("lesson", "anatomy"), ("open", "false")]).status, 303);
    let page = ada.get(ANATOMY);
    assert!(
        page.status == 200 && page.body.contains("This lesson is closed. Your teacher can open it."),
        "{}",
        page.body
    );
    let pressed = ada.post(ANATOMY, &[("step", "skip")]);
    assert_eq!(pressed.status, 403);
    for part in ["<h1>This lesson was closed</h1>", "<code>lesson_closed</code>", "What you pressed was not counted."] {
        assert!(pressed.body.contains(part), "{part}: {}", pressed.body);
    }
    assert!(ada.get("/lab").body.contains("<span class=\"state\">closed"));
    let before = ada.get("/lab/lessons/start-here").body;
    assert!(before.contains(">Next: What Set-Cookie said</a>"), "the next one that is open: {before}");
    let seen = teacher.get(ANATOMY).body;
    assert!(seen.contains("Scenario") && seen.contains("This lesson is closed: pupils cannot open it."), "{seen}");
    assert_eq!(standing(&board(&mut teacher), "Ada", "anatomy")["state"], "not_begun");
    teacher.post("/class/board/lesson", &[("lesson", "anatomy"), ("open", "true")]);
    assert!(ada.get(ANATOMY).body.contains("Scenario"));
    assert!(!teacher.get(ANATOMY).body.contains("This lesson is closed"));
}
