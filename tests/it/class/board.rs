//! The teacher's board: who reaches it, what it shows, and what its buttons do.

use hallpass::lab::lessons::{LESSONS, Lesson};
use serde_json::Value;

use super::client::{Browser, teacher_link};
use super::{ANATOMY, board, classroom, code, id, pupil, right, solve_anatomy, standing, teacher_of, wrong};
use crate::cli::Program;
use crate::html::field;

#[test]
fn nobody_but_the_teacher_reaches_an_address_of_the_board() {
    let (app, mut teacher) = classroom();
    let mut ada = pupil(&app.url, &code(&mut teacher), "Ada");
    let mut stranger = Browser::of(&app.url);
    let mut forger = Browser::of(&app.url);
    forger.set_cookie("hallpass-teacher", "9999999999.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    for visitor in [&mut ada, &mut stranger, &mut forger] {
        for path in ["/class/board", "/class/board.json", "/class/board.csv", "/class/board/events"] {
            let answer = visitor.get(path);
            assert_eq!(answer.status, 403, "{path}");
            assert!(!answer.body.contains("Ada"), "{path}");
        }
        for path in [
            "start",
            "reset",
            "remove",
            "remove-idle",
            "name",
            "hold",
            "lesson",
            "joining",
            "code",
            "path",
            "back",
            "leave",
            "end",
        ] {
            let fields = [("what", "codes"), ("held", "true"), ("lesson", "anatomy"), ("open", "false")];
            assert_eq!(visitor.post(&format!("/class/board/{path}"), &fields).status, 403, "{path}");
        }
        assert_eq!(visitor.get("/class/board?key=").status, 403);
    }
    let seen = board(&mut teacher);
    assert_eq!((seen["codes_held"].clone(), seen["pupils"].as_array().unwrap().len()), (Value::Bool(false), 1));
}

#[test]
fn the_board_s_forms_work_from_its_own_pages_alone() {
    let (app, mut teacher) = classroom();
    pupil(&app.url, &code(&mut teacher), "Ada");
    let before = board(&mut teacher);
    for header in ["Sec-Fetch-Site: cross-site", "Origin: https://evil.example"] {
        for path in ["end", "code", "joining", "path", "back", "leave", "remove-idle"] {
            let answer = teacher.post_with(&format!("/class/board/{path}"), &[("open", "false")], header);
            assert_eq!(answer.status, 403, "{path}, {header}");
        }
    }
    assert_eq!(board(&mut teacher), before);
}

#[test]
fn the_teacher_s_cookie_is_not_the_key_and_no_page_leads_anywhere_with_it() {
    let (app, mut teacher) = classroom();
    let key = std::fs::read_to_string(app.keys().join("teacher.key")).unwrap();
    let cookie = teacher.cookie_line("hallpass-teacher").to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"), "{cookie}");
    assert!(!cookie.contains(key.trim()));
    assert!(!teacher.get("/class/board").body.contains(key.trim()));
    app.advance(14 * 86_400);
    assert_eq!(teacher.get("/class/board").status, 403, "the cookie ends");
}

#[test]
fn the_teacher_logs_out_of_one_browser() {
    let (app, mut teacher) = classroom();
    let mut at_home = teacher.before(&app.url);
    pupil(&app.url, &code(&mut teacher), "Ada");
    let left = teacher.post("/class/board/leave", &[]);
    assert_eq!((left.status, left.location()), (303, "/class?done=logged-out"));
    let page = teacher.get("/class?done=logged-out").body;
    assert!(page.contains("You are logged out.") && !page.contains("href=\"/class/board\""), "{page}");
    for path in ["/class/board", "/class/board.json", "/class/board.csv", "/class/board/events"] {
        assert_eq!(teacher.get(path).status, 403, "{path}");
    }
    assert_eq!(board(&mut at_home)["pupils"].as_array().unwrap().len(), 1, "the class goes on");
    assert_eq!(board(&mut teacher_of(&app))["pupils"].as_array().unwrap().len(), 1);
}

