//! Input of bounded size: files and pipes may be larger than memory, or have no end.

use std::io::{self, Read};

/// Reads everything. Above `limit` bytes it fails with the text `too_large`, also if a file grows while it is read.
pub(crate) fn read_bounded(source: impl Read, limit: u64, too_large: &'static str) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit { Err(io::Error::other(too_large)) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn input_at_the_limit_is_read_and_a_byte_more_is_refused_and_not_cut() {
        assert_eq!(read_bounded(&b"abc"[..], 3, "too large").unwrap(), b"abc");
        assert_eq!(read_bounded(&b"abcd"[..], 3, "too large").unwrap_err().to_string(), "too large");
        assert!(read_bounded(io::repeat(0), 3, "too large").is_err(), "it has no end");
    }
}
