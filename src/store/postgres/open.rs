//! Opens the database, and explains why it cannot be opened.

use std::error::Error as StdError;
use std::str::FromStr as _;
use std::time::Duration;

use sqlx::error::DatabaseError;
use sqlx::migrate::{Migrate as _, MigrateError};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Error, PgConnection};
use thiserror::Error;
use url::Url;

use super::super::cause::{Cause, cause};
use super::super::migrations::{Step, migrator};
use super::super::{Found, TIME_OUT};
use super::Postgres;
use super::pool::{self, Pool};

/// The schema.
const MIGRATIONS: [Step; 7] = [
    (1, "tables", include_str!("../migrations/postgres/0001_tables.sql")),
    (2, "grants", include_str!("../migrations/postgres/0002_grants.sql")),
    (3, "class", include_str!("../migrations/postgres/0003_class.sql")),
    (4, "joining", include_str!("../migrations/postgres/0004_joining.sql")),
    (5, "return codes", include_str!("../migrations/postgres/0005_return_codes.sql")),
    (6, "single solutions", include_str!("../migrations/postgres/0006_single_solutions.sql")),
    (7, "lab answers", include_str!("../migrations/postgres/0007_lab_answers.sql")),
];

/// The tables of the schema. Where there are some without a record of migrations, they are another program's.
const TABLES: [&str; 10] = [
    "transactions",
    "used_tokens",
    "revoked_tokens",
    "users",
    "authorization_codes",
    "token_families",
    "login_sessions",
    "classes",
    "pupils",
    "lab_answers",
];

/// The supported URL parameters. sqlx would silently ignore any other, such as a misspelt `sslmode`, so we refuse them.
const PARAMETERS: [&str; 13] = [
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
    "statement-cache-capacity",
];

/// How long the server waits at startup for another process that sets up the database.
const SETTING_UP: Duration = Duration::from_secs(2);

