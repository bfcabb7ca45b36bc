//! Answers that fail or are delayed because a test asked for that, to see what its program does then.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value};

use super::{TestControls, is_own, read, read_if_any, text};
use crate::sync::lock;
use crate::web::http::json_body::whole_number;
use crate::web::http::problem::{Problem, retry_after_header};

/// How many faults may be waiting, for all paths together.
const MOST_FAULTS: usize = 100;

/// How many answers one fault may change.
const MOST_TIMES: u64 = 1000;

/// In milliseconds.
const LONGEST_DELAY: u64 = 30_000;

/// In characters.
const LONGEST_BODY: usize = 4096;

/// In characters.
const LONGEST_PATH: usize = 1024;

/// In seconds.
const LONGEST_RETRY: u64 = 86_400;

/// The faults that are still to come, in the order in which they were asked for.
#[derive(Default)]
pub(in crate::web) struct Faults(Mutex<Vec<Planned>>);

struct Planned {
    path: String,
    times: u64,
    fault: InjectedFault,
}

/// What happens to one request.
#[derive(Clone)]
pub(in crate::web) struct InjectedFault {
    pub delay: Duration,
    /// `None` where the request is answered as usual after the delay.
    failure: Option<Failure>,
}

#[derive(Clone)]
struct Failure {
    status: StatusCode,
    body: String,
    /// In seconds.
    retry_after: Option<u64>,
}

/// Marks the answer of a fault, which is sent as it is.
pub(in crate::web) struct MadeToFail;

impl Faults {
    /// The fault for the next request to this path, which it uses up.
    pub fn take(&self, path: &str) -> Option<InjectedFault> {
        let mut all = self.all();
        let index = all.iter().position(|planned| planned.path == path)?;
        let planned = &mut all[index];
        planned.times -= 1;
        if planned.times == 0 { Some(all.remove(index).fault) } else { Some(planned.fault.clone()) }
    }

    /// Adds a fault; `false` if there are too many already.
    fn add(&self, planned: Planned) -> bool {
        let mut all = self.all();
        let is_added = all.len() < MOST_FAULTS;
        if is_added {
            all.push(planned);
        }
        is_added
    }

    pub fn clear(&self) {
        self.all().clear();
    }

    fn all(&self) -> MutexGuard<'_, Vec<Planned>> {
        lock(&self.0)
    }
}

impl InjectedFault {
    /// The answer in place of the usual one.
    pub fn answer(self) -> Option<HttpResponse> {
        let Failure { status, body, retry_after } = self.failure?;
        let mut response = HttpResponse::build(status);
        if let Some(seconds) = retry_after {
            response.insert_header(retry_after_header(seconds));
        }
        // JSON that is cut short is worth a test too, so how it begins is enough.
        let is_json = body.trim_start().starts_with(['{', '[']);
        let kind = if is_json { ContentType::json() } else { ContentType::plaintext() };
        let mut response = if body.is_empty() { response.finish() } else { response.content_type(kind).body(body) };
        response.extensions_mut().insert(MadeToFail);
        Some(response)
    }
}

/// `POST /test/fault`: the next answers of a path fail, or wait.
pub(super) async fn fault(
    request: HttpRequest,
    body: Bytes,
    controls: Data<TestControls>,
) -> Result<HttpResponse, Problem> {
    let members = read(&request, &body, &["path", "status", "times", "delay_ms", "body", "retry_after"])?;
    let planned = Planned::of(&members)?;
    let full = || {
        let message = format!("{MOST_FAULTS} faults are waiting already; DELETE /test/fault removes them.");
        Problem::bad_request(message)
    };
    if controls.faults.add(planned) { Ok(HttpResponse::NoContent().finish()) } else { Err(full()) }
}

/// `DELETE /test/fault`: every answer is the usual one again.
pub(super) async fn end_faults(
    request: HttpRequest,
    body: Bytes,
    controls: Data<TestControls>,
) -> Result<HttpResponse, Problem> {
    read_if_any(&request, &body, &[])?;
    controls.faults.clear();
    Ok(HttpResponse::NoContent().finish())
}

