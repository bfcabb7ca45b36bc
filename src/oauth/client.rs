//! Clients: what a request says about its client, and what is known after that was checked.
//!
//! A [`Client`] exists only after its secret was accepted, or after it was established that its id needs none. So a
//! function that takes an [`AuthenticatedClient`] cannot be called for a client that only says who it is.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;

use super::error::{ErrorCode, OAuthError};
use super::parameters::{Parameters, Received};
use crate::accounts::{Login, LoginRefusal};

/// The longest client id, in characters.
const LONGEST_ID: usize = 128;

/// The longest `Authorization` that is decoded. An id and a secret of the greatest length fit, percent-encoded.
const LONGEST_BASIC: usize = 8192;

/// What a client calls itself: 1 to 128 characters without control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientId(String);

impl ClientId {
    /// `None` for a bad id, which counts as an absent one.
    pub fn parse(text: &str) -> Option<Self> {
        let is_id = (1..=LONGEST_ID).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        is_id.then(|| Self(text.to_owned()))
    }

    /// The id in an authorization request.
    pub fn received(received: &Received) -> Option<Self> {
        received.once("client_id").and_then(Self::parse)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a request to an endpoint for programs says about its client. Nothing of it has been checked.
#[derive(Debug)]
pub enum PresentedClient {
    WithSecret(ClientSecret),
    /// It only says who it is.
    WithoutSecret(UnauthenticatedClient),
}

impl PresentedClient {
    /// From the value of `Authorization` and the form (RFC 6749 §2.3.1). `None` if neither names a client.
    pub fn read(authorization: Option<&str>, form: &Parameters) -> Result<Option<Self>, OAuthError> {
        if form.get("client_assertion").or(form.get("client_assertion_type")).is_some() {
            return Err(invalid_client("client assertions are not supported; use HTTP Basic or `client_secret`"));
        }
        match authorization {
            Some(value) => by_basic(value, form).map(Some),
            None => by_form(form),
        }
    }

    pub const fn id(&self) -> &ClientId {
        match self {
            Self::WithSecret(client) => &client.id,
            Self::WithoutSecret(client) => &client.id,
        }
    }
}

fn by_form(form: &Parameters) -> Result<Option<PresentedClient>, OAuthError> {
    match (form.get("client_id").and_then(ClientId::parse), form.get("client_secret")) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(invalid_client("`client_id` is missing or bad")),
        (Some(id), secret) => Ok(Some(presented(id, secret.unwrap_or_default(), false))),
    }
}

fn by_basic(authorization: &str, form: &Parameters) -> Result<PresentedClient, OAuthError> {
    let refused = |description| invalid_client(description).asking_for_basic(true);
    let (id, secret) = credentials_in(authorization).ok_or_else(|| {
        refused("`Authorization` must be Basic, with a client id and a secret, each form-encoded, in base64")
    })?;
    let id = ClientId::parse(&id).ok_or_else(|| refused("the client id in `Authorization` is missing or bad"))?;
    if form.get("client_secret").is_some() {
        return Err(OAuthError::invalid_request("the client authenticates twice: by HTTP Basic and in the form"));
    }
    match form.get("client_id") {
        Some(other) if other != id.as_str() => {
            Err(OAuthError::invalid_request("`client_id` and `Authorization` name different clients"))
        }
        _ => Ok(presented(id, &secret, true)),
    }
}

/// Some clients without a secret send Basic with an empty one.
fn presented(id: ClientId, secret: &str, by_basic: bool) -> PresentedClient {
    if secret.is_empty() {
        PresentedClient::WithoutSecret(UnauthenticatedClient { id, by_basic })
    } else {
        PresentedClient::WithSecret(ClientSecret { id, secret: secret.to_owned(), by_basic })
    }
}

/// The id and the secret of HTTP Basic, each form-decoded.
fn credentials_in(authorization: &str) -> Option<(String, String)> {
    let (scheme, encoded) = authorization.split_once(' ').filter(|_| authorization.len() <= LONGEST_BASIC)?;
    let decoded = scheme.eq_ignore_ascii_case("Basic").then(|| STANDARD.decode(encoded.trim()).ok())??;
    let text = String::from_utf8(decoded).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((form_decoded(id)?, form_decoded(secret)?))
}

/// `None` if the bytes are no text.
fn form_decoded(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(Into::into)
}

fn invalid_client(description: &str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidClient, description)
}

