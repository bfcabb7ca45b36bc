//! What a request costs: a bare actix-web handler, this program's routes, and any peer that is running, in one run:
//! `cargo bench --bench http`, or `cargo bench --bench http -- 'NAME=http://127.0.0.1:3000/path Cookie: a=b' …` with
//! peers. `benches/peers/run` starts some and asks them all. With `beside=PATH` it also asks another build of this
//! program, such as one of an earlier commit, and compares their routes.
//!
//! The server has one core and one worker, the load another (with `taskset`, on a machine with two). All are asked in
//! turn, many short rounds of it, and each line is its median round. The server logs each request to a file; a second
//! server logs nothing, for comparison. Only ratios of one run mean something: the column
//! *of bare* compares CPU time a request with the bare handler's, so that it says the same while something else runs.
//! The last lines compare, round by round, with what nobody can do without: the raw signature, and a bare handler
//! behind the same session middleware whose cookie is as long. Of a peer only answers a second are known, and
//! compared.

#[path = "http/load.rs"]
mod load;
#[path = "http/process.rs"]
mod process;

use std::collections::HashMap;
use std::env;
use std::sync::Arc;
use std::time::Duration;

use actix_session::storage::CookieSessionStore;
use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::Key;
use actix_web::{App, HttpRequest, HttpServer, web};
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_SHA256, RsaKeyPair,
};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use load::{Round, Target};
use process::{Process, Raw};

/// How many connections ask at once.
const CONNECTIONS: usize = 64;

/// How long each target is asked, each round.
const DURATION: Duration = Duration::from_secs(1);

/// Many and short: other load on a shared machine changes within seconds, and a ratio is taken inside one round.
const ROUNDS: usize = 9;

/// How long a page is asked for beside those who sign.
const STARVING: Duration = Duration::from_secs(6);

/// How many bytes of text make a bare session as long as one with a token of the demo under HS256, and under RS256.
const STATE_BYTES: [usize; 2] = [205, 574];

/// How the argument begins that has the path of another build of this program.
const BESIDE: &str = "beside=";

/// What is signed.
const MESSAGE: [u8; 160] = [b'e'; 160];

/// How many pupils are in the class.
const PUPILS: usize = 300;

/// The lesson and the gallery that a pupil opens.
const LESSON_PAGE: &str = "/lab/lessons/logout";
const GALLERY_PAGE: &str = "/lab/attacks";
const BENCH_PAGE: &str = "/lab/inspect";

/// The targets that are compared with one another, by name.
const OPENED: &str = "bare, HS256's session opened";
const ENCRYPTING: &str = "bare, the same decrypted and encrypted";
const LONG_OPENED: &str = "bare, RS256's session opened";
const SIGNED: &str = "bare, a signature made";
const ENCODED: &str = "bare, a token made by jsonwebtoken";
const SIGNED_IN_SESSION: &str = "bare, the same, RS256's session sealed";
const SIGNED_ES256: &str = "bare, an ES256 signature made";
const VALIDATE_HS256: &str = "GET /validate, HS256";
const GENERATE_HS256: &str = "GET /generate, HS256";
const VALIDATE_RS256: &str = "GET /validate, RS256";
const GENERATE_RS256: &str = "GET /generate, RS256";
const TOKEN_RS256: &str = "POST /oauth/token, RS256";
const TOKEN_ES256: &str = "POST /oauth/token, ES256";
const LESSON: &str = "GET /lab/lessons/logout";
const LESSON_IN_CLASS: &str = "GET /lab/lessons/logout, in a class of 300";
const GALLERY: &str = "GET /lab/attacks";
const BENCH: &str = "GET /lab/inspect";
const HOME: &str = "GET /";
const GALLERY_IN_CLASS: &str = "GET /lab/attacks, in a class of 300";
const SILENT_VALIDATE: &str = "GET /validate, HS256, without a log";
const SILENT_GENERATE: &str = "GET /generate, HS256, without a log";

