//! Two clocks: the browser decides when the cookie ends, and the server checks when the token expires.

use cookie::time::Duration;
use cookie::{Cookie, SameSite};

use super::press::Press;
use crate::code::Code;

/// The name of the cookie.
pub const COOKIE_NAME: &str = "lab-clocks";

/// One choice of how long the cookie or the token lives.
pub struct LifetimeChoice {
    /// What the form sends.
    pub value: &'static str,
    /// What the page shows.
    pub label: &'static str,
    /// From now on. A negative number is a token that has expired; `None` is a cookie without `Max-Age`.
    pub seconds: Option<i64>,
}

pub static COOKIE_LIFETIMES: [LifetimeChoice; 4] = [
    LifetimeChoice { value: "5", label: "5 seconds", seconds: Some(5) },
    LifetimeChoice { value: "60", label: "60 seconds", seconds: Some(60) },
    LifetimeChoice { value: "3600", label: "1 hour", seconds: Some(3600) },
    LifetimeChoice { value: "none", label: "until the browser closes", seconds: None },
];

pub static TOKEN_LIFETIMES: [LifetimeChoice; 4] = [
    LifetimeChoice { value: "5", label: "5 seconds", seconds: Some(5) },
    LifetimeChoice { value: "expired", label: "already expired", seconds: Some(-5) },
    LifetimeChoice { value: "60", label: "60 seconds", seconds: Some(60) },
    LifetimeChoice { value: "3600", label: "1 hour", seconds: Some(3600) },
];

impl LifetimeChoice {
    pub fn find(choices: &'static [Self], value: &str) -> Option<&'static Self> {
        choices.iter().find(|choice| choice.value == value)
    }
}

/// The value of the `Set-Cookie` header that sets the cookie.
pub fn set_cookie_line(token: &str, cookie: &LifetimeChoice) -> String {
    let built =
        Cookie::build((COOKIE_NAME, token)).http_only(true).same_site(SameSite::Lax).path("/lab/lessons/two-clocks");
    match cookie.seconds {
        Some(seconds) => built.max_age(Duration::seconds(seconds)).to_string(),
        None => built.to_string(),
    }
}

/// The verdict after *Send it back*. The lesson is solved when the two clocks disagree.
///
/// `cookie` is the code for the token in the cookie, or `no_token` if no cookie came. `copy` is the code for the copy
/// that the page kept. `should_have_cookie` says that the cookie's `Max-Age` is not over, so the browser should send
/// it.
pub fn judge(cookie: Code, copy: Code, should_have_cookie: bool) -> Press {
    match (cookie, copy) {
        (Code::Expired, _) => Press::Solved(
            "The clocks disagree. The cookie came, but the token in it has expired. The browser does not read \
             tokens, so it sends this one as long as the cookie lives."
                .to_owned(),
        ),
        (Code::NoToken, _) if should_have_cookie => Press::Wrong(
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
        for (cookie, copy, should_have_cookie, says) in [
            (Code::Expired, Code::Expired, true, ""),
            (Code::NoToken, Code::Accepted, false, ""),
            (Code::Accepted, Code::Accepted, true, "Both clocks still run"),
            (Code::NoToken, Code::Expired, false, "Both clocks have ended"),
            (Code::NoToken, Code::Accepted, true, "`Max-Age` is not over"),
            (Code::NoToken, Code::Expired, true, "`Max-Age` is not over"),
            (Code::BadSignature, Code::Accepted, true, "`bad_signature`"),
        ] {
            let press = judge(cookie, copy, should_have_cookie);
            assert_eq!(press.is_solved(), says.is_empty(), "{press:?}");
            assert!(press.says().contains(says), "{press:?}");
        }
    }

    #[test]
    fn a_cookie_until_the_browser_closes_has_no_max_age() {
        let line_for = |value| set_cookie_line("t", LifetimeChoice::find(&COOKIE_LIFETIMES, value).unwrap());
        assert!(line_for("5").ends_with("; Max-Age=5"));
        assert!(!line_for("none").contains("Max-Age"));
        assert!(LifetimeChoice::find(&TOKEN_LIFETIMES, "6").is_none());
    }
}
