//! The fix: only the name that no other host can set. It was set with
//! `Cookie::build(("__Host-session", value)).path("/").secure(true).http_only(true).same_site(SameSite::Lax)`.
//! `request.cookie` of Actix Web decodes names: there `__%48ost-session`, which any host can set, would count too.
use cookie::Cookie;

pub fn session(cookie_header: &str) -> Option<String> {
    let mut cookies = Cookie::split_parse(cookie_header).flatten();
    cookies.find(|cookie| cookie.name() == "__Host-session").map(|cookie| cookie.value().to_owned())
}
