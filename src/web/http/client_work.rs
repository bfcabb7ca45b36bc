//! Jobs whose cost the client chooses. They run on a pool of their own, not on the threads that answer requests.

use std::num::NonZeroUsize;
use std::thread;
use std::time::Duration;

use actix_web::web::Data;

use super::client::Client;
use super::extractor::extractor;
use super::problem::Problem;
use crate::work::{Bounds, WorkPool};

/// How many jobs of one client may be queued or running at once. A class behind one address fits; a signature with the
/// largest key takes about 15 ms.
const JOBS_OF_A_CLIENT: usize = 64;

/// How many jobs may be queued or running at once.
const JOBS_IN_ALL: usize = 512;

/// How long a job may wait in the queue: less than the time limit of a request.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(10);

extractor! {
    /// The pool, as the client of one request may use it.
    pub(in crate::web) struct ClientWork {
        pool: Data<WorkPool>,
        client: Client,
    }
}

impl ClientWork {
    /// A new pool for all clients.
    pub fn pool() -> WorkPool {
        WorkPool::new("lab work", bounds())
    }

    /// Runs a job. Refused if the queue is full.
    pub async fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        Ok(self.pool.run(self.client.network(), job).await?)
    }
}

/// Leaves one core to the threads that answer requests, if there are several.
fn bounds() -> Bounds {
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    Bounds {
        threads: cores.saturating_sub(1).max(1),
        per_client: JOBS_OF_A_CLIENT,
        in_all: JOBS_IN_ALL,
        queue_timeout: QUEUE_TIMEOUT,
        queue_timeout_behind_own: QUEUE_TIMEOUT,
    }
}
