//! The authorization request, and the response that sends a browser back to the client (RFC 6749 §4.1, OpenID Connect
//! Core §3.1.2).
//!
//! A request with a bad `client_id` or `redirect_uri` is answered with an error page, because nobody knows where to
//! send the browser. Every other error is sent to the client, as [`AuthorizationResponse`].

use super::audience::Audience;
use super::authorization_response::AuthorizationResponse;
use super::client::ClientId;
use super::error::{ErrorCode, OAuthError};
use super::parameters::{Parameters, Received};
use super::pkce::Challenge;
use super::redirect_uri::{RedirectRules, RedirectUri};
use super::response_target::{ResponseTarget, check_response_mode};
use super::scope::Scope;

/// The only response type: the code flow.
pub const RESPONSE_TYPE: &str = "code";

/// The longest `nonce` in bytes. It is copied to the ID token.
const LONGEST_NONCE: usize = 1024;
/// The longest `state` in bytes. It is copied to the redirect.
const LONGEST_STATE: usize = 4096;
/// The longest `login_hint` in bytes. It is shown on the login page.
const LONGEST_HINT: usize = 256;

/// A valid authorization request. Its client id and redirect URI were checked.
#[derive(Clone, Debug)]
pub struct AuthorizationRequest {
    client: ClientId,
    target: ResponseTarget,
    scope: Option<Scope>,
    audience: Option<Audience>,
    challenge: Option<Challenge>,
    nonce: Option<String>,
    login: LoginParameters,
}

/// What the request says about the login.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoginParameters {
    pub prompt: Prompt,
    /// The maximum age of the login in seconds.
    pub max_age: Option<u64>,
    pub hint: Option<String>,
    /// An ID token of the user who should log in. Nobody has verified it yet.
    pub id_token_hint: Option<String>,
}

/// `prompt` in OpenID Connect Core §3.1.2.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Prompt {
    /// Absent: the login page is shown if no login suffices.
    #[default]
    WhenNeeded,
    /// `none`: no page is shown.
    Never,
    /// `login`, `consent` or `select_account`: the login page is always shown. It also shows what the client asks for,
    /// and any user can log in on it.
    Always,
}

/// Why a request is not valid, and who learns of it.
#[derive(Debug)]
pub enum InvalidRequest {
    /// An error page for the person in front of the browser.
    Page(OAuthError),
    /// A redirect that tells the client.
    Redirect(Box<AuthorizationResponse>),
}

impl AuthorizationRequest {
    /// Reads a query or a form. `issuer` is named in the response (RFC 9207).
    pub fn parse(encoded: &[u8], rules: &RedirectRules, issuer: &str) -> Result<Self, InvalidRequest> {
        let received = Received::read(encoded);
        let client = ClientId::received(&received).ok_or_else(|| InvalidRequest::Page(bad_client_id()))?;
        let redirect_uri = redirect_uri(&received, rules).map_err(InvalidRequest::Page)?;
        let target = ResponseTarget::new(redirect_uri, &received, issuer);
        match Self::validate(client, target.clone(), received) {
            Ok(request) => Ok(request),
            Err(error) => Err(InvalidRequest::Redirect(Box::new(target.refusal(&error)))),
        }
    }

    /// Checks everything but the client id and the redirect URI, which were checked before.
    fn validate(client: ClientId, target: ResponseTarget, received: Received) -> Result<Self, OAuthError> {
        let parameters = received.without_repeats()?;
        refuse_request_objects(&parameters)?;
        check_response_type(&parameters)?;
        check_response_mode(&parameters)?;
        // Only its length is checked here: the target has it already.
        parameters.get_short("state", LONGEST_STATE)?;
        Ok(Self {
            client,
            target,
            scope: Scope::requested(&parameters)?,
            audience: Audience::requested(&parameters)?,
            challenge: Challenge::requested(&parameters)?,
            nonce: parameters.get_short("nonce", LONGEST_NONCE)?.map(str::to_owned),
            login: LoginParameters::parse(&parameters)?,
        })
    }

    pub const fn client(&self) -> &ClientId {
        &self.client
    }

    pub const fn redirect_uri(&self) -> &RedirectUri {
        &self.target.redirect_uri
    }

    pub const fn scope(&self) -> Option<&Scope> {
        self.scope.as_ref()
    }

    pub const fn audience(&self) -> Option<&Audience> {
        self.audience.as_ref()
    }

    pub const fn challenge(&self) -> Option<&Challenge> {
        self.challenge.as_ref()
    }

    pub fn nonce(&self) -> Option<&str> {
        self.nonce.as_deref()
    }

    pub const fn login(&self) -> &LoginParameters {
        &self.login
    }

