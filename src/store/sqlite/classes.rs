//! A class and its pupils, in `SQLite`. All writes run one after the other, so none needs a lock of its own.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::{FromRow as _, SqliteConnection};

use super::super::classes::rows::{
    FIND_CLASS, FIND_PUPIL_IN_CLASS, FIND_PUPILS, INSERT_CLASS, INSERT_PUPIL, OTHER_NAMES, PUT_WAY_BACK, RENAME_PUPIL,
    SPEND_WAY_BACK, UPDATE_CLASS, UPDATE_PUPIL, columns_of,
};
use super::super::{ClassStore, StoreError, in_time};
use super::Sqlite;
use crate::lab::class::{
    Class, ClassChange, ClassCode, Joined, MOST_PUPILS, NewClass, NewPupil, Pupil, PupilId, PupilName, PupilStep,
    ReturnCode, WayBack, free_number,
};

/// Each deletes at most `$2` rows of a class that was last used at `$1` or earlier.
pub(super) const PURGES: [&str; 2] = [
    "DELETE FROM pupils WHERE place IN
     (SELECT place FROM pupils WHERE EXISTS (SELECT 1 FROM classes WHERE used_at <= $1) LIMIT $2)",
    "DELETE FROM classes WHERE used_at <= $1 AND $2 > 0",
];

#[async_trait]
impl ClassStore for Sqlite {
    async fn start_class(&self, new: &NewClass, now: DateTime<Utc>) -> Result<Class, StoreError> {
        let new = new.clone();
        in_time(self.writer.write(move |connection| Box::pin(start(connection, new, now)))).await
    }

    async fn class(&self, now: DateTime<Utc>) -> Result<Option<Class>, StoreError> {
        in_time(self.read(move |connection| Box::pin(find_class(connection, now)))).await
    }

    async fn pupils(&self, now: DateTime<Utc>) -> Result<Option<(Class, Vec<Pupil>)>, StoreError> {
        let found = self.read(move |connection| {
            Box::pin(async move {
                let Some(class) = find_class(&mut *connection, now).await? else { return Ok(None) };
                let pupils = sqlx::query_as(FIND_PUPILS).fetch_all(connection).await?;
                Ok(Some((class, pupils)))
            })
        });
        in_time(found).await
    }

    async fn pupil(&self, id: &PupilId, now: DateTime<Utc>) -> Result<Option<(Class, Pupil)>, StoreError> {
        let id = id.clone();
        in_time(self.read(move |connection| Box::pin(find_pupil(connection, id, now)))).await
    }

    async fn join_class(&self, code: &ClassCode, new: &NewPupil, now: DateTime<Utc>) -> Result<Joined, StoreError> {
        let (code, new) = (code.clone(), new.clone());
        in_time(self.writer.write(move |connection| Box::pin(join(connection, code, new, now)))).await
    }

    async fn add_step(&self, id: &PupilId, step: &PupilStep, now: DateTime<Utc>) -> Result<Option<Pupil>, StoreError> {
        let (id, step) = (id.clone(), step.clone());
        in_time(self.writer.write(move |connection| Box::pin(add_step(connection, id, step, now)))).await
    }

    async fn begin_again(&self, id: &PupilId, returns: i64, now: DateTime<Utc>) -> Result<Option<Pupil>, StoreError> {
        let id = id.clone();
        in_time(self.writer.write(move |connection| Box::pin(begin_again(connection, id, returns, now)))).await
    }

    async fn rename_pupil(
        &self,
        id: &PupilId,
        name: &PupilName,
        now: DateTime<Utc>,
    ) -> Result<Option<Pupil>, StoreError> {
        let (id, name) = (id.clone(), name.clone());
        in_time(self.writer.write(move |connection| Box::pin(rename(connection, id, name, now)))).await
    }

    async fn let_back_in(&self, id: &PupilId, way: &WayBack, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let (id, way) = (id.clone(), way.clone());
        in_time(self.writer.write(move |connection| Box::pin(let_back_in(connection, id, way, now)))).await
    }

    async fn come_back(&self, code: &ReturnCode, now: DateTime<Utc>) -> Result<Option<(Class, Pupil)>, StoreError> {
        let code = code.clone();
        in_time(self.writer.write(move |connection| Box::pin(come_back(connection, code, now)))).await
    }