#[test]
fn a_press_on_the_board_acts_on_what_was_chosen_and_the_page_does_not_load_again_meanwhile() {
    let (app, mut teacher) = classroom();
    pupil(&app.url, &code(&mut teacher), "Ada");
    let ada_id = id(&board(&mut teacher), "Ada");
    let refresh = "http-equiv=\"refresh\"";
    let plain = teacher.get("/class/board").body;
    assert!(plain.contains(refresh) && plain.contains(&format!("open={ada_id}#chosen")), "{plain}");
    for button in ["Let back in", "Reset", "Remove", "End the class"] {
        assert!(plain.contains(&format!(">{button}</button>")), "{button}: {plain}");
    }
    let ada = format!("<option value=\"{ada_id}\"");
    assert!(plain.contains(&format!("{ada} dir=\"auto\">Ada")), "nobody is chosen: {plain}");
    let chosen = teacher.get(&format!("/class/board?open={ada_id}")).body;
    let field = format!("<input type=\"hidden\" name=\"pupil\" value=\"{ada_id}\">");
    assert!(chosen.contains(&field) && !chosen.contains(refresh), "{chosen}");
    assert!(!teacher.get("/class/board?open=choice").body.contains(refresh));
    assert!(teacher.get("/class/board?open=nobody").body.contains(refresh));
    for action in ["reset", "remove", "back"] {
        assert_eq!(teacher.post(&format!("/class/board/{action}"), &[("pupil", "")]).status, 400, "{action}");
    }
    assert_eq!(teacher.post("/class/board/reset", &[("lesson", "")]).status, 400);
    assert_eq!(board(&mut teacher)["pupils"][0]["name"], "Ada");
}

#[test]
fn one_press_removes_everybody_who_has_done_nothing_yet() {
    let (app, mut teacher) = classroom();
    let code = code(&mut teacher);
    let button = ">Remove them all</button>";
    assert!(!teacher.get("/class/board").body.contains(button));
    let [mut ada, mut bob, mut cy] = ["Ada", "Bob", "Cy"].map(|name| pupil(&app.url, &code, name));
    ada.get(ANATOMY);
    bob.post("/lab/attacks/alg-none", &[]);
    cy.get(ANATOMY);
    cy.post("/lab/reset", &[]);
    for number in 0..45 {
        pupil(&app.url, &code, &format!("Stranger {number}"));
    }
    let page = teacher.get("/class/board").body;
    assert!(page.contains("<p>45 pupils have done nothing yet.</p>") && page.contains(button), "{page}");
    let removed = teacher.post("/class/board/remove-idle?sort=name", &[]);
    assert_eq!(removed.location(), "/class/board?done=idle-removed&sort=name#pupils");
    let (address, _) = removed.location().split_once('#').unwrap();
    let page = teacher.get(address).body;
    assert!(page.contains("You removed everybody who had done nothing yet.") && !page.contains(button), "{page}");
    let seen = board(&mut teacher);
    let names: Vec<_> = seen["pupils"].as_array().unwrap().iter().map(|pupil| pupil["name"].clone()).collect();
    assert_eq!(names, ["Ada", "Bob", "Cy"]);
}

#[test]
fn one_press_opens_the_lessons_of_a_path_alone() {
    let (app, mut teacher) = classroom();
    let mut ada = pupil(&app.url, &code(&mut teacher), "Ada");
    ada.get("/lab/lessons/tied-to-you");
    for minutes in ["45", "90", "180"] {
        let opened = teacher.post("/class/board/path", &[("path", minutes)]);
        assert_eq!(
            (opened.status, opened.location()),
            (303, format!("/class/board?done=path&path={minutes}#lessons").as_str())
        );
        let path = hallpass::lab::teach::Path::find(minutes).unwrap();
        let on_it: Vec<_> = path.lessons().map(|lesson| lesson.slug).collect();
        for lesson in board(&mut teacher)["lessons"].as_array().unwrap() {
            assert_eq!(lesson["open"], on_it.contains(&lesson["slug"].as_str().unwrap()), "{minutes}: {lesson}");
        }
    }
    teacher.post("/class/board/path", &[("path", "45")]);
    let page = teacher.get("/class/board").body;
    assert!(page.contains("A token that is tied to you</span></a><small>closed</small></th>"), "it was begun: {page}");
    let columns = page.split("</thead>").next().unwrap();
    assert!(!columns.contains("Session fixation"), "nobody began it: {columns}");
    assert_eq!(ada.post("/lab/lessons/tied-to-you", &[("step", "skip")]).status, 403);
    assert_eq!(
        teacher.post("/class/board/path", &[("path", "all")]).location(),
        "/class/board?done=all-opened#lessons"
    );
    assert!(board(&mut teacher)["lessons"].as_array().unwrap().iter().all(|lesson| lesson["open"] == true));
    for path in ["", "46", "ALL"] {
        assert_eq!(teacher.post("/class/board/path", &[("path", path)]).status, 400, "{path}");
    }
}

#[test]
fn a_live_board_ends_with_the_teacher_s_cookie() {
    let (app, mut teacher) = classroom();
    let mut events = teacher.stream("/class/board/events");
    events.until("Nobody has joined yet.");
    app.advance(14 * 86_400);
    events.until_its_end();
    assert_eq!(teacher.get("/class/board/events").status, 403);
}

