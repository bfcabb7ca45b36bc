//! Claims: the JSON object in a token's payload (RFC 7519 §4), in order.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value};

use super::NumericDate;
use super::json::member;

/// The claim with the id of a token's family.
pub const FAMILY: &str = "family_id";

/// The claims of a token to be issued, or of one that passed every check.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Claims(Map<String, Value>);

impl Claims {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a claim at the end. If it exists already, its value is replaced in place.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    pub fn get(&self, name: &str) -> Option<&Value> {
        member(&self.0, name)
    }

    /// `sub` (RFC 7519 §4.1.2), if it is a string.
    pub fn subject(&self) -> Option<&str> {
        self.get("sub").and_then(Value::as_str)
    }

    /// `jti` (RFC 7519 §4.1.7), if it is a string.
    pub fn jti(&self) -> Option<&str> {
        self.get("jti").and_then(Value::as_str)
    }

    /// The id of the family of tokens that are revoked together, if it is a string.
    pub fn family(&self) -> Option<&str> {
        self.get(FAMILY).and_then(Value::as_str)
    }

    /// `exp` (RFC 7519 §4.1.4), if it is a date: the first whole second at which the token is expired.
    pub fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.get("exp").and_then(NumericDate::from_claim).and_then(NumericDate::whole_second_from_then)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Map<String, Value>> for Claims {
    fn from(members: Map<String, Value>) -> Self {
        Self(members)
    }
}

/// The claims of a token that was **not** accepted. Anyone may have written them: show them, but never act on them.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct UnverifiedClaims(Claims);

impl UnverifiedClaims {
    pub(super) const fn new(claims: Claims) -> Self {
        Self(claims)
    }

    /// The claims, only to show them to the person who holds the token.
    pub const fn for_display(&self) -> &Claims {
        &self.0
    }
}
