//! Opens the `SQLite` file, and explains why it cannot be opened.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, Error, SqliteConnection};
use thiserror::Error;

use super::super::cause::{Cause, cause};
use super::super::migrations::{Step, migrator};
use super::super::{Found, TIME_OUT};
use super::{Sqlite, Writer};
use crate::keys::{Exposed, Privacy, folder_of};

/// The schema.
const MIGRATIONS: [Step; 8] = [
    (1, "tables", include_str!("../migrations/sqlite/0001_tables.sql")),
    (2, "revoked tokens", include_str!("../migrations/sqlite/0002_revoked_tokens.sql")),
    (3, "grants", include_str!("../migrations/sqlite/0003_grants.sql")),
    (4, "class", include_str!("../migrations/sqlite/0004_class.sql")),
    (5, "joining", include_str!("../migrations/sqlite/0005_joining.sql")),
    (6, "return codes", include_str!("../migrations/sqlite/0006_return_codes.sql")),
    (7, "single solutions", include_str!("../migrations/sqlite/0007_single_solutions.sql")),
    (8, "lab answers", include_str!("../migrations/sqlite/0008_lab_answers.sql")),
];

/// The application id that the first migration writes into the file's header.
const APPLICATION_ID: i64 = 0x7061_7373;

/// The name that `SQLite` gives to a database in memory.
const IN_MEMORY: &str = ":memory:";

/// How many connections are used for reading.
const READERS: u32 = 4;

/// After how many pages of 4 KiB the WAL is copied into the file (a checkpoint). A larger number writes fewer pages
/// twice; a smaller one makes the commit that does the checkpoint faster.
const LARGEST_WAL: &str = "4000";

/// How long to wait for another process that writes to the same file. It is less than a caller waits.
const BUSY: Duration = Duration::from_secs(1);

/// How long to wait if several processes set up the file at once.
const SETTING_UP: Duration = Duration::from_secs(2);

/// Why the file cannot be used as the store.
#[derive(Debug, Error)]
pub enum OpenError {
    #[error("the database is not named as sqlite:FILE; write for example sqlite:hallpass.db")]
    NotSqlite,
    #[error("cannot use the database `{}`; its folder must exist and this user be able to write there", path.display())]
    Unusable { path: PathBuf, source: io::Error },
    #[error("the database `{}` is not a file; name one, for example sqlite:hallpass.db", path.display())]
    NotAFile { path: PathBuf },
    #[error("`{}` is no SQLite database, or a damaged one; move it away or name another file", path.display())]
    NotADatabase { path: PathBuf, source: Cause },
    #[error("`{}` is another program's database; name another file", path.display())]
    Foreign { path: PathBuf },
    #[error(
        "the database `{}` was written by a newer hallpass (schema {version}); run that one or name another file",
        path.display()
    )]
    Newer { path: PathBuf, version: i64 },
    #[error("the database `{}` is held by another program; end that one or name another file", path.display())]
    Locked { path: PathBuf, source: Cause },
    #[error("cannot open the database `{}`; check that its folder and disk can be written to", path.display())]
    Failed { path: PathBuf, source: Cause },
    #[error("cannot set up the database `{}`; run the hallpass that made it or name another file", path.display())]
    Migration { path: PathBuf, source: MigrateError },
}

impl Sqlite {
    /// Opens the file of `sqlite:FILE`, or an empty database in memory. A new file is readable only by its owner.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        match Location::parse(url)? {
            Location::Memory => Self::in_memory().await,
            Location::File(file) => Self::in_file(file).await,
        }
    }

    async fn in_memory() -> Result<Self, OpenError> {
        let place = File(IN_MEMORY.into());
        let explain = |error| place.explain(error);
        let mut connection = SqliteConnection::connect_with(&options(&place.0)).await.map_err(explain)?;
        place.migrate(&mut connection).await?;
        let writer = Writer::start(connection, None).map_err(|source| place.unusable(source))?;
        Ok(Self { readers: None, writer })
    }

    async fn in_file(file: File) -> Result<Self, OpenError> {
        file.create()?;
        let options = file.options()?;
        let connection = file.set_up_with_retries(&options).await?;
        let writer = Writer::start(connection, Some(options.clone())).map_err(|source| file.unusable(source))?;
        let pool = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(TIME_OUT)
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None);
        let readers = pool.connect_with(options.read_only(true)).await.map_err(|error| file.explain(error))?;
        Ok(Self { readers: Some(readers), writer })
    }
}

impl Sqlite {
    /// Whether a URL is `sqlite::memory:`.
    pub fn is_in_memory(url: &str) -> bool {
        matches!(Location::parse(url), Ok(Location::Memory))
    }

    /// The file of `sqlite:FILE`, `SQLite`'s files beside it and their folder, if other users can read or change them.
    pub fn exposed(url: &str) -> Vec<Exposed> {
        let Ok(Location::File(File(path))) = Location::parse(url) else { return Vec::new() };
        let beside = |ending: &str| {
            let mut name = path.clone().into_os_string();
            name.push(ending);
            PathBuf::from(name)
        };
        let files = ["", "-wal", "-shm", "-journal"].map(beside);
        let exposed = files.iter().filter_map(|file| Exposed::find(file, Privacy::Secret));
        exposed.chain(Exposed::find_folder_of(&path)).collect()
    }

