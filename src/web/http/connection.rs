//! A layer between the socket and the framework that limits what a client can send and how long it can take.
//!
//! The framework parses everything it has read and queues the requests it finds, so a client that sends thousands of
//! tiny requests and reads no response could fill the memory. It also has a time limit only for the first head of a
//! connection, and none for writes. This layer prevents all three:
//!
//! - It passes on one request at a time: the head up to its blank line, then the body as the handler reads it. The next
//!   head follows once the response is written. What the client sends in advance waits in the socket.
//! - It limits the time for every head, and for every pause between two requests.
//! - It limits the time in which the client must read a response.
//!
//! Bytes pass in order, and only the framework's parser interprets them. They pass unchanged, except that [`target`]
//! percent-encodes raw characters in an address, which the parser would refuse.

mod accept_lines;
mod deadline;
mod exchange;
mod head_end;
mod refusal;
mod target;

pub(in crate::web) use exchange::{ActiveRequest, Body, Exchange};
pub(in crate::web) use refusal::Refuse;
pub(in crate::web) use target::LONGEST as LONGEST_ADDRESS;

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

pub(in crate::web) use accept_lines::AcceptLines;
use deadline::{Awaited, Deadline};
use exchange::Next;
use head_end::HeadEnd;
use target::Target;

/// How many bytes are read from the socket at once, and so how many can be buffered here during a request.
pub(in crate::web) const READ: usize = 8 * 1024;

/// The slowest client that we serve: after [`Limits::write`] has passed, it must read at least this many bytes of the
/// response a second.
const SLOWEST: u32 = 1024;

/// How long, after an early response, we keep reading and discarding what the client still sends. Closing at once would
/// reset the connection, and the client could lose the response.
pub(in crate::web) const DISCARD_TIME: Duration = Duration::from_secs(1);

/// The time limits of a connection.
#[derive(Clone, Copy, Debug)]
pub(in crate::web) struct Limits {
    /// For the rest of a head after its first byte, and for the first byte on a new connection.
    pub head: Duration,
    /// For the next request's first byte.
    pub idle: Duration,
    /// For the client to continue reading a response.
    pub write: Duration,
}

impl Limits {
    pub const STANDARD: Self = Self {
        head: Duration::from_secs(10),
        // Longer than proxies keep idle connections to a server. So the proxy closes first, and never sends a request
        // on a connection that we are closing.
        idle: Duration::from_secs(75),
        write: Duration::from_secs(30),
    };
}

/// A connection over a socket or a TLS session.
pub(in crate::web) struct Connection<IO> {
    io: IO,
    limits: Limits,
    exchange: Rc<Exchange>,
    refuse: Refuse,
    head_end: HeadEnd,
    accept_lines: AcceptLines,
    target: Target,
    /// The rest of a head with an encoded address, which did not fit into the framework's buffer.
    encoded: BytesMut,
    /// Whether `encoded` contains the end of the head.
    is_encoded_whole: bool,
    /// Whether the address of the last head was too long.
    is_too_long: bool,
    /// Read from the client and not passed on yet.
    ahead: BytesMut,
    /// Whether the stream ends after `ahead`.
    has_ended: bool,
    refusal: Option<RefusalResponse>,
    deadline: Deadline,
}

impl<IO> Connection<IO> {
    /// A new connection. It closes without a response if the client sends nothing.
    pub fn new(io: IO, limits: Limits, refuse: Refuse) -> Self {
        Self {
            io,
            limits,
            exchange: Rc::default(),
            refuse,
            head_end: HeadEnd::default(),
            accept_lines: AcceptLines::default(),
            target: Target::default(),
            encoded: BytesMut::new(),
            is_encoded_whole: false,
            is_too_long: false,
            ahead: BytesMut::new(),
            has_ended: false,
            refusal: None,
            deadline: Deadline::new(Awaited::Request, limits.head),
        }
    }

    /// The state that is shared with the current request.
    pub fn exchange(&self) -> Rc<Exchange> {
        self.exchange.clone()
    }

    /// Starts a deadline.
    fn wait_for(&mut self, awaited: Awaited, span: Duration, cx: &mut Context<'_>) {
        self.deadline.set(awaited, span);
        // Registers the timer. The deadline is checked when the timer wakes this connection.
        let _ = self.deadline.poll(cx);
    }

    /// Handles a missed deadline.
    fn give_up(&mut self) -> io::Result<()> {
        match self.deadline.clear() {
            Some(Awaited::Reader) => {
                log::debug!("a connection is closed: its client does not read the answer");
                return Err(io::ErrorKind::TimedOut.into());
            }
            Some(Awaited::Head | Awaited::Request) if self.exchange.is_active() => {}
            Some(Awaited::Head) => self.end_with(StatusCode::REQUEST_TIMEOUT),
            Some(Awaited::Request | Awaited::Close) | None => self.end(),
        }
        Ok(())
    }

