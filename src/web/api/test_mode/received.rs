//! The latest requests, so that a test can assert what its program sent.
//!
//! They are kept in memory, as the JSON that they are shown as, and what could be used to log in is left out of them.

mod redaction;

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::dev::ServiceRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, ContentType, HeaderMap};
use actix_web::web::{Bytes, Data};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::{TestControls, seconds_of};
use crate::sync::lock;
use crate::web::http::json_body::unknown_member;
use crate::web::http::problem::Problem;
use crate::web::http::request_body::BodyCopy;

/// How many requests are kept.
const MOST_REQUESTS: usize = 256;

/// How many bytes the kept requests may have together, as JSON. A single one always has less.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// The maximum and the default of `limit`.
const LONGEST_LIST: usize = 100;
const USUAL_LIST: usize = 20;

/// The requests that were received, the oldest first.
#[derive(Default)]
pub(in crate::web) struct ReceivedRequests(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    requests: VecDeque<KeptRequest>,
    bytes: usize,
    /// The number of the next request.
    next: u64,
}

/// A request that was answered.
struct KeptRequest {
    /// Those that came earlier have lower numbers.
    number: u64,
    path: Box<str>,
    json: Box<str>,
}

impl ReceivedRequests {
    /// Records what is known of a request before it is answered.
    pub fn note(&self, request: &ServiceRequest, now: DateTime<Utc>) -> RequestInProgress {
        let mut kept = self.kept();
        let number = kept.next;
        kept.next += 1;
        drop(kept);
        let query = form_urlencoded::parse(request.query_string().as_bytes());
        RequestInProgress {
            number,
            at: seconds_of(now),
            method: request.method().as_str().to_owned(),
            path: request.path().to_owned(),
            query: by_name(query.map(|(name, value)| redaction::field(&name, &value))),
            headers: headers(request.headers()),
            body: is_form(request.headers()).then(BodyCopy::default),
        }
    }

    /// Keeps a request that is answered with this status.
    pub fn keep(&self, received: &RequestInProgress, status: StatusCode) {
        let json = received.json(status).to_string().into();
        let request = KeptRequest { number: received.number, path: received.path.as_str().into(), json };
        let mut kept = self.kept();
        kept.bytes += request.bytes();
        let place = kept.requests.partition_point(|other| other.number < request.number);
        kept.requests.insert(place, request);
        while kept.requests.len() > MOST_REQUESTS || kept.bytes > MOST_BYTES {
            let Some(oldest) = kept.requests.pop_front() else { break };
            kept.bytes -= oldest.bytes();
        }
    }

    pub fn clear(&self) {
        let mut kept = self.kept();
        kept.requests = VecDeque::new();
        kept.bytes = 0;
    }

    /// As JSON, the newest first.
    fn list(&self, path: Option<&str>, limit: usize) -> String {
        let kept = self.kept();
        let chosen = kept.requests.iter().rev().filter(|request| path.is_none_or(|path| *request.path == *path));
        let listed: Vec<&str> = chosen.take(limit).map(|request| &*request.json).collect();
        format!(r#"{{"requests":[{}]}}"#, listed.join(","))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        lock(&self.0)
    }
}

impl KeptRequest {
    const fn bytes(&self) -> usize {
        size_of::<Self>() + self.path.len() + self.json.len()
    }
}

/// A request that is being answered.
pub(in crate::web) struct RequestInProgress {
    number: u64,
    at: Value,
    method: String,
    path: String,
    query: Value,
    headers: Value,
    /// A copy of the body, if it is a form.
    body: Option<BodyCopy>,
}

impl RequestInProgress {
    /// What copies the body while it is read, if it is a form.
    pub const fn body(&self) -> Option<&BodyCopy> {
        self.body.as_ref()
    }

    fn json(&self, status: StatusCode) -> Value {
        let form = self.body.as_ref().map(|body| {
            body.with(|bytes| {
                by_name(form_urlencoded::parse(bytes).map(|(name, value)| redaction::field(&name, &value)))
            })
        });
        json!({
            "at": self.at,
            "method": redaction::cut(&self.method),
            "path": redaction::value(&self.path),
            "query": self.query,
            "headers": self.headers,
            "form": form,
            "status": status.as_u16(),
        })
    }
}

fn headers(headers: &HeaderMap) -> Value {
    by_name(headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        (name.as_str().to_owned(), redaction::header(name.as_str(), &value))
    }))
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// An object of the values by their names. A name that appears several times has a list.
fn by_name(pairs: impl Iterator<Item = (String, String)>) -> Value {
    let mut members = Map::new();
    for (name, value) in pairs {
        match members.get_mut(&name) {
            None => drop(members.insert(name, value.into())),
            Some(Value::Array(several)) => several.push(value.into()),
            Some(one) => *one = json!([one.take(), value]),
        }
    }
    members.into()
}

