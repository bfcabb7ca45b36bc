//! Logging to standard error.
//!
//! Libraries below a warning are silenced whatever `RUST_LOG` says: at their finer levels they print headers and
//! statements, and so tokens and cookies.

use log::{LevelFilter, Log, Metadata, Record};

/// Starts logging for the whole process, by a filter in the form of `RUST_LOG`.
pub fn start(filter: &str) {
    let inner = env_logger::Builder::new().parse_filters(filter).build();
    let most = inner.filter();
    if log::set_boxed_logger(Box::new(Discreet(inner))).is_ok() {
        log::set_max_level(most);
    }
}

/// Lets through what this program says, and of its libraries only warnings and errors.
struct Discreet(env_logger::Logger);

impl Log for Discreet {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let own = metadata.target().starts_with("hallpass");
        (own || metadata.level() <= LevelFilter::Warn) && self.0.enabled(metadata)
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
