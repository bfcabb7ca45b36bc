//! The answer key: for each lesson the right prediction and the steps that solve it, and for each attack the code that
//! the strict verifier answers.

use std::fmt::{self, Write as _};

use super::attacks::Attack;
use super::lessons::{Choice, LESSONS, Lesson};
use super::teach::{PATHS, Path};

/// The answers to one lesson.
pub struct Answers {
    pub lesson: &'static Lesson,
    /// The right predictions; most questions have one.
    pub right: Vec<&'static Choice>,
}

impl Answers {
    /// Of the lessons of a path, or of every lesson in the order of the course.
    pub fn of(path: Option<&'static Path>) -> Vec<Self> {
        match path {
            Some(path) => path.lessons().map(Self::to).collect(),
            None => LESSONS.iter().map(Self::to).collect(),
        }
    }

    /// Of the lesson that a path has for pairs that finish early.
    pub fn for_early(path: &Path) -> Option<Self> {
        path.for_early.map(Self::to)
    }

    fn to(lesson: &'static Lesson) -> Self {
        Self { lesson, right: lesson.question.choices.iter().filter(|choice| choice.is_right).collect() }
    }
}

/// The widest line of the text.
const WIDTH: usize = 100;

/// The key as text, for a terminal or a printer: the lessons of a path, or the whole course with the attacks.
pub fn text(path: Option<&'static Path>) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = match path {
        Some(path) => write_path(&mut text, path),
        None => write_all(&mut text),
    };
    text
}

fn write_path(text: &mut String, path: &'static Path) -> fmt::Result {
    writeln!(text, "Answer key of the lab: the {}-minute path", path.minutes)?;
    write_answers(text, Answers::of(Some(path)))?;
    if let Some(answers) = Answers::for_early(path) {
        writeln!(text, "\nFor pairs that finish early")?;
        write_answers(text, vec![answers])?;
    }
    write_room(text, path)
}

/// The answers to what the teacher asks the whole class.
fn write_room(text: &mut String, path: &Path) -> fmt::Result {
    writeln!(text, "\nAsk the room: {} minutes", path.minutes)?;
    path.questions.iter().try_for_each(|question| {
        write_wrapped(text, "Question: ", question.asks.plain())?;
        write_wrapped(text, "Answer: ", question.answer.plain())
    })
}

fn write_all(text: &mut String) -> fmt::Result {
    writeln!(text, "Answer key of the lab\n\nLessons")?;
    write_answers(text, Answers::of(None))?;
    PATHS.iter().try_for_each(|path| write_room(text, path))?;
    writeln!(text, "\nAttacks, and what the strict verifier answers\n")?;
    Attack::all().try_for_each(|attack| writeln!(text, "{}: {}", attack.name.plain(), attack.expected.as_str()))
}

fn write_answers(text: &mut String, answers: Vec<Answers>) -> fmt::Result {
    for Answers { lesson, right } in answers {
        writeln!(text, "\n{} (about {} minutes)", lesson.numbered_title(), lesson.minutes)?;
        write_wrapped(text, "Question: ", lesson.question.asks.plain())?;
        for choice in right {
            write_wrapped(text, "Right: ", &format!("{}. {}", choice.says.plain(), choice.reply.plain()))?;
        }
        write_wrapped(text, "Solution: ", lesson.solution.whole.plain())?;
        for way in &lesson.solution.others {
            write_wrapped(text, "Or: ", way.says.plain())?;
        }
    }
    Ok(())
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
        let text = text(None);
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for lesson in LESSONS.iter() {
            let solution = lesson.solution.whole.plain().split_whitespace().collect::<Vec<_>>().join(" ");
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

    #[test]
    fn the_key_of_a_path_has_its_lessons_and_the_one_for_pairs_that_finish_early() {
        for path in PATHS.iter() {
            let text = text(Some(path));
            let titles: Vec<_> = LESSONS
                .iter()
                .filter(|lesson| text.contains(&format!("\n{} (about", lesson.numbered_title())))
                .map(|lesson| lesson.slug)
                .collect();
            let is_named =
                |lesson: &&Lesson| path.lessons().chain(path.for_early).any(|named| named.slug == lesson.slug);
            assert_eq!(titles, LESSONS.iter().filter(is_named).map(|lesson| lesson.slug).collect::<Vec<_>>());
            let early =
                path.for_early.map(|lesson| format!("\nFor pairs that finish early\n\n{}", lesson.numbered_title()));
            assert!(early.is_none_or(|early| text.contains(&early)), "{text}");
            let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
            for question in &path.questions {
                let [asks, answer] = [&question.asks, &question.answer]
                    .map(|it| it.plain().split_whitespace().collect::<Vec<_>>().join(" "));
                assert!(flat.contains(&format!("Question: {asks} Answer: {answer}")), "{asks}");
            }
            assert!(text.contains(&format!("the {}-minute path", path.minutes)) && !text.contains("\nAttacks"));
        }
    }
}