/// `GET /test/requests?path=&limit=`: what was received lately, the newest first.
pub(super) async fn requests(request: HttpRequest, controls: Data<TestControls>) -> Result<HttpResponse, Problem> {
    let wanted = Wanted::of(request.query_string())?;
    let list = controls.received.list(wanted.path.as_deref(), wanted.limit);
    Ok(HttpResponse::Ok().content_type(ContentType::json()).body(Bytes::from(list)))
}

/// What a test asks to see.
struct Wanted {
    path: Option<String>,
    limit: usize,
}

impl Wanted {
    fn of(query: &str) -> Result<Self, Problem> {
        let mut wanted = Self { path: None, limit: USUAL_LIST };
        let mut names: Vec<String> = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if names.iter().any(|known| *known == name) {
                return Err(Problem::bad_request("The query has a parameter twice."));
            }
            match &*name {
                "path" => wanted.path = Some(path(&value)?),
                "limit" => wanted.limit = limit(&value)?,
                _ => {
                    let message = unknown_member("The query", [&*name], &["path", "limit"]);
                    return Err(Problem::bad_request(message.unwrap_or_default()));
                }
            }
            names.push(name.into_owned());
        }
        Ok(wanted)
    }
}

fn path(text: &str) -> Result<String, Problem> {
    let message = "`path` must be the path of an address, such as /oauth/token.";
    if text.starts_with('/') { Ok(text.to_owned()) } else { Err(Problem::bad_request(message)) }
}

fn limit(text: &str) -> Result<usize, Problem> {
    let limit = text.parse().ok().filter(|limit| (1..=LONGEST_LIST).contains(limit));
    limit.ok_or_else(|| Problem::bad_request(format!("`limit` must be a number from 1 to {LONGEST_LIST}.")))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn keep(received: &ReceivedRequests, request: TestRequest) {
        let noted = received.note(&request.to_srv_request(), DateTime::UNIX_EPOCH);
        received.keep(&noted, StatusCode::OK);
    }

    #[test]
    fn only_the_newest_requests_are_kept() {
        let received = ReceivedRequests::default();
        for number in 0..=MOST_REQUESTS {
            keep(&received, TestRequest::with_uri(&format!("/{number}")));
        }
        let kept = received.kept();
        assert_eq!(kept.requests.len(), MOST_REQUESTS);
        assert_eq!((&*kept.requests[0].path, &*kept.requests[MOST_REQUESTS - 1].path), ("/1", "/256"));
    }

    #[test]
    fn kept_requests_stay_under_the_byte_limit() {
        let received = ReceivedRequests::default();
        for number in 0..MOST_REQUESTS {
            let lines = (0..90)
                .fold(TestRequest::with_uri(&format!("/{number}?{}", "%00=&".repeat(12_000))), |it, line| {
                    it.insert_header((format!("x-{line}"), "\u{e9}".repeat(2000)))
                });
            keep(&received, lines);
        }
        let kept = received.kept();
        let bytes: usize = kept.requests.iter().map(KeptRequest::bytes).sum();
        assert!(kept.requests.len() > 1 && kept.bytes <= MOST_BYTES && bytes == kept.bytes, "{}", kept.bytes);
    }

    #[test]
    fn requests_are_listed_in_the_order_in_which_they_arrived() {
        let received = ReceivedRequests::default();
        let [first, second] = ["/first", "/second"]
            .map(|uri| received.note(&TestRequest::with_uri(uri).to_srv_request(), DateTime::UNIX_EPOCH));
        received.keep(&second, StatusCode::OK);
        received.keep(&first, StatusCode::OK);
        let list: Value = serde_json::from_str(&received.list(None, 9)).unwrap();
        assert_eq!([&list["requests"][0]["path"], &list["requests"][1]["path"]], ["/second", "/first"]);
    }
}
