//! The answer pages of lessons, in `SQLite`.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::SqliteConnection;

use super::super::answers::{AnswerId, AnswerStore, MOST_ANSWERS, MOST_ANSWERS_OF_ONE, NewAnswer, TRIM, TRIM_OWN};
use super::super::{StoreError, in_time};
use super::Sqlite;

/// Deletes at most `$2` rows that have expired at `$1`.
pub(super) const PURGE: &str = "DELETE FROM lab_answers WHERE id IN
     (SELECT id FROM lab_answers WHERE expires_at <= $1 LIMIT $2)";

#[async_trait]
impl AnswerStore for Sqlite {
    async fn keep_answer(&self, new: &NewAnswer) -> Result<(), StoreError> {
        let new = new.clone();
        in_time(self.writer.write(move |connection| Box::pin(keep(connection, new)))).await
    }

    async fn answer(&self, id: &AnswerId, now: DateTime<Utc>) -> Result<Option<Vec<u8>>, StoreError> {
        let query = sqlx::query_scalar("SELECT page FROM lab_answers WHERE id = $1 AND expires_at > $2")
            .bind(id.0.to_vec())
            .bind(now.timestamp());
        in_time(self.read(move |connection| Box::pin(query.fetch_optional(connection)))).await
    }
}

async fn keep(connection: &mut SqliteConnection, new: NewAnswer) -> sqlx::Result<()> {
    let owner = new.owner.0.to_vec();
    let insert = "INSERT INTO lab_answers (id, owner, page, expires_at) VALUES ($1, $2, $3, $4)
                  ON CONFLICT DO NOTHING";
    let query =
        sqlx::query(insert).bind(new.id.0.to_vec()).bind(owner.clone()).bind(new.page).bind(new.expires_at.timestamp());
    query.execute(&mut *connection).await?;
    sqlx::query(TRIM_OWN).bind(owner).bind(MOST_ANSWERS_OF_ONE).execute(&mut *connection).await?;
    sqlx::query(TRIM).bind(MOST_ANSWERS).execute(connection).await.map(drop)
}
