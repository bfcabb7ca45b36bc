//! Builds, runs, reloads and stops the server.

mod app;
mod http_service;
mod invalid_request;
mod parts;
mod pipeline_parts;
mod plain_http;
mod reload;
mod request_pipeline;
mod request_record;
mod shutdown;
mod sockets;
mod tls;

pub use tls::{TlsError, TlsReport};

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::App;
use actix_web::dev::ServerHandle;
use actix_web::rt::task::JoinHandle;
use actix_web::rt::time::interval;
use actix_web::web::Data;
use chrono::{DateTime, TimeDelta, Utc};
use log::Level;
use thiserror::Error;

use crate::clock::Clock;
use crate::keys::{Exposed, KeyError, KeyRing, Privacy, TeacherKey, Warning};
use crate::lab;
use crate::limits::RateStore;
use crate::random::Random;
use crate::redis::{Redis, RedisFailure, RedisUrl};
use crate::settings::{Credentials, Options, Settings};
use crate::store::{self, OpenError, Store};
use crate::texts::printable::escaped;
use crate::web::http::connection::Limits;
use crate::web::http::origins::{Origins, Transport};
use crate::web::session::session_store::SessionBackend;
use app::{AppEntry, app};
use http_service::{http, https};
use parts::{Backends, Listening, ServerParts, StartInputs};
use shutdown::StopSignals;
use sockets::ListenerHandle;
use tls::Tls;

/// How often expired transactions are deleted.
const PURGE_EVERY: Duration = Duration::from_mins(10);

