//! A reader's two terminals, both in one empty folder: the first runs servers, the second is a bash that runs every
//! other block.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long all commands of a page may take, in seconds.
const LONGEST: &str = "240";

/// What stands for cargo in a checkout: it runs the program that the tests were built with.
const CARGO: &str = r#"#!/bin/sh
case "$* " in
"run --release "* | "run --quiet --release "*) ;;
*) echo "cargo $*: the manual says it in a block that is run" >&2; exit 64 ;;
esac
while [ $# -gt 0 ] && [ "$1" != -- ]; do shift; done
[ $# -eq 0 ] || shift
exec hallpass "$@"
"#;

pub struct Terminals {
    /// Declared first, so that it is stopped before its folder is removed.
    server: Option<Server>,
    shell: Shell,
    port: String,
    folder: TempDir,
}

impl Terminals {
    pub fn open() -> Self {
        let folder = TempDir::new().unwrap();
        for name in ["programs", "temporary", "checkout", "blocks"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        symlink(env!("CARGO_BIN_EXE_hallpass"), folder.path().join("programs/hallpass")).unwrap();
        let cargo = folder.path().join("programs/cargo");
        fs::write(&cargo, CARGO).unwrap();
        fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
        Self { server: None, shell: Shell::open(folder.path()), port: "5000".to_owned(), folder }
    }

    /// Stops the server of the first terminal and starts this one, on a free port.
    pub fn start_server(&mut self, block: &str) {
        assert!(!block.contains("--bind"), "the test chooses the address: {block}");
        if let Some(server) = self.server.take() {
            server.stop();
        }
        let (server, port) = Server::start(self.folder.path(), block);
        self.server = Some(server);
        self.port = port;
    }

    /// Runs a block in the second terminal. What it prints names the port that the manual names.
    pub fn run(&mut self, block: &str) -> String {
        let hosts = ["127.0.0.1", "localhost"];
        let block = hosts.iter().fold(block.to_owned(), |block, host| {
            block.replace(&format!("{host}:5000"), &format!("{host}:{}", self.port))
        });
        let printed = self.shell.run(self.folder.path(), &block);
        hosts
            .iter()
            .fold(printed, |printed, host| printed.replace(&format!("{host}:{}", self.port), &format!("{host}:5000")))
    }

    /// Ends both terminals. Only what a server makes in its own folder may be left.
    pub fn close(mut self) {
        if let Some(server) = self.server.take() {
            server.stop();
        }
        self.shell.close();
        let names = |folder: &str| {
            let entries = fs::read_dir(self.folder.path().join(folder)).unwrap();
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
        };
        let is_of_a_server = |name: &String| name == "keys" || name.starts_with("hallpass.db");
        let left: Vec<String> = names("checkout").into_iter().filter(|name| !is_of_a_server(name)).collect();
        assert_eq!((left, names("temporary")), (Vec::new(), Vec::new()), "the page leaves files behind");
    }
}

/// A bash in the checkout, in which no variable of this process sets anything of the program.
fn bash(folder: &Path) -> (Command, String) {
    let mut command = Command::new("timeout");
    command.args(["--kill-after=5", LONGEST, "bash"]).current_dir(folder.join("checkout"));
    let folder = folder.display();
    let begin = format!(
        "set -e\n\
         unset ${{!HALLPASS_@}} ${{!TWILIO_@}} ${{!ZOOM_@}} ${{!TELESIGN_@}} RUST_LOG\n\
         export PATH={folder}/programs:$PATH HOME={folder}/temporary TMPDIR={folder}/temporary\n"
    );
    (command, begin)
}

/// The second terminal.
struct Shell {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    blocks: usize,
}

impl Shell {
    fn open(folder: &Path) -> Self {
        let (mut command, begin) = bash(folder);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(begin.as_bytes()).unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdin: Some(stdin), stdout, blocks: 0 }
    }

    /// Everything that the block prints, errors too, as a terminal shows it.
    fn run(&mut self, folder: &Path, block: &str) -> String {
        self.blocks += 1;
        let file = folder.join("blocks").join(self.blocks.to_string());
        let out = file.with_extension("out");
        fs::write(&file, block).unwrap();
        let line = format!("source {} </dev/null >{} 2>&1\necho done\n", file.display(), out.display());
        let sent = self.stdin.as_mut().unwrap().write_all(line.as_bytes());
        let mut answer = String::new();
        self.stdout.read_line(&mut answer).unwrap();
        let printed = fs::read_to_string(&out).unwrap_or_default();
        assert!(sent.is_ok() && answer == "done\n", "a command fails, or takes too long:\n{block}\n{printed}");
        printed
    }

    fn close(&mut self) {
        drop(self.stdin.take());
        assert!(self.child.wait().unwrap().success(), "the shell ends badly");
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.child.wait();
    }
}

/// The first terminal: a process group of its own, so that all of it hears Ctrl-C.
struct Server {
    child: Child,
    _stdout: BufReader<ChildStdout>,
    log: PathBuf,
}

impl Server {
    /// The port comes with it.
    fn start(folder: &Path, block: &str) -> (Self, String) {
        let log = folder.join("blocks/server.log");
        let (_, begin) = bash(folder);
        let mut child = Command::new("bash")
            .args(["-c", &format!("{begin}export HALLPASS_BIND=127.0.0.1:0\n{block}")])
            .current_dir(folder.join("checkout"))
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let server = Self { child, _stdout: stdout, log };
        let port = line.strip_prefix("listening on ").and_then(|url| url.trim_end().rsplit_once(':'));
        let port = port.unwrap_or_else(|| panic!("{block}\n{line}{}", server.read_log())).1.to_owned();
        (server, port)
    }

    fn read_log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    fn signal(&self, signal: &str) {
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args([signal, "--", &group]).stderr(Stdio::null()).status();
    }

    /// Ctrl-C.
    fn stop(mut self) {
        self.signal("-INT");
        let deadline = Instant::now() + Duration::from_secs(30);
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "the server does not end:\n{}", self.read_log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.signal("-KILL");
            let _ = self.child.wait();
        }
    }
}
