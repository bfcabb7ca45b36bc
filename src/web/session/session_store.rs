//! Where the state of a session is kept: in the cookie itself, or in Redis under a key that the cookie holds.
//!
//! The idea to know: the framework's middleware asks one [`SessionBackend`], whichever place stands behind it, for each
//! cookie that comes and opens; a request that brings none asks nothing. The middleware keeps the cause of a failure to
//! itself, so it is left in a place beside the request: a state that could not be read is a refusal for whoever wants
//! it (the [`Visitor`](super::session::Visitor) asks), and one that could not be kept takes the place of the answer.

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
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};

use crate::budget;
use crate::code::Code;
use crate::limits::{Decision, Memory, Rate};
use crate::redis::{Redis, RedisFailure};
use crate::web::http::problem::Problem;
use crate::web::session::STATE_HOURS;

const PREFIX: &str = "hallpass:session:";

/// How many sessions one client may begin in a minute where the server keeps them: ten for each pupil of a class that
/// shares an address.
const NEW: Rate = Rate::per_minute(300);

/// How long the server keeps a session whose cookie never came back. Nearly every browser sends it at once, with the
/// redirect; programs without a cookie jar never do.
const UNCONFIRMED_TTL: Duration = Duration::hours(1);

/// How long the server keeps any other session that nobody writes.
pub(in crate::web) const FULL_TTL: Duration = Duration::hours(STATE_HOURS);

type Entries = HashMap<String, String>;

tokio::task_local! {
    static REQUEST: RequestScope;
}

/// What the session store must know of the request under way, and what it has to tell it.
struct RequestScope {
    client: IpAddr,
    now: DateTime<Utc>,
    /// What failed.
    failure: RefCell<Option<Problem>>,
    /// Whether the session gets another key when it is kept.
    renews_key: Cell<bool>,
}

/// Carries out a request of this client, whose session may be away.
pub(in crate::web) async fn with_request_scope<T>(
    client: IpAddr,
    now: DateTime<Utc>,
    request: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let request = async { request.await.map_err(|error| take_failure().map_or(error, Error::from)) };
    let scope = RequestScope { client, now, failure: RefCell::default(), renews_key: Cell::new(false) };
    REQUEST.scope(scope, request).await
}

/// Why this request's session is not there, told once.
pub(in crate::web) fn take_failure() -> Option<Problem> {
    REQUEST.try_with(|request| request.failure.take()).ok().flatten()
}

/// Gives the session another key when it is kept, so that whoever knew the one before cannot read what is in it now.
/// Where the cookie is the state itself, a copy of it from before never shows what comes after.
pub(in crate::web) fn renew_key() {
    // A session that is changed outside a request is nobody's.
    let _ = REQUEST.try_with(|request| request.renews_key.set(true));
}

fn record_failure(problem: Problem) {
    // A session that is asked for outside a request has nobody to tell.
    let _ = REQUEST.try_with(|request| request.failure.replace(Some(problem)));
}

/// The one store of sessions that the middleware knows.
#[derive(Clone)]
pub(in crate::web) struct SessionBackend(Arc<dyn StateStorage>);

impl SessionBackend {
    pub fn in_cookie() -> Self {
        Self(Arc::new(CookieSessionStore::default()))
    }

    pub async fn in_redis(redis: Redis) -> Result<Self, RedisFailure> {
        let builder = RedisSessionStore::builder_pooled(redis.pool()).cache_keygen(redis_key);
        // A pool is there already, so this only puts the parts together.
        let store = builder.build().await.map_err(|error| redis_failure(&error))?;
        Ok(Self(Arc::new(InRedis { store, redis, new: Memory::new(NEW) })))
    }

    /// Whether the cookie holds the state itself, so that no copy of it can be revoked.
    pub fn are_cookies(&self) -> bool {
        self.0.is_cookie()
    }

    /// Whether a session could be read and kept now.
    pub async fn ping(&self) -> Result<(), RedisFailure> {
        self.0.ping().await
    }

    /// Forgets how many sessions anybody began.
    pub fn forget_counts(&self) {
        self.0.forget_counts();
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

    /// A session's time begins anew when it is written, and at no other time.
    async fn update_ttl(&self, _: &SessionKey, _: &Duration) -> Result<(), anyhow::Error> {
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        self.0.delete(key).await
    }
}

/// The framework's [`SessionStore`] in a form of which one can be chosen at the start.
#[async_trait(?Send)]
trait StateStorage: Send + Sync {
    fn is_cookie(&self) -> bool;

    async fn ping(&self) -> Result<(), RedisFailure>;

