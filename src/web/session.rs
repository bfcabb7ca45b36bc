//! The visitor's session: the token and the chosen algorithm, behind one encrypted cookie.
//!
//! The cookie is encrypted with AES-256-GCM under `keys/session.key`: the browser stores it but cannot read it. It
//! holds the session's state, or the key of a state in Redis ([`SessionBackend`]). A state in a cookie cannot be
//! revoked: a copy from before a logout still works. So each state has a time of issue, and counts as empty after
//! twelve hours.

pub(super) mod logins;
pub(super) mod session_store;

use actix_session::config::{BrowserSession, CookieContentSecurity};
use actix_session::{Session, SessionExt as _, SessionMiddleware};
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, CookieJar, Key, SameSite};
use actix_web::dev::ServiceRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::web::Data;
use actix_web::{HttpMessage as _, HttpRequest};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use thiserror::Error;

use crate::clock::Clock;
use crate::code::Code;
use crate::keys::SESSION_KEY_BYTES;
use crate::lab::progress::KeySet;
use crate::profiles::demo::{self, DemoAlgorithm};
use crate::profiles::{Lifetime, Profile, lab};
use crate::web::http::cookie_header;
use crate::web::http::extractor::{FromHead, extractor};
use crate::web::http::problem::Problem;
use session_store::SessionBackend;

/// The largest state in bytes whose cookie fits into the 4096 bytes that browsers store: encryption adds 28 bytes,
/// base64 a third, and percent-encoding a sixteenth. A state in Redis has the same limit, so that a session can hold
/// the same with both stores.
pub(super) const LARGEST_STATE: usize = 2560;

/// How many hours after its issue a state is valid.
pub(super) const STATE_HOURS: i64 = 12;

const ENTRY: &str = "demo";

/// The cookie's name and attributes.
pub(super) struct SessionCookie {
    secure: bool,
}

/// An attribute of the `Set-Cookie` line, with its meaning.
pub(super) struct Attribute {
    pub text: &'static str,
    pub meaning: &'static str,
}

/// Left in a request's extensions by [`SessionCookie::check_cookies`]: why reading the session must be refused, if it
/// must.
struct CookieCheck(Option<Problem>);

impl SessionCookie {
    pub const fn new(secure: bool) -> Self {
        Self { secure }
    }

    /// With the `__Host-` prefix, browsers require `Secure`, `Path=/` and no `Domain`.
    pub const fn name(&self) -> &'static str {
        if self.secure { "__Host-hallpass" } else { "hallpass" }
    }

    pub fn middleware(
        &self,
        sessions: SessionBackend,
        key: &[u8; SESSION_KEY_BYTES],
    ) -> SessionMiddleware<SessionBackend> {
        SessionMiddleware::builder(sessions, Key::from(key))
            .cookie_name(self.name().to_owned())
            .cookie_content_security(CookieContentSecurity::Private)
            .session_lifecycle(BrowserSession::default().state_ttl(session_store::FULL_TTL))
            .cookie_http_only(true)
            .cookie_same_site(SameSite::Lax)
            .cookie_path("/".to_owned())
            .cookie_secure(self.secure)
            .build()
    }

    /// Whether the request's cookie was encrypted with this key.
    pub fn decrypts(&self, request: &HttpRequest, key: &[u8; SESSION_KEY_BYTES]) -> bool {
        let mut jar = CookieJar::new();
        request.cookie(self.name()).into_iter().for_each(|cookie| jar.add_original(cookie));
        jar.private(&Key::from(key)).get(self.name()).is_some()
    }

    /// The attributes of the `Set-Cookie` line, in order.
    pub fn attributes(&self) -> Vec<Attribute> {
        let mut attributes = vec![
            Attribute {
                text: "HttpOnly",
                meaning: "No script can read the cookie. Requests that a script makes still carry it.",
            },
            Attribute {
                text: "SameSite=Lax",
                meaning: "Other sites' POST forms and images do not carry it; a link or a GET form that leads here does.",
            },
            Attribute { text: "Path=/", meaning: "Every address of this host gets it. `Path` is not access control." },
        ];
        if self.secure {
            let meaning = "Only https carries it.";
            attributes.insert(2, Attribute { text: "Secure", meaning });
        }
        attributes
    }

    /// A cookie that makes the browser delete ours.
    pub fn removal(&self) -> Cookie<'static> {
        Cookie::build(self.name(), "")
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.secure)
            .max_age(Duration::ZERO)
            .finish()
    }

    /// The value of every cookie in the request with exactly our name.
    pub fn values(&self, headers: &HeaderMap) -> Vec<String> {
        cookie_header::values_named(headers, self.name())
    }

    /// The refusal if our cookie appears more than once.
    pub fn refusal(&self, headers: &HeaderMap) -> Option<Problem> {
        (self.values(headers).len() > 1).then(|| duplicate_cookie(self.name()))
    }

    /// Runs before the framework reads the session. Notes a refusal for [`Visitor`], and removes cookies that the
    /// framework would misread: it percent-decodes names, trims Unicode white space from them, and drops all cookies if
    /// one is not UTF-8.
    pub fn check_cookies(&self, request: &mut ServiceRequest) {
        let is_plain = cookie_header::is_plain(request.headers(), self.name());
        let refusal = if is_plain { None } else { self.refusal(request.headers()) };
        request.extensions_mut().insert(CookieCheck(refusal));
        if !is_plain {
            cookie_header::keep_only(request, self.name());
        }
    }
}

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

