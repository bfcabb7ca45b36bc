//! The answer key: for each lesson the right prediction and the steps that solve it, and for each attack the code that
//! the strict verifier answers.

use std::fmt::{self, Write as _};

use super::attacks::Attack;
use super::lessons::{Choice, LESSONS, Lesson};

/// The answers to one lesson.
pub struct Answers {
    pub lesson: &'static Lesson,
    /// The right predictions; most questions have one.
    pub right: Vec<&'static Choice>,
}

impl Answers {
    /// Of every lesson, in the order of the course.
    pub fn all() -> impl Iterator<Item = Self> {
        LESSONS.iter().map(|lesson| Self {
            lesson,
            right: lesson.question.choices.iter().filter(|choice| choice.is_right).collect(),
        })
    }
}

/// The widest line of the text.
const WIDTH: usize = 100;

/// The whole key as text, for a terminal or a printer.
pub fn text() -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write_all(&mut text);
    text
}

fn write_all(text: &mut String) -> fmt::Result {
    writeln!(text, "Answer key of the lab\n\nLessons")?;
    for Answers { lesson, right } in Answers::all() {
        writeln!(text, "\n{} (about {} minutes)", lesson.numbered_title(), lesson.minutes)?;
        write_wrapped(text, "Question: ", lesson.question.asks.plain())?;
        for choice in right {
            write_wrapped(text, "Right: ", &format!("{}. {}", choice.says.plain(), choice.reply.plain()))?;
        }
        write_wrapped(text, "Solution: ", lesson.solution.plain())?;
    }
    writeln!(text, "\nAttacks, and what the strict verifier answers\n")?;
    Attack::all().try_for_each(|attack| writeln!(text, "{}: {}", attack.name.plain(), attack.expected.as_str()))
}

/// A paragraph behind a label, with its further lines indented.
fn write_wrapped(text: &mut String, label: &str, says: &str) -> fmt::Result {
    let mut line = format!("   {label}");
    for word in says.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            writeln!(text, "{}", line.trim_end())?;
            "     ".clone_into(&mut line);
        } else if !line.ends_with(' ') {
            line.push(' ');
        }
        line.push_str(word);
    }
    writeln!(text, "{line}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_has_every_lesson_with_its_answer_and_every_attack_with_its_code() {
        let text = text();
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for lesson in LESSONS.iter() {
            let solution = lesson.solution.plain().split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(flat.contains(&format!("{} (about", lesson.numbered_title())), "{}", lesson.slug);
            assert!(flat.contains(&solution), "{}", lesson.slug);
        }
        for attack in Attack::all() {
            assert!(
                text.contains(&format!("\n{}: {}\n", attack.name.plain(), attack.expected.as_str())),
                "{}",
                attack.slug
            );
        }
        let is_long = |line: &&str| line.chars().count() > WIDTH && line.starts_with(' ') && line.trim().contains(' ');
        assert_eq!(text.lines().find(is_long), None);
    }
}
