//! The mistake: the old name still counts, and any host of the school can set it.
use cookie::Cookie;

pub fn session(cookie_header: &str) -> Option<String> {
    let value_of = |name: &str| {
        let mut cookies = Cookie::split_parse(cookie_header).flatten();
        cookies.find(|cookie| cookie.name() == name).map(|cookie| cookie.value().to_owned())
    };
    value_of("session").or_else(|| value_of("__Host-session"))
}
