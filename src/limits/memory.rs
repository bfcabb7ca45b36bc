//! Rate counters in the memory of one process: a fingerprint and one window for each key, in a table of fixed size.
//!
//! When the table is full, the oldest window is removed, even if it is not over. So an attacker with thousands of
//! networks can make the server forget its counts. The alternative, refusing clients that do not fit, would let the
//! same attacker lock everyone out. A single client cannot do this with many user names: it has at most
//! [`NAMES_OF_A_CLIENT`] windows, and is refused further names until one of them is over.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher as _, RandomState};
use std::iter;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::rate::Quota;
use super::{Counters, Decision, Key, Rate, whole_seconds};
use crate::redis::RedisFailure;
use crate::sync::lock;

/// The size of the table: the number of windows for all keys together.
pub const CAPACITY: usize = 65_536;

/// How many windows one client can have at once for the user names that it tries.
pub const NAMES_OF_A_CLIENT: usize = 256;

/// The number of shards, each with its own lock. Requests of different clients rarely wait for each other.
const SHARDS: usize = 64;

/// Counts in the memory of this process.
pub struct MemoryCounters {
    rate: Rate,
    fingerprints: RandomState,
    shards: Box<[Mutex<Shard>]>,
}

impl MemoryCounters {
    pub fn new(rate: Rate) -> Self {
        let shards = iter::repeat_with(Mutex::default).take(SHARDS).collect();
        Self { rate, fingerprints: RandomState::new(), shards }
    }

    /// Decides on a request, and counts it if it is admitted. Refused requests are not counted.
    pub fn admit<'a>(&self, key: impl Into<Key<'a>>, now: DateTime<Utc>) -> Decision {
        self.decide(key.into(), |shard, client, key, quota| shard.admit(client, key, quota, now))
    }

    /// Decides on a request without counting it.
    pub fn peek<'a>(&self, key: impl Into<Key<'a>>, now: DateTime<Utc>) -> Decision {
        self.decide(key.into(), |shard, client, key, quota| shard.peek(client, key, quota, now))
    }

    fn decide(&self, key: Key<'_>, decide: impl FnOnce(&mut Shard, u64, u64, Quota) -> Decision) -> Decision {
        let Some(quota) = self.rate.quota() else { return Decision::Admitted };
        // All windows of a client are in one shard, so that they can be counted.
        let client = self.fingerprints.hash_one(key.network);
        let key = key.name.map_or(client, |name| self.fingerprints.hash_one((key.network, name)));
        decide(&mut lock(&self.shards[usize::from(client.to_le_bytes()[0]) % SHARDS]), client, key, quota)
    }

    /// Resets all counts.
    pub fn reset(&self) {
        for shard in &self.shards {
            *lock(shard) = Shard::default();
        }
    }

    /// The number of windows now, at most [`CAPACITY`].
    pub fn remembered(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).windows.len()).sum()
    }
}

#[async_trait]
impl Counters for MemoryCounters {
    async fn admit(&self, key: Key<'_>, now: DateTime<Utc>) -> Result<Decision, RedisFailure> {
        Ok(self.admit(key, now))
    }

    async fn peek(&self, key: Key<'_>, now: DateTime<Utc>) -> Result<Decision, RedisFailure> {
        Ok(self.peek(key, now))
    }

    async fn reset(&self) -> Result<(), RedisFailure> {
        self.reset();
        Ok(())
    }
}

/// The windows of some keys, by fingerprint. One in 2^64 pairs of keys has the same fingerprint and shares a window.
#[derive(Default)]
struct Shard {
    windows: HashMap<u64, Window>,
    /// Each fingerprint in `windows` once, the oldest first.
    order: VecDeque<u64>,
    /// How many of `windows` each client has, by its fingerprint.
    of_client: HashMap<u64, usize>,
}

impl Shard {
    const CAPACITY: usize = CAPACITY / SHARDS;

    fn admit(&mut self, client: u64, key: u64, quota: Quota, now: DateTime<Utc>) -> Decision {
        self.drop_expired(quota, now);
        if let Some(window) = self.windows.get_mut(&key) {
            return window.admit(quota, now);
        }
        if self.has_all_windows(client) {
            // All of the client's windows are over by then.
            return Decision::Refused { retry_after: whole_seconds(quota.window) };
        }
        if self.windows.len() >= Self::CAPACITY {
            self.drop_oldest();
        }
        self.windows.insert(key, Window { client, opened: now, admitted: 1 });
        self.order.push_back(key);
        *self.of_client.entry(client).or_default() += 1;
        Decision::Admitted
    }