/// Why the database cannot be used as the store.
#[derive(Debug, Error)]
pub enum OpenError {
    #[error("it is not of the form postgres://USER:PASSWORD@HOST:PORT/DATABASE; other characters are written as %XX")]
    Malformed(#[source] Cause),
    #[error("`{name}` is not a known parameter; accepted: {}", PARAMETERS.join(", "))]
    UnknownParameter { name: String },
    #[error(
        "it has a parameter without a value, or with characters that no name has; a `?` in the password is written as \
         %3F, and the parameters accepted are: {}",
        PARAMETERS.join(", ")
    )]
    UnnamedParameter,
    #[error("no PostgreSQL server answers there; check that it runs, its host and its port")]
    Unreachable(#[source] Cause),
    #[error("the server did not answer within {} ms; check that it runs, its host and its port", TIME_OUT.as_millis())]
    Slow,
    #[error("the server refused this user or password")]
    Refused(#[source] Cause),
    #[error("the server has no such database; make it, for example with `createdb`")]
    NoDatabase(#[source] Cause),
    #[error("TLS could not be set up as `sslmode` requires")]
    Tls(#[source] Cause),
    #[error("the database has another program's tables; name an empty one")]
    Foreign,
    #[error("it was written by a newer hallpass (schema {0}); run that one or name another database")]
    Newer(i64),
    #[error("its schema {0} is not this program's; run the hallpass that made it or name another database")]
    Different(i64),
    #[error("another process has been setting it up for too long; stop that process")]
    Locked(#[source] Cause),
    #[error("it cannot be used")]
    Failed(#[source] Cause),
    #[error("it cannot be set up")]
    Migration(#[source] MigrateError),
}

impl Postgres {
    /// Opens the database of a URL, and creates missing tables.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        let options = options(url)?;
        let (mut connection, schema) = in_time(look(&options)).await?;
        if schema != Schema::Current {
            migrate(&mut connection).await?;
        }
        // The connection is not used again, so an error does not matter.
        let _ = connection.close().await;
        Ok(Self { pool: Pool::new(options) })
    }

    /// Inspects the database of a URL without changing it.
    pub async fn check(url: &str) -> Result<Found, OpenError> {
        let options = options(url)?;
        let (_, schema) = in_time(look(&options)).await?;
        Ok(if schema == Schema::Missing { Found::Empty } else { Found::Store })
    }
}

fn options(url: &str) -> Result<PgConnectOptions, OpenError> {
    let parsed = Url::parse(url).map_err(|source| OpenError::Malformed(source.into()))?;
    for parameter in parsed.query().unwrap_or_default().split('&').filter(|it| !it.is_empty()) {
        expect_known(parameter)?;
    }
    let options = PgConnectOptions::from_str(url).map_err(|error| OpenError::Malformed(cause(error)))?;
    Ok(options.application_name("hallpass").disable_statement_logging())
}

/// Whether this is a known parameter whose value is no secret.
pub(in crate::store) fn is_shown(name: &str) -> bool {
    name != "password" && PARAMETERS.contains(&name)
}

/// Names a parameter only where it surely is a name: a password with a `?` in it looks like one that lacks its value.
fn expect_known(parameter: &str) -> Result<(), OpenError> {
    let (name, value) = parameter.split_once('=').ok_or(OpenError::UnnamedParameter)?;
    let is_name = |name: &str| name.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-' | b'.'));
    match name {
        name if PARAMETERS.contains(&name) => Ok(()),
        name if is_name(name) && !value.contains('@') => Err(OpenError::UnknownParameter { name: name.to_owned() }),
        _ => Err(OpenError::UnnamedParameter),
    }
}

async fn in_time<T>(work: impl Future<Output = Result<T, OpenError>>) -> Result<T, OpenError> {
    tokio::time::timeout(TIME_OUT, work).await.unwrap_or(Err(OpenError::Slow))
}

/// How much of the schema exists.
#[derive(Debug, PartialEq, Eq)]
enum Schema {
    Missing,
    /// Later migrations are missing.
    Older,
    Current,
}

/// Connects and only reads, so that a user without the right to create tables can use existing ones.
async fn look(options: &PgConnectOptions) -> Result<(PgConnection, Schema), OpenError> {
    let mut connection = pool::connect(options).await.map_err(OpenError::of_connecting)?;
    let schema = schema(&mut connection).await?;
    Ok((connection, schema))
}

async fn schema(connection: &mut PgConnection) -> Result<Schema, OpenError> {
    if !exists(connection, &["_sqlx_migrations"]).await? {
        let taken = exists(connection, &TABLES).await?;
        return if taken { Err(OpenError::Foreign) } else { Ok(Schema::Missing) };
    }
    let migrator = migrator(&MIGRATIONS);
    let applied = connection.list_applied_migrations(&migrator.table_name).await.map_err(OpenError::Migration)?;
    let known = |version| migrator.iter().find(|step| step.version == version);
    for (index, step) in applied.iter().enumerate() {
        match known(step.version) {
            Some(own) if own.checksum == step.checksum => {}
            _ if index == 0 => return Err(OpenError::Foreign),
            Some(_) => return Err(OpenError::Different(step.version)),
            None => return Err(OpenError::Newer(step.version)),
        }
    }
    Ok(match applied.len() {
        0 => Schema::Missing,
        count if count < MIGRATIONS.len() => Schema::Older,
        _ => Schema::Current,
    })
}

/// Whether any of these tables is in this user's search path.
async fn exists(connection: &mut PgConnection, tables: &[&str]) -> Result<bool, OpenError> {
    let query = "SELECT bool_or(to_regclass(name) IS NOT NULL) FROM unnest($1::text[]) AS name";
    sqlx::query_scalar(query).bind(tables).fetch_one(connection).await.map_err(OpenError::of_statement)
}

/// Updates the schema, one process at a time. A migration may take any time.
async fn migrate(connection: &mut PgConnection) -> Result<(), OpenError> {
    let settings = format!("SET statement_timeout = 0; SET lock_timeout = {}", SETTING_UP.as_millis());
    sqlx::raw_sql(AssertSqlSafe(settings)).execute(&mut *connection).await.map_err(OpenError::of_statement)?;
    migrator(&MIGRATIONS).run_direct(None, connection, false).await.map_err(OpenError::of_migrating)
}

impl OpenError {
    /// By SQLSTATE: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
    fn of_connecting(source: Error) -> Self {
        let code = source.as_database_error().and_then(DatabaseError::code);
        match (code.as_deref(), &source) {
            (Some("28000" | "28P01"), _) => Self::Refused(cause(source)),
            (Some("3D000"), _) => Self::NoDatabase(cause(source)),
            // When rustls rejects a certificate, its error is wrapped in an I/O error.
            (_, Error::Io(error)) if error.get_ref().is_some_and(<dyn StdError + Send + Sync>::is::<rustls::Error>) => {
                Self::Tls(cause(source))
            }
            (_, Error::Io(_)) => Self::Unreachable(cause(source)),
            (_, Error::Tls(_)) => Self::Tls(cause(source)),
            _ => Self::Failed(cause(source)),
        }
    }

    fn of_statement(source: Error) -> Self {
        let code = source.as_database_error().and_then(DatabaseError::code);
        let is_locked = code.as_deref() == Some("55P03");
        if is_locked { Self::Locked(cause(source)) } else { Self::Failed(cause(source)) }
    }

    fn of_migrating(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(version) => Self::Newer(version),
            MigrateError::VersionMismatch(version) => Self::Different(version),
            MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _) => Self::of_statement(source),
            source => Self::Migration(source),
        }
    }
}