    async fn remove_pupil(&self, id: &PupilId, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let id = id.clone();
        let removed = self.writer.write(move |connection| {
            Box::pin(async move {
                let delete = sqlx::query("DELETE FROM pupils WHERE id = $1").bind(id.as_str().to_owned());
                let count = delete.execute(&mut *connection).await?.rows_affected();
                if count == 1 {
                    change(connection, &ClassChange::Use, now).await?;
                }
                Ok(count == 1)
            })
        });
        in_time(removed).await
    }

    async fn reset_progress(
        &self,
        pupil: Option<&PupilId>,
        lesson: Option<&'static str>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let pupil = pupil.cloned();
        in_time(self.writer.write(move |connection| Box::pin(reset(connection, pupil, lesson, now)))).await
    }

    async fn change_class(&self, change: &ClassChange, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let wanted = change.clone();
        let changed =
            self.writer.write(move |connection| Box::pin(async move { self::change(connection, &wanted, now).await }));
        in_time(changed).await
    }

    async fn end_class(&self) -> Result<bool, StoreError> {
        in_time(self.writer.write(|connection| Box::pin(end(connection)))).await
    }
}

async fn find_class(connection: &mut SqliteConnection, now: DateTime<Utc>) -> sqlx::Result<Option<Class>> {
    let query = sqlx::query_as(FIND_CLASS).bind(Class::over_since(now).timestamp());
    query.fetch_optional(connection).await
}