impl Planned {
    fn of(members: &Map<String, Value>) -> Result<Self, Problem> {
        let path = path(text(members, "path")?)?;
        let times = whole(members, "times", 1, MOST_TIMES)?.unwrap_or(1);
        let delay = whole(members, "delay_ms", 0, LONGEST_DELAY)?.unwrap_or(0);
        let status = whole(members, "status", 200, 599)?;
        let body = text(members, "body")?;
        let retry_after = whole(members, "retry_after", 0, LONGEST_RETRY)?;
        let only_waits = status.is_none() && delay > 0;
        let of_a_failure = [("body", body.is_some()), ("retry_after", retry_after.is_some())];
        if let Some((name, _)) = of_a_failure.into_iter().find(|(_, is_given)| only_waits && *is_given) {
            return Err(Problem::bad_request(format!(
                "`{name}` needs `status` beside `delay_ms`: without it, the request is answered as usual."
            )));
        }
        let failure = || Failure::of(status, body.unwrap_or_default(), retry_after);
        let failure = if only_waits { None } else { Some(failure()?) };
        Ok(Self { path, times, fault: InjectedFault { delay: Duration::from_millis(delay), failure } })
    }
}

impl Failure {
    fn of(status: Option<u64>, body: &str, retry_after: Option<u64>) -> Result<Self, Problem> {
        if body.chars().count() > LONGEST_BODY {
            return Err(Problem::bad_request(format!("`body` must have at most {LONGEST_BODY} characters.")));
        }
        let status = status.and_then(|status| StatusCode::from_u16(u16::try_from(status).ok()?).ok());
        let status = status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        // RFC 9110 §15.3.5, §15.3.6 and §15.4.5.
        if !body.is_empty() && matches!(status.as_u16(), 204 | 205 | 304) {
            return Err(Problem::bad_request(format!("An answer with the status {} has no body.", status.as_u16())));
        }
        Ok(Self { status, body: body.to_owned(), retry_after })
    }
}

fn path(given: Option<&str>) -> Result<String, Problem> {
    let is_path = |path: &&str| {
        let is_plain = path.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#'));
        path.starts_with('/') && path.len() <= LONGEST_PATH && is_plain
    };
    let message = "`path` must be the path of an address, without a query, such as /oauth/token.";
    let path = given.filter(is_path).ok_or_else(|| Problem::bad_request(message))?;
    if is_own(path) {
        return Err(Problem::bad_request("The addresses under /test/ cannot fail: they end the fault."));
    }
    Ok(path.to_owned())
}

/// A whole number, when it is there.
fn whole(members: &Map<String, Value>, name: &str, least: u64, most: u64) -> Result<Option<u64>, Problem> {
    let Some(value) = members.get(name) else { return Ok(None) };
    let number =
        whole_number(value).and_then(|it| u64::try_from(it).ok()).filter(|number| (least..=most).contains(number));
    let wrong = || Problem::bad_request(format!("`{name}` must be a whole number from {least} to {most}."));
    number.map(Some).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn planned(members: &Value) -> Planned {
        Planned::of(members.as_object().unwrap()).unwrap()
    }

    fn next_status(faults: &Faults, path: &str) -> Option<u16> {
        faults.take(path)?.answer().map(|answer| answer.status().as_u16())
    }

    #[test]
    fn faults_of_one_path_come_one_after_the_other_each_as_often_as_was_asked() {
        let faults = Faults::default();
        for (path, status, times) in [("/a", 500, 2), ("/b", 404, 1), ("/a", 429, 1)] {
            assert!(faults.add(planned(&json!({ "path": path, "status": status, "times": times }))));
        }
        let statuses = [(); 4].map(|()| next_status(&faults, "/a"));
        assert_eq!(statuses, [Some(500), Some(500), Some(429), None]);
        assert_eq!((next_status(&faults, "/b"), next_status(&faults, "/b")), (Some(404), None));
    }

    #[test]
    fn no_more_faults_wait_than_there_is_room_for() {
        let faults = Faults::default();
        let add = || faults.add(planned(&json!({ "path": "/a" })));
        assert!((0..MOST_FAULTS).all(|_| add()));
        assert!(!add());
        faults.clear();
        assert!(add());
    }
}
