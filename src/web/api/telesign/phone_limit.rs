//! How often a client may ask for phone tokens (`--phone-rate`).

use actix_web::web::Data;
use chrono::{DateTime, Utc};

use crate::limits::{Decision, Limiter};
use crate::redis::RedisFailure;
use crate::web::http::client::Client;
use crate::web::http::problem::Problem;
use crate::web::metrics::{Limit, Metrics};

/// The limit, with its decisions counted.
pub(in crate::web) struct PhoneLimit {
    limiter: Limiter,
    metrics: Data<Metrics>,
}

impl PhoneLimit {
    pub fn new(limiter: Limiter, metrics: Data<Metrics>) -> Self {
        Self { limiter, metrics }
    }

    /// Counts a request of this client, or refuses it.
    pub async fn admit(&self, client: Client, now: DateTime<Utc>) -> Result<(), Problem> {
        let decision = self.limiter.admit(client.address(), now).await;
        self.metrics.rate_decided(Limit::Phone, decision.as_ref().into());
        match decision.map_err(|error| Problem::rates_unavailable(&error))? {
            Decision::Admitted => Ok(()),
            Decision::Refused { retry_after } => {
                Err(Problem::too_often(retry_after, "This client asks for phone tokens too often."))
            }
        }
    }

    /// Resets all counts.
    pub async fn reset(&self) -> Result<(), RedisFailure> {
        self.limiter.reset().await
    }
}
