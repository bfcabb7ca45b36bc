//! How long somebody waits for a page while others ask for the most expensive work that anybody may ask for:
//! `cargo bench --bench busy`.
//!
//! Three hundred connections of ten clients ask for one kind of work without pause, and whoever is told to come again
//! waits as long as the answer says. One more connection asks for the home page meanwhile, a hundred times a second.
//! The server, its load and the reader share the machine's cores, so the times are longer than a reader's would be.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{interval, sleep};

const CONNECTIONS: usize = 300;
const CLIENTS: usize = 10;
const READ_FOR: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(10);

#[tokio::main(worker_threads = 1)]
async fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = Server::start(folder.path());
    println!(
        "{:<44} {:>9} {:>9} {:>9} {:>9} {:>9}",
        "GET / while others ask for", "p50", "p95", "p99", "done/s", "503/s"
    );
    report("nothing", &Load::default(), &read(&server.address).await);
    for (name, body, kind, path) in works() {
        let load = Load::begin(&server.address, &post(&server.address, path, kind, &body));
        sleep(Duration::from_secs(1)).await;
        load.forget();
        let times = read(&server.address).await;
        report(name, &load, &times);
        load.end().await;
    }
}

/// What costs the most, each with its body, its media type and its address.
fn works() -> [(&'static str, String, &'static str, &'static str); 4] {
    let pem = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/keys/rsa-8192-pkcs8.pem");
    let pem = std::fs::read_to_string(pem).expect("the key");
    let order = json!({ "action": "sign", "key": { "pem": pem }, "claims": { "sub": "bob" } }).to_string();
    let form = "application/x-www-form-urlencoded";
    [
        ("a signature with a pasted RSA-8192 key", order, "application/json", "/lab/inspect"),
        ("the attack with a huge kid", "action=forge".to_owned(), form, "/lab/attacks/huge-kid"),
        ("HS256 and RS256 measured", "step=measure".to_owned(), form, "/lab/lessons/hs256-or-rs256"),
        ("a weak secret guessed", "do=guess".to_owned(), form, "/lab/lessons/weak-secret"),
    ]
}

fn post(address: &str, path: &str, kind: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nX-Forwarded-For: {{client}}\r\nContent-Type: {kind}\r\n\
         Accept: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

/// This program with keys and a store of its own, and no log.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(folder: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hallpass"));
        command.current_dir(folder).env("RUST_LOG", "error").args(["--bind", "127.0.0.1:0"]);
        let command = command.args(["--trusted-proxy", "127.0.0.1"]).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the server starts");
        let mut line = String::new();
        let out = child.stdout.take().expect("its output");
        BufReader::new(out).read_line(&mut line).expect("its address");
        let address = line.trim().rsplit('/').next().unwrap_or_default().to_owned();
        Self { child, address }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Everybody who asks for work, and what came of it.
#[derive(Default)]
struct Load {
    tasks: Vec<tokio::task::JoinHandle<()>>,
    done: Arc<AtomicU64>,
    refused: Arc<AtomicU64>,
}

impl Load {
    fn begin(address: &str, request: &str) -> Self {
        let mut load = Self::default();
        for number in 0..CONNECTIONS {
            let request = request.replace("{client}", &format!("203.0.113.{}", number % CLIENTS));
            let (address, done, refused) = (address.to_owned(), load.done.clone(), load.refused.clone());
            load.tasks.push(tokio::spawn(async move {
                let mut socket = connect(&address).await;
                loop {
                    let Some((status, wait)) = ask(&mut socket, request.as_bytes()).await else {
                        socket = connect(&address).await;
                        continue;
                    };
                    let counter = if status == 200 { &done } else { &refused };
                    counter.fetch_add(1, Ordering::Relaxed);
                    sleep(Duration::from_secs(wait)).await;
                }
            }));
        }
        load
    }

    fn forget(&self) {
        self.done.store(0, Ordering::Relaxed);
        self.refused.store(0, Ordering::Relaxed);
    }

    /// Ends the connections, and waits until the server has nothing left to do.
    async fn end(self) {
        self.tasks.iter().for_each(tokio::task::JoinHandle::abort);
        sleep(Duration::from_secs(2)).await;
    }
}

/// How long each look at the home page took.
async fn read(address: &str) -> Vec<Duration> {
    let request = format!("GET / HTTP/1.1\r\nHost: {address}\r\nAccept: text/html\r\n\r\n");
    let mut socket = connect(address).await;
    let (end, mut pause, mut times) = (Instant::now() + READ_FOR, interval(PAUSE), Vec::new());
    while Instant::now() < end {
        pause.tick().await;
        let begin = Instant::now();
        let answer = ask(&mut socket, request.as_bytes()).await;
        assert_eq!(answer, Some((200, 0)), "the home page");
        times.push(begin.elapsed());
    }
    times.sort_unstable();
    times
}

async fn connect(address: &str) -> TcpStream {
    let socket = TcpStream::connect(address).await.expect("a connection");
    socket.set_nodelay(true).expect("no delay");
    socket
}

/// The status of the answer, and the seconds that it says to wait; `None` when the server closed the connection.
async fn ask(socket: &mut TcpStream, request: &[u8]) -> Option<(u16, u64)> {
    socket.write_all(request).await.ok()?;
    let mut buffer = Vec::new();
    loop {
        if socket.read_buf(&mut buffer).await.ok()? == 0 {
            return None;
        }
        let Some(end) = buffer.windows(4).position(|it| it == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
        if buffer.len() >= end + 4 + field(&head, "content-length") {
            let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
            return Some((status, u64::try_from(field(&head, "retry-after")).unwrap_or_default()));
        }
    }
}

fn field(head: &str, name: &str) -> usize {
    let line = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.and_then(|value| value.trim().parse().ok()).unwrap_or_default()
}

fn report(name: &str, load: &Load, times: &[Duration]) {
    let at = |hundredth: usize| {
        let time = times.get(times.len() * hundredth / 100).copied().unwrap_or_default();
        format!("{:.1} ms", time.as_secs_f64() * 1e3)
    };
    let rate = |counter: &AtomicU64| counter.load(Ordering::Relaxed) / READ_FOR.as_secs();
    let (done, refused) = (rate(&load.done), rate(&load.refused));
    println!("{name:<44} {:>9} {:>9} {:>9} {done:>9} {refused:>9}", at(50), at(95), at(99));
}
