//! Audiences: which APIs a token is for, asked for by `audience` or `resource` (RFC 8707).

use url::Url;

use super::error::{ErrorCode, OAuthError};
use super::parameters::Parameters;

/// The longest audiences in bytes, all together, so that a token with them stays short enough to be read.
const LONGEST: usize = 1024;

/// At least one audience, each once: the union of `audience` and every `resource`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience(Vec<String>);

impl Audience {
    /// The parameters `audience` and `resource` of a request; `None` if both are absent.
    pub fn requested(parameters: &Parameters) -> Result<Option<Self>, OAuthError> {
        if let Some(bad) = parameters.resources().find(|resource| !is_resource(resource)) {
            return Err(invalid_target(&format!("`resource` must be an absolute URI without a fragment: {bad}")));
        }
        Self::of(parameters.get("audience").into_iter().chain(parameters.resources()))
    }

    /// From audiences in order; `None` if there are none.
    pub fn of<'a>(audiences: impl IntoIterator<Item = &'a str>) -> Result<Option<Self>, OAuthError> {
        let mut all: Vec<String> = Vec::new();
        for one in audiences {
            if one.chars().any(char::is_control) {
                return Err(invalid_target("an audience has a control character"));
            }
            if all.iter().all(|known| known != one) {
                all.push(one.to_owned());
            }
        }
        if all.iter().map(String::len).sum::<usize>() > LONGEST {
            return Err(invalid_target(&format!("the audiences have more than {LONGEST} bytes in total")));
        }
        Ok(Some(all).filter(|all| !all.is_empty()).map(Self))
    }

    /// The audience of a code's or a refresh token's access token. If the authorization request named none, any may be
    /// asked for; otherwise only those that it named (RFC 8707 §2.2).
    pub fn narrowed(granted: Option<&Self>, requested: Option<Self>) -> Result<Option<Self>, OAuthError> {
        let (granted, requested) = match (granted, requested) {
            (granted, None) => return Ok(granted.cloned()),
            (None, requested) => return Ok(requested),
            (Some(granted), Some(requested)) => (granted, requested),
        };
        match requested.0.iter().find(|one| !granted.0.contains(one)) {
            Some(more) => Err(invalid_target(&format!("the audience was not granted: {more}"))),
            None => Ok(Some(requested)),
        }
    }

    pub fn as_slice(&self) -> &[String] {
        &self.0
    }
}

fn invalid_target(description: &str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidTarget, description)
}

/// RFC 8707 §2: an absolute URI (RFC 3986 §4.3), which has no fragment.
pub(super) fn is_resource(text: &str) -> bool {
    let is_uri_text = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#' && byte != b'\\');
    is_uri_text && Url::parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requested(parameters: &str) -> Result<Option<Audience>, OAuthError> {
        Audience::requested(&Parameters::parse(parameters.as_bytes()).unwrap())
    }

    fn audience(all: &[&str]) -> Audience {
        Audience::of(all.iter().copied()).unwrap().unwrap()
    }

    #[test]
    fn the_audience_is_the_union_of_audience_and_every_resource() {
        let requested =
            requested("resource=https://b/x&audience=orders&resource=urn:c&resource=https://b/x").unwrap().unwrap();
        assert_eq!(requested.as_slice(), ["orders", "https://b/x", "urn:c"]);
    }

    #[test]
    fn no_audience_is_none() {
        assert_eq!(requested("audience=&resource=&scope=a"), Ok(None));
    }

    #[test]
    fn a_resource_is_an_absolute_uri_without_a_fragment() {
        for bad in ["orders", "/orders", "//host/a", "https://a/b#c", "https://a/#", "a b:c"] {
            let encoded: String = url::form_urlencoded::byte_serialize(bad.as_bytes()).collect();
            let error = requested(&format!("resource={encoded}")).unwrap_err();
            assert_eq!(error.code(), ErrorCode::InvalidTarget, "{bad}");
        }
    }

    #[test]
    fn audiences_are_bounded() {
        assert!(requested(&format!("audience={}", "a".repeat(1024))).is_ok());
        let error = requested(&format!("audience={}&resource=urn:b", "a".repeat(1024))).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidTarget);
        assert_eq!(requested("audience=a%0Ab").unwrap_err().code(), ErrorCode::InvalidTarget);
    }

    #[test]
    fn at_the_token_endpoint_only_a_part_of_the_granted_audience_may_be_asked_for() {
        let granted = audience(&["a", "b"]);
        let narrowed = |requested: Option<&[&str]>| Audience::narrowed(Some(&granted), requested.map(audience));
        assert_eq!(narrowed(None), Ok(Some(granted.clone())));
        assert_eq!(narrowed(Some(&["b"])), Ok(Some(audience(&["b"]))));
        assert_eq!(narrowed(Some(&["b", "c"])).unwrap_err().code(), ErrorCode::InvalidTarget);
        assert_eq!(Audience::narrowed(None, Some(audience(&["c"]))), Ok(Some(audience(&["c"]))));
    }
}