/// Why the server cannot start.
#[derive(Debug, Error)]
pub enum StartError {
    #[error(transparent)]
    Keys(#[from] KeyError),
    #[error(transparent)]
    Store(#[from] OpenError),
    #[error("cannot use --{flag} `{url}`")]
    Redis { flag: &'static str, url: String, source: RedisFailure },
    #[error("cannot listen on --bind {address}; if another program uses this port, stop it or choose another port")]
    Bind { address: SocketAddr, source: io::Error },
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// A server whose socket is bound. Clients can connect already; they are answered once it runs.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    settings: Settings,
    tls: Option<Arc<Tls>>,
    parts: ServerParts,
}

impl Server {
    /// Reads the lab's texts, binds the socket, reads the keys (and creates missing ones), and opens the store.
    pub async fn build(mut settings: Settings, clock: Arc<dyn Clock>, random: Random) -> Result<Self, StartError> {
        lab::read_texts();
        settings.options.max_connections = sockets::affordable(settings.options.max_connections);
        let unbound = |source| StartError::Bind { address: settings.options.bind, source };
        let tls = settings.certificate.as_ref().map(|source| Tls::load(source, clock.now())).transpose()?;
        let listener = sockets::listen(settings.options.bind).map_err(unbound)?;
        let address = listener.local_addr().map_err(unbound)?;
        let source = &settings.options.keys.source;
        let (ring, warnings) = source.read_or_make(&settings.accounts, settings.bearer_keys(), random.source())?;
        log_warnings(&warnings);
        let teacher = teacher_key(&settings, &random)?;
        warn_of_exposure(&settings);
        log_generated_accounts(&ring, &settings);
        let backends = Backends {
            store: store::open(&settings.options.database.url).await?,
            sessions: open_session_backend(settings.options.session_store.as_ref(), &random).await?,
            rates: open_rates(settings.options.rate_store.as_ref(), &ring).await?,
        };
        warn_of_no_users(&settings, &*backends.store).await;
        for exposed in exposed(&settings) {
            log::warn!("{}", escaped(&exposed.to_string()));
        }
        let transport = tls.as_ref().map_or(Transport::Plain, Tls::transport);
        let given = StartInputs { ring, teacher, clock, random };
        let parts = ServerParts::new(given, backends, &settings, &Listening { address, transport });
        log_assumed_issuer(&settings.options, parts.origins.public_origin());
        if let Some(link) = parts.class.teacher_link(parts.origins.public_origin()) {
            // Without the link nobody can teach, so a filter that leaves out this level does not leave out the line.
            let level = log::max_level().to_level().unwrap_or(Level::Error).min(Level::Info);
            log::log!(level, "the teacher's link is {link}");
            log_unreachable_class(&parts.origins);
        }
        Ok(Self { listener, address, settings, tls: tls.map(Arc::new), parts })
    }

    /// The app, so that benchmarks and tests can call it without a network.
    pub fn app(&self) -> App<impl AppEntry + use<>> {
        app(&self.parts)
    }

    /// The keys that the server starts with.
    pub fn ring(&self) -> Arc<KeyRing> {
        self.parts.keys.ring()
    }

    /// What its tokens have as their issuer. With `--issuer-from-host` each request decides, and this is the address
    /// served.
    pub fn issuer(&self) -> &str {
        self.parts.origins.announced_issuer()
    }

    pub fn url(&self) -> String {
        format!("{}://{}", if self.tls.is_some() { "https" } else { "http" }, self.address)
    }

    /// Serves until SIGTERM or SIGINT. After SIGTERM, requests in flight may finish.
    ///
    /// Calls `announce` with the server's URL and its issuer once it accepts requests and handles signals.
    pub async fn run(self, announce: impl FnOnce(&str, &str) -> io::Result<()>) -> io::Result<()> {
        let (url, issuer) = (self.url(), self.issuer().to_owned());
        self.serve(Signals::Handled, |_| announce(&url, &issuer)).await
    }

    /// Serves until the given handle is stopped. Signals are left to the calling program.
    pub async fn start(self, started: impl FnOnce(ServerHandle)) -> io::Result<()> {
        let started = |handle| {
            started(handle);
            Ok(())
        };
        self.serve(Signals::Ignored, started).await
    }

    async fn serve(self, signals: Signals, started: impl FnOnce(ServerHandle) -> io::Result<()>) -> io::Result<()> {
        let Self { listener, settings, tls, parts, .. } = self;
        let purging = purge_periodically(parts.store.clone(), parts.clock.clone(), settings.options.keep);
        let purging = actix_web::rt::spawn(purging);
        let handlers = match signals {
            Signals::Handled => Some((
                reload::on_hangup(parts.clone(), settings.clone(), tls.clone())?,
                StopSignals::install()?,
                ListenerHandle::of(&listener)?,
            )),
            Signals::Ignored => None,
        };
        let running = begin(listener, &settings, tls.as_deref(), &parts)?;
        let reloading = handlers.map(|(reloading, signals, socket)| {
            signals.spawn_handlers(running.handle(), parts.pipeline.clone(), socket, settings.options.shutdown_timeout);
            reloading
        });
        started(running.handle())?;
        let end = running.await;
        purging.abort();
        reloading.inspect(JoinHandle::abort);
        parts.store.close().await;
        end
    }
}

/// Checks the certificate of these settings: an error if the server could not start with it, otherwise a report.
pub fn check_tls(settings: &Settings, now: DateTime<Utc>) -> Result<TlsReport, TlsError> {
    settings
        .certificate
        .as_ref()
        .map_or_else(|| Ok(TlsReport::without_warnings("off")), |source| Tls::check(source, now))
}

/// Starts the workers. Each has its own copy of the app and accepts connections from the shared listener.
fn begin(
    listener: TcpListener,
    settings: &Settings,
    tls: Option<&Tls>,
    parts: &ServerParts,
) -> io::Result<actix_web::dev::Server> {
    let connections = settings.options.max_connections.div_ceil(settings.workers);
    // The limit on simultaneous TLS handshakes. A lower one would let clients that never finish their handshake keep
    // everyone else out.
    actix_tls::accept::max_concurrent_tls_connect(connections);
    let server = actix_web::dev::Server::build()
        .workers(settings.workers)
        .max_concurrent_connections(connections)
        .shutdown_timeout(shutdown::LAST_WRITES.as_secs())
        .disable_signals();
    let draining = server.graceful_shutdown_signal();
    let draining = move || {
        let signal = draining.clone();
        async move { signal.notified().await }
    };
    let (parts, limits) = (parts.clone(), Limits::STANDARD);
    let server = match tls {
        Some(tls) => {
            let tls = tls.config().map_err(io::Error::other)?;
            server.listen("https", listener, move || https(&parts, limits, tls.clone(), draining.clone()))?
        }
        None => server.listen("http", listener, move || http(&parts, limits, draining.clone()))?,
    };
    Ok(server.run())
}

/// The keys folder, the store's files and the folders that they are in, if other users of this machine can read or
/// change them. The key ring itself warns about the files inside the keys folder.
pub fn exposed(settings: &Settings) -> Vec<Exposed> {
    let mut found = Vec::new();
    if let Some(folder) = settings.options.keys.source.folder() {
        found.extend(Exposed::find(folder, Privacy::Secret));
        found.extend(Exposed::find_folder_of(folder));
    }
    // Often the keys folder and the database are in one folder.
    for other in store::exposed(&settings.options.database.url) {
        if !found.contains(&other) {
            found.push(other);
        }
    }
    found
}

/// Says what to do where no login can succeed.
async fn warn_of_no_users(settings: &Settings, store: &dyn Store) {
    let has_none = async || store.users().await.is_ok_and(|users| users.is_empty());
    if settings.credentials == Credentials::Users && has_none().await {
        log::warn!("{NO_USERS}");
    }
}

/// The warning about a server that asks for passwords and knows nobody.
pub const NO_USERS: &str =
    "--credentials is `users`, and the database has none: every login fails until `hallpass user add NAME` adds one";

/// The key of the teacher's link, which only a server with a class has.
fn teacher_key(settings: &Settings, random: &Random) -> Result<Option<TeacherKey>, KeyError> {
    if !settings.has_class() {
        return Ok(None);
    }
    let (key, warnings) = settings.options.keys.source.read_or_make_teacher_key(random.source())?;
    log_warnings(&warnings);
    Ok(Some(key))
}

/// Says what to set if no pupil can reach the class.
fn log_unreachable_class(origins: &Origins) {
    if origins.are_for_this_machine() {
        log::info!(
            "only this computer reaches the class: set --bind, or --public-url or --allowed-host behind a proxy"
        );
    } else if origins.stands_for_every_address() {
        log::info!("for pupils, put the address of this computer in your network in place of `localhost`");
    }
}

/// Warns if these settings give access to everyone.
fn warn_of_exposure(settings: &Settings) {
    if settings.credentials == Credentials::Any
        && settings.options.public_url.as_ref().is_some_and(|url| !url.is_local())
    {
        log::warn!(
            "anyone who can reach the public URL gets tokens with any password; use --credentials users to check passwords"
        );
    }
    if settings.test_mode {
        log::warn!("test mode: anyone who can reach this server can set its clock and sign any token");
    }
}

/// Others reach a server on every address by names that it cannot know.
fn log_assumed_issuer(options: &Options, issuer: &str) {
    if options.public_url.is_none() && options.bind.ip().is_unspecified() && !options.issuer_from_host {
        log::info!("the issuer is {issuer}, because --bind {} names no host; --public-url sets another", options.bind);
    }
}

/// Logs which account values were generated, in one line. It is a warning if some values of a service were given: the
/// rest were probably forgotten. If none were given, the user wants the demo.
fn log_generated_accounts(ring: &KeyRing, settings: &Settings) {
    let services = &ring.accounts().generated_for;
    let (half_given, not_given): (Vec<&str>, Vec<&str>) =
        services.iter().copied().partition(|service| settings.accounts.has_any_of(service));
    for service in half_given {
        log::warn!(
            "the account values of {service} that were not given were made up; {service} will not accept these tokens"
        );
    }
    if !not_given.is_empty() {
        log::info!(
            "made-up demo accounts for {}: their tokens work here, and not at the real services",
            not_given.join(", ")
        );
    }
}

async fn open_session_backend(url: Option<&RedisUrl>, random: &Random) -> Result<SessionBackend, StartError> {
    let Some(url) = url else { return Ok(SessionBackend::in_cookie()) };
    let redis = open_redis("session-store", url).await?;
    let unfit = |source| StartError::Redis { flag: "session-store", url: url.to_string(), source };
    SessionBackend::in_redis(redis, random.clone()).await.map_err(unfit)
}

async fn open_rates(url: Option<&RedisUrl>, ring: &KeyRing) -> Result<RateStore, StartError> {
    let Some(url) = url else { return Ok(RateStore::memory()) };
    Ok(RateStore::redis(open_redis("rate-store", url).await?, ring.session_key()))
}

async fn open_redis(flag: &'static str, url: &RedisUrl) -> Result<Redis, StartError> {
    Redis::open(url).await.map_err(|source| StartError::Redis { flag, url: url.to_string(), source })
}

/// Whether SIGTERM and SIGINT stop the server.
enum Signals {
    Handled,
    Ignored,
}

/// Regularly deletes transactions whose tokens expired longer than `keep` ago.
async fn purge_periodically(store: Data<dyn Store>, clock: Data<dyn Clock>, keep: TimeDelta) {
    let mut rounds = interval(PURGE_EVERY);
    loop {
        rounds.tick().await;
        let now = clock.now();
        match store.purge(now - keep, now).await {
            Ok(0) => {}
            Ok(purged) => log::info!("purged {purged} transactions"),
            Err(error) => log::error!("old transactions are not purged: {error}"),
        }
    }
}

/// One line says which keys were made, and each warning has a line.
fn log_warnings(warnings: &[Warning]) {
    if let Some(made) = Warning::about_made_keys(warnings) {
        log::info!("{}", escaped(&made));
    }
    for warning in warnings.iter().filter(|warning| !matches!(warning, Warning::Made(_))) {
        log::warn!("{}", escaped(&warning.to_string()));
    }
}
