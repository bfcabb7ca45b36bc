//! Files of `NAME=value` lines, such as `.env`: each value is taken literally, or the line is refused with its cause.
//!
//! The well-known readers of such files replace `$NAME`, drop what follows `#` and read `\` as an escape, each by rules
//! of its own, so a secret such as `s3cr$t` reached the program as another one. Here nothing is replaced. What those
//! readers, a shell and Docker's `--env-file` understand differently is refused:
//!
//! - `NAME=value` is literal to the end of the line: `$`, `\`, quotes and `#` within it are characters like any other;
//! - `NAME='value'` and `NAME="value"` lose the quotes, and a comment may follow. A `\` in double quotes is refused,
//!   for elsewhere it begins an escape;
//! - blanks at either end of a value without quotes, and a comment behind one, are refused;
//! - a name appears once; `export NAME=value` is the same; a line that begins with `#` is a comment.

use std::collections::HashMap;

use thiserror::Error;

/// A line of the file: its contents, or why they are unclear.
#[derive(Debug)]
pub struct Entry {
    /// Counted from 1.
    pub line: usize,
    pub name: String,
    pub value: Result<String, LineFault>,
}

/// A file that cannot be used, by the line that is at fault. It never repeats a value, which may be a secret.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("line {line}: {fault}")]
pub struct BadEnvFile {
    pub line: usize,
    pub fault: LineFault,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LineFault {
    #[error("the file is UTF-16 text; save it as UTF-8")]
    Utf16,
    #[error("it is not UTF-8 text; save the file as UTF-8")]
    NotUtf8,
    #[error("it is not NAME=value; a comment begins with `#`, and a value is one line")]
    NoEquals,
    #[error("it is not NAME=value: a name has letters, digits and `_`, and does not begin with a digit")]
    BadName,
    #[error("a blank stands before the `=`; write NAME=value without blanks around the `=`")]
    BlankBeforeEquals,
    #[error("{name} is set already on line {first}; keep one of the two")]
    Duplicate { name: String, first: usize },
    #[error(
        "the value of {0} begins or ends with a blank or an invisible character; remove it, or put the value in single \
         quotes if it is part of it"
    )]
    BlankAtEnd(String),
    #[error(
        "the value of {0} has a `#` at its beginning or after a blank, which may begin a comment; put the value in \
         single quotes, or the comment on a line of its own"
    )]
    MaybeComment(String),
    #[error("the value of {name} begins with {quote} and does not end with it on this line; a value is one line")]
    Unclosed { name: String, quote: char },
    #[error(
        "more text follows the closing {quote} of the value of {name}; put the value in the other kind of quotes, or in \
         none"
    )]
    AfterQuote { name: String, quote: char },
    #[error(
        "the value of {0} has a `\\` in double quotes, which elsewhere begins an escape; put the value in single quotes, \
         where every character stands for itself"
    )]
    Backslash(String),
    #[error("the value of {0} has a control character; remove it")]
    Control(String),
}

/// The entries of a file, in order. A fault in a value is left to whoever wants that value; all others refuse the file.
pub fn parse(bytes: &[u8]) -> Result<Vec<Entry>, BadEnvFile> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(BadEnvFile { line: 1, fault: LineFault::Utf16 });
    }
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut lines_of: HashMap<String, usize> = HashMap::new();
    let mut entries = Vec::new();
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let bad = |fault| BadEnvFile { line: index + 1, fault };
        let line = std::str::from_utf8(line).map_err(|_| bad(LineFault::NotUtf8))?;
        let Some((name, value)) = name_and_value(line.strip_suffix('\r').unwrap_or(line)).map_err(bad)? else {
            continue;
        };
        if let Some(first) = lines_of.insert(name.to_owned(), index + 1) {
            return Err(bad(LineFault::Duplicate { name: name.to_owned(), first }));
        }
        entries.push(Entry { line: index + 1, name: name.to_owned(), value: literal(name, value) });
    }
    Ok(entries)
}

