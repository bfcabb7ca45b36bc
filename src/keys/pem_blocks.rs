//! The lines around a key, `-----BEGIN …-----` and `-----END …-----` (RFC 7468), and those of RFC 4716.
//!
//! Keys travel through editors, mail, environment variables and word processors. What such a journey adds is dropped
//! where one reading alone is possible; elsewhere the fault says what happened to the text.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use pem::{EncodeConfig, LineEnding, Pem};

use super::KeyFault;

/// Base64 as people have it: with padding or without. Unused bits of the last character do not matter.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Labels that are recognised also where every dash around them was lost.
const LABELS: [&str; 9] = [
    "PUBLIC KEY",
    "PRIVATE KEY",
    "RSA PUBLIC KEY",
    "RSA PRIVATE KEY",
    "EC PRIVATE KEY",
    "ENCRYPTED PRIVATE KEY",
    "OPENSSH PRIVATE KEY",
    "SSH2 PUBLIC KEY",
    "CERTIFICATE",
];

/// The text between two lines that belong together.
pub(super) struct Block<'a> {
    pub label: &'a str,
    /// Whether a header says so (RFC 1421).
    pub is_encrypted: bool,
    body: &'a str,
    /// The number of the body's first line in the whole text.
    line: usize,
}

/// The labels that the text names, and its blocks; `None` when no line begins or ends one.
pub(super) struct Armoured<'a> {
    pub labels: Vec<&'a str>,
    pub blocks: Result<Vec<Block<'a>>, KeyFault>,
}

/// A text whose line ends were written as the two characters `\` and `n`, with real line ends.
pub(super) fn with_real_line_ends(text: &str) -> Cow<'_, str> {
    if !text.contains("\\n") {
        return text.into();
    }
    text.replace("\\\\", "\\").replace("\\r", "").replace("\\n", "\n").into()
}

/// Finds the blocks of a text.
pub(super) fn read(text: &str) -> Option<Armoured<'_>> {
    let marks = marks(text);
    if marks.is_empty() {
        let is_lower = text.contains("-----begin ");
        let fault = || KeyFault::Malformed("its `-----BEGIN` line is in lower case; write it in capitals".into());
        return is_lower.then(|| Armoured { labels: vec!["PRIVATE KEY"], blocks: Err(fault()) });
    }
    let labels = marks.iter().map(|mark| mark.label).filter(|label| !label.is_empty()).collect();
    Some(Armoured { labels, blocks: blocks(text, &marks) })
}

