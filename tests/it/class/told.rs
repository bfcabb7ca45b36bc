//! What the pages tell those who are in the class, those who are not, and the teacher.

use hallpass::lab::lessons::{LESSONS, Lesson};
use hallpass::lab::teach::Path;

use super::client::Browser;
use super::{ANATOMY, ON, TAMPER, board, classroom, code, id, pupil, return_code, solve_anatomy, standing};
use crate::app::TestApp;
use crate::html::words;

const OUTSIDE: &str =
    "You are not in the class, so your teacher does not see this.</strong> <a href=\"/class\">Join the class</a>";

#[test]
fn a_lesson_says_so_to_everybody_who_is_not_in_the_class_while_one_is_open() {
    let (app, mut teacher) = classroom();
    let code = code(&mut teacher);
    let [mut removed, mut away, mut stays] = ["Ada", "Bob", "Cy"].map(|name| pupil(&app.url, &code, name));
    for pupil in [&mut removed, &mut away, &mut stays, &mut teacher] {
        assert!(!pupil.get(ANATOMY).body.contains("You are not in the class"));
    }
    let ada = id(&board(&mut teacher), "Ada");
    teacher.post("/class/board/remove", &[("pupil", &ada)]);
    away.post("/class/away", &[]);
    for outside in [&mut away, &mut Browser::of(&app.url)] {
        assert!(outside.get(ANATOMY).body.contains(OUTSIDE));
        assert!(outside.post(ANATOMY, &[("step", "hint")]).body.contains(OUTSIDE), "after a press too");
    }
    teacher.post("/class/board/end", &[]);
    assert!(!away.get(ANATOMY).body.contains("You are not in the class"), "no class is open");
    teacher.post("/class/board/start", &[]);
    assert!(away.get(ANATOMY).body.contains(OUTSIDE));
    for gone in [&mut removed, &mut stays] {
        assert!(!gone.get(ANATOMY).body.contains(OUTSIDE), "it is told more");
    }
    let alone = TestApp::spawn();
    assert!(!Browser::of(&alone.url).get(ANATOMY).body.contains("You are not in the class"));
}

#[test]
fn a_browser_whose_pupil_is_gone_is_told_why_beside_the_verdict_in_the_line_above_and_on_the_lab() {
    let (app, mut teacher) = classroom();
    let code = code(&mut teacher);
    let [mut removed, mut elsewhere, mut ended] = ["Ada", "Bob", "Cy"].map(|name| pupil(&app.url, &code, name));
    let seen = board(&mut teacher);
    let [ada, bob] = ["Ada", "Bob"].map(|name| id(&seen, name));
    teacher.post("/class/board/remove", &[("pupil", &ada)]);
    let own = return_code(&mut teacher, &bob);
    Browser::of(&app.url).post("/class", &[("code", &own), ("back", "yes")]);
    let told = |browser: &mut Browser, says: &str| {
        let note = format!("<strong>{says}</strong> <a href=\"/class\">More</a>");
        browser.post(ANATOMY, &[("step", "skip")]);
        let page = browser.get(ANATOMY).body;
        assert_eq!(page.matches(&note).count(), 2, "{says}: {page}");
        let pressed = browser.post(ANATOMY, &[("token", "x"), ("sub", "y")]).body;
        let verdict = pressed.split_once("<h2 id=\"verdict\">Verdict</h2>").unwrap().1.trim_start();
        assert!(verdict.starts_with(&format!("<p class=\"note\">{note}")), "{says}: {verdict}");
        assert!(pressed.split_once("</h1>").unwrap().0.contains(&note), "{says}: {pressed}");
        let lab = browser.get("/lab").body;
        assert!(lab.contains(&note) && !lab.contains("Join the class"), "{says}: {lab}");
    };
    let removed_says =
        "You are no longer in the class: you were removed, or you left it. Your teacher does not see what you do here.";
    told(&mut removed, removed_says);
    told(
        &mut elsewhere,
        "You are no longer in the class here: you came back in another browser. Your teacher does not see what you do here.",
    );
    assert!(!ended.get(ANATOMY).body.contains(">More</a>"), "Cy is in the class");
    teacher.post("/class/board/end", &[]);
    let ended_says = "Your class has ended. What you do now stays in this browser.";
    told(&mut ended, ended_says);
    teacher.post("/class/board/start", &[]);
    told(&mut ended, ended_says);
    told(&mut removed, ended_says);
    assert_eq!(ended.post("/class/away", &[]).location(), "/class?done=away-ended");
    assert!(!ended.get(ANATOMY).body.contains(ended_says), "the browser has forgotten the class");
}