    /// Inspects the file of `sqlite:FILE` without creating or changing it.
    pub async fn check(url: &str) -> Result<Found, OpenError> {
        let Location::File(file) = Location::parse(url)? else { return Ok(Found::Memory) };
        match fs::metadata(&file.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => match fs::metadata(folder_of(&file.0)) {
                Ok(_) => return Ok(Found::Nothing),
                Err(source) => return Err(OpenError::Unusable { path: file.0, source }),
            },
            Err(source) => return Err(OpenError::Unusable { path: file.0, source }),
            Ok(found) if !found.is_file() => return Err(OpenError::NotAFile { path: file.0 }),
            Ok(found) if found.len() == 0 => return Ok(Found::Nothing),
            Ok(_) => {}
        }
        let options = file.options()?.read_only(true);
        let explain = |error| file.explain(error);
        let mut connection = SqliteConnection::connect_with(&options).await.map_err(explain)?;
        let id: i64 = sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut connection).await.map_err(explain)?;
        if id != APPLICATION_ID {
            return Err(OpenError::Foreign { path: file.0 });
        }
        let newest = "SELECT max(version) FROM _sqlx_migrations";
        let version: i64 = sqlx::query_scalar(newest).fetch_one(&mut connection).await.map_err(explain)?;
        let known = MIGRATIONS.iter().any(|(known, ..)| *known == version);
        if known { Ok(Found::Store) } else { Err(OpenError::Newer { path: file.0, version }) }
    }
}

/// What `sqlite:…` names.
enum Location {
    Memory,
    File(File),
}

impl Location {
    fn parse(url: &str) -> Result<Self, OpenError> {
        let name = url.strip_prefix("sqlite:").ok_or(OpenError::NotSqlite)?;
        match name.strip_prefix("//").unwrap_or(name) {
            "" => Err(OpenError::NotSqlite),
            IN_MEMORY => Ok(Self::Memory),
            // Other programs interpret `?mode=…`; here it would become part of the file name.
            name if name.contains(['?', '\0']) => Err(OpenError::NotSqlite),
            name => Ok(Self::File(File(name.into()))),
        }
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .pragma("temp_store", "MEMORY")
        .pragma("wal_autocheckpoint", LARGEST_WAL)
        .row_buffer_size(128)
        .disable_statement_logging()
}

/// A file with the name from the settings.
struct File(PathBuf);

impl File {
    /// Creates the file if it does not exist. An existing file is not opened: closing it would release the locks that
    /// `SQLite` holds on it elsewhere in this process (POSIX advisory locks).
    fn create(&self) -> Result<(), OpenError> {
        let unusable = |source| self.unusable(source);
        match private(OpenOptions::new().write(true).create_new(true)).open(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(unusable(error)),
            _ => {}
        }
        let is_file = fs::metadata(&self.0).map_err(unusable)?.is_file();
        if is_file { Ok(()) } else { Err(OpenError::NotAFile { path: self.0.clone() }) }
    }

    fn options(&self) -> Result<SqliteConnectOptions, OpenError> {
        // An absolute path, so that SQLite does not interpret a special name.
        let path = std::path::absolute(&self.0).map_err(|source| self.unusable(source))?;
        Ok(options(&path))
    }

    fn unusable(&self, source: io::Error) -> OpenError {
        OpenError::Unusable { path: self.0.clone(), source }
    }

    async fn set_up_with_retries(&self, options: &SqliteConnectOptions) -> Result<SqliteConnection, OpenError> {
        let start = Instant::now();
        loop {
            match self.set_up(options).await {
                Err(OpenError::Locked { .. }) if start.elapsed() < SETTING_UP => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                outcome => return outcome,
            }
        }
    }

    async fn set_up(&self, options: &SqliteConnectOptions) -> Result<SqliteConnection, OpenError> {
        let explain = |error| self.explain(error);
        let mut connection = SqliteConnection::connect_with(options).await.map_err(explain)?;
        self.migrate(&mut connection).await?;
        // The file stores the journal mode. Setting it again would need an exclusive lock.
        let mode: String =
            sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut connection).await.map_err(explain)?;
        if mode != "wal" {
            sqlx::query("PRAGMA journal_mode = WAL").execute(&mut connection).await.map_err(explain)?;
        }
        Ok(connection)
    }

    /// Updates the schema in one transaction. Another program's file is not changed.
    async fn migrate(&self, connection: &mut SqliteConnection) -> Result<(), OpenError> {
        let explain = |error| self.explain(error);
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(explain)?;
        let of_nobody = "SELECT count(*) = 0 FROM sqlite_schema";
        let of_nobody: bool = sqlx::query_scalar(of_nobody).fetch_one(&mut *transaction).await.map_err(explain)?;
        let id: i64 =
            sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut *transaction).await.map_err(explain)?;
        if !of_nobody && id != APPLICATION_ID {
            return Err(OpenError::Foreign { path: self.0.clone() });
        }
        migrator(&MIGRATIONS)
            .run_direct(None, &mut *transaction, false)
            .await
            .map_err(|error| self.explain_migration(error))?;
        transaction.commit().await.map_err(explain)
    }

    fn explain_migration(&self, error: MigrateError) -> OpenError {
        let path = self.0.clone();
        match error {
            MigrateError::VersionMissing(version) => OpenError::Newer { path, version },
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => self.explain(error),
            source => OpenError::Migration { path, source },
        }
    }

    /// By the primary result code: <https://www.sqlite.org/rescode.html>.
    fn explain(&self, source: Error) -> OpenError {
        let path = self.0.clone();
        let code = source.as_database_error().and_then(|error| error.code()?.parse::<i32>().ok());
        let source = cause(source);
        match code.map(|code| code & 0xff) {
            Some(5 | 6) => OpenError::Locked { path, source },
            Some(11 | 26) => OpenError::NotADatabase { path, source },
            _ => OpenError::Failed { path, source },
        }
    }
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}