    fn forget_counts(&self);

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

    fn forget_counts(&self) {}

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

/// The framework's store in Redis, each of whose calls takes from the request's budget.
struct InRedis {
    store: RedisSessionStore,
    redis: Redis,
    /// How many sessions each client began. Every process counts for itself, so that beginning one needs no further
    /// server.
    new: Memory,
}

/// The key in Redis for the key of a session.
fn redis_key(key: &str) -> String {
    format!("{PREFIX}{key}")
}

impl InRedis {
    /// The state, which lives for its whole time once its cookie has come back.
    async fn read(&self, key: &SessionKey) -> Result<Option<Vec<u8>>, RedisFailure> {
        let place = redis_key(key.as_ref());
        let Some((state, seconds_left)) = self.redis.read(&place).await? else { return Ok(None) };
        if seconds_left <= UNCONFIRMED_TTL.whole_seconds() {
            // A server that takes no writes now can be read all the same.
            let _ = self.redis.extend(&place, FULL_TTL.whole_seconds()).await;
        }
        Ok(Some(state))
    }

    /// Refuses a client that begins sessions too often. Outside a request there is no client to count.
    fn count_new(&self) -> Result<(), SaveError> {
        let decision = REQUEST.try_with(|request| self.new.admit(request.client, request.now));
        let Ok(Decision::Refused { retry_after }) = decision else { return Ok(()) };
        record_failure(Problem::too_often(
            retry_after,
            "This client begins sessions too often; send the cookie of one.",
        ));
        Err(SaveError::Other(anyhow::anyhow!("no further session is begun")))
    }

    /// Keeps the state under another key, and removes the one before.
    async fn renew(&self, key: &SessionKey, entries: &Entries, ttl: &Duration) -> Result<SessionKey, UpdateError> {
        let state = serde_json::to_string(entries).map_err(|error| UpdateError::Serialization(error.into()))?;
        let new = new_key().map_err(UpdateError::Other)?;
        let places = [key, &new].map(|key| redis_key(key.as_ref()));
        let replaced = self.redis.replace([&places[0], &places[1]], &state, ttl.whole_seconds()).await;
        if replaced.map_err(|failure| UpdateError::Other(save_failed(failure)))? { Ok(new) } else { Err(has_ended()) }
    }
}

/// 384 random bits as text.
fn new_key() -> Result<SessionKey, anyhow::Error> {
    let mut bytes = [0; 48];
    SystemRandom::new().fill(&mut bytes).map_err(|_| anyhow::anyhow!("the system gave no random bytes"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes).try_into()?)
}

#[async_trait(?Send)]
impl StateStorage for InRedis {
    fn is_cookie(&self) -> bool {
        false
    }

    async fn ping(&self) -> Result<(), RedisFailure> {
        self.redis.check_writable().await
    }

    fn forget_counts(&self) {
        self.new.forget();
    }

    /// A state that cannot be read now looks empty to those who do not ask for it.
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

    /// A session that is gone by now stays gone. The framework's store would keep its state under another key, and so
    /// whoever writes while the owner logs out would carry it past the logout.
    async fn update(&self, key: SessionKey, entries: Entries, ttl: &Duration) -> Result<SessionKey, UpdateError> {
        if REQUEST.try_with(|request| request.renews_key.get()).unwrap_or(false) {
            return self.renew(&key, &entries, ttl).await;
        }
        let before = key.as_ref().to_owned();
        match budget::spend(self.store.update(key, entries, ttl)).await {
            None => Err(UpdateError::Other(save_failed(RedisFailure::Slow))),
            Some(Err(UpdateError::Other(error))) => Err(UpdateError::Other(save_failed(redis_failure(&error)))),
            Some(Ok(other)) if other.as_ref() != before => {
                // Nobody was told that key, so it does no harm if it stays until its end.
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

/// Leaves the refusal, and gives the middleware an error of its own.
fn save_failed(why: RedisFailure) -> anyhow::Error {
    record_failure(Problem::sessions_unavailable(&why));
    why.into()
}

/// Leaves the refusal of a request whose session is gone by now.
fn has_ended() -> UpdateError {
    let message = "The session ended while this request was answered, and nothing of it is kept; send it again.";
    record_failure(Problem::new(StatusCode::CONFLICT, Code::SessionEnded, message));
    UpdateError::Other(anyhow::anyhow!("the session ended"))
}

/// What the framework's store says, without the words of the server.
fn redis_failure(error: &anyhow::Error) -> RedisFailure {
    RedisFailure::in_chain(error.as_ref())
}
