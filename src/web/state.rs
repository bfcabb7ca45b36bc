//! The state that all requests share. The server's constructor builds it once.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::thread;
use std::time::Duration;

use actix_session::SessionMiddleware;
use actix_web::HttpRequest;
use actix_web::dev::ServiceRequest;
use actix_web::web::{Bytes, Data};
use chrono::{DateTime, Utc};

use crate::accounts::{Accounts, CheckError, Login, Refusal};
use crate::clock::{Clock, Settable};
use crate::keys::KeyRing;
use crate::limits::{Limiter, RateStore, TrustedProxies, network_of};
use crate::profiles::Lifetime;
use crate::profiles::demo::DemoAlgorithm;
use crate::random::Random;
use crate::redis::RedisFailure;
use crate::settings::{CorsOrigins, Credentials, Settings};
use crate::store::{Store, StoreError};
use crate::token::{Judged, Verdict};
use crate::web::http::origins::{Origins, Transport};
use crate::web::http::problem::Problem;
use crate::web::http::request_id::RequestIds;
use crate::web::http::shutdown_flag::ShutdownFlag;
use crate::web::metrics::{Limit, Metrics, RateDecision};
use crate::web::session::session_store::SessionBackend;
use crate::web::session::{SessionCookie, SessionSettings};
use crate::web::view::assets::Assets;
use crate::work::{Bounds, WorkPool};

/// How many lab jobs may be queued or running at once, for one client and in total. A class behind one address fits; a
/// signature with the largest key takes about 15 ms.
const WORK_OF_A_CLIENT: usize = 64;
const WORK_IN_ALL: usize = 512;

/// How long a lab job may wait in the queue: less than the time limit of a request.
const PATIENCE: Duration = Duration::from_secs(10);

pub(in crate::web) struct State {
    ring: RwLock<Arc<KeyRing>>,
    /// The keys at startup, which test mode can restore.
    first_ring: Arc<KeyRing>,
    pub origins: Origins,
    pub session: Data<SessionSettings>,
    pub assets: Assets,
    pub algorithm: DemoAlgorithm,
    pub token_ttl: Lifetime,
    /// The parts of the home page that are the same for everyone, rendered on first use.
    pub home_details: OnceLock<String>,
    /// The OpenAPI document, built on first use: most servers are never asked for it.
    pub openapi: OnceLock<Bytes>,
    pub is_test_mode: bool,
    pub cors_origins: CorsOrigins,
    pub accounts: Accounts,
    pub store: Arc<dyn Store>,
    pub sessions: SessionBackend,
    pub rates: RateStore,
    pub phone_limiter: Limiter,
    /// Held while test mode rotates the keys.
    pub rotating: tokio::sync::Mutex<()>,
    /// Runs jobs whose cost the client chooses.
    work: WorkPool,
    pub metrics: Metrics,
    pub request_ids: RequestIds,
    pub shutdown: ShutdownFlag,
    /// Above this many open connections, every response closes its connection.
    crowded_beyond: usize,
    trusted_proxies: TrustedProxies,
    clock: Arc<dyn Clock>,
    pub random: Random,
}

/// The parts that may be external servers, which can fail.
pub(in crate::web) struct Parts {
    pub store: Arc<dyn Store>,
    pub sessions: SessionBackend,
    pub rates: RateStore,
}

impl State {
    pub fn new(
        ring: KeyRing,
        clock: Arc<dyn Clock>,
        random: Random,
        parts: Parts,
        settings: &Settings,
        address: SocketAddr,
        transport: Transport,
    ) -> Self {
        let Parts { store, sessions, rates } = parts;
        let first_ring = Arc::new(ring);
        let metrics = Metrics::new(clock.now());
        let store = metrics.with_counted_calls(store);
        let origins = Origins::new(settings.public_url.as_ref(), address, transport);
        Self {
            home_details: OnceLock::new(),
            openapi: OnceLock::new(),
            session: Data::new(SessionSettings {
                cookie: SessionCookie::new(origins.is_https()),
                key: *first_ring.session_key(),
                default_algorithm: settings.algorithm,
                clock: clock.clone(),
            }),
            assets: Assets::new(settings.test_mode),
            algorithm: settings.algorithm,
            is_test_mode: settings.test_mode,
            cors_origins: settings.cors_origins.clone(),
            token_ttl: settings.token_ttl,
            accounts: match settings.credentials {
                Credentials::Any => Accounts::any(),
                Credentials::Users => Accounts::users(store.clone(), rates.limiter("login", settings.login_rate)),
            },
            phone_limiter: rates.limiter("phone", settings.phone_rate),
            rotating: tokio::sync::Mutex::default(),
            work: WorkPool::new("lab work", work_bounds()),
            metrics,
            request_ids: RequestIds::new(random.clone()),
            shutdown: ShutdownFlag::default(),
            crowded_beyond: settings.max_connections - settings.max_connections / 4,
            trusted_proxies: settings.trusted_proxies.clone(),
            ring: RwLock::new(first_ring.clone()),
            first_ring,
            origins,
            store,
            sessions,
            rates,
            clock,
            random,
        }
    }