    /// The same request for this user, whom a verified ID token names. It counts more than `login_hint`.
    #[must_use]
    pub fn for_user(mut self, username: &str) -> Self {
        self.login.hint = Some(username.to_owned());
        self
    }

    /// The response that gives the client its code.
    pub fn success(&self, code: &str) -> AuthorizationResponse {
        self.target.response(vec![("code", code.to_owned())])
    }

    /// The response that tells the client what is wrong.
    pub fn refusal(&self, error: &OAuthError) -> AuthorizationResponse {
        self.target.refusal(error)
    }

    /// The request as the hidden fields of the login form, which carry it through the login. Reading them gives the
    /// same request, without the `id_token_hint`: whoever it names is in `login_hint` by then.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = vec![
            ("response_type", RESPONSE_TYPE.to_owned()),
            ("client_id", self.client.as_str().to_owned()),
            ("redirect_uri", self.target.redirect_uri.as_str().to_owned()),
            ("response_mode", self.target.mode.as_str().to_owned()),
        ];
        let mut add = |name, value: Option<String>| fields.extend(value.map(|value| (name, value)));
        add("state", self.target.state.clone());
        add("scope", self.scope.as_ref().map(ToString::to_string));
        add("code_challenge", self.challenge.as_ref().map(|challenge| challenge.as_str().to_owned()));
        add("code_challenge_method", self.challenge.as_ref().map(|_| "S256".to_owned()));
        add("nonce", self.nonce.clone());
        add("prompt", self.login.prompt.as_parameter().map(str::to_owned));
        add("max_age", self.login.max_age.map(|seconds| seconds.to_string()));
        add("login_hint", self.login.hint.clone());
        fields.extend(self.audience_fields());
        fields
    }

    /// An audience that is a URI is sent as `resource`. Any other is sent as `audience`, of which there is one at most.
    fn audience_fields(&self) -> impl Iterator<Item = (&'static str, String)> {
        let audiences = self.audience.iter().flat_map(Audience::as_slice);
        audiences.map(|one| (if super::audience::is_resource(one) { "resource" } else { "audience" }, one.clone()))
    }
}

fn bad_client_id() -> OAuthError {
    OAuthError::invalid_request(
        "`client_id` is missing or bad: it must be sent once, with 1 to 128 characters and no control characters",
    )
}

fn redirect_uri(received: &Received, rules: &RedirectRules) -> Result<RedirectUri, OAuthError> {
    let Some(text) = received.once("redirect_uri") else {
        return Err(OAuthError::invalid_request("`redirect_uri` is missing or was sent more than once"));
    };
    rules.accept(text).ok_or_else(|| {
        let shown: String = text.chars().take(256).collect();
        OAuthError::invalid_request(&format!(
            "this `redirect_uri` is not accepted: {shown} - {}",
            rules.explanation(text)
        ))
    })
}

/// OpenID Connect Core §6.
fn refuse_request_objects(parameters: &Parameters) -> Result<(), OAuthError> {
    let refused = [("request", ErrorCode::RequestNotSupported), ("request_uri", ErrorCode::RequestUriNotSupported)];
    match refused.into_iter().find(|(name, _)| parameters.get(name).is_some()) {
        Some((name, code)) => Err(OAuthError::new(code, &format!("`{name}` is not supported"))),
        None => Ok(()),
    }
}

fn check_response_type(parameters: &Parameters) -> Result<(), OAuthError> {
    if parameters.require("response_type")? == RESPONSE_TYPE {
        return Ok(());
    }
    Err(OAuthError::new(ErrorCode::UnsupportedResponseType, "`response_type` must be code"))
}

impl LoginParameters {
    fn parse(parameters: &Parameters) -> Result<Self, OAuthError> {
        Ok(Self {
            prompt: parameters.get("prompt").map_or(Ok(Prompt::WhenNeeded), Prompt::parse)?,
            max_age: parameters.get("max_age").map(seconds).transpose()?,
            hint: parameters.get_short("login_hint", LONGEST_HINT)?.map(str::to_owned),
            id_token_hint: parameters.get("id_token_hint").map(str::to_owned),
        })
    }
}

fn seconds(text: &str) -> Result<u64, OAuthError> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = text.parse().ok().filter(|_| is_number);
    seconds.ok_or_else(|| OAuthError::invalid_request("`max_age` must be a number of whole seconds"))
}

impl Prompt {
    fn parse(text: &str) -> Result<Self, OAuthError> {
        let values: Vec<&str> = text.split(' ').collect();
        match values.as_slice() {
            ["none"] => Ok(Self::Never),
            several if several.iter().all(|one| matches!(*one, "login" | "consent" | "select_account")) => {
                Ok(Self::Always)
            }
            _ => {
                Err(OAuthError::invalid_request("`prompt` must be none, or some of login, consent and select_account"))
            }
        }
    }

