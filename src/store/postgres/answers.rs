//! The answer pages of lessons, in `PostgreSQL`.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::super::answers::{AnswerId, AnswerStore, MOST_ANSWERS, MOST_ANSWERS_OF_ONE, NewAnswer, TRIM, TRIM_OWN};
use super::super::{StoreError, in_time};
use super::Postgres;

/// Deletes at most `$2` rows that have expired at `$1`.
pub(super) const PURGE: &str = "DELETE FROM lab_answers WHERE ctid = ANY (ARRAY(SELECT ctid FROM lab_answers
     WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED))";

#[async_trait]
impl AnswerStore for Postgres {
    async fn keep_answer(&self, new: &NewAnswer) -> Result<(), StoreError> {
        let insert = "INSERT INTO lab_answers (id, owner, page, expires_at) VALUES ($1, $2, $3, $4)
                      ON CONFLICT DO NOTHING";
        let insert = sqlx::query(insert)
            .bind(new.id.0.as_slice())
            .bind(new.owner.0.as_slice())
            .bind(new.page.as_slice())
            .bind(new.expires_at.timestamp());
        let trim_own = sqlx::query(TRIM_OWN).bind(new.owner.0.as_slice()).bind(MOST_ANSWERS_OF_ONE);
        let trim = sqlx::query(TRIM).bind(MOST_ANSWERS);
        let work = self.commit(async |connection| {
            insert.execute(&mut *connection).await?;
            trim_own.execute(&mut *connection).await?;
            trim.execute(connection).await
        });
        in_time(work).await.map(drop)
    }

    async fn answer(&self, id: &AnswerId, now: DateTime<Utc>) -> Result<Option<Vec<u8>>, StoreError> {
        let query = sqlx::query_scalar("SELECT page FROM lab_answers WHERE id = $1 AND expires_at > $2")
            .bind(id.0.as_slice())
            .bind(now.timestamp());
        in_time(self.call(async |connection| query.fetch_optional(connection).await)).await
    }
}
