//! The answer to input that is not a valid HTTP request, or comes without TLS where TLS is expected. It looks like all
//! other refusals, and is logged and counted.

use std::rc::Rc;

use actix_web::HttpResponse;
use actix_web::body::MessageBody as _;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::web::Data;
use chrono::{DateTime, Utc};

use super::pipeline_parts::PipelineParts;
use super::request_pipeline::presented;
use super::request_record::RequestRecord;
use crate::code::Code;
use crate::web::http::connection::{AcceptLines, LONGEST_ADDRESS, Limits, Refuse};
use crate::web::http::problem::{Presentation, Problem};
use crate::web::metrics::WorkerRequests;

/// What answers such input on a connection.
pub(super) fn refusals(pipeline: &Data<PipelineParts>, limits: Limits) -> Refuse {
    let (pipeline, requests) = (pipeline.clone(), pipeline.metrics.add_worker());
    Rc::new(move |status, accepted| unparsed(status, Presentation::of(accepted), limits, &pipeline, &requests))
}

fn unparsed(
    status: StatusCode,
    presentation: Presentation,
    limits: Limits,
    pipeline: &PipelineParts,
    requests: &WorkerRequests,
) -> Vec<u8> {
    refused(&problem_of(status, limits), presentation, pipeline, requests)
}

/// Logs and counts the refusal, and serializes it.
fn refused(
    problem: &Problem,
    presentation: Presentation,
    pipeline: &PipelineParts,
    requests: &WorkerRequests,
) -> Vec<u8> {
    let record = RequestRecord::of_invalid(presentation, pipeline);
    let mut response = presented(problem, record.presentation, &HeaderMap::new(), &pipeline.assets);
    record.mark(response.head_mut(), pipeline);
    record.end("-", problem.status, None, requests, pipeline);
    written_out(response, pipeline.clock.now())
}

/// Makes the complete response to a request without TLS that begins with these bytes.
pub(super) type RefusePlainHttp = Rc<dyn Fn(&[u8]) -> Vec<u8>>;

/// What answers requests without TLS where TLS is expected.
pub(super) fn refusals_of_plain_http(pipeline: &Data<PipelineParts>) -> RefusePlainHttp {
    let (pipeline, requests) = (pipeline.clone(), pipeline.metrics.add_worker());
    Rc::new(move |beginning| without_tls(beginning, &pipeline, &requests))
}

fn without_tls(beginning: &[u8], pipeline: &PipelineParts, requests: &WorkerRequests) -> Vec<u8> {
    let mut accepted = AcceptLines::default();
    accepted.note(beginning, true);
    let presentation = match Presentation::of(&accepted.headers()) {
        Presentation::Json => Presentation::Json,
        _ => Presentation::BarePage,
    };
    let message = "This server speaks https. Write https:// in front of its address.";
    let problem = Problem::new(StatusCode::BAD_REQUEST, Code::BadRequest, message);
    let address = host_in(beginning).and_then(|host| pipeline.origins.with_tls(&host));
    let problem = address.map_or_else(|| problem.clone(), |address| problem.clone().leading_to(&address));
    refused(&problem, presentation, pipeline, requests)
}

/// What `Host` says in the beginning of a head.
fn host_in(beginning: &[u8]) -> Option<String> {
    let mut lines = beginning.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok());
    let (_, host) =
        lines.find_map(|line| line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("host")))?;
    let host = host.trim().to_ascii_lowercase();
    host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte)).then_some(host)
}

/// Why the input was not read, by the status of the answer.
fn problem_of(status: StatusCode, limits: Limits) -> Problem {
    match status {
        StatusCode::REQUEST_TIMEOUT => {
            let message = format!("The request's head was not received within {} s.", limits.head.as_secs());
            Problem::new(status, Code::Timeout, message)
        }
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
            let message = "The request's head is over 128 KiB, or has more than 96 header lines.";
            Problem::new(status, Code::TooLarge, message)
        }
        StatusCode::URI_TOO_LONG => {
            let message = format!("The address is over the {LONGEST_ADDRESS} bytes that are read.");
            Problem::new(status, Code::TooLarge, message)
        }
        StatusCode::BAD_REQUEST => Problem::new(status, Code::BadRequest, NOT_HTTP),
        status => Problem::of_status(status, "none"),
    }
}

const NOT_HTTP: &str = "This is not an HTTP/1.1 request that can be read. Its head must follow RFC 9112 and have one \
                        `Host` line. In its address, spaces, control characters and bytes that are not UTF-8 must be \
                        percent-encoded.";

/// Serializes the last response of a connection.
fn written_out(response: HttpResponse, now: DateTime<Utc>) -> Vec<u8> {
    let date = now.format("%a, %d %b %Y %H:%M:%S GMT");
    let mut bytes = format!("HTTP/1.1 {}\r\nconnection: close\r\ndate: {date}\r\n", response.status()).into_bytes();
    for (name, value) in response.headers() {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    let body = response.into_body().try_into_bytes().unwrap_or_default();
    bytes.extend(format!("content-length: {}\r\n\r\n", body.len()).into_bytes());
    bytes.extend(body);
    bytes
}
