//! The answer to input that is not a valid HTTP request. It looks like all other refusals, and is logged and counted.

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
use crate::web::http::connection::{LONGEST_ADDRESS, Limits, Refuse};
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
    let record = RequestRecord::of_invalid(presentation, pipeline);
    let problem = problem_of(status, limits);
    let mut response = presented(&problem, record.presentation, &HeaderMap::new(), &pipeline.assets);
    record.mark(response.head_mut(), pipeline);
    record.end("-", status, None, requests, pipeline);
    written_out(response, pipeline.clock.now())
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
