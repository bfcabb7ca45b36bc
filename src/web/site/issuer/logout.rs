//! `/oauth/logout`: the logout that a client asks for, or a user.
//!
//! A client proves with an ID token of this user that the request is its own, so the logout happens at once. Without
//! one, or with that of somebody else, any page could log a user out with a link, so the user has to press a button.
//! With that of somebody else, the client is known, so its address is used after the button is pressed.

use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::{IssuerPages, error_page, response};
use crate::oauth::logout::LogoutRequest;
use crate::oauth::parameters::Parameters;
use crate::token::{Claims, Rejection};
use crate::web::http::framework_errors::expect_form;
use crate::web::http::origins::NoForeignPage;
use crate::web::http::problem::Problem;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;
use crate::web::view::sentence::Sentence;

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
        (Ok(_), Ok(hint)) if is_confirmed(&body) => issuer.finish(&request, &logout, &hint).await,
        (Ok(_), Ok(_)) => issuer.finish_or_ask(&request, &logout).await,
        (Ok(_), Err(unknown)) => {
            let page = issuer.page(None, Vec::new(), stays(&logout, unknown))?;
            issuer.log_out(&request, page).await
        }
    }
}

/// The field of the button, for which a click by the user is needed.
const CONFIRMED: &str = "confirmed";

fn is_confirmed(form: &[u8]) -> bool {
    url::form_urlencoded::parse(form).any(|(name, _)| name == CONFIRMED)
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
    /// What the button sends.
    fields: Vec<(&'static str, &'a str)>,
    stays: Option<StayingHere<'a>>,
}

/// Why the browser does not go where the client wants it to go.
struct StayingHere<'a> {
    address: &'a str,
    cause: String,
}

/// Why it is not known which client asks.
enum UnknownClient {
    NoHint,
    Rejected(Rejection),
}

impl UnknownClient {
    fn cause(self) -> String {
        match self {
            Self::NoHint => "`id_token_hint` is missing.".to_owned(),
            Self::Rejected(Rejection { reason, .. }) => {
                format!("`id_token_hint` does not verify: {}.", reason.message)
            }
        }
    }
}

impl IssuerPages {
    fn read_logout(&self, encoded: &[u8]) -> Result<LogoutRequest, Problem> {
        let logout = Parameters::parse(encoded).and_then(|it| LogoutRequest::parse(&it, &self.policy.redirect_rules));
        logout.map_err(|error| error_page(&error))
    }

    fn verified_hint_of(&self, logout: &LogoutRequest) -> Result<Claims, UnknownClient> {
        self.verified_hint(logout.hint().ok_or(UnknownClient::NoHint)?).map_err(UnknownClient::Rejected)
    }

    /// Logs out at once, or asks the user of this browser. An ID token of another user proves nothing about this one
    /// (RP-Initiated Logout §2): an attacker has one too. Where nobody is logged in, nobody has to be asked.
    async fn finish_or_ask(&self, request: &HttpRequest, logout: &LogoutRequest) -> Result<HttpResponse, Problem> {
        let login = self.login(request, self.clock.now()).await?;
        let username = login.as_ref().map(|login| login.username.as_str());
        match (self.verified_hint_of(logout), username) {
            (Ok(hint), Some(username)) if hint.subject() != Some(username) => self.ask(logout, &hint, username),
            (Ok(hint), _) => self.finish(request, logout, &hint).await,
            (Err(unknown), username) => self.page(username, Vec::new(), stays(logout, unknown)),
        }
    }

    /// The page with the button, for an ID token of another user. Browsers apply the policy for forms to the redirect
    /// that follows a form too, so it names the client's origin.
    fn ask(&self, logout: &LogoutRequest, hint: &Claims, username: &str) -> Result<HttpResponse, Problem> {
        logout.destination(hint).map_err(|error| error_page(&error))?;
        let fields = logout.fields().into_iter().chain([(CONFIRMED, "yes")]).collect();
        let page = self.page(Some(username), fields, None)?;
        match logout.redirect_uri() {
            Some(uri) => response::with_forms_to(page, &format!("'self' {}", uri.form_action())),
            None => Ok(page),
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
            None => self.page(None, Vec::new(), None)?,
        };
        self.log_out(request, answer).await
    }

    /// The page with the button, if there is a login to end.
    fn page(
        &self,
        username: Option<&str>,
        fields: Vec<(&'static str, &str)>,
        stays: Option<StayingHere<'_>>,
    ) -> Result<HttpResponse, Problem> {
        render(&LogoutPage { assets: &self.assets, username, fields, stays }).map(response::for_popups)
    }
}

/// What is said where an address came, and it is not known which client asks.
fn stays(logout: &LogoutRequest, unknown: UnknownClient) -> Option<StayingHere<'_>> {
    Some(StayingHere { address: logout.redirect_uri()?.as_str(), cause: unknown.cause() })
}
