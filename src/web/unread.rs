//! A request's body that was not read to its end when the answer was made.
//!
//! Under HTTP/1 the framework would read on behind the answer, without any time-out, when the body comes in chunks: one
//! that never ends would hold its connection for ever. It closes the connection instead when somebody still holds the
//! body at the answer's end, and so that is done. Under HTTP/2 it resets the stream behind the answer, and there are
//! clients that then drop the answer too: there the body is read first, within bounds, and thrown away.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::HttpMessage as _;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::rt::time::timeout;
use actix_web::web::Bytes;
use futures_core::Stream;

/// How long and how much is read of a body for nothing.
const PATIENCE: Duration = Duration::from_secs(1);
const MOST: usize = 1024 * 1024;

/// A request's body, read by whoever handles the request, and held until the answer is written.
pub(super) struct Unread(Option<Rc<RefCell<Payload>>>);

impl Unread {
    /// Leaves the request a body that reads as before.
    pub fn of(request: &mut ServiceRequest) -> Self {
        match request.take_payload() {
            body @ (Payload::H1 { .. } | Payload::H2 { .. }) => {
                let held = Rc::new(RefCell::new(body));
                request.set_payload(Payload::Stream { payload: Box::pin(Shared(held.clone())) });
                Self(Some(held))
            }
            other => {
                request.set_payload(other);
                Self(None)
            }
        }
    }

    /// Before an answer over HTTP/2: reads what there still is.
    pub async fn settled(&self) {
        let Some(body) = &self.0 else { return };
        if matches!(*body.borrow(), Payload::H2 { .. }) {
            // A client that does not keep to these bounds gets its answer and the reset.
            let _ = timeout(PATIENCE, discard(body)).await;
        }
    }

    /// The answer's body, with which the request's is let go.
    pub fn held_by(self, answer: BoxBody) -> BoxBody {
        match self.0 {
            Some(unread) => BoxBody::new(Holding { answer, _unread: unread }),
            None => answer,
        }
    }
}

async fn discard(body: &RefCell<Payload>) {
    let mut read = 0;
    while let Some(Ok(bytes)) = poll_fn(|cx| Pin::new(&mut *body.borrow_mut()).poll_next(cx)).await {
        read += bytes.len();
        if read > MOST {
            return;
        }
    }
}

struct Shared(Rc<RefCell<Payload>>);

impl Stream for Shared {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut *self.0.borrow_mut()).poll_next(cx)
    }
}

struct Holding {
    answer: BoxBody,
    _unread: Rc<RefCell<Payload>>,
}

impl MessageBody for Holding {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.answer.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.answer).poll_next(cx)
    }
}
