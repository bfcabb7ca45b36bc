//! Graceful shutdown: stop accepting connections, answer the requests in flight, then stop the framework.
//!
//! The framework's own shutdown drops requests that have arrived but were not read yet. Under load there are always
//! some. So after SIGTERM every response closes its connection, and the framework is stopped only when no request is in
//! flight.

use std::io;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::rt::time::{sleep, timeout};
use actix_web::web::Data;
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::web::metrics::Metrics;
use crate::web::server::pipeline_parts::PipelineParts;
use crate::web::server::sockets::ListenerHandle;

/// How long the framework waits for connections that are still being written to.
pub(in crate::web) const LAST_WRITES: Duration = Duration::from_secs(1);

/// If no request begins for this long, none is coming: whatever had arrived has been read by then.
const IDLE_FOR: Duration = Duration::from_millis(300);

/// The signals that stop the server. Handlers are active once this is created.
#[cfg(unix)]
pub(in crate::web) struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
    quit: Signal,
    /// A file has reached the limit on its size. By default the signal ends the process; then the write fails instead.
    _file_too_large: Signal,
}

#[cfg(unix)]
impl StopSignals {
    pub fn install() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            _file_too_large: signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()))?,
        })
    }

    /// SIGTERM shuts down gracefully. SIGINT and SIGQUIT stop at once: they come from someone at the terminal.
    pub fn spawn_handlers(
        self,
        handle: ServerHandle,
        pipeline: Data<PipelineParts>,
        socket: ListenerHandle,
        limit: Duration,
    ) {
        let Self { mut terminate, interrupt, quit, _file_too_large } = self;
        for mut at_once in [interrupt, quit] {
            let handle = handle.clone();
            actix_web::rt::spawn(async move {
                at_once.recv().await;
                handle.stop(false).await;
            });
        }
        actix_web::rt::spawn(async move {
            terminate.recv().await;
            shut_down(&handle, &pipeline, &socket, limit).await;
        });
    }
}

#[cfg(not(unix))]
pub(in crate::web) struct StopSignals;

#[cfg(not(unix))]
impl StopSignals {
    pub fn install() -> io::Result<Self> {
        Ok(Self)
    }

    pub fn spawn_handlers(
        self,
        handle: ServerHandle,
        pipeline: Data<PipelineParts>,
        socket: ListenerHandle,
        limit: Duration,
    ) {
        actix_web::rt::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                shut_down(&handle, &pipeline, &socket, limit).await;
            }
        });
    }
}

async fn shut_down(handle: &ServerHandle, pipeline: &PipelineParts, socket: &ListenerHandle, limit: Duration) {
    if limit.is_zero() {
        return handle.stop(false).await;
    }
    log::info!("shutting down once the requests in flight are answered");
    pipeline.shutdown.begin();
    socket.close().await;
    // Requests still in flight after this time get `LAST_WRITES` more, from the framework.
    let _ = timeout(limit.saturating_sub(LAST_WRITES).max(limit / 2), wait_until_idle(&pipeline.metrics)).await;
    handle.stop(true).await;
}

/// Waits until no request has been in flight for `IDLE_FOR`.
async fn wait_until_idle(metrics: &Metrics) {
    loop {
        let before = metrics.traffic();
        sleep(IDLE_FOR).await;
        let now = metrics.traffic();
        if now.begun == before.begun && now.in_flight() == 0 {
            return;
        }
    }
}