    /// A value that means the same.
    const fn as_parameter(self) -> Option<&'static str> {
        match self {
            Self::WhenNeeded => None,
            Self::Never => Some("none"),
            Self::Always => Some("login"),
        }
    }
}

#[cfg(test)]
mod tests {
    use url::form_urlencoded::Serializer;

    use super::super::authorization_response::ResponseMode;
    use super::*;

    const ISSUER: &str = "http://localhost:5000";
    const GOOD: &str = "response_type=code&client_id=app&redirect_uri=http://127.0.0.1:3000/cb";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn parse(query: &str) -> Result<AuthorizationRequest, InvalidRequest> {
        AuthorizationRequest::parse(query.as_bytes(), &RedirectRules::Loopback, ISSUER)
    }

    fn page(query: &str) -> OAuthError {
        match parse(query).unwrap_err() {
            InvalidRequest::Page(error) => error,
            InvalidRequest::Redirect(response) => panic!("{query} redirects: {response:?}"),
        }
    }

    /// The parameters of the redirect.
    fn redirect(query: &str) -> Vec<(&'static str, String)> {
        match parse(query).unwrap_err() {
            InvalidRequest::Redirect(response) => response.fields().to_vec(),
            InvalidRequest::Page(error) => panic!("{query} shows a page: {error}"),
        }
    }

    fn redirected_error(more: &str) -> String {
        redirect(&format!("{GOOD}&{more}")).swap_remove(0).1
    }

    #[test]
    fn a_request_of_every_parameter_is_read() {
        let query = format!(
            "{GOOD}&scope=openid+email&state=a%20b&nonce=n&response_mode=form_post&prompt=login&max_age=60&login_hint=bob\
             &id_token_hint=e.y.J&code_challenge={CHALLENGE}&code_challenge_method=S256&audience=orders&resource=urn:x&display=page&ui_locales=de"
        );
        let request = parse(&query).unwrap();
        assert_eq!(request.client().as_str(), "app");
        assert_eq!(request.redirect_uri().as_str(), "http://127.0.0.1:3000/cb");
        assert_eq!(request.scope().unwrap().to_string(), "openid email");
        assert_eq!(request.audience().unwrap().as_slice(), ["orders", "urn:x"]);
        assert_eq!(request.challenge().unwrap().as_str(), CHALLENGE);
        assert_eq!(request.nonce(), Some("n"));
        let login = LoginParameters {
            prompt: Prompt::Always,
            max_age: Some(60),
            hint: Some("bob".into()),
            id_token_hint: Some("e.y.J".into()),
        };
        assert_eq!(request.login(), &login);
    }

    #[test]
    fn the_fields_of_the_login_form_are_the_same_request() {
        let query = format!(
            "{GOOD}&scope=a+b&state=%22x%22&nonce=n&response_mode=form_post&prompt=none&max_age=0&login_hint=bob\
             &code_challenge={CHALLENGE}&code_challenge_method=S256&audience=orders&resource=urn:x&resource=urn:y"
        );
        for query in [query.as_str(), GOOD] {
            let fields = parse(query).unwrap().fields();
            let encoded = Serializer::new(String::new()).extend_pairs(&fields).finish();
            let again = parse(&format!("{encoded}&username=bob&password=x")).unwrap();
            assert_eq!(again.fields(), fields);
        }
    }

    #[test]
    fn the_code_is_sent_with_the_state_and_the_issuer() {
        let response = parse(&format!("{GOOD}&state=a%26b")).unwrap().success("c0de");
        let wanted = "http://127.0.0.1:3000/cb?code=c0de&state=a%26b&iss=http%3A%2F%2Flocalhost%3A5000";
        assert_eq!(response.location(), wanted);
        let response = parse(GOOD).unwrap().success("c0de");
        assert_eq!(response.fields(), [("code", "c0de".to_owned()), ("iss", ISSUER.to_owned())]);
    }

    #[test]
    fn a_response_does_not_print_its_code() {
        let printed = format!("{:?}", parse(GOOD).unwrap().success("c0de"));
        assert_eq!(printed, "AuthorizationResponse(Query, http://127.0.0.1:3000/cb, …)");
    }

    #[test]
    fn a_bad_client_id_or_redirect_uri_is_an_error_page() {
        let redirect = "redirect_uri=http://localhost/cb";
        for query in [
            redirect.to_owned(),
            format!("client_id=&{redirect}"),
            format!("client_id=a%0Ab&{redirect}"),
            format!("client_id={}&{redirect}", "a".repeat(129)),
            format!("client_id=a&client_id=a&{redirect}"),
            "client_id=app".to_owned(),
            "client_id=app&redirect_uri=".to_owned(),
            "client_id=app&redirect_uri=https://evil.example/".to_owned(),
            format!("client_id=app&{redirect}&{redirect}"),
        ] {
            assert_eq!(page(&query).code(), ErrorCode::InvalidRequest, "{query}");
        }
        assert!(page("client_id=app&redirect_uri=https://evil.example/").description().contains("--redirect-uri"));
    }

