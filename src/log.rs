//! Logging to standard error, and the other lines that a server prints.
//!
//! Libraries log only errors, whatever `RUST_LOG` says: at finer levels they print headers and SQL statements, which
//! contain tokens and cookies. The HTTP parser logs nothing, because any client can make it log errors.
//!
//! No request waits for the log to be read: lines go into a bounded queue, and a separate thread writes them. If nobody
//! reads the log, the queue fills up and further lines are dropped. Later, one line says how many.

mod line;
mod queue;
mod writer;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::RefCell;
use std::error::Error;
use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write};
use std::panic::PanicHookInfo;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anstream::{AutoStream, ColorChoice};
use env_logger::Target;
use log::{Level, LevelFilter, Log, Metadata, Record};
use thiserror::Error;

use crate::clock::{Clock as _, System};
use crate::texts::printable::escaped;
use line::{Entry, Format, LineBuffer};
use writer::{Stream, StreamWriter};

/// How long the process waits at its end for a reader that reads nothing.
const EXIT_FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

/// How long the server waits for such a reader before it prints its address.
const START_FLUSH_TIMEOUT: Duration = Duration::from_millis(250);

/// The log of this process, once it has started.
static LOG: OnceLock<StreamLog> = OnceLock::new();

/// An error and its causes in one line, joined by colons, and [safe to print](escaped).
pub fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line = format!("{line}: {error}");
        cause = error.source();
    }
    escaped(&line).into_owned()
}

/// Why logging cannot start.
#[derive(Debug, Error)]
pub enum LogError {
    #[error("RUST_LOG is `{0}`; accepted: off, error, warn, info, debug, trace, or hallpass=LEVEL")]
    Filter(String),
    #[error("cannot start the thread that writes the log")]
    Thread(#[from] io::Error),
}

/// Starts logging for the whole process, with a filter in the form of `RUST_LOG`. Panics are logged too: the standard
/// library would write them to standard error, and block there.
pub fn start(filter: &str) -> Result<Logging, LogError> {
    if env_filter::Builder::new().try_parse(filter).is_err() || filter.split(',').any(is_taken_for_a_level) {
        return Err(LogError::Filter(filter.to_owned()));
    }
    let new = StreamLog::start(filter)?;
    let log = LOG.get_or_init(|| new);
    if log::set_logger(log).is_ok() {
        log::set_max_level(log.logger.filter());
        std::panic::set_hook(Box::new(|panic| log.panicked(panic)));
    }
    Ok(Logging(()))
}

/// Whether somebody took the word for a level. The filter would take it for the name of a module, and log nothing else.
fn is_taken_for_a_level(word: &str) -> bool {
    const WORDS: [&str; 16] = [
        "all",
        "critical",
        "err",
        "errors",
        "fatal",
        "full",
        "information",
        "max",
        "none",
        "notice",
        "on",
        "quiet",
        "silent",
        "true",
        "verbose",
        "warning",
    ];
    let word = word.trim().to_ascii_lowercase();
    WORDS.contains(&word.as_str()) || word.parse::<u8>().is_ok()
}

/// How many log lines were dropped since the process started.
pub fn dropped_lines() -> u64 {
    LOG.get().map_or(0, |log| log.writer.dropped())
}

/// Writes the queued lines when it is dropped at the end of the process, if somebody reads them.
pub struct Logging(());

impl Logging {
    /// Writes the lines logged so far, before the server prints its address.
    pub fn catch_up(&self) {
        flush(START_FLUSH_TIMEOUT);
    }
}

impl Drop for Logging {
    fn drop(&mut self) {
        flush(EXIT_FLUSH_TIMEOUT);
    }
}

fn flush(timeout: Duration) {
    if let Some(log) = LOG.get() {
        log.writer.flush(timeout);
    }
}

/// Logs this program's records, and only errors from its libraries.
struct StreamLog {
    logger: env_logger::Logger,
    format: Format,
    writer: Arc<StreamWriter>,
}

impl StreamLog {
    fn start(filter: &str) -> io::Result<Self> {
        let format = Format { is_coloured: AutoStream::choice(&io::stderr()) != ColorChoice::Never };
        let stream = Stream {
            out: standard_error(),
            dropped: Box::new(move |count| dropped_line(format, count)),
            failed: |_| {},
        };
        let writer = Arc::new(StreamWriter::start("log", stream)?);
        let logger = env_logger::Builder::new()
            .parse_filters(filter)
            .target(Target::Pipe(Box::new(Lines(writer.clone()))))
            .format(move |line, record| write_line(line, format, record))
            .build();
        Ok(Self { logger, format, writer })
    }

