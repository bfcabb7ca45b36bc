//! How fast the store is, and whether it stays so when it is full: `cargo bench --bench store`.
//!
//! The file lies in the folder for temporary files (`TMPDIR`); every number depends on that folder's disk.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use hallpass::profiles::telesign::{PhoneNumber, Xid};
use hallpass::store::{NewTransaction, Recorded, Sqlite, Store};

/// How many record at once.
const TASKS: u64 = 64;

/// Where the cost of one call is measured.
const SIZES: [u64; 2] = [10_000, 1_000_000];

/// How many calls one measurement makes.
const CALLS: u64 = 2_000;

#[tokio::main(worker_threads = 2)]
async fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = format!("sqlite:{}", folder.path().join("bench.db").display());
    let store: Arc<dyn Store> = Arc::new(Sqlite::open(&url).await.expect("the store opens"));
    let mut rows = 0;
    let mut costs = Vec::new();
    for size in SIZES {
        let missing = size - rows;
        let elapsed = record_at_once(&store, rows, missing).await;
        rows = size;
        println!("{:>9.0} records a second, {TASKS} tasks, up to {size} rows", per_second(missing, elapsed));
        let record = each(CALLS, |call| record_one(&store, rows + call)).await;
        rows += CALLS;
        let look_up = each(CALLS, |call| look_up(&store, call * size / CALLS)).await;
        println!("{record:>9.1?} one record, {look_up:.1?} one look-up, at {size} rows");
        costs.push([record, look_up]);
    }
    for (index, name) in ["record", "look-up"].iter().enumerate() {
        let ratio = costs[1][index].as_secs_f64() / costs[0][index].as_secs_f64();
        println!("{ratio:>9.2} times the cost of one {name} at {} rows", SIZES[0]);
    }
    let elapsed = record_at_once(&store, rows, 100_000).await;
    println!("{:>9.0} records a second, {TASKS} tasks, beyond {rows} rows", per_second(100_000, elapsed));
    store.close().await;
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
    let recorded = store.record(transaction(number)).await.expect("the store answers");
    assert_eq!(recorded, Recorded::Stored);
}

async fn look_up(store: &Arc<dyn Store>, number: u64) {
    let found = store.transaction(&xid(number)).await.expect("the store answers");
    assert!(found.is_some(), "{number} was recorded");
}

/// The median time of a call.
async fn each<F: Future>(calls: u64, call: impl Fn(u64) -> F) -> Duration {
    let mut times = Vec::new();
    for number in 0..calls {
        let start = Instant::now();
        call(number).await;
        times.push(start.elapsed());
    }
    times.sort();
    times[times.len() / 2]
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