    #[test]
    fn every_other_error_is_sent_to_the_client_with_the_state_and_the_issuer() {
        let sent = redirect("client_id=app&redirect_uri=http://localhost/cb&state=s&response_type=token");
        let names: Vec<_> = sent.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["error", "error_description", "state", "iss"]);
        assert_eq!(
            (sent[0].1.as_str(), sent[2].1.as_str(), sent[3].1.as_str()),
            ("unsupported_response_type", "s", ISSUER)
        );
    }

    #[test]
    fn each_error_has_its_code() {
        for (more, code) in [
            ("scope=a&scope=b", "invalid_request"),
            ("state=a&state=b", "invalid_request"),
            ("response_type=code", "invalid_request"),
            ("request=eyJ", "request_not_supported"),
            ("request_uri=https://a/b", "request_uri_not_supported"),
            ("response_mode=fragment", "invalid_request"),
            ("response_mode=web_message", "invalid_request"),
            ("prompt=none+login", "invalid_request"),
            ("prompt=create", "invalid_request"),
            ("prompt=login++consent", "invalid_request"),
            ("max_age=-1", "invalid_request"),
            ("max_age=1.5", "invalid_request"),
            ("max_age=%2B1", "invalid_request"),
            ("scope=%22", "invalid_scope"),
            ("resource=orders", "invalid_target"),
            ("code_challenge_method=S256", "invalid_request"),
            ("code_challenge=x&code_challenge_method=plain", "invalid_request"),
        ] {
            assert_eq!(redirected_error(more), code, "{more}");
        }
        for (name, longest) in [("nonce", 1024), ("state", 4096), ("login_hint", 256)] {
            assert!(parse(&format!("{GOOD}&{name}={}", "a".repeat(longest))).is_ok());
            assert_eq!(redirected_error(&format!("{name}={}", "a".repeat(longest + 1))), "invalid_request");
        }
        let missing = redirect("client_id=app&redirect_uri=http://localhost/cb").swap_remove(0).1;
        assert_eq!(missing, "invalid_request");
    }

    #[test]
    fn a_repeated_state_is_not_sent_back() {
        let sent = redirect(&format!("{GOOD}&state=a&state=b"));
        assert!(sent.iter().all(|(name, _)| *name != "state"));
    }

    #[test]
    fn an_error_is_answered_in_the_response_mode_that_was_asked_for() {
        let mode = |more: &str| match parse(&format!("{GOOD}&scope=%22&{more}")).unwrap_err() {
            InvalidRequest::Redirect(response) => response.mode(),
            InvalidRequest::Page(error) => panic!("{error}"),
        };
        assert_eq!(mode("response_mode=form_post"), ResponseMode::FormPost);
        assert_eq!(mode("response_mode=query"), ResponseMode::Query);
        assert_eq!(mode("response_mode=fragment"), ResponseMode::Query);
    }

    #[test]
    fn a_client_that_asked_for_the_fragment_finds_the_refusal_in_the_query_and_in_the_fragment() {
        let location = |more: &str| match parse(&format!("{GOOD}?own&state=s+1&{more}")).unwrap_err() {
            InvalidRequest::Redirect(response) => response.location(),
            InvalidRequest::Page(error) => panic!("{error}"),
        };
        for more in ["response_mode=fragment", "response_mode=fragment&scope=%22", "response_mode=fragment&request=e"] {
            let location = location(more);
            let (before, fragment) = location.split_once('#').unwrap_or_else(|| panic!("{location}"));
            assert_eq!(before, format!("http://127.0.0.1:3000/cb?own&{fragment}"));
            assert!(
                fragment.starts_with("error=") && fragment.ends_with("&state=s+1&iss=http%3A%2F%2Flocalhost%3A5000")
            );
        }
        assert!(location("response_mode=fragment").contains("response_mode%60+must+be+query+or+form_post"));
        for more in ["response_mode=query&scope=%22", "response_mode=x", "scope=%22"] {
            assert!(!location(more).contains('#'), "{more}");
        }
    }

    #[test]
    fn prompts_that_show_the_login_page_can_be_combined() {
        for (prompt, wanted) in [
            ("", Prompt::WhenNeeded),
            ("none", Prompt::Never),
            ("login", Prompt::Always),
            ("consent+select_account", Prompt::Always),
        ] {
            assert_eq!(parse(&format!("{GOOD}&prompt={prompt}")).unwrap().login().prompt, wanted, "{prompt}");
        }
    }
}
