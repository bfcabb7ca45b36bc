//! Standard output and standard error that nobody reads, that are read late, and whose reader has gone: nothing waits
//! for a reader, and what could not be written is counted.

use std::fs::{self, OpenOptions};
use std::io::{BufRead as _, BufReader, PipeReader, PipeWriter, Read as _, Write as _, pipe};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::app::RawAnswer;
use crate::bare_connection::BareConnection;
use crate::cli::Program;
use crate::tools;

/// The log of so many requests fits no pipe and no queue, whatever else is in them.
const MANY: usize = 16_000;

/// Nothing here takes as long; it only ends a test that has failed.
const TOO_LONG: Duration = Duration::from_mins(1);

/// A server whose standard output and standard error the test holds.
struct Running {
    child: Child,
    url: String,
}

impl Running {
    /// Starts it, and learns its address from the first line of standard output, which is then closed or kept.
    fn start(program: &Program, stderr: impl Into<Stdio>, arguments: &[&str]) -> (Self, BufReader<PipeReader>) {
        let (reader, writer) = pipe().unwrap();
        let child = spawn(program, writer, stderr, arguments);
        let (mut reader, mut line) = (BufReader::new(reader), String::new());
        reader.read_line(&mut line).unwrap();
        let url = line.strip_prefix("listening on ").unwrap_or_else(|| panic!("{line:?}")).trim_end().to_owned();
        (Self { child, url }, reader)
    }

    /// Starts it where its address cannot be read, and asks the system for its port.
    fn unread(program: &Program, stdout: impl Into<Stdio>, stderr: impl Into<Stdio>) -> Self {
        let child = spawn(program, stdout, stderr, &[]);
        let port = within(TOO_LONG, "it does not listen", || listening_port(child.id()));
        Self { child, url: format!("http://127.0.0.1:{port}") }
    }

    /// So many requests on each of these connections, each answered with 200.
    fn ask(&self, connections: usize, requests: usize) {
        let one = || {
            let mut line = BareConnection::to(&self.url).unwrap();
            for _ in 0..requests {
                assert_eq!(line.get("/healthz").unwrap().status, 200);
            }
        };
        thread::scope(|scope| {
            for _ in 0..connections {
                scope.spawn(one);
            }
        });
    }

    /// The value of a series without labels.
    fn metric(&self, name: &str) -> u64 {
        let host = self.url.trim_start_matches("http://");
        let answer =
            RawAnswer::to(&self.url, format!("GET /metrics HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"));
        let value = answer.body.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.unwrap_or_else(|| panic!("{name} is missing: {}", answer.body)).parse().unwrap()
    }

    /// SIGTERM, and the exit code that it leads to.
    fn stop(mut self) -> Option<i32> {
        signal(&self.child);
        exit_code(&mut self.child)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(program: &Program, stdout: impl Into<Stdio>, stderr: impl Into<Stdio>, arguments: &[&str]) -> Child {
    let mut command = program.command(arguments);
    command.args(["--bind", "127.0.0.1:0"]).stdout(stdout).stderr(stderr).spawn().unwrap()
}

fn signal(child: &Child) {
    let sent = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

fn exit_code(child: &mut Child) -> Option<i32> {
    within(TOO_LONG, "it does not end", || child.try_wait().unwrap()).code()
}

/// Asks until there is an answer.
fn within<T>(time: Duration, otherwise: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(started.elapsed() < time, "{otherwise}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// The port on which a process listens: of the system's sockets in that state, the one that it has open.
fn listening_port(process: u32) -> Option<u16> {
    const LISTENING: &str = "0A";
    let files = fs::read_dir(format!("/proc/{process}/fd")).ok()?;
    let open: Vec<_> = files.filter_map(|file| fs::read_link(file.ok()?.path()).ok()).collect();
    let table = fs::read_to_string(format!("/proc/{process}/net/tcp")).ok()?;
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let is_own = open.iter().any(|file| file.to_str() == Some(&format!("socket:[{}]", fields[9])));
        let (_, port) = fields[1].split_once(':')?;
        (is_own && fields[3] == LISTENING).then(|| u16::from_str_radix(port, 16).unwrap())
    })
}

/// A pipe that has no room. A writer waits at it, or is told so where `blocks` is false.
fn full_pipe(blocks: bool) -> (PipeReader, PipeWriter) {
    let (reader, mut writer) = pipe().unwrap();
    rustix::io::ioctl_fionbio(&writer, true).unwrap();
    for size in [4096, 1] {
        while writer.write(&vec![b'.'; size]).is_ok() {}
    }
    rustix::io::ioctl_fionbio(&writer, !blocks).unwrap();
    (reader, writer)
}

/// Reads to the end in a thread of its own.
fn read_to_the_end(mut reader: PipeReader) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        text
    })
}

