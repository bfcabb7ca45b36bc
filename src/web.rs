//! The server: how it is built and run, and every route on one screen.

mod assets;
mod demo;
mod error;
mod front;
mod ops;
mod security;
mod session;
mod state;
mod well_known;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Handler, ServerHandle};
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{App, FromRequest, HttpServer, Resource, Responder};
use aws_lc_rs::rand::SystemRandom;
use thiserror::Error;

use crate::clock::Clock;
use crate::keys::{KeyError, KeyRing, Warning};
use crate::settings::Settings;
use state::State;

/// How long a client may take to send its request's head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// The whole route table. What needs a session stands in the last scope, behind the session middleware.
fn routes(config: &mut ServiceConfig, state: &State) {
    config
        .service(get("/healthz", ops::healthz))
        .service(get("/.well-known/jwks.json", well_known::jwks))
        .service(get("/robots.txt", assets::robots))
        .service(get("/favicon.ico", assets::icon))
        .service(get("/static/{file}", assets::file))
        .service(post("/logout", demo::logout).wrap(state.sessions()))
        .service(
            web::scope("")
                .wrap(state.sessions())
                .service(get("/", demo::home))
                .service(get("/generate", demo::generate))
                .service(get("/validate", demo::validate))
                .service(post("/algorithm", demo::choose_algorithm))
                .service(get("/{result}", demo::home))
                .default_service(web::to(error::not_found)),
        );
}

/// A resource that answers GET, and HEAD with the same head.
fn get<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args> + Clone,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    web::resource(path).route(web::get().to(handler.clone())).route(web::head().to(handler))
}

/// A resource that answers POST alone.
fn post<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    web::resource(path).route(web::post().to(handler))
}

/// Why the server cannot start.
#[derive(Debug, Error)]
pub enum StartError {
    #[error(transparent)]
    Keys(#[from] KeyError),
    #[error("cannot listen on {address}")]
    Bind { address: SocketAddr, source: io::Error },
}

/// A server whose socket is bound: whoever connects now is answered once it runs.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    settings: Settings,
    state: Data<State>,
}

impl Server {
    /// Reads the keys, making what is missing, and binds the socket.
    pub fn build(settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        let (ring, warnings) = KeyRing::prepare(&settings.keys, &SystemRandom::new())?;
        warnings.iter().for_each(tell);
        let unbound = |source| StartError::Bind { address: settings.bind, source };
        let listener = TcpListener::bind(settings.bind).map_err(unbound)?;
        let address = listener.local_addr().map_err(unbound)?;
        let state = Data::new(State::new(ring, clock, &settings, address));
        Ok(Self { listener, address, settings, state })
    }

    /// The address that is served, with the port that was taken.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves until SIGTERM, SIGINT or the handle's stop; what is in flight then may finish.
    pub async fn run(self) -> io::Result<()> {
        self.start(|_| {}).await
    }

    /// The same, and hands out the handle that stops it.
    pub async fn start(self, started: impl FnOnce(ServerHandle)) -> io::Result<()> {
        let state = self.state;
        let server = HttpServer::new(move || {
            App::new()
                .app_data(state.clone())
                .app_data(error::form_config())
                .app_data(error::query_config())
                .app_data(error::path_config())
                .wrap(from_fn(front::door))
                .configure(|config| routes(config, &state))
                .default_service(web::to(error::not_found))
        })
        .workers(self.settings.workers)
        .client_request_timeout(HEAD_TIMEOUT)
        .shutdown_timeout(self.settings.shutdown_timeout.as_secs())
        .listen(self.listener)?
        .run();
        started(server.handle());
        server.await
    }
}

fn tell(warning: &Warning) {
    match warning {
        Warning::Made(_) => log::info!("{warning}"),
        _ => log::warn!("{warning}"),
    }
}
