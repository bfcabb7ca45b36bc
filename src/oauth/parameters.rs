//! The parameters of a request, from its query or its form (RFC 6749 §3.1 and §3.2).
//!
//! A parameter without a value counts as absent. Unknown ones are ignored. None may be repeated, except `resource`
//! (RFC 8707 §2).

use std::collections::BTreeMap;

use url::form_urlencoded;

use super::error::OAuthError;

/// The only parameter that may be repeated.
const REPEATABLE: &str = "resource";

/// The parameters as they were received: some may be repeated.
///
/// The authorization endpoint must know `client_id` and `redirect_uri` before it can say that another parameter is
/// repeated. Other endpoints use [`Parameters::parse`].
pub struct Received(BTreeMap<String, Vec<String>>);

impl Received {
    /// Reads a query, or a body of `application/x-www-form-urlencoded`.
    pub fn read(encoded: &[u8]) -> Self {
        let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(encoded).into_owned() {
            values.entry(name).or_default().push(value);
        }
        Self(values)
    }

    /// The value of a parameter, unless it is absent, empty or repeated.
    pub fn once(&self, name: &str) -> Option<&str> {
        match self.0.get(name)?.as_slice() {
            [value] => Some(value.as_str()).filter(|value| !value.is_empty()),
            _ => None,
        }
    }

    /// The parameters; an error (`invalid_request`) if one is repeated that must not be.
    pub fn without_repeats(self) -> Result<Parameters, OAuthError> {
        let repeated = self.0.iter().find(|(name, values)| *name != REPEATABLE && values.len() > 1);
        match repeated {
            Some((name, _)) => Err(is_repeated(name)),
            None => Ok(Parameters(self)),
        }
    }
}

fn is_repeated(name: &str) -> OAuthError {
    // The client chose the name, so it may be long.
    let name: String = name.chars().take(64).collect();
    OAuthError::invalid_request(&format!("the parameter `{name}` is repeated"))
}

/// The parameters of a request: none is repeated, except `resource`.
pub struct Parameters(Received);

impl Parameters {
    /// Reads a query, or a body of `application/x-www-form-urlencoded`.
    pub fn parse(encoded: &[u8]) -> Result<Self, OAuthError> {
        Received::read(encoded).without_repeats()
    }

    /// The value of a parameter, unless it is absent or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.once(name)
    }

    pub fn require(&self, name: &str) -> Result<&str, OAuthError> {
        self.get(name).ok_or_else(|| OAuthError::invalid_request(&format!("`{name}` is missing")))
    }

    /// The value of a parameter, if it has at most `longest` bytes.
    pub fn get_short(&self, name: &str, longest: usize) -> Result<Option<&str>, OAuthError> {
        match self.get(name) {
            Some(value) if value.len() > longest => {
                let message = format!("`{name}` has {} bytes, and at most {longest} are accepted", value.len());
                Err(OAuthError::invalid_request(&message))
            }
            value => Ok(value),
        }
    }

    /// Every value of `resource` that is not empty.
    pub fn resources(&self) -> impl Iterator<Item = &str> {
        let values = self.0.0.get(REPEATABLE).into_iter().flatten();
        values.map(String::as_str).filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::super::error::ErrorCode;
    use super::*;

    #[test]
    fn a_parameter_without_a_value_is_absent_and_an_unknown_one_does_not_matter() {
        let parameters = Parameters::parse(b"scope=&state&code=a%20b+c&colour=red").unwrap();
        assert_eq!(parameters.get("scope"), None);
        assert_eq!(parameters.get("state"), None);
        assert_eq!(parameters.get("code"), Some("a b c"));
        let missing = parameters.require("scope").unwrap_err();
        assert_eq!((missing.code(), missing.description()), (ErrorCode::InvalidRequest, "`scope` is missing"));
    }

    #[test]
    fn a_repeated_parameter_is_an_invalid_request_even_if_it_is_unknown_empty_or_the_same() {
        for repeated in ["scope=a&scope=b", "scope=a&scope=a", "scope=a&scope=", "x=1&x=2", "scope=a&sc%6Fpe=b"] {
            let error = Parameters::parse(repeated.as_bytes()).err().unwrap();
            assert_eq!(error.code(), ErrorCode::InvalidRequest, "{repeated}");
        }
        let error = Parameters::parse(b"scope=a&scope=b").err().unwrap();
        assert_eq!(error.description(), "the parameter `scope` is repeated");
    }

    #[test]
    fn resource_may_be_repeated() {
        let parameters = Parameters::parse(b"resource=https://a&resource=&resource=https://b").unwrap();
        assert_eq!(parameters.resources().collect::<Vec<_>>(), ["https://a", "https://b"]);
    }

    #[test]
    fn what_is_received_gives_no_value_of_a_repeated_parameter() {
        let received = Received::read(b"state=a&state=b&client_id=app");
        assert_eq!((received.once("state"), received.once("client_id")), (None, Some("app")));
    }

    #[test]
    fn a_long_name_is_not_repeated_in_full() {
        let name = "n".repeat(1000);
        let error = Parameters::parse(format!("{name}=1&{name}=2").as_bytes()).err().unwrap();
        assert!(error.description().len() < 100);
    }
}
