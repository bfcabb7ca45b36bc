//! Wrong codes: they are slowed down, and keep nobody out who has the right one.

use std::thread;
use std::time::{Duration, Instant};

use super::client::{Answer, Browser};
use super::{board, classroom, code, pupil};

/// A code of which there is no class.
const WRONG: &str = "BCDFGH";

fn try_code(url: &str, code: &str) -> Answer {
    Browser::of(url).post("/class", &[("code", code), ("name", "Eve & \"co\"")])
}

#[test]
fn whoever_types_wrong_codes_keeps_nobody_at_the_same_address_out() {
    let (app, mut teacher) = classroom();
    let code = code(&mut teacher);
    for _ in 0..30 {
        assert_eq!(try_code(&app.url, WRONG).status, 400);
    }
    for number in 0..30 {
        pupil(&app.url, &code, &format!("Pupil {number}"));
    }
    assert_eq!(try_code(&app.url, WRONG).status, 429);
    pupil(&app.url, &code, "One more");
    assert_eq!(board(&mut teacher)["pupils"].as_array().unwrap().len(), 31);
}

#[test]
fn too_many_wrong_codes_are_answered_with_the_form_and_when_to_try_again() {
    let (app, _teacher) = classroom();
    for _ in 0..30 {
        try_code(&app.url, WRONG);
    }
    app.advance(18);
    let refused = try_code(&app.url, WRONG);
    assert_eq!((refused.status, refused.header("retry-after")), (429, "42"));
    for part in [
        "You did not join.",
        "You can try the right code at once. Other codes are looked at again in 42 seconds.",
        "name=\"code\" type=\"text\" class=\"code\" value=\"BCDFGH\"",
        "value=\"Eve &#38; &#34;co&#34;\"",
        ">Join</button>",
    ] {
        assert!(refused.body.contains(part), "{part}: {}", refused.body);
    }
    app.advance(42);
    assert_eq!(try_code(&app.url, WRONG).status, 400, "then wrong codes are free again");
}

/// What makes guessing hopeless, whatever a client does with its connections.
#[test]
fn after_30_wrong_codes_five_are_checked_a_second_and_the_rest_are_refused_at_once() {
    let (app, mut teacher) = classroom();
    let code = code(&mut teacher);
    for _ in 0..30 {
        try_code(&app.url, WRONG);
    }
    let started = Instant::now();
    for _ in 0..6 {
        assert_eq!(try_code(&app.url, WRONG).status, 429);
    }
    assert!(started.elapsed() >= Duration::from_secs(1), "{:?}", started.elapsed());

    let guessers: Vec<_> = (0..60)
        .map(|_| {
            let url = app.url.clone();
            thread::spawn(move || try_code(&url, WRONG))
        })
        .collect();
    let answers: Vec<_> = guessers.into_iter().map(|guesser| guesser.join().unwrap()).collect();
    assert!(answers.iter().all(|answer| answer.status == 429));
    let unseen: Vec<_> = answers.iter().filter(|answer| answer.body.contains("was not looked at")).collect();
    assert!(!unseen.is_empty() && unseen.iter().all(|answer| answer.header("retry-after") == "5"));
    assert!(unseen[0].body.contains("Try again in 5 seconds."), "{}", unseen[0].body);
    pupil(&app.url, &code, "Ada");
}
