//! What stands around a token that was copied: `Bearer`, a name such as `access_token`, quotes, punctuation and blanks.
//!
//! None of that can be part of a token, whose characters are letters, digits, `-`, `_` and dots.

use super::hidden::is_hidden;

/// The text that is left, and what was removed from its ends.
pub struct Unwrapped<'a> {
    pub text: &'a str,
    /// Each kind once.
    pub removed: Vec<&'static str>,
}

/// The text before a token in the line of an `Authorization` header (RFC 6750 §2.1).
const SCHEMES: [(&str, &str); 3] = [("bearer", "`Bearer`"), ("jwt", "`JWT`"), ("token", "`token`")];

/// What a token is called in headers, forms and JSON; followed by `:` or `=`.
const NAMES: [(&str, &str); 6] = [
    ("authorization", "`Authorization:`"),
    ("access_token", "`access_token`"),
    ("id_token", "`id_token`"),
    ("assertion", "`assertion`"),
    ("token", "`token`"),
    ("jwt", "`jwt`"),
];

impl<'a> Unwrapped<'a> {
    pub fn new(text: &'a str) -> Self {
        let mut unwrapped = Self { text, removed: Vec::new() };
        while unwrapped.step() {}
        unwrapped
    }

    /// Notes what else was removed.
    pub fn note(&mut self, what: &'static str) {
        if !self.removed.contains(&what) {
            self.removed.push(what);
        }
    }

    /// Removes one layer; `false` if nothing changed.
    fn step(&mut self) -> bool {
        let before = self.text.len();
        self.trim("line ends", is_line_end);
        self.trim("spaces", |c| c.is_whitespace() && !is_line_end(c));
        self.trim("invisible characters", is_invisible);
        self.trim("quotes", is_quote);
        self.keep(self.text.trim_end_matches([',', ';']).len(), "punctuation");
        for (scheme, name) in SCHEMES {
            let rest = without_word(self.text, scheme);
            let is_alone = |rest: &str| rest.is_empty() && scheme == "bearer";
            self.keep_end(rest.filter(|rest| rest.starts_with(char::is_whitespace) || is_alone(rest)), name);
        }
        for (word, name) in NAMES {
            let rest = without_word(self.text, word);
            let rest = rest.map(|rest| rest.trim_start_matches(|c: char| c.is_whitespace() || is_quote(c)));
            self.keep_end(rest.and_then(|rest| rest.strip_prefix([':', '='])), name);
        }
        self.text.len() < before
    }

    fn trim(&mut self, what: &'static str, is_removed: fn(char) -> bool) {
        let trimmed = self.text.trim_matches(is_removed);
        if trimmed.len() < self.text.len() {
            self.text = trimmed;
            self.note(what);
        }
    }

    /// Keeps so many bytes of the beginning.
    fn keep(&mut self, bytes: usize, what: &'static str) {
        if bytes < self.text.len() {
            self.text = &self.text[..bytes];
            self.note(what);
        }
    }

    /// Keeps this end of the text, when there is one.
    fn keep_end(&mut self, end: Option<&str>, what: &'static str) {
        if let Some(end) = end {
            self.text = self.text[self.text.len() - end.len()..].trim_start();
            self.note(what);
        }
    }
}

/// The text after this word, if it begins with it. Upper and lower case are the same.
fn without_word<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let (start, rest) = text.split_at_checked(word.len())?;
    start.eq_ignore_ascii_case(word).then_some(rest)
}

pub const fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

pub const fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'' | '`' | '\\' | '“'..='‟' | '‘'..='‛' | '«' | '»' | '‹' | '›' | '＂' | '＇')
}

/// Characters without a width, which come along from web pages and word processors.
pub const fn is_invisible(c: char) -> bool {
    is_hidden(c) && !c.is_ascii() && !matches!(c, '\u{80}'..='\u{9f}') && !is_line_end(c)
}
