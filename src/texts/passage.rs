//! A piece of a text file: a section, a paragraph or an item of a list. It knows its line, so that a mistake in it can
//! be found.

use super::{Prose, TextError};

/// Some lines that belong together.
pub struct Passage {
    path: &'static str,
    /// The number of its first line.
    line: usize,
    /// The title of a section; empty for everything else.
    pub(super) title: &'static str,
    lines: Vec<&'static str>,
}

impl Passage {
    pub(super) const fn new(path: &'static str, line: usize, title: &'static str) -> Self {
        Self { path, line, title, lines: Vec::new() }
    }

    pub(super) fn push(&mut self, line: &'static str) {
        self.lines.push(line);
    }

    /// Its only paragraph, without the element around it.
    pub fn paragraph(&self) -> Result<Prose, TextError> {
        match &self.paragraphs()[..] {
            [paragraph] => Prose::paragraph(&paragraph.text(" ")).map_err(|what| self.error(what)),
            _ => Err(self.error("there must be one paragraph here, and nothing else")),
        }
    }

    /// All of it, with the elements of its paragraphs and lists.
    pub fn prose(&self) -> Result<Prose, TextError> {
        let text = self.text("\n");
        if text.is_empty() { Err(self.error("there is no text here")) } else { Ok(Prose::blocks(&text)) }
    }

    /// What is separated by empty lines.
    pub fn paragraphs(&self) -> Vec<Self> {
        let mut paragraphs: Vec<Self> = Vec::new();
        let mut was_empty = true;
        for (number, line) in (self.line..).zip(&self.lines) {
            if was_empty && !line.trim().is_empty() {
                paragraphs.push(Self::new(self.path, number, ""));
            }
            was_empty = line.trim().is_empty();
            if !was_empty {
                paragraphs.last_mut().into_iter().for_each(|paragraph| paragraph.push(line));
            }
        }
        paragraphs
    }

    /// The text before the list in it, and the items of that list. An item begins with a dash; its other lines are
    /// indented by two spaces.
    pub fn list(&self) -> Result<(Self, Vec<Self>), TextError> {
        let mut before = Self::new(self.path, self.line, "");
        let mut items: Vec<Self> = Vec::new();
        for (number, line) in (self.line..).zip(&self.lines) {
            if let Some(first) = line.strip_prefix("- ") {
                items.push(Self { lines: vec![first], ..Self::new(self.path, number, "") });
            } else if let Some(item) = items.last_mut() {
                let rest = if line.is_empty() { Some("") } else { line.strip_prefix("  ") };
                item.push(rest.ok_or_else(|| {
                    Self::new(self.path, number, "").error("a line after the list must be indented by two spaces")
                })?);
            } else {
                before.push(line);
            }
        }
        if items.is_empty() { Err(self.error("there is no list here")) } else { Ok((before, items)) }
    }

    /// The items of the list that it is.
    pub fn items(&self) -> Result<Vec<Self>, TextError> {
        let (before, items) = self.list()?;
        if before.words().is_empty() {
            Ok(items)
        } else {
            Err(before.error("there must be a list here, and nothing else"))
        }
    }

    /// Whether the box at its beginning is ticked, and the text after the box.
    pub fn check_box(&self) -> Result<(bool, Self), TextError> {
        let first = self.lines.first().copied().unwrap_or_default();
        let after = |mark| first.strip_prefix(mark).map(|rest| (mark == "[x] ", rest));
        let (is_ticked, rest) =
            after("[x] ").or_else(|| after("[ ] ")).ok_or_else(|| self.error("it must begin with `[x] ` or `[ ] `"))?;
        Ok((is_ticked, self.beginning_with(rest)))
    }

    /// The code at its beginning, and the text after the code and a colon.
    pub fn labelled(&self) -> Result<(&'static str, Self), TextError> {
        let first = self.lines.first().copied().unwrap_or_default();
        let parts = first.strip_prefix('`').and_then(|rest| rest.split_once("`: "));
        let (label, rest) = parts.ok_or_else(|| self.error("it must begin with a value in backticks and a colon"))?;
        Ok((label, self.beginning_with(rest)))
    }

