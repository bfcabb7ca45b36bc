//! Rate limits: at most N requests in a time window, which opens with the first admitted request.
//!
//! A [`Key`] says which requests are counted together. A [`RateStore`] says where they are counted: in the memory of
//! this process, by this process's clock, or in Redis, by the Redis server's clock, so that several processes share one
//! limit. If Redis does not answer, every request is refused: what cannot be counted cannot be limited.

mod memory;
mod proxies;
mod rate;
mod shared;

pub use memory::{CAPACITY, MemoryCounters, NAMES_OF_A_CLIENT};
pub use proxies::{BadProxies, TrustedProxies};
pub use rate::{BadRate, Rate};

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::redis::{Redis, RedisFailure};
use shared::{Secret, Shared};

/// The decision on one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Admitted,
    /// When to try again, in whole seconds for `Retry-After`: rounded up, at least 1.
    Refused {
        retry_after: u64,
    },
}

/// Which requests are counted together: those of a client, or of a client with one name. An IPv6 client is counted
/// by its /64 network, because it can choose any address in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key<'a> {
    network: IpAddr,
    name: Option<&'a str>,
}

impl<'a> Key<'a> {
    /// The login tries of one client for one user.
    pub fn login(client: IpAddr, name: &'a str) -> Self {
        Self { name: Some(name), ..client.into() }
    }

    /// The pupils who join from one client with one code of a class.
    pub fn joining(client: IpAddr, code: &'a str) -> Self {
        Self { name: Some(code), ..client.into() }
    }
}

impl From<IpAddr> for Key<'_> {
    fn from(client: IpAddr) -> Self {
        Self { network: network_of(client), name: None }
    }
}

/// What identifies a client: its IPv4 address, or its IPv6 /64 network.
pub fn network_of(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (!0 << 64)).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// One rate limit.
pub struct Limiter(Box<dyn Counters>);

impl Limiter {
    /// Decides on a request, and counts it if it is admitted. Refused requests are not counted.
    pub async fn admit<'a>(&self, key: impl Into<Key<'a>>, now: DateTime<Utc>) -> Result<Decision, RedisFailure> {
        self.0.admit(key.into(), now).await
    }

    /// Decides on a request without counting it.
    pub async fn peek<'a>(&self, key: impl Into<Key<'a>>, now: DateTime<Utc>) -> Result<Decision, RedisFailure> {
        self.0.peek(key.into(), now).await
    }

    /// Resets all counts.
    pub async fn reset(&self) -> Result<(), RedisFailure> {
        self.0.reset().await
    }
}

#[async_trait]
trait Counters: Send + Sync {
    async fn admit(&self, key: Key<'_>, now: DateTime<Utc>) -> Result<Decision, RedisFailure>;

    async fn peek(&self, key: Key<'_>, now: DateTime<Utc>) -> Result<Decision, RedisFailure>;

    async fn reset(&self) -> Result<(), RedisFailure>;
}

/// Where requests are counted.
pub struct RateStore(Option<(Redis, Secret)>);

impl RateStore {
    /// In this process's memory.
    pub const fn memory() -> Self {
        Self(None)
    }

    /// In Redis, shared with the other processes that have this `secret`. The secret hides clients' addresses and names
    /// from anyone who can read the Redis server.
    pub fn redis(redis: Redis, secret: &[u8]) -> Self {
        Self(Some((redis, Secret::derived_from(secret))))
    }

    /// A limit on `what`, counted separately from other limits.
    pub fn limiter(&self, what: &'static str, rate: Rate) -> Limiter {
        Limiter(match &self.0 {
            None => Box::new(MemoryCounters::new(rate)),
            Some((redis, secret)) => Box::new(Shared::new(redis.clone(), secret.clone(), what, rate)),
        })
    }

    /// Checks that counters can be written now.
    pub async fn ping(&self) -> Result<(), RedisFailure> {
        match &self.0 {
            None => Ok(()),
            Some((redis, _)) => redis.check_writable().await,
        }
    }
}

/// Rounded up.
const fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + (time.subsec_nanos() > 0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_client_is_its_64_network_and_a_mapped_ipv4_client_its_ipv4_address() {
        let key = |text: &str| Key::from(text.parse::<IpAddr>().unwrap());
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_eq!(key("::ffff:203.0.113.7"), key("203.0.113.7"));
        assert_ne!(key("::ffff:203.0.113.7"), key("::ffff:203.0.113.8"));
    }
}
