//! Class mode: pupils who join and work, the teacher who sees them, and what nobody else may see.

mod browser;
mod client;
mod codes;
mod teaching;
mod thirty;
mod told;

use hallpass::lab::lessons::hints::Open;
use hallpass::lab::lessons::{LESSONS, Lesson};
use serde_json::Value;

use crate::app::TestApp;
use crate::cli::{Program, mode};
use crate::html::words;
use crate::manual::Page;
use crate::postgres::Postgres;
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
    let (_, rest) = page.split_once("name=\"token\" value=\"").unwrap();
    let token = rest.split('"').next().unwrap().to_owned();
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

/// The flags of the servers in this section of the manual's page on operations, without the address.
fn servers_of(section: &str) -> Vec<Vec<String>> {
    let page = Page::read("docs/operations.md");
    let section = page.text.split_once(section).unwrap().1.split("\n## ").next().unwrap().to_owned();
    let lines = section.lines().filter_map(|line| line.strip_prefix("hallpass --bind 0.0.0.0:"));
    lines.map(|line| line.split(' ').skip(1).map(str::to_owned).collect()).collect()
}

#[test]
fn two_servers_as_the_manual_starts_them_hold_two_classes() {
    let servers = servers_of("### Two classes at once\n");
    let programs = [Program::new(), Program::new()];
    let classes: Vec<_> = programs
        .iter()
        .zip(&servers)
        .map(|(program, flags)| {
            let serving = program.serve(&flags.iter().map(String::as_str).collect::<Vec<_>>());
            let key = program.read("keys/teacher.key").trim().to_owned();
            let mut teacher = Browser::of(&serving.url);
            assert_eq!(teacher.get(&format!("/class/board?key={key}")).status, 303);
            (serving, key, teacher)
        })
        .collect();
    let [(first, key, mut teacher), (second, _, mut other)] = classes.try_into().ok().expect("two servers");
    let mut ada = pupil(&first.url, &code(&mut teacher), "Ada");
    assert_ne!(code(&mut teacher), code(&mut other));
    assert_eq!(Browser::of(&second.url).get(&format!("/class/board?key={key}")).status, 403);
    assert!(board(&mut other)["pupils"].as_array().unwrap().is_empty(), "she is in the first class alone");
    assert!(ada.get("/class").body.contains("<strong>Ada</strong>"));
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
        for path in
            ["start", "reset", "remove", "name", "hold", "lesson", "joining", "code", "path", "back", "leave", "end"]
        {
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
        for path in ["end", "code", "joining", "path", "back", "leave"] {
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
fn a_pupil_joins_with_the_code_and_sees_what_is_kept() {
    let (app, mut teacher) = classroom();
    let code = code(&mut teacher);
    let mut ada = pupil(&app.url, &code.to_lowercase(), "  Ada Lovelace ");
    let page = ada.get("/class").body;
    for part in ["<strong>Ada Lovelace</strong>", "29 January 2027", "Leave", "0 of"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let line = ada.cookie_line("hallpass-pupil");
    assert!(line.contains("Max-Age=2592000") && line.contains("HttpOnly"), "{line}");
    assert!(ada.get("/lab").body.contains("You are in the class as <strong>Ada Lovelace</strong>"));
    assert_eq!(ada.post("/class", &[("code", &code), ("name", "Eve")]).status, 303);
    assert_eq!(board(&mut teacher)["pupils"].as_array().unwrap().len(), 1, "she stays who she is");
    assert_eq!(ada.post("/class/leave", &[]).location(), "/class?done=left");
    assert!(
        ada.get("/class?done=left")
            .body
            .contains("You left the class. Your name and your progress in it were deleted.")
    );
    assert_eq!(board(&mut teacher)["pupils"].as_array().unwrap().len(), 0);
    assert!(ada.get("/class").body.contains("Join with the code"));
}

#[test]
fn a_name_or_code_that_is_not_accepted_says_why_and_what_was_typed_stays() {
    let (app, mut teacher) = classroom();
    let code = code(&mut teacher);
    let mut visitor = Browser::of(&app.url);
    for (code, name, says) in [
        (code.as_str(), "", "Type a name of 1 to 40 characters"),
        (&code, "  ", "Type a name"),
        (&code, &"x".repeat(41), "This name has 41 characters"),
        (&code, "A\u{202e}b", "contains a character that cannot be shown"),
        ("nonono", "Ada", "No class is open with this code"),
        ("", "Ada", "Type the code of the class."),
        (" ", "Ada", "Type the code of the class."),
    ] {
        let answer = visitor.post("/class", &[("code", code), ("name", name)]);
        assert_eq!(answer.status, 400, "{name}");
        assert!(answer.body.contains(says), "{says}: {}", answer.body);
        assert!(
            answer.body.contains(&format!("name=\"code\" type=\"text\" class=\"code\" value=\"{code}\"")),
            "{name}"
        );
    }
    assert!(board(&mut teacher)["pupils"].as_array().unwrap().is_empty());
    let cut = visitor.post("/class", &[("code", "x"), ("name", "<b>&\"")]).body;
    assert!(cut.contains("&#60;b&#62;&#38;&#34;"), "{cut}");
}

#[test]
fn several_classes_may_join_from_one_address_and_a_new_code_lets_more() {
    let (app, mut teacher) = classroom();
    let old = code(&mut teacher);
    for number in 0..150 {
        pupil(&app.url, &old, &format!("Pupil {number}"));
    }
    let mut one_more = Browser::of(&app.url);
    let refused = one_more.post("/class", &[("code", &old), ("name", "Eve")]);
    assert_eq!((refused.status, refused.header("retry-after")), (429, "3600"));
    assert!(refused.body.contains("Ask your teacher for a new code. Try again in 60 minutes."), "{}", refused.body);
    assert!(refused.body.contains("name=\"name\" type=\"text\" value=\"Eve\""), "{}", refused.body);
    teacher.post("/class/board/code", &[]);
    pupil(&app.url, &code(&mut teacher), "Ada");
    assert_eq!(board(&mut teacher)["pupils"].as_array().unwrap().len(), 151);
}

#[test]
fn the_teacher_closes_joining_and_gives_the_class_a_new_code() {
    let (app, mut teacher) = classroom();
    let first = code(&mut teacher);
    let mut ada = pupil(&app.url, &first, "Ada");
    let closed = teacher.post("/class/board/joining", &[("open", "false")]);
    assert_eq!((closed.status, closed.location()), (303, "/class/board?done=joining-closed#main"));
    let page = teacher.get("/class/board?done=joining-closed").body;
    for part in ["Nobody can join now.", "Joining is closed", ">Open joining<"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(board(&mut teacher)["joining_open"], false);
    let mut eve = Browser::of(&app.url);
    let says = "Joining is closed. Ask your teacher to open it.";
    assert!(eve.get("/class").body.contains(says));
    let refused = eve.post("/class", &[("code", &first), ("name", "Eve")]);
    assert!(refused.status == 400 && refused.body.contains(says), "{}", refused.body);
    assert!(ada.get("/class").body.contains("<strong>Ada</strong>"), "who has joined stays");

    assert_eq!(teacher.post("/class/board/code", &[]).location(), "/class/board?done=new-code#main");
    teacher.post("/class/board/joining", &[("open", "true")]);
    let second = code(&mut teacher);
    assert_ne!(first, second);
    let stale = eve.post("/class", &[("code", &first), ("name", "Eve")]);
    assert!(stale.status == 400 && stale.body.contains("No class is open with this code"), "{}", stale.body);
    pupil(&app.url, &second, "Bob");
    solve_anatomy(&mut ada);
    assert_eq!(standing(&board(&mut teacher), "Ada", "anatomy")["state"], "solved");
    assert_eq!(teacher.post("/class/board/joining", &[("open", "perhaps")]).status, 400);
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

/// The code with which this pupil comes back, as the teacher's page shows it.
fn return_code(teacher: &mut Browser, id: &str) -> String {
    let made = teacher.post("/class/board/back", &[("pupil", id)]);
    assert_eq!((made.status, made.location()), (303, format!("/class/board?view=back&open={id}").as_str()));
    let page = teacher.get(made.location()).body;
    assert!(page.contains("works once, and for 10 more minutes"), "{page}");
    page.split_once("class-code\"><strong>").unwrap().1.split('<').next().unwrap().to_owned()
}

#[test]
fn a_pupil_who_lost_the_cookie_comes_back_once_with_a_code_of_their_own() {
    let (app, mut teacher) = classroom();
    let class_code = code(&mut teacher);
    let mut ada = pupil(&app.url, &class_code, "Ada");
    pupil(&app.url, &class_code, "Bob");
    solve_anatomy(&mut ada);
    let ada_id = id(&board(&mut teacher), "Ada");
    let stale = return_code(&mut teacher, &ada_id);
    let own = return_code(&mut teacher, &ada_id);
    assert!(!teacher.get("/class/board").body.contains(&own), "the room sees the board");
    assert!(!teacher.get("/class/board.json").body.contains(&own));

    let mut elsewhere = Browser::of(&app.url);
    let typed = own.to_lowercase().replace('-', " ");
    let refused = elsewhere.post("/class", &[("code", &stale), ("name", "Ada")]);
    assert!(refused.status == 400 && refused.body.contains("You did not come back."), "{}", refused.body);
    teacher.post("/class/board/joining", &[("open", "false")]);
    assert!(elsewhere.get("/class").body.contains(">Come back<"), "also while joining is closed");
    let back = elsewhere.post("/class", &[("code", &typed), ("name", "somebody")]);
    assert_eq!((back.status, back.location()), (303, "/class?done=back"));
    assert!(elsewhere.get("/class").body.contains("<strong>Ada</strong>"));
    assert!(elsewhere.get(ANATOMY).body.contains("class=\"done\""), "with the progress");
    let mut thief = Browser::of(&app.url);
    let spent = thief.post("/class", &[("code", &own), ("back", "yes")]);
    assert!(spent.status == 400 && spent.body.contains("was used before"), "{}", spent.body);
    assert!(teacher.get(&format!("/class/board?view=back&open={ada_id}")).body.contains("There is no code"));
    assert_eq!(board(&mut teacher)["pupils"].as_array().unwrap().len(), 2, "nobody joined a second time");
    for pupil in ["", "nobody", "0123456789abcdef"] {
        assert_eq!(teacher.post("/class/board/back", &[("pupil", pupil)]).status, 400, "{pupil}");
    }
    assert_eq!(teacher.post("/class/board/back", &[]).status, 400);
}

#[test]
fn a_code_to_come_back_expires_and_wrong_ones_are_limited_like_those_of_a_class() {
    let (app, mut teacher) = classroom();
    pupil(&app.url, &code(&mut teacher), "Ada");
    let ada_id = id(&board(&mut teacher), "Ada");
    let own = return_code(&mut teacher, &ada_id);
    app.advance(600);
    let mut ada = Browser::of(&app.url);
    assert_eq!(ada.post("/class", &[("code", &own), ("back", "yes")]).status, 400);
    let own = return_code(&mut teacher, &ada_id);
    let short = ada.post("/class", &[("code", "BCD"), ("back", "yes")]);
    assert!(short.status == 400 && short.body.contains("You did not come back."), "{}", short.body);
    assert!(short.body.contains("class=\"code\" value=\"BCD\""), "what was typed stays: {}", short.body);
    for _ in 0..29 {
        assert_eq!(ada.post("/class", &[("code", "BCDFGHJK"), ("back", "yes")]).status, 400);
    }
    let refused = ada.post("/class", &[("code", "BCDFGHJK"), ("back", "yes")]);
    assert_eq!((refused.status, refused.header("retry-after")), (429, "60"));
    assert!(refused.body.contains("You did not come back.") && refused.body.contains("value=\"BCDFGHJK\""));
    assert_eq!(ada.post("/class", &[("code", &own), ("back", "yes")]).status, 303, "a right one is taken");
}

#[test]
fn this_is_not_me_frees_the_browser_and_keeps_the_pupil() {
    let (app, mut teacher) = classroom();
    let class_code = code(&mut teacher);
    let mut shared = pupil(&app.url, &class_code, "Ada");
    solve_anatomy(&mut shared);
    for path in ["/lab", ANATOMY] {
        assert!(shared.get(path).body.contains("<a href=\"/class#not-me\">This is not me</a>"), "{path}");
    }
    assert!(shared.get("/class").body.contains("id=\"not-me\""));
    for header in ["Sec-Fetch-Site: cross-site", "Origin: https://evil.example"] {
        assert_eq!(shared.post_with("/class/away", &[], header).status, 403, "{header}");
    }
    assert_eq!(shared.post("/class/away", &[]).location(), "/class?done=away");
    assert!(shared.get("/class?done=away").body.contains("Your name and your progress stay in the class."));
    assert!(!shared.get(ANATOMY).body.contains("class=\"done\""));
    shared.post("/class", &[("code", &class_code), ("name", "Bob")]);
    assert!(shared.get("/class").body.contains("<strong>Bob</strong>"));
    let seen = board(&mut teacher);
    assert_eq!(standing(&seen, "Ada", "anatomy")["state"], "solved");
    shared.post("/class/away", &[]);
    let own = return_code(&mut teacher, &id(&seen, "Ada"));
    shared.post("/class", &[("code", &own), ("back", "yes")]);
    assert!(shared.get("/class").body.contains("<strong>Ada</strong>"));
    assert!(shared.get(ANATOMY).body.contains("class=\"done\""));
}

#[test]
fn a_pupil_changes_their_name() {
    let (app, mut teacher) = classroom();
    let class_code = code(&mut teacher);
    let mut ada = pupil(&app.url, &class_code, "Ada");
    pupil(&app.url, &class_code, "Zoë");
    solve_anatomy(&mut ada);
    let renamed = ada.post("/class/name", &[("name", " Zoe\u{308} ")]);
    assert_eq!((renamed.status, renamed.location()), (303, "/class?done=renamed"));
    assert!(ada.get("/class?done=renamed").body.contains("Your name was changed."));
    assert!(ada.get("/lab").body.contains("as <strong>Zoë (2)</strong>"), "at once");
    let csv = teacher.get("/class/board.csv").body;
    assert!(csv.contains("\"Zoë\"") && csv.contains("\"Zoë (2)\"") && !csv.contains("Ada"), "{csv}");
    for (name, says) in [
        ("", "Type a name of 1 to 40 characters"),
        ("\u{301}", "has no visible character"),
        ("\u{2800}", "contains a character that cannot be shown"),
        ("x\u{300}\u{301}\u{302}", "too many marks on one letter"),
    ] {
        let refused = ada.post("/class/name", &[("name", name)]);
        assert!(refused.status == 400 && refused.body.contains(says), "{name:?}: {}", refused.body);
        assert!(refused.body.contains("Your name is as it was."), "{}", refused.body);
    }
    let mut stranger = Browser::of(&app.url);
    assert_eq!(stranger.post("/class/name", &[("name", "Eve")]).location(), "/class");
    assert_eq!(ada.post_with("/class/name", &[("name", "Eve")], "Sec-Fetch-Site: cross-site").status, 403);
    assert_eq!(board(&mut teacher)["pupils"][0]["name"], "Zoë");
    assert_eq!(board(&mut teacher)["pupils"][0]["lessons"]["anatomy"]["state"], "solved");
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
    let token = page.split_once("name=\"token\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
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
fn what_is_held_is_hidden_from_everybody_but_the_teacher() {
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
    assert_eq!((seen["solutions_held"].clone(), seen["codes_held"].clone()), (false.into(), true.into()));
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

#[test]
fn names_alike_are_told_apart_and_no_name_is_a_formula_or_markup() {
    let (app, mut teacher) = classroom();
    let code = code(&mut teacher);
    for name in ["Ada", "Ada", "ADA", "Ada (2)", "=HYPERLINK(\"x\")", "<script>x</script>"] {
        pupil(&app.url, &code, name);
    }
    let csv = teacher.get("/class/board.csv");
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    assert!(csv.body.starts_with("\u{feff}\"pupil\",\"id\",\"joined_at\","), "{}", csv.body);
    let seen = board(&mut teacher);
    let ids = seen["pupils"].as_array().unwrap().iter().map(|pupil| pupil["id"].as_str().unwrap());
    for (name, id) in ["Ada", "Ada (2)", "ADA (3)", "Ada (2) (2)"].into_iter().zip(ids) {
        assert!(csv.body.contains(&format!("\r\n\"{name}\",\"{id}\",\"2027-01-15T08:00:00Z\"")), "{}", csv.body);
    }
    assert!(csv.body.contains("\"'=HYPERLINK(\"\"x\"\")\""), "{}", csv.body);
    assert_eq!(csv.body.lines().count(), 1 + 6 * LESSONS.len());
    let head = "\"solved_at\",\"title\",\"open\",\"began_again\"";
    assert!(csv.body.lines().next().unwrap().ends_with(head), "new columns come last: {}", csv.body);
    let html = teacher.get("/class/board").body;
    assert!(html.contains("Ada (2)") && !html.contains("<script>x"), "{html}");
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
fn a_press_that_answers_nothing_is_no_wrong_try() {
    let (app, mut teacher) = classroom();
    let mut ada = pupil(&app.url, &code(&mut teacher), "Ada");
    let page = ada.post(ANATOMY, &[("step", "skip")]).status;
    assert_eq!(page, 303);
    let page = ada.get(ANATOMY).body;
    let token = page.split_once("name=\"token\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
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

/// Two processes with a class on one database: this one, or that of the keys folder.
fn processes(database: Option<&str>) -> [TestApp; 2] {
    let mut settings = vec![ON];
    settings.extend(database.map(|database| ("database", database)));
    let first = TestApp::with(&settings);
    let second = first.with_same_keys_and(&settings);
    [first, second]
}

#[test]
fn two_processes_share_a_class() {
    let postgres = Postgres::shared().map(Postgres::database);
    for database in [None, postgres.as_deref()] {
        let [first, second] = processes(database);
        let mut teacher = teacher_of(&first);
        let mut ada = pupil(&second.url, &code(&mut teacher), "Ada");
        ada.turn_to(&first.url);
        assert!(!ada.get(ANATOMY).body.contains("class=\"done\""));
        ada.turn_to(&second.url);
        solve_anatomy(&mut ada);
        ada.turn_to(&first.url);
        assert!(ada.get(ANATOMY).body.contains("class=\"done\""), "the first process asks again at once");
        assert_eq!(standing(&board(&mut teacher), "Ada", "anatomy")["state"], "solved");
        let mut ada_elsewhere = ada.before(&second.url);
        let mut teacher_elsewhere = teacher.before(&second.url);
        let old = code(&mut teacher);
        let own = return_code(&mut teacher_elsewhere, &id(&board(&mut teacher), "Ada"));
        let mut ada_again = Browser::of(&first.url);
        assert_eq!(ada_again.post("/class", &[("code", &own), ("back", "yes")]).status, 303);
        ada_again.post("/class/name", &[("name", "Ada L.")]);
        ada_again.turn_to(&second.url);
        assert!(ada_again.get("/lab").body.contains("<strong>Ada L.</strong>"), "the other process asks again at once");
        teacher_elsewhere.post("/class/board/path", &[("path", "45")]);
        assert_eq!(board(&mut teacher)["lessons"], board(&mut teacher_elsewhere)["lessons"]);
        teacher_elsewhere.post("/class/board/code", &[]);
        let mut eve = Browser::of(&first.url);
        assert_eq!(eve.post("/class", &[("code", &old), ("name", "Eve")]).status, 400);
        teacher_elsewhere.post("/class/board/joining", &[("open", "false")]);
        let new = code(&mut teacher);
        assert!(eve.post("/class", &[("code", &new), ("name", "Eve")]).body.contains("Joining is closed."));
        assert_eq!(board(&mut teacher_elsewhere), board(&mut teacher));
        teacher_elsewhere.post("/class/board/end", &[]);
        assert!(ada_elsewhere.get("/class").body.contains("Your class has ended."));
    }
}

#[test]
fn a_change_reaches_a_board_that_is_open_whichever_process_made_it() {
    let first = TestApp::with(&[ON]);
    let second = first.with_same_keys_and(&[ON]);
    let mut teacher = teacher_of(&first);
    let code = code(&mut teacher);
    let mut events = teacher.stream("/class/board/events");
    assert!(events.until("Nobody has joined yet.").contains("content-type: text/event-stream"));
    let mut ada = pupil(&second.url, &code, "Ada");
    events.until("Ada");
    ada.get(ANATOMY);
    events.until("open");
    let mut elsewhere = teacher.before(&second.url);
    elsewhere.post("/class/board/hold", &[("what", "codes"), ("held", "true")]);
    let settings = events.until(" true true ");
    assert!(settings.contains("event: settings\ndata: "), "{settings}");
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
