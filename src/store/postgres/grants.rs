//! What the OAuth issuer keeps, in `PostgreSQL`. A call that decides by a row locks it first, so that calls about one
//! code or one family run one after the other, whichever process makes them.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::postgres::PgConnection;

use super::super::grants::family::Family;
use super::super::grants::rows::{FIND_CODE, to_json};
use super::super::{
    AuthorizationCode, CodeHash, FamilyId, FoundCode, GrantStore, LoginHash, LoginSession, NewFamily, NewRefreshToken,
    Redeemed, RefreshGrant, RefreshToken, Rotated, StoreError, in_time,
};
use super::Postgres;

/// Each deletes at most `$2` rows that have expired at `$1`.
pub(super) const PURGES: [&str; 3] = [
    "DELETE FROM authorization_codes WHERE ctid = ANY (ARRAY(SELECT ctid FROM authorization_codes
     WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED))",
    "DELETE FROM token_families WHERE ctid = ANY (ARRAY(SELECT ctid FROM token_families
     WHERE ends_at <= $1 ORDER BY ends_at LIMIT $2 FOR UPDATE SKIP LOCKED))",
    "DELETE FROM login_sessions WHERE ctid = ANY (ARRAY(SELECT ctid FROM login_sessions
     WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED))",
];

/// The row of a family.
macro_rules! find_family {
    () => {
        "SELECT granted, refresh_hash, refresh_expires_at, is_revoked FROM token_families WHERE id = $1"
    };
}

#[async_trait]
impl GrantStore for Postgres {
    async fn put_code(&self, hash: &CodeHash, code: &AuthorizationCode) -> Result<(), StoreError> {
        let insert = "INSERT INTO authorization_codes (hash, details, expires_at) VALUES ($1, $2, $3)
                      ON CONFLICT DO NOTHING";
        let query = sqlx::query(insert).bind(hash.0.as_slice()).bind(to_json(code)?).bind(code.expires_at.timestamp());
        in_time(self.call(async |connection| query.execute(connection).await)).await.map(drop)
    }

    async fn code(&self, hash: &CodeHash, now: DateTime<Utc>) -> Result<Option<FoundCode>, StoreError> {
        in_time(self.call(async |connection| find_code(connection, *hash, now).await)).await
    }

    async fn redeem_code(
        &self,
        hash: &CodeHash,
        client_id: &str,
        family: &NewFamily,
        now: DateTime<Utc>,
    ) -> Result<Redeemed, StoreError> {
        in_time(self.commit(async |connection| redeem(connection, *hash, client_id, family, now).await)).await
    }

    async fn refresh_token(
        &self,
        token: &RefreshToken,
        now: DateTime<Utc>,
    ) -> Result<Option<RefreshGrant>, StoreError> {
        let id = token.family();
        let query = sqlx::query_as(find_family!()).bind(id.0.as_slice());
        let family: Option<Family> =
            in_time(self.call(async |connection| query.fetch_optional(connection).await)).await?;
        Ok(family.and_then(|family| family.in_force(token, now)))
    }

    async fn rotate(
        &self,
        token: &RefreshToken,
        client_id: &str,
        next: &NewRefreshToken,
        now: DateTime<Utc>,
    ) -> Result<Rotated, StoreError> {
        in_time(self.commit(async |connection| rotate(connection, token, client_id, next, now).await)).await
    }

    async fn revoke_family(&self, family: &FamilyId, client_id: &str) -> Result<bool, StoreError> {
        let work = self.commit(async |connection| {
            let locked = lock_family(&mut *connection, *family).await?;
            let is_theirs = locked.is_some_and(|family| family.belongs_to(client_id));
            if is_theirs {
                revoke(connection, *family).await?;
            }
            Ok(is_theirs)
        });
        in_time(work).await
    }

    async fn put_login(&self, hash: &LoginHash, login: &LoginSession) -> Result<(), StoreError> {
        let insert = "INSERT INTO login_sessions (hash, details, expires_at) VALUES ($1, $2, $3)
                      ON CONFLICT DO NOTHING";
        let query =
            sqlx::query(insert).bind(hash.0.as_slice()).bind(to_json(login)?).bind(login.expires_at.timestamp());
        in_time(self.call(async |connection| query.execute(connection).await)).await.map(drop)
    }

