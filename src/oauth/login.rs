//! Whether a login suffices for an authorization request (OpenID Connect Core §3.1.2.3).

use chrono::{DateTime, Utc};

use super::authorization::{LoginParameters, Prompt};
use super::error::{ErrorCode, OAuthError};

/// A user who is logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoggedIn<'a> {
    pub username: &'a str,
    pub auth_time: DateTime<Utc>,
}

/// Whether `prompt=none` with `login_hint` logs a user in without a password, as it does in test mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SilentLogin {
    Allowed,
    Forbidden,
}

impl SilentLogin {
    /// Only tests may log a user in without a password.
    pub const fn of(is_test_mode: bool) -> Self {
        if is_test_mode { Self::Allowed } else { Self::Forbidden }
    }
}

/// What to do with an authorization request.
#[derive(Debug, PartialEq, Eq)]
pub enum LoginDecision<'a> {
    /// Give the client a code for this login.
    Issue(LoggedIn<'a>),
    /// Log this user in without a password, then give the client a code. The user must exist, if users are checked.
    LogIn { username: &'a str },
    /// Show the login page.
    ShowPage,
    /// Tell the client that it must let the user log in ([`login_required`]).
    Refuse,
}

/// Decides what to do. `login` is the one that the browser's cookie names.
pub fn decide<'a>(
    parameters: &'a LoginParameters,
    login: Option<LoggedIn<'a>>,
    silent: SilentLogin,
    now: DateTime<Utc>,
) -> LoginDecision<'a> {
    let sufficient = login.filter(|login| suffices(parameters, login, now));
    match (parameters.prompt, sufficient, parameters.hint.as_deref()) {
        (Prompt::Always, ..) | (Prompt::WhenNeeded, None, _) => LoginDecision::ShowPage,
        (_, Some(login), _) => LoginDecision::Issue(login),
        (Prompt::Never, None, Some(username)) if silent == SilentLogin::Allowed => LoginDecision::LogIn { username },
        (Prompt::Never, None, _) => LoginDecision::Refuse,
    }
}

/// What helps a client that asked for no page where one is needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoginAdvice {
    /// Nobody is named, and a name would do ([`SilentLogin::Allowed`]).
    pub name_somebody: bool,
    /// A page of another site has this address in a frame, and browsers leave the cookie of a login out there.
    pub same_site: bool,
}

/// The error for a client that asked for no page where one is needed.
pub fn login_required(advice: LoginAdvice) -> OAuthError {
    let mut description = "no login of this browser suffices, and `prompt=none` forbids the login page".to_owned();
    if advice.name_somebody {
        description += "; add login_hint=NAME, and in test mode NAME is logged in without it";
    }
    if advice.same_site {
        description += "; the request came from a page of another site, where browsers leave the cookie of the login out: \
                        if the application is on localhost, start the server with --public-url http://localhost:PORT";
    }
    OAuthError::new(ErrorCode::LoginRequired, &description)
}

