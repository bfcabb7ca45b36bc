//! How often codes may be tried, those of a class and those with which pupils come back.
//!
//! Thirty pupils share one address, and so does whoever types wrong codes in their room. So a right code is taken even
//! after many wrong ones, and what is limited is how fast codes are looked at. An address has [`WRONG_CODES`] wrong
//! ones free. After them its codes wait in a line, in which the next is looked at [`PACE`] after a wrong one. A pupil
//! with the right code waits there for as many guesses as came before theirs, and no longer than five seconds. Only
//! somebody who sends more than five codes a second can keep a line full, and so keep out others who share it.
//!
//! The code of a class has 6 of 20 letters: 20^6 = 64 million codes, 26 bits. From one address at most 5.5 of them are
//! looked at in a second, half a code free and 5 in line, so trying all takes 134 days, and a lesson of 90 minutes is
//! enough for one in 2,000. Each further address adds half a code a second, and at most [`LINES`] lines five each; each
//! further process has its own. A code to come back has 8 letters, 25.6 thousand million codes, and works for ten
//! minutes: one in 7 million.

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

/// How many wrong codes of an address are looked at without a wait. A class behind one address may well mistype a few.
pub(in crate::web) const WRONG_CODES: Rate = Rate::per_minute(30);

/// When the line goes on after a wrong code.
const PACE: Duration = Duration::from_millis(200);

/// How many codes wait in a line. Further ones are refused without a look.
const PLACES: usize = 25;

/// How many lines there are. The addresses share them, so that a flood from one room seldom keeps another out.
const LINES: usize = 16;

/// After how many seconds everything that waits was looked at.
const LINE_IS_OVER_IN: u64 = 5;

/// Looks at codes, no faster than allowed.
pub(super) struct CodeChecks {
    wrong: Limiter,
    metrics: Data<Metrics>,
    lines: [Line; LINES],
}

/// Where codes of some addresses wait to be looked at.
struct Line {
    /// Free codes are looked at one after the other, so that many at once are counted like many in a row.
    checking: Mutex<()>,
    places: Semaphore,
    turn: Arc<Mutex<()>>,
}

impl Line {
    fn new() -> Self {
        Self { checking: Mutex::default(), places: Semaphore::new(PLACES), turn: Arc::default() }
    }
}

impl CodeChecks {
    pub fn new(wrong: Limiter, metrics: Data<Metrics>) -> Self {
        Self { wrong, metrics, lines: std::array::from_fn(|_| Line::new()) }
    }

    /// What this code leads to, which `look` finds in the store.
    pub async fn check<T>(
        &self,
        client: Client,
        now: DateTime<Utc>,
        look: impl Future<Output = Result<Option<T>, StoreError>>,
    ) -> Result<T, NotJoined> {
        let line = &self.lines[line_of(client.address())];
        let one_at_a_time = line.checking.lock().await;
        let retry_after = match self.wrong.peek(client.address(), now).await {
            Ok(Decision::Admitted) => match look.await? {
                Some(found) => return Ok(found),
                None => return Err(self.count_wrong(client, now).await),
            },
            Ok(Decision::Refused { retry_after }) => retry_after,
            Err(error) => return Err(Problem::rates_unavailable(&error).into()),
        };
        drop(one_at_a_time);
        self.metrics.rate_decided(Limit::ClassCode, RateDecision::Refused);
        let Ok(_place) = line.places.try_acquire() else {
            return Err(NotJoined::LineIsFull { retry_after: LINE_IS_OVER_IN });
        };
        let turn = line.turn.clone().lock_owned().await;
        let found = look.await?;
        if found.is_none() {
            pause(turn);
        }
        found.ok_or(NotJoined::WrongTooOften { retry_after })
    }

    async fn count_wrong(&self, client: Client, now: DateTime<Utc>) -> NotJoined {
        let counted = self.wrong.admit(client.address(), now).await;
        self.metrics.rate_decided(Limit::ClassCode, RateDecision::from(counted.as_ref()));
        match counted {
            Ok(Decision::Admitted) => NotJoined::WrongCode,
            Ok(Decision::Refused { retry_after }) => NotJoined::WrongTooOften { retry_after },
            Err(error) => Problem::rates_unavailable(&error).into(),
        }
    }
}

/// Which line the codes of an address wait in. An IPv6 client has a whole network of 64 bits.
fn line_of(address: IpAddr) -> usize {
    let network = match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address) >> 64,
    };
    usize::try_from(network % LINES as u128).unwrap_or_default()
}

/// Keeps the turn for a while, also when the client that had it hangs up.
fn pause(turn: OwnedMutexGuard<()>) {
    rt::spawn(async move {
        rt::time::sleep(PACE).await;
        drop(turn);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_wait_in_lines_of_their_own_and_a_network_of_ipv6_in_one() {
        let line = |address: &str| line_of(address.parse().unwrap());
        assert_ne!(line("192.0.2.1"), line("192.0.2.2"));
        assert_ne!(line("2001:db8:0:1::1"), line("2001:db8:0:2::1"));
        assert_eq!(line("2001:db8:0:1::1"), line("2001:db8:0:1:ffff::2"));
        assert!(line("255.255.255.255") < LINES);
    }
}