fn blocks<'a>(text: &'a str, marks: &[Mark<'a>]) -> Result<Vec<Block<'a>>, KeyFault> {
    if marks.iter().any(|mark| mark.is_typographic) {
        return Err(malformed(
            "the dashes around its BEGIN or END are typographic; write five hyphens, `-----`, instead",
        ));
    }
    let mut blocks = Vec::new();
    let mut rest = marks.iter();
    while let Some(begin) = rest.next() {
        if begin.is_end {
            return Err(truncated(format!("the line `-----BEGIN {}-----` is missing", shown(begin.label))));
        }
        let end = rest.next().filter(|end| end.is_end).ok_or_else(|| begin.without_end())?;
        begin.expect_end(end, text)?;
        blocks.push(Block::between(text, begin, end)?);
    }
    Ok(blocks)
}

impl<'a> Block<'a> {
    fn between(text: &'a str, begin: &Mark<'a>, end: &Mark<'a>) -> Result<Self, KeyFault> {
        let body = &text[begin.end..end.start];
        expect_unquoted(body)?;
        let line = text[..begin.end].lines().count().max(1);
        let (headers, body, skipped) = without_headers(body);
        let is_encrypted = headers.lines().any(|line| line.contains("Proc-Type:") && line.contains("ENCRYPTED"));
        Ok(Self { label: begin.label, is_encrypted, body, line: line + skipped })
    }

    /// The bytes of the body.
    pub fn contents(&self) -> Result<Vec<u8>, KeyFault> {
        let mut characters = String::with_capacity(self.body.len());
        for (number, line) in self.body.split('\n').enumerate() {
            for c in line.chars().filter(|c| !c.is_whitespace()) {
                characters.push(plain_base64(c).ok_or_else(|| self.stray(c, number))?);
            }
        }
        let padding = characters.len() - characters.trim_end_matches('=').len();
        characters.truncate(characters.len() - padding);
        if characters.is_empty() {
            return Err(truncated("nothing stands between its first line and its last".to_owned()));
        }
        if let Some(at) = characters.find('=') {
            return Err(truncated(format!("its base64 ends after {at} characters, and goes on after that")));
        }
        LENIENT.decode(&characters).map_err(|_| {
            truncated(format!("its base64 has {} characters, which no number of bytes gives", characters.len()))
        })
    }

    fn stray(&self, c: char, number: usize) -> KeyFault {
        KeyFault::Malformed(format!("line {} of it has {c:?}, which base64 does not have", self.line + number).into())
    }
}

/// A character of base64 or base64url in the alphabet of base64.
pub(super) const fn plain_base64(c: char) -> Option<char> {
    match c {
        '-' => Some('+'),
        '_' => Some('/'),
        '+' | '/' | '=' => Some(c),
        c if c.is_ascii_alphanumeric() => Some(c),
        _ => None,
    }
}

/// Decodes base64 or base64url, wherever its lines end. A last character that is one too many is dropped, so that a
/// text that was cut is still known by its beginning.
pub(super) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let characters = text.chars().filter(|c| !c.is_whitespace()).map(plain_base64);
    let mut characters = characters.collect::<Option<String>>()?;
    characters.truncate(characters.trim_end_matches('=').len());
    if characters.len() % 4 == 1 {
        characters.pop();
    }
    LENIENT.decode(characters).ok()
}

/// The headers of RFC 1421 and RFC 4716 end with an empty line, or with the first line that is none; a backslash goes
/// on with the next line.
fn without_headers(body: &str) -> (&str, &str, usize) {
    let (mut at, mut lines, mut goes_on) = (0, 0, false);
    for line in body.split_inclusive('\n') {
        let is_blank = line.trim().is_empty();
        if !(is_blank || goes_on || line.contains(':')) {
            break;
        }
        goes_on = line.trim_end().ends_with('\\');
        at += line.len();
        lines += 1;
    }
    // The rest of the line of the mark is the first of these lines, though it has the mark's number.
    (&body[..at], &body[at..], lines)
}

/// Mail programs and comments put one character before every line.
fn expect_unquoted(body: &str) -> Result<(), KeyFault> {
    let mut lines = body.lines().map(str::trim_start).filter(|line| !line.is_empty());
    let Some(first) = lines.next().and_then(|line| line.chars().next()) else { return Ok(()) };
    if ['>', '|', '#', '*', ';'].contains(&first) && lines.all(|line| line.starts_with(first)) {
        return Err(KeyFault::Repairable {
            what: format!("its lines begin with `{first}`, as quoted lines do; delete that").into(),
            command: format!("sed 's/^[{first} ]*//' FILE").into(),
        });
    }
    Ok(())
}

/// One line that begins or ends a block.
struct Mark<'a> {
    is_end: bool,
    label: &'a str,
    start: usize,
    end: usize,
    left: usize,
    right: usize,
    is_typographic: bool,
}

const fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}')
}

/// Every line that begins or ends a block, in order.
fn marks(text: &str) -> Vec<Mark<'_>> {
    let mut found: Vec<(usize, &str)> = ["BEGIN", "END"].iter().flat_map(|word| text.match_indices(word)).collect();
    found.sort_unstable();
    let marks = found.into_iter().filter_map(|(at, word)| Mark::around(text, at, word));
    let marks: Vec<_> = marks.collect();
    if marks.iter().any(|mark| !mark.is_end || mark.left > 2) { marks } else { Vec::new() }
}

