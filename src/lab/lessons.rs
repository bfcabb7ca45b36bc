//! The guided lessons: goal, do, predict, verdict, why. Here is what each says and what an answer is worth; how a visitor
//! does it stands beside the pages.

pub mod anatomy;
pub mod cookie_laboratory;
pub mod cross_site_forms;
pub mod gullible;
pub mod hs256_or_rs256;
pub mod key_confusion;
pub mod keys_in_the_header;
pub mod logout;
pub mod need_a_jwt;
pub mod none;
pub mod remark;
pub mod rotation;
pub mod script_reach;
pub mod set_cookie;
pub mod size_limit;
pub mod tamper;
pub mod two_clocks;
pub mod weak_secret;

use std::ops::Range;

pub use gullible::{Objection, WANTED, text_of};

/// One lesson as its page tells it. In every text a pair of backticks marks what is code.
pub struct Lesson {
    /// The last part of its address.
    pub slug: &'static str,
    pub title: &'static str,
    /// What the visitor can do or say at its end, in one sentence.
    pub goal: &'static str,
    pub minutes: u8,
    pub question: Question,
    /// From a nudge to nearly all.
    pub hints: &'static [&'static str],
    /// Whoever follows this to the letter solves the lesson.
    pub solution: &'static str,
    /// Why it came out so; a paragraph each. Shown once the lesson was tried.
    pub why: &'static [&'static str],
    /// Where the rules stand, such as `RFC 8725 §3.1`.
    pub rfcs: &'static [&'static str],
}

/// What a visitor predicts before the outcome is shown.
pub struct Question {
    pub asks: &'static str,
    pub choices: &'static [Choice],
}

/// One answer to it.
pub struct Choice {
    /// What the form sends for it.
    pub value: &'static str,
    pub says: &'static str,
    pub is_right: bool,
    /// What is said to whoever chose it.
    pub reply: &'static str,
}

/// Every lesson, in the order in which they build on each other. A lesson keeps its place for good: progress is kept by
/// it.
pub static LESSONS: &[&Lesson] = &[
    &anatomy::LESSON,
    &set_cookie::LESSON,
    &script_reach::LESSON,
    &two_clocks::LESSON,
    &tamper::LESSON,
    &hs256_or_rs256::LESSON,
    &none::LESSON,
    &key_confusion::LESSON,
    &keys_in_the_header::LESSON,
    &weak_secret::LESSON,
    &cookie_laboratory::LESSON,
    &cross_site_forms::LESSON,
    &logout::LESSON,
    &rotation::LESSON,
    &size_limit::LESSON,
    &need_a_jwt::LESSON,
];

/// Lessons that belong together, by their places.
pub struct Part {
    pub title: &'static str,
    pub says: &'static str,
    places: Range<usize>,
}

/// All of them, in order.
pub static PARTS: &[Part] = &[
    Part {
        title: "A token and its cookie",
        says: "What is in them, who can read it, and when each of them ends.",
        places: 0..4,
    },
    Part {
        title: "Forging",
        says: "Change a token, and see which check stops it, and what a verifier without that check would have said.",
        places: 4..10,
    },
    Part {
        title: "The browser’s rules",
        says: "Which cookies it keeps, and which requests carry them.",
        places: 10..12,
    },
    Part {
        title: "The end of a token, and the limits of one",
        says: "Logging out, new keys, too much to carry, and whether you need one at all.",
        places: 12..16,
    },
];

impl Part {
    pub fn lessons(&self) -> &'static [&'static Lesson] {
        &LESSONS[self.places.clone()]
    }

    /// The number of the first.
    pub const fn first(&self) -> usize {
        self.places.start + 1
    }
}

impl Lesson {
    pub fn find(slug: &str) -> Option<&'static Self> {
        LESSONS.iter().copied().find(|lesson| lesson.slug == slug)
    }

    /// Its place among the lessons, from 0 on.
    pub fn place(&self) -> usize {
        LESSONS.iter().position(|lesson| lesson.slug == self.slug).unwrap_or_default()
    }
}
