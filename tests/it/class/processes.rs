//! Several servers: two classes at once, and one class in two processes.

use super::client::Browser;
use super::{ANATOMY, ON, board, code, id, pupil, return_code, solve_anatomy, standing, teacher_of};
use crate::app::TestApp;
use crate::cli::Program;
use crate::manual::Page;
use crate::postgres::Postgres;

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

/// Two processes with a class on one database: this one, or that of the keys folder.
pub fn processes(database: Option<&str>) -> [TestApp; 2] {
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