    /// The clock that test mode may set; `None` outside test mode.
    pub fn settable_clock(&self) -> Option<&Settable> {
        self.clock.settable()
    }

    /// Restores the keys that the server started with.
    pub fn restore_ring(&self) {
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = self.first_ring.clone();
    }

    /// Resets all rate counters.
    pub async fn forget_counts(&self) -> Result<(), RedisFailure> {
        self.phone_limiter.forget().await?;
        self.sessions.forget_counts();
        self.accounts.forget_tries().await
    }

    /// Whether responses should close their connections, so that idle ones do not use up the connection limit.
    pub fn is_crowded(&self) -> bool {
        self.metrics.connections_open() > self.crowded_beyond
    }

    /// The current keys. Call it once in a request: the keys may be replaced between two calls.
    pub fn ring(&self) -> Arc<KeyRing> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the keys that sign and verify. The key of the session cookie stays until the server restarts.
    pub fn replace_ring(&self, ring: KeyRing) {
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The client's address, seen through trusted proxies. An `X-Forwarded-For` line that is not text counts as an
    /// unreadable hop and is not skipped: otherwise a client could hide what its proxy appended.
    pub fn client(&self, request: &HttpRequest) -> IpAddr {
        let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
        let hops = request.headers().get_all("x-forwarded-for").map(|line| line.to_str().unwrap_or_default());
        self.trusted_proxies.client(peer, hops)
    }

    /// Runs a job whose cost the client chooses on the work pool, not on the threads that answer requests. Refused if
    /// the queue is full.
    pub async fn do_work<T: Send + 'static>(
        &self,
        request: &HttpRequest,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        Ok(self.work.run(network_of(self.client(request)), work).await?)
    }

    /// Whether a trusted proxy forwarded the request, so that its headers can be trusted.
    pub fn is_by_trusted_proxy(&self, request: &ServiceRequest) -> bool {
        request.peer_addr().is_some_and(|peer| self.trusted_proxies.trust(peer.ip().to_canonical()))
    }

    /// Checks a login, and counts the try.
    pub async fn admit(&self, login: &Login, request: &HttpRequest) -> Result<Result<(), Refusal>, CheckError> {
        let checked = self.accounts.check(login, self.client(request), self.now()).await;
        if self.accounts.counts_tries() {
            self.count_try(&checked);
        }
        checked
    }

    fn count_try(&self, checked: &Result<Result<(), Refusal>, CheckError>) {
        match checked {
            Ok(Err(Refusal::Missing | Refusal::Busy { .. })) => {}
            Ok(Err(Refusal::TooOften { .. })) => self.metrics.rate_decided(Limit::Login, RateDecision::Refused),
            Err(CheckError::Tries(_)) => self.metrics.rate_decided(Limit::Login, RateDecision::Away),
            Ok(Ok(()) | Err(Refusal::Wrong)) | Err(CheckError::Store(_)) => {
                self.metrics.rate_decided(Limit::Login, RateDecision::Admitted);
            }
        }
    }

    /// The final verdict on a token. If it has a `jti`, this asks the store whether it was revoked.
    pub async fn resolve_revocation(&self, judged: Judged) -> Result<Verdict, StoreError> {
        match judged {
            Judged::Final(verdict) => Ok(verdict),
            Judged::Pending(pending) => {
                let is_revoked = self.store.is_revoked(pending.profile(), pending.jti()).await?;
                Ok(pending.with_revocation(is_revoked))
            }
        }
    }

    /// The middleware that decrypts and encrypts the session cookie.
    pub fn session_middleware(&self) -> SessionMiddleware<SessionBackend> {
        self.session.cookie.middleware(self.sessions.clone(), &self.session.key)
    }
}

/// Leaves one core to the threads that answer requests, if there are several.
fn work_bounds() -> Bounds {
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    Bounds {
        threads: cores.saturating_sub(1).max(1),
        per_client: WORK_OF_A_CLIENT,
        in_all: WORK_IN_ALL,
        patience: PATIENCE,
        patience_behind_own: PATIENCE,
    }
}
