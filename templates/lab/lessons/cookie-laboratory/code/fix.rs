//! The fix: only the name that no other host can set. It was set with
//! `Cookie::build(("__Host-session", value)).path("/").secure(true).http_only(true)`.
use cookie::Cookie;

pub fn session(cookie_header: &str) -> Option<String> {
    let mut cookies = Cookie::split_parse(cookie_header).flatten();
    cookies.find(|cookie| cookie.name() == "__Host-session").map(|cookie| cookie.value().to_owned())
}
