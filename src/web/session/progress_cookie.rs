//! The visitor's progress in the lab, in a signed cookie of its own: it outlives the demo's session, a logout and a
//! closed browser.
//!
//! The signature keeps a browser from claiming what its visitor did not do. A copy of the cookie gives access to
//! nothing.

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, CookieJar, Key, SameSite};
use actix_web::{HttpRequest, HttpResponse};

use super::Sessions;
use crate::lab::progress::Progress;
use crate::web::http::cookie_header::only_value;
use crate::web::http::problem::Problem;

/// How long a browser keeps the cookie after the last change.
const DAYS: i64 = 30;

impl Sessions {
    /// The progress that the request's cookie tells. Two cookies count as none ([`only_value`]).
    pub(in crate::web) fn progress(&self, request: &HttpRequest) -> Progress {
        let value = only_value(request, self.progress_cookie_name());
        value.and_then(|value| self.signed_progress(value)).unwrap_or_default()
    }

    fn signed_progress(&self, value: String) -> Option<Progress> {
        let mut cookies = CookieJar::new();
        cookies.add_original(Cookie::new(self.progress_cookie_name(), value));
        let signed = cookies.signed(&Key::from(&self.key)).get(self.progress_cookie_name())?;
        Some(Progress::parse(signed.value()))
    }

    /// Lets the browser keep this progress. An empty one deletes the cookie.
    pub(in crate::web) fn keep_progress(
        &self,
        progress: &Progress,
        response: &mut HttpResponse,
    ) -> Result<(), Problem> {
        let is_empty = *progress == Progress::default();
        let max_age = if is_empty { Duration::ZERO } else { Duration::days(DAYS) };
        let cookie = Cookie::build(self.progress_cookie_name(), progress.to_text())
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.cookie.is_secure())
            .max_age(max_age)
            .finish();
        let mut cookies = CookieJar::new();
        cookies.signed_mut(&Key::from(&self.key)).add(cookie);
        for cookie in cookies.delta() {
            response.add_cookie(cookie).map_err(|error| Problem::internal(&error))?;
        }
        Ok(())
    }

    /// With the `__Host-` prefix, browsers require `Secure`, `Path=/` and no `Domain`.
    const fn progress_cookie_name(&self) -> &'static str {
        if self.cookie.is_secure() { "__Host-hallpass-lab" } else { "hallpass-lab" }
    }
}
