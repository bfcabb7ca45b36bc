//! How fast each store is, and whether it stays so when it is full: `cargo bench --bench store`, with `-- sqlite` or
//! `-- postgres` for one of them.
//!
//! The `SQLite` files lie in the folder for temporary files (`TMPDIR`), a private `PostgreSQL` with its own defaults in
//! `/tmp`, and every number depends on their disk. One call at a time is made to a small and to a large store by turns,
//! so that whatever else the machine does hits both alike.

#[path = "../tests/it/postgres.rs"]
#[expect(dead_code, clippy::unwrap_used, reason = "it is made for the tests, which also stop and pause it")]
mod postgres;
#[path = "../tests/it/tools.rs"]
#[expect(dead_code, reason = "it is made for the tests")]
mod tools;

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use hallpass::profiles::telesign::{PhoneNumber, Xid};
use hallpass::store::{self, DatabaseUrl, NewTransaction, Recorded, Store, StoreError, TIME_OUT};

/// How many record at once.
const TASKS: u64 = 64;

/// How many rows the two stores hold.
const SIZES: [u64; 2] = [10_000, 1_000_000];

/// How many calls of each kind are made to each of them.
const CALLS: u64 = 4_000;

#[tokio::main(worker_threads = 2)]
async fn main() {
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let is_wanted = |name| wanted.as_deref().is_none_or(|it| it == name);
    if is_wanted("sqlite") {
        let folder = tempfile::tempdir().expect("a temporary folder");
        println!("SQLite");
        measure(SIZES.map(|rows| format!("sqlite:{}", folder.path().join(format!("{rows}.db")).display()))).await;
    }
    if is_wanted("postgres") {
        let Some(server) = postgres::Postgres::start_with(&["shared_buffers=128MB"]) else { return };
        println!("PostgreSQL");
        measure(SIZES.map(|_| server.database())).await;
    }
}

/// Fills a store of each size, and compares what a call costs in them.
async fn measure(urls: [String; 2]) {
    let [small, large] = &urls;
    let small = Filled::new(small, SIZES[0]).await;
    let large = Filled::new(large, SIZES[1]).await;
    compare("record", &small, &large, async |filled, call| {
        record_one(&filled.store, filled.rows + call).await;
    })
    .await;
    compare("look-up", &small, &large, async |filled, call| {
        look_up(&filled.store, call * filled.rows / CALLS).await;
    })
    .await;
    compare("list", &small, &large, async |filled, call| {
        list(&filled.store, call * filled.rows / CALLS).await;
    })
    .await;
    for filled in [&small, &large] {
        let elapsed = record_at_once(&filled.store, filled.rows + CALLS, CALLS * 25).await;
        println!(
            "{:>9.0} records a second from {TASKS} tasks, beyond {} rows",
            per_second(CALLS * 25, elapsed),
            filled.rows
        );
    }
    small.store.close().await;
    large.store.close().await;
}

/// A store with so many rows.
struct Filled {
    store: Arc<dyn Store>,
    rows: u64,
}

impl Filled {
    async fn new(url: &str, rows: u64) -> Self {
        let store = store::open(&DatabaseUrl::new(url)).await.expect("the store opens");
        let elapsed = record_at_once(&store, 0, rows).await;
        println!("{:>9.0} records a second from {TASKS} tasks, up to {rows} rows", per_second(rows, elapsed));
        Self { store, rows }
    }
}

/// Makes the call on both by turns, and prints the mean and the median of each and what they grow by.
async fn compare(name: &str, small: &Filled, large: &Filled, call: impl AsyncFn(&Filled, u64)) {
    let mut times = [Vec::new(), Vec::new()];
    for number in 0..CALLS {
        for (filled, times) in [small, large].into_iter().zip(&mut times) {
            let start = Instant::now();
            call(filled, number).await;
            times.push(start.elapsed());
        }
    }
    let [(mean, median), (large_mean, large_median)] = times.map(mean_and_median);
    println!("{mean:>9.1?} mean, {median:.1?} median, of one {name} at {} rows", small.rows);
    println!("{large_mean:>9.1?} mean, {large_median:.1?} median, of one {name} at {} rows", large.rows);
    let growth = |small: Duration, large: Duration| large.as_secs_f64() / small.as_secs_f64();
    println!("{:>9.2} times the mean, {:.2} the median", growth(mean, large_mean), growth(median, large_median));
}

fn mean_and_median(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort();
    let mean = times.iter().sum::<Duration>().div_f64(per_second(CALLS, Duration::from_secs(1)));
    (mean, times[times.len() / 2])
}

/// Records so many rows, from as many tasks as there are.
async fn record_at_once(store: &Arc<dyn Store>, first: u64, count: u64) -> Duration {
    let start = Instant::now();
    let tasks = (0..TASKS).map(|task| {
        let store = store.clone();
        tokio::spawn(async move {
            for number in (first + task..first + count).step_by(usize::try_from(TASKS).expect("small")) {
                record_one(&store, number).await;
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("no task panics");
    }
    start.elapsed()
}

async fn record_one(store: &Arc<dyn Store>, number: u64) {
    let recorded = loop {
        match store.record(transaction(number)).await {
            // Others use the disk too.
            Err(StoreError::Slow) => println!("{:>9} record took longer than {TIME_OUT:?}, and is made again", "one"),
            recorded => break recorded.expect("the store answers"),
        }
    };
    assert_eq!(recorded, Recorded::Stored);
}

async fn look_up(store: &Arc<dyn Store>, number: u64) {
    let found = store.transaction(&xid(number)).await.expect("the store answers");
    assert!(found.is_some(), "{number} was recorded");
}

async fn list(store: &Arc<dyn Store>, number: u64) {
    let page = store.transactions(&transaction(number).phone_number, None, 10).await.expect("the store answers");
    assert!(!page.transactions.is_empty(), "{number} was recorded");
}

fn per_second(count: u64, elapsed: Duration) -> f64 {
    f64::from(u32::try_from(count).expect("small")) / elapsed.as_secs_f64()
}

fn transaction(number: u64) -> NewTransaction {
    let phone = scattered(number ^ 0x5555) % 10_000_000_000;
    NewTransaction {
        xid: xid(number),
        phone_number: PhoneNumber::parse(&format!("1{phone:010}")).expect("a phone number"),
        issued_at: moment(number),
        expires_at: moment(number + 90),
        token: "0123456789abcdef".repeat(19),
    }
}

/// Random as a UUID is, and the same for the same number.
fn xid(number: u64) -> Xid {
    let bytes = [scattered(number), scattered(!number)].map(u64::to_be_bytes).concat();
    Xid::of_random(bytes.try_into().expect("16 bytes"))
}

fn moment(seconds: u64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + i64::try_from(seconds).expect("small"), 0).expect("a moment")
}

/// The finalizer of `SplitMix64`.
fn scattered(number: u64) -> u64 {
    let mut bits = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ bits >> 31
}
