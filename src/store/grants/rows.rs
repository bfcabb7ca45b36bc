//! Converts rows of the issuer's tables, in the same way for every database.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::{ColumnIndex, Decode, FromRow, Row, Type};

use super::super::rows::{damaged, moment};
use super::family::Family;
use super::{FamilyId, FoundCode, Grant, LoginSession, NewFamily, NewRefreshToken};

/// A code by its hash `$1`: unspent and not expired at `$2`, or spent.
///
/// It is one statement, so that it sees one state of both tables: redeeming a code moves it from one to the other.
pub(in crate::store) const FIND_CODE: &str = "
    SELECT details AS content, NULL AS family FROM authorization_codes WHERE hash = $1 AND expires_at > $2
    UNION ALL
    SELECT granted AS content, id AS family FROM token_families WHERE code_hash = $1";

impl NewFamily {
    /// When the last of its tokens expires.
    pub(in crate::store) fn ends_at(&self) -> DateTime<Utc> {
        self.refresh.as_ref().map_or(self.access_expires_at, NewRefreshToken::ends_at)
    }

    pub(in crate::store) fn refresh_hash(&self) -> Option<Vec<u8>> {
        self.refresh.as_ref().map(|it| it.token.hash().to_vec())
    }

    pub(in crate::store) fn refresh_expires_at(&self) -> Option<i64> {
        self.refresh.as_ref().map(|it| it.expires_at.timestamp())
    }
}

impl NewRefreshToken {
    /// When both tokens have expired.
    pub(in crate::store) fn ends_at(&self) -> DateTime<Utc> {
        self.expires_at.max(self.access_expires_at)
    }
}

impl<'r, R> FromRow<'r, R> for Family
where
    R: Row,
    &'static str: ColumnIndex<R>,
    &'r str: Decode<'r, R::Database> + Type<R::Database>,
    Vec<u8>: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    bool: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> sqlx::Result<Self> {
        let expires_at: Option<i64> = row.try_get("refresh_expires_at")?;
        Ok(Self {
            grant: from_json(row.try_get("granted")?)?,
            refresh_hash: row.try_get("refresh_hash")?,
            refresh_expires_at: expires_at.map(moment).transpose()?,
            is_revoked: row.try_get("is_revoked")?,
        })
    }
}

/// Of a row of [`FIND_CODE`].
impl<'r, R> FromRow<'r, R> for FoundCode
where
    R: Row,
    &'static str: ColumnIndex<R>,
    &'r str: Decode<'r, R::Database> + Type<R::Database>,
    Vec<u8>: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> sqlx::Result<Self> {
        let content = row.try_get("content")?;
        let Some(family) = row.try_get::<Option<Vec<u8>>, _>("family")? else {
            return from_json(content).map(Self::Unspent);
        };
        let family = family.try_into().map(FamilyId).map_err(|_| damaged("an id has another length"))?;
        let Grant { client_id, .. } = from_json(content)?;
        Ok(Self::Spent { client_id, family })
    }
}

impl<'r, R> FromRow<'r, R> for LoginSession
where
    R: Row,
    &'static str: ColumnIndex<R>,
    &'r str: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> sqlx::Result<Self> {
        from_json(row.try_get("details")?)
    }
}

/// What is kept of a code, a grant or a login session.
pub(in crate::store) fn to_json(details: &impl Serialize) -> sqlx::Result<String> {
    serde_json::to_string(details).map_err(|error| sqlx::Error::Encode(error.into()))
}

fn from_json<T: DeserializeOwned>(text: &str) -> sqlx::Result<T> {
    serde_json::from_str(text).map_err(damaged)
}
