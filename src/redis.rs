//! A Redis server that several processes share: an address without its password, and a pool of connections.
//!
//! Every call counts against its request's [time budget](crate::budget), including the wait for a connection, and a
//! connection is tested before it is used. So a Redis server that is down or hangs costs each request no more than the
//! budget. When it comes back, it is used at once, without a restart.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::iter;
use std::time::Duration;

use deadpool_redis::redis::{
    self, ConnectionAddr, ConnectionInfo, ErrorKind, FromRedisValue, IntoConnectionInfo as _, RedisError, cmd,
};
use deadpool_redis::{Connection, Manager, Pool, PoolError, Runtime, TimeoutType};
use thiserror::Error as ThisError;
use url::Url;

use crate::budget;

/// How many connections a process has at most to one server.
const CONNECTIONS: usize = 16;

/// How long an idle connection may take to answer a test. It is short, so that connections which a firewall silently
/// dropped do not use up a request's budget.
const PING_TIMEOUT: Duration = Duration::from_millis(250);

const REPLACE: &str = "
if redis.call('DEL', KEYS[1]) == 0 then
    return 0
end
redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[2])
return 1
";

/// The address of a Redis server and its login. Printing it never shows the password.
#[derive(Clone)]
pub struct RedisUrl {
    connection: ConnectionInfo,
}

impl RedisUrl {
    /// The accepted forms, for error messages.
    pub const ACCEPTED: &str = "redis://[[user]:password@]host[:port][/number], rediss:// for the same through TLS, or \
                                unix:///path for a socket";

    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        if Self::unknown_parameter(text).is_some() {
            return None;
        }
        // Refused, because `#insecure` would make the client accept any certificate.
        if !matches!(url.scheme(), "redis" | "rediss" | "redis+unix" | "unix") || url.fragment().is_some() {
            return None;
        }
        Some(Self { connection: url.into_connection_info().ok()? })
    }

    /// Why the parameters of a URL are refused, if they are. The client would ignore one that it does not know, such as
    /// a password; the message does not repeat its value.
    pub fn unknown_parameter(text: &str) -> Option<String> {
        let url = Url::parse(text).ok()?;
        let known: &[&str] = match url.scheme() {
            "redis" | "rediss" => &["protocol"],
            "redis+unix" | "unix" => &["db", "user", "pass", "protocol"],
            _ => return None,
        };
        let name = url.query_pairs().map(|(name, _)| name).find(|name| !known.contains(&name.as_ref()))?;
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        let has_value = url.query().is_some_and(|query| query.contains(&format!("{name}=")) && !query.contains('@'));
        let parameter = if is_name && has_value { format!("`{name}`") } else { "what is after the `?`".to_owned() };
        let place =
            if known.len() > 1 { "in the parameter `pass`" } else { "before the host, as in redis://:PASSWORD@HOST" };
        Some(format!("{parameter} is not a known parameter of a Redis URL; a password belongs {place}"))
    }
}

impl fmt::Display for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let redis = &self.connection.redis;
        let login = if redis.username.is_some() || redis.password.is_some() { "…@" } else { "" };
        match &self.connection.addr {
            ConnectionAddr::Unix(path) => write!(f, "unix://{login}{}", path.display())?,
            ConnectionAddr::Tcp(host, port) => write!(f, "redis://{login}{}:{port}", bracketed(host))?,
            ConnectionAddr::TcpTls { host, port, .. } => write!(f, "rediss://{login}{}:{port}", bracketed(host))?,
        }
        if redis.db == 0 { Ok(()) } else { write!(f, "/{}", redis.db) }
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A host as in URLs: with brackets around an IPv6 address, which the client removes.
fn bracketed(host: &str) -> Cow<'_, str> {
    if host.contains(':') { format!("[{host}]").into() } else { host.into() }
}

/// Why a Redis command failed. It omits the server's error text, which may repeat the command and with it a password or
/// a value.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
pub enum RedisFailure {
    #[error("Redis did not answer in time")]
    Slow,
    #[error("Redis cannot be reached ({0})")]
    Unreachable(String),
    #[error("Redis does not accept the user and password, or their absence")]
    NotAdmitted,
    #[error("Redis holds a value of another kind under the key")]
    OtherKind,
    #[error("Redis answered with an error ({0})")]
    Refused(String),
}

impl From<&RedisError> for RedisFailure {
    fn from(error: &RedisError) -> Self {
        match error.code() {
            _ if error.is_timeout() => Self::Slow,
            _ if error.is_io_error() => Self::Unreachable(error.to_string()),
            Some("NOAUTH" | "WRONGPASS" | "NOPERM") => Self::NotAdmitted,
            Some("WRONGTYPE") => Self::OtherKind,
            _ if error.kind() == ErrorKind::AuthenticationFailed => Self::NotAdmitted,
            Some(code) => Self::Refused(code.to_owned()),
            None => Self::Refused(error.category().to_owned()),
        }
    }
}

impl From<&PoolError> for RedisFailure {
    fn from(error: &PoolError) -> Self {
        match error {
            PoolError::Backend(error) => error.into(),
            PoolError::Timeout(TimeoutType::Wait | TimeoutType::Create | TimeoutType::Recycle) => Self::Slow,
            other => Self::Unreachable(other.to_string()),
        }
    }
}

impl RedisFailure {
    /// The first Redis error in a chain of causes.
    pub fn in_chain(error: &(dyn Error + 'static)) -> Self {
        let known = causes(error).find_map(|error| {
            let of_pool = error.downcast_ref::<PoolError>().map(Self::from);
            of_pool.or_else(|| error.downcast_ref::<RedisError>().map(Self::from))
        });
        known.unwrap_or_else(|| Self::Refused("something unknown".to_owned()))
    }
}

/// An error and its causes.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(Some(error), |error| (*error).source())
}

