//! What a teacher does with the board in front of a class: who is stuck, the projector, one solution, names, and pupils
//! who come back or begin again.

use hallpass::lab::lessons::LESSONS;
use serde_json::Value;

use super::client::Browser;
use super::processes::processes;
use super::{ANATOMY, TAMPER, board, classroom, code, id, pupil, return_code, solve_anatomy, standing, teacher_of};
use crate::app::TestApp;
use crate::cli::Program;
use crate::html::{field, words};
use crate::postgres::Postgres;

/// Three wrong tries in *Anatomy*.
fn get_stuck(pupil: &mut Browser) {
    pupil.post(ANATOMY, &[("step", "skip")]);
    let page = pupil.get(ANATOMY).body;
    let token = field(&page, "token").unwrap();
    for _ in 0..3 {
        pupil.post(ANATOMY, &[("token", &token), ("sub", "nobody")]);
    }
}

/// The sentence above the table about the lesson that most work on, if there is one.
fn busiest(teacher: &mut Browser) -> Option<String> {
    let above = words(teacher.get("/class/board").body.split("<table>").next().unwrap());
    let above = above.split_whitespace().collect::<Vec<_>>().join(" ");
    let sentence = above.split_once("is stuck now. ")?.1.split_once(" now: ")?;
    Some(format!("{} now: {}", sentence.0, sentence.1.split_once('.')?.0))
}

/// A class of Zoë, who has solved *Anatomy*, Bob, who is stuck in it, and Ada, who has it open.
fn three(app: &TestApp, teacher: &mut Browser) -> [Browser; 3] {
    let code = code(teacher);
    let [mut zoe, mut bob, mut ada] = ["Zoë", "Bob", "Ada"].map(|name| pupil(&app.url, &code, name));
    solve_anatomy(&mut zoe);
    get_stuck(&mut bob);
    ada.get(ANATOMY);
    [zoe, bob, ada]
}

/// The names of the rows, in their order.
fn rows(page: &str) -> Vec<&str> {
    let table = page.split_once("<tbody>").unwrap().1.split_once("</tbody>").unwrap().0;
    let names = table.split("<th scope=\"row\" dir=\"auto\">").skip(1).map(|row| row.split_once("</th>").unwrap().0);
    names.map(|cell| cell.split_once('>').map_or(cell, |(_, rest)| rest.split('<').next().unwrap())).collect()
}

#[test]
fn above_the_table_stands_how_many_pupils_there_are_who_is_stuck_and_how_far_the_class_is() {
    let (app, mut teacher) = classroom();
    let _class = three(&app, &mut teacher);
    let bob = id(&board(&mut teacher), "Bob");
    let page = teacher.get("/class/board").body;
    let (above, table) = page.split_once("<table>").unwrap();
    for part in [
        "<strong>3</strong> pupils.",
        "<strong class=\"stuck\">1 stuck now</strong>",
        &format!("<a href=\"/class/board?open={bob}#chosen\">Bob</a>"),
        "</strong>: in Anatomy of a token: <a",
        "Bob</a>.",
        "Most work on <a href=\"/lab/lessons/anatomy\">Anatomy of a token</a> now: 1 of 3 has solved it.",
    ] {
        assert!(above.contains(part), "{part}: {above}");
    }
    assert!(
        table.contains("<td><span aria-hidden=\"true\">1✓ 1○ 1!</span><i>1 solved, 1 open, 1 stuck</i></td>"),
        "{table}"
    );
    let sums = "Anatomy of a token <small>1 solved, 1 open, 1 stuck; predictions: 2 skipped</small>";
    assert!(table.contains(sums), "{table}");
    let projector = teacher.get("/class/board?view=projector").body;
    assert!(projector.contains(sums), "{projector}");
    assert_eq!(rows(&page), ["Zoë", "Bob", "Ada"]);
}