#[test]
fn a_page_of_a_class_that_is_over_has_no_form_that_cannot_work_and_says_what_is_so() {
    let (app, mut teacher) = classroom();
    let code = code(&mut teacher);
    let mut pupils = ["Ada", "Bob", "Cy", "Di"].map(|name| pupil(&app.url, &code, name));
    let mut removed = pupil(&app.url, &code, "Eve");
    let eve = id(&board(&mut teacher), "Eve");
    teacher.post("/class/board/remove", &[("pupil", &eve)]);
    let mut stranger = Browser::of(&app.url);
    let away = |browser: &mut Browser, done: &str, says: &str| {
        let pressed = browser.post("/class/away", &[]);
        assert_eq!(pressed.location(), format!("/class?done={done}"));
        let page = browser.get(pressed.location()).body;
        assert!(page.contains(says) && !page.contains("stay in the class"), "{says}: {page}");
    };
    away(&mut removed, "away-removed", "your name and your progress in it were deleted before.");
    away(&mut stranger, "nobody", "Nothing was changed. This browser was in no class.");
    assert!(stranger.get("/lab").body.contains(">Join the class</a>"));
    teacher.post("/class/board/end", &[]);
    assert!(!stranger.get("/lab").body.contains("Join the class"), "no class is open");
    let has_no_form = |page: &str| !page.contains(">Join</button>") && !page.contains(">Come back</button>");
    let [ada, bob, cy, di] = &mut pupils;
    assert_eq!(ada.post("/class/name", &[("name", "Adam")]).location(), "/class");
    let page = ada.get("/class").body;
    let ended = "Your class has ended. Your name and your progress in it were deleted. No class is open now.";
    assert!(page.contains(ended) && has_no_form(&page) && page.contains(">To the lessons</a>"), "{page}");
    away(ada, "away-ended", "Your class had ended, and your name and your progress in it were deleted with it.");
    for (fields, verb) in
        [([("code", &*code), ("name", "Bob")], "join"), ([("code", "BCDFGHJK"), ("back", "yes")], "come back")]
    {
        let stale = bob.post("/class", &fields);
        let says = format!("<strong>You did not {verb}.</strong> No class is open now.");
        assert!(stale.status == 400 && stale.body.contains(&says) && has_no_form(&stale.body), "{}", stale.body);
        assert!(
            !stale.body.contains("Look at the code again") && !stale.body.contains("another one"),
            "{}",
            stale.body
        );
    }
    assert_eq!(cy.post("/class/leave", &[]).location(), "/class?done=away-ended");
    for stale in ["renamed", "back", "stayed"] {
        let page = di.get(&format!("/class?done={stale}")).body;
        assert!(!page.contains("<p class=\"note\" role=\"status\">"), "{stale}: {page}");
    }
    teacher.post("/class/board/start", &[]);
    assert!(di.get("/class").body.contains(">Join</button>"), "the next class can be joined");
}

#[test]
fn who_joins_is_told_that_their_own_progress_does_not_count_in_the_class() {
    let (app, _teacher) = classroom();
    let mut ada = Browser::of(&app.url);
    let says = "What you did in this browser before does not count in the class";
    assert!(!ada.get("/class").body.contains(says));
    solve_anatomy(&mut ada);
    let page = ada.get("/class").body;
    assert!(page.find(says).unwrap() < page.find(">Join</button>").unwrap(), "{page}");
}

