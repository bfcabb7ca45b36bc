//! Work that takes a while and that anybody may ask for: hashing a password, signing with a pasted key.
//!
//! A few separate threads do such work, at a lower priority than the threads that answer requests. So pages stay fast
//! however much work is queued.
//!
//! The queue is limited for each client and in total, and clients are served round-robin: a client with a thousand jobs
//! delays another client by at most one job. When there is no slot, or a job waits too long, the client is told to try
//! again. A job that nobody waits for any more, as after a time-out, is removed from the queue. A closed connection
//! does not remove it: the framework still answers a client that has closed only its sending half.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use thiserror::Error;

use crate::sync::lock;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// The `Retry-After` of a refusal, in seconds. A full queue empties within a few seconds.
pub const RETRY_AFTER: u64 = 2;

/// The limits of a pool.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    pub threads: usize,
    /// How many jobs of one client may be queued or running at once.
    pub per_client: usize,
    /// How many jobs of all clients together may be queued or running.
    pub in_all: usize,
    /// How long a job may wait if its client has no other job in the pool.
    pub queue_timeout: Duration,
    /// How long a job may wait if its client has other jobs in the pool.
    pub queue_timeout_behind_own: Duration,
}

/// Why a job was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotDone {
    #[error("too much work is queued")]
    Busy,
    #[error("the work ended without a result")]
    Failed,
}

/// A few threads and their queue.
pub struct WorkPool(Arc<Shared>);

/// A slot in a pool. It is reserved before the job is known, and released when the job is done or the slot is dropped.
pub struct Slot {
    guard: SlotGuard,
    has_other_jobs: bool,
}

impl WorkPool {
    /// Creates a pool. Its threads have this name, and start when they are first needed.
    pub fn new(name: &'static str, bounds: Bounds) -> Self {
        Self(Arc::new(Shared { name, bounds, queue: Mutex::default(), changed: Condvar::new() }))
    }

    /// Reserves a slot for one job, if this client may have one more.
    pub fn reserve(&self, client: IpAddr) -> Result<Slot, NotDone> {
        let has_other_jobs = self.0.queue().take_slot(client, self.0.bounds)?;
        Ok(Slot { guard: SlotGuard { shared: self.0.clone(), client }, has_other_jobs })
    }

    /// Runs a job for a client, and returns its result.
    pub async fn run<T: Send + 'static>(
        &self,
        client: IpAddr,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NotDone> {
        self.reserve(client)?.run(work).await
    }
}

impl Drop for WorkPool {
    /// Stops each thread after its current job. Queued jobs are dropped.
    fn drop(&mut self) {
        let left = {
            let mut queue = self.0.queue();
            queue.is_closed = true;
            std::mem::take(&mut queue.jobs)
        };
        self.0.changed.notify_all();
        drop(left);
    }
}

impl Slot {
    /// Waits for a thread, runs the job there, and returns its result.
    pub async fn run<T: Send + 'static>(self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, NotDone> {
        let (shared, bounds) = (self.guard.shared.clone(), self.guard.shared.bounds);
        let queue_timeout = if self.has_other_jobs { bounds.queue_timeout_behind_own } else { bounds.queue_timeout };
        let (answer, mut done) = oneshot::channel();
        // Sending fails if nobody waits for the result any more; then it is not needed.
        let work = Box::new(move || drop(answer.send(work())));
        let waiting = shared.enqueue(self.guard, work);
        let result = match timeout(queue_timeout, &mut done).await {
            Ok(result) => result,
            Err(_) if waiting.withdraw() => return Err(NotDone::Busy),
            Err(_) => done.await,
        };
        result.map_err(|_| NotDone::Failed)
    }
}

/// Shared by the threads and the callers.
struct Shared {
    name: &'static str,
    bounds: Bounds,
    queue: Mutex<Queue>,
    /// A job came, or the pool was closed.
    changed: Condvar,
}

type Work = Box<dyn FnOnce() + Send>;

