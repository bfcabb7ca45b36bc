//! Joining a class, coming back to it, leaving it, and the names of pupils.

use hallpass::lab::lessons::LESSONS;

use super::client::Browser;
use super::{ANATOMY, board, classroom, code, id, pupil, return_code, solve_anatomy, standing};

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
    assert_eq!(ada.post("/class", &[("code", &code), ("name", "Ada Lovelace")]).location(), "/class", "pressed twice");
    let stayed = ada.post("/class", &[("code", &code), ("name", "Eve")]);
    assert_eq!((stayed.status, stayed.location()), (303, "/class?done=stayed"));
    let says = "<strong>Nothing was changed:</strong> this browser is in the class as Ada Lovelace. Not Ada Lovelace?";
    assert!(ada.get(stayed.location()).body.contains(says));
    assert_eq!(ada.post("/class", &[("code", "BCDFGHJK"), ("back", "yes")]).location(), "/class?done=stayed");
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
    for pupil in ["", "nobody"] {
        assert_eq!(teacher.post("/class/board/back", &[("pupil", pupil)]).status, 400, "{pupil}");
    }
    assert_eq!(teacher.post("/class/board/back", &[]).status, 400);
}

#[test]
fn the_code_of_the_class_typed_below_come_back_is_told_where_it_belongs() {
    let (app, mut teacher) = classroom();
    let code = code(&mut teacher);
    let mut ada = Browser::of(&app.url);
    let told = ada.post("/class", &[("code", &code.to_lowercase()), ("back", "yes")]);
    let says = "A code with six letters is the code of the class. To join, type your name in the form above";
    assert!(told.status == 400 && told.body.contains(says), "{}", told.body);
    let field =
        |id: &str, value: &str| format!("id=\"{id}\" name=\"code\" type=\"text\" class=\"code\" value=\"{value}\"");
    assert!(told.body.contains(&field("code", &code.to_lowercase())) && told.body.contains(&field("back", "")));
    let wrong = ada.post("/class", &[("code", "BCDFGHJK"), ("back", "yes")]).body;
    assert!(wrong.contains(&field("code", "")) && wrong.contains(&field("back", "BCDFGHJK")), "{wrong}");
    teacher.post("/class/board/joining", &[("open", "false")]);
    let closed = ada.post("/class", &[("code", &code), ("back", "yes")]).body;
    assert!(
        closed.contains("is the code of the class, and joining is closed.") && !closed.contains("above"),
        "{closed}"
    );
}

#[test]
fn who_joins_under_a_name_that_is_taken_is_told_what_to_do_until_they_begin_to_work() {
    let (app, mut teacher) = classroom();
    let code = code(&mut teacher);
    let [mut first, mut second] = ["Olga", "olga"].map(|name| pupil(&app.url, &code, name));
    let says = "Another pupil had this name before you, so you are called <strong>olga (2)</strong>. Was that you";
    assert!(!first.get("/class").body.contains("had this name before you"));
    assert!(second.get("/class").body.contains(says));
    second.get(ANATOMY);
    assert!(!second.get("/class").body.contains(says));
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