    /// Logs a panic as the standard library would print it, with a backtrace if `RUST_BACKTRACE` asks for one.
    fn panicked(&self, panic: &PanicHookInfo<'_>) {
        let error = |message: Arguments<'_>| {
            let entry = Entry { now: System.now(), level: Level::Error, target: "hallpass::panic", message };
            self.writer.push(LineBuffer::default().line(self.format, &entry));
        };
        let thread = std::thread::current();
        let (name, payload) = (thread.name().unwrap_or("-"), panic.payload_as_str().unwrap_or("-"));
        match panic.location() {
            Some(place) => error(format_args!("thread `{name}` panicked at {place}: {payload}")),
            None => error(format_args!("thread `{name}` panicked: {payload}")),
        }
        let backtrace = Backtrace::capture();
        if backtrace.status() == BacktraceStatus::Captured {
            backtrace.to_string().lines().for_each(|line| error(format_args!("{line}")));
        }
    }
}

impl Log for StreamLog {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        is_logged(metadata) && self.logger.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if is_logged(record.metadata()) && !is_end_of_listening(record) {
            self.logger.log(record);
        }
    }

    fn flush(&self) {
        self.writer.flush(EXIT_FLUSH_TIMEOUT);
    }
}

/// Whether a record that passes the filter is logged.
fn is_logged(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    target.starts_with("hallpass") || (metadata.level() <= LevelFilter::Error && !target.starts_with("actix_http"))
}

/// The acceptor's error for a socket that no longer listens (EINVAL). Our own shutdown causes it.
fn is_end_of_listening(record: &Record<'_>) -> bool {
    record.target() == "actix_server::accept" && record.args().to_string().ends_with("(os error 22)")
}

/// The logger's output. Each line arrives in one piece.
struct Lines(Arc<StreamWriter>);

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_line(line: &mut impl Write, format: Format, record: &Record<'_>) -> io::Result<()> {
    thread_local!(static BUFFER: RefCell<LineBuffer> = RefCell::default());
    let (level, target, message) = (record.level(), record.target(), *record.args());
    let entry = Entry { now: System.now(), level, target, message };
    let write = |buffer: &mut LineBuffer, line: &mut dyn Write| line.write_all(buffer.line(format, &entry));
    let shared = BUFFER.try_with(|buffer| buffer.try_borrow_mut().ok().map(|mut buffer| write(&mut buffer, line)));
    // The buffer is in use if a value logs while it is formatted, and gone if the thread is ending.
    shared.ok().flatten().unwrap_or_else(|| write(&mut LineBuffer::default(), line))
}

fn dropped_line(format: Format, count: u64) -> Vec<u8> {
    let what = if count == 1 { "log line was" } else { "log lines were" };
    let message = format_args!("{count} {what} dropped: standard error was not read fast enough, or failed");
    let entry = Entry { now: System.now(), level: Level::Warn, target: "hallpass::log", message };
    LineBuffer::default().line(format, &entry).to_vec()
}

/// Standard output while the server runs. The server never waits for its reader.
pub struct Printer(StreamWriter);

impl Printer {
    pub fn start() -> io::Result<Self> {
        let stream = Stream { out: standard_output(), dropped: Box::new(|_| Vec::new()), failed: report_failed_output };
        Ok(Self(StreamWriter::start("output", stream)?))
    }

    pub fn print(&self, line: &str) {
        self.0.push(format!("{line}\n").as_bytes());
    }
}

impl Drop for Printer {
    fn drop(&mut self) {
        self.0.flush(EXIT_FLUSH_TIMEOUT);
    }
}

/// Ignores a closed pipe: a reader such as `head` has read what it wanted.
fn report_failed_output(error: &io::Error) {
    if error.kind() != ErrorKind::BrokenPipe {
        log::warn!("cannot write to standard output: {error}");
    }
}

/// Prints text on standard error before the process ends. If nobody reads it, waits only a moment.
pub fn print_error(text: &str) {
    let text = format!("{}\n", text.trim_end_matches('\n'));
    let stream = Stream { out: standard_error(), dropped: Box::new(|_| Vec::new()), failed: |_| {} };
    match StreamWriter::start("error", stream) {
        Ok(writer) => {
            writer.push(text.as_bytes());
            writer.flush(EXIT_FLUSH_TIMEOUT);
        }
        // No thread could be started. Printing may block, but is better than no message.
        Err(_) => drop(io::stderr().write_all(text.as_bytes())),
    }
}

/// A separate handle on standard error: a thread that blocks on it must not hold the standard library's lock.
#[cfg(unix)]
fn standard_error() -> Box<dyn Write + Send> {
    use std::os::fd::AsFd as _;
    match io::stderr().as_fd().try_clone_to_owned() {
        Ok(own) => Box::new(std::fs::File::from(own)),
        Err(_) => Box::new(io::stderr()),
    }
}

#[cfg(unix)]
fn standard_output() -> Box<dyn Write + Send> {
    use std::os::fd::AsFd as _;
    match io::stdout().as_fd().try_clone_to_owned() {
        Ok(own) => Box::new(std::fs::File::from(own)),
        Err(_) => Box::new(io::stdout()),
    }
}

#[cfg(not(unix))]
fn standard_error() -> Box<dyn Write + Send> {
    Box::new(io::stderr())
}

#[cfg(not(unix))]
fn standard_output() -> Box<dyn Write + Send> {
    Box::new(io::stdout())
}
