//! Where the state of a session is kept: in the cookie itself, or in Redis under a key that the cookie holds.
//!
//! The idea to know: the framework's middleware asks one [`Sessions`], whichever place stands behind it, for each
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
use crate::redis::{Away, Redis};
use crate::web::http::problem::Problem;
use crate::web::session::STATE_HOURS;

const PREFIX: &str = "hallpass:session:";

/// How many sessions one client may begin in a minute where the server keeps them: ten for each pupil of a class that
/// shares an address.
const NEW: Rate = Rate::per_minute(300);

/// How long the server keeps a session whose cookie never came back. Nearly every browser sends it at once, with the
/// redirect; programs without a cookie jar never do.
const UNCONFIRMED: Duration = Duration::hours(1);

/// How long the server keeps any other session that nobody writes.
pub(in crate::web) const WHOLE_LIFE: Duration = Duration::hours(STATE_HOURS);

type Entries = HashMap<String, String>;

tokio::task_local! {
    static REQUEST: Asking;
}

/// What the session store must know of the request under way, and what it has to tell it.
struct Asking {
    client: IpAddr,
    now: DateTime<Utc>,
    /// What failed.
    trouble: RefCell<Option<Problem>>,
    /// Whether the session gets another key when it is kept.
    renews_key: Cell<bool>,
}

/// Carries out a request of this client, whose session may be away.
pub(in crate::web) async fn watched<T>(
    client: IpAddr,
    now: DateTime<Utc>,
    request: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let request = async { request.await.map_err(|error| trouble().map_or(error, Error::from)) };
    let asking = Asking { client, now, trouble: RefCell::default(), renews_key: Cell::new(false) };
    REQUEST.scope(asking, request).await
}

/// Why this request's session is not there, told once.
pub(in crate::web) fn trouble() -> Option<Problem> {
    REQUEST.try_with(|request| request.trouble.take()).ok().flatten()
}

/// Gives the session another key when it is kept, so that whoever knew the one before cannot read what is in it now.
/// Where the cookie is the state itself, a copy of it from before never shows what comes after.
pub(in crate::web) fn renew_key() {
    // A session that is changed outside a request is nobody's.
    let _ = REQUEST.try_with(|request| request.renews_key.set(true));
}

fn leave(problem: Problem) {
    // A session that is asked for outside a request has nobody to tell.
    let _ = REQUEST.try_with(|request| request.trouble.replace(Some(problem)));
}

/// The one store of sessions that the middleware knows.
#[derive(Clone)]
pub(in crate::web) struct Sessions(Arc<dyn Place>);

impl Sessions {
    pub fn in_cookie() -> Self {
        Self(Arc::new(CookieSessionStore::default()))
    }

    pub async fn in_redis(redis: Redis) -> Result<Self, Away> {
        let builder = RedisSessionStore::builder_pooled(redis.pool()).cache_keygen(place_of);
        // A pool is there already, so this only puts the parts together.
        let store = builder.build().await.map_err(|error| away(&error))?;
        Ok(Self(Arc::new(InRedis { store, redis, new: Memory::new(NEW) })))
    }

    /// Whether the cookie holds the state itself, so that no copy of it can be revoked.
    pub fn are_cookies(&self) -> bool {
        self.0.is_cookie()
    }

    /// Whether a session could be read and kept now.
    pub async fn ping(&self) -> Result<(), Away> {
        self.0.ping().await
    }

    /// Forgets how many sessions anybody began.
    pub fn forget_counts(&self) {
        self.0.forget_counts();
    }
}

impl SessionStore for Sessions {
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
trait Place: Send + Sync {
    fn is_cookie(&self) -> bool;

    async fn ping(&self) -> Result<(), Away>;

    fn forget_counts(&self);

    async fn load(&self, key: &SessionKey) -> Result<Option<Entries>, LoadError>;

    async fn save(&self, entries: Entries, ttl: &Duration) -> Result<SessionKey, SaveError>;

    async fn update(&self, key: SessionKey, entries: Entries, ttl: &Duration) -> Result<SessionKey, UpdateError>;

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error>;
}

#[async_trait(?Send)]
impl Place for CookieSessionStore {
    fn is_cookie(&self) -> bool {
        true
    }

