//! Sends the browser back to the client: by a redirect, or by a form that the browser posts.

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderValue};
use askama::Template;

use crate::oauth::authorization_response::{AuthorizationResponse, ResponseMode};
use crate::web::http::origins::policy_with_forms_to;
use crate::web::http::problem::Problem;
use crate::web::http::redirect::see_other;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;

/// Sends the response to the client, in the way that it asked for.
pub(super) fn send(response: &AuthorizationResponse, assets: &Assets) -> Result<HttpResponse, Problem> {
    match response.mode() {
        ResponseMode::Query => Ok(back_to(&response.location())),
        ResponseMode::FormPost => form_post(response, assets),
    }
}

/// After a form, 303 and never 307: that would post the password to the client (RFC 9700 §4.12).
pub(super) fn back_to(address: &str) -> HttpResponse {
    for_popups(see_other(address))
}

/// Lets a client that opened this page in a popup notice when the login ends. The policy of all other pages would
/// separate the popup from its opener.
pub(super) fn for_popups(mut response: HttpResponse) -> HttpResponse {
    let policy = HeaderValue::from_static("unsafe-none");
    response.headers_mut().insert(header::CROSS_ORIGIN_OPENER_POLICY, policy);
    response
}

/// A script submits the form (OAuth 2.0 Form Post Response Mode), and a button does without scripts.
#[derive(Template)]
#[template(path = "oauth/form_post.html")]
struct FormPostPage<'a> {
    assets: &'a Assets,
    action: &'a str,
    fields: &'a [(&'static str, String)],
}

fn form_post(response: &AuthorizationResponse, assets: &Assets) -> Result<HttpResponse, Problem> {
    let to = response.redirect_uri();
    let page = render(&FormPostPage { assets, action: to.as_str(), fields: response.fields() })?;
    let mut page = with_forms_to(page, to.form_action())?;
    // The client learns which site posts to it, and never the address. With `same-origin` it would read `Origin: null`,
    // which many a client refuses.
    let referrer = HeaderValue::from_static("strict-origin");
    page.headers_mut().insert(header::REFERRER_POLICY, referrer);
    Ok(page)
}

/// The page with a policy that lets its forms lead to these sources.
pub(super) fn with_forms_to(mut page: HttpResponse, sources: &str) -> Result<HttpResponse, Problem> {
    let policy = policy_with_forms_to(sources).parse().map_err(|error| Problem::internal(&error))?;
    page.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(for_popups(page))
}
