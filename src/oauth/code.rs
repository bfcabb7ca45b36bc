//! What an authorization code is bound to, and who may redeem it (RFC 6749 §4.1.3).

use chrono::{DateTime, TimeDelta, Utc};

use super::authorization::AuthorizationRequest;
use super::client::Client;
use super::error::OAuthError;
use super::login::LoggedIn;
use super::pkce::{self, Challenge};
use super::token_request::CodeRequest;
use crate::store::{AuthorizationCode, Grant};

/// How many seconds a code can be redeemed.
pub const LIFE: i64 = 60;

/// What is stored for the code of a checked request, once this user has logged in.
pub fn for_login(request: &AuthorizationRequest, login: LoggedIn<'_>, now: DateTime<Utc>) -> AuthorizationCode {
    let grant = Grant {
        client_id: request.client().as_str().to_owned(),
        subject: login.username.to_owned(),
        scope: request.scope().map(ToString::to_string).unwrap_or_default(),
        audience: request.audience().map(|all| all.as_slice().to_vec()).unwrap_or_default(),
        auth_time: login.auth_time,
    };
    AuthorizationCode {
        grant,
        redirect_uri: request.redirect_uri().as_str().to_owned(),
        challenge: request.challenge().map(|challenge| challenge.as_str().to_owned()),
        nonce: request.nonce().map(str::to_owned),
        expires_at: now + TimeDelta::seconds(LIFE),
    }
}

/// What a code is bound to.
pub struct Binding<'a> {
    pub client_id: &'a str,
    pub redirect_uri: &'a str,
    pub challenge: Option<&'a Challenge>,
}

impl Binding<'_> {
    /// Checks that this client may redeem the code. A failure does not spend it.
    pub fn check(&self, client: &Client, request: &CodeRequest) -> Result<(), OAuthError> {
        if client.id().as_str() != self.client_id {
            return Err(OAuthError::invalid_grant("the code belongs to another client"));
        }
        if request.redirect_uri != self.redirect_uri {
            return Err(OAuthError::invalid_grant("`redirect_uri` is not that of the authorization request"));
        }
        pkce::check(self.challenge, request.verifier.as_deref(), client)
    }
}

/// The error for a code that is unknown, expired or spent. Which of these it is, only the server's log may say.
pub fn unknown() -> OAuthError {
    OAuthError::invalid_grant("the code is unknown, has expired or was used before")
}

#[cfg(test)]
mod tests {
    use super::super::client::PresentedClient;
    use super::super::parameters::Parameters;
    use super::super::redirect_uri::RedirectRules;
    use super::super::token_request::TokenRequest;
    use super::*;

    fn stored(query: &str) -> AuthorizationCode {
        let request = AuthorizationRequest::parse(query.as_bytes(), &RedirectRules::Loopback, "http://i").unwrap();
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        for_login(&request, LoggedIn { username: "alice", auth_time: at(900) }, at(1000))
    }

    #[test]
    fn a_code_is_stored_with_all_that_it_is_bound_to_for_a_minute() {
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let code = stored(&format!(
            "client_id=app&redirect_uri=http://localhost/cb&response_type=code&scope=openid+a&audience=orders&nonce=n\
             &code_challenge={challenge}&code_challenge_method=S256"
        ));
        let grant = &code.grant;
        assert_eq!((grant.client_id.as_str(), grant.subject.as_str()), ("app", "alice"));
        assert_eq!((grant.scope.as_str(), &grant.audience[..]), ("openid a", &["orders".to_owned()][..]));
        assert_eq!((grant.auth_time.timestamp(), code.expires_at.timestamp()), (900, 1060));
        assert_eq!((code.redirect_uri.as_str(), code.nonce.as_deref()), ("http://localhost/cb", Some("n")));
        assert_eq!(code.challenge.as_deref(), Some(challenge));
    }

    #[test]
    fn what_a_request_does_not_name_is_stored_as_empty() {
        let code = stored("client_id=app&redirect_uri=http://localhost/cb&response_type=code");
        assert_eq!((code.grant.scope.as_str(), code.grant.audience.len()), ("", 0));
        assert_eq!((code.nonce, code.challenge), (None, None));
    }

    const FORM: &str = "grant_type=authorization_code&code=c&client_id=app&client_secret=s";

    fn checked(form: &str) -> Result<(), String> {
        let form = Parameters::parse(form.as_bytes()).unwrap();
        let PresentedClient::WithSecret(client) = PresentedClient::read(None, &form).unwrap().unwrap() else {
            panic!("no secret")
        };
        let TokenRequest::AuthorizationCode(request) = TokenRequest::parse(&form).unwrap() else {
            panic!("another grant")
        };
        let binding = Binding { client_id: "app", redirect_uri: "http://localhost:1/cb", challenge: None };
        binding.check(&client.authenticated(Ok(())).unwrap(), &request).map_err(|error| error.to_string())
    }

    #[test]
    fn a_code_is_bound_to_its_client_its_redirect_uri_and_its_challenge() {
        let right = "redirect_uri=http://localhost:1/cb";
        assert_eq!(checked(&format!("{FORM}&{right}")), Ok(()));
        assert_eq!(
            checked(&format!("{}&{right}", FORM.replace("app", "other"))).unwrap_err(),
            "invalid_grant: the code belongs to another client"
        );
        // Another port is another redirect URI here: RFC 8252 §7.3 is about the list, not about the code.
        for other in ["http://localhost:2/cb", "http://localhost:1/cb/", "http://LOCALHOST:1/cb"] {
            assert_eq!(
                checked(&format!("{FORM}&redirect_uri={other}")).unwrap_err(),
                "invalid_grant: `redirect_uri` is not that of the authorization request"
            );
        }
        let with_verifier = format!("{FORM}&{right}&code_verifier={}", "a".repeat(43));
        assert!(checked(&with_verifier).unwrap_err().starts_with("invalid_grant: `code_verifier` was sent"));
    }
}