/// The session's state, as it is stored.
#[derive(Clone, Default, Serialize, Deserialize)]
struct SessionState {
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    algorithm: Option<DemoAlgorithm>,
    /// The keys that verify the token: the demo's, unless the lab put the token here.
    #[serde(default, skip_serializing_if = "TokenKeys::is_demo")]
    ring: TokenKeys,
    /// Whether the lab put the token here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_of_lab: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    lab: Option<LabNotes>,
    /// When this state was issued, in seconds since 1970.
    issued_at: i64,
}

/// Which keys verify the session's token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum TokenKeys {
    #[default]
    #[serde(rename = "demo")]
    Demo,
    /// The lab signed the token, and told the visitor so.
    #[serde(rename = "lab")]
    Lab,
}

impl TokenKeys {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands the field over by reference")]
    const fn is_demo(&self) -> bool {
        matches!(self, Self::Demo)
    }

    /// The profile whose tokens these keys verify.
    pub fn profile(self) -> &'static Profile {
        match self {
            Self::Demo => &demo::PROFILE,
            Self::Lab => &lab::PROFILE,
        }
    }
}

/// The visitor's progress in the lab.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LabNotes {
    /// The keys of the lessons that were solved. Earlier versions stored bits by position here, named `l`; those are
    /// not read any more, nor is `a` for attacks, and no session is older than [`STATE_HOURS`].
    #[serde(default, rename = "s", skip_serializing_if = "KeySet::is_empty")]
    pub solved: KeySet,
    /// The keys of the attacks that were tried.
    #[serde(default, rename = "t", skip_serializing_if = "KeySet::is_empty")]
    pub tried: KeySet,
    /// An id for the visitor's own keys; empty until a lesson needs it.
    #[serde(default, rename = "v", skip_serializing_if = "String::is_empty")]
    pub visitor: String,
    /// The numbers of the visitor's own keys that verify, from the oldest to the one that signs.
    #[serde(default, rename = "k")]
    pub keys: (u32, u32),
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

/// The state would make a cookie so large that browsers silently drop it.
#[derive(Debug, Error)]
#[error("the session would hold {bytes} bytes, and a cookie of 4096 bytes has room for {LARGEST_STATE}")]
pub(super) struct TooLargeForCookie {
    bytes: usize,
}

impl From<TooLargeForCookie> for Problem {
    fn from(error: TooLargeForCookie) -> Self {
        let message = format!("The token is not kept: {error}.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, Code::TokenTooLarge, message)
    }
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
    pub fn keep_token(&mut self, token: String, now: DateTime<Utc>) -> Result<(), TooLargeForCookie> {
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
    ) -> Result<(), TooLargeForCookie> {
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
    ) -> Result<(), TooLargeForCookie> {
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
    pub fn note(&mut self, notes: LabNotes, now: DateTime<Utc>) -> Result<(), TooLargeForCookie> {
        let lab = (notes != LabNotes::default()).then_some(notes);
        if lab == self.state.lab { Ok(()) } else { self.keep(SessionState { lab, ..self.state.clone() }, now) }
    }

    /// Changes the algorithm. The token stays, so that the visitor can see it refused.
    pub fn choose(&mut self, algorithm: DemoAlgorithm, now: DateTime<Utc>) -> Result<(), TooLargeForCookie> {
        self.keep(SessionState { algorithm: Some(algorithm), ..self.state.clone() }, now)
    }

    #[expect(clippy::expect_used, reason = "what is JSON already needs no serialising")]
    fn keep(&mut self, state: SessionState, now: DateTime<Utc>) -> Result<(), TooLargeForCookie> {
        let state = SessionState { issued_at: now.timestamp(), ..state };
        let text = state.to_json()?;
        self.session.insert(ENTRY, text).expect("JSON is written as it is");
        self.state = state;
        Ok(())
    }
}

impl SessionState {
    /// The state as JSON, if it is small enough. It is raw, so that the session does not serialize it a second time.
    #[expect(clippy::expect_used, reason = "texts and numbers have a JSON form")]
    fn to_json(&self) -> Result<Box<RawValue>, TooLargeForCookie> {
        let text = to_raw_value(self).expect("texts and numbers have a JSON form");
        let bytes = text.get().len();
        if bytes > LARGEST_STATE { Err(TooLargeForCookie { bytes }) } else { Ok(text) }
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

fn duplicate_cookie(name: &str) -> Problem {
    let message = format!(
        "Two cookies named {name} were sent. An attacker can plant one, so neither is used. Log out to delete ours; \
         delete the other in the browser's settings for this site."
    );
    Problem::new(StatusCode::BAD_REQUEST, Code::DuplicateCookie, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::attacks::Attack;
    use crate::lab::lessons::LESSONS;

    #[test]
    fn progress_that_was_kept_by_place_is_dropped_and_the_visitor_s_keys_stay() {
        let state: SessionState =
            serde_json::from_str(r#"{"lab":{"l":65535,"a":4398046511102,"v":"me","k":[1,2]},"issued_at":1}"#).unwrap();
        let notes = state.lab.unwrap();
        assert!(notes.solved.is_empty() && notes.tried.is_empty());
        assert_eq!((notes.visitor.as_str(), notes.keys), ("me", (1, 2)));
    }

    #[test]
    fn the_whole_progress_leaves_most_of_a_session_to_the_token() {
        let mut notes = LabNotes { visitor: "x".repeat(22), keys: (98, 99), ..LabNotes::default() };
        for lesson in LESSONS.iter() {
            notes.solved.insert(lesson.key);
        }
        Attack::all().for_each(|attack| notes.tried.insert(attack.key));
        let state = SessionState { lab: Some(notes), ..SessionState::default() };
        let bytes = state.to_json().unwrap().get().len();
        assert!(bytes < LARGEST_STATE / 8, "{bytes} bytes");
    }
}