    fn peek(&mut self, client: u64, key: u64, quota: Quota, now: DateTime<Utc>) -> Decision {
        self.drop_expired(quota, now);
        let left = match self.windows.get_mut(&key) {
            Some(window) => window.left(quota, now).filter(|_| window.admitted >= quota.most),
            None => self.has_all_windows(client).then_some(quota.window),
        };
        left.map_or(Decision::Admitted, |left| Decision::Refused { retry_after: whole_seconds(left) })
    }

    fn has_all_windows(&self, client: u64) -> bool {
        self.of_client.get(&client).is_some_and(|windows| *windows >= NAMES_OF_A_CLIENT)
    }

    /// Removes windows that are over. All windows have the same length, so the oldest are over first. Each window is
    /// removed once, so the cost is constant for each request.
    fn drop_expired(&mut self, quota: Quota, now: DateTime<Utc>) {
        while let Some(oldest) = self.order.front().and_then(|key| self.windows.get_mut(key)) {
            if oldest.left(quota, now).is_some() {
                break;
            }
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        let Some(window) = self.order.pop_front().and_then(|key| self.windows.remove(&key)) else { return };
        match self.of_client.get_mut(&window.client) {
            Some(windows) if *windows > 1 => *windows -= 1,
            _ => drop(self.of_client.remove(&window.client)),
        }
    }
}

/// The requests that were admitted since a point in time.
struct Window {
    /// The client's fingerprint.
    client: u64,
    opened: DateTime<Utc>,
    admitted: u32,
}

impl Window {
    fn admit(&mut self, quota: Quota, now: DateTime<Utc>) -> Decision {
        match self.left(quota, now) {
            None => *self = Self { opened: now, admitted: 1, ..*self },
            Some(_) if self.admitted < quota.most => self.admitted += 1,
            Some(left) => return Decision::Refused { retry_after: whole_seconds(left) },
        }
        Decision::Admitted
    }

    /// How long the window stays open. If it opened in the future, because the clock was set back, it counts as opened
    /// now: the count stays, and no client waits longer than one window.
    fn left(&mut self, quota: Quota, now: DateTime<Utc>) -> Option<Duration> {
        self.opened = self.opened.min(now);
        let age = (now - self.opened).to_std().unwrap_or_default();
        quota.window.checked_sub(age).filter(|left| !left.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    const CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 7));

    fn at(milliseconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_700_000_000_000 + milliseconds).unwrap()
    }

    fn limiter(rate: &str) -> MemoryCounters {
        MemoryCounters::new(rate.parse().unwrap())
    }

