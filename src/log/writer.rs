//! Writes lines to a stream on a separate thread, so that no other thread waits for the stream's reader.
//!
//! A write to a pipe blocks while its reader reads nothing. Only this thread may block: others put their lines into a
//! bounded [`Queue`] and continue. Lines that arrive within a short time are written together.

use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::queue::{Queue, lines_in};

/// How long lines are collected after a write. The first line after a pause is written at once.
const BATCH_DELAY: Duration = Duration::from_millis(10);

/// The most bytes of one write. POSIX guarantees that a write of this size to a pipe is atomic, so the lines of
/// processes that share a pipe are not mixed.
const PIECE: usize = 4096;

/// How long to wait before the next try if a non-blocking stream is full.
const RETRY: Duration = Duration::from_millis(20);

/// The longest time that [`StreamWriter::flush`] takes, even if the reader makes slow progress.
const LONGEST_FLUSH: Duration = Duration::from_secs(5);

/// The stream that lines are written to.
pub(super) struct Stream {
    pub out: Box<dyn Write + Send>,
    /// The line that says how many lines were dropped, if one is wanted.
    pub dropped: Box<dyn Fn(u64) -> Vec<u8> + Send>,
    /// Called with the reason when lines cannot be written.
    pub failed: fn(&io::Error),
}

/// Writes to one stream. When it is dropped, its thread writes the remaining lines and ends.
pub(super) struct StreamWriter(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Signals the thread: there are lines to write, or a flush is waiting.
    work: Condvar,
    /// Signals flushes: a piece was written, or has failed.
    progress: Condvar,
}

#[derive(Default)]
struct State {
    queue: Queue,
    /// Whether the thread waits for a line and must be woken.
    is_idle: bool,
    /// Whether the thread has lines that are not written yet.
    is_writing: bool,
    /// How many flushes are waiting.
    flushing: u32,
    /// How many pieces were written or have failed.
    pieces: u64,
    dropped_in_all: u64,
    is_closed: bool,
}

impl State {
    const fn is_drained(&self) -> bool {
        self.queue.is_empty() && !self.is_writing
    }

    const fn is_urgent(&self) -> bool {
        self.flushing > 0 || self.is_closed
    }
}

impl StreamWriter {
    pub fn start(name: &str, stream: Stream) -> io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let writing = shared.clone();
        thread::Builder::new().name(name.to_owned()).spawn(move || writing.run(stream))?;
        Ok(Self(shared))
    }

    /// Queues text that ends in a line feed. Never blocks: if the queue is full, the text is dropped.
    pub fn push(&self, text: &[u8]) {
        let mut state = self.0.lock();
        if let Err(dropped) = state.queue.push(text) {
            state.dropped_in_all += dropped;
        }
        if std::mem::take(&mut state.is_idle) {
            drop(state);
            self.0.work.notify_one();
        }
    }

    /// Waits until everything is written, but gives up after `timeout` without progress.
    pub fn flush(&self, timeout: Duration) {
        let started = Instant::now();
        let mut state = self.0.lock();
        state.flushing += 1;
        self.0.work.notify_one();
        while !state.is_drained() && started.elapsed() < LONGEST_FLUSH {
            let before = state.pieces;
            let has_stalled = |state: &mut State| !state.is_drained() && state.pieces == before;
            let waited = self.0.progress.wait_timeout_while(state, timeout, has_stalled);
            let (next, result) = waited.unwrap_or_else(PoisonError::into_inner);
            state = next;
            if result.timed_out() {
                break;
            }
        }
        state.flushing -= 1;
    }

    /// How many lines were dropped since the process started.
    pub fn dropped(&self) -> u64 {
        self.0.lock().dropped_in_all
    }
}

impl Drop for StreamWriter {
    fn drop(&mut self) {
        self.0.lock().is_closed = true;
        self.0.work.notify_one();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, stream: Stream) {
        let Stream { out, dropped, failed } = stream;
        let (mut output, mut lines) = (Output { out, is_cut: false }, Vec::new());
        while let Some(lost) = self.next(&mut lines) {
            for piece in pieces(&lines) {
                self.done(output.write(piece).map_err(|Unwritten { lines, error }| {
                    failed(&error);
                    lines
                }));
            }
            if lost > 0 && output.write(&dropped(lost)).is_err() {
                // They are counted in the next notice.
                self.lock().queue.count_dropped(lost);
            }
            self.collect();
        }
    }

