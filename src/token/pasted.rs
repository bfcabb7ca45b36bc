//! A token as people paste it: with `Bearer` in front, in quotes, with a comma behind, or broken over several lines.
//!
//! None of that can be part of a token, whose characters are letters, digits, `-`, `_` and dots. It is removed where a
//! person pastes, with a note of what was removed. The text of programs is judged unchanged.

use super::preview::Preview;
use super::{LARGEST_TOKEN, segments};
use crate::keys::shortest_signature_chars;
use crate::texts::wrapped_token::{Unwrapped, is_invisible, is_line_end, is_quote};

/// What remains of a pasted text.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Pasted {
    pub token: String,
    /// What was removed, each kind once.
    removed: Vec<&'static str>,
}

impl Pasted {
    pub fn new(text: &str) -> Self {
        let mut unwrapped = Unwrapped::new(text);
        let mut token = unwrapped.text.to_owned();
        if token.contains(is_line_end) && !has_several_tokens(&token) {
            token = token.split(is_line_end).map(str::trim).collect();
            unwrapped.note("line ends");
        }
        if token.contains(is_invisible) {
            token.retain(|c| !is_invisible(c));
            unwrapped.note("invisible characters");
        }
        if is_of_token(&token) && segments(&token).is_some() {
            return Self { token, removed: unwrapped.removed };
        }
        match only_token(unwrapped.text) {
            Some(only) => Self { token: only.to_owned(), removed: vec!["the text around the token"] },
            None => Self { token, removed: unwrapped.removed },
        }
    }

    /// A note on what was removed; `None` if nothing was.
    pub fn note(&self) -> Option<String> {
        let removed = self.removed.join(", ");
        (!removed.is_empty()).then(|| format!("removed from what you pasted: {removed}"))
    }
}

/// Whether two of the lines are tokens by themselves.
fn has_several_tokens(text: &str) -> bool {
    text.split(is_line_end).filter(|line| segments(line.trim()).is_some()).count() > 1
}

/// The one token in a text of something else: a JSON answer, a header, a link, a line of a log. A text with several is
/// left as it is, because nobody knows which one is meant.
fn only_token(text: &str) -> Option<&str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')));
    let mut tokens = words.filter_map(whole_token);
    let first = tokens.next()?;
    tokens.next().is_none().then_some(first)
}

/// A word that is a token to its end, without the dots of a sentence. One that was broken or damaged has no whole
/// signature, and is judged with the text around it.
fn whole_token(word: &str) -> Option<&str> {
    let trimmed = word.trim_start_matches('.');
    let token = if trimmed.matches('.').count() > 2 { trimmed.trim_end_matches('.') } else { trimmed };
    let [.., signature] = segments(token).filter(|_| token.starts_with("eyJ"))?;
    let preview = Preview::of(token)?;
    let shortest = shortest_signature_chars(preview.algorithm()?)?;
    (signature.len() >= shortest).then_some(token)
}

/// A token that is read line by line, and may be broken over several of them.
#[derive(Default)]
pub struct Lines {
    lines: Vec<String>,
}

impl Lines {
    /// Takes the next line. What came before it is handed back when the line does not continue it.
    #[must_use]
    pub fn take(&mut self, line: String) -> Option<Pasted> {
        let finished = if self.is_continued_by(&line) { None } else { self.finish() };
        self.lines.push(line);
        finished
    }

    /// What is left when no line can continue it any more; a token in one line is never kept waiting for the next.
    #[must_use]
    pub fn finish_if_whole(&mut self) -> Option<Pasted> {
        if matches!(self.rest(), Rest::Nothing) { self.finish() } else { None }
    }

    #[must_use]
    pub fn finish(&mut self) -> Option<Pasted> {
        if self.lines.is_empty() {
            return None;
        }
        let pasted = Pasted::new(&self.lines.join("\n"));
        self.lines.clear();
        Some(pasted)
    }

