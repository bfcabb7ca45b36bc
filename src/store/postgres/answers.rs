//! The answer pages of lessons, in `PostgreSQL`.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::super::answers::{AnswerId, AnswerStore, MOST_ANSWERS};
use super::super::{StoreError, in_time};
use super::Postgres;

/// Deletes at most `$2` rows that have expired at `$1`.
pub(super) const PURGE: &str = "DELETE FROM lab_answers WHERE ctid = ANY (ARRAY(SELECT ctid FROM lab_answers
     WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED))";

#[async_trait]
impl AnswerStore for Postgres {
    async fn keep_answer(&self, id: &AnswerId, page: Vec<u8>, expires_at: DateTime<Utc>) -> Result<(), StoreError> {
        let insert = "INSERT INTO lab_answers (id, page, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        let trim = "DELETE FROM lab_answers WHERE ctid = ANY (ARRAY(SELECT ctid FROM lab_answers
                    ORDER BY expires_at DESC OFFSET $1 FOR UPDATE SKIP LOCKED))";
        let query = sqlx::query(insert).bind(id.0.as_slice()).bind(page).bind(expires_at.timestamp());
        let trim = sqlx::query(trim).bind(MOST_ANSWERS);
        in_time(self.call(async |connection| {
            query.execute(&mut *connection).await?;
            trim.execute(connection).await
        }))
        .await
        .map(drop)
    }

    async fn answer(&self, id: &AnswerId, now: DateTime<Utc>) -> Result<Option<Vec<u8>>, StoreError> {
        let query = sqlx::query_scalar("SELECT page FROM lab_answers WHERE id = $1 AND expires_at > $2")
            .bind(id.0.as_slice())
            .bind(now.timestamp());
        in_time(self.call(async |connection| query.fetch_optional(connection).await)).await
    }
}
