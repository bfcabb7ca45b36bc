//! The store: transactions of phone tokens, users, the tokens that were used or revoked, what the OAuth issuer keeps,
//! a class with its pupils, and the answer pages of lessons.
//!
//! One trait hides which database is used. Not found is `None`; an error means that the store does not answer or is
//! broken.

mod answers;
mod cause;
mod classes;
mod grants;
mod migrations;
mod open;
mod postgres;
mod rows;
mod sqlite;

pub use answers::{AnswerId, AnswerOwner, AnswerStore, MOST_ANSWERS, MOST_ANSWERS_OF_ONE, NewAnswer};
pub use classes::ClassStore;
pub use grants::{
    AuthorizationCode, CodeHash, FamilyId, FoundCode, Grant, GrantStore, LoginHash, LoginSession, NewFamily,
    NewRefreshToken, Redeemed, RefreshGrant, RefreshToken, Rotated,
};
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
use crate::token::{Judged, Verdict};

/// The time limit of every call, also outside a request. A call that takes longer is an error.
pub const TIME_OUT: Duration = budget::REQUEST;

/// How many rows a purge deletes in one batch. Other writes can happen between two batches.
const PURGED_AT_ONCE: i64 = 500;

/// Times are stored in whole seconds.
#[async_trait]
pub trait Store: AnswerStore + ClassStore + GrantStore {
    /// Stores a transaction. Once this returns [`Recorded::Stored`], a crash cannot lose it.
    async fn record(&self, new: NewTransaction) -> Result<Recorded, StoreError>;

    async fn transaction(&self, xid: &Xid) -> Result<Option<Transaction>, StoreError>;

    /// At most `limit` transactions of one number, the newest first, starting after `after`. A transaction's position
    /// is fixed when its xid is first recorded, so pages never skip or repeat one, whatever is recorded meanwhile.
    async fn transactions(&self, phone: &PhoneNumber, after: Option<Cursor>, limit: u32) -> Result<Page, StoreError>;

    /// Marks the transaction of `xid` as verified if it holds this `token`. This works once.
    async fn present(&self, xid: &Xid, token: &str, now: DateTime<Utc>) -> Result<Presented, StoreError>;

    /// Records the status that a callback reported. This never changes whether the transaction is verified.
    async fn set_status(&self, xid: &Xid, status: &str) -> Result<Option<Transaction>, StoreError>;

    /// Marks a token's `jti` as used; `false` if it was used before. It is remembered until `expires_at`.
    async fn use_once(
        &self,
        profile: &str,
        jti: &str,
        expires_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError>;

    /// Revokes a token. The revocation is remembered until the token expires.
    async fn revoke(&self, profile: &str, jti: &str, expires_at: DateTime<Utc>) -> Result<(), StoreError>;

    /// Whether a token was revoked, by itself or with the [family](GrantStore::revoke_family) that it names.
    async fn is_revoked(&self, profile: &str, jti: &str, family: Option<&FamilyId>) -> Result<bool, StoreError>;

    /// The final verdict on a token. One with a `jti` is refused if it or its family was revoked.
    async fn resolve_revocation(&self, judged: Judged) -> Result<Verdict, StoreError> {
        match judged {
            Judged::Final(verdict) => Ok(verdict),
            Judged::Pending(pending) => {
                let family = pending.family().and_then(FamilyId::parse);
                let is_revoked = self.is_revoked(pending.profile(), pending.jti(), family.as_ref()).await?;
                Ok(pending.with_revocation(is_revoked))
            }
        }
    }

    /// The argon2id hash of a user's password, in PHC form.
    async fn password_hash(&self, name: &str) -> Result<Option<String>, StoreError>;

    /// Adds a user, or changes their password.
    async fn put_user(&self, name: &str, password_hash: &str) -> Result<(), StoreError>;

    /// Removes a user; `false` if there was no such user.
    async fn remove_user(&self, name: &str) -> Result<bool, StoreError>;

    /// Every user's name, in order.
    async fn users(&self) -> Result<Vec<String>, StoreError>;

    /// Deletes transactions that expired before `before`, and everything else that has expired at `now`, in small
    /// batches. Returns the number of deleted transactions. The [`TIME_OUT`] applies to each batch.
    async fn purge(&self, before: DateTime<Utc>, now: DateTime<Utc>) -> Result<u64, StoreError>;

    /// Checks that the store can be read and written.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Finishes the calls in progress. Every later call returns [`StoreError::Closed`].
    async fn close(&self);
}

/// A new phone token, which must be stored before the client gets it.
#[derive(Clone)]
pub struct NewTransaction {
    pub xid: Xid,
    pub phone_number: PhoneNumber,
    pub issued_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub token: String,
}

/// The result of recording a [`NewTransaction`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is stored durably. An unverified transaction with the same xid and number was replaced.
    Stored,
    /// The xid belongs to another phone number.
    OtherPhone,
    /// The transaction with this xid is already verified.
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
    /// When the token was verified. This decides whether it was, not the status.
    pub verified_at: Option<DateTime<Utc>>,
    pub token: String,
}

/// Omits the token and the phone number, so that they cannot reach a log.
impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Transaction({:?}, {}, …)", self.xid, self.status)
    }
}

/// A page of transactions, the newest first, and where the next page begins.
#[derive(Debug)]
pub struct Page {
    pub transactions: Vec<Transaction>,
    pub next: Option<Cursor>,
}

/// A position in a list of transactions. Its text is opaque to clients.
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

/// The result of presenting a token.
#[derive(Debug, PartialEq, Eq)]
pub enum Presented {
    /// The token is now verified; this is its transaction.
    Verified(Transaction),
    /// The token was verified before.
    AlreadyVerified,
    /// No transaction holds this token: it was never stored, or replaced by a newer one.
    Unknown,
}

/// The store does not answer, is slow or is broken. It is `Clone`, because one failed commit fails several calls.
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
            // PostgreSQL's `lock_not_available` and `query_canceled`: the server gave up.
            _ if matches!(code.as_deref(), Some("55P03" | "57014")) => Self::Slow,
            error => Self::Broken(Arc::new(without_bytes_of_files(error))),
        }
    }
}

/// sqlx's message repeats bytes of a damaged PEM file, which may be the key.
fn without_bytes_of_files(error: sqlx::Error) -> sqlx::Error {
    let (sqlx::Error::Configuration(source) | sqlx::Error::Tls(source)) = &error else { return error };
    let told = source.to_string();
    if !["section start", "section end", "base64"].iter().any(|words| told.contains(words)) {
        return error;
    }
    let message =
        "a file that sslkey, sslcert or sslrootcert names is damaged PEM; each line of PEM is a line of the file";
    sqlx::Error::Configuration(message.into())
}

/// Runs a call; [`StoreError::Slow`] if it takes too long.
async fn in_time<T>(call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    budget::spend(call).await.unwrap_or(Err(StoreError::Slow))
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn an_error_about_a_key_file_repeats_nothing_of_the_file() {
        for told in ["illegal section start: [45, 45, 45]", "missing section end marker: [45, 45, 45]"] {
            for error in [sqlx::Error::Configuration(told.into()), sqlx::Error::Tls(told.into())] {
                let error = StoreError::from(error);
                let cause = error.source().unwrap().to_string();
                assert!(cause.contains("sslkey") && !cause.contains("45"), "{cause}");
            }
        }
        let other = StoreError::from(sqlx::Error::Configuration("no such host".into()));
        assert!(other.source().unwrap().to_string().contains("no such host"));
    }
}
