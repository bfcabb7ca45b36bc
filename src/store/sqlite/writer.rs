//! The one connection that writes, on a thread of its own, and the group commit.
//!
//! A commit waits for the disk, and that wait costs the same for one row as for hundreds. So whatever was asked for
//! during one commit goes into the next, together: nobody waits for company, and nothing is answered before it is safe.

use std::pin::Pin;
use std::{io, thread};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use super::super::{NewTransaction, Recorded, StoreError};
use super::record::record;

/// How many calls share one commit at most.
const LARGEST_BATCH: usize = 256;

/// How many calls may wait; the next ones wait outside for a place.
const LONGEST_QUEUE: usize = 1024;

/// Where calls are handed in. The thread ends when this is dropped, or closed.
pub(super) struct Writer(mpsc::Sender<Job>);

/// What is done to the database within a transaction.
pub(super) type Work<'c, T> = Pin<Box<dyn Future<Output = sqlx::Result<T>> + 'c>>;

impl Writer {
    /// Starts the thread. `options` are for when the connection must be made anew.
    pub fn start(connection: SqliteConnection, options: SqliteConnectOptions) -> io::Result<Self> {
        let (sender, inbox) = mpsc::channel(LONGEST_QUEUE);
        let thread = WriterThread { connection: Some(connection), options, inbox, closing: false };
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        thread::Builder::new().name("store".to_owned()).spawn(move || runtime.block_on(thread.run()))?;
        Ok(Self(sender))
    }

    pub async fn record(&self, new: NewTransaction) -> Result<Recorded, StoreError> {
        self.submit(|caller| Job::Record(new, caller)).await
    }

    /// Carries out `work`, and returns its answer once that is committed.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl for<'c> FnOnce(&'c mut SqliteConnection) -> Work<'c, T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let write = |caller| PendingWrite { work: Some(Box::new(work)), answer: None, caller };
        self.submit(|caller| Job::PendingWrite(Box::new(write(caller)))).await
    }

    /// Waits until all that was handed in before is committed, and the connection is closed.
    pub async fn close(&self) {
        // When nobody takes it, it is closed already.
        let _ = self.0.send(Job::Close).await;
        self.0.closed().await;
    }

    async fn submit<T>(&self, job: impl FnOnce(Caller<T>) -> Job) -> Result<T, StoreError> {
        let (caller, answer) = oneshot::channel();
        self.0.send(job(caller)).await.map_err(|_| StoreError::Closed)?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }
}

/// Who waits for an answer.
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

/// Work, then its answer, which is held back until it is committed.
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
            // A caller who went away does not hear it.
            let _ = caller.send(answer);
        }
    }
}

/// The thread's own side.
struct WriterThread {
    connection: Option<SqliteConnection>,
    options: SqliteConnectOptions,
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
            // That also rolls back, and a new connection has none of the old one's troubles.
            self.disconnect().await;
        }
        Ok(outcome?)
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
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => SqliteConnection::connect_with(&self.options).await?,
        };
        Ok(self.connection.insert(connection))
    }

    async fn disconnect(&mut self) {
        if let Some(connection) = self.connection.take() {
            // It is of no more use, however it ends.
            let _ = connection.close().await;
        }
    }
}

/// What goes into one commit.
#[derive(Default)]
struct Batch {
    new: Vec<NewTransaction>,
    recorders: Vec<Caller<Recorded>>,
    calls: Vec<Box<dyn Call>>,
}

impl Batch {
    /// Takes a job in, unless nobody waits for it any more; says whether it is the last one.
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

    /// All of these calls are under way at once, so any order of them is right.
    async fn run(&mut self, connection: &mut SqliteConnection) -> sqlx::Result<Vec<Recorded>> {
        let recorded = record(connection, &self.new).await?;
        for call in &mut self.calls {
            call.run(connection).await?;
        }
        Ok(recorded)
    }

    /// Tells every caller what became of theirs; one that went away does not hear it.
    fn answer(self, outcome: &Result<Vec<Recorded>, StoreError>) {
        for (index, caller) in self.recorders.into_iter().enumerate() {
            let _ = caller.send(outcome.as_ref().map(|recorded| recorded[index]).map_err(Clone::clone));
        }
        for call in self.calls {
            call.answer(outcome.as_ref().map(drop).map_err(Clone::clone));
        }
    }
}
