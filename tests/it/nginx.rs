//! Three processes behind the repository's own nginx configuration, as `.deploy/nginx.conf` has it.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Client, Method};
use serde_json::Value;
use tempfile::TempDir;

use crate::app::{Answer, RawAnswer, Visitor};
use crate::cli::{Program, Serving};
use crate::tools;

/// A running nginx, stopped when it is dropped.
struct Nginx {
    child: Child,
    folder: TempDir,
    url: String,
}

impl Nginx {
    /// Before the servers at these addresses. Nothing where there is no nginx.
    fn before(servers: &[String; 3]) -> Option<Self> {
        let program = tools::server("nginx")?;
        let folder = TempDir::new().unwrap();
        // nginx takes the socket over as its standard input, so that nobody else can take the port meanwhile.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        // As nginx makes its own: a worker that comes too late to an accept would wait in it, and for nothing else.
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let configuration = folder.path().join("nginx.conf");
        fs::write(&configuration, configured(folder.path(), &address, servers)).unwrap();
        let mut command = Command::new(program);
        command.arg("-c").arg(configuration).arg("-p").arg(folder.path()).args(["-e", "stderr", "-g", "daemon off;"]);
        command.env("NGINX", "0;").stdin(OwnedFd::from(listener)).stderr(Stdio::null());
        Some(Self { child: command.spawn().unwrap(), folder, url: format!("http://{address}") })
    }