    /// What may come after these lines.
    fn rest(&self) -> Rest {
        if self.is_begun_json() {
            return Rest::Json;
        }
        let Pasted { token, .. } = Pasted::new(&self.lines.join("\n"));
        let is_begun = token.starts_with("eyJ") && (SHORTEST_LINE..=LARGEST_TOKEN).contains(&token.len());
        if !is_begun || !is_of_token(&token) {
            return Rest::Nothing;
        }
        let Some([.., signature]) = segments(&token) else {
            return if token.matches('.').count() < 2 { Rest::Missing } else { Rest::Nothing };
        };
        let preview = Preview::of(&token);
        let shortest =
            preview.as_ref().and_then(Preview::algorithm).and_then(shortest_signature_chars).unwrap_or_default();
        match &self.lines[..] {
            _ if signature.len() < shortest => Rest::Missing,
            [first, .., last] if last.trim().len() >= first.trim().len() => Rest::UpTo(first.trim().len()),
            _ => Rest::Nothing,
        }
    }

    fn is_begun_json(&self) -> bool {
        let text = self.lines.join("\n");
        let may_be = text.trim_start().starts_with(['{', '[']) && text.len() <= LARGEST_JSON;
        may_be && serde_json::from_str::<serde_json::Value>(&text).is_err_and(|error| error.is_eof())
    }

    fn is_continued_by(&self, line: &str) -> bool {
        let next = line.trim().trim_end_matches(|c| is_quote(c) || matches!(c, ',' | ';'));
        let is_token_itself = next.starts_with("eyJ") && segments(next).is_some();
        let dots: usize = self.lines.iter().map(|line| line.matches('.').count()).sum();
        let fits = is_of_token(next) && !is_token_itself && dots + next.matches('.').count() <= 2;
        match self.rest() {
            Rest::Nothing => false,
            Rest::Json => true,
            Rest::Missing => !next.is_empty() && fits,
            Rest::UpTo(width) => !next.is_empty() && fits && next.len() <= width,
        }
    }
}

/// What may come after some lines of a token.
enum Rest {
    Nothing,
    /// The rest of JSON that is laid out in lines.
    Json,
    /// More of the token: it has no three parts yet, or its signature is too short for its algorithm.
    Missing,
    /// More of the signature, in lines that are no wider: the last one was as long as the first, so the text was cut
    /// there by its width. The length of an RSA signature tells nothing, for it depends on the key.
    UpTo(usize),
}

/// More than an answer with a few tokens has.
const LARGEST_JSON: usize = 4 * LARGEST_TOKEN;

/// A line that is shorter is a word, and not the beginning of a token.
const SHORTEST_LINE: usize = 16;

