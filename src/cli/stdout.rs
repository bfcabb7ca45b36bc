//! Standard output for a command that prints its result and ends.
//!
//! A reader that has gone away, as `head` does, has read what it wanted: what is written after that is dropped, and the
//! command's exit code is what it would have been.

use std::io::{self, ErrorKind, StdoutLock, Write};

use thiserror::Error;

/// Standard output could not be written, for another reason than that nobody reads it.
#[derive(Debug, Error)]
#[error("cannot write to standard output")]
struct Unwritten(#[source] io::Error);

pub(super) struct Stdout(StdoutLock<'static>);

impl Stdout {
    pub fn lock() -> Self {
        Self(io::stdout().lock())
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        unless_unread(self.0.write(bytes), bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        unless_unread(self.0.flush(), ())
    }
}

fn unless_unread<T>(done: io::Result<T>, as_if: T) -> io::Result<T> {
    done.or_else(|error| match error.kind() {
        ErrorKind::BrokenPipe => Ok(as_if),
        // The caller tries again.
        ErrorKind::Interrupted => Err(error),
        kind => Err(io::Error::new(kind, Unwritten(error))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_went_away_is_no_error_and_another_cause_is_named() {
        assert_eq!(unless_unread(Err(ErrorKind::BrokenPipe.into()), 5).unwrap(), 5);
        assert_eq!(unless_unread(Ok(3), 5).unwrap(), 3);
        let error = unless_unread(Err(ErrorKind::StorageFull.into()), ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StorageFull);
        assert_eq!(crate::log::chain(&error), "cannot write to standard output: no storage space");
    }
}
