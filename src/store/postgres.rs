//! The store in `PostgreSQL`, which several processes can share.
//!
//! A call that timed out must not take effect later, when the caller may already have tried again. So a call that
//! replaces or uses up something runs in a transaction, and COMMIT is sent only while the caller is still waiting. A
//! call that can only add something is a single statement.

mod answers;
mod classes;
mod grants;
mod open;
mod pool;

pub use open::OpenError;
pub(super) use open::is_shown;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::postgres::{PgArguments, PgConnection};
use sqlx::query::Query;
use sqlx::{Connection as _, Row as _};

use self::pool::Pool;
use super::{
    Cursor, FamilyId, NewTransaction, PURGED_AT_ONCE, Page, Presented, Recorded, Store, StoreError, Transaction,
    in_time, rows,
};
use crate::lab::class::Class;
use crate::profiles::telesign::{PhoneNumber, Xid};

/// The columns of a [`Transaction`]. `*` would break prepared statements when a newer program adds a column.
macro_rules! columns {
    () => {
        "id, xid, phone_number, issued_at, expires_at, status, verified_at, token"
    };
}

/// An open database.
pub struct Postgres {
    pool: Pool,
}

#[async_trait]
impl Store for Postgres {
    async fn record(&self, new: NewTransaction) -> Result<Recorded, StoreError> {
        in_time(async {
            loop {
                if self.insert(&new).await? {
                    return Ok(Recorded::Stored);
                }
                if let Some(recorded) = self.replace(&new).await? {
                    return Ok(recorded);
                }
                // The row was purged meanwhile.
            }
        })
        .await
    }

    async fn transaction(&self, xid: &Xid) -> Result<Option<Transaction>, StoreError> {
        let select = concat!("SELECT ", columns!(), " FROM transactions WHERE xid = $1");
        let query = sqlx::query_as(select).bind(xid.as_str());
        in_time(self.call(async |connection| query.fetch_optional(connection).await)).await
    }

    async fn transactions(&self, phone: &PhoneNumber, after: Option<Cursor>, limit: u32) -> Result<Page, StoreError> {
        // One look-up for each spelling of the number, so that both use the index and stop at the limit.
        let newest_first = concat!(
            "(SELECT ",
            columns!(),
            " FROM transactions WHERE phone_number = $1 AND id < $3 ORDER BY id DESC LIMIT $4) UNION ALL (SELECT ",
            columns!(),
            " FROM transactions WHERE phone_number = $2 AND id < $3 ORDER BY id DESC LIMIT $4)
             ORDER BY id DESC LIMIT $4"
        );
        let [digits, with_plus] = phone.spellings();
        let rows = in_time(self.call(async |connection| {
            let after = match after {
                Some(cursor) => cursor.0,
                None => end_of_list(connection, phone).await?,
            };
            let query = sqlx::query(newest_first).bind(digits).bind(with_plus).bind(after).bind(i64::from(limit) + 1);
            query.fetch_all(connection).await
        }));
        Ok(rows::page(&rows.await?, limit)?)
    }

    async fn present(&self, xid: &Xid, token: &str, now: DateTime<Utc>) -> Result<Presented, StoreError> {
        in_time(self.commit(async |connection| present(connection, xid, token, now).await)).await
    }

    async fn set_status(&self, xid: &Xid, status: &str) -> Result<Option<Transaction>, StoreError> {
        let update = concat!("UPDATE transactions SET status = $2 WHERE xid = $1 RETURNING ", columns!());
        let query = sqlx::query_as(update).bind(xid.as_str()).bind(status);
        in_time(self.commit(async |connection| query.fetch_optional(connection).await)).await
    }

    async fn use_once(
        &self,
        profile: &str,
        jti: &str,
        expires_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let query = sqlx::query(
            "INSERT INTO used_tokens (profile, jti, expires_at) VALUES ($1, sha256($2), $3)
             ON CONFLICT (profile, jti) DO UPDATE SET expires_at = excluded.expires_at
             WHERE used_tokens.expires_at <= $4",
        )
        .bind(profile)
        .bind(jti.as_bytes())
        .bind(expires_at.timestamp())
        .bind(now.timestamp());
        Ok(self.rows_committed(query).await? == 1)
    }