#[test]
fn each_pupil_works_on_the_open_lesson_in_which_they_pressed_last_and_only_while_they_are_here() {
    let (app, mut teacher) = classroom();
    let code = code(&mut teacher);
    let [mut ada, mut bob, mut cy, mut di] = ["Ada", "Bob", "Cy", "Di"].map(|name| pupil(&app.url, &code, name));
    assert_eq!(busiest(&mut teacher), None);
    ada.get(ANATOMY);
    let one = "1 of 4 works on Anatomy of a token now: 0 of 4 have solved it";
    assert_eq!(busiest(&mut teacher).as_deref(), Some(one));
    solve_anatomy(&mut ada);
    assert_eq!(busiest(&mut teacher), None, "she has solved it");
    for (browser, lesson) in [(&mut bob, "logout"), (&mut cy, "logout"), (&mut di, "logout"), (&mut ada, "two-clocks")]
    {
        browser.get(&format!("/lab/lessons/{lesson}"));
    }
    let most = "Most work on Logout three ways now: 0 of 4 have solved it";
    assert_eq!(busiest(&mut teacher).as_deref(), Some(most));
    app.advance(60);
    cy.get("/lab/lessons/tamper");
    let two = "2 of 4 work on Logout three ways now: 0 of 4 have solved it";
    assert_eq!(busiest(&mut teacher).as_deref(), Some(two), "Cy has gone on, and half are not most");
    app.advance(60);
    cy.post("/lab/lessons/logout", &[("step", "skip")]);
    assert_eq!(busiest(&mut teacher).as_deref(), Some(most), "Cy has gone back to it");
    teacher.post("/class/board/lesson", &[("lesson", "logout"), ("open", "false")]);
    assert!(busiest(&mut teacher).unwrap().starts_with("1 of 4 works on "), "nobody can work on a closed lesson");
    app.advance(600);
    let page = teacher.get("/class/board").body;
    assert!(!page.contains(" on <a href=\"/lab/lessons/"), "nobody is here any more: {page}");
}

#[test]
fn only_who_works_in_a_lesson_now_is_stuck_in_it_by_time() {
    let (app, mut teacher) = classroom();
    let code = code(&mut teacher);
    let [mut ann, mut bob, mut cy, mut di] = ["Ann", "Bob", "Cy", "Di"].map(|name| pupil(&app.url, &code, name));
    let lesson = |slug: &str| format!("/lab/lessons/{slug}");
    let stuck = |teacher: &mut Browser| {
        let page = teacher.get("/class/board").body;
        let above = words(page.split_once("<table>").unwrap().0);
        let above = above.split_whitespace().collect::<Vec<_>>().join(" ");
        let said = above.split_once("pupils. ").unwrap().1.split('.').next().unwrap().to_owned();
        (said, page.matches("class=\"stuck\" data-m").count())
    };
    for pupil in [&mut ann, &mut bob, &mut cy] {
        pupil.post(&lesson("start-here"), &[("step", "skip")]);
    }
    ann.get(&lesson("logout"));
    di.get(&lesson("start-here"));
    assert_eq!(stuck(&mut teacher), ("Nobody is stuck now".to_owned(), 0));
    app.advance(18 * 60);
    for pupil in [&mut cy, &mut di] {
        pupil.get(&lesson("start-here"));
    }
    ann.get(TAMPER);
    let cy_alone = ("1 stuck now: in Start here: Cy".to_owned(), 1);
    assert_eq!(stuck(&mut teacher), cy_alone, "Ann has gone on, Bob is away, and Di only looked");
    app.advance(1);
    bob.get(&lesson("start-here"));
    get_stuck(&mut ann);
    let three = ("3 stuck now: in Start here: Bob, Cy; in Anatomy of a token: Ann".to_owned(), 3);
    assert_eq!(stuck(&mut teacher), three, "by lesson, in the order of the course");
    assert_eq!(rows(&teacher.get("/class/board?sort=stuck").body), ["Ann", "Bob", "Cy", "Di"]);
    app.advance(60);
    ann.get(TAMPER);
    let marked = ("2 stuck now: in Start here: Bob, Cy".to_owned(), 3);
    assert_eq!(stuck(&mut teacher), marked, "three wrong tries keep their sign");
    teacher.post("/class/board/lesson", &[("lesson", "anatomy"), ("open", "false")]);
    assert_eq!(stuck(&mut teacher).1, 2, "not in a closed lesson");
    teacher.post("/class/board/lesson", &[("lesson", "start-here"), ("open", "false")]);
    assert_eq!(stuck(&mut teacher), ("Nobody is stuck now".to_owned(), 0));
    let seen = board(&mut teacher);
    assert_eq!(standing(&seen, "Bob", "start-here")["stuck"], true, "programs are told of every lesson");
}

