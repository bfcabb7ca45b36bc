//! Where a request's head ends.
//!
//! A head ends at its first empty line (RFC 9112 §2.1). Empty lines before it are ignored (§2.2), and lines may end in
//! a bare line feed. This module decides only how many bytes the parser gets at once; the parser decides what they
//! mean.

use std::io::BufRead as _;

use super::PassedOn;

/// Finds the end of a head in pieces of any size.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct HeadEnd {
    line: LineSoFar,
    /// Whether a non-empty line was seen since the last head's end.
    has_text: bool,
}

/// What was seen of an incomplete line.
#[derive(Clone, Copy, Debug, Default)]
enum LineSoFar {
    #[default]
    Empty,
    CarriageReturn,
    Text,
}

impl HeadEnd {
    /// How many of `bytes` to pass on: at most `most`, and with `is_cut` none beyond the end of the head.
    pub fn part(&mut self, bytes: &[u8], most: usize, is_cut: bool) -> PassedOn {
        let offered = bytes.len().min(most);
        let end = if is_cut { self.find(&bytes[..offered]) } else { None };
        PassedOn { bytes: end.unwrap_or(offered), is_whole: end.is_some() }
    }

    /// The number of bytes up to the end of the head, if it is in `bytes`.
    fn find(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut rest = bytes;
        while let Ok(length @ 1..) = rest_of_line(rest) {
            let (line, after) = rest.split_at(length);
            rest = after;
            match self.add(line) {
                Some(true) if self.has_text => {
                    *self = Self::default();
                    return Some(bytes.len() - rest.len());
                }
                Some(false) => self.has_text = true,
                _ => {}
            }
        }
        None
    }

    /// Adds bytes of a line. If they complete it, returns whether the line is empty.
    fn add(&mut self, bytes: &[u8]) -> Option<bool> {
        let text = bytes.strip_suffix(b"\n");
        let line = match (self.line, text.unwrap_or(bytes)) {
            (line, []) => line,
            (LineSoFar::Empty, b"\r") => LineSoFar::CarriageReturn,
            _ => LineSoFar::Text,
        };
        self.line = if text.is_some() { LineSoFar::Empty } else { line };
        text.map(|_| !matches!(line, LineSoFar::Text))
    }
}

/// The number of bytes up to and including the line feed, or all of them.
fn rest_of_line(mut bytes: &[u8]) -> std::io::Result<usize> {
    bytes.skip_until(b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the parts end in which `bytes` are passed on when they come in pieces of this size.
    fn ends(bytes: &[u8], size: usize) -> Vec<usize> {
        let (mut end, mut at, mut ends) = (HeadEnd::default(), 0, Vec::new());
        for piece in bytes.chunks(size) {
            let mut rest = piece;
            while !rest.is_empty() {
                let passed = end.part(rest, usize::MAX, true);
                at += passed.bytes;
                rest = &rest[passed.bytes..];
                if passed.is_whole {
                    ends.push(at);
                }
            }
        }
        ends
    }

    #[test]
    fn a_head_ends_at_its_first_empty_line_however_it_is_split() {
        let heads: [(&[u8], &[usize]); 7] = [
            (b"GET / HTTP/1.1\r\nHost: a\r\n\r\nbody", &[27]),
            (b"GET / HTTP/1.1\nHost: a\n\nbody", &[24]),
            (b"GET / HTTP/1.1\r\nHost: a\n\r\nbody", &[26]),
            (b"\r\n\r\n\n\nGET / HTTP/1.0\r\n\r\n\r\n", &[24]),
            (b"a\n\nb\n\n\n\nc\r\n\r\n", &[3, 6, 13]),
            (b"GET / HTTP/1.1\r\n\rHost: a\r\n \r\n\r\r\n", &[]),
            (b"GET / HTTP/1.1\r\nHost: a\r\n", &[]),
        ];
        for (bytes, expected) in heads {
            for size in 1..=bytes.len() {
                assert_eq!(ends(bytes, size), expected, "{:?} by {size}", bytes.escape_ascii().to_string());
            }
        }
    }

    #[test]
    fn without_a_cut_as_much_is_handed_over_as_there_is_room_for() {
        let passed = HeadEnd::default().part(b"a\n\nb", 10, false);
        assert_eq!((passed.bytes, passed.is_whole), (4, false));
        let passed = HeadEnd::default().part(b"a\n\nb", 2, true);
        assert_eq!((passed.bytes, passed.is_whole), (2, false));
    }
}
