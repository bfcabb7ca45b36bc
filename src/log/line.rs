//! One line of the log: its time, level, target and message.

use std::fmt::{Arguments, Write as _};

use chrono::{DateTime, Utc};
use log::Level;

use crate::texts::printable::{escaped, is_plain};

/// The format of log lines.
#[derive(Clone, Copy)]
pub(super) struct Format {
    pub is_coloured: bool,
}

/// A thread's buffer for formatting lines. The formatted time is reused within the same second.
#[derive(Default)]
pub(super) struct LineBuffer {
    line: String,
    second: Option<i64>,
    time: String,
}

/// The content of a line.
pub(super) struct Entry<'a> {
    pub now: DateTime<Utc>,
    pub level: Level,
    pub target: &'a str,
    pub message: Arguments<'a>,
}

impl LineBuffer {
    /// The line with its line feed.
    pub fn line(&mut self, format: Format, entry: &Entry<'_>) -> &[u8] {
        self.set_time(entry.now);
        let Entry { level, target, message, .. } = entry;
        let Style { bracket, level: style, plain } = Style::of(*level, format);
        self.line.clear();
        // One line for each request: `write!` would take several times as long for these.
        for part in
            [bracket, "[", plain, &self.time, " ", style, padded(*level), plain, " ", target, bracket, "]", plain, " "]
        {
            self.line.push_str(part);
        }
        let start = self.line.len();
        // Writing to a string cannot fail. If a value's `Display` fails, the line ends there.
        let _ = self.line.write_fmt(*message);
        escape_from(start, &mut self.line);
        self.line.push('\n');
        self.line.as_bytes()
    }

    fn set_time(&mut self, now: DateTime<Utc>) {
        let second = Some(now.timestamp());
        if self.second != second {
            self.second = second;
            self.time.clear();
            let _ = write!(self.time, "{}", now.format("%Y-%m-%dT%H:%M:%SZ"));
        }
    }
}

/// The name of the level, as long as the longest.
const fn padded(level: Level) -> &'static str {
    match level {
        Level::Error => "ERROR",
        Level::Warn => "WARN ",
        Level::Info => "INFO ",
        Level::Debug => "DEBUG",
        Level::Trace => "TRACE",
    }
}

/// The terminal escape sequences that colour a line; all empty without colours.
struct Style {
    bracket: &'static str,
    level: &'static str,
    plain: &'static str,
}

impl Style {
    const fn of(level: Level, format: Format) -> Self {
        if !format.is_coloured {
            return Self { bracket: "", level: "", plain: "" };
        }
        let level = match level {
            Level::Error => "\x1b[1m\x1b[31m",
            Level::Warn => "\x1b[33m",
            Level::Info => "\x1b[32m",
            Level::Debug => "\x1b[34m",
            Level::Trace => "\x1b[36m",
        };
        Self { bracket: "\x1b[90m", level, plain: "\x1b[0m" }
    }
}

fn escape_from(start: usize, line: &mut String) {
    if !is_plain(&line[start..]) {
        let message = escaped(&line[start..]).into_owned();
        line.truncate(start);
        line.push_str(&message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(is_coloured: bool, level: Level, message: Arguments<'_>) -> String {
        let now = DateTime::from_timestamp(1_800_000_000, 999_999_999).unwrap();
        let entry = Entry { now, level, target: "hallpass::web", message };
        String::from_utf8(LineBuffer::default().line(Format { is_coloured }, &entry).to_vec()).unwrap()
    }

    #[test]
    fn a_line_has_time_level_target_and_message() {
        let plain = line(false, Level::Info, format_args!("request id={:x} é", 255));
        assert_eq!(plain, "[2027-01-15T08:00:00Z INFO  hallpass::web] request id=ff é\n");
    }

    #[test]
    fn a_terminal_gets_the_level_in_its_colour() {
        for (level, start) in [
            (Level::Error, "\x1b[1m\x1b[31mERROR"),
            (Level::Warn, "\x1b[33mWARN "),
            (Level::Info, "\x1b[32mINFO "),
            (Level::Debug, "\x1b[34mDEBUG"),
            (Level::Trace, "\x1b[36mTRACE"),
        ] {
            assert_eq!(
                line(true, level, format_args!("x")),
                format!("\x1b[90m[\x1b[0m2027-01-15T08:00:00Z {start}\x1b[0m hallpass::web\x1b[90m]\x1b[0m x\n")
            );
        }
    }

    #[test]
    fn a_message_is_one_line_without_control_characters() {
        let said = line(true, Level::Warn, format_args!("a\nb\r\t\x1b[31m\u{7f}\u{9b}c"));
        assert!(said.ends_with(" a\\nb\\r\\t\\u{1b}[31m\\u{7f}\\u{9b}c\n"), "{said}");
    }

    #[test]
    fn each_line_has_its_own_time_and_nothing_of_the_line_before_it() {
        let mut buffer = LineBuffer::default();
        let mut at = |seconds, message| {
            let now = DateTime::from_timestamp(seconds, 0).unwrap();
            let entry = Entry { now, level: Level::Info, target: "x", message };
            String::from_utf8(buffer.line(Format { is_coloured: false }, &entry).to_vec()).unwrap()
        };
        assert_eq!(at(0, format_args!("a long message")), "[1970-01-01T00:00:00Z INFO  x] a long message\n");
        assert_eq!(at(0, format_args!("short")), "[1970-01-01T00:00:00Z INFO  x] short\n");
        assert_eq!(at(-1, format_args!("earlier")), "[1969-12-31T23:59:59Z INFO  x] earlier\n");
    }
}