    /// Waits for lines, and returns how many were dropped after them. `None` if no more can come.
    fn next(&self, lines: &mut Vec<u8>) -> Option<u64> {
        let mut state = self.lock();
        while state.queue.is_empty() {
            if state.is_closed {
                return None;
            }
            state.is_idle = true;
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.is_idle = false;
        state.is_writing = true;
        Some(state.queue.take(lines))
    }

    /// Records that a piece was written, or that this many of its lines were lost.
    fn done(&self, written: Result<(), u64>) {
        let mut state = self.lock();
        if let Err(lost) = written {
            state.queue.count_dropped(lost);
            state.dropped_in_all += lost;
        }
        state.pieces += 1;
        self.progress.notify_all();
    }

    /// Waits a moment so that more lines can be written together, unless a flush is waiting.
    fn collect(&self) {
        let mut state = self.lock();
        state.is_writing = false;
        self.progress.notify_all();
        drop(self.work.wait_timeout_while(state, BATCH_DELAY, |state| !state.is_urgent()));
    }
}

/// Cuts text into pieces of whole lines, each at most [`PIECE`] bytes. A longer line is a separate piece.
fn pieces(mut text: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let short = &text[..text.len().min(PIECE)];
        let end_of_line = |text: &[u8]| text.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
        let end = short.iter().rposition(|byte| *byte == b'\n').map(|at| at + 1);
        let (piece, rest) = text.split_at(end.or_else(|| end_of_line(text)).unwrap_or(text.len()));
        text = rest;
        (!piece.is_empty()).then_some(piece)
    })
}

struct Output {
    out: Box<dyn Write + Send>,
    /// Whether the last write ended in the middle of a line.
    is_cut: bool,
}

/// How many lines were not written completely, and why.
struct Unwritten {
    lines: u64,
    error: io::Error,
}

impl Output {
    fn write(&mut self, piece: &[u8]) -> Result<(), Unwritten> {
        if self.is_cut && self.write_all(b"\n").is_ok() {
            self.is_cut = false;
        }
        self.write_all(piece).map_err(|(written, error)| {
            self.is_cut |= piece[..written].last().is_some_and(|byte| *byte != b'\n');
            let lines = lines_in(&piece[written..]).try_into().unwrap_or(u64::MAX);
            Unwritten { lines, error }
        })
    }

    /// Writes all of the text, retrying if a non-blocking stream is full. An error says how much was written.
    fn write_all(&mut self, text: &[u8]) -> Result<(), (usize, io::Error)> {
        let mut written = 0;
        while written < text.len() {
            match self.out.write(&text[written..]) {
                Ok(0) => return Err((written, ErrorKind::WriteZero.into())),
                Ok(count) => written += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(RETRY),
                Err(error) => return Err((written, error)),
            }
        }
        self.out.flush().map_err(|error| (written, error))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, PipeReader, pipe};
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Nobody waits as long as this; it only ends a test that has failed.
    const LONG: Duration = Duration::from_mins(1);

    fn stream(out: impl Write + Send + 'static) -> Stream {
        let dropped = |count| format!("dropped {count}\n").into_bytes();
        Stream { out: Box::new(out), dropped: Box::new(dropped), failed: |_| {} }
    }

    fn through_a_pipe() -> (StreamWriter, PipeReader) {
        let (reader, writer) = pipe().unwrap();
        (StreamWriter::start("test", stream(writer)).unwrap(), reader)
    }

    fn lines(reader: PipeReader) -> Vec<String> {
        BufReader::new(reader).lines().map(Result::unwrap).collect()
    }

    #[test]
    fn what_is_pushed_is_written_in_order_and_the_last_line_before_the_thread_ends() {
        let (writer, reader) = through_a_pipe();
        for number in 0..100 {
            writer.push(format!("{number}\n").as_bytes());
        }
        drop(writer);
        assert_eq!(lines(reader), (0..100).map(|number| number.to_string()).collect::<Vec<_>>());
    }

    #[test]
    fn a_flush_returns_once_all_is_written() {
        let (writer, reader) = through_a_pipe();
        let mut reader = BufReader::new(reader);
        for number in 0..50 {
            writer.push(format!("{number}\n").as_bytes());
            writer.flush(LONG);
            assert!(writer.0.lock().is_drained());
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            assert_eq!(line, format!("{number}\n"));
        }
    }

