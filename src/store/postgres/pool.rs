//! The connection pool. Each connection is used by one call at a time.
//!
//! A connection returns to the pool only after a call that succeeded. Otherwise it is closed, which rolls its
//! transaction back. So a server that hangs cannot block a slot of the pool for ever. In sqlx's own pool it can,
//! because that pool tests each returned connection without a time limit.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::super::{StoreError, TIME_OUT};
use crate::sync::lock;

/// How many calls can run at once.
const MOST_CONNECTIONS: u32 = 16;

/// A connection that was idle for longer is tested before use: the server may have been restarted.
const TESTED_WHEN_IDLE_FOR: Duration = Duration::from_secs(1);

/// If a call fails after longer than this, all idle connections are dropped: they may be broken too.
const SLOW_FAILURE: Duration = Duration::from_millis(500);

/// How long the server may take to close a connection.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(500);

/// How long a statement waits for row locks. It is less than a caller waits, so that the server ends the statement and
/// the connection stays usable.
const LOCK_TIMEOUT: Duration = Duration::from_secs(1);

pub(super) struct Pool {
    options: PgConnectOptions,
    slots: Semaphore,
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    connection: PgConnection,
    since: Instant,
}

impl Pool {
    pub fn new(options: PgConnectOptions) -> Self {
        Self { options, slots: Semaphore::new(MOST_CONNECTIONS as usize), idle: Mutex::default() }
    }

    /// A connection that answered within the last second, or is new.
    pub async fn acquire(&self) -> Result<PooledConnection<'_>, StoreError> {
        let permit = self.slots.acquire().await.map_err(|_| StoreError::Closed)?;
        let slot = Slot { pool: self, since: Instant::now(), has_succeeded: false, _permit: permit };
        while let Some(mut idle) = self.take_idle() {
            if idle.since.elapsed() < TESTED_WHEN_IDLE_FOR || idle.connection.ping().await.is_ok() {
                return Ok(PooledConnection { connection: idle.connection, slot });
            }
        }
        Ok(PooledConnection { connection: connect(&self.options).await?, slot })
    }

    /// Waits for the calls in progress, with a time limit. Every later call is refused.
    pub async fn close(&self) {
        // Ignored: the pool may be closed already, and a call may not end in time.
        let _all = tokio::time::timeout(TIME_OUT, self.slots.acquire_many(MOST_CONNECTIONS)).await;
        self.slots.close();
        for idle in self.take_all_idle() {
            // The connection ends anyway; closing it properly avoids an error in the server's log.
            let _ = tokio::time::timeout(CLOSE_TIMEOUT, idle.connection.close()).await;
        }
    }

    fn take_idle(&self) -> Option<Idle> {
        lock(&self.idle).pop()
    }

    fn take_all_idle(&self) -> Vec<Idle> {
        std::mem::take(&mut *lock(&self.idle))
    }

    fn put_idle(&self, connection: PgConnection) {
        let idle = Idle { connection, since: Instant::now() };
        lock(&self.idle).push(idle);
    }
}

/// A connection for one call. It is closed when dropped.
pub(super) struct PooledConnection<'p> {
    pub connection: PgConnection,
    slot: Slot<'p>,
}

impl PooledConnection<'_> {
    /// Returns the connection to the pool after a successful call.
    pub fn release(self) {
        let Self { connection, mut slot } = self;
        slot.has_succeeded = true;
        slot.pool.put_idle(connection);
    }
}

/// A call's slot in the pool.
struct Slot<'p> {
    pool: &'p Pool,
    since: Instant,
    has_succeeded: bool,
    _permit: SemaphorePermit<'p>,
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        if !self.has_succeeded && self.since.elapsed() > SLOW_FAILURE {
            drop(self.pool.take_all_idle());
        }
    }
}

/// Opens a connection with time limits for statements, and with durable commits.
pub(super) async fn connect(options: &PgConnectOptions) -> sqlx::Result<PgConnection> {
    let mut connection = PgConnection::connect_with(options).await?;
    let settings = format!(
        "SET statement_timeout = {}; SET lock_timeout = {}; SET idle_in_transaction_session_timeout = {};
         SET default_transaction_isolation = 'read committed';
         SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
        TIME_OUT.as_millis(),
        LOCK_TIMEOUT.as_millis(),
        2 * TIME_OUT.as_millis(),
    );
    sqlx::raw_sql(AssertSqlSafe(settings)).execute(&mut connection).await?;
    Ok(connection)
}
