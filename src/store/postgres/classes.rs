//! A class and its pupils, in `PostgreSQL`. A call that writes locks the row of the class first, so that such calls run
//! one after the other, whichever process makes them.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::FromRow as _;
use sqlx::postgres::PgConnection;

use super::super::classes::rows::{
    FIND_CLASS, FIND_PUPIL_IN_CLASS, FIND_PUPILS, INSERT_CLASS, INSERT_PUPIL, OTHER_NAMES, PUT_WAY_BACK, RENAME_PUPIL,
    SPEND_WAY_BACK, UPDATE_CLASS, UPDATE_PUPIL, class_columns, columns_of,
};
use super::super::{ClassStore, StoreError, in_time};
use super::Postgres;
use crate::lab::class::{
    Class, ClassChange, ClassCode, Joined, MOST_PUPILS, NewClass, NewPupil, Pupil, PupilId, PupilName, PupilStep,
    ReturnCode, WayBack, free_number,
};

/// Each deletes at most `$2` rows of a class that was last used at `$1` or earlier.
pub(super) const PURGES: [&str; 2] = [
    "DELETE FROM pupils WHERE place = ANY (ARRAY(SELECT place FROM pupils
     WHERE EXISTS (SELECT 1 FROM classes WHERE used_at <= $1) ORDER BY place LIMIT $2 FOR UPDATE SKIP LOCKED))",
    "DELETE FROM classes WHERE used_at <= $1 AND $2::bigint > 0",
];

#[async_trait]
impl ClassStore for Postgres {
    async fn start_class(&self, new: &NewClass, now: DateTime<Utc>) -> Result<Class, StoreError> {
        in_time(self.commit(async |connection| start(connection, new, now).await)).await
    }

    async fn class(&self, now: DateTime<Utc>) -> Result<Option<Class>, StoreError> {
        in_time(self.call(async |connection| find_class(connection, now).await)).await
    }

    async fn pupils(&self, now: DateTime<Utc>) -> Result<Option<(Class, Vec<Pupil>)>, StoreError> {
        let found = self.call(async |connection| {
            let Some(class) = find_class(&mut *connection, now).await? else { return Ok(None) };
            let pupils = sqlx::query_as(FIND_PUPILS).fetch_all(connection).await?;
            Ok(Some((class, pupils)))
        });
        in_time(found).await
    }

    async fn pupil(&self, id: &PupilId, now: DateTime<Utc>) -> Result<Option<(Class, Pupil)>, StoreError> {
        in_time(self.call(async |connection| find_pupil(connection, id, now).await)).await
    }

    async fn join_class(&self, code: &ClassCode, new: &NewPupil, now: DateTime<Utc>) -> Result<Joined, StoreError> {
        in_time(self.commit(async |connection| join(connection, code, new, now).await)).await
    }

    async fn add_step(&self, id: &PupilId, step: &PupilStep, now: DateTime<Utc>) -> Result<Option<Pupil>, StoreError> {
        in_time(self.commit(async |connection| add_step(connection, id, step, now).await)).await
    }

    async fn begin_again(&self, id: &PupilId, returns: i64, now: DateTime<Utc>) -> Result<Option<Pupil>, StoreError> {
        in_time(self.commit(async |connection| begin_again(connection, id, returns, now).await)).await
    }

    async fn rename_pupil(
        &self,
        id: &PupilId,
        name: &PupilName,
        now: DateTime<Utc>,
    ) -> Result<Option<Pupil>, StoreError> {
        let renamed = self.commit(async |connection| {
            change(&mut *connection, &ClassChange::Use, now).await?;
            let number = number_of(&mut *connection, id, name).await?;
            let rename = sqlx::query(RENAME_PUPIL).bind(id.as_str()).bind(name.as_str()).bind(number);
            rename.execute(&mut *connection).await?;
            Ok(find_pupil(connection, id, now).await?.map(|(_, pupil)| pupil))
        });
        in_time(renamed).await
    }

    async fn let_back_in(&self, id: &PupilId, way: &WayBack, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let put = self.commit(async |connection| {
            if !change(&mut *connection, &ClassChange::Use, now).await? {
                return Ok(false);
            }
            let put = sqlx::query(PUT_WAY_BACK).bind(id.as_str()).bind(way.code.as_str()).bind(way.until.timestamp());
            Ok(put.execute(connection).await?.rows_affected() == 1)
        });
        in_time(put).await
    }

