//! Secrets of client programs that were right a short while ago, so that argon2 does not run for every token.
//!
//! What is kept is a keyed hash of the name and the secret, in memory alone. A client whose password was changed can
//! use the old one until it is forgotten.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard};

use aws_lc_rs::hmac;
use chrono::{DateTime, TimeDelta, Utc};

use super::Login;
use crate::keys::mac_key;
use crate::sync::lock;

/// How long a secret is remembered.
const REMEMBERED: TimeDelta = TimeDelta::minutes(5);

/// How many are remembered at most. A further one takes the place of the oldest.
const CAPACITY: usize = 4096;

type Fingerprint = [u8; 32];

/// The secrets that were right.
pub(super) struct RememberedSecrets {
    key: hmac::Key,
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    checked_at: HashMap<Fingerprint, DateTime<Utc>>,
    /// Each fingerprint in `checked_at` once, the oldest first.
    order: VecDeque<Fingerprint>,
}

impl RememberedSecrets {
    pub fn new(key: &[u8]) -> Self {
        Self { key: mac_key(key, "hallpass client secrets"), entries: Mutex::default() }
    }

    /// Whether this secret was right less than five minutes ago. After the clock was set back, that is not known.
    pub fn has(&self, login: &Login, now: DateTime<Utc>) -> bool {
        let fingerprint = self.fingerprint(login);
        let checked_at = self.entries().checked_at.get(&fingerprint).copied();
        checked_at.is_some_and(|checked_at| (TimeDelta::zero()..REMEMBERED).contains(&(now - checked_at)))
    }

    /// Remembers a secret that was right.
    pub fn add(&self, login: &Login, now: DateTime<Utc>) {
        let fingerprint = self.fingerprint(login);
        let mut entries = self.entries();
        if entries.checked_at.insert(fingerprint, now).is_none() {
            entries.order.push_back(fingerprint);
        }
        if entries.order.len() > CAPACITY
            && let Some(oldest) = entries.order.pop_front()
        {
            entries.checked_at.remove(&oldest);
        }
    }

    /// The length of the name keeps it apart from the secret.
    fn fingerprint(&self, login: &Login) -> Fingerprint {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(&login.username().len().to_be_bytes());
        context.update(login.username().as_bytes());
        context.update(login.password().as_bytes());
        let mut fingerprint = Fingerprint::default();
        fingerprint.copy_from_slice(context.sign().as_ref());
        fingerprint
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        lock(&self.entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_000_000 + seconds, 0).unwrap()
    }

    #[test]
    fn a_secret_is_remembered_for_five_minutes_with_its_name() {
        let remembered = RememberedSecrets::new(b"key");
        let login = Login::new("app", "secret");
        assert!(!remembered.has(&login, at(0)));
        remembered.add(&login, at(0));
        assert!(remembered.has(&login, at(0)) && remembered.has(&login, at(299)));
        assert!(!remembered.has(&login, at(300)) && !remembered.has(&login, at(-1)));
        for (name, secret) in [("app", "Secret"), ("apps", "ecret"), ("ap", "psecret"), ("other", "secret")] {
            assert!(!remembered.has(&Login::new(name, secret), at(0)), "{name} {secret}");
        }
    }

    #[test]
    fn a_secret_that_is_right_again_is_remembered_again() {
        let remembered = RememberedSecrets::new(b"key");
        let login = Login::new("app", "secret");
        for seconds in [0, 300] {
            remembered.add(&login, at(seconds));
            assert!(remembered.has(&login, at(seconds + 299)));
        }
        assert_eq!(remembered.entries().order.len(), 1);
    }

    #[test]
    fn only_so_many_are_remembered_and_the_oldest_is_forgotten() {
        let remembered = RememberedSecrets::new(b"key");
        let login = |number: usize| Login::new(format!("app-{number}"), "secret");
        for number in 0..=CAPACITY {
            remembered.add(&login(number), at(0));
        }
        assert!(!remembered.has(&login(0), at(1)) && remembered.has(&login(1), at(1)));
        let entries = remembered.entries();
        assert_eq!((entries.order.len(), entries.checked_at.len()), (CAPACITY, CAPACITY));
    }
}
