//! The visitor's session: the token and the chosen algorithm, behind one encrypted cookie.
//!
//! The cookie is encrypted with AES-256-GCM under `keys/session.key`: the browser stores it but cannot read it. It
//! holds the session's state, or the key of a state in Redis ([`SessionBackend`]). A state in a cookie cannot be
//! revoked: a copy from before a logout still works. So each state has a time of issue, and counts as empty after
//! twelve hours.

pub(super) mod class;
mod cookie;
pub(super) mod logins;
mod progress_cookie;
mod seal;
pub(super) mod session_store;
mod state;

use actix_session::{Session, SessionExt as _, SessionMiddleware};
use actix_web::web::Data;
use actix_web::{HttpMessage as _, HttpRequest};
use chrono::{DateTime, TimeDelta, Utc};

use crate::clock::Clock;
use crate::code::Code;
use crate::keys::SESSION_KEY_BYTES;
use crate::profiles::Lifetime;
use crate::profiles::demo::DemoAlgorithm;
use crate::web::http::extractor::{FromHead, extractor};
use crate::web::http::problem::Problem;
use cookie::CookieCheck;
pub(super) use cookie::{Attribute, SessionCookie};
use session_store::SessionBackend;
pub(super) use state::{LabNotes, STATE_HOURS, TokenKeys};
use state::{SessionState, SessionTooLarge};

/// The state's key in the framework's session.
const ENTRY: &str = "demo";

/// How this server keeps sessions, and which tokens they get.
pub(in crate::web) struct Sessions {
    pub cookie: SessionCookie,
    /// The key that encrypts the cookie.
    pub key: [u8; SESSION_KEY_BYTES],
    pub backend: SessionBackend,
    /// For visitors who have not chosen an algorithm.
    pub default_algorithm: DemoAlgorithm,
    /// For tokens whose lifetime nobody chose.
    pub default_lifetime: Lifetime,
    pub clock: Data<dyn Clock>,
}

impl Sessions {
    /// The middleware that decrypts and encrypts the session cookie.
    pub fn middleware(&self) -> SessionMiddleware<SessionBackend> {
        self.cookie.middleware(self.backend.clone(), &self.key)
    }
}

/// Why the session of a cookie counts as empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    /// It was issued over [`STATE_HOURS`] ago.
    Stale,
    /// The cookie does not decrypt.
    Unreadable,
    /// The cookie is good, but its session no longer exists.
    Gone,
}

impl Unusable {
    pub const fn code(self) -> Code {
        match self {
            Self::Stale | Self::Gone => Code::NoToken,
            Self::Unreadable => Code::SessionUnreadable,
        }
    }

    /// The cause, for pages and verdicts.
    pub fn message(self) -> String {
        match self {
            Self::Stale => format!("the session was issued over {STATE_HOURS} hours ago, so it counts as empty"),
            Self::Unreadable => {
                "the session cookie cannot be opened: it was changed, or encrypted with another key".to_owned()
            }
            Self::Gone => {
                "the session that this cookie belongs to no longer exists: you logged out, or it ended".to_owned()
            }
        }
    }
}

/// The session of the visitor who sent the request, with a typed interface.
pub(super) struct Visitor {
    session: Session,
    state: SessionState,
    default_algorithm: DemoAlgorithm,
    /// Why the cookie's session counts as empty, if it does.
    pub unusable: Option<Unusable>,
}

impl Visitor {
    fn open(session: Session, default_algorithm: DemoAlgorithm, now: DateTime<Utc>) -> Self {
        let found: Option<SessionState> = session.get(ENTRY).ok().flatten();
        let oldest = (now - TimeDelta::hours(STATE_HOURS)).timestamp();
        let is_stale = found.as_ref().is_some_and(|state| state.issued_at <= oldest);
        let state = found.filter(|_| !is_stale).unwrap_or_default();
        Self { session, state, default_algorithm, unusable: is_stale.then_some(Unusable::Stale) }
    }

    /// Finds out why a non-empty cookie led to no session.
    fn with_cookie_error(mut self, request: &HttpRequest, sessions: &Sessions) -> Self {
        let is_sent = || sessions.cookie.values(request.headers()).iter().any(|value| !value.is_empty());
        if self.unusable.is_none() && !self.is_open() && is_sent() {
            let decrypts = sessions.cookie.decrypts(request, &sessions.key);
            self.unusable = Some(if decrypts { Unusable::Gone } else { Unusable::Unreadable });
        }
        self
    }

