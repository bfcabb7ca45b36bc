//! The connections to the server, each lent to one call at a time.
//!
//! A connection comes back only from a call that succeeded; after any other it is closed, and a transaction that it was
//! in is undone. Hence no server that stands still keeps a place for ever, as it does in sqlx's own pool, which asks
//! each connection that comes back whether it is alive, without a limit of time.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::super::{StoreError, TIME_OUT};

/// How many calls are carried out at once.
const PLACES: u32 = 16;

/// A connection that was unused for longer is asked whether it is alive: the server may have been restarted since.
const FRESH: Duration = Duration::from_secs(1);

/// A call that failed after longer than this leaves a doubt about every connection, and not its own alone.
const DOUBTFUL: Duration = Duration::from_millis(500);

/// How long a statement waits for another's rows; less than a caller waits, so that the server ends it and the
/// connection is none the worse.
const LOCKED: Duration = Duration::from_secs(1);

pub(super) struct Pool {
    options: PgConnectOptions,
    places: Semaphore,
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    connection: PgConnection,
    since: Instant,
}

impl Pool {
    pub fn new(options: PgConnectOptions) -> Self {
        Self { options, places: Semaphore::new(PLACES as usize), idle: Mutex::default() }
    }

    /// A connection that answered within the last second, or is new.
    pub async fn lease(&self) -> Result<Lease<'_>, StoreError> {
        let permit = self.places.acquire().await.map_err(|_| StoreError::Closed)?;
        let place = Place { pool: self, since: Instant::now(), is_settled: false, _permit: permit };
        while let Some(mut idle) = self.take_idle() {
            if idle.since.elapsed() < FRESH || idle.connection.ping().await.is_ok() {
                return Ok(Lease { connection: idle.connection, place });
            }
        }
        Ok(Lease { connection: connect(&self.options).await?, place })
    }

    /// Waits for the calls under way, a while; every later one is refused.
    pub async fn close(&self) {
        // When somebody closed it before, or a call does not end, there is nothing to wait for.
        let _all = tokio::time::timeout(TIME_OUT, self.places.acquire_many(PLACES)).await;
        self.places.close();
        for idle in self.take_all_idle() {
            // It ends either way; this spares the server a line in its log.
            let _ = tokio::time::timeout(DOUBTFUL, idle.connection.close()).await;
        }
    }

    fn take_idle(&self) -> Option<Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn take_all_idle(&self) -> Vec<Idle> {
        std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn take_back(&self, connection: PgConnection) {
        let idle = Idle { connection, since: Instant::now() };
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(idle);
    }
}

/// A connection for one call. Dropped, it is closed.
pub(super) struct Lease<'p> {
    pub connection: PgConnection,
    place: Place<'p>,
}

impl Lease<'_> {
    /// Gives the connection back, after a call that succeeded.
    pub fn give_back(self) {
        let Self { connection, mut place } = self;
        place.is_settled = true;
        place.pool.take_back(connection);
    }
}

/// A call's place among those that are carried out at once.
struct Place<'p> {
    pool: &'p Pool,
    since: Instant,
    is_settled: bool,
    _permit: SemaphorePermit<'p>,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if !self.is_settled && self.since.elapsed() > DOUBTFUL {
            drop(self.pool.take_all_idle());
        }
    }
}

/// A connection on which the server gives up what nobody waits for any more, and whose commits are durable.
pub(super) async fn connect(options: &PgConnectOptions) -> sqlx::Result<PgConnection> {
    let mut connection = PgConnection::connect_with(options).await?;
    let settings = format!(
        "SET statement_timeout = {}; SET lock_timeout = {}; SET idle_in_transaction_session_timeout = {};
         SET default_transaction_isolation = 'read committed';
         SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
        TIME_OUT.as_millis(),
        LOCKED.as_millis(),
        2 * TIME_OUT.as_millis(),
    );
    sqlx::raw_sql(AssertSqlSafe(settings)).execute(&mut connection).await?;
    Ok(connection)
}
