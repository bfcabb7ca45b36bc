//! Stores session state: in the cookie itself, or in Redis under a key that the cookie holds.
//!
//! The framework's middleware calls one [`SessionBackend`] for each request whose cookie decrypts. The middleware hides
//! why a call failed, so the backend records the failure in a task-local [`RequestScope`]. If the state could not be
//! read, [`Visitor`](super::Visitor) refuses the request. If it could not be saved, the failure replaces the
//! response.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use actix_session::storage::{
    CookieSessionStore, LoadError, RedisSessionStore, SaveError, SessionKey, SessionStore, UpdateError,
};
use actix_web::Error;
use actix_web::cookie::time::Duration;
use actix_web::http::StatusCode;
use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};

use crate::budget;
use crate::code::Code;
use crate::limits::{Decision, MemoryCounters, Rate};
use crate::random::Random;
use crate::redis::{Redis, RedisFailure};
use crate::web::http::problem::Problem;
use crate::web::session::state::STATE_HOURS;

const PREFIX: &str = "hallpass:session:";

/// How many sessions in Redis one client may begin in a minute: ten for each pupil of a class that shares an address.
const NEW_SESSIONS_PER_CLIENT: Rate = Rate::per_minute(300);

/// How long a session is stored if its cookie never comes back. Nearly every browser sends it at once, with the
/// redirect; programs that store no cookies never do.
const UNCONFIRMED_TTL: Duration = Duration::hours(1);

/// How long a session is stored after its cookie first comes back, and after each write.
pub(in crate::web) const FULL_TTL: Duration = Duration::hours(STATE_HOURS);

type Entries = HashMap<String, String>;

tokio::task_local! {
    static REQUEST: RequestScope;
}

/// What the session store needs to know about the current request, and what it reports back.
struct RequestScope {
    client: IpAddr,
    now: DateTime<Utc>,
    /// Set when reading or saving the session failed.
    failure: RefCell<Option<Problem>>,
    /// Whether the session gets a new key when it is saved.
    renews_key: Cell<bool>,
}

/// Runs a request of this client. If it failed because of the session store, returns that failure.
pub(in crate::web) async fn with_request_scope<T>(
    client: IpAddr,
    now: DateTime<Utc>,
    request: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let request = async { request.await.map_err(|error| take_failure().map_or(error, Error::from)) };
    let scope = RequestScope { client, now, failure: RefCell::default(), renews_key: Cell::new(false) };
    REQUEST.scope(scope, request).await
}

/// Takes the recorded failure of this request's session, if any.
pub(in crate::web) fn take_failure() -> Option<Problem> {
    REQUEST.try_with(|request| request.failure.take()).ok().flatten()
}

/// Gives the session a new key when it is saved, so that someone who knows the old key cannot read the new state. With
/// the state in the cookie this is not needed: an old copy never shows the new state.
pub(in crate::web) fn renew_key() {
    // Outside a request there is no session to renew.
    let _ = REQUEST.try_with(|request| request.renews_key.set(true));
}

fn record_failure(problem: Problem) {
    // Outside a request there is nobody to report to.
    let _ = REQUEST.try_with(|request| request.failure.replace(Some(problem)));
}

/// The session store that the middleware uses: the cookie or Redis, chosen at startup.
#[derive(Clone)]
pub(in crate::web) struct SessionBackend(Arc<dyn StateStorage>);

impl SessionBackend {
    pub fn in_cookie() -> Self {
        Self(Arc::new(CookieSessionStore::default()))
    }

    pub async fn in_redis(redis: Redis, random: Random) -> Result<Self, RedisFailure> {
        let builder = RedisSessionStore::builder_pooled(redis.pool()).cache_keygen(redis_key);
        // The pool exists already, so this does not connect.
        let store = builder.build().await.map_err(|error| redis_failure(&error))?;
        Ok(Self(Arc::new(InRedis { store, redis, random, new: MemoryCounters::new(NEW_SESSIONS_PER_CLIENT) })))
    }

    /// Whether the state is in the cookie, so that copies of it cannot be revoked.
    pub fn are_cookies(&self) -> bool {
        self.0.is_cookie()
    }

