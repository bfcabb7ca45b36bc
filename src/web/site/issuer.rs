//! The issuer's pages: where a user logs in for a client, and logs out (OpenID Connect Core §3.1.2, RP-Initiated Logout
//! 1.0).
//!
//! A client sends the browser to `/oauth/authorize`. If no login of this browser suffices, that answers with the login
//! page. Its form carries the client's whole request on to `/oauth/login`, so neither needs a cookie. Both end by
//! sending the browser back to the client, with an authorization code or an error.

pub(in crate::web) mod authorize;
mod endpoints;
pub(in crate::web) mod login;
mod login_page;
mod login_session;
pub(in crate::web) mod logout;
mod response;

use actix_web::HttpResponse;
use actix_web::web::Data;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};

use crate::clock::Clock;
use crate::keys::CurrentKeys;
use crate::limits::Rate;
use crate::oauth::authorization::{AuthorizationRequest, InvalidRequest, Prompt};
use crate::oauth::code;
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::oauth::login::LoggedIn;
use crate::oauth::policy::IssuerPolicy;
use crate::profiles::id_token;
use crate::random::Random;
use crate::store::{CodeHash, Store};
use crate::token::{Claims, Rejection};
use crate::web::http::client::Client;
use crate::web::http::client_limit::ClientLimit;
use crate::web::http::extractor::extractor;
use crate::web::http::origins::{Origins, RequestIssuer};
use crate::web::http::problem::Problem;
use crate::web::session::logins::Logins;
use crate::web::view::assets::Assets;
pub(in crate::web) use endpoints::ENDPOINTS;

/// How many authorization codes a client may ask for outside test mode. A class behind one address logs in well within
/// this.
pub(in crate::web) const CODES_PER_CLIENT: Rate = Rate::per_minute(600);

/// How many authorization codes a client may ask for.
///
/// Each code leaves a row in the store, and so do the login and the refresh token that come with it, some of them for
/// days. Under `--credentials any` nobody has to prove who they are, so without a limit one client could fill the disk.
pub(in crate::web) struct CodeLimit(pub ClientLimit);

extractor! {
    /// What the issuer's pages need.
    pub(in crate::web) struct IssuerPages {
        assets: Data<Assets>,
        client: Client,
        clock: Data<dyn Clock>,
        code_limit: Data<CodeLimit>,
        issuer: RequestIssuer,
        keys: Data<CurrentKeys>,
        logins: Data<Logins>,
        origins: Data<Origins>,
        policy: Data<IssuerPolicy>,
        random: Data<Random>,
        store: Data<dyn Store>,
    }
}

impl IssuerPages {
    /// Reads an authorization request from a query or a form, for the user of its ID token, if it has one.
    fn read(&self, encoded: &[u8]) -> Result<AuthorizationRequest, InvalidRequest> {
        let request = AuthorizationRequest::parse(encoded, &self.policy.redirect_rules, self.issuer.as_str())?;
        let Some(hint) = &request.login().id_token_hint else { return Ok(request) };
        match self.verified_hint(hint).as_ref().ok().and_then(Claims::subject) {
            Some(username) => Ok(request.for_user(username)),
            None if request.login().prompt == Prompt::Never => {
                Err(InvalidRequest::Redirect(Box::new(request.refusal(&OAuthError::new(
                    ErrorCode::LoginRequired,
                    "`id_token_hint` is no ID token of this issuer",
                )))))
            }
            // The user says who they are on the login page.
            None => Ok(request),
        }
    }

    /// The claims of an ID token that this issuer gave to any client. It may have expired.
    fn verified_hint(&self, token: &str) -> Result<Claims, Rejection> {
        id_token::verify_hint(&self.keys.ring(), self.issuer.as_str(), token, self.clock.now())
    }

    fn refuse(&self, refusal: &InvalidRequest) -> Result<HttpResponse, Problem> {
        match refusal {
            InvalidRequest::Page(error) => Err(error_page(error)),
            InvalidRequest::Redirect(response) => response::send(response, &self.assets),
        }
    }

    /// Sends the browser back to the client, with a new authorization code for this login, if the limit admits it.
    async fn give_code(
        &self,
        request: &AuthorizationRequest,
        login: LoggedIn<'_>,
        now: DateTime<Utc>,
    ) -> Result<HttpResponse, Problem> {
        self.code_limit.0.admit(self.client, now).await?;
        self.give_admitted_code(request, login, now).await
    }

    /// The same without the limit, for a caller that asked it before.
    async fn give_admitted_code(
        &self,
        request: &AuthorizationRequest,
        login: LoggedIn<'_>,
        now: DateTime<Utc>,
    ) -> Result<HttpResponse, Problem> {
        let code = self.random_text()?;
        self.store.put_code(&CodeHash::of(&code), &code::for_login(request, login, now)).await?;
        response::send(&request.success(&code), &self.assets)
    }

    /// 32 random bytes in base64url: an authorization code, or the id of a login session.
    fn random_text(&self) -> Result<String, Problem> {
        Ok(URL_SAFE_NO_PAD.encode(self.random.bytes::<32>()?))
    }
}

/// The page for an error that is sent to no client, because it is not known to which client it may be sent.
fn error_page(error: &OAuthError) -> Problem {
    Problem::bad_request(format!("This request cannot be answered: {}.", error.description()))
}
