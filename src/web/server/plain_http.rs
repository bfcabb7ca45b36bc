//! The answer to a client that speaks http without TLS to a server that speaks https.
//!
//! A browser does so when somebody types the address without `https://`. Without this answer it would show no more than
//! that the response is invalid.

use std::io;
use std::time::Duration;

use actix_web::rt::net::TcpStream;
use actix_web::rt::time::timeout;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::invalid_request::RefusePlainHttp;
use crate::web::http::connection::{DISCARD_TIME, Limits};

/// How much of the head is looked at. A browser sends no more before it waits.
const LOOKED_AT: usize = 4096;

/// How much of what the client still sends is read and thrown away.
const DISCARDED: u64 = 64 * 1024;

/// The socket, if its client begins with TLS. Any other client gets its answer here, and the connection ends.
pub(super) async fn expect_tls(socket: TcpStream, limits: Limits, refuse: RefusePlainHttp) -> io::Result<TcpStream> {
    let mut beginning = [0; LOOKED_AT];
    let length = timeout(limits.head, socket.peek(&mut beginning)).await??;
    let beginning = &beginning[..length];
    if !begins_a_method(beginning) {
        return Ok(socket);
    }
    let _ = timeout(limits.write, answer(socket, &refuse(beginning))).await;
    Err(io::Error::new(io::ErrorKind::InvalidData, "the client speaks http without TLS"))
}

/// Methods are written in capitals, and the first byte of TLS is 22 (RFC 8446 §5.1).
fn begins_a_method(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(u8::is_ascii_uppercase)
}

async fn answer(mut socket: TcpStream, response: &[u8]) -> io::Result<()> {
    socket.write_all(response).await?;
    socket.shutdown().await?;
    discard_rest(socket, DISCARD_TIME).await;
    Ok(())
}

/// Closing at once would reset the connection, and the client could lose the response.
async fn discard_rest(socket: TcpStream, time: Duration) {
    let mut rest = socket.take(DISCARDED);
    let _ = timeout(time, tokio::io::copy(&mut rest, &mut tokio::io::sink())).await;
}
