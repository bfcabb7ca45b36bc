//! The tokens that sessions hold: each is verified with the keys that it belongs to, and can be revoked.

use actix_web::web::Data;
use chrono::{DateTime, Utc};

use crate::clock::Clock;
use crate::keys::CurrentKeys;
use crate::profiles::{demo, lab};
use crate::store::{Store, StoreError};
use crate::token::{Judged, NumericDate, Verdict};
use crate::web::http::extractor::extractor;
use crate::web::http::problem::Problem;
use crate::web::metrics::Metrics;
use crate::web::session::{TokenKeys, Visitor};

extractor! {
    /// What issues, verifies and revokes the tokens of sessions.
    pub(in crate::web) struct SessionTokens {
        pub keys: Data<CurrentKeys>,
        pub clock: Data<dyn Clock>,
        pub metrics: Data<Metrics>,
        store: Data<dyn Store>,
    }
}

impl SessionTokens {
    /// The verdict on the session's token. The store is asked only about the lab's tokens: the demo's have no `jti`.
    pub async fn judge(&self, visitor: &Visitor) -> Result<Verdict, Problem> {
        let verdict = self.store.resolve_revocation(self.judged_at(self.clock.now(), visitor)).await?;
        Ok(match visitor.unusable {
            Some(why) => verdict.with_cause(why.code(), &why.message()),
            None => verdict,
        })
    }

    /// Revokes the session's token if it has a `jti`.
    pub async fn revoke(&self, visitor: &Visitor) -> Result<(), StoreError> {
        match self.judged_at(self.clock.now(), visitor) {
            Judged::Pending(pending) => self.store.revoke(pending.profile(), pending.jti(), pending.expires_at()).await,
            Judged::Final(_) => Ok(()),
        }
    }

    /// The verdict at the moment when the token expires, if it is accepted until then. No store is asked: a token is
    /// refused for its end before anybody asks whether it was revoked.
    pub fn at_expiry(&self, visitor: &Visitor, verdict: &Verdict) -> Option<Verdict> {
        let exp = NumericDate::from_claim(verdict.claims()?.get("exp")?)?;
        match self.judged_at(exp.whole_second_from_then()?, visitor) {
            Judged::Final(verdict) => Some(verdict),
            Judged::Pending(_) => None,
        }
    }

    fn judged_at(&self, now: DateTime<Utc>, visitor: &Visitor) -> Judged {
        let token = visitor.token().unwrap_or_default();
        match visitor.token_keys() {
            TokenKeys::Demo => Judged::Final(demo::verify(&self.keys.ring(), visitor.algorithm(), token, now)),
            TokenKeys::Lab => lab::verify(&self.keys.ring(), visitor.algorithm(), token, now),
        }
    }
}