/// Pages with their addresses, each with the bare handler that answers with as many bytes.
const PAGES: [(&str, &str, &str); 4] = [
    (HOME, "/", "bare, the bytes of the home page"),
    (LESSON, LESSON_PAGE, "bare, the bytes of a lesson"),
    (GALLERY, GALLERY_PAGE, "bare, the bytes of the gallery"),
    (BENCH, BENCH_PAGE, "bare, the bytes of the bench"),
];

fn main() {
    let arguments: Vec<String> = env::args().skip(1).filter(|it| it != "--bench").collect();
    let (role, peers) = arguments.split_first().map_or(("", &[][..]), |(role, peers)| (role.as_str(), peers));
    match role {
        "bare" => serve_bare(),
        "raw" => print_raw(),
        "pinned" => measure(peers),
        _ => {
            let mut load = process::on_core(1, process::myself());
            let status = load.arg("pinned").args(arguments).status().expect("the load starts");
            assert!(status.success(), "the load failed");
        }
    }
}

/// Handlers on a server that has nothing else. `/` does nothing, and `/page` answers with as many bytes as the query
/// says. Three make a signature and throw it away: with the key ready, under ES256, and as jsonwebtoken does it. The
/// others stand behind actix-session's encrypted cookie. `/opened` opens a session, `/encrypted` also seals it anew
/// with as many bytes as the query says, and `/signed-in-session` makes a signature besides.
fn serve_bare() {
    let system = actix_web::rt::System::new();
    let key = Key::generate();
    let pair = Arc::new(RsaKeyPair::generate(KeySize::Rsa2048).expect("a key"));
    let encoding_key = EncodingKey::from_rsa_der(pkcs1(pair.as_der().expect("its DER").as_ref()));
    let curve = Arc::new(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"));
    let server = HttpServer::new(move || {
        let (pair, signing_in_session, curve) = (pair.clone(), pair.clone(), curve.clone());
        let encoding_key = encoding_key.clone();
        let sessions = || SessionMiddleware::builder(CookieSessionStore::default(), key.clone()).build();
        App::new()
            .route("/", web::get().to(|| async { "ok\n" }))
            .route("/page", web::get().to(|request: HttpRequest| async move { web::Html::new(text(&request)) }))
            .route(
                "/encoded",
                web::get().to(move || {
                    let claims = HashMap::from([("sub", "bob"), ("iss", "http://127.0.0.1:5000")]);
                    let token = jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &encoding_key);
                    async { token.expect("a token") }
                }),
            )
            .route(
                "/signed",
                web::get().to(move || {
                    sign(&pair);
                    async { "ok\n" }
                }),
            )
            .route(
                "/signed-es256",
                web::get().to(move || {
                    curve.sign(&SystemRandom::new(), &MESSAGE).expect("a signature");
                    async { "ok\n" }
                }),
            )
            .service(web::resource("/signed-in-session").wrap(sessions()).to({
                let pair = signing_in_session;
                move |request: HttpRequest, session: Session| {
                    sign(&pair);
                    async move { seal(&request, &session) }
                }
            }))
            .service(web::resource("/opened").wrap(sessions()).to(|session: Session| async move {
                session.get::<String>("demo").ok().flatten().map_or("no session\n", |_| "ok\n")
            }))
            .service(
                web::resource("/encrypted")
                    .wrap(sessions())
                    .to(|request: HttpRequest, session: Session| async move { seal(&request, &session) }),
            )
    });
    let server = server.workers(1);
    let server = server.bind("127.0.0.1:0").expect("a free port");
    println!("listening on http://{}", server.addrs()[0]);
    system.block_on(server.run()).expect("the bare server runs");
}

/// Puts as many bytes into the session as the query says.
fn seal(request: &HttpRequest, session: &Session) -> &'static str {
    session.insert("demo", text(request)).map_or("no session\n", |()| "ok\n")
}

/// As many bytes as the query says.
fn text(request: &HttpRequest) -> String {
    "e".repeat(request.query_string().parse().unwrap_or_default())
}

/// The RSA key inside a PKCS#8 structure of an RSA-2048 key (RFC 5958 §2), whose head has 26 bytes.
fn pkcs1(pkcs8: &[u8]) -> &[u8] {
    &pkcs8[26..]
}