#[test]
fn what_a_pupil_deletes_asks_once_more_and_a_program_s_press_acts_at_once() {
    let (app, mut teacher) = classroom();
    let mut ada = pupil(&app.url, &code(&mut teacher), "Ada");
    solve_anatomy(&mut ada);
    for (address, verb) in [("/lab", "Reset my progress"), ("/class", "Leave")] {
        let page = ada.get(address).body;
        assert_eq!(page.matches(&format!(">{verb}</button>")).count(), 1, "{page}");
        let (before, _) = page.split_once(&format!(">{verb}</button>")).unwrap();
        let asked = before.rsplit_once("<details class=\"confirm\">").unwrap().1;
        assert!(asked.starts_with(&format!("<summary class=\"button\">{verb}</summary><p>")), "{asked}");
        assert!(asked.contains("It cannot be undone.") && !asked.contains("</details>"), "{asked}");
    }
    ada.post("/lab/reset", &[]);
    assert_eq!(standing(&board(&mut teacher), "Ada", "anatomy")["state"], "not_begun");
    ada.post("/class/leave", &[]);
    assert!(board(&mut teacher)["pupils"].as_array().unwrap().is_empty());
}

#[test]
fn only_lessons_that_are_open_count_as_solved() {
    let (app, mut teacher) = classroom();
    let mut ada = pupil(&app.url, &code(&mut teacher), "Ada");
    solve_anatomy(&mut ada);
    let all = LESSONS.len();
    assert!(
        words(&ada.get("/lab").body).contains(&format!("You solved 1 of {all} (Start here and {} lessons)", all - 1))
    );
    assert!(words(&ada.get("/class").body).contains(&format!("1 of {all} solved.")));
    let open = Path::find("45").unwrap().lessons().count();
    teacher.post("/class/board/path", &[("path", "45")]);
    let solved = |teacher: &mut Browser, ada: &mut Browser, count: usize| {
        let says = format!("{count} of the {open} open lessons");
        assert!(words(&ada.get("/lab").body).contains(&format!("You solved {says}, and tried")));
        assert!(words(&ada.get("/class").body).contains(&format!("{says} solved.")));
        for (view, says) in
            [("", format!("Solved<small>of {open}</small></th>")), ("?view=projector", format!("{open} open lessons"))]
        {
            let table = teacher.get(&format!("/class/board{view}")).body;
            assert!(table.contains(&says), "{table}");
            let row = table.split_once("Ada<").unwrap().1.split_once("</tr>").unwrap().0;
            assert!(row.contains(&format!(">{count}</td>")), "{row}");
        }
    };
    solved(&mut teacher, &mut ada, 1);
    ada.get("/lab/lessons/logout");
    teacher.post("/class/board/lesson", &[("lesson", "anatomy"), ("open", "false")]);
    teacher.post("/class/board/lesson", &[("lesson", "logout"), ("open", "true")]);
    solved(&mut teacher, &mut ada, 0);
}

#[test]
fn the_second_pupil_of_a_name_is_called_as_on_the_board() {
    let (app, mut teacher) = classroom();
    let code = code(&mut teacher);
    let [mut first, mut second] = ["Ada", "ada"].map(|name| pupil(&app.url, &code, name));
    for (ada, name) in [(&mut first, "Ada"), (&mut second, "ada (2)")] {
        assert!(ada.get("/class").body.contains(&format!("You are in the class as <strong>{name}</strong>")));
        assert!(ada.get("/lab").body.contains(&format!("You are in the class as <strong>{name}</strong>")));
        assert!(ada.get(ANATOMY).body.contains(&format!("You are in the <a href=\"/class\">class</a> as {name} ·")));
    }
    assert!(second.get("/class").body.contains("type=\"text\" value=\"ada\" dir=\"auto\" required"), "they typed that");
}