async fn find_pupil(
    connection: &mut SqliteConnection,
    id: PupilId,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<(Class, Pupil)>> {
    let query = sqlx::query(FIND_PUPIL_IN_CLASS).bind(Class::over_since(now).timestamp()).bind(id.as_str().to_owned());
    let Some(row) = query.fetch_optional(connection).await? else { return Ok(None) };
    Ok(Some((Class::from_row(&row)?, Pupil::from_row(&row)?)))
}

async fn start(connection: &mut SqliteConnection, new: NewClass, now: DateTime<Utc>) -> sqlx::Result<Class> {
    if let Some(open) = find_class(&mut *connection, now).await? {
        return Ok(open);
    }
    end(&mut *connection).await?;
    let insert = sqlx::query(INSERT_CLASS)
        .bind(new.id.as_str().to_owned())
        .bind(new.code.as_str().to_owned())
        .bind(now.timestamp())
        .bind(true)
        .bind(false);
    insert.execute(&mut *connection).await?;
    find_class(connection, now).await?.ok_or(sqlx::Error::RowNotFound)
}

async fn join(
    connection: &mut SqliteConnection,
    code: ClassCode,
    new: NewPupil,
    now: DateTime<Utc>,
) -> sqlx::Result<Joined> {
    let class = find_class(&mut *connection, now).await?;
    let Some(class) = class.filter(|class| class.code == code) else { return Ok(Joined::WrongCode) };
    if !class.joining_open {
        return Ok(Joined::Closed);
    }
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM pupils").fetch_one(&mut *connection).await?;
    if count >= MOST_PUPILS {
        return Ok(Joined::Full);
    }
    let number = number_of(&mut *connection, &new.id, &new.name).await?;
    let insert = sqlx::query(INSERT_PUPIL)
        .bind(new.id.as_str().to_owned())
        .bind(new.name.as_str().to_owned())
        .bind(now.timestamp())
        .bind(number);
    insert.execute(&mut *connection).await?;
    change(connection, &ClassChange::Use, now).await?;
    Ok(Joined::Joined)
}

/// The number with which a name looks like that of no other pupil.
async fn number_of(connection: &mut SqliteConnection, id: &PupilId, name: &PupilName) -> sqlx::Result<i64> {
    let others = sqlx::query_as(OTHER_NAMES).bind(id.as_str().to_owned()).fetch_all(connection).await?;
    Ok(free_number(name.as_str(), &others))
}

async fn add_step(
    connection: &mut SqliteConnection,
    id: PupilId,
    step: PupilStep,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Pupil>> {
    let found = find_pupil(&mut *connection, id, now).await?;
    let Some((_, mut pupil)) = found.filter(|(_, pupil)| pupil.returns == step.returns) else { return Ok(None) };
    pupil.record.add(&step, now);
    pupil.seen_at = pupil.seen_at.max(now);
    pupil.steps += 1;
    put(&mut *connection, &pupil).await?;
    change(connection, &ClassChange::Use, now).await?;
    Ok(Some(pupil))
}

async fn begin_again(
    connection: &mut SqliteConnection,
    id: PupilId,
    returns: i64,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Pupil>> {
    let found = find_pupil(&mut *connection, id, now).await?;
    let Some((_, mut pupil)) = found.filter(|(_, pupil)| pupil.returns == returns) else { return Ok(None) };
    pupil.begin_again(now);
    put(&mut *connection, &pupil).await?;
    change(connection, &ClassChange::Use, now).await?;
    Ok(Some(pupil))
}

async fn rename(
    connection: &mut SqliteConnection,
    id: PupilId,
    name: PupilName,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Pupil>> {
    let number = number_of(&mut *connection, &id, &name).await?;
    let rename = sqlx::query(RENAME_PUPIL).bind(id.as_str().to_owned()).bind(name.as_str().to_owned()).bind(number);
    rename.execute(&mut *connection).await?;
    change(&mut *connection, &ClassChange::Use, now).await?;
    Ok(find_pupil(connection, id, now).await?.map(|(_, pupil)| pupil))
}

async fn let_back_in(
    connection: &mut SqliteConnection,
    id: PupilId,
    way: WayBack,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    if !change(&mut *connection, &ClassChange::Use, now).await? {
        return Ok(false);
    }
    let put = sqlx::query(PUT_WAY_BACK)
        .bind(id.as_str().to_owned())
        .bind(way.code.as_str().to_owned())
        .bind(way.until.timestamp());
    Ok(put.execute(connection).await?.rows_affected() == 1)
}

async fn come_back(
    connection: &mut SqliteConnection,
    code: ReturnCode,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<(Class, Pupil)>> {
    let update = sqlx::query_scalar(SPEND_WAY_BACK).bind(code.as_str().to_owned()).bind(now.timestamp());
    let id: Option<String> = update.fetch_optional(&mut *connection).await?;
    let Some(id) = id.as_deref().and_then(PupilId::parse) else { return Ok(None) };
    change(&mut *connection, &ClassChange::Use, now).await?;
    find_pupil(connection, id, now).await
}

async fn put(connection: &mut SqliteConnection, pupil: &Pupil) -> sqlx::Result<()> {
    let (progress, times) = columns_of(&pupil.record)?;
    let update = sqlx::query(UPDATE_PUPIL)
        .bind(pupil.id.as_str().to_owned())
        .bind(pupil.seen_at.timestamp())
        .bind(progress)
        .bind(times)
        .bind(pupil.restarts);
    update.execute(connection).await.map(drop)
}

async fn reset(
    connection: &mut SqliteConnection,
    pupil: Option<PupilId>,
    lesson: Option<&'static str>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    if !change(&mut *connection, &ClassChange::Use, now).await? {
        return Ok(());
    }
    let pupils: Vec<Pupil> = sqlx::query_as(FIND_PUPILS).fetch_all(&mut *connection).await?;
    for mut found in pupils.into_iter().filter(|found| pupil.as_ref().is_none_or(|id| *id == found.id)) {
        found.reset(lesson);
        put(&mut *connection, &found).await?;
    }
    Ok(())
}

/// Changes the class, if it is open.
async fn change(connection: &mut SqliteConnection, change: &ClassChange, now: DateTime<Utc>) -> sqlx::Result<bool> {
    let Some(mut class) = find_class(&mut *connection, now).await? else { return Ok(false) };
    change.apply(&mut class);
    let update = sqlx::query(UPDATE_CLASS)
        .bind(class.solutions_held)
        .bind(class.codes_held)
        .bind(class.closed_lessons.to_string())
        .bind(class.used_at.max(now).timestamp())
        .bind(class.code.as_str().to_owned())
        .bind(class.joining_open)
        .bind(class.solution_exceptions.to_string());
    update.execute(connection).await?;
    Ok(true)
}

async fn end(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
    sqlx::query("DELETE FROM pupils").execute(&mut *connection).await?;
    sqlx::query("DELETE FROM lab_answers").execute(&mut *connection).await?;
    let ended = sqlx::query("DELETE FROM classes").execute(connection).await?;
    Ok(ended.rows_affected() == 1)
}
