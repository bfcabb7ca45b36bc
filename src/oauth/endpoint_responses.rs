//! The answers of the endpoints for programs: tokens, userinfo and introspection.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::email_address;
use super::error::{ErrorCode, OAuthError};
use super::scope::{KnownScope, Scope};
use crate::profiles::Lifetime;
use crate::token::{Claims, Token};

/// The answer of the token endpoint (RFC 6749 §5.1).
#[derive(Serialize)]
pub struct TokenResponse {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
}

/// The tokens that are issued only where a user logged in.
#[derive(Default)]
pub struct UserTokens {
    /// With the scope `offline_access`.
    pub refresh_token: Option<String>,
    /// With the scope `openid`.
    pub id_token: Option<Token>,
}

impl TokenResponse {
    /// For a client that acts for itself, or for the holder of an assertion.
    pub fn for_client(access_token: Token, lifetime: Lifetime, scope: Option<&Scope>) -> Self {
        Self::for_user(access_token, lifetime, scope, UserTokens::default())
    }

    /// For a client that acts for a user.
    pub fn for_user(access_token: Token, lifetime: Lifetime, scope: Option<&Scope>, tokens: UserTokens) -> Self {
        Self {
            access_token: access_token.into_string(),
            token_type: "Bearer",
            expires_in: lifetime.seconds(),
            scope: scope.map(ToString::to_string),
            refresh_token: tokens.refresh_token,
            id_token: tokens.id_token.map(Token::into_string),
        }
    }
}

impl fmt::Debug for TokenResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenResponse(…)")
    }
}

/// The scope of an access token that was accepted.
pub fn scope_of(claims: &Claims) -> Option<Scope> {
    Scope::parse(claims.get("scope")?.as_str()?).ok()
}

/// The answer of the userinfo endpoint: what the scope of an accepted access token lets the client know (OpenID
/// Connect Core §5.4).
pub fn userinfo(access_token: &Claims) -> Result<Claims, OAuthError> {
    let scope = scope_of(access_token).filter(|scope| scope.has(KnownScope::Openid));
    let scope = scope.ok_or_else(|| {
        OAuthError::new(ErrorCode::InsufficientScope, "the access token was issued without the scope openid")
    })?;
    let subject = access_token.subject().unwrap_or_default();
    let mut claims = Claims::new().with("sub", subject);
    if scope.has(KnownScope::Profile) {
        claims = claims.with("name", subject).with("preferred_username", subject);
    }
    if scope.has(KnownScope::Email) {
        claims = claims.with("email", email_address::of(subject)).with("email_verified", false);
    }
    Ok(claims)
}

/// What introspection says of a refresh token that is in force.
pub struct RefreshTokenFacts<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub subject: &'a str,
    pub scope: Option<&'a Scope>,
    pub expires_at: DateTime<Utc>,
}

/// The answer of the introspection endpoint (RFC 7662 §2.2).
#[derive(Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Introspection(Map<String, Value>);

impl Introspection {
    /// For everything that this server would refuse. It says nothing about why.
    pub fn inactive() -> Self {
        Self(Map::from_iter([("active".to_owned(), false.into())]))
    }

    /// For an access token that was accepted.
    pub fn of_access_token(claims: &Claims) -> Self {
        let mut members = Self::active();
        members.insert("token_type".to_owned(), "Bearer".into());
        for name in ["scope", "client_id", "sub", "aud", "iss", "iat", "exp", "jti"] {
            members.extend(claims.get(name).map(|value| (name.to_owned(), value.clone())));
        }
        Self(members)
    }

    pub fn of_refresh_token(facts: &RefreshTokenFacts<'_>) -> Self {
        let mut members = Self::active();
        members.extend(facts.scope.map(|scope| ("scope".to_owned(), scope.to_string().into())));
        for (name, value) in [
            ("client_id", json!(facts.client_id)),
            ("sub", json!(facts.subject)),
            ("iss", json!(facts.issuer)),
            ("exp", json!(facts.expires_at.timestamp())),
        ] {
            members.insert(name.to_owned(), value);
        }
        Self(members)
    }

    fn active() -> Map<String, Value> {
        Map::from_iter([("active".to_owned(), true.into())])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(scope: &str) -> Claims {
        Claims::new().with("sub", "alice").with("client_id", "app").with("exp", 600).with("scope", scope)
    }

    fn json(value: &impl Serialize) -> String {
        serde_json::to_string(value).unwrap()
    }

    #[test]
    fn userinfo_says_what_the_scope_allows() {
        for (scope, wanted) in [
            ("openid", r#"{"sub":"alice"}"#),
            ("openid profile", r#"{"sub":"alice","name":"alice","preferred_username":"alice"}"#),
            ("email openid", r#"{"sub":"alice","email":"alice@example.test","email_verified":false}"#),
        ] {
            assert_eq!(json(&userinfo(&access(scope)).unwrap()), wanted);
        }
    }

    #[test]
    fn userinfo_needs_the_scope_openid() {
        for claims in [access("profile email"), access("openidx"), Claims::new().with("sub", "alice")] {
            let error = userinfo(&claims).unwrap_err();
            assert_eq!((error.code(), error.status()), (ErrorCode::InsufficientScope, 403));
        }
    }

    #[test]
    fn introspection_of_an_access_token_shows_its_claims_in_one_order() {
        let claims = access("a b").with("aud", "orders").with("iss", "https://i").with("family_id", "f");
        let wanted = r#"{"active":true,"token_type":"Bearer","scope":"a b","client_id":"app","sub":"alice","aud":"orders","iss":"https://i","exp":600}"#;
        assert_eq!(json(&Introspection::of_access_token(&claims)), wanted);
    }

    #[test]
    fn introspection_of_a_refresh_token_has_no_token_type() {
        let facts = RefreshTokenFacts {
            issuer: "https://i",
            client_id: "app",
            subject: "alice",
            scope: Some(&Scope::parse("openid offline_access").unwrap()),
            expires_at: DateTime::from_timestamp(99, 0).unwrap(),
        };
        let wanted = r#"{"active":true,"scope":"openid offline_access","client_id":"app","sub":"alice","iss":"https://i","exp":99}"#;
        assert_eq!(json(&Introspection::of_refresh_token(&facts)), wanted);
    }

    #[test]
    fn introspection_of_anything_else_says_only_that_it_is_not_active() {
        assert_eq!(json(&Introspection::inactive()), r#"{"active":false}"#);
    }
}