#[test]
fn the_board_deletes_the_progress_of_one_pupil_in_one_lesson_and_of_all_in_all() {
    let (app, mut teacher) = classroom();
    let code = code(&mut teacher);
    let mut pupils = ["Ada", "Bob"].map(|name| pupil(&app.url, &code, name));
    for pupil in &mut pupils {
        solve_anatomy(pupil);
        pupil.get(TAMPER);
    }
    let page = teacher.get("/class/board").body;
    let all = "<select id=\"chosen-lesson\" name=\"lesson\"><option value=\"all\">all lessons</option><option value=\"start-here\">";
    assert!(page.contains(all), "{page}");
    assert!(page.contains("<option value=\"all\">All pupils, all lessons</option>"), "{page}");
    assert!(page.contains("<option value=\"anatomy\">1. Anatomy of a token</option>"), "with its number: {page}");
    let states = |teacher: &mut Browser| {
        let seen = board(teacher);
        ["Ada", "Bob"].map(|name| {
            ["anatomy", "tamper"].map(|lesson| standing(&seen, name, lesson)["state"].as_str().unwrap().to_owned())
        })
    };
    let ada = id(&board(&mut teacher), "Ada");
    teacher.post("/class/board/reset", &[("pupil", &ada), ("lesson", "anatomy")]);
    assert_eq!(states(&mut teacher), [["not_begun", "open"], ["solved", "open"]]);
    let reset = teacher.post("/class/board/reset", &[("pupil", &ada), ("lesson", "all")]);
    assert_eq!(reset.location(), format!("/class/board?done=reset&pupil={ada}#pupil-{ada}"));
    assert_eq!(states(&mut teacher), [["not_begun", "not_begun"], ["solved", "open"]]);
    let reset = teacher.post("/class/board/reset", &[("lesson", "all")]);
    assert_eq!(reset.location(), "/class/board?done=all-reset#pupils");
    assert_eq!(states(&mut teacher), [["not_begun", "not_begun"]; 2]);
}

#[test]
fn the_board_says_since_when_a_lesson_is_open_and_who_is_away() {
    let (app, mut teacher) = classroom();
    let mut ada = pupil(&app.url, &code(&mut teacher), "Ada");
    ada.get(ANATOMY);
    app.advance(9 * 60 + 59);
    let page = teacher.get("/class/board").body;
    assert!(
        page.contains("<td data-m=\"9\u{a0}min\"><i>open, 9 min</i></td>") && !page.contains("<small>away"),
        "{page}"
    );
    app.advance(2 * 60 + 1);
    let page = teacher.get("/class/board").body;
    assert!(page.contains("<i>open, 12 min</i>") && page.contains("Ada</a> <small>away 12 min</small>"), "{page}");
    ada.get(ANATOMY);
    assert!(!teacher.get("/class/board").body.contains("<small>away"), "she is back");
}

#[test]
fn the_joining_slide_has_the_address_in_large_type_and_as_a_qr_code() {
    let (app, mut teacher) = classroom();
    let address = format!("{}/class", app.url);
    let page = teacher.get("/class/board?view=code").body;
    assert!(page.contains(&format!("<strong>{address}</strong>")) && page.contains("class-address chars-28"), "{page}");
    assert!(page.contains(&format!("<svg class=\"qr\" role=\"img\" aria-label=\"QR code of {address}\"")), "{page}");
    assert!(page.contains("<path fill=\"#fff\" d=\"M0 0h") && page.contains("<path fill=\"#000\" d=\"M4 4h7v1h-7z"));
    let projector = teacher.get("/class/board?view=projector").body;
    assert!(
        projector.contains(&format!("<p class=\"class-address\">Join at <strong>{address}</strong>")),
        "{projector}"
    );
    teacher.post("/class/board/joining", &[("open", "false")]);
    assert!(!teacher.get("/class/board?view=projector").body.contains("Join at"));
}

