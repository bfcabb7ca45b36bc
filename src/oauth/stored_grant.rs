//! What a user granted to a client, as the store keeps it, and the part of it that a token request asks for.

use super::audience::Audience;
use super::error::OAuthError;
use super::scope::Scope;
use super::token_request::RequestedAccess;
use crate::store::Grant;

/// The scope and the audience of a grant.
#[derive(Debug, PartialEq, Eq)]
pub struct Granted {
    scope: Option<Scope>,
    audience: Option<Audience>,
}

impl Granted {
    /// Reads what [`code::for_login`](super::code::for_login) stored; `None` if something else was stored.
    pub fn read(grant: &Grant) -> Option<Self> {
        let scope = if grant.scope.is_empty() { None } else { Some(Scope::parse(&grant.scope).ok()?) };
        let audience = Audience::of(grant.audience.iter().map(String::as_str)).ok()?;
        Some(Self { scope, audience })
    }

    /// What is granted, or the part of it that is requested.
    pub fn narrowed(&self, requested: RequestedAccess) -> Result<RequestedAccess, OAuthError> {
        Ok(RequestedAccess {
            scope: Scope::narrowed(self.scope.as_ref(), requested.scope)?,
            audience: Audience::narrowed(self.audience.as_ref(), requested.audience)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn grant(scope: &str, audience: &[&str]) -> Grant {
        Grant {
            client_id: "app".into(),
            subject: "alice".into(),
            scope: scope.into(),
            audience: audience.iter().map(|&one| one.into()).collect(),
            auth_time: DateTime::UNIX_EPOCH,
        }
    }

    fn requested(scope: Option<&str>, audience: &[&str]) -> RequestedAccess {
        RequestedAccess {
            scope: scope.map(|scope| Scope::parse(scope).unwrap()),
            audience: Audience::of(audience.iter().copied()).unwrap(),
        }
    }

    #[test]
    fn what_was_granted_is_read_back_and_can_be_narrowed() {
        let granted = Granted::read(&grant("openid a", &["x", "y"])).unwrap();
        assert_eq!(granted.narrowed(requested(None, &[])), Ok(requested(Some("openid a"), &["x", "y"])));
        assert_eq!(granted.narrowed(requested(Some("a"), &["y"])), Ok(requested(Some("a"), &["y"])));
        assert!(granted.narrowed(requested(Some("b"), &[])).is_err());
        assert!(granted.narrowed(requested(None, &["z"])).is_err());
    }

    #[test]
    fn an_empty_scope_and_audience_are_none() {
        let granted = Granted::read(&grant("", &[])).unwrap();
        assert_eq!(granted, Granted { scope: None, audience: None });
        assert!(granted.narrowed(requested(Some("a"), &[])).is_err());
    }

    #[test]
    fn what_no_request_can_ask_for_is_not_read() {
        assert_eq!(Granted::read(&grant(" a", &[])), None);
        assert_eq!(Granted::read(&grant("", &["\n"])), None);
    }
}
