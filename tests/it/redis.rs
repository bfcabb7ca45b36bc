//! A Redis server of a test's own, and what a start, a limiter and the log make of one.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta};
use deadpool_redis::redis::{Client, Connection, TlsCertificates, cmd};
use hallpass::limits::{Decision, Key, Limiter, NAMES_OF_A_CLIENT, Rate, RateStore};
use hallpass::redis::{Redis, RedisUrl};
use tempfile::TempDir;

use crate::app::{RawAnswer, START};
use crate::cli::Program;
use crate::tools;

/// A server that keeps nothing on disk, on a socket of its own or on a free port, and is gone with the test.
pub struct RedisServer {
    child: Child,
    arguments: Vec<String>,
    url: String,
    folder: TempDir,
}

impl RedisServer {
    /// One on a socket; `None` where there is no Redis, which `tests/run` has seen to.
    pub fn start() -> Option<Self> {
        let folder = TempDir::new().unwrap();
        let socket = folder.path().join("redis.sock");
        let arguments = ["--port", "0", "--unixsocket", socket.to_str().unwrap()].map(str::to_owned);
        Self::run(folder, arguments.to_vec(), format!("unix://{}", socket.display()))
    }

    /// One on a free port, that asks for this password.
    pub fn on_tcp(password: &str) -> Option<Self> {
        // The port may be taken by another between the look for it and the start: then that one is not ours to ask.
        (0..10).find_map(|_| {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let arguments = ["--bind", "127.0.0.1", "--port", &port.to_string(), "--requirepass", password];
            let url = format!("redis://:{password}@127.0.0.1:{port}");
            Self::run(TempDir::new().unwrap(), arguments.map(str::to_owned).to_vec(), url)
        })
    }

    /// The same through TLS alone, with a certificate that only whoever knows [`Self::certificate`] believes.
    pub fn over_tls(password: &str) -> Option<Self> {
        let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let found = (0..10).find_map(|_| {
            let folder = TempDir::new().unwrap();
            fs::write(folder.path().join("cert.pem"), pair.cert.pem()).unwrap();
            fs::write(folder.path().join("key.pem"), pair.signing_key.serialize_pem()).unwrap();
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
            let arguments = ["--bind", "127.0.0.1", "--port", "0", "--tls-port", &port, "--tls-cert-file", "cert.pem"];
            let others = ["--tls-key-file", "key.pem", "--tls-auth-clients", "no", "--requirepass", password];
            let arguments = arguments.into_iter().chain(others).map(str::to_owned).collect();
            Self::run(folder, arguments, format!("rediss://:{password}@localhost:{port}"))
        });
        assert!(found.is_some() || !tools::are_here(&["redis-server"]), "redis-server does not start with TLS");
        found
    }

    fn run(folder: TempDir, arguments: Vec<String>, url: String) -> Option<Self> {
        if !tools::are_here(&["redis-server"]) {
            return None;
        }
        let child = launch(folder.path(), &arguments);
        let mut server = Self { child, arguments, url, folder };
        server.wait().then_some(server)
    }

    /// The file with the certificate of [`Self::over_tls`].
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    fn client(&self) -> Client {
        match fs::read(self.certificate()) {
            Ok(root) => Client::build_with_tls(self.url(), TlsCertificates { client_tls: None, root_cert: Some(root) }),
            Err(_) => Client::open(self.url()),
        }
        .unwrap()
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The settings of a server that keeps sessions and counters here.
    pub fn settings(&self) -> [(&'static str, &str); 2] {
        [("session-store", self.url()), ("rate-store", self.url())]
    }

    pub fn connection(&self) -> Connection {
        self.client().get_connection().unwrap()
    }

    /// The names of all that is kept here.
    pub fn keys(&self, pattern: &str) -> Vec<String> {
        cmd("KEYS").arg(pattern).query(&mut self.connection()).unwrap()
    }

    /// It stands still, and its connections stay open.
    pub fn pause(&self) {
        self.signal("-STOP");
    }

    pub fn resume(&self) {
        self.signal("-CONT");
    }

    /// It is gone, with all that it kept.
    pub fn stop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The next one at the same place, empty.
    pub fn restart(&mut self) {
        self.child = launch(self.folder.path(), &self.arguments);
        assert!(self.wait(), "it does not start again");
    }

    fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap().success());
    }