#[test]
fn names_are_sorted_by_how_they_look() {
    let (app, mut teacher) = classroom();
    let code = code(&mut teacher);
    for name in ["ｂob", "Zoe", "ada", "Cy", "Ａda b"] {
        pupil(&app.url, &code, name);
    }
    let page = teacher.get("/class/board?sort=name").body;
    let places = ["ada", "Ａda b", "ｂob", "Cy", "Zoe"].map(|name| page.find(&format!(">{name}</a>")).unwrap());
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn a_pupil_is_sent_to_the_teacher_for_a_second_site_and_the_board_says_what_to_set() {
    let app = TestApp::with(&[ON, ("allowed-host", "school.example"), ("credentials", "any")]);
    let mut teacher = Browser::of(&app.url).named("school.example");
    let key = std::fs::read_to_string(app.keys().join("teacher.key")).unwrap();
    teacher.get(&format!("/class/board?key={}", key.trim()));
    let code = code(&mut teacher);
    let mut ada = Browser::of(&app.url).named("school.example");
    for (says, other) in [("Start Hallpass with", "Ask your teacher."), ("Ask your teacher.", "Start Hallpass with")] {
        for lesson in ["cross-site-forms", "cross-site-forms-part-two"] {
            let address = format!("/lab/lessons/{lesson}");
            ada.post(&address, &[("step", "skip")]);
            let page = ada.get(&address).body;
            assert!(page.contains(says) && !page.contains(other), "{lesson}: {page}");
        }
        ada.post("/class", &[("code", &code), ("name", "Ada")]);
    }
    let top = |ada: &mut Browser, lesson: &str| {
        let page = ada.get(&format!("/lab/lessons/{lesson}")).body;
        page.split_once("id=\"scenario\"").unwrap().0.to_owned()
    };
    let first = top(&mut ada, "cross-site-forms");
    assert!(first.contains("You can read it, but you cannot solve it here. Go on with the next lesson:"), "{first}");
    assert!(top(&mut ada, "cross-site-forms-part-two").contains("You can solve the lesson like that."));
    assert!(!top(&mut ada, "anatomy").contains("second site"));
    let counted = LESSONS.len() - 1;
    let here = format!("0 of the {counted} lessons that work on this server");
    assert!(words(&ada.get("/class").body).contains(&format!("{here} solved.")));
    solve_anatomy(&mut ada);
    let lab = ada.get("/lab").body;
    assert!(words(&lab).contains(&here.replace("0 of", "You solved 1 of")), "{lab}");
    assert_eq!(lab.matches("<span class=\"state\">needs a second site</span>").count(), 1, "{lab}");
    teacher.post("/class/board/lesson", &[("lesson", "anatomy"), ("open", "false")]);
    let open = format!("0 of the {} open lessons that work on this server solved.", counted - 1);
    assert!(words(&ada.get("/class").body).contains(&open), "{}", ada.get("/class").body);
    teacher.post("/class/board/lesson", &[("lesson", "anatomy"), ("open", "true")]);
    for board in [teacher.get("/class/board").body, teacher.stream("/class/board/events").until("</table>")] {
        assert!(board.contains(&format!("Solved<small>of {counted}</small>")), "{board}");
    }
    let needs = "Needs a second site, which this server does not have";
    let lessons = teacher.get("/class/board").body;
    let slugs: Vec<_> = lessons.split("<tr id=\"lesson-").skip(1).filter(|row| row.contains(needs)).collect();
    let slugs: Vec<_> = slugs.iter().map(|row| row.split('"').next().unwrap()).collect();
    assert_eq!(slugs, ["cross-site-forms", "cross-site-forms-part-two"]);
    assert!(slugs.iter().all(|slug| Lesson::find(slug).is_some()));
    let (local_app, mut at_home) = classroom();
    assert!(lessons.contains("Pupils cannot solve the lesson here, and it does not count."), "{lessons}");
    assert!(!at_home.get("/class/board").body.contains(needs), "localhost and 127.0.0.1 are two sites");
    pupil(&local_app.url, &super::code(&mut at_home), "Ada");
    assert!(at_home.get("/class/board").body.contains(&format!("Solved<small>of {}</small>", LESSONS.len())));
}

#[test]
fn the_page_for_teachers_says_that_this_server_runs_a_class() {
    let (app, mut teacher) = classroom();
    let says = "This server runs a class: open your teacher’s link first.";
    assert!(Browser::of(&app.url).get("/lab/teach").body.contains(says));
    assert!(!teacher.get("/lab/teach").body.contains(says));
    assert!(!Browser::of(&TestApp::spawn().url).get("/lab/teach").body.contains(says));
}

#[test]
fn after_the_end_of_a_class_the_board_does_not_say_that_it_stays() {
    let (_app, mut teacher) = classroom();
    let stays = "The class stays as it is";
    assert!(teacher.get("/class/board").body.contains(stays));
    teacher.post("/class/board/end", &[]);
    assert!(!teacher.get("/class/board?done=ended").body.contains(stays));
}