    #[test]
    fn a_stream_that_nobody_reads_holds_up_nobody_and_a_late_reader_learns_how_many_lines_were_dropped() {
        const LINES: u64 = 20_000;
        let (writer, reader) = through_a_pipe();
        for number in 0..LINES {
            writer.push(format!("line {number:0>100}\n").as_bytes());
        }
        writer.flush(Duration::from_millis(50));
        let dropped = writer.dropped();
        assert!(dropped > LINES / 2, "a pipe and the queue hold few of them: {dropped}");
        let reading = thread::spawn(|| lines(reader));
        writer.flush(LONG);
        writer.push(b"afterwards\n");
        drop(writer);
        let lines = reading.join().unwrap();
        let told = lines.iter().filter_map(|line| line.strip_prefix("dropped "));
        assert_eq!(told.map(|count| count.parse::<u64>().unwrap()).sum::<u64>(), dropped);
        let written = lines.iter().filter(|line| line.starts_with("line ")).count();
        assert_eq!(written as u64 + dropped, LINES, "each line is written, or counted as dropped");
        assert_eq!(lines.last().unwrap(), "afterwards");
    }

    #[test]
    fn a_flush_waits_for_a_reader_that_is_slow_and_reads() {
        let (writer, reader) = through_a_pipe();
        for number in 0..4000 {
            writer.push(format!("{number:0>100}\n").as_bytes());
        }
        let reading = thread::spawn(move || {
            thread::sleep(Duration::from_millis(200));
            lines(reader).len()
        });
        writer.flush(LONG);
        assert!(writer.0.lock().is_drained());
        drop(writer);
        assert_eq!(reading.join().unwrap(), 4000);
    }

    #[test]
    fn a_reader_that_went_away_ends_nothing_and_its_lines_are_counted() {
        let (writer, reader) = through_a_pipe();
        drop(reader);
        for _ in 0..3 {
            writer.push(b"one\ntwo\n");
            writer.flush(LONG);
        }
        assert_eq!(writer.dropped(), 6);
    }

    /// A stream that fails now and then.
    struct Failing {
        calls: AtomicUsize,
        out: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Failing {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            match self.calls.fetch_add(1, Ordering::Relaxed) {
                0 => Err(ErrorKind::WouldBlock.into()),
                1 => Err(ErrorKind::Interrupted.into()),
                2 => {
                    self.out.lock().unwrap().extend_from_slice(&text[..6]);
                    Ok(6)
                }
                3 => Err(ErrorKind::StorageFull.into()),
                _ => {
                    self.out.lock().unwrap().extend_from_slice(text);
                    Ok(text.len())
                }
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A stream that at first takes nothing.
    struct Refusing {
        refusals: usize,
        out: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Refusing {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            if self.refusals > 0 {
                self.refusals -= 1;
                return Err(ErrorKind::StorageFull.into());
            }
            self.out.lock().unwrap().extend_from_slice(text);
            Ok(text.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_loses_whole_lines_which_are_counted_and_the_next_begins_a_line() {
        let out = Arc::<Mutex<Vec<u8>>>::default();
        let failing = Failing { calls: AtomicUsize::new(0), out: out.clone() };
        let writer = StreamWriter::start("test", stream(failing)).unwrap();
        writer.push(b"one\ntwo\nthree\n");
        writer.flush(LONG);
        assert_eq!(writer.dropped(), 2);
        writer.push(b"four\n");
        writer.flush(LONG);
        assert_eq!(String::from_utf8_lossy(&out.lock().unwrap()), "one\ntw\nfour\ndropped 2\n");
        writer.push(b"five\n");
        writer.flush(LONG);
        assert!(out.lock().unwrap().ends_with(b"dropped 2\nfive\n"), "told once");
    }

    #[test]
    fn what_a_lost_notice_counted_is_in_the_next_one() {
        let out = Arc::<Mutex<Vec<u8>>>::default();
        let writer = StreamWriter::start("test", stream(Refusing { refusals: 3, out: out.clone() })).unwrap();
        // Refused: the first line, then the second with its notice.
        for line in [&b"one\n"[..], b"two\n", b"three\n"] {
            writer.push(line);
            writer.flush(LONG);
        }
        assert_eq!(writer.dropped(), 2);
        assert_eq!(String::from_utf8_lossy(&out.lock().unwrap()), "three\ndropped 2\n");
    }

    #[test]
    fn text_is_cut_into_pieces_of_whole_lines_which_a_pipe_takes_at_once() {
        let lines: Vec<String> = (0..300).map(|length| format!("{}\n", "a".repeat(length))).collect();
        let text = lines.concat();
        let cut: Vec<&[u8]> = pieces(text.as_bytes()).collect();
        assert_eq!(cut.concat(), text.as_bytes());
        assert!(cut.iter().all(|piece| piece.ends_with(b"\n") && piece.len() <= PIECE));
        assert!(cut.len() < 14, "few writes: {}", cut.len());
        let long = [&[b'a'; PIECE + 1][..], b"\nb\n"].concat();
        assert_eq!(pieces(&long).map(<[u8]>::len).collect::<Vec<_>>(), [PIECE + 2, 2]);
        assert_eq!(pieces(b"").count(), 0);
    }
}