    /// The lines of its access log, once that says `what`.
    fn log_with(&self, what: &str) -> String {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let log = fs::read_to_string(self.folder.path().join("access.log")).unwrap_or_default();
            if log.contains(what) {
                return log;
            }
            assert!(Instant::now() < deadline, "{what} is not in {log}");
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Nginx {
    /// The master takes its workers with it when it is told, and only then.
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.child.try_wait().is_ok_and(|ended| ended.is_none()) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The configuration as it is kept, with this machine's values in the lines that are marked for that.
fn configured(folder: &Path, address: &str, servers: &[String; 3]) -> String {
    let kept = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(".deploy/nginx.conf")).unwrap();
    let path = |name: &str| folder.join(name).display().to_string();
    let values = [
        ("user www-data;", "user root;".to_owned()),
        ("/run/nginx.pid", path("pid")),
        ("/var/log/nginx/error.log", path("error.log")),
        ("/var/log/nginx/hallpass.log", path("access.log")),
        ("listen 80 ", format!("listen {address} ")),
        ("127.0.0.1:5001", servers[0].clone()),
        ("127.0.0.1:5002", servers[1].clone()),
        ("127.0.0.1:5003", servers[2].clone()),
    ];
    let marked = kept.lines().filter(|line| line.ends_with("# set"));
    assert_eq!(marked.clone().count(), values.len(), "each marked line is one of those set here");
    values.iter().fold(kept.clone(), |text, (from, to)| {
        assert!(marked.clone().filter(|line| line.contains(from)).count() == 1, "{from} stands in one marked line");
        text.replace(from, to)
    })
}

/// Three processes on one keys folder and one store, and nginx before them.
pub struct Cluster {
    pub program: Program,
    pub processes: Vec<Serving>,
    arguments: Vec<String>,
    nginx: Nginx,
}

impl Cluster {
    /// Each process with these arguments, which say where sessions, counters and transactions are kept. Nothing where
    /// there is no nginx.
    pub fn start(arguments: &[&str]) -> Option<Self> {
        tools::server("nginx")?;
        let program = Program::with_keys();
        let arguments = [&["--trusted-proxy", "127.0.0.1", "--workers", "1"], arguments].concat();
        let processes: Vec<Serving> = (0..3).map(|_| program.serve(&arguments)).collect();
        let arguments = arguments.into_iter().map(str::to_owned).collect();
        let address = |it: &Serving| it.url.trim_start_matches("http://").to_owned();
        let nginx = Nginx::before(&[address(&processes[0]), address(&processes[1]), address(&processes[2])])?;
        Some(Self { program, processes, arguments, nginx })
    }

    /// Where clients ask.
    pub fn url(&self) -> &str {
        &self.nginx.url
    }

    pub fn visitor(&self) -> Visitor {
        Visitor::of(self.url())
    }

    /// `kill -9`; says where it was.
    pub fn kill(&mut self, process: usize) -> String {
        let address = self.processes[process].url.trim_start_matches("http://").to_owned();
        drop(self.processes.remove(process));
        address
    }

    /// A process where one was before.
    pub fn bring_back(&mut self, address: &str) {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        self.processes.push(self.program.serve_at(address, &arguments));
    }

    /// The value of one of the accounts that were made up.
    fn account(&self, name: &str) -> String {
        let values = self.program.read("keys/demo-credentials.env");
        let mut pairs = values.lines().filter_map(|line| line.split_once('='));
        pairs.find(|(known, _)| *known == name).unwrap().1.to_owned()
    }

    /// `Authorization` of the customer whose transactions they are.
    pub fn customer(&self) -> String {
        let pair = [self.account("TELESIGN_CUSTOMER_ID"), self.account("TELESIGN_API_KEY")].join(":");
        format!("Basic {}", STANDARD.encode(pair))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_made_on_one_process_works_on_the_others() {
    let Some(cluster) = Cluster::start(&[]) else { return };
    let browser = cluster.visitor();
    browser.generate().await;
    for _ in 0..6 {
        assert_eq!(browser.verdict().await.0, 200, "nginx asks one process after the other");
    }
    for process in &cluster.processes {
        let answer = Answer::to(browser.request(Method::GET, "/generate?sub=alice")).await;
        let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        let direct = Visitor::of(&process.url).with_cookie("/validate", &cookie).await;
        assert_eq!(direct.headers()["location"], "/alice");
    }
    let form = browser.request(Method::POST, "/algorithm").header("origin", cluster.url());
    assert_eq!(
        Answer::to(form.form(&[("algorithm", "RS256")])).await.status,
        303,
        "its forms come from nginx's origin"
    );
    browser.generate().await;
    assert_eq!(browser.verdict().await.1["header"]["alg"], "RS256");
}

/// A client of its own address.
fn client(last: u8) -> Client {
    Client::builder().local_address(IpAddr::V4(Ipv4Addr::new(127, 0, 0, last))).build().unwrap()
}

/// The statuses of twelve phone tokens, asked for one after the other.
async fn twelve_statuses(cluster: &Cluster, client: &Client) -> Vec<u16> {
    let mut statuses = Vec::new();
    for number in 0..12 {
        let request = client.get(format!("{}/v1/token/15555551212", cluster.url()));
        let answer = request.header("x-forwarded-for", format!("192.0.2.{number}")).send().await.unwrap();
        statuses.push(answer.status().as_u16());
    }
    statuses
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_who_asks_nginx_whatever_it_says_of_itself() {
    let Some(cluster) = Cluster::start(&["--phone-rate", "1/m"]) else { return };
    for last in [2, 3] {
        let statuses = twelve_statuses(&cluster, &client(last)).await;
        assert_eq!(statuses[0], 200, "one client does not use up another's: {statuses:?}");
        let admitted = statuses.iter().filter(|status| **status == 200).count();
        assert!((1..=3).contains(&admitted), "each process counts for itself: {statuses:?}");
        assert!(statuses.iter().all(|status| matches!(status, 200 | 429)), "{statuses:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_request_has_one_id_with_nginx_with_hallpass_and_with_the_client() {
    let Some(cluster) = Cluster::start(&[]) else { return };
    let request = cluster.visitor().request(Method::GET, "/a/phone-number").header("x-request-id", "chosen-by-client");
    let answer = Answer::to(request).await;
    let id = answer.header("x-request-id");
    assert!(id.len() == 32 && answer.status == 404, "{id}");
    let line = format!("request id={id} GET - 404 ");
    let start = Instant::now();
    while !cluster.processes.iter().any(|process| process.log().contains(&line)) {
        assert!(start.elapsed() < Duration::from_secs(20), "{line:?} is in no process's log");
        thread::sleep(Duration::from_millis(10));
    }
    let log = cluster.nginx.log_with(id);
    assert!(log.contains(&format!("id={id} GET 404 ")) && !log.contains("phone-number"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_hallpass_reads_passes_nginx_and_what_is_for_operators_does_not() {
    let Some(cluster) = Cluster::start(&[]) else { return };
    let visitor = cluster.visitor();
    let longest = Answer::to(visitor.request(Method::POST, "/anEndpoint").header("TOKEN", "a".repeat(8192))).await;
    assert_eq!((longest.status, longest.text("message").as_str()), (401, "Invalid Token"));
    let query = Answer::to(visitor.request(Method::POST, &format!("/anEndpoint?token={}", "a".repeat(8192)))).await;
    assert_eq!((query.status, query.text("message").as_str()), (401, "Invalid Token"));
    let form = [("algorithm", "a".repeat(100_000))];
    let large = Answer::to(visitor.request(Method::POST, "/algorithm").form(&form)).await;
    assert_eq!((large.status, large.text("error").as_str()), (413, "too_large"), "in hallpass's own words");
    for path in ["/metrics", "/readyz", "/test/reset"] {
        let hidden = Answer::to(visitor.request(Method::GET, path)).await;
        assert!(hidden.status == 404 && !hidden.headers.contains_key("x-request-id"), "{path} reached hallpass");
    }
    let packed = visitor.request(Method::GET, "/").header("accept", "text/html").header("accept-encoding", "gzip, br");
    assert_eq!(Answer::to(packed).await.header("content-encoding"), "");
}

pub const CLIENTS: usize = 4;

/// What clients were answered, and how many of their requests were not.
#[derive(Default)]
pub struct Load {
    stop: AtomicBool,
    answered: Mutex<Vec<(String, String)>>,
    /// Each with its status, 0 for a connection that was closed.
    failed: Mutex<Vec<u16>>,
}

impl Load {
    /// Asks for one phone token after the other until it is told to stop.
    fn client(&self, url: &str, name: usize) {
        let host = url.trim_start_matches("http://");
        for number in 0.. {
            if self.stop.load(Ordering::Relaxed) {
                break;
            }
            let xid = format!("c{name}-{number}");
            let request =
                format!("GET /v1/token/15555551212/{xid} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
            let answer = RawAnswer::to(url, request);
            if answer.status == 200 {
                self.answered.lock().unwrap().push((xid, answer.body));
            } else {
                self.failed.lock().unwrap().push(answer.status);
            }
            // There is one writer at a time, and each process wants its turn.
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits for so many answers more.
    pub fn wait_for_more(&self, answers: usize) {
        let before = self.answered.lock().unwrap().len();
        self.wait_for(before + answers);
    }

    fn wait_for(&self, answers: usize) {
        let deadline = Instant::now() + Duration::from_mins(1);
        while self.answered.lock().unwrap().len() < answers {
            assert!(Instant::now() < deadline, "{} answers", self.answered.lock().unwrap().len());
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Load {
    /// Clients ask for phone tokens while this is done; hands back the statuses of those that failed. What was answered
    /// must be found by Get Status afterwards.
    pub fn during(cluster: &mut Cluster, done: impl FnOnce(&mut Cluster, &Self)) -> Vec<u16> {
        /// Clients stop also where what is done fails: nobody would end the test else.
        struct Until<'a>(&'a AtomicBool);
        impl Drop for Until<'_> {
            fn drop(&mut self) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        let (url, load) = (cluster.url().to_owned(), Self::default());
        thread::scope(|scope| {
            let _until = Until(&load.stop);
            for name in 0..CLIENTS {
                let (load, url) = (&load, &url);
                scope.spawn(move || load.client(url, name));
            }
            load.wait_for(60);
            done(cluster, &load);
        });
        load.assert_kept(cluster);
        load.failed.into_inner().unwrap()
    }

    fn assert_kept(&self, cluster: &Cluster) {
        let (url, customer) = (cluster.url(), cluster.customer());
        let host = url.trim_start_matches("http://");
        for (xid, token) in &*self.answered.lock().unwrap() {
            let head = format!("Host: {host}\r\nAuthorization: {customer}\r\nConnection: close\r\n\r\n");
            let found = RawAnswer::to(url, format!("GET /v1/transactions/{xid} HTTP/1.1\r\n{head}"));
            assert_eq!(found.status, 200, "{xid} was answered and is lost: {}", found.body);
            let transaction: Value = serde_json::from_str(&found.body).unwrap();
            assert_eq!(transaction["token"], token.as_str(), "{xid}");
        }
    }
}

#[test]
fn a_process_killed_under_load_takes_no_answer_with_it_and_the_others_go_on() {
    let Some(mut cluster) = Cluster::start(&["--phone-rate", "off"]) else { return };
    let failed = Load::during(&mut cluster, |cluster, load| {
        cluster.kill(0);
        load.wait_for_more(60);
    });
    assert!(failed.len() <= CLIENTS, "{failed:?}: {CLIENTS} requests at most were in flight");
}
