//! Who may ask for a token: anybody who gives a name and a password, or the users that the store knows.
//!
//! The idea to know: a wrong password, a user that there is not and a name that nobody can have look alike. The first
//! two also take equally long, since the password of an unknown user is held against a hash that none matches. Hashing
//! is slow on purpose, so it runs in a [pool](crate::work) where clients take turns, and each client has only so many
//! tries at a name.

mod password;

pub use password::{BadPassword, Password, hash_password};

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use chrono::{DateTime, Utc};
use thiserror::Error;

use crate::limits::{Decision, Key, Limiter, network_of};
use crate::redis::RedisFailure;
use crate::store::{Store, StoreError};
use crate::work::{self, Bounds, NotDone, WorkPool};

/// How many logins of one client, and of all together, may be under way at once. A hash takes some 30 ms of a core.
const LOGINS_OF_A_CLIENT: usize = 64;
const LOGINS_IN_ALL: usize = 512;

/// How long a login waits for its turn while only other clients delay it, and behind others of its own client.
const PATIENCE: Duration = Duration::from_secs(2);
const PATIENCE_BEHIND_OWN: Duration = Duration::from_secs(10);

/// What a client says of itself; what it did not say is empty.
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

/// Why a client may not ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The name or the password is absent or empty.
    Missing,
    /// They do not belong together, or to anybody.
    Wrong,
    /// This client has tried this name too often, whether rightly or wrongly: it may in so many seconds.
    TooOften { retry_after: u64 },
    /// More logins are under way than are taken on, so nothing was judged.
    Busy { retry_after: u64 },
}

/// The name of a user: 1 to 64 characters without blanks, controls and colons, so that it fits a line and HTTP Basic
/// (RFC 7617 §2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserName(String);

/// Why a text is no [`UserName`].
#[derive(Debug, PartialEq, Eq, Error)]
pub enum BadUserName {
    #[error("it has {0} characters, and 1 to 64 are accepted")]
    Length(usize),
    #[error("it has a blank or a control character, and only visible ones are accepted")]
    Invisible,
    #[error("it has a colon, which ends the name in HTTP Basic")]
    Colon,
}

impl UserName {
    pub fn parse(text: &str) -> Result<Self, BadUserName> {
        let length = text.chars().count();
        match text {
            _ if !(1..=64).contains(&length) => Err(BadUserName::Length(length)),
            _ if text.chars().any(|it| it.is_control() || it.is_whitespace()) => Err(BadUserName::Invisible),
            _ if text.contains(':') => Err(BadUserName::Colon),
            _ => Ok(Self(text.to_owned())),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a login cannot be judged without did not answer.
#[derive(Debug, Error)]
pub enum CheckError {
    #[error("the users are not at hand")]
    Store(#[from] StoreError),
    #[error("the tries cannot be counted")]
    Tries(#[from] RedisFailure),
}

/// Whose word is taken.
pub struct Accounts(Kind);

enum Kind {
    Any,
    Users(Users),
}

impl Accounts {
    /// Every name with every password, as in the tutorials.
    pub const fn any() -> Self {
        Self(Kind::Any)
    }

    /// Forgets how often any name was tried.
    pub async fn forget_tries(&self) -> Result<(), RedisFailure> {
        match &self.0 {
            Kind::Any => Ok(()),
            Kind::Users(users) => users.tries.forget().await,
        }
    }

    /// The users of the store, each client with so many `tries` at each name.
    pub fn users(store: Arc<dyn Store>, tries: Limiter) -> Self {
        let bounds = Bounds {
            threads: thread::available_parallelism().map_or(1, NonZeroUsize::get),
            per_client: LOGINS_OF_A_CLIENT,
            in_all: LOGINS_IN_ALL,
            patience: PATIENCE,
            patience_behind_own: PATIENCE_BEHIND_OWN,
        };
        Self(Kind::Users(Users { store, tries, hashing: WorkPool::new("passwords", bounds) }))
    }

    /// Whether logins are rate limited: only those of the store's users are.
    pub const fn counts_tries(&self) -> bool {
        matches!(self.0, Kind::Users(_))
    }

    /// Whether `login` may ask. It must be awaited in a tokio runtime.
    pub async fn check(
        &self,
        login: &Login,
        client: IpAddr,
        now: DateTime<Utc>,
    ) -> Result<Result<(), Refusal>, CheckError> {
        if login.username.is_empty() || login.password.is_empty() {
            return Ok(Err(Refusal::Missing));
        }
        match &self.0 {
            Kind::Any => Ok(Ok(())),
            Kind::Users(users) => users.check(login, client, now).await,
        }
    }
}

struct Users {
    store: Arc<dyn Store>,
    tries: Limiter,
    hashing: WorkPool,
}

impl Users {
    /// A try is counted once its name can be somebody's and the queue for hashing has a place for it. So names that cost
    /// nothing to refuse take up no counter, and a login that finds no place costs no try.
    async fn check(
        &self,
        login: &Login,
        client: IpAddr,
        now: DateTime<Utc>,
    ) -> Result<Result<(), Refusal>, CheckError> {
        if UserName::parse(&login.username).is_err() {
            return Ok(Err(Refusal::Wrong));
        }
        let Ok(place) = self.hashing.reserve(network_of(client)) else { return Ok(Err(BUSY)) };
        if let Decision::Refused { retry_after } = self.tries.admit(Key::login(client, &login.username), now).await? {
            return Ok(Err(Refusal::TooOften { retry_after }));
        }
        // No user has such a password, so it needs neither the store nor the time of a hash.
        if login.password.is_too_long() {
            return Ok(Err(Refusal::Wrong));
        }
        let hash = self.store.password_hash(&login.username).await?;
        let password = login.password.clone();
        Ok(match place.run(move || password.matches(hash.as_deref())).await {
            Ok(true) => Ok(()),
            // Work that was cut off has confirmed nothing.
            Ok(false) | Err(NotDone::Failed) => Err(Refusal::Wrong),
            Err(NotDone::Busy) => Err(BUSY),
        })
    }
}

const BUSY: Refusal = Refusal::Busy { retry_after: work::RETRY_AFTER };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_name_has_1_to_64_visible_characters_and_no_colon() {
        for good in ["alice", "é@例", &"é".repeat(64)] {
            assert_eq!(UserName::parse(good).unwrap().as_str(), good);
        }
        assert_eq!(UserName::parse(""), Err(BadUserName::Length(0)));
        assert_eq!(UserName::parse(&"é".repeat(65)), Err(BadUserName::Length(65)));
        for invisible in ["a b", " a", "a\n", "\0", "a\u{a0}b", "\u{85}"] {
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
            assert_eq!(ask(username, password).await, Err(Refusal::Missing));
        }
    }
}
