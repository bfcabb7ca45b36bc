//! Which other sites' scripts may call the token routes (CORS, in the Fetch standard). Without `--cors-origin`, none,
//! except in test mode. Public documents, such as the key set, may be read by the scripts of every site.
//!
//! These routes read no cookie, so a script elsewhere gets no more here than any other HTTP client does.

use actix_cors::Cors;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::middleware::{Condition, DefaultHeaders};

use crate::settings::CorsOrigins;
use crate::web::http::endpoint::{Endpoint, RoutePolicy};

/// How long a browser may cache the answer to a preflight request, in seconds.
const PREFLIGHT_MAX_AGE: usize = 600;

/// The headers of an answer that a script may read.
const EXPOSED: &str = "Retry-After, WWW-Authenticate";

/// The middleware of a token route: it answers preflight requests, and adds the headers of CORS to responses.
pub(in crate::web) fn middleware(origins: &CorsOrigins) -> Condition<Cors> {
    let cors = Cors::default()
        .allowed_methods(["GET", "POST"])
        // Libraries for tracing and for retries add headers of their own. None of them means anything to these routes.
        .allow_any_header()
        .expose_headers(EXPOSED.split(", "))
        .max_age(PREFLIGHT_MAX_AGE)
        .block_on_origin_mismatch(false);
    let cors = match origins {
        CorsOrigins::Any => cors.allow_any_origin().send_wildcard(),
        CorsOrigins::Listed(origins) => origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin)),
    };
    Condition::new(*origins != CorsOrigins::Listed(Vec::new()), cors)
}

/// The middleware that adds `Access-Control-Allow-Origin: *` to every response with a public document. It also adds it
/// where the request names no origin, because a cache may keep that response for a script.
pub(in crate::web) fn allow_every_site() -> DefaultHeaders {
    DefaultHeaders::new().add((header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")))
}

/// Lets the admitted script read an answer that is made before [`middleware`] is reached.
pub(in crate::web) fn allow_scripts(
    answer: &mut HeaderMap,
    origins: &CorsOrigins,
    request: &HeaderMap,
    scripts: Scripts,
) {
    let origin = match origins {
        CorsOrigins::Any => Some(HeaderValue::from_static("*")),
        CorsOrigins::Listed(_) => request.get(header::ORIGIN).cloned(),
    };
    if let (Scripts::Admitted, Some(origin)) = (scripts, origin) {
        answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        answer.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
        answer.insert(header::VARY, HeaderValue::from_static("Origin"));
    }
}

/// Lets the script of a listed site read the answer to a request that it sent with the credentials mode `include`. The
/// endpoint must allow that. Where every site is allowed, browsers refuse such an answer.
pub(in crate::web) fn allow_credentials(answer: &mut HeaderMap, origins: &CorsOrigins) {
    if matches!(origins, CorsOrigins::Listed(_)) {
        answer.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
}

/// Whose scripts a request may come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web) enum Scripts {
    /// This site's own alone.
    OfThisSite,
    /// Those of other sites too that the settings name, and this request comes from none of them.
    OfListedSites,
    /// This very request comes from one of them.
    Admitted,
}

impl Scripts {
    /// Of a request with these headers to this endpoint.
    pub fn of(origins: &CorsOrigins, headers: &HeaderMap, endpoint: Option<&Endpoint>) -> Self {
        match endpoint.map(|endpoint| endpoint.policy) {
            Some(RoutePolicy::EverySite) => Self::Admitted,
            Some(RoutePolicy::OtherSites) if comes_from_one_of(origins, headers) => Self::Admitted,
            Some(RoutePolicy::OtherSites) => Self::OfListedSites,
            _ => Self::OfThisSite,
        }
    }
}

fn comes_from_one_of(origins: &CorsOrigins, headers: &HeaderMap) -> bool {
    let mut sent = headers.get_all(header::ORIGIN);
    let (Some(origin), None) = (sent.next(), sent.next()) else { return false };
    origin.to_str().is_ok_and(|origin| origins.admit(origin))
}