/// A client id with a secret that still has to be checked.
pub struct ClientSecret {
    id: ClientId,
    secret: String,
    by_basic: bool,
}

impl ClientSecret {
    /// What is to be checked.
    pub fn login(&self) -> Login {
        Login::new(self.id.as_str(), self.secret.as_str())
    }

    /// The client, if its [`login`](Self::login) was accepted.
    pub fn authenticated(self, checked: Result<(), LoginRefusal>) -> Result<Client, OAuthError> {
        match checked {
            Ok(()) => Ok(Client::Authenticated(AuthenticatedClient(self.id))),
            Err(LoginRefusal::Missing | LoginRefusal::Wrong) => {
                Err(invalid_client("the client id or its secret is wrong").asking_for_basic(self.by_basic))
            }
            Err(LoginRefusal::TooOften { retry_after }) => {
                Err(OAuthError::too_often("this client id was tried too often", retry_after))
            }
            Err(LoginRefusal::Busy { retry_after }) => {
                Err(OAuthError::too_busy("too many logins are waiting", retry_after))
            }
        }
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientSecret({:?}, …)", self.id)
    }
}

/// A client that sent no secret.
#[derive(Debug)]
pub struct UnauthenticatedClient {
    id: ClientId,
    by_basic: bool,
}

impl UnauthenticatedClient {
    /// The public client, unless its id is that of a user, who must send the secret.
    pub fn as_public(self, is_user: bool) -> Result<Client, OAuthError> {
        if is_user {
            return Err(invalid_client("this client has a secret, and did not send it").asking_for_basic(self.by_basic));
        }
        Ok(Client::Public(PublicClient { id: self.id, by_basic: self.by_basic }))
    }
}

/// A client whose secret was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticatedClient(ClientId);

impl AuthenticatedClient {
    pub const fn id(&self) -> &ClientId {
        &self.0
    }
}

/// A client without a secret. Anyone may use its id: what is trusted is the redirect URI and PKCE.
#[derive(Debug, PartialEq, Eq)]
pub struct PublicClient {
    id: ClientId,
    by_basic: bool,
}

/// A client as the token endpoint knows it.
#[derive(Debug, PartialEq, Eq)]
pub enum Client {
    Authenticated(AuthenticatedClient),
    Public(PublicClient),
}

impl Client {
    pub const fn id(&self) -> &ClientId {
        match self {
            Self::Authenticated(client) => client.id(),
            Self::Public(client) => &client.id,
        }
    }

    /// The client, if it sent a secret: `client_credentials` and introspection need one.
    pub fn authenticated(self) -> Result<AuthenticatedClient, OAuthError> {
        match self {
            Self::Authenticated(client) => Ok(client),
            Self::Public(client) => {
                Err(invalid_client("a client secret is required here").asking_for_basic(client.by_basic))
            }
        }
    }
}

