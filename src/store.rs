//! What is kept: the transactions of phone tokens, the users who may ask, and which tokens were used or revoked.
//!
//! One trait, so that no other code knows which database stands behind it. Not found is `None`; an error means that the
//! store is away or broken.

mod migrations;
mod open;
mod postgres;
mod rows;
mod sqlite;

pub use open::{DatabaseUrl, Found, OpenError, check, exposed, open};
pub use postgres::{OpenError as PostgresError, Postgres};
pub use sqlite::{OpenError as SqliteError, Sqlite};

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::error::DatabaseError;
use thiserror::Error;

use crate::budget;
use crate::profiles::telesign::{PhoneNumber, Xid};

/// How long any call takes at most, also outside a request; one that is not done by then is an error.
pub const TIME_OUT: Duration = budget::WHOLE;

/// How many rows a purge removes before others may write.
const PURGED_AT_ONCE: i64 = 500;

/// Times are kept in whole seconds.
#[async_trait]
pub trait Store: Send + Sync {
    /// Keeps a transaction; when this returns [`Recorded::Stored`], a crash does not lose it.
    async fn record(&self, new: NewTransaction) -> Result<Recorded, StoreError>;

    async fn transaction(&self, xid: &Xid) -> Result<Option<Transaction>, StoreError>;

    /// At most `limit` transactions of one number, the newest first, from after `after` on. A transaction has its place
    /// from when its xid was first recorded, so that no page skips or repeats one, whatever is recorded meanwhile.
    async fn transactions(&self, phone: &PhoneNumber, after: Option<Cursor>, limit: u32) -> Result<Page, StoreError>;

    /// Marks the transaction of `xid` as verified, once, when `token` is the one that it holds.
    async fn present(&self, xid: &Xid, token: &str, now: DateTime<Utc>) -> Result<Presented, StoreError>;

    /// Records what a callback said of a transaction. It is no more and no less verified than before, whatever was
    /// said.
    async fn set_status(&self, xid: &Xid, status: &str) -> Result<Option<Transaction>, StoreError>;

    /// Takes a token's `jti` once: `false` when it was taken before. It is remembered until `expires_at`.
    async fn use_once(
        &self,
        profile: &str,
        jti: &str,
        expires_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError>;

    /// Calls a token back, for as long as it would have lived.
    async fn revoke(&self, profile: &str, jti: &str, expires_at: DateTime<Utc>) -> Result<(), StoreError>;

    /// Whether a token was revoked.
    async fn is_revoked(&self, profile: &str, jti: &str) -> Result<bool, StoreError>;

    /// The argon2id hash of a user's password, in PHC form.
    async fn password_hash(&self, name: &str) -> Result<Option<String>, StoreError>;

    /// Adds a user, or gives one another password.
    async fn put_user(&self, name: &str, password_hash: &str) -> Result<(), StoreError>;

    /// `false` when there was no such user.
    async fn remove_user(&self, name: &str) -> Result<bool, StoreError>;

    /// Every user's name, in order.
    async fn users(&self) -> Result<Vec<String>, StoreError>;

    /// Removes transactions that expired before `before`, and used and revoked `jti`s that are over at `now`, in small
    /// batches; says how many transactions went. Each batch has the [`TIME_OUT`] for itself.
    async fn purge(&self, before: DateTime<Utc>, now: DateTime<Utc>) -> Result<u64, StoreError>;

    /// Whether the store answers, to readers and to writers.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Finishes what is under way; every later call is [`StoreError::Closed`].
    async fn close(&self);
}

/// A phone token that was just made and must be kept before it is handed out.
#[derive(Clone)]
pub struct NewTransaction {
    pub xid: Xid,
    pub phone_number: PhoneNumber,
    pub issued_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub token: String,
}

/// What became of a [`NewTransaction`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is kept, durably; an unverified one of the same xid and number was replaced.
    Stored,
    /// The xid belongs to another phone number.
    OtherPhone,
    /// The xid's transaction was verified, and so is over.
    AlreadyVerified,
}

/// One phone token issued.
#[derive(Clone, PartialEq, Eq)]
pub struct Transaction {
    pub xid: Xid,
    pub phone_number: PhoneNumber,
    pub issued_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// `issued`, `verified`, or what a callback said.
    pub status: String,
    /// When it was presented; this, not the status, says that it was.
    pub verified_at: Option<DateTime<Utc>>,
    pub token: String,
}

/// Its token and phone number are kept out of logs.
impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Transaction({:?}, {}, …)", self.xid, self.status)
    }
}

/// Transactions from the newest on, and where the next page begins.
#[derive(Debug)]
pub struct Page {
    pub transactions: Vec<Transaction>,
    pub next: Option<Cursor>,
}

/// A place in a list of transactions; its text means nothing to clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor(i64);

impl Cursor {
    pub fn parse(text: &str) -> Option<Self> {
        text.parse().ok().filter(|place| *place > 0).map(Self)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What became of a token that was presented.
#[derive(Debug, PartialEq, Eq)]
pub enum Presented {
    /// It is verified now, and this is its transaction.
    Verified(Transaction),
    /// It had been verified before.
    AlreadyVerified,
    /// No transaction holds this token: it was never stored, or replaced by a newer one.
    Unknown,
}

/// The store is away, slow or broken. One failed commit is the answer to all who waited for it, so it can be cloned.
#[derive(Clone, Debug, Error)]
pub enum StoreError {
    #[error("the store did not answer within {} ms", TIME_OUT.as_millis())]
    Slow,
    #[error("the store is closed")]
    Closed,
    #[error("the store is broken")]
    Broken(#[source] Arc<sqlx::Error>),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(DatabaseError::code);
        match error {
            sqlx::Error::PoolTimedOut => Self::Slow,
            sqlx::Error::PoolClosed => Self::Closed,
            // PostgreSQL's `lock_not_available` and `query_canceled`: it gave up by itself.
            _ if matches!(code.as_deref(), Some("55P03" | "57014")) => Self::Slow,
            error => Self::Broken(Arc::new(error)),
        }
    }
}

/// The call's answer, or [`StoreError::Slow`] when it takes too long.
async fn in_time<T>(call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    budget::spend(call).await.unwrap_or(Err(StoreError::Slow))
}