fn is_of_token(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJib2IifQ.c2lnbmF0dXJlLXNpZ25hdHVyZS1zaWduYXR1cmUtMTI";

    /// Long because it is one table of cases.
    #[test]
    fn a_token_is_found_in_what_people_paste() {
        let (start, end) = TOKEN.split_at(40);
        for (text, words) in [
            (format!("Bearer {TOKEN}"), &["`Bearer`"][..]),
            (format!("bearer\t {TOKEN}\r\n"), &["`Bearer`", "line ends"]),
            (format!("BEARER {TOKEN}"), &["`Bearer`"]),
            (format!("Authorization: Bearer {TOKEN}"), &["`Authorization:`", "`Bearer`"]),
            (format!("authorization:bearer {TOKEN}"), &["`Authorization:`", "`Bearer`"]),
            (format!("Authorization: Bearer\n  {TOKEN}\n"), &["`Authorization:`", "`Bearer`", "line ends"]),
            (format!("\"Authorization\": \"Bearer {TOKEN}\","), &["`Authorization:`", "quotes", "punctuation"]),
            (format!("token={TOKEN}"), &["`token`"]),
            (format!("TOKEN: {TOKEN}"), &["`token`"]),
            (format!("\"access_token\": \"{TOKEN}\","), &["`access_token`", "quotes", "punctuation"]),
            (format!("  {TOKEN}\t"), &["spaces"]),
            (format!("\u{a0}{TOKEN}\u{3000}"), &["spaces"]),
            (format!("\"{TOKEN}\""), &["quotes"]),
            (format!("'{TOKEN}'"), &["quotes"]),
            (format!("`{TOKEN}`"), &["quotes"]),
            (format!("“{TOKEN}”"), &["quotes"]),
            (format!("„{TOKEN}“"), &["quotes"]),
            (format!("‘{TOKEN}’"), &["quotes"]),
            (format!("«\u{a0}{TOKEN}\u{a0}»"), &["quotes", "spaces"]),
            (format!("\"{TOKEN}"), &["quotes"]),
            (format!("\\\"{TOKEN}\\\""), &["quotes"]),
            (format!("```\n{TOKEN}\n```"), &["quotes", "line ends"]),
            (format!("{TOKEN},"), &["punctuation"]),
            (format!("'{TOKEN}';"), &["punctuation", "quotes"]),
            (format!("{TOKEN}\n"), &["line ends"]),
            (format!("\n\n{TOKEN}\r\n\r\n"), &["line ends"]),
            (format!("{start}\n{end}"), &["line ends"]),
            (format!("{start}\r\n  {end}\r\n"), &["line ends"]),
            (TOKEN.replace('.', ".\n"), &["line ends"]),
            (format!("Bearer \"{start}\n{end}\""), &["`Bearer`", "quotes", "line ends"]),
            (format!("\u{feff}{start}\u{200b}{end}"), &["invisible characters"]),
        ] {
            let pasted = Pasted::new(&text);
            assert_eq!(pasted.token, TOKEN, "{text:?}");
            let note = pasted.note().unwrap();
            assert!(words.iter().all(|word| note.contains(word)), "{text:?}: {note}");
        }
        assert_eq!(Pasted::new(TOKEN), Pasted { token: TOKEN.to_owned(), removed: Vec::new() });
        assert_eq!(Pasted::new(TOKEN).note(), None);
    }

    #[test]
    fn the_only_token_in_a_text_of_something_else_is_found() {
        for text in [
            format!(r#"{{"token":"{TOKEN}"}}"#),
            format!(r#"{{"access_token": "{TOKEN}", "token_type": "bearer", "expires_in": 60}}"#),
            format!("{{\n  \"token\": \"{TOKEN}\"\n}}\n"),
            format!("```json\n{{\n  \"token\": \"{TOKEN}\"\n}}\n```"),
            format!("HTTP/1.1 200 OK\r\nSet-Cookie: session={TOKEN}; Path=/\r\n\r\n"),
            format!("-H 'Authorization: Bearer {TOKEN}'"),
            format!("curl -H \"Authorization: Bearer {TOKEN}\" https://example.org/a.b.c"),
            format!("https://example.org/?token={TOKEN}&x=1"),
            format!("access_token={TOKEN}&token_type=bearer"),
            format!("x-access-token: {TOKEN}"),
            format!("export TOKEN={TOKEN}"),
            format!("const token = '{TOKEN}';"),
            format!("2026-01-01 INFO token={TOKEN} user=bob"),
            format!("> {TOKEN}"),
            format!("<{TOKEN}>"),
            format!("({TOKEN})"),
            format!("[{TOKEN}]"),
            format!("*{TOKEN}*"),
            format!("Bearer: {TOKEN}"),
            format!("The token is {TOKEN}."),
            format!("{TOKEN}."),
            format!("{TOKEN}…"),
            format!("id_token\t{TOKEN}"),
        ] {
            let pasted = Pasted::new(&text);
            assert_eq!(pasted.token, TOKEN, "{text:?}");
            assert_eq!(pasted.note().unwrap(), "removed from what you pasted: the text around the token", "{text:?}");
        }
    }

    #[test]
    fn several_tokens_and_broken_ones_stay_as_they_are() {
        let other = TOKEN.replace("c2ln", "d2ln");
        let (start, end) = TOKEN.split_at(TOKEN.len() - 10);
        for text in [
            format!(r#"{{"access_token":"{TOKEN}","id_token":"{other}"}}"#),
            format!("{start} {end}"),
            format!("{start}*{end}"),
            format!("{TOKEN}.x"),
            format!("x.{TOKEN}"),
            TOKEN.replacen('.', "..", 1),
            TOKEN.replace("eyJhbGci", "eyJhbG*i"),
        ] {
            assert_eq!(Pasted::new(&text).token, text);
        }
    }

    #[test]
    fn json_in_several_lines_is_one_text() {
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let answer = format!("{{\n  \"token_type\": \"bearer\",\n  \"access_token\": \"{TOKEN}\"\n}}\n{TOKEN}\n");
        assert_eq!(read(&lines(&answer)), [TOKEN, TOKEN]);
        assert_eq!(read(&lines(&format!("[\n\"{TOKEN}\"\n]\nhello"))), [TOKEN, "hello"]);
        assert_eq!(read(&lines("{a\nhello")), ["{a", "hello"], "this was not begun as JSON");
        let cut = read(&lines(&format!("{{\n\"token\": \"{TOKEN}\"")));
        assert_eq!(cut, [TOKEN], "what was cut is read to its end");
        let long = "{\n".to_owned() + &"\"a\",\n".repeat(20_000);
        assert!(read(&lines(&long)).len() > 1, "no more is kept than an answer has");
    }

    #[test]
    fn nothing_but_wrapping_is_no_token() {
        for text in ["", " ", "\r\n", "Bearer", "Bearer ", "\"\"", "Authorization:", "token=", " , "] {
            assert_eq!(Pasted::new(text).token, "", "{text:?}");
        }
    }

    #[test]
    fn what_may_be_part_of_a_wrong_token_stays() {
        let two = format!("{TOKEN}\n{TOKEN}");
        for text in ["a b", "a.b c.d", "null", "Bearertoken", "{\"a\":1}", "token", "a,b", "x\"y", "a\0b", "a=", &two] {
            assert_eq!(Pasted::new(text).token, text, "{text:?}");
        }
    }

    fn read(lines: &[String]) -> Vec<String> {
        let mut reader = Lines::default();
        let mut tokens = Vec::new();
        for line in lines {
            tokens.extend(reader.take(line.clone()));
            tokens.extend(reader.finish_if_whole());
        }
        tokens.extend(reader.finish());
        tokens.into_iter().map(|pasted| pasted.token).collect()
    }

    fn cut(token: &str, width: usize) -> Vec<String> {
        token.as_bytes().chunks(width).map(|line| String::from_utf8(line.to_vec()).unwrap()).collect()
    }

    #[test]
    fn a_token_broken_at_any_width_is_read_as_one() {
        let rs256 = format!("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJib2IifQ.{}", "A".repeat(342));
        for token in [TOKEN, &rs256] {
            for width in SHORTEST_LINE..token.len() {
                let mut lines = cut(token, width);
                assert_eq!(read(&lines), [token], "{width}");
                lines[0] = format!("Bearer \"{}", lines[0]);
                lines.last_mut().unwrap().push('"');
                assert_eq!(read(&lines), [token], "{width}");
                // A last line of full width may go on; behind a shorter one another text begins.
                if token.len() % width != 0 {
                    lines.extend(["hello", token, token].map(str::to_owned));
                    assert_eq!(read(&lines), [token, "hello", token, token], "{width}");
                }
            }
            let at_dots: Vec<_> = token.split_inclusive('.').map(str::to_owned).collect();
            assert_eq!(read(&at_dots), [token]);
        }
    }

    #[test]
    fn tokens_in_lines_of_their_own_stay_apart() {
        let cut = &TOKEN[..50];
        let lines = [TOKEN, TOKEN, "hello", "", "a.b", TOKEN, cut, TOKEN, "eyJ", TOKEN].map(str::to_owned);
        assert_eq!(read(&lines), lines);
        let after_cut = [cut, "", "hello"].map(str::to_owned);
        assert_eq!(read(&after_cut), after_cut);
    }

    proptest! {
        #[test]
        fn what_is_wrapped_around_a_token_goes_and_nothing_else(
            token in "[A-Za-z0-9_-]{3,9}\\.[A-Za-z0-9_-]{0,9}\\.[A-Za-z0-9_-]{0,9}",
            before in "( |\n|\"|'|`|“|Bearer |Authorization: |token=){0,4}",
            after in "( |\r\n|\"|'|`|”|,|;){0,4}",
        ) {
            prop_assert_eq!(Pasted::new(&format!("{before}{token}{after}")).token, token);
        }

        #[test]
        fn any_text_is_cleaned_once_and_for_all(text in "\\PC{0,40}") {
            let once = Pasted::new(&text).token;
            prop_assert_eq!(Pasted::new(&once).token, once);
        }
    }
}