/// The connections to one Redis server.
#[derive(Clone)]
pub struct Redis {
    pool: Pool,
}

impl Redis {
    /// Connects, and checks that the server answers.
    pub async fn open(url: &RedisUrl) -> Result<Self, RedisFailure> {
        let redis = Self::at(url)?;
        redis.ping().await?;
        Ok(redis)
    }

    fn at(url: &RedisUrl) -> Result<Self, RedisFailure> {
        let manager = Manager::new(url.connection.clone()).map_err(|error| RedisFailure::from(&error))?;
        let pool = Pool::builder(manager)
            .max_size(CONNECTIONS)
            .wait_timeout(Some(budget::REQUEST))
            .create_timeout(Some(budget::REQUEST))
            .recycle_timeout(Some(PING_TIMEOUT))
            .runtime(Runtime::Tokio1)
            .build();
        Ok(Self { pool: pool.map_err(|error| RedisFailure::Unreachable(error.to_string()))? })
    }

    /// The pool, for the framework's session store. Wrap each call in [`budget::spend`].
    pub fn pool(&self) -> Pool {
        self.pool.clone()
    }

    /// Whether the server answers.
    pub async fn ping(&self) -> Result<(), RedisFailure> {
        let pong: String = self.ask(async |connection| cmd("PING").query_async(connection).await).await?;
        if pong == "PONG" { Ok(()) } else { Err(RedisFailure::Refused("no PONG".to_owned())) }
    }

    /// Whether the server accepts writes: it sets `hallpass:ready` for a millisecond. One that is out of memory, or has
    /// fewer replicas than `min-replicas-to-write`, still answers PING and refuses them.
    pub async fn check_writable(&self) -> Result<(), RedisFailure> {
        self.ask(async |connection| cmd("SET").arg(&["hallpass:ready", "1", "PX", "1"]).query_async(connection).await)
            .await
    }

    /// Runs a script, which Redis executes atomically.
    pub async fn run<T: FromRedisValue>(
        &self,
        script: &Script,
        keys: &[String],
        arguments: &[u64],
    ) -> Result<T, RedisFailure> {
        self.ask(async |connection| {
            let mut invocation = script.0.prepare_invoke();
            for key in keys {
                invocation.key(key);
            }
            for argument in arguments {
                invocation.arg(*argument);
            }
            invocation.invoke_async(connection).await
        })
        .await
    }

    /// The value of a key and the seconds until it expires, in one round trip; `None` if there is no such key.
    pub async fn read(&self, key: &str) -> Result<Option<(Vec<u8>, i64)>, RedisFailure> {
        let read = self.ask(async |connection| {
            redis::pipe().cmd("GET").arg(key).cmd("TTL").arg(key).query_async(connection).await
        });
        let (bytes, seconds): (Option<Vec<u8>>, i64) = read.await?;
        Ok(bytes.map(|bytes| (bytes, seconds)))
    }

    /// Makes a key expire in so many seconds.
    pub async fn extend(&self, key: &str, seconds: i64) -> Result<(), RedisFailure> {
        self.ask(async |connection| cmd("EXPIRE").arg(key).arg(seconds).query_async(connection).await).await
    }

    /// Deletes the old key and sets the new one, atomically. Does nothing and returns `false` if the old key does not
    /// exist.
    pub async fn replace(&self, [old, new]: [&str; 2], value: &str, seconds: i64) -> Result<bool, RedisFailure> {
        let replaced = self.ask(async |connection| {
            let script = redis::Script::new(REPLACE);
            script.key(old).key(new).arg(value).arg(seconds).invoke_async(connection).await
        });
        replaced.await
    }

    async fn ask<T>(
        &self,
        call: impl AsyncFnOnce(&mut Connection) -> Result<T, RedisError>,
    ) -> Result<T, RedisFailure> {
        let answer = budget::spend(async {
            // Boxed, because this future is large, and would enlarge every request that may call Redis.
            let mut connection = Box::pin(self.pool.get()).await.map_err(|error| RedisFailure::from(&error))?;
            call(&mut connection).await.map_err(|error| RedisFailure::from(&error))
        });
        answer.await.unwrap_or(Err(RedisFailure::Slow))
    }
}

/// A Lua script. It is sent in full once, and by its hash after that.
pub struct Script(redis::Script);

impl Script {
    pub fn new(lua: &str) -> Self {
        Self(redis::Script::new(lua))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_that_would_be_ignored_is_refused_without_its_value() {
        for (url, told) in [
            ("redis://127.0.0.1:1/?password=hunter2", "`password` is not a known parameter of a Redis URL"),
            ("redis://127.0.0.1:1/?pass=hunter2", "a password belongs before the host, as in redis://:PASSWORD@HOST"),
            ("rediss://db?db=hunter2", "`db` is not a known parameter of a Redis URL"),
            ("redis://db?hunter2", "what is after the `?` is not a known parameter"),
            ("unix:///run/redis.sock?password=hunter2", "a password belongs in the parameter `pass`"),
        ] {
            let said = RedisUrl::unknown_parameter(url).unwrap();
            assert!(said.contains(told) && !said.contains("hunter2"), "{url}: {said}");
            assert!(RedisUrl::parse(url).is_none(), "{url}");
        }
        for url in ["redis://:x@db/1", "redis://db?protocol=resp3", "unix:///run/redis.sock?db=1&user=bob&pass=x"] {
            assert!(RedisUrl::parse(url).is_some() && RedisUrl::unknown_parameter(url).is_none(), "{url}");
        }
    }
}