/// What a token of the demo costs at the least.
fn sign(pair: &RsaKeyPair) -> Vec<u8> {
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &MESSAGE, &mut signature).expect("a signature");
    signature
}

/// How many microseconds a bare RSA signature takes, and to verify it.
fn print_raw() {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
    let public = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key()).expect("its public half");
    let signature = sign(&pair);
    let signing = mean(1_000, || drop(sign(&pair)));
    let verifying = mean(20_000, || public.verify_sig(&MESSAGE, &signature).expect("it fits"));
    println!("{signing} {verifying}");
}

/// In CPU time, as it is compared with CPU time.
fn mean(runs: u32, mut operation: impl FnMut()) -> f64 {
    let begin = process::cpu_seconds(std::process::id());
    (0..runs).for_each(|_| operation());
    (process::cpu_seconds(std::process::id()) - begin) * 1e6 / f64::from(runs)
}

fn measure(peers: &[String]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (bare, hallpass) = (Process::bare(), Process::hallpass(folder.path(), "info"));
    // It has the same keys, and so the same sessions.
    let silent = Process::hallpass(folder.path(), "off");
    let (hs256, rs256) = (load::session(&hallpass.address, "HS256"), load::session(&hallpass.address, "RS256"));
    let mut targets = bare_targets(&bare);
    targets.extend(PAGES.iter().map(|(_, path, name)| {
        let bytes = load::page_length(&hallpass.address, path);
        Target::get(name, &bare, &format!("/page?{bytes}"), "")
    }));
    targets.extend(own_targets(&hallpass, &hs256, &rs256));
    let (others, peers): (Vec<_>, Vec<_>) = peers.iter().partition(|argument| argument.starts_with(BESIDE));
    let beside = others.first().map(|program| Process::beside(folder.path(), program[BESIDE.len()..].as_ref()));
    targets.extend(beside.iter().flat_map(|other| {
        let (hs256, rs256) = (load::session(&other.address, "HS256"), load::session(&other.address, "RS256"));
        // An earlier build has no clients of its issuer.
        let targets = own_targets(other, &hs256, &rs256).into_iter().filter(|it| it.name != TOKEN_RS256);
        targets.map(Target::of_other_build)
    }));
    let es256 = Process::hallpass_signing(folder.path(), "ES256");
    targets.push(Target::client_credentials(TOKEN_ES256, &es256));
    let class = Process::hallpass_with_class(folder.path());
    let key = process::class_folder(folder.path()).join("keys/teacher.key");
    let key = std::fs::read_to_string(key).expect("the teacher's key");
    let pupil = load::pupils(&class.address, key.trim(), PUPILS, LESSON_PAGE);
    targets.push(Target::get(LESSON, &hallpass, LESSON_PAGE, ""));
    targets.push(Target::get(LESSON_IN_CLASS, &class, LESSON_PAGE, &pupil));
    targets.push(Target::get(GALLERY, &hallpass, GALLERY_PAGE, ""));
    targets.push(Target::get(BENCH, &hallpass, BENCH_PAGE, ""));
    targets.push(Target::get(GALLERY_IN_CLASS, &class, GALLERY_PAGE, &pupil));
    targets.push(Target::get(SILENT_VALIDATE, &silent, "/validate", &hs256));
    targets.push(Target::get(SILENT_GENERATE, &silent, "/generate", &hs256));
    targets.extend(peers.iter().filter_map(|peer| peer.split_once('=')).map(|(name, url)| Target::peer(name, url)));
    let turn = || {
        let raw = process::raw();
        Turn { raw, rounds: targets.iter().map(|target| target.round(CONNECTIONS, DURATION)).collect() }
    };
    let turns: Vec<Turn> = (0..ROUNDS).map(|_| turn()).collect();
    table(&targets, &turns);
    let sign = median(turns.iter().map(|turn| turn.raw.sign));
    let verify = median(turns.iter().map(|turn| turn.raw.verify));
    println!("\nraw RSA-2048 on one core: a signature {sign:.1} µs, to verify {verify:.1} µs");
    reached(&targets, &turns);
    compared(&targets, &turns);
    starving(&hallpass, &rs256, sign);
}

