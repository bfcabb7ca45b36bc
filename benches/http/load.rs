//! The load: connections that ask again as soon as they are answered, all on one thread.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

use super::process::{Process, cpu_seconds, resident};

/// One request to one server, again and again.
pub struct Target {
    pub name: String,
    address: String,
    request: Vec<u8>,
    /// Of a server that this run started.
    process: Option<u32>,
    /// The server is another build of this program.
    pub is_of_other_build: bool,
}

/// What came of asking for a while.
pub struct Round {
    /// Answers a second.
    pub rate: f64,
    /// Of the server, for one request, in microseconds.
    pub cpu: Option<f64>,
    /// Megabytes of the server in memory, at the end.
    pub rss: Option<f64>,
    /// How long each answer took, in microseconds.
    times: Vec<u32>,
}

impl Round {
    /// The times of all; for the rest the one in the middle, by CPU time where that is known and by rate where not.
    pub fn together<'a>(rounds: impl Iterator<Item = &'a Self>) -> Self {
        let mut rounds: Vec<&Self> = rounds.collect();
        rounds.sort_by(|a, b| a.cpu.unwrap_or(-a.rate).total_cmp(&b.cpu.unwrap_or(-b.rate)));
        let Self { rate, cpu, rss, .. } = *rounds[rounds.len() / 2];
        Self { rate, cpu, rss, times: rounds.iter().flat_map(|round| &round.times).copied().collect() }
    }

    /// How long half of the answers took at most, 99 of 100, and 999 of 1,000.
    pub fn percentiles(&self) -> [u32; 3] {
        let mut times = self.times.clone();
        times.sort_unstable();
        [500, 990, 999].map(|thousandth| times.get(times.len() * thousandth / 1000).copied().unwrap_or_default())
    }
}

impl Target {
    pub fn get(name: &str, process: &Process, path: &str, cookie: &str) -> Self {
        let request = request(&process.address, path, cookie);
        Self {
            name: name.to_owned(),
            address: process.address.clone(),
            request,
            process: Some(process.id()),
            is_of_other_build: false,
        }
    }

    pub fn post(name: &str, process: &Process, path: &str, json: &str) -> Self {
        let (address, length) = (process.address.clone(), json.len());
        let head = format!("POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json");
        let request = format!("{head}\r\nContent-Length: {length}\r\n\r\n{json}").into_bytes();
        Self { name: name.to_owned(), address, request, process: Some(process.id()), is_of_other_build: false }
    }

    /// A client asks for a token for itself.
    pub fn client_credentials(name: &str, process: &Process) -> Self {
        let (address, form) = (process.address.clone(), "grant_type=client_credentials&scope=read");
        // The client is `app`, and its secret `secret`.
        let head = format!("POST /oauth/token HTTP/1.1\r\nHost: {address}\r\nAuthorization: Basic YXBwOnNlY3JldA==");
        let kind = "Content-Type: application/x-www-form-urlencoded";
        let request = format!("{head}\r\n{kind}\r\nContent-Length: {}\r\n\r\n{form}", form.len()).into_bytes();
        Self { name: name.to_owned(), address, request, process: Some(process.id()), is_of_other_build: false }
    }

    /// A program that is running already: `URL`, or `URL Cookie: NAME=VALUE`.
    pub fn peer(name: &str, target: &str) -> Self {
        let (url, cookie) = target.split_once(" Cookie: ").unwrap_or((target, ""));
        let rest = url.trim_start_matches("http://");
        let (address, path) = rest.split_once('/').unwrap_or((rest, ""));
        let request = request(address, &format!("/{path}"), cookie);
        Self { name: name.to_owned(), address: address.to_owned(), request, process: None, is_of_other_build: false }
    }

    pub fn of_other_build(self) -> Self {
        Self { is_of_other_build: true, ..self }
    }

    pub fn round(&self, connections: usize, duration: Duration) -> Round {
        let before = self.process.map(cpu_seconds);
        let times = runtime().block_on(asked(self, connections, Instant::now() + duration));
        let used = self.process.map(cpu_seconds).zip(before).map(|(after, before)| after - before);
        self.of(times, duration, used)
    }

    /// One client asks this while some ask the other; the times are this one's.
    pub fn round_beside(&self, other: &Self, connections: usize, duration: Duration) -> Round {
        let end = Instant::now() + duration;
        let both = async { tokio::join!(asked(self, 1, end), asked(other, connections, end)).0 };
        self.of(runtime().block_on(both), duration, None)
    }

    fn of(&self, times: Vec<u32>, duration: Duration, used: Option<f64>) -> Round {
        let answers = f64::from(u32::try_from(times.len().max(1)).unwrap_or(u32::MAX));
        Round {
            rate: answers / duration.as_secs_f64(),
            cpu: used.map(|seconds| seconds * 1e6 / answers),
            rss: self.process.and_then(resident),
            times,
        }
    }
}

/// The session cookie of a token under this algorithm that outlives the run.
pub fn session(address: &str, algorithm: &str) -> String {
    runtime().block_on(async {
        let form = format!("algorithm={algorithm}");
        let form = format!(
            "POST /algorithm HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n\r\n{form}",
            form.len()
        );
        let chosen = cookie_of(address, form.as_bytes()).await;
        cookie_of(address, &request(address, "/generate?ttl=86400", &chosen)).await
    })
}

