//! What the operator of a server decides about its issuer.

use chrono::TimeDelta;

use super::login::SilentLogin;
use super::redirect_uri::RedirectRules;
use crate::profiles::Lifetime;

/// The settings of the issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerPolicy {
    /// `--redirect-uri`.
    pub redirect_rules: RedirectRules,
    /// `--access-ttl`: how long an access token lives.
    pub access_lifetime: Lifetime,
    /// `--refresh-ttl`: how long a refresh token can be used. Each new token of a family has this time again.
    pub refresh_lifetime: TimeDelta,
    /// Allowed in test mode.
    pub silent_login: SilentLogin,
}

impl IssuerPolicy {
    /// The policy of a server without any of these settings.
    pub fn standard(is_on_loopback: bool, is_test_mode: bool) -> Self {
        Self {
            redirect_rules: RedirectRules::new(None, is_on_loopback || is_test_mode),
            access_lifetime: Lifetime::TEN_MINUTES,
            refresh_lifetime: TimeDelta::days(30),
            silent_login: if is_test_mode { SilentLogin::Allowed } else { SilentLogin::Forbidden },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_on_loopback_and_in_test_mode_is_a_redirect_uri_accepted_that_no_setting_lists() {
        for (is_on_loopback, is_test_mode, wanted) in [
            (false, false, RedirectRules::Nothing),
            (true, false, RedirectRules::Loopback),
            (false, true, RedirectRules::Loopback),
        ] {
            assert_eq!(IssuerPolicy::standard(is_on_loopback, is_test_mode).redirect_rules, wanted);
        }
    }

    #[test]
    fn only_in_test_mode_is_a_user_logged_in_without_a_password() {
        assert_eq!(IssuerPolicy::standard(true, false).silent_login, SilentLogin::Forbidden);
        assert_eq!(IssuerPolicy::standard(true, true).silent_login, SilentLogin::Allowed);
    }
}
