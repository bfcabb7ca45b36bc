//! The server: how it is built and run, and every route on one screen.

mod assets;
mod auth;
mod cors;
mod demo;
mod docs;
mod error;
mod front;
mod lab;
mod oauth;
mod ops;
mod rest_api;
mod security;
mod session;
mod state;
mod telesign;
mod test_mode;
mod ticket;
mod tutorials;
mod twilio;
mod well_known;
mod zoom;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{Handler, Payload, ServerHandle, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::rt::task::JoinHandle;
use actix_web::rt::time::interval;
use actix_web::web::{self, Data, PayloadConfig, ServiceConfig};
use actix_web::{App, FromRequest, HttpServer, Resource, Responder};
use aws_lc_rs::rand::SystemRandom;
use chrono::TimeDelta;
use thiserror::Error;
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};

use crate::clock::Clock;
use crate::keys::{KeyError, KeyRing, Warning};
use crate::log::chain;
use crate::settings::{Credentials, Settings};
use crate::store::{OpenError, Sqlite, Store};
use state::State;

/// How long a client may take to send its request's head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// How often old transactions are looked for.
const PURGE_EVERY: Duration = Duration::from_mins(10);

/// The whole route table. What needs a session stands behind its middleware: the last scope, and the way out of it,
/// which takes also a session that the others refuse.
fn routes(config: &mut ServiceConfig, state: &State) {
    if state.is_test_mode {
        test_routes(config, state);
    }
    let open = |resource: Resource| resource.wrap(cors::around(&state.cors_origins));
    config
        .service(get("/healthz", ops::healthz))
        .service(open(get("/.well-known/jwks.json", well_known::jwks)))
        .service(get("/openapi.json", docs::document))
        .service(get("/docs", docs::page))
        .service(get("/tutorials", tutorials::index))
        .service(get("/tutorials/{profile}", tutorials::tutorial))
        .service(get("/robots.txt", assets::robots))
        .service(get("/favicon.ico", assets::icon))
        .service(get("/static/{file}", assets::file))
        .service(open(post("/token", twilio::token)))
        .service(open(post("/zoom/token", zoom::token)))
        .service(open(post("/oauth/token", oauth::token)))
        .service(open(get("/api/me", oauth::me)))
        .service(open(post("/loginEndpoint", rest_api::login)))
        .service(open(post("/anEndpoint", rest_api::protected)))
        .service(open(get_only("/v1/token/{phone}", telesign::token)))
        .service(open(get_only("/v1/token/{phone}/{xid}", telesign::token)))
        .service(open(get("/v1/transactions", telesign::transactions)))
        .service(open(get("/v1/transactions/{xid}", telesign::transaction)))
        .service(open(post("/v1/transactions/{xid}/status", telesign::status)))
        .service(open(post("/v1/verify", telesign::verify)))
        .service(post("/logout", demo::logout).wrap(state.sessions()))
        .service(
            web::scope("")
                .wrap(state.sessions())
                .service(get("/", demo::home))
                .service(get("/generate", demo::generate))
                .service(get("/validate", demo::validate))
                .service(post("/algorithm", demo::choose_algorithm))
                .service(get("/lab", lab::index))
                .service(get_and_post("/lab/lessons/{slug}", lab::lessons::lesson))
                .service(get_and_post("/lab/lessons/{slug}/{step}", lab::lessons::step))
                .service(get("/lab/attacks", lab::attacks::gallery))
                .service(get("/lab/attacks.json", lab::attacks::catalogue))
                .service(page_and_form("/lab/attacks/{slug}", lab::attacks::attack, lab::attacks::attempt))
                .service(
                    page_and_form("/lab/inspect", lab::bench::page, lab::bench::work).app_data(lab::bench::limit()),
                )
                .service(get("/lab/worksheet", lab::worksheet))
                .service(post("/lab/reset", lab::reset))
                .service(get("/{result}", demo::home))
                .default_service(web::to(error::not_found)),
        );
}

/// What is there under `--test-mode` alone.
fn test_routes(config: &mut ServiceConfig, state: &State) {
    config
        .service(web::resource("/test/clock").route(web::put().to(test_mode::set_clock)))
        .service(post("/test/sign", test_mode::sign))
        .service(post("/test/session", test_mode::session).wrap(state.sessions()))
        .service(post("/test/flawed", test_mode::flawed))
        .service(post("/test/rotate", test_mode::rotate))
        .service(post("/test/reset", test_mode::reset));
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

/// A resource that answers GET alone: a HEAD would make what nobody receives.
fn get_only<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    web::resource(path).route(web::get().to(handler))
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

/// A resource of which one handler answers the GET, the HEAD and the POST.
fn get_and_post<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args> + Clone,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    web::resource(path)
        .route(web::get().to(handler.clone()).wrap(from_fn(without_body)))
        .route(web::head().to(handler.clone()).wrap(from_fn(without_body)))
        .route(web::post().to(handler))
}

/// Whatever body a GET announces means nothing (RFC 9110 §9.3.1), and may never come: it is not waited for.
async fn without_body<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    request.set_payload(Payload::None);
    next.call(request).await
}

/// A page, and what its form sends.
fn page_and_form<P, PArgs, F, FArgs>(path: &str, page: P, form: F) -> Resource
where
    P: Handler<PArgs> + Clone,
    PArgs: FromRequest + 'static,
    P::Output: Responder + 'static,
    F: Handler<FArgs>,
    FArgs: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    get(path, page).route(web::post().to(form))
}

