//! Chooses the store by the scheme of `--database`. No other module does.

use std::ffi::OsStr;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use thiserror::Error;
use url::Url;

use super::{Postgres, Sqlite, Store, postgres, sqlite};
use crate::keys::Exposed;

/// The value of `--database`. Printing it never shows the password.
#[derive(Clone)]
pub struct DatabaseUrl(String);

/// The store cannot be opened.
#[derive(Debug, Error)]
#[error("cannot use --database `{url}`")]
pub struct OpenError {
    url: DatabaseUrl,
    source: Cause,
}

#[derive(Debug, Error)]
enum Cause {
    #[error("accepted: sqlite:FILE or postgres://USER:PASSWORD@HOST:PORT/DATABASE, or sqlite::memory: to keep nothing")]
    Scheme,
    #[error("write sqlite:{0} for a file; accepted: sqlite:FILE or postgres://USER:PASSWORD@HOST:PORT/DATABASE")]
    FileAlone(String),
    #[error(
        "it is in libpq's form of names and values, which is not read; write it as a URL: \
         postgres://USER:PASSWORD@HOST:PORT/DATABASE"
    )]
    NamesAndValues,
    #[error(transparent)]
    Sqlite(#[from] sqlite::OpenError),
    #[error(transparent)]
    Postgres(#[from] postgres::OpenError),
}

/// What exists at the location of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing. The server creates it when it starts.
    Nothing,
    /// A database without tables. The server creates them when it starts.
    Empty,
    /// A database in memory, which is empty at each start.
    Memory,
    /// A store, perhaps with an older schema, which the server updates when it starts.
    Store,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "which does not exist yet; the server creates it",
            Self::Empty => "which is empty; the server creates the tables",
            Self::Memory => "which is in memory; what it holds is lost when the server ends",
            Self::Store => "which has Hallpass's tables",
        })
    }
}

/// Opens the store, and creates what is missing.
pub async fn open(url: &DatabaseUrl) -> Result<Arc<dyn Store>, OpenError> {
    let store: Result<Arc<dyn Store>, Cause> = match url.kind() {
        Some(Kind::Sqlite) => Sqlite::open(&url.0).await.map(|it| Arc::new(it) as _).map_err(Cause::from),
        Some(Kind::Postgres) => Postgres::open(&url.0).await.map(|it| Arc::new(it) as _).map_err(Cause::from),
        None => Err(url.unknown_form()),
    };
    store.map_err(|source| OpenError { url: url.clone(), source })
}

/// Inspects the store without creating or changing anything.
pub async fn check(url: &DatabaseUrl) -> Result<Found, OpenError> {
    let found = match url.kind() {
        Some(Kind::Sqlite) => Sqlite::check(&url.0).await.map_err(Cause::from),
        Some(Kind::Postgres) => Postgres::check(&url.0).await.map_err(Cause::from),
        None => Err(url.unknown_form()),
    };
    found.map_err(|source| OpenError { url: url.clone(), source })
}

/// The store's files that other users of this machine can read or change. A database server has none here.
pub fn exposed(url: &DatabaseUrl) -> Vec<Exposed> {
    if matches!(url.kind(), Some(Kind::Sqlite)) { Sqlite::exposed(&url.0) } else { Vec::new() }
}

enum Kind {
    Sqlite,
    Postgres,
}

impl DatabaseUrl {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Whether the store's content is lost when the program ends: `sqlite::memory:`.
    pub fn is_in_memory(&self) -> bool {
        Sqlite::is_in_memory(&self.0)
    }

    fn kind(&self) -> Option<Kind> {
        match self.0.split_once(':')?.0 {
            "sqlite" => Some(Kind::Sqlite),
            "postgres" | "postgresql" => Some(Kind::Postgres),
            _ => None,
        }
    }

    fn unknown_form(&self) -> Cause {
        let first = self.0.trim_start().split([':', '/', '\'', ' ']).next().unwrap_or_default();
        match Path::new(&self.0).extension().and_then(OsStr::to_str) {
            _ if first.contains('=') => Cause::NamesAndValues,
            Some("db" | "sqlite" | "sqlite3") if is_plain_name(&self.0) => Cause::FileAlone(self.0.clone()),
            _ => Cause::Scheme,
        }
    }
}

/// Only what is understood is shown. In every other text the password may be anywhere.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.split_once(':') {
            None if is_plain_name(&self.0) => f.write_str(&self.0),
            Some(("sqlite", _)) => f.write_str(without_query(&self.0)),
            Some((scheme, _)) => match without_password(&self.0) {
                Some(url) => write!(f, "{url}"),
                None if is_scheme(scheme) => write!(f, "{scheme}:…"),
                None => f.write_str("…"),
            },
            None => f.write_str("…"),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

/// A file's name or path, and no list of names and values.
fn is_plain_name(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '~'))
}

/// The schemes that people write here. Any other word before a colon may be a login's name.
fn is_scheme(text: &str) -> bool {
    ["postgres", "postgresql", "mysql", "mariadb"].iter().any(|scheme| text.eq_ignore_ascii_case(scheme))
}

