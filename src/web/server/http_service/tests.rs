//! The connection between a client in memory and the framework, on a clock that only the tests' timers move.

use std::cell::Cell;
use std::future::pending;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use actix_service::{Service as _, ServiceFactory as _};
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::rt::time::{Instant, sleep, timeout};
use actix_web::rt::{System, spawn};
use actix_web::{App, Error, HttpRequest, HttpResponse, web};
use proptest::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex, split};

use crate::web::http::connection::{Connection, DISCARD_TIME, Limits, READ};
use crate::web::http::request_body::{AnswerBody, HeldRequestBody};
use crate::web::server::http_service::http1;

/// What fits between client and server, each way, before one must wait for the other.
const WIRE: usize = 64 * 1024;

const LIMITS: Limits =
    Limits { head: Duration::from_secs(10), idle: Duration::from_secs(75), write: Duration::from_secs(30) };

/// A client's end of a new connection.
fn connect() -> DuplexStream {
    let (client, server) = duplex(WIRE);
    spawn(async move {
        let app = App::new()
            .wrap(from_fn(under_way))
            .route("/never", web::to(pending::<HttpResponse>))
            .route("/slow", web::to(slow))
            .route("/large", web::to(|| async { "x".repeat(4 * WIRE) }))
            .route("/unread", web::to(|| async { "unread" }))
            .default_service(web::to(echo));
        let service = http1(app, pending::<()>, |_| {}).new_service(()).await.unwrap();
        let refuse = Rc::new(|status: actix_web::http::StatusCode, _: &actix_web::http::header::HeaderMap| {
            format!("HTTP/1.1 {}\r\ncontent-length: 7\r\n\r\nrefused", status.as_u16()).into_bytes()
        });
        let _ = service.call((Connection::new(server, LIMITS, refuse), None)).await;
    });
    client
}

async fn under_way(mut request: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse<AnswerBody>, Error> {
    let request_body = HeldRequestBody::of(&mut request, None);
    let response = next.call(request).await?;
    Ok(response.map_body(|_, body| request_body.attach_to(body)))
}

async fn echo(request: HttpRequest, body: web::Bytes) -> String {
    format!("{} {} {}", request.method(), request.path(), String::from_utf8_lossy(&body))
}

async fn slow() -> &'static str {
    sleep(Duration::from_mins(2)).await;
    "slow"
}

/// Runs a test in which time passes only while every task waits for it.
fn run(test: impl Future<Output = ()>) {
    System::new().block_on(async {
        tokio::time::pause();
        test.await;
    });
}

/// Everything that the server still sends, and how long it took to close.
async fn rest(client: &mut DuplexStream) -> (String, Duration) {
    let (began, mut bytes) = (Instant::now(), Vec::new());
    let _ = client.read_to_end(&mut bytes).await;
    (String::from_utf8(bytes).unwrap(), began.elapsed())
}

/// One answer that has a length: its status and body.
async fn answer(client: &mut DuplexStream, has_body: bool) -> io::Result<(String, String)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        head.push(char::from(client.read_u8().await?));
    }
    let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
    let length = field("content-length: ").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; if has_body { length } else { 0 }];
    client.read_exact(&mut body).await?;
    Ok((head[9..12].to_owned(), String::from_utf8(body).unwrap()))
}

fn lasts(took: Duration, limit: Duration) {
    assert!((limit..limit + Duration::from_millis(1_500)).contains(&took), "{took:?} in place of {limit:?}");
}

// ── pipelining

/// One request of a pipeline, and the body of its answer, which a HEAD has none of.
#[derive(Clone, Debug)]
struct Sent {
    text: String,
    answers: Vec<(String, String)>,
    has_body: bool,
}

fn sent(text: String, answer: String) -> Sent {
    Sent { text, answers: vec![("200".to_owned(), answer)], has_body: true }
}

