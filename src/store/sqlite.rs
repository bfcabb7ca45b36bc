//! The store in one `SQLite` file, for a single process. No database server is needed.
//!
//! One connection writes, on a separate thread, and commits all queued writes together; a few other connections only
//! read. The file is in WAL mode with `synchronous = FULL`, so neither a killed process nor a power cut loses an
//! answered write.
//!
//! `sqlite::memory:` keeps everything in memory and writes no file. Its only connection is the writer's, and reads
//! queue there as well. (Connections can share a database in memory, but then a reader and a writer refuse each other's
//! locks instead of waiting for them.)

mod answers;
mod classes;
mod grants;
mod open;
mod record;
mod writer;

pub use open::OpenError;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{SqliteConnection, SqlitePool};

use self::writer::{Work, Writer};
use super::{
    Cursor, FamilyId, NewTransaction, PURGED_AT_ONCE, Page, Presented, Recorded, Store, StoreError, Transaction,
    in_time, rows,
};
use crate::lab::class::Class;
use crate::profiles::telesign::{PhoneNumber, Xid};

/// An open file, or a database in memory.
pub struct Sqlite {
    /// `None` in memory: such a database has a single connection, which the writer owns.
    readers: Option<SqlitePool>,
    writer: Writer,
}

#[async_trait]
impl Store for Sqlite {
    async fn record(&self, new: NewTransaction) -> Result<Recorded, StoreError> {
        in_time(self.writer.record(new)).await
    }

    async fn transaction(&self, xid: &Xid) -> Result<Option<Transaction>, StoreError> {
        let query = sqlx::query_as("SELECT * FROM transactions WHERE xid = $1").bind(xid.as_str().to_owned());
        in_time(self.read(move |connection| Box::pin(query.fetch_optional(connection)))).await
    }

    async fn transactions(&self, phone: &PhoneNumber, after: Option<Cursor>, limit: u32) -> Result<Page, StoreError> {
        // One look-up for each spelling of the number, so that both use the index and stop at the limit.
        let newest_first = "
            SELECT * FROM (SELECT * FROM transactions WHERE phone_number = $1 AND id < $3 ORDER BY id DESC LIMIT $4)
            UNION ALL
            SELECT * FROM (SELECT * FROM transactions WHERE phone_number = $2 AND id < $3 ORDER BY id DESC LIMIT $4)
            ORDER BY id DESC LIMIT $4";
        let [digits, with_plus] = phone.spellings();
        let query = sqlx::query(newest_first)
            .bind(digits)
            .bind(with_plus)
            .bind(after.map_or(i64::MAX, |cursor| cursor.0))
            .bind(i64::from(limit) + 1);
        let rows = in_time(self.read(move |connection| Box::pin(query.fetch_all(connection)))).await?;
        Ok(rows::page(&rows, limit)?)
    }

    async fn present(&self, xid: &Xid, token: &str, now: DateTime<Utc>) -> Result<Presented, StoreError> {
        let (xid, token) = (xid.as_str().to_owned(), token.to_owned());
        let work = self.writer.write(move |connection| Box::pin(present(connection, xid, token, now)));
        in_time(work).await
    }

    async fn set_status(&self, xid: &Xid, status: &str) -> Result<Option<Transaction>, StoreError> {
        let query = sqlx::query_as("UPDATE transactions SET status = $2 WHERE xid = $1 RETURNING *")
            .bind(xid.as_str().to_owned())
            .bind(status.to_owned());
        in_time(self.writer.write(move |connection| Box::pin(query.fetch_optional(connection)))).await
    }

    async fn use_once(
        &self,
        profile: &str,
        jti: &str,
        expires_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let query = sqlx::query(
            "INSERT INTO used_tokens (profile, jti, expires_at) VALUES ($1, $2, $3)
             ON CONFLICT DO UPDATE SET expires_at = excluded.expires_at WHERE expires_at <= $4",
        )
        .bind(profile.to_owned())
        .bind(jti.to_owned())
        .bind(expires_at.timestamp())
        .bind(now.timestamp());
        Ok(self.rows_written(query).await? == 1)
    }

