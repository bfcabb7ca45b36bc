//! Two clocks: the browser decides when the cookie ends, and the server checks when the token expires.

use cookie::time::Duration;
use cookie::{Cookie, SameSite};

use super::press::Press;
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

/// The verdict after *Send it back*. `cookie` is the code for the token in the cookie, or `no_token` if no cookie came.
/// `copy` is the code for the copy that the page kept, and `is_due` says that the cookie's Max-Age is not over. The
/// lesson is solved when the two clocks disagree.
pub fn judge(cookie: Code, copy: Code, is_due: bool) -> Press {
    match (cookie, copy) {
        (Code::Expired, _) => Press::Solved(
            "The clocks disagree. The cookie came, but the token in it has expired. The browser does not read \
             tokens, so it sends this one as long as the cookie lives."
                .to_owned(),
        ),
        (Code::NoToken, _) if is_due => Press::Wrong(
            "No cookie came, although its `Max-Age` is not over. Your browser does not keep it, or something deleted \
             it. Press *Set the cookie* again."
                .to_owned(),
        ),
        (Code::NoToken, Code::Accepted) => Press::Solved(
            "The clocks disagree. No cookie came, so the server had no token to check. But it still accepts the copy \
             on this page: a token stays valid after its cookie is gone."
                .to_owned(),
        ),
        (Code::Accepted, _) => Press::Wrong(
            "Both clocks still run: the cookie came, and its token is good. Wait until one of them has ended, and \
             press *Send it back* again. Or choose times that differ more."
                .to_owned(),
        ),
        (Code::NoToken, _) => Press::Wrong(
            "Both clocks have ended, so they agree. Set a cookie and a token that end at different times. Then press \
             *Send it back* in between."
                .to_owned(),
        ),
        (code, _) => Press::Wrong(format!(
            "A cookie came, but this lesson did not set the token in it: `{code}`. Press *Set the cookie* again."
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_solved_while_one_clock_runs_and_the_other_does_not() {
        for (cookie, copy, is_due, says) in [
            (Code::Expired, Code::Expired, true, ""),
            (Code::NoToken, Code::Accepted, false, ""),
            (Code::Accepted, Code::Accepted, true, "Both clocks still run"),
            (Code::NoToken, Code::Expired, false, "Both clocks have ended"),
            (Code::NoToken, Code::Accepted, true, "`Max-Age` is not over"),
            (Code::NoToken, Code::Expired, true, "`Max-Age` is not over"),
            (Code::BadSignature, Code::Accepted, true, "`bad_signature`"),
        ] {
            let press = judge(cookie, copy, is_due);
            assert_eq!(press.is_solved(), says.is_empty(), "{press:?}");
            assert!(press.says().contains(says), "{press:?}");
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
