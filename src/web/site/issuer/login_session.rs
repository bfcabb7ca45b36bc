//! Login sessions: a random id in a cookie, and the user in the store under the id's hash.
//!
//! A login session is apart from the demo's session: neither logout ends the other. After a logout a copy of the cookie
//! is worthless, because the store forgot its id.

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, TimeDelta, Utc};

use super::IssuerPages;
use crate::oauth::authorization::AuthorizationRequest;
use crate::oauth::login::LoggedIn;
use crate::store::{LoginHash, LoginSession, StoreError};
use crate::web::http::cookie_header::only_value;
use crate::web::http::problem::Problem;

/// How long a login lasts.
const HOURS: i64 = 8;

/// A login as the protocol sees it.
pub(super) fn logged_in(session: &LoginSession) -> LoggedIn<'_> {
    LoggedIn { username: &session.username, auth_time: session.auth_time }
}

impl IssuerPages {
    /// The login of this browser.
    pub(super) async fn login(
        &self,
        request: &HttpRequest,
        now: DateTime<Utc>,
    ) -> Result<Option<LoginSession>, StoreError> {
        match self.id_in(request) {
            Some(id) => self.store.login(&LoginHash::of(&id), now).await,
            None => Ok(None),
        }
    }

    /// Logs the user in, whoever was logged in before, and gives the client its code. Every login has a new id, so that
    /// an id that an attacker planted in the browser is never that of a login.
    pub(super) async fn log_in(
        &self,
        request: &HttpRequest,
        authorization: &AuthorizationRequest,
        username: &str,
        now: DateTime<Utc>,
    ) -> Result<HttpResponse, Problem> {
        // First, so that a refused client leaves no login in the store either.
        self.code_limit.0.admit(self.client, now).await?;
        let id = self.random_text()?;
        let session =
            LoginSession { username: username.to_owned(), auth_time: now, expires_at: now + TimeDelta::hours(HOURS) };
        self.store.put_login(&LoginHash::of(&id), &session).await?;
        self.end_login(request).await?;
        let mut response = self.give_admitted_code(authorization, logged_in(&session), now).await?;
        let cookie = self.cookie(id, Duration::hours(HOURS));
        response.add_cookie(&cookie).map_err(|error| Problem::internal(&error))?;
        Ok(response)
    }

    /// Ends the login of this browser, and makes the browser forget the cookie.
    pub(super) async fn log_out(
        &self,
        request: &HttpRequest,
        mut response: HttpResponse,
    ) -> Result<HttpResponse, Problem> {
        self.end_login(request).await?;
        let removal = self.cookie(String::new(), Duration::ZERO);
        response.add_cookie(&removal).map_err(|error| Problem::internal(&error))?;
        Ok(response)
    }

    async fn end_login(&self, request: &HttpRequest) -> Result<(), StoreError> {
        if let Some(id) = self.id_in(request) {
            self.store.end_login(&LoginHash::of(&id)).await?;
        }
        Ok(())
    }

    /// The id in the cookie. Two cookies count as none ([`only_value`]).
    fn id_in(&self, request: &HttpRequest) -> Option<String> {
        only_value(request, self.cookie_name())
    }

    /// With the `__Host-` prefix, browsers require `Secure`, `Path=/` and no `Domain`.
    fn cookie_name(&self) -> &'static str {
        if self.origins.is_https() { "__Host-hallpass-login" } else { "hallpass-login" }
    }

    fn cookie(&self, value: String, max_age: Duration) -> Cookie<'static> {
        Cookie::build(self.cookie_name(), value)
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.origins.is_https())
            .max_age(max_age)
            .finish()
    }
}
