//! One worker makes one signature at a time, and looks for other requests after a quarter of a millisecond of signing.
//!
//! An RSA signature blocks its thread for a fifth of a millisecond or for a whole one. Without a queue, eight clients
//! that ask for a signature at the same moment would delay a page by eight signatures. With it, the page waits for one
//! or two.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_web::dev::Payload;
use actix_web::rt::spawn;
use actix_web::{FromRequest, HttpRequest};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::yield_now;

/// How long a worker signs before it looks for new requests. A signature that has begun is finished.
const BETWEEN_POLLS: Duration = Duration::from_micros(250);

/// The signing queue of one worker thread.
#[derive(Clone)]
pub(in crate::web) struct SigningQueue(Rc<Shared>);

struct Shared {
    semaphore: Semaphore,
    /// When the runtime last polled the network for somebody who waited here.
    polled_at: Cell<Option<Instant>>,
}

/// Permission to sign. Until it is dropped, no other request on this worker can get one.
pub(in crate::web) struct SigningPermit<'a> {
    /// `None` only if the semaphore is closed, which never happens; signing would then not be queued.
    _permit: Option<SemaphorePermit<'a>>,
}

impl SigningQueue {
    pub fn new() -> Self {
        Self(Rc::new(Shared { semaphore: Semaphore::new(1), polled_at: Cell::new(None) }))
    }

    /// Waits for earlier requests to finish signing, then lets the runtime poll the network, if it has not done so for
    /// a while. The runtime looks for new requests only when no task is ready to run.
    pub async fn acquire(&self) -> SigningPermit<'_> {
        let permit = self.0.semaphore.acquire().await.ok();
        if self.0.polled_at.get().is_none_or(|at| at.elapsed() >= BETWEEN_POLLS) {
            // In a separate task: actix polls a handler twice in one wake-up, and a bare `yield_now` would already be
            // done at the second poll. The task can only fail by being cancelled at shutdown, which needs no handling.
            let _ = spawn(yield_now()).await;
            self.0.polled_at.set(Some(Instant::now()));
        }
        SigningPermit { _permit: permit }
    }
}

impl FromRequest for SigningQueue {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    /// Creates a queue for this request alone if the app has none, as in some tests.
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
    async fn short_signatures_share_one_look_at_the_network() {
        let queue = SigningQueue::new();
        drop(queue.acquire().await);
        queue.0.polled_at.set(Some(Instant::now() + Duration::from_mins(1)));
        assert!(poll_fn(|context| Poll::Ready(pin!(queue.acquire()).poll(context).is_ready())).await);
        queue.0.polled_at.set(Instant::now().checked_sub(BETWEEN_POLLS));
        assert!(poll_fn(|context| Poll::Ready(pin!(queue.acquire()).poll(context).is_pending())).await);
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
