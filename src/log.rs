//! Logging to standard error.
//!
//! Libraries below an error are silenced whatever `RUST_LOG` says: at their finer levels they print headers and
//! statements, and so tokens and cookies. The HTTP parser is silent altogether, for any client can make it complain.

use std::error::Error;

use log::{LevelFilter, Log, Metadata, Record};
use thiserror::Error;

use crate::token::printable::escaped;

/// An error and its causes in one line, joined by colons, and [safe to print](escaped) whatever is in it.
pub fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line = format!("{line}: {error}");
        cause = error.source();
    }
    escaped(&line).into_owned()
}

/// The text is no filter.
#[derive(Debug, Error)]
#[error("RUST_LOG is `{0}`; accepted: off, error, warn, info, debug, trace, or hallpass=LEVEL")]
pub struct BadFilter(String);

/// Starts logging for the whole process, by a filter in the form of `RUST_LOG`.
pub fn start(filter: &str) -> Result<(), BadFilter> {
    if env_filter::Builder::new().try_parse(filter).is_err() {
        return Err(BadFilter(filter.to_owned()));
    }
    let inner = env_logger::Builder::new().parse_filters(filter).build();
    let most = inner.filter();
    if log::set_boxed_logger(Box::new(Discreet(inner))).is_ok() {
        log::set_max_level(most);
    }
    Ok(())
}

/// Lets through what this program says, and of its libraries only errors.
struct Discreet(env_logger::Logger);

impl Log for Discreet {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let target = metadata.target();
        let heard = target.starts_with("hallpass")
            || (metadata.level() <= LevelFilter::Error && !target.starts_with("actix_http"));
        heard && self.0.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) && !is_farewell(record) {
            self.0.log(record);
        }
    }

    fn flush(&self) {
        self.0.flush();
    }
}

/// The acceptor's complaint about a socket that does not listen (EINVAL), which is how this program's end closes it.
fn is_farewell(record: &Record<'_>) -> bool {
    record.target() == "actix_server::accept" && record.args().to_string().ends_with("(os error 22)")
}
