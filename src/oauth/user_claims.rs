//! Claims of users beside those that every user has, such as roles. A test gives them to a user, and nobody else does.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};
use thiserror::Error;

use crate::token::Claims;

/// How many users may have such claims.
const MOST_USERS: usize = 1000;

/// How many claims one user may have.
const MOST_CLAIMS: usize = 64;

/// How many bytes the claims of one user may have as JSON. An ID token with them stays far below what a verifier reads.
const MOST_BYTES: usize = 4096;

/// The claims of the protocol itself: with another value the token would be none of this login.
pub const PROTOCOL_CLAIMS: [&str; 10] =
    ["iss", "sub", "aud", "exp", "iat", "nonce", "auth_time", "azp", "at_hash", "jti"];

/// Claims that may be laid over those of a user.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UserClaims(Map<String, Value>);

/// Why claims may not be laid over those of a user.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum BadUserClaims {
    #[error("`claims` must not have `{0}`: the issuer itself says {all}", all = PROTOCOL_CLAIMS.join(", "))]
    OfTheProtocol(&'static str),
    #[error("`claims` has {0} members, and at most {most} are accepted", most = MOST_CLAIMS)]
    TooMany(usize),
    #[error("`claims` has {0} bytes as JSON, and at most {most} are accepted", most = MOST_BYTES)]
    TooLarge(usize),
}

impl UserClaims {
    pub fn parse(claims: Map<String, Value>) -> Result<Self, BadUserClaims> {
        if let Some(name) = PROTOCOL_CLAIMS.into_iter().find(|name| claims.contains_key(*name)) {
            return Err(BadUserClaims::OfTheProtocol(name));
        }
        if claims.len() > MOST_CLAIMS {
            return Err(BadUserClaims::TooMany(claims.len()));
        }
        let claims = Value::Object(claims);
        match (claims.to_string().len(), claims) {
            (bytes, _) if bytes > MOST_BYTES => Err(BadUserClaims::TooLarge(bytes)),
            (_, Value::Object(claims)) => Ok(Self(claims)),
            (..) => Ok(Self::default()),
        }
    }
}

/// What tests gave to users, by their names. It is in memory, and empty without test mode.
#[derive(Default)]
pub struct ClaimsOfUsers(Mutex<BTreeMap<String, UserClaims>>);

/// So many users have claims already.
#[derive(Debug, PartialEq, Eq, Error)]
#[error(
    "{most} users have claims already; DELETE /test/users/NAME removes those of one, and POST /test/reset all",
    most = MOST_USERS
)]
pub struct TooManyUsers;

impl ClaimsOfUsers {
    /// These claims of a user in place of those before.
    pub fn set(&self, username: &str, claims: UserClaims) -> Result<(), TooManyUsers> {
        let mut users = self.users();
        if users.len() >= MOST_USERS && !users.contains_key(username) {
            return Err(TooManyUsers);
        }
        users.insert(username.to_owned(), claims);
        Ok(())
    }

    pub fn remove(&self, username: &str) {
        self.users().remove(username);
    }

    pub fn clear(&self) {
        self.users().clear();
    }

    /// The claims of a user with those of a test over them.
    #[must_use]
    pub fn laid_over(&self, claims: Claims) -> Claims {
        let users = self.users();
        let Some(UserClaims(further)) = claims.subject().and_then(|username| users.get(username)) else {
            return claims;
        };
        further.iter().fold(claims, |claims, (name, value)| claims.with(name, value.clone()))
    }

    fn users(&self) -> MutexGuard<'_, BTreeMap<String, UserClaims>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(claims: Value) -> Result<UserClaims, BadUserClaims> {
        let Value::Object(claims) = claims else { panic!("{claims} is no object") };
        UserClaims::parse(claims)
    }

    #[test]
    fn the_claims_of_the_protocol_are_refused_and_named() {
        for name in PROTOCOL_CLAIMS {
            let refused = parse(json!({ "roles": [], name: "x" })).unwrap_err();
            assert_eq!(refused, BadUserClaims::OfTheProtocol(name));
            let message = refused.to_string();
            assert!(message.contains(&format!("`{name}`")) && PROTOCOL_CLAIMS.iter().all(|one| message.contains(one)));
        }
        assert!(parse(json!({ "name": "Alice", "email": "a@b", "email_verified": true, "subject": 1 })).is_ok());
    }

    #[test]
    fn a_user_has_no_more_claims_than_there_is_room_for() {
        let many = |count: usize| (0..count).map(|number| (format!("c{number}"), json!(1))).collect::<Map<_, _>>();
        assert!(UserClaims::parse(many(MOST_CLAIMS)).is_ok());
        assert_eq!(UserClaims::parse(many(MOST_CLAIMS + 1)), Err(BadUserClaims::TooMany(MOST_CLAIMS + 1)));
        let long = |bytes: usize| parse(json!({ "c": "x".repeat(bytes - r#"{"c":""}"#.len()) }));
        assert!(long(MOST_BYTES).is_ok());
        assert_eq!(long(MOST_BYTES + 1), Err(BadUserClaims::TooLarge(MOST_BYTES + 1)));
    }

    #[test]
    fn no_more_users_have_claims_than_there_is_room_for() {
        let users = ClaimsOfUsers::default();
        let set = |name: &str| users.set(name, UserClaims::default());
        assert!((0..MOST_USERS).all(|number| set(&number.to_string()).is_ok()));
        assert_eq!((set("another"), set("0")), (Err(TooManyUsers), Ok(())));
        users.remove("0");
        assert_eq!(set("another"), Ok(()));
        users.clear();
        assert_eq!(set("0"), Ok(()));
    }

    #[test]
    fn the_claims_of_a_test_are_laid_over_those_of_that_user_alone() {
        let users = ClaimsOfUsers::default();
        users.set("alice", parse(json!({ "roles": ["admin"], "email": "alice@corp.example" })).unwrap()).unwrap();
        let said = |name: &str| {
            let claims = Claims::new().with("sub", name).with("email", "x").with("email_verified", false);
            serde_json::to_string(&users.laid_over(claims)).unwrap()
        };
        let alice = r#"{"sub":"alice","email":"alice@corp.example","email_verified":false,"roles":["admin"]}"#;
        assert_eq!(said("alice"), alice);
        assert_eq!(said("bob"), r#"{"sub":"bob","email":"x","email_verified":false}"#);
    }
}
