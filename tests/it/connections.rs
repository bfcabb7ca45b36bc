//! Many connections and slow ones: whom the server serves, whom it makes wait, and how it disconnects all of them.

use std::fs;
use std::net::TcpStream;
use std::sync::Mutex;
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::app::TestApp;
use crate::bare_connection::BareConnection;
use crate::cli::{Done, Program, Serving};
use crate::tools;

const PLAIN: &[&str] = &[];
const TLS: &[&str] = &["--tls-self-signed", "true"];

fn serve(arguments: &[&str]) -> (Program, Serving) {
    let program = Program::with_keys().and("RUST_LOG", "warn");
    let workers = if arguments.contains(&"--workers") { PLAIN } else { &["--workers", "2"] };
    let serving = program.serve(&[&["--phone-rate", "off"], workers, arguments].concat());
    (program, serving)
}

// ── the end

const CLIENTS: usize = 32;

/// How one client's requests ended.
#[derive(Default)]
struct Outcome {
    answered: usize,
    /// Requests that were sent and got no whole answer.
    lost: Vec<String>,
}

/// How a client uses its connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reuse {
    /// One connection for as long as the server keeps it.
    KeepAlive,
    /// A connection for each request.
    OnePerRequest,
}

/// Asks without a pause until nobody lets it in any more.
fn ask_until_the_end(url: &str, path: &str, reuse: Reuse) -> Outcome {
    let mut outcome = Outcome::default();
    // Who is not let in has sent nothing.
    while let Ok(mut line) = BareConnection::to(url) {
        let mut goes_on = true;
        while goes_on {
            let reply = line.get(path);
            goes_on = reuse == Reuse::KeepAlive && reply.as_ref().is_ok_and(|reply| !reply.is_last);
            match reply {
                Ok(reply) if reply.status < 400 => outcome.answered += 1,
                Ok(reply) => outcome.lost.push(format!("{} to {path}", reply.status)),
                Err(error) => outcome.lost.push(format!("{error} in place of {path}")),
            }
        }
    }
    outcome
}

fn end_under_load(arguments: &[&str], reuse: Reuse) -> (Vec<Outcome>, Done) {
    let (_program, serving) = serve(arguments);
    let url = serving.url.clone();
    scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let url = &url;
                // What is quick, what signs, and what is written down.
                let path = ["/healthz", "/generate", "/v1/token/15555551212"][client % 3];
                scope.spawn(move || ask_until_the_end(url, path, reuse))
            })
            .collect();
        sleep(Duration::from_millis(700));
        let done = serving.stop();
        (clients.into_iter().map(|client| client.join().unwrap()).collect(), done)
    })
}

#[test]
fn no_request_is_lost_when_the_server_ends_under_load() {
    for (arguments, reuse) in
        [(PLAIN, Reuse::KeepAlive), (PLAIN, Reuse::OnePerRequest), (TLS, Reuse::KeepAlive), (TLS, Reuse::OnePerRequest)]
    {
        for _ in 0..tools::rounds(1) {
            let (outcomes, done) = end_under_load(arguments, reuse);
            assert_eq!(done.code, Some(0), "{}", done.stderr);
            // A disk that others keep busy for longer than the store may take is answered for with a 503.
            let is_slow = done.stderr.contains("the store did not answer within");
            assert!(is_slow || !done.stderr.contains("ERROR"), "{}", done.stderr);
            let lost = outcomes.iter().flat_map(|outcome| &outcome.lost);
            let lost: Vec<_> = lost.filter(|lost| !(is_slow && lost.starts_with("503"))).collect();
            assert!(lost.is_empty(), "{arguments:?} {reuse:?}: {lost:?}");
            let answered: usize = outcomes.iter().map(|outcome| outcome.answered).sum();
            assert!(answered > CLIENTS, "{arguments:?} {reuse:?}: {answered} answers are no load");
        }
    }
}

/// A connection on which a form is being sent, and its last bytes.
fn form_under_way(serving: &Serving) -> (BareConnection, &'static str) {
    let mut line = BareConnection::to(&serving.url).unwrap();
    let head = "POST /algorithm HTTP/1.1\r\nHost: localhost\r\nContent-Length: 15\r\n\
                Content-Type: application/x-www-form-urlencoded\r\n\r\nalgorithm";
    line.send(head.as_bytes()).unwrap();
    (line, "=RS256")
}

