//! The guided lessons. A lesson's words are in `templates/lab/lessons/<slug>/text.md`, and its page is beside them. The
//! rules that judge an answer are in a module here. What answers its addresses is in `web::site::lab::lessons`.

pub mod anatomy;
pub mod another_service;
pub mod code;
pub mod cookie_laboratory;
pub mod cross_site_forms;
pub mod cross_site_forms_two;
mod done_parts;
pub mod forged_token;
pub mod hints;
pub mod hs256_or_rs256;
pub mod json_text;
pub mod key_confusion;
pub mod keys_in_the_header;
pub mod log_in_with_a_code;
pub mod logout;
pub mod need_a_jwt;
pub mod none;
pub mod press;
pub mod recover_the_public_key;
pub mod remark;
pub mod rotation;
pub mod script_reach;
pub mod session_fixation;
pub mod set_cookie;
pub mod size_limit;
mod solution;
pub mod start_here;
pub mod stay_logged_in;
pub mod tamper;
pub mod tied_to_you;
pub mod two_clocks;
pub mod weak_secret;
pub mod where_to_keep_it;

use std::sync::LazyLock;

use super::glossary::FirstUses;
use crate::texts::{Document, Passage, Prose, TextError, TextFile, must_read, text_file};
use code::{Cve, LessonCode};
use hints::Hint;
pub use remark::{WANTED, text_of};
use solution::Solution;

/// One lesson as its page tells it.
pub struct Lesson {
    /// The last part of its address, and the name of its folder.
    pub slug: &'static str,
    /// What a session keeps of it once it is solved: two letters that no other lesson has or ever had.
    pub key: &'static str,
    pub title: &'static str,
    /// What the visitor can do at its end, in one sentence.
    pub goal: Prose,
    pub minutes: u8,
    /// Who logs in, who attacks, and what they can lose.
    pub scenario: Prose,
    /// What the visitor needs to know for this lesson.
    pub background: Prose,
    pub question: Question,
    /// Those of each part from a small hint to almost the solution. At most [`hints::MOST`].
    pub hints: Vec<Hint>,
    pub solution: Solution,
    /// Why it happened. Folded until the lesson is solved.
    pub why: Prose,
    /// The mistake and its fix in the visitor's own language.
    pub code: LessonCode,
    /// Published weaknesses of this kind.
    pub cves: Vec<Cve>,
    /// Sources, such as `RFC 8725 §3.1`.
    pub rfcs: Vec<&'static str>,
}

/// What a visitor predicts before the outcome is shown.
pub struct Question {
    pub asks: Prose,
    pub choices: Vec<Choice>,
}

/// One answer to it.
pub struct Choice {
    /// What the form sends for it.
    pub value: &'static str,
    pub says: Prose,
    pub is_right: bool,
    /// The reply to a visitor who chose it.
    pub reply: Prose,
}

/// A few lessons that belong together.
pub struct Part {
    pub title: &'static str,
    pub says: Prose,
    pub lessons: &'static [Lesson],
}

/// The course: its parts by the names of their files in `templates/lab/parts`, and the lessons of each in the order in
/// which they build on each other. A row has the module with the lesson's page, the lesson's slug, and its key.
///
/// This is the only list of lessons. Whoever needs one gives the name of a macro that turns it into what they need:
/// here into [`COURSE`], and in `web::site::lab::lessons` into the lessons' pages. A lesson without a text or without a
/// page does not compile.
macro_rules! course {
    ($make:ident) => {
        $make! {
            "token-and-cookie" {
                start_here: "start-here", "sh";
                anatomy: "anatomy", "an";
                set_cookie: "set-cookie", "sc";
                script_reach: "script-reach", "sr";
                where_to_keep_it: "where-to-keep-it", "wk";
                two_clocks: "two-clocks", "tc";
            }
            "forging" {
                tamper: "tamper", "ta";
                hs256_or_rs256: "hs256-or-rs256", "al";
                none: "none", "no";
                key_confusion: "key-confusion", "kc";
                recover_the_public_key: "recover-the-public-key", "rk";
                keys_in_the_header: "keys-in-the-header", "kh";
                weak_secret: "weak-secret", "ws";
            }
            "browser-rules" {
                cookie_laboratory: "cookie-laboratory", "cl";
                cross_site_forms: "cross-site-forms", "cf";
                cross_site_forms_two: "cross-site-forms-part-two", "ct";
                session_fixation: "session-fixation", "sf";
            }
            "from-an-issuer" {
                another_service: "token-of-another-service", "os";
                log_in_with_a_code: "log-in-with-a-code", "lc";
                stay_logged_in: "stay-logged-in", "si";
                tied_to_you: "tied-to-you", "tt";
            }
            "end-and-limits" {
                logout: "logout", "lo";
                rotation: "rotation", "ro";
                size_limit: "size-limit", "sl";
                need_a_jwt: "need-a-jwt", "nj";
            }
        }
    };
}

pub(crate) use course;

