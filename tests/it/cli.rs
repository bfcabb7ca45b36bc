//! The built program from outside: exit codes, the one line on standard output, and what goes in and out of a pipe.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hallpass::keys::{Algorithm, RsaPublicKey};
use hallpass::settings::Setting;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::app::{RawAnswer, fixture, put_rsa_keys};

/// The program in a working directory of its own, with no variable of this process's environment.
pub struct Program {
    folder: TempDir,
    variables: Vec<(String, String)>,
    /// How many files it may have open; as many as this process may when none is named.
    files: Option<u32>,
    /// Whether it runs without the rights of root, where this process has them.
    unprivileged: bool,
}

/// What a run came to.
pub struct Done {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Program {
    pub fn new() -> Self {
        Self { folder: TempDir::new().unwrap(), variables: Vec::new(), files: None, unprivileged: false }
    }

    /// With RSA keys in the keys folder.
    pub fn with_keys() -> Self {
        let program = Self::new();
        fs::create_dir(program.path("keys")).unwrap();
        put_rsa_keys(&program.path("keys"));
        program
    }

    /// The same with a variable in its environment.
    pub fn and(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same where so many files may be open, and no more.
    pub fn with_files(mut self, files: u32) -> Self {
        self.files = Some(files);
        self
    }

    /// The same as a user who can read the keys folder and cannot write it.
    pub fn with_read_only_keys(mut self) -> Self {
        set_mode(self.folder.path(), 0o755);
        set_mode(&self.path("keys"), 0o555);
        for entry in fs::read_dir(self.path("keys")).unwrap() {
            set_mode(&entry.unwrap().path(), 0o444);
        }
        self.unprivileged = true;
        self
    }

    /// The same with this file in its working directory.
    pub fn holding(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        fs::write(self.path(name), text).unwrap();
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Each server of this program has a log of its own.
    fn new_log(&self) -> PathBuf {
        let mut names = (1..).map(|number| self.path(&format!("log{number}")));
        names.find(|path| !path.exists()).unwrap()
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let program = env!("CARGO_BIN_EXE_hallpass");
        let is_root = self.unprivileged && fs::metadata("/proc/self").unwrap().uid() == 0;
        let mut command = Command::new(match self.files {
            _ if is_root => "/usr/bin/setpriv",
            Some(_) => "/bin/sh",
            None => program,
        });
        if is_root {
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups", program]);
        }
        command.current_dir(self.folder.path()).env_clear();
        if let Some(files) = self.files {
            command.args(["-c", &format!("ulimit -n {files} && exec \"$0\" \"$@\""), program]);
        }
        command.args(arguments);
        command.envs(self.variables.iter().map(|(name, value)| (name, value))).stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Done {
        Done::of(&mut self.command(arguments))
    }

    /// Runs with this standard input.
    pub fn run_with_input(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> Done {
        let file = self.path("input");
        fs::write(&file, input).unwrap();
        Done::of(self.command(arguments).stdin(fs::File::open(file).unwrap()))
    }

    /// Prints one token.
    pub fn sign(&self, arguments: &[&str]) -> String {
        let done = self.run(&[&["sign"], arguments].concat());
        // Secrets of tests may be short.
        let is_quiet = done.stderr.is_empty() || done.stderr.starts_with("warning: the secret is weak: ");
        assert!(done.code == Some(0) && is_quiet, "{arguments:?}: {}", done.stderr);
        assert_eq!(done.stdout.matches('\n').count(), 1, "one token and its line's end");
        done.stdout.trim_end().to_owned()
    }

    /// `inspect --json` of one token: the exit code and the verdict.
    pub fn inspect(&self, arguments: &[&str], token: &str) -> (i32, Value) {
        let done = self.run(&[&["inspect", "--json"], arguments, &[token]].concat());
        assert_eq!(done.stderr, "", "{arguments:?}");
        (done.code.unwrap(), serde_json::from_str(&done.stdout).unwrap())
    }

    pub fn serve(&self, arguments: &[&str]) -> Serving {
        self.serve_at("127.0.0.1:0", arguments)
    }

    /// The same at this address.
    pub fn serve_at(&self, address: &str, arguments: &[&str]) -> Serving {
        Serving::start(self, address, arguments)
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

impl Drop for Program {
    /// Lets the folder be removed.
    fn drop(&mut self) {
        if self.unprivileged {
            set_mode(&self.path("keys"), 0o755);
        }
    }
}

impl Done {
    pub fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Asserts exit code 2, nothing on standard output, and one line that says all of `words`.
    pub fn assert_failed(&self, words: &[&str]) {
        assert_eq!((self.code, self.stdout.as_str()), (Some(2), ""), "{}", self.stderr);
        assert!(self.stderr.starts_with("hallpass: ") && self.stderr.ends_with('\n'), "{:?}", self.stderr);
        assert_eq!(self.stderr.lines().count(), 1, "{}", self.stderr);
        for word in words {
            assert!(self.stderr.contains(word), "{word:?} is missing: {}", self.stderr);
        }
    }
}

/// A server that is killed when the test is over.
pub struct Serving {
    child: Child,
    stdout: BufReader<ChildStdout>,
    log: PathBuf,
    pub url: String,
    pub issuer: String,
}

impl Serving {
    fn start(program: &Program, address: &str, arguments: &[&str]) -> Self {
        let log = program.new_log();
        let mut command = program.command(arguments);
        let stderr = fs::File::create(&log).unwrap();
        let mut child = command.args(["--bind", address]).stdout(Stdio::piped()).stderr(stderr).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let url = line.strip_prefix("listening on ").unwrap_or_else(|| {
            panic!("{line:?} {}", fs::read_to_string(&log).unwrap());
        });
        let mut second = String::new();
        stdout.read_line(&mut second).unwrap();
        let issuer = second.strip_prefix("issuer ").unwrap_or_else(|| panic!("{second:?}"));
        let (url, issuer) = (url.trim_end_matches('\n').to_owned(), issuer.trim_end_matches('\n').to_owned());
        Self { child, stdout, log, url, issuer }
    }

    /// What it has logged so far. A thread of its own writes the log, so the latest lines may be missing.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// The log, once it says so.
    pub fn log_with(&self, words: &str) -> String {
        let start = Instant::now();
        loop {
            let log = self.log();
            if log.contains(words) {
                return log;
            }
            assert!(start.elapsed() < Duration::from_secs(20), "{words:?} is not logged: {log}");
            sleep(Duration::from_millis(10));
        }
    }

    /// The log, once it stays as it is.
    pub fn log_at_rest(&self) -> String {
        let mut log = self.log();
        loop {
            sleep(Duration::from_millis(150));
            let now = self.log();
            if now == log {
                return log;
            }
            log = now;
        }
    }

    /// What it logged until it ended.
    pub fn log_to_the_end(self) -> String {
        let log = self.log.clone();
        self.stop();
        fs::read_to_string(log).unwrap()
    }

    pub fn get(&self, path: &str) -> RawAnswer {
        let host = self.url.trim_start_matches("http://");
        RawAnswer::to(&self.url, format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"))
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for the end, and hands back what was printed after the first two lines, and the log.
    pub fn ended(mut self) -> Done {
        let deadline = Instant::now() + Duration::from_secs(15);
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "it does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
        let mut stdout = String::new();
        self.stdout.read_to_string(&mut stdout).unwrap();
        let code = self.child.wait().unwrap().code();
        Done { code, stdout, stderr: fs::read_to_string(&self.log).unwrap() }
    }

    /// Ends it in good order.
    pub fn stop(self) -> Done {
        self.signal("-TERM");
        self.ended()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One decoded segment of a token, as the text that it is.
fn decoded(token: &str, index: usize) -> String {
    String::from_utf8(URL_SAFE_NO_PAD.decode(token.split('.').nth(index).unwrap()).unwrap()).unwrap()
}

fn claims(token: &str) -> Value {
    serde_json::from_str(&decoded(token, 1)).unwrap()
}

pub fn path_of(fixture_name: &str) -> String {
    fixture(fixture_name).to_str().unwrap().to_owned()
}

pub fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

// ── serve

#[test]
fn without_a_command_it_serves_and_its_two_lines_say_where_and_who_issues_tokens() {
    let program = Program::new();
    let serving = program.serve(&[]);
    let port = serving.url.strip_prefix("http://127.0.0.1:").unwrap();
    assert!(port.parse::<u16>().unwrap() > 0, "{port}");
    assert_eq!(serving.issuer, serving.url);
    let answer = serving.get("/healthz");
    assert_eq!((answer.status, answer.body.as_str()), (200, "ok\n"));
    for file in ["hs256.secret", "jwt_key", "jwt_key.pub", "session.key"] {
        assert_eq!(mode(&program.path("keys").join(file)), 0o600, "{file}");
    }
    let done = serving.stop();
    assert_eq!((done.code, done.stdout.as_str()), (Some(0), ""), "{}", done.stderr);
    assert!(done.stderr.lines().all(|line| line.starts_with('[')), "only log lines: {}", done.stderr);
}

#[test]
fn it_ends_with_0_after_sigterm_and_sigint() {
    for (signal, command) in [("-TERM", "serve"), ("-INT", "serve")] {
        let program = Program::with_keys();
        let serving = program.serve(&[command]);
        let url = serving.url.clone();
        assert_eq!(serving.get("/").status, 200);
        serving.signal(signal);
        let done = serving.ended();
        assert_eq!((done.code, done.stdout.as_str()), (Some(0), ""), "{signal}: {}", done.stderr);
        assert!(TcpStream::connect(url.trim_start_matches("http://")).is_err(), "nobody listens any more");
    }
}

#[test]
fn what_is_in_flight_is_finished_after_sigterm() {
    let program = Program::with_keys();
    // One worker takes connections in their order, so the second answer says that the first request was heard.
    let serving = program.serve(&["--workers", "1"]);
    let address = serving.url.trim_start_matches("http://").to_owned();
    let mut socket = TcpStream::connect(&address).unwrap();
    let head = format!(
        "POST /algorithm HTTP/1.1\r\nHost: {address}\r\nContent-Length: 15\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\nalgorithm"
    );
    socket.write_all(head.as_bytes()).unwrap();
    assert_eq!(serving.get("/healthz").status, 200, "the first request is being answered by now");
    serving.signal("-TERM");
    std::thread::sleep(Duration::from_millis(200));
    socket.write_all(b"=RS256").unwrap();
    let mut answer = [0; 12];
    socket.read_exact(&mut answer).unwrap();
    assert_eq!(answer, *b"HTTP/1.1 303");
    drop(socket);
    assert_eq!(serving.ended().code, Some(0));
}

#[test]
fn an_idle_connection_does_not_hold_up_the_end() {
    let program = Program::with_keys();
    let serving = program.serve(&["--shutdown-timeout", "2"]);
    let address = serving.url.trim_start_matches("http://").to_owned();
    let mut socket = TcpStream::connect(&address).unwrap();
    write!(socket, "GET /healthz HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
    socket.read_exact(&mut [0; 12]).unwrap();
    let started = Instant::now();
    assert_eq!(serving.stop().code, Some(0));
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
}

#[test]
fn a_taken_port_ends_the_start() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let done = Program::with_keys().run(&["--bind", &address]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""));
    let last = done.stderr.lines().find(|line| line.starts_with("hallpass: ")).unwrap();
    assert!(last.contains(&format!("cannot listen on --bind {address}; if another program uses this port")), "{last}");
}

#[test]
fn a_bad_key_ends_the_start_with_the_file_and_the_remedy() {
    for (file, key, words) in [
        ("jwt_key", "", ["cannot use key `keys/jwt_key`", "it is empty"]),
        ("jwt_key", &fs::read_to_string(fixture("rsa-1024-openssh")).unwrap(), ["keys/jwt_key", "1024 bits"]),
        ("hs256.secret", &fs::read_to_string(fixture("rsa-openssh.pub")).unwrap(), ["keys/hs256.secret", "public key"]),
        ("session.key", "short", ["keys/session.key", "remove it, and a new one is made"]),
    ] {
        let program = Program::with_keys();
        fs::write(program.path("keys").join(file), key).unwrap();
        let done = program.run(&["--bind", "127.0.0.1:0"]);
        assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""));
        let last = done.stderr.lines().last().unwrap();
        assert!(last.starts_with("hallpass: ") && words.iter().all(|word| last.contains(word)), "{last}");
    }
    let program = Program::new().holding("keys", "a file, and no folder");
    program.run(&["--bind", "127.0.0.1:0"]).assert_failed(&["`keys`"]);
}

// ── settings

/// A flag with a value that it does not take, and what it takes.
const BAD: [(&str, &str, &str); 24] = [
    ("bind", "example.org:5000", "localhost:5000, 127.0.0.1:5000 or :5000"),
    ("bind", "127.0.0.1", "the port is missing, so write 127.0.0.1:5000"),
    ("bind", "127.0.0.1:65536", "localhost:5000, 127.0.0.1:5000 or :5000"),
    ("algorithm", "none", "HS256 or RS256"),
    ("token-ttl", "0", "whole seconds from 1 to 86400"),
    ("token-ttl", "86401", "whole seconds from 1 to 86400"),
    ("public-url", "demo.example", "http:// or https:// with a host"),
    ("public-url", "https://demo.example/path", "nothing after it"),
    ("public-url", "ftp://demo.example", "http:// or https:// with a host"),
    ("workers", "0", "a number from 1 to 512"),
    ("workers", "513", "a number from 1 to 512"),
    ("shutdown-timeout", "3601", "whole seconds from 0 to 3600"),
    ("shutdown-timeout", "-1", "whole seconds from 0 to 3600"),
    ("shutdown-timeout", "2h", "or a duration such as 30s"),
    ("token-ttl", "2d", "or a duration such as 90s"),
    ("keep", "12h", "a duration from 1d to 3650d"),
    ("keep", "30", "a duration from 1d to 3650d"),
    ("keys", "~eve/keys", "`~/` at its beginning is your home folder"),
    ("keys", "$HOME/keys", "variables such as `$HOME` are not replaced"),
    ("database", "sqlite:~eve/a.db", "`~/` at its beginning is your home folder"),
    ("second-origin", "forms.example", "https:// with a host and, if need be, a port, and nothing after it"),
    ("second-origin", "http://forms.example", "http:// with localhost, a name that ends in .localhost"),
    ("second-origin", "https://forms.example/lab", "https:// with a host"),
    ("tls-cert", "~eve/cert.pem", "`~/` at its beginning is your home folder"),
];

fn variable(flag: &str) -> String {
    Setting::all().iter().find(|setting| setting.flag == flag).unwrap().variable()
}

#[test]
fn a_bad_value_ends_the_start_with_one_line_that_names_setting_value_and_what_is_accepted() {
    for (flag, value, accepted) in BAD {
        let by_flag = Program::new().run(&[&format!("--{flag}={value}")]);
        let in_environment = Program::new().and(&variable(flag), value).run(&[]);
        let in_file = Program::new().holding(".env", format!("{}={value}\n", variable(flag))).run(&["serve"]);
        let variable = variable(flag);
        for (done, origin) in [
            (by_flag, "on the command line".to_owned()),
            (in_environment, format!("in the environment ({variable})")),
            (in_file, format!("in .env ({variable})")),
        ] {
            done.assert_failed(&[&format!("--{flag} is `{value}` {origin}; accepted: "), accepted]);
        }
    }
}

#[test]
fn a_bad_public_url_is_shown_without_its_password() {
    let done = Program::new().run(&["--public-url", "https://susan:open-sesame@demo.example"]);
    done.assert_failed(&["--public-url is `https://…@demo.example`"]);
    assert!(!done.stderr.contains("open-sesame"), "{}", done.stderr);
}

#[test]
fn an_unknown_hallpass_variable_is_warned_of() {
    let program = Program::with_keys().and("HALLPASS_DATABSE", "sqlite:a.db").holding(".env", "HALLPASS_PROT=5001\n");
    let checked = program.run(&["check"]);
    assert_eq!(checked.code, Some(0), "{}", checked.stdout);
    let serving = program.serve(&[]);
    for name in ["HALLPASS_DATABSE", "HALLPASS_PROT"] {
        let note = format!("note   settings: {name} is set, but no setting has that variable");
        assert!(checked.stdout.contains(&note), "{}", checked.stdout);
        serving.log_with(&format!("{name} is set"));
    }
}

/// Kubernetes sets the same variable to an address, and is told nothing.
#[test]
fn a_port_in_its_own_variable_is_told_the_setting_for_it() {
    let says = "HALLPASS_PORT is set, but no setting has that variable; write HALLPASS_BIND=127.0.0.1:8080";
    for program in [
        Program::with_keys().and("HALLPASS_PORT", "8080"),
        Program::with_keys().holding(".env", "HALLPASS_PORT=8080\n"),
    ] {
        assert!(program.run(&["check"]).stdout.contains(says));
    }
    let of_kubernetes = Program::with_keys().and("HALLPASS_PORT", "tcp://10.0.0.1:8080").run(&["check"]);
    assert!(!of_kubernetes.stdout.contains("HALLPASS_PORT"), "{}", of_kubernetes.stdout);
}

#[test]
fn a_server_that_knows_no_user_says_how_to_add_one() {
    let says = "every login fails until `hallpass user add NAME` adds one";
    let program = Program::with_keys();
    let flags = ["--credentials", "users"];
    assert!(program.run(&["check", "--credentials", "users"]).stdout.contains(says));
    program.serve(&flags).log_with(says);
    assert_eq!(program.run_with_input(&["user", "add", "susan"], "a password\n").code, Some(0));
    let serving = program.serve(&flags);
    assert!(!serving.log_at_rest().contains(says));
}

#[test]
fn a_bad_value_is_one_line_whatever_is_in_it() {
    Program::new().run(&["--bind", "a\nb\r\u{1b}[31mc"]).assert_failed(&["--bind is `a\\nb\\r\\u{1b}[31mc`"]);
}

#[test]
fn control_characters_in_arguments_are_escaped() {
    let hostile = "--\u{1b}[2J\u{9b}31m\u{202e}x\naccepted: every check passed";
    let safe = "--\\u{1b}[2J\\u{9b}31m\\u{202e}x\\naccepted";
    for arguments in
        [&[hostile][..], &["inspect", hostile], &["sign", "--ttl", &hostile[2..]], &["user", "add", hostile]]
    {
        let done = Program::new().run(arguments);
        assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(done.stderr.contains(&safe[2..]), "{}", done.stderr);
        assert!(!done.stderr.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{:?}", done.stderr);
    }
    let hostile = "a\u{202e}\u{9b}\u{200b}b";
    let done = Program::new().run(&["check", "--keys", hostile]);
    assert!(done.stdout.contains("`a\\u{202e}\\u{9b}\\u{200b}b/jwt_key`"), "{}", done.stdout);
    let done = Program::new().run(&["keygen", "--keys", hostile]);
    assert_eq!(done.stdout, "made a\\u{202e}\\u{9b}\\u{200b}b/hs256.secret\n");
    Program::new().serve(&["--keys", hostile]).log_with("made keys in `a\\u{202e}\\u{9b}\\u{200b}b`: ");
}

#[test]
fn a_variable_that_is_no_text_is_refused_by_name() {
    use std::os::unix::ffi::OsStrExt as _;
    let program = Program::new();
    let done = Done::of(program.command(&[]).env("HALLPASS_KEYS", OsStr::from_bytes(b"\xff\xfe")));
    done.assert_failed(&["HALLPASS_KEYS", "not UTF-8"]);
}

#[test]
fn a_broken_env_file_is_named_and_not_shown() {
    let done = Program::new().holding(".env", "HALLPASS_BIND=127.0.0.1:0\nAPI SECRET hunter2\n").run(&[]);
    done.assert_failed(&["line 2 of `.env`", "NAME=value"]);
    assert!(!done.stderr.contains("hunter2"), "{}", done.stderr);

    let program = Program::new();
    fs::create_dir(program.path(".env")).unwrap();
    program.run(&[]).assert_failed(&["`.env`", "Is a directory"]);
}

/// What the page of a server says of the token's lifetime.
fn lifetime(program: &Program, arguments: &[&str]) -> String {
    let page = program.serve(arguments).get("/").body;
    let (before, _) = page.split_once(" seconds. Your browser").unwrap();
    before.rsplit(' ').next().unwrap().to_owned()
}

#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_file() {
    let name = "HALLPASS_TOKEN_TTL";
    let file = "HALLPASS_TOKEN_TTL=7\n";
    assert_eq!(lifetime(&Program::with_keys(), &[]), "60");
    assert_eq!(lifetime(&Program::with_keys().holding(".env", file), &[]), "7");
    assert_eq!(lifetime(&Program::with_keys().holding(".env", file).and(name, "6"), &[]), "6");
    let all = Program::with_keys().holding(".env", file).and(name, "6");
    assert_eq!(lifetime(&all, &["--token-ttl", "5"]), "5");
    assert_eq!(lifetime(&all, &["--token-ttl", "5", "serve"]), "5");
    assert_eq!(lifetime(&all, &["--token-ttl", "5", "serve", "--token-ttl", "4"]), "4");
}

#[test]
fn a_duration_is_written_alike_in_every_setting_and_flag() {
    for (written, seconds) in [("90s", "90"), ("2m", "120"), ("1h", "3600"), ("1d", "86400"), ("300", "300")] {
        assert_eq!(lifetime(&Program::with_keys(), &["--token-ttl", written]), seconds);
    }
    let durations = [["--keep", "1d"], ["--keep", "720h"], ["--keep", "86400"], ["--shutdown-timeout", "1h"]];
    for [flag, value] in durations.into_iter().chain([["--shutdown-timeout", "0"], ["--shutdown-timeout", "5m"]]) {
        assert_eq!(Program::with_keys().run(&["check", flag, value]).code, Some(0), "{flag} {value}");
    }
    let program = Program::with_keys();
    program.run(&["keygen"]);
    for (written, seconds) in [("90s", 90), ("5m", 300), ("1h", 3600), ("1d", 86_400), ("7", 7)] {
        let signed = claims(&program.sign(&["--ttl", written]));
        assert_eq!(signed["exp"].as_i64().unwrap() - signed["iat"].as_i64().unwrap(), seconds, "{written}");
    }
    for bad in ["2d", "1w", "1.5h", "-1", "", "1h30m"] {
        for arguments in [["sign", "--ttl"], ["rotate", "--after"]] {
            let done = program.run(&[&arguments[..], &[bad]].concat());
            assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{arguments:?} {bad}");
            assert!(done.stderr.contains("duration such as") || bad == "-1", "{}", done.stderr);
        }
    }
}

#[test]
fn a_variable_that_is_set_to_nothing_counts_as_not_set() {
    let empty =
        Setting::all().iter().fold(Program::with_keys(), |program, setting| program.and(&setting.variable(), ""));
    assert_eq!(lifetime(&empty, &[]), "60");
    let filled = empty.holding(".env", "HALLPASS_TOKEN_TTL=7\nHALLPASS_ALGORITHM=\n");
    assert_eq!(lifetime(&filled, &[]), "7", "an empty variable does not hide the file's");
}

#[test]
fn what_the_program_does_not_know_is_refused() {
    for arguments in [&["--frobnicate"][..], &["frobnicate"], &["--bind"], &["sign", "--frobnicate"]] {
        let done = Program::new().run(arguments);
        assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(done.stderr.starts_with("hallpass: ") && done.stderr.lines().count() == 1, "{}", done.stderr);
    }
}

// ── keygen

#[test]
fn keygen_makes_a_secret_or_a_pair_that_the_owner_alone_may_read() {
    let program = Program::new();
    let done = program.run(&["keygen"]);
    assert_eq!((done.code, done.stdout.as_str(), done.stderr.as_str()), (Some(0), "made keys/hs256.secret\n", ""));
    assert_eq!(mode(&program.path("keys/hs256.secret")), 0o600);
    let secret = program.read("keys/hs256.secret");
    assert_eq!((secret.len(), secret.ends_with('\n')), (44, true), "256 bits as text");

    let done = program.run(&["keygen", "--algorithm", "RS256"]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(0), "made keys/jwt_key\nmade keys/jwt_key.pub\n"));
    assert_eq!(mode(&program.path("keys/jwt_key")), 0o600);
    let public = RsaPublicKey::parse(program.read("keys/jwt_key.pub").as_bytes()).unwrap();
    assert_eq!(public.modulus().len() * 8, 2048);
}

#[test]
fn keygen_replaces_a_key_only_by_force() {
    for (algorithm, file) in [("HS256", "keys/hs256.secret"), ("RS256", "keys/jwt_key")] {
        let program = Program::new();
        let arguments = ["keygen", "--algorithm", algorithm];
        assert_eq!(program.run(&arguments).code, Some(0));
        let first = program.read(file);
        program.run(&arguments).assert_failed(&["is there already", "--force"]);
        assert_eq!(program.read(file), first);
        assert_eq!(program.run(&[&arguments[..], &["--force"]].concat()).code, Some(0));
        assert_ne!(program.read(file), first);
        assert_eq!(mode(&program.path(file)), 0o600);
        let algorithm = ["--algorithm", algorithm];
        assert_eq!(program.inspect(&[], &program.sign(&algorithm)).0, 0, "both halves are new");
    }
}

#[test]
fn keygen_makes_keys_of_the_sizes_that_are_safe() {
    let program = Program::new();
    let done = program.run(&["keygen", "--algorithm", "RS256", "--bits", "3072"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let public = RsaPublicKey::parse(program.read("keys/jwt_key.pub").as_bytes()).unwrap();
    assert_eq!(public.modulus().len() * 8, 3072);
    for bits in ["1024", "2047", "0", "16384"] {
        let done = Program::new().run(&["keygen", "--algorithm", "RS256", "--bits", bits]);
        done.assert_failed(&[bits, "2048, 3072, 4096 and 8192"]);
    }
}

#[test]
fn keygen_writes_a_key_for_any_algorithm_into_a_file_that_its_owner_alone_may_read() {
    for algorithm in Algorithm::NAMES {
        let program = Program::new();
        let keygen = ["keygen", "--algorithm", algorithm, "--out", "my key"];
        let done = program.run(&keygen);
        let is_pair = !algorithm.starts_with("HS");
        let made = if is_pair { "made my key\nmade my key.pub\n" } else { "made my key\n" };
        assert_eq!((done.code, done.stdout.as_str()), (Some(0), made), "{algorithm}: {}", done.stderr);
        assert_eq!(mode(&program.path("my key")), 0o600, "{algorithm}");
        assert!(!program.path("keys").exists() && program.path("my key.pub").exists() == is_pair, "{algorithm}");
        let token = program.sign(&["--algorithm", algorithm, "--key", "my key"]);
        for key in ["my key", "my key.pub"].iter().take(1 + usize::from(is_pair)) {
            let (code, verdict) = program.inspect(&["--algorithm", algorithm, "--key", key], &token);
            assert_eq!((code, &verdict["header"]["alg"]), (0, &json!(algorithm)), "{verdict}");
        }
        program.run(&keygen).assert_failed(&["`my key` is there already", "--force"]);
        assert_eq!(program.run(&[&keygen[..], &["--force"]].concat()).code, Some(0), "{algorithm}");
        assert_ne!(
            program.inspect(&["--algorithm", algorithm, "--key", "my key"], &token).0,
            0,
            "{algorithm}: a new key"
        );
    }
}

#[test]
fn keygen_for_an_algorithm_that_the_folder_has_no_keys_for_asks_for_a_file() {
    for algorithm in ["HS384", "PS256", "ES256", "EdDSA"] {
        let program = Program::new();
        program.run(&["keygen", "--algorithm", algorithm]).assert_failed(&[algorithm, "--out FILE", "HS256 and RS256"]);
        assert!(!program.path("keys").exists());
    }
    assert_eq!(Program::new().run(&["keygen", "--algorithm", "ES512", "--out", "key"]).code, Some(2));
}

#[test]
fn every_command_takes_the_keys_folder_from_where_the_server_takes_it() {
    let in_file = Program::new().holding(".env", "HALLPASS_KEYS=from-file\n");
    let in_environment = Program::new().and("HALLPASS_KEYS", "from-environment");
    for (program, arguments, folder) in [
        (&in_file, &[][..], "from-file"),
        (&in_environment, &[], "from-environment"),
        (&in_environment, &["--keys", "from-flag"], "from-flag"),
    ] {
        assert_eq!(program.run(&[&["keygen"], arguments].concat()).code, Some(0));
        assert!(program.path(folder).join("hs256.secret").is_file(), "{folder}");
        assert_eq!(program.inspect(arguments, &program.sign(arguments)).0, 0, "{folder}");
        let before_the_command = program.run(&[arguments, &["sign"]].concat());
        assert_eq!(before_the_command.code, Some(0), "{}", before_the_command.stderr);
    }
}

// ── sign

#[test]
fn sign_prints_the_demo_s_token() {
    let program = Program::new();
    program.run(&["keygen"]);
    let token = program.sign(&[]);
    assert_eq!(decoded(&token, 0), r#"{"alg":"HS256","typ":"JWT"}"#);
    let iat = claims(&token)["iat"].as_i64().unwrap();
    assert_eq!(decoded(&token, 1), format!(r#"{{"sub":"bob","iat":{iat},"exp":{}}}"#, iat + 60));
    let now = chrono::DateTime::<chrono::Utc>::from(fs::metadata(program.path("keys")).unwrap().modified().unwrap());
    assert!((now.timestamp()..now.timestamp() + 60).contains(&iat), "{iat}");
}

#[test]
fn sign_takes_a_subject_and_a_lifetime_or_any_claims() {
    let program = Program::new();
    program.run(&["keygen"]);
    let signed = claims(&program.sign(&["--sub", "alice", "--ttl", "86400"]));
    assert_eq!(signed["sub"], "alice");
    assert_eq!(signed["exp"].as_i64().unwrap() - signed["iat"].as_i64().unwrap(), 86_400);

    let given = r#"{"z":[1,{"b":null}],"a":"\u00e9","exp":4102444800}"#;
    assert_eq!(decoded(&program.sign(&["--claims", given]), 1), given, "as they are, in their order");
    assert_eq!(decoded(&program.sign(&["--claims", "{}"]), 1), "{}");
    let put_in = program.sign(&["--claims", r#"{"sub":"x","a":1}"#, "--sub", "alice", "--ttl", "5"]);
    let members: Vec<String> = claims(&put_in).as_object().unwrap().keys().cloned().collect();
    assert_eq!((members.join(" "), &claims(&put_in)["sub"]), ("sub a iat exp".to_owned(), &json!("alice")));
}

#[test]
fn sign_refuses_what_is_no_claims_subject_lifetime_or_algorithm() {
    let program = Program::new();
    program.run(&["keygen"]);
    for bad in ["", "[1]", "{", "null", r#"{"a":1,"a":2}"#, r#"{"a":1}x"#, "{\"a\":\n}"] {
        program.run(&["sign", "--claims", bad]).assert_failed(&["--claims"]);
    }
    for bad in ["", "..", "a\nb", &"x".repeat(65)] {
        program.run(&["sign", "--sub", bad]).assert_failed(&["--sub"]);
    }
    for arguments in [["--ttl", "0"], ["--ttl", "86401"], ["--algorithm", "none"], ["--algorithm", "ES512"]] {
        let done = program.run(&["sign", arguments[0], arguments[1]]);
        assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""));
        assert!(done.stderr.contains(arguments[0]) && done.stderr.contains(arguments[1]), "{}", done.stderr);
    }
}

#[test]
fn a_kid_may_begin_with_a_hyphen_as_one_thumbprint_in_64_does() {
    let program = Program::with_keys();
    for kid in ["-Rb0EpY8RLDlUTyI7jOBzI3iVOiR5DbcgjhPyDNbDX4", "--x1", "-h"] {
        let token = program.sign(&["--kid", kid, "--algorithm", "RS256"]);
        assert_eq!(program.inspect(&["--key", "keys/jwt_key"], &token).1["header"]["kid"], kid);
    }
    for option in ["--ttl=60", "--keys"] {
        program.run(&["sign", "--kid", option]).assert_failed(&["--kid", "has no value"]);
    }
}

#[test]
fn sign_says_what_the_folder_lacks() {
    let program = Program::new();
    program.run(&["keygen"]);
    program.run(&["sign", "--algorithm", "RS256"]).assert_failed(&["`keys`", "keygen --algorithm RS256"]);
    program.run(&["sign", "--algorithm", "HS512"]).assert_failed(&["HS512", "--key"]);
    Program::new().run(&["sign"]).assert_failed(&["`keys`"]);
}

#[test]
fn sign_takes_a_key_in_any_form_and_inspect_its_other_half() {
    let program = Program::new()
        .holding("secret.txt", "correct horse battery staple is long\n")
        .holding("oct.jwk", r#"{"kty":"oct","k":"Y29ycmVjdCBob3JzZSBiYXR0ZXJ5IHN0YXBsZSBpcyBsb25n"}"#);
    let publics = ["rsa-public-spki.pem", "rsa-public-pkcs1.pem", "rsa-openssh.pub", "rsa-public.jwk.json"];
    let privates = ["rsa-openssh", "rsa-pkcs1.pem", "rsa-pkcs8.pem", "rsa-private.jwk.json"];
    let thumbprint = fs::read_to_string(fixture("rsa-thumbprint.txt")).unwrap();
    let mut tokens = Vec::new();
    for private in privates {
        let token = program.sign(&["--key", &path_of(private)]);
        let header: Value = serde_json::from_str(&decoded(&token, 0)).unwrap();
        assert_eq!(header["alg"], "RS256", "{private}");
        assert!(header.get("kid").is_none_or(|kid| kid == thumbprint.trim()), "{private}: {header}");
        tokens.push(token);
    }
    for key in publics.into_iter().chain(privates) {
        for token in &tokens {
            let (code, verdict) = program.inspect(&["--key", &path_of(key)], token);
            assert_eq!((code, &verdict["code"]), (0, &json!("accepted")), "{key}");
        }
        assert_eq!(program.inspect(&["--key", "secret.txt"], &tokens[0]).1["code"], "alg_not_allowed");
    }
    for key in ["secret.txt", "oct.jwk"] {
        let token = program.sign(&["--key", key]);
        for other in ["secret.txt", "oct.jwk"] {
            assert_eq!(program.inspect(&["--key", other], &token).0, 0, "{key} and {other} are one key");
        }
    }
}

#[test]
fn a_number_that_would_be_signed_as_another_is_refused() {
    let program = Program::new();
    program.run(&["keygen"]);
    let long = ["12345678901234567890123", "1.2345678901234568e+22", "as a string"];
    program.run(&["sign", "--claims", r#"{"n":12345678901234567890123}"#]).assert_failed(&long);
    program.run(&["sign", "--claims", r#"{"z":-0}"#]).assert_failed(&["--claims", "-0", "write 0"]);
    program
        .run(&["sign", "--header", r#"{"n":[18446744073709551616]}"#])
        .assert_failed(&["--header", "18446744073709551616"]);
    for claims in [r#"{"n":18446744073709551615,"m":-9223372036854775808,"f":0.1,"z":0}"#, r#"{"t":"-0"}"#] {
        let payload = program.sign(&["--claims", claims]);
        let payload = URL_SAFE_NO_PAD.decode(payload.split('.').nth(1).unwrap()).unwrap();
        assert_eq!(String::from_utf8(payload).unwrap(), claims);
    }
}

#[test]
fn keygen_takes_a_size_for_rsa_alone_and_makes_no_file_of_the_name_of_standard_output() {
    let program = Program::new();
    for arguments in [
        &["keygen", "--bits", "4096"][..],
        &["keygen", "--algorithm", "ES256", "--bits", "4096", "--out", "key"],
        &["keygen", "--algorithm", "EdDSA", "--bits", "2048", "--out", "key"],
    ] {
        program.run(arguments).assert_failed(&["--bits is the size of an RSA key", "leave --bits out"]);
    }
    for algorithm in ["ES256", "HS256"] {
        program.run(&["keygen", "--algorithm", algorithm, "--out", "-"]).assert_failed(&["--out", "`-`", "./-"]);
    }
    assert_eq!(fs::read_dir(program.path(".")).unwrap().count(), 0, "nothing is made");
}

#[test]
fn a_secret_of_one_byte_has_1_byte() {
    let program = Program::new().holding("secret.txt", "x\n");
    let warning = program.run(&["sign", "--key", "secret.txt"]).stderr;
    assert!(warning.contains("it has 1 byte, and HS256 needs 32"), "{warning}");
}

#[test]
fn the_newer_name_of_eddsa_is_told_the_one_that_is_used_here() {
    let program = Program::new();
    program.run(&["keygen", "--algorithm", "EdDSA", "--out", "key"]);
    let token = program.sign(&["--key", "key", "--ttl", "60"]);
    let (_, rest) = token.split_once('.').unwrap();
    let renamed = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(r#"{"alg":"Ed25519"}"#));
    let (code, verdict) = program.inspect(&["--key", "key"], &renamed);
    assert_eq!((code, &verdict["code"]), (1, &json!("alg_not_allowed")));
    assert!(verdict["message"].as_str().unwrap().contains("this program calls it EdDSA"), "{verdict}");
    let done = program.run(&["sign", "--key", "key", "--algorithm", "Ed25519"]);
    assert!(done.code == Some(2) && done.stderr.contains("called EdDSA here"), "{}", done.stderr);
}

#[test]
fn check_notes_a_redirect_uri_with_an_asterisk_and_a_name_that_no_key_has() {
    let program = Program::with_keys();
    fs::write(program.path("keys/jwt_key.pem"), "x").unwrap();
    let done = program.run(&["check", "--redirect-uri", "https://app.example/*"]);
    assert_eq!(done.code, Some(0), "{}", done.stdout);
    for words in
        ["note   settings: --redirect-uri has `https://app.example/*`", "note   keys: `keys/jwt_key.pem` is not read"]
    {
        assert!(done.stdout.contains(words), "{words}: {}", done.stdout);
    }
}

#[test]
fn sign_uses_every_algorithm_that_fits_the_key() {
    let program =
        Program::new().holding("secret.txt", "correct horse battery staple is long enough for each of the hashes\n");
    let rsa = path_of("rsa-openssh");
    for (key, algorithms) in [
        ("secret.txt", &["HS256", "HS384", "HS512"][..]),
        (&rsa, &["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]),
    ] {
        for algorithm in algorithms {
            let token = program.sign(&["--key", key, "--algorithm", algorithm]);
            let (code, verdict) = program.inspect(&["--key", key, "--algorithm", algorithm], &token);
            assert_eq!((code, &verdict["header"]["alg"]), (0, &json!(algorithm)));
            let (code, verdict) = program.inspect(&["--key", key], &token);
            let usual = matches!(*algorithm, "HS256" | "RS256");
            assert_eq!((code == 0, verdict["code"] == "alg_not_allowed"), (usual, !usual), "{algorithm}");
        }
    }
}

#[test]
fn a_public_key_signs_nothing() {
    for key in ["rsa-public-spki.pem", "rsa-public-pkcs1.pem", "rsa-openssh.pub", "rsa-public.jwk.json"] {
        let done = Program::new().run(&["sign", "--key", &path_of(key)]);
        done.assert_failed(&[key, "public key where the private key belongs"]);
    }
}

// ── inspect

#[test]
fn what_sign_prints_inspect_accepts_with_the_same_folder() {
    let program = Program::with_keys();
    program.run(&["keygen"]);
    for algorithm in ["HS256", "RS256"] {
        let token = program.sign(&["--algorithm", algorithm]);
        for (code, verdict) in [program.inspect(&[], &token), program.inspect(&["--algorithm", algorithm], &token)] {
            assert_eq!((code, &verdict["accepted"]), (0, &json!(true)));
            assert_eq!(verdict["claims"]["sub"], "bob");
        }
        let piped = program.run_with_input(&["inspect"], format!("{token}\n"));
        assert_eq!(piped.code, Some(0));
        assert!(piped.stdout.contains("\naccepted: every check passed\n"), "{}", piped.stdout);
        let unmade = "\n  not checked: issuer, audience, profile and revocation; only a profile has rules for them\n";
        assert!(piped.stdout.contains(unmade), "{}", piped.stdout);
    }
    let token = program.sign(&["--algorithm", "RS256"]);
    let (code, verdict) = program.inspect(&["--algorithm", "HS256"], &token);
    assert_eq!((code, &verdict["code"]), (1, &json!("alg_not_allowed")));
}

#[test]
fn inspect_judges_signature_and_times_and_no_profile() {
    let program = Program::new();
    program.run(&["keygen"]);
    let (code, verdict) = program.inspect(&[], &program.sign(&["--claims", r#"{"anything":1,"iss":"x","aud":"y"}"#]));
    assert_eq!(code, 0);
    let checks: Vec<&str> =
        verdict["checks"].as_array().unwrap().iter().map(|it| it["check"].as_str().unwrap()).collect();
    let ten = "shape encoding header algorithm key signature payload issued_at not_before expiry";
    assert_eq!(checks.join(" "), ten);
    for (given, code) in [
        (r#"{"exp":1}"#, "expired"),
        (r#"{"nbf":4102444800}"#, "not_yet_valid"),
        (r#"{"iat":4102444800}"#, "not_yet_valid"),
        (r#"{"exp":"4102444800"}"#, "bad_claim"),
        (r#"{"exp":4102444800000}"#, "bad_claim"),
    ] {
        let (exit, verdict) = program.inspect(&[], &program.sign(&["--claims", given]));
        assert_eq!((exit, &verdict["code"]), (1, &json!(code)), "{given}");
    }
}

#[test]
fn inspect_shows_claims_as_unverified_when_the_token_is_refused() {
    let program = Program::new().holding("other.txt", "another secret that is long enough\n");
    program.run(&["keygen"]);
    let token = program.sign(&["--claims", r#"{"sub":"eve"}"#]);
    let (code, verdict) = program.inspect(&[], &token);
    assert_eq!((code, &verdict["claims"], verdict.get("unverified_claims")), (0, &json!({"sub": "eve"}), None));

    let (code, verdict) = program.inspect(&["--key", "other.txt"], &token);
    assert_eq!((code, &verdict["code"]), (1, &json!("bad_signature")));
    let members: Vec<&String> = verdict.as_object().unwrap().keys().collect();
    assert_eq!(members, ["accepted", "code", "message", "checks", "header", "unverified_claims"]);
    assert_eq!(verdict["unverified_claims"], json!({"sub": "eve"}));
    let failed = &verdict["checks"][5];
    let members: Vec<&String> = failed.as_object().unwrap().keys().collect();
    assert_eq!(members, ["check", "outcome", "code", "message", "expected", "found", "rfc"]);
}

#[test]
fn inspect_answers_each_line_with_one_object() {
    let program = Program::new();
    program.run(&["keygen"]);
    let good = program.sign(&["--ttl", "86400"]);
    let long = "x".repeat(5_000_000);
    for (input, codes) in [
        (format!("{good}\n"), &["accepted"][..]),
        (good.clone(), &["accepted"]),
        (format!("{good}\r\n{good}\r\n"), &["accepted", "accepted"]),
        ("\n".to_owned(), &["no_token"]),
        ("\r\n".to_owned(), &["no_token"]),
        (format!("{good}\n\n{good}"), &["accepted", "no_token", "accepted"]),
        (format!(" {good}\n{good} \n\t{good}\n"), &["malformed", "malformed", "malformed"]),
        (format!("{good}\r"), &["malformed"]),
        (format!("{good}\r\r\n"), &["malformed"]),
        (format!("{long}\n{good}\n{long}"), &["too_large", "accepted", "too_large"]),
        (format!("{}\r\n{}\n", "x".repeat(8192), "x".repeat(8193)), &["malformed", "too_large"]),
        ("{\"a\":1}\nhello\na.b\na.b.c.d\n".to_owned(), &["malformed"; 4]),
        ("a\0b\n\u{1b}[31m.\u{9b}.\n".to_owned(), &["malformed"; 2]),
    ] {
        let done = program.run_with_input(&["inspect", "--json"], &input);
        let verdicts: Vec<Value> = done.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let found: Vec<&str> = verdicts.iter().map(|verdict| verdict["code"].as_str().unwrap()).collect();
        assert_eq!(found, codes, "{}", &input[..input.len().min(60)]);
        let all_accepted = codes.iter().all(|code| *code == "accepted");
        assert_eq!((done.code, done.stderr.as_str()), (Some(i32::from(!all_accepted)), ""));
    }
}

#[test]
fn inspect_takes_bytes_that_are_no_text() {
    let program = Program::new();
    program.run(&["keygen"]);
    let good = program.sign(&[]);
    let done =
        program.run_with_input(&["inspect", "--json"], [b"\xff\xfe.\x80.\xc3\x28\n", good.as_bytes(), b"\n"].concat());
    let codes: Vec<Value> = done.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((done.code, &codes[0]["code"], &codes[1]["code"]), (Some(1), &json!("malformed"), &json!("accepted")));
    let nothing = program.run_with_input(&["inspect", "--json"], "");
    assert_eq!((nothing.code, nothing.stdout.as_str()), (Some(2), ""), "a pipe that brings nothing is no success");
}

#[test]
fn inspect_trims_nothing_of_its_argument() {
    let program = Program::new();
    program.run(&["keygen"]);
    let good = program.sign(&[]);
    for (token, code) in [
        (good.clone(), "accepted"),
        (format!(" {good}"), "malformed"),
        (format!("{good}\n"), "malformed"),
        (format!("Bearer {good}"), "malformed"),
        (format!("{good}="), "malformed"),
        (String::new(), "no_token"),
        ("a.b.c-".to_owned(), "malformed"),
    ] {
        let (exit, verdict) = program.inspect(&[], &token);
        assert_eq!((exit, &verdict["code"]), (i32::from(code != "accepted"), &json!(code)), "{token:?}");
    }
}

#[test]
fn a_key_that_is_given_is_the_only_one_and_no_kid_matters() {
    let program = Program::with_keys();
    let of_folder = program.sign(&["--algorithm", "RS256"]);
    let other = path_of("rsa-openssh");
    assert_eq!(program.inspect(&["--key", &other], &of_folder).1["code"], "bad_signature");

    let jwk = fs::read_to_string(fixture("rsa-private.jwk.json")).unwrap();
    let named = jwk.replacen('{', r#"{"kid":"../../etc/passwd","#, 1);
    let program = program.holding("named.jwk", named);
    let token = program.sign(&["--key", "named.jwk"]);
    assert!(decoded(&token, 0).contains(r#""kid":"../../etc/passwd""#), "a JWK's own kid goes into the header");
    assert_eq!(program.inspect(&["--key", &path_of("rsa-openssh.pub")], &token).0, 0);
    assert_eq!(program.inspect(&[], &token).1["code"], "unknown_kid", "the folder knows no such key");
}

#[test]
fn an_algorithm_that_does_not_fit_the_key_ends_it() {
    let program = Program::new().holding("secret.txt", "correct horse battery staple is long\n");
    let rsa = path_of("rsa-public-spki.pem");
    for (key, algorithm) in [("secret.txt", "RS256"), ("secret.txt", "PS512"), (&rsa, "HS256"), (&rsa, "HS512")] {
        let done = program.run(&["inspect", "--key", key, "--algorithm", algorithm, "x"]);
        done.assert_failed(&[key, algorithm, "does not fit"]);
    }
    let done = program.run(&["inspect", "--key", &rsa, "--algorithm", "none", "x"]);
    assert_eq!(done.code, Some(2));
}

#[test]
fn what_a_jwk_says_of_its_use_binds() {
    let oct = |more: &str| {
        format!(
            r#"{{"kty":"oct","k":"Y29ycmVjdCBob3JzZSBiYXR0ZXJ5IHN0YXBsZSBpcyBsb25nIGVub3VnaCBmb3IgZWFjaCBvZiB0aGUgaGFzaGVz"{more}}}"#
        )
    };
    for (more, word) in [
        (r#","use":"enc""#, "`use`"),
        (r#","use":"""#, "`use`"),
        (r#","key_ops":["encrypt"]"#, "`key_ops`"),
        (r#","key_ops":["verify","wrapKey"]"#, "`key_ops`"),
        (r#","alg":"RS256""#, "RS256 does not fit"),
        (r#","alg":"HS1""#, "`alg`"),
        (r#","alg":"none""#, "`alg`"),
    ] {
        let program = Program::new().holding("key.jwk", oct(more));
        for command in ["inspect", "sign"] {
            let token: &[&str] = if command == "inspect" { &["x.y.z"] } else { &[] };
            let done = program.run(&[&[command, "--key", "key.jwk"], token].concat());
            done.assert_failed(&["key.jwk", word]);
        }
    }
    let program = Program::new().holding("key.jwk", oct(r#","alg":"HS384","use":"sig","key_ops":["sign","verify"]"#));
    let token = program.sign(&["--key", "key.jwk"]);
    assert_eq!(decoded(&token, 0), r#"{"alg":"HS384","typ":"JWT"}"#, "its own alg binds");
    assert_eq!(program.inspect(&["--key", "key.jwk"], &token).0, 0);
    let done = program.run(&["inspect", "--key", "key.jwk", "--algorithm", "HS256", &token]);
    done.assert_failed(&["key.jwk", "HS384", "HS256"]);
}

#[test]
fn an_unreadable_or_unfit_key_ends_it() {
    let program = Program::new().holding("empty", "").holding("broken.jwk", "{\"kty\":").holding("blank", " \n");
    fs::create_dir(program.path("folder")).unwrap();
    for key in ["missing", "folder", "empty", "broken.jwk", "blank"] {
        program.run(&["inspect", "--key", key, "x"]).assert_failed(&[&format!("`{key}`")]);
    }
    for key in ["rsa-openssh-encrypted", "rsa-1024-openssh", "rsa-pss-pkcs8.pem", "rsa-pss-public-spki.pem"] {
        program.run(&["inspect", "--key", &path_of(key), "x"]).assert_failed(&[key]);
    }
    program.run(&["inspect", "x"]).assert_failed(&["`keys`"]);
    program.run(&["inspect", "--keys", "nowhere", "x"]).assert_failed(&["`nowhere`"]);
}

#[test]
fn the_trace_for_people_says_what_was_expected_and_found() {
    let program = Program::new();
    program.run(&["keygen"]);
    let done = program.run(&["inspect", &program.sign(&["--claims", r#"{"exp":1}"#])]);
    assert_eq!(done.code, Some(1));
    assert!(done.stdout.contains("\nrefused: the token expired "), "{}", done.stdout);
    for line in ["  ✓ Signature ", "  ✗ Expiry ", "expected: later than ", "found:    1970-01-01 00:00:01 UTC"] {
        assert!(done.stdout.contains(line), "{line:?} is missing: {}", done.stdout);
    }
    assert!(done.stdout.contains("code:     expired, RFC 7519 §4.1.4"), "{}", done.stdout);
}

#[test]
fn a_reader_that_has_seen_enough_causes_no_fault() {
    let program = Program::new();
    program.run(&["keygen"]);
    fs::write(program.path("lines"), "x\n".repeat(2000)).unwrap();
    for arguments in [&["inspect", "--json"][..], &["inspect"], &["sign"]] {
        let mut command = program.command(arguments);
        command.stdin(fs::File::open(program.path("lines")).unwrap()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(matches!(output.status.code(), Some(0..=2)), "{arguments:?}: {stderr}");
        assert!(!stderr.contains("panicked"), "{arguments:?}: {stderr}");
    }
}

// ── user

#[test]
fn looking_at_users_makes_no_database() {
    let program = Program::new();
    let listed = program.run(&["user", "list"]);
    assert_eq!((listed.code, listed.stdout.as_str(), listed.stderr.as_str()), (Some(0), "", ""));
    program.run(&["user", "remove", "susan"]).assert_failed(&["there is no user `susan`"]);
    program.run(&["user", "add", "a:b"]).assert_failed(&["`a:b` cannot be a user's name"]);
    assert_eq!(program.run_with_input(&["user", "add", "susan"], b"\xff\n").code, Some(2), "the password is no text");
    fs::remove_file(program.path("input")).unwrap();
    assert_eq!(fs::read_dir(program.path("")).unwrap().count(), 0, "nothing is made");

    assert_eq!(program.run_with_input(&["user", "add", "susan"], "a password\n").stdout, "added susan\n");
    assert_eq!(program.run(&["user", "list"]).stdout, "susan\n");
    assert_eq!(program.run(&["user", "remove", "susan"]).stdout, "removed susan\n");
    let listed = program.run(&["user", "list"]);
    assert_eq!((listed.code, listed.stdout.as_str(), listed.stderr.as_str()), (Some(0), "", ""));
}

#[test]
fn commands_that_only_look_make_nothing() {
    let program = Program::new();
    for arguments in [
        &["check"][..],
        &["inspect", "x.y.z"],
        &["inspect", "--decode", "x.y.z"],
        &["sign"],
        &["rotate"],
        &["user", "list"],
    ] {
        program.run(arguments);
        assert_eq!(fs::read_dir(program.path("")).unwrap().count(), 0, "{arguments:?}");
    }
}

#[test]
fn a_pair_is_made_whole_or_not_at_all() {
    let program = Program::new();
    fs::create_dir_all(program.path("keys/jwt_key.pub")).unwrap();
    for force in [&[][..], &["--force"]] {
        let done = program.run(&[&["keygen", "--algorithm", "RS256"], force].concat());
        done.assert_failed(&["keys/jwt_key.pub"]);
        assert!(!program.path("keys/jwt_key").exists(), "the other half is not left behind");
        assert_eq!(fs::read_dir(program.path("keys")).unwrap().count(), 1);
    }
}
