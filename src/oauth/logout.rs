//! The logout that a client asks for (OpenID Connect RP-Initiated Logout 1.0).

use super::error::OAuthError;
use super::parameters::Parameters;
use super::redirect_uri::{RedirectRules, RedirectUri};
use crate::token::Claims;

/// A request of the logout endpoint. Its redirect URI was checked.
#[derive(Clone)]
pub struct LogoutRequest {
    /// An ID token that was issued to the client. It still has to be verified.
    hint: Option<String>,
    client_id: Option<String>,
    redirect_uri: Option<RedirectUri>,
    state: Option<String>,
}

impl LogoutRequest {
    /// The error is for a page, never for a redirect.
    pub fn parse(parameters: &Parameters, rules: &RedirectRules) -> Result<Self, OAuthError> {
        let text = |name: &str| parameters.get(name).map(str::to_owned);
        let redirect_uri = parameters.get("post_logout_redirect_uri").map(|text| accepted(text, rules)).transpose()?;
        Ok(Self { hint: text("id_token_hint"), client_id: text("client_id"), redirect_uri, state: text("state") })
    }

    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Where the browser is to go after the logout.
    pub const fn redirect_uri(&self) -> Option<&RedirectUri> {
        self.redirect_uri.as_ref()
    }

    /// The request as the hidden fields of the form with which the user confirms it.
    pub fn fields(&self) -> Vec<(&'static str, &str)> {
        let redirect_uri = self.redirect_uri.as_ref().map(RedirectUri::as_str);
        let fields = [
            ("id_token_hint", self.hint.as_deref()),
            ("client_id", self.client_id.as_deref()),
            ("post_logout_redirect_uri", redirect_uri),
            ("state", self.state.as_deref()),
        ];
        fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// Where the browser is sent after the logout. `hint` has the claims of the verified ID token, without which the
    /// redirect URI is not used.
    pub fn destination(&self, hint: &Claims) -> Result<Option<String>, OAuthError> {
        let issued_to = hint.get("aud").and_then(|aud| aud.as_str());
        if self.client_id.is_some() && self.client_id.as_deref() != issued_to {
            return Err(OAuthError::invalid_request("`id_token_hint` was issued to another client than `client_id`"));
        }
        let state = self.state.as_deref().map(|state| ("state", state));
        Ok(self.redirect_uri.as_ref().map(|uri| uri.with(state)))
    }
}

fn accepted(text: &str, rules: &RedirectRules) -> Result<RedirectUri, OAuthError> {
    rules.accept(text).ok_or_else(|| {
        let message = format!("this `post_logout_redirect_uri` is not accepted: {}", rules.explanation(text));
        OAuthError::invalid_request(&message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> Result<LogoutRequest, OAuthError> {
        LogoutRequest::parse(&Parameters::parse(query.as_bytes()).unwrap(), &RedirectRules::Loopback)
    }

    fn hint() -> Claims {
        Claims::new().with("sub", "alice").with("aud", "app")
    }

    #[test]
    fn after_the_logout_the_browser_is_sent_to_the_accepted_uri_with_the_state() {
        let uri = "post_logout_redirect_uri=http://localhost:3000/bye?a";
        let destination = |query: &str| parse(query).unwrap().destination(&hint());
        assert_eq!(destination("id_token_hint=x"), Ok(None));
        assert_eq!(destination(uri), Ok(Some("http://localhost:3000/bye?a".into())));
        let with_state = destination(&format!("{uri}&state=s+1&client_id=app"));
        assert_eq!(with_state, Ok(Some("http://localhost:3000/bye?a&state=s+1".into())));
        assert!(destination(&format!("{uri}&client_id=other")).is_err());
    }

    #[test]
    fn the_fields_of_the_form_are_the_same_request() {
        let query = "id_token_hint=e.y.J&client_id=app&post_logout_redirect_uri=http://localhost/bye&state=s";
        let fields: Vec<String> =
            parse(query).unwrap().fields().iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(fields.join("&"), query);
        assert_eq!(parse("state=").unwrap().fields(), []);
    }

    #[test]
    fn a_logout_redirect_uri_follows_the_rules_of_redirect_uris() {
        for bad in ["https://evil.example/", "http://localhost@evil.example/", "/bye", "javascript:alert(1)"] {
            assert!(parse(&format!("post_logout_redirect_uri={bad}")).is_err(), "{bad}");
        }
        assert_eq!(parse("id_token_hint=x&post_logout_redirect_uri=").unwrap().hint(), Some("x"));
    }
}