    /// Whether the request's cookie decrypted and its session holds something.
    pub fn is_open(&self) -> bool {
        self.state.issued_at != 0
    }

    pub fn token(&self) -> Option<&str> {
        self.state.token.as_deref()
    }

    /// The algorithm that signs this visitor's tokens, and the only one that verifies them.
    pub fn algorithm(&self) -> DemoAlgorithm {
        self.state.algorithm.unwrap_or(self.default_algorithm)
    }

    /// Which keys verify the token.
    pub fn token_keys(&self) -> TokenKeys {
        self.state.ring
    }

    /// Whether the lab put the token here, with either keys.
    pub fn is_of_lab(&self) -> bool {
        self.state.is_of_lab
    }

    /// What the lab remembers.
    pub fn lab(&self) -> LabNotes {
        self.state.lab.clone().unwrap_or_default()
    }

    /// Stores the token under a new session key. An attacker may have planted the old session's cookie in the visitor's
    /// browser, and must not be able to read this token (session fixation).
    pub fn keep_token(&mut self, token: String, now: DateTime<Utc>) -> Result<(), SessionTooLarge> {
        session_store::renew_key();
        self.keep(
            SessionState { token: Some(token), ring: TokenKeys::Demo, is_of_lab: false, ..self.state.clone() },
            now,
        )
    }

    /// Stores a token from the lab, to be verified with these keys and this algorithm.
    pub fn put(
        &mut self,
        token: String,
        ring: TokenKeys,
        algorithm: DemoAlgorithm,
        now: DateTime<Utc>,
    ) -> Result<(), SessionTooLarge> {
        session_store::renew_key();
        self.keep(self.with(token, ring, algorithm, now), now)
    }

    /// Whether [`put`](Self::put) would succeed.
    pub fn has_room(
        &self,
        token: String,
        ring: TokenKeys,
        algorithm: DemoAlgorithm,
        now: DateTime<Utc>,
    ) -> Result<(), SessionTooLarge> {
        self.with(token, ring, algorithm, now).to_json().map(drop)
    }

    fn with(&self, token: String, ring: TokenKeys, algorithm: DemoAlgorithm, now: DateTime<Utc>) -> SessionState {
        let issued_at = now.timestamp();
        SessionState {
            token: Some(token),
            ring,
            is_of_lab: true,
            algorithm: Some(algorithm),
            issued_at,
            ..self.state.clone()
        }
    }

    /// Stores the lab's notes; stores nothing if they are empty.
    pub fn note(&mut self, notes: LabNotes, now: DateTime<Utc>) -> Result<(), SessionTooLarge> {
        let lab = (notes != LabNotes::default()).then_some(notes);
        if lab == self.state.lab { Ok(()) } else { self.keep(SessionState { lab, ..self.state.clone() }, now) }
    }

    /// Changes the algorithm. The token stays, so that the visitor can see it refused.
    pub fn choose(&mut self, algorithm: DemoAlgorithm, now: DateTime<Utc>) -> Result<(), SessionTooLarge> {
        self.keep(SessionState { algorithm: Some(algorithm), ..self.state.clone() }, now)
    }

    #[expect(clippy::expect_used, reason = "what is JSON already needs no serialising")]
    fn keep(&mut self, state: SessionState, now: DateTime<Utc>) -> Result<(), SessionTooLarge> {
        let state = SessionState { issued_at: now.timestamp(), ..state };
        let text = state.to_json()?;
        self.session.insert(ENTRY, text).expect("JSON is written as it is");
        self.state = state;
        Ok(())
    }
}

impl FromHead for Visitor {
    fn from_head(request: &HttpRequest) -> Result<Self, Problem> {
        let sessions = Data::<Sessions>::from_head(request)?;
        match request.extensions().get() {
            Some(CookieCheck(None)) => {}
            Some(CookieCheck(Some(problem))) => return Err(problem.clone()),
            None => return Err(Problem::broken("a session is read that did not come through the request pipeline")),
        }
        if let Some(problem) = session_store::take_failure() {
            return Err(problem);
        }
        let visitor = Self::open(request.get_session(), sessions.default_algorithm, sessions.clock.now());
        Ok(visitor.with_cookie_error(request, &sessions))
    }
}

extractor!(Visitor);
