//! Standard output for a command that prints its result and ends.
//!
//! If the reader has closed the pipe, as `head` does, later output is dropped, and the exit code stays the same.

use std::io::{self, ErrorKind, StdoutLock, Write};

use thiserror::Error;

/// Writing to standard output failed, and not because the reader has closed the pipe.
#[derive(Debug, Error)]
#[error("cannot write to standard output")]
struct WriteFailed(#[source] io::Error);

pub(super) struct Stdout(StdoutLock<'static>);

impl Stdout {
    pub fn lock() -> Self {
        Self(io::stdout().lock())
    }
}

/// Says what a command has changed. The change is made, so an output that takes nothing is no failure: whoever repeats
/// the command would make it twice. Standard error then says it instead.
pub(super) fn report(lines: &str) {
    let said = Stdout::lock().write_all(lines.as_bytes());
    if let Err(error) = said {
        let error = crate::log::chain(&error);
        // Nothing is left to say it to if this fails too.
        let _ = write!(io::stderr(), "warning: {error}; what was done:\n{lines}");
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        ignore_broken_pipe(self.0.write(bytes), bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        ignore_broken_pipe(self.0.flush(), ())
    }
}

fn ignore_broken_pipe<T>(done: io::Result<T>, on_closed: T) -> io::Result<T> {
    done.or_else(|error| match error.kind() {
        ErrorKind::BrokenPipe => Ok(on_closed),
        // The caller tries again.
        ErrorKind::Interrupted => Err(error),
        kind => Err(io::Error::new(kind, WriteFailed(error))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_went_away_is_no_error_and_another_cause_is_named() {
        assert_eq!(ignore_broken_pipe(Err(ErrorKind::BrokenPipe.into()), 5).unwrap(), 5);
        assert_eq!(ignore_broken_pipe(Ok(3), 5).unwrap(), 3);
        let error = ignore_broken_pipe(Err(ErrorKind::StorageFull.into()), ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StorageFull);
        assert_eq!(crate::log::chain(&error), "cannot write to standard output: no storage space");
    }
}
