//! The program: runs the command line with [`hallpass::cli`] and returns its exit code.

use std::process::ExitCode;
use std::str;

/// A request allocates about a hundred small strings. The system's allocator takes an eighth of the request's time for
/// that; this one takes half as long.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The commit that this program was built from, where it was built from a checkout.
///
/// It is read here and not in the library, so that a new commit does not make cargo build the library again.
const COMMIT: Option<[u8; 10]> = last_commit(include_bytes!(env!("COMMIT_LOG")));

fn main() -> ExitCode {
    let commit = COMMIT.as_ref().and_then(|digits| str::from_utf8(digits).ok());
    hallpass::cli::main(commit)
}

/// The first ten digits of the commit in the last line of Git's log of `HEAD`. A line begins with the old commit, a
/// space and the new commit.
const fn last_commit(log: &[u8]) -> Option<[u8; 10]> {
    let mut at = log.len().saturating_sub(1);
    while at > 0 && log[at - 1] != b'\n' {
        at -= 1;
    }
    while at < log.len() && log[at] != b' ' {
        at += 1;
    }
    if at == log.len() {
        return None;
    }
    match log.split_at(at + 1).1.first_chunk() {
        Some(digits) => Some(*digits),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commit_is_the_new_one_of_the_last_line() {
        let line =
            |old: &str, new: &str| format!("{} {} A <a@example> 1 +0000\tcommit\n", old.repeat(40), new.repeat(40));
        assert_eq!(last_commit(line("0", "a").as_bytes()), Some(*b"aaaaaaaaaa"));
        let two = line("0", "a") + &line("a", "b");
        assert_eq!(last_commit(two.as_bytes()), Some(*b"bbbbbbbbbb"));
        assert_eq!(last_commit(two.trim_end().as_bytes()), Some(*b"bbbbbbbbbb"), "the last line has no end yet");
    }

    #[test]
    fn without_a_line_that_names_one_there_is_no_commit() {
        for log in ["", "\n", "abc", "abc ", "abc short\n"] {
            assert_eq!(last_commit(log.as_bytes()), None, "{log:?}");
        }
    }
}