/// How many lines the log says were dropped.
fn told(log: &str) -> u64 {
    let said = |line: &str| {
        let (_, said) = line.split_once("hallpass::log] ")?;
        let (count, rest) = said.split_once(' ')?;
        assert!(rest.contains(" dropped: standard error was not read fast enough"), "{line}");
        Some(count.parse::<u64>().unwrap())
    };
    log.lines().filter_map(said).sum()
}

#[test]
fn a_server_whose_output_nobody_reads_answers_every_request_and_ends_on_sigterm() {
    let program = Program::with_keys();
    let (reader, writer) = pipe().unwrap();
    let (running, stdout) = Running::start(&program, writer, &["--workers", "2"]);
    running.ask(4, MANY / 4);
    running.ask(1, 100);
    assert!(running.metric("hallpass_log_lines_dropped_total") > 0);
    assert_eq!(running.stop(), Some(0));
    drop((reader, stdout));
}

#[test]
fn a_reader_that_comes_late_learns_how_many_lines_were_dropped_and_misses_no_other() {
    let program = Program::with_keys();
    let (reader, writer) = pipe().unwrap();
    let (running, _stdout) = Running::start(&program, writer, &["--workers", "2"]);
    running.ask(4, MANY / 4);
    let counted = running.metric("hallpass_log_lines_dropped_total");
    assert!(counted > 0);
    let reading = read_to_the_end(reader);
    // Once the reader has caught up, a line more is not dropped.
    let mut asked = MANY + 1;
    within(TOO_LONG, "lines are still dropped", || {
        let before = running.metric("hallpass_log_lines_dropped_total");
        asked += 2;
        (running.metric("hallpass_log_lines_dropped_total") == before).then_some(())
    });
    let dropped = running.metric("hallpass_log_lines_dropped_total");
    asked += 1;
    assert_eq!(running.stop(), Some(0));
    let log = reading.join().unwrap();
    assert_eq!(told(&log), dropped);
    let written = log.lines().filter(|line| line.contains("] request id=")).count();
    assert_eq!(written + usize::try_from(dropped).unwrap(), asked, "each line is written or counted");
    assert!(log.lines().all(|line| line.starts_with("[20")), "no line is cut: {log}");
    assert!(log.lines().last().unwrap().ends_with("shutting down once the requests in flight are answered"));
}

#[test]
fn the_last_lines_are_written_when_somebody_reads_only_at_the_end() {
    const REQUESTS: usize = 3_000;
    let program = Program::with_keys();
    let (reader, writer) = pipe().unwrap();
    let (running, _stdout) = Running::start(&program, writer, &[]);
    running.ask(1, REQUESTS);
    assert_eq!(running.metric("hallpass_log_lines_dropped_total"), 0, "they fit");
    let reading = read_to_the_end(reader);
    assert_eq!(running.stop(), Some(0));
    let log = reading.join().unwrap();
    assert_eq!(log.matches("GET /healthz 200").count(), REQUESTS);
    assert!(log.trim_end().ends_with("shutting down once the requests in flight are answered"), "{log}");
}

