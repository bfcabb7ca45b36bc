//! The Chromiums of a test run: started when a test first needs one, and lent from visit to visit.
//!
//! A start costs two seconds of both cores, a visit often less. So a browser that a visit leaves is cleaned and goes to
//! the next one: without cookies and cache, with the default screen, in a new tab that has no history. Each visit has a
//! server on a port of its own, so nothing else that a browser keeps by origin can be there before it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::prelude::*;
use thirtyfour::{ChromeCapabilities, LoggingPrefsLogLevel};

use super::visit::Script;
use crate::tools;

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

/// The shared chromedriver, and the browsers that no visit uses at the moment.
pub struct Driver {
    port: u16,
    profiles: String,
    idle: Mutex<Vec<(Script, WebDriver)>>,
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
    pub async fn lend(&self, script: Script) -> WebDriver {
        match self.take_idle(script) {
            Some(browser) => browser,
            None => self.start_browser(script).await,
        }
    }

    /// Takes a browser back from a visit that ended well. One of a visit that failed is never given back: it stays as
    /// it was until the process ends.
    pub async fn give_back(&self, script: Script, browser: WebDriver) {
        clean(&browser).await.unwrap();
        self.idle.lock().unwrap().push((script, browser));
    }

    fn take_idle(&self, script: Script) -> Option<WebDriver> {
        let mut idle = self.idle.lock().unwrap();
        let found = idle.iter().position(|(scripts, _)| *scripts == script)?;
        Some(idle.swap_remove(found).1)
    }

    async fn start_browser(&self, script: Script) -> WebDriver {
        let profile = tempfile::Builder::new().prefix("profile").tempdir_in(&self.profiles).unwrap().keep();
        let capabilities = capabilities(profile.to_str().unwrap(), script);
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

fn capabilities(profile: &str, script: Script) -> ChromeCapabilities {
    let mut chrome = ChromeCapabilities::new();
    chrome.set_binary(&path_of("chromium")).unwrap();
    let profile = format!("--user-data-dir={profile}");
    ARGUMENTS.into_iter().chain([profile.as_str()]).for_each(|it| chrome.add_arg(it).unwrap());
    chrome.add_experimental_option("prefs", preferences(script)).unwrap();
    // The certificate of a test's server is vouched for by nobody.
    chrome.accept_insecure_certs(true).unwrap();
    for log in ["browser", "performance"] {
        chrome.set_logging_prefs(log, LoggingPrefsLogLevel::All).unwrap();
    }
    chrome
}

/// The browser starts on an empty page: its own first one would be a third of the work of a short visit.
fn preferences(script: Script) -> Value {
    let (start_at_these, allow, block) = (4, 1, 2);
    json!({
        "session.restore_on_startup": start_at_these,
        "session.startup_urls": ["about:blank"],
        "profile.managed_default_content_settings.javascript": if script == Script::On { allow } else { block },
    })
}

/// chromedriver takes no name, and left alone might take another browser than the one it came with.
fn path_of(program: &str) -> String {
    let found = Command::new("sh").args(["-c", "command -v \"$0\"", program]).output().unwrap();
    String::from_utf8(found.stdout).unwrap().trim().to_owned()
}
