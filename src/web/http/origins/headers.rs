//! The headers that every answer carries, which keep the pages to this site.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::Origins;

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
pub(in crate::web) fn set_headers(headers: &mut HeaderMap, origins: &Origins) {
    for (name, value) in &DEFAULTS {
        if !headers.contains_key(name) {
            headers.insert(name.clone(), value.clone());
        }
    }
    for (name, value) in ALWAYS.iter().chain(origins.sends_hsts.then_some(&HSTS)) {
        headers.insert(name.clone(), value.clone());
    }
}
