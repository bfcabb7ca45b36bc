//! Runs the framework's HTTP/1.1 over our [`Connection`], plain or with TLS.

#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{Extensions, HttpService, KeepAlive, Request};
use actix_service::{IntoServiceFactory, ServiceFactory, ServiceFactoryExt as _, fn_service, map_config};
use actix_tls::accept::TlsError;
use actix_tls::accept::rustls_0_23::{Acceptor, TlsStream};
use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, ServiceResponse};
use actix_web::rt::net::TcpStream;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::web::http::connection::{Connection, DISCARD_TIME, Limits};
use crate::web::server::app::app;
use crate::web::server::invalid_request;
use crate::web::server::parts::ServerParts;
use crate::web::server::plain_http::expect_tls;

/// A connection and the address of its peer.
pub(in crate::web) type Accepted<IO> = (Connection<IO>, Option<SocketAddr>);

/// One worker's service for plain connections. Idle connections close when a future from `draining` completes.
pub(in crate::web) fn http<F, D>(
    parts: &ServerParts,
    limits: Limits,
    draining: F,
) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = DispatchError, InitError = ()> + use<F, D>
where
    F: Fn() -> D + 'static,
    D: Future<Output = ()> + 'static,
{
    let refuse = invalid_request::refusals(&parts.pipeline, limits);
    let connect = move |socket: TcpStream| {
        let peer = prepared(&socket);
        let connection = Connection::new(socket, limits, refuse.clone());
        async move { Ok::<_, DispatchError>((connection, peer)) }
    };
    fn_service(connect).and_then(routes(parts, draining))
}

/// One worker's service for TLS connections.
pub(in crate::web) fn https<F, D>(
    parts: &ServerParts,
    limits: Limits,
    tls: ServerConfig,
    draining: F,
) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = TlsError<io::Error, DispatchError>, InitError = ()>
+ use<F, D>
where
    F: Fn() -> D + 'static,
    D: Future<Output = ()> + 'static,
{
    let refuse = invalid_request::refusals(&parts.pipeline, limits);
    let refuse_plain_http = invalid_request::refusals_of_plain_http(&parts.pipeline);
    let with_tls = move |socket: TcpStream| {
        let expected = expect_tls(socket, limits, refuse_plain_http.clone());
        async move { expected.await.map_err(TlsError::Tls) }
    };
    let mut acceptor = Acceptor::new(tls);
    acceptor.set_handshake_timeout(limits.head);
    let connect = move |stream: TlsStream<TcpStream>| {
        let peer = prepared(stream.get_ref().0);
        (Connection::new(stream, limits, refuse.clone()), peer)
    };
    let accepted = acceptor.map_err(TlsError::into_service_error).map(connect);
    fn_service(with_tls).and_then(accepted).and_then(routes(parts, draining).map_err(TlsError::Service))
}

/// Turns Nagle's algorithm off, and returns the client's address.
fn prepared(socket: &TcpStream) -> Option<SocketAddr> {
    let _ = socket.set_nodelay(true);
    socket.peer_addr().ok()
}

/// The routes over HTTP/1.1.
fn routes<IO, F, D>(
    parts: &ServerParts,
    draining: F,
) -> impl ServiceFactory<Accepted<IO>, Config = (), Response = (), Error = DispatchError, InitError = ()> + use<IO, F, D>
where
    IO: AsyncRead + AsyncWrite + Unpin + 'static,
    F: Fn() -> D + 'static,
    D: Future<Output = ()> + 'static,
{
    let metrics = parts.metrics.clone();
    http1(app(parts), draining, move |kept| drop(kept.insert(metrics.connection())))
}

/// An app over HTTP/1.1. The framework's own timeouts are off, because [`Connection`] times heads and idle connections.
pub(in crate::web) fn http1<A, S, B, IO, F, D>(
    app: A,
    draining: F,
    connected: impl Fn(&mut Extensions) + 'static,
) -> impl ServiceFactory<Accepted<IO>, Config = (), Response = (), Error = DispatchError, InitError = ()>
where
    A: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig, Response = ServiceResponse<B>, Error = Error, InitError = ()>
        + 'static,
    B: MessageBody + 'static,
    IO: AsyncRead + AsyncWrite + Unpin + 'static,
    F: Fn() -> D + 'static,
    D: Future<Output = ()> + 'static,
{
    HttpService::build()
        .keep_alive(KeepAlive::Os)
        .client_request_timeout(Duration::ZERO)
        .client_disconnect_timeout(DISCARD_TIME)
        .graceful_shutdown_signal(draining)
        .on_connect_ext(move |connection: &Connection<IO>, kept| {
            kept.insert(connection.exchange());
            connected(kept);
        })
        // No route asks the framework for the server's address: it is in `Origins`.
        .h1(map_config(app, |()| AppConfig::default()))
}
