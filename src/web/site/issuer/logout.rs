//! `/oauth/logout`: the logout that a client asks for, or a user.
//!
//! A client proves with an ID token of this user that the request is its own, so the logout happens at once. Without
//! one, or with that of somebody else, any page could log a user out with a link, so the user has to press a button.

use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::{IssuerPages, error_page, response};
use crate::oauth::logout::LogoutRequest;
use crate::oauth::parameters::Parameters;
use crate::token::Claims;
use crate::web::http::framework_errors::expect_form;
use crate::web::http::origins::NoForeignPage;
use crate::web::http::problem::Problem;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;

/// `GET /oauth/logout`.
pub(in crate::web) async fn by_query(request: HttpRequest, issuer: IssuerPages) -> Result<HttpResponse, Problem> {
    let logout = issuer.read_logout(request.query_string().as_bytes())?;
    issuer.finish_or_ask(&request, &logout).await
}

/// `POST /oauth/logout`: the page's own button, or the form of a client.
///
/// Browsers send the login's cookie with no POST from another site, but with a GET that a redirect leads to. So a form
/// of another site is redirected to the same request by GET.
pub(in crate::web) async fn by_form(
    request: HttpRequest,
    body: Bytes,
    own_page: Result<NoForeignPage, Problem>,
    issuer: IssuerPages,
) -> Result<HttpResponse, Problem> {
    if !body.is_empty() {
        expect_form(&request)?;
    }
    let logout = issuer.read_logout(&body)?;
    match (own_page, issuer.verified_hint_of(&logout)) {
        (Err(_), _) => Ok(response::back_to(&format!("/oauth/logout?{}", reencoded(&body)))),
        (Ok(_), Some(_)) => issuer.finish_or_ask(&request, &logout).await,
        (Ok(_), None) => issuer.log_out(&request, issuer.done()?).await,
    }
}

/// The same parameters, in characters that an address may have.
fn reencoded(form: &[u8]) -> String {
    let parameters = url::form_urlencoded::parse(form);
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish()
}

#[derive(Template)]
#[template(path = "oauth/logout.html")]
struct LogoutPage<'a> {
    assets: &'a Assets,
    /// Who is still logged in, and may press the button.
    username: Option<&'a str>,
}

impl IssuerPages {
    fn read_logout(&self, encoded: &[u8]) -> Result<LogoutRequest, Problem> {
        let logout = Parameters::parse(encoded).and_then(|it| LogoutRequest::parse(&it, &self.policy.redirect_rules));
        logout.map_err(|error| error_page(&error))
    }

    fn verified_hint_of(&self, logout: &LogoutRequest) -> Option<Claims> {
        self.verified_hint(logout.hint()?)
    }

    /// Logs out at once, or asks the user of this browser. An ID token of another user proves nothing about this one
    /// (RP-Initiated Logout §2): an attacker has one too. Where nobody is logged in, nobody has to be asked.
    async fn finish_or_ask(&self, request: &HttpRequest, logout: &LogoutRequest) -> Result<HttpResponse, Problem> {
        let login = self.login(request, self.clock.now()).await?;
        let is_of_this_user =
            |hint: &Claims| login.as_ref().is_none_or(|login| hint.subject() == Some(login.username.as_str()));
        match self.verified_hint_of(logout).filter(is_of_this_user) {
            Some(hint) => self.finish(request, logout, &hint).await,
            None => self.logout_page(login.as_ref().map(|login| login.username.as_str())),
        }
    }

    /// Logs out at once, and sends the browser where the client says.
    async fn finish(
        &self,
        request: &HttpRequest,
        logout: &LogoutRequest,
        hint: &Claims,
    ) -> Result<HttpResponse, Problem> {
        let destination = logout.destination(hint).map_err(|error| error_page(&error))?;
        let answer = match destination {
            Some(address) => response::back_to(&address),
            None => self.done()?,
        };
        self.log_out(request, answer).await
    }

    fn done(&self) -> Result<HttpResponse, Problem> {
        self.logout_page(None)
    }

    /// The page with the button, if there is a login to end.
    fn logout_page(&self, username: Option<&str>) -> Result<HttpResponse, Problem> {
        render(&LogoutPage { assets: &self.assets, username }).map(response::for_popups)
    }
}
