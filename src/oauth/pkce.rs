//! PKCE: a code can be redeemed only by the client that asked for it (RFC 7636). Only the method `S256` is accepted.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::client::Client;
use super::error::OAuthError;
use super::parameters::Parameters;

/// The `code_challenge` of an authorization request: the hash of a verifier that only the client knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge(String);

impl Challenge {
    /// What an authorization request sends; `None` if it does not use PKCE.
    pub fn requested(parameters: &Parameters) -> Result<Option<Self>, OAuthError> {
        match (parameters.get("code_challenge"), parameters.get("code_challenge_method")) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(OAuthError::invalid_request("`code_challenge` is missing")),
            // Without a method the challenge is the verifier itself, as with `plain` (RFC 7636 §4.3).
            (Some(_), None) => Err(OAuthError::invalid_request("`code_challenge_method` is missing, and must be S256")),
            (Some(challenge), Some("S256")) => Self::parse(challenge).map(Some).ok_or_else(bad_challenge),
            (Some(_), Some(_)) => Err(OAuthError::invalid_request("`code_challenge_method` must be S256")),
        }
    }

    /// From a text of the right syntax.
    pub fn parse(text: &str) -> Option<Self> {
        is_unreserved(text).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the challenge of `verifier`, in constant time.
    fn fits(&self, verifier: &str) -> bool {
        let hashed = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
        is_unreserved(verifier) && verify_slices_are_equal(hashed.as_bytes(), self.0.as_bytes()).is_ok()
    }
}

fn bad_challenge() -> OAuthError {
    OAuthError::invalid_request("`code_challenge` must have 43 to 128 characters: letters, digits, -, ., _ and ~")
}

/// RFC 7636 §4.1 and §4.2.
fn is_unreserved(text: &str) -> bool {
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    (43..=128).contains(&text.len()) && text.bytes().all(is_unreserved)
}

/// Checks the `code_verifier` of a client that redeems a code.
///
/// A verifier without a challenge is refused: someone may have removed the challenge from the authorization request
/// (RFC 9700 §4.8.2). Without both, only a client with a secret may redeem the code.
pub fn check(challenge: Option<&Challenge>, verifier: Option<&str>, client: &Client) -> Result<(), OAuthError> {
    match (challenge, verifier) {
        (Some(challenge), Some(verifier)) if challenge.fits(verifier) => Ok(()),
        (Some(_), Some(_)) => Err(OAuthError::invalid_grant("`code_verifier` does not fit the code's challenge")),
        (Some(_), None) => Err(OAuthError::invalid_grant("`code_verifier` is missing")),
        (None, Some(_)) => Err(OAuthError::invalid_grant(
            "`code_verifier` was sent, and the authorization request had no `code_challenge`",
        )),
        (None, None) if matches!(client, Client::Authenticated(_)) => Ok(()),
        (None, None) => Err(OAuthError::invalid_grant(
            "a client without a secret must use PKCE, and the authorization request had no `code_challenge`",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::super::client::PresentedClient;
    use super::super::error::ErrorCode;
    use super::*;

    /// RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn client(form: &str) -> Client {
        let form = Parameters::parse(form.as_bytes()).unwrap();
        match PresentedClient::read(None, &form).unwrap().unwrap() {
            PresentedClient::WithSecret(client) => client.authenticated(Ok(())).unwrap(),
            PresentedClient::WithoutSecret(client) => client.as_public(false).unwrap(),
        }
    }

    fn checked(challenge: Option<&str>, verifier: Option<&str>, form: &str) -> Result<(), ErrorCode> {
        let challenge = challenge.map(|text| Challenge::parse(text).unwrap());
        check(challenge.as_ref(), verifier, &client(form)).map_err(|error| error.code())
    }

    const PUBLIC: &str = "client_id=app";
    const CONFIDENTIAL: &str = "client_id=app&client_secret=s";

    #[test]
    fn the_verifier_of_rfc_7636_fits_its_challenge_and_no_other_does() {
        for form in [PUBLIC, CONFIDENTIAL] {
            assert_eq!(checked(Some(CHALLENGE), Some(VERIFIER), form), Ok(()));
            for wrong in [&VERIFIER.to_lowercase(), CHALLENGE, &VERIFIER[..42], ""] {
                assert_eq!(checked(Some(CHALLENGE), Some(wrong), form), Err(ErrorCode::InvalidGrant), "{wrong}");
            }
            assert_eq!(checked(Some(CHALLENGE), None, form), Err(ErrorCode::InvalidGrant));
        }
    }

    #[test]
    fn a_verifier_for_a_code_without_a_challenge_is_refused() {
        for form in [PUBLIC, CONFIDENTIAL] {
            assert_eq!(checked(None, Some(VERIFIER), form), Err(ErrorCode::InvalidGrant));
        }
    }

    #[test]
    fn a_code_without_a_challenge_is_only_for_a_client_with_a_secret() {
        assert_eq!(checked(None, None, CONFIDENTIAL), Ok(()));
        assert_eq!(checked(None, None, PUBLIC), Err(ErrorCode::InvalidGrant));
    }

    #[test]
    fn a_short_verifier_is_refused_even_if_its_hash_fits() {
        let challenge = Challenge::parse(&URL_SAFE_NO_PAD.encode(digest(&SHA256, b"short"))).unwrap();
        assert!(!challenge.fits("short"));
    }

    fn requested(parameters: &str) -> Result<Option<Challenge>, ErrorCode> {
        Challenge::requested(&Parameters::parse(parameters.as_bytes()).unwrap()).map_err(|error| error.code())
    }

    #[test]
    fn only_s256_is_accepted() {
        assert_eq!(requested(""), Ok(None));
        let challenge = requested(&format!("code_challenge={CHALLENGE}&code_challenge_method=S256")).unwrap().unwrap();
        assert_eq!(challenge.as_str(), CHALLENGE);
        for bad in ["&code_challenge_method=plain", "&code_challenge_method=s256", "&code_challenge_method=", ""] {
            assert_eq!(requested(&format!("code_challenge={CHALLENGE}{bad}")), Err(ErrorCode::InvalidRequest), "{bad}");
        }
        assert_eq!(requested("code_challenge_method=S256"), Err(ErrorCode::InvalidRequest));
    }

    #[test]
    fn a_challenge_has_43_to_128_unreserved_characters() {
        for good in ["a".repeat(43), "~".repeat(128)] {
            assert!(requested(&format!("code_challenge={good}&code_challenge_method=S256")).is_ok());
        }
        for bad in ["a".repeat(42), "a".repeat(129), "a".repeat(42) + "%2B", "a".repeat(43) + "%3D"] {
            let requested = requested(&format!("code_challenge={bad}&code_challenge_method=S256"));
            assert_eq!(requested, Err(ErrorCode::InvalidRequest), "{bad}");
        }
    }
}
