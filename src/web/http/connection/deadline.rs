//! How long a client is waited for.
//!
//! Deadlines are set for each request and seldom reached. So the runtime's timer stays as it is while it is due earlier,
//! and looks again when it fires.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::rt::time::{Instant, Sleep, sleep_until};

/// What a client is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Awaited {
    /// The rest of a head.
    Head,
    /// The first byte of the next request.
    Request,
    /// To read what it was sent.
    Reader,
    /// To close the connection that it was refused on.
    Close,
}

/// At most one thing is waited for at a time.
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

    /// Waits for this from now on, in place of what it waited for. It must be polled once for the timer to heed it.
    pub fn set(&mut self, awaited: Awaited, span: Duration) {
        self.end = Some((awaited, Instant::now() + span));
    }

    /// Waits for nothing any more; what it waited for.
    pub fn clear(&mut self) -> Option<Awaited> {
        self.end.take().map(|(awaited, _)| awaited)
    }

    /// Waits longer for a reader that took so many bytes, by as long as they may take at `rate` bytes a second.
    pub fn extend_for(&mut self, bytes: usize, rate: u32) {
        if let Some((Awaited::Reader, end)) = &mut self.end {
            *end += Duration::from_secs(1) * u32::try_from(bytes).unwrap_or(u32::MAX) / rate;
        }
    }

    /// Ready when the time is over.
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
