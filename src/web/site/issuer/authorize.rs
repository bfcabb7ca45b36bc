//! `/oauth/authorize`: gives a client its code at once, or shows the login page first.

use actix_web::http::header::{HeaderMap, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};

use super::login_page::LoginPage;
use super::login_session::logged_in;
use super::{IssuerPages, response};
use crate::oauth::authorization::AuthorizationRequest;
use crate::oauth::login::{LoginAdvice, LoginDecision, SilentLogin, decide, login_required};
use crate::web::http::framework_errors::expect_form;
use crate::web::http::problem::Problem;

/// `GET /oauth/authorize`.
pub(in crate::web) async fn by_query(request: HttpRequest, issuer: IssuerPages) -> Result<HttpResponse, Problem> {
    authorize(&request, request.query_string().as_bytes(), &issuer).await
}

/// `POST /oauth/authorize`, from a page of any site (OpenID Connect Core §3.1.2.1).
pub(in crate::web) async fn by_form(
    request: HttpRequest,
    body: Bytes,
    issuer: IssuerPages,
) -> Result<HttpResponse, Problem> {
    expect_form(&request)?;
    authorize(&request, &body, &issuer).await
}

async fn authorize(request: &HttpRequest, encoded: &[u8], issuer: &IssuerPages) -> Result<HttpResponse, Problem> {
    let authorization = match issuer.read(encoded) {
        Ok(authorization) => authorization,
        Err(refusal) => return issuer.refuse(&refusal),
    };
    let now = issuer.clock.now();
    let login = issuer.login(request, now).await?;
    match decide(authorization.login(), login.as_ref().map(logged_in), issuer.policy.silent_login, now) {
        LoginDecision::Issue(login) => issuer.give_code(&authorization, login, now).await,
        LoginDecision::LogIn { username } => log_in_silently(request, &authorization, username, issuer, now).await,
        LoginDecision::ShowPage => LoginPage::new(&authorization, issuer).render(),
        LoginDecision::Refuse => refuse(request, &authorization, issuer),
    }
}

/// `prompt=none` with `login_hint`, in test mode: logs this user in without a password.
async fn log_in_silently(
    request: &HttpRequest,
    authorization: &AuthorizationRequest,
    username: &str,
    issuer: &IssuerPages,
    now: DateTime<Utc>,
) -> Result<HttpResponse, Problem> {
    if issuer.logins.accept_anybody() || issuer.logins.has_user(username).await? {
        issuer.log_in(request, authorization, username, now).await
    } else {
        refuse(request, authorization, issuer)
    }
}

/// Tells the client that the user must log in, and what might help.
fn refuse(
    request: &HttpRequest,
    authorization: &AuthorizationRequest,
    issuer: &IssuerPages,
) -> Result<HttpResponse, Problem> {
    let is_somebody_named = authorization.login().hint.is_some();
    let advice = LoginAdvice {
        name_somebody: issuer.policy.silent_login == SilentLogin::Allowed && !is_somebody_named,
        same_site: is_in_frame_of_another_site(request.headers()),
    };
    response::send(&authorization.refusal(&login_required(advice)), &issuer.assets)
}

/// As browsers say it (Fetch Metadata). They send the cookie of a login along when the whole window comes here from
/// another site, and not in a frame there.
fn is_in_frame_of_another_site(headers: &HeaderMap) -> bool {
    let sent = |name: &str| headers.get(name).map(HeaderValue::as_bytes);
    sent("sec-fetch-site") == Some(b"cross-site") && sent("sec-fetch-dest") != Some(b"document")
}