#[test]
fn a_reader_that_goes_away_leaves_the_server_serving() {
    let program = Program::with_keys();
    let (reader, writer) = pipe().unwrap();
    // As `hallpass | head -1` does: the first line is read, and no other.
    let (running, stdout) = Running::start(&program, writer, &[]);
    drop(stdout);
    running.ask(1, 10);
    drop(reader);
    running.ask(2, 100);
    within(TOO_LONG, "what is not written is not counted", || {
        (running.metric("hallpass_log_lines_dropped_total") > 100).then_some(())
    });
    assert_eq!(running.stop(), Some(0));
}

#[test]
fn output_that_is_closed_or_full_from_the_beginning_keeps_no_server_from_starting() {
    type Output = (Option<PipeReader>, Stdio);
    let closed = || -> Output { (None, pipe().unwrap().1.into()) };
    let full = |blocks| -> Output {
        let (reader, writer) = full_pipe(blocks);
        (Some(reader), writer.into())
    };
    let no_space = || -> Output { (None, OpenOptions::new().write(true).open("/dev/full").unwrap().into()) };
    for (name, one, other) in [
        ("closed", closed(), closed()),
        ("full", full(true), full(true)),
        ("full and not waiting", full(false), full(false)),
        ("without space", no_space(), no_space()),
    ] {
        let program = Program::with_keys();
        let ((_one, stdout), (_other, stderr)) = (one, other);
        let running = Running::unread(&program, stdout, stderr);
        running.ask(2, 500);
        assert_eq!(running.stop(), Some(0), "{name}");
    }
}

#[test]
fn standard_output_is_full_at_the_start_and_its_first_line_comes_when_it_is_read() {
    for blocks in [true, false] {
        let program = Program::with_keys();
        let (reader, writer) = full_pipe(blocks);
        let running = Running::unread(&program, writer, Stdio::null());
        running.ask(1, 10);
        let url = running.url.clone();
        let reading = read_to_the_end(reader);
        assert_eq!(running.stop(), Some(0));
        assert_eq!(reading.join().unwrap().trim_start_matches('.'), format!("listening on {url}\nissuer {url}\n"));
    }
}

#[test]
fn what_cannot_be_printed_on_standard_output_is_said_in_the_log() {
    let program = Program::with_keys();
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let (reader, writer) = pipe().unwrap();
    let running = Running::unread(&program, full, writer);
    running.ask(1, 1);
    assert_eq!(running.stop(), Some(0));
    let log = read_to_the_end(reader).join().unwrap();
    assert!(log.contains("WARN  hallpass::log] cannot write to standard output: No space left"), "{log}");
}

/// Set in the process of this test that panics.
const PANICS: &str = "HALLPASS_TEST_PANICS";

#[test]
fn a_panic_is_a_line_of_the_log_and_waits_for_nobody() {
    if tools::variable(PANICS).is_some() {
        panic_with_a_log();
    }
    let run = |stderr: PipeWriter| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "standard_streams::a_panic_is_a_line_of_the_log_and_waits_for_nobody", "--nocapture"]);
        command.env(PANICS, "1").env("RUST_BACKTRACE", "0").stdout(Stdio::null()).stderr(stderr);
        let mut child = command.spawn().unwrap();
        drop(command);
        assert_eq!(exit_code(&mut child), Some(0));
    };
    let (_reader, full) = full_pipe(true);
    run(full);
    let (reader, writer) = pipe().unwrap();
    run(writer);
    let log = read_to_the_end(reader).join().unwrap();
    assert!(log.contains(" ERROR hallpass::panic] thread `worker` panicked at tests/it/standard_streams.rs:"), "{log}");
    assert!(log.ends_with(": one\\ntwo\\u{1b}[31m\n"), "{log}");
    assert_eq!(log.lines().count(), 1, "{log}");
}

/// As a worker's thread does, whatever is logged of the rest.
fn panic_with_a_log() -> ! {
    let logging = hallpass::log::start("off").unwrap();
    let worker = thread::Builder::new().name("worker".to_owned());
    let ended = worker.spawn(|| panic!("one\ntwo\u{1b}[31m")).unwrap().join();
    drop(logging);
    std::process::exit(i32::from(ended.is_ok()))
}