macro_rules! rows {
    ($($part:literal { $($page:ident: $slug:literal, $key:literal;)+ })+) => {
        const COURSE: &[PartRow] = &[$(PartRow {
            text: text_file!("templates/lab/parts/", $part, ".md"),
            lessons: &[$(LessonRow {
                slug: $slug,
                key: $key,
                text: text_file!("templates/lab/lessons/", $slug, "/text.md"),
                code: code::files!($slug),
            }),+],
        }),+];
    };
}

course!(rows);

/// A part of the course, before its text is read.
struct PartRow {
    text: TextFile,
    lessons: &'static [LessonRow],
}

/// A lesson, before its text is read.
struct LessonRow {
    slug: &'static str,
    key: &'static str,
    text: TextFile,
    code: [code::Files; 3],
}

/// Every lesson, in the order of the course.
pub static LESSONS: LazyLock<Vec<Lesson>> = LazyLock::new(|| {
    let rows = COURSE.iter().flat_map(|part| part.lessons);
    must_read(rows.map(LessonRow::read).collect())
});

/// The parts of the course, in order.
pub static PARTS: LazyLock<Vec<Part>> = LazyLock::new(|| {
    let mut lessons = LESSONS.as_slice();
    let read = COURSE.iter().map(|row| {
        let (own, rest) = lessons.split_at(row.lessons.len());
        lessons = rest;
        let (title, says) = row.text.titled_paragraph()?;
        Ok(Part { title, says, lessons: own })
    });
    must_read(read.collect())
});

impl LessonRow {
    /// The fields of the lesson are in the order of its page, because a term is linked where the page first uses it.
    fn read(&self) -> Result<Lesson, TextError> {
        let mut text = self.text.read()?;
        let mut uses = FirstUses::default();
        let lesson = Lesson {
            slug: self.slug,
            key: self.key,
            title: text.field("title")?,
            minutes: text.number("minutes")?,
            rfcs: text.field("sources")?.split(", ").collect(),
            goal: text.lead()?.paragraph()?,
            scenario: uses.link(&text.section("Scenario")?.prose()?),
            background: uses.link(&text.section("Background")?.prose()?),
            question: Question::read(&text.section("Question")?)?,
            hints: Hint::read_all(&text.section("Hints")?)?,
            solution: Solution::read(&mut text)?,
            why: uses.link(&text.section("Why")?.prose()?),
            code: LessonCode::read(&mut text, &self.code, &mut uses)?,
            cves: Self::cves(&mut text)?,
        };
        text.finish()?;
        Ok(lesson)
    }

    fn cves(text: &mut Document) -> Result<Vec<Cve>, TextError> {
        match text.optional_section("CVEs") {
            Some(section) => section.items()?.iter().map(Cve::read).collect(),
            None => Ok(Vec::new()),
        }
    }
}

impl Question {
    fn read(section: &Passage) -> Result<Self, TextError> {
        let (asks, items) = section.list()?;
        let choices = items.iter().map(Choice::read).collect::<Result<Vec<_>, _>>()?;
        if choices.len() < 2 || !choices.iter().any(|choice| choice.is_right) {
            return Err(section.error("a question has two answers or more, and one of them is right"));
        }
        Ok(Self { asks: asks.paragraph()?, choices })
    }
}

impl Question {
    /// The answer that a form sends so.
    pub fn choice(&self, value: &str) -> Option<&Choice> {
        self.choices.iter().find(|choice| choice.value == value)
    }
}

impl Choice {
    fn read(item: &Passage) -> Result<Self, TextError> {
        let (is_right, item) = item.check_box()?;
        let [label, reply] = &item.paragraphs()[..] else {
            return Err(item.error("an answer has two paragraphs: what it says, and the reply to it"));
        };
        let (value, says) = label.labelled()?;
        Ok(Self { value, says: says.paragraph()?, is_right, reply: reply.paragraph()? })
    }
}

impl Part {
    /// The place of its first lesson.
    pub fn first(&self) -> usize {
        self.lessons.first().map_or(0, Lesson::place)
    }
}

/// What a lesson with two sites is where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithoutSecondSite {
    /// It goes by what this browser sends from the other site.
    Unsolvable,
    /// The lab simulates what browsers send.
    Simulated,
}