    async fn revoke(&self, profile: &str, jti: &str, expires_at: DateTime<Utc>) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO revoked_tokens (profile, jti, expires_at) VALUES ($1, sha256($2), $3)
             ON CONFLICT (profile, jti)
             DO UPDATE SET expires_at = greatest(revoked_tokens.expires_at, excluded.expires_at)",
        )
        .bind(profile)
        .bind(jti.as_bytes())
        .bind(expires_at.timestamp());
        in_time(self.call(async |connection| query.execute(connection).await)).await.map(drop)
    }

    async fn is_revoked(&self, profile: &str, jti: &str, family: Option<&FamilyId>) -> Result<bool, StoreError> {
        let query = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM revoked_tokens WHERE profile = $1 AND jti = sha256($2))
                 OR EXISTS (SELECT 1 FROM token_families WHERE id = $3 AND is_revoked)",
        )
        .bind(profile)
        .bind(jti.as_bytes())
        .bind(family.map(|id| id.0.as_slice()));
        in_time(self.call(async |connection| query.fetch_one(connection).await)).await
    }

    async fn password_hash(&self, name: &str) -> Result<Option<String>, StoreError> {
        let query = sqlx::query_scalar("SELECT password_hash FROM users WHERE name = $1").bind(name);
        in_time(self.call(async |connection| query.fetch_optional(connection).await)).await
    }

    async fn put_user(&self, name: &str, password_hash: &str) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO users (name, password_hash) VALUES ($1, $2)
             ON CONFLICT (name) DO UPDATE SET password_hash = excluded.password_hash",
        )
        .bind(name)
        .bind(password_hash);
        self.rows_committed(query).await.map(drop)
    }

    async fn remove_user(&self, name: &str) -> Result<bool, StoreError> {
        let query = sqlx::query("DELETE FROM users WHERE name = $1").bind(name);
        Ok(self.rows_committed(query).await? == 1)
    }

    async fn users(&self) -> Result<Vec<String>, StoreError> {
        let query = sqlx::query_scalar("SELECT name FROM users ORDER BY name");
        in_time(self.call(async |connection| query.fetch_all(connection).await)).await
    }

    async fn purge(&self, before: DateTime<Utc>, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let used = "DELETE FROM used_tokens WHERE ctid = ANY (ARRAY(SELECT ctid FROM used_tokens
                    WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED))";
        self.purge_with(used, now).await?;
        let revoked = "DELETE FROM revoked_tokens WHERE ctid = ANY (ARRAY(SELECT ctid FROM revoked_tokens
                       WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED))";
        self.purge_with(revoked, now).await?;
        for grants in grants::PURGES {
            self.purge_with(grants, now).await?;
        }
        self.purge_with(answers::PURGE, now).await?;
        for class in classes::PURGES {
            self.purge_with(class, Class::over_since(now)).await?;
        }
        let transactions = "DELETE FROM transactions WHERE ctid = ANY (ARRAY(SELECT ctid FROM transactions
                            WHERE expires_at < $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED))";
        self.purge_with(transactions, before).await
    }

    /// Runs a write that changes no row. A standby or a read-only database refuses it.
    async fn ping(&self) -> Result<(), StoreError> {
        let answer = self.commit(async |connection| {
            sqlx::query("DELETE FROM transactions WHERE false").execute(&mut *connection).await?;
            sqlx::query("SELECT 1 FROM transactions LIMIT 1").fetch_optional(connection).await
        });
        in_time(answer).await.map(drop)
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}

impl Postgres {
    /// Runs one statement, or several that only read.
    async fn call<T>(&self, work: impl AsyncFnOnce(&mut PgConnection) -> sqlx::Result<T>) -> Result<T, StoreError> {
        let mut pooled = self.pool.acquire().await?;
        let answer = work(&mut pooled.connection).await?;
        pooled.release();
        Ok(answer)
    }

    /// Runs `work` in a transaction. If the caller stops waiting, nothing is committed.
    async fn commit<T>(&self, work: impl AsyncFnOnce(&mut PgConnection) -> sqlx::Result<T>) -> Result<T, StoreError> {
        self.call(async |connection| {
            let mut transaction = connection.begin().await?;
            let answer = work(&mut transaction).await?;
            transaction.commit().await?;
            Ok(answer)
        })
        .await
    }

    /// Runs a statement in a transaction, and returns how many rows it changed.
    async fn rows_committed(&self, statement: Statement<'_>) -> Result<u64, StoreError> {
        let done = in_time(self.commit(async |connection| statement.execute(connection).await)).await?;
        Ok(done.rows_affected())
    }

