//! Words that people read, kept in text files instead of code.
//!
//! Such a file is embedded in the program. It opens with fields, between two lines of three dashes. After them comes
//! Markdown: a lead, and sections that begin with `##`:
//!
//! ```text
//! ---
//! title: Anatomy of a token
//! ---
//!
//! Take a token apart by hand.
//!
//! ## Hints
//!
//! - A token has two dots.
//! ```
//!
//! Whoever needs such a file takes each field and each section out of its [`Document`], and ends with
//! [`Document::finish`]. What is missing is an error, and what is left over is one too, because it is a misspelled
//! name.

pub mod hidden;
mod passage;
pub mod printable;
mod prose;
pub mod punctuation;
mod source_code;
pub mod wording;
pub mod wrapped_token;

use std::mem;

use thiserror::Error;

pub use passage::Passage;
pub use prose::{Prose, TextLink, punctuated};
pub use source_code::SourceCode;

/// A text file of this program.
#[derive(Clone, Copy, Debug)]
pub struct TextFile {
    /// Where it is, from the top of the source tree.
    pub path: &'static str,
    pub text: &'static str,
}

/// Embeds the file whose path consists of these pieces.
macro_rules! text_file {
    ($($piece:literal),+) => {
        $crate::texts::TextFile {
            path: concat!($($piece),+),
            text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/", $($piece),+)),
        }
    };
}

pub(crate) use text_file;

/// What is wrong with a text file, and where.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{path}:{line}: {what}")]
pub struct TextError {
    path: &'static str,
    line: usize,
    what: String,
}

/// What a text file says, less what was already taken out of it.
pub struct Document {
    path: &'static str,
    fields: Vec<Field>,
    /// The first is the lead, which has no title.
    sections: Vec<Passage>,
    last_line: usize,
}

struct Field {
    line: usize,
    name: &'static str,
    value: &'static str,
}

/// The line before the fields, and the line after them.
const FENCE: &str = "---";

impl TextFile {
    /// The name of the file, without its folder and its ending.
    pub fn name(self) -> &'static str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.strip_suffix(".md").unwrap_or(name)
    }

    /// Reads a file that has a title and one paragraph.
    pub fn titled_paragraph(self) -> Result<(&'static str, Prose), TextError> {
        let mut document = self.read()?;
        let both = (document.field("title")?, document.lead()?.paragraph()?);
        document.finish()?;
        Ok(both)
    }

    pub fn read(self) -> Result<Document, TextError> {
        let mut lines = (1..).zip(self.text.lines());
        let fields = self.fields(&mut lines)?;
        let mut sections = Vec::new();
        let mut section = Passage::new(self.path, fields.len() + 3, "");
        for (line, text) in lines {
            match text.strip_prefix("## ") {
                Some(title) => {
                    let next = Passage::new(self.path, line + 1, title.trim());
                    sections.push(mem::replace(&mut section, next));
                }
                None => section.push(text),
            }
        }
        sections.push(section);
        Ok(Document { path: self.path, fields, sections, last_line: self.text.lines().count() })
    }

    /// The fields, and the lines before and after them.
    fn fields(self, lines: &mut impl Iterator<Item = (usize, &'static str)>) -> Result<Vec<Field>, TextError> {
        let error = |line, what: &str| TextError { path: self.path, line, what: what.to_owned() };
        if lines.next().is_none_or(|(_, text)| text != FENCE) {
            return Err(error(1, "the first line must be `---`, and fields follow it"));
        }
        let mut fields = Vec::new();
        for (line, text) in lines {
            if text == FENCE {
                return Ok(fields);
            }
            let parts = text.split_once(": ").ok_or_else(|| error(line, "a field looks like `name: value`"))?;
            fields.push(Field { line, name: parts.0, value: parts.1.trim() });
        }
        Err(error(1, "there is no second `---`, which ends the fields"))
    }
}