#[test]
fn the_board_says_how_far_each_pupil_is() {
    let (app, mut teacher) = classroom();
    let code = code(&mut teacher);
    let mut ada = pupil(&app.url, &code, "Ada");
    let mut bob = pupil(&app.url, &code, "Bob");
    let begun = |teacher: &mut Browser, name: &str| standing(&board(teacher), name, "anatomy");
    assert_eq!(
        begun(&mut teacher, "Ada"),
        serde_json::json!({"state": "not_begun", "stuck": false, "tries": 0, "hints": 0, "prediction": "none", "solved_at": null})
    );
    ada.get(ANATOMY);
    assert_eq!(begun(&mut teacher, "Ada")["state"], "open");
    ada.post(ANATOMY, &[("step", "predict"), ("predict", right("anatomy"))]);
    bob.post(ANATOMY, &[("step", "predict"), ("predict", wrong("anatomy"))]);
    assert_eq!(begun(&mut teacher, "Ada")["prediction"], "right");
    assert_eq!(begun(&mut teacher, "Bob")["prediction"], "wrong");
    let page = ada.get(ANATOMY).body;
    let token = field(&page, "token").unwrap();
    for tries in 1..=3 {
        ada.post(ANATOMY, &[("token", &token), ("sub", "nobody")]);
        let now = begun(&mut teacher, "Ada");
        assert_eq!((now["tries"].clone(), now["stuck"].clone()), (tries.into(), (tries == 3).into()));
    }
    let hinted = ada.post(ANATOMY, &[("step", "hint"), ("token", &token), ("sub", "typed")]);
    assert!(hinted.body.contains("value=\"typed\"") && hinted.body.contains(&token), "what was typed stays");
    assert!(hinted.body.contains("Hint 1.") && !hinted.body.contains("id=\"verdict\""));
    assert_eq!(begun(&mut teacher, "Ada")["hints"], 1);
    solve_anatomy(&mut ada);
    let now = begun(&mut teacher, "Ada");
    assert_eq!((now["state"].clone(), now["stuck"].clone()), ("solved".into(), false.into()));
    assert_eq!(now["solved_at"], "2027-01-15T08:00:00Z");
    let minutes = i64::from(Lesson::find("anatomy").unwrap().minutes);
    app.advance(2 * 60 * minutes + 1);
    let now = begun(&mut teacher, "Bob");
    assert_eq!((now["state"].clone(), now["stuck"].clone()), ("open".into(), true.into()));
    bob.get(ANATOMY);
    let whole = board(&mut teacher);
    let slugs: Vec<_> = whole["lessons"].as_array().unwrap().iter().map(|it| it["slug"].clone()).collect();
    assert_eq!(slugs, LESSONS.iter().map(|lesson| lesson.slug).collect::<Vec<_>>());
    let html = teacher.get("/class/board").body;
    assert!(html.contains("data-m=\"3✗ 1? P✓\"><i>solved, 3 wrong, 1 hint, predicted right</i></td>"), "{html}");
    let since = 2 * minutes;
    let bob = format!("data-m=\"{since}\u{a0}min P✗\"><i>stuck, {since} min, predicted wrong</i></td>");
    assert!(html.contains(&bob), "{html}");
}

#[test]
fn the_board_of_thirty_pupils_who_began_every_lesson_is_one_page_under_100_kb() {
    let (app, mut teacher) = classroom();
    let code = code(&mut teacher);
    for number in 1..=30 {
        let mut pupil = pupil(&app.url, &code, &format!("A longer name {number}"));
        for lesson in LESSONS.iter() {
            pupil.post(&format!("/lab/lessons/{}", lesson.slug), &[("step", "skip")]);
        }
    }
    app.advance(600);
    let page = teacher.get("/class/board").body;
    assert_eq!(page.matches("<i>open, 10 min, not predicted</i>").count(), 30 * LESSONS.len(), "{page}");
    assert!(page.len() < 100_000, "{}", page.len());
}

#[test]
fn the_table_of_a_large_class_has_parts_and_every_part_is_a_small_page() {
    let (app, mut teacher) = classroom();
    let code = code(&mut teacher);
    for number in 1..=43 {
        pupil(&app.url, &code, &format!("Pupil {number}"));
    }
    for (address, first, last, other) in [
        ("/class/board", "Pupil 1<", "Pupil 30<", "Pupil 31<"),
        ("/class/board?part=2", "Pupil 31<", "Pupil 43<", "Pupil 30<"),
        ("/class/board?part=9", "Pupil 31<", "Pupil 43<", "Pupil 30<"),
    ] {
        let page = teacher.get(address).body;
        assert!(page.contains(first) && page.contains(last) && !page.contains(other), "{address}: {page}");
        assert!(page.len() < 95_000, "{address}: {}", page.len());
        assert!(page.contains("href=\"/class/board?part=2#pupils\""), "{address}");
    }
    let second = teacher.stream("/class/board/events?part=2").until("Pupil 43");
    assert!(!second.contains("Pupil 30<"), "{second}");
    assert_eq!(board(&mut teacher)["pupils"].as_array().unwrap().len(), 43, "programs get all");
}