/// A queued job.
struct Job {
    id: u64,
    work: Work,
    slot: SlotGuard,
}

/// Releases its slot when dropped. It must not be dropped while the queue is locked.
struct SlotGuard {
    shared: Arc<Shared>,
    client: IpAddr,
}

impl Drop for SlotGuard {
    fn drop(&mut self) {
        self.shared.queue().give_back(self.client);
    }
}

/// Removes its job from the queue when dropped, which happens when the caller stops waiting.
struct Waiting {
    shared: Arc<Shared>,
    client: IpAddr,
    id: u64,
}

impl Waiting {
    /// Removes the job; `true` if it was still queued.
    fn withdraw(&self) -> bool {
        let job = self.shared.queue().remove(self.client, self.id);
        job.is_some()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.withdraw();
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        lock(&self.queue)
    }

    fn enqueue(self: &Arc<Self>, slot: SlotGuard, work: Work) -> Waiting {
        let client = slot.client;
        let mut queue = self.queue();
        let id = queue.push(client, |id| Job { id, work, slot });
        let needs_thread = queue.waiting > queue.idle && queue.threads < self.bounds.threads;
        queue.threads += usize::from(needs_thread);
        drop(queue);
        self.changed.notify_one();
        if needs_thread {
            self.start_thread();
        }
        Waiting { shared: self.clone(), client, id }
    }

    fn start_thread(self: &Arc<Self>) {
        let shared = self.clone();
        let started = thread::Builder::new().name(self.name.to_owned()).spawn(move || shared.work());
        if let Err(error) = started {
            // Queued jobs will time out, and the next job tries to start a thread again.
            self.queue().threads -= 1;
            log::error!("a thread for {} cannot be started: {error}", self.name);
        }
    }

    /// A thread's main loop, until the pool is closed.
    fn work(&self) {
        lower_priority();
        while let Some(Job { work, slot, .. }) = self.next() {
            if catch_unwind(AssertUnwindSafe(work)).is_err() {
                log::error!("a piece of work for {} panicked", self.name);
            }
            drop(slot);
        }
    }

    /// Waits for a job; `None` when the pool is closed.
    fn next(&self) -> Option<Job> {
        let mut queue = self.queue();
        queue.idle += 1;
        while queue.waiting == 0 && !queue.is_closed {
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        queue.idle -= 1;
        if queue.is_closed { None } else { queue.pop() }
    }
}

/// Lowers the thread's priority: if the threads that answer requests need the core, this one gets a tenth of it. Only
/// on Linux does `nice` apply to one thread.
fn lower_priority() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(10) {
        log::debug!("a thread keeps its priority: {error}");
    }
}

/// The queued jobs by client, and the slots in use.
#[derive(Default)]
struct Queue {
    jobs: HashMap<IpAddr, VecDeque<Job>>,
    /// Each client in `jobs` once, the next one to be served in front.
    order: VecDeque<IpAddr>,
    slots: HashMap<IpAddr, usize>,
    slots_in_all: usize,
    /// How many jobs wait.
    waiting: usize,
    threads: usize,
    /// How many threads wait for a job.
    idle: usize,
    last_id: u64,
    is_closed: bool,
}

impl Queue {
    /// Takes a slot; `true` if the client has others already.
    fn take_slot(&mut self, client: IpAddr, bounds: Bounds) -> Result<bool, NotDone> {
        let taken = self.slots.get(&client).copied().unwrap_or(0);
        if taken >= bounds.per_client || self.slots_in_all >= bounds.in_all {
            return Err(NotDone::Busy);
        }
        self.slots.insert(client, taken + 1);
        self.slots_in_all += 1;
        Ok(taken > 0)
    }

    fn give_back(&mut self, client: IpAddr) {
        self.slots_in_all = self.slots_in_all.saturating_sub(1);
        match self.slots.get_mut(&client) {
            Some(taken) if *taken > 1 => *taken -= 1,
            _ => drop(self.slots.remove(&client)),
        }
    }

