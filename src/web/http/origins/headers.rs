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

/// Sets what every answer carries. Only an answer that says otherwise may be stored; a page that brings its own policy
/// for forms, referrers or openers keeps it.
pub(in crate::web) fn set_headers(headers: &mut HeaderMap, origins: &Origins) {
    let defaults = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CROSS_ORIGIN_OPENER_POLICY, "same-origin"),
    ];
    for (name, value) in defaults {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    let mut set = |name: HeaderName, value| headers.insert(name, HeaderValue::from_static(value));
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::PERMISSIONS_POLICY, PERMISSIONS_POLICY);
    set(header::CROSS_ORIGIN_RESOURCE_POLICY, "same-origin");
    if origins.sends_hsts {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