fn bare_targets(bare: &Process) -> Vec<Target> {
    let encrypted = STATE_BYTES.map(|bytes| format!("/encrypted?{bytes}"));
    let kept = encrypted.clone().map(|path| load::set_cookie(&bare.address, &path, ""));
    let get = |name: &str, path: &str, cookie: &str| Target::get(name, bare, path, cookie);
    vec![
        get("bare actix-web handler", "/", ""),
        get(OPENED, "/opened", &kept[0]),
        get(ENCRYPTING, &encrypted[0], &kept[0]),
        get(LONG_OPENED, "/opened", &kept[1]),
        get(SIGNED, "/signed", ""),
        get(ENCODED, "/encoded", ""),
        get(SIGNED_IN_SESSION, &format!("/signed-in-session?{}", STATE_BYTES[1]), &kept[1]),
        get(SIGNED_ES256, "/signed-es256", ""),
    ]
}

fn own_targets(hallpass: &Process, hs256: &str, rs256: &str) -> Vec<Target> {
    let get = |name: &str, path: &str, cookie: &str| Target::get(name, hallpass, path, cookie);
    vec![
        get(VALIDATE_HS256, "/validate", hs256),
        get(GENERATE_HS256, "/generate", hs256),
        get(VALIDATE_RS256, "/validate", rs256),
        get(GENERATE_RS256, "/generate", rs256),
        get("GET /healthz", "/healthz", ""),
        get(HOME, "/", ""),
        get("GET /, with a token", "/", hs256),
        get("GET /v1/token/{phone}", "/v1/token/15555551212", ""),
        Target::post("POST /token", hallpass, "/token", r#"{"username":"alice","password":"x"}"#),
        Target::client_credentials(TOKEN_RS256, hallpass),
        get("GET /.well-known/jwks.json", "/.well-known/jwks.json", ""),
        get("GET /openapi.json", "/openapi.json", ""),
    ]
}

/// How much more or less CPU time each route takes than in the other build: the median of the turns' ratios.
fn compared(targets: &[Target], turns: &[Turn]) {
    for (place, target) in targets.iter().enumerate() {
        let Some(other) = targets.iter().position(|it| it.is_of_other_build && it.name == target.name) else {
            continue;
        };
        if place != other {
            let cpu = |turn: &Turn, place: usize| turn.rounds[place].cpu.expect("a server of this run");
            let ratio = median(turns.iter().map(|turn| cpu(turn, place) / cpu(turn, other)));
            println!("{}: {ratio:.2} of the CPU time of the other build", target.name);
        }
    }
}

/// What one turn through all targets measured.
struct Turn {
    raw: Raw,
    rounds: Vec<Round>,
}

/// The percentiles are those of all turns together, the rest is the turn in the middle.
fn table(targets: &[Target], turns: &[Turn]) {
    println!(
        "{:<36} {:>8} {:>7} {:>8} {:>8} {:>9} {:>8} {:>7}",
        "", "a second", "p50", "p99", "p99.9", "CPU", "of bare", "RSS"
    );
    let all = |place: usize| Round::together(turns.iter().map(|turn| &turn.rounds[place]));
    let bare = all(0);
    for (place, target) in targets.iter().enumerate() {
        let round = all(place);
        let [p50, p99, p999] = round.percentiles();
        let Round { rate, cpu, rss, .. } = round;
        let ratio = format!("{:.2}", cpu.zip(bare.cpu).map_or(rate / bare.rate, |(cpu, bare)| bare / cpu));
        let cpu = cpu.map_or("-".to_owned(), |cpu| format!("{cpu:.1} µs"));
        let rss = rss.map_or("-".to_owned(), |rss| format!("{rss:.1} MB"));
        let name = if target.is_of_other_build { format!("{}, other build", target.name) } else { target.name.clone() };
        println!("{name:<36} {rate:>8.0} {p50:>5} µs {p99:>5} µs {p999:>5} µs {cpu:>9} {ratio:>8} {rss:>7}");
    }
}

/// How much is reached of what is possible: the median of the turns' ratios.
fn reached(targets: &[Target], turns: &[Turn]) {
    let place = |name: &str| targets.iter().position(|target| target.name == name).expect("a target of that name");
    let cpu = |turn: &Turn, name: &str| turn.rounds[place(name)].cpu.expect("a server of this run");
    let rate = |turn: &Turn, name: &str| turn.rounds[place(name)].rate;
    let share = |ratio: &dyn Fn(&Turn) -> f64| format!("{:.2}", median(turns.iter().map(ratio)));
    let validate = share(&|turn| cpu(turn, OPENED) / cpu(turn, VALIDATE_HS256));
    let generate = share(&|turn| cpu(turn, ENCRYPTING) / cpu(turn, GENERATE_HS256));
    println!("HS256, of a bare handler with such a session: /validate {validate}, /generate {generate}");
    let validate = share(&|turn| (cpu(turn, LONG_OPENED) + turn.raw.verify) / cpu(turn, VALIDATE_RS256));
    let generate = share(&|turn| turn.raw.sign / cpu(turn, GENERATE_RS256));
    let signed = share(&|turn| turn.raw.sign / cpu(turn, SIGNED));
    let of_signed = share(&|turn| cpu(turn, SIGNED) / cpu(turn, GENERATE_RS256));
    println!("RS256 /validate, of a bare handler with such a session and the raw verification: {validate}");
    println!("RS256 /generate, of the raw signature: {generate}; a bare handler that signs: {signed}");
    let in_session = share(&|turn| cpu(turn, SIGNED_IN_SESSION) / cpu(turn, GENERATE_RS256));
    println!("RS256 /generate, of a bare handler that signs: {of_signed}; with such a session: {in_session}");
    let of_encoded = share(&|turn| cpu(turn, ENCODED) / cpu(turn, GENERATE_RS256));
    println!("RS256 /generate, of a bare handler that makes a token with jsonwebtoken: {of_encoded}");
    let rs256 = share(&|turn| cpu(turn, SIGNED) / cpu(turn, TOKEN_RS256));
    let es256 = share(&|turn| cpu(turn, SIGNED_ES256) / cpu(turn, TOKEN_ES256));
    println!("client_credentials, of a bare handler that signs: RS256 {rs256}, ES256 {es256}");
    let rs256 = share(&|turn| cpu(turn, ENCODED) / cpu(turn, TOKEN_RS256));
    println!("client_credentials, of a bare handler that makes a token with jsonwebtoken: {rs256}");
    let validate = share(&|turn| rate(turn, VALIDATE_HS256) / rate(turn, SILENT_VALIDATE));
    let generate = share(&|turn| rate(turn, GENERATE_HS256) / rate(turn, SILENT_GENERATE));
    println!("HS256, answers a second with the log, of those without one: /validate {validate}, /generate {generate}");
    let validate = share(&|turn| cpu(turn, SILENT_VALIDATE) / cpu(turn, VALIDATE_HS256));
    let generate = share(&|turn| cpu(turn, SILENT_GENERATE) / cpu(turn, GENERATE_HS256));
    println!("the same by CPU time: /validate {validate}, /generate {generate}");
    let lesson = share(&|turn| cpu(turn, LESSON_IN_CLASS) / cpu(turn, LESSON));
    let gallery = share(&|turn| cpu(turn, GALLERY_IN_CLASS) / cpu(turn, GALLERY));
    for (page, _, bare) in PAGES {
        let times = share(&|turn| cpu(turn, page) / cpu(turn, bare));
        println!("{page}: {times} of the CPU time of a bare handler that answers with as many bytes");
    }
    println!(
        "a page in a class of {PUPILS}, by the CPU time of the same page without: a lesson {lesson}, the gallery {gallery}"
    );
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Eight clients sign without pause; how long does somebody wait for a page?
fn starving(hallpass: &Process, rs256: &str, sign: f64) {
    let signing = Target::get("", hallpass, "/generate", rs256);
    let page = Target::get("", hallpass, "/", "");
    let [p50, p99, p999] = page.round_beside(&signing, 8, STARVING).percentiles();
    let signatures = f64::from(p99) / sign;
    println!(
        "\nGET / while eight clients generate RS256 tokens: p50 {p50} µs, p99 {p99} µs ({signatures:.1} signatures), p99.9 {p999} µs"
    );
}
