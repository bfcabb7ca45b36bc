//! The authorization response: what the browser brings to the client's redirect URI.

use std::fmt;

use url::form_urlencoded;

use super::redirect_uri::RedirectUri;

/// How the parameters reach the client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResponseMode {
    /// In the query of a redirect.
    #[default]
    Query,
    /// In a form that the browser posts (OAuth 2.0 Form Post Response Mode).
    FormPost,
}

impl ResponseMode {
    pub const ALL: [Self; 2] = [Self::Query, Self::FormPost];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::FormPost => "form_post",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == name)
    }
}

/// What the client gets: a code or an error, the `state` of its request, and the issuer (RFC 9207).
#[derive(Clone)]
pub struct AuthorizationResponse {
    redirect_uri: RedirectUri,
    mode: ResponseMode,
    parameters: Vec<(&'static str, String)>,
    is_repeated_in_fragment: bool,
}

impl AuthorizationResponse {
    pub(super) const fn new(
        redirect_uri: RedirectUri,
        mode: ResponseMode,
        parameters: Vec<(&'static str, String)>,
    ) -> Self {
        Self { redirect_uri, mode, parameters, is_repeated_in_fragment: false }
    }

    /// The same with the parameters once more in the fragment of the redirect.
    pub(super) fn repeated_in_fragment(self) -> Self {
        Self { is_repeated_in_fragment: true, ..self }
    }

    pub const fn mode(&self) -> ResponseMode {
        self.mode
    }

    pub const fn redirect_uri(&self) -> &RedirectUri {
        &self.redirect_uri
    }

    /// The address to redirect to, for [`ResponseMode::Query`].
    pub fn location(&self) -> String {
        let address = self.redirect_uri.with(self.parameters.iter().map(|(name, value)| (*name, value.as_str())));
        if !self.is_repeated_in_fragment {
            return address;
        }
        let fragment = form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.parameters).finish();
        format!("{address}#{fragment}")
    }

    /// The fields of the form to post, for [`ResponseMode::FormPost`].
    pub fn fields(&self) -> &[(&'static str, String)] {
        &self.parameters
    }
}

/// Without the parameters: the code is one of them.
impl fmt::Debug for AuthorizationResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuthorizationResponse({:?}, {}, …)", self.mode, self.redirect_uri.as_str())
    }
}