/// A login of another user than the hint names does not suffice: on the login page that user can log in.
fn suffices(parameters: &LoginParameters, login: &LoggedIn<'_>, now: DateTime<Utc>) -> bool {
    let age = now.timestamp().saturating_sub(login.auth_time.timestamp());
    // If the clock was set back, the login is in the future and its age unknown, so it does not suffice.
    let is_within = |longest: u64| u64::try_from(age).is_ok_and(|age| age <= longest);
    // `max_age=0` always asks for a login, also within the same second or with a stopped clock.
    let is_fresh = parameters.max_age.is_none_or(|longest| longest > 0 && is_within(longest));
    is_fresh && parameters.hint.as_deref().is_none_or(|hint| hint == login.username)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    const NOW: i64 = 1_000_000;

    /// Alice logged in 100 seconds ago.
    fn alice() -> LoggedIn<'static> {
        LoggedIn { username: "alice", auth_time: at(NOW - 100) }
    }

    fn parameters(prompt: Prompt) -> LoginParameters {
        LoginParameters { prompt, ..LoginParameters::default() }
    }

    fn decided(parameters: &LoginParameters, login: Option<LoggedIn<'_>>, silent: SilentLogin) -> String {
        match decide(parameters, login, silent, at(NOW)) {
            LoginDecision::Issue(login) => format!("issue to {}", login.username),
            LoginDecision::LogIn { username } => format!("log {username} in"),
            LoginDecision::ShowPage => "page".into(),
            LoginDecision::Refuse => login_required(LoginAdvice::default()).code().as_str().into(),
        }
    }

    #[test]
    fn without_prompt_a_login_is_used_and_otherwise_the_page_is_shown() {
        for silent in [SilentLogin::Allowed, SilentLogin::Forbidden] {
            assert_eq!(decided(&parameters(Prompt::WhenNeeded), Some(alice()), silent), "issue to alice");
            assert_eq!(decided(&parameters(Prompt::WhenNeeded), None, silent), "page");
        }
    }

    #[test]
    fn prompt_login_shows_the_page_whoever_is_logged_in() {
        for login in [None, Some(alice())] {
            assert_eq!(decided(&parameters(Prompt::Always), login, SilentLogin::Allowed), "page");
        }
    }

    #[test]
    fn prompt_none_needs_a_login() {
        assert_eq!(decided(&parameters(Prompt::Never), Some(alice()), SilentLogin::Forbidden), "issue to alice");
        for silent in [SilentLogin::Allowed, SilentLogin::Forbidden] {
            assert_eq!(decided(&parameters(Prompt::Never), None, silent), "login_required");
        }
    }

    #[test]
    fn the_refusal_says_what_helps() {
        let said = |name_somebody, same_site| login_required(LoginAdvice { name_somebody, same_site }).to_string();
        assert!(said(false, false).ends_with("forbids the login page"));
        assert!(said(true, false).contains("add login_hint=NAME") && !said(true, false).contains("--public-url"));
        assert!(
            said(false, true).contains("--public-url http://localhost:PORT") && !said(false, true).contains("NAME")
        );
        assert!(said(true, true).contains("login_hint") && said(true, true).contains("--public-url"));
    }

    #[test]
    fn max_age_is_the_greatest_age_of_a_login_in_seconds() {
        for (max_age, shown, silent) in
            [(100, "issue to alice", "issue to alice"), (99, "page", "login_required"), (0, "page", "login_required")]
        {
            let parameters = |prompt| LoginParameters { max_age: Some(max_age), ..parameters(prompt) };
            assert_eq!(decided(&parameters(Prompt::WhenNeeded), Some(alice()), SilentLogin::Forbidden), shown);
            assert_eq!(decided(&parameters(Prompt::Never), Some(alice()), SilentLogin::Allowed), silent);
        }
    }

    #[test]
    fn with_max_age_0_no_login_is_fresh_not_even_one_of_the_same_second() {
        let login = LoggedIn { auth_time: at(NOW), ..alice() };
        for (max_age, wanted) in [(0, "page"), (1, "issue to alice")] {
            let parameters = LoginParameters { max_age: Some(max_age), ..LoginParameters::default() };
            assert_eq!(decided(&parameters, Some(login), SilentLogin::Forbidden), wanted);
        }
    }

    #[test]
    fn a_login_from_the_future_is_not_known_to_be_fresh() {
        let login = LoggedIn { auth_time: at(NOW + 1), ..alice() };
        let fresh = LoginParameters { max_age: Some(u64::MAX), ..LoginParameters::default() };
        assert_eq!(decided(&fresh, Some(login), SilentLogin::Forbidden), "page");
        assert_eq!(decided(&LoginParameters::default(), Some(login), SilentLogin::Forbidden), "issue to alice");
    }

    #[test]
    fn a_hint_of_another_user_needs_another_login() {
        let hint = |prompt, hint: &str| LoginParameters { hint: Some(hint.into()), ..parameters(prompt) };
        let with = |parameters, silent| decided(&parameters, Some(alice()), silent);
        assert_eq!(with(hint(Prompt::WhenNeeded, "alice"), SilentLogin::Forbidden), "issue to alice");
        assert_eq!(with(hint(Prompt::WhenNeeded, "bob"), SilentLogin::Allowed), "page");
        assert_eq!(with(hint(Prompt::Never, "bob"), SilentLogin::Forbidden), "login_required");
    }

    #[test]
    fn in_test_mode_prompt_none_with_a_hint_logs_that_user_in() {
        let hint = |name: &str| LoginParameters { hint: Some(name.into()), ..parameters(Prompt::Never) };
        assert_eq!(decided(&hint("bob"), None, SilentLogin::Allowed), "log bob in");
        assert_eq!(decided(&hint("bob"), Some(alice()), SilentLogin::Allowed), "log bob in");
        assert_eq!(decided(&hint("alice"), Some(alice()), SilentLogin::Allowed), "issue to alice");
        let fresh = LoginParameters { max_age: Some(0), ..hint("alice") };
        assert_eq!(decided(&fresh, Some(alice()), SilentLogin::Allowed), "log alice in");
        assert_eq!(decided(&hint("bob"), None, SilentLogin::Forbidden), "login_required");
    }
}