/// The values of a file in which every value must be clear.
pub fn parse_all(bytes: &[u8]) -> Result<HashMap<String, String>, BadEnvFile> {
    let entry = |Entry { line, name, value }| match value {
        Ok(value) => Ok((name, value)),
        Err(fault) => Err(BadEnvFile { line, fault }),
    };
    parse(bytes)?.into_iter().map(entry).collect()
}

const BLANKS: [char; 2] = [' ', '\t'];

/// The two sides of the first `=`; `None` for an empty line and for a comment.
fn name_and_value(line: &str) -> Result<Option<(&str, &str)>, LineFault> {
    let line = line.trim_start_matches(BLANKS);
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let (name, value) = line.split_once('=').ok_or(LineFault::NoEquals)?;
    let name = name.strip_prefix("export").filter(|it| it.starts_with(BLANKS)).unwrap_or(name);
    let name = name.trim_start_matches(BLANKS);
    let bare = name.trim_end_matches(BLANKS);
    let mut characters = bare.chars();
    let is_name = characters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || c == '_');
    match is_name {
        false => Err(LineFault::BadName),
        true if bare != name => Err(LineFault::BlankBeforeEquals),
        true => Ok(Some((name, value))),
    }
}

/// The value as it is written, when all readers of such files would agree on it or take it literally.
fn literal(name: &str, text: &str) -> Result<String, LineFault> {
    let name = || name.to_owned();
    if text.chars().any(|c| c.is_control() && c != '\t') {
        return Err(LineFault::Control(name()));
    }
    if let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        return quoted(name, &text[1..], quote);
    }
    let is_unclear = |c: Option<char>| c.is_some_and(|c| c.is_whitespace() || is_invisible(c));
    if is_unclear(text.chars().next()) || is_unclear(text.chars().next_back()) {
        return Err(LineFault::BlankAtEnd(name()));
    }
    let after_blank = |(index, _): (usize, &str)| text[..index].chars().next_back().is_none_or(char::is_whitespace);
    if text.match_indices('#').any(after_blank) {
        return Err(LineFault::MaybeComment(name()));
    }
    Ok(text.to_owned())
}

/// The text up to the closing quote, which only a comment may follow.
fn quoted(name: impl Fn() -> String, text: &str, quote: char) -> Result<String, LineFault> {
    let (value, rest) = text.split_once(quote).ok_or_else(|| LineFault::Unclosed { name: name(), quote })?;
    let behind = rest.trim_start_matches(BLANKS);
    let is_comment = behind.starts_with('#') && behind != rest;
    if !behind.is_empty() && !is_comment {
        return Err(LineFault::AfterQuote { name: name(), quote });
    }
    if quote == '"' && value.contains('\\') {
        return Err(LineFault::Backslash(name()));
    }
    Ok(value.to_owned())
}

