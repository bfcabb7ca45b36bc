//! Passes a request's body from the connection to the handler, and closes the connection if the handler did not read
//! all of it.
//!
//! After the response, the framework keeps reading an unread chunked body without any time-out. A body that never ends
//! would hold its connection open for ever. If the body still has a reader when the response ends, the framework closes
//! the connection instead. So we keep a reader until then.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage as _};
use futures_core::Stream;

use crate::web::http::connection::{ActiveRequest, Body, Exchange};

/// Whatever body a GET announces means nothing (RFC 9110 §9.3.1), and may never come: a handler that also answers a
/// POST does not wait for it behind this.
pub(in crate::web) async fn without_body<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    request.set_payload(Payload::None);
    next.call(request).await
}

/// Holds a request's body until the response is written. Until then its connection passes on no further request.
pub(in crate::web) struct HeldRequestBody {
    _body: Option<Rc<RefCell<Payload>>>,
    /// `None` in tests that call the app without a connection.
    _active: Option<ActiveRequest>,
}

impl HeldRequestBody {
    /// Takes the body, and gives the request a stream that reads from it.
    pub fn of(request: &mut ServiceRequest) -> Self {
        let exchange = request.conn_data::<Rc<Exchange>>().cloned();
        let (body, announced) = match request.take_payload() {
            body @ Payload::H1 { .. } => {
                let held = Rc::new(RefCell::new(body));
                let shared = Shared { body: held.clone(), exchange: exchange.clone() };
                request.set_payload(Payload::Stream { payload: Box::pin(shared) });
                (Some(held), Body::announced_by(request.headers()))
            }
            other => {
                request.set_payload(other);
                (None, Body::NONE)
            }
        };
        Self { _body: body, _active: exchange.map(|exchange| ActiveRequest::begin(exchange, announced)) }
    }

    /// Drops the request's body when the response's body is dropped.
    pub fn attach_to(self, answer: BoxBody) -> AnswerBody {
        AnswerBody { body: answer, _request_body: self }
    }
}

struct Shared {
    body: Rc<RefCell<Payload>>,
    exchange: Option<Rc<Exchange>>,
}

impl Stream for Shared {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = Pin::new(&mut *self.body.borrow_mut()).poll_next(cx);
        if next.is_pending()
            && let Some(exchange) = &self.exchange
        {
            exchange.want_body(cx.waker());
        }
        next
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
