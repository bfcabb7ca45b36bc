//! Rate counters in Redis, so that several processes share one limit.
//!
//! A window is a Redis key that expires, and one script checks and counts it atomically. So only the Redis server's
//! clock matters: the processes' clocks may differ, and setting the clock in test mode has no effect on windows. A
//! single client cannot fill the server with user names: it begins at most [`NAMES_OF_A_CLIENT`] windows for names
//! within one window.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;
use aws_lc_rs::hmac;
use chrono::{DateTime, Utc};

use super::{Counters, Decision, Key, NAMES_OF_A_CLIENT, Rate, whole_seconds};
use crate::keys::mac_key;
use crate::redis::{Redis, RedisFailure, Script};

/// Returns 0 if the request is admitted, otherwise the milliseconds until it may be. A key without an expiry is not
/// ours, and is replaced. The second key, if given, counts the names for which the client has begun a window.
const ADMIT: &str = "
local left = redis.call('PTTL', KEYS[1])
if left > 0 then
    if tonumber(redis.call('GET', KEYS[1])) >= tonumber(ARGV[1]) then
        return left
    end
    redis.call('INCR', KEYS[1])
    return 0
end
if KEYS[2] then
    local names_left = redis.call('PTTL', KEYS[2])
    if names_left <= 0 then
        redis.call('SET', KEYS[2], 1, 'PX', ARGV[2])
    elseif tonumber(redis.call('GET', KEYS[2])) >= tonumber(ARGV[3]) then
        return names_left
    else
        redis.call('INCR', KEYS[2])
    end
end
redis.call('SET', KEYS[1], 1, 'PX', ARGV[2])
return 0
";

/// Returns what [`ADMIT`] would return, and changes nothing.
const PEEK: &str = "
local left = redis.call('PTTL', KEYS[1])
if left > 0 then
    return tonumber(redis.call('GET', KEYS[1])) >= tonumber(ARGV[1]) and left or 0
end
if KEYS[2] then
    local names_left = redis.call('PTTL', KEYS[2])
    if names_left > 0 and tonumber(redis.call('GET', KEYS[2])) >= tonumber(ARGV[3]) then
        return names_left
    end
end
return 0
";

/// Deletes every key with a prefix.
const RESET: &str = "
local cursor = '0'
repeat
    local page = redis.call('SCAN', cursor, 'MATCH', KEYS[1] .. '*', 'COUNT', 1000)
    for _, key in ipairs(page[2]) do
        redis.call('DEL', key)
    end
    cursor = page[1]
until cursor == '0'
";

/// Turns keys into fingerprints: the same ones in every process, and meaningless to anyone who reads the Redis server.
#[derive(Clone)]
pub(super) struct Secret(hmac::Key);

impl Secret {
    pub fn derived_from(secret: &[u8]) -> Self {
        Self(mac_key(secret, "hallpass rate counters"))
    }

    /// The first half of the digest, in hexadecimal.
    fn fingerprint(&self, key: Key<'_>) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        // The address has a fixed length for each kind, so the boundary between address and name is unambiguous.
        match key.network {
            IpAddr::V4(address) => context.update(&[&[4], &address.octets()[..]].concat()),
            IpAddr::V6(address) => context.update(&[&[6], &address.octets()[..]].concat()),
        }
        if let Some(name) = key.name {
            context.update(&[&[1], name.as_bytes()].concat());
        }
        let tag = context.sign();
        tag.as_ref().iter().take(16).fold(String::new(), |mut digits, byte| {
            // Writing to a string cannot fail.
            let _ = write!(digits, "{byte:02x}");
            digits
        })
    }
}

/// The counters of one limit.
pub(super) struct Shared {
    redis: Redis,
    secret: Secret,
    prefix: String,
    rate: Rate,
    admit: Script,
    peek: Script,
    reset: Script,
}

impl Shared {
    pub fn new(redis: Redis, secret: Secret, what: &str, rate: Rate) -> Self {
        let prefix = format!("hallpass:rate:{what}:");
        let [admit, peek, reset] = [ADMIT, PEEK, RESET].map(Script::new);
        Self { redis, secret, prefix, rate, admit, peek, reset }
    }

    /// The decision of a script that returns the milliseconds until a request may be admitted.
    async fn decide(&self, script: &Script, key: Key<'_>) -> Result<Decision, RedisFailure> {
        let Some(quota) = self.rate.quota() else { return Ok(Decision::Admitted) };
        let mut keys = vec![format!("{}{}", self.prefix, self.secret.fingerprint(key))];
        if key.name.is_some() {
            let client = Key { name: None, ..key };
            keys.push(format!("{}names:{}", self.prefix, self.secret.fingerprint(client)));
        }
        let window = u64::try_from(quota.window.as_millis()).unwrap_or(u64::MAX);
        let names = u64::try_from(NAMES_OF_A_CLIENT).unwrap_or(u64::MAX);
        let left: u64 = self.redis.run(script, &keys, &[quota.most.into(), window, names]).await?;
        Ok(match left {
            0 => Decision::Admitted,
            left => Decision::Refused { retry_after: whole_seconds(Duration::from_millis(left)) },
        })
    }
}

#[async_trait]
impl Counters for Shared {
    async fn admit(&self, key: Key<'_>, _: DateTime<Utc>) -> Result<Decision, RedisFailure> {
        self.decide(&self.admit, key).await
    }

    async fn peek(&self, key: Key<'_>, _: DateTime<Utc>) -> Result<Decision, RedisFailure> {
        self.decide(&self.peek, key).await
    }

    async fn reset(&self) -> Result<(), RedisFailure> {
        self.redis.run(&self.reset, std::slice::from_ref(&self.prefix), &[]).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_the_same_on_every_process_and_another_for_every_key_and_secret() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let keys = [
            Key::from(address("203.0.113.7")),
            Key::from(address("203.0.113.8")),
            Key::from(address("2001:db8::1")),
            Key::login(address("203.0.113.7"), ""),
            Key::login(address("203.0.113.7"), "alice"),
            Key::login(address("203.0.113.7"), "bob"),
        ];
        let prints = |secret: &[u8]| keys.map(|key| Secret::derived_from(secret).fingerprint(key));
        assert_eq!(prints(b"a"), prints(b"a"));
        let mut all = [prints(b"a"), prints(b"b")].concat();
        assert!(all.iter().all(|print| print.len() == 32 && !print.contains("alice")));
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 12);
    }
}
