//! The end in good order: nobody new is let in, who is in is answered and sent away, and only then are the doors shut.
//!
//! The framework's own end drops a request that has arrived and was not read yet, which under load is one of many. So
//! this one takes its time first: from SIGTERM on every answer closes its connection, and the framework's end begins
//! once nothing is under way any more.

use std::io;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::rt::time::{sleep, timeout};
use actix_web::web::Data;
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::web::metrics::Metrics;
use crate::web::server::sockets::ListenerHandle;
use crate::web::state::State;

/// How long the framework waits for connections that are left over: those that are still written to.
pub(in crate::web) const LAST_WRITES: Duration = Duration::from_secs(1);

/// No request for this long, and none is to be expected: what had arrived was read long before.
const IDLE_FOR: Duration = Duration::from_millis(300);

/// The signals that end the server, heeded from their making on.
#[cfg(unix)]
pub(in crate::web) struct StopSignals {
    orderly: Signal,
    interrupt: Signal,
    quit: Signal,
}

#[cfg(unix)]
impl StopSignals {
    pub fn install() -> io::Result<Self> {
        Ok(Self {
            orderly: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
        })
    }

    /// SIGTERM ends in good order; who sends SIGINT or SIGQUIT sits before it, and waits for nothing.
    pub fn stop(self, handle: ServerHandle, state: Data<State>, socket: ListenerHandle, patience: Duration) {
        let Self { mut orderly, interrupt, quit } = self;
        for mut at_once in [interrupt, quit] {
            let handle = handle.clone();
            actix_web::rt::spawn(async move {
                at_once.recv().await;
                handle.stop(false).await;
            });
        }
        actix_web::rt::spawn(async move {
            orderly.recv().await;
            end(&handle, &state, &socket, patience).await;
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

    pub fn stop(self, handle: ServerHandle, state: Data<State>, socket: ListenerHandle, patience: Duration) {
        actix_web::rt::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                end(&handle, &state, &socket, patience).await;
            }
        });
    }
}

async fn end(handle: &ServerHandle, state: &State, socket: &ListenerHandle, patience: Duration) {
    if patience.is_zero() {
        return handle.stop(false).await;
    }
    log::info!("the server ends once what is under way is answered");
    state.shutdown.begin();
    socket.close().await;
    // What is still under way when patience ends is the framework's to wait for, for as long as it waits.
    let _ = timeout(patience.saturating_sub(LAST_WRITES).max(patience / 2), wait_until_idle(&state.metrics)).await;
    handle.stop(true).await;
}

/// Waits until nothing has been under way for a while.
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
