//! What every request shares: built once, in the server's constructor.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use actix_session::SessionMiddleware;
use actix_session::storage::CookieSessionStore;
use actix_web::HttpRequest;
use chrono::{DateTime, Utc};

use super::assets::Assets;
use super::security::Origins;
use super::session::SessionCookie;
use crate::accounts::Accounts;
use crate::clock::Clock;
use crate::keys::KeyRing;
use crate::limits::{Limiter, TrustedProxies};
use crate::profiles::Lifetime;
use crate::profiles::demo::{self, Algorithm, Subject};
use crate::settings::{Credentials, Settings};
use crate::store::Store;

pub(super) struct State {
    pub ring: KeyRing,
    pub origins: Origins,
    pub cookie: SessionCookie,
    pub assets: Assets,
    pub algorithm: Algorithm,
    pub token_ttl: Lifetime,
    pub sizes: TokenSizes,
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
        let origins = Origins::new(settings.public_url.as_ref(), address);
        Self {
            sizes: TokenSizes::measure(&ring, clock.now()),
            cookie: SessionCookie::new(origins.is_https()),
            assets: Assets::new(),
            algorithm: settings.algorithm,
            token_ttl: settings.token_ttl,
            accounts: match settings.credentials {
                Credentials::Any => Accounts::any(),
                Credentials::Users => Accounts::users(store.clone(), Limiter::new(settings.login_rate)),
            },
            phone_limiter: Limiter::new(settings.phone_rate),
            trusted_proxies: settings.trusted_proxies.clone(),
            ring,
            origins,
            store,
            clock,
        }
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

    /// The middleware that opens and seals the session cookie.
    pub fn sessions(&self) -> SessionMiddleware<CookieSessionStore> {
        self.cookie.middleware(self.ring.session_key())
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
