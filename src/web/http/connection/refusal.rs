//! Refusals before there is a request. The framework's parser answers with a bare head; this layer replaces it with a
//! response that says why.

use std::rc::Rc;

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;

/// Makes the complete response for a status, as bytes, for a client that sent these `Accept` headers. The connection
/// closes after it.
pub(in crate::web) type Refuse = Rc<dyn Fn(StatusCode, &HeaderMap) -> Vec<u8>>;

/// The status of a refusal that the framework is about to write.
pub(super) fn status_of(answer: &[u8]) -> Option<StatusCode> {
    let digits = answer.strip_prefix(b"HTTP/1.")?.get(2..5)?;
    let status = StatusCode::from_bytes(digits).ok()?;
    (status.is_client_error() || status.is_server_error()).then_some(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_known_by_its_status() {
        let of = |answer: &[u8]| status_of(answer).map(|status| status.as_u16());
        assert_eq!(of(b"HTTP/1.1 400 Bad Request\r\n"), Some(400));
        assert_eq!(of(b"HTTP/1.0 431 Request Header Fields Too Large\r\n"), Some(431));
        for other in [&b"HTTP/1.1 100 Continue\r\n"[..], b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 40", b"400", b""] {
            assert_eq!(of(other), None, "{}", other.escape_ascii());
        }
    }
}
