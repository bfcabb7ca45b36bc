//! What counts as progress and as a wrong try, what a reset deletes, and the pages of answers.

use super::client::Browser;
use super::processes::processes;
use super::{ANATOMY, TAMPER, board, classroom, code, id, pupil, solve_anatomy, standing, teacher_of};
use crate::html::field;
use crate::html::words;

#[test]
fn progress_outside_of_the_class_and_in_it_are_apart() {
    let (app, mut teacher) = classroom();
    let mut ada = Browser::of(&app.url);
    solve_anatomy(&mut ada);
    let joined = ada.post("/class", &[("code", &code(&mut teacher)), ("name", "Ada")]);
    assert_eq!(joined.status, 303);
    assert_eq!(standing(&board(&mut teacher), "Ada", "anatomy")["state"], "not_begun");
    assert!(!ada.get(ANATOMY).body.contains("class=\"done\""));
    ada.post("/class/leave", &[]);
    assert!(ada.get(ANATOMY).body.contains("class=\"done\""), "the browser still has its own");
}

/// What the browser of a pupil still has of a lesson does not count after a reset: the lesson begins from its start.
#[test]
fn after_a_reset_a_lesson_begins_from_its_start() {
    let (app, mut teacher) = classroom();
    let code = code(&mut teacher);
    let mut ada = pupil(&app.url, &code, "Ada");
    let need_a_jwt = "/lab/lessons/need-a-jwt";
    ada.post(need_a_jwt, &[("step", "skip")]);
    ada.post(need_a_jwt, &[("service", "1"), ("carrier", "session"), ("reason", "table"), ("do", "check")]);
    assert!(words(&ada.get(need_a_jwt).body).contains("1 of 5 services done"));
    let where_to_keep = "/lab/lessons/where-to-keep-it";
    ada.post(where_to_keep, &[("step", "skip")]);
    ada.post(where_to_keep, &[("place", "cookie"), ("do", "login")]);
    teacher.post("/class/board/reset", &[]);
    for lesson in [need_a_jwt, where_to_keep] {
        let led = ada.get(lesson);
        assert_eq!((led.status, led.location()), (303, lesson), "{lesson}");
        let page = ada.get(lesson);
        assert!(page.status == 200 && page.body.contains("value=\"skip\""), "{lesson}: {}", page.body);
        assert!(!page.body.contains("1 of 5") && !page.body.contains("id=\"do\""), "{lesson}: {}", page.body);
    }
    assert_eq!(standing(&board(&mut teacher), "Ada", "need-a-jwt")["state"], "open");
}

const TYPED: &str = r#"{"by":"only-ada-knows"}"#;

/// A press in the window of a browser, after which the page of its answer is there; its address.
fn press_in_a_window(browser: &mut Browser, fields: &[(&str, &str)]) -> String {
    let pressed = browser.post_with(TAMPER, fields, "Sec-Fetch-Mode: navigate");
    assert_eq!(pressed.status, 303, "{}", pressed.body);
    let address = pressed.location().to_owned();
    assert!(browser.get(&address).body.contains("id=\"verdict\""));
    address
}

/// A pupil whose browser has the page of an answer, and its address.
fn pupil_with_an_answer(url: &str, code: &str) -> (Browser, String) {
    let mut pupil = pupil(url, code, "Ada");
    pupil.get(TAMPER);
    pupil.post_with(TAMPER, &[("step", "skip")], "Sec-Fetch-Mode: navigate");
    let address = press_in_a_window(&mut pupil, &[("step", "payload"), ("payload", TYPED)]);
    assert!(pupil.get(&address).body.contains("only-ada-knows"));
    (pupil, address)
}

/// What the pupil or the teacher does.
type Change<'a> = &'a dyn Fn(&mut Browser, &mut Browser);

