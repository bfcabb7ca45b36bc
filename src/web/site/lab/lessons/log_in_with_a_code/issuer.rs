//! The issuer and the portal of the lesson. They run the code of this server's own issuer with one client, whose
//! redirect URI is an address of the lesson. They keep nothing and log nobody in: every value of a login follows from
//! the lab's secret and the visitor's name.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::form_urlencoded;

use super::super::LessonVisit;
use crate::oauth::authorization::{AuthorizationRequest, InvalidRequest};
use crate::oauth::client::PresentedClient;
use crate::oauth::code::{self, Binding};
use crate::oauth::login::LoggedIn;
use crate::oauth::parameters::Parameters;
use crate::oauth::pkce::Challenge;
use crate::oauth::redirect_uri::{RedirectRules, RedirectUris};
use crate::oauth::token_request::TokenRequest;
use crate::web::http::problem::Problem;

pub const CLIENT: &str = "grade-portal";

/// The lesson's address on this server, and those of its issuer and of its portal below it.
pub const LESSON: &str = "/lab/lessons/log-in-with-a-code";

/// One login, by the name of its visitor and its number.
pub struct Login {
    /// The issuer's own name.
    pub issuer: String,
    pub redirect_uri: String,
    pub state: String,
    pub verifier: String,
    pub challenge: String,
    /// What the issuer gives for this login.
    pub code: String,
}

impl Login {
    pub fn of(visit: &LessonVisit<'_>, visitor: &str, round: u32) -> Self {
        let issuer = format!("{}{LESSON}", visit.lab.origins.reached_at(visit.request.head()));
        let ring = visit.lab.keys.ring();
        let derived = |what: &str| {
            let secret = ring.lab().of_lesson(&format!("log-in-with-a-code {visitor} {round} {what}"));
            String::from_utf8_lossy(secret.as_bytes()).into_owned()
        };
        let verifier = derived("verifier");
        Self {
            redirect_uri: format!("{issuer}/callback"),
            issuer,
            state: derived("state").chars().take(16).collect(),
            challenge: URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())),
            verifier,
            code: derived("code").chars().take(22).collect(),
        }
    }

    /// The parameters of the authorization request.
    pub fn authorization_parameters(&self) -> Vec<(&'static str, String)> {
        vec![
            ("response_type", "code".to_owned()),
            ("client_id", CLIENT.to_owned()),
            ("redirect_uri", self.redirect_uri.clone()),
            ("scope", "openid".to_owned()),
            ("state", self.state.clone()),
            ("code_challenge", self.challenge.clone()),
            ("code_challenge_method", "S256".to_owned()),
        ]
    }

    /// Where the portal sends the browser.
    pub fn address(&self) -> String {
        format!("{}/authorize?{}", LESSON, encoded(&self.authorization_parameters()))
    }

    /// Reads a request, as this server's own issuer does.
    pub fn read(&self, query: &[u8]) -> Result<AuthorizationRequest, InvalidRequest> {
        AuthorizationRequest::parse(query, &self.rules(), &self.issuer)
    }

    fn rules(&self) -> RedirectRules {
        RedirectUris::parse(&self.redirect_uri).map_or(RedirectRules::Nothing, RedirectRules::Listed)
    }

    /// The parameters with which a program redeems a code.
    pub fn redemption(&self, code: &str, verifier: Option<&str>) -> Vec<(&'static str, String)> {
        let mut form = vec![
            ("grant_type", "authorization_code".to_owned()),
            ("client_id", CLIENT.to_owned()),
            ("redirect_uri", self.redirect_uri.clone()),
            ("code", code.to_owned()),
        ];
        form.extend(verifier.map(|verifier| ("code_verifier", verifier.to_owned())));
        form
    }

    /// Whether the issuer redeems the code for this form, and otherwise its error. The rules are those of this server's
    /// token endpoint.
    pub fn redeem(
        &self,
        form: &[(&'static str, String)],
        visit: &LessonVisit<'_>,
    ) -> Result<Result<(), String>, Problem> {
        let stored = match self.read(encoded(&self.authorization_parameters()).as_bytes()) {
            Ok(request) => code::for_login(&request, LoggedIn { username: "bob", auth_time: visit.now }, visit.now),
            Err(_) => return Err(Problem::broken("the lesson's own authorization request is refused")),
        };
        let challenge = stored.challenge.as_deref().and_then(Challenge::parse);
        let binding = Binding {
            client_id: &stored.grant.client_id,
            redirect_uri: &stored.redirect_uri,
            challenge: challenge.as_ref(),
        };
        Ok(self.check(form, &binding).map_err(|error| error.to_string()))
    }

    fn check(
        &self,
        form: &[(&'static str, String)],
        binding: &Binding<'_>,
    ) -> Result<(), crate::oauth::error::OAuthError> {
        let form = Parameters::parse(encoded(form).as_bytes())?;
        let client = match PresentedClient::read(None, &form)? {
            Some(PresentedClient::WithoutSecret(client)) => client.as_public(false)?,
            _ => return Err(code::unknown()),
        };
        match TokenRequest::parse(&form)? {
            TokenRequest::AuthorizationCode(request) if request.code == self.code => binding.check(&client, &request),
            _ => Err(code::unknown()),
        }
    }
}

/// Parameters as a query or a form writes them.
pub fn encoded(parameters: &[(&'static str, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish()
}

/// An error without its code's colon, as part of a sentence.
pub fn shown_error(error: &str) -> String {
    match error.split_once(": ") {
        Some((code, says)) => format!("`{code}`, {}", says.trim_end_matches('.')),
        None => error.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_issuer_becomes_part_of_a_sentence() {
        assert_eq!(shown_error("invalid_grant: the code is unknown."), "`invalid_grant`, the code is unknown");
        assert_eq!(shown_error("other"), "other");
    }
}
