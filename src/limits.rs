//! How often a client may ask: at most N requests in a window, which opens with the first one admitted.
//!
//! The idea to know: a [`Key`] says whose requests are counted together, and a [`RateStore`] where: in the memory of
//! this process, by the clock that each request brings, or in Redis, by the clock of that server, so that several
//! processes hold one limit together. Without its Redis a limiter admits nobody, for what it cannot count it cannot
//! limit.

mod memory;
mod proxies;
mod rate;
mod shared;

pub use memory::{CAPACITY, Memory, NAMES_OF_A_CLIENT};
pub use proxies::{BadProxies, TrustedProxies};
pub use rate::{BadRate, Rate};

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::redis::{Redis, RedisFailure};
use shared::{Secret, Shared};

/// The answer to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Admitted,
    /// Whoever waits this long is admitted: whole seconds, rounded up, at least 1, as `Retry-After` takes them.
    Refused {
        retry_after: u64,
    },
}

/// Whose requests are counted together: those of a client, or of a client under one name. An IPv6 client is its /64
/// network, in which it picks its addresses freely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key<'a> {
    network: IpAddr,
    name: Option<&'a str>,
}

impl<'a> Key<'a> {
    /// The tries of one client at the login of one user.
    pub fn login(client: IpAddr, name: &'a str) -> Self {
        Self { name: Some(name), ..client.into() }
    }
}

impl From<IpAddr> for Key<'_> {
    fn from(client: IpAddr) -> Self {
        Self { network: network_of(client), name: None }
    }
}

/// What stands for a client wherever clients are told apart: its IPv4 address, or its IPv6 /64 network.
pub fn network_of(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (!0 << 64)).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// One limit on all who ask.
pub struct Limiter(Box<dyn Counters>);

impl Limiter {
    /// Counts one request, when it is admitted; a refused one changes nothing for those after it.
    pub async fn admit<'a>(&self, key: impl Into<Key<'a>>, now: DateTime<Utc>) -> Result<Decision, RedisFailure> {
        self.0.admit(key.into(), now).await
    }

    /// Forgets everything that was counted.
    pub async fn forget(&self) -> Result<(), RedisFailure> {
        self.0.forget().await
    }
}

#[async_trait]
trait Counters: Send + Sync {
    async fn admit(&self, key: Key<'_>, now: DateTime<Utc>) -> Result<Decision, RedisFailure>;

    async fn forget(&self) -> Result<(), RedisFailure>;
}

/// Where it is counted.
pub struct RateStore(Option<(Redis, Secret)>);

impl RateStore {
    /// In this process alone.
    pub const fn memory() -> Self {
        Self(None)
    }

    /// Together with the other processes that have this `secret`, which keeps clients' addresses and names from those
    /// who read that server.
    pub fn redis(redis: Redis, secret: &[u8]) -> Self {
        Self(Some((redis, Secret::derived_from(secret))))
    }

    /// A limit that counts apart from those on anything else than `what`.
    pub fn limiter(&self, what: &'static str, rate: Rate) -> Limiter {
        Limiter(match &self.0 {
            None => Box::new(Memory::new(rate)),
            Some((redis, secret)) => Box::new(Shared::new(redis.clone(), secret.clone(), what, rate)),
        })
    }

    /// Whether counters can be written now.
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
