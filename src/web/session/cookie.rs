//! The session cookie: its name and attributes, and the checks of the cookies that a request brings.

use actix_session::SessionMiddleware;
use actix_session::config::{BrowserSession, CookieContentSecurity};
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, CookieJar, Key, SameSite};
use actix_web::dev::ServiceRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::{HttpMessage as _, HttpRequest};

use super::session_store::{self, SessionBackend};
use crate::code::Code;
use crate::keys::SESSION_KEY_BYTES;
use crate::web::http::cookie_header;
use crate::web::http::problem::Problem;

/// The cookie's name and attributes.
pub(in crate::web) struct SessionCookie {
    secure: bool,
}

/// An attribute of the `Set-Cookie` line, with its meaning.
pub(in crate::web) struct Attribute {
    pub text: &'static str,
    pub meaning: &'static str,
}

/// Left in a request's extensions by [`SessionCookie::check_cookies`]: why reading the session must be refused, if it
/// must.
pub(super) struct CookieCheck(pub(super) Option<Problem>);

impl SessionCookie {
    pub const fn new(secure: bool) -> Self {
        Self { secure }
    }

    /// Whether only https carries it.
    pub const fn is_secure(&self) -> bool {
        self.secure
    }

    /// With the `__Host-` prefix, browsers require `Secure`, `Path=/` and no `Domain`.
    pub const fn name(&self) -> &'static str {
        if self.secure { "__Host-hallpass" } else { "hallpass" }
    }

    pub fn middleware(
        &self,
        sessions: SessionBackend,
        key: &[u8; SESSION_KEY_BYTES],
    ) -> SessionMiddleware<SessionBackend> {
        SessionMiddleware::builder(sessions, Key::from(key))
            .cookie_name(self.name().to_owned())
            .cookie_content_security(CookieContentSecurity::Private)
            .session_lifecycle(BrowserSession::default().state_ttl(session_store::FULL_TTL))
            .cookie_http_only(true)
            .cookie_same_site(SameSite::Lax)
            .cookie_path("/".to_owned())
            .cookie_secure(self.secure)
            .build()
    }

    /// Whether the request's cookie was encrypted with this key.
    pub fn decrypts(&self, request: &HttpRequest, key: &[u8; SESSION_KEY_BYTES]) -> bool {
        let mut cookies = CookieJar::new();
        request.cookie(self.name()).into_iter().for_each(|cookie| cookies.add_original(cookie));
        cookies.private(&Key::from(key)).get(self.name()).is_some()
    }

    /// The attributes of the `Set-Cookie` line, in order.
    pub fn attributes(&self) -> Vec<Attribute> {
        let mut attributes = vec![
            Attribute {
                text: "HttpOnly",
                meaning: "No script can read the cookie. Requests that a script makes still carry it.",
            },
            Attribute {
                text: "SameSite=Lax",
                meaning: "Other sites' POST forms and images do not carry it; a link or a GET form that leads here does.",
            },
            Attribute { text: "Path=/", meaning: "Every address of this host gets it. A path is not access control." },
        ];
        if self.secure {
            let meaning = "Only https carries it.";
            attributes.insert(2, Attribute { text: "Secure", meaning });
        }
        attributes
    }

    /// A cookie that makes the browser delete ours.
    pub fn removal(&self) -> Cookie<'static> {
        Cookie::build(self.name(), "")
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.secure)
            .max_age(Duration::ZERO)
            .finish()
    }

    /// The value of every cookie in the request with exactly our name.
    pub fn values(&self, headers: &HeaderMap) -> Vec<String> {
        cookie_header::values_named(headers, self.name())
    }

    /// The refusal if our cookie appears more than once.
    pub fn refusal(&self, headers: &HeaderMap) -> Option<Problem> {
        (self.values(headers).len() > 1).then(|| duplicate_cookie(self.name()))
    }

    /// Runs before the framework reads the session. Notes a refusal for [`Visitor`], and removes cookies that the
    /// framework would misread: it percent-decodes names, trims Unicode white space from them, and drops all cookies if
    /// one is not UTF-8.
    pub fn check_cookies(&self, request: &mut ServiceRequest) {
        let is_plain = cookie_header::is_plain(request.headers(), self.name());
        let refusal = if is_plain { None } else { self.refusal(request.headers()) };
        request.extensions_mut().insert(CookieCheck(refusal));
        if !is_plain {
            cookie_header::keep_only(request, self.name());
        }
    }
}

fn duplicate_cookie(name: &str) -> Problem {
    let message = format!(
        "Two cookies named {name} were sent. An attacker can plant one, so neither is used. Log out to delete ours; \
         delete the other in the browser's settings for this site."
    );
    Problem::new(StatusCode::BAD_REQUEST, Code::DuplicateCookie, message)
}