    async fn come_back(&self, code: &ReturnCode, now: DateTime<Utc>) -> Result<Option<(Class, Pupil)>, StoreError> {
        in_time(self.commit(async |connection| come_back(connection, code, now).await)).await
    }

    async fn remove_pupil(&self, id: &PupilId, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let removed = self.commit(async |connection| {
            lock_class(&mut *connection, now).await?;
            let delete = sqlx::query("DELETE FROM pupils WHERE id = $1").bind(id.as_str());
            let is_removed = delete.execute(&mut *connection).await?.rows_affected() == 1;
            if is_removed {
                change(connection, &ClassChange::Use, now).await?;
            }
            Ok(is_removed)
        });
        in_time(removed).await
    }

    async fn reset_progress(
        &self,
        pupil: Option<&PupilId>,
        lesson: Option<&'static str>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        in_time(self.commit(async |connection| reset(connection, pupil, lesson, now).await)).await
    }

    async fn change_class(&self, change: &ClassChange, now: DateTime<Utc>) -> Result<bool, StoreError> {
        in_time(self.commit(async |connection| self::change(connection, change, now).await)).await
    }

    async fn end_class(&self) -> Result<bool, StoreError> {
        in_time(self.commit(async |connection| end(connection).await)).await
    }
}

async fn find_class(connection: &mut PgConnection, now: DateTime<Utc>) -> sqlx::Result<Option<Class>> {
    let query = sqlx::query_as(FIND_CLASS).bind(Class::over_since(now).timestamp());
    query.fetch_optional(connection).await
}

/// The class, which no other call can change until the commit.
async fn lock_class(connection: &mut PgConnection, now: DateTime<Utc>) -> sqlx::Result<Option<Class>> {
    let select = concat!("SELECT ", class_columns!(), " FROM classes WHERE used_at > $1 FOR UPDATE");
    let query = sqlx::query_as(select).bind(Class::over_since(now).timestamp());
    query.fetch_optional(connection).await
}