#[test]
fn a_press_on_a_board_that_is_out_of_date_leads_to_the_board_and_says_that_nothing_was_done() {
    let (app, mut teacher) = classroom();
    let mut ada = pupil(&app.url, &code(&mut teacher), "Ada");
    let id = id(&board(&mut teacher), "Ada");
    ada.post("/class/leave", &[]);
    let [pupil_field, name] = [("pupil", id.as_str()), ("name", "Eve")];
    let said = |teacher: &mut Browser, path: &str, fields: &[(&str, &str)], says: &str| {
        let pressed = teacher.post(&format!("/class/board/{path}"), fields);
        assert_eq!(pressed.status, 303, "{path}: {}", pressed.body);
        let (address, _) = pressed.location().split_once('#').unwrap();
        let page = teacher.get(address).body;
        let note = format!("failed\" role=\"status\"><span class=\"sign\" aria-hidden=\"true\">✗</span> {says}</p>");
        assert!(page.contains(&note) && !page.contains(">✓</span>"), "{path}: {page}");
    };
    for path in ["back", "name", "reset", "remove"] {
        let says = "Nothing was done: this pupil left the class or was removed.";
        said(&mut teacher, path, &[pupil_field, name], says);
    }
    let unclear = teacher.post_with("/class/board/back", &[("pupil", "nobody")], "Accept: text/html");
    let back = "href=\"/class/board\">Back to the board</a>";
    assert!(unclear.status == 400 && unclear.body.contains(back), "{}", unclear.body);
    teacher.post("/class/board/end", &[]);
    let no_class = "Nothing was done: no class is open any more.";
    for path in ["back", "name", "reset", "remove", "remove-idle", "code", "end", "joining", "lesson", "path", "hold"] {
        let fields = [
            pupil_field,
            name,
            ("open", "false"),
            ("lesson", if path == "lesson" { "anatomy" } else { "all" }),
            ("path", "45"),
            ("what", "codes"),
            ("held", "true"),
        ];
        let fields: Vec<_> = fields.into_iter().filter(|(field, _)| path != "hold" || *field != "lesson").collect();
        said(&mut teacher, path, &fields, no_class);
    }
    let stale = teacher.get("/class/board?done=joining-closed").body;
    assert!(!stale.contains("Nobody can join now."), "{stale}");
    teacher.post("/class/board/start", &[]);
    assert!(!teacher.get("/class/board?done=no-class").body.contains(no_class), "a class is open again");
}

#[test]
fn what_is_tried_after_a_lesson_was_solved_is_no_wrong_try() {
    let (app, mut teacher) = classroom();
    let mut ada = pupil(&app.url, &code(&mut teacher), "Ada");
    get_stuck(&mut ada);
    let tries = |teacher: &mut Browser| standing(&board(teacher), "Ada", "anatomy")["tries"].clone();
    assert_eq!(tries(&mut teacher), 3);
    solve_anatomy(&mut ada);
    get_stuck(&mut ada);
    assert_eq!(tries(&mut teacher), 3);
}