#[test]
fn the_page_of_an_answer_is_for_its_pupil_alone_and_ends_with_what_it_was_about() {
    let (app, mut teacher) = classroom();
    let class_code = code(&mut teacher);
    let after: [Change; 7] = [
        &|ada, _| drop(ada.post("/class/away", &[])),
        &|ada, _| {
            ada.post("/class/away", &[]);
            ada.post("/class", &[("code", &class_code), ("name", "Bruno")]);
            ada.get(TAMPER);
        },
        &|ada, _| drop(ada.post("/class/leave", &[])),
        &|ada, _| drop(ada.post("/class/name", &[("name", "Zoe")])),
        &|_, teacher| {
            let id = id(&board(teacher), "Ada");
            teacher.post("/class/board/remove", &[("pupil", &id)]);
        },
        &|ada, teacher| {
            app.advance(1);
            teacher.post("/class/board/reset", &[]);
            ada.get(TAMPER);
            ada.get(TAMPER);
        },
        &|_, teacher| drop(teacher.post("/class/board/end", &[])),
    ];
    for (number, change) in after.into_iter().enumerate() {
        let (mut ada, address) = pupil_with_an_answer(&app.url, &code(&mut teacher));
        change(&mut ada, &mut teacher);
        app.advance(2);
        let page = ada.get(&address);
        assert!(!page.body.contains("only-ada-knows"), "{number}: {}", page.body);
        // Every other change leaves a pupil, and the last one no class.
        if teacher.get("/class/board.json").status == 200 {
            for pupil in board(&mut teacher)["pupils"].as_array().unwrap() {
                teacher.post("/class/board/remove", &[("pupil", pupil["id"].as_str().unwrap())]);
            }
        }
    }
}

#[test]
fn the_page_of_an_answer_shows_no_solution_that_is_held() {
    const SOLUTION: &str = "The solution.";
    let (app, mut teacher) = classroom();
    teacher.post("/class/board/hold", &[("what", "solutions"), ("held", "false")]);
    let (mut ada, _) = pupil_with_an_answer(&app.url, &code(&mut teacher));
    teacher.post_with(TAMPER, &[("step", "skip")], "Sec-Fetch-Mode: navigate");
    let of = |browser: &mut Browser| {
        let press =
            |_| browser.post_with(TAMPER, &[("step", "hint")], "Sec-Fetch-Mode: navigate").location().to_owned();
        let addresses: Vec<String> = (0..8).map(press).collect();
        addresses.into_iter().find(|it| browser.get(it).body.contains(SOLUTION)).unwrap()
    };
    let (of_ada, of_teacher) = (of(&mut ada), of(&mut teacher));
    teacher.post("/class/board/hold", &[("what", "solutions"), ("held", "true")]);
    assert!(!ada.get(&of_ada).body.contains(SOLUTION));
    assert!(teacher.get(&of_teacher).body.contains(SOLUTION));
    teacher.post("/class/board/leave", &[]);
    assert!(!teacher.get(&of_teacher).body.contains(SOLUTION));
}

#[test]
fn the_page_of_an_answer_is_there_whichever_process_is_asked() {
    let [first, second] = processes(None);
    let mut teacher = teacher_of(&first);
    let (mut ada, address) = pupil_with_an_answer(&first.url, &code(&mut teacher));
    ada.turn_to(&second.url);
    assert!(ada.get(&address).body.contains("id=\"verdict\""));
}

#[test]
fn a_reset_and_a_removal_are_of_the_chosen_ones_alone() {
    let (app, mut teacher) = classroom();
    let code = code(&mut teacher);
    let mut pupils = ["Ada", "Bob", "Cy"].map(|name| pupil(&app.url, &code, name));
    pupils.iter_mut().for_each(solve_anatomy);
    for pupil in &mut pupils {
        pupil.get("/lab/lessons/logout");
    }
    let states = |teacher: &mut Browser| {
        let seen = board(teacher);
        ["Ada", "Bob", "Cy"].map(|name| {
            ["anatomy", "logout"].map(|lesson| standing(&seen, name, lesson)["state"].as_str().unwrap().to_owned())
        })
    };
    let ada = id(&board(&mut teacher), "Ada");
    let reset = teacher.post("/class/board/reset", &[("pupil", &ada), ("lesson", "anatomy")]);
    assert_eq!(
        (reset.status, reset.location()),
        (303, format!("/class/board?done=reset-in-lesson&pupil={ada}&lesson=anatomy#pupil-{ada}").as_str())
    );
    assert_eq!(states(&mut teacher), [["not_begun", "open"], ["solved", "open"], ["solved", "open"]]);
    teacher.post("/class/board/reset", &[("pupil", &ada)]);
    teacher.post("/class/board/reset", &[("lesson", "logout")]);
    assert_eq!(states(&mut teacher), [["not_begun", "not_begun"], ["solved", "not_begun"], ["solved", "not_begun"]]);
    teacher.post("/class/board/reset", &[]);
    assert_eq!(states(&mut teacher), [["not_begun", "not_begun"]; 3]);
    for fields in [[("pupil", "nobody")], [("lesson", "nothing")], [("pupil", "")], [("lesson", "")]] {
        assert_eq!(teacher.post("/class/board/reset", &fields).status, 400);
    }
    assert_eq!(teacher.post("/class/board/remove", &[]).status, 400, "nobody is removed by accident");
    let removed = teacher.post("/class/board/remove", &[("pupil", &ada)]);
    let beside = id(&board(&mut teacher), "Bob");
    assert_eq!(
        (removed.status, removed.location()),
        (303, format!("/class/board?done=removed#pupil-{beside}").as_str())
    );
    let left = board(&mut teacher);
    assert_eq!(left["pupils"].as_array().unwrap().len(), 2);
    assert!(pupils[0].get("/class").body.contains("You are no longer in the class"));
    assert!(pupils[1].get("/class").body.contains("<strong>Bob</strong>"));
}

