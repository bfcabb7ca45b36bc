//! Two clocks: the browser decides when the cookie ends, and the server checks when the token expires.

use cookie::time::Duration;
use cookie::{Cookie, SameSite};

use super::done_parts::{is_done, text_of};
use super::hints::Open;
use super::press::PressResult;
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

impl Case {
    /// The case that these ends show; `None` if both clocks end at the same time. A cookie without an end lasts until
    /// the browser closes.
    pub fn of_ends(cookie: Option<i64>, token: i64) -> Option<Self> {
        match cookie {
            Some(cookie) if cookie == token => None,
            Some(cookie) if cookie < token => Some(Self::CookieEndedFirst),
            _ => Some(Self::TokenEndedFirst),
        }
    }

    /// The name of the hints on how to choose such times, and what the session keeps of it.
    const fn name(self) -> &'static str {
        match self {
            Self::TokenEndedFirst => "token-first",
            Self::CookieEndedFirst => "cookie-first",
        }
    }

    /// The name of the hints once such clocks run.
    const fn name_while_it_runs(self) -> &'static str {
        match self {
            Self::TokenEndedFirst => "token-runs",
            Self::CookieEndedFirst => "cookie-runs",
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::TokenEndedFirst => Self::CookieEndedFirst,
            Self::CookieEndedFirst => Self::TokenEndedFirst,
        }
    }

    /// What to do to see it.
    const fn how(self) -> &'static str {
        match self {
            Self::TokenEndedFirst => "Next, let the token end first: choose a shorter time for it than for the cookie.",
            Self::CookieEndedFirst => {
                "Next, let the cookie end first: choose a shorter time for it than for the token."
            }
        }
    }
}

/// Which of them were seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    pub token_ended_first: bool,
    pub cookie_ended_first: bool,
}

impl Parts {
    /// Reads what [`Self::text`] writes.
    pub fn parse(text: &str) -> Self {
        let has = |case: Case| is_done(text, case.name());
        Self { token_ended_first: has(Case::TokenEndedFirst), cookie_ended_first: has(Case::CookieEndedFirst) }
    }

    pub fn text(self) -> String {
        text_of(&[Case::TokenEndedFirst, Case::CookieEndedFirst].map(|case| (self.has(case), case.name())))
    }

    /// Those of either.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            token_ended_first: self.token_ended_first || other.token_ended_first,
            cookie_ended_first: self.cookie_ended_first || other.cookie_ended_first,
        }
    }

    pub const fn has(self, case: Case) -> bool {
        match case {
            Case::TokenEndedFirst => self.token_ended_first,
            Case::CookieEndedFirst => self.cookie_ended_first,
        }
    }

    /// The case that the hints are about: the one that was not seen. While neither was, it is the one that the chosen
    /// times show, if they show any. `are_running` says that clocks with these times run.
    pub fn open(self, chosen: Option<Case>, are_running: bool) -> Open {
        let wanted = match (self.token_ended_first, self.cookie_ended_first) {
            (true, true) => return Open::Nothing,
            (true, false) => Some(Case::CookieEndedFirst),
            (false, true) => Some(Case::TokenEndedFirst),
            (false, false) => chosen,
        };
        Open::Part(match wanted {
            None => "start",
            Some(case) if are_running && chosen == wanted => case.name_while_it_runs(),
            Some(case) => case.name(),
        })
    }

    pub fn count(self) -> usize {
        usize::from(self.token_ended_first) + usize::from(self.cookie_ended_first)
    }

    fn counted(self) -> String {
        format!("{} of 2 parts done.", self.count())
    }

    /// The result of *Set the cookie* with times that show this case. `has_expired` says that the token's clock does
    /// not run.
    pub fn set(self, chosen: Option<Case>, has_expired: bool) -> PressResult {
        let says = match chosen {
            None => {
                return PressResult::Wrong(format!(
                    "{} Both clocks end at the same time, so neither case shows. Choose two different times in step 1.",
                    self.counted()
                ));
            }
            Some(case) if self.has(case) => {
                return PressResult::Note(format!(
                    "{} Your browser has the cookie. But you have shown this case already. {}",
                    self.counted(),
                    case.other().how()
                ));
            }
            Some(_) if has_expired => {
                "Your browser has the cookie. The token in it has expired already. Next, send it \
                                       back."
                    .to_owned()
            }
            Some(_) => "Your browser has the cookie with the token, and both clocks run. Wait until one of them has \
                        ended, and send it back then."
                .to_owned(),
        };
        PressResult::Step(if self.count() == 0 { says } else { format!("{} {says}", self.counted()) })
    }

    /// The result of a press that showed this case.
    pub fn press(&mut self, case: Case) -> PressResult {
        let is_new = !self.has(case);
        let says = match case {
            Case::TokenEndedFirst => {
                self.token_ended_first = true;
                "The clocks disagree. The cookie came, but the token in it has expired. The browser does not read \
                 tokens, so it sends this one as long as the cookie lives."
            }
            Case::CookieEndedFirst => {
                self.cookie_ended_first = true;
                "The clocks disagree. No cookie came, so the server had no token to check. But it still accepts the \
                 copy on this page: a token stays valid after its cookie is gone."
            }
        };
        let counted = self.counted();
        match self.count() {
            2 => PressResult::Solved(format!("{counted} {says}")),
            _ if !is_new => {
                PressResult::Note(format!("{counted} You have shown this case already. {}", case.other().how()))
            }
            _ => PressResult::Step(format!("{counted} {says} {}", case.other().how())),
        }
    }
}

