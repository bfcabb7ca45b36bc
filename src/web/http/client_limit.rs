//! How often one client may ask for something that leaves a row in the store.

use actix_web::web::Data;
use chrono::{DateTime, Utc};

use super::client::Client;
use super::problem::Problem;
use crate::limits::{Decision, Limiter};
use crate::redis::RedisFailure;
use crate::web::metrics::{Limit, Metrics};

/// A rate limit for each client, whose decisions are counted.
pub(in crate::web) struct ClientLimit {
    pub limiter: Limiter,
    /// Its name in the metrics.
    pub name: Limit,
    /// What a client that is refused reads.
    pub message: &'static str,
    pub metrics: Data<Metrics>,
}

impl ClientLimit {
    /// Counts a request of this client, or refuses it.
    pub async fn admit(&self, client: Client, now: DateTime<Utc>) -> Result<(), Problem> {
        let decision = self.limiter.admit(client.address(), now).await;
        self.metrics.rate_decided(self.name, decision.as_ref().into());
        match decision.map_err(|error| Problem::rates_unavailable(&error))? {
            Decision::Admitted => Ok(()),
            Decision::Refused { retry_after } => Err(Problem::too_often(retry_after, self.message)),
        }
    }

    /// Resets all counts.
    pub async fn reset(&self) -> Result<(), RedisFailure> {
        self.limiter.reset().await
    }
}