impl<'a> Mark<'a> {
    fn around(text: &'a str, at: usize, word: &str) -> Option<Self> {
        let before = text[..at].trim_end_matches(' ');
        let start = before.trim_end_matches(is_dash).len();
        let after = &text[at + word.len()..];
        let label_end = after.find(|c| is_dash(c) || c == '\n' || c == '\r').unwrap_or(after.len());
        let label = after[..label_end].trim();
        let dashes = &after[label_end..];
        let right_end = dashes.find(|c| !is_dash(c)).unwrap_or(dashes.len());
        let around = [&before[start..], &dashes[..right_end]];
        let [left, right] = around.map(|dashes| dashes.chars().count());
        let mark = Self {
            is_end: word == "END",
            label,
            start: if left == 0 { at } else { start },
            end: at + word.len() + label_end + right_end,
            left,
            right,
            is_typographic: around.concat().chars().any(|c| c != '-'),
        };
        let has_text = !label.is_empty() || right == 0;
        ((left >= 2 && has_text)
            || (left + right == 0 && mark.is_known(text, at))
            || (right >= 2 && mark.has_known_label()))
        .then_some(mark)
    }

    fn has_known_label(&self) -> bool {
        LABELS.contains(&self.label)
    }

    /// A line that lost its dashes.
    fn is_known(&self, text: &str, at: usize) -> bool {
        self.has_known_label() && !text[..at].ends_with(|c: char| c.is_alphanumeric())
    }

    /// How many hyphens are on each side of this line.
    fn whole(&self) -> usize {
        if self.label.starts_with("SSH2") { 4 } else { 5 }
    }

    fn without_end(&self) -> KeyFault {
        if self.right == 0 && self.left > 0 {
            return truncated("its first line has no end".to_owned());
        }
        truncated(format!("the line `-----END {}-----` is missing", shown(self.label)))
    }

    fn expect_end(&self, end: &Self, text: &str) -> Result<(), KeyFault> {
        let whole = self.whole();
        let is_whole = self.left == whole && self.right == whole;
        if is_whole && end.right < whole && text[end.end..].trim().is_empty() {
            return Err(truncated("its last line has no end".to_owned()));
        }
        let counts = [self.left, self.right, end.left, end.right];
        if counts.iter().any(|count| *count != whole && (whole == 5 || *count < whole)) {
            let hyphens = "-".repeat(whole);
            return Err(KeyFault::Malformed(
                format!("its BEGIN and END lines must have {whole} hyphens, `{hyphens}`, on each side").into(),
            ));
        }
        if self.label.contains('%') || self.label.contains('+') {
            return Err(malformed("it is percent-encoded, as in an address; decode it first"));
        }
        if self.label == end.label {
            return Ok(());
        }
        let (begin, end) = (shown(self.label), shown(end.label));
        Err(KeyFault::Malformed(
            format!("its first line says BEGIN {begin}, and its last END {end}; the two must be alike").into(),
        ))
    }
}

/// The longest word that a label has: CERTIFICATE.
const LONGEST_WORD_OF_LABEL: usize = 11;

/// A label as a message shows it. Where the line lost its end, the key's own base64 follows the label; a line of it is
/// longer than any word of a label, and is left out.
pub(super) fn shown(label: &str) -> String {
    let is_word = |word: &&str| {
        word.len() <= LONGEST_WORD_OF_LABEL && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '#')
    };
    label.split_whitespace().take_while(is_word).take(5).collect::<Vec<_>>().join(" ")
}

fn truncated(what: String) -> KeyFault {
    KeyFault::Truncated(what.into())
}

const fn malformed(what: &'static str) -> KeyFault {
    KeyFault::Malformed(Cow::Borrowed(what))
}

/// Wraps DER in PEM with lines that end as Unix lines do.
pub(super) fn wrap(label: &str, der: impl Into<Vec<u8>>) -> String {
    pem::encode_config(&Pem::new(label, der), EncodeConfig::new().set_line_ending(LineEnding::LF))
}
