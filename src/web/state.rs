//! What every request shares: built once, in the server's constructor.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock};

use actix_session::SessionMiddleware;
use actix_session::storage::CookieSessionStore;
use actix_web::HttpRequest;
use chrono::{DateTime, Utc};

use super::assets::Assets;
use super::security::Origins;
use super::session::SessionCookie;
use crate::accounts::Accounts;
use crate::clock::{Clock, Settable};
use crate::keys::{KeyRing, SESSION_KEY_BYTES};
use crate::limits::{Limiter, TrustedProxies};
use crate::profiles::Lifetime;
use crate::profiles::demo::{self, Algorithm, Subject};
use crate::settings::{CorsOrigins, Credentials, Settings};
use crate::store::{Store, StoreError};
use crate::token::{Judged, Verdict};

pub(super) struct State {
    ring: RwLock<Arc<KeyRing>>,
    /// The ring of the start, to which a test goes back.
    first_ring: Arc<KeyRing>,
    session_key: [u8; SESSION_KEY_BYTES],
    pub origins: Origins,
    pub cookie: SessionCookie,
    pub assets: Assets,
    pub algorithm: Algorithm,
    pub token_ttl: Lifetime,
    pub sizes: TokenSizes,
    pub is_test_mode: bool,
    pub cors_origins: CorsOrigins,
    pub accounts: Accounts,
    pub store: Arc<dyn Store>,
    pub phone_limiter: Limiter,
    trusted_proxies: TrustedProxies,
    clock: Arc<dyn Clock>,
}

impl State {
    pub fn new(
        ring: KeyRing,
        clock: Arc<dyn Clock>,
        store: Arc<dyn Store>,
        settings: &Settings,
        address: SocketAddr,
    ) -> Self {
        let first_ring = Arc::new(ring);
        let ring = &first_ring;
        let origins = Origins::new(settings.public_url.as_ref(), address);
        Self {
            sizes: TokenSizes::measure(ring, clock.now()),
            cookie: SessionCookie::new(origins.is_https()),
            assets: Assets::new(settings.test_mode),
            algorithm: settings.algorithm,
            is_test_mode: settings.test_mode,
            cors_origins: settings.cors_origins.clone(),
            token_ttl: settings.token_ttl,
            accounts: match settings.credentials {
                Credentials::Any => Accounts::any(),
                Credentials::Users => Accounts::users(store.clone(), Limiter::new(settings.login_rate)),
            },
            phone_limiter: Limiter::new(settings.phone_rate),
            trusted_proxies: settings.trusted_proxies.clone(),
            session_key: *ring.session_key(),
            ring: RwLock::new(first_ring.clone()),
            first_ring,
            origins,
            store,
            clock,
        }
    }

    /// The clock with its hands within reach, in test mode.
    pub fn settable_clock(&self) -> Option<&Settable> {
        self.clock.settable()
    }

    /// The keys of the start.
    pub fn restore_ring(&self) {
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = self.first_ring.clone();
    }

    /// Forgets how often anybody asked.
    pub fn forget_counts(&self) {
        self.phone_limiter.forget();
        self.accounts.forget_tries();
    }

    /// The keys as they are now. A request that asks once sees one ring, whatever is replaced meanwhile.
    pub fn ring(&self) -> Arc<KeyRing> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on these keys sign and verify. What the session cookie is sealed with stays until the next start.
    pub fn replace_ring(&self, ring: KeyRing) {
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The address of the client, looked for behind trusted proxies. A line that is no text counts as a hop that cannot
    /// be read, and not as absent: else a client could hide what its proxy added to it.
    pub fn client(&self, request: &HttpRequest) -> IpAddr {
        let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
        let hops = request.headers().get_all("x-forwarded-for").map(|line| line.to_str().unwrap_or_default());
        self.trusted_proxies.client(peer, hops)
    }

    /// The verdict on a token, which for one with a `jti` asks the store.
    pub async fn settle(&self, judged: Judged) -> Result<Verdict, StoreError> {
        match judged {
            Judged::Final(verdict) => Ok(verdict),
            Judged::Pending(pending) => {
                let is_revoked = self.store.is_revoked(pending.profile(), pending.jti()).await?;
                Ok(pending.with_revocation(is_revoked))
            }
        }
    }

    /// The middleware that opens and seals the session cookie.
    pub fn sessions(&self) -> SessionMiddleware<CookieSessionStore> {
        self.cookie.middleware(&self.session_key)
    }
}

/// How long the tutorial's own token is under each algorithm, in bytes; `None` where it cannot be signed.
pub(super) struct TokenSizes {
    pub hs256: Option<usize>,
    pub rs256: Option<usize>,
}

impl TokenSizes {
    fn measure(ring: &KeyRing, now: DateTime<Utc>) -> Self {
        let size = |algorithm| {
            let token = demo::issue(ring, algorithm, &Subject::default(), Lifetime::default(), now);
            token.ok().map(|token| token.as_str().len())
        };
        Self { hs256: size(Algorithm::Hs256), rs256: size(Algorithm::Rs256) }
    }
}