/// What *Send it back* showed: a case in which the two clocks disagree, or else the verdict.
///
/// `cookie` is the code for the token in the cookie, or `no_token` if no cookie came. `copy` is the code for the copy
/// that the page kept. `should_have_cookie` says that the cookie's `Max-Age` is not over, so the browser should send
/// it.
pub fn judge(cookie: Code, copy: Code, should_have_cookie: bool) -> Result<Case, PressResult> {
    let wrong = match (cookie, copy) {
        (Code::Expired, _) => return Ok(Case::TokenEndedFirst),
        (Code::NoToken, _) if should_have_cookie => PressResult::Missing(
            "No cookie came, although its `Max-Age` is not over. Your browser does not keep it, or something deleted \
             it. Press *Set the cookie* again."
                .to_owned(),
        ),
        (Code::NoToken, Code::Accepted) => return Ok(Case::CookieEndedFirst),
        (Code::Accepted, _) => PressResult::Wrong(
            "Both clocks still run: the cookie came, and its token is good. Wait until one of them has ended, and \
             press *Send it back* again. Or choose times that differ more."
                .to_owned(),
        ),
        (Code::NoToken, _) => PressResult::Wrong(
            "Both clocks have ended, so they agree. Set a cookie and a token that end at different times. Then press \
             *Send it back* in between."
                .to_owned(),
        ),
        (code, _) => PressResult::Missing(format!(
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
    fn the_hints_are_about_the_case_that_is_left_and_at_first_about_the_chosen_times() {
        let (token, cookie) = (Some(Case::TokenEndedFirst), Some(Case::CookieEndedFirst));
        let parts = |text| Parts::parse(text);
        for chosen in [None, token, cookie] {
            assert_eq!(parts("token-first").open(chosen, false), Open::Part("cookie-first"));
            assert_eq!(parts("cookie-first").open(chosen, false), Open::Part("token-first"));
            assert_eq!(parts("token-first cookie-first").open(chosen, true), Open::Nothing);
        }
        for (text, chosen, chosen_only, running) in [
            ("", None, "start", "start"),
            ("", token, "token-first", "token-runs"),
            ("", cookie, "cookie-first", "cookie-runs"),
            ("token-first", cookie, "cookie-first", "cookie-runs"),
            ("token-first", token, "cookie-first", "cookie-first"),
            ("cookie-first", None, "token-first", "token-first"),
        ] {
            assert_eq!(parts(text).open(chosen, false), Open::Part(chosen_only), "{text} {chosen:?}");
            assert_eq!(parts(text).open(chosen, true), Open::Part(running), "{text} {chosen:?}");
        }
        for (ends, case) in [
            ((Some(5), 60), cookie),
            ((Some(60), 5), token),
            ((Some(60), -5), token),
            ((Some(60), 60), None),
            ((None, 3600), token),
        ] {
            assert_eq!(Case::of_ends(ends.0, ends.1), case, "{ends:?}");
        }
    }

    #[test]
    fn what_the_session_keeps_is_read_back() {
        for text in ["", "token-first", "cookie-first", "token-first cookie-first"] {
            assert_eq!(Parts::parse(text).text(), text);
        }
        assert_eq!(Parts::parse("token-first").and(Parts::parse("cookie-first")).count(), 2);
        assert_eq!(Parts::parse("burn"), Parts::default());
    }

    #[test]
    fn a_cookie_that_shows_nothing_new_is_told_so_when_it_is_set() {
        let said = |parts, chosen, has_expired| Parts::parse(parts).set(chosen, has_expired).says().to_owned();
        let (token, cookie) = (Some(Case::TokenEndedFirst), Some(Case::CookieEndedFirst));
        assert!(said("", None, false).starts_with("0 of 2 parts done. Both clocks end at the same time"));
        assert!(said("", cookie, false).contains("both clocks run") && said("", token, true).contains("already"));
        let again = said("token-first", token, true);
        assert!(again.starts_with("1 of 2 parts done.") && again.contains("let the cookie end first"), "{again}");
        assert!(matches!(Parts::parse("token-first").set(token, true), PressResult::Note(_)), "it is no step");
        let shown_again = Parts::parse("token-first").press(Case::TokenEndedFirst);
        assert!(matches!(&shown_again, PressResult::Note(says) if says.contains("already")), "{shown_again:?}");
        assert!(said("cookie-first", cookie, false).contains("let the token end first"));
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