/// The cookie that one page sets.
pub fn set_cookie(address: &str, path: &str, cookie: &str) -> String {
    runtime().block_on(cookie_of(address, &request(address, path, cookie)))
}

/// How many bytes the body of this page has.
pub fn page_length(address: &str, path: &str) -> usize {
    let answer = runtime().block_on(text_of(address, &request(address, path, "")));
    answer.split_once("\r\n\r\n").expect("a body").1.len()
}

/// How many pupils may join from one address with one code within an hour.
const JOINS: usize = 150;

/// Lets so many pupils join the class of this server, whose teacher has this key, and open a lesson each. Returns the
/// cookie of the last one.
pub fn pupils(address: &str, key: &str, count: usize, lesson: &str) -> String {
    runtime().block_on(async {
        let teacher = cookie_of(address, &request(address, &format!("/class/board?key={key}"), "")).await;
        let (mut code, mut last) = (String::new(), String::new());
        for number in 0..count {
            if number.is_multiple_of(JOINS) {
                text_of(address, post(address, "/class/board/code", &teacher).as_bytes()).await;
                code = code_of(address, &teacher).await;
            }
            let form = format!("code={code}&name=Pupil+{number}");
            let join = format!(
                "POST /class HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
                 Content-Length: {}\r\n\r\n{form}",
                form.len()
            );
            last = cookie_of(address, join.as_bytes()).await;
            text_of(address, &request(address, lesson, &last)).await;
        }
        last
    })
}

/// The code of the class.
async fn code_of(address: &str, teacher: &str) -> String {
    let board = text_of(address, &request(address, "/class/board.json", teacher)).await;
    board.split("\"code\":\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a code").to_owned()
}

/// A form without a field.
fn post(address: &str, path: &str, cookie: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 0\r\n\r\n"
    )
}

async fn text_of(address: &str, request: &[u8]) -> String {
    let (mut socket, mut buffer) = (TcpStream::connect(address).await.expect("a connection"), Vec::new());
    socket.write_all(request).await.expect("a request");
    answer(&mut socket, &mut buffer).await;
    String::from_utf8_lossy(&buffer).into_owned()
}

async fn cookie_of(address: &str, request: &[u8]) -> String {
    let (mut socket, mut buffer) = (TcpStream::connect(address).await.expect("a connection"), Vec::new());
    socket.write_all(request).await.expect("a request");
    let head = answer(&mut socket, &mut buffer).await;
    let text = String::from_utf8_lossy(&buffer[..head]).into_owned();
    let line = text.lines().find_map(|line| line.strip_prefix("set-cookie: ")).expect("a cookie");
    line.split(';').next().unwrap_or_default().to_owned()
}

fn request(address: &str, path: &str, cookie: &str) -> Vec<u8> {
    let cookie = if cookie.is_empty() { String::new() } else { format!("Cookie: {cookie}\r\n") };
    format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{cookie}\r\n").into_bytes()
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_io().build().expect("a runtime")
}

/// Asks on that many connections until the end, and says how long each answer took.
async fn asked(target: &Target, connections: usize, end: Instant) -> Vec<u32> {
    let all = (0..connections).map(|_| ask(target.address.clone(), target.request.clone(), end));
    let tasks = tokio::task::LocalSet::new();
    let handles: Vec<_> = all.map(|one| tasks.spawn_local(one)).collect();
    tasks.await;
    let mut times = Vec::new();
    for handle in handles {
        times.extend(handle.await.expect("a connection's times"));
    }
    times
}

async fn ask(address: String, request: Vec<u8>, end: Instant) -> Vec<u32> {
    let mut socket = connect(&address).await;
    let (mut buffer, mut times) = (Vec::with_capacity(1 << 16), Vec::new());
    while Instant::now() < end {
        let begin = Instant::now();
        socket.write_all(&request).await.expect("a request");
        let head = answer(&mut socket, &mut buffer).await;
        if is_last(&buffer[..head]) {
            socket = connect(&address).await;
        }
        times.push(u32::try_from(begin.elapsed().as_micros()).unwrap_or(u32::MAX));
    }
    times
}

async fn connect(address: &str) -> TcpStream {
    let socket = TcpStream::connect(address).await.expect("a connection");
    socket.set_nodelay(true).expect("no delay");
    socket
}

/// Reads one answer; says how long its head is.
async fn answer(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> usize {
    buffer.clear();
    loop {
        let read = socket.read_buf(buffer).await.expect("an answer");
        assert!(read > 0, "closed in the middle of an answer");
        let Some(head) = buffer.windows(4).position(|it| it == b"\r\n\r\n") else { continue };
        let status = &buffer[9..12];
        assert!(status == b"200" || status == b"302" || status == b"303", "{}", String::from_utf8_lossy(buffer));
        if buffer.len() >= head + 4 + length(&buffer[..head]) {
            return head;
        }
    }
}

/// Whether the server closes the connection after this answer, as gunicorn's workers do. A new one is part of what the
/// answer costs.
fn is_last(head: &[u8]) -> bool {
    head.windows(19).any(|line| line.eq_ignore_ascii_case(b"\r\nconnection: close"))
}

fn length(head: &[u8]) -> usize {
    let text = std::str::from_utf8(head).unwrap_or_default();
    let named = |line: &str| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    };
    text.split("\r\n").find_map(named).unwrap_or(0)
}