#[test]
fn a_press_that_answers_nothing_is_no_wrong_try() {
    let (app, mut teacher) = classroom();
    let mut ada = pupil(&app.url, &code(&mut teacher), "Ada");
    let page = ada.post(ANATOMY, &[("step", "skip")]).status;
    assert_eq!(page, 303);
    let page = ada.get(ANATOMY).body;
    let token = field(&page, "token").unwrap();
    assert!(ada.post(ANATOMY, &[("token", &token), ("sub", " ")]).body.contains("id=\"verdict\""));
    assert!(ada.post("/lab/lessons/logout", &[("do", "replay")]).body.contains("There is no copy."));
    let seen = board(&mut teacher);
    for lesson in ["anatomy", "logout"] {
        assert_eq!(standing(&seen, "Ada", lesson)["tries"], 0, "{lesson}");
    }
    ada.post(ANATOMY, &[("token", &token), ("sub", "nobody")]);
    assert_eq!(standing(&board(&mut teacher), "Ada", "anatomy")["tries"], 1);
}

#[test]
fn a_form_that_was_left_empty_or_sent_too_early_is_no_wrong_try() {
    let (app, mut teacher) = classroom();
    let mut ada = pupil(&app.url, &code(&mut teacher), "Ada");
    let presses: [(&str, &[(&str, &str)]); 10] = [
        ("key-confusion", &[("step", "token"), ("token", "")]),
        ("keys-in-the-header", &[("step", "present"), ("member", "jwk"), ("brought", " ")]),
        ("recover-the-public-key", &[("do", "paste"), ("token", "")]),
        ("recover-the-public-key", &[("do", "compute"), ("exponent", "3")]),
        ("weak-secret", &[("do", "present"), ("forged", "")]),
        ("weak-secret", &[("do", "sign"), ("secret", ""), ("sub", "admin")]),
        ("script-reach", &[("step", "check"), ("set", "yes")]),
        ("size-limit", &[("do", "set"), ("size", "")]),
        ("cross-site-forms", &[("step", "check")]),
        ("cross-site-forms-part-two", &[("step", "check")]),
    ];
    for (lesson, form) in presses {
        let page = ada.post(&format!("/lab/lessons/{lesson}"), form).body;
        assert!(page.contains("Not yet."), "{lesson}: {page}");
        assert_eq!(standing(&board(&mut teacher), "Ada", lesson)["tries"], 0, "{lesson}");
    }
    ada.post("/lab/lessons/key-confusion", &[("step", "token"), ("token", "a.b.c")]);
    assert_eq!(standing(&board(&mut teacher), "Ada", "key-confusion")["tries"], 1);
}

#[test]
fn a_wrong_answer_that_is_judged_after_a_redirect_is_one_try_however_often_its_page_is_loaded() {
    let (app, mut teacher) = classroom();
    let mut ada = pupil(&app.url, &code(&mut teacher), "Ada");
    let laboratory = "/lab/lessons/cookie-laboratory";
    let choices = [("prefix", "none"), ("same-site", "lax"), ("path", "root"), ("max-age", "0")];
    let form = [&choices[..], &[("step", "set"), ("expect", "comes")]].concat();
    for tries in 1..=2 {
        let answer = ada.post(laboratory, &form);
        assert_eq!(answer.status, 303, "{}", answer.body);
        let address = answer.location().to_owned();
        for _ in 0..3 {
            assert!(ada.get(&address).body.contains("Not yet."));
            assert_eq!(standing(&board(&mut teacher), "Ada", "cookie-laboratory")["tries"], tries);
        }
    }
}
