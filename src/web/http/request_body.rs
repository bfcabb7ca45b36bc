//! Passes a request's body from the connection to the handler, and closes the connection if the handler did not read
//! all of it.
//!
//! After the response, the framework keeps reading an unread chunked body without any time-out. A body that never ends
//! would hold its connection open for ever. If the body still has a reader when the response ends, the framework closes
//! the connection instead. So we keep a reader until then.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, RequestHead, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::Next;
use actix_web::rt::time::timeout;
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage as _};
use futures_core::Stream;

use crate::code::Code;
use crate::web::http::body_limit::LARGEST_BODY;
use crate::web::http::connection::{ActiveRequest, Body, Exchange};
use crate::web::http::problem::{self, Problem};

/// How long we read a body that no handler read, to complete its copy.
const COPY_TIMEOUT: Duration = Duration::from_secs(1);

/// Drops the body of a GET. It has no meaning (RFC 9110 §9.3.1) and may never arrive, and a handler that also answers a
/// POST would wait for it.
pub(in crate::web) async fn without_body<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    request.set_payload(Payload::None);
    next.call(request).await
}

/// Refuses a body that is compressed or encoded otherwise, because no handler decodes one (RFC 9110 §15.5.16). The
/// answer says which encoding is read (§12.5.3).
pub(in crate::web) fn encoding_refusal(head: &RequestHead) -> Option<Problem> {
    let encodings = head.headers.get_all(header::CONTENT_ENCODING).filter_map(|value| value.to_str().ok());
    let mut names = encodings.flat_map(|value| value.split(',')).map(str::trim).filter(|name| !name.is_empty());
    let other = names.find(|name| !name.eq_ignore_ascii_case("identity"))?;
    if head.method.is_safe() {
        return None;
    }
    let other = problem::quoted(other);
    let message = format!("The body has the Content-Encoding {other}, and none is decoded here. Send it as it is.");
    let refusal = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::UnsupportedMediaType, message);
    Some(refusal.with(header::ACCEPT_ENCODING, HeaderValue::from_static("identity")))
}

/// Holds a request's body until the response is written. Until then its connection passes on no further request.
pub(in crate::web) struct HeldRequestBody {
    body: Option<Shared>,
    /// `None` in tests that call the app without a connection.
    _active: Option<ActiveRequest>,
}

impl HeldRequestBody {
    /// Takes the body, and gives the request a stream that reads from it. What is read goes into the copy too.
    pub fn of(request: &mut ServiceRequest, copy: Option<&BodyCopy>) -> Self {
        let exchange = request.conn_data::<Rc<Exchange>>().cloned();
        let (body, announced) = match request.take_payload() {
            body @ Payload::H1 { .. } => {
                let body = Rc::new(RefCell::new(body));
                let shared = Shared { body, exchange: exchange.clone(), copy: copy.cloned() };
                request.set_payload(Payload::Stream { payload: Box::pin(shared.clone()) });
                (Some(shared), Body::announced_by(request.headers()))
            }
            other => {
                request.set_payload(other);
                (None, Body::NONE)
            }
        };
        Self { body, _active: exchange.map(|exchange| ActiveRequest::begin(exchange, announced)) }
    }

    /// Reads what no handler has read of a body that is copied, until [`COPY_TIMEOUT`].
    pub async fn complete_copy(&self) {
        let Some(mut body) = self.body.clone() else { return };
        let Some(copy) = body.copy.clone() else { return };
        let reading =
            async { while !copy.is_complete() && poll_fn(|cx| Pin::new(&mut body).poll_next(cx)).await.is_some() {} };
        // What did not come in time is missing in the copy.
        drop(timeout(COPY_TIMEOUT, reading).await);
    }

    /// Drops the request's body when the response's body is dropped.
    pub fn attach_to(self, answer: BoxBody) -> AnswerBody {
        AnswerBody { body: answer, _request_body: self }
    }
}

#[derive(Clone)]
struct Shared {
    body: Rc<RefCell<Payload>>,
    exchange: Option<Rc<Exchange>>,
    copy: Option<BodyCopy>,
}

impl Stream for Shared {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = Pin::new(&mut *self.body.borrow_mut()).poll_next(cx);
        if let (Some(copy), Poll::Ready(read)) = (&self.copy, &next) {
            copy.add(read.as_ref());
        }
        if next.is_pending()
            && let Some(exchange) = &self.exchange
        {
            exchange.want_body(cx.waker());
        }
        next
    }
}

/// The beginning of a body, copied while it is read. At most [`LARGEST_BODY`] bytes are kept.
#[derive(Clone, Default)]
pub(in crate::web) struct BodyCopy(Rc<RefCell<Copied>>);

#[derive(Default)]
struct Copied {
    bytes: Vec<u8>,
    is_complete: bool,
}

impl BodyCopy {
    pub fn with<T>(&self, show: impl FnOnce(&[u8]) -> T) -> T {
        show(&self.0.borrow().bytes)
    }

    fn is_complete(&self) -> bool {
        self.0.borrow().is_complete
    }

    /// Adds what was read: `None` at the end of the body.
    fn add(&self, read: Option<&Result<Bytes, PayloadError>>) {
        let mut copied = self.0.borrow_mut();
        match read {
            Some(Ok(bytes)) => {
                let free = LARGEST_BODY - copied.bytes.len();
                copied.bytes.extend_from_slice(&bytes[..bytes.len().min(free)]);
                copied.is_complete = copied.bytes.len() == LARGEST_BODY;
            }
            Some(Err(_)) | None => copied.is_complete = true,
        }
    }
}

/// A response's body. Dropping it ends the request.
pub(in crate::web) struct AnswerBody {
    body: BoxBody,
    _request_body: HeldRequestBody,
}

impl MessageBody for AnswerBody {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(cx)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::ResponseError as _;
    use actix_web::http::Method;
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_body_with_a_content_encoding_is_refused_and_told_which_is_read() {
        let refusal = |method: Method, encoding: &'static str| {
            let request = TestRequest::with_uri("/token").method(method).insert_header(("content-encoding", encoding));
            encoding_refusal(request.to_http_request().head())
        };
        for encoding in ["gzip", "GZIP", "identity, br", "x"] {
            let problem = refusal(Method::POST, encoding).unwrap();
            assert_eq!(problem.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{encoding}");
            let response = problem.error_response();
            assert_eq!(response.headers().get(header::ACCEPT_ENCODING).unwrap(), "identity", "{encoding}");
        }
        for encoding in ["identity", "Identity", ""] {
            assert!(refusal(Method::POST, encoding).is_none(), "{encoding}");
        }
        assert!(refusal(Method::GET, "gzip").is_none());
    }
}
