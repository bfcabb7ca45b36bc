//! Chooses the store by the scheme of `--database`. No other module does.

use std::fmt;
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
        None => Err(Cause::Scheme),
    };
    store.map_err(|source| OpenError { url: url.clone(), source })
}

/// Inspects the store without creating or changing anything.
pub async fn check(url: &DatabaseUrl) -> Result<Found, OpenError> {
    let found = match url.kind() {
        Some(Kind::Sqlite) => Sqlite::check(&url.0).await.map_err(Cause::from),
        Some(Kind::Postgres) => Postgres::check(&url.0).await.map_err(Cause::from),
        None => Err(Cause::Scheme),
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
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.split_once(':') {
            None | Some(("sqlite", _)) => f.write_str(&self.0),
            Some((scheme, _)) => match without_password(&self.0) {
                Some(url) => write!(f, "{url}"),
                // If the URL cannot be parsed, the password may be anywhere in it.
                None => write!(f, "{scheme}:…"),
            },
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

/// Whether an unescaped `/`, `?` or `#` in the password moved part of it behind the host, where its `@` shows it.
fn without_password(text: &str) -> Option<Url> {
    let mut url = Url::parse(text).ok()?;
    let behind_host = [url.path(), url.query().unwrap_or_default(), url.fragment().unwrap_or_default()];
    if !url.has_host() || behind_host.iter().any(|part| part.contains('@')) {
        return None;
    }
    if url.password().is_some() {
        url.set_password(Some("***")).ok()?;
    }
    if url.query_pairs().any(|(name, _)| name == "password") {
        url.set_query(Some("***"));
    }
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        ] {
            assert_eq!(DatabaseUrl::new(url).to_string(), shown, "{url}");
            assert!(!format!("{:?}", DatabaseUrl::new(url)).contains("hunter2"), "{url}");
        }
    }
}