    /// Whether it came to answer, and is the one that was started.
    fn wait(&mut self) -> bool {
        let deadline = Instant::now() + Duration::from_secs(10);
        while Instant::now() < deadline && self.child.try_wait().unwrap().is_none() {
            let connection = self.client().get_connection_with_timeout(Duration::from_secs(1));
            let info = connection.and_then(|mut it| cmd("INFO").arg("server").query::<String>(&mut it));
            if info.is_ok_and(|info| info.contains(&format!("process_id:{}\r\n", self.child.id()))) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn launch(folder: &Path, arguments: &[String]) -> Child {
    let mut command = Command::new("redis-server");
    command.current_dir(folder).args(["--save", "", "--appendonly", "no", "--daemonize", "no"]).args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

// ── the start

/// Runs it, and asserts that it ends in time.
fn started(arguments: &[&str]) -> crate::cli::Done {
    let begun = Instant::now();
    let done = Program::with_keys().and("RUST_LOG", "error").run(&[&["--bind", "127.0.0.1:0"], arguments].concat());
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?} {arguments:?}", begun.elapsed());
    done
}

const PASSWORD: &str = "open-sesame";

#[test]
fn a_url_that_is_none_ends_the_start_with_a_line_that_repeats_no_password() {
    for (url, shown) in [
        ("rediss://user:open-sesame@host#insecure", "`rediss://…@host#insecure`"),
        ("redis:/:open-sesame@host", "`…@host`"),
        ("redis://:open-sesame@host:port", "`redis://…@host:port`"),
        ("redis://:open-sesame@host/x", "`redis://…@host/x`"),
        ("redis://:open-sesame?x@host", "`redis://…`"),
        ("http://open-sesame@host", "`http://…@host`"),
        ("unix:relative?pass=open-sesame", "`unix:relative?…`"),
        ("nonsense", "`nonsense`"),
    ] {
        for flag in ["--session-store", "--rate-store"] {
            let done = started(&[flag, url]);
            done.assert_failed(&[&format!("{flag} is {shown}"), "accepted: ", "redis://", "rediss://"]);
            assert!(!done.stderr.contains(PASSWORD), "{}", done.stderr);
        }
    }
}

#[test]
fn a_server_that_is_unavailable_or_does_not_admit_us_ends_the_start_in_time_and_check_says_so_too() {
    let Some(redis) = RedisServer::on_tcp(PASSWORD) else { return };
    let place = redis.url().rsplit_once('@').unwrap().1.to_owned();
    let wrong = format!("redis://:not-{PASSWORD}@{place}");
    let bare = format!("redis://{place}");
    let cases =
        [(&wrong, format!("redis://…@{place}"), "user and password"), (&bare, bare.clone(), "user and password")];
    let assert_refused = |url: &str, shown: &str, why: &str| {
        for flag in ["--session-store", "--rate-store"] {
            let done = started(&[flag, url]);
            done.assert_failed(&[&format!("cannot use {flag} `{shown}`"), why]);
            assert!(!done.stderr.contains(PASSWORD), "{}", done.stderr);
            let checked = started(&["check", flag, url]);
            assert_eq!(checked.code, Some(2), "{}", checked.stdout);
            let line = checked.stdout.lines().find(|line| line.starts_with("wrong")).unwrap();
            assert!(line.contains(shown) && line.contains(why) && !line.contains(PASSWORD), "{line}");
        }
    };
    for (url, shown, why) in cases {
        assert_refused(url, &shown, why);
    }
    assert_refused("unix:///nowhere/redis.sock", "unix:///nowhere/redis.sock", "cannot be reached");
    assert!(
        started(&["check", "--session-store", redis.url(), "--rate-store", redis.url()]).stdout.contains("answers")
    );
    redis.pause();
    assert_refused(redis.url(), &format!("redis://…@{place}"), "did not answer in time");
}

#[test]
fn rediss_is_tls_to_a_server_whose_certificate_the_system_vouches_for() {
    let Some(redis) = RedisServer::over_tls(PASSWORD) else { return };
    let place = redis.url().rsplit_once('@').unwrap().1.to_owned();
    started(&["--session-store", redis.url()])
        .assert_failed(&[&format!("cannot use --session-store `rediss://…@{place}`"), "UnknownIssuer"]);
    let program = Program::with_keys().and("SSL_CERT_FILE", redis.certificate().to_str().unwrap());
    let serving = program.serve(&["--session-store", redis.url(), "--rate-store", redis.url()]);
    let generated = serving.get("/generate");
    assert_eq!(generated.status, 302, "{}", generated.body);
    assert_eq!(redis.keys("*").len(), 1, "the session");
    assert_eq!(serving.get("/v1/token/15555551212").status, 200);
    assert_eq!(redis.keys("hallpass:rate:*").len(), 1, "and the counter");
}

// ── limits

/// A limiter, and what passes the time for it.
struct Counted {
    limiter: Limiter,
    now: DateTime<chrono::Utc>,
    is_real: bool,
}

impl Counted {
    async fn ask<'a>(&self, key: impl Into<Key<'a>>) -> Decision {
        self.limiter.admit(key, self.now).await.unwrap()
    }

    async fn wait(&mut self, milliseconds: i64) {
        self.now += TimeDelta::milliseconds(milliseconds);
        if self.is_real {
            tokio::time::sleep(Duration::from_millis(milliseconds.cast_unsigned())).await;
        }
    }
}

fn client(number: u8) -> IpAddr {
    Ipv4Addr::new(203, 0, 113, number).into()
}

async fn shared(redis: &RedisServer) -> RateStore {
    RateStore::redis(Redis::open(&RedisUrl::parse(redis.url()).unwrap()).await.unwrap(), b"secret")
}

/// What every limiter does, wherever it counts.
async fn keeps_the_contract(store: &RateStore, is_real: bool) {
    let now = DateTime::from_timestamp(START, 0).unwrap();
    let counted =
        |what, rate: &str| Counted { limiter: store.limiter(what, rate.parse::<Rate>().unwrap()), now, is_real };
    let waits = |decision| matches!(decision, Decision::Refused { retry_after: 59 | 60 });

    let minute = counted("minute", "3/m");
    for _ in 0..3 {
        assert_eq!(minute.ask(client(1)).await, Decision::Admitted);
    }
    for _ in 0..3 {
        assert!(waits(minute.ask(client(1)).await), "a window admits as many as the rate says");
    }
    for key in [Key::from(client(2)), Key::login(client(1), "alice"), Key::login(client(1), "bob")] {
        assert_eq!(minute.ask(key).await, Decision::Admitted, "keys are counted apart");
    }
    let other = counted("other", "3/m");
    assert_eq!(other.ask(client(1)).await, Decision::Admitted, "limits are counted apart");
    minute.limiter.reset().await.unwrap();
    assert_eq!(minute.ask(client(1)).await, Decision::Admitted, "what was counted is forgotten");
    for _ in 0..2 {
        assert_eq!(other.ask(client(1)).await, Decision::Admitted, "and of this limit alone");
    }
    assert!(waits(other.ask(client(1)).await));

    let mut second = counted("second", "1/s");
    assert_eq!(second.ask(client(1)).await, Decision::Admitted);
    for _ in 0..4 {
        second.wait(100).await;
        assert_eq!(second.ask(client(1)).await, Decision::Refused { retry_after: 1 });
    }
    second.wait(600).await;
    assert_eq!(second.ask(client(1)).await, Decision::Admitted, "refused ones do not prolong a window");
    assert_eq!(second.ask(client(1)).await, Decision::Refused { retry_after: 1 });

    let off = counted("off", "off");
    for _ in 0..100 {
        assert_eq!(off.ask(client(1)).await, Decision::Admitted);
    }
}

#[tokio::test]
async fn a_limiter_in_memory_keeps_the_contract() {
    keeps_the_contract(&RateStore::memory(), false).await;
}

#[tokio::test]
async fn a_limiter_in_redis_keeps_the_contract() {
    let Some(redis) = RedisServer::start() else { return };
    keeps_the_contract(&shared(&redis).await, true).await;
}

#[tokio::test]
async fn what_is_counted_in_redis_ends_by_itself_and_names_neither_a_client_nor_a_user() {
    let Some(redis) = RedisServer::start() else { return };
    let limiter = shared(&redis).await.limiter("login", "5/m".parse().unwrap());
    for name in ["alice", "bob"] {
        limiter.admit(Key::login(client(1), name), DateTime::UNIX_EPOCH).await.unwrap();
    }
    let keys = redis.keys("*");
    assert_eq!(keys.len(), 3, "one for each name, and one that counts the names");
    for key in keys {
        let fingerprint = key.strip_prefix("hallpass:rate:login:").unwrap();
        let fingerprint = fingerprint.strip_prefix("names:").unwrap_or(fingerprint);
        assert!(fingerprint.len() == 32 && fingerprint.bytes().all(|it| it.is_ascii_hexdigit()), "{key}");
        let left: i64 = cmd("PTTL").arg(&key).query(&mut redis.connection()).unwrap();
        assert!((1..=60_000).contains(&left), "{left}");
    }
}

#[tokio::test]
async fn one_client_makes_only_so_many_counters_in_redis_whatever_names_it_tries() {
    let Some(redis) = RedisServer::start() else { return };
    let limiter = shared(&redis).await.limiter("login", "2/m".parse().unwrap());
    let ask =
        async |number, name: &str| limiter.admit(Key::login(client(number), name), DateTime::UNIX_EPOCH).await.unwrap();
    let mut admitted = 0;
    for number in 0..2 * NAMES_OF_A_CLIENT {
        admitted += usize::from(ask(1, &format!("name-{number}")).await == Decision::Admitted);
    }
    assert_eq!(admitted, NAMES_OF_A_CLIENT);
    assert_eq!(redis.keys("*").len(), NAMES_OF_A_CLIENT + 1);
    assert!(matches!(ask(1, "one-more").await, Decision::Refused { retry_after: 1..=60 }));
    assert_eq!(ask(1, "name-0").await, Decision::Admitted, "a name that has a counter goes by that");
    assert!(matches!(ask(1, "name-0").await, Decision::Refused { .. }));
    assert_eq!(ask(2, "one-more").await, Decision::Admitted, "no other client is affected");
    limiter.reset().await.unwrap();
    assert_eq!(redis.keys("*"), Vec::<String>::new());
    assert_eq!(ask(1, "one-more").await, Decision::Admitted);
}

#[tokio::test]
async fn a_client_in_redis_may_try_other_names_when_its_window_is_over() {
    let Some(redis) = RedisServer::start() else { return };
    let limiter = shared(&redis).await.limiter("login", "1/s".parse().unwrap());
    let ask = async |name: &str| limiter.admit(Key::login(client(1), name), DateTime::UNIX_EPOCH).await.unwrap();
    let begun = Instant::now();
    let mut number = 0;
    while ask(&format!("name-{number}")).await == Decision::Admitted {
        number += 1;
        // A server that is too slow for that many in a second never refuses one.
        if begun.elapsed() > Duration::from_secs(10) {
            return;
        }
    }
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(ask("one-more").await, Decision::Admitted);
}

/// Two processes count as one, to the last request.
#[tokio::test(flavor = "multi_thread")]
async fn limiters_that_share_a_redis_and_a_secret_admit_exactly_as_many_as_one() {
    let Some(redis) = RedisServer::start() else { return };
    let rate = "10/m".parse().unwrap();
    let limiters = [shared(&redis).await.limiter("a", rate), shared(&redis).await.limiter("a", rate)].map(Arc::new);
    let asked = (0..200).map(|number| {
        let limiter = limiters[number % 2].clone();
        tokio::spawn(async move { limiter.admit(client(1), DateTime::UNIX_EPOCH).await.unwrap() })
    });
    let mut admitted = 0;
    for answer in asked.collect::<Vec<_>>() {
        admitted += usize::from(answer.await.unwrap() == Decision::Admitted);
    }
    assert_eq!(admitted, 10);
}

#[tokio::test]
async fn without_its_redis_a_limiter_admits_nobody_and_says_so_in_time() {
    let Some(mut redis) = RedisServer::start() else { return };
    let limiter = shared(&redis).await.limiter("a", "10/m".parse().unwrap());
    let ask = async || {
        let begun = Instant::now();
        let answer = limiter.admit(client(1), DateTime::UNIX_EPOCH).await;
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        answer
    };
    assert_eq!(ask().await, Ok(Decision::Admitted));
    redis.pause();
    assert!(ask().await.is_err());
    redis.resume();
    assert_eq!(ask().await, Ok(Decision::Admitted), "it is back without a word to anybody");
    redis.stop();
    assert!(ask().await.is_err());
    redis.restart();
    assert_eq!(ask().await, Ok(Decision::Admitted));
}

// ── the log

/// Long because each step needs what the steps before it left.
#[test]
fn no_password_session_or_token_reaches_the_log_whatever_becomes_of_redis() {
    let Some(mut redis) = RedisServer::on_tcp(PASSWORD) else { return };
    let program = Program::with_keys().and("RUST_LOG", "trace").and("HALLPASS_SESSION_STORE", redis.url());
    let program = program.and("HALLPASS_RATE_STORE", redis.url());
    let serving = program.serve(&[]);
    let host = serving.url.trim_start_matches("http://").to_owned();
    let ask = |path: &str, cookie: &str| {
        RawAnswer::to(
            &serving.url,
            format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nCookie: {cookie}\r\n\r\n"),
        )
    };
    let generated = ask("/generate", "");
    let line = generated.head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    let cookie = line.split(';').next().unwrap().to_owned();
    let page = ask("/", &cookie).body;
    let token = crate::app::token_on(&page);
    assert!(token.starts_with("eyJ") && page.contains("The token stays on the server"), "{page}");
    let key = redis.keys("hallpass:session:*").pop().unwrap();
    // Errors of the server repeat the command that they refuse.
    let renamed = ["SET", "GET", "EVALSHA"].map(str::to_owned);
    cmd("ACL")
        .arg("SETUSER")
        .arg("default")
        .arg(renamed.map(|it| format!("-{it}").to_lowercase()).to_vec())
        .query::<()>(&mut redis.connection())
        .unwrap();
    for path in ["/", "/generate", "/v1/token/15555551212"] {
        assert_eq!(ask(path, &cookie).status, 503, "{path}");
    }
    redis.stop();
    for path in ["/", "/generate", "/v1/token/15555551212"] {
        assert_eq!(ask(path, &cookie).status, 503, "{path}");
    }
    let log = serving.stop().stderr;
    assert!(log.contains("the session store failed") && log.contains("the rate store failed"), "{log}");
    let id = key.rsplit_once(':').unwrap().1;
    for secret in [PASSWORD, cookie.as_str(), token.as_str(), id, "15555551212"] {
        assert!(!log.contains(secret), "{secret}\n{log}");
    }
    assert!(fs::exists(program.path("keys")).unwrap());
}
