//! The programs that are measured: started on a core of their own, watched through `/proc`, ended with the run.

use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// How many times a second the kernel counts CPU time; Linux shows user space this one on every machine.
const TICKS: f64 = 100.0;

/// A server of this run.
pub struct Process {
    child: Child,
    pub address: String,
}

impl Process {
    pub fn bare() -> Self {
        Self::start(on_core(0, myself()).arg("bare"))
    }

    /// This program with its keys in this folder, a store of its own, and the log that `RUST_LOG` says, in a file.
    pub fn hallpass(folder: &Path, log: &str) -> Self {
        Self::hallpass_with(folder, log, &[])
    }

    /// The same with another algorithm for bearer tokens, and keys of its own.
    pub fn hallpass_signing(folder: &Path, algorithm: &str) -> Self {
        let folder = folder.join(algorithm);
        fs::create_dir(&folder).expect("a folder");
        Self::hallpass_with(&folder, "info", &["--bearer-algorithm", algorithm])
    }

    /// The same with a class, and keys of its own.
    pub fn hallpass_with_class(folder: &Path) -> Self {
        Self::hallpass_with(&class_folder(folder), "info", &["--class", "on"])
    }

    /// Another build of this program, with keys and a store of its own.
    pub fn beside(folder: &Path, program: &OsStr) -> Self {
        let folder = folder.join("beside");
        fs::create_dir(&folder).expect("a folder");
        Self::start_hallpass(program, &folder, "info", &[])
    }

    fn hallpass_with(folder: &Path, log: &str, settings: &[&str]) -> Self {
        Self::start_hallpass(OsStr::new(env!("CARGO_BIN_EXE_hallpass")), folder, log, settings)
    }

    fn start_hallpass(program: &OsStr, folder: &Path, log: &str, settings: &[&str]) -> Self {
        let file = |kind: &str| folder.join(format!("{log}.{kind}"));
        let stderr = File::create(file("log")).expect("a file for the log");
        let database = format!("sqlite:{}", file("db").display());
        let mut command = on_core(0, program);
        command.current_dir(folder).stderr(stderr).env("RUST_LOG", log).args([
            "--bind",
            "127.0.0.1:0",
            "--workers",
            "1",
        ]);
        Self::start(command.args(settings).args([
            "--phone-rate",
            "off",
            "--login-rate",
            "off",
            "--database",
            &database,
        ]))
    }

    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the server starts");
        let mut line = String::new();
        let out = child.stdout.take().expect("its output");
        BufReader::new(out).read_line(&mut line).expect("its address");
        let address = line.trim().rsplit('/').next().unwrap_or_default().to_owned();
        Self { child, address }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The folder of the server with a class, in which its keys are.
pub fn class_folder(folder: &Path) -> PathBuf {
    let folder = folder.join("class");
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// What RSA-2048 alone takes on the servers' core, in microseconds of CPU time.
pub struct Raw {
    pub sign: f64,
    pub verify: f64,
}

/// In a process of its own, which can be held to that core.
pub fn raw() -> Raw {
    let output = on_core(0, myself()).arg("raw").output().expect("the raw measurement");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut numbers = text.split_whitespace().map(|number| number.parse().expect("microseconds"));
    let mut next = || numbers.next().expect("two numbers");
    Raw { sign: next(), verify: next() }
}

/// The seconds of CPU time that a process has used.
pub fn cpu_seconds(id: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // The name in parentheses may hold blanks; of what follows, the twelfth and thirteenth are user and system ticks.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / TICKS
}

/// The megabytes that a process has in memory.
pub fn resident(id: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches(" kB").parse::<f64>().ok().map(|kilobytes| kilobytes / 1024.0)
}

/// The program on one of the cores; where there is but one, or no `taskset`, on whichever comes.
pub fn on_core(core: u32, program: impl AsRef<OsStr>) -> Command {
    let has_taskset = Command::new("taskset").arg("--version").stdout(Stdio::null()).status().is_ok();
    if !has_taskset || num_cores() < 2 {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", &core.to_string()]).arg(program);
    command
}

/// Of the machine: what this process itself is held to does not count.
fn num_cores() -> usize {
    fs::read_to_string("/proc/cpuinfo").unwrap_or_default().lines().filter(|line| line.starts_with("processor")).count()
}

/// This very program.
pub fn myself() -> String {
    env::current_exe().expect("this program's path").display().to_string()
}