/// The error for a request that names no client.
pub fn no_client() -> OAuthError {
    invalid_client("the client is missing: send its id and secret by HTTP Basic, or `client_id` in the form")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> Parameters {
        Parameters::parse(text.as_bytes()).unwrap()
    }

    fn read(authorization: Option<&str>, text: &str) -> Result<Option<PresentedClient>, OAuthError> {
        PresentedClient::read(authorization, &form(text))
    }

    fn basic(credentials: &str) -> String {
        format!("Basic {}", STANDARD.encode(credentials))
    }

    fn with_secret(client: Result<Option<PresentedClient>, OAuthError>) -> (String, String, bool) {
        match client.unwrap().unwrap() {
            PresentedClient::WithSecret(ClientSecret { id, secret, by_basic }) => (id.0, secret, by_basic),
            other @ PresentedClient::WithoutSecret(_) => panic!("{other:?}"),
        }
    }

    fn error(client: Result<Option<PresentedClient>, OAuthError>) -> (ErrorCode, bool) {
        let error = client.unwrap_err();
        (error.code(), error.asks_for_basic())
    }

    #[test]
    fn a_client_id_has_1_to_128_characters_without_control_characters() {
        for good in ["app", "my app", "é@例", "https://app.example/id?x", &"é".repeat(128)] {
            assert_eq!(ClientId::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "a\nb", "\0", "a\u{7f}", "\u{85}", &"a".repeat(129)] {
            assert_eq!(ClientId::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn basic_credentials_are_form_decoded() {
        let client = read(Some(&basic("my%3Aapp+1:s%25%2Bc%C3%A9:t+")), "");
        assert_eq!(with_secret(client), ("my:app 1".into(), "s%+cé:t ".into(), true));
        assert_eq!(with_secret(read(Some("bAsIc YTpi"), "")), ("a".into(), "b".into(), true));
    }

    #[test]
    fn a_form_may_have_the_id_and_the_secret() {
        let client = read(None, "client_id=app&client_secret=a%2Bb+c");
        assert_eq!(with_secret(client), ("app".into(), "a+b c".into(), false));
    }

    #[test]
    fn a_client_without_a_secret_is_not_authenticated() {
        for client in
            [read(None, "client_id=app"), read(None, "client_id=app&client_secret="), read(Some(&basic("app:")), "")]
        {
            let client = client.unwrap().unwrap();
            assert!(matches!(&client, PresentedClient::WithoutSecret(_)) && client.id().as_str() == "app");
        }
    }

    #[test]
    fn a_request_may_name_no_client_and_a_bad_id_is_an_absent_one() {
        for text in ["", "client_id=", "client_id=a%00b", &format!("client_id={}", "a".repeat(129))] {
            assert!(read(None, text).unwrap().is_none(), "{text}");
        }
        assert_eq!(error(read(None, "client_secret=x")), (ErrorCode::InvalidClient, false));
        assert_eq!(error(read(Some(&basic(":x")), "")), (ErrorCode::InvalidClient, true));
        assert_eq!(no_client().status(), 401);
    }

    #[test]
    fn two_ways_of_authentication_at_once_are_an_invalid_request() {
        let header = basic("app:secret");
        for text in ["client_id=app&client_secret=secret", "client_secret=secret", "client_id=other"] {
            assert_eq!(error(read(Some(&header), text)).0, ErrorCode::InvalidRequest, "{text}");
        }
        assert_eq!(with_secret(read(Some(&header), "client_id=app")).0, "app");
    }

    #[test]
    fn an_authorization_that_is_not_basic_is_an_invalid_client_and_is_asked_for_basic() {
        for value in ["Bearer YTpi", "Basic", "Basic !", "Basic YWI=", "Basic /zr/", "", &basic("%ff:x")] {
            assert_eq!(error(read(Some(value), "client_id=app")), (ErrorCode::InvalidClient, true), "{value}");
        }
        let assertion = read(None, "client_id=app&client_assertion_type=x&client_assertion=y");
        assert_eq!(error(assertion), (ErrorCode::InvalidClient, false));
    }

    fn secret_by_basic() -> ClientSecret {
        ClientSecret { id: ClientId("app".into()), secret: "secret".into(), by_basic: true }
    }

    #[test]
    fn only_an_accepted_login_authenticates_a_client() {
        assert_eq!(secret_by_basic().login().username(), "app");
        let client = secret_by_basic().authenticated(Ok(())).unwrap();
        assert_eq!(client.authenticated().unwrap().id().as_str(), "app");
        let wrong = secret_by_basic().authenticated(Err(LoginRefusal::Wrong)).unwrap_err();
        assert_eq!((wrong.code(), wrong.status(), wrong.asks_for_basic()), (ErrorCode::InvalidClient, 401, true));
        let often = secret_by_basic().authenticated(Err(LoginRefusal::TooOften { retry_after: 9 })).unwrap_err();
        assert_eq!((often.status(), often.retry_after()), (429, Some(9)));
    }

    #[test]
    fn a_user_without_the_secret_is_no_public_client() {
        let client = || UnauthenticatedClient { id: ClientId("app".into()), by_basic: false };
        assert_eq!(client().as_public(true).unwrap_err().code(), ErrorCode::InvalidClient);
        let public = client().as_public(false).unwrap();
        assert_eq!(public.id().as_str(), "app");
        assert_eq!(public.authenticated().unwrap_err().code(), ErrorCode::InvalidClient);
    }

    #[test]
    fn a_secret_does_not_print_itself() {
        assert_eq!(format!("{:?}", secret_by_basic()), r#"ClientSecret(ClientId("app"), …)"#);
    }
}