/// Starts that fail, before and after the log is there: arguments, an unfit file, and what is said.
const FAILING: [(&[&str], &str, &str); 3] = [
    (&["--no-such-flag"], "", "--no-such-flag"),
    (&["--workers", "0"], "", "hallpass: --workers is `0`"),
    (&[], "keys/hs256.secret", "hallpass: cannot use key `keys/hs256.secret`"),
];

#[test]
fn a_start_that_fails_ends_with_2_though_nobody_reads_why() {
    for (arguments, unfit, _) in FAILING {
        for (blocks, is_read) in [(true, true), (true, false), (false, true)] {
            let program = Program::with_keys();
            if !unfit.is_empty() {
                fs::write(program.path(unfit), "").unwrap();
            }
            let (reader, writer) = full_pipe(blocks);
            let reader = is_read.then_some(reader);
            let mut child = spawn(&program, Stdio::null(), writer, arguments);
            assert_eq!(exit_code(&mut child), Some(2), "{arguments:?}");
            drop(reader);
        }
    }
}

#[test]
fn why_a_start_fails_is_told_when_the_reader_is_slow() {
    for (arguments, unfit, words) in FAILING {
        let program = Program::with_keys();
        if !unfit.is_empty() {
            fs::write(program.path(unfit), "").unwrap();
        }
        let (reader, writer) = full_pipe(true);
        let mut child = spawn(&program, Stdio::null(), writer, arguments);
        let reading = read_to_the_end(reader);
        assert_eq!(exit_code(&mut child), Some(2), "{arguments:?}");
        let said = reading.join().unwrap();
        assert!(said.contains(words) && said.ends_with('\n'), "{arguments:?}: {said}");
    }
}

#[test]
fn a_command_whose_reader_has_gone_ends_as_it_would_have_without_a_word() {
    let program = Program::with_keys();
    program.run(&["keygen"]);
    let token = program.sign(&[]);
    for (arguments, code) in [
        (&["--help"][..], 0),
        (&["--version"], 0),
        (&["help", "inspect"], 0),
        (&["check"], 0),
        (&["check", "--tls-cert", "missing.pem", "--tls-key", "missing.pem"], 2),
        (&["keygen", "--algorithm", "RS256", "--force"], 0),
        (&["sign"], 0),
        (&["user", "add", "susan"], 0),
        (&["user", "list"], 0),
        (&["user", "remove", "susan"], 0),
        (&["rotate", "--after", "0"], 0),
        (&["inspect", &token], 0),
        (&["inspect", "--json", "no token"], 1),
    ] {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        fs::write(program.path("password"), "secret\n").unwrap();
        let password = fs::File::open(program.path("password")).unwrap();
        let output = program.command(arguments).stdin(password).stdout(writer).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), stderr.as_str()), (Some(code), ""), "{arguments:?}");
    }
}

#[test]
fn a_command_that_cannot_print_its_result_says_so() {
    let program = Program::with_keys();
    program.run(&["keygen"]);
    let on_full = |arguments: &[&str]| {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = program.command(arguments).stdin(Stdio::null()).stdout(full).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    for arguments in [&["sign"][..], &["check"]] {
        let (code, stderr) = on_full(arguments);
        assert_eq!(code, Some(2), "{arguments:?}");
        assert!(stderr.starts_with("hallpass: cannot write to standard output: No space left"), "{stderr}");
    }
    // These have made their change. Whoever took it for failed and repeated it would make it twice.
    for (arguments, done) in [(&["keygen", "--force"][..], "made keys/"), (&["rotate"], "the new keys sign from")] {
        let (code, stderr) = on_full(arguments);
        assert_eq!(code, Some(0), "{arguments:?}");
        assert!(stderr.starts_with("warning: cannot write to standard output: No space left"), "{stderr}");
        assert!(stderr.contains("what was done:\n") && stderr.contains(done), "{stderr}");
    }
}