/// Why the server cannot start.
#[derive(Debug, Error)]
pub enum StartError {
    #[error(transparent)]
    Keys(#[from] KeyError),
    #[error("cannot use --database `{url}`")]
    Store { url: String, source: OpenError },
    #[error("cannot listen on --bind {address}; port 0 takes a free one")]
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
    /// Binds the socket, reads the keys, making what is missing, and opens the store.
    pub async fn build(settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        let unbound = |source| StartError::Bind { address: settings.bind, source };
        let listener = TcpListener::bind(settings.bind).map_err(unbound)?;
        let address = listener.local_addr().map_err(unbound)?;
        let (ring, warnings) = KeyRing::prepare_with(&settings.keys, &settings.accounts, &SystemRandom::new())?;
        warnings.iter().for_each(tell);
        if settings.credentials == Credentials::Any && settings.public_url.as_ref().is_some_and(|url| !url.is_local()) {
            log::warn!("everybody who reaches the public URL gets tokens for any password; --credentials users asks");
        }
        if settings.test_mode {
            log::warn!("test mode: whoever reaches this server sets its clock and signs what they like");
        }
        for service in &ring.accounts().made_up {
            log::warn!(
                "the account values of {service} that were not given are made up here; {service} would not accept these tokens"
            );
        }
        let store: Arc<dyn Store> = Arc::new(open_store(&settings.database).await?);
        let state = Data::new(State::new(ring, clock, store, &settings, address));
        Ok(Self { listener, address, settings, state })
    }

    /// The keys that it begins with.
    pub fn ring(&self) -> Arc<KeyRing> {
        self.state.ring()
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves until SIGTERM or SIGINT; what is in flight then may finish.
    ///
    /// `announce` is told the address once requests are taken and signals are heeded.
    pub async fn run(self, announce: impl FnOnce(&str) -> io::Result<()>) -> io::Result<()> {
        let url = self.url();
        self.serve(Signals::Heeded, |_| announce(&url)).await
    }

    /// Serves until the handle that it hands out is stopped; signals are left to the program around it.
    pub async fn start(self, started: impl FnOnce(ServerHandle)) -> io::Result<()> {
        let started = |handle| {
            started(handle);
            Ok(())
        };
        self.serve(Signals::Ignored, started).await
    }

    async fn serve(self, signals: Signals, started: impl FnOnce(ServerHandle) -> io::Result<()>) -> io::Result<()> {
        let state = self.state;
        let store = state.store.clone();
        let purging = actix_web::rt::spawn(purge_by_and_by(state.clone(), self.settings.keep));
        let reloading = match signals {
            Signals::Heeded => Some(reload_when_told(state.clone(), self.settings.clone())?),
            Signals::Ignored => None,
        };
        let server = HttpServer::new(move || {
            App::new()
                .app_data(state.clone())
                .app_data(PayloadConfig::new(error::LARGEST_BODY))
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
        .listen(self.listener)?;
        let running = match signals {
            Signals::Heeded => server.run(),
            Signals::Ignored => server.disable_signals().run(),
        };
        started(running.handle())?;
        let end = running.await;
        purging.abort();
        reloading.inspect(JoinHandle::abort);
        store.close().await;
        end
    }
}

async fn open_store(url: &str) -> Result<Sqlite, StartError> {
    Sqlite::open(url).await.map_err(|source| StartError::Store { url: url.to_owned(), source })
}

/// Whether SIGTERM and SIGINT stop the server.
enum Signals {
    Heeded,
    Ignored,
}

/// Forgets, now and then, the transactions whose tokens expired longer ago than they are kept.
async fn purge_by_and_by(state: Data<State>, keep: TimeDelta) {
    let mut rounds = interval(PURGE_EVERY);
    loop {
        rounds.tick().await;
        let now = state.now();
        match state.store.purge(now - keep, now).await {
            Ok(0) => {}
            Ok(purged) => log::info!("purged {purged} transactions"),
            Err(error) => log::error!("old transactions are not purged: {error}"),
        }
    }
}

/// Takes the folder's keys anew on each SIGHUP. A bad folder changes nothing, and one line says what is bad.
#[cfg(unix)]
fn reload_when_told(state: Data<State>, settings: Settings) -> io::Result<JoinHandle<()>> {
    // From here on, so that one which comes early does not end the process.
    let mut hang_ups = signal(SignalKind::hangup())?;
    Ok(actix_web::rt::spawn(async move {
        while hang_ups.recv().await.is_some() {
            reload(&state, &settings).await;
        }
    }))
}

#[cfg(not(unix))]
fn reload_when_told(_: Data<State>, _: Settings) -> io::Result<JoinHandle<()>> {
    Ok(actix_web::rt::spawn(async {}))
}

async fn reload(state: &State, settings: &Settings) {
    let (folder, accounts) = (settings.keys.clone(), settings.accounts.clone());
    match web::block(move || KeyRing::prepare_with(&folder, &accounts, &SystemRandom::new())).await {
        Ok(Ok((ring, warnings))) => {
            warnings.iter().for_each(tell);
            state.replace_ring(ring);
            log::info!("the keys were read anew");
        }
        Ok(Err(error)) => log::error!("the keys stay as they were: {}", chain(&error)),
        Err(error) => log::error!("the keys stay as they were: {error}"),
    }
}

fn tell(warning: &Warning) {
    match warning {
        Warning::Made(_) => log::info!("{warning}"),
        _ => log::warn!("{warning}"),
    }
}