impl Document {
    /// Takes the field of this name.
    pub fn field(&mut self, name: &str) -> Result<&'static str, TextError> {
        let missing = format!("there is no field `{name}`");
        self.optional_field(name).filter(|value| !value.is_empty()).ok_or_else(|| self.error(1, missing))
    }

    /// Takes the field of this name, if there is one.
    pub fn optional_field(&mut self, name: &str) -> Option<&'static str> {
        let place = self.fields.iter().position(|field| field.name == name)?;
        Some(self.fields.remove(place).value)
    }

    /// Takes the field of this name, which may have markup.
    pub fn prose(&mut self, name: &str) -> Result<Prose, TextError> {
        let line = self.line_of(name);
        Prose::paragraph(self.field(name)?).map_err(|what| self.error(line, what))
    }

    /// Takes the field of this name, which may have markup, if there is one.
    pub fn optional_prose(&mut self, name: &str) -> Result<Option<Prose>, TextError> {
        let line = self.line_of(name);
        let value = self.optional_field(name).map(Prose::paragraph).transpose();
        value.map_err(|what| self.error(line, what))
    }

    /// Takes the field of this name, which must be a number.
    pub fn number(&mut self, name: &str) -> Result<u8, TextError> {
        let line = self.line_of(name);
        let value = self.field(name)?;
        value.parse().map_err(|_| self.error(line, format!("`{value}` is not a number from 0 to 255")))
    }

    /// Takes the text before the first section.
    pub fn lead(&mut self) -> Result<Passage, TextError> {
        self.section("")
    }

    /// Takes the section of this title.
    pub fn section(&mut self, title: &str) -> Result<Passage, TextError> {
        let missing = self.error(self.last_line, format!("there is no section `## {title}`"));
        self.optional_section(title).ok_or(missing)
    }

    /// Takes the section of this title, if there is one.
    pub fn optional_section(&mut self, title: &str) -> Option<Passage> {
        let place = self.sections.iter().position(|section| section.title == title)?;
        Some(self.sections.remove(place))
    }

    /// Takes all sections that are left, in order, with their titles.
    pub fn sections(&mut self) -> Vec<(&'static str, Passage)> {
        mem::take(&mut self.sections).into_iter().map(|section| (section.title, section)).collect()
    }

    /// Refuses fields and sections that nobody took.
    pub fn finish(self) -> Result<(), TextError> {
        if let Some(field) = self.fields.first() {
            return Err(
                self.error(field.line, format!("no such file has a field `{}`, or it appears twice", field.name))
            );
        }
        match self.sections.first() {
            Some(section) if !section.title.is_empty() => {
                Err(section.error(format!("no such file has a section `## {}`, or it appears twice", section.title)))
            }
            _ => Ok(()),
        }
    }

    fn line_of(&self, name: &str) -> usize {
        self.fields.iter().find(|field| field.name == name).map_or(1, |field| field.line)
    }

    pub fn error(&self, line: usize, what: impl Into<String>) -> TextError {
        TextError { path: self.path, line, what: what.into() }
    }
}

/// What was read from a text of this program.
///
/// # Panics
///
/// When the text has a mistake, which is then a mistake of the program. The tests find it, and a server that has it
/// does not start.
pub fn must_read<T>(read: Result<T, TextError>) -> T {
    read.unwrap_or_else(|error| panic!("{error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static str) -> Result<Document, TextError> {
        TextFile { path: "a/b.md", text }.read()
    }

    fn said<T>(result: Result<T, TextError>) -> String {
        result.err().map_or_else(|| "no error".to_owned(), |error| error.to_string())
    }

    #[test]
    fn fields_and_sections_are_taken_by_name() {
        let mut document = read("---\ntitle: A: b\nnote: c\n---\n\nThe lead.\n\n## Why\n\nBecause.\n").unwrap();
        assert_eq!(document.field("title").unwrap(), "A: b");
        assert_eq!((document.optional_field("note"), document.optional_field("note")), (Some("c"), None));
        assert_eq!(document.lead().unwrap().paragraph().unwrap().markdown(), "The lead.");
        assert_eq!(document.section("Why").unwrap().paragraph().unwrap().markdown(), "Because.");
        assert_eq!(document.finish(), Ok(()));
    }

    #[test]
    fn what_is_missing_is_named_with_the_file_and_the_line() {
        let mut document = read("---\ntitle: a\nempty: \n---\n\nb\n").unwrap();
        assert_eq!(said(document.field("minutes")), "a/b.md:1: there is no field `minutes`");
        assert_eq!(said(document.field("empty")), "a/b.md:1: there is no field `empty`");
        assert_eq!(said(document.section("Why")), "a/b.md:6: there is no section `## Why`");
    }

    #[test]
    fn what_nobody_takes_is_a_misspelled_name() {
        let mut document = read("---\ntitle: a\nminuets: 5\n---\n").unwrap();
        document.field("title").unwrap();
        assert_eq!(said(document.finish()), "a/b.md:3: no such file has a field `minuets`, or it appears twice");
        let mut document = read("---\ntitle: a\n---\n\nb\n\n## Hint\n\nc\n").unwrap();
        document.field("title").unwrap();
        document.lead().unwrap();
        assert_eq!(said(document.finish()), "a/b.md:8: no such file has a section `## Hint`, or it appears twice");
    }

    #[test]
    fn a_file_without_fields_is_refused() {
        assert_eq!(said(read("")), "a/b.md:1: the first line must be `---`, and fields follow it");
        assert_eq!(said(read("---\na: b\n")), "a/b.md:1: there is no second `---`, which ends the fields");
        assert_eq!(said(read("---\na\n---\n")), "a/b.md:2: a field looks like `name: value`");
    }

    #[test]
    fn a_file_is_embedded_under_its_path() {
        let file = text_file!("templates/lab/parts/", "forging", ".md");
        assert_eq!((file.path, file.name()), ("templates/lab/parts/forging.md", "forging"));
        assert!(file.titled_paragraph().is_ok_and(|(title, _)| title == "Forging"));
    }
}
