//! Shared state between a connection and the request on it.
//!
//! The framework creates the connection, and a middleware sees the request; both run in one task. The request says when
//! it begins and ends, and when its handler waits for more of the body. The connection passes bytes on accordingly.

use std::cell::Cell;
use std::rc::Rc;
use std::task::Waker;

use actix_web::http::header::{self, HeaderMap};

/// The body of a request, or the unread rest of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web) enum Body {
    /// This many bytes.
    Bytes(u64),
    /// Any number; only the parser knows the end. For chunked bodies, and for everything after an upgrade request.
    Open,
}

impl Body {
    pub const NONE: Self = Self::Bytes(0);

    /// The body that these headers announce. The parser has already refused contradictory headers.
    pub fn announced_by(headers: &HeaderMap) -> Self {
        if headers.contains_key(header::TRANSFER_ENCODING) {
            return Self::Open;
        }
        let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
        length.and_then(|length| length.trim().parse().ok()).map_or(Self::Open, Self::Bytes)
    }
}

/// What the connection may pass to the framework next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Head,
    Body(Body),
    Nothing,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// No request is in progress, and the last response was written completely.
    #[default]
    Waiting,
    /// The parser has a whole head and has not produced a request yet.
    HeadPassed,
    Active(Body),
    /// The response is complete, but may not be written yet.
    Answered,
}

/// Shared by a connection and the request that it carries.
#[derive(Default)]
pub(in crate::web) struct Exchange {
    stage: Cell<Stage>,
    is_body_wanted: Cell<bool>,
    waiting: Cell<Option<Waker>>,
}

impl Exchange {
    /// The handler waits for more of the body.
    pub fn want_body(&self, waker: &Waker) {
        if !self.is_body_wanted.replace(true) {
            waker.wake_by_ref();
        }
    }

    pub(super) fn next(&self) -> Next {
        match self.stage.get() {
            Stage::Waiting | Stage::Answered => Next::Head,
            Stage::Active(body) if body != Body::NONE && self.is_body_wanted.get() => Next::Body(body),
            // The parser must act now. If it makes no request of the head, the framework discards further bytes.
            Stage::HeadPassed => {
                self.stage.set(Stage::Waiting);
                Next::Nothing
            }
            Stage::Active(_) => Next::Nothing,
        }
    }

    pub(super) fn expect_request(&self) {
        self.stage.set(Stage::HeadPassed);
    }

    pub(super) fn body_passed(&self, bytes: usize) {
        self.is_body_wanted.set(false);
        if let Stage::Active(Body::Bytes(left)) = self.stage.get() {
            let left = left.saturating_sub(u64::try_from(bytes).unwrap_or(u64::MAX));
            self.stage.set(Stage::Active(Body::Bytes(left)));
        }
    }

    pub(super) fn is_active(&self) -> bool {
        matches!(self.stage.get(), Stage::Active(_))
    }

    /// Whether bytes written now are a response to a request, and not the parser's own refusal.
    pub(super) fn has_begun(&self) -> bool {
        matches!(self.stage.get(), Stage::Active(_) | Stage::Answered)
    }

    /// `true` once after each response: everything is written, and the next request may come.
    pub(super) fn take_end_of_response(&self) -> bool {
        let has_answered = self.stage.get() == Stage::Answered;
        if has_answered {
            self.stage.set(Stage::Waiting);
        }
        has_answered
    }

    /// Wakes the connection when the response is complete.
    pub(super) fn wake_at_end(&self, waker: &Waker) {
        self.waiting.set(Some(waker.clone()));
    }
}

/// A request is in progress until this is dropped.
pub(in crate::web) struct ActiveRequest(Rc<Exchange>);

impl ActiveRequest {
    pub fn begin(exchange: Rc<Exchange>, body: Body) -> Self {
        exchange.stage.set(Stage::Active(body));
        exchange.is_body_wanted.set(false);
        Self(exchange)
    }
}

impl Drop for ActiveRequest {
    fn drop(&mut self) {
        self.0.stage.set(Stage::Answered);
        if let Some(waiting) = self.0.waiting.take() {
            waiting.wake();
        }
    }
}