#[test]
fn while_a_request_is_finished_nobody_new_is_let_in_and_who_is_in_is_answered_once_more() {
    for arguments in [PLAIN, TLS] {
        let (_program, serving) = serve(&[&["--workers", "1"], arguments].concat());
        let (mut slow, rest) = form_under_way(&serving);
        let mut kept = BareConnection::to(&serving.url).unwrap();
        assert!(!kept.get("/healthz").unwrap().is_last);
        serving.signal("-TERM");
        let told = Instant::now();
        while TcpStream::connect(serving.url.split_once("://").unwrap().1).is_ok() {
            assert!(told.elapsed() < Duration::from_secs(5), "it still lets people in");
            sleep(Duration::from_millis(20));
        }
        let reply = kept.get("/healthz").unwrap();
        assert_eq!((reply.status, reply.is_last), (200, true), "answered, and sent away");
        assert!(kept.rest().is_empty());
        slow.send(rest.as_bytes()).unwrap();
        let reply = slow.reply().unwrap();
        assert_eq!((reply.status, reply.is_last), (303, true));
        let done = serving.ended();
        assert_eq!(done.code, Some(0));
        assert!(!done.stderr.contains("ERROR"), "{}", done.stderr);
    }
}

#[test]
fn a_request_that_does_not_finish_is_given_up_at_the_shutdown_timeout() {
    let (_program, serving) = serve(&["--shutdown-timeout", "2"]);
    let (mut slow, _) = form_under_way(&serving);
    let mut other = BareConnection::to(&serving.url).unwrap();
    assert_eq!(other.get("/healthz").unwrap().status, 200, "the first is being answered by now");
    let told = Instant::now();
    let done = serving.stop();
    let took = told.elapsed();
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!((Duration::from_secs(1)..Duration::from_secs(6)).contains(&took), "{took:?}");
    assert!(slow.rest().is_empty(), "nothing was answered");
}

// ── slow ones

/// Asks on connections of its own, and how long the longest answer took.
fn slowest_of_ten(url: &str) -> Duration {
    let timed = |_| {
        let began = Instant::now();
        assert_eq!(BareConnection::to(url).unwrap().get("/healthz").unwrap().status, 200);
        began.elapsed()
    };
    (0..10).map(timed).max().unwrap()
}

#[test]
fn slow_heads_slow_bodies_and_silence_keep_nobody_waiting() {
    for arguments in [PLAIN, TLS] {
        let (_program, serving) = serve(arguments);
        let address = serving.url.split_once("://").unwrap().1;
        // More of them than handshakes are done at once where that is limited.
        let silent: Vec<_> = (0..600).map(|_| TcpStream::connect(address).unwrap()).collect();
        let mut slow: Vec<BareConnection> = (0..50).map(|_| form_under_way(&serving).0).collect();
        slow.extend((0..150).map(|_| {
            let mut line = BareConnection::to(&serving.url).unwrap();
            line.send(b"GET /healthz HTTP/1.1\r\nX-Slow: ").unwrap();
            line
        }));
        for _ in 0..3 {
            for line in &mut slow {
                line.send(b"a").unwrap();
            }
            let longest = slowest_of_ten(&serving.url);
            assert!(longest < Duration::from_secs(3), "{arguments:?}: {longest:?}");
        }
        drop((silent, slow));
        assert_eq!(serving.stop().code, Some(0));
    }
}

#[test]
fn a_head_that_does_not_come_and_a_handshake_that_does_not_end_their_connection() {
    scope(|scope| {
        let head: &[u8] = b"GET /healthz HTTP/1.1\r\nX-Slow: ";
        for (arguments, said_first, said) in [(PLAIN, head, "HTTP/1.1 408"), (TLS, b"", "")] {
            scope.spawn(move || {
                let (_program, serving) = serve(arguments);
                let plain = serving.url.replace("https", "http");
                let mut line = BareConnection::to(&plain).unwrap();
                let began = Instant::now();
                line.send(said_first).unwrap();
                let rest = String::from_utf8_lossy(&line.rest()).into_owned();
                assert!(rest.starts_with(said) && (rest.is_empty() == said.is_empty()), "{rest}");
                let took = began.elapsed();
                assert!((Duration::from_secs(8)..Duration::from_secs(20)).contains(&took), "{took:?}");
            });
        }
    });
}