#[test]
fn a_press_leads_back_to_the_row_and_names_whom_it_was_about() {
    let (app, mut teacher) = classroom();
    let [_zoe, _bob, _ada] = three(&app, &mut teacher);
    let seen = board(&mut teacher);
    let [zoe, bob, ada] = ["Zoë", "Bob", "Ada"].map(|name| id(&seen, name));
    let notice = |teacher: &mut Browser, location: &str| {
        let (address, row) = location.split_once('#').unwrap();
        let page = teacher.get(address).body;
        assert!(page.contains(&format!("<tr id=\"{row}\">")), "{row}: {page}");
        words(page.split_once("role=\"status\">").unwrap().1.split_once("</p>").unwrap().0)
    };
    let reset = teacher.post("/class/board/reset?sort=stuck", &[("pupil", &bob)]);
    assert_eq!(reset.location(), format!("/class/board?done=reset&pupil={bob}&sort=stuck#pupil-{bob}"));
    let says = notice(&mut teacher, reset.location());
    assert_eq!(says, "✓ The progress of Bob was deleted.");
    let reset = teacher.post("/class/board/reset", &[("pupil", &zoe), ("lesson", "anatomy")]);
    let says = notice(&mut teacher, reset.location());
    assert_eq!(says, "✓ The progress of Zoë in “Anatomy of a token” was deleted.");
    for (gone, name, beside) in [(&bob, "Bob", &ada), (&ada, "Ada", &zoe)] {
        let removed = teacher.post("/class/board/remove", &[("pupil", gone)]);
        assert_eq!(removed.location(), format!("/class/board?done=removed#pupil-{beside}"), "no name is in an address");
        let cookie = teacher.cookie_line("hallpass-removed").to_owned();
        assert!(cookie.contains("HttpOnly") && cookie.contains("Max-Age=60") && !cookie.contains(name), "{cookie}");
        let says = notice(&mut teacher, removed.location());
        assert_eq!(says, format!("✓ You removed {name}. The progress was deleted too."));
    }
    let last = teacher.post("/class/board/remove", &[("pupil", &zoe)]);
    assert_eq!(last.location(), "/class/board?done=removed#pupils", "no row is left");
    teacher.set_cookie("hallpass-removed", "removed.RXZl.AAAA");
    let page = teacher.get("/class/board?done=removed").body;
    assert!(page.contains("You removed the pupil."), "only this server writes the cookie: {page}");
}

#[test]
fn a_press_that_moves_a_pupil_to_another_part_leads_to_that_part() {
    let (app, mut teacher) = classroom();
    let code = code(&mut teacher);
    let pupils: Vec<_> = (1..=32).map(|number| pupil(&app.url, &code, &format!("Pupil {number:02}"))).collect();
    assert_eq!(pupils.len(), 32);
    let first = id(&board(&mut teacher), "Pupil 01");
    let renamed = teacher.post("/class/board/name?sort=name", &[("pupil", &first), ("name", "Zoë")]);
    let (address, row) = renamed.location().split_once('#').unwrap();
    let page = teacher.get(address).body;
    assert_eq!((rows(&page), row), (vec!["Pupil 32", "Zoë"], format!("pupil-{first}").as_str()));
}

#[test]
fn what_deletes_something_asks_once_more_and_a_program_s_press_acts_at_once() {
    let (app, mut teacher) = classroom();
    let [_zoe, _bob, _ada] = three(&app, &mut teacher);
    let page = teacher.get("/class/board").body;
    for verb in ["New code", "Reset", "Remove", "End the class"] {
        let asked = format!("<details class=\"confirm\"><summary class=\"button\">{verb}</summary><p>");
        assert!(page.contains(&asked), "{verb}: {page}");
        let befores: Vec<&str> = page.split(format!(">{verb}</button>").as_str()).collect();
        for before in befores.iter().rev().skip(1) {
            let question = before.rsplit_once("<details").unwrap().1;
            assert!(question.contains("It cannot be undone.</p>") && !question.contains("</details>"), "{before}");
        }
    }
    let bob = id(&board(&mut teacher), "Bob");
    assert_eq!(teacher.post("/class/board/remove", &[("pupil", &bob)]).status, 303);
    assert_eq!(board(&mut teacher)["pupils"].as_array().unwrap().len(), 2);
}