    /// Records a new xid; `false` if the xid exists already.
    async fn insert(&self, new: &NewTransaction) -> Result<bool, StoreError> {
        // The number is locked before the id is assigned: see `end_of_list`.
        let query = sqlx::query(
            "WITH locked AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(hashtextextended($6, 0)))
             INSERT INTO transactions (xid, phone_number, issued_at, expires_at, status, token)
             SELECT $1, $2, $3, $4, 'issued', $5 FROM locked ON CONFLICT (xid) DO NOTHING",
        )
        .bind(new.xid.as_str())
        .bind(new.phone_number.as_str())
        .bind(new.issued_at.timestamp())
        .bind(new.expires_at.timestamp())
        .bind(&new.token)
        .bind(new.phone_number.digits());
        let done = self.call(async |connection| query.execute(connection).await).await?;
        Ok(done.rows_affected() == 1)
    }

    /// Records an existing xid again, if that is allowed; `None` if the xid no longer exists.
    async fn replace(&self, new: &NewTransaction) -> Result<Option<Recorded>, StoreError> {
        self.commit(async |connection| {
            let select = "SELECT ltrim(phone_number, '+') = $2 AS same_phone, verified_at IS NOT NULL AS is_verified
                          FROM transactions WHERE xid = $1 FOR UPDATE";
            let query = sqlx::query(select).bind(new.xid.as_str()).bind(new.phone_number.digits());
            let Some(existing) = query.fetch_optional(&mut *connection).await? else { return Ok(None) };
            if !existing.try_get::<bool, _>("same_phone")? {
                return Ok(Some(Recorded::OtherPhone));
            }
            if existing.try_get("is_verified")? {
                return Ok(Some(Recorded::AlreadyVerified));
            }
            let update = "UPDATE transactions
                          SET issued_at = $2, expires_at = $3, status = 'issued', token = $4, phone_number = $5
                          WHERE xid = $1";
            let query = sqlx::query(update)
                .bind(new.xid.as_str())
                .bind(new.issued_at.timestamp())
                .bind(new.expires_at.timestamp())
                .bind(&new.token)
                .bind(new.phone_number.as_str());
            query.execute(connection).await?;
            Ok(Some(Recorded::Stored))
        })
        .await
    }

    /// Repeats a statement that deletes at most `$2` rows that have expired at `$1`, until none is left.
    async fn purge_with(&self, delete: &'static str, over: DateTime<Utc>) -> Result<u64, StoreError> {
        let mut removed = 0;
        loop {
            let statement = sqlx::query(delete).bind(over.timestamp()).bind(PURGED_AT_ONCE);
            let done = in_time(self.call(async |connection| statement.execute(connection).await)).await?;
            removed += done.rows_affected();
            if done.rows_affected() < PURGED_AT_ONCE.unsigned_abs() {
                return Ok(removed);
            }
        }
    }
}

/// A statement with its arguments.
type Statement<'s> = Query<'s, sqlx::Postgres, PgArguments>;

/// The position after all transactions of one number.
///
/// Ids are assigned before the commit, so a row could appear below rows that a client has already seen. To prevent
/// that, a recording call holds a shared lock on the number from before its id is assigned until its commit. Once this
/// function has held the lock exclusively, no row with an id up to the last assigned one can appear any more.
async fn end_of_list(connection: &mut PgConnection, phone: &PhoneNumber) -> sqlx::Result<i64> {
    let query = "WITH locked AS MATERIALIZED (SELECT pg_advisory_xact_lock(hashtextextended($1, 0)))
                 SELECT pg_sequence_last_value(pg_get_serial_sequence('transactions', 'id')::regclass) FROM locked";
    let last: Option<i64> = sqlx::query_scalar(query).bind(phone.digits()).fetch_one(connection).await?;
    Ok(last.map_or(0, |id| id.saturating_add(1)))
}

async fn present(connection: &mut PgConnection, xid: &Xid, token: &str, now: DateTime<Utc>) -> sqlx::Result<Presented> {
    let verify = concat!(
        "UPDATE transactions SET status = 'verified', verified_at = $3
         WHERE xid = $1 AND token = $2 AND verified_at IS NULL RETURNING ",
        columns!()
    );
    let query = sqlx::query_as(verify).bind(xid.as_str()).bind(token).bind(now.timestamp());
    if let Some(transaction) = query.fetch_optional(&mut *connection).await? {
        return Ok(Presented::Verified(transaction));
    }
    let verified = "SELECT 1 FROM transactions WHERE xid = $1 AND token = $2 AND verified_at IS NOT NULL";
    let query = sqlx::query(verified).bind(xid.as_str()).bind(token);
    let known = query.fetch_optional(connection).await?.is_some();
    Ok(if known { Presented::AlreadyVerified } else { Presented::Unknown })
}
