//! What the OAuth issuer keeps: authorization codes, token families, and the login sessions of the login page.
//!
//! A *family* is everything that one authorization code gave: its refresh tokens, of which one at a time is current,
//! and the access tokens issued with them. It has one row, however often its refresh token is rotated:
//!
//! - A refresh token is 16 random bytes, the same in every token of the family, and 32 random bytes of its own.
//! - The family's id is the hash of the first part. So only someone who held a token of the family can present one that
//!   leads to its row: the id itself, which access tokens carry, does not help.
//! - The row keeps the hash of the current token. Any other token that leads to the row is a spent one, or was made up
//!   by someone who held a spent one. Both are *reuse*, which revokes the family (RFC 9700 §4.14.2).
//!
//! Codes, refresh tokens and the ids of login sessions are kept as SHA-256 hashes only. They are random, so a hash
//! needs no salt. Each method is one atomic step, also for several processes that share a database.

pub(super) mod family;
pub(super) mod rows;

use std::fmt;

use async_trait::async_trait;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SecureRandom;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::serde::ts_seconds;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::StoreError;

/// The part of a [`Store`](super::Store) that belongs to the OAuth issuer. Times are stored in whole seconds.
#[async_trait]
pub trait GrantStore: Send + Sync {
    /// Stores a new authorization code.
    async fn put_code(&self, hash: &CodeHash, code: &AuthorizationCode) -> Result<(), StoreError>;

    /// Looks an authorization code up without spending it. `None` if there is no such code, or it expired unspent. A
    /// spent one is found until everything that it gave has expired.
    async fn code(&self, hash: &CodeHash, now: DateTime<Utc>) -> Result<Option<FoundCode>, StoreError>;

    /// Spends a client's authorization code and creates the family of what it gives. This works once: a second use
    /// revokes the family that the first one created.
    async fn redeem_code(
        &self,
        hash: &CodeHash,
        client_id: &str,
        family: &NewFamily,
        now: DateTime<Utc>,
    ) -> Result<Redeemed, StoreError>;

    /// What a refresh token stands for; `None` if [`rotate`](Self::rotate) would refuse it to every client. This
    /// changes nothing, also for a spent token. To notice reuse, call `rotate` even if this returned `None`.
    async fn refresh_token(&self, token: &RefreshToken, now: DateTime<Utc>)
    -> Result<Option<RefreshGrant>, StoreError>;

    /// Replaces a client's current refresh token by its successor. A spent token revokes its family.
    async fn rotate(
        &self,
        token: &RefreshToken,
        client_id: &str,
        next: &NewRefreshToken,
        now: DateTime<Utc>,
    ) -> Result<Rotated, StoreError>;

    /// Revokes a client's family; `false` if this client has no such family. Revoking it again is `true` again.
    async fn revoke_family(&self, family: &FamilyId, client_id: &str) -> Result<bool, StoreError>;

    /// Stores a login session.
    async fn put_login(&self, hash: &LoginHash, login: &LoginSession) -> Result<(), StoreError>;

    /// The login session of a cookie; `None` if there is none, or it has ended or expired.
    async fn login(&self, hash: &LoginHash, now: DateTime<Utc>) -> Result<Option<LoginSession>, StoreError>;

    /// Ends a login session; `false` if there was none.
    async fn end_login(&self, hash: &LoginHash) -> Result<bool, StoreError>;
}

/// What a user allowed a client.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    pub client_id: String,
    pub subject: String,
    /// Separated by spaces; empty if the client asked for none.
    pub scope: String,
    pub audience: Vec<String>,
    /// When the user logged in.
    #[serde(with = "ts_seconds")]
    pub auth_time: DateTime<Utc>,
}

/// An authorization code that was given to a client.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationCode {
    pub grant: Grant,
    pub redirect_uri: String,
    /// The PKCE challenge, of the method `S256`.
    pub challenge: Option<String>,
    pub nonce: Option<String>,
    #[serde(with = "ts_seconds")]
    pub expires_at: DateTime<Utc>,
}

/// An authorization code that was looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundCode {
    /// It can be redeemed.
    Unspent(AuthorizationCode),
    /// It was redeemed. If the same client uses it again, revoke its family.
    Spent { client_id: String, family: FamilyId },
}

/// The family that redeeming a code creates.
#[derive(Clone)]
pub struct NewFamily {
    pub(super) id: FamilyId,
    pub(super) refresh: Option<NewRefreshToken>,
    pub(super) access_expires_at: DateTime<Utc>,
}

impl NewFamily {
    /// Without a refresh token. It is kept so that its access token, which expires at `access_expires_at`, can be
    /// revoked.
    pub const fn of_access_token(id: FamilyId, access_expires_at: DateTime<Utc>) -> Self {
        Self { id, refresh: None, access_expires_at }
    }

    /// With its first refresh token, and the access token issued with it.
    pub fn of_refresh_token(first: NewRefreshToken) -> Self {
        Self { id: first.token.family(), access_expires_at: first.access_expires_at, refresh: Some(first) }
    }
}

/// A new refresh token, and the access token issued with it.
#[derive(Clone, Debug)]
pub struct NewRefreshToken {
    pub token: RefreshToken,
    pub expires_at: DateTime<Utc>,
    pub access_expires_at: DateTime<Utc>,
}

/// The result of redeeming a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redeemed {
    /// The code is now spent, and the family exists.
    Redeemed,
    /// The code was spent before. The family that it created is now revoked.
    AlreadySpent,
    /// This client has no such code, or it expired unspent. Nothing changed.
    Unknown,
}