    async fn ping(&self) -> Result<(), Away> {
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
fn place_of(key: &str) -> String {
    format!("{PREFIX}{key}")
}

impl InRedis {
    /// The state, which lives for its whole time once its cookie has come back.
    async fn read(&self, key: &SessionKey) -> Result<Option<Vec<u8>>, Away> {
        let place = place_of(key.as_ref());
        let Some((state, seconds_left)) = self.redis.read(&place).await? else { return Ok(None) };
        if seconds_left <= UNCONFIRMED.whole_seconds() {
            // A server that takes no writes now can be read all the same.
            let _ = self.redis.extend(&place, WHOLE_LIFE.whole_seconds()).await;
        }
        Ok(Some(state))
    }

    /// Refuses a client that begins sessions too often. Outside a request there is no client to count.
    fn count_new(&self) -> Result<(), SaveError> {
        let decision = REQUEST.try_with(|request| self.new.admit(request.client, request.now));
        let Ok(Decision::Refused { retry_after }) = decision else { return Ok(()) };
        leave(Problem::too_often(retry_after, "This client begins sessions too often; send the cookie of one."));
        Err(SaveError::Other(anyhow::anyhow!("no further session is begun")))
    }

    /// Keeps the state under another key, and removes the one before.
    async fn renew(&self, key: &SessionKey, entries: &Entries, ttl: &Duration) -> Result<SessionKey, UpdateError> {
        let state = serde_json::to_string(entries).map_err(|error| UpdateError::Serialization(error.into()))?;
        let new = new_key().map_err(UpdateError::Other)?;
        let places = [key, &new].map(|key| place_of(key.as_ref()));
        let replaced = self.redis.replace([&places[0], &places[1]], &state, ttl.whole_seconds()).await;
        if replaced.map_err(|away| UpdateError::Other(not_kept(away)))? { Ok(new) } else { Err(has_ended()) }
    }
}

/// 384 random bits as text.
fn new_key() -> Result<SessionKey, anyhow::Error> {
    let mut bytes = [0; 48];
    SystemRandom::new().fill(&mut bytes).map_err(|_| anyhow::anyhow!("the system gave no random bytes"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes).try_into()?)
}

#[async_trait(?Send)]
impl Place for InRedis {
    fn is_cookie(&self) -> bool {
        false
    }

    async fn ping(&self) -> Result<(), Away> {
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
            Err(kind @ Away::OtherKind) => return Err(LoadError::Deserialization(kind.into())),
            Err(away) => away,
        };
        leave(Problem::sessions_away(&why));
        Ok(Some(Entries::new()))
    }

    async fn save(&self, entries: Entries, _: &Duration) -> Result<SessionKey, SaveError> {
        self.count_new()?;
        match budget::spend(self.store.save(entries, &UNCONFIRMED)).await {
            None => Err(SaveError::Other(not_kept(Away::Slow))),
            Some(Err(SaveError::Other(error))) => Err(SaveError::Other(not_kept(away(&error)))),
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
            None => Err(UpdateError::Other(not_kept(Away::Slow))),
            Some(Err(UpdateError::Other(error))) => Err(UpdateError::Other(not_kept(away(&error)))),
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
            None => Err(not_kept(Away::Slow)),
            Some(answer) => answer.map_err(|error| not_kept(away(&error))),
        }
    }
}

/// Leaves the refusal, and gives the middleware an error of its own.
fn not_kept(why: Away) -> anyhow::Error {
    leave(Problem::sessions_away(&why));
    why.into()
}

/// Leaves the refusal of a request whose session is gone by now.
fn has_ended() -> UpdateError {
    let message = "The session ended while this request was answered, and nothing of it is kept; send it again.";
    leave(Problem::new(StatusCode::CONFLICT, Code::SessionEnded, message));
    UpdateError::Other(anyhow::anyhow!("the session ended"))
}

/// What the framework's store says, without the words of the server.
fn away(error: &anyhow::Error) -> Away {
    Away::in_chain(error.as_ref())
}
