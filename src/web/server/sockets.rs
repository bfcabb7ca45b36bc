//! The listening socket, and how many connections may come in by it.
//!
//! Each connection is an open file, and a process may have only so many: a server that runs out of them can neither
//! take a connection nor open its store. So the limit is raised at the start as far as it goes, and no more connections
//! are taken than fit under it; those beyond wait in the socket's queue until one closes.

use std::io;
use std::net::{SocketAddr, TcpListener};
#[cfg(unix)]
use std::time::Duration;

#[cfg(unix)]
use actix_web::rt::time::sleep;

/// How many connections may wait to be taken; the system has a limit of its own, often this very number.
#[cfg(unix)]
const BACKLOG: i32 = 4096;

/// How many bytes of its answers the system keeps for a connection until the client takes them, at most. Left to itself
/// it would keep several megabytes for a client that reads nothing.
#[cfg(unix)]
const SEND_BUFFER: usize = 128 * 1024;

/// The files that are open beside the connections: logs, stores with their pools, the workers' own.
const OTHER_FILES: u64 = 256;

/// How long and how often the queue is looked at until the acceptor has emptied it. It does not while every connection
/// that there may be is taken.
#[cfg(unix)]
const POLL_INTERVAL: Duration = Duration::from_millis(1);
#[cfg(unix)]
const POLLS: u32 = 250;

pub(in crate::web) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    // What the standard library asks for is too short for thousands who come at once.
    #[cfg(unix)]
    rustix::net::listen(&listener, BACKLOG)?;
    // Connections have it from their listener.
    #[cfg(unix)]
    rustix::net::sockopt::set_socket_send_buffer_size(&listener, SEND_BUFFER)?;
    Ok(listener)
}

/// How many connections can be served when `wanted` are: as many as there may be files for.
pub(in crate::web) fn affordable(wanted: usize) -> usize {
    let needed = u64::try_from(wanted).unwrap_or(u64::MAX).saturating_add(OTHER_FILES);
    let files = raised_to(needed);
    if files >= needed {
        return wanted;
    }
    // Under a limit this low both halves are scarce.
    let left = usize::try_from(files.saturating_sub(OTHER_FILES).max(files / 2)).unwrap_or(wanted).max(1);
    log::warn!(
        "--max-connections {wanted} needs {needed} open files and {files} are allowed, so {left} connections are served \
         at once; `ulimit -Hn`, or LimitNOFILE of systemd, allows more"
    );
    left
}

/// The number of files that may be open, raised to `needed` if it is lower and may be.
#[cfg(unix)]
fn raised_to(needed: u64) -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let now = limit.current.unwrap_or(u64::MAX);
    let most = limit.maximum.map_or(needed, |maximum| maximum.min(needed));
    if most <= now {
        return now;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: Some(most), maximum: limit.maximum }) {
        Ok(()) => most,
        Err(_) => now,
    }
}

#[cfg(not(unix))]
fn raised_to(needed: u64) -> u64 {
    needed
}

/// A hold on the listening socket, by which it can be closed while the connections that came in by it go on.
pub(in crate::web) struct ListenerHandle(TcpListener);

impl ListenerHandle {
    pub fn of(listener: &TcpListener) -> io::Result<Self> {
        listener.try_clone().map(Self)
    }

    /// From now on whoever connects is refused. Closing cuts off who waits in the queue, so it waits for a moment in
    /// which nobody does.
    #[cfg(unix)]
    pub async fn close(&self) {
        for _ in 0..POLLS {
            if !self.has_queued_connections() {
                break;
            }
            sleep(POLL_INTERVAL).await;
        }
        if let Err(error) = rustix::net::shutdown(&self.0, rustix::net::Shutdown::Both) {
            log::debug!("the listening socket stays open until the end: {error}");
        }
    }

    #[cfg(unix)]
    fn has_queued_connections(&self) -> bool {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let mut socket = [PollFd::new(&self.0, PollFlags::IN)];
        poll(&mut socket, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
    }

    /// Here the socket stays open until the framework closes it.
    #[cfg(not(unix))]
    pub async fn close(&self) {}
}
