//! Group commit: one thread owns the connection that writes, and commits many writes at once.
//!
//! A commit waits for the disk, and one row takes as long as hundreds. So all writes that arrive during one commit go
//! into the next one together. No write waits for others to join it, and none is answered before it is committed.

use std::pin::Pin;
use std::{io, thread};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use super::super::{NewTransaction, Recorded, StoreError};
use super::record::record;

/// The largest number of writes in one commit.
const LARGEST_BATCH: usize = 256;

/// The length of the queue. When it is full, callers wait.
const LONGEST_QUEUE: usize = 1024;

/// Sends writes to the thread. The thread ends when this is dropped or closed.
pub(super) struct Writer(mpsc::Sender<Job>);

/// What is done to the database within a transaction.
pub(super) type Work<'c, T> = Pin<Box<dyn Future<Output = sqlx::Result<T>> + Send + 'c>>;

impl Writer {
    /// Starts the thread. `options` are used to reconnect after an error; a database in memory, which would be lost
    /// with its connection, has none.
    pub fn start(connection: SqliteConnection, options: Option<SqliteConnectOptions>) -> io::Result<Self> {
        let (sender, inbox) = mpsc::channel(LONGEST_QUEUE);
        let thread = WriterThread { connection: Some(connection), options, inbox, closing: false };
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        thread::Builder::new().name("store".to_owned()).spawn(move || runtime.block_on(thread.run()))?;
        Ok(Self(sender))
    }

    pub async fn record(&self, new: NewTransaction) -> Result<Recorded, StoreError> {
        self.submit(|caller| Job::Record(new, caller)).await
    }

    /// Runs `work` in a transaction, and returns its result once it is committed.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl for<'c> FnOnce(&'c mut SqliteConnection) -> Work<'c, T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let write = |caller| PendingWrite { work: Some(Box::new(work)), answer: None, caller };
        self.submit(|caller| Job::PendingWrite(Box::new(write(caller)))).await
    }

    /// Waits until all earlier writes are committed and the connection is closed.
    pub async fn close(&self) {
        // Sending fails if the thread has already ended.
        let _ = self.0.send(Job::Close).await;
        self.0.closed().await;
    }

    async fn submit<T>(&self, job: impl FnOnce(Caller<T>) -> Job) -> Result<T, StoreError> {
        let (caller, answer) = oneshot::channel();
        self.0.send(job(caller)).await.map_err(|_| StoreError::Closed)?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }
}

/// Sends the result to the caller.
type Caller<T> = oneshot::Sender<Result<T, StoreError>>;

enum Job {
    Record(NewTransaction, Caller<Recorded>),
    PendingWrite(Box<dyn Call>),
    Close,
}

/// A [`PendingWrite`] of any answer type.
trait Call: Send {
    fn is_abandoned(&self) -> bool;
    fn run<'c>(&'c mut self, connection: &'c mut SqliteConnection) -> Work<'c, ()>;
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

/// A write and then its result, which is held back until the commit.
struct PendingWrite<T> {
    work: Option<Starter<T>>,
    answer: Option<T>,
    caller: Caller<T>,
}

type Starter<T> = Box<dyn for<'c> FnOnce(&'c mut SqliteConnection) -> Work<'c, T> + Send>;

impl<T: Send> Call for PendingWrite<T> {
    fn is_abandoned(&self) -> bool {
        self.caller.is_closed()
    }

    fn run<'c>(&'c mut self, connection: &'c mut SqliteConnection) -> Work<'c, ()> {
        Box::pin(async move {
            if let Some(work) = self.work.take() {
                self.answer = Some(work(connection).await?);
            }
            Ok(())
        })
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let Self { answer, caller, .. } = *self;
        if let Some(answer) = committed.map(|()| answer).transpose() {
            // Sending fails if the caller stopped waiting.
            let _ = caller.send(answer);
        }
    }
}