    /// The code in the fenced block that it is, without the two lines of backticks around it.
    pub fn code(&self) -> Result<String, TextError> {
        match &self.lines[..] {
            ["```", code @ .., "```"] if !code.is_empty() => Ok(code.join("\n")),
            _ => Err(self.error("there must be a block of code here, between two lines of three backticks")),
        }
    }

    pub fn error(&self, what: impl Into<String>) -> TextError {
        TextError { path: self.path, line: self.line, what: what.into() }
    }

    /// Its text, whose marks mean nothing.
    pub fn words(&self) -> String {
        self.text(" ")
    }

    /// The same with another first line.
    fn beginning_with(&self, line: &'static str) -> Self {
        let rest = self.lines.iter().skip(1).copied();
        Self { lines: std::iter::once(line).chain(rest).collect(), ..*self }
    }

    fn text(&self, separator: &str) -> String {
        self.lines.join(separator).trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passage(text: &'static str) -> Passage {
        Passage { lines: text.lines().collect(), ..Passage::new("a/b.md", 7, "") }
    }

    fn said<T>(result: Result<T, TextError>) -> String {
        result.err().map_or_else(|| "no error".to_owned(), |error| error.to_string())
    }

    #[test]
    fn the_lines_of_a_paragraph_are_one() {
        assert_eq!(passage("\nOne\ntwo.\n").paragraph().unwrap().markdown(), "One two.");
        assert_eq!(passage("One.\n\nTwo.\n").paragraphs().len(), 2);
        let all = passage("One.\n\n- two\n").prose().unwrap().to_string();
        assert_eq!(all, "<p>One.</p>\n<ul>\n<li>two</li>\n</ul>\n");
    }

    #[test]
    fn a_list_has_its_items_with_their_paragraphs() {
        let (before, items) =
            passage("Which?\n\n- [x] `a`: One\n  line\n\n  Right.\n\n- [ ] `b`: Two\n").list().unwrap();
        assert_eq!(before.paragraph().unwrap().markdown(), "Which?");
        let paragraphs = items[0].paragraphs();
        assert_eq!((items.len(), paragraphs.len()), (2, 2));
        assert_eq!(paragraphs[1].paragraph().unwrap().markdown(), "Right.");
        let ticked: Vec<bool> = items.iter().map(|item| item.check_box().unwrap().0).collect();
        assert_eq!(ticked, [true, false]);
    }

    #[test]
    fn a_label_is_code_and_its_text_may_have_colons() {
        let (label, rest) = passage("`a`: b: c\nd").labelled().unwrap();
        assert_eq!((label, rest.words().as_str()), ("a", "b: c d"));
    }

    #[test]
    fn a_block_of_code_is_what_stands_between_its_fences() {
        assert_eq!(passage("```\n a  b\n`c`\n```").code().unwrap(), " a  b\n`c`");
    }

    #[test]
    fn what_is_missing_is_named_with_its_line() {
        assert_eq!(said(passage("").paragraph()), "a/b.md:7: there must be one paragraph here, and nothing else");
        assert_eq!(said(passage("a\n\nb").paragraph()), "a/b.md:7: there must be one paragraph here, and nothing else");
        assert_eq!(said(passage("\n").prose()), "a/b.md:7: there is no text here");
        assert_eq!(said(passage("a").list()), "a/b.md:7: there is no list here");
        assert_eq!(said(passage("a\n\n- b").items()), "a/b.md:7: there must be a list here, and nothing else");
        assert_eq!(said(passage("- a\n\nb").list()), "a/b.md:9: a line after the list must be indented by two spaces");
        assert_eq!(said(passage("a").check_box()), "a/b.md:7: it must begin with `[x] ` or `[ ] `");
        let no_code = "a/b.md:7: there must be a block of code here, between two lines of three backticks";
        for text in ["a", "```\na", "```\n```", "```\na\n```\nb"] {
            assert_eq!(said(passage(text).code()), no_code);
        }
        assert_eq!(said(passage("a: b").labelled()), "a/b.md:7: it must begin with a value in backticks and a colon");
    }
}