/// The result of presenting a refresh token to be rotated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotated {
    /// It was current, and its successor is now. This is what the family may do.
    Rotated(Grant),
    /// It was spent before. The family is now revoked.
    Reused,
    /// The family was revoked before.
    Revoked,
    /// It is current, and expired.
    Expired,
    /// It belongs to another client. Nothing changed.
    OtherClient,
    /// It belongs to no family that is still kept.
    Unknown,
}

/// What the current refresh token of a family stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshGrant {
    pub grant: Grant,
    pub expires_at: DateTime<Utc>,
}

/// A user who logged in on the login page.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginSession {
    pub username: String,
    #[serde(with = "ts_seconds")]
    pub auth_time: DateTime<Utc>,
    #[serde(with = "ts_seconds")]
    pub expires_at: DateTime<Utc>,
}

/// The id of a family, which the access tokens of the family carry. It is not a secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct FamilyId(pub(super) [u8; ID]);

impl FamilyId {
    /// The id of a family without refresh tokens.
    pub fn random(random: &dyn SecureRandom) -> Result<Self, Unspecified> {
        filled(random).map(Self)
    }

    /// Reads the text that [`Display`](fmt::Display) writes.
    pub fn parse(text: &str) -> Option<Self> {
        decoded(text).map(Self)
    }
}

/// 22 characters of base64url.
impl fmt::Display for FamilyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

/// A refresh token in clear: what the client gets and presents. The store keeps its hash.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// The same in every token of the family.
    family_secret: [u8; ID],
    /// Of this token alone.
    own_secret: [u8; SECRET],
}

impl RefreshToken {
    /// The first token of a new family.
    pub fn first(random: &dyn SecureRandom) -> Result<Self, Unspecified> {
        Ok(Self { family_secret: filled(random)?, own_secret: filled(random)? })
    }

    /// Another token of the same family.
    pub fn next(&self, random: &dyn SecureRandom) -> Result<Self, Unspecified> {
        Ok(Self { family_secret: self.family_secret, own_secret: filled(random)? })
    }

    /// Reads what a client presents; `None` if it is not of the form of a refresh token.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; ID + SECRET] = decoded(text)?;
        let (family_secret, own_secret) = bytes.split_first_chunk()?;
        Some(Self { family_secret: *family_secret, own_secret: own_secret.try_into().ok()? })
    }

    pub fn family(&self) -> FamilyId {
        FamilyId(hash(&self.family_secret))
    }

    /// The token as the client gets it: 64 characters of base64url.
    pub fn in_clear(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes())
    }

    pub(super) fn hash(&self) -> [u8; HASH] {
        hash(&self.bytes())
    }

    fn bytes(&self) -> Vec<u8> {
        [&self.family_secret[..], &self.own_secret].concat()
    }
}

/// The SHA-256 of an authorization code.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CodeHash(pub(super) [u8; HASH]);

impl CodeHash {
    /// Of a code as the client gets or presents it, which may be any text.
    pub fn of(code: &str) -> Self {
        Self(hash(code.as_bytes()))
    }
}

/// The SHA-256 of the random id in the login page's cookie.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LoginHash(pub(super) [u8; HASH]);

impl LoginHash {
    /// Of a cookie's value, which may be any text.
    pub fn of(id: &str) -> Self {
        Self(hash(id.as_bytes()))
    }
}

const ID: usize = 16;
const SECRET: usize = 32;
const HASH: usize = 32;

/// The first `LENGTH` bytes of the SHA-256, at most 32.
fn hash<const LENGTH: usize>(bytes: &[u8]) -> [u8; LENGTH] {
    let digest = digest(&SHA256, bytes);
    std::array::from_fn(|index| digest.as_ref()[index])
}

fn filled<const LENGTH: usize>(random: &dyn SecureRandom) -> Result<[u8; LENGTH], Unspecified> {
    let mut bytes = [0; LENGTH];
    random.fill(&mut bytes)?;
    Ok(bytes)
}

fn decoded<const LENGTH: usize>(text: &str) -> Option<[u8; LENGTH]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

/// Hides what a type holds from logs: the secrets and hashes, and the names and addresses of users and clients.
macro_rules! redacted {
    ($($name:ident)*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )*};
}

redacted! { Grant AuthorizationCode NewFamily LoginSession FamilyId RefreshToken CodeHash LoginHash }

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn a_refresh_token_is_read_back_and_its_successors_are_of_its_family_alone() {
        let random = Random::system();
        let first = RefreshToken::first(random.source()).unwrap();
        let next = first.next(random.source()).unwrap();
        let text = next.in_clear();
        assert_eq!(text.len(), 64);
        assert!(RefreshToken::parse(&text).unwrap() == next);
        assert!(next.family() == first.family() && next.hash() != first.hash());
        assert!(RefreshToken::first(random.source()).unwrap().family() != first.family());
    }

    #[test]
    fn the_id_of_a_family_is_read_back_and_leads_to_no_refresh_token() {
        let token = RefreshToken::first(Random::system().source()).unwrap();
        let id = token.family();
        assert_eq!(FamilyId::parse(&id.to_string()), Some(id));
        assert_eq!(id.to_string().len(), 22);
        assert!(id.0 != token.family_secret);
    }

    #[test]
    fn what_is_not_of_the_form_of_a_refresh_token_is_none() {
        let text = RefreshToken::first(Random::system().source()).unwrap().in_clear();
        for text in ["", "a", "é", &text[1..], &format!("{text}A"), &format!("{text}="), &text.replace(&text[..1], "+")]
        {
            assert!(RefreshToken::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn nothing_secret_is_printed() {
        let token = RefreshToken::first(Random::system().source()).unwrap();
        assert_eq!(format!("{token:?} {:?}", CodeHash::of("code")), "RefreshToken(…) CodeHash(…)");
    }
}
