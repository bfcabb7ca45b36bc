//! The tokens that sessions hold: each is verified with the keys that it belongs to, and can be revoked.

use actix_web::web::Data;

use crate::clock::Clock;
use crate::keys::CurrentKeys;
use crate::profiles::{demo, lab};
use crate::store::{Store, StoreError};
use crate::token::{Judged, Verdict};
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
        let verdict = self.store.resolve_revocation(self.judged(visitor)).await?;
        Ok(match visitor.unusable {
            Some(why) => verdict.with_cause(why.code(), &why.message()),
            None => verdict,
        })
    }

    /// Revokes the session's token if it has a `jti`.
    pub async fn revoke(&self, visitor: &Visitor) -> Result<(), StoreError> {
        match self.judged(visitor) {
            Judged::Pending(pending) => self.store.revoke(pending.profile(), pending.jti(), pending.expires_at()).await,
            Judged::Final(_) => Ok(()),
        }
    }

    fn judged(&self, visitor: &Visitor) -> Judged {
        let (token, now) = (visitor.token().unwrap_or_default(), self.clock.now());
        match visitor.token_keys() {
            TokenKeys::Demo => Judged::Final(demo::verify(&self.keys.ring(), visitor.algorithm(), token, now)),
            TokenKeys::Lab => lab::verify(&self.keys.ring(), visitor.algorithm(), token, now),
        }
    }
}
