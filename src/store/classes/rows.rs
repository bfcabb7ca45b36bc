//! Converts rows of the class's tables, which are the same in every database.

use sqlx::{ColumnIndex, Decode, FromRow, Row, Type};

use super::super::rows::{damaged, moment};
use crate::lab::class::{
    Class, ClassCode, ClassId, LessonKeys, Pupil, PupilId, PupilName, Record, ReturnCode, WayBack,
};
use crate::lab::progress::Progress;

/// The columns of a [`Class`].
macro_rules! class_columns {
    () => {
        "classes.id AS class_id, code, started_at, used_at, solutions_held, solution_exceptions, codes_held, \
         closed_lessons, joining_open, version"
    };
}

/// The columns of a [`Pupil`].
macro_rules! pupil_columns {
    () => {
        "pupils.id AS pupil_id, name, number, joined_at, seen_at, progress, times, steps, returns, restarts, return_code, \
         return_until"
    };
}

pub(in crate::store) use class_columns;

/// The class, if it was used after `$1`.
pub(in crate::store) const FIND_CLASS: &str = concat!("SELECT ", class_columns!(), " FROM classes WHERE used_at > $1");

/// All pupils, in the order in which they joined.
pub(in crate::store) const FIND_PUPILS: &str = concat!("SELECT ", pupil_columns!(), " FROM pupils ORDER BY place");

/// The class, if it was used after `$1`, and the pupil `$2` in it.
pub(in crate::store) const FIND_PUPIL_IN_CLASS: &str = concat!(
    "SELECT ",
    class_columns!(),
    ", ",
    pupil_columns!(),
    " FROM pupils CROSS JOIN classes WHERE used_at > $1 AND pupils.id = $2"
);

/// A new class: its id, its code, and the time.
pub(in crate::store) const INSERT_CLASS: &str = "
    INSERT INTO classes (id, code, started_at, used_at, solutions_held, codes_held, closed_lessons, version)
    VALUES ($1, $2, $3, $3, $4, $5, '', 1)";

/// A new pupil: id, name, the time, and the number of the name.
pub(in crate::store) const INSERT_PUPIL: &str = "
    INSERT INTO pupils (id, name, joined_at, seen_at, progress, times, steps, number)
    VALUES ($1, $2, $3, $3, '', '{}', 0, $4)";

/// The names of all pupils but `$1`, with their numbers.
pub(in crate::store) const OTHER_NAMES: &str = "SELECT name, number FROM pupils WHERE id <> $1 ORDER BY place";

/// The class as changed: what is held, the closed lessons, when it was used, its code, and whether pupils can join.
pub(in crate::store) const UPDATE_CLASS: &str = "
    UPDATE classes SET solutions_held = $1, codes_held = $2, closed_lessons = $3, used_at = $4, code = $5,
        joining_open = $6, solution_exceptions = $7, version = version + 1";

/// The pupil `$1` as changed: when they were seen, their record, and how often they began again.
pub(in crate::store) const UPDATE_PUPIL: &str = "
    UPDATE pupils SET seen_at = $2, progress = $3, times = $4, restarts = $5, steps = steps + 1 WHERE id = $1";

/// The pupil `$1` with the name `$2` and its number `$3`.
pub(in crate::store) const RENAME_PUPIL: &str = "
    UPDATE pupils SET name = $2, number = $3, steps = steps + 1 WHERE id = $1";

/// The pupil `$1` comes back with the code `$2` until `$3`.
pub(in crate::store) const PUT_WAY_BACK: &str = "UPDATE pupils SET return_code = $2, return_until = $3 WHERE id = $1";

/// Spends the code `$1`, if it works after `$2`, and counts the return. The id of its pupil.
pub(in crate::store) const SPEND_WAY_BACK: &str = "
    UPDATE pupils SET return_code = NULL, return_until = NULL, returns = returns + 1, steps = steps + 1
    WHERE return_code = $1 AND return_until > $2 RETURNING id";

/// What a record is stored as: the progress, and the times.
pub(in crate::store) fn columns_of(record: &Record) -> sqlx::Result<(String, String)> {
    let times = serde_json::to_string(&record.times).map_err(|error| sqlx::Error::Encode(error.into()))?;
    Ok((record.progress.to_text(), times))
}

impl<'r, R> FromRow<'r, R> for Class
where
    R: Row,
    &'static str: ColumnIndex<R>,
    &'r str: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    bool: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> sqlx::Result<Self> {
        Ok(Self {
            id: ClassId::parse(row.try_get("class_id")?).ok_or_else(|| damaged("the id of a class is none"))?,
            code: ClassCode::parse(row.try_get("code")?).ok_or_else(|| damaged("the code of a class is none"))?,
            started_at: moment(row.try_get("started_at")?)?,
            used_at: moment(row.try_get("used_at")?)?,
            solutions_held: row.try_get("solutions_held")?,
            solution_exceptions: LessonKeys::parse(row.try_get("solution_exceptions")?),
            codes_held: row.try_get("codes_held")?,
            closed_lessons: LessonKeys::parse(row.try_get("closed_lessons")?),
            joining_open: row.try_get("joining_open")?,
            version: row.try_get("version")?,
        })
    }
}

impl<'r, R> FromRow<'r, R> for Pupil
where
    R: Row,
    &'static str: ColumnIndex<R>,
    &'r str: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> sqlx::Result<Self> {
        let times = serde_json::from_str(row.try_get("times")?).map_err(damaged)?;
        Ok(Self {
            id: PupilId::parse(row.try_get("pupil_id")?).ok_or_else(|| damaged("the id of a pupil is none"))?,
            name: PupilName::kept(row.try_get("name")?),
            number: row.try_get("number")?,
            joined_at: moment(row.try_get("joined_at")?)?,
            seen_at: moment(row.try_get("seen_at")?)?,
            record: Record { progress: Progress::parse(row.try_get("progress")?), times },
            steps: row.try_get("steps")?,
            returns: row.try_get("returns")?,
            restarts: row.try_get("restarts")?,
            way_back: way_back(row.try_get("return_code")?, row.try_get("return_until")?)?,
        })
    }
}

fn way_back(code: Option<&str>, until: Option<i64>) -> sqlx::Result<Option<WayBack>> {
    let Some((code, until)) = code.and_then(ReturnCode::parse).zip(until) else { return Ok(None) };
    Ok(Some(WayBack { code, until: moment(until)? }))
}
