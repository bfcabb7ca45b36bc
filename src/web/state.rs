//! What every request shares: built once, in the server's constructor.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_session::SessionMiddleware;
use actix_session::storage::CookieSessionStore;
use chrono::{DateTime, Utc};

use super::assets::Assets;
use super::security::Origins;
use super::session::SessionCookie;
use crate::clock::Clock;
use crate::keys::KeyRing;
use crate::profiles::demo::{self, Algorithm, Lifetime, Subject};
use crate::settings::Settings;

pub(super) struct State {
    pub ring: KeyRing,
    pub origins: Origins,
    pub cookie: SessionCookie,
    pub assets: Assets,
    pub algorithm: Algorithm,
    pub token_ttl: Lifetime,
    pub sizes: TokenSizes,
    clock: Arc<dyn Clock>,
}

impl State {
    pub fn new(ring: KeyRing, clock: Arc<dyn Clock>, settings: &Settings, address: SocketAddr) -> Self {
        let origins = Origins::new(settings.public_url.as_ref(), address);
        Self {
            sizes: TokenSizes::measure(&ring, clock.now()),
            cookie: SessionCookie::new(origins.is_https()),
            assets: Assets::new(),
            algorithm: settings.algorithm,
            token_ttl: settings.token_ttl,
            ring,
            origins,
            clock,
        }
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
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
