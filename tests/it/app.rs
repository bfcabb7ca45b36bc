//! A real server on a free port, built by the production constructor, with a clock that the test moves.

use std::collections::HashMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use aws_lc_rs::rand::SystemRandom;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta};
use hallpass::clock::{Clock as _, Settable};
use hallpass::keys::KeyRing;
use hallpass::random::Random;
use hallpass::settings::{Environment, Flags, Settings};
use hallpass::web::Server;
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;
use tempfile::TempDir;

/// When every test begins, in seconds since 1970.
pub const START: i64 = 1_800_000_000;

/// A server with keys of its own, stopped when it is dropped.
pub struct TestApp {
    pub url: String,
    pub clock: Arc<Settable>,
    folder: Arc<TempDir>,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl TestApp {
    pub fn spawn() -> Self {
        Self::with(&[])
    }

    /// A server with these settings, each without its dashes.
    pub fn with(settings: &[(&'static str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        put_rsa_keys(folder.path());
        Self::in_folder(folder, settings)
    }

    /// A server whose keys are those of `folder`, and what they lack.
    pub fn in_folder(folder: TempDir, settings: &[(&'static str, &str)]) -> Self {
        Self::sharing(Arc::new(folder), settings)
    }

    /// Another server with the same keys.
    pub fn with_same_keys(&self) -> Self {
        Self::sharing(self.folder.clone(), &[])
    }

    /// The same with these settings.
    pub fn with_same_keys_and(&self, settings: &[(&'static str, &str)]) -> Self {
        Self::sharing(self.folder.clone(), settings)
    }

    /// The same in test mode, with this algorithm and a new key for bearer tokens.
    pub fn with_new_bearer_key(self, algorithm: &str) -> Self {
        for file in ["bearer_key", "bearer_key.pub"] {
            fs::remove_file(self.keys().join(file)).unwrap();
        }
        self.with_same_keys_and(&[("test-mode", "on"), ("phone-rate", "off"), ("bearer-algorithm", algorithm)])
    }

    /// A server that finds these variables in its environment.
    pub fn given(settings: &[(&'static str, &str)], variables: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        put_rsa_keys(folder.path());
        Self::start(Arc::new(folder), settings, variables)
    }

    /// The next server on the same keys and the same database, once this one has ended.
    pub fn restarted(self, settings: &[(&'static str, &str)]) -> Self {
        let folder = self.folder.clone();
        drop(self);
        Self::sharing(folder, settings)
    }

    fn sharing(folder: Arc<TempDir>, settings: &[(&'static str, &str)]) -> Self {
        Self::start(folder, settings, &[])
    }

    fn start(folder: Arc<TempDir>, settings: &[(&'static str, &str)], variables: &[(&str, &str)]) -> Self {
        let clock = Arc::new(Settable::at(DateTime::from_timestamp(START, 0).unwrap()));
        let settings = resolve(folder.path(), settings, variables);
        let (sender, receiver) = mpsc::channel();
        let shared = clock.clone();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let server = Server::build(settings, shared, Random::system()).await.unwrap();
                let url = server.url();
                server.start(|handle| sender.send((url, handle)).unwrap()).await.unwrap();
            });
        });
        let (url, handle) = receiver.recv().unwrap();
        Self { url, clock, folder, handle, thread: Some(thread) }
    }

    pub fn keys(&self) -> &Path {
        self.folder.path()
    }

    /// The server's own keys, for tokens that it would not make itself.
    pub fn ring(&self) -> KeyRing {
        KeyRing::read_or_make(self.keys(), &SystemRandom::new()).unwrap().0
    }

    /// An account value that was made up for this server.
    pub fn credential(&self, name: &str) -> String {
        let text = fs::read_to_string(self.keys().join("demo-credentials.env")).unwrap();
        let mut pairs = text.lines().filter_map(|line| line.split_once('='));
        pairs.find(|(found, _)| *found == name).unwrap().1.to_owned()
    }

    pub fn advance(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }

    /// The time by the server's clock, in seconds since 1970.
    pub fn clock_shows(&self) -> i64 {
        self.clock.now().timestamp()
    }

    /// A browser of its own: it keeps cookies and follows no redirect.
    pub fn visitor(&self) -> Visitor {
        Visitor::of(&self.url)
    }

    /// Sends these bytes as one connection's whole request, and reads until the server closes it.
    pub fn raw(&self, request: impl AsRef<[u8]>) -> RawAnswer {
        RawAnswer::to(&self.url, request)
    }

    /// Where the server listens, as `Host` names it.
    pub fn host(&self) -> &str {
        self.url.split_once("://").unwrap().1
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn resolve(keys: &Path, settings: &[(&'static str, &str)], variables: &[(&str, &str)]) -> Settings {
    let database = format!("sqlite:{}", keys.join("hallpass.db").display());
    let given =
        [("bind", "127.0.0.1:0"), ("keys", keys.to_str().unwrap()), ("workers", "1"), ("database", database.as_str())];
    let all = given.iter().chain(settings);
    let flags = all.fold(Flags::default(), |flags, (flag, value)| flags.with(flag, Some((*value).to_owned())));
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Settings::resolve(&flags, &Environment::of(variables, HashMap::new())).unwrap()
}

/// One HTTP client with a cookie jar, and a method for each thing a visitor does.
pub struct Visitor {
    client: reqwest::Client,
    url: String,
}

impl Visitor {
    /// Skips the prediction of a lesson, so that its page shows the task.
    pub async fn skip_prediction(&self, slug: &str) {
        let request = self.request(Method::POST, &format!("/lab/lessons/{slug}")).form(&[("step", "skip")]);
        let answer = request.send().await.unwrap();
        assert_eq!(location(&answer), format!("/lab/lessons/{slug}#do"));
    }

    /// A browser before the server at `url`.
    pub fn of(url: &str) -> Self {
        let redirects = reqwest::redirect::Policy::none();
        let client = reqwest::Client::builder().cookie_store(true).redirect(redirects).build().unwrap();
        Self { client, url: url.to_owned() }
    }

    /// The same browser before another server on this host.
    pub fn before(&self, app: &TestApp) -> Self {
        Self { client: self.client.clone(), url: app.url.clone() }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    pub async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    /// The page at `path`, asked for as a browser does.
    pub async fn page(&self, path: &str) -> String {
        self.asking(path, "text/html").await.text().await.unwrap()
    }

    /// GET with this `Accept`.
    pub async fn asking(&self, path: &str, accept: &str) -> Response {
        self.request(Method::GET, path).header("accept", accept).send().await.unwrap()
    }

    /// GET with this very `Cookie` line, whatever the jar holds.
    pub async fn with_cookie(&self, path: &str, cookie: &str) -> Response {
        self.request(Method::GET, path).header("cookie", cookie).send().await.unwrap()
    }

    /// *Get token*.
    pub async fn generate(&self) -> Response {
        self.get("/generate").await
    }

    /// *Show details*, as a browser.
    pub async fn validate(&self) -> Response {
        self.get("/validate").await
    }

    /// *Show details*, as a program: the status and the verdict.
    pub async fn verdict(&self) -> (u16, Value) {
        let response = self.asking("/validate", "application/json").await;
        (response.status().as_u16(), response.json().await.unwrap())
    }

    pub async fn choose(&self, algorithm: &str) -> Response {
        self.request(Method::POST, "/algorithm").form(&[("algorithm", algorithm)]).send().await.unwrap()
    }

    pub async fn logout(&self) -> Response {
        self.request(Method::POST, "/logout").send().await.unwrap()
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub async fn to(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, body: response.text().await.unwrap() }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The text of one member of the body, empty when there is none.
    pub fn text(&self, member: &str) -> String {
        self.json()[member].as_str().unwrap_or_default().to_owned()
    }

    /// The value of a header, empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// One part of a token as the text that it is: 0 is the header, 1 the payload.
pub fn part(token: &str, index: usize) -> String {
    String::from_utf8(URL_SAFE_NO_PAD.decode(token.split('.').nth(index).unwrap()).unwrap()).unwrap()
}

/// Puts ready RSA keys into a keys folder: to make them takes a while.
pub fn put_rsa_keys(folder: &Path) {
    for (name, key) in [("jwt_key", "other-openssh"), ("bearer_key", "rsa-openssh"), ("lab_key", "lab-openssh")] {
        fs::copy(fixture(key), folder.join(name)).unwrap();
    }
}

/// A key of `tests/fixtures/keys`.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/keys").join(name)
}

/// Where a redirect leads.
pub fn location(response: &Response) -> &str {
    response.headers().get("location").unwrap().to_str().unwrap()
}

/// The `Set-Cookie` lines of an answer.
pub fn set_cookies(response: &Response) -> Vec<&str> {
    response.headers().get_all("set-cookie").iter().map(|line| line.to_str().unwrap()).collect()
}

/// The `name=value` of the one cookie that an answer sets, beside that of the progress in the lab.
pub fn cookie_of(response: &Response) -> String {
    let lines = set_cookies(response).into_iter().filter(|line| !line.starts_with("hallpass-lab="));
    let [line] = lines.collect::<Vec<_>>()[..] else { panic!("one Set-Cookie line: {:?}", response.headers()) };
    line.split(';').next().unwrap().to_owned()
}

/// The token that a page shows, in one piece or put together from its three parts; empty when there is none.
pub fn token_on(page: &str) -> String {
    if let Some((_, whole)) = page.split_once("<p class=\"token-text\"") {
        let (_, spans) = whole.split_once("</code>").unwrap().0.split_once("<code>").unwrap();
        return spans.split('<').map(|span| span.rsplit('>').next().unwrap()).collect();
    }
    let parts = page.split("<p class=\"encoded\"><code>").skip(1);
    parts.map(|part| part.split_once('<').unwrap().0).collect::<Vec<_>>().join(".")
}

/// An answer over a bare socket, for requests that no HTTP client sends.
pub struct RawAnswer {
    /// 0 when the server closed the connection without a word.
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl RawAnswer {
    pub fn to(url: &str, request: impl AsRef<[u8]>) -> Self {
        Self::if_served(url, request).unwrap()
    }

    /// `None` when nobody listens there.
    pub fn if_served(url: &str, request: impl AsRef<[u8]>) -> Option<Self> {
        let mut socket = TcpStream::connect(url.trim_start_matches("http://")).ok()?;
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        // A server that has read enough answers and closes; what is still being sent then fails, and rightly so.
        let _ = socket.write_all(request.as_ref());
        let mut bytes = Vec::new();
        let _ = socket.read_to_end(&mut bytes);
        Some(Self::parse(&String::from_utf8_lossy(&bytes)))
    }

    fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let status = head.split(' ').nth(1).map_or(0, |status| status.parse().unwrap_or(0));
        Self { status, head: head.to_owned(), body: body.to_owned() }
    }
}
