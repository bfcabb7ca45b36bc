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

use actix_web::HttpMessage as _;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use futures_core::Stream;

use crate::web::http::connection::{Body, Exchange, UnderWay};

/// A request that is under way: its body is held, and its connection hands over no other, until the answer is written.
pub(in crate::web) struct HeldRequestBody {
    _body: Option<Rc<RefCell<Payload>>>,
    /// `None` where a test asks without a connection.
    _under_way: Option<UnderWay>,
}

impl HeldRequestBody {
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

/// The body of an answer. The request is over once it is dropped.
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
