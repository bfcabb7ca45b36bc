//! What a request costs: a bare actix-web handler, this program's routes, and any peer that is running, in one run:
//! `cargo bench --bench http`, or `cargo bench --bench http -- 'NAME=http://127.0.0.1:3000/path Cookie: a=b' …` with
//! peers. `benches/peers/run` starts some and asks them all.
//!
//! The server has one core and one worker, the load another (with `taskset`, on a machine with two). All are asked in
//! turn, three rounds of it, and each line is its median round. Only ratios of one run mean something: the column *of
//! bare* compares CPU time a request with the bare handler's, so that it says the same while something else runs. Of a
//! peer only answers a second are known, and compared.

#[path = "http/load.rs"]
mod load;
#[path = "http/process.rs"]
mod process;

use std::env;
use std::time::Duration;

use actix_session::storage::CookieSessionStore;
use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::Key;
use actix_web::{App, HttpServer, web};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair};
use load::{Round, Target};
use process::Process;

/// How many connections ask at once.
const CONNECTIONS: usize = 64;

/// How long each target is asked, each round.
const DURATION: Duration = Duration::from_secs(3);

const ROUNDS: usize = 3;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).filter(|it| it != "--bench").collect();
    let (role, peers) = arguments.split_first().map_or(("", &[][..]), |(role, peers)| (role.as_str(), peers));
    match role {
        "bare" => serve_bare(),
        "raw" => print_raw(),
        "pinned" => measure(peers),
        _ => {
            let mut load = process::on_core(1, &process::myself());
            let status = load.arg("pinned").args(arguments).status().expect("the load starts");
            assert!(status.success(), "the load failed");
        }
    }
}

/// Handlers that do nothing, on a server that has nothing else: one alone, and two behind actix-session's encrypted
/// cookie, of which one opens a session and the other seals it anew.
fn serve_bare() {
    let system = actix_web::rt::System::new();
    let key = Key::generate();
    let server = HttpServer::new(move || {
        let sessions = || SessionMiddleware::builder(CookieSessionStore::default(), key.clone()).build();
        App::new()
            .route("/", web::get().to(|| async { "ok\n" }))
            .service(web::resource("/opened").wrap(sessions()).to(|session: Session| async move {
                session.get::<String>("demo").ok().flatten().map_or("no session\n", |_| "ok\n")
            }))
            .service(web::resource("/sealed").wrap(sessions()).to(|session: Session| async move {
                session.insert("demo", "e".repeat(200)).map_or("no session\n", |()| "ok\n")
            }))
    });
    let server = server.workers(1);
    let server = server.bind("127.0.0.1:0").expect("a free port");
    println!("listening on http://{}", server.addrs()[0]);
    system.block_on(server.run()).expect("the bare server runs");
}

/// How many microseconds a bare RSA signature takes, and to verify it.
fn print_raw() {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
    let public = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key()).expect("its public half");
    let (random, message) = (SystemRandom::new(), [b'e'; 160]);
    let mut signature = vec![0; pair.public_modulus_len()];
    let sign = mean(4_000, || pair.sign(&RSA_PKCS1_SHA256, &random, &message, &mut signature).expect("a signature"));
    let verify = mean(80_000, || public.verify_sig(&message, &signature).expect("it fits"));
    println!("{sign} {verify}");
}

/// In CPU time, as it is compared with CPU time.
fn mean(runs: u32, mut operation: impl FnMut()) -> f64 {
    let begin = process::cpu_seconds(std::process::id());
    (0..runs).for_each(|_| operation());
    (process::cpu_seconds(std::process::id()) - begin) * 1e6 / f64::from(runs)
}

fn measure(peers: &[String]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (sign, verify) = process::raw();
    println!("raw RSA-2048 on one core: a signature {sign:.1} µs, to verify {verify:.1} µs\n");
    let bare = Process::bare();
    let hallpass = Process::hallpass(folder.path());
    let (hs256, rs256) = (load::session(&hallpass.address, "HS256"), load::session(&hallpass.address, "RS256"));
    let get = |name: &str, path: &str, cookie: &str| Target::get(name, &hallpass, path, cookie);
    let bare_session = load::set_cookie(&bare.address, "/sealed", "");
    let mut targets = vec![
        Target::get("bare actix-web handler", &bare, "/", ""),
        Target::get("bare, a session opened", &bare, "/opened", &bare_session),
        Target::get("bare, a session opened and sealed", &bare, "/sealed", &bare_session),
        get("GET /healthz, the same middleware", "/healthz", ""),
        get("GET /validate, HS256", "/validate", &hs256),
        get("GET /generate, HS256", "/generate", &hs256),
        get("GET /validate, RS256", "/validate", &rs256),
        get("GET /generate, RS256", "/generate", &rs256),
        get("GET /", "/", ""),
        get("GET /, with a token", "/", &hs256),
        get("GET /v1/token/{phone}", "/v1/token/15555551212", ""),
        Target::post("POST /token", &hallpass, "/token", r#"{"username":"alice","password":"x"}"#),
    ];
    targets.extend(peers.iter().filter_map(|peer| peer.split_once('=')).map(|(name, url)| Target::peer(name, url)));
    let rounds: Vec<Vec<Round>> =
        (0..ROUNDS).map(|_| targets.iter().map(|target| target.round(CONNECTIONS, DURATION)).collect()).collect();
    table(&targets, &rounds);
    starving(&hallpass, &rs256, sign);
}

fn table(targets: &[Target], rounds: &[Vec<Round>]) {
    println!(
        "{:<36} {:>8} {:>7} {:>8} {:>8} {:>9} {:>8} {:>7}",
        "", "a second", "p50", "p99", "p99.9", "CPU", "of bare", "RSS"
    );
    let median = |place: usize| Round::median(rounds.iter().map(|round| &round[place]));
    let bare = median(0);
    for (place, target) in targets.iter().enumerate() {
        let Round { rate, p50, p99, p999, cpu, rss } = median(place);
        let ratio = format!("{:.2}", cpu.zip(bare.cpu).map_or(rate / bare.rate, |(cpu, bare)| bare / cpu));
        let cpu = cpu.map_or("-".to_owned(), |cpu| format!("{cpu:.1} µs"));
        let rss = rss.map_or("-".to_owned(), |rss| format!("{rss:.1} MB"));
        println!("{:<36} {rate:>8.0} {p50:>5} µs {p99:>5} µs {p999:>5} µs {cpu:>9} {ratio:>8} {rss:>7}", target.name);
    }
}

/// Eight clients sign without pause; how long does somebody wait for a page?
fn starving(hallpass: &Process, rs256: &str, sign: f64) {
    let signing = Target::get("", hallpass, "/generate", rs256);
    let page = Target::get("", hallpass, "/", "");
    let Round { p50, p99, p999, .. } = page.round_beside(&signing, 8, DURATION * 2);
    let signatures = f64::from(p99) / sign;
    println!(
        "\nGET / while eight clients generate RS256 tokens: p50 {p50} µs, p99 {p99} µs ({signatures:.1} signatures), p99.9 {p999} µs"
    );
}