    async fn login(&self, hash: &LoginHash, now: DateTime<Utc>) -> Result<Option<LoginSession>, StoreError> {
        let query = sqlx::query_as("SELECT details FROM login_sessions WHERE hash = $1 AND expires_at > $2")
            .bind(hash.0.as_slice())
            .bind(now.timestamp());
        in_time(self.call(async |connection| query.fetch_optional(connection).await)).await
    }

    async fn end_login(&self, hash: &LoginHash) -> Result<bool, StoreError> {
        let query = sqlx::query("DELETE FROM login_sessions WHERE hash = $1").bind(hash.0.as_slice());
        Ok(self.rows_committed(query).await? == 1)
    }
}

async fn redeem(
    connection: &mut PgConnection,
    hash: CodeHash,
    client_id: &str,
    family: &NewFamily,
    now: DateTime<Utc>,
) -> sqlx::Result<Redeemed> {
    // Whoever waits for this lock finds the code spent, and sees the family in the next statement.
    let lock = sqlx::query("SELECT 1 FROM authorization_codes WHERE hash = $1 FOR UPDATE").bind(hash.0.as_slice());
    lock.fetch_optional(&mut *connection).await?;
    match find_code(&mut *connection, hash, now).await? {
        Some(FoundCode::Unspent(code)) if code.grant.client_id == client_id => {
            spend(connection, hash, &code, family).await?;
            Ok(Redeemed::Redeemed)
        }
        Some(FoundCode::Spent { client_id: owner, family }) if owner == client_id => {
            revoke(connection, family).await?;
            Ok(Redeemed::AlreadySpent)
        }
        _ => Ok(Redeemed::Unknown),
    }
}

async fn find_code(
    connection: &mut PgConnection,
    hash: CodeHash,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<FoundCode>> {
    sqlx::query_as(FIND_CODE).bind(hash.0.as_slice()).bind(now.timestamp()).fetch_optional(connection).await
}

/// Moves the code into the row of its family.
async fn spend(
    connection: &mut PgConnection,
    hash: CodeHash,
    code: &AuthorizationCode,
    family: &NewFamily,
) -> sqlx::Result<()> {
    let insert = "WITH spent AS (DELETE FROM authorization_codes WHERE hash = $2)
                  INSERT INTO token_families (id, code_hash, granted, refresh_hash, refresh_expires_at, ends_at)
                  VALUES ($1, $2, $3, $4, $5, $6)";
    let query = sqlx::query(insert)
        .bind(family.id.0.as_slice())
        .bind(hash.0.as_slice())
        .bind(to_json(&code.grant)?)
        .bind(family.refresh_hash())
        .bind(family.refresh_expires_at())
        .bind(family.ends_at().timestamp());
    query.execute(connection).await.map(drop)
}

async fn rotate(
    connection: &mut PgConnection,
    token: &RefreshToken,
    client_id: &str,
    next: &NewRefreshToken,
    now: DateTime<Utc>,
) -> sqlx::Result<Rotated> {
    let id = token.family();
    let Some(family) = lock_family(&mut *connection, id).await? else { return Ok(Rotated::Unknown) };
    let rotated = family.judge(token, client_id, now);
    match rotated {
        Rotated::Rotated(_) => replace(connection, id, next).await?,
        Rotated::Reused => revoke(connection, id).await?,
        _ => {}
    }
    Ok(rotated)
}

/// The row of a family, which no other call can change until the commit.
async fn lock_family(connection: &mut PgConnection, id: FamilyId) -> sqlx::Result<Option<Family>> {
    let select = concat!(find_family!(), " FOR UPDATE");
    sqlx::query_as(select).bind(id.0.as_slice()).fetch_optional(connection).await
}

/// Makes another refresh token the current one.
async fn replace(connection: &mut PgConnection, id: FamilyId, next: &NewRefreshToken) -> sqlx::Result<()> {
    let update = "UPDATE token_families
                  SET refresh_hash = $2, refresh_expires_at = $3, ends_at = greatest(ends_at, $4) WHERE id = $1";
    let query = sqlx::query(update)
        .bind(id.0.as_slice())
        .bind(next.token.hash().to_vec())
        .bind(next.expires_at.timestamp())
        .bind(next.ends_at().timestamp());
    query.execute(connection).await.map(drop)
}

async fn revoke(connection: &mut PgConnection, id: FamilyId) -> sqlx::Result<()> {
    let query = sqlx::query("UPDATE token_families SET is_revoked = true WHERE id = $1").bind(id.0.as_slice());
    query.execute(connection).await.map(drop)
}
