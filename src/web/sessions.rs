//! Where the state of a session is kept: in the cookie itself, or in Redis under a key that the cookie holds.
//!
//! The idea to know: the framework's middleware asks one [`Sessions`], whichever place stands behind it, for each
//! cookie that comes and opens; a request that brings none asks nothing. The middleware keeps the cause of a failure to
//! itself, so it is left in a place beside the request: a state that could not be read is a refusal for whoever wants
//! it (the [`Visitor`](super::session::Visitor) asks), and one that could not be kept takes the place of the answer.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use actix_session::storage::{
    CookieSessionStore, LoadError, RedisSessionStore, SaveError, SessionKey, SessionStore, UpdateError,
};
use actix_web::Error;
use actix_web::cookie::time::Duration;
use actix_web::http::StatusCode;
use async_trait::async_trait;

use super::error::Problem;
use crate::budget;
use crate::code::Code;
use crate::redis::{Away, Redis};

const PREFIX: &str = "hallpass:session:";

type Entries = HashMap<String, String>;

tokio::task_local! {
    /// What failed in the request under way.
    static TROUBLE: RefCell<Option<Problem>>;
}

/// Carries out a request whose session may be away.
pub(super) async fn watched<T>(request: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let request = async { request.await.map_err(|error| trouble().map_or(error, Error::from)) };
    TROUBLE.scope(RefCell::default(), request).await
}

/// Why this request's session is not there, told once.
pub(super) fn trouble() -> Option<Problem> {
    TROUBLE.try_with(RefCell::take).ok().flatten()
}

fn leave(problem: Problem) {
    // A session that is asked for outside a request has nobody to tell.
    let _ = TROUBLE.try_with(|trouble| trouble.replace(Some(problem)));
}

/// The one store of sessions that the middleware knows.
#[derive(Clone)]
pub(super) struct Sessions(Arc<dyn Place>);

impl Sessions {
    pub fn in_cookie() -> Self {
        Self(Arc::new(CookieSessionStore::default()))
    }

    pub async fn in_redis(redis: Redis) -> Result<Self, Away> {
        let builder = RedisSessionStore::builder_pooled(redis.pool()).cache_keygen(|key| format!("{PREFIX}{key}"));
        // A pool is there already, so this only puts the parts together.
        let store = builder.build().await.map_err(|error| away(&error))?;
        Ok(Self(Arc::new(InRedis { store, redis })))
    }

    /// Whether the cookie holds the state itself, so that no copy of it can be called back.
    pub fn are_cookies(&self) -> bool {
        self.0.is_cookie()
    }

    /// Whether a session could be read and kept now.
    pub async fn ping(&self) -> Result<(), Away> {
        self.0.ping().await
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
}

#[async_trait(?Send)]
impl Place for InRedis {
    fn is_cookie(&self) -> bool {
        false
    }

    async fn ping(&self) -> Result<(), Away> {
        self.redis.check_writable().await
    }

    /// A state that cannot be read now looks empty to those who do not ask for it.
    async fn load(&self, key: &SessionKey) -> Result<Option<Entries>, LoadError> {
        let why = match budget::spend(self.store.load(key)).await {
            None => Away::Slow,
            Some(Err(LoadError::Other(error))) if is_of_another_kind(&error) => {
                return Err(LoadError::Deserialization(error));
            }
            Some(Err(LoadError::Other(error))) => away(&error),
            Some(answer) => return answer,
        };
        leave(Problem::sessions_away(&why));
        Ok(Some(Entries::new()))
    }

    async fn save(&self, entries: Entries, ttl: &Duration) -> Result<SessionKey, SaveError> {
        match budget::spend(self.store.save(entries, ttl)).await {
            None => Err(SaveError::Other(not_kept(Away::Slow))),
            Some(Err(SaveError::Other(error))) => Err(SaveError::Other(not_kept(away(&error)))),
            Some(answer) => answer,
        }
    }

    /// A session that is gone by now stays gone. The framework's store would keep its state under another key, and so
    /// whoever writes while the owner logs out would carry it past the logout.
    async fn update(&self, key: SessionKey, entries: Entries, ttl: &Duration) -> Result<SessionKey, UpdateError> {
        let before = key.as_ref().to_owned();
        match budget::spend(self.store.update(key, entries, ttl)).await {
            None => Err(UpdateError::Other(not_kept(Away::Slow))),
            Some(Err(UpdateError::Other(error))) => Err(UpdateError::Other(not_kept(away(&error)))),
            Some(Ok(other)) if other.as_ref() != before => {
                // Nobody was told that key, so it does no harm if it stays until its end.
                let _ = budget::spend(self.store.delete(&other)).await;
                leave(ended());
                Err(UpdateError::Other(anyhow::anyhow!("the session ended")))
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

fn ended() -> Problem {
    let message = "The session ended while this request was answered, and nothing of it is kept; send it again.";
    Problem::new(StatusCode::CONFLICT, Code::SessionEnded, message)
}

/// What the framework's store says, without the words of the server.
fn away(error: &anyhow::Error) -> Away {
    Away::in_chain(error.as_ref())
}

/// Whether something lies under the key that is no text, and so no session.
fn is_of_another_kind(error: &anyhow::Error) -> bool {
    Away::is_of_another_kind(error.as_ref())
}
