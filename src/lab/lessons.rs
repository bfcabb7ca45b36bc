//! The guided lessons. Each has a module with its texts and with the rules that judge an answer. The pages and forms are in
//! `web::site::lab::lessons`.

pub mod anatomy;
pub mod cookie_laboratory;
pub mod cross_site_forms;
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

pub use remark::{WANTED, text_of};

/// One lesson as its page tells it. In every text a pair of backticks marks what is code.
pub struct Lesson {
    /// The last part of its address.
    pub slug: &'static str,
    /// What a session keeps of it once it is solved: two letters that no other lesson has or ever had.
    pub key: &'static str,
    pub title: &'static str,
    /// What the visitor can do at its end, in one sentence.
    pub goal: &'static str,
    pub minutes: u8,
    pub question: Question,
    /// From a small hint to almost the solution.
    pub hints: &'static [&'static str],
    /// Steps that solve the lesson, to be followed exactly. A test does.
    pub solution: &'static str,
    /// Why it happened, in paragraphs. Shown after the lesson was tried.
    pub why: &'static [&'static str],
    /// Sources, such as `RFC 8725 §3.1`.
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
    /// The reply to a visitor who chose it.
    pub reply: &'static str,
}

/// A few lessons that belong together.
pub struct Part {
    pub title: &'static str,
    pub says: &'static str,
    pub lessons: &'static [&'static Lesson],
}

/// The course: its parts, and the lessons of each by the names of their modules, in the order in which they build on
/// each other.
///
/// This is the only list of lessons. Whoever needs one gives the name of a macro that turns it into what they need: here
/// into [`PARTS`] and [`LESSONS`], and in `web::site::lab::lessons` into the lessons' pages. A lesson without a `LESSON`
/// here or a `Page` there does not compile.
macro_rules! course {
    ($make:ident) => {
        $make! {
            {
                title: "A token and its cookie",
                says: "What is in them, who can read it, and when each of them ends.",
                lessons: [anatomy, set_cookie, script_reach, two_clocks],
            }
            {
                title: "Forging",
                says: "Change a token, and see which check stops it, and what a verifier without that check would have said.",
                lessons: [tamper, hs256_or_rs256, none, key_confusion, keys_in_the_header, weak_secret],
            }
            {
                title: "The browser’s rules",
                says: "Which cookies it keeps, and which requests carry them.",
                lessons: [cookie_laboratory, cross_site_forms],
            }
            {
                title: "The end of a token, and the limits of one",
                says: "Logging out, new keys, too much to carry, and whether you need one at all.",
                lessons: [logout, rotation, size_limit, need_a_jwt],
            }
        }
    };
}

pub(crate) use course;

macro_rules! parts_and_lessons {
    ($({ title: $title:literal, says: $says:literal, lessons: [$($lesson:ident),+ $(,)?], })+) => {
        /// The parts of the course, in order.
        pub static PARTS: &[Part] =
            &[$(Part { title: $title, says: $says, lessons: &[$(&$lesson::LESSON),+] }),+];

        /// Every lesson, in the order of the course.
        pub static LESSONS: &[&Lesson] = &[$($(&$lesson::LESSON),+),+];
    };
}

course!(parts_and_lessons);

impl Part {
    /// The number of its first lesson.
    pub fn first(&self) -> usize {
        self.lessons.first().map_or(1, |lesson| lesson.number())
    }
}

impl Lesson {
    pub fn find(slug: &str) -> Option<&'static Self> {
        LESSONS.iter().copied().find(|lesson| lesson.slug == slug)
    }

    /// Its number in the course, from 1 on. It is shown, and never stored.
    pub fn number(&self) -> usize {
        LESSONS.iter().take_while(|lesson| lesson.slug != self.slug).count() + 1
    }

    /// The lesson after this one in the course.
    pub fn next(&self) -> Option<&'static Self> {
        LESSONS.get(self.number()).copied()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_lessons_have_the_same_slug_or_key() {
        let slugs: HashSet<_> = LESSONS.iter().map(|lesson| lesson.slug).collect();
        let keys: HashSet<_> = LESSONS.iter().map(|lesson| lesson.key).collect();
        assert_eq!((slugs.len(), keys.len()), (LESSONS.len(), LESSONS.len()));
    }

    #[test]
    fn no_text_of_a_lesson_is_missing() {
        for lesson in LESSONS {
            let texts = [lesson.slug, lesson.title, lesson.goal, lesson.question.asks, lesson.solution];
            assert!(texts.iter().all(|text| !text.is_empty()) && lesson.minutes > 0, "{}", lesson.slug);
            let lists = [lesson.hints, lesson.why, lesson.rfcs];
            assert!(lists.iter().all(|list| !list.is_empty()), "{}", lesson.slug);
            let choices = lesson.question.choices;
            assert!(choices.len() > 1 && choices.iter().any(|choice| choice.is_right), "{}", lesson.slug);
            assert!(
                choices.iter().all(|choice| !choice.says.is_empty() && !choice.reply.is_empty()),
                "{}",
                lesson.slug
            );
        }
    }

    #[test]
    fn every_lesson_leads_to_the_one_after_it() {
        let walked = std::iter::successors(LESSONS.first().copied(), |lesson| lesson.next());
        assert!(walked.map(|lesson| lesson.slug).eq(LESSONS.iter().map(|lesson| lesson.slug)));
        for pair in PARTS.windows(2) {
            assert_eq!(pair[1].first(), pair[0].first() + pair[0].lessons.len());
        }
    }
}
