//! The requests of the token endpoint, one for each grant (RFC 6749 §4, RFC 7523 §2.1).

use std::fmt;

use super::audience::Audience;
use super::error::{ErrorCode, OAuthError};
use super::parameters::Parameters;
use super::scope::Scope;

/// How a client gets tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantType {
    AuthorizationCode,
    ClientCredentials,
    RefreshToken,
    JwtBearer,
}

impl GrantType {
    pub const ALL: [Self; 4] = [Self::AuthorizationCode, Self::ClientCredentials, Self::RefreshToken, Self::JwtBearer];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::ClientCredentials => "client_credentials",
            Self::RefreshToken => "refresh_token",
            Self::JwtBearer => "urn:ietf:params:oauth:grant-type:jwt-bearer",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grant| grant.as_str() == name)
    }
}

/// A valid request of the token endpoint.
#[derive(Debug)]
pub enum TokenRequest {
    AuthorizationCode(CodeRequest),
    ClientCredentials(RequestedAccess),
    RefreshToken(RefreshRequest),
    JwtBearer(AssertionRequest),
}

/// What a token is asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct RequestedAccess {
    pub scope: Option<Scope>,
    pub audience: Option<Audience>,
}

/// RFC 6749 §4.1.3.
pub struct CodeRequest {
    pub code: String,
    pub redirect_uri: String,
    pub verifier: Option<String>,
    /// A part of what the authorization request named.
    pub audience: Option<Audience>,
}

/// RFC 6749 §6.
pub struct RefreshRequest {
    pub refresh_token: String,
    /// A part of what was granted.
    pub access: RequestedAccess,
}

/// A signed token that is exchanged (RFC 7523 §2.1).
pub struct AssertionRequest {
    pub assertion: String,
    pub access: RequestedAccess,
}

impl TokenRequest {
    pub fn parse(form: &Parameters) -> Result<Self, OAuthError> {
        let name = form.require("grant_type")?;
        Ok(match GrantType::named(name).ok_or_else(unsupported_grant_type)? {
            GrantType::AuthorizationCode => Self::AuthorizationCode(CodeRequest::parse(form)?),
            GrantType::ClientCredentials => Self::ClientCredentials(RequestedAccess::parse(form)?),
            GrantType::RefreshToken => Self::RefreshToken(RefreshRequest::parse(form)?),
            GrantType::JwtBearer => Self::JwtBearer(AssertionRequest::parse(form)?),
        })
    }
}

fn unsupported_grant_type() -> OAuthError {
    let names = GrantType::ALL.map(GrantType::as_str).join(", ");
    OAuthError::new(ErrorCode::UnsupportedGrantType, &format!("`grant_type` must be one of {names}"))
}

impl RequestedAccess {
    fn parse(form: &Parameters) -> Result<Self, OAuthError> {
        Ok(Self { scope: Scope::requested(form)?, audience: Audience::requested(form)? })
    }
}

impl CodeRequest {
    fn parse(form: &Parameters) -> Result<Self, OAuthError> {
        Ok(Self {
            code: form.require("code")?.to_owned(),
            redirect_uri: form.require("redirect_uri")?.to_owned(),
            verifier: form.get("code_verifier").map(str::to_owned),
            audience: Audience::requested(form)?,
        })
    }
}

impl RefreshRequest {
    fn parse(form: &Parameters) -> Result<Self, OAuthError> {
        Ok(Self { refresh_token: form.require("refresh_token")?.to_owned(), access: RequestedAccess::parse(form)? })
    }
}

impl AssertionRequest {
    fn parse(form: &Parameters) -> Result<Self, OAuthError> {
        Ok(Self { assertion: form.require("assertion")?.to_owned(), access: RequestedAccess::parse(form)? })
    }
}

/// Hides the credentials of a request from logs.
macro_rules! redacted {
    ($($name:ident)*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )*};
}

redacted! { CodeRequest RefreshRequest AssertionRequest }

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(form: &str) -> Result<TokenRequest, OAuthError> {
        TokenRequest::parse(&Parameters::parse(form.as_bytes()).unwrap())
    }

    fn error(form: &str) -> String {
        parse(form).unwrap_err().to_string()
    }

    #[test]
    fn a_code_request_has_the_code_the_redirect_uri_and_the_verifier() {
        let form = "grant_type=authorization_code&code=c&redirect_uri=http://localhost/&code_verifier=v&scope=%22";
        let TokenRequest::AuthorizationCode(request) = parse(form).unwrap() else { panic!("another grant") };
        assert_eq!((request.code.as_str(), request.redirect_uri.as_str()), ("c", "http://localhost/"));
        assert_eq!((request.verifier.as_deref(), request.audience), (Some("v"), None));
        assert_eq!(error("grant_type=authorization_code&redirect_uri=x"), "invalid_request: `code` is missing");
        assert_eq!(error("grant_type=authorization_code&code=x"), "invalid_request: `redirect_uri` is missing");
    }

    #[test]
    fn client_credentials_ask_for_a_scope_and_an_audience() {
        let TokenRequest::ClientCredentials(access) =
            parse("grant_type=client_credentials&scope=a+b&audience=orders").unwrap()
        else {
            panic!("another grant")
        };
        assert_eq!(access.scope.unwrap().to_string(), "a b");
        assert_eq!(access.audience.unwrap().as_slice(), ["orders"]);
        assert!(error("grant_type=client_credentials&scope=%22").starts_with("invalid_scope: "));
        assert!(error("grant_type=client_credentials&resource=x").starts_with("invalid_target: "));
    }

    #[test]
    fn a_refresh_request_has_the_token() {
        let TokenRequest::RefreshToken(request) = parse("grant_type=refresh_token&refresh_token=r").unwrap() else {
            panic!("another grant")
        };
        assert_eq!(request.refresh_token, "r");
        assert_eq!(error("grant_type=refresh_token"), "invalid_request: `refresh_token` is missing");
        assert_eq!(format!("{request:?}"), "RefreshRequest(…)");
    }

    #[test]
    fn an_assertion_is_required_for_the_jwt_bearer_grant() {
        let grant = "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer";
        assert!(matches!(parse(&format!("{grant}&assertion=a.b.c")), Ok(TokenRequest::JwtBearer(_))));
        assert_eq!(error(grant), "invalid_request: `assertion` is missing");
    }

    #[test]
    fn an_unknown_grant_is_named_as_such() {
        for name in ["password", "implicit", "Authorization_Code", "urn:ietf:params:oauth:grant-type:device_code"] {
            assert!(error(&format!("grant_type={name}")).starts_with("unsupported_grant_type: "), "{name}");
        }
        assert_eq!(error(""), "invalid_request: `grant_type` is missing");
    }
}
