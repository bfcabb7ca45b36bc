//! The listening socket, and the limit on open connections.
//!
//! Each connection uses an open file, and the system limits open files per process. A server that runs out of them can
//! neither accept a connection nor open its store. So the server raises its limit at startup as far as allowed, and
//! accepts only as many connections as fit. Further ones wait in the socket's queue until one closes.

use std::io;
use std::net::{SocketAddr, TcpListener};
#[cfg(unix)]
use std::time::Duration;

#[cfg(unix)]
use actix_web::rt::time::sleep;

/// How many connections may wait to be accepted. The system has its own limit, often this number.
#[cfg(unix)]
const BACKLOG: i32 = 4096;

/// The send buffer of a connection in bytes. By default the system would buffer several megabytes for a client that
/// reads nothing.
#[cfg(unix)]
const SEND_BUFFER: usize = 128 * 1024;

/// Open files other than connections: logs, stores and their connection pools, the workers.
const OTHER_FILES: u64 = 256;

/// How often, and how many times, we check whether the accept queue is empty. It does not empty while the server is at
/// its connection limit.
#[cfg(unix)]
const POLL_INTERVAL: Duration = Duration::from_millis(1);
#[cfg(unix)]
const POLLS: u32 = 250;

pub(in crate::web) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    // The standard library's backlog is too short for thousands of simultaneous connections.
    #[cfg(unix)]
    rustix::net::listen(&listener, BACKLOG)?;
    // Accepted connections inherit it.
    #[cfg(unix)]
    rustix::net::sockopt::set_socket_send_buffer_size(&listener, SEND_BUFFER)?;
    Ok(listener)
}

/// How many of the `wanted` connections can be served within the limit on open files.
pub(in crate::web) fn affordable(wanted: usize) -> usize {
    let needed = u64::try_from(wanted).unwrap_or(u64::MAX).saturating_add(OTHER_FILES);
    let files = raised_to(needed);
    if files >= needed {
        return wanted;
    }
    // Under a very low limit, half of the files are for connections.
    let left = usize::try_from(files.saturating_sub(OTHER_FILES).max(files / 2)).unwrap_or(wanted).max(1);
    log::warn!(
        "--max-connections {wanted} needs {needed} open files and {files} are allowed, so {left} connections are served \
         at once; `ulimit -Hn`, or LimitNOFILE of systemd, allows more"
    );
    left
}

/// Raises the limit on open files to `needed` if possible, and returns the limit.
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

/// A second handle on the listening socket. It can close the socket while accepted connections go on.
pub(in crate::web) struct ListenerHandle(TcpListener);

impl ListenerHandle {
    pub fn of(listener: &TcpListener) -> io::Result<Self> {
        listener.try_clone().map(Self)
    }

    /// Refuses new connections. `shutdown()` drops queued connections, so this waits until the queue is empty.
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

    /// On this platform the socket stays open until the framework closes it.
    #[cfg(not(unix))]
    pub async fn close(&self) {}
}
