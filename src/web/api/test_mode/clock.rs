//! The clock that a test sets, moves, stops and lets run.

use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::{read, settable};
use crate::clock::{Clock, Settable};
use crate::token::NumericDate;
use crate::web::http::problem::Problem;

/// `PUT /test/clock`: where the clock is set to, and whether it runs on from there.
pub(super) async fn set_clock(
    request: HttpRequest,
    body: Bytes,
    clock: Data<dyn Clock>,
) -> Result<HttpResponse, Problem> {
    let members = read(&request, &body, &["now", "advance", "real", "running"])?;
    let clock = settable(&**clock)?;
    let (movement, is_running) = (Movement::of(&members)?, running(&members)?);
    movement.make(clock)?;
    match is_running {
        Some(true) => clock.run(),
        Some(false) => clock.stop(),
        None => {}
    }
    Ok(HttpResponse::Ok().json(json!({ "now": seconds_of(clock.now()) })))
}

/// How the clock is moved before it is stopped or runs.
enum Movement {
    To(DateTime<Utc>),
    By(TimeDelta),
    ToSystem,
    None,
}

impl Movement {
    fn of(members: &Map<String, Value>) -> Result<Self, Problem> {
        let is_running_given = members.contains_key("running");
        let mut given = members.iter().filter(|(name, _)| *name != "running");
        match (given.next(), given.next()) {
            (None, _) if is_running_given => Ok(Self::None),
            (None, _) | (Some(_), Some(_)) => Err(unclear_clock()),
            (Some((name, value)), None) => match (name.as_str(), value) {
                ("now", value) => moment(value).map(Self::To).ok_or_else(bad_now),
                ("advance", value) => {
                    seconds(value).and_then(TimeDelta::try_milliseconds).map(Self::By).ok_or_else(bad_advance)
                }
                (_, Value::Bool(true)) if is_running_given => Err(unclear_clock()),
                (_, Value::Bool(true)) => Ok(Self::ToSystem),
                _ => Err(Problem::bad_request("`real` must be true, and then the clock follows the machine's.")),
            },
        }
    }

    fn make(self, clock: &Settable) -> Result<(), Problem> {
        match self {
            Self::To(now) => clock.set(now),
            Self::By(by) => {
                clock.advance(by).ok_or_else(bad_advance)?;
            }
            Self::ToSystem => clock.follow_system(),
            Self::None => {}
        }
        Ok(())
    }
}

fn running(members: &Map<String, Value>) -> Result<Option<bool>, Problem> {
    let wrong = || Problem::bad_request("`running` must be true or false: whether the clock runs on from there.");
    members.get("running").map(|value| value.as_bool().ok_or_else(wrong)).transpose()
}

fn unclear_clock() -> Problem {
    Problem::bad_request(
        "The clock takes one of `now`, `advance` and `real`, and no two at once. `running` goes with `now` or `advance`, or \
         stands alone.",
    )
}

fn bad_now() -> Problem {
    Problem::bad_request("`now` must be a number of seconds since 1970, from 0 to under 100000000000.")
}

fn bad_advance() -> Problem {
    Problem::bad_request("`advance` must be a number of seconds that leaves the clock within the years 1970 to 5138.")
}

/// A number of seconds, in milliseconds.
#[expect(clippy::cast_possible_truncation, reason = "the bounds are those of a date that a token can have")]
fn seconds(value: &Value) -> Option<i64> {
    let seconds = value.as_f64().filter(|seconds| seconds.abs() < 1e11)?;
    Some((seconds * 1e3).round() as i64)
}

fn moment(value: &Value) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(seconds(value).filter(|milliseconds| *milliseconds >= 0)?)
}

/// An integer if the clock shows a whole second.
pub(super) fn seconds_of(now: DateTime<Utc>) -> Value {
    let milliseconds = now.timestamp_millis();
    if milliseconds % 1000 == 0 { (milliseconds / 1000).into() } else { NumericDate::from_moment(now).seconds().into() }
}
