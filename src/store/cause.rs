//! Why a database failed, in its own words.

use std::error::Error as StdError;

use sqlx::Error;

/// The cause, as the system, TLS or the database describes it.
pub(super) type Cause = Box<dyn StdError + Send + Sync>;

/// The inner error; the outer one only repeats it.
pub(super) fn cause(error: Error) -> Cause {
    match error {
        Error::Io(error) => error.into(),
        Error::Database(error) => error.into_error(),
        Error::Tls(error) | Error::Configuration(error) => error,
        error => error.into(),
    }
}