fn request() -> impl Strategy<Value = Sent> {
    let path = "/[a-z]{1,9}";
    let body = "[a-z\r\n]{1,60}";
    let bare = path.prop_map(|path| sent(format!("GET {path} HTTP/1.1\nHost: a\n\n"), format!("GET {path} ")));
    let after_blank_lines =
        path.prop_map(|path| sent(format!("\r\n\r\nPUT {path} HTTP/1.1\r\nHost: a\r\n\r\n"), format!("PUT {path} ")));
    let old = path.prop_map(|path| {
        sent(format!("GET {path} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), format!("GET {path} "))
    });
    let head = path.prop_map(|path| Sent {
        has_body: false,
        ..sent(format!("HEAD {path} HTTP/1.1\r\nHost: a\r\n\r\n"), String::new())
    });
    let with_length = (path, body).prop_map(|(path, body)| {
        let length = body.len();
        let text = format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{body}");
        sent(text, format!("POST {path} {body}"))
    });
    let expecting = (path, body).prop_map(|(path, body)| {
        let (length, expect) = (body.len(), "Expect: 100-continue");
        let text = format!("POST {path} HTTP/1.1\r\nHost: a\r\n{expect}\r\nContent-Length: {length}\r\n\r\n{body}");
        let mut sent = sent(text, format!("POST {path} {body}"));
        sent.answers.insert(0, ("100".to_owned(), String::new()));
        sent
    });
    let chunked = (path, body, body).prop_map(|(path, one, two)| {
        let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
        let head = format!("POST {path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        sent(format!("{head}{}{}0\r\n\r\n", chunk(&one), chunk(&two)), format!("POST {path} {one}{two}"))
    });
    prop_oneof![bare, after_blank_lines, old, head, with_length, expecting, chunked]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn pipelined_requests_are_answered_in_order_and_completely_however_they_are_split(
        requests in proptest::collection::vec(request(), 1..40),
        piece in 1_usize..400,
    ) {
        run(async move {
            let mut client = connect();
            let text: String = requests.iter().map(|sent| sent.text.as_str()).collect();
            for part in text.as_bytes().chunks(piece) {
                client.write_all(part).await.unwrap();
                sleep(Duration::from_millis(1)).await;
            }
            for sent in requests {
                for expected in sent.answers {
                    assert_eq!(answer(&mut client, sent.has_body).await.unwrap(), expected, "{:?}", sent.text);
                }
            }
        });
    }
}

#[test]
fn a_body_of_many_parts_arrives_whole_before_the_next_request() {
    run(async {
        let client = connect();
        let (mut reader, mut writer) = split(client);
        let body = "x".repeat(5 * READ + 7);
        let length = body.len();
        spawn(async move {
            let request = format!("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{body}");
            let last = "GET /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
            writer.write_all(format!("{request}{last}").as_bytes()).await.unwrap();
            pending::<()>().await;
        });
        let mut bytes = String::new();
        reader.read_to_string(&mut bytes).await.unwrap();
        assert!(bytes.contains(&format!("\r\n\r\nPOST /a {}HTTP/1.1 200 OK", "x".repeat(5 * READ + 7))));
        assert!(bytes.ends_with("\r\n\r\nGET /b "));
    });
}

// ── what a client may send ahead

/// How many bytes of `text`, sent over and over, the server takes until it takes no more for a while.
async fn taken_of(client: &mut DuplexStream, text: &[u8]) -> usize {
    let taken = Cell::new(0);
    let sending = async {
        loop {
            taken.set(taken.get() + client.write(text).await.unwrap());
        }
    };
    let _: Result<(), _> = timeout(Duration::from_secs(5), sending).await;
    taken.get()
}

#[test]
fn while_a_request_is_answered_no_more_than_one_read_is_taken_of_the_next() {
    run(async {
        let mut client = connect();
        let taken = taken_of(&mut client, b"GET /never HTTP/1.1\nHost:a\n\n").await;
        assert!(taken <= WIRE + 2 * READ, "{taken} bytes");
    });
}

#[test]
fn a_client_that_reads_nothing_is_read_no_further_and_closed_in_time() {
    run(async {
        let mut client = connect();
        let began = Instant::now();
        let taken = taken_of(&mut client, b"GET / HTTP/1.1\nHost:a\n\n").await;
        // Each answer is longer than its request, so that those which filled the wire came from less than its length.
        assert!(taken <= 2 * WIRE + 2 * READ, "{taken} bytes");
        while client.write(b"GET").await.is_ok() {}
        lasts(began.elapsed(), LIMITS.write);
    });
}

#[test]
fn a_body_is_taken_only_as_its_handler_reads_it() {
    run(async {
        let mut client = connect();
        client.write_all(b"POST /never HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n").await.unwrap();
        let taken = taken_of(&mut client, &[b'x'; 1000]).await;
        assert!(taken <= WIRE + 2 * READ, "{taken} bytes");
    });
}

// ── slow ones

/// A connection on which one request was answered.
async fn answered_once() -> DuplexStream {
    let mut client = connect();
    client.write_all(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    assert_eq!(answer(&mut client, true).await.unwrap().1, "GET /a ");
    client
}

/// Sends a byte a second of a head that never ends.
async fn send_slowly(client: &mut DuplexStream) -> (String, Duration) {
    let began = Instant::now();
    client.write_all(b"GET / HTTP/1.1\r\nX-Slow: ").await.unwrap();
    let mut said = Vec::new();
    loop {
        match timeout(Duration::from_secs(1), client.read_buf(&mut said)).await {
            Ok(Ok(1..)) => {}
            Ok(_) => return (String::from_utf8(said).unwrap(), began.elapsed()),
            Err(_) => drop(client.write(b"a").await),
        }
    }
}

#[test]
fn every_head_of_a_connection_is_timed_from_its_first_byte() {
    run(async {
        let mut client = connect();
        let (said, took) = send_slowly(&mut client).await;
        assert!(said.starts_with("HTTP/1.1 408") && said.ends_with("refused"), "{said}");
        lasts(took, LIMITS.head);

        let mut client = answered_once().await;
        sleep(LIMITS.idle / 2).await;
        let (said, took) = send_slowly(&mut client).await;
        assert!(said.starts_with("HTTP/1.1 408") && said.ends_with("refused"), "{said}");
        lasts(took, LIMITS.head);
    });
}

#[test]
fn a_head_behind_a_body_is_timed_too() {
    run(async {
        let mut client = connect();
        let request = "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nxGET / HTTP/1.1\r\n";
        client.write_all(request.as_bytes()).await.unwrap();
        assert_eq!(answer(&mut client, true).await.unwrap().1, "POST /a x");
        let (said, took) = rest(&mut client).await;
        assert!(said.starts_with("HTTP/1.1 408"), "{said}");
        lasts(took, LIMITS.head);
    });
}

#[test]
fn a_head_that_comes_in_pieces_in_time_is_answered_and_the_pause_after_it_is_timed_anew() {
    run(async {
        let mut client = answered_once().await;
        for _ in 0..5 {
            sleep(LIMITS.idle * 9 / 10).await;
            client.write_all(b"GET /b HTTP/1.1\r\n").await.unwrap();
            sleep(LIMITS.head * 9 / 10).await;
            client.write_all(b"Host: a\r\n\r\n").await.unwrap();
            assert_eq!(answer(&mut client, true).await.unwrap(), ("200".to_owned(), "GET /b ".to_owned()));
        }
        let (said, took) = rest(&mut client).await;
        assert_eq!(said, "", "an idle connection is closed without a word");
        lasts(took, LIMITS.idle);
    });
}

#[test]
fn a_client_that_connects_and_is_silent_is_closed_without_a_word() {
    run(async {
        let (said, took) = rest(&mut connect()).await;
        assert_eq!(said, "");
        lasts(took, LIMITS.head);
    });
}

#[test]
fn a_handler_may_take_longer_than_any_limit_on_its_client() {
    run(async {
        let mut client = answered_once().await;
        client.write_all(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        assert_eq!(answer(&mut client, true).await.unwrap().1, "slow");
        assert_eq!(answer(&mut client, true).await.unwrap().1, "GET /b ");
    });
}

#[test]
fn a_client_that_reads_steadily_gets_its_answer_and_one_that_reads_next_to_nothing_is_closed() {
    run(async {
        for (a_second, is_served) in [(4096, true), (512, false)] {
            let mut client = connect();
            client.write_all(b"GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
            let (mut read, mut piece) = (0, vec![0; a_second]);
            while let Ok(more @ 1..) = client.read(&mut piece).await {
                read += more;
                sleep(Duration::from_secs(1)).await;
            }
            assert_eq!(read > 4 * WIRE, is_served, "{read} bytes at {a_second} a second");
        }
    });
}

#[test]
fn a_client_that_ends_its_half_is_answered_and_closed() {
    run(async {
        let client = connect();
        let (mut reader, mut writer) = split(client);
        writer.write_all(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        writer.shutdown().await.unwrap();
        let mut bytes = String::new();
        reader.read_to_string(&mut bytes).await.unwrap();
        assert!(bytes.contains("\r\n\r\nslow") && bytes.ends_with("\r\n\r\nGET /b "), "{bytes}");
    });
}

#[test]
fn the_limits_are_those_of_the_manual() {
    let manual = include_str!("../../../../docs/operations.md");
    let Limits { head, idle, write } = Limits::STANDARD;
    for row in [
        format!("each request's head, from its first byte | {} s |", head.as_secs()),
        format!("| an answer that its client does not read | {} s,", write.as_secs()),
        format!("| an idle connection | {} s,", idle.as_secs()),
        format!("and {} KiB of the next |", READ / 1024),
        format!("| a body that no route asked for | {} s after the answer |", DISCARD_TIME.as_secs()),
    ] {
        assert!(manual.contains(&row), "{row}");
    }
}

// ── what is refused

#[test]
fn a_client_that_is_still_sending_reads_the_answer_that_did_not_wait_for_it() {
    run(async {
        for request in [
            "POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n",
            "POST /unread HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n",
            "this is no request\r\n\r\n",
        ] {
            let (mut reader, mut writer) = split(connect());
            spawn(async move {
                writer.write_all(request.as_bytes()).await.unwrap();
                while writer.write_all(&[b'\n'; 1000]).await.is_ok() {
                    sleep(Duration::from_millis(1)).await;
                }
            });
            let (began, mut bytes) = (Instant::now(), String::new());
            reader.read_to_string(&mut bytes).await.unwrap();
            assert!(bytes.ends_with("\r\n\r\nunread") || bytes.ends_with("\r\n\r\nrefused"), "{request}: {bytes}");
            assert!(began.elapsed() < Duration::from_secs(3), "{request}: {:?}", began.elapsed());
        }
    });
}

#[test]
fn a_head_without_end_is_refused_when_it_is_too_large() {
    run(async {
        let (mut reader, mut writer) = split(connect());
        spawn(async move {
            writer.write_all(b"GET / HTTP/1.1\r\nX: ").await.unwrap();
            while writer.write_all(&[b'x'; 1000]).await.is_ok() {}
        });
        let mut bytes = String::new();
        reader.read_to_string(&mut bytes).await.unwrap();
        assert!(bytes.starts_with("HTTP/1.1 431") && bytes.ends_with("refused"), "{bytes}");
    });
}
