//! Logging to standard error.
//!
//! Libraries below an error are silenced whatever `RUST_LOG` says: at their finer levels they print headers and
//! statements, and so tokens and cookies. The HTTP parser is silent altogether, for any client can make it complain.

use log::{LevelFilter, Log, Metadata, Record};
use thiserror::Error;

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
        if self.enabled(record.metadata()) {
            self.0.log(record);
        }
    }

    fn flush(&self) {
        self.0.flush();
    }
}
