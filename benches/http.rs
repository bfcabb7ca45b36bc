//! How many requests a second the server answers on each route, as a ratio to a handler that does nothing:
//! `cargo bench --bench http`.
//!
//! Server and clients share this machine's cores, so only the ratios of one run mean something.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use hallpass::clock::System;
use hallpass::settings::{Environment, Flags, Settings};
use hallpass::web::Server;

/// How many connections ask at once.
const CLIENTS: usize = 64;

/// How long each route is asked.
const ROUND: Duration = Duration::from_secs(4);

/// The routes, the bare one first.
const ROUTES: [&str; 5] = ["/healthz", "/v1/token/15555551212", "/generate", "/validate", "/"];

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let address = serve(folder.path());
    let cookie = cookie(&address);
    let mut bare = None;
    for route in ROUTES {
        let with_cookie = matches!(route, "/generate" | "/validate");
        let rate = rate(&address, route, if with_cookie { &cookie } else { "" });
        let bare = *bare.get_or_insert(rate);
        println!("{rate:>9.0} requests a second, {:.2} of the bare handler: {route}", rate / bare);
    }
}

/// Starts the server on a free port with keys and a store of its own.
fn serve(folder: &std::path::Path) -> String {
    let keys = folder.join("keys").display().to_string();
    let database = format!("sqlite:{}", folder.join("bench.db").display());
    let given = [("bind", "127.0.0.1:0"), ("keys", &keys), ("database", &database), ("phone-rate", "off")];
    let flags = given.iter().fold(Flags::default(), |flags, (flag, value)| flags.with(flag, Some((*value).to_owned())));
    let settings = Settings::resolve(&flags, &Environment::default()).expect("good settings");
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        actix_web::rt::System::new().block_on(async {
            let server = Server::build(settings, Arc::new(System)).await.expect("the server starts");
            let address = server.url().trim_start_matches("http://").to_owned();
            server.start(|_| sender.send(address).expect("the bench waits")).await.expect("the server runs");
        });
    });
    receiver.recv().expect("an address")
}

/// The session cookie of a token that outlives the run.
fn cookie(address: &str) -> String {
    let mut socket = TcpStream::connect(address).expect("a connection");
    let request = format!("GET /generate?ttl=86400 HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).expect("a request");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("an answer");
    let line = answer.lines().find_map(|line| line.strip_prefix("set-cookie: ")).expect("a cookie");
    line.split(';').next().unwrap_or_default().to_owned()
}

fn rate(address: &str, route: &str, cookie: &str) -> f64 {
    let (stop, answered) = (AtomicBool::new(false), AtomicU64::new(0));
    let started = Instant::now();
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| ask(address, route, cookie, &stop, &answered));
        }
        thread::sleep(ROUND);
        stop.store(true, Ordering::Relaxed);
    });
    let answered = u32::try_from(answered.into_inner()).unwrap_or(u32::MAX);
    f64::from(answered) / started.elapsed().as_secs_f64()
}

/// One client: asks again as soon as it is answered.
fn ask(address: &str, route: &str, cookie: &str, stop: &AtomicBool, answered: &AtomicU64) {
    let mut socket = BufReader::new(TcpStream::connect(address).expect("a connection"));
    let request = format!("GET {route} HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\n\r\n");
    while !stop.load(Ordering::Relaxed) {
        socket.get_mut().write_all(request.as_bytes()).expect("a request");
        read_answer(&mut socket);
        answered.fetch_add(1, Ordering::Relaxed);
    }
}

fn read_answer(socket: &mut BufReader<TcpStream>) {
    let (mut line, mut length, mut first) = (String::new(), 0, true);
    while line != "\r\n" {
        line.clear();
        socket.read_line(&mut line).expect("a header");
        assert!(!first || line.contains(" 200 ") || line.contains(" 302 "), "refused: {line}");
        first = false;
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.trim().parse().expect("a length");
        }
    }
    socket.read_exact(&mut vec![0; length]).expect("a body");
}
