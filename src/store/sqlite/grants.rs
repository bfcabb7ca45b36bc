//! What the OAuth issuer keeps, in `SQLite`. All writes run one after the other, so none needs a lock of its own.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::SqliteConnection;

use super::super::grants::family::Family;
use super::super::grants::rows::{FIND_CODE, to_json};
use super::super::{
    AuthorizationCode, CodeHash, FamilyId, FoundCode, GrantStore, LoginHash, LoginSession, NewFamily, NewRefreshToken,
    Redeemed, RefreshGrant, RefreshToken, Rotated, StoreError, in_time,
};
use super::Sqlite;

/// Each deletes at most `$2` rows that have expired at `$1`.
pub(super) const PURGES: [&str; 3] = [
    "DELETE FROM authorization_codes WHERE hash IN
     (SELECT hash FROM authorization_codes WHERE expires_at <= $1 LIMIT $2)",
    "DELETE FROM token_families WHERE id IN (SELECT id FROM token_families WHERE ends_at <= $1 LIMIT $2)",
    "DELETE FROM login_sessions WHERE hash IN (SELECT hash FROM login_sessions WHERE expires_at <= $1 LIMIT $2)",
];

#[async_trait]
impl GrantStore for Sqlite {
    async fn put_code(&self, hash: &CodeHash, code: &AuthorizationCode) -> Result<(), StoreError> {
        let insert = "INSERT INTO authorization_codes (hash, details, expires_at) VALUES ($1, $2, $3)
                      ON CONFLICT DO NOTHING";
        let query = sqlx::query(insert).bind(hash.0.to_vec()).bind(to_json(code)?).bind(code.expires_at.timestamp());
        self.rows_written(query).await.map(drop)
    }

    async fn code(&self, hash: &CodeHash, now: DateTime<Utc>) -> Result<Option<FoundCode>, StoreError> {
        let query = sqlx::query_as(FIND_CODE).bind(hash.0.to_vec()).bind(now.timestamp());
        in_time(self.read(move |connection| Box::pin(query.fetch_optional(connection)))).await
    }

    async fn redeem_code(
        &self,
        hash: &CodeHash,
        client_id: &str,
        family: &NewFamily,
        now: DateTime<Utc>,
    ) -> Result<Redeemed, StoreError> {
        let (hash, client_id, family) = (*hash, client_id.to_owned(), family.clone());
        let work = self.writer.write(move |connection| Box::pin(redeem(connection, hash, client_id, family, now)));
        in_time(work).await
    }

    async fn refresh_token(
        &self,
        token: &RefreshToken,
        now: DateTime<Utc>,
    ) -> Result<Option<RefreshGrant>, StoreError> {
        let id = token.family();
        let family = in_time(self.read(move |connection| Box::pin(find_family(connection, id)))).await?;
        Ok(family.and_then(|family| family.in_force(token, now)))
    }

    async fn rotate(
        &self,
        token: &RefreshToken,
        client_id: &str,
        next: &NewRefreshToken,
        now: DateTime<Utc>,
    ) -> Result<Rotated, StoreError> {
        let (token, client_id, next) = (token.clone(), client_id.to_owned(), next.clone());
        let work = self.writer.write(move |connection| Box::pin(rotate(connection, token, client_id, next, now)));
        in_time(work).await
    }

    async fn revoke_family(&self, family: &FamilyId, client_id: &str) -> Result<bool, StoreError> {
        let (id, client_id) = (*family, client_id.to_owned());
        let work = self.writer.write(move |connection| {
            Box::pin(async move {
                let family = find_family(&mut *connection, id).await?;
                let is_theirs = family.is_some_and(|family| family.belongs_to(&client_id));
                if is_theirs {
                    revoke(connection, id).await?;
                }
                Ok(is_theirs)
            })
        });
        in_time(work).await
    }

    async fn put_login(&self, hash: &LoginHash, login: &LoginSession) -> Result<(), StoreError> {
        let insert = "INSERT INTO login_sessions (hash, details, expires_at) VALUES ($1, $2, $3)
                      ON CONFLICT DO NOTHING";
        let query = sqlx::query(insert).bind(hash.0.to_vec()).bind(to_json(login)?).bind(login.expires_at.timestamp());
        self.rows_written(query).await.map(drop)
    }

