//! The Chromiums of a test run: started when a test first needs one, and lent from visit to visit.
//!
//! A start costs a second of both cores, a visit often less. So a browser that a visit leaves is cleaned and goes to
//! the next one: without cookies and cache, with the default screen, in a new tab that has no history. Each visit has a
//! server on a port of its own, so nothing else that a browser keeps by origin can be there before it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;
use thirtyfour::prelude::*;
use thirtyfour::{ChromeCapabilities, LoggingPrefsLogLevel};

use super::visit::Script;
use crate::tools;

/// Which Chromium a visit is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// The same engine without windows and tabs, which nobody sees in a test: a visit costs the processor 40 % less. It
    /// keeps no page for the way back: after the back button, it asks the server again.
    Shell,
    /// Chromium as people use it.
    Whole,
}

impl Program {
    /// Where it is. The shell is a package of its own, and Chromium can stand in for it.
    fn path(self) -> PathBuf {
        let shell = match self {
            Self::Shell => tools::path_of("chromium-headless-shell"),
            Self::Whole => None,
        };
        shell.or_else(|| tools::path_of("chromium")).unwrap()
    }

    /// The script that starts it on an empty page. chromedriver takes no address to begin with, and waits for a page,
    /// which the shell opens for an address only. Chromium's own first page would be a third of the work of a short
    /// visit.
    fn launcher(self, folder: &str) -> String {
        format!("{folder}/{self:?}")
    }

    fn write_launcher(self, folder: &str) {
        let path = self.launcher(folder);
        fs::write(&path, format!("#!/bin/sh\nexec '{}' \"$@\" about:blank\n", self.path().display())).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    }
}

/// What Debian's Chromium wants as root and without a screen; the rest keeps it from calling home.
const ARGUMENTS: [&str; 8] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// How long a command may take.
const COMMAND_TIMEOUT: Duration = Duration::from_mins(2);

/// Runs chromedriver until its standard input ends, which it does when this process is gone, however it went. Alone
/// killed, chromedriver leaves its browsers behind, so it is asked to shut down first. `$1` is the folder of the
/// profiles.
const UNTIL_INPUT_ENDS: &str = r#"
    chromedriver --port=0 > "$1/chromedriver.log" 2>&1 &
    driver=$!
    until port=$(sed -n 's/.*started successfully on port \([0-9]*\).*/\1/p' "$1/chromedriver.log") && [ "$port" ]; do
        kill -0 $driver || exit 1
        sleep 0.05
    done
    echo "$port"
    cat > "$1/ignored"
    curl -s -m 10 "http://127.0.0.1:$port/shutdown" > "$1/ignored" 2>&1
    kill $driver 2> "$1/ignored"
    wait $driver
    rm -rf "$1"
"#;

/// The chromedriver that all tests of this process share; `None` where there is no browser to drive.
static DRIVER: LazyLock<Option<Driver>> =
    LazyLock::new(|| tools::are_here(&["chromedriver", "chromium"]).then(Driver::start));

/// What a browser can be used for by one visit after the other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    pub program: Program,
    pub script: Script,
}

/// The shared chromedriver, and the browsers that no visit uses at the moment.
pub struct Driver {
    port: u16,
    profiles: String,
    idle: Mutex<Vec<(Kind, WebDriver)>>,
    /// The shell around chromedriver, and the input that keeps it running.
    _shell: (Child, ChildStdin, BufReader<ChildStdout>),
}

impl Driver {
    /// The driver that this process shares.
    pub fn shared() -> Option<&'static Self> {
        DRIVER.as_ref()
    }

    fn start() -> Self {
        let profiles = TempDir::new().unwrap().keep().to_str().unwrap().to_owned();
        for program in [Program::Shell, Program::Whole] {
            program.write_launcher(&profiles);
        }
        let mut command = Command::new("sh");
        let command = command.args(["-c", UNTIL_INPUT_ENDS, "sh", &profiles]);
        let mut shell = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let input = shell.stdin.take().unwrap();
        let mut output = BufReader::new(shell.stdout.take().unwrap());
        let mut port = String::new();
        output.by_ref().read_line(&mut port).unwrap();
        let port = port.trim().parse().expect("chromedriver says which port it took");
        Self { port, profiles, idle: Mutex::default(), _shell: (shell, input, output) }
    }

    /// A browser that shows nothing of an earlier visit.
    pub async fn lend(&self, kind: Kind) -> WebDriver {
        match self.take_idle(kind) {
            Some(browser) => browser,
            None => self.start_browser(kind).await,
        }
    }

    /// Takes a browser back from a visit that ended well. One of a visit that failed is never given back: it stays as
    /// it was until the process ends.
    pub async fn give_back(&self, kind: Kind, browser: WebDriver) {
        clean(&browser).await.unwrap();
        self.idle.lock().unwrap().push((kind, browser));
    }

    fn take_idle(&self, kind: Kind) -> Option<WebDriver> {
        let mut idle = self.idle.lock().unwrap();
        let found = idle.iter().position(|(other, _)| *other == kind)?;
        Some(idle.swap_remove(found).1)
    }

    async fn start_browser(&self, kind: Kind) -> WebDriver {
        let profile = tempfile::Builder::new().prefix("profile").tempdir_in(&self.profiles).unwrap().keep();
        let launcher = kind.program.launcher(&self.profiles);
        let capabilities = capabilities(&launcher, profile.to_str().unwrap(), kind.script);
        // No connection is kept for the next command. A browser goes from test to test, each test has a runtime of its
        // own, and a connection ends with the runtime that it was made on.
        let client = reqwest::Client::builder().timeout(COMMAND_TIMEOUT).pool_max_idle_per_host(0).build().unwrap();
        let driver = WebDriver::builder(format!("http://127.0.0.1:{}", self.port), capabilities);
        driver.client(client).connect().await.unwrap()
    }
}

/// Leaves one empty tab without history, and nothing that an earlier visit stored, saw or set.
async fn clean(browser: &WebDriver) -> WebDriverResult<()> {
    let used = browser.windows().await?;
    let fresh = browser.new_tab().await?;
    for window in used {
        browser.switch_to_window(window).await?;
        browser.close_window().await?;
    }
    browser.switch_to_window(fresh).await?;
    // Only now: an answer that a closed tab still waited for can no longer set a cookie.
    browser.cdp().send_raw("Network.clearBrowserCookies", json!({})).await?;
    browser.cdp().send_raw("Network.clearBrowserCache", json!({})).await?;
    for log in ["browser", "performance"] {
        browser.get_log(log).await?;
    }
    Ok(())
}

fn capabilities(launcher: &str, profile: &str, script: Script) -> ChromeCapabilities {
    let mut chrome = ChromeCapabilities::new();
    chrome.set_binary(launcher).unwrap();
    let profile = format!("--user-data-dir={profile}");
    let may_run_scripts = format!("--blink-settings=scriptEnabled={}", script == Script::On);
    let arguments = ARGUMENTS.into_iter().chain([profile.as_str(), &may_run_scripts]);
    arguments.for_each(|it| chrome.add_arg(it).unwrap());
    // The certificate of a test's server is vouched for by nobody.
    chrome.accept_insecure_certs(true).unwrap();
    for log in ["browser", "performance"] {
        chrome.set_logging_prefs(log, LoggingPrefsLogLevel::All).unwrap();
    }
    chrome
}
