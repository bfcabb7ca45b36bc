//! How often a client may ask for phone tokens (`--phone-rate`).

use actix_web::web::Data;

use crate::clock::{Clock, Settable};
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
    pub async fn admit(&self, client: Client, clock: &dyn Clock) -> Result<(), Problem> {
        let decision = self.limiter.admit(client.address(), clock.now()).await;
        self.metrics.rate_decided(Limit::Phone, decision.as_ref().into());
        match decision.map_err(|error| Problem::rates_unavailable(&error))? {
            Decision::Admitted => Ok(()),
            Decision::Refused { retry_after } => {
                let is_stopped = clock.settable().is_some_and(Settable::is_stopped);
                Err(Problem::too_often(retry_after, &too_often(retry_after, is_stopped)))
            }
        }
    }

    /// Resets all counts.
    pub async fn reset(&self) -> Result<(), RedisFailure> {
        self.limiter.reset().await
    }
}

/// While the test clock stands still, waiting does not help.
fn too_often(retry_after: u64, is_clock_stopped: bool) -> String {
    let asks = "This client asks for phone tokens too often";
    if !is_clock_stopped {
        return format!("{asks}.");
    }
    format!(
        "{asks}, and the test clock is stopped, so waiting does not help. Advance it first: `PUT /test/clock` with \
         `{{\"advance\":{retry_after}}}`."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn under_a_stopped_clock_the_refusal_says_what_moves_it() {
        assert_eq!(too_often(1, false), "This client asks for phone tokens too often.");
        let stopped = too_often(3, true);
        assert!(stopped.contains("the test clock is stopped, so waiting does not help"), "{stopped}");
        assert!(stopped.ends_with(r#"`PUT /test/clock` with `{"advance":3}`."#), "{stopped}");
    }
}