/// An SQLite file without the parameters that other programs give it, some of which are keys.
fn without_query(text: &str) -> &str {
    let has_value = |(_, query): &(&str, &str)| query.contains('=');
    text.split_once('?').filter(has_value).map_or(text, |(file, _)| file)
}

/// Whether an unescaped `/`, `?` or `#` in the password moved part of it behind the host, where its `@` shows it.
fn without_password(text: &str) -> Option<Url> {
    let mut url = Url::parse(text).ok()?;
    let behind_host = [url.path(), url.query().unwrap_or_default()];
    let is_misplaced = url.host_str().is_none_or(|host| host.is_empty() || host.contains('='))
        || url.path().contains('=')
        || url.fragment().is_some()
        || behind_host.iter().any(|part| part.contains('@'));
    if is_misplaced {
        return None;
    }
    if url.password().is_some() {
        url.set_password(Some("***")).ok()?;
    }
    if url.query().is_some() && !url.query_pairs().all(|(name, _)| postgres::is_shown(&name)) {
        url.set_query(Some("***"));
    }
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An error with its causes, as the start prints it.
    fn chain(error: &dyn std::error::Error) -> String {
        let causes = std::iter::successors(Some(error), |error| error.source());
        causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
    }

    #[test]
    fn a_url_prints_itself_without_its_password() {
        for (url, shown) in [
            ("postgres://bob:hunter2@db:5433/x?sslmode=require", "postgres://bob:***@db:5433/x?sslmode=require"),
            ("postgres://bob@db/x", "postgres://bob@db/x"),
            ("postgres://db/x?host=/run&password=hunter2", "postgres://db/x?***"),
            ("postgres://bob:hunter2/3@db/x", "postgres:…"),
            ("postgres://bob:12/hunter2@db/x", "postgres:…"),
            ("postgres://bob:12?hunter2@db/x", "postgres:…"),
            ("postgres://bob:12#hunter2@db/x", "postgres:…"),
            ("postgres:bob:hunter2", "postgres:…"),
            ("postgresql://bob:hunter2@", "postgresql:…"),
            ("mysql://bob:hunter2@db/x", "mysql://bob:***@db/x"),
            ("sqlite:a.db", "sqlite:a.db"),
            ("hallpass.db", "hallpass.db"),
            ("host=127.0.0.1 user=hp password=hunter2 dbname=hp", "…"),
            ("HOST='::1' PASSWORD='hunter2'", "…"),
            ("password=hunter2", "…"),
            ("bob:hunter2", "…"),
            ("bob/hunter2@db", "…"),
            ("postgres://bob@db/x?sslpassword=hunter2", "postgres://bob@db/x?***"),
            ("postgres://bob@db/x?sslmode=require&PassWord=hunter2", "postgres://bob@db/x?***"),
            ("postgres://bob@db/x?passwort=hunter2", "postgres://bob@db/x?***"),
            ("postgres://bob@db/x?hunter2", "postgres://bob@db/x?***"),
            ("postgres://bob@db/x#password=hunter2", "postgres:…"),
            ("postgres://password=hunter2", "postgres:…"),
            ("postgres://bob@db/x password=hunter2", "postgres:…"),
            ("Postgres://host=db password=hunter2", "Postgres:…"),
            ("sqlite:a.db?key=hunter2", "sqlite:a.db"),
        ] {
            assert_eq!(DatabaseUrl::new(url).to_string(), shown, "{url}");
            assert!(!format!("{:?}", DatabaseUrl::new(url)).contains("hunter2"), "{url}");
        }
    }

    #[tokio::test]
    async fn no_error_repeats_a_password_and_each_says_which_form_is_read() {
        for (url, told) in [
            (
                "host=127.0.0.1 user=hp password=hunter2",
                "write it as a URL: postgres://USER:PASSWORD@HOST:PORT/DATABASE",
            ),
            ("password='hunter2'", "write it as a URL: postgres://USER:PASSWORD@HOST:PORT/DATABASE"),
            ("hallpass.db", "write sqlite:hallpass.db for a file"),
            ("./data/users.sqlite3", "write sqlite:./data/users.sqlite3 for a file"),
            ("bob:hunter2@db", "accepted: sqlite:FILE or postgres://USER:PASSWORD@HOST:PORT/DATABASE"),
            ("postgres://bob@db/x?sslpassword=hunter2", "`sslpassword` is not a known parameter"),
            ("postgres://bob@db/x?PASSWORD=hunter2", "`PASSWORD` is not a known parameter"),
            ("postgres://bob@db/x?hunter2", "a parameter without a value"),
            ("postgres://bob:12?hunter2@db/x", "a parameter without a value"),
            ("postgres://bob:hunter2@", "is not of the form postgres://USER:PASSWORD@HOST:PORT/DATABASE"),
        ] {
            for error in [check(&DatabaseUrl::new(url)).await.err(), open(&DatabaseUrl::new(url)).await.err()] {
                let said = chain(&error.unwrap());
                assert!(said.contains(told) && !said.contains("hunter2"), "{url}: {said}");
            }
        }
    }
}
