//! The login page: who asks, for what, where the browser goes afterwards, and a form.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::{IssuerPages, response};
use crate::accounts::LoginRefusal;
use crate::oauth::audience::Audience;
use crate::oauth::authorization::AuthorizationRequest;
use crate::oauth::scope::{KnownScope, Scope};
use crate::web::http::problem::{Problem, retry_after_header};
use crate::web::view::assets::Assets;
use crate::web::view::page::render_with;

#[derive(Template)]
#[template(path = "oauth/login.html")]
pub(super) struct LoginPage<'a> {
    assets: &'a Assets,
    request: &'a AuthorizationRequest,
    accepts_anybody: bool,
    username: String,
    fault: Option<RefusedLogin>,
}

/// Why a login was refused.
struct RefusedLogin {
    status: StatusCode,
    message: String,
    /// In seconds.
    retry_after: Option<u64>,
}

/// A scope that a client asks for, and what it lets the client do.
struct AskedScope<'a> {
    name: &'a str,
    meaning: &'static str,
}

impl<'a> LoginPage<'a> {
    pub fn new(request: &'a AuthorizationRequest, issuer: &'a IssuerPages) -> Self {
        let username = request.login().hint.clone().unwrap_or_default();
        let accepts_anybody = issuer.logins.accept_anybody();
        Self { assets: &issuer.assets, request, accepts_anybody, username, fault: None }
    }

    /// The page after this login was refused. The password has to be typed again.
    pub fn refused(self, username: &str, refusal: LoginRefusal) -> Self {
        Self { username: username.to_owned(), fault: Some(RefusedLogin::of(refusal)), ..self }
    }

    /// Browsers apply the policy for forms to the redirect that follows a form too, so it names the client's origin.
    pub fn render(&self) -> Result<HttpResponse, Problem> {
        let page = render_with(self.fault.as_ref().map_or(StatusCode::OK, |fault| fault.status), self)?;
        let sources = format!("'self' {}", self.request.redirect_uri().form_action());
        let mut page = response::with_forms_to(page, &sources)?;
        if let Some(seconds) = self.fault.as_ref().and_then(|fault| fault.retry_after) {
            let (name, value) = retry_after_header(seconds);
            page.headers_mut().insert(name, value);
        }
        Ok(page)
    }

    fn scopes(&self) -> Vec<AskedScope<'a>> {
        let names = self.request.scope().into_iter().flat_map(Scope::iter);
        names.map(|name| AskedScope { name, meaning: meaning(name) }).collect()
    }

    fn audiences(&self) -> &'a [String] {
        self.request.audience().map_or(&[], Audience::as_slice)
    }
}

impl RefusedLogin {
    fn of(refusal: LoginRefusal) -> Self {
        let (status, message, retry_after) = match refusal {
            LoginRefusal::Missing => (StatusCode::UNAUTHORIZED, "Enter a username and a password.".to_owned(), None),
            LoginRefusal::Wrong => {
                (StatusCode::UNAUTHORIZED, "The username or the password is wrong.".to_owned(), None)
            }
            LoginRefusal::TooOften { retry_after } => {
                let message = format!("This name was tried too often. Try again in {retry_after} s.");
                (StatusCode::TOO_MANY_REQUESTS, message, Some(retry_after))
            }
            LoginRefusal::Busy { retry_after } => {
                let message = format!("Too many people are logging in right now. Try again in {retry_after} s.");
                (StatusCode::SERVICE_UNAVAILABLE, message, Some(retry_after))
            }
        };
        Self { status, message, retry_after }
    }
}

fn meaning(scope: &str) -> &'static str {
    match KnownScope::ALL.into_iter().find(|known| known.as_str() == scope) {
        Some(KnownScope::Openid) => "who you are, in an ID token",
        Some(KnownScope::Profile) => "your name",
        Some(KnownScope::Email) => "your email address",
        Some(KnownScope::OfflineAccess) => "access after you leave, with a refresh token",
        None => "means something to the client’s own API",
    }
}