    async fn login(&self, hash: &LoginHash, now: DateTime<Utc>) -> Result<Option<LoginSession>, StoreError> {
        let query = sqlx::query_as("SELECT details FROM login_sessions WHERE hash = $1 AND expires_at > $2")
            .bind(hash.0.to_vec())
            .bind(now.timestamp());
        in_time(self.read(move |connection| Box::pin(query.fetch_optional(connection)))).await
    }

    async fn end_login(&self, hash: &LoginHash) -> Result<bool, StoreError> {
        let query = sqlx::query("DELETE FROM login_sessions WHERE hash = $1").bind(hash.0.to_vec());
        Ok(self.rows_written(query).await? == 1)
    }
}

async fn redeem(
    connection: &mut SqliteConnection,
    hash: CodeHash,
    client_id: String,
    family: NewFamily,
    now: DateTime<Utc>,
) -> sqlx::Result<Redeemed> {
    let query = sqlx::query_as(FIND_CODE).bind(hash.0.to_vec()).bind(now.timestamp());
    match query.fetch_optional(&mut *connection).await? {
        Some(FoundCode::Unspent(code)) if code.grant.client_id == client_id => {
            spend(connection, hash, &code, &family).await?;
            Ok(Redeemed::Redeemed)
        }
        Some(FoundCode::Spent { client_id: owner, family }) if owner == client_id => {
            revoke(connection, family).await?;
            Ok(Redeemed::AlreadySpent)
        }
        _ => Ok(Redeemed::Unknown),
    }
}

/// Moves the code into the row of its family.
async fn spend(
    connection: &mut SqliteConnection,
    hash: CodeHash,
    code: &AuthorizationCode,
    family: &NewFamily,
) -> sqlx::Result<()> {
    let delete = sqlx::query("DELETE FROM authorization_codes WHERE hash = $1").bind(hash.0.to_vec());
    delete.execute(&mut *connection).await?;
    let insert = "INSERT INTO token_families (id, code_hash, granted, refresh_hash, refresh_expires_at, ends_at)
                  VALUES ($1, $2, $3, $4, $5, $6)";
    let query = sqlx::query(insert)
        .bind(family.id.0.to_vec())
        .bind(hash.0.to_vec())
        .bind(to_json(&code.grant)?)
        .bind(family.refresh_hash())
        .bind(family.refresh_expires_at())
        .bind(family.ends_at().timestamp());
    query.execute(connection).await.map(drop)
}

async fn rotate(
    connection: &mut SqliteConnection,
    token: RefreshToken,
    client_id: String,
    next: NewRefreshToken,
    now: DateTime<Utc>,
) -> sqlx::Result<Rotated> {
    let id = token.family();
    let Some(family) = find_family(&mut *connection, id).await? else { return Ok(Rotated::Unknown) };
    let rotated = family.judge(&token, &client_id, now);
    match rotated {
        Rotated::Rotated(_) => replace(connection, id, &next).await?,
        Rotated::Reused => revoke(connection, id).await?,
        _ => {}
    }
    Ok(rotated)
}

async fn find_family(connection: &mut SqliteConnection, id: FamilyId) -> sqlx::Result<Option<Family>> {
    let select = "SELECT granted, refresh_hash, refresh_expires_at, is_revoked FROM token_families WHERE id = $1";
    sqlx::query_as(select).bind(id.0.to_vec()).fetch_optional(connection).await
}

/// Makes another refresh token the current one.
async fn replace(connection: &mut SqliteConnection, id: FamilyId, next: &NewRefreshToken) -> sqlx::Result<()> {
    let update = "UPDATE token_families SET refresh_hash = $2, refresh_expires_at = $3, ends_at = max(ends_at, $4)
                  WHERE id = $1";
    let query = sqlx::query(update)
        .bind(id.0.to_vec())
        .bind(next.token.hash().to_vec())
        .bind(next.expires_at.timestamp())
        .bind(next.ends_at().timestamp());
    query.execute(connection).await.map(drop)
}

async fn revoke(connection: &mut SqliteConnection, id: FamilyId) -> sqlx::Result<()> {
    let query = sqlx::query("UPDATE token_families SET is_revoked = 1 WHERE id = $1").bind(id.0.to_vec());
    query.execute(connection).await.map(drop)
}