#[test]
fn a_part_that_is_no_number_is_refused_with_a_page_that_leads_to_the_board() {
    let (app, mut teacher) = classroom();
    pupil(&app.url, &code(&mut teacher), "Ada");
    for (part, shown) in [("-1", "-1"), ("x", "x"), ("", ""), ("1.5", "1.5"), ("%3Cb%3E", "<b>")] {
        let refused = teacher.get(&format!("/class/board?part={part}"));
        assert_eq!(refused.status, 400, "{part}");
        let says = format!("as a whole number such as 2. It cannot be \"{shown}\".");
        assert!(words(&refused.body).contains(&says), "{says}: {}", refused.body);
        assert!(
            refused.body.contains("<html") && refused.body.contains("href=\"/class/board\">Back to the board</a>"),
            "{}",
            refused.body
        );
    }
    assert_eq!(teacher.get("/class/board/events?part=-1").status, 400);
    for part in ["0", "1", "99"] {
        assert_eq!(rows(&teacher.get(&format!("/class/board?part={part}")).body), ["Ada"], "{part}");
    }
}

#[test]
fn the_table_is_sorted_as_its_address_says_and_every_link_and_press_keeps_it() {
    let (app, mut teacher) = classroom();
    let _class = three(&app, &mut teacher);
    for (sort, order) in [
        ("?sort=stuck", ["Bob", "Zoë", "Ada"]),
        ("?sort=name", ["Ada", "Bob", "Zoë"]),
        ("?sort=else", ["Zoë", "Bob", "Ada"]),
    ] {
        assert_eq!(rows(&teacher.get(&format!("/class/board{sort}")).body), order, "{sort}");
    }
    let page = teacher.get("/class/board?sort=stuck").body;
    for part in [
        "10;url=/class/board?sort=stuck",
        "data-board=\"/class/board/events?sort=stuck\"",
        "action=\"/class/board/hold?sort=stuck\"",
        "&#38;sort=stuck#chosen\">Bob</a>",
        "href=\"/class/board?view=projector&#38;sort=stuck\"",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let held = teacher.post("/class/board/hold?sort=stuck", &[("what", "codes"), ("held", "true")]);
    assert_eq!(held.location(), "/class/board?done=codes-held&sort=stuck#held");
    let live = teacher.stream("/class/board/events?sort=stuck").until("</table>");
    assert!(live.find(">Bob</a></th>").unwrap() < live.find(">Zoë</a></th>").unwrap(), "{live}");
}

#[test]
fn the_board_for_the_projector_has_signs_with_words_the_open_lessons_alone_and_nothing_to_press() {
    let (app, mut teacher) = classroom();
    let [_, mut bob, _] = three(&app, &mut teacher);
    bob.get("/lab/lessons/tied-to-you");
    teacher.post("/class/board/path", &[("path", "45")]);
    let page = teacher.get("/class/board?view=projector").body;
    assert!(
        page.contains("class=\"projector room\"") && !page.contains("<form") && !page.contains("<button"),
        "{page}"
    );
    for part in [
        "10;url=/class/board?view=projector",
        "data-board=\"/class/board/events?view=projector\"",
        "<td class=\"passed\"><span class=\"hidden\">solved</span></td>",
        "<td class=\"stuck\"><span class=\"hidden\">stuck</span></td>",
        "<td class=\"begun\"><span class=\"hidden\">open</span></td>",
        "3 pupils, 1 stuck now",
        "Only this computer reaches this address.",
        "href=\"/class/board\"",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let open = hallpass::lab::teach::Path::find("45").unwrap().lessons().count();
    let head = page.split_once("<thead>").unwrap().1.split_once("</thead>").unwrap().0;
    assert_eq!(head.matches("aria-hidden").count(), open, "{head}");
    assert!(!head.contains("A token that is tied to you"), "it is closed: {head}");
    let live = teacher.stream("/class/board/events?view=projector").until("</table>");
    assert!(live.contains("class=\"signs\"") && !live.contains("<a href=\"/class/board?open"), "{live}");
    assert!(teacher.get("/class/board").body.contains("href=\"/class/board?view=projector\""));
    assert_eq!(bob.get("/class/board?view=projector").status, 403);
}

#[test]
fn the_solution_of_one_lesson_is_released_and_held_again() {
    let postgres = Postgres::shared().map(Postgres::database);
    for database in [None, postgres.as_deref()] {
        let [first, second] = processes(database);
        let mut teacher = teacher_of(&first);
        let mut ada = pupil(&second.url, &code(&mut teacher), "Ada");
        let mut solutions = |held: [bool; 2]| {
            for (lesson, held) in ["anatomy", "logout"].into_iter().zip(held) {
                let address = format!("/lab/lessons/{lesson}");
                let shown = (0..8).map(|_| ada.post(&address, &[("step", "hint")]).body).last().unwrap();
                assert_eq!(!shown.contains("The solution."), held, "{lesson}");
            }
        };
        let mut hold = |fields: &[(&str, &str)], done: &str| {
            let answer = teacher.post("/class/board/hold", fields);
            assert_eq!((answer.status, answer.location()), (303, format!("/class/board?done={done}").as_str()));
            // Another process knows of it after a second.
            std::thread::sleep(std::time::Duration::from_millis(1100));
            let seen = board(&mut teacher);
            let held = |slug: &str| {
                let lessons = seen["lessons"].as_array().unwrap();
                lessons.iter().find(|lesson| lesson["slug"] == slug).unwrap()["solution_held"].as_bool().unwrap()
            };
            (seen["solutions_held"].as_bool().unwrap(), [held("anatomy"), held("logout")])
        };
        solutions([true, true]);
        let one = |held| [("what", "solutions"), ("lesson", "anatomy"), ("held", held)];
        assert_eq!(hold(&one("false"), "solution-released&lesson=anatomy#lesson-anatomy"), (true, [false, true]));
        solutions([false, true]);
        assert_eq!(hold(&one("true"), "solution-held&lesson=anatomy#lesson-anatomy"), (true, [true, true]));
        solutions([true, true]);
        assert_eq!(hold(&one("false"), "solution-released&lesson=anatomy#lesson-anatomy"), (true, [false, true]));
        assert_eq!(hold(&[("what", "solutions"), ("held", "true")], "held#held"), (true, [true, true]));
        assert_eq!(hold(&[("what", "solutions"), ("held", "false")], "released#held"), (false, [false, false]));
        assert_eq!(hold(&one("true"), "solution-held&lesson=anatomy#lesson-anatomy"), (false, [true, false]));
        solutions([true, false]);
    }
}

#[test]
fn a_lesson_that_there_is_not_or_whose_codes_are_to_be_held_alone_is_refused() {
    let (_app, mut teacher) = classroom();
    for (what, lesson) in [("solutions", "nothing"), ("solutions", ""), ("codes", "anatomy")] {
        let answer = teacher.post("/class/board/hold", &[("what", what), ("lesson", lesson), ("held", "false")]);
        assert_eq!(answer.status, 400, "{what} of {lesson}");
    }
    let page = teacher.get("/class/board").body;
    let button = "<button class=\"button\">Release<span class=\"hidden\"> the solution of Anatomy of a token</span>";
    assert!(page.contains(button), "{page}");
    teacher.post("/class/board/hold", &[("what", "solutions"), ("lesson", "anatomy"), ("held", "false")]);
    let page = teacher.get("/class/board").body;
    for button in ["Release the solutions", "Hold the solutions"] {
        assert!(page.contains(&format!(">{button}</button>")), "{button}: {page}");
    }
}

#[test]
fn the_teacher_gives_a_pupil_another_name_by_the_rules_of_joining() {
    let (app, mut teacher) = classroom();
    let mut mallory = pupil(&app.url, &code(&mut teacher), "Rude word");
    let rude = id(&board(&mut teacher), "Rude word");
    let chosen = teacher.get(&format!("/class/board?open={rude}")).body;
    assert!(chosen.contains("New name for Rude word") && chosen.contains(">Rename</button>"), "{chosen}");
    for (name, says) in
        [("", "Type a name of 1 to 40 characters"), ("A\u{202e}b", "contains a character that cannot be shown")]
    {
        let refused = teacher.post("/class/board/name", &[("pupil", &rude), ("name", name)]);
        assert!(refused.status == 400 && refused.body.contains(says), "{name}: {}", refused.body);
        assert!(refused.body.contains("The name is as it was."), "{}", refused.body);
        assert!(
            refused.body.contains(&format!("name=\"name\" type=\"text\" value=\"{name}\"")),
            "what was typed stays"
        );
    }
    let renamed = teacher.post("/class/board/name", &[("pupil", &rude), ("name", " Mallory ")]);
    let location = format!("/class/board?done=renamed&pupil={rude}#pupil-{rude}");
    assert_eq!((renamed.status, renamed.location()), (303, location.as_str()));
    assert!(teacher.get(location.split('#').next().unwrap()).body.contains("The new name is Mallory."));
    assert!(!renamed.head.contains("hallpass-steps"), "the teacher is no pupil: {}", renamed.head);
    assert_eq!(board(&mut teacher)["pupils"][0]["name"], "Mallory");
    assert!(mallory.get("/class").body.contains("<strong>Mallory</strong>"));
    assert!(mallory.get("/lab").body.contains("<strong>Mallory</strong>"), "at once");
    for pupil in ["", "nobody"] {
        let answer = teacher.post("/class/board/name", &[("pupil", pupil), ("name", "Eve")]);
        assert_eq!(answer.status, 400, "{pupil}");
    }
}

#[test]
fn the_number_of_a_name_stays_when_another_pupil_leaves() {
    let (app, mut teacher) = classroom();
    let code = code(&mut teacher);
    let [mut first, ..] = ["Ada", "Ada", "Ada"].map(|name| pupil(&app.url, &code, name));
    assert_eq!(rows(&teacher.get("/class/board").body), ["Ada", "Ada (2)", "Ada (3)"]);
    first.post("/class/leave", &[]);
    assert_eq!(rows(&teacher.get("/class/board").body), ["Ada (2)", "Ada (3)"]);
    pupil(&app.url, &code, "ADA");
    assert_eq!(rows(&teacher.get("/class/board").body), ["Ada (2)", "Ada (3)", "ADA"]);
}

#[test]
fn whoever_comes_back_elsewhere_leaves_nothing_open_in_the_browser_before() {
    let (app, mut teacher) = classroom();
    let mut before = pupil(&app.url, &code(&mut teacher), "Ada");
    solve_anatomy(&mut before);
    let mut copy = before.clone();
    let ada = id(&board(&mut teacher), "Ada");
    let own = return_code(&mut teacher, &ada);
    let says = "the browser that Ada used before no longer counts";
    assert!(teacher.get(&format!("/class/board?view=back&open={ada}")).body.contains(says));
    assert!(before.get("/class").body.contains("<strong>Ada</strong>"), "until the code is used");
    let mut now = Browser::of(&app.url);
    assert_eq!(now.post("/class", &[("code", &own), ("back", "yes")]).location(), "/class?done=back");
    for browser in [&mut before, &mut copy] {
        assert!(!browser.get("/lab").body.contains("You are in the class as"));
        assert!(!browser.get(ANATOMY).body.contains("You are in the"));
        let page = browser.get("/class").body;
        assert!(page.contains("came back in another browser") && !page.contains("Ada"), "{page}");
        browser.post("/class/name", &[("name", "Eve")]);
        browser.post("/lab/reset", &[]);
        browser.post("/class/leave", &[]);
    }
    let seen = board(&mut teacher);
    assert_eq!(standing(&seen, "Ada", "anatomy")["state"], "solved", "{seen}");
    assert!(now.get("/class").body.contains("<strong>Ada</strong>"));
    let again = return_code(&mut teacher, &ada);
    let mut third = Browser::of(&app.url);
    third.post("/class", &[("code", &again), ("back", "yes")]);
    assert!(now.get("/class").body.contains("came back in another browser"), "each return counts");
    assert!(third.get("/class").body.contains("<strong>Ada</strong>"));
}

#[test]
fn a_pupil_who_deletes_their_own_progress_is_seen_to_have_begun_again() {
    let (app, mut teacher) = classroom();
    let mut ada = pupil(&app.url, &code(&mut teacher), "Ada");
    solve_anatomy(&mut ada);
    assert!(!teacher.get("/class/board").body.contains("began again"));
    for (count, says) in [(1, "<small>began again</small>"), (2, "<small>began again 2 times</small>")] {
        assert_eq!(ada.post("/lab/reset", &[]).status, 303);
        assert!(!ada.get(ANATOMY).body.contains("class=\"done\""));
        let page = teacher.get("/class/board").body;
        assert!(page.contains(says), "{says}: {page}");
        assert_eq!(board(&mut teacher)["pupils"][0]["began_again"], count);
        let csv = teacher.get("/class/board.csv").body;
        let line = csv.lines().find(|line| line.contains("\"anatomy\"")).unwrap();
        assert!(line.ends_with(&format!(",\"Anatomy of a token\",\"yes\",\"{count}\"")), "{line}");
    }
    assert!(ada.get("/class").body.contains("How often you began again."));
    let ada_id = id(&board(&mut teacher), "Ada");
    teacher.post("/class/board/reset", &[("pupil", &ada_id)]);
    assert_eq!(board(&mut teacher)["pupils"][0]["began_again"], Value::from(0), "the teacher's reset is no restart");
}

#[test]
fn the_log_says_what_to_set_if_only_this_computer_reaches_the_class() {
    let program = Program::with_keys();
    let says = "only this computer reaches the class: set --bind, or --public-url or --allowed-host behind a proxy\n";
    let for_pupils = "for pupils, put the address of this computer in your network in place of `localhost`\n";
    let log = program.serve_at("0.0.0.0:0", &["--class", "on", "--credentials", "any"]).log_at_rest();
    let (_, after) = log.split_once("the teacher's link is http://localhost:").unwrap();
    assert!(after.lines().nth(1).unwrap().contains(for_pupils.trim_end()), "{log}");
    for (flags, is_said) in [
        (&["--class", "on"][..], true),
        (&["--class", "on", "--allowed-host", "localhost"], true),
        (&["--class", "on", "--allowed-host", "school.example"], false),
        (&["--class", "on", "--public-url", "https://school.example", "--credentials", "any"], false),
    ] {
        let log = program.serve(flags).log_at_rest();
        let link = log.lines().find(|line| line.contains("the teacher's link is http")).unwrap();
        assert!(!link.contains("--bind"), "{link}");
        assert_eq!(log.contains(says), is_said, "{flags:?}: {log}");
        assert!(!log.contains(for_pupils), "{flags:?}: {log}");
    }
    let help = program.run(&["serve", "--help"]).stdout;
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    let says = "Let pupils join a class; for other devices listen beyond this machine";
    assert!(help.contains(says), "{help}");
}

#[test]
fn a_pupil_who_is_stuck_and_in_another_part_of_a_large_class_can_be_chosen() {
    let (app, mut teacher) = classroom();
    let code = code(&mut teacher);
    let mut pupils: Vec<_> = (1..=42).map(|number| pupil(&app.url, &code, &format!("Pupil {number}"))).collect();
    get_stuck(&mut pupils[41]);
    let last = id(&board(&mut teacher), "Pupil 42");
    let page = teacher.get(&format!("/class/board?open={last}")).body;
    assert!(page.contains(&format!("name=\"pupil\" value=\"{last}\"")), "{page}");
    assert!(page.contains("This deletes the progress of Pupil 42 in</label>"), "{page}");
    assert!(page.contains("This deletes Pupil 42, with the name and all progress."), "{page}");
    assert_eq!(rows(&teacher.get("/class/board?sort=stuck").body)[0], "Pupil 42");
    assert!(teacher.get("/class/board?sort=stuck").body.contains("href=\"/class/board?sort=stuck&#38;part=2#pupils\""));
    assert_eq!(rows(&teacher.get("/class/board?sort=stuck&part=2").body)[11], "Pupil 41");
    assert_eq!(LESSONS.len(), 25);
}
