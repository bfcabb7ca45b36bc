//! Scopes: what a token may be used for (RFC 6749 §3.3).
//!
//! Every scope of right syntax is granted as asked. Those that this server itself knows are [`KnownScope`].

use std::fmt;

use super::error::{ErrorCode, OAuthError};
use super::parameters::Parameters;

/// The longest list of scopes in bytes, so that a token with it stays short enough to be read.
const LONGEST: usize = 1024;

/// A scope that this server gives a meaning to (OpenID Connect Core §5.4 and §11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownScope {
    /// The client gets an ID token, and may ask the userinfo endpoint.
    Openid,
    Profile,
    Email,
    /// The client gets a refresh token.
    OfflineAccess,
}

impl KnownScope {
    pub const ALL: [Self; 4] = [Self::Openid, Self::Profile, Self::Email, Self::OfflineAccess];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Openid => "openid",
            Self::Profile => "profile",
            Self::Email => "email",
            Self::OfflineAccess => "offline_access",
        }
    }
}

/// At least one scope, each once, in the order in which they were asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope(Vec<String>);

impl Scope {
    /// From texts with one space between them.
    pub fn parse(text: &str) -> Result<Self, OAuthError> {
        if text.len() > LONGEST {
            return Err(invalid_scope(&format!("the scope has more than {LONGEST} bytes")));
        }
        let mut scopes: Vec<String> = Vec::new();
        for one in text.split(' ') {
            if !is_scope_token(one) {
                return Err(invalid_scope(WRONG_SYNTAX));
            }
            if scopes.iter().all(|known| known != one) {
                scopes.push(one.to_owned());
            }
        }
        Ok(Self(scopes))
    }

    /// The parameter `scope` of a request; `None` if it is absent.
    pub fn requested(parameters: &Parameters) -> Result<Option<Self>, OAuthError> {
        parameters.get("scope").map(Self::parse).transpose()
    }

    pub fn has(&self, known: KnownScope) -> bool {
        self.contains(known.as_str())
    }

    fn contains(&self, scope: &str) -> bool {
        self.0.iter().any(|it| it == scope)
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// The scope of a refreshed token: what was granted, or the part of it that is asked for (RFC 6749 §6).
    pub fn narrowed(granted: Option<&Self>, requested: Option<Self>) -> Result<Option<Self>, OAuthError> {
        let Some(requested) = requested else { return Ok(granted.cloned()) };
        let is_granted = |scope: &String| granted.is_some_and(|granted| granted.contains(scope));
        match requested.0.iter().find(|scope| !is_granted(scope)) {
            Some(more) => Err(invalid_scope(&format!("the scope `{more}` was not granted"))),
            None => Ok(Some(requested)),
        }
    }
}

/// Whether a scope that may be absent has this one.
pub fn has(scope: Option<&Scope>, known: KnownScope) -> bool {
    scope.is_some_and(|scope| scope.has(known))
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

const WRONG_SYNTAX: &str = "a scope is printable ASCII without quotes and backslashes, and one space is between two";

fn invalid_scope(description: &str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidScope, description)
}

/// `scope-token` in RFC 6749 §3.3.
fn is_scope_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, b'!' | b'#'..=b'[' | b']'..=b'~'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(text: &str) -> Scope {
        Scope::parse(text).unwrap()
    }

    #[test]
    fn scopes_keep_their_order_and_are_kept_once() {
        let scope = scope("openid read:users https://api.example/write openid");
        assert_eq!(scope.to_string(), "openid read:users https://api.example/write");
        assert!(scope.has(KnownScope::Openid) && !scope.has(KnownScope::Email));
    }

    #[test]
    fn a_scope_is_printable_ascii_without_quotes_and_backslashes() {
        for bad in [" ", "a  b", " a", "a ", "a\tb", "a\nb", "\"a\"", "a\\b", "é", "a\u{7f}", ""] {
            assert_eq!(Scope::parse(bad).unwrap_err().code(), ErrorCode::InvalidScope, "{bad:?}");
        }
        assert!(Scope::parse(&"a".repeat(1024)).is_ok());
        assert_eq!(Scope::parse(&"a".repeat(1025)).unwrap_err().code(), ErrorCode::InvalidScope);
    }

    #[test]
    fn an_absent_scope_is_none() {
        let requested = |text: &[u8]| Scope::requested(&Parameters::parse(text).unwrap()).unwrap();
        assert_eq!(requested(b"scope="), None);
        assert_eq!(requested(b"scope=a+b"), Some(scope("a b")));
    }

    #[test]
    fn a_refreshed_token_has_the_scope_that_was_granted_or_a_part_of_it() {
        let granted = scope("openid email read");
        let narrowed = |requested: Option<&str>| Scope::narrowed(Some(&granted), requested.map(scope));
        assert_eq!(narrowed(None), Ok(Some(granted.clone())));
        assert_eq!(narrowed(Some("read openid")), Ok(Some(scope("read openid"))));
        let error = narrowed(Some("read write")).unwrap_err();
        assert_eq!(error.to_string(), "invalid_scope: the scope `write` was not granted");
        assert_eq!(Scope::narrowed(None, None), Ok(None));
        assert_eq!(Scope::narrowed(None, Some(scope("a"))).unwrap_err().code(), ErrorCode::InvalidScope);
    }
}
