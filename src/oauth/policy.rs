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
