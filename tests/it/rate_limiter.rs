//! Properties of the limiter, tried on generated requests.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;
use std::thread;

use chrono::{DateTime, TimeDelta, Utc};
use hallpass::limits::{CAPACITY, Decision, MemoryCounters, Rate};
use proptest::collection::vec;
use proptest::prelude::*;

type Request = (IpAddr, DateTime<Utc>);

/// Some requests under one rate.
#[derive(Debug)]
struct Run {
    most: u32,
    window: TimeDelta,
    rate: Rate,
    requests: Vec<Request>,
}

/// Requests of so many clients, each so many thousandths of a window after the one before it.
fn runs(clients: u8, steps: Range<i64>) -> impl Strategy<Value = Run> {
    let rates = (1..=5_u32, prop_oneof![Just(("s", 1_000)), Just(("m", 60_000))]);
    (rates, vec((0..clients, steps), 1..80)).prop_map(|((most, (unit, window)), steps)| {
        let mut now = noon();
        let requests = steps.into_iter().map(|(number, step)| {
            now += TimeDelta::milliseconds(step * window / 1_000);
            (client(number), now)
        });
        let requests = requests.collect();
        Run { most, window: TimeDelta::milliseconds(window), rate: format!("{most}/{unit}").parse().unwrap(), requests }
    })
}

impl Run {
    /// Every refused request, with what was answered before it came and how long it was told to wait.
    fn refused(&self) -> impl Iterator<Item = (&[Request], Request, u64)> {
        (1..=self.requests.len()).filter_map(|end| match self.answer(&self.requests[..end]) {
            Decision::Refused { retry_after } => Some((&self.requests[..end], self.requests[end - 1], retry_after)),
            Decision::Admitted => None,
        })
    }

    /// The answer to the last of `requests` after all the others.
    fn answer(&self, requests: &[Request]) -> Decision {
        let limiter = MemoryCounters::new(self.rate);
        requests.iter().fold(Decision::Admitted, |_, (client, now)| limiter.admit(*client, *now))
    }

    /// The answer to one more request of the same client, so many seconds after the last.
    fn answer_after(&self, past: &[Request], (client, now): Request, seconds: u64) -> Decision {
        let later = (client, now + TimeDelta::seconds(seconds.cast_signed()));
        self.answer(&[past, &[later]].concat())
    }
}

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap()
}

fn client(number: u8) -> IpAddr {
    Ipv4Addr::new(203, 0, 113, number).into()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_window_that_an_admitted_request_opens_admits_as_many_as_the_rate_says(run in runs(3, 0..300)) {
        let limiter = MemoryCounters::new(run.rate);
        let mut windows = HashMap::new();
        for (client, now) in run.requests {
            let (opened, admitted) = windows.entry(client).or_insert((now, 0));
            if now - *opened >= run.window {
                (*opened, *admitted) = (now, 0);
            }
            let is_admitted = limiter.admit(client, now) == Decision::Admitted;
            prop_assert_eq!(is_admitted, *admitted < run.most);
            *admitted += u32::from(is_admitted);
        }
    }

    #[test]
    fn who_waits_as_long_as_told_is_admitted_and_who_waits_a_second_less_is_not(run in runs(2, 0..300)) {
        for (past, request, retry_after) in run.refused() {
            prop_assert!((1..=run.window.num_seconds().cast_unsigned()).contains(&retry_after));
            prop_assert_eq!(run.answer_after(past, request, retry_after), Decision::Admitted);
            prop_assert_ne!(run.answer_after(past, request, retry_after - 1), Decision::Admitted);
        }
    }

    #[test]
    fn a_clock_that_jumps_keeps_nobody_waiting_for_longer_than_one_window(run in runs(1, -3_000..3_000)) {
        for (past, request, retry_after) in run.refused() {
            prop_assert!((1..=run.window.num_seconds().cast_unsigned()).contains(&retry_after));
            prop_assert_eq!(run.answer_after(past, request, retry_after), Decision::Admitted);
        }
    }
}

#[test]
fn a_million_networks_do_not_grow_memory_and_are_served() {
    let limiter = MemoryCounters::new("1/m".parse().unwrap());
    for number in 0..1_000_000_u64 {
        // Multiplying by an odd number leads to a million different networks, far apart.
        let network = u128::from(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)) << 64;
        let now = noon() + TimeDelta::microseconds(number.cast_signed());
        assert_eq!(limiter.admit(IpAddr::from(Ipv6Addr::from_bits(network)), now), Decision::Admitted);
    }
    assert_eq!(limiter.remembered(), CAPACITY);
}

#[test]
fn requests_that_come_at_once_are_counted_one_by_one() {
    let limiter = MemoryCounters::new("10/m".parse().unwrap());
    let ask = || (0..100).filter(|_| limiter.admit(client(1), noon()) == Decision::Admitted).count();
    let admitted: usize = thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(admitted, 10);
}
