//! Responses that send the browser to another address.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};

/// 303: whatever the method of this request was, the browser now sends `GET` to the address, without a body (RFC 9110
/// §15.4.4). After a form this is always the right one.
pub(in crate::web) fn see_other(address: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, address)).finish()
}

/// 308: the page has another path for good. The query of the request stays.
pub(in crate::web) fn moved_to(request: &HttpRequest, path: &str) -> HttpResponse {
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, format!("{path}{query}"))).finish()
}