impl Lesson {
    pub fn find(slug: &str) -> Option<&'static Self> {
        LESSONS.iter().find(|lesson| lesson.slug == slug)
    }

    /// Its place in the course. *Start here* has place 0.
    pub fn place(&self) -> usize {
        LESSONS.iter().take_while(|lesson| lesson.slug != self.slug).count()
    }

    /// Its number, which is shown and never stored. *Start here* has none, and the lesson after it is lesson 1.
    pub fn number(&self) -> Option<usize> {
        Some(self.place()).filter(|place| *place > 0)
    }

    /// How many lessons have a number.
    pub fn numbered() -> usize {
        LESSONS.len() - 1
    }

    /// Its title after its number, if it has one.
    pub fn numbered_title(&self) -> String {
        self.number().map_or_else(|| self.title.to_owned(), |number| format!("{number}. {}", self.title))
    }

    /// What it is where there is no second site. `None` for a lesson that needs none: the others happen in part between
    /// two sites, which are two origins of this server.
    pub fn without_second_site(&self) -> Option<WithoutSecondSite> {
        match self.slug {
            "cross-site-forms" => Some(WithoutSecondSite::Unsolvable),
            "cross-site-forms-part-two" => Some(WithoutSecondSite::Simulated),
            _ => None,
        }
    }

    /// Whether nobody can solve it where there is no second site.
    pub fn is_unsolvable_on_one_site(&self) -> bool {
        self.without_second_site() == Some(WithoutSecondSite::Unsolvable)
    }

    /// Its number, or `S` for *Start here*.
    pub fn short_number(&self) -> String {
        self.number().map_or_else(|| "S".to_owned(), |number| number.to_string())
    }

    /// The lesson after this one in the course.
    pub fn next(&self) -> Option<&'static Self> {
        self.following().next()
    }

    /// The lessons after this one, in the order of the course.
    pub fn following(&self) -> impl Iterator<Item = &'static Self> + use<> {
        LESSONS.iter().skip(self.place() + 1)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// The reading of a lesson whose text is that of *Anatomy* with one change.
    fn read_changed(from: &str, to: &str) -> String {
        let anatomy = COURSE.iter().flat_map(|part| part.lessons).find(|row| row.slug == "anatomy").unwrap();
        let text = anatomy.text.text;
        assert!(text.contains(from), "{from}");
        let text = Box::leak(text.replacen(from, to, 1).into_boxed_str());
        let text = TextFile { path: "text.md", text };
        let row = LessonRow { slug: "a", key: "aa", text, code: anatomy.code };
        row.read().err().map_or_else(String::new, |error| error.to_string())
    }

    #[test]
    fn every_lesson_and_every_part_can_be_read() {
        for part in COURSE {
            assert_eq!(part.text.titled_paragraph().err(), None);
            for lesson in part.lessons {
                assert_eq!(lesson.read().err(), None);
            }
        }
    }

    #[test]
    fn a_part_that_is_missing_is_named_with_its_file() {
        for (from, to, named) in [
            ("title: ", "name: ", "text.md:1: there is no field `title`"),
            ("minutes: 6", "minutes: five", "text.md:3: `five` is not a number"),
            (
                "Take a token apart by hand, and see what anyone who has it can read.",
                "",
                "text.md:9: there must be one paragraph",
            ),
            ("## Scenario", "## Scene", "there is no section `## Scenario`"),
            ("python: ", "pyton: ", "there is no field `python`"),
            ("## In your code", "## Code", "there is no section `## In your code`"),
            ("## Hints", "## Hint", "there is no section `## Hints`"),
            ("## Why", "## Reasons", "there is no section `## Why`"),
            ("- [x] ", "- [ ] ", "text.md:29: a question has two answers or more, and one of them is right"),
            ("- [x] ", "- ", "text.md:32: it must begin with `[x] ` or `[ ] `"),
            ("  Base64url is an encoding, not encryption.\n", "", "text.md:32: an answer has two paragraphs"),
        ] {
            let said = read_changed(from, to);
            assert!(said.contains(named), "{from}: {said}");
        }
        assert_eq!(read_changed("secret", "secret"), "");
    }

    /// The page says before the reply that the prediction is not right, so a second "no" would deny that.
    #[test]
    fn no_reply_to_a_wrong_prediction_begins_with_no() {
        let choices = LESSONS.iter().flat_map(|lesson| lesson.question.choices.iter().map(move |it| (lesson.slug, it)));
        for (slug, choice) in choices.filter(|(_, choice)| !choice.is_right) {
            let reply = choice.reply.plain();
            assert!(!reply.starts_with("No.") && !reply.starts_with("No,"), "{slug}: {reply}");
        }
    }

    #[test]
    fn no_two_lessons_have_the_same_slug_or_key() {
        let slugs: HashSet<_> = LESSONS.iter().map(|lesson| lesson.slug).collect();
        let keys: HashSet<_> = LESSONS.iter().map(|lesson| lesson.key).collect();
        assert_eq!((slugs.len(), keys.len()), (LESSONS.len(), LESSONS.len()));
    }

    #[test]
    fn a_lesson_takes_a_minute_or_more() {
        assert!(LESSONS.iter().all(|lesson| lesson.minutes > 0));
    }

    #[test]
    fn every_lesson_leads_to_the_one_after_it() {
        assert_eq!(LESSONS.iter().map(Lesson::place).collect::<Vec<_>>(), (0..LESSONS.len()).collect::<Vec<_>>());
        let walked = std::iter::successors(LESSONS.first(), |lesson| lesson.next());
        assert!(walked.map(|lesson| lesson.slug).eq(LESSONS.iter().map(|lesson| lesson.slug)));
        assert_eq!((LESSONS[0].number(), LESSONS[1].number()), (None, Some(1)));
        assert_eq!(LESSONS.last().unwrap().number(), Some(Lesson::numbered()));
        for pair in PARTS.windows(2) {
            assert_eq!(pair[1].first(), pair[0].first() + pair[0].lessons.len());
        }
    }
}
