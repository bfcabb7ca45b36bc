//! Converts rows of the table `transactions`, which are the same in every database.

use std::error::Error;

use chrono::{DateTime, Utc};
use sqlx::{ColumnIndex, Decode, FromRow, Row, Type};

use super::{Cursor, Page, Transaction};
use crate::profiles::telesign::{PhoneNumber, Xid};

/// One page from up to `limit` + 1 rows: the additional row shows that there is a next page.
pub(super) fn page<R>(rows: &[R], limit: u32) -> sqlx::Result<Page>
where
    R: Row,
    Transaction: for<'r> FromRow<'r, R>,
    &'static str: ColumnIndex<R>,
    i64: for<'r> Decode<'r, R::Database> + Type<R::Database>,
{
    let limit = usize::try_from(limit).map_err(damaged)?;
    let shown = &rows[..rows.len().min(limit)];
    let transactions = shown.iter().map(Transaction::from_row).collect::<Result<_, _>>()?;
    let last = shown.last().filter(|_| rows.len() > limit);
    let next = last.map(|row| row.try_get("id").map(Cursor)).transpose()?;
    Ok(Page { transactions, next })
}

impl<'r, R> FromRow<'r, R> for Transaction
where
    R: Row,
    &'static str: ColumnIndex<R>,
    &'r str: Decode<'r, R::Database> + Type<R::Database>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> sqlx::Result<Self> {
        let verified_at: Option<i64> = row.try_get("verified_at")?;
        Ok(Self {
            xid: Xid::parse(row.try_get("xid")?).map_err(damaged)?,
            phone_number: PhoneNumber::parse(row.try_get("phone_number")?).map_err(damaged)?,
            issued_at: moment(row.try_get("issued_at")?)?,
            expires_at: moment(row.try_get("expires_at")?)?,
            status: row.try_get("status")?,
            verified_at: verified_at.map(moment).transpose()?,
            token: row.try_get("token")?,
        })
    }
}

pub(super) fn moment(seconds: i64) -> sqlx::Result<DateTime<Utc>> {
    DateTime::from_timestamp(seconds, 0).ok_or_else(|| damaged(format!("{seconds} is no time")))
}

pub(super) fn damaged(error: impl Into<Box<dyn Error + Send + Sync>>) -> sqlx::Error {
    sqlx::Error::Decode(error.into())
}
