//! How a schema is brought up to date: step by step, of which one that was ever released stays as it is.

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// Its version, its name and its SQL.
pub(super) type Step = (i64, &'static str, &'static str);

pub(super) fn migrator(steps: &[Step]) -> Migrator {
    let migration = |&(version, name, sql): &Step| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(steps.iter().map(migration).collect())
}
