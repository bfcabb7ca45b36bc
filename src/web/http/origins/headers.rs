//! The headers that every answer carries, which keep the pages to this site.

use actix_web::dev::RequestHead;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::Origins;
use super::authority::{address_in, authority, host_of};

/// Where a request says that it came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web) enum RequestOrigin {
    /// A name of the visitor's own machine, which browsers trust over plain http too.
    Loopback,
    Elsewhere,
}

/// Whether this is how nearly every request to this machine names it. This takes less time than to parse the name.
fn is_usual(host: &[u8]) -> bool {
    let named = [&b"127.0.0.1"[..], b"localhost"].into_iter().find_map(|name| host.strip_prefix(name));
    named.is_some_and(|port| port.first().is_none_or(|it| *it == b':'))
}

impl RequestOrigin {
    pub fn of(head: &RequestHead) -> Self {
        if head.headers.get(header::HOST).is_some_and(|host| is_usual(host.as_bytes())) {
            return Self::Loopback;
        }
        let named = authority(head).ok().flatten();
        let is_loopback = |host: &str| match address_in(host) {
            Some(address) => address.is_loopback(),
            None => host == "localhost" || host.ends_with(".localhost"),
        };
        if named.is_some_and(|named| is_loopback(host_of(&named))) { Self::Loopback } else { Self::Elsewhere }
    }
}

const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const PERMISSIONS_POLICY: &str = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";

/// The policy of a page whose forms lead to another site; everything else stays as strict as elsewhere. `sources` are
/// those of the policy's `form-action`.
pub(in crate::web) fn policy_with_forms_to(sources: &str) -> String {
    CONTENT_SECURITY_POLICY.replace("form-action 'self'", &format!("form-action {sources}"))
}

/// What a response carries unless its handler says otherwise: a page may bring its own policy for forms, referrers or
/// openers, and a response that may be stored says so.
static DEFAULTS: [(HeaderName, HeaderValue); 4] = [
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY)),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (header::CROSS_ORIGIN_OPENER_POLICY, HeaderValue::from_static("same-origin")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

/// What every response carries, whatever its handler says.
static ALWAYS: [(HeaderName, HeaderValue); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::PERMISSIONS_POLICY, HeaderValue::from_static(PERMISSIONS_POLICY)),
    (header::CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("same-origin")),
];

/// Over https alone: for a year, browsers come back under https only (RFC 6797).
static HSTS: (HeaderName, HeaderValue) =
    (header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));

/// Sets the headers that every response carries.
///
/// Browsers obey `Cross-Origin-Opener-Policy` only from a trustworthy origin. From plain http elsewhere they ignore it,
/// and log an error for each page, so it is left out there.
pub(in crate::web) fn set_headers(headers: &mut HeaderMap, origins: &Origins, from: RequestOrigin) {
    for (name, value) in &DEFAULTS {
        if !headers.contains_key(name) {
            headers.insert(name.clone(), value.clone());
        }
    }
    if !(origins.is_https() || from == RequestOrigin::Loopback) {
        headers.remove(header::CROSS_ORIGIN_OPENER_POLICY);
    }
    for (name, value) in ALWAYS.iter().chain(origins.sends_hsts.then_some(&HSTS)) {
        headers.insert(name.clone(), value.clone());
    }
}
