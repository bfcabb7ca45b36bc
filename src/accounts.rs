//! Who may get a token: anyone with any name and password, or only the users in the store.
//!
//! A wrong password, an unknown user and an invalid name get the same answer. A wrong password and an unknown user also
//! take the same time, because the password of an unknown user is compared with a hash that matches nothing. Hashing is
//! slow on purpose. So it runs in a [work pool](crate::work), which serves clients round-robin, and each client has a
//! limited number of tries for each name.

mod password;
mod remembered;

pub use password::{BadPassword, Password, hash_password};

use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use chrono::{DateTime, Utc};
use thiserror::Error;
use tokio::sync::{Mutex, MutexGuard};

use crate::limits::{Decision, Key, Limiter, network_of};
use crate::redis::RedisFailure;
use crate::store::{Store, StoreError};
use crate::texts::hidden::{is_hidden, is_joiner};
use crate::work::{self, Bounds, NotDone, Slot, WorkPool};
use remembered::RememberedSecrets;

/// How many logins of one client, and in total, may be in progress at once. A hash takes about 30 ms of a core.
const LOGINS_OF_A_CLIENT: usize = 64;
const LOGINS_IN_ALL: usize = 512;

/// How long a login may wait in the queue: without other logins of its client, and behind them.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(2);
const QUEUE_TIMEOUT_BEHIND_OWN: Duration = Duration::from_secs(10);

/// The name and password that a client sent; a missing one is empty.
#[derive(Clone, Debug, Default)]
pub struct Login {
    username: String,
    password: Password,
}

impl Login {
    pub fn new(username: impl Into<String>, password: impl Into<String>) -> Self {
        Self { username: username.into(), password: Password::new(password) }
    }

    pub fn username(&self) -> &str {
        &self.username
    }

    pub const fn password(&self) -> &Password {
        &self.password
    }
}

/// Why a login is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginRefusal {
    /// The name or the password is missing or empty.
    Missing,
    /// The user does not exist, or the password is wrong.
    Wrong,
    /// This client has tried this name too often, with right or wrong passwords. It may try again in so many seconds.
    TooOften { retry_after: u64 },
    /// Too many logins are in progress, so this one was not checked.
    Busy { retry_after: u64 },
}

/// The name of a user: 1 to 64 characters without white space, colons, and characters that are not shown. So it fits on
/// a line, looks like no other name, and works with HTTP Basic (RFC 7617 §2). Joiners are accepted, as in the name of a
/// Persian speaker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserName(String);

/// Why a text is not a valid [`UserName`].
#[derive(Debug, PartialEq, Eq, Error)]
pub enum BadUserName {
    #[error("it has {0} characters, and 1 to 64 are accepted")]
    Length(usize),
    #[error("it has a blank or a character that is not shown, and only visible ones are accepted")]
    Invisible,
    #[error("it has a colon, which ends the name in HTTP Basic")]
    Colon,
}

