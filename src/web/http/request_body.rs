//! A request's body, from its connection to whoever handles the request, and what becomes of a body that was not read to
//! its end when the answer was made.
//!
//! When such a body comes in chunks, the framework would keep reading it after the answer, without any time-out: a body
//! that never ends would hold its connection for ever. The framework closes the connection instead if the body still has
//! a reader when the answer ends, so one is kept until then.

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

use crate::web::http::connection::{Body, Exchange, UnderWay};

/// Whatever body a GET announces means nothing (RFC 9110 §9.3.1), and may never come: a handler that also answers a POST
/// does not wait for it behind this.
pub(in crate::web) async fn without_body<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    request.set_payload(Payload::None);
    next.call(request).await
}

/// A request that is under way: its body is held, and its connection hands over no other, until the answer is written.
pub(in crate::web) struct Unread {
    _body: Option<Rc<RefCell<Payload>>>,
    /// `None` where a test asks without a connection.
    _under_way: Option<UnderWay>,
}

impl Unread {
    /// Leaves the request a body that reads as before.
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
        Self { _body: body, _under_way: exchange.map(|exchange| UnderWay::begin(exchange, announced)) }
    }

    /// The answer's body, with which the request's is let go.
    pub fn held_by(self, answer: BoxBody) -> Answer {
        Answer { body: answer, _unread: self }
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

/// The body of an answer. The request is over once it is dropped.
pub(in crate::web) struct Answer {
    body: BoxBody,
    _unread: Unread,
}

impl MessageBody for Answer {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(cx)
    }
}