    /// Refuses invalid input, and ends the connection.
    fn end_with(&mut self, status: StatusCode) {
        let is_for_length = status == StatusCode::BAD_REQUEST && self.is_too_long;
        let status = if is_for_length { StatusCode::URI_TOO_LONG } else { status };
        self.refusal = Some(RefusalResponse {
            unsent: (self.refuse)(status, &self.accept_lines.headers()).as_slice().into(),
            is_sent: false,
        });
        self.end();
    }

    /// Lets the framework read the end of the stream, so that it closes the connection.
    fn end(&mut self) {
        self.ahead = BytesMut::new();
        self.encoded = BytesMut::new();
        self.has_ended = true;
    }

    fn is_blocked(&self) -> bool {
        self.deadline.awaits() == Some(Awaited::Reader)
    }
}

/// The response that replaces the framework's own refusal.
struct RefusalResponse {
    unsent: BytesMut,
    is_sent: bool,
}

/// What was passed to the framework.
struct PassedOn {
    bytes: usize,
    /// Whether it ends at the end of a head.
    is_whole: bool,
}

impl<IO: AsyncRead + Unpin> Connection<IO> {
    /// Passes on a head, or the part of it that has arrived.
    fn pass_head(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.encoded.is_empty() {
            self.hand_encoded(buffer);
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        loop {
            let passed = ready!(self.pass_bytes(cx, buffer, usize::MAX, true))?;
            self.accept_lines.note(&buffer.filled()[before..], passed.is_whole);
            if !self.target.passes(&buffer.filled()[before..]) {
                self.encode(buffer, before, passed.is_whole);
            } else if passed.is_whole {
                self.expect_request();
            }
            if passed.bytes > 0 && !passed.is_whole && self.deadline.awaits() != Some(Awaited::Head) {
                self.wait_for(Awaited::Head, self.limits.head, cx);
            }
            // If nothing was passed on, read again: everything may belong to an incomplete character, and an empty read
            // would mean the end of the stream.
            if buffer.filled().len() > before || self.has_ended {
                return Poll::Ready(Ok(()));
            }
        }
    }

    /// Called when the parser has a whole head. Starts over with the next head's address.
    fn expect_request(&mut self) {
        self.is_too_long = std::mem::take(&mut self.target).is_too_long();
        self.exchange.expect_request();
    }

    /// Replaces the bytes in `buffer` from `before` on by their encoded form.
    fn encode(&mut self, buffer: &mut ReadBuf<'_>, before: usize, is_whole: bool) {
        let mut encoded = self.target.encoded(&buffer.filled()[before..]);
        if self.has_ended && self.ahead.is_empty() {
            encoded.extend(self.target.take_unfinished());
        }
        buffer.set_filled(before);
        self.encoded = BytesMut::from(encoded.as_slice());
        self.is_encoded_whole = is_whole;
        self.hand_encoded(buffer);
    }

    fn hand_encoded(&mut self, buffer: &mut ReadBuf<'_>) {
        let fits = self.encoded.len().min(buffer.remaining());
        buffer.put_slice(&self.encoded.split_to(fits));
        if self.encoded.is_empty() && self.is_encoded_whole {
            self.is_encoded_whole = false;
            self.expect_request();
        }
    }

    /// Passes on a part of the body, as the handler asked for.
    fn pass_body(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>, body: Body) -> Poll<io::Result<()>> {
        let passed = match body {
            Body::Bytes(left) => {
                let most = usize::try_from(left).unwrap_or(usize::MAX);
                ready!(self.pass_bytes(cx, buffer, most, false))?
            }
            Body::Open => ready!(self.pass_bytes(cx, buffer, usize::MAX, true))?,
        };
        self.exchange.body_passed(passed.bytes);
        Poll::Ready(Ok(()))
    }

    /// Passes on up to `most` bytes; with `is_cut`, none beyond the next blank line.
    fn pass_bytes(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
        most: usize,
        is_cut: bool,
    ) -> Poll<io::Result<PassedOn>> {
        let most = most.min(buffer.remaining());
        if !self.ahead.is_empty() || self.has_ended {
            let passed = self.head_end.part(&self.ahead, most, is_cut);
            buffer.put_slice(&self.ahead.split_to(passed.bytes));
            if self.ahead.is_empty() {
                self.ahead = BytesMut::new();
            }
            return Poll::Ready(Ok(passed));
        }
        let mut space = [const { MaybeUninit::uninit() }; READ];
        let mut read = ReadBuf::uninit(&mut space);
        ready!(Pin::new(&mut self.io).poll_read(cx, &mut read))?;
        self.has_ended = read.filled().is_empty();
        let passed = self.head_end.part(read.filled(), most, is_cut);
        let (now, later) = read.filled().split_at(passed.bytes);
        buffer.put_slice(now);
        self.ahead.extend_from_slice(later);
        Poll::Ready(Ok(passed))
    }

    /// Used while nothing may be passed on: notices a client that disconnected, and buffers what arrives.
    fn look_ahead(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.ahead.is_empty() && !self.has_ended && !self.is_blocked() {
            let mut space = [const { MaybeUninit::uninit() }; READ];
            let mut read = ReadBuf::uninit(&mut space);
            ready!(Pin::new(&mut self.io).poll_read(cx, &mut read))?;
            self.has_ended = read.filled().is_empty();
            self.ahead.extend_from_slice(read.filled());
        }
        self.exchange.wake_at_end(cx.waker());
        Poll::Pending
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Connection<IO> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.deadline.poll(cx).is_ready() {
            this.give_up()?;
        }
        if this.is_blocked() {
            return this.look_ahead(cx);
        }
        match this.exchange.next() {
            Next::Nothing => this.look_ahead(cx),
            Next::Head => this.pass_head(cx, buffer),
            Next::Body(body) => this.pass_body(cx, buffer, body),
        }
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Connection<IO> {
    /// Fails if the client has not read for too long.
    fn check_reader(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if self.is_blocked() && self.deadline.poll(cx).is_ready() { self.give_up() } else { Ok(()) }
    }

    /// Returns the result of a write, and starts a deadline if the client is not reading.
    fn timed<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_pending() && !self.is_blocked() {
            self.wait_for(Awaited::Reader, self.limits.write, cx);
        }
        written
    }

    /// Sends the refusal that ends this connection, if there is one, and reads on for a moment.
    fn poll_refusal(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(mut refusal) = self.refusal.take() else { return Poll::Ready(Ok(())) };
        let sent = self.poll_send(cx, &mut refusal);
        self.refusal = Some(refusal);
        ready!(sent)?;
        self.poll_discard(cx).map(Ok)
    }

    fn poll_send(&mut self, cx: &mut Context<'_>, refusal: &mut RefusalResponse) -> Poll<io::Result<()>> {
        while !refusal.unsent.is_empty() {
            let written = Pin::new(&mut self.io).poll_write(cx, &refusal.unsent);
            match ready!(self.timed(cx, written))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => drop(refusal.unsent.split_to(written)),
            }
        }
        if !refusal.is_sent {
            let closed = Pin::new(&mut self.io).poll_shutdown(cx);
            ready!(self.timed(cx, closed))?;
            refusal.is_sent = true;
            self.deadline.set(Awaited::Close, DISCARD_TIME);
        }
        Poll::Ready(Ok(()))
    }

    /// Reads and discards until the client closes, or takes too long.
    fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let mut space = [const { MaybeUninit::uninit() }; READ];
            let mut read = ReadBuf::uninit(&mut space);
            match Pin::new(&mut self.io).poll_read(cx, &mut read) {
                Poll::Ready(Ok(())) if !read.filled().is_empty() => {}
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return self.deadline.poll(cx),
            }
            if self.deadline.poll(cx).is_ready() {
                return Poll::Ready(());
            }
        }
    }

    /// Everything was written: from now on the next request is waited for, or the handler.
    fn all_is_written(&mut self, cx: &mut Context<'_>) {
        if self.is_blocked() {
            self.deadline.clear();
            // Nothing was read meanwhile.
            cx.waker().wake_by_ref();
        }
        if self.exchange.is_active() {
            self.deadline.clear();
        } else if self.exchange.take_end_of_response() {
            self.wait_for(Awaited::Request, self.limits.idle, cx);
        }
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Connection<IO> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.check_reader(cx)?;
        if !this.exchange.has_begun()
            && let Some(status) = refusal::status_of(bytes)
        {
            if this.refusal.is_none() {
                this.end_with(status);
            }
            ready!(this.poll_refusal(cx))?;
            return Poll::Ready(Ok(bytes.len()));
        }
        let written = Pin::new(&mut this.io).poll_write(cx, bytes);
        if let Poll::Ready(Ok(written)) = written {
            this.deadline.extend_for(written, SLOWEST);
        }
        this.timed(cx, written)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.check_reader(cx)?;
        ready!(this.poll_refusal(cx))?;
        let flushed = Pin::new(&mut this.io).poll_flush(cx);
        ready!(this.timed(cx, flushed))?;
        this.all_is_written(cx);
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.refusal.as_ref().is_some_and(|refusal| refusal.is_sent) {
            return Poll::Ready(Ok(()));
        }
        this.check_reader(cx)?;
        let closed = Pin::new(&mut this.io).poll_shutdown(cx);
        this.timed(cx, closed)
    }
}
