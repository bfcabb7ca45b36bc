//! Where the response to an authorization request goes, and how it gets there.

use super::authorization_response::{AuthorizationResponse, ResponseMode};
use super::error::OAuthError;
use super::parameters::{Parameters, Received};
use super::redirect_uri::RedirectUri;

/// A response mode that is refused. Some libraries ask for it unless they are told otherwise.
const FRAGMENT: &str = "fragment";

/// The redirect URI and the response mode of one request, and what its response has besides.
#[derive(Clone, Debug)]
pub(super) struct ResponseTarget {
    pub redirect_uri: RedirectUri,
    pub mode: ResponseMode,
    /// Whether the client asked for the answer in the fragment, and reads nothing else.
    reads_fragment: bool,
    pub state: Option<String>,
    issuer: String,
}

impl ResponseTarget {
    /// With an unknown response mode the error goes into the query.
    pub fn new(redirect_uri: RedirectUri, received: &Received, issuer: &str) -> Self {
        let wanted = received.once("response_mode");
        let mode = wanted.and_then(ResponseMode::named).unwrap_or_default();
        let state = received.once("state").map(str::to_owned);
        let reads_fragment = wanted == Some(FRAGMENT);
        Self { redirect_uri, mode, reads_fragment, state, issuer: issuer.to_owned() }
    }

    /// A client that reads the fragment alone would ask again and again, so a refusal is in both places for it. A code
    /// never is, because such a request is not valid.
    pub fn refusal(&self, error: &OAuthError) -> AuthorizationResponse {
        let code = error.code().as_str().to_owned();
        let response = self.response(vec![("error", code), ("error_description", error.description().to_owned())]);
        if self.reads_fragment { response.repeated_in_fragment() } else { response }
    }

    pub fn response(&self, mut parameters: Vec<(&'static str, String)>) -> AuthorizationResponse {
        parameters.extend(self.state.clone().map(|state| ("state", state)));
        parameters.push(("iss", self.issuer.clone()));
        AuthorizationResponse::new(self.redirect_uri.clone(), self.mode, parameters)
    }
}

/// Refuses a response mode that there is not.
pub(super) fn check_response_mode(parameters: &Parameters) -> Result<(), OAuthError> {
    match parameters.get("response_mode") {
        Some(FRAGMENT) => Err(OAuthError::invalid_request(
            "`response_mode` must be query or form_post, and this client asked for fragment: set its response mode to \
             query",
        )),
        Some(name) if ResponseMode::named(name).is_none() => {
            Err(OAuthError::invalid_request("`response_mode` must be query or form_post"))
        }
        _ => Ok(()),
    }
}
