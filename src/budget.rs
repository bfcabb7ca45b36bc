//! How long a request may wait in total for other servers: for the database and for Redis.
//!
//! The time budget belongs to the request, not to one call. Each call subtracts the time that it waited, so a request
//! that calls several slow servers is still answered in time. The budget is a task-local, because the framework calls
//! the session store without passing the request. A call outside any request gets a full budget.

use std::cell::Cell;
use std::time::{Duration, Instant};

use tokio::time::timeout;

/// The budget of one request.
pub const REQUEST: Duration = Duration::from_millis(1500);

tokio::task_local! {
    static LEFT: Cell<Duration>;
}

/// Runs a request. All its calls share one budget.
pub async fn of_one_request<T>(request: impl Future<Output = T>) -> T {
    LEFT.scope(Cell::new(REQUEST), request).await
}

/// Runs a call; `None` if it took longer than the rest of the budget.
pub async fn spend<T>(call: impl Future<Output = T>) -> Option<T> {
    let started = Instant::now();
    let answer = timeout(LEFT.try_with(Cell::get).unwrap_or(REQUEST), call).await.ok();
    // Outside a request there is no budget to subtract from.
    let _ = LEFT.try_with(|left| left.set(left.get().saturating_sub(started.elapsed())));
    answer
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::time::sleep;

    use super::*;

    #[tokio::test]
    async fn all_calls_of_a_request_wait_no_longer_than_one_budget() {
        let started = Instant::now();
        let answers = of_one_request(async {
            let first = spend(sleep(Duration::from_millis(300))).await;
            let second = spend(pending::<()>()).await;
            let third = spend(pending::<()>()).await;
            (first, second, third)
        });
        assert_eq!(answers.await, (Some(()), None, None));
        let took = started.elapsed();
        assert!(took >= REQUEST && took < REQUEST * 3 / 2, "{took:?}");
    }

    #[tokio::test]
    async fn a_call_that_is_answered_at_once_is_received_also_when_nothing_is_left() {
        of_one_request(async {
            LEFT.with(|left| left.set(Duration::ZERO));
            assert_eq!(spend(async { 1 }).await, Some(1));
            assert_eq!(spend(std::future::pending::<()>()).await, None);
        })
        .await;
    }
}
