//! Passwords, and the argon2id hashes that are kept in their place.

use std::fmt;

use argon2::password_hash::{self, PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use thiserror::Error;

/// What OWASP's Password Storage Cheat Sheet asks of argon2id at least: 19 MiB, two passes, one lane.
const MEMORY: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// The longest password in bytes: more than anybody types, and little to send over and over.
const LONGEST: usize = 1024;

/// What the password of an unknown user is compared with. Salt and hash are random bytes, so nothing matches.
const DUMMY_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$35XrXMltUUQhrzZFmXNA0Q$LJ8gYFYhjQUPoVwdKbgePhjcZHj/fjA04tn31Bg69lg";

/// A password. It does not print itself.
#[derive(Clone, Default)]
pub struct Password(String);

/// Why a password cannot be a user's.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum BadPassword {
    #[error("the password is empty")]
    Empty,
    #[error("the password has {0} bytes, and at most {LONGEST} are accepted")]
    TooLong(usize),
    #[error("the password cannot be hashed")]
    Hashing(#[from] password_hash::Error),
}

impl Password {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn is_too_long(&self) -> bool {
        self.0.len() > LONGEST
    }

    /// Whether it is the password that was hashed. It takes equally long if there is no hash: a dummy is compared then.
    /// The hash names its own parameters, so old hashes stay good when ours change.
    pub(super) fn matches(&self, hash: Option<&str>) -> bool {
        let verified = Argon2::default().verify_password(self.as_bytes(), hash.unwrap_or(DUMMY_HASH)).is_ok();
        verified & hash.is_some()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Hashes a new password, to a text in PHC form. The salt is random and used once.
pub fn hash_password(password: &Password, salt: [u8; 16]) -> Result<String, BadPassword> {
    match password.as_bytes().len() {
        0 => Err(BadPassword::Empty),
        length if password.is_too_long() => Err(BadPassword::TooLong(length)),
        _ => {
            let params = Params::new(MEMORY, PASSES, LANES, None).map_err(password_hash::Error::from)?;
            let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
            Ok(argon2.hash_password_with_salt(password.as_bytes(), &salt)?.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was hashed with, and how long salt and hash are.
    fn cost(hash: &str) -> (&str, Vec<usize>) {
        let (parameters, rest) = hash.split_at(hash.match_indices('$').nth(3).unwrap().0);
        (parameters, rest.split('$').map(str::len).collect())
    }

    #[test]
    fn a_password_matches_its_own_hash_and_no_other() {
        let hash = hash_password(&Password::new("correct horse"), [7; 16]).unwrap();
        assert!(Password::new("correct horse").matches(Some(&hash)));
        for other in ["correct hors", "correct horse ", "Correct horse", ""] {
            assert!(!Password::new(other).matches(Some(&hash)), "{other}");
        }
        assert_ne!(hash, hash_password(&Password::new("correct horse"), [8; 16]).unwrap());
    }

    #[test]
    fn the_hash_says_that_it_is_argon2id_at_owasp_s_cost() {
        let hash = hash_password(&Password::new("x"), [7; 16]).unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    }

    #[test]
    fn an_unknown_user_costs_what_a_known_one_does() {
        let hash = hash_password(&Password::new("x"), [7; 16]).unwrap();
        assert_eq!(cost(DUMMY_HASH), cost(&hash));
        assert!(password_hash::phc::PasswordHash::new(DUMMY_HASH).is_ok());
    }

    #[test]
    fn nothing_matches_no_hash_or_a_broken_one() {
        for hash in [None, Some(""), Some("x"), Some("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ")] {
            assert!(!Password::new("x").matches(hash));
        }
    }

    #[test]
    fn an_empty_and_an_endless_password_are_not_hashed() {
        assert_eq!(hash_password(&Password::new(""), [0; 16]), Err(BadPassword::Empty));
        assert_eq!(hash_password(&Password::new("x".repeat(1025)), [0; 16]), Err(BadPassword::TooLong(1025)));
        assert!(hash_password(&Password::new("x".repeat(1024)), [0; 16]).is_ok());
    }
}
