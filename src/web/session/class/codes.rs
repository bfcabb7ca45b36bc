//! How often codes may be tried, those of a class and those with which pupils come back.
//!
//! Pupils in one room share one IP address, and so does anyone there who guesses codes. A right code must work even
//! after many wrong ones, so we limit how fast codes are checked. Each address gets [`WRONG_CODES`] wrong codes without
//! delay. After that its codes are queued, and a wrong one delays the next by [`DELAY_AFTER_WRONG_CODE`]. A right code
//! waits for as many guesses as came before it, and five seconds at most. Only somebody who sends more than five codes
//! a second can keep a queue full, and so keep out others who share it.
//!
//! The code of a class has 6 of 20 letters: 20^6 = 64 million codes, 26 bits. From one address at most 5.5 of them are
//! checked in a second, half a code without delay and 5 from the queue. So trying all takes 134 days, and a lesson of
//! 90 minutes is enough for one in 2,000. Each further address adds half a code a second, and at most [`QUEUES`] queues
//! five each; each further process has its own. A code to come back has 8 letters, 25.6 thousand million codes, and
//! works for ten minutes: one in 7 million.

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::rt;
use actix_web::web::Data;
use chrono::{DateTime, Utc};
use tokio::sync::{Mutex, OwnedMutexGuard, Semaphore};

use super::NotJoined;
use crate::limits::{Decision, Limiter, Rate};
use crate::store::StoreError;
use crate::web::http::client::Client;
use crate::web::http::problem::Problem;
use crate::web::metrics::{Limit, Metrics, RateDecision};

/// How many wrong codes of an address are checked without delay. A class behind one address may well mistype a few.
pub(in crate::web) const WRONG_CODES: Rate = Rate::per_minute(30);

/// How long a queue waits after a wrong code.
const DELAY_AFTER_WRONG_CODE: Duration = Duration::from_millis(200);

/// How many codes wait in a queue. Further ones are refused without a check.
const QUEUE_LENGTH: usize = 25;

/// How many queues there are. The addresses share them, so that a flood from one room seldom keeps another out.
const QUEUES: usize = 16;

/// After how many seconds a full queue is empty again.
const QUEUE_RETRY_SECONDS: u64 = 5;

/// Checks codes, no faster than allowed.
pub(super) struct CodeChecks {
    wrong: Limiter,
    metrics: Data<Metrics>,
    queues: [CodeQueue; QUEUES],
}

/// Where the codes of some addresses wait for their check.
struct CodeQueue {
    /// Codes without delay are checked one after the other, so that many at once are counted like many in a row.
    checking: Mutex<()>,
    places: Semaphore,
    turn: Arc<Mutex<()>>,
}

impl CodeQueue {
    fn new() -> Self {
        Self { checking: Mutex::default(), places: Semaphore::new(QUEUE_LENGTH), turn: Arc::default() }
    }
}

impl CodeChecks {
    pub fn new(wrong: Limiter, metrics: Data<Metrics>) -> Self {
        Self { wrong, metrics, queues: std::array::from_fn(|_| CodeQueue::new()) }
    }

    /// What this code leads to, which `find_in_store` looks up.
    pub async fn check<T>(
        &self,
        client: Client,
        now: DateTime<Utc>,
        find_in_store: impl Future<Output = Result<Option<T>, StoreError>>,
    ) -> Result<T, NotJoined> {
        let queue = &self.queues[queue_of(client.address())];
        let one_at_a_time = queue.checking.lock().await;
        let retry_after = match self.wrong.peek(client.address(), now).await {
            Ok(Decision::Admitted) => match find_in_store.await? {
                Some(found) => return Ok(found),
                None => return Err(self.count_wrong(client, now).await),
            },
            Ok(Decision::Refused { retry_after }) => retry_after,
            Err(error) => return Err(Problem::rates_unavailable(&error).into()),
        };
        drop(one_at_a_time);
        self.metrics.rate_decided(Limit::ClassCode, RateDecision::Refused);
        let Ok(_place) = queue.places.try_acquire() else {
            return Err(NotJoined::QueueIsFull { retry_after: QUEUE_RETRY_SECONDS });
        };
        let turn = queue.turn.clone().lock_owned().await;
        let found = find_in_store.await?;
        if found.is_none() {
            pause(turn);
        }
        found.ok_or(NotJoined::TooManyWrongCodes { retry_after })
    }

    async fn count_wrong(&self, client: Client, now: DateTime<Utc>) -> NotJoined {
        let counted = self.wrong.admit(client.address(), now).await;
        self.metrics.rate_decided(Limit::ClassCode, RateDecision::from(counted.as_ref()));
        match counted {
            Ok(Decision::Admitted) => NotJoined::WrongCode,
            Ok(Decision::Refused { retry_after }) => NotJoined::TooManyWrongCodes { retry_after },
            Err(error) => Problem::rates_unavailable(&error).into(),
        }
    }
}

/// Which queue the codes of an address wait in. An IPv6 client has a whole network of 64 bits.
fn queue_of(address: IpAddr) -> usize {
    let network = match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address) >> 64,
    };
    usize::try_from(network % QUEUES as u128).unwrap_or_default()
}

/// Keeps the turn for a while, also when the client that had it hangs up.
fn pause(turn: OwnedMutexGuard<()>) {
    rt::spawn(async move {
        rt::time::sleep(DELAY_AFTER_WRONG_CODE).await;
        drop(turn);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_ipv4_address_and_each_ipv6_network_has_its_own_queue() {
        let queue = |address: &str| queue_of(address.parse().unwrap());
        assert_ne!(queue("192.0.2.1"), queue("192.0.2.2"));
        assert_ne!(queue("2001:db8:0:1::1"), queue("2001:db8:0:2::1"));
        assert_eq!(queue("2001:db8:0:1::1"), queue("2001:db8:0:1:ffff::2"));
        assert!(queue("255.255.255.255") < QUEUES);
    }
}
