//! Turns at signing: of one worker's RSA signatures each waits for the one before it, and for whatever else has come.
//!
//! A signature holds its thread for most of a millisecond. Eight clients that want one at the same time would keep a
//! page waiting for all eight; so it waits for one.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::rc::Rc;

use actix_web::dev::Payload;
use actix_web::rt::spawn;
use actix_web::{FromRequest, HttpRequest};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::yield_now;

/// One worker's queue.
#[derive(Clone)]
pub(in crate::web) struct SigningQueue(Rc<Semaphore>);

/// For as long as it lives nobody else of this worker signs.
pub(in crate::web) struct SigningPermit<'a> {
    /// A queue is never closed, but if it were, nobody would have to wait.
    _permit: Option<SemaphorePermit<'a>>,
}

impl SigningQueue {
    pub fn new() -> Self {
        Self(Rc::new(Semaphore::new(1)))
    }

    /// Waits for those who came before, and then once for the network: the runtime hears of new requests only when
    /// nothing is ready to run.
    pub async fn acquire(&self) -> SigningPermit<'_> {
        let permit = self.0.acquire().await.ok();
        // In a task of its own: actix polls a handler again within one wake-up, and a bare `yield_now` would be over at
        // that second poll. A task that is cancelled at the end is no reason to wait.
        let _ = spawn(yield_now()).await;
        SigningPermit { _permit: permit }
    }
}

impl FromRequest for SigningQueue {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    /// Where the server has no queue, everybody has one of their own.
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(request.app_data::<Self>().cloned().unwrap_or_else(Self::new)))
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::task::Poll;
    use std::time::Duration;

    use actix_web::rt::time::timeout;

    use super::*;

    #[actix_web::test]
    async fn a_permit_waits_for_the_network_however_often_it_is_polled() {
        let queue = SigningQueue::new();
        let mut permit = pin!(queue.acquire());
        let answers =
            poll_fn(|context| Poll::Ready([(); 3].map(|()| permit.as_mut().poll(context).is_pending()))).await;
        assert_eq!(answers, [true; 3]);
        permit.await;
    }

    #[actix_web::test]
    async fn a_signature_waits_until_the_one_before_it_is_done() {
        let queue = SigningQueue::new();
        let first = queue.acquire().await;
        let mut second = pin!(queue.acquire());
        let early = timeout(Duration::from_millis(50), second.as_mut()).await;
        assert!(early.is_err(), "two sign at once");
        drop(first);
        second.await;
    }
}