async fn find_pupil(
    connection: &mut PgConnection,
    id: &PupilId,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<(Class, Pupil)>> {
    let query = sqlx::query(FIND_PUPIL_IN_CLASS).bind(Class::over_since(now).timestamp()).bind(id.as_str());
    let Some(row) = query.fetch_optional(connection).await? else { return Ok(None) };
    Ok(Some((Class::from_row(&row)?, Pupil::from_row(&row)?)))
}

async fn start(connection: &mut PgConnection, new: &NewClass, now: DateTime<Utc>) -> sqlx::Result<Class> {
    // There may be no row to lock, and two processes may start a class at once.
    sqlx::query("LOCK TABLE classes IN SHARE ROW EXCLUSIVE MODE").execute(&mut *connection).await?;
    if let Some(open) = find_class(&mut *connection, now).await? {
        return Ok(open);
    }
    end(&mut *connection).await?;
    let insert = sqlx::query(INSERT_CLASS)
        .bind(new.id.as_str())
        .bind(new.code.as_str())
        .bind(now.timestamp())
        .bind(true)
        .bind(false);
    insert.execute(&mut *connection).await?;
    find_class(connection, now).await?.ok_or(sqlx::Error::RowNotFound)
}

async fn join(
    connection: &mut PgConnection,
    code: &ClassCode,
    new: &NewPupil,
    now: DateTime<Utc>,
) -> sqlx::Result<Joined> {
    let class = lock_class(&mut *connection, now).await?;
    let Some(class) = class.filter(|class| class.code == *code) else { return Ok(Joined::WrongCode) };
    if !class.joining_open {
        return Ok(Joined::Closed);
    }
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM pupils").fetch_one(&mut *connection).await?;
    if count >= MOST_PUPILS {
        return Ok(Joined::Full);
    }
    let number = number_of(&mut *connection, &new.id, &new.name).await?;
    let insert =
        sqlx::query(INSERT_PUPIL).bind(new.id.as_str()).bind(new.name.as_str()).bind(now.timestamp()).bind(number);
    insert.execute(&mut *connection).await?;
    change(connection, &ClassChange::Use, now).await?;
    Ok(Joined::Joined)
}

/// The number with which a name looks like that of no other pupil.
async fn number_of(connection: &mut PgConnection, id: &PupilId, name: &PupilName) -> sqlx::Result<i64> {
    let others = sqlx::query_as(OTHER_NAMES).bind(id.as_str()).fetch_all(connection).await?;
    Ok(free_number(name.as_str(), &others))
}

async fn add_step(
    connection: &mut PgConnection,
    id: &PupilId,
    step: &PupilStep,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Pupil>> {
    change(&mut *connection, &ClassChange::Use, now).await?;
    let found = find_pupil(&mut *connection, id, now).await?;
    let Some((_, mut pupil)) = found.filter(|(_, pupil)| pupil.returns == step.returns) else { return Ok(None) };
    pupil.record.add(step, now);
    pupil.seen_at = pupil.seen_at.max(now);
    pupil.steps += 1;
    put(connection, &pupil).await?;
    Ok(Some(pupil))
}

async fn begin_again(
    connection: &mut PgConnection,
    id: &PupilId,
    returns: i64,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Pupil>> {
    change(&mut *connection, &ClassChange::Use, now).await?;
    let found = find_pupil(&mut *connection, id, now).await?;
    let Some((_, mut pupil)) = found.filter(|(_, pupil)| pupil.returns == returns) else { return Ok(None) };
    pupil.begin_again(now);
    put(connection, &pupil).await?;
    Ok(Some(pupil))
}

async fn come_back(
    connection: &mut PgConnection,
    code: &ReturnCode,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<(Class, Pupil)>> {
    lock_class(&mut *connection, now).await?;
    let update = sqlx::query_scalar(SPEND_WAY_BACK).bind(code.as_str()).bind(now.timestamp());
    let id: Option<String> = update.fetch_optional(&mut *connection).await?;
    let Some(id) = id.as_deref().and_then(PupilId::parse) else { return Ok(None) };
    change(&mut *connection, &ClassChange::Use, now).await?;
    find_pupil(connection, &id, now).await
}

async fn put(connection: &mut PgConnection, pupil: &Pupil) -> sqlx::Result<()> {
    let (progress, times) = columns_of(&pupil.record)?;
    let update = sqlx::query(UPDATE_PUPIL)
        .bind(pupil.id.as_str())
        .bind(pupil.seen_at.timestamp())
        .bind(progress)
        .bind(times)
        .bind(pupil.restarts);
    update.execute(connection).await.map(drop)
}

async fn reset(
    connection: &mut PgConnection,
    pupil: Option<&PupilId>,
    lesson: Option<&'static str>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    if !change(&mut *connection, &ClassChange::Use, now).await? {
        return Ok(());
    }
    let pupils: Vec<Pupil> = sqlx::query_as(FIND_PUPILS).fetch_all(&mut *connection).await?;
    for mut found in pupils.into_iter().filter(|found| pupil.is_none_or(|id| *id == found.id)) {
        found.reset(lesson);
        put(&mut *connection, &found).await?;
    }
    Ok(())
}

/// Locks the class and changes it, if it is open.
async fn change(connection: &mut PgConnection, change: &ClassChange, now: DateTime<Utc>) -> sqlx::Result<bool> {
    let Some(mut class) = lock_class(&mut *connection, now).await? else { return Ok(false) };
    change.apply(&mut class);
    let update = sqlx::query(UPDATE_CLASS)
        .bind(class.solutions_held)
        .bind(class.codes_held)
        .bind(class.closed_lessons.to_string())
        .bind(class.used_at.max(now).timestamp())
        .bind(class.code.as_str())
        .bind(class.joining_open)
        .bind(class.solution_exceptions.to_string());
    update.execute(connection).await?;
    Ok(true)
}

/// Deletes the class first, so that this waits for the calls that have locked it.
async fn end(connection: &mut PgConnection) -> sqlx::Result<bool> {
    let ended = sqlx::query("DELETE FROM classes").execute(&mut *connection).await?;
    sqlx::query("DELETE FROM pupils").execute(&mut *connection).await?;
    sqlx::query("DELETE FROM lab_answers").execute(connection).await?;
    Ok(ended.rows_affected() == 1)
}
