//! What an authorization code is bound to, and who may redeem it (RFC 6749 §4.1.3).

use super::client::Client;
use super::error::OAuthError;
use super::grant::CodeRequest;
use super::pkce::{self, Challenge};

/// How many seconds a code can be redeemed.
pub const LIFE: i64 = 60;

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
    use super::super::grant::TokenRequest;
    use super::super::parameters::Parameters;
    use super::*;

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
