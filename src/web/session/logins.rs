//! Checks logins, and counts what their rate limit decided.

use actix_web::web::Data;
use chrono::{DateTime, Utc};

use crate::accounts::{Accounts, CheckError, Login, LoginRefusal};
use crate::redis::RedisFailure;
use crate::store::StoreError;
use crate::web::http::client::Client;
use crate::web::metrics::{Limit, Metrics, RateDecision};

/// The accounts, with each try counted in the metrics.
pub(in crate::web) struct Logins {
    accounts: Accounts,
    metrics: Data<Metrics>,
}

impl Logins {
    pub fn new(accounts: Accounts, metrics: Data<Metrics>) -> Self {
        Self { accounts, metrics }
    }

    /// Whether any name is accepted with any password.
    pub const fn accept_anybody(&self) -> bool {
        !self.accounts.counts_tries()
    }

    /// Checks a login, and counts the try.
    pub async fn check(
        &self,
        login: &Login,
        client: Client,
        now: DateTime<Utc>,
    ) -> Result<Result<(), LoginRefusal>, CheckError> {
        let checked = self.accounts.check(login, client.address(), now).await;
        if self.accounts.counts_tries() {
            self.count(&checked);
        }
        checked
    }

    /// Checks the secret of a client program. Only a try that failed is counted.
    pub async fn check_client(
        &self,
        login: &Login,
        client: Client,
        now: DateTime<Utc>,
    ) -> Result<Result<(), LoginRefusal>, CheckError> {
        let checked = self.accounts.check_client(login, client.address(), now).await;
        if self.accounts.counts_tries() && !matches!(checked, Ok(Ok(()))) {
            self.count(&checked);
        }
        checked
    }

    /// Whether this is the name of a user who has a password.
    pub async fn has_user(&self, name: &str) -> Result<bool, StoreError> {
        self.accounts.has_user(name).await
    }

    fn count(&self, checked: &Result<Result<(), LoginRefusal>, CheckError>) {
        let decision = match checked {
            Ok(Err(LoginRefusal::Missing | LoginRefusal::Busy { .. })) => return,
            Ok(Err(LoginRefusal::TooOften { .. })) => RateDecision::Refused,
            Err(CheckError::Tries(_)) => RateDecision::Unavailable,
            Ok(Ok(()) | Err(LoginRefusal::Wrong)) | Err(CheckError::Store(_)) => RateDecision::Admitted,
        };
        self.metrics.rate_decided(Limit::Login, decision);
    }

    /// Resets the counts of tries.
    pub async fn reset_tries(&self) -> Result<(), RedisFailure> {
        self.accounts.reset_tries().await
    }
}
