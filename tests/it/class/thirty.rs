//! Thirty pupils over https, from joining to the end of the class.

use serde_json::Value;

use super::client::{Browser, teacher_link};
use super::{ANATOMY, board, code, pupil, right, solve_anatomy, standing, wrong};
use crate::cli::{Program, Serving};

const PUPILS: usize = 30;

/// Each is found nowhere by accident.
fn name(number: usize) -> String {
    format!("Xyzzy-{number:02}")
}

/// How many pupils are in this state, and how many predicted so.
fn counted(board: &Value, field: &str, value: &str) -> usize {
    (0..PUPILS).filter(|number| standing(board, &name(*number), "anatomy")[field] == value).count()
}

#[test]
fn thirty_pupils_join_work_log_out_close_the_browser_and_come_back() {
    let program = Program::with_keys();
    let serving = program.serve(&["--class", "on", "--tls-self-signed"]);
    let mut teacher = Browser::of(&serving.url);
    teacher.get(&teacher_link(&serving.log()));
    let code = code(&mut teacher);

    let joining: Vec<_> = (0..PUPILS)
        .map(|number| {
            let (url, code) = (serving.url.clone(), code.clone());
            std::thread::spawn(move || pupil(&url, &code, &name(number)))
        })
        .collect();
    let mut pupils: Vec<Browser> = joining.into_iter().map(|it| it.join().unwrap()).collect();
    let seen = board(&mut teacher);
    assert_eq!(seen["pupils"].as_array().unwrap().len(), PUPILS, "all at once, from one address");
    assert_eq!(counted(&seen, "state", "not_begun"), PUPILS);

    for (number, pupil) in pupils.iter_mut().enumerate() {
        assert!(pupil.cookie_line("__Host-hallpass-pupil").contains("Secure"));
        let choice = if number % 2 == 0 { right("anatomy") } else { wrong("anatomy") };
        pupil.get("/generate");
        pupil.post(ANATOMY, &[("step", "predict"), ("predict", choice)]);
    }
    let seen = board(&mut teacher);
    let predicted = ["right", "wrong"].map(|value| counted(&seen, "prediction", value));
    assert_eq!((counted(&seen, "state", "open"), predicted), (PUPILS, [15, 15]));

    for pupil in pupils.iter_mut().take(20) {
        pupil.post(ANATOMY, &[("step", "hint")]);
        solve_anatomy(pupil);
    }
    let seen = board(&mut teacher);
    assert_eq!(["solved", "open"].map(|state| counted(&seen, "state", state)), [20, 10]);

    for pupil in &mut pupils {
        pupil.post("/logout", &[]);
        pupil.reopen();
    }
    assert_eq!(board(&mut teacher)["pupils"], seen["pupils"], "neither changes the board");
    for (number, pupil) in pupils.iter_mut().enumerate() {
        let page = pupil.get(ANATOMY).body;
        assert_eq!(page.contains("class=\"done\""), number < 20, "{number}");
        assert!(pupil.get("/class").body.contains(&name(number)));
    }
    assert_names_are_nowhere(&mut pupils, &serving);

    teacher.post("/class/board/end", &[]);
    assert_eq!(board(&mut teacher)["pupils"], serde_json::json!([]));
    for pupil in &mut pupils {
        assert!(pupil.get("/class").body.contains("Your class has ended."));
    }
    let log = serving.log_at_rest();
    assert!(!log.contains("Xyzzy"), "{log}");
    serving.stop();
    let rows = std::fs::read(program.path("hallpass.db")).unwrap();
    let text = String::from_utf8_lossy(&rows);
    assert!(text.contains("CREATE TABLE pupils"), "the file is the right one");
}

/// In no metric, and in no page but the pupil's own.
fn assert_names_are_nowhere(pupils: &mut [Browser], serving: &Serving) {
    let metrics = Browser::of(&serving.url).get("/metrics").body;
    assert!(metrics.contains("http_requests") && !metrics.contains("Xyzzy"), "{metrics}");
    for (number, pupil) in pupils.iter_mut().enumerate() {
        for path in ["/lab", "/class", "/lab/attacks", ANATOMY] {
            let page = pupil.get(path).body;
            let others = page.matches("Xyzzy-").count() - page.matches(&name(number)).count();
            assert_eq!(others, 0, "{path}");
            assert!(!page.contains("href=\"/class?") && !page.contains("?name="), "{path}");
        }
    }
}
