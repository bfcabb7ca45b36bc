//! Two clocks: the browser decides when the cookie ends, and the server checks when the token expires.

use cookie::time::Duration;
use cookie::{Cookie, SameSite};

use super::remark::Remark;
use crate::code::Code;

pub const NAME: &str = "lab-clocks";

/// One way to set one of the clocks.
pub struct Setting {
    pub value: &'static str,
    pub says: &'static str,
    /// From now; `None` is a cookie without Max-Age.
    pub seconds: Option<i64>,
}

pub static COOKIE_LIFETIMES: [Setting; 4] = [
    Setting { value: "5", says: "5 seconds", seconds: Some(5) },
    Setting { value: "60", says: "60 seconds", seconds: Some(60) },
    Setting { value: "3600", says: "1 hour", seconds: Some(3600) },
    Setting { value: "none", says: "until the browser closes", seconds: None },
];

pub static TOKEN_LIFETIMES: [Setting; 4] = [
    Setting { value: "5", says: "5 seconds", seconds: Some(5) },
    Setting { value: "expired", says: "already expired", seconds: Some(-5) },
    Setting { value: "60", says: "60 seconds", seconds: Some(60) },
    Setting { value: "3600", says: "1 hour", seconds: Some(3600) },
];

impl Setting {
    pub fn find(settings: &'static [Self], value: &str) -> Option<&'static Self> {
        settings.iter().find(|setting| setting.value == value)
    }
}

/// The line that sets the cookie.
pub fn line(token: &str, cookie: &Setting) -> String {
    let line = Cookie::build((NAME, token)).http_only(true).same_site(SameSite::Lax).path("/lab/lessons/two-clocks");
    match cookie.seconds {
        Some(seconds) => line.max_age(Duration::seconds(seconds)).to_string(),
        None => line.to_string(),
    }
}

/// The remark after the button was pressed. `cookie` is the code for the token in the cookie, or `no_token` if no
/// cookie came. `copy` is the code for the copy that the page kept. The lesson is solved when the two clocks disagree.
pub fn judge(cookie: Code, copy: Code) -> Remark {
    match (cookie, copy) {
        (Code::Expired, _) => Remark::right(
            "The clocks disagree. The cookie came, and the token in it has expired: the browser does not read tokens, so \
             it sends a dead one for as long as the cookie lives.",
        ),
        (Code::NoToken, Code::Accepted) => Remark::right(
            "The clocks disagree. No cookie came, so the server had nothing to check. The copy on this page is still \
             accepted: the end of a cookie ends no token.",
        ),
        (Code::Accepted, _) => Remark::miss(
            "Both clocks still run: the cookie came, and the token is good. Wait until one of them ends, and press *Send \
             it back* again.",
        ),
        (Code::NoToken, _) => Remark::miss(
            "Both clocks have run out, so they agree again. Set a cookie and a token that end at different times, and \
             press *Send it back* in between.",
        ),
        (code, _) => Remark::miss(format!(
            "A cookie came, and what is in it is no token that this lesson set: `{code}`. Set the cookie anew."
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_solved_while_one_clock_runs_and_the_other_does_not() {
        for (cookie, copy, solved) in [
            (Code::Expired, Code::Expired, true),
            (Code::NoToken, Code::Accepted, true),
            (Code::Accepted, Code::Accepted, false),
            (Code::NoToken, Code::Expired, false),
            (Code::BadSignature, Code::Accepted, false),
        ] {
            assert_eq!(judge(cookie, copy).is_right, solved, "{cookie} {copy}");
        }
    }

    #[test]
    fn a_cookie_until_the_browser_closes_has_no_max_age() {
        let line_for = |value| line("t", Setting::find(&COOKIE_LIFETIMES, value).unwrap());
        assert!(line_for("5").ends_with("; Max-Age=5"));
        assert!(!line_for("none").contains("Max-Age"));
        assert!(Setting::find(&TOKEN_LIFETIMES, "6").is_none());
    }
}
