//! Private `PostgreSQL` servers: each in a folder of its own, reached through the socket there, and of use to nobody
//! else.
//!
//! A watchdog, a small shell process, waits at a pipe that this process holds. When this process ends, in whatever way,
//! the pipe closes, and the watchdog ends the server and removes its folder.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::tools;

/// Its first argument is the folder.
const WATCHDOG: &str = r#"
    trap '' INT TERM HUP
    read -r _
    if pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null); then
        kill -CONT "$pid" $(cat "/proc/$pid/task/$pid/children")
        kill -QUIT "$pid"
        for _ in $(seq 60); do
            kill -0 "$pid" || break
            sleep 0.05
        done
        kill -KILL "$pid"
    fi
    rm -rf "$1"
"#;

/// The role `guarded` needs its password, which is `right`; everybody else is let in, over TCP through TLS alone.
const WHO_MAY: &str = "local all guarded scram-sha-256\nlocal all all trust\nhostssl all all 127.0.0.1/32 trust\n";

/// A server that runs until this is dropped, or this process ends.
pub struct Postgres {
    home: PathBuf,
    programs: PathBuf,
    as_root: bool,
    server: Option<Child>,
    watchdog: Child,
    databases: AtomicU32,
}

impl Postgres {
    /// The one that tests share who leave it alone; `None` where `PostgreSQL` is missing.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Postgres>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref()
    }

    /// A server of one's own, to be stopped, paused and killed. What it is told is safe from the end of any process;
    /// the disk is not waited for.
    pub fn start() -> Option<Self> {
        Self::start_with(&["fsync=off", "full_page_writes=off"])
    }

    /// The same with these settings.
    pub fn start_with(settings: &[&str]) -> Option<Self> {
        let programs = tools::folder_of("PostgreSQL", &["postgres", "initdb"], installed())?;
        let home = tempfile::Builder::new().prefix("hallpass-pg").tempdir_in("/tmp").unwrap().keep();
        let mut watchdog = Command::new("sh");
        watchdog.args(["-c", WATCHDOG, "watchdog"]).arg(&home).stdin(Stdio::piped());
        // What ends this process with all of its group must not end the watchdog before it has cleared up.
        watchdog.process_group(0);
        let watchdog = watchdog.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let (as_root, databases) = (is_roots(&home), AtomicU32::new(0));
        let mut postgres = Self { home, programs, as_root, server: None, watchdog, databases };
        postgres.set_up(settings);
        postgres.bring_back();
        postgres.tell("postgres", "CREATE ROLE guarded LOGIN PASSWORD 'right'");
        Some(postgres)
    }

    fn set_up(&self, settings: &[&str]) {
        if self.as_root {
            assert!(Command::new("chown").arg("postgres:").arg(&self.home).status().unwrap().success());
        }
        let mut initdb = self.command("initdb");
        initdb.args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-locale", "--no-sync", "--pgdata"]);
        let made = initdb.arg(self.data()).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let own = ["listen_addresses=''", "max_connections=250", "shared_buffers=64MB"];
        let socket = format!("unix_socket_directories='{}'", self.home.display());
        let lines = own.iter().chain(settings).copied().chain([socket.as_str()]);
        fs::write(self.data().join("postgresql.auto.conf"), lines.collect::<Vec<_>>().join("\n")).unwrap();
        fs::write(self.data().join("pg_hba.conf"), WHO_MAY).unwrap();
    }

    fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    /// The server refuses to run as root.
    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = if self.as_root {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(&self.home).env_remove("PGPORT").env_remove("PGDATA").stdin(Stdio::null());
        command
    }

    /// Starts it again after [`Self::stop`] or [`Self::kill`].
    pub fn bring_back(&mut self) {
        let log = fs::File::options().append(true).create(true).open(self.home.join("log")).unwrap();
        let mut server = self.command("postgres");
        server.arg("-D").arg(self.data()).stdout(log.try_clone().unwrap()).stderr(log);
        self.server = Some(server.spawn().unwrap());
        let deadline = Instant::now() + Duration::from_secs(30);
        while !self.is_ready() {
            assert!(Instant::now() < deadline, "{}", fs::read_to_string(self.home.join("log")).unwrap());
            sleep(Duration::from_millis(10));
        }
    }

    /// Starts it again with this certificate and its key, both PEM, at the TCP port that is answered.
    pub fn speak_tls(&mut self, certificate: &str, key: &str) -> u16 {
        self.stop();
        for (name, text) in [("server.crt", certificate), ("server.key", key)] {
            let path = self.data().join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            if self.as_root {
                assert!(Command::new("chown").arg("postgres:").arg(&path).status().unwrap().success());
            }
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let path = self.data().join("postgresql.auto.conf");
        let lines = format!("\nlisten_addresses='127.0.0.1'\nport={port}\nssl=on\n");
        fs::write(&path, fs::read_to_string(&path).unwrap() + lines.as_str()).unwrap();
        self.bring_back();
        port
    }

    /// The eighth line of its file says so, and the first whose it is.
    fn is_ready(&self) -> bool {
        let text = fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
        let own = text.lines().next() == Some(&self.pid());
        own && text.lines().nth(7).is_some_and(|line| line.trim() == "ready")
    }

    fn pid(&self) -> String {
        self.server.as_ref().unwrap().id().to_string()
    }

    /// Ends it in order, its clients with it.
    pub fn stop(&mut self) {
        self.end("-INT");
    }

    /// Ends it as a power cut does.
    pub fn kill(&mut self) {
        self.end("-QUIT");
    }

    fn end(&mut self, signal: &str) {
        if self.server.is_some() {
            send(signal, &[self.pid()]);
            self.server.take().unwrap().wait().unwrap();
            // What is left of it would name a process that is no more.
            let _ = fs::remove_file(self.data().join("postmaster.pid"));
        }
    }

    /// Holds all of it where it stands.
    pub fn pause(&self) {
        send("-STOP", &[self.pid()]);
        send("-STOP", &self.processes());
    }

    pub fn resume(&self) {
        send("-CONT", &self.processes());
    }

    /// The server's own process and those that it started.
    fn processes(&self) -> Vec<String> {
        let pid = self.pid();
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
        children.split_whitespace().map(str::to_owned).chain([pid]).collect()
    }

    /// The URL of a new database.
    pub fn database(&self) -> String {
        let name = format!("test{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.tell("postgres", &format!("CREATE DATABASE {name}"));
        self.url("postgres", &name)
    }

    /// Where a role finds a database; `role` may be `NAME:PASSWORD`.
    pub fn url(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@localhost:5432/{database}?host={}", self.home.display())
    }

    /// Carries out SQL as the administrator, also where an asynchronous test is under way.
    pub fn tell(&self, database: &str, sql: &str) {
        let url = self.url("postgres", database);
        let work = async {
            let mut connection = PgConnection::connect(&url).await.unwrap();
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        };
        let run = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
        thread::scope(|scope| scope.spawn(run).join().unwrap());
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if self.server.is_some() {
            self.resume();
            self.kill();
        }
        drop(self.watchdog.stdin.take());
        self.watchdog.wait().unwrap();
    }
}

/// The name of the database in a URL of these servers.
pub fn name_in(url: &str) -> &str {
    url.split_once("5432/").unwrap().1.split_once('?').unwrap().0
}

/// Where Debian puts the programs, without putting them on the `PATH`.
fn installed() -> Vec<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    versions.map(|version| version.path().join("bin")).collect()
}

fn is_roots(folder: &Path) -> bool {
    fs::metadata(folder).unwrap().uid() == 0
}

fn send(signal: &str, processes: &[String]) {
    // One that ended meanwhile needs it no more.
    let _ = Command::new("kill").arg(signal).args(processes).stderr(Stdio::null()).status().unwrap();
}