    /// Whether sessions can be read and saved now.
    pub async fn ping(&self) -> Result<(), RedisFailure> {
        self.0.ping().await
    }

    /// Resets the counts of new sessions.
    pub fn reset_counts(&self) {
        self.0.reset_counts();
    }
}

impl SessionStore for SessionBackend {
    async fn load(&self, key: &SessionKey) -> Result<Option<Entries>, LoadError> {
        self.0.load(key).await
    }

    async fn save(&self, entries: Entries, ttl: &Duration) -> Result<SessionKey, SaveError> {
        self.0.save(entries, ttl).await
    }

    async fn update(&self, key: SessionKey, entries: Entries, ttl: &Duration) -> Result<SessionKey, UpdateError> {
        self.0.update(key, entries, ttl).await
    }

    /// Does nothing. Only a write extends the life of a session, or a read in its last hour.
    async fn update_ttl(&self, _: &SessionKey, _: &Duration) -> Result<(), anyhow::Error> {
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        self.0.delete(key).await
    }
}

/// The framework's [`SessionStore`] as a trait object, so that it can be chosen at startup.
#[async_trait(?Send)]
trait StateStorage: Send + Sync {
    fn is_cookie(&self) -> bool;

    async fn ping(&self) -> Result<(), RedisFailure>;

    fn reset_counts(&self);

    async fn load(&self, key: &SessionKey) -> Result<Option<Entries>, LoadError>;

    async fn save(&self, entries: Entries, ttl: &Duration) -> Result<SessionKey, SaveError>;

    async fn update(&self, key: SessionKey, entries: Entries, ttl: &Duration) -> Result<SessionKey, UpdateError>;

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error>;
}

#[async_trait(?Send)]
impl StateStorage for CookieSessionStore {
    fn is_cookie(&self) -> bool {
        true
    }

    async fn ping(&self) -> Result<(), RedisFailure> {
        Ok(())
    }

    fn reset_counts(&self) {}

    async fn load(&self, key: &SessionKey) -> Result<Option<Entries>, LoadError> {
        SessionStore::load(self, key).await
    }

    async fn save(&self, entries: Entries, ttl: &Duration) -> Result<SessionKey, SaveError> {
        SessionStore::save(self, entries, ttl).await
    }

    async fn update(&self, key: SessionKey, entries: Entries, ttl: &Duration) -> Result<SessionKey, UpdateError> {
        SessionStore::update(self, key, entries, ttl).await
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        SessionStore::delete(self, key).await
    }
}

/// The framework's Redis store. Its calls count against the request's time budget.
struct InRedis {
    store: RedisSessionStore,
    redis: Redis,
    random: Random,
    /// How many sessions each client began. Each process counts its own, so that no rate store is needed.
    new: MemoryCounters,
}

/// The Redis key of a session.
fn redis_key(key: &str) -> String {
    format!("{PREFIX}{key}")
}

impl InRedis {
    /// The state. A session that has an hour left at most gets its full lifetime: its cookie came back.
    async fn read(&self, key: &SessionKey) -> Result<Option<Vec<u8>>, RedisFailure> {
        let place = redis_key(key.as_ref());
        let Some((state, seconds_left)) = self.redis.read(&place).await? else { return Ok(None) };
        if seconds_left <= UNCONFIRMED_TTL.whole_seconds() {
            // Reading must work even if Redis accepts no writes now.
            let _ = self.redis.extend(&place, FULL_TTL.whole_seconds()).await;
        }
        Ok(Some(state))
    }

    /// Refuses a client that begins sessions too often. Outside a request nothing is counted.
    fn count_new(&self) -> Result<(), SaveError> {
        let decision = REQUEST.try_with(|request| self.new.admit(request.client, request.now));
        let Ok(Decision::Refused { retry_after }) = decision else { return Ok(()) };
        record_failure(Problem::too_often(
            retry_after,
            "This client begins sessions too often; send the cookie of one.",
        ));
        Err(SaveError::Other(anyhow::anyhow!("no further session is begun")))
    }