    fn refused(retry_after: u64) -> Decision {
        Decision::Refused { retry_after }
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_tenth_is_admitted_and_the_eleventh_waits_for_the_end_of_the_window() {
        let limiter = limiter("10/m");
        for request in 0..10 {
            assert_eq!(limiter.admit(CLIENT, at(request * 100)), Decision::Admitted);
        }
        assert_eq!(limiter.admit(CLIENT, at(1_000)), refused(59));
        assert_eq!(limiter.admit(CLIENT, at(1_001)), refused(59));
        assert_eq!(limiter.admit(CLIENT, at(59_999)), refused(1));
        assert_eq!(limiter.admit(CLIENT, at(60_000)), Decision::Admitted);
    }

    #[test]
    fn a_window_opens_with_an_admitted_request_and_refused_ones_do_not_prolong_it() {
        let limiter = limiter("1/s");
        assert_eq!(limiter.admit(CLIENT, at(900)), Decision::Admitted);
        for milliseconds in [900, 1_000, 1_500, 1_899] {
            assert_eq!(limiter.admit(CLIENT, at(milliseconds)), refused(1));
        }
        assert_eq!(limiter.admit(CLIENT, at(1_900)), Decision::Admitted);
        assert_eq!(limiter.admit(CLIENT, at(2_899)), refused(1));
        assert_eq!(limiter.admit(CLIENT, at(2_900)), Decision::Admitted);
    }

    #[test]
    fn a_look_says_what_the_next_request_would_be_told_and_counts_nothing() {
        let limiter = limiter("2/m");
        for _ in 0..3 {
            assert_eq!(limiter.peek(CLIENT, at(0)), Decision::Admitted);
        }
        limiter.admit(CLIENT, at(0));
        assert_eq!(limiter.peek(CLIENT, at(1)), Decision::Admitted);
        limiter.admit(CLIENT, at(1));
        assert_eq!(limiter.peek(CLIENT, at(1_000)), refused(59));
        assert_eq!(limiter.peek(CLIENT, at(60_000)), Decision::Admitted);
        let names: Vec<String> = (0..NAMES_OF_A_CLIENT).map(|number| format!("name-{number}")).collect();
        for name in &names {
            limiter.admit(Key::login(CLIENT, name), at(60_000));
        }
        assert_eq!(limiter.peek(Key::login(CLIENT, "one-more"), at(60_000)), refused(60));
    }

    #[test]
    fn without_a_rate_everything_is_admitted_and_nothing_remembered() {
        let limiter = limiter("off");
        assert!((0..1_000).all(|_| limiter.admit(CLIENT, at(0)) == Decision::Admitted));
        assert_eq!(limiter.remembered(), 0);
    }

    #[test]
    fn clients_are_counted_apart_and_the_names_that_they_try_too() {
        let limiter = limiter("1/m");
        let keys = [
            Key::from(CLIENT),
            Key::from(address("203.0.113.8")),
            Key::login(CLIENT, "alice"),
            Key::login(CLIENT, "bob"),
            Key::login(address("203.0.113.8"), "bob"),
        ];
        for decision in [Decision::Admitted, refused(60)] {
            assert!(keys.iter().all(|key| limiter.admit(*key, at(0)) == decision));
        }
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out_for_longer_than_one_window() {
        let limiter = limiter("2/m");
        let hour = 3_600_000;
        assert_eq!(limiter.admit(CLIENT, at(hour)), Decision::Admitted);
        assert_eq!(limiter.admit(CLIENT, at(0)), Decision::Admitted);
        assert_eq!(limiter.admit(CLIENT, at(1)), refused(60));
        assert_eq!(limiter.admit(CLIENT, at(60_000)), Decision::Admitted);
    }

    #[test]
    fn the_ends_of_time_are_no_trouble() {
        let limiter = limiter("1/m");
        for now in [DateTime::<Utc>::MAX_UTC, DateTime::<Utc>::MIN_UTC] {
            limiter.admit(CLIENT, now);
            assert_eq!(limiter.admit(CLIENT, now), refused(60));
        }
        assert_eq!(limiter.admit(CLIENT, DateTime::<Utc>::MAX_UTC), Decision::Admitted);
    }

    #[test]
    fn a_full_shard_drops_its_oldest_window() {
        let quota = "1/m".parse::<Rate>().unwrap().quota().unwrap();
        let mut shard = Shard::default();
        let capacity = u64::try_from(Shard::CAPACITY).unwrap();
        for key in 0..=capacity {
            assert_eq!(shard.admit(key, key, quota, at(key.cast_signed())), Decision::Admitted);
        }
        assert_eq!(shard.windows.len(), Shard::CAPACITY);
        assert_eq!(shard.admit(1, 1, quota, at(2_000)), refused(59));
        assert_eq!(shard.admit(0, 0, quota, at(2_000)), Decision::Admitted);
        assert_eq!(shard.admit(capacity, capacity, quota, at(61_500)), Decision::Admitted);
        assert_eq!((shard.windows.len(), shard.order.len(), shard.of_client.len()), (2, 2, 2));
    }

    #[test]
    fn one_client_cannot_make_the_server_forget_what_it_or_another_tried() {
        let limiter = limiter("1/m");
        let other = Key::login(address("203.0.113.8"), "alice");
        assert_eq!(limiter.admit(Key::login(CLIENT, "alice"), at(0)), Decision::Admitted);
        assert_eq!(limiter.admit(other, at(0)), Decision::Admitted);
        let names: Vec<String> = (0..2 * CAPACITY).map(|number| format!("name-{number}")).collect();
        let admitted = names.iter().filter(|name| limiter.admit(Key::login(CLIENT, name), at(1)) == Decision::Admitted);
        assert_eq!(admitted.count(), NAMES_OF_A_CLIENT - 1);
        assert_eq!(limiter.admit(Key::login(CLIENT, "alice"), at(2)), refused(60));
        assert_eq!(limiter.admit(other, at(2)), refused(60));
        assert_eq!(limiter.admit(Key::login(CLIENT, "one-more"), at(2)), refused(60));
        assert_eq!(limiter.admit(Key::login(address("203.0.113.9"), "alice"), at(2)), Decision::Admitted);
        assert_eq!(limiter.admit(Key::login(CLIENT, "one-more"), at(60_001)), Decision::Admitted);
    }
}
