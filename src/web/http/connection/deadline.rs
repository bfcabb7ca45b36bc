//! The deadline of a connection: how long we wait for the client.
//!
//! A deadline is set for each request and rarely reached. Changing the runtime's timer each time would be slow. So the
//! timer is left alone if it fires before the new deadline, and is set again when it fires.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::rt::time::{Instant, Sleep, sleep_until};

/// What the client has to do before the deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Awaited {
    /// Send the rest of a head.
    Head,
    /// Send the first byte of the next request.
    Request,
    /// Read the response.
    Reader,
    /// Close the connection after a refusal.
    Close,
}

/// At most one deadline is active at a time.
pub(super) struct Deadline {
    end: Option<(Awaited, Instant)>,
    timer: Pin<Box<Sleep>>,
}

impl Deadline {
    pub fn new(awaited: Awaited, span: Duration) -> Self {
        let end = Instant::now() + span;
        Self { end: Some((awaited, end)), timer: Box::pin(sleep_until(end)) }
    }

    pub fn awaits(&self) -> Option<Awaited> {
        self.end.map(|(awaited, _)| awaited)
    }

    /// Replaces the deadline. It must be polled once to take effect.
    pub fn set(&mut self, awaited: Awaited, span: Duration) {
        self.end = Some((awaited, Instant::now() + span));
    }

    /// Removes the deadline, and returns what it was for.
    pub fn clear(&mut self) -> Option<Awaited> {
        self.end.take().map(|(awaited, _)| awaited)
    }

    /// Extends the deadline of a client that read some bytes, by the time that they may take at `rate` bytes a second.
    pub fn extend_for(&mut self, bytes: usize, rate: u32) {
        if let Some((Awaited::Reader, end)) = &mut self.end {
            *end += Duration::from_secs(1) * u32::try_from(bytes).unwrap_or(u32::MAX) / rate;
        }
    }

    /// Ready when the deadline has passed.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some((_, end)) = self.end else { return Poll::Pending };
        if self.timer.deadline() > end {
            self.timer.as_mut().reset(end);
        }
        loop {
            ready!(self.timer.as_mut().poll(cx));
            if self.timer.deadline() >= end {
                return Poll::Ready(());
            }
            self.timer.as_mut().reset(end);
        }
    }
}
