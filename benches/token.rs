//! The parts of a request, each in isolation and on one thread: `cargo bench --bench token`.
//!
//! The routes at the end are called without a network: what is left of one after the verdict is taken away is routing,
//! the session's decryption and the answer.

use std::cell::RefCell;
use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::rt::Runtime;
use actix_web::test::{TestRequest, init_service};
use chrono::{DateTime, Utc};
use divan::Bencher;
use hallpass::clock::{Clock as _, System};
use hallpass::keys::{KeyRing, Signer, Verifier};
use hallpass::profiles::Lifetime;
use hallpass::profiles::demo::{self, DemoAlgorithm, Subject};
use hallpass::random::Random;
use hallpass::settings::{Environment, Flags, Settings};
use hallpass::web::Server;
use tempfile::TempDir;

fn main() {
    divan::main();
}

const BOTH: [&str; 2] = ["HS256", "RS256"];

/// What is signed in a token of the demo, and is as long.
const MESSAGE: &[u8] = &[b'e'; 160];

/// A server that is asked without a network.
struct Issuer {
    folder: TempDir,
    ring: Arc<KeyRing>,
    now: DateTime<Utc>,
}

impl Issuer {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let ring = Runtime::new().expect("a runtime").block_on(server(&folder)).ring();
        Self { folder, ring, now: System.now() }
    }

    fn signer(&self, algorithm: DemoAlgorithm) -> &Signer {
        algorithm.keys(&self.ring).signer(self.now).expect("a key that signs")
    }

    fn verifier(&self, algorithm: DemoAlgorithm) -> &Verifier {
        &algorithm.keys(&self.ring).verifiers()[0]
    }

    fn token(&self, algorithm: DemoAlgorithm) -> String {
        let issued = demo::issue(&self.ring, algorithm, &Subject::default(), Lifetime::default(), self.now);
        issued.expect("a token").into_string()
    }
}

async fn server(folder: &TempDir) -> Server {
    let keys = folder.path().join("keys").display().to_string();
    let database = format!("sqlite:{}", folder.path().join("bench.db").display());
    let given = [("bind", "127.0.0.1:0"), ("keys", &keys), ("database", &database)];
    let flags = given.iter().fold(Flags::default(), |flags, (flag, value)| flags.with(flag, Some((*value).to_owned())));
    let settings = Settings::resolve(&flags, &Environment::default()).expect("good settings");
    Server::build(settings, Arc::new(System), Random::system()).await.expect("a server")
}

fn algorithm(name: &str) -> DemoAlgorithm {
    name.parse().expect("one of the two")
}

/// The signature alone.
#[divan::bench(args = BOTH)]
fn sign(bencher: Bencher<'_, '_>, name: &str) {
    let issuer = Issuer::new();
    bencher.bench(|| issuer.signer(algorithm(name)).sign(MESSAGE));
}

/// Whether a signature fits, alone.
#[divan::bench(args = BOTH)]
fn verify(bencher: Bencher<'_, '_>, name: &str) {
    let issuer = Issuer::new();
    let signature = issuer.signer(algorithm(name)).sign(MESSAGE).expect("a signature");
    bencher.bench(|| assert!(issuer.verifier(algorithm(name)).verifies(MESSAGE, &signature)));
}

/// A whole token: claims, header, base64url, signature.
#[divan::bench(args = BOTH)]
fn issue(bencher: Bencher<'_, '_>, name: &str) {
    let issuer = Issuer::new();
    bencher.bench(|| issuer.token(algorithm(name)));
}

/// All fourteen checks.
#[divan::bench(args = BOTH)]
fn verdict(bencher: Bencher<'_, '_>, name: &str) {
    let issuer = Issuer::new();
    let token = issuer.token(algorithm(name));
    bencher.bench(|| assert!(demo::verify(&issuer.ring, algorithm(name), &token, issuer.now).is_accepted()));
}

/// The home page without a cookie.
#[divan::bench]
fn page(bencher: Bencher<'_, '_>) {
    route(bencher, "/", None);
}

/// The home page with a token: its parts, its claims, its fourteen checks.
#[divan::bench(args = BOTH)]
fn page_with_token(bencher: Bencher<'_, '_>, name: &str) {
    route(bencher, "/", Some(name));
}

/// The session opened, the token judged, the answer a redirect.
#[divan::bench(args = BOTH)]
fn validate(bencher: Bencher<'_, '_>, name: &str) {
    route(bencher, "/validate", Some(name));
}

/// A session decrypted, a token issued, the session encrypted.
#[divan::bench(args = BOTH)]
fn generate(bencher: Bencher<'_, '_>, name: &str) {
    route(bencher, "/generate", Some(name));
}

/// One route, with the session of somebody who got a token under this algorithm.
fn route(bencher: Bencher<'_, '_>, path: &str, algorithm: Option<&str>) {
    let started = Issuer::new();
    let runtime = Runtime::new().expect("a runtime");
    let app = runtime.block_on(async { init_service(Box::pin(server(&started.folder)).await.app()).await });
    let app = RefCell::new(app);
    let cookie = algorithm.map(|algorithm| {
        let form = TestRequest::post().uri("/algorithm").set_form([("algorithm", algorithm)]);
        let chosen = cookie(&runtime.block_on(asked(&*app.borrow(), form, None)));
        let issued =
            runtime.block_on(asked(&*app.borrow(), TestRequest::get().uri("/generate?ttl=86400"), Some(&chosen)));
        cookie(&issued)
    });
    bencher.bench_local(|| {
        runtime.block_on(asked(&*app.borrow(), TestRequest::get().uri(path), cookie.as_deref())).status()
    });
}

async fn asked<S, B>(app: &S, request: TestRequest, cookie: Option<&str>) -> ServiceResponse<B>
where
    S: Service<actix_http::Request, Response = ServiceResponse<B>, Error = actix_web::Error>,
    B: MessageBody,
{
    let request = request.insert_header(("host", "localhost"));
    let request = cookie.into_iter().fold(request, |request, cookie| request.insert_header(("cookie", cookie)));
    app.call(request.to_request()).await.expect("an answer")
}

fn cookie<B>(response: &ServiceResponse<B>) -> String {
    let line = response.headers().get("set-cookie").and_then(|line| line.to_str().ok()).expect("a cookie");
    line.split(';').next().unwrap_or_default().to_owned()
}