/// Sends a byte a second of a second head that has no end: what is answered, and when the connection closes.
fn send_slowly_a_second_head(url: &str) -> (String, Duration) {
    let mut line = BareConnection::with_timeout(url, Duration::from_secs(1)).unwrap();
    line.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let (mut said, mut began) = (Vec::new(), None);
    loop {
        match line.some() {
            Ok(bytes) if bytes.is_empty() => break,
            Ok(bytes) => said.extend(bytes),
            Err(_) if began.is_none_or(|began: Instant| began.elapsed() < Duration::from_secs(40)) => {
                let first = began.is_none();
                began.get_or_insert_with(Instant::now);
                let _ = line.send(if first { b"GET /healthz HTTP/1.1\r\nX-Slow: " } else { b"a" });
            }
            Err(_) => break,
        }
    }
    (String::from_utf8(said).unwrap(), began.unwrap().elapsed())
}

#[test]
fn a_second_head_is_timed_like_the_first_and_its_refusal_says_why() {
    scope(|scope| {
        for arguments in [PLAIN, TLS] {
            scope.spawn(move || {
                let (_program, serving) = serve(arguments);
                let (said, took) = send_slowly_a_second_head(&serving.url);
                assert!((Duration::from_secs(8)..Duration::from_secs(25)).contains(&took), "{arguments:?}: {took:?}");
                let (_, refusal) = said.split_once("\r\n\r\nok\n").unwrap();
                let (head, body) = refusal.split_once("\r\n\r\n").unwrap();
                assert!(head.starts_with("HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ndate: "), "{head}");
                let message = "The request's head was not received within 10 s.";
                assert_eq!(body, format!(r#"{{"error":"timeout","message":"{message}"}}"#));
                let metrics = BareConnection::to(&serving.url).unwrap().get("/metrics").unwrap().body;
                let counted = r#"hallpass_http_requests_total{method="other",route="-",status="408"} 1"#;
                assert!(String::from_utf8(metrics).unwrap().contains(counted), "{arguments:?}");
            });
        }
    });
}

/// A request of which the client never sends the end, and when it began.
fn announced(app: &TestApp, method: &str, path: &str, body: &str) -> (BareConnection, Instant) {
    let (mut line, began) = (BareConnection::to(&app.url).unwrap(), Instant::now());
    line.send(format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n{body}", app.host()).as_bytes()).unwrap();
    (line, began)
}

/// Long because it is one list of addresses.
#[test]
fn the_body_of_a_get_that_never_comes_is_not_waited_for_and_its_connection_closed() {
    let app = TestApp::with(&[("phone-rate", "off"), ("workers", "2")]);
    let paths = [
        "/",
        "/x",
        "/generate",
        "/validate",
        "/healthz",
        "/.well-known/jwks.json",
        "/openapi.json",
        "/docs",
        "/docs/api",
        "/docs/settings",
        "/tutorials",
        "/tutorials/zoom",
        "/robots.txt",
        "/favicon.ico",
        "/static/hallpass.css",
        "/token",
        "/api/me",
        "/v1/token/15555551212",
        "/v1/transactions",
        "/v1/transactions/a",
        "/lab",
        "/lab/lessons/anatomy",
        "/lab/lessons/cross-site-forms/transfer",
        "/lab/attacks",
        "/lab/attacks.json",
        "/lab/attacks/alg-none",
        "/lab/inspect",
        "/lab/worksheet",
        "/a/b/c",
    ];
    for body in ["Content-Length: 10\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"] {
        let asked: Vec<_> = paths.iter().map(|path| (path, announced(&app, "GET", path, body))).collect();
        for (path, (mut line, began)) in asked {
            let status = line.reply().unwrap_or_else(|error| panic!("{path} with {body}: {error}")).status;
            assert!((200..500).contains(&status), "{path} with {body}: {status}");
            assert!(line.rest().is_empty(), "{path} with {body}: one answer");
            assert!(began.elapsed() < Duration::from_secs(10), "{path} with {body}: {:?}", began.elapsed());
        }
    }
}

#[test]
fn a_body_that_stops_is_given_up_and_its_connection_closed() {
    let app = TestApp::with(&[("workers", "2")]);
    let bodies = ["Content-Length: 10\r\n\r\nalg", "Transfer-Encoding: chunked\r\n\r\n3\r\nalg"];
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let asked = bodies.map(|body| announced(&app, "POST", "/algorithm", &format!("{form}{body}")));
    for (mut line, began) in asked {
        assert_eq!(line.reply().unwrap().status, 408);
        assert!(line.rest().is_empty());
        let took = began.elapsed();
        assert!((Duration::from_secs(13)..Duration::from_secs(25)).contains(&took), "{took:?}");
    }
    // What is refused unread is not read behind the answer either.
    for path in ["/healthz", "/a/b/c", "/logout"] {
        let foreign = format!("Sec-Fetch-Site: cross-site\r\n{}", bodies[1]);
        let (mut line, began) = announced(&app, "POST", path, &foreign);
        assert!((400..500).contains(&line.reply().unwrap().status), "{path}");
        assert!(line.rest().is_empty() && began.elapsed() < Duration::from_secs(10), "{path}");
    }
}

// ── pipelining

/// What is sent and what is answered, over and over. A trusted proxy's request id comes back with the answer.
const MIXED: [(&str, &[u16]); 9] = [
    ("GET /healthz HTTP/1.1\r\n", &[200]),
    ("HEAD /robots.txt HTTP/1.1\r\n", &[200]),
    ("POST /token HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n", &[200]),
    ("GET /a/b/c HTTP/1.1\r\n", &[404]),
    ("POST /algorithm HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 15\r\n", &[303]),
    ("GET / HTTP/1.1\r\n", &[200]),
    (
        "POST /token HTTP/1.1\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 33\r\n",
        &[100, 200],
    ),
    ("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n", &[200]),
    ("GET /generate HTTP/1.1\r\n", &[302]),
];

/// The bytes of one of these requests.
fn mixed(number: usize) -> String {
    let head = MIXED[number % MIXED.len()].0;
    let login = r#"{"username":"amy","password":"x"}"#;
    let body = match head {
        chunked if chunked.contains("chunked") => format!("21\r\n{login}\r\n0\r\n\r\n"),
        json if json.contains("json") => login.to_owned(),
        form if form.contains("Length") => "algorithm=RS256".to_owned(),
        _ => String::new(),
    };
    format!("{head}Host: localhost\r\nX-Request-Id: request-{number:05}\r\n\r\n{body}")
}

#[test]
fn thousands_of_pipelined_requests_are_answered_in_order_and_completely() {
    for arguments in [PLAIN, TLS] {
        let (_program, serving) = serve(&[&["--trusted-proxy", "127.0.0.1"], arguments].concat());
        let mut line = BareConnection::to(&serving.url).unwrap();
        for batch in 0..4 {
            let numbers = batch * 500..(batch + 1) * 500;
            line.send(numbers.clone().map(mixed).collect::<String>().as_bytes()).unwrap();
            for number in numbers {
                let (head, statuses) = MIXED[number % MIXED.len()];
                for status in statuses {
                    let reply = if head.starts_with("HEAD") { line.reply_to_head() } else { line.reply() }.unwrap();
                    assert_eq!(reply.status, *status, "{number}: {head}");
                    let is_its_own = reply.head.contains(&format!("x-request-id: request-{number:05}\r\n"));
                    assert!(is_its_own || *status == 100, "{number}: {}", reply.head);
                    assert!(!reply.is_last, "{number}: {head}");
                }
            }
        }
        line.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\n\r\n")
            .unwrap();
        let last = line.reply().unwrap();
        assert_eq!((last.status, last.body.as_slice(), last.is_last), (200, &b"ok\n"[..], true));
        assert!(line.rest().is_empty(), "what comes behind the last request is not answered");
        assert_eq!(serving.stop().code, Some(0));
    }
}

#[test]
fn a_head_that_can_be_read_in_two_ways_is_refused_and_what_comes_behind_it_is_not_answered() {
    let app = TestApp::with(&[("workers", "2")]);
    let host = app.host();
    for fields in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "Content-Length: +5\r\n\r\nhello",
        "Content-Length: 5, 5\r\n\r\nhello",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "Content-Length: 0\r\n folded: 5\r\n\r\nhello",
        "Host: other\r\n\r\n",
    ] {
        let behind = format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let answer = app.raw(format!("POST /logout HTTP/1.1\r\nHost: {host}\r\n{fields}{behind}"));
        assert_eq!(answer.status, 400, "{fields}: {}", answer.head);
        assert!(answer.body.starts_with(r#"{"error":"bad_request","message":""#), "{fields}: {}", answer.body);
        assert_eq!(answer.body.matches("HTTP/1.1").count(), 1, "one answer to {fields}: {}", answer.body);
    }
}

#[test]
fn a_head_within_the_limits_is_read_and_one_beyond_them_refused_with_their_names() {
    let app = TestApp::with(&[("workers", "2")]);
    let ask = |fields: &str| {
        app.raw(format!("GET /healthz HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{fields}\r\n", app.host()))
    };
    let lines = |count: usize| "X: a\r\n".repeat(count);
    for good in [lines(94), format!("X: {}\r\n", "x".repeat(125_000))] {
        assert_eq!(ask(&good).status, 200);
    }
    for bad in [lines(95), format!("X: {}\r\n", "x".repeat(140_000))] {
        let answer = ask(&bad);
        assert_eq!(answer.status, 431, "{}", answer.head);
        assert!(answer.body.contains("128 KiB") && answer.body.contains("96"), "{}", answer.body);
    }
}

// ── clients that read nothing

/// How many connections send how many requests each, and by how many MB the server's memory may grow meanwhile.
const GREEDY: usize = 100;
const REQUESTS: usize = 5200;
const MOST_GROWTH: u64 = 64;

/// What they ask for. All answers to the last fit into what the system keeps for a connection.
const ASKED: [&str; 4] = ["GET /", "GET /openapi.json", "GET /lab", "HEAD /"];

/// Sends thousands of requests at once, reads nothing, and goes on until the server closes: after how long it does.
fn send_and_never_read(url: &str, asked: &str, timeout: Duration) -> Duration {
    let request = format!("{asked} HTTP/1.1\nHost:localhost\n\n");
    let (mut line, began) = (BareConnection::to(url).unwrap(), Instant::now());
    let _ = line.send(request.repeat(REQUESTS).as_bytes());
    while began.elapsed() < timeout && line.send(request.as_bytes()).is_ok() {
        sleep(Duration::from_millis(500));
    }
    began.elapsed()
}

#[test]
fn clients_that_pipeline_thousands_of_requests_and_read_nothing_cost_little_memory_and_are_closed() {
    for arguments in [PLAIN, TLS] {
        let (_program, serving) = serve(arguments);
        let before = memory(&serving);
        let closed: Vec<Duration> = scope(|scope| {
            let url = &serving.url;
            let greedy = |client: usize| {
                let asked = ASKED[client % ASKED.len()];
                let timeout = Duration::from_secs(if asked == "HEAD /" { 45 } else { 120 });
                scope.spawn(move || send_and_never_read(url, asked, timeout))
            };
            let greedy: Vec<_> = (0..GREEDY).map(greedy).collect();
            sleep(Duration::from_secs(10));
            assert!(slowest_of_ten(url) < Duration::from_secs(5), "others are served meanwhile");
            greedy.into_iter().map(|client| client.join().unwrap()).collect()
        });
        let growth = peak_memory(&serving) - before;
        eprintln!("{GREEDY} connections with {REQUESTS} requests each, {arguments:?}: {growth} MB more");
        assert!(growth < MOST_GROWTH, "{arguments:?}: {growth} MB more than {before}");
        let (first, last) = (closed.iter().min().unwrap(), closed.iter().max().unwrap());
        assert!(*first > Duration::from_secs(25) && *last < Duration::from_secs(100), "{first:?} to {last:?}");
        assert_eq!(serving.stop().code, Some(0));
    }
}

// ── many

#[test]
fn beyond_the_limit_one_waits_until_another_leaves() {
    let (_program, serving) = serve(&["--workers", "1", "--max-connections", "2"]);
    let mut inside: Vec<BareConnection> = (0..2).map(|_| BareConnection::to(&serving.url).unwrap()).collect();
    for line in &mut inside {
        assert_eq!(line.get("/healthz").unwrap().status, 200);
    }
    let answered = Mutex::new(None);
    scope(|scope| {
        scope.spawn(|| {
            let status = BareConnection::to(&serving.url).unwrap().get("/healthz").unwrap().status;
            *answered.lock().unwrap() = Some(status);
        });
        sleep(Duration::from_millis(500));
        assert_eq!(*answered.lock().unwrap(), None, "it waits in the queue");
        assert_eq!(inside[0].get("/healthz").unwrap().status, 200, "who is in is served");
        inside.pop();
    });
    assert_eq!(answered.into_inner().unwrap(), Some(200));
}

/// A connection may be idle for long, so that clients which only keep theirs open must not get all connections.
#[test]
fn where_three_quarters_of_the_connections_are_taken_answers_close_theirs() {
    let (_program, serving) = serve(&["--workers", "1", "--max-connections", "8"]);
    let closes = |line: &mut BareConnection| line.get("/healthz").unwrap().is_last;
    let mut inside: Vec<BareConnection> = (0..6).map(|_| BareConnection::to(&serving.url).unwrap()).collect();
    for line in &mut inside {
        assert!(!closes(line));
        line.send(b"GET /healthz HTTP/1.1\r\nHost: 127").unwrap();
    }
    for _ in 0..20 {
        let mut late = BareConnection::to(&serving.url).unwrap();
        assert!(closes(&mut late));
        assert!(late.rest().is_empty());
    }
    inside.pop();
}

#[test]
fn where_few_files_may_be_open_fewer_connections_are_served_and_the_server_lives() {
    let program = Program::with_keys().with_files(100);
    let serving = program.serve(&["--workers", "2"]);
    let log = serving.log_with("--max-connections 10000");
    let line = log.lines().find(|line| line.contains("--max-connections 10000")).unwrap_or_else(|| panic!("{log}"));
    assert!(
        line.contains("100 are allowed") && line.contains("50 connections") && line.contains("LimitNOFILE"),
        "{line}"
    );
    let address = serving.url.trim_start_matches("http://");
    let many: Vec<_> = (0..300).map(|_| TcpStream::connect(address).unwrap()).collect();
    sleep(Duration::from_millis(300));
    drop(many);
    assert!(slowest_of_ten(&serving.url) < Duration::from_secs(5));
    let done = serving.stop();
    assert_eq!(done.code, Some(0));
    assert!(!done.stderr.contains("ERROR"), "no file was missing: {}", done.stderr);
}

const IDLE: usize = 5000;
const ACTIVE: usize = 64;
const MOST_MEMORY: u64 = 150;

/// Raises the limit on open files, where that is allowed, and says how many connections this process may hold.
fn connections_at_most(wanted: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    let files = getrlimit(Resource::Nofile).current.map_or(usize::MAX, |files| usize::try_from(files).unwrap());
    wanted.min(files.saturating_sub(1000).max(files / 4))
}

/// What the process holds in memory, in MB.
fn memory(serving: &Serving) -> u64 {
    process_status(serving, "VmRSS:")
}

/// The most that it ever held.
fn peak_memory(serving: &Serving) -> u64 {
    process_status(serving, "VmHWM:")
}

fn process_status(serving: &Serving, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", serving.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

/// Sixty-four clients that ask without a pause.
fn load(url: &str, span: Duration) {
    scope(|scope| {
        for client in 0..ACTIVE {
            scope.spawn(move || {
                // Nothing that is written down: a busy disk is no matter of connections.
                let path = ["/healthz", "/generate", "/validate", "/lab"][client % 4];
                let (mut line, began) = (BareConnection::to(url).unwrap(), Instant::now());
                while began.elapsed() < span {
                    let status = line.get(path).unwrap().status;
                    assert!(status < 400, "{status} to {path}");
                }
            });
        }
    });
}

#[test]
fn thousands_of_idle_connections_are_kept_in_little_memory_that_does_not_grow() {
    for (arguments, idle) in [(PLAIN, IDLE), (TLS, IDLE / 5)] {
        let idle = connections_at_most(idle);
        let (_program, serving) = serve(arguments);
        let mut lines: Vec<BareConnection> = (0..idle).map(|_| BareConnection::to(&serving.url).unwrap()).collect();
        let mut all_answer = || lines.iter_mut().all(|line| line.get("/healthz").unwrap().status == 200);
        assert!(all_answer());
        let mut held = Vec::new();
        for _ in 0..tools::rounds(2) {
            load(&serving.url, Duration::from_secs(2));
            held.push(memory(&serving));
        }
        eprintln!("{idle} idle connections, {arguments:?}: {held:?} MB");
        assert!(held.iter().all(|held| *held < MOST_MEMORY), "{held:?} MB");
        assert!(held[held.len() - 1] <= held[0] + held[0] / 10 + 5, "it grows: {held:?} MB");
        assert!(all_answer(), "none was dropped");
        drop(lines);
        assert_eq!(serving.stop().code, Some(0));
    }
}
