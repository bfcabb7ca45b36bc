//! Two clocks: the browser decides when the cookie ends, and the server checks when the token expires.

use cookie::time::Duration;
use cookie::{Cookie, SameSite};

use super::hints::Open;
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

/// The two ways in which the clocks can disagree. The lesson is solved when both were seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// The cookie came, and the token in it has expired.
    TokenEndedFirst,
    /// No cookie came, and the copy of its token is accepted.
    CookieEndedFirst,
}

/// Which of them were seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    pub token_ended_first: bool,
    pub cookie_ended_first: bool,
}

impl Parts {
    pub fn open(self) -> Open {
        Open::first(&[(self.token_ended_first, "token-first"), (self.cookie_ended_first, "cookie-first")])
    }

    pub fn count(self) -> usize {
        usize::from(self.token_ended_first) + usize::from(self.cookie_ended_first)
    }

    /// The result of a press that showed this case.
    pub fn press(&mut self, case: Case) -> Press {
        let (says, next) = match case {
            Case::TokenEndedFirst => {
                self.token_ended_first = true;
                (
                    "The clocks disagree. The cookie came, but the token in it has expired. The browser does not read \
                     tokens, so it sends this one as long as the cookie lives.",
                    "Next, let the cookie end first: choose a shorter time for it than for the token.",
                )
            }
            Case::CookieEndedFirst => {
                self.cookie_ended_first = true;
                (
                    "The clocks disagree. No cookie came, so the server had no token to check. But it still accepts \
                     the copy on this page: a token stays valid after its cookie is gone.",
                    "Next, let the token end first: choose a shorter time for it than for the cookie.",
                )
            }
        };
        match self.count() {
            2 => Press::Solved(says.to_owned()),
            done => Press::Step(format!("{says} {done} of 2 parts done. {next}")),
        }
    }
}

/// What *Send it back* showed: a case in which the two clocks disagree, or else the verdict.
///
/// `cookie` is the code for the token in the cookie, or `no_token` if no cookie came. `copy` is the code for the copy
/// that the page kept. `should_have_cookie` says that the cookie's `Max-Age` is not over, so the browser should send
/// it.
pub fn judge(cookie: Code, copy: Code, should_have_cookie: bool) -> Result<Case, Press> {
    let wrong = match (cookie, copy) {
        (Code::Expired, _) => return Ok(Case::TokenEndedFirst),
        (Code::NoToken, _) if should_have_cookie => Press::Wrong(
            "No cookie came, although its `Max-Age` is not over. Your browser does not keep it, or something deleted \
             it. Press *Set the cookie* again."
                .to_owned(),
        ),
        (Code::NoToken, Code::Accepted) => return Ok(Case::CookieEndedFirst),
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
    };
    Err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_solved_when_each_clock_has_ended_before_the_other() {
        assert_eq!(judge(Code::Expired, Code::Expired, true), Ok(Case::TokenEndedFirst));
        assert_eq!(judge(Code::NoToken, Code::Accepted, false), Ok(Case::CookieEndedFirst));
        for [first, second] in
            [[Case::TokenEndedFirst, Case::CookieEndedFirst], [Case::CookieEndedFirst, Case::TokenEndedFirst]]
        {
            let mut parts = Parts::default();
            for _ in 0..2 {
                let press = parts.press(first);
                assert!(!press.is_solved() && press.says().contains("1 of 2 parts done"), "{press:?}");
            }
            assert!(parts.press(second).is_solved());
        }
    }

    #[test]
    fn other_answers_say_what_is_missing() {
        for (cookie, copy, should_have_cookie, says) in [
            (Code::Accepted, Code::Accepted, true, "Both clocks still run"),
            (Code::NoToken, Code::Expired, false, "Both clocks have ended"),
            (Code::NoToken, Code::Accepted, true, "`Max-Age` is not over"),
            (Code::NoToken, Code::Expired, true, "`Max-Age` is not over"),
            (Code::BadSignature, Code::Accepted, true, "`bad_signature`"),
        ] {
            let press = judge(cookie, copy, should_have_cookie).unwrap_err();
            assert!(press.is_wrong() && press.says().contains(says), "{press:?}");
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