/// Characters without a width that are pasted along unseen.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value_of(line: &str) -> Result<String, LineFault> {
        parse(line.as_bytes()).map_err(|bad| bad.fault).and_then(|mut entries| entries.remove(0).value)
    }

    #[test]
    fn a_value_is_taken_literally() {
        for (line, value) in [
            ("A=s3cr$t-key", "s3cr$t-key"),
            ("A=$HOME/${X}", "$HOME/${X}"),
            ("A=a#b#", "a#b#"),
            (r"A=a\b\\c\$d\n", r"a\b\\c\$d\n"),
            ("A=a b\tc", "a b\tc"),
            ("A=it's \"so\"", "it's \"so\""),
            ("A=b'", "b'"),
            ("A=x=y==", "x=y=="),
            ("A={\"a\": 1}", "{\"a\": 1}"),
            ("A=", ""),
            ("A=''", ""),
            ("A=\"\"", ""),
            ("A=' a # b\\n$x '", " a # b\\n$x "),
            ("A=\" a # b $x 'y' \"", " a # b $x 'y' "),
            ("A='\"'  # why", "\""),
            ("A=\"b\" # a 'comment'", "b"),
            ("A=\"b\"\t", "b"),
            ("  export\tA=b", "b"),
            ("A=b\r", "b"),
            ("\u{feff}A=b", "b"),
            ("A=zoë✓", "zoë✓"),
            ("_a1=b", "b"),
        ] {
            assert_eq!(value_of(line).as_deref(), Ok(value), "{line:?}");
        }
    }

    #[test]
    fn what_readers_understand_differently_is_refused() {
        type Fault = fn(&LineFault) -> bool;
        let cases: [(&str, Fault); 25] = [
            ("A= b", |it| matches!(it, LineFault::BlankAtEnd(_))),
            ("A=b ", |it| matches!(it, LineFault::BlankAtEnd(_))),
            ("A=b\t\r", |it| matches!(it, LineFault::BlankAtEnd(_))),
            ("A=b\u{a0}", |it| matches!(it, LineFault::BlankAtEnd(_))),
            ("A=\u{200b}b", |it| matches!(it, LineFault::BlankAtEnd(_))),
            ("A= ", |it| matches!(it, LineFault::BlankAtEnd(_))),
            ("A=b # c", |it| matches!(it, LineFault::MaybeComment(_))),
            ("A=b\t#c", |it| matches!(it, LineFault::MaybeComment(_))),
            ("A=#b", |it| matches!(it, LineFault::MaybeComment(_))),
            ("A=\"b", |it| matches!(it, LineFault::Unclosed { quote: '"', .. })),
            ("A='b\"", |it| matches!(it, LineFault::Unclosed { quote: '\'', .. })),
            ("A=\"", |it| matches!(it, LineFault::Unclosed { .. })),
            ("A='b'c", |it| matches!(it, LineFault::AfterQuote { .. })),
            ("A='b'#c", |it| matches!(it, LineFault::AfterQuote { .. })),
            ("A=\"b\"c\"", |it| matches!(it, LineFault::AfterQuote { .. })),
            ("A=\"b\\n\"", |it| matches!(it, LineFault::Backslash(_))),
            ("A=\"b\\$\"", |it| matches!(it, LineFault::Backslash(_))),
            ("A=b\0", |it| matches!(it, LineFault::Control(_))),
            ("A=b\rB=c", |it| matches!(it, LineFault::Control(_))),
            ("A = b", |it| matches!(it, LineFault::BlankBeforeEquals)),
            ("A", |it| matches!(it, LineFault::NoEquals)),
            ("export A", |it| matches!(it, LineFault::NoEquals)),
            ("=b", |it| matches!(it, LineFault::BadName)),
            ("1A=b", |it| matches!(it, LineFault::BadName)),
            ("A-B=c", |it| matches!(it, LineFault::BadName)),
        ];
        for (line, is_it) in cases {
            let fault = value_of(line).unwrap_err();
            assert!(is_it(&fault), "{line:?}: {fault:?}");
        }
    }

    #[test]
    fn a_fault_is_told_by_its_line_and_without_the_value() {
        for (text, line, word) in [
            (&b"A=1\n# b\n\nhunter2 is here\n"[..], 4, "NAME=value"),
            (b"A=1\r\nB=hunter2\xff\r\n", 2, "UTF-8"),
            (b"A=hunter2\nB=2\nA=hunter3\n", 3, "line 1"),
            (b"\xff\xfeA\0=\0", 1, "UTF-16"),
            (b"A=hunter2 # what\n", 1, "`#`"),
            (b"\n\nA=\"hunter2\n", 3, "A begins with \""),
            (b"\n\xef\xbb\xbfA=hunter2\n", 2, "name"),
        ] {
            let bad = parse_all(text).unwrap_err();
            let said = bad.to_string();
            assert!(bad.line == line && said.contains(&format!("line {line}: ")) && said.contains(word), "{said}");
            assert!(!said.contains("hunter"), "{said}");
        }
    }

    #[test]
    fn comments_and_empty_lines_are_no_entries() {
        let entries = parse(b"\n  \n# A=1\n\t#x\nB=2\r\n\r\nC=3").unwrap();
        let found: Vec<_> = entries.iter().map(|entry| (entry.line, entry.name.as_str())).collect();
        assert_eq!(found, [(5, "B"), (7, "C")]);
        assert_eq!(parse(b"").unwrap().len(), 0);
    }
}