#[test]
fn the_board_says_what_was_done_and_where_pupils_reach_it() {
    let (app, mut teacher) = classroom();
    for (path, fields, location, says) in [
        (
            "hold",
            [("what", "codes"), ("held", "true")],
            "codes-held#held",
            "Held: pupils see an expected code only once they have tried the attack.",
        ),
        (
            "hold",
            [("what", "codes"), ("held", "false")],
            "codes-released#held",
            "Released: pupils can see the expected codes now.",
        ),
        (
            "hold",
            [("what", "solutions"), ("held", "true")],
            "held#held",
            "Held: pupils can no longer see the solutions.",
        ),
        (
            "lesson",
            [("lesson", "anatomy"), ("open", "false")],
            "closed&lesson=anatomy#lesson-anatomy",
            "Pupils can no longer open “Anatomy of a token”.",
        ),
        (
            "lesson",
            [("lesson", "anatomy"), ("open", "true")],
            "opened&lesson=anatomy#lesson-anatomy",
            "Pupils can open “Anatomy of a token” now.",
        ),
        (
            "path",
            [("path", "90"), ("x", "")],
            "path&path=90#lessons",
            "Only the lessons of the 90-minute path are open.",
        ),
        (
            "reset",
            [("lesson", "anatomy"), ("x", "")],
            "lesson-reset&lesson=anatomy#lesson-anatomy",
            "The progress of all pupils in “Anatomy of a token” was deleted.",
        ),
        ("reset", [("x", ""), ("y", "")], "all-reset#pupils", "The progress of all pupils was deleted."),
    ] {
        let done = teacher.post(&format!("/class/board/{path}"), &fields);
        assert_eq!(done.location(), format!("/class/board?done={location}"));
        let (address, row) = done.location().split_once('#').unwrap();
        let page = teacher.get(address).body;
        assert!(page.contains(&format!("</span> {says}</p>")), "{says}: {page}");
        assert!(page.contains(&format!("id=\"{row}\"")), "{row}: {page}");
    }
    let page = teacher.get("/class/board?done=nothing").body;
    assert!(!page.contains("role=\"status\""), "{page}");
    assert!(page.contains(&format!("<code>{}/class</code>", app.url)), "{page}");
    assert!(page.contains("Only this computer reaches this address."), "{page}");
}

#[test]
fn the_view_for_the_projector_has_the_address_and_the_code_and_no_names() {
    let (app, mut teacher) = classroom();
    let code = code(&mut teacher);
    let mut ada = pupil(&app.url, &code, "Ada");
    let page = teacher.get("/class/board?view=code").body;
    assert!(page.contains(&code) && page.contains(&format!("{}/class", app.url)), "{page}");
    assert!(!page.contains("Ada"), "{page}");
    assert!(teacher.get("/class/board").body.contains("href=\"/class/board?view=code\""));
    assert_eq!(ada.get("/class/board?view=code").status, 403);
}

#[test]
fn the_teacher_finds_the_board_and_a_pupil_their_name_on_the_pages_of_the_lab() {
    let (app, mut teacher) = classroom();
    let mut ada = pupil(&app.url, &code(&mut teacher), "Ada");
    for path in ["/class", "/class/", "/lab", "/lab/teach"] {
        assert!(teacher.get(path).body.contains("href=\"/class/board\""), "{path}");
        assert!(!ada.get(path).body.contains("href=\"/class/board\""), "{path}");
    }
    assert!(ada.get(ANATOMY).body.contains("You are in the <a href=\"/class\">class</a> as Ada"));
    assert!(!teacher.get(ANATOMY).body.contains("You are in the"));
}

#[test]
fn only_so_many_boards_are_live_at_once() {
    let (_app, mut teacher) = classroom();
    let mut streams: Vec<_> = (0..32).map(|_| teacher.stream("/class/board/events")).collect();
    for stream in &mut streams {
        stream.until("Nobody has joined yet.");
    }
    assert_eq!(teacher.get("/class/board/events").status, 503);
}

#[test]
fn a_live_board_does_not_keep_the_server_from_ending() {
    let program = Program::with_keys();
    let serving = program.serve(&["--class", "on"]);
    let mut teacher = Browser::of(&serving.url);
    teacher.get(&teacher_link(&serving.log()));
    let mut events = teacher.stream("/class/board/events");
    events.until("Nobody has joined yet.");
    let started = std::time::Instant::now();
    assert_eq!(serving.stop().code, Some(0));
    assert!(started.elapsed().as_secs() < 6, "{:?}", started.elapsed());
}