    /// Saves the state under a new key, and deletes the old one.
    async fn renew(&self, key: &SessionKey, entries: &Entries, ttl: &Duration) -> Result<SessionKey, UpdateError> {
        let state = serde_json::to_string(entries).map_err(|error| UpdateError::Serialization(error.into()))?;
        let new = new_key(&self.random).map_err(UpdateError::Other)?;
        let places = [key, &new].map(|key| redis_key(key.as_ref()));
        let replaced = self.redis.replace([&places[0], &places[1]], &state, ttl.whole_seconds()).await;
        if replaced.map_err(|failure| UpdateError::Other(save_failed(failure)))? { Ok(new) } else { Err(has_ended()) }
    }
}

/// 384 random bits as text.
fn new_key(random: &Random) -> Result<SessionKey, anyhow::Error> {
    Ok(URL_SAFE_NO_PAD.encode(random.bytes::<48>()?).try_into()?)
}

#[async_trait(?Send)]
impl StateStorage for InRedis {
    fn is_cookie(&self) -> bool {
        false
    }

    async fn ping(&self) -> Result<(), RedisFailure> {
        self.redis.check_writable().await
    }

    fn reset_counts(&self) {
        self.new.reset();
    }

    /// If the state cannot be read, records the failure and returns an empty state, so that requests which do not need
    /// the session still work.
    async fn load(&self, key: &SessionKey) -> Result<Option<Entries>, LoadError> {
        let why = match self.read(key).await {
            Ok(None) => return Ok(None),
            Ok(Some(state)) => {
                let entries = serde_json::from_slice(&state);
                return entries.map(Some).map_err(|error| LoadError::Deserialization(error.into()));
            }
            Err(kind @ RedisFailure::OtherKind) => return Err(LoadError::Deserialization(kind.into())),
            Err(failure) => failure,
        };
        record_failure(Problem::sessions_unavailable(&why));
        Ok(Some(Entries::new()))
    }

    async fn save(&self, entries: Entries, _: &Duration) -> Result<SessionKey, SaveError> {
        self.count_new()?;
        match budget::spend(self.store.save(entries, &UNCONFIRMED_TTL)).await {
            None => Err(SaveError::Other(save_failed(RedisFailure::Slow))),
            Some(Err(SaveError::Other(error))) => Err(SaveError::Other(save_failed(redis_failure(&error)))),
            Some(answer) => answer,
        }
    }

    /// Does not bring a deleted session back. The framework's store would save the state under a new key, so a request
    /// that writes during a logout would undo the logout.
    async fn update(&self, key: SessionKey, entries: Entries, ttl: &Duration) -> Result<SessionKey, UpdateError> {
        if REQUEST.try_with(|request| request.renews_key.get()).unwrap_or(false) {
            return self.renew(&key, &entries, ttl).await;
        }
        let before = key.as_ref().to_owned();
        match budget::spend(self.store.update(key, entries, ttl)).await {
            None => Err(UpdateError::Other(save_failed(RedisFailure::Slow))),
            Some(Err(UpdateError::Other(error))) => Err(UpdateError::Other(save_failed(redis_failure(&error)))),
            Some(Ok(other)) if other.as_ref() != before => {
                // Nobody knows this key, so it is harmless if the deletion fails.
                let _ = budget::spend(self.store.delete(&other)).await;
                Err(has_ended())
            }
            Some(answer) => answer,
        }
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        match budget::spend(self.store.delete(key)).await {
            None => Err(save_failed(RedisFailure::Slow)),
            Some(answer) => answer.map_err(|error| save_failed(redis_failure(&error))),
        }
    }
}

/// Records the refusal, and returns an error for the middleware.
fn save_failed(why: RedisFailure) -> anyhow::Error {
    record_failure(Problem::sessions_unavailable(&why));
    why.into()
}

/// Records the refusal of a request whose session was deleted meanwhile.
fn has_ended() -> UpdateError {
    let message = "The session ended while this request was answered, and nothing of it is kept; send it again.";
    record_failure(Problem::new(StatusCode::CONFLICT, Code::SessionEnded, message));
    UpdateError::Other(anyhow::anyhow!("the session ended"))
}

/// The cause of a failure in the framework's store, without the server's own text.
fn redis_failure(error: &anyhow::Error) -> RedisFailure {
    RedisFailure::in_chain(error.as_ref())
}