    async fn revoke(&self, profile: &str, jti: &str, expires_at: DateTime<Utc>) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO revoked_tokens (profile, jti, expires_at) VALUES ($1, $2, $3)
             ON CONFLICT DO UPDATE SET expires_at = max(expires_at, excluded.expires_at)",
        )
        .bind(profile.to_owned())
        .bind(jti.to_owned())
        .bind(expires_at.timestamp());
        self.rows_written(query).await.map(drop)
    }

    async fn is_revoked(&self, profile: &str, jti: &str, family: Option<&FamilyId>) -> Result<bool, StoreError> {
        let query = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM revoked_tokens WHERE profile = $1 AND jti = $2)
                 OR EXISTS (SELECT 1 FROM token_families WHERE id = $3 AND is_revoked)",
        )
        .bind(profile.to_owned())
        .bind(jti.to_owned())
        .bind(family.map(|id| id.0.to_vec()));
        in_time(self.read(move |connection| Box::pin(query.fetch_one(connection)))).await
    }

    async fn password_hash(&self, name: &str) -> Result<Option<String>, StoreError> {
        let query = sqlx::query_scalar("SELECT password_hash FROM users WHERE name = $1").bind(name.to_owned());
        in_time(self.read(move |connection| Box::pin(query.fetch_optional(connection)))).await
    }

    async fn put_user(&self, name: &str, password_hash: &str) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO users (name, password_hash) VALUES ($1, $2)
             ON CONFLICT DO UPDATE SET password_hash = excluded.password_hash",
        )
        .bind(name.to_owned())
        .bind(password_hash.to_owned());
        self.rows_written(query).await.map(drop)
    }

    async fn remove_user(&self, name: &str) -> Result<bool, StoreError> {
        let query = sqlx::query("DELETE FROM users WHERE name = $1").bind(name.to_owned());
        Ok(self.rows_written(query).await? == 1)
    }

    async fn users(&self) -> Result<Vec<String>, StoreError> {
        let query = sqlx::query_scalar("SELECT name FROM users ORDER BY name");
        in_time(self.read(move |connection| Box::pin(query.fetch_all(connection)))).await
    }

    async fn purge(&self, before: DateTime<Utc>, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let used = "DELETE FROM used_tokens WHERE (profile, jti) IN
                    (SELECT profile, jti FROM used_tokens WHERE expires_at <= $1 LIMIT $2)";
        self.purge_with(used, now).await?;
        let revoked = "DELETE FROM revoked_tokens WHERE (profile, jti) IN
                       (SELECT profile, jti FROM revoked_tokens WHERE expires_at <= $1 LIMIT $2)";
        self.purge_with(revoked, now).await?;
        for grants in grants::PURGES {
            self.purge_with(grants, now).await?;
        }
        self.purge_with(answers::PURGE, now).await?;
        for class in classes::PURGES {
            self.purge_with(class, Class::over_since(now)).await?;
        }
        let transactions = "DELETE FROM transactions WHERE id IN
                            (SELECT id FROM transactions WHERE expires_at < $1 LIMIT $2)";
        self.purge_with(transactions, before).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        let query = sqlx::query("SELECT 1 FROM transactions LIMIT 1");
        in_time(async {
            self.read(move |connection| Box::pin(query.fetch_optional(connection))).await?;
            self.writer.write(|_| Box::pin(async { Ok(()) })).await
        })
        .await
    }

    async fn close(&self) {
        if let Some(readers) = &self.readers {
            readers.close().await;
        }
        // Closed last, so that it copies the WAL into the file.
        self.writer.close().await;
    }
}

/// A statement with owned arguments.
type Statement = Query<'static, sqlx::Sqlite, SqliteArguments>;

impl Sqlite {
    /// Runs `work`, which only reads.
    async fn read<T: Send + 'static>(
        &self,
        work: impl for<'c> FnOnce(&'c mut SqliteConnection) -> Work<'c, T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let Some(readers) = &self.readers else { return self.writer.write(work).await };
        let mut connection = readers.acquire().await?;
        Ok(work(&mut connection).await?)
    }

    /// Runs a statement, and returns how many rows it changed.
    async fn rows_written(&self, statement: Statement) -> Result<u64, StoreError> {
        let done = self.writer.write(move |connection| Box::pin(statement.execute(connection)));
        Ok(in_time(done).await?.rows_affected())
    }

    /// Repeats a statement that deletes at most `$2` rows that have expired at `$1`, until none is left.
    async fn purge_with(&self, delete: &'static str, over: DateTime<Utc>) -> Result<u64, StoreError> {
        let mut removed = 0;
        loop {
            let statement = sqlx::query(delete).bind(over.timestamp()).bind(PURGED_AT_ONCE);
            let now = self.rows_written(statement).await?;
            removed += now;
            if now < PURGED_AT_ONCE.unsigned_abs() {
                return Ok(removed);
            }
        }
    }
}

async fn present(
    connection: &mut SqliteConnection,
    xid: String,
    token: String,
    now: DateTime<Utc>,
) -> sqlx::Result<Presented> {
    let verify = "UPDATE transactions SET status = 'verified', verified_at = $3
                  WHERE xid = $1 AND token = $2 AND verified_at IS NULL RETURNING *";
    let query = sqlx::query_as(verify).bind(&xid).bind(&token).bind(now.timestamp());
    if let Some(transaction) = query.fetch_optional(&mut *connection).await? {
        return Ok(Presented::Verified(transaction));
    }
    let query = sqlx::query("SELECT 1 FROM transactions WHERE xid = $1 AND token = $2").bind(&xid).bind(&token);
    let known = query.fetch_optional(connection).await?.is_some();
    Ok(if known { Presented::AlreadyVerified } else { Presented::Unknown })
}