/// The state of the writing thread.
struct WriterThread {
    connection: Option<SqliteConnection>,
    options: Option<SqliteConnectOptions>,
    inbox: mpsc::Receiver<Job>,
    closing: bool,
}

impl WriterThread {
    async fn run(mut self) {
        let mut jobs = Vec::with_capacity(LARGEST_BATCH);
        while !self.closing && self.inbox.recv_many(&mut jobs, LARGEST_BATCH).await > 0 {
            let mut batch = Batch::default();
            for job in jobs.drain(..) {
                self.closing |= batch.take(job);
            }
            if !batch.is_empty() {
                let outcome = self.commit(&mut batch).await;
                batch.answer(&outcome);
            }
        }
        self.disconnect().await;
    }

    async fn commit(&mut self, batch: &mut Batch) -> Result<Vec<Recorded>, StoreError> {
        let outcome = self.attempt(batch).await;
        if outcome.is_err() {
            self.roll_back().await;
        }
        Ok(outcome?)
    }

    /// Closes the connection, which also rolls back. The next write opens a new one.
    async fn roll_back(&mut self) {
        match &mut self.connection {
            Some(connection) if self.options.is_none() => {
                // Fails if the failed statement rolled back already, or none was begun.
                let _ = sqlx::query("ROLLBACK").execute(connection).await;
            }
            _ => self.disconnect().await,
        }
    }

    async fn attempt(&mut self, batch: &mut Batch) -> sqlx::Result<Vec<Recorded>> {
        let connection = self.connection().await?;
        if batch.calls.is_empty() {
            // One statement is a transaction by itself.
            return record(connection, &batch.new).await;
        }
        sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
        let recorded = batch.run(connection).await?;
        sqlx::query("COMMIT").execute(connection).await?;
        Ok(recorded)
    }

    async fn connection(&mut self) -> sqlx::Result<&mut SqliteConnection> {
        let connection = match (self.connection.take(), &self.options) {
            (Some(connection), _) => connection,
            (None, Some(options)) => SqliteConnection::connect_with(options).await?,
            (None, None) => return Err(sqlx::Error::PoolClosed),
        };
        Ok(self.connection.insert(connection))
    }

    async fn disconnect(&mut self) {
        if let Some(connection) = self.connection.take() {
            // The connection is not used again, so an error does not matter.
            let _ = connection.close().await;
        }
    }
}

/// The writes of one commit.
#[derive(Default)]
struct Batch {
    new: Vec<NewTransaction>,
    recorders: Vec<Caller<Recorded>>,
    calls: Vec<Box<dyn Call>>,
}

impl Batch {
    /// Adds a job unless its caller stopped waiting; `true` if it says to close.
    fn take(&mut self, job: Job) -> bool {
        match job {
            Job::Record(new, caller) if !caller.is_closed() => {
                self.new.push(new);
                self.recorders.push(caller);
            }
            Job::PendingWrite(call) if !call.is_abandoned() => self.calls.push(call),
            Job::Close => return true,
            Job::Record(..) | Job::PendingWrite(_) => {}
        }
        false
    }

    fn is_empty(&self) -> bool {
        self.new.is_empty() && self.calls.is_empty()
    }

    /// Runs all writes. They are concurrent, so any order is correct.
    async fn run(&mut self, connection: &mut SqliteConnection) -> sqlx::Result<Vec<Recorded>> {
        let recorded = record(connection, &self.new).await?;
        for call in &mut self.calls {
            call.run(connection).await?;
        }
        Ok(recorded)
    }

    /// Sends each caller its result. Sending fails if a caller stopped waiting.
    fn answer(self, outcome: &Result<Vec<Recorded>, StoreError>) {
        for (index, caller) in self.recorders.into_iter().enumerate() {
            let _ = caller.send(outcome.as_ref().map(|recorded| recorded[index]).map_err(Clone::clone));
        }
        for call in self.calls {
            call.answer(outcome.as_ref().map(drop).map_err(Clone::clone));
        }
    }
}