impl UserName {
    pub fn parse(text: &str) -> Result<Self, BadUserName> {
        let length = text.chars().count();
        match text {
            _ if !(1..=64).contains(&length) => Err(BadUserName::Length(length)),
            _ if text.chars().any(is_unfit_for_a_name) => Err(BadUserName::Invisible),
            _ if text.contains(':') => Err(BadUserName::Colon),
            _ => Ok(Self(text.to_owned())),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a character would break the line that a name stands in, or make it look like another name.
fn is_unfit_for_a_name(c: char) -> bool {
    c.is_whitespace() || is_hidden(c) && !is_joiner(c)
}

/// Why a login could not be checked: something that it needs did not answer.
#[derive(Debug, Error)]
pub enum CheckError {
    #[error("the users cannot be read")]
    Store(#[from] StoreError),
    #[error("the tries cannot be counted")]
    Tries(#[from] RedisFailure),
}

/// Which logins are accepted.
pub struct Accounts(Kind);

enum Kind {
    Any,
    Users(Box<Users>),
}

impl Accounts {
    /// Accepts every name with every password, as in the tutorials.
    pub const fn any() -> Self {
        Self(Kind::Any)
    }

    /// Resets the counts of tries.
    pub async fn reset_tries(&self) -> Result<(), RedisFailure> {
        match &self.0 {
            Kind::Any => Ok(()),
            Kind::Users(users) => users.tries.reset().await,
        }
    }

    /// Accepts the users in the store. `tries` limits each client's tries for each name. `key` is the
    /// secret key of the hashes of client secrets that were right.
    pub fn users(store: Arc<dyn Store>, tries: Limiter, key: &[u8]) -> Self {
        let bounds = Bounds {
            threads: thread::available_parallelism().map_or(1, NonZeroUsize::get),
            per_client: LOGINS_OF_A_CLIENT,
            in_all: LOGINS_IN_ALL,
            queue_timeout: QUEUE_TIMEOUT,
            queue_timeout_behind_own: QUEUE_TIMEOUT_BEHIND_OWN,
        };
        Self(Kind::Users(Box::new(Users {
            store,
            tries,
            hashing: WorkPool::new("passwords", bounds),
            remembered: RememberedSecrets::new(key),
            try_locks: TryLocks::new(),
        })))
    }

    /// Whether logins are rate-limited, which they are only with users in the store.
    pub const fn counts_tries(&self) -> bool {
        matches!(self.0, Kind::Users(_))
    }

    /// Checks a login. It must be awaited in a tokio runtime.
    pub async fn check(
        &self,
        login: &Login,
        client: IpAddr,
        now: DateTime<Utc>,
    ) -> Result<Result<(), LoginRefusal>, CheckError> {
        match self.users_to_ask(login) {
            Ok(users) => users.check(login, client, now).await,
            Err(known) => Ok(known),
        }
    }

    /// Checks the secret of a client program, which sends it with every request. So only a wrong one counts as a try,
    /// and a right one is remembered for a while.
    pub async fn check_client(
        &self,
        login: &Login,
        client: IpAddr,
        now: DateTime<Utc>,
    ) -> Result<Result<(), LoginRefusal>, CheckError> {
        match self.users_to_ask(login) {
            Ok(users) => users.check_client(login, client, now).await,
            Err(known) => Ok(known),
        }
    }

    /// The users among whom to look for this login, or what is known without them.
    fn users_to_ask(&self, login: &Login) -> Result<&Users, Result<(), LoginRefusal>> {
        match &self.0 {
            _ if login.username.is_empty() || login.password.is_empty() => Err(Err(LoginRefusal::Missing)),
            Kind::Any => Err(Ok(())),
            Kind::Users(users) => Ok(users),
        }
    }

    /// Whether this is the name of a user who has a password. Where every password is accepted, nobody has one.
    pub async fn has_user(&self, name: &str) -> Result<bool, StoreError> {
        match &self.0 {
            Kind::Users(users) if UserName::parse(name).is_ok() => Ok(users.store.password_hash(name).await?.is_some()),
            _ => Ok(false),
        }
    }
}

struct Users {
    store: Arc<dyn Store>,
    tries: Limiter,
    hashing: WorkPool,
    remembered: RememberedSecrets,
    try_locks: TryLocks,
}

impl Users {
    /// A try is counted only if the name is valid and the hashing queue has a free slot. So invalid names, which are
    /// cheap to refuse, use no counter, and a login that finds the queue full does not count as a try.
    async fn check(
        &self,
        login: &Login,
        client: IpAddr,
        now: DateTime<Utc>,
    ) -> Result<Result<(), LoginRefusal>, CheckError> {
        if UserName::parse(&login.username).is_err() {
            return Ok(Err(LoginRefusal::Wrong));
        }
        let Ok(place) = self.hashing.reserve(network_of(client)) else { return Ok(Err(BUSY)) };
        if let Decision::Refused { retry_after } = self.tries.admit(Key::login(client, &login.username), now).await? {
            return Ok(Err(LoginRefusal::TooOften { retry_after }));
        }
        self.compare(login, place).await
    }

    /// The tries of one client for one name are checked one after the other. So tries at the same moment cannot exceed
    /// the limit, and of many requests with the same new secret only the first pays for a hash.
    async fn check_client(
        &self,
        login: &Login,
        client: IpAddr,
        now: DateTime<Utc>,
    ) -> Result<Result<(), LoginRefusal>, CheckError> {
        if UserName::parse(&login.username).is_err() {
            return Ok(Err(LoginRefusal::Wrong));
        }
        if self.remembered.has(login, now) {
            return Ok(Ok(()));
        }
        let Ok(place) = self.hashing.reserve(network_of(client)) else { return Ok(Err(BUSY)) };
        let key = Key::login(client, &login.username);
        let _turn = self.try_locks.take(key).await;
        if self.remembered.has(login, now) {
            return Ok(Ok(()));
        }
        if let Decision::Refused { retry_after } = self.tries.peek(key, now).await? {
            return Ok(Err(LoginRefusal::TooOften { retry_after }));
        }
        let checked = self.compare(login, place).await?;
        match checked {
            Ok(()) => self.remembered.add(login, now),
            Err(LoginRefusal::Wrong) => drop(self.tries.admit(key, now).await?),
            Err(_) => {}
        }
        Ok(checked)
    }

    /// Compares the password with the user's.
    async fn compare(&self, login: &Login, place: Slot) -> Result<Result<(), LoginRefusal>, CheckError> {
        // No user can have such a password, so neither the store nor a hash is needed.
        if login.password.is_too_long() {
            return Ok(Err(LoginRefusal::Wrong));
        }
        let hash = self.store.password_hash(&login.username).await?;
        let password = login.password.clone();
        Ok(match place.run(move || password.matches(hash.as_deref())).await {
            Ok(true) => Ok(()),
            // A job that ended without a result has confirmed nothing.
            Ok(false) | Err(NotDone::Failed) => Err(LoginRefusal::Wrong),
            Err(NotDone::Busy) => Err(BUSY),
        })
    }
}

/// Locks for the tries of one client for one name. Few tries share a lock by chance, and an attacker cannot choose
/// which, because the hash is seeded at random.
struct TryLocks {
    seed: RandomState,
    locks: Box<[Mutex<()>]>,
}

impl TryLocks {
    const LOCKS: u64 = 256;

    fn new() -> Self {
        Self { seed: RandomState::new(), locks: (0..Self::LOCKS).map(|_| Mutex::default()).collect() }
    }

    async fn take(&self, key: Key<'_>) -> MutexGuard<'_, ()> {
        let index = usize::try_from(self.seed.hash_one(key) % Self::LOCKS).unwrap_or_default();
        self.locks[index].lock().await
    }
}

const BUSY: LoginRefusal = LoginRefusal::Busy { retry_after: work::RETRY_AFTER };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_name_has_1_to_64_visible_characters_and_no_colon() {
        for good in ["alice", "é@例", "می\u{200c}نا", &"é".repeat(64)] {
            assert_eq!(UserName::parse(good).unwrap().as_str(), good);
        }
        assert_eq!(UserName::parse(""), Err(BadUserName::Length(0)));
        assert_eq!(UserName::parse(&"é".repeat(65)), Err(BadUserName::Length(65)));
        for invisible in ["a b", " a", "a\n", "\0", "a\u{a0}b", "\u{85}", "b\u{202e}ob", "bo\u{200b}b", "bob\u{e0041}"]
        {
            assert_eq!(UserName::parse(invisible), Err(BadUserName::Invisible), "{invisible:?}");
        }
        assert_eq!(UserName::parse("a:b"), Err(BadUserName::Colon));
    }

    #[test]
    fn a_login_does_not_print_its_password() {
        let printed = format!("{:?}", Login::new("alice", "correct horse"));
        assert_eq!(printed, r#"Login { username: "alice", password: Password(…) }"#);
    }

    #[tokio::test]
    async fn where_anybody_may_ask_a_name_and_a_password_are_still_required() {
        let ask = async |username: &str, password: &str| {
            let login = Login::new(username, password);
            Accounts::any().check(&login, IpAddr::from([127, 0, 0, 1]), DateTime::UNIX_EPOCH).await.unwrap()
        };
        assert_eq!(ask("a name:\n", " ").await, Ok(()));
        for (username, password) in [("", "x"), ("alice", ""), ("", "")] {
            assert_eq!(ask(username, password).await, Err(LoginRefusal::Missing));
        }
    }
}