    fn push(&mut self, client: IpAddr, job: impl FnOnce(u64) -> Job) -> u64 {
        self.last_id += 1;
        let jobs = self.jobs.entry(client).or_default();
        if jobs.is_empty() {
            self.order.push_back(client);
        }
        jobs.push_back(job(self.last_id));
        self.waiting += 1;
        self.last_id
    }

    /// The next job of the next client, round-robin.
    fn pop(&mut self) -> Option<Job> {
        let client = self.order.pop_front()?;
        let jobs = self.jobs.get_mut(&client)?;
        let job = jobs.pop_front()?;
        self.waiting -= 1;
        if jobs.is_empty() {
            self.jobs.remove(&client);
        } else {
            self.order.push_back(client);
        }
        Some(job)
    }

    /// Removes a job if it is still queued. The caller must drop it after unlocking the queue.
    fn remove(&mut self, client: IpAddr, id: u64) -> Option<Job> {
        let jobs = self.jobs.get_mut(&client)?;
        let index = jobs.iter().position(|job| job.id == id)?;
        let job = jobs.remove(index);
        self.waiting -= 1;
        if jobs.is_empty() {
            self.jobs.remove(&client);
            self.order.retain(|other| *other != client);
        }
        job
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tokio::task::yield_now;

    use super::*;

    const BOUNDS: Bounds = Bounds {
        threads: 1,
        per_client: 3,
        in_all: 5,
        queue_timeout: Duration::from_mins(1),
        queue_timeout_behind_own: Duration::from_mins(1),
    };

    fn client(number: u8) -> IpAddr {
        [203, 0, 113, number].into()
    }

    /// A pool whose one thread is busy until the sender is dropped.
    async fn busy(bounds: Bounds) -> (Arc<WorkPool>, mpsc::Sender<()>) {
        let pool = Arc::new(WorkPool::new("test", bounds));
        let (release, held) = mpsc::channel::<()>();
        let (started, has_started) = oneshot::channel();
        let slot = pool.reserve(client(0)).unwrap();
        tokio::spawn(slot.run(move || {
            started.send(()).unwrap();
            held.recv().unwrap_err();
        }));
        has_started.await.unwrap();
        (pool, release)
    }

    /// Asks for work that says who asked, in a task of its own that has come as far as the queue.
    async fn ask(pool: &WorkPool, number: u8, done: &mpsc::Sender<u8>) -> tokio::task::JoinHandle<Result<(), NotDone>> {
        let (slot, done) = (pool.reserve(client(number)).unwrap(), done.clone());
        let task = tokio::spawn(slot.run(move || done.send(number).unwrap()));
        yield_now().await;
        task
    }

    #[tokio::test]
    async fn clients_take_turns_however_much_one_of_them_asked_for_before() {
        let (pool, release) = busy(BOUNDS).await;
        let (done, order) = mpsc::channel();
        let mut tasks = Vec::new();
        for number in [1, 1, 1, 2] {
            tasks.push(ask(&pool, number, &done).await);
        }
        drop((release, done));
        for task in tasks {
            assert_eq!(task.await.unwrap(), Ok(()));
        }
        assert_eq!(order.iter().collect::<Vec<_>>(), [1, 2, 1, 1]);
    }

    #[tokio::test]
    async fn a_client_has_only_so_many_slots_and_all_together_have_only_so_many() {
        let pool = WorkPool::new("test", BOUNDS);
        let slots: Vec<_> = (0..3).map(|_| pool.reserve(client(1)).unwrap()).collect();
        assert_eq!(pool.reserve(client(1)).err(), Some(NotDone::Busy));
        let others = [pool.reserve(client(2)).unwrap(), pool.reserve(client(3)).unwrap()];
        assert_eq!(pool.reserve(client(4)).err(), Some(NotDone::Busy));
        drop(others);
        assert!(pool.reserve(client(4)).is_ok());
        drop(slots);
        assert_eq!(pool.run(client(1), || 7).await, Ok(7));
        assert!(pool.0.queue().slots.len() <= 1, "who has no slot is forgotten");
    }

    #[tokio::test]
    async fn a_slot_is_given_back_when_the_work_is_done() {
        let pool = WorkPool::new("test", Bounds { per_client: 1, ..BOUNDS });
        for number in 0..100 {
            // The thread gives the slot back right after the answer, and may come to it a moment later.
            while pool.reserve(client(1)).is_err() {
                yield_now().await;
            }
            assert_eq!(pool.run(client(2), move || number).await.unwrap_or(number), number);
        }
    }

    #[tokio::test]
    async fn work_whose_asker_has_gone_is_not_done_and_leaves_its_slot() {
        let (pool, release) = busy(BOUNDS).await;
        let (done, order) = mpsc::channel();
        let tasks = [ask(&pool, 1, &done).await, ask(&pool, 1, &done).await, ask(&pool, 1, &done).await];
        let [first, gone, last] = tasks;
        assert!(pool.reserve(client(1)).is_err());
        gone.abort();
        assert!(gone.await.is_err_and(|error| error.is_cancelled()));
        assert!(pool.reserve(client(1)).is_ok(), "the slot is free at once");
        drop((release, done));
        assert_eq!((first.await.unwrap(), last.await.unwrap()), (Ok(()), Ok(())));
        assert_eq!(order.iter().count(), 2);
    }

    #[tokio::test]
    async fn a_job_that_waits_too_long_is_refused_as_busy() {
        let (pool, release) = busy(Bounds { queue_timeout: Duration::from_millis(20), ..BOUNDS }).await;
        let (done, order) = mpsc::channel();
        assert_eq!(ask(&pool, 1, &done).await.await.unwrap(), Err(NotDone::Busy));
        drop((release, done));
        assert_eq!(order.iter().count(), 0);
        assert_eq!(pool.run(client(1), || 7).await, Ok(7));
    }

    #[tokio::test]
    async fn work_that_was_begun_is_waited_for_however_long_it_takes() {
        let pool = WorkPool::new("test", Bounds { queue_timeout: Duration::from_millis(20), ..BOUNDS });
        let work = || {
            thread::sleep(Duration::from_millis(200));
            7
        };
        assert_eq!(pool.run(client(1), work).await, Ok(7));
    }

    #[tokio::test]
    async fn a_panic_costs_its_asker_the_result_and_nobody_else() {
        let pool = WorkPool::new("test", BOUNDS);
        assert_eq!(pool.run(client(1), || panic!("on purpose")).await, Err::<(), _>(NotDone::Failed));
        assert_eq!(pool.run(client(1), || 7).await, Ok(7));
    }

    #[tokio::test]
    async fn as_many_run_at_once_as_there_are_threads() {
        let pool = Arc::new(WorkPool::new("test", Bounds { threads: 2, ..BOUNDS }));
        let (here, there) = (mpsc::channel(), mpsc::channel());
        let meet = |own: mpsc::Sender<()>, other: mpsc::Receiver<()>| {
            let pool = pool.clone();
            tokio::spawn(async move {
                let work = move || {
                    own.send(()).unwrap();
                    other.recv().unwrap();
                };
                pool.run(client(1), work).await
            })
        };
        let (one, two) = (meet(here.0, there.1), meet(there.0, here.1));
        assert_eq!((one.await.unwrap(), two.await.unwrap()), (Ok(()), Ok(())));
    }

    #[tokio::test]
    async fn a_pool_that_is_dropped_ends_its_threads_and_answers_who_waits() {
        let (pool, release) = busy(BOUNDS).await;
        let (done, order) = mpsc::channel();
        let waiting = ask(&pool, 1, &done).await;
        let shared = Arc::downgrade(&pool.0);
        drop((pool, release, done));
        assert_eq!(waiting.await.unwrap(), Err(NotDone::Failed));
        assert_eq!(order.iter().count(), 0);
        while shared.strong_count() > 0 {
            yield_now().await;
        }
    }
}
