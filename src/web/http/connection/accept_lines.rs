//! Collects the `Accept` lines of a head, so that a refusal by the parser can be a page or JSON as the client prefers.
//!
//! The parser keeps nothing of a head that it refuses, so we collect the lines before it gets them.

use std::io::BufRead as _;

use actix_web::http::header::{self, HeaderMap, HeaderValue};

/// More bytes than any client sends. The rest is ignored.
const LONGEST: usize = 1024;

const NAME: &[u8] = b"accept:";

/// The `Accept` lines of one head, which comes in pieces of any size.
#[derive(Debug, Default)]
pub(in crate::web) struct AcceptLines {
    /// The complete lines, with their line endings.
    lines: Vec<u8>,
    /// The beginning of an incomplete line.
    unfinished: Vec<u8>,
    /// Whether the head has ended, so that the next bytes belong to another.
    is_whole: bool,
}

impl AcceptLines {
    /// Reads the next bytes of a head. `is_whole` says that the head ends with them.
    pub fn note(&mut self, bytes: &[u8], is_whole: bool) {
        if self.is_whole {
            self.lines.clear();
            self.unfinished.clear();
        }
        self.is_whole = is_whole;
        let mut rest = bytes;
        while let Some((line, after)) = split_line(rest) {
            rest = after;
            self.add(line);
        }
    }

    /// The lines as headers.
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in self.lines.split(|byte| *byte == b'\n').filter_map(|line| line.get(NAME.len()..)) {
            if let Ok(value) = HeaderValue::from_bytes(line.trim_ascii()) {
                headers.append(header::ACCEPT, value);
            }
        }
        headers
    }

    /// Adds a line or part of one.
    fn add(&mut self, line: &[u8]) {
        if self.unfinished.is_empty() && line.ends_with(b"\n") {
            return self.keep(line);
        }
        let room = LONGEST - self.unfinished.len();
        self.unfinished.extend(&line[..line.len().min(room)]);
        if line.ends_with(b"\n") {
            let line = std::mem::take(&mut self.unfinished);
            self.keep(&line);
        }
    }

    fn keep(&mut self, line: &[u8]) {
        let is_accept = line.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME));
        if is_accept && line.ends_with(b"\n") && self.lines.len() + line.len() <= LONGEST {
            self.lines.extend(line);
        }
    }
}

/// The bytes up to the end of the line, or what is there of it, and those after; nothing where there are none.
fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = { bytes }.skip_until(b'\n').ok().filter(|length| *length > 0)?;
    Some(bytes.split_at(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the heads in `bytes` accept when they come in pieces of this size.
    fn accepted(bytes: &[u8], size: usize) -> Vec<String> {
        let mut accepted = AcceptLines::default();
        for piece in bytes.chunks(size) {
            accepted.note(piece, false);
        }
        let headers = accepted.headers();
        headers.get_all(header::ACCEPT).map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn the_accept_lines_of_a_head_are_found_however_it_is_split() {
        let long = format!("GET / HTTP/1.1\r\nCookie: {}\r\naccept: text/html\r\n\r\n", "x".repeat(5000));
        for (head, expected) in [
            ("GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html, */*\r\n\r\n", &["text/html, */*"][..]),
            ("GET / HTTP/1.1\nACCEPT:text/html\nAccept:\ta/b \n\n", &["text/html", "a/b"]),
            ("GET /accept: HTTP/1.1\r\nX-Accept: a\r\nAccept-Language: en\r\n accept: b\r\n\r\n", &[]),
            ("GET / HTTP/1.1\r\nAccept: text/html", &[]),
            (long.as_str(), &["text/html"]),
            ("", &[]),
        ] {
            for size in [1, 2, 3, 7, 20, 100, 8192] {
                assert_eq!(accepted(head.as_bytes(), size), expected, "{head} by {size}");
            }
        }
    }

    #[test]
    fn what_one_head_accepts_is_not_taken_for_the_next() {
        let mut accepted = AcceptLines::default();
        accepted.note(b"GET / HTTP/1.1\r\nAccept: text/html\r\n\r\n", true);
        assert_eq!(accepted.headers().get(header::ACCEPT).unwrap(), "text/html");
        accepted.note(b"GET / HTTP/9\r\n", false);
        assert!(accepted.headers().is_empty());
    }

    #[test]
    fn a_client_cannot_make_much_be_kept() {
        let mut accepted = AcceptLines::default();
        for _ in 0..1000 {
            accepted.note(b"Accept: text/html, application/json\r\n", false);
            accepted.note(&[b'a'; 100], false);
        }
        assert!(accepted.lines.len() <= LONGEST && accepted.unfinished.len() <= LONGEST);
    }
}
